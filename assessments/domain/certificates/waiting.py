"""Approved with a plan, no certificate yet: what the certificate waits for, in the words of pages and mails."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
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
            return [_("What was approved has changed since: nothing is issued before the next assessment.")]
        if not (self.blocking or self.other or self.below):
            return [_("It waits for a monitoring record that is fresh enough.")]
        return []

    @property
    def sentences(self) -> list[str]:
        """What is missing and what would lift it, one sentence each."""
        words = _("Action %(number)s still blocks it: %(title)s.")
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


def approval_mail(submission: Submission, waits: NoCertificateYet | None) -> tuple[str, str]:
    """Return subject and text of the mail about an approval; `waits` is None where the certificate was issued."""
    use = {"use": submission.assessment.use.title}
    if waits is None:
        text = _("Your submission has been approved, and its certificate is issued.")
        return _("Approved: %(use)s") % use, "\n\n".join([text, *_to_do(submission)])
    text = _("Your submission has been approved with a plan. It has no certificate yet.")
    said = [text, *waits.sentences, *_to_do(submission)]
    return _("Approved with a plan, no certificate yet: %(use)s") % use, "\n\n".join(said)


def _to_do(submission: Submission) -> list[str]:
    """Say what the approval leaves to be done: its conditions, and what reviewers asked for on accepting an answer."""
    conditions = Condition.objects.filter(decision__submission=submission, met_at=None).order_by("due_on", "pk")
    said = [
        _("Condition, to be met by %(day)s: %(words)s.")
        % {"day": date_format(one.due_on, "DATE_FORMAT"), "words": one.words}
        for one in conditions
    ]
    for one in agreed_actions(submission, timezone.now()):
        words = {"number": one.number, "day": date_format(one.due, "DATE_FORMAT"), "title": one.title}
        said.append(_("A reviewer asked for action %(number)s, to be done by %(day)s: %(title)s.") % words)
    return said
