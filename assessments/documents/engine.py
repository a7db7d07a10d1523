"""The one place that imports WeasyPrint: HTML in, PDF bytes out, the same bytes every time.

WeasyPrint is imported on first use: it costs 0.9 s, and without Pango the import itself raises OSError.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

BUNDLED = Path(__file__).resolve().parent
TYPES = {".ttf": "font/ttf", ".svg": "image/svg+xml"}
LOCK = threading.Lock()  # the font configuration is shared: one render at a time in a process
LEAST_DOWN = 0.4  # of the height of its paper, margin and all: so far the last page has to reach


class FetchRefused(Exception):
    """A document asked for something that is not ours; the message names it."""


class NoPango(Exception):
    """The libraries that WeasyPrint needs are not on this machine."""


def render(
    *layouts: str | Callable[[], str],
    identifier: str,
    created: datetime,
    fits: Callable[[Sequence[Any]], bool] | None = None,
    attachment: bytes = b"",
) -> bytes:
    """Render HTML as a tagged PDF/UA-1 file; the same arguments give the same bytes.

    Of several `layouts`, from roomy to dense, the first whose pages `fits` accepts is taken, else the last; one that is
    a function is written only when its turn comes. Title and language are those of the HTML. `attachment`: JSON that the
    file carries as report.json. Raises FetchRefused, and NoPango where the libraries are missing.
    """
    engine = _loaded()
    from weasyprint import Attachment
    from weasyprint.urls import FatalURLFetchingError

    attached = (
        [Attachment(string=attachment, name="report.json", relationship="Data", created=created, modified=created)]
        if attachment
        else None
    )
    with LOCK:
        try:
            for layout in layouts:
                document = _lay_out(engine, layout if isinstance(layout, str) else layout())
                if fits is None or fits(document.pages):
                    break
            document.metadata.created = document.metadata.modified = created.isoformat(timespec="seconds")
            pdf = document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identifier.encode(), attachments=attached)
        # It derives from BaseException: unnamed, it would pass every `except Exception` and end a worker.
        except FatalURLFetchingError as error:
            raise FetchRefused(str(error)) from None
    assert isinstance(pdf, bytes)
    return pdf


def ends_well(pages: Sequence[Any]) -> bool:
    """Tell whether the last page, which holds the anchor “end”, is more than the rest of the page before it."""
    return bool(pages[-1].anchors["end"][1] >= LEAST_DOWN * pages[-1].height)


def pages(html: str) -> Sequence[Any]:
    """Lay a document out and return its pages, without a file of them; raises as `render` does."""
    engine = _loaded()
    from weasyprint.urls import FatalURLFetchingError

    with LOCK:
        try:
            laid_out: Sequence[Any] = _lay_out(engine, html).pages
        except FatalURLFetchingError as error:
            raise FetchRefused(str(error)) from None
    return laid_out


def count_pages(html: str) -> int:
    """Lay a document out and count its pages; raises as `render` does."""
    return len(pages(html))


def _loaded() -> _Engine:
    try:
        return _engine()
    except OSError as error:
        raise NoPango(str(error)) from error


def _lay_out(engine: _Engine, html: str) -> Any:
    from weasyprint import HTML

    source = HTML(string=html, base_url="app:", url_fetcher=engine.fetcher)
    return source.render(font_config=engine.fonts, stylesheets=[engine.css])


class _Engine:
    def __init__(self) -> None:
        from weasyprint import CSS
        from weasyprint.text.fonts import FontConfiguration

        _say_languages()
        self.fetcher = _fetcher()
        self.fonts = FontConfiguration()
        self.css = CSS(
            string=(BUNDLED / "print.css").read_text(encoding="utf-8"),
            base_url="app:",
            font_config=self.fonts,
            url_fetcher=self.fetcher,
        )


@cache
def _engine() -> _Engine:
    """Parse style sheet and fonts once a process: half the time of a certificate, and memory stays flat."""
    with LOCK:
        atexit.register(_engine.cache_clear)  # the font configuration cleans up through modules that are gone later
        return _Engine()


def _fetcher() -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class Bundled(URLFetcher):
        """`app:` names files that we ship; http, file, data and ../ are refused."""

        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            path = (BUNDLED / url.removeprefix("app:")).resolve()
            ours = url.startswith("app:") and path.is_relative_to(BUNDLED) and path.suffix in TYPES and path.is_file()
            if not ours:
                raise FatalURLFetchingError(f"refused: {url[:80]}")
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": TYPES[path.suffix]})

    return Bundled()


def _say_languages() -> None:
    """Write an element's `lang` into the PDF's structure tree, which WeasyPrint 70 leaves out (PDF/UA asks for it)."""
    import pydyf
    from weasyprint.pdf import tags

    plain = tags._build_box_tree

    def with_language(box: Any, *rest: Any) -> Iterator[Any]:
        inner = getattr(box, "_box", box)  # absolutely positioned boxes come wrapped
        language = inner.element.attrib.get("lang") if inner.element is not None else None
        for element in plain(box, *rest):
            if language:
                element["Lang"] = pydyf.String(language)
            yield element

    tags._build_box_tree = with_language
