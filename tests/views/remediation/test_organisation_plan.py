"""Actions for the whole organisation: each practice once, with its uses, most urgent first."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.access import finders
from assessments.domain.remediation.split_merge import merge
from assessments.models import Membership, RemediationAction, State
from assessments.views.remediation import organisation as page
from tests.support.factories import anew, in_days, make_assessment, make_organisation
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

SHARED, OTHER, OWN = "ai-framework", "use-register", "accountable-owner"
GAPS = {key: {"choice": "not_in_place"} for key in (SHARED, OTHER, OWN)}


def signed(cast, title, **more):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAPS, **more)
    assessment.use.title = title
    assessment.use.save()
    return assessment


def once_for_all(cast):
    return [signed(cast, "Sorting of requests"), signed(cast, "Answers to patients")]


@pytest.fixture
def uses(made, db):
    return [anew(assessment) for assessment in made[1]]


def put(assessment, question=SHARED, **fields):
    RemediationAction.objects.filter(use=assessment.use, question=question).update(**fields)
    return RemediationAction.objects.select_related("use").get(use=assessment.use, question=question)


def opened(client, user, **query):
    client.force_login(user)
    return client.get(reverse("organisation_actions"), query)


def practice(response, question=SHARED):
    (row,) = [row for row in response.context["rows"] if row.action.question == question]
    return row


def text_of(response):
    content = response.content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content[content.index("<main") :]))


# --- once, with its uses -------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_each_action_of_the_organisation_is_shown_once_and_no_other(client, cast, uses, edition):
    questions = [row.action.question for row in opened(client, cast.owner).context["rows"]]
    assert len(questions) == len(set(questions))
    assert {SHARED, OTHER} <= set(questions) <= edition.organisation_wide
    assert OWN not in questions


@pytest.mark.long
def test_the_uses_are_named_and_lead_to_their_action(client, cast, uses):
    response = opened(client, cast.owner)
    row = practice(response)
    assert [action.use.title for action in row.action.over.actions] == ["Answers to patients", "Sorting of requests"]
    content = markup_of(response)
    for assessment in uses:
        assert f'href="{put(assessment).get_absolute_url()}"' in content
        assert client.get(put(assessment).get_absolute_url()).status_code == 200


@pytest.mark.long
def test_uses_of_the_same_name_are_told_apart_by_their_system(client, cast, uses):
    names = [assessment.use.system.name for assessment in uses]
    assert not any(name in text_of(opened(client, cast.owner)) for name in names)
    assert signed(cast, "Answers to patients").use.system.name in text_of(opened(client, cast.owner))


def test_why_it_is_here_and_who_has_it_in_any_use(client, cast, uses):
    put(uses[0], owner=cast.contributor, why_here="Because nobody steers the pilots.", due=in_days(1))
    row = practice(opened(client, cast.owner, of=SHARED))
    assert row.action.over.owners == (("Connie Contributor", False),)
    text = text_of(opened(client, cast.owner, of=SHARED))
    assert "Sorting of requests: Because nobody steers the pilots." in text
    assert "no owner yet for 1 use" in text
    Membership.objects.filter(user=cast.contributor).update(role="viewer")
    assert "left the organisation" in text_of(opened(client, cast.owner, of=SHARED))


def test_both_dates_are_the_earliest_over_the_uses(client, cast, uses):
    put(uses[0], due=in_days(4), full_due=in_days(80))
    put(uses[1], due=in_days(9), full_due=in_days(50))
    over = practice(opened(client, cast.owner)).action.over
    assert (over.first_step, over.all_done) == (in_days(4), in_days(50))
    put(uses[0], first_step_on=in_days(0))
    assert practice(opened(client, cast.owner)).action.over.first_step == in_days(9)
    put(uses[1], status="done")
    over = practice(opened(client, cast.owner)).action.over
    assert (over.first_step, over.all_done) == (None, in_days(80))
    assert not practice(opened(client, cast.owner)).late
    put(uses[0], full_due=in_days(-1), due=in_days(-2))
    assert practice(opened(client, cast.owner)).late


def test_it_blocks_where_it_blocks_in_one_use(client, cast, uses):
    put(uses[0], priority="consider", due=in_days(1))
    put(uses[1], priority="must", due=in_days(5))
    assert "blocks the certificate of 1 use" in text_of(opened(client, cast.owner, of=SHARED))


def test_what_is_closed_not_relevant_or_merged_in_one_use_names_the_others(client, cast, uses):
    put(uses[0], status="not_relevant", irrelevant_reason="Head office does it.", irrelevant_by=cast.owner)
    assert practice(opened(client, cast.owner)).action.over.uses == 1
    put(uses[0], status="closed")
    row = practice(opened(client, cast.owner))
    assert [action.use_id for action in row.action.over.actions] == [uses[1].use_id]
    merge([put(uses[1], OTHER), put(uses[1])], into=put(uses[1], OTHER), by=cast.owner)
    assert SHARED not in [row.action.question for row in opened(client, cast.owner).context["rows"]]


def test_more_uses_than_a_row_names_are_counted_and_all_shown_for_one_action(client, cast, uses, monkeypatch):
    monkeypatch.setattr(page, "USES", 1)
    response = opened(client, cast.owner)
    over = practice(response).action.over
    assert ([action.use.title for action in over.actions], over.more) == (["Answers to patients"], 1)
    assert f'href="?of={SHARED}"' in markup_of(response)
    response = opened(client, cast.owner, of=SHARED)
    assert [row.action.question for row in response.context["rows"]] == [SHARED]
    assert practice(response).action.over.more == 0
    assert len(opened(client, cast.owner, of="no-such").context["rows"]) > 1


# --- order, and nothing at all -------------------------------------------------------------------------------------------


def test_the_package_with_the_most_urgent_action_is_first(client, cast, uses, edition):
    RemediationAction.objects.update(rank=0, package="")
    first, second = [package.key for package in edition.packages[:2]]
    put(uses[0], SHARED, package=second, rank=7, due=in_days(1))
    put(uses[1], SHARED, package=second, rank=2, due=in_days(5))
    for assessment in uses:
        put(assessment, OTHER, package=first, rank=3)
    groups = opened(client, cast.owner).context["groups"]
    assert [group.key for group in groups][:2] == [second, first]
    titles = {package.key: package.title for package in edition.packages}
    text = text_of(opened(client, cast.owner))
    assert 0 < text.index(titles[second]) < text.index(titles[first])
    RemediationAction.objects.filter(question=SHARED).update(package="")
    assert [group.title for group in opened(client, cast.owner).context["groups"]][-1] == "Other actions"


def test_without_actions_it_says_how_they_get_there_and_the_register_has_no_link(client, cast):
    text = text_of(opened(client, cast.outsider))
    assert "Actions for the whole organisation" in text
    assert "No actions for the whole organisation" in text
    assert reverse("organisation_actions") not in client.get(reverse("actions")).content.decode()


# --- who sees what -------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_stranger_sees_nothing_of_another_organisation(client, cast, uses):
    elsewhere = make_assessment(
        State.IN_REVIEW, "limited", organisation=make_organisation("Elsewhere Limited"), answers=GAPS
    )
    assert opened(client, cast.outsider).context["rows"] == []
    assert practice(opened(client, cast.owner)).action.over.uses == 2
    assert elsewhere.use.reference not in opened(client, cast.owner, of=SHARED).content.decode()


def test_actions_of_two_organisations_are_two_and_say_whose_they_are(client, cast, uses):
    other = make_organisation("Second Limited")
    make_assessment(State.IN_REVIEW, "limited", organisation=other, answers=GAPS)
    Membership.objects.create(user=cast.owner, organisation=other, role="owner")
    response = opened(client, cast.owner, of=SHARED)
    assert sorted(row.action.over.uses for row in response.context["rows"]) == [1, 2]
    assert "Second Limited" in text_of(response)


def test_who_sees_only_what_is_assigned_sees_the_uses_in_which_it_is_theirs(client, cast, uses):
    assert opened(client, cast.assigned).context["rows"] == []
    put(uses[0], owner=cast.assigned)
    response = opened(client, cast.assigned)
    assert [(row.action.question, row.action.over.uses) for row in response.context["rows"]] == [(SHARED, 1)]
    assert "Answers to patients" not in text_of(response)


# --- the ways to it, and its cost ----------------------------------------------------------------------------------------


def test_the_register_counts_it_and_leads_to_it(client, cast, uses):
    number = len(opened(client, cast.owner).context["rows"])
    assert f"For the whole organisation: {number} actions" in text_of(client.get(reverse("actions")))


def test_the_results_lead_to_it_once_signed(client, cast, uses):
    client.force_login(cast.owner)
    url = reverse("organisation_actions")
    assert f'href="{url}"' in markup_of(client.get(reverse("results", args=[uses[0].reference])))
    draft = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    assert f'href="{url}"' not in markup_of(client.get(reverse("results", args=[draft.reference])))


@pytest.mark.long
def test_the_queries_are_the_same_for_two_uses_and_for_five(client, cast, uses):
    def queries():
        opened(client, cast.owner)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("organisation_actions"))
        return len(captured)

    two = queries()
    for number in range(3):
        signed(cast, f"Use {number}")
    assert finders.actions_for(cast.owner).filter(question=SHARED).count() == 5
    assert queries() == two
