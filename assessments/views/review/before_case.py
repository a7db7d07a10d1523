"""What came before a case: the changes that owners stated, the certificate before, and what differs from the last decision."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import pgettext, pgettext_lazy

from assessments.domain.review import queries
from assessments.models.certificates import status_after
from assessments.models.systems import TierChoices
from assessments.views.review.case import ReviewCase
from assessments.views.review.rows import JudgedRow

PARTS = {
    "note": pgettext_lazy("a changed part of an answer", "comment"),
    "reason": pgettext_lazy("a changed part of an answer", "reason"),
    "lines": pgettext_lazy("a changed part of an answer", "ticked lines"),
    "planned_for": pgettext_lazy("a changed part of an answer", "date"),
    "figure": pgettext_lazy("a changed part of an answer", "figure"),
}


def context_of(case: ReviewCase) -> dict[str, Any]:
    """Return what the case page says of it: nothing for the first assessment of a use."""
    if not case.assessment.follows_id:
        return {}
    certificate = _certificate(case)
    stated = queries.changes_before(case.assessment) if case.may_open else []
    labels = {kind.key: kind.label for kind in case.edition.policy.changes}
    return {
        "certificate_before": certificate,
        "stated": [(change, [labels.get(key, key) for key in change.kinds]) for change in stated],
        "follows": True,
    }


def _certificate(case: ReviewCase) -> dict[str, Any] | None:
    """Return the newest certificate of the use from a case before this one, with its status of today."""
    found: dict[str, Any] | None = case.former.certificate_before if case.former else None  # type: ignore[attr-defined]
    if found is None:
        return None
    ends = date.fromisoformat(found["expires_on"])
    return {
        "number": found["number"],
        "tier": TierChoices(found["tier"]).label,
        "issued": date.fromisoformat(found["issued_on"]),
        "ends": ends,
        "status": status_after(found["last_event"] or "", ends),
    }


def comparison_of(case: ReviewCase) -> dict[str, Any]:
    """Return the facts and answers that differ from the last decision, each then and now, in the order of the questionnaire."""
    carried = sum(mark.carried_from_id is not None for mark in case.marks.values())
    lines = [_line(case, case.rows[target]) for target in case.targets if target in case.changed]
    return {"case": case, "lines": lines, "carried": carried, "same": len(case.targets) - len(lines)}


def _line(case: ReviewCase, row: JudgedRow) -> dict[str, Any]:
    before, now = row.before, row.now
    also: list[Any] = [
        words for name, words in PARTS.items() if before and (before.get(name) or "") != (now.get(name) or "")
    ]
    if before and _pieces(before) != _pieces(now):
        also.append(pgettext("a changed part of an answer", "evidence"))
    return {
        "title": row.title,
        "url": case.pages.url_of(row.target),
        "then": before["word"] if before else "",
        "now": now["word"],
        "also": also,
    }


def _pieces(words: dict[str, Any]) -> list[tuple[str, int]]:
    return sorted((piece["reference"], piece["version"]) for piece in words.get("evidence", ()))
