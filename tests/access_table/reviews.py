"""What comes back when an address is opened: what reviewers see, and documents."""

from __future__ import annotations

from tests.access_table.words import HIDDEN, ONLY_POST

OF_REVIEWS: dict[str, dict[str, str]] = {
    # review: a case is found through the reviewers' door alone
    "reviews": {"": "             login 403 403 403 403 403 200 200 403"},
    "review_texts": {"": "       login 403 403 403 403 403 200 200 403"},
    "review_text": {
        "text of the reviewing body": "login 404 404 404 404 404 404 200 404",
        "text of somebody": HIDDEN,
    },
    "case_notes": {
        "submission in review": " login 404 404 404 404 404 302 200 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "mark_words": {
        "submission in review, words": " login 404 404 404 404 404 302 200 404",
        "submission neighbour's submitted, words": HIDDEN,
    },
    "issued": {"": "             login 403 403 403 403 403 403 200 403"},
    "issued_export": {"": "             login 403 403 403 403 403 403 200 403"},
    "quality": {"": "            login 403 403 403 403 403 200 200 403"},
    "quality_reviewers": {"": "  login 403 403 403 403 403 403 200 403"},
    "second_look": {
        "submission look given": "login 404 404 404 404 404 404 200 404",
        "submission look being given": "login 404 404 404 404 404 404 200 404",
        "submission look offered": "login 404 404 404 404 404 404 302 404",
        "submission certified": "login 404 404 404 404 404 404 404 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "second_look_take": {
        "submission look offered": "login 404 404 404 404 404 404 200 404",
        "submission look given": "login 404 404 404 404 404 404 302 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "second_look_marks": {
        "submission look being given, section": "login 404 404 404 404 404 404 200 404",
        "submission look being given, no such section": "login 404 404 404 404 404 404 404 404",
        "submission look given, section": "login 404 404 404 404 404 404 302 404",
        "submission neighbour's submitted, section": HIDDEN,
    },
    "second_look_ask": {
        "submission certified": " login 403 403 403 403 403 403 200 403",
        "submission look given": "login 403 403 403 403 403 403 404 403",
        "submission neighbour's submitted": "login 403 403 403 403 403 403 404 403",
    },
    "review": {
        "submission look being given": "login 404 404 404 404 404 200 404 404",
        "submission in review": " login 404 404 404 404 404 200 200 404",
        "submission in-house": "  login 404 404 404 404 404 200 404 404",
        "submission certified": " login 404 404 404 404 404 200 200 404",
        "submission refused inside": "login 404 404 404 404 404 200 200 404",  # to answer the appeal
        "submission neighbour's submitted": HIDDEN,
    },
    "review_log": {
        "submission in review": " login 404 404 404 404 404 302 200 404",
        "submission in-house": "  login 404 404 404 404 404 302 404 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "take": {
        "submission submitted": " login 404 404 404 404 404 200 200 404",
        "submission in-house": "  login 404 404 404 404 404 200 404 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "declare": {
        "submission in review": " login 404 404 404 404 404 200 302 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "assign_seat": {
        "submitted, first seat": "login 404 404 404 404 404 403 200 404",  # it was sent to the reviewing body
        "in review, first seat": "login 404 404 404 404 404 403 200 404",
        "in review, no such seat": HIDDEN,
        "neighbour's seat": HIDDEN,
    },
    "review_messages": {
        "submission in review": " login 404 404 404 404 404 302 200 404",
        "submission neighbour's submitted": HIDDEN,
    },
    # answers open to a seat; everybody else is led to the declaration
    "review_facts": {
        "submission in review": " login 404 404 404 404 404 302 200 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "review_changes": {
        "submission second round": "login 404 404 404 404 404 302 200 404",
        "submission in review": "   login 404 404 404 404 404 302 302 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "review_section": {
        "submission in review, section": "         login 404 404 404 404 404 302 200 404",
        "submission in review, no such section": HIDDEN,
        "submission neighbour's submitted, section": HIDDEN,
    },
    "review_not_applicable": {
        "submission in review": " login 404 404 404 404 404 302 200 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "review_parts": {
        "submission High in review": "login 404 404 404 404 404 302 200 404",
        "submission in review": HIDDEN,  # no High use: it has no conformity file
        "submission neighbour's submitted": HIDDEN,
    },
    "review_supplements": {
        "submission in review": " login 404 404 404 404 404 302 200 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "review_evidence": {
        "submitted evidence": "   login 404 404 404 404 404 302 200 404",
        "evidence of another submission": HIDDEN,
        "neighbour's evidence": HIDDEN,
    },
    "evidence_preview": {
        "submitted evidence": "   login 404 404 404 404 404 302 200 404",
        "evidence of another submission": HIDDEN,
        "neighbour's evidence": HIDDEN,
    },
    "evidence_picture": {  # without the ticket of a preview there is none
        "submitted evidence": "   login 404 404 404 404 404 302 404 404",
        "evidence of another submission": HIDDEN,
        "neighbour's evidence": HIDDEN,
    },
    "case_evidence": {
        "submission in review": " login 404 404 404 404 404 302 200 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "whole_case": {
        "submission in review": " login 404 404 404 404 404 302 200 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "next_unmarked": {
        "submission in review": " login 404 404 404 404 404 302 302 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "mark": {"submission in review": ONLY_POST},
    "own_set": {
        "submission look being given": "login 404 404 404 404 404 302 404 404",
        "submission in review": " login 404 404 404 404 404 302 200 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "mark_own_set": {
        "submission in review": " login 404 404 404 404 404 302 200 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "review_together": {
        "submission in review": " login 404 404 404 404 404 302 200 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "take_over_marks": {
        "submission in review": " login 404 404 404 404 404 302 302 404",  # there is nothing to take over
        "submission neighbour's submitted": HIDDEN,
    },
    "take_back_approval": {
        "submission two seats": " login 404 404 404 404 404 403 200 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "close_hold": {
        "hold": "                 login 404 404 404 404 404 200 200 404",
        "neighbour's hold": HIDDEN,
    },
    "judge_tier": {
        "submission in review": " login 404 404 404 404 404 403 200 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "send_back": {
        "submission to be returned": "login 404 404 404 404 404 403 200 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "approve": {
        "submission marked": "    login 404 404 404 404 404 403 200 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "refuse": {
        "submission in review": " login 404 404 404 404 404 403 200 404",
        "submission neighbour's submitted": HIDDEN,
    },
    # documents
    "document": {
        "plan that is being made": "login 404 200 200 404 200 302 200 404",
        "letter that failed": "     login 404 200 200 404 200 302 200 404",
        "certificate as PDF": "     login 404 200 200 404 200 302 200 404",
        "neighbour's certificate as PDF": HIDDEN,
    },
    "document_state": {
        "plan that is being made": "login 404 200 200 404 200 302 200 404",
        "neighbour's certificate as PDF": HIDDEN,
    },
    "ask_document": {"draft, its board paper": ONLY_POST},
}
