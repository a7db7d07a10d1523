"""What of a submission comes first of all: the facts and questions behind the actions of the class *stop now*."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assessments.guideline.edition import Edition
from assessments.models.snapshots import declared_in
from assessments.scoring.order import INCIDENT, STOP


def facts_that_stop(edition: Edition, content: Mapping[str, Any]) -> set[str]:
    """Return the facts that open an action of the class *stop now*: an open incident or hold, what such a practice needs."""
    context = declared_in(content).context
    found = {INCIDENT} & {fact["key"] for fact in content["facts"] if fact["value"] is not False}
    for action in content["actions"]:
        if action.get("class") != STOP:
            continue
        question = edition.questions.get(action["question"])
        if question is None:  # an action without a question names its fact: "open-hold:..."
            found.add(action["question"].partition(":")[2])
        elif question.stop is not None:
            found.update(question.stop.satisfied(context, False))
    return found


def questions_that_stop(edition: Edition, content: Mapping[str, Any]) -> set[str]:
    """Return the questions of the class *stop now*, and with an open incident those that say whether its cause is stopped."""
    found = {action["question"] for action in content["actions"] if action.get("class") == STOP}
    if declared_in(content).facts.get(INCIDENT) is True:
        found |= {
            key
            for key, question in edition.questions.items()
            if question.stop is not None and any(test.fact == INCIDENT for test in question.stop.tests())
        }
    return found
