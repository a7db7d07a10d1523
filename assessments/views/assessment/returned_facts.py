"""The facts of a return: shown beside what was sent, changed and saved on the same page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from assessments.core.errors import WouldHide
from assessments.domain.facts import declare
from assessments.forms.base import Refused, refusals, sentence_of
from assessments.forms.facts import FactsForm
from assessments.guideline.wording import fact_answer
from assessments.models import DeclaredFact
from assessments.views.assessment.member_case import MemberCase
from assessments.views.assessment.replies import ReplyBox


@dataclass
class ReturnedFact:
    """A fact that the reviewer wants looked at again."""

    label: str
    question: str
    group: str
    before: str
    now: str
    reason: str
    mark: Any
    dealt_with: bool
    box: ReplyBox | None = None
    field: Any = None  # the controls, for who may change it here
    why: Any = None
    base: Any = None


def stored_facts(case: MemberCase) -> dict[str, DeclaredFact]:
    """Return the stored facts of the use by key: one query."""
    return {row.key: row for row in case.assessment.use.fact_rows().select_related("by")}


def form_of_facts(
    case: MemberCase, keys: Collection[str], rows: Mapping[str, DeclaredFact], data: QueryDict | None
) -> FactsForm | None:
    """Return the form of the returned facts, bound where one of them was posted; None for a member who may not change them."""
    asked = [fact for key, fact in case.edition.facts.items() if key in keys]
    if not asked or not case.sees_all or not case.may_answer:
        return None
    posted = data is not None and any(f"base_{fact.key}" in data for fact in asked)
    return FactsForm(data if posted else None, facts=asked, rows=rows)


def _said_of_facts(error: Refused) -> str:
    """Return why facts are not saved here; only their own page shows the answers that they would hide."""
    if not isinstance(error, WouldHide):
        return sentence_of(error)
    words = _(
        "Not saved, because this change would hide %(n)s existing answers. Make the change on the page where "
        "the fact is declared. That page shows you the answers that would be hidden, before you save."
    )
    return words % {"n": len(error.answers)}


def save_facts(case: MemberCase, form: FactsForm) -> list[tuple[str, str]]:
    """Save the facts that changed; return the errors as (anchor, sentence). What was refused stays in its controls."""
    if not form.is_bound:
        return []
    form.is_valid()
    places = {key: f"f-{key}" for key in form.facts}
    conflicts: tuple[str, ...] = ()
    with refusals(form, say=_said_of_facts):
        if values := form.values():
            conflicts = declare.declare_facts(
                case.assessment.use,
                values,
                by=case.user,
                reasons=form.reasons(),
                bases=form.bases(),
                operation=form.cleaned_data.get("operation"),
                hiding=(),
            ).conflicts
    for key in conflicts:
        words = _(
            "Somebody changed “%(fact)s” while you were on this page. Nothing was overwritten. Choose an "
            "answer on the page where the fact is declared."
        )
        form.add_error(key, words % {"fact": form.facts[key].label})
    first = next(iter(places.values()))
    return [
        (places.get(name.removeprefix("reason_"), first), str(message))
        for name, messages_of_field in form.errors.items()
        for message in messages_of_field
    ]


def returned_facts(
    case: MemberCase,
    content: Mapping[str, Any],
    marks: Mapping[str, Any],
    boxes: Mapping[str, ReplyBox],
    now: Mapping[str, DeclaredFact],
) -> list[ReturnedFact]:
    """Return the facts that were sent back. `now` has all facts of the use as they are stored."""
    then = {fact["key"]: fact for fact in content["facts"]}
    found = []
    for target, mark in marks.items():
        key = target.removeprefix("f:")
        if key == target or key not in case.edition.facts:
            continue
        fact, before, row = case.edition.facts[key], then.get(key), now.get(key)
        found.append(
            ReturnedFact(
                label=fact.label,
                question=fact.question,
                group=fact.group,
                before=fact_answer(fact, before["value"]) if before else "",
                now=fact_answer(fact, row.value) if row else "",
                reason=row.reason if row else "",
                mark=mark,
                dealt_with=bool(row and (not before or (row.value, row.reason) != (before["value"], before["reason"])))
                or bool(target in boxes and boxes[target].is_given),
                box=boxes.get(target),
            )
        )
    return found


def add_controls(facts: Iterable[ReturnedFact], form: FactsForm) -> None:
    """Give each fact its controls in the form."""
    for fact in facts:
        key = fact.mark.target.removeprefix("f:")
        fact.field, fact.base = form[key], form[f"base_{key}"]
        fact.why = form[f"reason_{key}"] if f"reason_{key}" in form.fields else None
