"""The figure of an answer, and the days that it names: measured value, target, and by when the target is reached."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from assessments.core.errors import InvalidAnswer
from assessments.guideline.edition import Figure, Question
from assessments.guideline.terms import Choice

WITHOUT = (Choice.UNKNOWN, Choice.NOT_APPLICABLE)
"""Answers beside which a figure means nothing."""
LONGEST = 14  # characters of a number


def kept_figure(question: Question, value: Mapping[str, Any]) -> dict[str, str]:
    """Return the figure of an answer as it is stored, only what was given; raise InvalidAnswer naming the field.

    Numbers are stored as text.
    """
    given = {name: text for name, text in (value.get("figure") or {}).items() if text not in (None, "")}
    if not given or value["choice"] in WITHOUT:
        return {}
    if question.figure is None:
        raise InvalidAnswer("choice", _("Remove the figure. This question does not ask for a figure."))
    kept = {name: _number(name, given[name], question.figure.unit) for name in ("measured", "target") if name in given}
    if "by" in given:
        if "target" not in kept:
            raise InvalidAnswer("target", _("Enter the target as well. You entered only the date for reaching it."))
        kept["by"] = _day(given["by"]).isoformat()
    return kept


def _number(name: str, given: Any, unit: str) -> str:
    try:
        number = Decimal(str(given).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or len(str(number)) > LONGEST:
        raise InvalidAnswer(name, _("Enter a number, such as 4.5."))
    if number < 0 or (unit == "per cent" and number > 100):
        raise InvalidAnswer(
            name, _("Enter a number from 0 to 100.") if unit == "per cent" else _("Enter 0 or a larger number.")
        )
    return Figure.written(number)


def _day(given: Any) -> date:
    try:
        return given if isinstance(given, date) else date.fromisoformat(str(given))
    except ValueError:
        raise InvalidAnswer("by", _("Enter the date as year, month and day, such as 2027-03-31.")) from None


def check_days(record: Mapping[str, Any], before: Mapping[str, Any] | None, today: date) -> None:
    """Raise InvalidAnswer where a plan or a target names a day that is over.

    `before` is the answer that stands, None where it still has to be confirmed: a day that was in the future when it
    was saved does not keep anybody from changing the words beside it.
    """
    days = (("planned_for", record["planned_for"]), ("by", (record.get("figure") or {}).get("by")))
    former = before or {"planned_for": None}
    stood = {former["planned_for"], (former.get("figure") or {}).get("by")}
    for name, day in days:
        if day and day not in stood and date.fromisoformat(day) < today:
            raise InvalidAnswer(name, _("This date is in the past. Enter today or a later date."))
