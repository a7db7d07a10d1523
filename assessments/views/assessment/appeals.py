"""How a review goes, as the applicant sees it: its timeline, its messages; appeals and complaints, and their answers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core.errors import NotPermitted
from assessments.core.working_days import working_days_later
from assessments.domain.review import appeals as review_appeals
from assessments.domain.review import messages as review_messages
from assessments.domain.review.told_marks import told_statements
from assessments.forms.base import refusals
from assessments.forms.review import ContestForm, MessageForm
from assessments.models import State
from assessments.models.review_case import AppealKind
from assessments.views.assessment.member_case import MemberCase, find_case, own_submission
from assessments.views.assessment.timeline import appeal_words, messages_in, timeline
from assessments.views.site.requests import SignedIn, posted, refusals_as_messages
from assessments.views.site.seen import seen


def _whole_case(request: SignedIn, reference: str) -> MemberCase:
    """Return the assessment for somebody who sees all of it; raises NotPermitted for who sees only what is assigned."""
    case = find_case(request, reference)
    if not case.sees_all:
        raise NotPermitted(_("Only members who can see the whole assessment can see the review."))
    return case


@require_http_methods(["GET", "HEAD", "POST"])
def followed(request: SignedIn, reference: str) -> HttpResponse:
    """Show how the review goes: who has it, what happened, and the messages with its reviewers; a POST sends one."""
    case = _whole_case(request, reference)
    seen(request)
    submission = own_submission(request, case)
    if submission is None and request.method == "POST":
        raise NotPermitted(_("Nothing has been submitted yet."))
    form = MessageForm(posted(request))
    if request.method == "POST":
        roles.require(request.user, Action.ANSWER, case.assessment)
        if form.is_valid():
            with refusals(form):
                said = review_messages.say(submission, form.cleaned_data["text"], by=request.user)
                messages.success(request, _("Your message was sent."))
                return redirect(f"{request.path}#message-{said.pk}")
    history = finders.history_of(case.assessment)
    target = finders.current_edition().policy.review_target_days
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
        "why_not": review_messages.why_no_message(case.assessment, submission)
        if submission
        else _("Nothing has been submitted yet."),
        "may_write": member is not None and member.role in roles.MAY[Action.ANSWER],
        "appeals": [(appeal, appeal_words(appeal)) for appeal in finders.appeals_in(case.assessment)],
    }
    return render(request, "assessments/assessment/followed.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def contest(request: SignedIn, reference: str) -> HttpResponse:
    """Appeal against a decision or complain about one: an owner writes, members read what came of it."""
    case = _whole_case(request, reference)
    seen(request)
    open_ones = review_appeals.contestable(case.assessment)
    words = {AppealKind.APPEAL: _("Appeal against: %(what)s"), AppealKind.COMPLAINT: _("Complaint about: %(what)s")}
    form = ContestForm(posted(request), about=[(one.value, words[one.kind] % {"what": one.words}) for one in open_ones])
    if request.method == "POST":
        roles.require(request.user, Action.SIGN, case.assessment)
        if form.is_valid():
            with refusals(form):
                review_appeals.contest(
                    case.assessment, form.cleaned_data["about"], form.cleaned_data["reasons"], by=request.user
                )
                messages.success(
                    request, _("Your appeal or complaint was sent. We will notify you when it is answered.")
                )
                return redirect(request.path)
    appeals = list(finders.appeals_in(case.assessment))
    context = {
        "case": case,
        "assessment": case.assessment,
        "use": case.assessment.use,
        "form": form,
        "may_contest": case.is_owner and bool(open_ones),
        "appeals": [
            (
                one,
                appeal_words(one),
                case.is_owner and review_appeals.opens_again(one),
                review_appeals.wrongly_suspended(one),
            )
            for one in appeals
        ],
    }
    return render(request, "assessments/assessment/contest.html", context)


@require_POST
def open_again(request: SignedIn, reference: str, appeal: str) -> HttpResponse:
    """Start the assessment that an upheld appeal opens, with the answers of the refused one."""
    case = _whole_case(request, reference)
    found = get_object_or_404(finders.appeals_in(case.assessment), reference=appeal)
    with refusals_as_messages(request):
        begun = review_appeals.open_again(found, by=request.user)
        messages.success(request, _("The new assessment is open. Confirm each copied answer."))
        return redirect(begun)
    return redirect("contest", reference)
