"""Notes of reviewers on a case: private to their writer until shared with the other seat.

Nobody without a seat in the case reads one, the organisation never does, and no paper prints one. What was shared stays
as the other seat has read it. The notes go with the organisation, as all else of the case; until then they stay.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import finders, separation
from assessments.core import proof
from assessments.core.errors import Conflict, InvalidAnswer, Locked, NotPermitted
from assessments.domain.review.kept_texts import KEPT_DAYS
from assessments.models import Assessment, CaseNote, State, Submission, User
from assessments.notifications import links
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind

MOST_SIGNS = 4000
OPEN = (State.SUBMITTED, State.IN_REVIEW, State.RETURNED)
"""While a case is with reviewers or the organisation notes are written; afterwards they are only read."""


def may_write(assessment: Assessment) -> bool:
    return assessment.state in OPEN


def read_by(user: User, submission: Submission) -> list[CaseNote]:
    """Return the notes that `user` reads on the case: their own, and what was shared; oldest first, none without an open seat."""
    if not _sits(user, submission):
        return []
    rows = CaseNote.objects.filter(assessment=submission.assessment_id, deleted_at=None)
    rows = rows.filter(Q(author=user) | Q(shared_at__isnull=False))
    return list(rows.select_related("author").order_by("at", "pk"))


def deleted_by(user: User, submission: Submission) -> list[CaseNote]:
    """Return the notes on the case that `user` deleted and can bring back."""
    if not _sits(user, submission):
        return []
    rows = CaseNote.objects.filter(assessment=submission.assessment_id, author=user, deleted_at__isnull=False)
    return list(rows.order_by("-deleted_at", "pk"))


@proof.factor_asked
@transaction.atomic
def write(submission: Submission, text: str, *, by: User) -> CaseNote:
    """Write a note, private at first. Raises as `require_seat`; Locked once the case is closed, InvalidAnswer when empty."""
    _open(submission, by)
    return CaseNote.objects.create(assessment_id=submission.assessment_id, author=by, text=_checked(text))


@proof.factor_asked
@transaction.atomic
def change(submission: Submission, pk: int, text: str, *, by: User, base: int) -> CaseNote:
    """Change a note of one's own that nobody else has read. `base`: the revision that the page had shown.

    Raises as `write`; NotPermitted for a note of somebody else, Conflict where a newer revision stands.
    """
    note = _own_private(submission, pk, by)
    if note.revision != base:
        raise Conflict(
            _(
                "Copy your text, then open the note again. You changed the note in another window. Nothing was "
                "overwritten."
            ),
            note,
        )
    note.text, note.changed_at, note.revision = _checked(text), timezone.now(), note.revision + 1
    note.save()
    return note


@proof.factor_asked
@transaction.atomic
def share(submission: Submission, pk: int, *, by: User) -> CaseNote:
    """Show a note to the other seat, who is told. It can neither be changed nor deleted afterwards."""
    note = _own_private(submission, pk, by)
    note.shared_at = timezone.now()
    note.save(update_fields=["shared_at"])
    notify(
        MessageKind.CASE_NOTE,
        finders.seated_now(submission) - {by.pk},
        about=f"submission:{submission.reference}",
        link=links.case_notes(submission),
        context={"name": by, "use": submission.assessment.use.title},
    )
    return note


@proof.factor_asked
@transaction.atomic
def remove(submission: Submission, pk: int, *, by: User) -> None:
    """Delete a private note of one's own; it can be brought back."""
    note = _own_private(submission, pk, by)
    note.deleted_at = timezone.now()
    note.save(update_fields=["deleted_at"])


@proof.factor_asked
@transaction.atomic
def bring_back(submission: Submission, pk: int, *, by: User) -> None:
    """Take a deletion back. Idempotent."""
    note = _own(submission, pk, by)
    note.deleted_at = None
    note.save(update_fields=["deleted_at"])


def forget_deleted() -> int:
    """Delete for good what was deleted KEPT_DAYS ago; returns how many notes."""
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    count, _of = CaseNote.objects.filter(deleted_at__lt=before).delete()
    return count


def _sits(user: User, submission: Submission) -> bool:
    """Tell whether a person has a seat in the case as it stands now, and its gate is open to them."""
    current = finders.submissions_opened_to(user).filter(assessment=submission.assessment_id, seats__reviewer=user)
    return bool(current.filter(pk=F("assessment__current_submission")).exists())


def _open(submission: Submission, by: User) -> Assessment:
    assessment = Assessment.objects.lock(submission.assessment_id)
    current = assessment.current_submission or submission
    separation.require_seat(separation.Reviewer(by, current, assessment))
    if not may_write(assessment):
        raise Locked(_("This case is closed, so its notes cannot be changed. What you typed is still on this page."))
    return assessment


def _own(submission: Submission, pk: int, by: User) -> CaseNote:
    assessment = _open(submission, by)
    note = CaseNote.objects.select_for_update().filter(assessment=assessment, pk=pk).first()
    if note is None or note.author_id != by.pk:
        raise NotPermitted(_("You can change only your own notes."))
    return note


def _own_private(submission: Submission, pk: int, by: User) -> CaseNote:
    note = _own(submission, pk, by)
    if note.deleted_at is not None:
        raise InvalidAnswer("text", _("This note is deleted. Restore it first."))
    if note.shared_at is not None:
        raise InvalidAnswer("text", _("This note is shared, so it cannot be changed."))
    return note


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise InvalidAnswer("text", _("Write the note first."))
    if len(text) > MOST_SIGNS:
        raise InvalidAnswer("text", _("Shorten the note to at most %(n)s characters.") % {"n": MOST_SIGNS})
    return text
