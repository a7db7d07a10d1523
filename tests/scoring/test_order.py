"""The order of a plan: small plans whose order can be checked by hand, then what holds for every set of answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.guideline.conditions import parse
from assessments.guideline.edition import Edition, Figure, FoundBy, Question
from assessments.guideline.terms import UNKNOWN, Choice, Effort, HoldKind, Stakeholder, Strength, Tier
from assessments.guideline.wording import UseWords, to_find_out, with_day
from assessments.scoring.case_file import assess, declare_case, read_cases
from assessments.scoring.findings import find
from assessments.scoring.inputs import Answers, AnswerValue, Declared, Situation
from assessments.scoring.order import draw_up, to_accept
from assessments.scoring.packages import pack
from assessments.scoring.remediation import ProposedAction
from assessments.scoring.tiers import assign_tier
from tests.guideline.uses import uses
from tests.support.editions import (
    ORDER,
    POLICY,
    PROVIDER,
    checklist,
    duty,
    fact,
    item,
    make_edition,
    make_ordered_edition,
    make_overlay,
    planned,
    practice,
    rule,
    standing,
)
from tests.support.paths import DATA

pytestmark = pytest.mark.slow_first(39)

MUST, SHOULD, CONSIDER = Strength
DAYS, WEEKS, MONTHS = Effort.DAYS, Effort.WEEKS, Effort.MONTHS
IN_PLACE, PARTLY = AnswerValue(Choice.IN_PLACE), AnswerValue(Choice.PARTLY)
MISSING = AnswerValue(Choice.NOT_IN_PLACE)
NOT_APPLICABLE = AnswerValue(Choice.NOT_APPLICABLE, reason="There is nobody.")
TODAY = date(2026, 11, 30)


def ticked(*keys: str) -> AnswerValue:
    return AnswerValue(Choice.TICKED if keys else Choice.NONE, frozenset(keys))


RULES = (rule("H", "robot", Tier.HIGH), rule("L", {"any": ["public", "ranks"]}, Tier.LIMITED), rule("W", {}, Tier.LOW))
NAMES = ("robot", "public", "ranks", "data")
CALM = dict.fromkeys(NAMES, False)


def edition_of(*questions: Question, strengths: Mapping[str, Strength] | None = None, **more: Any) -> Edition:
    """An edition in which each practice, or each line of a checklist, covers a duty of its own name: a must unless said."""
    ids = dict.fromkeys(id for question in questions for id in question.requirements)
    scopes = more.pop("scopes", {})
    requirements = [duty(id, (strengths or {}).get(id, MUST), scope=scopes.get(id)) for id in ids]
    rules = tuple(replace(one, last=True) if one.id == "W" else one for one in RULES)
    return make_ordered_edition(requirements, questions, **{"facts": map(fact, NAMES), "rules": rules, **more})


def do(key: str, effort: Effort = WEEKS, **more: Any) -> Question:
    return planned(practice(key, key, effort=effort), **more)


def plan(
    edition: Edition, answers: Answers | None = None, *, facts: Mapping[str, Any] | None = None, **more: Any
) -> tuple[ProposedAction, ...]:
    declared = use(edition, facts)
    findings = find(edition, declared, answers or {}, final=True)
    return draw_up(edition, declared, answers or {}, findings, situation=Situation(**more))


def use(edition: Edition, facts: Mapping[str, Any] | None = None) -> Declared:
    known = {**dict.fromkeys(edition.facts, False), **(facts or {})}
    return Declared(known, (PROVIDER,), assign_tier(edition, known).assigned_tier)


def order_of(actions: Iterable[ProposedAction]) -> list[str]:
    return [action.question for action in actions]


# --- one key --------------------------------------------------------------------------------------------------------------


def test_what_is_in_place_makes_no_action() -> None:
    edition = edition_of(do("a"), do("b"))
    assert order_of(plan(edition, {"a": IN_PLACE})) == ["b"]
    assert plan(edition, {"a": IN_PLACE, "b": IN_PLACE}) == ()


def test_ranks_count_from_one() -> None:
    edition = edition_of(do("a"), do("b"), do("c"))
    assert [action.rank for action in plan(edition, {"b": IN_PLACE})] == [1, 2]


def test_table_1_and_overlays_come_before_a_must_and_that_before_a_should() -> None:
    edition = edition_of(
        do("may"),
        do("should"),
        do("must"),
        do("overlay"),
        do("table"),
        strengths={"may": CONSIDER, "should": SHOULD},
        table_1={Tier.LIMITED: ("table",)},
        overlays=[make_overlay("o", "data", "overlay")],
    )
    found = plan(edition, facts={"public": True, "data": True})
    assert order_of(found) == ["overlay", "table", "must", "should", "may"]
    assert [action.placed for action in found] == ["table_1_or_overlay"] * 2 + ["must", "should", "consider"]


def test_what_set_the_tier_comes_before_a_class_that_weighs_more() -> None:
    edition = edition_of(
        do("housekeeping"), do("keeps-from-harm", answers_to=["public"]), strengths={"keeps-from-harm": SHOULD}
    )
    assert order_of(plan(edition, facts={"public": True})) == ["keeps-from-harm", "housekeeping"]
    assert order_of(plan(edition, facts={"ranks": True})) == ["housekeeping", "keeps-from-harm"]


def test_a_practice_that_answers_to_most_facts_behind_the_tier_comes_before_one_that_answers_to_some() -> None:
    edition = edition_of(
        do("none"),
        do("some", answers_to=["public"]),
        do("most", answers_to=["public", "ranks"]),
        order=replace(ORDER, most=60),
    )
    assert order_of(plan(edition, facts={"public": True, "ranks": True})) == ["most", "some", "none"]


def test_a_fact_that_is_not_known_set_no_tier() -> None:
    edition = edition_of(do("plain"), do("robot", answers_to=["robot"]))
    found = plan(edition, facts={"robot": UNKNOWN, "public": True})
    assert order_of(found) == ["plain", "robot"]


def test_what_is_missing_comes_before_what_is_begun_and_that_before_what_is_nearly_done() -> None:
    """Half in place is begun; of two thirds in place, what is left can wait, also for what did not set the tier."""
    edition = edition_of(do("begun"), do("missing"), strengths={"missing": SHOULD})
    assert order_of(plan(edition, {"begun": PARTLY})) == ["missing", "begun"]
    assert order_of(plan(edition, {"begun": PARTLY, "missing": PARTLY})) == ["begun", "missing"]
    listed = planned(checklist("listed", *(item(key, f"listed-{key}") for key in "abc")), answers_to=["public"])
    edition = edition_of(listed, do("other"), strengths={"other": SHOULD})
    assert order_of(plan(edition, {"listed": ticked("a")}, facts={"public": True})) == ["listed", "other"]
    assert order_of(plan(edition, {"listed": ticked("a", "b")}, facts={"public": True})) == ["other", "listed"]


def test_a_long_checklist_does_not_win_by_its_length() -> None:
    """Of two musts the one of which more is missing comes first, however many duties the other has."""
    long = planned(checklist("long", *(item(key, f"long-{key}") for key in "abcdefgh")))
    edition = edition_of(long, do("short"))
    assert order_of(plan(edition, {"long": ticked("a", "b", "c")})) == ["short", "long"]
    assert plan(edition, {"long": ticked("a", "b", "c")})[1].lost_weight > plan(edition)[1].lost_weight


def test_days_come_before_weeks_and_weeks_before_months() -> None:
    edition = edition_of(do("months", MONTHS), do("weeks", WEEKS), do("days", DAYS))
    assert order_of(plan(edition)) == ["days", "weeks", "months"]


def test_what_is_equal_stands_in_the_order_of_the_questionnaire() -> None:
    edition = edition_of(do("b"), do("a"), do("c"))
    assert order_of(plan(edition)) == ["b", "a", "c"]


# --- stop or limit now ----------------------------------------------------------------------------------------------------


def test_what_is_to_stop_comes_before_all_else_and_within_days() -> None:
    edition = edition_of(
        do("table"), do("brake", MONTHS, stop="robot"), strengths={"brake": CONSIDER}, table_1={Tier.HIGH: ("table",)}
    )
    first, second = plan(edition, facts={"robot": True})
    assert (first.question, first.placed, first.due_days) == ("brake", "stop", ORDER.stop_days)
    assert (second.question, second.due_days) == ("table", POLICY.blocking_due_days[Tier.HIGH])
    assert first.full_days == ORDER.effort_days[MONTHS]


def test_what_is_partly_in_place_and_what_hangs_on_an_unknown_fact_stops_nothing() -> None:
    edition = edition_of(do("must"), do("brake", stop="robot"), strengths={"brake": CONSIDER})
    assert [action.placed for action in plan(edition, {"brake": PARTLY}, facts={"robot": True})] == ["must", "consider"]
    assert [action.placed for action in plan(edition, facts={"robot": UNKNOWN})] == ["must", "consider"]


# --- needed first ---------------------------------------------------------------------------------------------------------


def test_a_missing_prerequisite_takes_the_place_of_the_most_urgent_action_that_needs_it() -> None:
    edition = edition_of(
        do("other", DAYS),
        do("owner"),
        do("test", needs=["owner"], answers_to=["public"]),
        strengths={"owner": CONSIDER},
    )
    found = plan(edition, facts={"public": True})
    assert order_of(found) == ["owner", "other", "test"]
    assert [action.placed for action in found] == ["needed", "must", "must"]
    assert found[0].why_here.endswith("needed before “Do test”.")


def test_what_waits_for_a_missing_prerequisite_comes_late_and_not_where_the_tier_would_put_it() -> None:
    edition = edition_of(
        do("tests", MONTHS),
        do("other", answers_to=["public"]),
        do("audit", needs=["tests"], answers_to=["public", "ranks"]),
        order=replace(ORDER, most=60),
    )
    facts = {"public": True, "ranks": True}
    assert order_of(plan(edition, facts=facts)) == ["tests", "other", "audit"]
    assert order_of(plan(edition, {"tests": PARTLY}, facts=facts)) == ["audit", "other", "tests"]
    assert order_of(plan(edition, {"tests": IN_PLACE}, facts=facts)) == ["audit", "other"]


def test_partly_is_not_missing() -> None:
    edition = edition_of(do("test", needs=["owner"]), do("owner"), strengths={"owner": CONSIDER})
    assert order_of(plan(edition, {"owner": MISSING})) == ["owner", "test"]
    assert order_of(plan(edition, {"owner": PARTLY})) == ["test", "owner"]
    listed = planned(checklist("owner", item("x", "owner-x"), item("y", "owner-y")))
    edition = edition_of(do("test", needs=["owner"]), listed, strengths={"owner-x": CONSIDER, "owner-y": CONSIDER})
    assert order_of(plan(edition, {"owner": ticked()})) == ["owner", "test"]
    assert order_of(plan(edition, {"owner": ticked("x")})) == ["test", "owner"]


def test_prerequisites_of_prerequisites_come_first_of_all() -> None:
    edition = edition_of(
        do("last", needs=["middle"]),
        do("middle", needs=["first"]),
        do("first"),
        strengths={"first": CONSIDER, "middle": SHOULD},
    )
    assert order_of(plan(edition)) == ["first", "middle", "last"]


def test_what_is_to_stop_waits_for_nothing_but_what_it_needs() -> None:
    edition = edition_of(
        do("other"), do("owner"), do("brake", needs=["owner"], stop="robot"), strengths={"owner": CONSIDER}
    )
    found = plan(edition, facts={"robot": True})
    assert order_of(found) == ["owner", "brake", "other"]
    assert found[0].due_days <= found[1].due_days == ORDER.stop_days


# --- what has to be found first, and what the tier does not lift -----------------------------------------------------------


def counted_by(practice: str, when: object) -> dict[str, Question]:
    """A count of errors, and what stops the failures that it finds where `when` holds."""
    stops = do("failures", answers_to=["public"], stop="public")
    return {
        "rate": replace(
            planned(checklist("rate", item("x", "rate-x"))),
            figure=Figure("per cent", False, "Errors", "{measured} per cent of the checked ones were wrong"),
        ),
        "failures": replace(stops, found_by=FoundBy(practice, parse(when))),
    }


@pytest.mark.parametrize(
    ("count", "first"),
    [
        (None, "rate"),
        (AnswerValue(Choice.NONE), "rate"),
        (AnswerValue(Choice.UNKNOWN), "rate"),
        (AnswerValue(Choice.NONE, measured=Decimal(3)), "failures"),
        (AnswerValue(Choice.NOT_APPLICABLE, reason="There is nobody."), "failures"),
    ],
)
def test_what_a_count_has_to_find_first_stops_nothing_before_it(count: AnswerValue | None, first: str) -> None:
    edition = edition_of(*counted_by("rate", {"data": False}).values(), do("other"), strengths={"rate-x": CONSIDER})
    found = plan(edition, {"rate": count} if count else {}, facts={"public": True})
    assert found[0].question == first
    failures = next(action for action in found if action.question == "failures")
    assert failures.placed == ("stop" if first == "failures" else "must")


def test_where_a_failure_is_known_without_a_count_it_is_stopped_at_once() -> None:
    edition = edition_of(*counted_by("rate", {"data": False}).values())
    found = plan(edition, facts={"public": True, "data": True})
    assert order_of(found) == ["failures", "rate"]
    assert found[0].placed == "stop"
    asks_no_count = edition_of(counted_by("rate", {})["failures"], do("rate"), scopes={"rate": "data"})
    assert plan(asks_no_count, facts={"public": True})[0].placed == "stop"


def test_what_the_count_gave_stands_in_the_reason_of_what_it_found() -> None:
    edition = edition_of(*counted_by("rate", {"data": False}).values())
    counted = replace(ticked("x"), measured=Decimal("2.0"))
    reason = plan(edition, {"rate": counted, "failures": MISSING}, facts={"public": True})[0].why_here
    assert (
        reason
        == "It has public: True, and 2 per cent of the checked ones were wrong; failures is missing (answer: not in place)."
    )
    alone = AnswerValue(Choice.NONE, measured=Decimal("2.0"))  # its own action says so
    said = [action.why_here for action in plan(edition, {"rate": alone, "failures": MISSING}, facts={"public": True})]
    assert ["per cent" in one for one in said] == [False, True]


def test_what_is_eased_is_not_lifted_by_what_set_the_tier_and_keeps_its_class() -> None:
    choice = replace(do("choice", answers_to=["public"]), eased=parse("data"))
    edition = edition_of(do("other", DAYS), choice, do("third", answers_to=["public"]))
    assert order_of(plan(edition, facts={"public": True})) == ["choice", "third", "other"]
    eased = plan(edition, facts={"public": True, "data": True})
    assert order_of(eased) == ["third", "other", "choice"]
    assert eased[2].placed == "must"


# --- dates ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("effort", "full"), [(DAYS, 60), (WEEKS, 60), (MONTHS, 120)])
def test_the_first_step_falls_within_the_period_and_the_whole_not_before_its_effort(effort: Effort, full: int) -> None:
    (action,) = plan(edition_of(do("a", effort)))
    assert action.due_days == POLICY.due_days[Tier.LOW][MUST] == 60
    assert action.full_days == full


@pytest.mark.parametrize(("planned_in", "full"), [(-3, 120), (0, 120), (20, 20), (120, 120), (121, 120)])
def test_the_respondents_own_date_stands_where_it_is_ahead_and_not_later(planned_in: int, full: int) -> None:
    edition = edition_of(do("a", MONTHS))
    answer = AnswerValue(Choice.PLANNED, planned_for=TODAY + timedelta(days=planned_in))
    (action,) = plan(edition, {"a": answer}, today=TODAY)
    assert action.full_days == full
    assert action.due_days == min(60, full)  # the first step is not due after the whole
    assert plan(edition, {"a": answer})[0].full_days == 120  # without a clock there is no date to compare


def test_no_owner_has_more_than_the_load_in_a_month_and_what_blocks_stays() -> None:
    keys = [f"p{number}" for number in range(8)]
    light = edition_of(*(do(key) for key in keys), strengths=dict.fromkeys(keys, SHOULD), order=replace(ORDER, load=3))
    assert [action.full_days for action in plan(light)] == [120, 120, 120, 150, 150, 150, 180, 180]
    heavy = edition_of(*(do(key) for key in keys), order=replace(ORDER, load=3))
    assert [action.full_days for action in plan(heavy)] == [60] * 8


# --- what makes no finding, and what no question brings -------------------------------------------------------------------


def test_not_applicable_makes_no_action_and_waits_to_be_accepted() -> None:
    edition = edition_of(do("a"), do("b"))
    answers = {"a": NOT_APPLICABLE}
    assert order_of(plan(edition, answers)) == ["b"]
    assert to_accept(use(edition), edition, answers) == ("a",)


def test_a_missed_target_is_an_action_although_the_practice_is_in_place() -> None:
    measured = replace(do("rate"), figure=Figure("per cent", False, "Errors"))
    edition = edition_of(measured)
    hit, missed = (replace(IN_PLACE, measured=Decimal(one), target=Decimal(2)) for one in (2, 6))
    assert plan(edition, {"rate": hit}) == ()
    (action,) = plan(edition, {"rate": missed})
    assert action.why_here == "“Errors” is 6 per cent; your target is 2 per cent."


STANDING = [standing(key) for key in ("open-incident", "open-hold", "open-fact", "vacant-post")]


def test_an_open_incident_and_an_open_hold_come_first() -> None:
    hold = replace(rule("HOLD", "data", Tier.LIMITED), hold=HoldKind.LEGAL_REVIEW)
    edition = edition_of(do("brake", stop="robot"), facts=map(fact, (*NAMES, "incident_open")), standing=STANDING)
    edition = replace(edition, rules=(hold, *edition.rules))
    found = plan(edition, facts={"robot": True, "data": True, "incident_open": True}, incident="Wrong dose given")
    assert order_of(found) == ["open-incident", "open-hold:data", "brake"]
    assert [action.placed for action in found] == ["stop"] * 3
    assert order_of(plan(edition, facts={"robot": True, "data": True}, holds=())) == ["brake"]


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("A wrong dose was given. (2026-11-20)", "A wrong dose was given (20 November 2026)"),
        ("A wrong dose was given", "A wrong dose was given"),
        ("A wrong dose was given (2026-13-40)", "A wrong dose was given (2026-13-40)"),
    ],
)
def test_the_day_of_an_incident_is_said_as_people_say_days(kept: str, said: str) -> None:
    assert with_day(kept) == said
    edition = edition_of(do("a"), facts=map(fact, (*NAMES, "incident_open")), standing=STANDING)
    spoken = replace(edition, standing={"open-incident": replace(standing("open-incident"), title="Close: {incident}")})
    assert plan(spoken, facts={"incident_open": True}, incident=kept)[0].title == f"Close: {said}"


def test_an_unknown_fact_is_one_action_and_its_duties_wait() -> None:
    edition = edition_of(do("plain"), do("x"), do("y"), scopes={"x": "data", "y": "data"}, standing=STANDING)
    assert order_of(plan(edition, facts={"data": UNKNOWN})) == ["plain", "open-fact:data"]
    assert order_of(plan(edition, facts={"data": False})) == ["plain"]
    assert order_of(plan(edition, facts={"data": True})) == ["plain", "x", "y"]


def test_an_incident_that_nobody_can_rule_out_is_found_out_first_and_blocks_nothing() -> None:
    facts = [fact(name) for name in NAMES] + [replace(fact("incident_open"), reasons={"true": "an incident is open"})]
    edition = edition_of(do("brake", stop="robot"), do("plain"), facts=facts, standing=STANDING)
    found = plan(edition, facts={"robot": True, "incident_open": UNKNOWN})
    assert order_of(found) == ["open-fact:incident_open", "brake", "plain"]
    first = found[0]
    assert (first.placed, first.due_days, first.blocking) == ("stop", edition.order.stop_days, False)
    assert first.title == "Open-fact whether an incident is open"
    assert "open-fact" not in " ".join(order_of(plan(edition, facts={"robot": True, "incident_open": False})))


def test_an_unknown_incident_is_found_out_in_the_package_of_what_has_gone_wrong(edition: Edition) -> None:
    facts = {"deployment_stage": "live", "sector": "none"}
    declared = Declared(facts, (Stakeholder.ORGANISATION,), assign_tier(edition, facts).assigned_tier)
    first = drawn_up(edition, declared, {})[0]
    assert first.question == "open-fact:incident_open"
    assert first.title == "Find out about the system: whether an error or incident with it is still open"
    assert first.package == edition.standing["open-incident"].package
    assert first.why_here == "Nobody knows whether an error or incident with it is still open."


def test_what_is_to_be_found_out_names_no_other_fact_and_repeats_no_question(edition: Edition) -> None:
    facts = {"deployment_stage": "live", "sector": "none", "employment_decisions": True, "incident_open": False}
    declared = Declared(facts, tuple(Stakeholder), assign_tier(edition, facts).assigned_tier)
    said = {one.question: one for one in drawn_up(edition, declared, {}) if one.question.startswith("open-fact:")}
    asked = {key for key, one in said.items() if "“" in one.title}
    assert asked
    assert asked < set(said)
    for key, one in said.items():
        if key in asked:
            assert one.why_here == "Nobody knows the answer yet; other questions or actions depend on it."
        else:
            assert one.why_here.startswith("Nobody knows whether ")


def test_what_is_to_be_found_out_is_a_sentence_for_each_fact(edition: Edition) -> None:
    said = {key: to_find_out(edition, key) for key, one in edition.facts.items() if one.unknown}
    assert said["cross_border_transfer"] == "whether it carries personal data across the border"
    assert said["personal_data"] == f"the answer to “{edition.facts['personal_data'].question}”"
    for key, words in said.items():
        assert edition.facts[key].label not in words
        assert words.startswith(("whether it", "whether the", "whether an error", "whether people", "the answer to “"))


def test_an_unknown_fact_behind_table_1_is_asked_in_full_and_makes_no_action_of_its_own() -> None:
    edition = edition_of(do("x"), scopes={"x": "data"}, standing=STANDING, table_1={Tier.LOW: ("x",)})
    assert order_of(plan(edition, facts={"data": UNKNOWN})) == ["x"]


def test_posts_are_asked_for_once_many_are_needed() -> None:
    owners = ("management", "legal", "security", "data")
    listed = [planned(checklist(key, item("i", key, owner=key), item("j", f"{key}-j", owner=key))) for key in owners]
    edition = edition_of(*listed, standing=STANDING)
    assert "vacant-post" in order_of(plan(edition))
    assert "vacant-post" not in order_of(plan(edition, {"legal": ticked("i", "j")}))


def test_the_posts_of_urgent_actions_are_named_after_the_first_ten_and_no_later_than_these_begin() -> None:
    owners = ("management", "legal", "security", "data")
    listed = [planned(checklist(f"q{n}", item("i", f"r{n}", owner=owners[n % 4]))) for n in range(12)]
    strengths = {f"r{n}": SHOULD for n in range(12)} | {"r3": MUST}
    found = plan(edition_of(*listed, standing=STANDING, strengths=strengths))
    (named,) = (action for action in found if action.question == "vacant-post")
    assert (named.rank, named.placed) == (11, "needed")
    assert named.due_days == min(action.due_days for action in found)
    assert named.full_days == named.due_days  # it takes days


# --- dates that fit the order ---------------------------------------------------------------------------------------------


def dates_of(actions: Iterable[ProposedAction]) -> dict[str, tuple[int, int | None]]:
    return {action.question: (action.due_days, action.full_days) for action in actions}


def test_what_is_needed_first_begins_and_ends_no_later_than_what_needs_it() -> None:
    edition = edition_of(
        do("owner", DAYS),
        do("paper", needs=["owner"]),
        do("audit", MONTHS, needs=["paper"], stop="robot"),
        strengths={"owner": CONSIDER, "paper": SHOULD},
    )
    found = dates_of(plan(edition, facts={"robot": True}))
    assert found == {"owner": (7, 7), "paper": (7, 90), "audit": (7, 120)}


def test_an_action_moves_where_the_work_that_it_needs_takes_longer() -> None:
    edition = edition_of(do("tests", MONTHS), do("report", DAYS, needs=["tests"]))
    assert dates_of(plan(edition)) == {"tests": (60, 120), "report": (60, 120)}


def test_what_a_blocking_action_needs_is_not_moved_past_it_by_the_load() -> None:
    others = [do(f"other-{n}", WEEKS) for n in range(3)]
    edition = edition_of(
        *others,
        do("policy"),
        do("training", needs=["policy"]),
        strengths={f"other-{n}": SHOULD for n in range(3)} | {"policy": SHOULD},
        order=replace(ORDER, load=1),
    )
    found = {key: full for key, (_first, full) in dates_of(plan(edition)).items()}
    assert found["policy"] == found["training"] == 60
    assert sorted(found[f"other-{n}"] for n in range(3)) == [120, 150, 180]


def test_what_takes_days_is_done_with_its_first_step_whatever_else_its_owner_has_to_do() -> None:
    keys = [f"p{number}" for number in range(6)]
    efforts = {key: DAYS if key in ("p4", "p5") else WEEKS for key in keys}
    edition = edition_of(
        *(do(key, effort) for key, effort in efforts.items()),
        strengths=dict.fromkeys(keys, SHOULD),
        order=replace(ORDER, load=2),
    )
    found = dates_of(plan(edition))
    first = POLICY.due_days[Tier.LOW][SHOULD]
    assert found["p4"] == found["p5"] == (first, first)
    # What takes weeks makes room for it, so that the cap holds.
    assert [found[key][1] for key in keys[:4]] == [first + 30, first + 30, first + 60, first + 60]


def test_what_takes_days_but_needs_what_takes_months_waits_for_that_alone() -> None:
    keys = ("tests", "report", "more")
    edition = edition_of(
        do("tests", MONTHS),
        do("report", DAYS, needs=["tests"]),
        do("more", DAYS),
        strengths=dict.fromkeys(keys, SHOULD),
        order=replace(ORDER, load=1),
    )
    found = dates_of(plan(edition))
    assert found["report"][1] == found["tests"][1]
    assert found["more"][1] == found["more"][0]


def test_what_answers_to_most_of_what_set_the_tier_begins_within_the_period_of_a_must() -> None:
    soon = replace(ORDER, most_due=MUST)
    plain = edition_of(do("told", answers_to=["public"]), do("kept"), strengths=dict.fromkeys(("told", "kept"), SHOULD))
    edition = replace(plain, order=soon)
    periods = POLICY.due_days[Tier.LIMITED]
    assert dates_of(plan(plain, facts={"public": True}))["told"][0] == periods[SHOULD]
    found = dates_of(plan(edition, facts={"public": True}))
    assert (found["told"][0], found["kept"][0]) == (periods[MUST], periods[SHOULD])
    assert dates_of(plan(edition, facts={"robot": True}))["told"][0] == POLICY.due_days[Tier.HIGH][SHOULD]


def test_two_first_steps_for_the_same_thing_have_one_date() -> None:
    edition = edition_of(do("a"), do("b"), do("c"), strengths={"b": SHOULD, "c": SHOULD})
    edition = replace(edition, order=replace(ORDER, same_step=(("b", "a", "absent"),)))
    found = {key: first for key, (first, _full) in dates_of(plan(edition)).items()}
    assert found["a"] == found["b"] < found["c"]


def test_an_edition_without_an_order_has_none() -> None:
    edition = make_edition([duty("a")], [practice("a", "a")])
    with pytest.raises(LookupError, match="by-hand release 1 has no order"):
        draw_up(edition, Declared({}, (PROVIDER,), Tier.LOW), {}, ())


@pytest.mark.parametrize(("in_stopgap", "steps"), [(True, ["Today."]), (False, ["Today.", "Begin a."])])
def test_a_first_step_that_the_stopgap_says_already_is_not_said_twice(in_stopgap: bool, steps: list[str]) -> None:
    question = do("a")
    assert question.remedy is not None
    remedy = replace(question.remedy, in_stopgap=in_stopgap)
    question = replace(question, remedy=remedy, action=replace(question.action, task="Do it", stopgap="Today."))
    (action,) = plan(edition_of(question))
    assert list(action.steps) == steps


# --- why here -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, ". Nobody has said yet whether “A” is in place"),
        (MISSING, ", and a is missing (answer: not in place)"),
        (AnswerValue(Choice.UNKNOWN), ". Nobody could say whether “A” is in place"),
        (
            AnswerValue(Choice.PLANNED, planned_for=date(2027, 3, 1)),
            ", and a is missing (answer: planned for 1 March 2027)",
        ),
        (PARTLY, ". “A” is only partly in place"),
    ],
)
def test_why_here_names_a_fact_and_the_answer(answer: AnswerValue | None, said: str) -> None:
    edition = edition_of(do("a", answers_to=["public"]))
    (action,) = plan(edition, {"a": answer} if answer else {}, facts={"public": True})
    assert action.why_here == f"It has public: True{said}."


def test_a_fact_to_which_the_practice_does_not_answer_is_not_joined_to_the_gap() -> None:
    edition = edition_of(do("a"), scopes={"a": "data"})
    (action,) = plan(edition, {"a": MISSING}, facts={"data": True, "public": True})
    assert action.why_here == "You answered that it has data: True. A is missing (answer: not in place)."


def test_why_here_names_a_fact_to_which_the_practice_answers_before_one_that_opened_it() -> None:
    edition = edition_of(do("a", answers_to=["ranks"]), do("b"), scopes={"a": "data", "b": "data"})
    found = {
        action.question: action.why_here
        for action in plan(edition, facts={"data": True, "public": True, "ranks": True})
    }
    assert found["a"].startswith("It has ranks: True. ")
    assert found["b"].startswith("You answered that it has data: True. ")


def test_at_low_every_fact_is_told_as_an_answer() -> None:
    edition = edition_of(do("a"), scopes={"a": "data"})
    (action,) = plan(edition, {"a": MISSING}, facts={"data": True})
    assert action.why_here == "You answered that it has data: True. A is missing (answer: not in place)."


def test_of_the_facts_that_fit_the_one_is_named_that_was_named_least() -> None:
    edition = edition_of(*(do(key, answers_to=["public", "ranks"]) for key in "abc"))
    found = [action.why_here.split(".")[0] for action in plan(edition, facts={"public": True, "ranks": True})]
    assert found == ["It has public: True", "It has ranks: True", "It has public: True"]


def test_words_of_the_use_stand_in_the_plan() -> None:
    one = do("a")
    one = replace(one, action=replace(one.action, task="Tell {people} about {system}"))
    (action,) = plan(edition_of(one), words=UseWords("patients", "Booking assistant"))
    assert action.title == "Tell patients about Booking assistant"


# --- what holds for every set of answers ----------------------------------------------------------------------------------

CHAIN = edition_of(
    do("owner", DAYS),
    do("policy", needs=["owner"], answers_to=["data"]),
    do("chapters", needs=["policy"], answers_to=["public", "ranks"]),
    do("tests", MONTHS, answers_to=["ranks"], stop="robot"),
    do("papers", needs=["owner", "tests"]),
    do("audit", MONTHS, needs=["papers", "tests"], answers_to=["public"]),
    planned(checklist("lines", item("a", "l1"), item("b", "l2", effort=MONTHS), item("c", "l3")), needs=["policy"]),
    strengths={"owner": CONSIDER, "policy": SHOULD, "papers": SHOULD, "l2": SHOULD},
    scopes={"l3": "robot", "papers": "data"},
    table_1={Tier.LIMITED: ("audit",), Tier.HIGH: ("audit",)},
    standing=STANDING,
)
CHOICES = ("in_place", "partly", "planned", "not_in_place", "unknown", "not_applicable", "empty")


@lru_cache(maxsize=1)
def worked() -> tuple[Path, ...]:
    data = DATA
    return (data / "cases.yaml", *sorted((data / "advice").glob("*-*.yaml")))


@pytest.fixture(scope="module", params=["by hand", "shipped"])
def any_edition(request: pytest.FixtureRequest, edition: Edition) -> Edition:
    return CHAIN if request.param == "by hand" else edition


def drawn(data: st.DataObject, edition: Edition) -> tuple[Declared, dict[str, AnswerValue]]:
    """A use at the tier of its facts, and answers by a repeating pattern."""
    declared = data.draw(uses(edition))
    declared = replace(declared, tier=assign_tier(edition, declared.facts).assigned_tier)
    if edition is CHAIN:
        declared = replace(declared, parts=(PROVIDER,))
    turn = cycle(data.draw(st.lists(st.sampled_from(CHOICES), min_size=1, max_size=11)))
    answers: dict[str, AnswerValue] = {}
    for question in edition.questions.values():
        choice = next(turn)
        if choice == "empty":
            continue
        if question.is_checklist and choice in ("in_place", "partly", "planned", "not_in_place"):
            answers[question.key] = ticked(*(one.key for one in question.items if next(turn) in ("in_place", "partly")))
        else:
            planned_for = TODAY + timedelta(days=30) if choice == "planned" else None
            answers[question.key] = AnswerValue(Choice(choice), reason="No such thing.", planned_for=planned_for)
    return declared, answers


def drawn_up(edition: Edition, declared: Declared, answers: Answers, **more: Any) -> tuple[ProposedAction, ...]:
    return draw_up(
        edition, declared, answers, find(edition, declared, answers, final=True), situation=Situation(**more)
    )


@pytest.mark.few_a_day(1)
@given(st.data())
def test_ranks_go_from_one_without_holes_and_packages_list_them_all(any_edition: Edition, data: st.DataObject) -> None:
    declared, answers = drawn(data, any_edition)
    actions = drawn_up(any_edition, declared, answers)
    assert [action.rank for action in actions] == list(range(1, len(actions) + 1))
    assert len(set(order_of(actions))) == len(actions)
    packages = pack(any_edition, actions)
    assert sorted(action.rank for one in packages for action in one.actions) == [action.rank for action in actions]
    assert [one.rank for one in packages] == sorted(min(action.rank for action in one.actions) for one in packages)


@given(st.data())
def test_a_missing_prerequisite_comes_before_whatever_needs_it(any_edition: Edition, data: st.DataObject) -> None:
    declared, answers = drawn(data, any_edition)
    rank = {action.question: action.rank for action in drawn_up(any_edition, declared, answers)}
    for key in rank.keys() & any_edition.questions.keys():
        for need in any_edition.questions[key].needs:
            if need in rank and is_missing(answers.get(need)):
                assert rank[need] < rank[key], (need, key)


def is_missing(answer: AnswerValue | None) -> bool:
    return answer is None or not (answer.choice in (Choice.IN_PLACE, Choice.PARTLY) or answer.ticks)


@given(st.data())
def test_what_is_to_stop_comes_before_what_is_not(any_edition: Edition, data: st.DataObject) -> None:
    """But for what it needs first."""
    declared, answers = drawn(data, any_edition)
    placed = [action.placed for action in drawn_up(any_edition, declared, answers)]
    if "stop" in placed:
        last = len(placed) - placed[::-1].index("stop")
        assert set(placed[:last]) <= {"stop", "needed"}


@given(st.data())
def test_dates_keep_the_period_the_effort_and_the_load(any_edition: Edition, data: st.DataObject) -> None:
    declared, answers = drawn(data, any_edition)
    actions = drawn_up(any_edition, declared, answers, today=TODAY)
    policy, order = any_edition.policy, any_edition.order
    assert order is not None
    due: dict[str, list[ProposedAction]] = {}
    for action in actions:
        assert action.full_days is not None
        if action.findings:
            weightiest = min(policy.due_days[declared.tier][finding.strength] for finding in action.findings)
            assert action.due_days <= weightiest
            own = answers.get(action.question)
            if own is None or own.planned_for is None:
                assert action.full_days >= order.effort_days[action.effort]
        due.setdefault(action.owner, []).append(action)
    for mine in due.values():
        for start in mine:
            window = [one for one in mine if 0 <= (one.full_days or 0) - (start.full_days or 0) < 30]
            kept = [one for one in window if one.blocking or one.effort == DAYS]
            assert len(window) <= order.load or kept


@given(st.data())
def test_no_date_contradicts_what_is_needed_first(any_edition: Edition, data: st.DataObject) -> None:
    declared, answers = drawn(data, any_edition)
    found = {action.question: action for action in drawn_up(any_edition, declared, answers, today=TODAY)}
    for key in found.keys() & any_edition.questions.keys():
        for need in any_edition.questions[key].needs:
            if need in found and is_missing(answers.get(need)):
                assert found[need].due_days <= found[key].due_days, (need, key)
                assert (found[need].full_days or 0) <= (found[key].full_days or 0), (need, key)
    urgent = [action for action in found.values() if action.rank <= 10 or action.blocking]
    if "vacant-post" in found:
        assert found["vacant-post"].due_days <= min(action.due_days for action in urgent)


@given(st.data())
def test_the_plan_is_the_same_each_time_and_whatever_the_order_of_the_answers(
    any_edition: Edition, data: st.DataObject
) -> None:
    declared, answers = drawn(data, any_edition)
    backwards = dict(reversed(answers.items()))
    facts = dict(reversed(declared.facts.items()))
    assert drawn_up(any_edition, declared, answers) == drawn_up(any_edition, replace(declared, facts=facts), backwards)


@pytest.mark.few_a_day(1)
@given(st.data())
def test_an_empty_form_gives_the_plan_of_all_not_in_place_or_none(any_edition: Edition, data: st.DataObject) -> None:
    """But for the answer that it quotes."""
    declared, _ = drawn(data, any_edition)
    nothing = {key: ticked() if one.is_checklist else MISSING for key, one in any_edition.questions.items()}
    blank, none = (
        [replace(action, why_here="", findings=()) for action in drawn_up(any_edition, declared, answers)]
        for answers in ({}, nothing)
    )
    assert blank == none


# --- the worked cases on the shipped edition ------------------------------------------------------------------------------


@pytest.mark.parametrize("file", worked(), ids=lambda file: file.stem)
def test_every_action_of_a_worked_case_names_a_fact_and_an_answer(edition: Edition, file: Path) -> None:
    for case in read_cases(file, edition):
        declared = declare_case(edition, case, assign_tier(edition, case.facts))
        clauses = {clause for one in edition.facts.values() for clause in one.reasons.values()}
        for packaged in assess(edition, case).packages:
            for action in packaged.actions:
                if action.question not in edition.questions:
                    continue
                gap = action.why_here
                said = gap.removeprefix("You answered that ").lower()
                assert any(said.startswith(clause.lower()[:20]) for clause in clauses), action.why_here
                assert gap.endswith(".")
                assert quotes(case.answers.get(action.question), gap), action.why_here
                assert declared.in_scope(edition.requirements[action.findings[0].requirement])


def quotes(answer: AnswerValue | None, gap: str) -> bool:
    """The answer stands in the sentence: as it was given, in part, or as a figure."""
    if answer is None:
        return "nobody has said yet" in gap.lower()
    if answer.choice == Choice.PARTLY:
        return "only partly in place" in gap
    return any(
        word in gap
        for word in ("points in place", " points of “", "answer: ", "your target is", "per cent of the checked")
    )


@pytest.mark.parametrize("file", worked(), ids=lambda file: file.stem)
def test_no_two_of_the_first_ten_are_alike(edition: Edition, file: Path) -> None:
    for case in read_cases(file, edition):
        actions = sorted(
            (one for packaged in assess(edition, case).packages for one in packaged.actions), key=lambda a: a.rank
        )
        first = actions[:10]
        assert len({action.title for action in first}) == len(first)
        assert len({action.why_here for action in first}) == len(first)


@pytest.mark.parametrize("part", [Stakeholder.DEVELOPER, Stakeholder.PROVIDER, Stakeholder.ORGANISATION])
def test_with_nothing_declared_the_plan_asks_for_each_fact_behind_which_duties_wait(
    edition: Edition, part: Stakeholder
) -> None:
    facts = {"sector": "none"}
    declared = Declared(facts, (part,), assign_tier(edition, facts).assigned_tier)
    actions = drawn_up(edition, declared, {})
    asked = [key for _, _, key in (action.question.partition("open-fact:") for action in actions) if key]
    assert len(asked) == len(set(asked)) > 5
    for key in asked:
        if key == "incident_open":  # an action waits for it, not a question
            continue
        mine = [one for question in edition.questions.values() for one in question.openings if one.part == part]
        assert any(key in {test.fact for test in one.when.tests()} for one in mine if not one.lenient)
