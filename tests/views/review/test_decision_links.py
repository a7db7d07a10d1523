"""Each obstacle on the decision page leads to the page on which it is cleared, in every language."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext

from assessments.domain.review import parts, seat_taking, supplements
from assessments.domain.submission import submit
from assessments.models import EvidenceMark, EvidenceOpening, ReviewMark, Submission
from tests.support.factories import Cast, make_assessment, make_evidence, mark_all
from tests.support.one_text import TEXT, one_text

pytestmark = pytest.mark.sqlite_alone

OPT_OUT = "q:tier-limited-opt-out"
PARTS = ["tests", "data", "bias", "security", "incident-plan", "overseers", "measures", "monitoring"]


def with_every_obstacle(cast: Cast) -> Submission:
    """A High case with a hold, missing evidence, an unmarked answer, a change asked for, and nothing judged of the file."""
    facts = {"illegal_purpose": True, "lawful_exception_claimed": True}
    draft = make_assessment("draft", "high", cast=cast, facts=facts)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent, change={"q:use-register": "Show the newest entry."}, file=False)
    piece = make_evidence(cast.organisation, by=cast.owner, title="Screenshot of the notice")
    supplements.attach(submission.assessment, OPT_OUT, piece, by=cast.owner, words="The notice.")
    ReviewMark.objects.filter(submission=submission, target="q:accountable-owner").delete()
    does_not = parts.GivenPartMark("does_not", words="There are no reports.")
    parts.judge_part(submission, "tests", does_not, by=cast.independent)
    EvidenceOpening.objects.filter(submission=submission).delete()
    EvidenceMark.objects.filter(submission=submission).delete()
    return submission


def shown_obstacles(client: Client, submission: Submission) -> list[tuple[str, str]]:
    return list(client.get(reverse("approve", args=[submission.reference])).context["obstacles"])


@pytest.mark.long
def test_decision_page_in_a_language_without_differences_keeps_every_link(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    submission = with_every_obstacle(cast)
    client.force_login(cast.independent)
    english = shown_obstacles(client, submission)
    with one_text(tmp_path):
        assert gettext("Nobody can approve a prohibited use.") == TEXT
        other = shown_obstacles(client, submission)
    assert [words for words, _url in other] != [words for words, _url in english]
    assert [url for _words, url in other] == [url for _words, url in english]


def test_decision_page_links_each_obstacle_to_where_it_is_cleared(client: Client, cast: Cast) -> None:
    submission = with_every_obstacle(cast)
    client.force_login(cast.independent)
    page = reverse("review", args=[submission.reference])
    assert [url.removeprefix(page) for _words, url in shown_obstacles(client, submission)] == [
        "sections/governance/",  # the answer without a mark
        "own-set/",
        "return/",
        "",  # the hold: the overview names it
        "sections/tier/#q-tier-limited-transparency",
        "sections/tier/#q-tier-limited-opt-out",
        *(f"conformity/#part-{part}" for part in PARTS),
        "conformity/",  # the judgements of the parts
        "supplements/",
    ]
