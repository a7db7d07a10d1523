"""How a review goes, as the applicant sees it: its timeline, its messages; appeals and complaints, and their answers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessments import access, desk, standing
from assessments.access import Action
from assessments.accounts import proofs
from assessments.domain.review.told_marks import told_statements
from assessments.errors import NotPermitted
from assessments.forms.base import refusals
from assessments.forms.desk import AppealAnswerForm, ContestForm, MessageForm
from assessments.models import State
from assessments.models.desk import AppealKind
from assessments.models.queue import working_days_later
from assessments.views.case import Case, find_case, own_submission
from assessments.views.gate import to_declare
from assessments.views.inbox import seen
from assessments.views.requests import SignedIn, posted, refusals_as_messages
from assessments.views.timeline import appeal_words, messages_in, timeline


def _whole_case(request: SignedIn, reference: str) -> Case:
    """The assessment for somebody who sees all of it; raises NotPermitted for who sees only what is assigned."""
    case = find_case(request, reference)
    if not case.sees_all:
        raise NotPermitted(_("The review is shown to members who see the whole assessment."))
    return case


@require_http_methods(["GET", "HEAD", "POST"])
def followed(request: SignedIn, reference: str) -> HttpResponse:
    """How the review goes: who has it, what happened, and the messages with its reviewers; a POST sends one."""
    case = _whole_case(request, reference)
    seen(request)
    submission = own_submission(request, case)
    if submission is None and request.method == "POST":
        raise NotPermitted(_("Nothing was submitted yet."))
    form = MessageForm(posted(request))
    if request.method == "POST":
        access.require(request.user, Action.ANSWER, case.assessment)
        if form.is_valid():
            with refusals(form):
                said = desk.say(submission, form.cleaned_data["text"], by=request.user)
                messages.success(request, _("Your message is sent."))
                return redirect(f"{request.path}#message-{said.pk}")
    history = access.history_of(case.assessment)
    target = access.current_edition().policy.review_target_days
    waits = submission is not None and case.assessment.state in (State.SUBMITTED, State.IN_REVIEW)
    member = case.member
    context = {
        "case": case,
        "assessment": case.assessment,
        "use": case.assessment.use,
        "submission": submission,
        "seats": list(submission.seats.select_related("reviewer").order_by("pk")) if submission else [],
        "expected": working_days_later(timezone.localdate(submission.at), target) if waits else None,
        "target": target,
        "statements": told_statements(case.assessment),
        "moments": timeline(history, for_reviewers=False),
        "talk": messages_in(history),
        "form": form,
        "why_not": desk.why_no_message(case.assessment, submission) if submission else _("Nothing was submitted yet."),
        "may_write": member is not None and member.role in access.MAY[Action.ANSWER],
        "appeals": [(appeal, appeal_words(appeal)) for appeal in access.appeals_in(case.assessment)],
    }
    return render(request, "assessments/review/followed.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def contest(request: SignedIn, reference: str) -> HttpResponse:
    """Appeal against a decision or complain about one: an owner writes, members read what came of it."""
    case = _whole_case(request, reference)
    seen(request)
    open_ones = desk.contestable(case.assessment)
    words = {AppealKind.APPEAL: _("Appeal against: %(what)s"), AppealKind.COMPLAINT: _("Complaint about: %(what)s")}
    form = ContestForm(posted(request), about=[(one.value, words[one.kind] % {"what": one.words}) for one in open_ones])
    if request.method == "POST":
        access.require(request.user, Action.SIGN, case.assessment)
        if form.is_valid():
            with refusals(form):
                desk.contest(case.assessment, form.cleaned_data["about"], form.cleaned_data["reasons"], by=request.user)
                messages.success(request, _("Sent. You are told as soon as it is answered."))
                return redirect(request.path)
    appeals = list(access.appeals_in(case.assessment))
    context = {
        "case": case,
        "assessment": case.assessment,
        "use": case.assessment.use,
        "form": form,
        "may_contest": case.is_owner and bool(open_ones),
        "appeals": [
            (one, appeal_words(one), case.is_owner and desk.opens_again(one), desk.wrongly_suspended(one))
            for one in appeals
        ],
    }
    return render(request, "assessments/review/contest.html", context)


@require_POST
def open_again(request: SignedIn, reference: str, appeal: str) -> HttpResponse:
    """Start the assessment that an upheld appeal opens, with the answers of the refused one."""
    case = _whole_case(request, reference)
    found = get_object_or_404(access.appeals_in(case.assessment), reference=appeal)
    with refusals_as_messages(request):
        begun = desk.open_again(found, by=request.user)
        messages.success(request, _("The new assessment is open. Confirm each answer that was taken over."))
        return redirect(begun)
    return redirect("contest", reference)


@proofs.needed  # asked on the press of the button; what was typed comes back
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: SignedIn, reference: str) -> HttpResponse:
    """Answer an appeal or complaint, as a reviewer of the reviewing body who had no part in the case."""
    appeal = get_object_or_404(access.appeals_for(request.user), reference=reference)
    if not access.is_open_to(request.user, appeal.assessment_id):
        if request.method == "POST":
            raise NotPermitted(
                _("The case is closed to you until you have declared that you have no conflict of interest in it.")
            )
        return to_declare(request, appeal.submission)
    seen(request)
    why_not = desk.why_no_answer(appeal, request.user)
    form = AppealAnswerForm(posted(request))
    if request.method == "POST" and form.is_valid():
        upheld = form.cleaned_data["outcome"] == "upheld"
        with refusals(form):
            desk.answer(appeal, by=request.user, upheld=upheld, words=form.cleaned_data["words"])
            messages.success(request, _("Answered. The organisation and the reviewers of the case have been told."))
            return redirect("appeal", reference)
    suspended = desk.wrongly_suspended(appeal)
    context = {
        "appeal": appeal,
        "suspended": suspended,
        "may_reinstate": suspended is not None and standing.REINSTATE in standing.possible(suspended, request.user),
        "about": appeal_words(appeal),
        "submission": appeal.submission,
        "form": form,
        "why_not": why_not,
        "use": appeal.assessment.use,
    }
    return render(request, "assessments/review/appeal.html", context)
