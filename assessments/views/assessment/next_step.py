"""The next step of an assessment: in a list, as a link for a member, and as a sentence where nothing can be answered.

What reviewers do next is told by `views.review.next_step`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.guideline.terms import Tier
from assessments.models import Assessment, DeclaredUse, State
from assessments.models.going_on import after_refusal

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next in a state.

    `does`: what happens, whoever does it. `link`: what a member can open, on the page named `page`. `locked`: why
    nothing can be answered; empty while answers are taken.
    """

    does: Words
    link: Words
    page: str = "assessment"
    locked: Words = ""


_READ = gettext_lazy("See the assessment")
_ANSWER = gettext_lazy("Continue with the questions")
_SIGN = gettext_lazy("Check and sign")
_CORRECT = gettext_lazy("Make the requested changes")
_SENT = Step(
    gettext_lazy("A reviewer takes the case"),
    gettext_lazy("See the submission"),
    locked=gettext_lazy(
        "No reviewer has taken the case yet. Answers and facts are locked until a reviewer has made a decision."
    ),
)
STEPS: Mapping[str, Step] = {
    "draft": Step(_ANSWER, _ANSWER),
    "ready_to_sign": Step(_SIGN, _SIGN, "check"),
    "returned": Step(
        _CORRECT,
        _CORRECT,
        "returned",
        gettext_lazy(
            "You can change only the items that the reviewer marked “change needed”. Then an owner signs again."
        ),
    ),
    "submitted": _SENT,
    "resubmitted": _SENT,
    "in_review": Step(
        gettext_lazy("The reviewer decides"),
        gettext_lazy("See the answers under review"),
        locked=gettext_lazy(
            "A reviewer is judging each answer and fact. Answers and facts are locked until the reviewer has "
            "made a decision."
        ),
    ),
    "approved": Step(
        gettext_lazy("Close the actions that block the certificate"),
        gettext_lazy("See what blocks the certificate"),
        locked=gettext_lazy(
            "The use was approved with a plan. The certificate is issued automatically when the actions that "
            "block it are closed."
        ),
    ),
    "certified": Step(
        gettext_lazy("Keep your practices in place, and renew the certificate before it expires"),
        _READ,
        locked=gettext_lazy(
            "A reviewer has decided on this assessment, so the signed answers can no longer change. Open "
            "actions are in the list of actions."
        ),
    ),
    "refused": Step("", _READ),  # how it goes on depends on the use: `why_locked`
    "withdrawn": Step(
        "",
        _READ,
        locked=gettext_lazy(
            "The submission was withdrawn and cannot be restored. You can start a new assessment of the use."
        ),
    ),
    "superseded": Step("", _READ, locked=gettext_lazy("A newer assessment of this use has replaced this one.")),
}
"""By the state that people see (`Assessment.shown_state`)."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """What a member does next: a link whose label says what happens, or a form that starts the questions."""

    label: str
    url: str
    posts: bool = False


def next_step(use: DeclaredUse, assessment: Assessment | None, *, may_work: bool) -> NextStep:
    """Say what moves a use on, or where to read how it stands. It runs no query, so a list may ask it of every row.

    `may_work`: whether this member may declare facts and answer.
    """
    here = reverse("use", args=[use.reference])
    retired = use.retired_at or use.system.retired_at
    if not use.assigned_tier and (retired or not may_work):
        return NextStep(_("See the use"), here)
    if not use.assigned_tier:
        return NextStep(_("Declare the facts"), reverse("facts", args=[use.reference, "prohibited"]))
    if use.prohibited_by_facts and (assessment is None or assessment.is_editable):
        return why_prohibited(use)
    if assessment is None or assessment.state in (State.WITHDRAWN, State.REFUSED, State.SUPERSEDED):
        return NextStep(_("See the tier") if retired else _("See the tier, then start the questions"), here)
    return step_of(assessment, may_work=may_work)


def step_of(assessment: Assessment, *, may_work: bool) -> NextStep:
    """Return the step of an assessment; while it can be answered, who may not answer can only read it. No query."""
    step = STEPS[assessment.shown_state]
    if assessment.is_editable and not may_work:
        return to_read(assessment)
    return NextStep(str(step.link), reverse(step.page, args=[assessment.reference]))


def to_read(assessment: Assessment) -> NextStep:
    return NextStep(str(_READ), assessment.get_absolute_url())


def why_prohibited(use: DeclaredUse) -> NextStep:
    """Return the step of a prohibited use of which nothing is submitted."""
    return NextStep(_("See what the tier means"), reverse("prohibited", args=[use.reference]))


def does_next(state: str) -> str:
    """Say what comes next in a state that people see, whoever does it; empty where nothing does."""
    return str(STEPS[state].does) if state in STEPS else ""


def why_locked(assessment: Assessment) -> str:
    """Say in one sentence why nothing can be answered, and what has to happen first; empty in a draft."""
    if assessment.state == State.REFUSED:
        prohibited = bool(assessment.use.prohibited_by_facts) or assessment.use.raised_tier == Tier.UNACCEPTABLE
        return str(after_refusal(prohibited=prohibited).en)
    return str(STEPS[assessment.state].locked)
