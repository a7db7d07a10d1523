"""Home and queue count the same for each role and state; what each group holds, and how far it reads."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.domain.remediation import actions, dates
from assessments.domain.review import appeals as review_appeals
from assessments.domain.review import decisions, interests, queue
from assessments.domain.review.queue_rows import late_before
from assessments.forms.review import GROUP_WORDS
from assessments.models import Assessment, Membership, RemediationAction, Role, Route, State
from tests.domain.review.rounds import sent
from tests.support.acting import close_as
from tests.support.factories import in_days, make_assessment, make_evidence, make_member, mark_all

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(29)]

QUEUE, HOME = reverse("reviews"), reverse("dashboard")
GAP = {"accountable-owner": {"choice": "partly", "text": "Kept for three of our five clinics."}}
STATES = [
    *((state, tier, Route.INDEPENDENT) for state in State for tier in ("limited", "high")),
    *(
        (state, "limited", Route.INSIDE)
        for state in (State.SUBMITTED, State.IN_REVIEW, State.RETURNED, State.CERTIFIED)
    ),
]
# Daily three states in which something waits, one of each reader, in one tier: those that two seats decide in High. The
# long run has every state, tier and route.
IN_HIGH = {State.IN_REVIEW, State.APPROVED}
WAITING = {State.SUBMITTED, State.IN_REVIEW, State.APPROVED}
DAILY = {(state, "high" if state in IN_HIGH else "limited", Route.INDEPENDENT) for state in WAITING}
CASES = [case if case in DAILY else pytest.param(*case, marks=pytest.mark.long) for case in STATES]


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def reported(cast, case):
    action = RemediationAction.objects.filter(use=case.use, status="open").order_by("number")[0]
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=in_days(5), effort="S")
    actions.attach(action, make_evidence(cast.organisation, by=cast.contributor), by=cast.contributor)
    actions.report(action, by=cast.contributor, note="All five clinics have one.")
    return RemediationAction.objects.get(pk=action.pk)


def approved_with_gap(cast):
    return make_assessment(State.APPROVED, "limited", cast=cast, answers=GAP)


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(("state", "tier", "route"), CASES)
def test_home_and_queue_agree_on_what_waits_for_each_role(state, tier, route, cast, client):
    if state == State.SUPERSEDED:
        case = make_assessment(State.CERTIFIED, tier, cast=cast)
        Assessment.objects.filter(pk=case.pk).update(state=State.SUPERSEDED)
    else:
        case = make_assessment(state, tier, cast=cast, route=route)
    if state == State.REFUSED:
        review_appeals.contest(
            case, review_appeals.contestable(case)[0].value, "Annex 2 was overlooked.", by=cast.owner
        )
    if state in (State.APPROVED, State.CERTIFIED):
        reported(cast, approved_with_gap(cast))
    both = make_member(Role.OWNER, name="Bo Both").user
    Membership.objects.create(user=both, organisation=cast.body, role=Role.REVIEWER)
    for user in (*cast.everyone().values(), both):
        client.force_login(user)
        cases = client.get(HOME).context["cases"]
        if not Membership.objects.filter(user=user, role=Role.REVIEWER).exists():
            assert cases is None
            continue
        groups = client.get(QUEUE).context
        shown = {key: groups[key].count for key in GROUP_WORDS if key != "team"}
        assert {key: cases[key] for key in shown} == shown, user
        for key, n in shown.items():
            alone = client.get(QUEUE, {"who": key}).context[key]
            assert (alone.count, len(alone.lines)) == (n, n), (user, key)
        client.get(QUEUE, {"tier": ""})
        waiting = sum(shown[key] for key in ("mine", "waiting", "actions", "appeals"))
        home = client.get(HOME)
        needs = [need for need in home.context["needs"] if QUEUE in need.url and "?who" in need.url]
        assert sum(need.things for need in needs) == waiting
        if waiting and not Membership.objects.filter(user=user).exclude(role=Role.REVIEWER).exists():
            assert "You have no tasks now" not in text_of(home)


@pytest.mark.long
def test_a_returned_case_is_with_the_organisation_for_everybody(cast, client):
    case = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    mark_all(sent(case), by=cast.independent, change={"f:public_facing": "Say since when."})
    decisions.send_back(sent(case), by=cast.independent, answer_by=in_days(9))
    client.force_login(cast.independent)
    groups = client.get(QUEUE).context
    assert [line.submission for line in groups["returned"].lines] == [sent(case)]
    assert not groups["done"].lines
    page = text_of(client.get(QUEUE, {"who": "returned"}))
    assert "1 case is with the organisation" in page
    assert in_days(9).strftime("%-d %b %Y") in page
    assert not client.get(QUEUE, {"who": "", "late": "late"}).context["returned"].lines
    client.force_login(cast.second_independent)
    groups = client.get(QUEUE).context
    assert [line.submission for line in groups["returned"].lines] == [sent(case)]
    assert not groups["done"].lines


@pytest.mark.long
def test_actions_to_check_come_to_the_seats_of_the_case_alone(cast, client):
    case = approved_with_gap(cast)
    action = reported(cast, case)
    rows = queue.work_for(cast.independent, 25)
    assert rows["actions"].rows == [action]
    assert rows["actions"].rows[0].reported_at
    for other in (cast.second_independent, cast.reviewer, cast.owner, cast.contributor, cast.outsider, cast.staff):
        assert not queue.work_for(other, 25)["actions"].rows
    client.force_login(cast.independent)
    page = client.get(QUEUE)
    assert "You have 1 action to check" in text_of(page)
    assert action.get_absolute_url() in page.content.decode()
    interests.decline(sent(case), by=cast.independent, words="My brother has joined them.")
    assert not queue.work_for(cast.independent, 25)["actions"].rows


@pytest.mark.long
def test_an_action_that_is_closed_or_of_a_reviewer_who_left_waits_no_more(cast):
    action = reported(cast, approved_with_gap(cast))
    close_as(action, by=cast.independent)
    assert not queue.work_for(cast.independent, 25)["actions"].rows
    RemediationAction.objects.filter(pk=action.pk).update(status="done")
    assert queue.work_for(cast.independent, 25)["actions"].rows
    Membership.objects.filter(user=cast.independent).update(left_at=timezone.now())
    assert not queue.work_for(cast.independent, 25)["actions"].rows


@pytest.mark.long
def test_actions_and_appeals_are_read_page_by_page_and_nothing_is_left_out(cast):
    case = approved_with_gap(cast)
    first = reported(cast, case)
    for number in range(90, 94):
        fields = {"organisation": case.organisation, "due": in_days(9), "effort": "S", "status": "done"}
        RemediationAction.objects.create(use=case.use, number=number, title=f"No. {number}", **fields)
    rows, after, counts = [], "", set()
    while True:
        page = queue.work_for(cast.independent, 2, only="actions", after=after)["actions"]
        rows, after = rows + page.rows, page.after
        counts.add(page.count)
        if not after:
            break
    assert counts == {5}
    assert len({row.pk for row in rows}) == len(rows) == 5
    assert first in rows
    appeals = []
    for _n in range(3):
        refused = make_assessment(State.REFUSED, "limited", cast=cast)
        appeals.append(
            review_appeals.contest(refused, review_appeals.contestable(refused)[0].value, "Annex 2.", by=cast.owner)
        )
    page = queue.work_for(cast.second_independent, 2, only="appeals")["appeals"]
    then = queue.work_for(cast.second_independent, 2, only="appeals", after=page.after)["appeals"]
    assert [page.rows, then.rows] == [appeals[:2], appeals[2:]]
    assert (page.count, then.count, then.after) == (3, 3, "")
    assert queue.work_for(cast.second_independent, 2, only="appeals", after="nonsense~x")["appeals"].rows == appeals[:2]


def test_the_filters_narrow_actions_and_appeals_too(cast, client):
    reported(cast, approved_with_gap(cast))
    client.force_login(cast.independent)
    assert client.get(QUEUE, {"tier": "limited"}).context["actions"].count == 1
    assert client.get(QUEUE, {"tier": "high"}).context["actions"].count == 0
    own = client.get(QUEUE, {"tier": "", "organisation": cast.organisation.reference})
    assert own.context["actions"].count == 1
    assert client.get(QUEUE, {"tier": "", "late": "late"}).context["actions"].count == 0


def test_each_empty_group_says_what_comes_there(cast, client):
    client.force_login(cast.independent)
    page = text_of(client.get(QUEUE))
    for words in (
        "You have no open cases",
        "No actions to check.",
        "No appeals or complaints to answer.",
        "None of your cases is with an organisation now.",
    ):
        assert words in page
    client.force_login(cast.reviewer)
    assert "No appeals or complaints" not in text_of(client.get(QUEUE))


@pytest.mark.long
def test_the_queries_of_queue_and_home_do_not_grow_with_the_rows(cast, django_assert_max_num_queries):
    pages = (QUEUE, f"{QUEUE}?who=actions", f"{QUEUE}?who=appeals", f"{QUEUE}?who=returned", HOME)
    clients = {page: Client() for page in pages}  # each with a session of its own: the queue keeps a filter there
    few = {}
    for page, client in clients.items():
        client.force_login(cast.independent)
        client.get(page)
        with django_assert_max_num_queries(15) as asked:
            client.get(page)
        few[page] = len(asked)
    for _n in range(3):
        reported(cast, approved_with_gap(cast))
        make_assessment(State.RETURNED, "limited", cast=cast)
        make_assessment(State.SUBMITTED, "high", cast=cast)
        refused = make_assessment(State.REFUSED, "limited", cast=cast, route=Route.INSIDE)
        review_appeals.contest(refused, review_appeals.contestable(refused)[0].value, "Annex 2.", by=cast.owner)
    for page, client in clients.items():
        with django_assert_max_num_queries(max(few[page], 15)):
            client.get(page)


def test_what_is_late_is_counted_among_open_cases_alone(cast):
    make_assessment(State.RETURNED, "limited", cast=cast)
    counts, late = queue.counts_for(cast.independent, late_before(in_days(400), 1))
    assert (counts["returned"], late.get("returned", 0)) == (1, 0)
