"""What the pages of a case say once there is nothing to mark: after a return, and after one's own approval."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assessments.domain.review import approval, decisions, seat_taking
from assessments.domain.review.sampling import own_set
from assessments.domain.submission import submit
from assessments.models import ConformityEvidence, ConformityPart, Route, State
from tests.support.factories import Cast, make_assessment, make_cast, make_evidence, mark_all, prove, proved
from tests.support.looking import look_at
from tests.support.page_text import markup_of, text_of

pytestmark = pytest.mark.sqlite_alone

SECTION, TARGET = "governance", "q:use-register"
WITH_THE_ORGANISATION = (
    "This case is with the organisation. You do not have to open or mark anything until the organisation submits it "
    "again. You can read this page, but not change it."
)


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def address(name: str, submission: Any, *more: Any) -> str:
    return reverse(name, args=[submission.reference, *more])


def of_a_file(cast: Cast) -> Any:
    """A High case that Ines has taken, with an evidence item that only its conformity file names."""
    draft = make_assessment(State.DRAFT, "high", cast=cast)
    prove(draft, by=cast.owner)
    piece = make_evidence(draft.organisation, title="Reports of the tests")
    part = ConformityPart.objects.get(use=draft.use, key="tests")
    ConformityEvidence.objects.create(part=part, evidence=piece, why="All tests.", by=cast.owner)
    submission = submit.submit(draft, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    return submission


def send_back(submission: Any, cast: Cast) -> None:
    look_at(submission, TARGET, cast.independent, mark="change_needed", reason="unclear", would_satisfy="Name them.")
    decisions.send_back(submission, by=cast.independent, words="Please name the uses.")


@pytest.mark.long
def test_the_own_set_asks_for_nothing_after_a_return(cast):
    submission = of_a_file(cast)
    ines = proved(Client(), cast.independent)
    own, all_of_it = address("own_set", submission), len(own_set(submission, "first").targets)
    before = text_of(ines.get(own))
    assert "Open all" in before
    assert "not judged yet" in before
    assert WITH_THE_ORGANISATION not in before
    send_back(submission, cast)
    after = text_of(ines.get(own))
    assert WITH_THE_ORGANISATION in after
    assert f"Required facts and answers: 1 of {all_of_it} marked" in after
    for order in (
        "Open all",
        "not opened yet",
        "not judged yet",
        "to be judged",
        "Judge this",
        "Judge the part",
        "You must",
    ):
        assert order not in after, order
    assert "not opened by you, not judged by you" in after
    assert "See this evidence beside the answer" in after
    assert "See the part of the conformity file that uses this evidence" in after
    assert "Before approving, each reviewer must personally open and mark the required facts and answers." in after


@pytest.mark.long
def test_the_pages_of_marks_ask_for_nothing_after_a_return(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    ines = proved(Client(), cast.independent)
    pages = [address("mark_own_set", submission), address("review_section", submission, SECTION)]
    orders = ("Go to the next fact or answer without a mark", "each reviewer must mark this answer")
    for page in pages:
        before = text_of(ines.get(page))
        assert all(order in before for order in orders)
        assert WITH_THE_ORGANISATION not in before
    send_back(submission, cast)
    for page in pages:
        after = text_of(ines.get(page))
        assert WITH_THE_ORGANISATION in after
        for order in (*orders, "must mark", "still to mark"):
            assert order not in after, order
        assert "decides the certificate" in after


@pytest.mark.long
def test_pages_of_marks_say_that_an_approval_locks_them(cast):
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read.")
    ines = proved(Client(), cast.independent)
    said = "You have approved this case, so your marks are locked. To change a mark, withdraw your approval."
    assert said in text_of(ines.get(address("own_set", submission)))
    assert said in text_of(ines.get(address("review_section", submission, SECTION)))


@pytest.mark.long
def test_reasons_for_not_applicable_wait_for_nobody_after_a_return(cast):
    answers = {"laws-list": {"choice": "not_applicable", "reason": "The head office keeps it."}}
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=answers).current_submission
    ines = proved(Client(), cast.independent)
    case = address("review", submission)
    assert "Judge the reasons for “not applicable”" in text_of(ines.get(case))
    send_back(submission, cast)
    after = text_of(ines.get(case))
    assert "waiting for your judgement" not in after
    assert "See the reasons for “not applicable”" in after
    assert f'href="{address("review_not_applicable", submission)}"' in markup_of(ines.get(case))


@pytest.mark.long
def test_a_returned_case_can_be_written_about_and_names_the_message_of_its_return(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    ines = proved(Client(), cast.independent)
    case = address("review", submission)
    write, elsewhere = (
        "Write to the organisation without returning the submission",
        "The message sent with the return is under",
    )
    before = text_of(ines.get(case))
    assert write in before
    assert elsewhere not in before
    send_back(submission, cast)
    page = ines.get(case)
    after = text_of(page)
    assert write not in after
    assert ">Write to the organisation</a>" in re.sub(r"\s+(?=<)|(?<=>)\s+", "", markup_of(page))
    assert "Nobody has written a message here yet." in after
    assert '<a href="#requested">The message sent with the return is under “Requested changes”.</a>' in markup_of(page)
    assert 'id="requested"' in markup_of(page)


def test_a_text_is_inserted_where_its_field_is(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    page = markup_of(proved(Client(), cast.independent).get(address("review_section", submission, SECTION)))
    panel = page[page.index('id="q-use-register"') :]
    assert panel.index('class="hk-mark-more"') < panel.index('class="hk-reuse"')


@pytest.mark.long
def test_the_own_set_says_which_evidence_is_judged_with_the_conformity_file(cast):
    submission = of_a_file(cast)
    page = text_of(proved(Client(), cast.independent).get(address("own_set", submission)))
    assert "Some evidence is used in the conformity file, but not for any of the required answers." in page
