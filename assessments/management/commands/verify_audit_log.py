"""manage.py verify_audit_log: walk every chain of the log and say what does not fit."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments.audit import heads, verify
from assessments.core import log_key
from assessments.core.errors import InvalidAnswer


class Command(BaseCommand):
    help = (
        "Check every chain of the log and the signature of its end. Compare the log with the hashes on certificates, and "
        "with submissions, decisions, certificates and roles. Print which entry or row was changed, removed, inserted or "
        "moved, and which details were erased. Print the end of every chain. Keep these ends on another "
        "machine. The exit "
        "status is 1 if there is a fault."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--chain", metavar="REFERENCE", help="check only the log of this organisation")
        parser.add_argument(
            "--against",
            metavar="FILE",
            help="a file with the ends of the chain, as this command printed them earlier (- for standard input)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kept = self._kept(options["against"])
        chains = {options["chain"]} if options["chain"] else {*verify.chains(), *(one.chain for one in kept)}
        found = []
        for chain in sorted(chains):
            walked = verify.verify(chain, by=None, kept=[one.anchor for one in kept if one.chain == chain])
            for line in (*walked.erased, *walked.faults):
                self.stdout.write(str(line))
            found.append(walked)
        self._say(found, kept)

    def _kept(self, name: str | None) -> list[heads.StoredHead]:
        if name is None:
            return []
        try:
            text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
            return heads.read(text.splitlines(), name)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"--against {name} cannot be read: {error}") from error
        except InvalidAnswer as error:
            raise CommandError(str(error)) from error

    def _say(self, found: list[verify.Verified], kept: list[heads.StoredHead]) -> None:
        for walked in found:
            if walked.end:
                self.stdout.write(heads.line_of(walked.chain, walked.entries, walked.end))
        self.stdout.write(
            f"{sum(w.anchors for w in found)} certificates were compared with the log; "
            f"{sum(w.unanchored for w in found)} name no entry of the log (they were issued before certificates named entries)"
        )
        self.stdout.write(
            f"{sum(w.rows for w in found)} submissions, decisions, certificates and roles were compared with their entries; "
            f"{sum(w.rows_from_before for w in found)} have no entry (they were stored before the log named such records; "
            "run manage.py log_key make)"
        )
        if kept:
            self.stdout.write(f"{len(kept)} chain ends from the file were compared with the log")
        if log_key.load() is None:
            self.stdout.write(
                "The ends of the chains are not signed, because there is no key. Run manage.py log_key make"
            )
        faults = sum(len(walked.faults) for walked in found)
        if faults:
            words = "fault" if faults == 1 else "faults"
            raise CommandError(f"{faults} {words}, listed above (chains checked: {len(found)})")
        self.stdout.write(f"{len(found)} chains with {sum(w.entries for w in found)} entries have no faults")
