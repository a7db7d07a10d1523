"""The certificate: two pages, at most three, English above Traditional Chinese, drawn from the public record and nothing else.

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
from assessments.documents.record import RecordRow, certificate_rows
from assessments.documents.shared_parts import shortened, tier_strip
from assessments.guideline.edition import Edition
from assessments.models.certificates import Assurance

TITLE = "Certificate of assessment against the Hong Kong Generative AI Technical and Application Guideline v{version}"


@dataclass(frozen=True, slots=True)
class Front:
    """How tightly page 1 is set, and what of long scopes it leaves to the schedule."""

    css: str
    exclusions: bool = True
    chinese_scope: bool = True


@dataclass(frozen=True, slots=True)
class Back:
    """How tightly the schedule is set, and whether it may take a page more."""

    css: str
    pages: int = 1


FRONTS = (
    Front("front-roomy"),
    Front(""),
    Front("front-close"),
    Front("front-dense"),
    Front("front-dense", exclusions=False),
    Front("front-dense", exclusions=False, chinese_scope=False),
)
BACKS = (
    Back(""),
    Back("back-dense"),
    Back("back-in-two", pages=2),
    Back("back-in-two back-dense", pages=2),
    Back("", pages=2),
    Back("back-dense", pages=2),
    Back("", pages=3),
)


def certificate_layouts(record: Mapping[str, Any], edition: Edition, *, public_url: str) -> tuple[str, ...]:
    """Return the certificate as HTML, from roomy to dense: each front before the roomiest schedule, then each schedule."""
    write = _writer(record, edition, public_url)
    return tuple(write(front, BACKS[0]) for front in FRONTS) + tuple(write(FRONTS[-1], back) for back in BACKS[1:4])


def certificate_pdf(record: Mapping[str, Any], edition: Edition, *, public_url: str, created: datetime) -> bytes:
    """Render the certificate on two pages; where even the densest schedule is too long, it takes a second page of its own."""
    search = _Search(_writer(record, edition, public_url))
    turns = [search.layout] * (len(FRONTS) + len(BACKS))
    return engine.render(*turns, identifier=record["number"], created=created, fits=search.fits)


class _Search:
    """Choose how the first page is set, and then the schedule: each is no denser than its own length asks for."""

    def __init__(self, write: Callable[[Front, Back], str]) -> None:
        self.write, self.front, self.back = write, 0, 0

    def layout(self) -> str:
        return self.write(FRONTS[self.front], BACKS[self.back])

    def fits(self, pages: Sequence[Any]) -> bool:
        """Tell whether the pages are good as they are; else the next layout is a denser one."""
        if self.front < len(FRONTS) - 1 and not (len(pages) > 1 and "schedule" in pages[1].anchors):
            self.front += 1
            return False
        back = BACKS[self.back]
        if len(pages) - 1 <= back.pages and (back.pages == 1 or engine.ends_well(pages)):
            return True
        self.back = min(self.back + 1, len(BACKS) - 1)
        return False


def _writer(record: Mapping[str, Any], edition: Edition, public_url: str) -> Callable[[Front, Back], str]:
    plain = json.loads(json.dumps(record))

    def write(front: Front, back: Back) -> str:
        context = _context(plain, edition, public_url, front) | {"density": f"{front.css} {back.css}".strip()}
        return render_to_string("assessments/documents/certificate.html", context)

    return write


def _context(record: dict[str, Any], edition: Edition, public_url: str, front: Front) -> dict[str, Any]:
    address = f"{public_url}/verify/{record['number']}/"
    assurance = Assurance(record["assurance"])
    rows = certificate_rows(record, edition, exclusions=front.exclusions, chinese_scope=front.chinese_scope)
    schedule = next(number for number, row in enumerate(rows) if row.begins_schedule)
    return {
        "c": record,
        "title": TITLE.format(version=record["edition"]["guideline_version"]),
        "head_issuer": shortened(record["issuer"]),
        "registered": None if assurance == Assurance.REVIEWED_INDEPENDENTLY else words.REGISTERED_BY,
        "checked": words.CHECKED[assurance][0],
        "front": [_drawn(row) for row in rows[:schedule]],
        "back": [_drawn(row) for row in rows[schedule:]],
        "address": address,
        "code": drawing.qr(address, 29, f"QR code of {address}"),
    }


def _drawn(row: RecordRow) -> dict[str, Any]:
    """Return a row with what is drawn in it: the four tiers as a strip, the dimensions as bars."""
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
