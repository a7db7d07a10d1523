"""What an ordinary reader is shown of evidence, and words that are true also where nobody reviews the use."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.support.factories import Cast, make_assessment, make_evidence
from tests.support.page_text import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def test_the_scan_and_the_checksum_of_a_file_are_folded_under_technical_details(client, cast: Cast):
    piece = make_evidence(cast.organisation, by=cast.owner)
    version = piece.versions.get()
    client.force_login(cast.owner)
    page = client.get(reverse("evidence_piece", args=[piece.reference])).content.decode()
    before, details = page[page.index("<main") :].split("Technical details")
    folded, after = details.split("</details>", 1)
    assert before.rstrip().endswith("<summary>")
    for words in (version.sha256, version.get_scan_display()):
        assert words in folded
        assert words not in before
        assert words not in after


@pytest.mark.parametrize(
    ("tier", "said"),
    [("low", "read this list before signing"), ("limited", "reviewers also see this list")],
)
def test_the_checks_name_a_reviewer_only_where_there_is_one(client, cast: Cast, tier: str, said: str):
    assessment = make_assessment(tier=tier, cast=cast)
    client.force_login(cast.owner)
    page = text_of(client.get(reverse("check", args=[assessment.reference])))
    assert said in page
    assert ("reviewers also see this list" in page) == (tier != "low")


def test_the_form_asks_what_the_evidence_shows_and_promises_no_reviewer(client, cast: Cast):
    client.force_login(cast.owner)
    page = text_of(client.get(reverse("evidence_new")))
    assert "Describe in one or two sentences what the evidence shows." in page
    assert "If a use is reviewed, its reviewers can see the evidence for the answers in the submission." in page


def test_a_section_is_read_as_others_see_it(client, cast: Cast):
    assessment = make_assessment(tier="low", cast=cast)
    client.force_login(cast.owner)
    section = next(iter(assessment.declared().questions(assessment.compiled()))).section
    page = text_of(client.get(reverse("section_check", args=[assessment.reference, section])))
    assert "This is how other people, such as the person who signs, see the section." in page
