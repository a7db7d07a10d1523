"""The certificate: two pages, English above Traditional Chinese, drawn from the public record and nothing else.

No answer, finding or note can reach it: its only arguments are the record that the public page shows too, the edition
(the published question bank) and the address of this installation. Its rows are those of `documents.record`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from assessments.documents import certificate_words as words
from assessments.documents import drawing, engine
from assessments.documents.plan import shortened, tier_strip
from assessments.documents.record import Row, certificate_rows
from assessments.guideline.edition import Edition
from assessments.models.certificates import Assurance

TITLE = "Certificate of assessment against the Hong Kong Generative AI Technical and Application Guideline v{version}"


@dataclass(frozen=True, slots=True)
class Density:
    """How tightly each page is set, and what long scopes leave to the schedule."""

    css: str
    exclusions: bool = True
    chinese_scope: bool = True


DENSITIES = (
    Density("front-roomy"),
    Density("front-roomy back-dense"),
    Density("back-dense"),
    Density("front-dense back-dense"),
    Density("front-dense back-dense", exclusions=False),
    Density("front-dense back-dense", exclusions=False, chinese_scope=False),
)


def certificate_layouts(record: Mapping[str, Any], edition: Edition, *, public_url: str) -> tuple[str, ...]:
    """The certificate as HTML, from roomy to dense: the longer names and scopes are, the denser it is set."""
    plain = json.loads(json.dumps(record))
    return tuple(
        render_to_string("assessments/documents/certificate.html", _context(plain, edition, public_url, density))
        for density in DENSITIES
    )


def certificate_pdf(record: Mapping[str, Any], edition: Edition, *, public_url: str, created: datetime) -> bytes:
    """Render the certificate on two pages; a third continues the schedule where even the densest layout is too long."""
    layouts = certificate_layouts(record, edition, public_url=public_url)
    fits = _two_pages_else(len(layouts))
    return engine.render(*layouts, *layouts, identifier=record["number"], created=created, fits=fits)


def _two_pages_else(layouts: int) -> Callable[[Sequence[Any]], bool]:
    """Accept the first layout on two pages; where none is, the first whose schedule begins on the second page."""
    tried = 0

    def fits(pages: Sequence[Any]) -> bool:
        nonlocal tried
        tried += 1
        begins = len(pages) > 1 and "schedule" in pages[1].anchors
        return begins and (len(pages) == 2 or tried > layouts)

    return fits


def _context(record: dict[str, Any], edition: Edition, public_url: str, density: Density) -> dict[str, Any]:
    address = f"{public_url}/verify/{record['number']}/"
    assurance = Assurance(record["assurance"])
    rows = certificate_rows(record, edition, exclusions=density.exclusions, chinese_scope=density.chinese_scope)
    schedule = next(number for number, row in enumerate(rows) if row.begins_schedule)
    return {
        "c": record,
        "density": density,
        "title": TITLE.format(version=record["edition"]["guideline_version"]),
        "head_issuer": shortened(record["issuer"]),
        "registered": None if assurance == Assurance.REVIEWED_INDEPENDENTLY else words.REGISTERED_BY,
        "checked": words.CHECKED[assurance][0],
        "front": [_drawn(row) for row in rows[:schedule]],
        "back": [_drawn(row) for row in rows[schedule:]],
        "address": address,
        "code": drawing.qr(address, 29, f"QR code of {address}"),
    }


def _drawn(row: Row) -> dict[str, Any]:
    """A row with what is drawn in it: the four tiers as a strip, the dimensions as bars."""
    return {
        "row": row,
        "strip": tier_strip(row.tier, words.TIERS_EN, chinese=True) if row.tier else (),
        "profile": [
            (one, drawing.bar(f"{one.name.en}: {one.band.en}", full=one.value, of=100, size=17))
            if one.value is not None
            else (one, "")
            for one in row.profile
        ],
    }
