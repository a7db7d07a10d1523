"""The table of the texts: which function writes the words of which kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from assessments.notifications.kinds import MessageKind


class Text(NamedTuple):
    """The words of a message. The subject is the line in the inbox, and the subject of the mail."""

    subject: str
    text: str


Writer = Callable[..., Text]

TEXTS: dict[MessageKind, Writer] = {}


def text_of(kind: MessageKind) -> Callable[[Writer], Writer]:
    """Enter the decorated function into the table as the writer of a kind."""

    def enter(writer: Writer) -> Writer:
        if kind in TEXTS:
            raise ValueError(f"{kind} already has a text")
        TEXTS[kind] = writer
        return writer

    return enter


def write(kind: MessageKind, context: Mapping[str, Any]) -> Text:
    """Return the words of a message in the current language. Raises TypeError where the context does not fit the kind."""
    return TEXTS[kind](**context)
