"""Evidence of each kind is shown in a real browser under the strict policy, and a hostile file of each kind does nothing."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.urls import reverse

from assessments.domain.evidence import library
from assessments.domain.review import seat_taking
from assessments.domain.submission import submit
from assessments.models import Route, State
from tests.domain.evidence import made_files
from tests.domain.evidence.made_files import XLSX, give
from tests.support import browser
from tests.support.browser import photograph
from tests.support.factories import make_assessment, make_cast
from tests.support.looking import look_at

pytestmark = [pytest.mark.browser, pytest.mark.slow_first(16)]

SECTION, QUESTION = "governance", "use-register"
HONEST = {
    "Board": ("image/png", made_files.picture),
    "Duty rules": ("application/pdf", lambda: made_files.pdf("Who watches", "Takeovers are counted")),
    "Minutes": ("text/plain", lambda: "Minutes of 3 May: 通過。\n".encode() * 40),
    "Takeovers": ("text/csv", lambda: b"Month,Cars,Takeovers\nMay,27,68\nJune,28,71\n"),
    "Counts": (
        XLSX,
        lambda: made_files.workbook(Cars=[["Month", "Cars"], ["May", "27"]], People=[["Who"], ["Elaine"]]),
    ),
}
HOSTILE = {
    "Page as text": ("text/plain", lambda: made_files.PAGE_AS_TEXT, "<script>window.__ran = 1</script>"),
    "Table with markup": ("text/csv", lambda: made_files.FORMULA_TABLE, "<script>window.__ran = 1</script>"),
    "Page as picture": (
        "image/png",
        lambda: b"\x89PNG\r\n\x1a\n" + made_files.PAGE_AS_TEXT,
        "damaged, or its content does not match its name",
    ),
    "Drawing": ("image/png", lambda: made_files.SVG, "damaged, or its content does not match its name"),
    "Huge picture": ("image/png", made_files.huge_picture, "60000 × 60000 pixels"),
    "PDF bomb": ("application/pdf", made_files.pdf_bomb, "takes too much time or memory"),
    "Zip bomb": (XLSX, made_files.zip_bomb, "too large to show here"),
}
SHOWN_AS_TEXT = ("Page as text", "Table with markup")


class Case:
    def __init__(self, chromium: Any, address: str) -> None:
        self.chromium, self.address = chromium, address
        self.cast = make_cast()
        assessment = make_assessment(State.DRAFT, "limited", cast=self.cast)
        made = {**HONEST, **{title: given[:2] for title, given in HOSTILE.items()}}
        self.pieces = {
            title: give(title, kind, make(), by=self.cast.owner, organisation=self.cast.organisation)
            for title, (kind, make) in made.items()
        }
        for piece in self.pieces.values():
            library.attach(piece, assessment, QUESTION, by=self.cast.owner)
        self.submission = submit.submit(assessment, by=self.cast.owner, route=Route.INDEPENDENT)
        seat_taking.take(self.submission, by=self.cast.independent)

    def url(self, name: str, *more: Any) -> str:
        return self.address + reverse(name, args=[self.submission.reference, *more])

    def place(self, title: str) -> str:
        return f"#e-{QUESTION}-{self.pieces[title].reference}"


@pytest.fixture
def case(chromium: Any, live_server: Any, published: None) -> Case:
    with browser.without_jobs():
        return Case(chromium, live_server.url)


@pytest.mark.long  # daily test_desk_pages shows a piece, test_previews refuses what is hostile, test_scripts runs nothing
def test_each_kind_is_shown_in_its_place_and_nothing_hostile_runs(case, page):
    browser.sign_in(page, case.address, browser.session_of(case.cast.independent))
    page.goto(case.url("review_section", SECTION))
    photograph(page, "section-closed")
    for title in [*HONEST, *HOSTILE]:
        page.locator(case.place(title)).get_by_role("link", name="Show it on this page").click()
        page.locator(f"{case.place(title)} .hk-preview").wait_for(timeout=30_000)
    for title in ("Board", "Duty rules"):
        picture = page.locator(f"{case.place(title)} .hk-preview img")
        picture.scroll_into_view_if_needed()
        picture.evaluate("img => img.complete || new Promise((done) => img.addEventListener('load', done))")
        assert picture.evaluate("img => img.naturalWidth") > 0
    table = page.locator(f"{case.place('Takeovers')} table")
    assert table.locator("thead th").all_inner_texts() == ["A", "B", "C"]
    assert table.locator("tbody tr").nth(1).inner_text().split() == ["2", "May", "27", "68"]
    assert "通過" in page.locator(f"{case.place('Minutes')} .hk-preview-text").inner_text()
    rules = page.locator(case.place("Duty rules"))
    rules.get_by_role("link", name="Next page").click()
    rules.get_by_text("Page 2 of 2").wait_for()
    rules.get_by_text("Text of page 2").click()
    assert "Takeovers are counted" in rules.inner_text()
    page.locator(case.place("Counts")).get_by_role("link", name="People").click()
    page.locator(f"{case.place('Counts')} td", has_text="Elaine").wait_for()
    for title, (_kind, _make, words) in HOSTILE.items():
        assert words in page.locator(f"{case.place(title)} .hk-preview").inner_text()
        assert (
            "You have opened this evidence." not in page.locator(case.place(title)).inner_text()
            or title in SHOWN_AS_TEXT
        )
    for title in HONEST:
        assert "You have opened this evidence." in page.locator(case.place(title)).inner_text()
    assert page.evaluate("window.__ran") is None
    photograph(page, "section-shown")
    assert browser.axe_faults(page, contrast=("light",)) == []
    assert not browser.too_wide(page)


@pytest.mark.long  # as the previews with script above
def test_previews_list_and_marks_serve_without_script_and_at_320(case, chromium):
    look_at(case.submission, f"q:{QUESTION}", case.cast.independent)
    with browser.new_page(chromium, java_script_enabled=False) as page:
        browser.sign_in(page, case.address, browser.session_of(case.cast.independent))
        page.goto(case.url("review_section", SECTION))
        page.locator(case.place("Duty rules")).get_by_role("link", name="Show it on this page").click()
        assert page.locator("h1").inner_text() == "Duty rules"
        page.get_by_role("link", name="Next page").click()
        assert "Page 2 of 2" in page.locator("main").inner_text()
        photograph(page, "preview-page")
        page.locator(".hk-foot").get_by_role("link", name="Evidence in this case").click()
        assert page.locator("h1").inner_text() == f"Evidence in this case: {len(case.pieces)} items"
        assert "accepted, but this evidence has not been judged" in page.locator("main").inner_text()
        photograph(page, "evidence-list")
        page.get_by_role("link", name="Show only this evidence").click()
        page.set_viewport_size(browser.NARROW)
        photograph(page, "evidence-list-320")
    shown = [
        case.url("evidence_preview", case.pieces[title].reference, 1)
        for title in ("Duty rules", "Takeovers", "Drawing")
    ]
    with browser.new_page(chromium, viewport=browser.NARROW) as page:
        browser.sign_in(page, case.address, browser.session_of(case.cast.independent))
        page.goto(case.url("review_section", SECTION))
        page.locator(case.place("Takeovers")).get_by_role("link", name="Show it on this page").click()
        page.locator(f"{case.place('Takeovers')} table").wait_for()
        photograph(page, "section-320")
        assert not browser.too_wide(page)
        answer = page.locator(f"#q-{QUESTION}")
        for words in (
            "Good evidence",
            "What counts as in place",
            "Why it matters",
            "The duties",
            "What each mark means",
        ):
            answer.locator("summary", has_text=words).click()
        assert answer.get_by_text("This is the Guideline in our own words.").is_visible()
        photograph(page, "section-guides")
        assert browser.axe_faults(page, contrast=("light", "dark")) == []
        assert not browser.too_wide(page)
    with browser.new_page(chromium) as page:
        watch = browser.Watch(page)
        browser.sign_in(page, case.address, browser.session_of(case.cast.independent))
        for url in [*shown, case.url("case_evidence"), case.url("whole_case"), case.address + reverse("method")]:
            page.goto(url)
            if folder := os.environ.get("HKGUIDE_PICTURES"):
                page.pdf(path=f"{folder}/{url.strip('/').rsplit('/')[-1]}.pdf")
            assert browser.axe_faults(page, contrast=("light", "dark")) == []
            assert not browser.too_wide(page)
        assert watch.faults() == []
