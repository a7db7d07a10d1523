"""Figures of answers: stored as typed, checked at their field, and seen by scoring."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from assessments.core.errors import InvalidAnswer
from assessments.documents.report.answers import build_answer
from assessments.domain.answering import answers
from assessments.models import State
from assessments.models.snapshots import answers_in, build_snapshot, changed_targets
from tests.support.factories import in_days, make_assessment, save

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

ERRORS = "error-rates"  # a checklist; lower is better
FACTS = {"output_used_for": "recommendation"}


@pytest.fixture
def draft(cast):
    return make_assessment(State.DRAFT, "low", cast=cast, facts=FACTS, filled=False)


def ticked(draft, **figure):
    question = draft.compiled().questions[ERRORS]
    items = {item.key: True for item in draft.declared().items(draft.compiled(), question)}
    return {"choice": "ticked", "items": items, "figure": figure}


def day(value):
    return value.isoformat()


def test_a_figure_is_stored_with_its_answer_and_its_version(cast, draft):
    later = day(in_days(60))
    saved = save(draft, ERRORS, ticked(draft, measured="8.50", target="5", by=later), by=cast.owner).answer
    assert saved.figure == {"measured": "8.5", "target": "5", "by": later}
    assert saved.revisions.get().value["figure"] == saved.figure
    value = draft.answer_values()[ERRORS]
    assert (value.measured, value.target, value.target_by) == (Decimal("8.5"), Decimal(5), in_days(60))


def test_an_answer_without_a_figure_keeps_none(cast, draft):
    saved = save(draft, ERRORS, ticked(draft), by=cast.owner).answer
    assert "figure" not in saved.record()


def test_a_missed_target_counts_as_partly_in_draft_and_submission(cast, draft):
    save(draft, ERRORS, ticked(draft, measured="8", target="5"), by=cast.owner)
    content = build_snapshot(draft, final=False)
    short = [finding for finding in content["findings"] if finding["question"] == ERRORS]
    assert short
    assert {finding["half_credits"] for finding in short} == {1}
    assert answers_in(content)[ERRORS].measured == Decimal(8)


def test_a_target_that_is_reached_leaves_no_finding(cast, draft):
    save(draft, ERRORS, ticked(draft, measured="4", target="5"), by=cast.owner)
    assert not [finding for finding in build_snapshot(draft, final=False)["findings"] if finding["question"] == ERRORS]


def test_the_day_of_a_target_is_the_date_of_the_action(cast, draft):
    save(draft, ERRORS, ticked(draft, measured="8", target="5", by=day(in_days(20))), by=cast.owner)
    actions = build_snapshot(draft, final=False)["actions"]
    action = next(action for action in actions if action["question"] == ERRORS)
    assert action["full_days"] == 20


@pytest.mark.parametrize(
    ("field", "figure"),
    [
        ("measured", {"measured": "many"}),
        ("measured", {"measured": "101"}),
        ("target", {"target": "-1"}),
        ("target", {"measured": "5", "by": "2099-01-01"}),
        ("by", {"target": "5", "by": "soon"}),
        ("by", {"target": "5", "by": "2026-01-31"}),
        ("measured", {"measured": "NaN"}),
    ],
)
def test_what_is_no_figure_is_refused_at_its_field(cast, draft, field, figure):
    with pytest.raises(InvalidAnswer) as refused:
        save(draft, ERRORS, ticked(draft, **figure), by=cast.owner)
    assert refused.value.field == field
    assert not draft.answers.exists()


def test_a_question_that_asks_for_no_figure_takes_none(cast, draft):
    with pytest.raises(InvalidAnswer):
        save(draft, "use-register", {"choice": "in_place", "figure": {"measured": "5"}}, by=cast.owner)


def test_beside_do_not_know_a_figure_is_dropped(cast, draft):
    saved = save(draft, ERRORS, {"choice": "unknown", "figure": {"measured": "5"}}, by=cast.owner).answer
    assert saved.figure == {}


def test_another_figure_is_a_change_between_rounds(cast):
    draft = make_assessment(State.DRAFT, "low", cast=cast, facts=FACTS)
    save(draft, ERRORS, ticked(draft, measured="8", target="5"), by=cast.owner)
    before = build_snapshot(draft, final=False)
    save(draft, ERRORS, ticked(draft, measured="7", target="5"), by=cast.owner)
    assert changed_targets(before, build_snapshot(draft, final=False)) == {f"q:{ERRORS}"}


def test_an_earlier_figure_can_be_restored(cast, draft):
    save(draft, ERRORS, ticked(draft, measured="8", target="5"), by=cast.owner)
    save(draft, ERRORS, ticked(draft, measured="7", target="5"), by=cast.owner)
    restored = answers.restore_answer(draft, ERRORS, 1, by=cast.owner, base=2).answer
    assert restored.figure == {"measured": "8", "target": "5"}


def test_documents_print_the_figure_with_the_answer(cast, draft):
    save(draft, ERRORS, ticked(draft, measured="8", target="5"), by=cast.owner)
    content = build_snapshot(draft, final=False)
    shown = next(shown for shown in content["questions"] if shown["question"] == ERRORS)
    line = build_answer(draft.compiled(), shown, content, {})
    assert line.given.endswith("measured 8 per cent, target 5 per cent, target missed (counts as partly in place)")
    assert not line.good


# --- days that are over ---------------------------------------------------------------------------------------------------


def test_a_plan_for_a_day_that_is_over_is_no_answer(cast, draft):
    yesterday = timezone.localdate() - timedelta(days=1)
    with pytest.raises(InvalidAnswer) as refused:
        save(draft, "use-register", {"choice": "planned", "planned_for": yesterday}, by=cast.owner)
    assert refused.value.field == "planned_for"
    save(draft, "use-register", {"choice": "planned", "planned_for": timezone.localdate()}, by=cast.owner)


def test_words_beside_a_day_that_has_passed_since_can_be_changed(cast, draft):
    save(draft, "use-register", {"choice": "planned", "planned_for": in_days(1)}, by=cast.owner)
    past = timezone.localdate() - timedelta(days=3)
    draft.answers.update(planned_for=past)
    saved = save(draft, "use-register", {"choice": "planned", "planned_for": past, "text": "Late."}, by=cast.owner)
    assert saved.answer.text == "Late."


def test_a_carried_plan_for_a_day_that_is_over_is_not_confirmed_as_it_is(cast, draft):
    save(draft, "use-register", {"choice": "planned", "planned_for": in_days(1)}, by=cast.owner)
    past = timezone.localdate() - timedelta(days=3)
    draft.answers.update(planned_for=past, to_confirm=True)
    with pytest.raises(InvalidAnswer):
        save(draft, "use-register", {"choice": "planned", "planned_for": past}, by=cast.owner)


# --- the opt-out -----------------------------------------------------------------------------------------------------------


def test_only_the_opt_out_of_table_1_may_be_not_applicable(cast):
    draft = make_assessment(State.DRAFT, "limited", cast=cast, parts=("provider",), filled=False)
    nobody = {"choice": "not_applicable", "reason": "It sorts machine parts."}
    saved = save(draft, "tier-limited-opt-out", nobody, by=cast.owner)
    assert saved.answer.reason == "It sorts machine parts."
    with pytest.raises(InvalidAnswer):
        save(draft, "tier-limited-transparency", nobody, by=cast.owner)


def test_the_opt_out_that_nobody_needs_blocks_until_the_reason_is_accepted(cast):
    draft = make_assessment(State.DRAFT, "limited", cast=cast, parts=("provider",), filled=False)
    save(draft, "tier-limited-opt-out", {"choice": "not_applicable", "reason": "Nobody."}, by=cast.owner)
    content = build_snapshot(draft, final=False)
    assert content["to_accept"] == ["tier-limited-opt-out"]
    mine = [finding for finding in content["findings"] if finding["question"] == "tier-limited-opt-out"]
    assert mine
    assert all(finding["blocking"] and finding["kind"] == "not_applicable" for finding in mine)
    assert "tier-limited-opt-out" not in {action["question"] for action in content["actions"]}
