"""manage.py erase_audit_details: take what the log says of a person out of it; the chain stays provable."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from assessments.audit import log
from assessments.core import request_context
from assessments.models import Organisation, User


class Command(BaseCommand):
    help = (
        "Erase the details (names, addresses, old and new values) of every log entry that a person made or that "
        "names the person. The entries themselves stay. verify_audit_log shows who erased the details and when. "
        "This cannot be undone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--person", required=True, metavar="MAIL", help="the email address of the person whose details are erased"
        )
        parser.add_argument(
            "--by",
            required=True,
            metavar="MAIL",
            help="the email address of the member of staff or owner who erases the details; the log records "
            "this person",
        )
        parser.add_argument(
            "--organisation", metavar="REFERENCE", help="erase the details only in the log of this organisation"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        person, by = self.user("person", options["person"]), self.user("by", options["by"])
        organisation = None
        if options["organisation"]:
            organisation = Organisation.objects.filter(reference=options["organisation"]).first()
            if organisation is None:
                raise CommandError(f"--organisation: no organisation has the reference {options['organisation']!r}")
        try:
            with request_context.coming_from(request_context.Origin(system="erase_audit_details")):
                erased = log.erase_person(person, by=by, organisation=organisation)
        except PermissionDenied as error:
            raise CommandError(f"--by: {error}") from None
        for chain, count in erased.items():
            self.stdout.write(f"{chain}: the details of {count} {'entry' if count == 1 else 'entries'} were erased")
        if not erased:
            self.stdout.write("No log entry contains details of this person. Nothing was erased.")

    def user(self, option: str, email: str) -> User:
        found = User.objects.filter(email__iexact=email).first()
        if found is None:
            raise CommandError(f"--{option}: no account has the email address {email!r}")
        return found
