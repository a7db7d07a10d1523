"""Build the report of a snapshot.

`build_report` reads nothing but its arguments, so the plan of a draft and that of a submission differ in them alone.
Words of the Guideline come from the edition, words of people from the snapshot; nothing hidden is in a snapshot, so nothing
hidden is in a report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from assessments.documents.report.actions import ActionBlock, ActionNow, build_action
from assessments.documents.report.answers import AnswerLine, ReviewWords, build_answer
from assessments.documents.report.evidence import evidence_index
from assessments.documents.report.facts import build_fact
from assessments.documents.report.model import OrganisationHead, Report, SinceLast, SubmissionHead
from assessments.documents.report.packages import build_packages, order_sentences
from assessments.documents.report.reasons import build_reasons
from assessments.documents.report.scope import extended_duties, narrowed_duties
from assessments.documents.report.scores import DIMENSION_CLAUSES, build_readiness, duties_in
from assessments.documents.report.tier import build_tier
from assessments.guideline.edition import Edition
from assessments.guideline.terms import Dimension
from assessments.models.base import canonical_json
from assessments.models.snapshots import declared_in


def build_report(
    content: Mapping[str, Any],
    edition: Edition,
    *,
    draft: bool,
    frozen: SubmissionHead | None = None,
    reviews: Mapping[str, ReviewWords] | None = None,
    standing: Mapping[int, ActionNow] | None = None,
    as_of: datetime | None = None,
    since_last: SinceLast | None = None,
) -> Report:
    """Build the report of a snapshot, or of the snapshot of a draft that is not stored.

    `reviews`: what a reviewer said, by question key; `standing`: the state of an action now, by its number. No queries.
    """
    content = json.loads(canonical_json(content))  # a draft has dates and decimals, a stored snapshot their texts
    facts = [build_fact(edition, fact) for fact in content["facts"]]
    fact_of = {fact["key"]: line for fact, line in zip(content["facts"], facts, strict=True)}
    answers = [build_answer(edition, shown, content, reviews or {}) for shown in content["questions"]]
    answer_of = {answer.key: answer for answer in answers}
    actions = tuple(
        build_action(edition, place, action, content, answer_of, standing or {})
        for place, action in enumerate(content["actions"], 1)
    )
    card, signed = content["scorecard"], content.get("signed", {})
    stand = duties_in(edition, content, final=not draft)
    duties = card["clauses"].values()  # a duty stands under one clause, but under several dimensions
    return Report(
        draft=draft,
        edition_key=content["edition"]["key"],
        edition_release=content["edition"]["release"],
        edition_checksum=content["edition"]["checksum"],
        guideline_title=edition.title,
        guideline_version=edition.guideline_version,
        guideline_date=edition.guideline_date,
        organisation=OrganisationHead(**{k: v for k, v in content["organisation"].items() if k != "reference"}),
        system=content["system"]["name"],
        version=content["system"]["version"],
        suppliers=content["system"]["suppliers"],
        parts=tuple(edition.terms[f"stakeholders.{part}"] for part in content["system"]["parts"]),
        use_reference=content["use"]["reference"],
        use=content["use"]["title"],
        purpose=content["use"]["purpose"],
        setting=content["use"]["setting"],
        people_affected=content["use"]["people_affected"],
        scope_en=content["use"]["scope_en"],
        scope_zh=content["use"]["scope_zh"],
        exclusions=content["use"]["exclusions"],
        assessment=content["assessment"]["reference"],
        frozen=frozen,
        signed_by=signed.get("name", ""),
        statement=tuple(signed.get("statement", ())),
        public_statement=signed.get("public_statement", ""),
        tier=build_tier(edition, content, fact_of),
        facts=tuple(facts),
        readiness=tuple(
            build_readiness(edition, content, stand, "dimensions", str(key), DIMENSION_CLAUSES[key])
            for key in Dimension
        ),
        principles=tuple(
            build_readiness(edition, content, stand, "principles", key, "2.3") for key in card["principles"]
        ),
        lifecycle=tuple(
            build_readiness(edition, content, stand, "lifecycle", key, "2.1.3") for key in card["lifecycle"]
        ),
        duties=sum(score["duties"] for score in duties),
        duties_in_place=sum(score["full"] for score in duties),
        applicable=content["counts"]["applicable"],
        answered=content["counts"]["answered"],
        answers=tuple(answers),
        actions=actions,
        method=edition.policy.words["method"],
        words=edition.policy.words,
        as_of=as_of,
        since_last=since_last,
        **(_of_release_3(edition, content, actions, answers) if edition.order else {}),
    )


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
