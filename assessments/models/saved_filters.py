"""Filters of the portfolio that a person keeps under a name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


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
                violation_error_message=_("Choose another name. You already have a filter with this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name
