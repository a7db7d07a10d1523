"""Every change of an assessment's state: one function, one transaction each. The actor is always named, `by=`.

Each move locks the use and the assessment, checks the move against `MOVES`, reads what it decides on inside the
transaction, writes state and audit entry together, and lets documents and mail leave after the commit.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments import access, acting, gates, holding, reviewing, staleness, tasks
from assessments.access import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.declaring import delivery_team, missing_facts, run_rules
from assessments.domain.certificates import incidents, issuing, least_readiness, public_facts, status, waiting
from assessments.domain.certificates.conditions import require_few_enough, too_many_to_promise
from assessments.domain.certificates.plan_now import PlanNow
from assessments.domain.evidence import supplements
from assessments.domain.review import approvals, former, own_marks, parts, returns, rounds, seats, telling
from assessments.domain.review.obstacles import Code, Obstacle, words_of
from assessments.domain.review.seats import Reviewer
from assessments.domain.submission.obstacles import Code as ToSign
from assessments.errors import InvalidAnswer, NotReady, SeparationOfDuties, WorkflowError, WrongState
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import PartKind, Tier
from assessments.models import (
    Assessment,
    Assurance,
    AuditEntry,
    Certificate,
    Condition,
    DecisionKind,
    DeclaredUse,
    Document,
    DocumentKind,
    Evidence,
    FactRevision,
    Hold,
    HoldOutcome,
    Interest,
    MarkKind,
    Membership,
    Organisation,
    RemediationAction,
    RequestOutcome,
    ReviewDecision,
    ReviewSeat,
    RevisionOutcome,
    Role,
    Route,
    Seat,
    SeatRequest,
    State,
    Submission,
    User,
    edition_for,
    monitored_until,
)
from assessments.models.base import canonical_json, sha256
from assessments.models.certificates import MONITORING
from assessments.models.public_reasons import PublicReason, coded
from assessments.models.snapshots import changed_targets, picture
from assessments.models.stale_reasons import StaleReason, because
from assessments.notifications.inbox import notify, settle
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import owners_of, reviewers_on
from assessments.scoring.conditions import FIRST_AUDIT, may_have_date

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


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that stands between an approval and its certificate. `question` is empty for holds and tiers."""

    question: str
    requirements: tuple[str, ...]
    words: str
    conditionable: bool
    longest_days: int = 0
    key: str = ""  # of a hold or tier, by which a return names it


def _move(assessment: Assessment, to: State) -> None:
    if to not in MOVES[State(assessment.state)]:
        raise WrongState(assessment, to)
    assessment.moved = {"old": {"state": str(assessment.state)}, "new": {"state": str(to)}}
    assessment.state, assessment.state_at = to, timezone.now()
    assessment.save(update_fields=["state", "state_at", "updated_at", "current_submission", "progress"])


def _audit(
    kind: AuditKind, assessment: Assessment, by: User | None, rows: Iterable[models.Model] = (), **details: Any
) -> None:
    """Log what was done, with the move that this transaction has just made, if any: from which state to which.

    `rows`: what was written; the entry keeps their digests.
    """
    told = (assessment.moved or {}) | details
    log.record(kind, assessment, by=by, organisation=assessment.organisation, details=told, rows=rows)


# --- what stands in the way ----------------------------------------------------------------------------------------------


def unanswered(assessment: Assessment) -> tuple[list[str], list[str]]:
    """Facts and questions (keys) that apply and have no answer yet."""
    edition, stored = assessment.compiled(), assessment.use.stored_facts()
    declared, answers = assessment.declared(stored), assessment.answer_values()
    questions = [question.key for question in declared.questions(edition) if question.key not in answers]
    return list(missing_facts(assessment.use, edition, stored)), questions


def obstacles_to_submit(assessment: Assessment) -> list[Obstacle]:
    """Return what keeps the assessment from being signed; empty when nothing does."""
    reasons = list[Obstacle]()
    if assessment.use.retired_at or assessment.use.system.retired_at:
        reasons.append(Obstacle(ToSign.RETIRED, _("The use is retired. An owner takes it back first.")))
    if assessment.use.prohibited_by_facts:
        words = _("The declared facts are a prohibited use: it can only be declared as such.")
        reasons.append(Obstacle(ToSign.PROHIBITED, words))
    elif assessment.use.raised_tier == Tier.UNACCEPTABLE and not _facts_changed_since_raise(assessment.use):
        words = _("A reviewer raised the use to Unacceptable. It can be submitted again once the facts have changed.")
        reasons.append(Obstacle(ToSign.RAISED, words))
    facts, questions = unanswered(assessment)
    if facts:
        words = ngettext("One fact has no answer yet.", "%(n)s facts have no answer yet.", len(facts))
        reasons.append(Obstacle(ToSign.FACTS, words % {"n": len(facts)}))
    if questions:
        words = ngettext("One question has no answer yet.", "%(n)s questions have no answer yet.", len(questions))
        reasons.append(Obstacle(ToSign.QUESTIONS, words % {"n": len(questions)}))
    return reasons


def _facts_changed_since_raise(use: DeclaredUse) -> bool:
    raised = use.raised_by
    saved = FactRevision.objects.filter(parent__in=use.fact_rows(), outcome=RevisionOutcome.CURRENT)
    return raised is not None and saved.filter(at__gt=raised.at).exists()


def obstacles_to_self_certify(
    assessment: Assessment, content: Mapping[str, Any] | None = None, found: Sequence[Blocker] | None = None
) -> list[Obstacle]:
    """Return what keeps a Low use from being certified on its owner's word alone.

    `content`: its final picture; `found`: its `blockers_to_self_certify`, where a page has them.
    """
    reasons = obstacles_to_submit(assessment)
    use, edition = assessment.use, assessment.compiled()
    if use.assigned_tier != Tier.LOW:
        words = _("Only a Low use may be self-certified; this one goes to a reviewer.")
        reasons.append(Obstacle(ToSign.TIER, words))
    if use.open_holds or use.provisional:
        reasons.append(Obstacle(ToSign.HELD, _("The use is on hold or its tier is provisional.")))
    if incident := incidents.obstacle_to_sign(use):
        reasons.append(Obstacle(ToSign.INCIDENT, incident))
    reasons += lasting_obstacles_to_self_certify(assessment)
    content = content or picture(assessment, final=True)
    below = least_readiness.below_as_signed(edition, content)
    if below is not None:
        reasons.append(Obstacle(ToSign.READINESS, below.words))
    found = blockers_to_self_certify(assessment, content) if found is None else found
    if too_many := too_many_to_promise(sum(one.conditionable for one in found)):
        reasons.append(Obstacle(ToSign.CONDITIONS, too_many))
    musts = content["musts"]
    allowed = musts["in_scope"] * edition.policy.self_declared_na_share // 100
    if musts["not_applicable"] > allowed:
        words = _("%(n)s musts stand as not applicable; on the signer's word alone it may be %(allowed)s.")
        words %= {"n": musts["not_applicable"], "allowed": allowed}
        reasons.append(Obstacle(ToSign.NOT_APPLICABLE, words))
    return reasons


def lasting_obstacles_to_self_certify(assessment: Assessment) -> list[Obstacle]:
    """Return what keeps a Low use from its owner's word for good: no change of an answer takes it away. Two queries."""
    use, edition, reasons = assessment.use, assessment.compiled(), list[Obstacle]()
    # Taken back, withdrawn or begun anew: what a reviewer did not let pass is not signed past the reviewers.
    kinds = (DecisionKind.RETURN, DecisionKind.REFUSE, DecisionKind.APPROVE)
    decided = ReviewDecision.objects.filter(submission__assessment__use=use, kind__in=kinds).order_by("-pk")
    newest = decided.values_list("kind", flat=True).first()
    if newest == DecisionKind.RETURN:
        words = _("A reviewer has asked for changes, so a reviewer decides on them.")
        reasons.append(Obstacle(ToSign.SENT_BACK, words))
    elif newest == DecisionKind.REFUSE:
        words = _("A reviewer has refused this use, so a reviewer decides on it again.")
        reasons.append(Obstacle(ToSign.REFUSED, words))
    prohibited = [key for key, fact in edition.facts.items() if fact.prohibited_use]
    history = FactRevision.objects.filter(parent__use=use, parent__key__in=prohibited).values_list("value", flat=True)
    if any(saved["value"] is not False for saved in history):
        words = _(
            "An answer on a prohibited use once stood at “yes” or “do not know”: a reviewer has to see its history."
        )
        reasons.append(Obstacle(ToSign.HISTORY, words))
    return reasons


def blockers(
    submission: Submission,
    content: Mapping[str, Any] | None = None,
    plan: PlanNow | None = None,
    accepted: set[str] | None = None,
) -> list[Blocker]:
    """What blocks the certificate of this submission now, given its marks, conditions and closed actions.

    A page hands in what it has read: the snapshot, and what every approving seat `accepted`. `plan`: of an approved one,
    where it is read already. The days by which an earlier certificate promised something then do not matter: no date is
    set any more.
    """
    content = content or submission.content()
    edition = edition_for(submission.edition_checksum)
    assessment = submission.assessment
    found: list[Blocker] = []
    before = _promised_before(assessment, submission) if plan is None else {}
    plan = plan or PlanNow(submission, accepted=accepted)
    for hold in plan.holds:
        words = _("Open hold: %(kind)s.") % {"kind": hold.get_kind_display()}
        found.append(Blocker("", (), words, conditionable=False, key=f"hold:{hold.pk}"))
    if content["tier"]["provisional"]:
        words = _("The tier is provisional: it waits for an answer.")
        found.append(Blocker("", (), words, conditionable=False, key="tier"))
    self_certified = submission.route == ""
    left = [
        finding
        for finding in content["findings"]
        if finding["blocking"]
        and finding["question"] not in plan.closed | plan.promised
        # Every seat accepts the reason for "not applicable"; self-certified it stands on the signer's word, within the share.
        and not (
            finding["kind"] == "not_applicable" and (self_certified or f"q:{finding['question']}" in plan.accepted)
        )
    ]
    return found + _answer_blockers(edition, submission.assigned_tier, left, before)


def blockers_to_self_certify(assessment: Assessment, content: Mapping[str, Any]) -> list[Blocker]:
    """What the signer of a Low use has to mend first or, where it is conditionable, to promise by a date.

    `content`: the final picture of the assessment.
    """
    left = [f for f in content["findings"] if f["blocking"] and f["kind"] != "not_applicable"]
    before = _promised_before(assessment, None)
    return _answer_blockers(assessment.compiled(), content["tier"]["assigned"], left, before)


def _promised_before(assessment: Assessment, submission: Submission | None) -> dict[str, date]:
    """The days by which the certificate before promised what is still not met, by question.

    A renewal moves no such day: else a must could be put off for ever, ninety days at a time.
    """
    before = Certificate.objects.filter(use=assessment.use_id).exclude(submission=submission).order_by("-pk")
    rows = Condition.objects.filter(met_at=None, decision__submission__certificate__in=before.values("pk")[:1])
    return dict(rows.values_list("question", "due_on"))


def _answer_blockers(
    edition: CompiledEdition, tier: str, findings: Iterable[Mapping[str, Any]], before: Mapping[str, date]
) -> list[Blocker]:
    by_question: dict[str, list[Mapping[str, Any]]] = {}
    for finding in findings:
        by_question.setdefault(finding["question"], []).append(finding)
    found = []
    for key, of_question in by_question.items():
        ids = tuple(sorted({finding["requirement"] for finding in of_question}))
        audit = FIRST_AUDIT in ids and tier == Tier.LIMITED
        days = edition.policy.first_audit_months * 30 + 5 if audit else edition.policy.condition_days
        conditionable = may_have_date(of_question, tier)
        if key in before:
            days = min(days, (before[key] - timezone.localdate()).days)
            conditionable = conditionable and days > 0
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
        changed=len(changed_targets(previous.content(), json.loads(snapshot)))
        if previous
        else former.count_changed(assessment, json.loads(snapshot), edition),
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


def _print_plan_again(submission: Submission) -> None:
    """Ask for the plan in a new version; the bytes of the one that was issued stay as they are."""
    printed = submission.documents.filter(kind=DocumentKind.PLAN).count()
    document = Document.objects.create(kind=DocumentKind.PLAN, submission=submission, version=printed + 1)
    tasks.after_commit(tasks.render_document, document.pk)


def _settle(assessment: Assessment, *kinds: MessageKind) -> None:
    """Take the messages that a move has dealt with off everybody's list."""
    references = assessment.submissions.values_list("reference", flat=True)
    settle(*kinds, about=[f"submission:{reference}" for reference in references])


def closed_routes(assessment: Assessment) -> dict[Route, str]:
    """The routes on which nobody could review, each with the reason: two queries at most."""
    rows = Membership.objects.current().filter(role=Role.REVIEWER)
    rows = rows.filter(Q(organisation=assessment.organisation_id) | Q(organisation__is_reviewing_body=True))
    found = set(rows.values_list("user", "organisation", "organisation__is_reviewing_body"))
    closed = {
        Route.INSIDE: _(
            "Your organisation has no reviewer of its own yet: invite one, or choose the independent reviewer."
        ),
        Route.INDEPENDENT: _("The reviewing body has no reviewer yet."),
    }
    inside = {user for user, organisation, _body in found if organisation == assessment.organisation_id}
    if inside and inside - delivery_team(assessment):
        del closed[Route.INSIDE]
    elif inside:
        closed[Route.INSIDE] = _(
            "Every reviewer of your organisation has worked on this use: invite another, or choose the independent reviewer."
        )
    if any(body for _user, _organisation, body in found):
        del closed[Route.INDEPENDENT]
    return closed


# --- the moves -----------------------------------------------------------------------------------------------------------


@proof.asked
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
    reasons = words_of(obstacles_to_submit(assessment))
    closed = closed_routes(assessment)
    if route in closed:
        reasons.append(closed[route])
    if reasons:
        raise NotReady(_("This cannot be submitted yet."), reasons)
    submission = _freeze(assessment, by=by, route=route, public_statement=public_statement)
    _settle(assessment, MessageKind.RETURNED)
    _carry_marks(submission)
    _flag_overtaken(submission, by=by)
    _move(assessment, State.SUBMITTED)
    told = {"submission": submission.reference, "sha256": submission.sha256, "route": str(route)}
    _audit(AuditKind.SUBMITTED, assessment, by, [submission], **told)
    kept = _go_on_with_seats(assessment, submission)
    if assessment.state == State.SUBMITTED:
        notify(
            MessageKind.SUBMITTED,
            reviewers_on(route, assessment.organisation_id) - {seat.reviewer_id for seat in kept},
            about=f"submission:{submission.reference}",
            link=reverse("review", args=[submission.reference]),
            context={
                "organisation": assessment.organisation,
                "use": assessment.use.title,
                "round": submission.round,
            },
        )
    return submission


def _go_on_with_seats(assessment: Assessment, submission: Submission) -> list[ReviewSeat]:
    """Let the reviewers of the round before keep their seats; with the first seat the case is in review at once."""
    kept = rounds.keep_seats(submission)
    telling.new_round(submission, kept)
    if any(seat.seat == Seat.FIRST for seat in kept):
        _move(assessment, State.IN_REVIEW)
        _audit(
            AuditKind.SEATS_KEPT, assessment, None, submission=submission.reference, seats=[seat.seat for seat in kept]
        )
    if telling.second_seat_is_free(submission, kept):
        _tell_second_seat(assessment, submission, but={seat.reviewer_id for seat in kept})
    return kept


def _carry_marks(submission: Submission) -> None:
    """Carry the accepting marks of the last round, or of the last decision, over to what has not changed since."""
    previous = (
        Submission.objects.filter(assessment=submission.assessment_id, round__lt=submission.round)
        .order_by("-round")
        .first()
    )
    if previous is None:
        former.carry_marks(submission)
        return
    reviewing.carry(previous, submission, changed_targets(previous.content(), submission.content()))
    parts.carry(previous, submission)


def _flag_overtaken(submission: Submission, *, by: User) -> None:
    """Flag the certified assessment of the use where an answer that was decided on is now declared to be another."""
    approvals = Assessment.objects.for_dashboard().filter(use=submission.assessment.use_id, state=State.CERTIFIED)
    for approval in approvals.exclude(pk=submission.assessment_id).select_related("current_submission"):
        if approval.current_submission is None:
            continue
        then, now = approval.current_submission.content()["answers"], submission.content()["answers"]
        other = [k for k in then.keys() & now.keys() if any(then[k][n] != now[k][n] for n in ("choice", "items"))]
        if other:
            cause = because(StaleReason.ANSWERS_DIFFER, n=len(other))
            staleness.flag(approval, staleness.Kind.ANSWER, cause, by=by)


@transaction.atomic
def recall(assessment: Assessment, *, by: User) -> None:
    """Take a submission back before anybody has taken it; the draft is open again."""
    assessment = Assessment.objects.lock(assessment.pk)
    access.require(by, Action.SIGN, assessment)
    _move(assessment, State.DRAFT)
    submission = assessment.current_submission
    if submission:
        telling.recalled(submission)
    _audit(AuditKind.RECALLED, assessment, by, submission=submission.reference if submission else "")


@proof.factor_asked
@transaction.atomic
def take(submission: Submission, *, by: User, conflict_of_interest: str = "") -> ReviewSeat:
    """Take a case: the first seat of a submitted one, or the second of a High one while it is in review.

    `conflict_of_interest`: what the reviewer declares; empty says that there is none. Raises SeparationOfDuties for
    whoever declares a conflict (`desk.decline` records it) or declared one before, for the delivery team and where the
    seat asks for independence (the second, and the first of what was sent to the reviewing body), WorkflowError when
    somebody was quicker.
    """
    assessment = Assessment.objects.lock(submission.assessment_id)
    reviewer = Reviewer(by, submission, assessment)
    if conflict_of_interest.strip():
        reviewer.has_conflict = True
    seat = seats.require_free_seat(reviewer)
    kept = rounds.take_again(submission, assessment, by=by)
    if kept is not None:
        return kept
    taken = ReviewSeat.objects.create(
        submission=submission,
        seat=seat,
        reviewer=by,
        independent=reviewer.is_independent,
        **rounds.declared_now(assessment),
    )
    Interest.objects.create(assessment=assessment, reviewer=by)
    SeatRequest.objects.filter(submission=submission, seat=seat).end(
        Case(When(to=by, then=Value(RequestOutcome.TAKEN)), default=Value(RequestOutcome.REPLACED))
    )
    _move(assessment, State.IN_REVIEW)
    if telling.second_seat_is_free(submission, submission.seats.all()):
        _tell_second_seat(assessment, submission, but={by.pk})
    _audit(
        AuditKind.TAKEN,
        assessment,
        by,
        submission=submission.reference,
        seat=str(seat),
        conflict=taken.conflict_declared,
    )
    return taken


def _tell_second_seat(assessment: Assessment, submission: Submission, *, but: set[int]) -> None:
    notify(
        MessageKind.SECOND_SEAT,
        reviewers_on(Route.INDEPENDENT, assessment.organisation_id) - but,
        about=f"submission:{submission.reference}",
        link=reverse("review", args=[submission.reference]),
        context={"use": assessment.use.title, "organisation": assessment.organisation},
    )


def _under_review(submission: Submission, by: User) -> tuple[Assessment, ReviewSeat]:
    assessment = Assessment.objects.lock(submission.assessment_id)
    seat = seats.require_seat(Reviewer(by, submission, assessment))
    if assessment.state != State.IN_REVIEW or assessment.current_submission_id != submission.pk:
        raise WrongState(assessment, State.IN_REVIEW)
    return assessment, seat


@proof.asked
@transaction.atomic
def send_back(
    submission: Submission, *, by: User, words: str = "", answer_by: date | None = None, tasks: Iterable[str] = ()
) -> ReviewDecision:
    """Return a submission for changes; unlocks what is marked or judged so, and voids this round's approvals.

    `answer_by`: the day by which it is asked for; it reminds, and locks nothing. `tasks`: keys of what else stands in
    the way (`in_the_way_of`) and is asked for with it.
    """
    assessment, seat = _under_review(submission, by)
    if answer_by is not None and answer_by <= timezone.localdate():
        raise InvalidAnswer("answer_by", _("Choose a day after today."))
    marks, back = submission.marks.filter(mark=MarkKind.CHANGE_NEEDED), parts.returned(submission)
    marked = returns.Marked.of(marks, back)
    if not marked.changes:
        raise NotReady(_("Nothing is marked “change needed”, so there is nothing to send back."))
    asked = returns.choose(in_the_way_of(submission), tasks)
    _settle(assessment, MessageKind.SUBMITTED, MessageKind.SECOND_SEAT)
    decision = ReviewDecision.objects.create(
        submission=submission,
        by=by,
        kind=DecisionKind.RETURN,
        independent=seat.independent,
        statement=words,
        answer_by=answer_by,
    )
    kept = returns.keep(decision, asked)
    _move(assessment, State.RETURNED)
    _ask_document(DocumentKind.DECISION_LETTER, submission=submission)
    _print_plan_again(submission)
    notify(
        MessageKind.RETURNED,
        owners_of(assessment.organisation_id),
        about=f"submission:{submission.reference}",
        link=reverse("returned", args=[assessment.reference]),
        context=return_context(assessment, marked, words, answer_by, asked),
    )
    telling.returned(submission, by=by, words=words)
    told = {"changes": marked.changes, "tasks": [one.key for one in kept]}
    _audit(AuditKind.RETURNED, assessment, by, [decision], submission=submission.reference, **told)
    return decision


def in_the_way_of(
    submission: Submission,
    content: Mapping[str, Any] | None = None,
    *,
    returned: Collection[str] | None = None,
    accepted: set[str] | None = None,
) -> list[returns.Obstacle]:
    """What else stands in the way of an approval and its certificate, beside what is returned by mark or judgement.

    A page that has read what is `returned` (targets, `part:` with a part's key), and what every approving seat
    `accepted`, hands it in.
    """
    content = content or submission.content()
    if returned is None:
        marked = submission.marks.filter(mark=MarkKind.CHANGE_NEEDED).values_list("target", flat=True)
        returned = {*marked, *(f"part:{key}" for key in parts.returned(submission))}
    closes = returns.what_closes(edition_for(submission.edition_checksum), content)
    found, lacking = blockers(submission, content, accepted=accepted), missing_at_the_gates(submission, content)
    return returns.beside_the_marks(found, lacking, returned, closes)


def return_context(
    assessment: Assessment,
    marked: returns.Marked,
    words: str,
    answer_by: date | None,
    asked: Sequence[returns.Obstacle] = (),
) -> dict[str, Any]:
    """Return what the message about a return is written from; pages show that message before it is sent."""
    return {
        "use": assessment.use.title,
        "words": words,
        "changes": marked.changes,
        "askers": marked.askers,
        "answer_by": answer_by,
        "also": [one.in_mail for one in asked],
    }


def obstacles_to_approve(
    submission: Submission,
    by: User,
    *,
    content: Mapping[str, Any] | None = None,
    found: Sequence[Blocker] | None = None,
    lacking: Sequence[gates.Missing] | None = None,
    look: approvals.Look | None = None,
    changes: int | None = None,
    of_seat: Sequence[Obstacle] | None = None,
) -> list[Obstacle]:
    """Return what keeps this person from approving this submission; empty when nothing does.

    A page that has read the snapshot (`content`), its `blockers` (`found`), what it lacks (`lacking`), what the person's
    seat looked at (`look`), how many changes are asked for and what this seat has not judged of file and supplements
    (`of_seat`) hands them in.
    """
    assessment = submission.assessment
    content = content or submission.content()
    found = blockers(submission, content) if found is None else found
    reasons = list[Obstacle]()
    seat = submission.seats.filter(reviewer=by).first() if look is None else None
    look = approvals.look_of(submission, seat) if seat else look
    left = look.targets - look.marked if look else len(reviewing.review_targets(content))
    if left:
        reasons.append(Obstacle(Code.UNMARKED, _("%(n)s answers and facts are not marked yet.") % {"n": left}))
    reasons += approvals.obstacles(look) if look else []
    if changes is None:
        changes = submission.marks.filter(mark=MarkKind.CHANGE_NEEDED).values("target").distinct().count()
    if changes:
        words = _("%(n)s are marked “change needed”: return the submission instead.") % {"n": changes}
        reasons.append(Obstacle(Code.CHANGES, words))
    if submission.assigned_tier == Tier.UNACCEPTABLE:
        reasons.append(Obstacle(Code.PROHIBITED, _("A prohibited use gets no approval, from nobody.")))
    reasons += [Obstacle(Code.HELD, b.words) for b in found if not b.question]
    lacking = missing_at_the_gates(submission, content) if lacking is None else lacking
    reasons += [Obstacle(Code.GATE, said(lack), lack.target) for lack in lacking]
    if of_seat is None:
        seat = submission.seats.filter(reviewer=by).select_related("reviewer").first()
        of_seat = [*parts.obstacles(submission, seat), *supplements.obstacles(submission, seat)]
    reasons += of_seat
    if by.pk in delivery_team(assessment):
        words = _("You worked on this use yourself, so somebody else has to approve it.")
        reasons.append(Obstacle(Code.OWN_WORK, words))
    return reasons


def said(lack: gates.Missing) -> str:
    """One thing that is missing, as a sentence in a list of obstacles."""
    return f"{lack.label}: {lack.words}"


def missing_at_the_gates(
    submission: Submission, content: Mapping[str, Any], *, as_signed: bool = False
) -> list[gates.Missing]:
    """What the tier asks for beyond answers and this submission lacks today: evidence, parts of the conformity file.

    One query at tiers that ask for something; another where the monitoring that was signed has grown old. An overview
    spares the first (`as_signed`): it takes pieces for good that were withdrawn since.
    """
    edition, today = edition_for(submission.edition_checksum), timezone.localdate()
    named = set() if as_signed else gates.pieces_asked_for(edition, content)
    found = Evidence.objects.filter(reference__in=named).exclude(withdrawn_at=None)
    withdrawn = set(found.values_list("reference", flat=True)) if named else set()
    lacking = gates.missing(edition, content, today=today, withdrawn=withdrawn)
    later = supplements.supporting(submission) if lacking else {}
    if later:
        lacking = gates.missing(edition, content, today=today, withdrawn=withdrawn, supplements=later)
    monitoring = {part.key for part in edition.gates.conformity_file if part.kind == PartKind.MONITORING}
    if any(lack.part in monitoring for lack in lacking):
        monitored = _monitored(submission, edition)
        kept = {"withdrawn": withdrawn, "monitored": monitored, "supplements": later}
        lacking = gates.missing(edition, content, today=today, **kept)  # type: ignore[arg-type]
    return lacking


def _monitored(submission: Submission, edition: CompiledEdition) -> date | None:
    """The last day that the living monitoring evidence speaks for; None where the tier needs none."""
    file = edition.gates.parts_for(submission.assigned_tier)
    keys = [part.key for part in file if part.kind == PartKind.MONITORING]
    return monitored_until(submission.assessment.use_id, keys) if keys else None


def _is_monitored(submission: Submission, edition: CompiledEdition) -> bool:
    """Tell whether monitoring is fresh enough for a certificate to stand; true where the tier needs none."""
    if all(part.kind != PartKind.MONITORING for part in edition.gates.parts_for(submission.assigned_tier)):
        return True
    until = _monitored(submission, edition)
    return gates.is_fresh(until, timezone.localdate(), edition.policy.monitoring_days)


def approval_sentences(edition: CompiledEdition, seat: ReviewSeat, *, independent: bool) -> list[str]:
    """The fixed sentences that an approval from this seat signs; none in an edition without them."""
    stands = {
        "looked_at": True,
        "outside_team": True,
        "independent": independent,
        "inside": not independent,
        "no_conflict": not seat.conflict_declared,
        "conflict_declared": bool(seat.conflict_declared),
    }
    return [sentence for key, sentence in edition.gates.approval.items() if stands.get(key)]


def _signed(submission: Submission, sentences: Sequence[str], look: approvals.Look) -> str:
    signed = {"edition": submission.edition_checksum, "sentences": sentences} if sentences else {}
    return canonical_json(signed | {"looked_at": approvals.record(look)})


@proof.asked
@transaction.atomic
def approve(
    submission: Submission, *, by: User, statement: str, conditions: Mapping[str, date] | None = None
) -> ReviewDecision:
    """Approve a submission; the second approval of a High one, or the only one, leads on to the certificate.

    `conditions`: question key to the date by which its musts have to be met. Raises SeparationOfDuties, NotReady with
    what is missing, InvalidAnswer for a condition that the policy does not allow.
    """
    assessment, seat = _under_review(submission, by)
    reasons = obstacles_to_approve(submission, by)
    if reasons:
        raise NotReady(_("This cannot be approved yet."), words_of(reasons))
    given = list(submission.decisions.approvals())
    if any(decision.by_id == by.pk for decision in given):
        raise WorkflowError(_("You have approved this submission already."))
    team = delivery_team(assessment) if given else set()
    for decision in given:
        if decision.by_id in team or access.has_conflict(decision.by, assessment):
            words = _("%(name)s, who approved first, has worked on the use or declared a conflict of interest since.")
            more = _("Return it: the first approval is void then, and somebody else gives it.")
            raise NotReady(_("This cannot be approved yet."), [f"{words % {'name': decision.by}} {more}"])
    independent = access.is_independent(by, assessment.organisation_id)
    high = submission.assigned_tier == Tier.HIGH
    access.require_route(submission, independent=independent)
    if high and seat.seat == Seat.SECOND and not independent:
        raise SeparationOfDuties(_("The second approval of a High use is an independent reviewer's."))
    decision = _signed_approval(submission, seat, independent=independent, statement=statement)
    _set_conditions(submission, decision, conditions or {})
    certificate = None
    # High: two people, one of them independent. The first seat of one reviewed inside may be either: both have to speak.
    complete = not high or (len(given) == 1 and (independent or given[0].independent))
    _move(assessment, State.APPROVED if complete else State.IN_REVIEW)
    _audit(
        AuditKind.APPROVED,
        assessment,
        by,
        [decision],
        submission=submission.reference,
        independent=independent,
        complete=complete,
        conditions=dict(conditions or {}),
    )
    if complete:
        _settle(assessment, MessageKind.SUBMITTED, MessageKind.SECOND_SEAT)
        acting.close_accepted_reasons(submission, by=by)
        promised = Condition.objects.filter(decision__submission=submission).exists()
        agreed = reviewing.open_agreed_actions(submission)  # first: the certificate says what is open at its issue
        certificate = _issue_if_clear(assessment, submission, by=by)
        if agreed or promised:
            _print_plan_again(submission)  # with what was agreed, the dates of the conditions, and the certificate
        _ask_document(DocumentKind.DECISION_LETTER, submission=submission)  # says whether the certificate is issued
        notify(
            MessageKind.APPROVED,
            owners_of(assessment.organisation_id),
            about=f"submission:{submission.reference}",
            link=reverse("assessment", args=[assessment.reference]),
            context=waiting.approval_context(submission, None if certificate else no_certificate_yet(submission)),
        )
    telling.approved(submission, decision, complete=complete, has_certificate=certificate is not None)
    return decision


def _signed_approval(submission: Submission, seat: ReviewSeat, *, independent: bool, statement: str) -> ReviewDecision:
    """Write the approval of a seat's holder with its sentences and what they looked at."""
    by, look = seat.reviewer, approvals.look_of(submission, seat)
    sentences = approval_sentences(edition_for(submission.edition_checksum), seat, independent=independent)
    decision: ReviewDecision = ReviewDecision.objects.create(
        submission=submission,
        by=by,
        kind=DecisionKind.APPROVE,
        attempt=submission.decisions.filter(kind=DecisionKind.APPROVE, by=by).count() + 1,
        independent=independent,
        statement=statement,
        signed=issuing.signed_with_rules(_signed(submission, sentences, look), timezone.localdate()),
    )
    approvals.tell_of_short_look(submission, look, by=by)
    return decision


def _set_conditions(submission: Submission, decision: ReviewDecision, conditions: Mapping[str, date]) -> None:
    require_few_enough(conditions)
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


def _issue_if_clear(
    assessment: Assessment, submission: Submission, *, by: User | None, notify: bool = False
) -> Certificate | None:
    """Issue the certificate when nothing blocks; the caller holds the locks and has moved the assessment.

    `notify`: whether owners and reviewers are told of it; the message of an approval says it already.
    """
    edition = edition_for(submission.edition_checksum)
    if blockers(submission) or assessment.stale_since or not _is_monitored(submission, edition):
        return None
    if least_readiness.below(submission) is not None:
        return None
    months = edition.obligations[Tier(submission.assigned_tier)].valid_months
    if months is None:
        return None
    today = timezone.localdate()
    written: list[models.Model] = []
    previous = Certificate.objects.filter(use=assessment.use, ended_at=None).first()
    if previous:
        written.append(status.change(previous, status.Event.SUPERSEDED, by=by, notify=False))
        acting.close_superseded(submission, by=by)
    for old in Assessment.objects.filter(use=assessment.use, state=State.CERTIFIED).exclude(pk=assessment.pk):
        _move(old, State.SUPERSEDED)
        _audit(
            AuditKind.SUPERSEDED, old, by, certificate=previous.number if previous else "", follows=assessment.reference
        )
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
    # The newest entry as it stands before the one of the issue: cutting off or rewriting what led here shows by it.
    newest = AuditEntry.objects.newest(assessment.organisation)
    certificate.public_record = canonical_json(public_record(certificate, edition) | {"log": newest})
    certificate.save()
    written += [certificate, status.change(certificate, status.Event.ISSUED, by=by, notify=notify)]
    if assessment.state != State.CERTIFIED:
        _move(assessment, State.CERTIFIED)
    _ask_document(DocumentKind.CERTIFICATE, certificate=certificate)
    _audit(AuditKind.CERTIFICATE_ISSUED, assessment, by, written, certificate=certificate.number, tier=certificate.tier)
    return certificate


def no_certificate_yet(
    submission: Submission, content: Mapping[str, Any] | None = None, plan: PlanNow | None = None
) -> waiting.NoCertificateYet:
    """Say what the certificate of an approved submission waits for; at most four queries."""
    content, plan = content or submission.content(), plan or PlanNow(submission)
    found = blockers(submission, content, plan)
    return waiting.no_certificate_yet(submission, [(one.question, one.words) for one in found], plan, content)


def _months_later(day: date, months: int) -> date:
    """The day before the same day of the month, so many months on: twelve months are valid through that day."""
    year, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + year, month + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day)) - timedelta(days=1)


def _assurance(submission: Submission) -> Assurance:
    given = submission.decisions.approvals()
    if not given.exists():
        return Assurance.SELF_DECLARED
    if given.filter(independent=True).exists():
        return Assurance.REVIEWED_INDEPENDENTLY
    return Assurance.REVIEWED_INSIDE


def public_record(certificate: Certificate, edition: CompiledEdition) -> dict[str, Any]:
    """All that certificate and public page may say: no answer, finding, note or evidence title is in it."""
    submission = certificate.submission
    content = submission.content()
    conditions = Condition.objects.filter(decision__submission=submission, met_at=None)
    deciders = [
        {"name": d.by_name, "role": _decider_role(d), "kind": str(d.kind), "at": d.at, "looked_at": d.looked_at}
        for d in submission.decisions.decided().select_related("by").order_by("pk")
    ]
    states = parts.state_of(submission)
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
        "conformity": [
            {"part": part["part"], "words": part["words"], "state": states[part["part"]]}
            for part in content.get("conformity", ())
        ],
        "not_applicable": not_applicable_count(submission, content),
        "counts": content["counts"],
        "dimensions": {k: v["value"] for k, v in content["scorecard"]["dimensions"].items()},
        "open_actions": {
            "count": conditions.count(),
            "latest_due": max((c.due_on for c in conditions), default=None),
        },
        "worst_answers": sum(bool(fact.get("signed_worst")) for fact in content["facts"]),
        "submission": submission.reference,
        "snapshot_sha256": submission.sha256,
        **public_facts.of_issue(certificate, edition, content),
    }


def not_applicable_count(submission: Submission, content: Mapping[str, Any]) -> dict[str, Any]:
    """How many musts stand as not applicable, how many of them a reviewer accepted, and who did."""
    left_out: dict[str, set[str]] = {}
    for finding in content["findings"]:
        if finding["kind"] == "not_applicable" and finding["strength"] == "must":
            left_out.setdefault(f"q:{finding['question']}", set()).add(finding["requirement"])
    accepted = own_marks.accepted_by_every_seat(submission) & left_out.keys()
    marks = submission.marks.filter(target__in=accepted).select_related("by")
    return {
        "musts": len(set().union(*left_out.values())),
        "accepted": len(set().union(*(left_out[target] for target in accepted))),
        "by": sorted({str(mark.by) for mark in marks}),
    }


def _issuer() -> str:
    body = Organisation.objects.reviewing_body()
    return str(body) if body else "hkguide"


def _decider_role(decision: ReviewDecision) -> str:
    if decision.kind == DecisionKind.SELF_CERTIFY:
        return "signer"
    return "independent_reviewer" if decision.independent else "in_house_reviewer"


@proof.asked
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
    _print_plan_again(submission)  # it says what was decided
    prohibited = assessment.use.raised_tier == Tier.UNACCEPTABLE
    notify(
        MessageKind.REFUSED,
        owners_of(assessment.organisation_id),
        about=f"submission:{submission.reference}",
        link=reverse("assessment", args=[assessment.reference]),
        context={"use": assessment.use.title, "statement": statement, "prohibited": prohibited},
    )
    telling.refused(submission, decision)
    _audit(AuditKind.REFUSED, assessment, by, [decision], submission=submission.reference, reason=statement)
    return decision


@proof.asked
@transaction.atomic
def raise_tier(submission: Submission, *, by: User, tier: Tier, reason: str) -> ReviewDecision:
    """Raise the tier of the use under review, as a reviewer's judgement beside the rules; it is never lowered this way.

    The duties of the higher tier are asked from now on, so the submission goes back; raised to Unacceptable it is refused.
    The raise stands until a reviewer of a later submission withdraws it. A tier is lowered by correcting a fact alone.
    """
    assessment, seat = _under_review(submission, by)
    if by.pk in delivery_team(assessment):
        raise SeparationOfDuties(_("You worked on this use yourself, so somebody else has to judge its tier."))
    use = assessment.use
    if Tier(tier).rank <= Tier(use.assigned_tier).rank:
        raise InvalidAnswer(
            "tier",
            _("A tier can only be raised. Mark the fact that is wrong if it should be lower: the rules follow it."),
        )
    if not reason.strip():
        raise InvalidAnswer("reason", _("Say why: the reason prints wherever the tier does."))
    before = use.assigned_tier
    decision = ReviewDecision.objects.create(
        submission=submission,
        by=by,
        kind=DecisionKind.RAISE_TIER,
        independent=seat.independent,
        tier=tier,
        statement=reason,
    )
    use.raised_tier, use.raised_by = tier, decision
    use.save(update_fields=["raised_tier", "raised_by"])
    written: list[models.Model] = [decision]
    if tier == Tier.UNACCEPTABLE:
        refuse(submission, by=by, statement=_("The tier was raised to Unacceptable.") + "\n" + reason)
    else:
        said = _("The tier was raised, so that more is asked.") + "\n" + reason
        written.append(_return_for_tier(assessment, submission, seat, by=by, words=said))
    run_rules(use, by=by, suspended_for=PublicReason.TIER_RAISED)
    told = {"submission": submission.reference, "old": before, "new": str(tier), "reason": reason}
    _audit(AuditKind.TIER_RAISED, assessment, by, written, **told)
    return decision


@proof.asked
@transaction.atomic
def withdraw_raise(submission: Submission, *, by: User, reason: str) -> ReviewDecision:
    """Withdraw the raise of an earlier submission; the tier is what the rules give again.

    Our judgement: what an independent reviewer raised, an independent one withdraws. Where the tier changes by it, the
    submission goes back to be signed as what it is.
    """
    assessment, seat = _under_review(submission, by)
    use = assessment.use
    if not use.raised_tier or use.raised_by is None:
        raise WorkflowError(_("No raise of the tier stands."))
    if by.pk in delivery_team(assessment):
        raise SeparationOfDuties(_("You worked on this use yourself, so somebody else has to judge its tier."))
    if use.raised_by.independent and not seat.independent:
        raise SeparationOfDuties(_("An independent reviewer raised the tier, so an independent one withdraws it."))
    if not reason.strip():
        raise InvalidAnswer("reason", _("Say why: it is kept beside the reason of the raise."))
    before, raised = use.assigned_tier, use.raised_tier
    decision = ReviewDecision.objects.create(
        submission=submission,
        by=by,
        kind=DecisionKind.WITHDRAW_RAISE,
        independent=seat.independent,
        tier=raised,
        statement=reason,
    )
    use.raised_tier, use.raised_by = "", None
    use.save(update_fields=["raised_tier", "raised_by"])
    written: list[models.Model] = [decision]
    if use.rules_tier != before:
        said = _("The raise of the tier was withdrawn, so the use is signed again as what it is.") + "\n" + reason
        written.append(_return_for_tier(assessment, submission, seat, by=by, words=said))
    run_rules(use, by=by)
    details = {"old": before, "new": use.assigned_tier, "reason": reason}
    _audit(AuditKind.TIER_RAISE_WITHDRAWN, assessment, by, written, submission=submission.reference, **details)
    return decision


def _return_for_tier(
    assessment: Assessment, submission: Submission, seat: ReviewSeat, *, by: User, words: str
) -> ReviewDecision:
    """Hand a submission back because its tier changed: what is newly asked is open, and this round's approvals are void."""
    _settle(assessment, MessageKind.SUBMITTED, MessageKind.SECOND_SEAT)
    decision = ReviewDecision.objects.create(
        submission=submission, by=by, kind=DecisionKind.RETURN, independent=seat.independent, statement=words
    )
    _move(assessment, State.RETURNED)
    _ask_document(DocumentKind.DECISION_LETTER, submission=submission)
    _print_plan_again(submission)
    notify(
        MessageKind.RETURNED,
        owners_of(assessment.organisation_id),
        about=f"submission:{submission.reference}",
        link=reverse("returned", args=[assessment.reference]),
        context={"use": assessment.use.title, "words": words, "tier_changed": True},
    )
    telling.returned(submission, by=by, words=words)
    return decision


@proof.asked
@transaction.atomic
def withdraw(assessment: Assessment, *, by: User, reason: str) -> None:
    """Withdraw what was submitted, for good; the answers can be copied into a new draft."""
    assessment = Assessment.objects.lock(assessment.pk)
    access.require(by, Action.SIGN, assessment)
    if assessment.current_submission is None:
        raise WrongState(assessment, State.WITHDRAWN)
    _move(assessment, State.WITHDRAWN)
    decision = ReviewDecision.objects.create(
        submission=assessment.current_submission, by=by, kind=DecisionKind.WITHDRAW, statement=reason
    )
    notify(
        MessageKind.WITHDRAWN,
        access.seated_now(assessment.current_submission),
        about=f"assessment:{assessment.reference}",
        link=reverse("review", args=[assessment.current_submission.reference]),
        context={"use": assessment.use.title, "reason": reason},
    )
    submission = assessment.current_submission.reference
    _audit(AuditKind.WITHDRAWN, assessment, by, [decision], submission=submission, reason=reason)


@proof.asked
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
    reasons = words_of(obstacles_to_self_certify(assessment))
    if reasons:
        raise NotReady(_("This cannot be self-certified yet."), reasons)
    submission = _freeze(
        assessment, by=by, route=None, kind=DecisionKind.SELF_CERTIFY, public_statement=public_statement
    )
    rules = issuing.signed_with_rules("", timezone.localdate())
    decision = ReviewDecision.objects.create(submission=submission, by=by, kind=DecisionKind.SELF_CERTIFY, signed=rules)
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
    told = {"certificate": certificate.number, "conditions": dict(conditions or {})}
    _audit(AuditKind.SELF_CERTIFIED, assessment, by, [submission, decision], **told)
    return certificate


@proof.asked
@transaction.atomic
def declare_prohibited(assessment: Assessment, *, by: User) -> Submission:
    """Sign that the declared facts are a prohibited use; the case is closed with a decision letter."""
    assessment = Assessment.objects.lock(assessment.pk)
    access.require(by, Action.SIGN, assessment)
    if State.REFUSED not in MOVES[State(assessment.state)] or not assessment.is_editable:
        raise WrongState(assessment, State.REFUSED)
    if not assessment.use.prohibited_by_facts:
        raise NotReady(_("The declared facts are no prohibited use."))
    submission = _freeze(assessment, by=by, route=None, kind=DecisionKind.DECLARE_PROHIBITED)
    decision = ReviewDecision.objects.create(submission=submission, by=by, kind=DecisionKind.DECLARE_PROHIBITED)
    _move(assessment, State.REFUSED)
    _ask_document(DocumentKind.DECISION_LETTER, submission=submission)
    _audit(AuditKind.DECLARED_PROHIBITED, assessment, by, [submission, decision], submission=submission.reference)
    return submission


@proof.asked
@transaction.atomic
def close_hold(
    hold: Hold, submission: Submission, *, by: User, decision: str, outcome: HoldOutcome | str | None = None
) -> Hold:
    """Decide on a hold of the case: see `holding.close`.

    Where the tier changes because an open question is closed, the submission goes back to be signed as what it is.
    """
    done = holding.close(hold, submission, by=by, decision=decision, outcome=outcome)
    assessment = Assessment.objects.lock(submission.assessment_id)
    tier = assessment.use.assigned_tier
    if done.closed_at and assessment.state == State.IN_REVIEW and tier != submission.assigned_tier:
        seat = seats.require_seat(Reviewer(by, submission, assessment))
        said = _("A hold was closed and the tier changed by it, so the use is signed again as what it is.")
        returned = _return_for_tier(assessment, submission, seat, by=by, words=f"{said}\n{decision}")
        _audit(AuditKind.RETURNED, assessment, by, [returned], submission=submission.reference, changes=0)
    return done


# --- after the decision --------------------------------------------------------------------------------------------------


@proof.asked
@transaction.atomic
def close_action(
    action: RemediationAction, *, by: User, findings: Mapping[str, acting.closing.Finding] | None = None
) -> None:
    """Accept what shows that an action is done; meets its condition, and may be the last thing before a certificate.

    `findings`: what `by` finds of each piece. Of what was self-declared an owner accepts, otherwise a reviewer with a seat
    in the case.
    """
    assessment, submission = acting.accept(action, by=by, findings=findings)
    if assessment.state == State.APPROVED:
        _issue_later(assessment, submission, by=by)


def _issue_later(assessment: Assessment, submission: Submission, *, by: User | None) -> bool:
    """Issue a certificate that waited after the approval, if nothing blocks it any more; owners and reviewers are told."""
    return _issue_if_clear(assessment, submission, by=by, notify=True) is not None


# --- monitoring that ends, and certificates with it ----------------------------------------------------------------------


def watch_monitoring() -> int:
    """Suspend the certificates whose monitoring has gone stale, and lift that again; the sweeper asks this daily.

    A High certificate stands only while its monitoring evidence is fresh (tiering.md section 7, our judgement). Fresh
    evidence lifts a suspension of this kind alone, and lets an approval be issued that waited for nothing else. Twice is
    once. Returns how many changed.
    """
    today = timezone.localdate()
    running = Certificate.objects.filter(tier=Tier.HIGH, ended_at=None, expires_on__gte=today)
    waiting = Submission.objects.filter(
        assigned_tier=Tier.HIGH, assessment__state=State.APPROVED, assessment__current_submission=F("pk")
    )
    return sum(_watch_certificate(pk) for pk in list(running.values_list("pk", flat=True))) + sum(
        _issue_waiting(pk) for pk in list(waiting.values_list("pk", flat=True))
    )


@transaction.atomic
def _watch_certificate(pk: int) -> bool:
    found = Certificate.objects.select_related("submission").get(pk=pk)
    assessment = Assessment.objects.lock(found.submission.assessment_id)
    certificate = Certificate.objects.select_for_update(of=("self",)).select_related("submission").get(pk=pk)
    submission = certificate.submission
    last = certificate.events.order_by("-pk").first()
    edition = edition_for(submission.edition_checksum)
    fresh = _is_monitored(submission, edition)
    lapsed = certificate.lapsed_by_monitoring()
    standing = last is None or last.kind in ("issued", "reinstated")
    if certificate.ended_at or fresh == (not lapsed) or not (standing or lapsed):
        return False
    if fresh:
        event, reason = status.Event.REINSTATED, coded(PublicReason.MONITORING_FRESH)
    else:
        event = status.Event.SUSPENDED
        reason = coded(PublicReason.MONITORING_TOO_OLD, days=edition.policy.monitoring_days)
    row = status.change(certificate, event, by=None, reason=reason, words=MONITORING)
    kind = AuditKind.CERTIFICATE_REINSTATED if fresh else AuditKind.CERTIFICATE_SUSPENDED
    _audit(kind, assessment, None, [row], certificate=certificate.number, reason=MONITORING)
    return True


@transaction.atomic
def _issue_waiting(pk: int) -> bool:
    submission = Submission.objects.defer(None).get(pk=pk)
    assessment = Assessment.objects.lock(submission.assessment_id)
    submission.assessment = assessment
    if assessment.state != State.APPROVED or assessment.current_submission_id != pk:
        return False
    return _issue_later(assessment, submission, by=None)
