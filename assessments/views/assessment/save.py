"""Saving what a page of questions posted: the good answers stay saved whatever is wrong with others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from assessments.accounts import expired_forms
from assessments.core.errors import Conflict, InvalidAnswer, Locked, WouldHide
from assessments.domain.answering import answers
from assessments.forms.answering import TEXT_MAX, AnswerForm, posted_question
from assessments.guideline.edition import Question
from assessments.guideline.terms import Choice
from assessments.models import Answer, User
from assessments.models.snapshots import same_answer
from assessments.views.assessment.member_case import MemberCase
from assessments.views.assessment.question import QuestionView
from assessments.views.assessment.questions_on_page import make_form, renew, show_conflict
from assessments.views.site.expired_forms import said_of_typed
from assessments.views.wording import choice_word, whole_word


@dataclass
class SavedAnswer:
    """What became of one posted answer."""

    answer: Answer | None
    changed: bool = False
    problem: str = ""
    conflict: Answer | None = None
    saved: answers.AnswerSaved | None = None
    notice: str = ""
    hides: list[str] = field(default_factory=list)  # titles of the questions whose answers it would hide


def is_of_another(request: HttpRequest) -> bool:
    """Tell whether the page that was posted had been made for somebody else than whoever is signed in now."""
    user: Any = request.user
    return expired_forms.names_another(request.POST.get("whose", ""), user)


def said_of_another() -> str:
    return _(
        "Not saved: somebody else was signed in when this page was opened. What you typed is still on "
        "this page. Copy your text, then open the page again."
    )


def keep_answer(case: MemberCase, form: AnswerForm, resolve: str = "") -> SavedAnswer:
    """Save a posted answer if it differs from what its page showed; errors go to the form.

    `resolve`: where the person has seen both versions, "mine" for the one typed here and "both" for the two in one;
    "hide" where they have read which answers it hides.
    """
    if not form.is_valid() or form.is_blank:
        return SavedAnswer(form.stored)
    base, stored = form.cleaned_data["base"], form.stored
    if stored is not None and not resolve and is_untouched(stored, base, form):
        return SavedAnswer(stored)
    value, notice = None, ""
    if resolve:
        base = form.cleaned_data.get("seen") or base  # the version that was shown, lest a third one be overwritten
    if resolve == "both" and stored is not None:
        value, notice = put_together(form.question, stored, form.value())
        if len(value["text"]) > TEXT_MAX:
            too_long = _(
                "Together, the two notes have more than %(n)s characters. Shorten your note, then combine the notes."
            )
            return SavedAnswer(stored, problem=too_long % {"n": TEXT_MAX}, conflict=stored)
    may_hide = resolve == "hide"
    try:
        try:
            saved = save_form(case, form, base, value, may_hide=may_hide)
        except Conflict as error:
            # One's own page may have saved an earlier half of this while the request was on its way.
            if resolve or not is_own_longer_text(error.current, form, case.user):
                raise
            saved = save_form(case, form, error.current.revision, may_hide=may_hide)
    except InvalidAnswer as error:
        form.add_error(error.field if error.field in form.fields else "choice", str(error))
        return SavedAnswer(stored)
    except Conflict as error:
        return SavedAnswer(error.current, problem=str(error), conflict=error.current)
    except WouldHide as error:
        return SavedAnswer(stored, problem=str(error), hides=[answer.title for answer in error.answers])
    except Locked as error:
        return SavedAnswer(stored, problem=str(error))
    return SavedAnswer(saved.answer, changed=saved.changed, saved=saved, notice=notice)


def put_together(question: Question, theirs: Answer, mine: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Join two versions of an answer: their note, an empty line, mine; every line that either of them ticks.

    Of two different choices theirs stands, with its date or reason, and the sentence says so; it is empty where nothing
    had to be chosen between.
    """
    notes = list(dict.fromkeys(text for text in (theirs.text, mine["text"]) if text.strip()))
    value = {
        "choice": str(theirs.choice),
        "items": theirs.items,
        "text": "\n\n".join(notes),
        "planned_for": theirs.planned_for,
        "reason": theirs.reason,
        "figure": {**mine["figure"], **theirs.figure},
    }
    if question.is_checklist and mine["items"]:
        ticks = {key: True for key, given in mine["items"].items() if given is True}
        value |= {"choice": str(Choice.TICKED), "items": {**mine["items"], **theirs.items, **ticks}, "reason": ""}
        if theirs.choice == Choice.TICKED:
            return value, ""
        words = _(
            "While you ticked items of the checklist, %(who)s chose “%(theirs)s”. Your ticks are kept. Change the "
            "answer if it is wrong."
        )
        return value, words % {"who": theirs.by, "theirs": choice_word(theirs.choice)}
    if theirs.choice == mine["choice"] and (theirs.planned_for, theirs.reason) == (mine["planned_for"], mine["reason"]):
        return value, ""
    words = _(
        "%(who)s chose “%(theirs)s”, and you chose “%(mine)s”. The answer “%(theirs)s” is kept. Change "
        "the answer if it is wrong."
    )
    return value, words % {
        "who": theirs.by,
        "theirs": whole_word(theirs.record()),
        "mine": whole_word({**mine, "planned_for": mine["planned_for"] and mine["planned_for"].isoformat()}),
    }


def save_form(
    case: MemberCase, form: AnswerForm, base: int, value: Mapping[str, Any] | None = None, *, may_hide: bool = False
) -> answers.AnswerSaved:
    return answers.save_answer(
        case.assessment,
        form.question.key,
        value or form.value(),
        by=case.user,
        base=base,
        operation=form.operation_of(base),
        may_hide=may_hide,
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
    same = same_answer({**stored.record(), "text": ""}, {**record, "text": ""})
    return stored.by_id == user.pk and same and record["text"].startswith(stored.text)


def save_views(case: MemberCase, views: Sequence[QuestionView], resolve: str) -> int:
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
        view.answer, view.notice = kept.answer, kept.notice
        changed += kept.changed
        if kept.conflict:
            show_conflict(view, kept.conflict, kept.problem)
        elif kept.problem:
            view.problem, view.hides = kept.problem, kept.hides
        elif kept.answer and not view.form.errors:
            view.form.stored = kept.answer
            view.form = make_form(case, view.question, kept.answer)
        renew(case, view)
    return changed


def mark_typed(case: MemberCase, views: Sequence[QuestionView]) -> None:
    """Say under each answer that was typed before a session ended that it is not saved; show the others as they stand."""
    for view in views:
        if not view.form.was_posted:
            continue
        stored = view.form.stored
        good = view.form.is_valid()
        if good and (
            view.form.is_blank or (stored and is_untouched(stored, view.form.cleaned_data["base"], view.form))
        ):
            view.form = make_form(case, view.question, stored)
        else:
            view.problem = said_of_typed()
        renew(case, view)


def lost_words(data: QueryDict, case: MemberCase, questions: Sequence[Question]) -> list[tuple[str, str]]:
    """Return what was typed for questions that are not asked any more, so that it can be copied."""
    here = {question.key for question in questions}
    found = []
    for name, values in data.lists():
        key = posted_question(name)
        if key in here or not name.endswith(("--text", "--reason")) or key not in case.edition.questions:
            continue
        for value in values:
            if value.strip():
                said = _("“%(title)s” no longer applies. You wrote: %(text)s")
                found.append(("", said % {"title": case.edition.questions[key].title, "text": value.strip()}))
    return found
