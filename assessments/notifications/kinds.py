"""The kinds of message, in one enum. A row of the inbox keeps the value, so values stay; the words are in `texts`."""

from __future__ import annotations

from enum import StrEnum


class MessageKind(StrEnum):
    """What a message is about. The value has at most 24 characters."""

    # Colleagues who work on an assessment.
    MENTION = "mention"
    REPLY = "reply"
    ASKED = "asked"
    ANSWERED = "answered"
    ASKED_NO_MORE = "asked_no_more"
    HOLD = "hold"

    # A submission on its way: what its owners or those who may review are told.
    SUBMITTED = "submitted"
    SECOND_SEAT = "second_seat"
    RETURNED = "returned"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    # What the reviewers of a case are told.
    CASE_ROUND = "case_round"
    CASE_RETURNED = "case_returned"
    CASE_APPROVED = "case_approved"
    CASE_DECIDED = "case_decided"
    CASE_CERTIFIED = "case_certified"
    CASE_RECALLED = "case_recalled"
    ASSIGNED = "assigned"
    TO_DECLARE = "to_declare"
    CASE_NOTE = "case_note"
    SHORT_LOOK = "short_look"
    APPROVAL_TAKEN_BACK = "approval_taken_back"
    SECOND_LOOK = "second_look"
    SECOND_LOOK_REPORTED = "second_look_reported"
    SUPPLEMENT = "supplement"

    # What the two sides of a review write to each other, and appeals.
    CASE_MESSAGE = "case_message"
    APPEAL = "appeal"
    APPEAL_ANSWERED = "appeal_answered"
    TO_REINSTATE = "to_reinstate"

    # Remediation actions.
    ACTION_ASSIGNED = "action_assigned"
    ACTION_REPORTED = "action_reported"
    ACTION_DECLINED = "action_declined"
    ACTION_CLOSED = "action_closed"
    ACTION_NOT_RELEVANT = "action_not_relevant"
    ACTION_RELEVANT = "action_relevant"
    RISK_ACCEPTED = "risk_accepted"
    RISK_RETURNED = "risk_returned"

    # Certificates.
    CERTIFICATE_SUSPENDED = "certificate_suspended"
    CERTIFICATE_REINSTATED = "certificate_reinstated"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CERTIFICATE_LEFT = "certificate_left"
    CONDITION_MISSED = "condition_missed"
    MONITORING_LAPSED = "monitoring_lapsed"
    MONITORING_FRESH = "monitoring_fresh"

    # Organisations, their members and accounts.
    HANDED_OVER = "handed_over_to_you"
    DELETION = "deletion"
    SIGN_IN_REFUSED = "sign_in_refused"

    # Reminders of a date.
    CONDITION_DUE = "condition_due"
    ACTION_DUE = "action_due"
    ACTION_LATE = "action_late"
    RISK_ENDING = "risk_ending"
    RISK_REVIEW = "risk_review"
    EVIDENCE_EXPIRING = "evidence_expiring"
    MONITORING_ENDING = "monitoring_ending"


NEWS = frozenset(
    {
        MessageKind.ANSWERED,
        MessageKind.ASKED_NO_MORE,
        MessageKind.APPROVED,
        MessageKind.CASE_CERTIFIED,
        MessageKind.CASE_DECIDED,
        MessageKind.CASE_RECALLED,
        MessageKind.CASE_RETURNED,
        MessageKind.WITHDRAWN,
        MessageKind.REPLY,
        MessageKind.RISK_ACCEPTED,
        MessageKind.ACTION_CLOSED,
        MessageKind.CERTIFICATE_REINSTATED,
    }
)
"""Kinds that ask for nothing: they only say what happened. A kind that is not named here asks to act."""
