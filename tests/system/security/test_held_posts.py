"""A stranger cannot prepare a form that its victim then sends: few pages are held, for their reader, and none acts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from assessments import urls
from assessments.accounts import expired_forms
from assessments.models import HeldPost, Invitation, Membership, State
from tests.support.factories import Cast, anew, make_assessment
from tests.support.held_forms import kept_at, left_open, section_of, signed_in, typed, whose_of
from tests.support.page_text import markup_of
from tests.system.security.doors import confirm_it_is_me, given_password

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
VALUES = {
    "reference": "aaaaaaaaaaaa", "key": "governance", "question": "use-register", "piece": "aaaaaaaaaaaa", "version": 1,
    "number": 1, "pk": 1, "seat": "first", "kind": "plan", "group": "tier", "appeal": "aaaaaaaaaaaa", "token": "x",
    "anchor": "q-use-register",
    "name": "privacy", "batch": "00000000-0000-0000-0000-000000000000", "clause": "3.2.1/ensure-data-security",
}  # fmt: skip


def once_for_all(cast: Cast) -> Any:
    return make_assessment(cast=cast, filled=False)


@pytest.fixture
def draft(made: tuple[Cast, Any], db: None) -> Any:
    return anew(made[1])


def test_the_found_attack_holds_nothing(cast: Cast, draft: Any) -> None:
    """Somebody saw the source of a page of the owner's, and posts an invitation in her name without being signed in."""
    whose = whose_of(signed_in(cast.owner).get(section_of(draft)))
    people = reverse("people", args=[cast.organisation.reference])
    form = {"whose": whose, "email": "attacker@evil.example", "access": "owner"}
    response = Client().post(people, form)
    assert response["Location"] == f"{reverse('account_login')}?next={people}"
    # Nor with her own browser, where a page of the attacker's makes it send the form.
    client, whose = left_open(cast.owner, section_of(draft))
    assert "/held/" not in client.post(people, form | {"whose": whose})["Location"]
    assert not HeldPost.objects.exists()
    assert not Invitation.objects.exists()


def test_a_named_page_is_not_held_from_another_browser(cast: Cast, draft: Any) -> None:
    _client, whose = left_open(cast.owner, section_of(draft))
    response = Client().post(section_of(draft), typed(whose))
    assert response.status_code == 403
    stranger = Client()
    for cookie in (whose.rpartition(":")[2], "", "." * 9, "a.b.c.d"):
        stranger.cookies["hk-pages"] = cookie
        assert stranger.post(section_of(draft), typed(whose)).status_code == 403
    assert not HeldPost.objects.exists()


def test_no_page_shows_by_what_its_browser_is_known(cast: Cast, draft: Any) -> None:
    client = signed_in(cast.owner)
    page = client.get(section_of(draft)).content.decode()
    cookie = client.cookies["hk-pages"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie.value not in page
    assert client.session.session_key not in cookie.value
    client.cookies.clear()
    client.cookies["sessionid"] = cookie.value  # it signs nobody in
    assert client.get(section_of(draft)).status_code == 302


def test_a_name_is_good_for_its_page_alone(cast: Cast, draft: Any) -> None:
    other = make_assessment(cast=cast, filled=False)
    client, whose = left_open(cast.owner, section_of(draft))
    for page in (section_of(other), reverse("section", args=[draft.reference, "affected"])):
        assert client.post(page, typed(whose)).status_code == 403
    assert not HeldPost.objects.exists()
    assert kept_at(client.post(section_of(draft), typed(whose)))


def test_a_page_is_held_that_stood_open_through_many_fresh_proofs(cast: Cast, draft: Any) -> None:
    """Each changes the key of the session; the browser is known by its first one."""
    client = signed_in(given_password(cast.owner))
    whose = whose_of(client.get(section_of(draft)))
    keys = {client.session.session_key}
    for _n in range(6):
        confirm_it_is_me(client)
        client.get(reverse("section", args=[draft.reference, "affected"]))
        keys.add(client.session.session_key)
    assert len(keys) == 7
    client.session.flush()
    assert kept_at(client.post(section_of(draft), typed(whose)))


def test_a_name_is_good_for_twelve_hours(cast: Cast, draft: Any) -> None:
    client, whose = left_open(cast.owner, section_of(draft))
    later = (timezone.now() + timedelta(hours=12, minutes=1)).timestamp()
    with mock.patch("django.core.signing.time.time", return_value=later):
        assert client.post(section_of(draft), typed(whose)).status_code == 403
    assert not HeldPost.objects.exists()


@pytest.mark.long
def test_every_other_address_of_the_site_holds_nothing(cast: Cast, draft: Any) -> None:
    """Driven by the map of the site, each with a name that was signed for that very address."""
    client, _whose = left_open(cast.owner, section_of(draft))
    key = "a-session-that-has-ended"
    client.cookies["hk-pages"] = expired_forms.browser_of(key)
    held = set()
    for pattern in urls.urlpatterns:
        try:
            certificate = {"number": "HKG-AAAA-AAAA-A"} if "HKG" in pattern.pattern.regex.pattern else {}
            url = reverse(pattern.name, args=[(VALUES | certificate)[name] for name in pattern.pattern.converters])
        except NoReverseMatch:
            pytest.fail(f"no arguments for {pattern.name}")
        form = {"whose": expired_forms.sign_for(cast.owner, url, key), "text": "Two words", "email": "x@evil.example"}
        before = HeldPost.objects.count()
        client.post(url, form)
        if HeldPost.objects.count() > before:
            held.add(pattern.name)
        client.cookies["hk-pages"] = expired_forms.browser_of(key)
    assert held == set(expired_forms.NAMED)


def test_the_page_of_a_kept_form_has_no_button_that_does_what_was_typed(cast: Cast, draft: Any) -> None:
    client, whose = left_open(cast.owner, section_of(draft))
    here = kept_at(client.post(section_of(draft), typed(whose)))
    owner = signed_in(cast.owner)
    page = markup_of(owner.get(here))
    main = page.partition("<main")[2].partition("</main")[0]
    assert main.count("<button") == 1
    assert 'name="drop"' in main
    for form in ({}, {"save": "1"}, typed(whose)):
        owner.post(here, form)
    assert not draft.answers.exists()


def test_a_kept_form_that_an_older_release_left_shows_its_words_and_acts_on_nothing(cast: Cast) -> None:
    people = reverse("people", args=[cast.organisation.reference])
    token = expired_forms.hold(cast.owner.pk, people, QueryDict("email=attacker%40evil.example&access=owner"))
    page = signed_in(cast.owner).get(reverse("held", args=[token]))
    assert page.context["back"] == ""
    signed_in(cast.owner).post(reverse("held", args=[token]))
    assert not Invitation.objects.exists()


def test_filling_a_page_again_changes_nothing_and_no_role(cast: Cast) -> None:
    case = make_assessment(State.DRAFT, "limited", cast=cast)
    client, whose = left_open(cast.contributor, section_of(case))
    here = kept_at(client.post(section_of(case), typed(whose)))
    before = list(case.answers.order_by("pk").values()), list(Membership.objects.order_by("pk").values())
    reader = signed_in(cast.contributor)
    reader.get(reader.get(here).context["back"])
    assert before == (list(case.answers.order_by("pk").values()), list(Membership.objects.order_by("pk").values()))
