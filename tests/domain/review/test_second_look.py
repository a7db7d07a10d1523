"""A blind second look comes after the decision, shows nothing of the first before its own marks, and changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments import scheduled
from assessments.access import finders
from assessments.audit.kinds import AuditKind
from assessments.core.errors import InvalidAnswer, Locked, NotPermitted, NotReady, SeparationOfDuties, WorkflowError
from assessments.domain.review import (
    approval,
    leads,
    opened,
    quality_rules,
    second_look,
    second_look_comparing,
    second_look_giving,
)
from assessments.domain.review.second_look_comparing import MILDER, SAME, STRICTER
from assessments.domain.review.second_look_giving import GivenMark
from assessments.domain.review.targets import decisive_targets, review_targets
from assessments.domain.submission import taking_back
from assessments.models import (
    AuditEntry,
    Certificate,
    CertificateEvent,
    Interest,
    Involvement,
    Membership,
    Message,
    ReviewMark,
    Role,
    Route,
    SecondLook,
    SecondLookMark,
    State,
    Submission,
    edition_for,
)
from assessments.notifications.kinds import MessageKind
from tests.domain.review.second_looks import decided, finished, given_of, offered, taken
from tests.support.factories import make_assessment, make_cast, make_member, make_user, mark_all
from tests.support.looking import shown

pytestmark = pytest.mark.sqlite_alone


@pytest.fixture
def cast(db):
    return make_cast()


def kinds(submission):
    entries = AuditEntry.objects.filter(object=f"assessment:{submission.assessment.reference}").order_by("seq")
    return list(entries.values_list("kind", flat=True))


# --- which cases ---------------------------------------------------------------------------------------------------------


def test_the_share_that_is_drawn_is_about_right_under_a_fixed_key(settings):
    settings.SECRET_KEY = "a fixed key, so that this test always draws alike " * 2
    names = [f"case{n:08}" for n in range(5000)]
    for percent in (0, 10, 20, 100):
        hit = sum(second_look.is_drawn(name, percent) for name in names)
        assert abs(hit - 50 * percent) <= 100, (percent, hit)  # two points in a hundred either way


def test_the_draw_depends_on_the_key_so_that_nobody_can_work_it_out(settings):
    names = [f"case{n:08}" for n in range(500)]
    settings.SECRET_KEY = "one key that is long enough for a signature of this kind"
    before = [second_look.is_drawn(name, 20) for name in names]
    assert before == [second_look.is_drawn(name, 20) for name in names]
    settings.SECRET_KEY = "another key that is long enough for such a signature"
    assert before != [second_look.is_drawn(name, 20) for name in names]


@pytest.fixture
def always(monkeypatch):
    """Rules by which every case is drawn, so that which one is does not depend on chance."""
    rules = quality_rules.rules_on(timezone.localdate())
    whole = type(rules)(
        **{name: getattr(rules, name) for name in rules.__slots__} | {"share_percent": {"low": 100, "limited": 100}}
    )
    monkeypatch.setattr(second_look, "rules_on", lambda day: whole)


@pytest.mark.long
def test_decided_cases_with_one_reviewer_are_drawn_once_and_never_again(cast, always):
    certified, refused = decided(cast), decided(cast, state=State.REFUSED)
    low = make_assessment(State.IN_REVIEW, "low", cast=cast).current_submission
    mark_all(low, by=cast.independent)
    approval.approve(low, by=cast.independent, statement="Read and found in order.")
    assert second_look.draw_due() == 3
    assert set(SecondLook.objects.values_list("submission", flat=True)) == {certified.pk, refused.pk, low.pk}
    assert kinds(certified)[-1] == AuditKind.SECOND_LOOK_DRAWN
    before = AuditEntry.objects.count()
    assert second_look.draw_due() == 0
    assert AuditEntry.objects.count() == before


@pytest.mark.long
def test_what_is_open_self_declared_or_high_is_not_drawn(cast, always):
    decided(cast, state=State.IN_REVIEW)
    decided(cast, state=State.RETURNED)
    decided(cast, tier="low")  # self-declared
    decided(cast, tier="high")
    decided(cast, state=State.WITHDRAWN)
    gap = {"accountable-owner": {"choice": "partly", "text": "For three of five clinics."}}
    approved = make_assessment(State.APPROVED, "limited", cast=cast, answers=gap)
    assert approved.state == State.APPROVED
    taking_back.withdraw(approved, by=cast.owner, reason="Not needed any more.")
    assert second_look.draw_due() == 0


def test_a_case_that_was_decided_long_ago_is_not_drawn(cast, always, monkeypatch):
    decided(cast)
    days = quality_rules.rules_on(timezone.localdate()).offered_days
    later = timezone.now() + timedelta(days=days + 1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert second_look.draw_due() == 0


@pytest.mark.long
def test_the_daily_sweep_draws(cast, always):
    decided(cast)
    step = next(step for step in scheduled.STEPS if step.do is second_look.draw_due)
    assert step.from_hour is not None
    step.do()
    assert SecondLook.objects.count() == 1


@pytest.mark.long
def test_a_look_keeps_the_rules_of_the_day_of_the_decision(cast, always):
    submission = decided(cast)
    second_look.draw_due()
    kept = SecondLook.objects.get(submission=submission).rules
    assert kept["release"] == 1
    assert kept["sha256"] == quality_rules.releases()[0].sha256
    assert kept["share_percent"]["limited"] == 100


@pytest.mark.long
def test_who_leads_the_body_asks_for_a_look_with_a_reason(cast):
    submission = decided(cast)
    for who in (cast.second_independent, cast.reviewer, cast.owner, cast.staff):
        with pytest.raises(NotPermitted):
            second_look.ask(submission, by=who, reason="I would like to know.")
    with pytest.raises(InvalidAnswer):
        second_look.ask(submission, by=cast.independent, reason="  ")
    look = second_look.ask(submission, by=cast.independent, reason="The first case of this kind.")
    assert (look.is_drawn, look.reason) == (False, "The first case of this kind.")
    with pytest.raises(WorkflowError):
        second_look.ask(submission, by=cast.independent, reason="Once more.")


@pytest.mark.long
def test_a_look_is_asked_for_at_cases_that_the_body_decided_alone(cast):
    for tier, state, route in (
        ("limited", State.IN_REVIEW, Route.INDEPENDENT),
        ("limited", State.CERTIFIED, Route.INSIDE),
        ("high", State.CERTIFIED, Route.INDEPENDENT),
    ):
        submission = decided(cast, tier, state, route)
        with pytest.raises(WorkflowError):
            second_look.ask(submission, by=cast.independent, reason="To be sure.")


# --- who gives it --------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_look_is_offered_to_a_reviewer_of_the_body_without_a_part_in_the_case(cast):
    look = offered(cast)
    offers = {name for name, user in cast.everyone().items() if second_look.offered_to(user)}
    assert offers == {"second_independent"}
    for who in set(cast.everyone()) - offers:
        with pytest.raises((NotPermitted, SeparationOfDuties)):
            second_look_giving.take(look, by=getattr(cast, who))
    assert SecondLook.objects.get().reviewer is None


@pytest.mark.long
def test_within_an_organisation_another_of_its_reviewers_gives_the_look(cast, always):
    colleague = make_member(Role.REVIEWER, cast.organisation, "Rosa Reviewer").user
    decided(cast, route=Route.INSIDE)
    second_look.draw_due()
    look = SecondLook.objects.get()
    assert not look.independent
    assert second_look.offered_to(colleague) == [look]
    for who in (cast.reviewer, cast.independent, cast.second_independent):
        assert second_look.offered_to(who) == []
        with pytest.raises((NotPermitted, SeparationOfDuties)):
            second_look_giving.take(look, by=who)
    assert second_look_giving.take(look, by=colleague).reviewer == colleague


@pytest.mark.long
def test_a_reviewer_who_opened_the_case_before_would_not_be_blind(cast):
    look = offered(cast)
    Interest.objects.create(assessment=look.submission.assessment, reviewer=cast.second_independent)
    assert second_look.offered_to(cast.second_independent) == []
    with pytest.raises(SeparationOfDuties):
        second_look_giving.take(look, by=cast.second_independent)


def test_a_conflict_of_interest_closes_the_look_and_leaves_it_to_others(cast):
    look = offered(cast)
    second_look_giving.decline(look, by=cast.second_independent, words="My sister works there.")
    assert second_look.offered_to(cast.second_independent) == []
    with pytest.raises(SeparationOfDuties):
        second_look_giving.take(look, by=cast.second_independent)
    third = make_member(Role.REVIEWER, cast.body, "Ilse Independent").user
    assert second_look_giving.take(look, by=third).reviewer == third


def test_who_worked_on_the_use_gives_no_look(cast):
    look = offered(cast)
    use = look.submission.assessment.use
    Involvement.objects.get_or_create(use=use, user=cast.second_independent)
    assert second_look.offered_to(cast.second_independent) == []
    with pytest.raises(SeparationOfDuties):
        second_look_giving.take(look, by=cast.second_independent)


def test_two_reviewers_cannot_take_the_same_look(cast):
    look = taken(cast)
    third = make_member(Role.REVIEWER, cast.body, "Ilse Independent").user
    with pytest.raises(WorkflowError):
        second_look_giving.take(look, by=third)
    assert second_look.offered_to(third) == []


def test_a_look_of_somebody_who_left_is_offered_again_without_their_marks(cast):
    look = taken(cast)
    second_look_giving.save_marks(look, given_of(look, cast.second_independent), by=cast.second_independent)
    Membership.objects.filter(user=cast.second_independent).update(left_at=timezone.now())
    third = make_member(Role.REVIEWER, cast.body, "Ilse Independent").user
    assert second_look.offered_to(third) == [look]
    assert second_look_giving.take(look, by=third).reviewer == third
    assert SecondLookMark.objects.count() == 0
    with pytest.raises(NotPermitted):
        second_look_giving.give(look, by=cast.second_independent)


@pytest.mark.parametrize("now", ["reviews for another organisation", "is a member of this organisation too"])
def test_a_look_of_somebody_who_may_not_give_it_any_more_is_offered_again(cast, now):
    look = taken(cast)
    third = make_member(Role.REVIEWER, cast.body, "Ilse Independent").user
    assert second_look.offered_to(third) == []
    if now.startswith("reviews"):
        Membership.objects.filter(user=cast.second_independent).update(left_at=timezone.now())
        elsewhere = Membership.objects.get(user=cast.outsider).organisation
        Membership.objects.create(user=cast.second_independent, organisation=elsewhere, role=Role.REVIEWER)
    else:
        Membership.objects.create(user=cast.second_independent, organisation=cast.organisation, role=Role.VIEWER)
    with pytest.raises(NotPermitted):
        second_look_giving.give(look, by=cast.second_independent)
    assert second_look.offered_to(third) == [look]
    assert second_look_giving.take(look, by=third).reviewer == third


def test_a_look_that_is_put_back_loses_its_marks_and_goes_to_somebody_else(cast):
    look = taken(cast)
    second_look_giving.save_marks(look, given_of(look, cast.second_independent), by=cast.second_independent)
    with pytest.raises(NotPermitted):
        second_look_giving.put_back(look, by=cast.independent)
    second_look_giving.put_back(look, by=cast.second_independent)
    assert SecondLookMark.objects.count() == 0
    assert second_look.offered_to(cast.second_independent) == []
    with pytest.raises(SeparationOfDuties):
        second_look_giving.take(look, by=cast.second_independent)
    assert kinds(look.submission)[-2:] == [AuditKind.SECOND_LOOK_TAKEN, AuditKind.SECOND_LOOK_LEFT]


def test_after_its_days_a_look_is_not_offered_any_more(cast, monkeypatch):
    look = offered(cast)
    days = quality_rules.rules_on(timezone.localdate()).offered_days
    SecondLook.objects.update(drawn_at=timezone.now() - timedelta(days=days + 1))
    assert second_look.offered_to(cast.second_independent) == []
    with pytest.raises(WorkflowError):
        second_look_giving.take(look, by=cast.second_independent)


# --- blind ---------------------------------------------------------------------------------------------------------------


def test_before_the_own_marks_nothing_of_the_case_is_open_but_what_was_submitted(cast):
    look = taken(cast)
    by, submission = cast.second_independent, look.submission
    certificate = Certificate.objects.get(submission=submission)
    for rows in (
        finders.submissions_for(by).filter(pk=submission.pk),
        finders.submissions_to_read(by).filter(pk=submission.pk),
        finders.submissions_opened_to(by).filter(pk=submission.pk),
        finders.certificates_judged_by(by).filter(pk=certificate.pk),
        finders.certificates_issued_for(by).filter(pk=certificate.pk),
        finders.documents_for(by).filter(submission=submission),
        finders.documents_for(by).filter(certificate=certificate),
        finders.appeals_for(by).filter(submission=submission),
    ):
        assert not rows.exists()
    assert finders.submissions_with_evidence_for(by).filter(pk=submission.pk).exists()
    with pytest.raises(NotPermitted, match="first reviewer’s marks are shown after the second look is submitted"):
        second_look_comparing.compare(look, by=by)
    second_look_giving.save_marks(look, given_of(look, by), by=by)
    with pytest.raises(NotPermitted):
        second_look_comparing.compare(look, by=by)


def test_the_second_marks_are_closed_to_the_first_reviewer_until_they_are_given(cast):
    look = taken(cast)
    second_look_giving.save_marks(look, given_of(look, cast.second_independent), by=cast.second_independent)
    assert second_look.find(cast.independent, look.submission.reference) is None
    for who in cast.everyone().values():
        with pytest.raises(NotPermitted):
            second_look_comparing.compare(look, by=who)
    look = second_look_giving.give(look, by=cast.second_independent)
    readers = {name for name, user in cast.everyone().items() if second_look.may_compare(look, user)}
    assert readers == {"independent", "second_independent"}
    assert finders.submissions_for(cast.second_independent).filter(pk=look.submission_id).exists()


@pytest.mark.long
def test_another_lead_reads_a_look_within_the_body_once_it_is_given(cast):
    third = make_member(Role.REVIEWER, cast.body, "Ilse Independent").user
    leads.name_lead(Membership.objects.get(user=third).pk, by=cast.independent)
    look = taken(cast)
    assert second_look.find(third, look.submission.reference) is None
    second_look_giving.save_marks(look, given_of(look, cast.second_independent), by=cast.second_independent)
    second_look_giving.give(look, by=cast.second_independent)
    assert second_look.find(third, look.submission.reference) == look
    assert len(second_look_comparing.compare(SecondLook.objects.get(), by=third)) == SecondLookMark.objects.count()


# --- its marks -----------------------------------------------------------------------------------------------------------


def test_the_set_is_everything_decisive_and_a_tenth_of_the_rest(cast):
    look = offered(cast)
    content = look.submission.content()
    decisive = decisive_targets(edition_for(look.submission.edition_checksum), content)
    rest = len(review_targets(content)) - len(decisive)
    asked = second_look_giving.asked_of(look, content)
    assert decisive <= set(asked)
    assert len(asked) == len(decisive) + -(-rest // 10)
    assert asked == second_look_giving.asked_of(look, content)


def test_a_mark_needs_its_page_its_kind_and_words_where_it_does_not_accept(cast):
    look = taken(cast)
    by = cast.second_independent
    target = second_look_giving.asked_of(look, look.submission.content())[0]
    seen = opened.token(look.submission, target, reader=by, at=shown(1))
    of_another = opened.token(look.submission, target, reader=cast.independent, at=shown(1))
    outside = next(
        t for t in review_targets(look.submission.content())
        if t not in second_look_giving.asked_of(look, look.submission.content())
    )  # fmt: skip
    for key, given in (
        (target, GivenMark("", "", seen)),
        (target, GivenMark("splendid", "", seen)),
        (target, GivenMark("change_needed", " ", seen)),
        (target, GivenMark("accepted_with_action", "", seen)),
        (target, GivenMark("accepted", "", "")),
        (target, GivenMark("accepted", "", of_another)),
        (outside, GivenMark("accepted", "", opened.token(look.submission, outside, reader=by, at=shown(1)))),
    ):
        with pytest.raises(InvalidAnswer) as refused:
            second_look_giving.save_marks(look, {key: given}, by=by)
        assert refused.value.field == key
    with pytest.raises(NotPermitted):
        second_look_giving.save_marks(look, given_of(look, cast.independent), by=cast.independent)
    assert SecondLookMark.objects.count() == 0


def test_marks_are_replaced_until_the_look_is_given_and_locked_afterwards(cast):
    look = taken(cast)
    by = cast.second_independent
    targets = second_look_giving.asked_of(look, look.submission.content())
    with pytest.raises(NotReady) as refused:
        second_look_giving.give(look, by=by)
    assert refused.value.reasons == [f"{len(targets)} facts and answers have no mark."]
    second_look_giving.save_marks(look, given_of(look, by), by=by)
    second_look_giving.save_marks(look, given_of(look, by, "change_needed", "It ends in May.", targets[:1]), by=by)
    assert SecondLookMark.objects.count() == len(targets)
    assert SecondLookMark.objects.get(target=targets[0]).mark == "change_needed"
    second_look_giving.give(look, by=by)
    with pytest.raises(Locked):
        second_look_giving.save_marks(look, given_of(look, by), by=by)
    with pytest.raises(Locked):
        second_look_giving.put_back(look, by=by)
    with pytest.raises(Locked):
        second_look_giving.give(look, by=by)


def test_saving_a_page_of_marks_takes_the_same_queries_for_one_mark_and_for_all(cast):
    look = taken(cast)
    by = cast.second_independent
    every = given_of(look, by)
    counts = []
    for given in (dict(list(every.items())[:1]), every):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            second_look_giving.save_marks(look, given, by=by)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


# --- afterwards ----------------------------------------------------------------------------------------------------------


def test_the_differences_are_listed_with_both_sides(cast):
    look = taken(cast)
    by = cast.second_independent
    targets = second_look_giving.asked_of(look, look.submission.content())
    ReviewMark.objects.filter(submission=look.submission, target=targets[1]).update(mark="accepted_with_action")
    second_look_giving.save_marks(look, given_of(look, by), by=by)
    second_look_giving.save_marks(look, given_of(look, by, "change_needed", "It ends in May.", targets[:1]), by=by)
    look = second_look_giving.give(look, by=by)
    for reader in (cast.independent, by):
        pairs = {pair.target: pair for pair in second_look_comparing.compare(look, by=reader)}
        assert set(pairs) == set(targets)
        assert pairs[targets[0]].kind == STRICTER
        assert pairs[targets[1]].kind == MILDER
        assert {pair.kind for key, pair in pairs.items() if key not in targets[:2]} == {SAME}
        assert (str(pairs[targets[0]].first.by), pairs[targets[0]].second.words) == (
            "Ines Independent",
            "It ends in May.",
        )


def test_a_look_never_touches_decision_certificate_or_organisation(cast):
    submission = decided(cast)
    certificate = Certificate.objects.get(submission=submission)

    def stands():
        return (
            Submission.objects.get(pk=submission.pk).assessment.state,
            Certificate.objects.get(pk=certificate.pk).status(),
            CertificateEvent.objects.count(),
            submission.decisions.count(),
            list(ReviewMark.objects.filter(submission=submission).order_by("pk").values_list("mark", "revision")),
        )

    before = stands()
    told = Message.objects.exclude(recipient__in=[cast.independent, cast.second_independent]).count()
    look = second_look.ask(submission, by=cast.independent, reason="The first case of this kind.")
    by = cast.second_independent
    second_look_giving.take(look, by=by)
    second_look_giving.save_marks(look, given_of(look, by, "change_needed", "Nothing shows it."), by=by)
    second_look_giving.give(look, by=by)
    second_look_comparing.write(look, by=cast.independent, text="I had seen the register itself.")
    second_look_comparing.report(look, by=by, words="The notice was never shown to anybody.")
    assert stands() == before
    assert Message.objects.exclude(recipient__in=[cast.independent, by]).count() == told


@pytest.mark.long
def test_an_approval_issues_its_certificate_whether_or_not_a_look_follows(cast, always):
    submission = decided(cast)
    assert submission.assessment.state == State.CERTIFIED
    second_look.draw_due()
    assert Certificate.objects.get(submission=submission).status() == "valid"


def test_the_first_reviewer_is_told_and_both_write_about_the_differences(cast):
    look = finished(cast)
    assert Message.objects.filter(recipient=cast.independent, kind="second_look").count() == 1
    second_look_comparing.write(look, by=cast.independent, text="I had seen the register itself.")
    assert Message.objects.get(recipient=cast.second_independent, kind="second_look").text.startswith(
        "Ines Independent"
    )
    second_look_comparing.write(look, by=cast.second_independent, text="Then it belongs into the answer.")
    assert list(look.talk.order_by("pk").values_list("author", flat=True)) == [
        cast.independent.pk,
        cast.second_independent.pk,
    ]
    for who in set(cast.everyone()) - {"independent", "second_independent"}:
        with pytest.raises(NotPermitted):
            second_look_comparing.write(look, by=getattr(cast, who), text="Let me in.")
    with pytest.raises(InvalidAnswer):
        second_look_comparing.write(look, by=cast.independent, text=" ")


def test_nobody_writes_or_reports_before_the_look_is_given(cast):
    look = taken(cast)
    for who in (cast.independent, cast.second_independent):
        with pytest.raises(NotPermitted):
            second_look_comparing.write(look, by=who, text="What did you find?")
        with pytest.raises(NotPermitted):
            second_look_comparing.report(look, by=who, words="Something is wrong.")


@pytest.mark.long
def test_a_grave_difference_goes_to_who_leads_the_body_and_they_can_suspend(cast):
    third = make_member(Role.REVIEWER, cast.body, "Ilse Independent").user
    leads.name_lead(Membership.objects.get(user=third).pk, by=cast.independent)
    look = finished(cast)
    with pytest.raises(InvalidAnswer):
        second_look_comparing.report(look, by=cast.second_independent, words="")
    second_look_comparing.report(look, by=cast.second_independent, words="The notice was never shown to anybody.")
    told = Message.objects.filter(kind=MessageKind.SECOND_LOOK_REPORTED)
    assert [message.recipient for message in told] == [third]  # the other lead decided the case
    certificate = Certificate.objects.get(submission=look.submission)
    assert certificate.number in told[0].link
    assert finders.certificates_judged_by(third).filter(pk=certificate.pk).exists()
    with pytest.raises(WorkflowError):
        second_look_comparing.report(look, by=cast.second_independent, words="Once more.")


@pytest.mark.long
def test_where_the_only_lead_decided_the_case_another_reviewer_hears_of_it(cast):
    third = make_member(Role.REVIEWER, cast.body, "Ilse Independent").user
    look = finished(cast)
    second_look_comparing.report(look, by=cast.second_independent, words="The notice was never shown to anybody.")
    assert [m.recipient for m in Message.objects.filter(kind=MessageKind.SECOND_LOOK_REPORTED)] == [third]


def test_every_move_is_in_the_log(cast):
    look = finished(cast)
    second_look_comparing.write(look, by=cast.independent, text="I had seen the register itself.")
    second_look_comparing.report(look, by=cast.second_independent, words="The notice was never shown to anybody.")
    assert kinds(look.submission)[-5:] == [
        AuditKind.SECOND_LOOK_ASKED,
        AuditKind.SECOND_LOOK_TAKEN,
        AuditKind.SECOND_LOOK_GIVEN,
        AuditKind.SECOND_LOOK_WRITTEN,
        AuditKind.SECOND_LOOK_REPORTED,
    ]


def test_a_stranger_and_the_organisation_find_no_look(cast):
    look = finished(cast)
    for who in ("owner", "contributor", "viewer", "reviewer", "outsider", "staff"):
        assert second_look.find(getattr(cast, who), look.submission.reference) is None
    assert second_look.find(make_user("Nora Nobody"), look.submission.reference) is None
