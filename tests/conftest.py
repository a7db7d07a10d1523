"""What every test may ask for."""

from __future__ import annotations

import gc
import math
import os
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from copy import deepcopy
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import hypothesis
import pytest
from pytest_django.plugin import blocking_manager_key

from assessments.guideline.edition import Edition
from assessments.guideline.reading import Source, read_edition
from tests import run
from tests.support import kept_calls, kept_world
from tests.support.factories import Cast, make_cast
from tests.support.paths import ROOT
from tests.support.shared import VARIABLE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.support.attacks import Scene
    from tests.support.world import World

hypothesis.settings.register_profile("daily", deadline=None, max_examples=25)
hypothesis.settings.register_profile("long", deadline=None, max_examples=200)
GUIDELINE = ROOT / "fixtures" / "guideline" / "hk-genai-1.1"


def pytest_configure(config: pytest.Config) -> None:
    """What costs more than it shows: Argon2 takes 50 ms a password (a test of the commands reads that it is what people get),
    and each test's first client would look through the folders of static files anew."""
    from django.conf import settings
    from whitenoise.middleware import WhiteNoiseMiddleware

    from hkguide.celery import app

    gc.set_threshold(100_000, 50, 1000)
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        os.environ[VARIABLE] = tempfile.mkdtemp(prefix="hkguide-kept-")
        config.add_cleanup(lambda: shutil.rmtree(os.environ[VARIABLE]))
    hypothesis.settings.load_profile("daily" if "not long" in config.option.markexpr else "long")
    settings.SECOND_FACTOR = False  # what it asks of people has tests of its own, which turn it on
    # Jobs run in this process after the commit. Tests with processes of their own see where the product runs them.
    settings.JOBS_BY_CELERY, app.conf.task_always_eager = True, True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    look_through, files = WhiteNoiseMiddleware.add_files_from_finders, dict[str, Any]()

    def look_through_once(self: WhiteNoiseMiddleware) -> None:
        if not files:
            look_through(self)
            files.update(self.files)
        self.files.update(files)

    WhiteNoiseMiddleware.add_files_from_finders = look_through_once


def pytest_sessionstart(session: pytest.Session) -> None:
    """A process of the site sends a task by its name and knows no task; here they run in its place."""
    from hkguide.celery import app

    for module in app.conf.imports:
        import_module(module)
    import_from_another_place_than_the_other_workers(session.config)


def import_from_another_place_than_the_other_workers(config: pytest.Config) -> None:
    """Import the test files of a whole run before pytest does, each worker beginning at another of them.

    In a new clone every file must be compiled with its assertions, which takes half the time of reading them. All workers
    read in the same order and would each do it; in this way each finds what the others have compiled. What cannot be
    imported is left to pytest, which says so.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0"))
    if not workers or "HKGUIDE_TEST_SECOND" not in os.environ:
        return
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    begin = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")) * len(files) // workers
    for path in files[begin:] + files[:begin]:
        if is_left_to_the_first_run(path, config):
            continue
        with suppress(Exception, pytest.skip.Exception):
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


@cache
def shipped() -> Source:
    """Read and check the YAML of the edition, once a run: it takes half a second."""
    return read_edition(GUIDELINE)


@pytest.fixture(scope="session")
def source() -> Source:
    """The edition as read and checked."""
    return shipped()


@pytest.fixture(scope="session")
def edition(source: Source) -> Edition:
    return source.edition


@pytest.fixture(scope="module")
def world_of_the_module(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, Path]]:
    """The data of tests/support/world.py, once for a module, with the folder of its files."""
    from django.test.utils import override_settings

    from tests.support.factories import undone
    from tests.support.kept_world import world_of_the_run

    media = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media), undone():
        yield world_of_the_run(), media


@pytest.fixture
def world_with_files(world_of_the_module: tuple[World, Path], db: None, tmp_path: Path, settings: Any) -> World:
    """The same with a copy of the files, which a test may delete."""
    settings.MEDIA_ROOT = tmp_path / "media"
    shutil.copytree(world_of_the_module[1], settings.MEDIA_ROOT)
    return world_of_the_module[0]


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Make everybody and every place of the attacks once for a module, in a transaction around each of its tests."""
    from django.test.utils import override_settings

    from tests.support.factories import undone
    from tests.support.kept_world import scene_of_the_run

    media = override_settings(MEDIA_ROOT=tmp_path_factory.getbasetemp() / "media")
    with django_db_blocker.unblock(), media, undone():
        yield scene_of_the_run()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Copy the database that tests/run.py has migrated, where it has: to migrate takes ten seconds for each worker."""
    from django.db import connections

    template = os.environ.get("HKGUIDE_TEST_TEMPLATE")
    if template:
        connections["default"].settings_dict["TEST"]["TEMPLATE"] = template


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any, source: Source) -> None:
    """Load the edition once; each test's transaction then starts with it."""
    from assessments.models import Edition as EditionRow

    with django_db_blocker.unblock():
        EditionRow.objects.publish(source)
        kept_world.note_beginning()


@pytest.fixture
def edition_stays(django_db_setup: None, django_db_blocker: Any, source: Source) -> Iterator[None]:
    """Load the edition again after a test that commits: its database is emptied, and the next test counts on the edition."""
    from assessments.models import Edition as EditionRow

    yield
    with django_db_blocker.unblock():
        EditionRow.objects.publish(source)


@pytest.fixture
def published(edition_stays: None, transactional_db: None, source: Source) -> None:
    """For tests that commit (threads, live servers): the database was emptied by the one before, load the edition again."""
    from assessments.models import Edition as EditionRow

    EditionRow.objects.publish(source)


@pytest.fixture(autouse=True, scope="session")
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Files of a test stay in a folder of its own run (mail goes to pytest-django's outbox)."""
    from django.test.utils import override_settings

    with override_settings(MEDIA_ROOT=tmp_path_factory.getbasetemp() / "media"):
        yield


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    """What this process has counted of limits is no other test's (what it has told is in the database)."""
    from assessments.core import throttling

    throttling._HERE.clear()


@pytest.fixture(autouse=True, scope="session")
def anybody_has_proved_it() -> Iterator[None]:
    """Whoever decides in a test has just shown that it is them; `asks_proof` marks the tests that ask in earnest.

    Pages believe everybody without a password: where a test gives somebody one, they ask for it.
    """
    from assessments.core import proof

    with pytest.MonkeyPatch.context() as patch:
        is_good = proof.is_good
        AsksProof.functions = {name: getattr(proof, name) for name in ("require", "require_factor", "is_good")}
        patch.setattr(proof, "require", lambda by: proof.Proof(by.pk, "password", time.time(), strong=True))
        patch.setattr(proof, "require_factor", lambda _by: None)
        patch.setattr(proof, "is_good", lambda shown, by: is_good(shown, by) or not by.has_usable_password())
        yield


class AsksProof:
    """The functions of the product that ask for a proof, while those of the tests stand in their place."""

    functions: ClassVar[dict[str, Any]] = {}


@pytest.fixture(autouse=True)
def _asks_proof(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("asks_proof"):
        from assessments.core import proof

        for name, function in AsksProof.functions.items():
            monkeypatch.setattr(proof, name, function)


@pytest.fixture(scope="module")
def made(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Cast, Any]]:
    """The cast of a module that has a function `once_for_all(cast)`, and what that makes and returns.

    It stands in a transaction around those of the module's tests, each of which takes back what it changes. What is
    Python's is not taken back: rows are read anew for each test, and `cast` gives each its copy.
    """
    from django.db import connection, transaction
    from django.test import override_settings

    from tests.support.kept_world import count_rows

    around = transaction.atomic()
    with pytest.MonkeyPatch.context() as patch:
        with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=tmp_path_factory.getbasetemp() / "media"):
            connection.ensure_connection()
            patch.setattr(connection, "close", lambda: None)  # Django's TestCase does, at the end of each test
            around.__enter__()
            cast = make_cast()
            thing = request.module.once_for_all(cast)
            count_rows()
        Around.now = [around]
        yield cast, thing
        if Around.now:
            with django_db_blocker.unblock():
                Around.end()


class Around:
    """The transaction around the tests of a module that shares its data, while it is open."""

    now: ClassVar[list[Any]] = []
    item: ClassVar[pytest.Item | None] = None  # the test that is being set up

    @classmethod
    def end(cls) -> None:
        from django.db import transaction

        transaction.set_rollback(True)
        cls.now.pop().__exit__(None, None, None)


def shares(item: pytest.Item) -> bool:
    return hasattr(item.module, "once_for_all") and bool(item.get_closest_marker("database")) and not commits(item)


@pytest.fixture(autouse=True, scope="module")
def _made_first(request: pytest.FixtureRequest) -> None:
    """Whatever tests of the module are chosen, each meets the same rows; those that commit come last, and without them."""
    if Around.item is not None and shares(Around.item):
        request.getfixturevalue("made")


@pytest.fixture
def cast(request: pytest.FixtureRequest, db: None) -> Cast:
    return deepcopy(request.getfixturevalue("made")[0]) if shares(request.node) else make_cast()


@pytest.fixture(scope="module")
def chromium(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[Browser]:
    """The browser, for the tests of one module: while Playwright's loop runs, this thread's database connections are others."""
    from tests.support import browser

    browser.CONTRAST = "not long" not in request.config.option.markexpr
    if browser.EXECUTABLE is None:
        pytest.skip("Chromium is not installed")
    with browser.started() as started:
        yield started


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in a fresh profile; at the end of the test nothing may have been said in its console."""
    from tests.support import browser

    with browser.new_page(chromium) as page:
        watch = browser.Watch(page)
        yield page
        assert watch.faults() == []


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector need not look through it again while the tests run (a twentieth of the time)."""
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown() -> None:
    """Say to tests/run.py that one more worker has nothing left to do."""
    if idle := os.environ.get("HKGUIDE_TEST_IDLE"):
        with Path(idle).open("a") as signs:
            signs.write(".")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not read a file of which the second of two runs takes no test: to read them all costs each worker five seconds."""
    return True if is_left_to_the_first_run(collection_path, config) else None


def is_left_to_the_first_run(path: Path, config: pytest.Config) -> bool:
    """Tell whether this is the second of two runs and takes no test of the file."""
    files = Path(os.environ.get("HKGUIDE_TEST_SECOND_FILES", ""))
    if config.option.markexpr != os.environ.get("HKGUIDE_TEST_SECOND") or not files.is_file():
        return False
    of_tests = path.suffix == ".py" and path.name.startswith("test_")
    return of_tests and str(path) not in taken_by_the_second_run(files)


@cache
def taken_by_the_second_run(files: Path) -> frozenset[str]:
    return frozenset(files.read_text("utf-8").splitlines())


def note_files_of_the_second_run(found: Iterable[tuple[Path, frozenset[str]]]) -> None:
    """Write down the files of which the second of two runs takes a test: by the path and the markers of each test."""
    expression, files = os.environ.get("HKGUIDE_TEST_SECOND"), os.environ.get("HKGUIDE_TEST_SECOND_FILES")
    if expression and files and not Path(files).exists():
        by_markers: dict[frozenset[str], set[str]] = {}
        for path, markers in found:
            by_markers.setdefault(markers, set()).add(str(path))
        taken = {path for markers, paths in by_markers.items() if run.selects(expression, markers) for path in paths}
        half = Path(files).with_suffix(".half")
        half.write_text("\n".join(sorted(taken)), "utf-8")
        half.replace(files)


COLLECTED: pytest.StashKey[dict[str, frozenset[str]]] = pytest.StashKey()
"""The markers of each test that was found, by its id, before the run selects among them."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put slow files first, leave most rows of a test of `few_a_day` to the long run, and mark what touches the database."""
    items.sort(key=rank)
    for row in rows_for_the_long_run(items):
        row.add_marker(pytest.mark.long)
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or fixtures & {"db", "transactional_db", "live_server", "cast"}:
            item.add_marker(pytest.mark.database)
    config.stash[COLLECTED] = {item.nodeid: frozenset(mark.name for mark in item.iter_markers()) for item in items}
    if os.environ.get("PYTEST_XDIST_WORKER") == "gw0":  # the workers of the first run all read the same files
        note_files_of_the_second_run((item.path, config.stash[COLLECTED][item.nodeid]) for item in items)


def rank(item: pytest.Item) -> float:
    """Return the rank of a slow test. The others come after all of them, in the order in which they were found."""
    slow = item.get_closest_marker("slow_first")
    return slow.args[0] if slow else math.inf


def rows_for_the_long_run(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return the rows that the daily run leaves out: of a test marked `few_a_day(n)`, all but n, spread over its table."""
    tables = defaultdict[str, list[pytest.Item]](list)
    for item in items:
        if item.get_closest_marker("few_a_day") and not item.get_closest_marker("long"):
            tables[item.nodeid.partition("[")[0]].append(item)
    left: list[pytest.Item] = []
    for rows in tables.values():
        few = min(rows[0].get_closest_marker("few_a_day").args[0], len(rows))  # type: ignore[union-attr]
        kept = {place * len(rows) // few for place in range(few)}
        left += [row for place, row in enumerate(rows) if place not in kept]
    return left


class Emptied:
    """Whether a test that commits has emptied this worker's database since its beginning was written."""

    now = False


def commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    fixtures = {"transactional_db", "live_server", "published"} & set(getattr(item, "fixturenames", ()))
    return bool(fixtures or (marker and marker.kwargs.get("transaction")))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Write the beginning again before the next test that counts on it: a flush takes it away with everything else."""
    Around.item = item
    if commits(item):
        if Around.now:
            with item.config.stash[blocking_manager_key].unblock():
                Around.end()
        Emptied.now = True
    elif Emptied.now and item.get_closest_marker("database"):
        with item.config.stash[blocking_manager_key].unblock():
            kept_world.write_beginning()
        Emptied.now = False
    kept_calls.Here.begin(item)
