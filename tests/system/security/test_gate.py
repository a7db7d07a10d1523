"""The gate of a case: every address of the site that is about a case, and what a reviewer gets there before and after.

A reviewer reads a case once they have said that they have no conflict of interest in it, or hold a seat. Whoever has
declared a conflict reads nothing of it. An address without a row fails the first test.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from assessments import urls
from assessments.domain.certificates import standing
from assessments.domain.evidence import library
from assessments.domain.remediation import actions
from assessments.domain.review import appeals, interests, messages, seat_taking
from assessments.domain.submission import submit
from assessments.models import Assessment, Hold, Interest, RemediationAction, State
from assessments.models.assessments import Route
from assessments.models.documents import DocumentState
from tests.support.daily import mostly_long
from tests.support.factories import Cast, make_assessment, make_evidence, save, undone
from tests.system.access_table.words import (
    FORBIDDEN,
    HIDDEN,
    ONLY_POSTED,
    REDIRECTED,
    SHOWN,
    Access,
    Outcome,
    by_outcome,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(30)]
SECRET = "Oystercatcher"  # in whatever only an open case shows
QUESTION, SECTION = "use-register", "governance"
STATES = ("nothing", "conflict", "none", "seat", "seat, then conflict")
"""The reviewer has declared nothing, a conflict of interest, no conflict; holds a seat; holds one, then declares a conflict."""
NOTHING, CONFLICT, NONE, SEAT, SEAT_THEN_CONFLICT = STATES


def gate(
    *,
    shown: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    hidden: Iterable[str] = (),
    others: Outcome = REDIRECTED,
) -> Access:
    """Return a row from the states in which a reviewer gets each outcome; in a state that no group names, `others`."""
    return by_outcome(dict.fromkeys(STATES, others), {SHOWN: shown, FORBIDDEN: forbidden, HIDDEN: hidden})


ONLY_IN_AN_OPEN_CASE = gate(shown=[NONE, SEAT])  # otherwise a reviewer is led to the declaration
ONLY_WITH_A_SEAT = gate(shown=[SEAT], others=FORBIDDEN)
REDIRECTED_ALWAYS = gate()
HIDDEN_ALWAYS = gate(others=HIDDEN)
ONLY_FOR_POSTS = gate(others=ONLY_POSTED)

# What a reviewer gets in each of these states.
OF_A_CASE: dict[str, Access] = {
    "review": gate(shown=STATES),  # whose case it is, who has it, its scope and tier
    "take": gate(shown=[NOTHING, CONFLICT, NONE]),
    "declare": gate(shown=[NOTHING, CONFLICT, SEAT_THEN_CONFLICT]),
    "assign_seat": gate(shown=[SEAT, SEAT_THEN_CONFLICT], forbidden=[NOTHING, CONFLICT, NONE]),  # names of people
    "review_log": ONLY_IN_AN_OPEN_CASE,
    "review_messages": ONLY_IN_AN_OPEN_CASE,
    "review_facts": ONLY_IN_AN_OPEN_CASE,
    "review_changes": ONLY_IN_AN_OPEN_CASE,
    "review_section": ONLY_IN_AN_OPEN_CASE,
    "review_evidence": ONLY_IN_AN_OPEN_CASE,
    "evidence_preview": ONLY_IN_AN_OPEN_CASE,
    "evidence_picture": gate(hidden=[NONE, SEAT]),  # without the ticket of a preview there is none
    "case_evidence": ONLY_IN_AN_OPEN_CASE,
    "whole_case": ONLY_IN_AN_OPEN_CASE,
    "next_unmarked": REDIRECTED_ALWAYS,  # to the declaration, or to the next answer
    "review_not_applicable": ONLY_IN_AN_OPEN_CASE,
    "review_supplements": ONLY_IN_AN_OPEN_CASE,
    "review_parts": ONLY_IN_AN_OPEN_CASE,
    "own_set": gate(shown=[SEAT]),
    "mark_own_set": gate(shown=[SEAT]),
    "review_together": gate(shown=[SEAT], forbidden=[NONE]),
    "case_notes": gate(shown=[SEAT], forbidden=[NONE]),
    "mark_words": gate(shown=[SEAT], forbidden=[NONE]),
    "take_over_marks": gate(forbidden=[NONE]),
    "take_back_approval": gate(forbidden=[NOTHING, CONFLICT, NONE, SEAT_THEN_CONFLICT]),
    "close_hold": ONLY_IN_AN_OPEN_CASE,
    "mark": ONLY_FOR_POSTS,
    "judge_tier": ONLY_WITH_A_SEAT,
    "send_back": ONLY_WITH_A_SEAT,
    "approve": ONLY_WITH_A_SEAT,
    "refuse": ONLY_WITH_A_SEAT,
    "action": ONLY_IN_AN_OPEN_CASE,
    "action_file": ONLY_IN_AN_OPEN_CASE,
    "action_plan": gate(forbidden=[NONE, SEAT], hidden=[NOTHING, CONFLICT, SEAT_THEN_CONFLICT]),
    "action_edit": gate(forbidden=[NONE, SEAT], hidden=[NOTHING, CONFLICT, SEAT_THEN_CONFLICT]),
    "action_split": gate(forbidden=[NONE, SEAT], hidden=[NOTHING, CONFLICT, SEAT_THEN_CONFLICT]),
    "action_not_relevant": gate(forbidden=[NONE, SEAT], hidden=[NOTHING, CONFLICT, SEAT_THEN_CONFLICT]),
    "action_risk": gate(forbidden=[NONE, SEAT], hidden=[NOTHING, CONFLICT, SEAT_THEN_CONFLICT]),
    "action_evidence": gate(forbidden=[NONE, SEAT], hidden=[NOTHING, CONFLICT, SEAT_THEN_CONFLICT]),
    "remediation_plan": HIDDEN_ALWAYS,
    "plan_now": ONLY_FOR_POSTS,
    "document": ONLY_IN_AN_OPEN_CASE,
    "document_state": ONLY_IN_AN_OPEN_CASE,
    "ask_document": ONLY_FOR_POSTS,
    "appeal": HIDDEN_ALWAYS,  # of this case there is none; see below
    "certificate_status": HIDDEN_ALWAYS,
    "second_look": HIDDEN_ALWAYS,  # this case has none; tests/domain/review/test_second_look.py has one
    "second_look_take": HIDDEN_ALWAYS,
    "second_look_marks": HIDDEN_ALWAYS,
    # Who has the seat leads the body.
    "second_look_ask": gate(forbidden=[NOTHING, CONFLICT, NONE], hidden=[SEAT, SEAT_THEN_CONFLICT]),
}
# Pages of the organisation's members: no reviewer's, whatever they declared.
OF_MEMBERS = (
    "use", "use_edit", "use_retire", "facts", "facts_draft", "prohibited", "model_card", "agree", "disagree", "hold",
    "sign_worst_case", "use_start", "assessment", "next", "section", "assign", "answer", "reuse", "returned", "reply",
    "comments", "ask", "asked", "search", "flagged", "flag", "section_check", "history", "compare", "assessment_log",
    "answer_evidence", "results", "result", "conformity", "conformity_part", "supplements", "check", "sign", "self_certify",
    "declare_prohibited", "recall", "what_changed", "withdraw", "case", "contest", "open_again", "evidence_piece",
    "evidence_edit", "evidence_replace", "evidence_withdraw", "evidence_file", "system", "system_edit",
    "system_retire", "use_new",
)  # fmt: skip
# About no case in particular; lists show what their finders return (test_access).
OF_NO_CASE = {
    "start", "security_txt", "verify_form", "verify", "verify_file", "clauses", "clause", "method", "help", "health", "invitation",
    "session", "held",
    "dashboard", "inbox", "assessments", "filters", "portfolio_sums", "actions", "organisation_actions", "actions_export",
    "action_new", "actions_merge", "actions_import", "actions_dates", "actions_moved", "certificates", "found", "organisation",
    "organisation_edit", "people", "member", "member_remove", "reset_factor", "members_factor", "notice", "my_data",
    "account_delete", "organisation_data", "organisation_delete", "invited", "organisation_log", "systems", "system_new",
    "import", "import_report", "import_faulty", "inventory_template", "systems_export", "settings", "evidence",
    "evidence_new", "reviews", "issued", "issued_export", "review_texts", "review_text", "quality", "quality_reviewers",
}  # fmt: skip


def once_for_all(cast: Cast) -> Any:
    """A case in its second round, with a hold, an action that leans on evidence, a document and messages."""
    facts = {"illegal_purpose": True, "lawful_exception_claimed": True}
    answers = {QUESTION: {"choice": "partly", "text": f"{SECRET}: three of five clinics."}}
    case = make_assessment(State.RETURNED, "limited", cast=cast, facts=facts, answers=answers)
    piece = make_evidence(cast.organisation, by=cast.owner, title=f"{SECRET} file", confidentiality="confidential")
    library.attach(piece, case, QUESTION, by=cast.owner)
    save(case, QUESTION, {"choice": "partly", "text": f"{SECRET}: four of five."}, by=cast.owner)
    sent = submit.submit(case, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(sent, by=cast.independent)
    messages.say(sent, f"{SECRET}, which clinics?", by=cast.independent)
    action = RemediationAction.objects.filter(use=case.use, question=QUESTION)[0]
    actions.attach(action, piece, by=cast.contributor)
    document = sent.documents.get()
    document.state = DocumentState.READY
    document.file.name = "gone.pdf"
    document.save()
    hold = Hold.objects.get(use=case.use, closed_at=None)
    return SimpleNamespace(assessment=case, sent=sent, piece=piece, action=action, document=document, hold=hold)


def args_of(name: str, made: Any) -> list[Any]:
    """The arguments of an address about this case, by the names that its pattern gives them."""
    pattern = next(one for one in urls.urlpatterns if one.name == name)
    route = str(pattern.pattern)
    references = {
        "reviews": made.sent.reference,
        "assessments": made.assessment.reference,
        "uses": made.assessment.use.reference,
        "actions": made.assessment.use.reference,
        "systems": made.assessment.use.system.reference,
        "evidence": made.piece.reference,
        "documents": made.document.reference,
    }
    values = {
        "reference": references.get(route.partition("/")[0], "aaaaaaaaaaaa"),
        "key": SECTION,
        "question": QUESTION,
        "piece": made.piece.reference,
        "version": 1,
        "number": {"actions": made.action.number, "certificates": "HKG-AAAA-AAAA-A"}.get(route.partition("/")[0], 1),
        "pk": made.hold.pk,
        "seat": "first",
        "anchor": f"q-{QUESTION}",
        "kind": "plan",
        "group": "tier",
        "appeal": "aaaaaaaaaaaa",
    }
    return [values[kwarg] for kwarg in pattern.pattern.converters]


def reader(state: str, cast: Cast, sent: Any) -> Client:
    """A reviewer of the reviewing body who has said this of the case."""
    person = cast.independent if state.startswith("seat") else cast.second_independent
    if state == "none":
        interests.declare_none(sent, by=person)
    if state.endswith("conflict"):
        interests.decline(sent, by=person, words="I sold it to them.")
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def case(made: tuple[Cast, Any], db: None) -> Any:
    return made[1]


def test_every_address_has_its_row() -> None:
    named = {pattern.name for pattern in urls.urlpatterns}
    assert named == {*OF_A_CASE, *OF_MEMBERS, *OF_NO_CASE}
    assert len(named) == len(OF_A_CASE) + len(OF_MEMBERS) + len(OF_NO_CASE)


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("place", mostly_long(range(len(STATES)), [1, 3]), ids=STATES)  # one closed, one open
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)], ids=["daily", "whole"])
def test_what_a_reviewer_gets_at_every_address_of_a_case(whole: bool, place: int, cast: Cast, case: Any) -> None:
    """Daily pages of members are asked for in one of the states, in the long run in all."""
    client = reader(STATES[place], cast, case.sent)
    rows = OF_A_CASE | dict.fromkeys(OF_MEMBERS if whole else OF_MEMBERS[place :: len(STATES)], HIDDEN_ALWAYS)
    found, leaks, astray = {}, [], []
    for name in rows:
        url = reverse(name, args=args_of(name, case))
        with undone():
            response = client.get(url)
        found[name] = str(response.status_code)
        content = b"".join(response) if response.streaming else response.content
        if SECRET.encode() in content and place in (0, 1, 4):
            leaks.append(name)
        to_declare = f"{reverse('declare', args=[case.sent.reference])}?{urlencode({'then': url})}"
        if rows[name] == ONLY_IN_AN_OPEN_CASE and found[name] == "302" and response["Location"] != to_declare:
            astray.append(name)
    wanted = {name: str(row[STATES[place]]) for name, row in rows.items()}
    wanted |= {name: "405" for name in found if found[name] == "405" and wanted[name] == "404"}
    wanted["document"] = wanted["document"].replace("200", "503")  # its file is not there: the row alone is asked for
    assert found == wanted
    assert leaks == []
    assert astray == []


@pytest.mark.long
@pytest.mark.parametrize("state", mostly_long(["nothing", "conflict", "seat, then conflict"], ["conflict"]))
def test_nothing_posted_opens_a_closed_case(state: str, cast: Cast, case: Any) -> None:
    client = reader(state, cast, case.sent)
    leaks, taken = [], {}
    before = list(case.sent.marks.order_by("pk").values())
    for name in OF_A_CASE:
        if name in ("declare", "take", "assign_seat"):
            continue
        anchor = f"q-{QUESTION}"
        form = {"target": f"q:{QUESTION}", "mark": "accepted", f"{anchor}-mark": "accepted", f"{anchor}-base": ""}
        with undone():
            response = client.post(reverse(name, args=args_of(name, case)), form | {"text": "Words", "accept": "1"})
            if list(case.sent.marks.order_by("pk").values()) != before:
                taken[name] = "a mark"
        if response.status_code not in (302, 403, 404, 405):
            taken[name] = response.status_code
        if SECRET.encode() in getattr(response, "content", b""):
            leaks.append(name)
    assert (leaks, taken) == ([], {})


def test_the_open_case_does_show_it(cast: Cast, case: Any) -> None:
    """Without this the tests above could pass on a case that shows nothing."""
    client = reader("none", cast, case.sent)
    for name in ("review_section", "review_messages", "review_changes", "action"):
        assert SECRET in client.get(reverse(name, args=args_of(name, case))).content.decode(), name
    assert client.get(reverse("action_file", args=args_of("action_file", case))).status_code == 200


def test_a_conflict_closes_what_a_seat_had_opened_and_no_word_opens_it_again(cast: Cast, case: Any) -> None:
    page = reverse("review_section", args=[case.sent.reference, SECTION])
    client = reader("seat", cast, case.sent)
    assert client.get(page).status_code == 200
    client = reader("seat, then conflict", cast, case.sent)
    client.post(reverse("declare", args=[case.sent.reference]), {"conflict": "none"})
    client.post(reverse("take", args=[case.sent.reference]), {"conflict": "none"})
    assert client.get(page).status_code == 302


@pytest.mark.long
def test_a_conflict_in_an_earlier_case_of_the_use_closes_its_actions(cast: Cast, case: Any) -> None:
    earlier = make_assessment(State.WITHDRAWN, "limited", cast=cast)
    Assessment.objects.filter(pk=earlier.pk).update(use=case.assessment.use)
    client = reader("none", cast, case.sent)
    url = reverse("action", args=args_of("action", case))
    assert client.get(url).status_code == 200
    Interest.objects.create(assessment=earlier, reviewer=cast.second_independent, words="I sold it to them.")
    assert client.get(url).status_code == 302


@pytest.mark.long
def test_an_action_opens_with_a_declaration_in_the_case_that_judges_it_alone(cast: Cast, case: Any) -> None:
    answers = {QUESTION: {"choice": "partly", "text": "Turnstone: told in the newer case."}}
    newer = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=answers)
    Assessment.objects.filter(pk=case.assessment.pk).update(state=State.WITHDRAWN)  # one open case a use
    Assessment.objects.filter(pk=newer.pk).update(use=case.assessment.use)
    client = reader("none", cast, case.sent)
    url = reverse("action", args=args_of("action", case))
    sent_away = client.get(url)  # declared in the case before, which judges it no more
    assert sent_away["Location"].startswith(reverse("declare", args=[newer.current_submission.reference]))
    interests.declare_none(newer.current_submission, by=cast.second_independent)
    page = client.get(url).content.decode()
    assert "Turnstone" in page
    assert f"{SECRET}: four of five" not in page


@pytest.mark.long
def test_a_declaration_leads_back_to_the_page_that_asked_for_it_and_nowhere_else(cast: Cast, case: Any) -> None:
    client = reader("nothing", cast, case.sent)
    page = reverse("action", args=args_of("action", case))
    asked = client.get(page)["Location"]
    declare = asked.partition("?")[0]
    for then in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"):
        with undone():
            sent = client.post(f"{declare}?{urlencode({'then': then})}", {"conflict": "none"})
        assert sent["Location"] == case.sent.get_absolute_url()
    assert client.post(asked, {"conflict": "none"})["Location"] == page


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(("state", "status"), [("nothing", 302), ("conflict", 302), ("none", 200)])
def test_an_appeal_is_read_by_whoever_has_declared_no_conflict(state: str, status: int, cast: Cast) -> None:
    refused = make_assessment(State.REFUSED, "limited", cast=cast)
    about = appeals.contestable(refused)[0].value
    appeal = appeals.contest(refused, about, f"{SECRET} was overlooked.", by=cast.owner)
    client = reader(state, cast, appeal.submission)
    response = client.get(reverse("appeal", args=[appeal.reference]))
    assert response.status_code == status
    assert (SECRET in response.content.decode()) == (status == 200)


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("state", ["nothing", "conflict"])
def test_how_a_certificate_stands_shows_no_more_than_the_public_page(state: str, cast: Cast) -> None:
    answers = {QUESTION: {"choice": "in_place", "text": f"{SECRET}: all of them."}}
    certified = make_assessment(State.CERTIFIED, "limited", cast=cast, answers=answers)
    certificate = certified.current_submission.certificate
    standing.suspend(certificate, by=cast.independent, reason="complaint", words="A patient wrote.")
    client = reader(state, cast, certified.current_submission)
    page = client.get(reverse("certificate_status", args=[certificate.number]))
    assert page.status_code == 200
    assert SECRET not in page.content.decode()


def test_the_queue_and_the_overview_name_people_and_show_no_answer(cast: Cast, case: Any) -> None:
    client = reader("nothing", cast, case.sent)
    for url in (reverse("reviews"), reverse("review", args=[case.sent.reference])):
        page = client.get(url).content.decode()
        assert cast.independent.name in page
        assert SECRET not in page
