"""Declared facts and given answers in words, as several pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.forms.facts import parts_of_reason
from assessments.guideline.edition import Edition, Fact, Question
from assessments.guideline.terms import UNKNOWN, Choice
from assessments.guideline.wording import RuleCard, choice_words, fact_answer, rule_card
from assessments.models import Hold
from assessments.models.figures import recorded_figure
from assessments.models.snapshots import pieces_of
from assessments.scoring.order import INCIDENT, OPEN_INCIDENT


def answer_on_its_page(fact: Fact, value: Any) -> str:
    """Say an answer in short, as the pages that ask for it do: of a list only what can be ticked there."""
    if isinstance(value, list | tuple):
        value = [part for part in value if part in (UNKNOWN, *(fact.offered or fact.values))]
    return fact_answer(fact, value, short=True)


@dataclass(frozen=True, slots=True)
class Incident:
    """What somebody declared to have gone wrong and not to be closed."""

    words: str
    day: date | None
    step: str = ""  # what to do at once, in the edition's words


def open_incident(edition: Edition, said: Iterable[tuple[str, Any, str]]) -> Incident | None:
    """Return the open incident among declared facts, each as key, answer and reason; None where none is declared."""
    fact = edition.facts.get(INCIDENT)
    reason = next((reason for key, value, reason in said if key == INCIDENT and value is True), None)
    if fact is None or reason is None:
        return None
    words, day = parts_of_reason(fact, reason)
    standing = edition.standing.get(OPEN_INCIDENT)
    return Incident(words, parse_date(day) if day else None, standing.stopgap if standing else "")


def incident_in(edition: Edition, content: Mapping[str, Any]) -> Incident | None:
    """Return the open incident that a snapshot or a submission declares."""
    return open_incident(edition, ((fact["key"], fact["value"], fact["reason"]) for fact in content["facts"]))


def not_known(facts: int, answers: int) -> str:
    """Count what is answered *do not know*, facts apart from answers: *2 facts, 8 answers*."""
    said = []
    if facts:
        said.append(ngettext("%(n)s fact", "%(n)s facts", facts) % {"n": facts})
    if answers:
        said.append(ngettext("%(n)s answer", "%(n)s answers", answers) % {"n": answers})
    return ", ".join(said)


def choice_word(choice: str) -> str:
    """Say a choice in the language of the page; an empty one means that nobody answered."""
    return _(choice_words(choice))


def points_word(in_place: int, points: int) -> str:
    """Say how many points of a checklist are in place."""
    return _("%(n)s of %(m)s points in place") % {"n": in_place, "m": points}


def whole_word(record: Mapping[str, Any], *, with_reason: bool = True) -> str:
    """Say the choice of a kept version of an answer, with its date, the reason that it needs, and its figure."""
    word = choice_word(record["choice"])
    if record["planned_for"]:
        word = f"{word}: {date_format(date.fromisoformat(record['planned_for']), 'DATE_FORMAT')}"
    word = f"{word}: {record['reason']}" if with_reason and record["reason"] else word
    return ", ".join(filter(None, (word, recorded_figure(record))))


def said_lines(question: Question, items: Mapping[str, Any]) -> list[str]:
    """Return the lines that an answer ticks, and those that it says do not apply."""
    found = []
    for item in question.items:
        value = items.get(item.key)
        if value is True:
            found.append(item.text)
        elif value:
            found.append(_("%(line)s: does not apply. Reason: %(reason)s") % {"line": item.text, "reason": value})
    return found


def as_moment(value: Any) -> datetime | None:
    """Read a time of a snapshot: a datetime where it was drawn from rows, text where it comes from a submission."""
    return parse_datetime(value) if isinstance(value, str) else value


def as_day(value: Any) -> date | None:
    return parse_date(value) if isinstance(value, str) else value


def fired_cards(edition: Edition, content: Mapping[str, Any], fired: Iterable[Mapping[str, Any]]) -> list[RuleCard]:
    """Return the rules that applied, each with its facts and their answers as parts/rule_card.html takes them."""

    def declared(key: str) -> tuple[str, str]:
        return edition.facts[key].label, fact_answer(edition.facts[key], content["values"].get(key))

    return [rule_card(edition, rule["id"], map(declared, rule["facts"])) for rule in fired]


def rule_cards(edition: Edition, content: Mapping[str, Any]) -> tuple[list[RuleCard], list[RuleCard]]:
    """Return the rules that applied: those that decide the tier, then all others."""
    tier = content["tier"]
    by_rules = tier.get("by_rules", tier["assigned"])  # beside it a reviewer's raise may stand
    deciding = [fired for fired in tier["rules"] if fired["tier"] == by_rules]
    others = [fired for fired in tier["rules"] if fired["tier"] != by_rules]
    return fired_cards(edition, content, deciding), fired_cards(edition, content, others)


def hold_card(edition: Edition, hold: Hold) -> RuleCard | None:
    """Return the rule that opened a hold; None where the row names none, and where the edition has it no more."""
    known = any(rule.id == hold.rule for rule in edition.rules)
    return rule_card(edition, hold.rule) if known else None  # the fact that it is about stands above the card


def answer_lines(edition: Edition, key: str, items: list[str], given: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the lines of a checklist as they were answered; none for a practice."""
    question = edition.questions[key]
    if not question.is_checklist or given is None or given["choice"] not in (Choice.TICKED, Choice.NONE):
        return []
    lines = []
    for item in question.items:
        if item.key not in items:
            continue
        tick = given["items"].get(item.key)
        lines.append({"text": item.text, "ticked": tick is True, "reason": tick if isinstance(tick, str) else ""})
    return lines


def submitted_pieces(given: Mapping[str, Any] | None, before: list[tuple[str, int]] | None) -> list[dict[str, Any]]:
    """Return the evidence that a submitted answer names; `before`: what it leant on a round earlier, None on the first."""
    pieces = []
    for piece in pieces_of(given):
        is_new = before is not None and (piece["reference"], piece["version"]) not in before
        days = {name: as_day(piece[name]) for name in ("period_from", "period_to", "expires_on")}
        pieces.append({**piece, **days, "is_new": is_new})
    return pieces
