"""What counts as opened: a token of the page for an answer, a request of its own for a piece of evidence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.signing import Signer
from django.test import Client
from django.utils import timezone

from assessments import reviewing, workflow
from assessments.domain.review import opened
from assessments.models import EvidenceOpening, Route, State
from tests.factories import make_assessment, make_cast, mark_all, proved

TARGET = "q:use-register"


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def submission(cast):
    return make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission


def test_a_mark_with_the_token_of_its_page_counts_as_opened(cast, submission):
    at = timezone.now().replace(microsecond=0) - timedelta(seconds=30)
    seen = opened.token(submission, TARGET, reader=cast.independent, at=at)
    mark = reviewing.save_mark(submission, TARGET, by=cast.independent, mark="accepted", seen=seen)
    assert mark.shown_at == at


@pytest.mark.parametrize(
    "case", ["none", "of another person", "of another answer", "of another case", "forged", "ahead"]
)
def test_a_mark_without_a_good_token_counts_as_not_opened(cast, submission, case):
    other = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    now = int(timezone.now().timestamp())
    seen = {
        "none": "",
        "of another person": opened.token(submission, TARGET, reader=cast.second_independent),
        "of another answer": opened.token(submission, "q:laws-list", reader=cast.independent),
        "of another case": opened.token(other, TARGET, reader=cast.independent),
        "forged": Signer(salt="assessments.held").sign(f"{now}:{cast.independent.pk}:{submission.pk}:{TARGET}"),
        "ahead": opened.token(submission, TARGET, reader=cast.independent, at=timezone.now() + timedelta(hours=1)),
    }[case]
    mark = reviewing.save_mark(submission, TARGET, by=cast.independent, mark="accepted", seen=seen)
    assert mark.shown_at is None


def test_a_mark_that_was_not_opened_is_written_again_once_it_was(cast, submission):
    reviewing.save_mark(submission, TARGET, by=cast.independent, mark="accepted")
    seen = opened.token(submission, TARGET, reader=cast.independent)
    mark = reviewing.save_mark(submission, TARGET, by=cast.independent, mark="accepted", seen=seen)
    assert (mark.shown_at is not None, mark.revision) == (True, 2)


def pieces_in_file(submission):
    return [piece for part in submission.content()["conformity"] for piece in part["evidence"]]


def test_opening_a_piece_is_kept_once_for_each_reviewer(cast, submission):
    piece = pieces_in_file(submission)[0]
    page = f"/reviews/{submission.reference}/evidence/{piece['reference']}/{piece['version']}/"
    for _twice in range(2):
        assert proved(Client(), cast.independent).get(page).status_code == 302  # it is a link
    (row,) = EvidenceOpening.objects.all()
    assert (row.reviewer, row.piece, row.content) == (cast.independent, piece["reference"], piece["sha256"])
    assert opened.opened_contents(submission, cast.second_independent.pk) == set()


def test_nothing_is_kept_of_a_head_request_or_of_somebody_who_may_not_open_it(cast, submission):
    piece = pieces_in_file(submission)[0]
    page = f"/reviews/{submission.reference}/evidence/{piece['reference']}/{piece['version']}/"
    proved(Client(), cast.independent).head(page)
    proved(Client(), cast.outsider).get(page)
    proved(Client(), cast.second_independent).get(page)  # has declared nothing yet
    assert not EvidenceOpening.objects.exists()


def test_a_piece_that_is_the_same_in_the_next_round_needs_no_second_opening(cast, submission):
    mark_all(submission, by=cast.independent, change={TARGET: "The newest entry."})
    before = opened.opened_contents(submission, cast.independent.pk)
    workflow.send_back(submission, by=cast.independent)
    again = workflow.submit(submission.assessment, by=cast.owner, route=Route.INDEPENDENT)
    assert before
    assert opened.opened_contents(again, cast.independent.pk) == before
