"""Uploads at the same moment as each other and as other acts leave no file without a row (F15; checks 68 and 69)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections

from assessments.core.errors import WorkflowError
from assessments.domain.evidence import library
from assessments.domain.submission import self_certify
from assessments.models import Assessment, Evidence, EvidenceUse, EvidenceVersion
from tests.support.factories import anew, make_assessment, make_cast, make_evidence

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("published")]

QUESTION = "use-register"


@pytest.fixture(autouse=True)
def storage_of_its_own(own_folder: None, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def at_once(acts: Sequence[Callable[[], Any]]) -> list[str]:
    """Do all of these at the same moment, each on a connection of its own; returns done or refused for each."""
    gate, results = threading.Barrier(len(acts)), [""] * len(acts)

    def do(number: int) -> None:
        try:
            gate.wait(timeout=10)
            acts[number]()
            results[number] = "done"
        except WorkflowError:
            results[number] = "refused"
        finally:
            connections.close_all()

    threads = [threading.Thread(target=do, args=[number]) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def stored_evidence() -> set[str]:
    return {
        str(path.relative_to(default_storage.path(""))) for path in Path(default_storage.path("evidence")).glob("*")
    }


def named() -> set[str]:
    return set(EvidenceVersion.objects.exclude(storage_key="").values_list("storage_key", flat=True))


def upload(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("log.txt", text.encode())


def test_seven_who_replace_evidence_while_it_is_withdrawn_leave_no_orphan() -> None:
    cast = make_cast()
    piece = make_evidence(cast.organisation, by=cast.owner)
    replace = [
        lambda n=n: library.add_version(Evidence.objects.get(pk=piece.pk), by=cast.owner, file=upload(f"entry {n}"))
        for n in range(7)
    ]
    results = at_once([*replace, lambda: library.withdraw(Evidence.objects.get(pk=piece.pk), by=cast.owner)])
    assert results[-1] == "done"
    numbers = list(piece.versions.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, 2 + results[:-1].count("done")))
    assert stored_evidence() == named()
    assert len(named()) == len(numbers)


def test_five_who_upload_while_an_owner_self_certifies_leave_what_the_submission_names() -> None:
    cast = make_cast()
    draft = make_assessment(cast=cast)
    add = [
        lambda n=n: library.add(
            cast.organisation,
            by=cast.contributor,
            file=upload(f"entry {n}"),
            to=(anew(draft), QUESTION),
            title=f"Log {n}",
            proves="All.",
        )
        for n in range(5)
    ]
    results = at_once([*add, lambda: self_certify.self_certify(anew(draft), by=cast.owner)])
    assert results[-1] == "done"
    certified = Assessment.objects.get(pk=draft.pk)
    assert certified.current_submission is not None
    submitted = certified.current_submission.content()["answers"][QUESTION].get("evidence", [])
    attached = EvidenceUse.objects.filter(answer__assessment=draft).values_list("evidence__reference", flat=True)
    assert sorted(one["reference"] for one in submitted) == sorted(attached)
    assert len(attached) == results[:-1].count("done")
    assert stored_evidence() == named()
    assert certified.current_submission.certificate.number


@pytest.mark.long
def test_five_who_upload_at_once_share_the_quota(settings: Any) -> None:
    settings.EVIDENCE_QUOTA_BYTES = 20
    cast = make_cast()
    add = [lambda n=n: make_evidence(cast.organisation, by=cast.owner, content=b"entry  %d" % n) for n in range(5)]
    assert sorted(at_once(add)) == ["done"] * 2 + ["refused"] * 3
    assert stored_evidence() == named()
    assert len(named()) == 2
