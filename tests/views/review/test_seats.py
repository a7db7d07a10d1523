"""The pages of a seat: its own marks beside a colleague's, its own set, taking over, and taking an approval back."""

from __future__ import annotations

import html
import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from assessments.domain.review import approval, interests, own_marks, seat_taking
from assessments.domain.review.sampling import own_set
from assessments.domain.submission import submit
from assessments.models import ConformityEvidence, ConformityPart, EvidenceOpening, Role, Route, Seat, State
from assessments.views.review.marks import SavedMarks
from tests.support.factories import (
    PASSWORD,
    make_assessment,
    make_cast,
    make_evidence,
    make_member,
    mark_all,
    prove,
    proved,
)
from tests.support.looking import judge_parts, look_at, look_at_all
from tests.support.page_text import markup_of

pytestmark = pytest.mark.sqlite_alone

SECTION, TARGET = "governance", "q:accountable-owner"
ANCHOR = TARGET.replace(":", "-")


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def submission(cast):
    """A High case that Ines has marked and approved, and Ivan has taken."""
    found = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    mark_all(found, by=cast.independent)
    approval.approve(found, by=cast.independent, statement="Read.")
    seat_taking.take(found, by=cast.second_independent)
    return found


@pytest.fixture
def ivan(cast):
    return proved(Client(), cast.second_independent)


def address(name, submission, *more):
    return reverse(name, args=[submission.reference, *more])


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def row_of(response, target=TARGET):
    return next(row for row in response.context["rows"] if row.target == target)


@pytest.mark.long
def test_the_first_reviewers_mark_stands_by_name_and_never_as_your_mark(ivan, submission):
    page = ivan.get(address("review_section", submission, SECTION))
    assert "Mark by Ines Independent" in text_of(page)
    row = row_of(page)
    assert (row.mark, row.is_marked, row.to_edit) == (None, False, None)
    chosen = re.search(rf'name="{ANCHOR}-mark" value="([^"]*)" id="[^"]*" checked', markup_of(page))
    assert chosen.group(1) == ""


def test_the_token_of_a_page_comes_back_with_its_mark(ivan, cast, submission):
    url = address("review_section", submission, SECTION)
    html = markup_of(ivan.get(url))
    hidden = {
        name: re.search(rf'name="{ANCHOR}-{name}" value="([^"]+)"', html).group(1)
        for name in ("seen", "base", "operation")
    }
    ivan.post(url, {f"{ANCHOR}-{name}": value for name, value in hidden.items()} | {f"{ANCHOR}-mark": "accepted"})
    mark = own_marks.marks_of(submission, Seat.SECOND)[TARGET]
    assert mark.shown_at is not None
    assert own_marks.marks_of(submission, Seat.FIRST)[TARGET].by == cast.independent
    assert row_of(ivan.get(url)).is_marked


@pytest.mark.long
def test_two_reviewers_get_tokens_of_their_own_from_the_same_kept_row(ivan, cast, submission):
    url = address("review_section", submission, SECTION)
    tokens = {re.search(rf'{ANCHOR}-seen" value="([^"]+)"', markup_of(ivan.get(url))).group(1) for _n in range(2)}
    assert all(f":{cast.second_independent.pk}:" in token for token in tokens)


@pytest.mark.long
def test_the_own_set_lists_what_is_to_open_and_what_is_done(ivan, cast, submission):
    own = own_set(submission, Seat.SECOND)
    page = ivan.get(address("own_set", submission))
    text = text_of(page)
    assert f"Required facts and answers: 0 of {len(own.targets)} opened and marked" in text
    assert (
        f"The server drew {len(own.drawn)} of the {own.rest} other facts and answers at random for you "
        "(10 %, rounded up)." in text
    )
    assert "Answers about mandatory points (requirements with “must”), duties from Table 1" in text
    assert f"0 of {len(own.openable)} opened" in text
    link = re.search(r'href="(/reviews/[^"]+/evidence/[^"]+)"', markup_of(page)).group(1)
    ivan.get(link)
    assert EvidenceOpening.objects.filter(reviewer=cast.second_independent).count() == 1
    assert f"1 of {len(own.openable)} opened" in text_of(ivan.get(address("own_set", submission)))
    assert "Complete" not in text  # a mark of a fact is a mark: it says what was found
    for target in sorted(own.targets)[:2]:
        look_at(submission, target, cast.second_independent)
    marked = text_of(ivan.get(address("own_set", submission)))
    assert marked.count(" Accepted ") == 2
    assert "Complete" not in marked
    assert f"2 of {len(own.targets)} opened and marked" in text_of(ivan.get(address("own_set", submission)))


@pytest.mark.long
def test_evidence_of_the_conformity_file_is_to_be_judged_until_its_part_is(cast):
    draft = make_assessment(State.DRAFT, "high", cast=cast)
    prove(draft, by=cast.owner)
    piece = make_evidence(draft.organisation, title="Reports of the tests")
    part = ConformityPart.objects.get(use=draft.use, key="tests")
    ConformityEvidence.objects.create(part=part, evidence=piece, why="All tests.", by=cast.owner)
    submission = submit.submit(draft, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    ines = proved(Client(), cast.independent)
    page = ines.get(address("own_set", submission))
    before = text_of(page)
    open_all, with_answers = page.context["to_open"], len(page.context["pieces"]) - 1
    said = (
        f"Open all {open_all} evidence items. Judge {with_answers} of them beside the answers that use them. "
        "Judge the other item together with the conformity file."
    )
    assert said in before
    assert ", to be judged with the part of the conformity file that uses it" in before
    parts_page = text_of(ines.get(address("review_parts", submission)))
    unopened = "have not opened th[^.]*Reports of the tests"
    assert re.search(unopened, parts_page)
    ines.get(reverse("review_evidence", args=[submission.reference, piece.reference, 1]))
    parts_page = text_of(ines.get(address("review_parts", submission)))
    assert not re.search(unopened, parts_page)
    judge_parts(submission, by=cast.independent)
    after = text_of(ines.get(address("own_set", submission)))
    assert "to be judged" not in after
    assert ", judged with the part of the conformity file that uses it" in after


def test_saved_marks_are_counted_as_the_case_counts_them_and_judgements_apart():
    assert SavedMarks(34, 18).words == "34 marks saved. 18 judgements on evidence saved."
    assert SavedMarks(1).words == "1 mark saved."
    assert SavedMarks(0, 1).words == "1 judgement on evidence saved."
    assert SavedMarks(14, 0, 2).words == "14 marks saved. Not saved yet: 2."
    assert not SavedMarks()


@pytest.mark.long
def test_one_page_shows_the_own_set_to_be_marked_and_leads_on(ivan, cast, submission):
    own = own_set(submission, Seat.SECOND)
    assert address("mark_own_set", submission) in ivan.get(address("review", submission)).content.decode()
    told = text_of(ivan.get(address("own_set", submission)))
    assert "You do not have to enter anything. Your approval and the certificate state one figure, the typical" in told
    assert "time per mark in seconds: half of your marks took less, half took more." in told
    assert "It shows readers whether you had time to read the answers." in told
    page = ivan.get(address("mark_own_set", submission))
    link = f'href="{address("mark_own_set", submission)}"'
    assert link not in markup_of(page)  # it is this page
    assert link in markup_of(ivan.get(address("review_facts", submission)))
    shown = [row.target for row in page.context["rows"]]
    assert own.targets <= set(shown)
    named = {f"q:{question}" for places in own.pieces.values() for question, _piece in places}
    assert set(shown) <= own.targets | named  # and one answer for each piece that no other of the set names
    for places in own.pieces.values():
        assert not {f"q:{question}" for question, _piece in places}.isdisjoint(shown)
    fields = {}
    for row in page.context["rows"]:
        fields |= {f"{row.anchor}-mark": "accepted", f"{row.anchor}-base": "0", f"{row.anchor}-seen": row.token}
        fields[f"{row.anchor}-operation"] = str(uuid.uuid4())
    saved = ivan.post(address("mark_own_set", submission), fields)
    assert saved.url.startswith(f"/reviews/{submission.reference}/")
    assert saved.url != address("mark_own_set", submission)  # on to what is left elsewhere
    assert own.targets <= {t for t, m in own_marks.marks_of(submission, Seat.SECOND).items() if m.shown_at}


def test_the_own_set_page_leads_whoever_has_no_seat_to_the_case(cast, submission):
    third = make_member(Role.REVIEWER, cast.body, "Ida Independent").user
    interests.declare_none(submission, by=third)
    answer = proved(Client(), third)
    assert answer.get(address("mark_own_set", submission)).url == submission.get_absolute_url()


@pytest.mark.long
def test_the_rest_is_taken_over_by_name_from_the_overview(ivan, submission):
    rest = len(own_marks.marks_of(submission, Seat.FIRST)) - len(own_set(submission, Seat.SECOND).targets)
    adopt = f"You can adopt {rest} marks from colleagues. Each mark still shows the name of the colleague who set it."
    assert adopt in text_of(ivan.get(address("review", submission)))
    url = address("take_over_marks", submission)
    assert f"Adopt {rest} marks from Ines Independent" in text_of(ivan.get(url))
    assert "Select at least one mark." in text_of(ivan.post(url))
    ticked = re.findall(r'name="target" value="([^"]+)" checked', markup_of(ivan.get(url)))
    assert len(ticked) == rest
    left_out = ticked.pop()
    done = text_of(ivan.post(url, {"target": ticked}, follow=True))
    assert f"You adopted {rest - 1} marks." in done
    assert left_out not in own_marks.marks_of(submission, Seat.SECOND)
    assert "You can adopt 1 mark from a colleague. The mark still shows your colleague’s name." in done
    pages = (ivan.get(f"{address('review_section', submission, key)}?show=all") for key in (SECTION, "security"))
    assert any("adopted from Ines Independent" in text_of(page) for page in pages)


@pytest.mark.long
def test_an_approval_with_nothing_opened_is_refused_with_the_counts(ivan, submission):
    page = ivan.get(address("approve", submission))
    own = own_set(submission, Seat.SECOND)
    n = len(own.targets)
    words = f"Required facts and answers still to be opened and marked: {n} of {n}."
    assert words in text_of(page)
    assert f'<a href="{address("own_set", submission)}">{words}</a>' in markup_of(page)
    refused = ivan.post(address("approve", submission), {"statement": "ok"})
    assert words in text_of(refused)
    assert submission.decisions.approvals().count() == 1


@pytest.mark.long
def test_the_page_of_the_approval_says_what_is_kept_with_it(ivan, cast, submission):
    look_at_all(submission, cast.second_independent)
    page = text_of(ivan.get(address("approve", submission)))
    n = len(own_set(submission, Seat.SECOND).targets)
    assert f"Opened and marked by this reviewer: {n} of {n} required facts and answers." in page
    assert "Marks adopted from Ines Independent:" in page


def test_a_locked_page_of_marks_can_be_read_and_says_how_to_open_it(cast, submission):
    ines = proved(Client(), cast.independent)
    page = ines.get(address("review_section", submission, SECTION))
    assert 'type="radio"' not in markup_of(page)
    assert "Mark by Ines Independent" in text_of(page)
    overview = ines.get(address("review", submission))
    assert address("take_back_approval", submission) in markup_of(overview)


@pytest.mark.long
def test_an_approval_is_taken_back_with_a_reason_on_its_page(cast, submission):
    ines = proved(Client(), cast.independent)
    url = address("take_back_approval", submission)
    assert "Say why you are withdrawing your approval. The other reviewer can read your reason" in text_of(
        ines.post(url, {"reason": ""})
    )
    done = ines.post(url, {"reason": "I read page 3 again."}, follow=True)
    assert "Your approval has been withdrawn, and you can change your marks again." in text_of(done)
    assert 'type="radio"' in markup_of(ines.get(address("review_section", submission, SECTION)))
    assert "You have not approved this submission." in text_of(ines.get(url, follow=True))


def test_an_approval_taken_back_stands_in_queue_timeline_and_history(cast, submission):
    ines = proved(Client(), cast.independent)
    ines.post(address("take_back_approval", submission), {"reason": "I read page 3 again."})
    assert "approval withdrawn by Ines Independent" in text_of(ines.get(reverse("reviews")))
    overview = text_of(ines.get(address("review", submission)))
    assert "Approval withdrawn" in overview  # in the timeline
    assert "Approval withdrawn" in overview  # in the history
    assert "I read page 3 again." in overview
    assert "withdrew an approval of" in text_of(ines.get(address("review_log", submission)))


@pytest.mark.parametrize("name", ["approve", "refuse", "take_back_approval"])
def test_a_field_that_is_missing_is_named_before_the_password_is_asked_for(cast, submission, name):
    client = Client()
    client.force_login(cast.independent if name == "take_back_approval" else cast.second_independent)
    page = client.post(address(name, submission), {"statement": "", "reason": ""})
    assert page.status_code == 200
    assert "Say " in text_of(page)


def test_after_the_password_the_same_page_goes_on_also_with_a_mistake(cast, submission):
    """The page is shown at the address of the password then; its form has to lead back to its own."""
    user = cast.second_independent  # who has marked nothing yet
    user.set_password(PASSWORD)
    user.save()
    client = Client()
    client.force_login(user)
    url = address("approve", submission)
    asked = client.post(url, {"statement": "Read."})
    assert asked.status_code == 302
    page = client.post(asked["Location"], {"password": PASSWORD})
    assert page.status_code == 200
    form = re.search(r"<form[^>]*data-keep[^>]*>", markup_of(page)).group(0)
    assert f'action="{url}"' in form
    assert "Read." in text_of(page)


@pytest.mark.long
def test_what_a_colleague_wants_changed_is_not_offered_to_be_accepted_together(ivan, cast, submission):
    page = markup_of(ivan.get(address("review_together", submission)))
    first = re.search(r'name="target" value="([^"]+)" checked', page).group(1)
    submission.marks.filter(seat=Seat.FIRST, target=first).update(mark="change_needed")
    assert f'value="{first}"' not in markup_of(ivan.get(address("review_together", submission)))
    ivan.post(address("review_together", submission), {"target": [first]})
    assert first not in own_marks.marks_of(submission, Seat.SECOND)


@pytest.mark.long
def test_what_is_accepted_together_says_in_whose_name_and_all_or_none_may_be_ticked(ivan, submission):
    url = address("review_together", submission)
    page = ivan.get(url)
    assert "Each selected fact or answer gets the mark “Accepted” with your name." in text_of(page)
    assert "To leave out a fact or answer, clear its box." in text_of(page)
    assert "Your time per mark does not include facts and answers that you accept together." in text_of(page)
    assert "ticked" not in text_of(page)  # that is a word of the organisation's checklists
    shown = [row.text for _part, rows in page.context["groups"] for row, _url, _chosen in rows]
    assert len(shown) > 1
    assert all(" ".join(html.escape(question).split()) in text_of(page) for question in shown)
    boxes = markup_of(page).count('name="target"')
    ticks = {way: markup_of(ivan.get(f"{url}?ticks={way}")).count(" checked>") for way in ("all", "none")}
    assert ticks == {"all": boxes, "none": 0}
    assert 'href="?of=facts&amp;ticks=none"' in markup_of(ivan.get(f"{url}?of=facts"))


@pytest.mark.long
def test_marks_to_take_over_show_the_answers_with_their_words_and_evidence(ivan, submission):
    url = address("take_over_marks", submission)
    page = text_of(ivan.get(url))
    listed = re.findall(r'name="target" value="q:([^"]+)"', markup_of(ivan.get(url)))
    answers = submission.content()["answers"]
    said = [answers[key]["text"] for key in listed if answers[key]["text"]]
    assert said
    assert all(" ".join(html.escape(words).split()) in page for words in said)
    assert "no evidence" in page
    assert " checked>" not in markup_of(ivan.get(f"{url}?ticks=none"))
