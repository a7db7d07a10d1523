"""A catalogue of translations made by a test, so that a second language says something else than English."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HEADER = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=1; plural=0;\n"


def speak(settings: Any, folder: Path, texts: Mapping[str, str], *, locale: str = "zh_Hant") -> None:
    """Let the product speak a second language for one test: `settings` is the fixture of that name."""
    target = folder / locale / "LC_MESSAGES" / "django.mo"
    target.parent.mkdir(parents=True)
    target.write_bytes(compiled(texts))
    settings.LOCALE_PATHS = [folder]
    settings.LANGUAGES = [("en", "English"), (locale.lower().replace("_", "-"), "繁體中文")]


def compiled(texts: Mapping[str, str]) -> bytes:
    """Return the texts as a .mo file: a head of seven numbers, two tables of lengths and places, then the strings."""
    pairs = sorted({"": HEADER, **texts}.items())
    columns = [[text.encode() for text in column] for column in zip(*pairs, strict=True)]
    place = 28 + 16 * len(pairs)
    tables, strings = b"", b""
    for column in columns:
        for text in column:
            tables += struct.pack("<II", len(text), place + len(strings))
            strings += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, place)
    return head + tables + strings
