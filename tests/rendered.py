"""Keep what all templates make, and compare it after they were formatted.

    python -m tests.rendered keep FOLDER       # before: makes a database with the data of the tests, opens every page
    python -m tests.rendered compare FOLDER    # after: opens the same pages of the same database, and says what differs

A page is compared as its elements with their attributes and texts, white space collapsed; a document as the text of its
PDF. Each run works on a copy of the database of the first one, at the same time of day.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest import mock

from tests.support.page_text import INLINE
from tests.support.paths import ROOT

SECRET_KEY = "only-for-kept-pages-" * 3
CHANGING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # the id of a save
    r"|(?<=value=)[A-Za-z0-9]{64}(?=\s|$)|(?<=\"X-CSRFToken\": \")[A-Za-z0-9]{64}"  # tokens of forms
    r"|(?<=since=)[0-9]+"  # when somebody began to wait
    r"|\b[0-9]+:[^\s\"]*:[\w-]{20,}|\b[\w=-]{6,}:[\w-]{6}:[\w-]{43}"  # signed values
)

# Boxes that stand in a line of text: white space at their inner edges is not seen (`display: inline-flex` in static/css).
BOXES = ("button", "select")
BOX_CLASSES = {"btn", "hk-state", "hk-save", "hk-tier", "hk-credit", "hk-progress", "hk-must", "hk-basis"}
# Elements that show their line breaks (`white-space: pre-line` and `pre-wrap` in static/css).
SPACED = ("pre", "textarea")
SPACED_CLASSES = {"hk-words", "hk-preview-text", "hk-diff-text"}
VOID = ("br", "col", "hr", "img", "input", "link", "meta", "wbr")


class Shape(HTMLParser):
    """A page as a list of lines: each start of an element with its attributes, each text, each end.

    An element that holds nothing at all is marked: CSS tells it (`:empty`) from one that holds white space.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.text: list[str] = []
        self.edge_before = False  # whether white space at the start of the text is not seen
        self.open: list[tuple[str, bool, bool]] = []  # tag, whether a box, whether spaced
        self.hidden: list[str] = []  # fields that nobody sees, since the last text ended
        self.bare = False  # whether nothing has come since the last start of an element

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "input" and dict(attrs).get("type") == "hidden":  # parts no text
            self.hidden.append(" ".join(f"{name}={value}" for name, value in sorted(attrs, key=lambda attr: attr[0])))
            return
        self.end_text(edge=tag not in INLINE)
        classes = set((dict(attrs).get("class") or "").split())
        is_box = tag in BOXES or bool(classes & BOX_CLASSES)
        if tag not in VOID:
            self.open.append((tag, is_box, tag in SPACED or bool(classes & SPACED_CLASSES)))
        self.edge_before = tag not in INLINE or (is_box and tag not in VOID)
        self.bare = tag not in VOID
        self.lines.append(f"<{tag}>")
        for name, value in sorted(attrs, key=lambda attr: attr[0]):
            self.lines.append(f"  {name}={' '.join((value or '').split())}")

    def handle_endtag(self, tag: str) -> None:
        place = next((i for i in reversed(range(len(self.open))) if self.open[i][0] == tag), None)
        self.end_text(edge=tag not in INLINE or (place is not None and self.open[place][1]))
        if place is not None:
            del self.open[place:]
        self.edge_before = tag not in INLINE
        self.lines.append(f"</{tag}>{' with nothing in it' if self.bare else ''}")
        self.bare = False

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def end_text(self, *, edge: bool) -> None:
        text = "".join(self.text)
        self.text = []
        self.bare = self.bare and not text and not self.hidden
        self.lines += [f"<input> {field}" for field in self.hidden]
        self.hidden = []
        if not any(spaced for _tag, _box, spaced in self.open):
            text = re.sub(r"\s+", " ", text)
            text = text.lstrip() if self.edge_before else text
            text = text.rstrip() if edge else text
        if text:
            self.lines.append(f"  “{text}”")


def shape_of(page: str) -> str:
    reader = Shape()
    reader.feed(page)
    reader.close()
    reader.end_text(edge=True)
    return CHANGING.sub("…", "\n".join(reader.lines))


# --- what is opened --------------------------------------------------------------------------------------------------


def make_data(folder: Path) -> None:
    """Make the database, and list who opens which address."""
    from django.core.management import call_command
    from django.urls import reverse
    from django.utils import timezone

    from assessments.core import proof
    from assessments.models import Edition
    from tests.conftest import shipped
    from tests.support.world import make_world, person
    from tests.system.access_table import OPENED, ROLES
    from tests.system.access_table.words import SHOWN

    call_command("migrate", verbosity=0)
    call_command("createcachetable")
    Edition.objects.publish(shipped())
    with proof.of_command("rendered"):
        world = make_world()
    people = {role: getattr(person(world, role), "pk", None) for role in ROLES}
    pages = [
        [role, reverse(name, args=world.places[what])]
        for name, rows in OPENED.items()
        for what, row in rows.items()
        for role in ROLES
        if row[role] == SHOWN
    ]
    made = {"at": timezone.now().isoformat(), "people": people, "pages": pages}
    (folder / "opened.json").write_text(json.dumps(made))


def opened(made: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the name and the shape of each page, and of each document its name and text."""
    from django.test import Client

    from assessments.models import User
    from tests.support.factories import proved

    clients = {role: Client(raise_request_exception=False) for role in made["people"]}
    for role, pk in made["people"].items():
        if pk:
            proved(clients[role], User.objects.get(pk=pk))
    for role, url in made["pages"]:
        response = clients[role].get(url)
        if response.get("Content-Type", "").startswith("text/html") and not response.streaming:
            yield f"{role} {url}", f"{response.status_code}\n{shape_of(response.content.decode())}"
    yield from documents()


def documents() -> Iterator[tuple[str, str]]:
    """Make each document of the database again, and yield the text of its PDF."""
    from assessments.documents import jobs
    from assessments.models import Document, DocumentState

    for document in Document.objects.order_by("pk"):
        Document.objects.filter(pk=document.pk).update(state=DocumentState.PENDING, attempts=0, lease_until=None)
        jobs.make(document.pk)
        document.refresh_from_db()
        if document.state != DocumentState.READY:
            yield f"document {document.pk} {document.kind}", f"not made: {document.error}"
            continue
        with document.file.open() as file:  # where the words stand on the sheet, whatever white space lies between them
            text = subprocess.run(
                ["pdftotext", "-layout", "-", "-"], stdin=file, capture_output=True, check=True
            ).stdout
        text = "\n".join(line for given in text.decode().splitlines() if (line := " ".join(given.split())))
        yield f"document {document.pk} {document.kind}", CHANGING.sub("…", text)


# --- the command -----------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["keep", "compare", "_make", "_open"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("into", type=Path, nargs="?")
    options = parser.parse_args()
    folder: Path = options.folder.resolve()
    if options.what in ("_make", "_open"):
        return _inside(options.what, folder, options.into)
    folder.mkdir(parents=True, exist_ok=True)
    if options.what == "keep":
        if any(folder.iterdir()):
            parser.error(f"{folder} is not empty")
        _run("_make", folder, var=folder / "var")
    with tempfile.TemporaryDirectory() as temporary:
        var = Path(temporary) / "var"
        shutil.copytree(folder / "var", var)
        into = folder / "pages.json" if options.what == "keep" else Path(temporary) / "pages.json"
        _run("_open", folder, into, var=var)
        found = json.loads(into.read_text())
    if options.what == "keep":
        print(f"{len(found)} pages and documents are kept in {folder}")
        return 0
    return _tell(json.loads((folder / "pages.json").read_text()), found)


def _run(what: str, *arguments: Path, var: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "hkguide.settings",
        "HKGUIDE_SECRET_KEY": SECRET_KEY,
        "HKGUIDE_DEBUG": "",
        "HKGUIDE_DATABASE_URL": "",
        "HKGUIDE_VAR": str(var),
    }
    subprocess.run([sys.executable, "-m", "tests.rendered", what, *arguments], cwd=ROOT, env=environment, check=True)


def _inside(what: str, folder: Path, into: Path | None) -> int:
    """Make the data or open the pages, in a process of its own with its own settings."""
    import django
    from django.conf import settings

    settings.SECOND_FACTOR = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = settings.STAFF_SECONDS = 10 * 365 * 24 * 3600  # weeks may lie between
    django.setup()
    if what == "_make":
        make_data(folder)
        return 0
    assert into
    made = json.loads((folder / "opened.json").read_text())
    with mock.patch("django.utils.timezone.now", return_value=datetime.fromisoformat(made["at"])):
        into.write_text(json.dumps(dict(opened(made))))
    return 0


def _tell(kept: dict[str, str], found: dict[str, str]) -> int:
    different = [name for name in kept.keys() | found.keys() if kept.get(name) != found.get(name)]
    for name in sorted(different):
        print(f"--- {name}")
        lines = difflib.unified_diff(kept.get(name, "").split("\n"), found.get(name, "").split("\n"), n=2, lineterm="")
        print("\n".join(list(lines)[2:14]))
    print(f"{len(kept)} pages and documents, {len(different)} differ")
    return bool(different)


if __name__ == "__main__":
    sys.exit(main())
