"""What happened in a case, in order: from its log, its messages, its appeals. For reviewers, and for the applicant."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.access import finders
from assessments.access.finders.cases import TimelineEntry
from assessments.audit import kinds
from assessments.models import Appeal, CertificateStatus

SAID = {
    finders.SAID_BY_REVIEWER: gettext_lazy("Message from the reviewer"),
    finders.SAID_BY_APPLICANT: gettext_lazy("Message from the organisation"),
}


@dataclass(frozen=True, slots=True)
class TimelineMoment:
    """One line of the timeline; `who` may be empty, `anchor` leads to a message on the page of messages."""

    at: datetime
    words: str
    who: str
    anchor: str = ""


def timeline(
    history: Iterable[TimelineEntry], *, for_reviewers: bool, messages_open: bool = True
) -> list[TimelineMoment]:
    """Put what happened into words, oldest first.

    `messages_open`: whether the reader may see that and when messages were written.
    """
    found = []
    for told in history:
        words = _words(told, for_reviewers=for_reviewers, messages_open=messages_open)
        if words:
            anchor = f"message-{told.pk}" if told.kind in SAID else ""
            found.append(TimelineMoment(told.at, words, told.who or "", anchor))
    return found


def _words(told: TimelineEntry, *, for_reviewers: bool, messages_open: bool) -> str:
    """Return the words of one line; empty where this reader is not shown it."""
    if told.kind in SAID:
        return str(SAID[told.kind]) if messages_open else ""
    kind = kinds.find(told.kind)
    if kind is None or kind.timeline is None or (kind.timeline.reviewers_only and not for_reviewers):
        return ""
    details = _Blank(_details(told.words))
    details["outcome"] = _("upheld") if details.get("upheld") else _("rejected")  # of an appeal or complaint
    return str(kind.timeline.words) % details


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message as the pages show it."""

    pk: int
    at: datetime
    author: str
    author_id: int
    from_reviewer: bool
    text: str


def messages_in(history: Iterable[TimelineEntry]) -> list[ShownMessage]:
    return [
        ShownMessage(
            told.pk, told.at, told.who or "", told.who_id or 0, told.kind == finders.SAID_BY_REVIEWER, told.words or ""
        )
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
    """Say what an appeal or complaint is about, in a few words."""
    if appeal.decision:
        return _("%(decision)s by %(name)s, %(day)s") % {
            "decision": appeal.decision.get_kind_display(),
            "name": appeal.decision.by_name,
            "day": date_format(localtime(appeal.decision.at), "DATE_FORMAT"),
        }
    if appeal.event:
        return _("certificate %(status)s, %(day)s") % {
            "status": str(CertificateStatus(appeal.event.kind).label).lower(),
            "day": date_format(localtime(appeal.event.at), "DATE_FORMAT"),
        }
    return _("how the case was handled")
