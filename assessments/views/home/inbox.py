"""The inbox: what a person was told, with a link to the very thing; reading the thing reads the line."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case as Cases
from django.db.models import Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments.core import query_values
from assessments.models import User
from assessments.notifications.inbox import mark_seen, messages_for, unread_for

ROWS = 50


@require_http_methods(["GET", "HEAD", "POST"])
def inbox(request: HttpRequest) -> HttpResponse:
    """Unread lines first, newest first; open one, or mark one or all as read."""
    user: Any = request.user
    if request.method == "POST":
        if "all" in request.POST:
            n = mark_seen(messages_for(user))
            words = ngettext("%(n)s notification was marked as read.", "%(n)s notifications were marked as read.", n)
            messages.success(request, words % {"n": n})
            return redirect("inbox")
        if "read" in request.POST:
            mark_seen(messages_for(user).filter(pk=_line(request, user, "read").pk))
            return redirect("inbox")
        return open_message(request, user)
    # Not by the time of reading: that would shuffle those that are read.
    read = Cases(When(read_at=None, then=Value(0)), default=Value(1))
    page = Paginator(messages_for(user).order_by(read, "-at", "-pk"), ROWS).get_page(request.GET.get("page"))
    context = {"page": page, "unread": unread_for(user).count()}
    return render(request, "assessments/home/inbox.html", context)


def _line(request: HttpRequest, user: User, name: str) -> Any:
    return get_object_or_404(messages_for(user), pk=query_values.key(request.POST.get(name)))


def open_message(request: HttpRequest, user: User) -> HttpResponse:
    """Mark an inbox line as read and go where it points."""
    message = _line(request, user, "message")
    mark_seen(messages_for(user).filter(pk=message.pk))
    return redirect(message.link if message.link.startswith("/") else "dashboard")
