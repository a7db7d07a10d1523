"""What colleagues say about a question: its threads, on a page of their own and, with htmx, below its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case as Cases
from django.db.models import Count, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core import query_values, throttling
from assessments.domain.answering import comments as answering_comments
from assessments.forms.collaboration import CommentForm
from assessments.guideline.edition import Question
from assessments.models import Comment, Membership
from assessments.views.assessment.member_case import MemberCase, find_case
from assessments.views.site.requests import refusals_as_messages
from assessments.views.site.seen import seen

THREADS_A_PAGE = 50
REPLIES_A_PAGE = 50  # of a thread that is shown alone
NEWEST_REPLIES = 20  # of each thread in the list


@dataclass
class ShownComment:
    """One comment as a page shows it."""

    comment: Comment
    own: bool
    may_take_back: bool


@dataclass
class Thread:
    """A first remark and what was said to it: the newest replies, and how many older ones there are."""

    first: Comment
    said: list[ShownComment] = field(default_factory=list)
    older: int = 0
    form: CommentForm | None = None

    @property
    def is_open(self) -> bool:
        return self.first.resolved_at is None


@dataclass
class Talk:
    """What a page shows of the comments on a question."""

    threads: list[Thread]
    page: Page[Comment]  # of first remarks, or of the replies of one thread
    total: int
    open: int
    one: int = 0  # the thread that is shown alone

    @property
    def query(self) -> str:
        return f"&thread={self.one}" if self.one else ""


def find_talked_about(case: MemberCase, key: str) -> Question:
    """Return a question that this member may read, whether or not it is asked at present; else 404."""
    question = case.edition.questions.get(key)
    if question is None or not (case.targets is None or case.targets & {key, question.section}):
        raise Http404
    return question


@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: HttpRequest, reference: str, question: str) -> HttpResponse:
    """Read and write, answer, resolve and open again, take back one's own; each also without script."""
    case = find_case(request, reference)
    asked = find_talked_about(case, question)
    bound: CommentForm | None = None
    people: list[Membership] | None = None
    if request.method == "POST":
        roles.require(case.user, Action.ANSWER, case.assessment)
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
    talk = talk_of(request, case, asked, bound)
    may_write = case.member is not None and case.member.role in roles.MAY[Action.ANSWER]
    if may_write:
        people = colleagues(case, asked) if people is None else people
        for thread in talk.threads:
            thread.form = comment_form(asked, people, str(thread.first.pk))
    new = comment_form(asked, people or [], "")
    for thread in talk.threads:
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
        "talk": talk,
        "threads": talk.threads,
        "open": talk.open,
        "any": talk.total > 0,
        "form": new,
        "bound": bound,
        "may_write": may_write,
        "url": reverse("comments", args=[reference, question]),
    }
    page = "talk.html" if is_part(request) else "comments.html"
    return render(request, f"assessments/assessment/{page}", context)


def is_part(request: HttpRequest) -> bool:
    """Tell whether only the threads are wanted, to stand below the answer."""
    return bool(getattr(request, "htmx", False))


def act(request: HttpRequest, case: MemberCase, asked: Question, form: CommentForm | None) -> str | None:
    """Do what was posted; returns the place of the page to show, or None where the form has to be put right."""
    if form is not None:
        return write(request, case, asked, form)
    what = next(name for name in ("resolve", "reopen", "take_back") if name in request.POST)
    pk = query_values.key(request.POST[what])
    found = get_object_or_404(finders.comments_on(case.assessment, asked.key), pk=pk)
    found.assessment = case.assessment
    with refusals_as_messages(request):
        {
            "resolve": answering_comments.resolve,
            "reopen": answering_comments.reopen,
            "take_back": answering_comments.take_back,
        }[what](found, by=case.user)
    return "" if what == "take_back" else place_of(found.reply_to_id or found.pk)


def write(request: HttpRequest, case: MemberCase, asked: Question, form: CommentForm) -> str | None:
    thread = form.data.get("reply_to", "")
    reply_to = None
    if thread:
        reply_to = get_object_or_404(finders.comments_on(case.assessment, asked.key), pk=query_values.key(thread))
    if not form.is_valid():
        return None
    throttling.spend("comment", request, organisation=case.assessment.organisation_id)
    to = form.cleaned_data["to"]
    new = answering_comments.comment(
        case.assessment, asked.key, form.cleaned_data["text"], by=case.user, reply_to=reply_to, to=[to] if to else ()
    )
    return place_of(new.pk)


def place_of(pk: int) -> str:
    """Return the end of the address of a comment: the query finds the page that it is on."""
    return f"?at={pk}#comment-{pk}"


def colleagues(case: MemberCase, asked: Question) -> list[Membership]:
    """Return who can be told: all who see the question, but oneself."""
    found = finders.members_who_see(case.assessment, asked.section, asked.key)
    return [member for member in found if member.user_id != case.user.pk]


def comment_form(asked: Question, people: Sequence[Membership], thread: str, data: Any = None) -> CommentForm:
    place = f"q-{asked.key}--comment-{thread or 'new'}"
    label = _("Reply") if thread else _("New comment")
    return CommentForm(data, members=people, place=place, label=label)


def talk_of(request: HttpRequest, case: MemberCase, asked: Question, bound: CommentForm | None) -> Talk:
    """Return a page of threads, open ones first; or of one thread, where it is asked for or has many replies."""
    comments = finders.comments_on(case.assessment, asked.key)
    firsts = comments.filter(reply_to=None)
    sums = firsts.aggregate(total=Count("pk"), open=Count("pk", filter=Q(resolved_at=None)))
    total, is_open = sums["total"], sums["open"]
    wanted = _number(request.GET.get("thread", ""))
    at = _number(bound.data.get("reply_to", "") if bound else request.GET.get("at", ""))
    place = comments.filter(pk=at).first() if at else None
    if place is not None and place.reply_to_id:
        newer = comments.filter(reply_to=place.reply_to_id, pk__gt=place.pk).count()
        wanted = place.reply_to_id if newer >= NEWEST_REPLIES else wanted
    alone = firsts.filter(pk=wanted).first() if wanted else None
    if alone is not None:
        page, threads = one_thread(request, case, alone, comments.filter(reply_to=alone), place)
        return Talk(threads, page, total, is_open, alone.pk)
    closed = Cases(When(resolved_at=None, then=Value(0)), default=Value(1))
    paginator = Paginator(firsts.order_by(closed, "pk"), THREADS_A_PAGE)
    paginator.count = total
    number = request.GET.get("page", "1")
    if place is not None:
        first = place if place.reply_to_id is None else firsts.get(pk=place.reply_to_id)
        before = firsts.filter(pk__lt=first.pk, resolved_at__isnull=first.resolved_at is None).count()
        number = str((before + (is_open if first.resolved_at else 0)) // THREADS_A_PAGE + 1)
    page = paginator.get_page(number)
    return Talk(threads_of(case, list(page.object_list), comments), page, total, is_open)


def _number(text: Any) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def one_thread(
    request: HttpRequest, case: MemberCase, first: Comment, replies: QuerySet[Comment], place: Comment | None
) -> tuple[Page[Comment], list[Thread]]:
    """Return one page of the replies of a thread, the newest page where none is asked for."""
    paginator = Paginator(replies, REPLIES_A_PAGE)
    number: Any = request.GET.get("page", paginator.num_pages)
    if place is not None:
        number = replies.filter(pk__lt=place.pk).count() // REPLIES_A_PAGE + 1
    page = paginator.get_page(number)
    shown = [first, *page.object_list]
    end = shown if not page.has_next() else [*shown, *replies.order_by("-pk")[:1]]
    return page, [Thread(first, [said(one, end, case) for one in shown])]


def threads_of(case: MemberCase, firsts: Sequence[Comment], comments: QuerySet[Comment]) -> list[Thread]:
    """These threads with their newest replies: one query."""
    place = Window(RowNumber(), partition_by="reply_to", order_by=F("pk").desc())
    count = Window(Count("pk"), partition_by="reply_to")
    replies = comments.filter(reply_to__in=[first.pk for first in firsts]).annotate(place=place, among=count)
    of_thread: dict[int, list[Comment]] = {one.pk: [one] for one in firsts}
    older: dict[int, int] = {}
    for reply in replies.filter(place__lte=NEWEST_REPLIES):
        first = reply.reply_to_id or reply.pk
        of_thread[first].append(reply)
        older[first] = max(reply.among - NEWEST_REPLIES, 0)
    return [
        Thread(found[0], [said(one, found, case) for one in found], older.get(found[0].pk, 0))
        for found in of_thread.values()
    ]


def said(comment: Comment, thread: Sequence[Comment], case: MemberCase) -> ShownComment:
    return ShownComment(
        comment, comment.author_id == case.user.pk, answering_comments.may_take_back(comment, thread, case.user)
    )
