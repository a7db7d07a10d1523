"""The language of conditions: what is written, what holds, what a truth table makes of it."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.guideline.conditions import (
    ALWAYS,
    All,
    AnyOf,
    Condition,
    ConditionError,
    Facts,
    Test,
    as_written,
    both,
    parse,
)
from assessments.guideline.edition import Edition
from assessments.guideline.terms import TIERS, Stakeholder
from assessments.guideline.truth_table import TruthTable


@pytest.mark.parametrize(
    ("raw", "facts", "holds"),
    [
        pytest.param({}, {}, True, id="nothing always holds"),
        pytest.param("public_facing", {"public_facing": True}, True, id="a bare fact means true"),
        pytest.param("public_facing", {"public_facing": False}, False, id="a bare fact is not false"),
        pytest.param({"sector": "finance"}, {"sector": "finance"}, True, id="a fact with its answer"),
        pytest.param({"sector": "finance"}, {"sector": "legal"}, False, id="a fact with another answer"),
        pytest.param({"sector": ["finance", "legal"]}, {"sector": "legal"}, True, id="either of two answers"),
        pytest.param({"opted_out": False}, {"opted_out": False}, True, id="a fact may be asked to be false"),
        pytest.param({"all": ["a", "b"]}, {"a": True, "b": False}, False, id="all needs each part"),
        pytest.param({"any": ["a", "b"]}, {"a": True, "b": False}, True, id="any needs one part"),
        pytest.param({"a": True, "b": True}, {"a": True, "b": False}, False, id="two keys side by side mean both"),
        pytest.param(
            {"all": ["a", {"any": ["b", {"c": "x"}]}]}, {"a": True, "b": False, "c": "x"}, True, id="parts may nest"
        ),
        pytest.param({"markets": "eu"}, {"markets": ("hong_kong", "eu")}, True, id="one of several answers is enough"),
        pytest.param({"markets": "us"}, {"markets": ("hong_kong", "eu")}, False, id="none of several answers"),
    ],
)
def test_condition_holds_for_the_facts_that_satisfy_it(raw: object, facts: Facts, holds: bool) -> None:
    assert parse(raw).holds(facts) is holds
    assert parse(raw).holds(facts, unknown=False) is holds


@pytest.mark.parametrize(
    "facts", [{}, {"sector": "unknown"}, {"sector": ("unknown",)}], ids=["missing", "said", "listed"]
)
def test_an_open_answer_counts_as_the_caller_wants(facts: Facts) -> None:
    condition = parse({"sector": "finance"})
    assert condition.holds(facts)
    assert not condition.holds(facts, unknown=False)


def test_a_test_for_an_open_answer_holds_on_nothing_else() -> None:
    condition = parse({"illegal_purpose": "unknown"})
    assert condition.holds({"illegal_purpose": "unknown"}, unknown=False)
    assert not condition.holds({"illegal_purpose": True})


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (["a"], "a condition must be a fact, a fact with its answer, or a list under all: or any:, not ['a']"),
        (7, "a condition must be a fact, a fact with its answer, or a list under all: or any:, not 7"),
        ({"all": []}, "all: write a list of conditions here"),
        ({"any": "a"}, "any: write a list of conditions here"),
        ({"sector": []}, "sector: write an answer or a list of answers here"),
        ({"sector": {"is": "finance"}}, "sector: write an answer or a list of answers here"),
        ({"users": 100}, "users: write an answer or a list of answers here"),
    ],
)
def test_malformed_condition_is_refused_with_its_reason(raw: object, message: str) -> None:
    with pytest.raises(ConditionError) as error:
        parse(raw)
    assert str(error.value) == message


def test_joining_leaves_out_what_always_holds() -> None:
    one, other = parse("a"), parse("b")
    assert both() == both(ALWAYS, ALWAYS) == ALWAYS
    assert both(ALWAYS, one) == one
    assert both(one, other) == All((one, other))


def test_the_reason_names_the_facts_that_satisfied_a_part() -> None:
    condition = parse({"any": ["a", {"all": ["b", {"c": "x"}]}]})
    facts: Facts = {"a": False, "b": True, "c": "x"}
    assert list(condition.satisfied(facts)) == ["b", "c"]
    assert [test.fact for test in condition.tests()] == ["a", "b", "c"]


def test_an_open_fact_is_a_reason_only_where_it_counts_as_applying() -> None:
    condition = parse({"any": ["a", "b"]})
    assert list(condition.satisfied({"b": True})) == ["a", "b"]
    assert list(condition.satisfied({"b": True}, unknown=False)) == ["b"]


# A question's condition is held against the scope of its duties by truth table: it must agree with trying each combination.

TESTS = [
    Test("public_facing", frozenset({True})),
    Test("customers_can_opt_out", frozenset({False})),
    Test("personal_data", frozenset({"ordinary", "sensitive"})),
    Test("personal_data", frozenset({"sensitive"})),
    Test("markets", frozenset({"mainland", "eu", "us", "other"})),
    Test("markets", frozenset({"us"})),
    Test("education_uses", frozenset({"grading"})),
    Test("tier", frozenset({"limited", "high"})),
    Test("stakeholder", frozenset({"developer"})),
]
CONDITIONS = st.recursive(
    st.one_of(st.just(ALWAYS), st.sampled_from(TESTS)),
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=3).map(lambda found: All(tuple(found))),
        st.lists(parts, min_size=1, max_size=3).map(lambda found: AnyOf(tuple(found))),
    ),
    max_leaves=5,
)


def every_answer(edition: Edition, names: list[str]) -> list[Facts]:
    answers = []
    for name in names:
        if name == "tier":
            answers.append([str(tier) for tier in TIERS])
            continue
        fact = edition.facts[name]
        sizes = range(1, len(fact.values) + 1) if fact.many else ()
        answers.append([*(fact.values if not fact.many else ()), "unknown"])
        answers[-1] += [several for size in sizes for several in combinations(fact.values, size)]
    return [dict(zip(names, row, strict=True)) for row in product(*answers)]


@given(one=CONDITIONS, other=CONDITIONS)
def test_a_truth_table_agrees_with_trying_every_combination(edition: Edition, one: Condition, other: Condition) -> None:
    part = Stakeholder.DEVELOPER
    names = sorted({test.fact for condition in (one, other) for test in condition.tests()} - {"stakeholder"})
    rows = [{**facts, "stakeholder": str(part)} for facts in every_answer(edition, names)]
    table = TruthTable(edition, part, (one, other))
    differ = table.where(one) & ~table.where(other)
    assert bool(differ) == any(one.holds(row) and not other.holds(row) for row in rows)
    known = [row for row in rows if "unknown" not in row.values()]
    assert bool(table.where(one) & table.known) == any(one.holds(row) for row in known)


@pytest.mark.parametrize(
    ("answer", "written"),
    [
        (True, "true"),
        (False, "false"),
        ("unknown", "unknown"),
        ("advisory", "advisory"),
        (("text", "image"), "[text, image]"),
    ],
)
def test_an_answer_is_written_as_the_files_of_an_edition_have_it(answer, written):
    assert as_written(answer) == written
