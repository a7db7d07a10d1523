"""Each guard of a review worth its word is missed by a test: it is taken out of the product, and that test has to fail.

The random model (tests/test_review_model.py) meets these seldom; here each has a test that goes straight to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assessments.models import State
from tests import test_reviewing
from tests.domain.certificates import test_incidents, test_least_readiness
from tests.domain.evidence import test_second_use, test_supplements
from tests.domain.remediation import test_closing
from tests.domain.review import (
    test_answered_holds,
    test_approvals,
    test_opened,
    test_own_marks,
    test_parts,
    test_successors,
)
from tests.factories import Cast, make_assessment
from tests.mutants import GUARDS, SELDOM_MET, take_out

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def of_a_condition(test: Callable[..., None], *more: Any) -> Callable[[Cast], None]:
    """A test of actions, on the case that its module makes for it."""
    return lambda cast: test(cast, test_closing.once_for_all(cast), *more)


def of_a_left_seat(test: Callable[..., None]) -> Callable[[Cast], None]:
    return lambda cast: test(cast, test_successors.once_for_all(cast))


def of_a_high_case(test: Callable[..., None], *more: Any) -> Callable[[Cast], None]:
    return lambda cast: test(cast, make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission, *more)


def without_a_draw(cast: Cast) -> None:
    with pytest.MonkeyPatch.context() as patch:
        test_reviewing.test_what_falls_short_is_not_accepted_together_though_nobody_drew_it(cast, patch)


MISSED_BY: dict[str, Callable[[Cast], None]] = {
    "the own set is opened and judged": test_own_marks.test_a_second_seat_with_nothing_opened_does_not_approve,
    "a mark counts for its own seat alone": test_own_marks.test_a_second_seat_with_nothing_opened_does_not_approve,
    "marks lock with an approval": test_own_marks.test_marks_lock_with_ones_approval,
    "an approval is taken back by its own reviewer": test_approvals.test_nobody_takes_back_what_is_not_theirs_or_decided,
    "a mark without its own page is not opened": of_a_high_case(
        test_opened.test_a_mark_without_a_good_token_counts_as_not_opened, "of another answer"
    ),
    "nothing of the own set is accepted together": (
        test_reviewing.test_what_is_plain_is_accepted_in_one_action_and_recorded_as_such
    ),
    "what is accepted together is fully in place": without_a_draw,
    "nothing of the own set is taken over": (
        test_own_marks.test_taking_over_covers_the_rest_by_name_and_never_the_own_set
    ),
    "a case opens by a declaration of interests": of_a_condition(
        test_closing.test_an_action_opens_with_a_declaration_in_its_own_case_alone
    ),
    "a conflict closes a case": of_a_condition(test_closing.test_a_declared_conflict_closes_the_action),
    "who has no seat closes no action": of_a_condition(
        test_closing.test_only_a_seat_of_the_case_accepts_or_declines, True
    ),
    "no action is judged in a closed case": lambda cast: test_closing.test_no_action_is_judged_in_a_closed_case(
        cast, State.REFUSED
    ),
    "what blocks is reported with evidence": of_a_condition(
        test_closing.test_a_blocking_action_is_not_reported_done_by_one_sentence
    ),
    "each piece of an action is judged": of_a_condition(
        test_closing.test_each_piece_is_judged_before_the_action_is_accepted
    ),
    "a piece supports that an action is done": of_a_condition(
        test_closing.test_a_verdict_that_is_not_supports_needs_a_word_and_closes_nothing, "partly"
    ),
    "at High two close what blocks": test_closing.test_at_high_the_last_blocking_action_is_never_closed_by_one_person,
    "at High the two who close are two": (
        test_closing.test_at_high_the_last_blocking_action_is_never_closed_by_one_person
    ),
    "at High the independent seat accepts": test_closing.test_at_high_the_in_house_reviewer_confirms_and_never_accepts,
    "every part of the file is judged": test_parts.test_an_approval_is_refused_until_this_seat_has_judged_every_part,
    "no part is left unsupported": (
        test_parts.test_a_part_that_does_not_support_stops_both_seats_and_one_that_does_partly_stops_none
    ),
    "nobody oversees and reviews": lambda cast: test_parts.test_an_overseer_takes_no_seat(cast, "Rita Reviewer"),
    "a second part asks for a word": test_second_use.test_one_notice_does_not_serve_two_parts_without_a_word,
    "a question is closed once it is answered with evidence": (
        test_answered_holds.test_what_is_not_answered_with_evidence_is_closed_by_nobody
    ),
    "what was added after the signing is judged": (
        test_supplements.test_what_a_gate_asks_for_is_attached_while_the_answer_is_locked_and_counts_once_it_is_judged
    ),
    "nothing is added after the decision": (
        lambda cast: test_supplements.test_nothing_is_added_before_the_signing_and_after_the_decision(cast, "certified")
    ),
    "an incident is ended by a reviewer": (
        test_incidents.test_the_owner_of_a_self_declared_certificate_does_not_end_it
    ),
    "nothing is issued below the least readiness": lambda cast: (
        test_least_readiness.test_a_dimension_with_little_in_place_is_approved_with_a_plan_and_no_certificate(
            cast, "limited"
        )
    ),
    "at most twelve musts are conditions": test_least_readiness.test_at_most_twelve_musts_are_left_to_a_condition,
    "a successor is asked as a reviewer is": of_a_left_seat(
        test_successors.test_whoever_has_a_conflict_or_worked_on_the_use_does_not_take_it_over
    ),
}


OF_THE_ATTACKS = {
    "a hold is closed first",
    "nothing is issued on a stale approval",
    "who may not review keeps no seat",
    "declares again first",
}  # tests/test_attacks.py takes these out


def test_what_the_random_model_seldom_meets_has_a_test():
    assert MISSED_BY.keys() | OF_THE_ATTACKS >= SELDOM_MET


@pytest.mark.parametrize("guard", MISSED_BY)
def test_a_test_fails_without_its_guard(guard, cast, monkeypatch):
    take_out(monkeypatch, *GUARDS[guard])
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        MISSED_BY[guard](cast)


# Those that are called as they stand pass in their own modules.
CALLED_OTHERWISE = [guard for guard, test in MISSED_BY.items() if not test.__name__.startswith("test_")]


@pytest.mark.parametrize("guard", CALLED_OTHERWISE)
def test_the_same_test_passes_with_it(guard, cast):
    MISSED_BY[guard](cast)
