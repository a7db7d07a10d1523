"""Words that a reviewer may use again for a mark: kept texts, their own last mark, and marks of cases of theirs.

Our judgement on confidentiality: *as last time* comes from cases of the same organisation alone. Words of another
organisation's case are shown with whose they are, are read before they are saved, and never name that organisation, its
system or its use. Dates and private notes are never copied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from assessments.access import finders
from assessments.core.errors import InvalidAnswer, WorkflowError
from assessments.domain.review import kept_texts, marks
from assessments.domain.review.cases import open_case
from assessments.domain.review.reasons import fitting
from assessments.models import ASKING, KeptText, MarkKind, ReviewMark, ReviewSeat, Submission, User

MOST = 12
"""How many marks of other cases a page offers, the newest first."""
LEGAL_FORM = re.compile(r"[\s,]+(limited|ltd\.?|company|co\.?|inc\.?|plc|有限公司)$", re.IGNORECASE)


class From(StrEnum):
    LAST = "last"
    OWN = "own"
    SHARED = "shared"
    CASE = "case"


@dataclass(frozen=True, slots=True)
class Offer:
    """A mark with its words. `text`: the kept text, `earlier`: the mark of a case that it comes from."""

    key: str
    origin: From
    said: Mapping[str, Any]
    text: KeptText | None = None
    earlier: ReviewMark | None = None
    is_foreign: bool = False  # of a case of another organisation

    @property
    def mark(self) -> str:
        return str(self.said["mark"])

    @property
    def at(self) -> datetime:
        found = self.text or self.earlier
        assert found is not None
        return found.at


def offers(submission: Submission, content: Mapping[str, Any], target: str, *, by: User) -> list[Offer]:
    """Return what fits this answer or fact, in the order in which it is offered. `content`: the snapshot. Four queries."""
    fits = fitting(content, target)
    found = [*_earlier(submission, target, by), *_kept(by)]
    order = list(From)
    chosen = [offer for offer in found if _fits(offer.said, target, fits)]
    return sorted(chosen, key=lambda offer: order.index(offer.origin))


def _fits(said: Mapping[str, Any], target: str, fits: tuple[str, ...]) -> bool:
    if said["mark"] == MarkKind.CHANGE_NEEDED:
        return said["reason"] in fits
    return target.startswith("q:")


def _kept(by: User) -> list[Offer]:
    own = [Offer(kept_texts.key_of(one), From.OWN, one.said(), text=one) for one in kept_texts.own_texts(by)]
    shared = [Offer(kept_texts.key_of(one), From.SHARED, one.said(), text=one) for one in kept_texts.shared_texts(by)]
    return [*own, *shared]


def earlier_marks(submission: Submission, target: str, *, by: User) -> QuerySet[ReviewMark]:
    """Return the marks on the same question or fact in other submissions that are open to `by` and in which they sit or judged.

    A case whose gate is closed to them (a conflict, a declaration to be given again) offers nothing.
    """
    sits = ReviewSeat.objects.filter(submission=OuterRef("submission"), reviewer=by)
    opened = finders.submissions_opened_to(by).values("pk")
    rows = ReviewMark.objects.filter(Q(Exists(sits)) | Q(by=by), target=target, mark__in=ASKING, submission__in=opened)
    rows = rows.filter(taken_over_from=None, carried_from=None).exclude(submission=submission)
    return rows.select_related("by", "submission__organisation", "submission__assessment__use__system").order_by(
        "-at", "-pk"
    )


def _earlier(submission: Submission, target: str, by: User) -> list[Offer]:
    """*As last time* is one's own newest mark: in a former round of this case, else in a case of the same organisation."""
    rows = list(earlier_marks(submission, target, by=by).defer("submission__snapshot")[: MOST * 2])
    same = [row for row in rows if row.by_id == by.pk and row.submission.organisation_id == submission.organisation_id]
    of_case = [row for row in same if row.submission.assessment_id == submission.assessment_id]
    last = next(iter([*of_case, *same]), None)
    offered = [Offer(f"mark-{last.pk}", From.LAST, _said(last), earlier=last)] if last else []
    for row in rows[:MOST]:
        if row is not last:
            foreign = row.submission.organisation_id != submission.organisation_id
            offered.append(Offer(f"mark-{row.pk}", From.CASE, _said(row), earlier=row, is_foreign=foreign))
    return offered


def _said(mark: ReviewMark) -> dict[str, Any]:
    kept = ("mark", "reason", "words", "would_satisfy", "action_title")
    return {name: str(getattr(mark, name)) for name in kept}


def save(
    submission: Submission,
    target: str,
    given: marks.GivenMark,
    *,
    by: User,
    source: str,
    has_read: bool,
    base: int | None = None,
) -> ReviewMark:
    """Mark an answer or fact with words that were used before, as the reviewer left them in the form.

    `source`: the key of the offer. `given` and `base`: as `save_mark` takes them. Raises as that; WorkflowError where the
    offer is not there (any more); InvalidAnswer where words of another organisation's case were not said to be read, or
    name that organisation.
    """
    with transaction.atomic():
        open_case(submission, by)  # as `save_mark` asks it: somebody without a seat learns nothing of what is offered
    found = {offer.key: offer for offer in offers(submission, submission.content(), target, by=by)}
    offer = found.get(source)
    if offer is None:
        raise WorkflowError(_("This text is no longer available. Choose another one."))
    if offer.is_foreign and offer.earlier is not None:
        if not has_read:
            raise InvalidAnswer(
                "has_read",
                _(
                    "Read the text. Then tick the box to confirm that nothing in it is about the other organisation's "
                    "case."
                ),
            )
        require_no_names(asdict(given), offer.earlier.submission)
    return marks.save_mark(submission, target, given, by=by, base=base)


def require_no_names(fields: Mapping[str, Any], other: Submission) -> None:
    """Raise InvalidAnswer at the first field that names the organisation, the system or the use of another case."""
    use = other.assessment.use
    organisation = other.organisation
    names = (organisation.name_en, organisation.name_zh, use.system.name, use.title)
    for field in ("action_title", "words", "would_satisfy"):
        given = str(fields.get(field, "")).casefold()
        for name in names:
            core = LEGAL_FORM.sub("", name.strip())
            if core and core.casefold() in given:
                words = _("This text names “%(name)s” from another case. Remove the name.")
                raise InvalidAnswer(field, words % {"name": core})
