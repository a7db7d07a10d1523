"""Every address of the site with an object that belongs to it, for tests that try something on all of them.

The objects are those of tests/support/world.py. The rows come from tests/access_table/. The test of
access fails when an address has none: so nothing new escapes what is tried here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse

from tests.support.daily import mostly_long
from tests.support.factories import proved
from tests.support.world import World, person
from tests.system.access_table import ACCOUNTS, FORMS, OPENED, POSTED, ROLES
from tests.system.access_table.words import ACCEPTED, ONLY_POSTED, SHOWN, Access, Outcome

PUBLIC = frozenset(name for name, rows in OPENED.items() if any(row["anonymous"] == SHOWN for row in rows.values()))
ONLY_POST = frozenset(
    name for name, rows in OPENED.items() if all(row["outsider"] == ONLY_POSTED for row in rows.values())
)
TAKES_FORMS = frozenset(POSTED)


@dataclass(frozen=True)
class Place:
    """One address: its name in the map of the site, the words for its object, and a role that may open it."""

    name: str
    what: str
    role: str

    def url(self, world: World) -> str:
        return reverse(self.name, args=world.places[self.what])

    def form(self) -> dict[str, Any]:
        return dict(FORMS.get(self.what, {}))


def places(table: dict[str, dict[str, Access]], good: Outcome) -> Iterator[Place]:
    """One row of each address, that of an object which somebody may open, with the first who may."""
    for name, rows in table.items():
        chosen = next(
            (Place(name, what, role) for what, row in rows.items() for role in TRIED_FIRST if row[role] == good),
            None,
        )
        yield chosen or Place(name, next(iter(rows)), "owner")


TRIED_FIRST = ("owner", "independent", "contributor", "in-house", *ROLES[::-1])
"""People who may most come first, and somebody who is not signed in comes last."""
READ = list(places(OPENED, SHOWN))
FORMS_TAKEN = list(places(POSTED, ACCEPTED))
ACCOUNT_PAGES = [name for name in ACCOUNTS if not name.startswith("admin")]


def some_daily(found: list[Place], every: int = 8) -> list[Any]:
    """Every eighth place for each day, the others for the long run."""
    return mostly_long(found, every)


def clients_of(world: World) -> dict[str, Client]:
    """A browser for each role; a failure of a page is its answer 500, as in an installation."""
    found = {}
    for role in ROLES:
        client = Client(raise_request_exception=False)
        user = person(world, role)
        if user is not None:
            proved(client, user)  # the administration asks for a fresh sign-in
        found[role] = client
    return found


def routes() -> list[str]:
    """The patterns of our own map."""
    return [str(pattern.pattern) for pattern in get_resolver("assessments.urls").url_patterns]


def body_of(response: HttpResponse) -> str:
    return "" if response.streaming else response.content.decode(errors="replace")
