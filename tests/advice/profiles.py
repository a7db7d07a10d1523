"""The nine worked profiles: their stories with the answers that were given from these alone, and what an expert would do."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import yaml

from assessments.guideline.edition import Edition
from assessments.scoring.case_file import AssessedCase, Case, assess, read_cases
from assessments.scoring.remediation import ProposedAction
from tests.conftest import shipped
from tests.support.paths import DATA

PROFILES = DATA / "advice"
WORKED = DATA / "cases.yaml"
FIRST = 10


@cache
def bank() -> Edition:
    return shipped().edition


@cache
def profiles() -> dict[str, Case]:
    """The profiles by id, with their answers."""
    files = sorted(file for file in PROFILES.glob("*.yaml") if file.stem not in ("expert", "review", "words"))
    return {case.id: case for file in files for case in read_cases(file, bank())}


@cache
def worked_cases() -> tuple[Case, ...]:
    """All fifteen worked cases, without answers."""
    return read_cases(WORKED, bank())


@cache
def plan_of(id: str) -> AssessedCase:
    return assess(bank(), profiles()[id])


def blank(case: Case) -> Case:
    return replace(case, answers={})


def ranked(assessed: AssessedCase) -> list[ProposedAction]:
    """The actions over all packages, by rank."""
    return sorted((action for packaged in assessed.packages for action in packaged.actions), key=lambda a: a.rank)


def first_ten(assessed: AssessedCase) -> list[str]:
    """The questions of the first ten actions."""
    return [action.question for action in ranked(assessed)[:FIRST]]


def data(name: str) -> Any:
    return yaml.safe_load((PROFILES / f"{name}.yaml").read_text(encoding="utf-8"))


def chat_of_a_clinic_for_animals() -> Case:
    """A chat on a website that answers questions and books by itself, with a supplier's model, at High."""
    facts = {
        "worst_credible_effect": "serious", "reversibility": "never", "decision_autonomy": "fully_automated",
        "agentic_actions": True, "output_used_for": "information", "public_facing": True, "open_prompt": True,
        "takes_user_input": True, "relied_on_advice": False, "model_source": ("third_party",), "sector": "none",
        "minors_or_vulnerable_users": False, "vulnerable_kind": (), "ranks_or_prices_people": False,
        "trains_on_user_data": True, "service_areas": ("knowledge_qa", "ai_agents"), "modalities": ("text",),
        "healthcare_diagnosis": False, "human_reviewer_qualified": "none",
    }  # fmt: skip
    case = next(case for case in worked_cases() if case.id == "budget-airline-chat")
    return replace(blank(case), id="clinic for animals", facts={**case.facts, **facts})
