"""The search of the portfolio: what it finds, how many it says it found, and what a page costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.access import finders
from assessments.domain.answering import assignments, start
from assessments.domain.register import systems
from assessments.models import AISystem, Membership, SearchWord, search_words
from assessments.views.home.portfolio import _asked, narrowed
from tests.support.daily import mostly_long
from tests.support.factories import Cast, make_organisation, make_use
from tests.support.many_uses import make_uses
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.postgresql_alone, pytest.mark.slow_first(33)]

LIST = reverse("assessments")
SUMS = reverse("portfolio_sums")


@pytest.fixture(autouse=True)
def _no_kept_queries() -> Iterator[None]:
    _asked.cache_clear()  # a limit that a test sets is part of them
    yield
    _asked.cache_clear()


def titles(client: Client, query: str) -> list[str]:
    return sorted(line.title for line in client.get(f"{LIST}?{query}").context["lines"])


# --- what is found ----------------------------------------------------------------------------------------------------


@pytest.mark.few_a_day(4)
@pytest.mark.parametrize("most_uses", mostly_long([0, 1, 400], [1]))
@pytest.mark.parametrize(
    "word",
    [
        "riage",
        "TRIAGE",
        "calls-",
        "急為",
        "按緩急為預約",
        "急",
        "acme",
        "harb triage",
        "harb letters",
        "of",
        "—",
        "%",
        "x_y",
    ],
)
def test_search_finds_the_same_wherever_it_begins_to_look(
    client: Client, cast: Cast, monkeypatch: Any, word: str, most_uses: int
) -> None:
    monkeypatch.setattr(search_words, "MOST_USES", most_uses)
    first = make_use(organisation=cast.organisation, title="Triage of calls-in", purpose="100 % of them", scope_zh="")
    make_use(organisation=cast.organisation, title="Letters", purpose="x_y")
    retired = make_use(organisation=cast.organisation, title="Triage of old")
    systems.update_system(first.system, by=cast.owner, name="Harbour", suppliers="Acme Ltd.")
    systems.retire(retired, by=cast.owner)
    make_use(organisation=make_organisation("Elsewhere Limited"), title="Triage of a stranger's calls-in")
    client.force_login(cast.viewer)
    for more in ({}, {"standing": "all"}):
        query = "&".join(f"{key}={value}" for key, value in {"q": word.replace("%", "%25"), **more}.items())
        found = narrowed(finders.portfolio_for(cast.viewer), {"q": word, **more})
        assert titles(client, query) == sorted(use.title for use in found), query


def test_reference_is_found_as_a_whole_and_alone(client: Client, cast: Cast) -> None:
    use = make_use(organisation=cast.organisation, title="Letters")
    make_use(organisation=cast.organisation, title="verification")
    stranger = make_use(organisation=make_organisation("Elsewhere Limited"))
    client.force_login(cast.viewer)
    assert titles(client, f"q={use.reference}") == ["Letters"]
    assert titles(client, f"q={use.reference}+etters") == ["Letters"]
    assert titles(client, f"q={use.reference[:-1]}") == []
    assert titles(client, f"q={stranger.reference}") == []
    assert titles(client, "q=verification") == ["verification"]  # it is written like a reference


@pytest.mark.long
def test_search_of_somebody_who_sees_a_part_finds_that_part(client: Client, cast: Cast) -> None:
    assigned = start.start_assessment(make_use("low", cast.organisation, title="Triage one"), by=cast.owner)
    make_use("low", cast.organisation, title="Triage two")
    assignments.assign_section(assigned, "people", Membership.objects.get(user=cast.assigned), by=cast.owner)
    client.force_login(cast.assigned)
    assert titles(client, "q=triage") == ["Triage one"]
    for who in (cast.outsider, cast.reviewer, cast.independent):
        client.force_login(who)
        assert titles(client, "q=triage") == []


@pytest.mark.long
def test_search_of_a_member_of_two_organisations_finds_in_both(client: Client, cast: Cast) -> None:
    second = make_organisation("Second Limited", cast.owner)
    make_use("low", cast.organisation, title="Triage here")
    make_use("low", second, title="Triage there")
    client.force_login(cast.owner)
    assert titles(client, "q=triage") == ["Triage here", "Triage there"]
    assert titles(client, f"q=triage&organisation={second.reference}") == ["Triage there"]


# --- how many ---------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_rare_word_is_counted_and_a_frequent_one_in_the_second_request(
    client: Client, cast: Cast, monkeypatch: Any
) -> None:
    monkeypatch.setattr(search_words, "MOST_USES", 70)
    make_uses(cast, 75)
    client.force_login(cast.owner)
    assert "1 use matches your filters" in markup_of(client.get(f"{LIST}?q=0042"))
    page = client.get(f"{LIST}?q=clinics")
    assert "More than 50 uses match your filters" in markup_of(page)
    second = client.get(LIST + page.context["after"])
    assert len(second.context["lines"]) == 25
    assert "More than 50 uses match your filters" in markup_of(second)
    beside = markup_of(client.get(page.context["sums_url"], headers={"HX-Request": "true"}))
    assert '<span id="uses-counted" hx-swap-oob="innerHTML">75 uses match your filters' in beside
    assert '<h1><span id="uses-counted">' in markup_of(page)
    monkeypatch.setattr(search_words, "MOST_USES", 400)
    SearchWord.objects.rebuild(cast.organisation.pk)
    assert "75 uses match your filters" in markup_of(client.get(f"{LIST}?q=clinics"))


def test_frequent_word_with_a_filter_that_leaves_few_is_counted_exactly(
    client: Client, cast: Cast, monkeypatch: Any
) -> None:
    monkeypatch.setattr(search_words, "MOST_USES", 5)
    uses = make_uses(cast, 10)
    systems.retire(uses[0], by=cast.owner)
    client.force_login(cast.owner)
    page = client.get(f"{LIST}?q=clinics&standing=retired")
    assert "1 use matches your filters" in page.content.decode()
    beside = client.get(page.context["sums_url"], headers={"HX-Request": "true"}).content.decode()
    assert "uses-counted" not in beside


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize(
    ("query", "more"),
    [
        ("q=0003", 0),
        ("q=clinics", 0),
        ("q=clinics+use", 1),  # the second word is looked up where the first is frequent
        ("q=aaaabbbbcccc+clinics", 0),
        ("sort=tier", 0),
        ("tier=none", 0),
    ],
)
def test_page_costs_as_few_queries_for_ten_uses_as_for_five_hundred(
    client: Client, cast: Cast, query: str, more: int
) -> None:
    make_uses(cast, 10)
    client.force_login(cast.owner)
    counts = []
    for _size in ("few", "many"):
        client.get(f"{LIST}?{query}")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{LIST}?{query}")
        counts.append(len(queries))
        AISystem.objects.filter(name__startswith="System").update(name="Older")
        make_uses(cast, 500)
    assert max(counts) <= 10
    assert counts[1] == counts[0] + more
