"""What comes back when a form is posted: an empty one, but for those of FORMS."""

from __future__ import annotations

from tests.support.world import QUESTION
from tests.system.access_table.words import (
    ACCEPTED_FROM_SIGNED_IN,
    ANONYMOUS,
    ASSIGNED,
    CONTRIBUTOR,
    FORBIDDEN,
    FORBIDDEN_TO_ALL,
    HIDDEN_FROM_ALL,
    IN_HOUSE,
    INDEPENDENT,
    OUTSIDER,
    OWNER,
    STAFF,
    VIEWER,
    Access,
    access,
)

FORMS = {
    "submission in review": {"target": f"q:{QUESTION}", "mark": "accepted"},
    "returned": {"target": f"q:{QUESTION}", f"r-q-{QUESTION}-words": "It is on page 3."},
    "reported action": {"accept": "1"},
    "action set aside": {"because": ""},
    "open invitation": {"cancel": "1"},
    "draft, request": {"done": "1"},
    "draft, request to change": {"change": "1"},
}
POSTED: dict[str, dict[str, Access]] = {
    "invitation": {
        "invitation": access(accepted=[ANONYMOUS, VIEWER, CONTRIBUTOR, ASSIGNED, OWNER, IN_HOUSE], others=FORBIDDEN)
    },
    "inbox": {"": HIDDEN_FROM_ALL},
    "session": {"": ACCEPTED_FROM_SIGNED_IN},
    "held": {
        "kept form": access(accepted=[OWNER]),
        "form that is gone": HIDDEN_FROM_ALL,
    },
    "dashboard": {"": HIDDEN_FROM_ALL},  # the inbox: an empty form names no line of it
    "action": {
        "action": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "action of the assigned": access(accepted=[CONTRIBUTOR, ASSIGNED, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "action set aside": access(accepted=[INDEPENDENT], forbidden=[VIEWER, CONTRIBUTOR, OWNER]),
        "reported action": access(accepted=[INDEPENDENT], forbidden=[VIEWER, CONTRIBUTOR, OWNER]),
    },
    "action_new": {"": access(accepted=[OUTSIDER, CONTRIBUTOR, OWNER], others=FORBIDDEN)},
    "actions_merge": {"": ACCEPTED_FROM_SIGNED_IN},
    "action_edit": {
        "action": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "action of the assigned": access(accepted=[CONTRIBUTOR, ASSIGNED, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "neighbour's action": HIDDEN_FROM_ALL,
    },
    "action_split": {
        "action": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "action of the assigned": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, ASSIGNED, INDEPENDENT]),
        "neighbour's action": HIDDEN_FROM_ALL,
    },
    "action_not_relevant": {
        "action": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "action of the assigned": access(accepted=[CONTRIBUTOR, ASSIGNED, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "neighbour's action": HIDDEN_FROM_ALL,
    },
    "actions_moved": {
        "dates moved": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "no dates moved": HIDDEN_FROM_ALL,
    },
    "actions_import": {"": access(accepted=[OUTSIDER, CONTRIBUTOR, ASSIGNED, OWNER], others=FORBIDDEN)},
    "actions_dates": {"": ACCEPTED_FROM_SIGNED_IN},
    "plan_now": {
        "use of the in review": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "use of the neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "action_plan": {
        "action": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "neighbour's action": HIDDEN_FROM_ALL,
    },
    "action_risk": {
        "action that may be borne": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, INDEPENDENT]),
        "neighbour's action": HIDDEN_FROM_ALL,
    },
    "action_evidence": {
        "reported action": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "neighbour's action": HIDDEN_FROM_ALL,
    },
    "certificate_status": {
        "certificate": access(accepted=[IN_HOUSE, INDEPENDENT], forbidden=[VIEWER, CONTRIBUTOR, OWNER]),
        "self-declared certificate": access(accepted=[OWNER, IN_HOUSE], forbidden=[VIEWER, CONTRIBUTOR]),
        "neighbour's certificate": HIDDEN_FROM_ALL,
    },
    "found": {"": FORBIDDEN_TO_ALL},
    "organisation_edit": {
        "organisation": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE])
    },
    "organisation_data": {
        "organisation": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
        "reviewing body": access(forbidden=[INDEPENDENT]),
        "neighbour": HIDDEN_FROM_ALL,
    },
    "organisation_delete": {
        "organisation": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
        "reviewing body": access(forbidden=[INDEPENDENT]),
        "neighbour": HIDDEN_FROM_ALL,
    },
    "people": {
        "organisation": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
        "reviewing body": access(accepted=[INDEPENDENT]),
    },
    "invited": {"open invitation": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE])},
    "organisation_log": {
        "organisation": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
        "neighbour": HIDDEN_FROM_ALL,
    },
    "member": {
        "membership of the viewer": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE])
    },
    "reset_factor": {
        "membership of the viewer": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE])
    },
    "members_factor": {
        "organisation": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
        "neighbour": HIDDEN_FROM_ALL,
    },
    "member_remove": {
        "membership of the viewer": access(accepted=[VIEWER, OWNER], forbidden=[CONTRIBUTOR, ASSIGNED, IN_HOUSE])
    },
    "comments": {
        "draft, question": access(accepted=[CONTRIBUTOR, ASSIGNED, OWNER], forbidden=[VIEWER]),
        "draft, question of another section": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "neighbour's draft, question": HIDDEN_FROM_ALL,
    },
    "ask": {"draft, question": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, ASSIGNED])},
    "asked": {
        "draft, request": access(accepted=[ASSIGNED], forbidden=[VIEWER, CONTRIBUTOR, OWNER]),
        "draft, request to change": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED]),
        "neighbour's request": HIDDEN_FROM_ALL,
    },
    "system_new": {"": access(accepted=[OUTSIDER, OWNER], others=FORBIDDEN)},
    "filters": {"": ACCEPTED_FROM_SIGNED_IN},
    "import": {"": access(accepted=[OUTSIDER, OWNER], others=FORBIDDEN)},
    "import_report": {
        "import": access(accepted=[OWNER]),
        "neighbour's import": HIDDEN_FROM_ALL,
    },
    "system_retire": {
        "system without uses": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "neighbour's system": HIDDEN_FROM_ALL,
    },
    "use_retire": {
        "plain use": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "use of the neighbour's draft": HIDDEN_FROM_ALL,
    },
    "model_card": {
        "plain use": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "use of the neighbour's draft": HIDDEN_FROM_ALL,
    },
    "reuse": {
        "draft": access(accepted=[CONTRIBUTOR, ASSIGNED, OWNER], forbidden=[VIEWER]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "system_edit": {"system": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR])},
    "use_new": {"system": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR])},
    "use_edit": {"use of the draft": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR])},
    "facts": {
        "use of the draft, facts on prohibited uses": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "use of the neighbour's draft, facts on prohibited uses": HIDDEN_FROM_ALL,
    },
    "facts_draft": {
        "use of the draft, facts on prohibited uses": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "use of the neighbour's draft, facts on prohibited uses": HIDDEN_FROM_ALL,
    },
    "agree": {"use to agree on": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER])},
    "disagree": {"agreed use": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR])},
    "hold": {
        "hold of the use": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "neighbour's hold of a use": HIDDEN_FROM_ALL,
    },
    "sign_worst_case": {"provisional use": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR])},
    "what_changed": {
        "certified": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "use_start": {
        "plain use": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "use of the neighbour's draft": HIDDEN_FROM_ALL,
    },
    "section": {
        "draft, section": access(accepted=[CONTRIBUTOR, ASSIGNED, OWNER], forbidden=[VIEWER]),
        "draft, another section": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "neighbour's draft, section": HIDDEN_FROM_ALL,
    },
    "assign": {"draft, section": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED])},
    "answer": {
        "draft, question": access(accepted=[CONTRIBUTOR, ASSIGNED, OWNER], forbidden=[VIEWER]),
        "draft, question of another section": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "draft, no such question": HIDDEN_FROM_ALL,
        "neighbour's draft, question": HIDDEN_FROM_ALL,
    },
    "evidence_new": {"": access(accepted=[OUTSIDER, CONTRIBUTOR, ASSIGNED, OWNER], others=FORBIDDEN)},
    "evidence_edit": {"piece": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, ASSIGNED])},
    "evidence_replace": {"piece": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, ASSIGNED])},
    "evidence_withdraw": {
        "piece": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, ASSIGNED]),
        "neighbour's piece": HIDDEN_FROM_ALL,
    },
    "answer_evidence": {
        "draft, question": access(accepted=[CONTRIBUTOR, ASSIGNED, OWNER], forbidden=[VIEWER]),
        "draft, question of another section": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "neighbour's draft, question": HIDDEN_FROM_ALL,
    },
    "returned": {"returned": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[ANONYMOUS, VIEWER])},
    "reply": {
        "returned": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[ANONYMOUS, VIEWER]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "flag": {
        "draft, question": access(accepted=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER]),
        "draft, question of another section": access(accepted=[VIEWER, CONTRIBUTOR, OWNER]),
        "draft, no such question": HIDDEN_FROM_ALL,
        "neighbour's draft, question": HIDDEN_FROM_ALL,
    },
    "section_check": {
        "draft, section": access(accepted=[CONTRIBUTOR, ASSIGNED, OWNER], forbidden=[VIEWER]),
        "neighbour's draft, section": HIDDEN_FROM_ALL,
    },
    "history": {
        "draft, question": access(accepted=[CONTRIBUTOR, ASSIGNED, OWNER], forbidden=[VIEWER]),
        "draft, question of another section": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "neighbour's draft, question": HIDDEN_FROM_ALL,
    },
    "settings": {"": ACCEPTED_FROM_SIGNED_IN},
    "my_data": {"": ACCEPTED_FROM_SIGNED_IN},
    "account_delete": {"": ACCEPTED_FROM_SIGNED_IN},
    "sign": {
        "ready draft": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "self_certify": {"Low draft": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR])},
    "declare_prohibited": {"prohibited draft": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR])},
    "recall": {
        "submitted": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "withdraw": {
        "submitted": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "case": {
        "in review": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "contest": {
        "refused": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "open_again": {"upheld appeal": access(accepted=[OWNER], forbidden=[VIEWER, CONTRIBUTOR])},
    "appeal": {
        "appeal": access(accepted=[INDEPENDENT]),
        "answered appeal": HIDDEN_FROM_ALL,
    },
    "declare": {
        "submission in review": access(accepted=[IN_HOUSE, INDEPENDENT]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "assign_seat": {
        "submitted, first seat": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE]),
        "in review, first seat": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE]),
        "neighbour's seat": HIDDEN_FROM_ALL,
    },
    "review_messages": {
        "submission in review": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "take": {
        "submission submitted": access(accepted=[IN_HOUSE, INDEPENDENT]),
        "submission in-house": access(accepted=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "review_facts": {"submission in review": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE])},
    "review_changes": {
        "submission second round": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "review_not_applicable": {"submission in review": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE])},
    "mark_own_set": {"submission in review": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE])},
    "quality_reviewers": {"": access(accepted=[INDEPENDENT], others=FORBIDDEN)},
    "second_look": {
        "submission look given": access(accepted=[INDEPENDENT]),
        "submission look being given": access(accepted=[INDEPENDENT]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "second_look_take": {"submission look offered": access(accepted=[INDEPENDENT])},
    "second_look_marks": {
        "submission look being given, section": access(accepted=[INDEPENDENT]),
        "submission neighbour's submitted, section": HIDDEN_FROM_ALL,
    },
    "second_look_ask": {
        "submission certified": access(accepted=[INDEPENDENT], others=FORBIDDEN),
        "submission neighbour's submitted": access(
            forbidden=[OUTSIDER, VIEWER, CONTRIBUTOR, ASSIGNED, OWNER, IN_HOUSE, STAFF]
        ),
    },
    "review_parts": {"submission High in review": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE])},
    "review_supplements": {"submission in review": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE])},
    "supplements": {"in review": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER])},
    "conformity_part": {"High draft, overseers": access(accepted=[CONTRIBUTOR, OWNER], forbidden=[VIEWER])},
    "review_section": {
        "submission in review, section": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE]),
        "submission neighbour's submitted, section": HIDDEN_FROM_ALL,
    },
    "review_texts": {"": access(accepted=[IN_HOUSE, INDEPENDENT], others=FORBIDDEN)},
    "review_text": {"text of the reviewing body": access(accepted=[INDEPENDENT])},
    "case_notes": {"submission in review": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE])},
    "mark_words": {"submission in review, words": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE])},
    "review_together": {"submission in review": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE])},
    "take_over_marks": {"submission in review": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE])},
    "take_back_approval": {"submission two seats": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE])},
    "mark": {
        "submission in review": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "close_hold": {
        "hold": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE]),
        "neighbour's hold": HIDDEN_FROM_ALL,
    },
    "judge_tier": {
        "submission in review": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE]),
        "submission neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "send_back": {"submission to be returned": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE])},
    "approve": {"submission marked": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE])},
    "refuse": {"submission in review": access(accepted=[INDEPENDENT], forbidden=[IN_HOUSE])},
    "document": {
        "letter that failed": access(accepted=[VIEWER, CONTRIBUTOR, OWNER, INDEPENDENT]),
        "neighbour's certificate as PDF": HIDDEN_FROM_ALL,
    },
    "ask_document": {
        "draft, its board paper": access(accepted=[VIEWER, CONTRIBUTOR, OWNER], forbidden=[ASSIGNED]),
        "draft, no such document": HIDDEN_FROM_ALL,
        "neighbour's draft, its board paper": HIDDEN_FROM_ALL,
    },
}
READ_ONLY = {  # addresses under which nothing can be changed
    "import_faulty", "inventory_template", "systems_export", "assessment_log", "review_log", "own_set", "quality",
    "actions_export", "organisation_actions", "remediation_plan", "action_file",
    "start", "verify_form", "verify_file", "verify", "clauses", "clause", "method", "help", "notice", "health", "security_txt", "assessments", "actions", "portfolio_sums",
    "certificates", "organisation", "systems", "system", "use", "prohibited", "assessment", "next", "results", "result",
    "check", "conformity", "reviews", "issued", "issued_export", "review", "document_state", "search", "flagged", "compare",
    "evidence", "evidence_piece", "evidence_file", "review_evidence",
    "evidence_preview", "evidence_picture", "case_evidence", "next_unmarked", "whole_case",
}  # fmt: skip
