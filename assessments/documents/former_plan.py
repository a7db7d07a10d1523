"""The remediation plan of releases 1 and 2 of the edition, which have no packages: a report in, HTML and PDF bytes out.

The plan of today is in `remediation_plan`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.documents import engine
from assessments.documents.report.actions import ActionBlock
from assessments.documents.report.dates import day
from assessments.documents.report.model import Report
from assessments.documents.shared_parts import (
    action_block,
    bar_of,
    glossary,
    guideline_month,
    made_from,
    shortened,
    tier_heading,
    tier_strip,
    tier_words,
)

FIRST = 5
"""Actions on the board's page."""


def plan_html(report: Report) -> str:
    """Return the plan as one HTML document; a report without actions gives the one page that says so."""
    deciding = [rule.reason for rule in report.tier.rules if rule.deciding]
    if report.tier.raised:
        deciding = [_("A reviewer raised the tier: %(reason)s") % {"reason": report.tier.raised.reason}]
    named = [line.name for line in report.readiness]
    good = sorted(report.good.items(), key=lambda entry: named.index(entry[0]) if entry[0] in named else len(named))
    return render_to_string(
        "assessments/documents/former_plan/plan.html",
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


def _board(report: Report) -> dict[str, Any]:
    total, blocking = len(report.standing), len(report.blocking)
    closed = len(report.actions) - total
    parts = [ngettext("%(n)s action", "%(n)s actions", total) % {"n": total}]
    if blocking:
        parts.append(
            ngettext("%(n)s blocks the certificate", "%(n)s block the certificate", blocking) % {"n": blocking}
        )
    else:
        parts.append(_("no action blocks the certificate"))
    if closed:
        parts.append(ngettext("%(n)s closed", "%(n)s closed", closed) % {"n": closed})
    if not report.standing:
        return {
            "heading": _("Every action is closed"),
            "where": _where(report),
            "first": _("nothing. All gaps in this submission are closed."),
            "when": _("everything is done."),
        }
    first = report.standing[0]
    others = blocking - 1 if first.blocking else 0
    if others:
        words = ngettext(
            "action “%(title)s” and %(n)s other action that blocks the certificate.",
            "action “%(title)s” and %(n)s other actions that block the certificate.",
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
        "first_label": _("First five actions") if total >= FIRST else _("All actions"),
        "actions": report.standing[:FIRST],
    }


def _where(report: Report) -> str:
    words = _("the tier of the use is %(tier)s, and %(full)s of the %(duties)s duties in scope are fully in place.")
    return words % {"tier": report.tier.word, "duties": report.duties, "full": report.duties_in_place}


def _when(report: Report) -> str:
    due = sorted(action.due_now for action in report.standing if action.due_now)
    if not due:
        days = sorted(action.due_days for action in report.standing)
        return _("the first action within %(first)s days of signing, the last action within %(last)s days.") % {
            "first": days[0],
            "last": days[-1],
        }
    if due[0] == due[-1]:
        return _("%(day)s.") % {"day": day(due[0])}
    return _("the first action by %(first)s, the last action by %(last)s.") % {
        "first": day(due[0]),
        "last": day(due[-1]),
    }


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


def _glance_heading(report: Report) -> str:
    if not report.standing:
        return _("Nothing is left to do") if report.actions else ""
    first = report.periods[0]
    return _("%(n)s of %(all)s actions are due first: %(period)s") % {
        "n": len(first.actions),
        "all": len(report.standing),
        "period": first.title.lower(),
    }
