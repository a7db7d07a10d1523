"""Words on the dates of actions that a plan and the page of the method share."""

from __future__ import annotations

from django.utils.translation import gettext as _


def of_conditions() -> str:
    """Say that the date of a condition goes before the dates that order and effort give. Our judgement."""
    return _(
        "The due date of a condition is set when the assessment is approved. All steps of its action are due on that "
        "day, even if the plan would allow more time."
    )
