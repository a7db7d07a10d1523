"""A form with faults comes back with status 200, a summary of its errors and what was typed: on every page in one way.

422 would be as good a word, but browsers note it as a failed load, and no form of Django or of our accounts says it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from tests.support.factories import proved, undone
from tests.support.kept_world import world_of_the_run
from tests.support.page_table import PAGES
from tests.support.world import World, person

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

TYPED = "What I typed stays."
EMPTY = {"csrfmiddlewaretoken": "of the page", "note": ""}  # by a note an action knows which of its forms was sent
SENT_EMPTY = [(name, who, what) for name, rows in PAGES.items() for who, what, *how in rows if how]
# (address, who, what, the fields with a fault)
WITH_FAULTS = [
    ("conformity_part", "owner", "High draft, overseers", {"person-0": "Dr Chan", "words": TYPED}),
    ("conformity_part", "owner", "High draft, tests", {"evidence": "nothing", "words": TYPED}),
    ("answer_evidence", "owner", "draft, question", {"title": "Log", "proves": TYPED}),
    ("review_parts", "independent", "submission High in review", {"part-tests-words": TYPED}),
    ("supplements", "owner", "in review", {"words": TYPED}),
    (
        "mark",
        "independent",
        "submission in review",
        {"target": "q:use-register", "mark": "change_needed", "words": TYPED},
    ),
]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    media = override_settings(MEDIA_ROOT=tmp_path_factory.getbasetemp() / "media")
    with django_db_blocker.unblock(), media, undone():
        yield world_of_the_run()


def signed_in(world: World, who: str) -> Client:
    user = person(world, who)
    return proved(Client(), user) if user else Client()


@pytest.mark.few_a_day(18)
@pytest.mark.parametrize(("name", "who", "what"), SENT_EMPTY)
def test_form_sent_empty_answers_200_with_a_summary(name, who, what, world, settings):
    settings.OPEN_FOUNDING = name == "found"
    with undone():
        answer = signed_in(world, who).post(reverse(name, args=world.places[what]), EMPTY)
    assert answer.status_code == 200
    assert answer.content.decode().count("data-error-summary") == 1


@pytest.mark.parametrize(("name", "who", "what", "fields"), WITH_FAULTS)
def test_form_with_faults_answers_200_with_a_summary_and_what_was_typed(name, who, what, fields, world):
    with undone():
        answer = signed_in(world, who).post(reverse(name, args=world.places[what]), fields)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert (text.count("data-error-summary"), TYPED in text) == (1, True)
