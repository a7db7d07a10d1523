"""Save declared facts, and run the tier rules."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import InvalidAnswer, Locked, WouldHide
from assessments.domain.facts import hidden, tier
from assessments.domain.facts import values as facts_values
from assessments.domain.facts.opened_holds import TierChange
from assessments.guideline.edition import Fact
from assessments.models import (
    Assessment,
    DeclaredFact,
    DeclaredUse,
    FactRevision,
    Involvement,
    MarkKind,
    ReviewMark,
    RevisionOutcome,
    State,
    User,
    revisions,
    systems,
)
from assessments.models.assessments import LOCKED_STATES, OPEN_STATES
from assessments.models.base import canonical_json
from assessments.models.stale_reasons import StaleReason, because
from assessments.scoring.tiers import TierResult

# --- facts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FactsSaved:
    use: DeclaredUse
    result: TierResult
    changed: tuple[str, ...]
    conflicts: tuple[str, ...] = ()  # the facts of which a newer version stands; what was given is kept beside it


def editable_facts(use: DeclaredUse) -> set[str] | None:
    """The facts that may be changed now; None: all. Raises Locked while the use is under review.

    While an assessment of the use is returned, only marked facts and those that had no answer yet when it was sent are:
    those that a new answer asks for among them, which stay open until it is sent again.
    """
    found = Assessment.objects.filter(use=use, state__in=OPEN_STATES)
    assessment = found.only("state", "current_submission").annotate(sent_at=F("current_submission__at")).first()
    if assessment is None or assessment.state == State.DRAFT:
        return None
    if assessment.state in LOCKED_STATES:
        raise Locked(
            _(
                "The facts are locked while the assessment is under review. What you typed is shown below but has"
                " not been saved."
            )
        )
    marked = open_with(returned_targets(assessment.current_submission_id, "f:"))
    answered = set(use.fact_rows().values_list("key", flat=True))
    first_answers = FactRevision.objects.filter(
        Q(parent__use=use) | Q(parent__system=use.system_id, parent__use=None), number=1, at__gt=assessment.sent_at
    )
    answered -= set(first_answers.values_list("parent__key", flat=True))
    edition = facts_values.current_edition(use)
    return marked | {key for key in edition.facts if key not in answered}


def open_with(marked: set[str]) -> set[str]:
    """Return the facts that a return opens: those marked, and the claim of an exception with the fact it is about."""
    return marked | {"lawful_exception_claimed"} if "illegal_purpose" in marked else marked


def returned_targets(submission_id: int | None, prefix: str) -> set[str]:
    """Keys of the answers (`q:`) or facts (`f:`) that the reviewer wants changed."""
    if submission_id is None:
        return set()
    rows = ReviewMark.objects.filter(
        submission_id=submission_id, mark=MarkKind.CHANGE_NEEDED, target__startswith=prefix
    )
    return {target.removeprefix(prefix) for target in rows.values_list("target", flat=True)}


@transaction.atomic
def declare_facts(
    use: DeclaredUse,
    values: Mapping[str, Any],
    *,
    by: User,
    reasons: Mapping[str, str] | None = None,
    bases: Mapping[str, int] | None = None,
    operation: uuid.UUID | None = None,
    hiding: Iterable[str] | None = None,
) -> FactsSaved:
    """Save facts of a use (those of level `system` for the whole system) and run the tier rules again.

    `bases`: the revisions that the page showed (0: none). A stale fact that differs is kept as a revision and named in
    `conflicts`, nothing is overwritten; one that the page gives back as it had shown it is left alone. `operation`
    names the page, so that sending it again keeps nothing twice. `hiding`: the names of the answers that may be hidden
    by this; None: any. All or nothing. Raises WouldHide, InvalidAnswer naming the fact, Locked while under review,
    NotPermitted.
    """
    roles.require(by, Action.DECLARE, use)
    facts_now = facts_values.current_edition(use).facts
    if any(key in facts_now and facts_now[key].level == "system" for key in values):
        systems.lock_uses(use.system_id)
    use = DeclaredUse.objects.select_for_update(of=("self",)).select_related("system__organisation").get(pk=use.pk)
    allowed = editable_facts(use)
    edition = facts_values.current_edition(use)
    rows: dict[str, Any] = {row.key: row for row in use.fact_rows().annotate(newest=Max("revisions__number"))}
    before = hidden.shown_answers(use, values, edition) if hiding is not None else set()
    was, noted = {key: rows[key].value if key in rows else None for key in values}, TierChange(use)
    page = _Page(use, by, rows, allowed, bases or {}, operation)
    for key, value in values.items():
        fact = edition.facts.get(key)
        if fact is None:
            raise InvalidAnswer(key, _("Load the page again. There is no fact “%(key)s”.") % {"key": key})
        reason = (reasons or {}).get(key, rows[key].reason if key in rows else "")
        page.declare(fact, facts_values.check_fact(fact, value), reason)
    page.keep()
    changed = page.changed
    shared, followed = any(edition.facts[key].level == "system" for key in changed), list[TierChange]()
    why = because(StaleReason.FACTS_CHANGED, facts=sorted(changed)) if changed else None
    result = tier.refresh(use, by=by, why=why, changed=changed, noted=noted)
    if shared:
        followed = [TierChange(other) for other in DeclaredUse.objects.filter(system=use.system).exclude(pk=use.pk)]
        for one in followed:
            tier.refresh(one.use, by=by, why=why, changed=changed, noted=one)
    if changed:
        sides = noted.details(old={key: was[key] for key in changed}, new={key: values[key] for key in changed})
        log.record(
            AuditKind.FACTS_DECLARED,
            use,
            by=by,
            organisation=use.system.organisation,
            details={"facts": sorted(changed), **sides},
        )
    tier.record_followed(followed, by)
    if hiding is not None:
        hides = before - hidden.shown_answers(use, values, edition)
        if hides and {answer.name for answer in hides} != set(hiding):
            raise WouldHide(hidden.saving_hides(), sorted(hides))
    return FactsSaved(use, result, tuple(changed), tuple(page.conflicts))


@dataclass(slots=True)
class _Page:
    """The facts of one page on their way into the rows; what is new is written at the end, all at once."""

    use: DeclaredUse
    by: User
    rows: Mapping[str, Any]  # those that stand, each with the number of its newest version
    allowed: set[str] | None  # the facts that may be changed now; None: all
    bases: Mapping[str, int]
    operation: uuid.UUID | None
    changed: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    fresh: list[DeclaredFact] = field(default_factory=list)
    kept: list[tuple[DeclaredFact, uuid.UUID, int, dict[str, Any]]] = field(default_factory=list)
    others_locked: bool | None = None  # None: nobody has asked yet

    def declare(self, fact: Fact, value: Any, reason: str) -> None:
        """Make a checked value the fact that stands, unless it stands already or a newer one does."""
        key, row = fact.key, self.rows.get(fact.key)
        if row and facts_values.same_value(fact, row.value, value) and row.reason == reason:
            return
        if key == "minor_procedural_task" and value is True and not reason.strip():
            raise InvalidAnswer(
                key, _("Say why this use is only a minor procedural task. A second member must then agree.")
            )
        self._require_open(fact)
        record = {"value": value, "reason": reason}
        base = self.bases.get(key, row.revision if row else 0)
        step = uuid.uuid5(self.operation, canonical_json([key, base, record])) if self.operation else uuid.uuid4()
        newest = (row.newest or row.revision) if row else 0  # a version beside the current one has a number too
        if row is not None and row.revision != base:
            if _shown_then(row, base) != record:
                if not FactRevision.objects.filter(operation=step).exists():
                    outcome = RevisionOutcome.CONFLICT
                    revisions.keep_revision(row, newest + 1, step, base, record, self.by, outcome)
                self.conflicts.append(key)
            return
        if row is None:
            row = DeclaredFact(system=self.use.system, use=None if fact.level == "system" else self.use, key=key)
        if not facts_values.same_value(fact, row.value, value) or row.reason != reason:
            Involvement.objects.keep(self.use.pk, Involvement.Kind.AGREED, [row.agreed_by_id])
            row.agreed_by, row.agreed_at, row.agreed_reason, row.signed_worst = None, None, "", None
        row.value, row.reason, row.by = value, reason, self.by
        row.revision = newest + 1
        if row.pk is None:
            self.fresh.append(row)
        else:
            row.save()
        self.kept.append((row, step, base, record))
        self.changed.append(key)

    def _require_open(self, fact: Fact) -> None:
        """Raise Locked where this fact may not be changed now, here or because of another use of the system."""
        if self.allowed is not None and fact.key not in self.allowed:
            raise Locked(
                _("You cannot change “%(fact)s” now. The reviewer did not mark it “change needed”.")
                % {"fact": fact.label}
            )
        if fact.level != "system":
            return
        if self.others_locked is None:
            self.others_locked = others_locked(self.use)
        if self.others_locked:
            raise Locked(
                _(
                    "“%(fact)s” is locked until the review of another use of this system ends. The fact applies to "
                    "the whole system."
                )
                % {"fact": fact.label}
            )

    def keep(self) -> None:
        """Write the facts that are new, and a version of each that changed."""
        DeclaredFact.objects.bulk_create(self.fresh)
        FactRevision.objects.bulk_create(
            FactRevision(parent=row, number=row.revision, operation=step, base=base, value=record, by=self.by)
            for row, step, base, record in self.kept
        )


def _shown_then(row: DeclaredFact, base: int) -> dict[str, Any] | None:
    """What a page of an older revision had shown; None where there was no answer yet."""
    return FactRevision.objects.filter(parent=row, number=base).values_list("value", flat=True).first()


def others_locked(use: DeclaredUse) -> bool:
    """Tell whether another use of the system is under review: then its system's facts are locked too."""
    return Assessment.objects.filter(use__system=use.system_id, state__in=LOCKED_STATES).exclude(use=use).exists()
