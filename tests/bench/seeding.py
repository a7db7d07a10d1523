"""Many filled assessments of one organisation, straight into the rows: through the pages it would take hours.

They are of the bench edition, of which a provider is asked 150 practices, or of the real one and the use that it asks most.
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections import Counter
from typing import Any
from urllib.parse import quote

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.db.models import Model

from assessments.core import proof
from assessments.domain import portfolio
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
    Organisation,
    Route,
    SearchWord,
)
from assessments.models.assessments import DERIVED
from assessments.models.editions import question_ids
from tests.bench.edition import bench_source
from tests.bench.real import most_asked
from tests.support.factories import Cast, make_assessment, make_cast, make_evidence, prove

QUEUE, WITH_EVIDENCE, PIECES, PAGE = 55, 90, 20, 50
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
    ids = question_ids(first.edition_id, first.edition.published_at)
    answers = Answer.objects.bulk_create(
        Answer(assessment=first, question_id=ids[key], by=cast.owner, **value) for key, value in values
    )
    AnswerRevision.objects.bulk_create(
        AnswerRevision(parent=row, number=1, operation=uuid.uuid4(), base=0, value=row.record(), by=cast.owner)
        for row in answers
    )
    first.refresh_derived(declared, first.answer_values())
    first.save(update_fields=DERIVED)
    assessments = [first, *_copies(first, how_many - 1)]
    _follow_uses(cast.organisation)
    section, in_section = Counter(edition.questions[key].section for key in asked).most_common(1)[0]
    # Those at the front are saved to, the last one is only read.
    waiting = assessments[len(assessments) // 2 : -1][:QUEUE]
    review = _submit(waiting, cast)
    _count_rows()
    further = list(DeclaredUse.objects.order_by("-changed_at", "-pk")[: PAGE + 1])[-1]  # the first of the second page
    return {
        "session": signed_in(cast.owner),
        "reviewer": signed_in(cast.independent),
        "inside": signed_in(cast.reviewer),
        "review": review,
        "queue": len(waiting),
        "assessments": [assessment.reference for assessment in assessments],
        "edition": f"{edition.key}, release {edition.release}, {first.use.assigned_tier}",
        "questions": asked,  # with the lines of each checklist
        "section": section,
        "in_section": in_section,
        "rare": f"{how_many - 7}",  # stands in the names of one system, and of about twenty once there are ten times as many
        "frequent": first.use.title.split()[0].lower(),  # stands in all of them
        "tier": first.use.assigned_tier,
        "after": quote(f"{further.changed_at.isoformat()}~{further.pk}"),
    }


def grow(how_many: int) -> dict[str, Any]:
    """Fill more drafts, copies of the first one, until there are `how_many`; returns how many there are, and the seconds."""
    started = time.perf_counter()
    first = Assessment.objects.for_dashboard().order_by("pk")[0]
    source = Assessment.objects.for_dashboard().filter(use__system__name=f"{first.use.system.name} 1").get()
    _copies(source, how_many - Assessment.objects.count(), like=first.use.system.name)
    _follow_uses(first.organisation)
    _count_rows()
    return {"assessments": Assessment.objects.count(), "seconds": time.perf_counter() - started}


def _follow_uses(organisation: Organisation) -> None:
    """Write what the portfolio and its search read of the uses of an organisation."""
    portfolio.rebuild_columns(DeclaredUse.objects.filter(organisation=organisation))
    SearchWord.objects.rebuild(organisation.pk)


def _count_rows() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # As autovacuum does within a minute or so; what is measured begins sooner.
            cursor.execute("ANALYZE" if connection.in_atomic_block else "VACUUM ANALYZE")


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


def _copies(first: Assessment, how_many: int, *, like: str = "") -> list[Assessment]:
    """Stand so many copies beside an assessment, each with a system, a use, facts and answers of its own.

    `like`: what their systems are named after. The many rows are copied inside the database: through Python a million of
    them would take minutes.
    """
    use, system, name = first.use, first.use.system, like or first.use.system.name
    before = Assessment.objects.count()
    parts = {name: getattr(system, name) for name in ("is_developer", "is_provider", "is_user")}
    systems = AISystem.objects.bulk_create(
        AISystem(organisation=system.organisation, name=f"{name} {before + n - 1}", **parts) for n in range(how_many)
    )
    same = ("title", "purpose", "setting", "people_affected", "scope_en", "assigned_tier", "text_tier", "tier_checksum")
    kept = {name: getattr(use, name) for name in same}
    uses = DeclaredUse.objects.bulk_create(
        DeclaredUse(system=one, organisation=one.organisation, **kept) for one in systems
    )
    derived = {name: getattr(first, name) for name in DERIVED if name != "updated_at"}
    rows = Assessment.objects.bulk_create(
        Assessment(use=one, organisation=one.organisation, edition=first.edition, **derived) for one in uses
    )
    facts = {"use_id": "CASE WHEN old.use_id IS NULL THEN NULL ELSE new.id END", "system_id": "new.system_id"}
    of_first = f"(old.use_id = {use.pk} OR (old.system_id = {system.pk} AND old.use_id IS NULL))"
    _copy_rows(DeclaredFact, DeclaredUse, f"{of_first} AND new.id >= {uses[0].pk}", facts)
    of_first = f"old.assessment_id = {first.pk} AND new.id >= {rows[0].pk}"
    _copy_rows(Answer, Assessment, of_first, {"assessment_id": "new.id", "revision": "1"})
    _copy_versions(first, rows[0].pk)
    return rows


def _copy_rows(model: type[Model], parents: type[Model], where: str, changed: dict[str, str]) -> None:
    """Copy rows of a model (`old`) once for each row of `parents` (`new`); `changed`: what a column gets instead."""
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    values = ", ".join(changed.get(column, f'old."{column}"') for column in columns)
    table, others = model._meta.db_table, parents._meta.db_table
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" ({names}) SELECT {values} FROM "{table}" old, "{others}" new WHERE {where}'
        )


def _copy_versions(first: Assessment, since: int) -> None:
    """Copy the first version of each answer of an assessment to the answers of those that were made since."""
    operation = "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
    answers, versions = Answer._meta.db_table, AnswerRevision._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{versions}" (parent_id, number, operation, base, value, by_id, at, outcome) '
            f"SELECT new.id, 1, {operation}, 0, kept.value, kept.by_id, kept.at, kept.outcome "
            f'FROM "{answers}" old JOIN "{versions}" kept ON kept.parent_id = old.id AND kept.number = 1 '
            f'JOIN "{answers}" new ON new.question_id = old.question_id AND new.assessment_id >= %s '
            "WHERE old.assessment_id = %s",
            [since, first.pk],
        )


def signed_in(user: Any, **more: Any) -> str:
    """Make a session of somebody, with `more` in it; returns its key."""
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), _backend()
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.update(more)
    session.save()
    return str(session.session_key)


def _backend() -> str:
    from django.conf import settings

    return str(settings.AUTHENTICATION_BACKENDS[0])
