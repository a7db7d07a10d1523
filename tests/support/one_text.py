"""A language in which every message of the product is the same text, so code that compares sentences finds them equal."""

from __future__ import annotations

import ast
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.test.utils import override_settings
from django.utils import translation

from tests.support.paths import APP
from tests.support.rooms import tree_of

LANGUAGE, TEXT = "eo", "the same text"
MARKS_ONE = {"_", "gettext", "gettext_lazy"}
MARKS_TWO = {"ngettext", "ngettext_lazy"}
HEADER = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"


@contextmanager
def one_text(folder: Path) -> Iterator[None]:
    """Write a catalogue of that language into `folder`, and show the product in it."""
    place = folder / LANGUAGE / "LC_MESSAGES" / "django.mo"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(_catalogue({"": HEADER} | dict(_messages())))
    languages = [("en", "English"), (LANGUAGE, "One text")]
    shown = override_settings(LOCALE_PATHS=[folder], LANGUAGES=languages, LANGUAGE_CODE=LANGUAGE)
    with shown, translation.override(LANGUAGE):
        yield


def _messages() -> Iterator[tuple[str, str]]:
    """Yield every message in the source of the product with the one text."""
    for path in APP.rglob("*.py"):
        for node in ast.walk(tree_of(path)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            texts = [one.value for one in node.args[:2] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if node.func.id in MARKS_ONE and texts:
                yield texts[0], TEXT
            elif node.func.id in MARKS_TWO and len(texts) == 2:
                yield "\0".join(texts), f"{TEXT}\0{TEXT}"


def _catalogue(messages: dict[str, str]) -> bytes:
    """Return the messages as the bytes of a .mo file (the format is in the manual of GNU gettext)."""
    pairs = [(key.encode(), text.encode()) for key, text in sorted(messages.items())]
    start = 28 + 16 * len(pairs)
    tables, body = [b"", b""], b""
    for which in (0, 1):
        for pair in pairs:
            tables[which] += struct.pack("<II", len(pair[which]), start + len(body))
            body += pair[which] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + tables[0] + tables[1] + body
