"""Each obstacle to a signature leads to the page on which it is cleared, in every language."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assessments.core.obstacles import Obstacle
from assessments.domain.submission import self_certify, submit
from assessments.domain.submission.obstacles import Code
from assessments.models import Assessment, DeclaredUse
from assessments.views.assessment.sign import obstacle_links
from tests.support.factories import Cast, anew, make_assessment
from tests.support.one_text import TEXT, one_text
from tests.support.page_text import markup_of

pytestmark = pytest.mark.sqlite_alone

PRACTICE = "accountable-owner"


def codes(found: list[Obstacle]) -> list[Any]:
    return [one.code for one in found]


def shown(client: Client, name: str, assessment: Assessment) -> list[tuple[str, str]]:
    return list(client.get(reverse(name, args=[assessment.reference])).context["obstacles"])


@pytest.mark.long
def test_sign_page_links_what_is_open_to_the_check_in_every_language(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    assessment = make_assessment(tier="limited", cast=cast, answers={PRACTICE: None})
    assert codes(submit.obstacles_to_submit(assessment)) == [Code.QUESTIONS]
    client.force_login(cast.owner)
    check = reverse("check", args=[assessment.reference])
    assert shown(client, "sign", assessment) == [("One question has no answer yet.", check)]
    page = markup_of(client.get(reverse("sign", args=[assessment.reference])))
    assert f'<li><a href="{check}">One question has no answer yet.</a></li>' in page
    with one_text(tmp_path):
        assert shown(client, "sign", assessment) == [(TEXT, check)]


def test_retired_use_on_hold_says_so_by_code_and_links_to_the_use(client: Client, cast: Cast) -> None:
    assessment = make_assessment(cast=cast)
    assert codes(self_certify.obstacles_to_self_certify(assessment)) == []
    DeclaredUse.objects.filter(pk=assessment.use_id).update(retired_at=assessment.created_at, open_holds=1)
    assessment = anew(assessment)
    assert codes(self_certify.obstacles_to_self_certify(assessment)) == [Code.RETIRED, Code.HELD]
    client.force_login(cast.owner)
    use = reverse("use", args=[assessment.use.reference])
    assert [url for _words, url in shown(client, "self_certify", assessment)] == [use, use]


@pytest.mark.parametrize("code", Code)
def test_page_of_each_obstacle_is_one_that_the_owner_opens(code: Code, client: Client, cast: Cast) -> None:
    assessment = make_assessment(cast=cast)
    case: Any = SimpleNamespace(assessment=assessment)
    [(words, url)] = obstacle_links(case, [Obstacle(code, "One is left.")])
    assert words == "One is left."
    client.force_login(cast.owner)
    assert client.get(url).status_code in (200, 302)
