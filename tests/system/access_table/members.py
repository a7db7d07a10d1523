"""What comes back when an address is opened: what anybody sees, and what members of an organisation see."""

from __future__ import annotations

from tests.system.access_table.words import (
    ANONYMOUS,
    ASSIGNED,
    CONTRIBUTOR,
    FORBIDDEN,
    FORBIDDEN_TO_ALL,
    HIDDEN_FROM_ALL,
    HIDDEN_FROM_THE_PUBLIC_TOO,
    IN_HOUSE,
    INDEPENDENT,
    ONLY_FOR_POSTS,
    OPEN_TO_SIGNED_IN,
    OPEN_TO_THE_PUBLIC,
    OUTSIDER,
    OWNER,
    ROLES,
    VIEWER,
    Access,
    access,
)

OF_MEMBERS: dict[str, dict[str, Access]] = {
    # anyone
    "start": {"": OPEN_TO_THE_PUBLIC},
    "verify_form": {"": OPEN_TO_THE_PUBLIC},
    "verify": {
        "certificate": OPEN_TO_THE_PUBLIC,
        "certificate, typed carelessly": access(redirected=ROLES),
        "mistyped number": OPEN_TO_THE_PUBLIC,
        "unknown number": HIDDEN_FROM_THE_PUBLIC_TOO,
    },
    "verify_file": {"": OPEN_TO_THE_PUBLIC},
    "clauses": {"": OPEN_TO_THE_PUBLIC},
    "clause": {"clause": OPEN_TO_THE_PUBLIC, "no clause": HIDDEN_FROM_THE_PUBLIC_TOO},
    "method": {"": OPEN_TO_THE_PUBLIC},
    "help": {"": OPEN_TO_THE_PUBLIC},
    "notice": {"privacy notice": OPEN_TO_THE_PUBLIC, "no such notice": HIDDEN_FROM_THE_PUBLIC_TOO},
    "health": {"": OPEN_TO_THE_PUBLIC},
    "security_txt": {"": OPEN_TO_THE_PUBLIC},
    "invitation": {  # for one address alone; who is a member already is told so
        "invitation": access(shown=[ANONYMOUS, VIEWER, CONTRIBUTOR, ASSIGNED, OWNER, IN_HOUSE], others=FORBIDDEN),
        "used invitation": HIDDEN_FROM_THE_PUBLIC_TOO,
    },
    # a session that ends, and what was typed when it had
    "session": {"": ONLY_FOR_POSTS},
    "held": {
        "kept form": access(shown=[OWNER]),
        "form that is gone": HIDDEN_FROM_ALL,
    },
    # a member
    "dashboard": {"": OPEN_TO_SIGNED_IN},
    "inbox": {"": OPEN_TO_SIGNED_IN},
    "assessments": {"": OPEN_TO_SIGNED_IN},
    "filters": {"": OPEN_TO_SIGNED_IN},
    "portfolio_sums": {"": OPEN_TO_SIGNED_IN},
    "actions": {"": OPEN_TO_SIGNED_IN},
    "organisation_actions": {"": OPEN_TO_SIGNED_IN},
    "action": {
        "action": access(shown=[VIEWER, CONTRIBUTOR, OWNER, INDEPENDENT], redirected=[IN_HOUSE]),
        "action of the assigned": access(
            shown=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER, INDEPENDENT], redirected=[IN_HOUSE]
        ),
        "added action": access(shown=[VIEWER, CONTRIBUTOR, OWNER, INDEPENDENT], redirected=[IN_HOUSE]),
        "no action": HIDDEN_FROM_ALL,
        "neighbour's action": HIDDEN_FROM_ALL,
    },
    "actions_export": {"": OPEN_TO_SIGNED_IN},
    "actions_import": {"": access(shown=[OUTSIDER, CONTRIBUTOR, ASSIGNED, OWNER], others=FORBIDDEN)},
    "actions_dates": {"": OPEN_TO_SIGNED_IN},
    "action_new": {"": access(shown=[OUTSIDER, CONTRIBUTOR, OWNER], others=FORBIDDEN)},
    "actions_merge": {"": OPEN_TO_SIGNED_IN},
    "action_edit": {
        "action": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "action of the assigned": access(shown=[CONTRIBUTOR, ASSIGNED, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "neighbour's action": HIDDEN_FROM_ALL,
    },
    "action_split": {  # only who sees the whole plan
        "action": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "action of the assigned": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, ASSIGNED, INDEPENDENT]),
        "neighbour's action": HIDDEN_FROM_ALL,
    },
    "action_not_relevant": {
        "action": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "action of the assigned": access(shown=[CONTRIBUTOR, ASSIGNED, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "neighbour's action": HIDDEN_FROM_ALL,
    },
    "actions_moved": {
        "dates moved": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "no dates moved": HIDDEN_FROM_ALL,
    },
    "remediation_plan": {
        "use of the in review": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "plain use": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "use of the neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "plan_now": {"use of the in review": ONLY_FOR_POSTS},
    "action_plan": {
        "action": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "no action": HIDDEN_FROM_ALL,
        "neighbour's action": HIDDEN_FROM_ALL,
    },
    "action_risk": {  # only an owner accepts a risk
        "action that may be borne": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, INDEPENDENT]),
        "neighbour's action": HIDDEN_FROM_ALL,
    },
    "action_evidence": {
        "reported action": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, INDEPENDENT]),
        "neighbour's action": HIDDEN_FROM_ALL,
    },
    "action_file": {
        "evidence of the action": access(shown=[VIEWER, CONTRIBUTOR, OWNER, INDEPENDENT], redirected=[IN_HOUSE]),
        "no such evidence of the action": access(redirected=[IN_HOUSE]),
    },
    "certificates": {"": OPEN_TO_SIGNED_IN},
    "certificate_status": {
        "certificate": access(shown=[VIEWER, CONTRIBUTOR, OWNER, IN_HOUSE, INDEPENDENT]),
        "self-declared certificate": access(shown=[VIEWER, CONTRIBUTOR, OWNER, IN_HOUSE]),
        "unknown number": HIDDEN_FROM_ALL,
        "neighbour's certificate": HIDDEN_FROM_ALL,
    },
    # organisations and people
    "found": {"": FORBIDDEN_TO_ALL},
    "organisation": {
        "organisation": access(shown=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER, IN_HOUSE]),
        "reviewing body": access(shown=[INDEPENDENT]),
        "neighbour": HIDDEN_FROM_ALL,
    },
    "organisation_edit": {
        "organisation": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
        "reviewing body": access(forbidden=[INDEPENDENT]),
        "neighbour": HIDDEN_FROM_ALL,
    },
    "organisation_data": {
        "organisation": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
        "reviewing body": access(forbidden=[INDEPENDENT]),
        "neighbour": HIDDEN_FROM_ALL,
    },
    "organisation_delete": {
        "organisation": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
        "reviewing body": access(forbidden=[INDEPENDENT]),
        "neighbour": HIDDEN_FROM_ALL,
    },
    "people": {
        "organisation": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
        "reviewing body": access(shown=[INDEPENDENT]),
        "neighbour": HIDDEN_FROM_ALL,
    },
    "invited": {"open invitation": ONLY_FOR_POSTS},
    "organisation_log": {
        "organisation": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
        "reviewing body": access(shown=[INDEPENDENT]),
        "neighbour": HIDDEN_FROM_ALL,
    },
    "member": {
        "membership of the viewer": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
        "membership of the neighbour": access(forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
    },
    "reset_factor": {
        "membership of the viewer": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
        "membership of the neighbour": access(forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
    },
    "members_factor": {"organisation": ONLY_FOR_POSTS},
    "member_remove": {  # one's own: anybody may leave
        "membership of the viewer": access(shown=[VIEWER, OWNER], forbidden=[CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
        "membership of the neighbour": access(forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED, IN_HOUSE]),
    },
    # AI systems and their declared uses
    "systems": {"": OPEN_TO_SIGNED_IN},
    "system_new": {"": access(shown=[OUTSIDER, OWNER], others=FORBIDDEN)},
    "import": {"": access(shown=[OUTSIDER, OWNER], others=FORBIDDEN)},
    "import_report": {
        "import": access(shown=[OWNER]),
        "neighbour's import": HIDDEN_FROM_ALL,
    },
    "import_faulty": {
        "import": access(shown=[OWNER]),
        "neighbour's import": HIDDEN_FROM_ALL,
    },
    "inventory_template": {"": OPEN_TO_SIGNED_IN},
    "systems_export": {"": OPEN_TO_SIGNED_IN},
    "system_retire": {
        "system": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "retired system": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "neighbour's system": HIDDEN_FROM_ALL,
    },
    "use_retire": {
        "use of the draft": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "use of the neighbour's draft": HIDDEN_FROM_ALL,
    },
    "model_card": {
        "plain use": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "use of the neighbour's draft": HIDDEN_FROM_ALL,
    },
    "reuse": {
        "draft": access(shown=[CONTRIBUTOR, ASSIGNED, OWNER], forbidden=[VIEWER]),
        "draft that takes over": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "system": {
        "system": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "neighbour's system": HIDDEN_FROM_ALL,
    },
    "system_edit": {
        "system": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "neighbour's system": HIDDEN_FROM_ALL,
    },
    "use_new": {
        "system": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "neighbour's system": HIDDEN_FROM_ALL,
    },
    "use_edit": {
        "use of the draft": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "use of the neighbour's draft": HIDDEN_FROM_ALL,
    },
    # facts, and the tier that they give
    "use": {
        "use of the draft": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "use of the in review": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "blank use": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "use of the neighbour's draft": HIDDEN_FROM_ALL,
    },
    "facts": {
        "use of the draft, facts on prohibited uses": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "use of the in review, facts on prohibited uses": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "use of the draft, no such facts": access(forbidden=[VIEWER]),
        "use of the neighbour's draft, facts on prohibited uses": HIDDEN_FROM_ALL,
    },
    "facts_draft": {"use of the draft, facts on prohibited uses": ONLY_FOR_POSTS},
    "prohibited": {
        "use of the prohibited draft": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "use of the draft": access(redirected=[VIEWER, CONTRIBUTOR, OWNER]),
        "use of the neighbour's draft": HIDDEN_FROM_ALL,
    },
    "agree": {
        "use to agree on": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "use of the neighbour's draft": HIDDEN_FROM_ALL,
    },
    "disagree": {  # whoever agreed, or an owner
        "agreed use": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "use of the neighbour's draft": HIDDEN_FROM_ALL,
    },
    "hold": {
        "hold of the use": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "open question": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "hold of another use": HIDDEN_FROM_ALL,
        "neighbour's hold of a use": HIDDEN_FROM_ALL,
    },
    "sign_worst_case": {
        "provisional use": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "use of the neighbour's draft": HIDDEN_FROM_ALL,
    },
    "what_changed": {
        "certified": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "draft": access(redirected=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "use_start": {"use of the draft": ONLY_FOR_POSTS},
    # answering
    "assessment": {
        "draft": access(shown=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER]),
        "in review": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "certified": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "next": {
        "draft": access(redirected=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "section": {
        "draft, section": access(shown=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER]),
        "draft, another section": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "draft, no such section": HIDDEN_FROM_ALL,
        "in review, section": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "neighbour's draft, section": HIDDEN_FROM_ALL,
    },
    "assign": {
        "draft, section": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED]),
        "neighbour's draft, section": HIDDEN_FROM_ALL,
    },
    "answer": {"draft, question": ONLY_FOR_POSTS},
    "reply": {"returned": ONLY_FOR_POSTS},
    "returned": {
        "returned": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "draft": access(redirected=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    # evidence: who sees only what is assigned, sees what those questions lean on, and changes what is their own
    "evidence": {"": OPEN_TO_SIGNED_IN},
    "evidence_new": {"": access(shown=[OUTSIDER, CONTRIBUTOR, ASSIGNED, OWNER], others=FORBIDDEN)},
    "evidence_piece": {
        "piece": access(shown=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER]),
        "piece on request": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "neighbour's piece": HIDDEN_FROM_ALL,
    },
    "evidence_edit": {
        "piece": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, ASSIGNED]),
        "neighbour's piece": HIDDEN_FROM_ALL,
    },
    "evidence_replace": {
        "piece": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, ASSIGNED]),
        "neighbour's piece": HIDDEN_FROM_ALL,
    },
    "evidence_withdraw": {
        "piece": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, ASSIGNED]),
        "neighbour's piece": HIDDEN_FROM_ALL,
    },
    "evidence_file": {
        "first version": access(shown=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER]),
        "no such version": HIDDEN_FROM_ALL,
        "neighbour's version": HIDDEN_FROM_ALL,
    },
    "answer_evidence": {
        "draft, question": access(shown=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER]),
        "draft, question of another section": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "in review, question": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "draft, no such question": HIDDEN_FROM_ALL,
        "neighbour's draft, question": HIDDEN_FROM_ALL,
    },
    # asking colleagues, and talking about a question: reviewers and outsiders never know of it
    "comments": {
        "draft, question": access(shown=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER]),
        "draft, question of another section": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "in review, question": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "draft, no such question": HIDDEN_FROM_ALL,
        "neighbour's draft, question": HIDDEN_FROM_ALL,
    },
    "ask": {
        "draft, question": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER, ASSIGNED]),
        "draft, no such question": HIDDEN_FROM_ALL,
        "neighbour's draft, question": HIDDEN_FROM_ALL,
    },
    "asked": {
        "draft, request": access(shown=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER]),
        "neighbour's request": HIDDEN_FROM_ALL,
    },
    # finding one's way, and history
    "search": {
        "draft": access(shown=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER]),
        "in review": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "flagged": {
        "draft": access(shown=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "flag": {"draft, question": ONLY_FOR_POSTS},
    "section_check": {
        "draft, section": access(shown=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER]),
        "draft, another section": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "draft, no such section": HIDDEN_FROM_ALL,
        "in review, section": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "neighbour's draft, section": HIDDEN_FROM_ALL,
    },
    "history": {
        "draft, question": access(shown=[VIEWER, CONTRIBUTOR, ASSIGNED, OWNER]),
        "draft, question of another section": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "draft, no such question": HIDDEN_FROM_ALL,
        "neighbour's draft, question": HIDDEN_FROM_ALL,
    },
    "compare": {
        "draft": access(shown=[VIEWER, CONTRIBUTOR, OWNER], forbidden=[ASSIGNED]),
        "second round": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "assessment_log": {
        "draft": access(shown=[VIEWER, CONTRIBUTOR, OWNER], forbidden=[ASSIGNED]),
        "in review": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "settings": {"": OPEN_TO_SIGNED_IN},
    "my_data": {"": OPEN_TO_SIGNED_IN},
    "account_delete": {"": OPEN_TO_SIGNED_IN},
    # results: who sees only what is assigned does not see them
    "results": {
        "draft": access(shown=[VIEWER, CONTRIBUTOR, OWNER], forbidden=[ASSIGNED]),
        "in review": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "result": {
        "draft, one dimension": access(shown=[VIEWER, CONTRIBUTOR, OWNER], forbidden=[ASSIGNED]),
        "draft, findings": access(shown=[VIEWER, CONTRIBUTOR, OWNER], forbidden=[ASSIGNED]),
        "draft, no such number": access(forbidden=[ASSIGNED]),
        "neighbour's draft, one dimension": HIDDEN_FROM_ALL,
    },
    # the conformity file of a High use
    "conformity": {
        "High draft": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "draft": access(forbidden=[ASSIGNED]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "conformity_part": {
        "High draft, overseers": access(shown=[CONTRIBUTOR, OWNER], forbidden=[VIEWER]),
        "High draft, no such part": access(forbidden=[VIEWER]),
        "neighbour's draft, overseers": HIDDEN_FROM_ALL,
    },
    "supplements": {
        "in review": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "draft": HIDDEN_FROM_ALL,  # nothing is signed yet
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    # check, sign, and what the owner may do afterwards
    "check": {
        "ready draft": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "draft": access(shown=[VIEWER, CONTRIBUTOR, OWNER], forbidden=[ASSIGNED]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "sign": {
        "ready draft": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "draft": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR, ASSIGNED]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "self_certify": {
        "Low draft": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "declare_prohibited": {
        "prohibited draft": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "neighbour's draft": HIDDEN_FROM_ALL,
    },
    "recall": {
        "submitted": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "withdraw": {
        "submitted": access(shown=[OWNER], forbidden=[VIEWER, CONTRIBUTOR]),
        "neighbour's submitted": HIDDEN_FROM_ALL,
    },
    # how a review goes, for the applicant; appeals and complaints
    "case": {
        "in review": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "draft": access(shown=[VIEWER, CONTRIBUTOR, OWNER], forbidden=[ASSIGNED]),
        "neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "contest": {
        "refused": access(shown=[VIEWER, CONTRIBUTOR, OWNER]),
        "neighbour's submitted": HIDDEN_FROM_ALL,
    },
    "open_again": {"upheld appeal": ONLY_FOR_POSTS},
    "appeal": {  # whoever had a part in the case never sees it there
        "appeal": access(shown=[INDEPENDENT]),
        "answered appeal": HIDDEN_FROM_ALL,
    },
}
