"""The versions of an answer and of an assessment: who, when, what it was and what it became, and taking one back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core import query_values
from assessments.core.errors import NotPermitted
from assessments.core.text_diff import Budget, Comparison
from assessments.core.text_diff import compare as compare_texts
from assessments.domain.answering import answers as answering_answers
from assessments.forms.search import CompareForm
from assessments.guideline.edition import Edition, Question, Section
from assessments.guideline.wording import fact_answer
from assessments.models import Answer, RevisionOutcome, State
from assessments.models.snapshots import same_answer
from assessments.views.assessment.member_case import MemberCase, find_case, find_question
from assessments.views.assessment.questions_on_page import stored_answers
from assessments.views.site.requests import refusals_as_messages
from assessments.views.wording import as_moment, said_lines, whole_word

SITTING = timedelta(minutes=10)
"""Saves of one person that follow each other within this time are one sitting: a text is saved as it is typed."""

VERSIONS_A_PAGE = 20


@dataclass
class Difference:
    """One answer before and after: the choice, the lines of a checklist, the reason and the words."""

    choice: tuple[str, str]  # before, after; before is empty where there was no answer
    lines: list[tuple[str, str]]  # how: same, gone or new; the line
    reason: Comparison
    text: Comparison

    @property
    def chose_otherwise(self) -> bool:
        return self.choice[0] != self.choice[1]

    @property
    def is_whole(self) -> bool:
        """Whether a text is shown whole, since it differs too much from the other."""
        return self.reason.whole or self.text.whole


def difference(
    question: Question, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, budget: Budget
) -> Difference:
    """Compare two versions of an answer. None means that there was no answer before, or is none after."""
    then = said_lines(question, before["items"]) if before else []
    now = said_lines(question, after["items"]) if after else []
    lines = [("gone" if line not in now else "same", line) for line in then]
    lines += [("new", line) for line in now if line not in then]
    return Difference(
        choice=(_choice(before), _choice(after)),
        lines=lines,
        reason=compare_texts(before["reason"] if before else "", after["reason"] if after else "", budget),
        text=compare_texts(before["text"] if before else "", after["text"] if after else "", budget),
    )


def _choice(record: Mapping[str, Any] | None) -> str:
    return whole_word(record, with_reason=False) if record else ""  # what differs in the reason is marked in its text


# --- one answer --------------------------------------------------------------------------------------------------------------


@dataclass
class VersionRow:
    """One version of an answer beside the one that stood before it."""

    number: int
    before: int | None
    who: str
    at: datetime
    outcome: str
    stands: bool
    steps: int  # how many saves of one sitting it sums up
    difference: Difference


@dataclass(frozen=True, slots=True)
class Save:
    """A kept version without its words."""

    number: int
    by: int
    at: datetime
    outcome: str
    choice: str


def sittings(saves: Sequence[Save]) -> list[tuple[Save, int | None, int]]:
    """Sum up saves, oldest first, as (last save of a sitting, version that stood before it, saves in it).

    Where the choice changed, where a version was stored beside a newer one or restored, another sum begins: so all that
    somebody may look for stands in the list.
    """
    found: list[tuple[Save, int | None, int]] = []
    stood: int | None = None
    for save in saves:
        last = found[-1] if found else None
        if (
            last
            and save.outcome == last[0].outcome == RevisionOutcome.CURRENT
            and (save.by, save.choice) == (last[0].by, last[0].choice)
            and save.at - last[0].at <= SITTING
        ):
            found[-1] = (save, last[1], last[2] + 1)
        else:
            found.append((save, stood, 1))
        if save.outcome != RevisionOutcome.CONFLICT:
            stood = save.number
    return found


def every_step(saves: Sequence[Save]) -> list[tuple[Save, int | None, int]]:
    """Return each save for itself, oldest first, with the version that stood before it."""
    found: list[tuple[Save, int | None, int]] = []
    stood: int | None = None
    for save in saves:
        found.append((save, stood, 1))
        if save.outcome != RevisionOutcome.CONFLICT:
            stood = save.number
    return found


def find_any_question(case: MemberCase, key: str) -> tuple[Question, bool]:
    """Find a question that this member may see, and whether it is asked now: answers outlive their questions."""
    question = case.edition.questions.get(key)
    if question is None:
        raise Http404
    if case.sees_all:
        return question, question in case.questions
    return find_question(case, key), True


@require_http_methods(["GET", "HEAD", "POST"])
def history(request: HttpRequest, reference: str, question: str) -> HttpResponse:
    """Show every kept version of one answer; posting the number of one makes it the current one again."""
    case = find_case(request, reference)
    found, is_asked = find_any_question(case, question)
    if request.method == "POST":
        roles.require(case.user, Action.ANSWER, case.assessment)
        return restore(request, case, found)
    answer = case.assessment.answers.filter(question__key=found.key).first()
    fields = ("number", "by", "at", "outcome", "value__choice")
    saves = [Save(*row) for row in answer.revisions.order_by("number").values_list(*fields)] if answer else []
    folded = sittings(saves)
    in_steps = "steps" in request.GET
    rows = every_step(saves) if in_steps else folded
    page = Paginator(rows[::-1], VERSIONS_A_PAGE).get_page(request.GET.get("page"))
    may_restore = case.may_answer and is_asked and answer is not None
    if may_restore:
        unlocked = case.unlocked([found.key])
        may_restore = unlocked is None or found.key in unlocked
    context = {
        "case": case,
        "assessment": case.assessment,
        "use": case.assessment.use,
        "question": found,
        "section": case.edition.section_of[found.section],
        "is_asked": is_asked,
        "answer": answer,
        "page": page,
        "versions": version_rows(found, answer, page.object_list) if answer else [],
        "saves": len(saves),
        "in_steps": in_steps,
        "folded": len(folded) < len(saves),
        "may_restore": may_restore,
    }
    return render(request, "assessments/assessment/history.html", context)


def version_rows(question: Question, answer: Answer, rows: Iterable[tuple[Save, int | None, int]]) -> list[VersionRow]:
    """Fetch the words of these versions, and of those that stood before them: one query."""
    budget = Budget()
    rows = list(rows)
    numbers = {number for save, before, _steps in rows for number in (save.number, before) if number is not None}
    kept = {one.number: one for one in answer.revisions.filter(number__in=numbers).select_related("by")}
    return [
        VersionRow(
            number=save.number,
            before=before,
            who=str(kept[save.number].by),
            at=save.at,
            outcome=save.outcome,
            stands=save.number == answer.revision,
            steps=steps,
            difference=difference(question, kept[before].value if before else None, kept[save.number].value, budget),
        )
        for save, before, steps in rows
    ]


def restore(request: HttpRequest, case: MemberCase, question: Question) -> HttpResponse:
    """Make the posted version the current one, and say how to undo it."""
    number, base = (query_values.count(request.POST.get(name)) for name in ("number", "base"))
    here = reverse("history", args=[case.assessment.reference, question.key])
    if number is None or base is None:
        messages.error(request, _("Choose the version to restore."))
        return redirect(here)
    with refusals_as_messages(request):
        saved = answering_answers.restore_answer(case.assessment, question.key, number, by=case.user, base=base)
        if saved.changed:
            said = _(
                "Version %(number)s was restored and is now version %(new)s. To undo this, restore version %(former)s."
            )
            messages.success(request, said % {"number": number, "new": saved.answer.revision, "former": base})
        else:
            messages.info(request, _("The answer is already the same as version %(number)s.") % {"number": number})
    return redirect(here)


# --- two versions of an assessment -----------------------------------------------------------------------------------------

NOW = "now"


@dataclass
class Side:
    """One version of an assessment: its answers and facts as plain values."""

    key: str
    label: str
    answers: Mapping[str, Mapping[str, Any]]
    facts: Mapping[str, Any]


@dataclass
class ComparedAnswer:
    """One answer in two versions."""

    question: Question
    url: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    difference: Difference
    restorable: int  # the version that the earlier side shows, where it can be taken back; else 0
    base: int

    @property
    def changed(self) -> bool:
        if self.before is None or self.after is None:
            return self.before is not self.after
        return not same_answer(self.before, self.after)

    @property
    def before_at(self) -> str:
        return who_and_when(self.before)

    @property
    def after_at(self) -> str:
        return who_and_when(self.after)


def who_and_when(record: Mapping[str, Any] | None) -> str:
    if record is None:
        return ""
    at = as_moment(record["at"])
    return f"{record['by']}, {date_format(localtime(at), 'DATETIME_FORMAT')}" if at else str(record["by"])


@dataclass
class ComparedFact:
    label: str
    before: str
    after: str


def draft_side(case: MemberCase) -> Side:
    """Return the assessment as it stands; hidden answers are left out, as a submission leaves them out."""
    rows = stored_answers(case, case.questions)
    answers = {
        key: {**row.record(), "revision": row.revision, "by": str(row.by), "at": row.at} for key, row in rows.items()
    }
    facts = {row.key: row.value for row in case.assessment.use.fact_rows()}
    return Side(NOW, _("Now"), answers, facts)


def sent_side(submission: Any) -> Side:
    content = submission.content()
    facts = {fact["key"]: fact["value"] for fact in content["facts"]}
    return Side(str(submission.round), label_of(submission), content["answers"], facts)


def label_of(submission: Any) -> str:
    day = date_format(localtime(submission.at), "DATE_FORMAT")
    return _("Round %(round)s, %(day)s") % {"round": submission.round, "day": day}


@require_safe
def compare(request: HttpRequest, reference: str) -> HttpResponse:
    """Two versions of an assessment beside each other: submissions, or what stands now against one."""
    case = find_case(request, reference)
    if not case.sees_all:
        raise NotPermitted(
            _(
                "You can see only the sections assigned to you. Only members who can see all sections can compare "
                "versions."
            )
        )
    assessment = case.assessment
    sent = list(finders.own_submissions_for(case.user).filter(assessment=assessment).order_by("-round"))
    versions = [(str(one.round), label_of(one)) for one in sent]
    if assessment.state in (State.DRAFT, State.RETURNED) or not sent:
        versions.insert(0, (NOW, _("Now")))
    context: dict[str, Any] = {
        "case": case,
        "assessment": assessment,
        "use": assessment.use,
        "versions": versions,
        "form": None,
    }
    if len(versions) > 1:
        data = {
            "a": request.GET.get("a", versions[1][0]),
            "b": request.GET.get("b", versions[0][0]),
            "show": request.GET.get("show", "changed"),
        }
        form = CompareForm(data, versions=versions)
        context["form"] = form
        if form.is_valid():
            context |= compared(case, form)
    return render(request, "assessments/assessment/compare.html", context)


def compared(case: MemberCase, form: CompareForm) -> dict[str, Any]:
    """Return what the page shows of two chosen versions. At most three queries, whatever their size."""
    chosen = [form.cleaned_data["a"], form.cleaned_data["b"]]
    rounds = [key for key in chosen if key != NOW]
    sent = finders.own_submissions_for(case.user).filter(assessment=case.assessment, round__in=rounds)
    sides = {str(one.round): sent_side(one) for one in sent.defer(None)}
    now = draft_side(case) if NOW in chosen or case.may_answer else None
    if now:
        sides[NOW] = now
    a, b = (sides[key] for key in chosen)
    everything = form.cleaned_data["show"] == "all"
    rows = compared_answers(case, a, b, now)
    facts = compared_facts(case.edition, a, b)
    return {
        "a": a,
        "b": b,
        "everything": everything,
        "sections": [
            (section, shown)
            for section, of_section in rows
            if (shown := [row for row in of_section if everything or row.changed])
        ],
        "facts": [fact for fact in facts if fact.before != fact.after],
        "changed": sum(row.changed for _section, of_section in rows for row in of_section),
        "total": sum(len(of_section) for _section, of_section in rows),
    }


def compared_answers(
    case: MemberCase, a: Side, b: Side, now: Side | None
) -> list[tuple[Section, list[ComparedAnswer]]]:
    """Return the questions that either version answers, by section; what can be taken back is marked so."""
    unlocked = case.unlocked(now.answers) if now and case.may_answer else set()
    asked = {question.key for question in case.questions}
    budget = Budget()
    found = []
    for section in case.edition.sections:
        rows = []
        for question in section.questions:
            before, after = a.answers.get(question.key), b.answers.get(question.key)
            if before is None and after is None:
                continue
            stands = now.answers.get(question.key) if now else None
            may_restore = (
                case.may_answer
                and a.key != NOW
                and before is not None
                and stands is not None
                and question.key in asked
                and (unlocked is None or question.key in unlocked)
                and not same_answer(before, stands)
            )
            rows.append(
                ComparedAnswer(
                    question=question,
                    url=reverse("history", args=[case.assessment.reference, question.key]),
                    before=before,
                    after=after,
                    difference=difference(question, before, after, budget),
                    restorable=before["revision"] if may_restore and before else 0,
                    base=stands["revision"] if stands else 0,
                )
            )
        if rows:
            found.append((section, rows))
    return found


def compared_facts(edition: Edition, a: Side, b: Side) -> list[ComparedFact]:
    return [
        ComparedFact(
            label=fact.label,
            before=fact_answer(fact, a.facts[key]) if key in a.facts else "",
            after=fact_answer(fact, b.facts[key]) if key in b.facts else "",
        )
        for key, fact in edition.facts.items()
        if key in a.facts or key in b.facts
    ]
