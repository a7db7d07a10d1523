"""What an approval would do, as its page says it before anything is signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.domain.certificates import issuing, least_readiness
from assessments.domain.certificates.conditions import most_conditions
from assessments.domain.certificates.least_readiness import BelowLeast
from assessments.domain.review.approvals import Look
from assessments.domain.review.evidence_of_case import ACCEPTING
from assessments.guideline.terms import Dimension, Tier
from assessments.models import MarkKind, ReviewMark, Seat, Verdict
from assessments.views.review.case import ReviewCase
from assessments.views.review.next_step import differing

FEW_MARKS = 10
"""Below so many marks set alone, their median says nothing about how somebody reviews."""


@dataclass(frozen=True, slots=True)
class RequestedAction:
    """An action that goes to the owner with the decision, because an answer is accepted with it."""

    title: str
    url: str
    due: date
    is_standard: bool  # nobody chose the date


@dataclass(frozen=True, slots=True)
class Outlook:
    """What follows from an approval. `hurried`: a warning where the marks were set faster than anybody reads."""

    follows: str
    asked: list[RequestedAction]
    readiness: list[tuple[str, str]]
    rule: str
    differing: list[tuple[str, str, list[str]]]
    hurried: str
    unsupported: list[tuple[str, str]]  # title and address of each answer accepted against the reader's own finding


def outlook_of(
    case: ReviewCase, look: Look | None, *, blocking: int, below: BelowLeast | None, conditions: int, is_last: bool
) -> Outlook:
    """`blocking`: requirements that no date can stand for, `conditions`: those that may get a date. No query of its own."""
    tier = Tier(case.submission.assigned_tier)
    issues = not blocking and below is None and case.assessment.stale_since is None
    issues = issues and case.edition.obligations[tier].valid_months is not None
    is_second = case.seat is not None and case.seat.seat == Seat.SECOND
    return Outlook(
        follows=_follows(issues=issues, conditions=conditions)
        if is_last
        else _follows_of_two(issues=issues, conditions=conditions, is_second=is_second),
        asked=_asked(case),
        readiness=_readiness(case),
        rule=least_readiness.rule_today(case.edition, tier),
        differing=differing(case),
        hurried=_hurried(look),
        unsupported=_unsupported(case),
    )


def _follows(*, issues: bool, conditions: int) -> str:
    """Say whether a certificate comes of the only approval, or of the last one."""
    most = most_conditions()
    if issues and conditions > most:
        words = _(
            "Your approval does not issue a certificate. %(n)s requirements are open, but at most %(most)s of "
            "them can become conditions. The decision is “approved with a plan, no certificate yet”. The certificate "
            "is issued when the organisation has closed the actions for the requirements that have no date."
        )
        return words % {"n": conditions, "most": most}
    if not issues:
        return _(
            "Your approval does not issue a certificate. The decision is “approved with a plan, no certificate yet”."
        )
    if conditions:
        words = ngettext(
            "If the open requirement below has a date, your approval issues the certificate. If it has no date, "
            "no certificate is issued yet.",
            "If each of the %(n)s open requirements below has a date, your approval issues the certificate. If "
            "one of them has no date, no certificate is issued yet.",
            conditions,
        )
        return words % {"n": conditions}
    return _("Your approval issues the certificate at once.")


def _follows_of_two(*, issues: bool, conditions: int, is_second: bool) -> str:
    """Say what comes of the approval that is given first, from either seat (`is_second`): the other one decides."""
    most = most_conditions()
    first = (
        _(
            "You are the second reviewer, and the first reviewer has not approved yet. Your approval does not "
            "issue a certificate yet."
        )
        if is_second
        else _("Your approval is the first of two, so it does not issue a certificate yet.")
    )
    if issues and conditions > most:
        words = _(
            "The other reviewer’s approval decides the case. No certificate would be issued at once, because %(n)s "
            "requirements are open and at most %(most)s of them can become conditions. The certificate follows when the "
            "organisation has closed the actions for the other requirements."
        )
    elif not issues:
        words = _("The other reviewer’s approval decides the case. At the moment, it would not lead to a certificate.")
    elif conditions:
        words = ngettext(
            "The certificate is issued when the other reviewer approves, if the open requirement below has a date.",
            "The certificate is issued when the other reviewer approves, if each of the %(n)s open requirements below "
            "has a date.",
            conditions,
        )
    else:
        words = _("The certificate is issued when the other reviewer approves, if nothing is missing by then.")
    return f"{first} {words % {'n': conditions, 'most': most}}"


def _asked(case: ReviewCase) -> list[RequestedAction]:
    """Return the actions that come of answers accepted with one, as `agreed_actions.open_agreed_actions` names them."""
    found = []
    for target in case.targets:
        mark = case.combined.get(target)
        if mark is None or mark.mark != MarkKind.ACCEPTED_WITH_ACTION or not target.startswith("q:"):
            continue
        days = case.sent.standard_days(case.edition.questions[target.removeprefix("q:")])
        due = mark.action_due or timezone.localdate() + timedelta(days=days)
        titles = [_title_asked(one, case) for one in mark.each]
        if len(titles) > 1:  # both reviewers ask for something: one action, with the texts of both
            titles = [f"{title} ({one.by})" for title, one in zip(titles, mark.each, strict=True)]
        words = _("%(answer)s: %(titles)s") % {"answer": case.title_of(target), "titles": "; ".join(titles)}
        found.append(RequestedAction(words, case.pages.url_of(target), due, is_standard=mark.action_due is None))
    return found


def _unsupported(case: ReviewCase) -> list[tuple[str, str]]:
    """Return the answers that the reader accepts and of whose evidence the reader found that it does not support them."""
    found_against = {
        row.question for row in case.evidence_marks if row.by_id == case.reader and row.verdict == Verdict.DOES_NOT
    }
    return [
        (case.title_of(target), case.pages.url_of(target))
        for target, mark in case.marks.items()
        if mark.mark in ACCEPTING and target.removeprefix("q:") in found_against
    ]


def _title_asked(mark: ReviewMark, case: ReviewCase) -> str:
    """Quote the title of an action as its reviewer gave it: else the first line of the comment."""
    title = mark.action_title.strip() or mark.words.strip().partition("\n")[0] or case.title_of(mark.target)
    return _("“%(title)s”") % {"title": title.rstrip(" .")}


def _readiness(case: ReviewCase) -> list[tuple[str, str]]:
    """Return each dimension with its value as signed, in the order of the Guideline."""
    values = {key: score["value"] for key, score in case.content["scorecard"]["dimensions"].items()}
    return [
        (
            case.edition.terms[f"dimensions.{key}"],
            _("not assessed") if values[key] is None else _("%(value)s out of 100") % {"value": values[key]},
        )
        for key in Dimension
    ]


def _hurried(look: Look | None) -> str:
    if look is None or not look.is_short:
        return ""
    if look.marked - look.together - sum(look.taken_over.values()) < FEW_MARKS:
        return ""
    return _(
        "You set at least half of your marks in less than %(n)s seconds each. Most people need more time to read an "
        "answer with its evidence. We do not count facts and answers that you accepted together, or marks that you "
        "adopted from a colleague. Your approval records how long you took. Read the answers with their evidence again "
        "before you approve."
    ) % {"n": issuing.rules_today().short_look_seconds}
