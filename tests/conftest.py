"""What every test may ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assessments.guideline.edition import Edition
from assessments.guideline.reading import Source, read_edition
from tests.factories import Cast, make_cast

GUIDELINE = Path(__file__).parents[1] / "fixtures" / "guideline" / "hk-genai-1.1"


@pytest.fixture(scope="session")
def source() -> Source:
    """The edition as read and checked from its YAML."""
    return read_edition(GUIDELINE)


@pytest.fixture(scope="session")
def edition(source: Source) -> Edition:
    return source.edition


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any, source: Source) -> None:
    """Load the edition once; each test's transaction then starts with it."""
    from assessments.models import Edition as EditionRow

    with django_db_blocker.unblock():
        EditionRow.objects.publish(source)


@pytest.fixture
def published(transactional_db: None, source: Source) -> None:
    """For tests that commit (threads, live servers): the database was emptied by the one before, load the edition again."""
    from assessments.models import Edition as EditionRow

    EditionRow.objects.publish(source)


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Files of a test stay in a folder of its own run (mail goes to pytest-django's outbox)."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / "media"


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what touches the database, so that `make test` can run just that on PostgreSQL as well."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or fixtures & {"db", "transactional_db", "live_server", "cast"}:
            item.add_marker(pytest.mark.database)
