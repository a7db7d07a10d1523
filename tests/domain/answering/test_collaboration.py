"""What colleagues say and ask: comments, mentions, requests, the inbox, invitations and roles."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from assessments.access import finders, separation
from assessments.core.errors import InvalidAnswer, Locked, NotPermitted, WorkflowError
from assessments.domain.answering import asking, assignments, comments
from assessments.domain.register import invitations, members, organisations
from assessments.models import (
    Assessment,
    Assignment,
    AuditEntry,
    Comment,
    Invitation,
    Membership,
    Message,
    Organisation,
    Role,
    Sees,
    State,
    User,
    assessments,
)
from assessments.notifications.kinds import MessageKind
from tests.support.factories import (
    Cast,
    anew,
    in_days,
    make_assessment,
    make_member,
    make_message,
    make_organisation,
    make_user,
    save,
)
from tests.support.page_text import markup_of

HX = {"headers": {"HX-Request": "true"}}
SECTION, QUESTION, OTHER = "governance", "use-register", "acceptable-use"
TITLE = "Register of generative AI uses"
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def once_for_all(cast: Cast) -> Assessment:
    return make_assessment(cast=cast, filled=False)


@pytest.fixture
def draft(made: tuple[Cast, Assessment], db: None) -> Assessment:
    return anew(made[1])


def member(user: User, organisation: Organisation | None = None) -> Membership:
    found = Membership.objects.filter(user=user)
    return (found.filter(organisation=organisation) if organisation else found).get()


def words_of(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def page_of(name: str, assessment: Assessment, question: str = QUESTION) -> str:
    return reverse(name, args=[assessment.reference, question])


def inbox_of(user: User) -> list[tuple[str, bool]]:
    return [(m.subject, m.read_at is None) for m in Message.objects.filter(recipient=user).order_by("pk")]


# --- comments ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Connie Contributor, is this right?", ["Connie Contributor"]),
        ("@connie is this right?", ["Connie Contributor"]),
        ("See @victor and @ASIF.", ["Asif Assigned", "Victor Viewer"]),
        ("Mail connie@example.org or @Connieville", []),
        ("@Nobody knows", []),
        ("請@梁思敏看看", ["梁思敏"]),
        ("@Rita reviews and is not told", []),
    ],
)
def test_a_name_after_an_at_tells_the_colleague_who_has_it(cast, draft, text, named):
    make_member(Role.VIEWER, cast.organisation, "梁思敏")
    assignments.assign_section(draft, SECTION, member(cast.assigned), by=cast.owner)
    people = finders.members_who_see(draft, SECTION, QUESTION)
    assert sorted(m.user.name for m in comments.mentioned(text, people)) == named


def test_a_first_name_that_two_have_tells_neither_and_the_whole_name_tells_one(cast, draft):
    make_member(Role.VIEWER, cast.organisation, "Connie Chan")
    people = finders.members_who_see(draft, SECTION, QUESTION)
    assert comments.mentioned("@Connie?", people) == []
    assert [m.user.name for m in comments.mentioned("@Connie Chan?", people)] == ["Connie Chan"]


def test_a_comment_tells_whom_it_names_with_a_link_to_the_very_comment(
    client, cast, draft, django_capture_on_commit_callbacks
):
    client.force_login(cast.contributor)
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(page_of("comments", draft), {"text": "@Olivia, since when do we keep it?"})
    said = Comment.objects.get()
    assert (said.assessment, said.question, said.author) == (draft, QUESTION, cast.contributor)
    link = f"{page_of('comments', draft)}?at={said.pk}#comment-{said.pk}"
    assert response["Location"] == link
    message = Message.objects.get()
    assert (message.recipient, message.kind, message.link) == (cast.owner, "mention", link)
    (sent,) = mail.outbox
    assert sent.to == [cast.owner.email]
    assert f"http://127.0.0.1:8000{link}" in sent.body
    client.force_login(cast.owner)
    assert f'id="comment-{said.pk}"' in markup_of(client.get(page_of("comments", draft)))


def test_without_a_name_in_the_text_a_colleague_is_chosen_from_the_list(client, cast, draft):
    client.force_login(cast.owner)
    page = client.get(page_of("comments", draft)).content.decode()
    assert "Connie Contributor (Contributor)" in page
    for absent in ("Asif Assigned", "Rita Reviewer", "Olivia Owner ("):
        assert absent not in page
    client.post(page_of("comments", draft), {"text": "Since when?", "to": member(cast.contributor).pk})
    assert Message.objects.get().recipient == cast.contributor


def test_nobody_is_told_who_does_not_see_the_question(client, cast, draft):
    client.force_login(cast.owner)
    for chosen in (cast.reviewer, cast.assigned, cast.outsider):
        response = client.post(page_of("comments", draft), {"text": "A word", "to": member(chosen).pk})
        assert response.status_code == 200
    assert Comment.objects.count() == Message.objects.count() == 0


def test_a_reply_tells_those_who_took_part_and_opens_the_thread_again(client, cast, draft):
    first = comments.comment(draft, QUESTION, "Since when?", by=cast.contributor)
    comments.resolve(first, by=cast.owner)
    client.force_login(cast.owner)
    client.post(page_of("comments", draft), {"text": "Since May.", "reply_to": first.pk})
    first.refresh_from_db()
    reply = Comment.objects.get(reply_to=first)
    assert first.resolved_at is None
    assert inbox_of(cast.contributor) == [(f"Olivia Owner wrote about “{TITLE}”", True)]
    comments.comment(draft, QUESTION, "Thank you.", by=cast.contributor, reply_to=reply)
    assert Comment.objects.filter(reply_to=first).count() == 2
    assert inbox_of(cast.owner) == [(f"Connie Contributor wrote about “{TITLE}”", True)]


def test_a_thread_is_resolved_and_opened_again_by_a_button(client, cast, draft):
    first = comments.comment(draft, QUESTION, "Since when?", by=cast.contributor)
    client.force_login(cast.owner)
    client.post(page_of("comments", draft), {"resolve": first.pk})
    first.refresh_from_db()
    assert first.resolved_by == cast.owner
    assert "” are resolved" in words_of(client.get(page_of("comments", draft)))
    client.post(page_of("comments", draft), {"reopen": first.pk})
    first.refresh_from_db()
    assert first.resolved_at is None


def test_the_author_takes_a_fresh_last_comment_back_with_what_was_told_of_it(client, cast, draft):
    first = comments.comment(draft, QUESTION, "@Olivia since when?", by=cast.contributor)
    client.force_login(cast.contributor)
    assert "Withdraw this comment" in words_of(client.get(page_of("comments", draft)))
    client.post(page_of("comments", draft), {"take_back": first.pk})
    assert Comment.objects.count() == Message.objects.count() == 0


@pytest.mark.parametrize("why", ["somebody else's", "too old", "answered"])
def test_no_other_comment_is_taken_back(client, cast, draft, why):
    first = comments.comment(draft, QUESTION, "Since when?", by=cast.contributor)
    if why == "too old":
        Comment.objects.update(at=timezone.now() - timedelta(minutes=16))
    if why == "answered":
        comments.comment(draft, QUESTION, "Since May.", by=cast.owner, reply_to=first)
    client.force_login(cast.owner if why == "somebody else's" else cast.contributor)
    assert "Withdraw this comment" not in words_of(client.get(page_of("comments", draft))) or why == "answered"
    response = client.post(page_of("comments", draft), {"take_back": first.pk}, follow=True)
    assert "within 15 minutes" in words_of(response)
    assert Comment.objects.filter(pk=first.pk).exists()


def test_a_comment_sent_twice_stands_once(cast, draft):
    comments.comment(draft, QUESTION, "Since when?", by=cast.owner)
    comments.comment(draft, QUESTION, "Since when?", by=cast.owner)
    assert Comment.objects.count() == 1
    comments.comment(draft, QUESTION, "Since when?", by=cast.contributor)
    assert Comment.objects.count() == 2


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_a_comment_that_cannot_stand_is_given_back_with_its_error(client, cast, draft, text):
    first = comments.comment(draft, QUESTION, "Since when?", by=cast.contributor)
    client.force_login(cast.owner)
    response = client.post(page_of("comments", draft), {"text": text, "reply_to": first.pk})
    assert response.status_code == 200
    assert f'href="#q-{QUESTION}--comment-{first.pk}--text"' in markup_of(response)
    assert text.strip() in markup_of(response)
    assert Comment.objects.count() == 1
    with pytest.raises(InvalidAnswer):
        comments.comment(draft, QUESTION, "  ", by=cast.owner)


def test_who_sees_only_what_is_assigned_talks_about_that_alone(client, cast, draft):
    assignments.assign_section(draft, SECTION, member(cast.assigned), by=cast.owner, question=QUESTION)
    client.force_login(cast.assigned)
    assert client.post(page_of("comments", draft), {"text": "I look it up."}).status_code == 302
    for hidden in ("ai-framework", OTHER, "no-such-question"):
        assert client.get(page_of("comments", draft, hidden)).status_code == 404
    with pytest.raises(NotPermitted):
        comments.comment(draft, OTHER, "I look it up.", by=cast.assigned)


def test_a_comment_of_another_question_is_not_touched_through_this_one(client, cast, draft):
    other = comments.comment(draft, OTHER, "Since when?", by=cast.owner)
    client.force_login(cast.owner)
    for data in ({"resolve": other.pk}, {"take_back": other.pk}, {"text": "A reply", "reply_to": other.pk}):
        assert client.post(page_of("comments", draft), data).status_code == 404
    assert Comment.objects.count() == 1


@pytest.mark.long
def test_comments_stay_out_of_the_submission_and_of_reviewers_sight(client, cast):
    assessment = make_assessment("draft", "limited", cast=cast)
    comments.comment(assessment, QUESTION, "Between ourselves: a sore point", by=cast.owner)
    from assessments.domain.review import seat_taking
    from assessments.domain.submission import submit

    submission = submit.submit(assessment, by=cast.owner, route=assessments.Route.INDEPENDENT)
    assert "sore point" not in submission.snapshot
    client.force_login(cast.independent)
    seat_taking.take(submission, by=cast.independent)
    page = client.get(reverse("review_section", args=[submission.reference, SECTION]))
    assert (page.status_code, "sore point" in page.content.decode()) == (200, False)
    assert client.get(page_of("comments", assessment)).status_code == 404


def test_the_section_page_counts_open_threads_and_opens_them_below_the_answer(client, cast, draft):
    first = comments.comment(draft, QUESTION, "Since when?", by=cast.contributor)
    comments.comment(draft, QUESTION, "And where?", by=cast.contributor)
    client.force_login(cast.owner)
    section = reverse("section", args=[draft.reference, SECTION])
    assert "Comments (2 open)" in words_of(client.get(section))
    part = markup_of(client.get(page_of("comments", draft), **HX))
    assert part.startswith(f'<div class="hk-row hk-talk" id="q-{QUESTION}--talk">')
    assert "<html" not in part
    after = client.post(page_of("comments", draft), {"resolve": first.pk}, **HX)
    assert (after.status_code, "Comments (1 open)" in markup_of(after)) == (200, True)
    wrong = client.post(page_of("comments", draft), {"text": " "}, **HX)
    assert "Write a comment." in words_of(wrong)


# --- asking ------------------------------------------------------------------------------------------------------------


def ask(client: Client, assessment: Assessment, **data: Any) -> HttpResponse:
    return client.post(page_of("ask", assessment), data)


def test_a_colleague_is_asked_one_question_and_sees_it_alone(client, cast, draft, django_capture_on_commit_callbacks):
    client.force_login(cast.contributor)
    with django_capture_on_commit_callbacks(execute=True):
        ask(client, draft, member=member(cast.assigned).pk, due=in_days(3).isoformat(), note="Which tool keeps it?")
    asked = Assignment.objects.get()
    assert (asked.section, asked.question, asked.due, asked.by) == (SECTION, QUESTION, in_days(3), cast.contributor)
    link = f"{reverse('section', args=[draft.reference, SECTION])}#q-{QUESTION}"
    (sent,) = mail.outbox
    assert sent.to == [cast.assigned.email]
    assert f"http://127.0.0.1:8000{link}" in sent.body
    assert "Which tool keeps it?" in sent.body
    client.force_login(cast.assigned)
    page = client.get(reverse("section", args=[draft.reference, SECTION]))
    assert [view.key for view in page.context["questions"]] == [QUESTION]
    assert "You have been asked to answer this question" in words_of(page)
    assert page_of("ask", draft) not in page.content.decode()


def test_opening_the_section_by_any_way_reads_the_message_about_it(client, cast, draft):
    asking.ask(draft, SECTION, member(cast.contributor), by=cast.owner, question=QUESTION)
    assert [unread for _subject, unread in inbox_of(cast.contributor)] == [True]
    client.force_login(cast.contributor)
    client.get(reverse("section", args=[draft.reference, "people"]))
    assert [unread for _subject, unread in inbox_of(cast.contributor)] == [True]
    client.get(reverse("section", args=[draft.reference, SECTION]))
    assert [unread for _subject, unread in inbox_of(cast.contributor)] == [False]


def test_the_person_asked_says_done_and_whoever_asked_is_told(client, cast, draft):
    asked = asking.ask(draft, SECTION, member(cast.assigned), by=cast.contributor, question=QUESTION)
    save(draft, QUESTION, {"choice": "in_place"}, by=cast.assigned)
    client.force_login(cast.assigned)
    page = reverse("asked", args=[draft.reference, asked.pk])
    assert "Tell Connie Contributor that you have answered" in words_of(client.get(page))
    assert "The question already has an answer." in words_of(client.get(reverse("dashboard")))
    client.post(page, {"done": "1"})
    asked.refresh_from_db()
    assert asked.done_at
    assert inbox_of(cast.contributor) == [(f"Asif Assigned has answered “{TITLE}”", True)]
    assert [unread for _subject, unread in inbox_of(cast.assigned)] == [False]
    assert TITLE not in words_of(client.get(reverse("dashboard")))
    client.post(page, {"done": "1"})
    assert len(inbox_of(cast.contributor)) == AuditEntry.objects.filter(kind="assignment_done").count() == 1


@pytest.mark.parametrize("who", ["owner", "viewer", "contributor"])
def test_nobody_else_says_that_it_is_done(client, cast, draft, who):
    asked = asking.ask(draft, SECTION, member(cast.assigned), by=cast.owner)
    client.force_login(getattr(cast, who))
    assert client.post(reverse("asked", args=[draft.reference, asked.pk]), {"done": "1"}).status_code == 403
    asked.refresh_from_db()
    assert asked.done_at is None


def test_the_date_is_changed_and_the_person_told_again(client, cast, draft):
    asked = asking.ask(draft, SECTION, member(cast.contributor), by=cast.owner, due=in_days(2))
    client.force_login(cast.owner)
    page = reverse("asked", args=[draft.reference, asked.pk])
    assert f'value="{in_days(2).isoformat()}"' in markup_of(client.get(page))
    Message.objects.update(read_at=timezone.now())
    client.post(page, {"change": "1", "due": in_days(9).isoformat(), "note": "Take your time."})
    asked.refresh_from_db()
    assert (asked.due, asked.note) == (in_days(9), "Take your time.")
    assert len(inbox_of(cast.contributor)) == 1
    assert [unread for _subject, unread in inbox_of(cast.contributor)] == [True]
    late = client.post(page, {"change": "1", "due": in_days(-1).isoformat()})
    assert "Choose today or a later day." in words_of(late)


def test_a_date_that_has_passed_may_stay_when_only_the_note_changes(client, cast, draft):
    asked = asking.ask(draft, SECTION, member(cast.contributor), by=cast.owner, due=in_days(-3))
    client.force_login(cast.owner)
    data = {"change": "1", "due": in_days(-3).isoformat(), "note": "Please today."}
    assert client.post(reverse("asked", args=[draft.reference, asked.pk]), data).status_code == 302


def test_a_request_is_taken_back_and_with_it_the_sight_of_the_question(client, cast, draft):
    asked = asking.ask(draft, SECTION, member(cast.assigned), by=cast.owner, question=QUESTION)
    comments.comment(draft, QUESTION, "@Asif, since when?", by=cast.owner)
    client.force_login(cast.owner)
    client.post(reverse("asked", args=[draft.reference, asked.pk]), {"stop": "1"})
    assert Assignment.objects.count() == 0
    assert inbox_of(cast.assigned) == []
    client.force_login(cast.assigned)
    assert client.get(draft.get_absolute_url()).status_code == 404
    assert AuditEntry.objects.filter(kind="assignment_removed").count() == 1


def test_a_contributor_changes_only_what_they_asked_themselves(client, cast, draft):
    of_owner = asking.ask(draft, SECTION, member(cast.assigned), by=cast.owner)
    own = asking.ask(draft, SECTION, member(cast.assigned), by=cast.contributor, question=QUESTION)
    client.force_login(cast.contributor)
    answers = [client.post(reverse("asked", args=[draft.reference, one.pk]), {"stop": "1"}) for one in (of_owner, own)]
    assert [answer.status_code for answer in answers] == [403, 302]
    assert list(Assignment.objects.all()) == [of_owner]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "member"),
        ({"member": "0"}, "member"),
        ({"email": "not an address"}, "email"),
        ({"email": "new@example.org", "due": "2001-01-01"}, "due"),
        ({"email": "victor@viewers.org"}, "email"),  # a member who cannot answer
        ({"email": "new@example.org", "note": "x" * 401}, "note"),
    ],
)
def test_a_request_that_lacks_something_says_so_at_its_field(client, cast, draft, data, field):
    User.objects.filter(pk=cast.viewer.pk).update(email="victor@viewers.org")
    client.force_login(cast.owner)
    response = ask(client, draft, **data)
    assert list(response.context["form"].errors) == [field]
    assert Assignment.objects.count() == Invitation.objects.count() == 0


def test_an_owner_chooses_a_colleague_or_invites_one(client, cast, draft):
    client.force_login(cast.owner)
    form = client.get(page_of("ask", draft)).context["form"]
    offered = {key for key, _words in form.fields["member"].choices}
    assert str(member(cast.contributor).pk) in offered
    assert str(member(cast.owner).pk) not in offered  # nobody asks themselves
    before, after = words_of(client.get(page_of("ask", draft))).split("Or invite somebody by email")
    assert "(optional)" not in before
    assert not after.lstrip().startswith("(optional)")
    assert ask(client, draft).context["form"].errors["member"] == ["Choose a person, or invite one by email."]


def test_a_contributor_has_to_choose_a_colleague(client, cast, draft):
    client.force_login(cast.contributor)
    assert ask(client, draft).context["form"].errors["member"] == ["Choose a person to ask."]


def test_nobody_is_asked_while_the_assessment_is_locked(client, cast):
    sent = make_assessment(State.SUBMITTED, "limited", cast=cast)
    client.force_login(cast.owner)
    page = client.get(page_of("ask", sent))
    assert (page.status_code, b"btn-primary" in page.content) == (200, False)
    assert ask(client, sent, member=member(cast.contributor).pk).status_code == 200
    with pytest.raises(Locked):
        asking.ask(sent, SECTION, member(cast.contributor), by=cast.owner)
    assert Assignment.objects.count() == 0


def test_who_sees_only_what_is_assigned_passes_nothing_on(client, cast, draft):
    asking.ask(draft, SECTION, member(cast.assigned), by=cast.owner)
    client.force_login(cast.assigned)
    assert ask(client, draft, member=member(cast.contributor).pk).status_code == 403
    client.force_login(cast.contributor)
    assert "Or invite somebody by email" not in words_of(client.get(page_of("ask", draft)))


def test_somebody_who_is_not_here_yet_is_invited_with_the_question_and_finds_it(client, cast, draft):
    client.force_login(cast.owner)
    ask(client, draft, email="nina@example.org", due=in_days(5).isoformat(), note="You run the tool.")
    ask(client, draft, email="nina@example.org")
    client.post(page_of("ask", draft, OTHER), {"email": "nina@example.org"})
    assert [m.to for m in mail.outbox] == [["nina@example.org"]] * 3
    assert "You run the tool." in mail.outbox[0].body
    link = re.search(r"http://127\.0\.0\.1:8000(/invitations/\S+)", mail.outbox[0].body)[1]
    nina = make_user("Nina New", email="nina@example.org")
    client.force_login(nina)
    assert "Olivia Owner asks you:" in words_of(client.get(link))
    client.post(link)
    joined = member(nina)
    assert (joined.role, joined.sees) == (Role.CONTRIBUTOR, Sees.ASSIGNED)
    assert {(a.question, a.by) for a in joined.assignments.all()} == {(QUESTION, cast.owner), (OTHER, cast.owner)}
    assert Invitation.objects.filter(accepted_at=None).count() == 0
    asked = [view.key for view in client.get(reverse("section", args=[draft.reference, SECTION])).context["questions"]]
    assert asked == [QUESTION]


def test_joining_succeeds_although_the_question_cannot_be_asked_any_more(cast, draft):
    invitation, _token = invitations.ask_by_mail(draft, QUESTION, "nina@example.org", by=cast.owner)
    make_member(Role.OWNER, cast.organisation)
    Membership.objects.filter(user=cast.owner, organisation=cast.organisation).update(role=Role.VIEWER)
    joined = invitations.accept(invitation, by=make_user("Nina New", email="nina@example.org"))
    assert (joined.left_at, joined.assignments.count()) == (None, 0)


def test_the_task_list_names_no_day_once_nothing_can_be_answered(client, cast, draft):
    asking.ask(draft, SECTION, member(cast.contributor), by=cast.owner, due=in_days(2))
    client.force_login(cast.owner)
    page, day = reverse("assessment", args=[draft.reference]), date_format(in_days(2), "j F")
    assert f"due {day}" in client.get(page).content.decode()
    type(draft).objects.filter(pk=draft.pk).update(state="approved")
    assert f"due {day}" not in client.get(page).content.decode()


def test_the_task_list_shows_who_has_what(client, cast, draft):
    asking.ask(draft, SECTION, member(cast.contributor), by=cast.owner, due=in_days(4))
    for question in (QUESTION, "ai-framework"):
        asking.ask(draft, SECTION, member(cast.assigned), by=cast.owner, question=question)
    Assignment.objects.filter(question=QUESTION).update(due=in_days(-1))
    client.force_login(cast.owner)
    page = words_of(client.get(draft.get_absolute_url()))
    assert "Connie Contributor due" in page
    assert "Asif Assigned 2 questions, due" in page


# --- the inbox ---------------------------------------------------------------------------------------------------------


def test_the_inbox_lists_unread_lines_first_and_marks_one_or_all(client, cast, draft):
    for number in range(3):
        make_message(cast.owner, f"Line {number}")
    client.force_login(cast.owner)
    newest = Message.objects.get(subject="Somebody wrote about “Line 2”")
    client.post(reverse("inbox"), {"read": newest.pk})
    page = words_of(client.get(reverse("inbox")))
    assert "2 unread notifications" in page
    assert page.index("Line 1") < page.index("Line 0") < page.index("Line 2")
    assert (
        client.post(reverse("inbox"), {"message": Message.objects.get(subject="Somebody wrote about “Line 1”").pk})[
            "Location"
        ]
        == "/home/"
    )
    client.post(reverse("inbox"), {"all": "1"})
    assert [unread for _subject, unread in inbox_of(cast.owner)] == [False] * 3
    assert "No unread notifications" in words_of(client.get(reverse("inbox")))


def test_the_inbox_is_ones_own(client, cast):
    message = make_message(cast.owner, "For Olivia")
    client.force_login(cast.contributor)
    assert "For Olivia" not in words_of(client.get(reverse("inbox")))
    assert "No notifications yet" in words_of(client.get(reverse("inbox")))
    for data in ({"message": message.pk}, {"read": message.pk}, {"read": "x"}, {}):
        assert client.post(reverse("inbox"), data).status_code == 404
    client.post(reverse("inbox"), {"all": "1"})
    assert [unread for _subject, unread in inbox_of(cast.owner)] == [True]


def test_a_mention_needs_its_person_until_they_answer_or_somebody_resolves_it(client, cast, draft):
    first = comments.comment(draft, QUESTION, "@Connie, since when?", by=cast.owner)
    second = comments.comment(draft, OTHER, "@Connie, and where?", by=cast.owner)
    client.force_login(cast.contributor)
    client.get(page_of("comments", draft))  # reading it is not answering it
    page = words_of(client.get(reverse("dashboard")))
    assert page.count("Answer the comment") == 2
    assert ("@Connie, since when?" in page, "@Connie, and where?" in page) == (True, True)
    comments.comment(draft, QUESTION, "Since May.", by=cast.contributor, reply_to=first)
    comments.resolve(second, by=cast.owner)
    page = words_of(client.get(reverse("dashboard")))
    assert ("@Connie, since when?" in page, "@Connie, and where?" in page) == (False, False)


@pytest.mark.long
def test_the_news_of_an_approval_goes_once_its_page_was_opened_or_after_a_month(client, cast):
    approved = make_assessment(State.CERTIFIED, "limited", cast=cast)
    client.force_login(cast.owner)
    assert "Submission approved:" in words_of(client.get(reverse("dashboard")))
    with_news = Message.objects.get(kind="approved")
    Message.objects.filter(pk=with_news.pk).update(at=timezone.now() - timedelta(days=31))
    assert "Submission approved:" not in words_of(client.get(reverse("dashboard")))
    Message.objects.filter(pk=with_news.pk).update(at=timezone.now())
    client.get(approved.get_absolute_url())
    assert "Submission approved:" not in words_of(client.get(reverse("dashboard")))
    with_news.refresh_from_db()
    assert with_news.read_at


def test_news_leaves_everybodys_list_when_a_reviewer_opens_the_case_alone(client, cast):
    sent = make_assessment(State.SUBMITTED, "limited", cast=cast)
    client.force_login(cast.independent)
    client.get(reverse("review", args=[sent.current_submission.reference]))
    unread = Message.objects.filter(kind="submitted", read_at=None).values_list("recipient__name", flat=True)
    assert list(unread) == ["Ivan Independent"]


@pytest.mark.parametrize("knows", ["mailed_at", "read_at", ""])
def test_who_knows_that_they_are_asked_is_told_that_they_are_no_longer(knows, client, cast, draft):
    asif = Membership.objects.get(user=cast.assigned)
    asked = asking.ask(draft, SECTION, asif, by=cast.owner, note="The clinics' own list is enough.")
    if knows:
        Message.objects.filter(kind=MessageKind.ASKED).update(**{knows: timezone.now()})
    asking.stop_asking(asked, by=cast.owner)
    assert not Message.objects.filter(kind=MessageKind.ASKED).exists()
    told = Message.objects.filter(recipient=cast.assigned, kind=MessageKind.ASKED_NO_MORE)
    assert [line.link for line in told] == ([reverse("dashboard")] if knows else [])
    client.force_login(cast.assigned)
    assert client.get(reverse("dashboard")).status_code == 200
    assert cast.assigned.pk in separation.delivery_team(draft)


def test_who_has_answered_is_told_nothing_more(cast, draft):
    asked = asking.ask(draft, SECTION, Membership.objects.get(user=cast.contributor), by=cast.owner)
    Message.objects.update(mailed_at=timezone.now())
    asking.finish(asked, by=cast.contributor)
    asking.stop_asking(asked, by=cast.owner)
    assert not Message.objects.filter(kind=MessageKind.ASKED_NO_MORE).exists()


# --- people ------------------------------------------------------------------------------------------------------------


def invited(cast: Cast, email: str = "nina@example.org", role: Role = Role.VIEWER) -> tuple[Invitation, str]:
    return members.invite(cast.organisation, by=cast.owner, email=email, role=role)


def test_an_invitation_is_sent_again_with_a_link_of_its_own(client, cast):
    invitation, token = invited(cast)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    client.force_login(cast.owner)
    client.post(reverse("invited", args=[cast.organisation.reference, invitation.pk]), {"again": "1"})
    (sent,) = mail.outbox
    link = re.search(r"/invitations/(\S+)/", sent.body)[1]
    assert link != token
    assert finders.invitation_with(token) is None
    assert finders.invitation_with(link) == invitation


def test_a_cancelled_invitation_opens_nothing(client, cast):
    invitation, token = invited(cast)
    client.force_login(cast.owner)
    page = reverse("invited", args=[cast.organisation.reference, invitation.pk])
    client.post(page, {"cancel": "1"})
    assert finders.invitation_with(token) is None
    assert AuditEntry.objects.filter(kind="invitation_cancelled").count() == 1
    assert client.post(page, {"cancel": "1"}).status_code == 404


def test_an_invitation_of_another_organisation_is_out_of_reach(client, cast):
    other = make_organisation("Elsewhere Limited")
    invitation, _token = members.invite(other, by=other.memberships.get().user, email="a@b.org", role=Role.VIEWER)
    client.force_login(cast.owner)
    for reference in (other.reference, cast.organisation.reference):
        assert client.post(reverse("invited", args=[reference, invitation.pk]), {"cancel": "1"}).status_code == 404
    assert Invitation.objects.count() == 1


def test_somebody_signed_in_with_another_address_is_told_which_one_was_invited(client, cast):
    _invitation, token = invited(cast)
    client.force_login(cast.outsider)
    for response in (client.get(reverse("invitation", args=[token])), client.post(reverse("invitation", args=[token]))):
        assert response.status_code == 403
        assert "nina@example.org" in words_of(response).replace(" ", "")
    assert not Membership.objects.filter(user=cast.outsider, organisation=cast.organisation).exists()
    with pytest.raises(NotPermitted, match=r"nina@example\.org"):
        members.accept_invitation(Invitation.objects.get(), by=cast.outsider)


def test_who_may_invite_joins_somebody_at_once_and_changes_no_role_so(cast):
    nina = make_user("Nina New")
    for by in (cast.contributor, cast.reviewer, cast.independent, cast.staff, nina):
        with pytest.raises(NotPermitted):
            members.join(nina, cast.organisation, Role.REVIEWER, by=by)
    member = members.join(nina, cast.organisation, Role.REVIEWER, by=cast.owner)
    with pytest.raises(WorkflowError, match="A member already has the address"):
        members.join(cast.owner, cast.organisation, Role.REVIEWER, by=cast.owner)  # the last owner stays one
    with pytest.raises(WorkflowError, match="Choose the role “Reviewer”"):
        members.join(nina, cast.body, Role.OWNER, by=cast.independent)
    members.remove_member(member, by=cast.owner)
    assert members.join(nina, cast.organisation, Role.VIEWER, by=cast.owner) == member
    assert Membership.objects.get(user=cast.owner, organisation=cast.organisation).role == Role.OWNER


def test_sign_up_by_invitation_holds_the_invited_address(client, cast, settings):
    settings.OPEN_FOUNDING = False
    _invitation, token = invited(cast)
    client.get(reverse("invitation", args=[token]))
    page = client.get(reverse("account_signup"))
    assert 'value="nina@example.org"' in markup_of(page)
    assert page.context["form"].fields["email"].disabled
    data = {"name": "Nina New", "email": "mallory@example.org", "password1": "a lantern on the water"}
    client.post(reverse("account_signup"), data)
    assert User.objects.filter(email="nina@example.org").exists()
    assert not User.objects.filter(email="mallory@example.org").exists()


def test_sign_up_is_closed_again_once_the_invitation_is_gone(client, cast, settings):
    settings.OPEN_FOUNDING = False
    invitation, token = invited(cast)
    client.get(reverse("invitation", args=[token]))
    assert "password1" in client.get(reverse("account_signup")).content.decode()
    invitations.cancel_invitation(invitation, by=cast.owner)
    assert "password1" not in client.get(reverse("account_signup")).content.decode()


def test_an_owner_gives_another_role_and_the_record_says_so(client, cast):
    page = reverse("member", args=[cast.organisation.reference, member(cast.viewer).pk])
    client.force_login(cast.owner)
    assert "Change the role of Victor Viewer" in words_of(client.get(page))
    client.post(page, {"access": "assigned"})
    now = member(cast.viewer)
    assert (now.role, now.sees) == (Role.CONTRIBUTOR, Sees.ASSIGNED)
    entry = AuditEntry.objects.get(kind="role_changed")
    assert '"new":"contributor assigned","old":"viewer all"' in entry.detail.detail


def test_the_last_owner_stays_owner_until_there_is_another(client, cast):
    own = member(cast.owner, cast.organisation)
    client.force_login(cast.owner)
    page = reverse("member", args=[cast.organisation.reference, own.pk])
    response = client.post(page, {"access": "viewer"})
    assert response.context["form"].errors["access"] == [
        "Make somebody else an owner first. An organisation needs at least one owner."
    ]
    with pytest.raises(WorkflowError):
        invitations.change_role(own, Role.REVIEWER, Sees.ALL, by=cast.owner)
    invitations.change_role(member(cast.viewer), Role.OWNER, Sees.ALL, by=cast.owner)
    assert client.post(page, {"access": "viewer"})["Location"] == cast.organisation.get_absolute_url()


def test_the_people_page_says_how_each_stands(client, cast, draft):
    asking.ask(draft, SECTION, member(cast.contributor), by=cast.owner)
    asking.finish(asking.ask(draft, "people", member(cast.contributor), by=cast.owner), by=cast.contributor)
    client.force_login(cast.owner)
    page = words_of(client.get(reverse("people", args=[cast.organisation.reference])))
    assert "Assigned: 1 section or question" in page
    assert "Nothing is currently assigned" in page


@pytest.mark.parametrize("change", [False, True], ids=["founding", "changing"])
def test_two_who_give_one_registration_number_at_the_same_moment(client, cast, settings, monkeypatch, change):
    """Both forms are checked before either is stored: the second store finds the number taken."""
    settings.OPEN_FOUNDING = True
    act = organisations.update_organisation if change else organisations.register_organisation

    def overtaken(*args: Any, **fields: Any) -> Any:
        Organisation.objects.create(name_en="First Limited", registration_no="5551234", place="Hong Kong")
        return act(*args, **fields)

    monkeypatch.setattr(organisations, act.__name__, overtaken)
    client.force_login(cast.owner)
    page = reverse("organisation_edit", args=[cast.organisation.reference]) if change else reverse("found")
    data = {"name_en": "Second Limited", "registration_no": "5551234", "place": "Hong Kong"}
    response = client.post(page, data)
    assert response.status_code == 200
    assert "already" in response.context["form"].errors["registration_no"][0]
    assert 'value="Second Limited"' in markup_of(response)
    assert not Organisation.objects.filter(name_en="Second Limited").exists()


# --- what it costs -------------------------------------------------------------------------------------------------------


def cost(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


@pytest.mark.long
def test_pages_cost_the_same_for_one_comment_or_many(client, cast, draft):
    def talk(times: int) -> None:
        for number in range(times):
            first = comments.comment(draft, QUESTION, f"@Olivia, {number}?", by=cast.contributor)
            comments.comment(draft, QUESTION, f"@Connie, {number}!", by=cast.owner, reply_to=first)
            somebody = make_member(Role.CONTRIBUTOR, cast.organisation)
            asking.ask(draft, SECTION, somebody, by=cast.owner, question=QUESTION)

    urls = [
        page_of("comments", draft),
        page_of("ask", draft),
        reverse("section", args=[draft.reference, SECTION]),
        draft.get_absolute_url(),
        reverse("inbox"),
        reverse("dashboard"),
    ]
    talk(1)
    client.force_login(cast.contributor)
    few = [cost(client, url) for url in urls]
    talk(5)
    assert [cost(client, url) for url in urls] == few
    assert max(few) <= 15
