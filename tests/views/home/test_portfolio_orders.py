"""Each order of the portfolio but the next date walks an index, so that a page costs the same with ten thousand uses."""

from __future__ import annotations

from assessments.domain.portfolio import MOST_COUNTED, ORDERS
from assessments.models import DeclaredUse
from assessments.views.home.portfolio import ROWS


def test_every_order_but_by_date_walks_an_index() -> None:
    indexed = {field.lstrip("-") for index in DeclaredUse._meta.indexes for field in index.fields}
    names = {order.expression.name for key, order in ORDERS.items() if key not in ("date", "use")}
    assert names == {"changed_at", "tier_rank", "newest_progress", "system_name"}
    assert names <= indexed
    assert MOST_COUNTED > ROWS
