"""Reviewers' work around a case: who may take, hand over, write and answer, and that no decision is rewritten."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.access import finders
from assessments.core.errors import InvalidAnswer, Locked, NotPermitted, SeparationOfDuties, WorkflowError
from assessments.core.holidays import weekday_holidays
from assessments.core.working_days import is_working_day, working_days, working_days_later
from assessments.domain.certificates import standing
from assessments.domain.review import appeals, decisions, interests, marks, messages, queue, seat_requests, seat_taking
from assessments.domain.review import approval as review_approval
from assessments.domain.review.queue_rows import late_before
from assessments.domain.submission import submit
from assessments.models import (
    Appeal,
    AppealKind,
    Assessment,
    AuditEntry,
    CaseMessage,
    CertificateEvent,
    Interest,
    Membership,
    Message,
    Role,
    Route,
    Seat,
    SeatRequest,
    State,
    Submission,
)
from assessments.models.base import FrozenRow
from assessments.notifications.kinds import MessageKind
from tests.support.factories import in_days, make_assessment, make_member, mark_all, save

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

QUESTION = "use-register"


def sent(assessment):
    return Submission.objects.filter(assessment=assessment).order_by("-round")[0]


def case_of(state, cast, tier="limited", **fields):
    return sent(make_assessment(state, tier, cast=cast, **fields))


def log_of(submission):
    return [told.kind for told in finders.history_of(submission.assessment)]


def subjects(user, kind):
    return list(Message.objects.filter(recipient=user, kind=kind).values_list("subject", flat=True))


# --- interests -----------------------------------------------------------------------------------------------------------


def test_who_declares_a_conflict_takes_nothing_and_it_is_kept(cast):
    submission = case_of(State.SUBMITTED, cast)
    with pytest.raises(SeparationOfDuties):
        seat_taking.take(submission, by=cast.independent, conflict_of_interest="I built it.")
    assert not Interest.objects.exists()
    with pytest.raises(InvalidAnswer):
        interests.decline(submission, by=cast.independent, words=" ")
    interests.decline(submission, by=cast.independent, words="I built it.")
    with pytest.raises(SeparationOfDuties):
        seat_taking.take(submission, by=cast.independent)
    with pytest.raises(SeparationOfDuties):
        interests.declare_none(submission, by=cast.independent)
    assert not submission.seats.exists()
    assert log_of(submission)[-1] == "conflict_declared"
    seat_taking.take(submission, by=cast.second_independent)


def test_a_conflict_that_turns_up_later_ends_marking_and_deciding(cast):
    submission = case_of(State.IN_REVIEW, cast)
    mark_all(submission, by=cast.independent)
    interests.decline(submission, by=cast.independent, words="My brother has joined them.")
    acts = [
        lambda: marks.save_mark(
            submission, f"q:{QUESTION}", marks.GivenMark(mark="accepted", words="Seen."), by=cast.independent
        ),
        lambda: review_approval.approve(submission, by=cast.independent, statement="Fine."),
        lambda: decisions.refuse(submission, by=cast.independent, statement="No."),
        lambda: decisions.send_back(submission, by=cast.independent),
    ]
    for act in acts:
        with pytest.raises(SeparationOfDuties):
            act()
    assert "Ines Independent cannot review" in subjects(cast.second_independent, MessageKind.ASSIGNED)[0]


def test_a_conflict_holds_for_every_round_of_a_case(cast):
    assessment = make_assessment(State.RETURNED, "limited", cast=cast)
    interests.decline(sent(assessment), by=cast.second_independent, words="I sold it to them.")
    save(assessment, QUESTION, {"choice": "in_place", "text": "Here it is."}, by=cast.owner)
    again = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    with pytest.raises(SeparationOfDuties):
        seat_taking.take(again, by=cast.second_independent)


def test_answers_open_to_a_seat_or_a_declaration_alone(cast):
    submission = case_of(State.IN_REVIEW, cast)
    assert finders.is_open_to(cast.independent, submission.assessment)
    assert not finders.is_open_to(cast.second_independent, submission.assessment)
    interests.declare_none(submission, by=cast.second_independent)
    assert finders.is_open_to(cast.second_independent, submission.assessment)
    interests.decline(submission, by=cast.second_independent, words="I remember now: we shared an office.")
    assert not finders.is_open_to(cast.second_independent, submission.assessment)
    with pytest.raises(FrozenRow):
        Interest.objects.all().delete()


# --- seats ---------------------------------------------------------------------------------------------------------------


def test_a_colleague_is_asked_to_take_a_case_and_still_declares(cast):
    submission = case_of(State.SUBMITTED, cast)
    seat_requests.ask(submission, Seat.FIRST, cast.second_independent, by=cast.independent, note="You know clinics.")
    assert subjects(cast.second_independent, MessageKind.ASSIGNED) == [
        "Ines Independent has asked you to review: Booking and urgency sorting"
    ]
    assert not submission.seats.exists()
    seat_taking.take(submission, by=cast.second_independent)
    assert SeatRequest.objects.get().outcome == "taken"
    assert log_of(submission)[-2:] == ["assigned", "taken"]


@pytest.mark.parametrize("who", ["owner", "reviewer", "outsider", "staff"])
def test_a_case_is_assigned_to_nobody_but_a_colleague_who_may_review_it(who, cast):
    submission = case_of(State.SUBMITTED, cast)
    with pytest.raises(InvalidAnswer):
        seat_requests.ask(submission, Seat.FIRST, getattr(cast, who), by=cast.independent)
    assert not SeatRequest.objects.exists()


@pytest.mark.parametrize("who", ["owner", "contributor", "viewer", "outsider", "staff"])
def test_nobody_assigns_a_case_that_was_not_sent_to_them(who, cast):
    submission = case_of(State.SUBMITTED, cast)
    with pytest.raises(NotPermitted):
        seat_requests.ask(submission, Seat.FIRST, cast.second_independent, by=getattr(cast, who))


def test_a_seat_is_handed_over_with_a_note_and_its_marks_keep_their_names(cast):
    submission = case_of(State.IN_REVIEW, cast)
    mark_all(submission, by=cast.independent)
    with pytest.raises(InvalidAnswer):
        seat_requests.ask(submission, Seat.FIRST, cast.second_independent, by=cast.independent, note=" ")
    asked = seat_requests.ask(
        submission, Seat.FIRST, cast.second_independent, by=cast.independent, note="All but the facts."
    )
    assert submission.seats.get().reviewer == cast.independent
    with pytest.raises(NotPermitted):
        seat_requests.take_over(asked, by=cast.outsider)
    seat_requests.take_over(asked, by=cast.second_independent)
    seat = submission.seats.get()
    assert (seat.reviewer, seat.independent, seat.seat) == (cast.second_independent, True, Seat.FIRST)
    assert set(submission.marks.values_list("by", flat=True)) == {cast.independent.pk}
    with pytest.raises(NotPermitted):
        review_approval.approve(submission, by=cast.independent, statement="Too late.")
    mark_all(submission, by=cast.second_independent)
    review_approval.approve(submission, by=cast.second_independent, statement="Read and found in order.")
    with pytest.raises(WorkflowError):
        seat_requests.take_over(asked, by=cast.second_independent)
    assert "handed_over" in log_of(submission)


def test_a_seat_with_an_approval_is_not_handed_over(cast):
    third = make_member(Role.REVIEWER, cast.body, "Thea Third").user
    submission = case_of(State.IN_REVIEW, cast, "high")
    asked = seat_requests.ask(submission, Seat.FIRST, third, by=cast.independent, note="I leave on Friday.")
    mark_all(submission, by=cast.independent)
    review_approval.approve(submission, by=cast.independent, statement="Fine.")
    with pytest.raises(WorkflowError, match="so the case cannot be reassigned"):
        seat_requests.ask(submission, Seat.FIRST, third, by=cast.independent, note="I leave on Friday.")
    with pytest.raises(WorkflowError):
        seat_requests.take_over(asked, by=third)


def test_the_second_seat_is_given_to_independent_reviewers_alone(cast):
    submission = case_of(State.IN_REVIEW, cast, "high", route=Route.INSIDE)
    assert seat_requests.colleagues(submission, Seat.SECOND, cast.reviewer) == []
    beside = [one.user for one in seat_requests.colleagues(submission, Seat.SECOND, cast.independent)]
    assert beside == [cast.second_independent]
    assert [one.user for one in seat_requests.colleagues(submission, Seat.FIRST, cast.independent)] == beside


@pytest.mark.parametrize("tier", ["low", "limited", "high"])
def test_what_was_sent_to_the_reviewing_body_is_judged_by_it(tier, cast):
    """The owner chose an independent reviewer, and the organisation's own reads along."""
    submission = case_of(State.SUBMITTED, cast, tier)
    ravi = make_member(Role.REVIEWER, cast.organisation, "Ravi Reviewer").user
    with pytest.raises(SeparationOfDuties, match="was sent to the reviewing body"):
        seat_taking.take(submission, by=cast.reviewer)
    with pytest.raises(SeparationOfDuties, match="was sent to the reviewing body"):
        seat_requests.ask(submission, Seat.FIRST, ravi, by=cast.reviewer)
    assert not submission.seats.exists()
    assert finders.submissions_for(cast.reviewer).filter(pk=submission.pk).exists()
    own = case_of(State.SUBMITTED, cast, tier, route=Route.INSIDE)
    found = queue.queue_for(cast.reviewer, 10)
    assert [[row.pk for row in found[group].rows] for group in ("waiting", "team")] == [[own.pk], [submission.pk]]
    seat_requests.ask(own, Seat.FIRST, ravi, by=cast.reviewer)
    seat_taking.take(own, by=ravi)
    seat_taking.take(submission, by=cast.independent)


def test_who_joined_the_organisation_approves_nothing_that_was_sent_past_it(cast):
    """Ines hands her seat over, or a colleague does it for her; an in-house reviewer is not asked."""
    submission = case_of(State.IN_REVIEW, cast)
    mark_all(submission, by=cast.independent)
    asked = seat_requests.ask(submission, Seat.FIRST, cast.second_independent, by=cast.independent, note="I join them.")
    for who in (cast.independent, cast.second_independent):
        Membership.objects.create(user=who, organisation=cast.organisation, role=Role.VIEWER)
    with pytest.raises(SeparationOfDuties, match="was sent to the reviewing body"):
        review_approval.approve(submission, by=cast.independent, statement="Read.")
    with pytest.raises(SeparationOfDuties, match="was sent to the reviewing body"):
        seat_requests.take_over(asked, by=cast.second_independent)
    thea, theo = (make_member(Role.REVIEWER, cast.body, name).user for name in ("Thea Third", "Theo Third"))
    found = [one.user for one in seat_requests.colleagues(submission, Seat.FIRST, thea)]
    assert found == [theo]
    seat_requests.take_over(
        seat_requests.ask(submission, Seat.FIRST, theo, by=thea, note="Ines is a member now."), by=theo
    )
    mark_all(submission, by=theo)
    review_approval.approve(submission, by=theo, statement="Read.")
    assert Assessment.objects.get(pk=submission.assessment_id).state == State.CERTIFIED


def test_colleagues_hand_over_only_for_a_holder_who_is_away(cast):
    third = make_member(Role.REVIEWER, cast.body, "Thea Third").user
    submission = case_of(State.IN_REVIEW, cast)
    with pytest.raises(NotPermitted, match="This case is assigned to"):
        seat_requests.ask(submission, Seat.FIRST, third, by=cast.second_independent, note="It is late.")
    seat_requests.set_absence(cast.independent, in_days(0), in_days(9))
    asked = seat_requests.ask(submission, Seat.FIRST, third, by=cast.second_independent, note="It is late.")
    seat_requests.take_over(asked, by=third)
    assert submission.seats.get().reviewer == third


def test_whoever_is_away_is_asked_only_on_purpose(cast):
    submission = case_of(State.SUBMITTED, cast)
    seat_requests.set_absence(cast.second_independent, in_days(-2), in_days(3))
    with pytest.raises(InvalidAnswer) as refused:
        seat_requests.ask(submission, Seat.FIRST, cast.second_independent, by=cast.independent)
    assert refused.value.field == "although_away"
    seat_requests.ask(submission, Seat.FIRST, cast.second_independent, by=cast.independent, although_away=True)


@pytest.mark.parametrize(
    ("start", "end", "field"), [(0, None, "away_until"), (None, 0, "away_from"), (3, 1, "away_until")]
)
def test_an_absence_has_two_days_in_order(start, end, field, cast):
    days = [None if n is None else in_days(n) for n in (start, end)]
    with pytest.raises(InvalidAnswer) as refused:
        seat_requests.set_absence(cast.independent, *days)
    assert refused.value.field == field


@pytest.mark.long
def test_a_second_approver_may_return_and_the_first_approval_is_void(cast):
    assessment = make_assessment(State.IN_REVIEW, "high", cast=cast)
    first_round = sent(assessment)
    seat_taking.take(first_round, by=cast.second_independent)
    mark_all(first_round, by=cast.independent)
    review_approval.approve(first_round, by=cast.independent, statement="Fine.")
    marks.save_mark(
        first_round,
        f"q:{QUESTION}",
        marks.GivenMark(mark="change_needed", reason="not_shown", would_satisfy="The newest entry."),
        by=cast.second_independent,
    )
    decisions.send_back(first_round, by=cast.second_independent)
    save(assessment, QUESTION, {"choice": "in_place", "text": "Here it is."}, by=cast.owner)
    again = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    assert not again.decisions.exists()
    assert again.changed == 1
    assert first_round.changed is None
    seat_taking.take(again, by=cast.second_independent)
    mark_all(again, by=cast.second_independent)
    review_approval.approve(again, by=cast.second_independent, statement="Mended.")
    assessment.refresh_from_db()
    assert assessment.state == State.IN_REVIEW  # one approval of this round: the one before does not count


# --- messages ------------------------------------------------------------------------------------------------------------


def test_reviewer_and_applicant_write_to_each_other_without_a_return(cast):
    submission = case_of(State.IN_REVIEW, cast)
    asked = messages.say(submission, "Which clinics keep it?", by=cast.independent)
    assert messages.say(submission, "Which clinics keep it?", by=cast.independent) == asked  # sent twice
    messages.say(submission, "All six.", by=cast.contributor)
    lines = [(m.author, m.from_reviewer, m.text) for m in CaseMessage.objects.order_by("pk")]
    assert lines == [
        (cast.independent, True, "Which clinics keep it?"),
        (cast.contributor, False, "All six."),
    ]
    to_owner = Message.objects.get(recipient=cast.owner, kind=MessageKind.CASE_MESSAGE)
    assert to_owner.link == f"/assessments/{submission.assessment.reference}/review/#message-{asked.pk}"
    assert subjects(cast.independent, MessageKind.CASE_MESSAGE) == [
        "Connie Contributor wrote about the review of “Booking and urgency sorting”"
    ]
    assert subjects(cast.second_independent, MessageKind.CASE_MESSAGE) == []


@pytest.mark.parametrize("who", ["assigned", "viewer", "reviewer", "second_independent", "outsider", "staff"])
def test_case_message_by_anybody_else_is_refused(who, cast):
    submission = case_of(State.IN_REVIEW, cast)
    with pytest.raises(NotPermitted):
        messages.say(submission, "Hello.", by=getattr(cast, who))


def test_messages_end_with_the_decision(cast):
    submission = case_of(State.IN_REVIEW, cast)
    messages.say(submission, "Which clinics keep it?", by=cast.independent)
    decisions.refuse(submission, by=cast.independent, statement="No.")
    for who in (cast.owner, cast.independent):
        with pytest.raises(Locked, match="decided"):
            messages.say(submission, "One more thing.", by=who)
    waiting = case_of(State.SUBMITTED, cast)
    with pytest.raises(Locked, match="No reviewer is assigned to the case"):
        messages.say(waiting, "Hello?", by=cast.owner)


# --- appeals and complaints ------------------------------------------------------------------------------------------------


def refused_case(cast, **fields):
    submission = case_of(State.REFUSED, cast, **fields)
    return submission, submission.assessment, submission.decisions.get()


def test_each_decision_is_contested_once_by_an_owner(cast):
    _submission, assessment, decision = refused_case(cast)
    value = f"appeal-d{decision.pk}"
    for who in ("contributor", "viewer", "independent", "outsider", "staff"):
        with pytest.raises(NotPermitted):
            appeals.contest(assessment, value, "It is wrong.", by=getattr(cast, who))
    with pytest.raises(InvalidAnswer):
        appeals.contest(assessment, value, " ", by=cast.owner)
    appeals.contest(assessment, value, "It is wrong.", by=cast.owner)
    with pytest.raises(InvalidAnswer, match="once"):
        appeals.contest(assessment, value, "It is still wrong.", by=cast.owner)
    appeals.contest(assessment, f"complaint-d{decision.pk}", "It took too long.", by=cast.owner)
    assert [one.value for one in appeals.contestable(assessment)] == ["complaint-case"]
    with pytest.raises(FrozenRow):
        Appeal.objects.all().delete()


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("route", [Route.INSIDE, Route.INDEPENDENT])
def test_appeal_notifies_reviewers_of_the_body_without_a_part_in_the_case(route, cast):
    submission, assessment, decision = refused_case(cast, route=route)
    appeal = appeals.contest(assessment, f"appeal-d{decision.pk}", "It is wrong.", by=cast.owner)
    outside = [cast.second_independent] if route == Route.INDEPENDENT else [cast.independent, cast.second_independent]
    told = Message.objects.filter(kind=MessageKind.APPEAL)
    assert {message.recipient for message in told} == set(outside)
    for who in set(cast.everyone().values()) - set(outside):
        with pytest.raises(NotPermitted):
            appeals.answer(appeal, by=who, upheld=True, words="Start again.")
        assert not finders.appeals_for(who).exists()
    # To answer, the frozen copy may be read; nothing of it may be taken or decided.
    assert finders.submissions_to_read(outside[0]).filter(pk=submission.pk).exists()
    assert finders.submissions_for(outside[0]).filter(pk=submission.pk).exists() == (route == Route.INDEPENDENT)
    appeals.answer(appeal, by=outside[0], upheld=False, words="The register is three years old.")
    assert not told.filter(read_at=None).exists()
    with pytest.raises(SeparationOfDuties, match="answered"):
        appeals.answer(appeal, by=outside[-1], upheld=True, words="Start again.")


def test_whoever_gave_a_seat_away_does_not_answer_for_the_case(cast):
    third = make_member(Role.REVIEWER, cast.body, "Thea Third").user
    submission = case_of(State.IN_REVIEW, cast)
    seat_requests.take_over(
        seat_requests.ask(submission, Seat.FIRST, third, by=cast.independent, note="I leave on Friday."), by=third
    )
    decisions.refuse(submission, by=third, statement="No.")
    value = f"appeal-d{submission.decisions.get().pk}"
    appeal = appeals.contest(submission.assessment, value, "It is wrong.", by=cast.owner)
    assert not finders.appeals_for(cast.independent).exists()
    assert finders.appeals_for(cast.second_independent).get() == appeal


def test_an_upheld_appeal_opens_a_new_assessment_and_the_refused_one_stays(cast):
    _submission, assessment, decision = refused_case(cast)
    appeal = appeals.contest(assessment, f"appeal-d{decision.pk}", "It is wrong.", by=cast.owner)
    with pytest.raises(WorkflowError):
        appeals.open_again(appeal, by=cast.owner)
    appeals.answer(
        appeal, by=cast.second_independent, upheld=True, words="The reviewer overlooked annex 2. Send it again."
    )
    appeal = finders.appeals_in(assessment).get()
    with pytest.raises(NotPermitted):
        appeals.open_again(appeal, by=cast.contributor)
    begun = appeals.open_again(appeal, by=cast.owner)
    assert begun.follows == assessment
    assert begun.answers.filter(to_confirm=True).count() == assessment.answers.count()
    assert appeals.open_again(appeal, by=cast.owner) == begun
    assessment.refresh_from_db()
    assert assessment.state == State.REFUSED
    assert log_of(sent(assessment))[-2:] == ["appeal_lodged", "appeal_answered"]
    assert subjects(cast.independent, MessageKind.APPEAL_ANSWERED) == ["Appeal upheld: Booking and urgency sorting"]
    assert list(AuditEntry.objects.faults(cast.organisation.reference)) == []


def test_a_suspension_can_be_appealed_and_an_approval_complained_about(cast):
    submission = case_of(State.CERTIFIED, cast)
    event = CertificateEvent.objects.create(certificate=submission.certificate, kind="suspended")
    approval = submission.decisions.get()
    assert {one.value for one in appeals.contestable(submission.assessment)} == {
        f"complaint-d{approval.pk}",
        f"appeal-e{event.pk}",
        f"complaint-e{event.pk}",
        "complaint-case",
    }
    appeal = appeals.contest(submission.assessment, f"appeal-e{event.pk}", "We mended it.", by=cast.owner)
    assert (appeal.kind, appeal.event) == (AppealKind.APPEAL, event)


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("who", ["body", "inside", "self-declared"])
def test_an_upheld_appeal_of_a_suspension_asks_whoever_may_reinstate(who, cast, client):
    """Nothing stands again by itself, and nobody is asked who could not do it."""
    tier, route = (
        ("low" if who == "self-declared" else "limited"),
        Route.INSIDE if who == "inside" else Route.INDEPENDENT,
    )
    submission = case_of(State.CERTIFIED, cast, tier, route=route)
    certificate = submission.certificate
    by = cast.independent if who == "body" else cast.reviewer
    standing.suspend(certificate, by=by, reason="complaint", words="A patient wrote.")
    event = certificate.events.latest("pk")
    appeal = appeals.contest(submission.assessment, f"appeal-e{event.pk}", "We mended it.", by=cast.owner)
    assert appeals.wrongly_suspended(appeal) is None
    appeals.answer(appeal, by=cast.second_independent, upheld=True, words="It was mended. Reinstate it.")
    told = Message.objects.filter(kind=MessageKind.TO_REINSTATE)
    may = {
        "body": {cast.independent, cast.second_independent},
        "inside": {cast.reviewer},
        "self-declared": {cast.owner, cast.reviewer},
    }[who]
    assert {line.recipient for line in told} == may
    assert {line.link for line in told} == {reverse("certificate_status", args=[certificate.number])}
    assert certificate.status() == "suspended"
    client.force_login(cast.second_independent)
    interests.declare_none(submission, by=cast.second_independent)
    page = client.get(reverse("appeal", args=[appeal.reference])).content.decode()
    assert "is still suspended" in page
    assert ("Reinstate the certificate" in page) == (cast.second_independent in may)
    client.force_login(cast.owner)
    contest = reverse("contest", args=[submission.assessment.reference])
    assert f"Status of {certificate.number}" in client.get(contest).content.decode()
    standing.reinstate(certificate, by=min(may, key=lambda one: one.pk), reason="unfounded", words="Read again.")
    assert "is suspended still" not in client.get(contest).content.decode()


def test_a_rejected_appeal_and_a_complaint_ask_nobody_to_reinstate(cast):
    submission = case_of(State.CERTIFIED, cast)
    standing.suspend(submission.certificate, by=cast.independent, reason="complaint", words="A patient wrote.")
    event = submission.certificate.events.latest("pk")
    for kind, upheld in (("appeal", False), ("complaint", True)):
        lodged = appeals.contest(submission.assessment, f"{kind}-e{event.pk}", "We mended it.", by=cast.owner)
        appeals.answer(lodged, by=cast.second_independent, upheld=upheld, words="Read.")
    assert not Message.objects.filter(kind=MessageKind.TO_REINSTATE).exists()


def test_an_upheld_appeal_of_a_revocation_opens_a_new_assessment(cast):
    """A revocation is for good: what follows is another certificate."""
    submission = case_of(State.CERTIFIED, cast)
    standing.revoke(submission.certificate, by=cast.independent, reason="untrue", words="It was not so.")
    event = submission.certificate.events.latest("pk")
    appeal = appeals.contest(submission.assessment, f"appeal-e{event.pk}", "It is so.", by=cast.owner)
    appeals.answer(appeal, by=cast.second_independent, upheld=True, words="It was so. Send it again.")
    begun = appeals.open_again(finders.appeals_in(submission.assessment).get(), by=cast.owner)
    assert (begun.state, begun.follows) == (State.DRAFT, submission.assessment)
    assert begun.answers.filter(to_confirm=True).count() == submission.assessment.answers.count()
    assert submission.certificate.status() == "revoked"


# --- taking a request back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
def test_whoever_asked_a_colleague_takes_that_back_and_who_knew_of_it_is_told(known, cast):
    third = make_member(Role.REVIEWER, cast.body, "Thea Third").user
    submission = case_of(State.SUBMITTED, cast)
    asked = seat_requests.ask(submission, Seat.FIRST, cast.second_independent, by=cast.independent)
    if known:
        Message.objects.filter(kind=MessageKind.ASSIGNED).update(mailed_at=timezone.now())
    for who in (third, cast.second_independent, cast.reviewer, cast.owner, cast.staff):
        with pytest.raises(NotPermitted):
            seat_requests.stop_asking(asked, by=who)
    seat_requests.stop_asking(asked, by=cast.independent)
    assert subjects(cast.second_independent, MessageKind.ASSIGNED) == []
    words = ["Request withdrawn: review of “Booking and urgency sorting”"] if known else []
    assert subjects(cast.second_independent, MessageKind.ASKED_NO_MORE) == words
    assert log_of(submission)[-1] == "request_taken_back"
    asked.refresh_from_db()
    assert (asked.ended_at is not None, asked.outcome) == (True, "recalled")
    with pytest.raises(WorkflowError, match="already been withdrawn or answered"):
        seat_requests.stop_asking(asked, by=cast.independent)
    seat_requests.ask(submission, Seat.FIRST, cast.second_independent, by=cast.independent)  # and asks again


def test_a_seat_that_is_no_longer_handed_over_stays_with_its_holder(cast):
    submission = case_of(State.IN_REVIEW, cast)
    asked = seat_requests.ask(
        submission, Seat.FIRST, cast.second_independent, by=cast.independent, note="I leave on Friday."
    )
    seat_requests.stop_asking(asked, by=cast.independent)
    with pytest.raises(WorkflowError):
        seat_requests.take_over(asked, by=cast.second_independent)
    assert submission.seats.get().reviewer == cast.independent


# --- working days --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [("2026-11-20", "2026-11-20", 0), ("2026-11-20", "2026-11-23", 1), ("2026-11-20", "2026-12-04", 10),
     ("2026-11-21", "2026-11-22", 0), ("2026-11-25", "2026-11-20", 0)],
)  # fmt: skip
def test_working_days_are_monday_to_friday(since, until, days):
    assert working_days(date.fromisoformat(since), date.fromisoformat(until)) == days


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2026-09-25", "2026-10-05", 5),  # National Day is a Thursday; the day after Mid-Autumn is a Saturday anyway
        ("2026-12-24", "2026-12-28", 1),  # Christmas Day, a Friday
        ("2027-02-05", "2027-02-10", 1),  # the third and the fourth day of Lunar New Year
        ("2027-03-25", "2027-03-30", 1),  # Good Friday and Easter Monday
        ("2026-04-02", "2026-04-08", 1),  # Good Friday, Easter Monday moved on by Ching Ming
        ("2028-01-24", "2028-01-31", 5),  # no list of that year yet
    ],
)
def test_general_holidays_are_no_working_days(since, until, days):
    since, until = date.fromisoformat(since), date.fromisoformat(until)
    assert working_days(since, until) == days
    assert working_days_later(since, days) == until


def test_the_holidays_are_weekdays_in_order_and_both_counts_agree():
    assert list(weekday_holidays()) == sorted(set(weekday_holidays()))
    assert {day.weekday() < 5 for day in weekday_holidays()} == {True}
    start = date(2026, 1, 1)
    for n in range(0, 800, 7):
        day = start + timedelta(days=n)
        for ahead in (1, 10):
            last = working_days_later(day, ahead)
            assert is_working_day(last)
            assert working_days(day, last) == ahead
            by_hand = sum(is_working_day(day + timedelta(days=i)) for i in range(1, (last - day).days + 1))
            assert by_hand == ahead


def test_late_before_agrees_with_the_count_of_working_days():
    today = date(2026, 11, 25)  # a Wednesday
    limit = late_before(today, 10)
    assert timezone.localtime(limit).date() == date(2026, 11, 11)
    for n in range(40):
        day = today - timedelta(days=n)
        assert (day < timezone.localtime(limit).date()) == (working_days(day, today) > 10)
    assert working_days_later(date(2026, 11, 11), 10) == today
    assert working_days_later(date(2026, 11, 21), 1) == date(2026, 11, 23)
