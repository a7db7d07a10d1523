"""The first step fits the kind of use, and does the point that the reason names as missing."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from assessments.guideline.terms import Choice, Tier
from assessments.guideline.wording import as_fact, fact_clause, joined, without_fact
from assessments.scoring.begun import first_missing, first_step_does, points_missing
from assessments.scoring.case_file import Case, assess
from assessments.scoring.inputs import AnswerValue
from assessments.scoring.order import STOP, relevant_facts
from assessments.scoring.remediation import ProposedAction
from tests.advice.profiles import FIRST, bank, blank, plan_of, profiles, ranked, worked_cases

CASES = {case.id: case for case in (*worked_cases(), *profiles().values())}


def actions(case: Case, **facts: object) -> dict[str, ProposedAction]:
    changed = replace(case, facts={**case.facts, **facts})
    return {action.question: action for action in ranked(assess(bank(), changed))}


@pytest.mark.parametrize(
    ("id", "begins"),
    [
        ("clinic-booking-assistant", "First stop using the output for cases like the one that went wrong"),
        ("chinese-composition-marker", "First stop using the output for cases like the one that went wrong"),
        ("warehouse-sorting-arms", "First block the situation or command"),
        ("airport-island-robotaxi", "First block the situation or command"),
        ("licensed-star-double", "First take down, close or correct what was published"),
        ("game-concept-art", "First take down, close or correct what was published"),
        ("tenants-rights-assistant", "First publish the correction"),
        ("budget-airline-chat", "First publish the correction"),
        ("job-advert-writer", "First correct or take down what was sent or published"),
        ("bureau-drafting-copilot", "First correct or take down what was sent or published"),
    ],
)
def test_an_open_incident_is_first_stopped_as_its_kind_of_use_allows(id: str, begins: str) -> None:
    action = actions(CASES[id], incident_open=True)["open-incident"]
    assert action.stopgap.startswith(begins)
    assert action.steps == (action.stopgap,)


@pytest.mark.parametrize("id", ["clinic-booking-assistant", "virtual-bank-instant-loan", "tenants-rights-assistant"])
def test_no_letter_or_decision_waits_for_its_mark(id: str) -> None:
    said = bank().questions["built-in-label"]
    family = bank().order.family(CASES[id].facts) if bank().order else ""
    assert "hold back" not in said.action_of[family].stopgap.lower()
    assert "hold back" not in said.action.stopgap.lower()


@pytest.mark.parametrize("id", ["game-concept-art", "visitor-visa-sorting"])
def test_where_no_output_leaves_nobody_is_asked_to_take_one_back(id: str) -> None:
    assert (
        actions(blank(CASES[id]))["faulty-output"].title
        == "Decide who removes a faulty output, and who asks for its correction"
    )


@pytest.mark.parametrize(
    ("id", "facts", "warned"),
    [
        ("game-concept-art", {}, False),
        ("game-concept-art", {"worst_credible_effect": "serious"}, True),
        ("visitor-visa-sorting", {}, False),
        ("visitor-visa-sorting", {"publishes_output": True}, True),
        ("hospital-linen-orders", {}, False),
        ("hospital-linen-orders", {"worst_credible_effect": "minor"}, True),
        ("job-advert-writer", {}, True),
        ("warehouse-sorting-arms", {}, True),
    ],
)
def test_people_outside_are_warned_only_where_output_reaches_them_and_can_do_harm(
    id: str, facts: dict[str, object], warned: bool
) -> None:
    action = actions(blank(CASES[id]), **facts)["faulty-output"]
    assert ("others-warned" in {finding.item for finding in action.findings}) is warned
    if not warned:
        assert not re.search(r"warn|outside", " ".join((action.title, *action.steps)))


@pytest.mark.parametrize("id", ["game-concept-art", "job-advert-writer", "visitor-visa-sorting"])
def test_training_names_the_judging_of_output_first_where_output_goes_out_or_is_creative(id: str) -> None:
    begun = {"staff-training": AnswerValue(Choice.TICKED, frozenset({"technology-weaknesses"}))}
    action = actions(replace(CASES[id], answers=begun))["staff-training"]
    assert "above all “The law, as far as staff need it to assess AI output”" in action.why_here
    assert action.steps[0] == action.stopgap
    assert "copyright" in action.stopgap or "break a law" in action.stopgap


@pytest.mark.parametrize(
    ("id", "autonomy", "asks_for"),
    [
        ("visitor-visa-sorting", "human_approves", "a decision without the system's output"),
        ("chinese-composition-marker", "human_approves", "a decision without the system's output"),
        ("visitor-visa-sorting", "fully_automated", "choose to deal with a person"),
    ],
)
def test_where_a_person_approves_the_choice_is_one_who_has_not_seen_the_output(
    id: str, autonomy: str, asks_for: str
) -> None:
    action = actions(blank(CASES[id]), decision_autonomy=autonomy)["tier-limited-opt-out"]
    assert asks_for in action.title
    assert ("Count the requests from each" in action.stopgap) is (autonomy == "human_approves")


@pytest.mark.parametrize("id", ["visitor-visa-sorting", "chinese-composition-marker"])
def test_a_result_that_a_person_approved_is_contested_with_that_person_first(id: str) -> None:
    approved = actions(blank(CASES[id]))["contest"]
    assert "first ask the person who approved the result" in approved.stopgap
    assert "reviews it again" in approved.title
    alone = actions(blank(CASES[id]), decision_autonomy="fully_automated")["contest"]
    assert "approved" not in f"{alone.title} {alone.stopgap}"


@pytest.mark.parametrize("id", ["licensed-star-double", "chinese-composition-marker"])
def test_whoever_fine_tunes_checks_its_own_contracts_and_asks_the_maker_of_the_base_model(id: str) -> None:
    tuned = actions(blank(CASES[id]))["training-rights"]
    assert "that you used to train" in tuned.stopgap
    assert "Ask the maker of the base model" in tuned.stopgap
    assert "base model" not in actions(blank(CASES[id]), model_source="own_trained")["training-rights"].title


def test_near_machines_a_faulty_output_is_an_injury_or_a_near_miss() -> None:
    assert "after an injury or near miss" in actions(CASES["warehouse-sorting-arms"])["faulty-output"].title


@pytest.mark.parametrize(
    ("id", "urgent"),
    [
        ("clinic-booking-assistant", False),  # nobody has counted, and no incident is open
        ("visitor-visa-sorting", True),  # two of a hundred were wrong
        ("tenants-rights-assistant", True),
        ("airport-island-robotaxi", True),  # near a machine every intervention shows one
        ("warehouse-sorting-arms", True),
    ],
)
def test_what_nobody_has_counted_is_counted_before_it_is_taken_out(id: str, urgent: bool) -> None:
    found = actions(CASES[id]) if id in profiles() else actions(CASES[id], incident_open=True)
    assert (found["known-failures"].placed == STOP) is urgent
    if not urgent:
        assert found["error-rates"].rank < found["known-failures"].rank
        assert actions(CASES[id], incident_open=True)["known-failures"].placed == STOP


def test_outsiders_test_a_use_after_a_first_count_of_its_own() -> None:
    """A plan that asks for offers before anybody has counted an error would have outsiders test against no limit."""
    uncounted = CASES["clinic-booking-assistant"]
    assert not uncounted.answers["error-rates"].ticks
    found = actions(uncounted)
    assert found["error-rates"].rank < 10 < found["tier-high-conformity"].rank
    counted = replace(uncounted.answers["error-rates"], measured=Decimal(4))
    found = actions(replace(uncounted, answers={**uncounted.answers, "error-rates": counted}))
    assert found["tier-high-conformity"].rank <= 10
    assert actions(CASES["airport-island-robotaxi"])["tier-high-conformity"].rank <= 10  # it moves among people


@pytest.mark.parametrize("id", ["visitor-visa-sorting", "chinese-composition-marker"])
def test_where_a_person_approves_the_failures_are_found_in_what_was_changed(id: str) -> None:
    approved = actions(CASES[id])["known-failures"]
    assert "all changed results" in approved.stopgap
    assert "per cent of the checked results were wrong; nobody makes sure that" in approved.why_here
    alone = actions(CASES[id], decision_autonomy="fully_automated")["known-failures"]
    assert "all changed results" not in alone.stopgap


def test_the_choice_of_a_person_is_lifted_only_where_nobody_decides_each_case() -> None:
    approved = actions(CASES["visitor-visa-sorting"])["tier-limited-opt-out"]
    alone = actions(CASES["visitor-visa-sorting"], decision_autonomy="fully_automated")["tier-limited-opt-out"]
    assert alone.rank <= FIRST < approved.rank
    assert (approved.placed, approved.blocking) == (alone.placed, alone.blocking)
    assert approved.due_days == bank().policy.blocking_due_days[Tier.LIMITED]


@pytest.mark.parametrize(
    ("id", "key", "facts", "says"),
    [
        ("clinic-booking-assistant", "training-opt-out", {}, "the supplier does not train AI"),
        ("clinic-booking-assistant", "training-opt-out", {"model_source": "own_trained"}, "keep their data out"),
        ("visitor-visa-sorting", "training-permission", {}, "let them refuse without disadvantage"),
        ("chinese-composition-marker", "training-permission", {}, "ask for their permission"),
        ("tenants-rights-assistant", "protection-techniques", {}, "what tenants write and send in"),
        ("virtual-bank-instant-loan", "protection-techniques", {}, "write and send in"),
        ("visitor-visa-sorting", "protection-techniques", {}, "personal and sensitive data"),
        ("tenants-rights-assistant", "collection-and-use", {}, "what tenants write and send"),
        ("hospital-linen-orders", "secrets", {}, "one outside party"),
        ("bureau-drafting-copilot", "secrets", {}, "one outside party"),
        ("hospital-linen-orders", "secrets", {"publishes_output": False}, "which confidential details"),
        ("hospital-linen-orders", "change-reassessment", {}, "a patient's treatment"),
        ("hospital-linen-orders", "change-reassessment", {"sector": "none"}, "Do not allow a new purpose"),
        ("clinic-booking-assistant", "accountable-owner", {}, "senior doctor or nurse"),
        ("visitor-visa-sorting", "accountable-owner", {}, "Make one senior person responsible"),
    ],
)
def test_a_title_follows_the_facts_that_make_it_fit(id: str, key: str, facts: dict[str, object], says: str) -> None:
    assert says in actions(blank(CASES[id]), **facts)[key].title


@pytest.mark.parametrize("id", profiles())
def test_a_fact_that_did_not_set_the_tier_is_told_as_an_answer(id: str) -> None:
    assessed = plan_of(id)
    relevant = relevant_facts(bank(), assessed.declared, assessed.result)
    behind = () if relevant.low else relevant.behind
    clauses = {fact_clause(bank(), fact, assessed.declared.facts) for fact in behind}
    for action in ranked(assessed):
        if action.question in bank().questions:
            told = action.why_here.startswith("You answered that ")
            assert told != any(clause and action.why_here.lower().startswith(clause.lower()) for clause in clauses)


@pytest.mark.parametrize("id", profiles())
def test_the_first_step_of_a_partly_ticked_list_does_the_point_that_is_named(id: str) -> None:
    assessed = plan_of(id)
    family = bank().order.family(assessed.declared.facts) if bank().order else ""
    seen = False
    for action in ranked(assessed):
        question = bank().questions.get(action.question)
        if question is None or " are missing, above all “" not in action.why_here:
            continue
        seen = True
        weighty = sorted(action.findings, key=lambda finding: -finding.weight)
        named = first_missing(question, [finding.item for finding in weighty if finding.item])
        item = next(item for item in question.items if item.key == named)
        words = assessed.case.words
        assert f"above all “{words.fill(item.text).rstrip('.')}”" in action.why_here
        if not first_step_does(question, named):
            assert action.steps[0] == words.fill(item.remedy.in_words_of(family).first_step)
            assert action.stopgap == action.steps[0]
    assert seen


@pytest.mark.parametrize(
    ("missing", "of", "said"),
    [(3, 5, "3 of 5 points of “A” are missing, above all “b”"), (1, 2, "1 of 2 points of “A” is missing: “b”")],
)
def test_missing_points_are_counted_and_the_first_named(missing: int, of: int, said: str) -> None:
    assert points_missing("A", missing, of, "b") == said


@pytest.mark.parametrize("id", ["tenants-rights-assistant", "clinic-booking-assistant"])
def test_a_count_alone_is_said_as_the_per_cent_that_was_entered(id: str) -> None:
    case = CASES[id]
    counted = {"error-rates": AnswerValue(Choice.NONE, measured=Decimal("6.50"))}
    found = {action.question: action for action in ranked(assess(bank(), replace(case, answers=counted)))}
    assert "6.5 per cent of the checked results were wrong" in found["error-rates"].why_here


@pytest.mark.parametrize(
    ("gap", "belongs", "said"),
    [
        ("nobody counts", True, "It ranks people, and nobody counts."),
        ("nobody counts", False, "It ranks people. Nobody counts."),
        ("“A” is only partly in place", True, "It ranks people. “A” is only partly in place."),
    ],
)
def test_only_what_belongs_together_is_joined(gap: str, belongs: bool, said: str) -> None:
    assert joined("it ranks people", gap, belongs) == said
    assert joined("", "nobody counts", belongs) == "Nobody counts."
    assert without_fact(said) == joined("", gap, belongs)


@pytest.mark.parametrize(
    ("said", "beside_the_facts"),
    [
        ("You answered that it ranks people. Nobody counts.", "It ranks people. Nobody counts."),
        ("It ranks people, and nobody counts.", "It ranks people, and nobody counts."),
        ("Nobody counts what you answered that it does.", "Nobody counts what you answered that it does."),
        ("", ""),
    ],
)
def test_beside_the_facts_a_reason_need_not_say_that_they_were_answered(said: str, beside_the_facts: str) -> None:
    assert as_fact(said) == beside_the_facts


@pytest.mark.parametrize("id", profiles())
def test_no_text_of_the_first_ten_speaks_of_the_version_before_or_of_wider_use(id: str) -> None:
    shown = [text for one in ranked(plan_of(id))[:FIRST] for text in (one.title, one.why_here, *one.steps)]
    assert [text for text in shown if "version before" in text or "before wider use" in text] == []


def test_at_low_no_fact_set_the_tier_so_none_is_joined_to_a_gap() -> None:
    reasons = [action.why_here for action in ranked(plan_of("bureau-drafting-copilot"))[:FIRST]]
    assert [reason for reason in reasons if re.search(r", and (no|nobody|nothing)\b", reason)] == []
    assert any(". Nobody " in reason for reason in reasons)
