"""The headings of the actions of a use are told apart by keys, so they stay apart in every language."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from assessments.models import Assessment, RemediationAction
from tests.support.acting import CONDITION, CONSIDER, SHOULD, action_on, make_conditioned
from tests.support.daily import mostly_long
from tests.support.factories import Cast, anew, in_days
from tests.support.one_text import one_text

pytestmark = pytest.mark.sqlite_alone


def once_for_all(cast: Cast) -> Assessment:
    return make_conditioned(cast)


@pytest.fixture
def assessment(made: tuple[Cast, Assessment], db: None) -> Assessment:
    found = anew(made[1])
    actions = RemediationAction.objects.filter(use=found.use)
    actions.update(due=in_days(60), full_due=None)
    for question, days, placed in ((CONDITION, -1, "stop"), (SHOULD, 7, "needed"), (CONSIDER, 20, "")):
        actions.filter(pk=action_on(found, question).pk).update(due=in_days(days), placed=placed)
    return found


def shown_groups(client: Client, assessment: Assessment, by: str) -> list[list[int]]:
    """The actions under each heading, by number."""
    page = client.get(reverse("remediation_plan", args=[assessment.use.reference]), {"by": by})
    return [[line.row.action.number for line in group.lines] for group in page.context["groups"]]


@pytest.mark.parametrize(("by", "least"), mostly_long([("date", 4), ("priority", 4), ("dimension", 2)], [("date", 4)]))
def test_actions_in_a_language_without_differences_keep_their_headings(
    client: Client, cast: Cast, assessment: Assessment, tmp_path: Path, by: str, least: int
) -> None:
    client.force_login(cast.owner)
    english = shown_groups(client, assessment, by)
    assert len(english) >= least
    with one_text(tmp_path):
        assert shown_groups(client, assessment, by) == english
