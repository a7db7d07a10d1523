"""Rules for single values, lists, mappings and conditions: each puts the faults that it finds on the form of its file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import chain

from assessments.guideline.conditions import ConditionError, as_written, parse
from assessments.guideline.files import Document, Fault, Path

type Rule = Callable[[Form, Path, object], None]
type FactAnswers = Mapping[str, Collection[bool | str]]
"""Facts that a condition may read, with the answers that it may test for."""


class Form:
    """One file under check. `sound` turns false with a fault that keeps the edition from being compiled."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults: list[Fault] = list(document.faults)
        self.sound = not document.faults

    def fault(self, path: Path, message: str, broken: bool = False) -> None:
        """Add a fault; `broken`: the edition cannot be compiled with it."""
        self.faults.append(self.document.fault(path, message))
        if broken:
            self.sound = False


def text(form: Form, path: Path, value: object) -> None:
    """Check that a value is a text with something in it."""
    if not isinstance(value, str):
        form.fault(path, "this must be text", broken=True)
    elif not value.strip():
        form.fault(path, "is empty")


def flag(form: Form, path: Path, value: object) -> None:
    """Check that a value is true or false."""
    if not isinstance(value, bool):
        form.fault(path, "this must be true or false", broken=True)


def count(least: int) -> Rule:
    """Return the rule of a whole number."""

    def rule(form: Form, path: Path, value: object) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            form.fault(path, f"this must be a whole number of at least {least}", broken=True)

    return rule


def one_of(what: str, allowed: Collection[object], broken: bool = True) -> Rule:
    """Return the rule of a word of a vocabulary.

    An empty vocabulary means that its file could not be read, which is a fault elsewhere.
    """

    def rule(form: Form, path: Path, value: object) -> None:
        if isinstance(value, dict | list) or value is None:
            form.fault(path, f"this must be the name of one {what}", broken=True)
        elif allowed and value not in allowed:
            form.fault(path, f"there is no {what} called {value!r}", broken)

    return rule


def reference(what: str, ids: Collection[object]) -> Rule:
    """Return the rule of an id that must be known; the edition can be compiled, and checked further, without it."""
    return one_of(what, ids, broken=False)


def or_null(inner: Rule) -> Rule:
    """Return the rule of a value that may also be null."""

    def rule(form: Form, path: Path, value: object) -> None:
        if value is not None:
            inner(form, path, value)

    return rule


def several(inner: Rule, least: int = 0, whole: Collection[str] = ()) -> Rule:
    """Return the rule of a list without repetition; `whole` names words of which none may be missing."""

    def rule(form: Form, path: Path, value: object) -> None:
        if not isinstance(value, list):
            form.fault(path, "this must be a list", broken=True)
            return
        if len(value) < least:
            form.fault(path, "is empty" if not value else f"this list must have at least {least} entries")
        seen: list[object] = []
        for number, member in enumerate(value):
            inner(form, (*path, number), member)
            if member in seen:
                form.fault((*path, number), f"{member} is listed twice")
            seen.append(member)
        for word in whole:
            if word not in seen:
                form.fault(path, f"{word} is missing", broken=True)

    return rule


def record(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None) -> Rule:
    """Return the rule of a mapping with named fields."""
    optional = optional or {}

    def rule(form: Form, path: Path, value: object) -> None:
        if not isinstance(value, dict):
            form.fault(path, "needs a name and a value for each entry, for example tier: high", broken=True)
            return
        for field in value:
            if field not in required and field not in optional:
                form.fault((*path, field), f"the field {field} is not allowed here")
        for field, inner in chain(required.items(), optional.items()):
            if field in value:
                inner(form, (*path, field), value[field])
            elif field in required:
                form.fault(path, f"{field} is missing", broken=True)

    return rule


def mapping_of(inner: Rule) -> Rule:
    """Return the rule of a mapping whose keys are free."""

    def rule(form: Form, path: Path, value: object) -> None:
        if not isinstance(value, dict):
            form.fault(path, "needs a name and a value for each entry, for example tier: high", broken=True)
            return
        for key, member in value.items():
            inner(form, (*path, key), member)

    return rule


def table(inner: Rule, id_field: str = "key", least: int = 1) -> Rule:
    """Return the rule of a list of entries, each with an id of its own."""

    def rule(form: Form, path: Path, value: object) -> None:
        if not isinstance(value, list) or len(value) < least:
            form.fault(path, "this must be a list of entries", broken=True)
            return
        first: dict[str, int] = {}
        for number, entry in enumerate(value):
            here = (*path, number)
            inner(form, here, entry)
            name = entry.get(id_field) if isinstance(entry, dict) else None
            if not isinstance(name, str):
                continue
            if name in first:
                form.fault((*here, id_field), f"{name} is used twice; it is first used in line {first[name]}")
            first.setdefault(name, form.document.line((*here, id_field)))

    return rule


def condition(facts: FactAnswers, refusals: Mapping[str, str] | None = None) -> Rule:
    """Return the rule of a condition over `facts`; `refusals` says why a fact that exists may not be read here."""
    refusals = refusals or {}

    def rule(form: Form, path: Path, value: object) -> None:
        try:
            if value is None:
                raise ConditionError("this condition is empty; write {} if it always applies")
            parse(value)
        except ConditionError as error:
            form.fault(path, str(error), broken=True)
            return
        for fact, answer, where in mentioned(value, path):
            if fact in refusals:
                form.fault(where, refusals[fact])
            elif fact not in facts:
                if facts:
                    form.fault(where, f"there is no fact called {fact}")
            elif answer not in facts[fact]:
                form.fault(where, f"the fact {fact} has no answer {as_written(answer)}")

    return rule


def mentioned(raw: object, path: Path) -> Iterator[tuple[str, object, Path]]:
    """Yield fact, answer and place of each test in a condition as it is written; a bare fact tests for true."""
    if isinstance(raw, str):
        yield raw, True, path
    elif isinstance(raw, dict):
        for key, value in raw.items():
            here = (*path, key)
            if key in ("all", "any"):
                for number, part in enumerate(value):
                    yield from mentioned(part, (*here, number))
            else:
                for answer in value if isinstance(value, list) else [value]:
                    yield key, answer, here


def anything(form: Form, path: Path, value: object) -> None:
    """Accept any value: the field is checked elsewhere."""
