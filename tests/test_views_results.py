"""Results: every number stands on answers that can be reached from it, and readiness never speaks of the tier."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import declaring
from assessments.models import DocumentState, State
from assessments.models.snapshots import picture
from assessments.scoring.readiness import score_assessment
from assessments.views.assessment.standing import Standing
from tests.factories import in_days, make_assessment, save

pytestmark = pytest.mark.django_db

GAPS = {
    "use-register": {"choice": "partly", "text": "Kept for three of our five clinics."},
    "ai-framework": {"choice": "unknown"},
    "laws-list": {"choice": "not_applicable", "reason": "The head office keeps the list for all of us."},
    "ethics-review": {"choice": "planned", "planned_for": in_days(40)},
    "accountable-owner": {"choice": "not_in_place"},
}
KINDS = [
    ("dimensions", "privacy"),
    ("principles", "compliance"),
    ("lifecycle", "planning_data"),
    ("clauses", "2.1.2"),
    ("findings", "all"),
    ("findings", "blocking"),
    ("findings", "scope"),
    ("findings", "in-place"),
    ("findings", "actions"),
    ("findings", "use-register"),
]


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def open_results(client, cast, assessment, *more, who="owner"):
    client.force_login(getattr(cast, who))
    name = "result" if more else "results"
    return client.get(reverse(name, args=[assessment.reference, *more]))


def standing_of(assessment, final=False):
    return Standing(assessment, picture(assessment, final=final), assessment.compiled(), final=final)


def test_a_draft_says_that_it_is_provisional_and_from_how_many_answers(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers={**GAPS, "accountable-owner": None})
    text = text_of(open_results(client, cast, assessment))
    said = f"Draft, {assessment.answered} of {assessment.applicable} questions answered. Not a certificate."
    assert said in text
    assert assessment.answered < assessment.applicable


def test_a_signed_assessment_shows_its_submission_and_not_the_rows(client, cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAPS)
    before = text_of(open_results(client, cast, assessment))
    assessment.answers.update(choice="not_in_place", items={})  # behind the product's back
    after = text_of(open_results(client, cast, assessment))
    assert "Signed " in after
    assert before == after


def test_a_returned_assessment_shows_the_answers_of_today(client, cast):
    assessment = make_assessment(State.RETURNED, "limited", cast=cast, answers=GAPS)
    save(assessment, "use-register", {"choice": "not_in_place", "text": "None."}, by=cast.owner)
    assert "Draft, " in text_of(open_results(client, cast, assessment))


@pytest.mark.parametrize("final", [False, True])
def test_counts_by_credit_add_up_to_the_scorecard(cast, final):
    assessment = make_assessment(State.DRAFT, "high", cast=cast, answers={**GAPS, "staff-training": None})
    standing = standing_of(assessment, final)
    card = score_assessment(standing.edition, standing.declared, standing.answers, final=final)
    for line in standing.dimensions:
        score = card.dimensions[line.key]
        assert (line.value, line.duties, line.full) == (score.value, score.duties, score.full)
        counted = line.full + line.half + line.none + line.unknown
        assert counted == (line.duties if final else line.answered)


def test_the_points_behind_a_number_give_the_number(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    response = open_results(client, cast, assessment, "dimensions", "reliability")
    earned, possible = response.context["earned"], response.context["possible"]
    value = response.context["line"].value
    assert abs(Decimal(str(100 * earned / possible)) - value) <= Decimal("0.05")


def test_an_unknown_answer_is_counted_as_not_known_and_earns_nothing(cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers={"use-register": {"choice": "unknown"}})
    credits = {d.requirement.id: d.credit for d in standing_of(assessment).duties}
    assert credits["2.2-01"] == "unknown"


def test_an_empty_draft_is_not_assessed_and_never_zero(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    response = open_results(client, cast, assessment)
    assert "Draft, 0 of" in text_of(response)
    assert "No findings yet" in text_of(response)
    assert all(line.value is None for line in response.context["standing"].dimensions)


def test_without_a_gap_nothing_falls_short(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    assert "Nothing falls short" in text_of(open_results(client, cast, assessment))


@pytest.mark.parametrize(("kind", "key"), KINDS)
def test_every_number_leads_to_what_stands_behind_it(client, cast, kind, key):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    response = open_results(client, cast, assessment, kind, key)
    assert response.status_code == 200
    section = reverse("section", args=[assessment.reference, "governance"])
    if (kind, key) in (("findings", "all"), ("findings", "scope"), ("findings", "use-register")):
        assert f'href="{section}#q-use-register"' in response.content.decode()


def test_each_number_of_the_page_is_a_link_that_opens(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    page = open_results(client, cast, assessment).content.decode()
    links = set(re.findall(rf'href="({re.escape(reverse("results", args=[assessment.reference]))}[^"#]+)"', page))
    assert len(links) > 20
    assert {client.get(link).status_code for link in links} == {200}


@pytest.mark.parametrize(
    ("kind", "key"),
    [("dimensions", "speed"), ("clauses", "9.9"), ("findings", "nothing"), ("tiers", "high"), ("", "x")],
)
def test_a_number_that_there_is_not_is_not_found(client, cast, kind, key):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    client.force_login(cast.owner)
    path = reverse("results", args=[assessment.reference])
    assert client.get(f"{path}{kind}/{key}/").status_code == 404


def test_a_finding_names_duty_clause_effect_answer_and_action(client, cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAPS)
    action = assessment.use.actions.get(question="use-register")
    page = open_results(client, cast, assessment, "findings", "all")
    text = text_of(page)
    for word in ("must, blocks", "Partly", "Planned for", action.title):
        assert word in text
    assert reverse("action", args=[assessment.use.reference, action.number]) in page.content.decode()
    assert reverse("clause", args=["2.2"]) in page.content.decode()


def test_in_a_draft_the_action_is_only_proposed(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    response = open_results(client, cast, assessment, "findings", "use-register")
    question = assessment.compiled().questions["use-register"]
    assert question.action.stopgap.partition("{")[0] in text_of(response).replace("&#x27;", "'")
    assert "days after signing" in text_of(response)


def test_planned_unknown_and_not_applicable_answers_are_listed_apart(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    apart = {group["key"]: group["lines"] for group in open_results(client, cast, assessment).context["standing"].apart}
    assert [line["question"].key for line in apart["planned"]] == ["ethics-review"]
    assert [line["question"].key for line in apart["unknown"]] == ["ai-framework"]
    assert apart["not-applicable"][0]["reason"] == "The head office keeps the list for all of us."


def test_the_tier_is_marked_provisional_while_a_decisive_fact_is_unknown(client, cast):
    assessment = make_assessment(State.DRAFT, "low", cast=cast, facts={"healthcare_diagnosis": "unknown"})
    text = text_of(open_results(client, cast, assessment))
    assert "High risk, provisional" in text
    assert "it waits for one answer" in text


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 200), ("contributor", 200), ("viewer", 200), ("reviewer", 404), ("independent", 404), ("outsider", 404)],
)
def test_who_sees_the_results(client, cast, who, status):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    assert open_results(client, cast, assessment, who=who).status_code == status
    assert open_results(client, cast, assessment, "findings", "all", who=who).status_code == status


def test_the_plan_is_offered_once_it_is_ready(client, cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAPS)
    plan = assessment.current_submission.documents.get()
    url = reverse("document", args=[plan.reference])
    plan.state = DocumentState.PENDING
    plan.save()
    assert url not in open_results(client, cast, assessment).content.decode()
    plan.state = DocumentState.READY
    plan.save()
    assert url in open_results(client, cast, assessment).content.decode()


@pytest.mark.parametrize("state", [State.DRAFT, State.IN_REVIEW])
def test_the_page_costs_the_same_with_few_findings_and_with_many(client, cast, state):
    costs = set()
    edition = make_assessment(State.DRAFT, "limited", cast=cast).compiled()
    every = {q.key: {"choice": "none" if q.is_checklist else "not_in_place"} for q in edition.questions.values()}
    for answers in ({}, every):
        assessment = make_assessment(state, "limited", cast=cast, answers=answers)
        open_results(client, cast, assessment)
        with CaptureQueriesContext(connection) as queries:
            open_results(client, cast, assessment)
        costs.add(len(queries))
    assert len(costs) == 1
    assert costs.pop() - 3 <= 15  # signing in takes three of them


def test_results_are_worked_out_once_and_again_as_soon_as_anything_changes(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    open_results(client, cast, assessment)
    with CaptureQueriesContext(connection) as queries:
        before = text_of(open_results(client, cast, assessment))
    again = [q["sql"] for q in queries.captured_queries if "assessments_answer" in q["sql"]]
    assert again == []  # signing in is among the queries, the answers are not
    save(assessment, "accountable-owner", {"choice": "in_place"}, by=cast.owner)
    after = text_of(open_results(client, cast, assessment))
    assert after != before
    declaring.declare_facts(assessment.use, {"healthcare_diagnosis": True}, by=cast.owner)
    assert "High risk" in text_of(open_results(client, cast, assessment))
    declaring.update_use(assessment.use, by=cast.owner, title="A use by another name")
    assert "A use by another name" in text_of(open_results(client, cast, assessment))
