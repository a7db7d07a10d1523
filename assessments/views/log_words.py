"""The log in words for people: a sentence for each kind of entry, and what its details say."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assessments.guideline.edition import Edition
from assessments.guideline.wording import fact_answer
from assessments.models import Role, Sees, State
from assessments.models.audit import AuditEntry
from assessments.models.reviews import EffortChoices
from assessments.models.systems import TierChoices
from assessments.views.account_words import ACCOUNTS, REGISTER, THE_LOG
from assessments.views.review.quality_words import LEADS, SECOND_LOOKS

# By group: each kind with its label (in the filter) and its sentence. `thing` is what the entry is about.
GROUPS: list[tuple[Any, dict[str, tuple[Any, Any]]]] = [
    (
        gettext_lazy("Organisation and people"),
        {
            "organisation_founded": (
                gettext_lazy("Organisation registered"),
                gettext_lazy("%(who)s registered %(thing)s"),
            ),
            "organisation_changed": (
                gettext_lazy("Identity changed"),
                gettext_lazy("%(who)s changed the identity of %(thing)s"),
            ),
            "member_invited": (
                gettext_lazy("Person invited"),
                gettext_lazy("%(who)s invited %(email)s as %(role)s"),
            ),
            "invitation_sent_again": (
                gettext_lazy("Invitation sent again"),
                gettext_lazy("%(who)s sent the invitation of %(email)s again"),
            ),
            "invitation_cancelled": (
                gettext_lazy("Invitation cancelled"),
                gettext_lazy("%(who)s cancelled the invitation of %(email)s"),
            ),
            "member_joined": (gettext_lazy("Person joined"), gettext_lazy("%(member)s joined as %(role)s")),
            "member_left": (
                gettext_lazy("Person left"),
                gettext_lazy("%(who)s ended the membership of %(member)s"),
            ),
            **REGISTER,
            **LEADS,
            "role_changed": (gettext_lazy("Role changed"), gettext_lazy("%(who)s gave %(member)s another role")),
        },
    ),
    (gettext_lazy("Accounts"), ACCOUNTS),
    (
        gettext_lazy("Register"),
        {
            "system_registered": (gettext_lazy("System registered"), gettext_lazy("%(who)s registered %(thing)s")),
            "system_changed": (gettext_lazy("System changed"), gettext_lazy("%(who)s changed %(thing)s")),
            "system_retired": (gettext_lazy("System retired"), gettext_lazy("%(who)s retired %(thing)s")),
            "system_restored": (gettext_lazy("System taken back"), gettext_lazy("%(who)s took %(thing)s back")),
            "use_declared": (gettext_lazy("Use declared"), gettext_lazy("%(who)s declared the use %(thing)s")),
            "use_changed": (gettext_lazy("Use changed"), gettext_lazy("%(who)s changed the use %(thing)s")),
            "use_retired": (gettext_lazy("Use retired"), gettext_lazy("%(who)s retired the use %(thing)s")),
            "use_restored": (gettext_lazy("Use taken back"), gettext_lazy("%(who)s took the use %(thing)s back")),
            "inventory_imported": (
                gettext_lazy("Inventory imported"),
                gettext_lazy("%(who)s imported an inventory from the file %(file)s"),
            ),
            "facts_declared": (gettext_lazy("Facts declared"), gettext_lazy("%(who)s declared %(facts)s of %(thing)s")),
            "tier_followed": (
                gettext_lazy("Tier moved with the system"),
                gettext_lazy("The tier or the holds of %(thing)s moved with its system, by what %(who)s changed"),
            ),
            "procedural_agreement_withdrawn": (
                gettext_lazy("Agreement taken back"),
                gettext_lazy("%(who)s took back the agreement that %(thing)s is a minor procedural task"),
            ),
            "worst_answers_signed": (
                gettext_lazy("Worst answers signed"),
                gettext_lazy("%(who)s signed %(facts)s of %(thing)s at the worst answer"),
            ),
            "conformity_changed": (
                gettext_lazy("Conformity file changed"),
                gettext_lazy("%(who)s changed the conformity file of %(thing)s"),
            ),
            "procedural_agreed": (
                gettext_lazy("Minor task agreed"),
                gettext_lazy("%(who)s agreed that %(thing)s is a minor procedural task"),
            ),
        },
    ),
    (
        gettext_lazy("Assessment"),
        {
            "assessment_started": (
                gettext_lazy("Assessment started"),
                gettext_lazy("%(who)s started the assessment of %(thing)s"),
            ),
            "section_assigned": (
                gettext_lazy("Section asked"),
                gettext_lazy("%(who)s asked %(member)s to answer a section for %(thing)s"),
            ),
            "question_assigned": (
                gettext_lazy("Question asked"),
                gettext_lazy("%(who)s asked %(member)s to answer a question for %(thing)s"),
            ),
            "assignment_changed": (
                gettext_lazy("Request changed"),
                gettext_lazy("%(who)s changed what %(member)s is asked for %(thing)s"),
            ),
            "assignment_removed": (
                gettext_lazy("Request taken back"),
                gettext_lazy("%(who)s took back what %(member)s was asked for %(thing)s"),
            ),
            "assignment_done": (
                gettext_lazy("Request answered"),
                gettext_lazy("%(who)s has answered what was asked for %(thing)s"),
            ),
            "approval_stale": (
                gettext_lazy("Approval overtaken"),
                gettext_lazy("The approval of %(thing)s was flagged as stale, by what %(who)s did"),
            ),
            "change_stated": (gettext_lazy("Change stated"), gettext_lazy("%(who)s stated what changed in %(thing)s")),
            "submitted": (gettext_lazy("Submitted"), gettext_lazy("%(who)s signed and submitted %(thing)s")),
            "recalled": (gettext_lazy("Taken back"), gettext_lazy("%(who)s took the submission of %(thing)s back")),
            "withdrawn": (gettext_lazy("Withdrawn"), gettext_lazy("%(who)s withdrew %(thing)s")),
            "self_certified": (gettext_lazy("Self-certified"), gettext_lazy("%(who)s self-certified %(thing)s")),
            "declared_prohibited": (
                gettext_lazy("Declared prohibited"),
                gettext_lazy("%(who)s signed that %(thing)s is a prohibited use"),
            ),
            "action_reported": (
                gettext_lazy("Action reported done"),
                gettext_lazy("%(who)s reported action %(number)s of %(thing)s as done"),
            ),
            "action_planned": (
                gettext_lazy("Action planned"),
                gettext_lazy("%(who)s changed the plan of action %(number)s of %(thing)s"),
            ),
            "action_added": (
                gettext_lazy("Action added"),
                gettext_lazy("%(who)s added action %(number)s to the plan of %(thing)s"),
            ),
            "action_edited": (
                gettext_lazy("Action edited"),
                gettext_lazy("%(who)s edited title or steps of action %(number)s of %(thing)s"),
            ),
            "action_started": (
                gettext_lazy("First step done"),
                gettext_lazy("%(who)s did the first step of action %(number)s of %(thing)s"),
            ),
            "action_split": (
                gettext_lazy("Action split"),
                gettext_lazy("%(who)s split action %(number)s of %(thing)s"),
            ),
            "action_merged": (
                gettext_lazy("Actions merged"),
                gettext_lazy("%(who)s merged other actions of %(thing)s into action %(number)s"),
            ),
            "action_undone": (
                gettext_lazy("Change of an action undone"),
                gettext_lazy("%(who)s undid a change of action %(number)s of %(thing)s"),
            ),
            "action_not_relevant": (
                gettext_lazy("Action not relevant"),
                gettext_lazy("%(who)s marked action %(number)s of %(thing)s as not relevant"),
            ),
            "action_relevant": (
                gettext_lazy("Action relevant again"),
                gettext_lazy("%(who)s opened action %(number)s of %(thing)s again"),
            ),
            "action_noted": (
                gettext_lazy("Note on an action"),
                gettext_lazy("%(who)s wrote on action %(number)s of %(thing)s"),
            ),
            "action_evidence_attached": (
                gettext_lazy("Evidence to an action"),
                gettext_lazy("%(who)s attached evidence to action %(number)s of %(thing)s"),
            ),
            "action_evidence_detached": (
                gettext_lazy("Evidence from an action"),
                gettext_lazy("%(who)s took evidence away from action %(number)s of %(thing)s"),
            ),
            "action_declined": (
                gettext_lazy("Action not accepted"),
                gettext_lazy("%(who)s said what is missing in action %(number)s of %(thing)s"),
            ),
            "risk_accepted": (
                gettext_lazy("Risk accepted"),
                gettext_lazy("%(who)s accepted the risk of action %(number)s of %(thing)s"),
            ),
            "risk_ended": (
                gettext_lazy("Accepted risk ended"),
                gettext_lazy("The accepted risk of action %(number)s of %(thing)s has ended, by what %(who)s did"),
            ),
            "plan_asked": (
                gettext_lazy("Plan made anew"),
                gettext_lazy("%(who)s asked for the plan of %(thing)s as it stands"),
            ),
            "action_accepted": (
                gettext_lazy("Action accepted by one of two"),
                gettext_lazy("%(who)s accepted action %(number)s of %(thing)s; another reviewer confirms it"),
            ),
            "action_closed": (
                gettext_lazy("Action accepted"),
                gettext_lazy("%(who)s accepted action %(number)s of %(thing)s"),
            ),
        },
    ),
    (
        gettext_lazy("Review"),
        {
            "seats_kept": (
                gettext_lazy("Same reviewers go on"),
                gettext_lazy("The reviewers of %(thing)s kept their seats for a new round"),
            ),
            "declaration_asked": (
                gettext_lazy("Declaration asked again"),
                gettext_lazy("A reviewer of %(thing)s has to declare their interests again"),
            ),
            "taken": (gettext_lazy("Case taken"), gettext_lazy("%(who)s took the case of %(thing)s")),
            "returned": (gettext_lazy("Returned"), gettext_lazy("%(who)s returned %(thing)s for changes")),
            "approved": (gettext_lazy("Approved"), gettext_lazy("%(who)s approved %(thing)s")),
            "refused": (gettext_lazy("Refused"), gettext_lazy("%(who)s refused %(thing)s")),
            "no_interest_declared": (
                gettext_lazy("No conflict of interest"),
                gettext_lazy("%(who)s declared no conflict of interest in %(thing)s"),
            ),
            "conflict_declared": (
                gettext_lazy("Conflict of interest"),
                gettext_lazy("%(who)s declined the case of %(thing)s for a conflict of interest"),
            ),
            "assigned": (gettext_lazy("Case offered"), gettext_lazy("%(who)s asked %(to)s to take %(thing)s")),
            "hand_over_asked": (
                gettext_lazy("Handing over asked"),
                gettext_lazy("%(who)s asked %(to)s to take over the seat of %(holder)s in %(thing)s"),
            ),
            "request_taken_back": (
                gettext_lazy("Asking taken back"),
                gettext_lazy("%(who)s no longer asks %(to)s to take %(thing)s"),
            ),
            "handed_over": (
                gettext_lazy("Seat handed over"),
                gettext_lazy("%(to)s took over the seat of %(holder)s in %(thing)s"),
            ),
            "appeal_lodged": (gettext_lazy("Appeal"), gettext_lazy("%(who)s appealed a decision on %(thing)s")),
            "complaint_lodged": (
                gettext_lazy("Complaint"),
                gettext_lazy("%(who)s complained of how %(thing)s was handled"),
            ),
            "appeal_answered": (
                gettext_lazy("Appeal answered"),
                gettext_lazy("%(who)s answered the appeal on %(thing)s"),
            ),
            "complaint_answered": (
                gettext_lazy("Complaint answered"),
                gettext_lazy("%(who)s answered the complaint of %(thing)s"),
            ),
            "tier_raised": (gettext_lazy("Tier raised"), gettext_lazy("%(who)s raised the tier of %(thing)s")),
            "tier_raise_withdrawn": (
                gettext_lazy("Raise withdrawn"),
                gettext_lazy("%(who)s withdrew the raise of the tier of %(thing)s"),
            ),
            "hold_assigned": (
                gettext_lazy("Hold given to somebody"),
                gettext_lazy("%(who)s said who looks after a hold of %(thing)s, and by when"),
            ),
            "hold_evidence_attached": (
                gettext_lazy("Evidence to a hold"),
                gettext_lazy("%(who)s attached evidence to a hold of %(thing)s"),
            ),
            "hold_evidence_detached": (
                gettext_lazy("Evidence from a hold"),
                gettext_lazy("%(who)s took evidence away from a hold of %(thing)s"),
            ),
            "hold_answered": (
                gettext_lazy("Hold answered"),
                gettext_lazy("%(who)s answered an open question of %(thing)s, with evidence"),
            ),
            "hold_unanswered": (
                gettext_lazy("Hold no longer answered"),
                gettext_lazy("By what %(who)s did, an open question of %(thing)s has no answer with evidence any more"),
            ),
            "hold_correction_asked": (
                gettext_lazy("Correction for a hold"),
                gettext_lazy("%(who)s asked for the fact behind a hold of %(thing)s to be corrected"),
            ),
            "seat_succeeded": (
                gettext_lazy("Seat taken over after the decision"),
                gettext_lazy("%(who)s took over the seat of %(holder)s in %(thing)s"),
            ),
            "marks_accepted_together": (
                gettext_lazy("Accepted together"),
                gettext_lazy("%(who)s accepted several answers or facts of %(thing)s together"),
            ),
            "review_text_kept": (
                gettext_lazy("Text for marks kept"),
                gettext_lazy("%(who)s kept or changed a text that the reviewers of %(thing)s share"),
            ),
            "review_text_deleted": (
                gettext_lazy("Text for marks deleted"),
                gettext_lazy("%(who)s deleted a text that the reviewers of %(thing)s share"),
            ),
            "review_text_brought_back": (
                gettext_lazy("Text for marks brought back"),
                gettext_lazy("%(who)s brought back a text that the reviewers of %(thing)s share"),
            ),
            "marks_taken_over": (
                gettext_lazy("Marks taken over"),
                gettext_lazy("%(who)s took over marks of a colleague on %(thing)s"),
            ),
            "approval_taken_back": (
                gettext_lazy("Approval taken back"),
                gettext_lazy("%(who)s took an approval of %(thing)s back"),
            ),
            "hold_closed": (gettext_lazy("Hold closed"), gettext_lazy("%(who)s closed a hold of %(thing)s")),
            **SECOND_LOOKS,
        },
    ),
    (
        gettext_lazy("Certificates"),
        {
            "certificate_issued": (
                gettext_lazy("Certificate issued"),
                gettext_lazy("Certificate %(certificate)s was issued for %(thing)s, by what %(who)s did"),
            ),
            "certificate_suspended": (
                gettext_lazy("Certificate suspended"),
                gettext_lazy("Certificate %(certificate)s of %(thing)s was suspended, by what %(who)s did"),
            ),
            "certificate_revoked": (
                gettext_lazy("Certificate revoked"),
                gettext_lazy("%(who)s revoked certificate %(certificate)s of %(thing)s"),
            ),
            "condition_missed": (
                gettext_lazy("Condition missed"),
                gettext_lazy("A condition of certificate %(certificate)s of %(thing)s has passed its date"),
            ),
            "certificate_reinstated": (
                gettext_lazy("Certificate valid again"),
                gettext_lazy("Certificate %(certificate)s of %(thing)s is valid again, by what %(who)s did"),
            ),
            "superseded": (
                gettext_lazy("Certificate replaced"),
                gettext_lazy("Certificate %(certificate)s of %(thing)s was replaced by a newer one"),
            ),
        },
    ),
    (
        gettext_lazy("Evidence"),
        {
            "evidence_added": (gettext_lazy("Evidence added"), gettext_lazy("%(who)s added the evidence “%(thing)s”")),
            "evidence_replaced": (
                gettext_lazy("Evidence replaced"),
                gettext_lazy("%(who)s replaced the evidence “%(thing)s” by version %(version)s"),
            ),
            "evidence_changed": (
                gettext_lazy("Evidence described anew"),
                gettext_lazy("%(who)s changed what is said of the evidence “%(thing)s”"),
            ),
            "evidence_withdrawn": (
                gettext_lazy("Evidence withdrawn"),
                gettext_lazy("%(who)s withdrew the evidence “%(thing)s”"),
            ),
            "evidence_attached": (
                gettext_lazy("Evidence attached"),
                gettext_lazy("%(who)s attached the evidence “%(thing)s” to an answer"),
            ),
            "supplement_attached": (
                gettext_lazy("Evidence added after signing"),
                gettext_lazy("%(who)s added evidence to what was signed of %(thing)s"),
            ),
            "evidence_detached": (
                gettext_lazy("Evidence detached"),
                gettext_lazy("%(who)s took the evidence “%(thing)s” away from an answer"),
            ),
            "evidence_confirmed": (
                gettext_lazy("Evidence confirmed"),
                gettext_lazy("%(who)s confirmed that the evidence “%(thing)s” still shows what an answer says"),
            ),
            "evidence_read": (
                gettext_lazy("Confidential evidence read"),
                gettext_lazy("%(who)s opened version %(version)s of the confidential evidence “%(thing)s”"),
            ),
        },
    ),
    THE_LOG,
]
KINDS = {kind: words for _group, kinds in GROUPS for kind, words in kinds.items()}
ABOUT = {
    "organisation": gettext_lazy("The organisation"),
    "aisystem": gettext_lazy("Systems"),
    "declareduse": gettext_lazy("Uses"),
    "assessment": gettext_lazy("Assessments"),
    "evidence": gettext_lazy("Evidence"),
    "user": gettext_lazy("Accounts"),
}
LABELS = {
    "address": gettext_lazy("Mail address"),
    "last_from": gettext_lazy("Last from the address"),
    "page": gettext_lazy("Page"),
    "factor": gettext_lazy("Second factor"),
    "proof": gettext_lazy("Showed that it is them by"),
    "shown": gettext_lazy("Signed in by"),
    "count": gettext_lazy("Number"),
    "state": gettext_lazy("State"),
    "owner": gettext_lazy("Owner"),
    "due": gettext_lazy("Due"),
    "full_due": gettext_lazy("All of it due"),
    "effort": gettext_lazy("Effort"),
    "tier": gettext_lazy("Tier"),
    "role": gettext_lazy("Role"),
    "sees": gettext_lazy("Sees"),
    "status": gettext_lazy("Status"),
    "reason": gettext_lazy("Reason"),
    "decision": gettext_lazy("Decision"),
    "note": gettext_lazy("Note"),
    "conflict": gettext_lazy("Conflict of interest declared"),
    "conditions": gettext_lazy("Conditions"),
    "holds_opened": gettext_lazy("Holds opened"),
    "holds_closed": gettext_lazy("Holds closed"),
    "erased": gettext_lazy("Entries"),
    "sha256": gettext_lazy("SHA-256"),
    "is_developer": gettext_lazy("Technology Developer"),
    "is_provider": gettext_lazy("Service Provider"),
    "is_user": gettext_lazy("Service User"),
}
DAYS, DAY = {"due", "full_due"}, re.compile(r"\d{4}-\d\d-\d\d")
VALUES: dict[str, dict[str, Any]] = {
    "state": dict(State.choices),
    "effort": dict(EffortChoices.choices),
    "tier": dict(TierChoices.choices),
    "role": dict(Role.choices),
    "sees": dict(Sees.choices),
    "factor": {"totp": gettext_lazy("app that shows codes"), "webauthn": gettext_lazy("passkey")},
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as people read it."""

    entry: AuditEntry
    sentence: str
    thing: str
    where: str = ""
    erased: str = ""
    changes: list[tuple[str, str, str]] = field(default_factory=list)  # what, old, new
    told: list[tuple[str, str]] = field(default_factory=list)  # what else its details say


def line_of(
    entry: AuditEntry, people: Mapping[int, str], titles: Mapping[str, str], edition: Edition, *, origin: bool
) -> Line:
    """Put an entry into words. `origin`: whether the reader may see from where somebody came."""
    detail = getattr(entry, "detail", None)
    told: dict[str, Any] = dict(detail.content()) if detail else {}
    by, source = told.pop("by", {}), told.pop("from", {})
    if shown := told.pop("proof", None):
        words, at = _("%(method)s, on %(day)s"), timezone.localtime(datetime.fromtimestamp(shown["at"], UTC))
        told["proof"] = words % {"method": shown["method"], "day": date_format(at, "DATETIME_FORMAT")}
    who = by.get("name") or people.get(entry.actor or 0) or _system(source)
    thing = titles.get(entry.object) or str(told.get("title") or told.get("name") or entry.object)
    label, sentence = KINDS.get(entry.kind, (entry.kind.replace("_", " "), ""))
    said: dict[str, Any] = defaultdict(str, told, who=who, thing=thing)
    said["role"] = VALUES["role"].get(str(told.get("role", "")), told.get("role", ""))
    facts = len(told.get("facts", ()))
    said["facts"] = ngettext("%(n)s fact", "%(n)s facts", facts) % {"n": facts}
    erased = ""
    if detail is not None and detail.erased_at:
        erased = _("The details of this entry were erased on %(day)s, by %(name)s.") % {
            "day": _moment(detail.erased_at),
            "name": people.get(detail.erased_by_id or 0) or detail.erased_by,
        }
    if erased or not sentence:
        sentence = _("%(who)s: %(what)s, %(thing)s")
        said["what"] = str(label)
    old, new = told.pop("old", None), told.pop("new", None)
    if isinstance(old, str) or isinstance(new, str):  # a role, as the entries of a change of role hold it
        old, new = {"role": old}, {"role": new}
    if old is None and new:  # what is new had no value before
        told, old, new = {**new, **told}, {}, {}
    pairs = {**(old or {}), **(new or {})}
    skip = {"facts", "title", "name", "member", "email"}
    return Line(
        entry=entry,
        sentence=str(sentence) % said,
        thing=thing,
        where=_where(source) if origin else "",
        erased=erased,
        changes=[
            (_label(key, edition), *(_value(key, (side or {}).get(key), edition) for side in (old, new)))
            for key in pairs
        ],
        told=[
            (_label(key, edition), _value(key, value, edition))
            for key, value in told.items()
            if key not in skip and value not in ("", None, [], {})
        ],
    )


def _system(source: Mapping[str, str]) -> str:
    return _("The system (%(job)s)") % {"job": source["system"]} if "system" in source else _("The system")


def _where(source: Mapping[str, str]) -> str:
    if "system" in source:
        return _("by the command or job %(job)s") % {"job": source["system"]}
    parts = [source[name] for name in ("address", "agent") if name in source]
    return _("from %(where)s") % {"where": ", ".join(parts)} if parts else ""


def _moment(at: date) -> str:
    return date_format(at, "DATE_FORMAT")


def _label(key: str, edition: Edition) -> str:
    if key in edition.facts:
        return edition.facts[key].label
    return str(LABELS.get(key) or key.replace("_", " ").capitalize())


def _value(key: str, value: Any, edition: Edition) -> str:
    if key in edition.facts:
        return fact_answer(edition.facts[key], value)
    if value is None or value == "":
        return _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if key in DAYS and isinstance(value, str) and DAY.fullmatch(value):
        return _moment(date.fromisoformat(value))
    if isinstance(value, list):
        return ", ".join(_value(key, part, edition) for part in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_value(key, part, edition)}" for name, part in value.items())
    return str(VALUES.get(key, {}).get(str(value), value))
