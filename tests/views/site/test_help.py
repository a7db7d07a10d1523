"""The page behind “Help”: the steps of an assessment, the roles, the words of the pages, and how to reach somebody."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from assessments.forms.organisations import ROLE_SENTENCES
from assessments.guideline.terms import TIERS
from assessments.models import MarkKind, Role
from tests.support.page_text import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def test_help_is_open_to_everybody_and_every_page_leads_to_it() -> None:
    client = Client()
    address = reverse("help")
    assert client.get(address).status_code == 200
    for name in ("start", "method", "verify_form"):
        assert client.get(reverse(name)).content.decode().count(f'href="{address}"') == 2  # the header and its menu


def test_help_says_what_each_role_can_do() -> None:
    words = text_of(Client().get(reverse("help")))
    for role in Role:
        assert f"{role.label} {ROLE_SENTENCES[role]}" in words


def test_help_uses_the_words_of_tiers_and_marks() -> None:
    words = text_of(Client().get(reverse("help"))).lower()
    for tier in TIERS:
        assert tier.value in words
    for mark in MarkKind:
        assert mark.label.lower() in words


@override_settings(HELP_CONTACT="help@body.example")
def test_help_names_the_address_to_write_to_and_the_page_of_all_ways() -> None:
    page = Client().get(reverse("help")).content.decode()
    assert 'href="mailto:help@body.example"' in page
    assert f'href="{reverse("notice", args=["contact"])}"' in page.partition("<main")[2].partition("</main>")[0]
