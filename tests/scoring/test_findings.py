"""Where answers fall short, and the actions that this proposes, in the order in which to do them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.guideline.edition import Edition
from assessments.guideline.terms import UNKNOWN, Choice, Effort, Stakeholder, Strength, Tier
from assessments.scoring.findings import Finding, FindingKind, find
from assessments.scoring.inputs import Answers, AnswerValue, Declared
from assessments.scoring.readiness import counted_as, duty_credits
from assessments.scoring.remediation import ProposedAction, propose
from tests.support.editions import checklist, declare, duty, item, make_edition, make_overlay, practice

IN_PLACE = AnswerValue(Choice.IN_PLACE)
PARTLY = AnswerValue(Choice.PARTLY)
NOT_IN_PLACE = AnswerValue(Choice.NOT_IN_PLACE)
NOT_APPLICABLE = AnswerValue(Choice.NOT_APPLICABLE, reason="We have no such data.")

MUST, SHOULD, CONSIDER = Strength


def short(edition: Edition, answers: Answers, *, final: bool = True, **also: frozenset[str]) -> list[str]:
    """The duties that fall short."""
    return [finding.requirement for finding in find(edition, declare(), answers, final=final, **also)]


# --- findings -----------------------------------------------------------------------------------------------------------


def test_a_finding_says_which_duty_which_answer_and_how_it_weighs():
    edition = make_edition([duty("a", SHOULD)], [practice("notice", "a")])
    assert find(edition, declare(), {"notice": PARTLY}, final=True) == (
        Finding(
            requirement="a",
            question="notice",
            item=None,
            kind=FindingKind.PARTLY,
            half_credits=1,
            strength=SHOULD,
            weight=2,
            blocking=False,
            class_key="should",
        ),
    )


@pytest.mark.parametrize(
    ("choice", "kind"),
    [
        (Choice.IN_PLACE, None),
        (Choice.PARTLY, FindingKind.PARTLY),
        (Choice.PLANNED, FindingKind.PLANNED),
        (Choice.NOT_IN_PLACE, FindingKind.SHORTFALL),
        (Choice.UNKNOWN, FindingKind.UNKNOWN),
        (Choice.NOT_APPLICABLE, FindingKind.NOT_APPLICABLE),
    ],
)
def test_every_answer_to_a_must_that_is_not_in_place_blocks(choice, kind):
    edition = make_edition([duty("a", MUST)], [practice("notice", "a")])
    found = find(edition, declare(), {"notice": AnswerValue(choice)}, final=True)
    assert [(one.kind, one.blocking) for one in found] == ([(kind, True)] if kind else [])


def test_an_unticked_item_is_a_finding_of_its_own():
    edition = make_edition(
        [duty("a"), duty("b"), duty("c")],
        [checklist("steps", item("first", "a"), item("second", "b"), item("third", "c"))],
    )
    answer = AnswerValue(Choice.TICKED, frozenset({"second"}))
    found = find(edition, declare(), {"steps": answer}, final=True)
    assert [(one.item, one.requirement, one.kind) for one in found] == [
        ("first", "a", FindingKind.SHORTFALL),
        ("third", "c", FindingKind.SHORTFALL),
    ]


def test_a_draft_has_findings_only_where_it_has_answers():
    edition = make_edition([duty("a"), duty("b")], [practice("notice", "a"), practice("training", "b")])
    assert short(edition, {"training": NOT_IN_PLACE}, final=False) == ["b"]
    assert short(edition, {"training": NOT_IN_PLACE}, final=True) == ["a", "b"]


def test_a_duty_met_by_the_signed_statement_is_no_finding():
    edition = make_edition([duty("T1-LOW-01"), duty("a")], [practice("statement", "T1-LOW-01", "a")])
    answers = {"statement": NOT_IN_PLACE}
    assert short(edition, answers, met=frozenset({"T1-LOW-01"})) == ["a"]


def test_a_duty_out_of_scope_is_no_finding():
    edition = make_edition([duty("a", scope={"public_facing": True}), duty("b")], [practice("notice", "a", "b")])
    found = find(edition, declare(public_facing=False), {"notice": NOT_IN_PLACE}, final=True)
    assert [one.requirement for one in found] == ["b"]


@pytest.mark.parametrize(("strength", "found"), [(MUST, ["a"]), (SHOULD, []), (CONSIDER, [])])
def test_only_a_must_answered_not_applicable_is_a_finding(strength, found):
    edition = make_edition([duty("a", strength)], [practice("notice", "a")])
    assert short(edition, {"notice": NOT_APPLICABLE}) == found
    assert short(edition, {"notice": NOT_APPLICABLE}, accepted=frozenset({"notice"})) == []


@pytest.mark.parametrize(
    ("accepted", "found"),
    [((), ["a", "b"]), (("steps/first",), ["b"]), (("steps",), []), (("steps/second", "steps/first"), [])],
)
def test_a_reason_is_accepted_for_one_item_or_for_the_whole_question(accepted, found):
    edition = make_edition([duty("a"), duty("b")], [checklist("steps", item("first", "a"), item("second", "b"))])
    by_item = AnswerValue(Choice.NONE, not_applicable_items={"first": "No data.", "second": "No data."})
    for answer in (by_item, NOT_APPLICABLE):
        assert short(edition, {"steps": answer}, accepted=frozenset(accepted)) == found


def test_accepting_a_reason_hides_no_other_shortfall():
    edition = make_edition([duty("a")], [practice("notice", "a")])
    assert short(edition, {"notice": NOT_IN_PLACE}, accepted=frozenset({"notice"})) == ["a"]


@pytest.mark.parametrize(
    ("id", "public_facing", "class_key", "blocking"),
    [
        ("prohibited", False, "prohibited_or_hold", True),
        ("table-1", False, "table_1_or_overlay", True),
        ("overlay", True, "table_1_or_overlay", True),
        ("overlay", UNKNOWN, "table_1_or_overlay", True),
        ("overlay", False, "consider", False),
        ("sector", True, "consider", False),  # an overlay that only shows its questions
    ],
)
def test_duties_of_table_1_of_overlays_and_of_prohibited_uses_block_whatever_their_strength(
    id, public_facing, class_key, blocking
):
    edition = make_edition(
        [duty(id, CONSIDER)],
        [practice("notice", id)],
        table_1={Tier.LIMITED: ("table-1",)},
        prohibited=["prohibited"],
        overlays=[
            make_overlay("public-service", "public_facing", "overlay"),
            make_overlay("sector", "public_facing", "sector", blocks=False),
        ],
    )
    (found,) = find(edition, declare(public_facing=public_facing), {"notice": PARTLY}, final=True)
    assert (found.class_key, found.blocking) == (class_key, blocking)
    assert len(find(edition, declare(public_facing=public_facing), {"notice": NOT_APPLICABLE}, final=True)) == blocking


def test_a_duty_is_a_finding_at_every_question_that_leaves_it_short():
    edition = make_edition([duty("a")], [practice("notice", "a"), practice("letter", "a"), practice("poster", "a")])
    answers = {"notice": PARTLY, "letter": IN_PLACE, "poster": NOT_IN_PLACE}
    found = find(edition, declare(), answers, final=True)
    assert [(one.question, one.half_credits) for one in found] == [("notice", 1), ("poster", 0)]


ANSWERS = [Choice.IN_PLACE, Choice.PARTLY, Choice.PLANNED, Choice.UNKNOWN, Choice.NOT_APPLICABLE, None]


def answered(edition: Edition, pattern: list[Choice | None]) -> dict[str, AnswerValue]:
    """Answer all questions by a repeating pattern; a checklist has its first item ticked where a practice is in place."""
    answers = {}
    for number, question in enumerate(edition.questions.values()):
        choice = pattern[number % len(pattern)]
        if question.is_checklist and choice in (Choice.IN_PLACE, Choice.PARTLY, Choice.PLANNED):
            answers[question.key] = AnswerValue(Choice.TICKED, frozenset({question.items[0].key}))
        elif choice is not None:
            answers[question.key] = AnswerValue(choice)
    return answers


every_answer = given(
    parts=st.lists(st.sampled_from(Stakeholder), min_size=1, max_size=3, unique=True).map(tuple),
    tier=st.sampled_from([Tier.LOW, Tier.LIMITED, Tier.HIGH]),
    pattern=st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=7),
    final=st.booleans(),
)


@every_answer
def test_the_duties_found_short_are_those_without_full_credit(edition, parts, tier, pattern, final):
    declared = Declared({}, parts, tier)
    answers = answered(edition, pattern)
    found = find(edition, declared, answers, final=final)
    credits = duty_credits(edition, declared, answers, final=final)
    below_full = {credit.requirement for credit in credits if credit.half_credits in (0, 1)}
    counted = counted_as(edition, declared)
    short = {counted[one.requirement] for one in found if one.kind != FindingKind.NOT_APPLICABLE}
    assert short == below_full
    order = list(edition.questions)
    assert [one.question for one in found] == sorted((one.question for one in found), key=order.index)


@every_answer
def test_every_finding_is_in_exactly_one_action(edition, parts, tier, pattern, final):
    found = find(edition, Declared({}, parts, tier), answered(edition, pattern), final=final)
    actions = propose(edition, found, tier)
    listed = [finding for action in actions for finding in action.findings]
    assert len({action.question for action in actions}) == len(actions)
    assert len(listed) == len(found)
    assert set(listed) == set(found)
    urgency = [edition.policy.priorities.index(action.priority) for action in actions]
    assert urgency == sorted(urgency)
    for action in actions:
        assert all(action.steps + action.closes)
        assert action.owner in edition.owners


# --- actions ------------------------------------------------------------------------------------------------------------


def test_the_findings_of_one_question_make_one_action():
    # Not in place, a must loses 3 x 2 half credits and a consider 1 x 2.
    edition = make_edition(
        [duty("a", CONSIDER, clause="3.1"), duty("b", MUST, clause="2.2.1"), duty("c", CONSIDER, clause="3.1")],
        [
            checklist(
                "steps",
                item("first", "a", owner="data-lead", effort=Effort.MONTHS),
                item("second", "b", owner="legal-counsel", effort=Effort.DAYS),
                item("third", "c", owner="management", effort=Effort.DAYS),
            )
        ],
    )
    found = find(edition, declare(), {"steps": AnswerValue(Choice.TICKED, frozenset({"third"}))}, final=True)
    assert propose(edition, found, Tier.LIMITED) == (
        ProposedAction(
            question="steps",
            findings=found,
            title="Steps",
            steps=("Begin first.", "Begin second."),
            closes=("first is done.", "second is done."),
            clauses=("3.1", "2.2.1"),
            why="steps matters.",
            owner="legal-counsel",  # of the weightiest finding
            effort=Effort.MONTHS,  # the largest
            priority="must",  # the most urgent
            lost_weight=8,
            due_days=60,
        ),
    )


def test_a_duty_that_two_items_leave_short_is_lost_once():
    edition = make_edition([duty("a", MUST)], [checklist("steps", item("first", "a"), item("second", "a"))])
    found = find(edition, declare(), {"steps": AnswerValue(Choice.NONE)}, final=True)
    (action,) = propose(edition, found, Tier.LIMITED)
    assert (len(action.findings), action.lost_weight) == (2, 6)


def test_actions_stand_in_the_order_to_do_them():
    edition = make_edition(
        [
            duty("consider", CONSIDER),
            duty("small", SHOULD),
            duty("large", SHOULD),
            duty("long", SHOULD),
            duty("quick", SHOULD),
            duty("must", MUST),
            duty("table-1", SHOULD),
            duty("prohibited", SHOULD),
            duty("again", SHOULD),
        ],
        [
            practice("q-consider", "consider"),
            practice("q-small", "small"),  # partly, so less is lost than in its neighbours
            practice("q-long", "long", effort=Effort.MONTHS),
            practice("q-quick", "quick", effort=Effort.DAYS),
            practice("q-large", "large", "again"),
            practice("q-must", "must"),
            practice("q-table-1", "table-1"),
            practice("q-prohibited", "prohibited"),
        ],
        table_1={Tier.LIMITED: ("table-1",)},
        prohibited=["prohibited"],
    )
    answers = {key: PARTLY if key == "q-small" else NOT_IN_PLACE for key in edition.questions}
    actions = propose(edition, find(edition, declare(), answers, final=True), Tier.LIMITED)
    assert [action.question for action in actions] == [
        "q-prohibited",
        "q-table-1",
        "q-must",
        "q-large",
        "q-quick",
        "q-long",
        "q-small",
        "q-consider",
    ]


def test_actions_that_are_equal_keep_the_order_of_the_questionnaire():
    edition = make_edition([duty("a"), duty("b")], [practice("zebra", "a"), practice("aardvark", "b")])
    found = find(edition, declare(), {}, final=True)
    assert [action.question for action in propose(edition, found, Tier.LOW)] == ["zebra", "aardvark"]
    assert propose(edition, reversed(found), Tier.LOW) == propose(edition, found, Tier.LOW)


@pytest.mark.parametrize(
    ("id", "tier", "days"),
    [
        ("must", Tier.LIMITED, 60),
        ("must", Tier.HIGH, 30),
        ("should", Tier.HIGH, 90),
        ("table-1", Tier.HIGH, 14),
        ("table-1", Tier.LOW, 60),
    ],
)
def test_an_action_is_due_by_tier_and_by_its_most_urgent_finding(id, tier, days):
    edition = make_edition(
        [duty("must", MUST), duty("should", SHOULD), duty("table-1", SHOULD), duty("rest", CONSIDER)],
        [practice("notice", id, "rest")],
        table_1={Tier.HIGH: ("table-1",)},
    )
    found = find(edition, declare(tier=tier), {"notice": NOT_IN_PLACE}, final=True)
    (action,) = propose(edition, found, tier)
    assert action.due_days == days
