"""The register of actions as a table: out as CSV or XLSX, and in again with owners, dates and what was done.

An action is found by the reference of its use and its number, which never change. Cells that a spreadsheet would run
carry an apostrophe, as in the inventory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy

from assessments.exchange.inventory import Column, write
from assessments.guideline.edition import Edition
from assessments.models import RemediationAction

TOLD = "told"
COLUMNS = (
    Column("use_reference", gettext_lazy("Use reference"), TOLD),
    Column("number", gettext_lazy("Number"), TOLD),
    Column("title", gettext_lazy("What to do"), TOLD),
    Column("system", gettext_lazy("AI system"), TOLD),
    Column("use", gettext_lazy("Use"), TOLD),
    Column("priority", gettext_lazy("Priority"), TOLD),
    Column("clauses", gettext_lazy("Asked by"), TOLD),
    Column("owner", gettext_lazy("Owner"), TOLD),
    Column("owner_mail", gettext_lazy("Owner's mail address"), TOLD),
    Column("due", gettext_lazy("Due"), TOLD),
    Column("effort", gettext_lazy("Effort"), TOLD),
    Column("status", gettext_lazy("Status"), TOLD),
    Column("note", gettext_lazy("What was done"), TOLD),
    Column("closed", gettext_lazy("Closed on"), TOLD),
    Column("verified_by", gettext_lazy("Accepted by"), TOLD),
    Column("risk_until", gettext_lazy("Risk accepted until"), TOLD),
    Column("risk_by", gettext_lazy("Risk accepted by"), TOLD),
    Column("risk_reason", gettext_lazy("Why the risk can be borne"), TOLD),
)


def rows_of(actions: Iterable[RemediationAction], edition: Edition, *, late: Any) -> Iterator[dict[str, str]]:
    """One row an action, with every word in place. `late`: the word for an open one whose day is over."""
    today = timezone.localdate()
    words = edition.policy.words
    for action in actions:
        cited = [edition.requirements[id].clause for id in action.requirements if id in edition.requirements]
        accepted = action.status == "accepted"
        yield {
            "use_reference": action.use.reference,
            "number": str(action.number),
            "title": action.title,
            "system": action.use.system.name,
            "use": action.use.title,
            "priority": words.get(f"priorities.{action.priority}", action.priority),
            "clauses": "; ".join(dict.fromkeys(edition.cited(clause) for clause in cited)),
            "owner": str(action.owner) if action.owner else "",
            "owner_mail": action.owner.email if action.owner else "",
            "due": action.due.isoformat(),
            "effort": words.get(f"efforts.{action.effort}", action.effort),
            "status": str(late) if action.is_late(today) else str(action.get_status_display()),
            "note": action.note,
            "closed": timezone.localdate(action.closed_at).isoformat() if action.closed_at else "",
            "verified_by": str(action.verified_by) if action.verified_by else "",
            "risk_until": action.risk_until.isoformat() if accepted and action.risk_until else "",
            "risk_by": str(action.risk_by) if accepted and action.risk_by else "",
            "risk_reason": action.risk_reason if accepted else "",
        }


def as_file(rows: Iterable[dict[str, str]], kind: str) -> bytes:
    """Write the rows as `csv` or `xlsx`."""
    return write(rows, COLUMNS, kind, title=str(gettext_lazy("Actions")))
