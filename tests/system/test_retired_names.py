"""Names that were given up stay given up: no module, function, class or value of the product has one of them again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import APP, ROOT
from tests.support.rooms import PRODUCT, module_of, tree_of


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


RETIRED_STEMS = words(
    """
    account_words acting auditing changing closed deciding declaring desk desk_rows finding holding log_words mailing
    marking marking_rows of_case origins questionnaires reminding reopening replying review_before reviewing saving sent
    signing starting strips sweeping task_list teamwork
    """
)
"""File names that no file has again, in whatever folder."""

RETIRED_MODULES = words(
    """
    conformity errors evidence gates held sessions staleness standing tasks workflow
    domain.evidence.second_use domain.evidence.supplements domain.review.overseers
    forms.closing forms.log forms.replies forms.reviews
    models.portfolio models.queue models.register
    views.account views.appeals views.asking views.case views.comments views.conformity views.context views.dashboard
    views.documents views.errors views.file_check views.gate views.guideline views.held views.history views.holds views.inbox
    views.issued views.judging views.log views.organisations views.portfolio views.public views.question views.queue
    views.requests views.results views.returned views.review_case views.reviews views.rows views.second_factor views.staff
    views.standing views.systems views.timeline views.too_often views.uploads
    """
)
"""Modules that moved into a room. The last word of each may still name a file elsewhere."""

RETIRED_NAMES = words(
    """
    picture found_organisation tell untell cut carry confirm_carried duties_asked with_decisions
    QUIET PLEA PLEADED
    Line Row Given Kept Told Said Sent Found Taken Moved Noted Moment
    _ask_document _issue_if_clear _keep_holds _lock_uses _print_plan_again _record_followed _return_for_tier
    _set_conditions _tell_second_seat
    """
)
"""Functions, classes and values. docs/glossary.md has the words that took their place."""

RETIRED_ADDRESSES = words("standing workspace stopped sign_worst")
"""Names of addresses in the map of the site; the addresses themselves stay."""


def names_defined(tree: ast.AST) -> Iterator[str]:
    """Yield each name that a file gives: by def or class, by an assignment or a type, or to what it imports."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case ast.alias(asname=str(name)):
                yield name


def retired_in(module: str, tree: ast.AST) -> set[str]:
    """Return what a module of the app has of the retired names: in its own name, and among what it defines."""
    own = {module} & RETIRED_MODULES or {module.rpartition(".")[2]} & RETIRED_STEMS
    return own | set(names_defined(tree)) & RETIRED_NAMES


def name_of(path: Path) -> str:
    """Return the dotted name of a file: inside of the app without `assessments`, elsewhere from the root."""
    if path.is_relative_to(APP):
        return module_of(path)
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.long
def test_no_retired_name_is_defined_again() -> None:
    found = {name_of(path): retired_in(name_of(path), tree_of(path)) for path in PRODUCT}
    assert {module: names for module, names in found.items() if names} == {}


def addresses_in(tree: ast.AST) -> set[str]:
    """Return the names that calls of `path` give to addresses."""
    return {
        str(keyword.value.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant)
    }


def test_no_address_has_a_retired_name() -> None:
    names = addresses_in(tree_of(APP / "urls.py"))
    assert len(names) > 100
    assert names & RETIRED_ADDRESSES == set()


def test_a_retired_name_of_an_address_is_seen() -> None:
    planted = ast.parse('urlpatterns = [path("certificates/<n>/standing/", status.standing, name="standing")]')
    assert addresses_in(planted) & RETIRED_ADDRESSES == {"standing"}


@pytest.mark.parametrize(
    ("module", "source", "found"),
    [
        ("domain.review.desk", "", {"desk"}),
        ("declaring", "", {"declaring"}),
        ("views.standing", "", {"views.standing"}),
        ("domain.certificates.standing", "", set()),
        ("models.snapshots", "def picture(assessment): ...", {"picture"}),
        ("models.snapshots", "class Draft:\n    async def tell(self): ...", {"tell"}),
        ("views.audit.log", "class Line: ...", {"Line"}),
        ("exchange.inventory", "type Row = dict[str, str]", {"Row"}),
        ("forms.base", "QUIET: int = 800", {"QUIET"}),
        ("forms.base", "def of(rows):\n    first, cut = rows", {"cut"}),
        ("forms.base", "from assessments.core.paging import page_of as cut", {"cut"}),
        ("forms.base", "picture_of = build_snapshot(Row, cut=True)", set()),
    ],
)
def test_a_retired_name_is_seen(module: str, source: str, found: set[str]) -> None:
    assert retired_in(module, ast.parse(source)) == found
