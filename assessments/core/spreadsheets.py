"""Read the lines of a CSV file or of the first sheet of a workbook, as text. Runs in the child process of `sandbox`.

A workbook is streamed: nothing of it is kept but the texts of the table, and each thing that costs work or memory (parts,
elements, shared texts, cells, text of the table) is counted and has a limit, so that the file is refused early.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from posixpath import join, normpath
from typing import IO, Any
from xml.parsers import expat

from assessments.core import archives
from assessments.core.sandboxed import Refused

MAX_ROWS = 2000
MAX_COLUMNS = 60
MAX_CELL = 4000  # characters; one more is kept, so that whoever checks the cell finds it too long
MAX_TEXT = 6_000_000  # characters of all cells together
MAX_UNPACKED_BYTES = 8 * 1024 * 1024  # of a workbook
MAX_PART_BYTES = 6 * 1024 * 1024  # of its sheet and of its shared texts
MAX_SMALL_PART_BYTES = 1024 * 1024  # of every other part that is read
MAX_ELEMENTS = 300_000  # of one part: 2,000 rows of 60 cells have about 240,000
MAX_SHARED_TEXTS = 150_000
MAX_LINES = 200_000  # of a CSV file, empty ones included
CHUNK = 64 * 1024

WHOLE = re.compile(r"-?\d+")  # kept sign by sign: a long number is not a float

type NumberedLine = tuple[int, list[str]]


def read(content: IO[bytes]) -> list[NumberedLine]:
    """Return the number and the cells of each line that is not empty, up to one line more than the heading and MAX_ROWS.

    Refuses: `too_large`, `damaged`, `no_table`, `text_damaged`, `big5`, `no_utf8`.
    """
    return read_sheet(content)[1]


def read_sheet(content: IO[bytes], sheet: int = 1) -> tuple[list[str], list[NumberedLine]]:
    """As `read`, of that sheet of a workbook, with the names of its sheets; a CSV file has one without a name.

    Refuses also: `no_such_page` (with how many sheets there are).
    """
    names: list[str] = []
    content.seek(0)
    is_workbook = content.read(2) == b"PK"
    content.seek(0)
    if not is_workbook and sheet != 1:
        raise Refused("no_such_page", pages=1)
    lines = _workbook_lines(content, sheet, names) if is_workbook else _csv_lines(content.read())
    return names, _bounded(lines)


def _bounded(lines: Iterator[tuple[int, Sequence[str]]]) -> list[NumberedLine]:
    found: list[NumberedLine] = []
    text = 0
    for number, cells in lines:
        cells = [cell[: MAX_CELL + 1] for cell in cells[:MAX_COLUMNS]]
        if not any(cell and not cell.isspace() for cell in cells):
            continue
        text += sum(map(len, cells))
        if text > MAX_TEXT:
            raise Refused("too_large")
        found.append((number, cells))
        if len(found) > MAX_ROWS + 1:
            break
    return found


# --- CSV --------------------------------------------------------------------------------------------------------------


def _csv_lines(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    text = _decoded(data)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader, 1):
            if number > MAX_LINES:
                raise Refused("too_large")
            yield number, cells
    except csv.Error as error:
        raise Refused("no_table") from error


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise Refused("text_damaged") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("big5" if _is_big5(data) else "no_utf8") from error


def _is_big5(data: bytes) -> bool:
    try:
        data.decode("big5hkscs")
    except UnicodeDecodeError:
        return False
    return True


# --- workbooks --------------------------------------------------------------------------------------------------------


class _Done(Exception):
    """Nothing more of a part is needed."""


def _workbook_lines(content: IO[bytes], sheet: int, names: list[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the rows of a sheet; the names of all of them are put into `names`."""
    try:
        archives.check_directory(content)
        with zipfile.ZipFile(content) as packed:
            sizes = [part.file_size for part in packed.infolist()]
            if sum(sizes) > MAX_UNPACKED_BYTES:
                raise Refused("too_large")
            yield from _sheet_lines(packed, sheet, names)
    except (*archives.DAMAGES, expat.ExpatError, LookupError, ValueError, OSError) as error:
        raise Refused("damaged") from error
    except Refused as error:
        raise Refused("too_large") if error.code == "bomb" else error from None


def _sheet_lines(packed: zipfile.ZipFile, number: int, names: list[str]) -> Iterator[tuple[int, Sequence[str]]]:
    links = _links(packed, "_rels/.rels", "")
    book = next((target for kind, target in links.values() if kind == "officeDocument"), "xl/workbook.xml")
    links = _links(packed, _rels_of(book), book)
    listed: list[tuple[str, str]] = []
    epoch = [datetime(1899, 12, 30)]

    def opened(tag: str, values: dict[str, str]) -> None:
        if tag == "sheet":
            listed.append((values.get("id", ""), values.get("name", "")))
        elif tag == "workbookPr" and values.get("date1904") in ("1", "true"):
            epoch[0] = datetime(1904, 1, 1)

    _parse(packed, book, opened)
    tables = [(links[id][1], name) for id, name in listed if links.get(id, ("", ""))[0] == "worksheet"]
    if not tables:
        raise archives.damaged()
    names.extend(name for _part, name in tables)
    if not 1 <= number <= len(tables):
        raise Refused("no_such_page", pages=len(tables))
    sheet = tables[number - 1][0]
    texts = next((target for kind, target in links.values() if kind == "sharedStrings"), None)
    styles = next((target for kind, target in links.values() if kind == "styles"), None)
    reading = _Sheet(
        texts=_shared_texts(packed, texts) if texts else [],
        dates=_date_styles(packed, styles) if styles else frozenset(),
        epoch=epoch[0],
    )
    _parse(packed, sheet, reading.opened, reading.closed, reading.said, most=MAX_PART_BYTES)
    yield from reading.lines


def _rels_of(name: str) -> str:
    folder, _slash, file = name.rpartition("/")
    return join(folder, "_rels", f"{file}.rels")


def _links(packed: zipfile.ZipFile, name: str, base: str) -> dict[str, tuple[str, str]]:
    """Return the links of a part to others, as id to (kind, name of the other part)."""
    found: dict[str, tuple[str, str]] = {}
    folder = base.rpartition("/")[0]

    def opened(tag: str, values: dict[str, str]) -> None:
        if tag == "Relationship":
            target = values.get("Target", "")
            target = target.lstrip("/") if target.startswith("/") else normpath(join(folder, target))
            found[values.get("Id", "")] = (values.get("Type", "").rpartition("/")[2], target)

    _parse(packed, name, opened)
    return found


def _parse(
    packed: zipfile.ZipFile,
    name: str,
    opened: Callable[[str, dict[str, str]], None],
    closed: Callable[[str], None] | None = None,
    said: Callable[[str], None] | None = None,
    *,
    most: int = MAX_SMALL_PART_BYTES,
) -> None:
    """Stream a part of the workbook through these handlers, which get names without their prefix."""
    if packed.getinfo(name).file_size > most:
        raise Refused("too_large")
    elements = 0

    def count(tag: str, values: dict[str, str]) -> None:
        nonlocal elements
        elements += 1
        if elements > MAX_ELEMENTS:
            raise Refused("too_large")
        opened(_local(tag), {_local(key): value for key, value in values.items()} if values else values)

    def refuse(*_what: Any) -> None:
        raise archives.damaged()  # no office program writes a document type, and entities are made with it

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = count
    parser.StartDoctypeDeclHandler = refuse
    if closed:
        parser.EndElementHandler = lambda tag: closed(_local(tag))
    if said:
        parser.CharacterDataHandler = said
    try:
        with packed.open(name) as part:
            while chunk := part.read(CHUNK):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
    except _Done:
        return


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _shared_texts(packed: zipfile.ZipFile, name: str) -> list[str]:
    texts: list[str] = []
    now: list[str] = []
    inside = [""]
    phonetic = [False]

    def opened(tag: str, _values: dict[str, str]) -> None:
        inside[0] = tag
        phonetic[0] = phonetic[0] or tag == "rPh"
        if tag == "si":
            now.clear()

    def closed(tag: str) -> None:
        inside[0] = ""
        if tag == "rPh":
            phonetic[0] = False
        elif tag == "si":
            texts.append("".join(now)[: MAX_CELL + 1])
            if len(texts) > MAX_SHARED_TEXTS:
                raise Refused("too_large")

    def said(text: str) -> None:
        if inside[0] == "t" and not phonetic[0]:
            now.append(text)

    _parse(packed, name, opened, closed, said, most=MAX_PART_BYTES)
    return texts


DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))  # that Excel has built in
NOT_A_DATE = re.compile(r'"[^"]*"|\[(?!hh?\]|mm?\]|ss?\])[^\]]*\]|[\\_].')
LONGEST_FORMAT = 255  # as Excel itself has it


def _date_styles(packed: zipfile.ZipFile, name: str) -> frozenset[int]:
    """Return the numbers of the cell styles that show a number as a date or time."""
    formats: dict[str, bool] = {str(number): True for number in DATE_FORMATS}
    found: list[bool] = []
    of_cells = [False]

    def opened(tag: str, values: dict[str, str]) -> None:
        if tag == "numFmt":
            code = values.get("formatCode", "")[:LONGEST_FORMAT].partition(";")[0]
            formats[values.get("numFmtId", "")] = bool(re.search("[dmhysDMHYS]", NOT_A_DATE.sub("", code)))
        elif tag == "cellXfs":
            of_cells[0] = True
        elif tag == "xf" and of_cells[0]:
            found.append(formats.get(values.get("numFmtId", ""), False))

    def closed(tag: str) -> None:
        if tag == "cellXfs":
            raise _Done

    _parse(packed, name, opened, closed)
    return frozenset(number for number, is_date in enumerate(found) if is_date)


@dataclass
class _Sheet:
    """The rows of a sheet as they are streamed; the cells behind MAX_COLUMNS are counted and not kept."""

    texts: list[str]
    dates: frozenset[int]
    epoch: datetime
    lines: list[NumberedLine] = field(default_factory=list)
    row: int = 0
    column: int = 0
    cells: dict[int, str] = field(default_factory=dict)
    kind: str = ""
    style: int = 0
    inside: str = ""
    text: list[str] = field(default_factory=list)
    length: int = 0
    total: int = 0

    def opened(self, tag: str, values: dict[str, str]) -> None:
        if tag == "c":
            self.column = _column(values.get("r", "")) or self.column + 1
            self.kind, self.style = values.get("t", "n"), _whole(values.get("s", ""))
            self.text, self.length = [], 0
        elif tag == "row":
            self.row = _whole(values.get("r", "")) or self.row + 1
            self.column, self.cells = 0, {}
        self.inside = tag

    def said(self, text: str) -> None:
        if self.inside in ("v", "t") and self.length <= MAX_CELL and self.column <= MAX_COLUMNS:
            self.text.append(text)
            self.length += len(text)

    def closed(self, tag: str) -> None:
        self.inside = ""
        if tag == "c" and self.text and self.column <= MAX_COLUMNS:
            self.cells[self.column] = self._value("".join(self.text))
        elif tag == "row" and self.cells:
            cells = [self.cells.get(column, "") for column in range(1, max(self.cells) + 1)]
            self.total += sum(map(len, cells))
            if self.total > MAX_TEXT:
                raise Refused("too_large")
            self.lines.append((self.row, cells))
            if len(self.lines) > MAX_ROWS + 1:
                raise _Done
        elif tag == "sheetData":
            raise _Done

    def _value(self, text: str) -> str:
        """Return a cell as text: 2.0 is 2, a date is written as 2026-11-24."""
        match self.kind:
            case "s":
                return self.texts[int(text)] if len(text) < 9 and int(text) < len(self.texts) else ""
            case "b":
                return str(text == "1")
            case "d":
                return text.removesuffix("T00:00:00")
            case "n":
                return self._number(text)
        return text[: MAX_CELL + 1]

    def _number(self, text: str) -> str:
        try:
            number = float(text[:400])
            if self.style in self.dates:
                return _moment(number, self.epoch)
        except (ValueError, OverflowError):
            return text[: MAX_CELL + 1]
        return str(int(number)) if number.is_integer() and not WHOLE.fullmatch(text) else text[: MAX_CELL + 1]


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _column(place: str) -> int:
    """Return the number of the column of a cell such as AB12; 0 where it has none."""
    number = 0
    for sign in place[:4]:
        if not "A" <= sign <= "Z":
            break
        number = number * 26 + ord(sign) - 64
    return number


def _moment(number: float, epoch: datetime) -> str:
    """Return a number of days as a date, a time, or both."""
    span = timedelta(milliseconds=round(number * 86_400_000))
    if 0 <= number < 1:
        return (datetime.min + span).time().isoformat() if number else time().isoformat()
    if 1 <= number < 60 and epoch.year == 1899:
        span += timedelta(days=1)  # Excel takes 1900 for a leap year
    return (epoch + span).isoformat().removesuffix("T00:00:00")
