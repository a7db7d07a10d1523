"""Figures of reviewers come from what is stored, are read by few, and say nothing where there is too little to say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.audit.kinds import AuditKind
from assessments.core.durations import median_words
from assessments.core.errors import NotPermitted, WorkflowError
from assessments.domain.certificates.rule_files import FaultyRules
from assessments.domain.review import (
    approval,
    approvals,
    leads,
    quality,
    quality_rules,
    seat_taking,
    second_look,
    second_look_giving,
)
from assessments.domain.review.sampling import own_set
from assessments.domain.review.targets import decisive_targets
from assessments.models import (
    AuditEntry,
    Membership,
    ReviewDecision,
    ReviewMark,
    Role,
    SecondLookMark,
    State,
    edition_for,
)
from tests.domain.review.second_looks import decided, finished, given_of
from tests.support.factories import make_assessment, make_cast, make_member, mark_all
from tests.support.looking import SECONDS

pytestmark = pytest.mark.sqlite_alone


@pytest.fixture
def cast(db):
    caches["pages"].clear()
    return make_cast()


def high(cast):
    return make_assessment(State.CERTIFIED, "high", cast=cast).current_submission


def differing(submission, seat, mark, n):
    """Let a seat mark the first decisive answers otherwise, as it might have."""
    decisive = decisive_targets(edition_for(submission.edition_checksum), submission.content())
    targets = sorted(t for t in decisive if t.startswith("q:"))[:n]
    ReviewMark.objects.filter(submission=submission, seat=seat, target__in=targets).update(mark=mark)
    return decisive


# --- figures of a reviewer -----------------------------------------------------------------------------------------------


@pytest.mark.long
def test_decisions_are_counted_by_kind_and_an_approval_taken_back_is_none(cast):
    decided(cast)
    decided(cast, state=State.REFUSED)
    decided(cast, state=State.RETURNED)
    open_case = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    mark_all(open_case, by=cast.independent)
    approval.approve(open_case, by=cast.independent, statement="Read.")
    figures = quality.own_figures(cast.independent, "90")
    assert (figures.decided, figures.approved, figures.returned, figures.refused) == (4, 2, 1, 1)
    approvals.take_back_approval(open_case, by=cast.independent, reason="I read one answer wrongly.")
    assert quality.own_figures(cast.independent, "90").approved == 1


def test_shares_are_those_that_were_signed_with_the_approvals(cast):
    submission = decided(cast)
    said = submission.decisions.get().looked_at
    figures = quality.own_figures(cast.independent, "90")
    assert (figures.own_set.n, figures.own_set.of) == (said["judged"], said["asked"])
    assert (figures.opened.n, figures.opened.of) == (said["opened"], said["openable"])
    assert (figures.evidence.n, figures.evidence.of) == (said["pieces_judged"], said["pieces"])
    assert figures.alone.of == figures.together.of == said["targets"]
    assert figures.alone.n + figures.together.n + figures.taken_over.n == said["marked"]
    assert figures.own_set.of == len(own_set(submission, "first").targets)


def test_what_an_older_approval_did_not_record_is_not_counted_as_nothing(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    ReviewDecision.objects.create(submission=submission, by=cast.independent, kind="approve")  # from before it was kept
    figures = quality.own_figures(cast.independent, "90")
    assert (figures.approved, figures.unrecorded, figures.own_set.of) == (1, 1, 0)


@pytest.mark.long
def test_time_is_the_median_of_marks_that_a_page_showed(cast):
    decided(cast)
    figures = quality.own_figures(cast.independent, "90")
    assert figures.time_words == f"Half of the marks took {SECONDS} seconds or less."
    assert not figures.is_short
    ReviewMark.objects.update(shown_at=None)
    assert quality.own_figures(cast.independent, "90").timed == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "Half of the marks took less than one second."),
        (1, "Half of the marks took one second or less."),
        (12, "Half of the marks took 12 seconds or less."),
        (89, "Half of the marks took 89 seconds or less."),
        (90, "Half of the marks took 2 minutes or less."),
        (181, "Half of the marks took 4 minutes or less."),
    ],
)
def test_a_time_is_said_in_everyday_words(seconds, words):
    assert median_words(seconds) == words


@pytest.mark.long
def test_agreement_of_two_seats_counts_decisive_marks_of_the_same_kind_stricter_and_milder(cast):
    submission = high(cast)
    decisive = differing(submission, "first", "accepted_with_action", 3)
    mine, theirs = (quality.own_figures(who, "90").seats for who in (cast.independent, cast.second_independent))
    assert (mine.same, mine.stricter, mine.milder) == (len(decisive) - 3, 3, 0)
    assert (theirs.same, theirs.stricter, theirs.milder) == (len(decisive) - 3, 0, 3)
    assert mine.cases == theirs.cases == {submission.pk}


@pytest.mark.parametrize(
    "fields", [{"together": True}, {"shown_at": None}, {"taken_over_from": "giver"}, {"carried_from": "itself"}]
)
def test_what_a_seat_did_not_judge_by_itself_is_no_agreement(cast, fields):
    submission = high(cast)
    rows = ReviewMark.objects.filter(submission=submission, seat="second")
    fields = {
        key: cast.independent if value == "giver" else rows[0] if value == "itself" else value
        for key, value in fields.items()
    }
    rows.update(**fields)
    assert quality.own_figures(cast.independent, "90").seats.of == 0


@pytest.mark.long
def test_a_case_under_review_counts_in_no_agreement(cast):
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read.")
    seat_taking.take(submission, by=cast.second_independent)
    mark_all(submission, by=cast.second_independent)
    assert quality.own_figures(cast.independent, "90").seats.of == 0
    approval.approve(submission, by=cast.second_independent, statement="I agree.")
    assert quality.own_figures(cast.independent, "90").seats.of > 0


def test_second_looks_count_for_the_first_reviewer_and_once_for_who_gave_them(cast):
    look = finished(cast)
    compared = look.marks.count()
    first, second = (quality.own_figures(who, "90") for who in (cast.independent, cast.second_independent))
    assert (first.looks.same, first.looks.of, first.looks_given) == (compared, compared, 0)
    assert (second.looks.of, second.looks_given, second.decided) == (0, 1, 0)


def test_a_second_look_that_is_stricter_makes_the_first_marks_the_milder_ones(cast):
    look = finished(cast)
    rows = list(look.marks.order_by("pk"))
    SecondLookMark.objects.filter(pk__in=[row.pk for row in rows[:2]]).update(mark="change_needed")
    looks = quality.own_figures(cast.independent, "90").looks
    assert (looks.same, looks.stricter, looks.milder) == (len(rows) - 2, 0, 2)
    first = ReviewMark.objects.filter(submission=look.submission, target=rows[2].target)
    assert first.update(mark="change_needed") == 1
    looks = quality.own_figures(cast.independent, "90").looks
    assert (looks.same, looks.stricter, looks.milder) == (len(rows) - 3, 1, 2)


def test_a_look_that_is_not_given_counts_nowhere(cast):
    submission = decided(cast)
    look = second_look.ask(submission, by=cast.independent, reason="To be sure.")
    second_look_giving.take(look, by=cast.second_independent)
    second_look_giving.save_marks(look, given_of(look, cast.second_independent), by=cast.second_independent)
    assert quality.own_figures(cast.independent, "90").looks.of == 0
    assert quality.own_figures(cast.second_independent, "90").looks_given == 0


def test_a_period_leaves_out_what_came_before_it(cast, monkeypatch):
    decided(cast)
    later = timezone.now() + timedelta(days=100)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    counts = {period: quality.own_figures(cast.independent, period).decided for period in quality.PERIODS}
    assert counts == {"90": 0, "365": 1, "all": 1}


def test_a_share_of_few_is_not_stated():
    few, enough = quality.Share(9, 19, 20), quality.Share(9, 20, 20)
    assert (few.percent, few.is_few, enough.percent) == (None, True, 45)
    one = quality.Agreement(same=19, stricter=1, cases={1, 2}, least=20, least_cases=3)
    assert (one.percent, one.is_few) == (None, True)
    one.cases.add(3)
    assert one.percent == 95
    assert quality.Agreement(same=199, milder=1, cases={1}, least=20).percent == 99  # never rounded up to all


@pytest.mark.parametrize(
    ("parts", "percents"),
    [
        ([40, 53], [43, 57]),  # each was cut off once: 43 % and 56 %
        ([80, 123], [39, 61]),
        ([25, 2], [93, 7]),
        ([1, 1, 1], [34, 33, 33]),
        ([101, 99], [50, 50]),
        ([399, 1], [99, 1]),
        ([7, 0], [100, 0]),
    ],
)
def test_the_parts_of_one_whole_are_rounded_and_add_up(parts, percents):
    assert quality.percents(parts) == percents
    assert sum(percents) == 100


def test_the_three_ways_to_mark_add_up_where_they_are_the_whole(cast):
    figures = quality.Figures(quality.rules_on(timezone.localdate()))
    for share in (figures.alone, figures.together, figures.taken_over):
        share.add(31, 93)
    figures.round_the_parts()
    assert [one.percent for one in (figures.alone, figures.together, figures.taken_over)] == [34, 33, 33]


@pytest.mark.long
def test_the_queries_do_not_grow_with_cases_and_reviewers(cast):
    counts = []
    for n in range(2):
        high(cast)
        finished(cast)
        if n:
            make_member(Role.REVIEWER, cast.body, "Ilse Independent")
        caches["pages"].clear()
        for count in (
            lambda: quality.own_figures(cast.independent, "all"),
            lambda: quality.figures_of_body("all", by=cast.independent),
            lambda: quality.count_body_agreement(timezone.localdate()),
        ):
            with CaptureQueriesContext(connection) as queries:
                count()
            counts.append(len(queries))
    assert counts[:3] == counts[3:]
    assert max(counts) <= 9


# --- who reads them ------------------------------------------------------------------------------------------------------


def test_only_who_leads_the_body_reads_the_figures_of_others(cast):
    decided(cast)
    people = [str(member.user) for member, _figures in quality.figures_of_body("90", by=cast.independent)]
    assert people == ["Ines Independent", "Ivan Independent"]  # by name, so that no order of merit shows
    for who in set(cast.everyone()) - {"independent"}:
        with pytest.raises(NotPermitted):
            quality.figures_of_body("90", by=getattr(cast, who))


def test_who_has_been_there_longest_leads_until_somebody_is_named(cast):
    assert leads.leads_of_body() == {cast.independent.pk}
    Membership.objects.filter(user=cast.independent).update(left_at=timezone.now())
    assert leads.leads_of_body() == {cast.second_independent.pk}


def test_a_lead_names_another_and_whoever_led_unnamed_goes_on(cast):
    ivan = Membership.objects.get(user=cast.second_independent)
    with pytest.raises(NotPermitted):
        leads.name_lead(ivan.pk, by=cast.second_independent)
    for who in (cast.staff, cast.owner, cast.outsider):
        with pytest.raises(NotPermitted):
            leads.name_lead(ivan.pk, by=who)
    leads.name_lead(ivan.pk, by=cast.independent)
    assert leads.leads_of_body() == {cast.independent.pk, cast.second_independent.pk}
    assert AuditEntry.objects.filter(kind=AuditKind.LEAD_NAMED, chain=cast.body.reference).count() == 1
    leads.name_lead(ivan.pk, by=cast.independent)
    assert AuditEntry.objects.filter(kind=AuditKind.LEAD_NAMED).count() == 1


def test_the_last_lead_stays_until_another_is_named(cast):
    ines, ivan = (Membership.objects.get(user=who) for who in (cast.independent, cast.second_independent))
    with pytest.raises(WorkflowError):
        leads.end_lead(ines.pk, by=cast.independent)
    leads.name_lead(ivan.pk, by=cast.independent)
    leads.end_lead(ines.pk, by=cast.second_independent)
    assert leads.leads_of_body() == {cast.second_independent.pk}
    with pytest.raises(NotPermitted):
        leads.end_lead(ivan.pk, by=cast.independent)


def test_only_a_reviewer_of_the_body_is_named(cast):
    owner = Membership.objects.get(user=cast.owner)
    for member in (owner.pk, 0):
        with pytest.raises(WorkflowError):
            leads.name_lead(member, by=cast.independent)


# --- the body ------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_agreement_of_the_body_counts_high_cases_and_looks_that_were_drawn(cast, monkeypatch):
    submission = high(cast)
    decisive = differing(submission, "second", "accepted_with_action", 2)
    asked = finished(cast)
    found = quality.count_body_agreement(timezone.localdate())
    assert (found.seats.same, found.seats.stricter, found.seats.milder) == (len(decisive) - 2, 2, 0)
    assert found.looks.of == 0  # it was asked for, so it says nothing about all cases
    type(asked).objects.update(asked_by=None)
    found = quality.count_body_agreement(timezone.localdate())
    assert (found.looks.same, found.looks.of) == (asked.marks.count(), asked.marks.count())
    assert found.seats.is_few  # one case
    assert found.looks.is_few
    type(asked).objects.update(independent=False)
    assert quality.count_body_agreement(timezone.localdate()).looks.of == 0


def test_the_agreement_of_the_body_is_of_the_last_year(cast, monkeypatch):
    high(cast)
    later = timezone.now() + timedelta(days=quality.BODY_DAYS + 1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert quality.count_body_agreement(timezone.localdate()).seats.of == 0


# --- the rules -----------------------------------------------------------------------------------------------------------


def test_the_rules_are_named_data_with_a_reason_for_each_number():
    rules = quality_rules.rules_on(timezone.localdate())
    assert rules.share_percent == {"low": 10, "limited": 20}
    assert (rules.rest_percent, rules.offered_days, rules.least_items, rules.least_cases) == (10, 60, 20, 5)
    assert all(rules.reasons[key] for key in ("share", "rest", "offered", "too_few"))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("1.yaml", "basis: judgement", "basis: text"),
        ("1.yaml", "low: 10", "low: 110"),
        ("1.yaml", "rest_percent: 10", "rest_per_cent: 10"),
        ("1.yaml", "items: 20", "items: many"),
        ("2.yaml", "release: 1", "release: 1"),
    ],
)
def test_a_faulty_file_of_rules_is_named(tmp_path, name, old, new):
    text = (quality_rules.FOLDER / "1.yaml").read_text()
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new))
    with pytest.raises(FaultyRules, match=str(tmp_path / name)):
        quality_rules.releases(tmp_path)


def test_a_later_release_holds_from_its_day(tmp_path):
    text = (quality_rules.FOLDER / "1.yaml").read_text()
    (tmp_path / "1.yaml").write_text(text)
    (tmp_path / "2.yaml").write_text(
        text.replace("release: 1", "release: 2\nfrom: 2027-01-01").replace("limited: 20", "limited: 40")
    )
    days = (date(2026, 12, 31), date(2027, 1, 1))
    assert [quality_rules.rules_on(day, tmp_path).share_percent["limited"] for day in days] == [20, 40]
