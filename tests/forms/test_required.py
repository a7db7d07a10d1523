"""What a field says that is left empty: what to enter, never only that something is missing."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from django import forms
from django.urls import reverse

import assessments.forms
from assessments.forms.evidence import NewEvidenceForm
from assessments.forms.organisations import OrganisationForm
from assessments.forms.systems import SystemForm, UseForm

DJANGOS = "This field is required."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        (UseForm, "title", "Enter the name of the use."),
        (UseForm, "people_affected", "Say who is affected by this use."),
        (SystemForm, "name", "Enter the name of the system."),
        (OrganisationForm, "place", "Enter the place where the organisation is registered or has its office."),
        (NewEvidenceForm, "title", "Enter a title."),
        (NewEvidenceForm, "proves", "Say what the evidence proves."),
        (NewEvidenceForm, "file", "Choose a file or enter a link."),
    ],
)
def test_empty_field_says_what_to_enter(form, field, said):
    errors = form({"whole": "1", "confidentiality": "internal"}).errors
    assert errors[field] == [said]
    assert DJANGOS not in str(errors)


def test_evidence_shown_on_request_needs_neither_file_nor_link():
    assert "file" not in NewEvidenceForm({"whole": "1", "confidentiality": "on_request"}).errors


def test_every_declared_field_has_words_of_its_own():
    """Left out are choices, of which one is ticked or which the page lists, what nobody sees, and allauth's (below)."""
    found = set()
    for place in {one.name for one in pkgutil.iter_modules(assessments.forms.__path__)} - {"accounts"}:
        module = importlib.import_module(f"assessments.forms.{place}")
        ours = {name: form for name, form in vars(module).items() if getattr(form, "__module__", "") == module.__name__}
        for name, form in ours.items():
            for key, field in getattr(form, "declared_fields", {}).items():
                seen = not isinstance(field, forms.ChoiceField) and not isinstance(field.widget, forms.HiddenInput)
                if seen and field.required and str(field.error_messages["required"]) == DJANGOS:
                    found.add(f"{name}.{key}")
    assert found == set()


@pytest.mark.django_db
def test_sign_in_says_what_is_missing_or_wrong(client):
    page = client.post(reverse("account_login"), {})
    empty = page.context["form"].errors
    assert (empty["login"], empty["password"]) == (["Enter your email address."], ["Enter your password."])
    assert page.content.decode().count("Enter your password.") == 2  # in the summary and at its field
    wrong = client.post(reverse("account_login"), {"login": "nobody@example.hk", "password": "not the password"})
    said = "Try again. The email address or the password is wrong."
    assert wrong.context["form"].non_field_errors() == [said]
    assert wrong.content.decode().count(said) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["account_signup", "account_reset_password"])
def test_account_pages_say_what_to_enter(client, settings, page):
    settings.OPEN_FOUNDING = True
    errors = client.post(reverse(page), {}).context["form"].errors
    assert errors["email"] == ["Enter your email address."]
    assert DJANGOS not in str(errors)
