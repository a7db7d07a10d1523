"""The pages of holds, worst answers, raised tiers and stated changes, and what the documents print of them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.documents.former_plan import plan_html
from assessments.documents.report.build import build_report
from assessments.domain.facts import declare, holds, procedural, worst_case
from assessments.domain.register import systems
from assessments.domain.review import decisions, seat_taking, tier
from assessments.domain.submission import submit
from assessments.guideline.terms import Tier
from assessments.models import Assessment, Document, Evidence, State, StatedChange, Submission, User
from assessments.models.snapshots import build_snapshot
from tests.support.factories import (
    PASSWORD,
    Cast,
    fill,
    in_days,
    make_assessment,
    make_cast,
    make_evidence,
    make_use,
    mark_all,
)
from tests.support.page_text import markup_of as text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

PLEA = {"illegal_purpose": True, "lawful_exception_claimed": True}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sign_in(user: User) -> Client:
    """Signed in with the password just now, as what binds the organisation asks for."""
    user.set_password(PASSWORD)
    user.save()
    client = as_(user)
    session = client.session
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = [
        {"method": "password", "at": timezone.now().timestamp(), "reauthenticated": True}
    ]
    session.save()
    return client


def sent(assessment: Assessment) -> Submission:
    return Submission.objects.filter(assessment=assessment).order_by("-round")[0]


@pytest.mark.long
def test_a_hold_s_page_says_what_opened_it_who_has_it_and_takes_evidence(cast, edition):
    use = make_use("limited", cast.organisation, facts=PLEA)
    hold, piece = use.holds.get(), make_evidence(cast.organisation, title="Authority of 3 May")
    url = reverse("hold", args=[use.reference, hold.pk])
    olivia = as_(cast.owner)
    assert url in olivia.get(use.get_absolute_url()).content.decode()
    text = text_of(olivia.get(url))
    for words in ("On hold: legal review", "H-PLEA", edition.holds["legal_review"], "Authority of 3 May"):
        assert words in text
    assert "Attach evidence from the library" not in text_of(as_(cast.viewer).get(url))
    olivia.post(url, {"owner": cast.contributor.pk, "due": in_days(5).isoformat()})
    connie = as_(cast.contributor)
    assert "On hold, legal review" in text_of(connie.get(reverse("dashboard")))
    connie.post(url, {"attach": piece.reference})
    assert [row.evidence for row in hold.evidence_uses.all()] == [piece]
    connie.post(url, {"detach": piece.reference})
    assert not hold.evidence_uses.exists()
    late = olivia.post(url, {"owner": cast.owner.pk, "due": in_days(-5).isoformat()})
    assert "Choose today or a later day." in text_of(late)
    assert connie.post(url, {"attach": make_evidence().reference}).status_code == 404


ANSWERED = (
    "The answer has changed from “do not know” to “No”. The new answer alone does not lift the hold. The organisation "
    "attaches evidence for the answer, and an owner sends the assessment for review. A reviewer then lifts the hold. An "
    "organisation without reviewers sends the assessment to an independent reviewer."
)


def test_a_hold_whose_question_is_answered_says_what_it_still_waits_for(cast: Cast) -> None:
    use = make_use("low", cast.organisation, facts={"illegal_purpose": "unknown"})
    url = reverse("hold", args=[use.reference, use.holds.get().pk])
    olivia = as_(cast.owner)
    for page in (text_of(olivia.get(url)), text_of(olivia.get(use.get_absolute_url()))):
        assert "The organisation answers the question and attaches evidence." in page
        assert "Attach evidence for the answer" not in page
    declare.declare_facts(use, {"illegal_purpose": False}, by=cast.owner)
    page = text_of(olivia.get(url))
    assert ANSWERED in page
    assert "An owner cannot self-certify this use, whatever its tier. This rule is our judgement." in page
    assert "This rule put the use on hold before the question was answered:" in page
    assert '<a class="btn btn-primary" href="#evidence">Attach evidence for the answer</a>' in page
    assert 'id="evidence"' in page
    assert "Change the answer" in page
    assert "Answer the question" not in page
    tier_page = text_of(olivia.get(use.get_absolute_url()))
    assert ANSWERED in tier_page
    assert (
        "Until a reviewer lifts the hold, the rule about this question still applies as if the answer were “do not know”."
        in tier_page
    )
    assert "Attach evidence for the answer" not in text_of(as_(cast.viewer).get(url))


@pytest.mark.long
def test_a_reviewer_reads_the_evidence_of_a_hold_and_no_other_of_the_library(cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, facts=PLEA)
    hold, submission = assessment.use.holds.get(closed_at=None), sent(assessment)
    shown, other = make_evidence(cast.organisation), make_evidence(cast.organisation)
    holds.attach(hold, shown, by=cast.owner)
    ines = as_(cast.independent)
    page = ines.get(reverse("close_hold", args=[submission.reference, hold.pk])).content.decode()

    def address(piece: Evidence) -> str:
        return reverse("review_evidence", args=[submission.reference, piece.reference, 1])

    assert address(shown) in page
    assert [ines.get(address(piece)).status_code for piece in (shown, other)] == [200, 404]


@pytest.mark.long
def test_an_owner_signs_the_worst_answer_on_a_page_that_shows_the_statement(cast, edition):
    use = make_use("low", cast.organisation, facts={"healthcare_diagnosis": "unknown"})
    url = reverse("sign_worst_case", args=[use.reference])
    olivia = sign_in(cast.owner)
    assert url in olivia.get(use.get_absolute_url()).content.decode()
    page = olivia.get(url)
    assert edition.facts["healthcare_diagnosis"].label in text_of(page)
    digest = page.context["form"].digest
    assert "Tick the box beside this statement." in text_of(olivia.post(url, {"seen": digest}))
    assert olivia.post(url, {"seen": digest, "statement_1": "on"}).url == use.get_absolute_url()
    use.refresh_from_db()
    assert (use.assigned_tier, use.provisional) == ("high", False)
    assert "declared as the worst possible answer" in text_of(olivia.get(use.get_absolute_url()))
    assert olivia.get(url).status_code == 302


def test_a_prohibited_fact_is_named_as_one_that_nobody_signs(cast, edition):
    use = make_use("low", cast.organisation, facts={"illegal_purpose": "unknown"})
    text = text_of(as_(cast.owner).get(reverse("sign_worst_case", args=[use.reference])))
    assert "Find out these facts first." in text
    assert "Sign and declare these answers" not in text


def test_who_agreed_takes_it_back_with_a_reason(cast):
    use = make_use("low", cast.organisation, facts={"relied_on_advice": True})
    task = {"minor_procedural_task": True}
    declare.declare_facts(use, task, by=cast.owner, reasons=dict.fromkeys(task, "It sorts post."))
    procedural.agree_procedural(use, by=cast.contributor, reason="I read each letter.")
    url = reverse("disagree", args=[use.reference])
    connie = as_(cast.contributor)
    assert url in connie.get(use.get_absolute_url()).content.decode()
    assert "Give a reason." in text_of(connie.post(url, {"reason": ""}))
    assert connie.post(url, {"reason": "I no longer do."}).status_code == 302
    assert use.facts.get(key="minor_procedural_task").agreed_by is None


@pytest.mark.long
def test_a_raise_prints_wherever_the_tier_does(cast):
    gaps = {"use-register": {"choice": "partly", "text": "Half."}}
    markets = {"markets": ["hong_kong", "eu"]}
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, facts=markets, answers=gaps)
    submission, ines = sent(assessment), as_(cast.independent)
    url = reverse("judge_tier", args=[submission.reference])
    assert url in ines.get(submission.get_absolute_url()).content.decode()
    assert "Choose the new tier." in text_of(ines.post(url, {"reason": "In practice it decides."}))
    assert "Choose the new tier." in text_of(ines.post(url, {"tier": "limited", "reason": "Mild."}))
    ines.post(url, {"tier": "high", "reason": "In practice it decides."})
    said = "A reviewer raised the tier to High risk. The rules alone give Limited risk."
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    text = text_of(as_(cast.viewer).get(assessment.use.get_absolute_url()))
    assert said in text
    assert "In practice it decides." in text
    assert "In practice it decides." in text_of(as_(cast.owner).get(reverse("returned", args=[assessment.reference])))
    report = build_report(build_snapshot(assessment, final=False), assessment.compiled(), draft=True)
    assert [rule.id for rule in report.tier.rules if rule.deciding] == ["L-WORK"]
    html = plan_html(report)
    assert "A reviewer raised the tier to High. The rules alone give Limited." in html
    assert "The EU would treat this differently" in html
    assert "This note is not from the Guideline and does not affect the tier." in html
    fill(assessment, by=cast.owner)
    again = submit.submit(assessment, by=cast.owner, route="independent")
    seat_taking.take(again, by=cast.second_independent)
    ivan = as_(cast.second_independent)
    assert said in text_of(ivan.get(again.get_absolute_url()))
    page = reverse("judge_tier", args=[again.reference])
    assert "Give a reason." in text_of(ivan.post(page, {"withdraw": "1", "reason": ""}))
    assert ivan.post(page, {"withdraw": "1", "reason": "A person decides now."}).status_code == 302
    assessment.use.refresh_from_db()
    assert (assessment.use.assigned_tier, assessment.use.raised_tier) == ("limited", "")


@pytest.mark.parametrize(("tier", "goes_back"), [("limited", True), ("high", False)])
def test_raising_a_tier_says_what_follows_from_each_choice(cast, tier, goes_back):
    submission = sent(make_assessment(State.IN_REVIEW, tier, cast=cast))
    said = text_of(as_(cast.independent).get(reverse("judge_tier", args=[submission.reference])))
    assert ("A higher tier has more duties" in said) is goes_back  # above High there is only the refusal
    assert ("Raising the tier to Unacceptable has a different effect: the submission is refused." in said) is goes_back
    assert ("The only higher tier is Unacceptable." in said) is not goes_back


def test_the_letter_of_a_use_raised_to_unacceptable_says_so(cast):
    from assessments.documents.jobs import submission_report
    from assessments.documents.letters import letter_layouts, letter_of

    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    submission = sent(assessment)
    tier.raise_tier(submission, by=cast.independent, tier=Tier.UNACCEPTABLE, reason="It is built to harm.")
    document = Document.objects.get(submission=submission, kind="decision_letter")
    letter = letter_layouts(submission_report(submission), letter_of(document))[0]
    assert "The reviewer raised the tier from Limited risk to Unacceptable risk" in letter
    assert "It is built to harm." in letter
    assessment.use.refresh_from_db()
    olivia = as_(cast.owner)
    assert "A reviewer raised the tier to Unacceptable" in text_of(olivia.get(assessment.use.get_absolute_url()))


def test_what_was_signed_at_its_worst_prints_in_the_plan(cast):
    assessment = make_assessment(State.DRAFT, "low", cast=cast, facts={"education_decisions": "unknown"})
    worst_case.sign_worst(assessment.use, by=cast.owner)
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    html = plan_html(build_report(build_snapshot(assessment, final=False), assessment.compiled(), draft=True))
    assert "Not known. Olivia Owner" in html
    assert " declared the worst possible answer." in html


def test_an_owner_states_a_change_and_comes_to_what_waits_to_be_confirmed(cast):
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast)
    url = reverse("what_changed", args=[assessment.reference])
    olivia = as_(cast.owner)
    assert url in olivia.get(assessment.get_absolute_url()).content.decode()
    empty = text_of(olivia.post(url, {}))
    for words in (
        "Choose what has changed.",
        "Say in your own words what has changed.",
        "Enter the date of the change.",
    ):
        assert words in empty
    given = {"kinds": ["purpose"], "words": "It answers complaints too.", "happened_on": in_days(0).isoformat()}
    response = olivia.post(url, given, follow=True)
    opened = StatedChange.objects.get().opened
    assert response.redirect_chain[-1][0] == opened.get_absolute_url()
    assert "declare a separate use for the new purpose" in text_of(response)


@pytest.mark.long
def test_why_an_approval_is_stale_stands_on_every_page_of_it(cast):
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast)
    systems.update_use(assessment.use, by=cast.owner, purpose="Sorts and answers requests")
    words = "people affected or scope of the use was changed"
    olivia = as_(cast.owner)
    pages = [
        olivia.get(assessment.get_absolute_url()),
        olivia.get(assessment.use.get_absolute_url()),
        olivia.get(reverse("dashboard")),
        as_(cast.independent).get(sent(assessment).get_absolute_url()),
    ]
    assert [words in text_of(page) for page in pages] == [True] * 4
    assert "Report a change or an incident" in text_of(olivia.get(reverse("certificates")))
    assert "Report a change or an incident" not in text_of(as_(cast.viewer).get(assessment.get_absolute_url()))


def test_a_change_or_an_incident_is_reported_also_while_the_next_assessment_is_a_draft(cast):
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast)
    olivia, report = as_(cast.owner), reverse("what_changed", args=[assessment.reference])
    page = text_of(olivia.get(assessment.use.get_absolute_url()))
    assert "Renew the certificate" in page
    assert "The present certificate stays valid until it expires or the new certificate replaces it." in page
    olivia.post(reverse("use_start", args=[assessment.use.reference]))
    assert assessment.use.assessments.filter(state=State.DRAFT).count() == 1
    assert report in olivia.get(assessment.use.get_absolute_url()).content.decode()
    assert report not in as_(cast.viewer).get(assessment.use.get_absolute_url()).content.decode()


@pytest.mark.parametrize(("tier", "button"), [("limited", "Raise the tier"), ("high", "Raise the tier and refuse")])
def test_the_button_that_raises_a_high_tier_says_that_it_refuses(cast, tier, button):
    submission = sent(make_assessment(State.IN_REVIEW, tier, cast=cast))
    page = as_(cast.independent).get(reverse("judge_tier", args=[submission.reference]))
    assert ("Raise the tier and refuse" in text_of(page)) == (button != "Raise the tier")
    assert button in text_of(page)


@pytest.mark.long
def test_marks_that_a_hold_asked_for_go_back_with_the_submission(cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, facts=PLEA)
    submission, hold = sent(assessment), assessment.use.holds.get(closed_at=None)
    url = reverse("close_hold", args=[submission.reference, hold.pk])
    response = as_(cast.independent).post(url, {"outcome": "correct", "decision": "No licence exists."}, follow=True)
    assert "Return the submission so that the organisation can correct the fact" in text_of(response)
    mark_all(submission, by=cast.independent)
    decisions.send_back(submission, by=cast.independent)
    text = text_of(as_(cast.owner).get(reverse("returned", args=[assessment.reference])))
    assert "No licence exists." in text
