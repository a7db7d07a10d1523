"""What colleagues who work on an assessment are told."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.models import User
from assessments.notifications.kinds import MessageKind
from assessments.notifications.texts.table import Text, text_of


@text_of(MessageKind.MENTION)
def mention(*, name: User, question: str, asked: str, comment: str, use: str) -> Text:
    """`question` is the title of the question, `asked` its whole text."""
    subject = _("%(name)s mentioned you in a comment on “%(question)s”") % {"name": name, "question": question}
    return Text(subject, f"{comment}\n\n{use}: {asked}")


@text_of(MessageKind.REPLY)
def reply(*, name: User, question: str, asked: str, comment: str, use: str) -> Text:
    subject = _("%(name)s wrote about “%(question)s”") % {"name": name, "question": question}
    return Text(subject, f"{comment}\n\n{use}: {asked}")


@text_of(MessageKind.ASKED)
def asked(*, name: User, title: str, use: str, due: date | None, note: str) -> Text:
    lines = [_("This request is part of the assessment of “%(use)s”.") % {"use": use}]
    if due:
        lines.append(_("Please answer by %(day)s.") % {"day": date_format(due, "DATE_FORMAT")})
    if note:
        lines.append(f"\n{note}")
    return Text(_("%(name)s has asked you to answer “%(title)s”") % {"name": name, "title": title}, "\n".join(lines))


@text_of(MessageKind.ANSWERED)
def answered(*, name: User, title: str, use: str) -> Text:
    subject = _("%(name)s has answered “%(title)s”") % {"name": name, "title": title}
    return Text(subject, _("This answer is part of the assessment of “%(use)s”.") % {"use": use})


@text_of(MessageKind.ASKED_NO_MORE)
def asked_no_more(*, name: User, use: str, title: str = "") -> Text:
    """Without a title it was a seat in the review of the use that had been offered."""
    said = {"name": name, "title": title, "use": use}
    if not title:
        text = _("%(name)s no longer asks you to review this use. You do not need to do anything.")
        return Text(_("Request withdrawn: review of “%(use)s”") % said, text % said)
    text = _("%(name)s no longer asks you to answer “%(title)s” for the assessment of “%(use)s”. We keep your answers.")
    return Text(_("Request withdrawn: “%(title)s”") % said, text % said)


@text_of(MessageKind.HOLD)
def hold(*, name: User, use: str, due: date) -> Text:
    text = _("%(name)s has made you responsible for this hold. The due date is %(day)s.") % {
        "name": name,
        "day": due.isoformat(),
    }
    return Text(_("Hold assigned to you: %(use)s") % {"use": use}, text)
