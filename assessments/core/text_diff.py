"""Compare two texts word by word, in Chinese character by character, with a limit on the work.

The comparison is the greedy algorithm of Myers (1986): its work grows with the number of changes. difflib's grows with
the cube of the length where a word is repeated, so that a short text can keep a worker busy for minutes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MOST_PAIRS = 250_000
"""Pairs of words that one comparison looks at: as many as two texts of 500 words have. Takes about a tenth of a second."""

MOST_PAIRS_A_PAGE = 500_000
"""Pairs of words that all comparisons of a page look at together."""

WORDS = re.compile(r"\s+|[\u3000-\U0010ffff]|[^\W\u3000-\U0010ffff]+|[^\w\s]")
"""White space, a Chinese character, a word, another sign: each is one token. No part can match in two ways."""

type Pieces = list[tuple[str, bool]]
type Run = tuple[int, int, int]  # where equal words begin in the old and in the new text, and how many there are


@dataclass(slots=True)
class Budget:
    """How many pairs of words the comparisons of one page may still look at."""

    left: int = MOST_PAIRS_A_PAGE


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two texts in pieces, each with whether the other text lacks it."""

    old: Pieces = field(default_factory=list)
    new: Pieces = field(default_factory=list)
    whole: bool = False  # they differ too much: what lies between their common beginning and end is one piece
    page_is_full: bool = False  # and this is because the other comparisons of the page took the work

    @property
    def differs(self) -> bool:
        return any(differs for piece in (self.old, self.new) for _text, differs in piece)


def compare(old: str, new: str, budget: Budget | None = None) -> Comparison:
    """Compare two texts. `budget` is shared by the comparisons of a page; without one the limit of one comparison holds."""
    budget = budget or Budget()
    if old == new:
        return Comparison([(old, False)] if old else [], [(new, False)] if new else [])
    before, after = WORDS.findall(old), WORDS.findall(new)
    shorter = min(len(before), len(after))
    start = next((n for n in range(shorter) if before[n] != after[n]), shorter)
    end = next((n for n in range(shorter - start) if before[-1 - n] != after[-1 - n]), shorter - start)
    left, right = before[start : len(before) - end], after[start : len(after) - end]
    most = min(MOST_PAIRS, budget.left)
    runs, looked_at = _equal_runs(left, right, most) if left and right else ([], 0)
    budget.left -= looked_at
    same = [(0, 0, start)] if start else []
    same += [(start + a, start + b, length) for a, b, length in runs or ()]
    same += [(len(before) - end, len(after) - end, end)] if end else []
    return Comparison(
        *_pieces(before, after, same), whole=runs is None, page_is_full=runs is None and most < MOST_PAIRS
    )


def _equal_runs(left: list[str], right: list[str], most: int) -> tuple[list[Run] | None, int]:
    """Return the runs of equal words of a shortest edit script, and how many pairs were looked at; None: too many."""
    # On each diagonal (place on the left less place on the right), the furthest place on the left that was reached.
    furthest: dict[int, int] = {1: 0}
    rounds: list[list[int]] = []
    pairs = 0
    for changes in range(len(left) + len(right) + 1):
        reached = []
        for diagonal in range(-changes, changes + 1, 2):
            a = max(furthest.get(diagonal + 1, -1), furthest.get(diagonal - 1, -2) + 1)
            begun, b = a, a - diagonal
            while a < len(left) and b < len(right) and left[a] == right[b]:
                a, b = a + 1, b + 1
            pairs += a - begun + 1
            furthest[diagonal] = a
            reached.append(a)
            if a >= len(left) and b >= len(right):
                rounds.append(reached)
                return _walk_back(rounds, diagonal), pairs
        rounds.append(reached)
        if pairs > most:
            break
    return None, pairs


def _walk_back(rounds: list[list[int]], diagonal: int) -> list[Run]:
    """Collect the runs of equal words from the end of the script to its beginning."""
    runs: list[Run] = []
    for changes in range(len(rounds) - 1, -1, -1):
        a = rounds[changes][(diagonal + changes) // 2]
        if changes == 0:
            begun = 0
        else:
            former = rounds[changes - 1]
            down, across = (diagonal + changes) // 2, (diagonal + changes) // 2 - 1
            from_down = former[down] if down < changes else -1
            from_across = former[across] + 1 if across >= 0 else -1
            begun = max(from_down, from_across)
        if a > begun:
            runs.append((begun, begun - diagonal, a - begun))
        if changes:
            diagonal += 1 if from_down >= from_across else -1
    return runs[::-1]


def _pieces(before: list[str], after: list[str], same: list[Run]) -> tuple[Pieces, Pieces]:
    """Put the words together. Equal white space between two changes is part of the change, so that it reads as one."""
    old: Pieces = []
    new: Pieces = []
    a = b = 0
    for at_a, at_b, length in [*same, (len(before), len(after), 0)]:
        text = "".join(before[at_a : at_a + length])
        is_gap = length and text.isspace() and at_a > 0 and at_a + length < len(before)
        if is_gap and at_b > 0 and at_b + length < len(after) and (at_a > a or at_b > b):
            continue  # the next run takes it along
        for pieces, changed in ((old, "".join(before[a:at_a])), (new, "".join(after[b:at_b]))):
            if changed:
                pieces.append((changed, True))
            if text and pieces and not pieces[-1][1]:
                pieces[-1] = (pieces[-1][0] + text, False)
            elif text:
                pieces.append((text, False))
        a, b = at_a + length, at_b + length
    return old, new
