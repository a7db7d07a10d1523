"""Release 2 of the edition beside release 1: what stands on the old one stays on it, what is new begins on the new one."""

from __future__ import annotations

import json
import lzma
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest
from django.utils import timezone

from assessments import declaring
from assessments.guideline.edition import Edition, Gates
from assessments.guideline.reading import Source, checksum_of, compile_edition, read_edition
from assessments.models import Edition as EditionRow
from assessments.models import Submission
from tests.conftest import GUIDELINE
from tests.factories import fill, make_assessment, make_use, owner_of

DATA = Path(__file__).parent / "data" / "hk-genai-1.1-release-1.json.xz"
PUBLISHED = "585440ce404716b62f515055122eab99e3023f49c8fe05120175e1546856eaed"


@pytest.fixture(scope="module")
def first_content() -> str:
    """Release 1 as it was published, byte for byte."""
    return lzma.decompress(DATA.read_bytes()).decode()


@pytest.fixture(scope="module")
def first(first_content: str) -> Edition:
    return compile_edition(first_content)


@pytest.fixture
def first_row(db: None, first: Edition, first_content: str) -> EditionRow:
    """Release 1 in the database, published before the one that stands there."""
    texts = json.dumps(json.loads(first_content)["texts"], sort_keys=True)
    source = Source(first.key, first.release, first_content, first.checksum, {"en": texts}, first)
    earlier = timezone.now() - timedelta(days=365)
    with mock.patch("django.utils.timezone.now", return_value=earlier):
        row, new = EditionRow.objects.publish(source)
    assert new
    return row


def test_the_stored_release_1_still_compiles_under_its_checksum(first: Edition, first_content: str) -> None:
    assert checksum_of(first_content) == first.checksum == PUBLISHED
    assert (first.key, first.release) == ("hk-genai-1.1", 1)


def test_what_release_2_added_is_empty_in_release_1(first: Edition) -> None:
    assert (first.checks, first.gates, first.organisation_wide) == ((), Gates(), frozenset())


def test_release_2_asks_the_same_questions_in_the_same_words(first: Edition, edition: Edition) -> None:
    def asked(one: Edition) -> list[tuple[str, str, tuple[str, ...]]]:
        return [(question.key, question.text, question.requirements) for question in one.questions.values()]

    assert edition.release == 2
    assert asked(first) == asked(edition)


def test_a_release_without_the_new_files_cannot_be_published_again_from_a_folder(tmp_path: Path) -> None:
    """Only what is stored may lack them: a folder is read by the rules of today."""
    import shutil

    from assessments.guideline.reading import EditionFaults

    copy = tmp_path / "edition"
    shutil.copytree(GUIDELINE, copy)
    (copy / "gates.yaml").unlink()
    with pytest.raises(EditionFaults, match=r"gates.yaml:1: gates: the file is missing"):
        read_edition(copy)


def test_new_assessments_open_on_the_newest_release(first_row: EditionRow) -> None:
    assert EditionRow.objects.current().release == 2
    assessment = make_assessment(filled=False)
    assert assessment.compiled().release == 2


def test_an_assessment_on_release_1_stays_on_it_to_the_end(
    first_row: EditionRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(type(EditionRow.objects.all()), "current", lambda self: first_row)
        use = make_use("limited")
        assessment = declaring.start_assessment(use, by=owner_of(use.organisation))
        fill(assessment, by=owner_of(use.organisation))
    assert EditionRow.objects.current().release == 2
    assert assessment.compiled().release == 1
    from tests.factories import bring_to

    bring_to(assessment, "certified", tier="limited", by=owner_of(use.organisation), route="independent")
    submission = Submission.objects.defer(None).get(assessment=assessment)
    content = submission.content()
    assert (submission.edition_checksum, content["edition"]["release"]) == (PUBLISHED, 1)
    assert (content["checks"], content["conformity"]) == ([], [])
    assert submission.certificate.tier == "limited"
