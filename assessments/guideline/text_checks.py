"""Whether the texts that help with a question are of a length worth reading and say something of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from assessments.guideline.edition import Edition, Question
from assessments.guideline.files import Document, Fault, Path

FEWEST_WORDS, MOST_WORDS = 8, 80
SUMMARY_WORDS = 40
FEWEST_WORDS_OF_A_QUESTION = 5  # fewer, repeated inside another text, are a phrase and no repetition


def text_faults(edition: Edition, english: Mapping[str, Document]) -> Iterator[Fault]:
    """Yield the faults of the English texts: too long or too short, used twice, or a repetition of the question."""
    for clause in edition.clauses.values():
        number = len(clause.summary.split())
        if number > SUMMARY_WORDS:
            where: Path = ("clauses", clause.id, "summary")
            yield english["clauses"].fault(where, f"this summary has {number} words; the limit is {SUMMARY_WORDS}")
    first: dict[str, tuple[Document, Path]] = {}
    for question in edition.questions.values():
        document = english[f"questionnaires/{question.section}"]
        for name, text, path, asked in _texts_of(question):
            number = len(text.split())
            if number and not FEWEST_WORDS <= number <= MOST_WORDS:
                wanted = f"it should have {FEWEST_WORDS} to {MOST_WORDS}"
                yield document.fault(path, f"the {name} has {number} words; {wanted}")
            plain = _plain(text)
            if not plain:
                continue  # empty, reported by its form
            if plain in first:
                other, there = first[plain]
                used = f"{other.key(there)} ({other.file}:{other.line(there)})"
                yield document.fault(path, f"the same text is already used as {used}")
            first.setdefault(plain, (document, path))
            if any(_repeats(plain, plain_question) for plain_question in filter(None, map(_plain, asked))):
                yield document.fault(path, f"the {name} only repeats the question")


def _texts_of(question: Question) -> Iterator[tuple[str, str, Path, tuple[str, ...]]]:
    """Yield what helps with a question: its name, the text, where it stands, and the words that it may not repeat."""
    path: Path = ("questions", question.key)
    asked = (question.text, question.title)
    yield "help", question.why, (*path, "why"), asked
    yield "evidence hint", " ".join(question.good_evidence), (*path, "good_evidence"), asked
    yield "example", question.example, (*path, "example"), asked
    if question.remedy:
        remedy = f"{question.remedy.first_step} {question.remedy.closes_it}".strip()
        yield "remedy", remedy, (*path, "remedy"), asked
    for item in question.items:
        remedy = f"{item.remedy.first_step} {item.remedy.closes_it}".strip()
        yield "remedy", remedy, (*path, "items", item.key, "remedy"), (*asked, item.text)


@lru_cache(maxsize=8192)
def _plain(text: str) -> str:
    """The words alone, so that case, blanks and stops do not hide a repetition."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _repeats(text: str, question: str) -> bool:
    if text == question:
        return True
    return question.count(" ") + 1 >= FEWEST_WORDS_OF_A_QUESTION and f" {question} " in f" {text} "
