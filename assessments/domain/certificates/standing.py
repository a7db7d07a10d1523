"""Suspend, reinstate and revoke a certificate: who may, with which reason, and what stands in the way.

What was issued stays as it was printed. Each change is an event of the certificate with a reason from a list, for
everybody to read, and words of one's own that stay inside. Meeting a condition late reinstates nothing by itself.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from assessments.access import finders, roles, separation
from assessments.access.roles import Action
from assessments.access.separation import delivery_team
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, NotPermitted, NotReady, SeparationOfDuties, WorkflowError
from assessments.core.obstacles import Obstacle, words_of
from assessments.domain.certificates import incidents, missed, status
from assessments.domain.certificates.obstacles import Code
from assessments.domain.certificates.status import REINSTATE, REVOKE, SUSPEND
from assessments.guideline.terms import Tier
from assessments.models import Assurance, Certificate, CertificateEvent, Membership, Role, User
from assessments.models.public_reasons import PublicReason, coded

REASONS: dict[str, dict[str, str | Promise]] = {
    move: {reason.value.partition(".")[2]: reason.label for reason in offered}
    for move, offered in {
        SUSPEND: (
            PublicReason.CONDITION_MISSED,
            PublicReason.FACTS_CHANGED,
            PublicReason.MONITORING_OUT_OF_DATE,
            PublicReason.INCIDENT,
            PublicReason.COMPLAINT,
            PublicReason.SUSPENSION_ASKED,
        ),
        REINSTATE: (PublicReason.CORRECTED, PublicReason.UNFOUNDED, PublicReason.IN_ERROR),
        REVOKE: (
            PublicReason.UNTRUE,
            PublicReason.NO_LONGER,
            PublicReason.CONDITION_NOT_MET,
            PublicReason.NO_CERTIFICATE,
            PublicReason.REVOCATION_ASKED,
        ),
    }.items()
}
"""The public reasons that a person may choose, by move: the form's value and the words. Our judgement."""


type Refusal = NotPermitted | SeparationOfDuties | None


def refusals(certificate: Certificate, by: User) -> dict[str, Refusal]:
    """Return what keeps this person from each of the moves; None where nothing does.

    A reviewer who may read the submission and is outside the delivery team suspends. What was reviewed independently is
    reinstated and revoked by an independent reviewer. A self-declared certificate is its signer's word: an owner may
    suspend, reinstate and revoke it as well, but a suspension by an incident is ended by a reviewer alone. Those of a
    deleted organisation are left to the reviewing body.
    """
    submission = certificate.submission
    if certificate.assurance == Assurance.SELF_DECLARED and roles.may(by, Action.SIGN, certificate.organisation_id):
        mine: dict[str, Refusal] = dict.fromkeys(status.FROM)
        if incidents.suspends(certificate):
            mine[REINSTATE] = NotPermitted(
                _(
                    "This certificate was suspended because of an incident. It stays suspended until a reviewer "
                    "reinstates it or the certificate of the next assessment replaces it."
                )
            )
        return mine
    if not finders.certificates_judged_by(by).filter(pk=certificate.pk).exists():
        words = _("Only a reviewer of the submission can suspend, reinstate or revoke its certificate.")
        return dict.fromkeys(status.FROM, NotPermitted(words))
    if by.pk in delivery_team(submission.assessment):
        words = _("You worked on this use yourself, so somebody else has to decide on this certificate.")
        return dict.fromkeys(status.FROM, SeparationOfDuties(words))
    if separation.has_conflict(by, submission.assessment):
        words = _("You have declared a conflict of interest, so somebody else has to decide on this certificate.")
        return dict.fromkeys(status.FROM, SeparationOfDuties(words))
    found: dict[str, Refusal] = dict.fromkeys(status.FROM)
    independently = certificate.assurance == Assurance.REVIEWED_INDEPENDENTLY
    if independently and not separation.is_independent(by, certificate.organisation_id):
        words = _(
            "The certificate was reviewed independently, so only an independent reviewer can reinstate or revoke it."
        )
        found |= {move: NotPermitted(words) for move in (REINSTATE, REVOKE)}
    return found


def possible(certificate: Certificate, by: User) -> list[str]:
    """Return the moves that this person may make now, in order."""
    today = certificate.status()
    found = refusals(certificate, by)
    moves = (REINSTATE, SUSPEND, REVOKE)
    return [move for move in moves if found[move] is None and status.moves_from(certificate, move, today)]


def who_may_reinstate(certificate: Certificate) -> set[int]:
    """Return ids of those who may let a suspended certificate stand again: a few queries for each reviewer who might."""
    seats = Q(role=Role.REVIEWER) & (Q(organisation__is_reviewing_body=True) | Q(organisation=certificate.organisation))
    owners = Q(role=Role.OWNER, organisation=certificate.organisation)
    rows = Membership.objects.current().filter(seats | owners).select_related("user")
    people = {row.user for row in rows}
    return {user.pk for user in people if REINSTATE in possible(certificate, user)}


def obstacles_to_reinstate(certificate: Certificate) -> list[Obstacle]:
    """Return what has to be put right before a suspended certificate can stand again."""
    use, reasons = certificate.use, list[Obstacle]()
    for condition in missed.missed(certificate.submission):
        words = _("A condition was not met in time and is still not met: %(words)s.") % {"words": condition.words}
        reasons.append(Obstacle(Code.CONDITION, words))
    if use.open_holds:
        reasons.append(Obstacle(Code.HELD, _("The use is still on hold.")))
    if use.provisional:
        words = _("The tier of the use is provisional, because an answer is not known yet.")
        reasons.append(Obstacle(Code.PROVISIONAL, words))
    if use.assigned_tier and Tier(use.assigned_tier).rank > Tier(certificate.tier).rank:
        words = _("The tier of the use is now higher than the tier on the certificate. The use needs a new assessment.")
        reasons.append(Obstacle(Code.TIER, words))
    return reasons


@proof.asked
def suspend(certificate: Certificate, *, by: User, reason: str, words: str) -> CertificateEvent:
    """Suspend a certificate that stands; the public page says so at once, with the reason from the list."""
    return _change(certificate, SUSPEND, by=by, reason=reason, words=words)


@proof.asked
def reinstate(certificate: Certificate, *, by: User, reason: str, words: str) -> CertificateEvent:
    """Let a suspended certificate stand again; raises NotReady while what led to it is not put right."""
    return _change(certificate, REINSTATE, by=by, reason=reason, words=words)


@proof.asked
def revoke(certificate: Certificate, *, by: User, reason: str, words: str) -> CertificateEvent:
    """Take a certificate back for good; the use gets another one only by a new assessment."""
    return _change(certificate, REVOKE, by=by, reason=reason, words=words)


@transaction.atomic
def _change(certificate: Certificate, move: status.Event, *, by: User, reason: str, words: str) -> CertificateEvent:
    certificate = missed.lock_certificate(certificate)
    refused = refusals(certificate, by)[move]
    if refused is not None:
        raise refused
    if not status.moves_from(certificate, move):
        said = {"status": certificate.status().label}
        raise WorkflowError(
            _("You cannot make this change now, because the status of the certificate is “%(status)s”.") % said
        )
    if reason not in REASONS[move]:
        raise InvalidAnswer("reason", _("Choose the reason that the public page will show."))
    if not words.strip():
        raise InvalidAnswer("words", _("Give a detailed reason. The public page does not show this text."))
    if move == REINSTATE:
        left = words_of(obstacles_to_reinstate(certificate))
        if left:
            raise NotReady(_("The certificate cannot be reinstated yet."), left)
    public = coded(PublicReason(f"{move}.{reason}"))
    event = status.change(certificate, move, by=by, reason=public, words=words.strip())
    missed.audit_certificate(certificate, move, by, event, reason=reason)
    return event
