"""The portfolio: every use once, with where it stands; narrowed, ordered, cut into pages, summed up, kept under a name."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.domain import portfolio
from assessments.domain.answering import assignments, start
from assessments.domain.portfolio import ORDERS, page_of, with_dates, with_newest
from assessments.domain.register import systems
from assessments.domain.submission import submit
from assessments.models import (
    Assessment,
    Condition,
    DeclaredUse,
    Membership,
    RemediationAction,
    Route,
    SavedFilter,
)
from assessments.views.home import portfolio as portfolio_view
from assessments.views.home.portfolio import _asked
from tests.support.daily import mostly_long
from tests.support.factories import Cast, in_days, make_assessment, make_organisation, make_system, make_use, save
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.postgresql_alone, pytest.mark.slow_first(33)]

LIST = reverse("assessments")
SUMS = reverse("portfolio_sums")


def titles(client: Client, query: str = "") -> list[str]:
    return [line.title for line in client.get(f"{LIST}?{query}").context["lines"]]


def make_uses(cast: Cast, how_many: int, **fields: Any) -> list[DeclaredUse]:
    """Uses straight into the rows, named *use 000* and on."""
    system = make_system(cast.organisation)
    return DeclaredUse.objects.bulk_create(
        DeclaredUse(system=system, organisation=cast.organisation, title=f"use {n:03}", scope_en="s", **fields)
        for n in range(how_many)
    )


# --- what stands in the list ----------------------------------------------------------------------------------------


@pytest.mark.long
def test_every_use_stands_there_once_with_its_newest_assessment(client: Client, cast: Cast) -> None:
    withdrawn = make_assessment("withdrawn", "limited", cast=cast)
    newer = start.start_assessment(withdrawn.use, by=cast.owner)
    blank = make_use(organisation=cast.organisation, declared=False, title="No facts yet")
    make_use(organisation=make_organisation("Elsewhere Limited"), title="A stranger's")
    client.force_login(cast.viewer)
    lines = {line.title: line for line in client.get(LIST).context["lines"]}
    assert set(lines) == {withdrawn.use.title, "No facts yet"}
    assert lines[withdrawn.use.title].url == newer.get_absolute_url()
    assert (lines["No facts yet"].state, lines["No facts yet"].url) == ("not_started", blank.get_absolute_url())


@pytest.mark.long
def test_a_later_round_is_called_resubmitted(client: Client, cast: Cast) -> None:
    assessment = make_assessment("returned", "limited", cast=cast)
    save(assessment, "use-register", {"choice": "in_place", "text": "All clinics keep one."}, by=cast.owner)
    first = make_assessment("submitted", "limited", cast=cast)
    Membership.objects.filter(user=cast.independent).update(left_at=timezone.now())  # so nobody keeps a seat
    submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    client.force_login(cast.owner)
    states = {line.assessment: line.state for line in client.get(LIST).context["lines"]}
    assert states == {assessment.reference: "resubmitted", first.reference: "submitted"}
    assert [Assessment.objects.get(pk=one.pk).shown_state for one in (assessment, first)] == list(states.values())


@pytest.mark.long
def test_an_older_assessment_is_found_on_the_page_of_its_use(client: Client, cast: Cast) -> None:
    withdrawn = make_assessment("withdrawn", "limited", cast=cast)
    start.start_assessment(withdrawn.use, by=cast.owner)
    client.force_login(cast.viewer)
    assert withdrawn.get_absolute_url() in client.get(withdrawn.use.get_absolute_url()).content.decode()


@pytest.mark.long
def test_who_sees_only_what_is_assigned_sees_that_and_no_dates_or_means(client: Client, cast: Cast) -> None:
    first = make_assessment("withdrawn", "limited", cast=cast)
    newer = start.start_assessment(first.use, by=cast.owner)
    make_use("low", cast.organisation, title="Not theirs")
    RemediationAction.objects.filter(use=first.use).delete()
    RemediationAction.objects.create(
        use=first.use, organisation=cast.organisation, number=1, question="x", title="t", due=in_days(3), effort="S"
    )
    assignments.assign_section(first, "people", Membership.objects.get(user=cast.assigned), by=cast.owner)
    client.force_login(cast.assigned)
    page = client.get(LIST)
    (line,) = page.context["lines"]
    assert (line.url, line.when) == (first.get_absolute_url(), None)
    assert newer.reference not in page.content.decode()
    assert client.get(SUMS).context["readiness"] == []


@pytest.mark.parametrize("who", ["outsider", "reviewer", "independent", "staff"])
def test_nobody_else_sees_a_use_or_a_sum_of_it(client: Client, cast: Cast, who: str) -> None:
    make_assessment(cast=cast)
    client.force_login(getattr(cast, who))
    page = client.get(LIST)
    assert page.context["lines"] == []
    assert page.context["count"] == 0
    assert "Booking and urgency sorting" not in page.content.decode()
    sums = client.get(SUMS).context
    assert (sums["count"], sums["no_tier"], {n for _tier, n, _url in sums["tiers"]}) == (0, 0, {0})
    assert {(mean, n) for _name, mean, n in sums["readiness"]} <= {(None, 0)}


def test_an_empty_list_says_what_will_stand_there(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    assert "No assessments yet" in client.get(LIST).content.decode()
    make_use("low", cast.organisation)
    assert "No matching uses" in client.get(f"{LIST}?tier=high").content.decode()


@pytest.mark.long
def test_the_next_date_is_the_first_of_action_certificate_and_condition(client: Client, cast: Cast) -> None:
    assessment = make_assessment("certified", "limited", cast=cast, answers={"use-register": {"choice": "in_place"}})
    use = assessment.use
    certificate = use.certificates.get()
    client.force_login(cast.owner)

    def shown() -> tuple[Any, str]:
        (line,) = client.get(LIST).context["lines"]
        return line.when, line.what

    RemediationAction.objects.filter(use=use).update(due=certificate.expires_on + timedelta(days=1))
    assert shown() == (certificate.expires_on, "certificate expires")
    decision = certificate.submission.decisions.get()
    Condition.objects.create(decision=decision, question="use-register", words="w", due_on=in_days(20))
    assert shown() == (in_days(20), "condition due")
    action = RemediationAction(use=use, organisation=cast.organisation, question="laws-list", title="t", effort="S")
    action.number, action.due = 99, in_days(-2)
    action.save()
    assert shown() == (in_days(-2), "action due")
    assert "late" in client.get(LIST).content.decode()
    RemediationAction.objects.filter(use=use).update(status="closed")
    Condition.objects.update(met_at=timezone.now())
    assert shown() == (certificate.expires_on, "certificate expires")


# --- narrowing --------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_list_is_narrowed_by_tier_state_part_and_words(client: Client, cast: Cast) -> None:
    make_use("high", cast.organisation, parts=("developer",), title="Triage", purpose="Sorts patients")
    make_use(organisation=cast.organisation, declared=False, title="Blank")
    start.start_assessment(make_use("low", cast.organisation, title="Letters", scope_zh="書信草擬"), by=cast.owner)
    client.force_login(cast.viewer)
    for query, found in {
        "tier=high": ["Triage"],
        "tier=none": ["Blank"],
        "state=draft": ["Letters"],
        "state=none": ["Blank", "Triage"],
        "part=developer": ["Triage"],
        "q=PATIENTS+sorts": ["Triage"],
        "q=書信": ["Letters"],
        "q=nowhere": [],
        "tier=high&state=draft": [],
        "tier=nonsense&sort=nonsense": ["Blank", "Letters", "Triage"],
    }.items():
        assert sorted(titles(client, query)) == found, query


@pytest.mark.long
def test_a_member_of_two_organisations_may_look_at_one(client: Client, cast: Cast) -> None:
    second = make_organisation("Second Limited", cast.owner)
    make_use("low", cast.organisation, title="Here")
    make_use("low", second, title="There")
    client.force_login(cast.owner)
    assert sorted(titles(client)) == ["Here", "There"]
    assert titles(client, f"organisation={second.reference}") == ["There"]
    client.force_login(cast.viewer)
    assert "organisation" not in client.get(LIST).context["form"].fields


# --- order and pages --------------------------------------------------------------------------------------------------


def make_varied(cast: Cast, how_many: int) -> None:
    """Uses whose sort keys repeat, so that pages have to be cut within equal ones."""
    uses = make_uses(cast, how_many)
    first = start.start_assessment(make_use("low", cast.organisation), by=cast.owner)
    for n, use in enumerate(uses):
        use.assigned_tier = ["", "low", "high"][n % 3]
        use.title = f"use {n % 7}"
    DeclaredUse.objects.bulk_update(uses, ["assigned_tier", "title"])
    Assessment.objects.bulk_create(
        Assessment(use=use, organisation=cast.organisation, edition=first.edition, answered=n % 4, applicable=n % 2 * 4)
        for n, use in enumerate(uses)
        if n % 5
    )
    portfolio.rebuild_columns(DeclaredUse.objects.filter(organisation=cast.organisation))
    RemediationAction.objects.bulk_create(
        RemediationAction(
            use=use, organisation=cast.organisation, number=1, question="x", title="t", due=in_days(n % 3), effort="S"
        )
        for n, use in enumerate(uses)
        if n % 2
    )


def shown(uses: Any) -> Any:
    return with_dates(with_newest(uses.for_list()))


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("sort", mostly_long(sorted(ORDERS), 2))
def test_leafing_forth_and_back_shows_every_use_once_in_order(cast: Cast, sort: str) -> None:
    make_varied(cast, 40)
    uses = DeclaredUse.objects.filter(organisation=cast.organisation)
    order = ORDERS[sort]
    whole = [use.pk for use in page_of(uses, order, 1000).rows]
    forth, after, pages = [], "", []
    while True:
        page = page_of(uses, order, 7, after=after, shown=shown)
        pages.append([use.pk for use in page.rows])
        forth += pages[-1]
        if not page.after:
            break
        after = page.after
    assert forth == whole
    assert len(set(forth)) == 41
    back = [page.before]
    for earlier in reversed(pages[:-1]):
        page = page_of(uses, order, 7, before=back[-1], shown=shown)
        assert [use.pk for use in page.rows] == earlier
        back.append(page.before)
    assert back[-1] == ""


def test_dates_are_looked_up_for_the_uses_of_a_page_alone(cast: Cast) -> None:
    make_varied(cast, 40)
    with CaptureQueriesContext(connection) as queries:
        page = page_of(DeclaredUse.objects.filter(organisation=cast.organisation), ORDERS["use"], 7, shown=shown)
    assert len(page.rows) == 7
    (query,) = (query["sql"] for query in queries.captured_queries)
    keys = query[query.index(" IN (SELECT ") :]
    assert "LIMIT 8" in keys
    assert "certificate" not in keys
    assert "certificate" in query


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize(
    "after", mostly_long(["nonsense", "~", "2026-99-99~1", "1~x", "9" * 40 + "~1", "1~" + "9" * 40, "x" * 3000], 2)
)
def test_a_damaged_cursor_shows_the_first_page(client: Client, cast: Cast, after: str) -> None:
    make_use("low", cast.organisation, title="Here")
    client.force_login(cast.owner)
    for sort in ORDERS:
        assert titles(client, f"sort={sort}&after={after}") == ["Here"]


def test_a_page_has_fifty_uses_and_leads_to_the_next_with_what_was_chosen(client: Client, cast: Cast) -> None:
    make_uses(cast, 60, assigned_tier="low")
    client.force_login(cast.owner)
    page = client.get(f"{LIST}?tier=low&sort=use")
    assert [line.title for line in page.context["lines"]] == [f"use {n:03}" for n in range(50)]
    following = client.get(LIST + page.context["after"])
    assert [line.title for line in following.context["lines"]] == [f"use {n:03}" for n in range(50, 60)]
    assert following.context["form"].chosen() == {"tier": "low", "sort": "use"}
    first = client.get(LIST + following.context["before"])
    assert first.context["lines"][0].title == "use 000"


def test_no_page_skips_rows_by_counting_them(client: Client, cast: Cast) -> None:
    make_uses(cast, 60)
    client.force_login(cast.owner)
    page = client.get(f"{LIST}?sort=use")
    with CaptureQueriesContext(connection) as queries:
        client.get(LIST + page.context["after"])
    assert [query["sql"] for query in queries.captured_queries if "OFFSET" in query["sql"]] == []


@pytest.mark.long
def test_the_page_costs_the_same_for_one_use_and_for_two_hundred(client: Client, cast: Cast) -> None:
    make_assessment("certified", "low", cast=cast)
    client.force_login(cast.owner)
    counts = []
    for _size in ("one", "many"):
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
        make_varied(cast, 200)
    assert counts[0] == counts[1] <= 10


def test_heading_counts_up_to_a_limit_and_the_sums_count_all(client: Client, cast: Cast, monkeypatch: Any) -> None:
    make_uses(cast, 5)
    client.force_login(cast.owner)
    _asked.cache_clear()  # the limit is part of the query
    monkeypatch.setattr(portfolio, "MOST_COUNTED", 4)
    monkeypatch.setattr(portfolio_view, "MOST_COUNTED", 4)
    assert "More than 4 declared uses" in client.get(LIST).content.decode()
    assert "More than 4 uses match your filters" in client.get(f"{LIST}?tier=none").content.decode()
    assert client.get(SUMS).context["count"] == 5
    DeclaredUse.objects.filter(title="use 000").delete()
    page = client.get(LIST).content.decode()
    assert "4 declared uses" in page
    assert "More than" not in page
    _asked.cache_clear()


def test_list_asks_for_the_sums_of_what_is_chosen_and_leads_to_them_without_script(client: Client, cast: Cast) -> None:
    make_uses(cast, 2, assigned_tier="low")
    client.force_login(cast.owner)
    page = markup_of(client.get(f"{LIST}?tier=low&sort=use"))
    address = f"{SUMS}?tier=low&amp;sort=use"
    assert f'hx-get="{address}" hx-trigger="load"' in page
    assert f'<a href="{address}">' in page
    assert '<p class="visually-hidden" id="sums-said" role="status"></p>' in page
    whole = markup_of(client.get(f"{SUMS}?tier=low&sort=use"))
    assert "Tiers and readiness of 2 uses" in whole
    beside = markup_of(client.get(f"{SUMS}?tier=low&sort=use", headers={"HX-Request": "true"}))
    assert "Tiers and readiness are now on this page. Choose a tier to list only the uses in that tier." in beside
    assert f'href="{LIST}?tier=low&amp;sort=use"' in whole
    beside = markup_of(client.get(f"{SUMS}?tier=low", headers={"HX-Request": "true"}))
    assert "<html" not in beside
    assert 'id="sums-said" hx-swap-oob="innerHTML"' in beside
    assert f'<a href="{LIST}?tier=low">2 uses' in beside


@pytest.mark.long
def test_sums_cost_the_same_for_one_use_and_for_two_hundred(client: Client, cast: Cast) -> None:
    make_assessment("certified", "low", cast=cast)
    client.force_login(cast.owner)
    counts = []
    for _size in ("one", "many"):
        client.get(SUMS)
        with CaptureQueriesContext(connection) as queries:
            client.get(SUMS)
        counts.append(len(queries))
        make_varied(cast, 200)
    assert counts[0] == counts[1] <= 8


# --- sums -------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_tiers_are_counted_and_readiness_is_the_mean_of_the_newest_assessments(client: Client, cast: Cast) -> None:
    old = make_assessment("withdrawn", "limited", cast=cast)
    newest = start.start_assessment(old.use, by=cast.owner)
    other = make_assessment(cast=cast)
    make_use(organisation=cast.organisation, declared=False)
    Assessment.objects.filter(pk=old.pk).update(readiness_privacy=0)
    Assessment.objects.filter(pk=newest.pk).update(readiness_privacy=500, readiness_security=None)
    Assessment.objects.filter(pk=other.pk).update(readiness_privacy=805, readiness_security=300)
    client.force_login(cast.owner)
    page = client.get(SUMS).context
    assert {tier: n for tier, n, _url in page["tiers"]} == {"unacceptable": 0, "high": 0, "limited": 1, "low": 1}
    assert page["no_tier"] == 1
    means = {name: (mean, n) for name, mean, n in page["readiness"]}
    terms = other.compiled().terms
    assert Decimal(means[terms["dimensions.privacy"]][0]) == Decimal("65.2")
    assert means[terms["dimensions.privacy"]][1] == 2
    assert means[terms["dimensions.security"]] == ("30.0", 1)
    narrowed = client.get(f"{SUMS}?tier=low").context
    assert {name: mean for name, mean, _n in narrowed["readiness"]}[terms["dimensions.privacy"]] == "80.5"


def test_a_dimension_that_nobody_assessed_is_not_shown_as_nought(client: Client, cast: Cast) -> None:
    make_use("low", cast.organisation)
    client.force_login(cast.owner)
    assert {mean for _name, mean, _n in client.get(SUMS).context["readiness"]} == {None}
    assert "not assessed" in client.get(SUMS).content.decode()


# --- kept filters -----------------------------------------------------------------------------------------------------


def test_a_filter_is_kept_under_a_name_and_forgotten(client: Client, cast: Cast) -> None:
    make_use("low", cast.organisation)
    client.force_login(cast.owner)
    done = client.post(reverse("filters"), {"name": "Our Low ones", "query": "tier=low&page=9&sort=changed"})
    assert done.url == f"{LIST}?tier=low"
    page = markup_of(client.get(done.url))
    assert '<a href="?tier=low" aria-current="true">Our Low ones</a>' in page
    one = SavedFilter.objects.get()
    client.post(reverse("filters"), {"forget": one.pk})
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    ("name", "query", "words"),
    [
        ("", "tier=low", "Enter a name for the filter."),
        ("Twice", "tier=low", "You already have a filter with this name."),
        ("New", "", "Choose at least one filter first."),
        ("New", "q=" + "%E6%9B%B8" * 100, "too long"),
    ],
)
def test_a_filter_that_cannot_be_kept_says_why_and_keeps_what_was_typed(client, cast, name, query, words):
    SavedFilter.objects.create(user=cast.owner, name="Twice", query="tier=high")
    client.force_login(cast.owner)
    page = client.post(reverse("filters"), {"name": name, "query": query})
    assert words in page.content.decode()
    assert page.context["form"]["name"].value() == name
    assert SavedFilter.objects.count() == 1


def test_nobody_forgets_anothers_filter(client: Client, cast: Cast) -> None:
    one = SavedFilter.objects.create(user=cast.owner, name="Mine", query="tier=high")
    client.force_login(cast.contributor)
    assert client.post(reverse("filters"), {"forget": one.pk}).status_code == 404
    assert "Mine" not in client.get(LIST).content.decode()
    assert SavedFilter.objects.exists()


def test_the_register_of_systems_counts_only_uses_that_are_in_use(client: Client, cast: Cast) -> None:
    use = make_use("high", cast.organisation)
    systems.retire(use, by=cast.owner)
    client.force_login(cast.owner)
    (row,) = client.get(reverse("systems")).context["rows"]
    assert (row["tier"], row["uses"]) == ("", 0)
