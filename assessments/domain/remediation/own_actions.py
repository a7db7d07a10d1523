"""Actions that people add, take, begin and put into their own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit.kinds import AuditKind
from assessments.core.errors import InvalidAnswer, WorkflowError
from assessments.domain.remediation import dates
from assessments.domain.remediation.changes import (
    Kind,
    lock_action,
    lock_use,
    note,
    record,
    require_open,
    require_planner,
    require_worker,
)
from assessments.models import (
    OWN,
    ActionStatus,
    DeclaredUse,
    Edition,
    EffortChoices,
    RemediationAction,
    Submission,
    User,
)
from assessments.models.action_notes import ActionNote, coded

TITLE = 200
LINES = 12
"""Steps of one action that a person may write. Our judgement: what takes more is two actions."""


@dataclass(frozen=True, slots=True)
class NewAction:
    """What somebody enters of an action to add. `steps`: one a line."""

    title: str
    why: str
    due: date
    owner: User | None = None
    clause: str = ""
    package: str = ""
    steps: str = ""
    effort: str = EffortChoices.M


@transaction.atomic
def add(use: DeclaredUse, given: NewAction, *, by: User) -> RemediationAction:
    """Add an action that no question brought, with the next number of the use.

    It counts in no score and blocks no certificate. It is reported and accepted as other actions are, so the use must have
    been submitted. Raises InvalidAnswer naming the field.
    """
    require_planner(use.organisation, by=by)
    use = lock_use(use)
    if not Submission.objects.filter(assessment__use=use).exists():
        raise InvalidAnswer(
            "use", _("Sign the assessment of this use first. The plan is created when the assessment is signed.")
        )
    _check_new(given, use)
    title, why, owner = given.title.strip(), given.why.strip(), given.owner
    use.action_count += 1
    use.save(update_fields=["action_count"])
    action: RemediationAction = RemediationAction.objects.create(
        use=use,
        organisation=use.organisation,
        number=use.action_count,
        title=title[:TITLE],
        why_here=why,
        clause=given.clause,
        package=given.package,
        steps=_lines(given.steps),
        owner=owner,
        due=given.due,
        effort=given.effort,
        priority=OWN,
        set_by_hand=["due", "effort", "steps", "title"],
        added_by=by,
    )
    note(action, Kind.ADDED, by=by, new=title, words=why)
    if owner is not None and owner != by:
        dates.tell_owner(action, by)
    record(AuditKind.ACTION_ADDED, action, by)
    return action


def _check_new(given: NewAction, use: DeclaredUse) -> None:
    """Raise InvalidAnswer naming the field that an action to add lacks, or that is not one of the choices."""
    edition = Edition.objects.current().compiled()
    if not given.title.strip():
        raise InvalidAnswer("title", _("Say what needs to be done."))
    if not given.why.strip():
        raise InvalidAnswer("why", _("Say why this action is needed."))
    if given.due < timezone.localdate():
        raise InvalidAnswer("due", _("Choose today or a later day. This day is in the past."))
    if given.clause and given.clause not in edition.clauses:
        raise InvalidAnswer("clause", _("Choose a clause of the Guideline, or choose “No clause”."))
    if given.package and given.package not in {one.key for one in edition.packages}:
        raise InvalidAnswer("package", _("Choose a package from the plan."))
    if given.owner is not None and not roles.may(given.owner, Action.ANSWER, use.organisation_id):
        raise InvalidAnswer("owner", _("Choose an owner or contributor of the organisation."))


@transaction.atomic
def take_back(action: RemediationAction, *, by: User) -> None:
    """Undo the adding of an action: it is closed. Refused once it was reported, and for what a question brought."""
    require_planner(action.organisation, by=by)
    action = lock_action(action)
    if not action.is_own:
        raise WorkflowError(
            _(
                "You cannot withdraw this action, because it comes from a question. You can mark it as not relevant"
                " instead."
            )
        )
    require_open(action)
    action.status, action.closed_at = ActionStatus.CLOSED, timezone.now()
    action.save(update_fields=["status", "closed_at"])
    note(action, Kind.UNDONE, by=by, words=coded(ActionNote.TAKEN_BACK, name=str(by)))
    record(AuditKind.ACTION_UNDONE, action, by, what="added")


@transaction.atomic
def take(action: RemediationAction, *, by: User) -> RemediationAction:
    """Make oneself the owner of an open action that nobody owns, or whose owner left.

    Raises WorkflowError where a colleague took it in the meantime.
    """
    require_planner(action.organisation, by=by)
    action = lock_action(action)
    require_open(action)
    if action.owner_id == by.pk:
        return action
    left = RemediationAction.objects.filter(pk=action.pk).left_alone().exists()
    if action.owner_id is not None and not left:
        raise WorkflowError(_("%(name)s already owns this action.") % {"name": action.owner})
    return dates.plan(action, by=by, owner=by, due=action.due, effort=str(action.effort))


@transaction.atomic
def finish_first_step(action: RemediationAction, *, by: User) -> None:
    """Say that the first step is done: the next date is the one for all of it. Who says so becomes its owner if it has none."""
    action = lock_action(action)
    require_worker(action, by=by)
    require_open(action)
    if action.first_step_on is not None:
        return
    if action.full_due is None:
        raise WorkflowError(_("Report the whole action as done. This action has no separate first step."))
    action.first_step_on = timezone.localdate()
    action.owner = action.owner or by
    action.save(update_fields=["first_step_on", "owner"])
    note(action, Kind.STARTED, by=by)
    record(AuditKind.ACTION_STARTED, action, by)


@transaction.atomic
def undo_first_step(action: RemediationAction, *, by: User) -> None:
    """Take back that the first step is done."""
    action = lock_action(action)
    require_worker(action, by=by)
    require_open(action)
    if action.first_step_on is None:
        return
    action.first_step_on = None
    action.save(update_fields=["first_step_on"])
    note(action, Kind.UNDONE, by=by, words=coded(ActionNote.FIRST_STEP_UNDONE))
    record(AuditKind.ACTION_UNDONE, action, by, what="started")


# --- words ---------------------------------------------------------------------------------------------------------------


@transaction.atomic
def edit(action: RemediationAction, *, by: User, title: str, steps: str) -> RemediationAction:
    """Put title and steps of an open action into one's own words, which stay over the next rounds.

    `steps`: one a line, none for the edition's. The original title stays beside the new one. Raises InvalidAnswer.
    """
    action = lock_action(action)
    require_worker(action, by=by)
    require_open(action)
    title, lines = title.strip(), _lines(steps)
    if not title:
        raise InvalidAnswer("title", _("Say what needs to be done."))
    if len(lines.splitlines()) > LINES:
        raise InvalidAnswer("steps", _("Write at most %(n)s steps, or split the action.") % {"n": LINES})
    changed = rename(action, title[:TITLE], by=by)
    if lines != action.steps:
        action.steps = lines
        _by_hand(action, "steps", on=bool(lines) or action.is_own)
        note(action, Kind.STEPS, by=by, words=lines or _("The original steps were restored."))
        changed = True
    if changed:
        action.save(update_fields=["title", "original_title", "steps", "set_by_hand"])
        record(AuditKind.ACTION_EDITED, action, by)
    return action


@transaction.atomic
def restore_words(action: RemediationAction, *, by: User) -> RemediationAction:
    """Undo the editing of an action that a question brought: it has the edition's title and steps again."""
    if action.is_own:
        raise WorkflowError(_("Your organisation added this action, so it has no original wording."))
    return edit(action, by=by, title=action.original_title or action.title, steps="")


def rename(action: RemediationAction, title: str, *, by: User) -> bool:
    """Give an action another title, and keep the original; the caller saves it. Returns whether anything changed."""
    if title == action.title:
        return False
    note(action, Kind.TITLE, by=by, old=action.title, new=title)
    if not action.is_own:
        original = action.original_title or action.title
        action.original_title = "" if title == original else original
        _by_hand(action, "title", on=bool(action.original_title))
    action.title = title
    return True


def _by_hand(action: RemediationAction, what: str, *, on: bool) -> None:
    action.set_by_hand = sorted({*action.set_by_hand, what} if on else {*action.set_by_hand} - {what})


def _lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())
