"""After a return, the pages of a case say to its reviewers what was asked for."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.domain.answering import conformity_file, returned_parts
from assessments.domain.answering.conformity_file import GivenPart
from assessments.domain.review import decisions, interests, parts, seat_taking
from assessments.domain.submission import submit
from assessments.models import DeclaredUse, State, Submission
from tests.domain.review.rounds import resubmit
from tests.support.factories import Cast, make_assessment, make_cast, mark_all, prove, proved
from tests.support.page_text import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

CHANGE = {"q:use-register": "Show the newest entry.", "f:public_facing": "Give the address of the page."}
WANTED = (
    "Requested changes",
    "Please answer both.",
    "Register of generative AI uses",
    "Show the newest entry.",
    "Give the address of the page.",
)


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def returned(cast: Cast, tier: str = "high") -> Submission:
    """A High case with both seats, returned by the first reviewer: an answer, a fact, and a part of the file."""
    submission = make_assessment(State.IN_REVIEW, tier, cast=cast).current_submission
    if tier == "high":
        seat_taking.take(submission, by=cast.second_independent)
    mark_all(submission, by=cast.independent, change=CHANGE)
    if tier == "high":
        given = parts.GivenPartMark("partly", words="Add the newest test report.", returned=True)
        parts.judge_part(submission, "tests", given, by=cast.independent)
    decisions.send_back(submission, by=cast.independent, words="Please answer both.")
    return submission


def get(user: Any, name: str, submission: Submission) -> Any:
    return proved(Client(), user).get(reverse(name, args=[submission.reference]))


@pytest.mark.parametrize("name", ["review", "send_back", "approve"])
@pytest.mark.parametrize("who", ["independent", "second_independent"])
def test_after_a_return_both_reviewers_read_every_request_with_its_words(cast, who, name):
    submission = returned(cast)
    page = text_of(get(getattr(cast, who), name, submission))
    for words in (*WANTED, "Add the newest test report."):
        assert words in page


def test_the_page_of_a_case_that_was_not_returned_lists_no_requests(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    mark_all(submission, by=cast.independent, change=CHANGE)
    assert "Requested changes" not in text_of(get(cast.independent, "review", submission))


def test_the_next_round_leads_back_to_what_was_asked_for(cast):
    first = returned(cast, "limited")
    second = resubmit(first.assessment, cast)
    seat_taking.take(second, by=cast.independent)
    page = get(cast.independent, "review", second)
    assert "See what reviewers asked for in round 1" in text_of(page)
    assert f'href="{reverse("review", args=[first.reference])}#requested"' in page.content.decode()
    assert "Show the newest entry." in text_of(get(cast.independent, "review", first))


def test_a_reviewer_who_has_not_declared_their_interests_reads_no_request(cast):
    submission = returned(cast, "limited")
    page = text_of(get(cast.second_independent, "review", submission))
    assert "Requested changes" not in page
    assert "Show the newest entry." not in page
    interests.declare_none(submission, by=cast.second_independent)
    assert "Show the newest entry." in text_of(get(cast.second_independent, "review", submission))


def test_the_page_of_a_returned_case_stays_within_its_cost(cast):
    submission = returned(cast)
    client = proved(Client(), cast.independent)
    url = reverse("review", args=[submission.reference])
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    assert len(queries) <= 15


# --- before the return: what the organisation would not be able to change -------------------------------------------------

OPEN_FACT = "subliminal_manipulation"


def held_case(cast: Cast, **change: str) -> tuple[Submission, str]:
    """A Limited case with an open hold on a fact that is not known; `change`: what the reviewer wants changed."""
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, facts={OPEN_FACT: "unknown"})
    submission = assessment.current_submission
    mark_all(submission, by=cast.independent, change={"q:use-register": "Show the newest entry.", **change})
    assert assessment.use.holds.get(closed_at=None).fact == OPEN_FACT
    return submission, assessment.compiled().facts[OPEN_FACT].label


STAYS_LOCKED = "about a fact that stays locked, because no reviewer marked the fact “change needed”"


def test_a_return_warns_that_a_task_is_about_a_fact_that_stays_locked(cast):
    submission, label = held_case(cast)
    page = get(cast.independent, "send_back", submission)
    assert STAYS_LOCKED in text_of(page)
    link = f'href="{reverse("review_facts", args=[submission.reference])}#f-{OPEN_FACT}">{label}</a>'
    assert link in page.content.decode()


def test_a_return_does_not_warn_of_a_fact_that_it_unlocks(cast):
    submission, _label = held_case(cast, **{f"f:{OPEN_FACT}": "Say yes or no."})
    assert STAYS_LOCKED not in text_of(get(cast.independent, "send_back", submission))


def test_a_return_warns_of_a_fact_of_the_system_that_another_review_keeps_locked(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    mark_all(submission, by=cast.independent, change={"f:markets": "Name every market."})
    words = "The organisation cannot change this fact yet. The fact applies to the whole system"
    assert words not in text_of(get(cast.independent, "send_back", submission))
    other = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    DeclaredUse.objects.filter(pk=other.use_id).update(system=submission.assessment.use.system_id)
    assert words in text_of(get(cast.independent, "send_back", submission))


# --- parts judged "Partly" -------------------------------------------------------------------------------------------------


def judged_partly(cast: Cast) -> tuple[Submission, Any]:
    """A High case whose reviewer judges a part “Partly” on its page, without the tick that returns the part."""
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    mark_all(submission, by=cast.independent, change=CHANGE)
    client = proved(Client(), cast.independent)
    given: dict[str, Any] = {"part-tests-words": "Add the newest test report."}
    for part in returned_parts.parts_of(submission):
        verdict = "partly" if part.key == "tests" else "supports"
        given |= {f"part-{part.key}-verdict": verdict, f"part-{part.key}-base": 1}
    url = reverse("review_parts", args=[submission.reference])
    return submission, client.post(url, given, follow=True)


def test_a_part_judged_partly_without_its_tick_is_said_to_stay_locked(cast):
    submission, saved = judged_partly(cast)
    words = (
        "You judged this part “Partly” but did not tick “Return this part”: Tests. It stays locked if you "
        "return the case."
    )
    assert words in text_of(saved)
    mark = submission.part_marks.get(part="tests")
    assert (mark.verdict, mark.words, mark.returned) == ("partly", "Add the newest test report.", False)
    page = get(cast.independent, "review_parts", submission).content.decode()
    assert page.count("hk-stays") == 8  # at the field of each part, shown while “Partly” has no tick
    assert "It goes back only if you also tick “Return this part”." in " ".join(page.split())


def test_the_return_names_the_parts_judged_partly_that_do_not_go_back(cast):
    submission, _saved = judged_partly(cast)
    words = "One part of the conformity file is judged “Partly” and does not go back"
    page = get(cast.independent, "send_back", submission)
    assert words in text_of(page)
    assert f'{reverse("review_parts", args=[submission.reference])}#part-tests">Tests</a>' in page.content.decode()
    given = parts.GivenPartMark("partly", words="Add the newest test report.", returned=True)
    parts.judge_part(submission, "tests", given, by=cast.independent)
    assert words not in text_of(get(cast.independent, "send_back", submission))


def test_the_tick_to_return_a_part_without_a_judgement_is_not_lost_in_silence(cast):
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    client = proved(Client(), cast.independent)
    url = reverse("review_parts", args=[submission.reference])
    page = client.post(url, {"part-tests-verdict": "", "part-tests-returned": "on"})
    assert "Choose a judgement. You ticked “Return this part” but chose no judgement." in text_of(page)
    assert 'name="part-tests-returned" class="form-check-input" id="id_part-tests-returned" checked' in (
        page.content.decode()
    )


# --- the page of the conformity file --------------------------------------------------------------------------------------


def verdicts_of(page: Any, part: str) -> list[str]:
    return re.findall(rf'name="part-{part}-verdict" value="([^"]*)"', page.content.decode())


def test_supports_is_offered_for_a_part_that_was_handed_in_and_for_no_other(cast):
    draft = make_assessment("draft", "high", cast=cast)
    prove(draft, by=cast.owner)
    draft.use.conformity.get(key="tests").evidence_uses.all().delete()
    conformity_file.save_part(draft, "overseers", GivenPart(rows=[{"name": "Dr Chan"}]), by=cast.owner, base=1)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    page = get(cast.independent, "review_parts", submission)
    assert verdicts_of(page, "bias") == ["supports", "partly", "does_not", ""]
    assert verdicts_of(page, "tests") == ["partly", "does_not", ""]
    assert verdicts_of(page, "overseers") == ["partly", "does_not", ""]  # entries that are not complete
    client = proved(Client(), cast.independent)
    url = reverse("review_parts", args=[submission.reference])
    answer = client.post(url, {"part-overseers-verdict": "supports", "part-bias-verdict": "supports"})
    assert "You cannot choose “Supports”, because this part is not complete." in text_of(answer)
    assert list(submission.part_marks.values_list("part", "verdict")) == [("bias", "supports")]


def test_the_file_of_a_returned_case_asks_for_no_judgement(cast):
    submission = returned(cast)
    page = text_of(get(cast.second_independent, "review_parts", submission))
    assert "The conformity file as signed" in page
    assert "You still have to judge" not in page
    assert "You do not have to judge anything until the organisation submits it again." in page
    assert "See the requested changes" in page


def test_a_reviewer_reads_after_a_return_that_the_case_comes_back_and_what_stays(cast: Cast) -> None:
    submission = returned(cast, "limited")
    page = proved(Client(), cast.independent).get(reverse("review", args=[submission.reference])).content.decode()
    said = " ".join(page.split())
    assert "You do not have to mark anything until the organisation submits the case again." in said
    assert "Answers and facts that you accepted stay accepted if they have not changed." in said
