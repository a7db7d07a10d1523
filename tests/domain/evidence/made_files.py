"""Files for the tests of previews: an honest one of each kind, and a hostile one of each."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image
from tablib import Databook, Dataset

from assessments.models import Evidence, EvidenceVersion

OFFICE = "application/vnd.openxmlformats-officedocument."
XLSX = f"{OFFICE}spreadsheetml.sheet"
DOCX = f"{OFFICE}wordprocessingml.document"


def picture(kind: str = "PNG", size: tuple[int, int] = (320, 200), mode: str = "RGB") -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, "teal" if mode == "RGB" else None).save(written, kind)
    return written.getvalue()


def pdf(*pages: str, box: str = "0 0 595 842", content: bytes | None = None, filters: str = "") -> bytes:
    """A PDF with a line of text on each page; it would run a script on opening. `content`: of its pages as they stand."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>",
        b"",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    kids = []
    for text in pages:
        drawn = content if content is not None else f"BT /F 24 Tf 72 720 Td ({text}) Tj ET".encode()
        objects.append(f"<</Length {len(drawn)}{filters}>>stream\n".encode() + drawn + b"\nendstream")
        stream = len(objects)
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents {stream} 0 R/Resources<</Font<</F 3 0 R>>>>>>".encode()
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<</Type/Pages/Kids[{' '.join(kids)}]/Count {len(kids)}>>".encode()
    written, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n".encode() + one + b"\nendobj\n"
    start = len(written)
    written += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    written += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    return written + f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF".encode()


def workbook(**sheets: list[list[str]]) -> bytes:
    tables = [Dataset(*rows[1:], headers=rows[0], title=name) for name, rows in sheets.items()]
    written: bytes = Databook(tables).export("xlsx")
    return written


# --- hostile ----------------------------------------------------------------------------------------------------------


def pdf_bomb() -> bytes:
    """A page whose content unpacks to 400 MB of drawing."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"0 0 m 600 700 l S " * 50_000) for _n in range(450)) + packer.flush()
    return pdf("", content=packed, filters="/Filter/FlateDecode")


def huge_picture() -> bytes:
    """A PNG of some kilobytes that says it has 60,000 × 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def zip_bomb() -> bytes:
    """A workbook of a megabyte whose sheet unpacks to 600 MB."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", f'<Types><Override ContentType="{XLSX}.main+xml"/></Types>')
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 600_000_000)
    return written.getvalue()


PAGE_AS_TEXT = (
    b"Minutes of 3 May\n<html><script>window.__ran = 1</script><img src=x onerror='window.__ran = 1'></html>\n"
)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>window.__ran = 1</script></svg>"
FORMULA_TABLE = b'Month,Takeovers\nMay,=HYPERLINK("https://example.org")\nJune,<script>window.__ran = 1</script>\n'


def give(title: str, media_type: str, content: bytes, *, by: Any, organisation: Any) -> Evidence:
    """A piece with this content as it lies in the store, whatever an upload would have said of it."""
    piece = Evidence.objects.create(
        organisation=organisation, title=title, proves="How it is done.", owner=by, version=1
    )
    EvidenceVersion.objects.create(
        evidence=piece, number=1, by=by, media_type=media_type, file_name=title, size=len(content),
        storage_key=default_storage.save("evidence/shown", ContentFile(content)),
        sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    return piece
