"""The edition by which the page goals are measured: 150 practices, all put to a provider whatever the facts."""

from __future__ import annotations

import pytest

from assessments.guideline.terms import TIERS, UNKNOWN, Tier
from assessments.scoring.findings import find
from assessments.scoring.order import draw_up
from assessments.scoring.tiers import assign_tier
from tests.bench.edition import QUESTIONS, SECTIONS, bench_source
from tests.editions import PROVIDER, declare


@pytest.fixture(scope="module")
def bench():
    return bench_source().edition


@pytest.mark.parametrize("tier", TIERS)
def test_every_question_is_put_to_a_provider_of_whom_nothing_is_known(bench, tier):
    assert len(declare(PROVIDER, tier=tier).questions(bench)) == SECTIONS * QUESTIONS == 150


def test_every_question_is_put_to_a_provider_of_whom_every_fact_is_false(bench):
    facts = {key: False if fact.yes_no else UNKNOWN for key, fact in bench.facts.items()}
    assert len(declare(PROVIDER, **facts).questions(bench)) == 150


def test_a_plan_of_it_has_an_action_with_words_for_each_practice(bench):
    facts = {"sector": "none"}
    declared = declare(PROVIDER, tier=Tier.HIGH, **facts)
    actions = draw_up(
        bench, declared, {}, find(bench, declared, {}, final=True), result=assign_tier(bench, declared.facts)
    )
    mine = [action for action in actions if action.question in bench.questions]
    assert len(mine) == 150
    assert all(action.title and action.stopgap and action.package for action in mine)
    assert all("no answer yet" in action.why_here for action in mine)
