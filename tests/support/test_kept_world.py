"""The data that modules share: written again, it is what was made."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from assessments.models import Membership, User
from tests.support import kept_world
from tests.support.factories import undone

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite's rows are kept"),
]


def test_replayed_world_has_every_row_and_file_of_the_first(settings, tmp_path):
    def found() -> dict[str, list[tuple[object, ...]]]:
        return {table: kept_world._rows(table) for table in kept_world._tables()}

    settings.MEDIA_ROOT = tmp_path / "first"
    with undone():
        made, first = kept_world.world_of_the_run(), found()
    settings.MEDIA_ROOT = tmp_path / "second"
    with undone():
        again, second = kept_world.world_of_the_run(), found()
        assert User.objects.get(pk=again.cast.owner.pk).email == made.cast.owner.email
        assert Membership.objects.filter(user=again.cast.owner).exists()
        connection.check_constraints()
    assert first == second
    assert sum(map(len, first.values())) > 2000
    assert again.places == made.places
    assert again.cast is not made.cast
    assert {path.name for path in Path(tmp_path / "second").rglob("*.pdf")}
