"""What a page says once on the next one ("Your settings are saved."): in a cookie of this host alone, as the session's is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class HostCookieStorage(CookieStorage):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cookie_name = f"{settings.HOST_ONLY}messages"


class MessageStorage(FallbackStorage):
    """As Django's: what is too long for the cookie goes into the session."""

    storage_classes = (HostCookieStorage, SessionStorage)
