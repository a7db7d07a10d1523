"""A blind second look at a decided case: who gives it, what they mark, and what both reviewers write about it afterwards."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from assessments.models.base import Frozen
from assessments.models.reviews import MarkKind
from assessments.models.submissions import Submission


class SecondLook(models.Model):
    """A decided submission that another reviewer of the same body judges again, without seeing the first marks."""

    submission = models.OneToOneField(Submission, models.PROTECT, related_name="second_look")
    independent = models.BooleanField()  # decided for the reviewing body; else within the organisation
    rules = models.JSONField(default=dict)  # of the day of the decision (`domain.review.quality_rules`)
    drawn_at = models.DateTimeField(auto_now_add=True)
    # who asked for it by name, and why; of one that the server drew, nobody
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=400, blank=True)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="second_looks")
    taken_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField(null=True)  # from then on the marks stand, and both sides see each other's
    reported_at = models.DateTimeField(null=True)  # when a reviewer told those who lead of a grave difference
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reported_words = models.TextField(blank=True, max_length=4000)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(given_at=None) | Q(reviewer__isnull=False), name="a_second_look_is_given_by_somebody"
            )
        ]
        indexes = [models.Index(fields=["reviewer"], condition=Q(given_at=None), name="second_looks_being_given")]

    def __str__(self) -> str:
        return f"second look at {self.submission_id}"

    @property
    def is_given(self) -> bool:
        return self.given_at is not None

    @property
    def is_drawn(self) -> bool:
        """Tell whether the server drew it. One that somebody asked for says nothing about all cases."""
        return self.asked_by_id is None


class SecondLookMark(models.Model):
    """What the second reviewer finds of one answer (`q:<key>`) or fact (`f:<key>`). Locked once the look is given."""

    look = models.ForeignKey(SecondLook, models.PROTECT, related_name="marks")
    target = models.CharField(max_length=80)
    mark = models.CharField(max_length=20, choices=MarkKind)
    words = models.TextField(blank=True, max_length=4000)
    shown_at = models.DateTimeField()
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["look", "target"], name="one_mark_a_second_look_and_target")]


class SecondLookWords(Frozen):
    """What one of the two reviewers, or somebody who leads the body, wrote about the differences."""

    look = models.ForeignKey(SecondLook, models.PROTECT, related_name="talk")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    at = models.DateTimeField(auto_now_add=True)
