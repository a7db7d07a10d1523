"""The one address of an account: which organisations it belongs to, and confirming it where a code did not."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction

from assessments.accounts import factors
from assessments.models import Organisation, User


def organisations_of(email: str) -> list[Organisation]:
    """Return the organisations of the person of an address, for the mails that go there (one query)."""
    found = Organisation.objects.filter(memberships__user__email__iexact=email, memberships__left_at=None)
    return list(found.order_by("name_en"))


@transaction.atomic
def confirm(user: User) -> bool:
    """Take the address of an account as confirmed, and drop every other one; tells whether it was not yet.

    For people who proved it without the code: by the link of a reset, or to those who run the installation.
    """
    others = EmailAddress.objects.filter(user=user).exclude(email=user.email.lower())
    others.delete()
    address, _created = EmailAddress.objects.get_or_create(user=user, email=user.email.lower())
    before = address.verified
    if not address.set_verified(commit=False):
        return False
    address.primary = True
    address.save()
    if not before:
        factors.drop(user)  # they may be somebody else's, who was here before the address was confirmed
    return not before
