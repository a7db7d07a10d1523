"""What the check of all answers says before anybody signs: what is missing, who signs and reviews, what a certificate needs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from assessments.domain.certificates import least_readiness
from assessments.domain.certificates.conditions import most_conditions
from assessments.guideline.terms import Tier
from assessments.models import Assessment, State
from tests.support.factories import Cast, make_assessment, save
from tests.support.page_text import markup_of as text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
PRACTICE = "use-register"


def before_signing(client: Client, assessment: Assessment) -> str:
    """Return the block "Before you can sign" of the check; empty where there is none."""
    page = text_of(client.get(reverse("check", args=[assessment.reference])))
    return page.partition('id="before-signing"')[2].partition("</section>")[0]


@pytest.mark.parametrize(
    ("tier", "who"),
    [
        ("low", "A use in the Low tier does not need a reviewer."),
        ("limited", "One reviewer decides on a use in the Limited tier."),
        ("high", "Two reviewers decide on a use in the High tier."),
    ],
)
def test_the_check_says_what_is_missing_before_signing_and_what_comes_after(
    client: Client, cast: Cast, tier: str, who: str
) -> None:
    assessment = make_assessment(State.DRAFT, tier, cast=cast, answers={PRACTICE: None})
    client.force_login(cast.owner)
    block = before_signing(client, assessment)
    assert "Nobody can sign this assessment yet. Still missing:" in block
    assert '<a href="#empty">1 question without an answer</a>' in block
    assert who in block
    policy = assessment.compiled().policy
    for words in (
        "Only an owner of the organisation can sign.",
        f"within {policy.review_target_days} working days after signing",
        f"The due date of the condition must be within {policy.condition_days} days of the decision",
        f"at most {most_conditions()} conditions",
        least_readiness.rule_today(assessment.compiled(), Tier(tier)),
        f'href="{reverse("method")}"',
    ):
        assert words in block, words
    assert ("your signature is the decision" in block) is (tier == "low")
    save(assessment, PRACTICE, {"choice": "in_place"}, by=cast.owner)
    assert "All facts and questions have an answer." in before_signing(client, assessment)


def test_the_check_speaks_of_a_second_factor_only_where_one_is_asked_for(
    client: Client, cast: Cast, settings: Any
) -> None:
    assessment = make_assessment(cast=cast)
    client.force_login(cast.owner)
    settings.SECOND_FACTOR = True
    asked = before_signing(client, assessment)
    settings.SECOND_FACTOR = False
    assert "Before you sign, you must add a second factor: a passkey or an authenticator app." in asked
    assert f'href="{reverse("mfa_index")}"' in asked
    assert "second factor" not in before_signing(client, assessment)


def test_the_check_asks_no_owner_for_a_second_factor_who_has_one_or_is_exempt(
    client: Client, cast: Cast, settings: Any
) -> None:
    assessment = make_assessment(cast=cast)
    client.force_login(cast.owner)
    settings.SECOND_FACTOR = True
    settings.SECOND_FACTOR_EXEMPT = [cast.owner.email]
    assert "second factor" not in before_signing(client, assessment)
    settings.SECOND_FACTOR_EXEMPT = []
    assert "second factor" in before_signing(client, assessment)
    Authenticator.objects.create(user=cast.owner, type=Authenticator.Type.TOTP, data={"secret": "never-checked"})
    assert "second factor" not in before_signing(client, assessment)


def test_the_check_tells_a_contributor_that_the_owner_needs_a_second_factor(
    client: Client, cast: Cast, settings: Any
) -> None:
    settings.SECOND_FACTOR = True
    assessment = make_assessment(cast=cast)
    client.force_login(cast.contributor)
    block = before_signing(client, assessment)
    assert "The owner needs a second factor: a passkey or an authenticator app." in block
    assert "Before you sign" not in block.replace("Before you can sign", "")


@pytest.mark.long
def test_the_check_of_a_low_use_that_a_reviewer_returned_does_not_say_that_nobody_reviews(
    client: Client, cast: Cast
) -> None:
    assessment = make_assessment(State.RETURNED, "low", cast=cast)
    client.force_login(cast.owner)
    block = before_signing(client, assessment)
    assert "One reviewer decides, because this use cannot be self-certified." in block
    assert "does not need a reviewer" not in block


def test_what_is_signed_has_no_word_on_signing(client: Client, cast: Cast) -> None:
    assessment = make_assessment(State.SUBMITTED, "limited", cast=cast)
    client.force_login(cast.owner)
    assert before_signing(client, assessment) == ""


def test_the_checks_count_facts_and_answers_apart_and_say_what_a_mandatory_point_is(client: Client, cast: Cast) -> None:
    assessment = make_assessment("draft", "limited", cast=cast)
    client.force_login(cast.owner)
    page = client.get(reverse("check", args=[assessment.reference]))
    text = text_of(page)
    assert page.context["found"]
    assert "A mandatory point is a requirement for which the Guideline says “must”." in text
    for one in page.context["found"]:
        assert re.fullmatch(r"(\d+ facts?)?(, )?(\d+ answers?)?", one["n"])
        assert sum(map(int, re.findall(r"\d+", one["n"]))) == len(one["lines"])
        assert f'<span class="hk-meta">{one["n"]}</span>' in text
    assert "answers and facts" not in text
    assert "answer or fact" not in text
