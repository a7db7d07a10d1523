"""What the tests of the account pages share: people with a password, what is typed into forms, what was mailed and logged."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.module_loading import import_string

from assessments.models import AuditEntry, User
from assessments.models.audit import INSTALLATION
from tests.support.factories import PASSWORD, make_user

NEW_PASSWORD = "a lantern on the water"


def with_password(name: str = "Petra Person", **fields: Any) -> User:
    user = make_user(name, **fields)
    return given_password(user)


def given_password(user: User, password: str = PASSWORD) -> User:
    user.set_password(password)
    user.save()
    return user


def signed_in(user: User, password: str = PASSWORD, **extra: Any) -> Client:
    """A browser in which this person has signed in by the form."""
    client = Client()
    response = sign_in(client, user.email, password, **extra)
    assert response.status_code == 302, response.content.decode()
    return client


def sign_in(client: Client, email: str, password: str, **extra: Any) -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": password}, **extra)


def is_in(client: Client) -> bool:
    return client.get(reverse("dashboard")).status_code == 200


def confirm_it_is_me(client: Client, password: str = PASSWORD) -> Any:
    return client.post(reverse("account_reauthenticate"), {"password": password})


def mails_to(address: str) -> list[Any]:
    return [message for message in mail.outbox if message.to == [address]]


def code_in(message: Any) -> str:
    """The code that stands on a line of its own."""
    found = re.search(r"^([A-Z0-9]{3,}-?[A-Z0-9]{3,})$", message.body, re.MULTILINE)
    assert found, message.body
    return found[1]


def link_in(message: Any) -> str:
    """The path of the link that stands on a line of its own."""
    found = re.search(r"^https?://[^/\s]+(/\S+)$", message.body, re.MULTILINE)
    assert found, message.body
    return found[1]


def sign_up(client: Client, email: str, name: str = "Nora Newcomer", password: str = NEW_PASSWORD, **more: str) -> Any:
    return client.post(reverse("account_signup"), {"name": name, "email": email, "password1": password, **more})


def enter_code(client: Client, code: str) -> Any:
    return client.post(reverse("account_email_verification_sent"), {"code": code})


def reset_password(client: Client, email: str, password: str = NEW_PASSWORD) -> Any:
    """Ask for the link, follow it and choose a password; returns the last answer."""
    client.post(reverse("account_reset_password"), {"email": email})
    return follow_reset(client, link_in(mails_to(email)[-1]), password)


def follow_reset(client: Client, link: str, password: str = NEW_PASSWORD) -> Any:
    page = client.get(link)
    where = page.url if page.status_code == 302 else link
    return client.post(where, {"password1": password, "password2": password})


def logged(kind: str, chain: str = INSTALLATION) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(kind=kind, chain=chain).order_by("seq"))


@contextmanager
def process_log(name: str = "django.request") -> Iterator[io.StringIO]:
    """What the process writes under this name, in the form that settings give its lines."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    plain = dict(settings.LOGGING["formatters"]["plain"])
    formatter = import_string(plain.pop("class", "logging.Formatter"))
    handler.setFormatter(formatter(plain["format"], plain["datefmt"], style=plain["style"]))
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    try:
        yield written
    finally:
        logger.removeHandler(handler)
