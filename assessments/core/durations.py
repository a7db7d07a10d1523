"""How long half of a reviewer's marks took, in words: the same on pages, with approvals and in messages."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def median_words(seconds: int) -> str:
    """Say a median in everyday words: from a minute and a half on in minutes, rounded up."""
    if seconds < 1:
        return _("Half of the marks took less than one second.")
    if seconds < 90:
        words = ngettext(
            "Half of the marks took one second or less.",
            "Half of the marks took %(n)s seconds or less.",
            seconds,
        )
        return words % {"n": seconds} if seconds > 1 else words
    return _("Half of the marks took %(n)s minutes or less.") % {"n": -(-seconds // 60)}  # two at least
