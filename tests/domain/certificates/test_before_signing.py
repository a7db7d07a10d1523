"""What an owner reads before signing: whether a certificate could follow as the answers stand, and what keeps it back."""

from __future__ import annotations

import html
import re

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from assessments.documents import jobs
from assessments.domain.certificates import blockers as certificates_blockers
from assessments.domain.certificates.before_signing import prospect
from assessments.domain.submission import submit
from assessments.models import State
from assessments.models.snapshots import build_snapshot
from tests.domain.certificates.readiness import approve, empty, lacking
from tests.support.factories import make_assessment, prove, proved
from tests.support.world import GAPS

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
NONE_YET = "approved with a plan, no certificate yet"


def words_of(client, name, assessment):
    """The row of the page that says what would follow."""
    page = client.get(reverse(name, args=[assessment.reference])).content.decode()
    row = re.search(r'<section class="hk-row" id="prospect">(.*?)</section>', page, re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", row[1])).split()) if row else ""


def read(assessment):
    content = build_snapshot(assessment, final=True)
    blockers = certificates_blockers.blockers_to_self_certify(assessment, content)
    dated = sum(one.conditionable for one in blockers)
    return prospect(assessment.compiled(), content, dated=dated, undated=len(blockers) - dated)


@pytest.mark.parametrize("tier", ["limited", "high"])
def test_the_owner_reads_before_signing_that_no_certificate_would_follow(client, cast, tier):
    assessment = lacking(cast, tier)
    proved(client, cast.owner)
    said = words_of(client, "sign", assessment)
    assert NONE_YET in said
    assert "Crime Prevention is too low: 0.0 out of 100." in said
    assert "Crime Prevention 0.0 out of 100, little in place" in said
    assert "These rules are our judgement (release 1 of the issuing rules)" in said


@pytest.mark.parametrize("tier", ["low", "limited", "high"])
def test_the_check_of_all_answers_says_already_that_no_certificate_would_follow(client, cast, tier):
    assessment = lacking(cast, tier)
    proved(client, cast.owner)
    said = words_of(client, "check", assessment)
    assert "Crime Prevention is too low: 0.0 out of 100." in said
    assert said == words_of(client, "sign", assessment)


def with_nothing_in_place(cast):
    """A draft of an organisation with all three parts, in which more practices block than can become conditions."""
    parts = ("developer", "provider", "user")
    like = make_assessment(State.DRAFT, "limited", cast=cast, parts=parts)
    answers = {question.key: empty(question) for question in like.declared().questions(like.compiled())}
    return make_assessment(State.DRAFT, "limited", cast=cast, parts=parts, answers=answers)


def practices_of(client, name, assessment):
    """What the page lists as blocking: the addresses in the open, those that are folded, and what is said beside each."""
    page = html.unescape(client.get(reverse(name, args=[assessment.reference])).content.decode())
    row = re.search(r'<section class="hk-row" id="prospect">(.*?)</section>', page, re.S)[1]
    shown, _, folded = row.partition("<details")
    linked = re.compile(r'<a href="([^"]+)">([^<]+)</a>\s*<span class="hk-meta">\s*([^<]+?)\s*</span>')
    return linked.findall(shown), linked.findall(folded)


@pytest.mark.parametrize("name", ["check", "sign"])
def test_the_page_names_each_practice_that_blocks_with_a_link_to_its_question(client, cast, name):
    answers = {"use-register": GAPS["use-register"], "approval-paper": GAPS["approval-paper"]}
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=answers)
    proved(client, cast.owner)
    edition, questions = assessment.compiled(), assessment.compiled().questions
    shown, folded = practices_of(client, name, assessment)
    blocking = certificates_blockers.blockers_to_self_certify(assessment, build_snapshot(assessment, final=True))
    assert "use-register" in {one.question for one in blocking}
    assert sorted(shown) == sorted(
        (
            f"{reverse('section', args=[assessment.reference, questions[one.question].section])}#q-{one.question}",
            edition.questions[one.question].title,
            "can become a condition of the certificate"
            if one.conditionable
            else "cannot become a condition of the certificate",
        )
        for one in blocking
    )
    assert not folded
    said = words_of(client, name, assessment)
    assert "This practice blocks the certificate. Choose it to go to the question:" in said or (
        f"These {len(blocking)} practices block the certificate. Choose one to go to the question:" in said
    )


def test_the_check_folds_the_practices_that_block_after_the_first_ten(client, cast):
    assessment = with_nothing_in_place(cast)
    proved(client, cast.owner)
    shown, folded = practices_of(client, "check", assessment)
    blocking = certificates_blockers.blockers_to_self_certify(assessment, build_snapshot(assessment, final=True))
    assert len(shown) == 10
    assert len(shown) + len(folded) == len(blocking) > 11
    assert f"See {len(folded)} more practices" in words_of(client, "check", assessment)
    marks = [mark for _url, _title, mark in shown + folded]
    assert marks == sorted(marks, reverse=True)  # those without a date first


def test_nobody_is_led_to_a_self_certification_that_would_be_refused(client, cast):
    proved(client, cast.owner)
    refused = client.get(reverse("check", args=[lacking(cast, "low").reference])).content.decode()
    assert "All questions are answered, but no certificate is possible yet" in refused
    assert "You cannot self-certify this use yet." in refused
    assert "Continue to self-certification" not in refused
    ready = make_assessment(State.DRAFT, "low", cast=cast)
    page = client.get(reverse("check", args=[ready.reference])).content.decode()
    assert "Continue to self-certification" in page
    assert "You cannot self-certify this use yet." not in page
    assert "If you sign now, the certificate is issued." in words_of(client, "check", ready)
    assert words_of(client, "check", ready) == words_of(client, "self_certify", ready)


@pytest.mark.parametrize("tier", ["limited", "high"])
def test_the_owner_reads_before_signing_that_a_certificate_can_follow_and_by_which_rule(client, cast, tier):
    proved(client, cast.owner)
    said = words_of(client, "sign", make_assessment(State.DRAFT, tier, cast=cast))
    # The evidence that the tier asks for is not attached yet.
    assert "A reviewer cannot approve the assessment yet" in said
    assert "After you add them, a certificate is possible if the reviewers accept every answer." in said
    assert NONE_YET not in said
    assert "needs readiness of at least" in said
    assert "These rules are our judgement (release 1 of the issuing rules)" in said
    assert "Crime Prevention 100.0 out of 100" in said


def test_a_must_that_may_get_a_date_is_said_to_become_a_condition(cast):
    found = read(make_assessment(State.DRAFT, "limited", cast=cast, answers={"use-register": GAPS["use-register"]}))
    assert not found.keeps_back
    assert "One practice with mandatory requirements is not fully in place" in found.conditions
    assert "is blocked until this practice is in place or becomes a condition with a due date" in found.conditions


def test_sign_page_results_and_plan_say_the_same_of_what_blocks(client, cast):
    """The certificate waits for each until it is closed or gets a date; the page names what it counts."""
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers={"use-register": GAPS["use-register"]})
    proved(client, cast.owner)
    texts = [
        " ".join(strip_tags(client.get(reverse(name, args=[assessment.reference])).content.decode()).split())
        for name in ("sign", "results")
    ]
    assert "not fully in place. This requirement belongs to one practice" in texts[0]
    assert "musts" not in texts[0]
    assert "is blocked until this practice is in place or becomes a condition with a due date" in texts[0]
    assert "1 action blocks a certificate (it can become a condition: the certificate is issued first" in texts[1]
    assert (
        jobs.draft_report(assessment).blocking_words
        == "1 blocks the certificate until it is closed or made a condition"
    )


def test_results_and_check_name_the_same_limit_of_conditions(client, cast):
    assessment = with_nothing_in_place(cast)
    proved(client, cast.owner)
    results = client.get(reverse("results", args=[assessment.reference])).content.decode()
    findings = " ".join(strip_tags(results[results.index('id="findings"') :]).split())
    assert "(at most 12 of them can become conditions: the certificate is issued first" in findings
    assert "At most 12 of them can become conditions with a due date." in words_of(client, "check", assessment)


def test_more_musts_than_may_be_conditions_keep_the_certificate_back(cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    content = build_snapshot(assessment, final=True)
    lacking = prospect(assessment.compiled(), content, dated=13, undated=0, lacking=True)
    assert lacking.words.startswith("A reviewer cannot approve the assessment yet")
    found = prospect(assessment.compiled(), content, dated=13, undated=0)
    assert found.keeps_back == (
        "13 practices with mandatory requirements are not fully in place. At most 12 of them can become conditions with a due date. "
        "This limit is our judgement.",
    )
    # Said under a condition: beside it the page may say that something is missing and nobody can approve yet.
    assert found.words == (
        "At the moment, no certificate is possible. If a reviewer approves the assessment as it is, the decision is "
        "“approved with a plan, no certificate yet”."
    )
    assert NONE_YET in found.words


@pytest.mark.long
def test_what_is_said_before_the_signature_is_what_the_approval_brings(cast):
    for assessment, state in (
        (lacking(cast, "limited"), State.APPROVED),
        (
            make_assessment(State.DRAFT, "limited", cast=cast, answers={"use-register": GAPS["use-register"]}),
            State.CERTIFIED,
        ),
    ):
        prove(assessment, by=cast.owner)
        said = read(assessment)
        submit.submit(assessment, by=cast.owner, route="independent")
        assessment.refresh_from_db()
        approve(assessment, cast)
        assert assessment.state == state
        assert bool(said.keeps_back) == (state == State.APPROVED)


def test_a_low_use_is_told_that_its_signature_issues_the_certificate_and_by_which_rule(client, cast):
    proved(client, cast.owner)
    said = words_of(client, "self_certify", make_assessment(State.DRAFT, "low", cast=cast))
    assert "If you sign now, the certificate is issued." in said
    assert "out of 100 in at most 2 of the dimensions" in said


def test_a_low_use_with_a_practice_that_is_not_in_place_is_told_that_it_needs_a_date(client, cast):
    proved(client, cast.owner)
    draft = make_assessment(State.DRAFT, "low", cast=cast, answers={"use-register": GAPS["use-register"]})
    said = words_of(client, "check", draft)
    assert "If you sign now, the certificate is issued." not in said
    assert (
        "The certificate is issued when you sign, if you set a due date for each practice that is not fully in" in said
    )
