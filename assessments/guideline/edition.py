"""An edition of the question bank as frozen dataclasses, in one language.

``assessments.guideline.reading`` makes it from the reviewed YAML and from the stored canonical JSON; nothing here
touches a file or the database. Everything that scoring needs is structure; the texts are those of one language, with
English where a translation is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from assessments.guideline.conditions import ALWAYS, ANSWER, Answer, Condition, Facts, both
from assessments.guideline.extensions import Opening, Reason, register_id
from assessments.guideline.gates import Check, Gates
from assessments.guideline.order import ActionWords, Order, Standing
from assessments.guideline.packages import Package
from assessments.guideline.policy import Policy
from assessments.guideline.terms import (
    Dimension,
    Effort,
    HoldKind,
    Kind,
    LifecycleStage,
    Principle,
    QuestionKind,
    Stakeholder,
    Strength,
    Tier,
)
from assessments.guideline.tiering import Flag, Overlay, TierObligation, TierRule


@dataclass(frozen=True, slots=True)
class Clause:
    """A passage of the Guideline: its number, or number/slug where the heading has none."""

    id: str
    parent: str | None
    heading: str
    summary: str

    @property
    def number(self) -> str:
        """The printed number; the Background has none."""
        return "" if self.id == "background" else self.id.split("/")[0]

    @property
    def cited(self) -> str:
        """As shown: *3.2.1 Ensure Data Security*."""
        return f"{self.number} {self.heading}".strip()


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of the register: one act, or insight, that the Guideline asks of somebody."""

    id: str
    section: str
    clause: str
    kind: Kind
    strength: Strength
    theme: str
    roles: frozenset[Stakeholder]
    role_basis: str
    dimensions: tuple[Dimension, ...]
    principles: tuple[Principle, ...]
    lifecycle: tuple[LifecycleStage, ...]
    sectors: tuple[str, ...]
    applies_when: str | None
    tiers: tuple[Tier, ...]
    statement: str
    label: str
    scope: Condition
    """When it applies: `applies_when`, sector and tier together; whom it addresses is `roles`."""
    narrowed: Mapping[Stakeholder, Condition] = field(default_factory=dict)  # beside `scope`, for these parts
    strict: bool = False  # an unknown fact does not count as applying (from release 3, outside Table 1 and overlays)
    extends: str = ""  # the line of the register that this one extends to further parts (our judgement)

    def scope_for(self, part: Stakeholder) -> Condition:
        """When it applies to one of the parts that it addresses."""
        narrower = self.narrowed.get(part)
        return both(self.scope, narrower) if narrower is not None else self.scope

    def in_scope(self, facts: Facts, parts: Iterable[Stakeholder]) -> bool:
        """Tell whether a system with these facts, whose organisation has these parts in it, owes this duty."""
        if self.roles.isdisjoint(parts) or not self.scope.holds(facts, not self.strict):
            return False
        return not self.narrowed or any(
            part in self.roles and (part not in self.narrowed or self.narrowed[part].holds(facts, not self.strict))
            for part in parts
        )


@dataclass(frozen=True, slots=True)
class Fact:
    key: str
    group: str
    kind: str  # tier, profile or scoping
    level: str  # use or system
    values: tuple[bool | str, ...]
    many: bool
    unknown: bool
    mildest: bool | str | None
    worst: bool | str | None
    prohibited_use: bool
    label: str
    question: str
    help: str
    options: Mapping[str, str]
    """The words of each value; empty for yes/no facts."""
    shown_when: Condition = ALWAYS  # asked only then; otherwise it is `otherwise`, whatever was stored
    otherwise: Answer | None = None
    implied: tuple[tuple[Answer, Condition], ...] = ()  # what it is taken to be where nobody answered it
    alone: tuple[str, ...] = ()  # of a tick list: the values that stand by themselves
    offered: tuple[bool | str, ...] = ()  # what is offered where that is less than `values`; empty: all of them
    nothing: bool = False  # of a tick list: it may be empty, which is an answer
    nothing_label: str = ""
    derived: tuple[tuple[str, Condition], ...] = ()  # values of a list that follow from other facts, never ticked
    dated: bool = False  # a yes needs words and a date
    free_text: bool = False  # answered in the respondent's own words; no condition reads it
    reasons: Mapping[str, str] = field(default_factory=dict)
    """By value: a clause that says in running text what the answer means ("it ranks people")."""
    answer_words: Mapping[str, str] = field(default_factory=dict)
    """How the edition says the answers that no fact names itself (`FACT_ANSWERS`); empty before release 3."""

    @property
    def yes_no(self) -> bool:
        return self.values == (True, False)


@dataclass(frozen=True, slots=True)
class FactGroup:
    """One page of facts."""

    key: str
    title: str
    intro: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Remedy:
    owner: str
    effort: Effort
    first_step: str
    closes_it: str
    in_stopgap: bool = False  # the question's stopgap says this first step already, in the words of the use
    task: str = ""  # of a line: the title of the action where this is what is left of a begun practice
    of_family: tuple[tuple[str, str, str], ...] = ()  # a family of use, and task and first step in its words

    def in_words_of(self, family: str) -> Remedy:
        """Return the remedy with the task and first step that it has for this family of use, else as it is."""
        for key, task, first_step in self.of_family:
            if key == family:
                return replace(self, task=task or self.task, first_step=first_step or self.first_step)
        return self


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that a practice is asked for: the measured value beside its target (ADVICE section 1)."""

    unit: str
    higher_is_better: bool
    label: str
    first_count: str = ""  # what a count alone says ({measured}); empty: the number and its unit

    def counted(self, measured: Decimal) -> str:
        """Say what a count found where nothing else of the practice is in place."""
        said = self.first_count or f"a first count gave {{measured}} {self.unit}"
        return said.replace("{measured}", self.written(measured))

    @staticmethod
    def written(number: Decimal) -> str:
        """Write a number as it is stored: without trailing zeros, so that 92.50 and 92.5 are the same answer."""
        return f"{number.normalize():f}"


@dataclass(frozen=True, slots=True)
class FoundBy:
    """The practice that finds what another one deals with, and where that one waits for it."""

    practice: str
    when: Condition


@dataclass(frozen=True, slots=True)
class Item:
    key: str
    when: Condition  # narrower than the scope of its duties (United States rules: where it is a market); mostly always
    requirements: tuple[str, ...]
    text: str
    remedy: Remedy


@dataclass(frozen=True, slots=True)
class Question:
    key: str
    section: str
    kind: QuestionKind
    stakeholders: tuple[Stakeholder, ...]
    when: Condition
    requirements: tuple[str, ...]  # a checklist's is the union of its items'
    items: tuple[Item, ...]
    remedy: Remedy | None  # of a practice
    held_by: str | None
    title: str
    text: str
    why: str
    good_evidence: tuple[str, ...]
    example: str
    ask_supplier: str
    organisation_wide: bool = False  # true of the whole organisation: its answer may be used for other systems
    confirm_here: bool = (
        False  # and yet it speaks of each use or system: taken over, it counts once somebody confirms it
    )
    # What came with release 3.
    wide_because: str = ""  # why its answer holds for the whole organisation
    package: str = ""
    answers_to: tuple[str, ...] = ()  # facts against whose harm this practice is the measure
    protects: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()  # practices that have to be at least partly in place first
    stop: Condition | None = None  # where it holds, an unmet practice is in the first class: stop or limit now
    found_by: FoundBy | None = None  # until that practice has found anything, this one neither stops nor comes first
    eased: Condition | None = None  # where it holds, what set the tier does not lift this practice
    figure: Figure | None = None
    proof_from_supplier: bool = False  # the duty is another part's: having asked the supplier is what is scored
    module: str = ""  # the sector whose module it belongs to
    extends: tuple[Reason, ...] = ()
    narrows: tuple[Reason, ...] = ()
    openings: tuple[Opening, ...] = ()  # the ways in which it is opened; empty in releases that asked by `when` alone
    action: ActionWords = field(default_factory=lambda: ActionWords("", "", ""))
    action_of: Mapping[str, ActionWords] = field(default_factory=dict, hash=False)  # by variant or family of use
    costs_when: Condition | None = None  # where the plan says what the measure costs
    lead: str = ""  # the line of a checklist that its task is about
    variants: tuple[tuple[str, Condition], ...] = ()  # words of the action that hang on facts; the first that holds

    @property
    def is_checklist(self) -> bool:
        return self.kind == QuestionKind.CHECKLIST

    def asks_of(self, parts: Iterable[Stakeholder]) -> tuple[Stakeholder, ...]:
        """Return those of the parts whose duties it asks for; of all of them in releases that asked by `when` alone."""
        return tuple(part for part in parts if part in self.stakeholders or not self.openings)

    def applies(self, facts: Facts, parts: Iterable[Stakeholder]) -> bool:
        """Tell whether it is put to a system: one of its stakeholders is a part, and `when` holds for that part."""
        parts = tuple(parts)
        if self.openings and not any(
            opening.part in parts and opening.when.holds(facts, opening.lenient) for opening in self.openings
        ):
            return False
        return any(part in self.stakeholders and self.when.holds({**facts, "stakeholder": str(part)}) for part in parts)


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    stage: str
    title: str
    intro: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """The sections that one stakeholder part is put, in order."""

    key: str
    stakeholder: Stakeholder
    sections: tuple[str, ...]
    title: str
    intro: str


OPT_OUT = "T1-LIM-02"
"""The duty of Table 1 to let people opt out, which nobody owes who deals with nobody individually."""


@dataclass(frozen=True, eq=False)
class Edition:
    """A release of the question bank in one language; `checksum` is of structure, rules, weights and English.

    Equal to itself alone, so that what is worked out once per edition can be cached under it.
    """

    key: str
    release: int
    guideline_version: str
    guideline_date: str
    not_yet_asked: tuple[str, ...]
    language: str
    checksum: str
    title: str
    clauses: Mapping[str, Clause]
    requirements: Mapping[str, Requirement]
    facts: Mapping[str, Fact]
    fact_groups: tuple[FactGroup, ...]
    conditions: Mapping[str, Condition]
    condition_words: Mapping[str, str]
    rules: tuple[TierRule, ...]
    holds: Mapping[HoldKind, str]
    overlays: tuple[Overlay, ...]
    obligations: Mapping[Tier, TierObligation]
    flags: tuple[Flag, ...]
    prohibited_requirements: frozenset[str]
    owners: Mapping[str, str]
    terms: Mapping[str, str]  # names of dimensions, principles, stages, stakeholders, strengths, tiers ...
    sections: tuple[Section, ...]
    questionnaires: tuple[Questionnaire, ...]
    policy: Policy
    checks: tuple[Check, ...] = ()
    gates: Gates = field(default_factory=Gates)
    # What came with release 3.
    order: Order | None = None
    packages: tuple[Package, ...] = ()
    standing: Mapping[str, Standing] = field(default_factory=dict)

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        return {question.key: question for section in self.sections for question in section.questions}

    @cached_property
    def section_of(self) -> Mapping[str, Section]:
        return {section.key: section for section in self.sections}

    @cached_property
    def answers_read(self) -> frozenset[str]:
        """Questions whose answers the conditions of later questions, or of their lines, read; none in most releases."""
        conditions = [c for q in self.questions.values() for c in (q.when, *(item.when for item in q.items))]
        return frozenset(
            test.fact.removeprefix(ANSWER) for c in conditions for test in c.tests() if test.fact.startswith(ANSWER)
        )

    @cached_property
    def check_of(self) -> Mapping[str, Check]:
        return {check.key: check for check in self.checks}

    @cached_property
    def organisation_wide(self) -> frozenset[str]:
        """Questions whose answer is true of the whole organisation, whatever the system (our judgement)."""
        return frozenset(question.key for question in self.questions.values() if question.organisation_wide)

    @cached_property
    def table_1_requirements(self) -> frozenset[str]:
        """Duties that a tier of Table 1 brings, whatever the tier of a use."""
        return frozenset(id for obligation in self.obligations.values() for id in obligation.requirements)

    def blocking_requirements(self, facts: Facts, tier: Tier | None = None) -> frozenset[str]:
        """Duties of Table 1, of prohibited uses and of the overlays that hold: no clean certificate without them."""
        holding = [lines for when, lines in self._blocking_overlays if when.holds(facts)]
        return self._always_blocking.union(*holding) if holding else self._always_blocking

    @cached_property
    def _always_blocking(self) -> frozenset[str]:
        return self._with_extensions(self.table_1_requirements | self.prohibited_requirements)

    @cached_property
    def _blocking_overlays(self) -> tuple[tuple[Condition, frozenset[str]], ...]:
        return tuple((o.when, self._with_extensions(frozenset(o.requirements))) for o in self.overlays if o.blocks)

    def _with_extensions(self, lines: frozenset[str]) -> frozenset[str]:
        return lines | {id for id, line in self.extensions.items() if line in lines}

    @cached_property
    def extensions(self) -> Mapping[str, str]:
        """The requirements that extend a line of the register, with that line."""
        return {id: requirement.extends for id, requirement in self.requirements.items() if requirement.extends}

    def shown_questions(self, facts: Facts, parts: Iterable[Stakeholder]) -> tuple[Question, ...]:
        """The questions put to a system, in order. `facts` carry `tier`."""
        parts = tuple(parts)
        return tuple(q for s in self.sections for q in s.questions if q.applies(facts, parts))

    def shown_items(self, question: Question, facts: Facts, parts: Iterable[Stakeholder]) -> tuple[Item, ...]:
        """The items of a checklist whose `when` holds and of which at least one duty is in scope.

        Where a question is opened by its duties, those of the parts count to whom it is put: another part is asked
        elsewhere. An unknown fact in `when` then opens the lines of Table 1 and of overlays alone, as in a scope.
        """
        parts = question.asks_of(parts)
        return tuple(item for item in question.items if self._shows(item, facts, parts))

    def _shows(self, item: Item, facts: Facts, parts: tuple[Stakeholder, ...]) -> bool:
        return any(
            item.when.holds(facts, not duty.strict) and duty.in_scope(facts, parts)
            for duty in (self.requirements[id] for id in item.requirements)
        )

    def not_applicable_allowed(self, requirements: Iterable[str], facts: Facts) -> bool:
        """Tell whether *not applicable* is an answer: not on Table 1, an overlay that holds, or prohibited uses.

        From release 3 on the opt-out is answered so where nobody is dealt with individually (ADVICE section 8, ruling 5).
        """
        blocking = self.blocking_requirements(facts)
        return not any(id in blocking and not (self.order and register_id(id) == OPT_OUT) for id in requirements)

    def is_opt_out(self, question: Question) -> bool:
        """Tell whether a question asks for the way to opt out, to which *nobody is dealt with individually* is an answer."""
        return self.order is not None and any(register_id(id) == OPT_OUT for id in question.requirements)

    @cached_property
    def package_of(self) -> Mapping[str, Package]:
        return {package.key: package for package in self.packages}

    def line(self, requirement: str) -> str:
        """The line of the register behind a requirement, as it is cited."""
        return register_id(requirement)

    def cited(self, clause_id: str) -> str:
        clause = self.clauses.get(clause_id)
        return clause.cited if clause else clause_id
