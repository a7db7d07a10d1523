"""What is said of a submission: to those who may review it, and to the owners of the organisation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.models import Condition, Organisation
from assessments.models.agreed import AgreedAction
from assessments.models.going_on import after_refusal
from assessments.notifications.kinds import MessageKind
from assessments.notifications.texts.table import Text, text_of


@text_of(MessageKind.SUBMITTED)
def submitted(*, organisation: Organisation, use: str, round: int) -> Text:
    said = {"organisation": organisation, "use": use, "round": round}
    text = _("%(organisation)s has submitted “%(use)s” for review (round %(round)s).")
    return Text(_("To review: %(use)s") % said, text % said)


@text_of(MessageKind.SECOND_SEAT)
def second_seat(*, organisation: Organisation, use: str) -> Text:
    said = {"organisation": organisation, "use": use}
    text = _(
        "“%(use)s” of %(organisation)s is in the High tier. The submission needs a second approval by an independent "
        "reviewer."
    )
    return Text(_("Second review needed: %(use)s") % said, text % said)


@text_of(MessageKind.RETURNED)
def returned(
    *,
    use: str,
    words: str,
    changes: int = 0,
    askers: int = 0,
    answer_by: date | None = None,
    also: Iterable[str] = (),
    tier_changed: bool = False,
) -> Text:
    """`askers`: how many reviewers ask for changes; `also`: what else an approval needs.

    Where the tier was changed, the words say all of it.
    """
    if tier_changed:
        return Text(_("Tier changed: %(use)s") % {"use": use}, words)
    text = _changes(changes, askers)
    if answer_by:
        text += " " + _("Please answer by %(day)s.") % {"day": date_format(answer_by, "j F Y")}
    points = "".join(f"\n- {point}" for point in also)
    if points:
        text += "\n\n" + _("The following is also needed before an approval:") + points
    return Text(_("Changes needed: %(use)s") % {"use": use}, text + (f"\n\n{words}" if words else ""))


def _changes(n: int, askers: int) -> str:
    if askers < 2:
        words = ngettext("The reviewer has asked for one change.", "The reviewer has asked for %(n)s changes.", n)
    else:
        words = ngettext("Two reviewers have asked for one change.", "Two reviewers have asked for %(n)s changes.", n)
    return words % {"n": n}


@text_of(MessageKind.APPROVED)
def approved(
    *, use: str, missing: Iterable[str] | None, conditions: Iterable[Condition], agreed: Iterable[AgreedAction]
) -> Text:
    """`missing`: why there is no certificate yet; None where it was issued. `agreed`: actions that reviewers asked for."""
    to_do = [*(_condition(one) for one in conditions), *(_agreed(one) for one in agreed)]
    if missing is None:
        text = _("Your submission has been approved, and the certificate has been issued.")
        return Text(_("Submission approved: %(use)s") % {"use": use}, "\n\n".join([text, *to_do]))
    text = _("Your submission has been approved with a plan. No certificate has been issued yet.")
    subject = _("Approved with a plan, no certificate yet: %(use)s") % {"use": use}
    return Text(subject, "\n\n".join([text, *missing, *to_do]))


def _condition(condition: Condition) -> str:
    said = {"day": date_format(condition.due_on, "DATE_FORMAT"), "words": condition.words}
    return _("Condition due on %(day)s: %(words)s.") % said


def _agreed(action: AgreedAction) -> str:
    said = {"number": action.number, "day": date_format(action.due, "DATE_FORMAT"), "title": action.title}
    return _("Action %(number)s, which a reviewer asked for, is due on %(day)s: %(title)s.") % said


@text_of(MessageKind.REFUSED)
def refused(*, use: str, statement: str, prohibited: bool) -> Text:
    text = f"{statement}\n\n{after_refusal(prohibited=prohibited).en}"
    return Text(_("Submission refused: %(use)s") % {"use": use}, text)


@text_of(MessageKind.WITHDRAWN)
def withdrawn(*, use: str, reason: str) -> Text:
    return Text(_("Submission withdrawn: %(use)s") % {"use": use}, reason)
