"""Many filled assessments of one organisation, straight into the rows: through the pages it would take hours.

They are of the bench edition, of which a provider is asked 150 practices, or of the real one and the use that it asks most.
"""

from __future__ import annotations

import itertools
import uuid
from collections import Counter
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction

from assessments.core import proof
from assessments.domain.review import seat_taking
from assessments.domain.submission import submit
from assessments.guideline.reading import default_directory, read_edition
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
from assessments.models.editions import question_ids
from tests.bench.edition import bench_source
from tests.bench.real import most_asked
from tests.support.factories import Cast, make_assessment, make_cast, make_evidence, prove

QUEUE, WITH_EVIDENCE, PIECES = 55, 90, 20
CHOICES = ("in_place", "in_place", "partly", "not_in_place", "unknown")


def seed(how_many: int, which: str) -> dict[str, Any]:
    """Publish the edition and fill `how_many` drafts; returns what the requests need to name."""
    cast = make_cast()
    first = _first_of(which, cast)
    edition, declared = first.compiled(), first.declared()
    asked = {
        question.key: [item.key for item in declared.items(edition, question)]
        for question in declared.questions(edition)
    }
    values = [(key, _value(choice, items)) for (key, items), choice in zip(asked.items(), itertools.cycle(CHOICES))]
    assessments = [first, *_copies(first, how_many - 1)]
    ids = question_ids(first.edition_id, first.edition.published_at)
    for at in range(0, how_many, 100):
        rows = [
            Answer(assessment=assessment, question_id=ids[key], by=cast.owner, **value)
            for assessment in assessments[at : at + 100]
            for key, value in values
        ]
        Answer.objects.bulk_create(rows)
        AnswerRevision.objects.bulk_create(
            AnswerRevision(parent=row, number=1, operation=uuid.uuid4(), base=0, value=row.record(), by=cast.owner)
            for row in rows
        )
    first.refresh_derived(declared, first.answer_values())
    for assessment in assessments[1:]:
        for name in DERIVED:
            setattr(assessment, name, getattr(first, name))
    Assessment.objects.bulk_update(assessments, [name for name in DERIVED if name != "updated_at"], batch_size=200)
    section, in_section = Counter(edition.questions[key].section for key in asked).most_common(1)[0]
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
        "edition": f"{edition.key}, release {edition.release}, {first.use.assigned_tier}",
        "questions": asked,  # with the lines of each checklist
        "section": section,
        "in_section": in_section,
    }


def _first_of(which: str, cast: Cast) -> Assessment:
    if which == "bench":
        Edition.objects.publish(bench_source())
        return make_assessment("draft", "limited", cast=cast, parts=("provider",), filled=False)
    source = read_edition(default_directory())
    Edition.objects.publish(source)
    found, declared = most_asked(source.edition)
    facts = {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()}
    parts = ("developer", "provider", "user")
    first = make_assessment("draft", str(declared.tier), cast=cast, parts=parts, facts=facts, filled=False)
    assert first.use.assigned_tier == declared.tier
    return first


def _value(choice: str, items: list[str]) -> dict[str, Any]:
    """The answer to a practice, or the one of a checklist that says as much."""
    text = "Kept by the quality office and read each quarter."
    if not items:
        return {"choice": choice, "text": text}
    ticked = {"in_place": items, "partly": items[::2]}.get(choice)
    if ticked is None:
        return {"choice": "none" if choice == "not_in_place" else choice, "text": text}
    return {"choice": "ticked", "items": dict.fromkeys(ticked, True), "text": text}


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
            prove(assessment, by=cast.owner)
            route = Route.INSIDE if n % 10 == 0 and assessment is not last else Route.INDEPENDENT
            with proof.of_command("bench"):
                submission = submit.submit(assessment, by=cast.owner, route=route)
        assert submission is not None
        with proof.of_command("bench"):
            seat_taking.take(submission, by=cast.independent)
        transaction.get_connection().run_on_commit.clear()  # no documents and no mail: each PDF takes ten seconds
    return submission.reference


def _copies(first: Assessment, how_many: int) -> list[Assessment]:
    use, system = first.use, first.use.system
    parts = {name: getattr(system, name) for name in ("is_developer", "is_provider", "is_user")}
    systems = AISystem.objects.bulk_create(
        AISystem(organisation=system.organisation, name=f"{system.name} {n}", **parts) for n in range(how_many)
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
