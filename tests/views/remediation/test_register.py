"""The register by packages: two dates, sums, what nobody has taken, what is not listed, the file with all columns."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from assessments.access import finders
from assessments.domain.remediation import closing, dates, own_actions
from assessments.domain.remediation.split_merge import merge
from assessments.guideline.packages import Package
from assessments.models import Message, RemediationAction, State
from assessments.notifications.reminders import remind_of_actions
from tests.support.acting import CONDITION, CONSIDER, SHOULD, action_on, make_agreed, make_conditioned
from tests.support.factories import anew, in_days, make_assessment
from tests.support.page_text import markup_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
PACKAGES = (Package("control", "People in control"), Package("notices", "What people are told"))


def once_for_all(cast):
    return make_conditioned(cast)


@pytest.fixture
def assessment(made, db):
    return anew(made[1])


def with_packages(monkeypatch, packages):
    """Let the current edition have these packages, and no action be in one yet."""
    edition = dataclasses.replace(finders.current_edition(), packages=packages)
    monkeypatch.setattr(finders, "current_edition", lambda: edition)
    RemediationAction.objects.update(package="", rank=0, stopgap="", full_due=None)


@pytest.fixture
def packages(assessment, monkeypatch):
    with_packages(monkeypatch, PACKAGES)


@pytest.fixture
def no_packages(assessment, monkeypatch):
    with_packages(monkeypatch, ())


def opened(client, user, **query):
    client.force_login(user)
    return client.get(reverse("actions"), query)


def put(assessment, question, **fields) -> RemediationAction:
    RemediationAction.objects.filter(use=assessment.use, question=question).update(**fields)
    return action_on(assessment, question)


# --- packages ------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_package_comes_by_its_most_urgent_action_and_what_has_none_last(client, cast, assessment, packages):
    put(assessment, CONDITION, package="notices", rank=2)
    put(assessment, SHOULD, package="control", rank=3)
    put(assessment, CONSIDER, package="notices", rank=9)
    put(assessment, "responsibility-map", package="control", rank=1)
    put(assessment, "approval-paper", package="control", rank=5)
    own_actions.add(assessment.use, own_actions.NewAction(title="Ours", why="Because.", due=in_days(9)), by=cast.owner)
    groups = opened(client, cast.owner).context["groups"]
    assert [(group.title, [row.action.rank for row in group.rows]) for group in groups] == [
        ("People in control", [1, 3, 5]),
        ("What people are told", [2, 9]),
        ("Other actions", [0]),
    ]
    content = markup_of(client.get(reverse("actions")))
    assert content.count('scope="rowgroup"') == 3
    first, *_others = opened(client, cast.owner, sort="priority").context["rows"]
    assert first.action.rank == 2


@pytest.mark.long
def test_an_edition_without_packages_has_one_group_without_a_heading(client, cast, assessment, no_packages):
    response = opened(client, cast.owner)
    assert [group.title for group in response.context["groups"]] == [""]
    assert 'scope="rowgroup"' not in markup_of(response)
    assert "Package" not in markup_of(response)


def test_packages_are_leafed_through_in_their_order(client, cast, assessment, packages, monkeypatch):
    from assessments.views.remediation import register

    monkeypatch.setattr(register, "ROWS", 2)
    for rank, question in enumerate([CONDITION, SHOULD, CONSIDER, "responsibility-map", "approval-paper"], 1):
        put(assessment, question, package=PACKAGES[rank % 2].key, rank=rank)
    own_actions.add(assessment.use, own_actions.NewAction(title="Ours", why="Because.", due=in_days(9)), by=cast.owner)
    seen, after = [], ""
    for _leaf in range(4):
        context = opened(client, cast.owner, after=after).context
        seen += [row.action.rank for row in context["rows"]]
        if not context["after"]:
            break
        after = context["after"].split("after=")[1].replace("%7E", "~")
    assert seen == [1, 3, 5, 2, 4, 0]


# --- two dates, sums, owners ---------------------------------------------------------------------------------------------


def test_an_action_shows_its_first_step_and_when_all_of_it_is_due(client, cast, assessment):
    put(assessment, SHOULD, due=in_days(3), full_due=in_days(60), owner=cast.contributor)
    content = opened(client, cast.owner, owner="mine").content.decode()
    assert "first step" not in content
    content = opened(client, cast.contributor, owner="mine").content.decode()
    assert f"first step due {in_days(3):%-d %b}" in content
    assert f"{in_days(60):%-d %b %Y}" in content
    own_actions.finish_first_step(action_on(assessment, SHOULD), by=cast.contributor)
    assert "Started" in opened(client, cast.contributor, owner="mine").content.decode()
    assert opened(client, cast.contributor, when="7").context["rows"] == []


def test_the_home_page_the_list_and_the_results_count_the_same_actions_of_a_month(client, cast, assessment):
    RemediationAction.objects.update(due=in_days(60), full_due=None, first_step_on=None, status="open", closed_at=None)
    put(assessment, SHOULD, due=in_days(30))
    put(assessment, CONSIDER, due=in_days(-2))  # late, and still to be done this month
    put(assessment, CONDITION, due=in_days(5), status="done")  # reported, so nothing is left to do but the check
    assert opened(client, cast.owner).context["counts"]["soon"] == 2
    assert len(opened(client, cast.owner, when="30", status="open").context["rows"]) == 2
    assert len(opened(client, cast.owner, when="30").context["rows"]) == 2
    assert len(opened(client, cast.owner, when="30", status="done").context["rows"]) == 1
    every = RemediationAction.objects.filter(status="open").count()
    home = text_of(client.get(reverse("dashboard")))
    assert f"The first 2 of {every} open actions. 2 are due within 30 days." in home
    results = text_of(client.get(reverse("results", args=[assessment.reference])))
    assert f"2 actions this month, {RemediationAction.objects.count()} in total" in results


@pytest.mark.long
def test_the_sums_lead_to_what_they_count(client, cast, assessment):
    put(assessment, CONSIDER, due=in_days(-2))
    counts = opened(client, cast.owner).context["counts"]
    for key, query in (
        ("open", {"status": "open"}),
        ("late", {"when": "late"}),
        ("soon", {"when": "30"}),
        ("blocking", {"priority": "blocking"}),
        ("conditions", {"priority": "condition"}),
        ("closed", {"status": "closed"}),
    ):
        assert len(opened(client, cast.owner, **query).context["rows"]) == counts[key], key
    assert (counts["late"], counts["conditions"], counts["blocking"]) == (1, 1, 0)


@pytest.mark.long
def test_after_the_approval_a_condition_is_called_one_and_blocks_nothing(client, cast, assessment):
    content = opened(client, cast.owner).content.decode()
    assert "1 condition of a certificate" in content
    assert "0 block a certificate" in content
    row = next(row for row in opened(client, cast.owner).context["rows"] if row.action.question == CONDITION)
    assert (row.condition, row.blocks) == (True, False)
    assert content.count(", condition of the certificate") == 1
    assert ", blocks" not in content
    decided = assessment.current_submission.decisions.get(kind="approve")
    decided.conditions.update(met_at=timezone.now(), met_by=cast.owner)
    assert opened(client, cast.owner).context["counts"]["conditions"] == 0


def test_a_package_counts_all_of_its_actions_also_on_a_page_with_a_part_of_them(
    client, cast, assessment, packages, monkeypatch
):
    from assessments.views.remediation import register

    questions = [CONDITION, SHOULD, CONSIDER]
    RemediationAction.objects.filter(use=assessment.use).exclude(question__in=questions).update(status="closed")
    for rank, question in enumerate(questions, 1):
        put(assessment, question, package="control", rank=rank)
    monkeypatch.setattr(register, "ROWS", 2)
    for query in ({}, {"owner": "nobody"}):
        (group,) = opened(client, cast.owner, **query).context["groups"]
        assert (group.count, len(group.rows)) == (3, 2)
    content = " ".join(opened(client, cast.owner).content.decode().split())
    assert "3 actions, 2 on this page" in content


def test_a_suggested_post_is_said_to_be_suggested(client, cast, assessment):
    rows = [row for row in opened(client, cast.owner).context["rows"] if row.suggested and not row.action.owner]
    for url in (reverse("actions"), reverse("remediation_plan", args=[assessment.use.reference]), rows[0].url):
        content = client.get(url).content.decode()
        assert f"{rows[0].suggested} (suggested)" in content, url
        assert ", suggested" not in content


def test_the_most_urgent_are_first_by_what_gave_them_their_place(client, cast, assessment):
    put(assessment, CONSIDER, placed="stop", priority="consider")
    put(assessment, SHOULD, placed="needed", priority="consider")
    put(assessment, CONDITION, placed="must", priority="prohibited_or_hold")
    rows = opened(client, cast.owner, sort="priority").context["rows"]
    assert [row.action.question for row in rows[:2]] == [CONSIDER, SHOULD]
    assert [row.priority for row in rows[:2]] == ["Stop or limit the use now", "Needed for other actions"]
    bound = next(row for row in rows if row.action.question == CONDITION)
    assert "rohibited" not in bound.priority + bound.class_word


def test_what_nobody_has_taken_is_taken_from_the_register(client, cast, assessment):
    action = action_on(assessment, SHOULD)
    assert "Assign to me" in opened(client, cast.contributor).content.decode()
    assert "Assign to me" not in opened(client, cast.viewer).content.decode()
    client.force_login(cast.contributor)
    response = client.post(action.get_absolute_url(), {"take": "1"}, follow=True)
    assert "You now own this action." in response.content.decode()
    assert action_on(assessment, SHOULD).owner == cast.contributor
    client.force_login(cast.owner)
    late = client.post(action.get_absolute_url(), {"take": "1"}, follow=True).content.decode()
    assert "Connie Contributor already owns this action" in late


def test_home_offers_to_take_what_nobody_has_taken_and_to_report_ones_own_alone(client, cast, assessment):
    RemediationAction.objects.filter(use=assessment.use).exclude(question=SHOULD).update(due=in_days(200))
    put(assessment, SHOULD, due=in_days(2))
    client.force_login(cast.contributor)
    home = client.get(reverse("dashboard")).content.decode()
    assert "Report as done" not in home
    assert "Assign to me" in home
    assert "Assign to somebody" in home
    put(assessment, SHOULD, owner=cast.contributor)
    assert "Report as done" in client.get(reverse("dashboard")).content.decode()
    client.force_login(cast.owner)
    home = client.get(reverse("dashboard")).content.decode()
    assert ("Report as done" in home, "Open the action" in home) == (False, True)


def test_a_merged_action_is_listed_with_the_one_that_it_was_merged_into(client, cast, assessment):
    lead, other = action_on(assessment, SHOULD), action_on(assessment, CONSIDER)
    before = len(opened(client, cast.owner).context["rows"])
    merge([lead, other], into=lead, by=cast.owner)
    assert len(opened(client, cast.owner).context["rows"]) == before - 1
    content = client.get(lead.get_absolute_url()).content.decode()
    assert other.title in content
    assert f"merged into action {lead.number}" in client.get(other.get_absolute_url()).content.decode()


# --- who sees only what is assigned --------------------------------------------------------------------------------------


def test_a_contributor_who_sees_only_what_is_assigned_sees_their_own_actions(client, cast, assessment):
    action, other = action_on(assessment, SHOULD), action_on(assessment, CONSIDER)
    dates.plan(action, by=cast.owner, owner=cast.assigned, due=in_days(9), effort="S")
    response = opened(client, cast.assigned)
    assert [row.action for row in response.context["rows"]] == [action]
    assert "Add an action" not in markup_of(response)
    assert client.get(Message.objects.get(recipient=cast.assigned, kind="action_assigned").link).status_code == 200
    assert client.get(other.get_absolute_url()).status_code == 404
    content = markup_of(client.get(action.get_absolute_url()))
    workspace = reverse("remediation_plan", args=[assessment.use.reference])
    assert f'href="{workspace}"' not in content
    client.post(action.get_absolute_url(), {"note": "Approved on 3 December."})
    assert action_on(assessment, SHOULD).status == "done"


# --- a reviewer's date, everywhere ---------------------------------------------------------------------------------------


def test_the_date_of_a_condition_is_the_same_everywhere(client, cast, assessment):
    action = action_on(assessment, CONDITION)
    day = f"{in_days(60):%-d %B %Y}"
    assert action.last_due == in_days(60)
    assert f"{in_days(60):%-d %b %Y}" in opened(client, cast.owner).content.decode()
    assert day in client.get(action.get_absolute_url()).content.decode()
    RemediationAction.objects.filter(use=assessment.use).exclude(pk=action.pk).update(status="closed")
    file = client.get(reverse("actions_export"), {"as": "csv"}).content.decode("utf-8-sig")
    assert in_days(60).isoformat() in file
    assert remind_of_actions(in_days(54)) > 0
    assert day in Message.objects.filter(kind="action_due")[0].text
    plan = assessment.current_submission.documents.filter(kind="plan").order_by("-version")[0]
    assert plan.version == 2  # made again with the dates that the approval set


# --- the file ------------------------------------------------------------------------------------------------------------


def table(client, **query):
    data = client.get(reverse("actions_export"), {"as": "csv", **query}).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(data)))
    return rows[0], [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def row_of(client, action):
    """The line of the file about one action."""
    own = (action.use.reference, str(action.number))
    return next(row for row in table(client)[1] if (row["Reference of the use"], row["Number"]) == own)


def test_the_file_says_package_place_why_here_gap_steps_what_closes_it_and_both_dates(
    client, cast, assessment, packages
):
    words = {"package": "control", "rank": 4, "why_here": "Because patients wait.", "stopgap": "Ask the board."}
    put(assessment, SHOULD, due=in_days(5), full_due=in_days(60), **words)
    own_actions.edit(action_on(assessment, CONSIDER), by=cast.owner, title="Ours", steps="First\nThen")
    client.force_login(cast.owner)
    _head, rows = table(client)
    found = {row["What to do"]: row for row in rows}
    question = assessment.compiled().questions[SHOULD]
    row = next(row for row in rows if row["Position in the plan"] == "4")
    assert (row["Package"], row["Why this action applies"]) == ("People in control", "Because patients wait.")
    assert row["Steps"].splitlines()[0] == "Ask the board."
    assert question.remedy.closes_it in row["What closes the gap"]
    assert row["Gap"]
    assert (row["First step by"], row["All done by"]) == (in_days(5).isoformat(), in_days(60).isoformat())
    assert found["Ours"]["Steps"].splitlines() == ["First", "Then"]


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(
    ("answer", "gap"),
    [
        ({"choice": "not_in_place"}, "Nobody keeps a current list of the laws"),
        ({"choice": "partly", "text": "Samuel keeps a list of two pages."}, "Partly"),
        ({"choice": "unknown"}, "Do not know"),
    ],
)
def test_a_gap_is_said_no_wider_than_the_answer(client, cast, answer, gap):
    """Where a list is partly kept, nobody may read that nobody keeps one."""
    assessment = make_assessment("approved", "limited", cast=cast, answers={"laws-list": {"text": "", **answer}})
    question = assessment.compiled().questions["laws-list"]
    said = gap if answer["choice"] == "not_in_place" else f"{question.text} {gap}"
    client.force_login(cast.owner)
    found = action_on(assessment, "laws-list")
    row = row_of(client, found)
    assert row["Gap"].startswith(said)
    RemediationAction.objects.filter(pk=found.pk).update(why_here="")
    page = markup_of(client.get(found.get_absolute_url()))
    assert ("Nobody keeps a current list" in page) == (answer["choice"] == "not_in_place")


@pytest.mark.long
def test_the_gap_of_a_checklist_names_the_points_that_are_missing(client, cast):
    first = make_assessment("approved", "limited", cast=cast)
    declared, edition = first.declared(), first.compiled()
    question = next(q for q in declared.questions(edition) if q.is_checklist and len(declared.items(edition, q)) > 2)
    ticked, *missing = declared.items(edition, question)
    some = {"choice": "ticked", "items": {ticked.key: True}, "text": ""}
    assessment = make_assessment("approved", "limited", cast=cast, answers={question.key: some})
    client.force_login(cast.owner)
    row = row_of(client, action_on(assessment, question.key))
    assert row["Gap"].startswith("Not in place yet: ")
    assert missing[0].text.rstrip(".") in row["Gap"]
    assert ticked.text.rstrip(".") not in row["Gap"]


def test_both_dates_come_back_from_the_file(client, cast, assessment):
    put(assessment, SHOULD, due=in_days(5), full_due=in_days(60))
    client.force_login(cast.owner)
    head, rows = table(client)
    number, other = str(action_on(assessment, SHOULD).number), str(action_on(assessment, CONSIDER).number)
    for row in rows:
        if row["Number"] == number:
            row |= {"First step by": in_days(6).isoformat(), "All done by": in_days(50).isoformat()}
        elif row["Number"] == other:
            row |= {"First step by": in_days(400).isoformat(), "All done by": in_days(300).isoformat()}
    out = io.StringIO()
    writer = csv.DictWriter(out, head)
    writer.writeheader()
    writer.writerows(rows)
    upload = SimpleUploadedFile("actions.csv", out.getvalue().encode())
    response = client.post(reverse("actions_import"), {"file": upload})
    assert len(response.context["faulty"]) == 1  # the first step after all of it
    client.post(reverse("actions_import"), {"rows": response.context["rows"]})
    action = action_on(assessment, SHOULD)
    assert (action.due, action.full_due) == (in_days(6), in_days(50))


def test_several_dates_move_what_is_due_in_all_and_come_back(client, cast, assessment):
    action = put(assessment, SHOULD, due=in_days(30), full_due=in_days(60))
    moved = dates.move_dates([action], in_days(20), by=cast.owner)
    action = action_on(assessment, SHOULD)
    assert (action.due, action.full_due) == (in_days(20), in_days(20))
    client.force_login(cast.owner)
    assert "Undo 1 change" in client.get(reverse("actions_moved", args=[moved.batch])).content.decode()
    dates.take_back_dates(moved.batch, by=cast.owner)
    action = action_on(assessment, SHOULD)
    assert (action.due, action.full_due) == (in_days(30), in_days(60))


@pytest.mark.long
def test_what_a_reviewer_asked_for_on_an_accepted_answer_blocks_no_certificate_that_is_valid(client, cast):
    assessment = make_agreed(cast, in_days(50))
    client.force_login(cast.owner)
    action = RemediationAction.objects.get(use=assessment.use)
    assert (action.priority, assessment.state) == ("must", State.CERTIFIED)
    page = client.get(reverse("actions"))
    assert page.context["counts"]["blocking"] == 0
    assert ", blocks" not in page.content.decode()
    assert not client.get(reverse("actions") + "?priority=blocking").context["rows"]
    shared = client.get(reverse("organisation_actions"))
    assert shared.context["blocking"] == 0
    assert "block" not in closing.missing_evidence(action, [])
