"""What a return asks for beside its marks: the other things that stand in the way of an approval, one tick each."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple, Protocol

from django.utils.translation import gettext as _

from assessments.errors import InvalidAnswer
from assessments.models import ReturnTask, ReviewDecision

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
