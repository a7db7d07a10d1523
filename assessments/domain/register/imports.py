"""Import an inventory of AI systems: read a file first, then take its good rows by a second press.

Nothing here counts by itself: systems and uses are registered, and their facts are suggestions until somebody confirms them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import WorkflowError
from assessments.domain import portfolio
from assessments.exchange import inventory
from assessments.models import (
    AISystem,
    DeclaredFact,
    DeclaredUse,
    Edition,
    FactRevision,
    ImportDraft,
    Organisation,
    SearchWord,
    User,
)
from assessments.models.search_words import words_of

# --- an inventory ----------------------------------------------------------------------------------------------------


@transaction.atomic
def keep_import(organisation: Organisation, data: bytes, *, by: User, file_name: str) -> ImportDraft:
    """Read and check an inventory and keep it for the second press; raises exchange.tables.Unreadable."""
    roles.require(by, Action.REGISTER, organisation)
    edition = Edition.objects.current().compiled()
    table = inventory.read(data)
    rows = inventory.check(table, inventory.Register.of(organisation, edition), edition)
    # Whoever chose a file again has no use for what was read of the former one.
    ImportDraft.objects.filter(organisation=organisation, by=by, taken_at=None).delete()
    return ImportDraft.objects.create(
        organisation=organisation, by=by, file_name=file_name[:255], rows=inventory.as_json(rows, table.ignored)
    )


@dataclass(frozen=True, slots=True)
class ImportResult:
    systems: int
    uses: int
    left_out: int  # rows that were good when they were read and are in the register by now


@transaction.atomic
def take_import(draft: ImportDraft, *, by: User) -> ImportResult:
    """Register the good rows of an import, at once and once: a second press raises WorkflowError and takes nothing.

    The queries are the same for one row and for two thousand, but for the batches in which the database takes them.
    """
    roles.require(by, Action.REGISTER, draft.organisation)
    # The lock of two imports of one organisation: the second sees what the first has registered.
    organisation = Organisation.objects.select_for_update().get(pk=draft.organisation_id)
    if not ImportDraft.objects.filter(pk=draft.pk, taken_at=None).update(taken_at=timezone.now()):
        raise WorkflowError(_("These rows have already been imported. Nothing was registered twice."))
    edition = Edition.objects.current().compiled()
    register = inventory.Register.of(organisation, edition)
    rows = inventory.good_rows(draft.rows)
    fresh = [row for row in rows if not _is_registered(row, register)]
    systems = _new_systems(organisation, fresh, register)
    uses = _new_uses(organisation, fresh, systems)
    taken = ImportResult(sum(isinstance(one, AISystem) for one in systems.values()), len(uses), len(rows) - len(fresh))
    new = DeclaredUse.objects.filter(pk__in=[use.pk for use in uses])
    portfolio.rebuild_columns(new)
    SearchWord.objects.follow(organisation.pk, {}, words_of(new))
    _declare_imported(fresh, systems, by=by)
    log.record(
        AuditKind.INVENTORY_IMPORTED,
        draft,
        by=by,
        organisation=organisation,
        details={
            "file": draft.file_name,
            "systems": [one.reference for one in systems.values() if isinstance(one, AISystem)],
            "uses": [use.reference for use in uses],
        },
    )
    return taken


def _is_registered(row: Mapping[str, Any], register: inventory.Register) -> bool:
    known = register.named(row["system"]["name"], row["system"]["version"])
    if not known:
        return False
    title = " ".join(row["use"]["title"].split()).casefold() if row["use"] else ""
    return not title or any(title in one.titles for one in known)


def _new_systems(
    organisation: Organisation, rows: Iterable[Mapping[str, Any]], register: inventory.Register
) -> dict[str, AISystem | int]:
    """Return the system of each group of rows: a new one, or the id of the one that is registered."""
    systems: dict[str, AISystem | int] = {}
    for row in rows:
        if row["group"] not in systems:
            known = register.named(row["system"]["name"], row["system"]["version"])
            systems[row["group"]] = known[0].pk if known else AISystem(organisation=organisation, **row["system"])
    AISystem.objects.bulk_create([one for one in systems.values() if isinstance(one, AISystem)], batch_size=500)
    return systems


def _new_uses(
    organisation: Organisation, rows: Iterable[Mapping[str, Any]], systems: Mapping[str, AISystem | int]
) -> list[DeclaredUse]:
    return DeclaredUse.objects.bulk_create(
        [
            DeclaredUse(organisation=organisation, system_id=_pk_of(systems[row["group"]]), **row["use"])
            for row in rows
            if row["use"]
        ],
        batch_size=500,
    )


def _pk_of(system: AISystem | int) -> int:
    return system if isinstance(system, int) else system.pk


def _declare_imported(rows: Iterable[Mapping[str, Any]], systems: Mapping[str, AISystem | int], *, by: User) -> None:
    """Store the facts of the new systems. No tier is worked out: of a use about which nothing is known it would only
    say the worst, five hundred times over."""
    facts: dict[tuple[str, str], DeclaredFact] = {}
    for row in rows:
        system = systems[row["group"]]
        if isinstance(system, AISystem):
            for key, value in row["facts"].items():
                new = DeclaredFact(system=system, use=None, key=key, value=value, revision=1, by=by)
                facts.setdefault((row["group"], key), new)
    DeclaredFact.objects.bulk_create(facts.values(), batch_size=500)
    FactRevision.objects.bulk_create(
        [
            FactRevision(
                parent=fact,
                number=1,
                operation=uuid.uuid4(),
                base=0,
                value={"value": fact.value, "reason": ""},
                by=by,
            )
            for fact in facts.values()
        ],
        batch_size=500,
    )
