"""A use with its declared facts, read once for a page, and a fact as a list shows it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.domain.facts import values as facts_values
from assessments.forms.facts import FactsForm
from assessments.guideline.edition import Edition, Fact, FactGroup
from assessments.guideline.reach import ASSUMED, is_shown
from assessments.guideline.terms import UNKNOWN, Tier
from assessments.guideline.wording import fact_answer
from assessments.models import DeclaredFact, DeclaredUse
from assessments.models.snapshots import asked_facts, fact_vocabulary
from assessments.models.systems import declared_facts
from assessments.scoring.inputs import Declared
from assessments.views.wording import answer_on_its_page

PROHIBITED = "prohibited"
PROCEDURAL = "minor_procedural_task"
SHOWN_ASSESSMENTS = 20  # of one use, newest first
PLACE = "systems"  # the place of the site that these pages lie in


@dataclass(frozen=True, slots=True)
class FactLine:
    """A fact as a list shows it. `state`: answered, unknown or empty; `note`: what it counts as, where not as it reads."""

    key: str
    label: str
    answer: str
    state: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class FactPage:
    """A group as the outline of pages shows it."""

    key: str
    title: str
    url: str
    answered: int
    total: int
    is_open: bool  # something may still be asked here
    later: int = 0  # questions that the page shows and that other answers may still make needless: not in `total`

    @property
    def state(self) -> str:
        if self.answered == self.total and not self.is_open:
            return "complete"
        return "in_progress" if self.answered else "not_started"


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change of one fact. `tier`: what it would give by itself; empty in a group that works only together."""

    fact: FactLine
    to: str
    tier: str
    also: tuple[str, ...] = ()  # the other answers to the fact that would lower the tier too


@dataclass(frozen=True)
class Facts:
    """A use with its declared facts, read once for a page."""

    use: DeclaredUse
    edition: Edition
    rows: Mapping[str, DeclaredFact]
    may_change: bool = True
    open_ones: Collection[str] | None = None  # those that a return left open; None: all

    @classmethod
    def of(cls, use: DeclaredUse, *, may_change: bool = True, open_ones: Collection[str] | None = None) -> Facts:
        rows = {row.key: row for row in use.fact_rows().select_related("by", "agreed_by")}
        return cls(use, facts_values.current_edition(use), rows, may_change, open_ones)

    @cached_property
    def values(self) -> dict[str, Any]:
        """The answers with all that follows from them."""
        return declared_facts(self.edition, self.rows.values())

    @cached_property
    def declared(self) -> Declared:
        return Declared(self.values, self.use.system.parts, Tier(self.use.assigned_tier or Tier.LOW))

    @cached_property
    def asked(self) -> tuple[str, ...]:
        return asked_facts(self.edition, self.declared)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        return tuple(key for key in self.asked if not self.is_answered(key))

    @cached_property
    def counted(self) -> tuple[str, ...]:
        """The facts of which it is certain that they are asked: none that an open answer may still make needless."""
        open_ones = set(self.missing)
        return tuple(
            key
            for key in self.asked
            if key not in open_ones or not any(t.fact in open_ones for t in self.edition.facts[key].shown_when.tests())
        )

    def is_answered(self, key: str) -> bool:
        """Tell whether somebody answered a fact, or it follows from other answers."""
        return key in self.rows or (key in self.values and key not in ASSUMED)

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        return tuple(key for key in self.asked if self.values.get(key) == UNKNOWN)

    @property
    def answered(self) -> int:
        """How many of the facts that are asked have an answer, *do not know* included."""
        return len(self.asked) - len(self.missing)

    @cached_property
    def of_the_tier(self) -> frozenset[str]:
        """The facts that a rule of the tier reads, whatever kind they are."""
        return tier_facts(self.edition)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(fact_vocabulary(self.edition, self.declared))

    def of_group(self, group: FactGroup) -> tuple[Fact, ...]:
        """Return the facts of a group that are asked of this use."""
        return tuple(fact for fact in group.facts if fact.key in self.asked)

    def in_list(self, group: FactGroup) -> tuple[Fact, ...]:
        """Return the facts of a group that the tier page lists: those asked, and those of the tier that follow from others."""
        return tuple(
            fact
            for fact in group.facts
            if fact.key in self.asked or (fact.kind == "tier" and self.is_answered(fact.key))
        )

    def on_page(self, group: FactGroup) -> tuple[Fact, ...]:
        """Return the facts of a group that its page has: those asked, and those that an answer on the page may ask for."""
        here = {fact.key for fact in group.facts if fact.key in self.vocabulary}
        return tuple(
            fact
            for fact in group.facts
            if fact.key in here
            and (fact.key in self.asked or any(test.fact in here for test in fact.shown_when.tests()))
        )

    @cached_property
    def pages(self) -> tuple[FactPage, ...]:
        """Every group that asks something, in order."""
        found = []
        for group in self.edition.fact_groups:
            keys = [fact.key for fact in group.facts if fact.key in self.counted]
            if self.of_group(group):
                answered = sum(self.is_answered(key) for key in keys)
                open_here = any(fact.key in self.missing for fact in self.of_group(group))
                url = self.page_url(group.key)
                later = len(self.of_group(group)) - len(keys)
                found.append(FactPage(group.key, group.title, url, answered, len(keys), open_here, later))
        return tuple(found)

    def page_url(self, group: str) -> str:
        return reverse("facts", args=[self.use.reference, group])

    def line(self, key: str) -> FactLine:
        fact = self.edition.facts[key]
        row = self.rows.get(key)
        url = f"{self.page_url(fact.group)}?then=tier#fact-{key}" if self.may_change_fact(key) else ""
        if self.is_answered(key) and (row is None or not is_shown(fact, self.values)):
            note = _("follows from other answers")
            return FactLine(key, fact.label, answer_on_its_page(fact, self.values[key]), "filled_in", url, note)
        if row is None:
            counts = _("counts as the worst case") if key in self.of_the_tier else ""
            return FactLine(key, fact.label, fact_answer(fact, None), "empty", url, counts)
        note = ""
        if row.value == UNKNOWN and not fact.prohibited_use:
            no_tier = _("does not change the tier, but may add questions when the answer is known")
            note = _("counts as the worst case") if key in self.of_the_tier else no_tier
        if key == PROCEDURAL and row.value is True and row.agreed_by_id is None:
            note = _("counts as “no” until a second member agrees")
        if row.signed_worst_id:
            note = _("was declared as the worst possible answer")
        state = "unknown" if row.value == UNKNOWN else "answered"
        return FactLine(key, fact.label, answer_on_its_page(fact, row.value), state, url, note)

    def may_change_fact(self, key: str) -> bool:
        return self.may_change and (self.open_ones is None or key in self.open_ones)

    def next_url(self) -> str:
        """Say where the first fact without an answer is asked."""
        first = next(fact for group in self.edition.fact_groups for fact in group.facts if fact.key in self.missing)
        return f"{self.page_url(first.group)}#fact-{first.key}"

    def last_saved(self) -> DeclaredFact | None:
        return max(self.rows.values(), key=lambda row: row.at, default=None)


@lru_cache(maxsize=8)
def tier_facts(edition: Edition) -> frozenset[str]:
    """Return the facts that a rule reads which gives a tier or a hold."""
    conditions = [one for rule in edition.rules if rule.tier or rule.hold for one in (rule.when, rule.unless) if one]
    return frozenset(test.fact for condition in conditions for test in condition.tests())


def state_of_fact(facts: Facts, form: FactsForm, key: str, locked: Collection[str]) -> str:
    if key in form.conflicts:
        return "conflict"
    return "locked" if key in locked else facts.line(key).state
