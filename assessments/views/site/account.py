"""What somebody sets for themselves."""

from __future__ import annotations

import copy
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments.access import separation
from assessments.accounts import changes, running
from assessments.domain.review import seat_requests
from assessments.forms.accounts import SettingsForm
from assessments.forms.base import refusals
from assessments.forms.review import AbsenceForm


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Show one's own settings: keyboard shortcuts, off until somebody switches them on; of a reviewer, when they are away."""
    user: Any = request.user
    data = request.POST if request.method == "POST" else None
    form = SettingsForm(data, instance=copy.copy(user))
    days = {"away_from": user.away_from, "away_until": user.away_until}
    absence = AbsenceForm(data, initial=days) if separation.reviewing_organisations(user) else None
    if request.method == "POST" and form.is_valid() and (absence is None or absence.is_valid()):
        with refusals(absence or form):
            if absence:
                seat_requests.set_absence(user, absence.cleaned_data["away_from"], absence.cleaned_data["away_until"])
            changes.save_settings(request, form)
            messages.success(request, _("Your settings are saved."))
            return redirect("settings")
    return render(request, "assessments/site/settings.html", {"form": form, "absence": absence})


@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Show where one is signed in; a press of a button ends one of these sessions, or all others."""
    user: Any = request.user
    here = request.session.session_key
    found = running.sessions_of(user, here)
    if request.method == "POST":
        asked = request.POST.get("end", "")
        chosen = [one.pk for one in found if asked in ("others", str(one.pk))]
        count = running.end(user, chosen, here=here)
        said = ngettext("%(n)s session was ended.", "%(n)s sessions were ended.", count) % {"n": count}
        messages.success(request, said if count else _("There were no other sessions."))
        return redirect("usersessions_list")
    others = sum(not one.is_here for one in found)
    return render(request, "account/sessions.html", {"sessions": found, "others": others})
