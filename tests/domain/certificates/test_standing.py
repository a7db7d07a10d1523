"""The standing of a certificate, conditions that pass their day, reminders, the daily mail, and the sweeper's steps."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments import scheduled
from assessments.core import after_commit
from assessments.core.errors import InvalidAnswer, NotPermitted, NotReady, SeparationOfDuties, WorkflowError
from assessments.domain.answering import asking
from assessments.domain.certificates import blockers, monitoring, standing
from assessments.domain.certificates import missed as certificates_missed
from assessments.domain.certificates.obstacles import Code
from assessments.domain.remediation import actions, dates, risks
from assessments.models import (
    Assessment,
    AuditEntry,
    Certificate,
    CertificateEvent,
    Condition,
    ConformityPart,
    DeclaredUse,
    Document,
    MailWhen,
    Membership,
    Message,
    Role,
    State,
    StepRun,
    User,
)
from assessments.notifications import inbox, reminders
from assessments.notifications import mail as notification_mail
from tests.support.acting import CONDITION, SHOULD, action_on, certificate_of, close_as, make_conditioned, report_done
from tests.support.factories import PASSWORD, Cast, anew, in_days, make_assessment, make_evidence
from tests.support.page_text import markup_of
from tests.support.world import make_ready

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
HONG_KONG = ZoneInfo("Asia/Hong_Kong")


def once_for_all(cast: Cast) -> Assessment:
    return make_conditioned(cast)


@pytest.fixture
def assessment(made: tuple[Cast, Assessment], db: None) -> Assessment:
    return anew(made[1])


@pytest.fixture
def certificate(assessment: Assessment) -> Certificate:
    return certificate_of(assessment)


def public(number: str) -> str:
    return markup_of(Client().get(reverse("verify", args=[number])))


# --- conditions that pass their day --------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_condition_that_passes_its_day_suspends_the_certificate_by_itself(cast, certificate):
    assert certificates_missed.miss_conditions(in_days(60)) == 0  # its last day counts in full
    assert certificate.status() == "valid"
    assert certificates_missed.miss_conditions(in_days(61)) == 1
    assert certificates_missed.miss_conditions(in_days(61)) == 0
    certificate = Certificate.objects.get(pk=certificate.pk)
    assert certificate.status() == "suspended"
    event = certificate.events.latest("pk")
    assert (event.by, event.public_reason) == (None, "suspended.condition")
    assert event.public_words == "A condition was not met in time."
    assert "A condition was not met in time." in public(certificate.number)
    kinds = ["condition_missed", "certificate_suspended"]
    assert list(AuditEntry.objects.filter(kind__in=kinds).order_by("seq").values_list("kind", "actor")) == [
        ("condition_missed", None),
        ("certificate_suspended", None),
    ]
    for person in (cast.owner, cast.independent):
        assert sorted(Message.objects.filter(recipient=person, kind__in=kinds).values_list("kind", flat=True)) == [
            "certificate_suspended",
            "condition_missed",
        ]


@pytest.mark.long
def test_a_condition_met_late_reinstates_nothing_until_a_reviewer_does(cast, assessment, certificate):
    Condition.objects.update(due_on=in_days(-1))
    certificates_missed.miss_conditions()
    with pytest.raises(NotReady) as refused:
        standing.reinstate(certificate, by=cast.independent, reason="mended", words="Seen.")
    assert len(refused.value.reasons) == 1
    action = action_on(assessment, CONDITION)
    report_done(action, by=cast.contributor, note="All five.")
    close_as(action, by=cast.independent)
    assert certificate.status() == "suspended"
    assert "met late" in Message.objects.get(recipient=cast.owner, kind="action_closed").text
    for somebody in (cast.owner, cast.contributor, cast.reviewer, cast.outsider, cast.staff):
        with pytest.raises(NotPermitted):
            standing.reinstate(certificate, by=somebody, reason="mended", words="Seen.")
    standing.reinstate(certificate, by=cast.independent, reason="mended", words="Register seen on site.")
    certificate = Certificate.objects.get(pk=certificate.pk)
    assert certificate.status() == "valid"
    assert certificates_missed.miss_conditions() == 0
    page = public(certificate.number)
    assert "The cause of the suspension was corrected." in page
    assert "Register seen on site." not in page


@pytest.mark.long
def test_a_condition_missed_before_its_certificate_is_issued_keeps_it_back(cast):
    """Approved with a condition while something else still blocks: a promise that was broken is none any more."""
    assessment = make_conditioned(cast)
    submission = assessment.current_submission
    assert submission is not None
    assert [blocker.question for blocker in blockers.blockers(submission)] == []
    Condition.objects.update(due_on=in_days(-1))
    assert [blocker.question for blocker in blockers.blockers(submission)] == [CONDITION]


def test_a_condition_of_a_certificate_that_was_replaced_is_left_alone(cast, certificate):
    standing.revoke(certificate, by=cast.independent, reason="asked", words="They asked.")
    Condition.objects.update(due_on=in_days(-1))
    assert certificates_missed.miss_conditions() == 0
    assert [event.kind for event in CertificateEvent.objects.order_by("pk")] == ["issued", "revoked"]


# --- suspended, reinstated, revoked by somebody --------------------------------------------------------------------------


def test_a_reviewer_suspends_reinstates_and_revokes_with_two_reasons(cast, certificate):
    with pytest.raises(InvalidAnswer) as refused:
        standing.suspend(certificate, by=cast.independent, reason="no-such", words="Why.")
    assert refused.value.field == "reason"
    with pytest.raises(InvalidAnswer) as refused:
        standing.suspend(certificate, by=cast.independent, reason="incident", words=" ")
    assert refused.value.field == "words"
    with pytest.raises(WorkflowError):
        standing.reinstate(certificate, by=cast.independent, reason="error", words="Why.")
    standing.suspend(certificate, by=cast.second_independent, reason="incident", words="Call of 3 November.")
    standing.reinstate(certificate, by=cast.independent, reason="unfounded", words="It was another system.")
    standing.revoke(certificate, by=cast.independent, reason="no_longer", words="They stopped the checks.")
    rows = list(CertificateEvent.objects.order_by("pk"))[1:]
    assert [row.public_reason for row in rows] == [
        "suspended.incident",
        "reinstated.unfounded",
        "revoked.no_longer",
    ]
    assert [(row.kind, row.public_words, row.private_reason) for row in rows] == [
        ("suspended", "An incident is being investigated.", "Call of 3 November."),
        (
            "reinstated",
            "An investigation found no ground for the suspension.",
            "It was another system.",
        ),
        ("revoked", "The use has changed since it was assessed.", "They stopped the checks."),
    ]
    with pytest.raises(WorkflowError):
        standing.suspend(certificate, by=cast.independent, reason="incident", words="Again.")


def test_an_in_house_reviewer_suspends_but_lifts_nothing_that_was_reviewed_independently(cast, certificate):
    standing.suspend(certificate, by=cast.reviewer, reason="complaint", words="A patient wrote.")
    for move in (standing.reinstate, standing.revoke):
        with pytest.raises(NotPermitted):
            move(certificate, by=cast.reviewer, reason="asked", words="Done.")


def test_nobody_of_the_delivery_team_decides_on_its_certificate(cast, assessment, certificate):
    report_done(action_on(assessment, SHOULD), by=cast.contributor, note="Done.")
    Membership.objects.filter(user=cast.contributor).update(role=Role.REVIEWER)
    with pytest.raises(SeparationOfDuties):
        standing.suspend(certificate, by=cast.contributor, reason="incident", words="Why.")


def test_an_owner_takes_back_a_word_that_nobody_but_they_gave(cast):
    certificate = certificate_of(make_assessment(State.CERTIFIED, "low", cast=cast))
    with pytest.raises(NotPermitted):
        standing.suspend(certificate, by=cast.contributor, reason="asked", words="Being rebuilt.")
    standing.suspend(certificate, by=cast.owner, reason="asked", words="Being rebuilt.")
    standing.reinstate(certificate, by=cast.owner, reason="mended", words="Rebuilt.")
    standing.revoke(certificate, by=cast.owner, reason="asked", words="Not run any more.")
    assert Certificate.objects.get(pk=certificate.pk).status() == "revoked"


def test_a_certificate_stays_suspended_while_its_use_is_held_or_graver(cast, certificate):
    standing.suspend(certificate, by=cast.independent, reason="facts", words="New facts.")
    DeclaredUse.objects.filter(pk=certificate.use_id).update(assigned_tier="high", open_holds=1, provisional=True)
    with pytest.raises(NotReady) as refused:
        standing.reinstate(certificate, by=cast.independent, reason="mended", words="Fine.")
    assert len(refused.value.reasons) == 3


def test_what_keeps_a_certificate_suspended_is_linked_for_those_who_may_open_it(cast, certificate):
    standing.suspend(certificate, by=cast.independent, reason="facts", words="New facts.")
    DeclaredUse.objects.filter(pk=certificate.use_id).update(assigned_tier="high", open_holds=1, provisional=True)
    certificate = Certificate.objects.get(pk=certificate.pk)
    left = standing.obstacles_to_reinstate(certificate)
    assert [one.code for one in left] == [Code.HELD, Code.PROVISIONAL, Code.TIER]
    use = reverse("use", args=[certificate.use.reference])
    for who, url in ((cast.owner, use), (cast.independent, "")):
        client = Client()
        client.force_login(who)
        page = client.get(reverse("certificate_status", args=[certificate.number]))
        assert list(page.context["obstacles"]) == [(one.words, url) for one in left]
        assert (f'<li><a href="{use}">The use is still on hold.</a></li>' in markup_of(page)) == bool(url)


@pytest.mark.long
def test_a_revoked_certificate_is_no_way_round_a_new_assessment(cast, assessment, certificate):
    """The next certificate of the use supersedes its old assessment, and leaves the word *revoked* as it is."""
    standing.revoke(certificate, by=cast.independent, reason="untrue", words="Not so.")
    following = workflow_again(assessment, cast)
    assert Assessment.objects.get(pk=assessment.pk).state == State.SUPERSEDED
    assert Certificate.objects.get(pk=certificate.pk).status() == "revoked"
    assert certificate_of(following).supersedes is None


def workflow_again(assessment: Assessment, cast: Cast) -> Assessment:
    from assessments.domain.answering import start
    from tests.support.factories import bring_to, fill

    following = start.start_assessment(assessment.use, by=cast.owner)
    fill(following, by=cast.owner)
    bring_to(following, State.CERTIFIED, tier="limited", by=cast.owner, route="independent")
    return following


# --- reminders -----------------------------------------------------------------------------------------------------------


def days_told(step, kind: str, first: int, last: int) -> list[int]:
    """On which days from now the step says something, run every day and twice on each."""
    told = []
    for day in range(first, last + 1):
        with on_day(day):
            n = step(in_days(0))
            assert step(in_days(0)) == 0
        if n:
            told.append(day)
    assert Message.objects.filter(kind=kind).exists() == bool(told)
    return told


class on_day:
    """The clock of the product stands so many days ahead."""

    def __init__(self, days: int, hour: int = 12) -> None:
        at = timezone.localtime() + timedelta(days=days)
        self.now = at.replace(hour=hour, minute=30)

    def __enter__(self) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(timezone, "now", lambda: self.now)

    def __exit__(self, *_: object) -> None:
        self.patch.undo()


@pytest.mark.long
def test_a_condition_is_told_of_14_and_3_days_before_its_day(cast, assessment):
    assert days_told(reminders.remind_of_conditions, "condition_due", 44, 62) == [46, 57]
    lines = Message.objects.filter(kind="condition_due")
    assert {line.recipient for line in lines} == {cast.owner}
    assert {line.link for line in lines} == {action_on(assessment, CONDITION).get_absolute_url()}


def test_a_sweeper_that_did_not_run_on_the_day_says_it_on_the_next(cast, assessment):
    with on_day(50):
        assert reminders.remind_of_conditions() == 1
    with on_day(51):
        assert reminders.remind_of_conditions() == 0


def test_action_reminds_its_owner_before_its_date_and_weekly_after(cast, assessment):
    action = action_on(assessment, SHOULD)
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=in_days(20), effort="S")
    mine = Message.objects.filter(recipient=cast.contributor)
    told = []
    for day in range(10, 36):
        with on_day(day):
            before = mine.count()
            reminders.remind_of_actions()
            if mine.count() > before:
                told.append((day, mine.latest("pk").kind))
    assert told == [(13, "action_due"), (21, "action_late"), (28, "action_late"), (35, "action_late")]


def test_where_its_owner_left_the_owners_of_the_organisation_are_told(cast, assessment):
    action = action_on(assessment, SHOULD)
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=in_days(5), effort="S")
    Membership.objects.filter(user=cast.contributor).update(left_at=timezone.now())
    reminders.remind_of_actions()
    assert set(Message.objects.filter(kind="action_due").values_list("recipient", flat=True)) == {cast.owner.pk}


@pytest.mark.long
def test_an_accepted_risk_is_told_of_on_its_review_and_before_it_ends(cast, assessment):
    action = action_on(assessment, SHOULD)
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=action.due, effort="S")
    risks.accept_risk(action, by=cast.owner, reason="Small.", until=in_days(60), review=in_days(30))
    assert days_told(reminders.remind_of_risks, "risk_ending", 25, 60) == [30, 46]


@pytest.mark.long
def test_evidence_that_expires_is_told_of_to_its_owner(cast):
    piece = make_evidence(cast.organisation, by=cast.contributor, expires_on=in_days(40))
    assert days_told(reminders.remind_of_evidence, "evidence_expiring", 8, 41) == [10]
    line = Message.objects.get(kind="evidence_expiring")
    assert (line.recipient, line.link) == (cast.contributor, piece.get_absolute_url())


@pytest.mark.long
def test_monitoring_that_runs_out_is_told_of_once_before_it_suspends(cast):
    """Olivia owns, and Connie gets the alerts; the record speaks up to today and counts for 35 days."""
    high = make_assessment(State.CERTIFIED, "high", cast=cast)
    make_assessment(State.CERTIFIED, "limited", cast=cast)
    measures = ConformityPart.objects.get(use=high.use, key="measures")
    measures.rows = [{"measure": "Missed urgent cases", "limit": "2", "alert_owner": "Nurse in charge"},
                     {"measure": "Complaints", "limit": "5 a week", "alert_owner": "connie contributor, weekdays"}]  # fmt: skip
    measures.save()
    assert days_told(reminders.remind_of_monitoring, "monitoring_ending", 24, 36) == [28]
    lines = Message.objects.filter(kind="monitoring_ending")
    assert {line.recipient for line in lines} == {cast.owner, cast.contributor}
    assert {line.link for line in lines} == {reverse("conformity", args=[high.reference])}
    assert lines[0].subject.startswith("Monitoring evidence expires in 7 days")
    with on_day(35):
        assert monitoring.watch_monitoring() == 0  # the last day, as it was said
    with on_day(36):
        assert monitoring.watch_monitoring() == 1
        assert reminders.remind_of_monitoring() == 0


@pytest.mark.long
def test_a_newer_record_puts_the_reminder_off_and_is_told_of_when_it_runs_out_itself(cast):
    high = make_assessment(State.CERTIFIED, "high", cast=cast)
    with on_day(29):
        assert reminders.remind_of_monitoring() == 1  # a sweeper that did not run on the day
        newest = make_evidence(cast.organisation, by=cast.owner, period_to=in_days(0))
        for part in ConformityPart.objects.filter(use=high.use):
            part.evidence_uses.create(evidence=newest, by=cast.owner)
        assert reminders.remind_of_monitoring() == 0
    with on_day(50):
        assert reminders.remind_of_monitoring() == 0
    with on_day(57):
        assert reminders.remind_of_monitoring() == 1


def test_nobody_is_reminded_of_what_was_retired_or_closed(cast, assessment):
    from assessments.domain.register import systems

    systems.retire(assessment.use, by=cast.owner)
    with on_day(400):
        assert reminders.remind_of_actions() == 0


# --- every link opens the very thing -------------------------------------------------------------------------------------


@pytest.mark.long
def test_every_line_of_the_inbox_opens_its_thing_after_signing_in(
    cast, assessment, certificate, django_capture_on_commit_callbacks
):
    """Assigned, submitted, returned, approved, refused, reported, closed, due, missed, suspended, expiring."""
    for state in (State.SUBMITTED, State.RETURNED, State.REFUSED):
        make_assessment(state, "limited", cast=cast)
    draft = make_assessment(State.DRAFT, "limited", cast=cast)
    asif = Membership.objects.get(user=cast.assigned)
    asking.ask(draft, "governance", asif, by=cast.owner)
    make_evidence(cast.organisation, by=cast.contributor, expires_on=in_days(4))
    action = action_on(assessment, SHOULD)
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=in_days(5), effort="S")
    report_done(action_on(assessment, CONDITION), by=cast.contributor, note="All five.")
    actions.decline(action_on(assessment, CONDITION), by=cast.independent, words="Not yet.")
    reminders.remind_of_actions()
    reminders.remind_of_evidence()
    Condition.objects.update(due_on=in_days(2))
    reminders.remind_of_conditions()
    Condition.objects.update(due_on=in_days(-1))
    certificates_missed.miss_conditions()
    assert set(Message.objects.values_list("kind", flat=True)) >= {
        "asked", "submitted", "returned", "approved", "refused", "action_assigned", "action_reported",
        "action_declined", "action_due", "evidence_expiring", "condition_due", "condition_missed",
        "certificate_suspended",
    }  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        for message in Message.objects.all():
            after_commit.after_commit(inbox.SEND_MESSAGE, message.pk)
    assert len(mail.outbox) >= Message.objects.count()
    people = User.objects.filter(pk__in=Message.objects.values("recipient"))
    assert set(people) == {cast.owner, cast.contributor, cast.assigned, cast.independent, cast.second_independent}
    for person in people:
        person.set_password(PASSWORD)
        person.save()
        for message in Message.objects.filter(recipient=person):
            assert any(
                f"{settings.PUBLIC_URL}{message.link}" in sent.body for sent in mail.outbox if person.email in sent.to
            )
        link = Message.objects.filter(recipient=person).latest("pk").link
        client = Client()
        asked = client.get(link)
        assert asked["Location"].startswith(reverse("account_login"))
        signed_in = client.post(asked["Location"], {"login": person.email, "password": PASSWORD})
        assert signed_in["Location"] == link.partition("#")[0]
        for message in Message.objects.filter(recipient=person):
            path, _hash, place = message.link.partition("#")
            page = client.get(path)
            assert page.status_code == 200, message.link
            assert not place or f'id="{place}"' in markup_of(page), message.link


# --- when mails go out ---------------------------------------------------------------------------------------------------


def write(user: User, kind: str, n: int = 1) -> list[Message]:
    return [
        Message.objects.create(
            recipient=user,
            kind=kind,
            object=f"{kind}:{i}",
            day=in_days(0),
            subject=f"{kind} {i}",
            text="Words.",
            link="/home/",
        )
        for i in range(n)
    ]


@pytest.fixture
def nothing_waits(db):
    """The mails of the module's own certificate are out of the way."""
    Message.objects.all().delete()


def test_a_daily_reader_gets_one_mail_with_every_link(cast, nothing_waits):
    User.objects.filter(pk=cast.owner.pk).update(mail_when=MailWhen.DAILY)
    lines = [*write(cast.owner, "returned"), *write(cast.owner, "approved", 2)]
    for line in lines:
        notification_mail.send(line.pk)
    assert mail.outbox == []
    with on_day(0, hour=7):
        assert notification_mail.send_digests() == 0
    with on_day(0, hour=8):
        assert notification_mail.send_digests() == 1
        assert notification_mail.send_digests() == 0
        write(cast.owner, "refused")
        assert notification_mail.send_digests() == 0  # what comes later waits for tomorrow
    (sent,) = mail.outbox
    assert sent.subject == "3 notifications for you"
    assert sent.body.index("To do") < sent.body.index("returned 0") < sent.body.index("News")
    assert sent.body.count(f"{settings.PUBLIC_URL}/home/") == 3
    assert Message.objects.filter(recipient=cast.owner, read_at=None).count() == 4  # the inbox is as it was
    with on_day(1, hour=9):
        assert notification_mail.send_digests() == 1


def test_a_daily_mail_that_cannot_be_sent_is_tried_again(cast, monkeypatch):
    User.objects.filter(pk=cast.owner.pk).update(mail_when=MailWhen.DAILY)
    write(cast.owner, "returned")

    def refuse(*_args: object) -> None:
        raise OSError("the mail server does not answer")

    with on_day(0, hour=8):
        with monkeypatch.context() as patch:
            patch.setattr(notification_mail, "hand_over", refuse)
            assert notification_mail.send_digests() == 0
        assert notification_mail.send_digests() == 1


def test_who_wants_only_what_asks_them_to_act_gets_no_news(cast, nothing_waits):
    User.objects.filter(pk=cast.owner.pk).update(mail_when=MailWhen.ACTING)
    news, asks = write(cast.owner, "approved")[0], write(cast.owner, "returned")[0]
    for line in (news, asks):
        notification_mail.send(line.pk)
    assert [sent.subject for sent in mail.outbox] == ["returned 0"]
    Message.objects.update(at=timezone.now() - timedelta(hours=1))
    assert not notification_mail.unsent().exists()  # nor does the sweeper send it later


def test_the_sweeper_leaves_the_lines_of_daily_readers_to_the_daily_mail(cast, nothing_waits):
    User.objects.filter(pk=cast.owner.pk).update(mail_when=MailWhen.DAILY)
    write(cast.owner, "returned")
    write(cast.contributor, "returned")
    Message.objects.update(at=timezone.now() - timedelta(hours=1))
    assert scheduled.send_mails() == 1


def test_everybody_chooses_when_mails_come(client, cast):
    client.force_login(cast.contributor)
    page = client.get(reverse("settings")).content.decode()
    assert "Once a day, in the morning, in one email" in page
    client.post(reverse("settings"), {"mail_when": "daily"})
    assert User.objects.get(pk=cast.contributor.pk).mail_when == "daily"
    client.post(reverse("settings"), {"shortcuts": "on"})  # an older page, or a script
    assert User.objects.get(pk=cast.contributor.pk).mail_when == "daily"


# --- the sweeper -----------------------------------------------------------------------------------------------------------


def test_a_daily_step_is_done_once_a_day_from_its_hour_on(cast):
    done: list[int] = []
    step = scheduled.Step("count", lambda: done.append(1) or 1, from_hour=7)
    with on_day(0, hour=6):
        assert scheduled.sweep((step,)) == 0
    with on_day(0, hour=7):
        assert scheduled.sweep((step,)) == 1
        assert scheduled.sweep((step,)) == 0
    with on_day(1, hour=9):
        assert scheduled.sweep((step,)) == 1
    assert len(done) == 2


def test_a_step_that_fails_stops_no_other_and_is_tried_again(cast):
    def fails() -> int:
        raise RuntimeError("no")

    other = scheduled.Step("other", lambda: 1)
    with on_day(0):
        assert (
            scheduled.sweep((scheduled.Step("fails", fails, from_hour=0), scheduled.Step("fails too", fails), other))
            == 1
        )
    assert not StepRun.objects.filter(name="fails").exists()


def test_the_whole_sweep_runs_twice_and_says_each_thing_once(cast, assessment):
    Condition.objects.update(due_on=in_days(2))
    for document in Document.objects.all():  # that the sweep makes those that wait is another test's, and takes seconds
        make_ready(document)
    with on_day(0):
        scheduled.sweep()
        said = Message.objects.count()
        assert Message.objects.filter(kind="condition_due").exists()
        scheduled.sweep()
        StepRun.objects.all().delete()
        scheduled.sweep()
    assert Message.objects.count() == said


def test_a_condition_s_day_ends_in_hong_kong(cast, certificate, settings):
    """Half an hour past midnight there is still the day before in London; half an hour before midnight the day counts."""
    due = Condition.objects.get().due_on
    midnight = datetime(due.year, due.month, due.day, tzinfo=HONG_KONG) + timedelta(days=1)
    missed = []
    for minutes in (-30, 30):
        now = (midnight + timedelta(minutes=minutes)).astimezone(ZoneInfo("UTC"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(timezone, "now", lambda now=now: now)
            missed.append(certificates_missed.miss_conditions())
    assert missed == [0, 1]
    assert Certificate.objects.get(pk=certificate.pk).status() == "suspended"
