"""What is said of a remediation action: to its owner, to the owners of the organisation, and to those who check it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.models import RemediationAction, User
from assessments.notifications.kinds import MessageKind
from assessments.notifications.texts.table import Text, text_of


def _said(action: RemediationAction, name: User | None = None) -> dict[str, Any]:
    return {"n": action.number, "title": action.title, "use": action.use.title, "name": name}


@text_of(MessageKind.ACTION_ASSIGNED)
def action_assigned(*, action: RemediationAction, name: User) -> Text:
    said = _said(action, name)
    text = _("%(name)s made you the owner of action %(n)s of “%(use)s”.") % said
    return Text(_("Action assigned to you: %(title)s") % said, f"{text} {_days(action)}")


def _days(action: RemediationAction) -> str:
    """Say when an action is due: the first step and all of it, where these are two days."""
    last = date_format(action.last_due, "DATE_FORMAT")
    if action.full_due is None or action.full_due == action.due:
        return _("The action is due on %(day)s.") % {"day": last}
    if action.first_step_on:
        return _("The first step is done. All steps are due on %(day)s.") % {"day": last}
    first = date_format(action.due, "DATE_FORMAT")
    return _("The first step is due on %(first)s. All steps are due on %(day)s.") % {
        "first": first,
        "day": last,
    }


@text_of(MessageKind.ACTION_REPORTED)
def action_reported(*, action: RemediationAction, name: User, note: str = "", to_confirm: bool = False) -> Text:
    """`to_confirm`: an independent reviewer accepts it, and the other reviewer is asked to confirm that."""
    said = _said(action, name)
    if to_confirm:
        text = _(
            "%(name)s accepted the evidence for action %(n)s of “%(use)s”. Please judge the evidence yourself. "
            "Then confirm the action or send it back."
        )
        return Text(_("Action to confirm: %(title)s") % said, text % said)
    text = _("%(name)s reported action %(n)s of “%(use)s” as done:") % said
    return Text(_("Action to check: %(title)s") % said, f"{text}\n\n{note}")


@text_of(MessageKind.ACTION_DECLINED)
def action_declined(*, action: RemediationAction, words: str) -> Text:
    return Text(_("Action sent back: %(title)s") % _said(action), words)


@text_of(MessageKind.ACTION_CLOSED)
def action_closed(*, action: RemediationAction, name: User, condition_late: bool) -> Text:
    said = _said(action, name)
    text = _("%(name)s accepted action %(n)s of “%(use)s”. The action is now closed.") % said
    if condition_late:
        text += " " + _(
            "The condition of the certificate was met late. The certificate stays suspended until a "
            "reviewer reinstates it."
        )
    return Text(_("Action closed: %(title)s") % said, text)


@text_of(MessageKind.ACTION_NOT_RELEVANT)
def action_not_relevant(*, action: RemediationAction, name: User, reason: str) -> Text:
    said = _said(action, name)
    text = _("%(name)s marked action %(n)s of “%(use)s” as not relevant:") % said
    return Text(_("Action marked as not relevant: %(title)s") % said, f"{text}\n\n{reason}")


@text_of(MessageKind.ACTION_RELEVANT)
def action_relevant(*, action: RemediationAction, words: str) -> Text:
    return Text(_("Action reopened: %(title)s") % _said(action), words)


@text_of(MessageKind.RISK_ACCEPTED)
def risk_accepted(*, action: RemediationAction, name: User, until: date) -> Text:
    said = {**_said(action, name), "day": date_format(until, "DATE_FORMAT")}
    text = _("%(name)s accepted the risk of not doing action %(n)s of “%(use)s”. The risk is accepted until %(day)s.")
    return Text(_("Risk accepted: %(title)s") % said, text % said)


@text_of(MessageKind.RISK_RETURNED)
def risk_returned(*, action: RemediationAction) -> Text:
    said = _said(action)
    text = _("The risk of not doing action %(n)s of “%(use)s” is no longer accepted, so the action is open again.")
    return Text(_("Action reopened: %(title)s") % said, text % said)
