"""manage.py log_key: make, show and change the key that signs the ends of the log."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessments.audit import heads, log, verify
from assessments.audit.kinds import AuditKind
from assessments.core import log_key
from assessments.models import AuditHead
from assessments.models.audit import INSTALLATION


class Command(BaseCommand):
    help = (
        "make: write a key if there is none. Sign the end of every chain that has no faults. Add earlier "
        "records to the log if no entry names them yet. You can run this more than once. show: print the name "
        "and the public half of the key. rotate: "
        "write a new key, keep the old key in the same folder, and sign the end of every chain again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=("make", "show", "rotate"))

    def handle(self, *args: Any, **options: Any) -> None:
        {"make": self._make, "show": self._show, "rotate": self._rotate}[options["action"]]()

    def _make(self) -> None:
        path = Path(settings.LOG_KEY_FILE)
        made = log_key.load() is None
        if made:
            log_key.make(path)
        key = self._key()
        heads.take_in(INSTALLATION)
        if made:
            self._record(AuditKind.LOG_KEY_MADE, key)
        refused = 0
        for chain in verify.chains():
            found = heads.take_in(chain)
            refused += bool(found.faults)
            for fault in found.faults:
                self.stdout.write(str(fault))
        self.stdout.write(f"{'made' if made else 'kept'} key {key.name} in {path}")
        if refused:
            raise CommandError(
                f"chains that have faults and were not signed: {refused}. Read the list above, then run verify_audit_log"
            )

    def _show(self) -> None:
        key = self._key()
        self.stdout.write(f"{key.name}\n{key.public_pem()}")

    def _rotate(self) -> None:
        path, old = Path(settings.LOG_KEY_FILE), self._key()
        kept = path.with_name(f"{path.name}.until-{timezone.now():%Y%m%dT%H%M%SZ}")
        path.rename(kept)
        log_key.make(path)
        new = self._key()
        refused = heads.sign_anew(old, new)
        self._record(AuditKind.LOG_KEY_CHANGED, new, old=old.name)
        self.stdout.write(f"signed with key {new.name}; the old key {old.name} is kept in {kept}")
        if refused:
            raise CommandError(
                f"these chains were not changed, because their ends were not signed with the old key: "
                f"{', '.join(refused)}"
            )

    def _key(self) -> log_key.LogKey:
        key = log_key.load()
        if key is None:
            raise CommandError(f"Run manage.py log_key make first. There is no key in {settings.LOG_KEY_FILE}")
        return key

    def _record(self, kind: AuditKind, key: log_key.LogKey, **details: str) -> None:
        """Write into the installation's chain that its key is another one now."""
        about = AuditHead.objects.get(chain=INSTALLATION)
        log.record(kind, about, by=None, details={"key": key.name, **details})
