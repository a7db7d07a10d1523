"""The decision letter: to whom, of whom, what was decided, how it goes on and how to appeal, in both languages."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from unittest import mock

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from pypdf import PdfReader

from assessments.documents import jobs, letter_words, letters
from assessments.documents.record import certificate_rows
from assessments.documents.remediation_plan import plan_pdf
from assessments.domain.review import appeals, decisions, parts, seat_taking, tier
from assessments.guideline.terms import Tier
from assessments.models import Document, Membership, Message, ReviewDecision, State, edition_for
from assessments.models.base import canonical_json
from assessments.models.going_on import PROHIBITED, REFUSED
from assessments.models.reviews import MarkReason
from assessments.notifications.kinds import MessageKind
from tests.documents.reading import laid_out, off_the_page
from tests.documents.reading import pages_of as printed_pages
from tests.support.acting import CONDITION, make_agreed, make_conditioned, sent
from tests.support.daily import mostly_long
from tests.support.factories import in_days, make_assessment, mark_all
from tests.support.looking import look_at
from tests.support.world import GAPS

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(23)]


def squeezed(text: str) -> str:
    return "".join(text.split())


def of(assessment) -> Document:
    return Document.objects.get(kind="decision_letter", submission__assessment=assessment)


def pages_of(document: Document) -> list[str]:
    pages = PdfReader(BytesIO(jobs._draw(document))).pages
    return ["".join(page.extract_text().split()) for page in pages]


def page_of(assessment) -> str:
    (page,) = pages_of(of(assessment))
    return page


@pytest.mark.long
def test_a_refusal_is_one_page_with_addressee_reasons_and_how_to_appeal(cast):
    assessment = make_assessment(State.REFUSED, "high", cast=cast)
    page = page_of(assessment)
    submission = sent(assessment)
    contest = settings.PUBLIC_URL + reverse("contest", args=[assessment.reference])
    for part in (
        "The submission is refused; no certificate is issued for it",
        "提交版本不予批准",
        cast.organisation.name_en,
        cast.organisation.name_zh,
        cast.organisation.place,
        "Olivia Owner, owner",
        of(assessment).reference,
        f"submission 提交版本 {submission.reference}",
        "The evidence does not bear the answers out.",
        "高風險",
        str(REFUSED.en),
        REFUSED.zh,
        "There is no time limit. The answer comes from a reviewer of Review House",
        "不設期限",
        contest,
        "Ines Independent, independent reviewer",
        submission.sha256,
        "It is not issued or endorsed by the Government, the Digital Policy Office or HKGAI.",
    ):
        assert squeezed(part) in page


def test_the_appeal_that_the_letter_describes_is_the_one_that_the_product_takes(cast):
    assessment = make_assessment(State.REFUSED, "limited", cast=cast)
    (appeal, *_rest) = [one for one in appeals.contestable(assessment) if one.kind == "appeal"]
    later = timezone.now() + timedelta(days=4000)  # no limit, as it says
    with mock.patch("django.utils.timezone.now", return_value=later):
        lodged = appeals.contest(assessment, appeal.value, "Annex 2 was overlooked.", by=cast.owner)
    assert not [one for one in appeals.contestable(assessment) if one.value == appeal.value]  # once
    told = Message.objects.filter(kind=MessageKind.APPEAL, object=f"appeal:{lodged.reference}").values_list(
        "recipient", flat=True
    )
    assert list(told) == [cast.second_independent.pk]  # of the body, without a seat in the case


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(("route", "head"), [("inside", "Harbourlight"), ("independent", "Review House")])
def test_a_letter_is_headed_by_the_body_that_decided(cast, route, head):
    assessment = make_assessment(State.REFUSED, "limited", cast=cast, route=route)
    letter = letters.letter_of(of(assessment))
    context = letters.letter_context(jobs.submission_report(sent(assessment)), letter)
    assert head in context["head_name"]
    assert squeezed(f"Decided by 決定人 {context['head_name']}") in page_of(
        assessment
    )  # the head comes last in the file


@pytest.mark.long
def test_a_prohibited_use_gets_a_letter_that_names_the_facts_and_no_appeal(cast):
    assessment = make_assessment(State.REFUSED, "unacceptable", cast=cast)
    page = page_of(assessment)
    report = jobs.submission_report(sent(assessment))
    for rule in report.tier.rules:
        if rule.deciding:
            assert squeezed(rule.reason) in page
            assert squeezed(f"{rule.facts[0].label}: {rule.facts[0].words}") in page
    assert squeezed("The Guideline treats this use as prohibited.") in page
    assert squeezed(str(PROHIBITED.en)) in page
    assert squeezed("there is no decision to appeal against") in page
    assert "/contest/" not in page
    assert [one.kind for one in appeals.contestable(assessment)] == []


@pytest.mark.long
def test_a_use_raised_to_unacceptable_goes_on_only_with_changed_facts(cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    tier.raise_tier(sent(assessment), by=cast.independent, tier=Tier.UNACCEPTABLE, reason="It is built to harm.")
    page = page_of(assessment)
    assert squeezed("raised the tier from Limited risk to Unacceptable risk") in page
    assert squeezed(str(PROHIBITED.en)) in page
    assert squeezed("In the reviewer's own words. 以下為審核員的原文。 It is built to harm.") in page
    assert str(PROHIBITED.en) in Message.objects.get(kind="refused", recipient=cast.owner).text


@pytest.mark.long
def test_a_return_for_another_tier_has_a_letter_that_names_both(cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    tier.raise_tier(sent(assessment), by=cast.independent, tier=Tier.HIGH, reason="It sorts people.")
    page = page_of(assessment)
    for part in (
        "The tier has changed; the submission is returned",
        "raised the tier from Limited risk to High risk",
        "由有限風險調高至高風險",
        "It sorts people.",
        "can appeal against this decision once",
    ):
        assert squeezed(part) in page


@pytest.mark.long
def test_a_return_for_changes_has_a_letter_that_lists_what_is_asked_and_by_whom(cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAPS)
    submission = sent(assessment)
    asked = {"reason": "not_shown", "words": "The newest entry is not there.", "would_satisfy": "A list of last week."}
    look_at(submission, "q:use-register", cast.independent, mark="change_needed", **asked)
    declared = submission.content()["facts"][0]["key"]
    fact = {"reason": "wrong_fact", "words": "A nurse decides, as annex 2 says.", "would_satisfy": "Declare it."}
    look_at(submission, f"f:{declared}", cast.independent, mark="change_needed", **fact)
    task = next(one for one in decisions.in_the_way_of(submission) if one.key.startswith("answer:"))
    due = in_days(20)
    decisions.send_back(submission, by=cast.independent, words="Two points.", answer_by=due, tasks=[task.key])
    pages = "".join(pages_of(of(assessment)))
    day = letters.dated(due)
    edition = edition_for(submission.edition_checksum)
    for part in (
        "Changes are needed; the submission is returned",
        "須作修改，提交版本退回",
        "It is neither approved nor refused. Approvals given in this round no longer count.",
        "Two points.",
        f"Please answer by {day.en}.",
        f"請於{day.zh}或之前回覆",
        edition.questions["use-register"].title,
        "Ines Independent: Evidence is missing 欠缺證據. The newest entry is not there.",
        "What the reviewer would accept 符合要求之道: A list of last week.",
        edition.facts[declared].label,
        "The fact does not match the description 所報事實與描述不符. A nurse decides, as annex 2 says.",
        f"{task.label}: {task.words}",
        settings.PUBLIC_URL + reverse("returned", args=[assessment.reference]),
        "can appeal against this decision once",
        "Ines Independent, independent reviewer",
    ):
        assert squeezed(part) in pages, part
    assert squeezed("its tier has changed") not in pages
    assert [one.kind for one in appeals.contestable(assessment)][:1] == ["appeal"]  # as it says


def test_a_letter_gives_the_reasons_in_the_words_of_the_page():
    """All but *another reason*, which tells its reader nothing: there the letter says that a change is needed."""
    told = {key: pair.en for key, pair in letter_words.MARK_REASONS.items()}
    assert told.pop(MarkReason.OTHER) == "Change needed"
    assert told == {key: str(key.label) for key in MarkReason if key != MarkReason.OTHER}


@pytest.mark.long
def test_a_letter_about_changes_names_the_parts_that_go_back_and_each_reviewer(cast):
    assessment = make_assessment(State.IN_REVIEW, "high", cast=cast)
    submission = sent(assessment)
    mark_all(submission, by=cast.independent, change={"q:use-register": "Show the newest entry."})
    seat_taking.take(submission, by=cast.second_independent)
    asked = {"reason": "unclear", "words": "Name who keeps it.", "would_satisfy": "A name."}
    look_at(submission, "q:use-register", cast.second_independent, mark="change_needed", **asked)
    found = {"verdict": "does_not", "words": "One group is left out.", "returned": True}
    parts.judge_part(submission, "bias", parts.GivenPartMark(**found), by=cast.independent)
    decisions.send_back(submission, by=cast.independent, words="")
    text = "".join(pages_of(of(assessment)))
    for part in (
        "Bias 偏見 (Part of the conformity file 合規檔案的部分)",
        "Ines Independent: Does not support 未能支持. One group is left out.",
        "Show the newest entry.",
        f"{cast.second_independent}: The answer is not clear 答案不清楚. Name who keeps it.",
    ):
        assert squeezed(part) in text, part


@pytest.mark.long
def test_an_approval_says_statement_conditions_certificate_and_what_was_looked_at(cast):
    assessment = make_conditioned(cast)
    page = page_of(assessment)
    certificate = sent(assessment).certificate
    due = letters.dated(in_days(60))
    for part in (
        "The submission is approved; the certificate is issued",
        "In order.",
        f"Register of generative AI uses: due by {due.en} 限期 {due.zh}",
        "What was reviewed",
        "facts and answers opened and judged",
        "打開並評核規定事實及答案",
        certificate.number,
        "Otherwise, the certificate is suspended.",
        "There is no appeal against an approval.",
    ):
        assert squeezed(part) in page
    assert CONDITION in GAPS


@pytest.mark.long
def test_an_approval_names_each_action_that_a_reviewer_asked_for(cast):
    due = in_days(50)
    assessment = make_agreed(cast, due)
    page = "".join(pages_of(of(assessment)))
    day = letters.dated(due)
    for part in (
        f"Action 行動 1: Name a deputy, due by {day.en} 限期 {day.zh} In writing, please.",
        "The reviewer accepted the answers below and asked for an action on each of them. The actions are in the "
        "reviewer's own words.",
        "About the answer 所涉答案: Named senior person responsible for the system",
        "Complete each action by its date",
        "A late action that is not a condition does not suspend the certificate.",
    ):
        assert squeezed(part) in page
    assert squeezed("You do not need to do anything for the certificate today") not in page
    message = Message.objects.get(recipient=cast.owner, kind="approved")
    asked = f"Action 1, which a reviewer asked for, is due on {date_format(due, 'DATE_FORMAT')}: Name a deputy."
    assert asked in message.text


@pytest.mark.long
def test_the_version_of_the_system_is_written_in_one_way(cast):
    assessment = make_conditioned(cast)
    submission = sent(assessment)
    report = replace(jobs.submission_report(submission), version="5.1")
    letter = letters.letter_layouts(report, letters.letter_of(of(assessment)))[0]
    plan = "".join(printed_pages(plan_pdf(report, identifier="p", created=timezone.now())))
    record = json.loads(submission.certificate.public_record)
    record["system"]["version"] = "5.1"
    rows = certificate_rows(record, edition_for(submission.edition_checksum))
    (system,) = (row for row in rows if row.key == "system")
    for text in (letter, plan, system.lines[0].en):
        assert squeezed(f"{report.system}, version 5.1") in squeezed(text)


def test_the_message_about_an_approval_names_its_conditions(cast):
    make_conditioned(cast)
    text = Message.objects.get(recipient=cast.owner, kind="approved").text
    day = date_format(in_days(60), "DATE_FORMAT")
    assert f"Condition due on {day}: Register of generative AI uses." in text


def test_an_approval_prints_what_the_server_says_was_looked_at(cast):
    assessment = make_conditioned(cast)
    decision = ReviewDecision.objects.get(submission=sent(assessment), kind="approve")
    said = ["Judged 41 of 41 answers.", "Opened 3 of 3 pieces of evidence."]
    signed = canonical_json({"name": "Ines Independent", "looked_at": said})
    row = ReviewDecision(pk=decision.pk, submission=decision.submission, by=decision.by, kind="approve", at=decision.at)
    row.signed = signed
    looked_at = letters._decider(row, "In order.").looked_at
    assert looked_at is not None
    letter = letters.letter_of(of(assessment))
    letter = replace(letter, deciders=(replace(letter.deciders[0], looked_at=looked_at),))
    report = jobs.submission_report(sent(assessment))
    html = letters.letter_layouts(report, letter)[0]
    assert "Judged 41 of 41 answers. Opened 3 of 3 pieces of evidence." in html
    assert "not recorded" not in html
    older = replace(letter, deciders=(replace(letter.deciders[0], looked_at=None),))  # from before this was kept
    assert "not recorded" in letters.letter_layouts(report, older)[0]


@pytest.mark.long
def test_an_approval_without_a_certificate_says_so(cast):
    assessment = make_assessment(State.APPROVED, "limited", cast=cast, answers={"accountable-owner": GAPS[CONDITION]})
    page = page_of(assessment)
    assert squeezed("The submission is approved; no certificate is issued yet") in page
    assert squeezed("Complete the actions that block the certificate") in page
    assert "HKG-" not in page


def test_a_letter_keeps_to_the_certificate_of_its_own_day(cast):
    assessment = make_conditioned(cast)
    letter = of(assessment)
    letter.created_at = sent(assessment).certificate.issued_at - timedelta(seconds=1)
    assert letters._certificate(letter) is None


@pytest.mark.long
def test_both_approvals_of_a_high_use_stand_in_its_letter(cast):
    assessment = make_assessment(State.CERTIFIED, "high", cast=cast)
    page = "".join(pages_of(of(assessment)))  # two, with what both reviewers looked at
    assert squeezed("Ines Independent: Read and found in order.") in page
    assert squeezed("Ivan Independent: I agree.") in page
    assert squeezed("Ivan Independent, independent reviewer") in page


@pytest.mark.long
@pytest.mark.parametrize("times", mostly_long([1, 20, 60, 110, 200], [60]))
def test_long_reasons_run_on_and_no_page_is_left_with_one_row(cast, times):
    assessment = make_assessment(State.REFUSED, "limited", cast=cast)
    letter = letters.letter_of(of(assessment))
    long = "This is why, and there is more of it. " * times
    letter = replace(letter, deciders=(replace(letter.deciders[0], statement=long),))
    layouts = letters.letter_layouts(jobs.submission_report(sent(assessment)), letter)
    assert all(off_the_page(html) == [] for html in layouts)
    last = laid_out(layouts[-1])[-1]
    for row in ("Whattodonext", "Appeal", "Record", "Decidedby"):
        assert row in last.text


def test_who_signed_is_named_as_on_the_day_of_the_signature(cast):
    assessment = make_assessment(State.REFUSED, "limited", cast=cast)
    cast.owner.name = "Olivia Other"
    cast.owner.save()
    Membership.objects.filter(user=cast.owner).update(left_at=timezone.now())
    page = page_of(assessment)
    assert squeezed("Olivia Owner, owner") in page
    assert squeezed("Olivia Other") not in page
