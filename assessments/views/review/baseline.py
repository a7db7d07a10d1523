"""What a submission is compared with: an earlier round of its case, or what was decided last on its use."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.access import finders
from assessments.domain.review import queries
from assessments.models import Submission, User, edition_for
from assessments.views.review.snapshot import SubmittedContent, changed_between, changed_since_decision, taken_apart


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a submission is compared with. A first round of a new use has nothing to be compared with."""

    words: str = ""  # its name in a sentence
    changed: Collection[str] = frozenset()  # the targets that differ from it
    content: dict[str, Any] | None = None  # None also where this person may not read it
    earlier: Submission | None = None  # the round of this case
    former: Submission | None = None  # what was decided last on the use, in a case before this one


def baseline_of(user: User, submission: Submission, sent: SubmittedContent, since: int) -> Baseline:
    """Return what a submission is compared with. `since`: the round, 0 for the one before; 404 where it does not exist."""
    if submission.round > 1:
        return _earlier_round(user, submission, sent, since)
    return _last_decision(user, submission, sent) if submission.assessment.follows_id else Baseline()


def _earlier_round(user: User, submission: Submission, sent: SubmittedContent, since: int) -> Baseline:
    rounds = finders.submissions_to_read(user).defer(None)
    rounds = rounds.filter(assessment=submission.assessment, round__lt=submission.round)
    earlier = (rounds.filter(round=since) if since else rounds).order_by("-round").first()
    if earlier is None and since:
        raise Http404
    if earlier is None:
        return Baseline()
    before = taken_apart(earlier.snapshot, edition_for(earlier.edition_checksum))
    return Baseline(
        words=_("round %(n)s") % {"n": earlier.round},
        changed=changed_between(before, sent),
        content=before.content,
        earlier=earlier,
    )


def _last_decision(user: User, submission: Submission, sent: SubmittedContent) -> Baseline:
    found = queries.former_of(user, submission)
    if found is None:
        return Baseline()
    before = taken_apart(found.snapshot, edition_for(found.edition_checksum))
    day = date_format(timezone.localtime(found.decided_at), "j F Y")
    return Baseline(
        words=_("the decision of %(day)s") % {"day": day},
        changed=changed_since_decision(before, sent),
        content=before.content if found.may_read else None,
        former=found,
    )
