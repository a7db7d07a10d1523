"""Whoever decides has just shown that it is them, by the strongest factor that they have: each function asks, not the page.

Decisions are found by their signature, as in tests/system/test_attacks.py: one that stands in none of the three sets below fails.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from assessments.accounts import recovery
from assessments.core import proof
from assessments.core.errors import NotPermitted, WorkflowError
from assessments.core.proof import Proof
from assessments.domain.review import appeals, approval
from assessments.domain.submission import self_certify, submit, taking_back
from assessments.models import AuditEntry, Certificate, State, User
from tests.support.attack_table import ATTACKS
from tests.support.attacks import SEATLESS, Attack, Place, Scene, decisions
from tests.support.daily import mostly_long
from tests.support.factories import make_assessment, make_user
from tests.support.filled_forms import filled
from tests.system.security.doors import confirm_it_is_me, given_password, signed_in
from tests.system.security.factors import with_app

pytestmark = [pytest.mark.django_db, pytest.mark.asks_proof, pytest.mark.sqlite_alone, pytest.mark.slow_first(42)]

# What is decided or signed: a fresh proof is asked for.
PROOF = {
    "submit.submit", "self_certify.self_certify", "prohibited.declare_prohibited", "taking_back.withdraw",
    "decisions.send_back", "approval.approve", "decisions.refuse", "tier.raise_tier", "tier.withdraw_raise",
    "issue.close_action", "holds.close_hold", "actions.accept", "risks.accept_risk",
    "standing.suspend", "standing.revoke", "standing.reinstate",
    "holds.close", "worst_case.sign_worst", "changes.state_change", "approvals.take_back_approval",
}  # fmt: skip
# What a reviewer does on the way to a decision: a second factor has to be there.
FACTOR = {
    "seat_taking.take", "marks.save_mark", "marks.undo_mark", "marks.accept_together", "marks.mark_evidence",
    "interests.declare_none", "interests.decline", "seat_requests.ask", "actions.decline", "relevance.refuse", "closing.judge",
    "own_marks.take_over", "parts.judge_part", "supplements.judge_supplement", "successors.succeed", "second_look.ask",
    "case_notes.write", "case_notes.change", "case_notes.share", "case_notes.remove", "case_notes.bring_back",
}  # fmt: skip
# Everyday work, which a session alone may do.
NEITHER = {
    "taking_back.recall", "replies.reply", "messages.say", "appeals.contest",
    "actions.report", "dates.plan", "actions.comment", "actions.attach", "actions.detach", "actions.link_answer",
    "requests.ask_plan", "risks.end_risk",
    "actions.lock_to_check", "actions.require_checker",  # these decide nothing: they say who may
    "declare.declare_facts", "procedural.agree_procedural", "procedural.withdraw_agreement",
    "holds.assign", "holds.attach", "holds.detach", "conformity_file.save_part",
    "start.start_assessment", "systems.update_use", "systems.retire", "systems.restore", "answers.save_answer",
    "answers.restore_answer", "answers.flag_question", "members.join", "assignments.assign_section",
    "log.erase_person",
    "asking.ask", "invitations.ask_by_mail", "comments.comment",
    "reuse.copy_answers", "reuse.confirm_copied", "suggestions.suggest", "suggestions.confirm_suggestions",
    "suggestions.dismiss_suggestions", "carry_over.copy", "carry_over.confirm_several", "drafts.keep_draft", "supplements.attach",
    "organisation_answers.start", "organisation_answers.inherit", "organisation_answers.take_over",
    "own_actions.add", "own_actions.edit", "own_actions.restore_words", "own_actions.take", "own_actions.take_back",
    "own_actions.finish_first_step", "own_actions.undo_first_step", "split_merge.split", "split_merge.undo",
    "relevance.mark_not_relevant", "relevance.reopen",
    "changes.require_worker", "closing.require_judge", "closing.require_reviewer", "closing.evidence_of_answer",  # say who may
    "opened.note_opening", "earlier_words.save",  # reading, and a mark that is saved by `marks.save_mark`
}  # fmt: skip

AGAIN, LACKS = "Confirm your identity again", "Add an authenticator app or a passkey in your settings first"


def test_each_decision_stands_in_one_of_the_sets():
    assert sorted([*PROOF, *FACTOR, *NEITHER]) == sorted(decisions())


@pytest.mark.parametrize("name", sorted(PROOF | FACTOR | NEITHER))
def test_each_function_asks_for_what_its_set_says(name):
    wanted = "proof" if name in PROOF else "factor" if name in FACTOR else None
    assert getattr(decisions()[name], "asks", None) == wanted


ALLOWED = [name for name, attack in ATTACKS.items() if attack.may]  # the scene holds somebody who may do it
ROWS = [name for name in ALLOWED if name.partition(",")[0] in PROOF]
FACTOR_ROWS = [name for name in ALLOWED if name.partition(",")[0] in FACTOR]


@contextmanager
def shown(user: User | None, *, strong: bool = True, age: float = 0) -> Iterator[None]:
    """As if this person had shown `age` seconds ago that it is them."""
    method = "code from an authenticator app" if strong else "password"
    with proof.found_by(lambda: Proof(user.pk, method, time.time() - age, strong) if user else None):
        yield


def outcome(do: Any) -> str:
    """Do it, say what came of it, and take it back."""
    with transaction.atomic():
        try:
            do()
        except (WorkflowError, NotPermitted) as error:
            return str(error)
        finally:
            transaction.set_rollback(True)
    return "done"


@contextmanager
def at_its_place(name: str, everything: Scene) -> Iterator[tuple[Attack, Any, Place, User]]:
    """Somebody who may decide, where it is decided."""
    attack = ATTACKS[name]
    role, place = attack.may[0], everything.places[attack.at]
    place.by, user = role, everything.people[role]
    with place.seated(user, attack.seat if role not in SEATLESS else ""):
        yield attack, decisions()[name.partition(",")[0]], place, user


@pytest.mark.few_a_day(3)
@pytest.mark.parametrize("name", mostly_long(ROWS, 3))
def test_a_decision_is_refused_without_a_fresh_proof_of_this_person_by_their_strongest_factor(name, scene, settings):
    settings.SECOND_FACTOR = True
    with at_its_place(name, scene) as (attack, function, place, user):
        tried = lambda: outcome(lambda: attack.do(function, place, user))  # noqa: E731
        with shown(user, strong=False):
            assert LACKS in tried()
        with_app(user)
        other = make_user("Somebody Else")
        late = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        for proved in (
            shown(None),
            shown(user, strong=False),
            shown(user, age=late),
            shown(other),
            shown(user, age=-60),
        ):
            with proved:
                assert AGAIN in tried()
        with shown(user, age=late - 5):
            assert tried() == "done"


@pytest.mark.parametrize("name", mostly_long(FACTOR_ROWS, 3))
def test_a_reviewers_act_is_refused_without_a_second_factor(name, scene, settings):
    settings.SECOND_FACTOR = True
    with at_its_place(name, scene) as (attack, function, place, user):
        assert LACKS in outcome(lambda: attack.do(function, place, user))
        with_app(user)
        assert outcome(lambda: attack.do(function, place, user)) == "done"


@pytest.mark.parametrize("name", ["self_certify.self_certify", "approval.approve", "standing.suspend"])
def test_how_and_when_it_was_shown_stands_beside_the_entry_of_the_decision(name, scene, settings):
    settings.SECOND_FACTOR = True
    with at_its_place(name, scene) as (attack, function, place, user), transaction.atomic():
        with_app(user)
        before = AuditEntry.objects.order_by("-pk").first().pk
        with shown(user, age=60):
            attack.do(function, place, user)
        entries = AuditEntry.objects.filter(pk__gt=before, actor=user.pk)
        kept = [entry.detail.content()["proof"] for entry in entries]
        assert kept
        assert {one["method"] for one in kept} == {"code from an authenticator app"}
        assert all(55 <= time.time() - one["at"] <= 65 for one in kept)
        transaction.set_rollback(True)


@pytest.mark.long
def test_the_log_says_how_somebody_showed_that_it_is_them(cast, settings):
    settings.SECOND_FACTOR = False
    with shown(cast.owner, strong=False):
        submit.submit(make_assessment(State.DRAFT, "limited", cast=cast), by=cast.owner, route="inside")
    client = Client()
    client.force_login(cast.owner)
    page = client.get(reverse("organisation_log", args=[cast.organisation.reference])).content.decode()
    assert "Identity confirmed by" in page
    assert "password, on " in page


def test_no_other_entry_borrows_the_proof_of_a_decision(cast, settings):
    """What somebody does after their decision, with the same session, carries none: nothing was asked for it."""
    settings.SECOND_FACTOR = False
    with shown(cast.owner, strong=False):
        submission = submit.submit(make_assessment(State.DRAFT, "limited", cast=cast), by=cast.owner, route="inside")
        taking_back.recall(submission.assessment, by=cast.owner)
    last = AuditEntry.objects.filter(actor=cast.owner.pk).order_by("-pk")[0]
    assert (last.kind != "submitted", "proof" in last.detail.content()) == (True, False)


def test_an_account_without_password_and_factor_is_never_always_fresh(cast, settings):
    """allauth believes whoever has nothing to show; here nothing is decided."""
    settings.SECOND_FACTOR = False
    assessment = make_assessment(State.DRAFT, "low", cast=cast)
    client = Client()
    client.force_login(cast.owner)
    assert not cast.owner.has_usable_password()
    sign = reverse("self_certify", args=[assessment.reference])
    response = client.post(sign, filled(client.get(sign).context["form"]))
    assert response.status_code == 302
    for name in ("mfa_activate_totp", "mfa_add_webauthn", "account_set_password"):
        assert client.post(reverse(name), {})["Location"] == reverse("account_reset_password")
    with pytest.raises(NotPermitted, match=AGAIN):
        self_certify.self_certify(assessment, by=cast.owner)
    assert not Certificate.objects.filter(use=assessment.use).exists()


@pytest.mark.long
def test_a_proof_that_the_sign_in_gave_is_asked_for_again_and_one_of_another_session_counts_nothing(cast, settings):
    settings.SECOND_FACTOR = False
    owner = given_password(cast.owner)
    assessment = make_assessment(State.DRAFT, "low", cast=cast)
    sign = reverse("self_certify", args=[assessment.reference])
    here, elsewhere = signed_in(owner), signed_in(owner)
    confirm_it_is_me(here)
    given = filled(elsewhere.get(sign).context["form"])
    assert elsewhere.post(sign, given)["Location"].startswith(reverse("account_reauthenticate"))
    assert here.post(sign, given)["Location"] == reverse("assessment", args=[assessment.reference])


def test_an_appeal_is_answered_with_a_proof_alone(cast, settings):
    settings.SECOND_FACTOR = False
    assert appeals.answer.asks == "proof"  # type: ignore[attr-defined]
    with pytest.raises(NotPermitted, match=AGAIN):
        appeals.answer(None, by=cast.independent, upheld=True, words="Yes.")  # type: ignore[arg-type]


@pytest.mark.parametrize("function", [recovery.reset, recovery.ask_members])
def test_what_an_owner_does_to_the_accounts_of_others_asks_for_a_proof(function, cast, settings):
    settings.SECOND_FACTOR = False
    with pytest.raises(NotPermitted, match=AGAIN):
        function(None, by=cast.owner)


@pytest.mark.long
def test_a_command_that_acts_names_itself_in_the_log(settings):
    settings.SECOND_FACTOR = True
    before = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    call_command("load_demo", password="a password for looking around", stdout=StringIO())
    entries = [
        entry.detail.content()
        for entry in AuditEntry.objects.filter(pk__gt=before, kind__in=["self_certified", "submitted"])
    ]
    assert entries
    assert {entry["proof"]["method"] for entry in entries} == {"command load_demo"}
    assert not Authenticator.objects.exists()


def test_the_proof_of_a_command_ends_with_it(cast):
    with proof.of_command("load_demo"):
        assert proof.require(cast.owner).method == "command load_demo"
    with pytest.raises(NotPermitted):
        proof.require(cast.owner)


def test_a_command_without_a_proof_is_refused(cast, settings):
    """As from `manage.py shell`."""
    settings.SECOND_FACTOR = False
    assessment = make_assessment_by_command(cast)
    with pytest.raises(NotPermitted, match=AGAIN):
        approval.approve(assessment.current_submission, by=cast.independent, statement="Read.")


def make_assessment_by_command(cast: Any) -> Any:
    with proof.of_command("the test"):
        return make_assessment(State.IN_REVIEW, "limited", cast=cast)
