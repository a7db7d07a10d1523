"""Small editions made by hand, so that a score can be checked by hand: one section, plain duties, round weights.

`make_edition` makes one of the kind before release 3, `make_ordered_edition` one with reach, an order and packages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from assessments.guideline import reach
from assessments.guideline.conditions import ALWAYS, Condition, parse
from assessments.guideline.edition import (
    Clause,
    Edition,
    Fact,
    Item,
    Question,
    Remedy,
    Requirement,
    Section,
)
from assessments.guideline.order import STEPS, ActionWords, Family, Order, Standing
from assessments.guideline.packages import Package
from assessments.guideline.policy import Policy
from assessments.guideline.terms import (
    TIERS,
    Basis,
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
from assessments.guideline.tiering import Overlay, TierObligation, TierRule
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


# --- from release 3 on ---

ORDER = Order(
    steps=STEPS,
    most=40,
    stop_days=7,
    effort_days={Effort.DAYS: 7, Effort.WEEKS: 42, Effort.MONTHS: 120},
    load=5,
    steps_shown=5,
    families=(Family("drafts", ALWAYS),),
)
PACKAGE = "only"


def planned(
    question: Question,
    *,
    needs: Iterable[str] = (),
    answers_to: Iterable[str] = (),
    stop: object = None,
    module: str = "",
    organisation_wide: bool = False,
    extends: Iterable[reach.Reason] = (),
    narrows: Iterable[reach.Reason] = (),
) -> Question:
    """The question with what release 3 says of it; `extends` and `narrows` as `reason` makes them."""
    return replace(
        question,
        package=PACKAGE,
        needs=tuple(needs),
        answers_to=tuple(answers_to),
        stop=parse(stop) if stop is not None else None,
        module=module,
        organisation_wide=organisation_wide,
        extends=tuple(extends),
        narrows=tuple(narrows),
        action=ActionWords(f"Do {question.key}", f"Today, begin {question.key}.", f"{question.key} is missing"),
    )


def reason(question: str, requirement: str, *to: Stakeholder, when: object = None) -> reach.Reason:
    return reach.Reason(question, requirement, to, parse(when), "It is in their hands.")


def fact(key: str, *values: Any, kind: str = "tier") -> Fact:
    """A fact, of yes and no when no values are given, with words for each answer: "it has key: value"."""
    values = values or (True, False)
    said = {str(value).lower() if isinstance(value, bool) else value: f"it has {key}: {value}" for value in values}
    return Fact(
        key, "only", kind, "use", values, False, True, None, None, False, key.capitalize(), "", "", {}, reasons=said
    )


def rule(id: str, when: object, tier: Tier) -> TierRule:
    return TierRule(id, parse(when), None, False, tier, None, (), (), Basis.EXPLICIT, "", "")


def standing(key: str, owner: str = "management", effort: Effort = Effort.DAYS) -> Standing:
    about = "{fact}" if "fact" in key or "hold" in key else ""
    return Standing(key, PACKAGE, owner, effort, f"{key} {about}".strip(), f"Begin {key}.", f"{key} is done.", key, key)


def make_ordered_edition(
    requirements: Iterable[Requirement],
    questions: Iterable[Question],
    *,
    facts: Iterable[Fact] = (),
    rules: Iterable[TierRule] = (),
    order: Order = ORDER,
    standing: Iterable[Standing] = (),
    table_1: Mapping[Tier, tuple[str, ...]] | None = None,
    overlays: Iterable[Overlay] = (),
) -> Edition:
    """An edition whose questions are opened by the reach of their duties, as the compiler makes it of YAML."""
    overlays = tuple(overlays)
    lenient = {id for ids in (table_1 or {}).values() for id in ids}
    lenient |= {id for overlay in overlays if overlay.blocks for id in overlay.requirements}
    register = {one.id: replace(one, strict=one.id not in lenient) for one in requirements}
    questions = tuple(questions)
    register |= reach.narrow(register, (one for question in questions for one in question.narrows))
    register |= reach.extend(register, (one for question in questions for one in question.extends), frozenset(lenient))

    def opened(question: Question) -> Question:
        def duties(ids: Iterable[str]) -> list[Requirement]:
            return [register[id] for id in ids]

        sources: list[tuple[Condition, list[Requirement]]]
        sources = [(item.when, duties(item.requirements)) for item in question.items]
        sources = sources or [(ALWAYS, duties(question.requirements))]
        return replace(question, openings=reach.openings(sources, question.stakeholders))

    made = make_edition((), map(opened, questions), table_1=table_1, overlays=overlays)
    known = {one.key: one for one in facts}
    return replace(
        made,
        release=3,
        requirements=register,
        clauses={one.clause: Clause(one.clause, None, f"Clause {one.clause}", "") for one in register.values()},
        facts=known,
        rules=tuple(rules),
        order=order,
        packages=(Package(PACKAGE, "Only"),),
        standing={one.key: one for one in standing},
    )
