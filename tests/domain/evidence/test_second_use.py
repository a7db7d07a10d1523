"""A piece of evidence that serves a second part of the conformity file says why it serves there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.core.errors import InvalidAnswer
from assessments.domain.answering import conformity_file
from assessments.domain.answering.conformity_file import GivenPart
from assessments.domain.certificates import requirements, second_use
from assessments.domain.evidence import library
from assessments.domain.review import seat_taking
from assessments.domain.submission import submit
from assessments.models import (
    Assessment,
    ConformityEvidence,
    ConformityPart,
    ConformityRevision,
    Evidence,
    EvidenceVersion,
)
from tests.support.factories import Cast, make_assessment, make_evidence, prove
from tests.support.mutants import fails_without

pytestmark = pytest.mark.sqlite_alone

WHY = "Its chapter 4 says how the data were cleaned."


def high_draft(cast: Cast) -> Assessment:
    return make_assessment("draft", "high", cast=cast, filled=False)


def give(draft: Assessment, key: str, *pieces: Evidence, cast: Cast, base: int = 0, **fields: Any) -> ConformityPart:
    given = GivenPart(evidence=[one.reference for one in pieces], **fields)
    return conformity_file.save_part(draft, key, given, by=cast.owner, base=base)


@fails_without("a second part asks for a word")
def test_one_notice_does_not_serve_two_parts_without_a_word(cast: Cast) -> None:
    draft = high_draft(cast)
    notice = make_evidence(cast.organisation, by=cast.owner, title="Privacy notice")
    give(draft, "tests", notice, cast=cast)
    for key in ("data", "bias", "security", "incident-plan", "monitoring"):
        with pytest.raises(InvalidAnswer) as error:
            give(draft, key, notice, cast=cast)
        assert error.value.field == f"why-{notice.reference}"
        assert str(error.value) == (
            "“Privacy notice” is already evidence for another part (Tests). Say why the evidence also supports this part."
        )
    assert ConformityPart.objects.count() == 1
    part = give(draft, "data", notice, cast=cast, why={notice.reference: f" {WHY} "})
    assert ConformityEvidence.objects.get(part=part).why == WHY
    assert ConformityRevision.objects.get(parent=part).value["why"] == {notice.reference: WHY}


def test_the_same_file_under_another_title_counts_as_the_same(cast: Cast) -> None:
    draft = high_draft(cast)
    notice = make_evidence(cast.organisation, by=cast.owner, content=b"We keep your data.")
    give(draft, "tests", notice, cast=cast)
    asif = Evidence.objects.create(organisation=cast.organisation, title="Bias report", owner=cast.owner, version=1)
    same = notice.versions.get().sha256  # a colleague who does not see the notice may add the file once more
    EvidenceVersion.objects.create(evidence=asif, number=1, storage_key="x", sha256=same, by=cast.owner)
    with pytest.raises(InvalidAnswer) as error:
        give(draft, "bias", asif, cast=cast)
    assert error.value.field == f"why-{asif.reference}"


def test_the_first_part_and_evidence_of_its_own_need_no_word(cast: Cast) -> None:
    draft = high_draft(cast)
    notice, report = (make_evidence(cast.organisation, by=cast.owner) for _two in range(2))
    first = give(draft, "tests", notice, cast=cast)
    give(draft, "data", report, cast=cast)
    give(draft, "bias", notice, cast=cast, why={notice.reference: WHY})
    assert give(draft, "tests", notice, cast=cast, base=first.revision, words="Tested.").words == "Tested."


@pytest.mark.long
def test_a_word_can_be_changed_and_a_word_without_its_evidence_is_dropped(cast: Cast) -> None:
    draft = high_draft(cast)
    notice, report = (make_evidence(cast.organisation, by=cast.owner) for _two in range(2))
    give(draft, "tests", notice, cast=cast)
    give(draft, "data", notice, cast=cast, why={notice.reference: WHY})
    part = give(draft, "data", notice, cast=cast, base=1, why={notice.reference: "Better."})
    assert (part.revision, ConformityEvidence.objects.get(part=part).why) == (2, "Better.")
    part = give(draft, "data", report, cast=cast, base=2, why={notice.reference: "Gone."})
    assert ConformityEvidence.objects.get(part=part).why == ""
    with pytest.raises(InvalidAnswer):
        give(draft, "data", notice, cast=cast, base=3, why={notice.reference: "x" * 401})


def test_a_file_without_words_passes_no_gate(cast: Cast) -> None:
    """Rows from before words were asked for: the owner reads it before signing, and the reviewer before approving."""
    draft = make_assessment("draft", "high", cast=cast)
    prove(draft, by=cast.owner)
    ConformityEvidence.objects.update(why="")
    content = submit.submit(draft, by=cast.owner, route="independent").content()
    edition, today = draft.compiled(), timezone.localdate()
    found = requirements.missing(edition, content, today=today)
    assert [lack.part for lack in found] == ["data", "bias", "security", "incident-plan", "monitoring"]
    assert found[0].words == (
        "Another part uses the same evidence: Record of the service desk. Say why this part can use it too."
    )
    for part in content["conformity"]:
        for piece in part["evidence"]:
            del piece["why"]  # as in a submission that was signed before
    assert requirements.missing(edition, content, today=today) == []


def test_a_piece_that_was_withdrawn_serves_nothing(cast: Cast) -> None:
    draft = high_draft(cast)
    notice = make_evidence(cast.organisation, by=cast.owner)
    give(draft, "tests", notice, cast=cast)
    library.withdraw(notice, by=cast.owner)
    assert second_use.served_elsewhere(draft.use, "data", [notice]) == {}


@pytest.mark.long
def test_the_form_asks_at_the_field_and_the_reviewer_reads_it(client: Client, cast: Cast) -> None:
    draft = make_assessment("draft", "high", cast=cast)
    prove(draft, by=cast.owner)
    notice = make_evidence(cast.organisation, by=cast.owner, title="Privacy notice")
    give(draft, "tests", notice, cast=cast, base=1)
    client.force_login(cast.owner)
    url = reverse("conformity_part", args=[draft.reference, "data"])
    form = client.get(url).context["form"]
    name = f"why-{notice.reference}"
    assert (
        form.fields[name].help_text
        == "This evidence is already used for: Tests. If you tick this evidence, say why it is also evidence for this "
        "part. The reviewer reads your reason."
    )
    sent = {"base": 1, "operation": str(form.initial["operation"]), "evidence": [notice.reference], "words": "Kept."}
    wrong = client.post(url, sent)
    assert wrong.status_code == 200
    assert name in wrong.context["form"].errors
    assert "Kept." in wrong.content.decode()
    assert client.post(url, sent | {name: WHY}).status_code == 302
    assert client.get(url).context["form"][name].value() == WHY
    submission = submit.submit(draft, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    client.force_login(cast.independent)
    page = client.get(reverse("review_parts", args=[submission.reference])).content.decode()
    assert WHY in page
    assert "Also used as evidence for: Tests." in page
