"""A return says what else stands in the way of an approval: one tick each, in mail and page as tasks."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.core.errors import InvalidAnswer
from assessments.domain.answering import assignments, conformity_file
from assessments.domain.answering.conformity_file import GivenPart
from assessments.domain.certificates import blockers
from assessments.domain.remediation import actions
from assessments.domain.review import approval, decisions, returns, seat_taking, supplements
from assessments.domain.review.obstacles import words_of
from assessments.domain.submission import submit
from assessments.models import Hold, ReturnTask, Submission
from assessments.models.base import FrozenRow
from tests.support.factories import Cast, make_assessment, make_evidence, mark_all, prove
from tests.support.page_text import markup_of

pytestmark = pytest.mark.sqlite_alone

NOTICE = "gate:tier-limited-transparency"
ANSWERS = {"accountable-owner": {"choice": "partly"}}


def in_review(cast: Cast, tier: str = "high", **fields: Any) -> Submission:
    """A case of which one answer is returned, and nothing of what the gates ask for is there."""
    draft = make_assessment("draft", tier, cast=cast, answers=ANSWERS, **fields)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent, change={"q:use-register": "Show the newest entry."})
    return submission


def keys(submission: Submission) -> list[str]:
    return [one.key for one in decisions.in_the_way_of(submission)]


def test_everything_that_stands_in_the_way_is_listed_but_what_goes_back_anyhow(cast: Cast) -> None:
    submission = in_review(cast, facts={"exploits_vulnerable_groups": True})
    hold = Hold.objects.get(closed_at=None)
    found = keys(submission)
    assert found[0] == f"hold:{hold.pk}"
    assert {NOTICE, "gate:tier-limited-opt-out", "part:tests", "part:overseers", "answer:accountable-owner"} <= set(
        found
    )
    said = words_of(approval.obstacles_to_approve(submission, cast.independent))
    lacking = approval.missing_at_the_gates(submission, submission.content())
    assert all(approval.said(submission, submission.content(), lack) in said for lack in lacking)
    assert len([key for key in found if key.startswith(("gate:", "part:"))]) == len(lacking)
    blocking = {b.question for b in blockers.blockers(submission) if b.question}
    named = {key.partition(":")[2] for key in found if key.startswith(("answer:", "gate:"))}
    assert blocking - {"use-register"} <= named


def test_a_part_and_an_answer_that_are_returned_stand_on_the_list_no_more(cast: Cast) -> None:
    submission = in_review(cast)
    submission.part_marks.filter(part="tests").update(verdict="does_not", words="Nothing.", returned=True)
    submission.marks.filter(target="q:accountable-owner").update(mark="change_needed", would_satisfy="Name one.")
    found = keys(submission)
    assert "part:tests" not in found
    assert "part:data" in found
    assert "answer:accountable-owner" not in found


@pytest.mark.long
def test_what_is_ticked_stands_in_the_mail_and_is_kept(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    submission = in_review(cast)
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        decision = decisions.send_back(
            submission, by=cast.independent, words="Please mend.", tasks=["answer:accountable-owner", "part:tests"]
        )
    tasks = list(decision.tasks.order_by("pk"))
    assert [task.key for task in tasks] == ["part:tests", "answer:accountable-owner"]
    (sent,) = mail.outbox
    text = str(sent.body)
    assert "The following is also needed before an approval:" in text
    assert f"- Tests: {tasks[0].words}" in text
    assert "Bias" not in text
    with pytest.raises(FrozenRow):
        ReturnTask.objects.update(words="Other.")
    assert decision.submission.assessment.use.organisation == cast.organisation


def test_without_ticks_a_return_is_as_before(cast: Cast) -> None:
    decision = decisions.send_back(in_review(cast, "limited"), by=cast.independent)
    assert not decision.tasks.exists()


@pytest.mark.long
def test_what_is_not_on_the_list_is_not_asked_for(cast: Cast) -> None:
    submission = in_review(cast)
    for key in ("part:horoscope", "hold:1", "answer:use-register", "gate:availability"):
        with pytest.raises(InvalidAnswer) as error:
            decisions.send_back(submission, by=cast.independent, tasks=[key])
        assert error.value.field == "tasks"
    assert not ReturnTask.objects.exists()


def test_a_part_that_is_asked_for_by_name_is_open(cast: Cast) -> None:
    draft = make_assessment("draft", "high", cast=cast)
    prove(draft, by=cast.owner)
    conformity_file.save_part(draft, "overseers", GivenPart(rows=[{"name": "Dr Chan"}]), by=cast.owner, base=1)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent, change={"q:use-register": "Show it."})
    decisions.send_back(submission, by=cast.independent, tasks=["part:overseers"])
    draft.refresh_from_db()
    assert conformity_file.open_parts(draft) == {"overseers", "monitoring"}


def test_an_answer_stands_on_the_list_once_also_where_a_gate_asks_for_its_evidence(cast: Cast) -> None:
    draft = make_assessment("draft", "high", cast=cast, answers={"tier-limited-transparency": {"choice": "partly"}})
    submission = submit.submit(draft, by=cast.owner, route="independent")
    found = [one for one in decisions.in_the_way_of(submission) if one.key.endswith(":tier-limited-transparency")]
    assert [one.key for one in found] == [NOTICE]
    assert found[0].words.startswith("Attach a copy of the notice to the answer")
    assert "Put this practice in place. Evidence needed:" in found[0].words


def test_each_obstacle_says_what_is_asked_of_the_organisation(cast: Cast) -> None:
    answers: dict[str, Any] = ANSWERS | {"access-control": {"choice": "none"}, "use-register": {"choice": "partly"}}
    draft = make_assessment("draft", "high", cast=cast, answers=answers)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    edition = draft.compiled()
    found = {one.key: one.words for one in decisions.in_the_way_of(submission)}
    remedy = edition.questions["accountable-owner"].remedy
    assert remedy is not None
    assert found["answer:accountable-owner"] == f"Put this practice in place. Evidence needed: {remedy.closes_it}"
    lines = [item.text for item in edition.questions["access-control"].items]
    of_checklist = returns.what_closes(edition, submission.content())["access-control"]
    head, *points = of_checklist.split("\n")
    assert head == "Do what these points require:"
    assert len(points) > 1
    assert {point.removeprefix("• ") for point in points} <= {line.rstrip(".") for line in lines}
    assert found["part:overseers"].startswith("Complete this part of the conformity file.")
    assert not any("blocks the certificate" in words for words in found.values())


# --- pages ----------------------------------------------------------------------------------------------------------------


def test_the_page_of_the_return_offers_one_tick_each_and_shows_the_mail(client: Client, cast: Cast) -> None:
    submission = in_review(cast)
    client.force_login(cast.independent)
    url = reverse("send_back", args=[submission.reference])
    page = client.get(url)
    choices = page.context["form"].fields["tasks"].choices
    assert [key for _kind, of_kind in choices for key, _label in of_kind] == keys(submission)
    sent = {"words": "Please mend.", "answer_by": "", "tasks": ["part:tests", NOTICE]}
    preview = client.post(url, sent | {"preview": "1"})
    _subject, text = preview.context["mail"]
    assert "- Tests: " in text
    assert "- The notice to the people affected: " in text
    assert not ReturnTask.objects.exists()
    wrong = client.post(url, sent | {"tasks": ["part:horoscope"]})
    assert "Please tick the tasks again." in wrong.content.decode()
    assert client.post(url, sent).status_code == 302
    assert ReturnTask.objects.count() == 2


@pytest.mark.long
def test_the_owner_finds_the_tasks_on_the_page_of_the_return_and_sees_what_is_done(client: Client, cast: Cast) -> None:
    submission = in_review(cast, facts={"exploits_vulnerable_groups": True})
    hold = Hold.objects.get(closed_at=None)
    wanted = [f"hold:{hold.pk}", NOTICE, "part:tests", "answer:accountable-owner"]
    decisions.send_back(submission, by=cast.independent, tasks=wanted)
    assessment, use = submission.assessment, submission.assessment.use
    client.force_login(cast.owner)
    url = reverse("returned", args=[assessment.reference])
    tasks = client.get(url).context["tasks"]
    action = use.actions.get(question="accountable-owner")
    assert [(task.url, task.is_done) for task in tasks] == [
        (reverse("hold", args=[use.reference, hold.pk]), False),
        (f"{reverse('supplements', args=[assessment.reference])}?for=q:tier-limited-transparency", False),
        (reverse("conformity_part", args=[assessment.reference, "tests"]), False),
        (action.get_absolute_url(), False),
    ]
    piece = make_evidence(cast.organisation, by=cast.owner)
    supplements.attach(assessment, "q:tier-limited-transparency", piece, by=cast.owner, words="The notice.")
    conformity_file.save_part(assessment, "tests", GivenPart(evidence=[piece.reference]), by=cast.owner, base=0)
    assert [task.is_done for task in client.get(url).context["tasks"]] == [False, True, True, False]
    for task in client.get(url).context["tasks"]:
        assert client.get(task.url.partition("?")[0]).status_code == 200


@pytest.mark.long
def test_a_task_on_a_locked_answer_says_how_the_answer_is_brought_up_to_date(client: Client, cast: Cast) -> None:
    submission = in_review(cast)
    decisions.send_back(submission, by=cast.independent, tasks=["answer:accountable-owner", "part:tests"])
    client.force_login(cast.owner)
    url = reverse("returned", args=[submission.assessment.reference])
    page = client.get(url)
    said = (
        "The signed answer stays locked. Report the action for this answer as done, "
        "and attach the requested evidence to the action."
    )
    assert page.content.decode().count(said) == 1
    action = submission.assessment.use.actions.get(question="accountable-owner")
    actions.report(action, by=cast.owner, note="Signed.", pieces=[make_evidence(cast.organisation, by=cast.owner)])
    assert [task.is_done for task in client.get(url).context["tasks"]] == [False, True]


@pytest.mark.long
def test_the_ticks_stand_under_what_they_have_in_common(client: Client, cast: Cast) -> None:
    submission = in_review(cast)
    client.force_login(cast.independent)
    page = client.get(reverse("send_back", args=[submission.reference]))
    text = markup_of(page).partition('id="mail"')[0]
    for kind, of_kind in page.context["form"].fields["tasks"].choices:
        assert text.count(f'<div class="hk-group">{kind}</div>') == 1
        labels = [label for _key, label in of_kind]
        assert len(set(labels)) == len(labels)
    assert "blocks the certificate until" not in text
    assert "Complete this part" not in text  # said by the heading


def test_the_box_of_the_mail_holds_the_mail_alone_and_follows_the_form(client: Client, cast: Cast) -> None:
    submission = in_review(cast)
    client.force_login(cast.independent)
    url = reverse("send_back", args=[submission.reference])
    sent = {"words": "Please mend.", "answer_by": "", "tasks": ["part:tests"], "preview": "1"}
    page = client.post(url, sent, headers={"HX-Request": "true"})
    subject, text = page.context["mail"]
    box = page.content.decode().partition('id="mail">')[2].partition("</div>")[0]
    said = [html.unescape(re.sub(r"<[^>]+>", "", words)) for words in re.findall(r"<p[^>]*>(.*?)</p>", box, re.DOTALL)]
    assert said == [subject, text]
    assert html.unescape(re.sub(r"<[^>]+>", "", box)).split() == f"{subject} {text}".split()
    assert 'hx-select="#mail"' in markup_of(client.get(url))


def test_what_a_colleague_marked_is_not_said_to_have_no_mark(client: Client, cast: Cast) -> None:
    submission = in_review(cast)
    seat_taking.take(submission, by=cast.second_independent)
    client.force_login(cast.second_independent)
    page = client.get(reverse("send_back", args=[submission.reference]))
    assert page.context["left"] == 0
    submission.marks.filter(target="q:access-control").delete()
    page = client.get(reverse("send_back", args=[submission.reference]))
    assert "1 answer or fact has no mark from any reviewer yet." in page.content.decode()


@pytest.mark.long
def test_a_part_that_went_back_stands_on_the_owners_page_with_its_words(client: Client, cast: Cast) -> None:
    draft = make_assessment("draft", "high", cast=cast)
    prove(draft, by=cast.owner)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    submission.part_marks.filter(part="bias").update(verdict="does_not", words="One group only.", returned=True)
    client.force_login(cast.independent)
    page = client.get(reverse("send_back", args=[submission.reference])).content.decode()
    assert "1 part of the conformity file goes back to the owner" in page
    decisions.send_back(submission, by=cast.independent)
    client.force_login(cast.owner)
    url = reverse("returned", args=[draft.reference])
    page = client.get(url)
    assert (page.context["dealt"], page.context["total"]) == (0, 1)
    assert "One group only." in page.content.decode()
    report = make_evidence(cast.organisation, by=cast.owner)
    conformity_file.save_part(draft, "bias", GivenPart(evidence=[report.reference]), by=cast.owner, base=1)
    assert client.get(url).context["dealt"] == 1


@pytest.mark.long
def test_who_sees_only_what_is_assigned_sees_no_task_and_no_part(client: Client, cast: Cast) -> None:
    submission = in_review(cast)
    decisions.send_back(submission, by=cast.independent, tasks=["part:tests"])
    member = cast.organisation.memberships.get(user=cast.assigned)
    assignments.assign_section(submission.assessment, "governance", member, by=cast.owner)
    client.force_login(cast.assigned)
    page = client.get(reverse("returned", args=[submission.assessment.reference]))
    assert (page.context["tasks"], page.context["parts"]) == ([], [])


@pytest.mark.long
def test_the_owners_page_of_a_return_keeps_to_its_queries(client: Client, cast: Cast) -> None:
    submission = in_review(cast, facts={"exploits_vulnerable_groups": True})
    submission.part_marks.filter(part="bias").update(verdict="does_not", words="One group only.", returned=True)
    submission.marks.filter(target="f:public_facing").update(mark="change_needed", would_satisfy="Say who.")
    decisions.send_back(submission, by=cast.independent, tasks=keys(submission))
    client.force_login(cast.owner)
    url = reverse("returned", args=[submission.assessment.reference])
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        page = client.get(url)
    assert page.context["parts"]
    assert page.context["facts"]
    assert len(page.context["tasks"]) > 8
    assert len(queries) <= 15, "\n".join(query["sql"][:200] for query in queries.captured_queries)
