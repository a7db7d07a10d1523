"""What a file proposes and somebody has still to confirm: facts of a model card, rows of an inventory."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from assessments.models.base import Referenced
from assessments.models.people import Organisation
from assessments.models.systems import DeclaredUse


class FactSuggestion(models.Model):
    """A value that a model card suggests for a fact; it counts for nothing until somebody confirms it."""

    use = models.ForeignKey(DeclaredUse, models.CASCADE, related_name="suggestions")
    key = models.CharField(max_length=60)
    value = models.JSONField()
    source = models.CharField(max_length=160)  # the file's name
    quote = models.CharField(max_length=400)  # the line of the card from which it was read
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True)  # confirmed, answered otherwise, or dismissed

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["use", "key"], condition=Q(settled_at=None), name="one_open_suggestion_a_fact"
            )
        ]


class ImportDraft(Referenced):
    """An inventory as it was read, waiting for somebody to take its good rows."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=255)
    rows = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)
    taken_at = models.DateTimeField(null=True)
