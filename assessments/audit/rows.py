"""Rows beside the log: submissions, decisions, certificates, roles and supplements, each against the entry that names it.

An entry keeps a digest of what its move wrote (`models.audit.NAMED`), under its hash. The newest entry that names a row
says what the row has to be now. Answers are held against the frozen submission that they went into.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from assessments.audit.kinds import AuditKind
from assessments.core import log_key
from assessments.models import (
    Answer,
    Assessment,
    AuditEntry,
    Certificate,
    CertificateEvent,
    Membership,
    ReviewDecision,
    Submission,
    Supplement,
)
from assessments.models.assessments import State
from assessments.models.audit import Erased, Fault, FaultKind, row_digest, row_name
from assessments.models.base import canonical_json, sha256


@dataclass(frozen=True, slots=True)
class Rows:
    """What a comparison of an organisation's rows with its chain found."""

    faults: tuple[Fault, ...]
    erased: tuple[Erased, ...]  # what the deletion of the organisation emptied, as its entry says
    compared: int
    from_before: int  # rows that no entry names, in a chain from before entries named any


def compare(chain: str, *, from_founding: bool = True) -> Rows:
    """Hold every row of `NAMED` that belongs to a chain's organisation against the entry that names it.

    Reads snapshots one by one. A row that no entry names is a fault where the chain names rows from its start, or since
    `manage.py log_key make` took in what was there; else it is counted. `from_founding`: False while no key had signed.
    """
    said, complete = named(chain, from_founding=from_founding)
    faults: list[Fault] = []
    compared = from_before = 0
    for row in rows_of(chain):
        name = row_name(row)
        seq, digest = said.pop(name, (0, ""))
        compared += bool(digest)
        if digest and digest != row_digest(row, int(digest.partition(":")[0])):
            words = _("%(row)s was changed outside hkguide: it does not match entry %(seq)s")
            faults.append(Fault(chain, seq, FaultKind.ROW, words % {"row": title_of(row), "seq": seq}))
        elif not digest and complete:
            words = _("%(row)s was added outside hkguide: no entry in the log names it")
            faults.append(Fault(chain, 0, FaultKind.ROW, words % {"row": title_of(row)}))
        elif not digest:
            from_before += 1
    for name, (seq, _digest) in said.items():
        words = _("entry %(seq)s names %(row)s, but %(row)s no longer exists")
        faults.append(Fault(chain, seq, FaultKind.ROW_REMOVED, words % {"row": name.replace(":", " "), "seq": seq}))
    emptied = _emptied(chain)
    faults += _frozen(chain, emptied)
    return Rows(tuple(faults), _told(chain, emptied), compared, from_before)


def _emptied(chain: str) -> dict[str, int]:
    """Return the rows whose content went with the organisation, each with the entry that says so."""
    entries = AuditEntry.objects.filter(chain=chain, kind=AuditKind.ORGANISATION_DELETED.value).order_by("seq")
    return {name: seq for seq, rows in entries.values_list("seq", "rows") for name in json.loads(rows or "{}")}


def _told(chain: str, emptied: dict[str, int]) -> tuple[Erased, ...]:
    words = _(
        "entry %(seq)s records that the content of the organisation was deleted, and lists the %(count)s rows that"
        " were kept"
    )
    counts = Counter(emptied.values())
    return tuple(Erased(chain, seq, words % {"seq": seq, "count": count}) for seq, count in counts.items())


def named(chain: str, *, from_founding: bool = True) -> tuple[dict[str, tuple[int, str]], bool]:
    """Return each row that the chain names with its newest entry and digest; and whether every row has to be named.

    It has to where earlier rows were taken in, and where an organisation was founded under a key. Without a key whoever
    adds a row can write the log anew as well.
    """
    said: dict[str, tuple[int, str]] = {}
    complete, signed = False, from_founding and log_key.load() is not None
    entries = AuditEntry.objects.filter(chain=chain).exclude(rows="").order_by("seq")
    for seq, kind, rows in entries.values_list("seq", "kind", "rows").iterator(chunk_size=500):
        complete = (
            complete
            or kind == AuditKind.ROWS_TAKEN_IN
            or (signed and seq == 1 and kind == AuditKind.ORGANISATION_FOUNDED)
        )
        said |= {name: (seq, digest) for name, digest in json.loads(rows).items()}
    return said, complete


def rows_of(chain: str) -> Iterator[Model]:
    """Yield every row of an organisation that entries name, table by table."""
    tables: tuple[QuerySet[Any], ...] = (
        Submission.objects.filter(organisation__reference=chain).defer("snapshot"),
        ReviewDecision.objects.filter(submission__organisation__reference=chain),
        Certificate.objects.filter(organisation__reference=chain),
        CertificateEvent.objects.filter(certificate__organisation__reference=chain),
        Membership.objects.filter(organisation__reference=chain),
        Supplement.objects.filter(assessment__organisation__reference=chain),
    )
    for rows in tables:
        yield from rows.order_by("pk").iterator(chunk_size=200)


def title_of(row: Model) -> str:
    """Return a row as a fault names it, without a person's name: faults go to mails and files."""
    match row:
        case Submission():
            return _("submission %(reference)s") % {"reference": row.reference}
        case ReviewDecision():
            return _("decision %(pk)s (%(kind)s)") % {"pk": row.pk, "kind": row.get_kind_display()}
        case Certificate():
            return _("certificate %(number)s") % {"number": row.number}
        case CertificateEvent():
            return _("certificate status change %(pk)s (%(kind)s)") % {"pk": row.pk, "kind": row.kind}
        case Supplement():
            return _("evidence %(pk)s, added after signing") % {"pk": row.pk}
    return _("membership %(pk)s") % {"pk": row.pk}


def _frozen(chain: str, emptied: dict[str, int]) -> Iterator[Fault]:
    """Snapshots against their own hash, and the answers of each closed assessment against its newest snapshot.

    One that is empty since its organisation was deleted cannot be compared any more; its hash stays in its entry.
    """
    submissions = Submission.objects.filter(organisation__reference=chain).defer(None).order_by("pk")
    newest = dict(
        Assessment.objects.filter(organisation__reference=chain)
        .exclude(state__in=(State.DRAFT, State.RETURNED))
        .exclude(current_submission=None)
        .values_list("current_submission", "pk")
    )
    for submission in submissions.iterator(chunk_size=20):
        name = title_of(submission)
        if not submission.snapshot and row_name(submission) in emptied:
            continue
        if sha256(submission.snapshot) != submission.sha256:
            words = _("the stored copy of %(row)s is not the copy that was signed: the SHA-256 is different")
            yield Fault(chain, 0, FaultKind.ROW, words % {"row": name})
        elif submission.pk in newest:
            for key in _changed_answers(newest[submission.pk], submission.content()["answers"]):
                words = _("the answer to “%(question)s” differs from the answer in the frozen copy of %(row)s")
                yield Fault(chain, 0, FaultKind.ROW, words % {"question": key, "row": name})


def _changed_answers(assessment: int, signed: dict[str, Any]) -> list[str]:
    """Return the questions whose stored answer differs from the signed one; of a submission that is locked."""
    stored = {
        row.question.key: canonical_json(row.record())
        for row in Answer.objects.filter(assessment=assessment, to_confirm=False).select_related("question")
    }
    told = ("choice", "items", "text", "planned_for", "reason", "figure")
    said = {key: canonical_json({n: answer[n] for n in told if n in answer}) for key, answer in signed.items()}
    return sorted(key for key, answer in said.items() if stored.get(key) != answer)
