"""What happened in a case, in order: from its log, its messages, its appeals. For reviewers, and for the applicant."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments import access
from assessments.access import Told
from assessments.models import Appeal

WORDS = {
    "submitted": gettext_lazy("Signed and submitted"),
    "recalled": gettext_lazy("Taken back by its owner"),
    "taken": gettext_lazy("Taken for review"),
    "seats_kept": gettext_lazy("In review again, by the same reviewers"),
    "handed_over": gettext_lazy("Taken over from %(holder)s"),
    "returned": gettext_lazy("Returned for changes"),
    "approved": gettext_lazy("Approved"),
    "approval_taken_back": gettext_lazy("Approval taken back"),
    "refused": gettext_lazy("Refused"),
    "withdrawn": gettext_lazy("Withdrawn"),
    "hold_closed": gettext_lazy("A hold closed"),
    "certificate_issued": gettext_lazy("Certificate %(certificate)s issued"),
    "self_certified": gettext_lazy("Self-certified"),
    "declared_prohibited": gettext_lazy("Declared as a prohibited use"),
    "appeal_lodged": gettext_lazy("Appeal lodged"),
    "complaint_lodged": gettext_lazy("Complaint lodged"),
}
INSIDE = {  # among reviewers: none of the applicant's business
    "assigned": gettext_lazy("Asked %(to)s to take it"),
    "hand_over_asked": gettext_lazy("Asked %(to)s to take over from %(holder)s"),
    "request_taken_back": gettext_lazy("%(to)s is no longer asked"),
    "conflict_declared": gettext_lazy("Declared a conflict of interest"),
}
SAID = {
    access.SAID_BY_REVIEWER: gettext_lazy("Message of the reviewer"),
    access.SAID_BY_APPLICANT: gettext_lazy("Message of the applicant"),
}
ANSWERED = ("appeal_answered", "complaint_answered")


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline; `who` may be empty, `anchor` leads to a message on the page of messages."""

    at: datetime
    words: str
    who: str
    anchor: str = ""


def timeline(history: Iterable[Told], *, for_reviewers: bool, messages_open: bool = True) -> list[Moment]:
    """Put what happened into words, oldest first.

    `messages_open`: whether the reader may see that and when messages were written.
    """
    found = []
    for told in history:
        words: Any = WORDS.get(told.kind) or (INSIDE.get(told.kind) if for_reviewers else None)
        details: dict[str, Any] = {}
        if told.kind in SAID:
            words = SAID[told.kind] if messages_open else None
        else:
            details = _details(told.words)
        if told.kind in ANSWERED:
            kind = _("Appeal") if told.kind == "appeal_answered" else _("Complaint")
            outcome = _("upheld") if details.get("upheld") else _("rejected")
            words = _("%(kind)s answered: %(outcome)s") % {"kind": kind, "outcome": outcome}
        if words is not None:
            anchor = f"message-{told.pk}" if told.kind in SAID else ""
            found.append(Moment(told.at, str(words) % _Blank(details), told.who or "", anchor))
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the pages show it."""

    pk: int
    at: datetime
    author: str
    author_id: int
    from_reviewer: bool
    text: str


def messages_in(history: Iterable[Told]) -> list[Said]:
    return [
        Said(told.pk, told.at, told.who or "", told.who_id or 0, told.kind == access.SAID_BY_REVIEWER, told.words or "")
        for told in history
        if told.kind in SAID
    ]


class _Blank(dict[str, Any]):
    """The details of a line; one that was erased reads as a dash."""

    def __missing__(self, key: str) -> str:
        return "–"


def _details(kept: str | None) -> dict[str, Any]:
    found = json.loads(kept) if kept else {}
    return found if isinstance(found, dict) else {}


def appeal_words(appeal: Appeal) -> str:
    """What an appeal or complaint is about, in a few words."""
    if appeal.decision:
        return _("%(decision)s by %(name)s") % {
            "decision": appeal.decision.get_kind_display(),
            "name": appeal.decision.by_name,
        }
    if appeal.event:
        return _("a change of the certificate")
    return _("how the case was handled")
