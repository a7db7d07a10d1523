"""Verifying the log: each chain in itself, against certificates, against rows, and against ends kept elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit import rows
from assessments.core import log_key
from assessments.models import AuditEntry, AuditHead, Certificate, Organisation, User
from assessments.models.audit import INSTALLATION, Anchor, Erased, Fault, FaultKind


@dataclass(frozen=True, slots=True)
class Verified:
    """What a walk along one chain found. `end` is the hash of its newest entry, empty where it has none."""

    chain: str
    entries: int
    end: str
    faults: tuple[Fault, ...]
    erased: tuple[Erased, ...]
    anchors: int  # certificates that were compared with the chain
    unanchored: int  # certificates from before certificates named the log
    rows: int  # submissions, decisions, certificates and roles that were compared
    rows_from_before: int  # those that no entry names, from before entries named any


def chains() -> Iterator[str]:
    """Yield every chain there is or has to be: those with a head, those with entries, those of organisations."""
    found = set(AuditHead.objects.values_list("chain", flat=True))
    found.update(AuditEntry.objects.values_list("chain", flat=True).distinct())
    found.update(Organisation.objects.values_list("reference", flat=True))
    if log_key.load() is not None:  # making the key wrote the first entry of the installation's chain
        found.add(INSTALLATION)
    yield from sorted(found)


def verify(chain: str, *, by: User | None, kept: Iterable[Anchor] = (), from_founding: bool = True) -> Verified:
    """Walk a chain, compare it with all that names it, and keep when it was verified and by whom.

    `by`: None for the command. `kept`: ends of this chain from a file kept elsewhere. `from_founding`: as `rows.compare`
    takes it. Reads the whole chain, in pieces;
    nothing of it is locked meanwhile.
    """
    head = AuditHead.objects.filter(chain=chain).first()
    anchors, unanchored = anchors_of(chain)
    found = list(AuditEntry.objects.walk(chain, [*anchors, *kept]))
    faults = [one for one in found if isinstance(one, Fault)]
    compared = rows.compare(chain, from_founding=from_founding)
    if head is None and not faults and (chain != INSTALLATION or log_key.load() is not None):
        words = (
            _("the whole log of the installation is missing")
            if chain == INSTALLATION
            else _("the whole log of this organisation is missing")
        )
        faults.append(Fault(chain, 1, FaultKind.CUT_OFF, words))
    faults += compared.faults
    if head is not None:
        _keep(head, len(faults), by)
    return Verified(
        chain=chain,
        entries=head.seq if head else 0,
        end=head.hash if head and head.seq else "",
        faults=tuple(faults),
        erased=(*(one for one in found if isinstance(one, Erased)), *compared.erased),
        anchors=len(anchors),
        unanchored=unanchored,
        rows=compared.compared,
        rows_from_before=compared.from_before,
    )


@transaction.atomic
def _keep(walked: AuditHead, faults: int, by: User | None) -> None:
    """Keep when a chain was verified; where it was not whole, the last end that was is still what later walks have to pass."""
    head = AuditHead.objects.select_for_update().get(pk=walked.pk)
    told: dict[str, Any] = {"verified_at": timezone.now(), "verified_by": by, "faults": faults}
    if not faults:
        told |= {"verified_seq": walked.seq, "verified_hash": walked.hash}
    head.move(log_key.load(), **told)


def anchors_of(chain: str) -> tuple[list[Anchor], int]:
    """Return what the certificates of a chain's organisation name of it, and how many name nothing (issued before they did)."""
    anchors, unanchored = [], 0
    found = Certificate.objects.filter(organisation__reference=chain).order_by("pk")
    for number, record in found.values_list("number", "public_record").iterator(chunk_size=200):
        named = json.loads(record).get("log")
        if named:
            anchors.append(Anchor(named["seq"], named["hash"], _("certificate %s") % number))
        else:
            unanchored += 1
    return anchors, unanchored
