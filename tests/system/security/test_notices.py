"""The pages that an operator edits: what ships, what replaces it, and what a faulty file does."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.urls import reverse

from assessments.core import notices, plain_text
from assessments.core.plain_text import CannotRead
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
VALUES = {"operator": "Harbour Office", "contact": "desk@example.org", "address": ""}


def html(text: str) -> str:
    return str(plain_text.read(f"# Title\n{text}", VALUES).html)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one\ntwo\n\nthree", "<p>one two</p>\n<p>three</p>"),
        ("## Two\n### Three\nwords", "<h2>Two</h2>\n<h3>Three</h3>\n<p>words</p>"),
        ("words\n- a\n- b\n  more\n\nend", "<p>words</p>\n<ul><li>a</li><li>b more</li></ul>\n<p>end</p>"),
        ("**so** [it is](/method/)", '<p><strong>so</strong> <a href="/method/">it is</a></p>'),
        ("[out](https://example.org/?a=1&b=2)", '<p><a href="https://example.org/?a=1&amp;b=2">out</a></p>'),
        ("{operator}, {contact}", '<p>Harbour Office, <a href="mailto:desk@example.org">desk@example.org</a></p>'),
        ("**{operator}**", "<p><strong>Harbour Office</strong></p>"),
        ("{address}", '<p><mark class="hk-to-fill">To be filled in: address</mark></p>'),
        (
            "{fill: your <b>day</b>}",
            '<p><mark class="hk-to-fill">To be filled in: your &lt;b&gt;day&lt;/b&gt;</mark></p>',
        ),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ('[a"><b>](/x"onclick="y)', '<p><a href="/x&quot;onclick=&quot;y">a&quot;&gt;&lt;b&gt;</a></p>'),
        ("![no](picture) `code`", None),
    ],
)
def test_a_small_subset_is_drawn_and_everything_else_is_text(text, shown):
    if shown is None:
        with pytest.raises(CannotRead, match="line 2: the link picture must begin with"):
            html(text)
    else:
        assert html(text) == shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("words", "line 1: the first line must be the title"),
        ("# One\n# Two", "line 2: there is a second title"),
        ("# One\n\n#### Four", "line 3: begin a heading with at most three # signs"),
        ("# One\n{unknown}", r"line 2: \{unknown\} is not a known value"),
        ("# One\nsee\n[x](javascript:alert(1))", None),
        ("# One\nsee\n[x](javascript:alert)", "line 3: the link javascript:alert must begin with"),
        ("# One\n[x](//evil.example)", r"line 2: the link //evil\.example must begin with"),
        ("# One\n[x](data:text/html,x)", "line 2: the link data:text/html,x must begin with"),
        ("# One\n" + "a" * 100_001, "longer than 100000"),
    ],
)
def test_a_faulty_text_says_what_is_wrong_and_where(text, said):
    if said is None:  # brackets within a link are none of ours: it stays text
        assert "href" not in plain_text.read(text, VALUES).html
        return
    with pytest.raises(CannotRead, match=said):
        plain_text.read(text, VALUES)


@pytest.mark.parametrize("name", notices.NAMES)
def test_each_text_that_ships_can_be_read_by_anybody_and_says_who_did_not_write_it(name, client, settings):
    settings.OPERATOR_NAME = ""
    page = client.get(reverse("notice", args=[name]))
    assert page.status_code == 200
    assert "To be filled in" not in page.content.decode()
    assert "mailto:help@localhost" in page.content.decode().partition("<main")[2]
    assert "Some details of this installation have not been filled in yet." in page.content.decode()
    settings.OPERATOR_NAME, settings.OPERATOR_ADDRESS = "Harbour <Office>", "1 Pier Road"
    settings.HELP_CONTACT = "desk@example.org"
    text = client.get(reverse("notice", args=[name])).content.decode()
    assert "To be filled in: operator" not in text
    assert "Harbour &lt;Office&gt;" in text
    assert "not run or endorsed by the Government" in text  # in the footer, with the links
    for other in notices.NAMES:
        assert f'href="{reverse("notice", args=[other])}"' in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Run by {operator}. Post: {address}. End.", "<p>Run by Harbour Office. End.</p>"),
        ("- Post: {address}\n- Email", "<ul><li>Email</li></ul>"),
        ("## Empty\n{fill: it}\n## Full\nWords.", "<h2>Full</h2>\n<p>Words.</p>"),
        ("## Last\n### Below\n- {address}", ""),
        ("We answer within {fill: number} days. **{address}**", ""),
    ],
)
def test_readers_meet_no_gap_within_a_sentence(text, shown):
    page = plain_text.read(f"# Title\n{text}", VALUES, marked=False)
    assert page.html == shown
    assert page.missing


def test_who_runs_it_sees_what_to_set(client, settings):
    settings.OPERATOR_NAME = ""
    client.force_login(make_user("Stefan Staff", is_staff=True))
    page = client.get(reverse("notice", args=["contact"])).content.decode()
    for words in (
        "HKGUIDE_OPERATOR_NAME",
        "HKGUIDE_OPERATOR_ADDRESS",
        "HKGUIDE_HELP_CONTACT",
        "To be filled in: operator",
    ):
        assert words in page


def test_the_privacy_notice_names_the_ordinance_its_rights_and_the_named_terms(client, settings):
    settings.DELETION_DAYS, settings.SESSION_LONGEST = 45, 36 * 3600
    text = client.get(reverse("notice", args=["privacy"])).content.decode()
    for words in ("(Cap. 486)", "section 18", "section 22", "within 40 days", "45 days after", "after 36 hours"):
        assert words in text
    assert "section 37" in client.get(reverse("notice", args=["complain"])).content.decode()


def test_a_page_that_there_is_not_is_not_found_and_none_takes_a_post(client):
    assert client.get(reverse("notice", args=["recipes"])).status_code == 404
    assert client.post(reverse("notice", args=["terms"])).status_code == 405


def test_a_file_of_the_operator_stands_in_the_place_of_the_products_own(client, settings, tmp_path):
    settings.PAGES_DIR = str(tmp_path)
    (tmp_path / "terms.md").write_text("\ufeff# Our own terms\nBe kind, says {operator}.", encoding="utf-8")
    settings.OPERATOR_NAME = "Harbour Office"
    text = client.get(reverse("notice", args=["terms"])).content.decode()
    assert "Our own terms" in text
    assert "Be kind, says Harbour Office." in text
    assert "Privacy notice" in client.get(reverse("notice", args=["privacy"])).content.decode()
    (tmp_path / "terms.en.md").write_text("# The terms in English\n", encoding="utf-8")
    assert "The terms in English" in client.get(reverse("notice", args=["terms"])).content.decode()


def test_a_faulty_file_names_itself_in_the_check_and_its_page_says_so(client, settings, tmp_path):
    settings.PAGES_DIR = str(tmp_path)
    call_command("check")
    (tmp_path / "privacy.md").write_bytes(b"# Caf\xe9")
    (tmp_path / "contact.md").write_text("# Contact\n[x](javascript:1)")
    (tmp_path / "impressum.md").write_text("# Impressum")
    with pytest.raises(SystemCheckError) as refused:
        call_command("check")
    for words in (
        "privacy.md cannot be read",
        "contact.md: line 2: the link javascript:1 must begin with",
        "impressum.md is not the name of a page",
    ):
        assert words in str(refused.value)
    page = client.get(reverse("notice", args=["contact"]))
    assert page.status_code == 503
    assert "This page cannot be shown now" in page.content.decode()


def test_a_folder_that_is_not_there_names_itself(settings, tmp_path):
    settings.PAGES_DIR = str(tmp_path / "gone")
    assert list(notices.faults()) == [f"HKGUIDE_PAGES_DIR is not a folder: {tmp_path / 'gone'}"]
