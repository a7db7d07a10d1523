"""The archive of an organisation's data has reasons in words, in the language of the person who takes it along."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.utils import translation

from assessments.core.zip_stream import zipped
from assessments.domain.facts import declare
from assessments.domain.register import organisation_data
from assessments.models import Assessment, CertificateEvent, Organisation
from tests.support.acting import make_conditioned
from tests.support.catalogue import speak
from tests.support.factories import Cast

pytestmark = pytest.mark.django_db

CHINESE = "zh-hant"
TEXTS = {
    "Declared facts of the use changed.": "用途的申報事實有所改變。",
    "Declared facts changed: %(facts)s.": "申報事實有所改變：%(facts)s。",
}


def table(organisation: Organisation, name: str) -> list[dict[str, Any]]:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(zipped(organisation_data.parts(organisation)))))
    return list(json.loads(archive.read(f"data/{name}.json")))


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(
    ("language", "public", "stale"),
    [
        ("en", "Declared facts of the use changed.", "Declared facts changed: {fact}."),
        (CHINESE, "用途的申報事實有所改變。", "申報事實有所改變：{fact}。"),
    ],
)
def test_reasons_that_are_kept_as_codes_are_in_words(language, public, stale, cast: Cast, edition, settings, tmp_path):
    speak(settings, tmp_path, TEXTS)
    assessment = make_conditioned(cast)
    declare.declare_facts(assessment.use, {"healthcare_diagnosis": True}, by=cast.owner)
    with translation.override(language):
        events, assessments = table(cast.organisation, "CertificateEvent"), table(cast.organisation, "Assessment")
    assert [row["public_reason"] for row in events] == ["", public]
    fact = edition.facts["healthcare_diagnosis"].label
    (reason,) = next(row["stale_reasons"] for row in assessments if row["reference"] == assessment.reference)
    assert (reason["kind"], reason["words"]) == ("fact", stale.format(fact=fact))
    assert reason.keys() == {"kind", "words", "at"}


@pytest.mark.long
def test_reasons_of_rows_older_than_the_codes_stay_as_they_were_written(cast: Cast):
    assessment = make_conditioned(cast)
    certificate = assessment.current_submission.certificate
    CertificateEvent.objects.create(certificate=certificate, kind="suspended", public_reason="Facts under examination.")
    old = {"kind": "evidence", "words": "A piece was withdrawn.", "at": "2026-10-01T08:00:00+00:00"}
    Assessment.objects.filter(pk=assessment.pk).update(stale_reasons=["The facts changed.", old])
    events, (row,) = table(cast.organisation, "CertificateEvent"), table(cast.organisation, "Assessment")
    assert events[-1]["public_reason"] == "Facts under examination."
    assert row["stale_reasons"] == [{"kind": "fact", "words": "The facts changed.", "at": None}, old]
