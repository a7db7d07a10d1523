"""What counts as opened: a token of the page for an answer, a request of its own for a piece of evidence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.signing import Signer
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.core.errors import NotPermitted
from assessments.domain.facts import holds
from assessments.domain.review import decisions, marks, opened
from assessments.domain.submission import submit
from assessments.models import EvidenceOpening, Route, State
from tests.support.acting import CONDITION, action_on, make_conditioned, report_done
from tests.support.factories import make_assessment, make_cast, make_evidence, mark_all, proved
from tests.support.mutants import fails_without

pytestmark = pytest.mark.sqlite_alone

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
    mark = marks.save_mark(submission, TARGET, marks.GivenMark(mark="accepted", seen=seen), by=cast.independent)
    assert mark.shown_at == at


@pytest.mark.parametrize(
    "case", ["none", "of another person", "of another answer", "of another case", "forged", "ahead"]
)
@fails_without("a mark without its own page is not opened", "of another answer")
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
    mark = marks.save_mark(submission, TARGET, marks.GivenMark(mark="accepted", seen=seen), by=cast.independent)
    assert mark.shown_at is None


def test_a_mark_that_was_not_opened_is_written_again_once_it_was(cast, submission):
    marks.save_mark(submission, TARGET, marks.GivenMark(mark="accepted"), by=cast.independent)
    seen = opened.token(submission, TARGET, reader=cast.independent)
    mark = marks.save_mark(submission, TARGET, marks.GivenMark(mark="accepted", seen=seen), by=cast.independent)
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
    decisions.send_back(submission, by=cast.independent)
    again = submit.submit(submission.assessment, by=cast.owner, route=Route.INDEPENDENT)
    assert before
    assert opened.opened_contents(again, cast.independent.pk) == before


@pytest.mark.long
def test_a_piece_of_an_action_is_opened_by_its_own_request_for_the_case_that_judges_it(cast):
    assessment = make_conditioned(cast)
    action = action_on(assessment, CONDITION)
    report_done(action, by=cast.contributor)
    piece = action.evidence_uses.get().evidence
    page = reverse("action_file", args=[action.use.reference, action.number, piece.reference, 1])
    shown = reverse("action", args=[action.use.reference, action.number])
    words = f"Open each evidence item before you accept the action: {piece.title}."
    for who in (cast.owner, cast.second_independent):  # a member; and who has declared nothing
        proved(Client(), who).get(page)
    proved(Client(), cast.independent).head(page)
    assert not EvidenceOpening.objects.filter(piece=piece.reference).exists()
    ines = proved(Client(), cast.independent)
    refused = ines.post(shown, {"accept": "1", f"verdict-{piece.reference}": "supports"})
    assert words in refused.content.decode()
    assert words in ines.get(shown).content.decode()
    assert ines.get(page).status_code == 200
    (row,) = EvidenceOpening.objects.filter(piece=piece.reference)
    assert (row.reviewer, row.submission.assessment, row.content) == (
        cast.independent,
        assessment,
        piece.versions.get().sha256,
    )
    assert words not in ines.get(shown).content.decode()
    assert ines.post(shown, {"accept": "1", f"verdict-{piece.reference}": "supports"}).status_code == 302
    assert action_on(assessment, CONDITION).status == "closed"


@pytest.mark.long
def test_the_evidence_of_a_hold_is_opened_by_its_own_request(cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, facts={"lawful_exception_claimed": True})
    submission, hold = assessment.current_submission, assessment.use.holds.get(closed_at=None)
    piece = make_evidence(cast.organisation, by=cast.owner, title="The licence")
    holds.attach(hold, piece, by=cast.owner)
    page = reverse("close_hold", args=[submission.reference, hold.pk])
    ines, words = (
        proved(Client(), cast.independent),
        "Open all the evidence before you decide. Not opened yet: The licence.",
    )
    decision = {"outcome": "accepted", "decision": "It is shown."}
    assert words in ines.get(page).content.decode()
    assert words in ines.post(page, decision).content.decode()
    ines.get(reverse("evidence_preview", args=[submission.reference, piece.reference, 1]))
    assert EvidenceOpening.objects.get(piece=piece.reference).content == piece.versions.get().sha256
    assert words not in ines.get(page).content.decode()
    assert ines.post(page, decision).status_code == 302
    hold.refresh_from_db()
    assert hold.closed_by == cast.independent


def test_nobody_is_noted_to_whom_the_case_is_closed(cast, submission):
    piece = pieces_in_file(submission)[0]
    for who in (cast.owner, cast.outsider, cast.second_independent):
        with pytest.raises(NotPermitted):
            opened.note_opening(submission, piece["reference"], piece["version"], by=who)
    opened.note_opening(submission, "nothing", 1, by=cast.independent)
    assert not EvidenceOpening.objects.exists()
