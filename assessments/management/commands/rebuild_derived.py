"""manage.py rebuild_derived: work out every derived column anew and say which ones were wrong."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from assessments.domain import portfolio
from assessments.models import Assessment, DeclaredUse, Organisation, SearchWord
from assessments.models.assessments import DERIVED, EDITABLE_STATES


class Command(BaseCommand):
    help = (
        "Recalculate the stored values of drafts and uses, and the search words of uses, from facts, answers "
        "and texts. Print each difference."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only print the differences and change nothing")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        wrong = 0
        names = [name for name in DERIVED if name != "updated_at"]
        for pk in Assessment.objects.filter(state__in=EDITABLE_STATES).values_list("pk", flat=True):
            with transaction.atomic():
                assessment = Assessment.objects.lock(pk)
                before = {name: getattr(assessment, name) for name in names}
                assessment.refresh_derived(assessment.declared(), assessment.answer_values())
                changed = [name for name in names if getattr(assessment, name) != before[name]]
                if changed:
                    wrong += 1
                    self.stdout.write(f"{assessment.reference}: {', '.join(changed)}")
                    if not check:
                        assessment.save(update_fields=DERIVED)
                        portfolio.follow_newest(assessment)
        self.rebuild_uses(check=check)
        self.rebuild_words(check=check)
        self.stdout.write(f"{wrong} assessments differed" + (", nothing was changed" if check else ", corrected"))

    def rebuild_uses(self, *, check: bool) -> None:
        """Compare what lists read of each use with the rows that it comes from; silent where nothing differs."""
        with transaction.atomic():
            wrong = portfolio.wrong_columns(DeclaredUse.objects.select_for_update(of=("self",)))
            for reference, columns in wrong.items():
                self.stdout.write(f"{reference}: {', '.join(columns)}")
            if wrong:
                if not check:
                    portfolio.rebuild_columns(DeclaredUse.objects.filter(reference__in=list(wrong)))
                self.stdout.write(f"{len(wrong)} uses differed" + (", nothing was changed" if check else ", corrected"))

    def rebuild_words(self, *, check: bool) -> None:
        """Compare the words by which a search finds uses with the texts of the uses; silent where nothing differs."""
        for organisation in Organisation.objects.filter(deleted_at=None).order_by("pk"):
            with transaction.atomic():
                SearchWord.objects.lock(organisation.pk)
                wrong = SearchWord.objects.wrong(organisation.pk)
                if wrong and not check:
                    SearchWord.objects.rebuild(organisation.pk)
            if wrong:
                self.stdout.write(
                    f"{organisation.reference}: {len(wrong)} search words differed"
                    + (", nothing was changed" if check else ", corrected")
                )
