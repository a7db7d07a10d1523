"""A name or title of one line stays one: a line break in it would keep every email that names it from leaving."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest
from django import forms
from django.urls import reverse

import assessments.forms
from assessments.domain.review import messages
from assessments.forms.accounts import SignupForm
from assessments.forms.factors import CodeField
from assessments.forms.fields import OneLine
from assessments.forms.organisations import OrganisationForm
from assessments.models import AISystem, DeclaredUse, Message, Organisation, Submission, User
from assessments.notifications import mail
from tests.support.factories import make_message, make_user, undone

pytestmark = pytest.mark.sqlite_alone

BREAKS = ["Sorting\r\nBcc: victim@x.example", "Sorting\nX: y", "Sorting\rX", "Sorting\u2028X", "Sorting\x0bX\x85Y"]


def all_forms():
    """Every form class of the product."""
    for module in pkgutil.iter_modules(assessments.forms.__path__, "assessments.forms."):
        for _name, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(found, forms.BaseForm) and found.__module__.startswith("assessments."):
                yield found


def test_every_control_of_one_line_folds_what_is_sent_to_it():
    """A text field whose control is of one line is a OneLine; what is hidden, chosen, or has a form of its own is not."""
    own_form = (forms.EmailField, forms.URLField, forms.UUIDField)
    plain = {
        f"{form.__name__}.{name}"
        for form in all_forms()
        for name, field in form.base_fields.items()
        if isinstance(field, forms.CharField) and not isinstance(field, (OneLine, CodeField, *own_form))
        if isinstance(field.widget, forms.TextInput) and not isinstance(field.widget, forms.PasswordInput)
    }
    # Drawn as text areas by the form itself.
    areas = {
        f"UseForm.{name}" for name in ("purpose", "setting", "people_affected", "scope_en", "scope_zh", "exclusions")
    }
    assert plain - areas - {"SignupForm.username"} == set()  # allauth takes that one out of the form


@pytest.mark.parametrize("text", BREAKS)
def test_a_line_break_becomes_a_space(text):
    assert OneLine().clean(text) == " ".join(text.split())
    assert len(OneLine().clean(text).splitlines()) == 1


@pytest.mark.long
@pytest.mark.django_db
def test_names_that_are_sent_with_line_breaks_are_kept_without(site, browsers):
    with undone():
        organisation = OrganisationForm({"name_en": BREAKS[0], "place": "Hong\nKong", "contact": "a@example.org"})
        assert organisation.is_valid(), organisation.errors
        assert organisation.cleaned_data["name_en"] == "Sorting Bcc: victim@x.example"
        assert organisation.cleaned_data["place"] == "Hong Kong"
        system = site.places["system"]
        browsers["owner"].post(
            reverse("system_edit", args=system),
            {"name": BREAKS[1], "is_user": "on", "parts": "is_user", "version": "1\n2"},
        )
        assert "\n" not in AISystem.objects.get(reference=system[0]).name
    assert isinstance(SignupForm.base_fields["name"], OneLine)


@pytest.mark.django_db
def test_a_message_about_a_use_with_a_line_break_in_its_title_is_mailed(
    site, mailoutbox, django_capture_on_commit_callbacks
):
    """Rows that were written before: the subject is folded too, where the line is written and where it is sent."""
    cast = site.cast
    submission = Submission.objects.get(reference=site.places["submission in review"][0])
    with undone():
        DeclaredUse.objects.filter(pk=submission.assessment.use_id).update(title="Sorting\r\nX: y")
        User.objects.filter(pk=cast.owner.pk).update(name="Olivia\nOwner")
        submission = Submission.objects.get(pk=submission.pk)
        with django_capture_on_commit_callbacks(execute=True):
            messages.say(submission, "Annex 2 is here.", by=User.objects.get(pk=cast.owner.pk))
        assert mailoutbox
        assert all(len(mail.subject.splitlines()) == 1 for mail in mailoutbox)
        assert not Message.objects.filter(subject__contains="\n").exists()
        old = Message.objects.filter(recipient=cast.independent).latest("pk")
        Message.objects.filter(pk=old.pk).update(subject="Old\nsubject", mailed_at=None, unmailed_at=None)
        mail.send(old.pk)
        assert mailoutbox[-1].subject == "Old subject"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "email",
    [
        "nina@example.org\r\nBcc: victim@x.example",
        "nina@example.org\nBcc: v@x.example",
        "nina@example.org,v@x.example",
        "nina@example.org%0aBcc: v@x.example",
        "Nina <nina@example.org>",
        '"a\nb"@example.org',
        "nina@example.org\x00",
        "nina@exa mple.org",
    ],
)
def test_no_header_is_planted_by_an_address(email, site, browsers, mailoutbox):
    with undone():
        browsers["owner"].post(
            reverse("people", args=site.places["organisation"]), {"email": email, "access": "viewer"}
        )
        assert all(to in (mail.to[0],) and "\n" not in to and "\r" not in to for mail in mailoutbox for to in mail.to)
        assert all(
            "victim" not in header and "v@x" not in header for mail in mailoutbox for header in mail.recipients()
        )


@pytest.mark.django_db
@pytest.mark.parametrize("name", BREAKS)
def test_no_header_is_planted_by_names(name, mailoutbox, site, browsers):
    with undone():
        Organisation.objects.filter(reference=site.places["organisation"][0]).update(name_en=name)
        User.objects.filter(pk=site.cast.owner.pk).update(name=name)
        browsers["owner"].post(
            reverse("people", args=site.places["organisation"]), {"email": "nina2@example.org", "access": "viewer"}
        )
        (mail,) = mailoutbox
        assert mail.recipients() == ["nina2@example.org"]
        assert len(mail.subject.splitlines()) == 1
        assert set(mail.message().keys()) <= {
            "Content-Type", "MIME-Version", "Content-Transfer-Encoding", "Subject", "From", "To", "Date", "Message-ID",
        }  # fmt: skip


@pytest.mark.django_db
def test_every_line_that_is_told_has_a_subject_of_one_line():
    somebody = make_user("Somebody")
    assert make_message(somebody, "Two\r\nlines\tof it").subject == "Somebody wrote about “Two lines of it”"
