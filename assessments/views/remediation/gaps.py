"""What falls short at the question of an action, what to do about it and what closes it, as last submitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from assessments.exchange.actions import Gap
from assessments.guideline.edition import Edition, Question
from assessments.models import RemediationAction, Submission, edition_for
from assessments.views.wording import choice_word


def gaps_in(submissions: Iterable[Submission]) -> dict[tuple[int, str], Gap]:
    """Return the gaps of some submissions by use and question."""
    found: dict[tuple[int, str], Gap] = {}
    for submission in submissions:
        content, edition = submission.content(), edition_for(submission.edition_checksum)
        proposed = {action["question"]: action for action in content["actions"]}
        for key, action in proposed.items():
            found[submission.assessment.use_id, key] = gap_at(edition, key, content, action)
    return found


def gap_at(edition: Edition, key: str, content: Mapping[str, Any], action: Mapping[str, Any]) -> Gap:
    """Return the gap at one question; an action without a question says itself what to do."""
    question = edition.questions.get(key)
    steps, closes = remedies_at(question, key, content)
    given = content["answers"].get(key)
    words = question.action.gap or question.text if question else ""
    if given and question and not question.action.gap:
        words = f"{words} {choice_word(given['choice'])}"
    return Gap(
        words[:1].upper() + words[1:], tuple(action.get("steps") or steps), tuple(action.get("closes") or closes)
    )


def remedies_at(
    question: Question | None, key: str, content: Mapping[str, Any] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the first steps of the remedies at a question, and what closes them; of what falls short, where that is known."""
    if question is None:
        return (), ()
    findings = [finding for finding in content["findings"] if finding["question"] == key] if content else []
    items = {item.key: item.remedy for item in question.items}
    own = [question.remedy] if question.remedy else []
    remedies = own or [items[f["item"]] for f in findings if f["item"] in items] or list(items.values())
    steps = dict.fromkeys(remedy.first_step for remedy in remedies)
    return tuple(steps), tuple(dict.fromkeys(remedy.closes_it for remedy in remedies))


def edition_steps(action: RemediationAction, question: Question | None, content: Mapping[str, Any] | None) -> list[str]:
    """Return the steps of an action in the edition's words, the first step first; none for what somebody added."""
    proposed = content["actions"] if content else ()
    same = [one for one in proposed if one["question"] == action.question and not one.get("edited")]
    steps = (same[0].get("steps") if same else ()) or remedies_at(question, action.question, content)[0]
    return list(dict.fromkeys([*filter(None, [action.stopgap]), *steps]))
