"""What colleagues say about a question: its threads, on a page of their own and, with htmx, below its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from assessments import access, teamwork
from assessments.access import Action
from assessments.core import throttling
from assessments.errors import WorkflowError
from assessments.forms.teamwork import CommentForm
from assessments.guideline.edition import Question
from assessments.models import Comment, Membership
from assessments.views.case import Case, find_case
from assessments.views.inbox import seen


@dataclass
class Said:
    """One comment as a page shows it."""

    comment: Comment
    own: bool
    may_take_back: bool


@dataclass
class Thread:
    """A first remark and what was said to it."""

    first: Comment
    said: list[Said] = field(default_factory=list)
    form: CommentForm | None = None

    @property
    def is_open(self) -> bool:
        return self.first.resolved_at is None


def find_talked_about(case: Case, key: str) -> Question:
    """A question that this member may read, whether or not it is asked at present; else 404."""
    question = case.edition.questions.get(key)
    if question is None or not (case.targets is None or case.targets & {key, question.section}):
        raise Http404
    return question


@login_required
@never_cache
def comments(request: HttpRequest, reference: str, question: str) -> HttpResponse:
    """Read and write, answer, resolve and open again, take back one's own; each also without script."""
    case = find_case(request, reference)
    asked = find_talked_about(case, question)
    bound: CommentForm | None = None
    people: list[Membership] | None = None
    if request.method == "POST":
        access.require(case.user, Action.ANSWER, case.assessment)
        if not any(name in request.POST for name in ("resolve", "reopen", "take_back")):
            people = colleagues(case, asked)
            bound = comment_form(asked, people, request.POST.get("reply_to", ""), request.POST)
        place = act(request, case, asked, bound)
        if place is not None and not is_part(request):
            return redirect(reverse("comments", args=[reference, question]) + place)
        if place is not None:
            bound = None
    else:
        seen(request)
    threads = threads_of(case, asked)
    may_write = case.member is not None and case.member.role in access.MAY[Action.ANSWER]
    if may_write:
        people = colleagues(case, asked) if people is None else people
        for thread in threads:
            thread.form = comment_form(asked, people, str(thread.first.pk))
    new = comment_form(asked, people or [], "")
    for thread in threads:
        if bound and bound.data.get("reply_to") == str(thread.first.pk):
            thread.form = bound
    if bound and not bound.data.get("reply_to"):
        new = bound
    context = {
        "case": case,
        "assessment": case.assessment,
        "question": asked,
        "section": case.edition.section_of[asked.section],
        "is_asked": asked in case.questions,
        "threads": sorted(threads, key=lambda thread: not thread.is_open),
        "open": sum(thread.is_open for thread in threads),
        "form": new,
        "bound": bound,
        "may_write": may_write,
        "url": reverse("comments", args=[reference, question]),
    }
    page = "talk.html" if is_part(request) else "comments.html"
    return render(request, f"assessments/teamwork/{page}", context)


def is_part(request: HttpRequest) -> bool:
    """Tell whether only the threads are wanted, to stand below the answer."""
    return bool(getattr(request, "htmx", False))


def act(request: HttpRequest, case: Case, asked: Question, form: CommentForm | None) -> str | None:
    """Do what was posted; returns the place of the page to show, or None where the form has to be put right."""
    if form is not None:
        return write(request, case, asked, form)
    what = next(name for name in ("resolve", "reopen", "take_back") if name in request.POST)
    pk = request.POST[what]
    found = get_object_or_404(access.comments_on(case.assessment, asked.key), pk=pk if pk.isdecimal() else 0)
    found.assessment = case.assessment
    try:
        {"resolve": teamwork.resolve, "reopen": teamwork.reopen, "take_back": teamwork.take_back}[what](
            found, by=case.user
        )
    except WorkflowError as error:
        messages.error(request, str(error))
    return "" if what == "take_back" else f"#comment-{found.reply_to_id or found.pk}"


def write(request: HttpRequest, case: Case, asked: Question, form: CommentForm) -> str | None:
    thread = form.data.get("reply_to", "")
    reply_to = None
    if thread:
        reply_to = get_object_or_404(
            access.comments_on(case.assessment, asked.key), pk=thread if thread.isdecimal() else 0
        )
    if not form.is_valid():
        return None
    throttling.spend("comment", request, organisation=case.assessment.organisation_id)
    to = form.cleaned_data["to"]
    new = teamwork.comment(
        case.assessment, asked.key, form.cleaned_data["text"], by=case.user, reply_to=reply_to, to=[to] if to else ()
    )
    return f"#comment-{new.pk}"


def colleagues(case: Case, asked: Question) -> list[Membership]:
    """Who can be told: all who see the question, but oneself."""
    found = access.members_who_see(case.assessment, asked.section, asked.key)
    return [member for member in found if member.user_id != case.user.pk]


def comment_form(asked: Question, people: Sequence[Membership], thread: str, data: Any = None) -> CommentForm:
    place = f"q-{asked.key}--comment-{thread or 'new'}"
    label = _("Reply") if thread else _("New comment")
    return CommentForm(data, members=people, place=place, label=label)


def threads_of(case: Case, asked: Question) -> list[Thread]:
    of_thread: dict[int, list[Comment]] = {}
    for comment in access.comments_on(case.assessment, asked.key):
        of_thread.setdefault(comment.reply_to_id or comment.pk, []).append(comment)
    return [Thread(found[0], [said(one, found, case) for one in found]) for found in of_thread.values()]


def said(comment: Comment, thread: Sequence[Comment], case: Case) -> Said:
    return Said(comment, comment.author_id == case.user.pk, teamwork.may_take_back(comment, thread, case.user))
