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
        "take": (own_actions.take, _("This action is yours now.")),
        "first_step": (own_actions.finish_first_step, _("The first step is done.")),
        "undo_first_step": (own_actions.undo_first_step, _("The first step is open again.")),
        "restore_words": (own_actions.restore_words, _("The action has its original words again.")),
        "take_back": (own_actions.take_back, _("The action was taken back.")),
        "undo": (split_merge.undo, _("The change was undone.")),
        "relevant": (relevance.reopen, _("The action is open again.")),
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
