"""Render one `Document` row: claim it, draw with no transaction open, then store the result if the row is still ours."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from assessments.documents import engine
from assessments.documents.certificate import certificate_pdf
from assessments.documents.letter import Decision, letter_pdf
from assessments.documents.plan import plan_pdf
from assessments.documents.report import ActionNow, Frozen, Report, ReviewWords, build_report
from assessments.models import (
    DecisionKind,
    Document,
    DocumentKind,
    MarkKind,
    Organisation,
    RemediationAction,
    Submission,
    edition_for,
)
from assessments.models.certificates import DocumentState

LEASE = timedelta(minutes=5)  # longer than CELERY_TASK_TIME_LIMIT
ATTEMPTS = 5

log = logging.getLogger(__name__)


def make(pk: int) -> None:
    """Render the document if it still waits; may run twice, and never raises: the row says what became of it.

    After five attempts the row is `failed` with the reason; until then it goes back to `pending` for the sweeper.
    """
    now = timezone.now()
    document = Document.objects.claim(pk, now, now + LEASE)
    if document is None:
        return
    if document.attempts > ATTEMPTS:
        _give_up(document, _("The work was cut off %(n)s times.") % {"n": ATTEMPTS})
        return
    try:
        with translation.override(document.language):
            pdf = _draw(document)
        _store(document, pdf)
    except engine.FetchRefused as error:
        log.exception("document %s asks for something that is not ours", document.reference)
        _give_up(document, str(error))
    except Exception as error:
        log.exception("document %s could not be made (attempt %s)", document.reference, document.attempts)
        reason = (
            _("The PDF libraries are not installed on this machine.")
            if isinstance(error, engine.NoPango)
            else _("An error of the program: %(name)s.") % {"name": type(error).__name__}
        )
        if document.attempts >= ATTEMPTS:
            _give_up(document, reason)
        else:
            _mine(document).update(state=DocumentState.PENDING, lease_until=None, error=reason)


def ask_again(document: Document) -> bool:
    """Let a failed document wait again; False when it is not failed. The caller wakes a worker."""
    waiting = Document.objects.filter(pk=document.pk, state=DocumentState.FAILED).update(
        state=DocumentState.PENDING, attempts=0, lease_until=None, error=""
    )
    return waiting == 1


def file_name(document: Document) -> str:
    """Name the download in plain ASCII, so that no system garbles it."""
    if document.certificate is not None:
        return f"certificate-{document.certificate.number}.pdf"
    assert document.submission is not None
    kind = str(document.kind).replace("_", "-").replace("plan", "remediation-plan")
    return f"{kind}-{document.submission.reference}-round-{document.submission.round}.pdf"


def _mine(document: Document):  # type: ignore[no-untyped-def]
    """The row while this attempt owns it: a late zombie finds none and writes nothing."""
    return Document.objects.filter(pk=document.pk, state=DocumentState.RUNNING, attempts=document.attempts)


def _give_up(document: Document, reason: str) -> None:
    _mine(document).update(state=DocumentState.FAILED, lease_until=None, error=reason)


def _store(document: Document, pdf: bytes) -> None:
    storage = document.file.storage
    name = storage.save(document.file.field.generate_filename(document, f"{document.reference}.pdf"), ContentFile(pdf))
    stored = _mine(document).update(
        state=DocumentState.READY,
        lease_until=None,
        error="",
        file=name,
        sha256=hashlib.sha256(pdf).hexdigest(),
        size=len(pdf),
    )
    if not stored:
        storage.delete(name)


def _draw(document: Document) -> bytes:
    if document.kind == DocumentKind.CERTIFICATE:
        assert document.certificate is not None
        certificate = document.certificate
        return certificate_pdf(
            json.loads(certificate.public_record),
            edition_for(certificate.submission.edition_checksum, "en"),
            public_url=settings.PUBLIC_URL,
            created=certificate.issued_at,
        )
    assert document.submission is not None
    submission = document.submission
    identifier = f"{document.kind}-{submission.reference}-{document.version}"
    if document.kind == DocumentKind.PLAN:
        return plan_pdf(submission_report(submission), identifier=identifier, created=submission.at)
    decision = _decision(submission)
    return letter_pdf(
        submission_report(submission),
        decision,
        issuer=_issuer() if not decision.prohibited else submission.organisation.name_en,
        identifier=identifier,
        created=decision.at,
    )


def _agreed(
    submission: Submission, content: Mapping[str, Any], actions: Iterable[RemediationAction]
) -> list[dict[str, Any]]:
    """The actions that a reviewer asked for on accepting an answer, as a snapshot writes actions; it cannot know them."""
    known = {action["number"] for action in content["actions"]}
    shown = {question["question"] for question in content["questions"]}
    signed = timezone.localdate(submission.at)
    return [
        {
            "question": action.question,
            "requirements": action.requirements,
            "title": action.title,
            "owner": action.suggested_owner,
            "effort": action.effort,
            "priority": action.priority,
            "lost_weight": 0,
            "due_days": max((action.due - signed).days, 0),
            "number": action.number,
            "due": action.due.isoformat(),
        }
        for action in actions
        if action.asked and action.number not in known and action.question in shown
    ]


def submission_report(submission: Submission) -> Report:
    """The report of a submission, with what reviewers said and how its actions stand. Three queries."""
    marks = submission.marks.exclude(mark=MarkKind.ACCEPTED).filter(target__startswith="q:")
    actions = RemediationAction.objects.filter(use=submission.assessment.use_id).select_related("owner", "verified_by")
    content = submission.content()
    content["actions"] = [*content["actions"], *_agreed(submission, content, actions)]
    return build_report(
        content,
        edition_for(submission.edition_checksum),
        draft=False,
        frozen=Frozen(submission.reference, submission.round, submission.at, submission.sha256),
        reviews={
            mark.target.removeprefix("q:"): ReviewWords(str(mark.get_mark_display()), mark.words, mark.would_satisfy)
            for mark in marks
        },
        standing={
            action.number: ActionNow(
                owner=str(action.owner) if action.owner else "",
                status=str(action.get_status_display()),
                note=action.note,
                verified_by=str(action.verified_by) if action.verified_by else "",
                closed_at=action.closed_at,
                asked=action.asked,
                due=action.due,
            )
            for action in actions
        },
    )


def _decision(submission: Submission) -> Decision:
    row = (
        submission.decisions.filter(kind__in=[DecisionKind.REFUSE, DecisionKind.DECLARE_PROHIBITED])
        .select_related("by")
        .latest("pk")
    )
    prohibited = row.kind == DecisionKind.DECLARE_PROHIBITED
    if prohibited:
        role = _("owner, signing for the organisation")
    else:
        role = _("independent reviewer") if row.independent else _("reviewer within the organisation")
    raised = submission.decisions.filter(kind=DecisionKind.RAISE_TIER).order_by("-pk").first()
    return Decision(
        prohibited=prohibited,
        by=str(row.by),
        role=role,
        at=timezone.localtime(row.at),
        statement=row.statement,
        raised_to=edition_for(submission.edition_checksum).terms[f"tiers.{raised.tier}"] if raised else "",
    )


def _issuer() -> str:
    body = Organisation.objects.reviewing_body()
    return str(body) if body else "hkguide"
