"""Where a use stands, worked out from its snapshot: readiness, duties and what falls short. Runs no query of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assessments.documents.report.scores import band_words
from assessments.guideline.edition import Edition, Item, Question, Requirement
from assessments.guideline.terms import Choice, Dimension, LifecycleStage, Principle, Tier
from assessments.models import Assessment
from assessments.models.snapshots import answers_in, declared_in
from assessments.scoring.conditions import SELF_CERTIFICATION
from assessments.scoring.inputs import AnswerValue
from assessments.scoring.readiness import Source, counted_as, sources
from assessments.scoring.tally import OPEN, OUT, told_apart
from assessments.views.wording import as_day, choice_word

CLAUSE_OF: dict[str, str] = {  # where the Guideline names each heading under which credits are counted
    **{dimension: f"2.2.{n}" for n, dimension in enumerate(Dimension, 1)},
    **{principle: f"2.3.{n}" for n, principle in enumerate(Principle, 1)},
    **{stage: f"2.1.3.{n}" for n, stage in enumerate(LifecycleStage, 1)},
}
KINDS = {"dimensions": Dimension, "principles": Principle, "lifecycle": LifecycleStage}
CREDIT_ORDER = ("none", "unknown", "half", OPEN, "full", OUT)
CREDIT_WORDS = {
    "full": gettext_lazy("In place"),
    "half": gettext_lazy("Partly, half credit"),
    "none": gettext_lazy("Not in place"),
    "unknown": gettext_lazy("Not known yet"),
    OPEN: gettext_lazy("Not answered yet"),
    OUT: gettext_lazy("Not applicable"),
}
POINTS = {"full": 2, "half": 1}


@dataclass(frozen=True, slots=True)
class CreditSource:
    """What one question, or one line of it, says of a duty."""

    question: Question
    item: Item | None
    word: str
    url: str


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty in scope, what it earned, and the answers that speak of it."""

    requirement: Requirement
    weight: int
    credit: str
    cited: str
    given: tuple[CreditSource, ...]

    @property
    def word(self) -> str:
        return str(CREDIT_WORDS[self.credit])


@dataclass(frozen=True, slots=True)
class ReadinessLine:
    """One number of readiness: a dimension, principle, stage or clause, with the duties counted by credit."""

    kind: str
    key: str
    name: str
    clause: str
    value: Decimal | None
    band: str
    duties: int
    answered: int
    full: int
    half: int
    none: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A finding as its row shows it."""

    number: int
    statement: str
    clause: str
    cited: str
    strength: str
    blocking: bool
    kind: str
    answer: str
    question: Question
    item: Item | None
    url: str
    action: Any  # the remediation action; None while it is only proposed


class Standing:
    """The results of one assessment, drawn from its snapshot: a draft's or a submission's. Runs no query."""

    def __init__(
        self,
        assessment: Assessment,
        content: Mapping[str, Any],
        edition: Edition,
        *,
        final: bool,
        actions: Iterable[Any] = (),
    ) -> None:
        self.assessment, self.content, self.edition, self.final = assessment, content, edition, final
        self.actions = {action.question: action for action in actions}
        self.declared, self.answers = declared_in(content), answers_in(content)
        self.sources = sources(edition, self.declared)

    @cached_property
    def duties(self) -> tuple[Duty, ...]:
        """Every duty that the questions put to this use ask for."""
        met = frozenset({SELF_CERTIFICATION}) if self.final and self.declared.tier == Tier.LOW else frozenset()
        credits = told_apart(self.edition, self.declared, self.answers, final=self.final, met=met)
        counted = counted_as(self.edition, self.declared)
        given: dict[str, list[CreditSource]] = {}
        for source in self.sources:
            answer = self.answers.get(source.question.key)
            said = CreditSource(
                source.question, source.item, self.word(source, answer), self.answer_url(source.question)
            )
            for duty in source.duties:
                given.setdefault(counted[duty.id], []).append(said)
        drawn = []
        for credit, earned in credits:
            requirement = self.edition.requirements[credit.requirement]
            drawn.append(
                Duty(
                    requirement=requirement,
                    weight=credit.weight,
                    credit=earned,
                    cited=self.edition.cited(requirement.clause),
                    given=tuple(given[credit.requirement]),
                )
            )
        return tuple(drawn)

    def word(self, source: Source, answer: AnswerValue | None) -> str:
        if answer is None:
            return choice_word("")
        if source.item is None or answer.choice in (Choice.UNKNOWN, Choice.NOT_APPLICABLE):
            return choice_word(answer.choice)
        if source.item.key in answer.not_applicable_items:
            return _("Does not apply")
        return _("Ticked") if source.item.key in answer.ticks else _("Not ticked")

    def answer_url(self, question: Question) -> str:
        return f"{reverse('section', args=[self.assessment.reference, question.section])}#q-{question.key}"

    def _belongs(self, kind: str, requirement: Requirement) -> tuple[str, ...]:
        if kind == "clauses":
            return (requirement.clause,)
        headings = {
            "dimensions": requirement.dimensions,
            "principles": requirement.principles,
            "lifecycle": requirement.lifecycle,
        }
        return tuple(str(key) for key in headings[kind])

    def of(self, kind: str, key: str) -> list[Duty]:
        """Return the duties counted under a heading, the least credit first; those without credit by weight."""
        found = [duty for duty in self.duties if key in self._belongs(kind, duty.requirement)]
        return sorted(found, key=lambda duty: (CREDIT_ORDER.index(duty.credit), -duty.weight))

    def lines(self, kind: str) -> list[ReadinessLine]:
        counts: dict[str, dict[str, int]] = {}
        for duty in self.duties:
            for key in self._belongs(kind, duty.requirement):
                tally = counts.setdefault(key, {})
                tally[duty.credit] = tally.get(duty.credit, 0) + 1
        return [
            self._line(kind, key, score, counts.get(key, {})) for key, score in self.content["scorecard"][kind].items()
        ]

    def line(self, kind: str, key: str) -> ReadinessLine:
        """Return the one number; raises Http404 where the use has none of that name."""
        found = next((line for line in self.lines(kind) if line.key == key), None)
        if found is None:
            raise Http404
        return found

    def _line(self, kind: str, key: str, score: Mapping[str, Any], counts: Mapping[str, int]) -> ReadinessLine:
        value = None if score["value"] is None else Decimal(score["value"])
        return ReadinessLine(
            kind=kind,
            key=key,
            name=self.edition.cited(key) if kind == "clauses" else self.edition.terms[f"{kind}.{key}"],
            clause=key if kind == "clauses" else CLAUSE_OF[KINDS[kind](key)],
            value=value,
            band="" if value is None else band_words(self.edition, value),
            duties=score["duties"],
            answered=score["answered"],
            **{name: counts.get(name, 0) for name in ("full", "half", "none", "unknown")},
        )

    @cached_property
    def dimensions(self) -> list[ReadinessLine]:
        return self.lines("dimensions")

    @cached_property
    def principles(self) -> list[ReadinessLine]:
        return self.lines("principles")

    @cached_property
    def lifecycle(self) -> list[ReadinessLine]:
        return self.lines("lifecycle")

    @cached_property
    def clauses(self) -> list[ReadinessLine]:
        place = {key: n for n, key in enumerate(self.edition.clauses)}
        return sorted(self.lines("clauses"), key=lambda line: place[line.key])

    @cached_property
    def shortfalls(self) -> list[Shortfall]:
        """The findings in the order in which to act on them."""
        place = {action["question"]: n for n, action in enumerate(self.content["actions"])}
        by_source = {(source.question.key, source.item.key if source.item else None): source for source in self.sources}
        # A reason that is to be accepted makes no action: it follows what has to be done.
        ordered = sorted(self.content["findings"], key=lambda finding: place.get(finding["question"], len(place)))
        found = []
        for number, finding in enumerate(ordered, 1):
            source = by_source[(finding["question"], finding["item"])]
            requirement = self.edition.requirements[finding["requirement"]]
            found.append(
                Shortfall(
                    number=number,
                    statement=requirement.statement,
                    clause=requirement.clause,
                    cited=self.edition.cited(requirement.clause),
                    strength=finding["strength"],
                    blocking=finding["blocking"],
                    kind=finding["kind"],
                    answer=self.word(source, self.answers.get(finding["question"])),
                    question=source.question,
                    item=source.item,
                    url=self.answer_url(source.question),
                    action=self.actions.get(finding["question"]),
                )
            )
        return found

    @property
    def blocking(self) -> list[Shortfall]:
        return [finding for finding in self.shortfalls if finding.blocking]

    @property
    def is_complete(self) -> bool:
        """Tell whether no question is left to be answered."""
        counts = self.content["counts"]
        return bool(counts["answered"]) and counts["answered"] >= counts["applicable"]

    @property
    def in_scope(self) -> list[Duty]:
        return [duty for duty in self.duties if duty.credit != OUT]

    @property
    def in_place(self) -> list[Duty]:
        return [duty for duty in self.duties if duty.credit == "full"]

    @property
    def falling_short(self) -> list[Duty]:
        """The duties in scope that are answered and not fully in place."""
        return [duty for duty in self.duties if duty.credit not in ("full", OPEN, OUT)]

    @property
    def not_answered(self) -> list[Duty]:
        return [duty for duty in self.duties if duty.credit == OPEN]

    @cached_property
    def apart(self) -> list[dict[str, Any]]:
        """What is planned, not known and not applicable, listed apart from the findings."""
        planned: list[dict[str, Any]] = []
        unknown: list[dict[str, Any]] = []
        left_out: list[dict[str, Any]] = []
        for shown in self.content["questions"]:
            question = self.edition.questions[shown["question"]]
            answer = self.answers.get(question.key)
            if answer is None:
                continue
            line = {"question": question, "url": self.answer_url(question)}
            if answer.choice == Choice.PLANNED:
                planned.append({**line, "by": as_day(answer.planned_for)})
            elif answer.choice == Choice.UNKNOWN:
                unknown.append(line)
            elif answer.choice == Choice.NOT_APPLICABLE:
                left_out.append({**line, "reason": answer.reason})
            left_out += [
                {**line, "item": item, "reason": answer.not_applicable_items[item.key]}
                for item in question.items
                if answer.choice == Choice.TICKED and item.key in answer.not_applicable_items
            ]
        return [
            {
                "key": "planned",
                "title": _("Planned"),
                "empty": _("No question has the answer “planned”."),
                "lines": planned,
            },
            {
                "key": "unknown",
                "title": _("Not known yet"),
                "empty": _("No question has the answer “do not know yet”."),
                "lines": unknown,
            },
            {
                "key": "not-applicable",
                "title": _("Not applicable"),
                "empty": _("No question has the answer “not applicable”."),
                "lines": left_out,
            },
        ]

    @property
    def headline(self) -> str:
        """Say what the numbers of the five dimensions say."""
        scored = sorted((line for line in self.dimensions if line.value is not None), key=lambda line: line.value or 0)
        if not scored:
            return _("No dimension is assessed yet")
        least, most = scored[0], scored[-1]
        if least.value == most.value:
            return _("%(value)s out of 100 in every dimension that is assessed") % {"value": least.value}
        return _("Scores from %(least)s to %(most)s out of 100. The lowest score is that of %(name)s") % {
            "least": least.value,
            "most": most.value,
            "name": least.name,
        }

    @property
    def caption(self) -> str:
        counts = self.content["counts"]
        words = {"answered": counts["answered"], "applicable": counts["applicable"]}
        if self.final:
            return _("These results are based on the %(applicable)s answers signed in round %(round)s.") % {
                **words,
                "round": self.content["round"],
            }
        return (
            ngettext(
                "Provisional: based on %(answered)s of %(applicable)s answer. This page is not a certificate.",
                "Provisional: based on %(answered)s of %(applicable)s answers. This page is not a certificate.",
                counts["applicable"],
            )
            % words
        )
