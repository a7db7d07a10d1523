"""Checks before signing: what contradicts itself, and what a reviewer would ask about first.

The edition says what is looked for (checks.yaml), this says how. The same results are shown to the respondent before
signing, frozen into the submission and shown to the reviewer. None of them blocks by itself (our judgement).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from assessments.guideline.conditions import ANSWER, Answer, Facts
from assessments.guideline.edition import Edition
from assessments.guideline.gates import Check
from assessments.guideline.terms import CheckKind, Choice, Severity, Strength
from assessments.scoring.inputs import AnswerValue, Declared
from assessments.scoring.readiness import Source, sources

TICK = "tick."


@dataclass(frozen=True, slots=True)
class SeenEvidence:
    """One evidence item as a check sees it: until when it is good, and of what time it speaks."""

    expires_on: date | None = None
    period_to: date | None = None


@dataclass(frozen=True, slots=True)
class AnswerSeen:
    """One answer with the note under it and the evidence that it leans on."""

    value: AnswerValue
    note: str = ""
    evidence: tuple[SeenEvidence, ...] = ()
    note_is_taken: bool = False  # its words were written for another use


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found: the questions and facts that it is about, in the order of the questionnaire."""

    check: str
    severity: Severity
    questions: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


type Seen = Mapping[str, AnswerSeen]


def run(edition: Edition, declared: Declared, answers: Seen, *, today: date) -> tuple[CheckResult, ...]:
    """Run the checks of the edition over one use; those that found something, what has to be mended first.

    Answers to questions that are not asked are passed over. `today` is the day in Hong Kong.
    """
    shown = {question.key: answers[question.key] for question in declared.questions(edition) if question.key in answers}
    look = _Look(edition, declared, shown, today)
    found = [one for check in edition.checks if (one := look.at(check)) is not None]
    return tuple(sorted(found, key=lambda one: list(Severity).index(one.severity)))


class _Look:
    def __init__(self, edition: Edition, declared: Declared, answers: Seen, today: date) -> None:
        self.edition = edition
        self.answers = answers
        self.today = today
        self.sources = sources(edition, declared)
        self.context: Facts = {**declared.context, **dict(self.said(declared))}

    def said(self, declared: Declared) -> Iterator[tuple[str, Answer]]:
        """Yield the answers as conditions read them; do-not-know says nothing that could contradict."""
        for key, answer in self.answers.items():
            value = answer.value
            if value.choice == Choice.UNKNOWN:
                continue
            yield ANSWER + key, str(value.choice)
            question = self.edition.questions[key]
            if question.is_checklist and value.choice in (Choice.TICKED, Choice.NONE):
                for item in declared.items(self.edition, question):
                    if item.key not in value.not_applicable_items:
                        yield f"{TICK}{key}/{item.key}", item.key in value.ticks

    def at(self, check: Check) -> CheckResult | None:
        questions: tuple[str, ...]
        if check.kind == CheckKind.CONTRADICTION:
            return self.contradiction(check)
        if check.kind == CheckKind.WORDS:
            return self.words(check)
        match check.kind:
            case CheckKind.NO_EVIDENCE:
                questions = self.musts_in_place(lambda answer: not answer.evidence)
            case CheckKind.NO_NOTE:
                questions = self.musts_in_place(lambda answer: not answer.note.strip())
            case CheckKind.UNKNOWN_MUST:
                unknown = {key for key, one in self.answers.items() if one.value.choice == Choice.UNKNOWN}
                questions = self.in_order({key for key in self.must_questions if key in unknown})
            case CheckKind.MANY_NOT_APPLICABLE:
                questions = self.many_not_applicable(check.figures["share"])
            case CheckKind.SAME_WORDS:
                questions = self.same_words(check.figures["answers"], check.figures["characters"])
            case CheckKind.PAST_DATE:
                questions = tuple(
                    key
                    for key, one in self.answers.items()
                    if one.value.choice == Choice.PLANNED
                    and one.value.planned_for is not None
                    and one.value.planned_for < self.today
                )
            case CheckKind.OLD_EVIDENCE:
                oldest = months_before(self.today, check.figures["months"])
                questions = tuple(
                    key for key, one in self.answers.items() if any(self.is_old(p, oldest) for p in one.evidence)
                )
        return CheckResult(check.key, check.severity, questions) if questions else None

    # --- one kind each ---

    def contradiction(self, check: Check) -> CheckResult | None:
        if not check.when.holds(self.context, unknown=False) or (check.unless and check.unless.holds(self.context)):
            return None
        facts: dict[str, None] = {}
        about: set[str] = set()
        for test in check.when.tests():
            if not test.holds(self.context, unknown=False):
                continue  # the other side of an `any`
            if test.fact.startswith((ANSWER, TICK)):
                about.add(test.fact.partition(".")[2].partition("/")[0])
            elif test.fact in self.edition.facts:
                facts[test.fact] = None
        return CheckResult(check.key, check.severity, self.in_order(about), tuple(facts))

    def words(self, check: Check) -> CheckResult | None:
        if not check.when.holds(self.context, unknown=False):
            return None
        phrases = [phrase.casefold() for phrase in check.phrases]
        about = tuple(
            key
            for key, one in self.answers.items()
            if not one.note_is_taken and any(phrase in one.note.casefold() for phrase in phrases)
        )
        facts = tuple(dict.fromkeys(test.fact for test in check.when.tests() if test.fact in self.edition.facts))
        return CheckResult(check.key, check.severity, about, facts) if about else None

    def many_not_applicable(self, share: int) -> tuple[str, ...]:
        """Return the questions whose musts are not applicable, where they are more than `share` per cent of the musts."""
        every: set[str] = set()
        left_out: set[str] = set()
        about: set[str] = set()
        for source in self.musts:
            ids = {duty.id for duty in source.duties if duty.strength == Strength.MUST}
            every |= ids
            answer = self.answers.get(source.question.key)
            if answer is not None and source.half_credits(answer.value) is None:
                left_out |= ids
                about.add(source.question.key)
        return self.in_order(about) if len(left_out) * 100 > len(every) * share else ()

    def same_words(self, answers: int, characters: int) -> tuple[str, ...]:
        under: dict[str, list[str]] = defaultdict(list)
        for key, one in self.answers.items():
            note = " ".join(one.note.casefold().split())
            if len(note) >= characters:
                under[note].append(key)
        return self.in_order({key for keys in under.values() if len(keys) >= answers for key in keys})

    def is_old(self, piece: SeenEvidence, oldest: date) -> bool:
        expired = piece.expires_on is not None and piece.expires_on < self.today
        return expired or (piece.period_to is not None and piece.period_to < oldest)

    # --- what several kinds need ---

    @property
    def musts(self) -> Iterator[Source]:
        return (s for s in self.sources if any(duty.strength == Strength.MUST for duty in s.duties))

    @property
    def must_questions(self) -> set[str]:
        return {source.question.key for source in self.musts}

    def musts_in_place(self, lacks: Callable[[AnswerSeen], bool]) -> tuple[str, ...]:
        """Return the questions with a must that is answered as in place, wholly or partly, and that lack something."""
        return self.in_order(
            {
                source.question.key
                for source in self.musts
                if (answer := self.answers.get(source.question.key)) is not None
                and source.half_credits(answer.value)
                and lacks(answer)
            }
        )

    def in_order(self, keys: set[str]) -> tuple[str, ...]:
        return tuple(key for key in self.answers if key in keys)


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier, or the last of its month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("cannot happen: every month has at least 28 days")
