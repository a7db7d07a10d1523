"""Where a case is for its reader, as the heading of its page, and the one thing that comes next."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.domain.review import differences
from assessments.models import Seat, State
from assessments.views.review.case import ReviewCase
from assessments.views.review.queue import wants_second


@dataclass(frozen=True, slots=True)
class Step:
    """The state in one heading. `label` and `url`: what comes next; empty where this reader has nothing to do."""

    heading: str
    label: str = ""
    url: str = ""


def step_of(case: ReviewCase, *, parts_left: int, parts_back: int, parts_missing: int = 0) -> Step:
    """Say where the case is and what its reader does next.

    `parts_left`: parts of the conformity file that the reader has not judged, `parts_back`: those that go back,
    `parts_missing`: those that are missing or not complete, judged or not. No query: what of the evidence of the own set is left,
    the page of the approval says.
    """
    state = case.assessment.state
    if not case.is_current:
        return Step(_("A later round has replaced this round"))
    match state:
        case State.DRAFT:
            return Step(_("The owner recalled this submission before a reviewer took the case"))
        case State.SUBMITTED:
            return Step(_("This case needs a reviewer"))
        case State.IN_REVIEW:
            return _in_review(case, parts_left, parts_back, parts_missing)
        case State.RETURNED:
            return Step(_with_the_organisation(len(case.changes) + parts_back))
        case State.APPROVED:
            return Step(_("Approved with a plan, no certificate yet"))
        case State.CERTIFIED:
            return Step(_("Decided: the certificate has been issued"))
    return Step(_("This case is closed: %(state)s") % {"state": case.assessment.get_state_display()})


def _with_the_organisation(changes: int) -> str:
    if not changes:
        return _("With the organisation: changes requested")
    words = ngettext(
        "With the organisation: %(n)s change requested",
        "With the organisation: %(n)s changes requested",
        changes,
    )
    return words % {"n": changes}


def _in_review(case: ReviewCase, parts_left: int, parts_back: int, parts_missing: int) -> Step:
    if case.seat is not None and case.has_approved:
        if wants_second(case.submission, case.seats):
            return Step(_("You have approved this case. There is no second reviewer yet"))
        if case.seat.seat == Seat.SECOND:
            return Step(_("You have approved this case. The first reviewer’s approval is still needed"))
        return Step(_("You have approved this case. The second approval is still needed"))
    if case.is_open:
        return _yours(case, parts_left, parts_back, parts_missing)
    if case.seat is None and wants_second(case.submission, case.seats):
        return Step(_("This case is waiting for a second reviewer"))
    names = ", ".join(str(seat.reviewer) for seat in case.seats if seat is not case.seat)
    if case.seat is not None:
        return Step(_("You cannot continue with this case yet"))
    return Step(_("In review by %(names)s") % {"names": names})


def _yours(case: ReviewCase, parts_left: int, parts_back: int, parts_missing: int) -> Step:
    """Return what the holder of a seat still has to do before the decision, in the order of the work."""
    reference = case.submission.reference
    if case.left:
        words = ngettext(
            "You still have to mark %(n)s answer or fact",
            "You still have to mark %(n)s answers and facts",
            case.left,
        )
        label = _("Start marking") if case.left == len(case.targets) else _("Continue marking")
        return Step(words % {"n": case.left}, label, case.pages.next_url)
    if parts_left:
        words = ngettext(
            "You still have to judge one part of the conformity file",
            "You still have to judge %(n)s parts of the conformity file",
            parts_left,
        )
        return Step(
            words % {"n": parts_left}, _("Judge the conformity file"), reverse("review_parts", args=[reference])
        )
    if case.added_left:
        words = ngettext(
            "You still have to judge one evidence item that was added later",
            "You still have to judge %(n)s evidence items that were added later",
            case.added_left,
        )
        url = reverse("review_supplements", args=[reference])
        return Step(words % {"n": case.added_left}, _("Judge the added evidence"), url)
    changes = len(case.changes) + parts_back
    if parts_missing:
        return _missing_parts(reference, parts_missing, may_return=changes > 0)
    if changes:
        words = ngettext(
            "Everything is marked: %(n)s change is needed", "Everything is marked: %(n)s changes are needed", changes
        )
        return Step(words % {"n": changes}, _("Return for changes"), reverse("send_back", args=[reference]))
    return Step(_all_accepted(case), _("Go to the approval"), reverse("approve", args=[reference]))


def _missing_parts(reference: str, missing: int, *, may_return: bool) -> Step:
    """Send the reader to the return, or first to the conformity file: a return needs a change or a part that goes back."""
    words = ngettext(
        "Return the case for changes: one part of the conformity file is missing or not complete",
        "Return the case for changes: %(n)s parts of the conformity file are missing or not complete",
        missing,
    ) % {"n": missing}
    if may_return:
        return Step(words, _("Return for changes"), reverse("send_back", args=[reference]))
    return Step(words, _("Say what is missing from the conformity file"), reverse("review_parts", args=[reference]))


def _all_accepted(case: ReviewCase) -> str:
    actions = case.asked_actions
    if not actions:
        return _("All facts and answers are accepted")
    words = ngettext(
        "All facts and answers are accepted, one of them with an action",
        "All facts and answers are accepted, %(n)s of them with an action",
        actions,
    )
    return words % {"n": actions}


def differing(case: ReviewCase) -> list[tuple[str, str, list[str]]]:
    """Return the answers and facts that the seats judge differently: title, place, and each mark in words. No query."""
    found = differences.between(case.all_marks)
    return [
        (
            case.title_of(target),
            case.pages.url_of(target),
            [f"{mark.by}: {mark.get_mark_display()}" for mark in found[target]],
        )
        for target in case.targets
        if target in found
    ]
