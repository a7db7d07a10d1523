"""Lines of an inbox, which are also the outbox of their mails; and emails that carry a secret, sealed until they are sent."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from assessments.models.people import Invitation


class Message(models.Model):
    """One line in somebody's inbox, and the mail that goes with it; written in the transaction of the move."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="inbox")
    kind = models.CharField(max_length=24)
    object = models.CharField(max_length=80)
    day = models.DateField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    link = models.CharField(max_length=300)
    at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    unmailed_at = models.DateTimeField(null=True)  # when it was left without a mail, as its reader has chosen
    attempts = models.PositiveSmallIntegerField(default=0)
    # When a process began to hand the mail over; empty again when it has. Where it stays, the process died meanwhile and
    # nobody knows whether the mail arrived: it is not sent again.
    sending_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recipient", "kind", "object", "day"], name="one_message_a_day")]
        indexes = [
            models.Index(fields=["recipient", "read_at"]),
            models.Index(
                fields=["attempts"],
                condition=models.Q(mailed_at=None, unmailed_at=None, sending_at=None),
                name="messages_to_mail",
            ),
        ]


class SealedEmail(models.Model):
    """An email about an account, or an invitation, that still has to leave; deleted as soon as it has.

    Subject, text and address are encrypted (`notifications.sealed_mail`).
    """

    sealed = models.TextField()
    # Whose link it carries. The email goes with its invitation, and does not leave once that was accepted.
    invitation = models.ForeignKey(Invitation, models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()  # from then on it is of no use, and is not sent
    attempts = models.PositiveSmallIntegerField(default=0)
    sending_at = models.DateTimeField(null=True)  # as of a message: where it stays, nobody knows whether it arrived

    class Meta:
        indexes = [
            models.Index(fields=["attempts"], condition=models.Q(sending_at=None), name="sealed_emails_to_send"),
        ]
