"""How allauth fits this product: sign-up is open only where founding is, or with an invitation, for its address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

if TYPE_CHECKING:
    from assessments.models import Invitation

INVITATION_KEY = "invitation"


def invitation_of(request: HttpRequest | None) -> Invitation | None:
    """The open invitation with which somebody came, if any; one query where there is one, none otherwise."""
    from assessments import access  # allauth loads this module before the models

    token = request.session.get(INVITATION_KEY) if request else None
    return access.invitation_with(token) if token else None


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.OPEN_FOUNDING or invitation_of(request) is not None
