"""Somebody leaves: the page lists what they have, each thing goes to somebody, who is told, and the log says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assessments.core.errors import InvalidAnswer
from assessments.domain.answering import asking
from assessments.domain.register import leaving
from assessments.domain.review import seat_requests
from assessments.models import (
    ActionEvent,
    ActionStatus,
    Assignment,
    AuditEntry,
    Evidence,
    Hold,
    Involvement,
    Membership,
    Message,
    RemediationAction,
    Role,
    Route,
    Seat,
    SeatRequest,
    State,
)
from assessments.notifications.kinds import MessageKind
from tests.support.factories import Cast, in_days, make_assessment, make_evidence, make_member, make_use, undone
from tests.support.page_text import markup_of, text_of
from tests.support.world import OTHER_SECTION, QUESTION, SECTION

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def once_for_all(cast: Cast) -> int:
    """Give Connie a section, an action, a hold and a piece of evidence of her own."""
    member = Membership.objects.get(user=cast.contributor)
    draft = make_assessment(State.DRAFT, "limited", organisation=cast.organisation)
    asking.ask(draft, SECTION, member, by=cast.owner, due=in_days(9), note="Please")
    gap = {QUESTION: {"choice": "partly", "text": "Three of five."}}
    approved = make_assessment(State.SUBMITTED, "limited", organisation=cast.organisation, answers=gap)
    action = RemediationAction.objects.filter(use=approved.use).exclude(status=ActionStatus.CLOSED)[0]
    RemediationAction.objects.filter(pk=action.pk).update(owner=cast.contributor)
    held = make_use("limited", organisation=cast.organisation, facts={"employment_decisions": "unknown"})
    hold = Hold.objects.filter(use=held, closed_at=None).first()
    if hold is None:
        hold = Hold.objects.create(use=held, kind="unknown", fact="employment_decisions")
    Hold.objects.filter(pk=hold.pk).update(owner=cast.contributor)
    make_evidence(cast.organisation, by=cast.contributor)
    return member.pk


@pytest.fixture
def busy(made: tuple[Cast, int], db: None) -> Membership:
    """Connie, with all that she has."""
    return Membership.objects.get(pk=made[1])


def page_of(member: Membership) -> str:
    return reverse("member_remove", args=[member.organisation.reference, member.pk])


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.long
def test_the_page_lists_all_that_somebody_has(cast, busy):
    assert [one.kind for one in leaving.open_work(busy)] == ["section", "action", "hold", "evidence"]
    text = text_of(signed_in(cast.owner).get(page_of(busy)))
    for one in leaving.open_work(busy):
        assert one.title in text
    assert "Who takes over this person’s work?" in text


@pytest.mark.long
def test_without_a_choice_nobody_leaves_and_the_page_says_at_which_thing(cast, busy):
    answer = signed_in(cast.owner).post(page_of(busy))
    assert answer.context["form"].errors.keys() == {one.key for one in leaving.open_work(busy)}
    busy.refresh_from_db()
    assert busy.left_at is None


def test_one_choice_for_everything_leaves_nothing_with_whoever_left(cast, busy):
    asked = Assignment.objects.get(member=busy)
    answer = signed_in(cast.owner).post(page_of(busy), {"everything": cast.owner.pk})
    assert answer.status_code == 302
    busy.refresh_from_db()
    assert busy.left_at
    assert leaving.open_work(busy) == []
    mine = Membership.objects.get(user=cast.owner, organisation=cast.organisation)
    moved = Assignment.objects.get(member=mine, section=SECTION)
    assert (moved.assessment, moved.due, moved.note, moved.done_at) == (asked.assessment, asked.due, "Please", None)
    assert not Evidence.objects.filter(owner=cast.contributor, withdrawn_at=None).exists()
    assert not RemediationAction.objects.filter(owner=cast.contributor).exclude(status=ActionStatus.CLOSED).exists()
    assert not Hold.objects.filter(owner=cast.contributor, closed_at=None).exists()


def test_each_thing_may_go_to_somebody_else_who_is_told_in_one_message(cast, busy):
    other = make_member(Role.CONTRIBUTOR, cast.organisation, "Dora Deputy")
    things = {one.key: one for one in leaving.open_work(busy)}
    action = next(key for key in things if key.startswith("action:"))
    signed_in(cast.owner).post(page_of(busy), {"everything": other.user.pk, action: cast.owner.pk})
    moved = RemediationAction.objects.get(pk=int(action.partition(":")[2]))
    assert moved.owner == cast.owner
    line = ActionEvent.objects.filter(action=moved, kind=ActionEvent.Kind.OWNER).latest("pk")
    assert (line.old, line.new, line.by) == (str(cast.contributor), str(cast.owner), cast.owner)
    told = Message.objects.get(recipient=other.user, kind=MessageKind.HANDED_OVER)
    assert [things[key].title in told.text for key in things] == [key != action for key in things]
    assert not Message.objects.filter(recipient=cast.owner, kind=MessageKind.HANDED_OVER).exists()  # did it themselves


def test_the_log_says_what_went_to_whom_and_who_once_had_it_stays_known(cast, busy):
    leaving.leave(busy, {one.key: cast.owner.pk for one in leaving.open_work(busy)}, by=cast.owner)
    kinds = list(
        AuditEntry.objects.filter(chain=cast.organisation.reference).order_by("seq").values_list("kind", flat=True)
    )
    assert kinds[-2:] == ["member_left", "work_handed_over"]
    told = AuditEntry.objects.filter(kind="work_handed_over").get().detail.content()
    assert told["member"] == cast.contributor.email
    assert set(told["to"].values()) == {cast.owner.email}
    kept = Involvement.objects.filter(user=cast.contributor).values_list("kind", flat=True)
    assert {Involvement.Kind.ASSIGNED, Involvement.Kind.OWNED} <= set(kept)


def test_who_has_the_same_section_already_keeps_it_once(cast, busy):
    asked = Assignment.objects.get(member=busy)
    mine = Membership.objects.get(user=cast.owner, organisation=cast.organisation)
    Assignment.objects.create(assessment=asked.assessment, section=SECTION, member=mine, by=cast.owner, note="Mine")
    leaving.leave(busy, {one.key: cast.owner.pk for one in leaving.open_work(busy)}, by=cast.owner)
    assert Assignment.objects.get(assessment=asked.assessment, section=SECTION).note == "Mine"


@pytest.mark.long
def test_work_goes_to_members_who_see_everything_alone(cast, busy):
    seen = {user.pk for one in leaving.open_work(busy) for user in one.to}
    for stranger in (cast.assigned, cast.viewer, cast.reviewer, cast.outsider, cast.contributor):
        assert stranger.pk not in seen
        with undone(), pytest.raises(InvalidAnswer):
            leaving.leave(busy, {one.key: stranger.pk for one in leaving.open_work(busy)}, by=cast.owner)
        answer = signed_in(cast.owner).post(page_of(busy), {"everything": stranger.pk})
        assert "everything" in answer.context["form"].errors
    assert Membership.objects.get(pk=busy.pk).left_at is None


def test_who_accepted_a_risk_does_not_get_it(cast, busy):
    action = RemediationAction.objects.exclude(status=ActionStatus.CLOSED).get(owner=cast.contributor)
    RemediationAction.objects.filter(pk=action.pk).update(
        status=ActionStatus.ACCEPTED,
        risk_reason="It is small",
        risk_by=cast.owner,
        risk_until=in_days(30),
        risk_review=in_days(9),
    )
    other = make_member(Role.CONTRIBUTOR, cast.organisation, "Dora Deputy")
    answer = signed_in(cast.owner).post(page_of(busy), {"everything": cast.owner.pk})
    assert answer.context["form"].errors.keys() == {f"action:{action.pk}"}
    signed_in(cast.owner).post(page_of(busy), {"everything": cast.owner.pk, f"action:{action.pk}": other.user.pk})
    action.refresh_from_db()
    assert action.owner == other.user


def test_a_colleague_is_asked_to_take_over_the_seat_of_a_reviewer_who_leaves(cast):
    review = make_assessment(State.IN_REVIEW, "limited", organisation=cast.organisation, route=Route.INDEPENDENT)
    held = review.current_submission.seats.get()
    member = Membership.objects.get(user=held.reviewer, organisation=cast.body)
    (seat,) = leaving.open_work(member)
    assert seat.key == f"seat:{held.pk}"
    other = next(user for user in (cast.independent, cast.second_independent) if user != held.reviewer)
    assert seat.to == (other,)
    leaving.leave(member, {seat.key: other.pk}, by=other)
    asked = SeatRequest.objects.get(submission=review.current_submission, ended_at=None)
    assert (asked.holder, asked.to, asked.seat) == (held.reviewer, other, Seat.FIRST)
    seat_requests.take_over(asked, by=other)
    held.refresh_from_db()
    assert held.reviewer == other


def test_anybody_may_leave_and_nobody_removes_others_but_owners(cast, busy):
    client = signed_in(cast.contributor)
    assert "Leave this organisation?" in text_of(client.get(page_of(busy)))
    assert page_of(busy) in client.get(cast.organisation.get_absolute_url()).content.decode()
    assert client.post(page_of(busy), {"everything": cast.owner.pk}).url == reverse("dashboard")
    assert client.get(cast.organisation.get_absolute_url()).status_code == 404
    viewer = Membership.objects.get(user=cast.viewer)
    assert signed_in(cast.assigned).get(page_of(viewer)).status_code == 403


def test_the_last_owner_reads_what_to_do_and_has_no_button(cast):
    member = Membership.objects.get(user=cast.owner, organisation=cast.organisation)
    text = text_of(signed_in(cast.owner).get(page_of(member)))
    assert "Make somebody else an owner first" in text
    answer = markup_of(signed_in(cast.owner).get(page_of(member)))
    assert 'btn-outline-danger" type="submit"' not in answer


def test_what_changed_meanwhile_is_asked_for_and_nothing_is_half_done(cast, busy):
    """Between page and press somebody gave them more: the press says so, and hands nothing over."""
    chosen = {one.key: cast.owner.pk for one in leaving.open_work(busy)}
    draft = Assignment.objects.get(member=busy).assessment
    asking.ask(draft, OTHER_SECTION, busy, by=cast.owner)
    with undone(), pytest.raises(InvalidAnswer):
        leaving.leave(busy, chosen, by=cast.owner)
    assert Membership.objects.get(pk=busy.pk).left_at is None
    assert Assignment.objects.filter(member=busy).count() == 2
