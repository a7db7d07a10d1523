"""The desk of a reviewer: evidence shown in the page and listed, guides beside answers, marks explained, the way on."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assessments.core import sandbox
from assessments.domain.evidence import library
from assessments.domain.review import decisions, interests, marks, seat_taking
from assessments.domain.review import targets as review_targets
from assessments.domain.review.opened import opened_contents, token
from assessments.domain.submission import submit
from assessments.models import AuditEntry, Evidence, EvidenceUse, EvidenceVersion, Hold, Route, State, Verdict
from assessments.views.review.guides import guide_to
from tests.domain.evidence import made_files
from tests.support.factories import make_assessment, make_evidence, mark_all
from tests.support.looking import look_at
from tests.support.page_text import markup_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(20)]

SECTION, QUESTION, OTHER = "governance", "use-register", "accountable-owner"
TARGET = f"q:{QUESTION}"
IN_PLACE = {"HX-Request": "true"}
QUERIES_OF_THE_LIST = 15


def address(name: str, submission: Any, *more: Any) -> str:
    return reverse(name, args=[submission.reference, *more])


@pytest.fixture
def case(cast: Any) -> Any:
    """A submission under review whose first answer names a confidential PDF, and the second the same file again."""
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    rules = make_evidence(
        cast.organisation,
        title="Duty rules",
        confidentiality="confidential",
        file=SimpleUploadedFile("rules.pdf", made_files.pdf("Who watches", "Takeovers")),
    )
    library.attach(rules, assessment, QUESTION, by=cast.owner)
    library.attach(rules, assessment, OTHER, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    submission.rules = rules
    return submission


@pytest.fixture
def ines(client: Any, cast: Any) -> Any:
    client.force_login(cast.independent)
    return client


def make_hold(use: Any, by: Any) -> Hold:
    return Hold.objects.create(use=use, kind="legal_review", fact="public_facing")


def readings(piece: Any) -> int:
    return int(AuditEntry.objects.filter(kind="evidence_read", object=f"evidence:{piece.reference}").count())


# --- previews ---------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_piece_is_shown_in_its_place_or_on_a_page_of_its_own(ines, case):
    section = markup_of(ines.get(address("review_section", case, SECTION)))
    show = address("evidence_preview", case, case.rules.reference, 1)
    assert f'href="{show}" hx-get="{show}"' in section
    page = ines.get(show)
    assert "<h1>Duty rules</h1>" in markup_of(page)
    part = ines.get(show, headers=IN_PLACE)
    assert "<h1" not in markup_of(part)
    for response in (page, part):
        assert "Page 1 of 2" in text_of(response)
        assert "Who watches" in text_of(response)
    following = re.search(r'href="([^"]*page=2[^"]*)"', markup_of(part))
    assert following
    assert "Page 2 of 2" in text_of(ines.get(following[1].replace("&amp;", "&"), headers=IN_PLACE))
    for wrong in ("?page=3", "?page=0", "?page=x"):
        assert ines.get(f"{show}{wrong}").status_code == 404


@pytest.mark.long
def test_the_opening_is_logged_once_and_its_pictures_hang_on_it(ines, client, case, cast):
    show = address("evidence_preview", case, case.rules.reference, 1)
    before = readings(case.rules)
    ines.head(show)
    assert readings(case.rules) == before
    content = markup_of(ines.get(show)).replace("&amp;", "&")
    assert readings(case.rules) == before + 1
    picture, following = (
        re.search(r'src="([^"]*/picture/[^"]*)"', content),
        re.search(r'href="([^"]*page=2[^"]*)"', content),
    )
    assert picture
    assert following
    drawn = ines.get(picture[1])
    assert drawn["Content-Type"] == "image/png"
    assert drawn["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert drawn["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in drawn["Cache-Control"]
    ines.get(following[1])
    assert readings(case.rules) == before + 1
    assert ines.get(picture[1].partition("?")[0]).status_code == 404
    client.force_login(cast.second_independent)
    interests.declare_none(case, by=cast.second_independent)
    assert client.get(picture[1]).status_code == 404
    client.get(following[1])
    assert readings(case.rules) == before + 2


@pytest.mark.long
def test_a_preview_counts_as_an_opening_of_that_reviewer(ines, case, cast):
    content = case.rules.versions.get().sha256
    listed = address("case_evidence", case)
    assert "not opened by you" in text_of(ines.get(listed))
    ines.head(address("evidence_preview", case, case.rules.reference, 1))
    assert opened_contents(case, cast.independent.pk) == set()
    part = markup_of(ines.get(address("evidence_preview", case, case.rules.reference, 1), headers=IN_PLACE))
    assert opened_contents(case, cast.independent.pk) == {content}
    assert opened_contents(case, cast.second_independent.pk) == set()
    assert "not opened by you" not in text_of(ines.get(listed))
    place = f"hk-opened-{case.rules.reference}-1"
    assert f'hx-swap-oob="innerHTML:.{place}"' in part
    assert place in markup_of(ines.get(address("review_section", case, SECTION)))


def test_previews_open_only_behind_the_gate(client, case, cast):
    client.force_login(cast.second_independent)
    for name in ("evidence_preview", "evidence_picture"):
        response = client.get(address(name, case, case.rules.reference, 1))
        assert response.status_code == 302
        assert response["Location"].startswith(address("declare", case))
    assert client.get(address("case_evidence", case))["Location"].startswith(address("declare", case))
    assert client.get(address("next_unmarked", case))["Location"].startswith(address("declare", case))
    assert readings(case.rules) == 0


def test_a_file_that_cannot_be_shown_says_why_and_is_no_opening(ines, case, cast, monkeypatch):
    show = address("evidence_preview", case, case.rules.reference, 1)

    def stopped(*_given: Any, **_options: Any) -> None:
        raise sandbox.Stopped("memory")

    monkeypatch.setattr(sandbox, "run", stopped)
    assert "takes too much time or memory" in text_of(ines.get(show, headers=IN_PLACE))
    assert readings(case.rules) == 0
    assert opened_contents(case, cast.independent.pk) == set()

    def busy(*_given: Any, **_options: Any) -> None:
        raise sandbox.Busy

    monkeypatch.setattr(sandbox, "run", busy)
    assert ines.get(show).status_code == 503
    assert ines.get(show, headers=IN_PLACE).status_code == 200  # so that a script shows the sentence


@pytest.mark.long
def test_previews_and_their_pictures_end_at_the_limit(ines, case, settings):
    settings.LIMITS = settings.LIMITS | {"preview": {"person": (3, 3600)}}
    show = address("evidence_preview", case, case.rules.reference, 1)
    content = markup_of(ines.get(show))
    picture = re.search(r'src="([^"]*/picture/[^"]*)"', content)
    assert picture
    url = html.unescape(picture[1])
    assert [ines.get(one).status_code for one in (url, show, url, show)] == [200, 200, 429, 429]


def test_a_file_of_a_kind_that_is_not_shown_is_downloaded(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    piece = Evidence.objects.create(
        organisation=cast.organisation, title="Contract", proves="Who pays.", owner=cast.owner, version=1
    )
    EvidenceVersion.objects.create(
        evidence=piece, number=1, storage_key="evidence/contract", sha256="1" * 64, media_type=made_files.DOCX, size=9,
        by=cast.owner,
    )  # fmt: skip
    library.attach(piece, assessment, QUESTION, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    client.force_login(cast.independent)
    page = client.get(address("review_section", submission, SECTION))
    assert "can contain programs. You cannot view it here, but you can download it" in text_of(page)
    assert address("evidence_preview", submission, piece.reference, 1) not in page.content.decode()
    shown = text_of(client.get(address("evidence_preview", submission, piece.reference, 1)))
    assert "Files of this type cannot be shown here." in shown


# --- all evidence of a case -------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_evidence_of_a_case_is_listed_once_by_content(ines, case, cast):
    twin = Evidence.objects.create(
        organisation=cast.organisation, title="Privacy notice", proves="The same.", owner=cast.owner, version=1
    )
    newest = case.rules.versions.get()
    EvidenceVersion.objects.create(
        evidence=twin, number=1, storage_key=newest.storage_key, sha256=newest.sha256, media_type=newest.media_type,
        size=newest.size, by=cast.owner,
    )  # fmt: skip
    hold = make_hold(case.assessment.use, cast.owner)
    EvidenceUse.objects.create(evidence=twin, hold=hold, version=1, by=cast.owner)
    page = ines.get(address("case_evidence", case))
    [line] = page.context["lines"]
    assert line.piece.titles == ["Duty rules", "Privacy notice"]
    assert [(one.place.kind, one.url) for one in line.places] == [
        ("answer", f"{address('review_section', case, SECTION)}#q-{QUESTION}"),
        ("answer", f"{address('review_section', case, SECTION)}#q-{OTHER}"),
        ("hold", address("close_hold", case, hold.pk)),
    ]
    text = text_of(page)
    for words in ("Evidence in this case: 1 item", "also named “Privacy notice”", "PDF", "evidence not judged"):
        assert words in text
    for one in line.places:
        assert ines.get(one.url.partition("#")[0]).status_code == 200


@pytest.mark.long
def test_an_accepted_mark_that_rests_on_nothing_is_warned_of_in_list_and_section(ines, case, cast):
    section, listed = address("review_section", case, SECTION), address("case_evidence", case)
    rests = "The answer is accepted, but this evidence has not been judged: Duty rules."
    assert "but this" not in text_of(ines.get(section)) + text_of(ines.get(listed))
    look_at(case, TARGET, cast.independent, mark="accepted")
    assert rests in text_of(ines.get(section))
    page = ines.get(listed)
    assert "1 evidence item of an accepted answer does not support the answer, or has not been judged yet." in text_of(
        page
    )
    assert text_of(page).count("accepted, but this evidence has not been judged") == 1
    judge(case, cast, QUESTION, "does_not")
    assert "The answer is accepted, but this evidence does not support it: Duty rules." in text_of(ines.get(section))
    assert "the answer is accepted, but this evidence does not support it" in text_of(ines.get(f"{listed}?show=warned"))
    judge(case, cast, QUESTION, "supports")
    assert "but this" not in text_of(ines.get(section)) + text_of(ines.get(listed))
    look_at(case, f"q:{OTHER}", cast.independent, mark="change_needed", reason="unclear", would_satisfy="x")
    assert "but this" not in text_of(ines.get(section)) + text_of(ines.get(listed))


def test_the_page_of_the_approval_names_an_answer_accepted_against_the_finding_on_its_evidence(ines, case, cast):
    warning = "You accepted this answer, but you judged that evidence attached to it does not support it."
    look_at(case, TARGET, cast.independent, mark="accepted")
    judge(case, cast, QUESTION, "supports")
    judge(case, cast, OTHER, "does_not")  # an answer that is not accepted
    assert warning not in text_of(ines.get(address("approve", case)))
    judge(case, cast, QUESTION, "does_not")
    page = ines.get(address("approve", case))
    assert warning in text_of(page)
    assert [url for _title, url in page.context["outlook"].unsupported] == [
        f"{address('review_section', case, SECTION)}#q-{QUESTION}"
    ]


def judge(case: Any, cast: Any, question: str, verdict: str) -> None:
    marks.mark_evidence(case, question, case.rules.reference, marks.GivenVerdict(verdict=verdict), by=cast.independent)


def test_the_warning_follows_each_save_of_a_script(ines, case, cast):
    saved = ines.post(
        address("mark", case),
        {"target": TARGET, "mark": "accepted", "seen": token(case, TARGET, reader=cast.independent)},
        headers=IN_PLACE | {"HX-Current-URL": f"http://testserver{address('review_section', case, SECTION)}"},
    )
    content = markup_of(saved)
    assert f'id="q-{QUESTION}-rests" hx-swap-oob="true"' in content
    assert "The answer is accepted, but this evidence has not been judged: Duty rules." in text_of(saved)
    a = f"e-{QUESTION}-{case.rules.reference}"
    judged = ines.post(
        address("mark", case),
        {"target": f"e:{QUESTION}/{case.rules.reference}", f"{a}-verdict": "supports"},
        headers=IN_PLACE,
    )
    assert f'id="q-{QUESTION}-rests" hx-swap-oob="true"></div>' in markup_of(judged)


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("how_many", [1, 6])
def test_the_list_costs_the_same_for_few_pieces_or_many(client, cast, how_many, django_assert_max_num_queries):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    for _n in range(how_many):
        library.attach(make_evidence(cast.organisation), assessment, QUESTION, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    client.force_login(cast.independent)
    client.get(address("case_evidence", submission))
    with django_assert_max_num_queries(QUERIES_OF_THE_LIST):
        response = client.get(address("case_evidence", submission))
    assert len(response.context["lines"]) == how_many


def test_a_case_without_evidence_says_so(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    client.force_login(cast.independent)
    assert "No evidence in this case" in text_of(client.get(address("case_evidence", submission)))
    section = text_of(client.get(address("review_section", submission, SECTION)))
    assert section.count("No evidence attached") == len(rows_of(submission))


def rows_of(submission: Any) -> list[str]:
    edition = submission.assessment.compiled()
    asked = [shown["question"] for shown in submission.content()["questions"]]
    return [key for key in asked if edition.questions[key].section == SECTION]


# --- guides, marks, the way on ----------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_guides_of_an_answer_are_there_closed(ines, case):
    edition = case.assessment.compiled()
    question = edition.questions[QUESTION]
    page = ines.get(address("review_section", case, SECTION))
    row = markup_of(page).partition(f'id="q-{QUESTION}"')[2].partition("</section>")[0]
    guides = row.partition('class="hk-guides"')[2].partition("hk-review-answer")[0]
    said = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", guides)).split())
    assert question.why in said
    for one in question.good_evidence:
        assert one in said
    assert re.findall(r"<details[^>]*>", guides) == ['<details class="hk-more">'] * 4
    duty = next(edition.requirements[id] for id in question.requirements)
    assert duty.statement in said
    assert "This is the Guideline in our own words." in said


def test_a_checklist_says_what_closes_the_lines_that_are_open(case):
    edition = case.assessment.compiled()
    question = next(one for one in edition.questions.values() if one.is_checklist and len(one.items) > 1)
    keys = [item.key for item in question.items]
    ticked = {"items": {keys[0]: True, **dict.fromkeys(keys[1:], False)}}
    guide = guide_to(question, keys, ticked, [])
    assert [line for line, _closes in guide.closes] == [item.text for item in question.items[1:]]
    everything = {"items": dict.fromkeys(keys, True)}
    assert len(guide_to(question, keys, everything, []).closes) == len(keys)


@pytest.mark.long
def test_what_each_mark_means_stands_on_the_page_and_in_the_method(ines, case):
    example = "the organisation truthfully answers “not in place”. Accept the answer."
    assert example in text_of(ines.get(address("review_section", case, SECTION)))
    assert example in text_of(ines.get(reverse("method")))


@pytest.mark.long
def test_the_next_without_a_mark_is_one_link_away(ines, case, cast):
    targets = review_targets.review_targets(case.content())
    here = address("next_unmarked", case)
    assert ines.get(here)["Location"] == f"{address('review_facts', case)}#{targets[0].replace(':', '-')}"
    look_at(case, targets[0], cast.independent, mark="accepted")
    assert ines.get(here)["Location"].endswith(f"#{targets[1].replace(':', '-')}")
    assert ines.get(f"{here}?after={TARGET}")["Location"].endswith(f"#q-{rows_of(case)[1]}")
    assert ines.get(f"{here}?after=nonsense")["Location"].endswith(f"#{targets[1].replace(':', '-')}")
    mark_all(case, by=cast.independent)
    assert ines.get(here)["Location"] == case.get_absolute_url()
    assert "Go to the next fact or answer without a mark" not in text_of(
        ines.get(address("review_section", case, SECTION))
    )


@pytest.mark.long
def test_the_heading_follows_the_count_with_each_save(ines, case, cast):
    url = address("review_section", case, SECTION)
    left = len(rows_of(case))
    assert f"{left} still to mark" in text_of(ines.get(url))
    data = {"target": TARGET, "mark": "accepted", "seen": token(case, TARGET, reader=cast.independent)}
    saved = ines.post(
        address("mark", case), data, headers=IN_PLACE | {"HX-Current-URL": f"http://testserver{url}?show=all"}
    )
    heading = re.search(r'<span id="marks-heading" hx-swap-oob="true">(.*?)</span>', markup_of(saved), re.DOTALL)
    assert heading
    assert f"{left - 1} still to mark" in heading[1]
    assert f"1 of {left}" in text_of(saved)
    elsewhere = ines.post(address("mark", case), data, headers=IN_PLACE | {"HX-Current-URL": "http://x/elsewhere/"})
    assert "marks-heading" not in markup_of(elsewhere)


def test_a_save_on_a_page_that_gathers_rows_counts_the_page_of_the_row_in_the_outline(ines, case, cast):
    url = address("mark_own_set", case)
    assert 'id="part-own-count"' not in markup_of(ines.get(url))
    data = {"target": TARGET, "mark": "accepted", "seen": token(case, TARGET, reader=cast.independent)}
    saved = ines.post(address("mark", case), data, headers=IN_PLACE | {"HX-Current-URL": f"http://testserver{url}"})
    assert "marks-heading" in markup_of(saved)
    assert "part-own-count" not in markup_of(saved)
    line = f'id="part-{SECTION}-count"'
    assert line in markup_of(ines.get(url))
    count = re.search(rf'{line} hx-swap-oob="true">(.*?)</span>', markup_of(saved), re.DOTALL)
    assert count
    assert count[1].strip() == f"1 of {len(rows_of(case))}"


# --- words of links ---------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_only_what_a_return_opened_says_change(client, cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    submission = assessment.current_submission
    mark_all(submission, by=cast.independent, change={TARGET: "The newest entry.", "f:public_facing": "Since when?"})
    decisions.send_back(submission, by=cast.independent)
    client.force_login(cast.owner)
    check = markup_of(client.get(reverse("check", args=[assessment.reference])))
    words = dict(re.findall(r'#q-([a-z-]+)">(Change|Read)<span class="visually-hidden">', check))
    assert words[QUESTION] == "Change"
    assert words[OTHER] == "Read"
    tier = markup_of(client.get(reverse("use", args=[assessment.use.reference])))
    changed = set(re.findall(r'#fact-([a-z_]+)">Change<', tier))
    assert "public_facing" in changed
    assert "personal_data" not in changed


@pytest.mark.long
def test_a_locked_answer_is_gone_back_to_by_its_own_name(client, cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    client.force_login(cast.owner)
    for name in ("answer_evidence", "history"):
        page = text_of(client.get(reverse(name, args=[assessment.reference, QUESTION])))
        assert "Back to the answer" in page
        assert "Back to the question" not in page
    draft = make_assessment(State.DRAFT, "limited", cast=cast)
    assert "Back to the question" in text_of(client.get(reverse("answer_evidence", args=[draft.reference, QUESTION])))


@pytest.mark.long
def test_the_case_leads_to_its_evidence_and_to_the_next_without_a_mark(ines, case):
    page = markup_of(ines.get(case.get_absolute_url()))
    assert f'href="{address("case_evidence", case)}"' in page
    assert f'href="{address("next_unmarked", case)}"' in page


@pytest.mark.long
def test_the_whole_case_is_one_page_to_print_without_private_notes(ines, case, cast, django_assert_max_num_queries):
    look_at(case, TARGET, cast.independent, mark="accepted_with_action", words="In March.", private_note="Looks thin.",
        action_title="List the trials too",
    )  # fmt: skip
    judge(case, cast, QUESTION, "partly")
    ines.get(address("whole_case", case))
    with django_assert_max_num_queries(15):
        page = ines.get(address("whole_case", case))
    text = html.unescape(text_of(page))
    edition = case.assessment.compiled()
    for target in review_targets.review_targets(case.content()):
        known = edition.facts[target[2:]].label if target[0] == "f" else edition.questions[target[2:]].title
        assert known in text
    for words in (
        "List the trials too",
        "In March.",
        "Evidence: Duty rules",
        str(Verdict.PARTLY.label),
        "not marked",
    ):
        assert words in text
    assert "Looks thin." not in text
