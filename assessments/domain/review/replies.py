"""What the organisation says to a returned answer or fact."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.core.errors import Conflict, InvalidAnswer, Locked, NotPermitted
from assessments.domain.review import marks
from assessments.models import Assessment, MarkKind, MarkReply, State, User

# --- the organisation's reply ------------------------------------------------------------------------------------------


def reply(
    assessment: Assessment,
    target: str,
    *,
    by: User,
    words: str,
    base: int | None = None,
    operation: uuid.UUID | None = None,
) -> MarkReply:
    """Say something to a returned answer or fact, with or without changing it; empty words take the reply back.

    Raises NotPermitted for a colleague without the role or the assignment, Locked unless it was returned, InvalidAnswer
    where the reviewer did not return this, Conflict where a newer reply stands.
    """
    with transaction.atomic():
        assessment, member = roles.lock_with_member(by, assessment)
        if assessment.state != State.RETURNED:
            raise Locked(
                _(
                    "Your reply was not saved, because this assessment currently has no open requests for changes. "
                    "What you typed is still on this page."
                )
            )
        submission = assessment.current_submission
        assert submission is not None
        if not submission.marks.filter(target=target, mark=MarkKind.CHANGE_NEEDED).exists():
            raise InvalidAnswer("words", _("The reviewer did not ask for a change here."))
        kind, key = target[:2], target[2:]
        targets = roles.assigned_targets(by, assessment, member)
        if targets is not None:
            question = assessment.compiled().questions.get(key) if kind == "q:" else None
            if question is None or not {question.key, question.section} & targets:
                raise NotPermitted(
                    _(
                        "Ask an owner to assign this question to you. You have access only to work that is assigned"
                        " to you."
                    )
                )
        row = submission.replies.filter(target=target).select_related("by").first()
        if row is None:
            if not words.strip():
                raise InvalidAnswer("words", _("Write the reply first."))
            row = MarkReply(submission=submission, target=target, revision=0, by=by)
        kept = marks.write_version(row, {"words": words}, marks.Saving(by, base, operation))
    if kept is False:
        said = _("%(name)s changed this reply while you were writing. Nothing was overwritten.")
        raise Conflict(said % {"name": row.by}, row)
    return row


def untouched(assessment: Assessment, changed: Collection[str]) -> tuple[str, ...]:
    """Return the returned targets that were neither changed nor replied to. `changed`: what differs from what was sent."""
    submission = assessment.current_submission
    if assessment.state != State.RETURNED or submission is None:
        return ()
    replied = set(submission.replies.exclude(words="").values_list("target", flat=True))
    returned = submission.marks.filter(mark=MarkKind.CHANGE_NEEDED).order_by("pk").values_list("target", flat=True)
    return tuple(target for target in dict.fromkeys(returned) if target not in changed and target not in replied)
