"""What came back, in the words of the tables, and whether a request has written something."""

from __future__ import annotations

from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse


def spoken(response: HttpResponse) -> str:
    """A response as the table writes it."""
    if response.status_code == 302 and response["Location"].startswith(reverse("account_login")):
        return "login"
    return str(response.status_code)


def changes(queries: CaptureQueriesContext) -> list[str]:
    """The captured statements that change a row of ours."""
    words = ("INSERT", "UPDATE", "DELETE")
    return [
        q["sql"]
        for q in queries.captured_queries
        if q["sql"].startswith(words) and "assessments_" in q["sql"].split("WHERE")[0]
    ]
