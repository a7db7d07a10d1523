"""The site with somebody in every role, made once for each module that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings

from tests.support.factories import undone
from tests.support.kept_world import world_of_the_run
from tests.support.world import World
from tests.system.security.sitemap import clients_of


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The data of tests/support/world.py, in a transaction around every test of the module."""
    media = override_settings(MEDIA_ROOT=tmp_path_factory.getbasetemp() / "media")
    with django_db_blocker.unblock(), media, undone():
        yield world_of_the_run()


@pytest.fixture(scope="module")
def browsers(site: World, django_db_blocker: Any) -> dict[str, Client]:
    """A browser for each role of the table of access."""
    return clients_of(site)
