"""Answering: the task list of an assessment, its sections, one answer at a time, and what a reviewer sent back."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from assessments import access, declaring, workflow
from assessments.access import Action
from assessments.errors import Conflict, InvalidAnswer, Locked, WorkflowError
from assessments.forms.answering import AnswerForm, AssignForm, posted_question
from assessments.guideline.edition import Edition, Question, Section
from assessments.guideline.terms import Choice, Strength, Tier
from assessments.models import Answer, Assessment, Membership, Role, State, User
from assessments.models.assessments import ChoiceChoices
from assessments.models.snapshots import asked_facts
from assessments.scoring.inputs import Declared

# --- what the pages show -------------------------------------------------------------------------------------------------


@dataclass
class Case:
    """An assessment as one member sees it: found through the door, its facts and assignments read when asked for."""

    assessment: Assessment
    user: User
    edition: Edition
    stored: dict[str, Answer] = field(default_factory=dict)  # the answers of the page, by question

    @cached_property
    def member(self) -> Membership | None:
        return access.membership_in(self.user, self.assessment.organisation_id)

    @cached_property
    def declared(self) -> Declared:
        return self.assessment.declared()

    @cached_property
    def targets(self) -> set[str] | None:
        """The sections and questions that this member may answer; None: all."""
        return access.assigned_targets(self.user, self.assessment, self.member)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The questions that are asked and that this member sees, in order."""
        asked = self.declared.questions(self.edition)
        if self.targets is None:
            return asked
        return tuple(q for q in asked if q.section in self.targets or q.key in self.targets)

    @cached_property
    def sections(self) -> tuple[tuple[Section, tuple[Question, ...]], ...]:
        of_section: dict[str, list[Question]] = {}
        for question in self.questions:
            of_section.setdefault(question.section, []).append(question)
        return tuple((s, tuple(of_section[s.key])) for s in self.edition.sections if s.key in of_section)

    @property
    def is_owner(self) -> bool:
        return self.member is not None and self.member.role == Role.OWNER

    @property
    def may_answer(self) -> bool:
        return self.member is not None and self.member.role in access.MAY[Action.ANSWER] and self.assessment.is_editable

    @property
    def sees_all(self) -> bool:
        return self.targets is None

    def unlocked(self, answered: Iterable[str]) -> set[str] | None:
        return declaring.unlocked_questions(self.assessment, self.declared, answered)


def find_case(request: HttpRequest, reference: str) -> Case:
    """Find the assessment by its door; 404 for whoever may not know of it."""
    user: Any = request.user
    assessment = get_object_or_404(access.assessments_for(user), reference=reference)
    return Case(assessment, user, assessment.compiled())


@dataclass
class Line:
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
    lines: list[Line]
    clauses: list[tuple[str, str, str]]
    user: User
    problem: str = ""  # why it could not be saved, where no control is to blame
    versions: list[Version] = field(default_factory=list)
    newer: int = 0  # the revision that stands, where there are two versions
    before: Any = None  # of a returned answer: what stood in the submission
    mark: Any = None
    sent_back: bool = False  # shown among what the reviewer wants changed

    @property
    def key(self) -> str:
        return self.question.key

    @property
    def id(self) -> str:
        return f"q-{self.key}"

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
            return _("Date is missing")
        if self.state == "missing" and "reason" in self.errors:
            return _("Reason is missing")
        if self.state == "partly" and self.answer and self.question.is_checklist:
            return _("Answered, %(n)s of %(m)s in place") % {"n": self.in_place, "m": len(self.lines)}
        return ""

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
        if self.errors:
            return _("Not saved yet: something is missing")
        if self.problem:
            return _("Not saved")
        return ""

    @property
    def saved_at(self) -> str:
        return moment(self.answer.at) if self.answer else ""

    @property
    def saved_by(self) -> str:
        return "" if self.answer is None or self.answer.by_id == self.user.pk else str(self.answer.by)

    @property
    def dealt_with(self) -> bool:
        """Of a returned answer: whether it says something else than the submission did."""
        return self.answer is not None and (self.before is None or not same_answer(self.before, self.answer.record()))

    @property
    def before_word(self) -> str:
        return choice_word(self.before["choice"]) if self.before else ""

    @property
    def before_lines(self) -> list[str]:
        return said_lines(self.question, self.before["items"]) if self.before else []


def same_answer(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return all(before[name] == after[name] for name in ("choice", "items", "text", "planned_for", "reason"))


def choice_word(choice: str) -> str:
    return str(ChoiceChoices(choice).label)


def whole_word(record: Mapping[str, Any]) -> str:
    """The choice with the date or the reason that belongs to it."""
    word = choice_word(record["choice"])
    if record["planned_for"]:
        word = f"{word}: {date_format(date.fromisoformat(record['planned_for']), 'DATE_FORMAT')}"
    return f"{word}: {record['reason']}" if record["reason"] else word


def said_lines(question: Question, items: Mapping[str, Any]) -> list[str]:
    """The lines that an answer ticks, and those that it says do not apply."""
    found = []
    for item in question.items:
        value = items.get(item.key)
        if value is True:
            found.append(item.text)
        elif value:
            found.append(_("%(line)s: does not apply, because %(reason)s") % {"line": item.text, "reason": value})
    return found


def moment(at: datetime) -> str:
    """A time today, else a date."""
    local = timezone.localtime(at)
    if local.date() == timezone.localdate():
        return date_format(local, "H:i")
    return date_format(local, "j F" if local.year == timezone.localdate().year else "DATE_FORMAT")


def clauses_of(edition: Edition, declared: Declared, ids: Iterable[str]) -> list[tuple[str, str, str]]:
    """The clauses that ask for it, as (id, cited, strongest word), duties out of scope left out."""
    strongest: dict[str, Strength] = {}
    order = list(Strength)
    for id in ids:
        duty = edition.requirements[id]
        if not declared.in_scope(duty):
            continue
        stands = strongest.get(duty.clause)
        if stands is None or order.index(duty.strength) < order.index(stands):
            strongest[duty.clause] = duty.strength
    return [(clause, edition.cited(clause), str(strength)) for clause, strength in strongest.items()]


def numbers_of(edition: Edition, declared: Declared, ids: Iterable[str]) -> str:
    """The printed numbers of the clauses, for the end of a checklist's line."""
    return " · ".join(
        dict.fromkeys(edition.clauses[clause].number for clause, _c, _s in clauses_of(edition, declared, ids))
    )


def view_question(
    case: Case, number: int, form: AnswerForm, *, editable: bool = True, locked: bool = False
) -> QuestionView:
    edition, declared, question = case.edition, case.declared, form.question
    context = declared.context
    ticked = form.given("items") or [] if question.is_checklist else []
    errors = form.errors if form.is_bound else {}
    lines = [
        Line(
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
    return QuestionView(
        number=number,
        question=question,
        form=form,
        answer=form.stored,
        url=reverse("answer", args=[case.assessment.reference, question.key]),
        editable=editable,
        locked=locked,
        may_not_apply=edition.not_applicable_allowed(question.requirements, context),
        lines=lines,
        clauses=clauses_of(edition, declared, question.requirements),
        user=case.user,
    )


def make_form(case: Case, question: Question, stored: Answer | None, data: Any = None) -> AnswerForm:
    items = case.declared.items(case.edition, question) if question.is_checklist else ()
    form = AnswerForm(data, question=question, items=items, stored=stored)
    return form if data is None or form.was_posted else AnswerForm(question=question, items=items, stored=stored)


def stored_answers(case: Case, questions: Iterable[Question]) -> dict[str, Answer]:
    """The stored answers to these questions, with who wrote them: one query."""
    keys = [question.key for question in questions]
    rows = case.assessment.answers.filter(question__key__in=keys).select_related("question", "by")
    return {row.question.key: row for row in rows}


# --- saving ----------------------------------------------------------------------------------------------------------------


@dataclass
class Kept:
    """What became of one posted answer."""

    answer: Answer | None
    changed: bool = False
    problem: str = ""
    conflict: Answer | None = None
    saved: declaring.AnswerSaved | None = None


def keep_answer(case: Case, form: AnswerForm, resolve: str = "") -> Kept:
    """Save a posted answer if it differs from what its page showed; errors go to the form.

    `resolve` is "mine" where the person has seen both versions and wants the one typed here.
    """
    if not form.is_valid() or form.is_blank:
        return Kept(form.stored)
    base, stored = form.cleaned_data["base"], form.stored
    if stored is not None and not resolve and is_untouched(stored, base, form):
        return Kept(stored)
    if resolve == "mine":
        base = form.cleaned_data.get("seen") or base  # the version that was shown, lest a third one be overwritten
    try:
        try:
            saved = save_form(case, form, base)
        except Conflict as error:
            # One's own page may have saved an earlier half of this while the request was on its way.
            if resolve or not is_own_longer_text(error.current, form, case.user):
                raise
            saved = save_form(case, form, error.current.revision)
    except InvalidAnswer as error:
        form.add_error(error.field if error.field in form.fields else "choice", str(error))
        return Kept(stored)
    except Conflict as error:
        return Kept(error.current, problem=str(error), conflict=error.current)
    except Locked as error:
        return Kept(stored, problem=str(error))
    return Kept(saved.answer, changed=saved.changed, saved=saved)


def save_form(case: Case, form: AnswerForm, base: int) -> declaring.AnswerSaved:
    return declaring.save_answer(
        case.assessment,
        form.question.key,
        form.value(),
        by=case.user,
        base=base,
        operation=form.operation_of(base),
    )


def is_untouched(stored: Answer, base: int, form: AnswerForm) -> bool:
    """Tell whether an out-of-date page posted back just what it had shown: then nobody changed anything on it."""
    if same_answer(stored.record(), form.record()):
        return True
    if base == stored.revision:
        return False
    shown = stored.revisions.filter(number=base).values_list("value", flat=True).first()
    return shown is not None and same_answer(shown, form.record())


def is_own_longer_text(stored: Answer, form: AnswerForm, user: User) -> bool:
    """Tell whether the newer version is one's own, and the posted one merely goes on writing it."""
    record = form.record()
    same = all(stored.record()[name] == record[name] for name in ("choice", "items", "planned_for", "reason"))
    return stored.by_id == user.pk and same and record["text"].startswith(stored.text)


def show_conflict(view: QuestionView, current: Answer, words: str) -> None:
    """Put both versions beside each other, with what differs marked."""
    typed = view.form.record()
    mine, theirs = differing(typed["text"], current.text)
    view.problem, view.newer = words, current.revision
    view.versions = [
        Version(
            who=str(view.user),
            own=True,
            at="",
            choice=whole_word(typed),
            lines=said_lines(view.question, typed["items"]),
            words=mine,
        ),
        Version(
            who=str(current.by),
            own=False,
            at=moment(current.at),
            choice=whole_word(current.record()),
            lines=said_lines(view.question, current.items),
            words=theirs,
        ),
    ]


def differing(one: str, other: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Cut two texts into pieces, each with whether the other text lacks it. Word by word, in Chinese sign by sign."""
    left, right = (re.findall(r"[ -\u2fff]+?(?:\s+|$)|\s+|.", text, re.DOTALL) for text in (one, other))
    pieces: tuple[list[tuple[str, bool]], list[tuple[str, bool]]] = ([], [])
    for kind, a, b, c, d in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        for side, piece in ((0, "".join(left[a:b])), (1, "".join(right[c:d]))):
            if piece:
                pieces[side].append((piece, kind != "equal"))
    return pieces


# --- the task list -----------------------------------------------------------------------------------------------------------


@dataclass
class SectionRow:
    section: Section
    answered: int
    total: int
    unknown: int
    people: list[str]
    state: str
    go_on: bool = False


@login_required
@never_cache
def task_list(request: HttpRequest, reference: str) -> HttpResponse:
    """The home of one assessment: what is to be answered, by whom, how far it is, and what happens next."""
    case = find_case(request, reference)
    assessment, use = case.assessment, case.assessment.use
    counts = assessment.progress.get("sections", {})
    assigned: dict[str, list[str]] = {}
    for assignment in assessment.assignments.select_related("member__user").order_by("pk"):
        assigned.setdefault(assignment.section, []).append(str(assignment.member.user))
    last = None
    if case.may_answer:
        last = assessment.answers.filter(by=case.user).order_by("-at").values_list("question__key", flat=True).first()
    rows = [
        section_row(section, questions, counts.get(section.key, {}), assigned.get(section.key, []))
        for section, questions in case.sections
    ]
    go_on = section_to_go_on_with(case, rows, last) if case.may_answer else None
    if go_on:
        go_on.go_on = True
    stages: list[tuple[str, list[SectionRow]]] = []
    for row in rows:
        if not stages or stages[-1][0] != row.section.stage:
            stages.append((row.section.stage, []))
        stages[-1][1].append(row)
    have = set(case.declared.facts) if case.sees_all else set()
    missing = missing_facts(case) if case.sees_all else []
    submission = assessment.current_submission_id and own_submission(request, case)
    context = {
        "case": case,
        "assessment": assessment,
        "use": use,
        "edition": case.edition,
        "stages": [(case.edition.terms[f"stages.{stage}"], of_stage) for stage, of_stage in stages],
        "rows": rows,
        "go_on": go_on,
        "last": case.edition.questions.get(last or ""),
        "missing": missing,
        "facts_answered": len(have),
        "answered": sum(row.answered for row in rows),
        "total": sum(row.total for row in rows),
        "unknown": sum(row.unknown for row in rows),
        "complete": all(row.answered == row.total for row in rows) and not missing,
        "next": what_happens_next(assessment),
        "submission": submission,
        "documents": documents_of(request, assessment) if case.sees_all and assessment.current_submission_id else [],
        "is_low": use.assigned_tier == Tier.LOW,
        "is_prohibited": use.assigned_tier == Tier.UNACCEPTABLE,
        "may_recall": case.is_owner and assessment.state == State.SUBMITTED,
        "may_withdraw": case.is_owner and State.WITHDRAWN in workflow.MOVES[State(assessment.state)],
        "obligation": case.edition.obligations.get(Tier(use.assigned_tier)) if use.assigned_tier else None,
        "guideline_date": guideline_date(case.edition),
        "parts": [case.edition.terms[f"stakeholders.{part}"] for part in case.declared.parts],
    }
    return render(request, "assessments/answering/task_list.html", context)


def guideline_date(edition: Edition) -> str:
    """The month of the Guideline: *December 2025*."""
    year, month = edition.guideline_date.split("-")[:2]
    return date_format(date(int(year), int(month), 1), "F Y")


def section_row(
    section: Section, questions: Sequence[Question], counts: Mapping[str, int], people: list[str]
) -> SectionRow:
    total, answered = counts.get("applicable", len(questions)), counts.get("answered", 0)
    state = "complete" if answered == total else "in_progress" if answered else "not_started"
    return SectionRow(section, answered, total, counts.get("unknown", 0), people, state)


def section_to_go_on_with(case: Case, rows: Sequence[SectionRow], last: str | None) -> SectionRow | None:
    """The section of the last answer if it is incomplete, else the first one that is."""
    question = case.edition.questions.get(last or "")
    left = [row for row in rows if row.answered < row.total]
    here = [row for row in left if question and row.section.key == question.section]
    return next(iter(here or left), None)


def missing_facts(case: Case) -> list[tuple[str, str]]:
    """The facts without an answer, as (group, label)."""
    return [
        (case.edition.facts[key].group, case.edition.facts[key].label)
        for key in asked_facts(case.edition, case.declared)
        if key not in case.declared.facts
    ]


def own_submission(request: HttpRequest, case: Case) -> Any:
    user: Any = request.user
    return access.own_submissions_for(user).filter(pk=case.assessment.current_submission_id or 0).first()


def documents_of(request: HttpRequest, assessment: Assessment) -> list[Any]:
    user: Any = request.user
    submission = assessment.current_submission_id
    found = access.documents_for(user).filter(submission=submission) | access.documents_for(user).filter(
        certificate__submission=submission
    )
    return list(found.order_by("pk"))


def what_happens_next(assessment: Assessment) -> str:
    """One sentence on a state in which nothing can be answered."""
    return {
        State.SUBMITTED: _(
            "The answers and facts are locked until a reviewer has decided. Nobody has taken the case yet."
        ),
        State.IN_REVIEW: _(
            "A reviewer is marking each answer and fact. They are locked until the reviewer has decided."
        ),
        State.RETURNED: _("Only what the reviewer marked can be changed. Then an owner signs again."),
        State.APPROVED: _(
            "The review is done. The certificate is issued as soon as the last action that blocks it has been accepted."
        ),
        State.CERTIFIED: _(
            "The certificate has been issued. Actions that are still open go on in the list of actions."
        ),
        State.REFUSED: _("The case is closed. The use opens again only as a new assessment with changed facts."),
        State.WITHDRAWN: _("The submission was withdrawn for good. A new assessment of the use may be started."),
        State.SUPERSEDED: _("A newer assessment of this use has taken the place of this one."),
    }.get(State(assessment.state), "")


@login_required
@never_cache
def next_unanswered(request: HttpRequest, reference: str) -> HttpResponse:
    """Lead to the first question without an answer, in the order of the questionnaire."""
    case = find_case(request, reference)
    answered = set(case.assessment.answers.values_list("question__key", flat=True))
    question = next((q for q in case.questions if q.key not in answered), None)
    if question is None:
        messages.success(request, _("Every question has an answer."))
        return redirect("check" if case.sees_all else "assessment", reference)
    return redirect(f"{reverse('section', args=[reference, question.section])}#q-{question.key}")


@login_required
@never_cache
def assign(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Ask an owner or contributor to answer a section."""
    case = find_case(request, reference)
    access.require(case.user, Action.PEOPLE, case.assessment)
    section, questions = find_section(case, key)
    members = access.members_of(case.assessment).filter(role__in=[Role.OWNER, Role.CONTRIBUTOR]).order_by("user__name")
    form = AssignForm(request.POST or None, members=members)
    if request.method == "POST" and form.is_valid():
        if not form.due_in_time(timezone.localdate()):
            form.add_error("due", _("Choose today or a later day."))
        else:
            try:
                declaring.assign_section(
                    case.assessment,
                    section.key,
                    form.cleaned_data["member"],
                    by=case.user,
                    due=form.cleaned_data["due"],
                )
            except WorkflowError as error:
                form.add_error("member", str(error))
            else:
                said = _("%(name)s is asked to answer “%(section)s”.")
                messages.success(request, said % {"name": form.cleaned_data["member"].user, "section": section.title})
                return redirect("assessment", reference)
    assigned = case.assessment.assignments.filter(section=key).select_related("member__user").order_by("pk")
    context = {"case": case, "assessment": case.assessment, "section": section, "questions": questions, "form": form}
    return render(request, "assessments/answering/assign.html", context | {"assigned": list(assigned)})


# --- a section ---------------------------------------------------------------------------------------------------------------


def find_section(case: Case, key: str) -> tuple[Section, tuple[Question, ...]]:
    for section, questions in case.sections:
        if section.key == key:
            return section, questions
    raise Http404


@login_required
@never_cache
def section(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """The questions of a section; without script one button saves them all."""
    case = find_case(request, reference)
    found, questions = find_section(case, key)
    if request.method == "POST":
        access.require(case.user, Action.ANSWER, case.assessment)
        return save_page(request, case, found, questions)
    return show_section(request, case, found, views_of(case, questions, also=found.questions))


def views_of(
    case: Case, questions: Sequence[Question], data: Any = None, also: Sequence[Question] = ()
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
    return views


def unlocked_on_page(case: Case, stored: Mapping[str, Answer], questions: Sequence[Question]) -> set[str] | None:
    if case.assessment.state != State.RETURNED:
        return None
    # `unlocked` looks at the answers of the questions of this page only: those of others are of no matter here.
    return case.unlocked([*stored, *(q.key for q in case.questions if q not in questions)])


def save_page(request: HttpRequest, case: Case, found: Section, questions: Sequence[Question]) -> HttpResponse:
    """Save every answer of a posted page that was changed; the good ones stay saved whatever is wrong with others."""
    resolve = request.POST.get("resolve", "")
    views = views_of(case, questions, request.POST, found.questions)
    saved = save_views(case, views, resolve)
    errors = [error for view in views for error in view.error_list]
    errors += lost_words(request, case, questions)
    if errors:
        return show_section(request, case, found, views, errors=errors, saved=saved)
    if resolve or "stay" in request.POST:
        messages.success(request, _("Saved."))
        return redirect("section", case.assessment.reference, found.key)
    return redirect(f"{reverse('section', args=[case.assessment.reference, found.key])}?checked=1")


def save_views(case: Case, views: Sequence[QuestionView], resolve: str) -> int:
    """Save what was posted, view by view; returns how many answers changed."""
    how, _colon, which = resolve.partition(":")
    changed = 0
    for view in views:
        if not view.form.was_posted:
            continue
        mine = how if which == view.key else ""
        if mine == "theirs":
            view.form = make_form(case, view.question, view.form.stored)
            renew(case, view)
            continue
        kept = keep_answer(case, view.form, mine)
        view.answer = kept.answer
        changed += kept.changed
        if kept.conflict:
            show_conflict(view, kept.conflict, kept.problem)
        elif kept.problem:
            view.problem = kept.problem
        elif kept.answer and not view.form.errors:
            view.form.stored = kept.answer
            view.form = make_form(case, view.question, kept.answer)
        renew(case, view)
    return changed


def renew(case: Case, view: QuestionView) -> None:
    """Draw the lines of a checklist again from its form."""
    fresh = view_question(case, view.number, view.form, editable=view.editable, locked=view.locked)
    view.lines = fresh.lines


def lost_words(request: HttpRequest, case: Case, questions: Sequence[Question]) -> list[tuple[str, str]]:
    """What was typed for questions that are not asked any more, so that it can be copied."""
    here = {question.key for question in questions}
    found = []
    for name, values in request.POST.lists():
        key = posted_question(name)
        if key in here or not name.endswith(("--text", "--reason")) or key not in case.edition.questions:
            continue
        for value in values:
            if value.strip():
                said = _("“%(title)s” is not asked any more. You had written: %(text)s")
                found.append(("", said % {"title": case.edition.questions[key].title, "text": value.strip()}))
    return found


def show_section(
    request: HttpRequest,
    case: Case,
    found: Section,
    views: Sequence[QuestionView],
    *,
    errors: Sequence[tuple[str, str]] = (),
    saved: int = 0,
) -> HttpResponse:
    answered = sum(view.answer is not None for view in views)
    left = [view for view in views if view.answer is None]
    sections = [s.key for s, _questions in case.sections]
    at = sections.index(found.key)
    hidden = [q for q in found.questions if q.key not in {view.key for view in views}]
    kept = sum(question.key in case.stored for question in hidden)
    context = {
        "case": case,
        "assessment": case.assessment,
        "use": case.assessment.use,
        "section": found,
        "position": at + 1,
        "sections": len(sections),
        "following": case.sections[at + 1][0] if at + 1 < len(sections) else None,
        "questions": views,
        "errors": errors,
        "saved_now": saved,
        "answered": answered,
        "left": left,
        "unknown": [view for view in views if view.answer and view.answer.choice == Choice.UNKNOWN],
        "checked": "checked" in request.GET,
        "hidden": len(hidden) if case.sees_all else 0,
        "hidden_kept": kept if case.sees_all else 0,
        "editable": any(view.editable for view in views),
        "next": what_happens_next(case.assessment),
    }
    return render(request, "assessments/answering/section.html", context)


@login_required
@require_POST
def answer(request: HttpRequest, reference: str, question: str) -> HttpResponse:
    """Save one answer. With htmx the answer's state comes back, else its section."""
    case = find_case(request, reference)
    asked = case.edition.questions.get(question)
    if asked is None:
        raise Http404
    if not getattr(request, "htmx", False):
        access.require(case.user, Action.ANSWER, case.assessment)
        found, questions = find_section(case, asked.section)
        return save_page(request, case, found, questions)
    resolve = request.POST.get("resolve", "")
    if resolve == f"theirs:{question}":
        return whole_row(request, case, asked)
    # Every line is taken and nothing is read before the save, which judges who may answer and what is asked.
    form = AnswerForm(request.POST, question=asked, items=asked.items)
    kept = keep_answer(case, form, "mine" if resolve == f"mine:{question}" else "")
    if kept.saved:
        case.declared = kept.saved.declared
    else:
        access.require(case.user, Action.ANSWER, case.assessment)
        kept.answer = kept.answer or stored_answers(case, [asked]).get(question)
    if kept.saved and not form.errors:
        form = make_form(case, asked, kept.answer)
    view = view_question(case, 0, form)
    view.answer = kept.answer
    if "returned" in request.GET and case.assessment.current_submission is not None:
        show_as_returned(case, [view])
    if kept.conflict:
        show_conflict(view, kept.conflict, kept.problem)
    elif kept.problem:
        view.problem = kept.problem
    counts = section_counts(case, asked.section, kept)
    context = {"case": case, "view": view, "answered": counts[0], "total": counts[1], "kept": kept, "live": True}
    context["of_section"] = "returned" not in request.GET  # that page counts changes, not answers
    return render(request, "assessments/answering/saved.html", context)


def section_counts(case: Case, key: str, kept: Kept) -> tuple[int, int]:
    """Answered and asked in the section, from the save itself or from the assessment's stored counts."""
    if kept.saved and key in kept.saved.progress.sections:
        counts = kept.saved.progress.sections[key]
        return counts.answered, counts.applicable
    stored = case.assessment.progress.get("sections", {}).get(key, {})
    return stored.get("answered", 0), stored.get("applicable", 0)


def whole_row(request: HttpRequest, case: Case, asked: Question) -> HttpResponse:
    """The question with the stored answer in its controls, in the place of what was typed."""
    access.require(case.user, Action.ANSWER, case.assessment)
    place = request.GET.get("returned", "")
    _section, questions = find_section(case, asked.section)
    number = int(place) if place.isdecimal() else questions.index(asked) + 1 if asked in questions else 0
    stored = stored_answers(case, [asked]).get(asked.key)
    view = view_question(case, number, make_form(case, asked, stored))
    if place and case.assessment.current_submission is not None:
        show_as_returned(case, [view])
    response = render(request, "assessments/answering/question.html", {"view": view, "case": case, "live": True})
    response["HX-Retarget"] = f"#{view.id}"
    response["HX-Reswap"] = "outerHTML"
    return response


# --- what came back ------------------------------------------------------------------------------------------------------------


@dataclass
class ReturnedFact:
    """A fact that the reviewer wants looked at again."""

    label: str
    question: str
    group: str
    before: str
    now: str
    mark: Any
    dealt_with: bool


@login_required
@never_cache
def returned(request: HttpRequest, reference: str) -> HttpResponse:
    """Only what the reviewer sent back: the words, what would satisfy, the answer then and now."""
    case = find_case(request, reference)
    assessment = case.assessment
    if assessment.state != State.RETURNED:
        messages.info(request, _("Nothing is waiting for changes here."))
        return redirect("assessment", reference)
    submission = assessment.current_submission
    assert submission is not None
    content = submission.content()
    marks = {mark.target: mark for mark in submission.marks.filter(mark="change_needed").select_related("by")}
    decision = submission.decisions.filter(kind="return").select_related("by").order_by("-pk").first()
    answered = set(assessment.answers.values_list("question__key", flat=True))
    questions = [q for q in case.questions if f"q:{q.key}" in marks or q.key not in answered]
    data = request.POST if request.method == "POST" else None
    if data is not None:
        access.require(case.user, Action.ANSWER, assessment)
    views = views_of(case, questions, data)
    errors: list[tuple[str, str]] = []
    if data is not None:
        changed = save_views(case, views, request.POST.get("resolve", ""))
        errors = [error for view in views for error in view.error_list]
        if not errors:
            words = ngettext("%(n)s answer was changed and saved.", "%(n)s answers were changed and saved.", changed)
            messages.success(request, words % {"n": changed})
            return redirect("returned", reference)
    show_as_returned(case, views, content, marks)
    facts = returned_facts(case, content, marks) if case.sees_all else []
    dealt = sum(view.dealt_with for view in views) + sum(fact.dealt_with for fact in facts)
    context = {
        "case": case,
        "assessment": assessment,
        "use": assessment.use,
        "questions": views,
        "facts": facts,
        "decision": decision,
        "dealt": dealt,
        "total": len(views) + len(facts),
        "locked": len(case.questions) - len(views),
        "errors": errors,
        "round": submission.round,
        "ready": not any(view.answer is None for view in views),
    }
    return render(request, "assessments/answering/returned.html", context)


def show_as_returned(
    case: Case, views: Iterable[QuestionView], content: Mapping[str, Any] | None = None, marks: Any = None
) -> None:
    """Put the reviewer's words and the answer that was sent beside each question."""
    submission = case.assessment.current_submission
    assert submission is not None
    if content is None:
        content = submission.content()
        marks = {m.target: m for m in submission.marks.filter(mark="change_needed").select_related("by")}
    for view in views:
        view.before = content["answers"].get(view.key)
        view.mark = marks.get(f"q:{view.key}")
        view.sent_back, view.url = True, f"{view.url}?returned={view.number}"


def returned_facts(case: Case, content: Mapping[str, Any], marks: Mapping[str, Any]) -> list[ReturnedFact]:
    then = {fact["key"]: fact for fact in content["facts"]}
    now = {row.key: row for row in case.assessment.use.fact_rows()}
    found = []
    for target, mark in marks.items():
        key = target.removeprefix("f:")
        if key == target or key not in case.edition.facts:
            continue
        fact, before, row = case.edition.facts[key], then.get(key), now.get(key)
        found.append(
            ReturnedFact(
                label=fact.label,
                question=fact.question,
                group=fact.group,
                before=fact_words(fact, before["value"]) if before else "",
                now=fact_words(fact, row.value) if row else "",
                mark=mark,
                dealt_with=bool(row and (not before or (row.value, row.reason) != (before["value"], before["reason"]))),
            )
        )
    return found


def fact_words(fact: Any, value: Any) -> str:
    """A fact's value as the page that asks for it words it."""
    if isinstance(value, list):
        return ", ".join(fact_words(fact, part) for part in value)
    if value is True:
        return _("Yes")
    if value is False:
        return _("No")
    if value == "unknown":
        return _("Do not know")
    return fact.options.get(str(value), str(value))
