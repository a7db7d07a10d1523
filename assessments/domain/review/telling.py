"""What the reviewers of a case are told: a new round, a return, an approval, a decision.

Those with a seat who still review and have no conflict of interest (`access.seated_now`), but for whoever did it. The
moves of `workflow` call these functions inside their transactions.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments import access, teamwork
from assessments.domain.review import rounds
from assessments.guideline.terms import Tier
from assessments.models import Message, ReviewDecision, ReviewSeat, Seat, Submission, User

ROUND, RETURNED, APPROVED, DECIDED = "case_round", "case_returned", "case_approved", "case_decided"
RECALLED = "case_recalled"
ENDED_BY_A_MOVE = (ROUND, APPROVED)
"""What waits for nobody any more once a case is returned or decided."""


def new_round(submission: Submission, kept: Iterable[ReviewSeat]) -> None:
    """Tell those whose seat went over that the case is back, and who has to declare their interests again and why."""
    use = {"use": submission.assessment.use.title}
    n, organisation = submission.changed or 0, submission.assessment.organisation
    changed = ngettext(
        "%(n)s answer or fact has changed since your last round.",
        "%(n)s answers and facts have changed since your last round.",
        n,
    )
    for seat in kept:
        words = _("%(organisation)s has submitted round %(round)s. You keep your seat.")
        text = [words % {"organisation": organisation, "round": submission.round}]
        page = "review"
        if seat.to_declare:
            page = "declare"
            text += [_("Declare your interests again before you go on:"), *rounds.words_of(seat.since_declared)]
        else:
            text.append(changed % {"n": n})
        if seat.seat == Seat.SECOND and not any(one.seat == Seat.FIRST for one in kept):
            text.append(_("The first seat is free: marking begins once somebody has taken it."))
        subject = _("Back for review: %(use)s") % use
        _tell([seat.reviewer_id], ROUND, submission, subject, " ".join(text), page)


def returned(submission: Submission, *, by: User, words: str = "") -> None:
    """Tell the other seat that a case was returned, and whose approval has lapsed by that."""
    _settle(submission)
    said = {"use": submission.assessment.use.title, "name": by}
    approvals = submission.decisions.approvals()
    lapsed = set(approvals.values_list("by_id", flat=True))
    for pk in access.seated_now(submission) - {by.pk}:
        text = [_("%(name)s has returned the case to the organisation. You keep your seat for the next round.") % said]
        if pk in lapsed:
            text.append(_("Your approval of this round has lapsed."))
        subject = _("Returned by your colleague: %(use)s") % said
        _tell([pk], RETURNED, submission, subject, _with(" ".join(text), words))


def approved(submission: Submission, decision: ReviewDecision, *, complete: bool, has_certificate: bool) -> None:
    """Tell the other seat of an approval: the first of two, or the one that decides."""
    said = {"use": submission.assessment.use.title, "name": decision.by}
    others = access.seated_now(submission) - {decision.by_id}
    if not complete:
        text = _("%(name)s has approved. The decision waits for the second approval.") % said
        subject = _("First approval given: %(use)s") % said
        return _tell(others, APPROVED, submission, subject, _with(text, decision.statement))
    _settle(submission)
    more = _("The certificate is issued.") if has_certificate else _("The certificate waits for what still blocks it.")
    text = _("%(name)s has approved, so the case is decided.") % said
    subject = _("Decided, approved: %(use)s") % said
    return _tell(others, DECIDED, submission, subject, _with(f"{text} {more}", decision.statement))


def refused(submission: Submission, decision: ReviewDecision) -> None:
    """Tell the other seat that a case was refused, and why."""
    _settle(submission)
    said = {"use": submission.assessment.use.title, "name": decision.by}
    text = _("%(name)s has refused the submission. The case is closed.") % said
    others = access.seated_now(submission) - {decision.by_id}
    _tell(others, DECIDED, submission, _("Decided, refused: %(use)s") % said, _with(text, decision.statement))


def recalled(submission: Submission) -> None:
    """Tell who kept a seat that the organisation has taken the new round back before anybody took the first seat."""
    _settle(submission)
    said = {"use": submission.assessment.use.title}
    text = _("The organisation has taken the submission back. You keep your seat for the next round.")
    _tell(access.seated_now(submission), RECALLED, submission, _("Taken back: %(use)s") % said, text)


def second_seat_is_free(submission: Submission, kept: Iterable[ReviewSeat]) -> bool:
    """Tell whether a High case that goes on with its first seat waits for somebody in the second."""
    held = {seat.seat for seat in kept}
    return submission.assigned_tier == Tier.HIGH and Seat.FIRST in held and Seat.SECOND not in held


def _with(text: str, words: str) -> str:
    return f"{text}\n\n{words}" if words.strip() else text


def _tell(
    people: Iterable[int], kind: str, submission: Submission, subject: str, text: str, page: str = "review"
) -> None:
    link = reverse(page, args=[submission.reference])
    teamwork.tell(people, kind, f"submission:{submission.reference}", subject, text, link)


def _settle(submission: Submission) -> None:
    lines = Message.objects.filter(kind__in=ENDED_BY_A_MOVE, object=f"submission:{submission.reference}", read_at=None)
    teamwork.mark_read(lines)
