"""Approved with a plan, no certificate yet: what the certificate waits for, in the words of pages and mails."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.domain.certificates import least_readiness
from assessments.domain.certificates.least_readiness import BelowLeast, Lift
from assessments.domain.certificates.plan_now import PlanNow
from assessments.models import Condition, Submission
from assessments.models.agreed import agreed_actions


@dataclass(frozen=True, slots=True)
class NoCertificateYet:
    """Why an approved use has no certificate yet. `blocking`: open actions that block it, in the order of the plan."""

    blocking: tuple[Lift, ...]
    other: tuple[str, ...]
    below: BelowLeast | None
    stale: bool

    @property
    def last(self) -> list[str]:
        """What no action closes."""
        if self.stale:
            return [
                _(
                    "The use has changed since it was approved. No certificate can be issued until there is a new "
                    "assessment."
                )
            ]
        if not (self.blocking or self.other or self.below):
            return [_("The certificate needs a newer monitoring record.")]
        return []

    @property
    def sentences(self) -> list[str]:
        """What is missing and what would lift it, one sentence each."""
        words = _("Action %(number)s still blocks the certificate: %(title)s.")
        said = [words % {"number": one.number, "title": one.title} for one in self.blocking]
        below = [self.below.words, self.below.lifted_by] if self.below else []
        return [*said, *self.other, *below, *self.last]


def no_certificate_yet(
    submission: Submission, blockers: Collection[tuple[str, str]], plan: PlanNow, content: Mapping[str, Any]
) -> NoCertificateYet:
    """Say what the certificate of an approved submission waits for.

    `blockers`: of each thing that blocks, the question (empty for a hold or a tier) and its words.
    """
    questions = {question for question, _words in blockers if question}
    rows = [row for row in plan.standing if row.question in questions]
    have = {row.question for row in rows}
    return NoCertificateYet(
        blocking=tuple(Lift(row.number, row.title, row.get_absolute_url()) for row in rows),
        other=tuple(words for question, words in blockers if question not in have),
        below=least_readiness.below(submission, content, plan),
        stale=submission.assessment.stale_since is not None,
    )


def approval_context(submission: Submission, waits: NoCertificateYet | None) -> dict[str, Any]:
    """Return what the message about an approval is written from; `waits` is None where the certificate was issued."""
    conditions = Condition.objects.filter(decision__submission=submission, met_at=None).order_by("due_on", "pk")
    return {
        "use": submission.assessment.use.title,
        "missing": waits.sentences if waits else None,
        "conditions": list(conditions),
        "agreed": agreed_actions(submission, timezone.now()),
    }
