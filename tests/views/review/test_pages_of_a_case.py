"""What the pages of a case say at each step: the state, what comes next, and counts that agree with each other."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from assessments.domain.answering import returned_parts
from assessments.domain.certificates import issuing
from assessments.domain.evidence import library
from assessments.domain.review import approval as review_approval
from assessments.domain.review import approvals, seat_taking
from assessments.domain.review.sampling import own_set
from assessments.domain.review.targets import review_targets
from assessments.domain.submission import submit
from assessments.models import Certificate, ReviewMark, Route, State, edition_for
from assessments.views.assessment.conformity import lines_of
from assessments.views.review.queue import cases_of
from tests.support.factories import Cast, in_days, make_assessment, make_cast, make_evidence, mark_all, prove, proved
from tests.support.looking import judge_parts, look_at
from tests.support.page_text import markup_of

pytestmark = pytest.mark.sqlite_alone

SECTION, QUESTION = "governance", "use-register"
TARGET = f"q:{QUESTION}"
WORDS = "The trials are to be listed too."


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def address(name: str, submission: Any, *more: Any) -> str:
    return reverse(name, args=[submission.reference, *more])


def text_of(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def heading_of(response: Any) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", response.content.decode(), re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(found[1])).split())


def with_evidence(cast: Cast, tier: str = "limited") -> Any:
    """A case that Ines has taken, with a piece of evidence under one answer."""
    assessment = make_assessment(State.DRAFT, tier, cast=cast)
    library.attach(make_evidence(cast.organisation, title="Duty rules"), assessment, QUESTION, by=cast.owner)
    prove(assessment, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    return submission


def two_seats(cast: Cast) -> Any:
    """A High case that Ines has marked, one answer accepted with an action, and approved."""
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    look_at(submission, TARGET, cast.independent, mark="accepted_with_action", action_title="List the trials",
        words=WORDS,
    )  # fmt: skip
    mark_all(submission, by=cast.independent)
    review_approval.approve(submission, by=cast.independent, statement="Read.")
    return submission


@pytest.mark.long
def test_a_decided_answer_with_judged_evidence_carries_no_warning(cast):
    submission = with_evidence(cast)
    mark_all(submission, by=cast.independent)
    review_approval.approve(submission, by=cast.independent, statement="Read.")
    page = text_of(proved(Client(), cast.independent).get(address("review_section", submission, SECTION)))
    assert "Supports the answer" in page
    assert "this evidence has not been judged" not in page


@pytest.mark.long
def test_a_decided_answer_whose_evidence_nobody_judged_is_still_warned_of(cast):
    submission = with_evidence(cast)
    mark_all(submission, by=cast.independent)
    submission.evidence_marks.all().delete()
    ines = proved(Client(), cast.independent)
    assert "this evidence has not been judged: Duty rules" in text_of(
        ines.get(address("review_section", submission, SECTION))
    )
    submission.assessment.state = State.CERTIFIED
    submission.assessment.save(update_fields=["state"])
    assert "this evidence has not been judged: Duty rules" in text_of(
        ines.get(address("review_section", submission, SECTION))
    )


def test_the_whole_case_prints_each_mark_once_whether_open_or_approved(cast):
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    look_at(submission, TARGET, cast.independent, mark="accepted_with_action", action_title="List", words=WORDS)
    ines = proved(Client(), cast.independent)
    assert text_of(ines.get(address("whole_case", submission))).count(WORDS) == 1
    mark_all(submission, by=cast.independent)
    review_approval.approve(submission, by=cast.independent, statement="Read.")
    assert text_of(ines.get(address("whole_case", submission))).count(WORDS) == 1


# --- the heading, and what comes next ------------------------------------------------------------------------------------


def overview(user: Any, submission: Any) -> Any:
    return proved(Client(), user).get(address("review", submission))


def next_of(response: Any) -> str:
    found = re.search(r'id="next".*?<a class="btn btn-primary" href="([^"]+)"', markup_of(response), re.DOTALL)
    return found[1] if found else ""


def test_marking_starts_with_what_the_reviewer_has_to_mark_alone(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    page = overview(cast.independent, submission)
    assert "Start marking" in text_of(page)
    assert next_of(page) == address("mark_own_set", submission)
    own = own_set(submission, "first").targets
    mark_all(submission, by=cast.independent)
    left = next(t for t in review_targets(submission.content()) if t not in own)
    ReviewMark.kept.filter(submission=submission, target=left).delete()
    page = overview(cast.independent, submission)
    assert "Continue marking" in text_of(page)
    assert next_of(page) != address("mark_own_set", submission)


def test_the_heading_names_the_parts_that_are_not_judged_and_leads_to_them(cast):
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    mark_all(submission, by=cast.independent, file=False)
    page = overview(cast.independent, submission)
    n = len(returned_parts.parts_of(submission))
    assert heading_of(page) == f"You still have to judge {n} parts of the conformity file"
    assert next_of(page) == address("review_parts", submission)
    mark_all(submission, by=cast.independent)
    page = overview(cast.independent, submission)
    assert heading_of(page) == "All facts and answers are accepted"
    assert next_of(page) == address("approve", submission)


@pytest.mark.long
def test_the_page_of_the_approval_is_in_reach_before_everything_is_marked(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    link = f'href="{address("approve", submission)}"'
    page = overview(cast.independent, submission)
    assert "See what is still missing for approval" in text_of(page)
    assert markup_of(page).count(link) == 1
    assert "This submission cannot be approved yet" in approval(cast.independent, submission)
    assert link not in markup_of(overview(cast.second_independent, submission))  # who holds no seat cannot approve
    mark_all(submission, by=cast.independent)
    page = overview(cast.independent, submission)
    assert "See what is still missing for approval" not in text_of(page)  # it is the next step, said once
    assert markup_of(page).count(link) == 1
    review_approval.approve(submission, by=cast.independent, statement="Read.")
    assert link not in markup_of(overview(cast.independent, submission))


def test_the_heading_says_that_an_answer_is_accepted_with_an_action(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    look_at(submission, TARGET, cast.independent, mark="accepted_with_action", action_title="List", words=WORDS)
    mark_all(submission, by=cast.independent)
    page = overview(cast.independent, submission)
    assert heading_of(page) == "All facts and answers are accepted, one of them with an action"
    assert "Since signing, reviewers have given one answer the mark “accepted with action”." in text_of(page)


@pytest.mark.long
def test_the_heading_after_the_first_approval_says_what_each_reader_waits_for(cast):
    submission = two_seats(cast)
    assert (
        heading_of(overview(cast.independent, submission))
        == "You have approved this case. There is no second reviewer yet"
    )
    page = overview(cast.second_independent, submission)
    assert heading_of(page) == "This case is waiting for a second reviewer"
    assert next_of(page) == address("take", submission)
    seat_taking.take(submission, by=cast.second_independent)
    assert (
        heading_of(overview(cast.independent, submission))
        == "You have approved this case. The second approval is still needed"
    )
    second = heading_of(overview(cast.second_independent, submission))
    assert re.fullmatch(r"You still have to mark \d+ answers and facts", second)
    mark_all(submission, by=cast.second_independent)
    review_approval.approve(submission, by=cast.second_independent, statement="I agree.")
    assert heading_of(overview(cast.independent, submission)) == "Decided: the certificate has been issued"


@pytest.mark.long
def test_a_returned_case_is_with_the_organisation_and_not_closed(cast):
    submission = make_assessment(State.RETURNED, "limited", cast=cast).current_submission
    assert heading_of(overview(cast.independent, submission)) == "With the organisation: 1 change requested"


def test_what_comes_next_stands_above_the_overview(cast):
    submission = make_assessment(State.SUBMITTED, "limited", cast=cast).current_submission
    content = markup_of(overview(cast.independent, submission))
    assert content.index("Take this case") < content.index('class="hk-sheet"')
    assert content.count("Take this case") == 1


@pytest.mark.parametrize(
    ("state", "scope", "leads_on"),
    [
        (State.SUBMITTED, "as it will be printed", True),
        (State.IN_REVIEW, "as it will be printed", True),
        (State.RETURNED, "as submitted", False),
        (State.CERTIFIED, "as printed on the certificate", False),
    ],
)
def test_the_overview_speaks_of_printing_and_of_a_next_step_as_the_state_has_them(cast, state, scope, leads_on):
    submission = make_assessment(state, "limited", cast=cast).current_submission
    page = overview(cast.independent, submission)
    said = text_of(page)
    phrases = ("as it will be printed", "as submitted", "as printed on the certificate")
    assert [words for words in phrases if f"Scope {words} " in said] == [scope]
    assert ("Go to the top of the page, where the next step is shown" in said) is leads_on
    assert ('href="#next"' in markup_of(page)) is leads_on


def test_counts_of_the_case_are_called_those_of_the_signing(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    assert "Numbers at the time of signing" in text_of(overview(cast.independent, submission))


def test_findings_are_counted_as_requirements_that_an_answer_leaves_short(cast):
    answers = {QUESTION: {"choice": "partly", "text": "Half."}}
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=answers).current_submission
    assert submission.findings == len(submission.content()["findings"]) >= 1
    assert "a requirement that is not fully met" in text_of(overview(cast.independent, submission)) or (
        "requirements that are not fully met; one question can give several"
        in text_of(overview(cast.independent, submission))
    )


def test_no_link_leads_to_no_messages_where_nobody_may_write(cast):
    submission = two_seats(cast)
    page = text_of(overview(cast.independent, submission))
    assert "Nobody has written a message here yet." in page
    assert "0 messages" not in page


@pytest.mark.long
def test_marks_that_differ_between_the_seats_are_named_to_both(cast):
    submission = two_seats(cast)
    seat_taking.take(submission, by=cast.second_independent)
    assert "The two reviewers gave different marks" not in text_of(overview(cast.independent, submission))
    mark_all(submission, by=cast.second_independent)
    for reader in (cast.independent, cast.second_independent):
        page = text_of(overview(reader, submission))
        assert (
            "The two reviewers gave different marks on one fact or answer. The stricter mark counts. This rule is our judgement."
            in page
        )
        assert "Ines Independent: Accepted with action; Ivan Independent: Accepted" in page


def test_a_reviewer_who_has_declared_opens_the_plan_from_the_overview(cast, django_assert_max_num_queries):
    answers = {"use-register": {"choice": "partly", "text": "Half."}}
    submission = make_assessment(State.SUBMITTED, "high", cast=cast, answers=answers).current_submission
    plan = submission.documents.get(kind="plan")
    assert plan.get_absolute_url() not in overview(cast.independent, submission).content.decode()
    seat_taking.take(submission, by=cast.independent)
    client = proved(Client(), cast.independent)
    with django_assert_max_num_queries(15):
        page = client.get(address("review", submission))
    assert plan.get_absolute_url() in page.content.decode()


# --- the page of the approval --------------------------------------------------------------------------------------------


def approval(user: Any, submission: Any) -> str:
    return text_of(proved(Client(), user).get(address("approve", submission)))


def test_the_first_of_two_approvals_promises_no_certificate(cast):
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    mark_all(submission, by=cast.independent)
    page = approval(cast.independent, submission)
    assert (
        "No certificate is issued yet, because the case is decided only when the second reviewer approves too." in page
    )
    assert "The certificate is issued at once if nothing blocks it" not in page


def test_no_date_is_promised_below_where_no_date_can_be_set(cast):
    answers = {"use-register": {"choice": "partly", "text": "Half."}}
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=answers)
    page = approval(cast.independent, assessment.current_submission)
    assert "This submission cannot be approved yet" in page
    assert "for which you set a date below" not in page
    assert "Once nothing else is missing" in page


@pytest.mark.long
def test_the_approval_says_that_it_issues_the_certificate_with_readiness_and_actions(cast):
    submission = two_seats(cast)
    seat_taking.take(submission, by=cast.second_independent)
    mark_all(submission, by=cast.second_independent)
    page = approval(cast.second_independent, submission)
    assert "Your approval issues the certificate at once." in page
    assert "If the two reviewers gave different marks, only the stricter mark counts." in page
    assert "In that case, “the mark” in these declarations means the stricter mark." in page
    title = submission.assessment.compiled().questions[TARGET.removeprefix("q:")].title
    action = f"One action goes to the organisation: {title}: “List the trials” , by"
    standard = submission.assessment.compiled().policy.due_days["high"]
    dates = [date_format(in_days(days), "j F Y") for days in standard.values()]
    assert any(f"{action} {day} (the standard date, if you approve today)" in page for day in dates)
    for score in submission.content()["scorecard"]["dimensions"].values():
        assert f"{score['value']} out of 100" in page
    assert "In the High tier, a certificate needs readiness of at least" in page
    assert "Conditions None" in page
    assert "The two reviewers gave different marks on one fact or answer." in page
    review_approval.approve(submission, by=cast.second_independent, statement="I agree.")
    assert Certificate.objects.filter(use=submission.assessment.use).exists()
    assert submission.assessment.use.actions.get().title == "List the trials"


def test_actions_that_both_reviewers_ask_for_at_one_answer_are_both_shown(cast):
    submission = two_seats(cast)
    seat_taking.take(submission, by=cast.second_independent)
    look_at(submission, TARGET, cast.second_independent, mark="accepted_with_action", words="Name the trial leads.")
    page = approval(cast.second_independent, submission)
    assert "One action goes to the organisation:" in page
    assert "“List the trials” (Ines Independent); “Name the trial leads” (Ivan Independent)" in page


def test_the_first_of_two_approvals_says_that_the_other_decides(cast):
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    mark_all(submission, by=cast.independent)
    page = approval(cast.independent, submission)
    assert (
        "Your approval is the first of two, so it does not issue a certificate yet. The certificate is "
        "issued when the other reviewer approves, "
        "if nothing is missing by then." in page
    )
    assert "The organisation gets no actions" in page


def test_the_second_reviewer_who_comes_before_the_first_is_told_so(cast):
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    seat_taking.take(submission, by=cast.second_independent)
    mark_all(submission, by=cast.second_independent)
    page = approval(cast.second_independent, submission)
    assert "The first reviewer has not approved yet" in page
    assert (
        "You are the second reviewer, and the first reviewer has not approved yet. Your approval does not issue "
        "a certificate yet. The certificate is issued when the other reviewer approves, if nothing is missing by then."
        in page
    )
    assert "Give your approval" in page
    assert (
        "No certificate is issued yet, because the case is decided only when the first reviewer approves too." in page
    )
    assert "You approve first" not in page
    assert "Your approval is the first of two" not in page
    assert "Give the first approval" not in page
    review_approval.approve(submission, by=cast.second_independent, statement="Read.")
    done = overview(cast.second_independent, submission)
    assert heading_of(done) == "You have approved this case. The first reviewer’s approval is still needed"
    assert "The second approval is still needed" not in text_of(done)


def test_an_open_requirement_makes_the_certificate_wait_for_its_date(cast):
    answers = {QUESTION: {"choice": "partly", "text": "Half."}}
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=answers).current_submission
    mark_all(submission, by=cast.independent)
    page = approval(cast.independent, submission)
    assert "If the open requirement below has a date, your approval issues the certificate." in page
    assert "Conditions the open requirement, if you set a date for it below" in page


def test_more_open_requirements_than_a_certificate_may_have_conditions_promise_none(cast, monkeypatch):
    """Where each could get a date but not all of them may, the page says so and that approving is possible all the same."""
    answers = {QUESTION: {"choice": "partly", "text": "Half."}}
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=answers).current_submission
    mark_all(submission, by=cast.independent)
    rules = issuing.rules_today()
    monkeypatch.setattr(issuing, "rules_on", lambda day: replace(rules, most_conditions=0))
    page = approval(cast.independent, submission)
    assert "Your approval does not issue a certificate. 1 requirements are open, but at most 0" in page
    assert "Your approval issues the certificate" not in page
    words = (
        "A certificate can have at most 0 conditions, so the organisation has to meet some of these requirements "
        "before a certificate can be issued."
    )
    assert words in page


def test_the_approval_warns_of_marks_that_were_set_faster_than_anybody_reads(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    mark_all(submission, by=cast.independent)
    assert "Most people need more time to read" not in approval(cast.independent, submission)
    submission.marks.update(shown_at=timezone.now())
    page = approval(cast.independent, submission)
    assert "You set at least half of your marks in less than 5 seconds each." in page
    assert page.index("Most people need more time to read") < page.index("Your statement")


def test_the_page_of_the_approval_costs_fifteen_queries_at_most(cast, django_assert_max_num_queries):
    submission = two_seats(cast)
    seat_taking.take(submission, by=cast.second_independent)
    mark_all(submission, by=cast.second_independent)
    ivan = proved(Client(), cast.second_independent)
    ivan.get(address("approve", submission))
    with django_assert_max_num_queries(15):
        ivan.get(address("approve", submission))


# --- own set, previews, parts and the queue ------------------------------------------------------------------------------


@pytest.mark.long
def test_the_own_set_shows_files_in_the_page_and_leads_to_where_each_is_judged(cast):
    assessment = make_assessment(State.DRAFT, "high", cast=cast)
    prove(assessment, by=cast.owner)
    question = decisive_question(assessment)
    piece = make_evidence(cast.organisation, title="Duty rules")
    library.attach(piece, assessment, question, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    ines = proved(Client(), cast.independent)
    page = markup_of(ines.get(address("own_set", submission)))
    show = address("evidence_preview", submission, piece.reference, 1)
    assert f'href="{show}"' in page
    assert f"{address('review_parts', submission)}#part-" in page or "Judge this evidence for the answer “" in page
    shown = ines.get(show)
    section = assessment.compiled().questions[question].section
    judged_at = f"{address('review_section', submission, section)}?show=all#q-{question}"
    assert f'href="{judged_at}"' in markup_of(shown)
    assert "Where this evidence is judged" in text_of(shown)


def decisive_question(assessment: Any) -> str:
    """A question of the own set of every seat: a must."""
    edition = assessment.compiled()
    return next(
        row.question.key
        for row in assessment.answers.select_related("question")
        if any(edition.requirements[one].strength == "must" for one in edition.questions[row.question.key].requirements)
    )


def test_a_part_that_was_not_given_is_called_missing_without_its_description_again(cast):
    submission = two_seats(cast)
    content = submission.content()
    asked = returned_parts.parts_of(submission)[0]
    content["conformity"] = [part for part in content["conformity"] if part["part"] != asked.key]
    lines = lines_of(edition_for(submission.edition_checksum), content, {asked.key: asked.asks})
    assert [line.lacks_beyond for line in lines if line.lacks] == [""]
    expired = f"The attached evidence has expired or has been withdrawn. {asked.asks}"
    lines = lines_of(edition_for(submission.edition_checksum), content, {asked.key: expired})
    assert [line.lacks_beyond for line in lines if line.lacks] == [
        "The attached evidence has expired or has been withdrawn."
    ]


def test_a_colleagues_judgement_of_a_part_is_closed_until_ones_own_is_given(cast):
    submission = two_seats(cast)
    seat_taking.take(submission, by=cast.second_independent)
    ivan = proved(Client(), cast.second_independent)
    n = len(returned_parts.parts_of(submission))
    assert text_of(ivan.get(address("review_parts", submission))).count("Your colleague’s judgement") == n
    judge_parts(submission, by=cast.second_independent)
    page = text_of(ivan.get(address("review_parts", submission)))
    assert "Your colleague’s judgement" not in page
    assert "Ines Independent" in page


@pytest.mark.long
def test_the_page_of_facts_says_why_the_others_are_judged_one_by_one(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    page = proved(Client(), cast.independent).get(address("review_facts", submission))
    rest = page.context["group"].left - page.context["plain"]
    assert rest > 1
    assert f"Judge the other {rest} facts one by one." in text_of(page)
    assert (
        "You must judge a fact separately if it decides the tier or the certificate, is answered “Do not know”"
        in text_of(page)
    )
    assert "the organisation replied to it" not in text_of(page)  # there was no round before


def test_a_case_that_waits_for_the_other_seat_is_not_ones_own_to_review(cast):
    submission = two_seats(cast)
    seat_taking.take(submission, by=cast.second_independent)
    day = timezone.localdate()
    assert cases_of(cast.independent, day)["mine"] == 0
    assert cases_of(cast.second_independent, day)["mine"] == 1
    approvals.take_back_approval(submission, by=cast.independent, reason="I read page 3 again.")
    assert cases_of(cast.independent, day)["mine"] == 1


@pytest.mark.long
def test_the_home_page_of_a_reviewer_lists_what_waits_once(cast):
    make_assessment(State.SUBMITTED, "limited", cast=cast)
    two_seats(cast)
    page = text_of(proved(Client(), cast.second_independent).get(reverse("dashboard")))
    assert "Two tasks" in page
    assert "2 cases need a reviewer" in page
    assert "Second review needed" not in page
    assert "To review:" not in page


def test_a_mark_that_differs_from_the_colleagues_says_which_one_counts(cast):
    submission = two_seats(cast)
    seat_taking.take(submission, by=cast.second_independent)
    ivan = proved(Client(), cast.second_independent)
    words = "Your mark differs from your colleague’s mark. The stricter mark counts"
    assert words not in text_of(ivan.get(address("review_section", submission, SECTION)))
    look_at(submission, TARGET, cast.second_independent)
    assert text_of(ivan.get(address("review_section", submission, SECTION))).count(words) == 1


def test_an_approval_with_something_in_the_way_says_what_would_follow_once_it_is_gone(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    words = "If nothing is missing and nothing else changes, your approval has this effect:"
    assert words in approval(cast.independent, submission)
    mark_all(submission, by=cast.independent)
    assert words not in approval(cast.independent, submission)


@pytest.mark.long
def test_what_is_in_neither_group_of_marks_is_named_with_its_link(cast, monkeypatch):
    # With a draw, the few that are named here may all lie in the own set.
    rules = issuing.rules_today()
    monkeypatch.setattr(issuing, "rules_today", lambda: replace(rules, drawn_percent=0))
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    page = overview(cast.independent, submission)
    named = page.context["one_by_one"]
    assert named
    assert "Mark everything else separately." not in text_of(page)
    if len(named) > 5:
        words = f"Mark {len(named)} more facts and answers separately"
        assert f'<a href="{named[0][1]}">{words}</a>' in markup_of(page)
        return
    assert "Still to be marked separately, because they were flagged by a check or are not fully in place:" in text_of(
        page
    )
    for title, url in named:
        assert f'href="{url}">{html.escape(title)}</a>' in page.content.decode()
