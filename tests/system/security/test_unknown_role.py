"""A member with a role that no list of permissions names sees nothing of the organisation.

Roles are allowed, never excluded: a role that is added tomorrow opens nothing until somebody lists it. Here a made-up
role is written into the row, past all validation. Ada has no other history. The former contributor still owns actions,
evidence and requests from before.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse
from django.utils import timezone

from assessments.access import roles, separation
from assessments.domain.answering import comments
from assessments.domain.review import messages
from assessments.models import (
    ActionStatus,
    Assessment,
    CaseMessage,
    Certificate,
    ConformityPart,
    Evidence,
    Membership,
    Message,
    RemediationAction,
    Submission,
    User,
)
from assessments.notifications import reminders
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import concerned
from tests.support.factories import in_days, make_user, proved, undone
from tests.support.kept_world import world_of_the_run
from tests.support.paths import APP
from tests.support.rooms import tree_of
from tests.support.world import QUESTION, World
from tests.system.access_table import FORMS, OPENED, POSTED
from tests.system.access_table.answers import changes, spoken, spoken_of_a_form
from tests.system.access_table.words import ACCEPTED, SHOWN

pytestmark = pytest.mark.sqlite_alone

MADE_UP = "auditor"
NO_MEMBER = "staff"  # signed in, and a member of nothing
OWN_PAGES = {"my_data", "account_delete", "settings", "inbox", "dashboard"}
"""Pages about the person: they name the person's own memberships, and the messages that the person was sent before."""
PEOPLE = ["new member", "former contributor"]
# At every address daily: who contributed before, since more could be left to see than for who never did.
AT_EVERY_ADDRESS = [pytest.param("new member", marks=pytest.mark.long), "former contributor"]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The data of tests/support/world.py with the two members, in a transaction around every test of this module."""
    media = override_settings(MEDIA_ROOT=tmp_path_factory.getbasetemp() / "media")
    with django_db_blocker.unblock(), media, undone():
        found = world_of_the_run()
        ada = make_user("Ada Auditor", email="ada@example.org")
        Membership.objects.create(user=ada, organisation=found.cast.organisation, role=MADE_UP)
        Membership.objects.filter(user=found.cast.contributor).update(role=MADE_UP)
        yield found


def member(world: World, who: str) -> User:
    return world.cast.contributor if who == "former contributor" else User.objects.get(name="Ada Auditor")


def words_of(world: World) -> set[str]:
    """What names the organisation, its systems, uses, actions and evidence, in words and in addresses."""
    home = world.cast.organisation
    found = {home.name_en, home.name_zh, home.reference}
    for system in home.systems.all():
        found |= {system.name, system.reference}
    for use in home.uses.all():
        found |= {use.title, use.reference}
    for piece in Evidence.objects.filter(organisation=home):
        found |= {piece.title, piece.reference}
    found |= set(Assessment.objects.filter(organisation=home).values_list("reference", flat=True))
    found |= set(Certificate.objects.filter(organisation=home).values_list("number", flat=True))
    return found - {""}


def text_of(response: Any) -> str:
    return b"".join(response).decode(errors="replace") if response.streaming else response.content.decode()


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("who", AT_EVERY_ADDRESS)
def test_an_unknown_role_opens_what_a_person_without_any_membership_opens(who, world):
    client, wrong = proved(Client(), member(world, who)), {}
    for name, rows in OPENED.items():
        for what, row in rows.items():
            with undone():
                found = spoken(client.get(reverse(name, args=world.places[what])))
            if found != row[NO_MEMBER]:
                wrong[name, what] = (found, row[NO_MEMBER])
    assert wrong == {}


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("who", AT_EVERY_ADDRESS)
def test_an_unknown_role_may_post_what_a_person_without_any_membership_may_post(who, world):
    client, wrong = proved(Client(), member(world, who)), {}
    for name, rows in POSTED.items():
        for what, row in rows.items():
            with undone(), CaptureQueriesContext(connection) as queries:
                found = spoken_of_a_form(client.post(reverse(name, args=world.places[what]), FORMS.get(what, {})))
            wanted = row[NO_MEMBER]
            if found != wanted or (found != ACCEPTED and changes(queries)):
                wrong[name, what] = (found, wanted, changes(queries))
    assert wrong == {}


@pytest.mark.django_db
@pytest.mark.parametrize("who", PEOPLE)
def test_no_page_that_an_unknown_role_opens_names_anything_of_the_organisation(who, world):
    client, nobody = proved(Client(), member(world, who)), proved(Client(), world.cast.staff)
    words, named = words_of(world), {}
    for name, rows in OPENED.items():
        for what, row in rows.items():
            is_public = row["anonymous"] == SHOWN
            if is_public or row[NO_MEMBER] != SHOWN or (who == "former contributor" and name in OWN_PAGES):
                continue
            url = reverse(name, args=world.places[what])
            text = text_of(client.get(url))
            found = {word for word in words if word in text}
            if found:  # the example of an inventory has a use of the same name
                text = text_of(nobody.get(url))
                found = {word for word in found if word not in text}
            if name in ("my_data", "account_delete"):  # they name the membership that the person has
                found -= {world.cast.organisation.name_en, world.cast.organisation.name_zh}
            if found:
                named[name, what] = found
    assert named == {}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["systems", "assessments", "actions", "evidence", "certificates", "systems_export"])
def test_an_owner_sees_the_organisation_on_the_same_pages(name, world):
    """Without this the test above could pass on lists that show nothing."""
    text = proved(Client(), world.cast.owner).get(reverse(name)).content.decode()
    assert any(word in text for word in words_of(world))


@pytest.mark.django_db
def test_the_pages_about_people_open_where_one_has_an_unknown_role(world):
    owner, home = proved(Client(), world.cast.owner), world.cast.organisation
    ada = Membership.objects.get(user__name="Ada Auditor")
    assert "Ada Auditor" in owner.get(reverse("people", args=[home.reference])).content.decode()
    for name, args in (("organisation", ()), ("member", (ada.pk,)), ("member_remove", (ada.pk,))):
        assert owner.get(reverse(name, args=[home.reference, *args])).status_code == 200


@pytest.mark.django_db
def test_a_reviewer_with_an_unknown_role_in_the_organisation_is_not_independent_of_it(world):
    """Every membership counts against independence, also one that opens nothing."""
    ines, home = world.cast.independent, world.cast.organisation
    assert separation.is_independent_on_page(ines, home.pk)
    with undone():
        Membership.objects.create(user=ines, organisation=home, role=MADE_UP)
        ines = User.objects.get(pk=ines.pk)
        assert not separation.is_independent(ines, home.pk)
        assert not separation.is_independent_on_page(ines, home.pk)
        assert home.pk in roles.belongs_to(ines)


@pytest.mark.long
def test_no_source_excludes_a_role():
    """A query names the roles that it lets in: `exclude(role=…)` and `~Q(role=…)` let a new role in unseen."""
    found = []
    for path in APP.rglob("*.py"):
        for node in ast.walk(tree_of(path)):
            call: Any = None
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "exclude":
                call = node
            elif (
                isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert) and isinstance(node.operand, ast.Call)
            ):
                call = node.operand
            names = [word.arg or "" for word in call.keywords] if call else []
            if any(name.removesuffix("__in").split("__")[-1] == "role" for name in names):
                found.append(f"{path.relative_to(APP)}:{node.lineno}")
    assert found == []


# --- mails --------------------------------------------------------------------------------------------------------------


def told(kind: str) -> set[str]:
    return set(Message.objects.filter(kind=kind).values_list("recipient__name", flat=True))


@pytest.fixture
def nothing_told(world: World) -> Iterator[None]:
    with undone():
        Message.objects.all().delete()
        yield


@pytest.mark.django_db
def test_a_mention_reaches_nobody_with_an_unknown_role(world, nothing_told):
    draft = Assessment.objects.get(reference=world.places["draft"][0])
    comments.comment(draft, QUESTION, "@Ada @Connie @Victor which clinics?", by=world.cast.owner)
    assert told(MessageKind.MENTION) == {"Victor Viewer"}


@pytest.mark.django_db
def test_a_reply_reaches_nobody_with_an_unknown_role(world, nothing_told):
    draft = Assessment.objects.get(reference=world.places["draft"][0])
    first = draft.comments.get(reply_to=None)
    assert first.author == world.cast.contributor
    comments.comment(draft, QUESTION, "Both are in it now.", by=world.cast.assigned, reply_to=first)
    assert told(MessageKind.REPLY) == {"Olivia Owner"}


@pytest.mark.django_db
def test_evidence_of_somebody_with_an_unknown_role_reminds_the_owners(world, nothing_told):
    piece = Evidence.objects.get(reference=world.places["piece by link"][0])
    assert piece.owner == world.cast.contributor
    Evidence.objects.exclude(pk=piece.pk).update(expires_on=None)
    Evidence.objects.filter(pk=piece.pk).update(expires_on=in_days(1))
    reminders.remind_of_evidence()
    assert told(MessageKind.EVIDENCE_EXPIRING) == {"Olivia Owner"}


@pytest.mark.django_db
def test_an_accepted_risk_of_somebody_with_an_unknown_role_reminds_the_owners(world, nothing_told):
    reference, number = world.places["accepted risk"]
    risk = RemediationAction.objects.filter(use__reference=reference, number=number)
    assert risk.get().owner == world.cast.contributor
    risk.update(risk_by=User.objects.get(name="Ada Auditor"), risk_review=timezone.localdate(), risk_until=in_days(60))
    RemediationAction.objects.filter(status=ActionStatus.ACCEPTED).exclude(pk=risk.get().pk).update(status="open")
    reminders.remind_of_risks()
    assert told(MessageKind.RISK_REVIEW) == {"Olivia Owner"}


@pytest.mark.django_db
def test_the_alerts_of_a_conformity_file_reach_nobody_with_an_unknown_role(world, nothing_told):
    high = Submission.objects.get(reference=world.places["submission High in review"][0])
    certificate = Certificate(
        submission=high, organisation=world.cast.organisation, use=high.assessment.use, tier="high"
    )
    rows = [{"alert_owner": "Ada Auditor, Connie Contributor, Victor Viewer"}]
    ConformityPart.objects.filter(use=high.assessment.use, key="measures").update(rows=rows)
    assert reminders._alerted(certificate) == {world.cast.viewer.pk}


@pytest.mark.django_db
def test_what_happens_to_an_action_reaches_nobody_with_an_unknown_role(world, nothing_told):
    reference, number = world.places["accepted risk"]
    action = RemediationAction.objects.get(use__reference=reference, number=number)
    assert concerned(action, world.cast.contributor.pk) == {world.cast.owner.pk}


@pytest.mark.django_db
def test_a_message_of_a_reviewer_reaches_nobody_with_an_unknown_role(world, nothing_told):
    submission = Submission.objects.get(reference=world.places["submission in review"][0])
    CaseMessage.objects.create(
        submission=submission, author=world.cast.contributor, from_reviewer=False, text="Ask me."
    )
    messages.say(submission, "Which of the clinics is the newest?", by=world.cast.independent)
    assert told(MessageKind.CASE_MESSAGE) == {"Olivia Owner"}
