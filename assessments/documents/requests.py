"""Documents that people ask for: board paper, results, annex, and drafts of all of them and of the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import WorkflowError
from assessments.documents.waking import wake
from assessments.guideline.terms import Tier
from assessments.models import Assessment, DeclaredUse, Document, DocumentKind, DocumentState, Submission, User

ON_REQUEST = (DocumentKind.PLAN, DocumentKind.BOARD_PAPER, DocumentKind.RESULTS, DocumentKind.PLAN_ANNEX)
BY_PACKAGE = (DocumentKind.BOARD_PAPER, DocumentKind.PLAN_ANNEX)
"""Kinds that need packages, which editions have from release 3 on."""

_NAMES: Mapping[DocumentKind, str | Promise] = {
    DocumentKind.PLAN: gettext_lazy("plan (PDF)"),
    DocumentKind.BOARD_PAPER: gettext_lazy("board paper (PDF)"),
    DocumentKind.RESULTS: gettext_lazy("results (PDF)"),
    DocumentKind.PLAN_ANNEX: gettext_lazy("annex to the plan (PDF)"),
}


def kinds_for(assessment: Assessment) -> tuple[DocumentKind, ...]:
    """Return what can be asked for of an assessment: by its edition, and nothing for a use that is prohibited."""
    if assessment.use.assigned_tier in ("", Tier.UNACCEPTABLE):
        return ()
    packages = assessment.compiled().order is not None
    return tuple(kind for kind in ON_REQUEST if packages or kind not in BY_PACKAGE)


@dataclass(frozen=True, slots=True)
class Offer:
    """A document that a page offers to make. `lead` goes before the names of all; `label` is both in one."""

    kind: str
    lead: str
    name: str
    label: str


def offers(assessment: Assessment) -> tuple[Offer, ...]:
    """Return what a page offers to make, each with the words of its button."""
    draft = assessment.is_editable or assessment.current_submission_id is None
    words = _("Create a draft: %(document)s") if draft else _("Create a document: %(document)s")
    lead = _("Create a draft:") if draft else _("Create a document:")
    return tuple(
        Offer(str(kind), lead, str(_NAMES[kind]), words % {"document": _NAMES[kind]}) for kind in kinds_for(assessment)
    )


@transaction.atomic
def ask(assessment: Assessment, kind: DocumentKind, *, wake: Callable[[Document], Any]) -> Document:
    """Ask for a document: of the submission where the assessment was signed and is not open again, else a draft.

    The signed plan is asked for by the signature itself and is returned as it is; of everything else a new version is
    made, unless one is already being made. `wake` is called for a new one. Raises LookupError for a kind that the
    edition does not have.
    """
    if kind not in kinds_for(assessment):
        raise LookupError(f"the document {kind} is not available for this assessment")
    locked = Assessment.objects.select_for_update().only("pk", "state", "current_submission").get(pk=assessment.pk)
    signed = locked.current_submission_id is not None and not locked.is_editable
    parent = {"submission_id": locked.current_submission_id} if signed else {"assessment_id": locked.pk}
    newest = Document.objects.filter(kind=kind, language="en", **parent).order_by("-version").first()
    if newest is not None:
        going = newest.state in (DocumentState.PENDING, DocumentState.RUNNING)
        if going or (signed and kind == DocumentKind.PLAN):
            return newest
    document = Document.objects.create(kind=kind, version=newest.version + 1 if newest else 1, **parent)
    wake(document)
    return document


# --- the plan as it stands ---------------------------------------------------------------------------------------------


@transaction.atomic
def ask_plan(use: DeclaredUse, *, by: User) -> Document:
    """Ask for the remediation plan as it stands now, as a new version; the one that is being made is not asked for twice.

    Earlier versions stay as they are. Raises WorkflowError where nothing was submitted yet.
    """
    roles.require(by, Action.ANSWER, use)
    use = DeclaredUse.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=use.pk)
    assessment = use.assessments.exclude(current_submission=None).order_by("-pk").first()
    newest = None
    if assessment is not None:
        plans = Document.objects.filter(kind=DocumentKind.PLAN, submission=assessment.current_submission_id)
        newest = plans.order_by("-version").first()
    if newest is None:
        raise WorkflowError(
            _(
                "There is no plan yet. A plan is created after an assessment is submitted. No plan is created "
                "for a prohibited use."
            )
        )
    if newest.state in (DocumentState.PENDING, DocumentState.RUNNING):
        return newest
    document = Document.objects.create(
        kind=DocumentKind.PLAN, submission_id=newest.submission_id, language=newest.language, version=newest.version + 1
    )
    wake(document)
    log.record(AuditKind.PLAN_ASKED, use, by=by, organisation=use.organisation, details={"version": document.version})
    return document


def ask_document(kind: DocumentKind, **parent: Any) -> Document:
    document, _created = Document.objects.ask(kind, **parent)
    wake(document)
    return document


def print_plan_again(submission: Submission) -> None:
    """Ask for the plan in a new version; the bytes of the one that was issued stay as they are."""
    printed = submission.documents.filter(kind=DocumentKind.PLAN).count()
    document = Document.objects.create(kind=DocumentKind.PLAN, submission=submission, version=printed + 1)
    wake(document)
