"""Measure the pure core: `python -m tests.bench.core`. It prints figures and asserts nothing; no database is touched.

Tiering: random declared uses, every fact answered, mostly mildly and now and then with *do not know*, so that each tier
comes up; with rules, holds and what is provisional, without counterfactuals. Scoring: the scorecard of one filled assessment of about ninety
questions, as every save of an answer works it out.
"""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from pathlib import Path

from assessments.guideline.conditions import Answer
from assessments.guideline.edition import Edition, Fact, Question
from assessments.guideline.reading import read_edition
from assessments.guideline.terms import UNKNOWN, Choice, Stakeholder, Tier
from assessments.scoring.findings import find
from assessments.scoring.inputs import AnswerValue, Declared
from assessments.scoring.readiness import score_assessment
from assessments.scoring.tiers import assign_tier
from tests.bench.edition import bench_source
from tests.bench.real import mild_answer, most_asked

GUIDELINE = Path(__file__).parents[2] / "fixtures" / "guideline" / "hk-genai-1.1"
USES, QUESTIONS, ROUNDS = 10_000, 90, 50


def random_answer(fact: Fact, chance: random.Random) -> Answer:
    if fact.unknown and chance.random() < 0.01:
        return UNKNOWN
    mild = mild_answer(fact)
    if mild is not None and chance.random() < 0.95:
        return mild
    if fact.many:
        return tuple(str(value) for value in chance.sample(fact.values, chance.randint(1, min(3, len(fact.values)))))
    return chance.choice(fact.values)


def random_value(declared: Declared, edition: Edition, question: Question, chance: random.Random) -> AnswerValue:
    if not question.is_checklist:
        return AnswerValue(chance.choice([Choice.IN_PLACE, Choice.PARTLY, Choice.NOT_IN_PLACE, Choice.UNKNOWN]))
    items = [item.key for item in declared.items(edition, question)]
    ticked = frozenset(key for key in items if chance.random() < 0.7)
    return AnswerValue(Choice.TICKED, ticked) if ticked else AnswerValue(Choice.NONE)


def measure_tiering(edition: Edition, chance: random.Random) -> str:
    uses = [{key: random_answer(fact, chance) for key, fact in edition.facts.items()} for _n in range(USES)]
    started = time.perf_counter()
    results = [assign_tier(edition, facts) for facts in uses]
    seconds = time.perf_counter() - started
    tiers = Counter(str(result.assigned_tier) for result in results)
    spread = ", ".join(f"{tiers[tier]} {tier}" for tier in Tier)
    provisional = sum(result.provisional for result in results)
    held = sum(bool(result.holds) for result in results)
    return f"tiering   {USES:,} uses in {seconds:.2f} s ({spread}; {provisional} provisional, {held} on hold)"


def declared_with(edition: Edition, questions: int, chance: random.Random) -> Declared:
    """Of random uses of a developer and provider, the one that is put the number of questions nearest to `questions`."""
    parts = (Stakeholder.DEVELOPER, Stakeholder.PROVIDER)
    candidates = []
    for _n in range(50):
        facts = {key: random_answer(fact, chance) for key, fact in edition.facts.items()}
        candidates.append(Declared(facts, parts, assign_tier(edition, facts).assigned_tier))
    return min(candidates, key=lambda declared: abs(len(declared.questions(edition)) - questions))


def measure_scoring(edition: Edition, chance: random.Random) -> str:
    declared = declared_with(edition, QUESTIONS, chance)
    shown = declared.questions(edition)
    answers = {question.key: random_value(declared, edition, question, chance) for question in shown}
    score_assessment(edition, declared, answers, final=False)  # what is worked out once an edition is not counted
    scoring, finding = [], []
    for _n in range(ROUNDS):
        started = time.perf_counter()
        score_assessment(edition, declared, answers, final=False)
        between = time.perf_counter()
        findings = find(edition, declared, answers, final=False)
        scoring.append(between - started)
        finding.append(time.perf_counter() - between)
    return (
        f"scoring   {len(shown)} questions in {statistics.median(scoring) * 1000:.1f} ms (median of {ROUNDS})\n"
        f"findings  {len(findings)} found in {statistics.median(finding) * 1000:.1f} ms (median of {ROUNDS})"
    )


def measure_most(edition: Edition, declared: Declared, name: str, chance: random.Random) -> str:
    """Goal 9: every question of a use answered that is asked as much as the pages are measured with."""
    shown = declared.questions(edition)
    answers = {question.key: random_value(declared, edition, question, chance) for question in shown}
    score_assessment(edition, declared, answers, final=False)
    spent = []
    for _n in range(ROUNDS):
        started = time.perf_counter()
        score_assessment(edition, declared, answers, final=False)
        spent.append(time.perf_counter() - started)
    milliseconds = statistics.median(spent) * 1000
    return f"goal 9    {len(shown)} answers of the {name} edition scored in {milliseconds:.1f} ms (goal 1 ms)"


def measure_bench_scoring(chance: random.Random) -> str:
    edition = bench_source().edition
    facts = {key: random_answer(fact, chance) for key, fact in edition.facts.items()}
    return measure_most(edition, Declared(facts, (Stakeholder.PROVIDER,), Tier.LIMITED), "bench", chance)


def main() -> None:
    started = time.perf_counter()
    edition = read_edition(GUIDELINE).edition
    print(f"reading   the edition in {time.perf_counter() - started:.2f} s")
    chance = random.Random(20251201)
    print(measure_tiering(edition, chance))
    print(measure_scoring(edition, chance))
    print(measure_bench_scoring(chance))
    _facts, declared = most_asked(edition)
    print(measure_most(edition, declared, "real", chance))


if __name__ == "__main__":
    main()
