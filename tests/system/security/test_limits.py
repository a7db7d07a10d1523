"""Limits: what costs much or reaches others ends at a plain page that says when to go on; nothing typed is lost by it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from assessments import scheduled
from assessments.core import throttling
from assessments.models import Comment, Invitation, Message, Organisation, State
from assessments.models.certificates import new_number
from assessments.notifications import mail as notification_mail
from assessments.notifications.tasks import send_message
from hkguide.settings import limits
from tests.support.factories import Cast, make_assessment, make_message, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
QUESTION = "use-register"


@pytest.fixture(autouse=True)
def fresh_cache(db: None) -> None:
    cache.clear()


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def unconfirmed(cast: Cast) -> EmailAddress:
    """The owner's address, and one of a colleague, as they are where nobody has confirmed them: accounts from before codes were mailed."""
    EmailAddress.objects.filter(user__in=(cast.owner, cast.viewer)).update(verified=False)
    return EmailAddress.objects.get(user=cast.owner)


def people_of(cast: Cast) -> str:
    return reverse("people", args=[cast.organisation.reference])


def invite(client: Client, url: str, n: int) -> Any:
    return client.post(url, {"email": f"target{n}@victim.example", "access": "viewer"})


def assert_refused(response: Any) -> None:
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 14 * 24 * 3600
    assert "Try again at " in response.content.decode()


# --- invitations ---------------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.usefixtures("unconfirmed")
def test_a_hundred_and_twenty_invitations_in_a_row_end_at_the_limit(cast: Cast) -> None:
    client = signed_in(cast.owner)
    answers = [invite(client, people_of(cast), n) for n in range(120)]
    assert [one.status_code for one in answers] == [302] * 20 + [429] * 100
    assert_refused(answers[-1])
    assert "target119@victim.example" in answers[-1].content.decode()  # what was typed
    assert Invitation.objects.count() == len(mail.outbox) == 20


@pytest.mark.long
@pytest.mark.usefixtures("unconfirmed")
def test_another_owner_of_the_organisation_has_no_limit_of_their_own(cast: Cast) -> None:
    for n in range(20):
        invite(signed_in(cast.owner), people_of(cast), n)
    cast.organisation.memberships.filter(user=cast.viewer).update(role="owner")
    assert_refused(invite(signed_in(cast.viewer), people_of(cast), 21))


@pytest.mark.long
def test_an_organisation_whose_owner_confirmed_an_address_may_invite_more(cast: Cast, unconfirmed: Any) -> None:
    client = signed_in(cast.owner)
    for n in range(20):
        invite(client, people_of(cast), n)
    assert_refused(invite(client, people_of(cast), 20))
    EmailAddress.objects.filter(pk=unconfirmed.pk).update(verified=True)
    assert invite(client, people_of(cast), 21).status_code == 302


def test_an_invitation_is_sent_again_five_times(cast: Cast) -> None:
    client = signed_in(cast.owner)
    client.post(people_of(cast), {"email": "one@victim.example", "access": "viewer"})
    again = reverse("invited", args=[cast.organisation.reference, Invitation.objects.get().pk])
    found = [client.post(again).status_code for _n in range(30)]
    assert found[:4] == [302] * 4
    assert found[5:] == [429] * 25
    assert len(mail.outbox) <= 6


@pytest.mark.long
def test_taking_an_invitation_back_and_giving_it_anew_is_no_way_round(cast: Cast) -> None:
    client = signed_in(cast.owner)
    sent = 0
    for _n in range(10):
        sent += client.post(people_of(cast), {"email": "one@victim.example", "access": "viewer"}).status_code == 302
        for open_one in Invitation.objects.all():
            client.post(reverse("invited", args=[cast.organisation.reference, open_one.pk]), {"cancel": "1"})
    assert sent == len(mail.outbox) == 5


@pytest.mark.long
@pytest.mark.usefixtures("unconfirmed")
def test_a_question_asked_by_mail_counts_as_an_invitation(cast: Cast) -> None:
    case = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    client = signed_in(cast.owner)
    url = reverse("ask", args=[case.reference, QUESTION])
    found = [
        client.post(url, {"email": f"target{n}@victim.example", "note": "Which clinics?"}).status_code
        for n in range(22)
    ]
    assert found == [302] * 20 + [429] * 2


def test_the_mail_of_an_invitation_begins_with_the_product_and_keeps_to_its_lines(cast: Cast) -> None:
    name = f"Evil\r\nBcc: victim@x.example http://evil.example {'x' * 140}"
    Organisation.objects.filter(pk=cast.organisation.pk).update(name_en=name)
    type(cast.owner).objects.filter(pk=cast.owner.pk).update(name="Eve\r\nSubject: Win")
    invite(signed_in(type(cast.owner).objects.get(pk=cast.owner.pk)), people_of(cast), 1)
    (sent,) = mail.outbox
    assert sent.subject.startswith("hkguide: Eve Subject: Win invites you to join Evil Bcc:")
    assert len(sent.subject) < 170
    assert sent.body.startswith("This email comes from hkguide. With hkguide, organisations assess")
    assert "\nBcc:" not in sent.body
    assert "\nSubject:" not in sent.body
    assert cast.owner.email in sent.body
    assert (sent.to, sent.cc, sent.bcc) == (["target1@victim.example"], [], [])


def test_a_name_is_stored_on_one_line(cast: Cast, settings: Any) -> None:
    settings.OPEN_FOUNDING = True
    form = {"name_en": "Evil\r\nBcc: x", "place": "Hong Kong", "name_zh": "", "registration_no": "", "contact": ""}
    signed_in(cast.outsider).post(reverse("found"), form)
    assert Organisation.objects.filter(name_en="Evil Bcc: x").exists()


def test_few_organisations_are_founded_a_day(cast: Cast, settings: Any) -> None:
    settings.OPEN_FOUNDING = True
    client = signed_in(cast.outsider)
    form = {"place": "Hong Kong", "name_zh": "", "registration_no": "", "contact": ""}
    found = [client.post(reverse("found"), form | {"name_en": f"Authority {n}"}).status_code for n in range(7)]
    assert found == [302] * 5 + [429] * 2


def test_a_link_whose_mail_fails_stands_on_one_page_and_in_no_cookie_and_no_session(cast: Cast) -> None:
    client = signed_in(cast.owner)
    with mock.patch("assessments.notifications.mail.hand_over", side_effect=OSError("no server")):
        page = invite(client, people_of(cast), 1)
    assert page.status_code == 200
    link = page.context["link"]
    assert link in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    token = link.rstrip("/").rpartition("/")[2]
    assert all(token not in cookie.value for cookie in client.cookies.values())
    assert token not in str(dict(client.session.items()))
    assert Client().get(reverse("invitation", args=[token])).status_code in (200, 302)
    assert token not in client.get(people_of(cast)).content.decode()


# --- the other limits ----------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_comments_end_at_the_limit_and_keep_what_was_typed(cast: Cast) -> None:
    case = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    client = signed_in(cast.owner)
    url = reverse("comments", args=[case.reference, QUESTION])
    for n in range(30):
        assert client.post(url, {"text": f"Which clinics, number {n}?"}).status_code == 302
    refused = client.post(url, {"text": "One remark too many."})
    assert_refused(refused)
    assert "One remark too many." in refused.content.decode()
    part = client.post(url, {"text": "And one more."}, headers={"HX-Request": "true"})
    assert (part.status_code, part["Content-Type"]) == (429, "text/plain; charset=utf-8")
    assert Comment.objects.count() == 30
    assert client.post(url, {"text": ""}).status_code == 200  # what is not written does not count, and is not refused


@pytest.mark.parametrize(
    ("limit", "name", "query"),
    [
        ("export", "actions_export", {}),
        ("export", "systems_export", {}),
        ("export", "organisation_log", {"as": "csv"}),
        ("verification", "verify", {}),
    ],
)
def test_what_is_fetched_ends_at_its_limit(
    limit: str, name: str, query: dict[str, str], cast: Cast, settings: Any
) -> None:
    settings.LIMITS = settings.LIMITS | {limit: dict.fromkeys(settings.LIMITS[limit], (3, 3600))}
    args = {"organisation_log": [cast.organisation.reference], "verify": [new_number()]}.get(name, [])
    client = signed_in(cast.owner)
    found = [client.get(reverse(name, args=args), query) for _n in range(5)]
    assert [one.status_code == 429 for one in found] == [False] * 3 + [True] * 2
    assert_refused(found[-1])


def test_documents_made_anew_end_at_the_limit(cast: Cast, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"document": {"person": (2, 3600)}}
    case = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    client = signed_in(cast.owner)
    urls = [reverse("plan_now", args=[case.use.reference]), reverse("ask_document", args=[case.reference, "results"])]
    assert [client.post(url).status_code for url in urls * 2] == [302, 302, 429, 429]


def test_files_end_at_the_limit_and_what_was_typed_beside_one_is_shown(cast: Cast, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"upload": {"person": (1, 3600)}}
    client = signed_in(cast.owner)
    url = reverse("import")

    def send() -> Any:
        return client.post(url, {"file": SimpleUploadedFile("systems.csv", b"System name\nOne\n"), "note": "Two words"})

    assert send().status_code in (200, 302)
    refused = send()
    assert_refused(refused)
    assert "Two words" in refused.content.decode()
    assert client.get(url).status_code == 200


# --- whom a limit counts by ------------------------------------------------------------------------------------------------


def request_from(address: str, **more: Any) -> Any:
    return RequestFactory().get("/", REMOTE_ADDR=address, **more)


def test_behind_a_proxy_a_limit_sees_the_client_and_not_the_proxy(settings: Any) -> None:
    settings.BEHIND_PROXY = True
    settings.LIMITS = settings.LIMITS | {"verification": {"address": (2, 3600)}}
    first, second = (
        request_from("10.0.0.1", HTTP_X_FORWARDED_FOR=f"6.6.6.6, {client}")
        for client in ("203.0.113.9", "198.51.100.7")
    )
    throttling.spend("verification", first)
    throttling.spend("verification", first)
    throttling.spend("verification", second)
    with pytest.raises(throttling.TooOften):
        throttling.spend("verification", first)
    # What the sender claims before the proxy's own word is no way round.
    claims = request_from("10.0.0.1", HTTP_X_FORWARDED_FOR="1.2.3.4, 203.0.113.9")
    with pytest.raises(throttling.TooOften):
        throttling.spend("verification", claims)


def test_a_page_that_costs_little_is_counted_in_steps_and_refused_all_the_same() -> None:
    with mock.patch("assessments.core.throttling._now", return_value=60.0 * 30_000_000):
        with mock.patch("assessments.core.throttling.cache.incr", wraps=cache.incr) as told:
            for _n in range(60):
                throttling.spend("verification", request_from("203.0.113.9"), step=10)
        assert told.call_count == 6
        refused = 0
        for _n in range(540):
            try:
                throttling.spend("verification", request_from("203.0.113.9"), step=10)
            except throttling.TooOften:
                refused += 1
        assert refused >= 530
        throttling.spend("verification", request_from("198.51.100.7"), step=10)


def test_a_window_ends(settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"verification": {"address": (1, 60)}}
    with mock.patch("assessments.core.throttling._now", return_value=1_000_000_000.0) as now:
        throttling.spend("verification", request_from("203.0.113.9"))
        with pytest.raises(throttling.TooOften) as refused:
            throttling.spend("verification", request_from("203.0.113.9"))
        now.return_value += refused.value.wait - 1
        with pytest.raises(throttling.TooOften):
            throttling.spend("verification", request_from("203.0.113.9"))
        now.return_value += 1
        throttling.spend("verification", request_from("203.0.113.9"))


def taken(seconds: range) -> list[int]:
    """The seconds, from the full hour, in which a use is taken, where somebody tries once in each."""
    found = []
    for second in seconds:
        with mock.patch("assessments.core.throttling._now", return_value=3600.0 * 300_000 + second):
            try:
                throttling.spend("verification", request_from("203.0.113.9"))
            except throttling.TooOften:
                continue
        found.append(second)
    return found


def test_nobody_does_twice_as_much_around_the_full_hour(settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"verification": {"address": (10, 3600)}}
    assert taken(range(-10, 0)) == list(range(-10, 0))
    assert taken(range(30)) == [1]  # the hour before counts 9.99 of its 10
    assert len(taken(range(1800, 1830))) == 5
    assert taken(range(3590, 3600)) == list(range(3590, 3594))


def test_what_is_said_of_the_wait_is_true_within_the_weighted_time(settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"verification": {"address": (10, 3600)}}
    taken(range(-10, 2))
    with mock.patch("assessments.core.throttling._now", return_value=3600.0 * 300_000 + 5) as now:
        for _n in range(4):
            with pytest.raises(throttling.TooOften) as refused:
                throttling.spend("verification", request_from("203.0.113.9"))
        now.return_value += refused.value.wait - 1
        with pytest.raises(throttling.TooOften):
            throttling.spend("verification", request_from("203.0.113.9"))
        now.return_value += 1
        throttling.spend("verification", request_from("203.0.113.9"))


def test_a_count_outlives_the_usual_time_of_the_cache(settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"export": {"thing": (1, 24 * 3600)}}
    with mock.patch("assessments.core.throttling._now", return_value=86_400.0 * 10_000):
        throttling.spend("export", thing=1)
    later = timezone.now() + timedelta(hours=3)
    with (
        mock.patch("assessments.core.throttling._now", return_value=86_400.0 * 10_000 + 3 * 3600),
        mock.patch("django.core.cache.backends.db.tz_now", return_value=later),
        pytest.raises(throttling.TooOften),
    ):
        throttling.spend("export", thing=1)


@pytest.mark.long
def test_nothing_is_refused_while_the_cache_does_not_answer(cast: Cast) -> None:
    case = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    client = signed_in(cast.owner)
    url = reverse("comments", args=[case.reference, QUESTION])
    with mock.patch("assessments.core.throttling.cache.incr", side_effect=OSError("gone")):
        found = {client.post(url, {"text": f"Which clinics, number {n}?"}).status_code for n in range(35)}
    assert found == {302}
    assert Comment.objects.count() == 35


@pytest.mark.parametrize("given", [{"nothing": {"person": [1, 2]}}, {"export": 3}, {"export": {"person": [0, 2]}}])
def test_a_limit_that_cannot_be_read_stops_the_start(given: dict[str, Any], settings: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="HKGUIDE_LIMITS"):
        limits(given, settings.LIMITS)
    assert limits({"export": {"person": [5, 60]}}, settings.LIMITS) == {"export": {"person": (5, 60)}}


# --- mails to one person ---------------------------------------------------------------------------------------------------


def tell(person: Any, n: int, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        make_message(person, f"Remark {n}")


@pytest.mark.long
def test_after_ten_mails_an_hour_the_rest_comes_as_one(
    cast: Cast, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    start = 3600.0 * 500_000
    with mock.patch("assessments.core.throttling._now", return_value=start) as now:
        for n in range(60):
            tell(cast.viewer, n, django_capture_on_commit_callbacks)
        tell(cast.contributor, 100, django_capture_on_commit_callbacks)
        assert sum(one.to == [cast.viewer.email] for one in mail.outbox) == 10
        assert sum(one.to == [cast.contributor.email] for one in mail.outbox) == 1
        Message.objects.update(at=timezone.now() - timedelta(minutes=5))
        scheduled.send_mails()
        assert len(mail.outbox) == 11  # not within the hour
        now.return_value = start + 3600
        scheduled.send_mails()
        scheduled.send_mails()
    assert len(mail.outbox) == 12
    gathered = mail.outbox[-1]
    assert gathered.to == [cast.viewer.email]
    assert gathered.subject == "50 notifications for you"
    assert all(f"“Remark {n}”\n" in gathered.body for n in range(10, 60))
    assert "There were many notifications at once" in gathered.body
    assert not notification_mail.unsent().exists()


def test_a_gathered_mail_that_fails_loses_no_line(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    start = 3600.0 * 500_000
    with mock.patch("assessments.core.throttling._now", return_value=start) as now:
        for n in range(13):
            tell(cast.viewer, n, django_capture_on_commit_callbacks)
        Message.objects.update(at=timezone.now() - timedelta(minutes=5))
        now.return_value = start + 3600
        with mock.patch("assessments.notifications.mail.hand_over", side_effect=OSError("no server")):
            assert notification_mail.send_together() == 0
        for pk in notification_mail.unsent().values_list("pk", flat=True):
            send_message(pk)
    assert {one.subject for one in mail.outbox} == {f"Somebody wrote about “Remark {n}”" for n in range(13)}


def test_what_was_taken_for_two_people_is_counted_by_each() -> None:
    one, other = make_user(), make_user()
    for _n in range(10):
        throttling.spend("mails_to_person", thing=one.pk)
    assert throttling.is_spent("mails_to_person", one.pk)
    assert not throttling.is_spent("mails_to_person", other.pk)
