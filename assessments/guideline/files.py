"""The reviewed YAML as plain values, with the line on which each of them stands, and the faults found in it.

PyYAML's constructors forget lines, keep the last of two equal keys in silence and turn `1.10` into 1.1, so the nodes
are walked here: true, false, whole numbers, null and strings (in NFC) are all that an edition is made of.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import yaml

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML was built without libyaml: slower, the same nodes
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

type Path = tuple[str | int, ...]
"""Where a value stands in a file: the keys and list positions that lead to it."""

# Keys that hold entries: left out of a fault's key, since the entry's own name says more.
CONTAINERS = frozenset(
    {
        "actions",
        "checks",
        "clauses",
        "conditions",
        "conformity_file",
        "evidence",
        "facts",
        "flags",
        "groups",
        "items",
        "obligations",
        "overlays",
        "packages",
        "questionnaires",
        "questions",
        "requirements",
        "rules",
        "stages",
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something wrong in an edition. `file` is relative to the edition's folder, `line` counts from 1."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.message}"


class EditionFaults(Exception):
    """An edition that cannot be used; carries every fault, in the order of files and lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its value, where everything in it stands, and what already went wrong in reading it."""

    file: str
    value: object
    lines: Mapping[Path, int]
    faults: tuple[Fault, ...] = ()

    def line(self, path: Path) -> int:
        """Return the line of `path`, or of the nearest thing around it that was written."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def key(self, path: Path) -> str:
        """Name what stands at `path` for a reader: `fairness.remedy.owner`."""
        names: list[str] = []
        value = self.value
        before: str | int = ""
        for step in path:
            value = _inside(value, step)
            name = step if isinstance(step, str) else _own_name(value)
            if name:
                if names and before in CONTAINERS:
                    names.pop()
                names.append(name)
            before = step
        return ".".join(names) or self.file.rsplit("/", 1)[-1].split(".", 1)[0]

    def fault(self, path: Path, message: str) -> Fault:
        return Fault(self.file, self.line(path), self.key(path), message)


def _inside(value: object, step: str | int) -> object:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _own_name(entry: object) -> str:
    if isinstance(entry, dict):
        for field in ("key", "id", "tier"):
            if isinstance(entry.get(field), str):
                return str(entry[field])
    return ""


def read_document(file: str, text: str) -> Document:
    """Read one YAML file; what cannot be read is left out and stands among its faults. Never raises."""
    loader = Loader(text)
    try:
        node = loader.get_single_node()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or str(error)
        return Document(file, None, {}, (Fault(file, line, _stem(file), f"this file is not valid YAML: {problem}"),))
    finally:
        loader.dispose()
    walk = _Walk(file)
    value = walk.value(node, ()) if node is not None else None
    document = Document(file, value, walk.lines)
    faults = tuple(Fault(file, line, document.key(path), message) for path, line, message in walk.faults)
    return Document(file, value, walk.lines, faults)


def _stem(file: str) -> str:
    return file.rsplit("/", 1)[-1].split(".", 1)[0]


class _Walk:
    """One pass over the nodes of a file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.faults: list[tuple[Path, int, str]] = []
        self.seen: set[int] = set()

    def value(self, node: yaml.Node, path: Path) -> object:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, path)
        if id(node) in self.seen:  # an alias: it could lead back to itself, and its lines would be another's
            self.faults.append((path, self.lines[path], "this is a YAML alias; write out the value instead"))
            return None
        self.seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, number)) for number, child in enumerate(node.value)]
        return self.mapping(node, path)

    def mapping(self, node: yaml.Node, path: Path) -> dict[str, object]:
        result: dict[str, object] = {}
        for key_node, child in node.value:
            if key_node.tag != "tag:yaml.org,2002:str":
                self.fault(key_node, path, f"the key {key_node.value!r} is not text; write it in quotes")
                continue
            key = unicodedata.normalize("NFC", key_node.value)
            inner = (*path, key)
            if key in result:
                first = self.lines[inner]
                self.fault(key_node, inner, f"this key is used twice; it is first used in line {first}")
                continue
            self.lines[inner] = key_node.start_mark.line + 1
            result[key] = self.value(child, inner)
        return result

    def scalar(self, node: yaml.ScalarNode, path: Path) -> object:
        kind = node.tag.rsplit(":", 1)[-1]
        if kind == "str":
            return unicodedata.normalize("NFC", node.value)
        if kind == "null":
            return None
        if kind == "bool" and node.value in ("true", "false"):
            return node.value == "true"
        if kind == "int" and node.value.lstrip("-").isdecimal():
            return int(node.value)
        self.fault(node, path, f"{node.value} is not a whole number, true or false; if it is text, write it in quotes")
        return None

    def fault(self, node: yaml.Node, path: Path, message: str) -> None:
        self.faults.append((path, node.start_mark.line + 1, message))
