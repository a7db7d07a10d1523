"""The columns of a use that the portfolio reads: true after every move, found and mended where they are not."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from assessments.domain import portfolio
from assessments.domain.answering import start
from assessments.domain.register import systems
from assessments.models import AISystem, DeclaredUse
from tests.run import ROOT
from tests.support.factories import Cast, make_assessment, make_system, make_use, save
from tests.support.kept_world import world_of_the_run
from tests.support.rooms import tree_of

pytestmark = pytest.mark.django_db

USES = DeclaredUse.objects
USE = {"purpose": "p", "setting": "s", "people_affected": "a", "scope_en": "e"}


def columns(use: DeclaredUse) -> tuple[int | None, str, bool]:
    row = USES.get(pk=use.pk)
    return row.newest_assessment_id, row.newest_state, row.in_use


@pytest.mark.few_a_day(3)
@pytest.mark.parametrize("state", ["draft", "submitted", "in_review", "returned", "certified", "refused", "withdrawn"])
def test_columns_follow_an_assessment_into_every_state(cast: Cast, state: str) -> None:
    assessment = make_assessment(state, "limited", cast=cast)
    assert columns(assessment.use) == (assessment.pk, state, True)
    assert portfolio.wrong_columns(USES.all()) == {}


def test_saved_answer_moves_the_last_change_of_its_use(cast: Cast) -> None:
    assessment = make_assessment(cast=cast, filled=False)
    before = USES.get(pk=assessment.use_id).changed_at
    save(assessment, "use-register", {"choice": "in_place"}, by=cast.owner)
    assessment.refresh_from_db()
    assert USES.get(pk=assessment.use_id).changed_at == assessment.updated_at > before


@pytest.mark.long
def test_change_of_an_older_assessment_leaves_the_columns_alone(cast: Cast) -> None:
    old = make_assessment("withdrawn", "limited", cast=cast)
    newest = start.start_assessment(old.use, by=cast.owner)
    before = USES.get(pk=old.use_id).changed_at
    old.updated_at = timezone.now() + timedelta(days=1)
    portfolio.follow_newest(old)
    assert columns(old.use) == (newest.pk, "draft", True)
    assert USES.get(pk=old.use_id).changed_at == before


def test_use_without_an_assessment_changed_when_it_was_declared(cast: Cast) -> None:
    use = make_use("low", cast.organisation)
    row = USES.get(pk=use.pk)
    assert (row.newest_assessment_id, row.newest_state) == (None, "")
    assert abs(row.changed_at - row.created_at) < timedelta(seconds=1)


def test_uses_of_a_retired_system_are_not_in_use_until_it_is_restored(cast: Cast) -> None:
    system = make_system(cast.organisation)
    one, two = (systems.declare_use(system, by=cast.owner, **USE, title=title) for title in ("One", "Two"))
    systems.retire(one, by=cast.owner)
    systems.retire(AISystem.objects.get(pk=system.pk), by=cast.owner)
    assert [columns(use)[2] for use in (one, two)] == [False, False]
    systems.restore(AISystem.objects.get(pk=system.pk), by=cast.owner)
    assert [columns(use)[2] for use in (one, two)] == [False, True]
    systems.restore(one, by=cast.owner)
    assert [columns(use)[2] for use in (one, two)] == [True, True]


@pytest.mark.long
def test_progress_of_a_use_follows_its_answers(cast: Cast) -> None:
    assessment = make_assessment(cast=cast, filled=False)
    assert USES.get(pk=assessment.use_id).newest_progress == 0
    save(assessment, "use-register", {"choice": "in_place"}, by=cast.owner)
    assessment.refresh_from_db()
    assert assessment.answered == 1
    assert USES.get(pk=assessment.use_id).newest_progress == 1000 // assessment.applicable
    assert USES.get(pk=make_use("low", cast.organisation).pk).newest_progress == portfolio.NOTHING_ASKED


@pytest.mark.long
def test_tier_rank_of_a_use_follows_its_facts(cast: Cast) -> None:
    blank = make_use(organisation=cast.organisation, declared=False)
    uses = [blank, *(make_use(tier, cast.organisation) for tier in ("low", "limited", "high"))]
    assert [USES.get(pk=use.pk).tier_rank for use in uses] == [0, 1, 2, 3]
    assert portfolio.wrong_columns(USES.all()) == {}


def test_name_of_its_system_follows_into_the_use(cast: Cast) -> None:
    use = make_use("low", cast.organisation)
    systems.update_system(use.system, by=cast.owner, name="Harbour DESK")
    assert USES.get(pk=use.pk).system_name == "harbour desk"
    assert portfolio.wrong_columns(USES.all()) == {}


@pytest.mark.long
def test_wrong_columns_are_named_and_rebuilt(cast: Cast) -> None:
    assessment = make_assessment("submitted", "limited", cast=cast)
    right = columns(assessment.use)
    for wrong in (
        {"newest_assessment": None},
        {"newest_state": "draft"},
        {"changed_at": timezone.now() - timedelta(days=9)},
        {"in_use": False},
        {"newest_progress": 7, "tier_rank": 4, "system_name": "x"},
    ):
        USES.filter(pk=assessment.use_id).update(**wrong)
        assert portfolio.wrong_columns(USES.all()) == {assessment.use.reference: list(wrong)}
        portfolio.rebuild_columns(USES.all())
        assert portfolio.wrong_columns(USES.all()) == {}
        assert columns(assessment.use) == right


@pytest.mark.long
@pytest.mark.slow_first(41)
def test_columns_are_true_in_the_whole_world_of_the_tests() -> None:
    world_of_the_run()
    assert USES.exclude(newest_assessment=None).count() > 10
    assert portfolio.wrong_columns(USES.all()) == {}


# --- whoever writes an assessment ------------------------------------------------------------------------------------

WRITES_NO_CHANGE = {
    "domain/certificates/staleness.flag",  # stale_since and stale_reasons alone
    "domain/register/deleted_organisations._end",  # rebuilds the columns of all its uses
}


def writers(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """Return the functions that save an assessment, by name: its columns DERIVED or its state, or a new row."""
    found = {}
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        text = ast.unparse(function)
        signs = (
            "save(update_fields=DERIVED",
            "_DERIVE.write",
            "'stale_since'",
            "'state_at'",
            "assessment.save(",
            "state_at=now",
        )
        if any(sign in text for sign in signs):
            found[function.name] = function
    return found


@pytest.mark.long
def test_every_function_that_writes_an_assessment_keeps_the_columns_of_its_use() -> None:
    app = ROOT / "assessments"
    seen, missing = set(), set()
    for path in sorted(Path(app).rglob("*.py")):
        room = str(path.relative_to(app).with_suffix(""))
        if room.startswith(("migrations/", "models/", "access/")):
            continue
        for name, function in writers(tree_of(path)).items():
            seen.add(f"{room}.{name}")
            if "portfolio.follow_newest(" not in ast.unparse(function):
                missing.add(f"{room}.{name}")
    assert {"domain/workflow.move", "domain/answering/start.start_assessment", "domain/facts/tier.refresh"} <= seen
    assert missing == WRITES_NO_CHANGE
