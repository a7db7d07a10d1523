"""What people type is never SQL, a template, a page, a line of a log or the script of a link (checks 16, 19, 20, 25, 32)."""

from __future__ import annotations

import ast
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from assessments.domain import portfolio
from assessments.domain.review import messages
from assessments.models import AISystem, Assessment, DeclaredUse, Evidence, Organisation, SearchWord, State, User
from tests.run import ROOT
from tests.support.factories import Cast, make_assessment, make_evidence
from tests.support.rooms import tree_of
from tests.system.security.doors import process_log

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
WORD = "kingfisher"  # in every row that is searched for
SQL = (
    f"{WORD}' OR '1'='1",
    f"{WORD}%' OR 1=1 --",
    f'{WORD}"; DROP TABLE assessments_assessment; --',
    f"{WORD}') UNION SELECT password FROM assessments_user --",
    f"{WORD}\\'; SELECT pg_sleep(5); --",
)
PRODUCT = sorted(
    path
    for room in ("assessments", "hkguide")
    for path in (ROOT / room).rglob("*.py")
    if "migrations" not in path.parts
)


def once_for_all(cast: Cast) -> Any:
    """A draft, a piece and a case under review that are all found by one word."""
    draft = make_assessment(State.DRAFT, "limited", cast=cast)
    DeclaredUse.objects.filter(pk=draft.use_id).update(title=f"A {WORD} use")
    AISystem.objects.filter(pk=draft.use.system_id).update(name=f"A {WORD} system")
    SearchWord.objects.rebuild(draft.organisation_id)
    piece = make_evidence(cast.organisation, by=cast.owner, title=f"A {WORD} file")
    return draft, piece, make_assessment(State.IN_REVIEW, "limited", cast=cast)


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


# --- SQL (check 16) --------------------------------------------------------------------------------------------------------

SEARCHES = [("assessments", "q"), ("evidence", "q"), ("systems_export", "organisation"), ("verify_form", "number")]


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("words", SQL)
def test_sql_in_a_search_finds_nothing(words: str, cast: Cast, made: Any) -> None:
    owner = signed_in(cast.owner)
    for name in ("assessments", "evidence"):
        found = owner.get(reverse(name), {"q": words})
        assert found.status_code == 200
        links = re.findall(r'href="(/(?:assessments|evidence|uses)/[a-z2-9]{12}/)"', found.content.decode())
        assert links == [], name
    for name, key in SEARCHES:
        assert owner.get(reverse(name), {key: words}).status_code in (200, 302, 404), name
    assert Assessment.objects.filter(pk=made[1][0].pk).exists()


def test_the_word_by_itself_does_find_it(cast: Cast, made: Any) -> None:
    """Without this the test above could pass on searches that find nothing."""
    owner = signed_in(cast.owner)
    for name in ("assessments", "evidence"):
        page = owner.get(reverse(name), {"q": WORD}).content.decode()
        assert re.findall(r'href="(/(?:assessments|evidence|uses)/[a-z2-9]{12}/)"', page), name


@pytest.mark.parametrize("words", SQL)
def test_sql_that_is_saved_is_text(words: str, cast: Cast, made: Any) -> None:
    draft = made[1][0]
    form = {"name": words[:60], "query": "tier=limited"}
    portfolio.keep_filter(cast.owner, form["name"], form["query"])
    signed_in(cast.owner).post(
        reverse("evidence_edit", args=[made[1][1].reference]),
        {"title": words, "proves": words, "owner": cast.owner.pk, "confidentiality": "internal"},
    )
    assert Evidence.objects.get(pk=made[1][1].pk).title == words
    assert Assessment.objects.filter(pk=draft.pk).exists()


# Statements that are not written out where they run, with why they hold nothing that anybody sends.
BUILT_STATEMENTS = {
    "assessments/models/prepared.py": "compiled by Django from a queryset; values are bound",
}
RUNS_SQL = {"execute", "executemany", "executescript", "raw", "extra", "RawSQL"}


@pytest.mark.long
def test_no_statement_is_put_together_from_text() -> None:
    """Each call that runs SQL gives it as one constant, but for the named files."""
    found = set()
    for path in PRODUCT:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and name_of(node) in RUNS_SQL and not constant(node):
                found.add(str(path.relative_to(ROOT)))
    assert found == set(BUILT_STATEMENTS)


def constant(call: ast.Call) -> bool:
    return all(isinstance(given, ast.Constant) for given in call.args[:1])


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


# --- templates (check 20) --------------------------------------------------------------------------------------------------

TEMPLATES = ("{{7*7}}", "{% now 'Y' %}", "{{settings.SECRET_KEY}}", "${7*7}", "<%= 7*7 %>", "#{7*7}", "{% debug %}")


@pytest.mark.few_a_day(3)
@pytest.mark.parametrize("words", TEMPLATES)
def test_what_is_typed_is_never_a_template(words: str, cast: Cast, made: Any) -> None:
    """On a page, in a mail and in the HTML that a PDF is made of, it stands as it was typed."""
    draft, _piece, case = made[1]
    Organisation.objects.filter(pk=cast.organisation.pk).update(name_en=words)
    DeclaredUse.objects.filter(pk=draft.use_id).update(title=words)
    User.objects.filter(pk=cast.owner.pk).update(name=words)
    owner = User.objects.get(pk=cast.owner.pk)
    for place in (reverse("dashboard"), reverse("assessment", args=[draft.reference])):
        assert words in text_of(signed_in(owner).get(place).content.decode()), place
    signed_in(owner).post(
        reverse("people", args=[cast.organisation.reference]),
        {"email": "new@example.org", "access": "viewer", "note": words},
    )
    invited = [message for message in mail.outbox if message.to == ["new@example.org"]]
    assert words in invited[0].subject + invited[0].body
    messages.say(case.current_submission, words, by=cast.independent)
    assert words in text_of(
        signed_in(cast.independent)
        .get(reverse("review_messages", args=[case.current_submission.reference]))
        .content.decode()
    )


@pytest.mark.long
def test_no_template_is_made_of_text_at_run_time() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in PRODUCT
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and name_of(node) in {"Template", "from_string", "eval", "exec", "compile_string"}
    ]
    assert found == []


# --- what an address says comes back as words (check 19) ----------------------------------------------------------------------

MARKUP = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>"


class Tags(HTMLParser):
    """Collects what a browser would run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and not (given.get("src") or "").startswith("/static/"):
            self.found.append(tag)
        if given.get("src") == "x" or any(name.startswith("on") for name in given):
            self.found.append(self.get_starttag_text() or tag)


def runs_in(page: str) -> list[str]:
    tags = Tags()
    tags.feed(page)
    return tags.found


def test_what_a_request_says_comes_back_as_words(cast: Cast, made: Any) -> None:
    """The page of an address that leads nowhere, of a search, of the public check, of a form without its token."""
    draft = made[1][0]
    owner = signed_in(cast.owner)
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.force_login(cast.owner)
    pages = [
        Client().get(f"/nothing/{MARKUP}/"),
        Client().get(reverse("verify_form"), {"number": MARKUP}),
        Client().get(reverse("account_login"), {"next": MARKUP}),
        Client().post(reverse("account_login"), {"login": MARKUP, "password": "x"}),
        owner.get(f"/assessments/{MARKUP}/"),
        owner.get(reverse("assessments"), {"q": MARKUP, "tier": MARKUP, "sort": MARKUP, "after": MARKUP}),
        owner.get(reverse("evidence"), {"q": MARKUP}),
        owner.get(reverse("search", args=[draft.reference]), {"q": MARKUP}),
        owner.get(reverse("organisation_log", args=[cast.organisation.reference]), {"about": MARKUP, "since": MARKUP}),
        strict.post(
            reverse("answer", args=[draft.reference, "use-register"]), {"text": MARKUP}, headers={"Referer": MARKUP}
        ),
    ]
    assert {page.status_code for page in pages} >= {200, 403, 404}
    for page in pages:
        assert runs_in(page.content.decode()) == [], page.request["PATH_INFO"]
    assert (
        sum("alert(1)" in text_of(page.content.decode()) or "alert(1)" in page.content.decode() for page in pages) >= 4
    )


def test_the_parser_would_have_seen_it() -> None:
    assert len(runs_in(f"<p>{MARKUP}</p>")) == 2


# --- addresses that people give (check 25) -------------------------------------------------------------------------------------

BAD_LINKS = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
)


def piece_with(link: str) -> dict[str, str]:
    return {"title": "A link", "proves": "Who answers.", "confidentiality": "internal", "whole": "1", "link": link}


@pytest.mark.parametrize("link", BAD_LINKS)
def test_no_link_is_kept_that_leads_into_the_browser_itself(link: str, cast: Cast) -> None:
    response = signed_in(cast.owner).post(reverse("evidence_new"), piece_with(link))
    assert set(response.context["form"].errors) == {"link"}
    assert not Evidence.objects.filter(title="A link").exists()


def test_a_good_link_is_kept_and_one_with_a_line_break_plants_no_header(cast: Cast) -> None:
    owner = signed_in(cast.owner)
    assert owner.post(reverse("evidence_new"), piece_with("https://example.org/a")).status_code == 302
    assert owner.post(reverse("evidence_new"), piece_with("//example.org/c")).status_code == 302  # https is meant
    owner.post(reverse("evidence_new"), piece_with("https://example.org/b\r\nSet-Cookie: planted=1"))
    pieces = Evidence.objects.filter(title="A link")
    assert pieces.exists()
    for piece in pieces:
        leads = owner.get(reverse("evidence_file", args=[piece.reference, 1]))
        assert leads["Location"].startswith("https://example.org/")
        assert not {"\r", "\n"} & set(leads["Location"])
        assert "planted" not in leads.cookies


# --- lines of the log of the server (check 32) ------------------------------------------------------------------------------


def test_no_address_writes_a_line_of_its_own_into_the_log() -> None:
    """A line break or a code of the terminal in an address stays on the line of the request, as its escape."""
    with process_log() as written:
        for forged in ("%0aERROR%20forged", "%0d%0aERROR%20forged", "%1b[31mforged", "%c2%85forged", "%e2%80%a8forged"):
            Client().get(f"/nothing/{forged}/")
            Client().get(reverse("start"), headers={"Host": f"evil.example/{forged}"})
    lines = [line for line in written.getvalue().split("\n") if line]
    assert len([line for line in lines if "forged" in line]) >= 3
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} WARNING django", line) for line in lines)
    assert "\x1b" not in written.getvalue()
    assert "\r" not in written.getvalue()
