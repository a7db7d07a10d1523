"""The path by which a High use once got a certificate that was worth nothing, pressed in a browser without script.

Each step of it ends at a page that does not do it, and that says why. What a page no longer offers is posted all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from assessments.core.errors import SeparationOfDuties
from assessments.domain.answering import conformity_file
from assessments.domain.answering.conformity_file import GivenPart
from assessments.domain.review import approval, seat_taking
from assessments.domain.review.sampling import own_set
from assessments.domain.submission import submit
from assessments.models import (
    ActionStatus,
    Assessment,
    Certificate,
    ConformityPart,
    MarkKind,
    RemediationAction,
    Role,
    Route,
    Seat,
    State,
    Submission,
    User,
)
from tests.support import browser
from tests.support.acting import CONDITION, action_on, report_done, supports
from tests.support.factories import (
    FILE_ROWS,
    anew,
    make_assessment,
    make_cast,
    make_evidence,
    make_member,
    mark_all,
    prove,
)

pytestmark = pytest.mark.browser

NOT = ("not_in_place", "none", "partly")
GAPS: dict[str, dict[str, Any]] = {
    "ai-framework": {"choice": "not_in_place"},
    "approval-paper": {"choice": "none"},
    CONDITION: {"choice": "partly", "text": "Two of five clinics."},
}
OF_FIVE = ("tests", "data", "bias", "security", "incident-plan")  # parts that one privacy notice was given for
SENTENCE = "We have done it everywhere now."


class Site:
    """The site and its people; everybody comes with a browser of their own, without script."""

    def __init__(self, chromium: Browser, address: str) -> None:
        self.chromium, self.address, self.cast = chromium, address, make_cast()

    @contextmanager
    def at(self, user: User, name: str, *args: Any) -> Iterator[Page]:
        with browser.new_page(self.chromium, java_script_enabled=False) as page:
            browser.sign_in(page, self.address, browser.session_of(user))
            self.open(page, name, *args)
            yield page

    def open(self, page: Page, name: str, *args: Any) -> None:
        page.goto(self.address + reverse(name, args=args))

    def post(self, page: Page, name: str, *args: Any, **data: str) -> str:
        """Post what the page does not offer, with the session and the token of its person; the page that answers."""
        url = self.address + reverse(name, args=args)
        token = next(c["value"] for c in page.context.cookies() if "csrf" in str(c.get("name")))
        answer = page.context.request.post(
            url, form={"csrfmiddlewaretoken": str(token), **data}, headers={"Referer": url}
        )
        return answer.text()

    def high(self, state: str = State.DRAFT) -> Assessment:
        return make_assessment(state, "high", cast=self.cast, answers=GAPS)

    def waits_for_actions(self, route: Route = Route.INDEPENDENT, first: User | None = None) -> Assessment:
        """A High use that two reviewers approved, and whose certificate waits for a must that is partly in place."""
        draft = self.high()
        prove(draft, by=self.cast.owner)
        submission = submit.submit(draft, by=self.cast.owner, route=route)
        for reviewer in (first or self.cast.independent, self.cast.second_independent):
            seat_taking.take(submission, by=reviewer)
            mark_all(submission, by=reviewer)
            approval.approve(submission, by=reviewer, statement="Read, with what supports it.")
        assert anew(draft).state == State.APPROVED
        return anew(draft)


@pytest.fixture
def site(chromium: Browser, live_server: LiveServer, published: None) -> Iterator[Site]:
    with browser.without_jobs():
        made = Site(chromium, live_server.url)
    yield made
    assert not Certificate.objects.exists()


@pytest.fixture
def prepared() -> Callable[[Callable[[], Any]], Any]:
    """Make the data of a test in one commit, without the documents that take seconds."""

    def make(what: Callable[[], Any]) -> Any:
        with browser.without_jobs():
            return what()

    return make


def press(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name=words).first.click()


def text(page: Page) -> str:
    return " ".join(page.get_by_role("main").inner_text().split())


def heading(page: Page) -> str:
    return " ".join(page.locator("h1").inner_text().split())


def beside(page: Page) -> str:
    """The notes at the edge of the page."""
    return " ".join(page.locator(".hk-notes").inner_text().split())


# --- the marks ------------------------------------------------------------------------------------------------------------


def test_what_is_not_in_place_is_not_accepted_together_with_the_rest(site, prepared):
    submission = prepared(lambda: site.high(State.IN_REVIEW)).current_submission
    lacking = sorted(f"q:{key}" for key, one in submission.content()["answers"].items() if one["choice"] in NOT)
    assert lacking == sorted(f"q:{key}" for key in GAPS)
    with site.at(site.cast.independent, "review_together", submission.reference) as page:
        boxes = page.locator("[name=target]")
        offered = boxes.evaluate_all("boxes => boxes.map((box) => box.value)")
        assert offered
        assert not set(lacking) & set(offered)
        assert (
            "answers that report a practice as fully in place. "
            "It also lists facts with a clear answer (not “Do not know”)." in beside(page)
        )
        # The boxes are made to name what is not in place.
        boxes.evaluate_all("(boxes, names) => boxes.forEach((b, n) => { b.value = names[n % names.length] })", lacking)
        press(page, "Accept the selected facts and answers")
        refused = "3 of the selected facts and answers cannot be accepted together with others. Judge them one by one."
        assert refused in text(page)
    assert not submission.marks.exclude(mark="").exists()


@pytest.mark.long
def test_a_second_seat_with_nothing_opened_approves_nothing(site, prepared):
    submission = prepared(lambda: site.high(State.IN_REVIEW)).current_submission

    def first_approves() -> None:
        mark_all(submission, by=site.cast.independent)
        approval.approve(submission, by=site.cast.independent, statement="Read, with what supports it.")

    prepared(first_approves)
    with site.at(site.cast.second_independent, "take", submission.reference) as page:
        page.get_by_label("No, I have no conflict of interest").check()
        press(page, "Declare interests and take the case")
        site.open(page, "take_over_marks", submission.reference)  # what the first reviewer marked is not the own set
        press(page, "Adopt the selected marks")
        site.open(page, "approve", submission.reference)
        assert heading(page) == "This submission cannot be approved yet"
        own = own_set(submission, Seat.SECOND)
        sentences = (
            f"Required facts and answers still to be opened and marked: {len(own.targets)} of {len(own.targets)}.",
            f"Required evidence still to be opened: {len(own.openable)} of {len(own.openable)}.",
            "You still have to judge 8 parts of the conformity file",
        )
        for sentence in sentences:
            assert sentence in text(page)
        assert page.get_by_role("main").get_by_role("button", name=re.compile("pprov")).count() == 0
        forced = site.post(page, "approve", submission.reference, statement="ok")
        assert sentences[0] in forced
    assert [decision.by for decision in submission.decisions.all()] == [site.cast.independent]


@pytest.mark.long  # daily one step above; the functions refuse the rest in tests of their rooms
def test_marks_stay_as_they_are_after_the_approval(site, prepared):
    submission = prepared(lambda: site.high(State.IN_REVIEW)).current_submission

    def first_approves() -> None:
        mark_all(submission, by=site.cast.independent)
        approval.approve(submission, by=site.cast.independent, statement="Read, with what supports it.")

    prepared(first_approves)
    with site.at(site.cast.independent, "review_section", submission.reference, "governance") as page:
        assert page.locator("[type=radio][name$=-mark]").count() == 0
        wanted = {"target": f"q:{CONDITION}", "mark": "accepted_with_action", "action_title": "Write it down."}
        forced = site.post(page, "mark", submission.reference, **wanted)
        assert (
            "You have approved this submission, so your marks are locked. Withdraw your approval to change them."
            in forced
        )
        site.open(page, "review", submission.reference)
        assert "Your marks are locked. To change a mark, withdraw your approval." in text(page)
    assert submission.marks.get(target=f"q:{CONDITION}").mark == MarkKind.ACCEPTED


# --- the conformity file --------------------------------------------------------------------------------------------------


@pytest.mark.long  # daily one step above; the functions refuse the rest in tests of their rooms
def test_one_privacy_notice_is_no_five_parts_of_the_file(site, prepared):
    assessment = prepared(site.high)
    notice = prepared(lambda: make_evidence(site.cast.organisation, by=site.cast.owner, title="Privacy notice"))
    with site.at(site.cast.owner, "conformity", assessment.reference) as page:
        for part in OF_FIVE:
            site.open(page, "conformity_part", assessment.reference, part)
            page.locator(f"[name=evidence][value='{notice.reference}']").check()
            press(page, "Save this part")
            if part != OF_FIVE[0]:
                assert "“Privacy notice” is already evidence for another part" in text(page)
                assert "Say why the evidence also supports this part." in text(page)
        site.open(page, "check", assessment.reference)
        labels = {part.key: part.label for part in assessment.compiled().gates.parts_for("high")}
        assert all(labels[part] in text(page) for part in OF_FIVE[1:])
    assert list(ConformityPart.objects.filter(evidence_uses__evidence=notice).values_list("key", flat=True)) == [
        "tests"
    ]


@pytest.mark.long  # daily one step above; the functions refuse the rest in tests of their rooms
def test_who_oversees_the_system_does_not_review_it(site, prepared):
    cast = site.cast

    def sent() -> Submission:
        draft = site.high()
        prove(draft, by=cast.owner)
        named = [FILE_ROWS["overseers"][0] | {"name": cast.independent.name}]
        conformity_file.save_part(draft, "overseers", GivenPart(rows=named), by=cast.owner, base=1)
        return submit.submit(draft, by=cast.owner, route=Route.INDEPENDENT)

    submission = prepared(sent)
    said = "The conformity file names you as an overseer of this use. Somebody else must review the use."
    with site.at(cast.independent, "take", submission.reference) as page:
        assert said in text(page)
        assert page.get_by_role("button", name="Declare interests and take the case").count() == 0
    with pytest.raises(SeparationOfDuties, match=said):
        seat_taking.take(submission, by=cast.independent)
    assert not submission.seats.exists()


# --- the action that blocks -----------------------------------------------------------------------------------------------


@pytest.mark.long  # daily one step above; the functions refuse the rest in tests of their rooms
def test_a_blocking_action_is_not_done_by_one_sentence(site, prepared):
    action = action_on(prepared(site.waits_for_actions), CONDITION)
    with site.at(site.cast.owner, "action", *place_of(action)) as page:
        press(page, "Assign to me")
        page.locator("[name=note]").fill(SENTENCE)
        press(page, "Report as done")
        said = "This action blocks the certificate. Attach evidence, or link an answer that has evidence."
        assert said in text(page)
        assert page.locator("[name=note]").input_value() == SENTENCE  # nothing is lost
    assert anew_action(action).status == ActionStatus.OPEN


@pytest.mark.long  # daily one step above; the functions refuse the rest in tests of their rooms
def test_a_reviewer_without_a_seat_or_a_declaration_accepts_no_action(site, prepared):
    action = action_on(prepared(site.waits_for_actions), CONDITION)
    prepared(lambda: report_done(action, by=site.cast.contributor))
    third = make_member(Role.REVIEWER, site.cast.body, "Ida Independent").user
    with site.at(third, "action", *place_of(action)) as page:
        page.get_by_label("No, I have no conflict of interest").check()
        with page.expect_navigation():
            page.locator("main button.btn-primary").click()
        site.open(page, "action", *place_of(action))
        assert page.get_by_role("main").get_by_role("button", name="Accept").count() == 0
        forced = site.post(page, "action", *place_of(action), accept="1", **verdicts(action))
        assert "Only the reviewers who are assigned to the case can judge its actions." in forced
    assert anew_action(action).status == ActionStatus.DONE


@pytest.mark.long  # daily one step above; the functions refuse the rest in tests of their rooms
def test_the_in_house_reviewer_alone_closes_nothing_that_blocks(site, prepared):
    cast = site.cast
    action = action_on(prepared(lambda: site.waits_for_actions(Route.INSIDE, cast.reviewer)), CONDITION)
    prepared(lambda: report_done(action, by=cast.contributor))
    with site.at(cast.reviewer, "action", *place_of(action)) as page:
        said = (
            "The tier of this use is High, so the independent reviewer has to accept the action first. You can then "
            "confirm it."
        )
        assert said in text(page)
        assert page.get_by_role("main").get_by_role("button", name="Accept").count() == 0
        assert said in site.post(page, "action", *place_of(action), accept="1", **verdicts(action))
    assert anew_action(action).status == ActionStatus.DONE
    assert anew_action(action).accepted_by is None


def place_of(action: RemediationAction) -> tuple[str, int]:
    return action.use.reference, action.number


def anew_action(action: RemediationAction) -> RemediationAction:
    return RemediationAction.objects.get(pk=action.pk)


def verdicts(action: RemediationAction) -> dict[str, str]:
    return {f"verdict-{reference}": "supports" for reference in supports(action)}
