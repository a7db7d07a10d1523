"""Notes on a case: private until shared with the other seat, and never for the organisation."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.core.errors import Conflict, InvalidAnswer, Locked, NotPermitted, SeparationOfDuties
from assessments.domain.register import deleted_organisations, organisation_data
from assessments.domain.review import approval, case_notes, decisions, interests, seat_requests, seat_taking
from assessments.domain.submission import submit
from assessments.models import CaseNote, Message, Seat, State
from assessments.notifications.kinds import MessageKind
from tests.support.factories import make_assessment, make_cast, mark_all, proved
from tests.support.page_text import text_of

pytestmark = pytest.mark.sqlite_alone

SECRET = "Oystercatcher"


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def case(cast):
    """A High case with two seats: Ines has the first, Ivan the second."""
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    seat_taking.take(submission, by=cast.second_independent)
    return submission


def texts(user, case):
    return [note.text for note in case_notes.read_by(user, case)]


@pytest.mark.long
def test_a_note_is_its_writers_alone_until_it_is_shared_with_the_other_seat_who_is_told(cast, case):
    note = case_notes.write(case, f" {SECRET} ", by=cast.independent)
    assert texts(cast.independent, case) == [SECRET]
    assert texts(cast.second_independent, case) == []
    Message.objects.all().delete()
    case_notes.share(case, note.pk, by=cast.independent)
    assert texts(cast.second_independent, case) == [SECRET]
    told = Message.objects.get(kind=MessageKind.CASE_NOTE)
    assert (told.recipient, told.link) == (cast.second_independent, reverse("case_notes", args=[case.reference]))
    assert SECRET not in told.text  # a mail leaves the installation


@pytest.mark.parametrize("who", ["owner", "contributor", "viewer", "assigned", "reviewer", "outsider", "staff"])
def test_nobody_without_a_seat_reads_or_writes_a_note(cast, case, who):
    note = case_notes.write(case, SECRET, by=cast.independent)
    case_notes.share(case, note.pk, by=cast.independent)
    person = getattr(cast, who)
    assert case_notes.read_by(person, case) == []
    with pytest.raises((NotPermitted, SeparationOfDuties)):
        case_notes.write(case, "Mine.", by=person)
    with pytest.raises((NotPermitted, SeparationOfDuties)):
        case_notes.remove(case, note.pk, by=person)
    assert CaseNote.objects.count() == 1


def test_a_note_of_a_colleague_is_neither_changed_nor_shared_nor_deleted(cast, case):
    note = case_notes.write(case, SECRET, by=cast.independent)
    for move in (
        lambda: case_notes.change(case, note.pk, "Mine.", by=cast.second_independent, base=1),
        lambda: case_notes.share(case, note.pk, by=cast.second_independent),
        lambda: case_notes.remove(case, note.pk, by=cast.second_independent),
        lambda: case_notes.bring_back(case, note.pk, by=cast.second_independent),
    ):
        with pytest.raises(NotPermitted):
            move()


def test_a_shared_note_stays_as_it_was_read(cast, case):
    note = case_notes.write(case, SECRET, by=cast.independent)
    case_notes.share(case, note.pk, by=cast.independent)
    with pytest.raises(InvalidAnswer, match="cannot be changed"):
        case_notes.change(case, note.pk, "Other.", by=cast.independent, base=1)
    with pytest.raises(InvalidAnswer, match="cannot be changed"):
        case_notes.remove(case, note.pk, by=cast.independent)


def test_a_private_note_is_changed_by_its_revision_and_deleted_and_brought_back(cast, case):
    note = case_notes.write(case, "First.", by=cast.independent)
    case_notes.change(case, note.pk, "Second.", by=cast.independent, base=1)
    with pytest.raises(Conflict):
        case_notes.change(case, note.pk, "Third.", by=cast.independent, base=1)
    assert texts(cast.independent, case) == ["Second."]
    case_notes.remove(case, note.pk, by=cast.independent)
    assert texts(cast.independent, case) == []
    case_notes.bring_back(case, note.pk, by=cast.independent)
    assert texts(cast.independent, case) == ["Second."]
    case_notes.remove(case, note.pk, by=cast.independent)
    CaseNote.objects.update(deleted_at=timezone.now() - timedelta(days=case_notes.KEPT_DAYS + 1))
    assert case_notes.forget_deleted() == 1


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (case_notes.MOST_SIGNS + 1)])
def test_an_empty_or_endless_note_is_refused(cast, case, text):
    with pytest.raises(InvalidAnswer):
        case_notes.write(case, text, by=cast.independent)


def test_whoever_hands_the_seat_over_or_declares_a_conflict_reads_no_note_more(cast, case):
    shared = case_notes.write(case, SECRET, by=cast.second_independent)
    case_notes.share(case, shared.pk, by=cast.second_independent)
    interests.decline(case, by=cast.independent, words="I sold it to them.")
    assert texts(cast.independent, case) == []
    with pytest.raises(SeparationOfDuties):
        case_notes.write(case, "Mine.", by=cast.independent)


def test_a_successor_reads_what_was_shared_and_nothing_private(cast):
    case = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    case_notes.write(case, "Private.", by=cast.independent)
    shared = case_notes.write(case, "Shared.", by=cast.independent)
    case_notes.share(case, shared.pk, by=cast.independent)
    asked = seat_requests.ask(case, Seat.FIRST, cast.second_independent, by=cast.independent, note="I am away.")
    seat_requests.take_over(asked, by=cast.second_independent)
    assert texts(cast.second_independent, case) == ["Shared."]
    assert texts(cast.independent, case) == []


@pytest.mark.long
def test_notes_go_on_over_the_rounds_and_are_only_read_once_the_case_is_closed(cast):
    case = make_assessment(State.RETURNED, "limited", cast=cast).current_submission
    case_notes.write(case, SECRET, by=cast.independent)
    second = submit.submit(case.assessment, by=cast.owner, route=case.route)
    assert texts(cast.independent, second) == [SECRET]
    case_notes.write(second, "More.", by=cast.independent)
    decisions.refuse(second, by=cast.independent, statement="Nothing is shown.")
    assert texts(cast.independent, second) == [SECRET, "More."]
    with pytest.raises(Locked):
        case_notes.write(second, "Too late.", by=cast.independent)


@pytest.mark.long
def test_no_page_paper_or_archive_of_the_organisation_has_a_note(cast):
    case = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    note = case_notes.write(case, SECRET, by=cast.independent)
    case_notes.share(case, note.pk, by=cast.independent)
    mark_all(case, by=cast.independent)
    ines, olivia = proved(Client(), cast.independent), proved(Client(), cast.owner)
    assert SECRET not in text_of(ines.get(reverse("whole_case", args=[case.reference])))
    approval.approve(case, by=cast.independent, statement="Read.")
    case.refresh_from_db()
    papers = [*case.documents.all(), *case.certificate.documents.all()]
    assert papers
    assert SECRET not in json.dumps([case.certificate.public_record, case.snapshot])
    for name in ("assessment", "case", "results", "assessment_log"):
        assert SECRET not in text_of(olivia.get(reverse(name, args=[case.assessment.reference])))
    archive = io.BytesIO(
        b"".join(olivia.post(reverse("organisation_data", args=[cast.organisation.reference])).streaming_content)
    )
    kept = zipfile.ZipFile(archive)
    assert "data/ReviewMark.json" in kept.namelist()
    assert not [name for name in kept.namelist() if SECRET.encode() in kept.read(name)]
    assert "CaseNote" in organisation_data.NOT_OURS


def test_notes_are_deleted_with_the_organisation(cast, case):
    case_notes.write(case, SECRET, by=cast.independent)
    deleted_organisations._delete_rows(cast.organisation)
    assert not CaseNote.objects.exists()


def test_the_page_of_notes_writes_changes_shares_and_brings_back(cast, case, django_assert_max_num_queries):
    ines, ivan = proved(Client(), cast.independent), proved(Client(), cast.second_independent)
    page = reverse("case_notes", args=[case.reference])
    ines.post(page, {"text": SECRET})
    note = CaseNote.objects.get()
    assert SECRET in text_of(ines.get(page))
    assert SECRET not in text_of(ivan.get(page))
    stale = {"text": "Sandpiper", "base": "1"}
    ines.post(f"{page}?edit={note.pk}", stale)
    refused = ines.post(f"{page}?edit={note.pk}", stale | {"text": "Turnstone"})
    assert "Nothing was overwritten" in text_of(refused)
    assert "Turnstone" in text_of(refused)  # what was typed is not lost
    ines.post(page, {"delete": note.pk})
    assert "Restore" in text_of(ines.get(page))
    ines.post(page, {"back": note.pk})
    ines.post(page, {"share": note.pk})
    with django_assert_max_num_queries(15):
        assert "Sandpiper" in text_of(ivan.get(page))
    assert ivan.post(page, {"delete": note.pk}).status_code == 403
    assert "Write the note first." in text_of(ines.post(page, {"text": ""}))
