"""The report of a snapshot as a whole, and what it knows beside the snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.documents.report.actions import ActionBlock, ActionNow
from assessments.documents.report.answers import AnswerLine
from assessments.documents.report.evidence import EvidenceEntry
from assessments.documents.report.facts import FactLine
from assessments.documents.report.packages import PackageBlock
from assessments.documents.report.reasons import ReasonLine
from assessments.documents.report.scope import ScopeLine
from assessments.documents.report.scores import Readiness
from assessments.documents.report.tier import TierReport
from assessments.guideline.terms import Choice

PERIODS = (30, 90, 180, 365)
"""Days of the plan at a glance. Our judgement: a month, a quarter, half a year, a year."""


@dataclass(frozen=True, slots=True)
class OrganisationHead:
    """The organisation as the snapshot names it; `name_zh` may be empty."""

    name_en: str
    name_zh: str
    registration_no: str
    place: str


@dataclass(frozen=True, slots=True)
class SubmissionHead:
    """The submission that a report is of, beside its snapshot."""

    reference: str
    round: int
    at: datetime
    sha256: str
    decided: tuple[str, ...] = ()  # what was decided on it by the day of the document


@dataclass(frozen=True, slots=True)
class ChangeSince:
    """The change of one action since the last plan, in a few words."""

    number: int
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class SinceLast:
    """The changes since the last plan of the use. `slips`: how often a date was put off.

    `is_of_the_day`: the last plan is of the same day as this one.
    """

    last: datetime
    groups: tuple[tuple[str, tuple[ChangeSince, ...]], ...]
    slips: int
    is_of_the_day: bool = False


@dataclass(frozen=True, slots=True)
class PlanNow:
    """The state of a plan when it is made; the snapshot cannot know it. `actions`: by the number of the action."""

    actions: Mapping[int, ActionNow] = field(default_factory=dict)
    as_of: datetime | None = None
    since_last: SinceLast | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """Actions that fall due within so many days; `days` is None for what is later."""

    title: str
    actions: tuple[ActionBlock, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a document of one assessment may print, with every word in place."""

    draft: bool
    edition_key: str
    edition_release: int
    edition_checksum: str
    guideline_title: str
    guideline_version: str
    guideline_date: str
    organisation: OrganisationHead
    system: str
    version: str
    suppliers: str
    parts: tuple[str, ...]
    use_reference: str
    use: str
    purpose: str
    setting: str
    people_affected: str
    scope_en: str
    scope_zh: str
    exclusions: str
    assessment: str
    frozen: SubmissionHead | None
    signed_by: str
    statement: tuple[str, ...]
    public_statement: str
    tier: TierReport
    facts: tuple[FactLine, ...]
    readiness: tuple[Readiness, ...]
    principles: tuple[Readiness, ...]
    lifecycle: tuple[Readiness, ...]
    duties: int
    duties_in_place: int
    applicable: int
    answered: int
    answers: tuple[AnswerLine, ...]
    actions: tuple[ActionBlock, ...]
    method: str
    words: Mapping[str, str] = field(repr=False)
    in_use: bool = True  # not where the declared stage says that the use serves nobody yet
    as_of: datetime | None = None  # of a plan that was asked for after the signing
    since_last: SinceLast | None = None
    # From release 3 on.
    by_package: bool = False
    order: tuple[str, ...] = ()  # the sentences that say by what actions are ordered and dated
    packages: tuple[PackageBlock, ...] = ()
    reasons: tuple[ReasonLine, ...] = ()
    evidence: tuple[EvidenceEntry, ...] = ()
    extended: tuple[ScopeLine, ...] = ()
    narrowed: tuple[ScopeLine, ...] = ()

    @property
    def untaken(self) -> tuple[ActionBlock, ...]:
        """Return the actions to be done that nobody has taken; a post is suggested for each."""
        return tuple(action for action in self.standing if not action.taken)

    @property
    def not_relevant(self) -> tuple[ActionBlock, ...]:
        """Return the actions that the organisation marked as not relevant."""
        return tuple(action for action in self.actions if action.now and action.now.not_relevant)

    @property
    def accepted_risks(self) -> tuple[ActionBlock, ...]:
        """Return the actions whose risk somebody accepted, the acceptance that ends first on top."""
        found = [action for action in self.actions if action.now and action.now.risk]
        return tuple(sorted(found, key=lambda a: (a.now.risk.until, a.number)))  # type: ignore[union-attr]

    @property
    def standing(self) -> tuple[ActionBlock, ...]:
        """Return the actions that still have to be done."""
        return tuple(action for action in self.actions if action.stands)

    @property
    def blocking(self) -> tuple[ActionBlock, ...]:
        """Return the actions that block the certificate now."""
        return tuple(action for action in self.actions if action.blocks_now)

    @property
    def blocking_words(self) -> str:
        """Say how many actions block the certificate, and how many of them may get a date instead."""
        count, dated = len(self.blocking), sum(action.may_have_date for action in self.blocking)
        if not dated:
            words = ngettext("%(n)s blocks the certificate", "%(n)s block the certificate", count)
        elif dated == count:
            words = ngettext(
                "%(n)s blocks the certificate until it is closed or made a condition",
                "%(n)s block the certificate until each is closed or made a condition",
                count,
            )
        else:
            words = ngettext(
                "%(n)s blocks the certificate until it is closed or made a condition",
                "%(n)s block the certificate. Of these, %(dated)s can be made conditions instead (there is a "
                "limit on the number)",
                count,
            )
        return words % {"n": count, "dated": dated}

    @property
    def blocking_figure(self) -> str:
        """Say the same as `blocking_words` without the first number."""
        count, dated = len(self.blocking), sum(action.may_have_date for action in self.blocking)
        if not dated:
            return ngettext("blocks the certificate", "block the certificate", count)
        if dated == count:
            return ngettext(
                "blocks the certificate until it is closed or made a condition",
                "block the certificate until each is closed or made a condition",
                count,
            )
        words = ngettext(
            "blocks the certificate until it is closed or made a condition",
            "block the certificate, %(dated)s of them only until they are made conditions",
            count,
        )
        return words % {"dated": dated}

    @property
    def unknown(self) -> tuple[AnswerLine, ...]:
        """Return the questions answered *do not know*."""
        return tuple(answer for answer in self.answers if answer.choice == Choice.UNKNOWN)

    @property
    def not_applicable(self) -> tuple[AnswerLine, ...]:
        """Return the questions answered *not applicable* as a whole, and those with such items."""
        return tuple(a for a in self.answers if a.choice == Choice.NOT_APPLICABLE or a.left_out)

    @property
    def planned(self) -> tuple[AnswerLine, ...]:
        """Return the questions answered *planned*."""
        return tuple(answer for answer in self.answers if answer.choice == Choice.PLANNED)

    @property
    def good(self) -> dict[str, list[AnswerLine]]:
        """Return the answers that are in place in full, by dimension, in the order of the questionnaire."""
        found: dict[str, list[AnswerLine]] = {}
        for answer in self.answers:
            if answer.good:
                found.setdefault(answer.dimension, []).append(answer)
        return found

    @property
    def nothing_in_full(self) -> str:
        """Say that no practice has all its points in place, and how many duties are met; empty where one has."""
        if any(answer.good for answer in self.answers):
            return ""
        if not self.duties_in_place:
            return _("No practice is in place yet.")
        return ngettext(
            "No practice is fully in place yet. %(n)s of the %(all)s duties in scope is met.",
            "No practice is fully in place yet. %(n)s of the %(all)s duties in scope are met.",
            self.duties_in_place,
        ) % {"n": self.duties_in_place, "all": self.duties}

    @property
    def periods(self) -> tuple[Period, ...]:
        """Return the actions by when they fall due, counted from the signing; periods without one are left out."""
        placed: dict[int, list[ActionBlock]] = {}
        for action in self.standing:
            days = action.due_days
            if action.due_now and self.frozen:
                days = (action.due_now - timezone.localdate(self.frozen.at)).days
            placed.setdefault(sum(days > period for period in PERIODS), []).append(action)
        titles = [_("Within %(days)s days") % {"days": days} for days in PERIODS] + [_("Later")]
        return tuple(
            Period(titles[place], tuple(sorted(actions, key=lambda a: (a.due_now or date.min, a.due_days, a.number))))
            for place, actions in sorted(placed.items())
        )
