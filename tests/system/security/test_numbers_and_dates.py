"""Numbers, days and places that come from outside: what no column can hold is refused or brought back, and never an error."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from assessments.forms import portfolio, remediation
from assessments.forms.fields import OUT_OF_DATE
from assessments.models import Answer, Submission
from tests.support.daily import mostly_long
from tests.support.factories import undone
from tests.support.world import QUESTION, SECTION

HUGE = "9" * 5000  # Python itself refuses to read it
LARGE = "9" * 20  # no column holds it
pytestmark = [pytest.mark.django_db, pytest.mark.postgresql_alone, pytest.mark.slow_first(45)]
NUMBERS = [HUGE, LARGE, "9" * 18, str(2**31), "-1", "٣", "1e9", "0x10", " 7 ", "\x00", ""]


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("number", mostly_long(NUMBERS, 3), ids=[f"{n[:4]}x{len(n)}" for n in NUMBERS])
def test_a_number_in_a_form_that_no_row_has_is_no_error(number, site, browsers):
    talk, history, section = (
        reverse(name, args=[site.places["draft"][0], QUESTION]) for name in ("comments", "history", "answer")
    )
    posts = [
        ("owner", talk, {"reply_to": number, "text": "Seen."}),
        *(("owner", talk, {name: number}) for name in ("resolve", "reopen", "take_back")),
        ("owner", reverse("inbox"), {"message": number}),
        ("owner", reverse("dashboard"), {"message": number}),
        ("owner", reverse("filters"), {"forget": number}),
        ("owner", reverse("model_card", args=site.places["plain use"]), {"confirm": number}),
        ("owner", reverse("reuse", args=site.places["draft"]), {"confirm": f"{QUESTION}:{number}"}),
        ("owner", history, {"number": number, "base": "1"}),
        ("owner", history, {"number": "1", "base": number}),
        ("owner", section, answered(base=number)),
        ("owner", section, answered(seen=number)),
        ("owner", reverse("actions_dates"), {"pick": f"{site.places['action'][0]}/{number}"}),
        ("owner", reverse("reply", args=site.places["returned"]), reply(number)),
        ("independent", reverse("mark", args=site.places["submission in review"]), mark(number)),
        ("owner", reverse("conformity_part", args=site.places["High draft, overseers"]), {f"who-{number}": "x"}),
    ]
    for role, url, form in posts:
        with undone():
            for more in ({}, {"headers": {"HX-Request": "true"}}):
                assert browsers[role].post(url, form, **more).status_code < 500, (url, form)


def answered(**given):
    form = {"choice": "in_place", "text": "It is.", "base": "0", "operation": str(uuid.uuid4()), **given}
    return {f"{QUESTION}--{name}": value for name, value in form.items()}


def reply(base):
    box = f"r-q-{QUESTION}"
    return {"target": f"q:{QUESTION}", f"{box}-words": "Page 3.", f"{box}-base": base, "resolve": f"{box}:{base}"}


def mark(base):
    row = f"q-{QUESTION}"
    return {"target": f"q:{QUESTION}", f"{row}-mark": "accepted", f"{row}-base": base, "resolve": f"{row}:{base}"}


@pytest.mark.parametrize("base", [LARGE, str(2**31)])
@pytest.mark.parametrize("htmx", [{}, {"headers": {"HX-Request": "true"}}], ids=["page", "htmx"])
def test_a_revision_that_no_answer_can_have_is_an_error_of_the_form(base, htmx, site, browsers):
    """Of a question without an answer it went into the database as it was."""
    url = reverse("answer", args=[site.places["fresh draft"][0], QUESTION])
    with undone():
        response = browsers["owner"].post(url, answered(base=base), **htmx)
        assert not Answer.objects.filter(assessment__reference=site.places["fresh draft"][0]).exists()
    assert response.status_code == 200
    assert str(OUT_OF_DATE) in response.content.decode()


ODD_PLACES = (
    "until=9999-12-31",
    "since=0001-01-01",
    "since=9999-12-31&until=0001-01-01",
    "after=999999999999999999",
    f"after={HUGE}",
    f"before={HUGE}",
    "after=-1",
    "before=0",
    "until=2026-02-30",
    "who=999999999999999999",
    f"who={HUGE}",
)


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("query", mostly_long(ODD_PLACES, 2), ids=lambda query: query[:30])
def test_a_log_asked_for_odd_days_and_places_is_a_page(query, site, browsers):
    review = Submission.objects.get(reference=site.places["submission in review"][0])
    for role, url in (
        ("owner", reverse("organisation_log", args=site.places["organisation"])),
        ("owner", reverse("assessment_log", args=site.places["in review"])),
        ("independent", reverse("review_log", args=[review.reference])),
    ):
        for ending in ("", "&as=csv", "&as=json"):
            response = browsers[role].get(f"{url}?{query}{ending}")
            assert response.status_code == 200, url
            if response.streaming:
                assert b"".join(response.streaming_content)


def test_the_log_behind_its_end_is_an_empty_page_that_leads_back(site, browsers):
    url = reverse("organisation_log", args=site.places["organisation"])
    shown = browsers["owner"].get(f"{url}?after=999999999999999999").context
    assert (shown["lines"], shown["newer"], shown["older"]) == ([], "", "")
    before = browsers["owner"].get(f"{url}?until=9999-12-31").context
    assert len(before["lines"]) == len(browsers["owner"].get(url).context["lines"])


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(
    "place", mostly_long(["9999-12-31T23:59:59-12:00~1", "0001-01-01T00:00:00+14:00~1", f"{HUGE}~{HUGE}", "~"], 2)
)
def test_the_places_of_lists_are_read_or_left_out(place, site, browsers):
    """In every order of each list; one that a list does not have is its usual one."""
    for name, role, orders in (
        ("assessments", "owner", portfolio.SORTS),
        ("actions", "owner", [remediation.BY_PACKAGE, *remediation.SORTS]),
        ("reviews", "independent", portfolio.SORTS[1:2]),
    ):
        for sort in ("", *(order for order, _words in orders)):
            for way in ("after", "before"):
                query = {way: place, "sort": sort}
                assert browsers[role].get(reverse(name), query).status_code == 200, (name, query)


def test_a_section_says_that_a_revision_cannot_be(site, browsers):
    """The whole page is posted, with one number that is out of reach: the page says so and keeps what was typed."""
    url = reverse("section", args=[site.places["fresh draft"][0], SECTION])
    with undone():
        shown = browsers["owner"].post(url, answered(base=LARGE)).content.decode()
    assert str(OUT_OF_DATE) in shown
    assert "It is." in shown
