"""Facts, answers and gaps put into words from the edition's own texts, without any framework."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from assessments.guideline.conditions import Answer, Facts, as_written
from assessments.guideline.order import ActionWords
from assessments.guideline.terms import UNKNOWN, Choice

if TYPE_CHECKING:
    from assessments.guideline.edition import Edition, Fact, Question

_DATED = re.compile(r"(?P<words>.+) \((?P<day>\d{4}-\d\d-\d\d)\)", re.DOTALL)
_EXPLAINED = re.compile("[:：]")
_JOINT = re.compile(r", and |\. ")
"""What stands between a fact and what is missing."""
ANSWERED = "you answered that "
NEUTRAL_PEOPLE = "the people affected"
NEUTRAL_SYSTEM = "the system"

PEOPLE_WORDS = (
    "applicants", "borrowers", "candidates", "citizens", "claimants", "clients", "consumers", "customers", "drivers",
    "guests", "investors", "job-seekers", "learners", "listeners", "members", "motorists", "owners", "parents",
    "passengers", "patients", "players", "policyholders", "pupils", "readers", "residents", "shoppers", "students", "subscribers",
    "taxpayers", "tenants", "travellers", "viewers", "visitors",
)  # fmt: skip
STAFF_WORDS = ("agents", "clerks", "colleagues", "employees", "nurses", "officers", "staff", "teachers", "workers")
"""Nouns for people affected that a description may use; the second for those who work with a system."""


_ANOTHER_GROUP = re.compile(r";|/|&|\+|\n|(?<=[.!?]) |\b(?:and|or|plus|as well as|also|both)\b")
_REMARK = re.compile(
    r"\s*(?:\d|about|aged|all|almost|among|around|at|each|from|in|including|mainly|many|most|mostly|nearly|none|of|often"
    r"|on|over|per|roughly|several|some|under|up to|usually|who|whose|with)\b|\s*$"
)
"""How a part behind a comma begins that tells more about the same people, and names no others."""


def guess_people_word(description: str) -> str:
    """Return the one noun by which a description names the people affected; empty where it names none, or more groups.

    A wrong word would tell somebody else than the people affected. So any sign of a second group leaves it empty.
    """
    described = description.lower().strip().rstrip(".;,")
    first, *others = re.split(r",(?!\d)", described)
    if _ANOTHER_GROUP.search(described) or not all(_REMARK.match(other) for other in others):
        return ""
    found = {word for word in re.findall(r"[a-z]+(?:-[a-z]+)*", described) if word in (*PEOPLE_WORDS, *STAFF_WORDS)}
    return found.pop() if len(found) == 1 and found & set(re.findall(r"[a-z]+(?:-[a-z]+)*", first)) else ""


@dataclass(frozen=True, slots=True)
class UseWords:
    """What a use calls the people affected, and its own name; both have a neutral default."""

    people: str = NEUTRAL_PEOPLE
    system: str = NEUTRAL_SYSTEM

    def fill(self, text: str, **more: str) -> str:
        """Put the words into a text of the edition. A sentence may begin with one of them."""
        for key, word in {"people": self.people, "system": self.system, **more}.items():
            text = text.replace("{" + key + "}", word)
        return text[:1].upper() + text[1:]


def action_words(question: Question, family: str, facts: Facts) -> ActionWords:
    """Return the words of a question's action: of a variant that its facts choose, of its family, or the neutral ones."""
    for key, when in question.variants:
        if when.holds(facts, unknown=False):
            return question.action_of.get(key, question.action)
    return question.action_of.get(family, question.action)


def fact_clause(edition: Edition, key: str, facts: Facts) -> str:
    """Say what a declared fact means in running text ("it ranks people"); empty where the edition has no words for it."""
    fact = edition.facts.get(key)
    if fact is None:
        return ""
    answer: Answer = facts.get(key, UNKNOWN)
    values: Iterable[object] = answer if isinstance(answer, tuple) else (answer,)
    for value in values:
        said = fact.reasons.get(as_written(value))
        if said:
            return said
    return ""


def to_find_out(edition: Edition, key: str) -> str:
    """Say what is to be found out about a fact: "whether it ranks people", else its question in quotation marks."""
    fact = edition.facts[key]
    clause = fact.reasons.get("true", "") if fact.yes_no else ""
    return f"whether {clause}" if clause else f"the answer to “{fact.question}”"


ANSWERS: Mapping[str, str] = {
    "yes": "Yes",
    "no": "No",
    "unknown": "Do not know",
    "none": "None of these",
    "not_answered": "Not answered",
}
"""The answers that no fact names itself, in the words of the releases that do not name them either (1 and 2)."""


def fact_answer(fact: Fact | None, value: object, *, short: bool = False) -> str:
    """Put the answer to a fact into words: Yes, the label of an option, or the labels of several.

    `value`: as it is stored; None: nobody answered. `short`: of each label what stands before its colon. `fact`: None
    for one that the edition does not have any more. Semicolons stand between several: labels have commas themselves.
    """
    if isinstance(value, tuple | list) and value:
        return "; ".join(fact_answer(fact, one, short=short) for one in value)
    named = _answer_of_no_fact(value)
    if named is None:
        label = fact.options.get(str(value)) if fact else None
        return str(value) if label is None else in_short(label) if short else label
    if named == "none" and fact and fact.nothing_label:
        return in_short(fact.nothing_label) if short else fact.nothing_label
    return (fact.answer_words.get(named) if fact else None) or ANSWERS[named]


def _answer_of_no_fact(value: object) -> str | None:
    """Return the key of an answer that facts do not name themselves; None for one of a fact's own options."""
    if value is None:
        return "not_answered"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return "none"
    return "unknown" if value == UNKNOWN else None


def in_short(label: str) -> str:
    """Return the label of an option without the explanation behind its colon."""
    return _EXPLAINED.split(label, maxsplit=1)[0]


CHOICES: Mapping[Choice, tuple[str, str]] = {
    Choice.IN_PLACE: ("In place", "in place"),
    Choice.PARTLY: ("Partly", "partly in place"),
    Choice.PLANNED: ("Planned for a date", "planned"),
    Choice.NOT_IN_PLACE: ("Not in place", "not in place"),
    Choice.TICKED: ("What is ticked", "what is ticked"),
    Choice.NONE: ("None of these", "none of the points in place"),
    Choice.UNKNOWN: ("Do not know yet", "do not know"),
    Choice.NOT_APPLICABLE: ("Not applicable", "not applicable"),
}
"""Each choice as its control says it under the question, and as a sentence quotes it without the question."""


def choice_words(choice: str, *, quoted: bool = False) -> str:
    """Put the choice of an answer into words; an empty one means that nobody answered.

    `quoted`: inside of a sentence that does not give the question.
    """
    return CHOICES[Choice(choice)][quoted] if choice else ANSWERS["not_answered"]


@dataclass(frozen=True, slots=True)
class RuleCard:
    """A tier rule in words. `facts`: what was declared for it, as the page or document that shows the card says it."""

    id: str
    tier: str  # that it gives; empty where it changes none
    hold: str  # why it holds the use back; empty for most
    basis: str
    reason: str
    reading: str  # our reading inside an explicit rule, or ""
    clauses: tuple[tuple[str, str], ...]  # id, and how it is cited
    facts: tuple[Any, ...] = ()


def rule_card(edition: Edition, id: str, facts: Iterable[Any] = ()) -> RuleCard:
    """Put a tier rule into words. Raises KeyError where the edition does not have it."""
    rule = {rule.id: rule for rule in edition.rules}[id]
    return RuleCard(
        id=rule.id,
        tier=str(rule.tier or ""),
        hold=edition.holds.get(rule.hold, "") if rule.hold else "",
        basis=str(rule.basis),
        reason=rule.reason,
        reading=rule.reading,
        clauses=tuple((clause, edition.cited(clause)) for clause in rule.clauses),
        facts=tuple(facts),
    )


def sentence(*clauses: str) -> str:
    """Join clauses into one sentence: a capital first, commas and "and" between, a full stop at the end."""
    given = [clause.strip().rstrip(".") for clause in clauses if clause.strip()]
    text = ", and ".join(given)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def joined(clause: str, gap: str, belongs: bool) -> str:
    """Say a fact and what is missing: in one sentence where the practice answers to the fact and this set the tier, else in two.

    What quotes the title of a practice is a sentence of its own, since it would be read twice behind an "and".
    """
    if belongs and "“" not in gap:
        return sentence(clause, gap)
    return f"{sentence(clause)} {sentence(gap)}".strip()


def as_answer(clause: str) -> str:
    """Tell a fact as an answer of the respondent's: "you answered that it ranks people"."""
    return f"{ANSWERED}{clause}"


def as_fact(why: str) -> str:
    """Return a reason as it reads where the facts stand beside it, with the answers that were given."""
    told = why[:1].lower() + why[1:]
    said = told.removeprefix(ANSWERED)
    return why if said == told else f"{said[:1].upper()}{said[1:]}"


def without_fact(why: str) -> str:
    """Return what is missing from a reason that `joined` put together; the whole of it where it names no fact."""
    gap = _JOINT.split(why, maxsplit=1)[-1]
    return f"{gap[:1].upper()}{gap[1:]}"


def with_day(reason: str) -> str:
    """Say the day in a reason as people do; it is kept behind the words: *A wrong dose was given. (2026-11-20)*."""
    kept = _DATED.fullmatch(reason.strip())
    if kept is None:
        return reason
    try:
        day = date.fromisoformat(kept["day"])
    except ValueError:
        return reason
    return f"{kept['words'].rstrip(' .。')} ({day.day} {day:%B %Y})"
