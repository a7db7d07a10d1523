"""What there is to judge in a submission, and what of it may be accepted together with others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import UNKNOWN, CheckKind, Choice, Severity, Strength
from assessments.models.snapshots import declared_in
from assessments.models.urgent import facts_that_stop, questions_that_stop


def review_targets(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a reviewer judges in a submission: each fact, then each answer."""
    return (
        *(f"f:{fact['key']}" for fact in content["facts"]),
        *(f"q:{shown['question']}" for shown in content["questions"]),
    )


def decisive_targets(edition: CompiledEdition, content: Mapping[str, Any]) -> frozenset[str]:
    """Return the facts and answers on which tier and certificate rest: none of them is ever accepted without a look of its own.

    Facts on prohibited uses, those behind a rule that fired, and those that open an action of the class *stop now*;
    questions about Table 1, an overlay, prohibited uses or a must, and those of that class. Our judgement: which these
    are.
    """
    declared = declared_in(content)
    blocking = edition.blocking_requirements(declared.context, declared.tier)
    behind = {key for rule in content["tier"]["rules"] for key in rule["facts"]}
    behind |= facts_that_stop(edition, content)
    facts = {
        f"f:{fact['key']}"
        for fact in content["facts"]
        if fact["key"] in behind or (fact["key"] in edition.facts and edition.facts[fact["key"]].prohibited_use)
    }
    questions = set()
    for shown in content["questions"]:
        for id in edition.questions[shown["question"]].requirements:
            requirement = edition.requirements[id]
            if id in blocking or (requirement.strength == Strength.MUST and declared.in_scope(requirement)):
                questions.add(f"q:{shown['question']}")
                break
    stopping = questions_that_stop(edition, content)
    questions |= {f"q:{shown['question']}" for shown in content["questions"] if shown["question"] in stopping}
    return frozenset(facts | questions)


def replies_in(content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what the organisation replied to the round before, by target; none in submissions older than replies."""
    return {reply["target"]: reply for reply in content.get("replies", ())}


def left_to_accept(
    edition: CompiledEdition, content: Mapping[str, Any], marked: Collection[str], alone: Collection[str]
) -> tuple[str, ...]:
    """Return the targets that may be accepted in one action: unmarked, fully in place or known, and nothing to read about them.

    `alone`: what the seat judges one by one all the same (its own set, and what differs from the round before). What is
    decisive, a must, contradicted by a check, not fully in place or replied to is never among them (our judgement).
    """
    own_look = (
        decisive_targets(edition, content) | set(alone) | set(replies_in(content)) | set(flags_of(edition, content))
    )
    return tuple(
        target
        for target in review_targets(content)
        if target not in own_look and target not in marked and is_fully_in_place(content, target)
    )


def flags_of(edition: CompiledEdition, content: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what the checks of the submission say of each fact and answer that is at odds with another, or past its date."""
    found: dict[str, list[str]] = {}
    for one in content.get("checks", ()):
        check = edition.check_of[one["check"]]
        if check.kind in (CheckKind.CONTRADICTION, CheckKind.WORDS) or one["severity"] == Severity.MEND:
            for target in (*(f"f:{key}" for key in one["facts"]), *(f"q:{key}" for key in one["questions"])):
                found.setdefault(target, []).append(check.label)
    return found


def is_fully_in_place(content: Mapping[str, Any], target: str) -> bool:
    """Tell whether an answer says *in place* without exception, every shown line of a checklist ticked; a fact, known."""
    key = target[2:]
    if target.startswith("f:"):
        return any(fact["key"] == key and fact["value"] != UNKNOWN for fact in content["facts"])
    answer = content["answers"].get(key)
    if answer is None:
        return False
    if answer["choice"] == Choice.TICKED:
        shown = next((one["items"] for one in content["questions"] if one["question"] == key), ())
        return bool(shown) and all(answer["items"].get(item) is True for item in shown)
    return bool(answer["choice"] == Choice.IN_PLACE)
