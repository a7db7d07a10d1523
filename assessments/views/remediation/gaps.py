"""What falls short at the question of an action, what to do about it and what closes it, as last submitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from assessments.exchange.actions import Gap
from assessments.guideline.edition import Edition, Question
from assessments.guideline.terms import Choice
from assessments.models import RemediationAction, Submission, edition_for
from assessments.models.agreed import CLOSED_BY
from assessments.views.wording import choice_word, said_lines

# The answers at which nothing of a practice is in place: a checklist of which nothing is ticked among them.
NOTHING_IN_PLACE = (Choice.NOT_IN_PLACE, Choice.NONE, Choice.TICKED)


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
    words = words_of_gap(question, content) if question else ""
    return Gap(words, tuple(action.get("steps") or steps), tuple(action.get("closes") or closes))


def words_of_gap(question: Question, content: Mapping[str, Any]) -> str:
    """Say what is missing at a question, and no more than its answer says.

    The edition's words for a gap ("nobody keeps a list") are true only where nothing of the practice is in place. Where
    some points of a checklist are, the others are named; any other answer is quoted.
    """
    given = content["answers"].get(question.key)
    items = given["items"] if given else {}
    ticked = [item for item, value in items.items() if value is True]
    if given and question.action.gap and not ticked and given["choice"] in NOTHING_IN_PLACE:
        return question.action.gap[:1].upper() + question.action.gap[1:]
    missing = {finding["item"] for finding in content["findings"] if finding["question"] == question.key}
    lines = [item.text.rstrip(".") for item in question.items if item.key in missing]
    if ticked and lines:
        return _("Not in place yet: %(points)s") % {"points": "; ".join(lines)}
    return " ".join(filter(None, (question.text, choice_word(given["choice"]) if given else "")))


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


def gap_of(
    found: RemediationAction, question: Question | None, content: dict[str, Any] | None, edition: Edition
) -> dict[str, Any]:
    """Return what was answered, which duties are not met, and the steps that close the gap."""
    given = content["answers"].get(found.question) if content else None
    proposed: dict[str, Any] = (
        next((a for a in content["actions"] if a["question"] == found.question), {}) if content else {}
    )
    _steps, closes = remedies_at(question, found.question, content)
    originals = edition_steps(found, question, content)
    duties = [edition.requirements[id] for id in found.requirements if id in edition.requirements]
    # Where the plan says why the action applies here, it says what is missing too.
    words = words_of_gap(question, content) if question and content and not found.why_here else ""
    if found.asked and given and not proposed:  # nothing falls short: a reviewer asked for more on accepting the answer
        words, originals = _("The reviewer accepted the answer, but asked for this action as well. See below."), []
        closes = (str(CLOSED_BY),)
    return {
        "question": question.text if question else "",
        "word": choice_word(given["choice"]) if given else "",
        "lines": said_lines(question, given["items"]) if question and given else [],
        "text": given["text"] if given else "",
        "duties": [(duty.statement, duty.clause, edition.cited(duty.clause), str(duty.strength)) for duty in duties],
        "words": words,
        "steps": found.own_steps or originals,
        "originals": originals if found.own_steps and not found.is_own else [],
        "closes": list(proposed.get("closes") or closes),
    }
