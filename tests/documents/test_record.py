"""One list of rows behind certificate and public page: the paper, read back, and the page say the same, row by row."""

from __future__ import annotations

import html
import json
import re
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from assessments.documents import certificate_words as words
from assessments.documents import record as record_module
from assessments.documents.certificate import certificate_layouts, certificate_pdf
from assessments.documents.jobs import submission_report
from assessments.documents.letter_words import dated
from assessments.documents.record import certificate_rows, look
from assessments.documents.remediation_plan import plan_pdf
from assessments.domain.review import approval
from assessments.models import Certificate, CertificateEvent, RemediationAction, State, edition_for
from tests.documents.reading import draw, laid_out, pages_of
from tests.documents.records import (
    LOOK,
    changed,
    follow,
    high,
    inside,
    issued,
    promised,
    record_of,
    renewed,
    rewrite,
    self_declared,
    with_conditions,
)
from tests.support.acting import make_agreed, make_conditioned
from tests.support.daily import mostly_long
from tests.support.factories import in_days, make_assessment, mark_all
from tests.support.page_text import markup_of
from tests.support.tampering import unguarded

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(12)]


def squeezed(text):
    return "".join(text.split())


def rows_of_page(page):
    """The rows of the public page in their order: key, label and words, without white space and without the tier badge."""
    found = []
    for key, section in re.findall(r'<section class="hk-row[^"]*" id="row-([a-z_]+)">(.*?)</section>', page, re.S):
        section = re.sub(r'<p class="hk-cert-tier">.*?</p>', "", section, flags=re.S)
        margin, matter = re.search(
            r'<div class="hk-margin">(.*?)</div>\s*<div class="hk-matter">(.*)', section, re.S
        ).groups()
        label = re.sub(r"<p>page 2 of the printed certificate starts here</p>", "", margin)
        found.append((key, *(squeezed(html.unescape(re.sub(r"<[^>]+>", " ", part))) for part in (label, matter))))
    return found


def matter_of_paper(certificate):
    """The words of the paper, read back from the PDF, without what frames each page and the foot of page 1."""
    record, edition = record_of(certificate), edition_for(certificate.submission.edition_checksum)
    pdf = certificate_pdf(record, edition, public_url=settings.PUBLIC_URL, created=certificate.issued_at)
    pages = pages_of(pdf)
    checked = squeezed(words.CHECKED[record["assurance"]][0].en)
    by = "" if record["assurance"] == "reviewed_independently" else "Registeredby登記機構"
    found = []
    for number, page in enumerate(pages, 1):
        part = "hkguide" if number == 1 else "Schedule附表"
        head = f"{by}{squeezed(record['issuer'])}Certificateno.證書編號{record['number']}"
        foot = f"{head}Englishprevails以英文版本為準{number}of{len(pages)}{part}{checked}"
        assert page.endswith(foot), page[-200:]
        found.append(page.removesuffix(foot))
    for text in (TITLE, f"hkguide{checked}Englishprevails以英文版本為準"):
        assert text in found[0]
        found[0] = found[0].replace(text, "", 1)
    check = CHECK.format(address=f"{settings.PUBLIC_URL}/verify/{record['number']}/")
    assert found[0].endswith(check)
    found[0] = found[0].removesuffix(check)
    assert found[1].startswith("Schedule附表")
    found[1] = found[1].removeprefix("Schedule附表")
    return "".join(found)


TITLE = (
    "Certificateofassessment評估證書againsttheHongKongGenerativeAITechnicalandApplicationGuidelinev1.1"
    "依據《香港生成式人工智能技術及應用指引》1.1版"
)
STRIP = "Low低Limited有限High高Unacceptable不可接受"
CHECK = (
    "Thiscertificatemaybesuspendedorrevoked.Checkitscurrentstatus:{address}本證書可被暫停或撤銷，現況以上述網頁為準。"
    "NotissuedorendorsedbytheGovernment,theDigitalPolicyOfficeorHKGAI.TheGuidelineisnotlaw,andthisisnotlegaladvice."
    "並非由政府、數字政策辦公室或HKGAI發出或認可。指引並非法律，本證書亦非法律意見。"
)


def low_by_choice(cast):
    certified = make_assessment(State.IN_REVIEW, "low", cast=cast)
    mark_all(certified.current_submission, by=cast.independent)
    approval.approve(certified.current_submission, by=cast.independent, statement="Read.")
    return issued(certified)


def sentences(cast):
    certificate = inside(cast)
    said = ["Rita Reviewer judged 40 of 40 facts and answers.", "9 of 9 pieces of evidence were opened."]
    return rewrite(certificate, deciders=[one | {"looked_at": said} for one in record_of(certificate)["deciders"]])


NEW = (
    "kind",
    "replaces",
    "conditions",
    "further_actions",
    "further_latest_due",
    "partly_not_applicable",
    "closed_since",
    "too_few",
    "issuing_rules",
)


def older(cast):
    """A certificate that was issued before these entries were in the record, and replaced another."""
    certificate = with_conditions(cast)
    record = {key: value for key, value in record_of(certificate).items() if key not in NEW}
    record["deciders"] = [{k: v for k, v in one.items() if k != "looked_at"} for one in record["deciders"]]
    record["first_issued_on"] = "2025-12-01"
    with unguarded("assessments_certificate"):
        Certificate._base_manager.filter(pk=certificate.pk).update(public_record=json.dumps(record))
    return Certificate.objects.get(pk=certificate.pk)


CASES = [self_declared, promised, low_by_choice, inside, with_conditions, high, sentences, renewed, changed, older]
DAILY = [self_declared, older]  # the others differ from these in a row or two


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(
    "case",
    mostly_long(CASES, DAILY),
    ids=lambda case: case.__name__,
)
def test_every_row_of_the_paper_stands_on_the_public_page_and_back(client, cast, case):
    certificate = case(cast)
    text = matter_of_paper(certificate)
    for rows in pages_in_every_status(client, certificate):
        said = "".join(matter + label + (STRIP if key == "outcome" else "") for key, label, matter in rows)
        assert said == text


def pages_in_every_status(client, certificate):
    """The rows of the public page in each status that the certificate can have."""
    rows = Certificate._base_manager.filter(pk=certificate.pk)
    before = certificate.expires_on
    for kind, days, status in (
        ("", 300, "valid"),
        ("", 20, "expiring"),
        ("suspended", 300, "suspended"),
        ("reinstated", -1, "expired"),
        ("superseded", 300, "superseded"),
        ("revoked", 300, "revoked"),
    ):
        if kind:
            CertificateEvent.objects.create(certificate=certificate, kind=kind, public_reason=f"{kind}.")
        with unguarded("assessments_certificate"):
            rows.update(expires_on=in_days(days))
        response = client.get(reverse("verify", args=[certificate.number]))
        assert response.context["status"] == status
        yield rows_of_page(markup_of(response))
    with unguarded("assessments_certificate"):
        rows.update(expires_on=before)


def text_of(certificate):
    """The words of each row, by its key, as both media get them."""
    rows = certificate_rows(record_of(certificate), edition_for(certificate.submission.edition_checksum))
    return {
        row.key: " ".join(
            [f"{line.lead}{line.between if line.lead else ''}{line.en}" for line in row.lines]
            + [f"{figure.label.en} {figure.value}" for figure in row.figures]
        )
        for row in rows
    }


@pytest.mark.long
def test_what_replaces_a_certificate_says_whether_it_is_a_renewal_or_a_change(cast):
    first = make_assessment(State.CERTIFIED, "limited", cast=cast)
    number = issued(first).number
    assert "Type New" in text_of(issued(first))["dates"]
    renewal = follow(cast, first)
    assert "Type Renewal" in text_of(renewal)["dates"]
    assert f"Replaces certificate {number}. First issued" in text_of(renewal)["dates"]
    assert "Type Change" in text_of(changed(cast))["dates"]


@pytest.mark.long
def test_an_older_certificate_says_what_was_not_recorded(cast):
    text = text_of(older(cast))
    assert "Type Not recorded" in text["dates"]
    assert "Replaces an earlier certificate. First issued 1\u00a0December\u00a02025." in text["dates"]
    assert text["looked_at"] == "Ines Independent: Not recorded."
    assert "further actions of the plan: not recorded" in text["outcome"]
    assert "Wording: not recorded." in text["conditions"]
    assert "Actions closed since then: not recorded." in text["profile"]
    assert "issuing rules, not recorded" in text["against"]


@pytest.mark.long
def test_page_one_says_in_one_sentence_what_is_still_open(cast):
    certificate = issued(make_conditioned(cast))
    record = record_of(certificate)
    (one,) = record["conditions"]
    due = in_days(60)
    assert one == {"words": "Register of generative AI uses", "due_on": due.isoformat()}
    day = f"{due.day}\u00a0{due:%B}\u00a0{due.year}"
    last = dated(date.fromisoformat(record["further_latest_due"])).en
    assert (
        f"Open when issued: 1 condition, due {day}; 4 further actions of the plan, the last due {last}."
        in text_of(certificate)["outcome"]
    )
    assert f"1. Register of generative AI uses, due {day}." in text_of(certificate)["conditions"]
    standing = RemediationAction.objects.standing().filter(use=certificate.use_id)
    assert standing.count() == record["further_actions"] + 1
    further = [row.last_due for row in standing.exclude(question="use-register")]
    assert max(further).isoformat() == record["further_latest_due"]
    done = issued(make_assessment(State.CERTIFIED, "limited", cast=cast))
    assert "Nothing was open when it was issued." in text_of(done)["outcome"]


@pytest.mark.long
def test_an_action_that_is_due_after_the_end_of_the_certificate_is_said_to_be(cast):
    record = record_of(issued(make_conditioned(cast)))
    assert "ends" not in record_module._still_open(record).en
    after = date.fromisoformat(record["expires_on"]) + timedelta(days=1)
    line = record_module._still_open(record | {"further_latest_due": after.isoformat()})
    assert line.en.endswith(f"the last due {dated(after).en} (after this certificate ends).")
    assert line.zh.endswith("（在本證書屆滿之後）。")


@pytest.mark.long
def test_an_action_that_a_reviewer_asked_for_on_accepting_is_open_at_the_issue(client, cast):
    due = in_days(50)
    certificate = issued(make_agreed(cast, due))
    record = record_of(certificate)
    assert (record["further_actions"], record["further_latest_due"]) == (1, due.isoformat())
    assert f"Open when issued: 1 action of the plan, due {dated(due).en}." in text_of(certificate)["outcome"]
    assert squeezed(f"補救計劃的行動 1 項，最遲於{dated(due).zh}完成") in matter_of_paper(certificate)
    page = client.get(reverse("verify", args=[certificate.number])).content.decode()
    assert "Nothing was open when it was issued" not in page


@pytest.mark.long
def test_an_answer_of_which_a_line_does_not_apply_is_counted_as_in_part_by_plan_and_certificate(cast):
    lines = {"change-notice": True, "security-contact": True, "records-and-tests": True, "exit": "It is one of ours."}
    answers = {"supplier-hold": {"choice": "ticked", "items": lines}}
    certificate = issued(make_assessment(State.CERTIFIED, "limited", cast=cast, answers=answers))
    assert record_of(certificate)["partly_not_applicable"] == 1
    assert "0 not applicable (1 in part)," in text_of(certificate)["covered"]
    report = submission_report(certificate.submission)
    assert len(report.not_applicable) == 1
    assert squeezed("1 answer “not applicable”, in whole or in part") in squeezed(
        "".join(pages_of(plan_pdf(report, identifier="plan", created=timezone.now())))
    )


def test_one_action_has_one_date_on_the_certificate_and_in_the_register(cast):
    certificate = issued(make_conditioned(cast))
    (one,) = record_of(certificate)["conditions"]
    action = RemediationAction.objects.get(use=certificate.use, question="use-register")
    assert action.last_due.isoformat() == one["due_on"] == record_of(certificate)["open_actions"]["latest_due"]


@pytest.mark.long
def test_only_who_looked_is_named_as_the_issuer(cast):
    for made, by in ((self_declared, "Registered by"), (inside, "Registered by"), (high, "Issued by")):
        said = text_of(made(cast))["decision"]
        assert f"{by}: Review House" in said
        assert ("which has not checked the answers" in said) is (by == "Registered by")


@pytest.mark.long
def test_what_each_reviewer_looked_at_is_a_row_of_its_own(cast):
    text = text_of(high(cast))["looked_at"]
    for name in ("Ines Independent", "Ivan Independent"):
        assert f"{name}: 61 of 61 required facts and answers opened and judged (6 at random)" in text
    assert "49 more taken over from Dr Wallace Kwan" in text
    assert "Evidence: 12 of 12 opened, 12 of 12 judged with the answers." in text
    assert "Half of the marks took 2 min 40 s or less." in text
    assert text_of(self_declared(cast))["looked_at"] == "No reviewer has checked the answers."


def test_the_marks_of_a_reviewer_add_up_to_all_facts_and_answers():
    said = LOOK | {
        "judged": 35,
        "asked": 35,
        "drawn": 9,
        "together": 71,
        "taken_over": {},
        "marked": 110,
        "targets": 110,
    }
    line = look("Ines", said | {"median_seconds": 0})
    assert line.en.startswith(
        "35 of 35 required facts and answers opened and judged (9 at random); 71 more accepted together; 4 more one by one."
    )
    assert line.en.endswith("Half of the marks took less than one second.")
    assert "另一併接納 71 項；另逐一評核 4 項。" in line.zh
    second = look("Ivan", said | {"together": 0, "taken_over": {"Ines": 75}, "median_seconds": 8})
    assert "; 75 more taken over from Ines." in second.en
    assert second.en.endswith("Half of the marks took 8 s or less.")
    assert "more one by one" not in second.en


def test_where_no_evidence_was_attached_the_certificate_says_so_and_counts_none():
    line = look("Ines", LOOK | {"opened": 0, "openable": 0, "pieces": 0, "pieces_judged": 0})
    assert "Evidence: none attached." in line.en
    assert "證據：沒有附上。" in line.zh
    assert "0 of 0" not in line.en
    on_request = look("Ines", LOOK | {"opened": 0, "openable": 0, "pieces": 2, "pieces_judged": 2})
    assert "0 of 0 opened, 2 of 2 judged with the answers." in on_request.en


@pytest.mark.long
def test_the_parts_of_the_conformity_file_are_given_or_judged(cast):
    text = text_of(high(cast))["conformity"]
    assert "Given, not judged: Tests." in text
    assert "Judged by a reviewer: Data, Bias, Security, Incident plan, Overseers, Live figures, Monitoring." in text
    assert "Overseers: Two doctors watch it." in text
    assert "The organisation's own words, not checked." in text


def test_a_dimension_with_too_few_requirements_gets_no_band(cast):
    certificate = rewrite(self_declared(cast), too_few=["security"])
    rows = certificate_rows(record_of(certificate), edition_for(certificate.submission.edition_checksum))
    bands = {one.name.en: one.band.en for one in next(row for row in rows if row.key == "profile").profile}
    assert bands["System Security"] == "Too few for a figure"
    assert bands["Crime Prevention"] == "All in place"


@pytest.mark.long
def test_the_chinese_follows_the_official_text(cast):
    """Words of our glossary for the Guideline's own terms; the words that stood here before are gone."""
    certificate = high(cast)
    text = matter_of_paper(certificate) + matter_of_paper(self_declared(cast))
    for official in ("犯罪防治", "真實可信", "維度", "自我認證", "人類參與監督", "目的", "評級"):
        assert official in text
    for before in ("犯罪預防", "可靠可信", "範疇", "自行核證", "人工參與", "評語", "容許退出", "公開資訊"):
        assert before not in text


@pytest.mark.long
@pytest.mark.parametrize("step", [13, pytest.param(2, marks=pytest.mark.long)])
def test_no_page_of_a_long_certificate_has_one_row_alone(step, cast):
    certificate = high(cast)
    edition = edition_for(certificate.submission.edition_checksum)
    record = record_of(certificate)
    for extra in range(0, 40, step):
        record["public_statement"] = "\n".join(["A line of the organisation."] * extra)
        layout = certificate_layouts(record, edition, public_url=settings.PUBLIC_URL)[0]
        pages = laid_out(layout)
        labels = [line.text for line in pages[-1].lines if "h2" in line.tags and not line.text.isascii()]
        assert len(pages) > 2
        assert len(labels) > 1, extra


def bound(certificate, conditions, **use):
    """The record of a High certificate with so many conditions, and with these entries of its use."""
    record = record_of(certificate)
    dues = [f"2027-02-{10 + number}" for number in range(conditions)]
    record["conditions"] = [{"words": "Errors are counted by group of people", "due_on": due} for due in dues]
    record["open_actions"] = {"count": conditions, "latest_due": dues[-1] if dues else None}
    record["further_actions"], record["further_latest_due"] = 4, "2027-03-01"
    record["public_statement"] = "Radiologists read the picture first and sign each report; the draft saves typing."
    record["use"] |= use
    return record


def laid(monkeypatch, certificate, record):
    edition = edition_for(certificate.submission.edition_checksum)
    made = {"public_url": settings.PUBLIC_URL, "created": certificate.issued_at}
    return draw(monkeypatch, certificate_pdf, record, edition, **made)[1]


def rows_on(sheet):
    """How many rows begin on a page: each has its Chinese label below the English one."""
    return len([line for line in sheet.lines if "h2" in line.tags and not line.text.isascii()])


@pytest.mark.long
@pytest.mark.parametrize("conditions", mostly_long([0, 4], [4]))
def test_a_high_certificate_of_two_reviewers_is_two_pages(cast, monkeypatch, conditions):
    certificate = high(cast)
    use = {
        "purpose": "Drafts the text of a chest X-ray report that a radiologist compares with the picture and signs.",
        "setting": "Four reading rooms in Hong Kong, on the hospital network, by eleven radiologists with accounts.",
        "exclusions": "Children, CT and MRI, urgent cases marked by the ward, and any report that is not signed.",
    }
    sheets = laid(monkeypatch, certificate, bound(certificate, conditions, **use))
    assert len(sheets) == 2
    assert min(line.size for sheet in sheets for line in sheet.lines) >= 9


@pytest.mark.long  # daily every row of the daily papers is held against its page
def test_where_two_pages_do_not_hold_a_certificate_the_third_is_a_page_of_its_own(cast, monkeypatch):
    certificate = high(cast)
    words = "Sorting of requests for an appointment by urgency at the clinics named in the schedule of this record; "
    use = dict.fromkeys(("purpose", "setting", "people_affected", "scope_en", "exclusions"), (words * 5)[:399] + ".")
    record = bound(certificate, 12, **use, scope_zh=("香港各診所按緩急為預約分類；" * 40)[:399] + "。")
    record["deciders"] = [one | {"name": "Person with a very long name indeed " * 3} for one in record["deciders"]]
    for full in (bound(certificate, 12), record):
        sheets = laid(monkeypatch, certificate, full)
        assert len(sheets) == 3
        assert sheets[-1].filled > 1 / 3
        assert all(rows_on(sheet) > 1 for sheet in sheets)
        assert min(line.size for sheet in sheets for line in sheet.lines) >= 9


def test_what_page_1_says_of_the_scope_is_not_said_again(cast):
    certificate = self_declared(cast)
    record = record_of(certificate)
    record["use"]["exclusions"] = "Not the island of Lantau."
    edition = edition_for(certificate.submission.edition_checksum)
    for short in (True, False):
        said = [
            row.key
            for row in certificate_rows(record, edition, exclusions=short)
            for line in row.lines
            if record["use"]["exclusions"] in line.en
        ]
        assert said == (["scope"] if short else ["full_scope"])


@pytest.mark.long
def test_no_hash_breaks_its_line(cast):
    certificate = self_declared(cast)
    edition = edition_for(certificate.submission.edition_checksum)
    for layout in certificate_layouts(record_of(certificate), edition, public_url=settings.PUBLIC_URL):
        lines = [squeezed(line.text) for page in laid_out(layout) for line in page.lines]
        for digest in (certificate.submission.sha256, edition.checksum):
            assert digest in lines
