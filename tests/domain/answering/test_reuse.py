"""Answers that stand elsewhere: offered, taken over, confirmed one by one; retiring and taking back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.core.errors import Conflict, Locked, NotPermitted, WorkflowError
from assessments.domain.answering import assignments, reuse, start
from assessments.domain.register import systems
from assessments.domain.submission import submit
from assessments.models import (
    Answer,
    AnswerRevision,
    Assessment,
    AuditEntry,
    DeclaredUse,
    RevisionOutcome,
    Route,
    snapshots,
)
from tests.support.factories import Cast, make_assessment, make_organisation, make_use, save
from tests.support.page_text import markup_of as text_of

pytestmark = pytest.mark.sqlite_alone

POLICY = "ai-framework"  # of the whole organisation
OWN = "accountable-owner"  # of one system
SAID = {"choice": "partly", "text": "Adopted in May, two clinics still to follow."}


def elsewhere(cast: Cast, **answers: Any) -> Assessment:
    """An assessment of the organisation with an answer about all of it, and one about its system."""
    return make_assessment(cast=cast, answers={POLICY: SAID, OWN: {"choice": "in_place"}, **answers})


def begun(cast: Cast) -> Assessment:
    return make_assessment(cast=cast, filled=False)


def asked(assessment: Assessment) -> list[str]:
    return [question.key for question in assessment.declared().questions(assessment.compiled())]


def reload(assessment: Assessment) -> Assessment:
    return Assessment.objects.for_dashboard().get(pk=assessment.pk)


def here(assessment: Assessment) -> str:
    return reverse("reuse", args=[assessment.reference])


def carry_all(assessment: Assessment, *, by: Any, source: Assessment | None = None) -> list[Answer]:
    return reuse.copy_answers(assessment, reuse.offered(assessment, asked(assessment), source), by=by)


# --- what is offered --------------------------------------------------------------------------------------------------


def test_a_policy_is_organisation_wide_and_what_speaks_of_the_system_is_not(edition):
    assert POLICY in edition.organisation_wide
    assert OWN not in edition.organisation_wide


def test_answers_about_the_whole_organisation_are_offered_and_no_others(cast: Cast) -> None:
    elsewhere(cast)
    new = begun(cast)
    found = {answer.question.key for answer in reuse.offered(new, asked(new))}
    assert POLICY in found
    assert OWN not in found
    assert found <= new.compiled().organisation_wide
    offer = reuse.offer_for(new, asked(new), to_confirm=0)
    assert offer.answers == len(found)


@pytest.mark.long
def test_the_newest_answer_is_offered(cast: Cast) -> None:
    elsewhere(cast)
    newer = elsewhere(cast, **{POLICY: {"choice": "in_place", "text": "All clinics by now."}})
    new = begun(cast)
    (answer,) = [one for one in reuse.offered(new, asked(new)) if one.question.key == POLICY]
    assert (answer.assessment_id, answer.text) == (newer.pk, "All clinics by now.")


@pytest.mark.long
def test_neither_a_strangers_answer_nor_a_do_not_know_is_offered(cast: Cast) -> None:
    make_assessment(organisation=make_organisation("Elsewhere Limited"))
    make_assessment(cast=cast, filled=False)
    save(begun(cast), POLICY, {"choice": "unknown"}, by=cast.owner)
    new = begun(cast)
    assert reuse.offered(new, asked(new)) == []
    assert reuse.offer_for(new, asked(new), to_confirm=0).answers == 0


def test_what_is_answered_already_is_not_offered(cast: Cast) -> None:
    elsewhere(cast)
    new = begun(cast)
    save(new, POLICY, {"choice": "not_in_place"}, by=cast.owner)
    assert POLICY not in {answer.question.key for answer in reuse.offered(new, asked(new))}


# --- taking over and confirming ---------------------------------------------------------------------------------------


def test_a_carried_answer_counts_for_nothing_until_it_is_confirmed(cast: Cast) -> None:
    source = elsewhere(cast)
    new = begun(cast)
    rows = carry_all(new, by=cast.contributor)
    row = next(one for one in rows if one.question_id and one.text == SAID["text"])
    assert (row.to_confirm, row.carried_from.assessment_id, row.by) == (True, source.pk, cast.contributor)
    assert row.revisions.get().outcome == RevisionOutcome.CARRIED
    assert reload(new).answer_values() == {}
    assert submit.unanswered(reload(new))[1] == asked(new)
    assert snapshots.build_snapshot(reload(new), final=True)["answers"] == {}

    saved = reuse.confirm_copied(new, POLICY, by=cast.owner, base=1)
    assert saved.changed
    row.refresh_from_db()
    assert (row.to_confirm, row.by, row.text, row.revision) == (False, cast.owner, SAID["text"], 2)
    assert set(reload(new).answer_values()) == {POLICY}
    assert reload(new).answered == 1
    with pytest.raises(WorkflowError, match="nothing left to confirm"):
        reuse.confirm_copied(new, POLICY, by=cast.owner, base=2)


def test_answering_otherwise_settles_a_carried_answer(cast: Cast) -> None:
    elsewhere(cast)
    new = begun(cast)
    carry_all(new, by=cast.owner)
    save(new, POLICY, {"choice": "not_in_place"}, by=cast.owner)
    assert reload(new).answer_values()[POLICY].choice == "not_in_place"
    assert not Answer.objects.get(assessment=new, question__key=POLICY).to_confirm


def test_nobody_confirms_what_was_changed_after_they_read_it(cast: Cast) -> None:
    elsewhere(cast)
    new = begun(cast)
    carry_all(new, by=cast.owner)
    Answer.objects.filter(assessment=new, question__key=POLICY).update(revision=5)
    with pytest.raises(Conflict, match="Check the answer again"):
        reuse.confirm_copied(new, POLICY, by=cast.owner, base=1)


def test_an_answer_is_taken_over_once(cast: Cast) -> None:
    elsewhere(cast)
    new = begun(cast)
    offered = reuse.offered(new, asked(new))
    assert len(reuse.copy_answers(new, offered, by=cast.owner)) == len(offered)
    assert reuse.copy_answers(new, offered, by=cast.owner) == []
    assert AnswerRevision.objects.filter(parent__assessment=new).count() == len(offered)


def test_another_use_takes_over_all_answers_that_are_answers_there(cast: Cast) -> None:
    source = elsewhere(cast)
    high = make_use("high", cast.organisation, parts=("provider",))
    new = start.start_assessment(high, by=cast.owner)
    rows = carry_all(new, by=cast.owner, source=source)
    keys = set(Answer.objects.filter(pk__in=[row.pk for row in rows]).values_list("question__key", flat=True))
    assert OWN in keys
    assert keys == set(asked(source)) & set(asked(new))


def test_nothing_of_a_stranger_is_carried(cast: Cast) -> None:
    theirs = make_assessment(organisation=make_organisation("Elsewhere Limited"))
    new = begun(cast)
    assert reuse.copy_answers(new, theirs.answers.select_related("question", "assessment"), by=cast.owner) == []
    assert not new.answers.exists()


def test_only_a_draft_takes_answers_over_and_only_from_people_who_answer(cast: Cast) -> None:
    source = elsewhere(cast)
    sent = make_assessment("submitted", "limited", cast=cast)
    answers = list(source.answers.select_related("question", "assessment"))
    with pytest.raises(Locked):
        reuse.copy_answers(sent, answers, by=cast.owner)
    with pytest.raises(NotPermitted):
        reuse.copy_answers(begun(cast), answers, by=cast.viewer)


def test_who_sees_only_what_is_assigned_takes_over_no_more(cast: Cast) -> None:
    elsewhere(cast)
    new = begun(cast)
    member = cast.assigned.memberships.get()
    assignments.assign_section(new, "people", member, by=cast.owner)
    offered = reuse.offered(new, asked(new))
    rows = reuse.copy_answers(new, offered, by=cast.assigned)
    edition = new.compiled()
    keys = Answer.objects.filter(pk__in=[row.pk for row in rows]).values_list("question__key", flat=True)
    assert {edition.questions[key].section for key in keys} == {"people"}


# --- the pages --------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_task_list_offers_and_the_page_takes_over_what_is_ticked(client: Client, cast: Cast) -> None:
    elsewhere(cast)
    new = begun(cast)
    client.force_login(cast.contributor)
    count = len(reuse.offered(new, asked(new)))
    tasks = client.get(new.get_absolute_url()).content.decode()
    assert f"Copy {count} answers that your organisation gave for other uses" in tasks
    page = client.get(here(new))
    assert [one["question"].key for one in page.context["offered"]].count(POLICY) == 1
    assert SAID["text"] in page.content.decode()
    ticked = next(one["row"].pk for one in page.context["offered"] if one["question"].key == POLICY)
    done = client.post(here(new), {"take": [ticked]}, follow=True).content.decode()
    assert "One answer was copied." in done
    section = client.get(reverse("section", args=[new.reference, "governance"])).content.decode()
    assert "This answer is about the whole organisation." in section
    assert reload(new).answered == 1


def test_answers_of_one_assessment_are_taken_over_to_be_confirmed(client: Client, cast: Cast) -> None:
    source = elsewhere(cast)
    new = begun(cast)
    client.force_login(cast.contributor)
    page = client.get(f"{here(new)}?from={source.reference}")
    ticked = next(one["row"].pk for one in page.context["offered"] if one["question"].key == OWN)
    done = client.post(here(new), {"take": [ticked], "from": source.reference}, follow=True).content.decode()
    assert "One answer has to be confirmed" in done
    assert "1 copied answer has to be confirmed" in client.get(new.get_absolute_url()).content.decode()
    section = client.get(reverse("section", args=[new.reference, "governance"])).content.decode()
    assert "Carried over, not confirmed yet" in section
    assert f"{here(new)}#carried-{OWN}" in section
    said = client.post(here(new), {"confirm": f"{OWN}:1"}, follow=True).content.decode()
    assert "Confirmed:" in said
    assert reload(new).answered == 1


def copied_from(source: Assessment, cast: Cast, **answers: Any) -> Assessment:
    """A new draft whose every question is answered, one of them with a copied answer that nobody has confirmed."""
    new = make_assessment(cast=cast, answers={OWN: None, **answers})
    carried = [row for row in reuse.offered(new, [OWN], source) if row.question.key == OWN]
    reuse.copy_answers(new, carried, by=cast.contributor)
    return reload(new)


def test_the_check_of_a_section_says_that_a_copied_answer_waits_and_confirms_it(client: Client, cast: Cast) -> None:
    source = elsewhere(cast)
    new = copied_from(source, cast)
    check = reverse("section_check", args=[new.reference, "governance"])
    client.force_login(cast.contributor)
    page = text_of(client.get(check))
    assert "<h1>One copied answer is not confirmed yet</h1>" in page
    row = page.partition(f'<section class="hk-row" id="q-{OWN}"')[2].partition("</section>")[0]
    author = source.answers.get(question__key=OWN).by
    assert f"Copied from “{source.use.title}”, written by {author} on" in row
    assert "Saved" not in row
    assert f'<a href="#q-{OWN}">' in page
    refused = text_of(client.post(check, {"complete": "yes"}))
    assert "Confirm or change the copied answers first." in refused
    assert "has no answer" not in refused
    assert "has a copied answer. Confirm or change it:" in refused
    value = re.search(r'name="confirm" value="([^"]+)"', row)
    assert value is not None
    done = text_of(client.post(check, {"confirm": value[1]}, follow=True))
    assert "Confirmed:" in done
    assert "Every question in this section has an answer" in done
    assert "Copied from" not in done
    again = text_of(client.post(check, {"confirm": value[1]}, follow=True))
    assert "There is nothing left to confirm" in again


def test_the_check_of_a_section_names_both_what_is_not_answered_and_what_is_not_confirmed(
    client: Client, cast: Cast
) -> None:
    new = copied_from(elsewhere(cast), cast, **{POLICY: None})
    client.force_login(cast.contributor)
    check = reverse("section_check", args=[new.reference, "governance"])
    page = text_of(client.post(check, {"complete": "yes"}))
    assert "Answer the remaining questions first, and confirm or change the copied answers." in page
    assert page.count("has no answer: ") == page.count("has a copied answer. Confirm or change it: ") == 1


def test_nobody_confirms_on_the_check_of_a_section_who_may_not_answer(client: Client, cast: Cast) -> None:
    new = copied_from(elsewhere(cast), cast)
    client.force_login(cast.viewer)
    check = reverse("section_check", args=[new.reference, "governance"])
    assert "Confirm this answer" not in text_of(client.get(check))
    assert client.post(check, {"confirm": f"{OWN}:1"}).status_code == 403
    assert new.answers.get(question__key=OWN).to_confirm


def test_the_check_of_all_answers_is_not_ready_while_a_copied_answer_waits(client: Client, cast: Cast) -> None:
    new = copied_from(elsewhere(cast), cast)
    client.force_login(cast.owner)
    page = client.get(reverse("check", args=[new.reference]))
    assert not page.context["ready"]
    text = text_of(page)
    assert "<h1>One copied answer is not confirmed yet</h1>" in text
    assert '<a href="#carried">1 copied answer that nobody has confirmed</a>' in text
    assert reverse("sign", args=[new.reference]) not in text
    assert f'href="{here(new)}">Confirm the copied answers</a>' in text
    reuse.confirm_copied(new, OWN, by=cast.owner, base=1)
    assert client.get(reverse("check", args=[new.reference])).context["ready"]


def test_once_all_is_confirmed_the_page_does_not_say_that_there_never_was_anything(client: Client, cast: Cast) -> None:
    new = copied_from(elsewhere(cast), cast)
    client.force_login(cast.owner)
    reuse.confirm_copied(new, OWN, by=cast.owner, base=1)
    page = text_of(client.get(here(new)))
    assert "<h1>All copied answers are confirmed</h1>" in page
    assert "1 answer of this assessment was copied" in page
    bare = text_of(client.get(here(make_assessment(cast=cast))))
    assert "<h1>There is no answer to copy</h1>" in bare
    assert "No answers from other uses yet" in bare


def test_reuse_form_with_nothing_ticked_says_so_and_copies_nothing(client: Client, cast: Cast) -> None:
    elsewhere(cast)
    new = begun(cast)
    client.force_login(cast.owner)
    assert "Tick the answers that you want to copy." in client.post(here(new), {}).content.decode()
    assert not new.answers.exists()


def test_all_answers_of_one_assessment_are_shown_when_it_is_chosen(client: Client, cast: Cast) -> None:
    source = elsewhere(cast)
    new = begun(cast)
    client.force_login(cast.owner)
    page = client.get(f"{here(new)}?from={source.reference}")
    assert OWN in {one["question"].key for one in page.context["offered"]}
    theirs = make_assessment(organisation=make_organisation("Elsewhere Limited"))
    assert client.get(f"{here(new)}?from={theirs.reference}").status_code == 404


def test_saving_a_page_confirms_nothing_that_was_not_changed(client: Client, cast: Cast) -> None:
    """Somebody who changes one answer of a page has not thereby read the others."""
    elsewhere(cast)
    new = begun(cast)
    carry_all(new, by=cast.owner)
    row = Answer.objects.get(assessment=new, question__key=POLICY)
    client.force_login(cast.owner)
    data = {
        f"{POLICY}--choice": row.choice,
        f"{POLICY}--text": row.text,
        f"{POLICY}--base": row.revision,
        f"{POLICY}--operation": "0197b1c0-0000-7000-8000-000000000001",
        "stay": "1",
    }
    assert client.post(reverse("section", args=[new.reference, "governance"]), data).status_code == 302
    row.refresh_from_db()
    assert row.to_confirm


@pytest.mark.long
def test_the_page_costs_the_same_for_one_assessment_elsewhere_or_many(client: Client, cast: Cast) -> None:
    elsewhere(cast)
    new = begun(cast)
    client.force_login(cast.owner)
    counts = []
    for _size in ("few", "many"):
        client.get(here(new))
        with CaptureQueriesContext(connection) as queries:
            client.get(here(new))
        counts.append(len(queries))
        for _n in range(3):
            elsewhere(cast)
    assert counts[0] == counts[1] <= 15


# --- retiring and taking back -----------------------------------------------------------------------------------------


def retire_page(about: Any) -> str:
    return reverse("use_retire" if isinstance(about, DeclaredUse) else "system_retire", args=[about.reference])


@pytest.mark.parametrize("of_system", [True, False])
def test_a_retired_thing_leaves_the_lists_and_comes_back_as_it_was(client: Client, cast: Cast, of_system: bool) -> None:
    use = make_use("low", cast.organisation, title="Sorting the post")
    about = use.system if of_system else use
    client.force_login(cast.owner)
    client.post(retire_page(about), {"retire": "1"}, follow=True)
    for name in ("dashboard", "assessments"):
        assert "Sorting the post" not in client.get(reverse(name)).content.decode()
    assert "Sorting the post" in client.get(reverse("assessments") + "?standing=retired").content.decode()
    assert (use.system.name in client.get(reverse("systems")).content.decode()) is not of_system
    assert (use.system.name in client.get(reverse("systems") + "?retired=1").content.decode()) is of_system
    assert client.get(use.get_absolute_url()).status_code == 200
    with pytest.raises(WorkflowError, match="retired"):
        start.start_assessment(use, by=cast.owner)
    client.post(retire_page(about), {"restore": "1"}, follow=True)
    assert "Sorting the post" in client.get(reverse("assessments")).content.decode()
    assert start.start_assessment(use, by=cast.owner).state == "draft"
    kinds = AuditEntry.objects.filter(kind__contains="re", object__endswith=about.reference).values_list("kind")
    word = "system" if of_system else "use"
    assert [kind for (kind,) in kinds.order_by("seq")][-2:] == [f"{word}_retired", f"{word}_restored"]


def test_retire_form_sent_twice_leaves_the_use_retired(client: Client, cast: Cast) -> None:
    use = make_use("low", cast.organisation)
    client.force_login(cast.owner)
    client.post(retire_page(use), {"retire": "1"})
    assert "is already retired" in client.post(retire_page(use), {"retire": "1"}).content.decode()
    use.refresh_from_db()
    assert use.retired_at is not None


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("state", ["submitted", "in_review", "returned", "approved"])
def test_nothing_is_retired_while_a_reviewer_has_it(cast: Cast, state: str) -> None:
    answers = {OWN: {"choice": "partly"}} if state == "approved" else {}
    use = make_assessment(state, "limited", cast=cast, answers=answers).use
    for about in (use, use.system):
        with pytest.raises(Locked, match="under review"):
            systems.retire(about, by=cast.owner)
    use.refresh_from_db()
    assert use.retired_at is None


def test_a_certificate_stays_valid_and_the_page_says_so(client: Client, cast: Cast) -> None:
    use = make_assessment("certified", "low", cast=cast).use
    certificate = use.certificates.get()
    client.force_login(cast.owner)
    page = client.get(retire_page(use)).content.decode()
    assert "These certificates stay valid until their end dates" in page
    assert certificate.number in page
    client.post(retire_page(use), {"retire": "1"})
    assert certificate.status() == "valid"
    assert client.get(certificate.get_absolute_url()).status_code == 200


def test_a_draft_of_a_retired_use_asks_nobody_and_cannot_be_sent(client: Client, cast: Cast) -> None:
    draft = make_assessment("draft", "limited", cast=cast)
    systems.retire(draft.use, by=cast.owner)
    client.force_login(cast.owner)
    assert draft.reference not in client.get(reverse("dashboard")).content.decode()
    with pytest.raises(WorkflowError):
        submit.submit(reload(draft), by=cast.owner, route=Route.INDEPENDENT)


def test_only_an_owner_retires(cast: Cast) -> None:
    use = make_use("low", cast.organisation)
    for who in (cast.contributor, cast.viewer, cast.outsider, cast.staff):
        for about in (use, use.system):
            with pytest.raises(NotPermitted):
                systems.retire(about, by=who)


def test_the_offer_leaves_the_task_list_at_ten_queries(client: Client, cast: Cast) -> None:
    elsewhere(cast)
    new = begun(cast)
    client.force_login(cast.owner)
    client.get(new.get_absolute_url())
    with CaptureQueriesContext(connection) as queries:
        client.get(new.get_absolute_url())
    assert len(queries) <= 10, "\n".join(query["sql"][:150] for query in queries.captured_queries)
