"""The results as a document: tier, readiness, and what falls short, action by action."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.documents import engine, shared_parts
from assessments.documents.first_decision import pause_words
from assessments.documents.remediation_plan import FEW, attachment, method_context, shared_context
from assessments.documents.report.actions import ActionBlock
from assessments.documents.report.model import Report
from assessments.documents.report.packages import PackageBlock
from assessments.documents.report.scores import Readiness
from assessments.documents.tier_page import fitted_tier
from assessments.scoring.order import STOP


def results_pdf(report: Report, *, identifier: str, created: datetime) -> bytes:
    """Render the results; the same report, identifier and time give the same bytes."""
    return engine.render(
        results_html(report),
        # Where the last part would leave a few lines on a page of their own, all of it goes to that page.
        partial(results_html, report, last_part_apart=True),
        identifier=identifier,
        created=created,
        fits=engine.ends_well,
        attachment=attachment(report),
    )


def results_html(report: Report, *, last_part_apart: bool = False) -> str:
    context = shared_context(report) | method_context(report)
    context |= fitted_tier(report, context)
    named = [line.name for line in report.readiness]
    good = sorted(report.good.items(), key=lambda entry: named.index(entry[0]) if entry[0] in named else len(named))
    groups = report.packages or (PackageBlock(1, "", _("Actions"), "", "", report.actions),)
    return render_to_string(
        "assessments/documents/results.html",
        context
        | {
            "heading": _heading(report),
            "pause": pause_words(
                report.system, sorted(a.number for a in report.standing if a.placed == STOP), live=report.in_use
            ),
            "answered": _("%(answered)s of %(applicable)s questions answered")
            % {"answered": report.answered, "applicable": report.applicable},
            "groups": [
                {"package": group, "lines": [_line(action) for action in group.actions]}
                for group in groups
                if group.actions
            ],
            "seen_otherwise": [
                (_("By principle"), [_row(line) for line in report.principles]),
                (_("By lifecycle stage"), [_row(line) for line in report.lifecycle]),
            ],
            "good": good,
            "last_part_apart": last_part_apart,
            "good_count": sum(len(lines) for _name, lines in good),
        },
    )


def _heading(report: Report) -> str:
    if not report.standing:
        return _("No gaps")
    heading = ngettext("%(n)s action", "%(n)s actions", len(report.standing)) % {"n": len(report.standing)}
    return _("%(actions)s, %(blocking)s") % {"actions": heading, "blocking": report.blocking_words}


def _line(action: ActionBlock) -> dict[str, Any]:
    """Return one action with the duties behind it, folded: how many, and under which clauses."""
    duties = {finding.requirement for finding in action.findings}
    clauses = action.clauses or tuple(dict.fromkeys(finding.clause for finding in action.findings))
    return {
        "action": action,
        "duties": ngettext("%(n)s duty", "%(n)s duties", len(duties)) % {"n": len(duties)} if duties else "",
        "clauses": "; ".join(clauses[:2]) + (" …" if len(clauses) > 2 else ""),
    }


def _row(line: Readiness) -> dict[str, Any]:
    return {"line": line, "bar": shared_parts.bar_of(line), "few": line.value is not None and line.duties < FEW}
