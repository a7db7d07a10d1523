"""The next step of an assessment: one table says it on the home page, in the lists and on the pages of system and use."""

from __future__ import annotations

import ast

import pytest
from django.test import Client
from django.urls import reverse

from assessments.models import State
from assessments.views.assessment.next_step import STEPS, next_step, step_of, why_locked
from tests.support.factories import Cast, make_assessment
from tests.support.page_text import text_of
from tests.support.paths import APP
from tests.support.rooms import tree_of

pytestmark = pytest.mark.sqlite_alone

HERE = "views/assessment/next_step.py"
OPEN = (State.DRAFT, State.RETURNED)


def test_every_state_that_people_see_has_a_step() -> None:
    assert STEPS.keys() == {*State.values, "ready_to_sign", "resubmitted"}


@pytest.mark.django_db
@pytest.mark.parametrize("state", [state for state in State if state not in OPEN])
def test_a_state_in_which_nothing_is_answered_says_why(cast: Cast, state: State) -> None:
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    assert why_locked(assessment) == ""
    assessment.state = state
    assert why_locked(assessment).endswith(".")


@pytest.mark.few_a_day(2)
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "answered", "label", "page"),
    [
        (State.DRAFT, False, "Continue with the questions", "assessment"),
        (State.DRAFT, True, "Check and sign", "check"),
        (State.RETURNED, True, "Make the requested changes", "returned"),
        (State.IN_REVIEW, True, "See the answers under review", "assessment"),
    ],
)
def test_the_pages_name_the_same_next_step(
    client: Client, cast: Cast, state: State, answered: bool, label: str, page: str
) -> None:
    assessment = make_assessment(state, "limited", cast=cast, filled=answered)
    use, url = assessment.use, reverse(page, args=[assessment.reference])
    client.force_login(cast.owner)
    system, main = client.get(use.system.get_absolute_url()), client.get(use.get_absolute_url()).context["main"]
    assert (system.context["lines"][0].next.label, system.context["lines"][0].next.url) == (label, url)
    assert (main.label, main.url) == (label, url)
    if state in OPEN:
        assert f"Next: {label}" in text_of(client.get(reverse("assessments")))
        needs = client.get(reverse("dashboard")).context["needs"]
        assert url in [need.url for need in needs]


@pytest.mark.django_db
@pytest.mark.parametrize("state", OPEN)
def test_somebody_who_may_not_answer_is_led_to_reading(cast: Cast, state: State) -> None:
    assessment = make_assessment(state, "limited", cast=cast)
    read = ("See the assessment", assessment.get_absolute_url())
    for step in (step_of(assessment, may_work=False), next_step(assessment.use, assessment, may_work=False)):
        assert (step.label, step.url) == read


@pytest.mark.long
def test_no_other_file_says_the_step_of_an_assessment() -> None:
    words = {str(text) for step in STEPS.values() for text in (step.does, step.link, step.locked) if text}
    found = {
        str(path.relative_to(APP))
        for path in APP.rglob("*.py")
        if any(isinstance(node, ast.Constant) and node.value in words for node in ast.walk(tree_of(path)))
    }
    assert found == {HERE}
