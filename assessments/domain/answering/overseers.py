"""Keep the human overseers of a use apart from its reviewers.

A row of the conformity file's overseers names a member of the organisation by a link, or anybody by name. A linked row
is about that member alone; a row without a link is compared with a reviewer by name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from assessments.core.errors import InvalidAnswer, SeparationOfDuties
from assessments.guideline.terms import PartKind
from assessments.models import (
    ConformityPart,
    DeclaredUse,
    Membership,
    ReviewSeat,
    State,
    Submission,
    User,
    edition_for,
)

MEMBER = "member"
"""The cell of a row that links it to a member: the key of the account as text. Rows without a link have none."""

TITLES = frozenset({"dr", "prof", "professor", "mr", "mrs", "ms", "miss", "ir", "sir"})
ENDED = (State.REFUSED, State.WITHDRAWN, State.SUPERSEDED)
HAN = re.compile(r"^[\u3400-\u9fff]{2,}$")


def _tokens(name: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return [token for token in re.findall(r"[^\W_]+", folded) if token not in TITLES]


def names_same(given: str, person: str) -> bool:
    """Tell whether the text of a row (a name, often with a post) names this person, whatever the order and titles."""
    row, wanted = _tokens(given), _tokens(person)
    if len(wanted) > 1:
        return set(wanted) <= set(row)
    if wanted and HAN.match(wanted[0]):
        return any(wanted[0] in token for token in row)
    return bool(wanted) and row == wanted


def is_named(user: User, rows: Iterable[Mapping[str, str]]) -> bool:
    """Tell whether one of these rows is about the user: by its link, or by the name where it has no link."""
    for row in rows:
        link = row.get(MEMBER, "")
        if link == str(user.pk) or (not link and names_same(row.get("name", ""), str(user))):
            return True
    return False


def _keys(submission: Submission) -> set[str]:
    gates = edition_for(submission.edition_checksum).gates
    return {part.key for part in gates.conformity_file if part.kind == PartKind.OVERSEERS}


def signed_rows(submission: Submission) -> list[Mapping[str, str]]:
    """Return the overseers as they were signed. No query."""
    keys = _keys(submission)
    return [row for part in submission.content().get("conformity", ()) if part["part"] in keys for row in part["rows"]]


def rows_in(submission: Submission) -> list[Mapping[str, str]]:
    """Return the overseers of a submission's use: as they were signed, and as the file names them today. One query."""
    rows = ConformityPart.objects.filter(use=submission.assessment.use_id, key__in=_keys(submission))
    return [*signed_rows(submission), *(row for today in rows.values_list("rows", flat=True) for row in today)]


def refusal() -> str:
    """Return the sentence for an overseer who wants to review."""
    return _("The conformity file names you as an overseer of this use. Somebody else must review the use.")


def require_not_overseer(submission: Submission, user: User) -> None:
    """Raise SeparationOfDuties where the conformity file names the user as an overseer."""
    if is_named(user, rows_in(submission)):
        raise SeparationOfDuties(refusal())


# --- naming overseers --------------------------------------------------------------------------------------------------


def with_links(use: DeclaredUse, sent: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the rows with their links checked; a linked row without a name gets the member's name.

    Raises InvalidAnswer that names the control: for a link to nobody of the organisation, and for a person who has a
    seat in a review of this use that is not over.
    """
    wanted = {row.get(MEMBER, "") for row in sent} - {""}
    members = {}
    if wanted:
        rows = Membership.objects.current().filter(organisation=use.organisation_id).select_related("user")
        members = {str(row.user_id): row.user for row in rows}
    seats = ReviewSeat.objects.filter(submission__assessment__use=use)
    seats = seats.exclude(submission__assessment__state__in=ENDED).select_related("reviewer")
    reviewers = {seat.reviewer_id: seat.reviewer for seat in seats}.values()
    found = []
    for number, row in enumerate(sent):
        kept = dict(row)
        link = kept.pop(MEMBER, "")
        if link and link not in members:
            raise InvalidAnswer(f"{MEMBER}-{number}", _("Choose a member of your organisation."))
        if link:
            kept[MEMBER] = link
            kept["name"] = kept.get("name", "").strip() or str(members[link])
        for reviewer in reviewers:
            if is_named(reviewer, [kept]):
                words = _("%(name)s reviews this use. Choose somebody else as overseer.")
                raise InvalidAnswer(f"{MEMBER if link else 'name'}-{number}", words % {"name": reviewer})
        found.append(kept)
    return found
