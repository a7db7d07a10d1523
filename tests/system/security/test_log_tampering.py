"""Tampering with the log and with what it names, by SQL: each kind is named by the command, or by ends kept elsewhere.

The key that signs the ends lies outside the database. Who has the key too is found by yesterday's ends alone, as is who
puts back an old database as a whole.
"""

from __future__ import annotations

import io
import json
import stat

import pytest
from django.core.management import CommandError, call_command

from assessments.audit import heads, verify
from assessments.core import log_key
from assessments.core.errors import InvalidAnswer
from assessments.domain.register import organisations
from assessments.models import (
    Answer,
    AuditEntry,
    AuditHead,
    Certificate,
    Membership,
    ReviewDecision,
    Role,
    State,
    Submission,
)
from assessments.models.audit import ERASURE, INSTALLATION, AuditManager
from assessments.models.base import canonical_json, sha256
from tests.support import tampering
from tests.support.factories import make_assessment, make_cast, make_organisation, make_use, make_user

pytestmark = pytest.mark.django_db

SIGNATURE = "the end of the log does not match its signature: somebody changed the log or added entries outside hkguide"


def run(name, *args, **options):
    out = io.StringIO()
    call_command(name, *args, stdout=out, **options)
    return out.getvalue()


def words_of(chain):
    return [fault.words for fault in verify.verify(chain, by=None).faults]


def change(table, pk, **columns):
    """Change columns of a row past every guard of models and database."""
    with tampering.unguarded(f"assessments_{table}"):
        for name, value in columns.items():
            tampering.run(f"UPDATE assessments_{table} SET {name} = %s WHERE id = %s", value, pk)


@pytest.fixture
def key(settings, tmp_path):
    settings.LOG_KEY_FILE = tmp_path / "keys" / "log-key.pem"
    run("log_key", "make")
    return log_key.load()


@pytest.fixture
def chain(key):
    """The signed chain of an organisation with ten entries, which nobody has verified and no certificate names."""
    organisation = make_organisation()
    owner = Membership.objects.get(organisation=organisation).user
    for n in range(9):
        organisations.update_organisation(organisation, by=owner, place=f"Kowloon {n}")
    return organisation.reference


@pytest.fixture
def case(request):
    """A certified use under a key, each of its rows named by the log."""
    cast = make_cast()  # before there is a key, since they join without invitations and entries
    request.getfixturevalue("key")
    return make_assessment(State.CERTIFIED, "limited", cast=cast)


@pytest.mark.long
def test_a_signed_chain_that_nobody_touched_is_whole(case, chain):
    assert words_of(chain) == []
    assert words_of(case.organisation.reference) == []
    assert words_of(INSTALLATION) == []


# --- who can write to the database, and has no key -----------------------------------------------------------------------


def emptied(chain):
    """Take away when the chain was verified, as if nobody ever had."""
    with tampering.unguarded():
        sql = (
            "UPDATE assessments_audithead SET verified_seq = 0, verified_hash = '', verified_at = NULL WHERE chain = %s"
        )
        tampering.run(sql, chain)


@pytest.mark.parametrize("was_verified", [False, True])
def test_an_end_cut_off_together_with_its_head_is_found(chain, was_verified):
    if was_verified:
        verify.verify(chain, by=None)
    tampering.cut_off(chain, 7, head_too=True)
    emptied(chain)
    assert words_of(chain) == [SIGNATURE]


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("was_verified", [False, True])
def test_a_chain_written_anew_with_every_hash_is_found_without_any_certificate(chain, was_verified):
    if was_verified:
        verify.verify(chain, by=None)
    tampering.write_anew(chain, 4)
    emptied(chain)
    assert words_of(chain) == [SIGNATURE]


@pytest.mark.long
def test_a_chain_written_anew_with_the_certificates_that_name_it_is_found(case):
    chain, certificate = case.organisation.reference, Certificate.objects.get()
    tampering.write_anew(chain, 2)
    record = json.loads(certificate.public_record)
    record["log"]["hash"] = AuditEntry.objects.get(chain=chain, seq=record["log"]["seq"]).hash
    change("certificate", certificate.pk, public_record=canonical_json(record))
    assert SIGNATURE in words_of(chain)
    assert any(f"certificate {certificate.number} was changed outside hkguide" in words for words in words_of(chain))


def forge(chain, **columns):
    """Add an entry behind the end, its hash and the head's worked out right."""
    head = AuditHead.objects.get(chain=chain)
    tampering.insert(chain, head.seq + 1)
    tampering.edit(chain, head.seq + 1, anew=True, **columns)
    newest = AuditEntry.objects.get(chain=chain, seq=head.seq + 1)
    with tampering.unguarded():
        sql = "UPDATE assessments_audithead SET seq = %s, hash = %s WHERE chain = %s"
        tampering.run(sql, newest.seq, newest.hash, chain)


def test_an_entry_added_behind_the_end_together_with_the_head_is_found(chain):
    forge(chain, actor=make_user("Margaret Siu").pk)
    assert words_of(chain) == [SIGNATURE]


@pytest.mark.long
def test_details_emptied_with_a_forged_entry_of_their_erasure_are_found(chain):
    entry = AuditEntry.objects.get(chain=chain, seq=4)
    detail = canonical_json({"erased": [4], "person": 1})
    forge(chain, kind=ERASURE, detail_digest=sha256("salt" + detail))
    newest = AuditEntry.objects.filter(chain=chain).order_by("-seq")[0]
    change("auditdetail", newest.detail.pk, salt="salt", detail=detail)
    change("auditdetail", entry.detail.pk, salt="", detail="", erased_at=entry.at, erased_by_id=make_user().pk)
    assert words_of(chain) == [SIGNATURE]


def test_the_log_of_the_installation_gone_with_its_head_is_missed(key):
    tampering.delete(INSTALLATION, *AuditEntry.objects.filter(chain=INSTALLATION).values_list("seq", flat=True))
    with tampering.unguarded():
        tampering.run("DELETE FROM assessments_audithead WHERE chain = %s", INSTALLATION)
    with pytest.raises(CommandError, match="1 fault, listed above"):
        run("verify_audit_log")


def test_a_signature_taken_away_is_found_and_comes_back_with_no_later_entry(chain):
    with tampering.unguarded():
        tampering.run("UPDATE assessments_audithead SET signature = '' WHERE chain = %s", chain)
    organisation = Membership.objects.get(organisation__reference=chain).organisation
    organisations.update_organisation(
        organisation, by=Membership.objects.get(organisation=organisation).user, place="Sha Tin"
    )
    (words,) = words_of(chain)
    assert words.startswith("the end of the log is not signed, although there is a key")


def test_a_head_that_was_changed_is_not_signed_by_the_next_entry(chain):
    tampering.cut_off(chain, 7, head_too=True)
    organisation = Membership.objects.get(organisation__reference=chain).organisation
    organisations.update_organisation(
        organisation, by=Membership.objects.get(organisation=organisation).user, place="Sha Tin"
    )
    assert words_of(chain) == [SIGNATURE]


# --- rows beside the log ------------------------------------------------------------------------------------------------


def give_another_role(case):
    change("membership", Membership.objects.get(role=Role.VIEWER).pk, role=Role.OWNER, sees="all")
    return "membership"


def change_who_decided(case):
    change("reviewdecision", ReviewDecision.objects.get(kind="approve").pk, by_id=make_user().pk)
    return "decision"


def change_the_dates_of_a_certificate(case):
    change("certificate", Certificate.objects.get().pk, expires_on="2099-12-31")
    return "certificate"


def lift_a_suspension(case):
    event = Certificate.objects.get().events.get()
    change("certificateevent", event.pk, public_reason="All is well")
    return "certificate status change"


def write_the_frozen_copy_anew(case):
    submission = Submission.objects.get()
    snapshot = submission.snapshot.replace("Booking", "Hooking")
    change("submission", submission.pk, snapshot=snapshot, sha256=sha256(snapshot))
    return "submission"


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize(
    "tamper",
    [
        give_another_role,
        change_who_decided,
        change_the_dates_of_a_certificate,
        lift_a_suspension,
        write_the_frozen_copy_anew,
    ],
    ids=lambda tamper: tamper.__name__.replace("_", " "),
)
def test_a_row_that_was_changed_is_named_with_the_entry_that_tells_otherwise(tamper, case):
    what = tamper(case)
    (words,) = words_of(case.organisation.reference)
    assert words.startswith(what)
    assert " was changed outside hkguide: it does not match entry " in words


@pytest.mark.long
def test_a_frozen_copy_that_was_changed_alone_differs_from_its_own_hash(case):
    submission = Submission.objects.get()
    change("submission", submission.pk, snapshot=submission.snapshot.replace("Booking", "Hooking"))
    (words,) = words_of(case.organisation.reference)
    assert words.startswith(f"the stored copy of submission {submission.reference} is not the copy that was signed")


@pytest.mark.long
def test_an_answer_that_was_changed_after_it_was_signed_is_named(case):
    answer = Answer.objects.filter(assessment=case).exclude(choice="").order_by("pk")[0]
    change("answer", answer.pk, text="Never said.")
    (words,) = words_of(case.organisation.reference)
    assert words.startswith(f"the answer to “{answer.question.key}” differs from the answer in the frozen copy")


@pytest.mark.long
def test_a_membership_that_no_entry_tells_of_is_named(case):
    forged = Membership.objects.create(user=make_user(), organisation=case.organisation, role=Role.OWNER)
    (words,) = words_of(case.organisation.reference)
    assert words == f"membership {forged.pk} was added outside hkguide: no entry in the log names it"


@pytest.mark.long
def test_a_decision_that_was_deleted_is_missed(case):
    decision = ReviewDecision.objects.get(kind="approve")
    with tampering.unguarded("assessments_reviewdecision"):
        tampering.run("DELETE FROM assessments_reviewdecision WHERE id = %s", decision.pk)
    (words,) = words_of(case.organisation.reference)
    assert words.startswith("entry ")
    assert words.endswith(f" names reviewdecision {decision.pk}, but reviewdecision {decision.pk} no longer exists")


@pytest.mark.long
def test_rows_from_before_entries_named_any_are_counted_until_the_key_takes_them_in(monkeypatch, settings, tmp_path):
    settings.LOG_KEY_FILE = tmp_path / "log-key.pem"
    record = AuditManager.record
    with monkeypatch.context() as before:
        before.setattr(AuditManager, "record", lambda self, *told, rows=(), **more: record(self, *told, **more))
        made = make_assessment(State.CERTIFIED, "limited", cast=make_cast())
    chain = made.organisation.reference
    found = verify.verify(chain, by=None)
    assert (found.faults, found.rows) == ((), 0)
    assert found.rows_from_before == 9  # five roles, a submission, an approval, a certificate and its event
    run("log_key", "make")
    found = verify.verify(chain, by=None)
    assert (found.faults, found.rows, found.rows_from_before) == ((), 9, 0)
    change("certificate", Certificate.objects.get().pk, expires_on="2099-12-31")
    assert len(words_of(chain)) == 1


# --- who has the key too, or an old database ---------------------------------------------------------------------------


@pytest.fixture
def yesterday(chain, settings, tmp_path):
    """The ends of all chains as the sweeper pushed them into a file on another machine."""
    settings.LOG_HEADS = str(tmp_path / "heads.txt")
    assert heads.push() == 2
    return tmp_path / "heads.txt"


def sign_as_the_product(chain, key):
    head = AuditHead.objects.get(chain=chain)
    with tampering.unguarded():
        sql = "UPDATE assessments_audithead SET signature = %s WHERE chain = %s"
        tampering.run(sql, key.sign(head.signed_text()), chain)


def test_a_chain_written_anew_with_the_key_is_found_by_the_ends_of_yesterday_alone(chain, key, yesterday):
    tampering.write_anew(chain, 4)
    sign_as_the_product(chain, key)
    assert words_of(chain) == []
    with pytest.raises(CommandError, match="1 fault, listed above"):
        run("verify_audit_log", against=str(yesterday))


@pytest.mark.long
def test_an_older_end_put_back_with_its_own_signature_is_found_by_the_ends_of_yesterday_alone(chain, key, yesterday):
    tampering.cut_off(chain, 7, head_too=True)
    sign_as_the_product(chain, key)
    assert words_of(chain) == []
    with pytest.raises(CommandError, match="1 fault, listed above"):
        run("verify_audit_log", against=str(yesterday))


def test_a_chain_that_went_on_honestly_passes_the_ends_of_yesterday(chain, yesterday):
    organisation = Membership.objects.get(organisation__reference=chain).organisation
    organisations.update_organisation(
        organisation, by=Membership.objects.get(organisation=organisation).user, place="Sha Tin"
    )
    said = run("verify_audit_log", against=str(yesterday))
    assert "2 chain ends from the file were compared with the log" in said


@pytest.mark.long
def test_a_chain_that_yesterday_had_and_today_has_not_is_missed(yesterday):
    line = heads.line_of("abcdefghjkmn", 3, "0" * 64)
    yesterday.write_text(yesterday.read_text() + line + "\n")
    with pytest.raises(CommandError, match="fault"):
        run("verify_audit_log", against=str(yesterday))


@pytest.mark.long
def test_what_the_command_prints_can_be_kept_and_compared(chain, tmp_path):
    kept = tmp_path / "printed.txt"
    kept.write_text("\n".join(line for line in run("verify_audit_log").splitlines() if heads.LINE.search(line)))
    assert "2 chain ends from the file were" in run("verify_audit_log", against=str(kept))


@pytest.mark.parametrize(("text", "line"), [("no end at all", 2), ("abcdefghjkmn 3 " + "0" * 63, 2)])
def test_a_line_that_is_no_end_is_named(text, line, chain, tmp_path):
    kept = tmp_path / "heads.txt"
    kept.write_text(f"# of Monday\n{text}\n")
    with pytest.raises(
        CommandError,
        match=f"line {line}: write the name of the chain, then the number and the hash of its newest entry",
    ):
        run("verify_audit_log", against=str(kept))
    with pytest.raises(InvalidAnswer):
        heads.read([text], "heads.txt")


def test_a_file_that_is_not_there_is_named(key, tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        run("verify_audit_log", against=str(tmp_path / "nothing.txt"))


# --- the key ------------------------------------------------------------------------------------------------------------


def test_the_key_is_readable_by_its_owner_alone_and_made_once(key, settings):
    assert stat.S_IMODE(settings.LOG_KEY_FILE.stat().st_mode) == 0o600
    assert f"kept key {key.name}" in run("log_key", "make")
    assert log_key.load().name == key.name
    assert key.name in run("log_key", "show")


def test_a_new_key_signs_every_end_and_the_old_one_is_kept(chain, key, settings):
    said = run("log_key", "rotate")
    new = log_key.load()
    assert new.name != key.name
    assert f"the old key {key.name} is kept" in said
    assert words_of(chain) == []
    assert AuditHead.objects.get(chain=chain).key == new.name
    assert len(list(settings.LOG_KEY_FILE.parent.iterdir())) == 2


def test_a_new_key_does_not_sign_what_the_old_one_had_not(chain, key):
    tampering.write_anew(chain, 4)
    with pytest.raises(CommandError, match=chain):
        run("log_key", "rotate")
    assert words_of(chain) == [SIGNATURE]


def test_a_chain_that_is_not_whole_is_left_unsigned_when_the_key_is_made(settings, tmp_path):
    settings.LOG_KEY_FILE = tmp_path / "log-key.pem"
    organisation = make_organisation()
    make_use("low", organisation)
    tampering.edit(organisation.reference, 1, kind="rewritten")
    with pytest.raises(CommandError, match=r"chains that have faults and were not signed: 1\."):
        run("log_key", "make")
    assert AuditHead.objects.get(chain=organisation.reference).signature == ""


def test_without_the_key_a_signed_log_is_a_fault_and_says_which_key_it_was(chain, key, settings, tmp_path):
    settings.LOG_KEY_FILE = tmp_path / "elsewhere.pem"
    (words,) = words_of(chain)
    assert key.name in words


def test_without_any_key_the_command_says_that_nothing_is_signed(settings, tmp_path):
    settings.LOG_KEY_FILE = tmp_path / "none.pem"
    make_organisation()
    assert "The ends of the chains are not signed, because there is no key" in run("verify_audit_log")


def test_a_file_that_holds_no_key_stops_with_its_name(settings, tmp_path):
    settings.LOG_KEY_FILE = tmp_path / "log-key.pem"
    settings.LOG_KEY_FILE.write_text("not a key")
    with pytest.raises(Exception, match=r"HKGUIDE_LOG_KEY_FILE cannot be read: .*log-key\.pem"):
        make_organisation()


# --- the ends, pushed each day ------------------------------------------------------------------------------------------


def test_ends_go_to_the_systems_log_where_the_setting_says_so(chain, settings, monkeypatch):
    said = []
    monkeypatch.setattr(heads.syslog, "syslog", lambda level, text: said.append(text))
    settings.LOG_HEADS = "syslog"
    assert heads.push() == 2
    head = AuditHead.objects.get(chain=chain)
    assert f"hkguide log {chain} {head.seq} {head.hash}" in said


def test_ends_go_nowhere_without_the_setting(chain, settings):
    settings.LOG_HEADS = ""
    assert heads.push() == 0
