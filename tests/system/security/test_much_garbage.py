"""The garbage of test_fuzzing.py, much more of it: 20,000 requests of each kind on PostgreSQL, and 5,000 on SQLite.

In four parts with a seed and data of their own: rows that were taken back stay in PostgreSQL's tables until the
transaction ends, and each request would take longer than the one before. `HKGUIDE_TEST_GARBAGE` asks for another
number, for a look at a slow machine.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.support.kept_world import world_of_the_run
from tests.support.world import World
from tests.system.security.fuzzing import KINDS, Fuzz, tried
from tests.system.security.sitemap import clients_of

pytestmark = [pytest.mark.django_db, pytest.mark.long, pytest.mark.slow_first(14)]
PARTS = 4


@pytest.fixture
def site(db: None, settings: Any, tmp_path: Path) -> World:
    settings.MEDIA_ROOT = tmp_path / "media"
    return world_of_the_run()


@pytest.fixture
def browsers(site: World) -> dict[str, Client]:
    return clients_of(site)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_much_garbage_is_never_a_failure(kind, part, site, browsers):
    usual = 20_000 if connection.vendor == "postgresql" else 5_000
    requests = int(os.environ.get("HKGUIDE_TEST_GARBAGE", usual)) // PARTS
    assert tried(kind, Fuzz(site, browsers, part), requests) == []
