"""The evidence of a snapshot: under each answer, and in the conformity file of a High use."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone

from assessments.guideline.edition import Edition
from assessments.guideline.terms import Tier
from assessments.models.assessments import Assessment
from assessments.models.conformity import ConformityEvidence
from assessments.models.evidence import Evidence, EvidenceUse, EvidenceVersion
from assessments.models.systems import DeclaredUse


def evidence_by_answer(assessment: Assessment) -> dict[int, list[dict[str, Any]]]:
    """Return the evidence of each answer in its newest version, by the id of the answer, without what was withdrawn."""
    uses = EvidenceUse.objects.filter(answer__assessment=assessment, evidence__withdrawn_at=None)
    uses = uses.select_related("evidence__owner").order_by("evidence__title", "pk")
    pieces = {use.evidence_id for use in uses}
    newest = EvidenceVersion.objects.filter(evidence__in=pieces).order_by("number")
    versions = {version.evidence_id: version for version in newest}
    found: dict[int, list[dict[str, Any]]] = {}
    for use in uses:
        found.setdefault(use.answer_id or 0, []).append(_piece(use, versions.get(use.evidence_id)))
    return found


def _piece(use: EvidenceUse, version: EvidenceVersion | None) -> dict[str, Any]:
    """Describe an evidence item under an answer; `version` is None for what is shown on request only."""
    return _described(use.evidence, version) | {"needs_a_look": use.needs_a_look}


def _described(piece: Evidence, version: EvidenceVersion | None) -> dict[str, Any]:
    """Describe an evidence item as a submission names it."""
    return {
        "reference": piece.reference,
        "title": piece.title,
        "proves": piece.proves,
        "period_from": piece.period_from,
        "period_to": piece.period_to,
        "expires_on": piece.expires_on,
        "owner": str(piece.owner),
        "confidentiality": str(piece.confidentiality),
        "on_request": version is None,
        "held_by": piece.held_by,
        "version": version.number if version else 0,
        "sha256": version.sha256 if version else "",
        "file_name": version.file_name if version else "",
        "link": version.link if version else "",
        "size": version.size if version else 0,
    }


def conformity_file(edition: Edition, use: DeclaredUse, tier: Tier) -> list[dict[str, Any]]:
    """Return the conformity file, part by part in the order of the edition; empty where the tier needs none."""
    asked = edition.gates.parts_for(tier)
    if not asked:
        return []
    parts = {part.key: part for part in use.conformity.select_related("by")}
    uses = ConformityEvidence.objects.filter(part__use=use, evidence__withdrawn_at=None)
    attached = list(uses.select_related("evidence__owner", "part").order_by("evidence__title", "pk"))
    newest = EvidenceVersion.objects.filter(evidence__in={one.evidence_id for one in attached}).order_by("number")
    versions = {version.evidence_id: version for version in newest}
    found = []
    for one in asked:
        part = parts.get(one.key)
        if part is None:
            continue
        pieces = [
            _described(item.evidence, versions.get(item.evidence_id))
            | {"given_on": _given_on(versions.get(item.evidence_id)), "why": item.why}
            for item in attached
            if item.part_id == part.pk
        ]
        found.append(
            {
                "part": one.key,
                "rows": part.rows,
                "words": part.words,
                "evidence": pieces,
                "revision": part.revision,
                "by": str(part.by),
                "at": part.at,
            }
        )
    return found


def _given_on(version: EvidenceVersion | None) -> date | None:
    """Return the day on which a version was uploaded, in Hong Kong."""
    return timezone.localdate(version.at) if version else None
