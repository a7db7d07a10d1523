"""What comes back when an address is opened: what reviewers see, and documents."""

from __future__ import annotations

from tests.system.access_table.words import (
    ASSIGNED,
    CONTRIBUTOR,
    FORBIDDEN,
    HIDDEN_FROM_ALL,
    IN_HOUSE,
    INDEPENDENT,
    ONLY_FOR_POSTS,
    OUTSIDER,
    OWNER,
    STAFF,
    VIEWER,
    Access,
    access,
)

OF_REVIEWS: dict[str, dict[str, Access]] = {
    # review: a case is found by the reviewers' finder alone
    "reviews": {"": access(shown=[IN_HOUSE, INDEPENDENT], others=FORBIDDEN)},
    "review_texts": {"": access(shown=[IN_HOUSE, INDEPENDENT], others=FORBIDDEN)},
    "review_text": {
        "text of the reviewing body": access(shown=[INDEPENDENT]),
        "text of somebody": HIDDEN_FROM_ALL,
    },
    "case_notes": {
        "submission in review": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "mark_words": {
        "submission in review, words": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "submission neighbour's submitted, words": HIDDEN_FROM_ALL,
    },
    "issued": {"": access(shown=[INDEPENDENT], others=FORBIDDEN)},
    "issued_export": {"": access(shown=[INDEPENDENT], others=FORBIDDEN)},
    "quality": {"": access(shown=[IN_HOUSE, INDEPENDENT], others=FORBIDDEN)},
    "quality_reviewers": {"": access(shown=[INDEPENDENT], others=FORBIDDEN)},
    "second_look": {
        "submission look given": access(shown=[INDEPENDENT]),
        "submission look being given": access(shown=[INDEPENDENT]),
        "submission look offered": access(redirected=[INDEPENDENT]),
        "submission certified": HIDDEN_FROM_ALL,
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "second_look_take": {
        "submission look offered": access(shown=[INDEPENDENT]),
        "submission look given": access(redirected=[INDEPENDENT]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "second_look_marks": {
        "submission look being given, section": access(shown=[INDEPENDENT]),
        "submission look being given, no such section": HIDDEN_FROM_ALL,
        "submission look given, section": access(redirected=[INDEPENDENT]),
        "submission neighbour's submitted, section": HIDDEN_FROM_ALL,
    },
    "second_look_ask": {
        "submission certified": access(shown=[INDEPENDENT], others=FORBIDDEN),
        "submission look given": access(forbidden=[OUTSIDER, VIEWER, CONTRIBUTOR, ASSIGNED, OWNER, IN_HOUSE, STAFF]),
        "submission neighbour's submitted": access(
            forbidden=[OUTSIDER, VIEWER, CONTRIBUTOR, ASSIGNED, OWNER, IN_HOUSE, STAFF]
        ),
    },
    "review": {
        "submission look being given": access(shown=[IN_HOUSE]),
        "submission in review": access(shown=[IN_HOUSE, INDEPENDENT]),
        "submission in-house": access(shown=[IN_HOUSE]),
        "submission certified": access(shown=[IN_HOUSE, INDEPENDENT]),
        "submission refused inside": access(shown=[IN_HOUSE, INDEPENDENT]),  # to answer the appeal
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "review_log": {
        "submission in review": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "submission in-house": access(redirected=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "take": {
        "submission submitted": access(shown=[IN_HOUSE, INDEPENDENT]),
        "submission in-house": access(shown=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "declare": {
        "submission in review": access(shown=[IN_HOUSE], redirected=[INDEPENDENT]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "assign_seat": {
        "submitted, first seat": access(shown=[INDEPENDENT], forbidden=[IN_HOUSE]),  # it was sent to the reviewing body
        "in review, first seat": access(shown=[INDEPENDENT], forbidden=[IN_HOUSE]),
        "in review, no such seat": HIDDEN_FROM_ALL,
        "neighbour's seat": HIDDEN_FROM_ALL,
    },
    "review_messages": {
        "submission in review": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    # answers open to a seat; everybody else is led to the declaration
    "review_facts": {
        "submission in review": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "review_changes": {
        "submission second round": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "submission in review": access(redirected=[IN_HOUSE, INDEPENDENT]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "review_section": {
        "submission in review, section": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "submission in review, no such section": HIDDEN_FROM_ALL,
        "submission neighbour's submitted, section": HIDDEN_FROM_ALL,
    },
    "review_not_applicable": {
        "submission in review": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "review_parts": {
        "submission High in review": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "submission in review": HIDDEN_FROM_ALL,  # no High use: it has no conformity file
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "review_supplements": {
        "submission in review": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "review_evidence": {
        "submitted evidence": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "evidence of another submission": HIDDEN_FROM_ALL,
        "neighbour's evidence": HIDDEN_FROM_ALL,
    },
    "evidence_preview": {
        "submitted evidence": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "evidence of another submission": HIDDEN_FROM_ALL,
        "neighbour's evidence": HIDDEN_FROM_ALL,
    },
    "evidence_picture": {  # without the ticket of a preview there is none
        "submitted evidence": access(redirected=[IN_HOUSE]),
        "evidence of another submission": HIDDEN_FROM_ALL,
        "neighbour's evidence": HIDDEN_FROM_ALL,
    },
    "case_evidence": {
        "submission in review": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "whole_case": {
        "submission in review": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "next_unmarked": {
        "submission in review": access(redirected=[IN_HOUSE, INDEPENDENT]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "mark": {"submission in review": ONLY_FOR_POSTS},
    "own_set": {
        "submission look being given": access(redirected=[IN_HOUSE]),
        "submission in review": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "mark_own_set": {
        "submission in review": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "review_together": {
        "submission in review": access(shown=[INDEPENDENT], redirected=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "take_over_marks": {
        "submission in review": access(redirected=[IN_HOUSE, INDEPENDENT]),  # there is nothing to take over
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "take_back_approval": {
        "submission two seats": access(shown=[INDEPENDENT], forbidden=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "close_hold": {
        "hold": access(shown=[IN_HOUSE, INDEPENDENT]),
        "neighbour's hold": HIDDEN_FROM_ALL,
    },
    "judge_tier": {
        "submission in review": access(shown=[INDEPENDENT], forbidden=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "send_back": {
        "submission to be returned": access(shown=[INDEPENDENT], forbidden=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "approve": {
        "submission marked": access(shown=[INDEPENDENT], forbidden=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "refuse": {
        "submission in review": access(shown=[INDEPENDENT], forbidden=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    # documents
    "document": {
        "plan that is being made": access(shown=[VIEWER, CONTRIBUTOR, OWNER, INDEPENDENT], redirected=[IN_HOUSE]),
        "letter that failed": access(shown=[VIEWER, CONTRIBUTOR, OWNER, INDEPENDENT], redirected=[IN_HOUSE]),
        "certificate as PDF": access(shown=[VIEWER, CONTRIBUTOR, OWNER, INDEPENDENT], redirected=[IN_HOUSE]),
        "neighbour's certificate as PDF": HIDDEN_FROM_ALL,
    },
    "document_state": {
        "plan that is being made": access(shown=[VIEWER, CONTRIBUTOR, OWNER, INDEPENDENT], redirected=[IN_HOUSE]),
        "neighbour's certificate as PDF": HIDDEN_FROM_ALL,
    },
    "ask_document": {"draft, its board paper": ONLY_FOR_POSTS},
}
