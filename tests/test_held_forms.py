"""A session that ends in the middle of typing: the form is kept for the person whose page it was, and for nobody else."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from assessments import declaring, tasks
from assessments.accounts import expired_forms
from assessments.models import Answer, Assessment, HeldPost, Membership, Role, State, User
from tests.factories import PASSWORD, Cast, anew, make_assessment, make_use, save

PRACTICE = "use-register"
HX = {"headers": {"HX-Request": "true"}}
pytestmark = pytest.mark.django_db


def once_for_all(cast: Cast) -> Assessment:
    return make_assessment(cast=cast, filled=False)


@pytest.fixture
def draft(made: tuple[Cast, Assessment], db: None) -> Assessment:
    return anew(made[1])


def section_of(assessment: Assessment) -> str:
    return reverse("section", args=[assessment.reference, "governance"])


def typed(user: User, base: int = 0, **fields: Any) -> dict[str, Any]:
    """A section's page of this person, as it is posted."""
    given = {"base": base, "operation": str(uuid.uuid4()), "choice": "partly", "text": "Typed too late.", **fields}
    return {f"{PRACTICE}--{name}": value for name, value in given.items()} | {"whose": expired_forms.sign_for(user)}


def kept_at(response: Any) -> str:
    """The address of the kept form, from the way to the sign-in page."""
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))
    return str(response["Location"]).partition("?next=")[2].replace("%2F", "/")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


# --- kept, and given back -------------------------------------------------------------------------------------------------


def test_a_form_sent_after_the_session_ended_is_saved_after_signing_in_again(
    client: Client, cast: Cast, draft: Any
) -> None:
    cast.owner.set_password(PASSWORD)
    cast.owner.save()
    client.force_login(cast.owner)
    assert 'name="whose" value="' in client.get(section_of(draft)).content.decode()
    form = typed(cast.owner)
    Session.objects.all().delete()
    sent = client.post(section_of(draft), form)
    here = kept_at(sent)
    sign_in = client.get(sent["Location"]).content.decode()
    assert "You had been signed out. What you typed is kept for one hour" in sign_in
    assert not Answer.objects.exists()
    after = client.post(reverse("account_login"), {"login": cast.owner.email, "password": PASSWORD, "next": here})
    assert after["Location"] == here
    page = client.get(here).content.decode()
    assert "Typed too late." in page
    assert "Save what I typed" in page
    client.post(here)
    assert Answer.objects.get(assessment=draft).text == "Typed too late."
    assert client.get(here).status_code == 404


def test_what_was_kept_meets_a_newer_version_in_the_panel(client: Client, cast: Cast, draft: Any) -> None:
    here = kept_at(client.post(section_of(draft), typed(cast.contributor)))
    save(draft, PRACTICE, {"choice": "in_place", "text": "Hers."}, by=cast.owner)
    page = signed_in(cast.contributor).post(here).content.decode()
    assert "Nothing was overwritten" in page
    assert "Typed too late.</textarea>" in page
    assert Answer.objects.get(assessment=draft).text == "Hers."


def test_facts_and_review_marks_are_kept_too(client: Client, cast: Cast) -> None:
    use = make_use("low", cast.organisation)
    group = declaring.current_edition(use).facts["safety_component"].group
    url = reverse("facts", args=[use.reference, group])
    here = kept_at(client.post(url, {"safety_component": "yes", "whose": expired_forms.sign_for(cast.owner)}))
    signed_in(cast.owner).post(here)
    assert use.facts.get(key="safety_component").value is True
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    page = reverse("review_section", args=[submission.reference, "governance"])
    reader = signed_in(cast.independent)
    assert 'name="whose" value="' in reader.get(page).content.decode()
    row = next(row for row in reader.get(page).context["rows"] if row.target == f"q:{PRACTICE}")
    marks = {f"{row.anchor}-mark": "accepted", f"{row.anchor}-base": "0", f"{row.anchor}-words": "Seen and believed."}
    here = kept_at(client.post(page, marks | {"whose": expired_forms.sign_for(cast.independent)}))
    assert "Marks of a review" in reader.get(here).content.decode()
    reader.post(here)
    assert submission.marks.get(target=f"q:{PRACTICE}").words == "Seen and believed."


def test_a_form_of_before_the_last_sign_in_is_kept_and_not_lost_to_its_old_token(cast: Cast, draft: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    response = client.post(section_of(draft), typed(cast.owner))
    assert response.status_code == 302
    page = client.get(response["Location"])
    assert "Typed too late." in page.content.decode()
    assert client.post(response["Location"]).status_code == 403  # the button itself is guarded
    assert not Answer.objects.exists()
    client.post(response["Location"], {"csrfmiddlewaretoken": client.cookies["csrftoken"].value})
    assert Answer.objects.get(assessment=draft).text == "Typed too late."


def test_what_is_kept_can_be_thrown_away(client: Client, cast: Cast, draft: Any) -> None:
    here = kept_at(client.post(section_of(draft), typed(cast.owner)))
    signed_in(cast.owner).post(here, {"drop": "1"})
    assert not HeldPost.objects.exists()
    assert not Answer.objects.exists()


@pytest.mark.parametrize(
    ("change", "status"), [({"role": Role.VIEWER}, 403), ({"left_at": "2026-01-01T00:00:00Z"}, 404)]
)
def test_words_that_may_not_be_saved_any_more_can_still_be_copied(
    client: Client, cast: Cast, draft: Any, change: dict[str, str], status: int
) -> None:
    here = kept_at(client.post(section_of(draft), typed(cast.contributor)))
    Membership.objects.filter(user=cast.contributor).update(**change)
    response = signed_in(cast.contributor).post(here)
    assert response.status_code == status
    assert "Typed too late." in response.content.decode()
    assert HeldPost.objects.exists()


# --- not for others, not for ever, not without bounds ---------------------------------------------------------------------


def test_nobody_else_sees_what_was_kept(client: Client, cast: Cast, draft: Any) -> None:
    here = kept_at(client.post(section_of(draft), typed(cast.owner)))
    assert client.get(here).status_code == 302
    for other in (cast.contributor, cast.outsider, cast.staff):
        stranger = signed_in(other)
        assert stranger.get(here).status_code == 404
        assert stranger.post(here).status_code == 404
        assert stranger.post(here, {"drop": "1"}).status_code == 404
    assert HeldPost.objects.count() == 1


def test_the_token_itself_is_not_stored(client: Client, cast: Cast, draft: Any) -> None:
    here = kept_at(client.post(section_of(draft), typed(cast.owner)))
    post = HeldPost.objects.get()
    assert here.rstrip("/").rpartition("/")[2] not in (post.token_digest, post.body, post.path)
    assert "whose" not in post.body


def test_only_a_form_that_names_its_reader_in_our_hand_is_kept(client: Client, cast: Cast, draft: Any) -> None:
    for whose in ("", str(cast.owner.pk), f"{cast.owner.pk}:1tzz:forged", signing.dumps(cast.owner.pk)):
        response = client.post(section_of(draft), typed(cast.owner) | {"whose": whose})
        assert response["Location"] == f"{reverse('account_login')}?next={section_of(draft)}"
    assert not HeldPost.objects.exists()


def test_a_form_with_a_file_is_not_kept(client: Client, cast: Cast, draft: Any) -> None:
    client.post(section_of(draft), typed(cast.owner) | {"file": SimpleUploadedFile("proof.txt", b"proof")})
    assert not HeldPost.objects.exists()


def test_a_form_of_more_than_a_megabyte_is_refused_with_its_words(client: Client, cast: Cast, draft: Any) -> None:
    response = client.post(section_of(draft), typed(cast.owner, text="Many words. " * 90_000))
    assert response.status_code == 413
    content = response.content.decode()
    assert "It is too long to be kept here." in content
    assert "Many words. Many words." in content
    assert not HeldPost.objects.exists()


def test_a_person_has_no_more_than_so_many_forms_kept(client: Client, cast: Cast, draft: Any) -> None:
    HeldPost.objects.bulk_create(
        HeldPost(token_digest=f"{n:064}", user=cast.owner, path="/", body="") for n in range(expired_forms.MAX_HELD)
    )
    response = client.post(section_of(draft), typed(cast.owner))
    assert response.status_code == 413
    assert "Too many forms of yours are being kept already." in response.content.decode()
    assert kept_at(client.post(section_of(draft), typed(cast.contributor)))


def test_after_an_hour_it_is_gone_and_swept(client: Client, cast: Cast, draft: Any) -> None:
    old = kept_at(client.post(section_of(draft), typed(cast.owner)))
    HeldPost.objects.update(at=timezone.now() - timedelta(minutes=61))
    young = kept_at(client.post(section_of(draft), typed(cast.owner)))
    assert signed_in(cast.owner).get(old).status_code == 404
    tasks.sweep()
    assert HeldPost.objects.count() == 1
    assert signed_in(cast.owner).get(young).status_code == 200


# --- script, the end of a session, a shared computer ------------------------------------------------------------------------


def test_script_is_told_by_a_401_and_nothing_is_kept(client: Client, cast: Cast, draft: Any) -> None:
    url = reverse("answer", args=[draft.reference, PRACTICE])
    response = client.post(url, typed(cast.owner), **HX)
    assert response.status_code == 401
    assert (response["HX-Reswap"], response["HX-Trigger"]) == ("none", "hk-signed-out")
    assert not HeldPost.objects.exists()


def test_a_page_says_when_its_session_ends_and_staying_puts_it_off(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    soon = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE - 500)
    Session.objects.update(expire_date=soon)
    page = client.get(reverse("dashboard")).content.decode()
    said = parse_datetime(page.split('data-session-ends="', 1)[1].partition('"')[0])
    assert said == soon
    assert "You will be signed out within five minutes." in page
    response = client.post(reverse("session"))
    assert response.status_code == 204
    ends = Session.objects.get().expire_date
    assert ends > timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE - 60)
    assert abs(parse_datetime(response["Session-Ends"]) - ends) < timedelta(seconds=2)


def test_looking_at_a_page_writes_the_session_every_ten_minutes_at_most(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    soon = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE - 500)
    Session.objects.update(expire_date=soon)
    client.get(reverse("dashboard"))
    assert Session.objects.get().expire_date == soon
    Session.objects.update(expire_date=soon - timedelta(minutes=10))
    client.get(reverse("dashboard"))
    assert Session.objects.get().expire_date > soon


def test_a_page_for_anybody_speaks_of_no_session(client: Client) -> None:
    page = client.get(reverse("start")).content.decode()
    assert "data-session-ends" not in page
    assert "session.js" not in page


@pytest.mark.parametrize("shared", [True, False])
def test_a_shared_computer_is_known_to_every_page_of_the_session(client: Client, cast: Cast, shared: bool) -> None:
    cast.owner.set_password(PASSWORD)
    cast.owner.save()
    page = client.get(reverse("account_login")).content.decode()
    assert "This is a shared computer" in page
    form = {"login": cast.owner.email, "password": PASSWORD} | ({"shared": "on"} if shared else {})
    client.post(reverse("account_login"), form)
    page = client.get(reverse("dashboard")).content.decode()
    assert ("data-shared-computer" in page.partition("<body")[2].partition(">")[0]) == shared
