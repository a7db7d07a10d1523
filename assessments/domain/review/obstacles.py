"""What keeps a reviewer from approving: a code that pages go by, and a sentence that people read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Names a kind of obstacle to an approval, whatever the language of its sentence."""

    UNMARKED = "unmarked"
    OWN_SET = "own_set"
    CHANGES = "changes"
    PROHIBITED = "prohibited"
    HELD = "held"  # the use is on hold, or its tier is provisional
    GATE = "gate"  # evidence or a part of the conformity file is missing
    PARTS = "parts"  # the reviewer has to judge parts of the conformity file
    SUPPLEMENTS = "supplements"
    OWN_WORK = "own_work"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One obstacle. `target` names the answer (`q:`) or part of the conformity file (`part:`) to correct, if any."""

    code: Code
    words: str
    target: str = ""


def words_of(obstacles: Iterable[Obstacle]) -> list[str]:
    """Return the sentences alone, as errors and mails give them."""
    return [one.words for one in obstacles]
