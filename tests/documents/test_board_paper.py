"""The board paper: what it asks for, how much work that is, and when it asks to pause the system; two pages each time."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from assessments.documents import board_paper, results
from assessments.documents.first_decision import pause_words
from assessments.documents.report.build import build_report
from assessments.documents.report.model import Report
from assessments.guideline.terms import Choice, Tier
from assessments.models.snapshots import build_snapshot
from assessments.scoring.case_file import Case
from assessments.scoring.inputs import AnswerValue
from assessments.scoring.order import STOP
from tests.advice.profiles import profiles
from tests.documents.reading import lay
from tests.support.daily import mostly_long
from tests.support.factories import anew, fill, make_assessment, owner_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
HOW = {"identifier": "test", "created": datetime(2026, 11, 24, 1, 30, tzinfo=UTC)}
STOPS = {
    "known-failures": {"choice": "not_in_place", "text": "Two kinds of request are known to go wrong."},
    "tier-limited-transparency": {"choice": "not_in_place", "text": "Nobody has been told yet."},
    "use-register": {"choice": "not_in_place", "text": "There is no list yet."},
}
"""A known failure that is live, which is to be stopped now, and two gaps that can wait for their turn."""


@pytest.fixture
def stopping(edition) -> Report:
    """A High use in which a known failure is live, as a draft."""
    return draft(make_assessment(tier="high", parts=("provider", "user"), answers=STOPS))


@pytest.fixture
def calm(edition) -> Report:
    """A Low use with a gap that harms nobody today."""
    return draft(make_assessment(tier="low", answers={"use-register": {"choice": "not_in_place", "text": "None."}}))


def draft(assessment) -> Report:
    return build_report(build_snapshot(assessment, final=False), assessment.compiled(), draft=True)


def front(report: Report) -> dict:
    return board_paper._front(report, board_paper.FRONTS[0])


def asked_for(report: Report) -> list:
    """The actions in the order of the board paper: what stops a harm, then what blocks the certificate."""
    return sorted(first_actions(report), key=lambda action: (action.placed != STOP, not action.blocking))


def first_actions(report: Report) -> list:
    return sorted((a for package in report.packages for a in package.standing), key=lambda action: action.rank)


@pytest.mark.long
def test_the_board_is_asked_for_actions_of_the_plan_by_number(stopping):
    wanted = [action.number for action in asked_for(stopping)][: len(front(stopping)["decisions"])]
    assert [decision["number"] for decision in front(stopping)["decisions"]] == wanted
    package = stopping.packages[0]
    two = tuple(
        replace(package.standing[0], number=n, rank=n, placed="table_1_or_overlay", blocking=False) for n in (3, 4)
    )
    asked = front(replace(stopping, packages=(replace(package, actions=two),)))
    assert [decision["number"] for decision in asked["decisions"]] == [3, 4]  # both, although they share a package
    html = board_paper.board_paper_html(stopping)
    assert all(f"(action {number})" in html for number in wanted)


def test_after_what_stops_a_harm_the_decisions_begin_with_what_blocks_the_certificate(stopping):
    package = stopping.packages[0]
    one = replace(package.standing[0], placed="must", blocking=False)
    actions = tuple(replace(one, number=n, rank=n, title=f"Task {n}", blocking=n in (6, 8)) for n in range(1, 9))
    report = replace(stopping, packages=(replace(package, actions=actions),))
    given = front(report)
    assert [(decision["number"], decision["blocks"]) for decision in given["decisions"]] == [
        (6, True),
        (8, True),
        (1, False),
        (2, False),
        (3, False),
    ]
    assert given["first_in_order"] == (
        "2 of the 8 actions in the plan block the certificate. All of these actions are listed here."
    )
    html = board_paper.board_paper_html(report)
    assert html.count("Blocks the certificate.") == 2
    harm = (replace(actions[3], placed=STOP), *(replace(action, blocking=action.number != 4) for action in actions[4:]))
    more = front(replace(report, packages=(replace(package, actions=(*actions[:3], *harm)),)))
    assert [decision["number"] for decision in more["decisions"]] == [4, 5, 6, 7, 8]
    many = tuple(replace(action, blocking=True) for action in actions)
    full = front(replace(report, packages=(replace(package, actions=many),)))
    assert full["first_in_order"] == (
        "8 of the 8 actions in the plan block the certificate. Only 5 of these actions are shown here. "
        "The others are marked in the plan."
    )
    for stops, says in (
        (5, "These actions are marked in the plan."),
        (4, "Only one of these actions is shown here. The others are"),
    ):
        urgent = tuple(replace(action, placed=STOP, blocking=False) for action in actions[:stops])
        busy = (*urgent, *(replace(action, blocking=True) for action in actions[stops:]))
        given = front(replace(report, packages=(replace(package, actions=busy),)))
        assert len(given["decisions"]) == 5
        assert f"{8 - stops} of the 8 actions in the plan block the certificate. {says}" in given["first_in_order"]
    prohibited = replace(report, tier=replace(report.tier, assigned=Tier.UNACCEPTABLE))
    assert [decision["number"] for decision in front(prohibited)["decisions"]] == [1, 2, 3, 4, 5]
    assert not any(decision["blocks"] for decision in front(prohibited)["decisions"])


def test_the_sum_of_all_actions_stands_beside_that_of_the_decisions(stopping):
    package = stopping.packages[0]
    many = tuple(replace(package.standing[0], number=n, rank=n, work_days=(2, 9), blocking=False) for n in range(1, 13))
    given = front(replace(stopping, packages=(replace(package, actions=many),)))
    assert "One person needs 10 to 45 working days to carry out decisions" in given["work"]
    assert given["work"].endswith("All 12 actions together take 24 to 108 working days.")
    assert given["first_in_order"] == "These are the first 5 of the 12 actions in the plan."


def test_the_paper_of_a_draft_says_how_much_of_it_is_answered(calm, monkeypatch):
    begun = replace(calm, answered=53, applicable=87)
    sheets = lay(monkeypatch, board_paper.board_paper_pdf, begun, **HOW)
    assert len(sheets) == 2
    assert "Thisisadraft.Only53of87questionsareanswered.Moreanswerscanaddactions." in sheets[0].text
    for nothing_left in (replace(begun, answered=87), replace(begun, draft=False)):
        assert front(nothing_left)["draft_words"] == ""


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "The Guideline’s text alone does not give a tier for this use."),
        (Tier.LIMITED, "The Guideline’s text alone gives the tier Limited."),
        (Tier.HIGH, ""),
    ],
)
def test_the_board_is_told_what_the_guidelines_text_alone_gives(stopping, text, said):
    tier = replace(stopping.tier, assigned=Tier.HIGH, word="High", text=text, text_word="Limited")
    html = board_paper.board_paper_html(replace(stopping, tier=tier))
    assert (said in html) if said else ("text alone" not in html)
    assert "What the Guideline asks for in the High tier" in html


def test_the_counts_by_period_do_not_overlap(stopping):
    def action(days: int):
        return replace(first_actions(stopping)[0], due_days=7, full_days=days, due=None, now=None)

    actions = [action(days) for days in (7, 30, 31, 90, 91, 400)]
    months = board_paper._months(actions)
    assert months == [
        (2, "within 30 days"),
        (2, "between day 31 and day 90"),
        (1, "between day 91 and day 180"),
        (1, "later"),
    ]


def test_what_a_package_brings_is_shortened_to_words_that_say_something():
    whole = "one page on oversight: who checks what, who can stop it, and how that is practised"
    assert board_paper._whole(whole, 60) == "one page on oversight"
    assert board_paper._whole(whole, 200) == whole
    plain = "Limit the system to the data and accounts that it needs, and prove it"
    assert board_paper._whole(plain, 60) == "Limit the system to the data and accounts that it needs"


@pytest.mark.long
def test_where_something_can_harm_people_today_the_board_may_pause_the_system_or_limit_it(stopping, monkeypatch):
    assert first_actions(stopping)[0].placed == STOP
    sheets = lay(monkeypatch, board_paper.board_paper_pdf, stopping, **HOW)
    named = "".join(stopping.system.split())
    assert f"Pause{named},orlimitittosafeuses,until" in sheets[0].text
    assert "continueunchanged" in sheets[1].text
    pause, decisions = front(stopping)["pause"], front(stopping)["decisions"]
    assert pause["letter"] == "A"
    assert [decision["letter"] for decision in decisions] == ["B", "C", "D", "E", "F"][: len(decisions)]
    stops = [decision["letter"] for decision in decisions if decision["stops"]]
    assert stops
    assert all(re.search(rf"\b{letter}\b", pause["title"].split("until")[1]) for letter in stops)


@pytest.mark.long
def test_before_launch_the_board_is_asked_whether_to_start_not_whether_to_pause(stopping, monkeypatch):
    waiting = replace(stopping, in_use=False)
    sheets = lay(monkeypatch, board_paper.board_paper_pdf, waiting, **HOW)
    named = "".join(waiting.system.split())
    assert f"Donotstart{named},orstartitwithsafeusesonly,until" in sheets[0].text
    assert "beforelaunch" in sheets[0].text
    assert "startwithoutlimits" in sheets[1].text
    assert not any("Pause" in sheet.text or "paused" in sheet.text for sheet in sheets)
    words = results.results_html(waiting)
    asked = f"Before launch, decide whether to delay {waiting.system}, or to start it with safe uses only, until"
    assert asked in words
    assert "First decide whether to pause" not in words
    assert "Pause or limit the system" not in words
    assert "Pause or limit the system" in results.results_html(stopping)


@pytest.mark.parametrize(("stage", "in_use"), [("research", False), ("pilot", True), ("live", True), ("unknown", True)])
def test_only_a_use_that_serves_nobody_yet_is_before_launch(edition, stage, in_use):
    report = draft(make_assessment(tier="high", facts={"deployment_stage": stage}, filled=False))
    assert report.in_use is in_use
    sentence = pause_words("Tutor", [1, 4], live=report.in_use)
    assert sentence == (
        "First decide whether to pause Tutor, or to limit it to safe uses, until actions 1 and 4 are done."
        if in_use
        else "Before launch, decide whether to delay Tutor, or to start it with safe uses only, until actions 1 and 4 "
        "are done."
    )
    assert pause_words("Tutor", [], live=report.in_use) == ""


@pytest.mark.long
def test_where_nothing_stops_the_board_is_not_asked_to_pause(calm, monkeypatch):
    assert first_actions(calm)
    sheets = lay(monkeypatch, board_paper.board_paper_pdf, calm, **HOW)
    assert not any("Pause" in sheet.text or "continueunchanged" in sheet.text for sheet in sheets)
    assert front(calm)["decisions"][0]["letter"] == "A"


def test_a_stop_that_is_closed_asks_for_no_pause(stopping):
    packages = tuple(
        replace(package, actions=tuple(action for action in package.actions if action.placed != STOP))
        for package in stopping.packages
    )
    assert front(replace(stopping, packages=packages))["pause"] is None


def test_of_what_stops_now_that_comes_first_which_is_done_soonest(stopping):
    slow, soon = (
        replace(first_actions(stopping)[0], placed=STOP, full_days=days, title=f"{days}") for days in (120, 7)
    )
    later = replace(first_actions(stopping)[0], placed="must", full_days=1, title="1")
    packages = [
        replace(stopping.packages[0], actions=(action,), number=n) for n, action in enumerate((slow, soon, later), 1)
    ]
    asked = front(replace(stopping, packages=tuple(packages)))["decisions"]
    assert [decision["title"] for decision in asked] == ["7", "120", "1"]


@pytest.mark.long
def test_the_working_days_of_each_decision_are_the_editions_and_are_added_up(stopping, edition):
    given = front(stopping)
    wanted = {action.number: edition.order.work_days[action.effort_key] for action in first_actions(stopping)}
    assert all(decision["work_days"] == wanted[decision["number"]] for decision in given["decisions"])
    least, most = (sum(decision["work_days"][end] for decision in given["decisions"]) for end in (0, 1))
    assert f"One person needs {least} to {most} working days to carry out decisions" in given["work"]
    html = board_paper.board_paper_html(stopping)
    assert given["work"] in html
    assert "work that takes days costs only staff time" in html


def test_without_sizes_in_the_edition_no_work_is_shown(stopping):
    packages = tuple(
        replace(package, actions=tuple(replace(action, work_days=None) for action in package.actions))
        for package in stopping.packages
    )
    given = front(replace(stopping, packages=packages))
    assert given["work"] == ""
    assert not any(decision["work"] for decision in given["decisions"])


@pytest.mark.long
def test_the_paper_says_whether_a_certificate_can_follow(calm):
    said = (
        "1 blocks the certificate until it is closed or made a condition. A certificate can be issued at once if each "
        "action is made a condition (left open with a due date)"
    )
    assert said in board_paper.board_paper_html(calm)
    assert "Only a limited number of actions can be made conditions." in board_paper.board_paper_html(calm)
    actions = tuple(replace(action, may_have_date=False) for action in calm.actions)
    closed_first = board_paper._certificate(replace(calm, actions=actions))
    assert closed_first == "1 blocks the certificate. No certificate can be issued before this action is closed."
    free = replace(calm, actions=tuple(replace(action, blocking=False) for action in actions))
    assert board_paper._certificate(free).startswith("No action blocks the certificate.")


def test_what_the_signature_itself_meets_blocks_nothing_in_the_paper_of_a_draft(edition):
    """The results of the draft count the same: a Low use needs a signed self-certification, and the owner signs it."""
    gaps = {"tier-low-self-certification": {"choice": "not_in_place"}}
    report = draft(make_assessment(tier="low", answers=gaps))
    assert [action.answer.key for action in report.actions] == list(gaps)
    assert report.blocking == ()
    assert board_paper._certificate(report).startswith("No action blocks the certificate.")


def test_what_has_gone_wrong_is_never_said_to_wait(calm):
    package = replace(calm.packages[0], key="incident", title="What has gone wrong", never_waits=True)
    quiet = replace(package.standing[0], rank=40, placed="should", blocking=False)
    report = replace(calm, packages=(replace(package, actions=(quiet,)),))
    assert "What has gone wrong" not in board_paper._waits(report.packages)


def test_the_pause_ends_when_errors_are_known_and_unsafe_cases_are_taken_away_not_with_a_list(stopping):
    title = front(stopping)["pause"]["title"]
    assert title.endswith("until its errors are known and it is no longer used where it is unsafe (see B)")


def test_the_first_risk_does_not_say_that_something_has_gone_wrong(stopping):
    risks = [risk["text"] for risk in front(stopping)["risks"]]
    assert risks
    assert not any("already" in risk for risk in risks)


def test_the_scope_sentence_says_what_the_system_does_where_there_is_one(stopping):
    scoped = replace(stopping, scope_en="Sorting 900 messages a month at two clinics", people_affected="Patients")
    assert front(scoped)["does"] == "Sorting 900 messages a month at two clinics. People affected: Patients."
    derived = replace(scoped, scope_en="Sorting 900 messages a month. People affected: patients of two clinics.")
    assert front(derived)["does"] == "Sorting 900 messages a month. People affected: patients of two clinics."
    bare = front(replace(scoped, scope_en=""))["does"]
    assert bare.startswith(stopping.purpose.split(".")[0])


@pytest.mark.parametrize(("tier", "waits"), [("high", False), ("low", True)])
def test_the_supplier_of_a_high_risk_model_never_waits(edition, tier, waits):
    terms = {"terms-read": {"choice": "none"}, "use-register": {"choice": "not_in_place"}}
    report = draft(make_assessment(tier=tier, parts=("user",), answers=terms, facts={"model_source": "third_party"}))
    suppliers = next(package for package in report.packages if package.key == "suppliers")
    assert suppliers.never_waits is not waits
    quiet = replace(suppliers, actions=tuple(replace(a, rank=40, blocking=False) for a in suppliers.actions))
    assert (quiet.title in board_paper._waits([quiet])) is waits


def begun(tier: str, ticked: int) -> Report:
    """A use none of whose practices is in place in full: of each checklist one line is ticked, all else is missing."""
    assessment = make_assessment(tier=tier, filled=False)
    edition, declared = assessment.compiled(), assessment.declared()
    answers: dict[str, dict[str, object]] = {}
    for place, question in enumerate(declared.questions(edition)):
        items = [item.key for item in declared.items(edition, question)]
        if len(items) > 1 and place < ticked:
            answers[question.key] = {"choice": "ticked", "items": {key: key == items[0] for key in items}}
        else:
            answers[question.key] = {"choice": "none" if items else "not_in_place"}
    fill(assessment, by=owner_of(assessment.use.system.organisation), answers=answers)
    return draft(assessment)


@pytest.mark.long
def test_where_no_practice_is_whole_the_papers_say_all_the_same_how_many_duties_are_met(edition, monkeypatch):
    report = begun("limited", ticked=1000)
    assert report.good == {}
    assert report.duties_in_place > 1
    said = f"{report.duties_in_place} of the {report.duties} duties in scope are met."
    assert report.nothing_in_full == f"No practice is fully in place yet. {said}"
    for make in (board_paper.board_paper_pdf, results.results_pdf):
        sheets = lay(monkeypatch, make, report, **HOW)
        text = "".join(sheet.text for sheet in sheets)
        assert "".join(said.split()) in text
        assert "0practices" not in text


def test_where_nothing_at_all_is_in_place_no_count_stands_beside_it(edition):
    report = begun("low", ticked=0)
    assert report.duties_in_place == 0
    assert report.nothing_in_full == "No practice is in place yet."


def test_a_practice_none_of_whose_lines_apply_is_nothing_to_keep(edition):
    items = edition.questions["acceptable-use"].items
    given = {"choice": "ticked", "items": {item.key: "Nobody types anything." for item in items}}
    report = draft(make_assessment(tier="low", answers={"acceptable-use": given}))
    answer = next(answer for answer in report.answers if answer.key == "acceptable-use")
    assert {item.state for item in answer.items} == {"not_applicable"}
    assert not answer.good


# --- the nine worked profiles ----------------------------------------------------------------------------------------


def stored(value: AnswerValue, items: tuple[str, ...]) -> dict:
    """An answer of a case file as a form keeps it."""
    marked = {key: value.not_applicable_items.get(key) or key in value.ticks for key in items}
    figure = {name: str(number) for name in ("measured", "target") if (number := getattr(value, name)) is not None}
    return {
        "choice": value.choice,
        "items": marked if value.choice in (Choice.TICKED, Choice.NONE) else {},
        "planned_for": value.planned_for or (date(2027, 6, 30) if value.choice == Choice.PLANNED else None),
        "reason": value.reason,
        "figure": figure,
    }


def report_of(case: Case) -> Report:
    """The report of a worked profile, from an assessment with its facts and answers.

    A minor procedural task needs a second member who agrees, so none is declared; the tier can only be higher.
    """
    facts = {key: list(value) if isinstance(value, tuple | frozenset) else value for key, value in case.facts.items()}
    facts["minor_procedural_task"] = False
    parts = [{"organisation": "user"}.get(str(part), str(part)) for part in case.parts]
    assessment = make_assessment(parts=parts, facts=facts, filled=False)
    edition, declared = assessment.compiled(), assessment.declared()
    answers = {question.key: None for question in declared.questions(edition)}
    for question in declared.questions(edition):
        if question.key in case.answers:
            items = tuple(item.key for item in declared.items(edition, question))
            answers[question.key] = stored(case.answers[question.key], items)
    fill(assessment, by=owner_of(assessment.use.system.organisation), answers=answers)
    return draft(anew(assessment))


@pytest.mark.long
@pytest.mark.parametrize("id", mostly_long(profiles(), 9))
def test_the_board_paper_of_a_worked_profile_is_two_pages_and_asks_for_work_by_its_class(id, edition, monkeypatch):
    report = report_of(profiles()[id])
    sheets = lay(monkeypatch, board_paper.board_paper_pdf, report, **HOW)
    assert len(sheets) == 2
    asked = asked_for(report)[:2]
    assert all("".join(action.title.split()) in sheets[0].text for action in asked)
    stops = any(action.placed == STOP for action in first_actions(report))
    assert ("orlimitittosafeuses" in sheets[0].text) == stops
    assert "Onepersonneeds" in sheets[0].text
    tier = [action for action in asked_for(report)[:3] if action.placed == "table_1_or_overlay"]
    assert all("".join(action.title.split()) in sheets[0].text for action in tier)
    assert min(line.size for sheet in sheets for line in sheet.lines) >= 8.99
