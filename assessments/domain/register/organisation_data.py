"""Everything of an organisation as an archive: its tables as JSON, its log, and its files.

What reviewers keep for themselves is not in it: private notes, notes on a case, what they weighed before they decided, who
was asked to take a seat. Neither is what a colleague has not finished: flags, half-filled pages, imported rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import stored_files
from assessments.core.zip_stream import Part, json_lines
from assessments.domain.register.tables import OF_ORGANISATION, names_of, plain_rows, rows_of
from assessments.models import (
    AuditDetail,
    Confidentiality,
    DecisionKind,
    Document,
    DocumentState,
    EvidenceVersion,
    Organisation,
    ReviewDecision,
    User,
)

NOT_OURS = frozenset({
    "ReviewMarkRevision", "EvidenceMarkRevision", "PartMarkRevision", "SupplementMarkRevision", "Interest", "SeatRequest",
    "FactDraft", "Flag", "ImportDraft", "EvidenceOpening", "CaseNote", "SecondLook", "SecondLookMark", "SecondLookWords",
    "SearchWord",
})  # fmt: skip
PRIVATE: Mapping[str, frozenset[str]] = {
    "ReviewMark": frozenset({"private_note", "shown_at"}),
    "CertificateEvent": frozenset({"private_reason"}),
    "ReviewSeat": frozenset({"conflict_declared", "declared_about", "since_declared"}),
}
TAKEN_BACK = {
    "ReviewMark": {"mark": ""}, "EvidenceMark": {"verdict": ""}, "PartMark": {"verdict": ""},
    "SupplementMark": {"verdict": ""},
}  # fmt: skip
OF_SUBMISSION = {"SupplementMark": "supplement__assessment__submissions"}
"""The way from a judgement to its submission, where it is not the column `submission`."""
TOLD_BY = (DecisionKind.RETURN, DecisionKind.APPROVE, DecisionKind.REFUSE)
"""The decisions with which the marks of a review are handed to the organisation."""
PIECES = 500


@transaction.atomic
def note(organisation: Organisation, *, by: User) -> None:
    """Log that an owner takes everything along, and each confidential file among it as read. Raises NotPermitted."""
    roles.require(by, Action.PEOPLE, organisation)
    files = EvidenceVersion.objects.filter(evidence__organisation=organisation).exclude(storage_key="")
    confidential = files.filter(evidence__confidentiality=Confidentiality.CONFIDENTIAL).select_related("evidence")
    for version in confidential.order_by("pk"):
        log.record(
            AuditKind.EVIDENCE_READ,
            version.evidence,
            by=by,
            organisation=organisation,
            details={"title": version.evidence.title, "version": version.number, "submission": ""},
        )
    log.record(
        AuditKind.ORGANISATION_EXPORTED,
        organisation,
        by=by,
        organisation=organisation,
        details={"files": files.count()},
    )


def parts(organisation: Organisation) -> Iterator[Part]:
    """Yield the files of an organisation's archive, for a page that has asked `note`; each is made while it is read."""
    about = {"organisation": organisation, "now": timezone.now(), "tables": _tables()}
    yield "read-me.txt", [render_to_string("assessments/register/organisation_data.txt", about).encode()]
    for name in _tables():
        yield f"data/{name}.json", json_lines(_rows(name, organisation))
    yield "log.json", json_lines(_log(organisation))
    yield from _evidence(organisation)
    yield from _documents(organisation)


def _tables() -> list[str]:
    return [name for name in OF_ORGANISATION if name not in NOT_OURS | {"AuditEntry"}]


def _rows(name: str, organisation: Organisation) -> Iterator[dict[str, Any]]:
    rows = rows_of(name, organisation)
    if name in TAKEN_BACK:
        told = ReviewDecision.objects.filter(submission__organisation=organisation, kind__in=TOLD_BY)
        way = OF_SUBMISSION.get(name, "submission")
        rows = rows.filter(**{f"{way}__in": told.values("submission")}).exclude(**TAKEN_BACK[name]).distinct()
    return plain_rows(rows, without=PRIVATE.get(name, frozenset()), pieces=20 if name == "Submission" else PIECES)


def _log(organisation: Organisation) -> Iterator[dict[str, Any]]:
    rows = AuditDetail.objects.filter(entry__chain=organisation.reference).select_related("entry")
    last = 0
    while found := list(rows.filter(entry__seq__gt=last).order_by("entry__seq")[:PIECES]):
        people = names_of({row.entry.actor for row in found})
        for row in found:
            entry = row.entry
            yield {
                "seq": entry.seq,
                "at": entry.at,
                "by": people.get(entry.actor, ""),
                "kind": entry.kind,
                "about": entry.object,
                "details": row.content(),
                "detail_digest": entry.detail_digest,
                "rows": entry.rows,
                "previous": entry.previous,
                "hash": entry.hash,
            }
        last = found[-1].entry.seq


def _evidence(organisation: Organisation) -> Iterator[Part]:
    rows = EvidenceVersion.objects.filter(evidence__organisation=organisation).exclude(storage_key="")
    for version in _by_key(rows.select_related("evidence")):
        folder = f"evidence/{version.evidence.reference}/{version.number}"
        yield _file(f"{folder}/{_safe(version.file_name)}", version.storage_key, version.sha256, version.size)


def _documents(organisation: Organisation) -> Iterator[Part]:
    rows = rows_of("Document", organisation).filter(state=DocumentState.READY).exclude(file="")
    for document in _by_key(rows):
        assert isinstance(document, Document)
        name = f"documents/{document.reference}-{document.kind}.pdf"
        yield _file(name, str(document.file), document.sha256, document.size)


def _by_key(rows: Any) -> Iterator[Any]:
    last = 0
    while found := list(rows.filter(pk__gt=last).order_by("pk")[:PIECES]):
        yield from found
        last = found[-1].pk


def _safe(name: str) -> str:
    """Return a name that unpacks into its own folder on every system."""
    return get_valid_filename(name.replace("/", "_").replace("\\", "_").lstrip(".") or "file")[-120:]


def _file(name: str, stored: str, sha256: str, size: int) -> Part:
    """Return a stored file, or a line that says why it is not there; the rest of the archive is made all the same."""
    try:
        stored_files.open_as_stored(default_storage, stored, sha256=sha256, size=size).close()
    except stored_files.NotAsStored as fault:
        return f"{name}.NOT-AS-STORED.txt", [(_words_of(fault) % {"sha256": sha256}).encode()]
    return name, _content(stored)


def _words_of(fault: stored_files.NotAsStored) -> str:
    if fault.reason == "missing":
        return _("This file is missing on the server. Its SHA-256 was %(sha256)s.")
    return _("Somebody changed this file outside hkguide, so it is not included. Its SHA-256 was %(sha256)s.")


def _content(stored: str) -> Iterable[bytes]:
    with default_storage.open(stored, "rb") as file:
        yield from stored_files.chunks(file)  # type: ignore[arg-type]
