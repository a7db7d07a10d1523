"""The versions of an answer and of an assessment: what is kept, what is shown of it, and taking one back."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from assessments.core.errors import Conflict, InvalidAnswer, Locked, NotPermitted
from assessments.domain.answering import answers, assignments
from assessments.domain.facts import declare
from assessments.domain.review import decisions, seat_taking
from assessments.domain.submission import submit
from assessments.models import Answer, AnswerRevision, Assessment, Membership, RevisionOutcome, Route, State, User
from assessments.scoring import inputs
from assessments.views.assessment.history import SITTING, Save, every_step, sittings
from tests.support.factories import Cast, anew, in_days, make_assessment, mark_all, save
from tests.support.sections import asked, cost, text_of, url

PRACTICE = "use-register"
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def once_for_all(cast: Cast) -> Assessment:
    """A draft with one answer in two versions, of two people."""
    assessment = make_assessment(cast=cast, filled=False)
    save(assessment, PRACTICE, {"choice": "partly", "text": "Listed for three of five clinics."}, by=cast.owner)
    save(assessment, PRACTICE, {"choice": "in_place", "text": "Listed for all five clinics."}, by=cast.contributor)
    return assessment


@pytest.fixture
def draft(made: tuple[Cast, Assessment], db: None) -> Assessment:
    return anew(made[1])


def answer_of(assessment: Assessment, question: str = PRACTICE) -> Answer:
    return Answer.objects.get(assessment=assessment, question__key=question)


def versions(assessment: Assessment, question: str = PRACTICE) -> list[tuple[int, str, str]]:
    rows = answer_of(assessment, question).revisions.order_by("number")
    return [(row.number, row.value["choice"], row.outcome) for row in rows]


def history(client: Client, assessment: Assessment, question: str = PRACTICE, query: str = "") -> str:
    return text_of(client.get(url("history", assessment, question, query=query)))


def restoring(assessment: Assessment, number: int, base: int, *, by: User, question: str = PRACTICE) -> Any:
    return answers.restore_answer(assessment, question, number, by=by, base=base)


# --- reading ---------------------------------------------------------------------------------------------------------------


def test_each_version_says_who_when_and_what_it_changed(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    page = history(client, draft)
    newest, oldest = page.partition('id="version-1"')[::2]
    assert "Connie Contributor, " in newest
    assert "Olivia Owner, " in oldest
    assert '<del><span class="visually-hidden">removed </span>Partly</del>' in newest
    assert '<ins><span class="visually-hidden">added </span>In place</ins>' in newest
    assert '<del><span class="visually-hidden">removed </span>three of</del> five clinics.' in newest
    assert '<ins><span class="visually-hidden">added </span>all</ins> five clinics.' in newest
    assert "Current version" in newest
    assert "<del>" not in oldest


def test_lines_of_a_checklist_are_told_apart(client: Client, cast: Cast) -> None:
    draft = make_assessment(cast=cast, filled=False)
    edition, declared = draft.compiled(), draft.declared()
    question = next(q for q in declared.questions(edition) if len(declared.items(edition, q)) > 2)
    one, two, three = declared.items(edition, question)[:3]
    save(draft, question.key, {"choice": "ticked", "items": {one.key: True, two.key: True}}, by=cast.owner)
    save(draft, question.key, {"choice": "ticked", "items": {two.key: True, three.key: True}}, by=cast.contributor)
    client.force_login(cast.owner)
    newest = history(client, draft, question.key).partition('id="version-1"')[0]
    lines = newest.partition('hk-became-lines">')[2].partition("</ul>")[0]
    assert [line.partition("<")[0] or line[1:4] for line in lines.split("<li>")[1:]] == ["del", two.text, "ins"]


def test_a_version_kept_beside_a_newer_one_is_shown_and_can_be_restored(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    with pytest.raises(Conflict):
        save(draft, PRACTICE, {"choice": "partly", "text": "Typed on an old page."}, by=cast.owner, base=1)
    client.force_login(cast.owner)
    page = history(client, draft)
    newest = page.partition('id="version-3"')[2].partition('id="version-2"')[0]
    assert "Not used, because a newer version had already been saved" in newest
    assert "Typed on an old page." in newest.replace("</ins>", "").replace(
        '<ins><span class="visually-hidden">added </span>', ""
    )
    client.post(url("history", draft, PRACTICE), {"number": 3, "base": 2})
    assert answer_of(draft).text == "Typed on an old page."


def test_an_answer_that_nobody_gave_has_no_history_yet(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    assert "Nobody has answered this question yet" in history(client, draft, "ai-framework")


def test_an_answer_whose_question_is_hidden_can_be_read_and_not_restored(client: Client, cast: Cast) -> None:
    draft = make_assessment(cast=cast, facts={"personal_data": "ordinary", "cross_border_transfer": True}, filled=False)
    before = asked(draft, "personal-data")
    declare.declare_facts(draft.use, {"cross_border_transfer": False}, by=cast.owner)
    (hidden,) = set(before) - set(asked(Assessment.objects.for_dashboard().get(pk=draft.pk), "personal-data"))
    declare.declare_facts(draft.use, {"cross_border_transfer": True}, by=cast.owner)
    for choice in ("unknown", "none"):
        save(draft, hidden, {"choice": choice}, by=cast.owner)
    declare.declare_facts(draft.use, {"cross_border_transfer": False}, by=cast.owner)
    client.force_login(cast.owner)
    page = history(client, draft, hidden)
    assert "This question no longer applies to the use." in page
    assert "Restore version" not in page
    with pytest.raises(Locked):
        restoring(draft, 1, 2, by=cast.owner, question=hidden)


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 200), ("contributor", 200), ("viewer", 200), ("assigned", 404), ("outsider", 404), ("reviewer", 404)],
)
def test_history_is_for_members_who_see_the_question(
    client: Client, cast: Cast, draft: Assessment, who: str, status: int
) -> None:
    client.force_login(getattr(cast, who))
    assert client.get(url("history", draft, PRACTICE)).status_code == status
    assert client.get(url("history", draft, "no-such-question")).status_code == 404


def at(minutes: int, number: int, by: int = 1, outcome: str = RevisionOutcome.CURRENT, choice: str = "partly") -> Save:
    return Save(number, by, timezone.now() + timedelta(minutes=minutes), outcome, choice)


def test_saves_of_one_sitting_are_summed_up_and_nothing_else_is() -> None:
    saves = [
        at(0, 1), at(1, 2), at(2, 3),  # one person types
        at(3, 4, by=2),  # another one
        at(4, 5, by=2, outcome=RevisionOutcome.CONFLICT), at(5, 6, by=2),
        at(6, 7, by=2, outcome=RevisionOutcome.RESTORED), at(7, 8, by=2),
        at(7 + SITTING // timedelta(minutes=1) + 1, 9, by=2),  # after a pause
        at(19, 10, by=2, choice="in_place"),  # typing goes on, the choice is another
    ]  # fmt: skip
    summed = [(save.number, before, steps) for save, before, steps in sittings(saves)]
    assert summed == [(3, None, 3), (4, 3, 1), (5, 4, 1), (6, 4, 1), (7, 6, 1), (8, 7, 1), (9, 8, 1), (10, 9, 1)]
    assert [(save.number, before) for save, before, _steps in every_step(saves)][:5] == [
        (1, None), (2, 1), (3, 2), (4, 3), (5, 4),
    ]  # fmt: skip


def test_every_save_is_there_when_asked_for(client: Client, cast: Cast, draft: Assessment) -> None:
    for n in range(3):
        save(draft, PRACTICE, {"choice": "in_place", "text": f"Listed for all five clinics. {n}"}, by=cast.contributor)
    client.force_login(cast.owner)
    summed, steps = history(client, draft), history(client, draft, query="?steps")
    assert ("5 versions" in summed, "saved 4 times" in summed, 'id="version-3"' in summed) == (True, True, False)
    assert [f'id="version-{n}"' in steps for n in range(1, 6)] == [True] * 5


def test_a_long_history_is_leafed_through(client: Client, cast: Cast, draft: Assessment) -> None:
    for n in range(22):
        save(draft, PRACTICE, {"choice": "in_place", "text": f"{n}"}, by=(cast.owner, cast.contributor)[n % 2])
    client.force_login(cast.owner)
    assert 'id="version-1"' not in history(client, draft)
    assert 'id="version-1"' in history(client, draft, query="?page=2")


# --- restoring -------------------------------------------------------------------------------------------------------------


def test_restoring_makes_a_new_version_and_takes_none_away(cast: Cast, draft: Assessment) -> None:
    saved = restoring(draft, 1, 2, by=cast.owner)
    assert (saved.changed, saved.answer.revision, saved.answer.text) == (True, 3, "Listed for three of five clinics.")
    assert versions(draft) == [(1, "partly", "current"), (2, "in_place", "current"), (3, "partly", "restored")]


def test_a_restored_answer_can_be_undone_by_restoring_the_former(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.contributor)
    page = text_of(client.post(url("history", draft, PRACTICE), {"number": 1, "base": 2}, follow=True))
    assert "Version 1 was restored and is now version 3. To undo this, restore version 2." in page
    client.post(url("history", draft, PRACTICE), {"number": 2, "base": 3})
    assert answer_of(draft).text == "Listed for all five clinics."
    assert [outcome for _n, _choice, outcome in versions(draft)] == ["current", "current", "restored", "restored"]


def test_restoring_counts_like_any_save(cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "unknown"}, by=cast.owner)
    draft.refresh_from_db()
    assert draft.unknown == 1
    restoring(draft, 1, 3, by=cast.owner)
    draft.refresh_from_db()
    assert (draft.unknown, draft.answered) == (0, 1)


def test_every_field_of_a_version_comes_back(cast: Cast) -> None:
    draft = make_assessment(cast=cast, filled=False)
    kept = {"choice": "planned", "planned_for": in_days(30), "text": "By spring."}
    save(draft, PRACTICE, kept, by=cast.owner)
    save(draft, PRACTICE, {"choice": "not_applicable", "reason": "Nobody uses it."}, by=cast.owner)
    restoring(draft, 1, 2, by=cast.owner)
    answer = answer_of(draft)
    assert (answer.choice, answer.planned_for, answer.text, answer.reason) == ("planned", in_days(30), "By spring.", "")


def test_lines_that_are_not_asked_any_more_are_left_out_of_what_is_restored(cast: Cast) -> None:
    draft = make_assessment(cast=cast, facts={"markets": ["hong_kong", "us"]}, filled=False)
    edition, declared = draft.compiled(), draft.declared()
    question = edition.questions[asked(draft, "purpose-and-risk")[-1]]
    for key in asked(draft, "purpose-and-risk"):
        items = {item.key: item for item in declared.items(edition, edition.questions[key])}
        fewer = inputs.Declared({**declared.facts, "markets": ("hong_kong", "eu")}, declared.parts, declared.tier)
        if gone := set(items) - {item.key for item in fewer.items(edition, edition.questions[key])}:
            question = edition.questions[key]
            break
    all_lines = dict.fromkeys(items, True)
    save(draft, question.key, {"choice": "ticked", "items": all_lines}, by=cast.owner)
    save(draft, question.key, {"choice": "ticked", "items": dict.fromkeys(gone, True)}, by=cast.owner)
    save(draft, question.key, {"choice": "unknown"}, by=cast.owner)
    declare.declare_facts(draft.use, {"markets": ["hong_kong", "eu"]}, by=cast.owner)
    draft = Assessment.objects.for_dashboard().get(pk=draft.pk)
    with pytest.raises(InvalidAnswer, match="the lines that are ticked in it no longer apply"):
        restoring(draft, 2, 3, by=cast.owner, question=question.key)
    restoring(draft, 1, 3, by=cast.owner, question=question.key)
    assert set(answer_of(draft, question.key).items) == set(items) - gone


def test_nothing_is_restored_over_what_somebody_saved_meanwhile(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "not_in_place"}, by=cast.contributor)
    client.force_login(cast.owner)
    page = text_of(client.post(url("history", draft, PRACTICE), {"number": 1, "base": 2}, follow=True))
    assert "Connie Contributor has changed it since you opened the page. Nothing was restored." in page
    assert versions(draft)[-1] == (3, "not_in_place", "current")


def test_a_version_that_reads_like_the_answer_makes_no_new_one(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    page = text_of(client.post(url("history", draft, PRACTICE), {"number": 2, "base": 2}, follow=True))
    assert "The answer is already the same as version 2." in page
    assert len(versions(draft)) == 2


@pytest.mark.parametrize("form", [{}, {"number": "x", "base": "2"}, {"number": "99", "base": "2"}])
def test_a_version_that_is_not_there_is_not_restored(
    client: Client, cast: Cast, draft: Assessment, form: dict[str, str]
) -> None:
    client.force_login(cast.owner)
    page = text_of(client.post(url("history", draft, PRACTICE), form, follow=True))
    assert "hk-message-error" in page
    assert len(versions(draft)) == 2


def test_a_version_of_another_answer_is_not_restored(cast: Cast, draft: Assessment) -> None:
    other = make_assessment(cast=cast, filled=False)
    for n in range(5):
        save(other, PRACTICE, {"choice": "partly", "text": f"{n}"}, by=cast.owner)
    with pytest.raises(InvalidAnswer):
        restoring(draft, 5, 2, by=cast.owner)


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("assigned", 404), ("outsider", 404), ("reviewer", 404)])
def test_who_may_not_answer_restores_nothing(
    client: Client, cast: Cast, draft: Assessment, who: str, status: int
) -> None:
    client.force_login(getattr(cast, who))
    assert client.post(url("history", draft, PRACTICE), {"number": 1, "base": 2}).status_code == status
    assert len(versions(draft)) == 2
    with pytest.raises(NotPermitted):
        restoring(draft, 1, 2, by=getattr(cast, who))


def test_a_locked_answer_is_not_restored(client: Client, cast: Cast) -> None:
    assessment = make_assessment(cast=cast, tier="limited")
    save(assessment, PRACTICE, {"choice": "partly"}, by=cast.owner)
    submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    client.force_login(cast.owner)
    assert "Restore version" not in history(client, assessment)
    page = text_of(client.post(url("history", assessment, PRACTICE), {"number": 1, "base": 2}, follow=True))
    assert "locked" in page
    assert answer_of(assessment).choice == "partly"


@pytest.mark.long
def test_while_returned_only_what_was_marked_can_be_restored(client: Client, cast: Cast) -> None:
    assessment = make_assessment(cast=cast, tier="limited")
    for key in (PRACTICE, "ai-framework"):
        save(assessment, key, {"choice": "partly"}, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent, change={f"q:{PRACTICE}": "Show it."})
    decisions.send_back(submission, by=cast.independent, words="Please.")
    client.force_login(cast.owner)
    assert "Restore version 1" in history(client, assessment)
    assert "Restore version 1" not in history(client, assessment, "ai-framework")
    client.post(url("history", assessment, "ai-framework"), {"number": 1, "base": 2})
    assert answer_of(assessment, "ai-framework").choice == "partly"


# --- comparing two versions of an assessment ---------------------------------------------------------------------------------


@pytest.fixture
def returned(cast: Cast) -> Assessment:
    """Sent once, returned, one answer changed since and one fact with it."""
    assessment = make_assessment(State.RETURNED, "limited", cast=cast)
    save(assessment, PRACTICE, {"choice": "partly", "text": "Kept in two registers."}, by=cast.contributor)
    return assessment


def compared(client: Client, assessment: Assessment, **data: str) -> str:
    return text_of(client.get(url("compare", assessment), data))


@pytest.mark.long
def test_compare_page_shows_the_present_answers_against_the_submission(
    client: Client, cast: Cast, returned: Assessment
) -> None:
    client.force_login(cast.owner)
    page = compared(client, returned)
    assert "One answer changed between the two versions" in page
    assert "Connie Contributor, " in page
    assert '<del><span class="visually-hidden">removed </span>In place</del>' in page
    assert 'Kept in <ins><span class="visually-hidden">added </span>two registers</ins>.' in page
    assert page.count("<h3>") == 1
    assert compared(client, returned, show="all").count("<h3>") > 20


@pytest.mark.long
def test_compare_page_restores_one_answer(client: Client, cast: Cast, returned: Assessment) -> None:
    client.force_login(cast.owner)
    page = compared(client, returned)
    form = page.partition(f'<form method="post" action="{url("history", returned, PRACTICE)}">')[2].partition(
        "</form>"
    )[0]
    assert ('name="number" value="1"' in form, 'name="base" value="2"' in form) == (True, True)
    client.post(url("history", returned, PRACTICE), {"number": 1, "base": 2})
    assert "The two versions are the same" in compared(client, returned)
    assert versions(returned)[-1][2] == "restored"


def test_a_viewer_compares_and_restores_nothing(client: Client, cast: Cast, returned: Assessment) -> None:
    client.force_login(cast.viewer)
    page = compared(client, returned)
    assert "One answer changed" in page
    assert "Restore the earlier answer" not in page


def test_two_rounds_are_compared_with_their_facts(client: Client, cast: Cast, returned: Assessment) -> None:
    submit.submit(returned, by=cast.owner, route=Route.INDEPENDENT)
    client.force_login(cast.owner)
    page = compared(client, returned)
    assert ("Round 1, " in page, "Round 2, " in page, '<option value="now"' in page) == (
        True,
        True,
        False,
    )
    assert "One answer changed between the two versions" in page
    assert "Restore the earlier answer" not in page
    assert "The two versions are the same" in compared(client, returned, a="2", b="2")


@pytest.mark.long
def test_a_fact_that_changed_is_listed_before_the_answers(client: Client, cast: Cast) -> None:
    assessment = make_assessment(State.SUBMITTED, "limited", cast=cast)
    submission = assessment.current_submission
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent, change={"f:public_facing": "Is it not public?"})
    decisions.send_back(submission, by=cast.independent, words="Please.")
    declare.declare_facts(assessment.use, {"public_facing": True}, by=cast.owner)
    client.force_login(cast.owner)
    page = compared(client, assessment)
    facts = page.partition("<h2>Facts</h2>")[2].partition("</section>")[0]
    assert assessment.compiled().facts["public_facing"].label in facts
    assert '<del><span class="visually-hidden">removed </span>No</del>' in facts
    assert '<ins><span class="visually-hidden">added </span>Yes</ins>' in facts


def test_an_assessment_that_was_never_sent_has_one_version(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    assert "There is only one version so far" in compared(client, draft)


def test_a_version_that_does_not_exist_is_an_error_at_the_field(
    client: Client, cast: Cast, returned: Assessment
) -> None:
    client.force_login(cast.owner)
    page = compared(client, returned, a="7")
    assert "data-error-summary" in page
    assert "Select a valid choice" in page


@pytest.mark.parametrize(
    ("who", "status"), [("viewer", 200), ("outsider", 404), ("reviewer", 404), ("independent", 404)]
)
def test_comparing_is_for_members(client: Client, cast: Cast, returned: Assessment, who: str, status: int) -> None:
    client.force_login(getattr(cast, who))
    assert client.get(url("compare", returned)).status_code == status


def test_who_sees_only_what_is_assigned_does_not_compare(client: Client, cast: Cast, returned: Assessment) -> None:
    assignments.assign_section(returned, "governance", Membership.objects.get(user=cast.assigned), by=cast.owner)
    client.force_login(cast.assigned)
    assert client.get(url("compare", returned)).status_code == 403


def test_pages_of_versions_cost_the_same_for_few_and_many(client: Client, cast: Cast, returned: Assessment) -> None:
    client.force_login(cast.owner)
    few = cost(client, url("history", returned, PRACTICE)), cost(client, url("compare", returned))
    answer = answer_of(returned)
    AnswerRevision.objects.bulk_create(
        AnswerRevision(
            parent=answer,
            number=n,
            operation=uuid.uuid4(),
            base=n - 1,
            by=cast.owner,
            value=answer.record() | {"text": f"{n}"},
        )
        for n in range(3, 203)
    )
    Answer.objects.filter(assessment=returned).exclude(pk=answer.pk).update(text="Changed.")
    many = cost(client, url("history", returned, PRACTICE)), cost(client, url("compare", returned))
    assert many == few
    assert max(many) <= 15
