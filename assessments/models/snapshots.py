"""The picture of an assessment: everything that is signed, printed and reviewed, as plain values.

`build_snapshot` draws it from the living rows (a draft's plan is printed from it too); a submission keeps it as canonical JSON.
Nothing hidden is in it: answers to questions that do not apply stay in their rows and leave no trace here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from assessments.guideline.edition import Edition
from assessments.guideline.reach import facts_read, is_shown
from assessments.guideline.terms import Choice, Dimension, HoldKind, LifecycleStage, Principle, Stakeholder, Tier
from assessments.models.assessments import NOTE_IS_TAKEN, Answer, Assessment, State, answer_value
from assessments.models.conformity import ConformityEvidence
from assessments.models.evidence import Evidence, EvidenceUse, EvidenceVersion
from assessments.models.holds import Hold
from assessments.models.marks import combined_marks
from assessments.models.systems import DeclaredFact, DeclaredUse, declared_facts, fact_words
from assessments.scoring import checks
from assessments.scoring.findings import Finding, find
from assessments.scoring.held import assign_held_tier, counted_facts
from assessments.scoring.inputs import AnswerValue, Declared
from assessments.scoring.order import draw_up, to_accept
from assessments.scoring.readiness import Score, progress, score_assessment
from assessments.scoring.remediation import ProposedAction, propose
from assessments.scoring.tiers import TierResult, counterfactuals

SELF_CERTIFICATION = "T1-LOW-01"  # met by the signed statement itself (DESIGN section 4)


def scoping_facts(edition: Edition, declared: Declared) -> tuple[str, ...]:
    """The scoping facts that the questions of the system's parts need, in the edition's order."""
    if edition.order is not None:
        reached = facts_read(edition, declared.parts)
        return tuple(key for key, fact in edition.facts.items() if fact.kind == "scoping" and key in reached)
    read = {
        test.fact
        for question in edition.questions.values()
        if set(question.stakeholders) & set(declared.parts)
        for test in question.when.tests()
    }
    read |= {
        test.fact
        for question in edition.questions.values()
        if set(question.stakeholders) & set(declared.parts)
        for item in question.items
        for id in item.requirements
        if edition.requirements[id].roles & set(declared.parts)
        for test in edition.requirements[id].scope.tests()
    }
    return tuple(key for key, fact in edition.facts.items() if fact.kind == "scoping" and key in read)


def fact_vocabulary(edition: Edition, declared: Declared) -> tuple[str, ...]:
    """Return the facts that may be asked of this use: of tiers, of the profile, and the scoping facts that it needs."""
    scoping = set(scoping_facts(edition, declared))
    return tuple(key for key, fact in edition.facts.items() if fact.kind != "scoping" or key in scoping)


def asked_facts(edition: Edition, declared: Declared) -> tuple[str, ...]:
    """Return the facts that are asked of this use, without those that its other answers make needless."""
    shown = fact_vocabulary(edition, declared)
    return tuple(key for key in shown if is_shown(edition.facts[key], declared.facts))


def build_snapshot(assessment: Assessment, *, final: bool) -> dict[str, Any]:
    """Draw the assessment as plain values; `final`: an empty answer counts as not in place, as in a submission.

    Six queries: facts, holds, answers, evidence with its versions; three more for the conformity file of a High use.
    The use and above it are the caller's rows.
    """
    edition = assessment.compiled()
    use, system, organisation = assessment.use, assessment.use.system, assessment.use.system.organisation
    rows = list(use.fact_rows().select_related("by", "agreed_by", "signed_worst__by"))
    holds = list(use.holds.order_by("pk"))
    facts = declared_facts(edition, rows)
    held = [hold.fact for hold in holds if hold.closed_at is None and hold.kind == HoldKind.OPEN_QUESTION]
    result, counted = assign_held_tier(edition, facts, held), counted_facts(edition, facts, held)
    tier = use.tier_over(result.assigned_tier)
    answers = list(
        assessment.answers.filter(to_confirm=False)
        .annotate(note_is_taken=NOTE_IS_TAKEN)
        .select_related("question", "by")
    )
    values: dict[str, AnswerValue] = {row.question.key: row.value() for row in answers}
    declared = Declared(facts=facts, parts=system.parts, tier=tier).knowing(edition, values)
    evidence = _evidence(assessment)
    met = frozenset({SELF_CERTIFICATION}) if final and tier == Tier.LOW else frozenset()
    shown = declared.questions(edition)
    card = score_assessment(edition, declared, values, final=final, met=met)
    findings = find(edition, declared, values, final=final, met=met)
    done = progress(edition, declared, values).total
    return {
        "edition": {"key": edition.key, "release": edition.release, "checksum": edition.checksum},
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
        "assessment": {"reference": assessment.reference},
        "facts": [_fact(row) for row in _in_order(edition, rows, declared)],
        "values": fact_words(facts),
        "tier": _tier(edition, counted, result, holds)
        | {"assigned": str(tier), "by_rules": str(result.assigned_tier), "raised": _raised(use)},
        "flags": [
            {"key": flag.key, "as_of": flag.as_of}
            for flag in edition.flags
            if flag.when.holds(declared.context, unknown=False)
        ],
        "questions": [
            {
                "question": question.key,
                "items": [item.key for item in declared.items(edition, question)],
            }
            for question in shown
        ],
        "answers": {
            row.question.key: _answer(row) | {"evidence": evidence.get(row.pk, [])}
            for row in answers
            if row.question.key in {q.key for q in shown}
        },
        "counts": {
            "applicable": done.applicable,
            "answered": done.answered,
            "unknown": done.unknown,
            "not_applicable": done.not_applicable,
            "planned": done.planned,
            "sections": len({question.section for question in shown}),
        },
        "scorecard": {
            "dimensions": {str(key): _score(card.dimensions[key]) for key in Dimension},
            "principles": {str(key): _score(card.principles[key]) for key in Principle},
            "lifecycle": {str(key): _score(card.lifecycle[key]) for key in LifecycleStage},
            "clauses": {key: _score(score) for key, score in card.clauses.items()},
        },
        "findings": [_finding(finding) for finding in findings],
        "actions": _actions(edition, use, declared, values, findings, result, rows, holds),
        "musts": _musts(edition, declared, values),
        **({"to_accept": list(to_accept(declared, edition, values))} if edition.order else {}),
        "replies": _replies(assessment),
        "checks": _checks(edition, declared, answers, evidence),
        "conformity": _conformity(edition, use, tier),
    }


def _actions(
    edition: Edition,
    use: DeclaredUse,
    declared: Declared,
    values: Mapping[str, AnswerValue],
    findings: tuple[Finding, ...],
    result: TierResult,
    rows: list[DeclaredFact],
    holds: list[Hold],
) -> list[dict[str, Any]]:
    """The proposed actions, in the order of the edition's release: up to release 2 by class and lost weight."""
    if edition.order is None:
        return [_action(action) for action in propose(edition, findings, declared.tier)]
    incident = next((row.reason for row in rows if row.key == "incident_open"), "")
    actions = draw_up(
        edition,
        declared,
        values,
        findings,
        result=result,
        words=use.words,
        incident=incident,
        holds=[hold.fact for hold in holds if hold.closed_at is None],
        today=timezone.localdate(),
    )
    return [_action(action) | _placed(action) for action in actions]


def before_signing(assessment: Assessment, declared: Declared, rows: Mapping[str, Answer]) -> dict[str, Any]:
    """The part of the picture that checks and gates look at, for a page that has read the answers (`rows`) already.

    Two queries, five for a High use.
    """
    edition, evidence = assessment.compiled(), _evidence(assessment)
    answers = [row for row in rows.values() if not row.to_confirm]
    return {
        "tier": {"assigned": str(declared.tier)},
        "questions": [{"question": question.key} for question in declared.questions(edition)],
        "answers": {row.question.key: {"evidence": evidence.get(row.pk, [])} for row in answers},
        "checks": _checks(edition, declared, answers, evidence),
        "conformity": _conformity(edition, assessment.use, declared.tier),
    }


def conformity_picture(assessment: Assessment, declared: Declared) -> dict[str, Any]:
    """The conformity file as it stands, and the tier that asks for it: three queries, none where it asks for no file."""
    file = _conformity(assessment.compiled(), assessment.use, declared.tier)
    return {"tier": {"assigned": str(declared.tier)}, "conformity": file}


def _checks(
    edition: Edition, declared: Declared, answers: Sequence[Answer], evidence: Mapping[int, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """What the edition's checks find today; none in an edition without checks."""
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


def _conformity(edition: Edition, use: DeclaredUse, tier: Tier) -> list[dict[str, Any]]:
    """The conformity file as it stands, part by part in the edition's order; empty where the tier needs none."""
    asked = edition.gates.parts_for(tier)
    if not asked:
        return []
    parts = {part.key: part for part in use.conformity.select_related("by")}
    uses = ConformityEvidence.objects.filter(part__use=use, evidence__withdrawn_at=None)
    leaning = list(uses.select_related("evidence__owner", "part").order_by("evidence__title", "pk"))
    newest = EvidenceVersion.objects.filter(evidence__in={one.evidence_id for one in leaning}).order_by("number")
    versions = {version.evidence_id: version for version in newest}
    found = []
    for one in asked:
        part = parts.get(one.key)
        if part is None:
            continue
        pieces = [
            _described(leans.evidence, versions.get(leans.evidence_id))
            | {"given_on": _given_on(versions.get(leans.evidence_id)), "why": leans.why}
            for leans in leaning
            if leans.part_id == part.pk
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
    return timezone.localdate(version.at) if version else None


def _in_order(edition: Edition, rows: list[DeclaredFact], declared: Declared) -> list[DeclaredFact]:
    by_key = {row.key: row for row in rows}
    return [by_key[key] for key in asked_facts(edition, declared) if key in by_key]


def _fact(row: DeclaredFact) -> dict[str, Any]:
    return {
        "key": row.key,
        "value": row.value,
        "reason": row.reason,
        "revision": row.revision,
        "by": str(row.by),
        "at": row.at,
        "agreed_by": str(row.agreed_by) if row.agreed_by else None,
        "agreed_reason": row.agreed_reason,
        "signed_worst": {"by": str(row.signed_worst.by), "at": row.signed_worst.at} if row.signed_worst else None,
    }


def _raised(use: DeclaredUse) -> dict[str, Any] | None:
    """What a reviewer raised the tier to, and why; None where no raise stands."""
    decision = use.raised_by
    if not use.raised_tier or decision is None:
        return None
    return {
        "tier": str(use.raised_tier),
        "reason": decision.statement,
        "by": decision.by_name,
        "independent": decision.independent,
        "at": decision.at,
    }


def _tier(edition: Edition, facts: Mapping[str, Any], result: TierResult, holds: list[Hold]) -> dict[str, Any]:
    changes = counterfactuals(edition, facts)
    return {
        "assigned": str(result.assigned_tier),
        "text": str(result.text_tier) if result.text_tier else None,
        "provisional": result.provisional,
        "waits_for": list(result.waits_for),
        "rules": [
            {
                "id": rule.id,
                "tier": str(rule.tier) if rule.tier else None,
                "basis": str(rule.basis),
                "clauses": list(rule.clauses),
                "facts": list(rule.facts),
            }
            for rule in result.rules
        ],
        "holds": [
            {
                "kind": hold.kind,
                "fact": hold.fact,
                "rule": hold.rule,
                "due": hold.due,
                "open": hold.closed_at is None,
                "answered": hold.closed_at is None and hold.answered_at is not None,
                "outcome": hold.outcome,
                "decision": hold.decision,
            }
            for hold in holds
        ],
        "lower": [_change(change) for change in changes.lower],
        "higher": [_change(change) for change in changes.higher],
        "together": list(changes.together),
    }


def _change(change: Any) -> dict[str, Any]:
    was = list(change.was) if isinstance(change.was, tuple) else change.was
    return {"fact": change.fact, "from": was, "to": change.to, "tier": str(change.tier)}


def _answer(row: Answer) -> dict[str, Any]:
    return {**row.record(), "revision": row.revision, "by": str(row.by), "at": row.at}


def _evidence(assessment: Assessment) -> dict[int, list[dict[str, Any]]]:
    """What each answer leans on, in its newest version, by the answer's id; pieces that were withdrawn count no more."""
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
    """One piece under an answer; `version` is None for what is shown on request only."""
    return _described(use.evidence, version) | {"needs_a_look": use.needs_a_look}


def _described(piece: Evidence, version: EvidenceVersion | None) -> dict[str, Any]:
    """One piece as a submission names it."""
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


def declared_in(content: Mapping[str, Any]) -> Declared:
    """Read the use of a picture as scoring sees it."""
    facts = {key: tuple(value) if isinstance(value, list) else value for key, value in content["values"].items()}
    parts = tuple(Stakeholder(part) for part in content["system"]["parts"])
    return Declared(facts=facts, parts=parts, tier=Tier(content["tier"]["assigned"]))


def answers_in(content: Mapping[str, Any]) -> dict[str, AnswerValue]:
    """Read the answers of a picture as scoring sees them."""
    return {key: value_of(given) for key, given in content["answers"].items()}


def value_of(given: Mapping[str, Any]) -> AnswerValue:
    """Read one answer of a picture as scoring sees it; its day is text where the picture comes from a submission."""
    day = given["planned_for"]
    planned_for = date.fromisoformat(day) if day and isinstance(day, str) else day or None
    return answer_value(given["choice"], given["items"], planned_for, given["reason"], given.get("figure"))


def pieces_of(answer: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The evidence that an answer of a picture names; none in submissions older than the library."""
    return list((answer or {}).get("evidence", ()))


def evidence_of(answer: Mapping[str, Any] | None) -> list[tuple[str, int]]:
    """Which pieces in which versions an answer of a picture leans on, to hold two rounds against each other."""
    return sorted((piece["reference"], piece["version"]) for piece in pieces_of(answer))


def _replies(assessment: Assessment) -> list[dict[str, Any]]:
    """What is said to what a reviewer returned, beside what had been asked; none unless it is returned now."""
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


def changed_targets(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """The targets (`f:`, `q:`) whose content differs between two rounds, new ones included."""

    def said(fact: Mapping[str, Any]) -> tuple[Any, ...]:
        """With who agreed to it, since the answer counts for something else by that."""
        return fact["value"], fact["reason"], fact.get("agreed_by"), fact.get("agreed_reason", "")

    facts = {fact["key"]: said(fact) for fact in before["facts"]}
    changed = {f"f:{fact['key']}" for fact in after["facts"] if facts.get(fact["key"]) != said(fact)}
    shown = {question["question"]: question["items"] for question in before["questions"]}
    for question in after["questions"]:
        key = question["question"]
        old, new = before["answers"].get(key), after["answers"].get(key)
        same = old and new and same_answer(old, new)
        if shown.get(key) != question["items"] or not same or evidence_of(old) != evidence_of(new):
            changed.add(f"q:{key}")
    return changed


def same_answer(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Tell whether two records of an answer say the same."""
    names = ("choice", "items", "text", "planned_for", "reason")
    return all(before[name] == after[name] for name in names) and (before.get("figure") or {}) == (
        after.get("figure") or {}
    )


def _score(score: Score) -> dict[str, Any]:
    return {"value": score.value, "duties": score.duties, "answered": score.answered, "full": score.full}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "requirement": finding.requirement,
        "question": finding.question,
        "item": finding.item,
        "kind": str(finding.kind),
        "half_credits": finding.half_credits,
        "strength": str(finding.strength),
        "weight": finding.weight,
        "blocking": finding.blocking,
        "class": finding.class_key,
    }


def _action(action: ProposedAction) -> dict[str, Any]:
    return {
        "question": action.question,
        "requirements": sorted({finding.requirement for finding in action.findings}),
        "title": action.title,
        "owner": action.owner,
        "effort": str(action.effort),
        "priority": action.priority,
        "lost_weight": action.lost_weight,
        "due_days": action.due_days,
    }


def _placed(action: ProposedAction) -> dict[str, Any]:
    """What an action says from release 3 on: its place, its words, and when its first step and all of it are due."""
    return {
        "rank": action.rank,
        "package": action.package,
        "class": action.placed,
        "why_here": action.why_here,
        "stopgap": action.stopgap,
        "full_days": action.full_days,
        "steps": list(action.steps),
        "closes": list(action.closes),
        "clauses": list(action.clauses),
        "why": action.why,
        "blocking": action.blocking,
        "whole_organisation": action.whole_organisation,
    }


def _musts(edition: Edition, declared: Declared, values: dict[str, AnswerValue]) -> dict[str, int]:
    """How many musts are in scope and asked, and how many of them stand as not applicable."""
    in_scope: set[str] = set()
    left_out: set[str] = set()
    for question in declared.questions(edition):
        answer = values.get(question.key)
        items = {item.key: item.requirements for item in declared.items(edition, question)}
        sources = items.items() if question.is_checklist else [(question.key, question.requirements)]
        for key, ids in sources:
            for id in ids:
                requirement = edition.requirements[id]
                if requirement.strength != "must" or not declared.in_scope(requirement):
                    continue
                in_scope.add(id)
                if answer and (answer.choice == Choice.NOT_APPLICABLE or key in answer.not_applicable_items):
                    left_out.add(id)
    return {"in_scope": len(in_scope), "not_applicable": len(left_out)}
