"""Two versions of an answer are compared with a limit on the work (finding F2, check 86)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from assessments.domain.review import seat_taking
from assessments.domain.submission import submit
from assessments.models import Route, State
from tests.support.factories import Cast, make_assessment, save
from tests.support.page_text import markup_of
from tests.system.security.costs import LONGEST, REPEATED, in_a_second

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

QUESTION = "use-register"
WHOLE = "differ too much to be compared word by word"


@pytest.mark.parametrize("texts", [REPEATED, LONGEST], ids=["900 words", "20,000 characters"])
def test_the_history_of_an_answer_of_repeated_words_opens_in_a_second(client: Client, cast: Cast, texts) -> None:
    draft = make_assessment(cast=cast, filled=False)
    client.force_login(cast.owner)
    here = reverse("history", args=[draft.reference, QUESTION])
    client.get(here)  # reads the templates
    for number in range(12):
        by = (cast.owner, cast.contributor)[number % 2]  # so that each save is a version of its own
        save(draft, QUESTION, {"choice": "partly", "text": texts[number % 2]}, by=by)
    with in_a_second():
        page = markup_of(client.get(here))
    assert page.count(WHOLE) == 11
    assert page.count("b a b a b a b") > 6
    assert page.count('id="version-') == 12


@pytest.mark.long
def test_two_versions_of_an_assessment_are_compared_in_a_second(client: Client, cast: Cast) -> None:
    answers = {QUESTION: {"choice": "partly", "text": LONGEST[0]}}
    assessment = make_assessment(State.RETURNED, "limited", cast=cast, answers=answers)
    save(assessment, QUESTION, {"choice": "partly", "text": LONGEST[1]}, by=cast.owner)
    client.force_login(cast.owner)
    here = reverse("compare", args=[assessment.reference])
    client.get(reverse("dashboard"))
    with in_a_second():
        page = client.get(here).content.decode()
    assert WHOLE in page


@pytest.mark.long
def test_a_reviewer_opens_round_two_of_such_an_answer_in_a_second(client: Client, cast: Cast) -> None:
    answers = {QUESTION: {"choice": "partly", "text": LONGEST[0]}}
    assessment = make_assessment(State.RETURNED, "limited", cast=cast, answers=answers)
    save(assessment, QUESTION, {"choice": "in_place", "text": LONGEST[1]}, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    client.force_login(cast.independent)
    client.get(reverse("review_facts", args=[submission.reference]))
    with in_a_second():
        page = markup_of(client.get(reverse("review_section", args=[submission.reference, "governance"])))
    assert WHOLE in page
    assert "<del>" in page
