"""The pages of an assessment: their addresses, their questions and the queries that they cost."""

from __future__ import annotations

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import Assessment
from tests.support.page_text import markup_of


def text_of(response: HttpResponse) -> str:
    """The page that was opened, its tags in one form."""
    assert response.status_code == 200
    return markup_of(response)


def url(name: str, assessment: Assessment, *more: str, query: str = "") -> str:
    return f"{reverse(name, args=[assessment.reference, *more])}{query}"


def asked(assessment: Assessment, section: str) -> list[str]:
    questions = assessment.declared().questions(assessment.compiled())
    return [question.key for question in questions if question.section == section]


def cost(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)
