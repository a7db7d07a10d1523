"""The Guideline as this edition reads it, clause by clause, and the method: public, and the same for everybody."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from assessments.access import finders
from assessments.documents import order_words
from assessments.domain.certificates import issuing
from assessments.domain.review import quality, quality_rules
from assessments.guideline.edition import Clause, Edition
from assessments.guideline.terms import TIERS, Choice, Credit, Kind, Strength
from assessments.guideline.wording import rule_card
from assessments.scoring.placing import class_of

# What the policy says of readiness from release 3 on.
READINESS_WORDS = ("readiness.least_duties", "readiness.organisation_part")


def _original(edition: Edition) -> dict[str, Any]:
    """Title, version and month of the document itself, for whoever wants to read the original."""
    year, month = (int(part) for part in edition.guideline_date.split("-")[:2])
    return {"title": edition.title, "version": edition.guideline_version, "date": date(year, month, 1)}


def _children(edition: Edition, parent: str | None) -> list[Clause]:
    return [clause for clause in edition.clauses.values() if clause.parent == parent]


@login_not_required
@require_safe
def clauses(request: HttpRequest) -> HttpResponse:
    """Show the table of contents: every clause that the edition cites, with our summary."""
    edition = finders.current_edition()
    asked: dict[str, int] = {}
    for requirement in edition.requirements.values():
        asked[requirement.clause] = asked.get(requirement.clause, 0) + 1

    def branch(clause: Clause) -> dict[str, Any]:
        below = [branch(child) for child in _children(edition, clause.id)]
        return {"clause": clause, "requirements": asked.get(clause.id, 0), "below": below}

    chapters = [branch(clause) for clause in _children(edition, None)]
    return render(
        request,
        "assessments/site/clauses.html",
        {"chapters": chapters, "original": _original(edition), "count": len(edition.clauses)},
    )


@login_not_required
@require_safe
def clause(request: HttpRequest, clause: str) -> HttpResponse:
    """Show one clause: our summary, its requirements, and our questions that ask for them."""
    edition = finders.current_edition()
    found = edition.clauses.get(clause.rstrip("/"))
    if found is None:
        raise Http404
    asking: dict[str, list[Any]] = {}
    for question in edition.questions.values():
        for id in question.requirements:
            asking.setdefault(id, []).append(question)
    requirements: list[dict[str, Any]] = [
        {
            "requirement": requirement,
            "kind": edition.terms[f"kinds.{requirement.kind}"],
            "is_duty": requirement.kind == Kind.DUTY,
            "who": [edition.terms[f"stakeholders.{role}"] for role in sorted(requirement.roles, key=_order)],
            "when": edition.condition_words.get(requirement.applies_when or "", ""),
            "sectors": [edition.terms[f"sectors.{sector}"] for sector in requirement.sectors],
            "questions": asking.get(requirement.id, []),
        }
        for requirement in edition.requirements.values()
        if requirement.clause == found.id
    ]
    above: list[Clause] = []
    at = found
    while at.parent is not None:
        at = edition.clauses[at.parent]
        above.insert(0, at)
    return render(
        request,
        "assessments/site/clause.html",
        {
            "clause": found,
            "above": above,
            "below": _children(edition, found.id),
            "requirements": requirements,
            "original": _original(edition),
            "sections": edition.section_of,
            "not_yet_asked": any(row["requirement"].section in edition.not_yet_asked for row in requirements),
            "next_url": _next(edition, found),
        },
    )


def _order(role: str) -> int:
    return ("developer", "provider", "organisation", "user").index(role)


def _next(edition: Edition, clause: Clause) -> tuple[str, str] | None:
    ids = list(edition.clauses)
    place = ids.index(clause.id) + 1
    if place == len(ids):
        return None
    following = edition.clauses[ids[place]]
    return reverse("clause", args=[following.id]), following.cited


def _order_words(edition: Edition) -> dict[str, Any] | None:
    """Return the order and dates of a plan in words; None in an edition whose plan has no packages."""
    order, words = edition.order, edition.policy.words
    if order is None:
        return None
    return {
        "steps": [order.reasons[step] for step in order.steps],
        "classes": [words[f"priorities.{key}"] for key in edition.policy.priorities if class_of(key) == key],
        "stop_days": order.stop_days,
        "dates": [order.reasons[key] for key in order.reasons if key not in order.steps],
        "condition": order_words.of_conditions(),
        "efforts": [
            (words[f"efforts.{size}"], days, order.work_days.get(size)) for size, days in order.effort_days.items()
        ],
    }


def _issuing() -> dict[str, Any]:
    """Return the rules of the reviewing body today, with their reasons."""
    rules = issuing.rules_on(timezone.localdate())
    reasons = rules.reasons or {}
    return {
        "release": rules.release,
        "least": [(tier, little, reasons[tier]) for tier, little in reversed(list(rules.may_be_little.items()))],
        "most": rules.most_conditions,
        "why_most": reasons["most_conditions"],
        "drawn": rules.drawn_percent,
        "why_drawn": reasons["drawn_percent"],
        "short": rules.short_look_seconds,
        "why_short": reasons["short_look_seconds"],
    }


@login_not_required
@require_safe
def method(request: HttpRequest) -> HttpResponse:
    """Show how tier and readiness are worked out, with every number of the edition's policy."""
    edition = finders.current_edition()
    policy = edition.policy
    bounds = [100, *(least for least, _key in policy.bands)]
    return render(
        request,
        "assessments/site/method.html",
        {
            "edition": edition,
            "policy": policy,
            "issuing": _issuing(),
            "quality": quality_rules.rules_on(timezone.localdate()),
            "body": quality.body_agreement(),
            "original": _original(edition),
            "tiers": [edition.obligations[tier] for tier in reversed(TIERS)],
            "rules": [rule_card(edition, rule.id) for rule in edition.rules],
            "overlays": edition.overlays,
            "credits": [
                (Choice.IN_PLACE, Credit.FULL),
                (Choice.PARTLY, Credit.HALF),
                (Choice.PLANNED, Credit.NONE),
                (Choice.NOT_IN_PLACE, Credit.NONE),
            ],
            "weights": [(strength, policy.weights[strength]) for strength in Strength],
            "bands": [
                (least, bounds[place], policy.words[f"bands.{key}"]) for place, (least, key) in enumerate(policy.bands)
            ],
            "changes": [
                (
                    kind,
                    [section.title for section in edition.sections if section.key in kind.sections],
                    [edition.questions[key].title for key in kind.questions],
                )
                for kind in policy.changes
            ],
            "order": _order_words(edition),
            "readiness": [policy.words[key] for key in READINESS_WORDS if key in policy.words],
            "priorities": [policy.words[f"priorities.{key}"] for key in policy.priorities],
            "periods": [
                (tier, policy.blocking_due_days[tier], [policy.due_days[tier][strength] for strength in Strength])
                for tier in reversed(TIERS)
            ],
        },
    )
