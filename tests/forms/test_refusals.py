"""What the domain refuses, on the form that was sent: each kind of error, at its field or above, and nothing written."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import RequestFactory

from assessments.core.errors import (
    Conflict,
    InvalidAnswer,
    Locked,
    NoRoom,
    NotPermitted,
    NotReady,
    SeparationOfDuties,
    WorkflowError,
    WouldHide,
    WrongState,
)
from assessments.forms.base import PlainForm, refusals, show_refusal, status_of, with_reasons
from assessments.models import User
from assessments.views.site.requests import refusals_as_messages

ABOVE = "__all__"
TYPED = {"reason": "What I typed", "due": "2027-03-31"}


class Sent(PlainForm):
    reason = forms.CharField()
    due = forms.DateField(required=False)


class Renamed(Sent):
    """Shows what the domain says of words at a field of another name."""

    def field_for(self, name: str) -> str | None:
        return "reason" if name == "words" else None


class Stated:
    def get_state_display(self) -> str:
        return "In review"


def refused(error: Exception, form: forms.Form | None = None, **how: Any) -> dict[str, list[str]]:
    """Return the errors of a form, by field, after the domain has refused with this error."""
    form = form if form is not None else Sent(TYPED)
    with refusals(form, **how):
        raise error
    return {name: [str(one) for one in found] for name, found in form.errors.items()}


@pytest.mark.parametrize(
    "error",
    [
        WorkflowError("No."),
        Locked("No."),
        NotReady("No.", ["One reason."]),
        SeparationOfDuties("No."),
        Conflict("No.", current=None),
        WouldHide("No.", answers=[]),
        InvalidAnswer("unknown", "No."),
        ValidationError("No."),
        ValidationError({"unknown": "No."}),
    ],
    ids=lambda error: type(error).__name__,
)
def test_refusal_that_names_no_field_of_the_form_is_shown_above_it(error):
    assert refused(error) == {ABOVE: ["No."]}


def test_wrong_state_is_shown_in_its_own_words():
    assert refused(WrongState(Stated(), "submitted")) == {
        ABOVE: ["This step is not possible now, because the status of the assessment is “In review”."]
    }


@pytest.mark.parametrize("error", [InvalidAnswer("due", "Later."), ValidationError({"due": "Later."})])
def test_refusal_that_names_a_field_is_shown_at_it(error):
    assert refused(error) == {"due": ["Later."]}


def test_form_says_itself_which_field_shows_what_the_domain_names():
    assert refused(InvalidAnswer("words", "Longer."), Renamed(TYPED)) == {"reason": ["Longer."]}
    assert refused(InvalidAnswer("due", "Later."), Renamed(TYPED)) == {ABOVE: ["Later."]}


def test_refusal_without_a_field_is_shown_at_the_one_given():
    assert refused(WorkflowError("No."), at="reason") == {"reason": ["No."]}
    assert refused(InvalidAnswer("due", "Later."), at="reason") == {"due": ["Later."]}


def test_place_may_go_by_the_kind_of_error():
    at = {Locked: None, WorkflowError: "reason"}
    assert refused(Locked("Locked."), at=at) == {ABOVE: ["Locked."]}
    assert refused(SeparationOfDuties("No."), at=at) == {"reason": ["No."]}
    assert refused(WorkflowError("No."), at={Conflict: "reason"}) == {ABOVE: ["No."]}


def test_words_may_be_said_in_another_way_also_as_several():
    assert refused(WorkflowError("No."), say=lambda error: f"Not saved: {error}") == {ABOVE: ["Not saved: No."]}
    assert refused(NotReady("No.", ["One.", "Two."]), say=with_reasons) == {ABOVE: ["No.", "One.", "Two."]}


def test_what_was_typed_stays_in_the_form():
    form = Sent(TYPED)
    refused(InvalidAnswer("due", "Later."), form)
    assert {name: form[name].value() for name in form.fields} == TYPED
    assert not form.is_valid()


def test_form_that_nobody_looked_at_yet_takes_the_refusal_beside_its_own_faults():
    assert refused(WorkflowError("No."), Sent({"reason": ""})) == {
        "reason": ["This field is required."],
        ABOVE: ["No."],
    }


def test_rights_and_faults_of_the_program_pass():
    for error in (NotPermitted("No."), KeyError("reason")):
        form = Sent(TYPED)
        with pytest.raises(type(error)), refusals(form):
            raise error
        assert form.errors == {}


def test_only_the_kinds_that_are_asked_for_are_caught():
    assert refused(InvalidAnswer("due", "Later."), of=(InvalidAnswer,)) == {"due": ["Later."]}
    form = Sent(TYPED)
    with pytest.raises(Locked), refusals(form, of=(InvalidAnswer,)):
        raise Locked("Locked.")
    assert form.errors == {}


def test_block_that_gets_to_its_end_returns_its_answer():
    def view(refuses: bool) -> str:
        form = Sent(TYPED)
        with refusals(form):
            if refuses:
                raise Locked("Locked.")
            return "led on"
        return f"shown again with {len(form.errors)}"

    assert (view(False), view(True)) == ("led on", "shown again with 1")


def test_error_is_kept_with_all_that_it_carries():
    with refusals(Sent(TYPED)) as kept:
        raise Conflict("Somebody else saved.", current="theirs")
    conflict = kept.error_as(Conflict)
    assert conflict is not None
    assert (bool(kept), conflict.current, kept.error_as(Locked)) == (True, "theirs", None)


def test_refusal_without_a_form_is_only_kept_for_the_page():
    with refusals() as kept:
        raise WorkflowError("No.")
    with refusals() as done:
        pass
    assert (kept.words, bool(kept)) == ("No.", True)
    assert (done.words, bool(done), done.error) == ("", False, None)


def test_page_answers_507_without_room_for_a_file_and_200_with_other_faults():
    for error, status in ((NoRoom("reason", "Full."), 507), (InvalidAnswer("reason", "No."), 200)):
        form = Sent(TYPED)
        refused(error, form)
        assert status_of(form) == status
    assert [status_of(form) for form in (None, Sent(), Sent(TYPED), Sent({}))] == [200] * 4


def test_refusal_may_be_put_on_a_form_later():
    form = Sent(TYPED)
    show_refusal(form, InvalidAnswer("due", "Later."))
    assert form.errors == {"due": ["Later."]}


def test_refusal_becomes_a_message_of_the_next_page():
    request = RequestFactory().get("/")
    request._messages = CookieStorage(request)
    with refusals_as_messages(request):
        raise WorkflowError("No.")
    with refusals_as_messages(request, lambda error: f"Nothing was changed: {error}"):
        raise Locked("Locked.")
    with refusals_as_messages(request):
        raise ValidationError(["One.", "Two."])
    said = [(one.level_tag, str(one)) for one in messages.get_messages(request)]
    assert said == [("error", "No."), ("error", "Nothing was changed: Locked."), ("error", "One. Two.")]


def a_user(name: str) -> None:
    User.objects.create_user(email=f"{name}@example.org", password=None, name=name)


@pytest.mark.django_db
def test_rows_of_the_refused_block_are_rolled_back_and_those_around_it_stay():
    form = Sent(TYPED)
    with transaction.atomic():
        a_user("before")
        with refusals(form), transaction.atomic():
            a_user("outer")
            with transaction.atomic():
                a_user("inner")
                raise InvalidAnswer("due", "Later.")
        a_user("after")
    names = set(User.objects.filter(email__endswith="@example.org").values_list("name", flat=True))
    assert names & {"before", "outer", "inner", "after"} == {"before", "after"}
    assert form.errors == {"due": ["Later."]}
