"""Products with a guard taken out: whatever holds only because of that guard has to fail then."""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest


@dataclass(frozen=True)
class Guard:
    """Where a guard stands, `module.function` below `assessments`; its text there; and what is put in its place."""

    function: str
    text: str
    instead: str = "if False:"


TEAM, TEAM_KNOWN = "if by.pk in delivery_team(assessment):", "if reviewer.in_team:"
GUARDS: dict[str, tuple[Guard, ...]] = {
    "the team does not decide": (
        Guard("access.separation.require_seat", TEAM_KNOWN),
        Guard("domain.review.approval.obstacles_to_approve", TEAM),
    ),
    "who left does not decide": (Guard("access.separation.require_seat", "if not reviewer.may_know:"),),
    "who has a conflict does not decide": (Guard("access.separation.require_seat", "if reviewer.has_conflict:"),),
    "who may not review keeps no seat": (
        Guard(
            "domain.review.rounds._is_kept",
            "if holder.pk in team or separation.has_conflict(holder, submission.assessment_id):",
        ),
    ),
    "declares again first": (Guard("access.separation.require_seat", "if seat.to_declare:"),),
    "every answer is marked": (
        Guard("domain.review.approval.obstacles_to_approve", "if left:"),
        Guard("domain.review.approvals.obstacles", "if look.judged < look.asked:"),
    ),
    "the own set is opened and judged": (
        Guard("domain.review.approvals.obstacles", "if look.judged < look.asked:"),
        Guard("domain.review.approvals.obstacles", "if look.opened < look.openable:"),
        Guard("domain.review.approvals.obstacles", "if look.pieces_judged < look.pieces:"),
    ),
    "a mark counts for its own seat alone": (
        Guard(
            "domain.review.approvals.look_of",
            "standing = [row for row in rows if row.seat == seat.seat and row.mark]",
            "standing = [row for row in submission.marks.all() if row.mark]",
        ),
        Guard("domain.review.own_marks.is_own", "mark.by_id == holder and", "True and"),
        Guard(
            "domain.review.approvals.look_of",
            "sum(row.by_id == seat.reviewer_id for row in standing)",
            "len({row.target for row in standing})",
        ),
    ),
    "marks lock with an approval": (Guard("domain.review.cases.open_case", "if has_approved(submission, by):"),),
    "an approval is taken back by its own reviewer": (
        Guard(
            "domain.review.approvals.take_back_approval",
            "submission.decisions.approvals().filter(by=by).first()",
            "submission.decisions.approvals().first()",
        ),
    ),
    "a mark without its own page is not opened": (
        Guard("domain.review.opened.shown_at", 'if about != f"{by.pk}:{submission.pk}:{target}":'),
    ),
    "nothing of the own set is accepted together": (
        Guard("domain.review.targets.left_to_accept", "target not in own_look and", "True and"),
    ),
    "what is accepted together is fully in place": (
        Guard(
            "domain.review.targets.left_to_accept",
            "and is_fully_in_place(content, target)",
            "and True",
        ),
    ),
    "nothing of the own set is taken over": (
        Guard("domain.review.own_marks.may_take_over", "and row.target not in own", "and True"),
    ),
    "a case opens by a declaration of interests": (
        Guard(
            "access.finders.cases.gate_of_case",
            "return (Q(Exists(said)) | Q(Exists(sits))) & ~closed",
            "return ~closed",
        ),
    ),
    "a conflict closes a case": (
        Guard(
            "access.finders.cases.gate_of_case",
            "return (Q(Exists(said)) | Q(Exists(sits))) & ~closed",
            "return Q(Exists(said))",
        ),
        Guard("access.separation.require_seat", "if reviewer.has_conflict:"),
    ),
    "who has no seat closes no action": (
        Guard("domain.remediation.closing.require_judging_seat", "if reviewer.seat is None:"),
        Guard(
            "domain.remediation.closing.require_judging_seat",
            "seat = separation.require_seat(reviewer)",
            "seat = reviewer.seats[0]",
        ),
    ),
    "no action is judged in a closed case": (
        Guard("domain.remediation.closing._require_judging", "if not is_judging(assessment):"),
    ),
    "what blocks is reported with evidence": (
        Guard(
            "domain.remediation.closing.missing_evidence",
            "if not (blocks(action) if blocking is None else blocking):",
            "if True:",
        ),
    ),
    "each piece of an action is judged": (Guard("domain.remediation.closing.obstacles_to_accept", "if left:"),),
    "a piece supports that an action is done": (
        Guard("domain.remediation.closing.obstacles_to_accept", "elif pieces and not any(", "elif False and not any("),
        Guard("domain.remediation.closing.obstacles_to_accept", "elif not missing and blocks(action):", "elif False:"),
    ),
    "at High two close what blocks": (
        Guard(
            "domain.remediation.closing.takes_two",
            "return submission.assigned_tier == Tier.HIGH and blocks(action)",
            "return False",
        ),
    ),
    "at High the two who close are two": (
        Guard(
            "domain.remediation.closing.refusal",
            "if action.accepted_by_id is not None and action.accepted_by_id == seat.reviewer_id:",
        ),
    ),
    "at High the independent seat accepts": (
        Guard(
            "domain.remediation.closing.refusal",
            "if action.accepted_by_id is None and not (seat.independent and independent):",
        ),
    ),
    "nobody oversees and reviews": (
        Guard("domain.answering.overseers.require_not_overseer", "if is_named(user, rows_in(submission)):"),
    ),
    "a second part asks for a word": (
        Guard(
            "domain.certificates.second_use.require_words", "if words or all(one.why for one in others):", "if True:"
        ),
    ),
    "a question is closed once it is answered with evidence": (
        Guard("domain.review.holds._refusals", "if waits := waits_for_answer(hold):"),
    ),
    "what was added after the signing is judged": (
        Guard("domain.review.supplements.obstacles", "if seat is None:", "if True:"),
    ),
    "nothing is added after the decision": (
        Guard("domain.review.supplements.is_open", "assessment.state in OPEN and", "True and"),
    ),
    "an incident is ended by a reviewer": (
        Guard("domain.certificates.standing.refusals", "if incidents.suspends(certificate):"),
    ),
    "nothing is issued below the least readiness": (
        Guard("domain.certificates.issue.issue_if_clear", "if least_readiness.below(submission) is not None:"),
    ),
    "at most twelve musts are conditions": (
        Guard("domain.certificates.conditions.require_few_enough", "if len(conditions) > most:"),
    ),
    "a successor is asked as a reviewer is": (
        Guard(
            "domain.review.successors.require_successor", "if by.pk in separation.delivery_team(submission.assessment):"
        ),
        Guard(
            "domain.review.successors.require_successor", "if separation.has_conflict(by, submission.assessment_id):"
        ),
    ),
    "no change is asked for": (Guard("domain.review.approval.obstacles_to_approve", "if changes:"),),
    "every part of the file is judged": (Guard("domain.review.parts.obstacles", "if left:"),),
    "no part is left unsupported": (
        Guard("domain.review.parts.obstacles", "if mark.verdict == PartVerdict.DOES_NOT:"),
    ),
    "a hold is closed first": (
        Guard(
            "domain.certificates.blockers.blockers",
            "for hold in plan.holds:",
            "for hold in ():",
        ),
    ),
    "High takes two": (Guard("domain.review.approval.approve", "complete = not high or (", "complete = True or ("),),
    "one of the two is independent": (
        Guard("domain.review.seats._require_independent", "if not reviewer.is_independent:"),
        Guard("domain.review.approval.approve", "if high and seat.seat == Seat.SECOND and not independent:"),
        Guard("domain.review.approval.approve", "(independent or given[0].independent)", "True"),
    ),
    "the reviewing body judges what was sent to it": (
        Guard("access.separation.require_route", "if submission.route == Route.INDEPENDENT and not independent:"),
    ),
    "nothing is issued over a blocker": (
        Guard(
            "domain.certificates.issue.issue_if_clear",
            "if blockers.blockers(submission) or assessment.stale_since",
            "if assessment.stale_since",
        ),
    ),
    "only these moves are made": (Guard("domain.workflow.move", "if to not in MOVES[State(assessment.state)]:"),),
    "who comes second is told so": (Guard("domain.review.seats._free_seat", "if seat in held:"),),
    "only a Low use is self-certified": (
        Guard("domain.submission.self_certify.obstacles_to_self_certify", "if use.assigned_tier != Tier.LOW:"),
    ),
    "only owners sign": (
        Guard(
            "access.roles.require_member",
            "if membership is None or membership.role not in MAY[action]:",
            "if membership is None:",
        ),
    ),
    "answers are locked": (Guard("domain.answering.answers._save_answer", "if not assessment.is_editable:"),),
    "facts are locked": (
        Guard(
            "domain.facts.declare.editable_facts",
            "if assessment is None or assessment.state == State.DRAFT:",
            "if True:",
        ),
    ),
    "a changed fact is told on the certificate": (
        Guard("domain.facts.tier.refresh", "staleness.flag(assessment, staleness.Kind.FACT, why, by=by)", "pass"),
    ),
    "one assessment is open": (Guard("domain.answering.start.start_assessment", "if found:"),),
    "one certificate runs": (Guard("domain.certificates.issue.issue_if_clear", "if previous:"),),
    "nothing is issued on a stale approval": (
        Guard(
            "domain.certificates.issue.issue_if_clear",
            "blockers(submission) or assessment.stale_since or",
            "blockers(submission) or",
        ),
    ),
    "each mark is kept": (
        Guard(
            "domain.review.marks.write_version",
            "_keep(row, number, record, replace(saving, base=base, operation=operation))",
            "pass",
        ),
    ),
    "each word is kept": (Guard("domain.answering.answers._write", "_KEEP.write(", "dict("),),
}


# Seldom met by chance in a random story: each has a test of its own that fails without it.
SELDOM_MET = {
    "one of the two is independent",
    "no part is left unsupported",
    "a hold is closed first",
    "nothing is issued on a stale approval",
    "who may not review keeps no seat",
    "declares again first",
    "a mark counts for its own seat alone",
    "what is accepted together is fully in place",
    "nothing of the own set is taken over",
    "a case opens by a declaration of interests",
    "a conflict closes a case",
    "who has no seat closes no action",
    "no action is judged in a closed case",
    "each piece of an action is judged",
    "a piece supports that an action is done",
    "at High two close what blocks",
    "at High the two who close are two",
    "at High the independent seat accepts",
    "nobody oversees and reviews",
    "a second part asks for a word",
    "a question is closed once it is answered with evidence",
    "nothing is added after the decision",
    "an incident is ended by a reviewer",
    "nothing is issued below the least readiness",
    "at most twelve musts are conditions",
    "a successor is asked as a reviewer is",
}


@dataclass(frozen=True)
class Failing:
    """A test that fails without a guard, and what it is called with besides its fixtures."""

    test: Callable[..., None]
    given: tuple[Any, ...]


FAILS_WITHOUT: dict[str, Failing] = {}
"""By guard: the test that names it."""


def fails_without[Test: Callable[..., None]](guard: str, *given: Any) -> Callable[[Test], Test]:
    """Note beside a test that it fails when this guard is taken out of the product. `given`: its parameters for that."""

    def noted(test: Test) -> Test:
        assert guard in GUARDS, f"no such guard: {guard}"
        assert guard not in FAILS_WITHOUT, f"two tests name the guard: {guard}"
        FAILS_WITHOUT[guard] = Failing(test, given)
        return test

    return noted


def take_out(patch: pytest.MonkeyPatch, *guards: Guard) -> None:
    """Put functions without these guards in the place of the product's, wherever a module has them by that name.

    A guard has to stand there just once: when the source changes, its mutant has to be looked at again.
    """
    sources: dict[Any, str] = {}
    for guard in guards:
        module, _dot, name = guard.function.rpartition(".")
        function = getattr(import_module(f"assessments.{module}"), name)
        source = sources.get(function) or textwrap.dedent(inspect.getsource(function))
        assert source.count(guard.text) == 1, (
            f"{guard.function} has this {source.count(guard.text)} times: {guard.text}"
        )
        sources[function] = source.replace(guard.text, guard.instead)
    for function, source in sources.items():
        made: dict[str, Any] = {}
        home = sys.modules[function.__module__]
        text = "from __future__ import annotations\n" + source
        exec(compile(text, f"<{function.__qualname__}, mutated>", "exec"), vars(home), made)
        for module in list(sys.modules.values()):
            if module.__name__.startswith("assessments") and vars(module).get(function.__name__) is function:
                patch.setattr(module, function.__name__, made[function.__name__])
