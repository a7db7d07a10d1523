"""What somebody sets for themselves."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from assessments.forms.finding import SettingsForm


@login_required
@never_cache
def settings(request: HttpRequest) -> HttpResponse:
    """One's own settings: keyboard shortcuts, off until somebody switches them on."""
    user: Any = request.user
    form = SettingsForm(request.POST if request.method == "POST" else None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your settings are saved."))
        return redirect("settings")
    return render(request, "assessments/answering/settings.html", {"form": form})
