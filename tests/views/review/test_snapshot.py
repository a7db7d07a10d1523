"""What a frozen submission says is read once a process and shared between pages: nobody changes it, nothing gets stale."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from assessments.domain.review import seat_taking, targets
from assessments.domain.submission import submit
from assessments.models import Route, State, Submission, edition_for
from assessments.models.base import canonical_json
from assessments.models.snapshots import changed_targets
from assessments.views.review.snapshot import changed_between, taken_apart
from tests.support.factories import make_assessment, save

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

SECTION, QUESTION = "governance", "use-register"


def of(submission):
    return taken_apart(submission.snapshot, edition_for(submission.edition_checksum))


@pytest.mark.long
def test_what_is_kept_of_a_submission_says_what_is_worked_out_afresh_and_no_page_changes_it(client, cast):
    assessment = make_assessment(State.RETURNED, "limited", cast=cast, answers={QUESTION: {"choice": "planned"}})
    save(assessment, QUESTION, {"choice": "unknown", "text": "Nobody knows."}, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    first = Submission.objects.get(assessment=assessment, round=1)
    now, before = json.loads(submission.snapshot), json.loads(first.snapshot)
    sent, edition = of(submission), edition_for(submission.edition_checksum)
    assert of(Submission.objects.get(pk=submission.pk)) is sent
    assert sent.targets == targets.review_targets(now)
    assert sent.decisive == targets.decisive_targets(edition, now)
    assert changed_between(of(first), sent) == changed_targets(before, now)
    marked, changed = {sent.plain[0]: None}, changed_targets(before, now)
    plain = tuple(target for target in sent.plain if target not in marked and target not in changed)
    assert plain == targets.left_to_accept(edition, now, marked, changed)
    assert (sent.unknown, of(first).planned) == ((f"q:{QUESTION}",), (f"q:{QUESTION}",))

    client.force_login(cast.independent)
    pages = [(name, ()) for name in ("review", "review_facts", "review_changes", "review_not_applicable", "send_back")]
    for name, more in [*pages, ("review_section", (SECTION,)), ("approve", ()), ("refuse", ())]:
        assert client.get(reverse(name, args=[submission.reference, *more])).status_code == 200, name
    assert canonical_json(sent.content) == submission.snapshot
    assert canonical_json(of(first).content) == first.snapshot


def test_two_submissions_and_two_languages_are_kept_apart(cast):
    one, other = (
        Submission.objects.get(assessment=make_assessment(State.SUBMITTED, "limited", cast=cast)) for _n in range(2)
    )
    assert of(one) is not of(other)
    english, other_words = (edition_for(one.edition_checksum, language) for language in ("en", "zh-hant"))
    assert taken_apart(one.snapshot, english).edition is english
    assert taken_apart(one.snapshot, other_words).edition is other_words
