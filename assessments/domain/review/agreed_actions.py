"""Actions that reviewers asked for on accepting an answer."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from assessments.domain.review.own_marks import combined
from assessments.domain.review.standard_dates import standard_days, strength_of
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import Tier
from assessments.models import ActionStatus, MarkKind, RemediationAction, Submission, edition_for
from assessments.models.snapshots import declared_in

TITLE = 200  # characters of an action's title


# --- what there is to judge --------------------------------------------------------------------------------------------


def longest_action_days(edition: CompiledEdition, tier: Tier) -> int:
    """Return how far ahead the date of an agreed action may lie: the longest period that the policy gives at this tier."""
    return max(edition.policy.due_days[tier].values())


def open_agreed_actions(submission: Submission) -> list[RemediationAction]:
    """Turn what reviewers asked for on accepting an answer into actions of the plan: the open one of its question, or new.

    Called by the move that approves, under its locks; asked again it changes nothing. Our judgement: without a date an
    action is due as a duty of its question's greatest strength would be, and counts as that in the order of the plan.
    """
    edition, use = edition_for(submission.edition_checksum), submission.assessment.use
    content = submission.content()
    declared = declared_in(content)
    agreed = {
        mark.target.removeprefix("q:"): mark
        for mark in combined(submission).values()
        if mark.mark == MarkKind.ACCEPTED_WITH_ACTION and mark.target.startswith("q:")
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
        due = mark.action_due or today + timedelta(days=standard_days(edition, declared, question))
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
                priority=str(strength_of(edition, declared, question)),
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
