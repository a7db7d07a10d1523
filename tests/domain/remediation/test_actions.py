"""What happens to a remediation action: planned, done, accepted, reopened; the risks accepted instead; its answer."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.formats import date_format

from assessments.core.errors import InvalidAnswer, NotPermitted, SeparationOfDuties, WorkflowError
from assessments.domain.answering import reuse, start
from assessments.domain.register import members
from assessments.domain.remediation import actions as remediation_actions
from assessments.domain.remediation import dates, opening, risks
from assessments.domain.review import approval, seat_taking
from assessments.domain.submission import self_certify, submit
from assessments.models import (
    ActionEvent,
    ActionStatus,
    Assessment,
    AuditEntry,
    Certificate,
    Condition,
    Membership,
    Message,
    Role,
    State,
    assessments,
)
from assessments.models.base import FrozenRow
from assessments.models.snapshots import build_snapshot
from tests.support.acting import CONDITION, CONSIDER, SHOULD, action_on, close_as, make_conditioned, report_done, sent
from tests.support.factories import (
    Cast,
    anew,
    in_days,
    make_assessment,
    make_evidence,
    make_member,
    make_user,
    mark_all,
    save,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def once_for_all(cast: Cast) -> Assessment:
    return make_conditioned(cast)


@pytest.fixture
def assessment(made: tuple[Cast, Assessment], db: None) -> Assessment:
    return anew(made[1])


def other_owner(cast: Cast):
    return make_member(Role.OWNER, cast.organisation, "Oscar Owner").user


def history(action) -> list[tuple[str, str, str]]:
    return list(ActionEvent.objects.filter(action=action).order_by("pk").values_list("kind", "old", "new"))


# --- planning --------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_plan_names_who_by_when_and_how_much_work_and_keeps_what_it_was(cast, assessment):
    action = action_on(assessment, SHOULD)
    old_due = action.due
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=in_days(20), effort="L")
    action = action_on(assessment, SHOULD)
    assert (action.owner, action.due, action.effort) == (cast.contributor, in_days(20), "L")
    assert history(action) == [
        ("owner", "", "Connie Contributor"),
        ("due", old_due.isoformat(), in_days(20).isoformat()),
        ("effort", "M", "L"),
    ]
    told = Message.objects.get(recipient=cast.contributor, kind="action_assigned")
    assert told.link == action.get_absolute_url()
    assert AuditEntry.objects.filter(kind="action_planned").count() == 1
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=in_days(20), effort="L")
    assert AuditEntry.objects.filter(kind="action_planned").count() == 1  # nothing differs, nothing is written


@pytest.mark.parametrize("who", ["viewer", "reviewer", "independent", "outsider", "staff"])
def test_only_owners_and_contributors_plan_note_attach_and_report(cast, assessment, who):
    action, by = action_on(assessment, SHOULD), getattr(cast, who)
    piece = make_evidence(cast.organisation, by=cast.owner)
    for act in (
        lambda: dates.plan(action, by=by, owner=None, due=in_days(9), effort="S"),
        lambda: dates.move_dates([action], in_days(9), by=by),
        lambda: remediation_actions.comment(action, "Hello", by=by),
        lambda: remediation_actions.attach(action, piece, by=by),
        lambda: remediation_actions.report(action, by=by, note="Done."),
        lambda: risks.accept_risk(action, by=by, reason="Small.", until=in_days(9), review=in_days(5)),
    ):
        with pytest.raises(NotPermitted):
            act()
    assert not ActionEvent.objects.filter(action=action).exists()


def test_an_action_is_owned_by_somebody_who_works_there(cast, assessment):
    action = action_on(assessment, SHOULD)
    for stranger in (cast.viewer, cast.outsider, cast.reviewer):
        with pytest.raises(InvalidAnswer) as refused:
            dates.plan(action, by=cast.owner, owner=stranger, due=action.due, effort=action.effort)
        assert refused.value.field == "owner"


def test_a_date_is_neither_past_nor_after_the_condition(cast, assessment):
    action = action_on(assessment, CONDITION)
    assert action.due == in_days(60)  # one date everywhere: the condition's
    for due in (in_days(-1), in_days(61)):
        with pytest.raises(InvalidAnswer) as refused:
            dates.plan(action, by=cast.owner, owner=None, due=due, effort=action.effort)
        assert refused.value.field == "due"
    dates.plan(action, by=cast.owner, owner=None, due=in_days(30), effort=action.effort)
    assert action_on(assessment, CONDITION).due == in_days(30)


def test_several_dates_are_set_in_one_go_and_taken_back_in_one(cast, assessment):
    actions = [action_on(assessment, key) for key in (CONDITION, SHOULD, CONSIDER)]
    before = [action.due for action in actions]
    moved = dates.move_dates(actions, in_days(80), by=cast.contributor)
    assert (moved.changed, moved.left) == (2, 1)  # the condition cannot wait so long
    after = [action_on(assessment, key).due for key in (CONDITION, SHOULD, CONSIDER)]
    assert after == [before[0], in_days(80), in_days(80)]
    dates.plan(action_on(assessment, CONSIDER), by=cast.owner, owner=None, due=in_days(81), effort="M")
    back = dates.take_back_dates(moved.batch, by=cast.owner)
    assert (back.changed, back.left) == (1, 1)  # what somebody has set since stays
    assert [action_on(assessment, key).due for key in (SHOULD, CONSIDER)] == [before[1], in_days(81)]
    assert dates.take_back_dates(moved.batch, by=cast.owner).changed == 0


@pytest.mark.long
def test_what_was_planned_by_hand_outlives_the_next_round(cast):
    assessment = make_assessment(State.RETURNED, "limited", cast=cast, answers={SHOULD: {"choice": "not_in_place"}})
    action = action_on(assessment, SHOULD)
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=in_days(300), effort="S")
    submit.submit(assessment, by=cast.owner, route=assessments.Route.INDEPENDENT)
    action = action_on(assessment, SHOULD)
    assert (action.owner, action.due, action.effort) == (cast.contributor, in_days(300), "S")
    kept = {one["number"]: one["due"] for one in sent(assessment).content()["actions"]}
    assert kept[action.number] == in_days(300).isoformat()


def test_the_history_of_an_action_is_never_rewritten(cast, assessment):
    event = remediation_actions.comment(
        action_on(assessment, SHOULD), "The framework waits for the board.", by=cast.contributor
    )
    event.words = "Nothing"
    with pytest.raises(FrozenRow):
        event.save()
    with pytest.raises(FrozenRow):
        ActionEvent.objects.all().delete()
    if connection.vendor == "postgresql":
        with pytest.raises(Exception, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE assessments_actionevent SET words = ''")


# --- done, accepted, not yet --------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_reviewer_accepts_or_says_what_is_missing(cast, assessment):
    action = action_on(assessment, CONDITION)
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=action.due, effort=action.effort)
    report_done(action_on(assessment, CONDITION), by=cast.owner)
    assert Message.objects.get(recipient=cast.independent, kind="action_reported").link == action.get_absolute_url()
    with pytest.raises(InvalidAnswer):
        remediation_actions.decline(action, by=cast.independent, words=" ")
    with pytest.raises(NotPermitted):
        remediation_actions.decline(action, by=cast.owner, words="No.")
    remediation_actions.decline(action, by=cast.independent, words="Tai O is not in it.")
    assert action_on(assessment, CONDITION).status == ActionStatus.OPEN
    assert Message.objects.get(recipient=cast.contributor, kind="action_declined").text == "Tai O is not in it."
    report_done(action, by=cast.contributor, note="Tai O too.")
    close_as(action, by=cast.independent)
    kinds = [kind for kind, _old, _new in history(action) if kind != "attached"]
    assert kinds == ["owner", "reported", "reopened", "reported", "closed"]
    assert Condition.objects.get(question=CONDITION).met_by == cast.independent
    with pytest.raises(WorkflowError):
        dates.plan(action, by=cast.owner, owner=None, due=in_days(3), effort="S")


def test_who_gave_the_evidence_of_an_action_cannot_accept_it(cast, assessment):
    """Somebody who was a contributor when they attached it, and has the seat now."""
    action = action_on(assessment, CONDITION)
    piece = make_evidence(cast.organisation, by=cast.owner)
    remediation_actions.attach(action, piece, by=cast.contributor)
    remediation_actions.report(action, by=cast.owner, note="Done.")
    Membership.objects.filter(user=cast.contributor).update(role=Role.REVIEWER)
    sent(assessment).seats.update(reviewer=cast.contributor)
    with pytest.raises(SeparationOfDuties):
        close_as(action, by=cast.contributor)


# --- the answer of a closed action -------------------------------------------------------------------------------------


def close(assessment, question, cast) -> None:
    action = action_on(assessment, question)
    piece = make_evidence(cast.organisation, by=cast.owner, title="Register of November")
    remediation_actions.attach(action, piece, by=cast.contributor)
    remediation_actions.report(action, by=cast.contributor, note="All five clinics are in it.")
    close_as(action, by=cast.independent)


@pytest.mark.long
def test_the_next_assessment_starts_with_the_practice_that_a_closed_action_put_in_place(cast, assessment):
    submission = sent(assessment)
    snapshot = submission.snapshot
    close(assessment, CONDITION, cast)
    following = start.start_assessment(assessment.use, by=cast.owner)
    (row,) = following.answers.select_related("question")
    assert (row.question.key, row.choice, row.to_confirm) == (CONDITION, "in_place", False)
    number, today = action_on(assessment, CONDITION).number, date_format(timezone.localdate(), "DATE_FORMAT")
    assert row.text == (
        f"All five clinics are in it.\n\nConfirmed as in place on {today}, when action {number} was closed."
    )
    assert row.closed_action == action_on(assessment, CONDITION).number
    (leaning,) = row.evidence_uses.all()
    assert (leaning.evidence.title, leaning.by) == ("Register of November", cast.contributor)
    assert list(following.answer_values()) == [CONDITION]  # it counts: a reviewer has confirmed it
    assert row.by == cast.owner  # who opened the assessment; a reviewer never becomes one who answered
    submission.refresh_from_db()
    assert submission.snapshot == snapshot
    assert assessment.answers.get(question__key=CONDITION).choice == "partly"


@pytest.mark.long
def test_closing_an_action_brings_an_untouched_answer_of_an_open_draft_up_to_date(cast, assessment):
    following = start.start_assessment(assessment.use, by=cast.owner)
    source = assessment.answers.select_related("question", "assessment").get(question__key=CONDITION)
    reuse.copy_answers(following, [source], by=cast.owner)
    reuse.confirm_copied(following, CONDITION, by=cast.owner, base=1)
    following.refresh_from_db()
    assert following.answered == 1
    close(assessment, CONDITION, cast)
    row = following.answers.get(question__key=CONDITION)
    assert (row.choice, row.to_confirm) == ("in_place", False)
    assert row.closed_action == action_on(assessment, CONDITION).number
    versions = row.revisions.order_by("number").values_list("value__choice", "outcome", "by")
    assert list(versions) == [
        ("partly", "carried", cast.owner.pk),
        ("partly", "current", cast.owner.pk),  # confirmed as it was
        ("in_place", "carried", cast.contributor.pk),
    ]
    following.refresh_from_db()
    assert following.answered == 1


def test_closing_an_action_asks_for_an_answer_again_that_somebody_edited_meanwhile(cast, assessment):
    following = start.start_assessment(assessment.use, by=cast.owner)
    save(following, CONDITION, {"choice": "partly", "text": "Four of five by now."}, by=cast.owner)
    close(assessment, CONDITION, cast)
    row = following.answers.get(question__key=CONDITION)
    assert (row.choice, row.text, row.to_confirm) == ("partly", "Four of five by now.", True)


@pytest.mark.long
def test_an_action_that_a_new_answer_closed_asks_for_nothing(cast):
    assessment = make_assessment(State.RETURNED, "limited", cast=cast, answers={SHOULD: {"choice": "not_in_place"}})
    assessment.answers.filter(question__key=SHOULD).update(choice="in_place")
    submission = submit.submit(assessment, by=cast.owner, route=assessments.Route.INDEPENDENT)
    assert action_on(assessment, SHOULD).status == ActionStatus.CLOSED
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="In order.")
    following = start.start_assessment(assessment.use, by=cast.owner)
    assert not following.answers.exists()


# --- accepting a risk -----------------------------------------------------------------------------------------------------


def accepted(assessment, cast, **changed):
    action = action_on(assessment, SHOULD)
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=action.due, effort=action.effort)
    fields = {"reason": "Few use it.", "until": in_days(100), "review": in_days(50)} | changed
    risks.accept_risk(action_on(assessment, SHOULD), by=cast.owner, **fields)
    return action_on(assessment, SHOULD)


def test_an_owner_accepts_the_risk_of_somebody_else_s_action(cast, assessment):
    action = accepted(assessment, cast)
    assert (action.status, action.risk_by, action.risk_until) == (ActionStatus.ACCEPTED, cast.owner, in_days(100))
    assert Message.objects.get(recipient=cast.contributor, kind="risk_accepted").link == action.get_absolute_url()
    with pytest.raises(WorkflowError):
        remediation_actions.report(action, by=cast.contributor, note="Done.")
    with pytest.raises(InvalidAnswer):
        dates.plan(action, by=cast.owner, owner=cast.owner, due=action.due, effort=action.effort)
    risks.end_risk(action, by=cast.contributor)
    assert action_on(assessment, SHOULD).status == ActionStatus.OPEN


def test_nobody_accepts_the_risk_of_their_own_action_or_of_nobody_s(cast, assessment):
    action = action_on(assessment, SHOULD)
    fields = {"reason": "Few use it.", "until": in_days(100), "review": in_days(50)}
    with pytest.raises(WorkflowError):  # nobody owns it yet
        risks.accept_risk(action, by=cast.owner, **fields)
    dates.plan(action, by=cast.owner, owner=cast.owner, due=action.due, effort=action.effort)
    with pytest.raises(SeparationOfDuties):
        risks.accept_risk(action, by=cast.owner, **fields)
    with pytest.raises(NotPermitted):
        risks.accept_risk(action, by=cast.contributor, **fields)
    risks.accept_risk(action, by=other_owner(cast), **fields)
    action.refresh_from_db()
    with pytest.raises(IntegrityError), transaction.atomic():  # nor behind the back of all functions
        type(action).objects.filter(pk=action.pk).update(risk_by=action.owner)


@pytest.mark.parametrize("priority", sorted(opening.NEVER_ACCEPTED))
def test_what_blocks_is_never_accepted_as_a_risk(cast, assessment, priority):
    action = action_on(assessment, SHOULD)
    type(action).objects.filter(pk=action.pk).update(priority=priority, owner=cast.contributor)
    with pytest.raises(WorkflowError):
        risks.accept_risk(action, by=cast.owner, reason="Small.", until=in_days(9), review=in_days(5))


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("reason", "  "),
        ("until", 0),
        ("until", 181),
        ("review", 101),
    ],  # days from the day of the test, not of its loading
)
def test_a_risk_is_accepted_with_a_reason_for_at_most_half_a_year(cast, assessment, field, given):
    with pytest.raises(InvalidAnswer) as refused:
        accepted(assessment, cast, **{field: in_days(given) if isinstance(given, int) else given})
    assert refused.value.field == field


def test_an_accepted_risk_comes_back_by_itself_the_day_after(cast, assessment):
    action = accepted(assessment, cast)
    assert risks.return_risks(in_days(100)) == 0  # its last day counts in full
    assert risks.return_risks(in_days(101)) == 1
    assert risks.return_risks(in_days(101)) == 0
    assert action_on(assessment, SHOULD).status == ActionStatus.OPEN
    last = ActionEvent.objects.filter(action=action).latest("pk")
    assert (last.kind, last.by) == ("risk_ended", None)
    assert set(Message.objects.filter(kind="risk_returned").values_list("recipient", flat=True)) == {
        cast.owner.pk,
        cast.contributor.pk,
    }


def test_an_accepted_risk_earns_no_credit_and_stands_through_the_next_round(cast, assessment):
    action = accepted(assessment, cast)
    following = start.start_assessment(assessment.use, by=cast.owner)
    for row in assessment.answers.select_related("question"):
        row.pk, row.assessment = None, following
        row.save()
    before = build_snapshot(following, final=True)["findings"]
    assert any(finding["question"] == SHOULD for finding in before)
    submit.submit(following, by=cast.owner, route=assessments.Route.INDEPENDENT)
    action.refresh_from_db()
    assert action.status == ActionStatus.ACCEPTED
    type(action).objects.filter(pk=action.pk).update(priority="must")  # were it asked more strongly by now
    content = {**sent(following).content(), "actions": build_snapshot(following, final=True)["actions"]}
    content["actions"] = [{**one, "priority": "must"} for one in content["actions"] if one["question"] == SHOULD]
    with transaction.atomic():
        opening.open_actions(following, following.compiled(), content, by=cast.owner)
    action.refresh_from_db()
    assert action.status == ActionStatus.OPEN


def test_actions_whose_owner_left_are_found(cast, assessment):
    action = action_on(assessment, SHOULD)
    leaver = make_user("Lea Leaver")
    member = members.join(leaver, cast.organisation, Role.CONTRIBUTOR, by=cast.owner)
    dates.plan(action, by=cast.owner, owner=leaver, due=action.due, effort=action.effort)
    assert not type(action).objects.left_alone().exists()
    members.remove_member(member, by=cast.owner)
    assert [one.pk for one in type(action).objects.left_alone()] == [action.pk]


@pytest.mark.long
def test_a_certificate_that_waited_for_an_action_is_issued_with_its_closing(cast):
    assessment = make_assessment(
        State.APPROVED, "limited", cast=cast, answers={CONDITION: {"choice": "partly", "text": "Two of five."}}
    )
    close(assessment, CONDITION, cast)
    assert Certificate.objects.filter(submission__assessment=assessment).exists()


@pytest.mark.long
def test_an_owner_accepts_what_was_self_declared_and_not_what_a_reviewer_approved(cast):
    """The first is the owner's own word, and the certificate says so; the second says that it was reviewed."""
    gap = {"use-register": {"choice": "partly", "text": "Half."}}
    own = make_assessment(State.DRAFT, "low", cast=cast, answers=gap)
    self_certify.self_certify(own, by=cast.owner, conditions={"use-register": in_days(30)})
    reviewed = make_assessment(State.APPROVED, "low", cast=cast, answers=gap)
    for assessment in (own, reviewed):
        report_done(action_on(assessment, "use-register"), by=cast.owner)
    close_as(action_on(own, "use-register"), by=cast.owner)
    with pytest.raises(NotPermitted):
        close_as(action_on(reviewed, "use-register"), by=cast.owner)
    reviewed.refresh_from_db()
    assert reviewed.state == State.APPROVED
    close_as(action_on(reviewed, "use-register"), by=cast.independent)
    reviewed.refresh_from_db()
    assert reviewed.state == State.CERTIFIED
