"""Asking a colleague to answer one question, and what becomes of a request."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core.errors import Locked, NotPermitted, WorkflowError
from assessments.domain.answering import asking
from assessments.domain.register import invitations
from assessments.forms.base import refusals
from assessments.forms.collaboration import AskedForm, AskForm
from assessments.guideline.edition import Question
from assessments.models import Assignment
from assessments.notifications import links
from assessments.views.assessment.member_case import MemberCase, find_case, find_question
from assessments.views.assessment.next_step import why_locked
from assessments.views.site.invitations import count_invitation, send_invitation, show_unsent


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, reference: str, question: str) -> HttpResponse:
    """Ask a member, or by mail somebody who is not one yet, to answer this question."""
    case = find_case(request, reference)
    asked = find_question(case, question)
    roles.require(case.user, Action.ASK, case.assessment)
    if not case.sees_all:
        raise NotPermitted(
            _(
                "You can see only the questions assigned to you, so you cannot ask other people to answer. An "
                "owner can do this."
            )
        )
    form = AskForm(
        request.POST if request.method == "POST" else None,
        members=finders.members_to_ask(case.assessment),
        by=case.user,
        may_invite=case.is_owner,
    )
    done = send(request, case, asked, form) if request.method == "POST" and form.is_valid() else None
    if done is not None:
        return done
    context = {
        "case": case,
        "assessment": case.assessment,
        "question": asked,
        "section": case.edition.section_of[asked.section],
        "form": form,
        "asked": [row for row in finders.asked_in(case.assessment) if row.question == question],
        "section_asked": [
            row for row in finders.asked_in(case.assessment) if not row.question and row.section == asked.section
        ],
        "locked": "" if case.assessment.is_editable else why_locked(case.assessment),
    }
    return render(request, "assessments/assessment/ask.html", context)


def send(request: HttpRequest, case: MemberCase, asked: Question, form: AskForm) -> HttpResponse | None:
    """Do what the form asks for; a refusal goes to its field, and nothing is returned."""
    given = form.cleaned_data
    member, how = given["member"], {"due": given["due"], "note": given["note"]}
    said = _("%(name)s has been asked to answer “%(question)s”.")
    unsent = ""
    with refusals(form, at={Locked: None, WorkflowError: "member" if member else "email"}):
        if member:
            asking.ask(case.assessment, asked.section, member, by=case.user, question=asked.key, **how)
            messages.success(request, said % {"name": member.user, "question": asked.title})
        else:
            count_invitation(request, case.assessment.organisation, given["email"])
            invitation, token = invitations.ask_by_mail(case.assessment, asked.key, given["email"], by=case.user, **how)
            unsent = send_invitation(request, invitation, token)
        if unsent:
            return show_unsent(request, case.assessment.organisation, [(invitation, unsent)])
        return redirect("ask", case.assessment.reference, asked.key)
    return None


@require_http_methods(["GET", "HEAD", "POST"])
def asked(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Show one request: who is asked what; the person says that it is answered, whoever asked changes or takes it back."""
    case = find_case(request, reference)
    found: Assignment = get_object_or_404(finders.asked_in(case.assessment), pk=pk)
    found.assessment = case.assessment
    mine = found.member.user_id == case.user.pk
    if not (mine or case.sees_all):
        raise Http404
    may_change = asking.may_change(found, case.user, case.member.role if case.member else None)
    form = AskedForm(request.POST if "change" in request.POST else None, asked=found)
    if request.method == "POST":
        done = act(request, case, found, form)
        if done is not None:
            return done
    edition = case.edition
    context: dict[str, Any] = {
        "case": case,
        "assessment": case.assessment,
        "asked": found,
        "section": edition.section_of[found.section],
        "question": edition.questions.get(found.question),
        "title": asking.title_of(found),
        "place": links.asked(found),
        "mine": mine,
        "may_change": may_change,
        "form": form,
        "answer": is_answered(case, found),
        "is_asked": is_there(case, found),
    }
    return render(request, "assessments/assessment/asked.html", context)


def is_there(case: MemberCase, found: Assignment) -> bool:
    """Tell whether what is asked can be opened: its question, or any of its section, applies at present."""
    return any(q.key == found.question if found.question else q.section == found.section for q in case.questions)


def is_answered(case: MemberCase, found: Assignment) -> bool:
    if found.question:
        return case.assessment.answers.filter(question__key=found.question).exists()
    counts = case.assessment.progress.get("sections", {}).get(found.section, {})
    return bool(counts) and counts["answered"] >= counts["applicable"]


def act(request: HttpRequest, case: MemberCase, found: Assignment, form: AskedForm) -> HttpResponse | None:
    """Do what was posted; None where the form has to be put right."""
    who = found.member.user
    if "done" in request.POST:
        asking.finish(found, by=case.user)
        messages.success(request, _("Thank you. We have notified the person who asked you."))
        return redirect("assessment", case.assessment.reference)
    if "stop" in request.POST:
        asking.stop_asking(found, by=case.user)
        messages.success(request, _("The request to %(name)s was withdrawn.") % {"name": who})
        return redirect("assessment", case.assessment.reference)
    roles.require(case.user, Action.ASK, case.assessment)
    if not form.is_bound:
        form = AskedForm(request.POST, asked=found)
    if not form.is_valid():
        return None
    asking.change_asked(found, by=case.user, due=form.cleaned_data["due"], note=form.cleaned_data["note"])
    messages.success(request, _("Saved. We have notified %(name)s.") % {"name": who})
    return redirect("asked", case.assessment.reference, found.pk)
