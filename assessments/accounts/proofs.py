"""The proofs of a session: what allauth recorded of how its person signed in and showed again that it is them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponseBase

from assessments.accounts import enrolment
from assessments.core import proof
from assessments.core.proof import Proof

View = Callable[..., Any]
METHODS = {"totp": "code from an authenticator app", "webauthn": "passkey", "recovery_codes": "recovery code"}


def of_session(request: HttpRequest) -> Proof | None:
    """Return the newest proof that was given after the sign-in, when the person was asked for one; the strongest first."""
    user: Any = request.user
    if not user.is_authenticated:
        return None
    asked = [record for record in get_authentication_records(request, user) if record.get("reauthenticated")]
    strong = [record for record in asked if record["method"] == "mfa"]
    proofs = [_proof(user, records[-1]) for records in (strong, asked) if records]
    return next((found for found in proofs if found.is_fresh), proofs[0] if proofs else None)


def of_sign_in(request: HttpRequest, user: Any) -> list[str]:
    """By what somebody has just signed in, in the order in which it was shown; empty right after a sign-up."""
    shown = [record for record in get_authentication_records(request, user) if not record.get("reauthenticated")]
    if shown and shown[-1].get("passwordless"):  # a password that was tried before did not lead on
        shown = shown[-1:]
    return list(dict.fromkeys(_method(record) for record in shown))


def _method(record: dict[str, Any]) -> str:
    strong = record["method"] == "mfa"
    return METHODS.get(record.get("type", ""), "second factor") if strong else str(record["method"])


def _proof(user: Any, record: dict[str, Any]) -> Proof:
    strong = record["method"] == "mfa"
    return Proof(user.pk, _method(record), float(record["at"]), strong)


def note_proof(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: decisions of a request ask its session for the proof."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with proof.found_by(lambda: of_session(request)):
            return get_response(request)

    return middleware


def ask(request: HttpRequest) -> None:
    """Ask for a fresh proof by the strongest factor, unless there is one. Raises ReauthenticationRequired: allauth leads
    to the page for it, keeps what was sent, and sends it again afterwards."""
    if not proof.is_good(of_session(request), request.user):
        raise ReauthenticationRequired


def confirmed(request: HttpRequest, form: BaseForm) -> bool:
    """Tell whether a form was sent without a fault, and ask for the fresh proof of such a form only.

    Nobody confirms who they are for a form that comes back to be corrected. The functions of the domain ask again.
    """
    if request.method != "POST" or not form.is_valid():
        return False
    ask(request)
    return True


def factor_needed(view: View) -> View:
    """For a page on which somebody decides: people without a second factor add one first, before anything is typed.

    The view asks for the fresh proof once its form is right (`confirmed`).
    """

    @wraps(view)
    def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if enrolment.lacks_factor(request.user):
            return enrolment.ask(request)
        return view(request, *args, **kwargs)

    return asking


def needed(view: View) -> View:
    """For a page that decides by its button alone: as `factor_needed`, and each POST asks for the fresh proof."""

    @factor_needed
    @wraps(view)
    def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST":
            ask(request)
        return view(request, *args, **kwargs)

    return asking
