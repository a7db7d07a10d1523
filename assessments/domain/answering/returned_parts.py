"""Parts of the conformity file that go back with a submission."""

from __future__ import annotations

from collections.abc import Iterable

from assessments.guideline.gates import FilePart
from assessments.models import Assessment, PartMark, ReturnTask, Submission, edition_for


def parts_of(submission: Submission) -> tuple[FilePart, ...]:
    """Return the parts of the file that the tier of a submission asks for; none where it asks for no file."""
    return edition_for(submission.edition_checksum).gates.parts_for(submission.assigned_tier)


# --- returning ---------------------------------------------------------------------------------------------------------


def returned(submission: Submission) -> dict[str, list[PartMark]]:
    """Return the judgements by which parts go back with a submission, by part, in the order of the file."""
    found: dict[str, list[PartMark]] = {}
    marks = submission.part_marks.filter(returned=True).exclude(verdict="").select_related("by").order_by("pk")
    for mark in marks:
        found.setdefault(mark.part, []).append(mark)
    order = [part.key for part in parts_of(submission)]
    return {key: found[key] for key in order if key in found}


def open_when_returned(assessment: Assessment, asked: Iterable[FilePart]) -> set[str]:
    """Return the keys of the parts that a returned assessment may change: as with answers, those that were returned.

    With them what the return asks for by name, and what was not given yet when it was signed.
    """
    submission = assessment.current_submission
    keys = {part.key for part in asked}
    if submission is None:
        return keys
    given = {part["part"] for part in submission.content().get("conformity", ())}
    tasks = ReturnTask.objects.filter(decision__submission=submission, key__startswith="part:")
    named = {key.removeprefix("part:") for key in tasks.values_list("key", flat=True)}
    return keys & (set(returned(submission)) | named | (keys - given))
