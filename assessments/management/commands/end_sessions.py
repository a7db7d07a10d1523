"""manage.py end_sessions: end all sessions of a person, with a reason that the log and a mail to them name."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments.accounts import recovery


class Command(BaseCommand):
    help = (
        "End all of a person's sessions. Links for setting a password stop working too. The log records this, "
        "and the person gets an email."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("mail", metavar="MAIL", help="email address of the account")
        parser.add_argument(
            "--reason", required=True, metavar="TEXT", help="the reason for ending the sessions, at most 200 characters"
        )

    def handle(self, *args: Any, mail: str, reason: str, **options: Any) -> None:
        user = recovery.person_with(mail)
        if user is None:
            raise CommandError(f"no account has the email address {mail!r}")
        reason = " ".join(reason.split())
        if not 0 < len(reason) <= 200:
            raise CommandError("--reason must have 1 to 200 characters")
        count = recovery.end_sessions_by_command(user, reason=reason)
        self.stdout.write(
            f"Number of sessions ended for {user.email}: {count}. The log records this, and the person gets an email."
        )
