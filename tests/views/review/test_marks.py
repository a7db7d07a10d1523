"""The pages of marking: filters, many at once, evidence, undo, two versions, and what changed between rounds."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assessments.domain.evidence import library
from assessments.domain.review import approval, decisions, seat_taking
from assessments.domain.review import marks as review_marks
from assessments.domain.review import replies as review_replies
from assessments.domain.review.sampling import own_set
from assessments.domain.review.targets import flags_of
from assessments.domain.submission import submit
from assessments.models import Assessment, EvidenceMark, ReviewMark, Route, State, Submission
from assessments.models.reviews import Verdict
from tests.support.factories import make_assessment, make_evidence, mark_all, save
from tests.support.looking import look_at, with_tokens
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

SECTION, QUESTION, OTHER = "governance", "use-register", "accountable-owner"
TARGET, PREFIX = f"q:{QUESTION}", f"q-{QUESTION}"
WANTED = {"mark": "change_needed", "reason": "not_shown", "would_satisfy": "The newest entry."}


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def address(name, submission, *more):
    return reverse(name, args=[submission.reference, *more])


def sent(assessment):
    return Submission.objects.filter(assessment=assessment).order_by("-round")[0]


def in_review(cast, tier="limited", **fields):
    return sent(make_assessment(State.IN_REVIEW, tier, cast=cast, **fields))


def next_round(cast, change=(QUESTION,), replies=(), asked=(QUESTION, OTHER)):
    """Return what is `asked`; change some of it, reply to some of it; taken by Ines again."""
    first = in_review(cast)
    mark_all(first, by=cast.independent, change={f"q:{question}": f"More on {question}." for question in asked})
    decisions.send_back(first, by=cast.independent)
    assessment = Assessment.objects.for_dashboard().get(pk=first.assessment_id)
    for question in change:
        save(assessment, question, {"choice": "in_place", "text": f"New words on {question}."}, by=cast.owner)
    for question in replies:
        review_replies.reply(assessment, f"q:{question}", by=cast.owner, words=f"As it was: {question}.")
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    return submission


@pytest.fixture
def ines(client, cast):
    client.force_login(cast.independent)
    return client


def targets(response):
    return [row.target for row in response.context["rows"]]


# --- filters and many at once ------------------------------------------------------------------------------------------


def test_filters_are_kept_in_the_address_and_by_saving(ines, cast):
    submission = in_review(cast)
    url = address("review_section", submission, SECTION)
    everything = targets(ines.get(url))
    decisive = targets(ines.get(f"{url}?show=decisive"))
    assert TARGET in decisive
    assert set(decisive) < set(everything)
    look_at(submission, TARGET, cast.independent)
    response = ines.get(f"{url}?show=unmarked")
    assert targets(response) == [target for target in everything if target != TARGET]
    counts = {key: n for key, _word, _url, n in response.context["filters"]}
    assert counts == {"unmarked": len(everything) - 1, "decisive": len(decisive), "all": len(everything)}
    assert f'action="{url}?show=unmarked"' in markup_of(response)
    saved = ines.post(f"{url}?show=unmarked", {f"q-{OTHER}-mark": "accepted"})
    assert saved["Location"] == f"{url}?show=unmarked"
    assert targets(ines.get(f"{url}?show=nonsense")) == everything


@pytest.mark.long
def test_the_plain_facts_of_a_page_are_accepted_together(ines, cast):
    submission = in_review(cast)
    url = address("review_facts", submission)
    page = ines.get(url)
    plain = page.context["plain"]
    assert f"Review these {plain}, then accept them together" in text_of(page)
    listed = ines.post(url, {"together": "1"}, follow=True)
    boxes = re.findall(r'name="target" value="([^"]+)" checked', markup_of(listed))
    assert len(boxes) == plain
    assert not submission.marks.exists()
    together = f"{address('review_together', submission)}?of=facts"
    assert "Select at least one fact or answer." in text_of(ines.post(together, {}))
    assert f"{plain - 1} facts and answers were accepted together." in text_of(
        ines.post(together, {"target": boxes[1:]}, follow=True)
    )
    assert not submission.marks.filter(target=boxes[0]).exists()
    ines.post(together, {"target": boxes})
    assert submission.marks.count() == plain
    assert set(submission.marks.values_list("together", "mark")) == {(True, "accepted")}
    left = ines.get(url)
    assert "together" not in markup_of(left).partition("hk-review-main")[2].partition("hk-foot")[0].replace(
        "accepted together with others", ""
    )
    own = own_set(submission, "first").targets
    odd = set(flags_of(submission.assessment.compiled(), submission.content()))
    assert {row.target for row in left.context["rows"] if not row.is_marked} <= own | odd


def test_what_a_check_flagged_says_so_beside_it(ines, cast):
    """It is to be judged separately, and the reviewer need not look for the reason on the overview."""
    facts = {"public_facing": False, "users_scale": "1000000_plus"}
    submission = in_review(cast, facts=facts)
    flags = flags_of(submission.assessment.compiled(), submission.content())
    assert {"f:public_facing", "f:users_scale"} <= flags.keys()
    page = ines.get(address("review_facts", submission))
    flagged = [row for row in page.context["rows"] if row.flags]
    assert {row.target for row in flagged} == {target for target in flags if target.startswith("f:")}
    for words in flags["f:users_scale"]:
        assert f"flagged by a check: {words}" in text_of(page)


def test_what_is_typed_on_the_page_is_saved_before_the_others_are_accepted(ines, cast):
    submission = in_review(cast)
    data = {"together": "1", "f-public_facing-mark": "change_needed", "f-public_facing-would_satisfy": "The address."}
    refused = ines.post(address("review_facts", submission), data)
    assert "Choose why a change is needed." in text_of(refused)
    assert not submission.marks.exists()
    ines.post(address("review_facts", submission), data | {"f-public_facing-reason": "unclear"})
    assert submission.marks.get(target="f:public_facing").mark == "change_needed"


# --- undo, and two versions --------------------------------------------------------------------------------------------


def test_a_mark_is_undone_from_its_page(ines, cast):
    submission = in_review(cast)
    look_at(submission, TARGET, cast.independent)
    url = address("review_section", submission, SECTION)
    assert f'value="{PREFIX}:1"' in markup_of(ines.get(url))
    response = ines.post(url, {"undo": f"{PREFIX}:1", f"{PREFIX}-mark": "accepted", f"{PREFIX}-base": "1"})
    assert response["Location"] == f"{url}#{PREFIX}"
    assert not submission.marks.exists()
    assert ReviewMark.kept.get(submission=submission).revisions.count() == 2
    stale = ines.post(url, {"undo": f"{PREFIX}:1"}, follow=True)
    assert "Nothing was undone." in text_of(stale)


@pytest.mark.long
def test_two_versions_are_shown_side_by_side_until_one_is_chosen(client, cast):
    submission = in_review(cast)
    look_at(submission, TARGET, cast.independent, words="I saw the register.")  # in another tab
    client.force_login(cast.independent)
    url = address("review_section", submission, SECTION)
    mine = {f"{PREFIX}-{name}": value for name, value in WANTED.items()} | {f"{PREFIX}-base": "0"}
    for data in (mine, mine):  # pressing the button again overwrites nothing either
        page = client.post(url, data)
        text = text_of(page)
        assert "Nothing was overwritten." in text
        assert "I saw the register." in text
        assert "The newest entry." in markup_of(page)
        assert f'name="{PREFIX}-base" value="0"' in markup_of(page)
    fragment = markup_of(
        client.post(address("mark", submission), mine | {"target": TARGET}, headers={"HX-Request": "true"})
    )
    assert "Mark already saved by Ines Independent" in fragment
    assert f'name="{PREFIX}-base" value="0"' in fragment
    unfinished = mine | {"target": TARGET, f"{PREFIX}-reason": ""}  # what is incomplete moves the page on no further
    fragment = markup_of(client.post(address("mark", submission), unfinished, headers={"HX-Request": "true"}))
    assert f'name="{PREFIX}-base" value="0"' in fragment
    mark = submission.marks.get(target=TARGET)
    assert (mark.mark, mark.revisions.count()) == ("accepted", 2)
    client.post(url, mine | {"resolve": f"{PREFIX}:1"})
    mark.refresh_from_db()
    assert (mark.mark, mark.by) == ("change_needed", cast.independent)


def test_an_answer_is_accepted_with_an_action_in_the_reviewers_words(ines, cast):
    submission = in_review(cast)
    url = address("review_section", submission, SECTION)
    data = {f"{PREFIX}-mark": "accepted_with_action"}
    assert "Say what is still to be done" in text_of(ines.post(url, data))
    ines.post(url, data | {f"{PREFIX}-action_title": "Name a deputy", f"{PREFIX}-action_due": "2999-01-01"})
    late = ines.post(url, data | {f"{PREFIX}-action_title": "Name a deputy", f"{PREFIX}-action_due": "tomorrow"})
    assert "Enter the date as year, month and day" in text_of(late)
    assert "Name a deputy" in late.content.decode()
    assert not submission.marks.exists()
    ines.post(url, data | {f"{PREFIX}-action_title": "Name a deputy"})
    assert submission.marks.get().action_title == "Name a deputy"


# --- evidence ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def shown(cast):
    """A submission under review whose first answer names a text, a picture and something shown on request."""
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    picture = SimpleUploadedFile("board.png", PNG)
    pieces = [
        make_evidence(cast.organisation, title="Access log", confidentiality="confidential"),
        make_evidence(cast.organisation, title="Board", file=picture),
        make_evidence(cast.organisation, title="Contract", confidentiality="on_request", held_by="The secretary"),
    ]
    for piece in pieces:
        library.attach(piece, assessment, QUESTION, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    return submission, pieces


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001"
    "e221bc330000000049454e44ae426082"
)


@pytest.mark.long
def test_each_piece_says_what_it_is_and_what_became_of_it_since(ines, cast, shown):
    submission, (log, board, _contract) = shown
    library.add_version(log, by=cast.owner, file=SimpleUploadedFile("log.txt", b"Newer."))
    library.withdraw(board, by=cast.owner)
    page = ines.get(address("review_section", submission, SECTION))
    text = text_of(page)
    for words in (
        "Who opened which record, and when.",
        "owner: Olivia Owner",
        "confidential: opening it is logged",
        "SHA-256",
        "Not checked for malware",
        "The organisation did not say which period this evidence covers.",
        "Changed since signing: replaced by version 2",
        "Changed since signing: withdrawn on",
        "Available on request from The secretary.",
    ):
        assert words in text
    for piece in (log, board):
        assert f'hx-get="{address("evidence_preview", submission, piece.reference, 1)}"' in markup_of(page)


@pytest.mark.long
def test_the_choices_beside_evidence_are_the_verdicts_and_the_saved_one_is_chosen(ines, cast, shown):
    submission, (log, *_others) = shown
    review_marks.mark_evidence(
        submission, QUESTION, log.reference, review_marks.GivenVerdict(verdict="partly"), by=cast.independent
    )
    page = markup_of(ines.get(address("review_section", submission, SECTION)))
    radios = re.findall(rf'name="e-{QUESTION}-{log.reference}-verdict" value="([^"]*)"( checked)?', page)
    assert [value for value, _chosen in radios if value] == list(Verdict.values)
    assert [value for value, chosen in radios if chosen] == ["partly"]


@pytest.mark.long
def test_each_piece_is_judged_and_another_one_asked_for(ines, cast, shown):
    submission, (log, board, contract) = shown
    a = f"e-{QUESTION}-{log.reference}"
    response = ines.post(
        address("mark", submission),
        {"target": f"e:{QUESTION}/{log.reference}", f"{a}-verdict": "partly", f"{a}-note": "Three clinics."},
        headers={"HX-Request": "true"},
    )
    assert "Saved" in text_of(response)
    url = address("review_section", submission, SECTION)
    b = f"e-{QUESTION}-{board.reference}"
    page = ines.post(
        url,
        {
            f"{a}-verdict": "supports",
            f"{a}-base": "0",
            f"{b}-verdict": "does_not",
            "request": f"{PREFIX}:{board.reference}",
            f"{PREFIX}-mark": "",
        },
        follow=True,
    )
    assert "is now “change needed”. To reverse this change, select “Undo this mark”." in text_of(page)
    assert dict(EvidenceMark.objects.values_list("piece", "verdict")) == {
        log.reference: "partly",  # that page had not seen it
        board.reference: "does_not",
    }
    mark = submission.marks.get(target=TARGET)
    assert (mark.mark, mark.reason) == ("change_needed", "other_evidence")
    assert mark.would_satisfy == "Replace the evidence “Board” with other evidence."
    for target in (f"e:{QUESTION}/nothing", "e:no-such-question/x", f"e:{OTHER}/{contract.reference}"):
        assert ines.post(address("mark", submission), {"target": target, "verdict": "partly"}).status_code == 404


# --- rounds ------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_what_changed_stands_on_one_page_with_what_was_asked_and_replied(ines, cast):
    submission = next_round(cast, change=[QUESTION], replies=[OTHER])
    page = ines.get(address("review_changes", submission))
    assert set(targets(page)) == {TARGET, f"q:{OTHER}"}
    text = text_of(page)
    for words in (
        "1 answer or fact changed since round 1, 1 with a reply but no change, 2 still to mark",
        f"More on {OTHER}.",
        f"As it was: {OTHER}.",
        "replied without changing the answer,",
        "Unchanged, with marks carried over:",
    ):
        assert words in text
    marks = {f"{PREFIX}-mark": "accepted", f"{PREFIX}-base": "0", f"q-{OTHER}-mark": "accepted", f"q-{OTHER}-base": "0"}
    ines.post(address("review_changes", submission), with_tokens(submission, cast.independent, marks))
    assert approval.obstacles_to_approve(submission, cast.independent) == []


@pytest.mark.long
def test_a_first_round_has_nothing_to_hold_it_against(ines, cast):
    submission = in_review(cast)
    response = ines.get(address("review_changes", submission), follow=True)
    assert "This is the first round" in text_of(response)
    assert ines.get(f"{address('review_changes', next_round(cast))}?since=7").status_code == 404


@pytest.mark.long
def test_a_round_is_held_against_an_older_one_to_be_read(ines, cast):
    second = next_round(cast, change=[QUESTION, OTHER])
    review_marks.save_mark(second, TARGET, review_marks.GivenMark(**WANTED), by=cast.independent)
    decisions.send_back(second, by=cast.independent)
    assessment = Assessment.objects.for_dashboard().get(pk=second.assessment_id)
    save(assessment, QUESTION, {"choice": "in_place", "text": "The third version."}, by=cast.owner)
    third = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(third, by=cast.independent)
    assert set(targets(ines.get(address("review_changes", third)))) == {TARGET}  # the other one has no mark yet
    assert set(targets(ines.get(address("review_section", third, SECTION)))) == {TARGET, f"q:{OTHER}"}
    older = ines.get(f"{address('review_changes', third)}?since=1")
    assert set(targets(older)) == {TARGET, f"q:{OTHER}"}
    assert "You are comparing with round 1, so you cannot set marks." in text_of(older)
    assert 'type="radio"' not in markup_of(older)


@pytest.mark.long
def test_what_is_unchanged_and_was_never_marked_is_accepted_in_one_action(ines, cast):
    first = in_review(cast)
    review_marks.save_mark(first, TARGET, review_marks.GivenMark(**WANTED), by=cast.independent)
    decisions.send_back(first, by=cast.independent)
    assessment = Assessment.objects.for_dashboard().get(pk=first.assessment_id)
    save(assessment, QUESTION, {"choice": "in_place", "text": "New."}, by=cast.owner)
    second = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(second, by=cast.independent)
    url = address("review_changes", second)
    plain = ines.get(url).context["plain"]
    listed = ines.post(url, {"together": "1"}, follow=True)
    boxes = re.findall(r'name="target" value="([^"]+)" checked', markup_of(listed))
    ines.post(address("review_together", second), {"target": boxes})
    assert second.marks.filter(together=True).count() == plain > 20
    assert not second.marks.filter(target=TARGET).exists()


@pytest.mark.long
def test_a_row_that_was_drawn_before_shows_what_changed_since(client, cast, shown):
    """Rows are kept between two looks; marks, pieces and the names of saves are not taken from an older look."""
    submission, (log, _board, _contract) = shown
    client.force_login(cast.independent)
    url = address("review_section", submission, SECTION)
    first, second = (markup_of(client.get(url)) for _look in range(2))
    names = [set(re.findall(r'-operation" value="([^"]+)"', page)) for page in (first, second)]
    assert (len(names[0]), names[0] & names[1]) == (first.count('-operation" value='), set())
    review_marks.mark_evidence(
        submission,
        QUESTION,
        log.reference,
        review_marks.GivenVerdict(verdict="partly", note="Three."),
        by=cast.independent,
    )
    review_marks.save_mark(
        submission, TARGET, review_marks.GivenMark(mark="accepted", private_note="Ask Ivan."), by=cast.independent
    )
    library.withdraw(log, by=cast.owner)
    page = markup_of(client.get(url))
    for words in ('value="Three."', "Ask Ivan.", "withdrawn on", f'name="{PREFIX}-base" value="1"'):
        assert words in page
    client.force_login(cast.second_independent)
    assert 'type="radio"' not in markup_of(client.get(url))


def test_a_mark_that_was_just_chosen_is_no_fault_yet_and_a_half_written_one_is(ines, cast):
    submission = in_review(cast)
    for mark in ("change_needed", "accepted_with_action"):
        page = markup_of(
            ines.post(address("mark", submission), {"target": TARGET, "mark": mark}, headers={"HX-Request": "true"})
        )
        assert 'hk-save-begun" role="status">Not saved yet:' in page
        assert 'role="alert"' not in page
    half = {"target": TARGET, "mark": "change_needed", "words": "Two clinics lack."}
    page = markup_of(ines.post(address("mark", submission), half, headers={"HX-Request": "true"}))
    assert 'role="alert"' in page
    assert "hk-save-begun" not in page
    assert not submission.marks.exists()
