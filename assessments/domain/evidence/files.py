"""Judge an uploaded file by its content, never by its name or by what its headers promise.

`core.file_types` looks into it, in a child process. One sentence for each fault, raised as InvalidAnswer on the field
`file`. Memory: one chunk.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.utils.crypto import get_random_string
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.core import sandbox, stored_files
from assessments.core.errors import InvalidAnswer
from assessments.core.file_types import ENDINGS, OFFICE, OPEN_DOCUMENT
from assessments.domain.evidence import scanning
from assessments.models import Scan

CHUNK = 64 * 1024
LONGEST_NAME = 255
MOST_TIMES_LARGER = 8  # an office file once unpacked, than the largest file that is taken


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that the library takes; `endings` are those that its name may have."""

    word: str | Promise
    media_type: str
    endings: frozenset[str]


WORDS: dict[str, str | Promise] = {
    "application/pdf": "PDF",
    "image/png": gettext_lazy("PNG image"),
    "image/jpeg": gettext_lazy("JPEG image"),
    "image/webp": gettext_lazy("WebP image"),
    "image/gif": gettext_lazy("GIF image"),
    f"{OFFICE}wordprocessingml.document": "Word",
    f"{OFFICE}spreadsheetml.sheet": "Excel",
    f"{OFFICE}presentationml.presentation": "PowerPoint",
    f"{OPEN_DOCUMENT}text": gettext_lazy("OpenDocument text"),
    f"{OPEN_DOCUMENT}spreadsheet": gettext_lazy("OpenDocument spreadsheet"),
    "text/plain": gettext_lazy("plain text"),
    "text/csv": "CSV",
    "text/markdown": "Markdown",
}
KINDS = {kind: Kind(WORDS[kind], kind, frozenset(endings)) for kind, endings in ENDINGS.items()}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that passed and lies in the storage under a key that says nothing of it."""

    storage_key: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    scan: Scan


def endings() -> list[str]:
    """Return the endings of the kinds that are taken, for a page and its file chooser."""
    return sorted({ending for kind in KINDS.values() for ending in kind.endings})


def refuse(words: str) -> InvalidAnswer:
    return InvalidAnswer("file", words)


def keep(upload: UploadedFile) -> StoredFile:
    """Check an upload, have it scanned and put it into the storage. Call it outside any transaction.

    Raises InvalidAnswer on `file`: empty, too large, of a kind that is not taken, not what its name says, a bomb,
    damaged, infected, or the scanner is away (nothing unscanned is taken where a scanner is set up); NoRoom where the disk
    is full or nearly so.
    """
    name = clean_name(upload.name or "")
    size = upload.size or 0
    if not size:
        raise refuse(_("Choose another file. This file is empty."))
    if size > settings.EVIDENCE_MAX_BYTES:
        raise refuse(
            _("Make the file smaller, or enter a link instead. The file is larger than %(limit)s MB.")
            % {"limit": settings.EVIDENCE_MAX_BYTES // 1024**2}
        )
    content = upload.file
    assert content is not None
    stored_files.require_room(default_storage, size)
    kind = kind_of(upload, name)
    scan = _scan(content)
    digest = hashlib.sha256()
    for chunk in _chunks(content):
        digest.update(chunk)
    upload.seek(0)
    key = stored_files.save(default_storage, f"evidence/{get_random_string(32).lower()}", upload)
    return StoredFile(key, name, kind.media_type, size, digest.hexdigest(), scan)


def clean_name(name: str) -> str:
    """Return a file's name without folders and without signs that nobody sees, at most 255 characters, its ending kept."""
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(sign for sign in name if sign.isprintable()).strip(" .")
    stem, dot, ending = name.rpartition(".")
    if len(name) > LONGEST_NAME:
        name = stem[: LONGEST_NAME - len(ending) - 1] + dot + ending if len(ending) < 10 else name[:LONGEST_NAME]
    return name or "file"


def kind_of(upload: UploadedFile, name: str) -> Kind:
    """Find the kind by the content, in a child process, and compare it with the ending of the name."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    most = settings.EVIDENCE_MAX_BYTES * MOST_TIMES_LARGER
    try:
        found = sandbox.run(
            "assessments.core.file_types:find", _readable(upload), sandbox.PATIENT, ending=ending, most=most
        )
    except sandbox.Refused as refused:
        raise refuse(_refusal(refused, ending)) from None
    except sandbox.Busy as busy:
        raise refuse(str(busy)) from None
    except sandbox.Stopped:
        raise refuse(
            _(
                "Save the file as a PDF, then upload the PDF. This file was not accepted, because "
                "checking it takes too much time or memory."
            )
        ) from None
    return KINDS[found]


def _readable(upload: UploadedFile) -> IO[bytes] | Path:
    """Return the path of a large upload, which lies in a temporary file, or a small one itself."""
    if isinstance(upload, TemporaryUploadedFile):
        upload.file.flush()  # type: ignore[union-attr]
        return Path(upload.temporary_file_path())
    assert upload.file is not None
    return upload.file


def _refusal(refused: sandbox.Refused, ending: str) -> str:
    match refused.code:
        case "archive":
            return _(
                "Choose another file. ZIP files and other archives, Office files with macros and files of an unknown"
                " type are not accepted."
            )
        case "other_ending":
            words = _(
                "Save the file again with the correct file extension. Its name ends in “.%(ending)s”, but its"
                " content is of another type: %(kind)s."
            )
            return words % {"ending": ending[:20], "kind": KINDS[refused.params["kind"]].word}
        case "bomb":
            return _(
                "Choose another file. This file was not accepted, because it becomes far too large when it is opened."
            )
        case "locked":
            return _(
                "Save the file without a password, then upload it again. It is locked with a password or "
                "compressed in an unusual way."
            )
        case "damaged":
            return _("The file is damaged, or its content does not match its file type. Save it again, then upload it.")
    return _("Choose a file of one of these types: %(kinds)s. Other files are not accepted.") % {
        "kinds": ", ".join(endings())
    }


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
        raise refuse(
            _("Try again later. The file was not accepted, because the virus scanner is not responding.")
        ) from error
    if found:
        raise refuse(
            _("Choose another file. The virus scanner found “%(name)s” in this file, so the file was not stored.")
            % {"name": found}
        )
    return Scan.CLEAN
