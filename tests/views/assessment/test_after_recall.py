"""After a recall: the results and the list of actions name the same action by the same number, and say why they differ."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from assessments.domain.submission import submit, taking_back
from assessments.models import Assessment, Route, State
from assessments.models.snapshots import build_snapshot
from assessments.views.assessment import plan_entries
from tests.support.factories import Cast, anew, make_assessment, prove, save
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
GAPS = {"use-register": {"choice": "not_in_place"}, "ethics-review": {"choice": "not_in_place"}}
ON_RESULTS = (
    "These actions are based on the current answers. The list of actions still shows the actions from the last time "
    "that an owner signed, so it may contain more or fewer actions. It is updated when an owner signs again."
)
ON_ACTIONS = (
    "These actions date from the last time that an owner signed. The answers can be changed now, so the page “Results” "
    "may show more or fewer actions. This list is updated when an owner signs again."
)


def recalled(cast: Cast) -> Assessment:
    """A draft whose submission was recalled; since then one gap was closed and another one opened."""
    assessment = make_assessment(State.SUBMITTED, "limited", cast=cast, answers=GAPS)
    taking_back.recall(assessment, by=cast.owner)
    assessment = anew(assessment)
    save(assessment, "use-register", {"choice": "in_place"}, by=cast.owner)
    save(assessment, "accountable-owner", {"choice": "not_in_place"}, by=cast.owner)
    return anew(assessment)


def numbers(assessment: Assessment) -> dict[str, int]:
    """The number of each action as the results of the draft show it, by question."""
    rows = {row.question: row for row in assessment.use.actions.all()}
    actions = build_snapshot(assessment, final=False)["actions"]
    entries = plan_entries.draft_entries(assessment, assessment.compiled(), actions, rows)
    return {entry.question: entry.number for entry in entries}


def test_results_after_a_recall_show_the_numbers_that_the_list_of_actions_has(cast: Cast) -> None:
    assessment = recalled(cast)
    rows = {row.question: row.number for row in assessment.use.actions.all()}
    shown = numbers(assessment)
    assert shown["ethics-review"] == rows["ethics-review"]
    prove(assessment, by=cast.owner)
    submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    signed = {row.question: row.number for row in anew(assessment).use.actions.all()}
    assert shown == {question: signed[question] for question in shown}


def test_results_and_actions_say_after_a_recall_why_their_counts_can_differ(client: Client, cast: Cast) -> None:
    assessment = recalled(cast)
    client.force_login(cast.owner)
    results = markup_of(client.get(reverse("results", args=[assessment.reference])))
    actions = markup_of(client.get(reverse("remediation_plan", args=[assessment.use.reference])))
    assert ON_RESULTS in results
    assert "Actions from an earlier signing keep their numbers. Signing makes the other numbers final." in results
    assert ON_ACTIONS in actions


def test_neither_page_speaks_of_a_last_signature_before_the_first_or_under_review(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    draft = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    assert ON_RESULTS not in markup_of(client.get(reverse("results", args=[draft.reference])))
    sent = make_assessment(State.SUBMITTED, "limited", cast=cast, answers=GAPS)
    assert ON_RESULTS not in markup_of(client.get(reverse("results", args=[sent.reference])))
    assert ON_ACTIONS not in markup_of(client.get(reverse("remediation_plan", args=[sent.use.reference])))
