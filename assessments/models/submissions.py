"""Submissions: frozen copies of what was signed."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, NullIf
from django.urls import reverse

from assessments.models.assessments import Assessment, Route
from assessments.models.base import Frozen, FrozenQuerySet, new_reference
from assessments.models.people import Organisation
from assessments.models.systems import TierChoices


class SubmissionQuerySet(FrozenQuerySet["Submission"]):
    def for_list(self) -> Self:
        """Return rows without their snapshot (60 to 150 kB each), with what a list shows."""
        return self.defer("snapshot").select_related("assessment__use__system", "organisation", "by")

    def with_signer(self) -> Self:
        """Return rows that say who signed without their snapshot being read: `Submission.by_name`."""
        kept = Cast(NullIf("snapshot", models.Value("")), models.JSONField())
        return self.annotate(kept=kept).annotate(signer=KT("kept__signed__name")).defer("snapshot")


class Submission(Frozen):
    """The frozen copy that was signed: answers, facts, fired rules, scorecard, findings, actions, statement."""

    reference = models.CharField(max_length=12, unique=True, default=new_reference, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="submissions")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="submissions")
    round = models.PositiveSmallIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    route = models.CharField(max_length=12, choices=Route, blank=True)
    snapshot = models.TextField()
    sha256 = models.CharField(max_length=64)
    edition_checksum = models.CharField(max_length=64)
    assigned_tier = models.CharField(max_length=12, choices=TierChoices)
    text_tier = models.CharField(max_length=12, choices=TierChoices, blank=True)
    readiness_privacy = models.PositiveSmallIntegerField(null=True)
    readiness_intellectual_property = models.PositiveSmallIntegerField(null=True)
    readiness_crime_prevention = models.PositiveSmallIntegerField(null=True)
    readiness_reliability = models.PositiveSmallIntegerField(null=True)
    readiness_security = models.PositiveSmallIntegerField(null=True)
    applicable = models.PositiveSmallIntegerField(default=0)
    findings = models.PositiveSmallIntegerField(default=0)
    blocking = models.PositiveSmallIntegerField(default=0)
    # how many facts and answers differ from the round before; None in the first round, and before this was counted
    changed = models.PositiveSmallIntegerField(null=True)

    objects: ClassVar[Any] = SubmissionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assessment", "round"], name="one_submission_a_round")]
        indexes = [
            models.Index(fields=["organisation", "at"]),
            # What the queue asks of every submission. A row holds its snapshot before these columns, so that reading them
            # from it walks through a quarter of a megabyte.
            models.Index(
                fields=["assessment", "organisation", "route", "assigned_tier", "at"], name="submissions_in_a_queue"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} (round {self.round})"

    def get_absolute_url(self) -> str:
        return reverse("review", args=[self.reference])

    @property
    def by_name(self) -> str:
        """Who signed, by the name of that day. Ask for the rows with `with_signer`, else it may take a query."""
        signer = (
            self.signer if hasattr(self, "signer") else self.snapshot and self.content().get("signed", {}).get("name")
        )
        return signer or self.by.as_signed

    @property
    def is_self_declared(self) -> bool:
        """Whether it rests on its owner's word alone: a Low one that was sent to no reviewer."""
        return self.route == "" and self.assigned_tier == TierChoices.LOW

    def content(self) -> dict[str, Any]:
        """Return the snapshot as plain values."""
        loaded: dict[str, Any] = json.loads(self.snapshot)
        return loaded
