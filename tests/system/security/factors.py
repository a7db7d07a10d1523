"""What the tests of the second factor share: an authenticator in the browser, an app that shows codes, whom they belong to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import struct
import time
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from assessments.models import User
from tests.system.security.doors import given_password

SECRETS = (base64.b32encode(hashlib.sha256(str(n).encode()).digest()[:20]).decode() for n in itertools.count())


def code_of(secret: str, at: float | None = None) -> str:
    """The six figures that an app shows for a key (RFC 6238), worked out here and not by what is tested."""
    counter = struct.pack(">Q", int((at or time.time()) // 30))
    found = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    place = found[-1] & 15
    return f"{(struct.unpack('>I', found[place : place + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def with_app(user: User) -> str:
    """Give somebody an app and recovery codes; returns the key that the app keeps."""
    secret = next(SECRETS)
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": get_adapter().encrypt(secret)}
    )
    RecoveryCodes.activate(user)
    return secret


def recovery_codes_of(user: User) -> list[str]:
    found: list[str] = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()
    return found


def forget_codes() -> None:
    """As if half a minute had passed: the app shows a code that was not used yet."""
    cache.clear()


def enter_code(client: Client, code: str, page: str = "mfa_authenticate", **extra: Any) -> Any:
    return client.post(reverse(page), {"code": code}, **extra)


def signed_in_with_app(user: User, secret: str) -> Client:
    """A browser in which this person has signed in by password and code."""
    given_password(user)
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": "correct horse battery staple"})
    assert enter_code(client, code_of(secret)).status_code == 302
    forget_codes()
    return client


def confirmed_by_code(client: Client, secret: str) -> Client:
    assert enter_code(client, code_of(secret), "mfa_reauthenticate").status_code == 302
    forget_codes()
    return client


class VirtualKey:
    """An authenticator of Chromium's own, which is always touched and always knows its person."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        self.id = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def credentials(self) -> list[Any]:
        found: list[Any] = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]
        return found

    def does_not_know_its_person(self) -> None:
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": False})
