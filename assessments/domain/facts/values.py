"""The values of facts: which there are, whether one is well formed, which are missing."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from assessments.core.errors import InvalidAnswer
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.edition import Fact
from assessments.guideline.reach import ASSUMED, as_answer, complete
from assessments.guideline.terms import UNKNOWN, Tier
from assessments.guideline.wording import fact_answer
from assessments.models import Assessment, DeclaredUse, Edition
from assessments.models.assessments import OPEN_STATES
from assessments.models.editions import edition_for
from assessments.models.snapshots import asked_facts
from assessments.models.systems import StoredFacts, read_facts
from assessments.scoring.inputs import Declared


def current_edition(use: DeclaredUse) -> CompiledEdition:
    """Return the edition that reads this use's facts: its open assessment's, else the newest release."""
    editions = Assessment.objects.filter(use=use, state__in=OPEN_STATES).values_list("edition__checksum", flat=True)
    checksum = editions.first()
    return edition_for(checksum) if checksum else Edition.objects.current().compiled()


def check_fact(fact: Fact, value: Any) -> Any:
    """Return the value as it is stored; raises InvalidAnswer that names the fact."""
    if fact.many != isinstance(value, list):  # one bare value is a list of one, and the reverse
        answer = as_answer(fact, tuple(value) if isinstance(value, list) else value)
        value = list(answer) if isinstance(answer, tuple) else answer
    values: list[Any] = value if isinstance(value, list) else [value]
    if fact.many != isinstance(value, list) and value != UNKNOWN:
        raise InvalidAnswer(fact.key, _("Choose from the answers listed."))
    if fact.many and not values and not fact.nothing:
        raise InvalidAnswer(fact.key, _("Choose at least one answer."))
    for part in values:
        known = any(part == v and type(part) is type(v) for v in fact.values) or (part == UNKNOWN and fact.unknown)
        if not known:
            raise InvalidAnswer(
                fact.key,
                _("Choose from the answers listed. “%(value)s” is not an answer to this question.") % {"value": part},
            )
    if fact.many and UNKNOWN in values and len(values) > 1:
        raise InvalidAnswer(fact.key, _not_beside_others(fact, UNKNOWN))
    alone = next((one for one in fact.alone if one in values and len(values) > 1), None)
    if alone is not None:
        raise InvalidAnswer(fact.key, _not_beside_others(fact, alone))
    return UNKNOWN if values == [UNKNOWN] else value


def _not_beside_others(fact: Fact, value: str) -> str:
    return _("Choose either “%(option)s” or other answers, not both.") % {"option": fact_answer(fact, value)}


def same_value(fact: Fact, one: Any, other: Any) -> bool:
    """Tell whether two stored values are the same answer, whichever release stored them."""
    return stored_answer(fact, one) == stored_answer(fact, other)


def stored_answer(fact: Fact, value: Any) -> Any:
    return as_answer(fact, tuple(value) if isinstance(value, list) else value)


def missing_facts(use: DeclaredUse, edition: CompiledEdition, stored: StoredFacts | None = None) -> tuple[str, ...]:
    """Return the facts that are asked of this use and have no answer yet, in order. `stored`: its facts where they are read."""
    stored = use.stored_facts() if stored is None else stored
    assumed = ASSUMED.keys() - {key for key, _value, _agreed_by in stored}
    declared = Declared(
        facts=complete(edition.facts, read_facts(stored)),
        parts=use.system.parts,
        tier=Tier(use.assigned_tier or Tier.LOW),
    )
    asked = asked_facts(edition, declared)
    return tuple(key for key in asked if key not in declared.facts or key in assumed)
