"""What every template may show."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from assessments import access
from assessments.models import Membership, Role


def site(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)

    @cache
    def memberships() -> list[Membership]:
        return access.current_memberships(user) if user and user.is_authenticated else []

    return {
        "help_contact": settings.HELP_CONTACT,
        "public_url": settings.PUBLIC_URL,
        "open_founding": settings.OPEN_FOUNDING,
        "languages": settings.LANGUAGES,
        # lazy, and one query for both: pages that show neither pay none
        "organisations": SimpleLazyObject(lambda: [membership.organisation for membership in memberships()]),
        # Who only reviews has no systems or certificates of their own: four places that would be empty for ever.
        "works": SimpleLazyObject(lambda: not memberships() or any(m.role != Role.REVIEWER for m in memberships())),
        "may_review": SimpleLazyObject(lambda: any(m.role == Role.REVIEWER for m in memberships())),
    }
