"""One subject once among the first actions: a rule over an order, whatever the practices are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from assessments.guideline.order import Subject
from assessments.scoring.subjects import once_among_the_first

PAIR = Subject(("b", "d"))
CONCRETE = Subject(("d", "b"), concrete_first=True)


def reordered(
    order: str, subjects: Sequence[Subject], needs: Mapping[str, str] | None = None, first: int = 4
) -> tuple[str, dict[str, str]]:
    found, stands = once_among_the_first(list(order), str, subjects, needs or {}, first)
    return "".join(found), stands


@pytest.mark.parametrize(
    ("order", "subjects", "after"),
    [
        ("abcdef", [], "abcdef"),
        ("abcdef", [PAIR], "abcedf"),
        ("abcefd", [PAIR], "abcefd"),  # the second one is not among the first
        ("acefbd", [PAIR], "acefbd"),
        ("dabcef", [PAIR], "dacebf"),  # the most urgent one stands
        ("abcdef", [CONCRETE], "adcebf"),  # the concrete one stands in the place of the most urgent
        ("abcefd", [CONCRETE], "abcefd"),  # it is not brought up from further down
        ("bacfde", [CONCRETE, Subject(("a", "c"))], "dafebc"),  # a move brought the concrete one among the first
        ("abcdef", [Subject(("a", "b", "c"))], "adefbc"),
        ("abcdef", [PAIR, Subject(("a", "c"))], "abefcd"),
        ("abc", [Subject(("a", "b"))], "acb"),
        ("abcdef", [Subject(("x", "a"))], "abcdef"),
    ],
)
def test_of_one_subject_only_one_stands_among_the_first(order: str, subjects: list[Subject], after: str) -> None:
    found, stands = reordered(order, subjects)
    assert found == after
    assert sorted(found) == sorted(order)
    assert all(found.index(stands[one]) < found.index(one) for one in stands)


def test_what_follows_in_the_place_of_one_that_moved_is_looked_at_too() -> None:
    assert reordered("abcdefg", [Subject(("a", "d", "e"))]) == ("abcfdeg", {"d": "a", "e": "a"})


def test_what_another_of_the_first_needs_is_not_moved_after_it() -> None:
    assert reordered("abdcef", [PAIR], {"c": "d"}) == ("abdcef", {})
    assert reordered("abdcef", [PAIR], {"f": "d"}) == ("abcedf", {"d": "b"})


def test_the_concrete_one_is_not_put_before_what_it_needs() -> None:
    assert reordered("abcdef", [CONCRETE], {"d": "c"})[0] == "abcedf"
    assert reordered("abcdef", [CONCRETE], {"d": "a"})[0] == "adcebf"


def test_an_order_without_doubles_is_left_alone() -> None:
    once, _stands = reordered("abcdef", [PAIR, CONCRETE])
    assert reordered(once, [PAIR, CONCRETE]) == (once, {})
