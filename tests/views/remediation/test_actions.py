"""The register of actions, the workspace of one use, dates in one go, the pages of one action, a certificate's standing."""

from __future__ import annotations

import csv
import io

import pytest
import tablib
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape
from openpyxl import load_workbook

from assessments.domain.answering import start
from assessments.domain.evidence import library
from assessments.domain.register import members
from assessments.domain.remediation import actions, dates
from assessments.domain.review import decisions, interests
from assessments.domain.submission import taking_back
from assessments.models import (
    ActionEvent,
    ActionStatus,
    Certificate,
    EvidenceUse,
    Membership,
    Message,
    RemediationAction,
    Role,
    State,
)
from assessments.notifications.kinds import MessageKind
from tests.support.acting import (
    CONDITION,
    CONSIDER,
    SHOULD,
    action_on,
    certificate_of,
    close_as,
    make_conditioned,
    report_done,
)
from tests.support.factories import anew, in_days, make_assessment, make_evidence, make_member, make_use
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(26)]


def page(client, user, url, **query):
    client.force_login(user)
    response = client.get(url, query)
    assert response.status_code == 200, url
    return markup_of(response)


def shown(client, user, **query) -> list[str]:
    """The questions of the actions that the register shows, in order."""
    client.force_login(user)
    return [row.action.question for row in client.get(reverse("actions"), query).context["rows"]]


def once_for_all(cast):
    return make_conditioned(cast)


@pytest.fixture
def assessment(made, db):
    return anew(made[1])


# --- the register --------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_register_is_narrowed_by_owner_day_priority_status_system_and_words(client, cast, assessment):
    other = make_assessment(State.SUBMITTED, "limited", cast=cast, answers={CONSIDER: {"choice": "not_in_place"}})
    should, consider = action_on(assessment, SHOULD), action_on(assessment, CONSIDER)
    dates.plan(should, by=cast.owner, owner=cast.contributor, due=in_days(3), effort="S")
    RemediationAction.objects.filter(pk=consider.pk).update(due=in_days(-2))
    assert shown(client, cast.contributor, owner="mine") == [SHOULD]
    assert shown(client, cast.owner, owner=str(cast.contributor.pk)) == [SHOULD]
    assert shown(client, cast.owner, owner="nobody", when="late") == [CONSIDER]
    assert shown(client, cast.owner, when="7") == [SHOULD, CONSIDER]  # what is late is due too
    assert shown(client, cast.owner, priority="must") == [CONDITION]
    assert shown(client, cast.owner, system=other.use.system.reference) == [CONSIDER]
    assert shown(client, cast.owner, q="framework short") == [SHOULD]
    assert shown(client, cast.owner, status="closed") == []
    assert shown(client, cast.owner, q="no such words") == []
    assert (
        len(shown(client, cast.owner, sort="no-such-order", priority="no-such")) == 6
    )  # what is no choice is left out
    RemediationAction.objects.filter(pk=should.pk).update(status=ActionStatus.CLOSED, closed_at=timezone.now())
    assert shown(client, cast.owner, status="closed") == [SHOULD]


@pytest.mark.long
def test_the_register_is_put_in_order_and_leafed_through_by_key(client, cast, assessment, monkeypatch):
    from assessments.views.remediation import register as views

    monkeypatch.setattr(views, "ROWS", 2)
    for sort in ("due", "priority", "owner", "system", "newest"):
        everything, after = [], ""
        for _leaf in range(5):
            client.force_login(cast.owner)
            context = client.get(reverse("actions") + f"?sort={sort}&after={after}").context
            everything += [row.action.pk for row in context["rows"]]
            if not context["after"]:
                break
            after = context["after"].split("after=")[1]
        assert len(everything) == len(set(everything)) == 5, sort
    assert shown(client, cast.owner, sort="priority")[0] == CONDITION


@pytest.mark.long
def test_an_action_whose_owner_left_is_flagged(client, cast, assessment):
    leaver = make_member(Role.CONTRIBUTOR, cast.organisation, "Lea Leaver")
    action = action_on(assessment, SHOULD)
    dates.plan(action, by=cast.owner, owner=leaver.user, due=action.due, effort=action.effort)
    assert "left the organisation" not in page(client, cast.owner, reverse("actions"))
    members.remove_member(leaver, by=cast.owner)
    for url in (
        reverse("actions"),
        reverse("remediation_plan", args=[assessment.use.reference]),
        action.get_absolute_url(),
    ):
        assert "left the organisation" in page(client, cast.owner, url), url
    assert shown(client, cast.owner, owner="left") == [SHOULD]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_register_goes_out_as_a_file_under_its_stable_numbers(client, cast, assessment, kind):
    action = action_on(assessment, SHOULD)
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=action.due, effort="L")
    RemediationAction.objects.filter(pk=action.pk).update(title="=HYPERLINK(1)")
    client.force_login(cast.viewer)
    data = client.get(reverse("actions_export"), {"as": kind, "priority": "should"}).content
    if kind == "csv":
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    else:
        rows = [[str(cell or "") for cell in row] for row in load_workbook(io.BytesIO(data)).active.values]
    lines = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert [line["Number"] for line in lines] == ["1", "2", "3"]
    mine = next(line for line in lines if line["Number"] == str(action.number))
    assert mine["Reference of the use"] == assessment.use.reference
    assert mine["What to do"] == "'=HYPERLINK(1)"  # no spreadsheet runs it
    assert (mine["Owner's email address"], mine["All done by"], mine["Effort"], mine["Status"]) == (
        cast.contributor.email, action.due.isoformat(), "Months", "Open",
    )  # fmt: skip


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_changed_file_is_shown_row_by_row_before_it_is_taken(client, cast, assessment, kind):
    from assessments.exchange import actions as exchange

    client.force_login(cast.owner)
    condition, should, consider = (action_on(assessment, key) for key in (CONDITION, SHOULD, CONSIDER))
    columns = [str(column.heading) for column in exchange.COLUMNS]
    data = client.get(reverse("actions_export"), {"as": "csv"}).content.decode("utf-8-sig")
    rows = [dict(zip(columns, row, strict=True)) for row in csv.reader(io.StringIO(data))][1:]
    for row in rows:
        if row["Number"] == str(should.number):
            row |= {"Owner's email address": cast.contributor.email.upper(), "All done by": in_days(40).isoformat()}
        elif row["Number"] == str(consider.number):
            row |= {"Status": "done", "What was done": "Reviewed on 3 December."}
        elif row["Number"] == str(condition.number):
            row |= {"All done by": in_days(90).isoformat(), "Owner's email address": cast.outsider.email}
    rows.append(dict.fromkeys(columns, "") | {"Reference of the use": "nowhere", "Number": "1"})
    table = tablib.Dataset(*[[row[name] for name in columns] for row in rows], headers=columns)
    content = table.export(kind)
    upload = SimpleUploadedFile(f"actions.{kind}", content if isinstance(content, bytes) else content.encode())
    response = client.post(reverse("actions_import"), {"file": upload})
    assert [line.action.question for line, _words in response.context["good"]] == [SHOULD, CONSIDER]
    assert [len(line.faults) for line in response.context["faulty"]] == [2, 1]
    assert not ActionEvent.objects.exclude(kind__in=["due", "closed"]).exists()  # nothing is taken yet
    client.post(reverse("actions_import"), {"rows": response.context["rows"]})
    should, consider = action_on(assessment, SHOULD), action_on(assessment, CONSIDER)
    assert (should.owner, should.due) == (cast.contributor, in_days(40))
    assert (consider.status, consider.note) == ("done", "Reviewed on 3 December.")
    client.force_login(cast.outsider)
    client.post(reverse("actions_import"), {"rows": response.context["rows"]})
    client.post(reverse("actions_import"), {"rows": "forged"})
    assert (
        "not an exported list of actions"
        in client.post(
            reverse("actions_import"), {"file": SimpleUploadedFile("a.csv", b"Name,Age\nx,1\n")}
        ).content.decode()
    )


# --- the workspace of one use ----------------------------------------------------------------------------------------------


def test_the_workspace_begins_with_what_is_due_next(client, cast, assessment):
    url = reverse("remediation_plan", args=[assessment.use.reference])
    RemediationAction.objects.filter(use=assessment.use).update(due=in_days(60), full_due=None, rank=4)
    first, second, late = (action_on(assessment, question) for question in (SHOULD, CONSIDER, CONDITION))
    RemediationAction.objects.filter(pk__in=[first.pk, second.pk]).update(due=in_days(7))
    RemediationAction.objects.filter(pk=first.pk).update(rank=1)
    RemediationAction.objects.filter(pk=late.pk).update(due=in_days(-1))
    client.force_login(cast.owner)
    context = client.get(url).context
    assert [group.title for group in context["groups"]] == ["Late", "Within 7 days", "Within 90 days"]
    shown = [line.row.action.pk for group in context["groups"] for line in group.lines]
    assert shown[:3] == [late.pk, first.pk, second.pk]


def test_the_workspace_names_what_comes_first_by_what_gave_it_its_place(client, cast, assessment):
    url = reverse("remediation_plan", args=[assessment.use.reference])
    places = {SHOULD: "needed", CONSIDER: "stop", CONDITION: "must"}
    for question, placed in places.items():
        RemediationAction.objects.filter(use=assessment.use, question=question).update(placed=placed)
    RemediationAction.objects.filter(use=assessment.use, question=CONDITION).update(priority="prohibited_or_hold")
    client.force_login(cast.owner)
    groups = {group.title: group.lines for group in client.get(url, {"by": "priority"}).context["groups"]}
    assert list(groups)[:2] == ["Stop or limit the use now", "Needed for other actions"]
    assert [line.row.action.question for line in groups["Stop or limit the use now"]] == [CONSIDER]
    assert [line.row.action.question for line in groups["Needed for other actions"]] == [SHOULD]
    assert not any("rohibited" in title for title in groups)
    RemediationAction.objects.filter(use=assessment.use, question=SHOULD).update(question="open-hold:public_facing")
    groups = {group.title: group.lines for group in client.get(url, {"by": "priority"}).context["groups"]}
    assert list(groups)[1].startswith("Prohibited use, or a use on hold")


def test_the_workspace_groups_actions_by_dimension_or_priority_with_all_that_closes_them(client, cast, assessment):
    url = reverse("remediation_plan", args=[assessment.use.reference])
    client.force_login(cast.owner)
    by_priority = client.get(url, {"by": "priority"}).context["groups"]
    assert [(group.title, len(group.lines)) for group in by_priority] == [("Must", 1), ("Should", 3), ("Consider", 1)]
    content = page(client, cast.owner, url)
    assert "Personal Data Privacy" in content
    question = assessment.compiled().questions[SHOULD]
    stopgap = action_on(assessment, SHOULD).stopgap
    for words in (question.text, question.why, stopgap, question.remedy.closes_it):
        assert escape(words) in content
    assert reverse("section", args=[assessment.reference, question.section]) + f"#q-{SHOULD}" in content
    assert "Change owner" not in page(client, cast.viewer, url)


@pytest.mark.long
def test_a_use_without_actions_says_what_that_means_for_its_tier(client, cast):
    use = make_assessment(State.CERTIFIED, "low", cast=cast).use
    content = page(client, cast.owner, reverse("remediation_plan", args=[use.reference]))
    assert "No actions" in content
    assert "The tier stays Low, because it depends only on the declared facts" in content
    fresh = make_use("limited", cast.organisation)
    assert "No actions yet" in page(client, cast.owner, reverse("remediation_plan", args=[fresh.reference]))


def plan_of(client, user, action, **given):
    client.force_login(user)
    url = reverse("action_plan", args=[action.use.reference, action.number])
    return client.post(url, {"owner": "", "effort": "M", **given}) if given else client.get(url)


def test_first_step_and_all_done_are_two_fields_that_are_changed_alone(client, cast, assessment):
    RemediationAction.objects.filter(use=assessment.use).update(due=in_days(14), full_due=in_days(90))
    action = action_on(assessment, SHOULD)
    content = markup_of(plan_of(client, cast.owner, action))
    for label, name, day in (("First step by", "due", 14), ("All done by", "full_due", 90)):
        assert label in content
        assert f'name="{name}" value="{in_days(day).isoformat()}"' in content
    plan_of(client, cast.owner, action, due=in_days(14), full_due=in_days(60))
    assert (action_on(assessment, SHOULD).due, action_on(assessment, SHOULD).full_due) == (in_days(14), in_days(60))
    refused = plan_of(client, cast.owner, action, due=in_days(70), full_due=in_days(60))
    assert "The action as a whole cannot be due before its first step." in markup_of(refused)


def test_an_action_of_one_date_may_be_given_a_second(client, cast, assessment):
    RemediationAction.objects.filter(use=assessment.use).update(due=in_days(14), full_due=None)
    action = action_on(assessment, SHOULD)
    assert (
        "Leave this field empty if the action has only one step."
        in plan_of(client, cast.owner, action).content.decode()
    )
    for full_due in ("", in_days(20)):
        plan_of(client, cast.owner, action, due=in_days(20), full_due=full_due)
        assert (action_on(assessment, SHOULD).due, action_on(assessment, SHOULD).full_due) == (in_days(20), None)
    plan_of(client, cast.owner, action, due=in_days(20), full_due=in_days(50))
    assert action_on(assessment, SHOULD).full_due == in_days(50)


def test_the_mail_to_a_new_owner_names_both_dates(cast, assessment):
    RemediationAction.objects.filter(use=assessment.use).update(due=in_days(14), full_due=in_days(90))
    action = action_on(assessment, SHOULD)
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=in_days(14), effort="M")
    told = Message.objects.filter(recipient=cast.contributor, kind=MessageKind.ACTION_ASSIGNED).latest("pk")
    first, last = (date_format(in_days(n), "DATE_FORMAT") for n in (14, 90))
    assert f"The first step is due on {first}. All steps are due on {last}." in told.text
    other = action_on(assessment, CONSIDER)
    RemediationAction.objects.filter(pk=other.pk).update(full_due=None)
    dates.plan(other, by=cast.owner, owner=cast.contributor, due=in_days(14), effort="M")
    assert (
        f"The action is due on {first}."
        in Message.objects.filter(recipient=cast.contributor, kind=MessageKind.ACTION_ASSIGNED).latest("pk").text
    )


# --- dates in one go -------------------------------------------------------------------------------------------------------


def test_dates_are_shown_before_they_change_and_can_be_taken_back(client, cast, assessment):
    picks = [f"{assessment.use.reference}/{action_on(assessment, key).number}" for key in (CONDITION, SHOULD, CONSIDER)]
    before = action_on(assessment, SHOULD).due
    content = page(client, cast.contributor, reverse("actions_dates"), pick=picks, due=in_days(80).isoformat())
    assert "2 actions will be due on" in content
    assert "This action is a condition of the certificate and is due on that day" in content
    assert action_on(assessment, SHOULD).due == before
    response = client.post(reverse("actions_dates"), {"pick": picks, "due": in_days(80).isoformat()})
    assert action_on(assessment, SHOULD).due == in_days(80)
    assert "Undo 2 changes" in client.get(response["Location"]).content.decode()
    client.post(response["Location"])
    assert action_on(assessment, SHOULD).due == before


def test_nobody_moves_what_they_do_not_see(client, cast, assessment):
    number = action_on(assessment, SHOULD).number
    picks = [f"{assessment.use.reference}/{number}", "no-such/1", "nonsense", f"{assessment.use.reference}/{10**12}"]
    for who in (cast.outsider, cast.reviewer, cast.assigned):
        client.force_login(who)
        client.post(reverse("actions_dates"), {"pick": picks, "due": in_days(80).isoformat()})
    client.force_login(cast.viewer)
    assert client.post(reverse("actions_dates"), {"pick": picks, "due": in_days(80).isoformat()}).status_code == 403
    assert not ActionEvent.objects.filter(kind="due", new=in_days(80).isoformat()).exists()
    client.force_login(cast.owner)
    assert "Enter the date" in client.post(reverse("actions_dates"), {"pick": picks, "due": "soon"}).content.decode()


# --- one action ------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_an_action_is_planned_noted_proved_and_reported_on_its_pages(client, cast, assessment):
    action = action_on(assessment, SHOULD)
    piece = make_evidence(cast.organisation, by=cast.owner, title="Minutes of the board")
    at = (assessment.use.reference, action.number)
    client.force_login(cast.owner)
    given = {"owner": str(cast.contributor.pk), "due": in_days(20).isoformat(), "effort": "S"}
    assert client.post(reverse("action_plan", args=at), given).status_code == 302
    wrong = client.post(reverse("action_plan", args=at), {**given, "due": in_days(-1).isoformat()})
    assert "This day is in the past" in wrong.content.decode()
    client.force_login(cast.contributor)
    client.post(reverse("action", args=at), {"comment": "Waits for the board of December."})
    client.post(reverse("action_evidence", args=at), {"attach": piece.reference})
    client.post(reverse("action", args=at), {"note": "Approved on 3 December."})
    content = page(client, cast.viewer, reverse("action", args=at))
    for words in ("Waits for the board of December.", "Minutes of the board", "Approved on 3 December."):
        assert words in content
    assert f"Action {action.number}: {action.title}" in page(client, cast.owner, piece.get_absolute_url())
    for_reviewer = page(client, cast.independent, reverse("action", args=at))
    assert "Waits for the board of December." not in for_reviewer
    assert "Minutes of the board" in for_reviewer
    download = client.get(reverse("action_file", args=[*at, piece.reference, 1]))
    assert download.status_code == 200
    client.post(reverse("action", args=at), {"missing": "The minutes are not signed."})
    assert action_on(assessment, SHOULD).status == "open"


@pytest.mark.long
def test_a_reviewer_reads_only_the_version_that_was_attached(client, cast, assessment):
    action = action_on(assessment, SHOULD)
    piece = make_evidence(cast.organisation, by=cast.owner)
    actions.attach(action, piece, by=cast.owner)
    library.add_version(piece, by=cast.owner, link="https://example.org/newer")
    client.force_login(cast.independent)
    at = (assessment.use.reference, action.number, piece.reference)
    assert client.get(reverse("action_file", args=[*at, 1])).status_code == 200
    assert client.get(reverse("action_file", args=[*at, 2])).status_code == 404


@pytest.mark.long
def test_what_the_reviewing_body_judged_is_accepted_by_it(client, cast, assessment):
    action = action_on(assessment, SHOULD)
    report_done(action, by=cast.contributor, note="Approved on 3 December.")
    url = reverse("action", args=[assessment.use.reference, action.number])
    assert "Accept and close the action" in page(client, cast.independent, url)
    interests.declare_none(assessment.current_submission, by=cast.reviewer)
    inside = page(client, cast.reviewer, url)
    assert "Accept and close the action" not in inside
    assert "A reviewer who is assigned to the case has to accept this action." in inside
    assert client.post(url, {"accept": "1"}).status_code == 403
    assert action_on(assessment, SHOULD).status == "done"


def test_a_risk_is_accepted_on_a_page_that_keeps_what_was_typed(client, cast, assessment):
    action = action_on(assessment, SHOULD)
    url = reverse("action_risk", args=[assessment.use.reference, action.number])
    assert "Choose an owner of the action first" in page(client, cast.owner, url)
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=action.due, effort="S")
    given = {"reason": "Two rooms only.", "until": in_days(400).isoformat(), "review": in_days(30).isoformat()}
    refused = client.post(url, given).content.decode()
    assert "Choose a day after today and not later than" in refused
    assert "Two rooms only." in refused
    client.post(url, {**given, "until": in_days(60).isoformat()})
    content = page(client, cast.viewer, action.get_absolute_url())
    assert "Two rooms only." in content
    assert "Olivia Owner accepted this risk" in content
    client.force_login(cast.contributor)
    client.post(action.get_absolute_url(), {"end_risk": "1"})
    assert action_on(assessment, SHOULD).status == "open"


@pytest.mark.long
def test_the_question_of_a_closed_action_says_so_in_the_next_assessment(client, cast, assessment):
    action = action_on(assessment, CONDITION)
    report_done(action, by=cast.contributor, note="All five.")
    close_as(action, by=cast.independent)
    following = start.start_assessment(assessment.use, by=cast.owner)
    section = following.compiled().questions[CONDITION].section
    content = page(client, cast.owner, reverse("section", args=[following.reference, section]))
    assert f"This practice was confirmed as in place when action {action.number} was closed." in content
    assert action.get_absolute_url() in content


# --- judging what was reported ---------------------------------------------------------------------------------------------


def reported(cast, assessment, pieces=2):
    action = action_on(assessment, CONDITION)
    shown = [make_evidence(cast.organisation, by=cast.owner, title=f"Register {n}") for n in range(pieces)]
    actions.report(action, by=cast.contributor, note="All five.", pieces=shown)
    return action_on(assessment, CONDITION), shown


@pytest.mark.long
def test_a_blocking_action_is_reported_with_evidence_on_its_page_and_words_are_kept(client, cast, assessment):
    action = action_on(assessment, CONDITION)
    piece = make_evidence(cast.organisation, by=cast.owner, title="Register of November")
    link = make_evidence(cast.organisation, by=cast.owner, title="The register online", link="https://example.org/r")
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=action.due, effort="S")
    url = action.get_absolute_url()
    assert "This action blocks the certificate." in page(client, cast.contributor, url)
    refused = markup_of(client.post(url, {"note": "All five of them."}))
    assert "All five of them." in refused
    assert 'href="#id_evidence"' in refused or "Attach evidence, or link an answer" in refused
    refused = markup_of(client.post(url, {"note": "All five.", "evidence": [f"piece-{link.reference}"]}))
    assert (
        "Attach a file, because this action blocks the certificate. A link, or evidence that is shown on request, is"
        " not" in refused
    )
    assert client.post(url, {"note": "All five.", "evidence": ["piece-nowhere"]}).status_code == 200
    client.post(url, {"note": "All five.", "evidence": [f"piece-{piece.reference}"]})
    assert action_on(assessment, CONDITION).status == "done"


@pytest.mark.long
def test_an_answer_with_evidence_is_linked_on_the_page(client, cast, assessment):
    action = action_on(assessment, CONDITION)
    dates.plan(action, by=cast.owner, owner=cast.owner, due=action.due, effort="S")
    answer = assessment.answers.exclude(evidence_uses=None).select_related("question").order_by("pk")[0]
    answer.evidence_uses.create(evidence=make_evidence(cast.organisation, by=cast.owner), version=1, by=cast.owner)
    client.force_login(cast.owner)
    client.post(action.get_absolute_url(), {"note": "All five.", "answer": str(answer.pk)})
    assert action_on(assessment, CONDITION).status == "done"
    title = assessment.compiled().questions[answer.question.key].title
    assert f"Attached to the answer: {title}" in page(client, cast.independent, action.get_absolute_url())


@pytest.mark.long
def test_a_reviewer_judges_each_piece_on_the_page_and_errors_stand_at_the_piece(client, cast, assessment):
    action, (first, second) = reported(cast, assessment)
    url = action.get_absolute_url()
    assert "Does “Register 0” show that the action is done?" in page(client, cast.independent, url)
    half = markup_of(client.post(url, {"accept": "1", f"verdict-{first.reference}": "supports"}))
    assert "Say whether this evidence shows that the action is done." in half
    silent = {f"verdict-{first.reference}": "supports", f"verdict-{second.reference}": "does_not"}
    refused = markup_of(client.post(url, {"accept": "1", **silent}))
    assert "Say what this evidence does not show." in refused
    assert f'href="#id_words-{second.reference}"' in refused
    whole = {"accept": "1", **silent, f"words-{second.reference}": "Of May."}
    unopened = markup_of(client.post(url, whole))
    assert "Open each evidence item before you accept the action: Register 0; Register 1." in unopened
    assert "Of May." in unopened
    for piece in (first, second):
        client.get(reverse("action_file", args=[action.use.reference, action.number, piece.reference, 1]))
    client.post(url, whole)
    assert action_on(assessment, CONDITION).status == "closed"


@pytest.mark.long
def test_an_action_is_sent_back_with_the_verdicts_that_were_given(client, cast, assessment):
    action, (first, _second) = reported(cast, assessment)
    client.force_login(cast.independent)
    sent_back = {"decline": "1", f"verdict-{first.reference}": "partly", f"words-{first.reference}": "Three of five."}
    empty = client.post(action.get_absolute_url(), {**sent_back, "missing": ""}).content.decode()
    assert "Say what is still missing." in empty
    assert "Three of five." in empty
    client.post(action.get_absolute_url(), {**sent_back, "missing": "Tai O is not in it."})
    assert action_on(assessment, CONDITION).status == "open"
    assert action.verdicts.get().words == "Three of five."


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("state", ["refused", "withdrawn"])
def test_the_page_of_a_closed_case_has_no_button_to_judge(client, cast, state):
    case = make_assessment("in_review", "limited", cast=cast, answers={CONDITION: {"choice": "partly"}})
    action, _pieces = reported(cast, case)
    if state == "refused":
        decisions.refuse(case.current_submission, by=cast.independent, statement="No.")
    else:
        taking_back.withdraw(case, by=cast.owner, reason="Another model.")
    content = page(client, cast.independent, action.get_absolute_url())
    assert "The case is closed. The action will be judged with the next submission of the use." in content
    assert 'name="accept"' not in content
    assert 'name="decline"' not in content


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("who", ["owner", "independent"])
def test_the_page_of_a_reported_action_stays_in_the_query_budget(client, cast, assessment, who):
    action, _pieces = reported(cast, assessment, pieces=6)
    client.force_login(getattr(cast, who))
    client.get(action.get_absolute_url())
    with CaptureQueriesContext(connection) as queries:
        assert client.get(action.get_absolute_url()).status_code == 200
    assert len(queries) <= 15, [query["sql"][:100] for query in queries]


# --- the standing of a certificate -----------------------------------------------------------------------------------------


def test_a_reviewer_suspends_on_the_page_and_everybody_reads_why(client, cast, assessment):
    certificate = certificate_of(assessment)
    url = reverse("certificate_status", args=[certificate.number])
    client.force_login(cast.independent)
    empty = markup_of(client.post(url, {"move": "suspended"}))
    assert "Choose the reason that the public page will show." in empty
    client.post(url, {"move": "suspended", "reason": "incident", "words": "Call of 3 November."})
    assert Certificate.objects.get(pk=certificate.pk).status() == "suspended"
    assert "An incident is being investigated." in page(
        client, cast.outsider, reverse("verify", args=[certificate.number])
    )
    mine = page(client, cast.owner, url)
    assert "Call of 3 November." in mine
    assert '<button class="btn btn-primary"' not in mine
    client.force_login(cast.owner)
    given = {"move": "reinstated", "reason": "mended", "words": "Fine."}
    assert client.post(url, given).status_code == 403
    assert "Reinstate" in page(client, cast.independent, url)


def test_pages_of_actions_hold_nothing_of_people_who_only_see_what_is_assigned(client, cast, assessment):
    asif = Membership.objects.get(user=cast.assigned)
    teamwork_url = reverse("remediation_plan", args=[assessment.use.reference])
    client.force_login(asif.user)
    assert client.get(teamwork_url).status_code == 404
    assert shown(client, cast.assigned) == []
    assert not EvidenceUse.objects.filter(by=asif.user, at__gt=timezone.now()).exists()
