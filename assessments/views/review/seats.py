"""Reviewers around a case: declaring an interest, asking a colleague for a seat, writing to the applicant."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.access import finders, separation
from assessments.core.errors import NotPermitted, SeparationOfDuties, WorkflowError
from assessments.domain.review import interests, seat_requests
from assessments.domain.review import messages as review_messages
from assessments.forms.base import refusals
from assessments.forms.review import AssignForm, MessageForm, NoInterestForm
from assessments.models import Seat, SeatRequest
from assessments.views.assessment.timeline import appeal_words, messages_in
from assessments.views.review.case import ReviewCase
from assessments.views.site.gate import to_declare, where_to
from assessments.views.site.requests import SignedIn, posted, refusals_as_messages
from assessments.views.site.seen import seen


@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: SignedIn, reference: str) -> HttpResponse:
    """Declare that there is no conflict, to read the answers without a seat, or that there is one."""
    case = ReviewCase(request.user, reference)
    if case.may_open:
        return redirect(case.submission)
    then = where_to(request, case.submission)
    form = NoInterestForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            if form.cleaned_data["conflict"] == "declared":
                interests.decline(case.submission, by=case.user, words=form.cleaned_data["words"])
                messages.success(request, _("Your declaration is recorded. You cannot read the answers."))
            else:
                interests.declare_none(case.submission, by=case.user)
                messages.success(request, _("Your declaration is recorded. You can now read the answers."))
            return redirect(case.submission if form.cleaned_data["conflict"] == "declared" else then)
    context = {"case": case, "submission": case.submission, "form": form}
    return render(request, "assessments/review/declare.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: SignedIn, reference: str, seat: str) -> HttpResponse:
    """Ask a colleague to take a free seat, or to take over a held one."""
    case = ReviewCase(request.user, reference)
    if seat not in Seat.values:
        raise Http404
    asked = next((one for one in case.requests if one.seat == seat), None)
    if asked is not None and "stop" in request.POST:
        return _stop_asking(request, case, asked)
    team = separation.delivery_team(case.assessment)
    try:
        held = seat_requests.seat_to_ask_for(case.submission, Seat(seat), case.user, team)
    except WorkflowError as error:
        if request.method == "POST" and not isinstance(error, SeparationOfDuties):
            messages.error(request, str(error))
            return redirect(case.submission)
        raise NotPermitted(str(error)) from error
    people = seat_requests.colleagues(case.submission, Seat(seat), case.user, team)
    away = [one for one in people if one.away_until]
    form = AssignForm(posted(request), people=[(one.user.pk, str(one)) for one in people], note_needed=held is not None)
    if not away:
        del form.fields["although_away"]
        form.helper.layout.pop(-1)
    if request.method == "POST" and form.is_valid():
        to = next(one.user for one in people if one.user.pk == form.cleaned_data["to"])
        with refusals(form):
            seat_requests.ask(
                case.submission,
                Seat(seat),
                to,
                by=case.user,
                note=form.cleaned_data["note"],
                although_away=form.cleaned_data.get("although_away", False),
            )
            messages.success(request, _("Request sent to %(name)s.") % {"name": to})
            return redirect(case.submission)
    context = {
        "case": case,
        "submission": case.submission,
        "form": form,
        "held": held,
        "people": people,
        "second": seat == Seat.SECOND,
        "asked": asked,
        "may_stop": asked is not None and seat_requests.may_stop_asking(asked, case.user),
    }
    return render(request, "assessments/review/assign.html", context)


def _stop_asking(request: SignedIn, case: ReviewCase, asked: SeatRequest) -> HttpResponse:
    """Take the request back; the page it leads to can ask again, the same colleague or another."""
    with refusals_as_messages(request):
        seat_requests.stop_asking(asked, by=case.user)
        messages.success(request, _("The request to %(name)s has been withdrawn.") % {"name": asked.to})
    return redirect(request.path)


@require_http_methods(["GET", "HEAD", "POST"])
def talk(request: SignedIn, reference: str) -> HttpResponse:
    """Show the messages between the reviewers of a case and its applicant; a POST sends one."""
    case = ReviewCase(request.user, reference)
    if not case.may_open:
        if request.method == "POST":
            raise NotPermitted(_("Take the case before you write a message."))
        return to_declare(request, case.submission)
    seen(request)
    form = MessageForm(posted(request))
    if request.method == "POST":
        case.require_seat()
        if form.is_valid():
            with refusals(form):
                said = review_messages.say(case.submission, form.cleaned_data["text"], by=case.user)
                messages.success(request, _("Your message has been sent."))
                return redirect(f"{request.path}#message-{said.pk}")
    context = {
        "case": case,
        "submission": case.submission,
        "form": form,
        "talk": messages_in(finders.history_of(case.assessment)),
        "appeals": [(appeal, appeal_words(appeal)) for appeal in finders.appeals_in(case.assessment)],
        "why_not": review_messages.why_no_message(case.assessment, case.submission),
    }
    return render(request, "assessments/review/talk.html", context)
