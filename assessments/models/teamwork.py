"""How a team fills a questionnaire together: what is said about a question, what is flagged, kept, suggested, imported."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessments.models.assessments import Assessment
from assessments.models.base import Referenced
from assessments.models.people import Organisation
from assessments.models.systems import DeclaredUse


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


class HeldPost(models.Model):
    """A form that arrived after its session had ended, kept for an hour for the person whose page it was."""

    token_digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    path = models.CharField(max_length=300)
    body = models.TextField()  # form-encoded, without the CSRF token
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["at"])]


class SavedFilter(models.Model):
    """A filter of the portfolio under a name of somebody's own."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="filters")
    name = models.CharField(_("name of the filter"), max_length=80)
    query = models.CharField(max_length=400)  # the query string of the page

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                name="one_filter_a_name",
                violation_error_message=_("You have a filter of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


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
