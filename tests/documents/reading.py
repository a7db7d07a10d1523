"""Read laid-out pages back: what stands on each, how full it is, how small its text is, what its last line belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from typing import Any

from pypdf import PdfReader

from assessments.documents import engine

MM, PT = 96 / 25.4, 96 / 72
TOP, FOOT = 29 * MM, 277 * MM


@dataclass
class Line:
    """One run of text in the matter of a page, with the element around it and the action that it belongs to."""

    text: str
    bottom: float
    right: float
    size: float
    tags: tuple[str, ...]
    act: Any


@dataclass
class Sheet:
    """One page: the words in its margin head, its lines, and how much of its height is used."""

    part: str
    state: str = ""  # as the foot says: Draft, or the round
    lines: list[Line] = field(default_factory=list)
    anchors: dict[str, Any] = field(default_factory=dict)  # where each named element of the page is, as the engine says
    height: float = 0

    @property
    def text(self) -> str:
        return "".join("".join(line.text for line in self.lines).split())

    @property
    def filled(self) -> float:
        return (max(line.bottom for line in self.lines) - TOP) / (FOOT - TOP)

    @property
    def last(self) -> Line:
        return max(self.lines, key=lambda line: line.bottom)

    @property
    def acts(self) -> set[Any]:
        return {line.act for line in self.lines if line.act is not None}


def draw(monkeypatch: Any, make: Callable[..., bytes], *args: Any, **kwargs: Any) -> tuple[bytes, list[Sheet]]:
    """Make a document as its job does, and return its bytes with the pages that were laid out for them."""
    plain, seen = engine.render, []

    def render(*layouts: str | Callable[[], str], fits: Any = None, **rest: Any) -> bytes:
        def look(pages: Any) -> bool:
            seen[:] = [list(pages)]
            return fits(pages) if fits else True

        return plain(*layouts, fits=look, **rest)

    with monkeypatch.context() as patch:
        patch.setattr(engine, "render", render)
        patch.setattr(engine, "count_pages", _counted_once)
        pdf = make(*args, **kwargs)
    return pdf, [_sheet(page) for page in seen[0]]


def lay(monkeypatch: Any, make: Callable[..., bytes], *args: Any, **kwargs: Any) -> Sequence[Sheet]:
    """The pages that a document is made of, without its file; a layout that was drawn for a test before is not drawn again."""
    chosen: list[Sequence[Sheet]] = []

    def render(*layouts: str | Callable[[], str], fits: Any = None, **rest: Any) -> bytes:
        for layout in layouts:
            chosen[:] = [_laid_out_once(layout if isinstance(layout, str) else layout())]
            if fits is None or fits(chosen[0]):
                break
        return b""

    with monkeypatch.context() as patch:
        patch.setattr(engine, "render", render)
        patch.setattr(engine, "count_pages", _counted_once)
        make(*args, **kwargs)
    return chosen[0]


@lru_cache(maxsize=60)
def _laid_out_once(html: str) -> Sequence[Sheet]:
    return tuple(laid_out(html))


_counted_once = lru_cache(maxsize=400)(engine.count_pages)


def laid_out(html: str) -> list[Sheet]:
    """The pages of this HTML, without a file of them."""
    return [_sheet(page) for page in engine.pages(html)]


def _sheet(page: Any) -> Sheet:
    sheet = Sheet("", anchors=page.anchors, height=page.height)
    for child in page._page_box.children:
        if type(child).__name__ == "MarginBox":
            words = "".join(text.text for text in _texts(child))
            if child.at_keyword == "@top-left-corner":
                sheet.part = words
            elif child.at_keyword == "@bottom-left-corner":
                sheet.state = words
            continue
        sheet.lines += _lines(child, (), None)
    return sheet


def _texts(box: Any) -> Iterator[Any]:
    box = getattr(box, "_box", box)
    if hasattr(box, "text"):
        yield box
    for child in getattr(box, "children", ()):
        yield from _texts(child)


def _lines(box: Any, tags: tuple[str, ...], act: Any) -> Iterator[Line]:
    box = getattr(box, "_box", box)
    if box.element is not None and box.element_tag and (not tags or box.element_tag != tags[-1]):
        tags = (*tags, box.element_tag)
    if box.element is not None and "act" in (box.element.get("class") or "").split():
        act = box.element
    if hasattr(box, "text") and box.text.strip() and box.style["font_size"] > 2:
        yield Line(
            box.text, box.position_y + box.height, box.position_x + box.width, box.style["font_size"] / PT, tags, act
        )
    for child in getattr(box, "children", ()):
        yield from _lines(child, tags, act)


def pages_of(pdf: bytes) -> list[str]:
    """Return the text of each page as a reader of the file sees it, without white space."""
    return ["".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]


def squeezed(text: str) -> str:
    return "".join(text.split())


def off_the_page(html: str) -> list[str]:
    """The lines that leave their place, without a file of the pages."""
    return out_of_place(engine.pages(html))


def out_of_place(pages) -> list[str]:
    """Text that leaves its column, and running matter that leaves the paper's edges."""
    wrong: list[str] = []

    def look(box, lowest: float) -> None:
        box = getattr(box, "_box", box)
        if hasattr(box, "text") and box.text.strip() and box.style["font_size"] > 2:
            right, foot = box.position_x + box.width, box.position_y + box.height
            if box.position_x < 17.9 * MM or right > 194.1 * MM or box.position_y < 10 * MM or foot > lowest:
                wrong.append(box.text)
        for child in getattr(box, "children", ()):
            look(child, lowest)

    for page in pages:
        for child in page._page_box.children:
            look(child, 295 * MM if type(child).__name__ == "MarginBox" else 276 * MM)
    return wrong
