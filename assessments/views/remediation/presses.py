"""What one press on the page of an action does: take it, finish its first step, undo a change, open it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.utils.translation import gettext as _

from assessments.domain.remediation import own_actions, relevance, split_merge
from assessments.models import RemediationAction
from assessments.views.site.requests import SignedIn, refusals_as_messages

Act = Callable[..., Any]


def _presses() -> dict[str, tuple[Act, str]]:
    """Return the name of each button, what it does, and what is said afterwards."""
    return {
        "take": (own_actions.take, _("You now own this action.")),
        "first_step": (own_actions.finish_first_step, _("The first step was marked as done.")),
        "undo_first_step": (own_actions.undo_first_step, _("The first step was marked as not done.")),
        "restore_words": (own_actions.restore_words, _("The original wording of the action was restored.")),
        "take_back": (own_actions.take_back, _("The action was withdrawn.")),
        "undo": (split_merge.undo, _("The split or merge was undone.")),
        "relevant": (relevance.reopen, _("The action was reopened.")),
    }


def press(request: SignedIn, action: RemediationAction) -> bool:
    """Do what was pressed, if it was one of these buttons; returns whether it was."""
    for name, (act, said) in _presses().items():
        if name in request.POST:
            with refusals_as_messages(request):
                act(action, by=request.user)
                messages.success(request, said)
            return True
    return False
