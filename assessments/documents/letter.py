"""The decision letter: one page that says what was decided on a use, why, and how it opens again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from assessments.documents import engine
from assessments.documents.plan import guideline_month, shortened
from assessments.documents.report import Report

DENSITIES = ("", "dense")


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided. `prohibited`: declared by the owner; else a reviewer's refusal, with its `statement`."""

    prohibited: bool
    by: str
    role: str
    at: datetime
    statement: str
    raised_to: str = ""  # the tier to which the same decision raised the use, in the edition's words


def letter_layouts(report: Report, decision: Decision, *, issuer: str) -> tuple[str, ...]:
    context = {
        "r": report,
        "d": decision,
        "issuer": issuer,
        "head_name": shortened(issuer),
        "worst": [fact for fact in report.facts if fact.signed_worst],
        "deciding": [rule for rule in report.tier.rules if rule.deciding],
        "guideline_date": guideline_month(report.guideline_date),
        "heading": _("This use is prohibited; nothing is certified")
        if decision.prohibited
        else _("The submission is refused; nothing is certified"),
    }
    return tuple(
        render_to_string("assessments/documents/letter.html", context | {"density": density}) for density in DENSITIES
    )


def letter_pdf(report: Report, decision: Decision, *, issuer: str, identifier: str, created: datetime) -> bytes:
    """Render the letter, on one page unless its reasons are long; the same arguments give the same bytes."""
    layouts = letter_layouts(report, decision, issuer=issuer)
    return engine.render(*layouts, identifier=identifier, created=created, fits=lambda pages: len(pages) == 1)
