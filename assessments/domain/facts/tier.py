"""Run the tier rules over the stored facts, and keep what follows: tier, holds and derived columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.domain import portfolio
from assessments.domain.certificates import staleness, status
from assessments.domain.facts import opened_holds, values
from assessments.domain.facts.opened_holds import TierChange
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import Tier
from assessments.models import Assessment, DeclaredUse, State, User
from assessments.models.assessments import DERIVED, OPEN_STATES
from assessments.models.closing import AS_CARRIED
from assessments.models.public_reasons import PublicReason
from assessments.models.stale_reasons import StaleCause
from assessments.models.systems import declared_facts
from assessments.scoring.held import assign_held_tier
from assessments.scoring.tiers import TierResult, assign_tier


def record_followed(followed: Iterable[TierChange], by: User) -> None:
    """Log the uses whose tier or holds moved with something of their system; call it last, as `record` is."""
    for noted in followed:
        details = noted.details(old={}, new={})
        if any(details.values()):
            log.record(AuditKind.TIER_FOLLOWED, noted.use, by=by, organisation=noted.use.organisation, details=details)


def run_rules(use: DeclaredUse, *, by: User, suspended_for: PublicReason = PublicReason.FACTS_CHANGED) -> TierResult:
    """Run the tier rules again without a changed fact: after a reviewer raised the tier, or evidence came to a hold.

    The caller holds the lock of the use and a transaction. `suspended_for`: the public reason, should a certificate of
    the use have to be suspended by it.
    """
    return refresh(use, by=by, suspended_for=suspended_for)


def refresh(
    use: DeclaredUse,
    *,
    by: User,
    why: StaleCause | None = None,
    changed: Iterable[str] = (),
    suspended_for: PublicReason = PublicReason.FACTS_CHANGED,
    noted: TierChange | None = None,
) -> TierResult:
    """Run the tier rules over the stored facts; keep tier, holds and the open assessment's derived columns true.

    `why` says what changed and flags an approval of the use as stale; None where nothing did. `changed`: the keys of
    facts that did. The result is what the rules give; a tier that a reviewer raised stands beside it on the use.
    """
    noted = noted or TierChange(use)
    edition = values.current_edition(use)
    rows = list(use.fact_rows())
    facts = declared_facts(edition, rows)
    opened_holds.keep_holds(use, edition, assign_tier(edition, facts), facts, by=by, noted=noted)
    result = assign_held_tier(edition, facts, use.held_facts())
    before, was_provisional = use.assigned_tier, use.provisional
    use.rules_tier = str(result.assigned_tier)
    use.assigned_tier = str(use.tier_over(result.assigned_tier))
    use.tier_rank = portfolio.tier_rank(use.assigned_tier)
    use.text_tier = str(result.text_tier or "")
    use.provisional = result.provisional
    held_before, use.open_holds = use.open_holds, use.holds.filter(closed_at=None).count()
    use.tier_checksum = edition.checksum
    use.save(
        update_fields=[
            "rules_tier",
            "assigned_tier",
            "tier_rank",
            "text_tier",
            "provisional",
            "open_holds",
            "tier_checksum",
        ]
    )
    higher = bool(before) and Tier(use.assigned_tier).rank > Tier(before).rank
    for assessment in Assessment.objects.for_dashboard().filter(use=use, state__in=[*OPEN_STATES, State.CERTIFIED]):
        assessment.use = use
        if assessment.is_editable:
            if assessment.follows_id and assessment.state == State.DRAFT:
                _reopen_carried(assessment, set(changed))
            declared = assessment.declared()
            assessment.refresh_derived(declared, assessment.answer_values())
            assessment.save(update_fields=DERIVED)
            portfolio.follow_newest(assessment)
        elif why:
            staleness.flag(assessment, staleness.Kind.FACT, why, by=by)
        worse = higher or use.open_holds > held_before or (use.provisional and not was_provisional)
        if assessment.state == State.CERTIFIED and worse:
            status.suspend_at_once(assessment, suspended_for, by=by)
    return result


def _reopen_carried(assessment: Assessment, changed: set[str]) -> None:
    """Ask again for carried answers of a draft whose question reads a fact that changed."""
    if not changed:
        return
    keys = reading(assessment.compiled(), changed)
    assessment.answers.filter(AS_CARRIED, question__key__in=keys).update(to_confirm=True)


def reading(edition: CompiledEdition, facts: Collection[str]) -> set[str]:
    """Return the questions (keys) that are asked, or any of whose lines is, because of one of these facts."""
    found = set()
    for question in edition.questions.values():
        conditions = [question.when, *(item.when for item in question.items)]
        if any(test.fact in facts for condition in conditions for test in condition.tests()):
            found.add(question.key)
    return found
