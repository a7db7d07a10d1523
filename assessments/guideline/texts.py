"""Texts of an edition as they are read from its words: what is missing is an empty text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

type Raw = Mapping[str, Any]
"""Structure or words of an edition as they stand in its canonical JSON."""


def text_at(words: object, *path: str) -> str:
    """Return the text at `path`; empty where there is none."""
    for step in path:
        words = words.get(step) if isinstance(words, Mapping) else None
    return words if isinstance(words, str) else ""


def texts_at(words: object, *path: str) -> Raw:
    """Return the mapping of texts at `path`; empty where there is none."""
    for step in path:
        words = words.get(step) if isinstance(words, Mapping) else None
    return words if isinstance(words, Mapping) else {}


def lines_of(words: object) -> tuple[str, ...]:
    """Return the texts of a list; none where it is no list."""
    return tuple(line for line in words if isinstance(line, str)) if isinstance(words, list) else ()


def flat_texts(words: object, before: str = "") -> list[tuple[str, str]]:
    """Return nested texts with dotted names: `bands.most`."""
    if isinstance(words, str):
        return [(before, words)]
    if not isinstance(words, Mapping):
        return []
    return [pair for key, inner in words.items() for pair in flat_texts(inner, f"{before}.{key}" if before else key)]
