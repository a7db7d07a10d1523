"""An inventory of AI systems as a table, one row a declared use: read, checked against the register, written.

Reading writes nothing: `check` turns rows into good ones, as plain values, and faulty ones, each with its columns and
reasons. What goes out comes in again without loss: cells that a spreadsheet would run as a formula carry an apostrophe
on the way out, which is taken off on the way in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assessments.core.spreadsheets import MAX_CELL, MAX_COLUMNS, MAX_ROWS
from assessments.domain.portfolio import newest_assessments, next_date_of, with_dates, with_newest
from assessments.exchange.tables import Unreadable, escaped, lines_of, plain
from assessments.guideline.edition import Edition, Fact
from assessments.guideline.terms import UNKNOWN
from assessments.guideline.wording import fact_answer
from assessments.models import AISystem, Assessment, DeclaredFact, DeclaredUse, Organisation, edition_for
from assessments.models import Edition as EditionRow
from assessments.models.base import NOT_CHINESE, has_chinese

SYSTEM, USE, TOLD = "system", "use", "told"


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    heading: str | Promise
    about: str  # system, use; told: only on the way out
    longest: int = 0
    required: bool = False
    one_line: bool = True


COLUMNS = (
    Column("name", gettext_lazy("System name"), SYSTEM, 160, True),
    Column("version", gettext_lazy("Version"), SYSTEM, 60),
    Column("description", gettext_lazy("What it does"), SYSTEM, 2000, one_line=False),
    Column("suppliers", gettext_lazy("Suppliers"), SYSTEM, 400),
    Column("parts", gettext_lazy("Our parts in the system"), SYSTEM, 200, True),
    Column("hosting", gettext_lazy("Where the model runs"), SYSTEM, 400),
    Column("markets", gettext_lazy("Where users and affected people are"), SYSTEM, 400),
    Column("title", gettext_lazy("Name of the use"), USE, 120, True),
    Column("purpose", gettext_lazy("Purpose"), USE, 400, True, one_line=False),
    Column("setting", gettext_lazy("Setting"), USE, 400, True, one_line=False),
    Column("people_affected", gettext_lazy("People affected"), USE, 400, True, one_line=False),
    Column("scope_en", gettext_lazy("Scope in English"), USE, 400, True),
    Column("scope_zh", gettext_lazy("Scope in Chinese"), USE, 400),
    Column("exclusions", gettext_lazy("What is left out"), USE, 400),
)
REFERENCES = (
    Column("system_reference", gettext_lazy("System reference"), TOLD, 12),
    Column("use_reference", gettext_lazy("Reference of the use"), TOLD, 12),
)
TOLD_COLUMNS = (
    Column("tier", gettext_lazy("Tier"), TOLD),
    Column("state", gettext_lazy("Status"), TOLD),
    Column("progress", gettext_lazy("Progress"), TOLD),
    Column("next_date", gettext_lazy("Next date"), TOLD),
)
EXPORTED = (*REFERENCES, *COLUMNS, *TOLD_COLUMNS)
MEND = Column("mend", gettext_lazy("What to correct"), TOLD)
READ = {column.key: column for column in (*COLUMNS, *REFERENCES)}
FORMER = {"our parts": "parts", "where the people are": "markets", "use reference": "use_reference"}
"""Headings of files that were filled in earlier."""
SYSTEM_KEYS = tuple(column.key for column in COLUMNS if column.about == SYSTEM)
USE_KEYS = tuple(column.key for column in COLUMNS if column.about == USE)
FACTS = ("hosting", "markets")
PARTS = {
    "is_developer": gettext_lazy("Technology Developer"),
    "is_provider": gettext_lazy("Service Provider"),
    "is_user": gettext_lazy("Service User"),
}
SHORT_PARTS = {"developer": "is_developer", "provider": "is_provider", "user": "is_user"}
EXAMPLE = {
    "name": gettext_lazy("Appointment assistant"),
    "version": "2.1",
    "description": gettext_lazy("Reads requests for an appointment and suggests how urgent they are."),
    "suppliers": gettext_lazy("Example Models Ltd; hosting by Example Cloud Ltd"),
    "parts": gettext_lazy("Service Provider; Service User"),
    "title": gettext_lazy("Booking and urgency sorting"),
    "purpose": gettext_lazy("Sorts requests by urgency; a nurse confirms each result"),
    "setting": gettext_lazy("On the websites of six clinics"),
    "people_affected": gettext_lazy("Patients, about 40,000 a year"),
    "scope_en": gettext_lazy("Sorting of appointment requests by urgency at six clinics in Hong Kong."),
    "scope_zh": "香港六間診所按緩急為預約分類。",
    "exclusions": gettext_lazy("Telephone bookings."),
}


# --- reading --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Table:
    """A file as it was read: the line of each row with its cells by column, and the headings that are not taken."""

    rows: tuple[tuple[int, dict[str, str]], ...]
    ignored: tuple[str, ...] = ()


def read(data: bytes) -> Table:
    """Read CSV or XLSX, told apart by content. Raises Unreadable with a sentence that says what to do."""
    lines = lines_of(data)
    head: list[str | None] | None = None
    ignored: list[str] = []
    rows: list[tuple[int, dict[str, str]]] = []
    for number, texts in lines:
        if not any(texts):
            continue
        if head is None:
            head, ignored = _head(texts)
            continue
        if len(rows) == MAX_ROWS:
            raise Unreadable(_("Split the file. It has more than %(n)s rows.") % {"n": MAX_ROWS})
        row = {key: text[: MAX_CELL + 1] for key, text in zip(head, texts, strict=False) if key}
        if any(row.values()):
            rows.append((number, row))
    if not rows:
        raise Unreadable(_("Add rows to the file. It has no rows below the column headings."))
    return Table(tuple(rows), tuple(ignored))


def _head(texts: Sequence[str]) -> tuple[list[str | None], list[str]]:
    """Return the column key of each heading (None: not taken), and the headings that are not taken."""
    known = _headings()
    told = {_fold(text) for column in (*TOLD_COLUMNS, MEND) for text in _in_all_languages(column.heading)}
    head = [known.get(_fold(text)) for text in texts[:MAX_COLUMNS]]
    missing = [str(column.heading) for column in COLUMNS if column.required and column.key not in head]
    if missing:
        words = _("Add the missing columns: %(columns)s. The first row of the template contains all column names.")
        raise Unreadable(words % {"columns": ", ".join(missing)})
    twice = [str(READ[key].heading) for key in READ if head.count(key) > 1]
    if twice:
        raise Unreadable(_("Remove the repeated columns: %(columns)s.") % {"columns": ", ".join(twice)})
    ignored = [text for text, key in zip(texts, head, strict=False) if text and key is None and _fold(text) not in told]
    return head, ignored


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()


def _in_all_languages(words: str | Promise) -> Iterator[str]:
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            yield str(words)


def _headings() -> dict[str, str]:
    """Return every heading in every language of the site, and the former ones, to its column."""
    return FORMER | {_fold(text): one.key for one in READ.values() for text in _in_all_languages(one.heading)}


# --- checking -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    column: str  # its heading
    reason: str


@dataclass(frozen=True, slots=True)
class InventoryRow:
    """One row of the file: good with its values, or faulty with its cells as they stood."""

    line: int
    cells: Mapping[str, str]
    faults: tuple[Fault, ...]
    group: str = ""  # rows of one system share it
    system: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    use: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class RegisteredSystem:
    """A registered system as a row is held against it."""

    pk: int
    cells: Mapping[str, str]
    titles: frozenset[str]


@dataclass(frozen=True)
class Register:
    """What an organisation has registered, by folded name and version: three queries."""

    systems: Mapping[tuple[str, str], tuple[RegisteredSystem, ...]]

    @classmethod
    def of(cls, organisation: Organisation, edition: Edition) -> Register:
        titles: dict[int, set[str]] = {}
        for pk, title in DeclaredUse.objects.filter(organisation=organisation).values_list("system_id", "title"):
            titles.setdefault(pk, set()).add(_fold(title))
        facts = _facts_of(DeclaredFact.objects.filter(system__organisation=organisation), edition)
        found: dict[tuple[str, str], list[RegisteredSystem]] = {}
        for system in AISystem.objects.filter(organisation=organisation).order_by("pk"):
            cells = system_cells(system, facts.get(system.pk, {}))
            known = RegisteredSystem(system.pk, cells, frozenset(titles.get(system.pk, ())))
            found.setdefault((_fold(system.name), _fold(system.version)), []).append(known)
        return cls({key: tuple(rows) for key, rows in found.items()})

    def named(self, name: str, version: str) -> tuple[RegisteredSystem, ...]:
        return self.systems.get((_fold(name), _fold(version)), ())


@dataclass
class _Seen:
    """What the rows above say: of each system its first cells, of each use its line."""

    systems: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    uses: dict[tuple[str, str], int] = field(default_factory=dict)
    references: dict[str, int] = field(default_factory=dict)


def check(table: Table, register: Register, edition: Edition) -> list[InventoryRow]:
    """Hold every row against the rules, the register and the rows above it. Runs no query."""
    seen = _Seen()
    words = {key: readable_answers(key) for key in FACTS}
    return [_check_row(line, cells, seen, register, edition, words) for line, cells in table.rows]


def _check_row(
    line: int,
    given: Mapping[str, str],
    seen: _Seen,
    register: Register,
    edition: Edition,
    words: Mapping[str, Mapping[str, Any]],
) -> InventoryRow:
    faults: list[Fault] = []

    def fault(key: str, reason: str) -> None:
        faults.append(Fault(str(READ[key].heading), reason))

    cells = {key: _tidy(READ[key], given.get(key, "")) for key in READ}
    group = cells["system_reference"] or f"{_fold(cells['name'])}\n{_fold(cells['version'])}"
    first = seen.systems.setdefault(group, (line, {key: cells[key] for key in SYSTEM_KEYS}))
    merged = dict(cells)
    if cells["name"]:
        for key in SYSTEM_KEYS:
            merged[key] = cells[key] or first[1][key]  # named once, in the first row, is enough
            if cells[key] and cells[key] != first[1][key]:
                fault(
                    key, _("Write the same value as in row %(line)s, which has the same system.") % {"line": first[0]}
                )
    with_use = any(cells[key] for key in USE_KEYS)
    for column in COLUMNS:
        text = merged[column.key]
        if column.required and not text and (column.about == SYSTEM or with_use):
            fault(column.key, _missing_words(column.key))
        if len(text) > column.longest:
            count = len(text) - column.longest
            said = ngettext("Shorten this text by %(n)s character.", "Shorten this text by %(n)s characters.", count)
            fault(column.key, said % {"n": count})
    if merged["scope_zh"] and not has_chinese(merged["scope_zh"]):
        fault("scope_zh", str(NOT_CHINESE))
    parts, strange = _read_parts(merged["parts"])
    if strange:
        said = _("Write one or more of these parts, separated by semicolons: %(parts)s. “%(word)s” is not one of them.")
        fault("parts", said % {"word": strange[0], "parts": ", ".join(str(word) for word in PARTS.values())})
    facts = {}
    for key in FACTS:
        if merged[key]:
            try:
                facts[key] = _read_fact(edition.facts[key], merged[key], words[key])
            except ValueError as error:
                fault(key, str(error))
    _check_twice(line, cells, group, with_use, seen, fault)
    _check_register(merged, cells, with_use, register, fault)
    if faults:
        return InventoryRow(line, dict(given), tuple(faults))
    system = {key: merged[key] for key in ("name", "version", "description", "suppliers")} | parts
    use = {key: cells[key] for key in USE_KEYS} if with_use else None
    return InventoryRow(line, {}, (), group, system, facts, use)


def _tidy(column: Column, text: str) -> str:
    """Return a cell of one line without its line breaks."""
    return " ".join(filter(None, map(str.strip, text.split("\n")))) if column.one_line else text


def _missing_words(key: str) -> str:
    if key == "parts":
        return _("Enter the parts that you play for the system: Technology Developer, Service Provider, Service User.")
    return _("Fill in this cell. It is required.")


def _check_twice(line: int, cells: Mapping[str, str], group: str, with_use: bool, seen: _Seen, fault: Any) -> None:
    """Name what stands in the file a second time."""
    reference = cells["use_reference"]
    if reference:
        if reference in seen.references:
            said = _("Row %(line)s has the same reference. To add a new use, leave this cell empty.")
            fault("use_reference", said % {"line": seen.references[reference]})
            return
        seen.references[reference] = line
    key = (group, reference or _fold(cells["title"]))
    if key in seen.uses:
        said = _("Remove this row, because it repeats row %(line)s.")
        fault("title" if with_use else "name", said % {"line": seen.uses[key]})
    else:
        seen.uses[key] = line


def _check_register(
    merged: Mapping[str, str], cells: Mapping[str, str], with_use: bool, register: Register, fault: Any
) -> None:
    """Say where a row meets what is registered: an import adds, and changes nothing."""
    known = register.named(merged["name"], merged["version"])
    if not known:
        return
    if not with_use:
        fault("name", _("Remove this row. This system is already in the register."))
        return
    if any(_fold(cells["title"]) in one.titles for one in known):
        fault("title", _("Remove this row. This use is already in the register."))
        return
    for key in SYSTEM_KEYS:
        if key not in ("name", "version") and cells[key] and cells[key] != known[0].cells[key]:
            fault(
                key,
                _(
                    "Leave this cell empty, or change the value in the register. The register has a "
                    "different value for this system."
                ),
            )


def _read_parts(text: str) -> tuple[dict[str, bool], list[str]]:
    """Return which parts a cell names, and the words that name none."""
    known = {_fold(word): key for key, words in PARTS.items() for word in _in_all_languages(words)} | SHORT_PARTS
    words = [word for word in re.split(r"[;；,，、\n]", text) if word.strip()]
    chosen = {known.get(_fold(word)) for word in words}
    return {key: key in chosen for key in PARTS}, [word.strip() for word in words if _fold(word) not in known]


def readable_answers(key: str) -> dict[str, Any]:
    """Return what a cell may say of a fact, in every language, to its value: an option up to its colon, or its key.

    The words of earlier releases are read too, since tables are kept for years.
    """
    found: dict[str, Any] = {}
    for checksum in EditionRow.objects.order_by("release").values_list("checksum", flat=True):
        for code, _name in settings.LANGUAGES:
            fact = edition_for(checksum, code).facts[key]
            for value in fact.values:
                found[_fold(str(value))] = value
                found[_fold(fact_answer(fact, value, short=True))] = value
            found[_fold(fact_answer(fact, UNKNOWN))] = UNKNOWN
    return found


def _read_fact(fact: Fact, text: str, words: Mapping[str, Any]) -> Any:
    """Return the value of a fact that takes several answers; ValueError says which word is none of them."""
    values = []
    for word in re.split(r"[;；\n]", text):
        if not word.strip():
            continue
        if _fold(word) not in words:
            choices = "; ".join(fact_answer(fact, value, short=True) for value in fact.values)
            said = _("Write one or more of these: %(choices)s. Or write “%(unknown)s”. “%(word)s” is not one of them.")
            told = {"word": word.strip(), "choices": choices, "unknown": fact_answer(fact, UNKNOWN)}
            raise ValueError(said % told)
        value = words[_fold(word)]
        if value not in values:
            values.append(value)
    if UNKNOWN in values and len(values) > 1:
        raise ValueError(
            _("Write only “%(unknown)s”, or remove it. “%(unknown)s” cannot be combined with other answers.")
            % {"unknown": fact_answer(fact, UNKNOWN)}
        )
    return UNKNOWN if values == [UNKNOWN] else values


# --- keeping rows between two requests -------------------------------------------------------------------------------


def as_json(rows: Iterable[InventoryRow], ignored: Sequence[str]) -> dict[str, Any]:
    """Return the checked rows as an import draft keeps them."""
    kept = []
    for row in rows:
        if row.faults:
            faults = [[fault.column, fault.reason] for fault in row.faults]
            kept.append({"line": row.line, "cells": dict(row.cells), "faults": faults})
        else:
            good = {"group": row.group, "system": dict(row.system), "facts": dict(row.facts), "use": row.use}
            kept.append({"line": row.line, **good})
    return {"rows": kept, "ignored": list(ignored)}


def good_rows(kept: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [row for row in kept["rows"] if "faults" not in row]


def faulty_rows(kept: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [row for row in kept["rows"] if "faults" in row]


# --- writing --------------------------------------------------------------------------------------------------------


def system_cells(system: AISystem, facts: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of a system; `facts`: its facts in words."""
    parts = "; ".join(str(word) for key, word in PARTS.items() if getattr(system, key))
    texts = {key: plain(getattr(system, key)) for key in ("name", "version", "description", "suppliers")}
    return {**texts, "parts": parts, **{key: facts.get(key, "") for key in FACTS}}


def use_cells(use: DeclaredUse) -> dict[str, str]:
    return {key: plain(getattr(use, key)) for key in USE_KEYS}


def facts_in_words(systems: QuerySet[AISystem], edition: Edition) -> dict[int, dict[str, str]]:
    """Return the facts that the table carries, of all these systems, in one query."""
    return _facts_of(DeclaredFact.objects.filter(system__in=systems.values("pk")), edition)


def _facts_of(rows: Any, edition: Edition) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for pk, key, value in rows.filter(use=None, key__in=FACTS).values_list("system_id", "key", "value"):
        found.setdefault(pk, {})[key] = "" if value == [] else fact_answer(edition.facts[key], value, short=True)
    return found


def export_rows(systems: QuerySet[AISystem], edition: Edition) -> Iterator[dict[str, str]]:
    """Yield the rows of these systems with what is told of each use besides; systems without a use have a row of their own.

    Retired uses are left out. Four queries, however many.
    """
    uses = DeclaredUse.objects.filter(system__in=systems.values("pk"), retired_at=None)
    rows = list(with_dates(with_newest(uses)).order_by(Lower("title"), "pk"))
    newest = newest_assessments(rows)
    of_system: dict[int, list[Any]] = {}
    for use in rows:
        of_system.setdefault(use.system_id, []).append(use)
    found = list(systems)
    facts = facts_in_words(systems, edition)
    for system in found:
        cells = {"system_reference": system.reference, **system_cells(system, facts.get(system.pk, {}))}
        for use in of_system.get(system.pk, []):
            yield cells | use_cells(use) | _told(use, newest.get(use.pk))
        if system.pk not in of_system:
            yield cells


def _told(use: Any, assessment: Assessment | None) -> dict[str, str]:
    due = next_date_of(use)
    return {
        "use_reference": use.reference,
        "tier": str(use.get_assigned_tier_display()) if use.assigned_tier else "",
        "state": str(assessment.get_state_display()) if assessment else "",
        "progress": f"{assessment.answered}/{assessment.applicable}" if assessment else "",
        "next_date": due[1].isoformat() if due else "",
    }


def write(rows: Iterable[Mapping[str, str]], columns: Sequence[Column], kind: str, *, title: str = "") -> bytes:
    """Write a table as `csv` (UTF-8 with BOM, so that Excel reads Chinese) or `xlsx`."""
    import tablib  # here, since few requests write a table

    table = tablib.Dataset(headers=[str(column.heading) for column in columns], title=title or _("AI systems"))
    for row in rows:
        table.append([escaped(plain(row.get(column.key, ""))) for column in columns])
    if kind == "xlsx":
        return bytes(table.export("xlsx", column_width=24))
    return str(table.export("csv")).encode("utf-8-sig")


def write_template(kind: str) -> bytes:
    """Return an empty table with one row that shows how it is filled in."""
    edition = EditionRow.objects.current().compiled()
    example = {key: str(words) for key, words in EXAMPLE.items()}
    for key in FACTS:
        fact = edition.facts[key]
        example[key] = fact_answer(fact, fact.values[0], short=True)
    return write([example], COLUMNS, kind)


def write_faulty(kept: Mapping[str, Any], kind: str) -> bytes:
    """Return the faulty rows as they stood, with a column that says what to mend."""
    rows = [
        {**row["cells"], MEND.key: "\n".join(f"{column}: {reason}" for column, reason in row["faults"])}
        for row in faulty_rows(kept)
    ]
    references = tuple(column for column in REFERENCES if any(row.get(column.key) for row in rows))
    return write(rows, (*references, *COLUMNS, MEND), kind)
