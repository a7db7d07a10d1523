"""Lines of the process's log name who was refused, by number alone."""

from __future__ import annotations

import logging
from typing import ClassVar

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.system.security.doors import process_log

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def test_a_refused_act_is_logged_with_the_number_of_its_person_and_without_the_address(site, browsers) -> None:
    person = site.cast.contributor
    people = reverse("people", args=site.places["organisation"])
    with process_log("django") as written:
        assert browsers["contributor"].post(people, {"email": "x@example.hk", "access": "owner"}).status_code == 403
        assert browsers["contributor"].get("/nothing/").status_code == 404
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = browsers["contributor"].cookies.copy()
        assert strict.post(people, {"email": "x@example.hk"}).status_code == 403
        assert Client().get("/nothing/").status_code == 404
    lines = [line for line in written.getvalue().splitlines() if " WARNING django" in line]  # no lines of tracebacks
    assert [line.endswith(f"[person {person.pk}]") for line in lines] == [True, True, True, False], lines
    assert all(people in line for line in (lines[0], lines[2]))
    assert person.email not in written.getvalue()
    assert str(person) not in written.getvalue()


def test_a_line_is_written_where_the_person_cannot_be_found_out() -> None:
    """The database may be what failed."""

    class Request:
        COOKIES: ClassVar[dict[str, str]] = {settings.SESSION_COOKIE_NAME: "a"}

        @property
        def user(self) -> None:
            raise OSError

    with process_log() as written:
        logging.getLogger("django.request").error("Failed: %s", "/page/", extra={"request": Request()})
    assert written.getvalue().endswith("Failed: /page/\n")
