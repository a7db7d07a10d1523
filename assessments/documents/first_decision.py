"""The first decision of the board where something can harm people, in words: pause, or before launch, start or wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext


def in_use(letters: int, *, ends: bool) -> dict[str, Any]:
    """Return the words of the first decision for a use that people meet already."""
    if ends:
        title = _("Pause %(system)s, or limit it to safe uses, until %(ends)s (see %(letters)s)")
    else:
        title = ngettext(
            "Pause %(system)s, or limit it to safe uses, until decision %(letters)s is carried out",
            "Pause %(system)s, or limit it to safe uses, until decisions %(letters)s are carried out",
            letters,
        )
    return {
        "title": title,
        "cost": _("system paused or limited"),
        "by": _("now"),
        "boxes": (
            pgettext("decision", "pause"),
            pgettext("decision", "continue unchanged"),
            pgettext("decision", "limit to:"),
        ),
    }


def before_launch(letters: int, *, ends: bool) -> dict[str, Any]:
    """Return the words of the first decision for a use that has not started."""
    if ends:
        title = _("Do not start %(system)s, or start it with safe uses only, until %(ends)s (see %(letters)s)")
    else:
        title = ngettext(
            "Do not start %(system)s, or start it with safe uses only, until decision %(letters)s is carried out",
            "Do not start %(system)s, or start it with safe uses only, until decisions %(letters)s are carried out",
            letters,
        )
    return {
        "title": title,
        "cost": _("later start, or safe uses only"),
        "by": _("before launch"),
        "boxes": (
            pgettext("decision", "do not start yet"),
            pgettext("decision", "start without limits"),
            pgettext("decision", "start only with:"),
        ),
    }


def pause_words(system: str, numbers: Sequence[int], *, live: bool) -> str:
    """Say, outside the paper, what the board decides first: to pause, or to start; empty where no action stops a harm."""
    if not numbers:
        return ""
    if live:
        said = ngettext(
            "First decide whether to pause %(system)s, or to limit it to safe uses, until action %(numbers)s is done.",
            "First decide whether to pause %(system)s, or to limit it to safe uses, until actions %(numbers)s are done.",
            len(numbers),
        )
    else:
        said = ngettext(
            "Before launch, decide whether to delay %(system)s, or to start it with safe uses only, until action "
            "%(numbers)s is done.",
            "Before launch, decide whether to delay %(system)s, or to start it with safe uses only, until actions "
            "%(numbers)s are done.",
            len(numbers),
        )
    return said % {"system": system, "numbers": get_text_list([str(number) for number in numbers], _("and"))}
