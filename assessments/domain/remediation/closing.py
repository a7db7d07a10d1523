"""How an action is closed: by evidence that the reviewers of its case have judged, of a High use by two of them.

What blocks the certificate is reported with evidence, and accepted once somebody who may accept it has judged each evidence item.
`actions` changes the action; this module says what has to be there. Every function names its actor, `by=`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from assessments.access import roles, separation
from assessments.access.roles import Action
from assessments.access.separation import Reviewer
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, NotPermitted, SeparationOfDuties, WorkflowError
from assessments.guideline.terms import Tier
from assessments.models import (
    ActionStatus,
    ActionVerdict,
    Answer,
    Assessment,
    ClosedPractice,
    Condition,
    EvidenceOpening,
    EvidenceUse,
    EvidenceVersion,
    RemediationAction,
    ReviewSeat,
    Submission,
    User,
    Verdict,
)
from assessments.models.closing import JUDGING, VERDICT_WORDS, EvidenceVerdict, Finding, judged_in

BLOCKING = frozenset({"prohibited_or_hold", "table_1_or_overlay", "must"})
"""The priorities that keep a certificate back. Our judgement: they are closed by evidence, of which one item is a file."""


# --- the case -----------------------------------------------------------------------------------------------------------


def case_of(action: RemediationAction) -> Assessment | None:
    """Return the assessment in which an action is judged, with its submission; None where nothing was submitted yet."""
    rows = RemediationAction.objects.filter(pk=action.pk).annotate(case=judged_in())
    found = Assessment.objects.filter(pk__in=rows.values("case")).select_related("current_submission")
    return found.defer("current_submission__snapshot").first()


def is_judging(assessment: Assessment) -> bool:
    """Tell whether the reviewers of a case may still judge the actions of its use."""
    return assessment.state in JUDGING


def require_reviewer(assessment: Assessment, submission: Submission, *, by: User) -> ReviewSeat:
    """Return the seat by which a reviewer judges the actions of a case.

    Raises NotPermitted without a seat or a declaration of interests, SeparationOfDuties for the delivery team, for a
    declared conflict and for whom the case was not sent to, WorkflowError where the case is closed.
    """
    return require_judging_seat(Reviewer(by, submission, assessment))


def require_judging_seat(reviewer: Reviewer) -> ReviewSeat:
    """As `require_reviewer`, for a page that has read some of what decides it."""
    if reviewer.seat is None:
        raise NotPermitted(_("Only the reviewers who are assigned to the case can judge its actions."))
    seat = separation.require_seat(reviewer)
    if not reviewer.is_open:
        raise NotPermitted(_("Declare your interests in this case first."))
    separation.require_route(reviewer.submission, independent=reviewer.is_independent)
    _require_judging(reviewer.assessment)
    return seat


def _require_judging(assessment: Assessment) -> None:
    if not is_judging(assessment):
        state = assessment.get_state_display()
        raise WorkflowError(
            _("This case is closed (%(state)s). The action will be judged with the next submission of the use.")
            % {"state": state}
        )


def require_checker(reviewer: Reviewer, *, signs: bool) -> None:
    """Raise where somebody may not accept or decline the actions of a case, nor refuse a reason why one is not relevant.

    Of what was self-declared an owner (`signs`) judges them, else a reviewer with a seat in the case.
    """
    if signs and reviewer.submission.is_self_declared:
        _require_judging(reviewer.assessment)
    else:
        require_judging_seat(reviewer)


def who_accepts(action: RemediationAction, submission: Submission, *, two: bool, taken: bool) -> str:
    """Say in a sentence who accepts an action that was reported as done; `two`: it takes two, `taken`: somebody has a seat."""
    if not is_judging(submission.assessment):
        return _("The case is closed. The action will be judged with the next submission of the use.")
    if submission.is_self_declared:
        return _("An owner has to accept this action.")
    if two and action.accepted_by_id is not None:
        return _("The other reviewer of the case has to confirm this action.")
    if two:
        return _("The independent reviewer of the case has to accept this action. The other reviewer then confirms it.")
    if submission.assigned_tier == Tier.HIGH:
        return _("The independent reviewer of the case has to accept this action.")
    if not taken:
        return _("A reviewer can accept this action after taking the case.")
    return _("A reviewer who is assigned to the case has to accept this action.")


# --- what blocks, and what is shown for it --------------------------------------------------------------------------------


def blocks(action: RemediationAction) -> bool:
    """Tell whether a certificate or a condition of one depends on an action, or on one that was merged into it."""
    if action.priority in BLOCKING:
        return True
    merged = RemediationAction.objects.standing().filter(merged_into=action.pk)
    questions = [action.question, *merged.values_list("question", flat=True)]
    standing = Condition.objects.standing().filter(decision__submission__assessment__use=action.use_id)
    return standing.filter(question__in=[one for one in questions if one]).exists()


def shown_for(action: RemediationAction, by: User | None) -> list[EvidenceVerdict]:
    """Return the evidence items shown for an action, each with the newest verdict of a person on that version; two queries."""
    return judged(action, uses_of(action, by), by)


def uses_of(action: RemediationAction, by: User | None) -> QuerySet[EvidenceUse]:
    """Return the evidence items that are attached to an action, each with two marks.

    `is_opened`: the person opened it, in the case that judges the action. `is_stored`: the version that is shown is a file
    that is stored here.
    """
    case = RemediationAction.objects.filter(pk=action.pk).annotate(case=judged_in()).values("case")
    openings = EvidenceOpening.objects.filter(
        submission__assessment__in=case, reviewer=by, piece=OuterRef("evidence__reference"), version=OuterRef("version")
    )
    files = EvidenceVersion.objects.filter(evidence=OuterRef("evidence"), number=OuterRef("version"))
    marks = {"is_opened": Exists(openings), "is_stored": Exists(files.exclude(storage_key=""))}
    found: QuerySet[EvidenceUse] = EvidenceUse.objects.filter(action=action).annotate(**marks)
    return found.select_related("evidence", "taken_from__question").order_by("pk")


def judged(action: RemediationAction, uses: Iterable[EvidenceUse], by: User | None) -> list[EvidenceVerdict]:
    """Return the attached evidence items that count, each with the newest verdict of a person; one query, none for nobody."""
    rows = ActionVerdict.objects.filter(action=action, by=by).order_by("pk") if by else ()
    newest = {(row.evidence_id, row.version): row for row in rows}
    counted = [use for use in uses if use.evidence.withdrawn_at is None]
    return [EvidenceVerdict(use, newest.get((use.evidence_id, use.version))) for use in counted]


def missing_evidence(action: RemediationAction, pieces: list[EvidenceVerdict], *, blocking: bool | None = None) -> str:
    """Say what an action that blocks lacks before it can be reported as done; empty where it lacks nothing.

    `blocking`: what `blocks` says, where a page knows it.
    """
    if not (blocks(action) if blocking is None else blocking):
        return ""
    if not pieces:
        if action.is_agreed_only:
            return _("This action is mandatory. Attach evidence, or link an answer that has evidence.")
        return _("This action blocks the certificate. Attach evidence, or link an answer that has evidence.")
    if not _any_stored(pieces):
        if action.is_agreed_only:
            return _(
                "Attach a file, because this action is mandatory. A link, or evidence that is shown on request, is"
                " not enough. Only a stored file can be checked later."
            )
        return _(
            "Attach a file, because this action blocks the certificate. A link, or evidence that is shown on"
            " request, is not enough. Only a stored file can be checked later."
        )
    return ""


def _any_stored(pieces: Iterable[EvidenceVerdict]) -> bool:
    """Tell whether one of the evidence items (`shown_for`) is a file that is stored here, in the version that is shown."""
    return any(one.use.is_stored for one in pieces)  # type: ignore[attr-defined]  # annotated


def require_shown(action: RemediationAction) -> None:
    """Raise InvalidAnswer on `evidence` where an action that blocks is reported with nothing, or only a link, to show it."""
    problem = missing_evidence(action, shown_for(action, None))
    if problem:
        raise InvalidAnswer("evidence", problem)


def answers_to_link(action: RemediationAction) -> list[Answer]:
    """Return the answers of the use that have evidence and can be linked to an action: of its newest assessment."""
    newest = Assessment.objects.filter(use=action.use_id).order_by("-pk").values("pk")[:1]
    case = RemediationAction.objects.filter(pk=action.pk).annotate(case=judged_in()).values("case")
    rows = Answer.objects.filter(Q(assessment__in=newest) | Q(assessment__in=case), to_confirm=False)
    rows = rows.filter(evidence_uses__evidence__withdrawn_at=None).distinct()
    found: dict[str, Answer] = {}
    for row in rows.select_related("question", "assessment").order_by("assessment", "question__order", "pk"):
        found[row.question.key] = row  # of the newer assessment, where both have it
    return list(found.values())


def evidence_of_answer(action: RemediationAction, answer: Answer, *, by: User) -> list[EvidenceUse]:
    """Return the evidence of an answer that may be shown for an action. Raises NotPermitted, InvalidAnswer on `evidence`."""
    roles.require(by, Action.ANSWER, action.organisation)
    if answer.assessment.use_id != action.use_id:
        raise NotPermitted(_("This answer belongs to another use."))
    uses = answer.evidence_uses.filter(evidence__withdrawn_at=None).select_related("evidence").order_by("pk")
    found = list(uses)
    if not found:
        raise InvalidAnswer("evidence", _("This answer has no evidence. Attach the evidence to the action."))
    return found


# --- the verdicts ---------------------------------------------------------------------------------------------------------


@proof.factor_asked
@transaction.atomic
def judge(action: RemediationAction, findings: Mapping[str, Finding], *, by: User) -> None:
    """Keep what a person who may accept an action finds of its evidence items, by their references.

    Raises InvalidAnswer on the reference of an evidence item, and as `require_reviewer`. An earlier verdict stays on the record.
    """
    require_judge(action, by=by)
    for one in shown_for(action, by):
        finding = findings.get(one.key)
        if finding is None:
            continue
        words = " ".join(finding.words.split())
        if finding.verdict not in Verdict.values:
            raise InvalidAnswer(one.key, _("Choose whether this evidence shows that the action is done."))
        if finding.verdict != Verdict.SUPPORTS and not words:
            raise InvalidAnswer(one.key, _("Say what this evidence does not show."))
        if len(words) > VERDICT_WORDS:
            raise InvalidAnswer(one.key, _("Write at most %(n)s characters.") % {"n": VERDICT_WORDS})
        if one.verdict and (one.verdict.verdict, one.verdict.words) == (finding.verdict, words):
            continue
        versions = EvidenceVersion.objects.filter(evidence=one.use.evidence_id, number=one.use.version)
        ActionVerdict.objects.create(
            action=action,
            evidence=one.use.evidence,
            version=one.use.version,
            sha256=versions.values_list("sha256", flat=True).first() or "",
            verdict=finding.verdict,
            words=words,
            by=by,
        )


def require_judge(action: RemediationAction, *, by: User) -> tuple[Assessment, Submission]:
    """Lock the case of an action and return it for somebody who may judge it; call it inside `atomic`.

    Of what was self-declared an owner, else a reviewer with a seat in the case. Raises as `require_reviewer`.
    """
    case = case_of(action)
    if case is None:
        raise WorkflowError(_("This action cannot be judged before the assessment is submitted."))
    assessment = Assessment.objects.lock(case.pk)
    submission = assessment.current_submission
    assert submission is not None
    signs = roles.may(by, Action.SIGN, assessment.organisation_id)
    require_checker(Reviewer(by, submission, assessment), signs=signs)
    return assessment, submission


def obstacles_to_accept(action: RemediationAction, pieces: list[EvidenceVerdict]) -> list[str]:
    """Say what keeps an action from being accepted by the person whose verdicts `pieces` have; empty where nothing does."""
    reasons = []
    missing = missing_evidence(action, pieces)
    if missing:
        reasons.append(missing)
    left = [one.use.evidence.title for one in pieces if one.verdict is None]
    if left:
        reasons.append(_("Judge each evidence item first: %(titles)s.") % {"titles": "; ".join(left)})
    elif pieces and not any(one.verdict and one.verdict.verdict == Verdict.SUPPORTS for one in pieces):
        reasons.append(
            _("Send the action back, and say what is missing. None of the evidence shows that the action is done.")
        )
    elif not missing and blocks(action):
        supports = [one for one in pieces if one.verdict and one.verdict.verdict == Verdict.SUPPORTS]
        if not _any_stored(supports):
            reasons.append(
                _(
                    "Send the action back, and ask for a file that shows that the action is done. A link "
                    "alone is not enough."
                )
            )
    return reasons


def require_judged(action: RemediationAction, *, by: User) -> None:
    """Raise WorkflowError where `by` has not judged every evidence item, or where no item supports that the action is done."""
    reasons = obstacles_to_accept(action, shown_for(action, by))
    if reasons:
        raise WorkflowError(reasons[0])


def left_to_open(pieces: Iterable[EvidenceVerdict], submission: Submission) -> str:
    """Say which of the items (`shown_for`) a reviewer has not opened; empty where all are, and for what was self-declared.

    What is shown on request has no version, and is seen elsewhere.
    """
    if submission.is_self_declared:
        return ""
    left = [one.use.evidence.title for one in pieces if one.use.version and not one.use.is_opened]  # type: ignore[attr-defined]
    return (
        _("Open each evidence item before you accept the action: %(titles)s.") % {"titles": "; ".join(left)}
        if left
        else ""
    )


def require_opened(action: RemediationAction, submission: Submission, *, by: User) -> None:
    """Raise WorkflowError where a reviewer accepts an action without having opened each evidence item that is shown for it."""
    problem = left_to_open(shown_for(action, by), submission)
    if problem:
        raise WorkflowError(problem)


# --- one or two reviewers -------------------------------------------------------------------------------------------------


def takes_two(action: RemediationAction, submission: Submission) -> bool:
    """Tell whether two reviewers have to accept an action: of a High use, where a certificate depends on it."""
    return submission.assigned_tier == Tier.HIGH and blocks(action)


def refusal(
    action: RemediationAction, submission: Submission, seat: ReviewSeat | None, *, two: bool | None = None
) -> str:
    """Say why this seat cannot accept an action now; empty where it can. None: an owner, of what was self-declared.

    Of a High use the independent reviewer accepts; what a certificate depends on is confirmed by the other reviewer of
    the case. So the last thing that blocks a certificate is never closed by one person.
    """
    if seat is None or submission.assigned_tier != Tier.HIGH:
        return ""
    independent = separation.is_independent(seat.reviewer, submission.organisation_id)
    if action.accepted_by_id is None and not (seat.independent and independent):
        if takes_two(action, submission) if two is None else two:
            return _(
                "The tier of this use is High, so the independent reviewer has to accept the action first. You can "
                "then confirm it."
            )
        return _("The tier of this use is High, so the independent reviewer of the case has to accept this action.")
    if action.accepted_by_id is not None and action.accepted_by_id == seat.reviewer_id:
        return _("You have accepted this action. The other reviewer of the case has to confirm it.")
    return ""


def why_not_accept(
    action: RemediationAction, reviewer: Reviewer, pieces: list[EvidenceVerdict], *, two: bool, blocking: bool
) -> str:
    """Say why somebody who may judge an action cannot accept or confirm it now, whatever they find of its evidence items.

    Empty where they can, once they have opened and judged each evidence item. For a page, which knows `two` (`takes_two`) and
    `blocking` (`blocks`); `actions.accept` asks the same functions.
    """
    problem = refusal(action, reviewer.submission, reviewer.seat, two=two)
    return problem or missing_evidence(action, pieces, blocking=blocking)


def require_turn(action: RemediationAction, submission: Submission, *, by: User) -> bool:
    """Tell whether the action is closed once `by` accepts it; False where the other reviewer has to confirm it first.

    Raises SeparationOfDuties as `refusal` says.
    """
    seat = submission.seats.filter(reviewer=by).first()
    problem = refusal(action, submission, seat)
    if problem:
        raise SeparationOfDuties(problem)
    return not takes_two(action, submission) or action.accepted_by_id is not None


# --- what the use keeps ---------------------------------------------------------------------------------------------------


def keep_practice(action: RemediationAction) -> ClosedPractice | None:
    """Write at the use that the practice of a closed action is in place, with what showed it.

    None for an action that somebody added, and for that of an open hold: neither is the practice of a question.
    """
    verifier = action.verified_by
    is_practice = action.question != "" and ":" not in action.question
    if not is_practice or action.status != ActionStatus.CLOSED or verifier is None:
        return None
    lead = action.merged_into or action
    found = shown_for(lead, verifier)
    pieces = [
        {
            "reference": one.key,
            "title": one.use.evidence.title,
            "version": one.use.version,
            "sha256": one.verdict.sha256 if one.verdict else "",
            "verdict": one.verdict.verdict if one.verdict else "",
        }
        for one in found
    ]
    kept: ClosedPractice = ClosedPractice.objects.create(
        use_id=action.use_id,
        action=action,
        question=action.question,
        pieces=pieces,
        by=verifier,
        confirmed_by=action.confirmed_by,
    )
    return kept
