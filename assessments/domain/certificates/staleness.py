"""Whether an approval still says what is true: what flags it as stale, and why.

A change of a fact, of the use itself, of a decided answer or of the evidence that an approved submission names flags the
approval; so does an owner who states a change. Nothing is issued on a stale approval, and only the next assessment of the
use takes the flag away. Our judgement: a newer release of the question set is a notice alone. The approval rests on the
release that it names, so the notice says what differs, and blocks and suspends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.models import (
    Assessment,
    DeclaredUse,
    Edition,
    Evidence,
    EvidenceUse,
    State,
)
from assessments.models.editions import newest_edition
from assessments.models.stale_reasons import EditionOf, StaleCause, StaleReason, because

APPROVALS = (State.APPROVED, State.CERTIFIED)
KEPT = 30
"""So many reasons are kept of one approval, the newest of them."""


class Kind(StrEnum):
    FACT = "fact"
    USE = "use"
    ANSWER = "answer"
    EVIDENCE = "evidence"
    CHANGE = "change"
    EDITION = "edition"  # a notice: it flags nothing


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an approval is not what it was. `at` is None in rows that were written before it was kept."""

    kind: str
    at: datetime | None
    cause: StaleCause | None = None
    sentence: str = ""  # of a notice, and of rows older than the codes
    edition: EditionOf = newest_edition

    @property
    def words(self) -> str:
        """The reason in the active language; rows older than the codes keep the words of whoever wrote them."""
        return self.cause.words(self.edition) if self.cause else self.sentence

    @property
    def is_notice(self) -> bool:
        return self.kind == Kind.EDITION


def reasons(assessment: Assessment) -> list[Reason]:
    """Return the stored reasons, oldest first; no query."""
    return [_reason(row, assessment.compiled) for row in assessment.stale_reasons]


def described(rows: Iterable[Any], edition: EditionOf) -> list[dict[str, str | None]]:
    """Put stored reasons into words for an export; `edition` names facts and kinds of change."""
    return [
        {"kind": str(one.kind), "words": one.words, "at": one.at.isoformat() if one.at else None}
        for one in (_reason(row, edition) for row in rows)
    ]


def _reason(row: Any, edition: EditionOf = newest_edition) -> Reason:
    if not isinstance(row, Mapping):  # a sentence alone, as it was kept at first
        return Reason(Kind.FACT, None, sentence=str(row))
    at = datetime.fromisoformat(row["at"]) if row.get("at") else None
    return Reason(row["kind"], at, StaleCause.read(row), row.get("words", ""), edition)


def _has(rows: Iterable[Any], cause: StaleCause) -> bool:
    """Tell whether a cause is among the stored reasons; those older than the codes are compared by their sentence."""
    stored = [_reason(row) for row in rows]
    return any(one.cause == cause if one.cause else one.sentence == cause.words() for one in stored)


def flag(assessment: Assessment, kind: Kind, cause: StaleCause, *, by: Any) -> bool:
    """Flag an approval as stale; idempotent for the same cause. The caller holds the lock. Tells whether it is new.

    Approvals alone are flagged: of any other state nothing is kept.
    """
    if assessment.state not in APPROVALS or _has(assessment.stale_reasons, cause):
        return False
    now = timezone.now()
    row = {"kind": str(kind), **cause.kept()}
    assessment.stale_since = assessment.stale_since or now
    assessment.stale_reasons = [*assessment.stale_reasons, row | {"at": now.isoformat()}][-KEPT:]
    assessment.save(update_fields=["stale_since", "stale_reasons"])
    log.record(
        AuditKind.APPROVAL_STALE,
        assessment,
        by=by,
        organisation=assessment.organisation,
        details=row,
    )
    return True


def flag_use(use: DeclaredUse, kind: Kind, cause: StaleCause, *, by: Any) -> None:
    """Flag the approvals of a use whose row the caller has locked."""
    for assessment in Assessment.objects.for_dashboard().filter(use=use, state__in=APPROVALS).order_by("pk"):
        flag(assessment, kind, cause, by=by)


# --- evidence ----------------------------------------------------------------------------------------------------------


def approvals_on(piece: Evidence) -> list[Assessment]:
    """Lock and return the approvals that use an evidence item by answer, hold or supplement. Call it before you lock the item.

    What an answer leans on is locked with it at the submission, so the rows say what the submission names.
    """
    by_answer = Q(answers__evidence_uses__evidence=piece)
    by_hold = Q(use__holds__evidence_uses__evidence=piece)
    later = Q(supplements__version__evidence=piece)
    found = Assessment.objects.filter(by_answer | by_hold | later, state__in=APPROVALS).order_by("use_id", "pk")
    return [Assessment.objects.lock(pk) for pk in dict.fromkeys(found.values_list("pk", flat=True))]


def flag_evidence(approvals: Iterable[Assessment], cause: StaleCause, *, by: Any) -> None:
    for assessment in approvals:
        flag(assessment, Kind.EVIDENCE, cause, by=by)


def flag_expired() -> int:
    """Flag the approvals whose evidence has expired since it was attached; returns how many flags are new.

    For the sweep. A flag is its own record, so that running it again adds none and locks nothing; where as many reasons
    as are kept are there already, one more would push out another for ever. One transaction for each assessment.
    """
    today = timezone.localdate()
    leaning = EvidenceUse.objects.filter(evidence__expires_on__lt=today, evidence__withdrawn_at=None)
    leaning = leaning.filter(answer__assessment__state__in=APPROVALS)
    pairs = leaning.order_by("answer__assessment__use", "answer__assessment", "pk").values_list(
        "answer__assessment", "answer__assessment__stale_reasons", "evidence__title", "evidence__expires_on", "at"
    )
    new = 0
    for pk, flagged, title, expires_on, at in pairs:
        if expires_on is not None and timezone.localdate(at) <= expires_on:
            cause = because(StaleReason.EVIDENCE_EXPIRED, title=title, day=expires_on.isoformat())
            if len(flagged) < KEPT and not _has(flagged, cause):
                with transaction.atomic():
                    assessment = Assessment.objects.lock(pk)
                    if len(assessment.stale_reasons) < KEPT:
                        new += flag(assessment, Kind.EVIDENCE, cause, by=None)
    return new


# --- the edition -------------------------------------------------------------------------------------------------------


def newer_edition(assessment: Assessment) -> Reason | None:
    """Say that a newer release of the question set is published, and what differs; None where there is none (one query)."""
    if assessment.state not in APPROVALS:
        return None
    newest = Edition.objects.current()
    if newest.pk == assessment.edition_id:
        return None
    before, after = assessment.compiled(), newest.compiled()
    words = _("Release %(release)s of the question set has been published. This approval used release %(own)s.")
    said = words % {"release": newest.release, "own": assessment.edition.release}
    return Reason(Kind.EDITION, newest.published_at, sentence=f"{said} {differences(before, after)}")


def differences(before: CompiledEdition, after: CompiledEdition) -> str:
    """Say in a sentence how many questions of a release are new, changed or left out, and how many tier rules differ."""
    old, new = before.questions, after.questions
    kept = old.keys() & new.keys()
    rules_before, rules_after = {rule.id: rule for rule in before.rules}, {rule.id: rule for rule in after.rules}
    counts = (
        (len(new.keys() - old.keys()), _("%(n)s new")),
        (sum(old[key] != new[key] for key in kept), _("%(n)s changed")),
        (len(old.keys() - new.keys()), _("%(n)s removed")),
    )
    said = ", ".join(words % {"n": n} for n, words in counts if n)
    rules = sum(rules_before.get(id) != rules_after.get(id) for id in rules_before.keys() | rules_after.keys())
    questions = _("Questions: %(said)s.") % {"said": said} if said else _("No question has changed.")
    if not rules:
        return f"{questions} {_('No tier rule has changed.')}"
    return (
        f"{questions} {ngettext('One tier rule has changed.', '%(n)s tier rules have changed.', rules) % {'n': rules}}"
    )


def shown(assessment: Assessment) -> list[Reason]:
    """Return everything that a page says of an approval: the stored reasons, newest first, then the notice on the edition."""
    notice = newer_edition(assessment)
    return [*reversed(reasons(assessment)), *([notice] if notice else [])]
