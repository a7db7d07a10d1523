"""Texts of the bank that people stumbled over: titles that stand alone, and words that must fit every tier."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

BANK = Path("fixtures/guideline/hk-genai-1.1")
ALONE = ("title", "task")
NAMES_NO_THING = frozenset(
    [
        "a",
        "ai",
        "an",
        "and",
        "be",
        "before",
        "can",
        "checks",
        "control",
        "do",
        "from",
        "in",
        "for",
        "have",
        "how",
        "on",
        "or",
        "people",
        "rely",
        "share",
        "stop",
        "the",
        "those",
        "to",
        "use",
        "what",
        "when",
        "while",
        "who",
        "you",
        "your",
    ]
)
"""Words that name nothing that *it* could mean."""
IT = re.compile(r"\b(?:it|its|itself)\b", re.IGNORECASE)


def titles(node: object) -> Iterator[str]:
    """Every title and task in a file of texts, at any depth."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ALONE and isinstance(value, str):
                yield value
            yield from titles(value)
    elif isinstance(node, list):
        for value in node:
            yield from titles(value)


def is_unclear(title: str) -> bool:
    """Tell whether a title says *it* before it has named anything."""
    found = IT.search(title)
    if found is None:
        return False
    named = re.findall(r"[a-z]+", title[: found.start()].lower().replace("{system}", "machine"))
    return set(named) <= NAMES_NO_THING


@pytest.mark.parametrize("path", sorted(BANK.rglob("*.en.yaml")), ids=lambda path: path.stem)
def test_no_title_says_it_before_it_names_a_thing(path: Path) -> None:
    assert [title for title in titles(yaml.safe_load(path.read_text())) if is_unclear(title)] == []


@pytest.mark.parametrize(
    ("title", "unclear"),
    [
        ("While you use it", True),
        ("Before you rely on it or share it", True),
        ("People in control: who checks and who can stop it", True),
        ("Find out who can stop {system} before it does harm", False),
        ("Set the maximum error rate, and say what happens if it is exceeded", False),
    ],
)
def test_a_planted_it_is_found(title: str, unclear: bool) -> None:
    assert is_unclear(title) is unclear


def texts(name: str) -> str:
    return (BANK / name).read_text()


def test_the_duties_of_the_limited_tier_are_said_so_that_they_fit_a_high_use() -> None:
    said = texts("requirements.en.yaml")
    assert "limited-risk system" not in said
    assert "Meet the transparency obligations that Table 1 sets for the Limited tier." in said
    assert "Give users a way to opt out, as Table 1 requires for the Limited tier." in said
    assert "Have the system audited for compliance every year, as Table 1 requires for the Limited tier." in said


def test_monitoring_is_asked_for_and_shown_over_the_same_number_of_days() -> None:
    assert "Four weeks of live figures without gaps" in texts("questionnaires/tier.en.yaml")
    assert "their daily notes for four weeks with no day missing" in texts("questionnaires/oversight.en.yaml")
    demo = yaml.safe_load(Path("fixtures/demo/silver-lantern-radiology.yaml").read_text())
    shown = next(one for one in found(demo, "days_ago") if one.get("part") == "monitoring")
    first, last = shown["days_ago"]
    assert (first - last + 1, shown["title"]) == (28, "Monitoring record of the past four weeks")


def test_advice_on_answers_is_true_also_where_nobody_reviews() -> None:
    said = texts("checks.en.yaml")
    assert "Attach the evidence for these answers first. Without evidence, nobody else can confirm an answer." in said
    assert "The people who sign or review the answers read each reason." in said


def found(node: object, key: str) -> Iterator[dict[str, Any]]:
    """Every mapping, at any depth, that has a key."""
    if isinstance(node, dict):
        if key in node:
            yield node
        for value in node.values():
            yield from found(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from found(value, key)
