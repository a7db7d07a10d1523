"""The printed documents: all that was signed is in the plan, nothing private in the certificate, nothing off the page."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import strip_tags
from pypdf import PdfReader

from assessments.documents import (
    certificate,
    certificate_words,
    drawing,
    engine,
    former_plan,
    jobs,
    remediation_plan,
    requests,
    shared_parts,
)
from assessments.documents.report.build import build_report
from assessments.guideline.terms import Tier
from assessments.models import Answer, Assessment, Certificate, DeclaredUse, Document, MarkKind, ReviewMark, edition_for
from assessments.models import Question as QuestionRow
from assessments.models.snapshots import build_snapshot
from assessments.templatetags.documents import runs, short_day
from tests.documents.reading import off_the_page, out_of_place, pages_of, squeezed
from tests.documents.submissions import HKSCS, SECRET, few, make_submission, mixed
from tests.support.factories import bring_to, fill, make_assessment, make_organisation, owner_of, prove, save
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(6)]
WHEN = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


# --- reading documents back ------------------------------------------------------------------------------------------


def printed(pdf: bytes) -> str:
    return "".join(pages_of(pdf))


def words_of(report) -> str:
    """The text of a plan's HTML, squeezed: what is in it reaches the PDF, as the longest plan shows."""
    return squeezed(unescape(strip_tags(former_plan.plan_html(report))))


def structure(pdf: bytes) -> list[dict]:
    """Every element of the structure tree."""
    found, left = [], [PdfReader(BytesIO(pdf)).trailer["/Root"]["/StructTreeRoot"]]
    while left:
        element = left.pop().get_object()
        if isinstance(element, list):
            left += element
        elif isinstance(element, dict):
            found.append(element)
            left += [element["/K"]] if "/K" in element else []
    return found


def laid_out(html: str) -> tuple[bytes, list[str]]:
    """The PDF, and the lines that leave their place."""
    wrong: list[str] = []

    def every_page(pages) -> bool:
        wrong.extend(out_of_place(pages))
        return True

    return engine.render(html, identifier="test", created=WHEN, fits=every_page), wrong


# --- what is printed ---------------------------------------------------------------------------------------------------


def make_short_plan():
    return make_submission(tier="limited", parts=("user",), answer=few)


def plan_of(submission) -> bytes:
    return remediation_plan.plan_pdf(jobs.submission_report(submission), identifier="plan", created=submission.at)


@pytest.fixture
def record(db) -> dict:
    """The public record of a High certificate of an organisation that has all names."""
    organisation = make_organisation(
        "Inkstone Learning Limited", name_zh="硯田學習有限公司", registration_no="12345678"
    )
    assessment = make_assessment("certified", "high", organisation=organisation, parts=("developer", "provider"))
    return json.loads(Certificate.objects.get(use=assessment.use).public_record)


def certificate_of(record, edition) -> bytes:
    return certificate.certificate_pdf(record, edition, public_url="https://guide.example.hk", created=WHEN)


# --- the plan ----------------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize(
    ("tier", "part", "short", "at_least"),
    [("low", "user", True, 1), pytest.param("high", "provider", False, 30, marks=pytest.mark.long)],
)
def test_a_plan_prints_every_action_and_finding(tier, part, short, at_least, edition):
    submission = make_submission(tier=tier, parts=(part,), answer=few if short else mixed)
    content = submission.content()
    report = jobs.submission_report(submission)
    pdf, wrong = laid_out(remediation_plan.annex_html(report))
    text = printed(pdf)

    assert len(content["actions"]) > at_least
    missing = [a["title"] for a in content["actions"] if squeezed(f"{a['number']}. {a['title']}") not in text]
    for finding in content["findings"]:
        duty = edition.requirements[finding["requirement"]]
        missing += [
            part
            for part in (duty.statement, edition.line(duty.id), edition.cited(duty.clause))
            if squeezed(part) not in text
        ]
    for action in report.actions:
        words = [action.why, *action.steps, *action.closes, short_day(action.due)]
        words += [action.answer.question] if action.answer else []
        missing += [part for part in words if squeezed(part) not in text]
        address = f"/actions/{report.use_reference}/{action.number}/"
        missing += [address] if address not in text else []
    assert missing == []
    assert wrong == []


@pytest.mark.long
def test_no_row_stands_alone_on_a_page_of_the_overview():
    """A period of one action comes with three rows of the one before, wherever the page ends."""

    def row(n: int) -> dict[str, object]:
        due = {"now": {"owner": None}, "due_now": None, "when": "in 30 days"}
        return {"number": n, "title": "Output is checked", "suggested_owner": "Legal counsel", "effort": "Days"} | due

    seen = set()
    for last in range(24, 34):
        periods = [
            {"title": "Within 90 days", "actions": [row(n) for n in range(1, last)]},
            {"title": "Within 180 days", "actions": [row(last)]},
        ]
        glance = render_to_string("assessments/documents/former_plan/glance.html", {"r": {"periods": periods}})
        html = f'<!doctype html><html lang="en"><head><title>Plan</title></head><body>{glance}</body></html>'
        pages = pages_of(engine.render(html, identifier="test", created=WHEN))
        rows = [page.count("Outputischecked") for page in pages]
        assert sum(rows) == last
        assert min(rows) >= 4
        seen.add(len(pages))
    assert seen == {1, 2}


@pytest.mark.long
def test_a_plan_prints_rules_facts_and_open_answers(edition):
    submission = make_submission(tier="limited", parts=("user",))
    report = jobs.submission_report(submission)
    text = words_of(report)
    for rule in report.tier.rules:
        assert squeezed(rule.reason) in text
    for fact in report.facts:
        assert squeezed(fact.label) in text
    assert report.unknown
    assert report.planned
    for answer in (*report.unknown, *report.planned):
        assert squeezed(answer.question) in text
    assert squeezed("我哋嘅𨋢冇人睇，简体也行。") in text


@pytest.mark.long
def test_a_plan_prints_nothing_that_is_hidden():
    submission = make_submission(tier="limited", parts=("user",))
    assessment = submission.assessment
    shown = {question["question"] for question in submission.content()["questions"]}
    hidden = QuestionRow.objects.filter(edition=assessment.edition_id).exclude(key__in=shown)[0]
    owner = owner_of(assessment.organisation)
    Answer.objects.create(assessment=assessment, question=hidden, choice="partly", text="Timbuktu", by=owner)
    drawn = build_snapshot(assessment, final=False)
    text = words_of(build_report(drawn, assessment.compiled(), draft=True))
    assert "Timbuktu" not in text
    assert SECRET in text


@pytest.mark.long
def test_a_plan_gives_the_reviewers_words_and_keeps_the_private_note():
    submission = make_submission(tier="limited", parts=("user",))
    question = submission.content()["actions"][0]["question"]
    ReviewMark.objects.create(
        submission=submission,
        target=f"q:{question}",
        mark=MarkKind.ACCEPTED_WITH_ACTION,
        words="Nobody stands between.",
        would_satisfy="A roster of nurses.",
        private_note="Timbuktu",
        by=owner_of(submission.organisation),
    )
    text = words_of(jobs.submission_report(submission))
    assert squeezed("Nobody stands between.") in text
    assert squeezed("A roster of nurses.") in text
    assert "Timbuktu" not in text


@pytest.mark.long
def test_a_reason_for_not_applicable_is_printed(edition):
    def answer(question, items, number):
        if not question.is_checklist and edition.not_applicable_allowed(question.requirements, {}):
            return {"choice": "not_applicable", "reason": f"No models here, {number}."}
        return (
            {"choice": "ticked", "items": dict.fromkeys(items, True)}
            if question.is_checklist
            else {"choice": "in_place"}
        )

    report = jobs.submission_report(make_submission(tier="limited", parts=("user",), answer=answer))
    text = squeezed(unescape(strip_tags(remediation_plan.plan_layouts(report)[0]())))
    assert len(report.not_applicable) > 5
    assert [a.reason for a in report.not_applicable if squeezed(a.reason) not in text] == []


@pytest.mark.long
def test_the_cover_of_a_plan_ends_on_its_page_after_two_approvals_and_a_certificate():
    assessment = make_assessment("draft", "high", answers={"ethics-review": {"choice": "partly", "text": "Begun."}})
    scope = "Drafts of reports on plain chest X-rays of adults, read first and signed by a radiologist in Hong Kong."
    DeclaredUse.objects.filter(pk=assessment.use_id).update(scope_en=scope, exclusions=scope[:90])
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    owner = owner_of(assessment.organisation)
    prove(assessment, by=owner)
    bring_to(assessment, "certified", tier="high", by=owner, route="independent")
    Document.objects.filter(submission__assessment=assessment).update(state="ready")  # the plan of the signing is made
    plan_now = requests.ask_plan(assessment.use, by=owner_of(assessment.organisation))
    first, second, *_others = pages_of(jobs._draw(plan_now))
    assert squeezed("was issued on") in first
    assert squeezed("Based on the organisation’s own answers.") in first
    assert squeezed("Based on the organisation") not in second


@pytest.mark.long
def test_a_plan_without_actions_is_one_page_that_says_so():
    assessment = make_assessment("certified", "low")
    pdf = plan_of(assessment.current_submission)
    (page,) = pages_of(pdf)
    assert squeezed("The answers show no gap, so this plan has no actions.") in page
    assert squeezed("33 of 33 questions answered").replace("33", str(assessment.applicable)) in page


@pytest.mark.long
def test_a_draft_says_so_at_the_head_of_every_page(edition):
    assessment = make_assessment(tier="limited", filled=False)
    fill(assessment, by=owner_of(assessment.organisation))
    save(assessment, "use-register", {"choice": "partly"}, by=owner_of(assessment.organisation))
    drawn = build_snapshot(assessment, final=False)
    report = build_report(drawn, assessment.compiled(), draft=True)
    pages = pages_of(former_plan.plan_pdf(report, identifier="draft", created=WHEN))
    assert len(report.actions) == 1
    assert all("Draft,confidential" in page for page in pages)
    assert squeezed("days after signing") in "".join(pages)


@pytest.mark.long
def test_the_counts_of_every_dimension_add_up():
    report = jobs.submission_report(make_submission())
    for row in (*report.readiness, *report.principles, *report.lifecycle):
        assert row.full + row.half + row.unknown + row.none + row.unanswered == row.duties
        assert (row.value is None) == (row.duties == 0)


@pytest.mark.long
def test_a_report_of_a_snapshot_and_of_its_living_picture_agree():
    submission = make_submission(tier="limited", parts=("user",))
    edition = edition_for(submission.edition_checksum)
    frozen = build_report(submission.content(), edition, draft=False)
    living = build_report(build_snapshot(submission.assessment, final=True), edition, draft=False)
    assert frozen.answers == living.answers
    assert frozen.tier == living.tier
    assert [a.findings for a in frozen.actions] == [a.findings for a in living.actions]


# --- the certificate ---------------------------------------------------------------------------------------------------


def test_a_certificate_is_two_pages_with_its_facts_on_the_first(record, edition):
    first, schedule = pages_of(certificate_of(record, edition))
    for part in (
        record["number"],
        "Certificate of assessment",
        "評估證書",
        "Inkstone Learning Limited",
        "硯田學習有限公司",
        "12345678",
        "Technology Developer and Service Provider",
        "技術開發者及服務提供者",
        record["system"]["name"],
        record["use"]["scope_en"],
        record["use"]["scope_zh"],
        "Reviewed independently",
        "Nothing was open when it was issued.",
        *(one["name"] for one in record["deciders"]),
        f"https://guide.example.hk/verify/{record['number']}/",
        "Not issued or endorsed by the Government, the Digital Policy Office or HKGAI.",
        "並非由政府、數字政策辦公室或 HKGAI 發出或認可。",
        "this is not legal advice",
    ):
        assert squeezed(part) in first
    named = (record["submission"], record["snapshot_sha256"], record["log"]["hash"], edition.checksum)
    for part in (*named, "Superseded", "真實可信"):
        assert squeezed(part) in schedule


@pytest.mark.long
@pytest.mark.parametrize(
    "tier", [pytest.param("low", marks=pytest.mark.long), pytest.param("limited", marks=pytest.mark.long), "high"]
)
def test_a_certificate_holds_no_answer_finding_or_note(tier, edition):
    def answer(question, items, number):
        text = f"{SECRET} {number}"
        if question.is_checklist:
            return {"choice": "ticked", "items": dict.fromkeys(items, True), "text": text}
        return {"choice": "in_place", "text": text}

    assessment = make_assessment(tier=tier, filled=False)
    declared = assessment.declared()
    owner = owner_of(assessment.organisation)
    answers = {
        q.key: answer(q, [i.key for i in declared.items(edition, q)], n)
        for n, q in enumerate(declared.questions(edition))
    }
    leave = next(q for q in declared.questions(edition) if q.key == "ai-framework")
    answers[leave.key] = {"choice": "in_place", "text": SECRET, "reason": SECRET}
    fill(assessment, by=owner, answers=answers)
    assessment.use.facts.update(reason=SECRET, agreed_reason=SECRET)
    bring_to(assessment, "certified", tier=tier, by=owner, route="independent")
    issued = Certificate.objects.get(use=assessment.use)
    assert SECRET in issued.submission.snapshot
    pdf = certificate_of(json.loads(issued.public_record), edition)
    assert SECRET not in printed(pdf)
    assert SECRET.encode() not in pdf
    text = printed(pdf)
    assert [q.title for q in declared.questions(edition) if squeezed(q.title) in text] == []


@pytest.mark.long
def test_a_self_declared_certificate_says_so():
    issued = Certificate.objects.get(use=make_assessment("certified", "low").use)
    record = json.loads(issued.public_record)
    first, _schedule = pages_of(certificate_of(record, edition_for(issued.submission.edition_checksum)))
    assert squeezed("Self-declared: signed by the organisation itself; no reviewer has checked it") in first
    assert "自行聲明" in first


@pytest.mark.long
def test_what_is_still_open_and_the_public_statement_are_printed(record, edition):
    record["open_actions"] = {"count": 3, "latest_due": "2027-03-31"}
    record["conditions"] = [{"words": "Yearly audit", "due_on": "2027-03-31"}] * 3
    record["further_actions"], record["further_latest_due"] = 18, None
    record["public_statement"] = "A leaflet tells patients.\nA person may be asked for."
    first, schedule = pages_of(certificate_of(record, edition))
    assert (
        squeezed("Open when issued: 3 conditions, the last due 31 March 2027; 18 further actions of the plan.") in first
    )
    assert "發出時未完成：條件3項，最遲於2027年3月31日符合；補救計劃的其他行動18項。" in first
    assert squeezed("3. Yearly audit, due 31 March 2027.") in schedule
    assert squeezed("A leaflet tells patients. A person may be asked for.") in schedule


def lengthen(record) -> None:
    """Fill every field to its limit."""
    words = "Sorting of appointment requests at ninety-four clinics with a nurse who releases each one; "
    record["use"] |= dict.fromkeys(("purpose", "setting", "people_affected", "scope_en"), (words * 5)[:399] + ".")
    record["use"] |= {"exclusions": ("Not the island of Lantau; " * 20)[:399] + ".", "title": "Use " * 29 + "end."}
    record["use"]["scope_zh"] = ("香港九十四間診所按緩急為預約分類嘅㗎𨋢鰂；" * 20)[:399] + "。"
    record["organisation"] |= {"name_en": "The Incorporated Trustees of " * 6 + "Everything", "name_zh": "鰂魚涌" * 66}
    record["organisation"] |= {"registration_no": "1" * 40, "place": "P" * 120}
    record["system"] |= {"name": "Very long name " * 10, "version": "9" * 60}
    record["public_statement"] = words * 20
    record["deciders"] = [one | {"name": "Person with a very long name indeed " * 3} for one in record["deciders"]]


@pytest.mark.long  # the next one has these and every other field at its limit
def test_a_certificate_of_400_letter_scopes_keeps_its_first_page(record, edition):
    words = "Sorting of requests for an appointment by urgency at the clinics named in the schedule of this record; "
    record["use"] |= dict.fromkeys(("purpose", "setting", "people_affected", "scope_en"), (words * 5)[:399] + ".")
    record["use"] |= {
        "exclusions": (words * 5)[:399] + ".",
        "scope_zh": ("香港各診所按緩急為預約分類；" * 40)[:399] + "。",
    }
    pages = pages_of(certificate_of(record, edition))
    assert squeezed(f"verify/{record['number']}/") in pages[0]
    assert "附表" in pages[1]
    assert record["use"]["scope_zh"] in "".join(pages)
    assert squeezed(record["use"]["exclusions"]) in "".join(pages)


@pytest.mark.long  # daily a certificate is read on its two pages
@pytest.mark.parametrize("layouts", [1, 9], ids=["roomy", "all"])
def test_a_certificate_with_every_field_at_its_limit_loses_nothing(layouts, record, edition):
    lengthen(record)
    text = printed(certificate_of(record, edition))
    for part in (*record["use"].values(), *record["organisation"].values(), *record["system"].values()):
        if isinstance(part, str):
            assert squeezed(part) in text
    for html in certificate.certificate_layouts(record, edition, public_url="https://guide.example.hk")[:layouts]:
        assert off_the_page(html) == []


@pytest.mark.long
def test_a_score_becomes_words_and_a_bar_but_no_number(record, edition):
    record["dimensions"] = dict(zip(record["dimensions"], ["91.7", "73.4", "44.9", "12.3", None], strict=True))
    pages = pages_of(certificate_of(record, edition))
    for words in ("Nearlyallinplace", "Mostlyinplace", "Partlyinplace", "Littleinplace", "Notassessed"):
        assert words in pages[1]
    assert not any(number in "".join(pages) for number in ("91.7", "73.4", "44.9", "12.3"))


@pytest.mark.long
def test_the_code_is_at_least_25_mm_wide_and_carries_the_address(record, edition):
    html = certificate.certificate_layouts(record, edition, public_url="https://guide.example.hk")[0]
    code = drawing.qr(f"https://guide.example.hk/verify/{record['number']}/", 29, "QR code of x")
    assert re.search(r'width="29mm" height="29mm"', html)
    assert re.search(r' d="([^"]+)"', code).group(1) in html


# --- all of them -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def documents(django_db_setup, django_db_blocker, edition) -> dict[str, bytes]:
    """One of each kind, made once for the tests that only look at bytes."""
    with django_db_blocker.unblock(), transaction.atomic():
        submission = make_short_plan()
        certified = make_assessment("certified", "low", organisation=make_organisation("Inkstone", name_zh="硯田學習"))
        make_assessment("refused", "unacceptable")
        made = {
            "certificate": jobs._draw(Document.objects.get(certificate__use=certified.use)),
            "plan": plan_of(submission),
            "letter": jobs._draw(Document.objects.get(kind="decision_letter")),
        }
        transaction.set_rollback(True)
    return made


def test_documents_are_tagged_titled_and_say_their_languages(documents):
    titles = {
        "certificate": "Certificate of assessment against the Hong Kong Generative AI Technical and Application Guideline v1.1",
        "plan": "Remediation plan: Booking and urgency sorting, Harbourlight Family Clinics Limited",
        "letter": "Decision letter: Booking and urgency sorting, Harbourlight",
    }
    for kind, pdf in documents.items():
        reader = PdfReader(BytesIO(pdf))
        root = reader.trailer["/Root"]
        assert reader.metadata.title.startswith(titles[kind])
        assert root["/Lang"] == "en"
        assert root["/MarkInfo"]["/Marked"]
        assert b"pdfuaid:part" in root["/Metadata"].get_data()
        elements = structure(pdf)
        headings = [str(e["/S"]) for e in elements if re.fullmatch("/H[1-6]", str(e.get("/S")))]
        assert headings.count("/H1") == 1
        assert all("/Alt" in e for e in elements if e.get("/S") == "/Figure")
        if kind != "letter":
            assert {"zh-Hant", "zh"} & {str(e["/Lang"]) for e in elements if "/Lang" in e}


def test_only_our_own_fonts_are_used_and_all_are_embedded(documents):
    for pdf in documents.values():
        fonts = {}
        for page in PdfReader(BytesIO(pdf)).pages:
            fonts |= page["/Resources"]["/Font"]
        for font in fonts.values():
            described = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert re.fullmatch(r"/[A-Z]{6}\+(HK|SC)(-Bold)?", described["/FontName"])
            assert "/FontFile2" in described


@pytest.mark.long
def test_names_with_hong_kong_characters_come_through(documents):
    assert HKSCS in printed(documents["plan"])


@pytest.mark.long
def test_a_document_rendered_again_has_the_same_bytes(record, edition):
    assert certificate_of(record, edition) == certificate_of(record, edition)


@pytest.mark.long
def test_a_plan_rendered_again_has_the_same_bytes():
    submission = make_short_plan()
    assert plan_of(submission) == plan_of(submission)


@pytest.mark.long
def test_no_document_claims_what_it_may_not(documents):
    for pdf in documents.values():
        text = printed(pdf)
        assert not re.search(r"\bDPO\b|compliancecertificate|certificateofcompliance|approvedby|compliantwith", text)
        assert re.search("[Nn]otissuedorendorsedbytheGovernment", text)


@pytest.mark.long
def test_every_text_stays_on_the_page_with_short_and_long_names(record, edition):
    for html in certificate.certificate_layouts(record, edition, public_url="https://guide.example.hk"):
        assert off_the_page(html) == []


def test_what_people_type_is_escaped_and_chinese_runs_have_their_language():
    assert runs("<b>Ho & 何，先生 Ho</b>") == '&lt;b&gt;Ho &amp; <span lang="zh">何，先生</span> Ho&lt;/b&gt;'
    assert runs("𨋢 x") == '<span lang="zh">𨋢</span> x'


# --- the engine --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "http://127.0.0.1/x.png", "data:image/png;base64,AAAA", "app:../models/base.py", "app:print.css",
     "app:fonts/../engine.py", "app:/etc/passwd", "/etc/passwd"],
)  # fmt: skip
@pytest.mark.parametrize(
    "tag", ['<img src="{}" alt="x">', '<link rel="attachment" href="{}">', '<p style="background: url({})">x</p>']
)
def test_a_document_can_fetch_nothing_but_our_own_files(address, tag):
    with pytest.raises(engine.FetchRefused, match="refused"):
        engine.render(f"<html lang=en><title>x</title><p>x</p>{tag.format(address)}", identifier="x", created=WHEN)


@pytest.mark.parametrize("roomy_fits", [True, False])
def test_a_layout_is_written_only_when_those_before_it_do_not_fit(roomy_fits):
    written = []

    def dense() -> str:
        written.append("dense")
        return "<html lang=en><title>x</title><p>dense</p>"

    roomy = "<html lang=en><title>x</title><p>roomy</p>"
    pdf = engine.render(roomy, dense, identifier="x", created=WHEN, fits=lambda pages: roomy_fits)
    assert written == ([] if roomy_fits else ["dense"])
    assert ("roomy" if roomy_fits else "dense") in printed(pdf)


def test_the_strip_names_all_four_tiers_and_fills_one():
    strip = shared_parts.tier_strip(Tier.HIGH, certificate_words.TIERS_EN)
    html = render_to_string("assessments/documents/strip.html", {"strip": strip})
    assert [tier.key for tier in strip] == ["low", "limited", "high", "unacceptable"]
    assert html.count("chosen") == 1
    assert 'class="high chosen"' in html


# --- the job -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def waiting() -> Document:
    return make_assessment("certified", "low").current_submission.documents.get()


@pytest.mark.long
def test_a_waiting_document_is_made_once(waiting):
    jobs.make(waiting.pk)
    waiting.refresh_from_db()
    first = waiting.file.read()
    assert (waiting.state, waiting.attempts, waiting.error) == ("ready", 1, "")
    assert (waiting.sha256, waiting.size) == (hashlib.sha256(first).hexdigest(), len(first))
    jobs.make(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.attempts == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [(engine.NoPango("no pango"), "The PDF libraries are not installed on this machine."),
     (ValueError(SECRET), "A program error occurred: ValueError.")],
)  # fmt: skip
def test_a_failure_waits_for_the_sweeper_and_the_fifth_is_the_last(waiting, monkeypatch, error, words):
    def fail(document):
        raise error

    monkeypatch.setattr(jobs, "_draw", fail)
    for _attempt in range(4):
        jobs.make(waiting.pk)
        waiting.refresh_from_db()
        assert (waiting.state, waiting.error) == ("pending", words)
    jobs.make(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error, waiting.attempts) == ("failed", words, 5)
    monkeypatch.undo()
    assert jobs.ask_again(waiting)
    assert not jobs.ask_again(waiting)
    jobs.make(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == "ready"


def test_a_refused_file_fails_at_once(waiting, monkeypatch):
    page = '<html lang="en"><title>x</title><img src="file:///etc/passwd" alt="x">'
    monkeypatch.setattr(jobs, "_draw", lambda document: engine.render(page, identifier="x", created=WHEN))
    jobs.make(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts) == ("failed", 1)


def test_a_worker_that_comes_too_late_writes_nothing(waiting, monkeypatch):
    def overtaken(document):
        Document.objects.filter(pk=document.pk).update(attempts=document.attempts + 1)
        return b"%PDF-late"

    monkeypatch.setattr(jobs, "_draw", overtaken)
    kept = []
    monkeypatch.setattr(FileSystemStorage, "delete", lambda storage, name: kept.append(name))
    jobs.make(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.sha256, bool(waiting.file)) == ("running", "", False)
    assert len(kept) == 1


def test_a_document_that_kills_its_worker_is_given_up(waiting):
    Document.objects.filter(pk=waiting.pk).update(state="running", attempts=5, lease_until=WHEN - timedelta(days=300))
    jobs.make(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error) == (
        "failed",
        "The service was interrupted 5 times while it was creating the document.",
    )


# --- its pages ---------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_ready_document_is_sent_as_a_file_with_a_plain_name(client, cast):
    assessment = make_assessment("certified", "low", cast=cast)
    client.force_login(cast.owner)
    issued = Certificate.objects.get(use=assessment.use)
    names = {
        issued.documents.get(): f"certificate-{issued.number}.pdf",
        issued.submission.documents.get(): f"remediation-plan-{issued.submission.reference}-round-1.pdf",
    }
    for document, name in names.items():
        jobs.make(document.pk)
        answer = client.get(document.get_absolute_url())
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer["Content-Type"] == "application/pdf"
        assert "no-store" in answer["Cache-Control"]
        assert b"".join(answer.streaming_content).startswith(b"%PDF")


@pytest.mark.long
def test_a_document_that_is_being_made_says_so_and_looks_again(client, cast):
    document = make_assessment("certified", "low", cast=cast).current_submission.documents.get()
    client.force_login(cast.owner)
    answer = client.get(document.get_absolute_url())
    assert answer.status_code == 200
    page = markup_of(answer)
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert f'hx-get="{reverse("document_state", args=[document.reference])}?' in page
    assert "The document is being created" in page
    state = client.get(reverse("document_state", args=[document.reference])).json()
    assert (state["state"], state["address"]) == ("pending", document.get_absolute_url())


@pytest.mark.long
def test_a_failed_document_says_that_answers_are_safe_and_can_be_made_again(
    client, cast, django_capture_on_commit_callbacks
):
    document = make_assessment("certified", "low", cast=cast).current_submission.documents.get()
    Document.objects.filter(pk=document.pk).update(
        state="failed", attempts=5, error="The PDF libraries are not installed."
    )
    client.force_login(cast.viewer)
    page = client.get(document.get_absolute_url())
    assert 'http-equiv="refresh"' not in markup_of(page)
    assert "hx-get" not in markup_of(page)
    assert "Your answers and all decisions are safe" in markup_of(page)
    assert "The PDF libraries are not installed." in markup_of(page)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(document.get_absolute_url()).status_code == 302
    document.refresh_from_db()
    assert document.state == "ready"


@pytest.mark.parametrize(
    ("who", "status"), [("owner", 200), ("viewer", 200), ("assigned", 404), ("outsider", 404), ("staff", 404)]
)
def test_who_may_not_know_of_a_document_gets_404(client, cast, who, status):
    document = make_assessment("certified", "low", cast=cast).current_submission.documents.get()
    client.force_login(getattr(cast, who))
    assert client.get(document.get_absolute_url()).status_code == status
    assert client.get(reverse("document_state", args=[document.reference])).status_code == status


@pytest.mark.long
def test_documents_are_asked_for_by_the_moves_themselves():
    make_assessment("certified", "high")
    make_assessment("refused", "unacceptable")
    assert sorted(Document.objects.values_list("kind", flat=True)) == [
        "certificate",
        "decision_letter",
        "decision_letter",
        "plan",
    ]
