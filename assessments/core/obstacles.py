"""What stands in the way of a step: a code for pages and tests, and a sentence for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One obstacle. `code` names its kind in every language; `target` names what to correct, if it is one thing."""

    code: StrEnum
    words: str
    target: str = ""


def words_of(obstacles: Iterable[Obstacle]) -> list[str]:
    """Return the sentences alone, as errors and mails give them."""
    return [one.words for one in obstacles]
