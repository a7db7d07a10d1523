"""The own set of a seat, and the share of the rest that the server draws."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from assessments.domain.certificates import issuing
from assessments.domain.evidence import library
from assessments.domain.review import decisions
from assessments.domain.review import targets as review_targets
from assessments.domain.review.sampling import draw, own_set
from assessments.domain.review.targets import decisive_targets
from assessments.domain.submission import submit, taking_back
from assessments.models import Route, Seat, State, edition_for
from assessments.models.snapshots import declared_in
from tests.support.factories import make_assessment, make_cast, make_evidence, mark_all

pytestmark = pytest.mark.sqlite_alone

REST = [f"q:question-{n}" for n in range(41)]


@pytest.fixture
def cast(db):
    return make_cast()


def test_the_drawn_share_is_rounded_up():
    assert issuing.rules_today().drawn_percent == 10
    assert [len(draw("R1", "first", REST[:n])) for n in (0, 1, 10, 11, 41)] == [0, 1, 1, 2, 5]


def test_drawing_again_gives_the_same_and_another_seat_or_round_another():
    assert draw("R1", "first", REST) == draw("R1", "first", reversed(REST))
    others = {tuple(draw(reference, seat, REST)) for reference in ("R1", "R2", "R3") for seat in ("first", "second")}
    assert len(others) == 6


def test_what_is_drawn_hangs_on_the_servers_secret(settings):
    before = draw("R1", "first", REST)
    settings.SECRET_KEY = "another-secret-of-fifty-signs-another-secret-of-fifty"
    assert draw("R1", "first", REST) != before


@pytest.mark.parametrize("tier", ["low", "limited", "high"])
def test_the_own_set_has_what_decides_every_must_and_a_tenth_of_the_rest(cast, tier):
    submission = make_assessment(State.SUBMITTED, tier, cast=cast).current_submission
    content, edition = submission.content(), edition_for(submission.edition_checksum)
    own = own_set(submission, Seat.FIRST)
    declared = declared_in(content)
    musts = {
        f"q:{line['question']}"
        for line in content["signed"]["musts"]
        if declared.in_scope(edition.requirements[line["requirement"]])
    }
    targets = review_targets.review_targets(content)
    decisive = decisive_targets(edition, content)
    assert musts
    assert musts | decisive <= own.targets
    assert own.targets - own.drawn == decisive
    assert (own.rest, len(own.drawn)) == (len(targets) - len(decisive), -(-(len(targets) - len(decisive)) // 10))


def test_taking_the_seat_again_draws_nothing_new(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    own = own_set(submission, Seat.FIRST)
    assert own_set(submission, Seat.FIRST) == own
    mark_all(submission, by=cast.independent, change={"q:use-register": "The newest entry."})
    decisions.send_back(submission, by=cast.independent)
    again = submit.submit(submission.assessment, by=cast.owner, route=Route.INDEPENDENT)
    assert own_set(again, Seat.FIRST).targets - own_set(again, Seat.FIRST).drawn == own.targets - own.drawn
    assert own_set(again, Seat.FIRST).rest == own.rest


@pytest.mark.long
def test_a_piece_under_two_answers_is_one_piece_and_its_next_version_another(cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    piece = make_evidence(cast.organisation, content=b"The notice.")
    for question in ("accountable-owner", "use-register"):
        library.attach(piece, assessment, question, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    own = own_set(submission, Seat.FIRST)
    (content,) = own.openable
    assert own.pieces[content] == {("accountable-owner", piece.reference), ("use-register", piece.reference)}
    taking_back.recall(assessment, by=cast.owner)
    library.add_version(piece, by=cast.owner, file=SimpleUploadedFile("notice.txt", b"The new notice."))
    again = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    assert own_set(again, Seat.FIRST).openable.isdisjoint({content})


def test_the_pieces_of_the_conformity_file_are_in_the_own_set(cast):
    submission = make_assessment(State.SUBMITTED, "high", cast=cast).current_submission
    file = {p["sha256"] for part in submission.content()["conformity"] for p in part["evidence"]}
    assert file
    assert file <= own_set(submission, Seat.FIRST).openable
