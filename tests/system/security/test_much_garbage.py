"""The garbage of test_fuzzing.py, much more of it: 5,000 requests of each kind on each database.

In four parts with a seed and data of their own: rows that were taken back stay in PostgreSQL's tables until the
transaction ends, and each request would take longer than the one before. 20,000 of each kind kept one worker busy
long after all others had ended; a run with `HKGUIDE_TEST_GARBAGE=20000` still does as many.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.support.kept_world import world_of_the_run
from tests.support.world import World
from tests.system.security.fuzzing import KINDS, Fuzz, tried
from tests.system.security.sitemap import clients_of

pytestmark = [pytest.mark.django_db, pytest.mark.long, pytest.mark.slow_first(14)]
PARTS = 4
REQUESTS = int(os.environ.get("HKGUIDE_TEST_GARBAGE", "5000"))


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
    assert tried(kind, Fuzz(site, browsers, part), REQUESTS // PARTS) == []
