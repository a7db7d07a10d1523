"""The files of tables that people choose: their lines, and cells that a spreadsheet would run as a formula.

Such cells carry an apostrophe on the way out, which is taken off on the way in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from assessments.core import sandbox
from assessments.core.errors import WorkflowError

MAX_BYTES = 5 * 1024 * 1024
FORMULA_SIGNS = "=+-@\t\r\n＝＋－＠"  # what spreadsheets take for the beginning of a formula


class Unreadable(WorkflowError):
    """A file that is no table of ours; the message says what to do."""


def plain(text: str) -> str:
    """Line ends as line feeds, no other control characters than tabs: what both file kinds can carry."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text)


def escaped(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run, and before an apostrophe, so that it can come off again."""
    return f"'{text}" if text and text[0] in FORMULA_SIGNS + "'" else text


def unescaped(text: str) -> str:
    """Take off the apostrophe that `escaped` put on; one that somebody typed before a word stays."""
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in FORMULA_SIGNS + "'" else text


def lines_of(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the lines of a CSV or XLSX file that are not empty, read in a child process and told apart by content.

    Raises Unreadable with a sentence that says what to do.
    """
    if not data:
        raise Unreadable(_("Choose another file. This file is empty."))
    if len(data) > MAX_BYTES:
        raise Unreadable(
            _("Split the file, or remove everything that is not in the template. The file is larger than 5 MB.")
        )
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(
            _("This file is in the old Excel format. Save it as “Excel Workbook (.xlsx)” and choose it again.")
        )
    try:
        lines = sandbox.run("assessments.core.spreadsheets:read", data)
    except sandbox.Refused as refused:
        raise Unreadable(_refusal(refused.code)) from None
    except sandbox.Busy as busy:
        raise Unreadable(str(busy)) from None
    except sandbox.Stopped:
        raise Unreadable(
            _("Remove everything except the table, then try again. Reading this file takes too much time or memory.")
        ) from None
    for number, cells in lines:
        yield number, [plain(unescaped(cell)).strip() for cell in cells]


def _refusal(code: str) -> str:
    match code:
        case "too_large":
            return _(
                "Remove everything except the table, or split the file. It becomes far too large when it is opened."
            )
        case "no_table":
            return _("Save the file again as CSV UTF-8 or as XLSX. It could not be read as a table.")
        case "text_damaged":
            return _("Save the file again as CSV UTF-8 or as XLSX. Its text is damaged.")
        case "big5" | "no_utf8":
            kind = _("Big5") if code == "big5" else _("another encoding")
            words = _(
                "This file is not in UTF-8. It seems to be in %(kind)s, so Chinese text would not be read correctly. "
                "In Excel, choose File, Save As, “CSV UTF-8 (Comma delimited)” or “Excel Workbook (.xlsx)”. Then choose "
                "the new file here."
            )
            return words % {"kind": kind}
    return _("Save the workbook again as “Excel Workbook (.xlsx)”, without a password. It could not be read.")
