"""What is said of a certificate: its status, its conditions and its monitoring."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.models import public_reasons
from assessments.notifications.kinds import MessageKind
from assessments.notifications.texts.table import Text, text_of


@text_of(MessageKind.CERTIFICATE_SUSPENDED)
def certificate_suspended(*, use: str, number: str, reason: str) -> Text:
    """`reason`: the public one, as its row keeps it; so with the other changes of status."""
    return Text(_("Certificate suspended: %(use)s") % {"use": use}, _why(number, reason))


@text_of(MessageKind.CERTIFICATE_REINSTATED)
def certificate_reinstated(*, use: str, number: str, reason: str) -> Text:
    return Text(_("Certificate reinstated: %(use)s") % {"use": use}, _why(number, reason))


@text_of(MessageKind.CERTIFICATE_REVOKED)
def certificate_revoked(*, use: str, number: str, reason: str) -> Text:
    return Text(_("Certificate revoked: %(use)s") % {"use": use}, _why(number, reason))


def _why(number: str, reason: str) -> str:
    return f"{number}. {public_reasons.words_of(reason)}"


@text_of(MessageKind.CERTIFICATE_LEFT)
def certificate_left(*, number: str) -> Text:
    text = _(
        "The organisation that holds this certificate was deleted. The certificate keeps its "
        "status. If the certificate turns out to be wrong, reviewers from the reviewing body can suspend or "
        "revoke it on the page of the certificate."
    )
    return Text(_("Certificate of a deleted organisation: %(number)s") % {"number": number}, text)


@text_of(MessageKind.CONDITION_MISSED)
def condition_missed(*, words: str, use: str, due: date) -> Text:
    """`words`: the condition."""
    said = {"words": words, "use": use, "day": date_format(due, "DATE_FORMAT")}
    text = _("A condition of the certificate of “%(use)s” was due on %(day)s and was not met.")
    return Text(_("Condition not met: %(words)s") % said, text % said)


@text_of(MessageKind.MONITORING_LAPSED)
def monitoring_lapsed(*, use: str, reason: str, to_owners: bool) -> Text:
    """`to_owners`: they can add the record that is missing; the reviewers of the case are told without that."""
    subject = _("Certificate suspended: %(use)s") % {"use": use}
    words = public_reasons.words_of(reason)
    if to_owners:
        words += " " + _("Add the newest monitoring record. The certificate then automatically becomes valid again.")
    return Text(subject, words)


@text_of(MessageKind.MONITORING_FRESH)
def monitoring_fresh(*, use: str, reason: str) -> Text:
    return Text(_("Certificate valid again: %(use)s") % {"use": use}, public_reasons.words_of(reason))
