"""Reviews: the queue, taking a case, marking without losing a word, returning, approving, refusing."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.domain.register import members
from assessments.domain.review import decisions, marks, opened, seat_taking, targets
from assessments.domain.submission import submit, taking_back
from assessments.models import Assessment, Certificate, Condition, MarkKind, ReviewMark, Role, Route, State, Submission
from assessments.views.review.case import ReviewCase
from tests.support.factories import (
    PASSWORD,
    in_days,
    judge_parts,
    make_assessment,
    make_member,
    make_organisation,
    make_reviewing_body,
    mark_all,
    save,
)
from tests.support.kept_calls import kept
from tests.support.looking import look_at
from tests.support.page_text import markup_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(13)]

SECTION, QUESTION, OTHER = "governance", "use-register", "accountable-owner"
TARGET = f"q:{QUESTION}"
PREFIX = f"q-{QUESTION}"
CHANGE = {
    f"{PREFIX}-mark": "change_needed",
    f"{PREFIX}-reason": "not_shown",
    f"{PREFIX}-words": "The register was not attached.\nWho keeps it?",
    f"{PREFIX}-would_satisfy": "The newest entry, with its date.",
    f"{PREFIX}-private_note": "Ask Ivan about the clinics.",
}


def sent(assessment):
    return Submission.objects.filter(assessment=assessment).order_by("-round")[0]


def address(name, submission, *more):
    return reverse(name, args=[submission.reference, *more])


def in_review(cast, tier="limited", **fields):
    return sent(make_assessment(State.IN_REVIEW, tier, cast=cast, **fields))


@kept
def second_round(cast):
    assessment = make_assessment(
        State.RETURNED, "limited", cast=cast, answers={QUESTION: {"choice": "partly", "text": "Two clinics keep one."}}
    )
    save(assessment, QUESTION, {"choice": "in_place", "text": "All six clinics keep one."}, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    return submission


def judged(rows):
    """The fields of a page that accept each of some rows of it, which the page has shown."""
    return {
        key: value
        for row in rows
        for key, value in ((f"{row.anchor}-mark", "accepted"), (f"{row.anchor}-seen", row.token))
    }


def cost_of(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


@pytest.fixture
def ines(client, cast):
    """The client of Ines, who reviews for the reviewing body."""
    client.force_login(cast.independent)
    return client


# --- the queue -------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_queue_sorts_cases_by_who_has_them(ines, cast):
    waiting = sent(make_assessment(State.SUBMITTED, "limited", cast=cast))
    mine = in_review(cast)
    high = sent(make_assessment(State.SUBMITTED, "high", cast=cast))
    seat_taking.take(high, by=cast.second_independent)
    theirs = sent(make_assessment(State.SUBMITTED, "limited", cast=cast))
    seat_taking.take(theirs, by=cast.second_independent)
    done = sent(make_assessment(State.CERTIFIED, "limited", cast=cast))
    found = ines.get(reverse("reviews")).context
    assert {line.submission for line in found["waiting"].lines} == {waiting, high}
    assert [line.submission for line in found["mine"].lines] == [mine]
    assert [line.submission for line in found["team"].lines] == [theirs]
    assert [line.submission for line in found["done"].lines] == [done]


@pytest.mark.long
def test_a_case_within_another_organisation_is_in_nobody_elses_queue(client, cast):
    make_assessment(State.SUBMITTED, "limited", cast=cast, route=Route.INSIDE)
    elsewhere = make_organisation("Elsewhere Limited")
    theirs = make_assessment(State.SUBMITTED, "limited", organisation=elsewhere)
    for who, count in (("reviewer", 1), ("independent", 1)):
        client.force_login(getattr(cast, who))
        found = client.get(reverse("reviews"))
        assert found.context["waiting"].count == count
        assert ("Elsewhere" in text_of(found)) == (who == "independent")
    assert sent(theirs).organisation == elsewhere


def test_an_empty_queue_says_what_will_stand_there(ines):
    assert "A submission appears here after an owner has signed it." in text_of(ines.get(reverse("reviews")))


@pytest.mark.long
def test_a_recalled_submission_is_not_called_a_draft(ines, cast):
    assessment = make_assessment(State.SUBMITTED, "limited", cast=cast)
    taking_back.recall(assessment, by=cast.owner)
    text = text_of(ines.get(reverse("reviews")))
    assert "Recalled by an owner" in text
    assert "The owner recalled this" in text_of(ines.get(address("review", sent(assessment))))


@pytest.mark.long
def test_the_queue_costs_the_same_for_one_case_and_for_six(ines, cast):
    make_assessment(State.IN_REVIEW, "limited", cast=cast)
    make_assessment(State.SUBMITTED, "limited", cast=cast)
    make_assessment(State.CERTIFIED, "high", cast=cast)
    before = cost_of(ines, reverse("reviews"))
    for state in (State.IN_REVIEW, State.SUBMITTED, State.REFUSED):
        make_assessment(state, "limited", cast=cast)
    assert cost_of(ines, reverse("reviews")) == before <= 15


# --- overview and taking ---------------------------------------------------------------------------------------------------


def test_the_overview_shows_scope_tier_rules_and_what_is_unusual(ines, cast):
    answers = {
        QUESTION: {"choice": "unknown"},
        "laws-list": {"choice": "not_applicable", "reason": "The head office keeps it."},
        OTHER: {"choice": "planned", "planned_for": in_days(30)},
    }
    text = text_of(ines.get(address("review", in_review(cast, answers=answers))))
    for words in (
        "Sorting of appointment requests",
        "香港各診所",
        "Limited risk",
        "Do not know: 1 answer",
        "Planned for a later date: 1 answer",
        "“Do not know” on a mandatory point",
        "Several answers have the same note",
    ):
        assert words in text
    assert "1 reason for “not applicable” is waiting for your judgement." in text


@pytest.mark.long
def test_the_overview_reads_the_frozen_copy_and_never_the_draft(ines, cast):
    submission = in_review(cast, answers={QUESTION: {"choice": "partly", "text": "As it was signed."}})
    submission.assessment.answers.update(text="SENTINEL of the living row")
    page = ines.get(address("review_section", submission, SECTION)).content.decode()
    assert "As it was signed." in page
    assert "SENTINEL" not in page


DRAWN = {
    "assessments/assessment/checks_found.html",
    "assessments/assessment/parts.html",
    "assessments/review/rules.html",
    "assessments/review/sections.html",
}


def parts_drawn(response):
    return {template.name for template in response.templates} & DRAWN


@pytest.mark.long
def test_what_the_overview_shows_of_the_frozen_submission_is_drawn_once(ines, cast):
    submission = in_review(cast, "high")
    first, again = ines.get(address("review", submission)), ines.get(address("review", submission))
    assert parts_drawn(first) == DRAWN
    assert parts_drawn(again) == set()
    assert text_of(again) == text_of(first)
    look_at(submission, TARGET, cast.independent)
    marked = ines.get(address("review", submission))
    assert parts_drawn(marked) == {"assessments/review/sections.html"}
    assert re.search(r" 1 of \d+ marked ", text_of(marked))


def test_what_one_reviewer_was_shown_is_not_shown_to_whom_the_case_is_closed(client, cast):
    submission = in_review(cast, "high")
    client.force_login(cast.independent)
    assert "Open the link" in text_of(client.get(address("review", submission)))
    client.force_login(make_member(Role.REVIEWER, make_reviewing_body(), "Ivan Independent").user)
    closed = client.get(address("review", submission))
    text = text_of(closed)
    assert "Declare your interests to read the answers." in text
    assert "rule-H-" not in closed.content.decode()
    for words in ("Open the link", "results that the owner saw before signing", "Conformity file"):
        assert words not in text


@pytest.mark.long
def test_a_link_of_the_overview_says_what_has_not_changed_since_it_was_marked(ines, cast):
    submission = second_round(cast)
    page = ines.get(address("review", submission)).content.decode()
    assert f"{address('review_section', submission, SECTION)}#q-{QUESTION}" in page
    assert "?show=all#" in page


@pytest.mark.parametrize("tier", ["limited", "high"])
def test_taking_asks_for_a_declaration_first(ines, cast, tier):
    submission = sent(make_assessment(State.SUBMITTED, tier, cast=cast))
    response = ines.post(address("take", submission), {})
    assert "Say whether you have a conflict of interest" in text_of(response)
    assert not submission.seats.exists()
    assert ines.post(address("take", submission), {"conflict": "none"}).status_code == 302
    assert submission.seats.get().conflict_declared == ""


def test_an_in_house_reviewer_reads_what_was_sent_past_them_and_gets_no_button(client, cast):
    submission = sent(make_assessment(State.SUBMITTED, "limited", cast=cast))
    client.force_login(cast.reviewer)
    queue = client.get(reverse("reviews"))
    assert queue.context["waiting"].lines == []
    assert address("take", submission) not in queue.content.decode()
    assert address("take", submission) not in client.get(address("review", submission)).content.decode()
    page = client.get(address("take", submission))
    assert "so only an independent reviewer can review it" in text_of(page)
    assert "Declare interests and take the case" not in text_of(page)
    refused = client.post(address("take", submission), {"conflict": "none"})
    assert "so only an independent reviewer can review it" in text_of(refused)
    assert not submission.seats.exists()


def test_a_declared_conflict_takes_nothing_and_is_shown_to_other_reviewers(client, cast):
    submission = sent(make_assessment(State.SUBMITTED, "high", cast=cast))
    client.force_login(cast.independent)
    refused = text_of(client.post(address("take", submission), {"conflict": "declared"}))
    assert "Describe the conflict of interest in a sentence" in refused
    assert "If yes, describe the conflict of interest For example" in refused  # no "(optional)" between
    client.post(address("take", submission), {"conflict": "declared", "words": "I worked there until 2019."})
    assert not submission.seats.exists()
    assert address("take", submission) not in client.get(address("review", submission)).content.decode()
    client.force_login(cast.second_independent)
    assert "I worked there until 2019." in text_of(client.get(address("review", submission)))
    assert "Ines Independent declared a conflict of interest" in text_of(client.get(reverse("reviews")))


def test_who_is_second_to_take_a_case_is_told_who_has_it(client, cast):
    submission = in_review(cast)
    client.force_login(cast.second_independent)
    response = client.post(address("take", submission), {"conflict": "none"})
    assert "Ines Independent has already taken this case" in text_of(response)


def test_the_delivery_team_is_warned_and_gets_no_button(client, cast):
    assessment = make_assessment(State.SUBMITTED, "limited", cast=cast)
    save_by = assessment.answers.first()
    assert save_by is not None
    members.join(cast.owner, cast.body, "reviewer", by=cast.independent)
    client.force_login(cast.owner)
    page = client.get(address("review", sent(assessment))).content.decode()
    assert "You worked on this use yourself." in page
    assert address("take", sent(assessment)) not in page
    refused = client.post(address("take", sent(assessment)), {"conflict": "none"})
    assert "somebody else has to review the case" in text_of(refused)


# --- marks -----------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_all_marks_of_a_page_are_saved_by_its_one_button(ines, cast):
    submission = in_review(cast)
    page = ines.get(address("review_section", submission, SECTION))
    data = {f"{row.anchor}-mark": "accepted" for row in page.context["rows"]} | CHANGE
    response = ines.post(address("review_section", submission, SECTION), data)
    assert response.status_code == 302
    assert submission.marks.count() == len(page.context["rows"])
    mark = submission.marks.get(target=TARGET)
    assert (mark.mark, mark.reason, mark.by) == ("change_needed", "not_shown", cast.independent)
    assert mark.words == "The register was not attached.\nWho keeps it?"


def test_facts_are_marked_as_answers_are(ines, cast):
    submission = in_review(cast)
    data = {
        "f-public_facing-mark": "change_needed",
        "f-public_facing-reason": "unclear",
        "f-public_facing-words": "Say so on the website.",
        "f-public_facing-would_satisfy": "The address of the page.",
    }
    assert ines.post(address("review_facts", submission), data).status_code == 302
    assert submission.marks.get(target="f:public_facing").words == "Say so on the website."


@pytest.mark.long
def test_accepted_with_action_is_not_offered_on_a_fact(ines, cast):
    submission = in_review(cast)
    url = address("review_facts", submission)
    assert 'value="accepted_with_action"' not in markup_of(ines.get(url))
    assert 'value="accepted_with_action"' in markup_of(ines.get(address("review_section", submission, SECTION)))
    data = {"f-public_facing-mark": "accepted_with_action", "f-public_facing-words": "Say so on the website."}
    refused = ines.post(url, data)
    assert "A fact cannot have an action in the plan." in text_of(refused)
    assert not submission.marks.exists()


@pytest.mark.long
def test_an_older_accepted_with_action_on_a_fact_is_shown_and_counts_as_no_action(ines, cast):
    submission = in_review(cast)
    look_at(submission, "f:public_facing", cast.independent)
    mark_all(submission, by=cast.independent)
    submission.marks.filter(target="f:public_facing").update(mark="accepted_with_action")
    page = ines.get(address("review_facts", submission))
    assert markup_of(page).count('value="accepted_with_action"') == 1
    overview = ines.get(address("review", submission))
    assert "All facts and answers are accepted" in text_of(overview)
    assert "with an action" not in text_of(overview)


@pytest.mark.long
def test_a_mark_that_lacks_something_is_shown_at_its_field_and_the_others_are_saved(ines, cast):
    submission = in_review(cast)
    data = CHANGE | {f"{PREFIX}-reason": "", f"{PREFIX}-would_satisfy": "", f"q-{OTHER}-mark": "accepted"}
    data[f"q-{OTHER}-seen"] = opened.token(submission, f"q:{OTHER}", reader=cast.independent)
    response = ines.post(address("review_section", submission, SECTION), data)
    page = markup_of(response)
    assert response.status_code == 200
    for words in (
        "Choose why a change is needed.",
        "Fill in “What you would accept”",
        "Who keeps it?",
        "Ask Ivan about the clinics.",
    ):
        assert words in page
    assert f'href="#{PREFIX}"' in page
    assert f'id="id_{PREFIX}-reason_error"' in page
    assert list(submission.marks.values_list("target", flat=True)) == [f"q:{OTHER}"]
    total = len(response.context["group"].targets)
    said = f"1 mark saved. Not saved yet: 1. Marked on the page “{response.context['group'].title}”: 1 of {total}."
    assert said in text_of(response)  # what was saved is said beside what was not
    assert "Correct one error" in text_of(response)  # of one mark, though two of its fields are at fault
    assert len(response.context["errors"]) == 1


@pytest.mark.long
def test_the_button_says_how_far_the_page_is_though_a_script_saved_its_marks_before(ines, cast):
    submission = in_review(cast)
    url = address("review_section", submission, SECTION)
    data = judged(ines.get(url).context["rows"][:3])
    ines.post(url, data)
    shown = ines.get(url)
    total = len(shown.context["group"].targets)
    again = data | {f"{row.anchor}-base": "1" for row in shown.context["rows"][:3]}
    page = ines.post(url, again, follow=True)  # nothing is left to save
    assert "marks saved." not in text_of(page)
    assert (
        f"Your marks on this page are saved. Marked on the page “{shown.context['group'].title}”: 3 of {total}."
        in text_of(page)
    )


@pytest.mark.long
def test_marks_saved_by_the_undo_of_another_mark_are_said_too(ines, cast):
    submission = in_review(cast)
    url = address("review_section", submission, SECTION)
    look_at(submission, TARGET, cast.independent)
    page = ines.post(url, {"undo": f"{PREFIX}:1", f"q-{OTHER}-mark": "accepted"}, follow=True)
    assert "1 mark saved." in text_of(page)
    assert "has been undone." in text_of(page)


def test_a_judgement_on_evidence_saved_without_script_is_said(ines, cast):
    submission = in_review(cast)
    answers = submission.content()["answers"]
    key, piece = next((key, one["evidence"][0]["reference"]) for key, one in answers.items() if one["evidence"])
    data = {"target": f"e:{key}/{piece}", f"e-{key}-{piece}-verdict": "supports"}
    assert "1 judgement on evidence saved." in text_of(ines.post(address("mark", submission), data, follow=True))


@pytest.mark.long
def test_the_counts_of_the_filters_stay_right_after_a_save_that_failed(ines, cast):
    submission = in_review(cast)
    url = address("review_section", submission, SECTION)
    shown = ines.get(url)
    before = {key: n for key, _word, _url, n in shown.context["filters"]}
    assert 0 < before["decisive"] < before["all"] == before["unmarked"]
    data = judged(shown.context["rows"]) | CHANGE | {f"{PREFIX}-reason": ""}
    failed = ines.post(url, data)
    assert failed.status_code == 200
    after = {key: n for key, _word, _url, n in failed.context["filters"]}
    assert after == before | {"unmarked": 1}
    assert after == {key: n for key, _word, _url, n in ines.get(url).context["filters"]}
    assert len(failed.context["rows"]) == len(shown.context["rows"])  # what was posted stays in sight


@pytest.mark.long
def test_a_page_that_is_not_fully_marked_says_what_has_no_mark(ines, cast):
    submission = in_review(cast)
    url = address("review_section", submission, SECTION)
    first, *others = ines.get(url).context["rows"]
    page = ines.post(url, judged([first]), follow=True)
    said = f"To continue, mark {len(others)} more facts and answers on this page. The first one is “{others[0].title}”."
    assert page.redirect_chain == [(url, 302)]
    assert "1 mark saved." in text_of(page)
    assert said in text_of(page)
    last = next(row for row in others if not row.decisive)  # a filter hides it
    page = ines.post(f"{url}?show=decisive", judged(row for row in others if row is not last), follow=True)
    assert page.redirect_chain == [(f"{url}?show=unmarked", 302)]
    assert f"To continue, mark “{last.title}” as well. It has no mark yet." in text_of(page)
    assert [row.target for row in page.context["rows"]] == [last.target]
    page = ines.post(url, judged([last]), follow=True)
    assert page.redirect_chain[0][0] != url
    assert "To continue" not in text_of(page)


@pytest.mark.long
def test_saving_goes_on_to_the_next_page_and_not_back_to_the_first(ines, cast):
    """The facts are left open; from a section the reviewer comes to the section after it, from the last one to the facts."""
    submission = in_review(cast)
    groups = [group for group in ReviewCase(cast.independent, submission.reference).pages.groups if group.left]
    first, last = groups[2], groups[-1]
    for group, following in ((first, groups[3]), (last, groups[0])):
        url = ReviewCase(cast.independent, submission.reference).pages.url(group.key)
        page = ines.post(url, judged(ines.get(url).context["rows"]), follow=True)
        assert page.context["group"].key == following.key


def test_words_without_a_mark_are_not_lost_in_silence(ines, cast):
    submission = in_review(cast)
    response = ines.post(address("review_section", submission, SECTION), CHANGE | {f"{PREFIX}-mark": ""})
    assert "Choose a mark. You entered text but chose no mark." in text_of(response)
    assert "Who keeps it?" in response.content.decode()


@pytest.mark.long
def test_a_mark_that_was_set_meanwhile_is_not_overwritten_unseen(client, cast):
    submission = in_review(cast)
    look_at(submission, TARGET, cast.independent, words="I saw the register.")  # in another tab
    client.force_login(cast.independent)
    data = CHANGE | {f"{PREFIX}-base": "0"}
    response = client.post(address("review_section", submission, SECTION), data)
    assert "Ines Independent marked this answer or fact as “Accepted”" in text_of(response)
    assert submission.marks.get(target=TARGET).words == "I saw the register."
    response = client.post(address("review_section", submission, SECTION), CHANGE | {f"{PREFIX}-base": "1"})
    assert response.status_code == 302
    assert submission.marks.get(target=TARGET).mark == MarkKind.CHANGE_NEEDED


def test_saving_the_same_page_again_writes_nothing(ines, cast):
    submission = in_review(cast)
    ines.post(address("review_section", submission, SECTION), CHANGE)
    ines.post(address("review_section", submission, SECTION), CHANGE | {f"{PREFIX}-base": "1"})
    assert submission.marks.get(target=TARGET).revisions.count() == 1


@pytest.mark.parametrize("prefix", ["", f"{PREFIX}-"])
def test_a_mark_is_saved_as_it_is_set(ines, cast, prefix):
    submission = in_review(cast)
    seen = opened.token(submission, TARGET, reader=cast.independent)
    data = {"target": TARGET, f"{prefix}mark": "accepted", f"{prefix}words": "Seen.", f"{prefix}seen": seen}
    response = ines.post(address("mark", submission), data, headers={"HX-Request": "true"})
    page = markup_of(response)
    assert (response.status_code, submission.marks.get().words) == (200, "Seen.")
    assert f'name="{PREFIX}-base" value="1"' in page
    assert f"1 of {len(targets.review_targets(submission.content()))} marked" in page


def test_an_incomplete_mark_says_that_it_is_not_saved_yet(ines, cast):
    submission = in_review(cast)
    response = ines.post(
        address("mark", submission), {"target": TARGET, "mark": "change_needed"}, headers={"HX-Request": "true"}
    )
    assert "Not saved yet: Choose why a change is needed." in text_of(response)
    assert not submission.marks.exists()


def test_without_script_one_mark_leads_back_to_its_page_or_keeps_what_was_typed(ines, cast):
    submission = in_review(cast)
    url = address("mark", submission)
    response = ines.post(url, {"target": TARGET, "mark": "accepted"})
    assert response["Location"].startswith(address("review_section", submission, SECTION))
    assert response["Location"].endswith(f"#{PREFIX}")
    response = ines.post(url, {"target": TARGET, "mark": "change_needed", "words": "Typed with care."})
    assert "Typed with care." in response.content.decode()
    assert "Choose why a change is needed." in text_of(response)
    assert ines.post(url, {"target": "q:no-such-question", "mark": "accepted"}).status_code == 404


@pytest.mark.long
def test_a_closed_case_can_be_read_and_keeps_what_was_typed_too_late(ines, cast):
    submission = in_review(cast)
    page = markup_of(ines.get(address("review_section", submission, SECTION)))
    assert f'name="{PREFIX}-mark"' in page
    decisions.refuse(submission, by=cast.independent, statement="No.")
    late = ines.post(address("review_section", submission, SECTION), CHANGE)
    assert "no longer under review" in text_of(late)
    assert "Who keeps it?" in markup_of(late)
    assert f'name="{PREFIX}-mark"' not in markup_of(ines.get(address("review_section", submission, SECTION)))


def test_without_a_seat_the_answers_open_to_a_declaration_and_are_read_only(client, cast):
    submission = in_review(cast)
    client.force_login(cast.second_independent)
    urls = (address("review_facts", submission), address("review_section", submission, SECTION))
    for url in urls:
        assert client.get(url)["Location"].partition("?")[0] == address("declare", submission)
    client.post(address("declare", submission), {"conflict": "none"})
    for url in urls:
        page = client.get(url)
        assert page.status_code == 200
        assert 'type="radio"' not in markup_of(page)
        assert client.post(url, CHANGE).status_code == 403
    assert not ReviewMark.objects.exists()


def test_the_organisation_never_sees_a_private_note(client, cast):
    submission = in_review(cast)
    marks.save_mark(
        submission,
        TARGET,
        marks.GivenMark(mark="change_needed", reason="not_shown", would_satisfy="An entry.", private_note="SENTINEL"),
        by=cast.independent,
    )
    decisions.send_back(submission, by=cast.independent)
    client.force_login(cast.owner)
    for name in ("results", "assessment", "returned"):
        assert "SENTINEL" not in client.get(reverse(name, args=[submission.assessment.reference])).content.decode()
    client.force_login(cast.independent)
    assert "SENTINEL" in client.get(address("review_section", submission, SECTION)).content.decode()


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("page", ["overview", "facts", "section"])
def test_a_case_costs_the_same_with_and_without_marks(ines, cast, page):
    for tier in ("limited", "high"):  # High: one query more, of what was judged of the conformity file
        costs = set()
        submission = in_review(cast, tier, parts=("user",) if tier == "limited" else ("developer", "provider", "user"))
        url = {
            "overview": address("review", submission),
            "facts": address("review_facts", submission),
            "section": address("review_section", submission, SECTION),
        }[page]
        costs.add(cost_of(ines, url))
        mark_all(submission, by=cast.independent)
        costs.add(cost_of(ines, url))
        assert len(costs) == 1
        assert costs.pop() <= 15


@pytest.mark.long
def test_the_overview_of_a_later_round_stays_within_its_cost(ines, cast):
    assert cost_of(ines, address("review", second_round(cast))) <= 15


# --- later rounds ------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_later_round_shows_what_changed_and_leaves_out_what_was_accepted(ines, cast):
    submission = second_round(cast)
    response = ines.get(address("review_section", submission, SECTION))
    assert [row.target for row in response.context["rows"]] == [TARGET]
    page = markup_of(response)
    assert "<del>" in page
    assert "<ins>" in page
    assert "unchanged and already accepted" in text_of(response)
    everything = ines.get(address("review_section", submission, SECTION) + "?show=all")
    assert len(everything.context["rows"]) > 1
    assert "carried over from round 1" in text_of(everything)


@pytest.mark.long
def test_a_page_of_a_later_round_saves_only_what_is_on_it(ines, cast):
    submission = second_round(cast)
    carried = submission.marks.count()
    ines.post(address("review_section", submission, SECTION), {f"{PREFIX}-mark": "accepted", f"{PREFIX}-base": "0"})
    assert submission.marks.count() == carried + 1
    assert submission.marks.filter(carried_from=None).count() == 1


# --- holds and decisions -----------------------------------------------------------------------------------------------------


def held_case(cast):
    return in_review(cast, facts={"illegal_purpose": True, "lawful_exception_claimed": True})


def test_a_hold_is_closed_with_what_was_decided(ines, cast):
    submission = held_case(cast)
    hold = submission.assessment.use.holds.get(closed_at=None)
    url = address("close_hold", submission, hold.pk)
    assert url in ines.get(address("review", submission)).content.decode()
    assert "has attached no evidence to this hold" in text_of(ines.get(url))
    empty = ines.post(url, {"outcome": "stands", "decision": " "})
    assert "Write what you decided, and which advice or evidence supports the decision." in text_of(empty)
    decision = {"outcome": "stands", "decision": "Counsel saw the authority of 3 May."}
    assert ines.post(url, decision).status_code == 302
    hold.refresh_from_db()
    assert (hold.decision, hold.closed_by) == ("Counsel saw the authority of 3 May.", cast.independent)


@pytest.mark.long
def test_returning_lists_what_is_unlocked_and_tells_the_owner(ines, cast):
    submission = in_review(cast)
    assert "Nothing to return" in text_of(ines.get(address("send_back", submission)))
    mark_all(submission, by=cast.independent, change={TARGET: "The newest entry.", "f:public_facing": "The address."})
    text = text_of(ines.get(address("send_back", submission)))
    for words in ("2 answers and facts go back to the owner", "The newest entry.", "Register of generative AI uses"):
        assert words in text
    response = ines.post(address("send_back", submission), {"words": "Both by Friday, please."})
    assert response["Location"] == address("review", submission)
    assert Assessment.objects.get(pk=submission.assessment_id).state == State.RETURNED
    assert "Both by Friday, please." in cast.owner.inbox.get(kind="returned").text


def test_nothing_marked_is_nothing_to_return_and_the_message_stays(ines, cast):
    submission = in_review(cast)
    mark_all(submission, by=cast.independent)
    response = ines.post(address("send_back", submission), {"words": "Typed before I looked."})
    assert "Typed before I looked." in response.content.decode()
    assert "Mark at least one answer or fact as “change needed”, then return the submission." in text_of(response)


@pytest.mark.long
def test_approving_lists_every_obstacle_with_a_link(ines, cast):
    submission = held_case(cast)
    marks.save_mark(
        submission,
        TARGET,
        marks.GivenMark(mark="change_needed", reason="not_shown", would_satisfy="An entry."),
        by=cast.independent,
    )
    response = ines.get(address("approve", submission))
    links = dict(response.context["obstacles"])
    assert address("review_facts", submission) in links.values()
    assert address("send_back", submission) in links.values()
    assert address("review", submission) in links.values()
    assert "This submission cannot be approved yet" in text_of(response)
    late = ines.post(address("approve", submission), {"statement": "Typed too early."})
    assert "Typed too early." in late.content.decode()


@pytest.mark.long
def test_approving_leads_on_to_the_certificate(ines, cast):
    submission = in_review(cast)
    mark_all(submission, by=cast.independent)
    page = text_of(ines.get(address("approve", submission)))
    for words in (
        "Reviewed independently",
        "12 months from the day of issue",
        "Harbourlight Clinics Limited",
        "香港各診所",
    ):
        assert words in page
    assert "Say what you looked at" in text_of(ines.post(address("approve", submission), {"statement": ""}))
    assert ines.post(address("approve", submission), {"statement": "Read and in order."}).status_code == 302
    assert Certificate.objects.get(use=submission.assessment.use).tier == "limited"


@pytest.mark.long
def test_a_must_may_get_a_date_and_only_within_the_policy(ines, cast):
    submission = in_review(cast, answers={QUESTION: {"choice": "partly", "text": "Half."}})
    mark_all(submission, by=cast.independent)
    days = 90
    field = f"due-{QUESTION}"
    page = markup_of(ines.get(address("approve", submission)))
    assert f'name="{field}"' in page
    for wrong in (in_days(days + 1), in_days(0)):
        response = ines.post(address("approve", submission), {"statement": "Yes.", field: wrong.isoformat()})
        assert "Choose a date from tomorrow to 90 days from today" in text_of(response)
        assert wrong.isoformat() in markup_of(response)
    assert not Condition.objects.exists()
    ines.post(address("approve", submission), {"statement": "Yes.", field: in_days(days).isoformat()})
    assert Condition.objects.get().question == QUESTION
    assert Certificate.objects.filter(use=submission.assessment.use).exists()


@pytest.mark.long
def test_high_says_that_a_second_independent_approval_is_needed_and_who_holds_it(client, cast):
    submission = in_review(cast, "high")
    mark_all(submission, by=cast.independent)
    client.force_login(cast.independent)
    text = text_of(client.get(address("approve", submission)))
    assert "Your approval is the first of two" in text
    assert "There is no second reviewer yet." in text
    client.post(address("approve", submission), {"statement": "In order."})
    assert not Certificate.objects.exists()
    assert "You have approved the submission. The second approval is still needed." in text_of(
        client.get(address("review", submission))
    )
    client.force_login(cast.second_independent)
    client.post(address("take", submission), {"conflict": "none"})
    judge_parts(submission, by=cast.second_independent)
    text = text_of(client.get(address("approve", submission)))
    assert "Required facts and answers still to be opened and marked: " in text
    mark_all(submission, by=cast.second_independent)
    text = text_of(client.get(address("approve", submission)))
    assert "Your approval decides the case" in text
    assert "Ines Independent approved on" in text
    client.post(address("approve", submission), {"statement": "I agree."})
    assert Certificate.objects.get(use=submission.assessment.use).assurance == "reviewed_independently"


def test_refusing_takes_reasons(ines, cast):
    submission = in_review(cast)
    assert "The reason is printed in the decision letter" in text_of(
        ines.post(address("refuse", submission), {"statement": ""})
    )
    ines.post(address("refuse", submission), {"statement": "The answers contradict each other."})
    assert Assessment.objects.get(pk=submission.assessment_id).state == State.REFUSED
    assert "The answers contradict each other." in text_of(ines.get(address("review", submission)))


@pytest.mark.parametrize("name", ["approve", "refuse"])
def test_a_decision_asks_for_the_password_again(client, cast, name):
    cast.independent.set_password(PASSWORD)
    cast.independent.save()
    submission = in_review(cast)
    client.force_login(cast.independent)
    assert client.get(address(name, submission)).status_code == 200
    response = client.post(address(name, submission), {"statement": "Read."})
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_reauthenticate"))
    assert not submission.decisions.exists()
    # The password resumes the decision itself, with what was typed: nothing has to be written twice.
    back = client.post(response["Location"], {"password": PASSWORD})
    assert "Read." in text_of(back) or back.status_code == 302
    assert submission.decisions.exists() == (name == "refuse")


@pytest.mark.parametrize("name", ["send_back", "approve", "refuse"])
def test_only_a_seat_decides(client, cast, name):
    submission = in_review(cast)
    for who, status in (
        ("second_independent", 403),
        ("reviewer", 403),
        ("owner", 404),
        ("outsider", 404),
        ("staff", 404),
    ):
        client.force_login(getattr(cast, who))
        for method in (client.get, client.post):
            assert (who, method(address(name, submission)).status_code) == (who, status)
    assert Assessment.objects.get(pk=submission.assessment_id).state == State.IN_REVIEW
