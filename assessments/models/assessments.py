"""The assessment of one declared use: one set of answers for every part that the organisation has in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Q, When
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.reach import complete
from assessments.guideline.terms import Choice, Stakeholder, Tier
from assessments.guideline.wording import choice_words
from assessments.models.base import Referenced
from assessments.models.editions import Edition, Question, edition_for, question_keys
from assessments.models.people import Membership, Organisation
from assessments.models.prepared import Placeholder, Prepared
from assessments.models.revisions import Revision
from assessments.models.systems import DeclaredUse, StoredFacts, read_facts
from assessments.scoring.before_signing import numbers_if_signed
from assessments.scoring.findings import count_blocking
from assessments.scoring.inputs import Answers, AnswerValue, Declared
from assessments.scoring.readiness import Progress, credits_of, dimension_values, progress


class State(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    IN_REVIEW = "in_review", _("In review")
    RETURNED = "returned", _("Changes needed")
    APPROVED = "approved", _("Approved")
    CERTIFIED = "certified", _("Certificate issued")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    SUPERSEDED = "superseded", _("Superseded")


OPEN_STATES = (State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.RETURNED, State.APPROVED)
EDITABLE_STATES = (State.DRAFT, State.RETURNED)


class Route(models.TextChoices):
    INSIDE = "inside", _("a reviewer within the organisation")
    INDEPENDENT = "independent", _("an independent reviewer from the reviewing body")


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def for_dashboard(self) -> Self:
        """Return rows with their use, system and organisation; counts are columns of the row."""
        return self.select_related("use__system__organisation", "edition").defer("edition__content")

    def lock(self, pk: int) -> Assessment:
        """Lock the use, then the assessment, and read both afresh, in one query; call it inside `atomic`.

        PostgreSQL locks in the order of the names. On SQLite the lock is the write transaction itself (BEGIN IMMEDIATE).
        """
        return self.locking().get(pk=pk)

    def locking(self) -> Self:
        """As `lock`, still to be narrowed to one."""
        return self.for_dashboard().select_for_update(of=("use", "self"))

    def for_list(self) -> Self:
        """As a list shows them: the counts of each section, a text of some thousand letters, are left where they are."""
        return self.defer("progress", "stale_reasons").annotate(sent_round=F("current_submission__round"))


class Assessment(Referenced):
    use = models.ForeignKey(DeclaredUse, models.PROTECT, related_name="assessments")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="assessments")  # copied
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="assessments")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    follows = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="followed_by")
    current_submission = models.ForeignKey("Submission", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    state_at = models.DateTimeField(auto_now_add=True)
    # derived, rebuilt by `refresh_derived`
    answered = models.PositiveSmallIntegerField(default=0)
    applicable = models.PositiveSmallIntegerField(default=0)
    unknown = models.PositiveSmallIntegerField(default=0)
    not_applicable = models.PositiveSmallIntegerField(default=0)
    blocking = models.PositiveSmallIntegerField(default=0)
    readiness_privacy = models.PositiveSmallIntegerField(null=True)  # tenths of a per cent; null: not assessed
    readiness_intellectual_property = models.PositiveSmallIntegerField(null=True)
    readiness_crime_prevention = models.PositiveSmallIntegerField(null=True)
    readiness_reliability = models.PositiveSmallIntegerField(null=True)
    readiness_security = models.PositiveSmallIntegerField(null=True)
    progress = models.JSONField(default=dict)
    stale_since = models.DateTimeField(null=True)
    stale_reasons = models.JSONField(default=list)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["use"], condition=Q(state__in=OPEN_STATES), name="one_open_assessment_a_use"
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "state", "updated_at"]),
            models.Index(fields=["state", "updated_at"]),
        ]

    moved: dict[str, Any] | None = None  # the move that this transaction has made, for the log: old and new state

    def __str__(self) -> str:
        return f"{self.use_id}: {self.get_state_display()}"

    def get_absolute_url(self) -> str:
        return reverse("assessment", args=[self.reference])

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE_STATES

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def shown_state(self) -> str:
        """The state's word for people: a complete draft is *ready to sign*, a later round is *resubmitted*."""
        if self.state == State.DRAFT and self.applicable and self.answered == self.applicable:
            return "ready_to_sign"
        if self.state == State.SUBMITTED and self.current_submission_id and self._round > 1:
            return "resubmitted"
        return str(self.state)

    @property
    def _round(self) -> int:
        """The round of its submission; a list reads it beside the row (`for_list`)."""
        beside: int | None = getattr(self, "sent_round", None)
        return self.progress.get("round", 1) if beside is None else beside

    def compiled(self) -> CompiledEdition:
        return edition_for(self.edition.checksum)

    def declared(self, stored: StoredFacts | None = None) -> Declared:
        """Return the use as scoring sees it: a query for the facts, another where questions hang on answers.

        `stored`: the facts where they are read already (`DeclaredUse.stored_facts`).
        """
        use = self.use
        edition = self.compiled()
        declared = _declared(
            edition,
            use.stored_facts() if stored is None else stored,
            use.system.parts,
            Tier(use.assigned_tier or Tier.LOW),
        )
        if not edition.answers_read:
            return declared
        return declared.knowing(edition, self.answer_values() if self.pk else {})

    def answer_values(self) -> dict[str, AnswerValue]:
        """Every stored answer as scoring sees it, hidden ones too, but those carried over and not confirmed (one query)."""
        return self.values_and_unconfirmed()[0]

    def values_and_unconfirmed(self) -> tuple[dict[str, AnswerValue], set[str]]:
        """Return `answer_values` and the keys of answers that are carried over and not confirmed: one query for both."""
        keys = question_keys(self.edition_id, self.edition.published_at)
        values, unconfirmed = dict[str, AnswerValue](), set[str]()
        for pk, to_confirm, *columns in _VALUES.all(assessment=self.pk):
            if to_confirm:
                unconfirmed.add(keys[pk])
            else:
                values[keys[pk]] = _kept_value(*columns)
        return values, unconfirmed

    def refresh_derived(self, declared: Declared, answers: Answers) -> Progress:
        """Set the derived columns from facts and answers; the caller saves them (`DERIVED`)."""
        edition = self.compiled()
        declared = declared.knowing(edition, answers)
        done = progress(edition, declared, answers)
        total = done.total
        self.answered, self.applicable = total.answered, total.applicable
        self.unknown, self.not_applicable = total.unknown, total.not_applicable
        credits = credits_of(edition, declared, answers)
        self.blocking = count_blocking(edition, declared, answers, credits)
        values = dimension_values(edition, declared, answers, credits)
        for dimension, value in values.items():
            setattr(self, f"readiness_{dimension}", None if value is None else int(value * 10))
        self.progress = {
            "sections": {
                key: {
                    "answered": count.answered,
                    "applicable": count.applicable,
                    "unknown": count.unknown,
                    "not_applicable": count.not_applicable,
                    "planned": count.planned,
                }
                for key, count in done.sections.items()
            },
            "round": self.progress.get("round", 1),
        }
        if total.applicable and total.answered == total.applicable:
            self.progress["if_signed"] = numbers_if_signed(edition, declared, answers, credits=credits, values=values)
        return done


@lru_cache(maxsize=256)
def _declared(edition: CompiledEdition, stored: StoredFacts, parts: tuple[Stakeholder, ...], tier: Tier) -> Declared:
    """Return the very same object for the same facts, which know their hash then: most that is worked out is kept under it."""
    return Declared(facts=complete(edition.facts, read_facts(stored)), parts=parts, tier=tier)


DERIVED = [
    "answered",
    "applicable",
    "unknown",
    "not_applicable",
    "blocking",
    "readiness_privacy",
    "readiness_intellectual_property",
    "readiness_crime_prevention",
    "readiness_reliability",
    "readiness_security",
    "progress",
    "updated_at",
]


class ChoiceChoices(models.TextChoices):
    IN_PLACE = Choice.IN_PLACE, _(choice_words(Choice.IN_PLACE))
    PARTLY = Choice.PARTLY, _(choice_words(Choice.PARTLY))
    PLANNED = Choice.PLANNED, _(choice_words(Choice.PLANNED))
    NOT_IN_PLACE = Choice.NOT_IN_PLACE, _(choice_words(Choice.NOT_IN_PLACE))
    TICKED = Choice.TICKED, _(choice_words(Choice.TICKED))
    NONE = Choice.NONE, _(choice_words(Choice.NONE))
    UNKNOWN = Choice.UNKNOWN, _(choice_words(Choice.UNKNOWN))
    NOT_APPLICABLE = Choice.NOT_APPLICABLE, _(choice_words(Choice.NOT_APPLICABLE))


def answer_value(
    choice: str,
    items: Mapping[str, Any],
    planned_for: date | None,
    reason: str,
    figure: Mapping[str, str] | None = None,
) -> AnswerValue:
    """Turn the stored columns into what scoring reads. `items`: item key to true, or to the reason it does not apply."""
    given = figure or {}
    return AnswerValue(
        choice=Choice(choice),
        ticks=frozenset(key for key, value in items.items() if value is True),
        not_applicable_items={key: value for key, value in items.items() if isinstance(value, str)},
        planned_for=planned_for,
        reason=reason,
        measured=Decimal(given["measured"]) if "measured" in given else None,
        target=Decimal(given["target"]) if "target" in given else None,
        target_by=date.fromisoformat(given["by"]) if "by" in given else None,
    )


NOTE_IS_TAKEN = Case(
    When(
        ~Q(carried_from__assessment__use=F("assessment__use")),
        carried_from__isnull=False,
        text=F("carried_from__text"),
        then=True,
    ),
    default=False,
    output_field=models.BooleanField(),
)
"""Whether the note of an answer still has the words that it had in the assessment of another use."""


class Answer(models.Model):
    """One answer, born at the first save. `items`: item key to true, or to the reason why it is not applicable.

    `figure`: of a question that asks for one, what was measured, its target, and the day by which the target is to be
    reached (`measured`, `target`, `by`), each as text and only where it was given.
    """

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="answers")
    question = models.ForeignKey(Question, models.PROTECT, related_name="+", db_index=False)
    choice = models.CharField(max_length=16, choices=ChoiceChoices)
    items = models.JSONField(default=dict, blank=True)
    text = models.TextField(blank=True, max_length=20_000)
    text_second_language = models.TextField(blank=True, max_length=20_000)
    planned_for = models.DateField(null=True, blank=True)
    reason = models.TextField(blank=True, max_length=4_000)
    figure = models.JSONField(default=dict, blank=True)
    revision = models.PositiveIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)
    language = models.CharField(max_length=8, default="en")
    carried_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    to_confirm = models.BooleanField(default=False)
    closed_action = models.PositiveIntegerField(
        null=True
    )  # number of the action whose closing asks to confirm it again

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assessment", "question"], name="one_answer_a_question")]

    def __str__(self) -> str:
        return f"{self.question_id}: {self.choice}"

    def value(self) -> AnswerValue:
        return answer_value(self.choice, self.items, self.planned_for, self.reason, self.figure)

    def record(self) -> dict[str, Any]:
        """Return what a revision and a submission keep of it; `figure` only where one was given."""
        figure = {"figure": self.figure} if self.figure else {}
        return {
            "choice": str(self.choice),
            "items": self.items,
            "text": self.text,
            "planned_for": self.planned_for.isoformat() if self.planned_for else None,
            "reason": self.reason,
            **figure,
        }


_TEXT: Any = models.TextField()  # as the database writes it: decoding is for `_kept_value`, once for the same values
_VALUES: Prepared[Any] = Prepared(
    lambda: Answer.objects.filter(assessment=Placeholder("assessment")).values_list(
        "question",
        "to_confirm",
        "choice",
        Cast("items", _TEXT),
        ExpressionWrapper(F("planned_for"), _TEXT),
        "reason",
        Cast("figure", _TEXT),
    )
)


@lru_cache(maxsize=4096)
def _kept_value(choice: str, items: str, planned_for: date | str | None, reason: str, figure: str) -> AnswerValue:
    """As `answer_value`, of columns as the database writes them: most answers of a place say one of a few things."""
    day = date.fromisoformat(planned_for) if isinstance(planned_for, str) else planned_for
    return answer_value(choice, json.loads(items), day, reason, json.loads(figure))


class AnswerRevision(Revision):
    parent = models.ForeignKey(Answer, models.PROTECT, related_name="revisions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["parent", "number"], name="one_answer_revision_a_number")]


class Assignment(models.Model):
    """Who is asked to answer a section (or, where `question` is set, one question), and by when."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="assignments")
    section = models.CharField(max_length=60)
    question = models.CharField(max_length=60, blank=True)
    member = models.ForeignKey(Membership, models.PROTECT, related_name="assignments")
    due = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=400, blank=True)  # what the person who asks wants to know
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "section", "question", "member"], name="one_assignment_a_target"
            )
        ]


LOCKED_STATES = (State.SUBMITTED, State.IN_REVIEW, State.APPROVED)
