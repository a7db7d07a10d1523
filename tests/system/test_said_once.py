"""One function each puts a fact's answer, a tier rule and a choice into words: found by reading the source, not by trust."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from assessments.guideline.terms import Choice
from assessments.guideline.wording import choice_words
from assessments.models.assessments import ChoiceChoices
from assessments.templatetags.hk import CREDITS
from tests.support.paths import APP
from tests.support.rooms import SOURCES, tree_of

TREES = {str(path.relative_to(APP)): partial(tree_of, path) for path in SOURCES}  # read when a test asks for them
WORDING = "guideline/wording.py"


def attributes(tree: ast.AST, *names: str) -> Iterator[str]:
    """Yield the attributes of these names that a source reads, and the names that it reads by `getattr`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in names:
            yield node.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant) and arg.value in names)


def texts(tree: ast.AST, *texts: str) -> Iterator[str]:
    """Yield the string constants of a source that are one of these."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in texts:
            yield str(node.value)


def answers_a_fact(tree: ast.AST) -> list[str]:
    """Find what puts an answer to a fact into words: it reads the labels of a fact, or writes a common answer itself."""
    labels = attributes(tree, "options", "nothing_label", "answer_words")
    return sorted({*labels, *texts(tree, "Yes", "No", "Do not know")})


def places(finds: Callable[[ast.AST], list[str]]) -> set[str]:
    return {name for name, tree in TREES.items() if finds(tree())}


@pytest.mark.long
def test_one_file_puts_the_answer_to_a_fact_into_words() -> None:
    assert places(answers_a_fact) == {WORDING}


def test_one_function_reads_the_labels_of_a_fact() -> None:
    readers = {
        node.name
        for node in ast.walk(TREES[WORDING]())
        if isinstance(node, ast.FunctionDef) and [*attributes(node, "options", "nothing_label", "answer_words")]
    }
    assert readers == {"fact_answer"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("words = fact.options.get(value, value)", ["options"]),
        ("words = getattr(fact, 'nothing_label')", ["nothing_label"]),
        ("words = _('Yes') if value else _('No')", ["No", "Yes"]),
        ("def said(value):\n    if value == 'unknown':\n        return 'Do not know'", ["Do not know"]),
        ("words = fact_answer(fact, value)", []),
        ("said = _('Yes, the reviewer may see it.')", []),
    ],
)
def test_an_answer_in_words_is_found_in_a_source(source: str, found: list[str]) -> None:
    assert answers_a_fact(ast.parse(source)) == found


# --- a tier rule ---------------------------------------------------------------------------------------------------------


def says_a_rule(tree: ast.AST) -> list[str]:
    """Find what puts a tier rule into words: it reads our reading of one, not from a card, or makes a card."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "reading" and id(node) not in called:
            found += [] if isinstance(node.value, ast.Name) and node.value.id == "card" else ["reading"]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RuleCard":
            found.append("RuleCard")
    return found


@pytest.mark.long
def test_one_file_puts_a_tier_rule_into_words() -> None:
    assert places(says_a_rule) == {WORDING}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("card = {'reason': rule.reason, 'reading': rule.reading}", ["reading"]),
        ("text = rules[key].reading", ["reading"]),
        ("card = RuleCard(id=rule.id)", ["RuleCard"]),
        ("line = RuleLine(reading=card.reading)", []),
        ("keys = declaring.reading(edition, changed)", []),
    ],
)
def test_a_rule_in_words_is_found_in_a_source(source: str, found: list[str]) -> None:
    assert says_a_rule(ast.parse(source)) == found


# --- a choice ------------------------------------------------------------------------------------------------------------

CONTROLS = ("parts/answer_ruler.html", "assessment/controls.html")
OFFERED = re.compile(r'value="(\w+)"[^>]*(?:\{%[^%]*%\}[^>]*)*>\s*<span>(.*?)</span>', re.DOTALL)
LABEL = re.compile(r'\{% translate "([^"]+)" %\}')


def says_a_choice(tree: ast.AST) -> list[str]:
    """Find what puts a choice into words: it has a label that no other thing has, or asks the choices of the column."""
    labels = texts(tree, "Planned for a date", "What is ticked", "Do not know yet", "none of the points in place")
    return sorted({*labels, *attributes(tree, "get_choice_display", "ChoiceChoices"), *column_choices(tree)})


def column_choices(tree: ast.AST) -> Iterator[str]:
    """Yield the uses of the column's choices as a class that is called or read, not as the choices of the column."""
    for node in ast.walk(tree):
        read = node.func if isinstance(node, ast.Call) else node.value if isinstance(node, ast.Attribute) else None
        if isinstance(read, ast.Name) and read.id == "ChoiceChoices":
            yield read.id


@pytest.mark.long
def test_one_file_puts_a_choice_into_words() -> None:
    assert places(says_a_choice) == {WORDING}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("word = _('Do not know yet')", ["Do not know yet"]),
        ("word = ChoiceChoices(choice).label", ["ChoiceChoices"]),
        ("words = dict(models.ChoiceChoices.choices)", ["ChoiceChoices"]),
        ("word = answer.get_choice_display()", ["get_choice_display"]),
        ("choice = models.CharField(choices=ChoiceChoices)", []),
        ("word = choice_words(choice)", []),
    ],
)
def test_a_choice_in_words_is_found_in_a_source(source: str, found: list[str]) -> None:
    assert says_a_choice(ast.parse(source)) == found


@pytest.mark.parametrize("name", CONTROLS)
def test_the_controls_offer_the_choices_in_the_same_words(name: str) -> None:
    """Their labels are written in the templates, where translators find them."""
    source = (APP.parent / "templates" / "assessments" / name).read_text("utf-8")
    labels = {value: LABEL.search(span) for value, span in OFFERED.findall(source) if value in {*Choice}}
    offered = {value: label.group(1) for value, label in labels.items() if label}
    assert offered == {value: choice_words(value) for value in offered}
    assert offered.keys() >= {"unknown", "not_applicable"}


def test_the_column_and_the_marks_say_the_choices_in_the_same_words() -> None:
    labels = {value: str(label) for value, label in ChoiceChoices.choices}
    assert labels == {str(one): choice_words(one) for one in Choice}
    assert {one: str(mark.word) for one, mark in CREDITS.items()} == {one: choice_words(one) for one in CREDITS}
