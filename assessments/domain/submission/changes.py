"""What changed since an approval: an owner states it, and the use's next assessment opens with just that to be answered.

Which answers a kind of change opens again is named data of the edition (`policy.changes`, our judgement). Beside them are
asked again: answers whose evidence was replaced, withdrawn or has expired, whose question reads a fact that changed or is
worded otherwise in a newer release, and plans whose day has passed. Everything else is carried and stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, WrongState
from assessments.domain import portfolio
from assessments.domain.answering import reuse, start
from assessments.domain.answering.carry_over import carry_evidence
from assessments.domain.certificates import staleness, status
from assessments.domain.facts import tier
from assessments.domain.submission import taking_back
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.policy import ChangeKind
from assessments.guideline.terms import Choice
from assessments.models import (
    Assessment,
    Edition,
    EvidenceUse,
    State,
    StatedChange,
    User,
)
from assessments.models.assessments import DERIVED, OPEN_STATES
from assessments.models.closing import AS_CARRIED
from assessments.models.public_reasons import PublicReason
from assessments.models.stale_reasons import StaleReason, because

PURPOSE = "purpose"  # after it a declared use of its own may be right


def kinds_of_change() -> tuple[ChangeKind, ...]:
    """Return what an owner may state, as the newest release names it; a release without a list asks for everything again."""
    named = Edition.objects.current().compiled().policy.changes
    return named or (ChangeKind("other", _("Something has changed"), "", everything=True),)


@proof.asked
@transaction.atomic
def state_change(
    approval: Assessment, *, by: User, kinds: Collection[str], words: str, happened_on: date
) -> StatedChange:
    """State what changed after an approval, flag it, and open the next assessment with the affected answers to confirm.

    The certificate stays until the next one supersedes it; an incident suspends it at once. An approval that has no
    certificate yet is withdrawn, for nothing is issued on it any more. Where the next assessment is open already, the
    change is kept with it, and a draft asks again for what it had carried. Raises InvalidAnswer naming the control.
    """
    approval = Assessment.objects.lock(approval.pk)
    roles.require(by, Action.SIGN, approval)
    if approval.state not in staleness.APPROVALS:
        raise WrongState(approval, State.DRAFT)
    known = {kind.key: kind for kind in kinds_of_change()}
    if not kinds or not set(kinds) <= known.keys():
        raise InvalidAnswer("kinds", _("Choose what has changed."))
    if not words.strip():
        raise InvalidAnswer("words", _("Say in your own words what has changed."))
    if happened_on > timezone.localdate():
        raise InvalidAnswer(
            "happened_on",
            _("Choose today or an earlier day. You can report a change only after the change has happened."),
        )
    stated = [known[key] for key in known if key in kinds]
    cause = because(
        StaleReason.CHANGE_STATED,
        name=str(by),
        day=happened_on.isoformat(),
        kinds=[kind.key for kind in stated],
        words=words,
    )
    staleness.flag(approval, staleness.Kind.CHANGE, cause, by=by)
    suspends = any(kind.suspends for kind in stated)
    if suspends:
        status.suspend_at_once(approval, PublicReason.INCIDENT, by=by)
    following = Assessment.objects.filter(use=approval.use_id, state__in=OPEN_STATES).exclude(pk=approval.pk).first()
    if approval.state == State.APPROVED:
        taking_back.withdraw(approval, by=by, reason=cause.words())
    opened = following or start.start_assessment(approval.use, by=by, follows=approval)
    to_confirm = _open_again(opened, approval, stated, by=by, fresh=following is None)
    change = StatedChange.objects.create(
        use=approval.use,
        approval=approval,
        opened=opened,
        kinds=[kind.key for kind in stated],
        words=words,
        happened_on=happened_on,
        to_confirm=sorted(to_confirm),
        suspends=suspends,
        by=by,
    )
    log.record(
        AuditKind.CHANGE_STATED,
        approval,
        by=by,
        organisation=approval.organisation,
        details={"kinds": change.kinds, "opened": opened.reference, "suspends": suspends, "words": words},
    )
    return change


def _open_again(
    opened: Assessment, approval: Assessment, kinds: Iterable[ChangeKind], *, by: User, fresh: bool
) -> set[str]:
    """Carry what stands and ask again for the rest; returns the keys of the questions that wait to be confirmed."""
    opened = Assessment.objects.for_dashboard().get(pk=opened.pk)
    edition = opened.compiled()
    open_keys = affected(edition, approval, kinds)
    if fresh:
        sources = list(
            approval.answers.filter(to_confirm=False).select_related("question", "assessment", "by").order_by("pk")
        )
        standing = {source.question.key for source in sources} - open_keys
        rows = reuse.copy_answers(opened, sources, by=by, standing=standing)
        carry_evidence(rows)
    if opened.state == State.DRAFT:  # what a closed action put in place is among it
        opened.answers.filter(AS_CARRIED, question__key__in=open_keys).update(to_confirm=True)
    if opened.state == State.DRAFT:
        opened.refresh_derived(opened.declared(), opened.answer_values())
        opened.save(update_fields=DERIVED)
        portfolio.follow_newest(opened)
    return set(opened.answers.filter(to_confirm=True).values_list("question__key", flat=True))


def affected(edition: CompiledEdition, approval: Assessment, kinds: Iterable[ChangeKind]) -> set[str]:
    """Return the questions of the next assessment whose former answer may not be true any more."""
    kinds = list(kinds)
    found = {key for key, question in edition.questions.items() if any(kind.opens(question) for kind in kinds)}
    former = approval.compiled().questions
    found |= {key for key, question in edition.questions.items() if key in former and former[key] != question}
    leaning = EvidenceUse.objects.filter(answer__assessment=approval).select_related("evidence", "answer__question")
    for use in leaning:
        if use.needs_a_look or use.evidence.withdrawn_at:
            found.add(use.answer.question.key)  # type: ignore[union-attr]  # filtered by its answer
    if approval.current_submission is not None:
        then = {fact["key"]: fact["value"] for fact in approval.current_submission.content()["facts"]}
        now = {row.key: row.value for row in approval.use.fact_rows()}
        changed = {key for key in then.keys() | now.keys() if then.get(key) != now.get(key)}
        found |= tier.reading(edition, changed) if changed else set()
    late = approval.answers.filter(choice=Choice.PLANNED, planned_for__lt=timezone.localdate())
    return found | set(late.values_list("question__key", flat=True))
