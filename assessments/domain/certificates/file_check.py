"""Whether a PDF is one that we issued: by its SHA-256, and by the number that stands in the file.

The file itself is not needed: its sum and the numbers in it are enough, so a browser can read both and keep the file. A
certificate and a status notice carry the number of the certificate as their identifier, which programs keep when they
save a PDF again. So a file that was changed still names the certificate that it was made from.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assessments.access import finders
from assessments.models import Certificate, Document, DocumentKind
from assessments.models.certificates import read_number
from assessments.models.documents import DocumentState

PUBLIC = (DocumentKind.CERTIFICATE, DocumentKind.STATUS_NOTICE)
"""The kinds of files about which anybody is told; no other document of ours is confirmed or denied."""
MOST_BYTES = 10 * 1024 * 1024
PDF_BEGINS_WITHIN = 1024  # bytes: readers accept what stands before the mark
MOST_NUMBERS = 5
_SUM = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(rb"HKG-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z](?![0-9A-Z])")
_IN_HEX = re.compile(rb"484B472D(?:[0-9A-F]{2}){11}", re.IGNORECASE)  # how some programs write the identifier


class Answer(StrEnum):
    """The five answers to a file."""

    EXACT = "exact"
    ALTERED = "altered"
    NOT_OURS = "not_ours"
    NOT_RECOGNISED = "not_recognised"
    COULD_NOT_CHECK = "could_not_check"


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a file: its SHA-256, and the well-formed numbers that stand in it."""

    sha256: str
    numbers: tuple[str, ...] = ()
    is_pdf: bool = True


@dataclass(frozen=True, slots=True)
class FileCheckResult:
    """The answer. `certificate`: the one that the file is or names; `number`: in the file, of no certificate of ours."""

    answer: Answer
    read: Read
    certificate: Certificate | None = None
    issued: str = ""  # SHA-256 of the file that we issued
    is_notice: bool = False
    number: str = ""


def read_file(chunks: Iterable[bytes]) -> Read | None:
    """Read sum and numbers of a file, and keep nothing of it; None where it is larger than any file of ours."""
    whole = bytearray()
    for chunk in chunks:
        whole += chunk
        if len(whole) > MOST_BYTES:
            return None
    found = [one.decode() for one in _NUMBER.findall(whole)]
    found += [bytes.fromhex(one.decode()).decode("latin-1") for one in _IN_HEX.findall(whole)]
    return Read(hashlib.sha256(whole).hexdigest(), well_formed(found), b"%PDF-" in whole[:PDF_BEGINS_WITHIN])


def read_given(sha256: str, numbers: Sequence[str], *, is_pdf: bool = True) -> Read | None:
    """Take what a browser read; None where the sum is none."""
    return Read(sha256, well_formed(numbers), is_pdf) if _SUM.fullmatch(sha256) else None


def well_formed(numbers: Iterable[str]) -> tuple[str, ...]:
    """Return the numbers whose check character fits, each once and not too many."""
    read = (read_number(one) for one in numbers)
    return tuple(dict.fromkeys(one for one in read if one))[:MOST_NUMBERS]


def check(read: Read) -> FileCheckResult:
    """Compare with what we issued. Three queries at most, five where a number is ours."""
    files = Document.objects.filter(kind__in=PUBLIC, state=DocumentState.READY)
    exact = files.filter(sha256=read.sha256).select_related("certificate").first()
    if exact is not None and exact.certificate is not None:
        certificate = finders.public_certificate(exact.certificate.number)
        is_notice = exact.kind == DocumentKind.STATUS_NOTICE
        return FileCheckResult(Answer.EXACT, read, certificate, exact.sha256, is_notice)
    for number in read.numbers:
        certificate = finders.public_certificate(number)
        if certificate is not None:
            issued = files.filter(certificate=certificate, kind=DocumentKind.CERTIFICATE).order_by("-pk").first()
            return FileCheckResult(Answer.ALTERED, read, certificate, issued.sha256 if issued else "")
    if read.numbers:
        return FileCheckResult(Answer.NOT_OURS, read, number=read.numbers[0])
    return FileCheckResult(Answer.NOT_RECOGNISED, read)
