"""manage.py confirm_address: take the mail address of an account as confirmed, where no mail server can send a code."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from assessments.accounts import account_log, addresses
from assessments.audit.kinds import AuditKind
from assessments.models import User


class Command(BaseCommand):
    help = (
        "Confirm the email address of an account. First make sure that the address belongs to the person. The "
        "log records the confirmation."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("mail", metavar="MAIL", help="email address of the account")

    @transaction.atomic
    def handle(self, *args: Any, mail: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=mail).first()
        if user is None:
            raise CommandError(f"no account has the email address {mail!r}")
        if not confirm_by_command(user):
            self.stdout.write(f"{user.email} is already confirmed. Nothing was changed.")
            return
        self.stdout.write(f"{user.email} is now confirmed. The log records the confirmation.")


def confirm_by_command(user: User) -> bool:
    """Confirm and log it; tells whether it was not confirmed yet."""
    if not addresses.confirm(user):
        return False
    details = {"address": user.email, "name": str(user)}
    account_log.write(AuditKind.ADDRESS_CONFIRMED_BY_COMMAND, user, by=None, details=details)
    return True
