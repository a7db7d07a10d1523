"""What the two sides of a review write to each other, and what is said of appeals and complaints."""

from __future__ import annotations

from django.utils.translation import gettext as _

from assessments.models import AppealKind, Organisation, User
from assessments.notifications.kinds import MessageKind
from assessments.notifications.texts.table import Text, text_of


@text_of(MessageKind.CASE_MESSAGE)
def case_message(*, name: User, use: str, words: str) -> Text:
    return Text(_("%(name)s wrote about the review of “%(use)s”") % {"name": name, "use": use}, words)


@text_of(MessageKind.APPEAL)
def appeal(*, kind: str, use: str, organisation: Organisation, about: str) -> Text:
    subject = _("%(kind)s to answer: %(use)s") % {"kind": AppealKind(kind).label, "use": use}
    return Text(subject, _("%(organisation)s: %(what)s.") % {"organisation": organisation, "what": about})


@text_of(MessageKind.APPEAL_ANSWERED)
def appeal_answered(*, kind: str, use: str, upheld: bool, words: str) -> Text:
    subject = _("%(kind)s upheld: %(use)s") if upheld else _("%(kind)s rejected: %(use)s")
    return Text(subject % {"kind": AppealKind(kind).label, "use": use}, words)


@text_of(MessageKind.TO_REINSTATE)
def to_reinstate(*, use: str, number: str, words: str) -> Text:
    text = _("The appeal against the suspension of certificate %(number)s was upheld, for these reasons:") % {
        "number": number
    }
    return Text(_("Certificate to reinstate: %(use)s") % {"use": use}, f"{text}\n\n{words}")
