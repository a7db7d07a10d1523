"""What may stand in an address: the kinds of parts it has, and the sign NUL, which no address has."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse
from django.urls.exceptions import Resolver404

from assessments.models.base import ALPHABET, new_reference
from assessments.models.certificates import new_number
from tests.support.daily import mostly_long
from tests.support.factories import undone
from tests.system.security import sitemap

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql_alone, pytest.mark.slow_first(39)]


def test_every_reference_that_is_made_fits_its_address_and_no_other_sign_does():
    for _n in range(50):
        assert resolve(f"/systems/{new_reference()}/").url_name == "system"
        assert resolve(f"/certificates/{new_number()}/standing/").url_name == "certificate_status"
    for sign in (*"A01_-. '\"", "é", "ⅷ", "\x00", "\n"):
        assert sign not in ALPHABET
        with pytest.raises(Resolver404):
            resolve(f"/systems/abcdefghjkm{sign}/")
    for text in ("abc", "a" * 11, "a" * 13, ""):
        with pytest.raises(Resolver404):
            resolve(f"/systems/{text}/edit/")


def test_no_part_of_an_address_takes_every_sign_but_the_number_on_the_public_page():
    free = [route for route in sitemap.routes() if "<str:" in route]
    assert free == ["verify/<str:number>/"]


def test_a_link_is_not_made_to_what_is_no_reference():
    with pytest.raises(NoReverseMatch):
        reverse("system", args=["no-such"])


@pytest.mark.parametrize("place", mostly_long(sitemap.READ, 8), ids=lambda place: place.name)
def test_a_nul_in_an_address_is_nowhere_found_and_in_a_query_refused(place, site, browsers):
    """On PostgreSQL a text with a NUL is an error wherever it is looked for."""
    url = place.url(site)
    parts = re.findall(r"[^/]+", url)
    for part in parts:
        for made in (f"{part}%00", "%00", f"%00{part[1:]}"):
            with undone():
                answer = browsers[place.role].get(url.replace(part, made, 1))
            assert answer.status_code == 404, (url, made)
    with undone():
        assert browsers[place.role].get(f"{url}?q=%00").status_code == 400
        assert browsers[place.role].get(f"{url}?x=a&%00=1").status_code == 400


def test_a_nul_in_a_form_that_names_an_object_is_no_error(site, browsers):
    """A text in a field is refused by its form; a reference that a button names is looked for as it came."""
    group = site.places["use of the draft, facts on prohibited uses"]
    for name, args, form in (
        ("hold", site.places["hold of the use"], {"attach": "\x00"}),
        ("hold", site.places["hold of the use"], {"detach": "a\x00"}),
        ("action_evidence", site.places["reported action"], {"attach": "\x00"}),
        ("answer_evidence", site.places["draft, question"], {"attach": "\x00"}),
        ("reuse", site.places["draft"], {"from": "\x00"}),
        ("actions_dates", (), {"pick": "\x00/1", "due": "2030-01-01"}),
        ("facts_draft", group, {"illegal_purpose": "no\x00", "reason_illegal_purpose": "a\x00b"}),
        ("mark", site.places["submission in review"], {"target": "\x00", "mark": "accepted"}),
        ("reply", site.places["returned"], {"target": "\x00", "r-q-use-register-words": "a\x00b"}),
        ("filters", (), {"query": "q=%00", "name": "One"}),
    ):
        role = "independent" if name == "mark" else "owner"
        with undone():
            assert browsers[role].post(reverse(name, args=args), form).status_code < 500, (name, form)


def test_a_refused_address_is_answered_with_our_pages():
    client = Client(raise_request_exception=False)
    assert "Error 404" in client.get("/systems/%00/").content.decode()
    assert "Error 400" in client.get("/?q=%00").content.decode()
    assert client.get("/verify/?number=%2500").status_code == 200  # the three signs “%00” are no NUL
