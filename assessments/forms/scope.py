"""The scope of a use, put together from what was typed about it; and what did not fit."""

from __future__ import annotations

import re
from dataclasses import dataclass

SCOPE_LENGTH = 400
_END = re.compile(r"(?<=[.!?]) +(?=[A-Z“\"])|(?<=[。！？])")
_CHECKING = re.compile(
    r"\b(check|confirm|approv|review|supervis|oversee|sign(s|ed)? off|decid|before it|before they|nobody|no one"
    r"|unread|without a person|by hand)|核|覆檢|審",
    re.IGNORECASE,
)
"""How a sentence begins to say who looks at an output before it takes effect, or that nobody does."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope that fits, and the sentences that it leaves out."""

    text: str
    left_out: tuple[str, ...] = ()


def one_sentence(text: str) -> str:
    """Put a text on one line, as the certificate prints it."""
    return " ".join(text.split())


def lowered(text: str) -> str:
    """Begin in lower case, but for a word that is written in capitals or is no word."""
    return f"{text[:1].lower()}{text[1:]}" if text[1:2].islower() else text


def derive_scope(purpose: str, setting: str, people: str) -> Scope:
    """Put the scope together from whole sentences on task, place and people, joined by full stops.

    Where not all fit, these go first: the task, who checks, the people, the place; then the others in their order.
    Only a first sentence that is too long by itself is shortened, at a word.
    """
    tasks, places, those = (_sentences(text) for text in (purpose, setting, people))
    if not tasks:
        return Scope("")
    if those:
        those[0] = f"People affected: {lowered(those[0])}"
    told = [*tasks, *places, *those]
    checks = [place for place, text in enumerate(told[: len(tasks) + len(places)]) if _CHECKING.search(text)]
    firsts = [0, *checks, *([len(tasks) + len(places)] if those else []), *([len(tasks)] if places else [])]
    kept: dict[int, str] = {}
    for place in dict.fromkeys([*firsts, *range(len(told))]):
        room = SCOPE_LENGTH - sum(len(text) + 1 for text in kept.values())
        if len(told[place]) <= room:
            kept[place] = told[place]
        elif not kept:
            kept[place] = _shortened(told[place], SCOPE_LENGTH)
    text = " ".join(kept[place] for place in sorted(kept))
    return Scope(text, tuple(told[place] for place in range(len(told)) if kept.get(place) != told[place]))


def _sentences(text: str) -> list[str]:
    """Split a text into its sentences, each with a capital first and a full stop at its end."""
    found = (part.rstrip(" .;,") for part in _END.split(one_sentence(text)))
    return [_ended(f"{part[:1].upper()}{part[1:]}") for part in found if part]


def _ended(sentence: str) -> str:
    return sentence if sentence[-1] in "…!?。！？" else f"{sentence}."


def _shortened(text: str, letters: int) -> str:
    """Shorten a text at a word, where it has one in its second half."""
    head = text[: letters - 1]
    place = head.rfind(" ") if text[letters - 1] != " " else len(head)
    return (head[:place] if place >= letters // 2 else head).rstrip(" ,;:") + "…"
