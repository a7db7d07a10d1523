"""From an old release to release 7: a draft goes on to its end unchanged, a new assessment takes over what keeps its meaning."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.core.errors import InvalidAnswer
from assessments.domain.answering import carry_over, organisation_answers, reuse, start
from assessments.domain.facts import declare, values
from assessments.models import Answer, Edition, Submission
from tests.support.factories import MILD, bring_to, fill, make_use, save
from tests.support.releases import store, while_current

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


@pytest.fixture
def second(db):
    return store(2)


def assessed_on(row, cast, *, state="refused", tier="limited", answers=None):
    """A use that was assessed on an earlier release, brought to a state."""
    use = make_use(tier, cast.organisation)
    with while_current(row):
        assessment = start.start_assessment(use, by=cast.owner)
        missing = values.missing_facts(use, assessment.compiled())
        declare.declare_facts(use, {key: MILD[key] for key in missing}, by=cast.owner)
        fill(assessment, by=cast.owner, answers=answers)
    if state != "draft":
        bring_to(assessment, state, tier=tier, by=cast.owner, route="independent")
    return assessment


@pytest.mark.long
def test_a_draft_on_release_2_goes_on_to_its_end_unchanged(cast, second):
    draft = assessed_on(second, cast, state="draft")
    assert Edition.objects.current().release == 7
    questions = [question.key for question in draft.declared().questions(draft.compiled())]
    assert questions == [question.key for question in draft.declared().questions(second.compiled())]
    before = draft.answer_values()
    assert organisation_answers.start(draft.use, by=cast.owner).pk == draft.pk
    assert draft.answer_values() == before
    bring_to(draft, "certified", tier="limited", by=cast.owner, route="independent")
    content = Submission.objects.defer(None).get(assessment=draft).content()
    assert content["edition"]["release"] == 2
    assert "to_accept" not in content
    assert not any("rank" in action for action in content["actions"])


def test_a_draft_on_release_2_keeps_its_page_of_results(client, cast, second):
    draft = assessed_on(second, cast, state="draft", answers={"use-register": {"choice": "not_in_place"}})
    client.force_login(cast.owner)
    page = client.get(reverse("results", args=[draft.reference])).content.decode()
    assert "Results of this use today" in page
    assert "Packages" not in page


@pytest.mark.long
def test_a_new_assessment_takes_over_what_keeps_its_meaning_to_be_confirmed(cast, second):
    said = {"choice": "partly", "text": "Kept for three of our five clinics."}
    former = assessed_on(second, cast, answers={"use-register": said})
    new = organisation_answers.start(former.use, by=cast.owner)
    assert (new.compiled().release, new.follows_id) == (7, former.pk)
    row = new.answers.get(question__key="use-register")
    assert (row.choice, row.text, row.to_confirm) == ("partly", said["text"], True)
    old, fresh = second.compiled().questions, new.compiled().questions
    for row in new.answers.select_related("question"):
        key = row.question.key
        assert old[key].kind == fresh[key].kind
        assert set(row.items) <= {item.key for item in old[key].items} & {item.key for item in fresh[key].items}
    assert new.answer_values() == {}  # nothing counts before somebody has confirmed it


@pytest.mark.long
def test_what_release_3_does_not_ask_is_left_in_the_former_assessment(cast, second):
    former = assessed_on(second, cast)
    before = set(former.answers.values_list("question__key", flat=True))
    new = organisation_answers.start(former.use, by=cast.owner)
    asked = {question.key for question in new.declared().questions(new.compiled())}
    taken = set(new.answers.values_list("question__key", flat=True))
    assert taken <= before & asked
    assert before - asked
    assert set(former.answers.values_list("question__key", flat=True)) == before


@pytest.mark.long
def test_it_says_what_is_new(client, cast, second):
    former = assessed_on(second, cast)
    new = organisation_answers.start(former.use, by=cast.owner)
    news = carry_over.news_in(new)
    old = second.compiled().questions
    asked = new.declared().questions(new.compiled())
    assert [question.key for question in news.questions] == [q.key for q in asked if q.key not in old]
    assert news.questions
    for one in news.lines:
        assert not {item.key for item in one.items} & {item.key for item in old[one.question.key].items}
    client.force_login(cast.owner)
    tasks = client.get(new.get_absolute_url()).content.decode()
    assert "new since the last assessment" in tasks
    page = client.get(reverse("reuse", args=[new.reference])).content.decode()
    assert all(question.title in page.replace("&#x27;", "'") for question in news.questions)


def test_nothing_is_new_against_the_same_release(cast):
    from tests.support.factories import make_assessment

    former = make_assessment("certified", "low", cast=cast)
    new = organisation_answers.start(former.use, by=cast.owner)
    assert not carry_over.news_in(new)
    assert new.answers.filter(to_confirm=True).count() == former.answers.count()


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("release", [3, 4, 5, 6])
def test_from_release_3_or_4_every_answer_is_taken_over_and_nothing_is_new(cast, db, release):
    """Release 7 says in other words what these asked: whoever renews confirms, and answers nothing twice."""
    former = assessed_on(store(release), cast)
    new = organisation_answers.start(former.use, by=cast.owner)
    assert new.compiled().release == 7
    assert not carry_over.news_in(new)
    assert new.answers.filter(to_confirm=True).count() == former.answers.count()


@pytest.mark.long
def test_a_plan_that_is_over_is_carried_and_needs_a_new_day(cast, second):
    later = timezone.localdate() + timedelta(days=20)
    former = assessed_on(second, cast, answers={"use-register": {"choice": "planned", "planned_for": later}})
    Answer.objects.filter(assessment=former, question__key="use-register").update(
        planned_for=timezone.localdate() - timedelta(days=2)
    )
    new = organisation_answers.start(former.use, by=cast.owner)
    row = new.answers.get(question__key="use-register")
    with pytest.raises(InvalidAnswer):
        reuse.confirm_copied(new, "use-register", by=cast.owner, base=row.revision)
    save(new, "use-register", {"choice": "planned", "planned_for": later}, by=cast.owner)


def test_confirming_makes_it_an_answer_of_the_newest_release(cast, second):
    former = assessed_on(second, cast, answers={"use-register": {"choice": "partly"}})
    new = organisation_answers.start(former.use, by=cast.owner)
    reuse.confirm_copied(new, "use-register", by=cast.contributor, base=1)
    assert new.answer_values()["use-register"].choice == "partly"
