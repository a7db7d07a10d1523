"""Steps of the scheduler that were done on a day."""

from __future__ import annotations

from django.db import models


class StepRun(models.Model):
    """The last day, Hong Kong time, on which a daily step of the sweeper was done."""

    name = models.CharField(max_length=40, unique=True)
    day = models.DateField()
