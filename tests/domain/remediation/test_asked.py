"""An action that a reviewer asked for on accepting an answer: page, plan and letter tell one story of it."""

from __future__ import annotations

import html
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.documents.jobs import submission_report
from assessments.documents.remediation_plan import plan_pdf
from assessments.models.agreed import CLOSED_BY, as_sentences
from tests.documents.reading import pages_of, squeezed
from tests.support.acting import AGREED, action_on, make_agreed, sent
from tests.support.factories import in_days

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


@pytest.mark.long
def test_its_page_names_no_gap_that_the_accepted_answer_does_not_have(client, cast):
    assessment = make_agreed(cast, in_days(50))
    action = action_on(assessment, AGREED.removeprefix("q:"))
    client.force_login(cast.owner)
    page = client.get(reverse("action", args=[action.use.reference, action.number]))
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())
    assert "The reviewer accepted the answer, but asked for this action as well. See below." in text
    assert f"What closes the gap {CLOSED_BY}" in text
    question = assessment.compiled().questions[action.question]
    assert question.action.gap
    assert question.action.gap.casefold() not in text.casefold()


@pytest.mark.long
def test_its_plan_says_once_what_is_asked_and_what_closes_it(cast):
    report = submission_report(sent(make_agreed(cast, in_days(50))))
    (package,) = report.packages
    assert package.title == "Actions requested by reviewers"
    text = "".join(pages_of(plan_pdf(report, identifier="plan", created=timezone.now())))
    assert text.count(squeezed("A reviewer asks: Name a deputy. In writing, please.")) == 1
    assert squeezed(f"Closed by {CLOSED_BY}".removeprefix("Closed by ")) in text
    assert squeezed("No evidence is listed yet") not in text


def test_lines_are_set_as_sentences():
    assert (
        as_sentences("Have it confirmed\n\nBackups are not named.\n又如何")
        == "Have it confirmed. Backups are not named. 又如何."
    )
