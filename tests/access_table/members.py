"""What comes back when an address is opened: what anybody sees, and what members of an organisation see."""

from __future__ import annotations

from tests.access_table.words import EVERYBODY, HIDDEN, NOBODY, ONLY_POST, SIGNED_IN

OF_MEMBERS: dict[str, dict[str, str]] = {
    # anyone
    "start": {"": EVERYBODY},
    "verify_form": {"": EVERYBODY},
    "verify": {
        "certificate": EVERYBODY,
        "certificate, typed carelessly": EVERYBODY.replace("200", "302"),
        "mistyped number": EVERYBODY,
        "unknown number": NOBODY,
    },
    "verify_file": {"": EVERYBODY},
    "clauses": {"": EVERYBODY},
    "clause": {"clause": EVERYBODY, "no clause": NOBODY},
    "method": {"": EVERYBODY},
    "notice": {"privacy notice": EVERYBODY, "no such notice": NOBODY},
    "health": {"": EVERYBODY},
    "security_txt": {"": EVERYBODY},
    "invitation": {  # for one address alone; who is a member already is told so
        "invitation": "           200 403 200 200 200 200 200 403 403",
        "used invitation": NOBODY,
    },
    # a session that ends, and what was typed when it had
    "session": {"": ONLY_POST},
    "held": {
        "kept form": "            login 404 404 404 404 200 404 404 404",
        "form that is gone": HIDDEN,
    },
    # a member              anonymous outsider viewer contributor assigned owner in-house independent staff
    "dashboard": {"": SIGNED_IN},
    "inbox": {"": SIGNED_IN},
    "assessments": {"": SIGNED_IN},
    "filters": {"": SIGNED_IN},
    "actions": {"": SIGNED_IN},
    "organisation_actions": {"": SIGNED_IN},
    "action": {
        "action": "               login 404 200 200 404 200 302 200 404",
        "action of the assigned": "login 404 200 200 200 200 302 200 404",
        "added action": "         login 404 200 200 404 200 302 200 404",
        "no action": HIDDEN,
        "neighbour's action": "   login 404 404 404 404 404 404 404 404",
    },
    "actions_export": {"": SIGNED_IN},
    "actions_import": {"": "      login 200 403 200 200 200 403 403 403"},
    "actions_dates": {"": SIGNED_IN},
    "action_new": {"": "          login 200 403 200 403 200 403 403 403"},
    "actions_merge": {"": SIGNED_IN},
    "action_edit": {
        "action": "               login 404 403 200 404 200 404 403 404",
        "action of the assigned": "login 404 403 200 200 200 404 403 404",
        "neighbour's action": HIDDEN,
    },
    "action_split": {  # only who sees the whole plan
        "action": "               login 404 403 200 404 200 404 403 404",
        "action of the assigned": "login 404 403 200 403 200 404 403 404",
        "neighbour's action": HIDDEN,
    },
    "action_not_relevant": {
        "action": "               login 404 403 200 404 200 404 403 404",
        "action of the assigned": "login 404 403 200 200 200 404 403 404",
        "neighbour's action": HIDDEN,
    },
    "actions_moved": {
        "dates moved": "          login 404 403 200 404 200 404 404 404",
        "no dates moved": HIDDEN,
    },
    "workspace": {
        "use of the in review": " login 404 200 200 404 200 404 404 404",
        "plain use": "            login 404 200 200 404 200 404 404 404",
        "use of the neighbour's submitted": HIDDEN,
    },
    "plan_now": {"use of the in review": ONLY_POST},
    "action_plan": {
        "action": "               login 404 403 200 404 200 404 403 404",
        "no action": HIDDEN,
        "neighbour's action": HIDDEN,
    },
    "action_risk": {  # only an owner accepts a risk
        "action that may be borne": "login 404 403 403 404 200 404 403 404",
        "neighbour's action": HIDDEN,
    },
    "action_evidence": {
        "reported action": "      login 404 403 200 404 200 404 403 404",
        "neighbour's action": HIDDEN,
    },
    "action_file": {
        "evidence of the action": "login 404 200 200 404 200 302 200 404",
        "no such evidence of the action": "login 404 404 404 404 404 302 404 404",
    },
    "certificates": {"": SIGNED_IN},
    "standing": {
        "certificate": "          login 404 200 200 404 200 200 200 404",
        "self-declared certificate": "login 404 200 200 404 200 200 404 404",
        "unknown number": HIDDEN,
        "neighbour's certificate": HIDDEN,
    },
    # organisations and people
    "found": {"": "               login 403 403 403 403 403 403 403 403"},
    "organisation": {
        "organisation": "         login 404 200 200 200 200 200 404 404",
        "reviewing body": "       login 404 404 404 404 404 404 200 404",
        "neighbour": HIDDEN,
    },
    "organisation_edit": {
        "organisation": "         login 404 403 403 403 200 403 404 404",
        "reviewing body": "       login 404 404 404 404 404 404 403 404",
        "neighbour": HIDDEN,
    },
    "organisation_data": {
        "organisation": "         login 404 403 403 403 200 403 404 404",
        "reviewing body": "       login 404 404 404 404 404 404 403 404",
        "neighbour": HIDDEN,
    },
    "organisation_delete": {
        "organisation": "         login 404 403 403 403 200 403 404 404",
        "reviewing body": "       login 404 404 404 404 404 404 403 404",
        "neighbour": HIDDEN,
    },
    "people": {
        "organisation": "         login 404 403 403 403 200 403 404 404",
        "reviewing body": "       login 404 404 404 404 404 404 200 404",
        "neighbour": HIDDEN,
    },
    "invited": {"open invitation": ONLY_POST},
    "organisation_log": {
        "organisation": "         login 404 403 403 403 200 403 404 404",
        "reviewing body": "       login 404 404 404 404 404 404 200 404",
        "neighbour": HIDDEN,
    },
    "member": {
        "membership of the viewer": "    login 404 403 403 403 200 403 404 404",
        "membership of the neighbour": " login 404 403 403 403 404 403 404 404",
    },
    "reset_factor": {
        "membership of the viewer": "    login 404 403 403 403 200 403 404 404",
        "membership of the neighbour": " login 404 403 403 403 404 403 404 404",
    },
    "members_factor": {"organisation": ONLY_POST},
    "member_remove": {  # one's own: anybody may leave
        "membership of the viewer": "    login 404 200 403 403 200 403 404 404",
        "membership of the neighbour": " login 404 403 403 403 404 403 404 404",
    },
    # AI systems and their declared uses
    "systems": {"": SIGNED_IN},
    "system_new": {"": "          login 200 403 403 403 200 403 403 403"},
    "import": {"": "              login 200 403 403 403 200 403 403 403"},
    "import_report": {
        "import": "               login 404 404 404 404 200 404 404 404",
        "neighbour's import": HIDDEN,
    },
    "import_faulty": {
        "import": "               login 404 404 404 404 200 404 404 404",
        "neighbour's import": HIDDEN,
    },
    "inventory_template": {"": SIGNED_IN},
    "systems_export": {"": SIGNED_IN},
    "system_retire": {
        "system": "               login 404 403 403 404 200 404 404 404",
        "retired system": "       login 404 403 403 404 200 404 404 404",
        "neighbour's system": HIDDEN,
    },
    "use_retire": {
        "use of the draft": "     login 404 403 403 404 200 404 404 404",
        "use of the neighbour's draft": HIDDEN,
    },
    "model_card": {
        "plain use": "            login 404 403 200 404 200 404 404 404",
        "use of the neighbour's draft": HIDDEN,
    },
    "reuse": {
        "draft": "                login 404 403 200 200 200 404 404 404",
        "draft that takes over": "login 404 403 200 404 200 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "system": {
        "system": "               login 404 200 200 404 200 404 404 404",
        "neighbour's system": HIDDEN,
    },
    "system_edit": {
        "system": "               login 404 403 403 404 200 404 404 404",
        "neighbour's system": HIDDEN,
    },
    "use_new": {
        "system": "               login 404 403 403 404 200 404 404 404",
        "neighbour's system": HIDDEN,
    },
    "use_edit": {
        "use of the draft": "     login 404 403 403 404 200 404 404 404",
        "use of the neighbour's draft": HIDDEN,
    },
    # facts, and the tier that they give
    "use": {
        "use of the draft": "     login 404 200 200 404 200 404 404 404",
        "use of the in review": " login 404 200 200 404 200 404 404 404",
        "blank use": "            login 404 200 200 404 200 404 404 404",
        "use of the neighbour's draft": HIDDEN,
    },
    "facts": {
        "use of the draft, facts on prohibited uses": "   login 404 403 200 404 200 404 404 404",
        "use of the in review, facts on prohibited uses": "login 404 403 200 404 200 404 404 404",
        "use of the draft, no such facts": "              login 404 403 404 404 404 404 404 404",
        "use of the neighbour's draft, facts on prohibited uses": HIDDEN,
    },
    "facts_draft": {"use of the draft, facts on prohibited uses": ONLY_POST},
    "stopped": {
        "use of the prohibited draft": " login 404 200 200 404 200 404 404 404",
        "use of the draft": "            login 404 302 302 404 302 404 404 404",
        "use of the neighbour's draft": HIDDEN,
    },
    "agree": {
        "use to agree on": "      login 404 403 200 404 200 404 404 404",
        "use of the neighbour's draft": HIDDEN,
    },
    "disagree": {  # whoever agreed, or an owner
        "agreed use": "           login 404 403 403 404 200 404 404 404",
        "use of the neighbour's draft": HIDDEN,
    },
    "hold": {
        "hold of the use": "      login 404 200 200 404 200 404 404 404",
        "open question": "        login 404 200 200 404 200 404 404 404",
        "hold of another use": "  login 404 404 404 404 404 404 404 404",
        "neighbour's hold of a use": HIDDEN,
    },
    "sign_worst": {
        "provisional use": "      login 404 403 403 404 200 404 404 404",
        "use of the neighbour's draft": HIDDEN,
    },
    "what_changed": {
        "certified": "            login 404 403 403 404 200 404 404 404",
        "draft": "                login 404 403 403 403 302 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "use_start": {"use of the draft": ONLY_POST},
    # answering
    "assessment": {
        "draft": "                login 404 200 200 200 200 404 404 404",
        "in review": "            login 404 200 200 404 200 404 404 404",
        "certified": "            login 404 200 200 404 200 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "next": {
        "draft": "                login 404 302 302 302 302 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "section": {
        "draft, section": "          login 404 200 200 200 200 404 404 404",
        "draft, another section": "  login 404 200 200 404 200 404 404 404",
        "draft, no such section": HIDDEN,
        "in review, section": "      login 404 200 200 404 200 404 404 404",
        "neighbour's draft, section": HIDDEN,
    },
    "assign": {
        "draft, section": "          login 404 403 403 403 200 404 404 404",
        "neighbour's draft, section": HIDDEN,
    },
    "answer": {"draft, question": ONLY_POST},
    "reply": {"returned": ONLY_POST},
    "returned": {
        "returned": "             login 404 200 200 404 200 404 404 404",
        "draft": "                login 404 302 302 302 302 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    # evidence: who sees only what is assigned, sees what those questions lean on, and changes what is their own
    "evidence": {"": SIGNED_IN},
    "evidence_new": {"": "        login 200 403 200 200 200 403 403 403"},
    "evidence_piece": {
        "piece": "                login 404 200 200 200 200 404 404 404",
        "piece on request": "     login 404 200 200 404 200 404 404 404",
        "neighbour's piece": HIDDEN,
    },
    "evidence_edit": {
        "piece": "                login 404 403 200 403 200 404 404 404",
        "neighbour's piece": HIDDEN,
    },
    "evidence_replace": {
        "piece": "                login 404 403 200 403 200 404 404 404",
        "neighbour's piece": HIDDEN,
    },
    "evidence_withdraw": {
        "piece": "                login 404 403 200 403 200 404 404 404",
        "neighbour's piece": HIDDEN,
    },
    "evidence_file": {
        "first version": "        login 404 200 200 200 200 404 404 404",
        "no such version": HIDDEN,
        "neighbour's version": HIDDEN,
    },
    "answer_evidence": {
        "draft, question": "      login 404 200 200 200 200 404 404 404",
        "draft, question of another section": "login 404 200 200 404 200 404 404 404",
        "in review, question": "  login 404 200 200 404 200 404 404 404",
        "draft, no such question": HIDDEN,
        "neighbour's draft, question": HIDDEN,
    },
    # asking colleagues, and talking about a question: reviewers and outsiders never know of it
    "comments": {
        "draft, question": "          login 404 200 200 200 200 404 404 404",
        "draft, question of another section": "login 404 200 200 404 200 404 404 404",
        "in review, question": "      login 404 200 200 404 200 404 404 404",
        "draft, no such question": HIDDEN,
        "neighbour's draft, question": HIDDEN,
    },
    "ask": {
        "draft, question": "          login 404 403 200 403 200 404 404 404",
        "draft, no such question": HIDDEN,
        "neighbour's draft, question": HIDDEN,
    },
    "asked": {
        "draft, request": "           login 404 200 200 200 200 404 404 404",
        "neighbour's request": HIDDEN,
    },
    # finding one's way, and history
    "search": {
        "draft": "                login 404 200 200 200 200 404 404 404",
        "in review": "            login 404 200 200 404 200 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "flagged": {
        "draft": "                login 404 200 200 200 200 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "flag": {"draft, question": ONLY_POST},
    "section_check": {
        "draft, section": "          login 404 200 200 200 200 404 404 404",
        "draft, another section": "  login 404 200 200 404 200 404 404 404",
        "draft, no such section": HIDDEN,
        "in review, section": "      login 404 200 200 404 200 404 404 404",
        "neighbour's draft, section": HIDDEN,
    },
    "history": {
        "draft, question": "      login 404 200 200 200 200 404 404 404",
        "draft, question of another section": "login 404 200 200 404 200 404 404 404",
        "draft, no such question": HIDDEN,
        "neighbour's draft, question": HIDDEN,
    },
    "compare": {
        "draft": "                login 404 200 200 403 200 404 404 404",
        "second round": "         login 404 200 200 404 200 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "assessment_log": {
        "draft": "                login 404 200 200 403 200 404 404 404",
        "in review": "            login 404 200 200 404 200 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "settings": {"": SIGNED_IN},
    "my_data": {"": SIGNED_IN},
    "account_delete": {"": SIGNED_IN},
    # results: who sees only what is assigned does not see them
    "results": {
        "draft": "                login 404 200 200 403 200 404 404 404",
        "in review": "            login 404 200 200 404 200 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "result": {
        "draft, one dimension": " login 404 200 200 403 200 404 404 404",
        "draft, findings": "      login 404 200 200 403 200 404 404 404",
        "draft, no such number": "login 404 404 404 403 404 404 404 404",
        "neighbour's draft, one dimension": HIDDEN,
    },
    # the conformity file of a High use
    "conformity": {
        "High draft": "           login 404 200 200 404 200 404 404 404",
        "draft": "                login 404 404 404 403 404 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "conformity_part": {
        "High draft, overseers": "login 404 403 200 404 200 404 404 404",
        "High draft, no such part": "login 404 403 404 404 404 404 404 404",
        "neighbour's draft, overseers": HIDDEN,
    },
    "supplements": {
        "in review": "            login 404 200 200 404 200 404 404 404",
        "draft": HIDDEN,  # nothing is signed yet
        "neighbour's draft": HIDDEN,
    },
    # check, sign, and what the owner may do afterwards
    "check": {
        "ready draft": "          login 404 200 200 404 200 404 404 404",
        "draft": "                login 404 200 200 403 200 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "sign": {
        "ready draft": "          login 404 403 403 404 200 404 404 404",
        "draft": "                login 404 403 403 403 200 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "self_certify": {
        "Low draft": "            login 404 403 403 404 200 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "declare_prohibited": {
        "prohibited draft": "     login 404 403 403 404 200 404 404 404",
        "neighbour's draft": HIDDEN,
    },
    "recall": {
        "submitted": "            login 404 403 403 404 200 404 404 404",
        "neighbour's submitted": HIDDEN,
    },
    "withdraw": {
        "submitted": "            login 404 403 403 404 200 404 404 404",
        "neighbour's submitted": HIDDEN,
    },
    # how a review goes, for the applicant; appeals and complaints
    "case": {
        "in review": "            login 404 200 200 404 200 404 404 404",
        "draft": "                login 404 200 200 403 200 404 404 404",
        "neighbour's submitted": HIDDEN,
    },
    "contest": {
        "refused": "              login 404 200 200 404 200 404 404 404",
        "neighbour's submitted": HIDDEN,
    },
    "open_again": {"upheld appeal": ONLY_POST},
    "appeal": {  # whoever had a part in the case never sees it there
        "appeal": "               login 404 404 404 404 404 404 200 404",
        "answered appeal": HIDDEN,
    },
}
