"""Judge an uploaded file by its content, never by its name or by what its headers promise.

One sentence for each fault, raised as InvalidAnswer on the field `file`. Memory: one chunk, and the names of the parts
of an office file.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO

import puremagic
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.utils.crypto import get_random_string
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.errors import InvalidAnswer
from assessments.evidence import scanning
from assessments.models import Scan

CHUNK = 64 * 1024
LONGEST_NAME = 255
# Our judgement: an office file of 25 MB seldom unpacks to more than 100, and has some hundred parts.
MOST_PARTS = 4000
LARGEST_DIRECTORY = 1024 * 1024
MOST_TIMES_LARGER = 8  # unpacked, than the largest file that is taken
MOST_RATIO = 200  # unpacked to packed, of the whole file


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that the library takes; `endings` are those that its name may have."""

    word: str | Promise
    media_type: str
    endings: frozenset[str]


def _kind(word: str | Promise, media_type: str, *endings: str) -> Kind:
    return Kind(word, media_type, frozenset(endings))


OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS = {
    kind.media_type: kind
    for kind in (
        _kind("PDF", "application/pdf", "pdf"),
        _kind(gettext_lazy("PNG picture"), "image/png", "png"),
        _kind(gettext_lazy("JPEG picture"), "image/jpeg", "jpg", "jpeg"),
        _kind(gettext_lazy("WebP picture"), "image/webp", "webp"),
        _kind(gettext_lazy("GIF picture"), "image/gif", "gif"),
        _kind("Word", f"{OFFICE}wordprocessingml.document", "docx"),
        _kind("Excel", f"{OFFICE}spreadsheetml.sheet", "xlsx"),
        _kind("PowerPoint", f"{OFFICE}presentationml.presentation", "pptx"),
        _kind(gettext_lazy("OpenDocument text"), "application/vnd.oasis.opendocument.text", "odt"),
        _kind(gettext_lazy("OpenDocument sheet"), "application/vnd.oasis.opendocument.spreadsheet", "ods"),
        _kind(gettext_lazy("plain text"), "text/plain", "txt"),
        _kind("CSV", "text/csv", "csv"),
        _kind("Markdown", "text/markdown", "md"),
    )
}
TEXTS = {ending: kind for kind in KINDS.values() for ending in kind.endings if kind.media_type.startswith("text/")}
MAIN_PARTS = {f"{media_type}.main+xml".encode(): media_type for media_type in KINDS if media_type.startswith(OFFICE)}
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
MARKUP = re.compile(r"\s*<(!doctype|html|head|body|script|svg|\?xml|iframe|math|[a-z]+:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that passed and lies in the storage under a key that says nothing of it."""

    storage_key: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    scan: Scan


def endings() -> list[str]:
    """The endings of the kinds that are taken, for a page and its file chooser."""
    return sorted({ending for kind in KINDS.values() for ending in kind.endings})


def refuse(words: str) -> InvalidAnswer:
    return InvalidAnswer("file", words)


def keep(upload: UploadedFile) -> Kept:
    """Check an upload, have it scanned and put it into the storage. Call it outside any transaction.

    Raises InvalidAnswer on `file`: empty, too large, of a kind that is not taken, not what its name says, a bomb,
    damaged, infected, or the scanner is away (nothing unscanned is taken where a scanner is set up).
    """
    name = clean_name(upload.name or "")
    size = upload.size or 0
    if not size:
        raise refuse(_("The file is empty. Choose another one."))
    if size > settings.EVIDENCE_MAX_BYTES:
        raise refuse(
            _("The file is larger than %(limit)s MB. Make it smaller, or give a link to it.")
            % {"limit": settings.EVIDENCE_MAX_BYTES // 1024**2}
        )
    content = upload.file
    assert content is not None
    kind = kind_of(content, name, size)
    scan = _scan(content)
    digest = hashlib.sha256()
    for chunk in _chunks(content):
        digest.update(chunk)
    upload.seek(0)
    key = default_storage.save(f"evidence/{get_random_string(32).lower()}", upload)
    return Kept(key, name, kind.media_type, size, digest.hexdigest(), scan)


def clean_name(name: str) -> str:
    """A file's name without folders and without signs that nobody sees, at most 255 characters, its ending kept."""
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(sign for sign in name if sign.isprintable()).strip(" .")
    stem, dot, ending = name.rpartition(".")
    if len(name) > LONGEST_NAME:
        name = stem[: LONGEST_NAME - len(ending) - 1] + dot + ending if len(ending) < 10 else name[:LONGEST_NAME]
    return name or "file"


def kind_of(content: IO[bytes], name: str, size: int) -> Kind:
    """Find the kind by the content and hold it against the name's ending."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    content.seek(0)
    head = content.read(CHUNK)
    if head.startswith(b"PK\3\4"):
        kind = KINDS.get(_office_kind(content, size))
        if kind is None:
            raise refuse(_("This is an archive, or an office file with macros or of an unknown kind: not taken here."))
    else:
        kind = _picture_or_pdf(head) or _text(content, head, ending)
    if kind is None:
        raise refuse(
            _("Files of this kind are not taken. Take one of these: %(kinds)s.") % {"kinds": ", ".join(endings())}
        )
    if ending and ending not in kind.endings:
        raise refuse(
            _("The name ends in “.%(ending)s”, but the content is %(kind)s. Save it again as what it is.")
            % {"ending": ending[:20], "kind": kind.word}
        )
    return kind


def _picture_or_pdf(head: bytes) -> Kind | None:
    for match in puremagic.magic_string(head)[:1]:
        kind = KINDS.get(match.mime_type)
        if kind and not kind.media_type.startswith(("text/", OFFICE)):
            return kind
    return None


def _text(content: IO[bytes], head: bytes, ending: str) -> Kind | None:
    """Text in UTF-8, UTF-16 or Big5 without control signs, that is no page or drawing with a text's name."""
    kind = TEXTS.get(ending) or (TEXTS["txt"] if not ending else None)
    if kind is None:
        return None
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8", "big5hkscs"]
        if any(CONTROL.search(chunk) for chunk in _chunks(content)):
            return None
    for encoding in encodings:
        start = _decoded_start(content, encoding)
        if start is not None:
            return None if MARKUP.match(start.lstrip("\ufeff")) else kind
    return None


def _decoded_start(content: IO[bytes], encoding: str) -> str | None:
    """The first signs of a text; None where any byte of the file is not of this encoding."""
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


def _scan(content: IO[bytes]) -> Scan:
    if not scanning.is_set_up():
        return Scan.NOT_SCANNED
    try:
        found = scanning.find_virus(content)  # type: ignore[arg-type]
    except scanning.ScannerAway as error:
        raise refuse(_("The virus scanner does not answer, so the file was not taken. Try again later.")) from error
    if found:
        raise refuse(_("The virus scanner found “%(name)s” in this file. It was not kept.") % {"name": found})
    return Scan.CLEAN


# --- office files ----------------------------------------------------------------------------------------------------


def _office_kind(content: IO[bytes], size: int) -> str:
    """The media type that an office file's own list names; "" for any other archive. Raises for bombs and damage."""
    _check_directory(content, size)
    try:
        with zipfile.ZipFile(content) as archive:
            parts = archive.infolist()
            _check_promises(parts, size)
            _check_content(content, parts)
            names = {part.filename for part in parts}
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                return ""
            if "[Content_Types].xml" in names:
                return _listed_kind(archive.read("[Content_Types].xml"))
            if parts and parts[0].filename == "mimetype":
                return archive.read("mimetype").decode("ascii", "replace")
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise _damaged() from error
    return ""


def _damaged() -> InvalidAnswer:
    return refuse(_("This file is damaged: it does not hold what it says it holds. Save it again, then upload it."))


def _bomb() -> InvalidAnswer:
    return refuse(_("This file unpacks to far more than its size. It was not taken."))


def _listed_kind(listing: bytes) -> str:
    return next((media_type for part, media_type in MAIN_PARTS.items() if b'"' + part + b'"' in listing), "")


def _check_directory(content: IO[bytes], size: int) -> None:
    """Look at the end of the archive before its list of parts is read into memory."""
    length = min(size, 64 * 1024 + 22)
    content.seek(size - length)
    tail = content.read(length)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < 22:
        raise _damaged()
    _disk, _start, _here, parts, directory, _offset, comment = struct.unpack("<4x4H2LH", tail[at : at + 22])
    if at + 22 + comment != len(tail) or b"PK\6\7" in tail[max(0, at - 20) : at]:
        raise _damaged()  # trailing data, or the large form that no office file of this size needs
    if parts > MOST_PARTS or directory > LARGEST_DIRECTORY:
        raise _bomb()


def _check_promises(parts: list[zipfile.ZipInfo], size: int) -> None:
    if len(parts) > MOST_PARTS:
        raise _bomb()
    if sum(part.compress_size for part in parts) > size:
        raise _damaged()  # parts that lie on top of each other
    _check_sum(sum(part.file_size for part in parts), size)
    for part in parts:
        if part.flag_bits & 1 or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refuse(_("This file is locked with a password or packed in an unusual way. Save it without that."))


def _check_sum(unpacked: int, size: int) -> None:
    if unpacked > settings.EVIDENCE_MAX_BYTES * MOST_TIMES_LARGER or unpacked > max(size, CHUNK) * MOST_RATIO:
        raise _bomb()


def _check_content(content: IO[bytes], parts: list[zipfile.ZipInfo]) -> None:
    """Unpack every part and count: a header may promise one byte and the part hold gigabytes."""
    content.seek(0, 2)
    size = content.tell()
    unpacked = 0
    for part in parts:
        found = 0
        for length in _unpack(content, part):
            found += length
            _check_sum(unpacked + found, size)
        if found != part.file_size:
            raise _damaged()
        unpacked += found


def _unpack(content: IO[bytes] | BinaryIO, part: zipfile.ZipInfo) -> Iterator[int]:
    """Yield the lengths of the pieces that a part unpacks to, of at most one chunk each."""
    content.seek(part.header_offset)
    signature, name, extra = struct.unpack("<4s22x2H", content.read(30))
    if signature != b"PK\3\4":
        raise _damaged()
    content.seek(name + extra, 1)
    packed = part.compress_size
    unpacker = zlib.decompressobj(-15)
    while packed > 0:
        data = content.read(min(CHUNK, packed))
        if not data:
            raise _damaged()
        packed -= len(data)
        if part.compress_type == zipfile.ZIP_STORED:
            yield len(data)
            continue
        while data:
            piece = unpacker.decompress(data, CHUNK)
            data = unpacker.unconsumed_tail
            yield len(piece)
            if unpacker.eof:
                break
    if part.compress_type == zipfile.ZIP_DEFLATED and not unpacker.eof:
        # What still waits inside the unpacker, after the last packed byte.
        while piece := unpacker.decompress(b"", CHUNK):
            yield len(piece)
