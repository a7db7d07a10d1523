"""Results from release 3 on: what to do now before how much is in place (drawing 18)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from assessments.documents import jobs
from assessments.documents.remediation_plan import plan_pdf
from assessments.documents.report.build import build_report
from assessments.guideline.readiness_rules import ReadinessRules
from assessments.guideline.wording import without_fact
from assessments.models import State
from assessments.models.snapshots import build_snapshot
from assessments.views.assessment.results_page import ResultsPage
from assessments.views.assessment.standing import Standing
from tests.documents.reading import pages_of, squeezed
from tests.support.acting import make_agreed
from tests.support.factories import in_days, make_assessment, save
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

GAPS = {
    "use-register": {"choice": "partly", "text": "Kept for three of our five clinics."},
    "ai-framework": {"choice": "unknown"},
    "laws-list": {"choice": "not_applicable", "reason": "The head office keeps the list for all of us."},
    "ethics-review": {"choice": "planned", "planned_for": in_days(40)},
    "accountable-owner": {"choice": "not_in_place"},
}
OPEN_FACTS = {"open_prompt": True, "used_at_work": True, "output_used_for": "recommendation"}


def text_of(response):
    page = response.content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<main") :])).replace("&#x27;", "'")


def open_results(client, cast, assessment, *more):
    client.force_login(cast.owner)
    response = client.get(reverse("result" if more else "results", args=[assessment.reference, *more]))
    assert response.status_code == 200
    return response


def page_of(assessment, *, edition=None):
    standing = Standing(
        assessment, build_snapshot(assessment, final=False), edition or assessment.compiled(), final=False
    )
    return ResultsPage(standing, [])


def test_what_to_do_stands_before_how_much_is_in_place(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    page = markup_of(open_results(client, cast, assessment))
    places = [page.index(f'id="{row}"') for row in ("month", "packages", "tier", "readiness", "findings", "no-action")]
    assert places == sorted(places)


def test_the_page_names_the_first_decision_of_the_board_while_something_can_harm_people(client, cast):
    known = {"known-failures": {"choice": "not_in_place", "text": "Two kinds of request go wrong."}}
    assessment = make_assessment(State.DRAFT, "high", cast=cast, answers=known)
    said = text_of(open_results(client, cast, assessment))
    system = assessment.use.system.name
    assert f"First decide whether to pause {system}, or to limit it to safe uses, until action 1 is done." in said
    assert "The board paper asks for this decision first (decision A)" in said
    assert "because people could be harmed now" in said
    assert page_of(make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)).pause == ""


def test_before_launch_the_page_asks_whether_to_start_and_says_that_nobody_is_harmed_yet(client, cast):
    known = {"known-failures": {"choice": "not_in_place", "text": "Two kinds of request go wrong."}}
    stage = {"deployment_stage": "research"}
    assessment = make_assessment(State.DRAFT, "high", cast=cast, answers=known, facts=stage)
    said = text_of(open_results(client, cast, assessment))
    system = assessment.use.system.name
    asked = (
        f"Before launch, decide whether to delay {system}, or to start it with safe uses only, until action 1 is done."
    )
    assert asked in said
    assert "because people could be harmed as soon as the system is in use" in said
    assert "whether to pause" not in said
    assert "could be harmed now" not in said


def test_the_heading_counts_the_month_and_all(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    page = page_of(assessment)
    month = [entry for entry in page.entries if entry.first_days <= 30]
    now = "1 action" if len(month) == 1 else f"{len(month)} actions"
    assert page.heading == f"{now} in the first month, {len(page.entries)} in total"
    assert page.heading in text_of(open_results(client, cast, assessment))


@pytest.mark.long
def test_after_signing_the_month_is_counted_in_dates(client, cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAPS)
    soon = assessment.use.actions.get(question="accountable-owner")
    assessment.use.actions.exclude(pk=soon.pk).update(due=timezone.localdate() + timedelta(days=31))
    soon.due, soon.owner = timezone.localdate() + timedelta(days=30), cast.contributor
    soon.save()
    text = text_of(open_results(client, cast, assessment))
    assert f"1 action this month, {assessment.use.actions.count()} in total" in text
    month = text[: text.index("Packages in the order of the plan")]
    assert soon.title in month
    assert "Connie Contributor" in month
    assert "after signing" not in text


@pytest.mark.long
def test_the_first_ten_of_the_month_stand_open_and_the_others_in_a_fold_that_counts_them(client, cast):
    edition = make_assessment(State.DRAFT, "limited", cast=cast).compiled()
    missing = {q.key: {"choice": "none" if q.is_checklist else "not_in_place"} for q in edition.questions.values()}
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=missing)
    soon = timezone.localdate() + timedelta(days=7)
    assessment.use.actions.update(due=soon, full_due=None)
    page = markup_of(open_results(client, cast, assessment))
    month = page[page.index('id="month"') : page.index('id="packages"')]
    shown, _fold, more = month.partition('<details class="hk-more hk-month-more">')
    actions = list(assessment.use.actions.order_by("number"))
    assert shown.count("hk-month-task") == 10 < len(actions)
    linked = [action.number for action in actions if f'"{action.get_absolute_url()}"' in shown]
    assert linked == list(range(1, 11))
    assert more.count("hk-month-task") == len(actions) - 10
    assert f"<summary>{len(actions) - 10} more actions this month</summary>" in more


def test_a_short_month_has_no_fold(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    assert len(page_of(assessment).month) <= 10
    assert "hk-month-more" not in open_results(client, cast, assessment).content.decode()


def test_a_reason_is_one_line_without_the_answer_in_brackets(cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    entries = {entry.question: entry for entry in page_of(assessment).entries}
    owner = entries["accountable-owner"]
    assert owner.why.endswith("(answer: not in place).")
    assert without_fact(owner.why).partition(" (")[0].lower() in owner.why_now.lower()
    assert not any("(" in entry.why_now or len(entry.why_now) > 120 for entry in entries.values())


def test_packages_stand_by_their_most_urgent_action_and_hold_every_action_once(cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, facts=OPEN_FACTS, filled=False)
    page = page_of(assessment)
    first = [package.entries[0].number for package in page.packages]
    assert first == sorted(first)
    numbers = [entry.number for package in page.packages for entry in package.entries]
    assert sorted(numbers) == [entry.number for entry in page.entries]


def test_a_package_says_what_blocks_who_answers_and_both_dates(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    package = page_of(assessment).packages[0]
    text = text_of(open_results(client, cast, assessment))
    assert f"{package.blocking} action{'' if package.blocking == 1 else 's'} block" in text
    assert package.owner in text
    assert f"{package.full_days} days after signing" in text


def test_a_package_leads_to_its_actions(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    package = page_of(assessment).packages[0]
    text = text_of(open_results(client, cast, assessment, "packages", package.key))
    assert all(entry.title in text and entry.why in text for entry in package.entries)


def test_an_unknown_package_is_not_found(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    client.force_login(cast.owner)
    assert client.get(reverse("result", args=[assessment.reference, "packages", "nothing"])).status_code == 404


def test_an_action_without_a_question_opens_too(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, facts={"incident_open": True}, answers=GAPS)
    entry = next(entry for entry in page_of(assessment).entries if entry.question == "open-incident")
    assert entry.title in text_of(open_results(client, cast, assessment, "findings", entry.question))


def test_the_answers_that_change_the_tier_next_are_named_in_the_open(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    page = page_of(assessment)
    assert page.higher.startswith("High, if the answer to “")
    assert page.lower.startswith("Low, if the answer to “")
    text = text_of(open_results(client, cast, assessment))
    assert page.higher in text
    assert page.lower in text


def test_a_dimension_of_few_duties_is_too_few_to_say(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    edition = assessment.compiled()
    duties = {line.key: line.duties for line in page_of(assessment).standing.dimensions}
    least = min(duties.values()) + 1
    strict = replace(edition, policy=replace(edition.policy, readiness=ReadinessRules(least, 3)))
    told = {one["line"].key: one["too_few"] for one in page_of(assessment, edition=strict).dimensions}
    assert told == {key: count < least for key, count in duties.items()}
    assert True in told.values()
    assert False in told.values()


def test_findings_stand_under_their_action_with_the_duties_folded(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    group = next(group for group in page_of(assessment).groups if group.question.key == "use-register")
    assert (group.credit, group.quoted) == ("partly", "Kept for three of our five clinics.")
    assert group.count == len({duty.statement for duty in (*group.own, *group.extended)})
    page = open_results(client, cast, assessment).content.decode()
    assert "Kept for three of our five clinics." in page


@pytest.mark.long
def test_extended_duties_stand_apart_and_are_marked_as_our_judgement(client, cast):
    facts = {"employment_decisions": True, "ranks_or_prices_people": True, "output_used_for": "decision"}
    edition = make_assessment(State.DRAFT, "limited", cast=cast, facts=facts).compiled()
    missing = {q.key: {"choice": "none" if q.is_checklist else "not_in_place"} for q in edition.questions.values()}
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, facts=facts, answers=missing)
    extended = [group for group in page_of(assessment).groups if group.extended]
    assert extended
    response = open_results(client, cast, assessment, "findings", "all")
    assert response.content.decode().count(
        "Our judgement: these duties also apply to you. The Guideline addresses them to organisations that play "
        "a different part"
    ) == len(extended)


def test_reasons_to_be_accepted_are_listed_and_make_no_action(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    page = page_of(assessment)
    assert [line["question"].key for line in page.reasons] == ["laws-list"]
    assert "laws-list" not in {entry.question for entry in page.entries}
    assert "The head office keeps the list for all of us." in text_of(open_results(client, cast, assessment))


def test_the_opt_out_that_nobody_needs_is_such_a_reason_and_blocks(client, cast):
    reason = "It sorts machine parts; no person is dealt with."
    answers = {"tier-limited-opt-out": {"choice": "not_applicable", "reason": reason}}
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, parts=("provider",), answers=answers)
    page = page_of(assessment)
    assert [line["question"].key for line in page.reasons] == ["tier-limited-opt-out"]
    assert "tier-limited-opt-out" not in {entry.question for entry in page.entries}
    assert "tier-limited-opt-out" in {one.question.key for one in page.standing.blocking}
    text = text_of(open_results(client, cast, assessment))
    assert f"The use does not deal with people individually, because: {reason}" in text


def test_practices_of_the_whole_organisation_are_marked(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    shared = [entry.number for entry in page_of(assessment).entries if entry.whole_organisation]
    assert shared
    assert "for the whole organisation" in text_of(open_results(client, cast, assessment))


@pytest.mark.long
def test_a_reason_that_every_reviewer_accepted_is_no_longer_to_be_accepted(client, cast):
    answers = {"laws-list": GAPS["laws-list"]}
    text = text_of(open_results(client, cast, make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=answers)))
    assert "Reasons for “not applicable” A reviewer accepts or rejects each reason." in text
    assert "Accepted by" not in text
    certified = make_assessment(State.CERTIFIED, "limited", cast=cast, answers=answers)
    text = text_of(open_results(client, cast, certified))
    day = date_format(timezone.localdate(), "DATE_FORMAT")
    assert f"Accepted by Ines Independent, {day}" in text
    assert "Accepted reasons for “not applicable”" in text
    assert "to be accepted" not in text
    report = jobs.submission_report(certified.current_submission)
    (reason,) = report.reasons
    assert reason.mark.startswith("Accepted by Ines Independent, ")
    assert squeezed("1 reason for “not applicable” has been judged") in "".join(
        pages_of(plan_pdf(report, identifier="plan", created=timezone.now()))
    )


def test_an_action_without_a_finding_is_not_counted_as_none(client, cast):
    text = text_of(open_results(client, cast, make_agreed(cast, in_days(50))))
    assert "0 actions would close the findings" not in text
    assert "A requirement can count in several dimensions" in text


# --- dates, effort and scores, each said once ------------------------------------------------------------------------------


def test_one_date_is_shown_where_the_first_step_and_all_steps_are_due_together(client, cast):
    gaps = GAPS | {"known-weaknesses": {"choice": "not_in_place"}}  # months of work, and a must
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, parts=("developer",), answers=gaps)
    entries = page_of(assessment).entries
    one, two = (next(entry for entry in entries if entry.one_date is same) for same in (True, False))
    assert (one.first_days == one.full_days, two.first_days == two.full_days) == (True, False)
    once = text_of(open_results(client, cast, assessment, "findings", one.question))
    assert "All done by" in once
    assert "First step by" not in once
    assert "First step by" in text_of(open_results(client, cast, assessment, "findings", two.question))


def test_a_package_with_one_date_shows_it_once(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    packages = page_of(assessment).packages
    same = [package for package in packages if package.one_date]
    assert {(package.first_days, package.full_days) for package in same} == {(p.full_days, p.full_days) for p in same}
    page = markup_of(open_results(client, cast, assessment))
    table = page[page.index("hk-packages") : page.index("</table>", page.index("hk-packages"))]
    assert table.count('data-label="First step by"') == len(packages) - len(same)
    assert table.count('colspan="2"') == len(same)


def test_the_effort_names_working_days_of_one_person(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    page = page_of(assessment)
    effort = next(action for action in page.content["actions"] if action["question"] == "use-register")["effort"]
    least, most = assessment.compiled().order.work_days[effort]
    text = text_of(open_results(client, cast, assessment, "findings", "use-register"))
    assert f": {least} to {most} working days for one person" in text


def test_a_day_planned_after_the_date_of_the_plan_is_said_not_to_count(client, cast):
    def said(days):
        answers = {"ethics-review": {"choice": "planned", "planned_for": in_days(days)}}
        assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=answers)
        return text_of(open_results(client, cast, assessment, "findings", "ethics-review"))

    later = date_format(in_days(700), "DATE_FORMAT")
    assert f"You chose {later}. That is later than the latest day allowed, so the deadline above applies." in said(700)
    assert "so the deadline above applies" not in said(20)


def test_what_can_become_a_condition_is_marked_and_counted(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    page = page_of(assessment)
    marked = [entry for entry in page.blocking if page.details(entry)["may_have_date"]]
    assert len(marked) == page.may_have_dates > 0
    assert "the certificate is issued first, and the action" in text_of(open_results(client, cast, assessment))
    blocking = open_results(client, cast, assessment, "findings", "blocking").content.decode()
    assert blocking.count("can become a condition") == len(marked)
    groups = [group for group in page.groups if group.may_have_date]
    listed = open_results(client, cast, assessment, "findings", "all").content.decode()
    assert listed.count("can become a condition") == len(groups) > 0


@pytest.mark.long
def test_a_duty_of_this_use_is_not_listed_again_as_our_judgement(cast):
    facts = {"employment_decisions": True, "ranks_or_prices_people": True, "output_used_for": "decision"}
    edition = make_assessment(State.DRAFT, "limited", cast=cast, facts=facts).compiled()
    missing = {q.key: {"choice": "none" if q.is_checklist else "not_in_place"} for q in edition.questions.values()}
    parts = ("developer", "provider", "user")
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, parts=parts, facts=facts, answers=missing)
    page = page_of(assessment)
    assert any(group.extended for group in page.groups)
    assert not [group.question.key for group in page.groups if set(group.own) & set(group.extended)]
    report = build_report(build_snapshot(assessment, final=False), assessment.compiled(), draft=True)
    lines = [(a.number, f.requirement, f.standing) for a in report.actions for f in a.findings]
    assert len(lines) == len(set(lines))


def test_a_dimension_without_a_score_says_why_and_is_not_in_the_heading(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    edition = assessment.compiled()
    page = page_of(assessment)
    least = min(line["line"].duties for line in page.dimensions) + 1
    strict = replace(edition, policy=replace(edition.policy, readiness=ReadinessRules(least, 3)))
    bands = [replace(line, value=line.value and 10, band="Little in place") for line in page.standing.dimensions]
    for some, end in ((page_of(assessment, edition=strict), "dimension with a score"), (page, "dimension")):
        some.standing.__dict__["dimensions"] = bands
        some.__dict__.pop("dimensions", None)
        assert some.readiness_heading == f"Little in place in every {end}"


def test_facts_that_no_action_finds_out_are_counted(client, cast):
    unknown = {"open_source_model": "unknown", "cross_border_transfer": "unknown", "personal_data": "unknown"}
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, facts=unknown, answers=GAPS)
    page = page_of(assessment)
    found_out = {entry.question.partition(":")[2] for entry in page.entries if entry.question.startswith("open-")}
    left = [key for key in page.unknown_facts if key not in found_out]
    assert page.facts_without_action == len(left)
    text = text_of(open_results(client, cast, assessment))
    assert ("because no other question depends on" in text) is bool(left)


def test_a_row_without_a_score_gives_its_reason(client, cast, monkeypatch):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)
    monkeypatch.setattr(ResultsPage, "too_few", lambda page, line: True)
    assert "No score: fewer than 5 requirements" in text_of(open_results(client, cast, assessment))
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS)  # the sheet of the other one is kept
    monkeypatch.setattr(ResultsPage, "too_few", lambda page, line: False)
    lines = page_of(assessment).standing.dimensions
    none = [replace(line, value=None) for line in lines]
    monkeypatch.setattr(Standing, "dimensions", none)
    text = text_of(open_results(client, cast, assessment))
    assert text.count("No score yet, because all answers are about the whole organisation") == sum(
        bool(one.answered) for one in none
    )


def test_a_score_of_some_answers_says_how_many_it_is_from(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=GAPS, filled=False)
    save(assessment, "use-register", {"choice": "in_place", "text": "Kept for all."}, by=cast.owner)
    text = text_of(open_results(client, cast, assessment))
    assert re.search(r"100\.0 \d+ of \d+ requirements answered so far", text)


@pytest.mark.long
def test_a_clause_that_only_our_judgement_brings_is_marked_in_the_list_of_clauses(client, cast):
    facts = {"employment_decisions": True, "ranks_or_prices_people": True, "output_used_for": "decision"}
    edition = make_assessment(State.DRAFT, "limited", cast=cast, facts=facts).compiled()
    missing = {q.key: {"choice": "none" if q.is_checklist else "not_in_place"} for q in edition.questions.values()}
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, facts=facts, answers=missing)
    page = page_of(assessment)
    group = next(group for group in page.groups if group.extended)
    own = {duty.clause for duty in group.own}
    marked = [cited for clause, cited, ours in page.details(group.entry)["clauses"] if ours]
    assert sorted(marked) == sorted({duty.cited for duty in group.extended if duty.clause not in own})
    assert marked
    text = text_of(open_results(client, cast, assessment, "findings", group.question.key))
    assert text.count("(our judgement)") == len(marked)
