"""Find what a file is by its content, never by its name. Runs in the child process of `sandbox`."""

from __future__ import annotations

import codecs
import re
import zipfile
from collections.abc import Iterator
from typing import IO

from assessments.core import archives
from assessments.core.sandboxed import Refused

CHUNK = archives.CHUNK
OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
ENDINGS: dict[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/webp": ("webp",),
    "image/gif": ("gif",),
    f"{OFFICE}wordprocessingml.document": ("docx",),
    f"{OFFICE}spreadsheetml.sheet": ("xlsx",),
    f"{OFFICE}presentationml.presentation": ("pptx",),
    f"{OPEN_DOCUMENT}text": ("odt",),
    f"{OPEN_DOCUMENT}spreadsheet": ("ods",),
    "text/plain": ("txt",),
    "text/csv": ("csv",),
    "text/markdown": ("md",),
}
"""What is taken, and the endings that the name of such a file may have."""

BEGINNINGS = (
    ("application/pdf", re.compile(rb"%PDF-")),
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("image/gif", re.compile(rb"GIF8[79]a")),
)
TEXTS = {ending: kind for kind, endings in ENDINGS.items() for ending in endings if kind.startswith("text/")}
MAIN_PARTS = {f"{kind}.main+xml".encode(): kind for kind in ENDINGS if kind.startswith(OFFICE)}
LARGEST_LISTING = 1024 * 1024
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
MARKUP = re.compile(r"\s*<(!doctype|html|head|body|script|svg|\?xml|iframe|math|[a-z]+:)", re.IGNORECASE)


def find(content: IO[bytes], *, ending: str, most: int) -> str:
    """Return the media type. `ending`: of the name; `most`: bytes that an office file may unpack to.

    Refuses: `archive`, `not_taken`, `other_ending` (with the `kind` that it is), `damaged`, `bomb`, `locked`.
    """
    content.seek(0)
    head = content.read(CHUNK)
    if head.startswith(b"PK\3\4"):
        kind = _office_kind(content, most)
        if kind not in ENDINGS:
            raise Refused("archive")
    else:
        kind = next((kind for kind, begins in BEGINNINGS if begins.match(head)), "") or _text(content, head, ending)
    if not kind:
        raise Refused("not_taken")
    if ending and ending not in ENDINGS[kind]:
        raise Refused("other_ending", kind=kind)
    return kind


def _text(content: IO[bytes], head: bytes, ending: str) -> str:
    """Text in UTF-8, UTF-16 or Big5 without control signs, that is no page or drawing with a text's name."""
    kind = TEXTS.get(ending) or (TEXTS["txt"] if not ending else "")
    if not kind:
        return ""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8", "big5hkscs"]
        if any(CONTROL.search(chunk) for chunk in _chunks(content)):
            return ""
    for encoding in encodings:
        start = _decoded_start(content, encoding)
        if start is not None:
            return "" if MARKUP.match(start.lstrip("\ufeff")) else kind
    return ""


def _decoded_start(content: IO[bytes], encoding: str) -> str | None:
    """Return the first signs of a text; None where any byte of the file is not of this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    start = ""
    try:
        for chunk in _chunks(content):
            decoded = decoder.decode(chunk)
            start = start or decoded[:1000]
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return start


def _chunks(content: IO[bytes]) -> Iterator[bytes]:
    content.seek(0)
    while chunk := content.read(CHUNK):
        yield chunk


def _office_kind(content: IO[bytes], most: int) -> str:
    """Return the media type that an office file's own list names; "" for any other archive. Refuses bombs and damage."""
    archives.check_directory(content)
    size = content.seek(0, 2)
    try:
        with zipfile.ZipFile(content) as archive:
            parts = archive.infolist()
            archives.check_promises(parts, size, most)
            archives.check_content(content, parts, most)
            names = {part.filename for part in parts}
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                return ""
            if "[Content_Types].xml" in names:
                return _listed_kind(_small_part(archive, "[Content_Types].xml"))
            if parts and parts[0].filename == "mimetype":
                return _small_part(archive, "mimetype").decode("ascii", "replace")
    except archives.DAMAGES as error:
        raise archives.damaged() from error
    return ""


def _small_part(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        return part.read(LARGEST_LISTING)


def _listed_kind(listing: bytes) -> str:
    return next((kind for part, kind in MAIN_PARTS.items() if b'"' + part + b'"' in listing), "")
