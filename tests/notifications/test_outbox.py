"""Mails that leave: claimed before they are handed over, so that none is sent twice whenever its sender dies."""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail as outgoing
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments import scheduled
from assessments.models import MailWhen, Message, User
from assessments.notifications import inbox, mail
from tests.support.factories import make_message, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


@pytest.fixture
def line(settings) -> Message:
    settings.JOBS_BY_CELERY = False
    return make_message(make_user(), "Who decides?")


class Died(BaseException):
    """As a process that is killed: nothing after it runs."""


def die(*_args: object) -> None:
    raise Died


def test_the_sweeper_sends_a_new_mail_once(line):
    sender = mail.Sender()
    assert sender.send_new() == 1
    assert sender.send_new() == 0
    assert [sent.to for sent in outgoing.outbox] == [[line.recipient.email]]
    line.refresh_from_db()
    assert line.mailed_at
    assert line.attempts == 1


def test_a_mail_whose_sender_died_is_not_sent_again_and_is_logged(line, monkeypatch, caplog):
    with monkeypatch.context() as patch:
        patch.setattr(mail, "hand_over", die)
        with pytest.raises(Died):
            mail.send(line.pk)
    Message.objects.update(at=timezone.now() - timedelta(hours=1), sending_at=timezone.now() - timedelta(hours=1))
    mail.send(line.pk)
    assert mail.Sender().send_new() == 0
    assert scheduled.send_mails() == 0
    assert outgoing.outbox == []
    with caplog.at_level(logging.WARNING):
        assert mail.say_unknown() == 1
    assert str(line.pk) in caplog.text
    assert inbox.unread_for(line.recipient).get() == line  # it is in the inbox


def test_a_mail_that_the_server_refuses_waits_for_the_next_attempt(line, monkeypatch):
    def refuse(*_args: object) -> None:
        raise OSError("try later")

    with monkeypatch.context() as patch:
        patch.setattr(mail, "hand_over", refuse)
        assert mail.Sender().send_new() == 1
    line.refresh_from_db()
    assert (line.sending_at, line.mailed_at, line.attempts) == (None, None, 1)
    Message.objects.update(at=timezone.now() - timedelta(minutes=2))
    assert scheduled.send_mails() == 1
    assert len(outgoing.outbox) == 1


@pytest.mark.parametrize(
    ("error", "sent"), [(SMTPRecipientsRefused({}), 1), (SMTPServerDisconnected("gone"), 0), (TimeoutError("slow"), 0)]
)
def test_a_refused_mail_holds_no_other_up_and_a_broken_connection_is_not_used_again(line, monkeypatch, error, sent):
    make_message(make_user(), "Who pays?")
    hand_over, errors = mail.hand_over, [error]

    def fail_once(*args: object) -> None:
        if errors:
            raise errors.pop()
        hand_over(*args)

    sender = mail.Sender()
    monkeypatch.setattr(mail, "hand_over", fail_once)
    sender.send_new()
    assert len(outgoing.outbox) == sent
    sender.send_new()  # over a new connection
    assert len(outgoing.outbox) == 1
    Message.objects.update(at=timezone.now() - timedelta(minutes=2))
    assert scheduled.send_mails() == 1
    assert len(outgoing.outbox) == 2


def test_no_attempt_is_counted_while_the_server_cannot_be_reached(line, monkeypatch):
    def away(_self: BaseEmailBackend) -> None:
        raise OSError("no server")

    sender = mail.Sender()
    with monkeypatch.context() as patch:
        patch.setattr(BaseEmailBackend, "open", away)
        assert sender.send_new() == 0
        with CaptureQueriesContext(connection) as queries:
            assert sender.send_new() == 0  # not tried again twice a second
        assert len(queries) == 1
        Message.objects.update(at=timezone.now() - timedelta(minutes=2))
        with pytest.raises(OSError, match="no server"):
            scheduled.send_mails()
    line.refresh_from_db()
    assert (line.sending_at, line.attempts) == (None, 0)
    assert scheduled.send_mails() == 1
    assert len(outgoing.outbox) == 1


def test_a_line_that_is_replaced_while_its_mail_is_in_hand_is_mailed_anew(line, monkeypatch):
    hand_over = mail.hand_over

    def replaced_meanwhile(*args: object) -> None:
        hand_over(*args)
        Message.objects.filter(pk=line.pk).update(subject="Another", sending_at=None, attempts=0)  # as `notify` does

    with monkeypatch.context() as patch:
        patch.setattr(mail, "hand_over", replaced_meanwhile)
        mail.send(line.pk)
    mail.send(line.pk)
    assert [sent.subject for sent in outgoing.outbox][1:] == ["Another"]


def test_a_daily_mail_whose_sender_died_is_not_sent_again(line, monkeypatch):
    User.objects.filter(pk=line.recipient_id).update(mail_when=MailWhen.DAILY)
    eight = timezone.localtime().replace(hour=8)
    monkeypatch.setattr(timezone, "localtime", lambda *_args: eight)
    with monkeypatch.context() as patch:
        patch.setattr(mail, "hand_over", die)
        with pytest.raises(Died):
            mail.send_digests()
    assert mail.send_digests() == 0
    assert mail.send_digests(eight.date() + timedelta(days=1)) == 0
    assert outgoing.outbox == []


def test_a_process_that_is_stopped_sends_the_mail_in_hand_and_no_other(line):
    make_message(line.recipient, "Who pays?")
    stopped = iter([False, True])
    mail.Sender().send_new(lambda: next(stopped))
    assert len(outgoing.outbox) == 1


def test_nothing_to_send_costs_one_query_that_reads_an_index():
    with CaptureQueriesContext(connection) as queries:
        assert mail.Sender().send_new() == 0
    assert len(queries) == 1
    if connection.vendor == "postgresql":  # which reads a table of few rows as it is
        reader, now = make_user("Olivia Owner"), timezone.now()
        Message.objects.bulk_create(
            Message(recipient=reader, kind="reply", object=f"comment:{n}", day=now.date(), mailed_at=now)
            for n in range(2000)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE assessments_message")
    plan = mail.Sender().new().explain()
    assert "messages_to_mail" in plan
    assert "SCAN" not in plan
