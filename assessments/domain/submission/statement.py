"""The sentences that an owner signs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from assessments.guideline.edition import Edition as CompiledEdition
from assessments.models import DecisionKind
from assessments.models.snapshots import declared_in

# --- freezing a submission -----------------------------------------------------------------------------------------------


def statement_for(edition: CompiledEdition, content: Mapping[str, Any], kind: DecisionKind | None) -> list[str]:
    """Return the sentences of the signed statement; the musts with their answers (`must_lines`) follow them."""
    use, organisation = content["use"], content["organisation"]
    declared = _(
        "On behalf of %(organisation)s, I have declared the use “%(use)s” of %(system)s truthfully, to the "
        "best of my knowledge."
    ) % {"organisation": organisation["name_en"], "use": use["title"], "system": content["system"]["name"]}
    prohibited = _(
        "The system is not used or offered for any of these purposes: to harm or endanger people, to steer people "
        "without their knowledge, to give instructions for violence, to make obscene material, to commit fraud, to "
        "disturb public order, or to attack computer systems."
    )
    if kind == DecisionKind.DECLARE_PROHIBITED:
        prohibited = _(
            "The declared facts describe a use that the Guideline treats as prohibited. I am not asking for a "
            "certificate."
        )
    limits = _("I know that the Guideline is not law and that this assessment is not a legal opinion.")
    return [declared, prohibited, limits]


def must_lines(edition: CompiledEdition, content: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return every must in scope with the answer given, as the statement lists them.

    A question that is put to several parts covers duties of each. An organisation signs for its own parts alone.
    """
    declared, lines = declared_in(content), []
    for shown in content["questions"]:
        question = edition.questions[shown["question"]]
        answer = content["answers"].get(question.key)
        sources: list[tuple[str, tuple[str, ...]]]
        if question.is_checklist:
            sources = [(i.key, i.requirements) for i in question.items if i.key in shown["items"]]
        else:
            sources = [(question.key, question.requirements)]
        for key, ids in sources:
            given = "empty"
            if answer:
                given = answer["choice"]
                if given == "ticked":
                    tick = answer["items"].get(key)
                    given = "in_place" if tick is True else "not_applicable" if tick else "not_in_place"
                elif given == "none":
                    given = "not_in_place"
            lines += [
                {"requirement": id, "question": question.key, "answer": given}
                for id in ids
                if edition.requirements[id].strength == "must" and declared.in_scope(edition.requirements[id])
            ]
    return lines
