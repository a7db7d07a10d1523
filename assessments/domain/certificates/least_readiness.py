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

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assessments.domain.certificates import issuing
from assessments.domain.certificates.issuing import IssuingRules
from assessments.domain.certificates.plan_now import PlanNow
from assessments.guideline.edition import Edition
from assessments.guideline.terms import Choice, Dimension, Tier
from assessments.models import RemediationAction, Submission, edition_for
from assessments.models.snapshots import answers_in, declared_in
from assessments.scoring.conditions import SELF_CERTIFICATION
from assessments.scoring.inputs import AnswerValue, Declared
from assessments.scoring.readiness import Score, band, score_assessment


@dataclass(frozen=True, slots=True)
class Lift:
    """An open action that would lift a dimension out of the lowest band."""

    number: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Little:
    """A dimension in the lowest band, with what is counted of it now."""

    key: str
    name: str
    value: Decimal

    @property
    def words(self) -> str:
        return _("Readiness in %(name)s is too low: %(value)s out of 100.") % {"name": self.name, "value": self.value}


@dataclass(frozen=True, slots=True)
class BelowLeast:
    """Readiness below the least: the dimensions in the lowest band, and actions that would lift enough of them."""

    dimensions: tuple[Little, ...]
    tier: Tier
    least: Decimal  # from which a dimension is no longer in the lowest band
    allowed: int
    release: int
    lifts: tuple[Lift, ...] = ()

    @property
    def words(self) -> str:
        """What is missing, as sentences."""
        return " ".join([*(one.words for one in self.dimensions), self.rule])

    @property
    def rule(self) -> str:
        """The rule of the reviewing body that is not met."""
        said = {"tier": TIER_WORDS[self.tier], "least": self.least, "allowed": self.allowed, "n": self.release}
        if not self.allowed:
            return (
                _(
                    "In the %(tier)s tier, a certificate needs readiness of at least %(least)s out of 100 in every"
                    " dimension. If an action is closed with evidence, its practice counts as in place. These rules "
                    "are our judgement (release %(n)s of the issuing rules)."
                )
                % said
            )
        return (
            _(
                "For a certificate in the %(tier)s tier, readiness can be below %(least)s out of 100 in at most"
                " %(allowed)s of the dimensions. If an action is closed with evidence, its practice counts as in"
                " place. "
                "These rules are our judgement (release %(n)s of the issuing rules)."
            )
            % said
        )

    @property
    def lifted_by(self) -> str:
        """What would lift it, as one sentence with the numbers of the actions."""
        if not self.lifts:
            return _(
                "Readiness would still be too low even if all open actions were closed. Start a new assessment,"
                " which counts the practices that are in place now."
            )
        words = ngettext(
            "Once action %(numbers)s is closed with evidence, readiness no longer blocks the certificate.",
            "Once actions %(numbers)s are closed with evidence, readiness no longer blocks the certificate.",
            len(self.lifts),
        )
        return words % {"numbers": _listed([str(lift.number) for lift in self.lifts])}


TIER_WORDS = {
    Tier.LOW: gettext_lazy("Low"),
    Tier.LIMITED: gettext_lazy("Limited"),
    Tier.HIGH: gettext_lazy("High"),
    Tier.UNACCEPTABLE: gettext_lazy("Unacceptable"),
}


def _listed(words: Collection[str]) -> str:
    *first, last = words
    return _("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last} if first else last


def below(
    submission: Submission, content: Mapping[str, Any] | None = None, plan: PlanNow | None = None
) -> BelowLeast | None:
    """Return how a decided submission falls below the least of its rules; None where it does not, or has no rules.

    `plan`: the actions of the use, where they are read already. One query for the rules, and one for the actions where a
    dimension was in the lowest band at the signature.
    """
    rules = issuing.rules_of(submission, plan.signed if plan else None)
    return None if rules is None else _below(submission, content, rules, plan)


def below_today(submission: Submission, content: Mapping[str, Any] | None = None) -> BelowLeast | None:
    """Return how a submission would fall below the least if it were decided today."""
    return _below(submission, content, issuing.rules_on(timezone.localdate()), None)


def rule_today(edition: Edition, tier: Tier) -> str:
    """Say which rule a certificate of a tier would have to meet today, whether it is met or not."""
    rules = issuing.rules_on(timezone.localdate())
    least, allowed = Decimal(edition.policy.bands[-2][0]), rules.may_be_little.get(str(tier), 0)
    return BelowLeast((), tier, least, allowed, rules.release).rule


def below_as_signed(edition: Edition, content: Mapping[str, Any]) -> BelowLeast | None:
    """Return how a snapshot falls below the least of today with nothing closed: for an owner who signs by themselves."""
    rules = issuing.rules_on(timezone.localdate())
    return _Case(edition, content, rules).below(frozenset())


def little_as_signed(edition: Edition, content: Mapping[str, Any]) -> tuple[Little, ...]:
    """Return the dimensions of a snapshot in the lowest band, whether the rules of today allow them or not."""
    return _Case(edition, content, issuing.rules_on(timezone.localdate())).little()


def _below(
    submission: Submission, content: Mapping[str, Any] | None, rules: IssuingRules, plan: PlanNow | None
) -> BelowLeast | None:
    case = _Case(edition_for(submission.edition_checksum), content or submission.content(), rules)
    if not case.is_below(case.little()):
        return None
    plan = plan or PlanNow(submission)
    found = case.below(plan.closed_with_evidence)
    return None if found is None else replace(found, lifts=case.lifts(plan.closed_with_evidence, plan.standing))


class _Case:
    """The readiness of one snapshot by one release of the rules. Runs no query."""

    def __init__(self, edition: Edition, content: Mapping[str, Any], rules: IssuingRules) -> None:
        self.edition, self.content, self.rules = edition, content, rules
        self.tier = Tier(content["tier"]["assigned"])
        self.allowed = rules.may_be_little.get(str(self.tier), 0)
        self.lowest = edition.policy.bands[-1][1]
        readiness = edition.policy.readiness
        self.fewest = readiness.least_duties if readiness else 0

    def is_below(self, little: Collection[Little]) -> bool:
        return len(little) > self.allowed

    def below(self, closed: Collection[str]) -> BelowLeast | None:
        little = self.little(closed)
        if not self.is_below(little):
            return None
        least = self.edition.policy.bands[-2][0]
        return BelowLeast(little, self.tier, Decimal(least), self.allowed, self.rules.release)

    def little(self, closed: Collection[str] = ()) -> tuple[Little, ...]:
        """Return the dimensions in the lowest band once the answers to `closed` are in place."""
        if closed:
            return self._of(self._scores(closed))
        scores = self.content["scorecard"]["dimensions"]  # as the submission prints them
        return self._lowest({key: (scores[str(key)]["value"], scores[str(key)]["duties"]) for key in Dimension})

    def _of(self, scores: Mapping[Dimension, Score]) -> tuple[Little, ...]:
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

    def _lowest(self, scores: Mapping[Dimension, tuple[Any, int]]) -> tuple[Little, ...]:
        """Return the dimensions in the lowest band; one that rests on too few requirements says nothing, and is left out."""
        return tuple(
            Little(str(key), self.edition.terms[f"dimensions.{key}"], Decimal(value))
            for key, (value, duties) in scores.items()
            if value is not None and duties >= self.fewest and band(self.edition.policy, Decimal(value)) == self.lowest
        )

    def lifts(self, closed: Collection[str], actions: Collection[RemediationAction]) -> tuple[Lift, ...]:
        """Choose actions in the order of the plan that lift enough dimensions once they are closed; none if none do."""
        asked = {shown["question"] for shown in self.content["questions"]}
        rows: dict[str, list[RemediationAction]] = {}
        for action in actions:  # the parts of a split action share a question, and all of them close it
            if action.question in asked:
                rows.setdefault(action.question, []).append(action)
        done, chosen = list(closed), list[str]()
        little = self.little(done)
        for question in rows:
            if not self.is_below(little):
                break
            now, then = self._scores(done), self._scores([*done, question])
            behind = [Dimension(one.key) for one in little]
            if any((then[key].value or 0) > (now[key].value or 0) for key in behind):
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
        return tuple(Lift(row.number, row.title, row.get_absolute_url()) for key in chosen for row in rows[key])
