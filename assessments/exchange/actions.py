"""The register of actions as a table: out as CSV or XLSX, and in again with owners, dates and what was done.

An action is found by the reference of its use and its number, which never change. Cells that a spreadsheet would run
carry an apostrophe, as in the inventory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.core import query_values
from assessments.core.spreadsheets import MAX_ROWS
from assessments.exchange.inventory import Column, write
from assessments.exchange.tables import Unreadable, lines_of
from assessments.guideline.edition import Edition
from assessments.models import ActionStatus, RemediationAction

TOLD = "told"
COLUMNS = (
    Column("use_reference", gettext_lazy("Reference of the use"), TOLD),
    Column("number", gettext_lazy("Number"), TOLD),
    Column("package", gettext_lazy("Package"), TOLD),
    Column("rank", gettext_lazy("Position in the plan"), TOLD),
    Column("title", gettext_lazy("What to do"), TOLD),
    Column("system", gettext_lazy("AI system"), TOLD),
    Column("use", gettext_lazy("Use"), TOLD),
    Column("priority", gettext_lazy("Priority"), TOLD),
    Column("clauses", gettext_lazy("Guideline clauses"), TOLD),
    Column("why_here", gettext_lazy("Why this action applies"), TOLD),
    Column("gap", gettext_lazy("Gap"), TOLD),
    Column("steps", gettext_lazy("Steps"), TOLD),
    Column("closes", gettext_lazy("What closes the gap"), TOLD),
    Column("suggested_owner", gettext_lazy("Suggested owner"), TOLD),
    Column("owner", gettext_lazy("Owner"), TOLD),
    Column("owner_mail", gettext_lazy("Owner's email address"), TOLD),
    Column("first_due", gettext_lazy("First step by"), TOLD),
    Column("due", gettext_lazy("All done by"), TOLD),
    Column("effort", gettext_lazy("Effort"), TOLD),
    Column("status", gettext_lazy("Status"), TOLD),
    Column("note", gettext_lazy("What was done"), TOLD),
    Column("closed", gettext_lazy("Closed on"), TOLD),
    Column("verified_by", gettext_lazy("Accepted by"), TOLD),
    Column("risk_until", gettext_lazy("Risk accepted until"), TOLD),
    Column("risk_by", gettext_lazy("Risk accepted by"), TOLD),
    Column("risk_reason", gettext_lazy("Why the risk is acceptable"), TOLD),
    Column("irrelevant_reason", gettext_lazy("Why the action is not relevant"), TOLD),
)
OLDER = {
    "use reference": "use_reference",
    "due": "due",
    "first step due": "first_due",
    "all done due": "due",
    "owner's mail address": "owner_mail",
}
"""Headings of older exports, in small letters, and the column that they name."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What falls short at the question of an action, what to do about it, and what closes it."""

    gap: str = ""
    steps: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()


NO_GAP = Gap()


def rows_of(
    actions: Iterable[RemediationAction],
    edition: Edition,
    *,
    late: Any,
    gaps: Mapping[tuple[int, str], Gap],
) -> Iterator[dict[str, str]]:
    """Yield one row an action, with every word in place.

    `late`: the word for an open one whose day is over; `gaps`: by use and question, as last submitted.
    """
    today = timezone.localdate()
    words = edition.policy.words
    titles = {package.key: package.title for package in edition.packages}
    for action in actions:
        gap = gaps.get((action.use_id, action.question), NO_GAP)
        steps = action.own_steps or list(dict.fromkeys([*filter(None, [action.stopgap]), *gap.steps]))
        cited = [edition.requirements[id].clause for id in action.requirements if id in edition.requirements]
        accepted = action.status == "accepted"
        yield {
            "use_reference": action.use.reference,
            "number": str(action.number),
            "package": titles.get(action.package, ""),
            "rank": str(action.rank or ""),
            "title": action.title,
            "system": action.use.system.name,
            "use": action.use.title,
            "priority": words.get(f"priorities.{action.priority}") or _("Added by your organisation"),
            "clauses": "; ".join(
                dict.fromkeys(edition.cited(clause) for clause in [*cited, action.clause] if clause in edition.clauses)
            ),
            "why_here": action.why_here,
            "gap": gap.gap,
            "steps": "\n".join(steps),
            "closes": "\n".join(gap.closes),
            "suggested_owner": edition.owners.get(action.suggested_owner, ""),
            "owner": str(action.owner) if action.owner else "",
            "owner_mail": action.owner.email if action.owner else "",
            "first_due": action.due.isoformat(),
            "due": action.last_due.isoformat(),
            "effort": words.get(f"efforts.{action.effort}", action.effort),
            "status": str(late) if action.is_late(today) else str(action.get_status_display()),
            "note": action.note,
            "closed": timezone.localdate(action.closed_at).isoformat() if action.closed_at else "",
            "verified_by": str(action.verified_by) if action.verified_by else "",
            "risk_until": action.risk_until.isoformat() if accepted and action.risk_until else "",
            "risk_by": str(action.risk_by) if accepted and action.risk_by else "",
            "risk_reason": action.risk_reason if accepted else "",
            "irrelevant_reason": action.irrelevant_reason if action.status == ActionStatus.NOT_RELEVANT else "",
        }


def as_file(rows: Iterable[dict[str, str]], kind: str) -> bytes:
    """Write the rows as `csv` or `xlsx`."""
    return write(rows, COLUMNS, kind, title=str(gettext_lazy("Actions")))


# --- coming in again -----------------------------------------------------------------------------------------------------

READ = ("use_reference", "number", "owner_mail", "first_due", "due", "status", "note")
NEEDED = ("use_reference", "number")
LANGUAGES = ("en", "zh-hant", "zh-hans")


@dataclass(frozen=True, slots=True)
class ActionCells:
    """One row of a file: which action it names, and what stands in the columns that are taken."""

    line: int
    reference: str
    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """What one row would change, or why it would not: `faults` are (column, reason)."""

    line: int
    action: RemediationAction | None
    changes: Mapping[str, str]  # owner (key of the person), due and full_due (ISO), note
    faults: tuple[tuple[str, str], ...]


def read(data: bytes) -> list[ActionCells]:
    """Read a file that `as_file` wrote, changed by hand. Raises Unreadable with a sentence that says what to do."""
    known = dict(OLDER)
    for column in COLUMNS:
        if column.key in READ:
            for language in LANGUAGES:
                with translation.override(language):
                    known[str(column.heading).casefold()] = column.key
    head: list[str | None] | None = None
    rows: list[ActionCells] = []
    for line, texts in lines_of(data):
        if not any(texts):
            continue
        if head is None:
            head = [known.get(text.casefold()) for text in texts]
            if any(key not in head for key in NEEDED):
                raise Unreadable(
                    _(
                        "Export the list of actions, change that file and import it. This file is not an "
                        "exported list of actions."
                    )
                )
            continue
        if len(rows) == MAX_ROWS:
            raise Unreadable(_("Split the file. It has more than %(n)s rows.") % {"n": MAX_ROWS})
        row = {key: text for key, text in zip(head, texts, strict=False) if key}
        number = row.get("number", "")
        rows.append(ActionCells(line, row.get("use_reference", ""), query_values.count(number) or 0, row))
    if not rows:
        raise Unreadable(_("Add rows to the file. It has no rows below the column headings."))
    return rows


def check(
    rows: Iterable[ActionCells],
    actions: Mapping[tuple[str, int], RemediationAction],
    people: Mapping[int, Mapping[str, int]],
    problem: Any,
) -> list[Change]:
    """Hold each row against its action; what is as it was is left out.

    `people`: by organisation, the mail address in small letters of who may own an action, to that person's key.
    `problem`: says why an action cannot be due on a day, or nothing.
    """
    found, seen = [], set[int]()
    for given in rows:
        action = actions.get((given.reference, given.number))
        if action is None:
            reason = _("Action not found, or you have no access to it.")
            found.append(Change(given.line, None, {}, ((_("Number"), reason),)))
            continue
        if action.pk in seen:
            found.append(
                Change(
                    given.line,
                    action,
                    {},
                    ((_("Number"), _("Keep only one row for this action. It is in the file twice.")),),
                )
            )
            continue
        seen.add(action.pk)
        changes, faults = _changes(given, action, people.get(action.organisation_id, {}), problem)
        if changes or faults:
            found.append(Change(given.line, action, {} if faults else changes, tuple(faults)))
    return found


def _changes(
    given: ActionCells, action: RemediationAction, people: Mapping[str, int], problem: Any
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    changes: dict[str, str] = {}
    faults: list[tuple[str, str]] = []
    mail = given.cells.get("owner_mail", "").casefold()
    if mail and mail != (action.owner.email.casefold() if action.owner else ""):
        if mail in people:
            changes["owner"] = str(people[mail])
        else:
            faults.append(
                (
                    _("Owner's email address"),
                    _("Enter the email address of an owner or contributor of your organisation."),
                )
            )
    dates, wrong = _dates(given, action, problem)
    changes |= dates
    faults += wrong
    status = given.cells.get("status", "").casefold()
    words = {str(ActionStatus.DONE.label).casefold(), "done"}
    if status in words and action.status == ActionStatus.OPEN:
        note = given.cells.get("note", "").strip()
        if note:
            changes["note"] = note
        else:
            faults.append((_("What was done"), _("Say what was done and which evidence shows it.")))
    elif status in words and action.status not in (ActionStatus.DONE, ActionStatus.OPEN):
        faults.append((_("Status"), _("Only an open action can be reported as done. Restore the original value.")))
    elif status and status not in {*words, _("Late").casefold(), str(action.get_status_display()).casefold()}:
        faults.append(
            (
                _("Status"),
                _("Write “done”, or restore the original value. A file can change the status only to “done”."),
            )
        )
    if changes and action.status == ActionStatus.CLOSED:
        faults.append((_("Status"), _("Remove this row. This action is closed.")))
    return changes, faults


def _dates(given: ActionCells, action: RemediationAction, problem: Any) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Return what a row makes of the two dates of an action: of the first step, and of all of it."""
    faults: list[tuple[str, str]] = []
    found: dict[str, date] = {}
    for key, name, now in (
        ("first_due", _("First step by"), action.due),
        ("due", _("All done by"), action.last_due),
    ):
        found[key], text = now, given.cells.get(key, "")
        if not text or text == now.isoformat():
            continue
        try:
            found[key] = date.fromisoformat(text)
            reason = problem(action, found[key])
        except ValueError:
            reason = _("Write the date as year, month and day, such as 2027-03-31.")
        if reason:
            faults.append((name, reason))
    first, last = found["first_due"], found["due"]
    if action.full_due is None and first == action.due:
        first = last  # one date, and it was moved
    if faults or (first, last) == (action.due, action.last_due):
        return {}, faults
    if first > last:
        return {}, [
            (_("First step by"), _("Enter an earlier date. The first step cannot be due after the “All done by” date."))
        ]
    dates = {"due": first.isoformat()}
    if last != first or action.full_due is not None:
        dates["full_due"] = last.isoformat()
    return dates, []
