"""Holds that tier rules open, and answers that close them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import UNKNOWN, HoldKind
from assessments.models import DeclaredUse, FactRevision, Hold, HoldOutcome, RevisionOutcome, User
from assessments.scoring.tiers import TierResult


class TierChange:
    """What running the tier rules changed beside the tier's own columns, for the entry that its caller writes last."""

    def __init__(self, use: DeclaredUse) -> None:
        self.use, self.tier = use, use.assigned_tier
        self.opened: list[str] = []
        self.closed: list[str] = []

    def details(self, *, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
        """Old and new values with the tier where it changed, and the holds that were opened and closed."""
        moved = self.tier != self.use.assigned_tier
        return {
            "old": {**old, **({"tier": self.tier} if moved else {})},
            "new": {**new, **({"tier": self.use.assigned_tier} if moved else {})},
            **({"holds_opened": sorted(self.opened)} if self.opened else {}),
            **({"holds_closed": sorted(self.closed)} if self.closed else {}),
        }


def keep_holds(
    use: DeclaredUse,
    edition: CompiledEdition,
    result: TierResult,
    facts: Mapping[str, Any],
    *,
    by: User,
    noted: TierChange,
) -> None:
    """Open the holds that the rules ask for, and close those that an answer or a correction has dealt with.

    Facts are asked page by page: one that nobody has answered yet opens no hold that only a reviewer can close.
    """
    rules = {rule.id: rule for rule in edition.rules}
    wanted: dict[tuple[str, str], str] = {}  # to the rule that opens it
    for fired in result.rules:
        rule = rules[fired.id]
        if rule.hold is None:
            continue
        for fact in rule.hold_about or fired.facts:
            if rule.hold == HoldKind.OPEN_QUESTION or fact in facts:
                wanted.setdefault((str(rule.hold), fact), fired.id)
    open_holds = {(hold.kind, hold.fact): hold for hold in use.holds.filter(closed_at=None)}
    due = timezone.localdate() + timedelta(days=edition.policy.hold_days)
    for (kind, fact), opened_by in wanted.items():
        if (kind, fact) in open_holds:
            continue
        settled = use.holds.filter(kind=kind, fact=fact).exclude(closed_at=None).exclude(kind="open_question")
        if not settled.exclude(outcome__in=NOT_SETTLED).exists():  # a reviewer's decision on the same fact stands
            Hold.objects.create(use=use, kind=kind, fact=fact, rule=opened_by, owner=by, due=due)
            noted.opened.append(f"{kind} {fact}".strip())
    for key, hold in open_holds.items():
        hold.use = use
        if key in wanted:
            _note_answered(hold, False, by=by)
        else:
            _close_if_dealt_with(use, hold, facts.get(hold.fact), by=by)
            if hold.closed_at:
                noted.closed.append(f"{hold.kind} {hold.fact}".strip())


NOT_SETTLED = (HoldOutcome.CORRECT, HoldOutcome.GONE)


def _close_if_dealt_with(use: DeclaredUse, hold: Hold, answer: Any, *, by: User) -> None:
    """Close a hold that no rule asks for any more, where that is enough; the others a reviewer closes on the record.

    An open question is *answered* by an answer with its evidence, and a reviewer closes it. Our judgement: a yes closes it
    by itself, for it finds the use prohibited; so does any answer to a fact that was merely not answered yet and never
    stood at *do not know*.
    """
    if hold.kind == HoldKind.OPEN_QUESTION:
        saved = FactRevision.objects.filter(parent__use=use, parent__key=hold.fact, outcome=RevisionOutcome.CURRENT)
        was_unknown = any(value["value"] == UNKNOWN for value in saved.values_list("value", flat=True))
        if was_unknown and answer is not True:
            pieces = hold.evidence_uses.filter(evidence__withdrawn_at=None)
            if hold.sent_back_at and not saved.filter(at__gt=hold.sent_back_at).exists():
                pieces = pieces.filter(at__gt=hold.sent_back_at)  # a reviewer was not satisfied with the others
            _note_answered(hold, pieces.exists(), by=by)
            return
        hold.closed_by, hold.outcome = by, HoldOutcome.ANSWERED
        hold.decision = _("Answered.")
    elif hold.outcome != HoldOutcome.CORRECT:
        return
    hold.closed_at = timezone.now()
    hold.save(update_fields=["closed_at", "closed_by", "decision", "outcome"])
    log.record(
        AuditKind.HOLD_CLOSED,
        use,
        by=by,
        organisation=use.system.organisation,
        details={"hold": hold.kind, "fact": hold.fact, "outcome": str(hold.outcome)},
    )


def _note_answered(hold: Hold, shown: bool, *, by: User) -> None:
    """Keep that an open question is answered, with evidence, and waits for a reviewer; or that it is so no more."""
    if shown == (hold.answered_at is not None):
        return
    hold.answered_at = timezone.now() if shown else None
    hold.save(update_fields=["answered_at"])
    log.record(
        AuditKind.HOLD_ANSWERED if shown else AuditKind.HOLD_UNANSWERED,
        hold.use,
        by=by,
        organisation=hold.use.system.organisation,
        details={"hold": hold.kind, "fact": hold.fact},
    )
