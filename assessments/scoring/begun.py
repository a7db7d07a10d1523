"""What is left of a practice that is begun, in words: a title from its open lines, never from those that are in place.

Our judgement: a line may have a task of its own for when it is what is left; where it has none, its first step is the
title, since that names the open line alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assessments.guideline.edition import Question, Remedy
from assessments.guideline.wording import UseWords

LONGEST_TITLE = 110
"""A first step that is longer is cut where a further clause begins."""
NAMED = 2
"""So many open lines are named; the others are counted."""
_SENTENCE_ENDS = re.compile(r"(?<=[a-z0-9)”])[.;:](?=\s|$)")
_CLAUSE_BEGINS = re.compile(r", (?:and|then|or) ")
_SHORTEST = 30


def task_left(remedy: Remedy, words: UseWords) -> str:
    """Return the title for an open line: its own task, else its first step without what follows the first sentence."""
    if remedy.task:
        return words.fill(remedy.task)
    title = _SENTENCE_ENDS.split(words.fill(remedy.first_step), maxsplit=1)[0]
    if len(title) > LONGEST_TITLE:
        ends = [match.start() for match in _CLAUSE_BEGINS.finditer(title) if match.start() >= _SHORTEST]
        title = title[: ends[-1]] if ends else title
    return title


def first_missing(question: Question, left: Sequence[str]) -> str:
    """Return the line of a partly ticked list that its gap names; `left` are those that are open, weightiest first.

    It is the one that the first step of the whole task does; where that is ticked, the leading or the weightiest line.
    """
    begins = [item.key for item in question.items if item.key in left and item.remedy.in_stopgap]
    return next(iter((*begins, question.lead if question.lead in left else left[0])))


def first_step_does(question: Question, line: str) -> bool:
    """Tell whether the first step of the whole task is about this line."""
    return line == question.lead or any(item.key == line and item.remedy.in_stopgap for item in question.items)


def points_missing(title: str, missing: int, of: int, named: str) -> str:
    """Count the lines that are missing and name the first: *3 of 5 points of “a” are missing, above all “b”*."""
    if missing == 1:
        return f"1 of {of} points of “{title}” is missing: “{named}”"
    return f"{missing} of {of} points of “{title}” are missing, above all “{named}”"


def still_open(lines: Sequence[str]) -> str:
    """Count the lines that are still open, and name the first of them: *3 still open: “a”, “b” and 1 more*."""
    named = [f"“{line}”" for line in lines[:NAMED]]
    last = f"{len(lines) - NAMED} more" if len(lines) > NAMED else named.pop()
    return f"{len(lines)} still open: {' and '.join(part for part in (', '.join(named), last) if part)}"
