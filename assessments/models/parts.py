"""Judgements of the conformity file, what a return asks for beside the marks, and evidence attached after signing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessments.models.assessments import Assessment
from assessments.models.base import Frozen
from assessments.models.evidence import EvidenceVersion
from assessments.models.reviews import ReviewDecision, Seat
from assessments.models.revisions import Revision
from assessments.models.submissions import Submission


class PartVerdict(models.TextChoices):
    SUPPORTS = "supports", _("Supports")
    PARTLY = "partly", _("Partly")
    DOES_NOT = "does_not", _("Does not support")


class PartMark(models.Model):
    """The judgement of one seat on one part of the conformity file of a submission.

    `words`: what is missing, read by the organisation. `returned`: the part goes back with the submission. Without a
    `verdict` the part is not judged (any more).
    """

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="part_marks")
    seat = models.CharField(max_length=6, choices=Seat)
    part = models.CharField(max_length=40)
    verdict = models.CharField(max_length=10, choices=PartVerdict, blank=True)
    words = models.TextField(blank=True, max_length=2000)
    returned = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)
    carried_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "seat", "part"], name="one_part_mark_a_seat")]

    def __str__(self) -> str:
        return f"{self.part}: {self.verdict}"

    def record(self) -> dict[str, Any]:
        """Return what a version of it keeps."""
        return {"verdict": str(self.verdict), "words": self.words, "returned": self.returned}


class PartMarkRevision(Revision):
    parent = models.ForeignKey(PartMark, models.PROTECT, related_name="revisions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["parent", "number"], name="one_part_mark_revision_a_number")]


class ReturnTask(Frozen):
    """One thing that a return asks for beside its marks: what else stands in the way of an approval.

    `key` names the obstacle (`hold:`, `tier`, `answer:`, `gate:` or `part:`), `words` say it as the reviewer saw it.
    """

    decision = models.ForeignKey(ReviewDecision, models.PROTECT, related_name="tasks")
    key = models.CharField(max_length=80)
    label = models.CharField(max_length=200)
    words = models.TextField(blank=True, max_length=2000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["decision", "key"], name="one_return_task_a_key")]

    def __str__(self) -> str:
        return self.label


class Supplement(Frozen):
    """A version of evidence that was attached to a signed answer (`q:`) or part (`part:`), which stay as they are.

    It belongs to the assessment until the decision. `sha256` is that of the version on the day of attaching.
    """

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="supplements")
    target = models.CharField(max_length=80)
    version = models.ForeignKey(EvidenceVersion, models.PROTECT, related_name="supplements")
    sha256 = models.CharField(max_length=64)
    words = models.TextField(max_length=1000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "target", "version"], name="one_supplement_a_target"),
            models.CheckConstraint(condition=~Q(sha256=""), name="a_supplement_has_its_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.target}: {self.version}"


class SupplementMark(models.Model):
    """What one reviewer finds of a supplement; it counts while that reviewer has a seat in the newest submission."""

    supplement = models.ForeignKey(Supplement, models.PROTECT, related_name="marks")
    verdict = models.CharField(max_length=10, choices=PartVerdict, blank=True)
    words = models.TextField(blank=True, max_length=2000)
    revision = models.PositiveIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["supplement", "by"], name="one_supplement_mark_a_reviewer")]

    def record(self) -> dict[str, Any]:
        """Return what a version of it keeps."""
        return {"verdict": str(self.verdict), "words": self.words}


class SupplementMarkRevision(Revision):
    parent = models.ForeignKey(SupplementMark, models.PROTECT, related_name="revisions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent", "number"], name="one_supplement_mark_revision_a_number")
        ]


JUDGED, GIVEN = "judged", "given"


# --- what is shown and recorded -----------------------------------------------------------------------------------------


def state_of(submission: Submission) -> dict[str, str]:
    """Return of each given part whether it is `judged`, by everybody who approved the submission, or only `given`."""
    content = submission.content().get("conformity", ())
    if not content:
        return {}
    people = set(submission.decisions.approvals().values_list("by", flat=True))
    judged: dict[str, set[int]] = {}
    for part, by in submission.part_marks.exclude(verdict="").values_list("part", "by"):
        judged.setdefault(part, set()).add(by)
    return {part["part"]: JUDGED if people and people <= judged.get(part["part"], set()) else GIVEN for part in content}
