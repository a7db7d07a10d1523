"""Certificates of each kind with the record that they were issued with."""

from __future__ import annotations

import json

from django.utils import timezone

from assessments.domain.answering import start
from assessments.domain.review import approval, seat_taking
from assessments.domain.submission import changes as submission_changes
from assessments.domain.submission import self_certify, submit
from assessments.models import Certificate, Route, State, edition_for
from assessments.models.assessments import Assessment
from tests.support.acting import make_conditioned
from tests.support.factories import anew, fill, in_days, make_assessment, mark_all, prove
from tests.support.tampering import unguarded
from tests.support.world import GAPS

LOOK = {
    "judged": 61, "asked": 61, "opened": 12, "openable": 12, "pieces_judged": 12, "pieces": 12, "median_seconds": 160,
    "drawn": 6, "drawn_from": 55, "drawn_percent": 10, "taken_over": {"Dr Wallace Kwan": 49}, "together": 0,
}  # fmt: skip


def issued(assessment):
    return Certificate.objects.get(submission__assessment=assessment)


def record_of(certificate):
    return json.loads(certificate.public_record)


def rewrite(certificate, **changes):
    """Give a certificate a record with these entries, as if it had been issued with them."""
    record = record_of(certificate) | changes
    with unguarded("assessments_certificate"):
        Certificate._base_manager.filter(pk=certificate.pk).update(public_record=json.dumps(record))
    return Certificate.objects.get(pk=certificate.pk)


def follow(cast, first, *, changed=False):
    """Certify the use once more, as a renewal or because something changed."""
    if changed:
        submission_changes.state_change(
            first, by=cast.owner, kinds=["model"], words="Another model.", happened_on=timezone.localdate()
        )
        following = Assessment.objects.get(follows=first)
        following.answers.filter(to_confirm=True).update(to_confirm=False)
    else:
        following = start.start_assessment(first.use, by=cast.owner, follows=first)
    fill(anew(following), by=cast.owner)
    prove(following, by=cast.owner)
    submission = submit.submit(following, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read.")
    return Certificate.objects.get(submission=submission)


def self_declared(cast):
    return issued(make_assessment(State.CERTIFIED, "low", cast=cast))


def promised(cast):
    draft = make_assessment(State.DRAFT, "low", cast=cast, answers={"use-register": GAPS["use-register"]})
    return self_certify.self_certify(draft, by=cast.owner, conditions={"use-register": in_days(30)})


def inside(cast):
    return issued(make_assessment(State.CERTIFIED, "limited", cast=cast, route=Route.INSIDE))


def with_conditions(cast):
    return rewrite(
        issued(make_conditioned(cast)), public_statement="A leaflet tells patients.\nA person may be asked for."
    )


def high(cast):
    certificate = issued(make_assessment(State.CERTIFIED, "high", cast=cast, parts=("developer", "provider")))
    record = record_of(certificate)
    parts = [part.key for part in edition_for(certificate.submission.edition_checksum).gates.conformity_file]
    said = {"overseers": "Two doctors watch it.", "monitoring": ""}
    file = [
        {"part": key, "words": said.get(key, ""), "state": "given" if key == "tests" else "judged"} for key in parts
    ]
    return rewrite(certificate, deciders=[one | {"looked_at": LOOK} for one in record["deciders"]], conformity=file)


def renewed(cast):
    return follow(cast, make_assessment(State.CERTIFIED, "limited", cast=cast))


def changed(cast):
    return follow(cast, make_assessment(State.CERTIFIED, "limited", cast=cast), changed=True)
