"""What a return asks for beside its marks: the other things that stand in the way of an approval, one tick each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from django.db.models import QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.errors import InvalidAnswer
from assessments.models import (
    ConformityPart,
    Hold,
    PartMark,
    PartVerdict,
    RemediationAction,
    ReturnTask,
    ReviewDecision,
    ReviewMark,
    Submission,
    Supplement,
)

LABEL, WORDS = 200, 2000


class Blocking(Protocol):
    """A blocker of the certificate, as `workflow` finds it. `key`: of a hold or the tier, else empty."""

    @property
    def key(self) -> str: ...

    @property
    def question(self) -> str: ...

    @property
    def words(self) -> str: ...

    @property
    def conditionable(self) -> bool: ...


class Lacking(Protocol):
    """Something that a gate asks for, as `gates` finds it."""

    @property
    def label(self) -> str: ...

    @property
    def words(self) -> str: ...

    @property
    def question(self) -> str: ...

    @property
    def part(self) -> str: ...


class Obstacle(NamedTuple):
    """One thing in the way of an approval or its certificate. `key` names it for a tick, `words` say what is asked."""

    key: str
    label: str
    words: str

    @property
    def sentence(self) -> str:
        return f"{self.label}: {self.words}" if self.words else self.label


class Marked(NamedTuple):
    """What goes back by mark or judgement: how many changes, and how many reviewers ask for them."""

    changes: int
    askers: int

    @classmethod
    def of(cls, marks: Iterable[ReviewMark], parts: Mapping[str, Iterable[PartMark]]) -> Marked:
        """`marks`: those of every seat that ask for a change; `parts`: the judgements by which a part goes back."""
        marks = list(marks)
        people = {mark.by_id for mark in marks} | {mark.by_id for of_part in parts.values() for mark in of_part}
        return cls(len({mark.target for mark in marks}) + len(parts), len(people))

    @property
    def sentence(self) -> str:
        if self.askers < 2:
            words = ngettext("The reviewer asks for one change.", "The reviewer asks for %(n)s changes.", self.changes)
        else:
            words = ngettext("Two reviewers ask for one change.", "Two reviewers ask for %(n)s changes.", self.changes)
        return words % {"n": self.changes}


def beside_the_marks(
    blockers: Iterable[Blocking], lacking: Iterable[Lacking], returned: Collection[str]
) -> list[Obstacle]:
    """List what else stands in the way; `returned`: targets (`f:`, `q:`, `part:`) that go back anyhow. No query."""
    blockers = list(blockers)
    found = [Obstacle(one.key, one.words.rstrip("."), _what_closes(one.key)) for one in blockers if one.key]
    for lack in lacking:
        if lack.part and f"part:{lack.part}" not in returned:
            found.append(Obstacle(f"part:{lack.part}", lack.label, lack.words))
        elif lack.question:
            found.append(Obstacle(f"gate:{lack.question}", lack.label, lack.words))
    for blocker in blockers:
        if blocker.question and f"q:{blocker.question}" not in returned:
            words = (
                _("It blocks the certificate until it is in place, or gets a date as a condition.")
                if blocker.conditionable
                else _("It blocks the certificate until it is in place.")
            )
            found.append(Obstacle(f"answer:{blocker.question}", blocker.words, words))
    return found


def _what_closes(key: str) -> str:
    if key == "tier":
        return _("Answer the fact that it waits for.")
    return _("Show what the reviewer needs to close it.")


def choose(possible: Iterable[Obstacle], keys: Iterable[str]) -> list[Obstacle]:
    """Return the obstacles that were ticked, in their order; raises InvalidAnswer for a tick that is not on the list."""
    possible, wanted = list(possible), set(keys)
    if wanted - {one.key for one in possible}:
        raise InvalidAnswer("tasks", _("The list has changed since you opened the page. Tick again what you ask for."))
    return [one for one in possible if one.key in wanted]


def keep(decision: ReviewDecision, chosen: Iterable[Obstacle]) -> list[ReturnTask]:
    """Store what a return asks for beside its marks; the caller has made the decision in this transaction."""
    return [
        ReturnTask.objects.create(decision=decision, key=one.key, label=one.label[:LABEL], words=one.words[:WORDS])
        for one in chosen
    ]


def tasks_of(decision: ReviewDecision) -> list[ReturnTask]:
    """Return what a return asked for beside its marks, in its order; none of older ones. For page, mail and letter."""
    return list(decision.tasks.order_by("pk"))


# --- what has become of it ----------------------------------------------------------------------------------------------


class Judged(NamedTuple):
    """The judgement by which a part goes back, as pages show it."""

    by: str
    get_verdict_display: str
    words: str
    returned: bool = True


@dataclass
class Standing:
    """What a return asks for, and what of the use shows whether it is dealt with."""

    tasks: list[Obstacle] = field(default_factory=list)
    returned: dict[str, list[Judged]] = field(default_factory=dict)  # by part
    holds: set[str] = field(default_factory=set)  # keys of those that are open
    parts: dict[str, int] = field(default_factory=dict)  # part of the file: its revision today
    added: set[str] = field(default_factory=set)  # targets to which evidence was added after the signing
    actions: dict[str, tuple[int, str]] = field(default_factory=dict)  # question: number and status of its action


def standing_of(decision: ReviewDecision, submission: Submission, use: int) -> Standing:
    """Read what a return asks for beside its marks, and what has become of it in its `use` (a key). One query."""
    marks = PartMark.objects.filter(submission=submission, returned=True).exclude(verdict="")
    rows = _rows("task", decision.tasks.all(), "key", "label", "words").union(
        _rows("mark", marks, "part", "verdict", "words", "by__name"),
        _rows("hold", Hold.objects.filter(use=use, closed_at=None)),
        _rows("part", ConformityPart.objects.filter(use=use), "key", "revision"),
        _rows("added", Supplement.objects.filter(assessment=submission.assessment_id), "target"),
        _rows("action", RemediationAction.objects.filter(use=use, merged_into=None), "question", "number", "status"),
    )
    found = Standing()
    for kind, pk, a, b, c, d in sorted(rows, key=lambda row: (row[0], row[1])):
        match kind:
            case "task":
                found.tasks.append(Obstacle(a, b, c))
            case "mark":
                found.returned.setdefault(a, []).append(Judged(d, str(PartVerdict(b).label), c))
            case "hold":
                found.holds.add(str(pk))
            case "part":
                found.parts[a] = int(b)
            case "added":
                found.added.add(a)
            case "action":
                found.actions[a] = (int(b), c)
    return found


def _rows(kind: str, rows: QuerySet[Any], *columns: str) -> QuerySet[Any, Any]:
    """Rows as `kind`, key and four texts, so that tables can be read together."""
    texts = [Cast(name, TextField()) for name in columns]
    texts += [Value("", TextField())] * (4 - len(texts))  # type: ignore[list-item]
    told = {"kind_": Value(kind, TextField()), **{f"text{n}": text for n, text in enumerate(texts)}}
    return rows.order_by().annotate(**told).values_list("kind_", "pk", "text0", "text1", "text2", "text3")
