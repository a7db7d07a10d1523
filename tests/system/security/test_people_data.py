"""What a person and an organisation take along, and that nothing of anybody else is in it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import EmailField, QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.core.zip_stream import zipped
from assessments.domain.register import deleted_organisations, organisation_data, tables
from assessments.models import (
    AuditEntry,
    Comment,
    Confidentiality,
    Evidence,
    EvidenceVersion,
    Membership,
    Role,
    State,
    User,
)
from tests.support import tampering
from tests.support.factories import (
    PASSWORD,
    make_assessment,
    make_evidence,
    make_message,
    make_organisation,
    make_user,
    proved,
)
from tests.support.paths import ROOT
from tests.support.world import NEIGHBOUR, QUESTION, World

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def unpacked(response: Any) -> zipfile.ZipFile:
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    assert archive.testzip() is None
    return archive


def all_text(archive: zipfile.ZipFile) -> str:
    return "\n".join(archive.read(name).decode(errors="replace") for name in archive.namelist())


def table(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(archive.read(name))
    return found


@pytest.fixture
def world(world_with_files: World) -> World:
    return world_with_files


# --- a person --------------------------------------------------------------------------------------------------------------


def mine(user: Any) -> zipfile.ZipFile:
    return unpacked(proved(Client(), user).post(reverse("my_data")))


@pytest.mark.long
def test_a_person_takes_along_account_memberships_work_notices_and_log(world):
    owner = world.cast.owner
    make_message(owner, "A line for Olivia")
    archive = mine(owner)
    names = ("account", "memberships", "notices", "kept-forms", "saved-filters", "review-texts", "work", "log")
    assert sorted(archive.namelist()) == sorted(
        ["read-me.txt", *(f"{name}.{end}" for name in names for end in ("json", "html"))]
    )
    (account,) = table(archive, "account.json")
    assert (account["email"], account["name"]) == (owner.email, owner.name)
    assert account["addresses"] == [{"email": owner.email, "verified": True, "primary": True}]
    assert "password" not in account
    assert [row["organisation"] for row in table(archive, "memberships.json")] == [str(world.cast.organisation)]
    assert "Somebody wrote about “A line for Olivia”" in [row["subject"] for row in table(archive, "notices.json")]
    assert {row["what"] for row in table(archive, "work.json")} >= {
        "Answer",
        "AnswerRevision",
        "Submission",
        "Evidence",
    }
    made = {row["kind"] for row in table(archive, "log.json")}
    assert {"organisation_founded", "submitted", "data_exported"} <= made
    assert "A line for Olivia" in archive.read("notices.html").decode()


@pytest.mark.long
def test_the_archive_of_a_person_has_own_words_alone(world):
    cast, draft = world.cast, world.places["draft"][0]
    assessment = make_assessment(State.DRAFT, "limited", organisation=cast.organisation)
    Comment.objects.create(assessment=assessment, question=QUESTION, author=cast.contributor, text="Connie wrote this")
    Comment.objects.create(assessment=assessment, question=QUESTION, author=cast.owner, text="Olivia wrote that")
    text = all_text(mine(cast.contributor))
    assert "Connie wrote this" in text
    assert "Olivia wrote that" not in text
    assert cast.owner.email not in text
    assert NEIGHBOUR not in text
    assert draft  # there was something that could leak


@pytest.mark.long
def test_of_an_organisation_that_somebody_left_the_words_stay_there(world):
    cast = world.cast
    assessment = make_assessment(State.DRAFT, "limited", organisation=cast.organisation)
    Comment.objects.create(assessment=assessment, question=QUESTION, author=cast.contributor, text="Connie wrote this")
    Membership.objects.filter(user=cast.contributor).update(left_at=timezone.now())
    archive = mine(cast.contributor)
    assert "Connie wrote this" not in all_text(archive)
    assert "Comment" in {row["what"] for row in table(archive, "work.json")}
    assert all(row["details"] == {} for row in table(archive, "log.json") if row["kind"] != "data_exported")


@pytest.mark.long
def test_a_form_that_was_kept_is_in_it_and_what_is_typed_cannot_become_markup(world):
    user = make_user("<b>Mallory</b>")
    archive = mine(user)
    assert "&lt;b&gt;Mallory&lt;/b&gt;" in archive.read("account.html").decode()
    assert "<b>Mallory" not in archive.read("account.html").decode()
    assert len(table(mine(world.cast.owner), "kept-forms.json")) == 1


@pytest.mark.parametrize("name", ["my_data", "organisation_data"])
def test_a_download_takes_a_fresh_proof_and_a_press_of_the_button(name, world):
    owner = User.objects.get(pk=world.cast.owner.pk)
    owner.set_password(PASSWORD)
    owner.save()
    client = Client()
    client.force_login(owner)
    url = reverse(name, args=world.places["organisation"] if name == "organisation_data" else ())
    assert client.get(url).status_code == 200
    answer = client.post(url)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert not AuditEntry.objects.filter(kind__in=("data_exported", "organisation_exported")).exists()


# --- an organisation ---------------------------------------------------------------------------------------------------------


def everything(world: World, owner: Any = None) -> zipfile.ZipFile:
    client = proved(Client(), owner or world.cast.owner)
    return unpacked(client.post(reverse("organisation_data", args=world.places["organisation"])))


@pytest.mark.long
def test_an_owner_takes_along_every_table_the_log_and_the_files(world):
    archive, organisation = everything(world), world.cast.organisation
    for name in tables.OF_ORGANISATION:
        if name in organisation_data.NOT_OURS | organisation_data.TAKEN_BACK.keys() | {"AuditEntry"}:
            continue
        stored = set(tables.rows_of(name, organisation).values_list("pk", flat=True))
        assert {row["id"] for row in table(archive, f"data/{name}.json")} == stored, name
    log = table(archive, "log.json")
    assert [row["seq"] for row in log] == list(range(1, len(log) + 1))
    assert log[-1]["kind"] == "organisation_exported"
    files = [name for name in archive.namelist() if name.startswith("evidence/")]
    stored_files = EvidenceVersion.objects.filter(evidence__organisation=organisation).exclude(storage_key="")
    assert len(files) == stored_files.count() > 0
    assert any(name.startswith("documents/") for name in archive.namelist())


@pytest.mark.long
def test_nothing_of_another_organisation_is_in_it_and_nothing_that_reviewers_keep(world):
    for submission in tables.rows_of("Submission", world.cast.organisation):
        submission.marks.update(private_note="For reviewers alone")
    archive = everything(world)
    text = all_text(archive)
    assert NEIGHBOUR not in text
    assert "For reviewers alone" not in text
    assert "token_digest" not in text
    assert "storage_key" not in text
    in_review = world.places["submission in review"][0]
    marks = {row["submission_id"] for row in table(archive, "data/ReviewMark.json")}
    refs = {row["id"]: row["reference"] for row in table(archive, "data/Submission.json")}
    assert in_review not in {refs[pk] for pk in marks}


def test_the_neighbours_archive_has_what_could_have_leaked(world):
    owner = Membership.objects.get(organisation=world.neighbour, role=Role.OWNER).user
    client = proved(Client(), owner)
    archive = unpacked(client.post(reverse("organisation_data", args=[world.neighbour.reference])))
    assert NEIGHBOUR in all_text(archive)


def test_a_file_that_is_missing_says_so_and_a_name_cannot_leave_its_folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    organisation = make_organisation()
    owner = organisation.memberships.get().user
    for name in ("../../etc/passwd.pdf", "plan.pdf"):
        make_evidence(organisation, by=owner, file=SimpleUploadedFile("log.txt", name.encode()))
    first, gone = EvidenceVersion.objects.filter(evidence__organisation=organisation).order_by("pk")
    with tampering.unguarded("assessments_evidenceversion"):
        QuerySet(EvidenceVersion).filter(pk=first.pk).update(file_name="../../etc/passwd")
    (tmp_path / gone.storage_key).unlink()
    archive = zipfile.ZipFile(io.BytesIO(b"".join(zipped(organisation_data.parts(organisation)))))
    names = [name for name in archive.namelist() if name.startswith("evidence/")]
    assert len(names) == 2
    assert [name.count("/") for name in names] == [3, 3]
    assert not any(part.startswith(".") for name in names for part in name.split("/"))
    assert [name.endswith(".NOT-AS-STORED.txt") for name in names].count(True) == 1


def test_the_archive_is_made_while_it_is_sent():
    """No piece is larger than what was given, and the first comes before the last file was asked for."""
    asked = []

    def parts() -> Any:
        for number in range(5):
            asked.append(number)
            yield f"{number}.bin", (bytes([number]) * 1024 for _n in range(300))

    pieces = zipped(parts())
    next(pieces)
    assert asked == [0]
    assert max(len(piece) for piece in pieces) < 64 * 1024


# --- confidential evidence: every way to it says who read it ----------------------------------------------------------------------


@pytest.mark.long
def test_each_way_to_a_confidential_file_is_in_the_log(world):
    """The library, a submission under review, an action, and the archive of the organisation."""
    Evidence.objects.update(confidentiality=Confidentiality.CONFIDENTIAL)
    for who, name, what in (
        (world.cast.owner, "evidence_file", "first version"),
        (world.cast.viewer, "evidence_file", "first version"),
        (world.cast.independent, "review_evidence", "submitted evidence"),
        (world.cast.owner, "action_file", "evidence of the action"),
    ):
        before = AuditEntry.objects.filter(kind="evidence_read", actor=who.pk).count()
        answer = proved(Client(), who).get(reverse(name, args=world.places[what]))
        assert answer.status_code == 200, name
        assert AuditEntry.objects.filter(kind="evidence_read", actor=who.pk).count() == before + 1, name
    before = AuditEntry.objects.filter(kind="evidence_read").count()
    everything(world)
    files = EvidenceVersion.objects.filter(evidence__organisation=world.cast.organisation).exclude(storage_key="")
    assert AuditEntry.objects.filter(kind="evidence_read").count() == before + files.count()


# --- the data map ------------------------------------------------------------------------------------------------------------

MAP = ROOT / "docs" / "data-map.md"
FREE = {"TextField", "JSONField", "URLField", "GenericIPAddressField", "FileField"}


def mapped() -> tuple[dict[str, set[str]], set[str]]:
    """The rows of the map, table by table with the columns that each names; and the tables without personal data."""
    personal, _heading, rest = MAP.read_text().partition("## No personal data")
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|(?: [^|]+ \|){4}$", personal, re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", columns)) for name, columns in rows}, set(re.findall(r"`(\w+)`", rest))


def is_personal(field: Any) -> bool:
    """Whether a column names a person or takes what people write: by key, as free text, or as a long line."""
    kind = field.get_internal_type()
    if field.related_model is User or kind in FREE or isinstance(field, EmailField):
        return True
    return kind == "CharField" and not field.choices and (field.max_length or 0) >= 100


@pytest.mark.parametrize("model", apps.get_models(), ids=lambda model: model._meta.label)
def test_every_table_stands_in_the_data_map_with_each_column_that_may_be_personal(model):
    rows, without = mapped()
    name = model.__name__
    assert (name in rows) != (name in without), f"{name} has to stand once in docs/data-map.md"
    if name in rows:
        wanted = {field.name for field in model._meta.concrete_fields if is_personal(field)}
        assert wanted - rows[name] == set()
        assert rows[name] - {field.name for field in model._meta.concrete_fields} == set()


def test_the_data_map_names_no_table_that_there_is_not_and_its_settings_are_documented():
    rows, without = mapped()
    assert rows.keys() | without == {model.__name__ for model in apps.get_models()}
    settings_page = (MAP.parent / "settings.md").read_text()
    for name in set(re.findall(r"`(HKGUIDE_\w+)`", MAP.read_text())):
        assert f"`{name}`" in settings_page


def test_every_table_of_ours_is_somebodys():
    ours = {model.__name__ for model in apps.get_app_config("assessments").get_models()}
    listed = [*tables.OF_ORGANISATION, *tables.OF_PERSON, *tables.OF_INSTALLATION]
    assert sorted(listed) == sorted(ours)


def test_the_deletion_of_an_organisation_speaks_of_every_column_that_people_write():
    """A column for free text that is added later is emptied, deleted with its row, or stands here as what stays."""
    stays = {
        "Membership": set(),
        "Involvement": set(),
        "Organisation": {"name_en", "name_zh", "place", "contact"},  # blanked by its own function
        "ReviewDecision": {"signed"},  # the edition's sentences
        "RemediationAction": {"requirements", "set_by_hand"},
        "Condition": {"requirements"},
        "Certificate": {"public_record"},
        "CertificateEvent": {"public_reason"},
        "Document": {"error", "file"},  # all but certificates are deleted
        "StatedChange": {"kinds", "to_confirm"},
        "EvidenceVersion": {"media_type"},
        "SecondLook": {"rules"},  # numbers of the reviewing body
        "AuditEntry": {"rows"},
    }
    left = {}
    for name in tables.OF_ORGANISATION:
        if name in deleted_organisations.DELETED_WHOLE or name == "Comment":
            continue
        written = {
            field.name
            for field in tables.model_of(name)._meta.concrete_fields
            if is_personal(field) and field.related_model is not User
        }
        left[name] = written - deleted_organisations.EMPTIED.get(name, {}).keys() - stays.get(name, set())
    assert {name: columns for name, columns in left.items() if columns} == {}
