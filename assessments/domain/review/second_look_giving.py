"""Giving a second look: a reviewer takes it, marks what is asked of them, and gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.access import finders, separation
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, Locked, NotPermitted, NotReady, SeparationOfDuties, WorkflowError
from assessments.domain.answering import overseers
from assessments.domain.review import interests, opened, second_look, second_look_comparing
from assessments.domain.review.targets import decisive_targets, review_targets
from assessments.models import Interest, MarkKind, SecondLook, SecondLookMark, User, edition_for


@proof.factor_asked
@transaction.atomic
def take(look: SecondLook, *, by: User) -> SecondLook:
    """Take a look that is offered, having declared no conflict of interest (`decline` records one).

    Raises SeparationOfDuties, NotPermitted, WorkflowError where somebody was quicker.
    """
    look = second_look.lock(look)
    assessment = look.submission.assessment
    if not second_look.looks().filter(second_look.reach(by), pk=look.pk).exists():
        raise NotPermitted(_("You cannot carry out this second look. It is offered to other reviewers."))
    if separation.has_conflict(by, assessment):
        raise SeparationOfDuties(
            _("You have declared a conflict of interest, so somebody else has to carry out the second look.")
        )
    if by.pk in separation.delivery_team(assessment):
        raise SeparationOfDuties(
            _("You worked on this use yourself, so somebody else has to carry out the second look.")
        )
    overseers.require_not_overseer(look.submission, by)
    if SecondLook.objects.filter(second_look.has_part_in_it(by), pk=look.pk).exists():
        raise SeparationOfDuties(
            _(
                "You have opened this case before and may have seen its marks, so somebody else has to carry out the second look."
            )
        )
    if not SecondLook.objects.filter(second_look.is_free(), pk=look.pk).exists():
        raise WorkflowError(_("Somebody else has already taken this second look."))
    if all(one.pk != look.pk for one in second_look.offered_to(by)):
        raise WorkflowError(_("This second look is no longer offered."))
    look.marks.all().delete()  # of somebody who has left the body without giving it
    Interest.objects.create(assessment=assessment, reviewer=by)
    look.reviewer, look.taken_at = by, timezone.now()
    look.save(update_fields=["reviewer", "taken_at"])
    second_look.record(AuditKind.SECOND_LOOK_TAKEN, look, by)
    return look


def decline(look: SecondLook, *, by: User, words: str) -> None:
    """Declare a conflict of interest in the case, as for a seat; the look stays offered to others."""
    interests.decline(look.submission, by=by, words=words)


@proof.factor_asked
@transaction.atomic
def put_back(look: SecondLook, *, by: User) -> SecondLook:
    """Give up a look that is not given yet: its marks are deleted, and it is offered to others again, not to this person."""
    look = _require_giving(look, by)
    look.marks.all().delete()
    look.reviewer = look.taken_at = None
    look.save(update_fields=["reviewer", "taken_at"])
    second_look.record(AuditKind.SECOND_LOOK_LEFT, look, by)
    return look


def _require_giving(look: SecondLook, by: User) -> SecondLook:
    """Lock a look for who is giving it. Raises NotPermitted for everybody else, Locked once it is given."""
    look = second_look.lock(look)
    if look.reviewer_id != by.pk or not second_look.looks().filter(second_look.reach(by), pk=look.pk).exists():
        raise NotPermitted(_("Start the second look before you mark any answers."))
    if look.is_given:
        raise Locked(_("You have submitted this second look, so its marks are locked."))
    return look


# --- what is judged ------------------------------------------------------------------------------------------------------


def asked_of(look: SecondLook, content: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the second reviewer judges: everything decisive, and the drawn share of the rest, in order."""
    submission = look.submission
    decisive = decisive_targets(edition_for(submission.edition_checksum), content)
    targets = review_targets(content)
    rest = [target for target in targets if target not in decisive]
    keyed = sorted(
        (salted_hmac(second_look.SALT, f"{submission.reference}:{target}", algorithm="sha256").digest(), target)
        for target in rest
    )
    drawn = {target for _key, target in keyed[: -(-len(keyed) * look.rules["rest_percent"] // 100)]}
    return tuple(target for target in targets if target in decisive or target in drawn)


class GivenMark(NamedTuple):
    """A mark as a page sends it. `seen`: the token with which the page showed the answer (`opened.token`)."""

    mark: str
    words: str
    seen: str


@proof.factor_asked
@transaction.atomic
def save_marks(look: SecondLook, given: Mapping[str, GivenMark], *, by: User) -> list[SecondLookMark]:
    """Keep marks on facts and answers of the look's set; those that stand are replaced. Five queries and the lock.

    Raises as `_require_giving`; InvalidAnswer, with the target as its field, for what cannot be kept: then nothing is.
    """
    look = _require_giving(look, by)
    content = second_look.with_snapshot(look).content()
    asked = set(asked_of(look, content))
    rows = []
    for target, one in given.items():
        shown = opened.shown_at(one.seen, look.submission, target, by=by)
        if target not in asked:
            raise InvalidAnswer(target, _("This fact or answer is not part of the second look."))
        if one.mark not in MarkKind.values:
            raise InvalidAnswer(target, _("Choose one of the three marks."))
        if one.mark != MarkKind.ACCEPTED and not one.words.strip():
            raise InvalidAnswer(target, _("Say what is missing, in a sentence."))
        if shown is None:
            raise InvalidAnswer(
                target, _("Open the page again before you mark this answer. You have not seen the answer yet.")
            )
        words = one.words.strip()[:4000]
        rows.append(
            SecondLookMark(look=look, target=target, mark=one.mark, words=words, shown_at=shown, at=timezone.now())
        )
    return SecondLookMark.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["look", "target"],
        update_fields=["mark", "words", "shown_at", "at"],
    )


def left_of(look: SecondLook, content: Mapping[str, Any], marks: Mapping[str, SecondLookMark]) -> list[str]:
    """Return what has no mark yet."""
    return [target for target in asked_of(look, content) if target not in marks]


def marks_of(look: SecondLook) -> dict[str, SecondLookMark]:
    """Return the marks of a look by their target."""
    return {row.target: row for row in look.marks.all()}


@proof.factor_asked
@transaction.atomic
def give(look: SecondLook, *, by: User) -> SecondLook:
    """Give the look: its marks are locked, and both sides see each other's. Decision and certificate stay as they are.

    Raises as `_require_giving`; NotReady while something has no mark.
    """
    look = _require_giving(look, by)
    content = second_look.with_snapshot(look).content()
    left = left_of(look, content, marks_of(look))
    if left:
        words = ngettext("%(n)s fact or answer has no mark.", "%(n)s facts and answers have no mark.", len(left))
        raise NotReady(_("The second look is not complete."), [words % {"n": len(left)}])
    look.given_at = timezone.now()
    look.save(update_fields=["given_at"])
    found = second_look_comparing.compare(look, by=by)
    apart = sum(pair.kind in (second_look_comparing.STRICTER, second_look_comparing.MILDER) for pair in found)
    second_look.notify_about(look, finders.seated_now(look.submission) - {by.pk}, marked=len(found), differ=apart)
    second_look.record(AuditKind.SECOND_LOOK_GIVEN, look, by)
    return look
