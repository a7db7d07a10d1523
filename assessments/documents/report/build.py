"""Build the report of a snapshot.

`build_report` reads nothing but its arguments, so the plan of a draft and that of a submission differ in them alone.
Words of the Guideline come from the edition, words of people from the snapshot; nothing hidden is in a snapshot, so nothing
hidden is in a report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assessments.documents.report.actions import ActionBlock, build_action
from assessments.documents.report.answers import AnswerLine, ReviewWords, build_answer
from assessments.documents.report.evidence import evidence_index
from assessments.documents.report.facts import build_fact
from assessments.documents.report.model import OrganisationHead, PlanNow, Report, SubmissionHead
from assessments.documents.report.packages import build_packages, order_sentences
from assessments.documents.report.reasons import build_reasons
from assessments.documents.report.scope import extended_duties, narrowed_duties
from assessments.documents.report.scores import DIMENSION_CLAUSES, Readiness, build_readiness, duties_in
from assessments.documents.report.tier import build_tier
from assessments.guideline.edition import Edition
from assessments.guideline.terms import Dimension
from assessments.models.base import canonical_json
from assessments.models.snapshots import declared_in
from assessments.scoring.conditions import met_by_signature
from assessments.scoring.placing import is_in_use


def build_report(
    content: Mapping[str, Any],
    edition: Edition,
    *,
    draft: bool,
    frozen: SubmissionHead | None = None,
    reviews: Mapping[str, ReviewWords] | None = None,
    now: PlanNow | None = None,
) -> Report:
    """Build the report of a snapshot, or of the snapshot of a draft that is not stored.

    `reviews`: what a reviewer said, by question key; `now`: None where nothing but the snapshot is known. No queries.
    """
    content = json.loads(canonical_json(content))  # a draft has dates and decimals, a stored snapshot their texts
    now = now or PlanNow()
    facts = [build_fact(edition, fact) for fact in content["facts"]]
    fact_of = {fact["key"]: line for fact, line in zip(content["facts"], facts, strict=True)}
    answers = [build_answer(edition, shown, content, reviews or {}) for shown in content["questions"]]
    answer_of = {answer.key: answer for answer in answers}
    met = met_by_signature(content["findings"], content["tier"]["assigned"]) if draft else ()
    built = [
        build_action(edition, place, action, content, answer_of, now.actions)
        for place, action in enumerate(content["actions"], 1)
    ]
    actions = tuple(replace(one, blocking=False) if one.answer and one.answer.key in met else one for one in built)
    signed = content.get("signed", {})
    return Report(
        draft=draft,
        **_of_the_edition(edition, content),
        **_of_the_use(edition, content),
        assessment=content["assessment"]["reference"],
        frozen=frozen,
        signed_by=signed.get("name", ""),
        statement=tuple(signed.get("statement", ())),
        public_statement=signed.get("public_statement", ""),
        tier=build_tier(edition, content, fact_of),
        facts=tuple(facts),
        in_use=is_in_use({fact["key"]: fact["value"] for fact in content["facts"]}),
        **_scorecard(edition, content, final=not draft),
        applicable=content["counts"]["applicable"],
        answered=content["counts"]["answered"],
        answers=tuple(answers),
        actions=actions,
        as_of=now.as_of,
        since_last=now.since_last,
        **(_of_release_3(edition, content, actions, answers) if edition.order else {}),
    )


def _of_the_edition(edition: Edition, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return which edition of which Guideline the report is by, with the words that its documents print."""
    return {
        "edition_key": content["edition"]["key"],
        "edition_release": content["edition"]["release"],
        "edition_checksum": content["edition"]["checksum"],
        "guideline_title": edition.title,
        "guideline_version": edition.guideline_version,
        "guideline_date": edition.guideline_date,
        "method": edition.policy.words["method"],
        "words": edition.policy.words,
    }


def _of_the_use(edition: Edition, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the organisation, its AI system and the use of it, as the snapshot names them."""
    system, use = content["system"], content["use"]
    return {
        "organisation": OrganisationHead(**{k: v for k, v in content["organisation"].items() if k != "reference"}),
        "system": system["name"],
        "version": system["version"],
        "suppliers": system["suppliers"],
        "parts": tuple(edition.terms[f"stakeholders.{part}"] for part in system["parts"]),
        "use_reference": use["reference"],
        "use": use["title"],
        "purpose": use["purpose"],
        "setting": use["setting"],
        "people_affected": use["people_affected"],
        "scope_en": use["scope_en"],
        "scope_zh": use["scope_zh"],
        "exclusions": use["exclusions"],
    }


def _scorecard(edition: Edition, content: Mapping[str, Any], *, final: bool) -> dict[str, Any]:
    """Return readiness by dimension, principle and stage of the lifecycle, and how many duties there are."""
    card, stand = content["scorecard"], duties_in(edition, content, final=final)
    duties = card["clauses"].values()  # a duty belongs to one clause, but to several dimensions

    def row(kind: str, key: str, clause: str) -> Readiness:
        return build_readiness(edition, content, stand, kind, key, clause)

    return {
        "readiness": tuple(row("dimensions", str(key), DIMENSION_CLAUSES[key]) for key in Dimension),
        "principles": tuple(row("principles", key, "2.3") for key in card["principles"]),
        "lifecycle": tuple(row("lifecycle", key, "2.1.3") for key in card["lifecycle"]),
        "duties": sum(score["duties"] for score in duties),
        "duties_in_place": sum(score["full"] for score in duties),
    }


def _of_release_3(
    edition: Edition, content: Mapping[str, Any], actions: Sequence[ActionBlock], answers: Sequence[AnswerLine]
) -> dict[str, Any]:
    """Return the parts of a report that editions have from release 3 on."""
    return {
        "by_package": True,
        "order": order_sentences(edition, actions),
        "packages": build_packages(edition, declared_in(content), actions),
        "reasons": build_reasons(content, answers, actions),
        "evidence": tuple(evidence_index(content)),
        "extended": tuple(extended_duties(edition, content)),
        "narrowed": tuple(narrowed_duties(edition, content)),
    }
