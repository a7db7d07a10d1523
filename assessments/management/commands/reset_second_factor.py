"""manage.py reset_second_factor: take the second factor of an account away, where phone, key and codes are all lost."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments.accounts import recovery
from assessments.models import User


class Command(BaseCommand):
    help = (
        "Reset the second factor of an account."
        " First make sure that the person asked for the reset. The log records the reset, and the person gets an email."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("mail", metavar="MAIL", help="email address of the account")

    def handle(self, *args: Any, mail: str, **options: Any) -> None:
        user = User.objects.filter(email__iexact=mail).first()
        if user is None:
            raise CommandError(f"no account has the email address {mail!r}")
        if not recovery.reset_by_command(user):
            raise CommandError(f"{user.email} has no second factor. Nothing was changed.")
        self.stdout.write(
            f"{user.email} now has no second factor and is signed out everywhere."
            " The log records this, and the person gets an email."
        )
