"""Forms that arrived after their session had ended."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class HeldPost(models.Model):
    """A form that arrived after its session had ended, kept for an hour for the person whose page it was."""

    token_digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    path = models.CharField(max_length=300)
    body = models.TextField()  # form-encoded, without the CSRF token
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["at"])]
