"""Who may open what, and who may do what: every address of the site, read aloud as a table.

A row names an address, an object of tests/world.py and, role by role, what comes back: a status, or `login` for the way
to the sign-in page. 404 is for who may not know of the object, 403 for a colleague without the role. In the table of
what is posted `yes` means that the page takes it, with whatever it then says of an empty form.

An address without a row fails the first test; so does a row without an address.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from assessments import urls
from assessments.models import Assignment, Hold, Membership, Message, Submission, User
from tests.factories import proved, undone
from tests.kept_world import world_of_the_run
from tests.world import NEIGHBOUR, QUESTION, SECTION, World, person

pytestmark = [pytest.mark.sqlite_alone, pytest.mark.slow_first(9)]

ROLES = ["anonymous", "outsider", "viewer", "contributor", "assigned", "owner", "in-house", "independent", "staff"]
EVERYBODY = "200 200 200 200 200 200 200 200 200"
SIGNED_IN = "login 200 200 200 200 200 200 200 200"
NOBODY = "404 404 404 404 404 404 404 404 404"
HIDDEN = "login 404 404 404 404 404 404 404 404"
ONLY_POST = "login 405 405 405 405 405 405 405 405"

# What comes back when it is opened.
OPENED: dict[str, dict[str, str]] = {
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

# What comes back when a form is posted there: an empty one, but for these.
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


def names_of(patterns: Any, prefix: str = "") -> Iterator[str]:
    """The name of every address under these patterns."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            space = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from names_of(pattern.url_patterns, space)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{prefix}{pattern.name}"


OURS = sorted(set(names_of(urls.urlpatterns)))


def test_every_address_has_its_row():
    assert sorted(OPENED) == OURS
    assert sorted(POSTED.keys() | READ_ONLY) == OURS
    assert POSTED.keys() & READ_ONLY == set()


@pytest.mark.parametrize("table", [OPENED, POSTED], ids=["opened", "posted"])
def test_every_row_speaks_of_every_role(table):
    wrong = [
        (name, what) for name, rows in table.items() for what, row in rows.items() if len(row.split()) != len(ROLES)
    ]
    assert wrong == []


# --- one data set for the module ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The data of tests/world.py, in a transaction around every test of this module."""
    media = override_settings(MEDIA_ROOT=tmp_path_factory.getbasetemp() / "media")
    with django_db_blocker.unblock(), media, undone():
        yield world_of_the_run()


@pytest.fixture(scope="module")
def clients(world: World, django_db_blocker: Any) -> dict[str, Client]:
    """A browser for each role, signed in where the role has a person."""
    found = {}
    for role in ROLES:
        client = Client()
        user = person(world, role)
        if user is not None:
            proved(client, user)
        found[role] = client
    return found


def spoken(response: HttpResponse) -> str:
    """A response as the table writes it."""
    if response.status_code == 302 and response["Location"].startswith(reverse("account_login")):
        return "login"
    return str(response.status_code)


def rows_of(table: dict[str, dict[str, str]], *, daily: int | None = None) -> list[Any]:
    """The rows of a table; of each address so many daily, the others in the long run."""
    return [
        pytest.param(
            name, what, row, id=f"{name}-{what}", marks=[pytest.mark.long] if daily is not None and n >= daily else []
        )
        for name, rows in table.items()
        for n, (what, row) in enumerate(rows.items())
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "what", "row"), rows_of(OPENED, daily=1))
def test_who_may_open(name, what, row, world, clients):
    url = reverse(name, args=world.places[what])
    found = {}
    for role in ROLES:
        with undone():
            found[role] = spoken(clients[role].get(url))
    assert found == dict(zip(ROLES, row.split(), strict=True))


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "what", "row"), rows_of(POSTED, daily=1))
def test_who_may_post_and_a_refused_post_writes_nothing(name, what, row, world, clients):
    url = reverse(name, args=world.places[what])
    found, written = {}, {}
    for role in ROLES:
        with undone(), CaptureQueriesContext(connection) as queries:
            said = spoken(clients[role].post(url, FORMS.get(what, {})))
            found[role] = "yes" if said in ("200", "302", "204", "409") else said
        if found[role] != "yes" and changes(queries):
            written[role] = changes(queries)
    assert found == dict(zip(ROLES, row.split(), strict=True))
    assert written == {}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(READ_ONLY))
def test_a_read_only_address_writes_nothing_whatever_is_posted(name, world, clients):
    written = {}
    for role in ("outsider", "owner", "independent"):
        for what in OPENED[name]:
            with undone(), CaptureQueriesContext(connection) as queries:
                clients[role].post(reverse(name, args=world.places[what]), {"note": "x", "state": "certified"})
            if changes(queries):
                written[role, what] = changes(queries)
    assert written == {}


def changes(queries: CaptureQueriesContext) -> list[str]:
    """The captured statements that change a row of ours."""
    words = ("INSERT", "UPDATE", "DELETE")
    return [
        q["sql"]
        for q in queries.captured_queries
        if q["sql"].startswith(words) and "assessments_" in q["sql"].split("WHERE")[0]
    ]


# --- nobody's pages show what a neighbour owns -----------------------------------------------------------------------------


LISTS = [
    "evidence",
    "dashboard",
    "assessments",
    "actions",
    "organisation_actions",
    "actions_export",
    "certificates",
    "systems",
    "systems_export",
    "reviews",
]


@pytest.mark.django_db
@pytest.mark.parametrize("name", LISTS)
def test_no_list_shows_anything_of_a_neighbour(name, world, clients):
    for role in ROLES:
        response = clients[role].get(reverse(name), follow=True)
        assert NEIGHBOUR not in response.content.decode(), role


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("assessments", "use"),
        ("certificates", "use"),
        ("systems", "assistant"),
        ("systems_export", "use"),
        ("actions", "action"),
        ("evidence", "piece"),
    ],
)
def test_the_neighbour_sees_it_there(name, shown, world):
    """Without this the test above could pass on lists that show nothing."""
    client = Client()
    client.force_login(Membership.objects.filter(organisation=world.neighbour, role="owner")[0].user)
    content = client.get(reverse(name)).content.decode()
    assert f"{NEIGHBOUR} {shown}" in content
    assert "Booking and urgency sorting" not in content


@pytest.mark.django_db
def test_a_reviewer_of_the_reviewing_body_sees_what_was_sent_to_it_and_every_high_case(world, clients):
    content = clients["independent"].get(reverse("reviews")).content.decode()
    (inside,), (high,), (sent,) = (
        world.places[f"submission {name}"] for name in ("in-house", "High in review", "submitted")
    )
    assert reverse("review", args=[sent]) in content
    assert reverse("review", args=[high]) in content
    assert reverse("review", args=[inside]) not in content


# --- links -------------------------------------------------------------------------------------------------------------------


class Links(HTMLParser):
    """The addresses that a page leads to, and the places on it."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.to, self.places = set[str](), set[str]()
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if named.get("id"):
            self.places.add(named["id"] or "")
        if tag == "a" and named.get("href"):
            self.to.add(named["href"] or "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "links"),
    [
        *(pytest.param(role, 4, marks=pytest.mark.long) for role in ("anonymous", "viewer", "contributor", "owner")),
        *(pytest.param(role, 4, marks=pytest.mark.long) for role in ("assigned", "in-house", "independent")),
        ("anonymous", 1),
        ("assigned", 1),
        ("independent", 1),
    ],
)
def test_no_page_leads_its_reader_astray(role, links, world, clients):
    """So many links of a kind from each page: none leads to a refusal, and each named place is on the page it leads to."""
    seen: dict[str, HttpResponse] = {}

    def get(path: str) -> HttpResponse:
        if path not in seen:
            response = clients[role].get(path)
            if response.status_code == 302 and not leaves(response):
                response = clients[role].get(urljoin(path, response["Location"]), follow=True)
            seen[path] = response
        return seen[path]

    def leaves(response: HttpResponse) -> bool:
        """Whether it leads to another site, as evidence does that is a link."""
        return response.get("Location", "").startswith("http")

    astray = set()
    for name, rows in OPENED.items():
        for what, row in rows.items():
            if row.split()[ROLES.index(role)] != "200" or name.startswith("document"):
                continue
            here = reverse(name, args=world.places[what])
            kinds = Counter[str]()
            if get(here).streaming:  # a file
                continue
            for link in sorted(Links(get(here).content.decode()).to):
                path, _hash, place = urljoin(here, link).partition("#")
                if not path.startswith("/"):
                    continue
                kind = resolve(path.partition("?")[0]).view_name
                kinds[kind] += 1
                if kinds[kind] > links or kind.startswith(("document", "account_")):
                    continue
                if kind == "review_evidence" and clients[role].get(path).status_code == 302:
                    continue  # a piece of evidence that is an address of somebody else's
                there = get(path)
                if leaves(there):
                    continue
                if there.status_code != 200:
                    astray.add(f"{name} of {what or 'all'} leads to {kind} ({link}): {there.status_code}")
                elif place and place not in Links(there.content.decode()).places:
                    astray.add(f"{name} of {what or 'all'} leads to a place that {kind} lacks: {link}")
    assert not astray, "\n".join(sorted(astray))


# --- references that belong to somebody else -------------------------------------------------------------------------------


def post_as(
    clients: dict[str, Client], role: str, name: str, args: tuple[Any, ...], data: dict[str, Any]
) -> tuple[str, list[str]]:
    with CaptureQueriesContext(connection) as queries:
        response = clients[role].post(reverse(name, args=args), data)
    return spoken(response), changes(queries)


def answered(question: str, choice: str = "in_place") -> dict[str, Any]:
    return {
        f"{question}--choice": choice,
        f"{question}--text": "Taken over.",
        f"{question}--base": 0,
        f"{question}--operation": str(uuid.uuid4()),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "name", "what", "data", "status"),
    [
        ("owner", "answer", "neighbour's draft, question", answered(QUESTION), "404"),
        ("owner", "section", "neighbour's draft, section", answered(QUESTION), "404"),
        ("assigned", "answer", "draft, question of another section", answered("known-failures", "unknown"), "404"),
        ("viewer", "answer", "draft, question", answered(QUESTION), "403"),
        ("owner", "facts", "use of the neighbour's draft, facts on prohibited uses", {"illegal_purpose": "no"}, "404"),
        ("owner", "agree", "use of the neighbour's draft", {"reason": "I agree."}, "404"),
        ("owner", "recall", "neighbour's submitted", {}, "404"),
        ("owner", "withdraw", "neighbour's submitted", {"reason": "Not needed."}, "404"),
        ("owner", "action", "neighbour's action", {"note": "Done."}, "404"),
        ("owner", "member_remove", "membership of the neighbour", {}, "404"),
        ("owner", "reset_factor", "membership of the neighbour", {}, "404"),
        ("independent", "take", "submission neighbour's submitted", {"conflict": "none"}, "404"),
        ("independent", "take", "submission in-house", {"conflict": "none"}, "404"),
        ("in-house", "take", "submission neighbour's submitted", {"conflict": "none"}, "404"),
        ("independent", "close_hold", "neighbour's hold", {"decision": "Advised by counsel."}, "404"),
        ("independent", "judge_tier", "submission neighbour's submitted", {"tier": "high", "reason": "Why."}, "404"),
        ("owner", "hold", "neighbour's hold of a use", {"attach": "x"}, "404"),
        ("owner", "what_changed", "neighbour's submitted", {"kinds": "model", "words": "New."}, "404"),
        ("contributor", "hold", "hold of the use", {"owner": 1, "due": "2030-01-01"}, "403"),
        (
            "independent",
            "mark",
            "submission neighbour's submitted",
            {"target": f"q:{QUESTION}", "mark": "accepted"},
            "404",
        ),
        ("in-house", "mark", "submission in review", {"target": f"q:{QUESTION}", "mark": "accepted"}, "403"),
        ("in-house", "refuse", "submission in review", {"statement": "No."}, "403"),
        ("owner", "mark", "submission in review", {"target": f"q:{QUESTION}", "mark": "accepted"}, "404"),
    ],
    ids=lambda value: value if isinstance(value, str) and "-" not in value[:1] else None,
)
def test_what_belongs_to_somebody_else_stays_as_it_is(role, name, what, data, status, world, clients):
    assert post_as(clients, role, name, world.places[what], data) == (status, [])


@pytest.mark.django_db
def test_nobody_opens_a_line_of_somebody_else_s_inbox(world, clients):
    line = Message.objects.filter(recipient=world.cast.independent)[0]
    assert post_as(clients, "owner", "dashboard", (), {"message": line.pk}) == ("404", [])


@pytest.mark.django_db
def test_a_section_is_not_assigned_to_a_stranger(world, clients):
    stranger = Membership.objects.filter(organisation=world.neighbour)[0]
    before = Assignment.objects.count()
    status, _written = post_as(clients, "owner", "assign", world.places["draft, section"], {"member": stranger.pk})
    assert (status, Assignment.objects.count()) == ("200", before)


@pytest.mark.django_db
def test_an_owner_registers_nothing_for_another_organisation(world, clients):
    data = {"organisation": world.neighbour.reference, "name": "Planted", "parts": ["is_user"], "is_user": "on"}
    post_as(clients, "owner", "system_new", (), data)
    assert not world.neighbour.systems.filter(name="Planted").exists()


@pytest.mark.django_db
def test_a_mark_for_something_that_is_not_in_the_submission_is_not_kept(world, clients):
    submission = Submission.objects.get(reference=world.places["submission in review"][0])
    before = submission.marks.count()
    for target in ("q:no-such-question", "f:no_such_fact", "", f"x:{QUESTION}"):
        post_as(clients, "independent", "mark", (submission.reference,), {"target": target, "mark": "accepted"})
    assert submission.marks.count() == before


@pytest.mark.django_db
def test_a_hold_is_not_closed_through_another_case(world, clients):
    hold = Hold.objects.get(pk=world.places["hold"][1])
    through = (world.places["submission in review"][0], hold.pk)
    assert post_as(clients, "independent", "close_hold", through, {"decision": "Advised by counsel."}) == ("404", [])


# --- accounts, administration, and the person behind the screen ------------------------------------------------------------

# Anonymous, a signed-in person, staff.
ACCOUNTS = {
    "account_login": "200 302 302",
    "account_logout": "302 200 200",
    "account_signup": "200 302 302",
    "account_reset_password": "200 200 200",
    "account_reset_password_done": "200 200 200",
    "account_reset_password_from_key_done": "200 200 200",
    "account_inactive": "200 200 200",
    "account_email_verification_sent": "login 302 302",
    "account_change_password": "login 302 302",  # the cast has no passwords: allauth leads to setting one
    "account_set_password": "login 302 302",
    "account_email": "login 200 200",
    "account_reauthenticate": "login 403 403",
    "account_confirm_login_code": "login 302 302",
    "usersessions_list": "login 200 200",
    "mfa_index": "login 200 200",
    "mfa_authenticate": "login 302 302",
    "mfa_reauthenticate": "login 403 403",
    "mfa_activate_totp": "login 302 302",
    "mfa_deactivate_totp": "login 404 404",
    "mfa_view_recovery_codes": "login 302 302",
    "mfa_download_recovery_codes": "login 404 404",
    "mfa_generate_recovery_codes": "login 200 200",
    "mfa_list_webauthn": "login 200 200",
    "mfa_add_webauthn": "login 302 302",
    "mfa_reauthenticate_webauthn": "login 403 403",
    "mfa_login_webauthn": "login 302 302",
    "admin:index": "302 302 200",
    "admin:login": "login 403 302",
    "admin_end_sessions": "login 302 200",
}


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "row"), ACCOUNTS.items(), ids=list(ACCOUNTS))
def test_who_may_open_accounts_and_administration(name, row, clients):
    found = [spoken(clients[role].get(reverse(name))) for role in ("anonymous", "contributor", "staff")]
    assert found == row.split()


def test_every_account_page_without_a_key_in_its_address_has_its_row():
    names = set(names_of(get_resolver("allauth.urls").url_patterns))
    with_a_key = {
        "account_confirm_email",
        "account_reset_password_from_key",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
    }
    assert {name for name in ACCOUNTS if not name.startswith("admin")} == names - with_a_key


@pytest.mark.django_db
def test_staff_see_states_in_the_administration_and_change_none(clients, world):
    """Every page of the administration that changes one of our rows is closed, superuser or not."""
    names = {name for name in names_of(get_resolver().url_patterns) if name.startswith("admin:assessments_")}
    open_ones = set()
    for name in sorted(n for n in names if n.endswith("_add")):
        if clients["staff"].get(reverse(name)).status_code == 200:
            open_ones.add(name)
    assert open_ones == set()


@pytest.mark.django_db
def test_somebody_who_left_is_a_stranger_at_once(world, clients):
    Membership.objects.filter(user=world.cast.contributor).update(left_at="2026-01-01T00:00:00Z")
    for name, what in (("assessment", "draft"), ("use", "use of the draft"), ("organisation", "organisation")):
        assert spoken(clients["contributor"].get(reverse(name, args=world.places[what]))) == "404"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "name", "what"),
    [
        ("owner", "sign", "ready draft"),
        ("owner", "self_certify", "Low draft"),
        ("owner", "declare_prohibited", "prohibited draft"),
        ("owner", "sign_worst", "provisional use"),
        ("independent", "approve", "submission marked"),
        ("independent", "appeal", "appeal"),
        ("independent", "refuse", "submission in review"),
        ("independent", "take_back_approval", "submission two seats"),
    ],
)
def test_what_binds_the_organisation_asks_for_the_password_again(role, name, what, world):
    user = person(world, role)
    assert isinstance(user, User)
    user.set_password("correct horse battery staple")
    user.save()
    client = Client()
    client.force_login(user)
    url = reverse(name, args=world.places[what])
    response = client.post(url, {"statement": "Read and found in order."})
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_reauthenticate"))


@pytest.mark.django_db
def test_an_assigned_section_is_all_that_is_shown(world, clients):
    content = clients["assigned"].get(reverse("assessment", args=world.places["draft"])).content.decode()
    assert reverse("section", args=world.places["draft, section"]) in content
    assert reverse("section", args=world.places["draft, another section"]) not in content
    assert SECTION in reverse("section", args=world.places["draft, section"])
