"""Files that would cost a careless reader much time or memory."""

from __future__ import annotations

import io
import zipfile

from assessments.exchange import inventory

HEADINGS = [str(column.heading) for column in inventory.COLUMNS]
CARDS = {
    "a heading of 20,000 spaces": ("# a" + " " * 20_000 + "x", "no information"),
    "a heading of spaces and hashes": ("# a" + " #" * 10_000 + "x", "no information"),
    "a megabyte of spaces": ("# a" + " " * 1_000_000 + "x", "no information"),
    "comments without an end": ("# Intended use\n" + "<!--" * 8_000, ""),
    "a megabyte of them": ("# Intended use\n" + "<!--" * 260_000, ""),
    "a megabyte of headings": ("# uses\n" * 149_000, "no information"),
    "a header of open brackets": ("---\na: " + "[" * 60_000 + "\n---\n", "It has too many levels or too many entries."),
    "a header of keys": ("---\n" + "".join(f"k{n}: v\n" for n in range(6000)) + "---\n", "too many entries"),
    "a header of question marks": ("---\n" + "? " * 30_000 + "\n---\n", "It has too many levels or too many entries."),
    "aliases of aliases": ("---\na: &a [x]\nb: &b [*a, *a]\nlicense: [*b, *b]\n---\n", "Remove the YAML aliases"),
    "a tag of Python": ("---\nlicense: !!python/object/apply:os.system [id]\n---\n", "not valid YAML"),
    "a number of 60,000 digits": ("---\nlicense: " + "9" * 60_000 + "\n---\n", "not valid YAML"),
    "a number that cannot be written": (
        "---\nlicense: 0x" + "f" * 60_000 + "\n---\n",
        "no information about the facts",
    ),
}
SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPES}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{TYPES}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{SPREADSHEET}" xmlns:r="{OFFICE}"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
    f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}


def workbook(rows: bytes = b"", texts: bytes = b"", **parts: bytes) -> bytes:
    """A workbook of these rows, as they are written in its sheet, and these shared texts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, text in PARTS.items():
            packed.writestr(name, text)
        packed.writestr("xl/sharedStrings.xml", f'<sst xmlns="{SPREADSHEET}">'.encode() + texts + b"</sst>")
        packed.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{SPREADSHEET}"><sheetData>'.encode() + rows + b"</sheetData></worksheet>",
        )
        for name, content in parts.items():
            packed.writestr(name, content)
    return stream.getvalue()


BOOKS = {
    "9.6 million empty rows": lambda: workbook(b"<row/>" * 9_600_000),
    "as many as the limit lets through": lambda: workbook(b"<row/>" * 1_000_000),
    "a row of 2.6 million cells": lambda: workbook(b"<row>" + b"<c/>" * 2_600_000 + b"</row>"),
    "a row of as many as the limit lets through": lambda: workbook(b"<row>" + b"<c/>" * 1_500_000 + b"</row>"),
    "3.3 million shared texts": lambda: workbook(texts=b"<si><t>a</t></si>" * 3_300_000),
    "as many shared texts as the limit lets through": lambda: workbook(texts=b"<si><t>a</t></si>" * 360_000),
    "one shared text in every cell": lambda: workbook(
        b'<row><c t="s"><v>0</v></c></row>' * 2000, b"<si><t>" + b"x" * 4000 + b"</t></si>"
    ),
    "a small part of 60 MB": lambda: workbook(**{"xl/media/a.bin": b"0" * 60_000_000}),
}
HEAD = ",".join(HEADINGS).encode() + b"\n"
TABLES = {
    "10,000 rows": (HEAD + b"a,b\n" * 10_000, "more than 2000 rows"),
    "lines of 4.9 MB": (HEAD + b"a," * 2_450_000, "no rows below|becomes far too large|more than"),
    "a cell of 4.9 MB": (HEAD + b"a" * 4_900_000, "could not be read as a table"),
    "a quote that does not end": (HEAD + b'"' + b"a\n" * 2_000_000, "could not be read as a table"),
    "4.9 million empty lines": (HEAD + b"\n" * 4_900_000, "becomes far too large"),
    "4.9 MB without a line": (b";" * 4_900_000, "Add the missing columns|no rows below"),
}
