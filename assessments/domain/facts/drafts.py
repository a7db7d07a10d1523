"""A page of facts that somebody left half filled: kept for that person until they save or discard it.

A draft declares nothing. It makes no version, runs no tier rule and suspends no certificate (ADVICE section 8, ruling 8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction

from assessments.access import roles
from assessments.access.roles import Action
from assessments.core.errors import Locked
from assessments.domain.facts import declare
from assessments.domain.facts import values as facts_values
from assessments.guideline.edition import Edition
from assessments.models import DeclaredUse, FactDraft, User

MOST_ANSWERS = 20  # of one field
MOST_CHARACTERS = 2000  # of one answer, as in a reason
PREFIXES = ("", "base_", "reason_", "date_")
"""What a page of facts has a field for: the answer, the revision that was shown, its reason, its date."""

type Fields = dict[str, list[str]]


def field_names(edition: Edition, group: str) -> frozenset[str]:
    """Return the names of the fields that the page of a group may have."""
    return frozenset(
        f"{prefix}{fact.key}" for fact in edition.facts.values() if fact.group == group for prefix in PREFIXES
    )


@transaction.atomic
def keep_draft(use: DeclaredUse, group: str, fields: Mapping[str, Sequence[str]], *, by: User) -> FactDraft | None:
    """Keep what a page of facts holds now; None, and no draft, where nothing is answered on it.

    Raises Locked while the facts are under review, NotPermitted for those who may not declare.
    """
    roles.require(by, Action.DECLARE, use)
    declare.editable_facts(use)
    known = field_names(facts_values.current_edition(use), group)
    kept: Fields = {
        name: [value[:MOST_CHARACTERS] for value in values[:MOST_ANSWERS]]
        for name, values in fields.items()
        if name in known
    }
    if not any(any(values) for name, values in kept.items() if not name.startswith("base_")):
        discard_draft(use, group, by=by)
        return None
    draft, _created = FactDraft.objects.update_or_create(use=use, user=by, group=group, defaults={"fields": kept})
    return draft


def find_draft(use: DeclaredUse, group: str, *, by: User) -> FactDraft | None:
    """Return the person's draft of a page; None where there is none, or where the facts are locked."""
    try:
        declare.editable_facts(use)
    except Locked:
        return None
    return FactDraft.objects.filter(use=use, user=by, group=group).first()


def discard_draft(use: DeclaredUse, group: str, *, by: User) -> None:
    """Remove the person's draft of a page. Idempotent."""
    FactDraft.objects.filter(use=use, user=by, group=group).delete()
