"""Words of the advice for things that the facts of a case exclude."""

from __future__ import annotations

import re

from assessments.guideline.conditions import parse
from assessments.scoring.case_file import Case
from tests.advice.profiles import data

WORDS = data("words")["words"]


def strangers(text: str, case: Case) -> list[str]:
    """The words in a text for things that the facts of a case exclude."""
    return [
        word["key"]
        for word in WORDS
        if re.search(word["pattern"], text, re.IGNORECASE) and not parse(word["when"]).holds(case.facts, unknown=False)
    ]
