"""The tier page names in the open which answer would give another tier; the other answers are folded."""

from __future__ import annotations

import html
import re

import pytest
from django.urls import reverse

from tests.support.factories import make_use
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
