"""How many conditions a certificate may carry, and the dates that an approval is offered for them."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.core.errors import InvalidAnswer
from assessments.domain.certificates import blockers, issuing
from assessments.domain.remediation import conditions as remediation_conditions
from assessments.models import Condition, ReviewDecision, Submission, edition_for


def most_conditions() -> int:
    """Return how many conditions an approval may set today. Our judgement: fixtures/issuing."""
    return issuing.rules_on(timezone.localdate()).most_conditions


def require_few_enough(conditions: Sized) -> None:
    """Raise InvalidAnswer where an approval sets more conditions than the reviewing body allows."""
    most = most_conditions()
    if len(conditions) > most:
        words = _(
            "%(n)s practices have a due date. At most %(most)s can become conditions. This limit is our judgement."
        )
        more = _(
            "Remove some of the due dates. A practice without a due date must be in place before the certificate is issued."
        )
        raise InvalidAnswer("conditions", f"{words % {'n': len(conditions), 'most': most}} {more}")


def too_many_to_promise(practices: int) -> str:
    """Say that a signer would have to promise more practices than the reviewing body allows; empty where it is few enough."""
    most = most_conditions()
    if practices <= most:
        return ""
    words = _("%(practices)s. You can set a due date for at most %(most)s practices. This limit is our judgement.")
    return words % {"practices": short_practices(practices), "most": most}


def short_practices(practices: int) -> str:
    """Count the practices with mandatory requirements that are not fully in place, without a full stop.

    One practice may have several requirements.
    """
    words = ngettext(
        "One practice with mandatory requirements is not fully in place",
        "%(n)s practices with mandatory requirements are not fully in place",
        practices,
    )
    return words % {"n": practices}


@dataclass(frozen=True, slots=True)
class SuggestedDate:
    """A date for one condition. `why`: where it comes from, as words."""

    day: date
    why: str


def suggested(content: Mapping[str, Any], longest: Mapping[str, int]) -> dict[str, SuggestedDate]:
    """Suggest a date for each question: the organisation's own, else the day by which its action is all done in the plan.

    `longest`: how many days each may take at most, by question. Our judgement: a date that is later than the last day
    allowed becomes that day, and so does none at all. Nothing is set by it.
    """
    today = timezone.localdate()
    all_done: dict[str, date] = {}
    for action in content.get("actions", ()):  # of a split action the part that is done last
        day = day_of_all(action)
        if day is not None:
            all_done[action["question"]] = max(day, all_done.get(action["question"], day))
    found = {}
    for question, days in longest.items():
        last = today + timedelta(days=days)
        planned = (content["answers"].get(question) or {}).get("planned_for")
        choices = [
            (date.fromisoformat(planned) if planned else None, _("planned by the organisation")),
            (all_done.get(question), _("the end date in the plan")),
        ]
        in_plan = all_done.get(question)
        latest = _("the latest day allowed")
        if in_plan and in_plan > last:
            words = _("the latest day allowed, because the end date in the plan is too late (%(day)s)")
            latest = words % {"day": date_format(in_plan, "DATE_FORMAT")}
        day, why = next(((day, why) for day, why in choices if day and today < day <= last), (last, latest))
        found[question] = SuggestedDate(day, why)
    return found


def day_of_all(action: Mapping[str, Any]) -> date | None:
    """Return the day by which all of a signed action is done; None where it has no date.

    Where the snapshot names none, it is as many days after the first step as was proposed.
    """
    if not action.get("due"):
        return None
    due = date.fromisoformat(action["due"])
    if "full_due" in action:
        return date.fromisoformat(action["full_due"]) if action["full_due"] else due
    full = action.get("full_days")
    return due if full is None else due + timedelta(days=max(0, full - action["due_days"]))


def one_for_all(day: date, longest: Mapping[str, int]) -> dict[str, date]:
    """Give every question the same date; one that may not take so long gets its own latest day.

    Raises InvalidAnswer for a day that has passed, and for one that is too late for all of them.
    """
    today = timezone.localdate()
    last = {question: today + timedelta(days=days) for question, days in longest.items()}
    if day <= today:
        raise InvalidAnswer("one_date", _("Choose a date after today."))
    if last and day > max(last.values()):
        raise InvalidAnswer("one_date", _("Choose an earlier date. No requirement can have a due date this late."))
    return {question: min(day, latest) for question, latest in last.items()}


def set_conditions(submission: Submission, decision: ReviewDecision, conditions: Mapping[str, date]) -> None:
    require_few_enough(conditions)
    edition = edition_for(submission.edition_checksum)
    allowed = {blocker.question: blocker for blocker in blockers.blockers(submission) if blocker.conditionable}
    today = timezone.localdate()
    for question, due in conditions.items():
        blocker = allowed.get(question)
        if blocker is None:
            raise InvalidAnswer(f"due-{question}", _("This requirement cannot become a condition."))
        if not today < due <= today + timedelta(days=blocker.longest_days):
            raise InvalidAnswer(
                f"due-{question}",
                _("Choose a date from tomorrow to %(days)s days from today.") % {"days": blocker.longest_days},
            )
        Condition.objects.create(
            decision=decision,
            question=question,
            requirements=list(blocker.requirements),
            words=edition.questions[question].title,
            due_on=due,
        )
        # One date everywhere: the plan, the dashboard and the certificate name the condition's.
        remediation_conditions.bind_to_condition(submission.assessment.use_id, question, due, by=decision.by)
