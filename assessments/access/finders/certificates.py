"""Finders of certificates, their conditions and documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, Prefetch, Q, QuerySet

from assessments.models import Certificate, CertificateEvent, Condition, Document, Membership, Role, Submission, User
from assessments.models.issued import issued_by_the_body

if TYPE_CHECKING:
    pass
from assessments.access.finders import cases, register


def certificates_judged_by(user: User) -> QuerySet[Certificate]:
    """Return the certificates that `user` judges: as their reviewer, or for the reviewing body where nobody else is left.

    Once an organisation is deleted it has neither owners nor reviewers, and its submissions are empty.
    """
    seats = Membership.objects.filter(user=user, left_at=None, role=Role.REVIEWER)
    of_body = Q(Exists(seats.filter(organisation__is_reviewing_body=True)))
    left = Q(organisation__deleted_at__isnull=False)
    return Certificate.objects.filter(Q(submission__in=cases.submissions_for(user).values("pk")) | (of_body & left))


def certificates_issued_for(user: User) -> QuerySet[Any]:
    """Return the register of certificates that rest on a review of the reviewing body, for its reviewers alone."""
    seats = Membership.objects.filter(user=user, left_at=None, role=Role.REVIEWER, organisation__is_reviewing_body=True)
    found: QuerySet[Any] = (
        issued_by_the_body().filter(Exists(seats)).exclude(cases.looks_again(user, "submission__assessment"))
    )
    return found.select_related("use__system", "organisation", "supersedes").defer("public_record")


def to_declare_for_document(user: User, reference: str) -> Submission | None:
    """As `to_declare_for_action`, for a document."""
    of_document = Q(documents__reference=reference) | Q(certificate__documents__reference=reference)
    found: Submission | None = cases.submissions_for(user).filter(of_document).first()
    return found


def certificates_in_reach(user: User) -> QuerySet[Certificate]:
    """Return the certificates that `user` may read of as member, or judge."""
    reach = Q(organisation__in=register.organisations_seen_in_full(user)) | Q(
        pk__in=certificates_judged_by(user).values("pk")
    )
    found = Certificate.objects.filter(reach).select_related("use__system", "organisation")
    events = Prefetch("events", CertificateEvent.objects.select_related("by"))
    whole = found.select_related("submission__assessment__use__system").prefetch_related(events)
    return whole.defer("submission__snapshot")


def conditions_of(certificate: Certificate) -> QuerySet[Condition]:
    """Return the conditions under which a certificate was issued, for a page that found it by its finder."""
    of = Condition.objects.filter(decision__submission=certificate.submission_id)
    return of.select_related("met_by").order_by("due_on", "pk")


def certificates_for(user: User) -> QuerySet[Certificate]:
    return Certificate.objects.filter(organisation__in=register.organisations_seen_in_full(user)).select_related(
        "use__system", "organisation"
    )


def documents_for(user: User) -> QuerySet[Document]:
    """Documents of submissions and certificates that `user` may read as member or as reviewer.

    Drafts are for members who see all answers; a reviewer's have passed the gate of their case.
    """
    members = cases.own_submissions_for(user).values("pk")
    reviewers = cases.submissions_opened_to(user).values("pk")
    return Document.objects.filter(
        Q(assessment__organisation__in=register.organisations_seen_in_full(user))
        | Q(submission__in=members)
        | Q(submission__in=reviewers)
        | Q(certificate__submission__in=members)
        | Q(certificate__submission__in=reviewers)
    ).select_related("submission", "certificate", "assessment")


def public_certificate(number: str) -> Certificate | None:
    """Return the certificate of that number, with what its public page shows: anyone may ask, a number is all it takes."""
    return Certificate.objects.filter(number=number).prefetch_related("events", "superseded_by").first()
