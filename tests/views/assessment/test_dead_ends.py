"""Pages that once led into a refusal, or lost what was typed because somebody else was faster."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.domain.evidence import library
from assessments.domain.facts import declare, tier
from assessments.domain.register import systems
from assessments.domain.remediation import dates
from assessments.domain.review import decisions, holds, interests, seat_taking
from assessments.models import Assessment, DeclaredUse, State, User
from tests.support.acting import SHOULD, action_on, close_as, make_conditioned, report_done
from tests.support.factories import Cast, make_assessment, make_evidence, make_use, mark_all, save
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
TYPED = "Typed while somebody else was faster."


def page(client: Client, user: User, url: str, data: Any = None) -> str:
    client.force_login(user)
    response = client.get(url) if data is None else client.post(url, data, follow=True)
    assert response.status_code == 200, url
    return markup_of(response)


# --- what was typed --------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_report_that_came_second_keeps_its_words(client: Client, cast: Cast) -> None:
    action = action_on(make_conditioned(cast), SHOULD)
    url = reverse("action", args=[action.use.reference, action.number])
    report_done(action, by=cast.owner, note="It is done.")
    shown = page(client, cast.contributor, url, {"note": TYPED})
    assert TYPED in shown
    assert "This action is not open." in shown


@pytest.mark.long
def test_what_is_missing_is_kept_when_the_action_was_closed_meanwhile(client: Client, cast: Cast) -> None:
    action = action_on(make_conditioned(cast), SHOULD)
    url = reverse("action", args=[action.use.reference, action.number])
    report_done(action, by=cast.owner, note="It is done.")
    close_as(action, by=cast.independent)
    shown = page(client, cast.independent, url, {"missing": TYPED})  # from a page that was opened before
    assert TYPED in shown
    assert "Accept and close the action" not in shown


def test_a_question_to_a_colleague_is_kept_when_an_owner_signed_meanwhile(client: Client, cast: Cast) -> None:
    assessment = make_assessment(State.SUBMITTED, "limited", cast=cast)
    shown = page(client, cast.contributor, reverse("ask", args=[assessment.reference, "use-register"]), {"note": TYPED})
    assert TYPED in shown


@pytest.mark.long
def test_a_decision_on_a_hold_is_kept_when_the_other_seat_closed_it(client: Client, cast: Cast) -> None:
    held = make_assessment(State.IN_REVIEW, "high", cast=cast, facts={"exploits_vulnerable_groups": True})
    submission, hold = held.current_submission, held.use.holds.get()
    seat_taking.take(submission, by=cast.second_independent)
    holds.close(hold, submission, by=cast.independent, decision="Advised.")
    url = reverse("close_hold", args=[submission.reference, hold.pk])
    shown = page(client, cast.second_independent, url, {"decision": TYPED, "outcome": "accepted"})
    assert TYPED in shown


# --- links that refuse -----------------------------------------------------------------------------------------------------


def test_a_viewer_is_led_to_no_page_of_facts(client: Client, cast: Cast) -> None:
    use = make_use("low", cast.organisation, declared=False)
    facts = reverse("facts", args=[use.reference, "prohibited"])
    assert facts not in page(client, cast.viewer, use.system.get_absolute_url())
    assert facts in page(client, cast.contributor, use.system.get_absolute_url())


def test_a_viewer_reads_which_facts_are_missing_without_a_link(client: Client, cast: Cast) -> None:
    assessment = make_assessment(cast=cast, filled=False)
    # As if the fact had never been declared: its row says another thing, which is not asked of this use.
    assert assessment.use.facts.filter(key="safety_component").update(key="builders_build_on_it") == 1
    place = f"/uses/{assessment.use.reference}/facts/"
    for name in ("assessment", "check"):
        url = reverse(name, args=[assessment.reference])
        assert place in page(client, cast.contributor, url)
        assert place not in page(client, cast.viewer, url)


def test_a_reviewer_with_a_conflict_is_offered_no_seat(client: Client, cast: Cast) -> None:
    submission = make_assessment(State.SUBMITTED, "limited", cast=cast).current_submission
    take = reverse("take", args=[submission.reference])
    assert take in page(client, cast.independent, reverse("reviews"))
    interests.decline(submission, by=cast.independent, words="My brother works there.")
    assert take not in page(client, cast.independent, reverse("reviews"))
    shown = page(client, cast.independent, take)
    assert "You have declared a conflict of interest, so somebody else has to review the case." in shown
    assert "btn-primary" not in shown.partition("<main")[2]


def test_nothing_is_started_on_a_retired_use(client: Client, cast: Cast) -> None:
    use = make_use("low", cast.organisation)
    assert "Start the questions" in page(client, cast.contributor, use.get_absolute_url())
    systems.retire(use, by=cast.owner)
    shown = page(client, cast.contributor, use.get_absolute_url())
    assert "Start the questions" not in shown
    assert reverse("model_card", args=[use.reference]) not in shown
    assert "An owner must put the use back into service" in shown


@pytest.mark.long
def test_an_owner_is_not_led_to_accept_the_risk_of_their_own_action(client: Client, cast: Cast) -> None:
    assessment = make_conditioned(cast)
    action = action_on(assessment, SHOULD)
    url = reverse("action", args=[action.use.reference, action.number])
    offered = "Accept the risk instead"
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=action.due, effort=action.effort)
    assert offered in page(client, cast.owner, url)
    dates.plan(action_on(assessment, SHOULD), by=cast.owner, owner=cast.owner, due=action.due, effort=action.effort)
    assert offered not in page(client, cast.owner, url)


def test_a_low_use_that_only_a_reviewer_may_pass_is_led_there(client: Client, cast: Cast) -> None:
    assessment = make_assessment(cast=cast)
    declare.declare_facts(assessment.use, {"illegal_purpose": "unknown"}, by=cast.owner)
    declare.declare_facts(assessment.use, {"illegal_purpose": False}, by=cast.owner)
    assessment.use.holds.update(
        closed_at=timezone.now(), outcome="answered"
    )  # a reviewer has closed it in an earlier round
    tier.run_rules(DeclaredUse.objects.for_list().get(pk=assessment.use_id), by=cast.owner)
    shown = page(client, cast.owner, reverse("check", args=[assessment.reference]))
    assert "was once “yes” or “do not know”" in shown
    assert "Continue to self-certification" not in shown
    assert "Continue to signing" in shown


# --- what a page has to say ------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_check_names_who_answered_and_how_much_evidence_there_is(client: Client, cast: Cast) -> None:
    assessment = make_assessment(cast=cast)
    row = assessment.answers.get(question__key="use-register")
    save(assessment, "use-register", {"choice": "in_place"}, by=cast.contributor, base=row.revision)
    library.attach(make_evidence(cast.organisation), assessment, "use-register", by=cast.contributor)
    shown = page(client, cast.owner, reverse("check", args=[assessment.reference]))
    assert "Connie Contributor, 1 evidence item" in shown
    assert "Olivia Owner" in shown


def test_signing_says_by_when_reviewers_aim_to_decide(client: Client, cast: Cast) -> None:
    assessment = make_assessment(tier="limited", cast=cast)
    assert "within 10 working days after signing" in page(
        client, cast.owner, reverse("sign", args=[assessment.reference])
    )


@pytest.mark.long
def test_a_self_declared_case_says_that_nobody_looked(client: Client, cast: Cast) -> None:
    submission = make_assessment(State.CERTIFIED, "low", cast=cast).current_submission
    shown = page(client, cast.reviewer, reverse("review", args=[submission.reference]))
    assert "not sent to a reviewer" in shown
    assert "Sent to the reviewing body" not in shown


def test_a_decided_case_names_no_day_by_which_it_is_decided(client: Client, cast: Cast) -> None:
    assessment = make_assessment(State.SUBMITTED, "limited", cast=cast)
    url = reverse("case", args=[assessment.reference])
    assert "The reviewers aim to decide on the submission, or return it, by" in page(client, cast.owner, url)
    submission = assessment.current_submission
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent, change={"q:use-register": "Show the newest entry."})
    decisions.send_back(submission, by=cast.independent)
    assert "The reviewers aim to decide on the submission, or return it, by" not in page(client, cast.owner, url)


def test_results_say_whose_word_the_tier_is(client: Client, cast: Cast) -> None:
    assessment: Assessment = make_assessment(cast=cast)
    shown = page(client, cast.owner, reverse("results", args=[assessment.reference]))
    assert "Our judgement" in shown.partition("Readiness (see below) never changes the tier")[0].partition("<main")[2]
    assert "text alone does not give a tier for this use." in shown
