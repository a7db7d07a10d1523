"""A submission as its reviewers see it: its facts and answers in rows, each with its mark and the round before.

Everything comes from the frozen submission, reached by `access.submissions_for`; the living draft is never read.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments import access, declaring, workflow
from assessments.errors import NotPermitted
from assessments.forms.reviews import MarkForm
from assessments.guideline.edition import Edition
from assessments.guideline.terms import UNKNOWN, Choice, Strength
from assessments.models import (
    MarkKind,
    ReviewMark,
    ReviewSeat,
    State,
    Submission,
    User,
    edition_for,
)
from assessments.models.snapshots import evidence_of
from assessments.views.wording import (
    answer_lines,
    as_day,
    as_moment,
    choice_word,
    declared_in,
    fact_answer,
    submitted_pieces,
)

FACTS = "facts"
NOT_APPLICABLE = "not-applicable"


@dataclass
class Row:
    """One fact or answer to judge, as it was submitted, beside the mark on it."""

    target: str
    title: str
    text: str
    now: dict[str, Any]
    before: dict[str, Any] | None = None  # of the last round, where it differed
    changed: bool = False
    mark: ReviewMark | None = None
    clauses: list[tuple[str, str, str]] = field(default_factory=list)
    blocks: bool = False
    form: MarkForm | None = None

    @property
    def anchor(self) -> str:
        return self.target.replace(":", "-")

    @property
    def state(self) -> str:
        return str(self.mark.mark) if self.mark else "not_looked_at"

    @property
    def carried_round(self) -> int | None:
        carried = self.mark.carried_from if self.mark else None
        return carried.submission.round if carried else None

    @property
    def waits(self) -> bool:
        """Tell whether the reviewer has something to look at: it changed, or has no mark of this round's."""
        return self.changed or self.carried_round is None

    @cached_property
    def difference(self) -> tuple[list[tuple[bool, str]], list[tuple[bool, str]]] | None:
        return word_difference(self.before["note"], self.now["note"]) if self.before else None


@dataclass
class Group:
    """A page of rows: the facts, or one section."""

    key: str
    title: str
    rows: list[Row]

    @property
    def marked(self) -> int:
        return sum(row.mark is not None for row in self.rows)

    @property
    def changed(self) -> int:
        return sum(row.changed for row in self.rows)

    @property
    def waiting(self) -> list[Row]:
        return [row for row in self.rows if row.waits]

    @property
    def left(self) -> int:
        return len(self.rows) - self.marked


class Case:
    """A submission with its seats, its marks and the round before it, arranged for the pages of a review."""

    def __init__(self, user: User, reference: str) -> None:
        self.door = door = access.submissions_for(user)
        # The snapshots are what a case is about, so they come along; lists leave them out.
        self.submission: Submission = get_object_or_404(
            door.defer(None).select_related("assessment__use__system__organisation"), reference=reference
        )
        self.user = user
        self.assessment = self.submission.assessment
        self.use = self.assessment.use
        self.edition: Edition = edition_for(self.submission.edition_checksum)
        self.content = self.submission.content()
        self.seats: list[ReviewSeat] = list(self.submission.seats.select_related("reviewer").order_by("pk"))
        self.seat = next((seat for seat in self.seats if seat.reviewer_id == user.pk), None)
        self.marks: dict[str, ReviewMark] = {
            mark.target: mark
            for mark in self.submission.marks.select_related("by", "carried_from__submission").defer(
                "carried_from__submission__snapshot"
            )
        }
        self.before: dict[str, Any] | None = None
        self.round_before = 0
        if self.submission.round > 1:
            earlier = (
                door.defer(None)
                .filter(assessment=self.assessment, round__lt=self.submission.round)
                .order_by("-round")
                .first()
            )
            if earlier:
                self.before, self.round_before = earlier.content(), earlier.round
        self.changed = workflow.changed_targets(self.before, self.content) if self.before else set()

    def require_seat(self) -> ReviewSeat:
        """Return the person's seat; raises NotPermitted for somebody who may read the case and has not taken it."""
        if self.seat is None:
            raise NotPermitted(_("Take the case before you mark its answers or decide on it."))
        return self.seat

    @property
    def is_current(self) -> bool:
        return self.assessment.current_submission_id == self.submission.pk

    @property
    def is_open(self) -> bool:
        """Tell whether marks may be set: with a seat, while the submission is under review."""
        return self.seat is not None and self.is_current and self.assessment.state == State.IN_REVIEW

    @cached_property
    def targets(self) -> tuple[str, ...]:
        return declaring.review_targets(self.content)

    @property
    def left(self) -> int:
        return sum(target not in self.marks for target in self.targets)

    @property
    def changes(self) -> list[ReviewMark]:
        """The marks that ask for a change, in the order of the questionnaire."""
        return [
            self.marks[target]
            for target in self.targets
            if target in self.marks and self.marks[target].mark == MarkKind.CHANGE_NEEDED
        ]

    @cached_property
    def groups(self) -> list[Group]:
        groups = [Group(FACTS, _("Facts"), [self._fact_row(fact) for fact in self.content["facts"]])]
        sections: dict[str, Group] = {}
        for shown in self.content["questions"]:
            question = self.edition.questions[shown["question"]]
            title = self.edition.section_of[question.section].title
            group = sections.setdefault(question.section, Group(question.section, title, []))
            group.rows.append(self._answer_row(shown))
        return groups + list(sections.values())

    @cached_property
    def rows(self) -> dict[str, Row]:
        return {row.target: row for group in self.groups for row in group.rows}

    @cached_property
    def not_applicable(self) -> Group:
        """The answers by which a must, whole or as a line of a checklist, is not applicable: one page of their own."""
        left_out = {
            f"q:{finding['question']}"
            for finding in self.content["findings"]
            if finding["kind"] == "not_applicable" and finding["strength"] == Strength.MUST
        }
        rows = [row for row in self.rows.values() if row.target in left_out]
        return Group(NOT_APPLICABLE, _("Musts that are not applicable"), rows)

    def group(self, key: str) -> Group:
        found = next((group for group in self.groups if group.key == key), None)
        if found is None:
            raise Http404
        return found

    def url(self, group: str, target: str = "") -> str:
        """The page of a group; with a target the place on it, shown whether or not it changed."""
        reference = self.submission.reference
        own = {FACTS: "review_facts", NOT_APPLICABLE: "review_not_applicable"}
        page = reverse(own[group], args=[reference]) if group in own else ""
        page = page or reverse("review_section", args=[reference, group])
        if not target:
            return page
        shown = "?show=all" if self.before and not self.rows[target].waits else ""
        return f"{page}{shown}#{target.replace(':', '-')}"

    def url_of(self, target: str) -> str:
        key = target.removeprefix("q:")
        return self.url(FACTS if target.startswith("f:") else self.edition.questions[key].section, target)

    @property
    def next_group(self) -> Group | None:
        """The first page with something that has no mark yet."""
        return next((group for group in self.groups if group.left), None)

    def _fact_row(self, fact: Mapping[str, Any]) -> Row:
        known = self.edition.facts.get(fact["key"])
        target = f"f:{fact['key']}"
        old = next((f for f in (self.before or {}).get("facts", []) if f["key"] == fact["key"]), None)
        return Row(
            target=target,
            title=known.label if known else fact["key"],
            text=known.question if known else "",
            now=self._fact_words(fact),
            before=self._fact_words(old) if old and target in self.changed else None,
            changed=target in self.changed,
            mark=self.marks.get(target),
            blocks=bool(known and known.prohibited_use),
        )

    def _fact_words(self, fact: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "word": fact_answer(self.edition.facts.get(fact["key"]), fact["value"]),
            "credit": "",
            "unknown": fact["value"] == UNKNOWN,
            "note": fact["reason"],
            "reason": "",
            "lines": [],
            "planned_for": None,
            "by": fact["by"],
            "at": as_moment(fact["at"]),
            "agreed_by": fact["agreed_by"],
            "agreed_reason": fact["agreed_reason"],
        }

    def _answer_row(self, shown: Mapping[str, Any]) -> Row:
        question = self.edition.questions[shown["question"]]
        target = f"q:{question.key}"
        old = (self.before or {"answers": {}})["answers"].get(question.key)
        clauses: dict[str, Strength] = {}
        for id in question.requirements:
            requirement = self.edition.requirements[id]
            if requirement.in_scope(self._declared.context, self._declared.parts):
                stands = clauses.get(requirement.clause, Strength.CONSIDER)
                clauses[requirement.clause] = min(stands, requirement.strength, key=list(Strength).index)
        return Row(
            target=target,
            title=question.title,
            text=question.text,
            now=self._answer_words(question.key, shown["items"], self.content["answers"].get(question.key)),
            before=self._answer_words(question.key, shown["items"], old) if old and target in self.changed else None,
            changed=target in self.changed,
            mark=self.marks.get(target),
            clauses=[(id, self.edition.cited(id), str(strength)) for id, strength in clauses.items()],
            blocks=not self._blocking.isdisjoint(question.requirements),
        )

    @cached_property
    def _declared(self) -> Any:
        return declared_in(self.content)

    @cached_property
    def _blocking(self) -> frozenset[str]:
        return self.edition.blocking_requirements(self._declared.context, self._declared.tier)

    def _answer_words(self, key: str, items: list[str], given: Mapping[str, Any] | None) -> dict[str, Any]:
        if given is None:
            return {"word": _("No answer"), "credit": "", "unknown": False, "note": "", "reason": "", "lines": []}
        lines = answer_lines(self.edition, key, items, given)
        word = choice_word(given["choice"])
        if given["choice"] == Choice.TICKED:
            word = ngettext("%(n)s of %(all)s line ticked", "%(n)s of %(all)s lines ticked", len(lines)) % {
                "n": sum(line["ticked"] for line in lines),
                "all": len(lines),
            }
        practice = (Choice.IN_PLACE, Choice.PARTLY, Choice.PLANNED, Choice.NOT_IN_PLACE)
        return {
            "word": word,
            "credit": given["choice"] if given["choice"] in practice else "",
            "unknown": given["choice"] == Choice.UNKNOWN,
            "not_applicable": given["choice"] == Choice.NOT_APPLICABLE,
            "note": given["text"],
            "reason": given["reason"],
            "lines": lines,
            "planned_for": as_day(given["planned_for"]),
            "by": given["by"],
            "at": as_moment(given["at"]),
            "evidence": submitted_pieces(given, self.before_pieces(key)),
        }

    def before_pieces(self, key: str) -> list[tuple[str, int]] | None:
        """What the answer leant on in the round before; None where there was none."""
        return evidence_of(self.before["answers"].get(key)) if self.before else None


def word_difference(old: str, new: str) -> tuple[list[tuple[bool, str]], list[tuple[bool, str]]]:
    """Compare two texts word by word; each side comes as (differs, text) in order."""
    before, after = re.findall(r"\s+|[^\s\w]|\w+", old), re.findall(r"\s+|[^\s\w]|\w+", new)
    left: list[tuple[bool, str]] = []
    right: list[tuple[bool, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if a < b:
            left.append((kind != "equal", "".join(before[a:b])))
        if c < d:
            right.append((kind != "equal", "".join(after[c:d])))
    return left, right
