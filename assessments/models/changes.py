"""What an owner says has changed since an approval: it opens the next assessment of the use."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from assessments.models.assessments import Assessment
from assessments.models.base import Frozen, FrozenQuerySet
from assessments.models.systems import DeclaredUse


class StatedChange(Frozen):
    """A change after an approval, as an owner stated it. `kinds`: keys of the edition's `changes`."""

    use = models.ForeignKey(DeclaredUse, models.PROTECT, related_name="stated_changes")
    approval = models.ForeignKey(Assessment, models.PROTECT, related_name="stated_changes")
    opened = models.ForeignKey(Assessment, models.PROTECT, related_name="opened_by")
    kinds = models.JSONField(default=list)
    words = models.TextField(max_length=4000)
    happened_on = models.DateField()
    to_confirm = models.JSONField(default=list)  # the keys of the questions that it opened again
    suspends = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = FrozenQuerySet.as_manager()
