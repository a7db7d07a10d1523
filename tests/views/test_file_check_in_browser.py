"""A PDF is checked in a real browser: it stays there, by mouse, keyboard and drop, at 320 px, and without script."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.urls import reverse

from tests.domain.certificates.files import check_of, issued, saved_again
from tests.support import browser
from tests.support.daily import mostly_long
from tests.support.factories import make_cast

pytestmark = [pytest.mark.browser, pytest.mark.slow_first(21)]
FILES = {
    "exact": "This is the file that we issued",
    "altered": "This file differs from the one that we issued",
    "not ours": "We did not issue this file",
    "unknown": "We do not recognise this file",
}
DROP = """([zone, name, content]) => {
  const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
  const moved = new DataTransfer();
  moved.items.add(new File([bytes], name, {type: "application/pdf"}));
  for (const kind of ["dragenter", "dragover", "drop"])
    zone.dispatchEvent(new DragEvent(kind, {dataTransfer: moved, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def files(published: None, live_server: Any) -> tuple[str, str, dict[str, bytes]]:
    """The address of the page, the number of the certificate, and a file for each answer."""
    certificate, pdf = issued(make_cast())
    made = {
        "exact": pdf,
        "altered": saved_again(pdf),
        "not ours": b"%PDF HKG-AAAA-AAAA-" + check_of("AAAAAAAA").encode(),
        "unknown": b"%PDF-1.7 without a number",
    }
    return live_server.url + reverse("verify_file"), certificate.number, made


def given(name: str, content: bytes) -> dict[str, Any]:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


@pytest.mark.long
@pytest.mark.parametrize("width", mostly_long([1280, 320], [320]))
def test_a_file_is_checked_and_is_not_sent(page, files, width):
    address, number, made = files
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url} {request.post_data or ''}"))
    page.set_viewport_size({"width": width, "height": 800})
    for kind, heading in FILES.items():
        page.goto(address)
        assert browser.axe_faults(page) == []
        assert browser.too_wide(page) == ""
        assert page.get_by_text("The file stays on your device").is_visible()
        assert not page.get_by_text("delete the file at once").is_visible()
        page.set_input_files("input[type=file]", given("secret-name.pdf", made[kind]))
        button = page.get_by_role("button", name="Check this file")
        button.click() if width == 320 else button.press("Enter")
        page.get_by_role("heading", name=heading, exact=True).wait_for()
        page.get_by_text("secret-name.pdf").first.wait_for()  # the script comes after the page
        assert page.get_by_text("secret-name.pdf").count() == 2  # above the heading and in the trail
        assert browser.axe_faults(page) == []
        assert browser.too_wide(page) == ""
    page.goto(address)
    page.set_input_files("input[type=file]", given("notes.pdf", b"Minutes of 3 May"))
    page.get_by_role("button", name="Check this file").click()
    page.get_by_text("This file is not a PDF.").wait_for()
    page.goto(f"{address}?unread=1", wait_until="networkidle")  # an answer to another file, or to none
    assert page.get_by_text("secret-name.pdf").count() == 0
    assert not [one for one in sent if one.startswith("POST") or "secret-name" in one]
    assert [one for one in sent if f"number={number}" in one]


@pytest.mark.long
def test_a_dropped_file_is_checked_at_once(page, files):
    address, _number, made = files
    page.goto(address)
    zone = page.locator("[data-drop]").element_handle()
    page.evaluate(DROP, [zone, "dropped.pdf", base64.b64encode(made["exact"]).decode()])
    page.get_by_role("heading", name=FILES["exact"], exact=True).wait_for()
    page.get_by_role("link", name="Go to the certificate that we issued").click()
    page.get_by_role("heading", name="Full scope").wait_for()


@pytest.mark.long  # daily a file is sent without script, and test_file_check tries each answer
def test_a_file_too_large_for_any_of_ours_could_not_be_checked(page, files):
    page.goto(files[0])
    page.set_input_files("input[type=file]", given("large.pdf", b"x" * (10 * 1024 * 1024 + 1)))
    page.get_by_role("button", name="Check this file").click()
    page.get_by_role("heading", name="We could not check this file").wait_for()


@pytest.mark.long
def test_without_a_file_the_server_says_what_is_missing(page, files):
    page.goto(files[0])
    page.get_by_role("button", name="Check this file").click()
    page.get_by_text("Choose the PDF file that you want to check.").first.wait_for()


def test_without_script_the_file_is_sent_and_the_page_says_so(chromium, files):
    address, _number, made = files
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.get_by_text("delete the file at once").is_visible()
    assert not page.get_by_text("The file stays on your device").is_visible()
    page.set_input_files("input[type=file]", given("copy.pdf", made["altered"]))
    page.get_by_role("button", name="Check this file").click()
    page.get_by_role("heading", name=FILES["altered"], exact=True).wait_for()
    assert page.get_by_text("We have deleted your file").is_visible()
    context.close()
