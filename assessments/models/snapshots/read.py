"""Read a snapshot: its use and answers as scoring sees them, its evidence, and what changed between two rounds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from assessments.guideline.terms import Stakeholder, Tier
from assessments.models.assessments import answer_value
from assessments.scoring.inputs import AnswerValue, Declared


def declared_in(content: Mapping[str, Any]) -> Declared:
    """Read the use of a snapshot as scoring sees it."""
    facts = {key: tuple(value) if isinstance(value, list) else value for key, value in content["values"].items()}
    parts = tuple(Stakeholder(part) for part in content["system"]["parts"])
    return Declared(facts=facts, parts=parts, tier=Tier(content["tier"]["assigned"]))


def answers_in(content: Mapping[str, Any]) -> dict[str, AnswerValue]:
    """Read the answers of a snapshot as scoring sees them."""
    return {key: value_of(given) for key, given in content["answers"].items()}


def value_of(given: Mapping[str, Any]) -> AnswerValue:
    """Read one answer of a snapshot as scoring sees it. In a stored snapshot its day is text."""
    day = given["planned_for"]
    planned_for = date.fromisoformat(day) if day and isinstance(day, str) else day or None
    return answer_value(given["choice"], given["items"], planned_for, given["reason"], given.get("figure"))


def pieces_of(answer: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the evidence that an answer of a snapshot names; none in submissions older than the library."""
    return list((answer or {}).get("evidence", ()))


def evidence_of(answer: Mapping[str, Any] | None) -> list[tuple[str, int]]:
    """Return reference and version of the evidence that an answer of a snapshot names, to compare two rounds."""
    return sorted((piece["reference"], piece["version"]) for piece in pieces_of(answer))


def changed_targets(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """Return the targets (`f:`, `q:`) whose content differs between two rounds, new ones included."""

    def said(fact: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return what is compared of a fact: with who agreed to it, since that changes what the answer counts for."""
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
