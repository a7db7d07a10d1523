"""The uses of the home page: each with the steps of its assessment, and which of them is reached."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.guideline.terms import Tier
from assessments.models import Assessment, DeclaredUse, State
from assessments.views.home.days import lasting


@dataclass
class UseRow:
    use: DeclaredUse
    assessment: Assessment | None
    parts: str
    steps: list[tuple[str, str]]
    said: str  # in bold
    more: str


def use_row(use: DeclaredUse) -> UseRow:
    assessment = next(iter(getattr(use, "newest_first", [])), None)
    names = (
        (use.system.is_developer, _("Technology Developer")),
        (use.system.is_provider, _("Service Provider")),
        (use.system.is_user, _("Service User")),
    )
    parts = ", ".join(name for has, name in names if has)
    said, more = stand_of(assessment) if assessment else ("", "")
    return UseRow(use, assessment, parts, steps_of(assessment) if assessment else [], said, more)


def steps_of(assessment: Assessment) -> list[tuple[str, str]]:
    """Return the steps of an assessment, each with whether it is reached, present or (empty) still to come.

    A Low one is signed by its owner alone, unless it was sent to a reviewer (`sent_to`, the route of its submission).
    """
    tier, state = assessment.use.assigned_tier, State(assessment.state)
    if state in (State.REFUSED, State.WITHDRAWN) or tier == Tier.UNACCEPTABLE:
        return []
    sent_to = getattr(assessment, "sent_to", "")
    alone = tier == Tier.LOW and (state == State.DRAFT or (state == State.CERTIFIED and not sent_to))
    words = (
        [_("Answer"), _("Sign"), _("Certificate")] if alone else [_("Answer"), _("Sign"), _("Review"), _("Certificate")]
    )
    at = {
        State.DRAFT: 1 if assessment.shown_state == "ready_to_sign" else 0,
        State.RETURNED: 0,
        State.SUBMITTED: 2,
        State.IN_REVIEW: 2,
    }.get(state, len(words) - 1)
    return [(word, "present" if n == at else "reached" if n < at else "") for n, word in enumerate(words)]


def stand_of(assessment: Assessment) -> tuple[str, str]:
    """Return the state of an assessment in two sentences; the first is shown bold."""
    state = State(assessment.state)
    if assessment.is_editable and assessment.use.prohibited_by_facts:
        return _("Prohibited use."), _("Correct the facts. If they are already correct, an owner has to sign them.")
    if state == State.DRAFT:
        said = _("Draft: %(n)s of %(m)s questions answered.") % {"n": assessment.answered, "m": assessment.applicable}
        return said, lasting(assessment.state_at)
    if state == State.SUBMITTED:
        return _("Submitted. No reviewer has taken the case yet."), lasting(assessment.state_at)
    if state == State.IN_REVIEW:
        return _("In review."), lasting(assessment.state_at)
    if state == State.RETURNED:
        return _("Returned to you because changes are needed."), lasting(assessment.state_at)
    if state == State.APPROVED:
        return _("Approved, but no certificate yet."), _(
            "We will issue the certificate when the actions that block it are closed."
        )
    on = _("Since %(day)s.") % {"day": date_format(timezone.localtime(assessment.state_at), "DATE_FORMAT")}
    return f"{assessment.get_state_display()}.", on
