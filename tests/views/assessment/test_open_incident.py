"""An open incident is named in the open on each page where somebody decides, and nobody accepts it unread."""

from __future__ import annotations

import pytest
from django.urls import reverse

from assessments.domain.review import marks, seat_taking
from assessments.domain.review import targets as review_targets
from assessments.domain.review.targets import decisive_targets
from assessments.domain.submission import submit
from assessments.models import DeclaredFact, Route, State
from tests.support import browser
from tests.support.factories import make_assessment, make_cast
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(45)]
WORDS = "A cat died after a wrong answer"
STOPS = "known-failures"


def with_incident(cast, state=State.DRAFT, *, is_open=True, **answers):
    """A Limited use with everything answered, and what went wrong declared as the form stores it."""
    given = {STOPS: {"choice": "in_place"}, **{key.replace("_", "-"): value for key, value in answers.items()}}
    assessment = make_assessment(state, "limited", cast=cast, facts={"incident_open": is_open}, answers=given)
    reason = f"{WORDS} (2026-11-20)" if is_open else ""
    DeclaredFact.objects.filter(use=assessment.use, key="incident_open").update(reason=reason)
    return assessment


def sent(cast, **fields):
    assessment = with_incident(cast, **fields)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    return submission


def page(client, user, name, reference) -> str:
    client.force_login(user)
    return markup_of(client.get(reverse(name, args=[reference])))


@pytest.mark.long
def test_the_owner_reads_of_it_on_tier_check_and_sign(client, cast):
    assessment = with_incident(cast)
    for name, reference in (
        ("use", assessment.use.reference),
        ("check", assessment.reference),
        ("sign", assessment.reference),
    ):
        said = page(client, cast.owner, name, reference)
        assert "There is an open incident of 20 November 2026:" in said, name
        assert WORDS in said, name
        assert "Do not wait for an owner to sign" in said, name


@pytest.mark.long
def test_the_results_of_a_draft_put_it_at_now(client, cast):
    assessment = with_incident(cast)
    said = page(client, cast.owner, "results", assessment.reference)
    assert "Do not wait for an owner to sign. Do this now:" in said
    assert "These actions are added to the list of actions when an owner signs for the first time." in said
    month = said[said.index('id="month"') : said.index('id="packages"')]
    assert "<strong>Now</strong>" in month
    assert ">Now</td>" in said[said.index('id="packages"') : said.index('id="tier"')]
    assert said.index(WORDS) < said.index('id="month"')
    signed = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    said = page(client, cast.owner, "results", signed.assessment.reference)
    assert WORDS in said
    assert "Do not wait for an owner to sign" not in said
    assert "<strong>Now</strong>" not in said


@pytest.mark.long
def test_the_reviewer_reads_of_it_before_anything_else(client, cast):
    submission = sent(cast)
    said = page(client, cast.independent, "review", submission.reference)
    assert "There is an open incident of 20 November 2026:" in said
    assert said.index(WORDS) < said.index("as it will be printed")
    assert "Do not wait for an owner to sign" not in said


def test_where_nothing_went_wrong_no_page_speaks_of_it(client, cast):
    assessment = with_incident(cast, is_open=False)
    for name, reference in (("use", assessment.use.reference), ("check", assessment.reference)):
        assert "hk-incident" not in page(client, cast.owner, name, reference)


def test_nobody_accepts_an_open_incident_together_with_others(client, cast):
    submission = sent(cast)
    edition, content = submission.assessment.compiled(), submission.content()
    targets = review_targets.review_targets(content)
    assert {"f:incident_open", f"q:{STOPS}"} <= decisive_targets(edition, content)
    accepted = marks.accept_together(submission, targets, by=cast.independent)
    assert accepted
    assert {"f:incident_open", f"q:{STOPS}"}.isdisjoint(mark.target for mark in accepted)


def test_a_no_to_the_incident_is_a_fact_like_others(cast):
    submission = sent(cast, is_open=False)
    decisive = decisive_targets(submission.assessment.compiled(), submission.content())
    assert "f:incident_open" not in decisive


def test_every_fact_and_answer_behind_what_comes_first_of_all_is_decisive(cast):
    submission = sent(cast, known_failures={"choice": "not_in_place"})
    edition, content = submission.assessment.compiled(), submission.content()
    decisive = decisive_targets(edition, content)
    stopping = [action["question"] for action in content["actions"] if action["class"] == "stop"]
    assert {"open-incident", STOPS} <= set(stopping)
    assert {f"q:{key}" for key in stopping if key in edition.questions} <= decisive


@pytest.mark.long
def test_the_button_says_what_is_accepted_without_a_look(client, cast):
    submission = sent(cast)
    said = page(client, cast.independent, "review_facts", submission.reference)
    assert (
        "facts on this page have a clear answer (not “Do not know”) and do not decide the tier or the certificate."
        in said
    )
    assert "answered as in place" not in said


def test_before_the_first_signature_actions_and_workspace_name_it(client, cast):
    draft = with_incident(cast)
    client.force_login(cast.owner)
    for url in (reverse("actions"), reverse("remediation_plan", args=[draft.use.reference])):
        content = client.get(url).content.decode()
        assert WORDS in content, url
        assert "Do not wait for an owner to sign. Do this now:" in content, url
        assert "Before that, the results of " in content, url
    DeclaredFact.objects.filter(use=draft.use, key="incident_open").update(value=False, reason="")
    assert "hk-incident" not in client.get(reverse("actions")).content.decode()


def test_nobody_else_reads_of_it_in_an_empty_register(client, cast):
    with_incident(cast)
    client.force_login(cast.outsider)
    assert WORDS not in client.get(reverse("actions")).content.decode()


@pytest.mark.long  # daily the tests of this file read the same pages
@pytest.mark.browser
def test_the_pages_that_name_it_read_well_in_light_and_dark_and_at_320_px(chromium, live_server, published):
    cast = make_cast()
    draft = with_incident(cast, ai_framework={"choice": "unknown"})
    faults = []
    with browser.new_page(chromium) as opened:
        watch = browser.Watch(opened)
        browser.sign_in(opened, live_server.url, browser.session_of(cast.owner))
        for name, reference in (
            ("use", draft.use.reference),
            ("check", draft.reference),
            ("sign", draft.reference),
            ("results", draft.reference),
            ("remediation_plan", draft.use.reference),
        ):
            opened.goto(live_server.url + reverse(name, args=[reference]))
            assert opened.locator(".hk-incident").is_visible()
            faults += browser.axe_faults(opened, contrast=("light", "dark"))
            faults += [f"{name}: {fault}" for fault in [browser.too_wide(opened)] if fault]
        assert faults + watch.faults() == []
