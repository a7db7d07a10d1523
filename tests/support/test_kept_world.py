"""The data that modules share: written again, it is what was made."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from assessments.models import Edition, Membership, User
from tests.support import kept_world, shared
from tests.support.factories import make_user, undone

pytestmark = pytest.mark.django_db


def found() -> dict[str, object]:
    return {table: kept_world._rows(table) for table in kept_world._tables()}


@pytest.mark.long
@pytest.mark.parametrize(
    "make",
    [
        kept_world.world_of_the_run,
        pytest.param(kept_world.scene_of_the_run, marks=[pytest.mark.sqlite_alone, pytest.mark.long]),
    ],
)
def test_replayed_data_have_every_row_and_file_of_the_first(make, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "first"
    with undone():
        made, first = make(), found()
    settings.MEDIA_ROOT = tmp_path / "second"
    with undone():
        again, second = make(), found()
        assert again.places.keys() == made.places.keys()
        connection.check_constraints()
    assert first == second
    assert sum(map(len, first.values())) > 2000
    assert again is not made
    files = [
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in tmp_path.iterdir()
    ]
    assert files[0] == files[1] != {}


@pytest.mark.long
def test_replayed_world_has_its_people_places_and_documents(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "first"
    with undone():
        made = kept_world.world_of_the_run()
    settings.MEDIA_ROOT = tmp_path / "second"
    with undone():
        again = kept_world.world_of_the_run()
        assert User.objects.get(pk=again.cast.owner.pk).email == made.cast.owner.email
        assert Membership.objects.filter(user=again.cast.owner).exists()
    assert again.places == made.places
    assert again.cast is not made.cast
    assert {path.name for path in Path(tmp_path / "second").rglob("*.pdf")}


def test_data_that_one_worker_made_are_replayed_by_another(monkeypatch, tmp_path):
    monkeypatch.setenv(shared.VARIABLE, str(tmp_path))
    calls = []

    def make_somebody() -> User:
        calls.append(1)
        return make_user("Mia")

    people, numbers = [], []
    for _worker in range(3):
        monkeypatch.setattr(kept_world.Run, "now", kept_world.Run())
        monkeypatch.setattr(shared.NUMBERS, "last", 7_000)
        with undone():
            people.append(kept_world.made_once(make_somebody))
            assert User.objects.get(pk=people[-1].pk).email == people[0].email
            numbers.append(make_user("Max").email)
    assert (len(calls), set(numbers)) == (1, {"max7002@example.org"})


def test_a_row_made_after_a_replay_takes_no_number_that_a_row_has():
    for _attempt in range(2):
        with undone():
            kept_world.world_of_the_run()
            kept = User.objects.order_by("-pk")[0]
            assert make_user("Mia").pk > kept.pk


@pytest.mark.long
def test_the_beginning_is_written_after_everything_was_deleted():
    before = found()
    with undone():
        kept_world.world_of_the_run()
        User.objects.update(name="Nobody")
        kept_world.write_beginning()
        assert found() == before
        assert not User.objects.exists()
        assert Edition.objects.exists()
