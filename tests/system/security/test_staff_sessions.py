"""Staff end all sessions of a person: by a page behind the door of the administration, or by a command. Logged and mailed."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from assessments.accounts import recovery
from assessments.core.errors import NotPermitted
from tests.support.factories import make_organisation
from tests.system.security.doors import (
    confirm_it_is_me,
    follow_reset,
    is_in,
    link_in,
    logged,
    mails_to,
    signed_in,
    with_password,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
REASON = "The laptop was stolen on the train."


@pytest.fixture(autouse=True)
def _nothing_counted():
    cache.clear()


@pytest.fixture
def staff():
    return with_password("Stan Staff", is_staff=True)


def page():
    return reverse("admin_end_sessions")


def end(client, mail, reason=REASON):
    return client.post(page(), {"mail": mail, "reason": reason, "end": "1"})


@pytest.mark.long
def test_staff_find_a_person_and_end_all_their_sessions(staff, django_capture_on_commit_callbacks):
    user, other = with_password("Petra Person"), with_password("Otto Other")
    organisation = make_organisation(owner=user)
    first, second, stranger = signed_in(user), signed_in(user), signed_in(other)
    Client().post(reverse("account_reset_password"), {"email": user.email})
    link = link_in(mails_to(user.email)[-1])
    client = signed_in(staff)
    found = client.post(page(), {"mail": user.email.upper(), "find": "1"})
    assert len(found.context["sessions"]) == 2
    assert is_in(first)
    with django_capture_on_commit_callbacks(execute=True):
        assert end(client, user.email).status_code == 302
    assert [is_in(one) for one in (first, second, stranger, client)] == [False, False, True, True]
    assert follow_reset(Client(), link).status_code == 200  # the link says that it works no more
    (entry,) = logged("sessions_ended_by_staff")
    told = entry.detail.content()
    assert (entry.actor, told["count"], told["reason"], told["email"]) == (staff.pk, 2, REASON, user.email)
    assert logged("sessions_ended_by_staff", organisation.reference) == []
    mailed = mails_to(user.email)[-1]
    assert mailed.subject == "You were signed out everywhere"
    assert REASON in mailed.body
    assert is_in(signed_in(user))


def test_nothing_is_ended_without_a_reason_or_for_nobody(staff):
    user = with_password("Petra Person")
    theirs, client = signed_in(user), signed_in(staff)
    for mail, reason, said in (
        (user.email, "  ", "Give a reason."),
        ("nobody@example.hk", REASON, "No account has this email address. Check the address."),
        ("no address", REASON, "Enter a valid email address."),
        (staff.email, REASON, "End your own sessions in your settings."),
    ):
        answered = end(client, mail, reason)
        assert answered.status_code == 200
        assert said in answered.content.decode()
    assert is_in(theirs)
    assert is_in(client)
    assert not logged("sessions_ended_by_staff")


def test_the_page_is_for_staff_who_proved_themselves_lately_and_each_visit_is_logged(staff, settings):
    user = with_password("Petra Person")
    theirs = signed_in(user)
    assert end(theirs, user.email).status_code == 302
    assert end(Client(), user.email).status_code == 403
    client = signed_in(staff)
    assert client.get(page()).status_code == 200
    settings.STAFF_SECONDS = 0
    late = end(client, user.email)
    assert late.url.startswith(reverse("account_reauthenticate"))
    assert is_in(theirs)
    assert not logged("sessions_ended_by_staff")
    settings.STAFF_SECONDS = 1800
    confirm_it_is_me(client)
    assert "End all of a person's sessions" in client.get(reverse("admin:index")).content.decode()
    assert [entry.detail.content()["page"] for entry in logged("staff_page")] == [page(), reverse("admin:index")]


def test_the_function_refuses_whoever_is_no_staff():
    user, other = with_password("Petra Person"), with_password("Otto Other", is_staff=False)
    client = signed_in(user)
    with pytest.raises(NotPermitted):
        recovery.end_sessions(user, by=other, reason=REASON)
    assert is_in(client)


def test_the_command_does_the_same(django_capture_on_commit_callbacks):
    user = with_password("Petra Person")
    client, said = signed_in(user), StringIO()
    with django_capture_on_commit_callbacks(execute=True):
        call_command("end_sessions", user.email, reason=REASON, stdout=said)
    assert not is_in(client)
    assert Session.objects.count() == 0
    assert "1" in said.getvalue()
    (entry,) = logged("sessions_ended_by_command")
    assert entry.detail.content()["reason"] == REASON
    assert REASON in mails_to(user.email)[-1].body
    for mail, reason in (("nobody@example.hk", REASON), (user.email, " "), (user.email, "x" * 201)):
        with pytest.raises(CommandError):
            call_command("end_sessions", mail, reason=reason)
