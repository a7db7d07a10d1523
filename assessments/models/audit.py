"""Who did what, when: one hash chain an organisation, provable even after personal details were erased."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from assessments.models.base import Frozen, canonical_json, sha256
from assessments.models.people import Organisation

INSTALLATION = "installation"
GENESIS = "0" * 64


class AuditHead(models.Model):
    """The end of a chain; locked as the last lock of a transaction."""

    chain = models.CharField(max_length=32, unique=True)
    seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=GENESIS)


class AuditManager(models.Manager["AuditEntry"]):
    def record(
        self,
        kind: str,
        about: models.Model,
        *,
        by: Any,
        organisation: Organisation | None = None,
        details: dict[str, Any] | None = None,
    ) -> AuditEntry:
        """Append an entry to the organisation's chain; call it last in the transaction of the move.

        `details` (names, old and new values) are kept apart under a salt, so that they can be erased.
        """
        chain = organisation.reference if organisation else INSTALLATION
        AuditHead.objects.get_or_create(chain=chain)
        head = AuditHead.objects.select_for_update().get(chain=chain)
        salt = secrets.token_hex(16)
        detail = canonical_json(details or {})
        entry = AuditEntry(
            chain=chain,
            seq=head.seq + 1,
            at=timezone.now(),
            actor=by.pk if by else None,
            kind=kind,
            object=f"{about._meta.model_name}:{getattr(about, 'reference', about.pk)}",
            detail_digest=sha256(salt + detail),
            previous=head.hash,
        )
        entry.hash = entry.expected_hash()
        entry.save()
        AuditDetail.objects.create(entry=entry, salt=salt, detail=detail)
        AuditHead.objects.filter(pk=head.pk).update(seq=entry.seq, hash=entry.hash)
        return entry

    def faults(self, chain: str) -> Iterator[str]:
        """Walk a chain and say what does not fit; nothing when it is whole."""
        previous, seq = GENESIS, 0
        for entry in self.filter(chain=chain).order_by("seq").select_related("detail").iterator(chunk_size=500):
            if entry.seq != seq + 1:
                yield f"{chain}: entry {seq + 1} is missing"
            if entry.previous != previous:
                yield f"{chain}: entry {entry.seq} does not follow the one before it"
            if entry.hash != entry.expected_hash():
                yield f"{chain}: entry {entry.seq} was changed"
            detail = getattr(entry, "detail", None)
            if (
                detail is not None
                and not detail.erased_at
                and sha256(detail.salt + detail.detail) != entry.detail_digest
            ):
                yield f"{chain}: details of entry {entry.seq} were changed"
            previous, seq = entry.hash, entry.seq
        head = AuditHead.objects.filter(chain=chain).first()
        if head and (head.seq, head.hash) != (seq, previous):
            yield f"{chain}: the chain ends at {seq}, its head says {head.seq}"


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

    objects: ClassVar[Any] = AuditManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "seq"], name="one_entry_a_place")]
        indexes = [models.Index(fields=["object"], name="audit_entries_by_object")]

    def expected_hash(self) -> str:
        return sha256(
            canonical_json(
                {
                    "chain": self.chain,
                    "seq": self.seq,
                    "at": self.at.isoformat(),
                    "actor": self.actor,
                    "kind": self.kind,
                    "object": self.object,
                    "detail_digest": self.detail_digest,
                    "previous": self.previous,
                }
            )
        )


class AuditDetail(models.Model):
    entry = models.OneToOneField(AuditEntry, models.PROTECT, related_name="detail")
    salt = models.CharField(max_length=32)
    detail = models.TextField()
    erased_at = models.DateTimeField(null=True)
    erased_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
