"""A form that is posted after the session of its reader ended."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from assessments.models import Assessment, User
from tests.support.page_text import markup_of

PRACTICE = "use-register"


def section_of(assessment: Assessment) -> str:
    return reverse("section", args=[assessment.reference, "governance"])


def typed(whose: str, base: int = 0, **fields: Any) -> dict[str, Any]:
    """A section's page with this name of its reader, as it is posted."""
    given = {"base": base, "operation": str(uuid.uuid4()), "choice": "partly", "text": "Typed too late.", **fields}
    return {f"{PRACTICE}--{name}": value for name, value in given.items()} | {"whose": whose}


def whose_of(response: Any) -> str:
    return str(markup_of(response).split('name="whose" value="', 1)[1].partition('"')[0])


def left_open(user: User, page: str) -> tuple[Client, str]:
    """The browser of somebody whose session ended while a page stood open, and whose the page says that it is."""
    client = signed_in(user)
    whose = whose_of(client.get(page))
    Session.objects.filter(session_key=client.session.session_key).delete()
    return client, whose


def kept_at(response: Any) -> str:
    """The address of the kept form, from the way to the sign-in page."""
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))
    return str(response["Location"]).partition("?next=")[2].replace("%2F", "/")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
