"""Somebody leaves an organisation: what they still have goes to colleagues, in the same transaction, and nothing is orphaned.

Sections and questions that they were asked to answer, actions, holds and evidence go to an owner or contributor. A seat in
a review goes to nobody by itself: a colleague is asked to take it over, who first declares any conflict of interest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import InvalidAnswer
from assessments.domain.answering import asking
from assessments.domain.register import members
from assessments.domain.review import seat_requests
from assessments.models import (
    ActionEvent,
    ActionStatus,
    Assignment,
    Evidence,
    Hold,
    Involvement,
    Membership,
    Organisation,
    RemediationAction,
    RequestOutcome,
    ReviewSeat,
    Role,
    Seat,
    SeatRequest,
    Sees,
    State,
    User,
)
from assessments.notifications import links
from assessments.notifications.inbox import notify, withdraw_notification
from assessments.notifications.kinds import MessageKind

EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Open:
    """One thing that somebody still has. `to`: who may get it, by key of the person; empty: nobody can at present."""

    key: str
    title: str
    place: str
    to: tuple[User, ...] = field(repr=False)

    @property
    def kind(self) -> str:
        return self.key.partition(":")[0]


def open_work(member: Membership) -> list[Open]:
    """Return all that a member still has in their organisation, in the order of the page."""
    colleagues = tuple(receivers(member))
    return [
        *_sections(member, colleagues),
        *_actions(member, colleagues),
        *_holds(member, colleagues),
        *_evidence(member, colleagues),
        *_seats(member),
    ]


def receivers(member: Membership) -> list[User]:
    """Return who may get work: owners, and contributors who see everything, by name."""
    rows = Membership.objects.current().filter(organisation=member.organisation_id, sees=Sees.ALL)
    rows = rows.filter(role__in=(Role.OWNER, Role.CONTRIBUTOR)).exclude(user=member.user_id)
    return [row.user for row in rows.select_related("user").order_by("user__name", "pk")]


def _assignments(member: Membership) -> Iterable[Assignment]:
    rows = Assignment.objects.filter(member=member, done_at=None)
    return rows.exclude(assessment__state__in=(State.REFUSED, State.WITHDRAWN, State.SUPERSEDED)).select_related(
        "assessment__use__system", "assessment__edition", "member"
    )


def _sections(member: Membership, to: tuple[User, ...]) -> Iterator[Open]:
    for one in _assignments(member):
        title = f"{asking.title_of(one)} ({one.assessment.use.title})"
        yield Open(f"section:{one.pk}", title, links.asked(one), to)


def _actions(member: Membership, to: tuple[User, ...]) -> Iterator[Open]:
    rows = RemediationAction.objects.filter(owner=member.user_id, organisation=member.organisation_id)
    for one in rows.exclude(status=ActionStatus.CLOSED).select_related("use__system").order_by("pk"):
        may = tuple(user for user in to if one.status != ActionStatus.ACCEPTED or user.pk != one.risk_by_id)
        yield Open(f"action:{one.pk}", f"{one.title} ({one.use.title})", one.get_absolute_url(), may)


def _holds(member: Membership, to: tuple[User, ...]) -> Iterator[Open]:
    rows = Hold.objects.filter(owner=member.user_id, use__organisation=member.organisation_id, closed_at=None)
    for one in rows.select_related("use").order_by("pk"):
        place = links.hold(one)
        yield Open(f"hold:{one.pk}", _("Hold: %(use)s") % {"use": one.use.title}, place, to)


def _pieces(member: Membership) -> Iterable[Evidence]:
    rows = Evidence.objects.filter(owner=member.user_id, organisation=member.organisation_id)
    return rows.filter(withdrawn_at=None)


def _evidence(member: Membership, to: tuple[User, ...]) -> Iterator[Open]:
    if count := len(list(_pieces(member))):
        title = ngettext("%(n)s evidence item", "%(n)s evidence items", count) % {"n": count}
        yield Open(EVIDENCE, title, links.evidence_library(), to)


def _held_seats(member: Membership) -> Iterable[ReviewSeat]:
    rows = ReviewSeat.objects.filter(
        reviewer=member.user_id, submission__assessment__state__in=(State.SUBMITTED, State.IN_REVIEW)
    )
    if not member.organisation.is_reviewing_body:
        rows = rows.filter(submission__organisation=member.organisation_id)
    related = rows.select_related("submission__assessment__use", "submission__organisation").defer(
        "submission__snapshot"
    )
    for seat in related.order_by("pk"):
        submission = seat.submission
        approved = submission.decisions.approvals().filter(by=member.user_id).exists()
        if submission.assessment.current_submission_id == submission.pk and not approved:
            yield seat


def _seats(member: Membership) -> Iterator[Open]:
    if member.role != Role.REVIEWER:
        return
    for held in _held_seats(member):
        submission = held.submission
        title = _("Review of %(use)s (%(organisation)s)") % {
            "use": submission.assessment.use.title,
            "organisation": submission.organisation,
        }
        found = seat_requests.colleagues(submission, Seat(held.seat), member.user)
        place = links.review(submission)
        yield Open(f"seat:{held.pk}", title, place, tuple(one.user for one in found))


@transaction.atomic
def leave(member: Membership, to: Mapping[str, int], *, by: User) -> list[Open]:
    """Hand over what a member has, then end the membership; returns what was handed over.

    `to`: the key of each thing with the person who gets it. Raises InvalidAnswer at what nobody was chosen for, and what
    `members.remove_member` raises.
    """
    Organisation.objects.select_for_update().get(pk=member.organisation_id)
    work = [one for one in open_work(member) if one.to]
    chosen: dict[str, User] = {}
    for one in work:
        found = next((user for user in one.to if user.pk == to.get(one.key)), None)
        if found is None:
            raise InvalidAnswer(one.key, _("Choose who takes over: %(title)s") % {"title": one.title})
        chosen[one.key] = found
    members.remove_member(member, by=by)
    for one in work:
        _give(one, chosen[one.key], member, by)
    if work:
        _tell(work, chosen, member, by)
        log.record(
            AuditKind.WORK_HANDED_OVER,
            member.organisation,
            by=by,
            organisation=member.organisation,
            details={
                "member": member.user.email,
                "to": {one.key: chosen[one.key].email for one in work},
                "count": len(work),
            },
        )
    return work


def _give(one: Open, to: User, member: Membership, by: User) -> None:
    pk = int(one.key.partition(":")[2] or 0)
    match one.kind:
        case "section":
            _give_section(Assignment.objects.select_related("assessment").get(pk=pk), to, by)
        case "action":
            _give_action(RemediationAction.objects.select_for_update(of=("self",)).get(pk=pk), to, by)
        case "hold":
            Hold.objects.filter(pk=pk).update(owner=to)
        case "evidence":
            Evidence.objects.filter(pk__in=[piece.pk for piece in _pieces(member)]).update(owner=to)
        case "seat":
            _ask_for_seat(ReviewSeat.objects.select_related("submission").get(pk=pk), to, member, by)


def _give_section(asked: Assignment, to: User, by: User) -> None:
    """As a request of its own to the colleague, who may have it already."""
    member = Membership.objects.current().get(user=to, organisation=asked.assessment.organisation_id)
    Involvement.objects.keep(asked.assessment.use_id, Involvement.Kind.ASSIGNED, [asked.member.user_id])
    withdraw_notification(MessageKind.ASKED, about=[f"assignment:{asked.pk}"], recipient=asked.member.user_id)
    Assignment.objects.update_or_create(
        assessment=asked.assessment,
        section=asked.section,
        question=asked.question,
        member=member,
        defaults={"done_at": None},
        create_defaults={"due": asked.due, "note": asked.note, "by": by},
    )
    asked.delete()


def _give_action(action: RemediationAction, to: User, by: User) -> None:
    Involvement.objects.keep(action.use_id, Involvement.Kind.OWNED, [action.owner_id])
    ActionEvent.objects.create(action=action, kind=ActionEvent.Kind.OWNER, by=by, old=str(action.owner), new=str(to))
    action.owner = to
    action.save(update_fields=["owner"])


def _ask_for_seat(held: ReviewSeat, to: User, member: Membership, by: User) -> None:
    SeatRequest.objects.filter(submission=held.submission, seat=held.seat).end(RequestOutcome.REPLACED)
    note = _("%(name)s has left the organisation. The marks that this person gave are kept.") % {"name": member.user}
    SeatRequest.objects.create(submission=held.submission, seat=held.seat, holder=member.user, to=to, by=by, note=note)


def _tell(work: list[Open], chosen: Mapping[str, User], member: Membership, by: User) -> None:
    """Send one message to each person who got something, with all of it; none to the person who did it."""
    for user in {user.pk: user for user in chosen.values()}.values():
        mine = [one for one in work if chosen[one.key] == user]
        if user.pk == by.pk:
            continue
        titles = [one.title for one in mine]
        notify(
            MessageKind.HANDED_OVER,
            [user.pk],
            about=f"membership:{member.pk}",
            link=mine[0].place if len(mine) == 1 else links.home(),
            context={"name": member.user, "organisation": member.organisation, "titles": titles},
        )


def why_not(member: Membership) -> str:
    """Say why a member cannot leave, with what to do; empty where they can."""
    keeps = Role.REVIEWER if member.organisation.is_reviewing_body else Role.OWNER
    others = Membership.objects.current().filter(organisation=member.organisation_id, role=keeps)
    if member.role != keeps or others.exclude(pk=member.pk).exists():
        return ""
    if member.organisation.is_reviewing_body:
        return _("Invite another reviewer first. The last reviewer cannot leave.")
    return _("Make somebody else an owner first. The last owner cannot leave.")
