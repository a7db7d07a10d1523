"""Where the seats of a case judge the same fact or answer differently."""

from __future__ import annotations

from collections.abc import Iterable

from assessments.models import ReviewMark


def between(marks: Iterable[ReviewMark]) -> dict[str, list[ReviewMark]]:
    """Return by target the marks of both seats where they are not of the same kind. Our judgement: the stricter counts."""
    found: dict[str, list[ReviewMark]] = {}
    for mark in sorted(marks, key=lambda mark: mark.seat):
        if mark.mark:
            found.setdefault(mark.target, []).append(mark)
    return {target: rows for target, rows in found.items() if len({row.mark for row in rows}) > 1}
