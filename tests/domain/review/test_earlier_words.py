"""Words used again for a mark, and that no words of another organisation's case slip into this one unseen."""

from __future__ import annotations

import pytest

from assessments.core.errors import InvalidAnswer, Locked, NotPermitted, SeparationOfDuties, WorkflowError
from assessments.domain.review import decisions, earlier_words, interests, kept_texts, marks, seat_requests, seat_taking
from assessments.domain.review.earlier_words import From
from assessments.domain.submission import submit
from assessments.models import MarkKind, Membership, ReviewMark, Role, Seat, State
from tests.support.factories import make_assessment, make_cast, make_organisation, make_user

pytestmark = pytest.mark.sqlite_alone

KEY = "use-register"
TARGET = f"q:{KEY}"
GAP = {KEY: {"choice": "partly"}}
WANTED = {"mark": "change_needed", "reason": "not_shown", "words": "Two clinics lack.", "would_satisfy": "All clinics."}


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def case(cast):
    return make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAP).current_submission


@pytest.fixture
def foreign(cast):
    """A case of another organisation, reviewed by Ines as well."""
    other = make_organisation("Peakline Logistics Limited", make_user("Petra Peak"))
    found = make_assessment(State.SUBMITTED, "limited", organisation=other, answers=GAP).current_submission
    seat_taking.take(found, by=cast.independent)
    marks.save_mark(found, TARGET, marks.GivenMark(**WANTED), by=cast.independent)
    return found


def offered(case, by, target=TARGET):
    found = earlier_words.offers(case, case.content(), target, by=by)
    return {offer.key: offer for offer in found}


def use(case, by, key, *, has_read=False, **changes):
    given = marks.GivenMark(**WANTED | changes)
    return earlier_words.save(case, TARGET, given, by=by, source=key, has_read=has_read)


def test_the_texts_that_fit_the_answer_are_offered(cast, case):
    own = kept_texts.keep(WANTED | {"title": "A"}, by=cast.independent)
    kept_texts.keep(WANTED | {"title": "B", "reason": "not_applicable"}, by=cast.independent)  # it is partly in place
    shared = kept_texts.keep(
        {"title": "C", "mark": "accepted_with_action", "action_title": "Ask."},
        by=cast.independent,
        organisation=cast.body,
    )
    assert list(offered(case, cast.independent)) == [kept_texts.key_of(own), kept_texts.key_of(shared)]
    assert list(offered(case, cast.independent, "f:public_facing")) == [kept_texts.key_of(own)]  # no action on a fact
    kept_texts.remove(own, by=cast.independent)
    assert list(offered(case, cast.independent)) == [kept_texts.key_of(shared)]


@pytest.mark.long
def test_as_last_time_is_ones_own_newest_mark_in_a_case_of_the_same_organisation(cast, case):
    before = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAP).current_submission
    mark = marks.save_mark(before, TARGET, marks.GivenMark(**WANTED), by=cast.independent)
    (offer,) = offered(case, cast.independent).values()
    assert (offer.origin, offer.earlier, offer.is_foreign) == (From.LAST, mark, False)
    saved = use(case, cast.independent, offer.key)
    assert (saved.submission, saved.words, saved.by) == (case, "Two clinics lack.", cast.independent)


@pytest.mark.long
def test_a_former_round_comes_before_another_use(cast, case):
    mark = marks.save_mark(case, TARGET, marks.GivenMark(**WANTED), by=cast.independent)
    decisions.send_back(case, by=cast.independent, words="One thing is missing.")
    elsewhere = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAP).current_submission
    marks.save_mark(elsewhere, TARGET, marks.GivenMark(**WANTED | {"words": "Elsewhere."}), by=cast.independent)
    case.assessment.refresh_from_db()
    second = submit.submit(case.assessment, by=cast.owner, route=case.route)
    found = list(offered(second, cast.independent).values())
    assert [offer.origin for offer in found] == [From.LAST, From.CASE]
    assert found[0].earlier == mark


def test_words_of_another_organisation_are_never_as_last_time_and_are_read_first(cast, case, foreign):
    (offer,) = offered(case, cast.independent).values()
    assert (offer.origin, offer.is_foreign) == (From.CASE, True)
    assert offer.earlier.submission == foreign
    with pytest.raises(InvalidAnswer) as refused:
        use(case, cast.independent, offer.key)
    assert refused.value.field == "has_read"
    assert not case.marks.exists()
    assert use(case, cast.independent, offer.key, has_read=True).would_satisfy == "All clinics."


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("field", ["words", "would_satisfy"])
@pytest.mark.parametrize("what", ["organisation", "system", "use"])
def test_words_that_name_the_other_case_are_refused_at_their_field(cast, case, foreign, field, what):
    of = foreign.assessment.use
    name = {"organisation": "peakline logistics", "system": of.system.name, "use": of.title}[what]
    key = next(iter(offered(case, cast.independent)))
    with pytest.raises(InvalidAnswer) as refused:
        use(case, cast.independent, key, has_read=True, **{field: f"As {name} did."})
    assert refused.value.field == field
    assert not case.marks.exists()


def test_a_case_without_a_seat_or_behind_a_closed_gate_offers_nothing(cast, case, foreign):
    assert offered(case, cast.second_independent) == {}
    interests.decline(foreign, by=cast.independent, words="I sold it to them.")
    assert offered(case, cast.independent) == {}
    with pytest.raises(WorkflowError, match="no longer available"):
        use(case, cast.independent, f"mark-{ReviewMark.objects.get(submission=foreign).pk}", has_read=True)


@pytest.mark.long
def test_a_seat_that_was_handed_over_still_offers_what_one_marked_oneself(cast, case, foreign):
    asked = seat_requests.ask(foreign, Seat.FIRST, cast.second_independent, by=cast.independent, note="I am away.")
    seat_requests.take_over(asked, by=cast.second_independent)
    assert [offer.earlier.by for offer in offered(case, cast.independent).values()] == [cast.independent]


def test_nothing_is_offered_to_whoever_left_the_body(cast, case, foreign):
    Membership.objects.filter(user=cast.independent, role=Role.REVIEWER).update(left_at=case.at)
    assert offered(case, cast.independent) == {}


@pytest.mark.parametrize("who", ["owner", "contributor", "outsider", "staff", "second_independent", "reviewer"])
def test_a_mark_with_used_words_needs_the_seat(cast, case, who):
    person = getattr(cast, who)
    if who == "second_independent":
        kept_texts.keep(WANTED | {"title": "A"}, by=person)
    with pytest.raises((NotPermitted, SeparationOfDuties)):
        use(case, person, "own-1")
    assert not case.marks.exists()


@pytest.mark.long
def test_used_words_take_neither_a_private_note_nor_a_date(cast, case):
    before = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAP).current_submission
    marks.save_mark(before, TARGET, marks.GivenMark(mark=MarkKind.ACCEPTED_WITH_ACTION, words="More.", private_note="Thin.", action_title="Ask."), by=cast.independent)  # fmt: skip
    (offer,) = offered(case, cast.independent).values()
    assert set(offer.said) == {"mark", "reason", "words", "would_satisfy", "action_title"}


def test_words_are_locked_with_the_case(cast, case):
    own = kept_texts.keep(WANTED | {"title": "A"}, by=cast.independent)
    decisions.refuse(case, by=cast.independent, statement="No evidence.")
    with pytest.raises(Locked):
        use(case, cast.independent, kept_texts.key_of(own))
