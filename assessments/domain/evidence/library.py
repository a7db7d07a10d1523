"""The acts of the evidence library: one function, one transaction each, the actor always named, `by=`.

A file is checked, scanned, hashed and stored before the transaction begins; if the rows then cannot be written, it is
taken out of the storage again. Versions are never changed, and nothing here deletes one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import stored_files
from assessments.core.errors import InvalidAnswer, Locked, NotPermitted, WorkflowError
from assessments.domain.answering import answers as answering_answers
from assessments.domain.certificates import staleness
from assessments.domain.evidence import files, quotas
from assessments.models import (
    Answer,
    Assessment,
    Confidentiality,
    Evidence,
    EvidenceUse,
    EvidenceVersion,
    Membership,
    Organisation,
    Scan,
    Sees,
    User,
)
from assessments.models.base import sha256
from assessments.models.stale_reasons import StaleReason, because


def require_writer(piece: Evidence, user: User) -> Membership:
    """Return the membership of who may change an evidence item; somebody who sees only what is assigned changes their own.

    Raises NotPermitted.
    """
    member = roles.require_member(user, Action.ANSWER, piece)
    if member.sees == Sees.ASSIGNED and piece.owner_id != user.pk:
        raise NotPermitted(_("You can change only the evidence that you own. Somebody else owns this evidence."))
    return member


@contextmanager
def _kept(organisation: Organisation, upload: UploadedFile | None) -> Iterator[files.StoredFile | None]:
    """Keep a file for the rows that follow; take it out of the storage again if these cannot be written."""
    kept = None
    if upload:
        quotas.require_room(organisation, upload.size or 0)
        kept = files.keep(upload)
    try:
        yield kept
    except BaseException:
        if kept:
            default_storage.delete(kept.storage_key)
        raise


def add(
    organisation: Organisation,
    *,
    by: User,
    file: UploadedFile | None = None,
    link: str = "",
    to: tuple[Assessment, str] | None = None,
    **details: Any,
) -> Evidence:
    """Put an evidence item into the library: a file, a link, or (on request only) the word of who shows it.

    `to` (an assessment, the key of a question) attaches it in the same transaction. The very file that the person can
    find in the library already is attached as it is, so that sending a lost upload again makes no second evidence item. Raises
    InvalidAnswer naming the control, and what `attach` raises.
    """
    roles.require(by, Action.ANSWER, organisation)
    if to is not None:
        with transaction.atomic():  # say what is in the way before a large file is checked and scanned
            _open_answer(*to, by=by)
    on_request = details.get("confidentiality") == Confidentiality.ON_REQUEST
    _check_what(file, link, on_request=on_request, held_by=details.get("held_by", ""))
    with _kept(organisation, file) as kept, transaction.atomic():
        twin = _twin(organisation, kept, by)
        if twin is not None:
            if to is None:
                raise files.refuse(_("Use “%(title)s” instead. This file is already in the library.") % {"title": twin})
            default_storage.delete(kept.storage_key)  # type: ignore[union-attr]  # a twin is found by its file
            attach(twin, *to, by=by)
            return twin
        piece = Evidence(organisation=organisation, owner=by, **details)
        piece.full_clean()
        piece.save()
        if not on_request:
            _new_version(piece, kept, link, by=by)
        if to is not None:
            attach(piece, *to, by=by)
        log.record(AuditKind.EVIDENCE_ADDED, piece, by=by, organisation=organisation, details={"title": piece.title})
        _check_quota(organisation, kept)
    return piece


def _check_quota(organisation: Organisation, kept: files.StoredFile | None) -> None:
    """Look at the quota again where the log's chain of the organisation is locked, so that uploads at once share it."""
    if kept:
        quotas.require_room(organisation, 0)


def _check_what(file: UploadedFile | None, link: str, *, on_request: bool, held_by: str = "") -> None:
    if on_request:
        if file or link:
            raise InvalidAnswer(
                "confidentiality",
                _(
                    "Remove the file and the link. Evidence marked “Shown on request only” cannot have a file or link "
                    "here."
                ),
            )
        if not held_by.strip():
            raise InvalidAnswer(
                "held_by", _("Enter the name of a contact person or department, and how to contact them.")
            )
    elif file and link:
        raise InvalidAnswer("link", _("Choose a file or enter a link, not both."))
    elif not file and not link:
        raise InvalidAnswer("file", _("Choose a file or enter a link."))


def _twin(organisation: Organisation, kept: files.StoredFile | None, by: User) -> Evidence | None:
    """Return the evidence item that this person can find and whose newest version is this very file."""
    if kept is None:
        return None
    newest = EvidenceVersion.objects.filter(evidence=OuterRef("pk")).order_by("-number")
    mine = finders.evidence_for(by).in_use().filter(organisation=organisation)
    return mine.annotate(newest_sha256=Subquery(newest.values("sha256")[:1])).filter(newest_sha256=kept.sha256).first()


def _new_version(piece: Evidence, kept: files.StoredFile | None, link: str, *, by: User) -> EvidenceVersion:
    fields: dict[str, Any] = {"link": link, "sha256": sha256(link), "scan": Scan.NOT_SCANNED}
    if kept:
        names = ("storage_key", "file_name", "media_type", "size", "sha256", "scan")
        fields = {name: getattr(kept, name) for name in names}
    piece.version += 1
    piece.save(update_fields=["version"])
    return EvidenceVersion.objects.create(evidence=piece, number=piece.version, by=by, **fields)


def add_version(
    piece: Evidence,
    *,
    by: User,
    file: UploadedFile | None = None,
    link: str = "",
    details: Mapping[str, Any] | None = None,
) -> EvidenceVersion:
    """Replace an evidence item by a newer file or link; answers that lean on it are asked to look again.

    `details`: the period and expiry of the new version. An evidence item that was shown on request only becomes confidential: it
    has a file now. Raises InvalidAnswer naming the control.
    """
    require_writer(piece, by)
    _check_what(file, link, on_request=False)
    with _kept(piece.organisation, file) as kept, transaction.atomic():
        approvals = staleness.approvals_on(piece)
        piece = Evidence.objects.select_for_update().get(pk=piece.pk)
        if piece.withdrawn_at:
            raise WorkflowError(_("This evidence was withdrawn from the library."))
        newest = piece.versions.order_by("-number").first()
        if newest and newest.sha256 == (kept.sha256 if kept else sha256(link)):
            raise InvalidAnswer("file" if kept else "link", _("This file or link is already the current version."))
        if piece.confidentiality == Confidentiality.ON_REQUEST:
            piece.confidentiality, piece.held_by = Confidentiality.CONFIDENTIAL, ""
        for name, value in (details or {}).items():
            setattr(piece, name, value)
        piece.full_clean()
        piece.save()
        version = _new_version(piece, kept, link, by=by)
        cause = because(StaleReason.EVIDENCE_REPLACED, title=piece.title, number=version.number)
        staleness.flag_evidence(approvals, cause, by=by)
        log.record(
            AuditKind.EVIDENCE_REPLACED,
            piece,
            by=by,
            organisation=piece.organisation,
            details={
                "title": piece.title,
                "version": version.number,
                "old": {"sha256": newest.sha256 if newest else None},
                "new": {"sha256": version.sha256},
            },
        )
        _check_quota(piece.organisation, kept)
    return version


@transaction.atomic
def update(piece: Evidence, *, by: User, **fields: Any) -> Evidence:
    """Change what is said of an evidence item; its versions stay. An item with a file never becomes one shown on request only."""
    require_writer(piece, by)
    piece = Evidence.objects.select_for_update(of=("self",)).select_related("owner").get(pk=piece.pk)
    if piece.withdrawn_at:
        raise WorkflowError(_("This evidence was withdrawn from the library."))
    wanted = fields.get("confidentiality", piece.confidentiality)
    if (wanted == Confidentiality.ON_REQUEST) != (piece.version == 0):
        raise InvalidAnswer(
            "confidentiality",
            _("Choose another option. Evidence with a file or link cannot be “Shown on request only”."),
        )
    if piece.version == 0 and not fields.get("held_by", piece.held_by).strip():
        raise InvalidAnswer("held_by", _("Enter the name of a contact person or department, and how to contact them."))
    owner = fields.get("owner", piece.owner)
    if owner != piece.owner and roles.role_in(owner, piece.organisation_id) not in roles.MAY[Action.ANSWER]:
        raise InvalidAnswer("owner", _("Choose an owner or contributor of the organisation."))
    old = {name: str(getattr(piece, name)) for name in fields}
    for name, value in fields.items():
        setattr(piece, name, value)
    piece.full_clean()
    piece.save()
    log.record(
        AuditKind.EVIDENCE_CHANGED,
        piece,
        by=by,
        organisation=piece.organisation,
        details={"old": old, "new": {name: str(value) for name, value in fields.items()}},
    )
    return piece


@transaction.atomic
def withdraw(piece: Evidence, *, by: User) -> None:
    """Take an evidence item out of the library: nothing new leans on it, submissions keep the versions that they name."""
    require_writer(piece, by)
    approvals = staleness.approvals_on(piece)
    changed = Evidence.objects.filter(pk=piece.pk, withdrawn_at=None).update(withdrawn_at=timezone.now())
    if not changed:
        raise WorkflowError(_("This evidence has already been withdrawn."))
    staleness.flag_evidence(approvals, because(StaleReason.EVIDENCE_WITHDRAWN, title=piece.title), by=by)
    log.record(
        AuditKind.EVIDENCE_WITHDRAWN, piece, by=by, organisation=piece.organisation, details={"title": piece.title}
    )


# --- what answers lean on ----------------------------------------------------------------------------------------------


def _open_answer(assessment: Assessment, question_key: str, *, by: User) -> Answer:
    """Lock the assessment and return the answer whose evidence `by` may change now; call it inside `atomic`.

    Raises NotPermitted, Locked where the assessment or the question is closed to changes, InvalidAnswer where the
    question has no answer yet.
    """
    assessment, member = roles.lock_with_member(by, assessment)
    if not assessment.is_editable:
        raise Locked(
            _("You cannot change the evidence for this answer, because the assessment is locked (%(state)s).")
            % {"state": assessment.get_state_display()}
        )
    declared = assessment.declared()
    question = assessment.compiled().questions.get(question_key)
    if question is None or not question.applies(declared.context, declared.parts):
        raise Locked(_("This question no longer applies to this use."))
    targets = roles.assigned_targets(by, assessment, member)
    if targets is not None and question.section not in targets and question.key not in targets:
        raise NotPermitted(
            _("Ask an owner to assign this question to you. You have access only to work that is assigned to you.")
        )
    answers = {row.question.key: row for row in assessment.answers.select_related("question")}
    unlocked = answering_answers.unlocked_questions(assessment, declared, answers)
    if unlocked is not None and question_key not in unlocked:
        raise Locked(_("In this round, you can change only the answers that the reviewer marked “change needed”."))
    if question_key not in answers:
        raise InvalidAnswer("answer", _("Answer the question first. You can then attach evidence to the answer."))
    answer = answers[question_key]
    answer.assessment = assessment
    return answer


def _record(kind: AuditKind, piece: Evidence, answer: Answer, by: User) -> None:
    log.record(
        kind,
        piece,
        by=by,
        organisation=piece.organisation,
        details={
            "title": piece.title,
            "assessment": answer.assessment.reference,
            "question": answer.question.key,
            "version": piece.version,
        },
    )


@transaction.atomic
def attach(piece: Evidence, assessment: Assessment, question_key: str, *, by: User) -> EvidenceUse:
    """Attach the current version of an evidence item to an answer. Idempotent."""
    answer = _open_answer(assessment, question_key, by=by)
    piece = Evidence.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=piece.pk)
    if piece.organisation_id != answer.assessment.organisation_id:
        raise NotPermitted(_("This evidence belongs to another organisation."))
    if piece.withdrawn_at:
        raise WorkflowError(_("This evidence was withdrawn from the library."))
    use, created = EvidenceUse.objects.get_or_create(
        evidence=piece, answer=answer, defaults={"version": piece.version, "by": by}
    )
    if created:
        _record(AuditKind.EVIDENCE_ATTACHED, piece, answer, by)
    return use


@transaction.atomic
def detach(piece: Evidence, assessment: Assessment, question_key: str, *, by: User) -> None:
    """Take an evidence item away from an answer; it stays in the library, and in every submission that names it."""
    answer = _open_answer(assessment, question_key, by=by)
    if EvidenceUse.objects.filter(evidence=piece, answer=answer).take_away(answer.assessment.use_id):
        _record(AuditKind.EVIDENCE_DETACHED, piece, answer, by)


@transaction.atomic
def confirm_again(piece: Evidence, assessment: Assessment, question_key: str, *, by: User) -> None:
    """Say that a replaced or expired evidence item still shows what the answer says.

    `by` of the row stays whoever attached it.
    """
    answer = _open_answer(assessment, question_key, by=by)
    piece = Evidence.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=piece.pk)
    changed = EvidenceUse.objects.filter(evidence=piece, answer=answer).update(version=piece.version, at=timezone.now())
    if not changed:
        raise WorkflowError(_("This evidence is no longer attached to the answer."))
    _record(AuditKind.EVIDENCE_CONFIRMED, piece, answer, by)


# --- reading -----------------------------------------------------------------------------------------------------------


def open_file(version: EvidenceVersion) -> IO[bytes]:
    """Open the stored file of a version to send it; raises NotAsStored where it is missing or was changed."""
    return stored_files.open_as_stored(default_storage, version.storage_key, sha256=version.sha256, size=version.size)


def note_reading(version: EvidenceVersion, *, by: User, submission: str = "") -> None:
    """Log that somebody read a confidential evidence item, a reviewer with the `submission` that names it; of others nothing."""
    piece = version.evidence
    if piece.confidentiality != Confidentiality.CONFIDENTIAL:
        return
    with transaction.atomic():
        log.record(
            AuditKind.EVIDENCE_READ,
            piece,
            by=by,
            organisation=piece.organisation,
            details={"title": piece.title, "version": version.number, "submission": submission},
        )
