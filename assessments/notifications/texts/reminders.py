"""What people are reminded of before a date and after it. `today` is the day of the reminder."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.models import RemediationAction
from assessments.notifications.kinds import MessageKind
from assessments.notifications.texts.table import Text, text_of


def in_days(due: date, today: date) -> str:
    """Say how far off a day is: *today*, *in 3 days (28 November 2026)*."""
    left = (due - today).days
    if left <= 0:
        return _("today")
    words = ngettext("in %(n)s day (%(day)s)", "in %(n)s days (%(day)s)", left)
    return words % {"n": left, "day": date_format(due, "DATE_FORMAT")}


@text_of(MessageKind.CONDITION_DUE)
def condition_due(*, words: str, use: str, due: date, today: date) -> Text:
    """`words`: the condition."""
    text = _(
        "“%(use)s” was approved on this condition. If the condition is not met in time, the certificate will be "
        "suspended."
    )
    subject = _("Condition due %(when)s: %(words)s") % {"when": in_days(due, today), "words": words}
    return Text(subject, text % {"use": use})


@text_of(MessageKind.ACTION_DUE)
def action_due(*, action: RemediationAction, today: date) -> Text:
    subject = _("Due %(when)s: %(title)s") % {"when": in_days(action.next_due, today), "title": action.title}
    return Text(subject, _due(action))


@text_of(MessageKind.ACTION_LATE)
def action_late(*, action: RemediationAction) -> Text:
    return Text(_("Late: %(title)s") % {"title": action.title}, _due(action))


def _due(action: RemediationAction) -> str:
    text = _("The due date of action %(n)s of “%(use)s” (%(system)s) is %(day)s.") % {
        "n": action.number,
        "use": action.use.title,
        "system": action.use.system.name,
        "day": date_format(action.next_due, "DATE_FORMAT"),
    }
    if action.next_due == action.last_due:
        return text
    last = date_format(action.last_due, "DATE_FORMAT")
    return text + " " + _("The first step is due on this date. All steps are due on %(day)s.") % {"day": last}


@text_of(MessageKind.RISK_ENDING)
def risk_ending(*, action: RemediationAction, until: date, today: date) -> Text:
    said = {"when": in_days(until, today), "title": action.title}
    return Text(_("Acceptance of a risk ends %(when)s: %(title)s") % said, _accepted(action, until))


@text_of(MessageKind.RISK_REVIEW)
def risk_review(*, action: RemediationAction, until: date) -> Text:
    return Text(_("Review an accepted risk: %(title)s") % {"title": action.title}, _accepted(action, until))


def _accepted(action: RemediationAction, until: date) -> str:
    said = {"n": action.number, "use": action.use.title, "day": date_format(until, "DATE_FORMAT")}
    words = _(
        "The risk of not doing action %(n)s of “%(use)s” is accepted until %(day)s. After that, the action reopens."
    )
    return words % said


@text_of(MessageKind.EVIDENCE_EXPIRING)
def evidence_expiring(*, title: str, due: date, today: date) -> Text:
    text = _(
        "Before the evidence expires, replace it or change its expiry date. Otherwise, the answers that use "
        "this evidence will show a warning."
    )
    return Text(_("Evidence expires %(when)s: %(title)s") % {"when": in_days(due, today), "title": title}, text)


@text_of(MessageKind.MONITORING_ENDING)
def monitoring_ending(*, use: str, number: str, due: date, today: date) -> Text:
    """`number`: of the certificate."""
    text = _(
        "Add the newest monitoring record before the evidence expires, or on that day at the latest. Otherwise, "
        "certificate %(number)s will be suspended on the next day."
    )
    subject = _("Monitoring evidence expires %(when)s: %(use)s") % {"when": in_days(due, today), "use": use}
    return Text(subject, text % {"number": number})
