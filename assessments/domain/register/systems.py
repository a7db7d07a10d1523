"""Register, change, retire and restore AI systems and their uses."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import fields as core_fields
from assessments.core.errors import Locked, WorkflowError
from assessments.domain import portfolio
from assessments.domain.certificates import staleness
from assessments.domain.facts import tier
from assessments.domain.facts.opened_holds import TierChange
from assessments.models import AISystem, Assessment, DeclaredUse, Organisation, SearchWord, State, User, systems
from assessments.models.assessments import LOCKED_STATES
from assessments.models.search_words import words_of
from assessments.models.stale_reasons import StaleReason, because
from assessments.models.systems import DeclaredUseQuerySet


@transaction.atomic
def register_system(organisation: Organisation, *, by: User, **fields: Any) -> AISystem:
    roles.require(by, Action.REGISTER, organisation)
    system = AISystem(organisation=organisation, **fields)
    system.full_clean()
    system.save()
    log.record(
        AuditKind.SYSTEM_REGISTERED,
        system,
        by=by,
        organisation=organisation,
        details={"name": system.name, "new": core_fields.as_text(fields)},
    )
    return system


@transaction.atomic
def update_system(system: AISystem, *, by: User, **fields: Any) -> AISystem:
    """Change a system's register entry; not while a use of it is under review."""
    roles.require(by, Action.REGISTER, system)
    SearchWord.objects.lock(system.organisation_id)
    systems.lock_uses(system.pk)
    if system.uses.filter(assessments__state__in=LOCKED_STATES).exists():
        raise Locked(_("You cannot change the system while one of its uses is under review."))
    uses = _uses_of(system)
    before = words_of(uses)
    old = {name: getattr(system, name) for name in fields}
    for name, value in fields.items():
        setattr(system, name, value)
    system.full_clean()
    system.save(update_fields=list(fields))
    portfolio.rebuild_columns(uses)
    SearchWord.objects.follow(system.organisation_id, before, words_of(uses))
    material = [old[name] != value for name, value in fields.items() if name in MATERIAL_OF_A_SYSTEM]
    why = because(StaleReason.SYSTEM_CHANGED) if any(material) else None
    followed = [TierChange(use) for use in system.uses.all()]
    for noted in followed:
        tier.refresh(noted.use, by=by, why=why, noted=noted)
    log.record(
        AuditKind.SYSTEM_CHANGED,
        system,
        by=by,
        organisation=system.organisation,
        details=core_fields.difference(old, fields),
    )
    tier.record_followed(followed, by)
    return system


@transaction.atomic
def declare_use(system: AISystem, *, by: User, **fields: Any) -> DeclaredUse:
    roles.require(by, Action.REGISTER, system)
    SearchWord.objects.lock(system.organisation_id)
    use = DeclaredUse(system=system, organisation=system.organisation, **fields)
    use.full_clean()
    use.save()
    portfolio.rebuild_columns(_uses_of(use))
    SearchWord.objects.follow(use.organisation_id, {}, words_of(_uses_of(use)))
    log.record(
        AuditKind.USE_DECLARED,
        use,
        by=by,
        organisation=system.organisation,
        details={"title": use.title, "new": core_fields.as_text(fields)},
    )
    return use


@transaction.atomic
def update_use(use: DeclaredUse, *, by: User, **fields: Any) -> DeclaredUse:
    roles.require(by, Action.REGISTER, use)
    SearchWord.objects.lock(use.organisation_id)
    DeclaredUse.objects.select_for_update(of=("self",)).get(pk=use.pk)  # a submission waits for it, or has gone before
    if use.assessments.filter(state__in=LOCKED_STATES).exists():
        raise Locked(_("You cannot change the use while it is under review."))
    uses = _uses_of(use)
    before = words_of(uses)
    old = {name: getattr(use, name) for name in fields}
    for name, value in fields.items():
        setattr(use, name, value)
    use.full_clean()
    use.save(update_fields=list(fields))
    SearchWord.objects.follow(use.organisation_id, before, words_of(uses))
    if any(old[name] != value for name, value in fields.items() if name in MATERIAL_OF_A_USE):
        staleness.flag_use(use, staleness.Kind.USE, because(StaleReason.USE_CHANGED), by=by)
    log.record(
        AuditKind.USE_CHANGED,
        use,
        by=by,
        organisation=use.system.organisation,
        details=core_fields.difference(old, fields),
    )
    return use


# What an approval rests on beside facts, answers and evidence. Our judgement: names and titles may be mended.
MATERIAL_OF_A_SYSTEM = frozenset({"version", "suppliers", "is_developer", "is_provider", "is_user"})
MATERIAL_OF_A_USE = frozenset({"purpose", "setting", "people_affected", "scope_en", "scope_zh", "exclusions"})


@transaction.atomic
def retire(about: AISystem | DeclaredUse, *, by: User) -> None:
    """Take a system or a use off the lists; it stays findable, keeps its record, and can be taken back.

    A certificate stays valid until it ends: it says what was true of the use when it was issued. Raises Locked while a
    reviewer has it or waits for changes.
    """
    roles.require(by, Action.REGISTER, about)
    about = _locked_row(about)
    if about.retired_at:
        raise WorkflowError(_("“%(name)s” is already retired.") % {"name": about})
    busy = Assessment.objects.filter(state__in=(*LOCKED_STATES, State.RETURNED))
    busy = busy.filter(use__system=about) if isinstance(about, AISystem) else busy.filter(use=about)
    if busy.exists():
        raise Locked(
            _("The submission is under review. Recall or withdraw the submission first, or wait for the decision.")
        )
    about.retired_at = timezone.now()
    about.save(update_fields=["retired_at"])
    portfolio.rebuild_columns(_uses_of(about))
    _record_standing(AuditKind.SYSTEM_RETIRED, AuditKind.USE_RETIRED, about, by)


@transaction.atomic
def restore(about: AISystem | DeclaredUse, *, by: User) -> None:
    """Take a retired system or use back onto the lists, just as it was."""
    roles.require(by, Action.REGISTER, about)
    about = _locked_row(about)
    if not about.retired_at:
        raise WorkflowError(_("“%(name)s” is not retired.") % {"name": about})
    about.retired_at = None
    about.save(update_fields=["retired_at"])
    portfolio.rebuild_columns(_uses_of(about))
    _record_standing(AuditKind.SYSTEM_RESTORED, AuditKind.USE_RESTORED, about, by)


def _locked_row(about: AISystem | DeclaredUse) -> AISystem | DeclaredUse:
    if isinstance(about, AISystem):
        systems.lock_uses(about.pk)  # uses first: each move of an assessment locks its use
        return AISystem.objects.select_for_update().get(pk=about.pk)
    return DeclaredUse.objects.select_for_update().get(pk=about.pk)


def _uses_of(about: AISystem | DeclaredUse) -> DeclaredUseQuerySet:
    return DeclaredUse.objects.filter(Q(system=about) if isinstance(about, AISystem) else Q(pk=about.pk))


def _record_standing(of_system: AuditKind, of_use: AuditKind, about: AISystem | DeclaredUse, by: User) -> None:
    kind = of_system if isinstance(about, AISystem) else of_use
    log.record(kind, about, by=by, organisation=about.organisation, details={"name": str(about)})
