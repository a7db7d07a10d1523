"""What came back, in the words of the tables, and whether a request has written something."""

from __future__ import annotations

from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.system.access_table.words import ACCEPTED, SIGN_IN


def spoken(response: HttpResponse) -> str:
    """Return the outcome of a response, or its status as text where the tables have no such outcome."""
    if response.status_code == 302 and response["Location"].startswith(reverse("account_login")):
        return SIGN_IN
    return str(response.status_code)


def spoken_of_a_form(response: HttpResponse) -> str:
    """Return the outcome of a posted form. A page accepts a form when it answers, redirects or reports a conflict."""
    said = spoken(response)
    return ACCEPTED if said in ("200", "302", "204", "409") else said


def changes(queries: CaptureQueriesContext) -> list[str]:
    """The captured statements that change a row of ours."""
    words = ("INSERT", "UPDATE", "DELETE")
    return [
        q["sql"]
        for q in queries.captured_queries
        if q["sql"].startswith(words) and "assessments_" in q["sql"].split("WHERE")[0]
    ]
