"""No clean certificate on little in place, nor on more conditions than anybody can follow: the reviewing body's rules."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from assessments.core.errors import InvalidAnswer, NotReady
from assessments.domain.answering import start
from assessments.domain.certificates import blockers, issuing, least_readiness, rule_files
from assessments.domain.certificates.conditions import most_conditions
from assessments.domain.certificates.plan_now import PlanNow
from assessments.domain.remediation import closing
from assessments.domain.review import approval, seat_taking
from assessments.domain.submission import self_certify, submit
from assessments.domain.submission.obstacles import Code
from assessments.models import Certificate, RemediationAction, ReviewDecision, Route, State
from tests.domain.certificates.readiness import DIMENSION, approve, close, empty, lacking, touching
from tests.support.factories import fill, in_days, make_assessment, mark_all, prove
from tests.support.mutants import fails_without
from tests.support.tampering import unguarded

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("tier", ["limited", "high"])
@fails_without("nothing is issued below the least readiness", "limited")
def test_a_dimension_with_little_in_place_is_approved_with_a_plan_and_no_certificate(cast, tier):
    assessment = lacking(cast, tier, State.IN_REVIEW)
    submission = approve(assessment, cast)
    assert assessment.state == State.APPROVED
    assert not blockers.blockers(submission)
    assert not Certificate.objects.filter(use=assessment.use).exists()
    found = least_readiness.below(submission)
    assert "Crime Prevention" in [one.name for one in found.dimensions]
    assert "Crime Prevention is too low: 0.0 out of 100." in found.words
    assert (
        "needs readiness of at least 40 out of 100 in every dimension. If an action is closed with evidence, its "
        "practice counts as in place. These rules are our judgement (release 1 of the issuing rules)." in found.words
    )


@pytest.mark.long
def test_the_certificate_follows_by_itself_once_enough_is_closed_with_evidence(cast):
    assessment = lacking(cast, "limited", State.IN_REVIEW)
    submission = approve(assessment, cast)
    lifts = least_readiness.below(submission).lifts
    assert lifts
    assert len(lifts) < len(touching(assessment, DIMENSION))
    printed = submission.content()["scorecard"]["dimensions"]
    for number in [lift.number for lift in lifts]:
        assert not Certificate.objects.filter(use=assessment.use).exists()
        close(RemediationAction.objects.get(use=assessment.use, number=number), cast, evidence=True)
    assert Certificate.objects.get(use=assessment.use).submission == submission
    submission.refresh_from_db()
    assert submission.content()["scorecard"]["dimensions"] == printed


@pytest.mark.long
def test_what_is_closed_without_evidence_lifts_nothing(cast):
    assessment = lacking(cast, "limited", State.IN_REVIEW)
    submission = approve(assessment, cast)
    rows = RemediationAction.objects.standing().filter(use=assessment.use)
    for action in rows.exclude(priority__in=closing.BLOCKING):  # what blocks is not reported without any
        close(action, cast, evidence=False)
    assert PlanNow(submission).closed
    assert PlanNow(submission).closed_with_evidence == frozenset()
    assert least_readiness.below(submission) is not None
    assert not Certificate.objects.filter(use=assessment.use).exists()


@pytest.mark.long
def test_a_renewal_is_held_to_the_least_as_a_first_certificate_is(cast):
    first = make_assessment(State.CERTIFIED, "limited", cast=cast)
    renewal = start.start_assessment(first.use, by=cast.owner, follows=first)
    answers = {q.key: empty(q) for q in touching(renewal, DIMENSION)}
    fill(renewal, by=cast.owner, answers=answers)
    prove(renewal, by=cast.owner)
    seat_taking.take(submit.submit(renewal, by=cast.owner, route=Route.INDEPENDENT), by=cast.independent)
    renewal.refresh_from_db()
    approve(renewal, cast)
    assert renewal.state == State.APPROVED
    assert Certificate.objects.get(use=first.use).submission.assessment == first


def test_the_signer_of_a_low_use_is_held_to_the_least_too(cast):
    short = lacking(cast, "low", dimensions=("crime_prevention", "security", "intellectual_property"))
    with pytest.raises(NotReady) as refused:
        self_certify.self_certify(short, by=cast.owner)
    assert any(
        "is too low" in reason and "readiness can be below 40 out of 100 in at most 2 of the dimensions" in reason
        for reason in refused.value.reasons
    )
    short.refresh_from_db()
    assert short.state == State.DRAFT


def test_a_dimension_that_is_not_assessed_does_not_count(cast, edition):
    submission = lacking(cast, "limited", State.IN_REVIEW).current_submission
    content = submission.content()
    assert least_readiness.below_today(submission, content) is not None
    scores = content["scorecard"]["dimensions"]
    for score in scores.values():
        score |= {"value": "80.0", "duties": 12}
    scores[DIMENSION] |= {"value": "39.9"}
    assert least_readiness.below_today(submission, content).words.startswith(
        "Readiness in Crime Prevention is too low: 39.9 out of 100. In the Limited tier, a certificate needs"
    )
    for says_nothing in (
        {"value": None, "duties": 0},
        {"value": "0.0", "duties": edition.policy.readiness.least_duties - 1},
        {"value": "40.0", "duties": 12},
    ):
        scores[DIMENSION] |= says_nothing
        assert least_readiness.below_today(submission, content) is None


@pytest.mark.long
def test_the_rules_of_the_day_are_kept_with_the_decision_and_a_later_release_changes_none(cast, monkeypatch):
    submission = approve(lacking(cast, "limited", State.IN_REVIEW), cast)
    kept = json.loads(ReviewDecision.objects.get(submission=submission, kind="approve").signed)["issuing_rules"]
    rules = issuing.rules_on(timezone.localdate())
    assert kept == {
        "release": 1,
        "sha256": rules.sha256,
        "may_be_little": {"low": 2, "limited": 0, "high": 0},
        "most_conditions": 12,
        "drawn_percent": 10,
        "short_look_seconds": 5,
    }
    milder = issuing.IssuingRules(2, "0" * 64, {"low": 5, "limited": 5, "high": 5}, 99, 10, 5)
    monkeypatch.setattr(issuing, "rules_on", lambda day: milder)
    assert least_readiness.below(submission) is not None
    assert least_readiness.below_today(submission) is None


@pytest.mark.long
def test_a_decision_that_is_older_than_the_rules_is_left_as_it_was(cast):
    submission = make_assessment(State.APPROVED, "limited", cast=cast, answers={}).current_submission
    with unguarded("assessments_reviewdecision"):
        ReviewDecision._base_manager.filter(submission=submission).update(signed='{"name":"Ines"}')
    assert issuing.rules_of(submission) is None
    assert least_readiness.below(submission) is None


def nothing_in_place(cast, tier, state):
    """A use of which much is asked, and nothing is in place."""
    facts = dict.fromkeys(
        ("takes_user_input", "keeps_usage_logs", "retrieval_augmented", "third_party_components"), True
    )
    like = make_assessment(State.DRAFT, tier, cast=cast, parts=("developer", "provider"), facts=facts)
    answers = {question.key: empty(question) for question in like.declared().questions(like.compiled())}
    return make_assessment(state, tier, cast=cast, parts=("developer", "provider"), facts=facts, answers=answers)


@pytest.mark.long
@fails_without("at most twelve musts are conditions")
def test_at_most_twelve_musts_are_left_to_a_condition(cast):
    submission = nothing_in_place(cast, "limited", State.IN_REVIEW).current_submission
    mark_all(submission, by=cast.independent)
    days = {b.question: in_days(30) for b in blockers.blockers(submission) if b.conditionable}
    assert len(days) > most_conditions() == 12
    with pytest.raises(InvalidAnswer, match="At most 12 can become conditions"):
        approval.approve(submission, by=cast.independent, statement="Read.", conditions=days)
    few = dict(list(days.items())[:12])
    approval.approve(submission, by=cast.independent, statement="Read.", conditions=few)
    assert submission.decisions.get().conditions.count() == 12


def test_the_signer_of_a_low_use_promises_at_most_twelve_musts(cast):
    short = nothing_in_place(cast, "low", State.DRAFT)
    said = {one.code: one.words for one in self_certify.obstacles_to_self_certify(short)}
    assert "You can set a due date for at most 12 practices" in said[Code.CONDITIONS]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("release: 1", "release: 2"), "the file name must be the release number"),
        (("basis: judgement", "basis: guideline"), "“basis” in the file must be “judgement”"),
        (("most: 12", "most: twelve"), "twelve"),
        (("  high:", "  hgih:"), "high"),
        (("release: 1", "release: ["), "1.yaml"),
        (("drawn_percent: 10", "drawn_percent: 200"), "not a percentage from 0 to 100"),
    ],
)
def test_faulty_rules_are_refused_by_name(tmp_path, change, said):
    text = (issuing.FOLDER / "1.yaml").read_text(encoding="utf-8")
    (tmp_path / "1.yaml").write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(rule_files.FaultyRules, match=said):
        issuing.releases(tmp_path)


def test_releases_count_from_one_and_each_starts_later(tmp_path):
    text = (issuing.FOLDER / "1.yaml").read_text(encoding="utf-8")
    (tmp_path / "1.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "2.yaml").write_text(text.replace("release: 1", "release: 2"), encoding="utf-8")
    with pytest.raises(rule_files.FaultyRules, match="later day"):
        issuing.releases(tmp_path)
    with pytest.raises(rule_files.FaultyRules, match="no rules"):
        issuing.releases(tmp_path / "empty")
