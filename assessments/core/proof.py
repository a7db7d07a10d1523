"""Who has just shown that it is them, how and when: what a decision asks for before it is made, and keeps beside it.

A proof is held in a context variable, as the origin of an act is, so that functions of the domain need no request: the
middleware says where to find it for each request (`accounts/proofs.py`), a command that has to act names itself. Without
one nothing is decided, whatever calls the function: a page, a shell or a job.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.utils.translation import gettext as _

from assessments.core.errors import NotPermitted

PASSWORD, COMMAND = "password", "command"


@dataclass(frozen=True, slots=True)
class Proof:
    """`user`: whose proof it is, None for anybody (of a command). `method`: how. `at`: seconds. `strong`: a second factor."""

    user: int | None
    method: str
    at: float
    strong: bool

    def record(self) -> dict[str, Any]:
        """As it stands beside the entry of a decision in the log."""
        return {"method": self.method, "at": int(self.at)}

    def is_of(self, by: Any) -> bool:
        return self.user is None or self.user == by.pk

    @property
    def is_fresh(self) -> bool:
        return 0 <= time.time() - self.at < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def _nobody() -> Proof | None:
    return None


_FIND: ContextVar[Callable[[], Proof | None]] = ContextVar("find_proof", default=_nobody)
_USED: ContextVar[Proof | None] = ContextVar("proof_used", default=None)


def current() -> Proof | None:
    """Return the newest proof of the person who acts here, fresh or not."""
    return _FIND.get()()


def used(by: Any) -> Proof | None:
    """Return the proof with which this person decides just now; None outside of a decision, and for anybody else."""
    proof = _USED.get()
    return proof if proof is not None and by is not None and proof.is_of(by) else None


@contextmanager
def found_by(find: Callable[[], Proof | None]) -> Iterator[None]:
    """Let what happens inside ask `find` for the proof: each time anew, since it may be given in the middle of a request."""
    token = _FIND.set(find)
    try:
        yield
    finally:
        _FIND.reset(token)


@contextmanager
def of_command(name: str) -> Iterator[None]:
    """Let a command decide in the name of people: the log says with each decision that this command did it."""
    proof = Proof(None, f"{COMMAND} {name}", time.time(), strong=True)
    with found_by(lambda: Proof(None, proof.method, time.time(), strong=True)):
        yield


# --- second factors -------------------------------------------------------------------------------------------------------


def require_factor(by: Any) -> None:
    """Refuse a person who reviews or signs and has no second factor. Raises NotPermitted."""
    proof = current()
    if proof is not None and proof.user is None:  # a command
        return
    if by.needs_second_factor() and not by.has_second_factor():
        raise NotPermitted(
            _("Add an authenticator app or a passkey in your settings first. This step needs a second factor.")
        )


def is_good(proof: Proof | None, by: Any) -> bool:
    """Tell whether a proof is this person's, fresh, and by the strongest factor that the account has."""
    return proof is not None and proof.is_of(by) and proof.is_fresh and (proof.strong or not by.has_second_factor())


def require(by: Any) -> Proof:
    """Return the proof with which somebody may decide now. Raises NotPermitted: without a second factor, or a fresh proof."""
    require_factor(by)
    proof = current()
    if proof is None or not is_good(proof, by):
        raise NotPermitted(
            _(
                "Confirm your identity again. Use your second factor, or your password if you have no second factor."
                " Each confirmation is valid for only a few minutes."
            )
        )
    return proof


def asked[**P, R](decide: Callable[P, R]) -> Callable[P, R]:
    """Make a function of the domain ask for the proof of `by` first, and keep it with the entries that it writes."""

    @wraps(decide)
    def deciding(*args: P.args, **kwargs: P.kwargs) -> R:
        token = _USED.set(require(kwargs["by"]))
        try:
            return decide(*args, **kwargs)
        finally:
            _USED.reset(token)

    cast(Any, deciding).asks = "proof"
    return deciding


def factor_asked[**P, R](act: Callable[P, R]) -> Callable[P, R]:
    """Make a reviewer's function ask that `by` has a second factor where the installation wants one."""

    @wraps(act)
    def acting(*args: P.args, **kwargs: P.kwargs) -> R:
        require_factor(kwargs["by"])
        return act(*args, **kwargs)

    cast(Any, acting).asks = "factor"
    return acting
