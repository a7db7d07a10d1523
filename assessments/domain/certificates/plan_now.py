"""What the issue of a certificate looks at today beside the submission: actions, holds, accepting marks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from assessments.models import (
    ActionStatus,
    ActionVerdict,
    Condition,
    Hold,
    RemediationAction,
    Submission,
    Verdict,
    marks,
)


class PlanNow:
    """The actions of a submission's use: what was closed since it was signed, what stands, what is promised by a date.

    A page that has read more hands it in: the open `holds`, what every approving seat `accepted`, and the JSON that was
    `signed` with the newest decision.
    """

    def __init__(
        self,
        submission: Submission,
        *,
        holds: Sequence[Hold] | None = None,
        accepted: Collection[str] | None = None,
        signed: str | None = None,
    ) -> None:
        self.submission, self.signed = submission, signed
        if holds is not None:
            self.holds = holds
        if accepted is not None:
            self.accepted = accepted

    @cached_property
    def holds(self) -> Sequence[Hold]:
        """The open holds of the use."""
        return list(Hold.objects.filter(use=self.submission.assessment.use_id, closed_at=None))

    @cached_property
    def accepted(self) -> Collection[str]:
        """The targets that every approving seat accepted."""
        return marks.accepted_by_every_seat(self.submission) if self.submission.route else set()

    @cached_property
    def rows(self) -> list[Any]:
        """The actions with two marks of this query: `is_shown` by evidence, `is_promised` by a condition."""
        shown = Q(action=OuterRef("pk")) | Q(action=OuterRef("merged_into")) | Q(action=OuterRef("part_of"))
        promised = Condition.objects.filter(decision__submission=self.submission, question=OuterRef("question"))
        promised = promised.exclude(met_at=None, due_on__lt=timezone.localdate())
        rows = RemediationAction.objects.filter(use=self.submission.assessment.use_id).exclude(question="")
        supports = ActionVerdict.objects.filter(shown, by=OuterRef("verified_by"), verdict=Verdict.SUPPORTS)
        rows = rows.annotate(is_shown=Exists(supports), is_promised=Exists(promised))
        return list(rows.select_related("use").order_by("rank", "number"))

    @cached_property
    def standing(self) -> list[RemediationAction]:
        """What is not closed, in the order of the plan."""
        return [row for row in self.rows if row.status != ActionStatus.CLOSED]

    @cached_property
    def _closed(self) -> list[Any]:
        """What was closed since the submission, of a split action only where all its parts are closed."""
        open_wholes = {row.part_of_id or row.pk for row in self.standing}
        since = self.submission.at
        return [
            row
            for row in self.rows
            if row.status == ActionStatus.CLOSED
            and row.closed_at is not None
            and row.closed_at > since
            and (row.part_of_id or row.pk) not in open_wholes
        ]

    @property
    def closed(self) -> frozenset[str]:
        """The questions whose action was closed since the submission."""
        return frozenset(row.question for row in self._closed)

    @property
    def closed_with_evidence(self) -> frozenset[str]:
        """Those closed on evidence that supports it, as the closer found: what the least readiness counts as in place."""
        return frozenset(row.question for row in self._closed if row.is_shown)

    @property
    def promised(self) -> frozenset[str]:
        """The questions that a condition of this submission leaves to a date that is not over."""
        return frozenset(row.question for row in self.rows if row.is_promised)
