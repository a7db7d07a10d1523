"""Only a reason that fits what was answered asks for a change."""

from __future__ import annotations

import pytest

from assessments.core.errors import InvalidAnswer
from assessments.domain.review import marks
from assessments.domain.review.reasons import fitting
from assessments.models import ReviewMark, State
from tests.support.factories import make_assessment
from tests.support.page_text import markup_of

pytestmark = pytest.mark.sqlite_alone

KEY = "use-register"
TARGET = f"q:{KEY}"


def of(choice: str, *, items: dict | None = None, evidence: tuple = ()) -> set[str]:
    answer = {"choice": choice, "items": items or {}, "evidence": list(evidence)}
    return {str(reason) for reason in fitting({"facts": [], "answers": {KEY: answer}}, TARGET)}


@pytest.mark.parametrize(
    ("choice", "more"),
    [
        ("in_place", {"not_shown", "too_high"}),
        ("partly", {"not_shown", "too_high"}),
        ("planned", {"not_shown"}),
        ("not_in_place", set()),
        ("unknown", set()),
        ("none", set()),
        ("not_applicable", {"not_shown", "not_applicable"}),
    ],
)
def test_a_choice_offers_the_reasons_that_fit_it(choice, more):
    assert of(choice) == {"unclear", "other"} | more


def test_other_evidence_is_asked_for_where_there_is_some():
    assert "other_evidence" not in of("in_place")
    assert "other_evidence" in of("in_place", evidence=({"reference": "abc"},))


def test_a_line_that_does_not_apply_may_be_said_to_apply():
    assert "not_applicable" in of("ticked", items={"a": True, "b": "No such data here."})
    assert "not_applicable" not in of("ticked", items={"a": True, "b": False})
    assert "too_high" not in of("ticked", items={"a": False})


def test_a_fact_may_differ_from_its_description_and_an_unknown_one_has_nothing_to_show():
    content = {"facts": [{"key": "a", "value": "yes"}, {"key": "b", "value": "unknown"}], "answers": {}}
    assert fitting(content, "f:a") == ("unclear", "not_shown", "wrong_fact", "other")
    assert fitting(content, "f:b") == ("unclear", "wrong_fact", "other")


@pytest.mark.django_db
def test_a_mark_with_a_reason_that_does_not_fit_is_refused_and_one_that_stood_is_kept(cast):
    gap = {KEY: {"choice": "not_in_place"}}
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=gap).current_submission
    wanted = {"mark": "change_needed", "would_satisfy": "A register."}
    with pytest.raises(InvalidAnswer) as refused:
        marks.save_mark(submission, TARGET, marks.GivenMark(reason="too_high", **wanted), by=cast.independent)
    assert refused.value.field == "reason"
    assert "does not fit" in str(refused.value)
    assert not ReviewMark.kept.filter(target=TARGET).exists()
    with pytest.raises(InvalidAnswer):
        marks.save_mark(submission, TARGET, marks.GivenMark(reason="a made-up reason", **wanted), by=cast.independent)
    mark = marks.save_mark(submission, TARGET, marks.GivenMark(reason="unclear", **wanted), by=cast.independent)
    ReviewMark.objects.filter(pk=mark.pk).update(reason="too_high")  # as an earlier release let it be
    kept = marks.save_mark(
        submission, TARGET, marks.GivenMark(reason="too_high", words="Still.", **wanted), by=cast.independent
    )
    assert (kept.reason, kept.words) == ("too_high", "Still.")


@pytest.mark.django_db
def test_the_page_of_a_section_offers_the_reasons_that_fit(client, cast):
    gap = {KEY: {"choice": "not_in_place"}}
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=gap).current_submission
    client.force_login(cast.independent)
    page = markup_of(client.get(f"/reviews/{submission.reference}/sections/governance/"))
    row = page.partition(f'id="q-{KEY}"')[2].partition("<section")[0]
    assert '<option value="unclear"' in row
    assert '<option value="too_high"' not in row
    assert page.count('<option value="too_high"') > 3  # beside answers that are in place
