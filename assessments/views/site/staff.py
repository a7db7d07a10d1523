"""The page on which staff end all sessions of a person. The administration guards it, and logs each time it is opened."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments.accounts import recovery, running
from assessments.forms.base import refusals
from assessments.forms.staff import EndSessionsForm, PersonForm


@require_http_methods(["GET", "HEAD", "POST"])
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Find a person first, see how often they are signed in, then end it all with a reason."""
    user: Any = request.user
    ends = "end" in request.POST
    find = PersonForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("End all of a person's sessions"),
        "find": find,
    }
    person = recovery.person_with(find.cleaned_data["mail"]) if find.is_valid() else None
    if person is not None:
        form = EndSessionsForm(request.POST if ends else None, initial={"mail": person.email})
        if ends and form.is_valid():
            with refusals(form):
                count = recovery.end_sessions(person, by=user, reason=form.cleaned_data["reason"])
                messages.success(request, _said(str(person), count))
                return redirect("admin_end_sessions")
        context |= {"person": person, "sessions": running.sessions_of(person, None), "form": form}
    elif find.is_valid():
        find.add_error("mail", _("No account has this email address. Check the address."))
    return render(request, "admin/end_sessions.html", context)


def _said(name: str, count: int) -> str:
    said = ngettext(
        "%(n)s session of %(name)s was ended. We have notified this person by email.",
        "%(n)s sessions of %(name)s were ended. We have notified this person by email.",
        count,
    )
    return said % {"n": count, "name": name}
