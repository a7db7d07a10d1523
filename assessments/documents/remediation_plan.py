"""The remediation plan by packages, from release 3 of the edition on, and the annex that shows each action in full."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from math import ceil
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.documents import drawing, engine, former_plan, shared_parts
from assessments.documents.report.actions import ActionBlock
from assessments.documents.report.answers import AnswerLine
from assessments.documents.report.dates import day
from assessments.documents.report.model import Report
from assessments.documents.report.packages import PackageBlock
from assessments.documents.report.scope import ScopeLine
from assessments.documents.tier_page import deciding_rules, fitted_tier
from assessments.guideline.terms import Choice, Tier
from assessments.guideline.wording import as_fact

PAGES, ACTIONS_A_PAGE = 6, 4
"""The most pages of a plan without actions; it may have one page more for every so many actions (ADVICE section 9)."""
SHORT = 2
"""The most actions of a short plan: they and the changes since the last plan are on one page."""
FEW = 5
"""A dimension with fewer duties than this shows no score: it would say too little."""
CLAUSE_LETTERS, CLAUSE_LETTERS_DENSE = 60, 30
LONGEST_TITLE, WHOLE = 300, 210
"""Letters of a title, and of a single step, up to which they are never cut: an incident has 200 and its date.

A step that gives two options is useless without the second one.
"""


@dataclass(frozen=True, slots=True)
class Room:
    """How many letters of each text the block of an action may take; the annex has each text whole."""

    said: int
    why: int
    step: int
    measure: int
    closes: int
    dense: bool = False
    dates_aside: bool = False  # a draft's dates are long: they stand in the margin instead of over the columns


ROOMS = (
    Room(220, 260, 200, 210, 190),
    Room(160, 240, 190, 150, 130),
    Room(150, 220, 180, 130, 120, dense=True),
    Room(70, 220, 180, 110, 100, dense=True, dates_aside=True),
    Room(50, 100, 180, 50, 50, dense=True, dates_aside=True),
)
UNLISTED = replace(ROOMS[-1], said=110)
"""The room without the list of all actions: what the list leaves free goes to what people answered."""
ROOMY_LIST, TIGHT, NO_LIST = "roomy", "tight", ""
"""How the list of all actions is set: with room between its rows, with less, or not at all."""
ROOMY, FEW_ACTIONS = 2, 20
"""The first two rooms are not tried where there are more than 20 actions: they have never been enough."""


@dataclass(frozen=True, slots=True)
class Block:
    """One action as its block shows it."""

    action: ActionBlock
    title: str
    class_words: str
    clauses: tuple[str, ...]
    more_clauses: int
    answer: str
    said: str
    why: str
    first_step: str
    measure: tuple[str, ...]
    more_steps: int
    closes: tuple[str, ...]
    more_closes: int
    status: str
    columns: str = ""
    owner_says: str = ""  # the last note of its owner, for an action without steps and proof


COLUMNS = {"": (42, 42, 42), "first-wide": (49, 41, 35), "full-wide": (41, 49, 35)}
"""Widths of the texts in mm of first step, full measure and closed by, as the style sheet has them."""
LETTERS_A_MM = 0.62
_ANSWER_IN_BRACKETS = re.compile(r" ?\((?:answer: [^)]*|\d+ of \d+ points in place|no answer yet)\)")


def plan_pdf(report: Report, *, identifier: str, created: datetime) -> bytes:
    """Render the plan; the same report, identifier and time give the same bytes.

    Reports of editions before release 3, and those without actions and reasons, keep the plan that they always had.
    """
    if not report.by_package or not (report.actions or report.reasons):
        return former_plan.plan_pdf(report, identifier=identifier, created=created)
    most = PAGES + ceil(len(report.actions) / ACTIONS_A_PAGE)
    return engine.render(
        *plan_layouts(report),
        identifier=identifier,
        created=created,
        fits=lambda pages: len(pages) <= most,
        attachment=attachment(report),
    )


def annex_pdf(report: Report, *, identifier: str, created: datetime) -> bytes:
    """Render the annex: every action with its findings, reasons and whole texts."""
    return engine.render(annex_html(report), identifier=identifier, created=created, attachment=attachment(report))


def attachment(report: Report) -> bytes:
    """Write the report model as the JSON that plan and report carry."""
    return json.dumps(asdict(report), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1).encode()


def plan_layouts(report: Report) -> tuple[Callable[[], str], ...]:
    """Return what writes the plan as HTML, from roomy to dense; without the list of all actions only where nothing else fits."""
    context = shared_context(report) | method_context(report)
    context |= fitted_tier(report, context)
    rooms = ROOMS[ROOMY if len(report.actions) > FEW_ACTIONS else 0 :]
    lists = [*((ROOMY_LIST, room) for room in rooms), (TIGHT, rooms[-1]), (NO_LIST, UNLISTED), (NO_LIST, rooms[-1])]
    return tuple(partial(_plan_html, report, context, listed, room) for listed, room in lists)


def _plan_html(report: Report, context: dict[str, Any], listed: str, room: Room) -> str:
    return render_to_string(
        "assessments/documents/remediation_plan/plan.html",
        context
        | {
            "list": _list(report) if listed and not _is_short(report) else (),
            "short_plan": _is_short(report),
            "list_heading": _list_heading(report),
            "list_tight": listed == TIGHT,
            "list_posts": _only_posts(report),
            "packages": [_package(report, package, room) for package in report.packages],
            "dense": room.dense,
            "aside": room.dates_aside and report.frozen is None,
        },
    )


def _is_short(report: Report) -> bool:
    """Tell whether all actions fit on one page: then no list comes before them, and parts share pages."""
    return len(report.actions) <= SHORT


def _list(report: Report) -> list[dict[str, Any]]:
    """List all actions in their order: title, owner, and when the first step and all of it is due."""
    ranked = sorted(report.standing, key=lambda action: (action.rank or 10_000, action.number))
    posts = _only_posts(report)
    return [
        {
            "number": action.number,
            "title": shared_parts.shortened(action.title, LONGEST_TITLE),
            "owner": action.suggested_owner if posts else action.answers_for_it,
            "first": action.first_when if action.due_now else action.due_days,
            "full": action.full_when if action.due_now else action.done_by[1],
        }
        for action in ranked
    ]


def _only_posts(report: Report) -> bool:
    """Tell whether nobody has taken any action: then the head of the column says that each owner is suggested."""
    return all(not action.taken and action.suggested_owner for action in report.standing)


def _list_heading(report: Report) -> str:
    """Head the list of all actions; a draft counts days after signing."""
    if report.frozen:
        return _("All actions in order")
    return _("All actions in order (dates in days after signing)")


def annex_html(report: Report) -> str:
    """Write the annex as HTML."""
    context = shared_context(report) | method_context(report)
    blocks = [shared_parts.action_block(report, action) for package in report.packages for action in package.actions]
    return render_to_string("assessments/documents/annex.html", context | {"blocks": blocks})


def shared_context(report: Report) -> dict[str, Any]:
    """Return what the sheets of plan, annex, results and board paper share."""
    return {
        "r": report,
        "strip": shared_parts.tier_strip(report.tier.assigned, shared_parts.tier_words()),
        "head_name": shared_parts.shortened(report.organisation.name_en),
        "head_name_zh": shared_parts.shortened(report.organisation.name_zh, 40),
        "use_name": shared_parts.shortened(report.use, 160),
        "title_use": shared_parts.shortened(f"{report.system}: {report.use}", 160),
        "number": _("Plan %(reference)s")
        % {"reference": report.frozen.reference if report.frozen else report.assessment},
        "made_from": shared_parts.made_from(report),
        "guideline_date": shared_parts.guideline_month(report.guideline_date),
        "address": settings.PUBLIC_URL + reverse("remediation_plan", args=[report.use_reference]),
        "reason": deciding_rules(report)[0].reason if deciding_rules(report) else report.tier.meaning + ".",
        "unowned": _unowned(report),
        "blocks_mark": drawing.blocking_mark(_("Blocks the certificate:")),
    }


def shorten(text: str, letters: int) -> str:
    """Cut a text at the end of a sentence, else at a word, so that it has at most so many letters.

    A quotation is not cut where a clause ends before it, at a quarter of the letters or later; else it gets its closing
    mark. A sentence that says what is missing is whole without what it names above all.
    """
    text = " ".join(text.split())
    if len(text) <= letters:
        return text
    short = _cut(text, letters)
    if short.count("“") <= short.count("”"):
        return _ended(short)
    before = short[: short.rindex("“")]
    place = max(before.rfind(end) for end in (", ", "; ", ". "))
    if place >= letters // 4:
        return _ended(f"{before[:place]} …")
    return f"{_cut(text, letters - 1)}”"


def _ended(short: str) -> str:
    """End a sentence that is whole, though more followed it, with a full stop: *3 of 5 points of “a” are missing.*"""
    return f"{short.removesuffix(' …')}." if short.endswith(" are missing …") else short


def _cut(text: str, letters: int) -> str:
    """Cut a text at the last end of a sentence, a clause or a word that leaves enough of it."""
    head = text[:letters]
    for end in (". ", "。", "! ", "? "):
        place = head.rfind(end)
        if place > letters // 2:
            return head[: place + 1].rstrip() + " …"
    for end in ("; ", ", ", "，", "；"):
        place = head.rfind(end)
        if place > 2 * letters // 3:
            return head[:place].rstrip() + " …"
    return shared_parts.shortened(text, letters)


def within(texts: Iterable[str], letters: int) -> tuple[tuple[str, ...], int]:
    """Return the first texts that fit into so many letters, at least one, and how many are left out."""
    given = [text for text in texts if text]
    shown: list[str] = []
    for text in given:
        if shown and sum(map(len, shown)) + len(text) > letters:
            break
        shown.append(shorten(text, max(letters, WHOLE)))
    return tuple(shown), len(given) - len(shown)


# --- packages and their actions ----------------------------------------------------------------------------------------


def _package(report: Report, package: PackageBlock, room: Room) -> dict[str, Any]:
    count = len(package.actions)
    return {
        "package": package,
        "place": _place(package.number, len(report.packages)),
        "is_only": len(report.packages) == 1,
        "paper_label": ngettext("Paper", "Paper for %(n)s actions", count) % {"n": count},
        "paper": package.paper if count > 1 else "",
        "owner": shared_parts.shortened(package.owner, 48),
        "blocks": [block_of(action, room, in_use=report.in_use) for action in package.actions],
    }


def _place(number: int, count: int) -> str:
    """Say in the margin which package a page of actions is of."""
    return _("Package %(n)s of %(all)s") % {"n": number, "all": count} if count > 1 else _("Actions")


def block_of(action: ActionBlock, room: Room, *, in_use: bool = True) -> Block:
    """Return what the block of an action shows, cut to the room that it has."""
    answer = action.answer
    rest = [step for step in action.steps if step != action.stopgap]
    first = action.stopgap or (rest.pop(0) if rest else "")
    measure, more_steps = within(rest, room.measure)
    own = action.answer is None and not (action.steps or action.closes)
    closes, more_closes = within(action.closes, room.closes)
    clauses, more_clauses = within(action.clauses, CLAUSE_LETTERS_DENSE if room.dense else CLAUSE_LETTERS)
    first = shorten(first, room.step)
    return Block(
        action=action,
        title=shared_parts.shortened(action.title, LONGEST_TITLE),
        class_words=class_words(action, in_use=in_use),
        clauses=clauses,
        more_clauses=more_clauses,
        answer=answer_words(action),
        said=shorten(answer.note or answer.reason, room.said) if answer else "",
        why=shorten(_why(action), room.why),
        first_step=first,
        measure=measure,
        more_steps=more_steps,
        closes=closes,
        more_closes=more_closes,
        status=status_words(action),
        columns=_columns(first, measure, closes) if room.dense and measure else "",
        owner_says=shorten(action.now.note.rpartition("\n")[2], room.why) if own and action.now else "",
    )


def _why(action: ActionBlock) -> str:
    """Return the sentence *why here* without the answer, which the block gives before it.

    The plan lists the facts as they were answered, so it need not say of each that it was.
    """
    why = as_fact(_ANSWER_IN_BRACKETS.sub("", action.why_here).strip())
    return why if why.strip(".") else action.why


def _columns(*texts: str | Sequence[str]) -> str:
    """Choose the widths of the three columns that make the longest of them shortest; equal ones where it is the same."""

    def lines(widths: tuple[int, ...]) -> int:
        given = [(text,) if isinstance(text, str) else text for text in texts]
        return max(
            sum(1 + int(len(one) / (width * LETTERS_A_MM)) for one in text)
            for text, width in zip(given, widths, strict=True)
        )

    return min(COLUMNS, key=lambda name: lines(COLUMNS[name]))


def class_words(action: ActionBlock, *, in_use: bool = True) -> str:
    """Name the class of an action in the margin; what blocks the certificate, or is a condition of it, says so."""
    words = {
        "stop": _("stop or limit the use now") if in_use else _("before launch: decide whether to start"),
        "needed": _("needed for other actions"),
        "table_1_or_overlay": _("required for the tier"),
        "must": _("must"),
        "should": _("should"),
        "consider": _("consider"),
        "": _("added by the organisation"),
    }
    word = words.get(action.placed, action.placed)
    if action.now and action.now.condition and action.stands:
        return _("%(word)s, condition") % {"word": word}
    return _("%(word)s, blocks the certificate") % {"word": word} if action.blocking and action.stands else word


def answer_words(action: ActionBlock) -> str:
    """Say what was answered: partly; 2 of 6 points; planned for a day."""
    answer = action.answer
    if answer is None:
        return ""
    words = points_of(answer) or answer.words
    if answer.planned_for:
        words = f"{words}, {day(answer.planned_for)}"
    return words[:1].lower() + words[1:]


def points_of(answer: AnswerLine) -> str:
    """Count the points of a checklist that are in place; empty for a practice and for an answer as a whole."""
    if answer.choice not in (Choice.TICKED, Choice.NONE) or not answer.items:
        return ""
    ticked = sum(item.state == "ticked" for item in answer.items)
    return _("%(n)s of %(all)s points in place") % {"n": ticked, "all": len(answer.items)}


def status_words(action: ActionBlock) -> str:
    """Name the status of an action; empty where it is open."""
    now = action.now
    if now is None:
        return ""
    if now.merged_into:
        return _("merged into action %(n)s") % {"n": now.merged_into}
    if now.late:
        return _("late")
    return "" if now.is_open else now.status


# --- reasons, evidence, method -----------------------------------------------------------------------------------------


def method_context(report: Report) -> dict[str, Any]:
    """Return what the last pages show: reasons, readiness, duties added or left out, signatures, glossary."""
    accepted = sum(bool(reason.mark) for reason in report.reasons)
    return {
        "to_sign": _to_sign(report),
        "not_known": any(line.unknown for line in report.readiness),
        "reasons_heading": _reasons_heading(len(report.reasons), len(report.reasons) - accepted),
        "readiness": [
            {"line": line, "bar": shared_parts.bar_of(line), "few": line.value is not None and line.duties < FEW}
            for line in report.readiness
        ],
        "unanswered": any(line.unanswered for line in report.readiness),
        "few": FEW,
        "extended": _by_reason(report.extended),
        "narrowed": _by_reason(line for line in report.narrowed if not line.waits),
        "waiting": _by_reason(line for line in report.narrowed if line.waits),
        "glossary": shared_parts.glossary(),
        "tiers": Tier,
    }


def _to_sign(report: Report) -> str:
    """Return the sentence that is signed; it says that owners took on their actions only if all did."""
    waiting = len(report.untaken)
    if not waiting:
        return _("We have read this plan. The owners named in the plan have agreed to carry out their actions.")
    said = ngettext(
        "We have read this plan. %(n)s of its %(all)s actions has no owner yet, so the job title shown is a"
        " suggestion.",
        "We have read this plan. %(n)s of its %(all)s actions have no owner yet: the job titles shown are suggestions.",
        waiting,
    )
    if len(report.standing) == 1:
        said = _("We have read this plan. Its action has no owner yet, so the job title shown is a suggestion.")
    return said % {"n": waiting, "all": len(report.standing)}


def _unowned(report: Report) -> str:
    """Say on the cover of a signed plan how many actions nobody has taken on; empty where there are none."""
    waiting, count = len(report.untaken), len(report.standing)
    if not waiting or report.frozen is None:
        return ""
    if waiting == count:
        return ngettext(
            "Nobody has taken on the action yet, so the job title shown is a suggestion.",
            "Nobody has taken on any of the %(n)s actions yet, so the job titles shown are suggestions.",
            count,
        ) % {"n": count}
    return ngettext(
        "%(n)s of %(all)s actions has no owner yet, so the job title shown is a suggestion.",
        "%(n)s of %(all)s actions have no owner yet, so the job titles shown are suggestions.",
        waiting,
    ) % {"n": waiting, "all": count}


def _reasons_heading(count: int, waiting: int) -> str:
    if not waiting:
        return ngettext(
            "%(n)s reason for “not applicable” has been judged",
            "All %(n)s reasons for “not applicable” have been judged",
            count,
        ) % {"n": count}
    return ngettext(
        "%(n)s reason for “not applicable” still needs to be accepted",
        "%(waiting)s of %(n)s reasons for “not applicable” still need to be accepted",
        count,
    ) % {"n": count, "waiting": waiting}


def _by_reason(lines: Iterable[ScopeLine]) -> list[dict[str, Any]]:
    """Group lines of the register that share a reason."""
    grouped: dict[str, list[ScopeLine]] = {}
    for line in lines:
        grouped.setdefault(line.because, []).append(line)
    return [
        {"because": because, "lines": list(dict.fromkeys(line.line for line in mine))}
        for because, mine in grouped.items()
    ]
