"""Show an evidence item in a page: pictures, pages of a PDF, texts and tables, for the reviewers of a case.

No byte of the file reaches the page: `core.preview_readers` reads it in a child process with limits, and gives back a
picture that it drew or texts. Whatever is too large, locked, damaged or of another kind is refused with a sentence.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from django.core import signing
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.access import finders
from assessments.core import preview_readers, sandbox, spreadsheets, stored_files
from assessments.core.errors import NotPermitted
from assessments.models import EvidenceVersion, Submission, User

READERS = "assessments.core.preview_readers"
TICKET_SECONDS = 3600  # a page that shows a preview may ask for its pictures so long
TABLE = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
READER_OF = {
    **dict.fromkeys(preview_readers.FORMATS, "image"),
    "application/pdf": "page",
    "text/plain": "text",
    "text/markdown": "text",
    **dict.fromkeys(TABLE, "table"),
}
NOT_A_TABLE = ("big5", "no_utf8", "no_table", "text_damaged")
"""What a CSV file is refused for that can be shown as text all the same."""


class NotShown(Exception):
    """A file that is not shown in a page; str(error) says why. `busy`: it may be tried again."""

    def __init__(self, words: str, *, busy: bool = False) -> None:
        super().__init__(words)
        self.busy = busy


class NoSuchPage(Exception):
    """A page that the file does not have."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a file, or one page or sheet of it. `kind`: picture, page, text or table."""

    kind: str
    number: int = 1  # of the page or sheet
    pages: int = 1
    text: str = ""
    words: str = ""  # how much there is, and how much of it is shown
    width: int = 0  # of the picture that is drawn
    height: int = 0
    sheets: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    lines: list[tuple[int, list[str]]] = field(default_factory=list)

    @property
    def before(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def after(self) -> int | None:
        return self.number + 1 if self.number < min(self.pages, preview_readers.MOST_PAGES) else None


def can_show(media_type: str) -> bool:
    """Tell whether files of this kind are shown in a page."""
    return media_type in READER_OF


def find(submission: Submission, reference: str, number: int, *, by: User) -> EvidenceVersion | None:
    """Return the version of an evidence item of a case, None for any other; raises NotPermitted where the gate is closed."""
    if not finders.is_open_to(by, submission.assessment_id):
        raise NotPermitted(_("Declare your interests in this case before you open its evidence."))
    return finders.submitted_version(submission, reference, number)


def look(version: EvidenceVersion, number: int = 1) -> Preview:
    """Read what a page shows of a file. `number`: of a PDF's page or a workbook's sheet. Raises NotShown, NoSuchPage."""
    found = _read(version, number)
    width, height = found.get("drawn", (0, 0))
    match found.get("kind") or READER_OF[version.media_type]:
        case "image":
            size = _("%(width)s × %(height)s pixels") % {"width": found["width"], "height": found["height"]}
            return Preview("picture", words=size, width=width, height=height)
        case "page":
            text, words = found["text"].strip(), _pages_words(found)
            return Preview("page", number, found["pages"], text, words, width, height)
        case "table":
            return _table(found, number)
    return Preview("text", text=found["text"], words=_text_words(found))


def draw(version: EvidenceVersion, number: int = 1) -> tuple[str, bytes]:
    """Return the picture of a preview: its media type and its bytes. Raises as `look`, NoSuchPage for what has no picture."""
    if READER_OF.get(version.media_type) not in ("image", "page"):
        raise NoSuchPage
    found = _read(version, number)
    return found["type"], base64.b64decode(found["bytes"])


# --- tickets: one opening that was logged, for the pictures and further pages of the same file --------------------------


def ticket_for(version: EvidenceVersion, user: User) -> str:
    """Return the ticket that a preview gives to the addresses of its pictures and pages: this reader's opening was logged."""
    return signing.dumps([version.pk, user.pk], salt=__name__)


def is_ticket_for(ticket: str, version: EvidenceVersion, user: User) -> bool:
    try:
        return bool(signing.loads(ticket, salt=__name__, max_age=TICKET_SECONDS) == [version.pk, user.pk])
    except signing.BadSignature:
        return False


# --- reading ----------------------------------------------------------------------------------------------------------


def _read(version: EvidenceVersion, number: int) -> dict[str, Any]:
    reader = READER_OF.get(version.media_type)
    if version.link:
        raise NotShown(_("This evidence is a link. Open the link to read it on the website where it is stored."))
    if reader is None:
        raise NotShown(_("Download the file to read it. Files of this type cannot be shown here."))
    if number != 1 and reader in ("image", "text"):
        raise NoSuchPage
    try:
        return _run(version, reader, number)
    except sandbox.Refused as refused:
        if version.media_type == "text/csv" and refused.code in NOT_A_TABLE:
            return {"kind": "text", **_read_as_text(version)}
        raise _refusal(refused) from None


def _read_as_text(version: EvidenceVersion) -> dict[str, Any]:
    try:
        return _run(version, "text", 1)
    except sandbox.Refused as refused:
        raise _refusal(refused) from None


def _run(version: EvidenceVersion, reader: str, number: int) -> dict[str, Any]:
    options: dict[str, Any] = {"image": {"kind": version.media_type}, "text": {}}.get(reader, {"number": number})
    with stored_files.open_as_stored(
        default_storage, version.storage_key, sha256=version.sha256, size=version.size
    ) as content:
        try:
            return dict(sandbox.run(f"{READERS}:{reader}", content, **options))
        except sandbox.Busy:
            raise NotShown(
                _("Try again in a minute. Too many files are being read at the moment."), busy=True
            ) from None
        except sandbox.Stopped:
            raise NotShown(_("Download the file to read it. Showing it here takes too much time or memory.")) from None


def _refusal(refused: sandbox.Refused) -> Exception:
    match refused.code:
        case "no_such_page":
            return NoSuchPage()
        case "too_many_pixels":
            words = _("Download this image to see it. It has %(width)s × %(height)s pixels, too many to show here.")
            return NotShown(words % refused.params)
        case "locked":
            return NotShown(_("This file is locked with a password, so it cannot be shown here."))
        case "too_large":
            return NotShown(_("Download the file to read it. This table is too large to show here."))
    return NotShown(
        _(
            "This file cannot be shown here. It is damaged, or its content does not match its name. "
            "Take care if you download it."
        )
    )


def _pages_words(found: dict[str, Any]) -> str:
    if found["pages"] <= preview_readers.MOST_PAGES:
        return ""
    return _("Only the first %(n)s pages are shown here.") % {"n": preview_readers.MOST_PAGES}


def _text_words(found: dict[str, Any]) -> str:
    lines = ngettext("%(n)s line", "%(n)s lines", found["lines"]) % {"n": found["lines"]}
    if found["characters"] <= preview_readers.MOST_TEXT:
        return lines
    return _("%(lines)s. The first %(shown)s of %(all)s characters are shown.") % {
        "lines": lines,
        "shown": preview_readers.MOST_TEXT,
        "all": found["characters"],
    }


def _table(found: dict[str, Any], number: int) -> Preview:
    lines = [(row, cells) for row, cells in found["lines"]]
    width = max((len(cells) for _row, cells in lines), default=0)
    return Preview(
        "table",
        number,
        max(1, len(found["sheets"])),
        words=_table_words(found, len(lines), min(width, found["columns"])),
        sheets=found["sheets"],
        columns=[column_name(n) for n in range(1, width + 1)],
        lines=[(row, [*cells, *[""] * (width - len(cells))]) for row, cells in lines],
    )


def _table_words(found: dict[str, Any], rows_shown: int, columns_shown: int) -> str:
    """Say how many rows and columns there are, as far as they were counted, and how many are shown."""
    rows, columns = found["rows"], found["columns"]
    if not rows:
        return _("The table is empty.")
    more_rows = rows > spreadsheets.MAX_ROWS
    said = [
        _("More than %(n)s rows") % {"n": spreadsheets.MAX_ROWS}
        if more_rows
        else ngettext("%(n)s row", "%(n)s rows", rows) % {"n": rows},
        _("%(n)s columns or more") % {"n": columns}
        if columns >= spreadsheets.MAX_COLUMNS
        else ngettext("%(n)s column", "%(n)s columns", columns) % {"n": columns},
    ]
    words = ", ".join(said) + "."
    if rows_shown < rows or columns_shown < columns:
        words += " " + _("The first %(rows)s rows and %(columns)s columns are shown.") % {
            "rows": rows_shown,
            "columns": columns_shown,
        }
    return words


def column_name(number: int) -> str:
    """Return the letters over a column of a table: A, B, … Z, AA."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name
