"""How the fact that an action asks to find out is changed now: on its page, or first through recall, review or change."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.guideline.edition import Edition
from assessments.models import Assessment, RemediationAction, State
from assessments.scoring.order import OPEN_FACT


@dataclass(frozen=True, slots=True)
class WayToFact:
    """Where the fact is answered, or what has to happen first. `url` is empty where the reader cannot do the step."""

    words: str
    label: str
    url: str


def way_to_fact(
    action: RemediationAction, assessment: Assessment | None, edition: Edition, *, signs: bool
) -> WayToFact | None:
    """Return the way to the fact of an action that asks to find one out; None for every other action. No query.

    `assessment`: the newest one that was submitted; `signs`: the reader may sign for the organisation.
    """
    kind, _colon, key = action.question.partition(":")
    if kind != OPEN_FACT or key not in edition.facts:
        return None
    state = assessment.state if assessment else State.DRAFT
    place = [assessment.reference] if assessment else []
    if state == State.SUBMITTED:
        words = _(
            "The facts are locked, because the assessment was signed. Until a reviewer takes the case, an owner can "
            "recall the submission. Then you can change the fact."
        )
        return WayToFact(words, _("Recall the submission"), reverse("recall", args=place) if signs else "")
    if state == State.IN_REVIEW:
        words = _(
            "The facts are locked while a reviewer decides. Send the answer to the reviewer in a message. You "
            "can change the fact if the reviewer asks you to."
        )
        return WayToFact(words, _("Write to the reviewer"), reverse("case", args=place))
    if state == State.APPROVED:
        words = _(
            "The facts are locked, because the assessment was approved. An owner can report the change. The "
            "report ends the approval and opens a new assessment, in which you can change the fact."
        )
        return WayToFact(words, _("Report a change"), reverse("what_changed", args=place) if signs else "")
    words = _("You can change the fact now.")
    if state == State.RETURNED:
        words = _(
            "If the reviewer asked you to change the fact, you can change it now. Otherwise, you can change it "
            "after the decision."
        )
    elif state == State.CERTIFIED:
        words = _("You can change the fact now. An owner is then asked to describe what has changed.")
    page = reverse("facts", args=[action.use.reference, edition.facts[key].group])
    return WayToFact(words, _("Go to the fact"), f"{page}#fact-{key}")
