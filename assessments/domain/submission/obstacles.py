"""What keeps an owner from signing: the code of each kind of obstacle, by which a page links to where it is cleared."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """Names a kind of obstacle to a signature, before a review or on the owner's word alone."""

    RETIRED = "retired"
    PROHIBITED = "prohibited"
    RAISED = "raised"  # to Unacceptable, by a reviewer
    FACTS = "facts"
    QUESTIONS = "questions"
    # On the owner's word alone:
    TIER = "tier"
    HELD = "held"
    INCIDENT = "incident"
    READINESS = "readiness"
    CONDITIONS = "conditions"
    NOT_APPLICABLE = "not_applicable"
    # For good: no change of an answer takes it away.
    SENT_BACK = "sent_back"
    REFUSED = "refused"
    HISTORY = "history"
