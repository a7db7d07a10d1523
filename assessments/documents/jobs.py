"""Render one `Document` row: claim it, draw with no transaction open, then store the result if the row is still ours."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.core.files.base import ContentFile
from django.db.models import Prefetch, QuerySet
from django.utils import timezone, translation
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from assessments.core import stored_files, work_notes
from assessments.core.errors import NoRoom
from assessments.documents import engine, moved_dates
from assessments.documents.board_paper import board_paper_pdf
from assessments.documents.certificate import certificate_pdf
from assessments.documents.decided import decided_by
from assessments.documents.letters import letter_of, letter_pdf
from assessments.documents.remediation_plan import annex_pdf, plan_pdf
from assessments.documents.report.actions import ActionNow, RiskNow
from assessments.documents.report.answers import ReviewWords
from assessments.documents.report.build import build_report
from assessments.documents.report.dates import day
from assessments.documents.report.model import ChangeSince, PlanNow, Report, SinceLast, SubmissionHead
from assessments.documents.results import results_pdf
from assessments.documents.status_notice import notice_of, notice_pdf
from assessments.models import (
    ActionEvent,
    ActionStatus,
    Assessment,
    Condition,
    Document,
    DocumentKind,
    EvidenceUse,
    MarkKind,
    RemediationAction,
    Submission,
    edition_for,
)
from assessments.models.agreed import accepted_answers, as_sentences
from assessments.models.documents import DocumentState
from assessments.models.marks import combined_marks
from assessments.models.snapshots import build_snapshot

LEASE = timedelta(minutes=5)  # longer than CELERY_TASK_TIME_LIMIT
NEXT_ATTEMPT = timedelta(minutes=1)  # after one that failed
ATTEMPTS = 5

log = logging.getLogger(__name__)


def make(pk: int) -> None:
    """Render the document if it still waits; may run twice, and never raises: the row says what became of it.

    After five attempts the row is `failed` with the reason; until then it goes back to `pending`, and is taken up again
    in a minute.
    """
    now = timezone.now()
    lease_until = now + LEASE
    with work_notes.in_hand(document=pk, lease_until=lease_until.isoformat()):
        document = Document.objects.claim(pk, now, lease_until)
        if document is not None:
            _make(document)


def _make(document: Document) -> None:
    if document.attempts > ATTEMPTS:
        words = _("The service was interrupted %(n)s times while it was creating the document.")
        _give_up(document, words % {"n": ATTEMPTS})
        return
    try:
        with translation.override(document.language):
            pdf = _draw(document)
        _store(document, pdf)
    except engine.FetchRefused as error:
        log.exception("document %s tries to load a file from outside hkguide", document.reference)
        _give_up(document, str(error))
    except Exception as error:
        log.exception("document %s could not be created (attempt %s)", document.reference, document.attempts)
        reason = _reason(error)
        if document.attempts >= ATTEMPTS:
            _give_up(document, reason)
        else:
            later = timezone.now() + NEXT_ATTEMPT
            _mine(document).update(state=DocumentState.PENDING, lease_until=later, error=reason)


def _reason(error: Exception) -> str:
    if isinstance(error, engine.NoPango):
        return _("The PDF libraries are not installed on this machine.")
    if isinstance(error, NoRoom):
        return _("The server has no space for the file at the moment.")
    return _("A program error occurred: %(name)s.") % {"name": type(error).__name__}


def ask_again(document: Document) -> bool:
    """Let a failed document wait again; False when it is not failed. The caller wakes a worker."""
    waiting = Document.objects.filter(pk=document.pk, state=DocumentState.FAILED).update(
        state=DocumentState.PENDING, attempts=0, lease_until=None, error=""
    )
    return waiting == 1


_FILE_NAMES: Mapping[str, str] = {DocumentKind.PLAN: "remediation-plan", DocumentKind.PLAN_ANNEX: "plan-annex"}


def file_name(document: Document) -> str:
    """Name the download in plain ASCII, so that no system garbles it."""
    if document.kind == DocumentKind.STATUS_NOTICE and document.certificate is not None:
        return f"status-notice-{document.certificate.number}-{document.version}.pdf"
    if document.certificate is not None:
        return f"certificate-{document.certificate.number}.pdf"
    kind = _FILE_NAMES.get(document.kind, str(document.kind).replace("_", "-"))
    version = f"-version-{document.version}" if document.version > 1 else ""
    if document.assessment is not None:
        return f"draft-{kind}-{document.assessment.reference}{version}.pdf"
    assert document.submission is not None
    return f"{kind}-{document.submission.reference}-round-{document.submission.round}{version}.pdf"


def _mine(document: Document):  # type: ignore[no-untyped-def]
    """Return the row while this attempt owns it: an attempt that is too late finds none and writes nothing."""
    return Document.objects.filter(pk=document.pk, state=DocumentState.RUNNING, attempts=document.attempts)


def _give_up(document: Document, reason: str) -> None:
    _mine(document).update(state=DocumentState.FAILED, lease_until=None, error=reason)


def _store(document: Document, pdf: bytes) -> None:
    storage = document.file.storage
    own = (
        f"{document.reference}-{get_random_string(8).lower()}.pdf"  # of this attempt: what fails deletes its own alone
    )
    name = stored_files.save(storage, document.file.field.generate_filename(document, own), ContentFile(pdf))
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
    if document.kind == DocumentKind.STATUS_NOTICE:
        notice = notice_of(document)
        return notice_pdf(notice, identifier=f"{document.kind}-{notice.number}-{document.version}")
    if document.kind == DocumentKind.CERTIFICATE:
        assert document.certificate is not None
        certificate = document.certificate
        return certificate_pdf(
            json.loads(certificate.public_record),
            edition_for(certificate.submission.edition_checksum, "en"),
            public_url=settings.PUBLIC_URL,
            created=certificate.issued_at,
        )
    if document.assessment is not None:
        report = draft_report(document.assessment, as_of=timezone.localtime(document.created_at))
        identifier = f"{document.kind}-{document.assessment.reference}-draft-{document.version}"
        return _REPORTS[DocumentKind(document.kind)](report, identifier=identifier, created=document.created_at)
    assert document.submission is not None
    submission = document.submission
    identifier = f"{document.kind}-{submission.reference}-{document.version}"
    if document.kind in _REPORTS:
        again = document.version > 1 or document.kind != DocumentKind.PLAN
        report = submission_report(
            submission,
            as_of=timezone.localtime(document.created_at) if again else None,
            since_last=_since_last(document) if document.kind == DocumentKind.PLAN else None,
        )
        created = document.created_at if again else submission.at
        return _REPORTS[DocumentKind(document.kind)](report, identifier=identifier, created=created)
    letter = letter_of(document)
    return letter_pdf(submission_report(submission), letter, identifier=identifier, created=letter.at)


class DrawReport(Protocol):
    """Render a report as one kind of document."""

    def __call__(self, report: Report, *, identifier: str, created: datetime) -> bytes: ...


_REPORTS: Mapping[DocumentKind, DrawReport] = {
    DocumentKind.PLAN: plan_pdf,
    DocumentKind.PLAN_ANNEX: annex_pdf,
    DocumentKind.BOARD_PAPER: board_paper_pdf,
    DocumentKind.RESULTS: results_pdf,
}


def draft_report(assessment: Assessment, *, as_of: datetime | None = None) -> Report:
    """Build the report of an assessment's answers as they are now, before anything is signed."""
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    content = build_snapshot(assessment, final=False)
    return build_report(content, assessment.compiled(), draft=True, now=PlanNow(as_of=as_of))


def _agreed(
    submission: Submission, content: Mapping[str, Any], actions: Iterable[RemediationAction]
) -> list[dict[str, Any]]:
    """Return the actions that came after the signature, as a snapshot writes actions; it cannot know them.

    A reviewer asked for them on accepting an answer, another was split, or the organisation added them itself (those
    have no question).
    """
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
            "package": action.package,
            "why_here": action.why_here,
            "rank": action.rank,
            "class": action.placed or (action.priority if action.question else ""),
            "stopgap": action.stopgap,
            "steps": action.steps.splitlines(),
            "clauses": [action.clause] if action.clause else [],
            "full_due": action.full_due.isoformat() if action.full_due else None,
            "blocking": False,
        }
        for action in actions
        if action.number not in known and (not action.question or (_came_later(action) and action.question in shown))
    ]


def _came_later(action: RemediationAction) -> bool:
    """Tell whether a reviewer asked for the action, or another one was split to give it."""
    return bool(action.asked) or action.part_of_id is not None


def submission_report(
    submission: Submission, *, as_of: datetime | None = None, since_last: SinceLast | None = None
) -> Report:
    """Return the report of a submission, with what reviewers said and how its actions stand. Six queries.

    As of a moment (`as_of`) it says too what was decided by then; that takes three more.
    """
    found = combined_marks(submission).values()
    marks = [mark for mark in found if mark.mark != MarkKind.ACCEPTED and mark.target.startswith("q:")]
    actions = RemediationAction.objects.filter(use=submission.assessment.use_id)
    pieces = Prefetch("evidence_uses", EvidenceUse.objects.select_related("evidence").order_by("pk"))
    content = submission.content()
    content["actions"] = [*content["actions"], *_agreed(submission, content, actions)]
    return build_report(
        content,
        edition_for(submission.edition_checksum),
        draft=False,
        frozen=SubmissionHead(
            submission.reference,
            submission.round,
            submission.at,
            submission.sha256,
            decided_by(submission, as_of) if as_of else (),
        ),
        reviews=_accepted_reasons(submission, content)
        | {
            mark.target.removeprefix("q:"): ReviewWords(str(mark.get_mark_display()), mark.words, mark.would_satisfy)
            for mark in marks
        },
        now=PlanNow(_actions_now(submission, actions.prefetch_related(pieces)), as_of, since_last),
    )


def _accepted_reasons(submission: Submission, content: Mapping[str, Any]) -> dict[str, ReviewWords]:
    """Return who accepted each reason for *not applicable* that has to be accepted. One query, none where there is none."""
    wanted = content.get("to_accept", ())
    found = accepted_answers(submission, wanted) if wanted else {}
    words = {key: {"names": ", ".join(one.names), "day": day(timezone.localtime(one.at))} for key, one in found.items()}
    return {
        key: ReviewWords(_("Accepted by %(names)s, %(day)s") % one, words="", would_satisfy="")
        for key, one in words.items()
    }


def _actions_now(submission: Submission, actions: QuerySet[RemediationAction]) -> dict[int, ActionNow]:
    """Return the state of the actions now, by number.

    An action that the approval of this submission left to a date is its condition, and so is the action that does a
    merged one as well.
    """
    rows = Condition.objects.filter(decision__submission=submission, met_at=None)
    promised = set(rows.values_list("question", flat=True))
    found = list(actions.select_related("owner", "verified_by", "risk_by", "merged_into", "irrelevant_by"))
    held = {action.merged_into_id or action.pk for action in found if action.question in promised}
    return {action.number: _now(action, condition=action.pk in held) for action in found}


def _now(action: RemediationAction, *, condition: bool) -> ActionNow:
    risk = None
    if action.status == ActionStatus.ACCEPTED and action.risk_at and action.risk_until and action.risk_review:
        since = timezone.localtime(action.risk_at)
        risk = RiskNow(action.risk_reason, str(action.risk_by), since, action.risk_until, action.risk_review)
    return ActionNow(
        owner=str(action.owner) if action.owner else "",
        status=str(action.get_status_display()),
        note=action.note,
        verified_by=str(action.verified_by) if action.verified_by else "",
        closed_at=timezone.localtime(action.closed_at) if action.closed_at else None,
        asked=as_sentences(action.asked),
        title=action.title if "title" in action.set_by_hand else "",
        due=action.due,
        is_open=action.status == ActionStatus.OPEN,
        full_due=action.full_due,
        steps=tuple(action.steps.splitlines()),
        merged_into=action.merged_into.number if action.merged_into else None,
        not_relevant=action.irrelevant_reason if action.status == ActionStatus.NOT_RELEVANT else "",
        not_relevant_by=str(action.irrelevant_by or ""),
        late=action.is_late(timezone.localdate()),
        closed=action.status == ActionStatus.CLOSED,
        evidence=tuple(use.evidence.title for use in action.evidence_uses.all()),
        risk=risk,
        condition=condition,
    )


def _since_last(document: Document) -> SinceLast | None:
    """Return what became of the actions of the use since its last plan; None for the first. Five queries."""
    assert document.submission is not None
    use = document.submission.assessment.use_id
    plans = Document.objects.filter(kind=DocumentKind.PLAN, submission__assessment__use=use, pk__lt=document.pk)
    last = plans.order_by("-pk").values_list("created_at", flat=True).first()
    if last is None:
        return None
    window = (last, document.created_at)
    actions = {action.number: action for action in RemediationAction.objects.filter(use=use).order_by("number")}
    events: dict[int, list[ActionEvent]] = {}
    for event in ActionEvent.objects.filter(action__use=use, at__range=window).select_related("action").order_by("pk"):
        events.setdefault(event.action.number, []).append(event)
    closed: list[ChangeSince] = []
    moved: list[ChangeSince] = []
    new: list[ChangeSince] = []
    again: list[ChangeSince] = []
    borne: list[ChangeSince] = []
    slips = 0
    for number, action in actions.items():

        def line(words: str, action: RemediationAction = action) -> ChangeSince:
            return ChangeSince(action.number, action.title, words)

        mine = events.get(number, [])
        kinds = {event.kind for event in mine}
        if last < action.opened_at <= document.created_at:
            earlier = [n for n, other in actions.items() if other.question == action.question and n < number]
            (again if earlier else new).append(
                line(
                    _("continues from action %(n)s") % {"n": earlier[-1]}
                    if earlier
                    else _("due %(day)s") % {"day": day(action.due)}
                )
            )
        if action.closed_at and last < action.closed_at <= document.created_at:
            by = action.verified_by
            closed.append(line(_("accepted by %(name)s") % {"name": by} if by else action.note.rpartition("\n")[2]))
        elif kinds & {ActionEvent.Kind.REOPENED, ActionEvent.Kind.RISK_ENDED}:
            again.append(line(_("was reported as done or accepted as a risk, but is now open again")))
        elif ActionEvent.Kind.RISK_ACCEPTED in kinds and action.risk_until:
            borne.append(line(_("until %(day)s") % {"day": day(action.risk_until)}))
        slips += moved_dates.put_off(mine)
        if dates := moved_dates.dates_in_words(action, mine):
            moved.append(line(dates))
    groups = (
        (_("Closed"), closed),
        (_("Became a condition of the approval"), moved_dates.became_conditions(use, actions, window)),
        (_("Due date changed"), moved),
        (_("New"), new),
        (_("Reopened"), again),
        (_("Risk accepted"), borne),
    )
    of_the_day = timezone.localdate(last) == timezone.localdate(document.created_at)
    changed = tuple((title, tuple(lines)) for title, lines in groups if lines)
    return SinceLast(timezone.localtime(last), changed, slips, of_the_day)
