"""What was returned: only that, changed or replied to, with what depends on it; and the return itself before it is made."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.domain.evidence import library
from assessments.domain.facts import declare
from assessments.domain.review import decisions, replies
from assessments.models import Assessment, MarkReply, State, Submission
from tests.support.factories import in_days, make_assessment, make_evidence, mark_all, save
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

QUESTION, OTHER, THIRD = "use-register", "accountable-owner", "known-failures"
THREE = {f"q:{QUESTION}": "An entry.", f"q:{OTHER}": "A name.", "f:personal_data": "You name patients."}


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def sent_back(cast, change=THREE, facts=None, **fields):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, facts=facts)
    submission = Submission.objects.get(assessment=assessment)
    mark_all(submission, by=cast.independent, change=change)
    decisions.send_back(submission, by=cast.independent, **fields)
    return Assessment.objects.for_dashboard().get(pk=assessment.pk)


def page_of(assessment):
    return reverse("returned", args=[assessment.reference])


@pytest.fixture
def olivia(client, cast):
    client.force_login(cast.owner)
    return client


def words_for(target, words, base=0):
    a = f"r-{target.replace(':', '-')}"
    return {f"{a}-words": words, f"{a}-base": str(base), f"{a}-operation": str(uuid.uuid4())}


@pytest.mark.long
def test_a_reply_counts_as_dealt_with_and_so_does_a_change_or_new_evidence(olivia, cast):
    assessment = sent_back(cast)
    first = text_of(olivia.get(page_of(assessment)))
    assert "0 of 3 changes dealt with" in first
    assert "All answers saved" not in first  # nothing is dealt with yet
    assert "What you typed is saved" in first
    save(assessment, QUESTION, {"choice": "in_place", "text": "Entry of 3 May."}, by=cast.owner)
    assert "1 of 3 changes dealt with" in text_of(olivia.get(page_of(assessment)))
    olivia.post(page_of(assessment), words_for("f:personal_data", "They are invented names."))
    assert "2 of 3 changes dealt with" in text_of(olivia.get(page_of(assessment)))
    library.attach(make_evidence(cast.organisation), assessment, OTHER, by=cast.owner)
    text = text_of(olivia.get(page_of(assessment)))
    assert "3 of 3 changes dealt with" in text
    assert "They are invented names." in text


@pytest.mark.long
def test_the_page_of_a_return_leads_to_its_letter(olivia, cast):
    assessment = sent_back(cast)
    letter = assessment.current_submission.documents.get(kind="decision_letter")
    page = markup_of(olivia.get(page_of(assessment)))
    assert f'<a href="{letter.get_absolute_url()}">Read the letter about the returned submission</a>' in page


def test_a_reply_is_saved_as_it_is_typed(olivia, cast):
    assessment = sent_back(cast)
    target = f"q:{OTHER}"
    url = reverse("reply", args=[assessment.reference])
    data = {"target": target} | words_for(target, "It is on page 3.")
    response = olivia.post(url, data, headers={"HX-Request": "true"})
    assert "Saved" in text_of(response)
    assert 'name="r-q-accountable-owner-base" value="1"' in markup_of(response)
    replies.reply(assessment, target, by=cast.contributor, words="On page 4.", base=1)
    late = {"target": target} | words_for(target, "On page 5.", base=1)
    response = olivia.post(url, late, headers={"HX-Request": "true"})
    assert "Connie Contributor changed this reply" in text_of(response)
    assert "On page 4." in text_of(response)
    assert 'name="r-q-accountable-owner-base" value="1"' in markup_of(response)
    again = olivia.post(page_of(assessment), words_for(target, "On page 5.", base=1))
    assert "On page 5." in markup_of(again)
    assert MarkReply.objects.get().words == "On page 4."
    olivia.post(page_of(assessment), words_for(target, "On page 5.", base=1) | {"resolve-reply": f"r-q-{OTHER}:2"})
    assert MarkReply.objects.get().words == "On page 5."
    assert olivia.post(url, {"target": f"q:{THIRD}"}).status_code in (302, 404)


@pytest.mark.long
def test_a_follow_up_of_a_new_answer_stays_on_the_page_once_it_is_answered(olivia, cast):
    assessment = sent_back(cast)
    declare.declare_facts(assessment.use, {"personal_data": "ordinary"}, by=cast.owner)
    found = olivia.get(page_of(assessment)).context
    follow_ups = [view.key for view in found["questions"] if view.mark is None]
    assert follow_ups
    save(assessment, follow_ups[0], {"choice": "unknown"}, by=cast.owner)
    after = olivia.get(page_of(assessment)).context
    assert [view.key for view in after["questions"] if view.mark is None] == follow_ups
    assert (after["total"], after["dealt"]) == (3 + len(follow_ups), 2)


@pytest.mark.long
def test_a_fact_is_changed_and_leads_back_to_what_was_returned(olivia, cast):
    assessment = sent_back(cast)
    page = markup_of(olivia.get(page_of(assessment)))
    address = re.search(r'href="(/uses/[^"]*then=returned#fact-personal_data)"', page).group(1)
    assert "Save and go back to the changes" in text_of(olivia.get(address.partition("#")[0]))
    url = address.partition("?")[0]
    form = {"then": "returned", "personal_data": "ordinary", "base_personal_data": "1"}
    assert olivia.post(url, form)["Location"] == page_of(assessment)
    assert assessment.use.facts.get(key="personal_data").value == "ordinary"


@pytest.mark.long
def test_a_returned_fact_is_changed_on_the_page_itself(olivia, cast):
    assessment = sent_back(cast)
    assert 'name="personal_data"' in markup_of(olivia.get(page_of(assessment)))
    form = {"personal_data": "ordinary", "base_personal_data": "1", "operation": str(uuid.uuid4())}
    response = olivia.post(page_of(assessment), form)
    assert response["Location"] == page_of(assessment)
    assert assessment.use.facts.get(key="personal_data").value == "ordinary"
    stale = olivia.post(page_of(assessment), form | {"personal_data": "sensitive", "operation": str(uuid.uuid4())})
    assert "Nothing was overwritten" in text_of(stale)
    assert assessment.use.facts.get(key="personal_data").value == "ordinary"
    wrong = olivia.post(page_of(assessment), form | {"personal_data": "", "base_personal_data": "2"})
    assert "Choose an answer." in text_of(wrong)


@pytest.mark.long
def test_a_returned_fact_that_would_hide_answers_is_changed_where_they_are_shown(olivia, cast):
    assessment = sent_back(cast, facts={"personal_data": "ordinary"})
    form = {"personal_data": "none", "base_personal_data": "1", "operation": str(uuid.uuid4())}
    response = olivia.post(page_of(assessment), form)
    assert "existing answers. Make the change on the page where the fact is declared" in text_of(response)
    assert assessment.use.facts.get(key="personal_data").value == "ordinary"


def test_only_who_answers_there_sees_a_box_and_others_read_the_reply(client, cast):
    assessment = sent_back(cast)
    replies.reply(assessment, f"q:{OTHER}", by=cast.owner, words="It is on page 3.")
    client.force_login(cast.viewer)
    page = client.get(page_of(assessment))
    assert "It is on page 3." in text_of(page)
    assert "<textarea" not in markup_of(page).partition("hk-sheet")[2]
    assert client.post(reverse("reply", args=[assessment.reference]), {"target": f"q:{OTHER}"}).status_code == 403


@pytest.mark.long
def test_what_goes_back_untouched_is_confirmed_on_signing(olivia, cast):
    assessment = sent_back(cast)
    save(assessment, QUESTION, {"choice": "in_place", "text": "Entry of 3 May."}, by=cast.owner)
    replies.reply(assessment, "f:personal_data", by=cast.owner, words="They are invented names.")
    check = text_of(olivia.get(reverse("check", args=[assessment.reference])))
    assert "The reviewer returned this answer or fact, but nobody has changed it or replied to the reviewer:" in check
    url = reverse("sign", args=[assessment.reference])
    page = olivia.get(url)
    form = page.context["form"]
    assert [title for title, _url in page.context["untouched"]] == [assessment.compiled().questions[OTHER].title]
    data = {name: "on" for name in form.fields if name.startswith("statement_")}
    data |= {"seen": form.digest, "route": "independent"}
    assert "If you want to send them back without doing either, tick this box." in text_of(olivia.post(url, data))
    assert Submission.objects.filter(assessment=assessment).count() == 1
    assert olivia.post(url, data | {"as_it_was": "on"}).status_code == 302
    second = Submission.objects.get(assessment=assessment, round=2)
    assert [reply["target"] for reply in second.content()["replies"]] == ["f:personal_data"]


@pytest.mark.long
def test_who_signs_has_read_the_replies_too(olivia, cast):
    assessment = sent_back(cast)
    url = reverse("sign", args=[assessment.reference])
    digest = olivia.get(url).context["form"].digest
    replies.reply(assessment, f"q:{OTHER}", by=cast.contributor, words="Not in my name.")
    data = {"seen": digest, "route": "independent", "as_it_was": "on"} | {f"statement_{n}": "on" for n in (1, 2, 3)}
    assert "have changed since you opened this page" in text_of(olivia.post(url, data))


def test_the_day_to_answer_by_stands_on_the_page_and_in_the_mail(olivia, cast):
    assessment = sent_back(cast, answer_by=in_days(9), words="Both at once, please.")
    day = in_days(9)
    text = text_of(olivia.get(page_of(assessment)))
    assert f"asks for your answer by {day.day} {day:%B %Y}" in text
    assert "9 days are left." in text
    mail = cast.owner.inbox.get(kind="returned")
    assert f"Please answer by {day.day} {day:%B %Y}." in mail.text
    assert "Both at once, please." in mail.text


def test_a_return_shows_the_mail_before_it_is_sent(client, cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    submission = Submission.objects.get(assessment=assessment)
    mark_all(submission, by=cast.independent, change=THREE)
    client.force_login(cast.independent)
    url = reverse("send_back", args=[submission.reference])
    usual = timezone.localdate() + timedelta(days=14)
    page = text_of(client.get(url))
    assert f"The reviewer has asked for 3 changes. Please answer by {usual.day} {usual:%B %Y}." in page
    assert "Kept in the register." in page
    preview = client.post(url, {"words": "By Friday.", "answer_by": in_days(3).isoformat(), "preview": "1"})
    assert text_of(preview).count("By Friday.") == 2
    assert Assessment.objects.get(pk=assessment.pk).state == State.IN_REVIEW
    wrong = client.post(url, {"words": "By Friday.", "answer_by": timezone.localdate().isoformat()})
    assert "Choose a day after today." in text_of(wrong)
    assert client.post(url, {"words": "By Friday.", "answer_by": in_days(3).isoformat()}).status_code == 302
    assert submission.decisions.get().answer_by == in_days(3)
