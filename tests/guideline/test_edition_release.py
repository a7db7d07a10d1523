"""Releases 1 to 6 beside release 7: what began on an old one stays on it, what is new begins on the newest."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from assessments.domain.answering import start
from assessments.guideline.edition import Edition
from assessments.guideline.gates import Gates
from assessments.guideline.reading import Source, checksum_of, compile_edition, read_edition
from assessments.models import Assessment, RemediationAction, Submission
from assessments.models import Edition as EditionRow
from assessments.scoring import order
from assessments.scoring.findings import find
from assessments.scoring.order import draw_up
from assessments.scoring.remediation import propose
from tests.conftest import GUIDELINE
from tests.support.factories import bring_to, fill, make_assessment, make_use, owner_of
from tests.support.paths import DATA

PUBLISHED = {
    1: "585440ce404716b62f515055122eab99e3023f49c8fe05120175e1546856eaed",
    2: "349dcf91360647d3131ad406d00922d61b379a08a14298a3f50929f99e557da2",
    3: "8c7730b923e49d1f57bbcc1b9ce0a253ac73eb1b296e00b0314fb326b521009c",
    4: "b5ed5631291e762d0a27951a1155fc90dbd3da3720fbefdaee091ac124f1a450",
    5: "8ac48fd3671af63a83d50e5a7ca730988c5f2882050ee2bbc7fa68ab7aa7907d",
    6: "7df6d855a76da72585ef1f0d4b2e85fd9f54721d32c116c90aca5f63adec6967",
}


def content_of(release: int) -> str:
    """A release as it was published, byte for byte."""
    return lzma.decompress((DATA / f"hk-genai-1.1-release-{release}.json.xz").read_bytes()).decode()


@pytest.fixture(scope="module")
def releases() -> dict[int, Edition]:
    return {release: compile_edition(content_of(release)) for release in PUBLISHED}


@pytest.fixture
def rows(db: None, releases: dict[int, Edition]) -> dict[int, EditionRow]:
    """The old releases in the database, each published before the next and before the one that stands there."""
    published = {}
    for release, edition in releases.items():
        content = content_of(release)
        texts = json.dumps(json.loads(content)["texts"], sort_keys=True)
        source = Source(edition.key, release, content, edition.checksum, {"en": texts}, edition)
        earlier = timezone.now() - timedelta(days=100 * (len(PUBLISHED) + 1 - release))
        with mock.patch("django.utils.timezone.now", return_value=earlier):
            published[release], new = EditionRow.objects.publish(source)
        assert new
    return published


@pytest.mark.parametrize("release", PUBLISHED)
def test_a_stored_release_still_compiles_under_its_checksum(releases: dict[int, Edition], release: int) -> None:
    edition = releases[release]
    assert checksum_of(content_of(release)) == edition.checksum == PUBLISHED[release]
    assert (edition.key, edition.release) == ("hk-genai-1.1", release)


def test_what_release_2_added_is_empty_in_release_1(releases: dict[int, Edition]) -> None:
    first = releases[1]
    assert (first.checks, first.gates, first.organisation_wide) == ((), Gates(), frozenset())


@pytest.mark.parametrize("release", [1, 2])
def test_what_release_3_added_is_empty_before_it(releases: dict[int, Edition], release: int) -> None:
    edition = releases[release]
    assert (edition.order, edition.packages, edition.standing, edition.extensions) == (None, (), {}, {})
    assert not any(requirement.strict or requirement.narrowed for requirement in edition.requirements.values())
    for question in edition.questions.values():
        assert (question.package, question.openings, question.needs, question.module) == ("", (), (), "")
        assert question.action.empty


def test_release_2_asks_the_same_questions_as_release_1_in_the_same_words(releases: dict[int, Edition]) -> None:
    def asked(one: Edition) -> list[tuple[str, str, tuple[str, ...]]]:
        return [(question.key, question.text, question.requirements) for question in one.questions.values()]

    assert asked(releases[1]) == asked(releases[2])


def test_release_7_is_the_one_that_is_read_from_the_folder(edition: Edition) -> None:
    assert edition.release == 7
    assert edition.checksum not in PUBLISHED.values()


def without_words(content: str) -> Any:
    structure = json.loads(content)["structure"]
    return structure | {"edition": structure["edition"] | {"release": None}}


def test_release_4_differs_from_release_3_in_its_words_alone() -> None:
    """Whoever moves from one to the other is asked the same, under the same rules and weights."""
    assert without_words(content_of(4)) == without_words(content_of(3))


def test_release_5_differs_from_release_4_in_its_words_and_in_the_weight_of_one_check() -> None:
    """A use can be fully automated although a person can stop each output in time: that is worth a look, and no fault."""
    before, now = without_words(content_of(4)), without_words(content_of(5))
    changed = [
        (old["key"], old["severity"], new["severity"])
        for old, new in zip(before.pop("checks")["checks"], now.pop("checks")["checks"], strict=True)
        if old != new
    ]
    assert changed == [("automatic-with-a-person", "mend", "look")]
    assert before == now


@pytest.mark.long
def test_releases_6_and_7_differ_from_release_5_in_their_words_alone() -> None:
    assert without_words(content_of(5)) == without_words(content_of(6))
    assert without_words(content_of(6)) == without_words(read_edition(GUIDELINE).content)


def test_release_3_asks_no_more_what_facts_or_other_questions_tell(releases: dict[int, Edition]) -> None:
    dropped = releases[2].questions.keys() - releases[3].questions.keys()
    assert dropped == {
        "developer-contact", "data-law-steps", "data-complaints", "data-security", "security-review",
        "training-without-raw-data",
        # Lines of another question now, so that no facts put more than 90 questions to one part.
        "attack-prevention", "domain-tuning", "input-filter", "integration-tests", "interface", "legal-gate",
        "risk-independence", "accuracy-terms", "watermark",
    }  # fmt: skip


@pytest.mark.long
def test_a_release_without_the_new_files_cannot_be_published_again_from_a_folder(tmp_path: Path) -> None:
    """Only what is stored may lack them: a folder is read by the rules of today."""
    import shutil

    from assessments.guideline.reading import EditionFaults

    copy = tmp_path / "edition"
    shutil.copytree(GUIDELINE, copy)
    (copy / "gates.yaml").unlink()
    with pytest.raises(EditionFaults, match=r"gates.yaml:1: gates: the file is missing"):
        read_edition(copy)


@pytest.mark.long
def test_new_assessments_open_on_the_newest_release(rows: dict[int, EditionRow]) -> None:
    assert EditionRow.objects.current().release == 7
    assert make_assessment(filled=False).compiled().release == 7


@pytest.fixture
def draft_on(rows: dict[int, EditionRow], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Assessment]:
    """A filled draft that was opened while an old release was the newest."""

    def make(release: int, **answers: Any) -> Assessment:
        with monkeypatch.context() as patch:
            patch.setattr(type(EditionRow.objects.all()), "current", lambda self: rows[release])
            use = make_use("limited")
            owner = owner_of(use.organisation)
            assessment = start.start_assessment(use, by=owner)
            fill(assessment, by=owner, answers={key.replace("_", "-"): answer for key, answer in answers.items()})
        assert assessment.compiled().release == release
        return assessment

    return make


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("release", PUBLISHED)
def test_an_assessment_on_an_old_release_stays_on_it_to_the_end(
    draft_on: Callable[..., Assessment], release: int
) -> None:
    assessment = draft_on(release)
    assert EditionRow.objects.current().release == 7
    bring_to(assessment, "certified", tier="limited", by=owner_of(assessment.organisation), route="independent")
    submission = Submission.objects.defer(None).get(assessment=assessment)
    content = submission.content()
    assert (submission.edition_checksum, content["edition"]["release"]) == (PUBLISHED[release], release)
    if release == 1:
        assert (content["checks"], content["conformity"]) == ([], [])
    assert submission.certificate.tier == "limited"


@pytest.mark.long
def test_release_2_keeps_its_order_and_its_way_to_it(
    draft_on: Callable[..., Assessment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the order of release 3 is called for it; the actions are those that `propose` gives, in its order."""

    def never(*args: object, **more: object) -> None:
        raise AssertionError("release 2 has no order of its own")

    monkeypatch.setattr(order._Plan, "__init__", never)
    assessment = draft_on(
        2, use_register={"choice": "partly", "text": "Half."}, laws_list={"choice": "not_in_place", "text": "No list."}
    )
    bring_to(assessment, "submitted", tier="limited", by=owner_of(assessment.organisation), route="independent")
    edition, declared = assessment.compiled(), assessment.declared()
    findings = find(edition, declared, assessment.answer_values(), final=True)
    proposed = propose(edition, findings, declared.tier)
    with pytest.raises(LookupError, match="release 2 has no order"):
        draw_up(edition, declared, assessment.answer_values(), findings)
    made = RemediationAction.objects.filter(use=assessment.use).order_by("number")
    assert [action.question for action in made] == [action.question for action in proposed]
    assert {action.question for action in made} == {"use-register", "laws-list"}


@pytest.mark.long
def test_a_draft_on_release_2_scores_as_before(draft_on: Callable[..., Assessment]) -> None:
    """An unknown fact still counts as applying, and nothing narrows or extends: what is asked is what `when` asks."""
    assessment = draft_on(2)
    edition, declared = assessment.compiled(), assessment.declared()
    asked = {question.key for question in declared.questions(edition)}
    by_when = {
        question.key
        for question in edition.questions.values()
        for part in declared.parts
        if part in question.stakeholders and question.when.holds({**declared.context, "stakeholder": str(part)})
    }
    assert asked == by_when == set(assessment.answer_values())
