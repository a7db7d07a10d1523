"""The three decisions on a submission: return it, approve it, refuse it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.access import separation
from assessments.accounts import proofs
from assessments.domain.answering import returned_parts
from assessments.domain.certificates import blockers as certificates_blockers
from assessments.domain.certificates import least_readiness
from assessments.domain.certificates.conditions import most_conditions
from assessments.domain.review import approval, approvals, cases, parts, returns, supplements
from assessments.domain.review import decisions as review_decisions
from assessments.domain.review.obstacles import Code, Obstacle
from assessments.forms.base import refusals
from assessments.forms.review import ApproveForm, RefuseForm, ReturnForm
from assessments.guideline.conditions import ANSWER
from assessments.guideline.terms import Tier
from assessments.models import PartMark, ReviewDecision, State, User
from assessments.models import marks as models_marks
from assessments.models.certificates import Assurance
from assessments.models.going_on import REFUSED
from assessments.notifications import texts
from assessments.notifications.kinds import MessageKind
from assessments.views.review import dating
from assessments.views.review.case import ReviewCase
from assessments.views.review.outlook import outlook_of
from assessments.views.review.requested import (
    facts_staying_locked,
    marked_changes,
    newest_return,
    parts_back,
    parts_staying_locked,
    requested_of,
)
from assessments.views.site.expired_forms import forget_typed, typed_before
from assessments.views.site.requests import SignedIn, posted


def _decisive(user: User, reference: str) -> ReviewCase:
    """Return the case for the holder of a seat; raises NotPermitted for everybody else who may read it."""
    case = ReviewCase(user, reference)
    case.require_seat()
    return case


def _returned(
    request: SignedIn, case: ReviewCase, decisions: Iterable[ReviewDecision] | None = None
) -> HttpResponse | None:
    """Return the page that stands for a decision once the case was returned; None while it can still be decided.

    An old tab or bookmark must not offer a decision that nobody can take any more. Without `decisions`, it reads them
    in one query, and only of a case that is not under review.
    """
    if case.is_current and case.assessment.state != State.RETURNED:
        return None
    made = case.submission.decisions.select_related("by").order_by("pk") if decisions is None else decisions
    last = newest_return(made)
    if last is None:
        return None
    context = {"case": case, "submission": case.submission, "requested": requested_of(case, last)}
    return render(request, "assessments/review/returned_case.html", context)


def _nothing_to_decide(
    request: SignedIn, case: ReviewCase, decisions: Iterable[ReviewDecision] | None = None
) -> HttpResponse | None:
    """Return what stands instead of a decision that nobody can take any more; None while it can be taken.

    Takes what `_returned` takes. It reads nothing of a case that is under review.
    """
    if gone := _returned(request, case, decisions):
        return gone
    if case.is_current and case.assessment.state == State.IN_REVIEW:
        return None
    if case.is_current:
        state = case.assessment.get_state_display()
        words = _("This case is not under review, so there is nothing to decide. Its status is “%(state)s”.")
        messages.info(request, words % {"state": state})
    else:
        messages.info(request, _("This is an earlier round of the case, so there is nothing to decide."))
    return redirect(case.submission)


def _given(request: SignedIn) -> QueryDict | None:
    """Return what fills the form of a decision: what was posted, or what was typed when the session had ended."""
    data = posted(request)
    return typed_before(request) if data is None else data


@proofs.factor_needed
@require_http_methods(["GET", "HEAD", "POST"])
def send_back(request: SignedIn, reference: str) -> HttpResponse:
    """Return the submission to the organisation with a message; show what will be unlocked."""
    case = _decisive(request.user, reference)
    if request.method != "POST" and (instead := _nothing_to_decide(request, case)):
        return instead
    back = returned_parts.returned(case.submission)
    returned = {*(mark.target for mark in case.changes), *(f"part:{key}" for key in back)}
    given = approvals.standing(case.submission.decisions.order_by("pk"))
    accepted = models_marks.accepted_in(case.submission, marks=case.all_marks, seats=case.seats, given=given)
    possible = review_decisions.in_the_way_of(case.submission, case.content, returned=returned, accepted=accepted)
    needed = [one.key for one in possible if one.is_needed]
    form = ReturnForm(_given(request), tasks=returns.of_one_kind(possible), initial={"tasks": needed})
    if "preview" not in request.POST and proofs.confirmed(request, form):
        with refusals(form):
            review_decisions.send_back(
                case.submission,
                by=case.user,
                words=form.cleaned_data["words"],
                answer_by=form.cleaned_data["answer_by"],
                tasks=form.cleaned_data.get("tasks", ()),
            )
            forget_typed(request)
            messages.success(request, _("The submission has been returned. We have notified the owner."))
            return redirect(case.submission)
    marked = {mark.target.removeprefix("f:") for mark in case.changes if mark.target.startswith("f:")}
    marked |= {ANSWER + mark.target.removeprefix("q:") for mark in case.changes if mark.target.startswith("q:")}
    depending = [
        question.title
        for shown in case.content["questions"]
        if (question := case.edition.questions[shown["question"]])
        and any(test.fact in marked for test in question.when.tests())
        and f"q:{question.key}" not in {mark.target for mark in case.changes}
    ]
    locked, locked_elsewhere = facts_staying_locked(case, possible)
    return render(
        request,
        "assessments/review/send_back.html",
        {
            "case": case,
            "submission": case.submission,
            "form": form,
            "unlocked": marked_changes(case),
            "parts": parts_back(case, back),
            "total": len(case.changes) + len(back),
            "possible": possible,
            "depending": depending,
            "locked": locked,
            "locked_elsewhere": locked_elsewhere,
            "staying": parts_staying_locked(case, back, possible),
            "left": sum(target not in case.combined for target in case.targets),
            "mail": _mail(case, form, back, possible),
        },
    )


def _mail(
    case: ReviewCase, form: ReturnForm, back: Mapping[str, list[PartMark]], possible: Iterable[returns.Obstacle]
) -> tuple[str, str]:
    """Return the mail as it would be sent, with the message and the day of the form."""
    given = form.cleaned_data if form.is_bound and form.is_valid() else {}
    day = given.get("answer_by") if form.is_bound else form["answer_by"].value()
    ticked = given.get("tasks", ()) if form.is_bound else form.initial["tasks"]
    asked = [one for one in possible if one.key in ticked]
    marked = returns.MarkedChanges.of((one for mark in case.changes for one in mark.each), back)
    context = review_decisions.return_context(case.assessment, marked, given.get("words", ""), day, asked)
    return texts.write(MessageKind.RETURNED, context)


CLEARED_ON: dict[StrEnum, str] = {
    Code.OWN_SET: "own_set",
    Code.CHANGES: "send_back",
    Code.PARTS: "review_parts",
    Code.SUPPLEMENTS: "review_supplements",
}
"""The page on which an obstacle without a target of its own is cleared; of every other code it is the overview."""


def _obstacle_links(case: ReviewCase, obstacles: Iterable[Obstacle]) -> list[tuple[str, str]]:
    """Return the sentence of each obstacle with the page on which it is cleared."""
    return [(one.words, _cleared_on(case, one)) for one in obstacles]


def _cleared_on(case: ReviewCase, obstacle: Obstacle) -> str:
    if obstacle.target:
        return case.pages.url_of_target(obstacle.target)
    if obstacle.code == Code.UNMARKED and case.pages.next_group is not None:
        return case.pages.url(case.pages.next_group.key)
    return reverse(CLEARED_ON.get(obstacle.code, "review"), args=[case.submission.reference])


@proofs.factor_needed
@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: SignedIn, reference: str) -> HttpResponse:
    """Approve: show what is missing, what may be met later, and the certificate as it would be printed."""
    case = _decisive(request.user, reference)
    submission = case.submission
    decisions = list(submission.decisions.select_related("by").order_by("pk"))
    case.has_approved = cases.approves(decisions, case.user)
    if request.method != "POST" and (instead := _nothing_to_decide(request, case, decisions)):
        return instead
    if request.method != "POST" and case.has_approved:
        words = _("You have already approved this submission. To change your marks, withdraw your approval first.")
        messages.info(request, words)
        return redirect(submission)
    given = approvals.standing(decisions)
    accepted = models_marks.accepted_in(submission, marks=case.all_marks, seats=case.seats, given=given)
    found = certificates_blockers.blockers(submission, case.content, accepted=accepted)
    blockers = [blocker for blocker in found if blocker.question]
    conditions = [(b.question, b.words, b.longest_days) for b in blockers if b.conditionable]
    filling = request.method == "POST" and "preview" in request.POST  # dates are filled in, nothing is decided
    form = dating.filled(request, case, conditions) if filling else ApproveForm(_given(request), conditions=conditions)
    if not filling and proofs.confirmed(request, form):
        with refusals(form):  # what is missing stands in the list of obstacles
            approval.approve(
                submission, by=case.user, statement=form.cleaned_data["statement"], conditions=form.conditions
            )
            forget_typed(request)
            messages.success(request, _("Your approval is recorded."))
            return redirect(submission)
    return render(
        request,
        "assessments/review/approve.html",
        {
            "case": case,
            "submission": submission,
            "form": form,
            "blocking": [(b.words, case.pages.url_of(f"q:{b.question}")) for b in blockers if not b.conditionable],
            "conditions": len(conditions),
            "filling": filling,
            "dates": dating.lines(case, form, conditions),
            "most": most_conditions(),
            "approvals": given,
            **_missing(case, found, given, conditions=len(conditions)),
            **_certificate(case, given),
        },
    )


def _missing(
    case: ReviewCase,
    found: Sequence[certificates_blockers.Blocker],
    given: Sequence[ReviewDecision],
    *,
    conditions: int,
) -> dict[str, Any]:
    """Return the context of what is missing before the approval, and of what follows from it.

    `found`: what blocks the certificate; `conditions`: how much of it can be given a date; `given`: the approvals so far.
    """
    submission, look = case.submission, case.look()
    lacking = approval.missing_at_the_gates(submission, case.content)
    of_file = parts.obstacles(submission, case.seat, {lack.part for lack in lacking})
    read = approval.PreloadedCase(
        content=case.content,
        found=found,
        lacking=lacking,
        look=look,
        changes=len(case.changes),
        of_seat=[*of_file, *supplements.obstacles_of(case.added_left)],
    )
    obstacles = approval.obstacles_to_approve(submission, case.user, read)
    below = least_readiness.below_today(submission, case.content)
    is_last = submission.assigned_tier != Tier.HIGH or any(one.by_id != case.user.pk for one in given)
    held = len(found) - conditions
    return {
        "obstacles": _obstacle_links(case, obstacles),
        "below": below,
        "is_last": is_last,
        "outlook": outlook_of(case, look, blocking=held, below=below, conditions=conditions, is_last=is_last),
        "looked_at": approvals.looked_at_words(approvals.record(look)) if look else [],
    }


def _certificate(case: ReviewCase, given: Iterable[ReviewDecision]) -> dict[str, Any]:
    """Return the context of the certificate as it would be printed, and of the declarations that are signed for it."""
    content, edition, tier = case.content, case.edition, Tier(case.submission.assigned_tier)
    independent = separation.is_independent_on_page(case.user, case.submission.organisation_id)
    # A High use is never certified without an independent approval, whoever holds the first seat.
    reviewed = tier == Tier.HIGH or independent or any(decision.independent for decision in given)
    return {
        "sentences": approval.approval_sentences(edition, case.require_seat(), independent=independent),
        "high": tier == Tier.HIGH,
        "organisation": content["organisation"],
        "system": content["system"],
        "use": content["use"],
        "parts": [edition.terms[f"stakeholders.{part}"] for part in content["system"]["parts"]],
        "assurance": (Assurance.REVIEWED_INDEPENDENTLY if reviewed else Assurance.REVIEWED_INSIDE).label,
        "months": edition.obligations[tier].valid_months,
        "public_statement": content["signed"]["public_statement"],
    }


@proofs.factor_needed
@require_http_methods(["GET", "HEAD", "POST"])
def refuse(request: SignedIn, reference: str) -> HttpResponse:
    case = _decisive(request.user, reference)
    if request.method != "POST" and (instead := _nothing_to_decide(request, case)):
        return instead
    form = RefuseForm(_given(request))
    if proofs.confirmed(request, form):
        with refusals(form):
            review_decisions.refuse(case.submission, by=case.user, statement=form.cleaned_data["statement"])
            forget_typed(request)
            messages.success(
                request,
                _("The submission has been refused. We have notified the owner. The decision letter is being created."),
            )
            return redirect(case.submission)
    context = {"case": case, "submission": case.submission, "form": form, "going_on": REFUSED.en}
    return render(request, "assessments/review/refuse.html", context)
