"""Where an action stands once it is weighed: after what it needs, and once for each subject among the first. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from assessments.guideline.order import Subject
from assessments.scoring.findings import PROHIBITED, TABLE_1_OR_OVERLAY
from assessments.scoring.remediation import ProposedAction
from assessments.scoring.subjects import once_among_the_first

STOP = "stop"
NEEDED = "needed"
MOST, SOME, NONE = 0, 1, 2
"""How much of what set the tier a practice answers to."""
FIRST_ACTIONS = 10
STAGE, NOT_IN_USE = "deployment_stage", "research"


def is_in_use(facts: Mapping[str, object]) -> bool:
    """Tell whether the declared stage says that real people are served already; a pilot and an unknown stage count so.

    An action that stops or limits a use means another decision before the launch than after it.
    """
    return facts.get(STAGE) != NOT_IN_USE


@dataclass(frozen=True, slots=True)
class Candidate:
    """An action before it is ranked. `key` sorts."""

    action: ProposedAction
    key: tuple[int, ...]
    needs: tuple[str, ...] = ()
    needed_by: ProposedAction | None = None  # the action for which it has to be done first


def class_of(class_key: str) -> str:
    return "must" if class_key == PROHIBITED else class_key


def class_rank(class_key: str) -> int:
    return (TABLE_1_OR_OVERLAY, "must", "should", "consider").index(class_of(class_key))


def needed_first(ordered: Sequence[Candidate], missing: Collection[str]) -> list[Candidate]:
    """Put each missing prerequisite at the place of the most urgent action that needs it.

    What waits for a prerequisite that is missing altogether cannot begin, so what set the tier does not lift it: it is
    ordered by its class, after its prerequisites.
    """
    by_question = {one.action.question: one for one in ordered}
    places = {key: (one.key, 0) for key, one in by_question.items()}
    caller: dict[str, Candidate] = {}

    def lift(one: Candidate, place: tuple[int, ...], depth: int, seen: frozenset[str]) -> None:
        """Lift what `one` needs to its place, what that needs in turn before it."""
        for need in one.needs:
            if need not in missing or need in seen:
                continue
            if (place, depth - 1) < places[need]:
                places[need] = (place, depth - 1)
                caller[need] = one
            lift(by_question[need], place, depth - 1, seen | {need})

    for one in ordered:
        lift(one, one.key, 0, frozenset({one.action.question}))
        if one.action.placed != STOP and any(need in missing for need in one.needs):
            later = (*one.key[:2], NONE, *one.key[3:])
            if places[one.action.question][0] == one.key:
                places[one.action.question] = (later, 1)
    found = []
    for one in sorted(ordered, key=lambda one: places[one.action.question]):
        needed_by = caller.get(one.action.question)
        if needed_by is not None:
            placed = STOP if one.action.placed == STOP else NEEDED
            one = replace(one, action=replace(one.action, placed=placed), needed_by=needed_by.action)
        found.append(one)
    return found


def subjects_once(
    ranked: Sequence[Candidate], needs: Mapping[str, list[str]], subjects: Sequence[Subject]
) -> list[Candidate]:
    """Tell each subject once among the first. What stands for another takes over that it stops a harm."""
    found, stands = once_among_the_first(ranked, lambda one: one.action.question, subjects, needs, FIRST_ACTIONS)
    stops = {
        stands[one.action.question] for one in ranked if one.action.question in stands and one.action.placed == STOP
    }
    result = []
    for one in found:
        placed = one.action.placed
        if one.action.question in stops:
            placed = STOP
        elif one.action.question in stands and placed == STOP:
            placed = class_of(one.action.priority)
        result.append(replace(one, action=replace(one.action, placed=placed)))
    return result
