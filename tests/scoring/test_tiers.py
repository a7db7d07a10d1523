"""The tier of a declared use: the worked cases, every rule by itself, and what holds for every set of answers."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from assessments.guideline.conditions import Answer, parse
from assessments.guideline.edition import Edition
from assessments.guideline.terms import UNKNOWN, Basis, HoldKind, Tier
from assessments.scoring.tiers import Change, FiredRule, OpenedHold, assign_tier, counterfactuals, nearest_together
from tests.guideline.uses import declared_uses, mildest, tier_facts
from tests.support.paths import DATA

type Declared = dict[str, Answer]

CASES = yaml.safe_load((DATA / "cases.yaml").read_text())["cases"]
PROHIBITED_USES = (
    "causes_or_enables_physical_harm",
    "subliminal_manipulation",
    "loss_of_control_or_mass_harm",
    "illegal_purpose",
)
# Not a property of the use but a claim about it, or a claim that little depends on it: answering them true may help.
CLAIMS = ("lawful_exception_claimed", "minor_procedural_task")

# What each rule needs beside the mildest answer to everything, and the rules that then fire.
ALONE: dict[str, tuple[Declared, tuple[str, ...]]] = {
    "U-HARM": ({"causes_or_enables_physical_harm": True}, ("U-HARM",)),
    "U-HIDDEN": ({"subliminal_manipulation": True}, ("U-HIDDEN",)),
    "U-MASS": ({"loss_of_control_or_mass_harm": True}, ("U-MASS",)),
    "U-CRIME": ({"illegal_purpose": True}, ("U-CRIME",)),
    "H-PLEA": ({"illegal_purpose": True, "lawful_exception_claimed": True}, ("H-PLEA",)),
    "H-OPEN": ({"illegal_purpose": UNKNOWN}, ("H-OPEN",)),
    "H-EXPLOIT": ({"exploits_vulnerable_groups": True}, ("H-EXPLOIT",)),
    "H-INFRA": ({"critical_infrastructure": True}, ("H-INFRA",)),
    "H-HEALTH": ({"healthcare_diagnosis": True}, ("H-HEALTH",)),
    "H-DRIVES": ({"autonomous_vehicle": True}, ("H-DRIVES",)),
    "H-MOVES": ({"autonomous_robot": True}, ("H-MOVES",)),
    "H-SAFETY": ({"safety_component": True}, ("H-SAFETY",)),
    # A procedural step spares from L-STAKES and L-JUSTICE, not from their graver neighbours.
    "H-DECIDES": ({"access_to_essential_services": True, "output_used_for": "decision"}, ("H-DECIDES",)),
    "H-JUSTICE": ({"justice_or_law_enforcement": True, "output_used_for": "decision"}, ("H-JUSTICE",)),
    "H-GRAVE": ({"worst_credible_effect": "grave"}, ("H-GRAVE", "L-EFFECT")),
    "H-ACTS": (
        {
            "worst_credible_effect": "serious",
            "reversibility": "hardly",
            "decision_autonomy": "fully_automated",
            "output_used_for": "decision",
        },
        ("H-ACTS", "L-EFFECT"),
    ),
    "L-WORK": ({"employment_decisions": True}, ("L-WORK",)),
    "L-SCHOOL": ({"education_decisions": True}, ("L-SCHOOL",)),
    "L-STAKES": ({"legal_or_similarly_significant_effect": True, "minor_procedural_task": False}, ("L-STAKES",)),
    "L-JUSTICE": ({"justice_or_law_enforcement": True, "minor_procedural_task": False}, ("L-JUSTICE",)),
    "L-ADVICE": ({"relied_on_advice": True, "minor_procedural_task": False}, ("L-ADVICE",)),
    "L-RANKS": ({"ranks_or_prices_people": True, "minor_procedural_task": False}, ("L-RANKS",)),
    "L-READS": ({"biometric_or_emotion_inference": True}, ("L-READS",)),
    "L-EFFECT": ({"worst_credible_effect": "serious"}, ("L-EFFECT",)),
    "L-REACH": (
        {"users_scale": "1000000_plus", "worst_credible_effect": "minor", "output_used_for": "drafting"},
        ("L-REACH",),
    ),
    "L-PUBLIC": ({"public_facing": True, "output_used_for": "information"}, ("L-PUBLIC",)),
    "L-MEDIA": ({"public_facing": True, "generates_realistic_media": True}, ("L-MEDIA",)),
    "L-ACTS": (
        {"agentic_actions": True, "decision_autonomy": "fully_automated", "worst_credible_effect": "minor"},
        ("L-ACTS",),
    ),
    "W-NAMED": ({}, ("W-NAMED",)),
    "W-REST": ({"output_used_for": "drafting"}, ("W-REST",)),
    "X-PLEA": ({"lawful_exception_claimed": True}, ("W-NAMED", "X-PLEA")),
}


def drawn(data: st.DataObject, edition: Edition) -> Declared:
    return data.draw(declared_uses(edition), label="facts")


def rules_of(edition: Edition, facts: Declared) -> tuple[str, ...]:
    return tuple(rule.id for rule in assign_tier(edition, facts).rules)


every_use = given(st.data())


# --- the worked cases -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_worked_case_comes_out_as_judged(edition, case):
    facts = {fact: tuple(value) if isinstance(value, list) else value for fact, value in case["facts"].items()}
    result = assign_tier(edition, facts)
    assert result.assigned_tier == case["expected_tier"]
    assert not result.provisional


def test_the_fifteen_cases_are_all_here():
    assert len({case["id"] for case in CASES}) == 15
    assert {case["expected_tier"] for case in CASES} == set(Tier)


# --- every rule by itself ---------------------------------------------------------------------------------------------


def test_every_rule_has_a_case_made_for_it(edition):
    assert tuple(ALONE) == tuple(rule.id for rule in edition.rules)


@pytest.mark.parametrize("rule", ALONE)
def test_a_rule_fires_on_the_case_made_for_it(edition, rule):
    changes, fired = ALONE[rule]
    assert rules_of(edition, mildest(edition) | changes) == fired


@pytest.mark.parametrize("rule", [rule for rule in ALONE if ALONE[rule][0]])
def test_a_rule_needs_every_fact_of_its_case(edition, rule):
    mild = mildest(edition)
    for fact in ALONE[rule][0]:
        rest = {other: answer for other, answer in ALONE[rule][0].items() if other != fact}
        assert rule not in rules_of(edition, mild | rest), fact


def test_a_fired_rule_says_what_satisfied_it_and_who_says_so(edition):
    facts = mildest(edition) | {"access_to_essential_services": True, "decision_autonomy": "fully_automated"}
    assert assign_tier(edition, facts).rules == (
        FiredRule(
            "H-DECIDES",
            Tier.HIGH,
            Basis.JUDGEMENT,
            ("2.1.2", "2.1.3.5"),
            ("access_to_essential_services", "decision_autonomy"),
        ),
        FiredRule(
            "L-STAKES", Tier.LIMITED, Basis.JUDGEMENT, ("2.1.3.5", "A2.2.2/finance"), ("access_to_essential_services",)
        ),
    )


def test_half_of_a_condition_that_does_not_hold_is_no_reason():
    either = parse({"any": [{"all": ["public_facing", "agentic_actions"]}, "safety_component"]})
    facts: Declared = {"public_facing": True, "agentic_actions": False, "safety_component": True}
    assert tuple(either.satisfied(facts)) == ("safety_component",)


@pytest.mark.parametrize(
    ("changes", "text_tier"),
    [
        ({"healthcare_diagnosis": True}, Tier.HIGH),
        ({"safety_component": True}, None),  # our judgement alone
        ({"employment_decisions": True, "worst_credible_effect": "grave"}, Tier.LIMITED),  # judgement goes further
        ({"healthcare_diagnosis": UNKNOWN}, None),  # not positively answered
        ({}, Tier.LOW),
        ({"output_used_for": UNKNOWN}, None),
        ({"relied_on_advice": True, "minor_procedural_task": False}, None),  # a creative tool, but W-NAMED did not fire
    ],
)
def test_the_text_tier_is_what_explicit_rules_say_of_positive_answers(edition, changes, text_tier):
    assert assign_tier(edition, mildest(edition) | changes).text_tier == text_tier


# --- do not know, holds, provisional results --------------------------------------------------------------------------


def test_an_answer_left_out_is_unknown(edition):
    facts = mildest(edition) | {"critical_infrastructure": UNKNOWN}
    left_out = {fact: answer for fact, answer in facts.items() if fact != "critical_infrastructure"}
    assert assign_tier(edition, left_out) == assign_tier(edition, facts)


def test_not_knowing_anything_is_high_on_hold_and_waits_for_what_could_matter(edition):
    result = assign_tier(edition, {})
    assert result.assigned_tier == Tier.HIGH
    assert result.text_tier is None
    assert result.holds == (
        OpenedHold(HoldKind.OPEN_QUESTION, PROHIBITED_USES),
        OpenedHold(HoldKind.LEGAL_REVIEW, ("exploits_vulnerable_groups",)),
    )
    assert set(tier_facts(edition)) - set(result.waits_for) == {"lawful_exception_claimed"}


def test_an_unknown_ordinary_fact_counts_as_the_worse_case(edition):
    result = assign_tier(edition, mildest(edition) | {"critical_infrastructure": UNKNOWN})
    assert (result.assigned_tier, result.provisional) == (Tier.HIGH, True)
    assert result.waits_for == ("critical_infrastructure",)
    assert result.holds == ()


def test_an_unknown_fact_that_changes_nothing_leaves_the_result_final(edition):
    result = assign_tier(edition, mildest(edition) | {"critical_infrastructure": True, "employment_decisions": UNKNOWN})
    assert (result.assigned_tier, result.provisional, result.waits_for) == (Tier.HIGH, False, ())


def test_an_open_exception_is_waited_for(edition):
    facts = mildest(edition) | {"relied_on_advice": True, "human_reviewer_qualified": UNKNOWN}
    result = assign_tier(edition, facts)
    assert (result.assigned_tier, result.provisional) == (Tier.LIMITED, True)
    assert result.waits_for == ("human_reviewer_qualified",)


def test_an_unknown_prohibited_use_is_held_at_high_even_where_another_rule_says_high(edition):
    result = assign_tier(edition, mildest(edition) | {"subliminal_manipulation": UNKNOWN, "safety_component": True})
    assert (result.assigned_tier, result.provisional) == (Tier.HIGH, True)
    assert result.waits_for == ("subliminal_manipulation",)
    assert result.holds == (OpenedHold(HoldKind.OPEN_QUESTION, ("subliminal_manipulation",)),)


def test_a_known_prohibited_use_waits_for_nothing(edition):
    facts = mildest(edition) | {"subliminal_manipulation": UNKNOWN, "causes_or_enables_physical_harm": True}
    result = assign_tier(edition, facts)
    assert (result.assigned_tier, result.provisional, result.waits_for) == (Tier.UNACCEPTABLE, False, ())
    assert [hold.kind for hold in result.holds] == [HoldKind.OPEN_QUESTION]


def test_an_unlawful_use_whose_plea_is_unknown_waits_for_the_plea(edition):
    facts = mildest(edition) | {"illegal_purpose": True, "lawful_exception_claimed": UNKNOWN}
    result = assign_tier(edition, facts)
    assert (result.assigned_tier, result.provisional) == (Tier.UNACCEPTABLE, True)
    assert result.waits_for == ("lawful_exception_claimed",)
    assert result.holds == (OpenedHold(HoldKind.LEGAL_REVIEW, ("illegal_purpose",)),)


def test_holds_of_one_kind_are_one_hold(edition):
    facts = mildest(edition) | {
        "illegal_purpose": True,
        "lawful_exception_claimed": True,
        "exploits_vulnerable_groups": True,
    }
    assert assign_tier(edition, facts).holds == (
        OpenedHold(HoldKind.LEGAL_REVIEW, ("illegal_purpose", "exploits_vulnerable_groups")),
    )


def test_a_plea_that_nothing_needs_changes_no_tier_and_is_held(edition):
    result = assign_tier(edition, mildest(edition) | {"lawful_exception_claimed": True})
    assert (result.assigned_tier, result.rules[-1].tier) == (Tier.LOW, None)
    assert result.holds == (OpenedHold(HoldKind.EXCEPTION_EVIDENCE, ("lawful_exception_claimed",)),)


# --- what holds for every set of answers (tiering, section 8) -----------------------------------------------------------


@every_use
def test_every_use_has_one_tier_and_a_reason(edition, data):
    result = assign_tier(edition, drawn(data, edition))
    deciding = [rule for rule in result.rules if rule.tier == result.assigned_tier]
    assert deciding
    assert all(rule.tier is None or rule.tier.rank <= result.assigned_tier.rank for rule in result.rules)


@every_use
def test_no_longer_knowing_never_lowers_a_tier_but_for_a_prohibited_use_which_is_held(edition, data):
    facts = drawn(data, edition)
    fact = data.draw(st.sampled_from(tier_facts(edition)))
    before, after = assign_tier(edition, facts), assign_tier(edition, facts | {fact: UNKNOWN})
    if fact in PROHIBITED_USES and facts.get(fact) is True:
        assert after.assigned_tier.rank >= Tier.HIGH.rank
        assert HoldKind.OPEN_QUESTION in [hold.kind for hold in after.holds]
    else:
        assert after.assigned_tier.rank >= before.assigned_tier.rank


@every_use
def test_nothing_is_unacceptable_without_a_positive_prohibited_use(edition, data):
    facts = drawn(data, edition)
    if assign_tier(edition, facts).assigned_tier == Tier.UNACCEPTABLE:
        assert any(facts.get(fact) is True for fact in PROHIBITED_USES)


@every_use
def test_a_yes_never_lowers_a_tier_but_for_the_two_claims(edition, data):
    facts = drawn(data, edition)
    yes_no = [fact for fact in tier_facts(edition) if edition.facts[fact].yes_no and fact not in CLAIMS]
    fact = data.draw(st.sampled_from(yes_no))
    before, after = assign_tier(edition, facts), assign_tier(edition, facts | {fact: True})
    assert after.assigned_tier.rank >= before.assigned_tier.rank


@every_use
def test_facts_that_no_rule_reads_never_move_anything(edition, data):
    facts = drawn(data, edition)
    unread = [fact for fact in edition.facts.values() if fact.key not in tier_facts(edition) and not fact.many]
    others = {fact.key: st.sampled_from([*fact.values, UNKNOWN]) for fact in unread}
    more = data.draw(st.fixed_dictionaries({}, optional=others))
    assert assign_tier(edition, facts | more) == assign_tier(edition, facts)


@pytest.mark.long
@every_use
def test_a_final_result_stays_whatever_the_open_answers_turn_out_to_be(edition, data):
    facts = drawn(data, edition)
    result = assign_tier(edition, facts)
    assume(not result.provisional)
    open_facts = [fact for fact in tier_facts(edition) if facts.get(fact, UNKNOWN) == UNKNOWN]
    answers = data.draw(st.fixed_dictionaries({f: st.sampled_from(edition.facts[f].values) for f in open_facts}))
    assert assign_tier(edition, facts | answers).assigned_tier == result.assigned_tier


@every_use
def test_the_assigned_tier_is_never_below_the_text(edition, data):
    result = assign_tier(edition, drawn(data, edition))
    assert result.text_tier is None or result.text_tier.rank <= result.assigned_tier.rank


@every_use
def test_low_is_never_provisional(edition, data):
    result = assign_tier(edition, drawn(data, edition))
    assert not (result.provisional and result.assigned_tier == Tier.LOW)


@every_use
def test_a_provisional_result_waits_for_open_answers_and_no_other_does(edition, data):
    facts = drawn(data, edition)
    result = assign_tier(edition, facts)
    assert result.provisional == bool(result.waits_for)
    assert all(facts.get(fact, UNKNOWN) == UNKNOWN for fact in result.waits_for)
    assert list(result.waits_for) == [fact for fact in edition.facts if fact in result.waits_for]


@every_use
def test_answering_what_is_waited_for_makes_a_result_final(edition, data):
    facts = drawn(data, edition)
    waits_for = assign_tier(edition, facts).waits_for
    answers = data.draw(st.fixed_dictionaries({f: st.sampled_from(edition.facts[f].values) for f in waits_for}))
    after = assign_tier(edition, facts | answers)
    # An unlawful purpose found only now makes the plea matter, which was not asked before.
    assert not after.provisional or after.waits_for == ("lawful_exception_claimed",)


# --- what would change it (tiering, section 5) --------------------------------------------------------------------------


def test_one_fact_that_carries_the_tier_is_named_with_the_tier_without_it(edition):
    facts = mildest(edition) | {"healthcare_diagnosis": True, "employment_decisions": True}
    changes = counterfactuals(edition, facts)
    assert changes.lower == (Change("healthcare_diagnosis", True, False, Tier.LIMITED),)
    assert changes.together == ()
    assert Change("causes_or_enables_physical_harm", False, True, Tier.UNACCEPTABLE) in changes.higher


def test_two_facts_that_carry_the_tier_by_themselves_are_named_together(edition):
    facts = mildest(edition) | {"healthcare_diagnosis": True, "critical_infrastructure": True}
    changes = counterfactuals(edition, facts)
    assert changes.lower == ()
    assert changes.together == ("critical_infrastructure", "healthcare_diagnosis")


def test_nothing_is_below_low(edition):
    changes = counterfactuals(edition, mildest(edition))
    assert (changes.lower, changes.together) == ((), ())


def test_an_unknown_fact_shows_what_its_mildest_answer_would_give(edition):
    facts = mildest(edition) | {"illegal_purpose": UNKNOWN}
    assert counterfactuals(edition, facts).lower == (Change("illegal_purpose", UNKNOWN, False, Tier.LOW),)


def test_the_answer_that_is_named_is_the_nearest_that_changes_the_tier(edition):
    chat = {"worst_credible_effect": "serious", "reversibility": "never", "decision_autonomy": "fully_automated"}
    facts = mildest(edition) | chat | {"agentic_actions": True, "output_used_for": "information"}
    assert assign_tier(edition, facts).assigned_tier == Tier.HIGH
    to = {change.fact: change.to for change in counterfactuals(edition, facts).lower}
    assert to["worst_credible_effect"] == "minor"
    assert to["reversibility"] == "easily"  # hardly would change nothing
    assert to["decision_autonomy"] == "human_approves"


def test_an_unknown_answer_starts_from_the_worst_one_on_its_way_to_a_lower_tier(edition):
    facts = mildest(edition) | {"worst_credible_effect": UNKNOWN}
    (change,) = (one for one in counterfactuals(edition, facts).lower if one.fact == "worst_credible_effect")
    assert change == Change("worst_credible_effect", UNKNOWN, "serious", Tier.LIMITED)


@every_use
def test_no_nearer_answer_lowers_the_tier_than_the_one_that_is_named(edition, data):
    facts = drawn(data, edition)
    now = assign_tier(edition, facts).assigned_tier
    for change in counterfactuals(edition, facts).lower:
        values = list(edition.facts[change.fact].values)
        if edition.facts[change.fact].mildest == values[0] and change.was in values:
            for nearer in values[values.index(change.to) + 1 : values.index(change.was)]:
                assert assign_tier(edition, facts | {change.fact: nearer}).assigned_tier.rank >= now.rank


@every_use
def test_each_change_gives_the_tier_that_it_says(edition, data):
    facts = drawn(data, edition)
    now = assign_tier(edition, facts).assigned_tier
    changes = counterfactuals(edition, facts)
    for change in changes.lower + changes.higher:
        assert change.was == facts.get(change.fact, UNKNOWN)
        assert change.tier == assign_tier(edition, facts | {change.fact: change.to}).assigned_tier
    assert all(change.tier.rank < now.rank for change in changes.lower)
    assert all(change.tier.rank > now.rank for change in changes.higher)
    assert "lawful_exception_claimed" not in {change.fact for change in changes.lower + changes.higher}


@every_use
def test_the_facts_that_carry_a_tier_together_lower_it_together_and_not_with_one_left_out(edition, data):
    facts = drawn(data, edition)
    now = assign_tier(edition, facts).assigned_tier
    changes = counterfactuals(edition, facts)
    mild = {fact: edition.facts[fact].mildest for fact in changes.together}
    assert bool(changes.together) == (not changes.lower and now != Tier.LOW)
    if changes.together:
        assert assign_tier(edition, facts | mild).assigned_tier.rank < now.rank
        near = nearest_together(edition, facts, changes.together)
        assert near.keys() == mild.keys()
        assert assign_tier(edition, facts | near).assigned_tier.rank < now.rank
    for fact in changes.together:
        all_but_one = {other: answer for other, answer in mild.items() if other != fact}
        assert assign_tier(edition, facts | all_but_one).assigned_tier.rank >= now.rank


def test_the_nearest_answer_is_named_for_a_group_and_not_another_kind_of_use(edition):
    """Who lets a system decide on applications could let it recommend; nobody would call the use creative."""
    facts = mildest(edition) | {
        "decision_autonomy": "fully_automated",
        "human_reviewer_qualified": "none",
        "legal_or_similarly_significant_effect": True,
        "output_used_for": "decision",
        "reversibility": "hardly",
        "worst_credible_effect": "serious",
    }
    together = counterfactuals(edition, facts).together
    assert nearest_together(edition, facts, together) == {
        "decision_autonomy": "human_approves",
        "human_reviewer_qualified": "qualified",
        "output_used_for": "recommendation",
    }
