"""The least readiness for a clean certificate: which dimensions fall below it, and what would lift them.

Counted are the credits as they were signed, and what was closed since with evidence that a reviewer accepted. The
submission and its printed profile stay as they are. Below the least the decision is *approved with a plan, no certificate
yet*; the certificate follows by itself once enough actions are closed. Our judgement: fixtures/issuing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.domain.certificates import issuing
from assessments.domain.certificates.issuing import IssuingRules
from assessments.guideline.edition import Edition
from assessments.guideline.terms import Choice, Dimension, Tier
from assessments.models import EvidenceUse, RemediationAction, Submission, edition_for
from assessments.models.snapshots import SELF_CERTIFICATION, answers_in, declared_in
from assessments.scoring.inputs import AnswerValue, Declared
from assessments.scoring.readiness import Score, band, score_assessment


@dataclass(frozen=True, slots=True)
class Lift:
    """An open action that would lift a dimension out of the lowest band."""

    number: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class BelowLeast:
    """Readiness below the least: the dimensions in the lowest band, and actions that would lift enough of them."""

    dimensions: tuple[str, ...]
    tier: Tier
    allowed: int
    release: int
    lifts: tuple[Lift, ...] = ()

    @property
    def words(self) -> str:
        """What is missing, as one sentence."""
        named = _listed(self.dimensions)
        said = ngettext("%(names)s reads “little in place”.", "%(names)s read “little in place”.", len(self.dimensions))
        return f"{said % {'names': named}} {self.rule}"

    @property
    def rule(self) -> str:
        """The rule of the issuing body that is not met."""
        if not self.allowed:
            words = _(
                "A clean certificate at this tier takes no dimension in that band (our judgement, issuing rules %(n)s)."
            )
        else:
            words = _(
                "A clean certificate at this tier takes at most %(allowed)s dimensions in that band (our judgement, "
                "issuing rules %(n)s)."
            )
        return words % {"allowed": self.allowed, "n": self.release}

    @property
    def lifted_by(self) -> str:
        """What would lift it, as one sentence without the titles of the actions."""
        if not self.lifts:
            return _("No open action lifts it: what is in place now takes a new assessment.")
        numbers = _listed([str(lift.number) for lift in self.lifts])
        words = ngettext(
            "The certificate follows by itself once action %(numbers)s is closed with evidence.",
            "The certificate follows by itself once actions %(numbers)s are closed with evidence.",
            len(self.lifts),
        )
        return words % {"numbers": numbers}


def _listed(words: Collection[str]) -> str:
    *first, last = words
    return _("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last} if first else last


def below(submission: Submission, content: Mapping[str, Any] | None = None) -> BelowLeast | None:
    """Return how a decided submission falls below the least of its rules; None where it does not, or has no rules.

    One query for its rules, and two more where a dimension was in the lowest band at the signature.
    """
    rules = issuing.rules_of(submission)
    return None if rules is None else _below(submission, content or submission.content(), rules)


def below_today(submission: Submission, content: Mapping[str, Any] | None = None) -> BelowLeast | None:
    """Return how a submission would fall below the least if it were decided today."""
    return _below(submission, content or submission.content(), issuing.rules_on(timezone.localdate()))


def below_as_signed(edition: Edition, content: Mapping[str, Any]) -> BelowLeast | None:
    """Return how a picture falls below the least of today with nothing closed: for an owner who signs by themselves."""
    rules = issuing.rules_on(timezone.localdate())
    return _Case(edition, content, rules).below(frozenset())


def _below(submission: Submission, content: Mapping[str, Any], rules: IssuingRules) -> BelowLeast | None:
    case = _Case(edition_for(submission.edition_checksum), content, rules)
    if not case.is_below(case.as_signed):
        return None
    use = submission.assessment.use_id
    closed = closed_with_evidence(use, submission)
    found = case.below(closed)
    if found is None:
        return None
    standing = RemediationAction.objects.standing().filter(use=use).exclude(question="").order_by("rank", "number")
    return replace(found, lifts=case.lifts(closed, list(standing.select_related("use"))))


def closed_with_evidence(use: int, submission: Submission) -> frozenset[str]:
    """Return the questions whose action a reviewer closed since the submission, with evidence. One or two queries."""
    closed = RemediationAction.objects.closed_questions(use, submission.at)
    if not closed:
        return frozenset()
    shown = Q(action=OuterRef("pk")) | Q(action=OuterRef("merged_into"))
    shown |= Q(action__part_of=OuterRef("pk")) | Q(action=OuterRef("part_of"))
    rows = RemediationAction.objects.filter(use=use, question__in=closed, closed_at__gt=submission.at)
    rows = rows.exclude(verified_by=None).filter(Exists(EvidenceUse.objects.filter(shown)))
    return frozenset(rows.values_list("question", flat=True))


class _Case:
    """The readiness of one picture by one release of the rules. Runs no query."""

    def __init__(self, edition: Edition, content: Mapping[str, Any], rules: IssuingRules) -> None:
        self.edition, self.content, self.rules = edition, content, rules
        self.tier = Tier(content["tier"]["assigned"])
        self.allowed = rules.may_be_little.get(str(self.tier), 0)
        self.lowest = edition.policy.bands[-1][1]
        readiness = edition.policy.readiness
        self.fewest = readiness.least_duties if readiness else 0

    @property
    def as_signed(self) -> tuple[Dimension, ...]:
        """The dimensions in the lowest band, as the submission prints them."""
        scores = self.content["scorecard"]["dimensions"]
        return self._lowest({key: (scores[str(key)]["value"], scores[str(key)]["duties"]) for key in Dimension})

    def is_below(self, little: Collection[Dimension]) -> bool:
        return len(little) > self.allowed

    def below(self, closed: Collection[str]) -> BelowLeast | None:
        little = self.little(closed)
        if not self.is_below(little):
            return None
        names = tuple(self.edition.terms[f"dimensions.{key}"] for key in little)
        return BelowLeast(names, self.tier, self.allowed, self.rules.release)

    def little(self, closed: Collection[str]) -> tuple[Dimension, ...]:
        """Return the dimensions in the lowest band once the answers to `closed` are in place."""
        return self._of(self._scores(closed)) if closed else self.as_signed

    def _of(self, scores: Mapping[Dimension, Score]) -> tuple[Dimension, ...]:
        return self._lowest({key: (scores[key].value, scores[key].duties) for key in Dimension})

    def _scores(self, closed: Collection[str]) -> Mapping[Dimension, Score]:
        answers = answers_in(self.content)
        declared = declared_in(self.content).knowing(self.edition, answers)  # closing an action asks nothing new
        answers |= {key: self._in_place(declared, key, answers.get(key)) for key in closed}
        met = frozenset({SELF_CERTIFICATION}) if self.tier == Tier.LOW else frozenset()
        return score_assessment(self.edition, declared, answers, final=True, met=met).dimensions

    def _in_place(self, declared: Declared, key: str, given: AnswerValue | None) -> AnswerValue:
        """Return the answer to a closed question: fully in place, but for the lines that do not apply."""
        question = self.edition.questions[key]
        if not question.is_checklist:
            return AnswerValue(Choice.IN_PLACE)
        left_out = dict(given.not_applicable_items) if given else {}
        lines = frozenset(item.key for item in declared.items(self.edition, question)) - left_out.keys()
        return AnswerValue(Choice.TICKED, ticks=lines, not_applicable_items=left_out)

    def _lowest(self, scores: Mapping[Dimension, tuple[Any, int]]) -> tuple[Dimension, ...]:
        """Return the dimensions in the lowest band; one that rests on too few requirements says nothing, and is left out."""
        return tuple(
            key
            for key, (value, duties) in scores.items()
            if value is not None and duties >= self.fewest and band(self.edition.policy, Decimal(value)) == self.lowest
        )

    def lifts(self, closed: Collection[str], actions: Collection[RemediationAction]) -> tuple[Lift, ...]:
        """Choose actions in the order of the plan that lift enough dimensions once they are closed; none if none do."""
        asked = {shown["question"] for shown in self.content["questions"]}
        rows = {row.question: row for row in reversed(list(actions)) if row.question in asked}
        done, chosen = list(closed), list[str]()
        little = self.little(done)
        for question in dict.fromkeys(row.question for row in actions if row.question in rows):
            if not self.is_below(little):
                break
            now, then = self._scores(done), self._scores([*done, question])
            if any((then[key].value or 0) > (now[key].value or 0) for key in little):
                done.append(question)
                chosen.append(question)
                little = self._of(then)
        if self.is_below(little):
            return ()
        for question in list(chosen):  # what turned out to be needless is left out again
            rest = [one for one in done if one != question]
            if not self.is_below(self.little(rest)):
                done = rest
                chosen.remove(question)
        return tuple(Lift(rows[key].number, rows[key].title, rows[key].get_absolute_url()) for key in chosen)
