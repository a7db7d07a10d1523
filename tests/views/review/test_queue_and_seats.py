"""The reviewers' pages around a case: the queue with its filters, hand-overs, absence, messages, appeals."""

from __future__ import annotations

import re
from datetime import datetime
from unittest import mock
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.domain.review import appeals, decisions, interests, messages, seat_requests, seat_taking
from assessments.domain.review.queue_rows import grouped, pages
from assessments.domain.submission import submit, taking_back
from assessments.forms.review import NoInterestForm, TakeForm
from assessments.models import Appeal, Interest, Message, Role, Route, SeatRequest, State, Submission
from assessments.notifications.kinds import MessageKind
from tests.support.factories import in_days, make_assessment, make_member, make_organisation, mark_all, save
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

QUEUE = "/reviews/"


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def sent(assessment):
    return Submission.objects.filter(assessment=assessment).order_by("-round")[0]


def case_of(state, cast, tier="limited", **fields):
    return sent(make_assessment(state, tier, cast=cast, **fields))


def address(name, submission, *more):
    return reverse(name, args=[submission.reference, *more])


def to_declare(case, page):
    """The way to the declaration of interest, from a page that leads there."""
    return f"{address('declare', case)}?{urlencode({'then': page})}"


def at(day, hour=10):
    return mock.patch(
        "django.utils.timezone.now", return_value=datetime(2026, 11, day, hour, tzinfo=ZoneInfo("Asia/Hong_Kong"))
    )


@pytest.fixture
def ines(client, cast):
    client.force_login(cast.independent)
    return client


# --- the queue -----------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_queue_says_in_words_how_long_a_case_waits_and_what_is_late(client, cast):
    with at(3):  # a Tuesday
        old = case_of(State.SUBMITTED, cast)
    with at(18):
        client.force_login(cast.independent)
        fine = case_of(State.SUBMITTED, cast)
        text = text_of(client.get(QUEUE))
        assert "11 working days" in text
        assert "1 day late" in text
        assert "since today" in text
        late = client.get(QUEUE, {"late": "late"}).context["waiting"]
        assert [line.submission for line in late.lines] == [old]
        assert client.get(QUEUE, {"who": "waiting"}).context["waiting"].lines[1].submission == fine


@pytest.mark.long
def test_the_queue_says_what_happened_last_and_what_changed_since_the_last_round(ines, cast):
    assessment = make_assessment(State.RETURNED, "limited", cast=cast)
    save(assessment, "use-register", {"choice": "in_place", "text": "Here it is."}, by=cast.owner)
    again = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    assert "1 fact or answer changed" in text_of(ines.get(QUEUE))
    assert "Last event: submitted" in text_of(ines.get(QUEUE))  # her seat went over by itself
    messages.say(again, "All six clinics.", by=cast.owner)
    assert "Last event: message from the organisation" in text_of(ines.get(QUEUE))
    taken = case_of(State.SUBMITTED, cast)
    seat_taking.take(taken, by=cast.second_independent)
    seat_requests.set_absence(cast.second_independent, in_days(0), in_days(3))
    text = text_of(ines.get(QUEUE))
    assert "Last event: taken by Ivan Independent" in text
    assert "Ivan Independent, away until" in text


@pytest.mark.long
def test_a_filter_survives_a_reload_and_leaving_the_page_until_it_is_cleared(ines, cast):
    limited, high = case_of(State.SUBMITTED, cast), case_of(State.SUBMITTED, cast, "high")
    other = make_organisation("Elsewhere Limited")
    theirs = sent(make_assessment(State.SUBMITTED, "limited", organisation=other))

    def shown(**query):
        return {line.submission for line in ines.get(QUEUE, query, follow=True).context["waiting"].lines}

    assert shown() == {limited, high, theirs}
    assert shown(tier="high") == {high}
    assert shown() == {high}
    assert ines.get(QUEUE)["Location"] == f"{QUEUE}?tier=high"
    assert shown(organisation=other.reference) == {theirs}
    assert shown(tier="no-such-tier") == shown() == {limited, high, theirs}


@pytest.mark.long
def test_a_group_is_read_page_by_page_and_nothing_is_left_out(cast):
    cases = [case_of(State.SUBMITTED, cast) for _n in range(3)]
    rows = grouped(Submission.objects.all(), cast.independent.pk, body=True, own=[])
    first = pages(rows, 2, only="waiting")["waiting"]
    then = pages(rows, 2, only="waiting", after=first.after)["waiting"]
    assert [first.rows, then.rows] == [cases[:2], cases[2:]]
    assert (first.count, then.after) == (3, "")
    assert pages(rows, 2, only="waiting", after="nonsense~x")["waiting"].rows == cases[:2]
    newest_first = grouped(Submission.objects.all(), 0, body=False, own=[])
    for case in cases:
        taking_back.recall(case.assessment, by=cast.owner)
    done = pages(newest_first, 2, only="done")["done"]
    assert done.rows == [cases[2], cases[1]]
    assert pages(newest_first, 2, only="done", after=done.after)["done"].rows == [cases[0]]


@pytest.mark.long
def test_an_empty_queue_says_when_the_last_case_was_closed(ines, cast):
    with at(20, 9):
        case = case_of(State.IN_REVIEW, cast)
    with at(20, 14):
        decisions.refuse(case, by=cast.independent, statement="No.")
        assert "The last case was closed today at 14:00." in text_of(ines.get(QUEUE))


# --- declaring, assigning, handing over ------------------------------------------------------------------------------------


@pytest.mark.long
def test_seat_is_handed_over_through_its_pages(client, cast):
    case = case_of(State.IN_REVIEW, cast)
    client.force_login(cast.independent)
    assert address("assign_seat", case, "first") in client.get(address("review", case)).content.decode()
    url = address("assign_seat", case, "first")
    assert "Your colleague gets no other information" in text_of(client.post(url, {"to": cast.second_independent.pk}))
    client.post(url, {"to": cast.second_independent.pk, "note": "All but the facts."})
    client.force_login(cast.second_independent)
    assert "Ines Independent has asked you to take over this case." in text_of(client.get(address("review", case)))
    line = Message.objects.get(recipient=cast.second_independent, object__startswith="request:")
    assert "All but the facts." in text_of(client.get(line.link))
    line.refresh_from_db()
    assert line.read_at
    assert client.get(address("review_facts", case))["Location"] == to_declare(case, address("review_facts", case))
    client.post(address("take", case), {"conflict": "none"})
    assert case.seats.get().reviewer == cast.second_independent
    assert client.get(address("review_facts", case)).status_code == 200
    assert "Case taken over from Ines Independent" in text_of(client.get(address("review", case)))


def test_declining_a_hand_over_leaves_the_seat_where_it_is(client, cast):
    case = case_of(State.IN_REVIEW, cast)
    seat_requests.ask(case, "first", cast.second_independent, by=cast.independent, note="All but the facts.")
    client.force_login(cast.second_independent)
    client.post(address("take", case), {"conflict": "declared", "words": "I sold it to them."})
    assert case.seats.get().reviewer == cast.independent
    assert SeatRequest.objects.get().outcome == "declined"
    assert "I sold it to them." in text_of(client.get(address("declare", case)))
    assert client.get(address("review_facts", case))["Location"] == to_declare(case, address("review_facts", case))


@pytest.mark.long
def test_an_absence_is_set_in_the_settings_and_warned_of(client, cast):
    client.force_login(cast.second_independent)
    page = {"away_from": in_days(0).isoformat(), "away_until": in_days(-1).isoformat()}
    assert "Choose a later day. The last day cannot be before the first day of absence." in text_of(
        client.post(reverse("settings"), page)
    )
    client.post(reverse("settings"), page | {"away_until": in_days(3).isoformat()})
    case = case_of(State.SUBMITTED, cast)
    client.force_login(cast.independent)
    url = address("assign_seat", case, "first")
    assert "(away until" in text_of(client.get(url))
    assert "Tick the box if you want to ask this person anyway." in text_of(
        client.post(url, {"to": cast.second_independent.pk})
    )
    client.post(url, {"to": cast.second_independent.pk, "although_away": "on"})
    assert SeatRequest.objects.get().to == cast.second_independent
    client.force_login(cast.owner)
    assert "Away" not in text_of(client.get(reverse("settings")))


def test_evidence_of_a_case_is_closed_to_whoever_has_not_declared(client, cast):
    case = case_of(State.IN_REVIEW, cast)
    client.force_login(cast.second_independent)
    with mock.patch("assessments.access.finders.submitted_version", return_value=object()):
        response = client.get(address("review_evidence", case, "abcdefghjkmn", 1))
    assert response["Location"] == to_declare(case, address("review_evidence", case, "abcdefghjkmn", 1))
    assert not Interest.objects.filter(reviewer=cast.second_independent).exists()


# --- messages ------------------------------------------------------------------------------------------------------------


def test_messages_are_shown_on_both_sides_and_nowhere_else(client, cast):
    case = case_of(State.IN_REVIEW, cast)
    reference = case.assessment.reference
    client.force_login(cast.independent)
    assert "Write your message." in text_of(client.post(address("review_messages", case), {"text": " "}))
    client.post(address("review_messages", case), {"text": "Which clinics keep it?"})
    assert "Which clinics keep it?" in text_of(client.get(address("review", case)))
    client.force_login(cast.owner)
    line = Message.objects.get(recipient=cast.owner, kind=MessageKind.CASE_MESSAGE)
    page = client.get(line.link.partition("#")[0])
    line.refresh_from_db()
    assert line.read_at
    assert "Which clinics keep it?" in text_of(page)
    assert f'id="{line.link.partition("#")[2]}"' in markup_of(page)
    client.post(reverse("case", args=[reference]), {"text": "All six."})
    assert reverse("case", args=[reference]) in markup_of(client.get(reverse("assessment", args=[reference])))
    client.force_login(cast.second_independent)
    text = text_of(client.get(address("review", case)))
    assert "All six." not in text
    assert "Message from the organisation" not in text


def test_a_message_that_comes_too_late_is_not_lost(client, cast):
    case = case_of(State.IN_REVIEW, cast)
    decisions.refuse(case, by=cast.independent, statement="No.")
    client.force_login(cast.owner)
    response = client.post(reverse("case", args=[case.assessment.reference]), {"text": "Typed with care."})
    assert "Typed with care." in response.content.decode()
    assert "you cannot write here any more" in text_of(response)


def test_what_reviewers_do_among_themselves_is_not_in_the_applicant_s_timeline(client, cast):
    third = make_member(Role.REVIEWER, cast.body, "Thea Third").user
    case = case_of(State.SUBMITTED, cast)
    interests.decline(case, by=third, words="I sold it to them.")
    seat_requests.ask(case, "first", cast.second_independent, by=cast.independent)
    seat_taking.take(case, by=cast.second_independent)
    client.force_login(cast.owner)
    text = text_of(client.get(reverse("case", args=[case.assessment.reference])))
    for words in ("Signed and submitted", "Case taken by a reviewer", "Ivan Independent , first reviewer"):
        assert words in text
    for words in ("Thea", "sold", "Ines Independent"):
        assert words not in text


# --- appeals and complaints ------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_an_appeal_in_pages_from_its_reasons_to_the_new_assessment(client, cast):
    case = case_of(State.REFUSED, cast, route=Route.INSIDE)
    contest = reverse("contest", args=[case.assessment.reference])
    client.force_login(cast.owner)
    choices = client.get(contest).context["form"].fields["about"].choices
    response = client.post(contest, {"about": choices[0][0], "reasons": ""})
    assert "Give your reasons. The person who answers you sees only these reasons." in text_of(response)
    client.post(contest, {"about": choices[0][0], "reasons": "Annex 2 was overlooked."})
    appeal = Appeal.objects.get()
    page = reverse("appeal", args=[appeal.reference])
    client.force_login(cast.independent)
    assert page in client.get(QUEUE).content.decode()
    assert client.get(page)["Location"] == to_declare(case, page)
    refused = client.post(page, {"outcome": "upheld", "words": "Not read yet."})
    assert refused.status_code == 403
    assert "Not read yet." in text_of(refused)
    overview = client.get(address("review", case))
    assert address("take", case) not in overview.content.decode()
    assert client.post(address("take", case), {"conflict": "none"}).status_code == 403
    assert client.post(to_declare(case, page), {"conflict": "none"})["Location"] == page
    assert "Annex 2 was overlooked." in text_of(client.get(page))
    assert client.get(address("review_facts", case)).status_code == 200
    client.post(page, {"outcome": "upheld", "words": "Send it again; annex 2 is read first."})
    assert page not in client.get(QUEUE).content.decode()
    client.force_login(cast.reviewer)
    assert "Appeal answered: upheld" in text_of(client.get(address("review", case)))
    assert "annex 2 is read first" in text_of(client.get(address("review_messages", case)))
    client.force_login(cast.owner)
    assert "annex 2 is read first" in text_of(client.get(contest))
    again = client.post(reverse("open_again", args=[case.assessment.reference, appeal.reference]), follow=True)
    assert again.context["assessment"].follows == case.assessment
    assert "copied answers have to be confirmed" in text_of(again)


def test_an_appeal_changes_nothing_that_was_decided(client, cast):
    case = case_of(State.RETURNED, cast)
    mark_all(case, by=cast.independent)
    before = (case.assessment.state, list(case.decisions.values()), list(case.marks.values()))
    appeal = appeals.contest(case.assessment, appeals.contestable(case.assessment)[0].value, "Wrong.", by=cast.owner)
    appeals.answer(appeal, by=cast.second_independent, upheld=True, words="Send it again as it is.")
    case.assessment.refresh_from_db()
    assert before == (case.assessment.state, list(case.decisions.values()), list(case.marks.values()))
    assert timezone.localdate(appeal.at) == timezone.localdate()


def test_both_declarations_ask_the_same_and_each_says_what_comes_of_a_conflict():
    taking, reading = TakeForm({"conflict": "none", "words": "I know them."}), NoInterestForm({"conflict": "declared"})
    assert list(taking.errors) == ["conflict"]
    assert list(reading.errors) == ["words"]
    assert list(taking.fields) == list(reading.fields)
    said = [str(form.fields["words"].help_text) for form in (taking, reading, TakeForm())]
    assert ["If you have a conflict of interest, you cannot read the answers" in words for words in said] == [
        False,
        True,
        False,
    ]
    assert NoInterestForm({"conflict": "none"}).is_valid()


@pytest.mark.long
def test_a_request_is_taken_back_where_it_was_made(ines, cast):
    submission = case_of(State.SUBMITTED, cast)
    seat_requests.ask(submission, "first", cast.second_independent, by=cast.independent)
    page = address("assign_seat", submission, "first")
    assert "Withdraw the request to Ivan Independent" in text_of(ines.get(page))
    answer = ines.post(page, {"stop": "1"}, follow=True)
    assert "The request to Ivan Independent has been withdrawn." in text_of(answer)
    assert "Withdraw the request" not in text_of(answer)
    assert SeatRequest.objects.get().outcome == "recalled"
    assert "The request to Ivan Independent was withdrawn" in text_of(ines.get(address("review", submission)))
    ines.post(page, {"to": cast.second_independent.pk})
    assert SeatRequest.objects.filter(ended_at=None).count() == 1


def test_seat_request_withdrawn_by_its_recipient_is_refused(client, cast):
    submission = case_of(State.SUBMITTED, cast)
    seat_requests.ask(submission, "first", cast.second_independent, by=cast.independent)
    client.force_login(cast.second_independent)
    page = address("assign_seat", submission, "first")
    assert "Withdraw the request" not in text_of(client.get(page))
    assert client.post(page, {"stop": "1"}).status_code == 403
    assert SeatRequest.objects.filter(ended_at=None).exists()
