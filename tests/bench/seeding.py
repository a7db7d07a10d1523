"""Many filled assessments of one organisation, straight into the rows: through the pages it would take hours."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction

from assessments import workflow
from assessments.core import proof
from assessments.models import (
    AISystem,
    Answer,
    AnswerRevision,
    Assessment,
    DeclaredFact,
    DeclaredUse,
    Edition,
    EvidenceUse,
    Route,
)
from assessments.models.assessments import DERIVED
from assessments.models.questionnaires import question_ids
from tests.bench.edition import bench_source
from tests.factories import Cast, make_assessment, make_cast, make_evidence

QUEUE, WITH_EVIDENCE, PIECES = 55, 90, 20
CHOICES = ("in_place", "in_place", "partly", "not_in_place", "unknown")


def seed(how_many: int) -> dict[str, Any]:
    """Publish the bench edition and fill `how_many` drafts; returns what the requests need to name."""
    source = bench_source()
    Edition.objects.publish(source)
    cast = make_cast()
    first = make_assessment("draft", "limited", cast=cast, parts=("provider",), filled=False)
    asked = [question.key for question in first.declared().questions(first.compiled())]
    assessments = [first, *_copies(first, how_many - 1)]
    ids = question_ids(first.edition_id, first.edition.published_at)
    for at in range(0, how_many, 100):
        rows = [
            Answer(
                assessment=assessment,
                question_id=ids[key],
                choice=choice,
                text="Kept by the quality office and read each quarter.",
                by=cast.owner,
            )
            for assessment in assessments[at : at + 100]
            for key, choice in zip(asked, itertools.cycle(CHOICES), strict=False)
        ]
        Answer.objects.bulk_create(rows)
        AnswerRevision.objects.bulk_create(
            AnswerRevision(parent=row, number=1, operation=uuid.uuid4(), base=0, value=row.record(), by=cast.owner)
            for row in rows
        )
    first.refresh_derived(first.declared(), first.answer_values())
    for assessment in assessments[1:]:
        for name in DERIVED:
            setattr(assessment, name, getattr(first, name))
    Assessment.objects.bulk_update(assessments, [name for name in DERIVED if name != "updated_at"], batch_size=200)
    section = first.compiled().questions[asked[0]].section
    # Those at the front are saved to, the last one is only read.
    waiting = assessments[len(assessments) // 2 : -1][:QUEUE]
    review = _submit(waiting, cast)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as autovacuum does within a minute or so; what is measured begins sooner
    return {
        "session": _session(cast.owner),
        "reviewer": _session(cast.independent),
        "inside": _session(cast.reviewer),
        "review": review,
        "queue": len(waiting),
        "assessments": [assessment.reference for assessment in assessments],
        "questions": asked,
        "section": section,
    }


def _submit(assessments: list[Assessment], cast: Cast) -> str:
    """Sign these, one in ten to the organisation's own reviewer; returns the last one, taken and with evidence."""
    last = assessments[-1]
    answers = list(last.answers.order_by("pk")[:WITH_EVIDENCE])
    pieces = [make_evidence(cast.organisation, by=cast.owner) for _n in range(PIECES)]
    EvidenceUse.objects.bulk_create(
        EvidenceUse(evidence=piece, answer=answer, version=1, by=cast.owner)
        for answer, piece in zip(answers, itertools.cycle(pieces), strict=False)
    )
    submission = None
    with transaction.atomic():
        for n, assessment in enumerate(assessments):
            route = Route.INSIDE if n % 10 == 0 and assessment is not last else Route.INDEPENDENT
            with proof.of_command("bench"):
                submission = workflow.submit(assessment, by=cast.owner, route=route)
        assert submission is not None
        with proof.of_command("bench"):
            workflow.take(submission, by=cast.independent)
        transaction.get_connection().run_on_commit.clear()  # no documents and no mail: each PDF takes ten seconds
    return submission.reference


def _copies(first: Assessment, how_many: int) -> list[Assessment]:
    use, system = first.use, first.use.system
    systems = AISystem.objects.bulk_create(
        AISystem(organisation=system.organisation, name=f"{system.name} {n}", is_provider=True) for n in range(how_many)
    )
    same = ("title", "purpose", "setting", "people_affected", "scope_en", "assigned_tier", "text_tier", "tier_checksum")
    kept = {name: getattr(use, name) for name in same}
    uses = DeclaredUse.objects.bulk_create(
        DeclaredUse(system=one, organisation=one.organisation, **kept) for one in systems
    )
    facts = list(use.fact_rows())
    DeclaredFact.objects.bulk_create(
        [
            DeclaredFact(
                system=one.system, use=None if fact.use_id is None else one, key=fact.key, value=fact.value, by=fact.by
            )
            for one in uses
            for fact in facts
        ],
        batch_size=2000,
    )
    return Assessment.objects.bulk_create(
        Assessment(use=one, organisation=one.organisation, edition=first.edition) for one in uses
    )


def _session(user: Any) -> str:
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), _backend()
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def _backend() -> str:
    from django.conf import settings

    return str(settings.AUTHENTICATION_BACKENDS[0])
