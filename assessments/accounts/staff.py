"""The administration: staff sign in as everybody does, for a short time, and each page they open is logged."""

from __future__ import annotations

import time
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.decorators import secure_admin_login
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator


class StaffSite(AdminSite):
    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Lead to the sign-in page of the site, with its limits; whoever is signed in and no staff is refused."""
        return super().login(request, extra_context)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        shown = super().admin_view(view, cacheable)

        @wraps(shown)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if self.has_permission(request):
                if not proved_lately(request):
                    raise ReauthenticationRequired
                note_page(request)
            return shown(request, *args, **kwargs)

        return guarded


def proved_lately(request: HttpRequest) -> bool:
    """Tell whether the person has signed in, or shown again that it is them, within the time set for staff.

    By the strongest factor that the account has: the password does not do beside a second one.
    """
    user: Any = request.user
    records = get_authentication_records(request, user)
    if user.has_second_factor():
        records = [record for record in records if record["method"] == "mfa"]
    return bool(records) and time.time() - records[-1]["at"] < settings.STAFF_SECONDS


def note_page(request: HttpRequest) -> None:
    """Say in the log of the installation which page of the administration somebody opens."""
    from assessments.accounts import account_log  # the models are loaded after this module
    from assessments.audit.kinds import AuditKind

    user: Any = request.user
    details = {"page": request.path, "method": str(request.method)}
    account_log.write_for_installation(AuditKind.STAFF_PAGE, user, by=user, details=details)
