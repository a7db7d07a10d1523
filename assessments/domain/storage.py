"""All files that the rows name, evidence and documents: whether they are as they were stored, and files that no row names."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.storage import Storage, default_storage
from django.utils import timezone

from assessments.core import stored_files
from assessments.models import Document, EvidenceVersion

FOLDERS = ("evidence", "documents")
AT_ONCE = 500  # names that one query looks up
ORPHANED_FOR = timedelta(days=1)
"""A file that is younger may belong to a transaction that has not ended."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that a row names."""

    name: str
    sha256: str
    size: int
    of: str  # the row, as an operator looks for it

    @property
    def fault(self) -> str:
        """Whether it is missing or changed; reads all of it."""
        return stored_files.fault_of(default_storage, self.name, sha256=self.sha256)


def every_file() -> Iterator[StoredFile]:
    """Yield all stored files of evidence, withdrawn ones included, and of documents that are ready."""
    versions = EvidenceVersion.objects.exclude(storage_key="").order_by("pk")
    rows = versions.values_list("storage_key", "sha256", "size", "evidence__reference", "number")
    for name, sha256, size, reference, number in rows.iterator(AT_ONCE):
        yield StoredFile(name, sha256, size, f"evidence {reference}, version {number}")
    documents = Document.objects.exclude(file="").order_by("pk")
    for document in documents.select_related("certificate").iterator(AT_ONCE):
        certificate = f", certificate {document.certificate.number}" if document.certificate else ""
        of = f"document {document.reference} ({document.kind}){certificate}"
        yield StoredFile(str(document.file), document.sha256, document.size, of)


def sweep_orphans() -> int:
    """Delete the files that no row has named for a day: what a stopped process left. Returns how many."""
    before = timezone.now() - ORPHANED_FOR
    deleted = 0
    for folder in FOLDERS:
        names: list[str] = []
        for name in _names_in(default_storage, folder):
            names.append(name)
            if len(names) == AT_ONCE:
                deleted += _sweep(names, before)
                names = []
        deleted += _sweep(names, before)
    return deleted


def _sweep(names: list[str], before: datetime) -> int:
    named = set(EvidenceVersion.objects.filter(storage_key__in=names).values_list("storage_key", flat=True))
    named.update(Document.objects.filter(file__in=names).values_list("file", flat=True))
    deleted = 0
    for name in names:
        try:
            if name in named or default_storage.get_modified_time(name) >= before:
                continue
            default_storage.delete(name)
        except OSError:  # deleted meanwhile, or not ours to delete: the next day tries again
            log.exception("the file %s could not be deleted; no record in the database names it", name)
            continue
        log.warning(
            "the file %s was deleted, because no record in the database had referred to it for at least a day", name
        )
        deleted += 1
    return deleted


def _names_in(storage: Storage, folder: str) -> Iterator[str]:
    """Yield the names of all files in a folder and in those below it."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{file}" for file in files)
    for below in folders:
        yield from _names_in(storage, f"{folder}/{below}")
