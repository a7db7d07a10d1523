"""What the page goals are measured with.

An edition of 150 practices, all put to a provider whatever the facts, and the real one with the facts that bring the most.
"""

from __future__ import annotations

import pytest

from assessments.guideline.reading import default_directory, read_edition
from assessments.guideline.terms import TIERS, UNKNOWN, Tier
from assessments.models import Assessment, Submission
from assessments.scoring.findings import find
from assessments.scoring.order import draw_up
from assessments.scoring.tiers import assign_tier
from tests.bench.edition import QUESTIONS, SECTIONS, bench_source
from tests.bench.real import most_asked
from tests.bench.seeding import seed
from tests.support.editions import PROVIDER, declare


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
    assert all("nobody has said yet" in action.why_here.lower() for action in mine)


@pytest.mark.long
def test_of_the_real_edition_the_use_is_taken_that_is_asked_most():
    edition = read_edition(default_directory()).edition
    _facts, declared = most_asked(edition)
    mildest = declare(
        *declared.parts, tier=Tier.LOW, **{key: False for key, fact in edition.facts.items() if fact.yes_no}
    )
    assert len(declared.questions(edition)) > 120 > 2 * len(mildest.questions(edition))
    assert declared.tier in (Tier.LIMITED, Tier.HIGH)


@pytest.mark.long  # nothing but the bench makes these rows
@pytest.mark.django_db
@pytest.mark.parametrize(("which", "at_least"), [("bench", 150), ("real", 120)])
def test_the_rows_are_made_with_every_question_answered_and_one_case_in_review(which, at_least):
    made = seed(5, which)
    assert len(made["assessments"]) == Assessment.objects.count() == 5
    assert len(made["questions"]) >= at_least
    for one in Assessment.objects.all():
        assert one.answers.count() == len(made["questions"])
        assert one.use.system.parts == Assessment.objects.order_by("pk")[0].use.system.parts
    case = Submission.objects.get(reference=made["review"])
    assert len(case.content()["questions"]) == len(made["questions"])
