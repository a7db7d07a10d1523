"""Whose each table is: the one list that exports, deletion and docs/data-map.md follow.

A model that is added without a line here fails a test (tests/system/security/test_people_data.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet

from assessments.domain.register.export_words import in_words
from assessments.models import AuditEntry, Document, Organisation, ReviewMark, User

OF_ORGANISATION: Mapping[str, str] = {
    "Organisation": "",
    "Membership": "organisation",
    "Invitation": "organisation",
    "AISystem": "organisation",
    "DeclaredUse": "organisation",
    "DeclaredFact": "system__organisation",
    "FactRevision": "parent__system__organisation",
    "FactDraft": "use__organisation",
    "FactSuggestion": "use__organisation",
    "SignedWorst": "use__organisation",
    "Involvement": "use__organisation",
    "Hold": "use__organisation",
    "Assessment": "organisation",
    "Answer": "assessment__organisation",
    "AnswerRevision": "parent__assessment__organisation",
    "Assignment": "assessment__organisation",
    "Comment": "assessment__organisation",
    "Flag": "assessment__organisation",
    "Submission": "organisation",
    "ReviewSeat": "submission__organisation",
    "ReviewMark": "submission__organisation",
    "ReviewMarkRevision": "parent__submission__organisation",
    "EvidenceMark": "submission__organisation",
    "EvidenceMarkRevision": "parent__submission__organisation",
    "EvidenceOpening": "submission__organisation",
    "PartMark": "submission__organisation",
    "PartMarkRevision": "parent__submission__organisation",
    "Supplement": "assessment__organisation",
    "SupplementMark": "supplement__assessment__organisation",
    "SupplementMarkRevision": "parent__supplement__assessment__organisation",
    "SecondLook": "submission__organisation",
    "SecondLookMark": "look__submission__organisation",
    "SecondLookWords": "look__submission__organisation",
    "MarkReply": "submission__organisation",
    "MarkReplyRevision": "parent__submission__organisation",
    "ReviewDecision": "submission__organisation",
    "ReturnTask": "decision__submission__organisation",
    "Condition": "decision__submission__organisation",
    "RemediationAction": "organisation",
    "ActionEvent": "action__organisation",
    "ActionVerdict": "action__organisation",
    "ClosedPractice": "use__organisation",
    "Certificate": "organisation",
    "CertificateEvent": "certificate__organisation",
    "Document": "",
    "StatedChange": "use__organisation",
    "Evidence": "organisation",
    "EvidenceVersion": "evidence__organisation",
    "EvidenceUse": "evidence__organisation",
    "ConformityPart": "use__organisation",
    "ConformityRevision": "parent__use__organisation",
    "ConformityEvidence": "part__use__organisation",
    "Interest": "assessment__organisation",
    "SeatRequest": "submission__organisation",
    "CaseMessage": "submission__organisation",
    "CaseNote": "assessment__organisation",
    "SharedText": "organisation",
    "Appeal": "assessment__organisation",
    "AppealAnswer": "appeal__assessment__organisation",
    "ImportDraft": "organisation",
    "SearchWord": "organisation",
    "AuditEntry": "",
}
"""The tables of an organisation, in the order of an export, each with the way from a row to its organisation."""

OF_PERSON = ("User", "Message", "HeldPost", "SavedFilter", "OwnText")
"""The tables of one person that belong to no organisation."""

OF_INSTALLATION = (
    "Edition", "EditionText", "Questionnaire", "Section", "Question", "Item", "StepRun", "AuditHead", "AuditDetail",
    "RefusedSignIn", "SealedEmail",
)  # fmt: skip
"""The tables of the installation. `AuditDetail` goes with its entry, and `SealedEmail` says of no row whose it is."""

NEVER_SHOWN: Mapping[str, frozenset[str]] = {
    "User": frozenset({"password"}),
    "Invitation": frozenset({"token_digest"}),
    "HeldPost": frozenset({"token_digest"}),
    "EvidenceVersion": frozenset({"storage_key"}),
    "Document": frozenset({"file", "error", "lease_until", "attempts"}),
}
"""Columns that no export has: secrets, and what only the program needs."""


def model_of(name: str) -> Any:
    """Return the model of a table; each has the manager `objects`."""
    return apps.get_model("assessments", name)


def all_rows(name: str) -> QuerySet[Any]:
    """Return every row of a table, marks that were taken back included."""
    return ReviewMark.kept.all() if name == "ReviewMark" else model_of(name).objects.all()


def rows_of(name: str, organisation: Organisation) -> QuerySet[Any]:
    """Return the rows of a table that belong to an organisation."""
    rows = all_rows(name)
    match name:
        case "Organisation":
            return rows.filter(pk=organisation.pk)
        case "AuditEntry":
            return AuditEntry.objects.filter(chain=organisation.reference)  # type: ignore[no-any-return]
        case "Document":
            return Document.objects.filter(
                Q(submission__organisation=organisation)
                | Q(certificate__organisation=organisation)
                | Q(assessment__organisation=organisation)
            )
    return rows.filter(**{OF_ORGANISATION[name]: organisation})


def people_columns(name: str) -> list[str]:
    """Return the columns of a table that name a person, such as `by` or `owner`."""
    fields = model_of(name)._meta.concrete_fields
    return [field.name for field in fields if field.related_model is User]


def plain_rows(
    rows: QuerySet[Any], *, without: frozenset[str] = frozenset(), pieces: int = 500
) -> Iterator[dict[str, Any]]:
    """Yield rows as plain values, by key: people as names, codes in words. Read in batches; no query stays open between two."""
    name = rows.model.__name__
    leave = NEVER_SHOWN.get(name, frozenset()) | without
    columns = [field.attname for field in rows.model._meta.concrete_fields if field.name not in leave]
    people = {f"{column}_id": column for column in people_columns(name)}
    last = 0
    while found := list(rows.order_by("pk").filter(pk__gt=last).values(*columns)[:pieces]):
        names = names_of({row[column] for row in found for column in people if column in row})
        for row in found:
            plain = {people.get(key, key): names.get(value) if key in people else value for key, value in row.items()}
            yield in_words(name, plain)
        last = found[-1]["id"]


def names_of(people: set[int | None]) -> dict[int | None, str]:
    found = User.objects.filter(pk__in=[pk for pk in people if pk is not None])
    return {user.pk: str(user) for user in found.only("name", "email")}
