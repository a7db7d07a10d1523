"""Draw or read the beginning of a file for a page that shows it. Runs in the child process of `sandbox`.

Nothing of a file reaches a page but what is made here: a picture that is drawn anew, or texts, which the page escapes.
Pillow and PDFium are imported where they are used, so that a text costs no more than its reading.
"""

from __future__ import annotations

import base64
import codecs
import io
from typing import IO, Any

from assessments.core import spreadsheets
from assessments.core.sandboxed import Refused

# Our judgement: what a reader can use on a page, and what the child's memory of 256 MB holds.
MOST_PIXELS = {  # of a picture; one that moves is unpacked several times over, a JPEG at an eighth of its size
    "image/png": 24_000_000,
    "image/gif": 10_000_000,
    "image/webp": 10_000_000,
    "image/jpeg": 200_000_000,
}
MOST_UNPACKED = 24_000_000
MOST_SIDE = 1600  # of what is drawn
PAGE_WIDTH = 1000
MOST_PAGES = 500
MOST_TEXT = 20_000
MOST_PAGE_TEXT = 10_000
MOST_ROWS = 50
MOST_COLUMNS = 20
MOST_CELL = 200
CHUNK = 64 * 1024
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}


# --- pictures ---------------------------------------------------------------------------------------------------------


def image(content: IO[bytes], *, kind: str) -> dict[str, Any]:
    """Draw a picture anew, the first frame of a moving one, without what else its file holds.

    Refuses: `too_many_pixels` (with width and height), `damaged`.
    """
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # counted here
    try:
        with Image.open(content, formats=[FORMATS[kind]]) as opened:
            width, height = opened.size
            if width * height > MOST_PIXELS[kind]:
                raise Refused("too_many_pixels", width=width, height=height)
            opened.draft("RGB", (MOST_SIDE, MOST_SIDE))
            if opened.width * opened.height > MOST_UNPACKED:
                raise Refused("too_many_pixels", width=width, height=height)
            opened.thumbnail((MOST_SIDE, MOST_SIDE))
            drawn = ImageOps.exif_transpose(opened)
            drawn = _on_white(drawn)
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError) as error:
        raise Refused("damaged") from error
    return {"width": width, "height": height, **_encoded(drawn, "JPEG" if kind == "image/jpeg" else "PNG")}


def _on_white(drawn: Any) -> Any:
    from PIL import Image

    if drawn.mode in ("I", "F") or drawn.mode.startswith("I;16"):
        drawn = drawn.convert("I").point(lambda value: value / 256).convert("L")
    if not (drawn.mode in ("RGBA", "LA", "PA") or "transparency" in drawn.info):
        return drawn.convert("RGB")
    drawn = drawn.convert("RGBA")
    sheet = Image.new("RGB", drawn.size, "white")
    sheet.paste(drawn, mask=drawn.getchannel("A"))
    return sheet


def _encoded(drawn: Any, kind: str) -> dict[str, Any]:
    written = io.BytesIO()
    drawn.save(written, kind, **({"quality": 85} if kind == "JPEG" else {}))
    return {
        "type": f"image/{kind.lower()}",
        "drawn": drawn.size,
        "bytes": base64.b64encode(written.getvalue()).decode(),
    }


# --- PDF --------------------------------------------------------------------------------------------------------------


def page(content: IO[bytes], *, number: int) -> dict[str, Any]:
    """Draw one page of a PDF and read its text; nothing that the file would run is run.

    Refuses: `locked`, `damaged`, `no_such_page` (with how many there are).
    """
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(content)
        document.init_forms()  # what was filled in is drawn as well
        pages = len(document)
        if not 1 <= number <= min(pages, MOST_PAGES):
            raise Refused("no_such_page", pages=pages)
        sheet = document[number - 1]
        width, height = sheet.get_size()
        if width <= 0 or height <= 0:
            raise Refused("damaged")
        scale = min(PAGE_WIDTH / width, MOST_SIDE / height)
        drawn = sheet.render(scale=scale, rev_byteorder=True, fill_color=(255, 255, 255, 255)).to_pil().convert("RGB")
        text = sheet.get_textpage().get_text_range(errors="ignore")
    except pdfium.PdfiumError as error:
        raise Refused("locked" if "password" in str(error).lower() else "damaged") from error
    drawn = drawn.quantize(64) if drawn.getcolors(4096) else drawn
    return {
        "pages": pages,
        "text": _plain(text[:MOST_PAGE_TEXT]),
        **_encoded(drawn, "PNG"),
    }


# --- text -------------------------------------------------------------------------------------------------------------


def text(content: IO[bytes]) -> dict[str, Any]:
    """Return the beginning of a text and how many characters and lines it has. Refuses: `damaged`."""
    for encoding in ("utf-16",) if _has_mark(content) else ("utf-8-sig", "big5hkscs"):
        try:
            return _text_in(content, encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("damaged")


def _has_mark(content: IO[bytes]) -> bool:
    content.seek(0)
    return content.read(2) in (b"\xff\xfe", b"\xfe\xff")


def _text_in(content: IO[bytes], encoding: str) -> dict[str, Any]:
    content.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    start, characters, lines, ends = "", 0, 0, True
    while True:
        chunk = content.read(CHUNK)
        decoded = decoder.decode(chunk, final=not chunk)
        start += decoded[: MOST_TEXT - len(start)]
        characters += len(decoded)
        lines += decoded.count("\n")
        ends = decoded.endswith("\n") if decoded else ends
        if not chunk:
            return {"text": _plain(start), "characters": characters, "lines": lines + (not ends)}


def _plain(text: str) -> str:
    """Return the text without signs that are not seen or that turn the direction of others."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        sign if sign in "\n\t\u3000" or sign.isprintable() else " " if sign.isspace() else "" for sign in text
    )


# --- tables -----------------------------------------------------------------------------------------------------------


def table(content: IO[bytes], *, number: int = 1) -> dict[str, Any]:
    """Return the first rows and columns of a CSV file, or of one sheet of a workbook, and how many there are.

    `rows` and `columns` count what was read: at most `spreadsheets.MAX_ROWS` and one more, and `MAX_COLUMNS`. Refuses as
    `spreadsheets.read`, and `no_such_page` (with how many sheets there are).
    """
    sheets, lines = spreadsheets.read_sheet(content, number)
    columns = max((len(cells) for _number, cells in lines), default=0)
    shown = [(row, [_cell(cell) for cell in cells[:MOST_COLUMNS]]) for row, cells in lines[:MOST_ROWS]]
    return {"sheets": sheets, "rows": len(lines), "columns": columns, "lines": shown}


def _cell(cell: str) -> str:
    cell = _plain(cell)
    return cell if len(cell) <= MOST_CELL else f"{cell[: MOST_CELL - 1]}…"
