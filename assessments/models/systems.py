"""AI systems, the uses declared of them, and the facts of each use."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assessments.guideline.conditions import Answer as FactAnswer
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.reach import complete
from assessments.guideline.terms import HoldKind, Stakeholder, Tier
from assessments.guideline.wording import NEUTRAL_PEOPLE, UseWords, guess_people_word
from assessments.models.base import NOT_CHINESE, Frozen, FrozenQuerySet, Referenced, has_chinese
from assessments.models.people import Organisation
from assessments.models.prepared import Placeholder, Prepared
from assessments.models.revisions import Revision


def lock_uses(system: int) -> None:
    """Lock the uses of a system, always in one order, so that two who change what all of them share wait in turn."""
    list(DeclaredUse.objects.select_for_update(of=("self",)).filter(system=system).order_by("pk").values_list("pk"))


class TierChoices(models.TextChoices):
    LOW = Tier.LOW, _("Low")
    LIMITED = Tier.LIMITED, _("Limited")
    HIGH = Tier.HIGH, _("High")
    UNACCEPTABLE = Tier.UNACCEPTABLE, _("Unacceptable")


class AISystem(Referenced):
    """An AI system of an organisation, with the parts that the organisation has in it."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="systems")
    name = models.CharField(_("name"), max_length=160)
    version = models.CharField(_("version"), max_length=60, blank=True)
    description = models.TextField(_("what it does"), blank=True, max_length=2000)
    suppliers = models.CharField(_("suppliers of models and services"), max_length=400, blank=True)
    is_developer = models.BooleanField(_("Technology Developer"), default=False)
    is_provider = models.BooleanField(_("Service Provider"), default=False)
    is_user = models.BooleanField(_("Service User"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "name"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_developer=True) | Q(is_provider=True) | Q(is_user=True),
                name="a_system_has_a_part",
                violation_error_message=_("Choose at least one part that your organisation plays in the system."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("system", args=[self.reference])

    @property
    def parts(self) -> tuple[Stakeholder, ...]:
        """The parts as duties name them: a Service User that is a body is `organisation`."""
        chosen = (
            (self.is_developer, Stakeholder.DEVELOPER),
            (self.is_provider, Stakeholder.PROVIDER),
            (self.is_user, Stakeholder.ORGANISATION),
        )
        return tuple(part for has, part in chosen if has)


class DeclaredUseQuerySet(models.QuerySet["DeclaredUse"]):
    def for_list(self) -> Self:
        return self.select_related("system__organisation")


class DeclaredUse(Referenced):
    """Purpose, setting and people affected: the unit of tier, assessment and certificate."""

    system = models.ForeignKey(AISystem, models.PROTECT, related_name="uses")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="uses")  # copied, never changes
    title = models.CharField(_("name of the use"), max_length=120)
    purpose = models.CharField(_("purpose"), max_length=400)
    setting = models.CharField(_("setting"), max_length=400)
    people_affected = models.CharField(_("people affected"), max_length=400)
    people_word = models.CharField(_("word for the people affected"), max_length=40, blank=True)  # as the plan says it
    scope_en = models.CharField(_("scope, as printed on the certificate"), max_length=400)
    scope_zh = models.CharField(_("scope in Chinese"), max_length=400, blank=True)
    exclusions = models.CharField(_("what is left out"), max_length=400, blank=True)
    assigned_tier = models.CharField(max_length=12, choices=TierChoices, blank=True)
    text_tier = models.CharField(max_length=12, choices=TierChoices, blank=True)
    provisional = models.BooleanField(default=False)
    open_holds = models.PositiveSmallIntegerField(default=0)
    tier_checksum = models.CharField(max_length=64, blank=True)
    rules_tier = models.CharField(max_length=12, choices=TierChoices, blank=True)  # what the rules alone give
    raised_tier = models.CharField(max_length=12, choices=TierChoices, blank=True)  # a reviewer's, while it stands
    raised_by = models.ForeignKey("ReviewDecision", models.PROTECT, null=True, blank=True, related_name="+")
    action_count = models.PositiveIntegerField(default=0)  # last number given to a remediation action
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    # derived for lists, written by `assessments/domain/portfolio.py`
    newest_assessment = models.ForeignKey(
        "Assessment", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    newest_state = models.CharField(max_length=10, blank=True)  # of that assessment
    newest_progress = models.SmallIntegerField(
        default=-1
    )  # of that assessment: answered in thousandths; -1: nothing asked
    changed_at = models.DateTimeField(auto_now_add=True)  # when that assessment changed; without one, when declared
    in_use = models.BooleanField(default=True)  # neither the use nor its system is retired
    system_name = models.CharField(max_length=160, blank=True)  # in small letters
    tier_rank = models.SmallIntegerField(default=0)  # 1 and on by the assigned tier, 0 without one

    objects = DeclaredUseQuerySet.as_manager()

    class Meta:
        indexes = [
            # each is an order of the portfolio, or a filter of it in the order of the last change
            models.Index(fields=["organisation", "-changed_at", "-id", "in_use"], name="uses_by_last_change"),
            models.Index(
                fields=["organisation", "newest_state", "-changed_at", "-id", "in_use"], name="uses_by_state_and_change"
            ),
            models.Index(
                fields=["organisation", "assigned_tier", "-changed_at", "-id", "in_use"], name="uses_by_tier_and_change"
            ),
            models.Index(fields=["organisation", "-tier_rank", "-id", "in_use"], name="uses_by_tier"),
            models.Index(fields=["organisation", "newest_progress", "id", "in_use"], name="uses_by_progress"),
            models.Index(fields=["organisation", "system_name", "id", "in_use"], name="uses_by_system"),
            models.Index("organisation", Lower("title"), "id", "in_use", name="uses_by_title"),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Ask for Chinese where a text is called Chinese; a new use takes its word for people from their description."""
        if self.scope_zh and not has_chinese(self.scope_zh):
            raise ValidationError({"scope_zh": NOT_CHINESE})
        if self.pk is None and not self.people_word:
            self.people_word = guess_people_word(self.people_affected)

    def get_absolute_url(self) -> str:
        return reverse("use", args=[self.reference])

    @property
    def words(self) -> UseWords:
        """By what words the plan speaks of the use."""
        return UseWords(people=self.people_word or NEUTRAL_PEOPLE, system=self.system.name)

    def held_facts(self) -> list[str]:
        """Return the facts of its open questions: those that nobody can say, and those whose answer waits for a reviewer."""
        return list(self.holds.filter(kind=HoldKind.OPEN_QUESTION, closed_at=None).values_list("fact", flat=True))

    def tier_over(self, by_rules: Tier) -> Tier:
        """Return the assigned tier: what the rules give, or what a reviewer raised it to where that is higher."""
        raised = Tier(self.raised_tier) if self.raised_tier else by_rules
        return max(by_rules, raised, key=lambda tier: tier.rank)

    @property
    def prohibited_by_facts(self) -> bool:
        """Whether the declared facts themselves are a prohibited use, rather than a reviewer's judgement of them."""
        return (self.rules_tier or self.assigned_tier) == Tier.UNACCEPTABLE

    def fact_rows(self) -> models.QuerySet[DeclaredFact]:
        """Return the facts of this use and those of its whole system, in one query."""
        return DeclaredFact.objects.filter(Q(use=self) | Q(system_id=self.system_id, use=None))

    def stored_facts(self) -> StoredFacts:
        """What `read_facts` reads of `fact_rows`: one query."""
        return tuple(_FACTS.all(use=self.pk, system=self.system_id))


class DeclaredFact(models.Model):
    """One declared fact; its value is a JSON boolean, a word of the vocabulary, or a list of words."""

    system = models.ForeignKey(AISystem, models.PROTECT, related_name="facts")
    use = models.ForeignKey(DeclaredUse, models.PROTECT, related_name="facts", null=True)
    key = models.CharField(max_length=60)
    value = models.JSONField()
    reason = models.TextField(blank=True, max_length=2000)
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    agreed_at = models.DateTimeField(null=True)
    agreed_reason = models.TextField(blank=True, max_length=2000)
    signed_worst = models.ForeignKey("SignedWorst", models.PROTECT, null=True, related_name="+")
    revision = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "key"], condition=Q(use=None), name="one_fact_a_system"),
            models.UniqueConstraint(fields=["use", "key"], name="one_fact_a_use"),
            models.CheckConstraint(
                condition=Q(agreed_by=None) | ~Q(agreed_by=F("by")), name="agreed_by_a_second_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"


class FactRevision(Revision):
    parent = models.ForeignKey(DeclaredFact, models.PROTECT, related_name="revisions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["parent", "number"], name="one_fact_revision_a_number")]


class FactDraft(models.Model):
    """What somebody chose on a page of facts and has not saved. It declares nothing; `fields` as the page posts them."""

    use = models.ForeignKey(DeclaredUse, models.CASCADE, related_name="fact_drafts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    group = models.CharField(max_length=40)
    fields = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["use", "user", "group"], name="one_draft_a_page_and_person")]

    def __str__(self) -> str:
        return f"{self.group}: {len(self.fields)}"


class SignedWorst(Frozen):
    """What an owner signed when the open answers were declared at their worst; `facts` as {fact, was, value}."""

    use = models.ForeignKey(DeclaredUse, models.PROTECT, related_name="signed_worst")
    facts = models.JSONField(default=list)
    statement = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)


class InvolvementQuerySet(FrozenQuerySet["Involvement"]):
    def keep(self, use: int, kind: str, people: Iterable[int | None]) -> None:
        """Keep what people did for a use, before the row that says so goes. Idempotent."""
        rows = [Involvement(use_id=use, user_id=pk, kind=kind) for pk in sorted({pk for pk in people if pk})]
        if rows:
            self.bulk_create(rows, ignore_conflicts=True)


class Involvement(Frozen):
    """What somebody once did for a use and no living row says any more: they stay in its delivery team."""

    class Kind(models.TextChoices):
        OWNED = "owned", _("owned an action")
        ASSIGNED = "assigned", _("was asked to answer")
        ATTACHED = "attached", _("attached or supplied evidence")
        AGREED = "agreed", _("agreed to a fact")

    use = models.ForeignKey(DeclaredUse, models.PROTECT, related_name="involvements")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = InvolvementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["use", "user", "kind"], name="one_involvement_a_person_and_kind")
        ]


def declared_facts(edition: CompiledEdition, rows: Iterable[DeclaredFact]) -> dict[str, FactAnswer]:
    """Return the facts of a use as an edition reads them: the stored answers, and what follows from them."""
    return complete(edition.facts, as_facts(rows))


def as_facts(rows: Iterable[DeclaredFact]) -> dict[str, FactAnswer]:
    """Turn stored facts into plain values, as they were answered.

    `minor_procedural_task` counts only once a second member has agreed: until then it reads as false (tiering.md 2).
    """
    return _as_facts((row.key, row.value, row.agreed_by_id) for row in rows)


def _as_facts(rows: Iterable[tuple[str, Any, int | None]]) -> dict[str, FactAnswer]:
    facts: dict[str, FactAnswer] = {}
    for key, value, agreed_by in rows:
        if key == "minor_procedural_task" and value is True and agreed_by is None:
            value = False
        facts[key] = tuple(value) if isinstance(value, list) else value
    return facts


type StoredFacts = tuple[tuple[str, str, int | None], ...]
"""Of each fact its key, its value as the database writes it, and who agreed to it."""


_TEXT: Any = models.TextField()

_FACTS: Prepared[tuple[str, str, int | None]] = Prepared(
    lambda: DeclaredFact.objects.filter(
        Q(use=Placeholder("use")) | Q(system_id=Placeholder("system"), use=None)
    ).values_list("key", Cast("value", _TEXT), "agreed_by_id")
)


def read_facts(rows: StoredFacts) -> dict[str, FactAnswer]:
    """As `as_facts`."""
    return _as_facts((key, json.loads(value), agreed_by) for key, value, agreed_by in rows)


def fact_words(facts: Mapping[str, FactAnswer]) -> dict[str, Any]:
    """Return the facts as JSON writes them."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in facts.items()}
