"""Both looks at a case beside each other: the differences, what the reviewers write about them, and a grave one."""

from __future__ import annotations

from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import finders
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, NotPermitted, WorkflowError
from assessments.domain.review import leads, second_look
from assessments.models import (
    MarkKind,
    Membership,
    ReviewMark,
    Role,
    SecondLook,
    SecondLookMark,
    SecondLookWords,
    User,
)
from assessments.models.marks import STRICT, combined_marks
from assessments.notifications import links
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind

SAME, STRICTER, MILDER = "same", "stricter", "milder"


class Pair(NamedTuple):
    """A fact or answer with both marks. `kind`: whether the second mark is the same, stricter or milder than the first."""

    target: str
    first: ReviewMark | None  # None: the case was decided without a mark on it
    second: SecondLookMark
    kind: str


def kind_of(first: str, second: str) -> str:
    """Tell whether the second mark is the SAME, STRICTER or MILDER."""
    a, b = STRICT.index(MarkKind(first)), STRICT.index(MarkKind(second))
    return SAME if a == b else STRICTER if b > a else MILDER


def compare(look: SecondLook, *, by: User) -> list[Pair]:
    """Return both marks on each fact and answer. Raises NotPermitted before the look is given, and for everybody else."""
    if not second_look.may_compare(look, by):
        raise NotPermitted(_("The first reviewer’s marks are shown after the second look is submitted."))
    first = combined_marks(look.submission)
    pairs = []
    for row in look.marks.order_by("pk"):
        mark = first.get(row.target)
        pairs.append(Pair(row.target, mark, row, kind_of(mark.mark, row.mark) if mark else ""))
    return pairs


@proof.factor_asked
@transaction.atomic
def write(look: SecondLook, *, by: User, text: str) -> SecondLookWords:
    """Write to the other reviewer about the differences. Raises NotPermitted, InvalidAnswer without words."""
    look = second_look.lock(look)
    _require_comparing(look, by)
    if not text.strip():
        raise InvalidAnswer("text", _("Write your message."))
    words: SecondLookWords = SecondLookWords.objects.create(look=look, author=by, text=text.strip()[:4000])
    told = (finders.seated_now(look.submission) | {look.reviewer_id or 0}) - {by.pk, 0}
    second_look.notify_about(look, told, name=by, words=words.text)
    second_look.record(AuditKind.SECOND_LOOK_WRITTEN, look, by)
    return words


def _require_comparing(look: SecondLook, by: User) -> None:
    if not second_look.may_compare(look, by):
        raise NotPermitted(
            _(
                "Only the reviewers of the case, the colleague who carried out the second look and the leads of "
                "the reviewing body can write here. They can write only after the second look is submitted."
            )
        )


@proof.factor_asked
@transaction.atomic
def report(look: SecondLook, *, by: User, words: str) -> SecondLook:
    """Tell those who lead the body of a grave difference. It changes nothing by itself: they may suspend the certificate.

    Within an organisation its other reviewers are told. Raises NotPermitted, InvalidAnswer without words.
    """
    look = second_look.lock(look)
    _require_comparing(look, by)
    if look.reported_at is not None:
        raise WorkflowError(_("This difference has already been reported."))
    if not words.strip():
        raise InvalidAnswer("words", _("Say how the two reviews differ, and what this means for the certificate."))
    look.reported_at, look.reported_by, look.reported_words = timezone.now(), by, words.strip()[:4000]
    look.save(update_fields=["reported_at", "reported_by", "reported_words"])
    certificate = second_look.certificate_of(look)
    link = links.second_look(look.submission)
    context = {"name": by, "use": look.submission.assessment.use.title, "words": look.reported_words}
    if certificate is not None:
        link = links.certificate_status(certificate.number)
        context["number"] = certificate.number
    people = {one.pk for one in hearers(look, by)}
    notify(MessageKind.SECOND_LOOK_REPORTED, people, about=f"second_look:{look.pk}", link=link, context=context)
    second_look.record(AuditKind.SECOND_LOOK_REPORTED, look, by)
    return look


def hearers(look: SecondLook, by: User) -> list[User]:
    """Return those who would hear of a grave difference that this person reports. Two queries.

    They are those who lead the body; where none is left beside the two reviewers, every other reviewer of the same
    body. Only where there is nobody else, those who lead and are reviewers of the case hear of it.
    """
    both = {by.pk, look.reviewer_id, *look.submission.seats.values_list("reviewer", flat=True)}
    if look.independent:
        rows = leads.reviewers_of_body()
        lead = [member.user for member in rows if member.leads]
    else:
        found = Membership.objects.current().filter(organisation=look.submission.organisation_id, role=Role.REVIEWER)
        rows = list(found.select_related("user").order_by("user__name", "pk"))
        lead = []
    people = [member.user for member in rows]
    beside = [one for one in lead if one.pk not in both] or [one for one in people if one.pk not in both]
    return beside or [one for one in (lead if look.independent else people) if one.pk != by.pk]
