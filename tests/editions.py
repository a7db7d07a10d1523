"""Small editions made by hand, so that a score can be checked by hand: one section, plain duties, round weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assessments.guideline.conditions import parse
from assessments.guideline.edition import (
    Clause,
    Edition,
    Item,
    Overlay,
    Policy,
    Question,
    Remedy,
    Requirement,
    Section,
    TierObligation,
)
from assessments.guideline.terms import (
    TIERS,
    Dimension,
    Effort,
    Kind,
    LifecycleStage,
    Principle,
    QuestionKind,
    Stakeholder,
    Strength,
    Tier,
)
from assessments.scoring.inputs import Declared

PROVIDER = Stakeholder.PROVIDER

POLICY = Policy(
    weights={Strength.MUST: 3, Strength.SHOULD: 2, Strength.CONSIDER: 1},
    bands=((90, "nearly_all"), (70, "most"), (40, "part"), (0, "little")),
    due_days={
        tier: {Strength.MUST: 60, Strength.SHOULD: 120, Strength.CONSIDER: 270} for tier in TIERS if tier != Tier.HIGH
    }
    | {Tier.HIGH: {Strength.MUST: 30, Strength.SHOULD: 90, Strength.CONSIDER: 180}},
    blocking_due_days={Tier.LOW: 60, Tier.LIMITED: 30, Tier.HIGH: 14, Tier.UNACCEPTABLE: 7},
    priorities=("prohibited_or_hold", "table_1_or_overlay", "must", "should", "consider"),
    condition_days=90,
    first_audit_months=12,
    self_declared_na_share=10,
    expiring_days=30,
    monitoring_days=35,
    review_target_days=10,
    words={},
)


def duty(
    id: str,
    strength: Strength = Strength.MUST,
    dimensions: Iterable[Dimension] = (Dimension.PRIVACY,),
    *,
    principles: Iterable[Principle] = (Principle.COMPLIANCE,),
    lifecycle: Iterable[LifecycleStage] = (LifecycleStage.USAGE_MAINTENANCE,),
    roles: Iterable[Stakeholder] = (PROVIDER,),
    clause: str = "2.2.1",
    scope: object = None,
) -> Requirement:
    """A requirement; `scope` as conditions are written in YAML, always when left out."""
    return Requirement(
        id=id,
        section=clause,
        clause=clause,
        kind=Kind.DUTY,
        strength=strength,
        theme="governance_framework",
        roles=frozenset(roles),
        role_basis="explicit",
        dimensions=tuple(dimensions),
        principles=tuple(principles),
        lifecycle=tuple(lifecycle),
        sectors=(),
        applies_when=None,
        tiers=(),
        statement="",
        label=id,
        scope=parse(scope),
    )


def remedy(key: str, owner: str = "management", effort: Effort = Effort.WEEKS) -> Remedy:
    return Remedy(owner, effort, f"Begin {key}.", f"{key} is done.")


def practice(
    key: str,
    *requirements: str,
    when: object = None,
    stakeholders: Iterable[Stakeholder] = (PROVIDER,),
    effort: Effort = Effort.WEEKS,
) -> Question:
    """A question about one practice that covers these duties."""
    return _question(key, QuestionKind.PRACTICE, requirements, (), when, stakeholders, remedy(key, effort=effort))


def item(
    key: str, *requirements: str, when: object = None, owner: str = "management", effort: Effort = Effort.WEEKS
) -> Item:
    return Item(key, parse(when), requirements, key, remedy(key, owner, effort))


def checklist(
    key: str, *items: Item, when: object = None, stakeholders: Iterable[Stakeholder] = (PROVIDER,)
) -> Question:
    covered = tuple(dict.fromkeys(id for one in items for id in one.requirements))
    return _question(key, QuestionKind.CHECKLIST, covered, items, when, stakeholders, None)


def _question(
    key: str,
    kind: QuestionKind,
    requirements: tuple[str, ...],
    items: tuple[Item, ...],
    when: object,
    stakeholders: Iterable[Stakeholder],
    own_remedy: Remedy | None,
) -> Question:
    return Question(
        key=key,
        section="only",
        kind=kind,
        stakeholders=tuple(stakeholders),
        when=parse(when),
        requirements=requirements,
        items=items,
        remedy=own_remedy,
        held_by=None,
        title=key.capitalize(),
        text=f"What about {key}?",
        why=f"{key} matters.",
        good_evidence=(),
        example="",
        ask_supplier="",
    )


def make_edition(
    requirements: Iterable[Requirement],
    questions: Iterable[Question],
    *,
    table_1: Mapping[Tier, tuple[str, ...]] | None = None,
    overlays: Iterable[Overlay] = (),
    prohibited: Iterable[str] = (),
) -> Edition:
    """An edition of one section with these duties and questions, and no facts or rules."""
    requirements = tuple(requirements)
    clauses = dict.fromkeys(requirement.clause for requirement in requirements)
    return Edition(
        key="by-hand",
        release=1,
        guideline_version="1.1",
        guideline_date="2025-12",
        not_yet_asked=(),
        language="en",
        checksum="",
        title="",
        clauses={id: Clause(id, None, f"Clause {id}", "") for id in clauses},
        requirements={requirement.id: requirement for requirement in requirements},
        facts={},
        fact_groups=(),
        conditions={},
        condition_words={},
        rules=(),
        holds={},
        overlays=tuple(overlays),
        obligations={tier: TierObligation(tier, (table_1 or {}).get(tier, ()), 12, "", "", "", "") for tier in TIERS},
        flags=(),
        prohibited_requirements=frozenset(prohibited),
        owners={},
        terms={},
        sections=(Section("only", "foundations", "Only", "", tuple(questions)),),
        questionnaires=(),
        policy=POLICY,
    )


def make_overlay(key: str, when: object, *requirements: str, blocks: bool = True) -> Overlay:
    return Overlay(key, parse(when), requirements, "", blocks, key, "")


def declare(*parts: Stakeholder, tier: Tier = Tier.LIMITED, **facts: bool | str) -> Declared:
    """A declared use in which the organisation has these parts, a provider's when none is named."""
    return Declared(facts, parts or (PROVIDER,), tier)
