"""The order of a plan as named data of the edition (ADVICE section 2): steps, dates, load, families of use.

All of it is our judgement; each rule has its reason among the texts of the policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assessments.guideline.conditions import ALWAYS, Condition, Facts, parse
from assessments.guideline.terms import Effort, Strength

type Raw = Mapping[str, Any]

STEPS = ("stop", "needed", "tier", "begun", "class", "lost", "effort")
"""The keys of the order, most weighty first; `needed` is a constraint on the others."""


@dataclass(frozen=True, slots=True)
class Family:
    """A family of use, by which the words of an action are chosen; the first whose condition holds is taken."""

    key: str
    when: Condition


@dataclass(frozen=True, slots=True)
class Post:
    """A post that only some uses have: elsewhere `otherwise` owns its actions."""

    key: str
    when: Condition
    otherwise: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Practices about one subject, of which one stands among the first actions of a plan.

    `concrete_first`: they are listed from the most concrete one on, and that stands; elsewhere the most urgent one.
    `when`: where it holds, they are one subject; elsewhere each stands for itself.
    """

    practices: tuple[str, ...]
    concrete_first: bool = False
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Order:
    """How actions are ordered and dated. `reasons`: the sentence behind each rule."""

    steps: tuple[str, ...]
    most: int  # per cent of the facts behind the tier from which a practice answers to most of them
    stop_days: int  # the first step of what is to stop or be limited now
    effort_days: Mapping[Effort, int]  # the full measure is never due sooner
    load: int  # full dates of one owner within thirty days
    steps_shown: int  # steps of one action
    families: tuple[Family, ...]
    most_due: Strength | None = (
        None  # whose period the first step has of what answers to most of the facts behind the tier
    )
    same_step: tuple[tuple[str, ...], ...] = ()  # practices whose first steps ask for the same thing
    work_days: Mapping[Effort, tuple[int, int]] = field(default_factory=dict)  # of one person, from and to
    posts: tuple[Post, ...] = ()
    same_subject: tuple[Subject, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)

    def subjects(self, context: Facts) -> tuple[Subject, ...]:
        """Return the subjects of a use with these facts and this tier; an unknown fact makes none."""
        return tuple(subject for subject in self.same_subject if subject.when.holds(context, unknown=False))

    def owner(self, owner: str, facts: Facts) -> str:
        """Return the post that owns an action here: another one where this use has no such post. Unknown facts keep it."""
        return next((post.otherwise for post in self.posts if post.key == owner and not post.when.holds(facts)), owner)

    def family(self, facts: Facts) -> str:
        """Return the key of the use's family; the last one holds for every use."""
        return next(family.key for family in self.families if family.when.holds(facts, unknown=False))


@dataclass(frozen=True, slots=True)
class Standing:
    """An action that no question brings: an open incident, a hold, an unknown fact, a post that nobody holds."""

    key: str
    package: str
    owner: str
    effort: Effort
    title: str
    stopgap: str
    closes_it: str
    gap: str
    why: str
    stopgap_of: Mapping[str, str] = field(default_factory=dict)  # by family of use, where its first step is another one

    def first_step(self, family: str) -> str:
        """Return the first step for a family of use."""
        return self.stopgap_of.get(family, self.stopgap)


@dataclass(frozen=True, slots=True)
class ActionWords:
    """How the action of a practice is put: the task, its first step, and the gap that it closes."""

    task: str
    stopgap: str
    gap: str
    costs: str = ""  # what doing it takes away, and the other way; said where the question's `costs_when` holds

    @property
    def empty(self) -> bool:
        return not self.task


def read_order(structure: Raw, words: Raw) -> Order | None:
    """Read the order from the policy; None in an edition that has none, which keeps the order of release 2."""
    raw = (structure.get("policy") or {}).get("order")
    if not raw:
        return None
    said = (words.get("policy") or {}).get("order") or {}
    return Order(
        steps=tuple(raw["steps"]),
        most=raw["most"],
        stop_days=raw["stop_days"],
        effort_days={effort: raw["effort_days"][effort] for effort in Effort},
        load=raw["load"],
        steps_shown=raw["steps_shown"],
        families=tuple(Family(family["key"], parse(family.get("when"))) for family in raw["families"]),
        most_due=Strength(raw["most_due"]) if "most_due" in raw else None,
        same_step=tuple(tuple(group) for group in raw.get("same_step", ())),
        work_days={Effort(size): (days["from"], days["to"]) for size, days in raw.get("work_days", {}).items()},
        posts=tuple(Post(post["post"], parse(post["when"]), post["otherwise"]) for post in raw.get("posts", ())),
        same_subject=tuple(
            Subject(tuple(subject["practices"]), subject.get("concrete_first", False), parse(subject.get("when")))
            for subject in raw.get("same_subject", ())
        ),
        reasons={str(key): str(text) for key, text in said.items() if isinstance(text, str)},
    )


def read_standing(structure: Raw, words: Raw) -> dict[str, Standing]:
    """Read the actions without a question, by key; none in an edition before release 3."""
    room = structure.get("standing") or {}
    said = (words.get("standing") or {}).get("actions") or {}
    result = {}
    for raw in room.get("actions", ()):
        text = said.get(raw["key"]) or {}
        result[raw["key"]] = Standing(
            key=raw["key"],
            package=raw["package"],
            owner=raw["owner"],
            effort=Effort(raw["effort"]),
            title=str(text.get("title", "")),
            stopgap=str(text.get("stopgap", "")),
            closes_it=str(text.get("closes_it", "")),
            gap=str(text.get("gap", "")),
            why=str(text.get("why", "")),
            stopgap_of={str(key): str(said["stopgap"]) for key, said in (text.get("families") or {}).items()},
        )
    return result


def read_action_words(words: Raw) -> tuple[ActionWords, dict[str, ActionWords]]:
    """Read the action of a question: its neutral words, and those of a variant or family of use where they differ."""
    raw = words.get("action")
    if not isinstance(raw, Mapping):
        return ActionWords("", "", ""), {}
    neutral = ActionWords(*(str(raw.get(key, "")) for key in ("task", "stopgap", "gap", "costs")))
    others = {**(raw.get("families") or {}), **(raw.get("variants") or {})}
    variants = {
        str(key): ActionWords(
            str(text.get("task", neutral.task)),
            str(text.get("stopgap", neutral.stopgap)),
            str(text.get("gap", neutral.gap)),
            str(text.get("costs", neutral.costs)),
        )
        for key, text in others.items()
    }
    return neutral, variants
