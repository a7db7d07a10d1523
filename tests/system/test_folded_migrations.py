"""The folded migration makes what those it stands for make, and databases at an older number go on."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState

from tests.support.paths import ROOT

FOLDED, LAST = "0001_squashed_0037_clearer_labels", "0037_clearer_labels"
OLDER = """
import sys
import django
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
executor = MigrationExecutor(connection)
executor.loader = MigrationLoader(connection, replace_migrations=False)
executor.migrate([tuple(name.split(".")) for name in sys.argv[1:]])
"""
"""Migrates as it was done before any migration was folded."""


@contextmanager
def a_database(folder: Path) -> Iterator[dict[str, str]]:
    """Make an empty database of the kind that the tests run on; yields the environment that leads to it."""
    folder.mkdir()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "hkguide.settings",
        "HKGUIDE_VAR": str(folder),
        "HKGUIDE_DATABASE_URL": "",
    }
    if connection.vendor == "sqlite":
        yield environment
        return
    known = connection.settings_dict
    server = f"postgresql://{known['USER']}@{known['HOST']}:{known['PORT']}"
    name = f"folded_{os.getpid()}_{folder.name}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as server_connection:
        server_connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            yield environment | {"HKGUIDE_DATABASE_URL": f"{server}/{name}"}
        finally:
            server_connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def python(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=True, capture_output=True)


def migrate(environment: dict[str, str]) -> None:
    python(environment, "manage.py", "migrate", "--verbosity", "0")


def rows(environment: dict[str, str], query: str) -> list[tuple[Any, ...]]:
    if url := environment["HKGUIDE_DATABASE_URL"]:
        with psycopg.connect(url) as opened:
            return opened.execute(query).fetchall()
    with closing(sqlite3.connect(Path(environment["HKGUIDE_VAR"]) / "hkguide.sqlite3")) as opened, opened:
        return opened.execute(query).fetchall()


# --- what a database is made of --------------------------------------------------------------------------------------

ON_POSTGRESQL = {
    "columns": "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default,"
    " is_identity, identity_generation, collation_name FROM information_schema.columns WHERE table_schema = 'public'",
    "constraints": "SELECT conrelid::regclass::text, conname, contype, condeferrable, condeferred,"
    " pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger"
    " WHERE NOT tgisinternal",
    "functions": "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "sequences": "SELECT sequencename, data_type, start_value, increment_by FROM pg_sequences"
    " WHERE schemaname = 'public'",
}


def schema(environment: dict[str, str]) -> dict[str, set[tuple[Any, ...]]]:
    """Return all that a database is made of, without the order of columns."""
    if environment["HKGUIDE_DATABASE_URL"]:
        return {what: set(rows(environment, query)) for what, query in ON_POSTGRESQL.items()}
    made = rows(environment, "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    return {
        f"{kind} {name}": {(table, part) for part in (parts(sql) if kind == "table" else [spaced(sql)])}
        for kind, name, table, sql in made
    }


def parts(sql: str) -> list[str]:
    """Return the columns and constraints of CREATE TABLE, each as it is written."""
    inside, found, depth, quote = sql[sql.index("(") + 1 : sql.rindex(")")], [""], 0, ""
    for sign in inside:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        depth += 0 if quote else (sign == "(") - (sign == ")")
        if sign == "," and not depth and not quote:
            found.append("")
        else:
            found[-1] += sign
    return [spaced(part) for part in found]


def spaced(sql: str) -> str:
    return re.sub(r"\s+", " ", sql).strip()


def test_parts_of_a_table_are_told_apart() -> None:
    sql = """CREATE TABLE "t" ("a" text NOT NULL DEFAULT '1,2', "b" integer NULL,
        CONSTRAINT "c" CHECK (("a" IN ('x', 'y)') OR "b" > 0)))"""
    assert parts(sql) == [
        "\"a\" text NOT NULL DEFAULT '1,2'",
        '"b" integer NULL',
        'CONSTRAINT "c" CHECK (("a" IN (\'x\', \'y)\') OR "b" > 0))',
    ]


# --- the tests -------------------------------------------------------------------------------------------------------


def described(model: ModelState) -> tuple[Any, ...]:
    """Return a model as a migration knows it, without the order of its fields, indexes and constraints."""
    options = {key: value for key, value in model.options.items() if key not in ("indexes", "constraints", "abstract")}
    made = [one.deconstruct() for key in ("indexes", "constraints") for one in model.options.get(key, [])]
    fields = {name: field.deconstruct()[1:] for name, field in model.fields.items()}
    return model.bases, options, fields, sorted(map(repr, made)), [manager[0] for manager in model.managers]


def test_the_folded_migration_describes_the_models_as_the_others_do(settings) -> None:
    settings.MIGRATION_MODULES = {}  # a daily run on SQLite leaves migrations out
    loader = MigrationLoader(None, replace_migrations=False)
    assert [key for key in sorted(loader.disk_migrations) if key[0] == "assessments" and key[1] <= LAST] == sorted(
        [("assessments", FOLDED), *loader.disk_migrations["assessments", FOLDED].replaces]
    )
    before, folded = (loader.project_state(("assessments", name)) for name in (LAST, FOLDED))
    own = {key for key in before.models if key[0] == "assessments"}
    assert own == {key for key in folded.models if key[0] == "assessments"}
    assert len(own) > 60
    for key in sorted(own):
        assert described(folded.models[key]) == described(before.models[key]), key


def test_a_new_database_runs_the_folded_migration_alone(settings) -> None:
    settings.MIGRATION_MODULES = {}
    graph = MigrationLoader(None).graph
    kept = {name for app, name in graph.nodes if app == "assessments" and name <= LAST}
    assert kept == {FOLDED}
    assert ("assessments", FOLDED) in graph.forwards_plan(("mfa", "0003_authenticator_type_uniq"))


@pytest.mark.long  # one after the other they take sixteen seconds on SQLite
@pytest.mark.django_db
def test_a_new_database_is_made_of_what_the_others_make(tmp_path) -> None:
    with a_database(tmp_path / "others") as others, a_database(tmp_path / "folded") as folded:
        python(others, "-c", OLDER, f"assessments.{LAST}")
        migrate(others)  # the tables of other applications
        migrate(folded)
        made = schema(folded)
        assert made == schema(others)
        assert len(made["triggers"]) > 30 if "triggers" in made else len(made) > 300
        applied = "SELECT name FROM django_migrations WHERE app = 'assessments' ORDER BY name"
        assert rows(folded, applied) == rows(others, applied)
        python(folded, "manage.py", "migrate", "--check")


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize(
    "number", ["0001_initial", "0011_remediation", "0017_figures", "0025_judged_parts", "0034_sealed_emails"]
)
def test_a_database_at_an_older_number_goes_on(number, tmp_path) -> None:
    """With somebody of before 0018, who had two addresses: 0018 leaves one, and needs allauth's tables for it."""
    with a_database(tmp_path / "older") as older, a_database(tmp_path / "folded") as folded:
        python(older, "-c", OLDER, f"assessments.{number}", "account.0009_emailaddress_unique_primary_email")
        rows_of_before_0018 = number < "0018"
        if rows_of_before_0018:
            python(older, "-c", TWO_ADDRESSES)
            assert len(rows(older, "SELECT 1 FROM account_emailaddress")) == 2
        migrate(older)
        migrate(folded)
        assert schema(older) == schema(folded)
        if rows_of_before_0018:
            assert rows(older, "SELECT email FROM account_emailaddress") == [("mei@example.org",)]
        python(older, "manage.py", "migrate", "--check")


@pytest.mark.long
@pytest.mark.django_db
def test_a_database_of_the_former_folded_migration_goes_on(tmp_path) -> None:
    """The former one stood for the first thirty numbers; its name stays in the database, and nobody asks for its file."""
    with a_database(tmp_path / "former") as former, a_database(tmp_path / "folded") as folded:
        python(former, "-c", OLDER, "assessments.0030_second_looks", "account.0009_emailaddress_unique_primary_email")
        python(former, "-c", FORMER)
        migrate(former)
        migrate(folded)
        assert schema(former) == schema(folded)
        assert ("0001_squashed_0037_clearer_labels",) in rows(former, "SELECT name FROM django_migrations")
        python(former, "manage.py", "migrate", "--check")


FORMER = """
import django
django.setup()
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
MigrationRecorder(connection).record_applied("assessments", "0001_squashed_0030_second_looks")
"""

TWO_ADDRESSES = """
import django
django.setup()
from django.db import connection
from django.db.migrations.loader import MigrationLoader
loader = MigrationLoader(connection, replace_migrations=False)
apps = loader.project_state(sorted(loader.applied_migrations)).apps
user = apps.get_model("assessments", "User").objects.create(email="mei@example.org", name="Mei", password="!")
for email in ("mei@example.org", "other@example.org"):
    apps.get_model("account", "EmailAddress").objects.create(user=user, email=email)
"""


@pytest.mark.long
@pytest.mark.django_db
def test_the_folded_migration_can_be_taken_back(tmp_path) -> None:
    with a_database(tmp_path / "folded") as folded:
        migrate(folded)
        made = schema(folded)
        python(folded, "manage.py", "migrate", "assessments", "zero", "--verbosity", "0")
        assert not any("assessments_" in str(part) for parts_of in schema(folded).values() for part in parts_of)
        migrate(folded)
        assert schema(folded) == made
