"""Submissions with answers of every kind, for the tests of what is printed."""

from __future__ import annotations

from tests.support.factories import bring_to, fill, in_days, make_assessment, make_organisation, owner_of

HKSCS = "㗎嘅𨋢鰂"
SECRET = "Zanzibar"  # stands in every answer, note and reason; no bank text has it


def mixed(question, items, number):
    """Answers of every kind, each with the secret in its words."""
    kind = number % 6
    if question.is_checklist:
        if kind == 0:
            return {"choice": "none", "text": f"Nothing of it, {SECRET}."}
        if kind == 1:
            return {"choice": "unknown", "text": f"Nobody in {SECRET} could say."}
        return {"choice": "ticked", "items": {items[0]: True}, "text": f"The first one, {SECRET} {HKSCS}."}
    return [
        {"choice": "not_in_place", "text": f"Not yet, says {SECRET}. 我哋嘅𨋢冇人睇，简体也行。"},
        {"choice": "partly", "text": f"Half of {SECRET}."},
        {"choice": "planned", "planned_for": in_days(60), "text": f"Soon in {SECRET}."},
        {"choice": "unknown", "text": f"{SECRET} does not know."},
        {"choice": "in_place", "text": f"All of {SECRET}."},
        {"choice": "in_place", "text": f"All of {SECRET}."},
    ][kind]


def make_submission(tier="high", parts=("provider", "user"), answer=mixed, **fields):
    organisation = make_organisation("Harbourlight Family Clinics Limited", name_zh=f"港曦{HKSCS}有限公司")
    assessment = make_assessment(tier=tier, organisation=organisation, parts=parts, filled=False, **fields)
    edition, declared = assessment.compiled(), assessment.declared()
    answers = {
        question.key: answer(question, [item.key for item in declared.items(edition, question)], number)
        for number, question in enumerate(declared.questions(edition))
    }
    owner = owner_of(organisation)
    fill(assessment, by=owner, answers=answers)
    bring_to(assessment, "submitted", tier=tier, by=owner, route="independent")
    assessment.refresh_from_db()
    return assessment.current_submission


def few(question, items, number):
    """Mostly good answers; every twelfth falls short."""
    if number % 12 == 0:
        return mixed(question, items, number)
    return (
        {"choice": "ticked", "items": dict.fromkeys(items, True)} if question.is_checklist else {"choice": "in_place"}
    )
