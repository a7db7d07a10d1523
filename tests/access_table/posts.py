"""What comes back when a form is posted: an empty one, but for those of FORMS."""

from __future__ import annotations

from tests.access_table.words import HIDDEN, SIGNED_IN
from tests.world import QUESTION

FORMS = {
    "submission in review": {"target": f"q:{QUESTION}", "mark": "accepted"},
    "returned": {"target": f"q:{QUESTION}", f"r-q-{QUESTION}-words": "It is on page 3."},
    "reported action": {"accept": "1"},
    "action set aside": {"because": ""},
    "open invitation": {"cancel": "1"},
    "draft, request": {"done": "1"},
    "draft, request to change": {"change": "1"},
}
POSTED: dict[str, dict[str, str]] = {
    #                             anonymous outsider viewer contributor assigned owner in-house independent staff
    "invitation": {"invitation": "yes 403 yes yes yes yes yes 403 403"},
    "inbox": {"": HIDDEN},
    "session": {"": "             login yes yes yes yes yes yes yes yes"},
    "held": {
        "kept form": "            login 404 404 404 404 yes 404 404 404",
        "form that is gone": HIDDEN,
    },
    "dashboard": {"": HIDDEN},  # the inbox: an empty form names no line of it
    "action": {
        "action": "               login 404 403 yes 404 yes 404 403 404",
        "action of the assigned": "login 404 403 yes yes yes 404 403 404",
        "action set aside": "     login 404 403 403 404 403 404 yes 404",
        "reported action": "      login 404 403 403 404 403 404 yes 404",
    },
    "action_new": {"": "          login yes 403 yes 403 yes 403 403 403"},
    "actions_merge": {"": SIGNED_IN.replace("200", "yes")},
    "action_edit": {
        "action": "               login 404 403 yes 404 yes 404 403 404",
        "action of the assigned": "login 404 403 yes yes yes 404 403 404",
        "neighbour's action": HIDDEN,
    },
    "action_split": {
        "action": "               login 404 403 yes 404 yes 404 403 404",
        "action of the assigned": "login 404 403 yes 403 yes 404 403 404",
        "neighbour's action": HIDDEN,
    },
    "action_not_relevant": {
        "action": "               login 404 403 yes 404 yes 404 403 404",
        "action of the assigned": "login 404 403 yes yes yes 404 403 404",
        "neighbour's action": HIDDEN,
    },
    "actions_moved": {
        "dates moved": "          login 404 403 yes 404 yes 404 404 404",
        "no dates moved": HIDDEN,
    },
    "actions_import": {"": "      login yes 403 yes yes yes 403 403 403"},
    "actions_dates": {"": SIGNED_IN.replace("200", "yes")},
    "plan_now": {
        "use of the in review": " login 404 403 yes 404 yes 404 404 404",
        "use of the neighbour's submitted": HIDDEN,
    },
    "action_plan": {
        "action": "               login 404 403 yes 404 yes 404 403 404",
        "neighbour's action": HIDDEN,
    },
    "action_risk": {
        "action that may be borne": "login 404 403 403 404 yes 404 403 404",
        "neighbour's action": HIDDEN,
    },
    "action_evidence": {
        "reported action": "      login 404 403 yes 404 yes 404 403 404",
        "neighbour's action": HIDDEN,
    },
    "standing": {
        "certificate": "          login 404 403 403 404 403 yes yes 404",
        "self-declared certificate": "login 404 403 403 404 yes yes 404 404",
        "neighbour's certificate": HIDDEN,
    },
    "found": {"": "               login 403 403 403 403 403 403 403 403"},
    "organisation_edit": {"organisation": "login 404 403 403 403 yes 403 404 404"},
    "organisation_data": {
        "organisation": "         login 404 403 403 403 yes 403 404 404",
        "reviewing body": "       login 404 404 404 404 404 404 403 404",
        "neighbour": HIDDEN,
    },
    "organisation_delete": {
        "organisation": "         login 404 403 403 403 yes 403 404 404",
        "reviewing body": "       login 404 404 404 404 404 404 403 404",
        "neighbour": HIDDEN,
    },
    "people": {
        "organisation": "         login 404 403 403 403 yes 403 404 404",
        "reviewing body": "       login 404 404 404 404 404 404 yes 404",
    },
    "invited": {"open invitation": "login 404 403 403 403 yes 403 404 404"},
    "organisation_log": {
        "organisation": "         login 404 403 403 403 yes 403 404 404",
        "neighbour": HIDDEN,
    },
    "member": {"membership of the viewer": "login 404 403 403 403 yes 403 404 404"},
    "reset_factor": {"membership of the viewer": "login 404 403 403 403 yes 403 404 404"},
    "members_factor": {"organisation": "login 404 403 403 403 yes 403 404 404", "neighbour": HIDDEN},
    "member_remove": {"membership of the viewer": "login 404 yes 403 403 yes 403 404 404"},
    "comments": {
        "draft, question": "          login 404 403 yes yes yes 404 404 404",
        "draft, question of another section": "login 404 403 yes 404 yes 404 404 404",
        "neighbour's draft, question": HIDDEN,
    },
    "ask": {"draft, question": "      login 404 403 yes 403 yes 404 404 404"},
    "asked": {
        "draft, request": "           login 404 403 403 yes 403 404 404 404",
        "draft, request to change": " login 404 403 403 403 yes 404 404 404",
        "neighbour's request": HIDDEN,
    },
    "system_new": {"": "          login yes 403 403 403 yes 403 403 403"},
    "filters": {"": "             login yes yes yes yes yes yes yes yes"},
    "import": {"": "              login yes 403 403 403 yes 403 403 403"},
    "import_report": {
        "import": "               login 404 404 404 404 yes 404 404 404",
        "neighbour's import": HIDDEN,
    },
    "system_retire": {
        "system without uses": "  login 404 403 403 404 yes 404 404 404",
        "neighbour's system": HIDDEN,
    },
    "use_retire": {
        "plain use": "            login 404 403 403 404 yes 404 404 404",
        "use of the neighbour's draft": HIDDEN,
    },
    "model_card": {
        "plain use": "            login 404 403 yes 404 yes 404 404 404",
        "use of the neighbour's draft": HIDDEN,
    },
    "reuse": {
        "draft": "                login 404 403 yes yes yes 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "system_edit": {"system": "   login 404 403 403 404 yes 404 404 404"},
    "use_new": {"system": "       login 404 403 403 404 yes 404 404 404"},
    "use_edit": {"use of the draft": "login 404 403 403 404 yes 404 404 404"},
    "facts": {
        "use of the draft, facts on prohibited uses": "login 404 403 yes 404 yes 404 404 404",
        "use of the neighbour's draft, facts on prohibited uses": HIDDEN,
    },
    "facts_draft": {
        "use of the draft, facts on prohibited uses": "login 404 403 yes 404 yes 404 404 404",
        "use of the neighbour's draft, facts on prohibited uses": HIDDEN,
    },
    "agree": {"use to agree on": "login 404 403 yes 404 yes 404 404 404"},
    "disagree": {"agreed use": "  login 404 403 403 404 yes 404 404 404"},
    "hold": {
        "hold of the use": "      login 404 403 403 404 yes 404 404 404",
        "neighbour's hold of a use": HIDDEN,
    },
    "sign_worst": {"provisional use": "login 404 403 403 404 yes 404 404 404"},
    "what_changed": {
        "certified": "            login 404 403 403 404 yes 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "use_start": {
        "plain use": "            login 404 403 yes 404 yes 404 404 404",
        "use of the neighbour's draft": HIDDEN,
    },
    "section": {
        "draft, section": "       login 404 403 yes yes yes 404 404 404",
        "draft, another section": "login 404 403 yes 404 yes 404 404 404",
        "neighbour's draft, section": HIDDEN,
    },
    "assign": {"draft, section": "login 404 403 403 403 yes 404 404 404"},
    "answer": {
        "draft, question": "      login 404 403 yes yes yes 404 404 404",
        "draft, question of another section": "login 404 403 yes 404 yes 404 404 404",
        "draft, no such question": HIDDEN,
        "neighbour's draft, question": HIDDEN,
    },
    "evidence_new": {"": "        login yes 403 yes yes yes 403 403 403"},
    "evidence_edit": {"piece": "  login 404 403 yes 403 yes 404 404 404"},
    "evidence_replace": {"piece": "login 404 403 yes 403 yes 404 404 404"},
    "evidence_withdraw": {
        "piece": "                login 404 403 yes 403 yes 404 404 404",
        "neighbour's piece": HIDDEN,
    },
    "answer_evidence": {
        "draft, question": "      login 404 403 yes yes yes 404 404 404",
        "draft, question of another section": "login 404 403 yes 404 yes 404 404 404",
        "neighbour's draft, question": HIDDEN,
    },
    "returned": {"returned": "    403 404 403 yes 404 yes 404 404 404"},
    "reply": {
        "returned": "             403 404 403 yes 404 yes 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "flag": {
        "draft, question": "      login 404 yes yes yes yes 404 404 404",
        "draft, question of another section": "login 404 yes yes 404 yes 404 404 404",
        "draft, no such question": HIDDEN,
        "neighbour's draft, question": HIDDEN,
    },
    "section_check": {
        "draft, section": "       login 404 403 yes yes yes 404 404 404",
        "neighbour's draft, section": HIDDEN,
    },
    "history": {
        "draft, question": "      login 404 403 yes yes yes 404 404 404",
        "draft, question of another section": "login 404 403 yes 404 yes 404 404 404",
        "neighbour's draft, question": HIDDEN,
    },
    "settings": {"": "            login yes yes yes yes yes yes yes yes"},
    "my_data": {"": "             login yes yes yes yes yes yes yes yes"},
    "account_delete": {"": "      login yes yes yes yes yes yes yes yes"},
    "sign": {
        "ready draft": "          login 404 403 403 404 yes 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "self_certify": {"Low draft": "login 404 403 403 404 yes 404 404 404"},
    "declare_prohibited": {"prohibited draft": "login 404 403 403 404 yes 404 404 404"},
    "recall": {
        "submitted": "            login 404 403 403 404 yes 404 404 404",
        "neighbour's submitted": HIDDEN,
    },
    "withdraw": {
        "submitted": "            login 404 403 403 404 yes 404 404 404",
        "neighbour's submitted": HIDDEN,
    },
    "case": {
        "in review": "            login 404 403 yes 404 yes 404 404 404",
        "neighbour's submitted": HIDDEN,
    },
    "contest": {
        "refused": "              login 404 403 403 404 yes 404 404 404",
        "neighbour's submitted": HIDDEN,
    },
    "open_again": {"upheld appeal": "login 404 403 403 404 yes 404 404 404"},
    "appeal": {
        "appeal": "               login 404 404 404 404 404 404 yes 404",
        "answered appeal": HIDDEN,
    },
    "declare": {
        "submission in review": " login 404 404 404 404 404 yes yes 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "assign_seat": {
        "submitted, first seat": "login 404 404 404 404 404 403 yes 404",
        "in review, first seat": "login 404 404 404 404 404 403 yes 404",
        "neighbour's seat": HIDDEN,
    },
    "review_messages": {
        "submission in review": " login 404 404 404 404 404 403 yes 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "take": {
        "submission submitted": " login 404 404 404 404 404 yes yes 404",
        "submission in-house": "  login 404 404 404 404 404 yes 404 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "review_facts": {"submission in review": "login 404 404 404 404 404 403 yes 404"},
    "review_changes": {
        "submission second round": "login 404 404 404 404 404 403 yes 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "review_not_applicable": {"submission in review": "login 404 404 404 404 404 403 yes 404"},
    "mark_own_set": {"submission in review": "login 404 404 404 404 404 403 yes 404"},
    "quality_reviewers": {"": "login 403 403 403 403 403 403 yes 403"},
    "second_look": {
        "submission look given": "login 404 404 404 404 404 404 yes 404",
        "submission look being given": "login 404 404 404 404 404 404 yes 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "second_look_take": {"submission look offered": "login 404 404 404 404 404 404 yes 404"},
    "second_look_marks": {
        "submission look being given, section": "login 404 404 404 404 404 404 yes 404",
        "submission neighbour's submitted, section": HIDDEN,
    },
    "second_look_ask": {
        "submission certified": "login 403 403 403 403 403 403 yes 403",
        "submission neighbour's submitted": "login 403 403 403 403 403 403 404 403",
    },
    "review_parts": {"submission High in review": "login 404 404 404 404 404 403 yes 404"},
    "review_supplements": {"submission in review": "login 404 404 404 404 404 403 yes 404"},
    "supplements": {"in review": "login 404 403 yes 404 yes 404 404 404"},
    "conformity_part": {"High draft, overseers": "login 404 403 yes 404 yes 404 404 404"},
    "review_section": {
        "submission in review, section": "login 404 404 404 404 404 403 yes 404",
        "submission neighbour's submitted, section": HIDDEN,
    },
    "review_texts": {"": "login 403 403 403 403 403 yes yes 403"},
    "review_text": {"text of the reviewing body": "login 404 404 404 404 404 404 yes 404"},
    "case_notes": {"submission in review": "login 404 404 404 404 404 403 yes 404"},
    "mark_words": {"submission in review, words": "login 404 404 404 404 404 403 yes 404"},
    "review_together": {"submission in review": "login 404 404 404 404 404 403 yes 404"},
    "take_over_marks": {"submission in review": "login 404 404 404 404 404 403 yes 404"},
    "take_back_approval": {"submission two seats": "login 404 404 404 404 404 403 yes 404"},
    "mark": {
        "submission in review": " login 404 404 404 404 404 403 yes 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "close_hold": {
        "hold": "                 login 404 404 404 404 404 403 yes 404",
        "neighbour's hold": HIDDEN,
    },
    "judge_tier": {
        "submission in review": " login 404 404 404 404 404 403 yes 404",
        "submission neighbour's submitted": HIDDEN,
    },
    "send_back": {"submission to be returned": "login 404 404 404 404 404 403 yes 404"},
    "approve": {"submission marked": "login 404 404 404 404 404 403 yes 404"},
    "refuse": {"submission in review": "login 404 404 404 404 404 403 yes 404"},
    "document": {
        "letter that failed": "   login 404 yes yes 404 yes 404 yes 404",
        "neighbour's certificate as PDF": HIDDEN,
    },
    "ask_document": {
        "draft, its board paper": "             login 404 yes yes 403 yes 404 404 404",
        "draft, no such document": HIDDEN,
        "neighbour's draft, its board paper": HIDDEN,
    },
}
READ_ONLY = {  # addresses under which nothing can be changed
    "import_faulty", "inventory_template", "systems_export", "assessment_log", "review_log", "own_set", "quality",
    "actions_export", "organisation_actions", "workspace", "action_file",
    "start", "verify_form", "verify_file", "verify", "clauses", "clause", "method", "notice", "health", "security_txt", "assessments", "actions",
    "certificates", "organisation", "systems", "system", "use", "stopped", "assessment", "next", "results", "result",
    "check", "conformity", "reviews", "issued", "issued_export", "review", "document_state", "search", "flagged", "compare",
    "evidence", "evidence_piece", "evidence_file", "review_evidence",
    "evidence_preview", "evidence_picture", "case_evidence", "next_unmarked", "whole_case",
}  # fmt: skip
