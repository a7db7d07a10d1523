"""Commands of the one who runs an installation."""

from __future__ import annotations

import contextlib
import io
import os
import sqlite3
import subprocess
import sys

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from assessments.models import Assessment, DeclaredUse, Edition, Membership, Organisation, PublishedDiffers, User
from hkguide import settings
from tests.run import ROOT
from tests.support import tampering
from tests.support.factories import make_assessment

pytestmark = pytest.mark.django_db

NAMES = {"body": "Review House", "reviewer": "r@example.org", "organisation": "First Limited", "owner": "o@example.org"}


def run(name, *args, **options):
    out = io.StringIO()
    call_command(name, *args, stdout=out, **options)
    return out.getvalue()


@pytest.mark.long
@pytest.mark.sqlite_alone
def test_set_up_makes_the_reviewing_body_and_the_first_owner_once():
    first = run("set_up", **NAMES)
    assert "sign in as o@example.org with" in first
    assert Organisation.objects.reviewing_body().name_en == "Review House"
    assert {m.user.email: m.role for m in Membership.objects.all()} == {
        "r@example.org": "reviewer",
        "o@example.org": "owner",
    }
    assert "Nothing was changed" in run("set_up", **NAMES)
    assert User.objects.count() == 2


def test_set_up_names_a_bad_address_and_refuses_one_person_for_both():
    with pytest.raises(CommandError, match="--owner: 'nobody' is not an email address"):
        run("set_up", **{**NAMES, "owner": "nobody"})
    with pytest.raises(CommandError, match="two different people"):
        run("set_up", **{**NAMES, "owner": "r@example.org"})
    assert not Organisation.objects.exists()


@pytest.mark.long
@pytest.mark.sqlite_alone
def test_loading_the_same_edition_again_changes_nothing():
    before = Edition.objects.count()
    assert "is already loaded" in run("load_guideline")
    assert Edition.objects.count() == before


def test_a_published_release_is_never_replaced(source):
    from dataclasses import replace

    with pytest.raises(PublishedDiffers, match="Raise `release`"):
        Edition.objects.publish(replace(source, checksum="0" * 64))


def test_derived_columns_are_found_wrong_and_mended():
    assessment = make_assessment()
    assert run("rebuild_derived", check=True).strip() == "0 assessments differed, nothing was changed"
    Assessment.objects.filter(pk=assessment.pk).update(answered=3, readiness_privacy=7)
    assert f"{assessment.reference}: answered, readiness_privacy" in run("rebuild_derived")
    assert run("rebuild_derived").strip() == "0 assessments differed, corrected"


def test_derived_columns_of_uses_are_found_wrong_and_mended():
    assessment = make_assessment()
    DeclaredUse.objects.filter(pk=assessment.use_id).update(newest_state="approved", in_use=False)
    wrong = f"{assessment.use.reference}: newest_state, in_use"
    said = run("rebuild_derived", check=True).splitlines()
    assert said == [wrong, "1 uses differed, nothing was changed", "0 assessments differed, nothing was changed"]
    assert run("rebuild_derived").splitlines()[:2] == [wrong, "1 uses differed, corrected"]
    assert run("rebuild_derived").strip() == "0 assessments differed, corrected"
    assert DeclaredUse.objects.get(pk=assessment.use_id).newest_state == "draft"


def test_the_audit_chains_are_verified():
    assessment = make_assessment()
    assert "have no faults" in run("verify_audit_log")
    tampering.edit_details(assessment.organisation.reference, 2, '{"forged":true}')
    with pytest.raises(CommandError, match="1 fault, listed above"):
        run("verify_audit_log")


@pytest.mark.long
def test_passwords_are_kept_by_argon2():
    with override_settings(PASSWORD_HASHERS=settings.PASSWORD_HASHERS):
        assert make_password("seven ferries before breakfast").startswith("argon2$argon2id$")


def tables_of(cursor) -> dict[str, object]:
    """Of each table of a SQLite database its columns, and the columns of its indexes."""
    found = {}
    cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    for (table,) in cursor.fetchall():
        columns = {row[1:] for row in cursor.execute(f'PRAGMA table_info("{table}")').fetchall()}
        indexes = [row[1:] for row in cursor.execute(f'PRAGMA index_list("{table}")').fetchall()]
        named = {
            (
                unique,
                origin,
                partial,
                tuple(row[2] for row in cursor.execute(f'PRAGMA index_info("{index}")').fetchall()),
            )
            for index, unique, origin, partial in indexes
        }
        found[table] = (columns, named)
    return found


@pytest.mark.long  # daily the tables of SQLite are made from the models, and test_worker migrates a database of its own
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's tests make their tables by the migrations")
def test_the_migrations_make_the_tables_that_the_models_describe(tmp_path):
    environment = {**os.environ, "HKGUIDE_VAR": str(tmp_path), "HKGUIDE_DATABASE_URL": ""}
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=environment, check=True)
    migrated = sqlite3.connect(tmp_path / "hkguide.sqlite3")
    with contextlib.closing(migrated), connection.cursor() as cursor:
        by_migrations, by_models = tables_of(migrated.cursor()), tables_of(cursor)
    by_models.pop("cache", None)  # made by createcachetable
    by_migrations.pop("django_migrations")
    by_models.pop("django_migrations", None)
    assert by_migrations == by_models
