"""What the product writes into the history of an action: a row keeps a code with its parameters, and each page the words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from assessments.models.base import canonical_json


class ActionNote(StrEnum):
    RISK_BLOCKS = "risk_blocks"
    RISK_TAKEN_BACK = "risk_taken_back"
    RISK_DAY_OVER = "risk_day_over"
    NO_FINDING = "no_finding"
    REASON_ACCEPTED = "reason_accepted"
    CONDITION_SET = "condition_set"
    CLOSED_TOGETHER = "closed_together"
    TAKEN_BACK = "taken_back"
    FIRST_STEP_UNDONE = "first_step_undone"
    SPLIT_FROM = "split_from"
    SPLIT_UNDONE = "split_undone"
    SPLIT_UNDONE_INTO = "split_undone_into"
    MERGED_INTO = "merged_into"
    MERGE_UNDONE = "merge_undone"


WORDS: Mapping[ActionNote, Any] = {
    ActionNote.RISK_BLOCKS: _("The gap now blocks the certificate, so the risk can no longer be accepted."),
    ActionNote.RISK_TAKEN_BACK: _("The acceptance of the risk was ended early."),
    ActionNote.RISK_DAY_OVER: _("The acceptance of the risk has ended."),
    ActionNote.NO_FINDING: _("The new answer closes the gap."),
    ActionNote.REASON_ACCEPTED: _("A reviewer accepted the reason why the action does not apply."),
    ActionNote.CONDITION_SET: _("The action became a condition of the approval."),
    ActionNote.CLOSED_TOGETHER: _("The action was closed together with action %(n)s."),
    ActionNote.TAKEN_BACK: _("%(name)s withdrew the action."),
    ActionNote.FIRST_STEP_UNDONE: _("The first step is not done yet."),
    ActionNote.SPLIT_FROM: _("Split from action %(n)s."),
    ActionNote.SPLIT_UNDONE: _("The split was undone."),
    ActionNote.SPLIT_UNDONE_INTO: _("The split was undone. Action %(n)s is one action again."),
    ActionNote.MERGED_INTO: _("Merged into action %(n)s."),
    ActionNote.MERGE_UNDONE: _("The merge was undone."),
}
"""The sentence of each note, with the names of its parameters."""


def coded(note: ActionNote, **parameters: str | int) -> str:
    """Return a note as a row keeps it, in the column in which people's own words are kept too."""
    return canonical_json({"note": str(note), "parameters": parameters})


def words_of(kept: str) -> str:
    """Put what a row keeps into words of the active language. What people wrote, and older rows, stay as they are."""
    if not kept.startswith('{"note":'):
        return kept
    try:
        found = json.loads(kept)
        return str(WORDS[ActionNote(found["note"])] % found["parameters"])
    except (ValueError, KeyError, TypeError):  # somebody wrote something that only looks like one
        return kept
