"""Who did what, when, from where: one hash chain an organisation, provable even after personal details were erased."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.core import log_key, proof, request_context
from assessments.models.base import Frozen, FrozenQuerySet, FrozenRow, canonical_json, sha256
from assessments.models.people import Organisation

INSTALLATION = "installation"
GENESIS = "0" * 64
ERASURE = "details_erased"
"""The kind of the entries that say whose details were erased; they hold numbers alone and are never erased themselves."""
NEAR = 64  # so many places around its own an entry is looked for, when it was moved


class AuditHead(models.Model):
    """The end of a chain; locked as the last lock of a transaction. Beside it: when the chain was last verified."""

    chain = models.CharField(max_length=32, unique=True)
    seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=GENESIS)
    verified_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    verified_seq = models.PositiveBigIntegerField(default=0)  # the end of the chain when it was last found whole,
    verified_hash = models.CharField(max_length=64, blank=True)  # which every later walk has to pass again
    faults = models.PositiveIntegerField(default=0)  # found when it was last verified
    signature = models.CharField(max_length=100, blank=True, default="")  # of `signed_text`, empty without a key
    key = models.CharField(max_length=16, blank=True, default="")  # the name of the key that signed

    def signed_text(self) -> str:
        """Return what the key signs: the chain, its end, and the end as it was last verified."""
        return canonical_json([self.chain, self.seq, self.hash, self.verified_seq, self.verified_hash])

    def fits(self, key: log_key.LogKey) -> bool:
        """Tell whether the key signed this head as it stands; a chain that has no entry yet needs no signature."""
        return (self.seq == 0 and not self.signature) or key.fits(self.signed_text(), self.signature)

    def move(self, key: log_key.LogKey | None, **fields: Any) -> None:
        """Change fields of a locked head and sign it anew, unless what stood there was not signed by the key.

        One that does not fit stays as it is, unsigned: `verify_audit_log` names it until somebody has looked.
        """
        if key is not None and self.fits(key):
            for name, value in fields.items():
                setattr(self, name, value)
            fields |= {"signature": key.sign(self.signed_text()), "key": key.name}
        AuditHead.objects.filter(pk=self.pk).update(**fields)


class FaultKind(StrEnum):
    CHANGED = "changed"
    REPLACED = "replaced"  # changed, and its own hash with it
    REMOVED = "removed"
    INSERTED = "inserted"
    MOVED = "moved"
    CUT_OFF = "cut off"
    HEAD = "head"
    ANCHOR = "anchor"
    DETAILS = "details"
    DETAILS_REMOVED = "details removed"
    ERASED_QUIETLY = "erased quietly"
    SIGNATURE = "signature"
    ROW = "row"  # a row differs from what its entry says of it, or stands in no entry
    ROW_REMOVED = "row removed"


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not fit, where; `seq` is the place of the entry in its chain."""

    chain: str
    seq: int
    kind: FaultKind
    words: str

    def __str__(self) -> str:
        return f"{self.chain}: {self.words}"


@dataclass(frozen=True, slots=True)
class Anchor:
    """An entry's hash as something outside the chain names it; `name` is what says so."""

    seq: int
    hash: str
    name: str


@dataclass(frozen=True, slots=True)
class Erased:
    """Details that were erased: no fault, but said."""

    chain: str
    seq: int
    words: str

    def __str__(self) -> str:
        return f"{self.chain}: {self.words}"


class AuditManager(models.Manager.from_queryset(FrozenQuerySet)):  # type: ignore[misc]  # made at run time
    def record(
        self,
        kind: str,
        about: models.Model,
        *,
        by: Any,
        organisation: Organisation | None = None,
        details: dict[str, Any] | None = None,
        rows: Iterable[models.Model] = (),
    ) -> AuditEntry:
        """Append an entry to the organisation's chain. Called by `audit.log.record` alone, which knows the kinds.

        `rows`: what the move wrote of the tables in `NAMED`; the entry keeps a digest of each, which erasing leaves.

        `details` (names, old and new values) are kept apart under a salt, so that they can be erased; who it was by name
        and where they came from is kept with them.
        """
        chain = organisation.reference if organisation else INSTALLATION
        AuditHead.objects.get_or_create(chain=chain)
        head = AuditHead.objects.select_for_update().get(chain=chain)
        salt = secrets.token_hex(16)
        told = dict(details or {})
        if kind != ERASURE:
            if by:
                told["by"] = {"name": str(by), "email": by.email}
            if source := request_context.current().record():
                told["from"] = source
            if shown := proof.used(by):
                told["proof"] = shown.record()
        detail = canonical_json(told)
        entry = AuditEntry(
            chain=chain,
            seq=head.seq + 1,
            at=timezone.now(),
            actor=by.pk if by else None,
            kind=kind,
            object=f"{about._meta.model_name}:{getattr(about, 'reference', about.pk)}",
            detail_digest=sha256(salt + detail),
            previous=head.hash,
            rows=canonical_json(named) if (named := {row_name(row): row_digest(row) for row in rows}) else "",
        )
        entry.hash = entry.expected_hash()
        entry.save()
        AuditDetail.objects.create(entry=entry, salt=salt, detail=detail)
        head.move(log_key.load(), seq=entry.seq, hash=entry.hash)
        return entry

    def newest(self, organisation: Organisation) -> dict[str, Any]:
        """Return the end of an organisation's chain as a certificate prints it: seq and hash; the chain's name stays inside."""
        head = AuditHead.objects.filter(chain=organisation.reference).values("seq", "hash").first()
        return dict(head or {"seq": 0, "hash": GENESIS})

    def faults(self, chain: str, anchors: Iterable[Anchor] = ()) -> Iterator[Fault]:
        """Walk a chain and say what does not fit; nothing when it is whole."""
        return (found for found in self.walk(chain, anchors) if isinstance(found, Fault))

    def walk(self, chain: str, anchors: Iterable[Anchor] = ()) -> Iterator[Fault | Erased]:
        """Walk a chain from its first entry and yield what does not fit, and what was erased.

        Rows are read in pieces of 500: memory stays flat. What stands where another entry was written is looked for by
        its hash, so that a removed, inserted or moved entry is told from a changed one. An entry whose hash was worked
        out anew shows by the next one, or by an anchor. What cannot be seen: an entry forged behind the end together
        with the head, which is what an honest entry would look like too.
        """
        return _Walk(self, chain, anchors).findings()


class _Walk:
    """One walk along a chain."""

    def __init__(self, entries: AuditManager, chain: str, anchors: Iterable[Anchor]) -> None:
        self.entries, self.chain = entries, chain
        self.head = AuditHead.objects.filter(chain=chain).first()
        self.anchors: dict[int, list[Anchor]] = {}
        for anchor in anchors:
            self.anchors.setdefault(anchor.seq, []).append(anchor)
        if self.head and self.head.verified_hash:
            day = date_format(timezone.localtime(self.head.verified_at), "DATETIME_FORMAT")
            known = Anchor(self.head.verified_seq, self.head.verified_hash, _("the verification of %s") % day)
            self.anchors.setdefault(known.seq, []).append(known)
        self.newest = 0  # the highest place that any entry so far was written for
        self.at_head = GENESIS
        self.missing: list[range] = []
        self.erased: dict[int, str] = {}
        self.said: set[int] = set()  # the entries of whose erasure another entry tells

    def fault(self, seq: int, kind: FaultKind, words: str, **values: Any) -> Fault:
        return Fault(self.chain, seq, kind, words % {"seq": seq, **values})

    def findings(self) -> Iterator[Fault | Erased]:
        before: AuditEntry | None = None
        before_written = shift = 0
        rows = self.entries.filter(chain=self.chain).order_by("seq").select_related("detail__erased_by")
        for entry in rows.iterator(chunk_size=500):
            written = _written_as(entry, shift)
            if written is None:
                yield self.fault(entry.seq, FaultKind.CHANGED, _("entry %(seq)s was changed"))
                written = self.newest + 1
            shift = written - entry.seq
            if written > self.newest:
                if written > self.newest + 1:
                    self.missing.append(range(self.newest + 1, written))
                self.newest = written
            elif self._found_again(written):
                if written != entry.seq:  # those between two that changed places still stand where they belong
                    words = _("entry %(written)s was moved: it is now at place %(seq)s")
                    yield self.fault(entry.seq, FaultKind.MOVED, words, written=written)
            else:
                words = _("entry %(seq)s was inserted: the entry after it used to be in this place")
                yield self.fault(entry.seq - 1, FaultKind.INSERTED, words)
            follows = before_written == written - 1
            if follows and entry.previous != (before.hash if before else GENESIS):
                yield self.fault(
                    max(entry.seq - 1, 1),
                    FaultKind.REPLACED,
                    _("entry %(seq)s and its hash were changed: entry %(next)s records a different hash for it"),
                    next=entry.seq,
                )
            yield from self._details(entry)
            for anchor in self.anchors.pop(written, ()):
                if anchor.hash != entry.hash:
                    words = _(
                        "entry %(seq)s is not the entry that %(name)s refers to: the log was rewritten up to this entry"
                    )
                    yield self.fault(entry.seq, FaultKind.ANCHOR, words, name=anchor.name)
            if self.head and written == self.head.seq:
                self.at_head = entry.hash
            before, before_written = entry, written
        yield from self._rest()

    def _found_again(self, written: int) -> bool:
        for gap in self.missing:
            if written in gap:
                self.missing.remove(gap)
                self.missing += [part for part in (range(gap.start, written), range(written + 1, gap.stop)) if part]
                return True
        return False

    def _details(self, entry: AuditEntry) -> Iterator[Fault]:
        detail: AuditDetail | None = getattr(entry, "detail", None)
        if detail is None:
            yield self.fault(entry.seq, FaultKind.DETAILS_REMOVED, _("details of entry %(seq)s were removed"))
        elif detail.erased_at and not detail.detail:
            day = date_format(timezone.localtime(detail.erased_at), "DATE_FORMAT")
            words = _("details of entry %(seq)s were erased on %(day)s, by %(name)s")
            self.erased[entry.seq] = words % {"seq": entry.seq, "day": day, "name": detail.erased_by}
        elif sha256(detail.salt + detail.detail) != entry.detail_digest:
            yield self.fault(entry.seq, FaultKind.DETAILS, _("details of entry %(seq)s were changed"))
        elif entry.kind == ERASURE:
            self.said.update(detail.content().get("erased", ()))

    def _rest(self) -> Iterator[Fault | Erased]:
        for gap in sorted(self.missing, key=lambda gap: gap.start):
            words = _("entry %(seq)s was removed") if len(gap) == 1 else _("entries %(seq)s to %(last)s were removed")
            yield self.fault(gap.start, FaultKind.REMOVED, words, last=gap.stop - 1)
        yield from self._end()
        for seq, anchors in sorted(self.anchors.items()):
            for anchor in anchors:
                if anchor.seq or anchor.hash != GENESIS:
                    words = _("entry %(seq)s is missing, but %(name)s refers to it")
                    yield self.fault(seq, FaultKind.ANCHOR, words, name=anchor.name)
        for seq, words in self.erased.items():
            if seq in self.said:
                yield Erased(self.chain, seq, words)
            else:
                more = _("details of entry %(seq)s were removed, and no entry records the removal")
                yield self.fault(seq, FaultKind.ERASED_QUIETLY, more)

    def _signature(self, head: AuditHead) -> Iterator[Fault]:
        """Yield the head as it was when the walk began: signed by this installation's key, or signed by none."""
        key = log_key.load()
        if key is None and head.signature:
            words = _(
                "the end of the log is signed with the key %(key)s, but the key file is missing (HKGUIDE_LOG_KEY_FILE)"
            )
            yield self.fault(head.seq, FaultKind.SIGNATURE, words, key=head.key)
        elif key is not None and not head.fits(key):
            words = (
                _(
                    "the end of the log does not match its signature: somebody changed the log or added entries outside hkguide"
                )
                if head.signature
                else _(
                    "the end of the log is not signed, although there is a key: if the key is new, run manage.py log_key make;"
                    " otherwise, find out who removed the signature"
                )
            )
            yield self.fault(head.seq, FaultKind.SIGNATURE, words)

    def _end(self) -> Iterator[Fault]:
        if self.head is None:
            if self.newest:
                words = _("the record of the newest entry was removed, so nobody can tell whether the log is complete")
                yield self.fault(self.newest, FaultKind.HEAD, words)
            return
        yield from self._signature(self.head)
        if self.newest < self.head.seq:
            words = _("the log was cut off after entry %(seq)s: its last entry should be entry %(head)s")
            yield self.fault(self.newest, FaultKind.CUT_OFF, words, head=self.head.seq)
        elif self.at_head != self.head.hash:
            words = _("the record of the newest entry names entry %(seq)s, but the stored entry is different")
            yield self.fault(self.head.seq, FaultKind.HEAD, words)
        # Entries that were written while the chain was walked moved the head on before they could be read.
        now = AuditHead.objects.filter(chain=self.chain).values_list("seq", flat=True).first() or 0
        if self.newest > now:
            words = _("entry %(seq)s was added after the end of the chain")
            yield self.fault(now + 1, FaultKind.INSERTED, words)


def _written_as(entry: AuditEntry, shift: int) -> int | None:
    """Return the place that an entry was written for, by its hash; None where its hash fits none near its own."""
    if entry.hash == entry.expected_hash():
        return entry.seq
    near = (entry.seq + away for n in range(1, NEAR + 1) for away in (-n, n))
    return next((at for at in (entry.seq + shift, *near) if entry.hash == entry.expected_hash(at)), None)


class AuditEntry(Frozen):
    chain = models.CharField(max_length=32)
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.BigIntegerField(null=True)  # id only: the hash must not hold personal data
    kind = models.CharField(max_length=40)
    object = models.CharField(max_length=80)
    detail_digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    rows = models.TextField(blank=True, default="")  # canonical JSON: row to digest, of what the move wrote

    objects: ClassVar[Any] = AuditManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "seq"], name="one_entry_a_place")]
        indexes = [
            models.Index(fields=["chain", "object", "seq"], name="audit_by_object"),
            models.Index(fields=["chain", "actor", "seq"], name="audit_by_person"),
        ]

    def expected_hash(self, seq: int | None = None) -> str:
        """Return the hash that the entry has to have, were it written for the place `seq` (its own, if left out)."""
        told = {
            "chain": self.chain,
            "seq": self.seq if seq is None else seq,
            "at": self.at.isoformat(),
            "actor": self.actor,
            "kind": self.kind,
            "object": self.object,
            "detail_digest": self.detail_digest,
            "previous": self.previous,
        }
        if self.rows:  # entries from before rows were named keep their hash
            told["rows"] = self.rows
        return sha256(canonical_json(told))


def _columns(names: str) -> tuple[tuple[str, ...], ...]:
    return (tuple(names.split()),)


NAMED: dict[str, tuple[tuple[str, ...], ...]] = {
    "submission": _columns(
        "reference assessment_id organisation_id round by_id at route sha256 edition_checksum assigned_tier text_tier"
    ),
    "reviewdecision": _columns("submission_id by_id kind independent tier statement answer_by signed at"),
    "certificate": _columns(
        "number submission_id use_id organisation_id assurance tier issued_at issued_on expires_on first_issued_on "
        "supersedes_id public_record"
    ),
    "certificateevent": _columns("certificate_id kind at by_id public_reason private_reason"),
    "membership": _columns("user_id organisation_id role sees left_at"),
    "supplement": _columns("assessment_id target version_id sha256 words by_id at"),
}
"""The tables whose rows entries name, with the columns that their digest covers.

Columns of a later release make a new version, behind the others: digests of older entries are read with the older one.
"""


def row_name(row: models.Model) -> str:
    return f"{row._meta.model_name}:{row.pk}"


def row_digest(row: models.Model, version: int = 0) -> str:
    """Digest what a row says, as `version:sha256`; version 0 is the newest. The model is one of `NAMED`."""
    versions = NAMED[row._meta.model_name or ""]
    version = version or len(versions)
    return f"{version}:{sha256(canonical_json({name: getattr(row, name) for name in versions[version - 1]}))}"


class AuditDetailQuerySet(FrozenQuerySet["AuditDetail"]):
    def erase(self, *, by: Any) -> int:
        """Empty these details for good; returns how many. `audit.log` tells the chain of it in the same transaction."""
        rows = self.filter(erased_at=None)
        return models.QuerySet.update(rows, salt="", detail="", erased_at=timezone.now(), erased_by=by)


class AuditDetail(models.Model):
    """What an entry says of people and values; of a stored one only erasure changes anything, by the database too."""

    entry = models.OneToOneField(AuditEntry, models.PROTECT, related_name="detail")
    salt = models.CharField(max_length=32)
    detail = models.TextField()
    erased_at = models.DateTimeField(null=True)
    erased_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = AuditDetailQuerySet.as_manager()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise FrozenRow("Log details can only be erased completely. They cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, using: Any = None, keep_parents: bool = False) -> NoReturn:
        raise FrozenRow("Log details are never deleted, only erased.")

    def content(self) -> Mapping[str, Any]:
        """Return what is told, by name; empty once it was erased."""
        found: dict[str, Any] = json.loads(self.detail) if self.detail else {}
        return found
