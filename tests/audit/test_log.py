"""The log: what it keeps, who reads it, and that nothing of it can be changed without being found and named."""

from __future__ import annotations

import io
import json
from functools import partial

import pytest
from celery import shared_task
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory
from django.urls import reverse

from assessments.audit import log, verify
from assessments.core import request_context
from assessments.core.errors import NotPermitted
from assessments.domain.answering import start
from assessments.domain.evidence import library
from assessments.domain.facts import declare
from assessments.domain.register import members, organisations, systems
from assessments.domain.review import approval, interests, seat_taking
from assessments.domain.submission import self_certify, submit, taking_back
from assessments.models import (
    Assessment,
    AuditDetail,
    AuditEntry,
    AuditHead,
    Certificate,
    CertificateEvent,
    DeclaredUse,
    Membership,
    ReviewDecision,
    Route,
    State,
    Submission,
)
from assessments.models.audit import AuditManager
from assessments.models.base import Frozen, FrozenRow
from tests.support import tampering
from tests.support.factories import fill, make_assessment, make_cast, make_evidence, make_use, mark_all
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.slow_first(36)]

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"


def run(name, **options):
    out = io.StringIO()
    call_command(name, stdout=out, **options)
    return out.getvalue()


def found_in(chain):
    return [(fault.seq, str(fault.kind), fault.words) for fault in verify.verify(chain, by=None).faults]


@pytest.fixture
def chain(cast):
    """A chain of ten entries and more, none of which a certificate names."""
    make_use("limited", cast.organisation)
    for n in range(8):
        organisations.update_organisation(cast.organisation, by=cast.owner, place=f"Kowloon {n}")
    return cast.organisation.reference


# --- tampering: each is found, and named --------------------------------------------------------------------------------


@pytest.mark.long
def test_a_chain_that_nobody_touched_is_whole(chain):
    assert found_in(chain) == []
    assert "chains with" in run("verify_audit_log")


@pytest.mark.few_a_day(4)
@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (lambda c: tampering.edit(c, 5, kind="forged"), [(5, "changed", "entry 5 was changed")]),
        (lambda c: tampering.edit(c, 5, actor=4711), [(5, "changed", "entry 5 was changed")]),
        (
            lambda c: tampering.edit(c, 5, anew=True, kind="forged"),
            [(5, "replaced", "entry 5 and its hash were changed: entry 6 records a different hash for it")],
        ),
        (lambda c: tampering.edit_details(c, 5, '{"forged":true}'), [(5, "details", "details of entry 5 were changed")]),
        (lambda c: tampering.delete(c, 5), [(5, "removed", "entry 5 was removed")]),
        (lambda c: tampering.delete(c, 5, 6, 7), [(5, "removed", "entries 5 to 7 were removed")]),
        (lambda c: tampering.delete(c, 5, close_up=True), [(5, "removed", "entry 5 was removed")]),
        (lambda c: tampering.delete(c, 1), [(1, "removed", "entry 1 was removed")]),
        (
            lambda c: tampering.insert(c, 5),
            [(5, "inserted", "entry 5 was inserted: the entry after it used to be in this place")],
        ),
        (
            lambda c: tampering.swap(c, 5, 6),
            [(6, "moved", "entry 5 was moved: it is now at place 6")],
        ),
        (
            lambda c: tampering.swap(c, 4, 8),
            [(8, "moved", "entry 4 was moved: it is now at place 8")],
        ),
    ],
    ids=[
        "edited", "another actor", "edited with its hash", "details edited", "deleted", "three deleted",
        "deleted, the rest closed up", "the first deleted", "inserted", "two neighbours swapped", "two swapped",
    ],
)  # fmt: skip
def test_tampering_with_the_audit_log_is_found_and_named(tamper, found, chain):
    tamper(chain)
    assert found_in(chain) == found


def test_a_chain_that_was_cut_off_is_found_by_its_head(chain):
    end = AuditHead.objects.get(chain=chain).seq
    tampering.cut_off(chain, 6)
    assert found_in(chain) == [
        (6, "cut off", f"the log was cut off after entry 6: its last entry should be entry {end}")
    ]
    with pytest.raises(CommandError, match="1 fault, listed above"):
        run("verify_audit_log", chain=chain)


def test_an_entry_behind_the_end_is_found_by_the_head(chain):
    end = AuditHead.objects.get(chain=chain).seq
    tampering.insert(chain, end + 1)
    assert found_in(chain) == [
        (end + 1, "inserted", f"entry {end + 1} was added after the end of the chain"),
    ]


def test_audit_chain_deleted_as_a_whole_is_found(chain):
    entries = AuditEntry.objects.filter(chain=chain).values_list("seq", flat=True)
    tampering.delete(chain, *entries)
    with tampering.unguarded():
        tampering.run("DELETE FROM assessments_audithead WHERE chain = %s", chain)
    assert found_in(chain) == [(1, "cut off", "the whole log of this organisation is missing")]
    assert chain in verify.chains()


@pytest.mark.long
def test_details_that_were_removed_or_emptied_in_silence_are_found(chain):
    with tampering.unguarded():
        pk = AuditEntry.objects.get(chain=chain, seq=3).pk
        tampering.run("DELETE FROM assessments_auditdetail WHERE entry_id = %s", pk)
        pk = AuditEntry.objects.get(chain=chain, seq=5).pk
        tampering.run(
            "UPDATE assessments_auditdetail SET salt = '', detail = '', erased_at = %s WHERE entry_id = %s",
            AuditEntry.objects.get(chain=chain, seq=5).at,
            pk,
        )
    assert found_in(chain) == [
        (3, "details removed", "details of entry 3 were removed"),
        (5, "erased quietly", "details of entry 5 were removed, and no entry records the removal"),
    ]


# --- anchors: what stands outside the chain -------------------------------------------------------------------------------


@pytest.mark.long
def test_a_certificate_names_the_newest_entry_before_its_own(cast):
    made = make_assessment(State.CERTIFIED, "limited", cast=cast)
    certificate = Certificate.objects.get(use=made.use)
    log = json.loads(certificate.public_record)["log"]
    issued = AuditEntry.objects.get(chain=cast.organisation.reference, kind="certificate_issued")
    assert log == {"seq": issued.seq - 1, "hash": issued.previous}
    assert cast.organisation.reference not in certificate.public_record


@pytest.mark.long
def test_an_end_cut_off_with_its_head_shows_by_the_certificate(cast):
    made = make_assessment(State.CERTIFIED, "limited", cast=cast)
    number = Certificate.objects.get(use=made.use).number
    chain = cast.organisation.reference
    issued = AuditEntry.objects.get(chain=chain, kind="certificate_issued").seq
    tampering.cut_off(chain, issued - 3, head_too=True)
    assert found_in(chain) == [
        (issued - 1, "anchor", f"entry {issued - 1} is missing, but certificate {number} refers to it")
    ]


@pytest.mark.long
def test_a_log_written_anew_with_every_hash_shows_by_the_certificate(cast):
    made = make_assessment(State.CERTIFIED, "limited", cast=cast)
    number = Certificate.objects.get(use=made.use).number
    chain = cast.organisation.reference
    place = json.loads(Certificate.objects.get().public_record)["log"]["seq"]
    tampering.write_anew(chain, 4)
    assert found_in(chain) == [
        (
            place,
            "anchor",
            f"entry {place} is not the entry that certificate {number} refers to: the log was rewritten up to "
            "this entry",
        )
    ]


@pytest.mark.long
def test_an_end_that_was_once_verified_is_missed_without_any_certificate(chain):
    assert found_in(chain) == []
    head = AuditHead.objects.get(chain=chain)
    assert (head.verified_seq, head.verified_hash, head.faults) == (head.seq, head.hash, 0)
    tampering.cut_off(chain, 6, head_too=True)
    (fault,) = verify.verify(chain, by=None).faults
    assert (fault.seq, str(fault.kind)) == (head.seq, "anchor")
    assert "but the verification of" in fault.words
    head.refresh_from_db()
    assert (head.verified_seq > 6, head.faults) == (True, 1)  # what was whole once is still what has to be passed


@pytest.fixture
def entries_name_no_rows(monkeypatch):
    """The log as it was written before its entries named rows."""
    record = AuditManager.record
    monkeypatch.setattr(AuditManager, "record", lambda self, *told, rows=(), **more: record(self, *told, **more))


@pytest.mark.long
@pytest.mark.usefixtures("entries_name_no_rows")
def test_certificates_from_before_are_counted_and_no_fault(cast):
    made = make_assessment(State.CERTIFIED, "low", cast=cast)
    certificate = Certificate.objects.get(use=made.use)
    record = json.loads(certificate.public_record)
    del record["log"]
    with transaction.atomic(), _certificates_open():
        Certificate._base_manager.filter(pk=certificate.pk).update(public_record=json.dumps(record))
    found = verify.verify(cast.organisation.reference, by=None)
    assert (found.faults, found.anchors, found.unanchored) == ((), 0, 1)
    assert "0 certificates were compared with the log; 1 name no entry" in run("verify_audit_log")


class _certificates_open:
    """As it was before certificates were guarded by the database."""

    def __enter__(self):
        if connection.vendor == "postgresql":
            tampering.run("SET CONSTRAINTS ALL IMMEDIATE")
            tampering.run("ALTER TABLE assessments_certificate DISABLE TRIGGER hkguide_frozen")

    def __exit__(self, *_error):
        if connection.vendor == "postgresql":
            tampering.run("ALTER TABLE assessments_certificate ENABLE TRIGGER hkguide_frozen")


# --- refused before anything is found ---------------------------------------------------------------------------------------


def frozen_models():
    left, found = [Frozen], []
    while left:
        for model in left.pop().__subclasses__():
            left.append(model)
            if not model._meta.abstract:
                found.append(model)
    return sorted(found, key=lambda model: model.__name__)


@pytest.mark.parametrize("model", [*frozen_models(), AuditDetail], ids=lambda model: model.__name__)
def test_the_model_refuses_to_change_or_delete_what_is_frozen(model):
    for change in (
        lambda: model.objects.all().update(pk=1),
        lambda: model.objects.all().delete(),
        lambda: model(pk=1).delete(),
        lambda: model.objects.bulk_update([model(pk=1)], [model._meta.concrete_fields[1].name]),
    ):
        with pytest.raises(FrozenRow):
            change()
    row = model(pk=1)
    row._state.adding = False
    with pytest.raises(FrozenRow):
        row.save()


def test_on_postgresql_every_frozen_table_has_its_trigger():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has the models' refusal alone")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'hkguide_frozen' AND tgenabled = 'O'"
        )
        guarded = {name for (name,) in cursor.fetchall()}
    kept = {model._meta.db_table for model in [*frozen_models(), AuditDetail, AuditHead, Certificate]}
    assert kept - guarded == set()


@pytest.mark.few_a_day(5)
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE assessments_auditentry SET kind = 'x'",
        "DELETE FROM assessments_auditentry",
        "UPDATE assessments_auditdetail SET detail = 'x'",
        "UPDATE assessments_auditdetail SET salt = '', detail = ''",
        "DELETE FROM assessments_auditdetail",
        "UPDATE assessments_audithead SET seq = seq - 1",
        "UPDATE assessments_audithead SET hash = 'x'",
        "DELETE FROM assessments_audithead",
        "UPDATE assessments_submission SET snapshot = 'x'",
        "UPDATE assessments_reviewdecision SET statement = 'x'",
        "DELETE FROM assessments_certificateevent",
        "UPDATE assessments_factrevision SET number = 9",
        "UPDATE assessments_certificate SET public_record = 'x'",
        "DELETE FROM assessments_certificate",
    ],
)
def test_frozen_row_is_not_changed_by_the_database_on_postgresql(sql):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has the models' refusal alone")
    make_assessment(State.CERTIFIED, "low")
    assert CertificateEvent.objects.exists()
    assert ReviewDecision.objects.exists()
    with pytest.raises(DatabaseError, match="never"), transaction.atomic():
        tampering.run(sql)


# --- what an entry keeps ----------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_facts_are_kept_with_old_and_new_value_and_the_tier_that_follows(cast):
    use = make_use("low", cast.organisation)
    declare.declare_facts(use, {"employment_decisions": True, "illegal_purpose": "unknown"}, by=cast.contributor)
    entry = AuditEntry.objects.filter(kind="facts_declared").order_by("-seq")[0]
    told = entry.detail.content()
    assert told["old"] == {"employment_decisions": False, "illegal_purpose": False, "tier": "low"}
    assert told["new"] == {"employment_decisions": True, "illegal_purpose": "unknown", "tier": "high"}
    assert told["holds_opened"] == ["open_question illegal_purpose"]
    assert told["by"] == {"name": "Connie Contributor", "email": cast.contributor.email}


def test_a_use_whose_tier_moves_with_its_system_has_an_entry_of_its_own(cast):
    use = make_use("limited", cast.organisation)
    DeclaredUse.objects.filter(pk=use.pk).update(assigned_tier="low")  # as an older release of the rules had it
    systems.update_system(use.system, by=cast.owner, name="Renamed")
    last = list(AuditEntry.objects.order_by("-seq").filter(chain=cast.organisation.reference)[:2])
    assert [entry.kind for entry in last] == ["tier_followed", "system_changed"]
    told = last[0].detail.content()
    assert (told["old"], told["new"]) == ({"tier": "low"}, {"tier": "limited"})


@pytest.mark.long
def test_each_move_is_kept_with_the_state_before_and_after(cast):
    made = make_assessment(State.CERTIFIED, "high", cast=cast)
    entries = AuditEntry.objects.filter(object=f"assessment:{made.reference}").order_by("seq").select_related("detail")
    moves = [
        (entry.kind, told["old"]["state"], told["new"]["state"])
        for entry in entries
        if "old" in (told := entry.detail.content())
    ]
    assert moves == [
        ("submitted", "draft", "submitted"),
        ("taken", "submitted", "in_review"),
        ("approved", "in_review", "in_review"),
        ("taken", "in_review", "in_review"),
        ("approved", "in_review", "approved"),
        ("certificate_issued", "approved", "certified"),
    ]


@pytest.mark.long
def test_a_renewal_says_what_it_took_the_place_of(cast):
    first = make_assessment(State.CERTIFIED, "low", cast=cast)
    number = Certificate.objects.get().number
    again = start.start_assessment(first.use, by=cast.owner)
    fill(again, by=cast.owner)
    self_certify.self_certify(again, by=cast.owner)
    entry = AuditEntry.objects.get(kind="superseded")
    assert entry.object == f"assessment:{first.reference}"
    assert entry.detail.content()["certificate"] == number
    assert found_in(cast.organisation.reference) == []


@pytest.mark.long
def test_a_reading_by_a_reviewer_is_kept_with_person_piece_submission_address_and_browser(client, cast):
    draft = make_assessment(State.DRAFT, "limited", cast=cast)
    piece = make_evidence(cast.organisation, by=cast.owner, confidentiality="confidential", title="Contract")
    library.attach(piece, draft, "use-register", by=cast.owner)
    submission = submit.submit(draft, by=cast.owner, route=Route.INDEPENDENT)
    interests.declare_none(submission, by=cast.independent)
    client.force_login(cast.independent)
    address = reverse("review_evidence", args=[submission.reference, piece.reference, 1])
    client.get(address, headers={"User-Agent": WINDOWS}, REMOTE_ADDR="192.0.2.7")
    told = AuditEntry.objects.get(kind="evidence_read").detail.content()
    assert told == {
        "title": "Contract",
        "version": 1,
        "submission": submission.reference,
        "by": {"name": "Ines Independent", "email": cast.independent.email},
        "from": {"address": "192.0.2.7", "agent": "Chrome on Windows"},
    }
    assert request_context.current() == request_context.NOWHERE


@pytest.mark.parametrize(
    ("behind", "forwarded", "address"),
    [
        (False, "203.0.113.9", "192.0.2.7"),
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the first is what the sender claims
        (True, "2001:db8::1", "2001:db8::1"),
        (True, None, "192.0.2.7"),
        (True, "<script>", ""),
    ],
)
def test_the_address_is_that_which_the_proxy_wrote(behind, forwarded, address, settings):
    settings.BEHIND_PROXY = behind
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert request_context.address_of(RequestFactory().get("/", headers=headers, REMOTE_ADDR="192.0.2.7")) == address


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        (WINDOWS, "Chrome on Windows"),
        (WINDOWS + " Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604", "Safari on iOS"),
        ("curl/8.5.0", "curl"),
        ("", ""),
        ("<b>", ""),
    ],
)  # fmt: skip
def test_of_a_browser_its_family_is_kept_and_no_version(agent, family):
    assert request_context.family_of(agent) == family


def test_a_job_is_recorded_as_the_job_s_even_within_a_request(cast):
    noted = []

    @shared_task(name="tests.note")
    def note():
        noted.append(request_context.current())

    with request_context.coming_from(request_context.Origin(address="192.0.2.7", agent="Firefox")):
        note.delay()
        noted.append(request_context.current())
    assert noted == [
        request_context.Origin(system="note"),
        request_context.Origin(address="192.0.2.7", agent="Firefox"),
    ]


# --- erasing ----------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_what_the_log_says_of_a_person_is_erased_and_the_chain_stays_provable(cast):
    use = make_use("low", cast.organisation)
    declare.declare_facts(use, {"public_facing": True}, by=cast.contributor)
    member = Membership.objects.get(user=cast.contributor)
    members.remove_member(member, by=cast.owner)
    out = run(
        "erase_audit_details",
        person=cast.contributor.email,
        by=cast.owner.email,
        organisation=cast.organisation.reference,
    )
    chain = cast.organisation.reference
    assert out == f"{chain}: the details of 2 entries were erased\n"  # the facts they declared, and that they left
    erased = AuditDetail.objects.exclude(erased_at=None).order_by("entry__seq")
    assert [(one.entry.kind, one.salt, one.detail) for one in erased] == [
        ("facts_declared", "", ""),
        ("member_left", "", ""),
    ]
    last = AuditEntry.objects.filter(chain=chain).order_by("-seq")[0]
    assert (last.kind, last.actor) == ("details_erased", cast.owner.pk)
    assert last.detail.content() == {"person": cast.contributor.pk, "erased": [one.entry.seq for one in erased]}
    assert not AuditDetail.objects.filter(detail__contains=cast.contributor.email, entry__chain=chain).exists()
    said = run("verify_audit_log")
    assert f"{chain}: details of entry {erased[0].entry.seq} were erased on" in said
    assert "by Olivia Owner" in said
    assert "have no faults" in said


def test_only_staff_and_owners_erase(cast):
    for who in (cast.contributor, cast.outsider, cast.reviewer):
        with pytest.raises(NotPermitted):
            log.erase_person(cast.viewer, by=who, organisation=cast.organisation)
    with pytest.raises(CommandError, match="Only staff can erase details in the logs of all organisations"):
        run("erase_audit_details", person=cast.contributor.email, by=cast.owner.email)
    with pytest.raises(CommandError, match="no account has the email address"):
        run("erase_audit_details", person="nobody@example.org", by=cast.staff.email)
    assert not AuditDetail.objects.exclude(erased_at=None).exists()
    assert log.erase_person(cast.outsider, by=cast.staff) != {}


def test_only_whole_names_and_addresses_are_erased(cast):
    """Somebody called Li does not take every *list* with them."""
    li = cast.viewer
    li.name, li.email = "Li", "li@example.org"
    li.save()
    for place in ("The list of Lisbon", "li@example.org.hk", "ali@example.org", "By li@example.org."):
        organisations.update_organisation(cast.organisation, by=cast.owner, place=place)
    erased = log.erase_person(li, by=cast.staff)
    details = AuditDetail.objects.exclude(erased_at=None)
    assert erased == {cast.organisation.reference: details.count()}
    left = AuditDetail.objects.filter(entry__kind="organisation_changed", erased_at=None).order_by("entry__seq")
    places = [one.content()["new"]["place"] for one in left]
    assert places == ["The list of Lisbon", "li@example.org.hk", "ali@example.org"]


# --- two at once ------------------------------------------------------------------------------------------------------------


def log_of(assessment):
    """The kinds of the assessment's entries, from the one that submitted it; the chain they stand in has to be whole."""
    chain = assessment.organisation.reference
    assert found_in(chain) == []
    kinds = AuditEntry.objects.filter(object=f"assessment:{assessment.reference}").order_by("seq")
    return list(kinds.values_list("kind", flat=True))[1:]


def again(submission):
    return Submission.objects.get(pk=submission.pk)


RACES = pytest.mark.parametrize("rounds", [1, pytest.param(12, marks=pytest.mark.long)])  # who comes first differs


@pytest.mark.long
@RACES
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("published")
def test_two_approvers_pressing_at_once_make_one_certificate(rounds):
    cast = make_cast()
    for _round in range(rounds):
        made = make_assessment(State.IN_REVIEW, "high", cast=cast)
        submission = made.current_submission
        seat_taking.take(submission, by=cast.second_independent)
        both = (cast.independent, cast.second_independent)
        for by in both:
            mark_all(submission, by=by)

        def press(by, submission=submission):
            approval.approve(again(submission), by=by, statement="Read.")

        assert at_once(*(partial(press, by) for by in both)) == ["done", "done"]
        made.refresh_from_db()
        assert made.state == State.CERTIFIED
        assert Certificate.objects.filter(use=made.use).count() == 1
        assert log_of(made) == ["submitted", "taken", "taken", "approved", "approved", "certificate_issued"]
        states = [
            entry.detail.content()["new"]["state"]
            for entry in AuditEntry.objects.filter(object=f"assessment:{made.reference}", kind="approved").order_by(
                "seq"
            )
        ]
        assert states == ["in_review", "approved"]


@pytest.mark.long
@RACES
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("published")
def test_one_approver_pressing_twice_approves_once(rounds):
    cast = make_cast()
    for _round in range(rounds):
        made = make_assessment(State.IN_REVIEW, "limited", cast=cast)
        submission = made.current_submission
        mark_all(submission, by=cast.independent)

        def press(submission=submission):
            approval.approve(again(submission), by=cast.independent, statement="Read.")

        assert sorted(at_once(press, press)) == ["WrongState", "done"]
        assert Certificate.objects.filter(use=made.use).count() == 1
        assert log_of(made) == ["submitted", "taken", "approved", "certificate_issued"]


@pytest.mark.long
@RACES
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("published")
def test_an_approval_and_a_withdrawal_at_once_leave_one_of_them(rounds):
    """Where the approval comes first the case is certified, which cannot be withdrawn; else nothing is approved."""
    cast = make_cast()
    for _round in range(rounds):
        made = make_assessment(State.IN_REVIEW, "limited", cast=cast)
        submission = made.current_submission
        mark_all(submission, by=cast.independent)

        def approve(submission=submission):
            approval.approve(again(submission), by=cast.independent, statement="Read.")

        def withdraw(pk=made.pk):
            taking_back.withdraw(Assessment.objects.get(pk=pk), by=cast.owner, reason="Changed plans.")

        approved, withdrawn = at_once(approve, withdraw)
        made.refresh_from_db()
        certificates = Certificate.objects.filter(use=made.use).count()
        decisions = set(ReviewDecision.objects.filter(submission=submission).values_list("kind", flat=True))
        if approved == "done":
            assert (withdrawn, made.state, certificates) == ("WrongState", State.CERTIFIED, 1)
            assert decisions == {"approve"}
            assert log_of(made) == ["submitted", "taken", "approved", "certificate_issued"]
        else:
            assert (approved, withdrawn, made.state, certificates) == ("WrongState", "done", State.WITHDRAWN, 0)
            assert decisions == {"withdraw"}
            assert log_of(made) == ["submitted", "taken", "withdrawn"]


@pytest.mark.long
@RACES
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("published")
def test_a_fact_changed_while_it_is_approved_is_refused_or_makes_the_approval_stale(rounds):
    """Under review the facts are locked; once it is certified a graver fact suspends the certificate at once."""
    cast = make_cast()
    for _round in range(rounds):
        made = make_assessment(State.IN_REVIEW, "limited", cast=cast)
        submission = made.current_submission
        mark_all(submission, by=cast.independent)

        def approve(submission=submission):
            approval.approve(again(submission), by=cast.independent, statement="Read.")

        def change(use=made.use):
            declare.declare_facts(use, {"healthcare_diagnosis": True}, by=cast.contributor)

        approved, changed = at_once(approve, change)
        made.refresh_from_db()
        certificate = Certificate.objects.get(use=made.use)
        assert (approved, made.state) == ("done", State.CERTIFIED)
        kinds = log_of(made)
        if changed == "done":
            assert certificate.status() == "suspended"
            assert made.stale_since is not None
            after = ["approval_stale", "certificate_suspended"]
            assert kinds == ["submitted", "taken", "approved", "certificate_issued", *after]
        else:
            assert (changed, certificate.status(), made.stale_since) == ("Locked", "valid", None)
            assert kinds == ["submitted", "taken", "approved", "certificate_issued"]


@pytest.mark.long
@RACES
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("published")
def test_a_fact_of_the_whole_system_declared_through_two_of_its_uses_at_once_is_declared_twice(rounds):
    cast = make_cast()
    one = make_use("limited", cast.organisation)
    named = ("title", "purpose", "setting", "people_affected", "scope_en")
    other = systems.declare_use(one.system, by=cast.owner, **dict.fromkeys(named, "Drafting letters"))
    for hosting in (["own_premises"], ["public_cloud"]) * rounds:
        acts = [
            partial(
                declare.declare_facts, use, {"hosting": hosting}, by=cast.contributor, reasons={"hosting": use.title}
            )
            for use in (one, other)
        ]
        assert at_once(*acts) == ["done", "done"]
    assert found_in(cast.organisation.reference) == []


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("published")
def test_many_writers_of_one_chain_leave_it_whole():
    cast = make_cast()
    uses = [make_use("limited", cast.organisation) for _n in range(4)]
    acts = [lambda use=use: declare.declare_facts(use, {"public_facing": True}, by=cast.contributor) for use in uses]
    before = AuditHead.objects.get(chain=cast.organisation.reference).seq
    assert at_once(*acts) == ["done"] * 4
    assert AuditHead.objects.get(chain=cast.organisation.reference).seq == before + 4
    assert found_in(cast.organisation.reference) == []
