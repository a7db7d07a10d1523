"""How many rows the database reads for the first page of a portfolio of 3,000 uses."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.domain import portfolio
from assessments.domain.portfolio import counted_rows, first_rows
from assessments.models import DeclaredUse, User
from assessments.views.home.portfolio import ROWS, Asked
from tests.support.factories import Cast
from tests.support.kept_world import count_rows
from tests.support.many_uses import make_uses

pytestmark = [pytest.mark.postgresql_alone, pytest.mark.slow_first(33)]

LIST = reverse("assessments")

HOW_MANY = 3000
PLANS = {  # what is asked, and how many uses the database may read for it
    "": ROWS + 1,
    "sort=tier": ROWS + 1,
    "sort=progress": ROWS + 1,
    "sort=system": ROWS + 1,
    "sort=use": ROWS + 1,
    "tier=low": ROWS + 1,
    "q=2999": 1,
    "q=clinics": ROWS + 1,
}


def once_for_all(cast: Cast) -> User:
    make_uses(cast, HOW_MANY)
    DeclaredUse.objects.filter(title__endswith="9").update(assigned_tier="low")
    portfolio.rebuild_columns(DeclaredUse.objects.filter(organisation=cast.organisation))
    count_rows()
    return cast.viewer


@pytest.fixture
def many_uses(made: tuple[Cast, User], db: None) -> User:
    return made[1]


def asked_for(query: str) -> Asked:
    return Asked(dict(part.split("=") for part in query.split("&") if part), partly=False, alone=True)


def uses_read(plan: dict[str, Any]) -> int:
    """Return how many rows of uses a plan of PostgreSQL has read, those that it threw away among them."""
    own = 0
    if plan.get("Relation Name") == DeclaredUse._meta.db_table:
        own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return int(own) + sum(uses_read(child) for child in plan.get("Plans", []))


@pytest.mark.parametrize("query", PLANS)
def test_first_page_reads_no_more_uses_than_it_shows(many_uses: User, query: str) -> None:
    asked = asked_for(query)
    found = asked.where_to_look(many_uses)
    keys = asked.order.keyed(asked.uses(many_uses, found))
    keys = keys.order_by(*((F("key").desc(), "-pk") if asked.order.down else (F("key").asc(), "pk")))
    rows = keys.values("pk")[: ROWS + 1]
    assert len(rows) == min(PLANS[query], ROWS + 1)
    if connection.vendor == "postgresql":
        (plan,) = json.loads(rows.explain(analyze=True, format="json"))
        assert uses_read(plan["Plan"]) <= PLANS[query], json.dumps(plan, indent=1)
    else:
        plan = rows.explain()
        assert re.search(r"\bSCAN assessments_", plan) is None, plan
        assert found is not None or "TEMP B-TREE" not in plan, plan


@pytest.mark.parametrize("query", PLANS)
def test_whole_first_page_scans_no_table(many_uses: User, query: str) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("of PostgreSQL the rows that it reads are counted")
    asked = asked_for(query)
    found = asked.where_to_look(many_uses)
    uses = asked.uses(many_uses, found)
    for rows in (first_rows(uses, asked.order, ROWS, asked.shown(many_uses)), counted_rows(uses)):
        assert re.search(r"\bSCAN assessments_", rows.explain()) is None, rows.explain()


def test_search_reads_the_words_and_then_the_uses_that_have_them(many_uses: User, client: Client) -> None:
    client.force_login(many_uses)
    with CaptureQueriesContext(connection) as queries:
        page = client.get(f"{LIST}?q=2999")
    assert [line.title for line in page.context["lines"]] == ["Use of System 2999"]
    asked = [query["sql"] for query in queries if DeclaredUse._meta.db_table in query["sql"]]
    assert len(asked) == 1  # a page that shows all of them counts them too
    use = DeclaredUse.objects.get(title="Use of System 2999")
    assert f'"id" IN ({use.pk}, 0' in asked[0]
