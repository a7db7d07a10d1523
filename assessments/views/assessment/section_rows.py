"""The lines of the task list: each section with its people, its counts and its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from assessments.access import finders
from assessments.guideline.edition import Question, Section
from assessments.models import Assignment
from assessments.views.assessment.member_case import MemberCase
from assessments.views.assessment.search import duration, minutes_for

FILTERS = [
    ("", gettext_lazy("All sections")),
    ("open", gettext_lazy("Not complete")),
    ("unknown", gettext_lazy("With “do not know” answers")),
    ("flagged", gettext_lazy("Flagged by you")),
]


@dataclass
class Asked:
    """A person who is asked to answer a section, or some questions of it."""

    name: str
    url: str
    questions: int = 0  # 0: the whole section
    due: date | None = None  # the next one
    done: bool = True
    late: bool = False

    def __str__(self) -> str:
        return self.name

    def add(self, assignment: Assignment) -> None:
        self.questions += bool(assignment.question)
        if assignment.done_at is None:
            self.done = False
            self.due = min(filter(None, (self.due, assignment.due)), default=None)
            self.late = self.due is not None and self.due < timezone.localdate()


def who_has_what(case: MemberCase) -> dict[str, list[Asked]]:
    """Return the people who are asked, by section, with the next due date while they can answer: one query."""
    found: dict[str, dict[tuple[int, bool], Asked]] = {}
    for assignment in finders.asked_on_page(case.assessment):
        url = reverse("asked", args=[case.assessment.reference, assignment.pk])
        person = Asked(str(assignment.member.user), url)
        key = (assignment.member_id, bool(assignment.question))
        found.setdefault(assignment.section, {}).setdefault(key, person).add(assignment)
    if not case.assessment.is_editable:  # nothing is due where nothing can be answered
        for people in found.values():
            for person in people.values():
                person.due, person.late = None, False
    return {section: list(people.values()) for section, people in found.items()}


@dataclass
class SectionRow:
    section: Section
    answered: int
    total: int
    unknown: int
    people: list[Asked]
    state: str
    flagged: int = 0
    open_comments: int = 0
    minutes: int = 0  # that are left, by our estimate
    go_on: bool = False
    planned: int = 0
    not_applicable: int = 0

    @property
    def time_left(self) -> str:
        return duration(self.minutes) if self.minutes else ""

    @property
    def state_shown(self) -> tuple[object, ...]:
        """Return everything that the line shows, for the key of the cache."""
        counts = (self.answered, self.total, self.unknown, self.planned, self.not_applicable)
        marks = (self.flagged, self.open_comments, self.minutes, self.go_on)
        return (self.section.key, self.state, counts, marks, self.people)

    def is_shown(self, show: str) -> bool:
        """Tell whether the filter of the task list keeps the line."""
        kept = {"open": self.answered < self.total, "unknown": self.unknown, "flagged": self.flagged}
        return bool(kept.get(show, True))


@dataclass(frozen=True, slots=True)
class AnsweredQuestions:
    """The keys of the questions of an assessment that have an answer."""

    complete: frozenset[str]
    to_confirm: frozenset[str]  # copied answers that nobody has confirmed
    last: str | None  # the reader's own last answer; None for a reader who cannot answer
    is_started: bool  # a person has answered something


def answered_in(case: MemberCase) -> AnsweredQuestions:
    """Return which questions of the assessment have an answer: one query."""
    given = finders.answers_by_time(case.assessment)
    return AnsweredQuestions(
        complete=frozenset(key for key, _by, to_confirm in given if not to_confirm),
        to_confirm=frozenset(key for key, _by, to_confirm in given if to_confirm),
        last=next((key for key, by, _carried in given if by == case.user.pk), None) if case.may_answer else None,
        is_started=any(by is not None for _key, by, _to_confirm in given),
    )


def section_rows(case: MemberCase, answered: AnsweredQuestions) -> list[SectionRow]:
    """Return the line of each section that the reader sees, in the order of the questionnaire: one query."""
    counts, assigned = case.assessment.progress.get("sections", {}), who_has_what(case)
    rows = []
    for section, questions in case.sections:
        row = section_row(section, questions, counts.get(section.key, {}), assigned.get(section.key, []))
        marks = [case.marks.get(question.key, finders.NO_MARKS) for question in questions]
        row.flagged = sum(mark.flagged for mark in marks)
        row.open_comments = sum(mark.open_comments for mark in marks)
        row.minutes = minutes_for(question for question in questions if question.key not in answered.complete)
        if not case.sees_all:  # of a section of which one question is asked, that one alone counts here
            row.total, row.answered = len(questions), sum(question.key in answered.complete for question in questions)
            row.state = state_of_section(row.answered, row.total)
        rows.append(row)
    return rows


def section_row(
    section: Section, questions: Sequence[Question], counts: Mapping[str, int], people: list[Asked]
) -> SectionRow:
    total, answered = counts.get("applicable", len(questions)), counts.get("answered", 0)
    return SectionRow(
        section,
        answered,
        total,
        counts.get("unknown", 0),
        people,
        state_of_section(answered, total),
        planned=counts.get("planned", 0),
        not_applicable=counts.get("not_applicable", 0),
    )


def state_of_section(answered: int, total: int) -> str:
    return "complete" if answered == total else "in_progress" if answered else "not_started"


def section_to_go_on_with(case: MemberCase, rows: Sequence[SectionRow], last: str | None) -> SectionRow | None:
    """Return the section of the last answer if it is incomplete, else the first incomplete section."""
    question = case.edition.questions.get(last or "")
    left = [row for row in rows if row.answered < row.total]
    here = [row for row in left if question and row.section.key == question.section]
    return next(iter(here or left), None)
