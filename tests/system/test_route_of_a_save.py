"""One saved answer goes down through the house once: from the view to the form, the domain and the rows, and back."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.factories import Cast, make_assessment
from tests.support.rooms import APP, ROOMS, module_of, room_of

MOST_ROOMS, MOST_WAYS_UP = 12, 4
PRACTICE = "use-register"
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


class Route:
    """The rooms that a request passes, from the first middleware to the response.

    `rooms` has each room once, in the order in which they were entered; `up` each call that enters a room again from a room
    below it.
    """

    def __init__(self) -> None:
        self.rooms: list[str] = []
        self.up: list[str] = []
        self.reached: set[str] = set()

    def enter(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event != "call" or not (room := self._room(frame)):
            return
        name = f"{module_of(Path(frame.f_code.co_filename))}.{frame.f_code.co_name}"
        self.reached.add(name)
        again = room in self.rooms
        if not again:
            self.rooms.append(room)
        before = frame.f_back
        while before is not None and not self._room(before):
            before = before.f_back
        caller = self._room(before) if before is not None else ""
        if again and caller and caller != room and ROOMS.index(room) > ROOMS.index(caller):
            self.up.append(f"{caller} calls {name}")

    @staticmethod
    def _room(frame: FrameType) -> str:
        path = Path(frame.f_code.co_filename)
        return room_of(module_of(path)) if path.is_relative_to(APP) and "migrations" not in path.parts else ""


@contextmanager
def traced() -> Iterator[Route]:
    route = Route()
    before = sys.getprofile()
    sys.setprofile(route.enter)
    try:
        yield route
    finally:
        sys.setprofile(before)


def test_one_saved_answer_goes_down_once(cast: Cast, client: Client) -> None:
    assessment = make_assessment(cast=cast, filled=False)
    client.force_login(cast.owner)
    address = reverse("answer", args=[assessment.reference, PRACTICE])
    fields = {"base": 0, "operation": "", "choice": "in_place"}

    def posted(choice: str, base: int) -> dict[str, Any]:
        given = fields | {"operation": str(uuid.uuid4()), "choice": choice, "base": base}
        return {f"{PRACTICE}--{name}": value for name, value in given.items()}

    client.post(
        address, posted("in_place", 0), headers={"HX-Request": "true"}
    )  # what is read once a process is read now
    with traced() as route:
        response = client.post(address, posted("not_in_place", 1), headers={"HX-Request": "true"})

    assert response.status_code == 200
    assert "domain.answering.answers.save_answer" in route.reached
    assert len(route.rooms) <= MOST_ROOMS, route.rooms
    assert len(route.up) <= MOST_WAYS_UP, route.up
