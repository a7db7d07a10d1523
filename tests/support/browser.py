"""A real browser for the tests that need one: what it is started with, what is watched, what is measured on a page.

The fixtures `chromium` (one a module) and `page` (a fresh profile a test, silent at its end) are in conftest.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.db import transaction
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from assessments.core import after_commit
from assessments.models import Document, User
from tests.run import chromium
from tests.support.world import make_ready

EXECUTABLE = chromium()
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
CONTRAST = True  # conftest sets it: whether axe looks at contrast, too
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 800}
POLICY_WATCH = """
  window.__refused = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    window.__refused.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
AXE_RUN = """
  async (options) => (await axe.run(document, options)).violations.map((found) =>
    `${found.id}: ${found.help}` + found.nodes.slice(0, 3).map((node) =>
      `\\n    ${node.target.join(" ")}  ${node.html.slice(0, 160)}\\n    ${node.failureSummary.replace(/\\s+/g, " ").slice(0, 240)}`).join(""))
"""
MAIN_BUTTON = ":is(.btn-primary, .btn-outline-danger)[type=submit]:not([name=preview])"  # a refusal wears the second
EMPTY_THE_FORM = """
  (button) => {
    const form = button.form;
    form.noValidate = true;
    for (const field of form.elements) {
      if (field.type === "checkbox" || field.type === "radio") field.checked = false;
      else if (field.type !== "hidden" && "value" in field && field.tagName !== "BUTTON") field.value = "";
    }
    form.requestSubmit(button);
  }
"""


@contextmanager
def started() -> Iterator[Browser]:
    """Start the browser. Playwright's loop runs in this thread, so Django would refuse its database calls as async."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Watch:
    """What a page complained of: errors in the console, exceptions, refusals by the content security policy.

    A page that is an error page itself is reported by the browser as a failed load; `expected` says which statuses are.
    """

    def __init__(self, page: Page) -> None:
        self.page, self.said, self.expected = page, list[str](), set[int]()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.said.append(f"{page.url}: {error}"))
        page.add_init_script(POLICY_WATCH)

    def _console(self, message: Any) -> None:
        if message.type != "error":
            return
        if any(f"responded with a status of {status}" in message.text for status in self.expected):
            return
        self.said.append(f"{self.page.url}: {message.text}")

    def faults(self) -> list[str]:
        """Everything up to now, and forget it."""
        refused = self.page.evaluate("window.__refused || []") if self.page.url.startswith("http") else []
        found, self.said = [*self.said, *(f"{self.page.url}: refused {each}" for each in refused)], []
        return found


@contextmanager
def new_page(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page in a profile of its own."""
    # Without motion nothing is measured half-way through a transition.
    usual = {"viewport": WIDE, "locale": "en-GB", "timezone_id": "Asia/Hong_Kong", "reduced_motion": "reduce"}
    context = browser.new_context(**usual | options)
    context.set_default_timeout(10_000)
    page = context.new_page()
    yield page
    context.close()


@contextmanager
def without_jobs() -> Iterator[None]:
    """One commit for all that is made inside, and none of its jobs: PDFs take seconds. Its documents are ready at the end."""
    with pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr(after_commit, "after_commit", lambda *_arguments, **_options: None)
        yield
        for document in Document.objects.all():
            make_ready(document)


def session_of(user: User) -> str:
    """The key of a new session of this person, without a password."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def sign_in(page: Page, address: str, session: str | None) -> None:
    """Become the person of a session on the site at `address`; None: nobody."""
    page.context.clear_cookies()
    if session:
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])


def sign_in_by_form(page: Page, address: str, email: str, password: str) -> None:
    """Sign in as people do; the page after it is loaded."""
    page.goto(f"{address}/accounts/login/")
    page.locator("main input[name=login]").fill(email)
    page.locator("main input[name=password]").fill(password)
    with page.expect_navigation():
        page.locator("main button.btn-primary").click()


def axe_faults(page: Page, *, contrast: Sequence[str] = ()) -> list[str]:
    """What axe finds wrong on the page, one text each with the first three places; contrast in these colour schemes.

    Contrast takes four fifths of the time, so the daily run leaves it out: each day tests/browser/test_look.py reckons it for every
    pair of colours.
    """
    contrast = contrast if CONTRAST else ()
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    options: dict[str, Any] = {
        "resultTypes": ["violations"],
        "rules": {"color-contrast": {"enabled": "light" in contrast}},
    }
    found: list[str] = page.evaluate(AXE_RUN, options)
    if "dark" in contrast:
        page.emulate_media(color_scheme="dark")
        in_the_dark: list[str] = page.evaluate(AXE_RUN, {"runOnly": {"type": "rule", "values": ["color-contrast"]}})
        found += [f"in the dark: {fault}" for fault in in_the_dark]
        page.emulate_media(color_scheme="light")
    return found


def too_wide(page: Page) -> str:
    """Say by how much the page scrolls sideways at 320 px and what sticks out; empty where it does not."""
    page.set_viewport_size(NARROW)
    said: str = page.evaluate(
        """() => {
          const wide = document.scrollingElement.scrollWidth;
          if (wide <= 320) return "";
          const out = [...document.body.querySelectorAll("*")].filter((element) => {
            const box = element.getBoundingClientRect();
            return box.right > 321 && box.width > 0;
          });
          const names = out.slice(-3).map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
          return `${wide} px wide at 320 px: ${names.join(", ")}`;
        }"""
    )
    page.set_viewport_size(WIDE)
    return said


def post_empty(page: Page) -> bool:
    """Send the page's main form with everything cleared, past the browser's own checks; False where it has none."""
    buttons = page.locator(f"main form[method=post] {MAIN_BUTTON}")
    if buttons.count() == 0:
        return False
    with page.expect_navigation():
        buttons.last.evaluate(EMPTY_THE_FORM)
    return True


def photograph(page: Any, name: str) -> None:
    """Keep a picture of the page where the environment names a folder for it."""
    if folder := os.environ.get("HKGUIDE_PICTURES"):
        page.wait_for_load_state("networkidle")
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
