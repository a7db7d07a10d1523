"""A model card in, suggestions out: the YAML header and the sections of a README.md as Hugging Face keeps them.

Nothing of a card is believed: `card_text` reads it in a child process, in narrow limits, and it becomes suggestions that a
person confirms, each with the line from which it was read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from assessments.core import sandbox
from assessments.core.errors import WorkflowError
from assessments.guideline.edition import Edition

MAX_BYTES = 1024 * 1024
NOTE = "note."  # keys of what helps to answer and is no fact


class Unreadable(WorkflowError):
    """A file that is no model card; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value for a fact, or a note; `quote` is the line of the card."""

    key: str
    value: Any
    quote: str


def read(data: bytes, edition: Edition) -> list[Suggestion]:
    """Read a card. Raises Unreadable where it is none, is too large, or has a header made to do harm."""
    if len(data) > MAX_BYTES:
        raise Unreadable(
            _("Remove the images, then try again. The file is larger than 1 MB. A model card is a short text.")
        )
    try:
        given = sandbox.run("assessments.exchange.card_text:read", data)
    except sandbox.Refused as refused:
        raise Unreadable(_refusal(refused)) from None
    except sandbox.Busy as busy:
        raise Unreadable(str(busy)) from None
    except sandbox.Stopped:
        raise Unreadable(
            _("Shorten the model card to its header and sections, then try again. Reading this file takes too long.")
        ) from None
    found = [Suggestion(key, value, quote) for key, value, quote in given]
    if not found:
        raise Unreadable(
            _(
                "Choose another file. This file has no information about the facts. A model card has a "
                "header between two lines of “---”."
            )
        )
    return [_as_asked(one, edition) for one in found if _is_answer(one, edition)]


def _refusal(refused: sandbox.Refused) -> str:
    match refused.code:
        case "no_text":
            return _("Choose the README.md of the model. This file is not a UTF-8 text file.")
        case "empty":
            return _("Choose the README.md of the model. This file has no text.")
        case "no_end":
            return _("Add a second line of “---” at the end of the header. It is missing.")
        case "header_too_long":
            return _("Shorten the header of the model card. It is too long.")
        case "aliases":
            return _("Remove the YAML aliases from the header of the model card. For safety, aliases are not accepted.")
        case "too_deep":
            return _("Simplify the header of the model card. It has too many levels or too many entries.")
    line = refused.params["line"]
    where = _("line %(n)s") % {"n": line} if line is not None else _("line unknown")
    return _("Correct the header of the model card. It is not valid YAML (%(where)s).") % {"where": where}


def _is_answer(one: Suggestion, edition: Edition) -> bool:
    """Tell whether the edition has such a fact with such an answer; notes are always fit to be shown."""
    if one.key.startswith(NOTE):
        return True
    fact = edition.facts.get(one.key)
    values = one.value if isinstance(one.value, list) else [one.value]
    return fact is not None and all(value in (fact.offered or fact.values) for value in values)


def _as_asked(one: Suggestion, edition: Edition) -> Suggestion:
    """Give a suggestion the form in which the edition takes the answer: a list where it may have several."""
    fact = edition.facts.get(one.key)
    if fact is not None and fact.many and not isinstance(one.value, list):
        return replace(one, value=[one.value])
    return one
