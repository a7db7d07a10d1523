"""Results: every number stands on answers that can be reached from it, and readiness never speaks of the tier."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.documents.report.build import build_report
from assessments.domain.facts import declare
from assessments.domain.register import systems
from assessments.models import DocumentState, State
from assessments.models.snapshots import build_snapshot
from assessments.scoring.readiness import score_assessment
from assessments.views.assessment.results_page import ResultsPage
from assessments.views.assessment.standing import Standing
from tests.support.factories import fill, in_days, make_assessment, save
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

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
    ("findings", "short"),
    ("findings", "open"),
    ("findings", "conditions"),
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
    return Standing(assessment, build_snapshot(assessment, final=final), assessment.compiled(), final=final)


@pytest.mark.long
def test_page_and_papers_count_the_duties_alike(cast):
    """Also a duty of which one answer is *do not know* and another *not in place*: it is known not to be in place."""
    choices = ["unknown", "not_in_place", "in_place", "partly"]

    def answer(number, question, items):
        if not question.is_checklist:
            return {"choice": choices[number % 4]}
        ticks = {"choice": "ticked", "items": {items[0]: True}}
        return ({"choice": "unknown"}, {"choice": "none"}, ticks)[number % 3]

    assessment = make_assessment(tier="high", cast=cast, parts=("provider", "user"), filled=False)
    edition, declared = assessment.compiled(), assessment.declared()
    answers = {
        question.key: answer(number, question, [item.key for item in declared.items(edition, question)])
        for number, question in enumerate(declared.questions(edition))
    }
    fill(assessment, by=cast.owner, answers=answers)
    page = standing_of(assessment)
    report = build_report(page.content, edition, draft=True)
    for kind, rows in (
        ("dimensions", report.readiness),
        ("principles", report.principles),
        ("lifecycle", report.lifecycle),
    ):
        told = {line.name: (line.full, line.half, line.none, line.unknown) for line in page.lines(kind)}
        assert {row.name: (row.full, row.half, row.none, row.unknown) for row in rows} == told
        assert all(sum(counts) == row.duties for row, counts in ((row, told[row.name]) for row in rows))
    mixed = [duty for duty in page.duties if len({given.word for given in duty.given}) > 1 and duty.credit == "none"]
    assert mixed


@pytest.mark.parametrize("filled", [True, False])
def test_in_place_falling_short_and_not_answered_add_up_to_what_is_in_scope(client, cast, filled):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, filled=filled, answers=GAPS)
    if not filled:
        save(assessment, "use-register", GAPS["use-register"], by=cast.owner)
    page = standing_of(assessment)
    parts = (page.in_place, page.falling_short, page.not_answered)
    assert sum(map(len, parts)) == len(page.in_scope)
    assert page.falling_short
    assert bool(page.not_answered) is not filled
    text = text_of(open_results(client, cast, assessment))
    assert re.search(rf"{len(page.falling_short)} not fully in place", text)
    assert bool(re.search(rf"\b{len(page.not_answered)} not answered yet", text)) is not filled


@pytest.mark.long
def test_as_many_actions_block_on_the_results_as_in_the_register(client, cast):
    from assessments.domain.remediation.relevance import mark_not_relevant

    assessment = make_assessment(State.SUBMITTED, "limited", cast=cast, answers=GAPS)
    client.force_login(cast.owner)
    register = client.get(reverse("actions")).context["counts"]["blocking"]
    assert register > 1
    assert f"{register} actions block a certificate" in text_of(open_results(client, cast, assessment))
    blocking = client.get(reverse("actions"), {"priority": "blocking"}).context["rows"][0].action
    mark_not_relevant(blocking, by=cast.owner, reason="The head office does it.")
    assert client.get(reverse("actions")).context["counts"]["blocking"] == register
    said = f"{register} actions block a certificate (1 marked as not relevant)"
    assert said in text_of(open_results(client, cast, assessment))
    listed = text_of(open_results(client, cast, assessment, "findings", "blocking"))
    assert f"{register} actions block a certificate" in listed
    assert blocking.title in listed


def test_the_actions_are_counted_so_that_the_numbers_add_up(client, cast):
    facts = {"cross_border_transfer": "unknown", "personal_data": "ordinary", "incident_open": "unknown"}
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS, facts=facts)
    page = ResultsPage(standing_of(assessment), [])
    assert page.without_findings >= 1
    assert len(page.groups) + page.without_findings == len(page.entries)
    text = text_of(open_results(client, cast, assessment))
    closing = f"{len(page.groups)} actions would close the findings"
    assert f"{closing} {page.without_findings} further action" in text
    assert f"{len(page.entries)} in total" in text


@pytest.mark.long
def test_once_all_is_answered_the_results_lead_to_the_check(client, cast):
    whole = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    page = markup_of(open_results(client, cast, whole))
    check = reverse("check", args=[whole.reference])
    assert f'<a class="btn btn-primary" href="{check}">Check your answers, then sign</a>' in page
    assert "Continue with the questions" not in page
    assert client.get(check).status_code == 200
    assert client.get(whole.use.get_absolute_url()).context["main"].url == check
    partly = make_assessment(State.DRAFT, "limited", cast=cast, answers={**GAPS, "accountable-owner": None})
    assert "Continue with the questions" in text_of(open_results(client, cast, partly))
    assert client.get(partly.use.get_absolute_url()).context["main"].label == "Continue with the questions"


def test_the_home_of_an_assessment_counts_the_facts_that_the_tier_page_counts(client, cast):
    facts = {"takes_user_input": False, "open_prompt": True, "worst_credible_effect": "none"}
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, facts=facts)
    client.force_login(cast.owner)
    facts_of = client.get(assessment.use.get_absolute_url()).context["facts"]
    asked = facts_of.asked
    assert len(asked) < len(facts_of.values)  # some follow from others, and are not counted
    assert f"{len(asked)} facts" in text_of(client.get(assessment.get_absolute_url()))


def test_a_draft_says_that_it_is_provisional_and_from_how_many_answers(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers={**GAPS, "accountable-owner": None})
    text = text_of(open_results(client, cast, assessment))
    said = (
        f"Draft, {assessment.answered} of {assessment.applicable} questions answered. This page is not a certificate."
    )
    assert said in text
    assert assessment.answered < assessment.applicable


def test_a_signed_assessment_shows_its_submission_and_not_the_rows(client, cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAPS)
    before = text_of(open_results(client, cast, assessment))
    assessment.answers.update(choice="not_in_place", items={})  # behind the product's back
    after = text_of(open_results(client, cast, assessment))
    assert "Signed " in after
    assert before == after


@pytest.mark.long
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
    assert "No findings" in text_of(open_results(client, cast, assessment))


@pytest.mark.parametrize(("kind", "key"), KINDS)
def test_every_number_leads_to_what_stands_behind_it(client, cast, kind, key):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    response = open_results(client, cast, assessment, kind, key)
    assert response.status_code == 200
    section = reverse("section", args=[assessment.reference, "governance"])
    if (kind, key) in (("findings", "all"), ("findings", "scope"), ("findings", "use-register")):
        assert f'href="{section}#q-use-register"' in markup_of(response)


@pytest.mark.long
def test_each_number_of_the_page_is_a_link_that_opens(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    page = markup_of(open_results(client, cast, assessment))
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
    for word in ("blocks the certificate", "Partly", "Planned for", action.title):
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
    assert "Provisional until one answer is known" in text


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


@pytest.mark.long
@pytest.mark.few_a_day(1)
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


@pytest.mark.long
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
    declare.declare_facts(assessment.use, {"healthcare_diagnosis": True}, by=cast.owner)
    assert "High risk" in text_of(open_results(client, cast, assessment))
    systems.update_use(assessment.use, by=cast.owner, title="A use by another name")
    assert "A use by another name" in text_of(open_results(client, cast, assessment))
