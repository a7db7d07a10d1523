"""Each guard of a review worth its word is missed by a test: it is taken out of the product, and that test has to fail.

The random model of a review meets these seldom; here each has a test that goes straight to it. A test names its guards
itself, with `fails_without`, and may move to any file.
"""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from typing import Any

import pytest

from assessments.models import State
from tests.run import ROOT
from tests.support.daily import mostly_long
from tests.support.factories import Cast, make_assessment
from tests.support.mutants import FAILS_WITHOUT, GUARDS, SELDOM_MET, Failing, fails_without, take_out

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

# The tests that name a guard register it when they are imported.
for path in sorted((ROOT / "tests").rglob("test_*.py")):
    if "\n@fails_without(" in path.read_text("utf-8"):
        import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))

GUARDED = [guard for guard in GUARDS if guard in FAILS_WITHOUT]
OF_THE_ATTACKS = {
    "one of the two is independent",
    "a hold is closed first",
    "nothing is issued on a stale approval",
    "who may not review keeps no seat",
    "declares again first",
}  # the tests of the attacks take these out


def call(failing: Failing, cast: Cast) -> None:
    """Call a test with what its parameters are named after; the rest is given beside its guard."""
    given = iter(failing.given)
    with pytest.MonkeyPatch.context() as patch:
        failing.test(*[made(name, failing, cast, patch) or next(given) for name in parameters(failing)])


def made(name: str, failing: Failing, cast: Cast, patch: pytest.MonkeyPatch) -> Any:
    """Make a fixture of that name as the test's own module does, or return None."""
    match name:
        case "cast":
            return cast
        case "monkeypatch":
            return patch
        case "assessment":
            return sys.modules[failing.test.__module__].once_for_all(cast)
        case "submission":
            return make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    return None


def parameters(failing: Failing) -> list[str]:
    return list(inspect.signature(failing.test).parameters)


def test_what_the_random_model_seldom_meets_has_a_test():
    assert set(GUARDED) | OF_THE_ATTACKS >= SELDOM_MET


@pytest.mark.parametrize("guard", ["the team decides", GUARDED[0]], ids=["unknown", "named by another test"])
def test_a_guard_that_is_unknown_or_has_a_test_is_refused(guard):
    with pytest.raises(AssertionError):
        fails_without(guard)(test_what_the_random_model_seldom_meets_has_a_test)


@pytest.mark.few_a_day(3)
@pytest.mark.parametrize("guard", mostly_long(GUARDED, 3))
def test_a_test_fails_without_its_guard(guard, cast, monkeypatch):
    take_out(monkeypatch, *GUARDS[guard])
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        call(FAILS_WITHOUT[guard], cast)


# Those that ask for the cast alone are called here as in their own modules, where they pass.
CALLED_OTHERWISE = [guard for guard in GUARDED if parameters(FAILS_WITHOUT[guard]) != ["cast"]]


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("guard", mostly_long(CALLED_OTHERWISE, 3))
def test_the_same_test_passes_with_it(guard, cast):
    call(FAILS_WITHOUT[guard], cast)
