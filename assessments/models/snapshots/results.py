"""The results of a snapshot as plain values: scores, findings, actions, and musts that are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from assessments.guideline.edition import Edition
from assessments.guideline.terms import Choice, Dimension, LifecycleStage, Principle
from assessments.models.snapshots.source import Source
from assessments.scoring.findings import Finding
from assessments.scoring.inputs import AnswerValue, Declared, Situation
from assessments.scoring.order import draw_up
from assessments.scoring.readiness import Score, Scorecard
from assessments.scoring.remediation import ProposedAction, propose


def scorecard_values(card: Scorecard) -> dict[str, Any]:
    """Return the scores by dimension, principle, stage of the lifecycle and clause."""
    return {
        "dimensions": {str(key): _score(card.dimensions[key]) for key in Dimension},
        "principles": {str(key): _score(card.principles[key]) for key in Principle},
        "lifecycle": {str(key): _score(card.lifecycle[key]) for key in LifecycleStage},
        "clauses": {key: _score(score) for key, score in card.clauses.items()},
    }


def _score(score: Score) -> dict[str, Any]:
    """Return one score with the duties that it counts."""
    return {"value": score.value, "duties": score.duties, "answered": score.answered, "full": score.full}


def finding_values(finding: Finding) -> dict[str, Any]:
    """Return one finding."""
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


def action_values(source: Source, findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """Return the proposed actions in the order of the release: up to release 2 by class and lost weight."""
    edition = source.edition
    if edition.order is None:
        return [_action(action) for action in propose(edition, findings, source.declared.tier)]
    incident = next((row.reason for row in source.fact_rows if row.key == "incident_open"), "")
    open_holds = [hold.fact for hold in source.holds if hold.closed_at is None]
    situation = Situation(source.use.words, incident, open_holds, timezone.localdate())
    actions = draw_up(edition, source.declared, source.values, findings, result=source.result, situation=situation)
    return [_action(action) | _placed(action) for action in actions]


def _action(action: ProposedAction) -> dict[str, Any]:
    """Return what an action says in every release."""
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
    """Return what an action says from release 3 on: place, words, and when its first step and all of it are due."""
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


def must_counts(edition: Edition, declared: Declared, values: Mapping[str, AnswerValue]) -> dict[str, int]:
    """Count the musts that are in scope and asked, and those of them answered as not applicable."""
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
