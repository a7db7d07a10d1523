"""What home, the task list and the results of a complete draft say where no certificate can follow from its answers."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from assessments.domain.answering import assignments
from assessments.domain.certificates.before_signing import prospect_in_brief
from assessments.guideline.terms import Dimension
from assessments.models import Assessment, DeclaredUse, Membership, State
from tests.domain.certificates.readiness import lacking
from tests.support.factories import Cast, anew, make_assessment, proved, save
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
BLOCKED = "No certificate is possible yet"
READY = "Ready to sign"
TOO_LOW = "Readiness in Crime Prevention is too low: 0.0 out of 100."


def read(client: Client, name: str, *args: str) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return markup_of(response)


@pytest.mark.parametrize("tier", ["low", "limited"])
def test_home_leads_to_what_blocks_the_certificate_instead_of_saying_ready_to_sign(
    client: Client, cast: Cast, tier: str
) -> None:
    assessment = lacking(cast, tier)
    client.force_login(cast.owner)
    page = read(client, "dashboard")
    check = reverse("check", args=[assessment.reference])
    assert page.count(BLOCKED) == 1
    assert page.count(READY) == 1  # of the draft beside it, in which everything is in place
    assert "Every question has an answer, but no certificate is possible with these answers." in page
    assert f'href="{check}#prospect"' in page
    assert "See what blocks the certificate" in page


def test_home_says_ready_to_sign_where_a_certificate_is_possible(client: Client, cast: Cast) -> None:
    make_assessment(State.DRAFT, "low", cast=cast)
    client.force_login(cast.owner)
    page = read(client, "dashboard")
    assert READY in page
    assert BLOCKED not in page


@pytest.mark.parametrize("tier", ["low", "limited"])
def test_portfolio_says_that_no_certificate_is_possible_instead_of_ready_to_sign(
    client: Client, cast: Cast, tier: str
) -> None:
    assessment = lacking(cast, tier)
    client.force_login(cast.owner)
    lines = {line.assessment: line for line in client.get(reverse("assessments")).context["lines"]}
    assert lines.pop(assessment.reference).state == "no_certificate_possible"
    assert [line.state for line in lines.values()] == ["ready_to_sign"]  # in which everything is in place
    page = read(client, "assessments")
    assert page.count(BLOCKED) == 1
    assert "Next: See what blocks the certificate" in page
    section = assessment.compiled().sections[0].key
    assignments.assign_section(assessment, section, Membership.objects.get(user=cast.assigned), by=cast.owner)
    client.force_login(cast.assigned)  # sees neither results nor check
    assert assessment.use.title in read(client, "assessments")
    assert BLOCKED not in read(client, "assessments")


@pytest.mark.parametrize("tier", ["low", "limited"])
def test_status_of_an_assessment_says_that_no_certificate_is_possible(client: Client, cast: Cast, tier: str) -> None:
    assessment = lacking(cast, tier)
    client.force_login(cast.owner)
    page = read(client, "assessment", assessment.reference)
    assert "All questions are answered, but no certificate is possible yet" in page
    assert BLOCKED in page
    assert READY not in page
    assert "No certificate is possible with these answers" in page
    assert f'href="{reverse("check", args=[assessment.reference])}#prospect"' in page
    checked = read(client, "check", assessment.reference)
    assert BLOCKED in checked
    assert READY not in checked


@pytest.mark.parametrize("tier", ["low", "limited", "high"])
def test_results_of_a_draft_say_at_the_top_what_blocks_the_certificate(client: Client, cast: Cast, tier: str) -> None:
    assessment = lacking(cast, tier)
    client.force_login(cast.owner)
    page = read(client, "results", assessment.reference)
    panel = page.partition('id="not-possible-yet"')[2].partition("</div>")[0]
    assert "No certificate is possible with these answers" in panel
    assert TOO_LOW in panel
    assert page.index('id="not-possible-yet"') < page.index("hk-sheet")
    for words in prospect_in_brief(assessment).keeps_back:  # type: ignore[union-attr]
        assert words in panel
        assert words in read(client, "check", assessment.reference)


def test_results_of_a_draft_say_nothing_of_the_kind_where_a_certificate_is_possible(client: Client, cast: Cast) -> None:
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    client.force_login(cast.owner)
    assert "not-possible-yet" not in read(client, "results", assessment.reference)


def test_open_questions_leave_out_what_a_signature_would_bring(cast: Cast) -> None:
    assessment = make_assessment(State.DRAFT, "low", cast=cast, answers={"use-register": None})
    assert prospect_in_brief(assessment) is None
    save(assessment, "use-register", {"choice": "not_in_place"}, by=cast.owner)
    found = prospect_in_brief(anew(assessment))
    assert found is not None
    assert not found.keeps_back
    assert "One practice with mandatory requirements is not fully in place" in found.conditions


def test_hold_and_provisional_tier_block_the_certificate_before_the_signature(client: Client, cast: Cast) -> None:
    assessment = make_assessment(State.DRAFT, "low", cast=cast)
    DeclaredUse.objects.filter(pk=assessment.use_id).update(open_holds=1, provisional=True)
    client.force_login(cast.owner)
    page = read(client, "check", assessment.reference)
    assert "At the moment, no certificate is possible. A reviewer cannot approve a use that is on hold." in page
    assert (
        "The use is on hold. Until the hold is lifted, the use cannot be approved and no certificate can be issued."
        in page
    )
    assert "If you sign now, the certificate is issued." not in page
    assert BLOCKED in read(client, "dashboard")


def test_numbers_of_the_row_are_those_of_the_check(client: Client, cast: Cast) -> None:
    """The brief words rest on the row, the check reads all answers: both give the same scores."""
    for tier in ("low", "limited"):
        assessment: Assessment = lacking(cast, tier)
        found = prospect_in_brief(assessment)
        assert found is not None
        client.force_login(cast.owner)
        prospect = client.get(reverse("check", args=[assessment.reference])).context["prospect"]
        assert (found.figures, found.keeps_back, found.conditions) == (
            prospect.figures,
            prospect.keeps_back,
            prospect.conditions,
        )


def test_dimensions_stand_in_the_order_of_the_guideline_however_the_database_keeps_them(cast: Cast) -> None:
    """PostgreSQL gives the keys of stored JSON in an order of its own."""
    assessment: Assessment = lacking(cast, "limited")
    numbers = assessment.progress["if_signed"]
    numbers["dimensions"] = dict(reversed(numbers["dimensions"].items()))
    found = prospect_in_brief(assessment)
    assert found is not None
    terms = assessment.compiled().terms
    assert [figure.name for figure in found.figures] == [terms[f"dimensions.{key}"] for key in Dimension]


COUNTED = (
    "A use in the Low tier needs a signed self-certification. The scores here assume that an owner has already signed "
    "it, so they can be higher than the scores in the draft results."
)


def test_scores_that_count_the_signature_of_a_low_use_say_so(client: Client, cast: Cast) -> None:
    """The draft counts the question on self-certification by its answer, the signature counts it as met."""
    gap = {"tier-low-self-certification": {"choice": "not_in_place"}}
    low = make_assessment(State.DRAFT, "low", cast=cast, answers=gap)
    proved(client, cast.owner)
    for name in ("check", "self_certify", "sign"):
        assert COUNTED in read(client, name, low.reference), name
    for name in ("self_certify", "sign"):
        assert "Your signature meets this requirement." in read(client, name, low.reference), name
    found = client.get(reverse("check", args=[low.reference])).context["prospect"]
    assert {one.words for one in found.figures} == {"100.0 out of 100"}
    assert low.readiness_reliability < 1000
    limited = make_assessment(State.DRAFT, "limited", cast=cast)
    assert COUNTED not in read(client, "check", limited.reference)
    assert "Your signature meets this requirement." not in read(client, "sign", limited.reference)


def test_results_of_a_low_draft_do_not_say_that_its_self_certification_blocks(client: Client, cast: Cast) -> None:
    """The signature itself is the self-certification: the check counts one practice, and so do the results."""
    gaps = {
        "tier-low-self-certification": {"choice": "not_in_place"},
        "use-register": {"choice": "partly", "text": "Kept for three of our five clinics."},
    }
    assessment = make_assessment(State.DRAFT, "low", cast=cast, answers=gaps)
    client.force_login(cast.owner)
    page = read(client, "results", assessment.reference)
    listed = reverse("result", args=[assessment.reference, "findings", "blocking"])
    assert f'<strong><a href="{listed}">1</a></strong> action blocks a certificate' in page
    assert page.count("blocks the certificate</span>") == 1
    assert page.count("met by the owner’s signature") == 1
    detail = read(client, "result", assessment.reference, "findings", "actions")
    assert detail.count("met by the owner’s signature") == 1
    assert "One practice with mandatory requirements is not fully in place" in read(
        client, "check", assessment.reference
    )


def test_results_that_name_a_score_too_low_for_a_low_use_say_that_it_counts_the_signature(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.owner)
    assert COUNTED in read(client, "results", lacking(cast, "low").reference)
    assert COUNTED not in read(client, "results", lacking(cast, "limited").reference)


def test_check_says_that_a_reviewer_must_decide_where_too_many_musts_are_not_applicable(
    client: Client, cast: Cast
) -> None:
    away = {"choice": "not_applicable", "reason": "The head office does it."}
    like = make_assessment(State.DRAFT, "low", cast=cast)
    musts = {
        question.key: away
        for question in like.declared().questions(like.compiled())
        if not question.is_checklist and question.key != "tier-low-self-certification"
    }
    assessment = make_assessment(State.DRAFT, "low", cast=cast, answers=musts)
    client.force_login(cast.owner)
    page = read(client, "check", assessment.reference)
    assert "This use cannot be self-certified, so a reviewer must decide. Reasons:" in page
    assert "mandatory requirements are answered “not applicable”. Without a reviewer, at most" in page
    assert "If you sign now, the certificate is issued." not in page
    assert "Continue to self-certification" not in page
