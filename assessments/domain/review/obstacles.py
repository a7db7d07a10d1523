"""What keeps a reviewer from approving: the code of each kind of obstacle, by which a page links to where it is cleared."""

from __future__ import annotations

from enum import StrEnum

from assessments.core.obstacles import Obstacle, words_of

__all__ = ["Code", "Obstacle", "words_of"]


class Code(StrEnum):
    """Names a kind of obstacle to an approval. `target` of an obstacle: the answer (`q:`) or part (`part:`) to correct."""

    UNMARKED = "unmarked"
    OWN_SET = "own_set"
    CHANGES = "changes"
    PROHIBITED = "prohibited"
    HELD = "held"  # the use is on hold, or its tier is provisional
    GATE = "gate"  # evidence or a part of the conformity file is missing
    PARTS = "parts"  # the reviewer has to judge parts of the conformity file
    SUPPLEMENTS = "supplements"
    OWN_WORK = "own_work"
