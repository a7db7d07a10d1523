"""One story is asked once: a use starts from what the system's page says, its scope from what the use says."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from assessments.forms.scope import SCOPE_LENGTH, derive_scope
from assessments.guideline.wording import guess_people_word
from assessments.models import DeclaredUse
from tests.support.factories import fill, make_assessment, make_organisation, make_system, make_use
from tests.support.page_text import markup_of as text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

TOLD = {
    "title": "Booking by urgency",
    "purpose": "Sorts requests for an appointment.",
    "setting": "On the website of six clinics in Hong Kong",
    "people_affected": "Patients, about 40,000 a year",
}


@pytest.fixture
def system(cast, client):
    client.force_login(cast.owner)
    return make_system(cast.organisation, name="Booking helper", description="Sorts requests\n by urgency.")


def declare(client, system, **fields):
    return client.post(reverse("use_new", args=[system.reference]), {**TOLD, **fields})


def test_the_first_use_starts_from_the_description_of_its_system(client, system):
    page = client.get(reverse("use_new", args=[system.reference]))
    assert page.context["form"]["purpose"].value() == "Sorts requests by urgency."
    assert page.context["form"]["title"].value() == "Booking helper"
    declare(client, system)
    assert not client.get(reverse("use_new", args=[system.reference])).context["form"]["purpose"].value()


def test_a_scope_that_is_left_empty_is_put_together(client, system):
    declare(client, system)
    assert DeclaredUse.objects.get().scope_en == (
        "Sorts requests for an appointment. On the website of six clinics in Hong Kong."
        " People affected: patients, about 40,000 a year."
    )


def test_a_scope_that_is_typed_stands(client, system):
    declare(client, system, scope_en="Sorting by urgency at six clinics.")
    use = DeclaredUse.objects.get()
    assert use.scope_en == "Sorting by urgency at six clinics."
    edit = reverse("use_edit", args=[use.reference])
    client.post(edit, {**TOLD, "setting": "By telephone", "scope_en": "Sorting by urgency, by telephone."})
    use.refresh_from_db()
    assert use.scope_en == "Sorting by urgency, by telephone."


LONG = {
    "purpose": (
        "Reads patients' messages (Chinese and English) and proposes which of them need an urgent dental appointment."
        " Receptionists see the proposal and decide. Live since May in two of our nine clinics."
    ),
    "setting": (
        "At the reception desks of two of our nine dental clinics in Kowloon, on messages that patients send by"
        " WhatsApp and the web form. A receptionist sees each proposal and decides; no dentist checks."
    ),
    "people_affected": "Patients of two clinics, about 900 messages a month; 8 receptionists work with it.",
}


def test_a_scope_from_long_answers_keeps_who_checks_and_says_what_it_leaves_out(client, system):
    asked = {**TOLD, **LONG, "preview": "1"}
    preview = text_of(client.post(reverse("use_new", args=[system.reference]), asked, headers={"HX-Request": "true"}))
    assert (
        "To keep the scope short enough, we leave out these sentences: “At the reception desks of two of our nine dental clinics in Kowloon, on"
        in preview
    )
    assert declare(client, system, **LONG).status_code == 302
    use = DeclaredUse.objects.get()
    assert use.scope_en == (
        "Reads patients' messages (Chinese and English) and proposes which of them need an urgent dental appointment."
        " Receptionists see the proposal and decide. Live since May in two of our nine clinics. A receptionist sees each proposal and decides; no dentist checks."
        " People affected: patients of two clinics, about 900 messages a month; 8 receptionists work with it."
    )
    page = client.get(reverse("use_edit", args=[use.reference]))
    assert page.context["form"]["scope_en"].value() == use.scope_en


def test_a_scope_keeps_every_sentence_while_they_fit():
    scope = derive_scope(
        "Answers pet owners and books them.",
        "Chat window on our website, day and night. Nobody checks a booking before it reaches the owner",
        "About 9,000 pet owners a year",
    )
    assert scope.text == (
        "Answers pet owners and books them. Chat window on our website, day and night."
        " Nobody checks a booking before it reaches the owner. People affected: about 9,000 pet owners a year."
    )
    assert not scope.left_out


def test_what_does_not_fit_is_left_out_whole_and_named():
    places = [f"{'Place ' * 20}{n}." for n in range(4)]
    scope = derive_scope("Sorts.", " ".join([*places, "A nurse confirms each."]), "Patients")
    assert len(scope.text) <= SCOPE_LENGTH
    assert scope.text.endswith("A nurse confirms each. People affected: patients.")
    assert "…" not in scope.text
    assert scope.left_out == tuple(places[2:])


@pytest.mark.parametrize(
    "told",
    [
        {"purpose": "word " * 79 + "end", "setting": "place " * 66 + "end", "people_affected": "people " * 57},
        {"purpose": "w" * 400, "setting": "p" * 400, "people_affected": "q" * 400},
        {"purpose": "分" * 400, "setting": "診" * 400, "people_affected": "病" * 400},
        {"purpose": "Sorts.", "setting": "place " * 66 + "end", "people_affected": "Few"},
    ],
)
def test_a_scope_that_is_put_together_always_fits(client, system, told):
    assert declare(client, system, **told).status_code == 302
    scope = DeclaredUse.objects.get().scope_en
    assert 0 < len(scope) <= 400
    assert not re.search(r"\b(wor|plac|peopl|pl|pe|wo)…", scope)


def test_a_scope_that_is_typed_too_long_is_refused(client, system):
    response = declare(client, system, scope_en="x" * 401)
    assert "scope_en" in response.context["form"].errors
    assert not DeclaredUse.objects.exists()


def test_the_preview_shows_the_scope_that_would_be_put_together(client, system):
    asked = {**TOLD, "preview": "1"}
    preview = client.post(reverse("use_new", args=[system.reference]), asked, headers={"HX-Request": "true"})
    assert "This text comes from your answers above." in text_of(preview)
    assert "Sorts requests for an appointment. On the website" in text_of(preview)
    typed = {**asked, "scope_en": "My own."}
    preview = client.post(reverse("use_new", args=[system.reference]), typed, headers={"HX-Request": "true"})
    assert "text comes from your answers above" not in text_of(preview)


@pytest.mark.parametrize(
    ("purpose", "setting", "people", "scope"),
    [
        ("Drafts minutes.", "", "", "Drafts minutes."),
        ("Drafts minutes", "IT office", "", "Drafts minutes. IT office."),
        ("", "At home", "Nobody", ""),
    ],
)
def test_a_scope_is_put_together_from_what_is_there(purpose, setting, people, scope):
    assert derive_scope(purpose, setting, people).text == scope


# --- the word for the people affected -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("description", "word"),
    [
        ("Patients of the clinics, about 40,000 a year", "patients"),
        ("About 41,000 pupils, most of them minors, and their teachers.", ""),
        ("About 41,000 pupils, most of them minors.", "pupils"),
        ("About 9,000 pet owners a year, some of them upset; front desk staff of six clinics", ""),
        ("Front desk staff, callers", ""),
        ("Callers, staff", ""),
        ("Callers and staff", ""),
        ("Callers. Our own staff too.", ""),
        ("Applicants and their customers", ""),
        ("Our own clerks", "clerks"),
        ("Everybody in the mall", ""),
        ("", ""),
    ],
)
def test_the_word_for_people_is_taken_where_one_noun_is_clear(description, word):
    assert guess_people_word(description) == word


def test_a_use_takes_the_word_or_the_one_that_is_typed(client, system):
    declare(client, system)
    declare(client, system, title="Second", people_word=" Callers. ")
    assert [use.people_word for use in DeclaredUse.objects.order_by("pk")] == ["patients", "callers"]
    assert DeclaredUse.objects.get(title="Second").words.people == "callers"


def test_without_a_word_the_plan_says_the_people_affected(client, system):
    declare(client, system, people_affected="Everybody in the mall")
    assert DeclaredUse.objects.get().words.people == "the people affected"


@pytest.mark.parametrize(
    ("people", "word", "called"),
    [
        ("Patients, about 40,000 a year", "", "patients"),
        ("Pet owners; front desk staff", "", "the people affected"),
        ("Pet owners; front desk staff", "Pet owners", "pet owners"),
        ("Patients", "<b>", "patients"),
    ],
)
def test_the_form_shows_what_the_plan_will_call_the_people(client, system, people, word, called):
    asked = {**TOLD, "people_affected": people, "people_word": word, "preview": "1"}
    address = reverse("use_new", args=[system.reference])
    for headers in ({}, {"HX-Request": "true"}):
        assert f"In your plan, we will call these people “{called}”." in text_of(
            client.post(address, asked, headers=headers)
        )


@pytest.mark.parametrize("word", ["{people}", "40,000 patients", "<b>"])
def test_a_word_that_is_none_is_refused(client, system, word):
    response = declare(client, system, people_word=word)
    assert response.context["form"].errors["people_word"]


def test_a_use_that_is_declared_elsewhere_takes_the_word_too(cast):
    assert make_use("low", cast.organisation, declared=False).people_word == "patients"


# --- Chinese --------------------------------------------------------------------------------------------------------------


def test_hello_is_no_chinese_scope(client, system):
    response = declare(client, system, scope_zh="hello")
    assert response.context["form"].errors["scope_zh"] == ["Enter Chinese characters, or leave this empty."]
    assert not DeclaredUse.objects.exists()


@pytest.mark.parametrize("name", ["hello", "Harbourlight Limited", "12345"])
def test_hello_is_no_chinese_name(client, cast, name):
    client.force_login(cast.owner)
    response = client.post(
        reverse("organisation_edit", args=[cast.organisation.reference]),
        {"name_en": "Harbourlight", "name_zh": name, "place": "Hong Kong"},
    )
    assert response.context["form"].errors["name_zh"] == ["Enter Chinese characters, or leave this empty."]
    cast.organisation.name_zh = name
    with pytest.raises(ValidationError):
        cast.organisation.full_clean()


@pytest.mark.parametrize("name", ["", "港燈診所有限公司", "ABC 有限公司", "𠝹有限公司"])
def test_a_chinese_name_may_be_left_out_or_have_latin_letters(name):
    assert make_organisation("Other Limited", name_zh=name).name_zh == name


def test_the_scope_is_shown_at_signing_with_the_way_to_change_it(client, cast):
    assessment = make_assessment("draft", "limited", cast=cast)
    fill(assessment, by=cast.owner)
    client.force_login(cast.owner)
    page = text_of(client.get(reverse("sign", args=[assessment.reference])))
    assert assessment.use.scope_en in page
    assert f'href="{reverse("use_edit", args=[assessment.use.reference])}"' in page
