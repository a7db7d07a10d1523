"""The edition: one frozen record, compiled in memory, and thin index rows for foreign keys and SQL."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.utils import translation

from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.reading import compile_edition
from assessments.models.base import Frozen, FrozenQuerySet

if TYPE_CHECKING:
    from assessments.guideline.reading import Source


class PublishedDiffers(Exception):
    """The folder differs from the release that is published under its number."""


class EditionQuerySet(FrozenQuerySet["Edition"]):
    def current(self) -> Edition:
        """Return the newest release; raises Edition.DoesNotExist when none is loaded."""
        return self.defer("content").latest("published_at", "pk")

    @transaction.atomic
    def publish(self, source: Source) -> tuple[Edition, bool]:
        """Store a checked edition with its index rows; the same content again changes nothing.

        Returns the row and whether it is new. Raises PublishedDiffers when the release stands with other content.
        """
        found = self.filter(key=source.key, release=source.release).first()
        if found:
            if found.checksum != source.checksum:
                raise PublishedDiffers(
                    f"{source.key} release {source.release} is already published with different content "
                    f"(checksum {found.checksum[:12]} there, {source.checksum[:12]} here). Raise `release` in edition.yaml."
                )
            EditionText.objects.add(found, source)
            return found, False
        edition = self.create(key=source.key, release=source.release, content=source.content, checksum=source.checksum)
        EditionText.objects.add(edition, source)
        _write_index(edition, source.edition)
        return edition, True


class Edition(Frozen):
    """A published release of the question bank. The checksum covers all that scoring or meaning depends on."""

    key = models.CharField(max_length=40)
    release = models.PositiveIntegerField()
    checksum = models.CharField(max_length=64, unique=True)
    published_at = models.DateTimeField(auto_now_add=True)
    # The last column, half a megabyte: SQLite reads through whatever stands before the column that is asked for.
    content = models.TextField()

    objects: ClassVar[Any] = EditionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "release"], name="one_record_per_release")]

    def __str__(self) -> str:
        return f"{self.key} release {self.release}"

    def compiled(self) -> CompiledEdition:
        return edition_for(self.checksum)


class EditionTextManager(models.Manager.from_queryset(FrozenQuerySet)):  # type: ignore[misc]  # made at run time
    def add(self, edition: Edition, source: Source) -> None:
        """Store the translations that are new or mended, each as a new revision."""
        for language, content in source.texts.items():
            if language == "en":
                continue
            newest = self.filter(edition=edition, language=language).order_by("-revision").first()
            if newest is None or newest.content != content:
                revision = newest.revision + 1 if newest else 1
                self.create(edition=edition, language=language, revision=revision, content=content)


class EditionText(Frozen):
    """A translation; outside the edition's checksum, so mending one is no new release."""

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="texts")
    language = models.CharField(max_length=8)
    revision = models.PositiveIntegerField()
    content = models.TextField()

    objects: ClassVar[Any] = EditionTextManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "language", "revision"], name="one_text_a_revision")]


@lru_cache(maxsize=16)
def _compiled(checksum: str, language: str) -> CompiledEdition:
    row = Edition.objects.get(checksum=checksum)
    texts = None
    if language != "en":
        newest = row.texts.filter(language=language).order_by("-revision").first()
        texts = newest.content if newest else None
    return compile_edition(row.content, language, texts)


def newest_edition() -> CompiledEdition | None:
    """Return the newest release, compiled; None where none is loaded. One query."""
    checksum = Edition.objects.order_by("-published_at", "-pk").values_list("checksum", flat=True).first()
    return edition_for(checksum) if checksum else None


def edition_for(checksum: str, language: str | None = None) -> CompiledEdition:
    """Return the immutable compiled copy, kept per process: pages run no query for it after the first."""
    language = language or translation.get_language() or "en"
    known = language == "en" or any(language == code for code, _name in settings.LANGUAGES)
    return _compiled(checksum, language if known else "en")


@lru_cache(maxsize=16)
def question_ids(edition_id: int, published_at: datetime) -> dict[str, int]:
    """Return ids of the index rows by question key, kept per process; `published_at` tells two loads of one id apart."""
    return dict(Question.objects.filter(edition_id=edition_id).values_list("key", "pk"))


@lru_cache(maxsize=16)
def question_keys(edition_id: int, published_at: datetime) -> dict[int, str]:
    """Return the keys of the index rows by id; otherwise as `question_ids`."""
    return {pk: key for key, pk in question_ids(edition_id, published_at).items()}


class Questionnaire(models.Model):
    edition = models.ForeignKey(Edition, models.PROTECT)
    key = models.CharField(max_length=40)
    order = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "key"], name="one_questionnaire_a_key")]


class Section(models.Model):
    edition = models.ForeignKey(Edition, models.PROTECT)
    key = models.CharField(max_length=60)
    order = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "key"], name="one_section_a_key")]


class Question(models.Model):
    edition = models.ForeignKey(Edition, models.PROTECT)
    section = models.ForeignKey(Section, models.PROTECT)
    key = models.CharField(max_length=60)
    order = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "key"], name="one_question_a_key")]

    def __str__(self) -> str:
        return self.key


class Item(models.Model):
    edition = models.ForeignKey(Edition, models.PROTECT)
    question = models.ForeignKey(Question, models.PROTECT)
    key = models.CharField(max_length=120)  # question/item
    order = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "key"], name="one_item_a_key")]


def _write_index(edition: Edition, compiled: CompiledEdition) -> None:
    Questionnaire.objects.bulk_create(
        Questionnaire(edition=edition, key=q.key, order=n) for n, q in enumerate(compiled.questionnaires)
    )
    sections = Section.objects.bulk_create(
        Section(edition=edition, key=s.key, order=n) for n, s in enumerate(compiled.sections)
    )
    section_of = {section.key: section for section in sections}
    questions = Question.objects.bulk_create(
        Question(edition=edition, section=section_of[q.section], key=q.key, order=n, kind=q.kind)
        for n, q in enumerate(compiled.questions.values())
    )
    question_of = {question.key: question for question in questions}
    Item.objects.bulk_create(
        Item(edition=edition, question=question_of[q.key], key=f"{q.key}/{item.key}", order=n)
        for q in compiled.questions.values()
        for n, item in enumerate(q.items)
    )
