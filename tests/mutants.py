"""Products with a guard taken out: whatever holds only because of that guard has to fail then."""

from __future__ import annotations

import inspect
import sys
import textwrap
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Guard:
    """Where a guard stands, `module.function` below `assessments`; its text there; and what is put in its place."""

    function: str
    text: str
    instead: str = "if False:"


TEAM = "if by.pk in delivery_team(assessment):"
GUARDS: dict[str, tuple[Guard, ...]] = {
    "the team does not decide": (Guard("declaring.require_seat", TEAM), Guard("workflow.obstacles_to_approve", TEAM)),
    "who left does not decide": (
        Guard("declaring.require_seat", "if not access.submissions_for(by).filter(pk=submission.pk).exists():"),
    ),
    "who has a conflict does not decide": (Guard("declaring.require_seat", "if access.has_conflict(by, assessment):"),),
    "who may not review keeps no seat": (
        Guard(
            "domain.review.rounds._is_kept",
            "if holder.pk in team or access.has_conflict(holder, submission.assessment_id):",
        ),
    ),
    "declares again first": (Guard("declaring.require_seat", "if seat.to_declare:"),),
    "every answer is marked": (
        Guard("workflow.obstacles_to_approve", "if left:"),
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
    "no change is asked for": (Guard("workflow.obstacles_to_approve", "if changes:"),),
    "every part of the file is judged": (Guard("domain.review.parts.obstacles", "if left:"),),
    "no part is left unsupported": (
        Guard("domain.review.parts.obstacles", "if mark.verdict == PartVerdict.DOES_NOT:"),
    ),
    "a hold is closed first": (
        Guard(
            "workflow.blockers",
            "for hold in plan.holds:",
            "for hold in ():",
        ),
    ),
    "High takes two": (Guard("workflow.approve", "complete = not high or (", "complete = True or ("),),
    "one of the two is independent": (
        Guard("workflow.take", "if not independent:"),
        Guard("workflow.approve", "if high and seat.seat == Seat.SECOND and not independent:"),
        Guard("workflow.approve", "(independent or given[0].independent)", "True"),
    ),
    "the reviewing body judges what was sent to it": (
        Guard("access.require_route", "if submission.route == Route.INDEPENDENT and not independent:"),
    ),
    "nothing is issued over a blocker": (
        Guard(
            "workflow._issue_if_clear", "if blockers(submission) or assessment.stale_since", "if assessment.stale_since"
        ),
    ),
    "only these moves are made": (Guard("workflow._move", "if to not in MOVES[State(assessment.state)]:"),),
    "who comes second is told so": (Guard("workflow.take", "except IntegrityError:", "except ZeroDivisionError:"),),
    "only a Low use is self-certified": (
        Guard("workflow.obstacles_to_self_certify", "if use.assigned_tier != Tier.LOW:"),
    ),
    "only owners sign": (
        Guard(
            "access.require_member",
            "if membership is None or membership.role not in MAY[action]:",
            "if membership is None:",
        ),
    ),
    "answers are locked": (Guard("declaring._save_answer", "if not assessment.is_editable:"),),
    "facts are locked": (
        Guard("declaring.editable_facts", "if assessment is None or assessment.state == State.DRAFT:", "if True:"),
    ),
    "a changed fact is told on the certificate": (
        Guard("declaring._refresh", "staleness.flag(assessment, staleness.Kind.FACT, why, by=by)", "pass"),
    ),
    "one assessment is open": (Guard("declaring.start_assessment", "if found:"),),
    "one certificate runs": (Guard("workflow._issue_if_clear", "if previous:"),),
    "nothing is issued on a stale approval": (
        Guard(
            "workflow._issue_if_clear", "blockers(submission) or assessment.stale_since or", "blockers(submission) or"
        ),
    ),
    "each mark is kept": (
        Guard("reviewing._write", "_version(revisions, row, number, operation, base, record, by, outcome)", "pass"),
    ),
    "each word is kept": (Guard("declaring._save_answer", "_KEEP.write(", "dict("),),
}


def take_out(patch: pytest.MonkeyPatch, *guards: Guard) -> None:
    """Put functions without these guards in the place of the product's, wherever a module has them by that name.

    A guard has to stand there just once: when the source changes, its mutant has to be looked at again.
    """
    sources: dict[Any, str] = {}
    for guard in guards:
        module, _dot, name = guard.function.rpartition(".")
        function = getattr(sys.modules[f"assessments.{module}"], name)
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
