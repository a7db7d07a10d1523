"""Emails about accounts and of invitations: encrypted until a worker sends them, never twice, and gone once they are sent."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import mail as outgoing
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments import scheduled, worker
from assessments.core import after_commit, heartbeat
from assessments.domain.register import invitations, members
from assessments.models import Invitation, Message, Role, SealedEmail, User
from assessments.notifications import mail, sealed_mail
from tests.support.factories import PASSWORD, make_message, make_organisation, make_user, proved
from tests.support.installation import MailServer
from tests.support.page_text import markup_of
from tests.support.threads import at_once
from tests.system.security.doors import (
    NEW_PASSWORD,
    code_in,
    confirm_it_is_me,
    link_in,
    mails_to,
    sign_up,
    signed_in,
    with_password,
)

pytestmark = pytest.mark.django_db

NEW = "new@example.org"
SECRET = "https://hkguide.example.org/invitations/a-lantern-on-the-water/"


@pytest.fixture(autouse=True)
def _no_task_here(settings: Any) -> None:
    """There is no broker, and no process but that of the test."""
    settings.JOBS_BY_CELERY = False
    settings.OPEN_FOUNDING = True
    cache.clear()


@pytest.fixture
def worker_alive() -> None:
    heartbeat.beat()


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    """A mail server that counts how often somebody connects."""
    with MailServer().serving() as server:
        host, port = server.server_address[:2]
        smtp = {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": {"host": host, "port": port}}
        settings.MAILERS = {"default": smtp}
        yield server


def keep(address: str = NEW, *, lives: timedelta = timedelta(hours=1), **more: Any) -> SealedEmail:
    return sealed_mail.keep(EmailMessage("Come in", f"Here: {SECRET}", None, [address]), timezone.now() + lives, **more)


def send_all() -> None:
    while sealed_mail.Sender().send_new():
        pass


class Died(BaseException):
    """As a process that is killed: nothing after it runs."""


def die(*_args: object) -> None:
    raise Died


def everything_kept() -> str:
    """Return all that stands in the database."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found += cursor.fetchall()
    return repr(found)


# --- what a request does ---------------------------------------------------------------------------------------------------


def ask_for_a_new_password() -> str:
    user = with_password()
    Client().post(reverse("account_reset_password"), {"email": user.email})
    return str(user.email)


def ask_for_one_without_an_account() -> str:
    Client().post(reverse("account_reset_password"), {"email": NEW})
    return NEW


def sign_up_anew() -> str:
    sign_up(Client(), NEW)
    return NEW


def change_the_password() -> str:
    user = with_password()
    client = signed_in(user)
    confirm_it_is_me(client)
    passwords = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post(reverse("account_change_password"), passwords).status_code == 302
    return str(user.email)


def invite() -> str:
    owner = make_user()
    organisation = make_organisation(owner=owner)
    page = reverse("people", args=[organisation.reference])
    said = proved(Client(), owner).post(page, {"email": NEW, "access": "viewer"}, follow=True)
    assert f"An email with an invitation link is on its way to {NEW}." in markup_of(said).replace("<wbr>", "")
    return NEW


ACTS = [ask_for_a_new_password, ask_for_one_without_an_account, sign_up_anew, change_the_password, invite]


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.usefixtures("worker_alive")
def test_a_request_talks_to_no_mail_server_and_the_worker_sends_its_email(act: Callable[[], str], server):
    address = act()
    assert (server.connections, server.accepted) == (0, [])
    row = SealedEmail.objects.get()
    assert address not in row.sealed
    assert row.expires_at > timezone.now() + timedelta(minutes=14)
    worker.work_once()
    assert [to for to, _subject in server.accepted] == [address]
    assert not SealedEmail.objects.exists()
    worker.work_once()
    assert len(server.accepted) == 1


@pytest.mark.parametrize("act", ACTS)
def test_where_no_worker_is_seen_the_request_sends_its_email(act: Callable[[], str]):
    address = act()
    assert len(mails_to(address)) == 1
    assert not SealedEmail.objects.exists()


def test_where_neither_a_worker_nor_the_mail_server_is_there_the_page_answers_and_the_email_waits(monkeypatch):
    def away(_self: BaseEmailBackend) -> None:
        raise ConnectionRefusedError("no server")

    with monkeypatch.context() as patch:
        patch.setattr(BaseEmailBackend, "open", away)
        answered = Client().post(reverse("account_reset_password"), {"email": with_password().email})
    assert answered.status_code == 302
    assert SealedEmail.objects.get().attempts == 0
    send_all()
    assert len(outgoing.outbox) == 1


@pytest.mark.parametrize("act", [ask_for_a_new_password, invite])
@pytest.mark.usefixtures("worker_alive")
def test_no_link_can_be_read_in_the_database(act: Callable[[], str]):
    address = act()
    kept = everything_kept()
    send_all()
    (sent,) = mails_to(address)
    token = link_in(sent).rstrip("/").rpartition("/")[2]
    assert len(token) > 20
    assert token not in kept
    assert token not in everything_kept()


@pytest.mark.usefixtures("worker_alive")
def test_no_code_and_no_text_can_be_read_in_what_waits():
    address = sign_up_anew()
    row = SealedEmail.objects.get()
    send_all()
    (sent,) = mails_to(address)
    for words in (code_in(sent), address, sent.subject, "hkguide"):
        assert words not in repr(row.__dict__)


@pytest.mark.usefixtures("worker_alive")
def test_a_reset_says_does_and_keeps_the_same_for_an_address_without_an_account():
    known, answers, kept, work = with_password().email, [], [], []
    for email in (known, NEW):
        client = Client()
        with CaptureQueriesContext(connection) as queries:
            answered = client.post(reverse("account_reset_password"), {"email": email})
        work.append(len(queries))
        page = markup_of(client.get(answered.url))
        answers.append((answered.status_code, answered.url, re.sub(r'value="[^"]{40,}"|{"X-CSRFToken[^}]*}', "", page)))
        kept.append(SealedEmail.objects.latest("pk"))
    assert "we have sent it an email with a link" in answers[0][2]
    assert answers[0] == answers[1]
    assert work[0] == work[1]
    assert abs(kept[0].expires_at - kept[1].expires_at) < timedelta(minutes=1)
    assert outgoing.outbox == []


def test_the_broker_is_told_the_number_alone(monkeypatch):
    told = []
    monkeypatch.setattr(after_commit, "after_commit", lambda *args, **more: told.append((args, more)))
    row = keep()
    sealed_mail.wake_workers(at_once=True)
    assert told == [(("assessments.tasks.send_sealed_email", row.pk), {"priority": 0})] * 2


def test_an_email_of_what_was_taken_back_does_not_leave(django_capture_on_commit_callbacks):
    def take_back() -> None:
        with transaction.atomic():
            keep()
            die()

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(Died):
        take_back()
    assert not SealedEmail.objects.exists()
    assert outgoing.outbox == []


def test_a_command_sends_its_email_after_its_commit_where_no_worker_is_seen(django_capture_on_commit_callbacks):
    user = with_password()
    with django_capture_on_commit_callbacks(execute=True):
        call_command("end_sessions", user.email, reason="A laptop was lost", verbosity=0)
        assert outgoing.outbox == []
    assert len(mails_to(user.email)) == 1


# --- once, or not at all -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("worker_alive")
def test_an_email_whose_sender_died_is_not_sent_again_and_is_logged_and_deleted(monkeypatch, caplog):
    row = keep()
    keep("after@example.org")
    with monkeypatch.context() as patch:
        patch.setattr(mail, "hand_over", die)
        with pytest.raises(Died):
            sealed_mail.send(row.pk)
    send_all()
    assert [sent.to for sent in outgoing.outbox] == [["after@example.org"]]  # of those not in hand none is lost
    assert list(SealedEmail.objects.all()) == [row]
    assert (sealed_mail.forget(), SealedEmail.objects.count()) == (0, 1)  # its sender may be alive yet
    SealedEmail.objects.update(sending_at=timezone.now() - timedelta(minutes=11))
    with caplog.at_level(logging.WARNING):
        assert scheduled.sweep() >= 1
    assert f"may not have arrived, because a process died, and were deleted: [{row.pk}]" in caplog.text
    assert not SealedEmail.objects.exists()
    assert len(outgoing.outbox) == 1


@pytest.mark.usefixtures("worker_alive")
def test_a_refused_email_waits_and_after_five_attempts_it_is_given_up_without_a_word_of_it_in_the_log(
    monkeypatch, caplog
):
    def refuse(_outlet: object, email: EmailMessage) -> None:
        raise SMTPRecipientsRefused({email.to[0]: (550, email.body.encode())})

    row = keep()
    SealedEmail.objects.update(at=timezone.now() - timedelta(minutes=2))
    with monkeypatch.context() as patch, caplog.at_level(logging.DEBUG):
        patch.setattr(mail, "hand_over", refuse)
        assert sealed_mail.Sender().send_new() == 1
        assert [scheduled.send_mails() for _n in range(5)] == [1, 1, 1, 1, 0]
        assert sealed_mail.forget() == 1
    assert f"sealed email {row.pk} could not be sent: SMTPRecipientsRefused" in caplog.text
    assert f"could not be sent, and were deleted: [{row.pk}]" in caplog.text
    assert NEW not in caplog.text
    assert SECRET not in caplog.text
    assert not SealedEmail.objects.exists()


@pytest.mark.usefixtures("worker_alive")
def test_an_email_that_was_refused_once_goes_out_with_the_next_sweep(monkeypatch):
    def refuse(*_args: object) -> None:
        raise OSError("try later")

    keep()
    with monkeypatch.context() as patch:
        patch.setattr(mail, "hand_over", refuse)
        sealed_mail.Sender().send_new()
    assert scheduled.send_mails() == 0  # a minute lies between
    SealedEmail.objects.update(at=timezone.now() - timedelta(minutes=2))
    assert scheduled.send_mails() == 1
    assert len(outgoing.outbox) == 1


@pytest.mark.usefixtures("worker_alive")
def test_no_attempt_is_counted_while_the_server_cannot_be_reached(monkeypatch):
    def away(_self: BaseEmailBackend) -> None:
        raise OSError("no server")

    keep()
    sender = sealed_mail.Sender()
    with monkeypatch.context() as patch:
        patch.setattr(BaseEmailBackend, "open", away)
        assert (sender.send_new(), sender.send_new()) == (0, 0)
    assert SealedEmail.objects.get().attempts == 0
    send_all()
    assert len(outgoing.outbox) == 1


@pytest.mark.usefixtures("worker_alive")
def test_an_email_that_is_of_no_use_any_more_is_not_sent_but_deleted(caplog):
    row = keep(lives=timedelta(seconds=-1))
    send_all()
    assert outgoing.outbox == []
    with caplog.at_level(logging.WARNING):
        assert sealed_mail.forget() == 1
    assert f"could not be sent, and were deleted: [{row.pk}]" in caplog.text
    assert not SealedEmail.objects.exists()


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_the_same_time_send_it_once(edition_stays):
    heartbeat.beat()
    rows = [keep(f"person{n}@example.org") for n in range(5)]
    sent: list[str] = []

    def send_each() -> None:
        for row in rows:
            sealed_mail.send(row.pk)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail, "hand_over", lambda _outlet, email: sent.append(email.to[0]))
        assert at_once(send_each, send_each) == ["done", "done"]
    assert sorted(sent) == [f"person{n}@example.org" for n in range(5)]
    assert not SealedEmail.objects.exists()


# --- invitations -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def invited() -> tuple[Invitation, User]:
    heartbeat.beat()
    owner = make_user()
    invitation, _token = members.invite(make_organisation(owner=owner), by=owner, email=NEW, role=Role.VIEWER)
    keep(invitation=invitation)
    return invitation, owner


def test_an_invitation_that_is_cancelled_takes_its_email_with_it(invited):
    invitation, owner = invited
    invitations.cancel_invitation(invitation, by=owner)
    assert not SealedEmail.objects.exists()


def test_an_invitation_that_was_accepted_by_another_link_sends_no_email(invited):
    invitation, _owner = invited
    Invitation.objects.update(accepted_at=timezone.now())
    send_all()
    assert outgoing.outbox == []
    assert (sealed_mail.forget(), SealedEmail.objects.count()) == (0, 0)
    assert Invitation.objects.get() == invitation


def test_of_an_invitation_that_is_sent_again_only_the_new_link_leaves(invited):
    invitation, owner = invited
    page = reverse("invited", args=[invitation.organisation.reference, invitation.pk])
    proved(Client(), owner).post(page, {"again": "1"})
    send_all()
    (sent,) = outgoing.outbox
    assert SECRET not in sent.body
    assert Client().get(link_in(sent)).status_code == 200


def test_while_the_worker_reaches_no_mail_server_an_invitation_shows_its_link_and_keeps_no_email(invited):
    invitation, owner = invited
    SealedEmail.objects.update(at=timezone.now() - timedelta(minutes=4))
    page = reverse("people", args=[invitation.organisation.reference])
    shown = proved(Client(), owner).post(page, {"email": "another@example.org", "access": "viewer"})
    assert "The email could not be sent" in shown.content.decode()
    assert "/invitations/" in shown.content.decode()
    assert SealedEmail.objects.get().invitation == invitation
    assert outgoing.outbox == []


# --- keys --------------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("worker_alive")
def test_a_former_key_still_opens_what_waits_and_without_it_the_email_is_deleted(settings, caplog):
    keep()
    keep("second@example.org")
    former = django_settings.SECRET_KEY
    settings.SECRET_KEY = "another key that the installation has had since this morning at nine"
    settings.SECRET_KEY_FALLBACKS = [former]
    first, second = SealedEmail.objects.order_by("pk")
    sealed_mail.send(first.pk)
    assert [sent.to for sent in outgoing.outbox] == [[NEW]]
    settings.SECRET_KEY_FALLBACKS = []
    send_all()
    assert (
        f"sealed email {second.pk} was deleted, because no secret key of this installation can decrypt it"
        in caplog.text
    )
    assert not SealedEmail.objects.exists()
    assert len(outgoing.outbox) == 1


# --- beside the lines of inboxes ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("worker_alive")
def test_a_sealed_email_waits_for_no_line_of_an_inbox(monkeypatch):
    reader = make_user()
    for n in range(3):
        make_message(reader, f"Question {n}")
    hand_over, sent = mail.hand_over, []

    def then_somebody_asks(outlet: BaseEmailBackend, email: EmailMessage) -> None:
        hand_over(outlet, email)
        sent.append(email.to[0])
        if len(sent) == 1:
            keep()

    monkeypatch.setattr(mail, "hand_over", then_somebody_asks)
    send_new = worker._senders()
    while send_new():
        pass
    assert sent == [reader.email, NEW, reader.email, reader.email]
    assert not Message.objects.filter(mailed_at=None).exists()


@pytest.mark.long
def test_nothing_to_send_costs_one_query_that_reads_an_index():
    with CaptureQueriesContext(connection) as queries:
        assert sealed_mail.Sender().send_new() == 0
    assert len(queries) == 1
    if connection.vendor == "postgresql":  # which reads a table of few rows as it is
        now = timezone.now()
        SealedEmail.objects.bulk_create(
            SealedEmail(sealed="x" * 200, expires_at=now + timedelta(days=1), sending_at=now) for _n in range(2000)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE assessments_sealedemail")
    plan = sealed_mail.Sender().new().explain()
    assert "sealed_emails_to_send" in plan
    assert "SCAN assessments_sealedemail" not in plan
