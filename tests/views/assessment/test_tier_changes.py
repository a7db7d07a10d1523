"""The tier page names in the open which answer would give another tier; the other answers are folded."""

from __future__ import annotations

import html
import re

import pytest
from django.urls import reverse

from assessments.domain.answering import start
from assessments.domain.facts import declare
from assessments.domain.review import tier
from assessments.guideline.terms import Tier
from assessments.models import Assessment, State
from tests.support.factories import make_assessment, make_use
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def what_if(client, cast, tier, **facts):
    use = make_use(tier, cast.organisation, facts=facts)
    client.force_login(cast.owner)
    page = html.unescape(markup_of(client.get(reverse("use", args=[use.reference]))))
    return page[page.index("What would change the tier") : page.index('id="facts"')]


def in_the_open(part):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<details.*?</details>", "", part)))


def test_the_next_higher_and_lower_tier_are_named_in_two_lines(client, cast):
    part = what_if(client, cast, "limited")
    assert part.count("<p><strong>") == 2
    said = in_the_open(part)
    assert re.search(
        r"Higher: High, if the answer to “[^”]+” were “Yes”, or if the answer to “[^”]+” were “Yes”\.", said
    )
    assert re.search(r"Lower: Low, if the answer to “[^”]+” were “No”\.", said)


def test_all_answers_that_would_raise_the_tier_are_folded(client, cast):
    part = what_if(client, cast, "limited")
    folded = re.findall(r"<summary>(See the \d+ answers that would raise the tier)</summary>", part)
    assert len(folded) == 1


def test_where_no_single_answer_lowers_the_tier_it_says_so(client, cast):
    said = in_the_open(what_if(client, cast, "limited", education_decisions=True))
    assert "No single change would lower the tier" in said


def test_low_has_no_lower_tier(client, cast):
    assert "Lower:" not in in_the_open(what_if(client, cast, "low"))


def test_a_tier_that_a_hold_keeps_at_high_names_no_answer_that_leads_to_high(client, cast):
    """The question was answered, so the facts alone give Low; the hold keeps the use in the High tier."""
    use = make_use("low", cast.organisation, facts={"illegal_purpose": "unknown"})
    declare.declare_facts(use, {"illegal_purpose": False}, by=cast.owner)
    use.refresh_from_db()
    assert use.assigned_tier == "high"
    client.force_login(cast.owner)
    page = html.unescape(markup_of(client.get(reverse("use", args=[use.reference]))))
    part = page[page.index("What would change the tier") : page.index('id="facts"')]
    assert "High, if the answer" not in part
    assert "Lower:" not in in_the_open(part)
    assert "While the use is on hold, no change to an answer can lower the tier." in in_the_open(part)
    assert "The tier depends on what the organisation claims" not in part
    assessment: Assessment = start.start_assessment(use, by=cast.owner)
    results = html.unescape(markup_of(client.get(reverse("results", args=[assessment.reference]))))
    said = in_the_open(results[results.index('id="tier"') : results.index('id="readiness"')])
    assert "High, if the answer" not in said
    assert "No single change would lower the tier" in said


def test_a_tier_that_a_reviewer_raised_from_low_is_not_said_to_rest_on_claims(client, cast):
    assessment = make_assessment(State.IN_REVIEW, "low", cast=cast)
    submission = assessment.current_submission
    tier.raise_tier(submission, by=cast.independent, tier=Tier.LIMITED, reason="In practice it decides.")
    client.force_login(cast.owner)
    page = html.unescape(markup_of(client.get(reverse("use", args=[assessment.use.reference]))))
    said = in_the_open(page[page.index("What would change the tier") : page.index('id="facts"')])
    assert "No lower tier exists" in said
    assert "The tier that the reviewer set stays in place even if the facts change." in said
    assert "The tier depends on what the organisation claims" not in said
