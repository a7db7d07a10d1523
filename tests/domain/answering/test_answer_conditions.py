"""Questions that hang on the answer to an earlier one, from the reader to the page: asked, counted, saved, hidden."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assessments.core.errors import Locked, WouldHide
from assessments.domain.answering import answers as answering_answers
from assessments.domain.review import decisions
from assessments.domain.submission import submit
from assessments.guideline.reading import Source, read_edition
from assessments.guideline.terms import Choice
from assessments.models import Answer, Assessment, ReviewMark
from assessments.models import Edition as EditionRow
from assessments.scoring.inputs import AnswerValue, Declared
from assessments.scoring.readiness import progress, sources
from tests.conftest import GUIDELINE
from tests.support.editions import PROVIDER, checklist, declare, duty, item, make_edition, practice
from tests.support.factories import Cast, make_assessment, mark_all, save
from tests.support.page_text import markup_of

FIRST, SECOND = "staff-policy", "policy-scope"
AT_WORK = {"used_at_work": True, "confidential_information": True}  # what opens both


# --- the pure part --------------------------------------------------------------------------------------------------------

CHAIN = make_edition(
    [duty("1"), duty("2"), duty("3"), duty("4")],
    [
        practice("one", "1"),
        practice("two", "2", when={"answer.one": ["in_place", "partly"]}),
        checklist(
            "three", item("a", "3"), item("b", "4", when={"answer.one": "in_place"}), when={"answer.two": "partly"}
        ),
    ],
)


def asked(**answers: str) -> list[str]:
    values = {key: AnswerValue(Choice(choice)) for key, choice in answers.items()}
    known = declare(PROVIDER).knowing(CHAIN, values)
    return [question.key for question in known.questions(CHAIN)]


def test_what_is_empty_or_not_known_is_the_worse_case_and_asks_on() -> None:
    assert asked() == asked(one="unknown") == ["one", "two", "three"]


def test_question_with_a_condition_is_asked_when_the_answer_satisfies_it() -> None:
    assert asked(one="partly", two="partly") == ["one", "two", "three"]
    assert asked(one="partly", two="in_place") == ["one", "two"]


def test_the_answer_to_a_question_that_is_not_asked_counts_as_none() -> None:
    assert asked(one="not_in_place", two="partly") == ["one"]


def test_a_line_hangs_on_an_answer_as_a_question_does() -> None:
    def lines(one: str) -> list[str | None]:
        values = {"one": AnswerValue(Choice(one)), "two": AnswerValue(Choice.PARTLY)}
        known = declare(PROVIDER).knowing(CHAIN, values)
        return [s.item.key for s in sources(CHAIN, known) if s.item]

    assert (lines("in_place"), lines("partly")) == (["a", "b"], ["a"])


def test_progress_counts_what_is_asked() -> None:
    values = {"one": AnswerValue(Choice.NOT_IN_PLACE), "two": AnswerValue(Choice.PARTLY)}
    total = progress(CHAIN, declare(PROVIDER).knowing(CHAIN, values), values).total
    assert (total.applicable, total.answered) == (1, 1)


def test_an_edition_without_such_conditions_costs_nothing(edition: Any) -> None:
    use: Declared = declare(PROVIDER)
    assert edition.answers_read == frozenset()
    assert use.knowing(edition, {}) is use


# --- in the database and on the page --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hanging(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """The shipped edition with one more condition: the content of a policy is asked where there is a policy."""
    folder = shutil.copytree(GUIDELINE, tmp_path_factory.mktemp("hanging") / "edition")
    _change(folder / "edition.yaml", "release: 7\n", "release: 99\n")
    people = folder / "questionnaires" / "people.yaml"
    _change(people, f"- key: {SECOND}\n", f"- key: {SECOND}\n  when: {{answer.{FIRST}: [in_place, partly]}}\n")
    return read_edition(folder)


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.fixture
def published(db: None, hanging: Source) -> None:
    EditionRow.objects.publish(hanging)


def shown(assessment: Assessment) -> set[str]:
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    return {question.key for question in assessment.declared().questions(assessment.compiled())}


@pytest.mark.long
def test_saving_an_answer_asks_before_it_hides_another(published: None, cast: Cast) -> None:
    draft = make_assessment(cast=cast, facts=AT_WORK)
    assert draft.compiled().release == 99
    before = draft.applicable
    none = {"choice": "not_in_place"}
    with pytest.raises(WouldHide) as error:
        answering_answers.save_answer(draft, FIRST, none, by=cast.owner, base=1, operation=uuid.uuid4(), may_hide=False)
    assert [answer.title for answer in error.value.answers] == ["Scope of the staff policy"]
    assert Answer.objects.get(assessment=draft, question__key=FIRST).choice == "in_place"
    saved = save(draft, FIRST, none, by=cast.owner)
    assert SECOND not in shown(draft)
    assert (saved.assessment.applicable, saved.assessment.answered) == (before - 1, before - 1)
    # Kept, and back as it was once the answer is.
    kept = Answer.objects.get(assessment=draft, question__key=SECOND)
    assert kept.choice == "ticked"
    save(draft, FIRST, {"choice": "partly"}, by=cast.owner)
    assert SECOND in shown(draft)


@pytest.mark.long
def test_a_hidden_answer_is_in_no_submission_and_cannot_be_saved(published: None, cast: Cast) -> None:
    draft = make_assessment("draft", "limited", cast=cast, facts=AT_WORK)
    save(draft, FIRST, {"choice": "not_in_place"}, by=cast.owner)
    with pytest.raises(Locked):
        save(draft, SECOND, {"choice": "none"}, by=cast.owner)
    content = submit.submit(draft, by=cast.owner, route="independent").content()
    assert SECOND not in content["answers"]
    assert SECOND not in {question["question"] for question in content["questions"]}


@pytest.mark.long
def test_a_returned_answer_unlocks_what_hangs_on_it(published: None, cast: Cast) -> None:
    submission = make_assessment("in_review", "limited", cast=cast, facts=AT_WORK).current_submission
    mark_all(submission, by=cast.independent, change={f"q:{FIRST}": "Show it."})
    assert ReviewMark.objects.filter(mark="change_needed").count() == 1
    decisions.send_back(submission, by=cast.independent)
    returned = Assessment.objects.for_dashboard().get(pk=submission.assessment_id)
    answered = returned.answer_values()
    assert answering_answers.unlocked_questions(returned, returned.declared(), answered) == {FIRST, SECOND}


@pytest.mark.long
def test_answer_that_would_hide_another_asks_once_before_it_is_saved(
    published: None, cast: Cast, client: Client
) -> None:
    draft = make_assessment(cast=cast, facts=AT_WORK)
    client.force_login(cast.owner)
    url = reverse("answer", args=[draft.reference, FIRST])
    sent = {
        f"{FIRST}--choice": "not_in_place",
        f"{FIRST}--base": "1",
        f"{FIRST}--operation": str(uuid.uuid4()),
        f"{FIRST}--text": "There is none yet.",
    }
    page = client.post(url, sent, headers={"HX-Request": "true"})
    text = markup_of(page)
    assert "Scope of the staff policy" in text
    assert f'value="hide:{FIRST}"' in text
    assert "Save my answer and hide the answer listed above" in text
    assert Answer.objects.get(assessment=draft, question__key=FIRST).choice == "in_place"
    client.post(url, {**sent, "resolve": f"hide:{FIRST}"}, headers={"HX-Request": "true"})
    assert Answer.objects.get(assessment=draft, question__key=FIRST).choice == "not_in_place"
    section = markup_of(client.get(reverse("section", args=[draft.reference, "people"])))
    assert f'id="q-{SECOND}"' not in section
