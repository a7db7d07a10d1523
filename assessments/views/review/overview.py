"""The overview of a case in review, and taking a seat in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.core.cache import caches
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments.access import finders, separation
from assessments.access.separation import Reviewer
from assessments.core.errors import NotPermitted, SeparationOfDuties
from assessments.domain.answering import returned_parts
from assessments.domain.certificates import issue, requirements, staleness
from assessments.domain.certificates.plan_now import PlanNow
from assessments.domain.certificates.waiting import NoCertificateYet
from assessments.domain.review import (
    approval,
    cases,
    interests,
    parts,
    queries,
    seat_requests,
    seat_taking,
    seats,
    second_look,
    successors,
)
from assessments.domain.review import holds as review_holds
from assessments.domain.review.messages import why_no_message
from assessments.domain.review.quality_rules import LOOKED_AT_TWICE
from assessments.domain.review.queue_rows import UNDER_REVIEW
from assessments.forms.base import refusals
from assessments.forms.review import TakeForm
from assessments.guideline.terms import UNKNOWN, Tier
from assessments.guideline.wording import fact_answer
from assessments.models import (
    DecisionKind,
    PartMark,
    ReviewSeat,
    Seat,
    SeatRequest,
    SecondLook,
    State,
)
from assessments.models.base import sha256
from assessments.views.assessment.conformity import PartLine, lines_of
from assessments.views.assessment.timeline import messages_in, timeline
from assessments.views.review import before_case, requested
from assessments.views.review.case import ReviewCase
from assessments.views.review.next_step import differing, step_of
from assessments.views.review.own_set import own_set_words
from assessments.views.review.queue import wants_second
from assessments.views.site.requests import SignedIn, posted
from assessments.views.site.seen import seen
from assessments.views.wording import incident_in, not_known, rule_cards

PRINTED_LATER = (*UNDER_REVIEW, State.APPROVED)
LAST_MESSAGES = 3  # of the thread with the applicant; the others stand on their own page


@require_safe
def overview(request: SignedIn, reference: str) -> HttpResponse:
    """Show a submission to its reviewers: what it says, what is judged of it, who has its seats, what comes next."""
    case = ReviewCase(request.user, reference)
    seen(request)
    submission, edition = case.submission, case.edition
    rounds = queries.rounds_of(case.user, case.assessment, only=submission if _is_alone(case) else None)
    case.has_approved = cases.approves((d for r, made in rounds if r.pk == submission.pk for d in made), case.user)
    holds = [
        {
            "hold": hold,
            "closes": review_holds.who_closes(edition, hold),
            "fact": edition.facts[hold.fact].label if hold.fact in edition.facts else hold.fact,
        }
        for hold in queries.holds_on(case.use)
    ]
    context = {
        "case": case,
        "submission": submission,
        "rounds": rounds,
        "holds": holds,
        "stale": staleness.shown(case.assessment),
        "waits": _waits(case, rounds, holds),
        "added": case.added,
        "set_aside": finders.actions_set_aside(case.use.pk) if case.may_open and case.has_set_aside else [],
        "second_look": _second_look(case),
        **_of_submission(case),
        **_of_marks(case),
        **_of_seats(case),
        **_of_history(case),
        **before_case.context_of(case),
        **requested.context_of(case, rounds),
    }
    return render(request, "assessments/review/overview.html", context)


def _of_submission(case: ReviewCase) -> dict[str, Any]:
    """Return the context of the frozen submission: the use, its system and its tier."""
    content, tier = case.content, case.content["tier"]
    return {
        "use": content["use"],
        "system": content["system"],
        "organisation": content["organisation"],
        "parts": [case.edition.terms[f"stakeholders.{part}"] for part in content["system"]["parts"]],
        "incident": incident_in(case.edition, content) if case.may_open else None,
        "tier": tier,
        "raised": tier.get("raised"),
        "by_rules": tier.get("by_rules", tier["assigned"]),
        "musts": content["musts"],
        "high": case.submission.assigned_tier == Tier.HIGH,
        "printed_later": PRINTED_LATER,
    }


def _of_marks(case: ReviewCase) -> dict[str, Any]:
    """Return the context of what is judged and what is left to judge, with the parts of the page that are drawn once."""
    submission = case.submission
    lacking = approval.missing_at_the_gates(submission, case.content, as_signed=True)
    judged = parts.marks_on(submission) if case.may_open and returned_parts.parts_of(submission) else []
    missing = {lack.part for lack in lacking if lack.part}
    going_back = {mark.part for mark in judged if mark.returned and mark.verdict}
    unjudged, back = _parts_left(case, judged, missing), len(going_back)
    return {
        **_drawn_parts(case, lacking, judged),
        "asked_for": [
            (lack.label, lack.words, case.pages.url_of(f"q:{lack.question}")) for lack in lacking if lack.question
        ],
        "step": step_of(case, parts_left=unjudged, parts_back=back, parts_missing=len(missing)),
        "differing": differing(case) if case.may_open else [],
        "parts_left": unjudged,
        "parts_missing": len(missing) if case.is_open else 0,
        "parts_back": back,
        "has_approved": case.has_approved,
        "total": len(case.targets),
        "marked": len(case.targets) - case.left,
        "asked_actions": case.asked_actions,
        "plan": case.plan_reference if case.may_open and case.content["actions"] else None,
        "own_set_words": own_set_words(case) if case.is_open else "",
        "one_by_one": _one_by_one(case),
    }


def _one_by_one(case: ReviewCase) -> list[tuple[str, str]]:
    """Return what is marked separately although the own set does not name it: title and URL of each without a mark."""
    if not case.is_open or case.own is None:
        return []
    elsewhere = case.own.targets.union(case.plain, case.marks)
    return [(case.title_of(t), case.pages.url_of(t)) for t in case.targets if t not in elsewhere]


def _of_seats(case: ReviewCase) -> dict[str, Any]:
    """Return the context of the seats: who may take one or ask a colleague to, and why not."""
    reviewer = reviewer_of(case)
    asked = request_to(case, reviewer)
    may_take = not why_not_take(case, reviewer)
    return {
        "in_team": reviewer.in_team,
        "independent": reviewer.is_independent,
        "may_take": may_take,
        "may_ask": not reviewer.in_team and _may_ask(case, may_take=may_take),
        "asked": asked,
        "why_not_asked": why_not_take(case, reviewer, asked) if asked else "",
        "left": _left_seat(case),
        "free_seat": _free_seat(case),
    }


def _of_history(case: ReviewCase) -> dict[str, Any]:
    """Return the context of the timeline, with the last messages of the thread with the applicant."""
    history = finders.history_of(case.assessment)
    talk = messages_in(history) if case.may_open else []
    return {
        "talk": talk[-LAST_MESSAGES:],
        "messages_in_all": len(talk),
        "may_write": case.may_open and case.seat is not None and not why_no_message(case.assessment, case.submission),
        "moments": timeline(history, for_reviewers=True, messages_open=case.may_open),
    }


def _second_look(case: ReviewCase) -> SecondLook | None:
    """Return the second look at a decided case, once it is given, for readers who may see both sides: one query, or two."""
    under_review = case.is_current and case.assessment.state in UNDER_REVIEW
    if under_review or case.submission.assigned_tier not in LOOKED_AT_TWICE:
        return None
    return second_look.given_at(case.submission, case.user)


def _parts_left(case: ReviewCase, judged: Iterable[PartMark], missing: Collection[str]) -> int:
    """Count the parts of the conformity file that this reviewer has still to judge; those `missing` are not counted."""
    if case.seat is None or not case.is_open:
        return 0
    own = {mark.part for mark in judged if mark.verdict and (mark.seat, mark.by_id) == (case.seat.seat, case.user.pk)}
    return sum(part.key not in own and part.key not in missing for part in returned_parts.parts_of(case.submission))


def _waits(case: ReviewCase, rounds: Iterable[Any], holds: Iterable[dict[str, Any]]) -> NoCertificateYet | None:
    """Return what the certificate of an approved case waits for; None in every other state. A few queries."""
    if not (case.may_open and case.is_current and case.assessment.state == State.APPROVED):
        return None
    submission = case.submission
    submission.assessment = case.assessment
    made = [
        d for of, decisions in rounds if of.pk == submission.pk for d in decisions if d.kind == DecisionKind.APPROVE
    ]
    plan = PlanNow(
        submission,
        holds=[line["hold"] for line in holds if line["hold"].closed_at is None],
        signed=max(made, key=lambda decision: decision.pk).signed,
    )
    return issue.no_certificate_yet(submission, case.content, plan)


def _is_alone(case: ReviewCase) -> bool:
    """Tell whether the case has no other round, so that its rows are read already."""
    return case.is_current and case.submission.round == 1


def _drawn_parts(
    case: ReviewCase, lacking: Collection[requirements.Missing], judged: Collection[PartMark]
) -> dict[str, SafeString]:
    """Return the parts of the page that show the frozen submission, each drawn once for the same state.

    With 150 answers they take most of the time of the page. A reader who may not open the case gets the table of
    sections only.
    """
    sections = (case.submission.reference, [(group.key, group.marked, group.left) for group in case.pages.groups])
    drawn = {"sections": _drawn(case, "sections", sections, lambda: {"case": case, "submission": case.submission})}
    if not case.may_open:
        return drawn
    # The links of a later round say which answers have not changed, and that hangs on the marks as well.
    compared = (case.since, sorted(case.changed), case.before and [t for t in case.targets if case.waits(t)])
    missing = [(lack.part, lack.words) for lack in lacking]
    if case.former is not None:
        carried = sum(mark.carried_from_id is not None for mark in case.marks.values())
        state = (compared, carried, case.before is None)
        drawn["comparison"] = _drawn(case, "comparison", state, lambda: before_case.comparison_of(case))
    return {
        **drawn,
        "rules": _drawn(case, "rules", (), lambda: _rules(case)),
        "found": _drawn(case, "found", compared, lambda: {"found": _found(case)}),
        "file": _drawn(
            case,
            "file",
            (compared, missing, [(mark.pk, mark.revision, mark.at, str(mark.by)) for mark in judged]),
            lambda: {"lines": _told_apart(file_lines(case, lacking, judged)), "submission": case.submission},
        ),
    }


PARTS = {
    "sections": "assessments/review/sections.html",
    "rules": "assessments/review/rules.html",
    "found": "assessments/assessment/checks_found.html",
    "file": "assessments/assessment/parts.html",
    "comparison": "assessments/review/comparison.html",
}


def _drawn(case: ReviewCase, name: str, state: object, context: Callable[[], dict[str, Any]]) -> SafeString:
    """Return a part of the page, from the cache where it was drawn for the same submission and state."""
    submission = case.submission
    of = (submission.reference, submission.sha256, submission.edition_checksum, get_language(), get_script_prefix())
    key = f"review:{name}:{sha256(repr((of, state)))}"
    html: str | None = caches["pages"].get(key)
    if html is None:
        html = render_to_string(PARTS[name], context()).strip()
        caches["pages"].set(key, html)
    return mark_safe(html)  # noqa: S308 (a template's own)


def _rules(case: ReviewCase) -> dict[str, Any]:
    deciding, others = rule_cards(case.edition, case.content)
    return {"deciding": deciding, "other_rules": others}


def reviewer_of(case: ReviewCase) -> Reviewer:
    """Return the reader of a case for the rules about its seats, with what the page has read already."""
    return Reviewer(
        case.user,
        case.submission,
        case.assessment,
        seats=case.seats,
        may_know=case.may_review,
        has_conflict=case.conflict is not None,
        is_open=case.may_open,
        is_independent=separation.is_independent_on_page(case.user, case.submission.organisation_id),
    )


def request_to(case: ReviewCase, reviewer: Reviewer) -> SeatRequest | None:
    """Return the request that asks the reader to take a seat of the case.

    None also where the seat cannot be handed over to them any more and they can take a free one.
    """
    asked = next((one for one in case.requests if one.to_id == case.user.pk), None)
    if asked is None or not asked.holder_id or not separation.why_not(seats.require_handed_over, reviewer, asked):
        return asked
    return asked if separation.why_not(seats.require_free_seat, reviewer) else None


def why_not_take(case: ReviewCase, reviewer: Reviewer, asked: SeatRequest | None = None) -> str:
    """Return why the reader cannot take the seat that is handed over to them, else the free one; empty where they can."""
    if case.seat is not None:
        return _("This case is already assigned to you.")
    if asked is not None and asked.holder_id:
        return separation.why_not(seats.require_handed_over, reviewer, asked)
    return separation.why_not(seats.require_free_seat, reviewer)


def _left_seat(case: ReviewCase) -> ReviewSeat | None:
    """Return the seat of a decided case that this reviewer may take over because its holder has left, or None."""
    if case.seat is not None or case.conflict is not None or not case.may_review:
        return None
    for held in successors.left_seats(case.submission):
        try:
            successors.require_successor(held, case.submission, by=case.user)
        except (NotPermitted, SeparationOfDuties):
            continue
        return held
    return None


def _may_ask(case: ReviewCase, *, may_take: bool) -> bool:
    """Tell whether the free seat may be given to a colleague; a held one is handed over by its own link."""
    return _free_seat(case) != "" and (may_take or (case.seat is not None and case.conflict is None))


def _free_seat(case: ReviewCase) -> str:
    if case.is_current and case.assessment.state == State.SUBMITTED:
        return str(Seat.FIRST)
    second = case.is_current and case.assessment.state == State.IN_REVIEW and wants_second(case.submission, case.seats)
    return str(Seat.SECOND) if second else ""


def _found(case: ReviewCase) -> list[dict[str, Any]]:
    """Return what the checks found before signing, what the owner was told then, and what changed since the last round.

    Submissions of a release without checks show only what is not known and what is planned.
    """
    sent = case.sent
    lines = [("", _("Changed since %(what)s") % {"what": case.since}, "", _among(case.changed, case.targets))]
    for found in case.content.get("checks", ()):
        check = case.edition.check_of[found["check"]]
        targets = [*(f"f:{key}" for key in found["facts"]), *(f"q:{key}" for key in found["questions"])]
        advice = _("The organisation was told before signing: “%(advice)s”") % {"advice": check.advice}
        lines.append((found["severity"], check.label, advice, _among(case.targets, targets)))
    lines.append(("look", fact_answer(None, UNKNOWN), "", sent.unknown))
    lines.append(("look", _("Planned for a later date"), "", sent.planned))
    return [
        {
            "severity": severity,
            "title": title,
            "advice": advice,
            "n": not_known(*_facts_and_answers(about)),
            "lines": [(case.title_of(target), case.pages.url_of(target)) for target in about],
        }
        for severity, title, advice, about in lines
        if about
    ]


def _facts_and_answers(targets: Sequence[str]) -> tuple[int, int]:
    facts = sum(target.startswith("f:") for target in targets)
    return facts, len(targets) - facts


def _among(known: Collection[str], targets: Iterable[str]) -> Sequence[str]:
    known = frozenset(known)
    return [target for target in targets if target in known]


def file_lines(
    case: ReviewCase, lacks: Iterable[requirements.Missing], judged: Iterable[PartMark] = ()
) -> list[PartLine]:
    """Return the conformity file as it was signed, with what is missing in it today."""
    lacking = {lack.part: lack.words for lack in lacks if lack.part}
    before = {part["part"]: part for part in (case.before or {}).get("conformity", ())}
    now = {part["part"]: part["revision"] for part in case.content.get("conformity", ())}
    lines = lines_of(case.edition, case.content, lacking, [mark for mark in judged if mark.verdict])
    for line in lines:
        line.changed = case.before is not None and now.get(line.part.key) != before.get(line.part.key, {}).get(
            "revision"
        )
    return lines


def _told_apart(lines: list[PartLine]) -> list[PartLine]:
    """Say before what a part lacks that the organisation has to bring it: it reads like an order to the reviewer."""
    for line in lines:
        if line.lacks:
            line.lacks = _("Still needed from the organisation: %(words)s") % {"words": line.lacks}
    return lines


@require_http_methods(["GET", "HEAD", "POST"])
def take(request: SignedIn, reference: str) -> HttpResponse:
    """Take a case, or take over the seat that a colleague hands over, with what the reviewer declares about it."""
    case = ReviewCase(request.user, reference)
    seen(request)
    if case.seat is not None:
        return redirect(case.submission)
    form = TakeForm(posted(request))
    reviewer = reviewer_of(case)
    asked = request_to(case, reviewer)
    left = _left_seat(case)
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            if form.declaration:
                interests.decline(case.submission, by=case.user, words=form.declaration)
                messages.success(request, _("Your declaration is recorded. Another reviewer has to take the case."))
                return redirect(case.submission)
            if left is not None:
                successors.succeed(case.submission, Seat(left.seat), by=case.user)
            elif asked and asked.holder_id:
                seat_requests.take_over(asked, by=case.user)
            else:
                seat_taking.take(case.submission, by=case.user)
            messages.success(request, _("The case is now assigned to you."))
            return redirect(case.submission)
    return render(
        request,
        "assessments/review/take.html",
        {
            "case": case,
            "submission": case.submission,
            "form": form,
            "asked": asked,
            "left": left,
            "high": case.submission.assigned_tier == Tier.HIGH,
            "why_not": "" if left else why_not_take(case, reviewer, asked),
        },
    )
