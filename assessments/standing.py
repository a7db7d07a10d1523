"""The standing of a certificate: suspended, reinstated, revoked, by somebody with a reason or by a condition that was missed.

What was issued stays as it was printed; each change is an event of the certificate with a reason from a list, for
everybody to read, and words of one's own that stay inside. Meeting a condition late reinstates nothing by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from assessments import access
from assessments.access import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.obstacles import Obstacle, words_of
from assessments.declaring import delivery_team
from assessments.domain.certificates import incidents, status
from assessments.domain.certificates.obstacles import Code
from assessments.errors import InvalidAnswer, NotPermitted, NotReady, SeparationOfDuties, WorkflowError
from assessments.guideline.terms import Tier
from assessments.models import (
    Assessment,
    Assurance,
    Certificate,
    CertificateEvent,
    CertificateStatus,
    Condition,
    Membership,
    RemediationAction,
    Role,
    Submission,
    User,
)
from assessments.models.public_reasons import PublicReason, coded
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import concerned, owners_of

SUSPEND, REINSTATE, REVOKE = status.Event.SUSPENDED, status.Event.REINSTATED, status.Event.REVOKED
RECORDED_AS: dict[str, AuditKind] = {
    SUSPEND: AuditKind.CERTIFICATE_SUSPENDED,
    REINSTATE: AuditKind.CERTIFICATE_REINSTATED,
    REVOKE: AuditKind.CERTIFICATE_REVOKED,
}
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
FROM: dict[str, set[CertificateStatus]] = {
    SUSPEND: {CertificateStatus.VALID, CertificateStatus.EXPIRING},
    REINSTATE: {CertificateStatus.SUSPENDED},
    REVOKE: {
        CertificateStatus.VALID,
        CertificateStatus.EXPIRING,
        CertificateStatus.SUSPENDED,
        CertificateStatus.EXPIRED,
    },
}


type Refusal = NotPermitted | SeparationOfDuties | None


def refusals(certificate: Certificate, by: User) -> dict[str, Refusal]:
    """Return what keeps this person from each of the moves; None where nothing does.

    A reviewer who may read the submission and is outside the delivery team suspends. What was reviewed independently is
    reinstated and revoked by an independent reviewer. A self-declared certificate is its signer's word: an owner may
    suspend, reinstate and revoke it as well, but a suspension by an incident is ended by a reviewer alone. Those of a
    deleted organisation are left to the reviewing body.
    """
    submission = certificate.submission
    if certificate.assurance == Assurance.SELF_DECLARED and access.may(by, Action.SIGN, certificate.organisation_id):
        mine: dict[str, Refusal] = dict.fromkeys(FROM)
        if incidents.suspends(certificate):
            mine[REINSTATE] = NotPermitted(
                _(
                    "An incident suspended this certificate. A reviewer reinstates it, or the next assessment replaces it."
                )
            )
        return mine
    if not access.certificates_judged_by(by).filter(pk=certificate.pk).exists():
        words = _("A certificate is suspended, reinstated and revoked by a reviewer of its submission.")
        return dict.fromkeys(FROM, NotPermitted(words))
    if by.pk in delivery_team(submission.assessment):
        words = _("You worked on this use yourself, so somebody else has to decide on its certificate.")
        return dict.fromkeys(FROM, SeparationOfDuties(words))
    if access.has_conflict(by, submission.assessment):
        words = _("You have declared a conflict of interest, so somebody else has to decide on its certificate.")
        return dict.fromkeys(FROM, SeparationOfDuties(words))
    found: dict[str, Refusal] = dict.fromkeys(FROM)
    independently = certificate.assurance == Assurance.REVIEWED_INDEPENDENTLY
    if independently and not access.is_independent(by, certificate.organisation_id):
        words = _("It was reviewed independently: that takes an independent reviewer.")
        found |= {move: NotPermitted(words) for move in (REINSTATE, REVOKE)}
    return found


def possible(certificate: Certificate, by: User) -> list[str]:
    """The moves that this person may make now, in order."""
    today = certificate.status()
    found = refusals(certificate, by)
    moves = (REINSTATE, SUSPEND, REVOKE)
    return [move for move in moves if found[move] is None and _moves_from(certificate, move, today)]


def _moves_from(certificate: Certificate, move: str, status: CertificateStatus | None = None) -> bool:
    """What only waits for fresh monitoring can be suspended for another reason, which outlives the fresh record."""
    if move == SUSPEND and certificate.ended_at is None and certificate.lapsed_by_monitoring():
        return True
    return (status or certificate.status()) in FROM[move]


def who_may_reinstate(certificate: Certificate) -> set[int]:
    """Ids of those who may let a suspended certificate stand again: a few queries for each reviewer who might."""
    seats = Q(role=Role.REVIEWER) & (Q(organisation__is_reviewing_body=True) | Q(organisation=certificate.organisation))
    owners = Q(role=Role.OWNER, organisation=certificate.organisation)
    rows = Membership.objects.current().filter(seats | owners).select_related("user")
    people = {row.user for row in rows}
    return {user.pk for user in people if REINSTATE in possible(certificate, user)}


def obstacles_to_reinstate(certificate: Certificate) -> list[Obstacle]:
    """Return what has to be put right before a suspended certificate can stand again."""
    use, reasons = certificate.use, list[Obstacle]()
    for condition in missed(certificate.submission):
        words = _("A condition was missed and is not met yet: %(words)s.") % {"words": condition.words}
        reasons.append(Obstacle(Code.CONDITION, words))
    if use.open_holds:
        reasons.append(Obstacle(Code.HELD, _("The use is on hold.")))
    if use.provisional:
        words = _("The tier of the use is provisional: it waits for an answer.")
        reasons.append(Obstacle(Code.PROVISIONAL, words))
    if use.assigned_tier and Tier(use.assigned_tier).rank > Tier(certificate.tier).rank:
        words = _("The use has a higher tier now than its certificate says: it takes a new assessment.")
        reasons.append(Obstacle(Code.TIER, words))
    return reasons


def missed(submission: Submission) -> Iterable[Condition]:
    """The conditions of a submission whose day is over and that are not met."""
    today = timezone.localdate()
    return Condition.objects.filter(decision__submission=submission, met_at=None, due_on__lt=today).order_by("pk")


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
    certificate = _lock(certificate)
    refused = refusals(certificate, by)[move]
    if refused is not None:
        raise refused
    if not _moves_from(certificate, move):
        said = {"status": certificate.status().label}
        raise WorkflowError(_("This cannot be done now: the certificate is “%(status)s”.") % said)
    if reason not in REASONS[move]:
        raise InvalidAnswer("reason", _("Choose the reason that the public page gives."))
    if not words.strip():
        raise InvalidAnswer("words", _("Say why, for the record. The public page does not show it."))
    if move == REINSTATE:
        left = words_of(obstacles_to_reinstate(certificate))
        if left:
            raise NotReady(_("The certificate cannot be reinstated yet."), left)
    public = coded(PublicReason(f"{move}.{reason}"))
    event = status.change(certificate, move, by=by, reason=public, words=words.strip())
    _audit(certificate, move, by, event, reason=reason)
    return event


def _lock(certificate: Certificate) -> Certificate:
    assessment = Assessment.objects.lock(certificate.submission.assessment_id)
    rows = Certificate.objects.select_for_update(of=("self",)).select_related("submission")
    found: Certificate = rows.defer("submission__snapshot").get(pk=certificate.pk)
    found.use, found.organisation = assessment.use, assessment.use.system.organisation
    found.submission.assessment = assessment
    return found


def _audit(certificate: Certificate, move: str, by: User | None, event: CertificateEvent, **details: str) -> None:
    log.record(
        RECORDED_AS[move],
        certificate.submission.assessment,
        by=by,
        organisation=certificate.organisation,
        details={"certificate": certificate.number, **details},
        rows=[event],
    )


# --- conditions that pass their date -------------------------------------------------------------------------------------


def miss_conditions(today: date | None = None) -> int:
    """Note each condition whose last day, Hong Kong time, is over and that is not met; its certificate is suspended.

    For the sweeper: from the start of the day after, once for each condition, however often it runs. A certificate that
    is suspended already stays so, and one that was superseded or revoked is left alone. Returns how many were missed.
    """
    today = today or timezone.localdate()
    rows = Condition.objects.standing().filter(missed_at=None, due_on__lt=today)
    return sum(_miss(pk, today) for pk in rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _miss(pk: int, today: date) -> bool:
    of = Condition.objects.select_related("decision__submission").defer("decision__submission__snapshot").get(pk=pk)
    submission = of.decision.submission
    assessment = Assessment.objects.lock(submission.assessment_id)
    condition = Condition.objects.select_for_update().filter(pk=pk, met_at=None, missed_at=None).first()
    if condition is None:
        return False
    condition.missed_at = timezone.now()
    condition.save(update_fields=["missed_at"])
    certificate = Certificate.objects.filter(submission=submission, ended_at=None).first()
    event = None
    if certificate is not None:
        certificate = _lock(certificate)
        if _moves_from(certificate, SUSPEND, certificate.status(today)):
            reason = coded(PublicReason.CONDITION_MISSED)
            event = status.change(certificate, SUSPEND, by=None, reason=reason, words=condition.words)
    action = RemediationAction.objects.select_related("use").filter(use=assessment.use_id, question=condition.question)
    _tell_missed(assessment, condition, action.exclude(status="closed").order_by("-pk").first(), submission)
    log.record(
        AuditKind.CONDITION_MISSED,
        assessment,
        by=None,
        organisation=assessment.organisation,
        details={
            "condition": condition.pk,
            "question": condition.question,
            "due": condition.due_on,
            "certificate": certificate.number if certificate else "",
        },
    )
    if certificate is not None and event is not None:
        _audit(certificate, SUSPEND, None, event, reason="condition")
    return True


def _tell_missed(
    assessment: Assessment, condition: Condition, action: RemediationAction | None, submission: Submission
) -> None:
    owners = owners_of(assessment.organisation_id)
    if action:
        owners |= concerned(action, action.owner_id)
    context = {"words": condition.words, "use": assessment.use.title, "due": condition.due_on}
    about, link = f"condition:{condition.pk}", (action or assessment).get_absolute_url()
    notify(MessageKind.CONDITION_MISSED, owners, about=about, link=link, context=context)
    reviewers = access.seated_now(submission) - owners
    link = reverse("review", args=[submission.reference])
    notify(MessageKind.CONDITION_MISSED, reviewers, about=about, link=link, context=context)
