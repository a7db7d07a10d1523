"""Two texts compared word by word: what is marked, and how much work it may be."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.core.text_diff import MOST_PAIRS, Budget, compare

WORDS = st.lists(st.sampled_from(["a", "bb", " ", "\n", ".", "甲", "乙", "。"]), max_size=30).map("".join)


def marked(pieces: list[tuple[str, bool]]) -> list[str]:
    return [text for text, differs in pieces if differs]


def joined(pieces: list[tuple[str, bool]]) -> str:
    return "".join(text for text, _differs in pieces)


@pytest.mark.parametrize(
    ("old", "new", "removed", "added"),
    [
        ("The doctor sees it.", "The nurse sees it.", ["doctor"], ["nurse"]),
        ("The doctor sees it.", "The nurse looks at it.", ["doctor sees"], ["nurse looks at"]),
        ("", "New words.", [], ["New words."]),
        ("Old words.", "", ["Old words."], []),
        ("Same.", "Same.", [], []),
        ("護士確認。", "護士每次確認。", [], ["每次"]),
        ("甲乙丙", "甲丁丙", ["乙"], ["丁"]),
    ],
)
def test_a_comparison_marks_the_words_that_changed(old, new, removed, added):
    found = compare(old, new)
    assert (marked(found.old), marked(found.new)) == (removed, added)


@settings(deadline=200)  # milliseconds
@given(WORDS, WORDS)
def test_the_pieces_make_up_both_texts_and_what_is_not_marked_is_the_same(old, new):
    found = compare(old, new)
    assert (joined(found.old), joined(found.new)) == (old, new)
    assert found.differs == (old != new)
    kept = ["".join(text for text, differs in side if not differs) for side in (found.old, found.new)]
    assert kept[0] == kept[1]
    assert not found.whole


def test_a_long_text_with_few_changes_is_compared_word_by_word():
    words = [f"word{n}" for n in range(3000)]
    changed = [f"new{n}" if n % 100 == 50 else word for n, word in enumerate(words)]
    found = compare(" ".join(words), " ".join(changed))
    assert not found.whole
    assert marked(found.new) == [f"new{n}" for n in range(50, 3000, 100)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a " * 450, "a b " * 450),
        ("a " * 10_000, "a b " * 5_000),
        ("甲乙" * 10_000, "乙丙甲" * 6_666),
        (" ".join(f"a{n}" for n in range(3000)), " ".join(f"b{n}" for n in range(3000))),
        ("a" * 20_000 + "中", "b" * 20_000 + "中"),
        ("x" + " " * 19_999, " " * 19_999 + "y"),
    ],
)
def test_the_worst_texts_are_compared_in_a_moment(old, new):
    began = time.monotonic()
    found = compare(f"Same start. {old}", f"Same start. {new}")
    assert time.monotonic() - began < 1
    assert (joined(found.old), joined(found.new)) == (f"Same start. {old}", f"Same start. {new}")
    assert found.old[0][0].startswith("Same start.")


def test_texts_that_differ_too_much_are_marked_whole_between_their_common_ends():
    found = compare("Begin. " + "a " * 900 + " End.", "Begin. " + "b c " * 900 + " End.")
    assert found.whole
    assert [differs for _text, differs in found.new] == [False, True, False]
    assert not found.page_is_full


def test_the_comparisons_of_a_page_share_its_work():
    budget = Budget()
    old, new = "a " * 900, "b c " * 900
    found = [compare(old, new, budget) for _n in range(10)]
    assert budget.left <= 0
    assert found[-1].whole
    assert found[-1].page_is_full
    assert compare("one two", "one three", Budget(MOST_PAIRS)).whole is False
