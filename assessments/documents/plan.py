"""The remediation plan: a report in, HTML and then PDF bytes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.documents import drawing, engine
from assessments.documents.report.actions import ActionBlock
from assessments.documents.report.dates import day, moment
from assessments.documents.report.model import Report
from assessments.documents.report.scores import Readiness
from assessments.guideline.terms import TIERS, Tier

FIRST = 5
"""Actions on the board's page."""
LINE_LETTERS, PAGE_LINES = 85, 32
"""Letters of a line of an action's text, and such lines as fit a page beside its heads, rules and signatures."""
HEAD_LETTERS = 80
"""Letters of a name in the running head; the cover and the certificate's first page print it whole."""
TIERS_ZH = {Tier.LOW: "低", Tier.LIMITED: "有限", Tier.HIGH: "高", Tier.UNACCEPTABLE: "不可接受"}


@dataclass(frozen=True, slots=True)
class StripTier:
    key: str
    word: str
    word_zh: str
    chosen: bool
    mark: SafeString


def tier_strip(assigned: Tier, words: dict[Tier, str], *, chinese: bool = False) -> tuple[StripTier, ...]:
    """Return the four tiers in order, with the assigned one chosen."""
    return tuple(
        StripTier(
            key=str(tier),
            word=words[tier],
            word_zh=TIERS_ZH[tier] if chinese else "",
            chosen=tier == assigned,
            mark=drawing.tier_mark(
                tier,
                _("Tier of this use:") if tier == assigned else _("Other tier:"),
                colour="#FFFFFF" if tier == assigned else drawing.INK_3,
            ),
        )
        for tier in TIERS
    )


def shortened(name: str, letters: int = HEAD_LETTERS) -> str:
    """Shorten a long name for a running head, at a word where there is one."""
    if len(name) <= letters:
        return name
    beginning = name[: letters - 1]
    return (beginning.rsplit(" ", 1)[0] if " " in beginning else beginning) + "…"


def guideline_month(text: str) -> str:
    """2025-12 as December 2025."""
    return f"{datetime.strptime(text, '%Y-%m'):%B %Y}"


def plan_html(report: Report) -> str:
    """Return the plan as one HTML document; a report without actions gives the one page that says so."""
    deciding = [rule.reason for rule in report.tier.rules if rule.deciding]
    if report.tier.raised:
        deciding = [_("A reviewer raised the tier: %(reason)s") % {"reason": report.tier.raised.reason}]
    named = [line.name for line in report.readiness]
    good = sorted(report.good.items(), key=lambda entry: named.index(entry[0]) if entry[0] in named else len(named))
    return render_to_string(
        "assessments/documents/plan.html",
        {
            "r": report,
            "strip": tier_strip(report.tier.assigned, tier_words()),
            "reason": deciding[0] if deciding else report.tier.meaning + ".",
            "head_name": shortened(report.organisation.name_en),
            "head_name_zh": shortened(report.organisation.name_zh, 40),
            "number": _("Plan %(reference)s")
            % {"reference": report.frozen.reference if report.frozen else report.assessment},
            "made_from": made_from(report),
            "guideline_date": guideline_month(report.guideline_date),
            "readiness": [{"line": line, "bar": bar_of(line)} for line in report.readiness],
            "unanswered": any(line.unanswered for line in report.readiness),
            "board": _board(report) if report.actions else None,
            "tier_heading": tier_heading(report),
            "glance_heading": _glance_heading(report),
            "blocks": [action_block(report, action) for action in report.actions],
            "good": good,
            "good_count": sum(len(lines) for _name, lines in good),
            "glossary": glossary(),
        },
    )


def plan_pdf(report: Report, *, identifier: str, created: datetime) -> bytes:
    """Render the plan; the same report, identifier and time give the same bytes."""
    return engine.render(plan_html(report), identifier=identifier, created=created)


def tier_words() -> dict[Tier, str]:
    return {
        Tier.LOW: _("Low"),
        Tier.LIMITED: _("Limited"),
        Tier.HIGH: _("High"),
        Tier.UNACCEPTABLE: _("Unacceptable"),
    }


def made_from(report: Report) -> str:
    if report.frozen is None:
        return _("The current answers of draft %(reference)s.") % {"reference": report.assessment}
    at = moment(report.frozen.at)
    return _("Submission %(reference)s, round %(round)s, signed %(day)s, %(time)s (Hong Kong).") % {
        "reference": report.frozen.reference,
        "round": report.frozen.round,
        "day": day(at),
        "time": f"{at:%H:%M}",
    }


def bar_of(line: Readiness) -> SafeString | str:
    if line.value is None:
        return ""
    title = _("%(name)s: %(full)s of %(duties)s duties in place, %(half)s partly") % {
        "name": line.name,
        "full": line.full,
        "duties": line.duties,
        "half": line.half,
    }
    return drawing.bar(title, full=line.full, half=line.half, unknown=line.unknown, of=line.duties, size=18)


def action_block(report: Report, action: ActionBlock) -> dict[str, Any]:
    """Return an action with its address; a draft's has none yet, since its number is given at the signing."""
    if report.frozen is None:
        return {"action": action, "address": "", "code": "", "long": _is_long(action)}
    address = settings.PUBLIC_URL + reverse("action", args=[report.use_reference, action.number])
    title = _("QR code of the page of action %(n)s") % {"n": action.number}
    code = drawing.qr(address, 14, title)
    return {"action": action, "address": address, "code": code, "long": _is_long(action)}


def _is_long(action: ActionBlock) -> bool:
    """Tell whether the action certainly takes more than a page, by its lines: then it need not begin on a fresh one."""
    texts = [finding.statement + "".join(finding.items) for finding in action.findings]
    texts += [action.why, *action.steps, *action.closes]
    texts += [action.answer.question, action.answer.note] if action.answer else []
    heads = {finding.heading for finding in action.findings}
    return len(heads) + sum(1 + len(text) // LINE_LETTERS for text in texts if text) > PAGE_LINES


def _board(report: Report) -> dict[str, Any]:
    total, blocking = len(report.standing), len(report.blocking)
    closed = len(report.actions) - total
    parts = [ngettext("%(n)s action", "%(n)s actions", total) % {"n": total}]
    if blocking:
        parts.append(
            ngettext("%(n)s blocks the certificate", "%(n)s block the certificate", blocking) % {"n": blocking}
        )
    else:
        parts.append(_("none of them blocks the certificate"))
    if closed:
        parts.append(ngettext("%(n)s closed", "%(n)s closed", closed) % {"n": closed})
    if not report.standing:
        return {
            "heading": _("Every action is closed"),
            "where": _where(report),
            "first": _("nothing. All gaps of this submission are closed."),
            "when": _("everything is done."),
        }
    first = report.standing[0]
    others = blocking - 1 if first.blocking else 0
    if others:
        words = ngettext(
            "action “%(title)s”, and %(n)s other action that blocks the certificate.",
            "action “%(title)s”, and %(n)s other actions that block the certificate.",
            others,
        )
    else:
        words = _("action “%(title)s”.")
    columns: dict[str, str] = {"": _("Blocks certificate")} if blocking else {}
    columns |= {action.priority_key: action.priority for action in report.standing if not action.blocking}
    return {
        "heading": ", ".join(parts),
        "where": _where(report),
        "first": words % {"title": first.title, "n": others},
        "when": _when(report),
        "heads": list(columns.values()),
        "rows": _by_dimension(report, list(columns)),
        "first_label": _("The first five") if total >= FIRST else _("All of them"),
        "actions": report.standing[:FIRST],
    }


def _where(report: Report) -> str:
    words = _("the use is %(tier)s risk, and %(full)s of the %(duties)s duties in scope are fully in place.")
    return words % {"tier": report.tier.word, "duties": report.duties, "full": report.duties_in_place}


def _when(report: Report) -> str:
    due = sorted(action.due_now for action in report.standing if action.due_now)
    if not due:
        days = sorted(action.due_days for action in report.standing)
        return _("the first within %(first)s days of signing, the last within %(last)s.") % {
            "first": days[0],
            "last": days[-1],
        }
    if due[0] == due[-1]:
        return _("%(day)s.") % {"day": day(due[0])}
    return _("the first by %(first)s, the last by %(last)s.") % {"first": day(due[0]), "last": day(due[-1])}


def _by_dimension(report: Report, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Actions by dimension and column; an action counts in each dimension that it touches, and once in the sum."""

    def column(action: ActionBlock) -> str:
        return "" if action.blocking else action.priority_key

    def row(name: str, actions: Sequence[ActionBlock], *, sum_up: bool = False) -> dict[str, Any]:
        counts = [sum(column(action) == key for action in actions) for key in columns]
        return {"name": name, "counts": counts, "total": len(actions), "sum": sum_up}

    rows = [row(line.name, [a for a in report.standing if line.name in a.dimensions]) for line in report.readiness]
    apart = [action for action in report.standing if not action.dimensions]
    if apart:
        rows.append(row(_("No dimension"), apart))
    return [*rows, row(_("All"), report.standing, sum_up=True)]


def tier_heading(report: Report) -> str:
    if report.tier.raised:
        return _("%(tier)s risk, as judged by a reviewer") % {"tier": report.tier.word}
    deciding = sum(rule.deciding for rule in report.tier.rules)
    return ngettext("%(tier)s risk, by %(n)s rule", "%(tier)s risk, by %(n)s rules", deciding) % {
        "tier": report.tier.word,
        "n": deciding,
    }


def _glance_heading(report: Report) -> str:
    if not report.standing:
        return _("Nothing is left to do") if report.actions else ""
    first = report.periods[0]
    return _("%(n)s of %(all)s are due first: %(period)s") % {
        "n": len(first.actions),
        "all": len(report.standing),
        "period": first.title.lower(),
    }


def glossary() -> list[tuple[str, str, str]]:
    """Word, Traditional Chinese, meaning."""
    return [
        (_("Tier"), "風險層級", _("how dangerous a use is; one of four.")),
        (_("Readiness"), "就緒程度", _("how much of what the Guideline asks is in place.")),
        (_("Duty"), "責任", _("one thing that the Guideline asks of a part.")),
        (_("Must, should, consider"), "必須、應該、可考慮", _("how strongly the Guideline words a duty.")),
        (_("Finding"), "發現", _("where an answer does not fully meet a duty.")),
        (_("Condition"), "條件", _("a mandatory point to be met by a deadline after the certificate is issued.")),
    ]
