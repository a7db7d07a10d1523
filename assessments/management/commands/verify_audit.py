"""manage.py verify_audit: walk every audit chain and say what does not fit."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments.models import AuditEntry, AuditHead


class Command(BaseCommand):
    help = "Check every audit chain; exit status 1 when an entry is missing or was changed."

    def handle(self, *args: Any, **options: Any) -> None:
        faults: list[str] = []
        entries = 0
        for head in AuditHead.objects.order_by("chain"):
            faults += AuditEntry.objects.faults(head.chain)
            entries += head.seq
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write(f"{AuditHead.objects.count()} chains with {entries} entries are whole")
