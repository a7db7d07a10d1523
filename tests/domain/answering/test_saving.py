"""Nothing typed is ever lost: what a save of an answer or of a page of facts promises, whoever else is at work."""

from __future__ import annotations

import re
import threading
import uuid
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.accounts import expired_forms
from assessments.core.errors import Conflict, WouldHide
from assessments.documents.report.build import build_report
from assessments.domain.answering import assignments, start
from assessments.domain.facts import declare, values
from assessments.domain.register import systems
from assessments.domain.review import decisions, seat_taking
from assessments.domain.submission import submit, taking_back
from assessments.models import (
    Answer,
    AnswerRevision,
    Assessment,
    DeclaredFact,
    FactRevision,
    Membership,
    Question,
    Role,
    Route,
    State,
    User,
)
from assessments.models.snapshots import build_snapshot
from assessments.scoring.inputs import Declared
from assessments.scoring.tiers import assign_tier
from tests.support.factories import Cast, anew, fill, in_days, make_assessment, make_cast, make_use, mark_all, save
from tests.support.page_text import markup_of

HX = {"headers": {"HX-Request": "true"}}
PRACTICE = "use-register"
pytestmark = pytest.mark.django_db


def once_for_all(cast: Cast) -> Assessment:
    return make_assessment(cast=cast, filled=False)


@pytest.fixture
def draft(made: tuple[Cast, Assessment], db: None) -> Assessment:
    return anew(made[1])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url_of(assessment: Assessment, question: str = PRACTICE) -> str:
    return reverse("answer", args=[assessment.reference, question])


def section_of(assessment: Assessment, key: str = "governance") -> str:
    return reverse("section", args=[assessment.reference, key])


def posted(question: str = PRACTICE, base: int = 0, operation: str = "", **fields: Any) -> dict[str, Any]:
    given = {"base": base, "operation": operation or str(uuid.uuid4()), **fields}
    return {f"{question}--{name}": value for name, value in given.items()}


def stored(assessment: Assessment, question: str = PRACTICE) -> Answer:
    return Answer.objects.get(assessment=assessment, question__key=question)


def history(assessment: Assessment, question: str = PRACTICE) -> list[tuple[str, str]]:
    rows = AnswerRevision.objects.filter(parent=stored(assessment, question)).order_by("number")
    return [(row.value["text"], str(row.outcome)) for row in rows]


def a_checklist(assessment: Assessment) -> tuple[str, list[str]]:
    edition, declared = assessment.compiled(), assessment.declared()
    question = next(q for q in declared.questions(edition) if q.is_checklist and len(declared.items(edition, q)) > 2)
    return question.key, [item.key for item in declared.items(edition, question)]


# --- in whose name ------------------------------------------------------------------------------------------------------


def named(user: User) -> str:
    """The name of its reader as a page carries it."""
    return expired_forms.sign_for(user, "/a-page/", "a-session")


@pytest.mark.parametrize("signed", [True, False], ids=["signed", "plain"])
def test_a_page_made_for_somebody_else_saves_nothing_and_says_so(cast: Cast, draft: Assessment, signed: bool) -> None:
    whose = named(cast.owner) if signed else str(cast.owner.pk)
    response = signed_in(cast.contributor).post(
        url_of(draft), posted(choice="in_place", text="Hers.") | {"whose": whose}, **HX
    )
    assert response.status_code == 409
    assert "somebody else was signed in when this page was opened" in response.content.decode()
    assert not Answer.objects.filter(assessment=draft).exists()


def test_a_page_made_for_oneself_is_saved(cast: Cast, draft: Assessment) -> None:
    whose = {"whose": named(cast.owner)}
    assert signed_in(cast.owner).post(url_of(draft), posted(choice="in_place") | whose, **HX).status_code == 200
    assert stored(draft).choice == "in_place"


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("page", ["section", "returned", "facts"])
def test_a_whole_page_made_for_somebody_else_comes_back_as_it_was_typed(cast: Cast, page: str) -> None:
    assessment = make_assessment(State.RETURNED if page == "returned" else State.DRAFT, cast=cast, tier="limited")
    before = build_snapshot(assessment, final=False)
    form: dict[str, Any] = {"whose": named(cast.owner)}
    if page == "facts":
        url = reverse(
            "facts", args=[assessment.use.reference, assessment.compiled().facts["minor_procedural_task"].group]
        )
        form |= {"minor_procedural_task": "yes", "reason_minor_procedural_task": "It only sorts the post."}
        words = "It only sorts the post."
    else:
        url = reverse("returned", args=[assessment.reference]) if page == "returned" else section_of(assessment)
        form |= posted(base=1, choice="partly", text="Typed by Olivia.")
        words = "Typed by Olivia."
    response = signed_in(cast.contributor).post(url, form)
    assert response.status_code == 409
    content = markup_of(response)
    assert words in content
    assert f'name="whose" value="{cast.contributor.pk}:' in content  # pressed once more, it is saved in one's own name
    assert build_snapshot(Assessment.objects.for_dashboard().get(pk=assessment.pk), final=False) == before


# --- sent again, late, or not at all --------------------------------------------------------------------------------------


def test_a_save_sent_again_after_somebody_elses_opens_the_panel_and_keeps_nothing_twice(
    cast: Cast, draft: Assessment
) -> None:
    mine = posted(choice="in_place", text="Mine.")
    client = signed_in(cast.contributor)
    client.post(url_of(draft), mine, **HX)
    save(draft, PRACTICE, {"choice": "partly", "text": "Hers."}, by=cast.owner)
    page = markup_of(client.post(url_of(draft), mine, **HX))
    assert "Nothing was overwritten" in page
    assert 'name="use-register--base" value="0"' in page  # so that the next save is stale as well
    assert stored(draft).text == "Hers."
    assert history(draft) == [("Mine.", "current"), ("Hers.", "current")]


@pytest.mark.long
def test_what_a_locked_assessment_refuses_stays_in_the_controls(cast: Cast) -> None:
    submitted = make_assessment(State.SUBMITTED, cast=cast)
    response = signed_in(cast.owner).post(
        section_of(submitted), posted(base=1, choice="partly", text="Too late, alas.")
    )
    content = markup_of(response)
    assert "is locked (Submitted)" in content
    assert "Too late, alas.</textarea>" in content


def test_what_a_lost_role_refuses_stays_in_the_controls(cast: Cast, draft: Assessment) -> None:
    Membership.objects.filter(user=cast.contributor).update(role=Role.VIEWER)
    response = signed_in(cast.contributor).post(
        section_of(draft), posted(choice="partly", text="Typed as a contributor.")
    )
    assert response.status_code == 403
    content = markup_of(response)
    assert "Not saved. Your role does not allow you to do this. Roles that can do this: Owner / Contributor." in content
    assert "Typed as a contributor.</textarea>" in content
    assert not Answer.objects.filter(assessment=draft).exists()


def test_words_sent_to_a_page_that_is_gone_are_handed_back(cast: Cast, draft: Assessment) -> None:
    gone = reverse("section", args=[draft.reference, "no-such-section"])
    response = signed_in(cast.owner).post(gone, posted(choice="partly", text="Typed on a page that is gone."))
    assert response.status_code == 404
    assert "Typed on a page that is gone.</textarea>" in markup_of(response)


def test_a_password_is_never_handed_back(client: Client) -> None:
    response = client.post("/no-such-page/", {"password": "correct horse battery", "login": "two words"})
    assert "correct horse" not in response.content.decode()
    assert "two words" not in response.content.decode()


@pytest.mark.long
def test_an_answer_first_given_after_a_return_stays_open_for_the_rest_of_its_words(cast: Cast) -> None:
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers={"ai-framework": None})
    row = Question.objects.get(edition=assessment.edition_id, key="ai-framework")
    late = Answer.objects.create(assessment=assessment, question=row, choice="in_place", by=cast.owner)
    submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    late.delete()  # the question is new in this round: it has no answer yet, and never had a version
    assessment.refresh_from_db()
    submission = assessment.current_submission
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent, change={f"q:{PRACTICE}": "Show the newest entry."})
    decisions.send_back(submission, by=cast.independent, words="Please mend this.")
    client = signed_in(cast.owner)
    client.post(url_of(assessment, "ai-framework"), posted("ai-framework", choice="partly", text="Half"), **HX)
    client.post(
        url_of(assessment, "ai-framework"), posted("ai-framework", 1, choice="partly", text="Half a word."), **HX
    )
    assert stored(assessment, "ai-framework").text == "Half a word."
    client.post(url_of(assessment, "laws-list"), posted("laws-list", 1, choice="partly", text="Changed."), **HX)
    assert stored(assessment, "laws-list").text == "Kept in the register."


# --- both in one ------------------------------------------------------------------------------------------------------------


def resolve(client: Client, assessment: Assessment, form: dict[str, Any], how: str, question: str = PRACTICE) -> str:
    data = form | {"resolve": f"{how}:{question}"}
    return markup_of(client.post(url_of(assessment, question), data, **HX))


def test_put_both_joins_the_notes_and_says_whose_choice_stands(cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "in_place", "text": "Hers."}, by=cast.owner)
    client = signed_in(cast.contributor)
    form = posted(choice="partly", text="His.", seen=1)
    client.post(url_of(draft), form, **HX)
    page = resolve(client, draft, form, "both")
    assert (stored(draft).choice, stored(draft).text, stored(draft).by) == (
        "in_place",
        "Hers.\n\nHis.",
        cast.contributor,
    )
    assert "Olivia Owner chose “In place”, and you chose “Partly”. The answer “In place” is kept." in page
    assert "Hers.\n\nHis.</textarea>" in page
    assert history(draft) == [("Hers.", "current"), ("His.", "conflict"), ("Hers.\n\nHis.", "current")]


def test_put_both_is_quiet_where_the_choices_agree(cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "planned", "planned_for": in_days(30), "text": "Hers."}, by=cast.owner)
    form = posted(choice="planned", planned_for=in_days(30), text="His.", seen=1)
    page = resolve(signed_in(cast.contributor), draft, form, "both")
    assert stored(draft).text == "Hers.\n\nHis."
    assert "Owner chose" not in page


@pytest.mark.parametrize(
    ("hers", "his", "both"), [("Same.", "Same.", "Same."), ("", "His.", "His."), ("Hers.", "", "Hers.")]
)
def test_put_both_repeats_no_words(cast: Cast, draft: Assessment, hers: str, his: str, both: str) -> None:
    save(draft, PRACTICE, {"choice": "in_place", "text": hers}, by=cast.owner)
    resolve(signed_in(cast.contributor), draft, posted(choice="partly", text=his, seen=1), "both")
    assert stored(draft).text == both


def test_put_both_keeps_every_tick_of_a_checklist(cast: Cast, draft: Assessment) -> None:
    key, items = a_checklist(draft)
    save(draft, key, {"choice": "ticked", "items": {items[0]: True}, "text": ""}, by=cast.owner)
    resolve(signed_in(cast.contributor), draft, posted(key, items=items[1:2], seen=1), "both", key)
    assert stored(draft, key).items == {items[0]: True, items[1]: True}


def test_put_both_takes_the_ticks_where_the_other_had_said_none_of_these(cast: Cast, draft: Assessment) -> None:
    key, items = a_checklist(draft)
    save(draft, key, {"choice": "none"}, by=cast.owner)
    page = resolve(signed_in(cast.contributor), draft, posted(key, items=items[:1], seen=1), "both", key)
    assert (stored(draft, key).choice, stored(draft, key).items) == ("ticked", {items[0]: True})
    assert "While you ticked items of the checklist, Olivia Owner chose “None of these”. Your ticks are kept." in page


def test_put_both_shows_a_third_version_instead_of_overwriting_it(cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "in_place", "text": "First."}, by=cast.owner)
    save(draft, PRACTICE, {"choice": "in_place", "text": "Third."}, by=cast.owner)
    page = resolve(signed_in(cast.contributor), draft, posted(choice="in_place", text="His.", seen=1), "both")
    assert "Nothing was overwritten" in page
    assert stored(draft).text == "Third."


def test_put_both_refuses_what_would_be_too_long_and_keeps_both(cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "in_place", "text": "h" * 12_000}, by=cast.owner)
    page = resolve(signed_in(cast.contributor), draft, posted(choice="in_place", text="m" * 12_000, seen=1), "both")
    assert "Together, the two notes have more than 20000 characters." in page
    assert stored(draft).text == "h" * 12_000


def test_put_both_works_without_script(cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "in_place", "text": "Hers."}, by=cast.owner)
    form = posted(choice="partly", text="His.", seen=1) | {"resolve": f"both:{PRACTICE}"}
    page = signed_in(cast.contributor).post(section_of(draft), form, follow=True).content.decode()
    assert stored(draft).text == "Hers.\n\nHis."
    assert "The answer “In place” is kept" in page


# --- one response, ten queries ------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("filled", [False, True], ids=["empty", "full"])
def test_one_save_brings_back_all_that_it_changed_for_ten_queries(cast: Cast, filled: bool) -> None:
    assessment = make_assessment(cast=cast, filled=False)
    if filled:
        fill(assessment, by=cast.owner, answers={PRACTICE: None, "ai-framework": {"choice": "unknown"}})
    client = signed_in(cast.contributor)
    # What is read once a process has been read then.
    save(make_assessment(cast=cast, filled=False), PRACTICE, {"choice": "unknown"}, by=cast.owner)
    client.get(section_of(assessment))
    form = posted(choice="planned", planned_for=in_days(9), text="Soon.") | {"whose": cast.contributor.pk}
    with CaptureQueriesContext(connection) as queries:
        page = markup_of(client.post(url_of(assessment), form, **HX))
    plain = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")
    assert len([q["sql"] for q in queries if not q["sql"].startswith(plain)]) == 10
    assessment.refresh_from_db()
    for place in ("--foot", "--state", "--said", "--text_error", "--planned_for_error"):
        assert f'id="q-{PRACTICE}{place}"' in page
    assert 'id="section-progress" hx-swap-oob="true"' in page
    whole = re.search(r'id="assessment-progress" hx-swap-oob="true">(.*?)</p>', page, re.DOTALL)
    assert whole
    assert f"{assessment.answered} of {assessment.applicable} answered in the whole assessment" in whole[1]
    assert "1 planned" in whole[1]
    assert ("1 not known yet" in whole[1]) == filled
    assert "Readiness" not in page  # the results say it


def test_whoever_sees_only_what_is_assigned_is_told_of_no_other_sections(cast: Cast, draft: Assessment) -> None:
    assignments.assign_section(draft, "governance", Membership.objects.get(user=cast.assigned), by=cast.owner)
    client = signed_in(cast.assigned)
    for page in (client.get(section_of(draft)), client.post(url_of(draft), posted(choice="in_place"), **HX)):
        assert "section-progress" in page.content.decode()
        assert "assessment-progress" not in page.content.decode()


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("published")
def test_two_saves_at_the_same_moment_leave_one_current_and_one_beside_it():
    cast = make_cast()
    draft = make_assessment(cast=cast, filled=False)
    gate, results = threading.Barrier(2), []

    def press(user: User) -> None:
        try:
            gate.wait(timeout=10)
            save(draft, PRACTICE, {"choice": "in_place", "text": f"By {user.name}."}, by=user, base=0)
            results.append("saved")
        except Conflict:
            results.append("conflict")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=[user]) for user in (cast.owner, cast.contributor)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(results) == ["conflict", "saved"]
    assert [outcome for _text, outcome in history(draft)] == ["current", "conflict"]
    assert {text for text, _outcome in history(draft)} == {"By Olivia Owner.", "By Connie Contributor."}


# --- facts ------------------------------------------------------------------------------------------------------------------


FACT, REASON = "minor_procedural_task", "reason_minor_procedural_task"


def page_of(client: Client, use: Any, group: str) -> dict[str, Any]:
    """The fields of a page of facts as a browser would post them back."""
    context = client.get(reverse("facts", args=[use.reference, group])).context
    form = context["form"]
    data: dict[str, Any] = {}
    for name in form.fields:
        value = form[name].value()
        if value not in (None, "", []):
            data[name] = str(value) if not isinstance(value, list) else value
    return data


def facts_url(use: Any, group: str) -> str:
    return reverse("facts", args=[use.reference, group])


@pytest.fixture
def two_at_one_page(cast: Cast) -> tuple[Any, str, Client, dict[str, Any]]:
    """Connie's page of facts, opened before Olivia changed one of them."""
    use = make_use("low", cast.organisation)
    group = values.current_edition(use).facts["safety_component"].group
    connie = signed_in(cast.contributor)
    page = page_of(connie, use, group)
    declare.declare_facts(use, {"safety_component": True}, by=cast.owner)
    return use, group, connie, page


def fact(use: Any, key: str = "safety_component") -> DeclaredFact:
    return DeclaredFact.objects.get(use=use, key=key)


@pytest.mark.long
def test_a_page_of_facts_that_was_left_alone_overwrites_nothing(two_at_one_page: Any) -> None:
    use, group, connie, page = two_at_one_page
    assert connie.post(facts_url(use, group), page).status_code == 302
    assert fact(use).value is True
    assert fact(use).revisions.count() == 2


@pytest.mark.long
def test_a_stale_fact_is_kept_beside_the_newer_one_and_the_others_are_saved(cast: Cast, two_at_one_page: Any) -> None:
    use, group, connie, page = two_at_one_page
    declare.declare_facts(use, {"safety_component": False}, by=cast.owner)
    sent = page | {"safety_component": "yes", "autonomous_robot": "yes"}
    response = connie.post(facts_url(use, group), sent)
    content = markup_of(response)
    assert response.status_code == 200
    assert (
        "Olivia Owner changed this answer while you were on the page. Nothing was overwritten. Choose an answer."
        in content
    )
    assert 'value="mine:safety_component"' in content
    assert 'value="theirs:safety_component"' in content
    assert (fact(use).value, fact(use, "autonomous_robot").value) == (False, True)
    rows = FactRevision.objects.filter(parent=fact(use)).order_by("number")
    assert [(row.value["value"], str(row.outcome)) for row in rows][-1] == (True, "conflict")
    connie.post(facts_url(use, group), sent)
    assert rows.count() == 4  # sent again, it is kept only once


@pytest.mark.parametrize(("how", "value"), [("mine", True), ("theirs", False)])
def test_a_choice_between_two_versions_of_a_fact_is_carried_out(
    cast: Cast, two_at_one_page: Any, how: str, value: bool
) -> None:
    use, group, connie, page = two_at_one_page
    declare.declare_facts(use, {"safety_component": False}, by=cast.owner)
    sent = page | {"safety_component": "yes", "seen_safety_component": str(fact(use).revision)}
    response = connie.post(facts_url(use, group), sent | {"resolve": f"{how}:safety_component"})
    assert response.status_code == 302
    assert fact(use).value is value


@pytest.mark.long
def test_keep_mine_shows_a_third_version_of_a_fact(cast: Cast, two_at_one_page: Any) -> None:
    use, group, connie, page = two_at_one_page
    seen = fact(use).revision
    declare.declare_facts(use, {"safety_component": False}, by=cast.owner)
    sent = page | {
        "safety_component": "unknown",
        "seen_safety_component": str(seen),
        "resolve": "mine:safety_component",
    }
    assert (
        "There are two versions of this answer. Nothing was overwritten"
        in connie.post(facts_url(use, group), sent).content.decode()
    )
    assert fact(use).value is False


@pytest.mark.long
def test_a_page_saved_in_part_does_not_quarrel_with_itself(cast: Cast) -> None:
    use = make_use("low", cast.organisation)
    group = values.current_edition(use).facts["safety_component"].group
    client = signed_in(cast.owner)
    page = page_of(client, use, group)
    missing = {key: value for key, value in page.items() if key != "autonomous_robot"}
    again = client.post(facts_url(use, group), missing | {"safety_component": "yes"})
    assert fact(use).value is True
    fresh = {name: again.context["form"][name].value() for name in page if name.startswith("base_")}
    assert client.post(facts_url(use, group), page | fresh | {"safety_component": "no"}).status_code == 302
    assert fact(use).value is False


@pytest.mark.long
def test_a_page_that_comes_back_for_an_error_does_not_take_over_what_it_never_showed(cast: Cast) -> None:
    use = make_use("low", cast.organisation)
    group = values.current_edition(use).facts["safety_component"].group
    connie = signed_in(cast.contributor)
    page = page_of(connie, use, group)
    declare.declare_facts(use, {"safety_component": True, "autonomous_robot": True}, by=cast.owner)
    missing = {key: value for key, value in page.items() if key != "autonomous_robot"}
    again = connie.post(facts_url(use, group), missing)
    fresh = {name: again.context["form"][name].value() for name in page if name.startswith("base_")}
    content = connie.post(facts_url(use, group), page | fresh | {"autonomous_robot": "unknown"}).content.decode()
    assert "There are two versions of this answer. Nothing was overwritten" in content
    assert (fact(use).value, fact(use, "autonomous_robot").value) == (True, True)


def test_facts_given_by_who_names_no_revision_are_saved_as_ever(cast: Cast) -> None:
    use = make_use("low", cast.organisation)
    declare.declare_facts(use, {"safety_component": True}, by=cast.owner)
    declare.declare_facts(use, {"safety_component": False}, by=cast.contributor)
    assert fact(use).value is False


@pytest.mark.long
def test_what_is_given_for_locked_facts_is_shown_and_not_saved(cast: Cast) -> None:
    use = make_use("low", cast.organisation)
    group = values.current_edition(use).facts[FACT].group
    client = signed_in(cast.owner)
    page = page_of(client, use, group)
    assessment = start.start_assessment(use, by=cast.owner)
    fill(assessment, by=cast.owner)
    submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    sent = page | {FACT: "yes", REASON: "It only sorts the post."}
    content = client.post(facts_url(use, group), sent).content.decode()
    assert "Not saved, because some of these facts are locked." in content
    assert "It only sorts the post." in content
    assert fact(use, FACT).value is False


# --- answers that facts hide ----------------------------------------------------------------------------------------------


CHANGE = {"personal_data": "none"}


@pytest.fixture
def hideable(cast: Cast) -> tuple[Assessment, str, set[str]]:
    """An assessment in full, the page of a fact, and the answered questions that CHANGE hides there."""
    assessment = make_assessment(State.DRAFT, "low", cast=cast, facts={"personal_data": "ordinary"})
    edition, before = assessment.compiled(), assessment.declared()
    facts = {**before.facts, **CHANGE}
    after = Declared(facts, before.parts, assign_tier(edition, facts).assigned_tier)
    lost = {q.key for q in before.questions(edition)} - {q.key for q in after.questions(edition)}
    assert {"retention", "collection-and-use"} <= lost
    return assessment, edition.facts["personal_data"].group, lost


@pytest.mark.long
def test_a_fact_that_would_hide_answers_asks_first_and_names_them(cast: Cast, hideable: Any) -> None:
    assessment, group, lost = hideable
    client = signed_in(cast.owner)
    page = page_of(client, assessment.use, group) | CHANGE
    content = client.post(facts_url(assessment.use, group), page).content.decode()
    titles = {assessment.compiled().questions[key].title for key in lost}
    assert all(title in content for title in titles)
    assert f"Save and hide the {len(lost)} listed answers" in content
    assert fact(assessment.use, "personal_data").value == "ordinary"


def confirmed(client: Client, assessment: Assessment, group: str) -> dict[str, Any]:
    page = page_of(client, assessment.use, group) | CHANGE
    asked = client.post(facts_url(assessment.use, group), page)
    return page | {"hide": asked.context["hides"]["name"]}


@pytest.mark.long
def test_agreeing_to_exactly_that_list_saves(cast: Cast, hideable: Any) -> None:
    assessment, group, lost = hideable
    client = signed_in(cast.owner)
    page = confirmed(client, assessment, group)
    assert {name.partition("/")[2] for name in page["hide"].split(",")} == lost
    short = page | {"hide": page["hide"].rpartition(",")[0]}
    assert client.post(facts_url(assessment.use, group), short).status_code == 200
    response = client.post(facts_url(assessment.use, group), page, follow=True)
    assert "kept and appear" in response.content.decode()
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    assert lost.isdisjoint(q.key for q in assessment.declared().questions(assessment.compiled()))


@pytest.mark.long
def test_hidden_answers_are_counted_printed_and_sent_nowhere_and_come_back_intact(cast: Cast, hideable: Any) -> None:
    assessment, group, lost = hideable
    client = signed_in(cast.owner)
    for question in lost:
        Answer.objects.filter(assessment=assessment, question__key=question).update(text=f"Sentinel of {question}.")
    kept = {row.question.key: row.record() for row in assessment.answers.select_related("question")}
    before = assessment.answered
    client.post(facts_url(assessment.use, group), confirmed(client, assessment, group))
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    assert assessment.answered == before - len(lost)
    assert assessment.applicable == assessment.answered
    drawn = build_snapshot(assessment, final=True)
    printed = build_report(drawn, assessment.compiled(), draft=False)
    assert "Sentinel" not in str(drawn)
    assert "Sentinel" not in str(printed)
    assert (printed.applicable, printed.answered) == (assessment.applicable, assessment.answered)
    assert lost.isdisjoint(drawn["answers"])
    assert drawn["counts"]["answered"] == assessment.answered
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    assert "Sentinel" not in submission.snapshot
    taking_back.recall(Assessment.objects.get(pk=assessment.pk), by=cast.owner)
    declare.declare_facts(assessment.use, {"personal_data": "ordinary"}, by=cast.owner)
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    assert assessment.answered == before
    assert {row.question.key: row.record() for row in assessment.answers.select_related("question")} == kept
    assert all(f"Sentinel of {question}." in str(build_snapshot(assessment, final=False)) for question in lost)


@pytest.mark.long
def test_a_fact_of_the_system_asks_for_the_answers_of_its_other_uses_too(cast: Cast) -> None:
    assessment = make_assessment(State.DRAFT, "low", cast=cast, facts={"markets": ["eu"]})
    words = {"title": "Second", "purpose": "p", "setting": "s", "people_affected": "x", "scope_en": "S."}
    second = systems.declare_use(assessment.use.system, by=cast.owner, **words)
    with pytest.raises(WouldHide) as refused:
        declare.declare_facts(second, {"markets": ["hong_kong"]}, by=cast.owner, hiding=[])
    assert [answer.name for answer in refused.value.answers] == [f"{assessment.reference}/overseas-rules"]
    assert DeclaredFact.objects.get(system=second.system, key="markets").value == ["eu"]
    declare.declare_facts(second, {"personal_data": "ordinary"}, by=cast.owner, hiding=[])  # of its own use alone


# --- what is no answer yet, each kind by itself -----------------------------------------------------------------------------


NOT_THERE = {
    PRACTICE: {"choice": "unknown"},
    "ai-framework": {"choice": "planned", "planned_for": in_days(40)},
    "laws-list": {"choice": "not_applicable", "reason": "The head office keeps it."},
    "ethics-review": None,
}


def test_a_section_counts_each_kind_of_non_answer_by_itself(cast: Cast) -> None:
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=NOT_THERE)
    counts = assessment.progress["sections"]["governance"]
    assert {name: counts[name] for name in ("unknown", "planned", "not_applicable")} == {
        "unknown": 1,
        "planned": 1,
        "not_applicable": 1,
    }
    assert counts["answered"] == counts["applicable"] - 1


@pytest.mark.long
def test_rebuilding_mends_counts_that_are_wrong(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    from django.core.management import call_command

    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=NOT_THERE)
    right = assessment.progress
    wrong = {key: {k: v for k, v in row.items() if k != "planned"} for key, row in right["sections"].items()}
    Assessment.objects.filter(pk=assessment.pk).update(progress=right | {"sections": wrong})
    call_command("rebuild_derived")
    assert f"{assessment.reference}: progress" in capsys.readouterr().out
    assessment.refresh_from_db()
    assert assessment.progress == right


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("name", ["assessment", "results", "check"])
def test_pages_show_each_kind_of_non_answer_by_itself(cast: Cast, name: str) -> None:
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=NOT_THERE)
    content = signed_in(cast.owner).get(reverse(name, args=[assessment.reference])).content.decode().lower()
    unknown = {"assessment": "not known yet", "results": "answered “do not know”", "check": "do not know yet"}[name]
    for words in (unknown, "planned", "not applicable"):
        assert words in content
