"""Messages between the reviewers of a case and its applicant."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import finders, roles, separation
from assessments.access.roles import Action
from assessments.core.errors import InvalidAnswer, Locked, NotPermitted
from assessments.models import Assessment, CaseMessage, Membership, Sees, State, Submission, User
from assessments.notifications import links
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import owners_of

TALKING = (State.IN_REVIEW, State.RETURNED)
SAME_AGAIN = timedelta(minutes=1)
"""Within it the same words of the same person are one message that was sent twice."""


# --- messages with the applicant -----------------------------------------------------------------------------------------


def why_no_message(assessment: Assessment, submission: Submission) -> str:
    """Say why nothing can be written to the other side now; empty when it can."""
    if assessment.current_submission_id == submission.pk and assessment.state in TALKING:
        return ""
    if assessment.state in (State.DRAFT, State.SUBMITTED):
        return _(
            "No reviewer is assigned to the case at the moment. You can write messages once a reviewer has taken the"
            " case."
        )
    return _("The case has been decided, so you cannot write here any more. All messages are kept.")


def side_of(user: User, assessment: Assessment, submission: Submission) -> str:
    """Tell for whom `user` may write: "reviewer" with a seat, "member" who sees the whole assessment, "" for neither."""
    sits = submission.seats.filter(reviewer=user, to_declare=False).exists()
    if sits and finders.submissions_for(user).filter(pk=submission.pk).exists():
        return "" if separation.has_conflict(user, assessment) else "reviewer"
    member = roles.membership_in(user, assessment.organisation_id)
    writes = member is not None and member.role in roles.MAY[Action.ANSWER] and member.sees == Sees.ALL
    return "member" if writes else ""


@transaction.atomic
def say(submission: Submission, text: str, *, by: User) -> CaseMessage:
    """Write to the other side without returning anything; they are told by inbox and mail.

    Raises NotPermitted for whoever has neither a seat nor a full view, Locked when nobody has the case or it is decided.
    """
    assessment = Assessment.objects.lock(submission.assessment_id)
    side = side_of(by, assessment, submission)
    if not side:
        raise NotPermitted(
            _(
                "Only the reviewers of this case, owners, and contributors with access to the whole assessment can"
                " write here."
            )
        )
    if why := why_no_message(assessment, submission):
        raise Locked(why)
    if not text.strip():
        raise InvalidAnswer("text", _("Write your message."))
    thread = CaseMessage.objects.filter(submission__assessment=assessment)
    newest = thread.order_by("-pk").first()
    if newest and (newest.author_id, newest.text) == (by.pk, text) and timezone.now() - newest.at < SAME_AGAIN:
        return newest
    said = CaseMessage.objects.create(submission=submission, author=by, from_reviewer=side == "reviewer", text=text)
    if side == "reviewer":
        wrote = thread.filter(from_reviewer=False).values("author")
        members = Membership.objects.current().filter(organisation=assessment.organisation_id, user__in=wrote)
        still = members.filter(role__in=roles.WORKING_ROLES)
        told = {*owners_of(assessment.organisation_id), *still.values_list("user", flat=True)}
        link = links.case(assessment)
    else:
        told = finders.seated_now(submission)
        link = links.review_messages(submission)
    notify(
        MessageKind.CASE_MESSAGE,
        told - {by.pk},
        about=f"case_message:{said.pk}",
        link=f"{link}#message-{said.pk}",
        context={"name": by, "use": assessment.use.title, "words": text},
    )
    return said
