"""An account and an organisation are deleted: what goes, what stays, and that the log stays provable."""

from __future__ import annotations

import json

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from assessments import scheduled
from assessments.audit.verify import verify
from assessments.core import log_key
from assessments.core.errors import InvalidAnswer, WorkflowError
from assessments.domain import storage
from assessments.domain.answering import asking
from assessments.domain.register import deleted_organisations, deleted_people, leaving, tables
from assessments.models import (
    AuditDetail,
    AuditEntry,
    Certificate,
    Comment,
    Document,
    EvidenceVersion,
    Invitation,
    Membership,
    Message,
    Organisation,
    ReviewDecision,
    Role,
    Route,
    State,
    Submission,
    User,
)
from assessments.models.audit import INSTALLATION
from assessments.notifications.kinds import MessageKind
from tests.support import tampering
from tests.support.factories import (
    PASSWORD,
    Cast,
    in_days,
    make_assessment,
    make_cast,
    make_member,
    make_message,
    make_organisation,
    make_user,
    proved,
    undone,
)
from tests.support.page_text import text_of
from tests.support.world import NEIGHBOUR, SECTION, World

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def world(world_with_files: World) -> World:
    return world_with_files


def faults() -> list[str]:
    chains = [INSTALLATION, *Organisation.objects.values_list("reference", flat=True)]
    return [str(fault) for chain in chains for fault in verify(chain, by=None).faults]


# --- an account --------------------------------------------------------------------------------------------------------------


def test_the_page_says_what_goes_what_stays_and_where_open_work_goes(cast):
    draft = make_assessment(State.DRAFT, "limited", organisation=cast.organisation)
    asking.ask(draft, SECTION, Membership.objects.get(user=cast.contributor), by=cast.owner)
    text = text_of(proved(Client(), cast.contributor).get(reverse("account_delete")))
    (section,) = leaving.open_work(Membership.objects.get(user=cast.contributor))
    for words in ("What is deleted", "What is kept", "Former member", section.title, str(cast.organisation)):
        assert words in text


def test_a_deleted_account_has_nothing_of_its_person_and_cannot_sign_in(cast):
    user, old = cast.contributor, cast.contributor.email
    user.set_password(PASSWORD)
    user.save()
    make_message(user, "A line")
    Invitation.objects.issue(organisation=cast.organisation, email=old, by=cast.owner)
    client = proved(Client(), user)
    answer = client.post(reverse("account_delete"), {"sure": "on"})
    assert answer.url == reverse("start")
    assert client.get(reverse("dashboard")).status_code == 302
    user.refresh_from_db()
    assert (user.name, user.email, user.signed_name) == ("Former member", f"deleted-{user.pk}@deleted.invalid", "")
    assert (user.is_active, user.has_usable_password()) == (False, False)
    assert user.deleted_at
    assert not Message.objects.filter(recipient=user).exists()
    assert not user.emailaddress_set.exists()
    assert not Invitation.objects.filter(email=old).exists()
    assert not Session.objects.filter(session_key=client.session.session_key).exists()
    assert Membership.objects.get(user=user).left_at
    assert [message.to for message in mail.outbox if "was deleted" in message.subject] == [[old]]
    assert Client().post(reverse("account_login"), {"login": old, "password": PASSWORD}).status_code == 200


@pytest.mark.long
def test_nothing_in_the_log_names_the_person_any_more_and_it_is_whole(cast):
    user, name, email = cast.contributor, cast.contributor.name, cast.contributor.email
    make_assessment(State.DRAFT, "limited", organisation=cast.organisation)
    deleted_people.delete(user)
    assert not AuditDetail.objects.filter(detail__icontains=email).exists()
    assert not AuditDetail.objects.filter(detail__icontains=name).exists()
    assert faults() == []
    told = AuditEntry.objects.filter(kind="account_deleted").get()
    assert (told.chain, told.actor) == (INSTALLATION, user.pk)


@pytest.mark.long
def test_what_was_signed_keeps_its_name(cast):
    certified = make_assessment(State.CERTIFIED, "limited", organisation=cast.organisation, route=Route.INDEPENDENT)
    decision = ReviewDecision.objects.filter(kind="approve").get()
    reviewer, name = decision.by, decision.by.name
    deleted_people.delete(reviewer)
    decision.refresh_from_db()
    assert decision.by.as_signed == name
    assert str(decision.by) == "Former member"
    owner = cast.owner
    make_member(Role.OWNER, cast.organisation)
    deleted_people.delete(owner)
    signed = Submission.objects.defer(None).get(assessment=certified)
    assert signed.content()["signed"]["name"] == "Olivia Owner"
    assert signed.by.as_signed == "Olivia Owner"
    assert faults() == []


def test_the_last_owner_is_told_what_to_do_and_nothing_happens(cast):
    client = proved(Client(), cast.owner)
    page = client.get(reverse("account_delete"))
    assert "Make somebody else an owner first" in text_of(page)
    assert client.post(reverse("account_delete"), {"sure": "on"}).status_code == 200
    with undone(), pytest.raises(WorkflowError, match="last owner"):
        deleted_people.delete(cast.owner)
    assert User.objects.get(pk=cast.owner.pk).is_active


def test_open_work_goes_to_the_owner_of_longest_standing(cast):
    draft = make_assessment(State.DRAFT, "limited", organisation=cast.organisation)
    make_member(Role.OWNER, cast.organisation, "Ada Second")
    make_member(Role.CONTRIBUTOR, cast.organisation, "Aaron First")
    asking.ask(draft, SECTION, Membership.objects.get(user=cast.contributor), by=cast.owner)
    deleted_people.delete(cast.contributor)
    assert draft.assignments.get().member.user == cast.owner
    assert Message.objects.filter(recipient=cast.owner, kind=MessageKind.HANDED_OVER).exists()


def test_without_the_tick_and_without_a_fresh_proof_no_account_is_deleted(cast):
    user = cast.contributor
    user.set_password(PASSWORD)
    user.save()
    stale = Client()
    stale.force_login(user)
    assert reverse("account_reauthenticate") in stale.post(reverse("account_delete"), {"sure": "on"}).url
    answer = proved(Client(), user).post(reverse("account_delete"))
    assert "sure" in answer.context["form"].errors
    assert User.objects.get(pk=user.pk).is_active


# --- an organisation -----------------------------------------------------------------------------------------------------------


def test_an_owner_asks_with_the_name_typed_and_another_can_cancel(cast, settings):
    settings.DELETION_DAYS = 12
    other = make_member(Role.OWNER, cast.organisation).user
    url = reverse("organisation_delete", args=[cast.organisation.reference])
    client = proved(Client(), cast.owner)
    assert "after 12 days" in text_of(client.get(url))
    assert "name" in client.post(url, {"name": "Another name"}).context["form"].errors
    assert client.post(url, {"name": f" {cast.organisation.name_en} "}).status_code == 302
    cast.organisation.refresh_from_db()
    assert cast.organisation.deletion_on == in_days(12)
    assert Message.objects.filter(recipient=other, kind="deletion").count() == 1
    assert "will be deleted on" in text_of(client.get(cast.organisation.get_absolute_url()))
    assert sweep() == 0
    proved(Client(), other).post(url, {"cancel": "1"})
    cast.organisation.refresh_from_db()
    assert cast.organisation.deletion_on is None
    kinds = AuditEntry.objects.filter(chain=cast.organisation.reference).order_by("seq").values_list("kind", flat=True)
    assert list(kinds)[-2:] == ["deletion_asked", "deletion_cancelled"]
    assert deleted_organisations.carry_out(in_days(400)) == 0


def sweep() -> int:
    steps = tuple(step for step in scheduled.STEPS if step.name == "delete organisations")
    assert len(steps) == 1
    return scheduled.sweep(steps)


def test_while_a_submission_is_in_review_nothing_is_deleted(cast):
    make_assessment(State.IN_REVIEW, "limited", organisation=cast.organisation, route=Route.INDEPENDENT)
    with undone(), pytest.raises(WorkflowError, match="Recall or withdraw"):
        deleted_organisations.ask(cast.organisation, by=cast.owner, typed=cast.organisation.name_en)
    Organisation.objects.filter(pk=cast.organisation.pk).update(deletion_on=in_days(-1), deletion_by=cast.owner)
    assert sweep() == 0
    text = text_of(proved(Client(), cast.owner).get(reverse("organisation_delete", args=[cast.organisation.reference])))
    assert "The deletion takes place only when no submission is in review" in text


def test_the_reviewing_body_is_not_deleted(cast):
    assert "reviewing body" in deleted_organisations.why_not(cast.body)
    client = proved(Client(), cast.independent)
    assert client.get(reverse("organisation_delete", args=[cast.body.reference])).status_code == 403


def gone(world: World) -> Organisation:
    """The organisation of the world, deleted by the sweeper as if its days were over."""
    organisation = world.cast.organisation
    Organisation.objects.filter(pk=organisation.pk).update(deletion_on=in_days(-1), deletion_by=world.cast.owner)
    # what is in review would hold it up
    organisation.assessments.filter(state__in=(State.SUBMITTED, State.IN_REVIEW)).update(state=State.WITHDRAWN)
    assert sweep() == 1
    assert sweep() == 0
    organisation.refresh_from_db()
    return organisation


def texts_of(organisation: Organisation) -> dict[str, set[str]]:
    """Every text that rows of an organisation hold, by table and column."""
    found: dict[str, set[str]] = {}
    for name in tables.OF_ORGANISATION:
        for row in tables.rows_of(name, organisation).values():
            for column, value in row.items():
                if isinstance(value, str | dict | list) and value not in ("", {}, []):
                    found.setdefault(f"{name}.{column}", set()).add(json.dumps(value, default=str, ensure_ascii=False))
    return found


WORDS_THAT_STAY = {  # what a row still says once its organisation is deleted: no content, or public
    "Organisation": {"name_en", "reference"},
    "Membership": {"role", "sees"},
    "AISystem": {"name", "reference"},
    "DeclaredUse": {
        *("title", "reference", "assigned_tier", "text_tier", "rules_tier", "raised_tier", "tier_checksum"),
        *("newest_state", "system_name"),
    },
    "DeclaredFact": {"key"},
    "FactRevision": {"outcome"},
    "Involvement": {"kind"},
    "Hold": {"kind", "fact", "rule", "outcome"},
    "Assessment": {"reference", "state"},
    "Answer": {"language"},
    "AnswerRevision": {"outcome"},
    "Submission": {"reference", "route", "sha256", "edition_checksum", "assigned_tier", "text_tier"},
    "ReviewSeat": {"seat"},
    "ReviewMark": {"seat", "target", "mark", "reason"},
    "ReviewMarkRevision": {"outcome"},
    "EvidenceMark": {"seat", "question", "piece", "verdict"},
    "EvidenceMarkRevision": {"outcome"},
    "PartMark": {"seat", "part", "verdict"},
    "PartMarkRevision": {"outcome"},
    "Supplement": {"target", "sha256"},
    "SupplementMark": {"verdict"},
    "SupplementMarkRevision": {"outcome"},
    "SecondLook": {"rules"},
    "SecondLookMark": {"target", "mark"},
    "ReturnTask": {"key"},
    "EvidenceOpening": {"piece", "content"},
    "MarkReply": {"target"},
    "MarkReplyRevision": {"outcome"},
    "ReviewDecision": {"kind", "tier", "signed"},  # the edition's sentences, not the reviewer's
    "Condition": {"question", "requirements"},
    "RemediationAction": {
        "question", "requirements", "title", "suggested_owner", "package", "placed", "effort", "priority", "status",
        "set_by_hand", "clause",
    },
    "ActionEvent": {"kind"},
    "Certificate": {"number", "assurance", "tier", "public_record"},
    "CertificateEvent": {"kind", "public_reason"},
    "Document": {"reference", "kind", "language", "state", "file", "sha256"},
    "StatedChange": {"kinds", "to_confirm"},
    "Evidence": {"title", "reference", "confidentiality"},
    "EvidenceVersion": {"link", "media_type", "sha256", "scan"},
    "ConformityPart": {"key"},
    "ConformityRevision": {"outcome"},
    "SeatRequest": {"seat", "outcome"},
    "Appeal": {"reference", "kind"},
    "AuditEntry": {"chain", "kind", "object", "detail_digest", "previous", "hash", "rows"},
}  # fmt: skip


@pytest.mark.long
def test_nothing_that_anybody_wrote_is_left(world):
    before = texts_of(world.cast.organisation)
    organisation = gone(world)
    after = texts_of(organisation)
    allowed = {f"{name}.{column}" for name, columns in WORDS_THAT_STAY.items() for column in columns}
    assert sorted(after.keys() - allowed) == []
    assert sorted(before.keys() - allowed) != []
    assert after["AISystem.name"] == after["Evidence.title"] == {'"Deleted"'}
    assert after["EvidenceVersion.link"] == {f'"{deleted_organisations.NO_LINK}"'}
    assert not Comment.objects.filter(assessment__organisation=organisation).exists()
    assert not Membership.objects.current().filter(organisation=organisation).exists()
    assert not AuditDetail.objects.filter(entry__chain=organisation.reference, detail__contains="Harbourlight").exists()


@pytest.mark.long
def test_every_file_but_the_certificates_is_gone(world):
    organisation = world.cast.organisation
    versions = EvidenceVersion.objects.filter(evidence__organisation=organisation).exclude(storage_key="")
    evidence = list(versions.values_list("storage_key", flat=True))
    printed = Document.objects.filter(certificate__organisation=organisation, state="ready").get()
    theirs = EvidenceVersion.objects.filter(evidence__organisation=world.neighbour).exclude(storage_key="")
    kept = list(theirs.values_list("storage_key", flat=True))
    assert evidence
    assert kept
    gone(world)
    assert not any(default_storage.exists(name) for name in evidence)
    assert all(default_storage.exists(name) for name in [str(printed.file), *kept])
    assert {one.name for one in storage.every_file()} == {str(printed.file), *kept}


def test_certificates_stay_verifiable(world):
    number = world.places["certificate"][0]
    record = Certificate.objects.get(number=number).public_record
    before = text_of(Client().get(reverse("verify", args=[number])))
    gone(world)
    page = Client().get(reverse("verify", args=[number]))
    assert page.status_code == 200
    assert Certificate.objects.get(number=number).public_record == record
    assert text_of(page).split("Checked")[0] == before.split("Checked")[0]


@pytest.mark.long
def test_the_log_is_whole_names_the_deletion_and_still_names_a_change_past_the_product(world, settings, tmp_path):
    settings.LOG_KEY_FILE = tmp_path / "log-key.pem"
    call_command("log_key", "make")
    assert log_key.load() is not None
    organisation = gone(world)
    found = verify(organisation.reference, by=None)
    assert [str(fault) for fault in found.faults] == []
    assert any("content of the organisation was deleted" in str(one) for one in found.erased)
    assert found.rows > 0
    submission = Submission.objects.filter(organisation=organisation)[0]
    with tampering.unguarded("assessments_submission"):
        tampering.run(f"UPDATE assessments_submission SET round = 77 WHERE id = {submission.pk}")
    assert any("was changed outside hkguide" in str(fault) for fault in verify(organisation.reference, by=None).faults)


@pytest.mark.long
def test_an_emptied_snapshot_without_a_deletion_is_named(cast):
    certified = make_assessment(State.CERTIFIED, "low", organisation=cast.organisation)
    with tampering.unguarded("assessments_submission"):
        tampering.run(f"UPDATE assessments_submission SET snapshot = '' WHERE assessment_id = {certified.pk}")
    assert any("SHA-256 is different" in fault for fault in faults())


@pytest.mark.long
def test_nothing_of_a_neighbour_is_touched(world):
    before = texts_of(world.neighbour)
    gone(world)
    assert texts_of(world.neighbour) == before
    assert any(NEIGHBOUR in text for texts in before.values() for text in texts)


@pytest.mark.long
def test_nobody_opens_anything_of_it_and_no_page_breaks(world):
    organisation = gone(world)
    for who in (world.cast.owner, world.cast.viewer, world.cast.reviewer):
        client = proved(Client(), who)
        for name in ("organisation", "organisation_data", "organisation_delete"):
            assert client.get(reverse(name, args=[organisation.reference])).status_code == 404
        assert client.get(reverse("dashboard")).status_code == 200
    client = proved(Client(), world.cast.independent)
    assert client.get(reverse("reviews")).status_code == 200
    for what in ("submission in review", "submission certified", "submission refused inside"):
        assert client.get(reverse("review", args=world.places[what])).status_code == 404
    assert client.get(reverse("certificate_status", args=world.places["certificate"])).status_code in (200, 404)
    scheduled.sweep()


def test_its_registration_number_is_free_again(world):
    organisation = world.cast.organisation
    Organisation.objects.filter(pk=organisation.pk).update(registration_no="CR 4711")
    gone(world)
    make_organisation("Harbourlight anew", make_user("Olive Owner"), registration_no="CR 4711")


def test_on_postgresql_only_the_deletion_empties_frozen_rows_and_only_their_content(cast):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has the models' refusal alone")
    make_assessment(State.CERTIFIED, "low", organisation=cast.organisation)
    erasing = "SELECT set_config('hkguide.erasing', 'organisation', true)"
    for before, sql in (
        ("SELECT 1", "UPDATE assessments_submission SET snapshot = ''"),
        (erasing, "UPDATE assessments_submission SET sha256 = 'x'"),
        (erasing, "UPDATE assessments_reviewdecision SET kind = 'x'"),
        (erasing, "UPDATE assessments_auditentry SET kind = 'x'"),
        (erasing, "DELETE FROM assessments_submission"),
    ):
        with undone():
            tampering.run(before)
            with pytest.raises(DatabaseError, match="never"):
                tampering.run(sql)
    Submission.objects.filter(organisation=cast.organisation).blank(snapshot="")
    with pytest.raises(DatabaseError, match="never"), transaction.atomic():  # it allowed its own change alone
        tampering.run("UPDATE assessments_submission SET snapshot = 'x'")


def test_a_name_typed_wrongly_deletes_nothing(cast):
    with undone(), pytest.raises(InvalidAnswer):
        deleted_organisations.ask(cast.organisation, by=cast.owner, typed="x")
    assert Organisation.objects.get(pk=cast.organisation.pk).deletion_on is None
