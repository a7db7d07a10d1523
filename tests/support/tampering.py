"""What somebody with their hands on the database could do to the log, past every model: by SQL alone.

On PostgreSQL they switch the triggers off first, which takes the owner of the tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from assessments.models import AuditEntry, AuditHead

GUARDED = ("assessments_auditentry", "assessments_auditdetail", "assessments_audithead")
COLUMNS = ("chain", "seq", "at", "actor", "kind", "object", "detail_digest", "previous", "hash", "rows")


def run(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@contextmanager
def unguarded(*tables: str) -> Iterator[None]:
    """With the database's own refusals switched off, of the log's tables or of those that are named."""
    if connection.vendor != "postgresql":
        yield
        return
    run("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to come cannot be altered
    for table in tables or GUARDED:
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    try:
        yield
    finally:
        run("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables or GUARDED:
            run(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def edit(chain: str, seq: int, *, anew: bool = False, **columns: Any) -> None:
    """Change columns of an entry; `anew`: work its own hash out again."""
    entry = AuditEntry.objects.get(chain=chain, seq=seq)
    for name, value in columns.items():
        setattr(entry, name, value)
    if anew:
        columns["hash"] = entry.expected_hash()
    with unguarded():
        for name, value in columns.items():
            run(f"UPDATE assessments_auditentry SET {name} = %s WHERE id = %s", value, entry.pk)


def edit_details(chain: str, seq: int, detail: str) -> None:
    pk = AuditEntry.objects.get(chain=chain, seq=seq).detail.pk
    with unguarded():
        run("UPDATE assessments_auditdetail SET detail = %s WHERE id = %s", detail, pk)


def delete(chain: str, *seqs: int, close_up: bool = False) -> None:
    """Delete entries; `close_up`: number those behind them anew, so that no place is empty."""
    with unguarded():
        for seq in sorted(seqs, reverse=True):
            pk = AuditEntry.objects.get(chain=chain, seq=seq).pk
            run("DELETE FROM assessments_auditdetail WHERE entry_id = %s", pk)
            run("DELETE FROM assessments_auditentry WHERE id = %s", pk)
            if close_up:
                _renumber(chain, seq, -1)


def _renumber(chain: str, behind: int, by: int) -> None:
    places = AuditEntry.objects.filter(chain=chain, seq__gt=behind).order_by("seq" if by < 0 else "-seq")
    for pk, seq in places.values_list("pk", "seq"):
        run("UPDATE assessments_auditentry SET seq = %s WHERE id = %s", seq + by, pk)


def insert(chain: str, seq: int) -> None:
    """Put an entry at a place, its own hash worked out right and its details too; those behind it move on by one."""
    before = AuditEntry.objects.filter(chain=chain, seq=seq - 1).first()
    model = AuditEntry.objects.filter(chain=chain).order_by("seq")[0]
    with unguarded():
        _renumber(chain, seq - 1, +1)
    forged = AuditEntry(**{name: getattr(model, name) for name in COLUMNS})
    forged.seq, forged.previous = seq, before.hash if before else "0" * 64
    forged.hash = forged.expected_hash()
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    marks = ", ".join("%s" for _name in COLUMNS)
    values = [getattr(forged, name) for name in COLUMNS]
    with unguarded():
        run(f"INSERT INTO assessments_auditentry ({names}) VALUES ({marks})", *values)
        pk = AuditEntry.objects.get(chain=chain, seq=seq).pk
        run(
            "INSERT INTO assessments_auditdetail (entry_id, salt, detail) VALUES (%s, %s, %s)",
            pk,
            model.detail.salt,
            model.detail.detail,
        )


def swap(chain: str, one: int, other: int) -> None:
    first, second = (AuditEntry.objects.get(chain=chain, seq=seq).pk for seq in (one, other))
    with unguarded():
        for pk, seq in ((first, 0), (second, one), (first, other)):
            run("UPDATE assessments_auditentry SET seq = %s WHERE id = %s", seq, pk)


def cut_off(chain: str, after: int, *, head_too: bool = False) -> None:
    """Delete everything behind an entry; `head_too`: and let the head name that entry, as if it had always been the last."""
    last = AuditEntry.objects.get(chain=chain, seq=after)
    delete(chain, *AuditEntry.objects.filter(chain=chain, seq__gt=after).values_list("seq", flat=True))
    if head_too:
        with unguarded():
            run(
                "UPDATE assessments_audithead SET seq = %s, hash = %s WHERE id = %s",
                after,
                last.hash,
                AuditHead.objects.get(chain=chain).pk,
            )


def write_anew(chain: str, start: int) -> None:
    """Change an entry and work out its hash and all that follow, the head's too: a chain that fits in itself."""
    entries = list(AuditEntry.objects.filter(chain=chain, seq__gte=start).order_by("seq"))
    entries[0].kind = "rewritten"
    previous = entries[0].previous
    with unguarded():
        for entry in entries:
            entry.previous = previous
            previous = entry.hash = entry.expected_hash()
            run(
                "UPDATE assessments_auditentry SET kind = %s, previous = %s, hash = %s WHERE id = %s",
                entry.kind,
                entry.previous,
                entry.hash,
                entry.pk,
            )
        run("UPDATE assessments_audithead SET hash = %s WHERE chain = %s", previous, chain)
