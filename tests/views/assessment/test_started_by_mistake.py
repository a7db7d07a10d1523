"""What the page of a draft says to a member who began it by mistake: it cannot be deleted, but its use can be retired."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from assessments.models import Assessment, State, User
from tests.support.factories import Cast, make_assessment
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
KEPT = "A draft cannot be deleted, because saved answers stay in the record. A draft that nobody signs has no effect."


def page_of(client: Client, user: User, assessment: Assessment) -> str:
    client.force_login(user)
    return markup_of(client.get(assessment.get_absolute_url()))


def test_page_of_a_draft_says_what_to_do_when_it_was_started_by_mistake(client: Client, cast: Cast) -> None:
    draft = make_assessment(State.DRAFT, "limited", cast=cast)
    retire = reverse("use_retire", args=[draft.use.reference])
    page = page_of(client, cast.owner, draft)
    assert KEPT in page
    assert "If the use itself is not needed, you can retire it. It then disappears from the lists." in page
    assert f'href="{retire}"' in page
    page = page_of(client, cast.contributor, draft)
    assert KEPT in page
    assert "If the use itself is not needed, an owner can retire it. It then disappears from the lists." in page
    assert retire not in page


def test_only_a_draft_is_said_to_be_started_by_mistake(client: Client, cast: Cast) -> None:
    draft = make_assessment(State.DRAFT, "limited", cast=cast)
    assert KEPT not in page_of(client, cast.viewer, draft)
    assert KEPT not in page_of(client, cast.owner, make_assessment(State.SUBMITTED, "limited", cast=cast))
