"""Check, sign and what an owner may do afterwards."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.core.errors import NotReady
from assessments.domain.review import seat_taking
from assessments.domain.submission import statement as submission_statement
from assessments.domain.submission import submit
from assessments.models import Assessment, Certificate, Condition, Involvement, Membership, State, Submission, User
from assessments.models.base import canonical_json, sha256
from assessments.models.snapshots import build_snapshot
from tests.support.factories import PASSWORD, Cast, fill, make_assessment, save
from tests.support.page_text import markup_of as text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
PRACTICE = "use-register"


def page_of(name: str, assessment: Assessment) -> str:
    return reverse(name, args=[assessment.reference])


def signed_in(client: Client, user: User) -> Client:
    """Somebody who has given the password just now."""
    user.set_password(PASSWORD)
    user.save()
    client.force_login(user)
    session = client.session
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = [
        {"method": "password", "at": timezone.now().timestamp(), "reauthenticated": True}
    ]
    session.save()
    return client


def statement(assessment: Assessment, **more: Any) -> dict[str, Any]:
    """The boxes of the statement, all ticked, for the answers as they stand."""
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    seen = sha256(canonical_json(build_snapshot(assessment, final=True)))
    return {f"statement_{n}": "on" for n in (1, 2, 3)} | {"seen": seen} | more


# --- who may ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("contributor", 403),
        ("viewer", 403),
        ("assigned", 404),
        ("outsider", 404),
        ("reviewer", 404),
        ("independent", 404),
        ("staff", 404),
    ],
)
def test_only_an_owner_signs_recalls_and_withdraws(client: Client, cast: Cast, who: str, status: int) -> None:
    assessment = make_assessment(cast=cast, filled=False)
    client.force_login(getattr(cast, who))
    said = {
        (name, method): getattr(client, method)(page_of(name, assessment)).status_code
        for name in ("sign", "self_certify", "declare_prohibited", "recall", "withdraw")
        for method in ("get", "post")
    }
    assert said == dict.fromkeys(said, status)


# --- check --------------------------------------------------------------------------------------------------------------------


def test_the_check_lists_what_is_open_first(client: Client, cast: Cast) -> None:
    assessment = make_assessment(cast=cast, answers={PRACTICE: None})
    client.force_login(cast.owner)
    page = client.get(page_of("check", assessment)).content.decode()
    assert "One question is not answered yet" in page
    assert page_of("sign", assessment) not in page
    day = timezone.localdate() + timedelta(days=40)
    save(assessment, PRACTICE, {"choice": "planned", "planned_for": day}, by=cast.owner)
    page = client.get(page_of("check", assessment)).content.decode()
    assert "All questions are answered. Check the answers, then sign" in page
    assert page_of("self_certify", assessment) in page


def test_a_contributor_is_told_which_owner_to_ask(client: Client, cast: Cast) -> None:
    assessment = make_assessment(cast=cast)
    client.force_login(cast.contributor)
    page = text_of(client.get(page_of("check", assessment)))
    assert f'href="mailto:{cast.owner.email}">Olivia Owner</a>' in page
    assert page_of("sign", assessment) not in page


def test_reasons_why_something_does_not_apply_stand_in_the_check(client: Client, cast: Cast) -> None:
    assessment = make_assessment(cast=cast, filled=False)
    edition, declared = assessment.compiled(), assessment.declared()
    free = next(
        q.key for q in declared.questions(edition)
        if not q.is_checklist and edition.not_applicable_allowed(q.requirements, declared.context)
    )  # fmt: skip
    fill(assessment, by=cast.owner, answers={free: {"choice": "not_applicable", "reason": "There is one system only."}})
    client.force_login(cast.viewer)
    assert "There is one system only." in client.get(page_of("check", assessment)).content.decode()


# --- sign -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_signing_asks_for_the_password_and_then_goes_through(client: Client, cast: Cast) -> None:
    assessment = make_assessment(tier="limited", cast=cast)
    cast.owner.set_password(PASSWORD)
    cast.owner.save()
    client.force_login(cast.owner)
    url = page_of("sign", assessment)
    assert client.get(url).status_code == 200
    form = statement(assessment, route="independent", public_statement="A notice stands on the first page.")
    response = client.post(url, form)
    assert response["Location"].startswith(reverse("account_reauthenticate"))
    assert not Submission.objects.exists()
    response = client.post(response["Location"], {"password": PASSWORD, "next": url})
    assert response["Location"] == assessment.get_absolute_url()
    submission = Submission.objects.get()
    assert submission.content()["signed"]["public_statement"] == "A notice stands on the first page."
    assert submission.reference in client.get(assessment.get_absolute_url()).content.decode()


@pytest.mark.parametrize("left_out", ["statement_1", "statement_3", "route"])
def test_each_sentence_and_the_route_are_needed_and_the_rest_is_kept(client: Client, cast: Cast, left_out: str) -> None:
    assessment = make_assessment(tier="limited", cast=cast)
    form = statement(assessment, route="independent", public_statement="Kept words.")
    del form[left_out]
    page = text_of(signed_in(client, cast.owner).post(page_of("sign", assessment), form))
    assert "Correct one error" in page
    assert "Kept words.</textarea>" in page
    assert not Submission.objects.exists()


def test_nobody_signs_what_changed_behind_the_page(client: Client, cast: Cast) -> None:
    assessment = make_assessment(tier="limited", cast=cast)
    form = statement(assessment, route="independent", public_statement="Kept words.")
    save(assessment, PRACTICE, {"choice": "not_in_place"}, by=cast.contributor)
    page = text_of(signed_in(client, cast.owner).post(page_of("sign", assessment), form))
    assert "have changed since you opened this page" in page
    assert "Kept words.</textarea>" in page
    assert not Submission.objects.exists()
    assert (
        signed_in(client, cast.owner)
        .post(page_of("sign", assessment), statement(assessment, route="independent"))
        .status_code
        == 302
    )
    assert Submission.objects.count() == 1


def test_an_incomplete_assessment_says_what_is_missing_instead_of_a_button(client: Client, cast: Cast) -> None:
    assessment = make_assessment(tier="limited", cast=cast, answers={PRACTICE: None})
    page = text_of(signed_in(client, cast.owner).get(page_of("sign", assessment)))
    assert "This assessment cannot be signed yet" in page
    assert "1 questions have no answer yet." in page or "One question has no answer yet." in page
    assert "Sign and send to the reviewer" not in page
    form = statement(assessment, route="independent", public_statement="Kept words.")
    page = text_of(client.post(page_of("sign", assessment), form))
    assert "Kept words.</textarea>" in page
    assert not Submission.objects.exists()


def test_every_must_is_listed_with_its_answer(client: Client, cast: Cast) -> None:
    assessment = make_assessment(tier="limited", cast=cast)
    page = text_of(signed_in(client, cast.owner).get(page_of("sign", assessment)))
    content = build_snapshot(Assessment.objects.for_dashboard().get(pk=assessment.pk), final=True)
    lines = submission_statement.must_lines(assessment.compiled(), content)
    assert lines
    assert page.count('<td data-label="Requirement of the Guideline">') == len(lines)


def test_only_the_musts_of_the_own_part_are_signed(client: Client, cast: Cast) -> None:
    """A question that is put to several parts covers duties of each; an organisation that uses a system develops none."""
    assessment = make_assessment(tier="limited", cast=cast, parts=("user",))
    edition, declared = assessment.compiled(), assessment.declared()
    asked = {id for question in declared.questions(edition) for id in question.requirements}
    foreign = {id for id in asked if not declared.in_scope(edition.requirements[id])}
    assert any(edition.requirements[id].strength == "must" for id in foreign)
    content = build_snapshot(Assessment.objects.for_dashboard().get(pk=assessment.pk), final=True)
    signed = {line["requirement"] for line in submission_statement.must_lines(edition, content)}
    assert signed
    assert not signed & foreign
    page = text_of(signed_in(client, cast.owner).get(page_of("sign", assessment)))
    assert "Develop models ethically" not in page


@pytest.mark.parametrize(
    ("tier", "words"),
    [
        ("high", "needs two approvals"),
        ("limited", "This reviewer must not have worked"),
        ("low", "does not need a reviewer"),
    ],
)
def test_the_route_is_explained_by_tier(client: Client, cast: Cast, tier: str, words: str) -> None:
    page = signed_in(client, cast.owner).get(page_of("sign", make_assessment(tier=tier, cast=cast))).content.decode()
    assert words in page
    assert ("public_statement" in page) == (tier != "low")


def test_what_is_under_review_is_not_signed_again(client: Client, cast: Cast) -> None:
    assessment = make_assessment("submitted", tier="limited", cast=cast)
    response = signed_in(client, cast.owner).post(
        page_of("sign", assessment), statement(assessment, route="independent")
    )
    assert response["Location"] == assessment.get_absolute_url()
    assert Submission.objects.count() == 1


@pytest.mark.long
def test_signing_pages_cost_at_most_fifteen_queries(client: Client, cast: Cast) -> None:
    low, limited = make_assessment(cast=cast), make_assessment(tier="limited", cast=cast)
    signed_in(client, cast.owner)
    for name, assessment in [("sign", limited), ("self_certify", low), ("check", low)]:
        client.get(page_of(name, assessment))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page_of(name, assessment)).status_code == 200
        assert len(queries) <= 15, name


# --- self-certify ---------------------------------------------------------------------------------------------------------------


def test_a_low_use_is_certified_by_its_owner(client: Client, cast: Cast) -> None:
    assessment = make_assessment(cast=cast)
    response = signed_in(client, cast.owner).post(page_of("self_certify", assessment), statement(assessment))
    assert response["Location"] == assessment.get_absolute_url()
    assert Certificate.objects.get().assurance == "self_declared"
    assert Certificate.objects.get().number in client.get(assessment.get_absolute_url()).content.decode()


def must_question(assessment: Assessment) -> str:
    """A practice whose only blocking duties are musts, so that a date may stand in for it."""
    edition, declared = assessment.compiled(), assessment.declared()
    hard = edition.blocking_requirements(declared.context)
    for question in declared.questions(edition):
        strengths = {edition.requirements[id].strength for id in question.requirements}
        if not question.is_checklist and "must" in strengths and hard.isdisjoint(question.requirements):
            return question.key
    raise LookupError("no such question")


@pytest.mark.long
def test_an_unmet_must_takes_a_promised_date(client: Client, cast: Cast) -> None:
    assessment = make_assessment(cast=cast, filled=False)
    key = must_question(assessment)
    fill(assessment, by=cast.owner, answers={key: {"choice": "partly"}})
    signed_in(client, cast.owner)
    page = text_of(client.get(page_of("self_certify", assessment)))
    assert f'name="due-{key}"' in page
    page = text_of(client.post(page_of("self_certify", assessment), statement(assessment)))
    assert "Enter the date by which the practice will be in place." in page
    far = (timezone.localdate() + timedelta(days=91)).isoformat()
    page = text_of(client.post(page_of("self_certify", assessment), statement(assessment) | {f"due-{key}": far}))
    assert "from tomorrow to 90 days from today" in page
    assert far in page
    assert not Certificate.objects.exists()
    near = timezone.localdate() + timedelta(days=60)
    client.post(page_of("self_certify", assessment), statement(assessment) | {f"due-{key}": near.isoformat()})
    assert Certificate.objects.count() == 1
    assert [(c.question, c.due_on) for c in Condition.objects.all()] == [(key, near)]


def test_what_no_date_can_stand_in_for_is_linked(client: Client, cast: Cast) -> None:
    facts = {"takes_user_input": True, "open_prompt": True, "makes_content_for_people": True}
    assessment = make_assessment(cast=cast, facts=facts, filled=False)
    edition, declared = assessment.compiled(), assessment.declared()
    hard = edition.prohibited_requirements
    question = next(q for q in declared.questions(edition) if not hard.isdisjoint(q.requirements))
    value = {"choice": "none"} if question.is_checklist else {"choice": "not_in_place"}
    fill(assessment, by=cast.owner, answers={question.key: value})
    page = signed_in(client, cast.owner).get(page_of("self_certify", assessment)).content.decode()
    assert "This use cannot be self-certified yet" in page
    assert f"#q-{question.key}" in page
    client.post(page_of("self_certify", assessment), statement(assessment))
    assert not Certificate.objects.exists()


@pytest.mark.parametrize("tier", ["limited", "high"])
def test_other_tiers_go_to_a_reviewer(client: Client, cast: Cast, tier: str) -> None:
    assessment = make_assessment(tier=tier, cast=cast)
    response = signed_in(client, cast.owner).post(page_of("self_certify", assessment), statement(assessment))
    assert response["Location"] == page_of("sign", assessment)
    assert not Certificate.objects.exists()


# --- prohibited -----------------------------------------------------------------------------------------------------------------


def test_a_prohibited_use_is_declared_with_the_facts_behind_it(client: Client, cast: Cast) -> None:
    assessment = make_assessment(tier="unacceptable", cast=cast)
    signed_in(client, cast.owner)
    url = page_of("declare_prohibited", assessment)
    page = client.get(url).content.decode()
    assert "Steers people by hidden means" in page
    assert client.get(page_of("sign", assessment))["Location"] == url
    assert client.post(url, statement(assessment))["Location"] == assessment.get_absolute_url()
    assessment.refresh_from_db()
    assert assessment.state == "refused"
    assert "Decision letter" in client.get(assessment.get_absolute_url()).content.decode()


def test_a_use_that_is_not_prohibited_is_not_declared_so(client: Client, cast: Cast) -> None:
    assessment = make_assessment(cast=cast)
    response = signed_in(client, cast.owner).post(page_of("declare_prohibited", assessment), statement(assessment))
    assert response["Location"] == assessment.get_absolute_url()
    assert not Submission.objects.exists()


# --- afterwards -------------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_submission_is_taken_back_until_somebody_takes_it(client: Client, cast: Cast) -> None:
    assessment = make_assessment("submitted", tier="limited", cast=cast)
    client.force_login(cast.owner)
    assert client.get(page_of("recall", assessment)).status_code == 200
    client.post(page_of("recall", assessment))
    assessment.refresh_from_db()
    assert assessment.state == "draft"
    taken = make_assessment("in_review", tier="limited", cast=cast)
    response = client.post(page_of("recall", taken), follow=True)
    assert "is not possible now" in response.content.decode()
    taken.refresh_from_db()
    assert taken.state == "in_review"


def test_withdrawing_takes_a_reason_and_is_final(client: Client, cast: Cast) -> None:
    assessment = make_assessment("in_review", tier="limited", cast=cast)
    client.force_login(cast.owner)
    assert (
        "Say why you are withdrawing the submission."
        in client.post(page_of("withdraw", assessment), {"reason": " "}).content.decode()
    )
    client.post(page_of("withdraw", assessment), {"reason": "The pilot ended."})
    assessment.refresh_from_db()
    assert assessment.state == "withdrawn"
    assert client.get(page_of("withdraw", assessment))["Location"] == assessment.get_absolute_url()


@pytest.mark.long
def test_owner_and_reviewer_count_what_is_not_known_alike(client, cast):
    answers = {"ai-framework": {"choice": "unknown"}, "use-register": {"choice": "unknown"}}
    assessment = make_assessment(
        "draft", "limited", cast=cast, answers=answers, facts={"cross_border_transfer": "unknown"}
    )
    client.force_login(cast.owner)
    context = client.get(reverse("check", args=[assessment.reference])).context
    assert (len(context["unknown_facts"]), len(context["unknown"])) == (1, 2)
    assert context["not_known"] == "1 fact, 2 answers"
    shown = text_of(client.get(reverse("check", args=[assessment.reference]))).partition('id="unknown"')[2]
    assert "If an unknown fact could change the tier, the worst case applies until the fact is known." in shown
    assert "Questions answered “do not know” count as “not in place”." in shown
    submission = submit.submit(assessment, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    client.force_login(cast.independent)
    page = text_of(client.get(reverse("review", args=[submission.reference])))
    assert f'Do not know:<span class="hk-meta">{context["not_known"]}</span></summary>' in page


@pytest.mark.long
def test_a_signature_and_a_decision_keep_the_name_of_that_day(client, cast):
    assessment = make_assessment(State.APPROVED, "limited", cast=cast)
    names = {cast.owner: str(cast.owner), cast.independent: str(cast.independent)}
    for user in names:
        type(user).objects.filter(pk=user.pk).update(name="Quite Another")
    submission = Submission.objects.with_signer().get(assessment=assessment)
    (decision,) = submission.decisions.filter(kind="approve")
    assert submission.by_name == Submission.objects.get(pk=submission.pk).by_name == names[cast.owner]
    assert decision.by_name == names[cast.independent]
    for user, address in (
        (cast.owner, assessment.get_absolute_url()),
        (cast.independent, submission.get_absolute_url()),
    ):
        client.force_login(user)
        page = text_of(client.get(address)).partition("<main")[2]
        assert f"by {names[cast.owner]}" in page
        assert "by Quite Another" not in page
    assert names[cast.independent] in page


@pytest.mark.long
def test_a_signature_without_its_copy_keeps_the_name_of_the_account(cast):
    """The copy goes with the organisation; who signed it still has a name."""
    assessment = make_assessment(State.APPROVED, "limited", cast=cast)
    submission = assessment.current_submission
    submission.snapshot = ""
    assert submission.by_name == str(cast.owner)


# --- who could review, and what is missing -----------------------------------------------------------------------------------


def test_a_route_without_a_reviewer_is_closed_with_its_reason(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    fill(assessment, by=cast.owner)
    Membership.objects.filter(organisation=cast.organisation, role="reviewer").update(left_at=timezone.now())
    signed_in(client, cast.owner)
    page = text_of(client.get(page_of("sign", assessment)))
    inside, other = re.findall(r'<input type="radio"[^>]*name="route"[^>]*>', page)
    assert "disabled" in inside
    assert "disabled" not in other
    assert "checked" in other
    assert "no reviewer yet" in page
    sent = client.post(page_of("sign", assessment), statement(assessment, route="inside"))
    assert "no reviewer yet" in sent.context["form"].errors["route"][0]
    assert not assessment.submissions.exists()


def test_a_route_that_leads_nowhere_is_refused_before_the_password_is_asked_for(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    fill(assessment, by=cast.owner)
    signed_in(client, cast.owner)
    client.get(page_of("sign", assessment))
    stale = client.session
    stale.pop("account_authentication_methods", None)  # the proof has gone by
    stale.save()
    Membership.objects.filter(organisation=cast.organisation, role="reviewer").update(left_at=timezone.now())
    sent = client.post(page_of("sign", assessment), statement(assessment, route="inside"))
    assert sent.status_code == 200
    assert "no reviewer yet" in sent.context["form"].errors["route"][0]
    right = statement(assessment, route="independent", public_statement="A notice stands on the first page.")
    assert client.post(page_of("sign", assessment), right).status_code == 302  # that one asks
    assert not assessment.submissions.exists()


def test_a_route_whose_reviewers_all_worked_on_the_use_is_closed(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    fill(assessment, by=cast.owner)
    Involvement.objects.keep(assessment.use_id, Involvement.Kind.ATTACHED, [cast.reviewer.pk])
    (words,) = submit.closed_routes(assessment).values()
    assert words.startswith("All reviewers of your organisation have worked on this use, so they cannot review it.")
    with pytest.raises(NotReady) as refused:
        submit.submit(assessment, by=cast.owner, route="inside")
    assert words in refused.value.reasons
    signed_in(client, cast.owner)
    assert words.split(":")[0] in text_of(client.get(page_of("sign", assessment)))


def test_the_routes_are_open_where_somebody_can_review(cast, django_assert_num_queries):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    with django_assert_num_queries(2):
        assert submit.closed_routes(assessment) == {}
    Membership.objects.filter(role="reviewer").update(left_at=timezone.now())
    assert set(submit.closed_routes(assessment)) == {"inside", "independent"}


def test_the_heading_says_that_parts_are_missing_for_the_approval(client, cast):
    assessment = make_assessment(State.DRAFT, "high", cast=cast)
    fill(assessment, by=cast.owner)
    signed_in(client, cast.owner)
    page = client.get(page_of("sign", assessment))
    missing = len(page.context["will_ask"])
    assert missing > 1
    assert f"You can sign, but the assessment cannot be approved yet: {missing} items are missing" in text_of(page)
    check = text_of(client.get(page_of("check", assessment)))
    assert f"All questions are answered. {missing} items are still needed for approval" in check


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("mfa_index", (), "shows or changes your sign-in settings"),
        ("account_change_password", (), "shows or changes your sign-in settings"),
        ("my_data", (), "downloads stored data"),
        ("account_delete", (), "deletes data permanently"),
        ("members_factor", ("abcdefghjkmn",), "changes how members of your organisation sign in"),
        ("sign", ("abcdefghjkmn",), "records a decision in your name"),
    ],
)
def test_the_page_that_asks_who_it_is_says_what_comes_next(client, cast, name, given, words):
    signed_in(client, cast.owner)
    page = text_of(client.get(reverse("account_reauthenticate"), {"next": reverse(name, args=given)}))
    assert f"The next step {words}" in page
    assert ("records a decision in your name" in page) is (name == "sign")
