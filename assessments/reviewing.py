"""Judging a submission, and answering what was judged: marks, marks of evidence, replies. One function, one transaction each.

Marks are saved as answers are: with the revision that the page showed (`base`) and a one-time operation id. A repeated
operation changes nothing; a stale save that differs is kept as a version beside the newer one and raises Conflict.
`workflow` decides on what stands here. Every function names its actor, `by=`.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments import access
from assessments.core import proof
from assessments.declaring import require_seat
from assessments.errors import Conflict, InvalidAnswer, Locked, NotPermitted, WorkflowError
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import Choice, Strength, Tier
from assessments.models import (
    ActionStatus,
    Assessment,
    AuditEntry,
    EvidenceMark,
    EvidenceMarkRevision,
    MarkKind,
    MarkReply,
    MarkReplyRevision,
    RemediationAction,
    ReviewMark,
    ReviewMarkRevision,
    RevisionOutcome,
    State,
    Submission,
    User,
    Verdict,
    edition_for,
)
from assessments.models.snapshots import changed_targets, declared_in, pieces_of
from assessments.models.urgent import facts_that_stop, questions_that_stop

TITLE = 200  # characters of an action's title

# --- what there is to judge --------------------------------------------------------------------------------------------


def review_targets(content: Mapping[str, Any]) -> tuple[str, ...]:
    """What a reviewer judges in a submission: each fact, then each answer."""
    return (
        *(f"f:{fact['key']}" for fact in content["facts"]),
        *(f"q:{shown['question']}" for shown in content["questions"]),
    )


def decisive_targets(edition: CompiledEdition, content: Mapping[str, Any]) -> frozenset[str]:
    """The facts and answers on which tier and certificate rest: none of them is ever accepted without a look of its own.

    Facts on prohibited uses, those behind a rule that fired, and those that open an action of the class *stop now*;
    questions about Table 1, an overlay, prohibited uses or a must, and those of that class. Our judgement: which these
    are.
    """
    declared = declared_in(content)
    blocking = edition.blocking_requirements(declared.context, declared.tier)
    behind = {key for rule in content["tier"]["rules"] for key in rule["facts"]}
    behind |= facts_that_stop(edition, content)
    facts = {
        f"f:{fact['key']}"
        for fact in content["facts"]
        if fact["key"] in behind or (fact["key"] in edition.facts and edition.facts[fact["key"]].prohibited_use)
    }
    questions = set()
    for shown in content["questions"]:
        for id in edition.questions[shown["question"]].requirements:
            requirement = edition.requirements[id]
            if id in blocking or (requirement.strength == Strength.MUST and declared.in_scope(requirement)):
                questions.add(f"q:{shown['question']}")
                break
    stopping = questions_that_stop(edition, content)
    questions |= {f"q:{shown['question']}" for shown in content["questions"] if shown["question"] in stopping}
    return frozenset(facts | questions)


def replies_in(content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What the organisation replied to the round before, by target; none in submissions older than replies."""
    return {reply["target"]: reply for reply in content.get("replies", ())}


def left_to_accept(
    edition: CompiledEdition, content: Mapping[str, Any], marked: Collection[str], changed: Collection[str]
) -> tuple[str, ...]:
    """The targets that may be accepted in one action: unmarked, not decisive, and nothing to read about them.

    `changed`: what differs from the round before, nothing in the first. Answers that are not applicable, unknown or
    planned, and whatever was replied to, take a look of their own (our judgement).
    """
    own_look = decisive_targets(edition, content) | set(changed) | set(replies_in(content))
    odd = {
        f"q:{key}"
        for key, answer in content["answers"].items()
        if answer["choice"] in (Choice.NOT_APPLICABLE, Choice.UNKNOWN, Choice.PLANNED)
        or any(isinstance(tick, str) for tick in answer["items"].values())
    }
    return tuple(t for t in review_targets(content) if t not in own_look and t not in odd and t not in marked)


def longest_action_days(edition: CompiledEdition, tier: Tier) -> int:
    """How far ahead the date of an agreed action may lie: the longest period that the policy gives at this tier."""
    return max(edition.policy.due_days[tier].values())


# --- marks -------------------------------------------------------------------------------------------------------------


@proof.factor_asked
def save_mark(
    submission: Submission,
    target: str,
    *,
    by: User,
    mark: str,
    reason: str = "",
    words: str = "",
    would_satisfy: str = "",
    private_note: str = "",
    action_title: str = "",
    action_due: date | None = None,
    base: int | None = None,
    operation: uuid.UUID | None = None,
) -> ReviewMark:
    """Mark one answer (`q:<key>`) or fact (`f:<key>`) of a submission under review; every version is kept.

    `base` is the revision that was shown (0: none; None: whatever stands). An empty `mark` takes one back: not looked
    at. Raises NotPermitted for anybody without a seat, Locked outside review, Conflict where a newer version stands, and
    InvalidAnswer where *change needed* lacks its reason or what would satisfy, or *accepted with action* its action.
    """
    fields = {
        "mark": str(mark),
        "reason": str(reason),
        "words": words,
        "would_satisfy": would_satisfy,
        "private_note": private_note,
        "action_title": action_title,
        "action_due": action_due,
    }
    with transaction.atomic():
        saved = _save_mark(submission, target, fields, by=by, base=base, operation=operation)
    if isinstance(saved, Conflict):  # raised out here, so that the version beside the newer one stays stored
        raise saved
    return saved


def _save_mark(
    submission: Submission,
    target: str,
    fields: Mapping[str, Any],
    *,
    by: User,
    base: int | None,
    operation: uuid.UUID | None,
    outcome: RevisionOutcome = RevisionOutcome.CURRENT,
) -> ReviewMark | Conflict:
    _open_case(submission, by)
    if target not in review_targets(submission.content()):
        raise InvalidAnswer("target", _("There is nothing to judge under “%(target)s”.") % {"target": target})
    row = ReviewMark.kept.filter(submission=submission, target=target).select_related("by").first()
    if outcome == RevisionOutcome.CURRENT:
        _check_mark(submission, target, fields, stands=row is not None)
    row = row or ReviewMark(submission=submission, target=target, revision=0, by=by)
    kept = _write(row, ReviewMarkRevision, fields, by=by, base=base, operation=operation, outcome=outcome)
    if kept is False:
        words = _("%(name)s marked this as “%(mark)s” while you were looking at it. Nothing was overwritten.")
        return Conflict(words % {"name": row.by, "mark": row.get_mark_display() or _("Not looked at")}, row)
    return row


def _check_mark(submission: Submission, target: str, fields: Mapping[str, Any], *, stands: bool) -> None:
    mark = fields["mark"]
    if mark not in MarkKind.values and not (mark == "" and stands):
        raise InvalidAnswer("mark", _("Choose a mark."))
    if mark == MarkKind.CHANGE_NEEDED:
        if not fields["reason"]:
            raise InvalidAnswer("reason", _("Choose why a change is needed."))
        if not fields["would_satisfy"].strip():
            raise InvalidAnswer(
                "would_satisfy", _("Say what would satisfy you, so that it can be corrected in one go.")
            )
    if mark == MarkKind.ACCEPTED_WITH_ACTION and target.startswith("q:"):
        if not fields["action_title"].strip() and not fields["words"].strip():
            raise InvalidAnswer("action_title", _("Say what is still to be done: it becomes an action in the plan."))
        _check_due(submission, fields["action_due"])


def _check_due(submission: Submission, due: date | None) -> None:
    days = longest_action_days(edition_for(submission.edition_checksum), Tier(submission.assigned_tier))
    today = timezone.localdate()
    if due is not None and not today < due <= today + timedelta(days=days):
        raise InvalidAnswer(
            "action_due", _("Choose a date after today and at most %(days)s days ahead.") % {"days": days}
        )


@proof.factor_asked
def undo_mark(submission: Submission, target: str, *, by: User, base: int) -> ReviewMark:
    """Go back to the version of a mark before the one that stands, as a new version; before the first: not looked at.

    Raises as `save_mark`, WorkflowError where nothing was marked; nothing is typed, so a stale `base` keeps nothing.
    """
    with transaction.atomic():
        _open_case(submission, by)
        row = ReviewMark.kept.filter(submission=submission, target=target).select_related("by").first()
        if row is None:
            raise WorkflowError(_("There is no mark to take back."))
        if row.revision != base:
            words = _("%(name)s changed this mark since you opened the page. Nothing was taken back.")
            raise Conflict(words % {"name": row.by}, row)
        stored = row.revisions.exclude(outcome=RevisionOutcome.CONFLICT).filter(number__lt=row.revision)
        before = stored.order_by("-number").first()
        fields: dict[str, Any] = dict.fromkeys(row.record(), "") | {"action_due": None}
        if before is not None:
            fields |= before.value
            fields["action_due"] = date.fromisoformat(fields["action_due"]) if fields["action_due"] else None
        done = _save_mark(
            submission, target, fields, by=by, base=base, operation=None, outcome=RevisionOutcome.RESTORED
        )
        assert isinstance(done, ReviewMark)  # the base was compared above, under the same lock
        if before is not None and before.outcome == RevisionOutcome.CARRIED:
            done.carried_from_id = _carried_from(row, submission)
            done.save(update_fields=["carried_from"])
    return done


def _carried_from(row: ReviewMark, submission: Submission) -> int | None:
    """The mark that the first version of this one was carried from: of the round before, else of the last decision."""
    earlier = ReviewMark.objects.filter(submission__assessment__use=submission.assessment.use_id, target=row.target)
    found = earlier.filter(submission__lt=submission.pk).order_by("-submission", "pk").values_list("pk", flat=True)
    return found.first()


@proof.factor_asked
def accept_together(submission: Submission, targets: Iterable[str], *, by: User) -> list[ReviewMark]:
    """Accept, in one action and recorded as such, those of `targets` that nobody has marked and that need no look alone.

    What is decisive, odd, changed since the round before or replied to stays unmarked whatever `targets` names
    (`left_to_accept`). Raises as `save_mark`.
    """
    with transaction.atomic():
        assessment = _open_case(submission, by)
        marked = set(submission.marks.values_list("target", flat=True))
        content = submission.content()
        before = assessment.submissions.filter(round=submission.round - 1).first()
        changed = changed_targets(before.content(), content) if before else ()
        may = left_to_accept(edition_for(submission.edition_checksum), content, marked, changed)
        chosen = set(targets)
        rows = {row.target: row for row in ReviewMark.kept.filter(submission=submission, mark="")}
        accepted = []
        for target in may:
            if target not in chosen:
                continue
            row = rows.get(target) or ReviewMark(submission=submission, target=target, revision=0, by=by)
            fields = row.record() | {"mark": str(MarkKind.ACCEPTED), "action_due": row.action_due}
            _write(row, ReviewMarkRevision, fields, by=by, base=None, operation=None, together=True)
            accepted.append(row)
        if accepted:
            AuditEntry.objects.record(
                "marks_accepted_together",
                assessment,
                by=by,
                organisation=assessment.organisation,
                details={"submission": submission.reference, "targets": sorted(row.target for row in accepted)},
            )
    return accepted


@proof.factor_asked
def mark_evidence(
    submission: Submission,
    question: str,
    piece: str,
    *,
    by: User,
    verdict: str,
    note: str = "",
    base: int | None = None,
    operation: uuid.UUID | None = None,
) -> EvidenceMark:
    """Say of one piece under one answer whether it supports it; `piece` is its reference, an empty verdict takes it back.

    Raises as `save_mark`; InvalidAnswer where the answer names no such piece.
    """
    with transaction.atomic():
        _open_case(submission, by)
        named = {p["reference"]: p for p in pieces_of(submission.content()["answers"].get(question))}
        if piece not in named:
            raise InvalidAnswer("piece", _("The answer does not name this piece of evidence."))
        if verdict and verdict not in Verdict.values:
            raise InvalidAnswer("verdict", _("Choose one of the three."))
        row = submission.evidence_marks.filter(question=question, piece=piece).select_related("by").first()
        if row is None:
            if not verdict:
                raise InvalidAnswer("verdict", _("Choose whether the piece supports the answer."))
            version = named[piece]["version"]
            row = EvidenceMark(
                submission=submission, question=question, piece=piece, version=version, revision=0, by=by
            )
        fields = {"verdict": str(verdict), "note": note}
        kept = _write(row, EvidenceMarkRevision, fields, by=by, base=base, operation=operation)
    if kept is False:
        words = _("%(name)s judged this piece while you were looking at it. Nothing was overwritten.")
        raise Conflict(words % {"name": row.by}, row)
    return row


def _open_case(submission: Submission, by: User) -> Assessment:
    """Lock the assessment of a submission under review, for somebody with a seat in it."""
    assessment = Assessment.objects.lock(submission.assessment_id)
    require_seat(by, submission, assessment)
    if assessment.state != State.IN_REVIEW or assessment.current_submission_id != submission.pk:
        raise Locked(_("This submission is not under review any more. What you typed is still on this page."))
    return assessment


def _write(
    row: Any,
    revisions: Any,
    fields: Mapping[str, Any],
    *,
    by: User,
    base: int | None,
    operation: uuid.UUID | None,
    outcome: RevisionOutcome = RevisionOutcome.CURRENT,
    together: bool = False,
) -> bool | None:
    """Make `fields` the version that stands; True: written, None: it stood already, False: a newer one stands.

    In the last case what was given is kept beside it, unless this operation, or the person's newest such version, is it.
    """
    record = {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}
    if row.pk and row.record() == record:
        return None
    number = 1
    if row.pk:
        number = max(row.revision, row.revisions.aggregate(n=Max("number"))["n"] or 0) + 1
        known = row.revisions.filter(operation=operation).first() if operation else None
        if known is not None and known.number == row.revision:
            base, operation = row.revision, None  # the same page goes on from what it saved
        elif known is not None:
            return False
        if base is not None and base != row.revision:
            newest = row.revisions.filter(by=by, outcome=RevisionOutcome.CONFLICT).order_by("-number").first()
            if newest is None or newest.value != record:
                _version(revisions, row, number, operation, base, record, by, RevisionOutcome.CONFLICT)
            return False
    for name, value in fields.items():
        setattr(row, name, value)
    base = row.revision
    row.by, row.revision = by, number
    if isinstance(row, ReviewMark | EvidenceMark):
        row.carried_from = None
    if isinstance(row, ReviewMark):
        row.together = together
    row.save()
    _version(revisions, row, number, operation, base, record, by, outcome)
    return True


def _version(
    revisions: Any,
    row: Any,
    number: int,
    operation: uuid.UUID | None,
    base: int,
    record: Mapping[str, Any],
    by: User,
    outcome: str,
) -> None:
    revisions.objects.create(
        parent=row, number=number, operation=operation or uuid.uuid4(), base=base, value=record, by=by, outcome=outcome
    )


# --- from round to round -----------------------------------------------------------------------------------------------


def carry(
    previous: Submission, submission: Submission, changed: Collection[str], *, without_evidence: Collection[str] = ()
) -> int:
    """Carry the accepting marks of a round over to what is the same in the next, and the marks of evidence likewise.

    Each carried mark names the one that it came from. Returns how many marks of answers and facts were carried. The
    caller holds the lock. `without_evidence`: answers whose evidence is judged anew.
    """
    targets = set(review_targets(submission.content()))
    carried = [
        ReviewMark(
            submission=submission,
            target=mark.target,
            by=mark.by,
            carried_from=mark,
            **mark.record() | {"action_due": mark.action_due},
        )
        for mark in previous.marks.exclude(mark=MarkKind.CHANGE_NEEDED).select_related("by")
        if mark.target not in changed and mark.target in targets
    ]
    ReviewMark.objects.bulk_create(carried)
    ReviewMarkRevision.objects.bulk_create(_carried_version(ReviewMarkRevision, mark) for mark in carried)
    answers = submission.content()["answers"]
    named = {
        (key, piece["reference"], piece["version"]) for key, answer in answers.items() for piece in pieces_of(answer)
    }
    pieces = [
        EvidenceMark(
            submission=submission,
            question=mark.question,
            piece=mark.piece,
            version=mark.version,
            by=mark.by,
            carried_from=mark,
            **mark.record(),
        )
        for mark in previous.evidence_marks.exclude(verdict="").select_related("by")
        if (mark.question, mark.piece, mark.version) in named and f"q:{mark.question}" not in without_evidence
    ]
    EvidenceMark.objects.bulk_create(pieces)
    EvidenceMarkRevision.objects.bulk_create(_carried_version(EvidenceMarkRevision, mark) for mark in pieces)
    return len(carried)


def _carried_version(revisions: Any, row: Any) -> Any:
    return revisions(
        parent=row,
        number=1,
        operation=uuid.uuid4(),
        base=0,
        value=row.record(),
        by=row.by,
        outcome=RevisionOutcome.CARRIED,
    )


def open_agreed_actions(submission: Submission) -> list[RemediationAction]:
    """Turn what reviewers asked for on accepting an answer into actions of the plan: the open one of its question, or new.

    Called by the move that approves, under its locks; asked again it changes nothing. Our judgement: without a date an
    action is due as a duty of its question's greatest strength would be, and counts as that in the order of the plan.
    """
    edition, use = edition_for(submission.edition_checksum), submission.assessment.use
    content = submission.content()
    declared, tier = declared_in(content), Tier(submission.assigned_tier)
    agreed = {
        mark.target.removeprefix("q:"): mark
        for mark in submission.marks.filter(mark=MarkKind.ACCEPTED_WITH_ACTION, target__startswith="q:")
    }
    have: dict[str, RemediationAction] = {}
    for row in use.actions.exclude(status=ActionStatus.CLOSED).order_by("number"):  # of a split action the first part
        have.setdefault(row.question, row)
    today, opened = timezone.localdate(), []
    for shown in content["questions"]:
        mark = agreed.get(shown["question"])
        if mark is None:
            continue
        question = edition.questions[shown["question"]]
        title = mark.action_title.strip() or mark.words.strip().partition("\n")[0] or question.title
        asked = "\n".join(dict.fromkeys(part.strip() for part in (mark.action_title, mark.words) if part.strip()))
        duties = [id for id in question.requirements if declared.in_scope(edition.requirements[id])]
        strengths = [edition.requirements[id].strength for id in duties]
        strength = min(strengths, key=list(Strength).index, default=Strength.CONSIDER)
        due = mark.action_due or today + timedelta(days=edition.policy.due_days[tier][strength])
        action = have.get(question.key)
        if action is None:
            use.action_count += 1
            remedies = [r for r in (question.remedy, *(item.remedy for item in question.items)) if r is not None]
            action = RemediationAction(
                use=use,
                organisation=submission.organisation,
                number=use.action_count,
                question=question.key,
                requirements=sorted(duties),
                title=title[:TITLE],
                suggested_owner=remedies[0].owner if remedies else next(iter(edition.owners)),
                effort=str(remedies[0].effort) if remedies else "M",
                priority=str(strength),
                due=due,
            )
        elif asked in action.asked:
            continue
        else:
            action.status = ActionStatus.OPEN  # more is asked than was reported as done
        action.asked = "\n\n".join(part for part in (action.asked, asked) if part)[:8000]
        if action.full_due:
            action.full_due = min(action.full_due, due)
        action.due = min(action.due, due)
        action.save()
        opened.append(action)
    if opened:
        use.save(update_fields=["action_count"])
    return opened


# --- the organisation's reply ------------------------------------------------------------------------------------------


def reply(
    assessment: Assessment,
    target: str,
    *,
    by: User,
    words: str,
    base: int | None = None,
    operation: uuid.UUID | None = None,
) -> MarkReply:
    """Say something to a returned answer or fact, with or without changing it; empty words take the reply back.

    Raises NotPermitted for a colleague without the role or the assignment, Locked unless it was returned, InvalidAnswer
    where the reviewer did not return this, Conflict where a newer reply stands.
    """
    with transaction.atomic():
        assessment, member = access.lock_with_member(by, assessment)
        if assessment.state != State.RETURNED:
            raise Locked(_("Not saved: nothing is waiting for changes here. What you typed is still on this page."))
        submission = assessment.current_submission
        assert submission is not None
        if not submission.marks.filter(target=target, mark=MarkKind.CHANGE_NEEDED).exists():
            raise InvalidAnswer("words", _("The reviewer did not return this."))
        kind, key = target[:2], target[2:]
        targets = access.assigned_targets(by, assessment, member)
        if targets is not None:
            question = assessment.compiled().questions.get(key) if kind == "q:" else None
            if question is None or not {question.key, question.section} & targets:
                raise NotPermitted(_("This question is not assigned to you."))
        row = submission.replies.filter(target=target).select_related("by").first()
        if row is None:
            if not words.strip():
                raise InvalidAnswer("words", _("Write the reply first."))
            row = MarkReply(submission=submission, target=target, revision=0, by=by)
        kept = _write(row, MarkReplyRevision, {"words": words}, by=by, base=base, operation=operation)
    if kept is False:
        said = _("%(name)s changed this reply while you were writing. Nothing was overwritten.")
        raise Conflict(said % {"name": row.by}, row)
    return row


def untouched(assessment: Assessment, changed: Collection[str]) -> tuple[str, ...]:
    """The returned targets that were neither changed nor replied to. `changed`: what differs from what was sent."""
    submission = assessment.current_submission
    if assessment.state != State.RETURNED or submission is None:
        return ()
    replied = set(submission.replies.exclude(words="").values_list("target", flat=True))
    returned = submission.marks.filter(mark=MarkKind.CHANGE_NEEDED).order_by("pk").values_list("target", flat=True)
    return tuple(target for target in returned if target not in changed and target not in replied)
