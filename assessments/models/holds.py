"""Holds: what blocks approval and every certificate of a use until it is closed on the record."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessments.guideline.terms import HoldKind
from assessments.models.systems import DeclaredUse


class HoldKindChoices(models.TextChoices):
    OPEN_QUESTION = HoldKind.OPEN_QUESTION, _("open question")
    LEGAL_REVIEW = HoldKind.LEGAL_REVIEW, _("legal review")
    EXCEPTION_EVIDENCE = HoldKind.EXCEPTION_EVIDENCE, _("evidence of the exception")


class HoldOutcome(models.TextChoices):
    ANSWERED = "answered", _("answered")
    STANDS = "stands", _("the facts stay as declared")
    CORRECT = "correct", _("the facts have to be corrected")
    ACCEPTED = "accepted", _("the evidence is accepted")
    GONE = "gone", _("the facts changed")


class Hold(models.Model):
    """What blocks approval and every certificate of a use until it is closed on the record."""

    use = models.ForeignKey(DeclaredUse, models.PROTECT, related_name="holds")
    kind = models.CharField(max_length=20, choices=HoldKindChoices)
    fact = models.CharField(max_length=60)
    rule = models.CharField(max_length=20, blank=True)  # the tier rule that opened it; empty in older rows
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    due = models.DateField(null=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True)  # of an open question: answered, with evidence; a reviewer closes it
    sent_back_at = models.DateTimeField(null=True)  # of an open question: a reviewer asked for more, or another answer
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decision = models.TextField(blank=True)
    outcome = models.CharField(max_length=10, choices=HoldOutcome, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["use", "kind", "fact"], condition=Q(closed_at=None), name="one_open_hold_a_fact"
            )
        ]
