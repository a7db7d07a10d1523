"""What somebody is about to do when a page asks them to show once more that it is them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

DELETIONS = {"account_delete", "organisation_delete"}
COPIES = {"my_data", "organisation_data"}
OF_A_MEMBER = {"reset_factor", "members_factor"}


def next_step(request: HttpRequest) -> str:
    """Say in a sentence what the page does that asked: it is the one to which the reader goes back."""
    name = _name_of(request.POST.get("next") or request.GET.get("next") or "")
    if name in DELETIONS:
        return _("The next step deletes data permanently.")
    if name in COPIES:
        return _("The next step downloads stored data.")
    if name in OF_A_MEMBER:
        return _("The next step changes how members of your organisation sign in.")
    if name.startswith(("account_", "mfa_", "usersessions_", "recovery_codes_")) or not name:
        return _("The next step shows or changes your sign-in settings.")
    return _("The next step records a decision in your name.")


def _name_of(address: str) -> str:
    try:
        found: Any = resolve(address.partition("?")[0])
    except Resolver404:
        return ""
    return str(found.url_name or "")
