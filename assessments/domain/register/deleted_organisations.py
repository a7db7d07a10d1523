"""An organisation is deleted: an owner asks, some days pass in which any owner can cancel, then its content goes.

What stays: the certificates that were issued, with their public record and their bytes; who decided what and when; and
the log with its hashes. An entry of the log names all rows as they are from then on, so that `verify_audit_log` tells a
deletion from a change past the product.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log as audit_log
from assessments.audit import rows as audited
from assessments.audit.kinds import AuditKind
from assessments.core.errors import InvalidAnswer, WorkflowError
from assessments.domain import portfolio
from assessments.domain.register.tables import model_of, rows_of
from assessments.models import (
    ActionStatus,
    Assessment,
    Certificate,
    Comment,
    DeclaredUse,
    DocumentKind,
    EvidenceVersion,
    Hold,
    Membership,
    Organisation,
    Route,
    SeatRequest,
    State,
    User,
)
from assessments.models.base import FrozenQuerySet
from assessments.notifications import links
from assessments.notifications.inbox import forget_links, notify
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import owners_of, reviewers_on

log = logging.getLogger(__name__)
DELETED = "Deleted organisation"
GONE = "Deleted"
NO_LINK = "urn:hkguide:deleted"  # a version of evidence is a file or a link; this one is neither any more
CLOSED = (State.CERTIFIED, State.REFUSED, State.WITHDRAWN, State.SUPERSEDED)

DELETED_WHOLE = (
    "Flag",
    "FactDraft",
    "FactSuggestion",
    "ImportDraft",
    "SearchWord",
    "Invitation",
    "Assignment",
    "CaseNote",
    "SharedText",
)
EMPTIED: Mapping[str, Mapping[str, Any]] = {
    "AISystem": {"name": GONE, "version": "", "description": "", "suppliers": ""},
    "DeclaredUse": {
        "title": GONE, "purpose": "", "setting": "", "people_affected": "", "people_word": "", "scope_en": "",
        "scope_zh": "", "exclusions": "", "system_name": GONE.lower(),
    },
    "DeclaredFact": {"value": "", "reason": "", "agreed_reason": ""},
    "FactRevision": {"value": ""},
    "SignedWorst": {"facts": [], "statement": ""},
    "Hold": {"decision": ""},
    "Assessment": {"progress": {}, "stale_reasons": [], "stale_since": None},
    "Answer": {
        "choice": "", "items": {}, "text": "", "text_second_language": "", "planned_for": None, "reason": "", "figure": {},
    },
    "AnswerRevision": {"value": {}},
    "Submission": {"snapshot": ""},
    "ReviewSeat": {"conflict_declared": "", "declared_about": {}, "since_declared": []},
    "ReviewMark": {"words": "", "would_satisfy": "", "private_note": "", "action_title": ""},
    "ReviewMarkRevision": {"value": {}},
    "EvidenceMark": {"note": ""},
    "EvidenceMarkRevision": {"value": {}},
    "PartMark": {"words": ""},
    "PartMarkRevision": {"value": {}},
    "Supplement": {"words": ""},
    "SupplementMark": {"words": ""},
    "SupplementMarkRevision": {"value": {}},
    "SecondLook": {"reason": "", "reported_words": ""},
    "SecondLookMark": {"words": ""},
    "SecondLookWords": {"text": ""},
    "ReturnTask": {"label": "", "words": ""},
    "MarkReply": {"words": ""},
    "MarkReplyRevision": {"value": {}},
    "ReviewDecision": {"statement": ""},
    "Condition": {"words": ""},
    "RemediationAction": {
        "title": GONE, "note": "", "asked": "", "why_here": "", "stopgap": "", "steps": "", "original_title": "",
        "irrelevant_reason": "", "risk_reason": "", "undo": {},
    },
    "ActionEvent": {"old": "", "new": "", "words": ""},
    "ActionVerdict": {"words": ""},
    "ClosedPractice": {"pieces": []},
    "CertificateEvent": {"private_reason": ""},
    "StatedChange": {"words": ""},
    "Evidence": {"title": GONE, "proves": "", "held_by": "", "expires_on": None},
    "EvidenceVersion": {"link": NO_LINK, "storage_key": "", "file_name": ""},
    "ConformityPart": {"rows": [], "words": ""},
    "ConformityRevision": {"value": {}},
    "ConformityEvidence": {"why": ""},
    "Interest": {"words": ""},
    "SeatRequest": {"note": ""},
    "CaseMessage": {"text": ""},
    "Appeal": {"reasons": ""},
    "AppealAnswer": {"words": ""},
}  # fmt: skip
"""The columns that hold content, with what they hold afterwards. PostgreSQL lets it: migrations 0021, 0024 and 0030."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a deletion takes, and what it leaves."""

    people: int
    systems: int
    assessments: int
    comments: int
    files: int
    bytes: int
    certificates: int
    obstacle: str


def preview(organisation: Organisation) -> Preview:
    files = EvidenceVersion.objects.filter(evidence__organisation=organisation).exclude(storage_key="")
    return Preview(
        people=organisation.memberships.current().count(),
        systems=organisation.systems.count(),
        assessments=organisation.assessments.count(),
        comments=Comment.objects.filter(assessment__organisation=organisation).count(),
        files=files.count(),
        bytes=files.aggregate(all=Sum("size"))["all"] or 0,
        certificates=Certificate.objects.filter(organisation=organisation).count(),
        obstacle=why_not(organisation),
    )


def why_not(organisation: Organisation) -> str:
    """Say why an organisation cannot be deleted, with what to do; empty where it can."""
    if organisation.is_reviewing_body:
        return _(
            "You cannot delete the reviewing body of this installation, because other organisations rely on its "
            "decisions."
        )
    waiting = organisation.assessments.filter(state__in=(State.SUBMITTED, State.IN_REVIEW)).count()
    if waiting:
        words = _("Submissions in review: %(n)s. Recall or withdraw them first.")
        return words % {"n": waiting}
    return ""


@transaction.atomic
def ask(organisation: Organisation, *, by: User, typed: str) -> Organisation:
    """Have an organisation deleted after the days of `HKGUIDE_DELETION_DAYS`; its other owners are told.

    `typed`: its name in English, as the owner typed it. Raises InvalidAnswer, WorkflowError, NotPermitted.
    """
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    roles.require(by, Action.PEOPLE, organisation)
    if organisation.deletion_on:
        return organisation
    if why := why_not(organisation):
        raise WorkflowError(why)
    if " ".join(typed.split()) != " ".join(organisation.name_en.split()):
        raise InvalidAnswer("name", _("Type the name exactly as it is shown: %(name)s") % {"name": organisation})
    organisation.deletion_on = timezone.localdate() + timedelta(days=settings.DELETION_DAYS)
    organisation.deletion_by = by
    organisation.save(update_fields=["deletion_on", "deletion_by"])
    _tell(organisation, by)
    audit_log.record(
        AuditKind.DELETION_ASKED,
        organisation,
        by=by,
        organisation=organisation,
        details={"on": organisation.deletion_on},
    )
    return organisation


@transaction.atomic
def cancel(organisation: Organisation, *, by: User) -> None:
    """Keep an organisation that was to be deleted; its other owners are told."""
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    roles.require(by, Action.PEOPLE, organisation)
    if organisation.deletion_on is None or organisation.deleted_at:
        return
    organisation.deletion_on = organisation.deletion_by = None
    organisation.save(update_fields=["deletion_on", "deletion_by"])
    _tell(organisation, by)
    audit_log.record(AuditKind.DELETION_CANCELLED, organisation, by=by, organisation=organisation)


def _tell(organisation: Organisation, by: User) -> None:
    """Tell the other owners of the day of the deletion, or that it was cancelled."""
    notify(
        MessageKind.DELETION,
        owners_of(organisation.pk) - {by.pk},
        about=f"organisation:{organisation.reference}",
        link=organisation.get_absolute_url(),
        context={"name": by, "organisation": organisation, "on": organisation.deletion_on},
    )


def carry_out(today: date | None = None) -> int:
    """Delete the content of each organisation whose day has come, for the sweeper; returns how many.

    Where a submission came into review meanwhile, the deletion waits until that is over.
    """
    today = today or timezone.localdate()
    due = Organisation.objects.filter(deletion_on__lte=today, deleted_at=None).order_by("pk")
    return sum(_delete(pk, today) for pk in due.values_list("pk", flat=True))


def _delete(pk: int, today: date) -> bool:
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update().get(pk=pk)
        due = organisation.deletion_on is not None and organisation.deletion_on <= today
        by = organisation.deletion_by
        if not due or by is None or organisation.deleted_at or why_not(organisation):
            return False
        files = _delete_rows(organisation)
        _end(organisation)
        _empty(organisation)
        _blank(organisation)
        audit_log.erase_organisation(organisation, by=by)
        audit_log.record(
            AuditKind.ORGANISATION_DELETED,
            organisation,
            by=None,
            organisation=organisation,
            details={"asked_by": by.pk, "files": len(files)},
            rows=list(audited.rows_of(organisation.reference)),
        )
        _leave_certificates(organisation)
    for name in files:  # after the commit; what a stopped process leaves, the sweeper's step for orphaned files deletes
        _forget(name)
    return True


def _forget(name: str) -> None:
    try:
        default_storage.delete(name)
    except OSError:
        log.exception("the file %s of a deleted organisation could not be deleted", name)


def _delete_rows(organisation: Organisation) -> list[str]:
    """Delete what nothing else leans on; returns the names of the files that go: evidence, and all but certificates."""
    versions = rows_of("EvidenceVersion", organisation).exclude(storage_key="")
    files = list(versions.values_list("storage_key", flat=True))
    documents = rows_of("Document", organisation).exclude(kind=DocumentKind.CERTIFICATE)
    files += documents.exclude(file="").values_list("file", flat=True)
    model_of("Document").objects.filter(pk__in=list(documents.values_list("pk", flat=True))).delete()
    for name in DELETED_WHOLE:
        rows_of(name, organisation).delete()
    comments = rows_of("Comment", organisation)
    comments.exclude(reply_to=None).delete()
    comments.delete()
    for reference in _references(organisation):
        forget_links(reference)
    return files


def _references(organisation: Organisation) -> list[str]:
    """Return what the links of notices about the organisation name."""
    found = [organisation.reference]
    for name in ("AISystem", "DeclaredUse", "Assessment", "Submission", "Evidence", "Appeal"):
        found += rows_of(name, organisation).values_list("reference", flat=True)
    found += rows_of("Certificate", organisation).values_list("number", flat=True)
    return found


def _end(organisation: Organisation) -> None:
    """End what was going on, so that nothing reminds, escalates or waits any more."""
    now = timezone.now()
    Assessment.objects.filter(organisation=organisation).exclude(state__in=CLOSED).update(
        state=State.WITHDRAWN, state_at=now
    )
    Hold.objects.filter(use__organisation=organisation, closed_at=None).update(closed_at=now)
    organisation.actions.exclude(status=ActionStatus.CLOSED).update(status=ActionStatus.CLOSED, closed_at=now)
    SeatRequest.objects.filter(submission__organisation=organisation).end()
    organisation.uses.filter(retired_at=None).update(retired_at=now)
    organisation.systems.filter(retired_at=None).update(retired_at=now)
    portfolio.rebuild_columns(DeclaredUse.objects.filter(organisation=organisation))
    Membership.objects.current().filter(organisation=organisation).update(left_at=now)


def _empty(organisation: Organisation) -> None:
    for name, columns in EMPTIED.items():
        rows = rows_of(name, organisation)
        if isinstance(rows, FrozenQuerySet):
            rows.blank(**columns)
        else:
            rows.update(**columns)


def _leave_certificates(organisation: Organisation) -> None:
    """Tell the reviewers from the reviewing body which certificates are theirs to judge from now on."""
    people = reviewers_on(Route.INDEPENDENT, organisation.pk)
    for number in organisation.certificates.filter(ended_at=None).order_by("pk").values_list("number", flat=True):
        notify(
            MessageKind.CERTIFICATE_LEFT,
            people,
            about=f"certificate:{number}",
            link=links.certificate_status(number),
            context={"number": number},
        )


def _blank(organisation: Organisation) -> None:
    organisation.name_en = _(DELETED)
    organisation.name_zh = organisation.registration_no = organisation.place = organisation.contact = ""
    organisation.deleted_at = timezone.now()
    organisation.save()
