"""Remediation: one proposed action for the findings of each question, in the order in which to do them.

Owners, efforts and texts are the question's own remedies; priorities and periods are named data of the edition. Our
judgement: the Guideline gives neither an order nor dates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assessments.guideline.edition import Edition, Question, Remedy
from assessments.guideline.policy import Policy
from assessments.guideline.terms import Credit, Effort, Tier
from assessments.scoring.findings import PROHIBITED, TABLE_1_OR_OVERLAY, Finding


@dataclass(frozen=True, slots=True)
class ProposedAction:
    """What to do about one question: steps to begin with, what closes it, who, how much work, how soon."""

    question: str
    findings: tuple[Finding, ...]
    title: str
    steps: tuple[str, ...]
    closes: tuple[str, ...]
    clauses: tuple[str, ...]
    why: str
    owner: str
    effort: Effort
    priority: str
    lost_weight: int  # weight times the half credits missing, each duty once
    due_days: int  # from the submission; from release 3 on of the first step
    # From release 3 on (``scoring.order``).
    rank: int = 0  # from 1, over all packages
    package: str = ""
    why_here: str = ""
    stopgap: str = ""
    full_days: int | None = None  # when all of it is done
    placed: str = ""  # stop, needed, or its class
    blocking: bool = False
    whole_organisation: bool = False


def propose(edition: Edition, findings: Iterable[Finding], tier: Tier) -> tuple[ProposedAction, ...]:
    """Propose one action a question: most urgent class first, then the larger lost weight, then the smaller effort.

    What is left equal stands in the order of the questionnaire. `due_days` is the shortest period that a finding of the
    action has at this tier.
    """
    of_question: dict[str, list[Finding]] = {}
    for finding in findings:
        of_question.setdefault(finding.question, []).append(finding)
    place = {key: number for number, key in enumerate(edition.questions)}
    actions = [_action(edition, edition.questions[key], found, tier) for key, found in of_question.items()]
    return tuple(
        sorted(
            actions,
            key=lambda action: (
                edition.policy.priorities.index(action.priority),
                -action.lost_weight,
                _EFFORTS.index(action.effort),
                place[action.question],
            ),
        )
    )


_EFFORTS = tuple(Effort)  # days, weeks, months


def _action(edition: Edition, question: Question, findings: Sequence[Finding], tier: Tier) -> ProposedAction:
    policy = edition.policy
    remedies = {finding.item: remedy_of(question, finding.item) for finding in findings}
    weightiest = max(findings, key=lambda finding: finding.weight)
    lost: dict[str, int] = {}
    for finding in findings:
        lost[finding.requirement] = max(finding.weight * _missing(finding), lost.get(finding.requirement, 0))
    return ProposedAction(
        question=question.key,
        findings=tuple(findings),
        title=question.title,
        steps=tuple(dict.fromkeys(remedy.first_step for remedy in remedies.values())),
        closes=tuple(dict.fromkeys(remedy.closes_it for remedy in remedies.values())),
        clauses=tuple(dict.fromkeys(edition.requirements[finding.requirement].clause for finding in findings)),
        why=question.why,
        owner=remedies[weightiest.item].owner,
        effort=max((remedy.effort for remedy in remedies.values()), key=_EFFORTS.index),
        priority=min((finding.class_key for finding in findings), key=policy.priorities.index),
        lost_weight=sum(lost.values()),
        due_days=min(due_days(policy, finding, tier) for finding in findings),
    )


def remedy_of(question: Question, item_key: str | None) -> Remedy:
    """Return the remedy of an item, or of the practice; raises LookupError for a question that has none."""
    if item_key is None and question.remedy is not None:
        return question.remedy
    for item in question.items:
        if item.key == item_key:
            return item.remedy
    raise LookupError(f"{question.key} has no remedy for {item_key or 'the practice'}")


def _missing(finding: Finding) -> int:
    """Half credits to gain. A reason that is not accepted yet may turn out to hide the whole duty (our judgement)."""
    return Credit.FULL - (finding.half_credits or 0)


def due_days(policy: Policy, finding: Finding, tier: Tier) -> int:
    """Days from the submission within which a finding asks for a first step at this tier."""
    if finding.class_key in (PROHIBITED, TABLE_1_OR_OVERLAY):
        return policy.blocking_due_days[tier]
    return policy.due_days[tier][finding.strength]
