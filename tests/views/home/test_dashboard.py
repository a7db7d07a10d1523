"""The dashboard, the lists of assessments and actions, one action."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from assessments.domain.answering import assignments
from assessments.domain.certificates import blockers as certificates_blockers
from assessments.domain.register import systems
from assessments.domain.remediation import actions as remediation_actions
from assessments.domain.review import approval, seat_taking
from assessments.domain.submission import self_certify, submit
from assessments.models import Assessment, Membership, Message, RemediationAction, User, assessments, snapshots
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind
from tests.support.acting import accept_form, report_done
from tests.support.daily import mostly_long
from tests.support.factories import (
    Cast,
    anew,
    fill,
    in_days,
    make_assessment,
    make_evidence,
    make_organisation,
    make_use,
    make_user,
    mark_all,
)
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
HOME, LIST, ACTIONS = "dashboard", "assessments", "actions"
PRACTICE = "use-register"


def read(client: Client, user: User, name: str, query: str = "") -> str:
    client.force_login(user)
    response = client.get(reverse(name) + query)
    assert response.status_code == 200
    return markup_of(response)


def with_actions(cast: Cast, tier: str = "limited") -> Assessment:
    """A submitted assessment with two gaps, and so with two actions."""
    assessment = make_assessment(tier=tier, cast=cast, filled=False)
    practices = [q.key for q in assessment.declared().questions(assessment.compiled()) if not q.is_checklist]
    fill(
        assessment,
        by=cast.owner,
        answers={key: {"choice": "not_in_place", "text": "Secret gap."} for key in practices[:2]},
    )
    if tier == "low":
        blockers = certificates_blockers.blockers_to_self_certify(
            assessment, snapshots.build_snapshot(assessment, final=True)
        )
        due = timezone.localdate() + timedelta(days=30)
        self_certify.self_certify(
            assessment, by=cast.owner, conditions={b.question: due for b in blockers if b.conditionable}
        )
    else:
        submit.submit(assessment, by=cast.owner, route=assessments.Route.INDEPENDENT)
    return assessment


def url_of(action: RemediationAction) -> str:
    return reverse("action", args=[action.use.reference, action.number])


# --- the dashboard --------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_first_step_is_the_next_one_missing(client: Client, settings: object) -> None:
    newcomer = make_user("Nina Newcomer")
    settings.OPEN_FOUNDING = True  # type: ignore[attr-defined]
    assert reverse("found") in read(client, newcomer, HOME)
    settings.OPEN_FOUNDING = False  # type: ignore[attr-defined]
    assert "You are not a member of an organisation yet" in read(client, newcomer, HOME)
    make_organisation(owner=newcomer)
    assert "Register your first AI system" in read(client, newcomer, HOME)
    organisation = newcomer.memberships.get().organisation
    systems.register_system(organisation, by=newcomer, name="Assistant", is_user=True)
    assert "Declare a use" in read(client, newcomer, HOME)


@pytest.mark.long
def test_home_heading_counts_the_tasks_of_the_person(client: Client, cast: Cast) -> None:
    assert "Welcome to hkguide" in read(client, cast.owner, HOME)
    make_assessment(cast=cast, filled=False)
    assert "<h1>One task</h1>" in read(client, cast.owner, HOME)
    make_assessment(cast=cast)
    make_assessment("returned", tier="limited", cast=cast)
    page = read(client, cast.owner, HOME)
    assert "<h1>Three tasks</h1>" in page
    assert (
        page.index("Changes needed:")
        < page.index("Check and sign<span")
        < page.index("Continue with the questions<span")
    )
    assert page.count("btn-primary") == 1


@pytest.mark.long
def test_an_owner_is_told_of_actions_that_nobody_has_taken_on(client: Client, cast: Cast) -> None:
    """An action that is due soon asks for its owner itself; the others are one task together, of owners alone."""
    actions = RemediationAction.objects.filter(use=with_actions(cast).use)
    actions.update(due=in_days(80), full_due=None)
    page = read(client, cast.owner, HOME)
    assert "2 open actions have no owner" in page
    assert f"{reverse(ACTIONS)}?owner=nobody" in page
    assert "have no owner" not in read(client, cast.contributor, HOME)
    actions.update(owner=cast.owner)
    assert "have no owner" not in read(client, cast.owner, HOME)


@pytest.mark.long
def test_a_low_use_that_a_reviewer_approved_shows_the_step_of_the_review(client: Client, cast: Cast) -> None:
    def steps(assessment: Assessment) -> list[str]:
        client.force_login(cast.owner)
        rows = client.get(reverse(HOME)).context["begun"]
        return next([word for word, _state in row.steps] for row in rows if row.assessment == assessment)

    assert steps(make_assessment("certified", "low", cast=cast)) == ["Answer", "Sign", "Certificate"]
    reviewed = make_assessment("in_review", "low", cast=cast)
    mark_all(reviewed.current_submission, by=cast.independent)
    approval.approve(reviewed.current_submission, by=cast.independent, statement="Read.")
    assert anew(reviewed).state == "certified"
    assert steps(reviewed) == ["Answer", "Sign", "Review", "Certificate"]


def test_holds_of_one_use_are_one_task_and_those_of_another_use_their_own(client: Client, cast: Cast) -> None:
    unknown = {"illegal_purpose": "unknown", "subliminal_manipulation": "unknown"}
    two = make_use("low", cast.organisation, facts=unknown, title="Letters")
    one = make_use("low", cast.organisation, facts={"illegal_purpose": "unknown"}, title="Minutes")
    client.force_login(cast.owner)
    page = markup_of(client.get(reverse("dashboard")))
    first = two.holds.order_by("due", "pk")[0]
    assert page.count(">2 holds: Letters<") == 1
    said = "You are responsible for 2 holds (open question). These holds block the approval and the certificate."
    assert said in page
    assert f'href="{two.get_absolute_url()}#hold-{first.pk}"' in page
    assert "On hold, open question: Minutes" in page
    assert f'href="{reverse("hold", args=[one.reference, one.holds.get().pk])}"' in page
    assert "On hold, open question: Letters" not in page
    tier = client.get(two.get_absolute_url()).content.decode()
    assert f'id="hold-{first.pk}"' in tier


def test_only_an_owner_is_asked_to_sign(client: Client, cast: Cast) -> None:
    make_assessment(cast=cast)
    assert "Check and sign<span" not in read(client, cast.contributor, HOME)
    assert "Check and sign<span" not in read(client, cast.viewer, HOME)


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("who", ["outsider", "reviewer", "independent", "staff", "assigned"])
def test_nothing_of_another_organisation_is_on_any_list(client: Client, cast: Cast, who: str) -> None:
    assessment = with_actions(cast)
    title = RemediationAction.objects.filter(use=assessment.use)[0].title
    for name in (HOME, LIST, ACTIONS):
        page = read(client, getattr(cast, who), name, "?status=all" if name == ACTIONS else "")
        assert reverse("assessment", args=[assessment.reference]) not in page
        assert title not in page
        assert "Booking and urgency sorting" not in page  # a reviewer's home counts what waits, the queue names it


def test_an_assigned_section_needs_its_person_until_it_is_complete(client: Client, cast: Cast) -> None:
    assessment = make_assessment(cast=cast, filled=False)
    member = Membership.objects.get(user=cast.assigned)
    due = timezone.localdate() - timedelta(days=2)
    assignments.assign_section(assessment, "governance", member, by=cast.owner, due=due)
    page = read(client, cast.assigned, HOME)
    assert "Answer “Governance and responsibility”" in page
    assert "2 days late" in page
    fill(assessment, by=cast.assigned)
    assert "Answer “Governance and responsibility”" not in read(client, cast.assigned, HOME)


@pytest.mark.long
def test_news_is_read_by_opening_it(client: Client, cast: Cast) -> None:
    submission = make_assessment("submitted", tier="limited", cast=cast).current_submission
    about, link = f"submission:{submission.reference}", reverse("review", args=[submission.reference])
    context = {"name": cast.second_independent, "use": submission.assessment.use.title, "seconds": 2}
    notify(MessageKind.SHORT_LOOK, [cast.independent.pk], about=about, link=link, context=context)
    page = read(client, cast.independent, HOME)
    message = Message.objects.get(recipient=cast.independent, kind="short_look")
    assert message.subject in page
    other = client.post(reverse(HOME), {"message": "999999"})
    assert other.status_code == 404
    response = client.post(reverse(HOME), {"message": message.pk})
    assert response["Location"] == message.link
    assert message.subject not in read(client, cast.independent, HOME)


def test_nobody_opens_another_persons_news(client: Client, cast: Cast) -> None:
    make_assessment("submitted", tier="limited", cast=cast)
    message = Message.objects.get(recipient=cast.independent)
    client.force_login(cast.owner)
    assert client.post(reverse(HOME), {"message": message.pk}).status_code == 404
    message.refresh_from_db()
    assert message.read_at is None


def test_an_action_due_soon_is_on_the_dashboard_and_late_ones_come_first(client: Client, cast: Cast) -> None:
    with_actions(cast)
    late = RemediationAction.objects.order_by("-number")[0]
    RemediationAction.objects.filter(pk=late.pk).update(due=timezone.localdate() - timedelta(days=3))
    page = read(client, cast.contributor, HOME)
    assert "3 days late" in page
    assert page.index(url_of(late)) < page.index("hk-row-strong")


def many(cast: Cast, how_many: int) -> None:
    for number in range(how_many):
        make_assessment(cast=cast, filled=number % 2 == 0)
        make_use("limited", cast.organisation)
    if how_many > 1:
        with_actions(cast)
        make_assessment("returned", tier="limited", cast=cast)
        make_assessment("certified", cast=cast)


@pytest.mark.long  # test_queries asks the same of these pages and others with two hundred rows
@pytest.mark.parametrize(("name", "at_most"), [(HOME, 15), (LIST, 10), (ACTIONS, 10)])
def test_lists_cost_the_same_for_one_use_or_many(client: Client, cast: Cast, name: str, at_most: int) -> None:
    counts = []
    many(cast, 1)
    with_actions(cast)
    make_assessment("certified", cast=cast)
    member = Membership.objects.get(user=cast.owner)
    for assessment in Assessment.objects.filter(state="draft"):
        assignments.assign_section(assessment, "governance", member, by=cast.owner)
    client.force_login(cast.owner)
    for _size in ("small", "large"):
        client.get(reverse(name))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(name)).status_code == 200
        counts.append(len(queries))
        many(cast, 4)
    assert counts[0] == counts[1]
    assert counts[0] <= at_most


# --- actions ----------------------------------------------------------------------------------------------------------------------


def test_an_empty_list_of_actions_says_how_they_get_there(client: Client, cast: Cast) -> None:
    assert "No actions yet" in read(client, cast.owner, ACTIONS)


def test_late_actions_stand_first_and_closed_ones_only_when_asked_for(client: Client, cast: Cast) -> None:
    with_actions(cast)
    one, two = RemediationAction.objects.order_by("number")
    RemediationAction.objects.filter(pk=two.pk).update(due=timezone.localdate() - timedelta(days=1))
    page = read(client, cast.viewer, ACTIONS, "?sort=due")
    assert "2 actions are open, 1 late" in page
    assert page.index(url_of(two)) < page.index(url_of(one))
    RemediationAction.objects.filter(pk=one.pk).update(status="closed", closed_at=timezone.now())
    assert url_of(one) not in read(client, cast.viewer, ACTIONS)
    assert url_of(one) in read(client, cast.viewer, ACTIONS, "?status=closed")


def test_an_action_says_what_the_gap_is_and_what_closes_it(client: Client, cast: Cast) -> None:
    assessment = with_actions(cast)
    action = RemediationAction.objects.order_by("number")[0]
    question = assessment.compiled().questions[action.question]
    client.force_login(cast.viewer)
    page = client.get(url_of(action)).content.decode()
    assert "Secret gap." in page
    assert question.remedy is not None
    for words in (question.text, question.why, action.stopgap, question.remedy.closes_it):
        assert escape(words) in page
    assert "Report as done" not in page


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize(
    ("who", "status"),
    mostly_long([
        ("owner", 302), ("contributor", 302), ("viewer", 403), ("reviewer", 404), ("independent", 404),  # who has not declared their interests
        ("assigned", 404), ("outsider", 404), ("staff", 404),
    ], 2),
)  # fmt: skip
def test_owners_and_contributors_report_an_action(client: Client, cast: Cast, who: str, status: int) -> None:
    with_actions(cast)
    action = RemediationAction.objects.order_by("number")[0]
    remediation_actions.attach(action, make_evidence(cast.organisation, by=cast.owner), by=cast.owner)
    client.force_login(getattr(cast, who))
    assert client.post(url_of(action), {"note": "Register opened on 3 March."}).status_code == status
    action.refresh_from_db()
    assert action.status == ("done" if status == 302 else "open")


def test_a_report_needs_words(client: Client, cast: Cast) -> None:
    with_actions(cast)
    action = RemediationAction.objects.order_by("number")[0]
    client.force_login(cast.owner)
    assert (
        "Say what was done and which evidence shows it." in client.post(url_of(action), {"note": "  "}).content.decode()
    )


@pytest.mark.long
def test_a_reviewer_accepts_what_the_organisation_reported(client: Client, cast: Cast) -> None:
    assessment = with_actions(cast)
    action = RemediationAction.objects.order_by("number")[0]
    report_done(action, by=cast.contributor, note="Register opened.")
    client.force_login(cast.owner)
    assert "Accept and close" not in client.get(url_of(action)).content.decode()
    assert client.post(url_of(action), {"accept": "1"}).status_code == 403
    client.force_login(cast.independent)
    submission = assessment.current_submission or assessment.submissions.get()
    client.post(reverse("take", args=[submission.reference]), {"conflict": "none"})
    page = client.get(url_of(action)).content.decode()
    assert "Register opened." in page
    assert reverse("assessment", args=[assessment.reference]) not in page
    client.post(url_of(action), accept_form(action, cast.independent))
    action.refresh_from_db()
    assert (action.status, action.verified_by) == ("closed", cast.independent)


@pytest.mark.long
def test_what_was_self_declared_an_owner_accepts(client: Client, cast: Cast) -> None:
    assessment = make_assessment(tier="low", cast=cast, answers={PRACTICE: {"choice": "partly"}})
    self_certify.self_certify(assessment, by=cast.owner, conditions={PRACTICE: in_days(30)})
    action = RemediationAction.objects.get(use=assessment.use)
    report_done(action, by=cast.contributor, note="Register opened.")
    client.force_login(cast.contributor)
    assert "Accept and close" not in client.get(url_of(action)).content.decode()
    client.force_login(cast.owner)
    client.post(url_of(action), accept_form(action, cast.owner))
    action.refresh_from_db()
    assert action.status == "closed"


@pytest.mark.long
def test_the_approved_case_gets_its_certificate_with_the_last_action(client: Client, cast: Cast) -> None:
    assessment = make_assessment("submitted", tier="limited", cast=cast, answers={PRACTICE: {"choice": "partly"}})
    submission = assessment.current_submission
    assert submission is not None
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="In order.")
    assessment.refresh_from_db()
    assert assessment.state == "approved"
    action = RemediationAction.objects.get(use=assessment.use)
    report_done(action, by=cast.contributor, note="Register opened.")
    client.force_login(cast.independent)
    client.post(url_of(action), accept_form(action, cast.independent))
    assessment.refresh_from_db()
    assert assessment.state == "certified"


def test_home_names_the_next_actions_of_all_that_are_open(client: Client, cast: Cast) -> None:
    actions = RemediationAction.objects.filter(use=with_actions(cast).use)
    actions.update(due=in_days(7), full_due=None, status="open", closed_at=None)
    last = actions.order_by("-pk")[0]
    for number in range(90, 96):
        RemediationAction.objects.create(
            use=last.use,
            organisation=last.organisation,
            number=number,
            due=in_days(9),
            effort="S",
            title=f"No. {number}",
        )
    page = read(client, cast.owner, HOME)
    assert f"The first 5 of {actions.count()} open actions. {actions.count()} are due within 30 days." in page
    assert "<h1>Your next tasks</h1>" in page
    assert " tasks</h1>" not in page.replace("Your next tasks", "")
    actions.exclude(pk=last.pk).update(status="closed", closed_at=timezone.now())
    page = read(client, cast.owner, HOME)
    assert "open actions" not in page
    assert " tasks</h1>" in page or "One task</h1>" in page


@pytest.mark.long
def test_the_home_of_a_reviewer_speaks_of_cases(client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = make_assessment("in_review", "limited", cast=cast)
    make_assessment("submitted", "limited", cast=cast)
    make_assessment("certified", "limited", cast=cast)
    seat = mine.current_submission.seats.get()  # type: ignore[union-attr]
    client.force_login(seat.reviewer)
    cases = client.get(reverse(HOME)).context["cases"]
    assert cases == {"waiting": 1, "mine": 1, "late": 0, "done": 1, "returned": 0, "actions": 0, "appeals": 0}
    page = client.get(reverse(HOME)).content.decode()
    assert "Open the queue" in page
    assert "They appear here when an assessment" not in page
    assert "Open actions" not in page
    monkeypatch.setattr("assessments.views.review.queue.late_before", lambda _day, _days: timezone.now())
    assert client.get(reverse(HOME)).context["cases"]["late"] == 2
    assert "Open actions" in read(client, cast.owner, HOME)
