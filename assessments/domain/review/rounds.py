"""From round to round of a case: its seats go over to the next submission, and when an interest is declared again.

A declaration of interests holds for the case. It is asked for again where the organisation, the suppliers of the system or
the team that works on the use has changed since, or after 180 days. Our judgement, as a rule of the reviewing body.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.access import finders, separation
from assessments.access.separation import delivery_team
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.guideline.terms import Tier
from assessments.models import Assessment, Interest, ReviewSeat, Route, Seat, State, Submission, User
from assessments.notifications import links
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind

DECLARATION_DAYS = 180
"""A declaration of interests holds for so many days."""
ORGANISATION, SUPPLIERS, TEAM, DAYS = "organisation", "suppliers", "team", "days"


# --- what a declaration is about -------------------------------------------------------------------------------------


def declared_now(assessment: Assessment) -> dict[str, Any]:
    """Return the fields of a seat whose holder declares now that they have no conflict of interest in this case."""
    return {
        "declared_at": timezone.now(),
        "declared_about": _about(assessment),
        "to_declare": False,
        "since_declared": [],
    }


def _about(assessment: Assessment) -> dict[str, Any]:
    system = assessment.use.system
    organisation = system.organisation
    names = (organisation.name_en, organisation.name_zh, organisation.registration_no)
    return {
        ORGANISATION: ", ".join(name for name in names if name),
        SUPPLIERS: system.suppliers,
        TEAM: sorted(delivery_team(assessment)),
    }


def changes_since(seat: ReviewSeat, now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what has changed since the holder of a seat declared their interests, as the row stores it. `now`: of `_about`.

    Of a seat from before this was stored only the days are known.
    """
    then, found = seat.declared_about, list[dict[str, Any]]()
    for name in (ORGANISATION, SUPPLIERS):
        if name in then and then[name] != now[name]:
            found.append({"what": name, "was": then[name], "is": now[name]})
    joined = sorted(set(now[TEAM]) - set(then.get(TEAM, now[TEAM])))
    if joined:
        found.append({"what": TEAM, "people": joined})
    declared_at = seat.declared_at or seat.taken_at
    if timezone.now() - declared_at > timedelta(days=DECLARATION_DAYS):
        found.append({"what": DAYS, "since": timezone.localdate(declared_at).isoformat()})
    return found


def words_of(changes: Iterable[Mapping[str, Any]]) -> list[str]:
    """Say in a sentence for each change what it is. One query where the team has changed."""
    return [_words(change) for change in changes]


def _words(change: Mapping[str, Any]) -> str:
    if change["what"] == TEAM:
        names = finders.names_of(change["people"])
        known = sorted(names.get(pk, _("a person whose account is deleted")) for pk in change["people"])
        words = ngettext(
            "%(names)s has worked on the use since you declared your interests.",
            "These people have worked on the use since you declared your interests: %(names)s.",
            len(known),
        )
        return words % {"names": ", ".join(known)}
    if change["what"] == DAYS:
        day = date_format(date.fromisoformat(change["since"]), "j F Y")
        words = _("You declared your interests on %(day)s. A declaration is valid for %(days)s days.")
        return words % {"day": day, "days": DECLARATION_DAYS}
    named = {"was": change["was"] or _("not named"), "is": change["is"] or _("not named")}
    if change["what"] == SUPPLIERS:
        return _("The suppliers of the system have changed. Before: %(was)s. Now: %(is)s.") % named
    return _("The name or registration number of the organisation has changed. Before: %(was)s. Now: %(is)s.") % named


def ask_again() -> int:
    """Ask the reviewers of open cases for a new declaration where something has changed; returns how many.

    For the daily sweep: what changes within a round is noticed by it, and the 180 days. One transaction for each seat.
    """
    rows = ReviewSeat.objects.filter(to_declare=False, submission__assessment__state=State.IN_REVIEW)
    rows = rows.filter(submission__assessment__current_submission=F("submission"))
    return sum(_ask_again(pk) for pk in list(rows.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def _ask_again(pk: int) -> bool:
    found = ReviewSeat.objects.select_related("submission").defer("submission__snapshot").get(pk=pk)
    assessment = Assessment.objects.lock(found.submission.assessment_id)
    seat = ReviewSeat.objects.select_related("submission", "reviewer").defer("submission__snapshot").get(pk=pk)
    changes = changes_since(seat, _about(assessment))
    closed = seat.to_declare or separation.has_conflict(seat.reviewer, assessment)
    if closed or not changes or assessment.state != State.IN_REVIEW:
        return False
    seat.to_declare, seat.since_declared = True, changes
    seat.save(update_fields=["to_declare", "since_declared"])
    notify(
        MessageKind.TO_DECLARE,
        [seat.reviewer_id],
        about=f"submission:{seat.submission.reference}",
        link=links.declare(seat.submission),
        context={"use": assessment.use.title, "changes": words_of(changes)},
    )
    told = {"submission": seat.submission.reference, "seat": str(seat.seat)}
    organisation = assessment.organisation
    log.record(AuditKind.DECLARATION_ASKED, assessment, by=None, organisation=organisation, details=told)
    return True


def declare_again(assessment: Assessment, *, by: User) -> None:
    """Take down that a holder of a seat has declared no conflict anew: the case is open to them again. Idempotent."""
    rows = ReviewSeat.objects.filter(submission__assessment=assessment, reviewer=by)
    if rows.filter(to_declare=True).exists():
        rows.update(**declared_now(assessment))


# --- seats -----------------------------------------------------------------------------------------------------------


def keep_seats(submission: Submission) -> list[ReviewSeat]:
    """Give the seats of the round before to the same people, in the new submission; returns the new rows.

    Nobody keeps a seat who has left, has declared a conflict of interest, works on the use or may not sit here any more.
    Where something has changed since their declaration, the case is closed to them until they have declared again. The
    caller holds the locks.
    """
    assessment = submission.assessment
    before = assessment.submissions.filter(round__lt=submission.round).order_by("-round").first()
    held = list(before.seats.select_related("reviewer").order_by("pk")) if before else []
    if not held:
        return []
    now = _about(assessment)
    kept = []
    for seat in held:
        if not _is_kept(seat, submission, set(now[TEAM])):
            continue
        changes = seat.since_declared if seat.to_declare else changes_since(seat, now)
        kept.append(
            ReviewSeat.objects.create(
                submission=submission,
                seat=seat.seat,
                reviewer=seat.reviewer,
                independent=separation.is_independent(seat.reviewer, submission.organisation_id),
                conflict_declared=seat.conflict_declared,
                kept_from=seat,
                declared_at=seat.declared_at or seat.taken_at,
                declared_about=seat.declared_about,
                to_declare=bool(changes),
                since_declared=changes,
            )
        )
    return kept


def _is_kept(seat: ReviewSeat, submission: Submission, team: set[int]) -> bool:
    holder = seat.reviewer
    if seat.seat == Seat.SECOND and submission.assigned_tier != Tier.HIGH:
        return False
    if holder.pk in team or separation.has_conflict(holder, submission.assessment_id):
        return False
    if not finders.submissions_for(holder).filter(pk=submission.pk).exists():
        return False
    asks_for_independence = seat.seat == Seat.SECOND or submission.route == Route.INDEPENDENT
    return not asks_for_independence or separation.is_independent(holder, submission.organisation_id)


def take_again(submission: Submission, assessment: Assessment, *, by: User) -> ReviewSeat | None:
    """Return the seat that `by` has kept from the round before, with their declaration of now where one was asked for.

    None for everybody else: they take a seat anew.
    """
    seat: ReviewSeat | None = submission.seats.filter(reviewer=by).exclude(kept_from=None).first()
    if seat is not None and seat.to_declare:
        Interest.objects.create(assessment=assessment, reviewer=by)
        declare_again(assessment, by=by)
        seat.refresh_from_db()
    return seat
