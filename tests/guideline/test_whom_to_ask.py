"""The bank names whom to ask only where the question for them is asked, and says what a signature answers by itself."""

from __future__ import annotations

from assessments.guideline.edition import Edition
from assessments.guideline.terms import Stakeholder


def test_development_leads_are_named_only_at_the_question_for_developers(edition: Edition) -> None:
    question = edition.questions["outside-knowledge"]
    assert set(question.stakeholders) == {Stakeholder.DEVELOPER}
    assert question.why.endswith("The development leads usually know the answer.")
    assert edition.section_of["people"].intro == (
        "This section asks about the rules for staff on generative AI and about their training. Human resources and "
        "compliance usually know the answers."
    )


def test_question_on_self_certification_says_that_the_signature_counts_as_one(edition: Edition) -> None:
    assert edition.questions["tier-low-self-certification"].why.endswith(
        "If nobody has signed such a statement yet, answer “Not in place”. When an owner signs this assessment, that "
        "signature counts as the self-certification."
    )
