"""Whether a certificate could follow from answers that are not signed yet, as their owner reads it before signing.

It rests on the same rules as the decision: the least readiness and the most conditions of the reviewing body of today (our
judgement: fixtures/issuing). What reviewers find of the answers is theirs, and is not foretold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.domain.certificates import least_readiness
from assessments.domain.certificates.conditions import most_conditions, short_practices
from assessments.guideline.edition import Edition
from assessments.guideline.terms import Dimension, Tier
from assessments.models import Assessment, DeclaredUse

PRACTICES_SHOWN = 10  # in the open; the others are folded


@dataclass(frozen=True, slots=True)
class Figure:
    """A dimension with its readiness; `is_little`: it stands in the lowest band."""

    name: str
    words: str
    is_little: bool


@dataclass(frozen=True, slots=True)
class Practice:
    """A practice that blocks the certificate, with the address of its answer."""

    title: str
    url: str
    may_have_date: bool


@dataclass(frozen=True, slots=True)
class Prospect:
    """What would follow. `keeps_back`: what stands in the way of a certificate; empty where nothing does."""

    keeps_back: tuple[str, ...]
    conditions: str
    rule: str
    figures: tuple[Figure, ...]
    alone: bool = False  # the signature itself issues the certificate
    lacking: bool = False  # evidence or a part of the conformity file without which nobody can approve
    held: bool = False  # a hold is open, so that nobody can approve
    counts_signature: bool = False  # in the figures, as the self-certification that the Low tier asks for
    practices: tuple[Practice, ...] = ()  # those that block, where a page names them

    @property
    def shown_practices(self) -> tuple[Practice, ...]:
        return self.practices[:PRACTICES_SHOWN]

    @property
    def more_practices(self) -> tuple[Practice, ...]:
        return self.practices[PRACTICES_SHOWN:]

    @property
    def words(self) -> str:
        if self.held:
            return _("At the moment, no certificate is possible. A reviewer cannot approve a use that is on hold.")
        if self.lacking and self.keeps_back:
            return _(
                "A reviewer cannot approve the assessment yet, because the required items that this page lists are"
                " missing. If you add them and change no answer, the decision is “approved with a plan, no certificate"
                " yet”."
            )
        if self.lacking:
            return _(
                "A reviewer cannot approve the assessment yet, because the required items that this page lists are"
                " missing. After you add them, a certificate is possible if the reviewers accept every answer."
            )
        if self.keeps_back:
            return _(
                "At the moment, no certificate is possible. If a reviewer approves the assessment as it is, the "
                "decision is “approved with a plan, no certificate yet”."
            )
        if self.alone and self.conditions:
            return _(
                "The certificate is issued when you sign, if you set a due date for each practice that is not fully"
                " in place. The page where you sign asks for these dates."
            )
        if self.alone:
            return _("If you sign now, the certificate is issued.")
        return _("At the moment, a certificate is possible if the reviewers accept every answer.")


def prospect(
    edition: Edition,
    content: Mapping[str, Any],
    *,
    dated: int,
    undated: int,
    use: DeclaredUse | None = None,
    alone: bool = False,
    lacking: bool = False,
) -> Prospect:
    """Return what would follow from a snapshot. No query.

    `dated`: answers short of a must that may become a condition with a date; `undated`: those for which no date can stand.
    `use`: the use as it is now, whose holds and provisional tier block as well. `lacking`: something is missing without
    which nobody can approve.
    """
    found = least_readiness.below_as_signed(edition, content)
    keeps_back = _unsettled(use) if use else []
    keeps_back += [one.words for one in found.dimensions] if found else []
    if undated:
        words = ngettext(
            "One practice has to be in place before a certificate can be issued. You cannot set a due date for it.",
            "%(n)s practices have to be in place before a certificate can be issued. You cannot set due dates for them.",
            undated,
        )
        keeps_back.append(words % {"n": undated})
    most = most_conditions()
    if dated > most:
        words = _(
            "%(practices)s. At most %(most)s of them can become conditions with a due date. This limit is our judgement."
        )
        keeps_back.append(words % {"practices": short_practices(dated), "most": most})
    return Prospect(
        keeps_back=tuple(keeps_back),
        conditions=_conditions(dated) if 0 < dated <= most else "",
        rule=least_readiness.rule_today(edition, Tier(content["tier"]["assigned"])),
        figures=_figures(edition, content, {one.key for one in least_readiness.little_as_signed(edition, content)}),
        alone=alone,
        lacking=lacking,
        held=bool(use and use.open_holds),
        counts_signature=Tier(content["tier"]["assigned"]) == Tier.LOW,
    )


def prospect_in_brief(assessment: Assessment) -> Prospect | None:
    """Return what would follow if an owner signed now, from the row of the assessment alone. No query.

    None where questions are open, or nothing can be signed. Two things are left to the page that checks all answers: the
    evidence and files without which nobody can approve, and days that an earlier certificate promised.
    """
    use, numbers = assessment.use, assessment.progress.get("if_signed")
    if numbers is None or not assessment.is_editable or use.prohibited_by_facts:
        return None
    return prospect_of_numbers(assessment.compiled(), numbers, use)


def prospect_of_numbers(edition: Edition, numbers: Mapping[str, Any], use: DeclaredUse) -> Prospect:
    """Return what would follow from the stored numbers of a complete draft (`scoring.before_signing`). No query."""
    content = {"tier": {"assigned": use.assigned_tier}, "scorecard": {"dimensions": numbers["dimensions"]}}
    return prospect(edition, content, dated=numbers["dated"], undated=numbers["undated"], use=use)


def _unsettled(use: DeclaredUse) -> list[str]:
    """Say what blocks every certificate of the use, whatever its answers are."""
    said = []
    if use.open_holds:
        said.append(
            _(
                "The use is on hold. Until the hold is lifted, the use cannot be approved and no certificate can be"
                " issued."
            )
        )
    if use.provisional:
        said.append(_("The tier is provisional. No certificate is issued until the tier is certain."))
    return said


def _conditions(dated: int) -> str:
    words = ngettext(
        "%(practices)s. The certificate is blocked until this practice is in place or becomes a condition with a due date.",
        "%(practices)s. The certificate is blocked until each practice is in place or becomes a condition with a due date.",
        dated,
    )
    return words % {"practices": short_practices(dated)}


def _figures(edition: Edition, content: Mapping[str, Any], little: set[str]) -> tuple[Figure, ...]:
    scores = content["scorecard"]["dimensions"]  # PostgreSQL keeps the keys of stored JSON in another order
    return tuple(
        Figure(edition.terms[f"dimensions.{key}"], _of_100(scores[key]["value"]), str(key) in little)
        for key in Dimension
    )


def _of_100(value: Any) -> str:
    return _("not assessed") if value is None else _("%(value)s out of 100") % {"value": Decimal(value)}
