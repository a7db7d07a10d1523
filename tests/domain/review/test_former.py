"""What changed since the last decision reaches the reviewer of the next case, and what is the same keeps its mark."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.domain.answering import reuse, start
from assessments.domain.review import approval, decisions, former, marks, seat_taking, targets
from assessments.domain.review.targets import decisive_targets
from assessments.domain.submission import changes as submission_changes
from assessments.domain.submission import submit, taking_back
from assessments.models import Assessment, Certificate, Message, Route, State
from assessments.models.changes import decided_before
from tests.domain.review.rounds import sent
from tests.support.factories import fill, make_assessment, mark_all, save
from tests.support.looking import look_at
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

QUESTION, SECTION = "use-register", "governance"
WORDS = "We now host the model at another supplier."
NOTE = "Kept for all six clinics since May."


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def next_case(cast, before, *, kinds=("model",), route=Route.INDEPENDENT, change=True):
    """State a change after a certificate, confirm what it opens, change one answer, and send it to review."""
    submission_changes.state_change(before, by=cast.owner, kinds=kinds, words=WORDS, happened_on=timezone.localdate())
    opened = Assessment.objects.for_dashboard().get(use=before.use_id, state=State.DRAFT)
    for row in reuse.copied_answers(opened):
        reuse.confirm_copied(opened, row.question.key, by=cast.owner, base=row.revision)
    opened = Assessment.objects.for_dashboard().get(pk=opened.pk)
    if change:
        save(opened, QUESTION, {"choice": "in_place", "text": NOTE}, by=cast.owner)
    return submit.submit(opened, by=cast.owner, route=route)


@pytest.fixture
def certified(cast):
    return make_assessment(State.CERTIFIED, "limited", cast=cast)


# --- the domain --------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_what_is_the_same_and_not_decisive_keeps_its_mark_and_names_it(cast, certified):
    submission = next_case(cast, certified)
    carried = {mark.target: mark for mark in submission.marks.exclude(carried_from=None).select_related("carried_from")}
    decisive = decisive_targets(certified.compiled(), submission.content())
    assert carried
    assert f"q:{QUESTION}" not in carried
    assert not set(carried) & decisive
    assert {mark.carried_from.submission_id for mark in carried.values()} == {sent(certified).pk}
    same = set(targets.review_targets(submission.content())) - former.differs(sent(certified), submission) - decisive
    assert set(carried) == same
    seat_taking.take(submission, by=cast.independent)
    assert approval.obstacles_to_approve(submission, cast.independent)  # what is decisive is judged anew


def test_how_much_changed_since_the_last_decision_is_counted_for_the_queue(cast, certified):
    submission = next_case(cast, certified)
    assert submission.changed == len(former.differs(sent(certified), submission)) >= 1
    assert sent(certified).changed is None


@pytest.mark.long
def test_a_mark_that_asked_for_an_action_is_not_carried(cast):
    case = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    plain = next(target for target in starting_plain(case) if target.startswith("q:"))
    fields = {"action_title": "Write it down."}
    look_at(sent(case), plain, cast.independent, mark="accepted_with_action", words="Soon.", **fields)
    mark_all(sent(case), by=cast.independent)
    approval.approve(sent(case), by=cast.independent, statement="Fine.")
    case.refresh_from_db()
    submission = next_case(cast, case)
    assert submission.marks.exclude(carried_from=None).exists()
    assert not submission.marks.filter(target=plain).exists()


def starting_plain(case):
    submission = sent(case)
    return targets.left_to_accept(case.compiled(), submission.content(), (), ())


@pytest.mark.long
def test_what_was_reviewed_within_the_organisation_is_not_carried_to_the_reviewing_body(cast):
    case = make_assessment(State.CERTIFIED, "limited", cast=cast, route=Route.INSIDE)
    submission = next_case(cast, case)
    assert not submission.marks.exists()
    assert submission.changed is not None


def test_what_the_reviewing_body_decided_is_carried_to_in_house_reviewers(cast, certified):
    assert next_case(cast, certified, route=Route.INSIDE).marks.exclude(carried_from=None).exists()


@pytest.mark.few_a_day(3)
@pytest.mark.parametrize(
    ("state", "tier", "decided"),
    [
        (State.CERTIFIED, "limited", True),
        (State.CERTIFIED, "high", True),
        (State.CERTIFIED, "low", True),
        (State.APPROVED, "limited", True),
        (State.REFUSED, "limited", True),
        (State.REFUSED, "unacceptable", True),
        (State.WITHDRAWN, "limited", False),
        (State.RETURNED, "limited", False),
        (State.IN_REVIEW, "high", False),
    ],
)
def test_what_counts_as_decided(state, tier, decided, cast):
    case = make_assessment(state, tier, cast=cast)
    found = decided_before(case.use_id, case.pk + 1).first()
    assert (found == sent(case)) is decided
    assert decided_before(case.use_id, case.pk).first() is None
    if decided:
        assert found.decided_at


def test_one_of_two_approvals_decides_nothing(cast):
    case = make_assessment(State.IN_REVIEW, "high", cast=cast)
    seat_taking.take(sent(case), by=cast.second_independent)
    mark_all(sent(case), by=cast.independent)
    approval.approve(sent(case), by=cast.independent, statement="Fine.")
    taking_back.withdraw(case, by=cast.owner, reason="Not needed.")
    assert decided_before(case.use_id, case.pk + 1).first() is None


def test_undoing_the_change_of_a_mark_that_came_from_the_last_decision_makes_it_carried_again(cast, certified):
    submission = next_case(cast, certified)
    seat_taking.take(submission, by=cast.independent)
    mark = submission.marks.exclude(carried_from=None).first()
    changed = marks.save_mark(
        submission,
        mark.target,
        marks.GivenMark(mark="change_needed", reason="unclear", would_satisfy="Say it plainly."),
        by=cast.independent,
        base=mark.revision,
    )
    undone = marks.undo_mark(submission, mark.target, by=cast.independent, base=changed.revision)
    assert undone.carried_from_id == mark.carried_from_id


# --- the pages -----------------------------------------------------------------------------------------------------------


def test_the_case_page_says_what_changed_with_then_and_now(cast, certified, client):
    number = Certificate.objects.get(use=certified.use_id).number
    submission = next_case(cast, certified)
    seat_taking.take(submission, by=cast.independent)
    client.force_login(cast.independent)
    response = client.get(reverse("review", args=[submission.reference]))
    page = text_of(response)
    for words in (WORDS, "The model or a supplier", number, "What changed", "since the last decision"):
        assert words in page
    lines = re.search(r"What has changed since the decision of .*?</table>", markup_of(response), re.DOTALL)
    assert lines
    assert "also changed: comment" in re.sub(r"\s+", " ", lines[0])
    assert f"{submission.changed} answer" in page
    assert submission.changed == lines[0].count('data-label="Now"')


@pytest.mark.long
def test_the_filter_of_what_changed_counts_and_lists_the_same(cast, certified, client):
    submission = next_case(cast, certified)
    seat_taking.take(submission, by=cast.independent)
    client.force_login(cast.independent)
    changed = former.differs(sent(certified), submission)
    page = client.get(reverse("review_section", args=[submission.reference, SECTION]), {"show": "changed"})
    of_section = {row.target for row in page.context["rows"]}
    counts = {str(key): n for key, _word, _url, n in page.context["filters"]}
    assert of_section == {target for target in changed if target in page.context["group"].targets}
    assert counts["changed"] == len(of_section) == page.context["group"].changed
    every = client.get(reverse("review_changes", args=[submission.reference]))
    assert {row.target for row in every.context["rows"]} == changed
    assert "since the decision of" in text_of(every)


@pytest.mark.long
def test_in_a_later_round_what_was_never_marked_is_not_called_changed(cast, client):
    case = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    wanted = {"mark": "change_needed", "reason": "not_shown", "would_satisfy": "Show the newest entry."}
    marks.save_mark(sent(case), f"q:{QUESTION}", marks.GivenMark(**wanted), by=cast.independent)
    decisions.send_back(sent(case), by=cast.independent)
    case.refresh_from_db()
    save(case, QUESTION, {"choice": "in_place", "text": NOTE}, by=cast.owner)
    again = submit.submit(case, by=cast.owner, route=Route.INDEPENDENT)
    client.force_login(cast.independent)
    page = client.get(reverse("review_facts", args=[again.reference]))
    counts = {key: n for key, _word, _url, n in page.context["filters"]}
    assert counts["changed"] == page.context["group"].changed == 0
    assert counts["waits"] == len(page.context["rows"]) > 0
    assert [row.target for row in client.get(reverse("review_changes", args=[again.reference])).context["rows"]] == [
        f"q:{QUESTION}"
    ]


@pytest.mark.long
def test_a_former_case_that_was_not_sent_to_this_reviewer_shows_no_word_of_it(cast, client):
    old = "Kept for three of our five clinics, says the old answer."
    case = make_assessment(
        State.CERTIFIED,
        "limited",
        cast=cast,
        route=Route.INSIDE,
        answers={QUESTION: {"choice": "in_place", "text": old}},
    )
    submission = next_case(cast, case)
    seat_taking.take(submission, by=cast.independent)
    client.force_login(cast.independent)
    response = client.get(reverse("review", args=[submission.reference]))
    assert "The earlier submission was not sent to you" in text_of(response)
    assert 'data-label="Before"' not in markup_of(response)
    section = client.get(reverse("review_section", args=[submission.reference, SECTION]))
    for page in (response, section):
        assert old not in markup_of(page)
    changes = client.get(reverse("review_changes", args=[submission.reference]), follow=True)
    assert "The earlier submission was not sent to you" in text_of(changes)


def test_what_was_stated_is_closed_to_a_reviewer_who_has_not_declared(cast, certified, client):
    submission = next_case(cast, certified)
    client.force_login(cast.second_independent)
    page = text_of(client.get(reverse("review", args=[submission.reference])))
    assert WORDS not in page
    assert "Previous certificate" in page


@pytest.mark.long
def test_the_pages_of_a_case_that_follows_stay_within_15_queries(
    cast, certified, client, django_assert_max_num_queries
):
    submission = next_case(cast, certified)
    seat_taking.take(submission, by=cast.independent)
    client.force_login(cast.independent)
    for name, more in (("review", ()), ("review_facts", ()), ("review_section", (SECTION,)), ("review_changes", ())):
        url = reverse(name, args=[submission.reference, *more])
        client.get(url)
        with django_assert_max_num_queries(15):
            client.get(url)


def test_the_first_assessment_of_a_use_says_nothing_of_a_former_one(cast, client):
    case = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    client.force_login(cast.independent)
    assert 'id="before"' not in markup_of(client.get(reverse("review", args=[sent(case).reference])))


@pytest.mark.long
def test_a_new_assessment_after_a_refusal_is_held_against_it(cast, client):
    case = make_assessment(State.REFUSED, "limited", cast=cast)
    opened = start.start_assessment(case.use, by=cast.owner)
    fill(opened, by=cast.owner)
    submission = submit.submit(opened, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    client.force_login(cast.independent)
    page = text_of(client.get(reverse("review", args=[submission.reference])))
    assert "No certificate has been issued for this use before." in page
    assert "the decision of" in page
    assert not Message.objects.filter(kind="case_round").exists()
