"""Reasons and notes that a row keeps as codes, put into words for an export: in the language of the person who asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from assessments.domain.certificates import staleness
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.models import Edition, action_notes, edition_for, public_reasons

type Values = Mapping[str, Any]


def _certificate_event(row: Values) -> dict[str, Any]:
    return {"public_reason": public_reasons.words_of(row["public_reason"])}


def _action_event(row: Values) -> dict[str, Any]:
    return {"words": action_notes.words_of(row["words"])}


def _assessment(row: Values) -> dict[str, Any]:
    def edition() -> CompiledEdition:
        return edition_for(Edition.objects.values_list("checksum", flat=True).get(pk=row["edition_id"]))

    return {"stale_reasons": staleness.described(row["stale_reasons"], edition)}


IN_WORDS: Mapping[str, Callable[[Values], dict[str, Any]]] = {
    "ActionEvent": _action_event,
    "Assessment": _assessment,
    "CertificateEvent": _certificate_event,
}
"""The tables with such columns: what of a row is put into words."""


def in_words(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of a table with its codes in words."""
    return row | IN_WORDS[table](row) if table in IN_WORDS else row
