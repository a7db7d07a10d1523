"""An action that asks to find out a fact says how the fact is changed: at once, by recall, by the reviewer, by a change."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from assessments.models import Assessment, RemediationAction, State
from tests.support.factories import Cast, make_assessment
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
FACT = "minors_or_vulnerable_users"


def action_on_fact(assessment: Assessment) -> RemediationAction:
    use = assessment.use
    return RemediationAction.objects.create(
        use=use,
        organisation=assessment.organisation,
        number=900,
        question=f"open-fact:{FACT}",
        title="Find out whether minors use it",
        due="2027-01-31",
        priority="consider",
    )


def page_of(client: Client, action: RemediationAction) -> str:
    return markup_of(client.get(reverse("action", args=[action.use.reference, action.number])))


@pytest.mark.parametrize(
    ("state", "words", "page"),
    [
        (State.SUBMITTED, "Until a reviewer takes the case, an owner can recall the submission.", "recall"),
        (State.IN_REVIEW, "Send the answer to the reviewer in a message.", "case"),
        (
            State.APPROVED,
            "The report ends the approval and opens a new assessment, in which you can change the fact.",
            "what_changed",
        ),
    ],
)
def test_action_on_a_locked_fact_says_how_the_fact_can_be_changed(
    client: Client, cast: Cast, state: State, words: str, page: str
) -> None:
    gaps = {"use-register": {"choice": "not_in_place"}}
    assessment = make_assessment(state, "limited", cast=cast, answers=gaps)
    client.force_login(cast.owner)
    said = page_of(client, action_on_fact(assessment))
    assert "The facts are locked" in said
    assert words in said
    assert f'href="{reverse(page, args=[assessment.reference])}"' in said


def test_member_who_cannot_sign_is_not_led_to_the_recall(client: Client, cast: Cast) -> None:
    assessment = make_assessment(State.SUBMITTED, "limited", cast=cast)
    client.force_login(cast.contributor)
    said = page_of(client, action_on_fact(assessment))
    assert "an owner can recall the submission" in said
    assert reverse("recall", args=[assessment.reference]) not in said


def test_action_on_an_open_fact_leads_to_the_fact(client: Client, cast: Cast) -> None:
    assessment = make_assessment(State.CERTIFIED, "low", cast=cast)
    client.force_login(cast.owner)
    said = page_of(client, action_on_fact(assessment))
    group = assessment.compiled().facts[FACT].group
    assert "You can change the fact now." in said
    assert f'href="{reverse("facts", args=[assessment.use.reference, group])}#fact-{FACT}"' in said
