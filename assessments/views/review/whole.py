"""The whole case as one page to print: scope, tier, facts, answers with their evidence and marks, conformity, decisions."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from assessments.domain.review import queries
from assessments.guideline.terms import HoldKind
from assessments.views.assessment.conformity import lines_of
from assessments.views.review.case import ReviewCase
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn
from assessments.views.wording import rule_cards


@require_safe
def whole_case(request: SignedIn, reference: str) -> HttpResponse:
    """Show everything of a case but what reviewers note for themselves."""
    case = ReviewCase(request.user, reference)
    if not case.may_open:
        return to_declare(request, case.submission)
    content, edition = case.content, case.edition
    case.add_evidence([row for group in case.pages.groups for row in group.rows])
    deciding, others = rule_cards(edition, content)
    return render(
        request,
        "assessments/review/whole_case.html",
        {
            "case": case,
            "submission": case.submission,
            "use": content["use"],
            "system": content["system"],
            "organisation": content["organisation"],
            "parts": [edition.terms[f"stakeholders.{part}"] for part in content["system"]["parts"]],
            "tier": content["tier"],
            "rules": [*deciding, *others],
            "file": lines_of(edition, content, {}) if content.get("conformity") else [],
            "holds": [
                (
                    hold,
                    edition.facts[hold.fact].label if hold.fact in edition.facts else hold.fact,
                    edition.holds[HoldKind(hold.kind)],
                )
                for hold in queries.holds_on(case.use)
            ],
            "rounds": queries.rounds_of(case.user, case.assessment),
            "printed_at": timezone.localtime(),
        },
    )
