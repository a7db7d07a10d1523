"""Checks before signing: what each of them finds, what it leaves alone, and that owner and reviewer see the same."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from assessments.domain.answering import organisation_answers, reuse
from assessments.guideline.terms import Choice, Severity
from assessments.models import Submission
from assessments.models.snapshots import build_snapshot
from assessments.scoring.checks import AnswerSeen, SeenEvidence, months_before, run
from assessments.scoring.inputs import AnswerValue, Declared
from tests.support.factories import Cast, in_days, make_assessment, make_evidence, make_use, save
from tests.support.page_text import markup_of

TODAY = date(2026, 11, 25)


NO_MACHINE = {"autonomous_vehicle": False, "autonomous_robot": False}


def declared(*parts: str, tier: str = "limited", **facts: Any) -> Declared:
    return Declared(facts, parts or ("organisation",), tier)  # type: ignore[arg-type]


def said(
    choice: str = "in_place", note: str = "", *ticks: str, pieces: tuple[SeenEvidence, ...] = (), **more: Any
) -> AnswerSeen:
    return AnswerSeen(AnswerValue(Choice(choice), frozenset(ticks), **more), note, pieces)


def found(edition, use: Declared, **answers: AnswerSeen) -> dict[str, tuple[str, ...]]:
    """Check to the questions and facts that it names."""
    seen = {key.replace("_", "-"): answer for key, answer in answers.items()}
    return {one.check: (*one.facts, *one.questions) for one in run(edition, use, seen, today=TODAY)}


BOUGHT = {"model_source": ("third_party",), "deployment_stage": "pilot", "takes_user_input": True}
QUALIFIED = {"human_reviewer_qualified": "qualified"}


@pytest.mark.parametrize(
    ("check", "facts", "answers", "about"),
    [
        (
            "people-approve-without-oversight",
            {"decision_autonomy": "human_approves"},
            {"oversight_plan": said("none")},
            ("decision_autonomy", "oversight-plan"),
        ),
        (
            "incident-with-known-failures-handled",
            {"incident_open": True, "worst_credible_effect": "serious"},
            {"known_failures": said()},
            ("incident_open", "known-failures"),
        ),
        (
            "told-but-not-marked",
            {"publishes_output": True, "makes_content_for_people": True, "generates_realistic_media": True},
            {"tier_limited_transparency": said(), "ai_labels": said("none")},
            ("ai-labels", "tier-limited-transparency"),
        ),
        (
            "no-training-but-not-asked",
            {"trains_on_user_data": False, **BOUGHT},
            {"procurement_checks": said("ticked", "", "price")},
            ("trains_on_user_data", "procurement-checks"),
        ),
        (
            "open-box-without-personal-data",
            {"public_facing": True, "takes_user_input": True, "personal_data": "none"},
            {},
            ("public_facing", "takes_user_input", "personal_data"),
        ),
        (
            "many-people-and-not-public",
            {"public_facing": False, "users_scale": "1000000_plus"},
            {},
            ("public_facing", "users_scale"),
        ),
        (
            "acts-and-does-not",
            {"agentic_actions": False, "service_areas": ("ai_agents", "other")},
            {},
            ("agentic_actions", "service_areas"),
        ),
        (
            "media-without-its-kind",
            {"generates_realistic_media": True, "modalities": ("text",)},
            {},
            ("generates_realistic_media",),
        ),
        (
            "automatic-with-a-reviewer",
            {"decision_autonomy": "fully_automated", "human_reviewer_qualified": "qualified", **NO_MACHINE},
            {},
            ("decision_autonomy", "human_reviewer_qualified"),
        ),
        (
            "policy-without-policy",
            {"used_at_work": True},
            {"staff_policy": said("not_in_place"), "policy_use": said("ticked", "", "permitted-uses")},
            ("staff-policy", "policy-use"),
        ),
        (
            "personal-data-in-a-note",
            {"personal_data": "none"},
            {"use_register": said(note="Each entry has the HKID of the customer.")},
            ("personal_data", "use-register"),
        ),
        (
            "children-in-a-note",
            {"minors_or_vulnerable_users": False},
            {"use_register": said(note="由小學生使用。")},
            ("minors_or_vulnerable_users", "use-register"),
        ),
    ],
)
def test_a_contradiction_names_the_facts_and_answers_that_disagree(edition, check, facts, answers, about):
    assert found(edition, declared(**facts), **answers).get(check) == about


@pytest.mark.parametrize(
    ("check", "facts", "answers"),
    [
        ("qualified-without-training", {"human_reviewer_qualified": "unknown"}, {"staff_training": said("none")}),
        ("qualified-without-training", QUALIFIED, {"staff_training": said("ticked", "", "ethics")}),
        ("qualified-without-training", QUALIFIED, {"staff_training": said("unknown")}),
        ("no-training-but-not-asked", {"trains_on_user_data": False, **BOUGHT}, {}),
        (
            "no-training-but-not-asked",
            {"trains_on_user_data": False, **BOUGHT},
            {
                "procurement_checks": said(
                    "ticked", "", "price", not_applicable_items={"training-on-input": "The vendor stores nothing."}
                )
            },
        ),
        ("personal-data-in-a-note", {"personal_data": "ordinary"}, {"use_register": said(note="HKID is kept.")}),
        ("acts-and-does-not", {"agentic_actions": False, "service_areas": ("other",)}, {}),
        ("media-without-its-kind", {"generates_realistic_media": True, "modalities": ("text", "audio")}, {}),
        ("media-without-its-kind", {"generates_realistic_media": True}, {}),
        (
            "automatic-with-a-reviewer",
            {
                "decision_autonomy": "fully_automated",
                "human_reviewer_qualified": "qualified",
                "autonomous_vehicle": True,
            },
            {},
        ),
    ],
)
def test_what_is_open_mild_or_not_applicable_contradicts_nothing(edition, check, facts, answers):
    assert check not in found(edition, declared(**facts), **answers)


def test_answers_to_questions_that_are_not_asked_are_passed_over(edition):
    low = declared(tier="low", decision_autonomy="fully_automated")
    assert "automatic-with-a-person" not in found(edition, low, tier_high_human_in_the_loop=said())


def test_a_must_is_looked_at_for_evidence_note_and_knowledge(edition):
    piece = (SeenEvidence(),)
    checks = found(
        edition,
        declared(deployment_stage="pilot", third_party_components=True),
        use_register=said(note="Kept since May.", pieces=piece),
        accountable_owner=said(note="Approved in May."),
        laws_list=said(pieces=piece),
        approval_paper=said("unknown"),
        responsibility_map=said(),  # a should: nothing is said of it
    )
    assert checks["must-without-evidence"] == ("accountable-owner",)
    assert checks["must-without-note"] == ("laws-list",)
    assert checks["must-not-known"] == ("approval-paper",)


def test_the_same_words_count_from_three_answers_on_and_twenty_characters(edition):
    long, short = "Kept  in the REGISTER of the office.", "See above."
    keys = ("use_register", "ai_framework", "laws_list")
    three = found(edition, declared(), **{key: said(note=long.lower() if key[0] == "u" else long) for key in keys})
    assert three["same-words"] == ("use-register", "ai-framework", "laws-list")
    assert "same-words" not in found(edition, declared(), **{key: said(note=long) for key in keys[:2]})
    assert "same-words" not in found(edition, declared(), **{key: said(note=short) for key in keys})


@pytest.mark.parametrize(("days", "there"), [(-1, True), (0, False), (1, False)])
def test_a_plan_is_late_from_the_day_after(edition, days, there):
    plan = said("planned", planned_for=TODAY + timedelta(days=days))
    assert ("plan-in-the-past" in found(edition, declared(), use_register=plan)) is there


@pytest.mark.parametrize(
    ("piece", "there"),
    [
        (SeenEvidence(expires_on=TODAY), False),
        (SeenEvidence(expires_on=TODAY - timedelta(days=1)), True),
        (SeenEvidence(period_to=date(2025, 11, 25)), False),
        (SeenEvidence(period_to=date(2025, 11, 24)), True),
        (SeenEvidence(), False),
    ],
)
def test_evidence_is_old_after_its_expiry_or_a_year_after_its_period(edition, piece, there):
    assert ("evidence-old" in found(edition, declared(), use_register=said(pieces=(piece,)))) is there


def test_many_not_applicable_is_a_share_of_the_musts(edition):
    few = found(edition, declared(), laws_list=said("not_applicable"))
    assert "many-not-applicable" not in few
    keys = [q.key for q in declared().questions(edition) if not q.is_checklist and "must" in strengths(edition, q)]
    many = found(edition, declared(), **{key.replace("-", "_"): said("not_applicable") for key in keys})
    assert set(many["many-not-applicable"]) <= set(keys)
    assert len(many["many-not-applicable"]) > 3


def strengths(edition, question) -> set[str]:
    return {edition.requirements[id].strength for id in question.requirements}


def test_what_has_to_be_mended_comes_first(edition):
    use = declared(public_facing=False, users_scale="1000000_plus", decision_autonomy="human_approves")
    answers = {"oversight-plan": said("none")}
    severities = [one.severity for one in run(edition, use, answers, today=TODAY)]
    assert severities == [Severity.MEND, Severity.LOOK]


def test_a_year_before_the_29th_of_february_is_the_28th():
    assert months_before(date(2028, 2, 29), 12) == date(2027, 2, 28)
    assert months_before(date(2026, 1, 31), 2) == date(2025, 11, 30)


# --- the same for both -------------------------------------------------------------------------------------------------


def found_on(page: str) -> list[tuple[str, list[str]]]:
    """What the checks found, as a reviewer's page says it: each title with the answers it is about."""
    part = page[page.index('id="found"') : page.index('id="marks"')]
    found = re.findall(r'<summary>(.*?):<span class="hk-meta">\d+ [^<]*</span></summary>(.*?)</ul>', part, re.DOTALL)
    return [
        (
            unescape(re.sub(r"<span.*</span>", "", title)),
            [unescape(line) for line in re.findall(r"<a [^>]*>(.*?)</a>", lines)],
        )
        for title, lines in found
    ]


@pytest.mark.long
def test_the_owner_reads_before_signing_what_the_reviewer_reads_after(client: Client, cast: Cast) -> None:
    answers = {"oversight-plan": {"choice": "none"}}
    draft = make_assessment("draft", "limited", cast=cast, answers=answers)
    client.force_login(cast.owner)
    page = client.get(reverse("check", args=[draft.reference]))
    before = [(one["title"], [title for title, _url in one["lines"]]) for one in page.context["found"]]
    label = "The facts say that a person approves the output, but human oversight is not in place"
    autonomy = draft.compiled().facts["decision_autonomy"].label
    assert before[0] == (label, [autonomy, "A plan for human oversight"])
    fact, answer = (url for _title, url in page.context["found"][0]["lines"])
    assert answer.endswith("/sections/oversight/#q-oversight-plan")
    assert fact.split("#")[1] == "fact-decision_autonomy"
    assert 'id="fact-decision_autonomy"' in markup_of(client.get(fact.split("#")[0]))
    from assessments.domain.review import seat_taking
    from assessments.domain.submission import submit

    sent = submit.submit(draft, by=cast.owner, route="independent")
    seat_taking.take(sent, by=cast.independent)
    client.force_login(cast.independent)
    assert found_on(markup_of(client.get(reverse("review", args=[sent.reference])))) == before
    assert {sent.snapshot.count(title) for title, _lines in before} == {
        0
    }  # words are the edition's, the snapshot has keys


@pytest.mark.long
def test_checks_are_frozen_with_the_submission_and_never_block_by_themselves(cast: Cast) -> None:
    answers = {"oversight-plan": {"choice": "none"}}
    submitted = make_assessment("submitted", "limited", cast=cast, answers=answers)
    content = Submission.objects.defer(None).get(assessment=submitted).content()
    assert content["checks"][0] == {
        "check": "people-approve-without-oversight",
        "severity": "mend",
        "questions": ["oversight-plan"],
        "facts": ["decision_autonomy"],
    }


@pytest.mark.long
def test_evidence_under_an_answer_is_seen_by_the_checks(client: Client, cast: Cast) -> None:
    from assessments.domain.evidence import library

    draft = make_assessment("draft", "low", cast=cast)
    old = make_evidence(cast.organisation, by=cast.owner, period_to=in_days(-400))
    library.attach(old, draft, "use-register", by=cast.owner)
    save(draft, "laws-list", {"choice": "planned", "planned_for": in_days(3)}, by=cast.owner)
    client.force_login(cast.owner)
    page = client.get(reverse("check", args=[draft.reference]))
    titles = {one["title"]: [title for title, _url in one["lines"]] for one in page.context["found"]}
    assert titles["Evidence has expired, or its period ended more than a year ago"] == [
        "Register of generative AI uses"
    ]
    without = titles["A mandatory point is in place or partly in place, but no evidence is attached"]
    assert "Register of generative AI uses" not in without


@pytest.mark.long
def test_an_answer_that_is_partly_in_place_is_not_called_in_place_by_a_check(client: Client, cast: Cast) -> None:
    partly = {"choice": "partly", "text": ""}
    draft = make_assessment("draft", "low", cast=cast, answers={"use-register": partly})
    client.force_login(cast.owner)
    found = client.get(reverse("check", args=[draft.reference])).context["found"]
    about = [
        one["title"] for one in found if "Register of generative AI uses" in [title for title, _url in one["lines"]]
    ]
    assert len(about) == 2  # no evidence, no note
    assert all("in place or partly in place" in title for title in about)


@pytest.mark.long
def test_words_taken_over_from_another_use_give_no_alarm(client: Client, cast: Cast) -> None:
    note = {"choice": "in_place", "text": "It puts pupils first."}
    make_assessment("draft", cast=cast, answers={"ai-framework": note})
    new = organisation_answers.start(make_use("low", cast.organisation), by=cast.owner)
    client.force_login(cast.owner)

    def alarmed() -> list[str]:
        before = client.get(reverse("check", args=[new.reference])).context["found"]
        frozen = build_snapshot(new, final=False)["checks"]
        shown = [one["title"] for one in before if "mentions children" in one["title"]]
        assert bool(shown) is any(one["check"] == "children-in-a-note" for one in frozen)
        return shown

    row = new.answers.get(question__key="ai-framework")
    reuse.confirm_copied(new, "ai-framework", by=cast.owner, base=row.revision)
    assert alarmed() == []
    save(new, "ai-framework", {**note, "text": "Here it puts pupils first."}, by=cast.owner)
    assert len(alarmed()) == 1


def test_the_worst_grade_of_a_check_has_a_plain_word(client: Client, cast: Cast) -> None:
    found = [{"severity": "mend", "title": "Two answers disagree", "advice": "", "lines": [("One", "/")]}]
    page = render_to_string("assessments/assessment/checks_found.html", {"found": found})
    assert "needs correction" in page
    assert "mend" not in page
