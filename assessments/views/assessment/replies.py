"""Replies to what a reviewer returned: saved one by one with script, all of a page by its button without."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assessments.access import roles
from assessments.access.roles import Action
from assessments.core import query_values
from assessments.core.errors import Conflict
from assessments.domain.review import replies
from assessments.forms.base import refusals
from assessments.forms.review import ReplyForm
from assessments.models import MarkReply, State
from assessments.views.assessment.member_case import MemberCase, find_case


@dataclass
class ReplyBox:
    """The reply to one returned answer or fact, as a page shows it."""

    target: str
    title: str
    url: str
    row: MarkReply | None
    form: ReplyForm
    may_reply: bool
    problem: str = ""
    theirs: MarkReply | None = None  # the reply that stands, where another one was to be saved over it

    @property
    def anchor(self) -> str:
        return f"r-{self.target.replace(':', '-')}"

    @property
    def words(self) -> str:
        return str(self.form["words"].value() or "")

    @property
    def is_given(self) -> bool:
        return bool(self.row and self.row.words)

    @property
    def base(self) -> int:
        """The revision on which the next save builds; after a failed one still that which the page had shown."""
        if self.problem:
            return query_values.count(str(self.form["base"].value())) or 0
        return self.row.revision if self.row else 0

    @property
    def operation(self) -> uuid.UUID:
        return uuid.uuid4()


def boxes_of(case: MemberCase, titles: Mapping[str, str], data: QueryDict | None = None) -> dict[str, ReplyBox]:
    """Return the replies to these targets (one query); `titles` names them."""
    submission = case.assessment.current_submission
    rows = {row.target: row for row in submission.replies.select_related("by")} if submission else {}
    url = reverse("reply", args=[case.assessment.reference])
    boxes = {}
    for target, title in titles.items():
        box = ReplyBox(target, title, url, rows.get(target), ReplyForm(), case.may_answer)
        given = data if data is not None and f"{box.anchor}-words" in data else None
        box.form = ReplyForm(given, prefix=box.anchor, row=box.row)
        boxes[target] = box
    return boxes


def save_replies(case: MemberCase, boxes: Iterable[ReplyBox], resolve: str = "") -> int:
    """Save the replies that changed; what could not be saved says so in its box and keeps its words."""
    saved = 0
    which, _colon, seen = resolve.rpartition(":")
    for box in boxes:
        if not box.form.is_bound:
            continue
        if not box.form.is_valid():
            box.problem = str(next(iter(box.form.errors.values()))[0])
            continue
        if not box.form.changes_something:
            continue
        base = box.form.cleaned_data["base"] or 0
        if which == box.anchor:
            base = query_values.count(seen) or base
        with refusals() as refused:
            box.row = replies.reply(
                case.assessment,
                box.target,
                by=case.user,
                words=box.form.cleaned_data["words"],
                base=base,
                operation=box.form.cleaned_data["operation"],
            )
            saved += 1
        box.problem = refused.words
        if conflict := refused.error_as(Conflict):
            box.theirs = conflict.current
    return saved


@require_POST
def reply(request: HttpRequest, reference: str) -> HttpResponse:
    """Save one reply: `target` and the words under its prefix. htmx gets the saved state, a form is led back to the page."""
    case = find_case(request, reference)
    roles.require(case.user, Action.ANSWER, case.assessment)
    target = request.POST.get("target", "")
    submission = case.assessment.current_submission
    # Compared here: a sign that PostgreSQL does not take is no target, and no fault of ours.
    if submission is None or target not in submission.marks.values_list("target", flat=True):
        raise Http404
    box = boxes_of(case, {target: target}, request.POST)[target]
    save_replies(case, [box])
    if getattr(request, "htmx", False):
        context: dict[str, Any] = {"box": box, "at": timezone.localtime(), "swap": True}
        return render(request, "assessments/assessment/reply_saved.html", context)
    if box.problem:
        messages.error(request, box.problem)
    elif case.assessment.state == State.RETURNED:
        messages.success(request, _("Your reply is saved."))
    return redirect("returned", reference)
