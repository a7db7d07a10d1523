"""What is said of organisations, of members who leave, and of the person's own account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.models import Organisation, User
from assessments.notifications.kinds import MessageKind
from assessments.notifications.texts.table import Text, text_of


@text_of(MessageKind.HANDED_OVER)
def handed_over_to_you(*, name: User, organisation: Organisation, titles: Iterable[str]) -> Text:
    """`name`: who has left; `titles`: of what the reader gets."""
    said = {"name": name, "organisation": organisation}
    lines = [
        _("%(name)s has left %(organisation)s. The following work is now assigned to you:") % said,
        *(f"- {title}" for title in titles),
    ]
    return Text(_("%(name)s has left: work assigned to you") % said, "\n".join(lines))


@text_of(MessageKind.DELETION)
def deletion(*, name: User, organisation: Organisation, on: date | None) -> Text:
    """`on`: the day of the deletion; None: it was cancelled."""
    said: dict[str, object] = {"name": name, "organisation": organisation}
    if on is None:
        text = _("%(name)s has cancelled the deletion of the organisation. Nothing has changed.") % said
        return Text(_("%(organisation)s will not be deleted") % said, text)
    said["day"] = date_format(on, "DATE_FORMAT")
    text = (
        _(
            "%(name)s has requested that the organisation be deleted. Before %(day)s, any owner can cancel the "
            "deletion on the page of the organisation."
        )
        % said
    )
    return Text(_("%(organisation)s will be deleted on %(day)s") % said, text)


@text_of(MessageKind.SIGN_IN_REFUSED)
def sign_in_refused(*, count: int) -> Text:
    text = _(
        "A wrong password was entered %(count)s times for your account. If it was you, you do not need to do "
        "anything. If not, check where you are signed in, and end any session that you do not recognise."
    )
    return Text(_("Somebody tried to sign in to your account and was refused"), text % {"count": count})
