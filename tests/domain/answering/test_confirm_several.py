"""Answers that were taken over are confirmed several at once, each with its box, and come with their evidence."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from assessments.core.errors import NotPermitted
from assessments.domain.answering import carry_over, organisation_answers, reuse
from assessments.domain.evidence import library
from assessments.domain.review import appeals
from assessments.models import Answer, Appeal, Assessment, State
from tests.support.factories import bring_to, make_assessment, make_evidence, save
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

QUESTION = "use-register"


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def log(cast):
    return make_evidence(cast.organisation, by=cast.owner, title="Access log of the clinics")


@pytest.fixture
def opened(cast, log):
    """The next assessment of a use that was refused: all answers taken over, one with evidence."""
    case = make_assessment(State.DRAFT, "limited", cast=cast)
    library.attach(log, case, QUESTION, by=cast.owner)
    bring_to(case, State.REFUSED, tier="limited", by=cast.owner, route="independent")
    return organisation_answers.start(case.use, by=cast.owner)


def waiting(assessment):
    return [(row.question.key, row.revision) for row in reuse.copied_answers(assessment)]


def test_several_are_confirmed_at_once_and_are_answers_of_who_confirmed_them(cast, opened):
    chosen = waiting(opened)[:5]
    left = len(waiting(opened)) - 5
    confirmed = carry_over.confirm_several(opened, chosen, by=cast.contributor)
    assert (confirmed.done, confirmed.problems) == (tuple(key for key, _base in chosen), ())
    rows = Answer.objects.filter(assessment=opened, question__key__in=confirmed.done)
    assert set(rows.values_list("to_confirm", "by")) == {(False, cast.contributor.pk)}
    assert len(waiting(opened)) == left


def test_one_that_was_changed_meanwhile_holds_up_no_other(cast, opened):
    (first, base), second = waiting(opened)[:2]
    save(opened, first, {"choice": "in_place", "text": "Changed meanwhile."}, by=cast.owner)
    confirmed = carry_over.confirm_several(opened, [(first, base), second], by=cast.contributor)
    assert confirmed.done == (second[0],)
    assert [key for key, _reason in confirmed.problems] == [first]
    assert Answer.objects.get(assessment=opened, question__key=first).text == "Changed meanwhile."


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("who", ["viewer", "reviewer", "outsider", "staff"])
def test_nobody_confirms_who_may_not_answer(who, cast, opened):
    with pytest.raises(NotPermitted):
        carry_over.confirm_several(opened, waiting(opened)[:1], by=getattr(cast, who))
    assert Answer.objects.filter(assessment=opened, to_confirm=False).count() == 0


@pytest.mark.long
def test_the_page_confirms_what_is_ticked_and_shows_the_evidence(cast, opened, client, log):
    client.force_login(cast.contributor)
    page = reverse("reuse", args=[opened.reference])
    shown = client.get(page)
    assert log.title in text_of(shown)
    boxes = re.findall(r'name="true" value="([^"]+)"', markup_of(shown))
    assert len(boxes) == len(waiting(opened)) > 20
    assert 'name="true" value="' in markup_of(shown)
    assert not re.search(r"<input[^>]* checked", markup_of(shown))  # each is read first
    n = len(boxes) // 2
    done = client.post(page, {"together": "1", "true": boxes[:n]}, follow=True)
    assert f"{n} answers are confirmed." in text_of(done)
    assert len(waiting(opened)) == len(boxes) - n


@pytest.mark.long
def test_nothing_ticked_and_what_failed_are_said(cast, opened, client):
    client.force_login(cast.contributor)
    page = reverse("reuse", args=[opened.reference])
    assert "Tick the answers that are also true for this use." in text_of(client.post(page, {"together": "1"}))
    first, base = waiting(opened)[0]
    done = client.post(page, {"together": "1", "true": [f"{first}:{base + 7}", "no-such-question:1", "x"]}, follow=True)
    assert "0 answers are confirmed." in text_of(done)
    assert "changed this answer while you were reading" in text_of(done)
    assert len(waiting(opened)) == Answer.objects.filter(assessment=opened).count()


@pytest.mark.long
def test_the_queries_of_the_page_do_not_grow_with_the_answers(cast, opened, client, django_assert_max_num_queries):
    client.force_login(cast.contributor)
    page = reverse("reuse", args=[opened.reference])
    client.get(page)
    with django_assert_max_num_queries(15):
        client.get(page)


@pytest.mark.long
def test_answers_copied_from_another_use_come_with_their_evidence(cast, log, client):
    source = make_assessment(State.DRAFT, "limited", cast=cast)
    library.attach(log, source, QUESTION, by=cast.owner)
    gone = make_evidence(cast.organisation, by=cast.owner, title="Withdrawn log")
    library.attach(gone, source, QUESTION, by=cast.owner)
    library.withdraw(gone, by=cast.owner)
    new = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    client.force_login(cast.owner)
    page = f"{reverse('reuse', args=[new.reference])}?from={source.reference}"
    ticked = [one["row"].pk for one in client.get(page).context["offered"]]
    client.post(reverse("reuse", args=[new.reference]), {"take": ticked, "from": source.reference})
    row = Answer.objects.get(assessment=new, question__key=QUESTION)
    assert row.to_confirm
    assert [use.evidence for use in row.evidence_uses.all()] == [log]


@pytest.mark.long
def test_the_assessment_that_an_upheld_appeal_opens_has_the_evidence_of_the_case(cast, log):
    case = make_assessment(State.DRAFT, "limited", cast=cast)
    library.attach(log, case, QUESTION, by=cast.owner)
    bring_to(case, State.REFUSED, tier="limited", by=cast.owner, route="independent")
    appeal = appeals.contest(case, appeals.contestable(case)[0].value, "Annex 2 was overlooked.", by=cast.owner)
    appeals.answer(appeal, by=cast.second_independent, upheld=True, words="Send it again.")
    begun = appeals.open_again(Appeal.objects.get(), by=cast.owner)
    row = Answer.objects.get(assessment=begun, question__key=QUESTION)
    assert [use.evidence for use in row.evidence_uses.all()] == [log]
    assert Assessment.objects.filter(use=case.use).count() == 2
