"""Days in the words of the home page."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def due_words(due: date | None) -> tuple[str, str, bool]:
    """Return the words for a due date (*2 days late*, *due 22 November*) and whether it is late."""
    if due is None:
        return "", "", False
    days = (due - timezone.localdate()).days
    day = _("due %(day)s") % {"day": date_format(due, "j F")}
    if days < 0:
        return ngettext("%(n)s day late", "%(n)s days late", -days) % {"n": -days}, day, True
    if days == 0:
        return _("Today"), day, False
    return ngettext("In %(n)s day", "In %(n)s days", days) % {"n": days}, day, False


def day_of(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j F")


def ago(at: datetime) -> str:
    days = (timezone.localdate() - timezone.localdate(at)).days
    return ngettext("for %(n)s day", "for %(n)s days", days) % {"n": days} if days else _("since today")


def lasting(at: datetime) -> str:
    """Say in a sentence of its own for how long something has been so."""
    days = (timezone.localdate() - timezone.localdate(at)).days
    return ngettext("For %(n)s day.", "For %(n)s days.", days) % {"n": days} if days else _("Since today.")
