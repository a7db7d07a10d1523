"""The garbage of fuzzing.py in large numbers: 20,000 requests of each kind on PostgreSQL, and 5,000 on SQLite.

In four parts with a seed and data of their own: rows that were taken back stay in PostgreSQL's tables until the
transaction ends, and each request would take longer than the one before. `HKGUIDE_TEST_GARBAGE` asks for another
number, for a look at a slow machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from django.db import connection
from django.test import override_settings

from tests.support.kept_world import world_of_the_run
from tests.system.security.fuzzing import Fuzz, tried
from tests.system.security.sitemap import Place, clients_of

PARTS = 4


def faults_of_much(kind: Callable[[Fuzz, Place], None], part: int, media: Path) -> list[str]:
    """Send one part of the requests of a kind, on a site made for it; return what was wrong."""
    usual = 20_000 if connection.vendor == "postgresql" else 5_000
    requests = int(os.environ.get("HKGUIDE_TEST_GARBAGE", usual)) // PARTS
    with override_settings(MEDIA_ROOT=media):
        site = world_of_the_run()
        return tried(kind, Fuzz(site, clients_of(site), part), requests)
