"""One question as a page shows it: what is asked, what is answered, what went wrong, and the words for all that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from assessments.access import finders
from assessments.access.finders.assessments import NO_MARKS, Marks
from assessments.core import text_diff
from assessments.domain.answering.organisation_answers import is_inherited
from assessments.domain.review.told_marks import ToldMark
from assessments.forms.answering import FIGURE, AnswerForm
from assessments.guideline.edition import Edition, Question
from assessments.guideline.terms import Choice, Strength
from assessments.models import Answer, State, User
from assessments.models.figures import figure_words, recorded_figure
from assessments.models.snapshots import evidence_of, same_answer
from assessments.scoring.inputs import Declared
from assessments.views.assessment.evidence_strip import EvidenceStrip, hang_evidence
from assessments.views.assessment.member_case import MemberCase
from assessments.views.wording import choice_word, said_lines, whole_word


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
class Version:
    """One of two versions of an answer, for whoever has to choose."""

    who: str
    own: bool
    at: str
    choice: str
    lines: list[str]
    words: list[tuple[str, bool]]  # pieces of the text, and whether the other version lacks them


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
    versions: list[Version] = field(default_factory=list)
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
    taken_from: str = ""  # the use that gave a taken-over answer, by name; empty for who sees but a part of this one

    @property
    def key(self) -> str:
        return self.question.key

    @property
    def html(self) -> SafeString:
        """The row on a page with one form around it."""
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
        """The request to this person to answer it."""
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
        """The controls of the figure; none where the question asks for no figure."""
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
        """Nothing has to be said of it: no error, no conflict, no notice."""
        return not (self.errors or self.problem or self.versions or self.notice)

    @property
    def slots(self) -> tuple[str, ...]:
        """The controls that have a place for an error of their own."""
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
        """What to put right, as (anchor, sentence)."""
        found = []
        for name, message in self.errors.items():
            anchor = f"{self.id}--{name}"
            if name in ("choice", "items", "base", "operation"):
                anchor = f"{self.choice_id}_0" if not self.question.is_checklist else self.choice_id
            found.append((anchor, _("Question %(n)s: %(error)s") % {"n": self.number, "error": message}))
        if self.versions:
            found.append((self.id, _("Question %(n)s: choose between two versions of the answer") % {"n": self.number}))
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
            return _("Date is over") if self.planned_for else _("Date is missing")
        if self.state == "missing" and FIGURE.keys() & self.errors.keys():
            return _("Figure to correct")
        if self.state == "missing" and "reason" in self.errors:
            return _("Reason is missing")
        if self.state == "partly" and self.answer and self.question.is_checklist:
            return _("Answered, %(n)s of %(m)s in place") % {"n": self.in_place, "m": len(self.lines)}
        return ""

    @property
    def inherited(self) -> bool:
        """Whether the answer stands as another use of the organisation gave it."""
        return self.question.organisation_wide and is_inherited(self.answer)

    @property
    def answer_word(self) -> str:
        return choice_word(self.answer.choice) if self.answer else ""

    @property
    def saved(self) -> str:
        """Whether what stands in the controls is kept."""
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
            return _("Taken over, to be confirmed")
        return _("Taken over") if self.inherited else ""

    @property
    def saved_at(self) -> str:
        return moment(self.answer.at) if self.answer else ""

    @property
    def saved_by(self) -> str:
        return "" if self.answer is None or self.answer.by_id == self.user.pk else str(self.answer.by)

    @property
    def is_own(self) -> bool:
        """Answered, and by nobody else last."""
        return self.answer is not None and not self.saved_by

    @property
    def dealt_with(self) -> bool:
        """Of a returned answer: whether it says something else than the submission did, or was replied to."""
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
    """A time today, else a date."""
    local = timezone.localtime(at)
    if local.date() == timezone.localdate():
        return date_format(local, "H:i")
    return date_format(local, "j F" if local.year == timezone.localdate().year else "DATE_FORMAT")


STRENGTHS = tuple(Strength)


def clauses_of(edition: Edition, declared: Declared, ids: Iterable[str]) -> list[tuple[str, str, str]]:
    """The clauses that ask for it, as (id, cited, strongest word), duties out of scope left out."""
    strongest: dict[str, Strength] = {}
    for id in ids:
        duty = edition.requirements[id]
        if not declared.in_scope(duty):
            continue
        stands = strongest.get(duty.clause)
        if stands is None or STRENGTHS.index(duty.strength) < STRENGTHS.index(stands):
            strongest[duty.clause] = duty.strength
    return [(clause, edition.cited(clause), str(strength)) for clause, strength in strongest.items()]


def numbers_of(edition: Edition, declared: Declared, ids: Iterable[str]) -> str:
    """The printed numbers of the clauses, for the end of a checklist's line."""
    return " · ".join(
        dict.fromkeys(edition.clauses[clause].number for clause, _c, _s in clauses_of(edition, declared, ids))
    )


def view_question(
    case: MemberCase, number: int, form: AnswerForm, *, editable: bool = True, locked: bool = False
) -> QuestionView:
    edition, declared, question = case.edition, case.declared, form.question
    context = declared.context
    ticked = form.given("items") or [] if question.is_checklist else []
    errors = form.errors if form.is_bound else {}
    lines = [
        ChecklistLine(
            key=item.key,
            text=item.text,
            clauses=numbers_of(edition, declared, item.requirements),
            ticked=item.key in ticked,
            reason=form.given(f"reason-{item.key}") or "",
            may_not_apply=edition.not_applicable_allowed(item.requirements, context),
            name=form.add_prefix(f"reason-{item.key}"),
            id=f"q-{question.key}--reason-{item.key}",
            error=str(errors[f"reason-{item.key}"][0]) if f"reason-{item.key}" in errors else "",
        )
        for item in (declared.items(edition, question) if question.is_checklist else ())
    ]
    of_action = bool(form.stored and form.stored.closed_action)
    stored = form.stored
    inherited = stored is not None and question.organisation_wide and is_inherited(stored)
    return QuestionView(
        number=number,
        question=question,
        form=form,
        answer=form.stored,
        url=reverse("answer", args=[case.assessment.reference, question.key]),
        reference=case.assessment.reference,
        use_reference=case.assessment.use.reference if of_action and case.sees_all else "",
        editable=editable,
        locked=locked,
        may_not_apply=edition.not_applicable_allowed(question.requirements, context),
        lines=lines,
        clauses=clauses_of(edition, declared, question.requirements),
        user=case.user,
        is_opt_out=edition.is_opt_out(question),
        taken_from=finders.use_behind(stored) if stored and (inherited or stored.to_confirm) and case.sees_all else "",
    )


def make_form(case: MemberCase, question: Question, stored: Answer | None, data: Any = None) -> AnswerForm:
    items = case.declared.items(case.edition, question) if question.is_checklist else ()
    form = AnswerForm(data, question=question, items=items, stored=stored)
    return form if data is None or form.was_posted else AnswerForm(question=question, items=items, stored=stored)


def stored_answers(case: MemberCase, questions: Iterable[Question]) -> dict[str, Answer]:
    """The stored answers to these questions, with who wrote them: one query."""
    return finders.answers_to(case.assessment, dict.fromkeys(question.key for question in questions))


def views_of(
    case: MemberCase, questions: Sequence[Question], data: Any = None, also: Sequence[Question] = ()
) -> list[QuestionView]:
    """The questions of a page with their answers; `also`: whose answers are fetched to be counted only."""
    case.stored = stored = stored_answers(case, [*questions, *also])
    unlocked = unlocked_on_page(case, stored, questions)
    views = []
    for number, question in enumerate(questions, 1):
        locked = unlocked is not None and question.key not in unlocked
        form = make_form(case, question, stored.get(question.key), data)
        # What was typed before the lock fell stays in its controls, to be read and copied.
        editable = (case.may_answer and not locked) or form.is_bound
        views.append(view_question(case, number, form, editable=editable, locked=locked and not form.is_bound))
        views[-1].marks = case.marks.get(question.key, NO_MARKS)
        views[-1].may_ask = case.may_ask
    hang_evidence(case, views)
    return views


def unlocked_on_page(case: MemberCase, stored: Mapping[str, Answer], questions: Sequence[Question]) -> set[str] | None:
    if case.assessment.state != State.RETURNED:
        return None
    # `unlocked` looks at the answers of the questions of this page only: those of others are of no matter here.
    return case.unlocked([*stored, *(q.key for q in case.questions if q not in questions)])


def renew(case: MemberCase, view: QuestionView) -> None:
    """Draw the lines of a checklist again from its form."""
    fresh = view_question(case, view.number, view.form, editable=view.editable, locked=view.locked)
    view.lines = fresh.lines


def show_conflict(view: QuestionView, current: Answer, words: str) -> None:
    """Put both versions beside each other, with what differs marked."""
    typed = view.form.record()
    compared = text_diff.compare(typed["text"], current.text)
    view.problem, view.newer, view.versions_whole = words, current.revision, compared.whole
    view.versions = [
        Version(
            who=str(view.user),
            own=True,
            at="",
            choice=whole_word(typed),
            lines=said_lines(view.question, typed["items"]),
            words=compared.old,
        ),
        Version(
            who=str(current.by),
            own=False,
            at=moment(current.at),
            choice=whole_word(current.record()),
            lines=said_lines(view.question, current.items),
            words=compared.new,
        ),
    ]
