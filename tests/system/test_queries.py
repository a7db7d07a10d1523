"""What a page costs does not grow: at most fifteen queries, and as many for two hundred rows as for a few.

Two organisations stand side by side: in the first one of each thing, in the second two hundred. A page of the one is
held against the same page of the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.domain.answering import asking, assignments, comments, conformity_file
from assessments.domain.answering.conformity_file import GivenPart
from assessments.domain.evidence import library
from assessments.domain.facts import declare, procedural
from assessments.domain.register import systems as register_systems
from assessments.domain.review import appeals, interests, messages, seat_taking
from assessments.domain.submission import submit
from assessments.models import (
    AISystem,
    Assessment,
    Assignment,
    Certificate,
    CertificateEvent,
    Comment,
    DeclaredUse,
    Document,
    Evidence,
    EvidenceUse,
    EvidenceVersion,
    Hold,
    Membership,
    Message,
    RemediationAction,
    ReviewSeat,
    Role,
    State,
    Submission,
    User,
)
from assessments.models.assessments import Route
from tests.support.factories import (
    Cast,
    fill,
    make_assessment,
    make_cast,
    make_evidence,
    make_member,
    make_use,
    mark_all,
    save,
    undone,
)
from tests.support.kept_world import count_rows
from tests.support.world import GAPS, SECTION

pytestmark = [pytest.mark.postgresql_alone, pytest.mark.slow_first(5)]

MANY = 200
LIMIT = 15


@dataclass(frozen=True)
class Office:
    """One organisation, and what a row of the table may name in it."""

    cast: Cast
    places: dict[str, tuple[Any, ...]]

    def client(self, role: str) -> Client:
        client = Client()
        client.force_login(getattr(self.cast, role))
        return client


def copies(row: models.Model, how_many: int, **changed: Any) -> list[Any]:
    """Unsaved copies of a row with keys, references and numbers of their own; a list in `changed` gives each its part."""
    model = type(row)
    kept = [f for f in model._meta.concrete_fields if not f.primary_key and not (f.unique and f.has_default())]
    values = {field.attname: getattr(row, field.attname) for field in kept}
    return [
        model(**values | {name: part[n] if isinstance(part, list) else part for name, part in changed.items()})
        for n in range(how_many)
    ]


def multiply(assessment: Assessment, how_many: int) -> None:
    """Stand copies beside an assessment, each with a system, a use, a submission and all that hangs on them."""
    use = assessment.use
    names = [f"{use.system.name} {n}" for n in range(how_many)]
    systems = AISystem.objects.bulk_create(copies(use.system, how_many, name=names))
    uses = DeclaredUse.objects.bulk_create(copies(use, how_many, system_id=[s.pk for s in systems]))
    of_uses = [one.pk for one in uses]
    rows = Assessment.objects.bulk_create(copies(assessment, how_many, use_id=of_uses, current_submission_id=None))
    of_rows = [one.pk for one in rows]
    for action in RemediationAction.objects.filter(use=use):
        RemediationAction.objects.bulk_create(copies(action, how_many, use_id=of_uses))
    for hold in Hold.objects.filter(use=use):
        Hold.objects.bulk_create(copies(hold, how_many, use_id=of_uses))
    for assignment in Assignment.objects.filter(assessment=assessment):
        Assignment.objects.bulk_create(copies(assignment, how_many, assessment_id=of_rows))
    sent = assessment.current_submission
    if sent is None:
        return
    submissions = Submission.objects.bulk_create(copies(sent, how_many, assessment_id=of_rows))
    of_submissions = [one.pk for one in submissions]
    for row, submission in zip(rows, submissions, strict=True):
        row.current_submission = submission
    Assessment.objects.bulk_update(rows, ["current_submission"])
    for seat in ReviewSeat.objects.filter(submission=sent):
        ReviewSeat.objects.bulk_create(copies(seat, how_many, submission_id=of_submissions))
    for document in Document.objects.filter(submission=sent):
        Document.objects.bulk_create(copies(document, how_many, submission_id=of_submissions))
    certificate = Certificate.objects.filter(submission=sent).first()
    if certificate:
        certificates = Certificate.objects.bulk_create(
            copies(certificate, how_many, use_id=of_uses, submission_id=of_submissions)
        )
        of_certificates = [one.pk for one in certificates]
        CertificateEvent.objects.bulk_create(copies(certificate.events.get(), how_many, certificate_id=of_certificates))
        Document.objects.bulk_create(copies(certificate.documents.get(), how_many, certificate_id=of_certificates))


def make_office(how_many: int) -> Office:
    """An organisation with about `how_many` of everything."""
    cast = make_cast()
    owner = cast.owner
    member = Membership.objects.get(user=cast.contributor)
    draft = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    save(draft, "use-register", {"choice": "partly"}, by=owner)
    piece = make_evidence(cast.organisation, by=owner, link="https://example.org/log", expires_on=timezone.localdate())
    library.attach(piece, draft, "use-register", by=owner)
    assignments.assign_section(draft, SECTION, member, by=owner)
    asking.ask(draft, SECTION, member, by=owner, question="use-register")
    comment = comments.comment(draft, "use-register", "@Olivia, since when?", by=cast.contributor)
    fresh = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    assignments.assign_section(fresh, SECTION, member, by=owner)
    fill(draft, by=owner, answers=GAPS)  # in both: what is answered here is not looked for elsewhere
    draft = Assessment.objects.for_dashboard().get(pk=draft.pk)
    in_review = make_assessment(
        State.SUBMITTED,
        "limited",
        cast=cast,
        answers=GAPS,
        facts={"illegal_purpose": True, "lawful_exception_claimed": True},
        route=Route.INSIDE,
    )
    sent = in_review.current_submission
    seat_taking.take(sent, by=cast.reviewer)
    waiting = make_assessment(State.SUBMITTED, "limited", cast=cast, route=Route.INSIDE)
    returned = make_assessment(State.RETURNED, "limited", cast=cast)
    second = make_assessment(State.RETURNED, "limited", cast=cast, answers=GAPS if how_many > 1 else None)
    save(second, "use-register", {"choice": "in_place", "text": "All of them."}, by=owner)
    again = submit.submit(second, by=owner, route=Route.INSIDE)
    seat_taking.take(again, by=cast.reviewer)
    certified = make_assessment(State.CERTIFIED, "low", cast=cast)
    appeal = appeals.contest(returned, appeals.contestable(returned)[0].value, "Annex 2 was overlooked.", by=owner)
    interests.declare_none(appeal.submission, by=cast.second_independent)
    messages.say(sent, "Which clinics keep it?", by=cast.reviewer)
    register_systems.update_use(
        certified.use, by=owner, people_affected="Patients and visitors"
    )  # the approval is stale
    certified.refresh_from_db()
    held = in_review.use.holds.get(closed_at=None)
    provisional = make_use("low", cast.organisation, facts={"healthcare_diagnosis": "unknown"})
    agreed = make_use("low", cast.organisation)
    task = {"minor_procedural_task": True}
    declare.declare_facts(agreed, task, by=cast.contributor, reasons=dict.fromkeys(task, "It sorts post."))
    procedural.agree_procedural(agreed, by=owner, reason="I read each letter myself.")
    high = make_assessment(State.DRAFT, "high", cast=cast, filled=False)
    conformity_file.save_part(high, "tests", GivenPart(evidence=[piece.reference]), by=owner, base=0)
    in_review.refresh_from_db()
    if how_many > 1:
        mark_all(sent, by=cast.reviewer)
        for one in (draft, fresh, in_review, waiting, returned, certified):
            multiply(one, how_many // 5)
        pieces = Evidence.objects.bulk_create(copies(piece, how_many))
        of_pieces = [one.pk for one in pieces]
        EvidenceVersion.objects.bulk_create(copies(piece.versions.get(), how_many, evidence_id=of_pieces))
        EvidenceUse.objects.bulk_create(copies(piece.uses.get(), how_many, evidence_id=of_pieces))
        message = Message.objects.filter(recipient=owner).exclude(kind="mention")[0]
        Message.objects.bulk_create(copies(message, how_many, object=[f"submission:{n}" for n in range(how_many)]))
        Comment.objects.bulk_create(copies(comment, how_many // 10))  # threads, each with a form of its own
        Comment.objects.bulk_create(copies(comment, how_many, reply_to_id=comment.pk))
        people = [User(email=f"colleague{n}@example.org", name=f"Colleague {n}") for n in range(how_many)]
        Membership.objects.bulk_create(
            copies(member, how_many, user_id=[one.pk for one in User.objects.bulk_create(people)])
        )
        DeclaredUse.objects.bulk_create(copies(draft.use, how_many))
    else:
        make_member(Role.CONTRIBUTOR, cast.organisation)
    return Office(
        cast,
        {
            "": (),
            "organisation": (cast.organisation.reference,),
            "system": (draft.use.system.reference,),
            "use": (draft.use.reference,),
            "facts": (draft.use.reference, "prohibited"),
            "draft": (draft.reference,),
            "draft, section": (draft.reference, SECTION),
            "piece": (piece.reference,),
            "draft, question": (draft.reference, "use-register"),
            "draft, request": (draft.reference, Assignment.objects.get(assessment=draft, question="").pk),
            "draft, one dimension": (draft.reference, "dimensions", "privacy"),
            "draft, findings": (draft.reference, "findings", "all"),
            "returned": (returned.reference,),
            "high": (high.reference,),
            "high, tests": (high.reference, "tests"),
            "certified": (certified.reference,),
            "hold": (held.use.reference, held.pk),
            "hold in review": (sent.reference, held.pk),
            "provisional": (provisional.reference,),
            "agreed": (agreed.reference,),
            "submission": (sent.reference,),
            "second round": (again.reference,),
            "submission, section": (sent.reference, SECTION),
            "waiting": (waiting.current_submission.reference,),
            "waiting, first seat": (waiting.current_submission.reference, "first"),
            "appeal": (appeal.reference,),
            "in review": (in_review.reference,),
            "certificate": (Certificate.objects.filter(use=certified.use)[0].number,),
            "use in review": (in_review.use.reference,),
            "action": (in_review.use.reference, 1),
        },
    )


@pytest.fixture(scope="module")
def offices(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Office, Office]]:
    """One of each, and many of each."""
    with django_db_blocker.unblock(), undone():
        made = make_office(1), make_office(MANY)
        count_rows()
        yield made


PAGES = [
    ("owner", "dashboard", ""),
    ("contributor", "dashboard", ""),
    ("reviewer", "dashboard", ""),
    ("owner", "inbox", ""),
    ("contributor", "comments", "draft, question"),
    ("owner", "ask", "draft, question"),
    ("owner", "asked", "draft, request"),
    ("owner", "assessments", ""),
    ("owner", "actions", ""),
    ("owner", "organisation_actions", ""),
    ("owner", "actions_export", ""),
    ("owner", "actions_dates", ""),
    ("owner", "actions_import", ""),
    ("owner", "remediation_plan", "use in review"),
    ("owner", "action", "action"),
    ("reviewer", "action", "action"),
    ("owner", "action_plan", "action"),
    ("owner", "action_risk", "action"),
    ("owner", "action_evidence", "action"),
    ("owner", "certificate_status", "certificate"),
    ("reviewer", "certificate_status", "certificate"),
    ("owner", "certificates", ""),
    ("owner", "systems", ""),
    ("owner", "systems_export", ""),
    ("owner", "filters", ""),
    ("owner", "portfolio_sums", ""),
    ("owner", "import", ""),
    ("owner", "system_retire", "system"),
    ("owner", "use_retire", "use"),
    ("owner", "model_card", "use"),
    ("owner", "reuse", "draft"),
    ("owner", "system", "system"),
    ("owner", "organisation", "organisation"),
    ("owner", "people", "organisation"),
    ("owner", "organisation_log", "organisation"),
    ("owner", "assessment_log", "draft"),
    ("owner", "use", "use"),
    ("owner", "facts", "facts"),
    ("owner", "assessment", "draft"),
    ("owner", "assessment", "certified"),
    ("contributor", "section", "draft, section"),
    ("owner", "evidence", ""),
    ("owner", "evidence_piece", "piece"),
    ("owner", "answer_evidence", "draft, question"),
    ("owner", "assign", "draft, section"),
    ("owner", "returned", "returned"),
    ("owner", "search", "draft"),
    ("owner", "flagged", "draft"),
    ("contributor", "section_check", "draft, section"),
    ("owner", "history", "draft, question"),
    ("owner", "compare", "returned"),
    ("owner", "settings", ""),
    ("owner", "conformity", "high"),
    ("owner", "conformity_part", "high, tests"),
    ("owner", "check", "draft"),
    ("owner", "sign", "draft"),
    ("owner", "results", "draft"),
    ("owner", "result", "draft, one dimension"),
    ("owner", "result", "draft, findings"),
    ("reviewer", "reviews", ""),
    ("reviewer", "review", "submission"),
    ("second_independent", "reviews", ""),
    ("reviewer", "take", "waiting"),
    ("reviewer", "declare", "waiting"),
    ("reviewer", "assign_seat", "waiting, first seat"),
    ("reviewer", "review_messages", "submission"),
    ("second_independent", "appeal", "appeal"),
    ("owner", "case", "in review"),
    ("owner", "contest", "returned"),
    ("owner", "supplements", "in review"),
    ("reviewer", "review_supplements", "submission"),
    ("reviewer", "review_facts", "submission"),
    ("reviewer", "review_section", "submission, section"),
    ("reviewer", "case_evidence", "submission"),
    ("reviewer", "whole_case", "submission"),
    ("reviewer", "review_log", "submission"),
    ("owner", "hold", "hold"),
    ("owner", "sign_worst_case", "provisional"),
    ("owner", "disagree", "agreed"),
    ("owner", "what_changed", "certified"),
    ("reviewer", "close_hold", "hold in review"),
    ("reviewer", "judge_tier", "submission"),
    ("reviewer", "review_changes", "second round"),
    ("reviewer", "review_not_applicable", "submission"),
    ("reviewer", "own_set", "submission"),
    ("reviewer", "mark_own_set", "submission"),
    ("reviewer", "review_together", "submission"),
    ("reviewer", "review_texts", ""),
    ("reviewer", "case_notes", "submission"),
    ("reviewer", "send_back", "submission"),
    ("reviewer", "approve", "submission"),
    ("owner", "verify", "certificate"),
    ("owner", "clauses", ""),
    ("owner", "method", ""),
    ("owner", "help", ""),
]


def cost(office: Office, role: str, name: str, what: str) -> list[str]:
    """The queries of one look at the page, the person's session and account among them."""
    client = office.client(role)
    url = reverse(name, args=office.places[what])
    assert client.get(url).status_code == 200  # and whatever is read once a process has been read
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    return [query["sql"] for query in queries.captured_queries]


@pytest.mark.few_a_day(12)
@pytest.mark.django_db
@pytest.mark.parametrize(("role", "name", "what"), PAGES, ids=lambda value: value or None)
def test_page_with_two_hundred_rows_costs_the_queries_of_one_with_few(role, name, what, offices):
    """Fewer may be: where the newest rows lack something, what is read along with it is not read."""
    few, many = (cost(office, role, name, what) for office in offices)
    assert len(many) <= LIMIT, "\n".join(sql[:160] for sql in many)
    assert len(many) == len(few), "\n".join(["few:", *(s[:200] for s in few), "many:", *(s[:200] for s in many)])


@pytest.mark.django_db
def test_organisation_with_many_rows_has_two_hundred_of_each(offices):
    """Without this the test above could compare a few rows with a few rows."""
    organisation = offices[1].cast.organisation
    for model in (Assessment, RemediationAction, AISystem, DeclaredUse, Evidence):
        assert model.objects.filter(organisation=organisation).count() >= MANY, model
    for model in (Certificate, Submission):
        assert model.objects.filter(organisation=organisation).count() > MANY // 5, model
    assert Membership.objects.filter(organisation=organisation).count() > MANY
