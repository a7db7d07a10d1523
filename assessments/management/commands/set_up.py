"""manage.py set_up: make a new installation ready, once; a second run says what is there and changes nothing."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from assessments.domain.register import organisations
from assessments.management.commands.confirm_address import confirm_by_command
from assessments.models import Organisation, User


class Command(BaseCommand):
    help = "Create the reviewing body with its first reviewer, and the first organisation with its owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--body", required=True, metavar="NAME", help="the reviewing body's legal name")
        parser.add_argument("--reviewer", required=True, metavar="MAIL", help="the email address of the first reviewer")
        parser.add_argument("--organisation", required=True, metavar="NAME", help="the first organisation's legal name")
        parser.add_argument(
            "--owner", required=True, metavar="MAIL", help="the email address of the owner of this organisation"
        )
        parser.add_argument("--place", default="Hong Kong")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for field in ("reviewer", "owner"):
            try:
                validate_email(options[field])
            except Exception:
                raise CommandError(f"--{field}: {options[field]!r} is not an email address") from None
        if options["reviewer"].lower() == options["owner"].lower():
            raise CommandError(
                "--reviewer and --owner must be two different people, because nobody may approve their own submission"
            )
        call_command("load_guideline", stdout=self.stdout)
        if Organisation.objects.reviewing_body():
            self.stdout.write("The reviewing body is registered already. Nothing was changed.")
            return
        reviewer = self.person(options["reviewer"])
        owner = self.person(options["owner"])
        organisations.register_organisation(
            by=reviewer, reviewing_body=True, name_en=options["body"], place=options["place"]
        )
        organisations.register_organisation(by=owner, name_en=options["organisation"], place=options["place"])
        self.stdout.write(f"{options['body']} and {options['organisation']} are registered.")

    def person(self, email: str) -> User:
        found = User.objects.filter(email__iexact=email).first()
        if found:
            return found
        password = secrets.token_urlsafe(12)
        name = email.split("@")[0].replace(".", " ").title()
        user = User.objects.create_user(email, password, name=name, password_is_initial=True)
        confirm_by_command(user)
        self.stdout.write(
            f"sign in as {email} with the password {password} (the first sign-in asks for a new password)"
        )
        return user
