"""The table of kinds of entries: who reads them, what their sentences take from the details, and who may record one."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.audit import log
from assessments.audit.kinds import READ_BY_MEMBERS, READ_BY_REVIEWERS, AuditKind, UnknownKind
from assessments.models import AuditEntry, AuditHead, Route, State
from tests.support.factories import make_assessment
from tests.support.paths import APP
from tests.support.rooms import tree_of

pytestmark = pytest.mark.sqlite_alone

ABOUT_ASSESSMENTS = {"assessment", "declareduse", "aisystem", "evidence"}
WRITERS = {"create", "bulk_create", "get_or_create", "update_or_create"}
MODULES = {"log", "audit_log", "account_log", "self"}  # whose functions take a kind
ONLY_IN_OLD_ROWS: dict[str, str] = {}
"""Kinds that nothing records any more and that older rows hold, each with its reason."""


@cache
def trees() -> dict[str, ast.Module]:
    paths = [path for path in APP.rglob("*.py") if "migrations" not in path.parts]
    return {str(path.relative_to(APP)): tree_of(path) for path in paths}


def is_kind(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "AuditKind"


def named_kinds(tree: ast.Module) -> Iterator[ast.Attribute]:
    """Yield each `AuditKind.X` of a module."""
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and is_kind(node))


def recorders() -> set[str]:
    """Name the functions of the product whose first parameter is a kind."""
    found = set()
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                first = next((one for one in node.args.args if one.arg != "self"), None)
                if first is not None and isinstance(first.annotation, ast.Name) and first.annotation.id == "AuditKind":
                    found.add(node.name)
    return found


@pytest.mark.long
def test_the_writer_of_entries_is_called_in_one_file():
    callers, makers = set(), set()
    for name, tree in trees().items():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and node.attr == "record"
                and ast.unparse(node.value).endswith("objects")
            ):
                callers.add(name)
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).removeprefix("models.")
                if called == "AuditEntry" or called in {f"AuditEntry.objects.{writer}" for writer in WRITERS}:
                    makers.add(name)
    assert callers == {"audit/log.py"}
    assert makers == {"models/audit.py"}


@pytest.mark.long
def test_every_kind_that_the_product_names_stands_in_the_table():
    named = {node.attr for tree in trees().values() for node in named_kinds(tree)}
    assert sorted(named - set(AuditKind.__members__)) == []
    assert {"system_retired", "use_restored", "details_erased"} <= set(AuditKind)


@pytest.mark.long
def test_every_kind_of_the_table_is_recorded_or_named_as_old():
    recorded = set()
    for tree in trees().values():
        read = set()  # what is compared, or whose value is looked for, is not recorded
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare | ast.Attribute):
                read |= {id(one) for one in ast.iter_child_nodes(node)}
        recorded |= {node.attr for node in named_kinds(tree) if id(node) not in read}
    assert sorted(set(AuditKind.__members__) - recorded) == sorted(ONLY_IN_OLD_ROWS)
    assert all(ONLY_IN_OLD_ROWS.values())


@pytest.mark.long
def test_no_text_is_given_in_the_place_of_a_kind():
    names, texts, calls = recorders(), [], 0
    assert names >= {"record", "write", "write_for_installation", "write_for_organisation"}
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            by_name = isinstance(node.func, ast.Name) and node.func.id in names
            of_module = isinstance(node.func, ast.Attribute) and node.func.attr in names
            if by_name or (of_module and ast.unparse(node.func.value) in MODULES):
                calls += 1
                first = node.args[0]
                parts = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                texts += [
                    f"{path}:{node.lineno}"
                    for part in parts
                    if isinstance(part, ast.JoinedStr)
                    or (isinstance(part, ast.Constant) and isinstance(part.value, str))
                ]
    assert calls > 100
    assert texts == []


def test_a_kind_is_called_like_the_value_that_rows_hold():
    assert {kind.name: kind.value for kind in AuditKind} == {kind.name: kind.name.lower() for kind in AuditKind}


def test_what_reviewers_read_is_read_by_members():
    assert set(READ_BY_REVIEWERS) < set(READ_BY_MEMBERS) < set(AuditKind)


@pytest.mark.django_db
def test_an_unknown_kind_raises_an_error_that_names_it_and_writes_nothing(cast):
    before = AuditEntry.objects.count(), AuditHead.objects.count()
    with pytest.raises(UnknownKind, match="use_renamed") as raised:
        log.record("use_renamed", cast.organisation, by=cast.owner, organisation=cast.organisation)
    assert raised.value.kind == "use_renamed"
    assert (AuditEntry.objects.count(), AuditHead.objects.count()) == before


@pytest.mark.django_db
def test_a_row_holds_the_value_of_its_kind_and_the_table_costs_no_query(cast):
    told = {"by": cast.owner, "organisation": cast.organisation}
    with CaptureQueriesContext(connection) as by_the_writer:
        AuditEntry.objects.record("plan_asked", cast.organisation, **told)
    with CaptureQueriesContext(connection) as by_the_log:
        entry = log.record(AuditKind.PLAN_ASKED, cast.organisation, **told)
    assert type(entry.kind) is str
    assert AuditEntry.objects.get(pk=entry.pk).kind == "plan_asked"
    assert len(by_the_log) == len(by_the_writer) > 0


@pytest.mark.django_db
def test_entries_about_an_assessment_are_read_by_its_members(world_with_files):
    entries = set(AuditEntry.objects.values_list("kind", "object").order_by())
    kinds = {kind for kind, about in entries if about.partition(":")[0] in ABOUT_ASSESSMENTS}
    assert len(kinds) > 30
    assert sorted(kinds - set(READ_BY_MEMBERS)) == []


@pytest.mark.django_db
def test_sentences_find_their_values_in_the_details(world_with_files):
    rows = AuditEntry.objects.exclude(detail__detail="").values_list("kind", "detail__detail")
    missing = {(kind, name) for kind, detail in rows for name in AuditKind(kind).parameters - json.loads(detail).keys()}
    assert missing == set()


@pytest.mark.django_db
def test_a_kind_for_owners_is_left_out_of_the_logs_of_an_assessment_and_its_review(cast):
    made = make_assessment(State.SUBMITTED, "limited", cast=cast, route=Route.INDEPENDENT)
    for kind in (AuditKind.ROLE_CHANGED, AuditKind.ACTION_NOTED, AuditKind.TAKEN):
        log.record(kind, made, by=cast.owner, organisation=cast.organisation)
    shown = set(log.log_of_assessment(made).values_list("kind", flat=True))
    assert shown >= {AuditKind.ACTION_NOTED, AuditKind.TAKEN}
    assert AuditKind.ROLE_CHANGED not in shown
    reviewed = set(log.log_of_review(made.current_submission).values_list("kind", flat=True))
    assert AuditKind.TAKEN in reviewed
    assert not reviewed & {AuditKind.ROLE_CHANGED, AuditKind.ACTION_NOTED}
    whole = set(log.log_of(cast.organisation).values_list("kind", flat=True))
    assert whole >= {AuditKind.ROLE_CHANGED, AuditKind.ACTION_NOTED, AuditKind.TAKEN}
