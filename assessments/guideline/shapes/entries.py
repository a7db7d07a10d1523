"""What stands in a file, read leniently: what is no entry is passed over, since its own rule names the fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assessments.guideline.files import Document, Path

OUTLINE = "questionnaires/questionnaires"
"""The file of stages and questionnaires; its neighbours hold a section each."""


def entries(document: Document | None, name: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the entries of a list with the places where they stand, passing over what is no entry."""
    value = document.value if document else None
    listed = value.get(name) if isinstance(value, dict) else None
    for number, entry in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(entry, dict):
            yield (name, number), entry


def names(document: Document | None, name: str, id_field: str = "key") -> list[str]:
    """Return the ids of the entries of a list."""
    return [entry[id_field] for _, entry in entries(document, name) if isinstance(entry.get(id_field), str)]


def words(document: Document | None, *path: str) -> list[str]:
    """Return the words of a list, or the keys of a mapping, at `path`."""
    value = document.value if document else None
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return [word for word in value if isinstance(word, str)] if isinstance(value, list | dict) else []


def inside(entry: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the entries listed in an entry: the items of a question."""
    listed = entry.get(name)
    return [inner for inner in listed if isinstance(inner, dict)] if isinstance(listed, list) else []


def words_in(entry: Mapping[str, Any], name: str) -> list[str]:
    """Return the words listed in an entry: the sections of a stage."""
    listed = entry.get(name)
    return [word for word in listed if isinstance(word, str)] if isinstance(listed, list) else []
