"""A session that ends in the middle of typing: the form is kept for the person whose page it was, and for nobody else."""

from __future__ import annotations

import uuid
from datetime import timedelta
from html.parser import HTMLParser
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

from assessments import scheduled_tasks
from assessments.domain.facts import values
from assessments.models import Answer, Assessment, HeldPost, Membership, Role, State, User
from tests.support.factories import PASSWORD, Cast, anew, make_assessment, make_use, mark_all, proved, save
from tests.support.held_forms import PRACTICE, kept_at, left_open, section_of, signed_in, typed, whose_of
from tests.support.page_text import markup_of

HX = {"headers": {"HX-Request": "true"}}
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def once_for_all(cast: Cast) -> Assessment:
    return make_assessment(cast=cast, filled=False)


@pytest.fixture
def draft(made: tuple[Cast, Assessment], db: None) -> Assessment:
    return anew(made[1])


def sent_late(user: User, page: str, **fields: Any) -> Any:
    """What comes of a section's page that is posted after the session ended."""
    client, whose = left_open(user, page)
    return client.post(page, typed(whose, **fields))


def back_on(client: Client, here: str) -> Any:
    """The page of a kept form with what was typed in it, by the link of what is kept."""
    response = client.get(client.get(here).context["back"])
    assert "Check your text in the form, then save it." in response.content.decode()
    return response


def fields_in(response: Any) -> dict[str, str]:
    """The fields of the form of a page, as a browser without script would send them."""
    form = FormReader()
    form.feed(response.content.decode())
    return form.fields


class FormReader(HTMLParser):
    """Reads what the controls of a page hold."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.writing = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if "disabled" in given or not name:
            return
        if tag == "textarea":
            self.writing, self.fields[name] = name, ""
        elif tag == "input" and (given.get("type") not in ("radio", "checkbox", "submit") or "checked" in given):
            self.fields[name] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.writing = ""

    def handle_data(self, data: str) -> None:
        if self.writing:
            self.fields[self.writing] += data


# --- kept, and given back -------------------------------------------------------------------------------------------------


def test_a_form_sent_after_the_session_ended_fills_its_page_again_and_is_saved_there(
    client: Client, cast: Cast, draft: Any
) -> None:
    cast.owner.set_password(PASSWORD)
    cast.owner.save()
    client.force_login(cast.owner)
    whose = whose_of(client.get(section_of(draft)))
    Session.objects.all().delete()
    sent = client.post(section_of(draft), typed(whose))
    here = kept_at(sent)
    sign_in = client.get(sent["Location"]).content.decode()
    assert "Sign in again to save your text." in sign_in
    assert not Answer.objects.exists()
    after = client.post(reverse("account_login"), {"login": cast.owner.email, "password": PASSWORD, "next": here})
    assert after["Location"] == here
    page = client.get(here).content.decode()
    assert "Typed too late." in page
    assert "Answers to questions" in page  # what it is
    assert draft.use.title in page  # and where
    assert section_of(draft) in page
    client.post(here)
    assert not Answer.objects.exists()  # no press on this page saves anything
    filled = back_on(client, here)
    assert not Answer.objects.exists()
    client.post(section_of(draft), fields_in(filled))
    answer = Answer.objects.get(assessment=draft)
    assert (answer.text, answer.choice) == ("Typed too late.", "partly")
    assert client.get(here).status_code == 404


def test_a_filled_page_that_is_left_is_kept_till_its_hour_is_over(cast: Cast, draft: Any) -> None:
    here = kept_at(sent_late(cast.owner, section_of(draft)))
    client = signed_in(cast.owner)
    back_on(client, here)
    assert "Typed too late." in back_on(client, here).content.decode()
    assert not Answer.objects.exists()


def test_held_answer_with_a_newer_version_shows_both(cast: Cast, draft: Any) -> None:
    here = kept_at(sent_late(cast.contributor, section_of(draft)))
    save(draft, PRACTICE, {"choice": "in_place", "text": "Hers."}, by=cast.owner)
    client = signed_in(cast.contributor)
    page = markup_of(client.post(section_of(draft), fields_in(back_on(client, here))))
    assert "Nothing was overwritten" in page
    assert "Typed too late.</textarea>" in page
    assert Answer.objects.get(assessment=draft).text == "Hers."


def test_untouched_answer_of_a_held_form_shows_the_present_text(cast: Cast, draft: Any) -> None:
    save(draft, PRACTICE, {"choice": "partly", "text": "First."}, by=cast.owner)
    here = kept_at(sent_late(cast.contributor, section_of(draft), base=1, text="First."))
    save(draft, PRACTICE, {"choice": "in_place", "text": "Second."}, by=cast.owner)
    page = markup_of(back_on(signed_in(cast.contributor), here))
    assert "Second.</textarea>" in page
    assert "First.</textarea>" not in page


@pytest.mark.long
def test_facts_form_after_the_session_ended_is_held(cast: Cast) -> None:
    use = make_use("low", cast.organisation)
    group = values.current_edition(use).facts["safety_component"].group
    url = reverse("facts", args=[use.reference, group])
    client, whose = left_open(cast.owner, url)
    here = kept_at(client.post(url, {"safety_component": "yes", "whose": whose}))
    client = signed_in(cast.owner)
    before = use.facts.filter(key="safety_component").values_list("value", flat=True).first()
    page = client.get(here).content.decode()
    assert "Facts about a use" in page
    assert use.title in page
    filled = back_on(client, here)
    assert use.facts.filter(key="safety_component").values_list("value", flat=True).first() == before
    client.post(url, fields_in(filled))
    assert use.facts.get(key="safety_component").value is True


@pytest.mark.long
def test_marks_form_after_the_session_ended_is_held(cast: Cast) -> None:
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    page = reverse("review_section", args=[submission.reference, "governance"])
    client, whose = left_open(cast.independent, page)
    row = next(row for row in signed_in(cast.independent).get(page).context["rows"] if row.target == f"q:{PRACTICE}")
    marks = {f"{row.anchor}-mark": "accepted", f"{row.anchor}-base": "0", f"{row.anchor}-words": "Seen and believed."}
    here = kept_at(client.post(page, marks | {"whose": whose}))
    reader = signed_in(cast.independent)
    assert "Marks in a review" in reader.get(here).content.decode()
    filled = back_on(reader, here)
    assert not submission.marks.exists()
    reader.post(page, fields_in(filled))
    assert submission.marks.get(target=f"q:{PRACTICE}").words == "Seen and believed."
    assert not HeldPost.objects.exists()


@pytest.mark.parametrize(
    ("name", "field", "what", "decided"),
    [
        ("approve", "statement", "The approval of a submission", "approve"),
        ("refuse", "statement", "The refusal of a submission", "refuse"),
        ("send_back", "words", "The return of a submission", "return"),
    ],
)
def test_the_text_of_a_decision_is_kept_and_decides_nothing_by_itself(
    cast: Cast, name: str, field: str, what: str, decided: str
) -> None:
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    mark_all(
        submission, by=cast.independent, change={f"q:{PRACTICE}": "The newest entry."} if name == "send_back" else None
    )
    page = reverse(name, args=[submission.reference])
    client, whose = left_open(cast.independent, page)
    here = kept_at(client.post(page, {field: "Read on two days.", "whose": whose}))
    other = signed_in(cast.second_independent)
    assert other.get(here).status_code == 404
    reader = proved(Client(), cast.independent)
    assert what in reader.get(here).content.decode()
    filled = back_on(reader, here)
    assert filled.context["form"][field].value() == "Read on two days."
    assert not submission.decisions.exists()
    assert reader.post(page, fields_in(filled)).status_code == 302
    decision = submission.decisions.get()
    assert decision.kind == decided
    assert "Read on two days." in decision.statement
    assert not HeldPost.objects.exists()


@pytest.mark.long
def test_changes_to_what_was_sent_back_are_kept_too(cast: Cast) -> None:
    returned = make_assessment(State.RETURNED, "limited", cast=cast)
    page = reverse("returned", args=[returned.reference])
    key = signed_in(cast.owner).get(page).context["questions"][0].key
    client, whose = left_open(cast.owner, page)
    words = {f"r-q-{key}-words": "It is on page 3.", f"r-q-{key}-base": "0", f"r-q-{key}-operation": str(uuid.uuid4())}
    here = kept_at(client.post(page, words | {"whose": whose}))
    client = signed_in(cast.owner)
    filled = back_on(client, here)
    client.post(page, fields_in(filled))
    assert returned.current_submission.replies.get(target=f"q:{key}").words == "It is on page 3."


def test_a_form_of_before_the_last_sign_in_is_kept_and_not_lost_to_its_old_token(cast: Cast, draft: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    whose = whose_of(client.get(section_of(draft)))
    client.force_login(cast.owner)  # a session of its own, and another token
    client.get(section_of(draft))
    response = client.post(section_of(draft), typed(whose))
    assert response.status_code == 302
    page = client.get(response["Location"])
    assert "Typed too late." in page.content.decode()
    assert client.post(response["Location"], {"drop": "1"}).status_code == 403  # the button itself is guarded
    assert not Answer.objects.exists()
    fields = fields_in(back_on(client, response["Location"]))
    client.post(section_of(draft), fields)
    assert Answer.objects.get(assessment=draft).text == "Typed too late."


def test_held_form_dropped_by_its_person_is_deleted(cast: Cast, draft: Any) -> None:
    here = kept_at(sent_late(cast.owner, section_of(draft)))
    signed_in(cast.owner).post(here, {"drop": "1"})
    assert not HeldPost.objects.exists()
    assert not Answer.objects.exists()


def test_words_of_a_page_that_is_gone_can_still_be_copied(cast: Cast, draft: Any) -> None:
    here = kept_at(sent_late(cast.contributor, section_of(draft)))
    Membership.objects.filter(user=cast.contributor).update(left_at="2026-01-01T00:00:00Z")
    page = signed_in(cast.contributor).get(here)
    assert page.context["back"] == ""
    assert "Typed too late." in page.content.decode()
    assert "can no longer open the page" in page.content.decode()
    assert draft.use.title not in page.content.decode()  # what is not theirs any more is not named
    assert HeldPost.objects.exists()


def test_words_that_a_role_may_not_save_any_more_stand_on_the_page(cast: Cast, draft: Any) -> None:
    here = kept_at(sent_late(cast.contributor, section_of(draft)))
    Membership.objects.filter(user=cast.contributor).update(role=Role.VIEWER)
    response = back_on(signed_in(cast.contributor), here)
    assert response.status_code == 403
    assert "Typed too late.</textarea>" in markup_of(response)
    assert HeldPost.objects.exists()


# --- not for others, not for ever, not without bounds ---------------------------------------------------------------------


def test_held_form_of_somebody_else_is_not_found(client: Client, cast: Cast, draft: Any) -> None:
    here = kept_at(sent_late(cast.owner, section_of(draft)))
    token = here.rstrip("/").rpartition("/")[2]
    assert client.get(here).status_code == 302
    for other in (cast.contributor, cast.outsider, cast.staff):
        stranger = signed_in(other)
        assert stranger.get(here).status_code == 404
        assert stranger.post(here).status_code == 404
        assert stranger.post(here, {"drop": "1"}).status_code == 404
    assert "Typed too late." not in signed_in(cast.contributor).get(section_of(draft), {"held": token}).content.decode()
    assert HeldPost.objects.count() == 1


def test_what_was_kept_fills_its_own_page_and_no_other(cast: Cast, draft: Any) -> None:
    here = kept_at(sent_late(cast.owner, section_of(draft)))
    token = here.rstrip("/").rpartition("/")[2]
    other = make_assessment(cast=cast, filled=False)
    assert "Typed too late." not in signed_in(cast.owner).get(section_of(other), {"held": token}).content.decode()


def test_held_form_row_does_not_store_its_token(cast: Cast, draft: Any) -> None:
    here = kept_at(sent_late(cast.owner, section_of(draft)))
    post = HeldPost.objects.get()
    assert here.rstrip("/").rpartition("/")[2] not in (post.token_digest, post.body, post.path)
    assert "whose" not in post.body


def test_a_form_that_does_not_name_its_reader_in_our_hand_comes_back_as_its_words(
    client: Client, cast: Cast, draft: Any
) -> None:
    for whose in ("", str(cast.owner.pk), f"{cast.owner.pk}:1tzz:forged", signing.dumps(cast.owner.pk)):
        response = client.post(section_of(draft), typed(whose))
        assert response.status_code == 403
        assert "Typed too late." in response.content.decode()
        assert reverse("account_login") in response.content.decode()
    assert not HeldPost.objects.exists()


def test_no_words_of_any_form_are_lost_to_a_session_that_ended(client: Client, cast: Cast, draft: Any) -> None:
    url = reverse("comments", args=[draft.reference, PRACTICE])
    response = client.post(url, {"text": "A long remark."})
    assert response.status_code == 403
    assert "A long remark." in response.content.decode()
    assert client.post(url, {"resolve": "1"}).status_code == 302  # nothing was written: to the sign-in page


def test_a_form_with_a_file_is_not_kept(cast: Cast, draft: Any) -> None:
    client, whose = left_open(cast.owner, section_of(draft))
    client.post(section_of(draft), typed(whose) | {"file": SimpleUploadedFile("proof.txt", b"proof")})
    assert not HeldPost.objects.exists()


def test_a_form_of_more_than_a_megabyte_is_refused_with_its_words(cast: Cast, draft: Any) -> None:
    response = sent_late(cast.owner, section_of(draft), text="Many words. " * 90_000)
    assert response.status_code == 413
    content = response.content.decode()
    assert "We could not keep your text, because it is too long." in content
    assert "Many words. Many words." in content
    assert not HeldPost.objects.exists()


def test_an_address_has_no_more_than_so_many_forms_kept(cast: Cast, draft: Any, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"held_form": {"address": (2, 3600)}}
    client, whose = left_open(cast.owner, section_of(draft))
    for _n in range(2):
        assert kept_at(client.post(section_of(draft), typed(whose)))
    response = client.post(section_of(draft), typed(whose))
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "Too many forms from your network address are already saved." in response.content.decode()
    assert "Typed too late." in response.content.decode()
    # Nobody uses up the places of somebody else: from another address the same person's forms are kept.
    assert kept_at(client.post(section_of(draft), typed(whose), REMOTE_ADDR="198.51.100.7"))


def test_held_form_after_an_hour_is_not_found_and_is_deleted(cast: Cast, draft: Any) -> None:
    old = kept_at(sent_late(cast.owner, section_of(draft)))
    HeldPost.objects.update(at=timezone.now() - timedelta(minutes=61))
    young = kept_at(sent_late(cast.owner, section_of(draft)))
    assert signed_in(cast.owner).get(old).status_code == 404
    scheduled_tasks.sweep()
    assert HeldPost.objects.count() == 1
    assert signed_in(cast.owner).get(young).status_code == 200


# --- script, the end of a session, a shared computer ------------------------------------------------------------------------


def test_script_is_told_by_a_401_and_nothing_is_kept(client: Client, cast: Cast, draft: Any) -> None:
    url = reverse("answer", args=[draft.reference, PRACTICE])
    response = client.post(url, typed(str(cast.owner.pk)), **HX)
    assert response.status_code == 401
    assert (response["HX-Reswap"], response["HX-Trigger"]) == ("none", "hk-signed-out")
    assert not HeldPost.objects.exists()


def test_a_page_says_when_its_session_ends_and_staying_puts_it_off(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    soon = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE - 500)
    Session.objects.update(expire_date=soon)
    page = markup_of(client.get(reverse("dashboard")))
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
    page = markup_of(client.get(reverse("account_login")))
    assert "This is a shared computer" in page
    form = {"login": cast.owner.email, "password": PASSWORD} | ({"shared": "on"} if shared else {})
    client.post(reverse("account_login"), form)
    page = markup_of(client.get(reverse("dashboard")))
    assert ("data-shared-computer" in page.partition("<body")[2].partition(">")[0]) == shared
