"""Declared uses in a YAML file: what `classify`, `ask` and `plan` read, with every fault named by file, case and key.

    cases:
    - id: clinic
      roles: [provider]            # developer, provider, user (an organisation that uses it)
      people: patients             # optional: what the use calls the people affected
      system: Booking assistant    # optional: its name
      incident: Two people were told a wrong date   # optional: what has gone wrong and is not closed
      facts: {...}                 # fact: answer
      more_facts: {...}
      answers:                     # optional; a question without an answer counts as empty
        risk-assessment: [privacy, errors]          # the ticked lines of a checklist
        use-register: partly                        # in_place partly planned not_in_place none unknown not_applicable
        error-rates: {ticked: [cases], measured: 6, target: 2, not_applicable: {groups: "one person only"}}
        audit: {choice: planned, planned_for: 2027-03-31}

Other keys of a case are ignored. A fact that is left out is unknown, unless another fact implies it.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from assessments.guideline.conditions import Answer
from assessments.guideline.edition import Edition, Fact, Question
from assessments.guideline.reach import as_answer, complete
from assessments.guideline.terms import UNKNOWN, Choice, Stakeholder
from assessments.guideline.wording import NEUTRAL_PEOPLE, NEUTRAL_SYSTEM, UseWords
from assessments.scoring.findings import find
from assessments.scoring.inputs import Answers, AnswerValue, Declared, Situation
from assessments.scoring.order import draw_up, opened_by, to_accept
from assessments.scoring.packages import PackagedActions, pack
from assessments.scoring.remediation import propose
from assessments.scoring.tiers import TierResult, assign_tier

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML was built without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]

PARTS: Mapping[str, Stakeholder] = {
    "developer": Stakeholder.DEVELOPER,
    "provider": Stakeholder.PROVIDER,
    "user": Stakeholder.ORGANISATION,
}
_ANSWER_KEYS = ("choice", "ticked", "not_applicable", "measured", "target", "planned_for", "reason")


class CaseFileFaults(ValueError):
    """Everything that is wrong in a file of cases, a line each."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True, slots=True)
class Case:
    """One declared use of a file. `facts` are complete: what follows from others is filled in."""

    id: str
    parts: tuple[Stakeholder, ...]
    facts: Mapping[str, Answer]
    answers: Mapping[str, AnswerValue] = field(default_factory=dict)
    words: UseWords = field(default_factory=UseWords)
    incident: str = ""


@dataclass(frozen=True, slots=True)
class AssessedCase:
    """What a case comes to: its tier, the questions put to it, its findings and its plan."""

    case: Case
    result: TierResult
    declared: Declared
    questions: tuple[Question, ...]
    findings: int
    blocking: int
    packages: tuple[PackagedActions, ...]
    to_accept: tuple[str, ...]


class _Loader(SafeLoader):
    """Safe YAML in which a key written twice is an error, where YAML's own readers keep the last in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:merge" and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value} is used twice; keep only one of them", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_raw(file: Path) -> tuple[list[tuple[str, Mapping[str, Any]]], list[str]]:
    """Read the entries of `cases:` with their ids, and name those without a good one.

    Raises CaseFileFaults naming the file and the line where the file cannot be read.
    """
    try:
        raw = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  (derived from the safe loader)
    except OSError as error:
        raise CaseFileFaults([f"{file}: {error.strerror or error}"]) from None
    except UnicodeDecodeError:
        raise CaseFileFaults([f"{file}: is not in UTF-8; save it as UTF-8"]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file}{f':{mark.line + 1}' if mark else ''}"
        raise CaseFileFaults([f"{place}: {getattr(error, 'problem', None) or error}"]) from None
    listed = raw.get("cases") if isinstance(raw, dict) else None
    if not isinstance(listed, list):
        raise CaseFileFaults([f"{file}: cases: write a list of declared uses, each with an id and facts"])
    found: list[tuple[str, Mapping[str, Any]]] = []
    faults: list[str] = []
    for number, case in enumerate(listed, 1):
        id = case.get("id") if isinstance(case, dict) else None
        if not isinstance(id, str) or not id:
            faults.append(f"{file}: case {number}: id: write a name for this case, such as booking-chatbot")
        elif id in dict(found):
            faults.append(f"{file}: case {id}: id: an earlier case has this id; write another")
        else:
            found.append((id, case))
    return found, faults


def read_cases(file: Path, edition: Edition) -> tuple[Case, ...]:
    """Read and check the cases of a file. Raises CaseFileFaults with all its faults: file, case, key."""
    cases: list[Case] = []
    listed, faults = read_raw(file)
    for id, raw in listed:
        case, found = _case(id, raw, edition)
        cases.append(case)
        faults += [f"{file}: case {id}: {fault}" for fault in found]
    if faults:
        raise CaseFileFaults(faults)
    return tuple(cases)


def _case(id: str, raw: Mapping[str, Any], edition: Edition) -> tuple[Case, list[str]]:
    faults: list[str] = []
    parts: list[Stakeholder] = []
    roles = raw.get("roles")
    for role in roles if isinstance(roles, list) else [roles]:
        part = PARTS.get(role) if isinstance(role, str) else None
        if part is None:
            faults.append(f"roles: {_shown(role)} is not a role; write one or more of {', '.join(PARTS)}")
        elif part not in parts:
            parts.append(part)
    facts, found = read_all_facts(raw, edition)
    faults += found
    answers, found = _answers(raw.get("answers"), edition)
    words = UseWords(
        people=_word(raw, "people", NEUTRAL_PEOPLE, faults), system=_word(raw, "system", NEUTRAL_SYSTEM, faults)
    )
    ordered = tuple(part for part in Stakeholder if part in parts)
    incident = _word(raw, "incident", "", faults) if "incident" in raw else ""
    return Case(id, ordered, facts, answers, words, incident), faults + found


def _word(raw: Mapping[str, Any], key: str, default: str, faults: list[str]) -> str:
    value = raw.get(key, default)
    if not isinstance(value, str) or not value.strip():
        faults.append(f"{key}: write at least one word")
        return default
    return value.strip()


def read_all_facts(raw: Mapping[str, Any], edition: Edition) -> tuple[dict[str, Answer], list[str]]:
    """Read `facts` and `more_facts` of a case, and complete them; every fault starts with the key that is wrong."""
    facts: dict[str, Answer] = {}
    faults: list[str] = []
    for name in ("facts", "more_facts"):
        if name == "more_facts" and raw.get(name) is None:
            continue
        read, found = read_facts(raw.get(name), edition, name)
        faults += found
        faults += [f"{name}: {key} is already among the facts; remove it from {name}" for key in read if key in facts]
        facts |= read
    return complete(edition.facts, facts), faults


def read_facts(raw: object, edition: Edition, name: str = "facts") -> tuple[dict[str, Answer], list[str]]:
    """Check declared facts against the edition's vocabulary; every fault starts with the fact's name.

    A fact that may have several answers takes one bare value for a list of one.
    """
    if not isinstance(raw, dict):
        return {}, [f"{name}: write the facts under this key, each with its answer"]
    facts: dict[str, Answer] = {}
    faults: list[str] = []
    for key, value in raw.items():
        fact = edition.facts.get(key) if isinstance(key, str) else None
        if fact is None:
            faults.append(f"{key}: is not a fact in {edition.key}; correct or remove it")
            continue
        values = value if fact.many and isinstance(value, list) else [value]
        wrong = [one for one in values if not _may_be(fact, one)]
        if wrong:
            answers = [*fact.values, UNKNOWN] if fact.unknown else fact.values
            known = ", ".join(_shown(answer) for answer in answers)
            faults += [
                f"{key}: {_shown(one)} is not a possible value of this fact; write one of {known}" for one in wrong
            ]
        elif not values and not fact.nothing and fact.otherwise != ():
            faults.append(f"{key}: write at least one answer")
        elif len(values) > 1 and (beside := [one for one in values if one in fact.alone]):
            faults.append(f"{key}: {_shown(beside[0])} cannot be combined with other answers")
        elif isinstance(value, list):
            facts[key] = as_answer(fact, tuple(values))
        else:
            facts[key] = as_answer(fact, value)
    return facts, faults


def _may_be(fact: Fact, value: object) -> bool:
    if value == UNKNOWN:
        return fact.unknown
    return isinstance(value, bool | str) and value in fact.values


def _shown(value: object) -> str:
    """Return a value as YAML writes it: true, advisory; in quotes what could be mistaken, "yes"."""
    if isinstance(value, str) and value not in ("", "true", "false", "yes", "no"):
        return value
    return json.dumps(value, default=str)


def _answers(raw: object, edition: Edition) -> tuple[dict[str, AnswerValue], list[str]]:
    if raw is None:
        return {}, []
    if not isinstance(raw, dict):
        return {}, ["answers: write the questions under this key, each with its answer"]
    answers: dict[str, AnswerValue] = {}
    faults: list[str] = []
    for key, value in raw.items():
        question = edition.questions.get(key) if isinstance(key, str) else None
        if question is None:
            faults.append(f"answers: {key} is not a question in {edition.key}, release {edition.release}")
            continue
        answer, found = read_answer(question, value)
        faults += [f"answers: {key}: {fault}" for fault in found]
        if answer is not None:
            answers[key] = answer
    return answers, faults


def read_answer(question: Question, raw: object) -> tuple[AnswerValue | None, list[str]]:
    """Read one answer of a file; returns it, or None where it cannot be read, and what is wrong with it."""
    given = raw if isinstance(raw, dict) else {"ticked": raw} if isinstance(raw, list) else {"choice": raw}
    faults = [
        f"{key}: an answer cannot have this key; use only {', '.join(_ANSWER_KEYS)}"
        for key in given
        if key not in _ANSWER_KEYS
    ]
    items = {item.key for item in question.items}
    ticked = given.get("ticked") or ()
    left_out = given.get("not_applicable") or {}
    if not question.is_checklist and ("ticked" in given or "not_applicable" in given):
        faults.append("is not a checklist; remove “ticked” and “not_applicable”")
    if not isinstance(ticked, list | tuple):
        faults.append("ticked: write a list, one item per line")
        ticked = ()
    if not isinstance(left_out, dict) or not all(isinstance(reason, str) for reason in left_out.values()):
        faults.append("not_applicable: write the items under this key, each with its reason")
        left_out = {}
    if question.is_checklist:
        faults += [f"{key} is not a line of this checklist" for key in (*ticked, *left_out) if key not in items]
    choice = given.get("choice")
    if choice is None:
        choice = Choice.TICKED if ticked or left_out else Choice.NONE
    allowed = CHECKLIST_CHOICES if question.is_checklist else PRACTICE_CHOICES
    if choice not in allowed:
        faults.append(f"{_shown(choice)} is not an answer to this question; write one of {', '.join(allowed)}")
    planned, measured, target = (given.get(key) for key in ("planned_for", "measured", "target"))
    if planned is not None and not isinstance(planned, date):
        faults.append("planned_for: write a date such as 2027-03-31")
        planned = None
    figures = [_figure(name, value, faults) for name, value in (("measured", measured), ("target", target))]
    if (measured is not None or target is not None) and question.figure is None:
        faults.append("does not ask for a figure; remove “measured” and “target”")
    if faults:
        return None, faults
    return AnswerValue(
        choice=Choice(str(choice)),
        ticks=frozenset(ticked),
        not_applicable_items=dict(left_out),
        planned_for=planned,
        reason=str(given.get("reason") or ""),
        measured=figures[0],
        target=figures[1],
    ), []


PRACTICE_CHOICES = ("in_place", "partly", "planned", "not_in_place", "unknown", "not_applicable")
CHECKLIST_CHOICES = ("ticked", "none", "unknown", "not_applicable")


def _figure(name: str, value: object, faults: list[str]) -> Decimal | None:
    if value is None:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        faults.append(f"{name}: write a number such as 4.5")
        return None
    return number


def declare_case(edition: Edition, case: Case, result: TierResult) -> Declared:
    """Return the case as scoring sees it. A sector that is left out counts as none of the nine."""
    return Declared(case.facts, case.parts, result.assigned_tier).knowing(edition, case.answers)


def assess(edition: Edition, case: Case, *, today: date | None = None) -> AssessedCase:
    """Work out a case as a submission would be: empty answers count as nothing, a Low statement by its answer."""
    result = assign_tier(edition, case.facts)
    declared = declare_case(edition, case, result)
    questions = declared.questions(edition)
    asked = {question.key for question in questions}
    answers: Answers = {key: answer for key, answer in case.answers.items() if key in asked}
    findings = find(edition, declared, answers, final=True)
    if edition.order is None:
        actions = propose(edition, findings, declared.tier)
        packages = pack(edition, actions)
    else:
        situation = Situation(case.words, case.incident, today=today)
        actions = draw_up(edition, declared, answers, findings, result=result, situation=situation)
        packages = pack(edition, actions)
    return AssessedCase(
        case=case,
        result=result,
        declared=declared,
        questions=questions,
        findings=len({finding.requirement for finding in findings}),
        blocking=len({finding.requirement for finding in findings if finding.blocking}),
        packages=packages,
        to_accept=to_accept(declared, edition, answers),
    )


def questions_json(edition: Edition, assessed: AssessedCase) -> list[dict[str, object]]:
    """Return the questions put to a case, each with its lines and the facts that opened it."""
    declared = assessed.declared
    return [
        {
            "key": question.key,
            "section": question.section,
            "text": question.text,
            "items": [{"key": item.key, "text": item.text} for item in declared.items(edition, question)],
            "opened_by": list(opened_by(edition, question, declared)),
        }
        for question in assessed.questions
    ]


def plan_json(edition: Edition, assessed: AssessedCase) -> dict[str, object]:
    """Return a case with its questions and its plan, as `plan --format json` prints it."""
    declared = assessed.declared
    return {
        "id": assessed.case.id,
        "tier": str(assessed.result.assigned_tier),
        "questions": [
            {
                "key": question.key,
                "section": question.section,
                "items": [item.key for item in declared.items(edition, question)],
                "opened_by": list(opened_by(edition, question, declared)),
            }
            for question in assessed.questions
        ],
        "findings": assessed.findings,
        "blocking": assessed.blocking,
        "packages": [
            {
                "key": packaged.package.key,
                "title": packaged.package.title,
                "rank": packaged.rank,
                "actions": [
                    {
                        "rank": action.rank,
                        "question": action.question,
                        "title": action.title,
                        "class": action.placed or action.priority,
                        "why_here": action.why_here,
                        "owner": edition.owners.get(action.owner, action.owner),
                        "effort": str(action.effort),
                        "due_days": action.due_days,
                        "full_days": action.full_days if action.full_days is not None else action.due_days,
                        "clauses": list(action.clauses),
                        "steps": list(action.steps),
                    }
                    for action in packaged.actions
                ],
            }
            for packaged in assessed.packages
        ],
        "to_accept": list(assessed.to_accept),
    }
