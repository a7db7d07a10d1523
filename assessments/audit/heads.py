"""The ends of the chains: as lines to be kept elsewhere, read back, signed for the first time, and signed by a new key."""

from __future__ import annotations

import re
import syslog
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit import log, rows
from assessments.audit.kinds import AuditKind
from assessments.audit.verify import Verified, verify
from assessments.core import log_key
from assessments.core.errors import InvalidAnswer
from assessments.models import AuditHead, Organisation
from assessments.models.audit import Anchor, row_name

LINE = re.compile(r"(?:^|\s)([a-z2-9]{12}|installation) ([0-9]{1,18}) ([0-9a-f]{64})\s*$")
SYSLOG = "syslog"


@dataclass(frozen=True, slots=True)
class StoredHead:
    """The end of a chain as a line kept elsewhere tells it."""

    chain: str
    anchor: Anchor


def line_of(chain: str, seq: int, end: str) -> str:
    """Return one end as a line: chain, number of its newest entry, hash of that entry. `read` reads it back."""
    return f"{chain} {seq} {end}"


def read(lines: Iterable[str], name: str) -> list[StoredHead]:
    """Read lines that `line_of` wrote, whatever stands before them (a date, a host); blank lines and `#` are passed over.

    `name` is the file's, for messages. Raises InvalidAnswer with the line that is none.
    """
    found = []
    for number, text in enumerate(lines, 1):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        match = LINE.search(text)
        if match is None:
            words = _(
                "%(name)s, line %(number)s: write the name of the chain, then the number and the hash of its newest"
                " entry. This line says: %(text)s"
            )
            raise InvalidAnswer("against", words % {"name": name, "number": number, "text": text.strip()[:80]})
        where = _("%(name)s, line %(number)s") % {"name": name, "number": number}
        found.append(StoredHead(match[1], Anchor(int(match[2]), match[3], where)))
    return found


def push() -> int:
    """Send the end of every chain to where the setting says, the system's log or a file; returns how many chains.

    Lines are added to the file, never changed. Raises OSError where it cannot be written.
    """
    if not settings.LOG_HEADS:
        return 0
    heads = AuditHead.objects.exclude(seq=0).order_by("chain").values_list("chain", "seq", "hash")
    lines = [line_of(*head) for head in heads]
    if settings.LOG_HEADS == SYSLOG:
        for line in lines:
            syslog.syslog(syslog.LOG_NOTICE, f"hkguide log {line}")
    else:
        at = timezone.now().isoformat(timespec="seconds")
        with Path(settings.LOG_HEADS).open("a", encoding="utf-8") as file:
            file.writelines(f"{at} {line}\n" for line in lines)
    return len(lines)


def take_in(chain: str) -> Verified:
    """Sign a chain that no key has signed yet, and name in it every row that no entry names. Idempotent.

    What is not whole is left alone: the answer tells its faults, and nothing was written.
    """
    key = log_key.load()
    assert key is not None
    with transaction.atomic():
        AuditHead.objects.get_or_create(chain=chain)
        head = AuditHead.objects.select_for_update().get(chain=chain)
        unsigned = not head.signature
        if unsigned:
            head.signature, head.key = key.sign(head.signed_text()), key.name
            head.save(update_fields=["signature", "key"])
        found = verify(chain, by=None, from_founding=not unsigned)
        if found.faults:
            transaction.set_rollback(True)
            return found
        organisation = Organisation.objects.filter(reference=chain).first()
        if organisation is not None and found.rows_from_before:
            _name_rows(organisation)
    return found


def _name_rows(organisation: Organisation) -> None:
    named, _complete = rows.named(organisation.reference)
    left = [row for row in rows.rows_of(organisation.reference) if row_name(row) not in named]
    details = {"rows": len(left)}
    log.record(AuditKind.ROWS_TAKEN_IN, organisation, by=None, organisation=organisation, details=details, rows=left)


def sign_anew(old: log_key.LogKey, new: log_key.LogKey) -> list[str]:
    """Sign every head with a new key; returns the chains whose head the old key had not signed, which stay as they are."""
    refused = []
    with transaction.atomic():
        for head in AuditHead.objects.select_for_update().order_by("chain"):
            if head.fits(old):
                head.signature, head.key = new.sign(head.signed_text()), new.name
                head.save(update_fields=["signature", "key"])
            else:
                refused.append(head.chain)
    return refused
