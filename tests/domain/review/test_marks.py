"""Marks, marks of evidence, agreed actions and replies: what is kept, what is refused, what goes from round to round."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from assessments.access import separation
from assessments.core.errors import Conflict, InvalidAnswer, Locked, NotPermitted
from assessments.documents.former_plan import plan_html
from assessments.documents.jobs import submission_report
from assessments.domain.answering import answers as answering_answers
from assessments.domain.answering import start
from assessments.domain.evidence import library
from assessments.domain.facts import declare
from assessments.domain.review import agreed_actions, approval, decisions, marks, replies, sampling, seat_taking
from assessments.domain.review import targets as review_targets
from assessments.domain.review.obstacles import words_of
from assessments.domain.review.sampling import own_set
from assessments.domain.review.targets import decisive_targets, flags_of
from assessments.domain.submission import submit
from assessments.models import (
    AuditEntry,
    EvidenceMark,
    RemediationAction,
    ReviewMark,
    Route,
    State,
    Submission,
)
from assessments.models.snapshots import changed_targets
from tests.support.factories import fill, in_days, make_assessment, make_evidence, mark_all, save
from tests.support.looking import look_at
from tests.support.mutants import fails_without

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

QUESTION, OTHER = "use-register", "accountable-owner"
TARGET = f"q:{QUESTION}"
WANTED = {"mark": "change_needed", "reason": "not_shown", "would_satisfy": "The newest entry."}


def sent(assessment):
    return Submission.objects.filter(assessment=assessment).order_by("-round")[0]


def in_review(cast, tier="limited", **fields):
    return sent(make_assessment(State.IN_REVIEW, tier, cast=cast, **fields))


def versions(row):
    return list(row.revisions.order_by("number").values_list("number", "outcome", "value__mark"))


def returned(cast, change, **fields):
    """A submission that Ines sent back for these targets."""
    submission = in_review(cast, **fields)
    mark_all(submission, by=cast.independent, change=change)
    decisions.send_back(submission, by=cast.independent)
    return submission


def again(submission, cast):
    """The next round, taken by Ines."""
    submission.assessment.refresh_from_db()
    following = submit.submit(submission.assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(following, by=cast.independent)
    return following


# --- saving a mark -----------------------------------------------------------------------------------------------------


def test_the_same_operation_twice_changes_nothing(cast):
    submission, operation = in_review(cast), uuid.uuid4()
    for _again in range(2):
        mark = marks.save_mark(
            submission, TARGET, marks.GivenMark(mark="accepted"), by=cast.independent, base=0, operation=operation
        )
    assert versions(mark) == [(1, "current", "accepted")]


def test_a_page_that_never_heard_of_its_save_goes_on_from_it(cast):
    """The answer to a save was lost; what is typed next carries the same base and operation, and is no conflict."""
    submission, operation = in_review(cast), uuid.uuid4()
    for words in ("Seen", "Seen, with the list."):
        mark = marks.save_mark(
            submission,
            TARGET,
            marks.GivenMark(mark="accepted", words=words),
            by=cast.independent,
            base=0,
            operation=operation,
        )
    assert (mark.revision, mark.words) == (2, "Seen, with the list.")


def test_an_old_operation_that_arrives_late_brings_nothing_back(cast):
    submission, operation = in_review(cast), uuid.uuid4()
    marks.save_mark(
        submission, TARGET, marks.GivenMark(mark="accepted"), by=cast.independent, base=0, operation=operation
    )
    marks.save_mark(submission, TARGET, marks.GivenMark(**WANTED), by=cast.independent, base=1)
    with pytest.raises(Conflict):
        marks.save_mark(
            submission, TARGET, marks.GivenMark(mark="accepted"), by=cast.independent, base=0, operation=operation
        )
    mark = submission.marks.get(target=TARGET)
    assert (mark.mark, mark.revisions.count()) == ("change_needed", 2)


def test_a_stale_mark_is_kept_beside_the_newer_one_and_overwrites_nothing(cast):
    submission = in_review(cast)
    marks.save_mark(
        submission, TARGET, marks.GivenMark(mark="accepted", words="I saw it."), by=cast.independent, base=0
    )
    for _pressed_twice in range(2):
        with pytest.raises(Conflict, match="Ines Independent marked this answer or fact as “Accepted”") as found:
            marks.save_mark(submission, TARGET, marks.GivenMark(**WANTED), by=cast.independent, base=0)
    mark = submission.marks.get(target=TARGET)
    assert found.value.current == mark
    assert (mark.mark, mark.words, mark.revision) == ("accepted", "I saw it.", 1)
    assert versions(mark) == [(1, "current", "accepted"), (2, "conflict", "change_needed")]
    marks.save_mark(submission, TARGET, marks.GivenMark(**WANTED), by=cast.independent, base=1)
    assert versions(mark)[-1] == (3, "current", "change_needed")


def test_undoing_goes_back_one_version_as_a_new_one(cast):
    submission = in_review(cast)
    marks.save_mark(submission, TARGET, marks.GivenMark(mark="accepted", words="Seen."), by=cast.independent)
    marks.save_mark(submission, TARGET, marks.GivenMark(**WANTED), by=cast.independent)
    mark = marks.undo_mark(submission, TARGET, by=cast.independent, base=2)
    assert (mark.mark, mark.words, mark.would_satisfy, mark.revision) == ("accepted", "Seen.", "", 3)
    assert versions(mark)[-1] == (3, "restored", "accepted")
    with pytest.raises(Conflict, match="Nothing was undone"):
        marks.undo_mark(submission, TARGET, by=cast.independent, base=2)


def test_a_first_mark_that_is_undone_counts_nowhere_and_is_kept(cast):
    submission = in_review(cast)
    mark_all(submission, by=cast.independent)
    ReviewMark.objects.get(submission=submission, target=TARGET).delete()
    look_at(submission, TARGET, cast.independent)
    assert approval.obstacles_to_approve(submission, cast.independent) == []
    marks.undo_mark(submission, TARGET, by=cast.independent, base=1)
    assert not submission.marks.filter(target=TARGET).exists()
    reasons = words_of(approval.obstacles_to_approve(submission, cast.independent))
    own = len(own_set(submission, "first").targets)
    assert reasons == [
        "You still have to mark 1 answer or fact.",
        f"Required facts and answers still to be opened and marked: 1 of {own}.",
    ]
    kept = ReviewMark.kept.get(submission=submission, target=TARGET)
    assert versions(kept) == [(1, "current", "accepted"), (2, "restored", "")]


def test_not_looked_at_is_a_version_too_and_keeps_the_words(cast):
    submission = in_review(cast)
    marks.save_mark(submission, TARGET, marks.GivenMark(**WANTED), by=cast.independent)
    mark = marks.save_mark(submission, TARGET, marks.GivenMark(**WANTED | {"mark": ""}), by=cast.independent, base=1)
    assert (mark.would_satisfy, submission.marks.count()) == ("The newest entry.", 0)


def test_who_left_the_case_or_came_too_late_marks_nothing(cast):
    submission = in_review(cast)
    for who in (cast.second_independent, cast.owner, cast.staff):
        with pytest.raises(NotPermitted):
            marks.save_mark(submission, TARGET, marks.GivenMark(mark="accepted"), by=who)
        with pytest.raises(NotPermitted):
            marks.accept_together(submission, [TARGET], by=who)
        with pytest.raises(NotPermitted):
            marks.mark_evidence(submission, QUESTION, "x", marks.GivenVerdict(verdict="supports"), by=who)
        with pytest.raises(NotPermitted):
            marks.undo_mark(submission, TARGET, by=who, base=0)
    seat = cast.independent.memberships.get()
    seat.left_at = timezone.now()
    seat.save()
    with pytest.raises(NotPermitted):
        marks.save_mark(submission, TARGET, marks.GivenMark(mark="accepted"), by=cast.independent)
    seat.left_at = None
    seat.save()
    marks.save_mark(submission, TARGET, marks.GivenMark(mark="accepted"), by=cast.independent)
    decisions.refuse(submission, by=cast.independent, statement="No.")
    with pytest.raises(Locked):
        marks.undo_mark(submission, TARGET, by=cast.independent, base=1)
    with pytest.raises(Locked):
        marks.accept_together(submission, [TARGET], by=cast.independent)


# --- accepted with action ----------------------------------------------------------------------------------------------


def agree(submission, by, question=QUESTION, **fields):
    return marks.save_mark(submission, f"q:{question}", marks.GivenMark(mark="accepted_with_action", **fields), by=by)


def test_an_answer_is_accepted_with_an_action_only_where_it_says_which(cast):
    submission = in_review(cast)
    with pytest.raises(InvalidAnswer) as found:
        agree(submission, cast.independent)
    assert found.value.field == "action_title"
    for due in (timezone.localdate(), in_days(400)):
        with pytest.raises(InvalidAnswer) as found:
            agree(submission, cast.independent, action_title="Name a deputy", action_due=due)
        assert found.value.field == "action_due"


def test_a_fact_is_never_accepted_with_an_action(cast):
    submission = in_review(cast)
    given = marks.GivenMark(mark="accepted_with_action", action_title="Name a deputy", words="In writing.")
    with pytest.raises(InvalidAnswer) as found:
        marks.save_mark(submission, "f:public_facing", given, by=cast.independent)
    assert found.value.field == "mark"
    assert not submission.marks.exists()


@pytest.mark.long
def test_an_agreed_action_is_in_the_plan_once_the_submission_is_approved(cast):
    submission = in_review(cast)
    agree(
        submission, cast.independent, OTHER, action_title="Name a deputy", words="In writing.", action_due=in_days(50)
    )
    mark_all(submission, by=cast.independent)
    assert not RemediationAction.objects.filter(question=OTHER).exists()
    approval.approve(submission, by=cast.independent, statement="Read.")
    action = RemediationAction.objects.get(use=submission.assessment.use, question=OTHER)
    assert (action.title, action.asked, action.due) == ("Name a deputy", "Name a deputy\nIn writing.", in_days(50))
    assert (action.status, action.number) == ("open", submission.assessment.use.actions.count())
    assert list(submission.documents.filter(kind="plan").order_by("version").values_list("version", flat=True)) == [
        1,
        2,
    ]
    assert agreed_actions.open_agreed_actions(submission) == []
    block = next(block for block in submission_report(submission).actions if block.number == action.number)
    assert (block.title, block.steps[-1], block.due) == (action.title, "Name a deputy. In writing.", action.due)
    assert "Name a deputy" in plan_html(submission_report(submission))


@pytest.mark.long
def test_an_agreed_action_joins_the_open_one_of_its_question(cast):
    answers = {QUESTION: {"choice": "partly", "text": "Two clinics."}}
    submission = in_review(cast, answers=answers)
    action = RemediationAction.objects.get(use=submission.assessment.use, question=QUESTION)
    agree(submission, cast.independent, action_title="List the other four", action_due=in_days(5))
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read.", conditions={QUESTION: in_days(9)})
    title = action.title
    action = RemediationAction.objects.get(use=submission.assessment.use, question=QUESTION)
    assert (action.title, action.asked, action.due) == (title, "List the other four", in_days(5))


def test_an_agreed_action_is_not_closed_by_a_later_round_of_good_answers(cast):
    submission = in_review(cast)
    agree(submission, cast.independent, OTHER, action_title="Name a deputy")
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read.")
    renewal = start.start_assessment(submission.assessment.use, by=cast.owner, follows=submission.assessment)
    fill(renewal, by=cast.owner)
    submit.submit(renewal, by=cast.owner, route=Route.INDEPENDENT)
    assert RemediationAction.objects.get(question=OTHER).status == "open"


# --- many at once ------------------------------------------------------------------------------------------------------


@pytest.mark.long
@fails_without("nothing of the own set is accepted together")
def test_what_is_plain_is_accepted_in_one_action_and_recorded_as_such(cast):
    submission = in_review(cast, answers={"known-failures": {"choice": "planned", "planned_for": in_days(20)}})
    content = submission.content()
    edition = submission.assessment.compiled()
    targets = review_targets.review_targets(content)
    decisive = decisive_targets(edition, content)
    own = own_set(submission, "first").targets
    marks.save_mark(submission, "f:public_facing", marks.GivenMark(**WANTED), by=cast.independent)
    accepted = marks.accept_together(submission, targets, by=cast.independent)
    assert accepted
    assert {mark.target for mark in accepted} & decisive == set()
    assert all(mark.together and mark.mark == "accepted" for mark in accepted)
    assert submission.marks.get(target="f:public_facing").mark == "change_needed"
    left = set(targets) - set(submission.marks.values_list("target", flat=True))
    alone = own | {"q:known-failures"} | set(flags_of(edition, content))
    assert left == alone - {"f:public_facing"}  # which may have been drawn, and has its mark
    assert own > decisive
    assert {"f:illegal_purpose", "f:employment_decisions", TARGET} <= decisive
    assert AuditEntry.objects.filter(kind="marks_accepted_together").count() == 1
    assert marks.accept_together(submission, targets, by=cast.independent) == []
    assert AuditEntry.objects.filter(kind="marks_accepted_together").count() == 1


@pytest.mark.long
@fails_without("what is accepted together is fully in place")
def test_what_falls_short_is_not_accepted_together_though_nobody_drew_it(cast, monkeypatch):
    monkeypatch.setattr(sampling, "draw", lambda *_given: [])
    submission = in_review(cast, answers={"known-failures": {"choice": "planned", "planned_for": in_days(20)}})
    accepted = marks.accept_together(
        submission, review_targets.review_targets(submission.content()), by=cast.independent
    )
    assert accepted
    assert "q:known-failures" not in {mark.target for mark in accepted}


def test_nothing_that_was_changed_or_replied_to_is_accepted_with_others(cast):
    plain = {"f:hosting": "Which cloud?", "f:public_facing": "Is it?"}
    submission = returned(cast, plain)
    use = submission.assessment.use
    declare.declare_facts(use, {"hosting": ["private_cloud"]}, by=cast.owner)
    replies.reply(submission.assessment, "f:public_facing", by=cast.owner, words="It is not.")
    following = again(submission, cast)
    accepted = marks.accept_together(following, review_targets.review_targets(following.content()), by=cast.independent)
    assert {mark.target for mark in accepted} & set(plain) == set()


# --- evidence ----------------------------------------------------------------------------------------------------------


def with_evidence(cast, state=State.SUBMITTED):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    pieces = [make_evidence(cast.organisation, title=title) for title in ("Access log", "Register")]
    for piece in pieces:
        library.attach(piece, assessment, QUESTION, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    return submission, pieces


@pytest.mark.long
def test_each_piece_is_judged_by_itself_and_versions_are_kept(cast):
    submission, (log, _register) = with_evidence(cast)
    mark = marks.mark_evidence(
        submission, QUESTION, log.reference, marks.GivenVerdict(verdict="partly"), by=cast.independent, base=0
    )
    mark = marks.mark_evidence(
        submission,
        QUESTION,
        log.reference,
        marks.GivenVerdict(verdict="supports", note="All of it."),
        by=cast.independent,
        base=1,
    )
    assert (mark.verdict, mark.version, mark.revisions.count()) == ("supports", 1, 2)
    with pytest.raises(Conflict):
        marks.mark_evidence(
            submission, QUESTION, log.reference, marks.GivenVerdict(verdict="does_not"), by=cast.independent, base=1
        )
    mark.refresh_from_db()
    assert (mark.verdict, mark.revisions.count()) == ("supports", 3)
    for question, piece, verdict in ((QUESTION, "nothing", "partly"), (OTHER, log.reference, "partly")):
        with pytest.raises(InvalidAnswer):
            marks.mark_evidence(submission, question, piece, marks.GivenVerdict(verdict=verdict), by=cast.independent)


@pytest.mark.long
def test_the_mark_of_a_piece_is_carried_while_its_version_is_the_same(cast):
    submission, (log, register) = with_evidence(cast)
    for piece in (log, register):
        marks.mark_evidence(
            submission, QUESTION, piece.reference, marks.GivenVerdict(verdict="supports"), by=cast.independent
        )
    mark_all(submission, by=cast.independent, change={TARGET: "A newer register."})
    decisions.send_back(submission, by=cast.independent)
    library.add_version(register, by=cast.owner, file=SimpleUploadedFile("register.txt", b"Newer."))
    following = again(submission, cast)
    carried = EvidenceMark.objects.get(submission=following)
    assert (carried.piece, carried.verdict) == (log.reference, "supports")
    assert carried.carried_from == submission.evidence_marks.get(piece=log.reference)
    assert TARGET in changed_targets(submission.content(), following.content())


# --- rounds ------------------------------------------------------------------------------------------------------------


def test_a_reply_is_kept_version_by_version_and_frozen_into_the_next_round(cast):
    submission = returned(cast, {TARGET: "The newest entry.", f"q:{OTHER}": "A name."})
    assessment = submission.assessment
    operation = uuid.uuid4()
    for _twice in range(2):
        reply = replies.reply(
            assessment, TARGET, by=cast.contributor, words="There is none yet.", base=0, operation=operation
        )
    reply = replies.reply(assessment, TARGET, by=cast.owner, words="There is none yet: we began today.", base=1)
    with pytest.raises(Conflict):
        replies.reply(assessment, TARGET, by=cast.contributor, words="None.", base=1)
    assert list(reply.revisions.order_by("number").values_list("number", "outcome")) == [
        (1, "current"),
        (2, "current"),
        (3, "conflict"),
    ]
    assert {cast.owner.pk, cast.contributor.pk} <= separation.delivery_team(assessment)
    following = again(submission, cast)
    [frozen] = following.content()["replies"]
    assert (frozen["target"], frozen["words"], frozen["by"], frozen["would_satisfy"]) == (
        TARGET,
        "There is none yet: we began today.",
        "Olivia Owner",
        "The newest entry.",
    )
    assert "private" not in str(frozen)


def test_only_what_was_returned_takes_a_reply_and_only_while_it_is(cast):
    submission = returned(cast, {TARGET: "The newest entry."})
    with pytest.raises(InvalidAnswer):
        replies.reply(submission.assessment, f"q:{OTHER}", by=cast.owner, words="And this?")
    with pytest.raises(InvalidAnswer):
        replies.reply(submission.assessment, TARGET, by=cast.owner, words="  ")
    for who in (cast.viewer, cast.independent, cast.outsider, cast.assigned, cast.staff):
        with pytest.raises(NotPermitted):
            replies.reply(submission.assessment, TARGET, by=who, words="Hello.")
    again(submission, cast)
    with pytest.raises(Locked):
        replies.reply(submission.assessment, TARGET, by=cast.owner, words="Late.")


def test_untouched_is_what_was_neither_changed_nor_replied_to(cast):
    three = {TARGET: "An entry.", f"q:{OTHER}": "A name.", "f:hosting": "Which cloud?"}
    submission = returned(cast, three)
    assessment = submission.assessment
    assessment.refresh_from_db()
    assert set(replies.untouched(assessment, ())) == set(three)
    replies.reply(assessment, TARGET, by=cast.owner, words="It is on page 3.")
    assert set(replies.untouched(assessment, {"f:hosting"})) == {f"q:{OTHER}"}


@pytest.mark.long
def test_three_rounds_carry_what_stands_and_ask_only_for_what_does_not(cast):
    """Return three, change two and reply to one; return one again; approve."""
    asked = {TARGET: "An entry.", f"q:{OTHER}": "A name.", "q:known-failures": "The date."}
    first = returned(cast, asked)
    assessment = first.assessment
    assessment.refresh_from_db()
    for question in (QUESTION, OTHER):
        save(assessment, question, {"choice": "in_place", "text": f"Now with {question}."}, by=cast.owner)
    replies.reply(assessment, "q:known-failures", by=cast.owner, words="It stands in the handbook.")
    second = again(first, cast)
    carried = set(second.marks.values_list("target", flat=True))
    assert carried == set(review_targets.review_targets(second.content())) - set(asked)
    assert set(second.marks.values_list("carried_from__submission", flat=True)) == {first.pk}
    for target in (TARGET, "q:known-failures"):
        look_at(second, target, cast.independent)
    marks.save_mark(second, f"q:{OTHER}", marks.GivenMark(**WANTED), by=cast.independent)
    decisions.send_back(second, by=cast.independent, answer_by=in_days(10))
    assert second.decisions.get().answer_by == timezone.localdate() + timedelta(days=10)
    assert "Please answer by" in cast.owner.inbox.filter(kind="returned").latest("pk").text
    assessment.refresh_from_db()
    save(assessment, OTHER, {"choice": "in_place", "text": "Lily Lead."}, by=cast.owner)
    third = again(second, cast)
    assert changed_targets(second.content(), third.content()) == {f"q:{OTHER}"}
    assert third.content()["replies"] == []
    assert third.marks.count() == len(review_targets.review_targets(third.content())) - 1
    look_at(third, f"q:{OTHER}", cast.independent)
    approval.approve(third, by=cast.independent, statement="Read.")
    assessment.refresh_from_db()
    assert assessment.state == State.CERTIFIED


def test_undoing_the_change_of_a_carried_mark_makes_it_a_carried_one_again(cast):
    first = returned(cast, {TARGET: "An entry."})
    second = again(first, cast)
    target = f"q:{OTHER}"
    marks.save_mark(second, target, marks.GivenMark(**WANTED), by=cast.independent)
    mark = marks.undo_mark(second, target, by=cast.independent, base=2)
    assert (mark.mark, mark.carried_from) == ("accepted", first.marks.get(target=target))


def test_the_day_by_which_an_answer_is_asked_for_lies_ahead(cast):
    submission = in_review(cast)
    mark_all(submission, by=cast.independent, change={TARGET: "An entry."})
    with pytest.raises(InvalidAnswer):
        decisions.send_back(submission, by=cast.independent, answer_by=timezone.localdate())


@pytest.mark.long
def test_a_return_opens_what_is_marked_and_what_depends_on_it_and_nothing_else(cast):
    """A new answer to a marked fact brings more questions; what was never answered stays open until it is sent again."""
    submission = returned(cast, {"f:personal_data": "You name patients in question 3.", TARGET: "The newest entry."})
    assessment, use = submission.assessment, submission.assessment.use
    assessment.refresh_from_db()
    before = {q.key for q in assessment.declared().questions(assessment.compiled())}
    assert declare.editable_facts(use) == {"personal_data"} | {
        key for key in assessment.compiled().facts if key not in {row.key for row in use.fact_rows()}
    }
    with pytest.raises(Locked):
        declare.declare_facts(use, {"public_facing": True}, by=cast.owner)
    declare.declare_facts(use, {"personal_data": "ordinary"}, by=cast.owner)
    never_asked = next(key for key in sorted(declare.editable_facts(use)) if assessment.compiled().facts[key].yes_no)
    for value in (True, False):  # said once, and put otherwise before it is sent
        declare.declare_facts(use, {never_asked: value}, by=cast.owner)
    assessment = type(assessment).objects.for_dashboard().get(pk=assessment.pk)
    declared, answered = assessment.declared(), assessment.answer_values()
    unlocked = answering_answers.unlocked_questions(assessment, declared, answered)
    added = {q.key for q in declared.questions(assessment.compiled())} - before
    assert added
    edition = assessment.compiled()
    depending = {
        q.key for q in declared.questions(edition) if any(test.fact == "personal_data" for test in q.when.tests())
    }
    assert unlocked == {QUESTION} | added | depending
