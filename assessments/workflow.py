"""Every change of an assessment's state: one function, one transaction each. The actor is always named, `by=`.

Each move locks the use and the assessment, checks the move against `MOVES`, reads what it decides on inside the
transaction, writes state and audit entry together, and lets documents and mail leave after the commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments import access, acting, tasks
from assessments.access import Action
from assessments.declaring import delivery_team, missing_facts, review_targets
from assessments.errors import InvalidAnswer, NotPermitted, NotReady, SeparationOfDuties, WorkflowError, WrongState
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import Tier
from assessments.models import (
    ActionStatus,
    Assessment,
    Assurance,
    AuditEntry,
    Certificate,
    CertificateEvent,
    Condition,
    DecisionKind,
    Document,
    DocumentKind,
    FactRevision,
    Hold,
    MarkKind,
    Membership,
    Message,
    Organisation,
    RemediationAction,
    ReviewDecision,
    ReviewMark,
    ReviewSeat,
    Role,
    Route,
    Seat,
    State,
    Submission,
    User,
    edition_for,
)
from assessments.models.base import canonical_json, sha256
from assessments.models.snapshots import evidence_of, picture

MOVES: dict[State, set[State]] = {  # every move an assessment may make
    State.DRAFT: {State.SUBMITTED, State.CERTIFIED, State.REFUSED},
    State.SUBMITTED: {State.DRAFT, State.IN_REVIEW, State.WITHDRAWN},
    State.IN_REVIEW: {State.IN_REVIEW, State.RETURNED, State.APPROVED, State.REFUSED, State.WITHDRAWN},
    State.RETURNED: {State.SUBMITTED, State.REFUSED, State.WITHDRAWN},
    State.APPROVED: {State.CERTIFIED, State.WITHDRAWN},
    State.CERTIFIED: {State.SUPERSEDED},
    State.REFUSED: set(),
    State.WITHDRAWN: set(),
    State.SUPERSEDED: set(),
}
FIRST_AUDIT = "T1-LIM-03"  # the one Table 1 duty whose first fulfilment may be a dated condition (DESIGN section 5)


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that stands between an approval and its certificate. `question` is empty for holds and tiers."""

    question: str
    requirements: tuple[str, ...]
    words: str
    conditionable: bool
    longest_days: int = 0


def _move(assessment: Assessment, to: State) -> None:
    if to not in MOVES[State(assessment.state)]:
        raise WrongState(assessment, to)
    assessment.state, assessment.state_at = to, timezone.now()
    assessment.save(update_fields=["state", "state_at", "updated_at", "current_submission", "progress"])


def _audit(kind: str, assessment: Assessment, by: User, **details: Any) -> None:
    AuditEntry.objects.record(kind, assessment, by=by, organisation=assessment.organisation, details=details)


# --- what stands in the way ----------------------------------------------------------------------------------------------


def unanswered(assessment: Assessment) -> tuple[list[str], list[str]]:
    """Facts and questions (keys) that apply and have no answer yet."""
    edition, declared = assessment.compiled(), assessment.declared()
    answers = assessment.answer_values()
    questions = [question.key for question in declared.questions(edition) if question.key not in answers]
    return list(missing_facts(assessment.use, edition)), questions


def obstacles_to_submit(assessment: Assessment) -> list[str]:
    """Say in sentences what keeps the assessment from being signed; empty when nothing does."""
    reasons = []
    if assessment.use.retired_at or assessment.use.system.retired_at:
        reasons.append(_("The use is retired. An owner takes it back first."))
    if assessment.use.assigned_tier == Tier.UNACCEPTABLE:
        reasons.append(_("The declared facts are a prohibited use: it can only be declared as such."))
    facts, questions = unanswered(assessment)
    if facts:
        reasons.append(
            ngettext("One fact has no answer yet.", "%(n)s facts have no answer yet.", len(facts)) % {"n": len(facts)}
        )
    if questions:
        reasons.append(
            ngettext("One question has no answer yet.", "%(n)s questions have no answer yet.", len(questions))
            % {"n": len(questions)}
        )
    return reasons


def obstacles_to_self_certify(assessment: Assessment, content: Mapping[str, Any] | None = None) -> list[str]:
    """Say what keeps a Low use from being certified on its owner's word alone. `content`: its final picture."""
    reasons = obstacles_to_submit(assessment)
    use, edition = assessment.use, assessment.compiled()
    if use.assigned_tier != Tier.LOW:
        reasons.append(_("Only a Low use may be self-certified; this one goes to a reviewer."))
    if use.open_holds or use.provisional:
        reasons.append(_("The use is on hold or its tier is provisional."))
    prohibited = [key for key, fact in edition.facts.items() if fact.prohibited_use]
    history = FactRevision.objects.filter(parent__use=use, parent__key__in=prohibited).values_list("value", flat=True)
    if any(saved["value"] is not False for saved in history):
        reasons.append(
            _("An answer on a prohibited use once stood at “yes” or “do not know”: a reviewer has to see its history.")
        )
    musts = (content or picture(assessment, final=True))["musts"]
    allowed = musts["in_scope"] * edition.policy.self_declared_na_share // 100
    if musts["not_applicable"] > allowed:
        reasons.append(
            _("%(n)s musts stand as not applicable; on the signer's word alone it may be %(allowed)s.")
            % {"n": musts["not_applicable"], "allowed": allowed}
        )
    return reasons


def blockers(submission: Submission, content: Mapping[str, Any] | None = None) -> list[Blocker]:
    """What blocks the certificate of this submission now, given its marks, conditions and closed actions."""
    content = content or submission.content()
    edition = edition_for(submission.edition_checksum)
    assessment = submission.assessment
    found: list[Blocker] = []
    for hold in Hold.objects.filter(use=assessment.use_id, closed_at=None):
        found.append(
            Blocker("", (), _("Open hold: %(kind)s.") % {"kind": hold.get_kind_display()}, conditionable=False)
        )
    if content["tier"]["provisional"]:
        found.append(Blocker("", (), _("The tier is provisional: it waits for an answer."), conditionable=False))
    accepted = set(
        submission.marks.exclude(mark=MarkKind.CHANGE_NEEDED)
        .filter(target__startswith="q:")
        .values_list("target", flat=True)
    )
    promised = Condition.objects.filter(decision__submission=submission)
    promised = promised.exclude(met_at=None, due_on__lt=timezone.localdate())  # a missed one is no promise any more
    conditioned = set(promised.values_list("question", flat=True))
    closed = set(
        RemediationAction.objects.filter(
            use=assessment.use_id, status=ActionStatus.CLOSED, closed_at__gt=submission.at
        ).values_list("question", flat=True)
    )
    self_certified = submission.route == ""
    left = [
        finding
        for finding in content["findings"]
        if finding["blocking"]
        and finding["question"] not in closed | conditioned
        # A reviewer accepts the reason for "not applicable"; at Low it stands on the signer's word, within the share.
        and not (finding["kind"] == "not_applicable" and (self_certified or f"q:{finding['question']}" in accepted))
    ]
    return found + _answer_blockers(edition, submission.assigned_tier, left)


def blockers_to_self_certify(assessment: Assessment, content: Mapping[str, Any]) -> list[Blocker]:
    """What the signer of a Low use has to mend first or, where it is conditionable, to promise by a date.

    `content`: the final picture of the assessment.
    """
    left = [f for f in content["findings"] if f["blocking"] and f["kind"] != "not_applicable"]
    return _answer_blockers(assessment.compiled(), content["tier"]["assigned"], left)


def _answer_blockers(edition: CompiledEdition, tier: str, findings: Iterable[Mapping[str, Any]]) -> list[Blocker]:
    by_question: dict[str, list[Mapping[str, Any]]] = {}
    for finding in findings:
        by_question.setdefault(finding["question"], []).append(finding)
    found = []
    for key, of_question in by_question.items():
        ids = tuple(sorted({finding["requirement"] for finding in of_question}))
        # Only a must may become a dated condition, and of Table 1 only the first annual audit.
        musts = all(f["class"] == "must" or f["requirement"] == FIRST_AUDIT for f in of_question)
        audit = FIRST_AUDIT in ids and tier == Tier.LIMITED
        days = edition.policy.first_audit_months * 30 + 5 if audit else edition.policy.condition_days
        conditionable = musts and all(f["kind"] != "not_applicable" for f in of_question)
        if FIRST_AUDIT in ids and tier != Tier.LIMITED:
            conditionable = False
        found.append(Blocker(key, ids, edition.questions[key].title, conditionable, days))
    return found


# --- freezing a submission -----------------------------------------------------------------------------------------------


def statement_for(edition: CompiledEdition, content: Mapping[str, Any], kind: DecisionKind | None) -> list[str]:
    """The sentences of the signed statement; the musts with their answers (`must_lines`) follow them."""
    use, organisation = content["use"], content["organisation"]
    declared = _(
        "For %(organisation)s, I have declared the use “%(use)s” of %(system)s as it is, to the best of my knowledge."
    ) % {"organisation": organisation["name_en"], "use": use["title"], "system": content["system"]["name"]}
    prohibited = _(
        "The system is not used, and not offered, to harm or endanger people or to steer them without their noticing, nor "
        "for instructions for violence, obscene material, fraud, disturbing public order or attacks on computer systems."
    )
    if kind == DecisionKind.DECLARE_PROHIBITED:
        prohibited = _(
            "The declared facts describe a use that the Guideline treats as prohibited. No certificate is asked for."
        )
    limits = _("I know that the Guideline is not law and that this assessment is no legal opinion.")
    return [declared, prohibited, limits]


def must_lines(edition: CompiledEdition, content: Mapping[str, Any]) -> list[dict[str, str]]:
    """Every must in scope with the answer given, as the statement lists them."""
    lines = []
    for shown in content["questions"]:
        question = edition.questions[shown["question"]]
        answer = content["answers"].get(question.key)
        sources: list[tuple[str, tuple[str, ...]]]
        if question.is_checklist:
            sources = [(i.key, i.requirements) for i in question.items if i.key in shown["items"]]
        else:
            sources = [(question.key, question.requirements)]
        for key, ids in sources:
            given = "empty"
            if answer:
                given = answer["choice"]
                if given == "ticked":
                    tick = answer["items"].get(key)
                    given = "in_place" if tick is True else "not_applicable" if tick else "not_in_place"
                elif given == "none":
                    given = "not_in_place"
            lines += [
                {"requirement": id, "question": question.key, "answer": given}
                for id in ids
                if edition.requirements[id].strength == "must"
            ]
    return lines


def _freeze(
    assessment: Assessment,
    *,
    by: User,
    route: Route | None,
    kind: DecisionKind | None = None,
    public_statement: str = "",
) -> Submission:
    """Store the signed copy, open or carry its remediation actions, ask for its plan."""
    edition = assessment.compiled()
    content = picture(assessment, final=True)
    now = timezone.now()
    previous = assessment.submissions.order_by("-round").first()
    content["round"] = (previous.round if previous else 0) + 1
    content["actions"] = acting.open_actions(assessment, edition, content, by=by)
    content["signed"] = {
        "name": str(by),
        "role": str(Role.OWNER.label),
        "at": now,
        "statement": statement_for(edition, content, kind),
        "musts": must_lines(edition, content),
        "public_statement": public_statement,
    }
    content["kind"] = str(kind or "submit")
    snapshot = canonical_json(content)
    readiness = {
        f"readiness_{key}": None if score["value"] is None else int(score["value"] * 10)
        for key, score in content["scorecard"]["dimensions"].items()
    }
    submission = Submission.objects.create(
        assessment=assessment,
        organisation=assessment.organisation,
        round=content["round"],
        by=by,
        route=route or "",
        snapshot=snapshot,
        sha256=sha256(snapshot),
        edition_checksum=edition.checksum,
        assigned_tier=content["tier"]["assigned"],
        text_tier=content["tier"]["text"] or "",
        applicable=content["counts"]["applicable"],
        findings=len(content["findings"]),
        blocking=sum(finding["blocking"] for finding in content["findings"]),
        **readiness,
    )
    assessment.current_submission = submission
    assessment.progress = {**assessment.progress, "round": submission.round}
    if kind != DecisionKind.DECLARE_PROHIBITED:
        _ask_document(DocumentKind.PLAN, submission=submission)
    return submission


def _ask_document(kind: DocumentKind, **parent: Any) -> Document:
    document, _created = Document.objects.ask(kind, **parent)
    tasks.after_commit(tasks.render_document, document.pk)
    return document


def _tell(
    recipients: Iterable[int], kind: str, about: Submission | Assessment, subject: str, text: str, link: str
) -> None:
    """Write a line into inboxes, in this transaction; the mails leave after the commit."""
    for pk in set(recipients):
        message, created = Message.objects.get_or_create(
            recipient_id=pk,
            kind=kind,
            object=f"{about._meta.model_name}:{about.reference}",
            day=timezone.localdate(),
            defaults={"subject": subject[:200], "text": text, "link": link},
        )
        if created:
            tasks.after_commit(tasks.send_message, message.pk)


def _settle(assessment: Assessment, *kinds: str) -> None:
    """Take the messages that a move has dealt with off everybody's list."""
    about = [f"submission:{reference}" for reference in assessment.submissions.values_list("reference", flat=True)]
    Message.objects.filter(kind__in=kinds, object__in=about, read_at=None).update(read_at=timezone.now())


def _owners(assessment: Assessment) -> list[int]:
    rows = Membership.objects.current().filter(organisation=assessment.organisation_id, role=Role.OWNER)
    return list(rows.values_list("user_id", flat=True))


def _reviewers(assessment: Assessment, route: Route) -> list[int]:
    rows = Membership.objects.current().filter(role=Role.REVIEWER)
    if route == Route.INSIDE:
        rows = rows.filter(organisation=assessment.organisation_id)
    else:
        rows = rows.filter(organisation__is_reviewing_body=True)
    return list(rows.values_list("user_id", flat=True))


# --- the moves -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def submit(assessment: Assessment, *, by: User, route: Route, public_statement: str = "") -> Submission:
    """Freeze the answers into a Submission and hand it to review.

    All or nothing: new state, frozen answers, audit entry. The reviewers' mail leaves after the commit. Raises
    WrongState unless a draft or returned, NotReady with what is missing.
    """
    assessment = Assessment.objects.lock(assessment.pk)
    access.require(by, Action.SIGN, assessment)
    if State.SUBMITTED not in MOVES[State(assessment.state)]:
        raise WrongState(assessment, State.SUBMITTED)
    reasons = obstacles_to_submit(assessment)
    if not _reviewers(assessment, route):
        reasons.append(
            _("Your organisation has no reviewer of its own yet: invite one, or choose the independent reviewer.")
            if route == Route.INSIDE
            else _("The reviewing body has no reviewer yet.")
        )
    if reasons:
        raise NotReady(_("This cannot be submitted yet."), reasons)
    submission = _freeze(assessment, by=by, route=route, public_statement=public_statement)
    _settle(assessment, "returned")
    _carry_marks(submission)
    _move(assessment, State.SUBMITTED)
    _tell(
        _reviewers(assessment, route),
        "submitted",
        submission,
        _("To review: %(use)s") % {"use": assessment.use.title},
        _("%(organisation)s has submitted “%(use)s” (round %(round)s).")
        % {"organisation": assessment.organisation, "use": assessment.use.title, "round": submission.round},
        reverse("review", args=[submission.reference]),
    )
    _audit("submitted", assessment, by, submission=submission.reference, sha256=submission.sha256, route=str(route))
    return submission


def _carry_marks(submission: Submission) -> None:
    """Carry the accepting marks of the last round over to what has not changed since."""
    previous = (
        Submission.objects.filter(assessment=submission.assessment_id, round__lt=submission.round)
        .order_by("-round")
        .first()
    )
    if previous is None:
        return
    changed = changed_targets(previous.content(), submission.content())
    for mark in previous.marks.exclude(mark=MarkKind.CHANGE_NEEDED):
        if mark.target not in changed:
            ReviewMark.objects.create(
                submission=submission, target=mark.target, by=mark.by, carried_from=mark, **mark.record()
            )


def changed_targets(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """The targets (`f:`, `q:`) whose content differs between two rounds, new ones included."""
    facts = {fact["key"]: (fact["value"], fact["reason"]) for fact in before["facts"]}
    changed = {f"f:{f['key']}" for f in after["facts"] if facts.get(f["key"]) != (f["value"], f["reason"])}
    shown = {question["question"]: question["items"] for question in before["questions"]}
    for question in after["questions"]:
        key = question["question"]
        old, new = before["answers"].get(key), after["answers"].get(key)
        same = (
            old and new and all(old[name] == new[name] for name in ("choice", "items", "text", "planned_for", "reason"))
        )
        if shown.get(key) != question["items"] or not same or evidence_of(old) != evidence_of(new):
            changed.add(f"q:{key}")
    return changed


@transaction.atomic
def recall(assessment: Assessment, *, by: User) -> None:
    """Take a submission back before anybody has taken it; the draft is open again."""
    assessment = Assessment.objects.lock(assessment.pk)
    access.require(by, Action.SIGN, assessment)
    _move(assessment, State.DRAFT)
    _audit("recalled", assessment, by, submission=str(assessment.current_submission))


@transaction.atomic
def take(submission: Submission, *, by: User, conflict_of_interest: str = "") -> ReviewSeat:
    """Take a case: the first seat of a submitted one, or the second of a High one while it is in review.

    `conflict_of_interest`: what the reviewer declares; empty says that there is none. Raises SeparationOfDuties for
    the delivery team and where the seat asks for independence, WorkflowError when somebody was quicker.
    """
    assessment = Assessment.objects.lock(submission.assessment_id)
    _require_door(submission, by)
    if assessment.current_submission_id != submission.pk:
        raise WrongState(assessment, State.IN_REVIEW)
    if by.pk in delivery_team(assessment):
        raise SeparationOfDuties(_("You worked on this use yourself, so somebody else has to review it."))
    independent = access.is_independent(by, assessment.organisation_id)
    first = submission.seats.filter(seat=Seat.FIRST).first()
    if assessment.state == State.SUBMITTED:
        seat = Seat.FIRST
    elif assessment.state == State.IN_REVIEW and submission.assigned_tier == Tier.HIGH:
        seat = Seat.SECOND
        if first and first.reviewer_id == by.pk:
            raise SeparationOfDuties(_("You hold the first seat; the second takes another person."))
        if not independent:
            raise SeparationOfDuties(
                _("The second seat of a High use is for an independent reviewer of the reviewing body.")
            )
    elif assessment.state == State.IN_REVIEW:
        raise WorkflowError(_("%(name)s has taken this case already.") % {"name": first.reviewer if first else ""})
    else:
        raise WrongState(assessment, State.IN_REVIEW)
    try:
        with transaction.atomic():
            taken = ReviewSeat.objects.create(
                submission=submission,
                seat=seat,
                reviewer=by,
                independent=independent,
                conflict_declared=conflict_of_interest[:400],
            )
    except IntegrityError:
        raise WorkflowError(_("Somebody else has taken this seat already.")) from None
    _move(assessment, State.IN_REVIEW)
    if seat == Seat.FIRST and submission.assigned_tier == Tier.HIGH:
        _tell(
            set(_reviewers(assessment, Route.INDEPENDENT)) - {by.pk},
            "second_seat",
            submission,
            _("A second seat waits: %(use)s") % {"use": assessment.use.title},
            _("“%(use)s” of %(organisation)s is High: its second approval is an independent reviewer's.")
            % {"use": assessment.use.title, "organisation": assessment.organisation},
            reverse("review", args=[submission.reference]),
        )
    _audit("taken", assessment, by, submission=submission.reference, seat=str(seat))
    return taken


def _require_door(submission: Submission, by: User) -> None:
    if not access.submissions_for(by).filter(pk=submission.pk).exists():
        raise NotPermitted(_("This submission was not sent to you."))


def _seat(submission: Submission, by: User) -> ReviewSeat:
    seat = submission.seats.filter(reviewer=by).first()
    if seat is None:
        raise NotPermitted(_("Take the case before you decide on it."))
    return seat


def _under_review(submission: Submission, by: User) -> tuple[Assessment, ReviewSeat]:
    assessment = Assessment.objects.lock(submission.assessment_id)
    seat = _seat(submission, by)
    if assessment.state != State.IN_REVIEW or assessment.current_submission_id != submission.pk:
        raise WrongState(assessment, State.IN_REVIEW)
    return assessment, seat


@transaction.atomic
def send_back(submission: Submission, *, by: User, words: str = "") -> ReviewDecision:
    """Return a submission for changes; unlocks the marked answers and facts, and voids this round's approvals."""
    assessment, seat = _under_review(submission, by)
    marked = submission.marks.filter(mark=MarkKind.CHANGE_NEEDED).count()
    if not marked:
        raise NotReady(_("Nothing is marked “change needed”, so there is nothing to send back."))
    _settle(assessment, "submitted", "second_seat")
    decision = ReviewDecision.objects.create(
        submission=submission, by=by, kind=DecisionKind.RETURN, independent=seat.independent, statement=words
    )
    _move(assessment, State.RETURNED)
    _tell(
        _owners(assessment),
        "returned",
        submission,
        _("Changes needed: %(use)s") % {"use": assessment.use.title},
        ngettext("The reviewer asks for one change.", "The reviewer asks for %(n)s changes.", marked) % {"n": marked}
        + (f"\n\n{words}" if words else ""),
        reverse("returned", args=[assessment.reference]),
    )
    _audit("returned", assessment, by, submission=submission.reference, changes=marked)
    return decision


def obstacles_to_approve(
    submission: Submission,
    by: User,
    *,
    content: Mapping[str, Any] | None = None,
    found: Sequence[Blocker] | None = None,
) -> list[str]:
    """Say what keeps this person from approving this submission; empty when nothing does.

    A page that has read the snapshot (`content`) and its `blockers` (`found`) already hands them in.
    """
    assessment = submission.assessment
    content = content or submission.content()
    found = blockers(submission, content) if found is None else found
    reasons = []
    marks = dict(submission.marks.values_list("target", "mark"))
    left = [target for target in review_targets(content) if target not in marks]
    if left:
        reasons.append(_("%(n)s answers and facts are not marked yet.") % {"n": len(left)})
    changes = sum(mark == MarkKind.CHANGE_NEEDED for mark in marks.values())
    if changes:
        reasons.append(_("%(n)s are marked “change needed”: return the submission instead.") % {"n": changes})
    if submission.assigned_tier == Tier.UNACCEPTABLE:
        reasons.append(_("A prohibited use gets no approval, from nobody."))
    reasons += [b.words for b in found if not b.question]
    if by.pk in delivery_team(assessment):
        reasons.append(_("You worked on this use yourself, so somebody else has to approve it."))
    return reasons


@transaction.atomic
def approve(
    submission: Submission, *, by: User, statement: str, conditions: Mapping[str, date] | None = None
) -> ReviewDecision:
    """Approve a submission; the second approval of a High one, or the only one, leads on to the certificate.

    `conditions`: question key to the date by which its musts have to be met. Raises SeparationOfDuties, NotReady with
    what is missing, InvalidAnswer for a condition that the policy does not allow.
    """
    assessment, seat = _under_review(submission, by)
    if by.pk in delivery_team(assessment):
        raise SeparationOfDuties(_("You worked on this use yourself, so somebody else has to approve it."))
    reasons = obstacles_to_approve(submission, by)
    if reasons:
        raise NotReady(_("This cannot be approved yet."), reasons)
    approvals = list(submission.decisions.filter(kind=DecisionKind.APPROVE))
    if any(decision.by_id == by.pk for decision in approvals):
        raise WorkflowError(_("You have approved this submission already."))
    independent = access.is_independent(by, assessment.organisation_id)
    high = submission.assigned_tier == Tier.HIGH
    if high and seat.seat == Seat.SECOND and not independent:
        raise SeparationOfDuties(_("The second approval of a High use is an independent reviewer's."))
    decision = ReviewDecision.objects.create(
        submission=submission, by=by, kind=DecisionKind.APPROVE, independent=independent, statement=statement
    )
    _set_conditions(submission, decision, conditions or {})
    # High: two people, one of them independent. The first seat may be either, so both seats have to have spoken.
    complete = not high or (len(approvals) == 1 and (independent or approvals[0].independent))
    _move(assessment, State.APPROVED if complete else State.IN_REVIEW)
    _audit("approved", assessment, by, submission=submission.reference, independent=independent, complete=complete)
    if complete:
        _settle(assessment, "submitted", "second_seat")
        acting.close_accepted_reasons(submission, by=by)
        _issue_if_clear(assessment, submission, by=by)
        _tell(
            _owners(assessment),
            "approved",
            submission,
            _("Approved: %(use)s") % {"use": assessment.use.title},
            _("Your submission has been approved."),
            reverse("assessment", args=[assessment.reference]),
        )
    return decision


def _set_conditions(submission: Submission, decision: ReviewDecision, conditions: Mapping[str, date]) -> None:
    edition = edition_for(submission.edition_checksum)
    allowed = {blocker.question: blocker for blocker in blockers(submission) if blocker.conditionable}
    today = timezone.localdate()
    for question, due in conditions.items():
        blocker = allowed.get(question)
        if blocker is None:
            raise InvalidAnswer(f"due-{question}", _("This cannot be left to a condition."))
        if not today < due <= today + timedelta(days=blocker.longest_days):
            raise InvalidAnswer(
                f"due-{question}",
                _("Choose a date after today and at most %(days)s days ahead.") % {"days": blocker.longest_days},
            )
        Condition.objects.create(
            decision=decision,
            question=question,
            requirements=list(blocker.requirements),
            words=edition.questions[question].title,
            due_on=due,
        )
        # One date everywhere: the plan, the dashboard and the certificate name the condition's.
        acting.bind_to_condition(submission.assessment.use_id, question, due, by=decision.by)


def _issue_if_clear(assessment: Assessment, submission: Submission, *, by: User) -> Certificate | None:
    """Issue the certificate when nothing blocks; the caller holds the locks and has moved the assessment."""
    if blockers(submission) or assessment.stale_since:
        return None
    edition = edition_for(submission.edition_checksum)
    months = edition.obligations[Tier(submission.assigned_tier)].valid_months
    if months is None:
        return None
    today = timezone.localdate()
    previous = Certificate.objects.filter(use=assessment.use, ended_at=None).first()
    if previous:
        previous.ended_at = timezone.now()
        previous.save(update_fields=["ended_at"])
        CertificateEvent.objects.create(certificate=previous, kind="superseded", by=by)
    for old in Assessment.objects.filter(use=assessment.use, state=State.CERTIFIED).exclude(pk=assessment.pk):
        _move(old, State.SUPERSEDED)
    certificate = Certificate(
        submission=submission,
        use=assessment.use,
        organisation=assessment.organisation,
        assurance=_assurance(submission),
        tier=submission.assigned_tier,
        issued_on=today,
        expires_on=_months_later(today, months),
        first_issued_on=previous.first_issued_on if previous else today,
        supersedes=previous,
    )
    while Certificate.objects.filter(number=certificate.number).exists():
        certificate.number = Certificate._meta.get_field("number").get_default()
    certificate.public_record = canonical_json(public_record(certificate, edition))
    certificate.save()
    CertificateEvent.objects.create(certificate=certificate, kind="issued", by=by)
    if assessment.state != State.CERTIFIED:
        _move(assessment, State.CERTIFIED)
    _ask_document(DocumentKind.CERTIFICATE, certificate=certificate)
    _audit("certificate_issued", assessment, by, certificate=certificate.number)
    return certificate


def _months_later(day: date, months: int) -> date:
    """The day before the same day of the month, so many months on: twelve months are valid through that day."""
    year, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + year, month + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day)) - timedelta(days=1)


def _assurance(submission: Submission) -> Assurance:
    approvals = submission.decisions.filter(kind=DecisionKind.APPROVE)
    if not approvals.exists():
        return Assurance.SELF_DECLARED
    if approvals.filter(independent=True).exists():
        return Assurance.REVIEWED_INDEPENDENTLY
    return Assurance.REVIEWED_INSIDE


def public_record(certificate: Certificate, edition: CompiledEdition) -> dict[str, Any]:
    """All that certificate and public page may say: no answer, finding, note or evidence title is in it."""
    submission = certificate.submission
    content = submission.content()
    conditions = Condition.objects.filter(decision__submission=submission, met_at=None)
    deciders = [
        {"name": str(d.by), "role": _decider_role(d), "kind": str(d.kind), "at": d.at}
        for d in submission.decisions.filter(kind__in=[DecisionKind.APPROVE, DecisionKind.SELF_CERTIFY])
        .select_related("by")
        .order_by("pk")
    ]
    return {
        "number": certificate.number,
        "issuer": _issuer(),
        "organisation": {k: v for k, v in content["organisation"].items() if k != "reference"},
        "system": {k: content["system"][k] for k in ("name", "version", "parts")},
        "use": {
            k: content["use"][k]
            for k in ("title", "purpose", "setting", "people_affected", "scope_en", "scope_zh", "exclusions")
        },
        "tier": str(certificate.tier),
        "assurance": str(certificate.assurance),
        "edition": content["edition"] | {"guideline_version": edition.guideline_version},
        "issued_on": certificate.issued_on,
        "expires_on": certificate.expires_on,
        "first_issued_on": certificate.first_issued_on,
        "round": content["round"],
        "deciders": deciders,
        "signed_by": {k: content["signed"][k] for k in ("name", "role", "at")},
        "public_statement": content["signed"]["public_statement"],
        "counts": content["counts"],
        "dimensions": {k: v["value"] for k, v in content["scorecard"]["dimensions"].items()},
        "open_actions": {
            "count": conditions.count(),
            "latest_due": max((c.due_on for c in conditions), default=None),
        },
        "submission": submission.reference,
        "snapshot_sha256": submission.sha256,
    }


def _issuer() -> str:
    body = Organisation.objects.reviewing_body()
    return str(body) if body else "hkguide"


def _decider_role(decision: ReviewDecision) -> str:
    if decision.kind == DecisionKind.SELF_CERTIFY:
        return "signer"
    return "independent_reviewer" if decision.independent else "in_house_reviewer"


@transaction.atomic
def refuse(submission: Submission, *, by: User, statement: str) -> ReviewDecision:
    """Refuse a submission for good, with the reasons that the decision letter prints."""
    assessment, seat = _under_review(submission, by)
    if not statement.strip():
        raise InvalidAnswer("statement", _("Say why: the decision letter prints it."))
    decision = ReviewDecision.objects.create(
        submission=submission, by=by, kind=DecisionKind.REFUSE, independent=seat.independent, statement=statement
    )
    _move(assessment, State.REFUSED)
    _ask_document(DocumentKind.DECISION_LETTER, submission=submission)
    _tell(
        _owners(assessment),
        "refused",
        submission,
        _("Refused: %(use)s") % {"use": assessment.use.title},
        statement,
        reverse("assessment", args=[assessment.reference]),
    )
    _audit("refused", assessment, by, submission=submission.reference)
    return decision


@transaction.atomic
def withdraw(assessment: Assessment, *, by: User, reason: str) -> None:
    """Withdraw what was submitted, for good; the answers can be copied into a new draft."""
    assessment = Assessment.objects.lock(assessment.pk)
    access.require(by, Action.SIGN, assessment)
    if assessment.current_submission is None:
        raise WrongState(assessment, State.WITHDRAWN)
    _move(assessment, State.WITHDRAWN)
    ReviewDecision.objects.create(
        submission=assessment.current_submission, by=by, kind=DecisionKind.WITHDRAW, statement=reason
    )
    seats = assessment.current_submission.seats.values_list("reviewer_id", flat=True)
    _tell(
        seats,
        "withdrawn",
        assessment,
        _("Withdrawn: %(use)s") % {"use": assessment.use.title},
        reason,
        reverse("review", args=[assessment.current_submission.reference]),
    )
    _audit("withdrawn", assessment, by, submission=str(assessment.current_submission))


@transaction.atomic
def self_certify(
    assessment: Assessment, *, by: User, conditions: Mapping[str, date] | None = None, public_statement: str = ""
) -> Certificate:
    """Sign a Low use and issue its certificate, which says *self-declared*.

    Raises NotReady with everything that stands in the way, the blocking findings among it.
    """
    assessment = Assessment.objects.lock(assessment.pk)
    access.require(by, Action.SIGN, assessment)
    if assessment.state != State.DRAFT:
        raise WrongState(assessment, State.CERTIFIED)
    reasons = obstacles_to_self_certify(assessment)
    if reasons:
        raise NotReady(_("This cannot be self-certified yet."), reasons)
    submission = _freeze(
        assessment, by=by, route=None, kind=DecisionKind.SELF_CERTIFY, public_statement=public_statement
    )
    decision = ReviewDecision.objects.create(submission=submission, by=by, kind=DecisionKind.SELF_CERTIFY)
    _set_conditions(submission, decision, conditions or {})
    left = blockers(submission)
    if left:
        raise NotReady(
            _("This cannot be self-certified yet: these duties are not met."), [blocker.words for blocker in left]
        )
    _move(assessment, State.CERTIFIED)
    certificate = _issue_if_clear(assessment, submission, by=by)
    if certificate is None:
        raise NotReady(_("The certificate cannot be issued: the facts changed meanwhile."))
    _audit("self_certified", assessment, by, certificate=certificate.number)
    return certificate


@transaction.atomic
def declare_prohibited(assessment: Assessment, *, by: User) -> Submission:
    """Sign that the declared facts are a prohibited use; the case is closed with a decision letter."""
    assessment = Assessment.objects.lock(assessment.pk)
    access.require(by, Action.SIGN, assessment)
    if State.REFUSED not in MOVES[State(assessment.state)] or not assessment.is_editable:
        raise WrongState(assessment, State.REFUSED)
    if assessment.use.assigned_tier != Tier.UNACCEPTABLE:
        raise NotReady(_("The declared facts are no prohibited use."))
    submission = _freeze(assessment, by=by, route=None, kind=DecisionKind.DECLARE_PROHIBITED)
    ReviewDecision.objects.create(submission=submission, by=by, kind=DecisionKind.DECLARE_PROHIBITED)
    _move(assessment, State.REFUSED)
    _ask_document(DocumentKind.DECISION_LETTER, submission=submission)
    _audit("declared_prohibited", assessment, by, submission=submission.reference)
    return submission


# --- after the decision --------------------------------------------------------------------------------------------------


@transaction.atomic
def close_hold(hold: Hold, submission: Submission, *, by: User, decision: str) -> None:
    """Close a hold on the record: a reviewer with a seat, independent where it is a legal review, outside the team."""
    assessment, seat = _under_review(submission, by)
    if hold.use_id != assessment.use_id or hold.closed_at:
        raise WorkflowError(_("This hold is closed already."))
    if hold.kind == "open_question":
        raise WorkflowError(_("An open question is closed by its answer."))
    if hold.kind == "legal_review" and not seat.independent:
        raise SeparationOfDuties(_("A legal review is closed by an independent reviewer."))
    if not decision.strip():
        raise InvalidAnswer("decision", _("Write down what was decided and on what advice."))
    hold.closed_at, hold.closed_by, hold.decision = timezone.now(), by, decision
    hold.save(update_fields=["closed_at", "closed_by", "decision"])
    assessment.use.open_holds = assessment.use.holds.filter(closed_at=None).count()
    assessment.use.save(update_fields=["open_holds"])
    _audit("hold_closed", assessment, by, hold=hold.kind, fact=hold.fact)


report_action = acting.report  # kept under its old name; `acting` has all that happens to an action but its closing


@transaction.atomic
def close_action(action: RemediationAction, *, by: User) -> None:
    """Accept what shows that an action is done; meets its condition, and may be the last thing before a certificate.

    At Low an owner accepts, otherwise a reviewer outside the delivery team.
    """
    assessment, submission = acting.accept(action, by=by)
    if assessment.state == State.APPROVED:
        _issue_if_clear(assessment, submission, by=by)
