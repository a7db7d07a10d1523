"""Appeals against decisions and complaints about them, and their answers."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.access import finders, roles, separation
from assessments.access.roles import Action
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, NotPermitted, SeparationOfDuties, WorkflowError
from assessments.domain.answering import carry_over, reuse, start
from assessments.domain.certificates import standing
from assessments.domain.review import interests
from assessments.models import (
    Appeal,
    AppealAnswer,
    AppealKind,
    Assessment,
    Certificate,
    CertificateEvent,
    CertificateStatus,
    DecisionKind,
    Membership,
    ReviewDecision,
    Role,
    State,
    Submission,
    User,
)
from assessments.notifications import links
from assessments.notifications.inbox import notify, settle
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import owners_of

APPEALABLE = (DecisionKind.RETURN, DecisionKind.REFUSE)
"""The decisions of a reviewer against which an owner may appeal; of an approval one may only complain."""


STOPPED = {
    CertificateStatus.SUSPENDED: gettext_lazy("Suspension of certificate %(number)s, %(day)s"),
    CertificateStatus.REVOKED: gettext_lazy("Revocation of certificate %(number)s, %(day)s"),
}


# --- appeals and complaints ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Contestable:
    """Something of a case that an owner may appeal against or complain about; `value` names it in a form."""

    kind: AppealKind
    words: str
    submission: Submission
    decision: ReviewDecision | None = None
    event: CertificateEvent | None = None

    @property
    def value(self) -> str:
        about = f"d{self.decision.pk}" if self.decision else f"e{self.event.pk}" if self.event else "case"
        return f"{self.kind}-{about}"


def contestable(assessment: Assessment) -> list[Contestable]:
    """Return what may still be contested, newest first: each decision once by appeal and once by complaint, and the handling."""
    have = {(a.kind, a.decision_id, a.event_id, a.submission_id) for a in finders.appeals_in(assessment)}
    found: list[Contestable] = []
    decisions = ReviewDecision.objects.filter(submission__assessment=assessment).select_related("submission", "by")
    for decision in decisions.defer("submission__snapshot").order_by("-pk"):
        if decision.kind not in (*APPEALABLE, DecisionKind.APPROVE):
            continue
        what = _("%(decision)s, %(day)s, %(name)s") % {
            "decision": decision.get_kind_display(),
            "day": date_format(timezone.localtime(decision.at), "j F Y"),
            "name": decision.by_name,
        }
        if decision.kind in APPEALABLE:
            found.append(Contestable(AppealKind.APPEAL, what, decision.submission, decision))
        found.append(Contestable(AppealKind.COMPLAINT, what, decision.submission, decision))
    events = CertificateEvent.objects.filter(certificate__submission__assessment=assessment, kind__in=list(STOPPED))
    for event in events.select_related("certificate__submission").defer("certificate__submission__snapshot"):
        what = str(STOPPED[CertificateStatus(event.kind)]) % {
            "number": event.certificate.number,
            "day": date_format(timezone.localtime(event.at), "j F Y"),
        }
        for kind in AppealKind:
            found.append(Contestable(kind, what, event.certificate.submission, None, event))
    sent = assessment.current_submission
    if sent and sent.route:
        words = _("How the case was handled in round %(n)s") % {"n": sent.round}
        found.append(Contestable(AppealKind.COMPLAINT, words, sent))
    return [
        one
        for one in found
        if (
            one.kind,
            one.decision.pk if one.decision else None,
            one.event.pk if one.event else None,
            one.submission.pk,
        )
        not in have
    ]


@transaction.atomic
def contest(assessment: Assessment, value: str, reasons: str, *, by: User) -> Appeal:
    """Appeal against a decision or complain about it, once each; an owner only. `value`: of one of `contestable`.

    It goes to the reviewers from the reviewing body who had no part in the case, also where the organisation's own
    reviewer decided. It changes no state.
    """
    assessment = Assessment.objects.lock(assessment.pk)
    roles.require(by, Action.SIGN, assessment)
    about = next((one for one in contestable(assessment) if one.value == value), None)
    if about is None:
        raise InvalidAnswer(
            "about",
            _(
                "Choose what you are appealing against or complaining about. You can choose each item in the list"
                " only once."
            ),
        )
    if not reasons.strip():
        raise InvalidAnswer("reasons", _("Give your reasons. The person who answers you sees only these reasons."))
    appeal = Appeal.objects.create(
        kind=about.kind,
        assessment=assessment,
        submission=about.submission,
        decision=about.decision,
        event=about.event,
        by=by,
        reasons=reasons,
    )
    notify(
        MessageKind.APPEAL,
        _who_may_answer(appeal),
        about=f"appeal:{appeal.reference}",
        link=links.appeal(appeal),
        context={
            "kind": about.kind,
            "use": assessment.use.title,
            "organisation": assessment.organisation,
            "about": about.words,
        },
    )
    interests.audit_case(
        AuditKind.APPEAL_LODGED if about.kind == AppealKind.APPEAL else AuditKind.COMPLAINT_LODGED,
        assessment,
        by,
        appeal=appeal.reference,
        about=about.value,
        submission=str(about.submission),
    )
    return appeal


def _who_may_answer(appeal: Appeal) -> list[int]:
    body = Membership.objects.current().filter(role=Role.REVIEWER, organisation__is_reviewing_body=True)
    people = [member.user for member in body.select_related("user")]
    return [user.pk for user in people if finders.appeals_for(user).filter(pk=appeal.pk).exists()]


def why_no_answer(appeal: Appeal, by: User) -> str:
    """Say why `by`, who may know of the appeal, may not answer it; empty when they may."""
    if getattr(appeal, "answer", None):
        return _("This appeal or complaint has already been answered.")
    if by.pk in separation.delivery_team(appeal.assessment):
        return _("You worked on this use yourself, so somebody else has to answer the appeal or complaint.")
    if separation.has_conflict(by, appeal.assessment):
        return _("You have declared a conflict of interest, so somebody else has to answer the appeal or complaint.")
    return ""


@proof.asked
@transaction.atomic
def answer(appeal: Appeal, *, by: User, upheld: bool, words: str) -> AppealAnswer:
    """Answer an appeal or complaint, for good. `words`: upheld, what happens next; rejected, why.

    Nothing that was decided is rewritten. Raises NotPermitted for whoever had a part in the case.
    """
    assessment = Assessment.objects.lock(appeal.assessment_id)
    found = finders.appeals_for(by).filter(pk=appeal.pk).first()
    if found is None:
        raise NotPermitted(
            _(
                "The person who answers an appeal or complaint must belong to the reviewing body and must not have"
                " worked on the case."
            )
        )
    if why := why_no_answer(found, by):
        raise SeparationOfDuties(why)
    if not words.strip():
        raise InvalidAnswer(
            "words", _("Say what happens next.") if upheld else _("Say why you are rejecting the appeal or complaint.")
        )
    given = AppealAnswer.objects.create(appeal=found, by=by, upheld=upheld, words=words)
    _tell_answer(found, given)
    found.answer = given
    certificate = wrongly_suspended(found)
    if certificate is not None:  # nothing is reinstated by itself: whoever may do it is asked to
        notify(
            MessageKind.TO_REINSTATE,
            standing.who_may_reinstate(certificate),
            about=f"appeal:{found.reference}",
            link=links.certificate_status(certificate.number),
            context={"use": assessment.use.title, "number": certificate.number, "words": words},
        )
    is_appeal = found.kind == AppealKind.APPEAL
    answered = AuditKind.APPEAL_ANSWERED if is_appeal else AuditKind.COMPLAINT_ANSWERED
    interests.audit_case(answered, assessment, by, appeal=found.reference, upheld=upheld)
    return given


def _tell_answer(appeal: Appeal, given: AppealAnswer) -> None:
    """Tell both sides how an appeal was answered; nobody has to answer it any more."""
    assessment, about = appeal.assessment, f"appeal:{appeal.reference}"
    context = {"kind": appeal.kind, "use": assessment.use.title, "upheld": given.upheld, "words": given.words}
    link = links.contest(assessment, appeal)
    notify(MessageKind.APPEAL_ANSWERED, owners_of(assessment.organisation_id), about=about, link=link, context=context)
    link = f"{links.review_messages(appeal.submission)}#appeals"
    reviewers = _reviewers_of(appeal) - {given.by_id}
    notify(MessageKind.APPEAL_ANSWERED, reviewers, about=about, link=link, context=context)
    settle(MessageKind.APPEAL, about=[about])


def _reviewers_of(appeal: Appeal) -> set[int]:
    return finders.seated_now(*Submission.objects.filter(assessment=appeal.assessment_id).defer("snapshot"))


def _is_upheld(appeal: Appeal) -> bool:
    answer: AppealAnswer | None = getattr(appeal, "answer", None)
    return appeal.kind == AppealKind.APPEAL and answer is not None and answer.upheld


def wrongly_suspended(appeal: Appeal) -> Certificate | None:
    """Return the certificate that is suspended still, though an appeal against that was upheld: it waits to be reinstated."""
    if not _is_upheld(appeal) or appeal.event is None or appeal.event.kind != CertificateStatus.SUSPENDED:
        return None
    rows = Certificate.objects.select_related("submission__assessment", "use", "organisation")
    found = rows.defer("submission__snapshot").get(pk=appeal.event.certificate_id)
    return found if found.status() == CertificateStatus.SUSPENDED else None


def opens_again(appeal: Appeal) -> bool:
    """Tell whether an appeal lets the use be assessed anew with the answers of the case.

    After a refusal, and after a revocation: that one is for good, and only a new assessment leads to a certificate.
    """
    refused = appeal.decision is not None and appeal.decision.kind == DecisionKind.REFUSE
    revoked = appeal.event is not None and appeal.event.kind == CertificateStatus.REVOKED
    return _is_upheld(appeal) and (refused or revoked)


@transaction.atomic
def open_again(appeal: Appeal, *, by: User) -> Assessment:
    """Start the assessment that an upheld appeal opens: the answers are copied, each to be confirmed.

    What was decided stays as it is. Where a newer one is open already, it is the one.
    """
    case = Assessment.objects.for_dashboard().get(pk=appeal.assessment_id)
    roles.require(by, Action.SIGN, case)
    if not opens_again(appeal):
        raise WorkflowError(
            _(
                "You can start a new assessment here only after your appeal against a refusal or a revocation has been "
                "upheld."
            )
        )
    begun = start.start_assessment(case.use, by=by, follows=case)
    if begun.state != State.DRAFT:
        return begun
    asked = [question.key for question in begun.declared().questions(begun.compiled())]
    carry_over.copy(begun, reuse.offered(begun, asked, case), by=by)
    return begun
