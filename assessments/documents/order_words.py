"""Words on the dates of actions that a plan and the page of the method share."""

from __future__ import annotations

from django.utils.translation import gettext as _


def of_conditions() -> str:
    """Say that the date of a condition goes before the dates that order and effort give. Our judgement."""
    return _(
        "A condition of the certificate goes before this: the approval sets its date, and all of its action is due on that "
        "day, also where the effort would take longer."
    )
