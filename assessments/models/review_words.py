"""What reviewers write for themselves: texts to use again, of a person or of an organisation, and notes on a case."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from assessments.models.assessments import Assessment
from assessments.models.people import Organisation
from assessments.models.reviews import MarkKind, MarkReason

ASKING = (MarkKind.ACCEPTED_WITH_ACTION, MarkKind.CHANGE_NEEDED)
"""The marks that ask the organisation for something, and so have words."""


class KeptText(models.Model):
    """A mark with its words, to be used again. With `deleted_at` it is offered nowhere and can be brought back."""

    title = models.CharField(max_length=120)
    mark = models.CharField(max_length=20, choices=[(kind.value, kind.label) for kind in ASKING])
    reason = models.CharField(max_length=16, choices=MarkReason, blank=True)
    words = models.TextField(blank=True, max_length=4000)
    would_satisfy = models.TextField(blank=True, max_length=4000)
    action_title = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    def said(self) -> dict[str, Any]:
        """Return what a mark takes from it."""
        return {
            "mark": str(self.mark),
            "reason": str(self.reason),
            "words": self.words,
            "would_satisfy": self.would_satisfy,
            "action_title": self.action_title,
        }


class OwnText(KeptText):
    """A text of one reviewer; it goes with the account."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="review_texts")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "title"], condition=Q(deleted_at=None), name="one_own_text_a_title")
        ]


class SharedText(KeptText):
    """A text of an organisation, kept by its reviewers for all of them."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="review_texts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")  # who wrote it last

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "title"], condition=Q(deleted_at=None), name="one_shared_text_a_title"
            )
        ]


class CaseNote(models.Model):
    """A note of a reviewer on a case: for its author alone until shared with the other seat; never for the organisation."""

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="case_notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=1)
    shared_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["assessment", "at"])]
