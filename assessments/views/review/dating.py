"""The dates of conditions on the page of an approval: suggested, one for all, and the answer beside each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest

from assessments.core.errors import InvalidAnswer
from assessments.domain.certificates import conditions as rules
from assessments.forms.base import refusals
from assessments.forms.review import ApproveForm
from assessments.views.review.case import ReviewCase
from assessments.views.site.requests import posted

ALL, SUGGESTED = "all", "suggested"
Conditions = Sequence[tuple[str, str, int]]


def filled(request: HttpRequest, case: ReviewCase, conditions: Conditions) -> ApproveForm:
    """Return the form with the dates that a button asked for; nothing is saved, and what was typed stays.

    An error is that of the one date alone: nobody is told to sign a statement for filling in dates.
    """
    form = ApproveForm(posted(request), conditions=conditions)
    longest = {question: days for question, _title, days in conditions}
    days: dict[str, date] = {}
    if request.POST["preview"] == SUGGESTED:
        days = {question: one.day for question, one in rules.suggested(case.content, longest).items()}
    elif longest:
        form.is_valid()
        for name in set(form.errors) - {"one_date"}:
            del form.errors[name]
        day = form.cleaned_data.get("one_date")
        with refusals(form):
            if day is None and not form.errors:
                raise InvalidAnswer("one_date", ApproveForm.no_date())
            days = rules.one_for_all(day, longest) if day else {}
        if form.errors:
            return form
    return ApproveForm(initial=form.filled(days), conditions=conditions)


def lines(case: ReviewCase, form: ApproveForm, conditions: Conditions) -> list[dict[str, Any]]:
    """Return each requirement that may get a date: its field, the answer as submitted, the way to it, and a suggested date."""
    offered = rules.suggested(case.content, {question: days for question, _title, days in conditions})
    return [
        {
            "field": form[f"due-{question}"],
            "title": title,
            "url": case.pages.url_of(f"q:{question}"),
            "answer": case.rows[f"q:{question}"].now,
            "suggested": offered[question],
        }
        for question, title, _days in conditions
    ]
