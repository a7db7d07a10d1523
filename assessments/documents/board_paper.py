"""The board paper: what is asked of the board on one page, and that the work is in hand on a second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django.template.loader import render_to_string
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from assessments.documents import drawing, engine
from assessments.documents.first_decision import before_launch, in_use
from assessments.documents.remediation_plan import attachment, points_of, shared_context, shorten
from assessments.documents.report.actions import ActionBlock
from assessments.documents.report.model import PERIODS, Report
from assessments.documents.report.packages import PackageBlock
from assessments.documents.shared_parts import shortened
from assessments.guideline.terms import Basis, Tier
from assessments.scoring.order import STOP

MONEY = {"S": 0, "M": 1, "L": 2}
"""Sizes of money by effort: the time of your staff, a small sum, a budget of its own. Our judgement."""
NAME_LETTERS, SUBTITLE_LETTERS = 40, 110
LEAST_PLACE = 60
"""Letters under which the place is left out of what the system does."""
WAIT_SHOWN = 2
LETTERS = "ABCDEF"
FIRST_ACTIONS = 10


@dataclass(frozen=True, slots=True)
class Front:
    """How much of each list page 1 shows. What is decided is never cut."""

    does: int  # letters of what the system does
    risks: int
    figure: int  # letters under a risk, 0: none
    decisions: int
    dense: bool


@dataclass(frozen=True, slots=True)
class Back:
    """How much of each list page 2 shows."""

    brings: int  # letters under a package, 0: none
    good: int
    dense: bool


FRONTS = (
    Front(600, 3, 230, 5, dense=False),
    Front(420, 3, 190, 5, dense=False),
    Front(420, 3, 230, 5, dense=True),
    Front(300, 3, 160, 5, dense=True),
    Front(600, 3, 230, 4, dense=False),
    Front(420, 3, 190, 4, dense=False),
    Front(360, 3, 190, 4, dense=False),
    Front(420, 3, 230, 4, dense=True),
    Front(300, 3, 160, 4, dense=True),
    Front(260, 3, 100, 4, dense=True),
    Front(160, 3, 0, 4, dense=True),
    Front(120, 3, 0, 3, dense=True),
    Front(90, 2, 0, 2, dense=True),
)
BACKS = (
    Back(120, 6, dense=False),
    Back(120, 6, dense=True),
    Back(90, 4, dense=True),
    Back(72, 4, dense=True),
    Back(56, 6, dense=True),
    Back(48, 2, dense=True),
    Back(0, 2, dense=True),
    Back(0, 0, dense=True),
)


def board_paper_pdf(report: Report, *, identifier: str, created: datetime) -> bytes:
    """Render the board paper on two pages; the same report, identifier and time give the same bytes."""
    html = board_paper_html(report)
    return engine.render(html, identifier=identifier, created=created, attachment=attachment(report))


def board_paper_html(report: Report) -> str:
    """Return the paper with as much of each list as its two pages hold, each page filled by itself."""
    shared = shared_context(report) | _tier(report)

    def draw(front: Front | None, back: Back | None) -> str:
        both = {"front": front is not None, "back": back is not None}
        content = shared | both | _front(report, front or FRONTS[0]) | _back(report, back or BACKS[0])
        return render_to_string("assessments/documents/board_paper.html", content)

    front = next((one for one in FRONTS if engine.count_pages(draw(one, None)) == 1), FRONTS[-1])
    back = next((one for one in BACKS if engine.count_pages(draw(None, one)) == 1), BACKS[-1])
    return draw(front, back)


def _tier(report: Report) -> dict[str, Any]:
    """Return what the paper says of the tier: why it is this one, and what the Guideline's text alone gives."""
    tier = report.tier
    deciding = [rule for rule in tier.rules if rule.deciding]
    said = next((rule for rule in deciding if rule.basis == Basis.EXPLICIT), deciding[0] if deciding else None)
    if tier.raised:
        why = {"basis": "judgement", "who": _("Our judgement"), "text": shorten(tier.raised.reason, 260), "clauses": ""}
    elif said:
        clauses = "; ".join(said.clauses[:3])
        why = {"basis": str(said.basis), "who": said.basis_words, "text": said.reason, "clauses": clauses}
    else:
        why = {"basis": "judgement", "who": _("Our judgement"), "text": tier.meaning + ".", "clauses": ""}
    asks = _("What the Guideline asks for in the %(tier)s tier") % {"tier": tier.word}
    return {"why_tier": why, "text_alone": _text_alone(report), "asks_label": asks}


def _text_alone(report: Report) -> str:
    """Say what the Guideline's text alone gives, where that is another tier or none: the board is to know whose tier it is."""
    tier = report.tier
    if tier.text == tier.assigned:
        return ""
    if tier.text is None:
        return _("The Guideline’s text alone does not give a tier for this use.")
    return _("The Guideline’s text alone gives the tier %(tier)s.") % {"tier": tier.text_word}


def _front(report: Report, size: Front) -> dict[str, Any]:
    packages = [package for package in report.packages if package.standing]
    actions = [action for package in packages for action in package.standing]
    certain = report.tier.assigned != Tier.UNACCEPTABLE  # a prohibited use gets no certificate, so nothing blocks one
    blocking = {action for action in actions if action.blocks_now and certain}
    in_order = _soonest_first(sorted(actions, key=_place))
    asked = sorted(in_order, key=lambda one: (one.placed != STOP, one not in blocking))[: size.decisions]
    pause = bool(asked) and asked[0].placed == STOP
    letters = LETTERS[pause : len(asked) + pause]
    until = {action: package.until for package in packages for action in package.standing}
    decisions = [
        _decision(letter, action, until[action]) | {"blocks": action in blocking}
        for letter, action in zip(letters, asked, strict=True)
    ]
    by_risk = sorted(packages, key=lambda package: _stops_soonest(package.standing[0]))
    return {
        "front_dense": size.dense,
        "heading": _heading(len(decisions) + pause),
        "subtitle": shortened(f"{report.system}: {report.use}", SUBTITLE_LETTERS),
        "draft_words": _draft_words(report),
        "does": _does(report, size.does),
        "risks": [_risk(package, size.figure) for package in by_risk if package.risk][: size.risks],
        "pause": _pause(report, decisions) if pause else None,
        "decisions": decisions,
        "first_in_order": _first_in_order(asked, blocking, len(actions)),
        "work": _work_together(decisions, actions),
    }


def _draft_words(report: Report) -> str:
    """Say how much of a draft is answered, for a board must not take it for the whole; empty where nothing is left."""
    if not report.draft or report.answered >= report.applicable:
        return ""
    return ngettext(
        "This is a draft. Only %(answered)s of %(n)s question is answered. More answers can add actions.",
        "This is a draft. Only %(answered)s of %(n)s questions are answered. More answers can add actions.",
        report.applicable,
    ) % {"answered": report.answered, "n": report.applicable}


def _place(action: ActionBlock) -> tuple[int, int]:
    """Return the place of an action in the plan; one without a rank comes last."""
    return (action.rank or 10_000, action.number)


def _stops_soonest(action: ActionBlock) -> tuple[bool, tuple[date, int]]:
    """Return the key by which actions are put in order: what stops or limits something now, then what is done soonest."""
    return (False, _last(action)) if action.placed == STOP else (True, (date.min, 0))


def _soonest_first(actions: Sequence[ActionBlock]) -> list[ActionBlock]:
    """Return the actions in their order; among those that stop or limit something now, what can be done soonest comes first."""
    return sorted(actions, key=_stops_soonest)


def _decision(letter: str, action: ActionBlock, until: str) -> dict[str, Any]:
    """Return one thing that the board is asked for: an action of the plan, by its number."""
    return {
        "letter": letter,
        "title": action.title,
        "number": action.number,
        "owner": shortened(action.answers_for_it, NAME_LETTERS),
        "money": money_words(action),
        "work_days": action.work_days,
        "work": _days(action.work_days) if action.work_days else "",
        "by": action.full_when,
        "stops": action.placed == STOP,
        "until": until,
        "box": _box(letter),
    }


def _first_in_order(asked: Sequence[ActionBlock], blocking: Collection[ActionBlock], count: int) -> str:
    """Say which actions the board is asked for: those that stop a harm, then those that block the certificate."""
    if len(asked) == count:
        return ngettext("This is the only action in the plan.", "These are all the actions in the plan.", count)
    if not blocking:
        return ngettext(
            "This is the first of the %(count)s actions in the plan.",
            "These are the first %(asked)s of the %(count)s actions in the plan.",
            len(asked),
        ) % {"asked": len(asked), "count": count}
    listed = sum(action in blocking for action in asked)
    said = ngettext(
        "%(n)s of the %(count)s actions in the plan blocks the certificate.",
        "%(n)s of the %(count)s actions in the plan block the certificate.",
        len(blocking),
    ) % {"n": len(blocking), "count": count}
    if listed == len(blocking):
        return f"{said} " + ngettext("This action is listed here.", "All of these actions are listed here.", listed)
    if not listed:
        return f"{said} " + ngettext(
            "This action is marked in the plan.", "These actions are marked in the plan.", len(blocking)
        )
    more = ngettext(
        "Only one of these actions is shown here. The others are marked in the plan.",
        "Only %(listed)s of these actions are shown here. The others are marked in the plan.",
        listed,
    )
    return f"{said} {more % {'listed': listed}}"


def _pause(report: Report, decisions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the first decision where something can harm people: to pause the system or limit it, and until when.

    That is the end of the package, not its first action: a list of errors alone protects nobody. A use that serves
    nobody yet cannot be paused: there the decision is whether to start it.
    """
    stopping = [decision for decision in decisions if decision["stops"]]
    letters = [decision["letter"] for decision in stopping]
    ends = list(dict.fromkeys(decision["until"] for decision in stopping if decision["until"]))
    said = {
        "system": shortened(report.system, NAME_LETTERS),
        "letters": get_text_list(letters, _("and")),
        "ends": get_text_list(ends, _("and")),
    }
    words = (in_use if report.in_use else before_launch)(len(letters), ends=bool(ends))
    return {
        "letter": LETTERS[0],
        "title": words["title"] % said,
        "cost": words["cost"],
        "by": words["by"],
        "boxes": [(_box(word), word) for word in words["boxes"]],
    }


def _box(name: str) -> str:
    return drawing.tick_box(_("Tick box for decision %(letter)s") % {"letter": name})


def _days(days: tuple[int, int]) -> str:
    return _("%(least)s to %(most)s days") % {"least": days[0], "most": days[1]}


def _work_together(decisions: Sequence[Mapping[str, Any]], actions: Sequence[ActionBlock]) -> str:
    """Add up the working days of what is asked, and of the whole plan; empty where one of them has no size."""
    days = [decision["work_days"] for decision in decisions]
    every = [action.work_days for action in actions]
    if len(days) < 2 or not all(days):
        return ""
    said = _("One person needs %(days)s to carry out decisions %(first)s to %(last)s.") % {
        "first": decisions[0]["letter"],
        "last": decisions[-1]["letter"],
        "days": _sum(days),
    }
    if len(actions) == len(decisions) or not all(every):
        return said
    return f"{said} " + _("All %(n)s actions together take %(days)s.") % {"n": len(actions), "days": _sum(every)}


def _sum(days: Sequence[tuple[int, int] | None]) -> str:
    given = [pair for pair in days if pair]
    return _("%(least)s to %(most)s working days") % {
        "least": sum(least for least, _most in given),
        "most": sum(most for _least, most in given),
    }


def _back(report: Report, size: Back) -> dict[str, Any]:
    packages = [package for package in report.packages if package.standing]
    good = [answer.title for answer in report.answers if answer.good]
    return {
        "back_dense": size.dense,
        "packages_heading": _packages_heading(packages),
        "rows": [_row(package, size.brings) for package in packages],
        "months": _months(report.standing),
        "months_label": _("Actions due each month") if report.frozen else _("Actions due after signing"),
        "good": [shortened(title, 90) for title in good[: size.good]],
        "more_good": max(0, len(good) - size.good),
        "waits": _waits(packages),
        "certificate": _certificate(report),
    }


def _heading(count: int) -> str:
    words = {
        1: pgettext("number of decisions", "One"),
        2: pgettext("number of decisions", "Two"),
        3: pgettext("number of decisions", "Three"),
        4: pgettext("number of decisions", "Four"),
        5: pgettext("number of decisions", "Five"),
        6: pgettext("number of decisions", "Six"),
    }
    if not count:
        return _("Nothing to decide")
    return ngettext("%(n)s decision for the board", "%(n)s decisions for the board", count) % {"n": words[count]}


def _does(report: Report, letters: int) -> str:
    """Say what the system does, whom it affects and where: by its scope sentence, else the place cut first."""
    affected = report.people_affected.strip()
    if affected and affected.lower() in report.scope_en.lower():  # a derived scope names the people itself
        return shorten(_sentence(report.scope_en), letters)
    people = shorten(_("People affected: %(people)s") % {"people": _sentence(affected)}, max(70, letters // 3))
    if report.scope_en:
        return f"{shorten(_sentence(report.scope_en), max(80, letters - len(people)))} {people}".strip()
    purpose = shorten(_sentence(report.purpose), max(80, letters // 2))
    left = letters - len(people) - len(purpose)
    place = shorten(_sentence(report.setting), left) if left > LEAST_PLACE else ""
    return " ".join(text for text in (purpose, place, people) if text)


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "!", "?", "。")) or not text else f"{text}."


def money_words(action: ActionBlock) -> str:
    """Name one of three sizes of money, by the effort."""
    sizes = (_("staff time"), _("a small sum"), _("a budget"))
    return sizes[MONEY.get(action.effort_key, 1)]


def _risk(package: PackageBlock, letters: int) -> dict[str, str]:
    """Return one risk, and under it what the answers show: the respondent's own words, else why its first action is there."""
    first = package.standing[0]
    answer = first.answer
    if not letters:
        return {"text": package.risk, "figure": ""}
    if answer is None or not answer.note:
        return {"text": package.risk, "figure": shorten(first.why_here or first.why, letters)}
    points = points_of(answer)
    return {"text": package.risk, "figure": f"“{shorten(answer.note, letters)}”" + (f" {points}." if points else "")}


def _packages_heading(packages: Sequence[PackageBlock]) -> str:
    actions = sum(len(package.standing) for package in packages)
    if not packages:
        return _("Every action is closed")
    counted = ngettext("%(n)s action", "%(n)s actions", actions) % {"n": actions}
    words = ngettext(
        "%(actions)s in %(n)s package", "%(actions)s in %(n)s packages, in the order of the plan", len(packages)
    )
    return words % {"actions": counted, "n": len(packages)}


def _row(package: PackageBlock, letters: int) -> dict[str, Any]:
    brings = _whole(package.paper or package.standing[0].title, letters) if letters else ""
    return {
        "number": package.number,
        "title": package.title,
        "brings": brings[:1].lower() + brings[1:] if package.paper else brings,
        "actions": len(package.standing),
        "blocking": package.blocking,
        "owner": shortened(package.owner, NAME_LETTERS),
        "by": max(package.standing, key=_last).full_when,
    }


def _certificate(report: Report) -> str:
    """Say whether a certificate can follow from the answers as they are, by what blocks it."""
    if report.tier.assigned == Tier.UNACCEPTABLE:
        return _("No certificate is issued for a prohibited use.")
    if not report.blocking:
        return _("No action blocks the certificate. The use must also reach the minimum readiness for its tier.")
    dated = sum(action.may_have_date for action in report.blocking)
    said = report.blocking_words[0].upper() + report.blocking_words[1:] + "."
    if dated == len(report.blocking):
        more = _(
            "A certificate can be issued at once if each action is made a condition (left open with a due date) and "
            "readiness is high enough."
        )
        limit = _("Only a limited number of actions can be made conditions.")
        return f"{said} {more} {limit}"
    count = len(report.blocking) - dated
    if dated:
        words = ngettext(
            "One action cannot be made a condition. No certificate can be issued before it is closed.",
            "%(n)s actions cannot be made conditions. No certificate can be issued before they are closed.",
            count,
        )
    else:
        words = ngettext(
            "No certificate can be issued before this action is closed.",
            "No certificate can be issued before all these actions are closed.",
            count,
        )
    return f"{said} {words % {'n': count}}"


def _whole(text: str, letters: int) -> str:
    """Shorten a text to what says something by itself: what stands before a colon, else before a semicolon or comma."""
    if len(text) <= letters:
        return text
    before, colon, _after = text.partition(": ")
    if colon and len(before) <= letters:
        return before
    head = text[:letters]
    place = max(head.rfind("; "), head.rfind(", "))
    return head[:place] if place > letters // 2 else shortened(text, letters)


def _last(action: ActionBlock) -> tuple[date, int]:
    day, days = action.done_by
    return (day or date.min, days)


def _months(actions: Sequence[ActionBlock]) -> list[tuple[int, str]]:
    """Count the actions by the month in which they are done, at most five; before the signature by periods."""
    dated = [day for action in actions if (day := action.done_by[0])]
    if dated and len(dated) == len(actions):
        months = Counter((day.year, day.month) for day in dated)
        first = sorted(months)
        shown = [(months[key], f"{date(*key, 1):%B %Y}") for key in first[:4]]
        later = sum(months[key] for key in first[4:])
        if len(first) == 5:
            return [*shown, (later, f"{date(*first[4], 1):%B %Y}")]
        return [*shown, (later, _("later"))] if later else shown
    counts = [0] * (len(PERIODS) + 1)
    for action in actions:
        counts[sum(action.done_by[1] > period for period in PERIODS)] += 1
    return [(count, word) for count, word in zip(counts, _periods(), strict=True) if count]


def _periods() -> list[str]:
    """Name periods that do not overlap: their counts add up to all actions."""
    between = [_("between day %(first)s and day %(last)s") % {"first": a + 1, "last": b} for a, b in pairwise(PERIODS)]
    return [_("within %(n)s days") % {"n": PERIODS[0]}, *between, _("later")]


def _urgent(package: PackageBlock) -> bool:
    """Tell whether an action of it stops a harm or stands among the first ten."""
    return any(action.placed == STOP or 0 < action.rank <= FIRST_ACTIONS for action in package.standing)


def _waits(packages: Sequence[PackageBlock]) -> str:
    """Say what can wait: the last packages without an urgent or blocking action, else that only single actions can."""
    may_wait = [package for package in packages if not package.never_waits and not package.blocking]
    free = [package for package in may_wait if not _urgent(package)][-WAIT_SHOWN:]
    if free:
        named = get_text_list([f"“{package.title}”" for package in free], _("and"))
        until = max((action for package in free for action in package.standing), key=_last).full_when
        return ngettext(
            "%(packages)s can wait longest, because no action in it blocks the certificate. Due: %(when)s.",
            "%(packages)s can wait longest, because no action in them blocks the certificate. Due: %(when)s.",
            len(free),
        ) % {"packages": named, "when": until}
    count = sum(not action.blocking for package in packages for action in package.standing)
    if not count:
        return _("No action can wait, because every action blocks the certificate.")
    return ngettext(
        "No package can be postponed as a whole. %(n)s action does not block the certificate and can be done later.",
        "No package can be postponed as a whole. %(n)s actions do not block the certificate and can be done later.",
        count,
    ) % {"n": count}
