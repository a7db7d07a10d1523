"""The table of kinds of entries: who reads them, and what their sentences take from the details."""

from __future__ import annotations

import json

import pytest

from assessments.audit import log
from assessments.audit.kinds import READ_BY_MEMBERS, READ_BY_REVIEWERS, AuditKind
from assessments.models import AuditEntry, Route, State
from tests.factories import make_assessment

pytestmark = pytest.mark.sqlite_alone

ABOUT_ASSESSMENTS = {"assessment", "declareduse", "aisystem", "evidence"}


@pytest.mark.django_db
def test_entries_about_an_assessment_are_read_by_its_members(world_with_files):
    entries = set(AuditEntry.objects.values_list("kind", "object").order_by())
    kinds = {kind for kind, about in entries if about.partition(":")[0] in ABOUT_ASSESSMENTS}
    assert len(kinds) > 40
    assert sorted(kinds - set(READ_BY_MEMBERS)) == []


@pytest.mark.django_db
def test_sentences_find_their_values_in_the_details(world_with_files):
    rows = AuditEntry.objects.exclude(detail__detail="").values_list("kind", "detail__detail")
    missing = {(kind, name) for kind, detail in rows for name in AuditKind(kind).parameters - json.loads(detail).keys()}
    assert missing == set()


@pytest.mark.django_db
def test_a_kind_for_owners_is_left_out_of_the_logs_of_an_assessment_and_its_review(cast):
    made = make_assessment(State.SUBMITTED, "limited", cast=cast, route=Route.INDEPENDENT)
    for kind in (AuditKind.ROLE_CHANGED, AuditKind.ACTION_NOTED, AuditKind.TAKEN):
        AuditEntry.objects.record(kind.value, made, by=cast.owner, organisation=cast.organisation)
    shown = set(log.log_of_assessment(made).values_list("kind", flat=True))
    assert shown >= {AuditKind.ACTION_NOTED, AuditKind.TAKEN}
    assert AuditKind.ROLE_CHANGED not in shown
    reviewed = set(log.log_of_review(made.current_submission).values_list("kind", flat=True))
    assert AuditKind.TAKEN in reviewed
    assert not reviewed & {AuditKind.ROLE_CHANGED, AuditKind.ACTION_NOTED}
    whole = set(log.log_of(cast.organisation).values_list("kind", flat=True))
    assert whole >= {AuditKind.ROLE_CHANGED, AuditKind.ACTION_NOTED, AuditKind.TAKEN}


def test_what_reviewers_read_is_read_by_members():
    assert set(READ_BY_REVIEWERS) < set(READ_BY_MEMBERS) < set(AuditKind)
