"""The plan by packages, opened and read back: pages, headings, sizes, each action once; board paper, results, annex."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from itertools import pairwise
from math import ceil

import pytest
from django.template.loader import render_to_string
from pypdf import PdfReader

from assessments.documents import board_paper, jobs, remediation_plan, results, tier_page
from assessments.documents.report.build import build_report
from assessments.documents.report.reasons import ReasonLine
from assessments.documents.report.tier import ChangeLine
from assessments.models import Document
from assessments.models.assessments import State
from assessments.models.snapshots import build_snapshot
from tests.documents.reading import MM, Sheet, draw, laid_out, lay, pages_of
from tests.documents.submissions import few, make_submission, mixed
from tests.support.acting import make_agreed, sent
from tests.support.factories import in_days, make_assessment

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(7)]
WHEN = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
HOW = {"identifier": "test", "created": WHEN}
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitaen" * 4


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.fixture(scope="module")
def reports(django_db_setup, django_db_blocker):
    """The reports of one signed use with many actions and one with few, and of the first as a draft."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        many = make_submission(tier="high", parts=("provider", "user"), answer=mixed)
        short = make_submission(tier="limited", parts=("user",), answer=few)
        made = {
            "many": jobs.submission_report(many),
            "few": jobs.submission_report(short),
            "draft": build_report(build_snapshot(many.assessment, final=False), many.assessment.compiled(), draft=True),
        }
        transaction.set_rollback(True)
    return made


class Plans(dict):
    """The plan of each report: its bytes and its pages, drawn when a test first asks for it."""

    def __init__(self, reports):
        super().__init__()
        self.reports = reports

    def __missing__(self, name):
        with pytest.MonkeyPatch.context() as patch:
            self[name] = draw(patch, remediation_plan.plan_pdf, self.reports[name], **HOW)
        return self[name]


@pytest.fixture(scope="module")
def plans(reports):
    return Plans(reports)


# Daily the draft of the long plan stands for the signed one: to draw each of them takes seconds.
EACH = ["few", "draft", pytest.param("many", marks=pytest.mark.long)]
EACH_SIGNED = ["few", pytest.param("many", marks=pytest.mark.long)]
EACH_LONG = ["draft", pytest.param("many", marks=pytest.mark.long)]


def part_of(sheet: Sheet) -> str:
    return "packages" if sheet.part.startswith("Package") else sheet.part


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("name", EACH)
def test_a_plan_has_no_more_pages_than_its_actions_allow(reports, plans, name):
    pdf, sheets = plans[name]
    assert len(sheets) == len(PdfReader(BytesIO(pdf)).pages)
    assert len(sheets) <= 6 + ceil(len(reports[name].actions) / 4)


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("name", EACH)
def test_a_plan_prints_each_action_once_and_never_over_two_pages(reports, plans, name):
    _pdf, sheets = plans[name]
    acts = [act for sheet in sheets for act in sheet.acts]
    assert len(acts) == len(set(acts)) == len(reports[name].actions)
    text = "".join(sheet.text for sheet in sheets)
    for action in reports[name].actions:
        for words in (action.title, action.stopgap, action.answers_for_it, action.first_when, action.full_when):
            assert squeezed(words) in text


def scope_reasons(**facts) -> str:
    """What the plan says of the lines that are left out, for a Service User with these facts."""
    assessment = make_assessment(State.DRAFT, "limited", parts=("user",), facts=facts, filled=False)
    report = build_report(build_snapshot(assessment, final=False), assessment.compiled(), draft=True)
    context = remediation_plan.shared_context(report) | remediation_plan.method_context(report)
    text = render_to_string("assessments/documents/scope_reasons.html", context | {"short": False})
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


NO_DATA = "These rules are for data that the system looks up, and for training data of your own."


def test_a_line_that_known_facts_leave_out_gives_its_reason():
    said = scope_reasons(trains_on_user_data=False, retrieval_augmented=False)
    assert NO_DATA in said
    assert "not known yet" not in said


def test_a_line_gives_the_reason_of_the_part_that_the_organisation_has():
    """The duty on harmful information is narrowed for providers and for users, each for its own reason."""
    said = scope_reasons(open_prompt=False, worst_credible_effect="minor", publishes_output=False, public_facing=False)
    assert "The system is likely to give dangerous information if people can ask for anything" in said
    assert "Measures against harmful information are needed only" not in said


def test_a_line_that_is_left_out_for_want_of_a_fact_says_what_it_waits_for():
    said = scope_reasons(trains_on_user_data="unknown", retrieval_augmented="unknown")
    assert NO_DATA not in said
    assert (
        "The scope depends on facts that are not known yet: whether its model is trained on data from people who use it"
        " or are affected by it and whether it looks up documents or data to answer."
    ) in said


def test_the_facts_answered_no_are_named_by_labels_that_read_right_with_no():
    assessment = make_assessment(State.DRAFT, "limited", filled=False)
    report = build_report(build_snapshot(assessment, final=False), assessment.compiled(), draft=True)
    denied = tier_page.tier_context(report)["denied"]
    assert "claims a lawful exception" in denied
    assert not any("not yet" in label for label in denied)


@pytest.mark.parametrize("name", EACH)
def test_a_plan_begins_with_all_actions_in_order_and_their_whole_titles(reports, plans, name):
    _pdf, sheets = plans[name]
    pages = [number for number, sheet in enumerate(sheets) if sheet.part == "List of actions"]
    assert pages == list(range(1, len(pages) + 1))
    assert 1 <= len(pages) <= 2
    lines = remediation_plan._list(reports[name])
    assert len(lines) == len(reports[name].standing) <= 80
    ranks = [action.rank for action in reports[name].standing]
    assert [line["number"] for line in lines] == [
        action.number
        for _rank, action in sorted(zip(ranks, reports[name].standing, strict=True), key=lambda one: one[0])
    ]
    titles = {action.number: action.title for action in reports[name].standing}
    text = "".join(sheets[page].text for page in pages)
    for line in lines:
        assert line["title"] == titles[line["number"]]
        assert squeezed(f"{line['number']}{line['title']}{line['owner']}{line['first']}{line['full']}") in text


INCIDENT = (
    "Twice the assistant gave the same slot to two owners, and once told an owner to wait until Monday with a cat that "
    "could not pass water and needed help within hours; the cat died. (2026-11-20)"
)


@pytest.fixture
def after_incident(edition):
    """The report of a High use in which an incident is open, whose words are as long as the form allows."""
    answers = {"known-failures": {"choice": "not_in_place", "text": "Two kinds are known."}}
    assessment = make_assessment(tier="high", parts=("user",), facts={"incident_open": True}, answers=answers)
    row = assessment.use.fact_rows().get(key="incident_open")
    row.reason = INCIDENT
    row.save()
    return build_report(build_snapshot(assessment, final=False), assessment.compiled(), draft=True)


@pytest.mark.long
def test_an_open_incident_is_never_cut_in_plan_and_board_paper(after_incident, monkeypatch):
    said = squeezed(f"{INCIDENT.removesuffix('. (2026-11-20)')} (20 November 2026)")
    for make in (remediation_plan.plan_pdf, board_paper.board_paper_pdf):
        sheets = lay(monkeypatch, make, after_incident, **HOW)
        listed = [sheet.text for sheet in sheets if said in sheet.text]
        assert listed
        assert not any("2026-11-20" in sheet.text for sheet in sheets)
    sheets = lay(monkeypatch, remediation_plan.plan_pdf, after_incident, **HOW)
    assert sum(sheet.text.count(said) for sheet in sheets) == 1  # over its own block; so few actions have no list


@pytest.mark.long
def test_a_post_is_printed_as_suggested_until_somebody_has_taken_the_action(reports, monkeypatch):
    report = reports["few"]
    first, *others = report.actions
    assert first.suggested_owner
    assert first.answers_for_it == f"suggested: {first.suggested_owner}"
    assert remediation_plan._list(report)[0]["owner"] == first.suggested_owner  # under the head "Suggested owner"
    assert "have no owner yet" in remediation_plan.method_context(report)["to_sign"]
    now = replace(report.actions[0].now, owner="Carmen Yip")
    taken = replace(report, actions=tuple(replace(action, now=now) for action in report.actions))
    assert {action.answers_for_it for action in taken.actions} == {"Carmen Yip"}
    assert remediation_plan.method_context(taken)["to_sign"].endswith(
        "The owners named in the plan have agreed to carry out their actions."
    )
    one = replace(report, actions=(replace(first, now=now), *others))
    assert [line["owner"].startswith("suggested: ") for line in remediation_plan._list(one)].count(False) == 1
    waiting = sum(action.stands for action in others)
    assert f" {waiting} of its {waiting + 1} actions" in remediation_plan.method_context(one)["to_sign"]
    sheets = lay(monkeypatch, remediation_plan.plan_pdf, report, **HOW)
    assert squeezed(f"suggested: {first.suggested_owner}") in "".join(sheet.text for sheet in sheets)
    assert "Suggestedowner" in sheets[1].text
    assert squeezed(remediation_plan.method_context(report)["to_sign"]) in sheets[-1].text


@pytest.mark.long
def test_an_action_without_a_full_measure_prints_no_filler_and_keeps_its_last_day(reports, monkeypatch):
    report = reports["few"]
    packages = tuple(
        replace(
            package, actions=tuple(replace(a, steps=(a.stopgap or a.steps[0],), stopgap="") for a in package.actions)
        )
        for package in report.packages
    )
    bare = replace(report, packages=packages, actions=tuple(a for package in packages for a in package.actions))
    sheets = lay(monkeypatch, remediation_plan.plan_pdf, bare, **HOW)
    text = "".join(sheet.text for sheet in sheets if part_of(sheet) == "packages")
    assert "Furthersteps" not in text
    assert "Goon" not in text
    for action in bare.actions:  # two dates, or one where they are the same
        assert squeezed(f"First step{action.first_when}") in text
        assert (squeezed(f"What closes the gap{action.full_when}") in text) == (action.full_when != action.first_when)


@pytest.fixture
def one_action(cast):
    """The report of a certified use with one action, on which a reviewer accepted an answer; an earlier plan is of its day."""
    assessment = make_agreed(cast, in_days(50))
    document = Document.objects.filter(kind="plan", submission__assessment=assessment).latest("pk")
    assert document.version > 1
    return jobs.submission_report(sent(assessment), as_of=document.created_at, since_last=jobs._since_last(document))


@pytest.mark.long
def test_a_plan_of_one_action_is_short_and_says_nothing_twice(one_action, monkeypatch):
    sheets = lay(monkeypatch, remediation_plan.plan_pdf, one_action, **HOW)
    assert len(sheets) <= 4
    assert all(sheet.filled > 1 / 4 for sheet in sheets)
    (action,) = one_action.actions
    text = "".join(sheet.text for sheet in sheets)
    assert "Allactionsinorder" not in text  # it stands in its block
    assert "Package1of1" not in text
    assert "Changessincetheplan" not in text  # of the same day
    assert text.count(squeezed(action.title)) == 2  # as its title, and in the words of the reviewer who asks
    assert squeezed(f"All done by {action.full_when}") in text
    assert squeezed("First step by") not in text  # the same day
    assert "1ofits1actions" not in text
    assert squeezed("Its action has no owner yet") in text


@pytest.mark.long
def test_order_and_dates_are_one_sentence_a_line_in_the_plan_or_its_annex(reports, one_action):
    def listed(html: str) -> int:
        return re.search(r'<ul class="order small">(.*?)</ul>', html, re.S)[1].count("<li>")

    assert listed(remediation_plan.annex_html(one_action)) == len(one_action.order) > 10
    roomy, *_rest, dense = remediation_plan.plan_layouts(replace(reports["many"], actions=reports["many"].actions[:9]))
    assert listed(roomy()) == len(one_action.order)
    short = dense()  # where room is scarce, the rules for special cases are in the annex alone
    assert listed(short) == 10
    assert "The annex explains the rules for special cases." in short


@pytest.mark.long
def test_an_action_of_ones_own_says_that_no_steps_are_given_and_what_its_owner_wrote(reports, monkeypatch):
    report = reports["few"]
    own = replace(
        report.actions[0],
        title="Put a lock on the tablet",
        answer=None,
        steps=(),
        stopgap="",
        closes=(),
        placed="",
        effort_key="S",
        now=replace(report.actions[0].now, note="Asked the caretaker."),
    )
    package = replace(report.packages[0], actions=(own,))
    marked = replace(own, number=99, now=replace(own.now, not_relevant="The tablet is gone.", not_relevant_by="Owner"))
    alone = replace(report, packages=(package,), actions=(own, marked))
    sheets = lay(monkeypatch, remediation_plan.plan_pdf, alone, **HOW)
    text = "".join(sheet.text for sheet in sheets)
    assert "Nostepsyet." in text
    assert "Noevidenceislistedyet." in text
    assert "Theownersays:“Askedthecaretaker.”" in text
    assert "Agreeonthefirststep" not in text
    assert "2actions,1markedasnotrelevant" in sheets[0].text
    assert "answers“notapplicable”" in sheets[0].text


def test_the_paper_lists_every_answer_that_would_lower_the_tier(reports):
    report = reports["many"]
    line = ChangeLine("A fact", "Serious", "Minor", "Limited")
    lower = tuple(replace(line, fact=f"Fact {n}") for n in range(5))
    shown = tier_page.tier_context(replace(report, tier=replace(report.tier, lower=lower)))["lower_to"]
    assert [one.fact for group in shown for one in group["lines"]] == [one.fact for one in lower]


@pytest.mark.parametrize("signed", EACH_SIGNED)
def test_what_starts_is_dated_by_the_last_day_of_its_first_step(plans, signed):
    text = "".join(sheet.text for sheet in plans["draft"][1])
    assert "Firststepby" in text
    assert "Starts:" not in text
    assert "Remediationplan(draft)" in plans["draft"][1][0].text
    assert "(draft)" not in plans[signed][1][0].text


@pytest.mark.long
def test_the_list_of_all_actions_is_left_out_only_where_no_other_layout_fits(reports):
    layouts = [layout() for layout in remediation_plan.plan_layouts(reports["few"])]
    listed = ["All actions in order" in html for html in layouts]
    assert listed == [True] * (len(layouts) - 2) + [False] * 2
    assert ["all-actions tight" in html for html in layouts] == [False] * (len(layouts) - 3) + [True, False, False]


def test_what_the_list_leaves_free_goes_to_what_people_answered(reports):
    action = next(action for action in reports["few"].actions if action.answer)
    said = "The office manager can hide the assistant in the app by herself, and has done so twice this year."
    told = replace(action, answer=replace(action.answer, note=said))
    assert remediation_plan.block_of(told, remediation_plan.UNLISTED).said == said
    assert remediation_plan.block_of(told, remediation_plan.ROOMS[-1]).said != said
    assert remediation_plan.UNLISTED.why == remediation_plan.ROOMS[-1].why


def test_a_step_that_gives_two_options_is_never_cut():
    shown, left = remediation_plan.within(["Choose one of two options. " + "Or wait. " * 20, "Then go on."], 50)
    assert (shown[0].endswith("Or wait."), left) == (True, 1)


def test_the_cover_is_one_page_where_the_scope_is_long_and_some_actions_may_get_a_date(reports):
    scope = "Chat booking with sorting by urgency and advice for patients at the 24 clinics of the organisation. "
    zh = "在全港二十四間診所供病人預約，並按緩急分流及提供自我護理建議的對話服務，由護士覆核緊急個案。"
    report = replace(reports["draft"], scope_en=scope * 2, scope_zh=zh, exclusions=scope)
    assert 0 < sum(action.may_have_date for action in report.blocking) < len(report.blocking)
    html = remediation_plan.plan_layouts(report)[0]()
    head, _cover, rest = html.partition('<section class="cover">')
    (sheet,) = laid_out(head + '<section class="cover">' + rest.partition("</section>")[0] + "</section></body></html>")
    assert squeezed("of them only until they are made conditions") in sheet.text
    assert squeezed("Based on the organisation’s own answers.") in sheet.text


@pytest.mark.long
def test_the_cover_of_a_signed_plan_says_that_nobody_has_taken_on_its_actions(reports):
    report = reports["few"]

    def cover(of) -> str:
        html = remediation_plan.plan_layouts(of)[0]()
        return " ".join(re.sub("<[^>]*>", " ", html.partition('class="cover"')[2].partition("</section>")[0]).split())

    count = len(report.standing)
    assert f"Nobody has taken on any of the {count} actions yet, so the job titles shown" in cover(report)
    assert "The last page has signature lines for the plan itself." in cover(report)
    assert "Nobody has taken on" not in cover(reports["draft"])
    first, *others = report.actions
    one = replace(report, actions=(replace(first, now=replace(first.now, owner="Carmen Yip")), *others))
    assert f"{count - 1} of {count} actions ha" in cover(one)


@pytest.mark.long
def test_the_method_explains_the_words_beside_an_action_and_what_the_signatures_are_for(reports):
    text = " ".join(remediation_plan.plan_layouts(reports["many"])[-1]().split())
    for word in ("stop or limit the use now; “required for the tier”", "“Needed for other actions”"):
        assert word in text
    assert "These signatures are for your own files." in text


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("unknown", [0, 2])
def test_answers_that_are_not_known_are_told_apart_from_the_duties_that_are_counted(reports, unknown):
    report = reports["few"]
    lines = tuple(replace(line, unknown=unknown) for line in report.readiness)
    text = " ".join(remediation_plan.plan_layouts(replace(report, readiness=lines))[-1]().split())
    assert ("One “do not know” answer can concern several duties" in text) is bool(unknown)


@pytest.mark.parametrize("name", EACH)
def test_no_heading_is_alone_at_the_foot_and_no_page_is_nearly_empty(plans, name):
    _pdf, sheets = plans[name]
    for sheet, following in zip(sheets, [*sheets[1:], None], strict=True):
        assert not {"h1", "h2", "h3", "h4"} & set(sheet.last.tags), sheet.text[-80:]
        ends = following is None or part_of(following) != part_of(sheet)
        assert ends or sheet.filled >= 1 / 3, (sheet.part, sheet.filled)


@pytest.mark.parametrize("name", EACH)
def test_text_is_at_least_9_points_and_stays_on_the_page(plans, name):
    _pdf, sheets = plans[name]
    lines = [line for sheet in sheets for line in sheet.lines]
    assert min(line.size for line in lines) >= 8.99
    assert [line.text for line in lines if line.right > 194.5 * MM or line.bottom > 278 * MM] == []


@pytest.mark.parametrize("name", EACH)
def test_no_label_of_the_margin_runs_into_the_next_one(plans, name):
    _pdf, sheets = plans[name]
    for sheet in sheets:
        beside = sorted({round(line.bottom, 1) for line in sheet.lines if line.right < 56 * MM and "h3" in line.tags})
        steps = [below - above for above, below in pairwise(beside)]
        assert all(step < 0.7 * MM or step > 3.5 * MM for step in steps), (sheet.part, steps)


@pytest.mark.long
@pytest.mark.parametrize("count", [3, *(pytest.param(count, marks=pytest.mark.long) for count in (1, 9))])
def test_the_table_of_reasons_takes_its_heading_along_to_the_next_page(reports, count):
    report = reports["many"]
    reason = ReasonLine(question="Is every reason read?", item="", reason="Nobody is served. " * 6, by="Owner", mark="")
    reasons = {"r": replace(report, reasons=(reason,) * count), "packages": [], "dense": True, "aside": False}
    context = remediation_plan.shared_context(report) | remediation_plan.method_context(report)
    context |= {"reasons_heading": "Reasons to be accepted"} | reasons
    part = render_to_string("assessments/documents/reasons_evidence.html", context)
    for height in range(150, 240, 9):
        page = render_to_string("assessments/documents/package_sheet.html", context)
        page = page.replace("</body>", f'<p style="height: {height}mm">Before</p>{part}</body>')
        for sheet in laid_out(page):
            words = [line for line in sheet.lines if line.text.strip()]
            assert not {"h2", "h3"} & set(max(words, key=lambda line: line.bottom).tags), height


@pytest.mark.long
@pytest.mark.parametrize("signed", EACH_SIGNED)
def test_a_draft_says_so_at_the_foot_of_every_page_and_counts_days_from_signing(plans, signed):
    pdf, sheets = plans["draft"]
    assert {sheet.state for sheet in sheets} == {"Draft"}
    printed = pages_of(pdf)
    assert all("Draft" in page for page in printed)
    assert re.search(r"\d+daysaftersigning", "".join(printed))
    assert {sheet.state for sheet in plans[signed][1]} == {"Round 1"}


def test_a_plan_carries_its_report_and_says_where_the_rest_is(reports, plans):
    pdf, sheets = plans["few"]
    attached = PdfReader(BytesIO(pdf)).attachments
    report = json.loads(attached["report.json"][0])
    assert [action["title"] for action in report["actions"]] == [action.title for action in reports["few"].actions]
    assert "intheannex" in "".join(sheet.text for sheet in sheets)
    assert "/actions/" in "".join(sheet.text for sheet in sheets)
    draft = "".join(sheet.text for sheet in plans["draft"][1])
    assert "Theannex,aseparatedocument,showseachaction" in draft
    assert "/actions/" not in draft  # a draft has no actions on the site yet


@pytest.mark.parametrize("name", EACH_LONG)
def test_the_answer_stands_before_the_advice_in_the_respondents_own_words(plans, name):
    _pdf, sheets = plans[name]
    text = "".join(sheet.text for sheet in sheets)
    assert "Today:" in text
    assert text.count("Zanzibar") > 10


def test_a_quotation_that_is_cut_gets_its_closing_mark():
    why = "It is used in healthcare, and no owner is named; needed before “Assess the version in use again, and each new one”."
    for letters in range(70, 112):
        short = remediation_plan.shorten(why, letters)
        assert len(short) <= letters
        assert short.count("“") == short.count("”")


def test_a_quotation_is_left_out_rather_than_cut_where_a_clause_ends_before_it():
    why = "An error can harm somebody, and nobody could say whether “Stopping it, working without it” is in place."
    assert remediation_plan.shorten(why, 80) == "An error can harm somebody …"


def test_a_sentence_that_is_whole_without_what_it_names_above_all_ends_with_a_full_stop():
    why = "It is used in healthcare. 3 of 5 points of “Stopping it” are missing, above all “A person can stop it at any time”."
    for letters in (75, 80, 90):
        assert (
            remediation_plan.shorten(why, letters)
            == "It is used in healthcare. 3 of 5 points of “Stopping it” are missing."
        )


def test_a_prohibited_use_that_was_denied_is_not_named_as_what_would_raise_the_tier(reports):
    report = reports["many"]
    denied = next(fact for fact in report.facts if fact.prohibited)
    assert denied.denied
    change = ChangeLine(denied.label, "No", "Yes", "Unacceptable")
    tier = replace(report.tier, higher=(change, replace(change, fact="Another fact", tier="High")))
    shown = tier_page.tier_context(replace(report, tier=tier))["raise_to"]
    assert [line.fact for group in shown for line in group["lines"]] == ["Another fact"]
    facts = tuple(replace(fact, denied=False, unknown=fact.label == denied.label) for fact in report.facts)
    shown = tier_page.tier_context(replace(report, tier=tier, facts=facts))["raise_to"]
    assert [line.fact for group in shown for line in group["lines"]] == [denied.label, "Another fact"]


@pytest.mark.long
def test_a_dimension_of_few_duties_shows_no_number(reports, monkeypatch):
    report = reports["few"]
    thin = replace(report.readiness[0], duties=4, full=1, half=0, none=3, unknown=0, unanswered=0)
    sheets = lay(
        monkeypatch, remediation_plan.plan_pdf, replace(report, readiness=(thin, *report.readiness[1:])), **HOW
    )
    assert "toofewduties" in "".join(sheet.text for sheet in sheets)


@pytest.mark.long
def test_a_use_that_has_not_started_is_not_told_to_stop_now(reports):
    report = reports["draft"]
    stop = next(action for action in report.standing if action.placed == "stop")
    assert remediation_plan.class_words(stop).startswith("stop or limit the use now")
    assert remediation_plan.class_words(stop, in_use=False).startswith("before launch: decide whether to start")
    roomy, *_others = remediation_plan.plan_layouts(report)
    assert "stop or limit the use now" in roomy()
    roomy, *_others = remediation_plan.plan_layouts(replace(report, in_use=False))
    waiting = roomy()
    assert "before launch: decide whether to start" in waiting
    assert "stop or limit the use now" not in waiting


def test_an_action_without_a_question_has_its_words_from_the_snapshot(reports):
    without = [action for action in reports["many"].actions if action.answer is None]
    assert without
    assert all(action.title and action.why_here and action.closes for action in without)


@pytest.mark.long
def test_the_annex_shows_what_the_plan_folds(reports, edition, monkeypatch):
    report = reports["few"]
    pdf, sheets = draw(monkeypatch, remediation_plan.annex_pdf, report, **HOW)
    text = squeezed("".join(pages_of(pdf)))
    for action in report.actions:
        for words in (*action.steps, *action.closes, *(finding.statement for finding in action.findings)):
            assert squeezed(words) in text
        assert not any("+" in finding.requirement for finding in action.findings)
    assert max(line.right for sheet in sheets for line in sheet.lines) <= 194.5 * MM


@pytest.mark.long
def test_the_results_name_the_first_decision_of_the_board(reports, monkeypatch):
    report = reports["draft"]
    stops = [str(action.number) for action in report.standing if action.placed == "stop"]
    assert stops
    sheets = lay(monkeypatch, results.results_pdf, report, **HOW)
    until = f"until action {stops[0]} is done" if len(stops) == 1 else "until actions"
    assert squeezed(f"First decide whether to pause {report.system}, or to limit it to safe uses, {until}") in (
        sheets[0].text
    )
    calm = replace(report, actions=tuple(replace(action, placed="must") for action in report.actions))
    assert "First decide" not in results.results_html(calm)


@pytest.mark.long
def test_the_results_name_every_action_and_what_is_in_place(reports, monkeypatch):
    report = reports["draft"]
    pdf, sheets = draw(monkeypatch, results.results_pdf, report, **HOW)
    assert {sheet.state for sheet in sheets} == {"Draft"}
    text = "".join(pages_of(pdf))
    assert [action.title for action in report.actions if squeezed(action.title) not in text] == []


# --- the board paper -------------------------------------------------------------------------------------------------------


def extreme(report):
    """The same report with every name and text as long as forms allow."""
    now = [
        replace(
            action,
            title=f"{n}. " + "Tell everybody who is affected what the system does, and what to do about it " * 2,
            suggested_owner=LONG_WORD if n % 2 else "Head of everything that nobody else looks after, and deputy",
            answer=replace(action.answer, note="Nobody has looked. " * 200) if action.answer else None,
            full_due=date(2027, 1, 1) + timedelta(days=12 * n),
        )
        for n, action in enumerate((report.actions * 3)[:70])
    ]
    groups = report.packages
    packages = tuple(replace(groups[n % len(groups)], number=n + 1, actions=tuple(now[n::12])) for n in range(12))
    return replace(
        report,
        actions=tuple(now),
        packages=packages,
        organisation=replace(report.organisation, name_en=LONG_WORD, name_zh="港曦" * 60),
        system=LONG_WORD,
        use="Sorting of everything that comes in, " * 8,
        purpose="It sorts what people send, by urgency, and answers the simple ones at once. " * 25,
        setting="In every branch and on the website. " * 50,
        people_affected=LONG_WORD * 3,
    )


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("name", EACH)
def test_a_board_paper_is_two_pages_with_decisions_packages_and_minute(reports, name, monkeypatch):
    report = reports[name]
    sheets = lay(monkeypatch, board_paper.board_paper_pdf, report, **HOW)
    assert len(sheets) == 2
    first, second = sheets
    # What stops a harm comes first, then what blocks the certificate.
    in_order = sorted(report.standing, key=lambda one: (one.placed != "stop", not one.blocks_now, one.rank))
    for action in in_order[:4]:
        assert squeezed(f"{action.title} (action {action.number})") in first.text
    assert all(squeezed(package.title) in second.text for package in report.packages if package.standing)
    assert "Pleasedecide" in first.text
    assert "Tickeachdecisionthattheboardagreesto." in second.text
    assert min(line.size for sheet in sheets for line in sheet.lines) >= 8.99
    assert {sheet.state for sheet in sheets} == {"Draft" if report.draft else "Round 1"}


@pytest.mark.long
def test_what_can_wait_names_no_package_with_an_urgent_action(reports):
    report = reports["many"]
    urgent = [p for p in report.packages if any(a.placed == "stop" or a.rank <= 10 for a in p.standing)]
    assert urgent
    waiting = board_paper.board_paper_html(report).split("What can wait")[1].split("Minutes")[0]
    assert not [package.title for package in urgent if package.title in waiting]


@pytest.mark.long  # daily the board papers above, of names and actions as they are
@pytest.mark.parametrize("name", ["many", "draft"])
def test_a_board_paper_of_extreme_names_and_70_actions_stays_two_pages(reports, name, monkeypatch):
    report = extreme(reports[name])
    sheets = lay(monkeypatch, board_paper.board_paper_pdf, report, **HOW)
    assert len(sheets) == 2
    assert [line.text for sheet in sheets for line in sheet.lines if line.right > 194.5 * MM] == []
    shown = [action for action in report.standing if squeezed(action.title) in sheets[0].text]
    assert len(shown) >= 2  # fewer decisions, never half a decision


@pytest.mark.long
def test_a_plan_of_extreme_names_and_70_actions_keeps_its_rules(reports, monkeypatch):
    report = extreme(reports["many"])
    sheets = lay(monkeypatch, remediation_plan.plan_pdf, report, **HOW)
    acts = [act for sheet in sheets for act in sheet.acts]
    assert len(acts) == len(set(acts)) == 70
    assert [line.text for sheet in sheets for line in sheet.lines if line.right > 194.5 * MM] == []


@pytest.mark.long
def test_a_paper_whose_actions_are_all_closed_asks_nothing(reports, monkeypatch):
    report = reports["few"]
    closed = tuple(replace(action, now=replace(action.now, closed=True)) for action in report.actions)
    packages = tuple(
        replace(package, actions=tuple(replace(a, now=replace(a.now, closed=True)) for a in package.actions))
        for package in report.packages
    )
    done = replace(report, actions=closed, packages=packages)
    sheets = lay(monkeypatch, board_paper.board_paper_pdf, done, **HOW)
    assert len(sheets) == 2
    assert "Nothingtodecide" in sheets[0].text
