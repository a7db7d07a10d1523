"""What every template may show."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from assessments import access


def site(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    return {
        "help_contact": settings.HELP_CONTACT,
        "public_url": settings.PUBLIC_URL,
        "open_founding": settings.OPEN_FOUNDING,
        "languages": settings.LANGUAGES,
        # lazy: pages that show neither pay no query
        "may_review": SimpleLazyObject(lambda: signed_in and access.is_reviewer(user)),
    }
