"""Facts that a model card suggests: kept, confirmed, dismissed."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.core.errors import WorkflowError
from assessments.domain.facts import declare
from assessments.exchange.model_card import Suggestion
from assessments.models import DeclaredUse, FactSuggestion, User
from assessments.models.systems import lock_uses

# --- a model card ----------------------------------------------------------------------------------------------------


@transaction.atomic
def suggest(use: DeclaredUse, found: Iterable[Suggestion], *, by: User, source: str) -> int:
    """Keep what a model card suggests, in the place of what an earlier card did; returns how many stay open.

    What is declared already just as the card says is not asked again.
    """
    roles.require(by, Action.DECLARE, use)
    DeclaredUse.objects.select_for_update().get(pk=use.pk)
    declared = {row.key: row.value for row in use.fact_rows()}
    now = timezone.now()
    FactSuggestion.objects.filter(use=use, settled_at=None).update(settled_at=now)
    rows = [
        FactSuggestion(use=use, key=one.key, value=one.value, source=source[:160], quote=one.quote[:400], by=by)
        for one in found
        if declared.get(one.key) != one.value
    ]
    FactSuggestion.objects.bulk_create(rows)
    return len(rows)


@transaction.atomic
def confirm_suggestions(use: DeclaredUse, ids: Collection[int], *, by: User, replace: bool = False) -> tuple[str, ...]:
    """Declare the facts as suggested; returns the keys that changed. What is answered already is touched only with
    `replace`, which a person presses beside both answers. Raises as `declare.declare_facts` does."""
    roles.require(by, Action.DECLARE, use)
    # All uses of the system, in their order: a fact of the whole system locks them too, and after the one use alone two
    # people at two uses of it would wait for each other.
    lock_uses(use.system_id)
    rows = list(FactSuggestion.objects.filter(use=use, settled_at=None, pk__in=ids))
    have = {row.key for row in use.fact_rows()}
    chosen = [row for row in rows if replace or row.key not in have]
    facts = {row.key: row.value for row in chosen if not row.key.startswith("note.")}
    if not facts:
        raise WorkflowError(
            _("Nothing was confirmed. The fact already has an answer, or somebody has hidden the suggestion.")
        )
    saved = declare.declare_facts(use, facts, by=by)
    FactSuggestion.objects.filter(pk__in=[row.pk for row in chosen]).update(settled_at=timezone.now())
    return saved.changed


@transaction.atomic
def dismiss_suggestions(use: DeclaredUse, ids: Collection[int], *, by: User) -> int:
    """Put suggestions away; returns how many."""
    roles.require(by, Action.DECLARE, use)
    return FactSuggestion.objects.filter(use=use, settled_at=None, pk__in=ids).update(settled_at=timezone.now())
