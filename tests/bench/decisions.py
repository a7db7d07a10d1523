"""How long one waits where one signs, approves, or closes the last action that blocks a certificate.

What a transaction leaves behind it counts: a document that is made in the same process before the answer, or nothing.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from assessments.core import proof
from assessments.domain.certificates import issue
from assessments.domain.remediation import actions
from assessments.domain.review import approval, seat_taking
from assessments.domain.submission import submit
from assessments.guideline.reading import default_directory, read_edition
from assessments.models import (
    ActionStatus,
    Assessment,
    Membership,
    Organisation,
    RemediationAction,
    Role,
    Route,
    User,
)
from tests.bench.real import most_asked
from tests.support.acting import CONDITION, open_pieces, supports
from tests.support.factories import anew, make_assessment, make_evidence, owner_of, prove
from tests.support.looking import mark_all

PARTS = ("developer", "provider", "user")


def time_decisions(how_many: int) -> dict[str, list[float]]:
    """Take so many of the largest cases from signature to certificate; returns milliseconds of each decision, by its name.

    The case is of the real edition, by the use that it asks most, with one duty of Table 1 in place in part. The people
    are those of `tests.bench.seeding`.
    """
    found, declared = most_asked(read_edition(default_directory()).edition)
    facts = {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()}
    organisation = Organisation.objects.filter(name_en="Harbourlight Clinics Limited")[0]
    owner = owner_of(organisation)
    body = Membership.objects.current().filter(organisation__is_reviewing_body=True, role=Role.REVIEWER).order_by("pk")
    reviewers = [row.user for row in body.select_related("user")[:2]]
    spent: dict[str, list[float]] = {"sign": [], "approve": [], "close the last action": []}
    with proof.of_command("bench"):
        for _time in range(how_many):
            case = make_assessment(
                "draft",
                str(declared.tier),
                organisation=organisation,
                parts=PARTS,
                facts=facts,
                answers={CONDITION: {"choice": "partly", "text": "Two of five."}},
            )
            take(case, owner, reviewers, spent)
    return spent


def take(case: Assessment, owner: User, reviewers: list[User], spent: dict[str, list[float]]) -> None:
    prove(case, by=owner)
    with timed(spent["sign"]):
        submission = submit.submit(case, by=owner, route=Route.INDEPENDENT)
    for reviewer in reviewers:
        seat_taking.take(submission, by=reviewer)
        mark_all(submission, by=reviewer)
        with timed(spent["approve"]):
            approval.approve(submission, by=reviewer, statement="Read and found in order.")
    assert anew(case).state == "approved", "nothing blocks the certificate: there is no last action to close"
    open_ones = RemediationAction.objects.listed().filter(use=case.use, status=ActionStatus.OPEN).order_by("number")
    last = [0.0]
    for action in open_ones:
        shown = make_evidence(case.organisation, by=owner, content=f"Entry {uuid.uuid4()}".encode())
        actions.report(action, by=owner, note="All five clinics are in it now.", pieces=[shown])
        action.refresh_from_db()
        for reviewer in reviewers:  # of a High use both seats accept it
            open_pieces(action, by=reviewer)
            findings = supports(action)
            with timed(last):
                issue.close_action(action, by=reviewer, findings=findings)
            action.refresh_from_db()
            if action.status == ActionStatus.CLOSED:
                break
    assert anew(case).state == "certified", "something else than an action blocks the certificate"
    spent["close the last action"].append(last[-1])


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    started = time.perf_counter()
    yield
    into.append((time.perf_counter() - started) * 1000)
