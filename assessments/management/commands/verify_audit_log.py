"""manage.py verify_audit_log: walk every chain of the log and say what does not fit."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments import auditing


class Command(BaseCommand):
    help = (
        "Check every chain of the log, its head, and the hashes that certificates print. Says which entry was changed, "
        "removed, inserted or moved, and which details were erased; exit status 1 when anything does not fit."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--chain", metavar="REFERENCE", help="only the log of this organisation")

    def handle(self, *args: Any, **options: Any) -> None:
        chains = [options["chain"]] if options["chain"] else auditing.chains()
        walked = entries = faults = anchors = unanchored = 0
        for chain in chains:
            found = auditing.verify(chain, by=None)
            for line in (*found.erased, *found.faults):
                self.stdout.write(str(line))
            walked, entries, faults = walked + 1, entries + found.entries, faults + len(found.faults)
            anchors, unanchored = anchors + found.anchors, unanchored + found.unanchored
        self.stdout.write(
            f"{anchors} certificates were compared with the log; {unanchored} name no entry of it (issued before they did)"
        )
        if faults:
            raise CommandError(f"{faults} {'fault' if faults == 1 else 'faults'} in {walked} chains, listed above")
        self.stdout.write(f"{walked} chains with {entries} entries are whole")
