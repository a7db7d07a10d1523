"""The task list, sections and the saving of answers, as a member's browser meets them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.domain.answering import assignments
from assessments.domain.facts import declare
from assessments.domain.review import decisions, seat_taking
from assessments.domain.submission import submit
from assessments.models import Answer, AnswerRevision, Assessment, Membership, Route, Sees
from tests.support.daily import mostly_long
from tests.support.factories import Cast, anew, fill, make_assessment, make_member, make_organisation, mark_all, save
from tests.support.page_text import markup_of

HX = {"headers": {"HX-Request": "true"}}
PRACTICE = "use-register"
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def once_for_all(cast: Cast) -> Assessment:
    return make_assessment(cast=cast, filled=False)


@pytest.fixture
def draft(made: tuple[Cast, Assessment], db: None) -> Assessment:
    return anew(made[1])


def statements(queries: CaptureQueriesContext) -> list[str]:
    """What was asked of the database, transactions' own statements left out."""
    return [
        q["sql"] for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK"))
    ]


def url_of(assessment: Assessment, question: str = PRACTICE) -> str:
    return reverse("answer", args=[assessment.reference, question])


def section_of(assessment: Assessment, key: str = "governance") -> str:
    return reverse("section", args=[assessment.reference, key])


def posted(question: str = PRACTICE, base: int = 0, operation: str = "", **fields: Any) -> dict[str, Any]:
    """The fields of one answer as a page posts them."""
    given = {"base": base, "operation": operation or str(uuid.uuid4()), **fields}
    return {f"{question}--{name}": value for name, value in given.items()}


def stored(assessment: Assessment, question: str = PRACTICE) -> Answer | None:
    return Answer.objects.filter(assessment=assessment, question__key=question).first()


def a_checklist(assessment: Assessment) -> tuple[str, str, list[str]]:
    """A checklist of the assessment of which some line may be said not to apply: section, key, such lines first."""
    edition, declared = assessment.compiled(), assessment.declared()
    for question in declared.questions(edition):
        items = declared.items(edition, question)
        free = [i.key for i in items if edition.not_applicable_allowed(i.requirements, declared.context)]
        if question.is_checklist and len(items) > 2 and free:
            return question.section, question.key, free + [i.key for i in items if i.key not in free]
    raise LookupError("no checklist")


# --- who may ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("owner", 200), ("contributor", 200), ("viewer", 200), ("assigned", 404), ("outsider", 404),
        ("reviewer", 404), ("independent", 404), ("staff", 404),
    ],
)  # fmt: skip
def test_the_task_list_is_for_members_who_see_the_assessment(
    client: Client, cast: Cast, draft: Assessment, who: str, status: int
) -> None:
    client.force_login(getattr(cast, who))
    assert client.get(draft.get_absolute_url()).status_code == status


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 200), ("contributor", 200), ("viewer", 403), ("assigned", 404), ("outsider", 404), ("reviewer", 404)],
)
def test_only_owners_and_contributors_save(
    client: Client, cast: Cast, draft: Assessment, who: str, status: int
) -> None:
    client.force_login(getattr(cast, who))
    assert client.post(url_of(draft), posted(choice="in_place"), **HX).status_code == status
    assert (stored(draft) is not None) == (status == 200)


def test_somebody_signed_out_is_asked_to_sign_in(client: Client, draft: Assessment) -> None:
    response = client.get(section_of(draft))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_who_sees_only_what_is_assigned_finds_one_section_and_no_other(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    member = Membership.objects.get(user=cast.assigned)
    assignments.assign_section(draft, "governance", member, by=cast.owner)
    client.force_login(cast.assigned)
    page = client.get(draft.get_absolute_url()).content.decode()
    assert "Governance and responsibility" in page
    assert "Staff rules and training" not in page
    assert reverse("results", args=[draft.reference]) not in page
    assert client.get(section_of(draft)).status_code == 200
    assert client.get(section_of(draft, "people")).status_code == 404
    assert client.get(reverse("check", args=[draft.reference])).status_code == 403
    other = next(q.key for q in draft.declared().questions(draft.compiled()) if q.section == "people")
    assert client.post(url_of(draft, other), posted(other, choice="unknown"), **HX).status_code == 403
    assert stored(draft, other) is None


@pytest.mark.parametrize(("who", "status"), [("owner", 302), ("contributor", 403), ("viewer", 403), ("outsider", 404)])
def test_only_an_owner_asks_somebody_to_answer(
    client: Client, cast: Cast, draft: Assessment, who: str, status: int
) -> None:
    client.force_login(getattr(cast, who))
    member = Membership.objects.get(user=cast.contributor)
    url = reverse("assign", args=[draft.reference, "governance"])
    assert client.post(url, {"member": member.pk}).status_code == status
    assert draft.assignments.exists() == (status == 302)


def test_a_viewer_reads_the_answers_without_controls(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "partly", "text": "Sheet on the shared drive."}, by=cast.owner)
    client.force_login(cast.viewer)
    page = markup_of(client.get(section_of(draft)))
    assert "Sheet on the shared drive." in page
    assert f'name="{PRACTICE}--choice"' not in page


# --- saving one answer ----------------------------------------------------------------------------------------------------


def test_one_answer_is_saved_and_its_state_comes_back(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.contributor)
    response = client.post(url_of(draft), posted(choice="partly", text="Half of the systems\r\nare listed."), **HX)
    answer = stored(draft)
    assert answer is not None
    assert (answer.choice, answer.text, answer.by) == ("partly", "Half of the systems\nare listed.", cast.contributor)
    page = markup_of(response)
    assert f'id="q-{PRACTICE}--foot"' in page
    assert f'name="{PRACTICE}--base" value="1"' in page
    assert 'id="section-progress" hx-swap-oob="true"' in page
    assert "Saved" in page
    draft.refresh_from_db()
    assert draft.answered == 1


def test_the_same_words_sent_twice_are_one_version(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    form = posted(choice="in_place", text="Kept.")
    client.post(url_of(draft), form, **HX)
    client.post(url_of(draft), form, **HX)
    assert AnswerRevision.objects.filter(parent=stored(draft)).count() == 1


def test_more_words_after_a_lost_reply_are_saved_too(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    operation = str(uuid.uuid4())
    client.post(url_of(draft), posted(operation=operation, choice="in_place", text="Kept"), **HX)
    client.post(url_of(draft), posted(operation=operation, choice="in_place", text="Kept in the office."), **HX)
    assert stored(draft).text == "Kept in the office."  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("fields", "place", "words"),
    [
        ({"choice": "planned"}, "planned_for_error", "Enter the date by which the practice will be in place."),
        ({"choice": "not_applicable"}, "reason_error", "Say why this question does not apply."),
        ({"text": "Written first."}, "said", "Choose an answer"),
        ({"choice": "excellent"}, "said", "excellent"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_at_its_field(
    client: Client, cast: Cast, draft: Assessment, fields: dict[str, str], place: str, words: str
) -> None:
    client.force_login(cast.owner)
    page = markup_of(client.post(url_of(draft), posted(**fields), **HX))
    _before, _id, after = page.partition(f'id="q-{PRACTICE}--{place}"')
    assert words in after.partition("</div></div>")[0]
    assert stored(draft) is None


def test_a_date_is_kept_only_with_the_plan_it_belongs_to(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    client.post(url_of(draft), posted(choice="planned", planned_for="2027-03-31"), **HX)
    assert str(stored(draft).planned_for) == "2027-03-31"  # type: ignore[union-attr]
    client.post(url_of(draft), posted(base=1, choice="in_place", planned_for="2027-03-31"), **HX)
    assert stored(draft).planned_for is None  # type: ignore[union-attr]


def test_a_checklist_keeps_ticks_and_the_reasons_of_lines_that_do_not_apply(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    _section, key, items = a_checklist(draft)
    client.force_login(cast.owner)
    form = posted(key, items=items[1:3]) | {f"{key}--reason-{items[0]}": "Nobody outside uses it."}
    client.post(url_of(draft, key), form, **HX)
    answer = stored(draft, key)
    assert answer is not None
    assert answer.choice == "ticked"
    assert answer.items == {items[0]: "Nobody outside uses it.", items[1]: True, items[2]: True}


def test_ticks_and_none_of_these_exclude_each_other(client: Client, cast: Cast, draft: Assessment) -> None:
    _section, key, items = a_checklist(draft)
    client.force_login(cast.owner)
    page = client.post(url_of(draft, key), posted(key, items=items[:1], choice="none"), **HX).content.decode()
    assert "You cannot do both." in page
    assert stored(draft, key) is None
    client.post(url_of(draft, key), posted(key, choice="none"), **HX)
    assert stored(draft, key).choice == "none"  # type: ignore[union-attr]


def test_a_question_that_is_not_asked_of_the_use_is_not_answered(client: Client, cast: Cast, draft: Assessment) -> None:
    shown = {q.key for q in draft.declared().questions(draft.compiled())}
    hidden = next(q.key for q in draft.compiled().questions.values() if q.key not in shown and not q.is_checklist)
    client.force_login(cast.owner)
    page = client.post(url_of(draft, hidden), posted(hidden, choice="in_place"), **HX).content.decode()
    assert "no longer applies to this use" in page
    assert stored(draft, hidden) is None
    assert client.post(url_of(draft, "no-such-question"), {}, **HX).status_code == 404


def test_saving_costs_nine_queries_first_and_ten_later(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.contributor)
    client.post(url_of(draft, "use-register"), posted(choice="unknown"), **HX)  # warms the compiled edition
    second = next(
        q.key for q in draft.declared().questions(draft.compiled()) if not q.is_checklist and q.key != PRACTICE
    )
    with CaptureQueriesContext(connection) as first:
        client.post(url_of(draft, second), posted(second, choice="in_place"), **HX)
    with CaptureQueriesContext(connection) as later:
        client.post(url_of(draft), posted(base=1, choice="partly"), **HX)
    assert stored(draft).choice == "partly"  # type: ignore[union-attr]
    assert (len(statements(first)), len(statements(later))) == (9, 10)


# --- two people at one answer ---------------------------------------------------------------------------------------------


def test_a_stale_save_overwrites_nothing_and_both_texts_are_kept(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "in_place", "text": "Hers."}, by=cast.owner)
    client.force_login(cast.contributor)
    page = client.post(url_of(draft), posted(choice="partly", text="His."), **HX).content.decode()
    assert "Olivia Owner changed this answer while you were writing. Nothing was overwritten." in page
    assert "Keep my version" in page
    assert "Use the saved version" in page
    answer = stored(draft)
    assert answer is not None
    assert answer.text == "Hers."
    texts = {(r.outcome, r.value["text"]) for r in AnswerRevision.objects.filter(parent=answer)}
    assert texts == {("current", "Hers."), ("conflict", "His.")}


def test_sending_a_stale_save_again_is_still_no_save(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "in_place", "text": "Hers."}, by=cast.owner)
    client.force_login(cast.contributor)
    form = posted(choice="partly", text="His.")
    for _time in range(2):
        assert "Nothing was overwritten" in client.post(url_of(draft), form, **HX).content.decode()
    assert AnswerRevision.objects.filter(parent=stored(draft)).count() == 2


def test_keep_mine_saves_over_the_version_that_was_shown(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "in_place", "text": "Hers."}, by=cast.owner)
    client.force_login(cast.contributor)
    form = posted(choice="partly", text="His.", seen=1) | {"resolve": f"mine:{PRACTICE}"}
    client.post(url_of(draft), form, **HX)
    assert stored(draft).text == "His."  # type: ignore[union-attr]


def test_keep_mine_shows_a_third_version_instead_of_overwriting_it(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    save(draft, PRACTICE, {"choice": "in_place", "text": "First."}, by=cast.owner)
    save(draft, PRACTICE, {"choice": "in_place", "text": "Third."}, by=cast.owner)
    client.force_login(cast.contributor)
    form = posted(choice="partly", text="His.", seen=1) | {"resolve": f"mine:{PRACTICE}"}
    page = markup_of(client.post(url_of(draft), form, **HX))
    assert "<ins>Third</ins>." in page
    assert stored(draft).text == "Third."  # type: ignore[union-attr]


def test_use_the_saved_one_puts_it_into_the_controls(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "in_place", "text": "Hers."}, by=cast.owner)
    client.force_login(cast.contributor)
    response = client.post(
        url_of(draft), posted(choice="partly", text="His.") | {"resolve": f"theirs:{PRACTICE}"}, **HX
    )
    assert response["HX-Retarget"] == f"#q-{PRACTICE}"
    assert "Hers.</textarea>" in markup_of(response)
    assert stored(draft).text == "Hers."  # type: ignore[union-attr]


def test_ones_own_longer_text_from_an_older_page_goes_on(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "in_place", "text": "Half"}, by=cast.owner)
    client.force_login(cast.owner)
    client.post(url_of(draft), posted(choice="in_place", text="Half a sentence."), **HX)
    assert stored(draft).text == "Half a sentence."  # type: ignore[union-attr]


# --- a whole section, without script ----------------------------------------------------------------------------------------


def test_one_button_saves_every_answer_of_the_section(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    asked = [q for q in draft.declared().questions(draft.compiled()) if q.section == "governance"]
    form: dict[str, Any] = {}
    for question in asked:
        form |= posted(question.key, choice="unknown", text="Asked the office.")
    response = client.post(section_of(draft), form, follow=True)
    assert "Every question in this section has an answer" in response.content.decode()
    assert Answer.objects.filter(assessment=draft, choice="unknown").count() == len(asked)


def test_the_good_answers_are_saved_and_the_bad_ones_keep_what_was_typed(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    client.force_login(cast.owner)
    practices = [
        q.key for q in draft.declared().questions(draft.compiled()) if q.section == "governance" and not q.is_checklist
    ]
    good, bad = practices[0], practices[1]
    form = posted(good, choice="in_place", text="Fine.") | posted(bad, choice="planned", text="Coming <soon>.")
    page = markup_of(client.post(section_of(draft), form))
    assert stored(draft, good).text == "Fine."  # type: ignore[union-attr]
    assert stored(draft, bad) is None
    assert "Correct one error" in page
    assert f'href="#q-{bad}--planned_for"' in page
    assert "Coming &lt;soon&gt;.</textarea>" in page
    assert "One answer has no errors and was saved." in page


def test_an_untouched_page_saves_nothing(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "in_place", "text": "Old."}, by=cast.owner)
    client.force_login(cast.contributor)
    old_page = posted(base=1, choice="in_place", text="Old.")
    save(draft, PRACTICE, {"choice": "partly", "text": "New."}, by=cast.owner)
    response = client.post(section_of(draft), old_page)
    assert response.status_code == 302
    answer = stored(draft)
    assert answer is not None
    assert (answer.text, answer.by) == ("New.", cast.owner)
    assert AnswerRevision.objects.filter(parent=answer).count() == 2


def test_two_versions_on_a_posted_page_are_both_shown(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "in_place", "text": "Hers."}, by=cast.owner)
    client.force_login(cast.contributor)
    page = markup_of(client.post(section_of(draft), posted(choice="partly", text="His.")))
    assert "choose one of two versions" in page
    assert "<ins>Hers</ins>." in page
    assert "His.</textarea>" in page
    client.post(section_of(draft), posted(choice="partly", text="His.", seen=1) | {"resolve": f"mine:{PRACTICE}"})
    assert stored(draft).text == "His."  # type: ignore[union-attr]


@pytest.mark.long
def test_text_typed_while_the_assessment_was_signed_stays_on_the_page(client: Client, cast: Cast) -> None:
    assessment = make_assessment(cast=cast)
    client.force_login(cast.contributor)
    base = stored(assessment).revision  # type: ignore[union-attr]
    submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    form = posted(base=base, choice="partly", text="Typed too late.")
    for response in (client.post(section_of(assessment), form), client.post(url_of(assessment), form, **HX)):
        assert "is locked (Submitted)" in markup_of(response)
    assert "Typed too late.</textarea>" in markup_of(client.post(section_of(assessment), form))
    assert stored(assessment).text == "Kept in the register."  # type: ignore[union-attr]


def test_words_for_a_question_that_is_not_asked_any_more_are_handed_back(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    shown = {q.key for q in draft.declared().questions(draft.compiled())}
    hidden = next(q.key for q in draft.compiled().questions.values() if q.key not in shown)
    client.force_login(cast.owner)
    page = client.post(section_of(draft), posted(hidden, choice="in_place", text="A long paragraph.")).content.decode()
    assert "You wrote: A long paragraph." in page


def test_hidden_answers_are_counted_once_at_the_end(client: Client, cast: Cast) -> None:
    facts = {"personal_data": "ordinary", "cross_border_transfer": True}
    assessment = make_assessment(cast=cast, parts=("provider",), facts=facts)
    client.force_login(cast.owner)
    assert "such a question is kept" not in client.get(section_of(assessment, "personal-data")).content.decode()
    declare.declare_facts(assessment.use, {"cross_border_transfer": False}, by=cast.owner)
    page = client.get(section_of(assessment, "personal-data")).content.decode()
    assert "not apply to this use." in page
    assert "1 answer to such a question is kept, but does not change the result." in page
    assert "q-cross-border" not in page


# --- the pages ----------------------------------------------------------------------------------------------------------------


def count_of(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(statements(queries))


@pytest.mark.parametrize("filled", [False, True])
def test_pages_of_an_assessment_cost_the_same_empty_and_full(client: Client, cast: Cast, filled: bool) -> None:
    assessment = make_assessment(tier="high", cast=cast, parts=("developer", "provider", "user"), filled=filled)
    for key in ("governance", "people", "security") if filled else ("governance",):
        assignments.assign_section(assessment, key, Membership.objects.get(user=cast.contributor), by=cast.owner)
    client.force_login(cast.owner)
    # Where all is answered, no query asks for answers that stand elsewhere.
    assert count_of(client, assessment.get_absolute_url()) == (8 if filled else 9)
    assert count_of(client, section_of(assessment)) == 8
    assert (
        count_of(client, reverse("check", args=[assessment.reference])) == 9
    )  # three of them for the checks and the conformity file


def test_a_section_without_an_answer_is_started_and_not_continued(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    edition, asked = draft.compiled(), draft.declared().questions(draft.compiled())
    first = edition.section_of[asked[0].section].key
    other = next(question for question in asked if question.section != first)
    client.force_login(cast.owner)
    save(draft, other.key, {"choice": "unknown"}, by=cast.contributor)
    assert "Start this section" in markup_of(client.get(draft.get_absolute_url()))
    save(draft, next(q.key for q in asked if q.section == first), {"choice": "unknown"}, by=cast.contributor)
    assert "Continue this section" in markup_of(client.get(draft.get_absolute_url()))


def test_the_task_list_leads_on_to_where_i_stopped(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    assert "Start this section" in markup_of(client.get(draft.get_absolute_url()))
    save(draft, PRACTICE, {"choice": "unknown"}, by=cast.owner)
    page = markup_of(client.get(draft.get_absolute_url()))
    assert f'{section_of(draft)}#q-{PRACTICE}">Continue where you stopped' in page
    draft.refresh_from_db()
    assert f"1 of {draft.applicable} questions answered" in page
    assert "1 not known yet" in page


def test_next_leads_to_the_first_empty_question_and_then_to_the_check(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    client.force_login(cast.owner)
    first = draft.declared().questions(draft.compiled())[0]
    url = reverse("next", args=[draft.reference])
    assert client.get(url)["Location"] == f"{section_of(draft, first.section)}#q-{first.key}"
    fill(draft, by=cast.owner)
    assert client.get(url)["Location"] == reverse("check", args=[draft.reference])


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(
    "state", mostly_long(["submitted", "in_review", "approved", "certified", "refused", "withdrawn"], 2)
)
def test_a_closed_assessment_is_read_and_says_what_happens_next(client: Client, cast: Cast, state: str) -> None:
    answers = {PRACTICE: {"choice": "not_in_place", "text": "Nothing yet."}} if state == "approved" else None
    assessment = make_assessment(state, tier="limited", cast=cast, answers=answers)
    client.force_login(cast.owner)
    page = markup_of(client.get(assessment.get_absolute_url()))
    assert assessment.current_submission.reference in page  # type: ignore[union-attr]
    assert "Continue where you stopped" not in page
    assert f'name="{PRACTICE}--choice"' not in markup_of(client.get(section_of(assessment)))
    assert ("Withdraw the submission permanently" in page) == (state in ("submitted", "in_review", "approved"))
    assert ("Recall the submission" in page) == (state == "submitted")


def test_a_prohibited_use_has_nothing_to_answer(client: Client, cast: Cast) -> None:
    assessment = make_assessment(tier="unacceptable", cast=cast)
    client.force_login(cast.owner)
    page = client.get(assessment.get_absolute_url()).content.decode()
    assert "The Guideline treats the declared use as prohibited" in page
    assert reverse("declare_prohibited", args=[assessment.reference]) in page


# --- returned -------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def returned(cast: Cast) -> Assessment:
    return make_assessment("returned", tier="limited", cast=cast)


@pytest.mark.long
def test_only_what_was_returned_is_there_with_the_reviewers_words(
    client: Client, cast: Cast, returned: Assessment
) -> None:
    client.force_login(cast.contributor)
    page = markup_of(client.get(reverse("returned", args=[returned.reference])))
    assert "0 of 1 change dealt with" in page
    assert "Show the newest entry." in page
    assert "Please mend this." in page
    assert page.count('class="hk-row hk-asked"') == 1


@pytest.mark.long
def test_a_changed_answer_is_dealt_with_and_the_others_stay_locked(
    client: Client, cast: Cast, returned: Assessment
) -> None:
    client.force_login(cast.contributor)
    url = reverse("returned", args=[returned.reference])
    client.post(url, posted(base=1, choice="in_place", text="Entry of 3 March 2026."))
    assert stored(returned).text == "Entry of 3 March 2026."  # type: ignore[union-attr]
    assert "1 of 1 change dealt with" in markup_of(client.get(url))
    other = next(
        a for a in Answer.objects.filter(assessment=returned).select_related("question")
        if a.question.key != PRACTICE and a.choice == "in_place"
    )  # fmt: skip
    key = other.question.key
    page = markup_of(client.post(url_of(returned, key), posted(key, base=1, choice="partly"), **HX))
    assert "Only the items that the reviewer marked “change needed” can be changed now" in page
    assert f'name="{key}--choice"' not in markup_of(
        client.get(section_of(returned, returned.compiled().questions[key].section))
    )


@pytest.mark.long
def test_a_returned_answer_saved_by_itself_says_that_it_is_dealt_with(
    client: Client, cast: Cast, returned: Assessment
) -> None:
    client.force_login(cast.contributor)
    url = f"{url_of(returned)}?returned=1"
    page = client.post(url, posted(base=1, choice="in_place", text="Entry of 3 March 2026."), **HX).content.decode()
    assert "Dealt with" in page


def test_a_returned_fact_is_shown_with_both_values(client: Client, cast: Cast) -> None:
    assessment = make_assessment("submitted", tier="limited", cast=cast)
    submission = assessment.current_submission
    assert submission is not None
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent, change={"f:users_scale": "Count the visitors of last year."})
    decisions.send_back(submission, by=cast.independent)
    client.force_login(cast.owner)
    url = reverse("returned", args=[assessment.reference])
    page = client.get(url).content.decode()
    assert "Count the visitors of last year." in page
    assert "0 of 1 change dealt with" in page
    declare.declare_facts(assessment.use, {"users_scale": "100_to_9999"}, by=cast.owner)
    assert "1 of 1 change dealt with" in client.get(url).content.decode()


def test_nothing_is_returned_in_a_draft(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    response = client.get(reverse("returned", args=[draft.reference]))
    assert response["Location"] == draft.get_absolute_url()


# --- asking others --------------------------------------------------------------------------------------------------------------


def test_people_of_other_organisations_cannot_be_asked(client: Client, cast: Cast, draft: Assessment) -> None:
    stranger = make_member("contributor", make_organisation(), "Nosy Neighbour", Sees.ALL)
    client.force_login(cast.owner)
    url = reverse("assign", args=[draft.reference, "governance"])
    assert "Nosy Neighbour" not in client.get(url).content.decode()
    assert client.post(url, {"member": stranger.pk}).status_code == 200
    assert not draft.assignments.exists()


def test_a_due_date_lies_ahead(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    member = Membership.objects.get(user=cast.contributor)
    url = reverse("assign", args=[draft.reference, "governance"])
    yesterday = timezone.localdate() - timedelta(days=1)
    page = client.post(url, {"member": member.pk, "due": yesterday.isoformat()}).content.decode()
    assert "Choose today or a later day." in page
    assert yesterday.isoformat() in page


def test_the_words_beside_a_source_are_explained_above_the_questions(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    client.force_login(cast.owner)
    page = markup_of(client.get(section_of(draft)))
    said = (
        "The word “must”, “should” or “consider” beside the source of a question shows how strongly the Guideline asks "
        "for the measure."
    )
    assert said in " ".join(page.split())
    assert f'href="{reverse("method")}#readiness"' in page
    assert page.index("shows how strongly") < page.index("Source of this question")
