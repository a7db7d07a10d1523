"""Build the snapshot of an assessment from its rows.

A draft is shown and printed from a snapshot too, which is not stored; a submission stores it as canonical JSON. Nothing
hidden is in it: answers to questions that do not apply stay in their rows and leave no trace here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils import timezone

from assessments.guideline.edition import Edition, Question
from assessments.guideline.terms import Tier
from assessments.models.assessments import Answer, Assessment, State
from assessments.models.marks import combined_marks
from assessments.models.snapshots.asked import asked_facts
from assessments.models.snapshots.evidence import conformity_file, evidence_by_answer
from assessments.models.snapshots.results import action_values, finding_values, must_counts, scorecard_values
from assessments.models.snapshots.source import read_source
from assessments.models.snapshots.tier import fact_values, raised_values, tier_values
from assessments.models.systems import DeclaredFact, DeclaredUse, fact_words
from assessments.scoring import checks
from assessments.scoring.conditions import SELF_CERTIFICATION
from assessments.scoring.findings import Finding, find
from assessments.scoring.inputs import AnswerValue, Declared
from assessments.scoring.order import to_accept
from assessments.scoring.readiness import Count, Scorecard, progress, score_assessment


def build_snapshot(assessment: Assessment, *, final: bool) -> dict[str, Any]:
    """Return the assessment as plain values. `final`: an empty answer counts as not in place, as in a submission.

    Six queries: facts, holds, answers, evidence with its versions; three more for the conformity file of a High use.
    The caller has loaded the use with its system and organisation.
    """
    source = read_source(assessment)
    edition, use, declared, values = source.edition, source.use, source.declared, source.values
    shown = declared.questions(edition)
    asked = {question.key for question in shown}
    card, findings = _results(edition, declared, values, final=final)
    return {
        "edition": {"key": edition.key, "release": edition.release, "checksum": edition.checksum},
        **_named(use),
        "assessment": {"reference": assessment.reference},
        "facts": [fact_values(row) for row in _in_order(edition, source.fact_rows, declared)],
        "values": fact_words(source.facts),
        "tier": tier_values(edition, source.facts, source.result, source.holds)
        | {
            "assigned": str(declared.tier),
            "by_rules": str(source.result.assigned_tier),
            "raised": raised_values(use),
        },
        "flags": [
            {"key": flag.key, "as_of": flag.as_of}
            for flag in edition.flags
            if flag.when.holds(declared.context, unknown=False)
        ],
        "questions": [
            {"question": question.key, "items": [item.key for item in declared.items(edition, question)]}
            for question in shown
        ],
        "answers": {
            row.question.key: _answer(row) | {"evidence": source.evidence.get(row.pk, [])}
            for row in source.answer_rows
            if row.question.key in asked
        },
        "counts": _counts(progress(edition, declared, values).total, shown),
        "scorecard": scorecard_values(card),
        "findings": [finding_values(finding) for finding in findings],
        "actions": action_values(source, findings),
        "musts": must_counts(edition, declared, values),
        **({"to_accept": list(to_accept(declared, edition, values))} if edition.order else {}),
        "replies": _replies(assessment),
        "checks": _checks(edition, declared, source.answer_rows, source.evidence),
        "conformity": conformity_file(edition, use, declared.tier),
    }


def _named(use: DeclaredUse) -> dict[str, Any]:
    """Return the organisation, its AI system and the use, with the fields that are signed."""
    system, organisation = use.system, use.system.organisation
    return {
        "organisation": {
            "reference": organisation.reference,
            "name_en": organisation.name_en,
            "name_zh": organisation.name_zh,
            "registration_no": organisation.registration_no,
            "place": organisation.place,
        },
        "system": {
            "reference": system.reference,
            "name": system.name,
            "version": system.version,
            "suppliers": system.suppliers,
            "parts": [str(part) for part in system.parts],
        },
        "use": {
            "reference": use.reference,
            "title": use.title,
            "purpose": use.purpose,
            "setting": use.setting,
            "people_affected": use.people_affected,
            "people_word": use.people_word,
            "scope_en": use.scope_en,
            "scope_zh": use.scope_zh,
            "exclusions": use.exclusions,
        },
    }


def _counts(done: Count, shown: Iterable[Question]) -> dict[str, int]:
    """Return how many questions there are, and how they were answered."""
    return {
        "applicable": done.applicable,
        "answered": done.answered,
        "unknown": done.unknown,
        "not_applicable": done.not_applicable,
        "planned": done.planned,
        "sections": len({question.section for question in shown}),
    }


def before_signing(assessment: Assessment, declared: Declared, rows: Mapping[str, Answer]) -> dict[str, Any]:
    """Return the part of a snapshot that checks and gates read, for a page that has the answers (`rows`) already.

    Two queries, five for a High use.
    """
    edition, evidence = assessment.compiled(), evidence_by_answer(assessment)
    answers = [row for row in rows.values() if not row.to_confirm]
    return {
        "tier": {"assigned": str(declared.tier)},
        "questions": [{"question": question.key} for question in declared.questions(edition)],
        "answers": {row.question.key: {"evidence": evidence.get(row.pk, [])} for row in answers},
        "checks": _checks(edition, declared, answers, evidence),
        "conformity": conformity_file(edition, assessment.use, declared.tier),
    }


def results_before_signing(edition: Edition, declared: Declared, rows: Mapping[str, Answer]) -> dict[str, Any]:
    """Return the results that a signature would freeze now, for a page that has the answers (`rows`) already. No query."""
    values = {key: row.value() for key, row in rows.items() if not row.to_confirm}
    card, findings = _results(edition, declared, values, final=True)
    return {
        "tier": {"assigned": str(declared.tier)},
        "scorecard": scorecard_values(card),
        "findings": [finding_values(finding) for finding in findings],
    }


def _results(
    edition: Edition, declared: Declared, values: Mapping[str, AnswerValue], *, final: bool
) -> tuple[Scorecard, tuple[Finding, ...]]:
    """Return the scorecard and the findings; a signature for a Low use is itself the self-certification that is asked."""
    met = frozenset({SELF_CERTIFICATION}) if final and declared.tier == Tier.LOW else frozenset()
    return (
        score_assessment(edition, declared, values, final=final, met=met),
        find(edition, declared, values, final=final, met=met),
    )


def conformity_snapshot(assessment: Assessment, declared: Declared) -> dict[str, Any]:
    """Return the conformity file and the tier that asks for it. Three queries, none where the tier asks for no file."""
    file = conformity_file(assessment.compiled(), assessment.use, declared.tier)
    return {"tier": {"assigned": str(declared.tier)}, "conformity": file}


def _checks(
    edition: Edition, declared: Declared, answers: Sequence[Answer], evidence: Mapping[int, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Return what the checks of the edition find today; none in an edition without checks."""
    seen = {
        row.question.key: checks.AnswerSeen(
            value=row.value(),
            note=row.text,
            note_is_taken=getattr(row, "note_is_taken", False),  # of rows that were asked with `NOTE_IS_TAKEN`
            evidence=tuple(
                checks.SeenEvidence(piece["expires_on"], piece["period_to"]) for piece in evidence.get(row.pk, ())
            ),
        )
        for row in answers
    }
    return [
        {
            "check": found.check,
            "severity": str(found.severity),
            "questions": list(found.questions),
            "facts": list(found.facts),
        }
        for found in checks.run(edition, declared, seen, today=timezone.localdate())
    ]


def _in_order(edition: Edition, rows: list[DeclaredFact], declared: Declared) -> list[DeclaredFact]:
    """Return the facts that are asked, in the order of the edition."""
    by_key = {row.key: row for row in rows}
    return [by_key[key] for key in asked_facts(edition, declared) if key in by_key]


def _answer(row: Answer) -> dict[str, Any]:
    """Return an answer with who gave it, and when."""
    return {**row.record(), "revision": row.revision, "by": str(row.by), "at": row.at}


def _replies(assessment: Assessment) -> list[dict[str, Any]]:
    """Return the replies to what a reviewer asked for, beside what was asked; none unless it is returned now."""
    submission = assessment.current_submission
    if assessment.state != State.RETURNED or submission is None:
        return []
    asked = combined_marks(submission)
    return [
        {
            "target": reply.target,
            "words": reply.words,
            "by": str(reply.by),
            "at": reply.at,
            "reason": str(asked[reply.target].reason),
            "asked": asked[reply.target].words,
            "would_satisfy": asked[reply.target].would_satisfy,
        }
        for reply in submission.replies.exclude(words="").select_related("by").order_by("target")
        if reply.target in asked
    ]
