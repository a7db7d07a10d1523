"""What pages share on which a reviewer judges things one below the other, each by a form of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from assessments.core.errors import Conflict
from assessments.forms.base import refusals
from assessments.forms.judgements import JudgementForm


@dataclass
class JudgedItem[Mark]:
    """One thing to judge: what it is called, where it stands on the page, and what this reviewer found of it."""

    anchor: str
    label: str
    own: Mark | None = None
    form: JudgementForm | None = None
    theirs: Mark | None = None  # saved on another page meanwhile

    def save(self, judge: Callable[..., Mark]) -> bool | None:
        """Save the judgement by `judge` if it changed. None: it could not be saved, and the form says why."""
        form = self.form
        if form is None or not form.is_valid():
            return None
        if not form.changes_something:
            return False
        with refusals(form) as refused:
            self.own = judge(
                base=form.cleaned_data["base"] or 0, operation=form.cleaned_data["operation"], **form.to_save
            )
            return True
        if conflict := refused.error_as(Conflict):
            self.theirs = conflict.current
            form.write_again(conflict.current.revision)
        return None


def errors_of(shown: Iterable[JudgedItem[Any]]) -> list[tuple[str, str]]:
    """List the faults of a page for its summary: the place of each, and its words under the name of what is judged."""
    return [
        (f"{one.anchor}-{name}" if name != "__all__" else one.anchor, f"{one.label}: {message}")
        for one in shown
        if one.form is not None and one.form.is_bound
        for name, found in one.form.errors.items()
        for message in found
    ]
