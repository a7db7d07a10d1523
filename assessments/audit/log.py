"""The log: writing an entry, erasing what entries say of a person, and reading them. `audit.verify` verifies it.

Each change of the domain calls `record` with a kind of `audit.kinds`. No entry is changed afterwards. A page asks for
entries here once it has found its organisation, assessment or submission by a function of `access`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import F, Model, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.audit import kinds
from assessments.audit.kinds import READ_BY_MEMBERS, READ_BY_REVIEWERS, AuditKind
from assessments.audit.verify import chains
from assessments.core.errors import NotPermitted, WorkflowError
from assessments.models import (
    AISystem,
    Assessment,
    AuditDetail,
    AuditEntry,
    AuditHead,
    DeclaredUse,
    Evidence,
    EvidenceUse,
    Organisation,
    Submission,
    User,
)
from assessments.models.audit import ERASURE, INSTALLATION
from assessments.models.base import canonical_json

WALKED_ON_A_PAGE = 5000
"""A page verifies a chain of so many entries at most (about a second); a longer one is the command's."""


# --- writing -------------------------------------------------------------------------------------------------------------


def record(
    kind: AuditKind,
    about: Model,
    *,
    by: User | None,
    organisation: Organisation | None = None,
    details: dict[str, Any] | None = None,
    rows: Iterable[Model] = (),
) -> AuditEntry:
    """Append an entry to the organisation's chain, or to the installation's. Call it last in the transaction of a change.

    `details`: names and values, which erasing empties; `rows`: what the change wrote of the tables in `models.audit.NAMED`.
    Raises UnknownKind.
    """
    entry: AuditEntry = AuditEntry.objects.record(
        kinds.require(kind).value, about, by=by, organisation=organisation, details=details, rows=rows
    )
    return entry


# --- erasing -------------------------------------------------------------------------------------------------------------


def erase_person(person: User, *, by: User, organisation: Organisation | None = None) -> dict[str, int]:
    """Erase the details of all entries that a person made or that name them; returns how many, by chain.

    Staff erase everywhere, and a person what is told of themselves; an owner in the chain of their `organisation`. The
    entries stay: who (as a number), when, what kind, about what. Each chain gets an entry that says which details went.
    Raises NotPermitted.
    """
    if not by.is_staff and by.pk != person.pk:
        if organisation is None:
            raise NotPermitted(
                _("Give the name of one organisation. Only staff can erase details in the logs of all organisations.")
            )
        roles.require_people(by, organisation)
    erased = {}
    wanted = list(chains()) if organisation is None else [organisation.reference]
    for chain in wanted:
        if count := _erase_in(chain, person, by=by):
            erased[chain] = count
    return erased


@transaction.atomic
def erase_organisation(organisation: Organisation, *, by: User) -> int:
    """Erase the details of every entry of a chain whose organisation is deleted, and say so in it; returns how many."""
    rows = AuditDetail.objects.filter(entry__chain=organisation.reference, erased_at=None).exclude(entry__kind=ERASURE)
    found = list(rows.order_by("entry__seq").values_list("pk", "entry__seq"))
    for start in range(0, len(found), 500):
        AuditDetail.objects.filter(pk__in=[pk for pk, _seq in found[start : start + 500]]).erase(by=by)
    details = {"organisation": organisation.reference, "erased": [seq for _pk, seq in found]}
    record(AuditKind.DETAILS_ERASED, organisation, by=by, organisation=organisation, details=details)
    return len(found)


@transaction.atomic
def _erase_in(chain: str, person: User, *, by: User) -> int:
    found: list[tuple[int, int]] = []
    rows = AuditDetail.objects.filter(about(person), entry__chain=chain, erased_at=None).exclude(entry__kind=ERASURE)
    shown = rows.order_by("entry__seq").values_list("pk", "detail", "entry__seq", "entry__actor")
    for pk, detail, seq, actor in shown.iterator(chunk_size=500):
        if actor == person.pk or names(json.loads(detail), person):
            found.append((pk, seq))
    if not found:
        return 0
    organisation = Organisation.objects.filter(reference=chain).first()
    if organisation is None and chain != INSTALLATION:
        raise WorkflowError(_("This log does not belong to an organisation."))
    for start in range(0, len(found), 500):
        AuditDetail.objects.filter(pk__in=[pk for pk, _seq in found[start : start + 500]]).erase(by=by)
    record(
        AuditKind.DETAILS_ERASED,
        person,
        by=by,
        organisation=organisation,
        details={"person": person.pk, "erased": [seq for _pk, seq in found]},
    )
    return len(found)


def about(person: User) -> Q:
    """Select the details of entries that a person made or that may name them; `names` tells which of these do."""
    found = Q(entry__actor=person.pk) | Q(detail__icontains=person.email)
    return found | Q(detail__icontains=canonical_json(person.name)[1:-1]) if person.name else found


def names(value: Any, person: User) -> bool:
    """Tell whether a text in these details is or holds a person's mail address or full name, as words of their own."""
    if isinstance(value, Mapping):
        return any(names(part, person) for part in value.values())
    if isinstance(value, list):
        return any(names(part, person) for part in value)
    if not isinstance(value, str):
        return False
    wanted = [person.email]
    if len(person.name.split()) > 1 or (not person.name.isascii() and len(person.name) > 1):
        wanted.append(person.name)  # a single Latin name may be any word: it counts where it stands alone
    elif person.name and value.casefold() == person.name.casefold():
        return True
    return any(re.search(rf"(?<![\w@.+-]){re.escape(word)}(?![\w@-]|\.\w)", value, re.IGNORECASE) for word in wanted)


# --- reading -------------------------------------------------------------------------------------------------------------


def log_of(organisation: Organisation) -> QuerySet[AuditEntry]:
    """Return the whole log of an organisation, for a page that may show it."""
    entries: QuerySet[AuditEntry] = AuditEntry.objects.filter(chain=organisation.reference)
    return entries


def log_of_assessment(assessment: Assessment) -> QuerySet[AuditEntry]:
    """Return what was done to an assessment, its use and system, and to the evidence that its answers use now.

    Evidence that was taken away since has its entries in the organisation's log.
    """
    use = assessment.use
    pieces = EvidenceUse.objects.filter(answer__assessment=assessment).annotate(
        named=Concat(Value("evidence:"), "evidence__reference")
    )
    about = [
        f"assessment:{assessment.reference}",
        f"declareduse:{use.reference}",
        f"aisystem:{use.system.reference}",
    ]
    found = Q(object__in=about) | Q(object__in=pieces.values("named"))
    return log_of(assessment.organisation).filter(found, kind__in=READ_BY_MEMBERS)


def log_of_review(submission: Submission) -> QuerySet[AuditEntry]:
    """Return what was done in the review of a submission's assessment, in this round and the others."""
    entries = log_of(submission.organisation).filter(kind__in=READ_BY_REVIEWERS)
    return entries.filter(object=f"assessment:{submission.assessment.reference}")


def head_of(organisation: Organisation) -> AuditHead | None:
    """Return the end of the organisation's log, with when it was last verified and by whom."""
    return AuditHead.objects.filter(chain=organisation.reference).select_related("verified_by").first()


def found_in(entries: QuerySet[AuditEntry]) -> tuple[dict[int, str], set[str]]:
    """Return who did anything of these entries, by key, in the order of their names; and the kinds that occur (two queries)."""
    pairs = list(entries.order_by().values_list("actor", "kind").distinct())
    actors = User.objects.filter(pk__in={actor for actor, _kind in pairs if actor is not None})
    return {user.pk: str(user) for user in actors.order_by("name", "email")}, {kind for _actor, kind in pairs}


def titles_of(objects: Iterable[str]) -> dict[str, str]:
    """Return what the objects of entries are called (`assessment:abc` to the title of its use), in one query.

    An object that has no title, or is not there, is left out.
    """
    wanted: dict[str, list[str]] = {}
    for name in objects:
        model, _colon, reference = name.partition(":")
        wanted.setdefault(model, []).append(reference)
    parts = (
        ("assessment", Assessment.objects.all(), "use__title"),
        ("declareduse", DeclaredUse.objects.all(), "title"),
        ("aisystem", AISystem.objects.all(), "name"),
        ("evidence", Evidence.objects.all(), "title"),
        ("organisation", Organisation.objects.all(), "name_en"),
    )
    rows: list[Any] = [
        found.filter(reference__in=[*wanted.get(model, ()), ""])  # never empty: the query is one, whatever is asked
        .order_by()
        .annotate(model=Value(model), called=F(title))
        .values_list("model", "reference", "called")
        for model, found, title in parts
    ]
    return {f"{model}:{reference}": called for model, reference, called in rows[0].union(*rows[1:], all=True)}
