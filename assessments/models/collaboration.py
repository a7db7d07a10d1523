"""What members say to each other about questions, and their own bookmarks."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from assessments.models.assessments import Assessment


class Comment(models.Model):
    """One remark in the thread of a question; a thread is resolved by resolving its first remark."""

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="comments")
    question = models.CharField(max_length=60)
    reply_to = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replies")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(_("comment"), max_length=4000)
    at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["assessment", "question"])]

    def __str__(self) -> str:
        return self.text[:60]


class Flag(models.Model):
    """A question that somebody means to come back to; their own sign, whether or not it has an answer yet."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="flags")
    question = models.CharField(max_length=60)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "question", "user"], name="one_flag_a_question_and_person")
        ]
