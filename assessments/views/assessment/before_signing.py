"""What an owner has to know before signing, for the page that checks all answers: what is missing, who signs, who reviews."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.urls import reverse

from assessments.accounts.enrolment import lacks_factor
from assessments.domain.certificates import least_readiness
from assessments.domain.certificates.before_signing import Practice, Prospect, prospect
from assessments.domain.certificates.blockers import Blocker, blockers_to_self_certify
from assessments.domain.certificates.conditions import most_conditions
from assessments.guideline.terms import UNKNOWN, Tier
from assessments.models import Answer
from assessments.models.snapshots import asked_facts, results_before_signing
from assessments.views.assessment.member_case import MemberCase


@dataclass(frozen=True, slots=True)
class BeforeSigning:
    """What the block "Before you can sign" says of one assessment. `missing`, `empty`, `carried`: how many are open."""

    missing: int
    empty: int
    carried: int
    tier: str
    lacks_factor: bool  # the reader, who may sign, has to add a second factor first
    needs_factor: bool  # of somebody else: this installation asks everybody who signs for a second factor
    review_days: int
    condition_days: int
    most_conditions: int
    readiness: str  # the rule of today, as a sentence

    @property
    def is_open(self) -> bool:
        """Tell whether something is missing that keeps the assessment from being signed."""
        return bool(self.missing or self.empty or self.carried)


def before_signing_of(case: MemberCase, *, missing: int, empty: int, carried: int) -> BeforeSigning | None:
    """Return what has to be known before signing; None where nothing can be signed. Runs no query."""
    use = case.assessment.use
    if not case.assessment.is_editable or use.prohibited_by_facts or not use.assigned_tier:
        return None
    policy = case.edition.policy
    return BeforeSigning(
        missing=missing,
        empty=empty,
        carried=carried,
        tier=str(use.assigned_tier),
        lacks_factor=case.is_owner and lacks_factor(case.user),
        needs_factor=not case.is_owner and bool(settings.SECOND_FACTOR),
        review_days=policy.review_target_days,
        condition_days=policy.condition_days,
        most_conditions=most_conditions(),
        readiness=least_readiness.rule_today(case.edition, Tier(use.assigned_tier)),
    )


def facts_not_known(case: MemberCase) -> list[tuple[str, str]]:
    """Return the facts that are answered *do not know*, as a reviewer reads them after the signature: label, place."""
    reference, facts = case.assessment.use.reference, case.edition.facts
    return [
        (
            facts[key].label,
            reverse("facts", args=[reference, facts[key].group]) + f"#fact-{key}"
            if case.may_answer
            else reverse("use", args=[reference]),
        )
        for key in asked_facts(case.edition, case.declared)
        if case.declared.facts.get(key) == UNKNOWN
    ]


def prospect_of(
    case: MemberCase,
    content: Mapping[str, Any],
    blockers: Iterable[Blocker],
    *,
    alone: bool = False,
    lacking: bool = False,
) -> Prospect:
    """Return what would follow from a signature, as the answers stand, with links to the practices that block."""
    practices = tuple(
        Practice(blocker.words, _answer_url(case, blocker.question), blocker.conditionable) for blocker in blockers
    )
    dated = sum(practice.may_have_date for practice in practices)
    found = prospect(
        case.edition,
        content,
        dated=dated,
        undated=len(practices) - dated,
        use=case.assessment.use,
        alone=alone,
        lacking=lacking,
    )
    return replace(found, practices=tuple(sorted(practices, key=lambda practice: practice.may_have_date)))


def _answer_url(case: MemberCase, question: str) -> str:
    section = case.edition.questions[question].section
    return f"{reverse('section', args=[case.assessment.reference, section])}#q-{question}"


def if_signed_now(case: MemberCase, answers: Mapping[str, Answer], *, alone: bool, lacking: bool) -> Prospect:
    """Return what would follow if an owner signed these answers now, before the page of the signature. At most one query."""
    content = results_before_signing(case.edition, case.declared, answers)
    blockers = blockers_to_self_certify(case.assessment, content)
    return prospect_of(case, content, blockers, alone=alone, lacking=lacking)
