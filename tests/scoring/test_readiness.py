"""Readiness: worked examples whose numbers can be checked by hand, then what holds for every set of answers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from itertools import cycle

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assessments.guideline.conditions import ALWAYS
from assessments.guideline.edition import Edition
from assessments.guideline.terms import (
    UNKNOWN,
    Choice,
    Dimension,
    LifecycleStage,
    Principle,
    Stakeholder,
    Strength,
    Tier,
)
from assessments.scoring.findings import count_blocking, find
from assessments.scoring.inputs import Answers, AnswerValue, Declared
from assessments.scoring.readiness import (
    Count,
    DutyCredit,
    Score,
    band,
    dimension_values,
    duty_credits,
    progress,
    score,
    score_assessment,
    sources,
)
from tests.support.editions import POLICY, checklist, declare, duty, item, make_edition, practice

IN_PLACE = AnswerValue(Choice.IN_PLACE)
PARTLY = AnswerValue(Choice.PARTLY)
PLANNED = AnswerValue(Choice.PLANNED)
NOT_IN_PLACE = AnswerValue(Choice.NOT_IN_PLACE)
DO_NOT_KNOW = AnswerValue(Choice.UNKNOWN)
NOT_APPLICABLE = AnswerValue(Choice.NOT_APPLICABLE, reason="We have no such data.")

MUST, SHOULD, CONSIDER = Strength
PRIVACY, SECURITY = Dimension.PRIVACY, Dimension.SECURITY


def ticked(*keys: str, not_applicable: str = "") -> AnswerValue:
    return AnswerValue(Choice.TICKED, frozenset(keys), dict.fromkeys(not_applicable.split(), "No such thing."))


def credited(
    edition: Edition, answers: Answers, *, final: bool = True, **also: frozenset[str]
) -> dict[str, int | None]:
    return {
        credit.requirement: credit.half_credits
        for credit in duty_credits(edition, declare(), answers, final=final, **also)
    }


# --- worked examples --------------------------------------------------------------------------------------------------


def test_a_score_is_the_weighted_share_of_full_credit():
    # One must in place, one should partly, one consider not: (3 x 1 + 2 x 1/2 + 1 x 0) / (3 + 2 + 1) = 4 / 6.
    edition = make_edition(
        [duty("a", MUST), duty("b", SHOULD), duty("c", CONSIDER)],
        [practice("notice", "a"), practice("retention", "b"), practice("training", "c")],
    )
    answers = {"notice": IN_PLACE, "retention": PARTLY, "training": NOT_IN_PLACE}
    card = score_assessment(edition, declare(), answers, final=True)
    assert card.dimensions[PRIVACY] == Score(Decimal("66.7"), duties=3, answered=3, full=1)
    assert card.dimensions[SECURITY] == Score(None, duties=0, answered=0, full=0)


def test_a_duty_counts_with_full_weight_wherever_it_belongs():
    # Privacy holds both duties, 3 of 5; security only the must, 3 of 3.
    edition = make_edition(
        [duty("a", MUST, [PRIVACY, SECURITY], clause="2.2.5"), duty("b", SHOULD, [PRIVACY])],
        [practice("encryption", "a"), practice("notice", "b")],
    )
    card = score_assessment(edition, declare(), {"encryption": IN_PLACE, "notice": PLANNED}, final=True)
    assert card.dimensions[PRIVACY].value == Decimal("60.0")
    assert card.dimensions[SECURITY].value == Decimal("100.0")
    assert card.principles[Principle.COMPLIANCE].value == Decimal("60.0")
    assert card.lifecycle[LifecycleStage.USAGE_MAINTENANCE].value == Decimal("60.0")
    assert {clause: one.value for clause, one in card.clauses.items()} == {
        "2.2.5": Decimal("100.0"),
        "2.2.1": Decimal("0.0"),
    }


def test_every_dimension_principle_and_stage_is_listed_in_the_order_of_the_guideline():
    card = score_assessment(make_edition([], []), declare(), {}, final=True)
    assert tuple(card.dimensions) == tuple(Dimension)
    assert tuple(card.principles) == tuple(Principle)
    assert tuple(card.lifecycle) == tuple(LifecycleStage)
    assert card.clauses == {}


@pytest.mark.parametrize(
    ("answer", "half_credits"),
    [(IN_PLACE, 2), (PARTLY, 1), (PLANNED, 0), (NOT_IN_PLACE, 0), (DO_NOT_KNOW, 0), (NOT_APPLICABLE, None)],
    ids=lambda value: value.choice if isinstance(value, AnswerValue) else None,
)
def test_what_an_answer_to_a_practice_earns(answer, half_credits):
    edition = make_edition([duty("a")], [practice("notice", "a")])
    assert credited(edition, {"notice": answer}) == {"a": half_credits}


@pytest.mark.parametrize(
    ("answer", "first", "second"),
    [
        (ticked("first"), 2, 0),
        (ticked("first", "second"), 2, 2),
        (ticked("first", not_applicable="second"), 2, None),
        (AnswerValue(Choice.NONE), 0, 0),
        (AnswerValue(Choice.NONE, not_applicable_items={"second": "No such thing."}), 0, None),
        # What is left from an answer before does not count once nobody knows.
        (AnswerValue(Choice.UNKNOWN, ticks=frozenset({"first"}), not_applicable_items={"second": "No."}), 0, 0),
        (NOT_APPLICABLE, None, None),
    ],
)
def test_what_an_answer_to_a_checklist_earns(answer, first, second):
    edition = make_edition([duty("a"), duty("b")], [checklist("steps", item("first", "a"), item("second", "b"))])
    assert credited(edition, {"steps": answer}) == {"a": first, "b": second}


def test_the_lowest_answer_counts_where_several_ask_for_one_duty():
    edition = make_edition([duty("a")], [practice("notice", "a"), checklist("steps", item("first", "a"))])
    assert credited(edition, {"notice": IN_PLACE, "steps": AnswerValue(Choice.NONE)}) == {"a": 0}
    assert credited(edition, {"notice": PARTLY, "steps": ticked("first")}) == {"a": 1}


def test_a_question_that_is_not_applicable_leaves_the_others_to_speak():
    edition = make_edition([duty("a")], [practice("notice", "a"), practice("letter", "a")])
    assert credited(edition, {"notice": IN_PLACE, "letter": NOT_APPLICABLE}) == {"a": 2}
    assert credited(edition, {"notice": NOT_APPLICABLE, "letter": NOT_APPLICABLE}) == {"a": None}


def test_a_duty_that_is_not_applicable_leaves_both_sides_of_the_fraction():
    edition = make_edition([duty("a", MUST), duty("b", SHOULD)], [practice("notice", "a"), practice("training", "b")])
    card = score_assessment(edition, declare(), {"notice": NOT_APPLICABLE, "training": IN_PLACE}, final=True)
    assert card.dimensions[PRIVACY] == Score(Decimal("100.0"), duties=1, answered=1, full=1)


def test_a_draft_leaves_out_what_is_empty_and_a_submission_counts_it_as_nothing():
    edition = make_edition([duty("a", MUST), duty("b", SHOULD)], [practice("notice", "a"), practice("training", "b")])
    draft = score_assessment(edition, declare(), {"training": IN_PLACE}, final=False)
    assert draft.dimensions[PRIVACY] == Score(Decimal("100.0"), duties=2, answered=1, full=1)
    final = score_assessment(edition, declare(), {"training": IN_PLACE}, final=True)
    assert final.dimensions[PRIVACY] == Score(Decimal("40.0"), duties=2, answered=1, full=1)


def test_a_draft_without_answers_is_not_assessed():
    edition = make_edition([duty("a")], [practice("notice", "a")])
    card = score_assessment(edition, declare(), {}, final=False)
    assert card.dimensions[PRIVACY] == Score(None, duties=1, answered=0, full=0)


def test_a_draft_goes_by_the_answer_that_there_is():
    edition = make_edition([duty("a")], [practice("notice", "a"), practice("letter", "a")])
    assert credited(edition, {"notice": PARTLY}, final=False) == {"a": 1}
    assert credited(edition, {"notice": PARTLY}, final=True) == {"a": 0}
    assert credited(edition, {"notice": NOT_APPLICABLE}, final=False) == {"a": None}
    draft = score_assessment(edition, declare(), {"notice": PARTLY}, final=False)
    assert draft.dimensions[PRIVACY] == Score(Decimal("50.0"), duties=1, answered=1, full=0)
    unclear = score_assessment(edition, declare(), {"notice": NOT_APPLICABLE}, final=False)
    assert unclear.dimensions[PRIVACY] == Score(None, duties=1, answered=0, full=0)


def test_a_duty_met_otherwise_earns_full_credit_whatever_is_answered():
    edition = make_edition([duty("T1-LOW-01")], [practice("statement", "T1-LOW-01")])
    for answers in ({}, {"statement": NOT_IN_PLACE}):
        assert credited(edition, answers) == {"T1-LOW-01": 0}
        assert credited(edition, answers, met=frozenset({"T1-LOW-01"})) == {"T1-LOW-01": 2}


def test_a_duty_is_in_scope_by_its_part_and_its_condition():
    developer = Stakeholder.DEVELOPER
    edition = make_edition(
        [duty("a"), duty("b", roles=[developer]), duty("c", scope={"public_facing": True}), duty("d")],
        [
            practice("notice", "a", "b", stakeholders=[developer, Stakeholder.PROVIDER]),
            checklist("steps", item("public", "c"), item("rest", "d", when={"markets": "us"})),
        ],
    )

    def asked(declared: Declared) -> list[str]:
        return [credit.requirement for credit in duty_credits(edition, declared, {}, final=True)]

    assert asked(declare(public_facing=False, markets="eu")) == ["a"]
    assert asked(declare(developer, public_facing=False, markets="eu")) == ["b"]
    assert asked(declare(public_facing=UNKNOWN, markets="us")) == ["a", "c", "d"]


@pytest.mark.parametrize(
    ("earned", "of", "value"),
    [(1, 3, "33.3"), (2, 3, "66.7"), (1, 16, "6.3"), (3, 16, "18.8"), (1, 8, "12.5"), (0, 1, "0.0"), (1, 1, "100.0")],
)
def test_half_a_tenth_is_rounded_up_once_at_the_edge(earned, of, value):
    assert score([credit(2)] * earned + [credit(0)] * (of - earned)) == Decimal(value)


@pytest.mark.parametrize(("half_credits", "value"), [([], None), ([None], None), ([None, 1], Decimal("50.0"))])
def test_nothing_in_scope_is_not_assessed_and_never_zero(half_credits, value):
    assert score(credit(one) for one in half_credits) == value


def credit(half_credits: int | None) -> DutyCredit:
    return DutyCredit("a", 1, (PRIVACY,), (), (), "2.2.1", half_credits)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("100.0", "nearly_all"),
        ("90.0", "nearly_all"),
        ("89.9", "most"),
        ("40.0", "part"),
        ("39.9", "little"),
        ("0.0", "little"),
    ],
)
def test_a_band_begins_at_its_threshold(value, key):
    assert band(POLICY, Decimal(value)) == key
    assert band(POLICY, None) is None


def test_progress_counts_the_questions_that_are_shown():
    edition = make_edition(
        [duty(id) for id in "abcdef"],
        [practice(f"q-{id}", id, when={"public_facing": True} if id == "f" else None) for id in "abcdef"],
    )
    answers = {"q-a": IN_PLACE, "q-b": DO_NOT_KNOW, "q-c": NOT_APPLICABLE, "q-d": PLANNED, "q-f": IN_PLACE}
    found = progress(edition, declare(public_facing=False), answers)
    assert found.total == Count(applicable=5, answered=4, unknown=1, not_applicable=1, planned=1)
    assert found.total.empty == 1
    assert found.sections == {"only": found.total}


# --- what holds for every set of answers to the edition -----------------------------------------------------------------

PARTS = [Stakeholder.DEVELOPER, Stakeholder.PROVIDER, Stakeholder.ORGANISATION, Stakeholder.USER]
ANSWERS = ["in_place", "partly", "planned", "not_in_place", "unknown", "not_applicable", "empty"]
BETTER = ["not_in_place", "partly", "in_place"]


@lru_cache
def uses(edition: Edition) -> st.SearchStrategy[Declared]:
    """Uses of any part, tier and facts: all unknown but for a few."""
    one = st.sampled_from(list(edition.facts.values())).flatmap(
        lambda fact: st.tuples(
            st.just(fact.key), st.sampled_from([(value,) if fact.many else value for value in fact.values])
        )
    )
    return st.builds(
        Declared,
        st.lists(one, max_size=12).map(dict),
        st.lists(st.sampled_from(PARTS), min_size=1, max_size=3, unique=True).map(tuple),
        st.sampled_from(Tier),
    )


def answered(edition: Edition, declared: Declared, pattern: list[str]) -> dict[str, AnswerValue]:
    """Answer all questions, shown or not, by a repeating pattern; a checklist is ticked item by item in the same way."""
    turn = cycle(pattern)
    answers = {}
    for question in edition.questions.values():
        choice = next(turn)
        if choice == "empty":
            continue
        if question.is_checklist and choice in BETTER:
            by_item = {one.key: next(turn) for one in question.items}
            ticks = frozenset(key for key, value in by_item.items() if value in ("in_place", "partly"))
            excused = {key: "No such thing." for key, value in by_item.items() if value == "not_applicable"}
            answers[question.key] = AnswerValue(Choice.TICKED if ticks else Choice.NONE, ticks, excused)
        elif question.is_checklist and choice == "planned":
            answers[question.key] = AnswerValue(Choice.NONE)
        else:
            answers[question.key] = AnswerValue(Choice(choice))
    return answers


def drawn(data: st.DataObject, edition: Edition) -> tuple[Declared, dict[str, AnswerValue]]:
    declared = data.draw(uses(edition), label="declared")
    pattern = data.draw(st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=11), label="pattern")
    return declared, answered(edition, declared, pattern)


def values(edition: Edition, declared: Declared, answers: Answers, final: bool = True) -> list[Decimal | None]:
    card = score_assessment(edition, declared, answers, final=final)
    return [
        one.value for part in (card.dimensions, card.principles, card.lifecycle, card.clauses) for one in part.values()
    ]


every_answer = given(st.data())


@every_answer
def test_a_score_lies_between_0_and_100_with_one_decimal(edition, data):
    declared, answers = drawn(data, edition)
    for value in values(edition, declared, answers, final=data.draw(st.booleans())):
        assert value is None or (0 <= value <= 100 and value.as_tuple().exponent == -1)


@every_answer
def test_improving_an_answer_never_lowers_a_score(edition, data):
    declared, answers = drawn(data, edition)
    shown = [question for question in declared.questions(edition) if question.key in answers]
    assume(shown)
    question = data.draw(st.sampled_from(shown), label="question")
    before = answers[question.key]
    assume(before.choice != Choice.NOT_APPLICABLE)
    if question.is_checklist:
        ticks = before.ticks | {data.draw(st.sampled_from(question.items)).key}
        assume(not ticks & set(before.not_applicable_items))
        better = AnswerValue(Choice.TICKED, ticks, before.not_applicable_items)
    else:
        standing = BETTER.index(before.choice) if before.choice in BETTER else 0
        better = AnswerValue(Choice(data.draw(st.sampled_from(BETTER[standing:]))))
    after = values(edition, declared, answers | {question.key: better})
    for value, was in zip(after, values(edition, declared, answers), strict=True):
        assert value is None or value >= was


@pytest.mark.long
@every_answer
def test_hidden_answers_never_change_anything(edition, data):
    declared, answers = drawn(data, edition)
    shown = {question.key for question in declared.questions(edition)}
    only_shown = {key: answer for key, answer in answers.items() if key in shown}
    final = data.draw(st.booleans())
    assert duty_credits(edition, declared, only_shown, final=final) == duty_credits(
        edition, declared, answers, final=final
    )
    assert progress(edition, declared, only_shown) == progress(edition, declared, answers)


@every_answer
def test_the_order_of_the_answers_does_not_matter(edition, data):
    declared, answers = drawn(data, edition)
    backwards = dict(reversed(answers.items()))
    assert score_assessment(edition, declared, backwards, final=True) == score_assessment(
        edition, declared, answers, final=True
    )


@pytest.mark.long
@every_answer
def test_the_scorecard_agrees_with_the_duties_one_by_one(edition, data):
    declared, answers = drawn(data, edition)
    final = data.draw(st.booleans())
    credits = duty_credits(edition, declared, answers, final=final)
    card = score_assessment(edition, declared, answers, final=final)
    uncapped = replace(edition, policy=replace(edition.policy, readiness=None))
    for dimension, one in score_assessment(uncapped, declared, answers, final=final).dimensions.items():
        assert one.value == score(credit for credit in credits if dimension in credit.dimensions)
    for stage, one in card.lifecycle.items():
        assert one.value == score(credit for credit in credits if stage in credit.lifecycle)
    for clause, one in card.clauses.items():
        assert one.value == score(credit for credit in credits if clause == credit.clause)


@pytest.mark.long
@every_answer
def test_what_a_save_stores_is_what_the_scorecard_and_the_findings_of_the_draft_say(edition, data):
    declared, answers = drawn(data, edition)
    card = score_assessment(edition, declared, answers, final=False)
    assert dimension_values(edition, declared, answers) == {name: one.value for name, one in card.dimensions.items()}
    found = find(edition, declared, answers, final=False)
    assert count_blocking(edition, declared, answers) == sum(finding.blocking for finding in found)


@pytest.mark.long
@every_answer
def test_scoring_sees_the_questions_and_items_that_the_pages_show(edition, data):
    declared = data.draw(uses(edition))
    shown = [
        (question.key, one.key if one else None)
        for question in declared.questions(edition)
        for one in (declared.items(edition, question) if question.is_checklist else [None])
    ]
    assert [
        (source.question.key, source.item.key if source.item else None) for source in sources(edition, declared)
    ] == shown
    for source in sources(edition, declared):
        covered = source.item.requirements if source.item else source.question.requirements
        when = source.item.when if source.item else ALWAYS
        parts = [part for part in declared.parts if part in source.question.stakeholders]
        duties = [edition.requirements[id] for id in covered]
        assert [one.id for one in source.duties] == [
            duty.id
            for duty in duties
            if duty.in_scope(declared.context, parts) and when.holds(declared.context, not duty.strict)
        ]
