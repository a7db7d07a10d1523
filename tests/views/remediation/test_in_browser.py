"""People change the plan in a real browser: without script, and then the pages that come of it under axe and at 320 px."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse

from assessments.domain.remediation import dates
from assessments.models import Membership, Message, RemediationAction, Role, Sees
from assessments.notifications import mail as notification_mail
from tests.support import browser
from tests.support.acting import CONDITION, CONSIDER, SHOULD, action_on, make_conditioned
from tests.support.factories import in_days, make_cast, make_evidence

pytestmark = [pytest.mark.browser, pytest.mark.slow_first(38)]


@pytest.fixture
def plan(chromium: Any, live_server: Any, published: None) -> Plan:
    """An approved use with its plan, on a site."""
    with browser.without_jobs():
        cast = make_cast()
        assessment = make_conditioned(cast)
    return Plan(chromium, live_server.url, cast, assessment)


class Plan:
    def __init__(self, chromium: Any, address: str, cast: Any, assessment: Any) -> None:
        self.chromium, self.address, self.cast, self.assessment = chromium, address, cast, assessment

    def action(self, question: str) -> RemediationAction:
        return action_on(self.assessment, question)

    def listed(self) -> int:
        return RemediationAction.objects.standing().listed().count()

    @contextmanager
    def opened(self, user: Any, url: str, *, script: bool = False) -> Iterator[Any]:
        """A page of this person, without script unless it is asked for."""
        with browser.new_page(self.chromium, java_script_enabled=script) as page:
            browser.sign_in(page, self.address, browser.session_of(user))
            page.goto(self.address + url)
            yield page

    def faults(self, user: Any, *urls: str) -> list[str]:
        """What is wrong with these pages: axe in light and dark, 320 px, the console, more than one main button."""
        found = []
        with browser.new_page(self.chromium) as page:
            watch = browser.Watch(page)
            browser.sign_in(page, self.address, browser.session_of(user))
            for url in urls:
                page.goto(self.address + url)
                found += browser.axe_faults(page, contrast=("light", "dark"))
                found += [f"{url}: {fault}" for fault in [browser.too_wide(page)] if fault]
                if page.locator("main .btn-primary:visible").count() > 1:
                    found.append(f"{url}: several main buttons")
            return found + watch.faults()


def heading(page: Any) -> str:
    return " ".join(page.locator("h1").inner_text().split())


@pytest.mark.long
def test_an_action_of_ones_own_is_added_from_the_register(plan):
    with plan.opened(plan.cast.contributor, reverse("actions")) as page:
        page.get_by_role("link", name="Add an action").click()
        page.get_by_label("What needs to be done?").fill("Hire a second reader")
        page.get_by_label("Why is this action needed?").fill("One person reads all letters.")
        page.get_by_label("Owner").select_option(label="Olivia Owner")
        page.get_by_label("Due on").fill(in_days(30).isoformat())
        page.get_by_role("button", name="Add the action").click()
        assert heading(page) == "Hire a second reader"
        assert "Added by Connie Contributor" in page.locator("main").inner_text()
    added = RemediationAction.objects.get(question="")
    assert (added.owner, added.due) == (plan.cast.owner, in_days(30))
    assert plan.faults(plan.cast.owner, reverse("actions"), added.get_absolute_url(), reverse("action_new")) == []


@pytest.mark.long  # daily without a browser: splitting and merging of actions, in the room of remediation
def test_an_action_is_split_and_each_part_reported_by_itself(plan):
    action = plan.action(SHOULD)
    with plan.opened(plan.cast.owner, action.get_absolute_url()) as page:
        page.get_by_role("link", name="Split this action").click()
        page.get_by_label("Part 1 (keeps the number of the action)").fill("Write the rules")
        page.get_by_label("Part 2", exact=True).fill("Have them approved")
        page.get_by_label("Owner of part 2").select_option(label="Connie Contributor")
        page.get_by_role("button", name="Split the action").click()
        assert heading(page) == "Write the rules"
        page.get_by_role("link", name="Have them approved").click()
        assert heading(page) == "Have them approved"
    part = RemediationAction.objects.get(title="Have them approved")
    with plan.opened(plan.cast.contributor, part.get_absolute_url()) as page:
        page.get_by_label("What was done, and which evidence shows it?").fill("Approved on 3 December.")
        page.get_by_role("button", name="Report as done").click()
    part.refresh_from_db()
    assert (part.status, plan.assessment.use.actions.get(pk=action.pk).status) == ("done", "open")
    split = reverse("action_split", args=[action.use.reference, action.number])
    assert plan.faults(plan.cast.owner, action.get_absolute_url(), part.get_absolute_url(), split) == []


@pytest.mark.long  # daily without a browser: splitting and merging of actions, in the room of remediation
def test_two_actions_are_merged_in_the_register_and_the_merge_undone(plan):
    lead, other = plan.action(SHOULD), plan.action(CONSIDER)
    with plan.opened(plan.cast.owner, reverse("actions")) as page:
        for action in (lead, other):
            page.get_by_label(f"Select action {action.number}:").check()
        page.get_by_role("button", name="Merge selected").click()
        address = page.url.removeprefix(plan.address)
        page.get_by_label(f"{lead.number}. {lead.title}").check()
        page.get_by_label("What needs to be done?").fill("Rules and their review")
        page.get_by_role("button", name="Merge the actions").click()
        assert heading(page) == "Rules and their review"
        assert other.title in page.locator("main").inner_text()
        assert plan.faults(plan.cast.owner, lead.get_absolute_url(), other.get_absolute_url(), address) == []
        page.get_by_role("button", name="Undo the merge").click()
        assert heading(page) == lead.title
    assert plan.action(CONSIDER).merged_into is None


@pytest.mark.long  # daily without a browser: what is not relevant, in the room of remediation
def test_a_reason_why_an_action_is_not_relevant_reaches_the_reviewer_who_refuses_it(plan):
    action = plan.action(SHOULD)
    with plan.opened(plan.cast.contributor, action.get_absolute_url()) as page:
        page.get_by_role("link", name="Mark as not relevant").click()
        page.get_by_label("Why is this action not relevant?").fill("The group's framework covers us.")
        page.get_by_role("button", name="Mark as not relevant").click()
        assert "Not relevant" in page.locator(".hk-head").inner_text()
    told = Message.objects.get(recipient=plan.cast.independent, kind="action_not_relevant")
    assert plan.faults(plan.cast.independent, told.link) == []
    with plan.opened(plan.cast.independent, told.link) as page:
        assert "The group's framework covers us." in page.locator("main").inner_text()
        page.get_by_label("Why is this action relevant?").fill("It names no AI.")
        page.get_by_role("button", name="Reject the reason").click()
    assert plan.action(SHOULD).status == "open"
    not_relevant = reverse("action_not_relevant", args=[action.use.reference, action.number])
    assert plan.faults(plan.cast.contributor, action.get_absolute_url(), not_relevant) == []


def test_a_contributor_with_one_assigned_action_reports_it_done_from_the_mailed_link(plan, settings):
    settings.PUBLIC_URL = plan.address
    asif = Membership.objects.get(user=plan.cast.assigned)
    assert (asif.role, asif.sees) == (Role.CONTRIBUTOR, Sees.ASSIGNED)
    action = plan.action(CONDITION)
    dates.plan(action, by=plan.cast.owner, owner=asif.user, due=action.due, effort=action.effort)
    notification_mail.send(Message.objects.get(recipient=asif.user, kind="action_assigned").pk)
    piece = make_evidence(plan.cast.organisation, by=asif.user)
    sent = next(one for one in mail.outbox if one.to == [asif.user.email])
    link = next(word for word in sent.body.split() if word.startswith(plan.address)).removeprefix(plan.address)
    with plan.opened(asif.user, link) as page:
        assert heading(page) == action.title
        page.get_by_label("What was done, and which evidence shows it?").fill("All five clinics are in it.")
        page.get_by_role("button", name="Report as done").click()
        assert "This action blocks the certificate. Attach evidence" in page.locator("main").inner_text()
        page.get_by_label(piece.title).check()
        page.get_by_role("button", name="Report as done").click()
        assert "The action was reported as done." in page.locator("main").inner_text()
    assert (plan.action(CONDITION).status, plan.action(CONDITION).note) == ("done", "All five clinics are in it.")
    assert plan.faults(asif.user, link, reverse("actions"), reverse("dashboard")) == []


@pytest.mark.long  # daily test_pages looks at the register
def test_the_register_shows_thirty_actions_on_three_screens_and_the_first_on_a_phone(plan):
    action = plan.action(SHOULD)
    for number in range(30 - plan.listed()):
        action.pk, action.number, action.question, action.owner = None, 100 + number, f"q{number}", None
        action.save(force_insert=True)
    sizes = {}
    for width, height in ((1280, 900), (390, 844), (320, 844)):
        with plan.opened(plan.cast.owner, reverse("actions"), script=True) as page:
            page.set_viewport_size({"width": width, "height": height})
            assert page.locator("[name=pick]").count() == 30
            tall, first = page.evaluate(
                "() => [document.querySelector('.hk-register').getBoundingClientRect().bottom,"
                " document.querySelector('.hk-register-link').getBoundingClientRect().bottom]"
            )
            sizes[width] = (tall, first)
    assert sizes[1280][0] <= 2700
    assert max(sizes[390][1], sizes[320][1]) <= 844


@pytest.mark.long  # daily the results are printed, in views/assessment
def test_the_printed_register_cuts_nothing_and_has_no_empty_tick_boxes(plan):
    with plan.opened(plan.cast.owner, reverse("actions"), script=True) as page:
        page.emulate_media(media="print")
        assert page.locator("input:visible, select:visible, button:visible").count() == 0
        assert page.locator(".hk-register-link:visible").count() == plan.listed()
        cut = page.evaluate(
            "() => [...document.querySelectorAll('.hk-register :is(td, th, span, a)')]"
            ".filter((one) => getComputedStyle(one).overflow !== 'visible' && one.scrollWidth > one.clientWidth + 1"
            " && !one.closest('.visually-hidden')).length"
        )
        assert cut == 0
