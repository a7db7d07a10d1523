"""What every template may show."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from assessments.access import roles
from assessments.accounts.confirming import next_step
from assessments.forms.accounts import SHARED_KEY
from assessments.models import Membership
from assessments.views.site.expired_forms import sign_page


def site(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)

    @cache
    def memberships() -> list[Membership]:
        return roles.memberships_on_page(user) if user and user.is_authenticated else []

    signed_in = user if user and user.is_authenticated else None
    session = getattr(request, "session", None)
    return {
        "whose": SimpleLazyObject(lambda: sign_page(request) if signed_in else ""),
        "held": SimpleLazyObject(lambda: request.POST.get("held") or request.GET.get("held", "")),
        "session_ends": getattr(session, "ends", None) if signed_in else None,
        "shared_computer": bool(signed_in and session and session.get(SHARED_KEY)),
        "next_step": SimpleLazyObject(lambda: next_step(request)),  # for the pages that ask who it is
        "help_contact": settings.HELP_CONTACT,
        "public_url": settings.PUBLIC_URL,
        "open_founding": settings.OPEN_FOUNDING,
        "languages": tuple(settings.LANGUAGES),
        # The language switch leads back here; where there is none, all pages have the same frame.
        "next_page": request.get_full_path() if len(settings.LANGUAGES) > 1 else "",
        # lazy, and one query for both: pages that show neither pay none
        "organisations": SimpleLazyObject(lambda: [membership.organisation for membership in memberships()]),
        "member_of": SimpleLazyObject(
            lambda: tuple((one.organisation.reference, one.organisation.name_en) for one in memberships())
        ),
        # Who only reviews has no systems or certificates of their own: four places that would be empty for ever.
        "works": SimpleLazyObject(
            lambda: not memberships() or any(m.role in roles.WORKING_ROLES for m in memberships())
        ),
        "may_review": SimpleLazyObject(lambda: any(m.role in roles.REVIEWING_ROLES for m in memberships())),
    }
