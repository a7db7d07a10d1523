"""One question as a page shows it: what is asked, what is answered, what went wrong, and the words for all that.

`questions_on_page` builds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from assessments.access.finders.assessments import NO_MARKS, Marks
from assessments.domain.answering.organisation_answers import is_inherited
from assessments.domain.review.told_marks import ToldMark
from assessments.forms.answering import FIGURE, AnswerForm
from assessments.guideline.edition import Question
from assessments.guideline.terms import Choice
from assessments.models import Answer, User
from assessments.models.figures import figure_words, recorded_figure
from assessments.models.snapshots import evidence_of, same_answer
from assessments.views.assessment.evidence_strip import EvidenceStrip
from assessments.views.wording import choice_word, said_lines


@dataclass
class ChecklistLine:
    """One line of a checklist."""

    key: str
    text: str
    clauses: str
    ticked: bool
    reason: str
    may_not_apply: bool
    name: str
    id: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class FigureField:
    """One control of the figure that a question asks for."""

    name: str
    id: str
    label: str
    value: str
    is_date: bool
    error: str = ""


@dataclass
class AnswerVersion:
    """One of two versions of an answer; a person has to choose one of them."""

    who: str
    own: bool
    at: str
    choice: str
    lines: list[str]
    words: list[tuple[str, bool]]  # pieces of the text, and whether the other version lacks them


@dataclass(frozen=True, slots=True)
class SavedState:
    """What a save changes at the head and the foot of its question, worked out once: templates read plain values.

    The templates `foot.html` and `state.html` take it in the place of the whole question.
    """

    id: str
    key: str
    question: Question
    versions: bool  # whether there are two to choose from
    locked: bool
    saved: str
    is_own: bool
    saved_by: str
    saved_at: str
    saved_word: str
    base: int
    operation: str
    state: str
    state_word: str


@dataclass
class QuestionView:
    """One question on a page: what is asked, what is answered, what went wrong."""

    number: int
    question: Question
    form: AnswerForm
    answer: Answer | None
    url: str
    editable: bool
    locked: bool
    may_not_apply: bool
    lines: list[ChecklistLine]
    clauses: list[tuple[str, str, str]]
    user: User
    is_opt_out: bool = False  # "not applicable" means here that nobody is dealt with individually
    problem: str = ""  # why it could not be saved, where no control is to blame
    hides: list[str] = field(default_factory=list)  # the questions whose answers it would hide, once somebody agrees
    notice: str = ""  # what was decided in saving it, so that it can be put otherwise
    versions: list[AnswerVersion] = field(default_factory=list)
    versions_whole: bool = False  # they differ too much to be compared word by word
    newer: int = 0  # the revision that stands, where there are two versions
    before: Any = None  # of a returned answer: what stood in the submission
    mark: Any = None
    told: Sequence[ToldMark] = ()  # what reviewers found of it, once it is decided
    sent_back: bool = False  # shown among what the reviewer wants changed
    box: Any = None  # where it is replied to
    replied: bool = False  # a reply to the reviewer stands
    evidence: EvidenceStrip | None = None  # what the answer leans on
    marks: Marks = NO_MARKS  # comments, who is asked, and the reader's flag
    reference: str = ""  # of the assessment
    use_reference: str = ""  # empty where the reader does not see its actions
    may_ask: bool = False  # a colleague to answer it
    origin: Answer | None = None  # the answer that a copied one was copied from, on a page that names its author
    taken_from: str = ""  # the use that gave a taken-over answer, by name; empty for who sees but a part of this one

    @property
    def key(self) -> str:
        return self.question.key

    @property
    def html(self) -> SafeString:
        """Return the HTML of the question for a page with one form around all questions."""
        return mark_safe(render_to_string("assessments/assessment/question.html", {"view": self}))  # noqa: S308 (a template's own)

    @property
    def id(self) -> str:
        return f"q-{self.key}"

    @property
    def flag_url(self) -> str:
        return f"{self.url.partition('?')[0]}flag/"

    @property
    def history_url(self) -> str:
        return f"{self.url.partition('?')[0]}history/"

    @property
    def talk_url(self) -> str:
        return reverse("comments", args=[self.reference, self.key])

    @property
    def ask_url(self) -> str:
        return reverse("ask", args=[self.reference, self.key])

    @property
    def asked_url(self) -> str:
        """Return the URL of the request in which this person is asked to answer it."""
        return reverse("asked", args=[self.reference, self.marks.asked_of_me])

    @property
    def name(self) -> str:
        return self.form.add_prefix("choice")

    @property
    def choice_id(self) -> str:
        return f"{self.id}--choice"

    @property
    def params(self) -> str:
        return ",".join([*self.form.names, "resolve"])

    @property
    def chosen(self) -> Any:
        return self.form.given("choice") or ""

    @property
    def text(self) -> str:
        return self.form.given("text") or ""

    @property
    def reason(self) -> str:
        return self.form.given("reason") or ""

    @property
    def planned_for(self) -> str:
        value = self.form.given("planned_for")
        return value.isoformat() if isinstance(value, date) else str(value or "")

    @property
    def figures(self) -> list[FigureField]:
        """Return the controls of the figure; empty where the question asks for no figure."""
        if self.question.figure is None:
            return []
        errors = self.errors
        return [
            FigureField(
                name=self.form.add_prefix(name),
                id=f"{self.id}--{name}",
                label=str(field.label),
                value=_shown_value(self.form.given(name)),
                is_date=name == "by",
                error=errors.get(name, ""),
            )
            for name, field in FIGURE.items()
        ]

    @property
    def figure_said(self) -> str:
        return figure_words(self.question, self.answer.value()) if self.answer else ""

    @property
    def base(self) -> int:
        return self.form.given("base") or 0

    @property
    def operation(self) -> str:
        return str(self.form.given("operation") or "")

    @property
    def planned_id(self) -> str:
        return f"{self.id}--planned_for"

    @property
    def reason_id(self) -> str:
        return f"{self.id}--reason"

    @property
    def text_id(self) -> str:
        return f"{self.id}--text"

    @property
    def errors(self) -> dict[str, str]:
        return {name: str(found[0]) for name, found in self.form.errors.items()} if self.form.is_bound else {}

    @property
    def choice_error(self) -> str:
        errors = self.errors
        return errors.get("choice") or errors.get("items") or errors.get("base") or errors.get("operation") or ""

    @property
    def is_clean(self) -> bool:
        """Tell whether there is no error, no conflict and no notice."""
        return not (self.errors or self.problem or self.versions or self.notice)

    @property
    def slots(self) -> tuple[str, ...]:
        """Return the ids of the controls that have a place for an error of their own."""
        found = [] if self.question.is_checklist else [self.planned_id]
        found += [self.reason_id] if self.may_not_apply else []
        found += [figure.id for figure in self.figures]
        return (*found, self.text_id, *(line.id for line in self.lines if line.may_not_apply))

    @property
    def some_do_not_apply(self) -> bool:
        return any(line.may_not_apply for line in self.lines)

    @property
    def reasons_open(self) -> bool:
        return any(line.reason or line.error for line in self.lines)

    @property
    def described_by(self) -> str:
        return f"{self.id}--said"

    @property
    def error_list(self) -> list[tuple[str, str]]:
        """Return the errors to correct, as (anchor, sentence)."""
        found = []
        for name, message in self.errors.items():
            anchor = f"{self.id}--{name}"
            if name in ("choice", "items", "base", "operation"):
                anchor = f"{self.choice_id}_0" if not self.question.is_checklist else self.choice_id
            found.append((anchor, _("Question %(n)s: %(error)s") % {"n": self.number, "error": message}))
        if self.versions:
            found.append((self.id, _("Question %(n)s: choose one of two versions of the answer") % {"n": self.number}))
        elif self.problem:
            found.append((self.id, _("Question %(n)s: %(error)s") % {"n": self.number, "error": self.problem}))
        return found

    @property
    def state(self) -> str:
        if self.versions:
            return "conflict"
        if self.errors or self.problem:
            return "missing"
        if self.answer is None:
            return "empty"
        if self.sent_back:
            return "done" if self.dealt_with else "change_needed"
        if self.answer.to_confirm:
            return "carried"
        if self.answer.choice in (Choice.UNKNOWN, Choice.NOT_APPLICABLE):
            return str(self.answer.choice)
        if self.question.is_checklist and 0 < self.in_place < len(self.lines):
            return "partly"
        return "answered"

    @property
    def in_place(self) -> int:
        shown = {line.key for line in self.lines}
        return sum(value is True and key in shown for key, value in (self.answer.items if self.answer else {}).items())

    @property
    def state_word(self) -> str:
        if self.state == "done":
            return _("Dealt with")
        if self.state == "missing" and "planned_for" in self.errors:
            return _("Date is in the past") if self.planned_for else _("Date is missing")
        if self.state == "missing" and FIGURE.keys() & self.errors.keys():
            return _("Figure needs correction")
        if self.state == "missing" and "reason" in self.errors:
            return _("Reason is missing")
        if self.state == "partly" and self.answer and self.question.is_checklist:
            return _("Answered: %(n)s of %(m)s points are in place") % {"n": self.in_place, "m": len(self.lines)}
        return ""

    @property
    def inherited(self) -> bool:
        """Tell whether the answer was copied from another use of the organisation and not changed."""
        return self.question.organisation_wide and is_inherited(self.answer)

    @property
    def answer_word(self) -> str:
        return choice_word(self.answer.choice) if self.answer else ""

    @property
    def saved(self) -> str:
        """Return `saved` or `failed` for what the controls show; empty without an answer."""
        if self.errors or self.problem or self.versions:
            return "failed"
        return "saved" if self.answer else ""

    @property
    def saved_word(self) -> str:
        if self.versions:
            return _("Not saved: choose a version")
        if FIGURE.keys() & self.errors.keys():
            return _("Not saved yet: correct the figure")
        if self.errors:
            return _("Not saved yet: something is missing")
        if self.problem:
            return _("Not saved")
        if self.state == "carried":
            return _("Copied, not confirmed yet")
        return _("Copied") if self.inherited else ""

    @property
    def saved_at(self) -> str:
        return moment(self.answer.at) if self.answer else ""

    @property
    def saved_by(self) -> str:
        return "" if self.answer is None or self.answer.by_id == self.user.pk else str(self.answer.by)

    @property
    def is_own(self) -> bool:
        """Tell whether the last answer is the reader's own."""
        return self.answer is not None and not self.saved_by

    def saved_state(self) -> SavedState:
        """Return what a save changes at its head and its foot."""
        return SavedState(
            id=self.id,
            key=self.key,
            question=self.question,
            versions=bool(self.versions),
            locked=self.locked,
            saved=self.saved,
            is_own=self.is_own,
            saved_by=self.saved_by,
            saved_at=self.saved_at,
            saved_word=self.saved_word,
            base=self.base,
            operation=self.operation,
            state=self.state,
            state_word=self.state_word,
        )

    @property
    def dealt_with(self) -> bool:
        """Tell whether a returned answer was changed since the submission, or replied to."""
        if self.replied and self.answer is not None:
            return True
        if self.answer is None or self.before is None:
            return self.answer is not None
        leans_on = self.evidence.leans_on if self.evidence else []
        return not same_answer(self.before, self.answer.record()) or leans_on != evidence_of(self.before)

    @property
    def before_word(self) -> str:
        return choice_word(self.before["choice"]) if self.before else ""

    @property
    def before_figure(self) -> str:
        return recorded_figure(self.before) if self.before else ""

    @property
    def before_lines(self) -> list[str]:
        return said_lines(self.question, self.before["items"]) if self.before else []


def _shown_value(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str("" if value is None else value)


def moment(at: datetime) -> str:
    """Return the time of day for today, else the date."""
    local = timezone.localtime(at)
    if local.date() == timezone.localdate():
        return date_format(local, "H:i")
    return date_format(local, "j F" if local.year == timezone.localdate().year else "DATE_FORMAT")
