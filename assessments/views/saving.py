"""Saving what a page of questions posted: the good answers stay saved whatever is wrong with others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

from assessments import declaring
from assessments.errors import Conflict, InvalidAnswer, Locked
from assessments.forms.answering import AnswerForm, posted_question
from assessments.guideline.edition import Question
from assessments.models import Answer, User
from assessments.views.case import Case
from assessments.views.question import QuestionView, make_form, renew, same_answer, show_conflict


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
