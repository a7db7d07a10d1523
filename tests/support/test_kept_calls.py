"""What a factory has made is written again in the same place alone, and is then what was made."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from assessments.models import Assessment, Organisation, State, Submission, User
from tests.support import kept_calls, shared
from tests.support.factories import make_assessment, make_cast, make_user, undone
from tests.support.kept_calls import Here, kept

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite's rows are kept"),
]


@pytest.fixture
def anew(request):
    """Begin as the next test of this module does, with what the database holds now."""
    return lambda: Here.begin(request.node)


def counted(anew, *before, call=lambda make: make("Mia")):
    """How often a factory really makes something, of four times after the same steps."""
    made = []

    def make(name: str) -> User:
        made.append(name)
        return make_user(name)

    make.__qualname__ = f"make {uuid4()}"  # of this test alone
    for _attempt in range(4):
        with undone():
            anew()
            for step in before:
                step()
            call(kept(make))
    return len(made)


def test_replayed_factory_call_writes_every_row_of_the_first(anew):
    found, people = [], []
    for _attempt in range(4):
        with undone():
            anew()
            cast = make_cast()
            assessment = make_assessment(State.IN_REVIEW, "high", cast=cast)
            found.append(kept_calls._rows())
            people.append(cast)
            assert Assessment.objects.get(pk=assessment.pk).state == State.IN_REVIEW
            assert Submission.objects.get(assessment=assessment).organisation == cast.organisation
            assert User.objects.get(pk=cast.owner.pk).email == cast.owner.email
            connection.check_constraints()
    assert found[1] == found[2] == found[3]
    assert sum(map(len, found[0].values())) == sum(map(len, found[1].values())) > 300
    assert people[2] == people[3]
    assert people[2] is not people[3]
    assert people[2].owner is not people[3].owner


def test_factory_call_runs_twice_and_is_then_replayed(anew):
    assert counted(anew) == 2


def test_factory_call_that_one_worker_has_kept_is_replayed_by_another(anew, tmp_path):
    made = []

    def make(name: str) -> User:
        made.append(name)
        return make_user(name)

    for _worker in range(3):
        with pytest.MonkeyPatch.context() as patch:  # not that of the test: with it nothing is replayed
            patch.setenv(shared.VARIABLE, str(tmp_path))
            patch.setattr(Here, "seen", set())
            patch.setattr(Here, "kept", {})
            for _attempt in range(4):
                patch.setattr(shared.NUMBERS, "last", 7_000)
                with undone():
                    anew()
                    mia = kept(make)("Mia")
                    assert User.objects.get(pk=mia.pk).email == "mia7001@example.org"
                    assert make_user("Max").email == "max7002@example.org"
    assert len(made) == 2


def test_replayed_factory_call_waits_for_the_commit_again(anew, django_capture_on_commit_callbacks):
    written = []

    def tell(name: str) -> User:
        transaction.on_commit(lambda: written.append(name))
        return make_user(name)

    for number in range(1, 5):
        with undone(), django_capture_on_commit_callbacks(execute=True):
            anew()
            kept(tell)("Mia")
        assert written == ["Mia"] * number


def test_factory_call_that_sends_a_mail_is_never_replayed(anew):
    made = []

    def tell(name: str) -> User:
        made.append(name)
        mail.send_mail("Hello", "Somebody wrote.", None, ["mia@example.org"])
        return make_user(name)

    for _attempt in range(4):
        with undone():
            anew()
            kept(tell)("Mia")
    assert len(made) == len(mail.outbox) == 4


def test_factory_call_with_other_arguments_is_not_replayed(anew):
    names = iter(("Mia", "Max", "Mia", "Max"))
    assert counted(anew, call=lambda make: make(next(names))) == 4


def test_factory_call_after_other_rows_were_written_is_not_replayed(anew):
    assert counted(anew, lambda: Organisation.objects.create(name_en="Elsewhere", place="Hong Kong")) == 4


def test_factory_call_after_a_rollback_is_not_replayed(anew):
    def taken_back() -> None:
        with undone():
            make_cast()

    assert counted(anew, taken_back) == 4


def test_factory_call_under_another_clock_is_not_replayed(anew):
    def later(make) -> None:
        with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=2)):
            make("Mia")

    assert counted(anew, call=later) == 4


def test_factory_call_under_another_setting_is_not_replayed(anew):
    def otherwise(make) -> None:
        with override_settings(SECOND_FACTOR=True):
            make("Mia")

    assert counted(anew, call=otherwise) == 4


def test_factory_call_with_a_patched_name_is_not_replayed(anew, monkeypatch):
    monkeypatch.setattr("tests.support.factories.PASSWORD", "something else entirely")
    assert counted(anew) == 4


def test_replayed_factory_call_repeats_its_updates_and_deletions(anew):
    @kept
    def change(organisation: Organisation, owner: User) -> None:
        Organisation.objects.filter(pk=organisation.pk).update(name_en="Renamed Limited")
        User.objects.filter(pk=owner.pk).delete()

    for _attempt in range(4):
        with undone():
            anew()
            cast = make_cast()
            stranger = kept(make_user)("Stranger")
            change(cast.organisation, stranger)
            assert Organisation.objects.get(pk=cast.organisation.pk).name_en == "Renamed Limited"
            assert not User.objects.filter(pk=stranger.pk).exists()
