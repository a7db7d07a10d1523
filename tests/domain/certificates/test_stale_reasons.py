"""Why an approval is stale: kept as a code with parameters, and put into the reader's language wherever it is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from assessments.domain.certificates import staleness
from assessments.domain.facts import declare
from assessments.domain.register import systems
from assessments.domain.submission import changes
from assessments.models import Assessment, AuditEntry, ReviewDecision, State
from assessments.models.stale_reasons import WORDS, StaleCause, StaleReason, because
from tests.support.catalogue import speak
from tests.support.factories import Cast, in_days, make_assessment

CHINESE = "zh-hant"
USE_CHANGED = (
    "The purpose, setting, people affected or scope of the use was changed.",
    "用途的描述有所改變：目的、環境、受影響的人或範圍。",
)
TEXTS = {
    "Declared facts changed: %(facts)s.": "申報事實有所改變：%(facts)s。",
    USE_CHANGED[0]: USE_CHANGED[1],
    "The evidence “%(title)s” expired on %(day)s.": "證據「%(title)s」已於 %(day)s 到期。",
    "%(name)s reported a change that happened on %(day)s (%(kinds)s): %(words)s": "%(name)s 申報於 %(day)s 的改變（%(kinds)s）：%(words)s",
}
PARAMETERS: dict[StaleReason, dict[str, Any]] = {
    StaleReason.FACTS_CHANGED: {"facts": ["users_scale", "no_longer_asked"]},
    StaleReason.ANSWERS_DIFFER: {"n": 3},
    StaleReason.EVIDENCE_REPLACED: {"title": "Log", "number": 2},
    StaleReason.EVIDENCE_WITHDRAWN: {"title": "Log"},
    StaleReason.EVIDENCE_EXPIRED: {"title": "Log", "day": "2026-11-30"},
    StaleReason.CHANGE_STATED: {"name": "Olivia", "day": "2026-11-30", "kinds": ["incident"], "words": "A leak."},
}


@pytest.fixture(autouse=True)
def _two_languages(settings: Any, tmp_path: Path) -> None:
    speak(settings, tmp_path, TEXTS)


def described_otherwise(cast: Cast) -> Assessment:
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast)
    with translation.override(CHINESE):  # the language of the person who acts decides nothing
        systems.update_use(assessment.use, by=cast.owner, purpose="Sorts and answers requests")
    return Assessment.objects.for_dashboard().get(pk=assessment.pk)


# --- the code ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_reason_has_its_words_and_its_parameters(edition):
    assert WORDS.keys() == set(StaleReason)
    said = {reason: because(reason, **PARAMETERS.get(reason, {})).words(lambda: edition) for reason in StaleReason}
    assert len(set(said.values())) == len(StaleReason)
    label = edition.facts["users_scale"].label
    assert said[StaleReason.FACTS_CHANGED] == f"Declared facts changed: {label}; no longer asked."
    assert said[StaleReason.EVIDENCE_REPLACED] == "The evidence “Log” was replaced by version 2."
    kind = next(kind.label for kind in edition.policy.changes if kind.key == "incident")
    assert said[StaleReason.CHANGE_STATED] == f"Olivia reported a change that happened on 2026-11-30 ({kind}): A leak."
    assert said[StaleReason.ANSWERS_DIFFER].startswith("3 answers are different")
    one = because(StaleReason.ANSWERS_DIFFER, n=1).words(lambda: edition)
    assert one == "One answer is different in a later submission."


@pytest.mark.parametrize("reason", StaleReason)
def test_what_is_kept_of_a_reason_reads_back(reason):
    cause = because(reason, **PARAMETERS.get(reason, {}))
    assert cause.kept() == {"reason": reason.value, "parameters": PARAMETERS.get(reason, {})}
    assert StaleCause.read(cause.kept()) == cause
    assert StaleCause.read({"kind": "fact", "words": "Something changed.", "at": ""}) is None


# --- what is kept and shown ----------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.django_db
def test_a_flag_keeps_a_code_and_pages_show_it_in_the_language_of_the_reader(client, cast):
    assessment = described_otherwise(cast)
    (row,) = assessment.stale_reasons
    assert row == {"kind": "use", "reason": "use_changed", "parameters": {}, "at": row["at"]}
    client.force_login(cast.owner)
    for page in (assessment.get_absolute_url(), reverse("what_changed", args=[assessment.reference])):
        for language, words in zip(("en", CHINESE), USE_CHANGED, strict=True):
            shown = client.get(page, headers={"accept-language": language}).content.decode()
            assert [one for one in USE_CHANGED if one in shown] == [words]


@pytest.mark.long
@pytest.mark.django_db
def test_facts_are_kept_by_their_keys_and_named_by_the_edition(cast, edition):
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast)
    declare.declare_facts(assessment.use, {"users_scale": "100_to_9999"}, by=cast.owner)
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    assert assessment.stale_reasons[0]["parameters"] == {"facts": ["users_scale"]}
    (reason,) = staleness.reasons(assessment)
    label = edition.facts["users_scale"].label
    assert reason.words == f"Declared facts changed: {label}."
    with translation.override(CHINESE):
        assert reason.words == f"申報事實有所改變：{label}。"


@pytest.mark.long
@pytest.mark.django_db
def test_the_log_keeps_the_code_and_shows_the_words(client, cast):
    described_otherwise(cast)
    entry = AuditEntry.objects.select_related("detail").get(kind="approval_stale")
    details = entry.detail.content()
    assert {key: details[key] for key in ("kind", "reason", "parameters")} == {
        "kind": "use",
        "reason": "use_changed",
        "parameters": {},
    }
    client.force_login(cast.owner)
    url = reverse("organisation_log", args=[cast.organisation.reference])
    for language, words in zip(("en", CHINESE), USE_CHANGED, strict=True):
        shown = client.get(url, headers={"accept-language": language}).content.decode()
        assert [one for one in USE_CHANGED if one in shown] == [words]


@pytest.mark.long
@pytest.mark.django_db
def test_a_change_that_withdraws_an_approval_is_a_sentence_in_its_decision(cast):
    gap = {"accountable-owner": {"choice": "partly", "text": "Being named."}}
    assessment = make_assessment(State.APPROVED, "limited", cast=cast, answers=gap)
    given = {"kinds": ["purpose"], "words": "It answers complaints too.", "happened_on": in_days(0)}
    changes.state_change(assessment, by=cast.owner, **given)
    statement = ReviewDecision.objects.latest("pk").statement
    assert statement.startswith(f"{cast.owner} reported a change that happened on {in_days(0).isoformat()} (")
    assert statement.endswith("): It answers complaints too.")


# --- rows of before --------------------------------------------------------------------------------------------------------


def old_row(words: str) -> dict[str, str]:
    return {"kind": "evidence", "words": words, "at": "2026-10-01T08:00:00+00:00"}


@pytest.mark.long
@pytest.mark.django_db
def test_rows_older_than_the_codes_are_shown_as_they_were_written(client, cast):
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast)
    words = "The evidence “Log” was withdrawn from the library."
    rows = Assessment.objects.filter(pk=assessment.pk)
    rows.update(stale_since=timezone.now(), stale_reasons=["The facts changed.", old_row(words)])
    client.force_login(cast.owner)
    shown = client.get(assessment.get_absolute_url(), headers={"accept-language": CHINESE}).content.decode()
    assert "The facts changed." in shown
    assert words in shown


@pytest.mark.django_db
def test_a_reason_that_an_older_row_keeps_in_words_is_not_flagged_again(cast):
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast)
    cause = because(StaleReason.EVIDENCE_EXPIRED, title="Log", day=in_days(-1).isoformat())
    assessment.stale_reasons = [old_row(f"The evidence “Log” expired on {in_days(-1).isoformat()}.")]
    assert not staleness.flag(assessment, staleness.Kind.EVIDENCE, cause, by=None)
    another = because(StaleReason.EVIDENCE_EXPIRED, title="List", day=in_days(-1).isoformat())
    assert staleness.flag(assessment, staleness.Kind.EVIDENCE, another, by=None)
    assert not staleness.flag(assessment, staleness.Kind.EVIDENCE, another, by=None)
    assert len(assessment.stale_reasons) == 2


@pytest.mark.long
@pytest.mark.django_db
def test_a_reason_is_flagged_once_whatever_language_the_next_person_reads(cast):
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast)
    cause = because(StaleReason.EVIDENCE_WITHDRAWN, title="Log")
    assert staleness.flag(assessment, staleness.Kind.EVIDENCE, cause, by=cast.owner)
    with translation.override(CHINESE):
        assert not staleness.flag(assessment, staleness.Kind.EVIDENCE, cause, by=cast.owner)
