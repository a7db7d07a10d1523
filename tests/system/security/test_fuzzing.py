"""Garbage in paths, queries, forms and methods, at every address of the site: no failure, and nothing of a neighbour's.

Daily one kind of request to every other address (see fuzzing.py), in the long run all kinds to every address, and many more
(test_much_garbage.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.daily import mostly_long
from tests.system.access_table import OURS
from tests.system.security import sitemap
from tests.system.security.fuzzing import ADMIN, KINDS, VALUES, Fuzz, faults_of_a_page, tried

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql_alone, pytest.mark.slow_first(15)]


@pytest.mark.long
def test_every_address_is_tried():
    assert {place.name for place in sitemap.READ} == set(OURS)
    assert {place.name for place in sitemap.FORMS_TAKEN} == sitemap.TAKES_FORMS
    assert len(sitemap.READ) > 100
    assert sum(place.role != "anonymous" for place in sitemap.READ) > 90


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("share", [2, pytest.param(1, marks=pytest.mark.long)], ids=["daily", "whole"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_garbage_is_never_a_failure(kind, share, site, browsers):
    """Daily one kind goes to every other address; the long run sends each kind to all of them."""
    places = KINDS[kind][list(KINDS).index(kind) % share :: share]
    assert tried(kind, Fuzz(site, browsers), len(places), places) == []


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("name", mostly_long([*sitemap.ACCOUNT_PAGES, *ADMIN], 5))
def test_garbage_on_pages_of_accounts_and_administration(name, site, browsers):
    """Every sixth value, beginning at another one for each page; the pages of the long run together meet them all."""
    at = [*sitemap.ACCOUNT_PAGES, *ADMIN].index(name) % 6
    assert faults_of_a_page(name, VALUES[at::6], Fuzz(site, browsers)) == []


@pytest.mark.long
@pytest.mark.parametrize("name", [*sitemap.ACCOUNT_PAGES, *ADMIN])
def test_much_garbage_on_pages_of_accounts_and_administration(name, site, browsers):
    assert faults_of_a_page(name, VALUES, Fuzz(site, browsers)) == []


def addresses_with_a_part_of_many_signs() -> Iterator[str]:
    for route in sitemap.routes():
        if re.search(r"<(str|path):", route):
            yield route


def test_few_addresses_take_any_sign():
    """The number on the public page, the clauses of the guideline and the keys of results; all others have kinds of parts."""
    assert set(addresses_with_a_part_of_many_signs()) == {
        "verify/<str:number>/",
        "guideline/<path:clause>/",
        "assessments/<ref:reference>/results/<key:kind>/<path:key>/",
    }
