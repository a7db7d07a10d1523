"""An edition of ten sections with fifteen questions each, all put to a provider: what the page goals are measured with."""

from __future__ import annotations

import itertools
import json
from typing import Any

from assessments.guideline.conditions import ALWAYS
from assessments.guideline.reading import (
    Source,
    canonical,
    checksum_of,
    compile_edition,
    default_directory,
    read_edition,
)

SECTIONS, QUESTIONS = 10, 15


def bench_source() -> Source:
    """Take facts, rules, clauses, duties and order from the real edition, and its texts for 150 practices that always apply.

    Each has a duty that a provider owes whatever the facts, and two more of a provider's in turn.
    """
    real = read_edition(default_directory())
    content = json.loads(real.content)
    structure, texts = content["structure"], content["texts"]
    rooms = [room for room in structure if room.startswith("questionnaires/") and "section" in structure[room]]
    words = _texts(structure, texts, rooms)
    register = [one for one in real.edition.requirements.values() if one.kind == "duty" and not one.extends]
    owed = [duty for duty in register if "provider" in duty.roles]
    duties = itertools.cycle(duty.id for duty in owed)
    always = itertools.cycle(duty.id for duty in owed if duty.scope == ALWAYS)  # narrowings go with the questions
    packages = itertools.cycle(package.key for package in real.edition.packages)
    for room in rooms[SECTIONS:]:
        del structure[room], texts[room]
    for room in rooms[:SECTIONS]:
        keys = [f"{room.removeprefix('questionnaires/')}-{n}" for n in range(QUESTIONS)]
        structure[room] = {
            "section": structure[room]["section"],
            "questions": [_question(k, always, duties, packages) for k in keys],
        }
        texts[room] = {
            "intro": texts[room]["intro"],
            "questions": {key: {**next(words), "title": f"Practice {key}"} for key in keys},
        }
    kept = {structure[room]["section"] for room in rooms[:SECTIONS]}
    _keep(structure["questionnaires/questionnaires"], kept)
    content["structure"]["edition"] |= {"key": "bench"}
    text = canonical(content)
    return Source("bench", 1, text, checksum_of(text), {"en": canonical(texts)}, compile_edition(text))


def _question(key: str, always: Any, duties: Any, packages: Any) -> dict[str, Any]:
    return {
        "key": key,
        "kind": "practice",
        "package": next(packages),
        "remedy": {"effort": "M", "owner": "internal-audit"},
        "requirements": sorted({next(always), next(duties), next(duties)}),
        "stakeholders": ["provider"],
    }


def _texts(structure: Any, texts: Any, rooms: list[str]) -> Any:
    found = []
    for room in rooms:
        for question in structure[room]["questions"]:
            if question["kind"] == "practice":
                found.append(texts[room]["questions"][question["key"]])
    return itertools.cycle(found)


def _keep(index: Any, kept: set[str]) -> None:
    """Leave the sections that are gone out of the stages and the questionnaires."""
    for one in (*index["stages"], *index["questionnaires"]):
        one["sections"] = [key for key in one["sections"] if key in kept]
