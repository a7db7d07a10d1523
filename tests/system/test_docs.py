"""The files for builders say what is there: each path, each name in a file, each link, and the table of moves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.run import ROOT
from tests.system.moves_table import moves_table, written_table

DOCS = ROOT / "docs"
HOW_TO, DECISIONS = DOCS / "how-to", DOCS / "decisions"
BUILDERS = [
    ROOT / "CONTRIBUTING.md",
    DOCS / "architecture.md",
    DOCS / "glossary.md",
    *sorted(HOW_TO.glob("*.md")),
    *sorted(DECISIONS.glob("*.md")),
]
LINKED = sorted([ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])
PLACES = ("assessments", "hkguide", "templates", "static", "tests", "fixtures", "docs", "deploy")
PATH = re.compile(rf"(?<![\w/.-])(?:{'|'.join(PLACES)})/[\w/.*<>-]*")
"""A path in a text, also inside a picture. `<kind>` stands for any name."""
FILE = re.compile(r"[\w/.*<>-]+\.(?:py|html|txt|css|js|md|yaml|toml|svg|conf|service)")
CODE = re.compile(r"`([^`\n]+)`")
NAMED = re.compile(r"((?:`[A-Za-z_][\w.]*`(?:,|\s+and)\s+)*`[A-Za-z_][\w.]*`)\s+in\s+`([\w/.*<>-]+)`")
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
TWELVE = {
    "add-a-field-to-ai-systems.md",
    "change-the-wording-of-a-mail.md",
    "change-a-tier-rule.md",
    "add-a-column-to-the-review-queue.md",
    "change-what-suspends-a-certificate.md",
    "add-a-page.md",
    "change-an-action-in-the-plan.md",
    "add-an-export-format.md",
    "add-a-question.md",
    "change-the-autosave-delay.md",
    "change-the-upload-types.md",
    "add-a-role.md",
}
"""The changes that issue 14 asks for."""


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def paths_in(text: str) -> set[str]:
    """Return every path that a text names: what begins with a folder of the repository, and each file name in code."""
    found = {match.rstrip(".") for match in PATH.findall(text)}
    return found | {code for code in CODE.findall(text) if FILE.fullmatch(code)}


def matches(path: str) -> list[Path]:
    """Return the files or folders of a path; `<kind>` and `*` stand for any name, a slash at the end for a folder."""
    pattern = re.sub(r"<[^>]*>", "*", path)
    return [found for found in ROOT.glob(pattern.rstrip("/")) if found.is_dir() or not path.endswith("/")]


def names_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield each name with the path that the text gives for it: `move` in `assessments/domain/workflow.py`."""
    for names, path in NAMED.findall(text):
        for name in CODE.findall(names):
            yield name.rpartition(".")[2], path


@cache
def defined(path: Path) -> frozenset[str]:
    """Return the names that a file of Python defines, at the top or inside; of any other file its words."""
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        return frozenset(re.findall(r"\w+", text))
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return frozenset(found)


def defines(path: Path, name: str) -> bool:
    """Tell whether a file, or some file of Python below a folder, defines a name."""
    return any(name in defined(one) for one in (path.rglob("*.py") if path.is_dir() else [path]))


@pytest.mark.parametrize("page", BUILDERS, ids=shown)
def test_each_path_exists(page):
    """A file is named from the root of the repository, so that a reader can open it and this test can find it."""
    assert sorted(path for path in paths_in(page.read_text("utf-8")) if not matches(path)) == []


@pytest.mark.parametrize("page", BUILDERS, ids=shown)
def test_each_name_is_defined_in_its_file(page):
    """Paths that do not exist are named by the test above."""
    named = sorted(set(names_in(page.read_text("utf-8"))))
    wrong = [(name, path) for name, path in named if (found := matches(path)) and not defines(found[0], name)]
    assert wrong == []


@pytest.mark.parametrize("page", LINKED, ids=shown)
def test_each_link_leads_to_a_file(page):
    links = [link.partition("#")[0] for link in LINK.findall(page.read_text("utf-8")) if "://" not in link]
    assert [link for link in links if link and not (page.parent / link).exists()] == []


@pytest.mark.long
def test_the_table_of_moves_says_what_the_code_does():
    drawn = moves_table()
    assert written_table() == drawn, "Write it anew: HKGUIDE_DEBUG=1 .venv/bin/python -m tests.system.moves_table"


def test_each_of_the_twelve_changes_has_a_page_with_its_files():
    pages = {path.name: path.read_text("utf-8") for path in HOW_TO.glob("*.md") if path.name != "README.md"}
    assert pages.keys() >= TWELVE
    assert [name for name, text in pages.items() if "\n1. " not in text or len(paths_in(text)) < 2] == []


@pytest.mark.parametrize("folder", [HOW_TO, DECISIONS], ids=lambda folder: folder.name)
def test_the_list_of_a_folder_names_each_of_its_pages(folder):
    links = set(LINK.findall((folder / "README.md").read_text("utf-8")))
    assert {path.name for path in folder.glob("*.md")} - {"README.md"} - links == set()


def test_the_decisions_are_numbered_without_a_gap_and_have_their_parts():
    pages = sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")
    assert [int(path.name[:4]) for path in pages] == list(range(1, len(pages) + 1))
    for path in pages:
        parts = re.findall(r"^## (.+)$", path.read_text("utf-8"), re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences", "Measured"], path.name


def test_the_words_of_the_glossary_are_in_order_and_have_a_place():
    rows = re.findall(
        r"^\| \*\*(.+?)\*\*.* \| (.+) \| (.+) \|$", (DOCS / "glossary.md").read_text("utf-8"), re.MULTILINE
    )
    words = [word.casefold() for word, _sentence, _place in rows]
    assert len(words) > 60
    assert words == sorted(set(words))
    assert [word for word, _sentence, place in rows if not paths_in(place)] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`models/base.py`", {"models/base.py"}),
        ("see `assessments/urls.py`.", {"assessments/urls.py"}),
        ("form -> assessments/forms/base.py -> rows", {"assessments/forms/base.py"}),
        ("`templates/assessments/parts/`", {"templates/assessments/parts/"}),
        ("`/assessments/<ref>/answers/`", set()),
        ("`pyproject.toml`, `make test`, `on_commit`", {"pyproject.toml"}),
    ],
)
def test_a_path_is_found_in_a_text(text, found):
    assert paths_in(text) == found


@pytest.mark.parametrize(
    ("path", "exists"),
    [
        ("tests/run.py", True),
        ("tests/", True),
        ("tests/run.py/", False),
        ("tests/<kind>.py", True),
        ("models/base.py", False),
        ("tests/no_such_file.py", False),
    ],
)
def test_a_path_that_does_not_exist_is_seen(path, exists):
    assert bool(matches(path)) is exists


def test_a_name_that_its_file_does_not_define_is_seen():
    text = "`matches` and `no_such_name` in `tests/system/test_docs.py`"
    assert [(name, defines(ROOT / path, name)) for name, path in names_in(text)] == [
        ("matches", True),
        ("no_such_name", False),
    ]
