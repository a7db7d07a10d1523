"""Every kind of entry in the log: what it is called, its sentence, and who reads it.

A new kind is a row here and a call of `audit.log.record`; `docs/log.md` describes the log. A kind that rows hold keeps its
value for good. The columns of `AuditKind`:

- the value that rows hold;
- the group in the filter of the log page;
- who reads it;
- its label, in the filter and where the details were erased;
- its sentence. `who` and `thing` (what the entry is about) are always known; every other name comes from the details;
- its words in the timeline of a case, where it is shown there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum, unique
from typing import Self

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assessments.models.audit import ERASURE


class Group(TextChoices):
    """The groups in which kinds are offered, in this order."""

    PEOPLE = "people", _("Organisation and people")
    ACCOUNTS = "accounts", _("Accounts")
    REGISTER = "register", _("Register")
    ASSESSMENT = "assessment", _("Assessment")
    REVIEW = "review", _("Review")
    CERTIFICATES = "certificates", _("Certificates")
    EVIDENCE = "evidence", _("Evidence")
    LOG = "log", _("The log itself")


class Readers(IntEnum):
    """Who reads an entry. Each value adds readers to those of the value before.

    The chain of the installation belongs to no organisation: staff read it in the administration.
    """

    OWNERS = 1  # the owners of the organisation, in the log of the organisation: they read all of it
    MEMBERS = 2  # also members who see the whole assessment, in the log of the assessment
    REVIEWERS = 3  # also the reviewers of a submission, in the log of its review


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the timeline of a case says of an entry; the timeline of the applicant leaves out what is for reviewers only."""

    words: Promise
    reviewers_only: bool = False


class UnknownKind(Exception):
    """Raised when code records a kind of entry that is not in the table."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"“{kind}” is not a known kind of log entry. Add it to assessments/audit/kinds.py.")
        self.kind = kind


PEOPLE, ACCOUNTS, REGISTER, ASSESSMENT, REVIEW, CERTIFICATES, EVIDENCE, LOG = Group
OWNERS, MEMBERS, REVIEWERS = Readers
NAME = re.compile(r"%\((\w+)\)s")


@unique
class AuditKind(StrEnum):
    """The kinds of entries; the docstring of the module names the columns."""

    group: Group
    readers: Readers
    label: Promise
    sentence: Promise
    timeline: Timeline | None

    def __new__(
        cls,
        kind: str,
        group: Group,
        readers: Readers,
        label: Promise,
        sentence: Promise,
        timeline: Timeline | None = None,
    ) -> Self:
        member = str.__new__(cls, kind)
        member._value_ = kind
        member.group, member.readers, member.label, member.sentence = group, readers, label, sentence
        member.timeline = timeline
        return member

    @property
    def parameters(self) -> frozenset[str]:
        """The names that the sentence takes from the details."""
        return frozenset(NAME.findall(str(self.sentence))) - {"who", "thing"}

    # fmt: off

    # --- organisation and people
    ORGANISATION_FOUNDED = ("organisation_founded", PEOPLE, OWNERS, _("Organisation registered"),
        _("%(who)s registered %(thing)s"))
    ORGANISATION_CHANGED = ("organisation_changed", PEOPLE, OWNERS, _("Legal details changed"),
        _("%(who)s changed the legal details of %(thing)s"))
    MEMBER_INVITED = ("member_invited", PEOPLE, OWNERS, _("Person invited"), _("%(who)s invited %(email)s as %(role)s"))
    INVITATION_SENT_AGAIN = ("invitation_sent_again", PEOPLE, OWNERS, _("Invitation sent again"),
        _("%(who)s sent the invitation to %(email)s again"))
    INVITATION_CANCELLED = ("invitation_cancelled", PEOPLE, OWNERS, _("Invitation cancelled"),
        _("%(who)s cancelled the invitation to %(email)s"))
    MEMBER_JOINED = ("member_joined", PEOPLE, OWNERS, _("Person joined"), _("%(member)s joined as %(role)s"))
    MEMBER_LEFT = ("member_left", PEOPLE, OWNERS, _("Person left"), _("%(who)s ended the membership of %(member)s"))
    ORGANISATION_EXPORTED = ("organisation_exported", PEOPLE, OWNERS, _("All data downloaded"),
        _("%(who)s downloaded all data of the organisation. Number of evidence files: %(files)s"))
    DELETION_ASKED = ("deletion_asked", PEOPLE, OWNERS, _("Deletion requested"),
        _("%(who)s requested the deletion of the organisation. Deletion date: %(on)s"))
    DELETION_CANCELLED = ("deletion_cancelled", PEOPLE, OWNERS, _("Deletion cancelled"),
        _("%(who)s cancelled the deletion of the organisation"))
    ORGANISATION_DELETED = ("organisation_deleted", PEOPLE, OWNERS, _("Organisation's content deleted"),
        _("The content of the organisation was deleted. Certificates and hashes were kept"))
    WORK_HANDED_OVER = ("work_handed_over", PEOPLE, OWNERS, _("Work transferred"),
        _("%(who)s transferred the open work of %(member)s. Number of items: %(count)s"))
    LEAD_NAMED = ("lead_named", PEOPLE, OWNERS, _("Lead of the reviewing body appointed"),
        _("%(who)s made %(member)s a lead of the reviewing body"))
    LEAD_ENDED = ("lead_ended", PEOPLE, OWNERS, _("The lead of the reviewing body was removed"),
        _("%(who)s removed %(member)s as a lead of the reviewing body"))
    ROLE_CHANGED = ("role_changed", PEOPLE, OWNERS, _("Role changed"), _("%(who)s changed the role of %(member)s"))

    # --- accounts
    ACCOUNT_MADE = ("account_made", ACCOUNTS, OWNERS, _("Account created"), _("%(who)s created an account"))
    SIGNED_IN = ("signed_in", ACCOUNTS, OWNERS, _("Signed in"), _("%(who)s signed in"))
    SIGNED_OUT = ("signed_out", ACCOUNTS, OWNERS, _("Signed out"), _("%(who)s signed out"))
    SIGN_IN_REFUSED = ("sign_in_refused", ACCOUNTS, OWNERS, _("Sign-in failed"),
        _("Sign-in as %(name)s failed. Number of attempts: %(count)s"))
    ADDRESS_CONFIRMED = ("address_confirmed", ACCOUNTS, OWNERS, _("Email address confirmed"),
        _("The email address %(address)s of %(who)s was confirmed"))
    ADDRESS_CONFIRMED_BY_COMMAND = ("address_confirmed_by_command", ACCOUNTS, OWNERS,
        _("Email address confirmed by an administrator"),
        _("%(who)s confirmed the email address %(address)s of %(name)s at the request of an administrator"))
    ADDRESS_CHANGED = ("address_changed", ACCOUNTS, OWNERS, _("Email address changed"),
        _("%(who)s changed the email address of their account"))
    NAME_CHANGED = ("name_changed", ACCOUNTS, OWNERS, _("Name changed"), _("%(who)s changed the name of their account"))
    PASSWORD_CHANGED = ("password_changed", ACCOUNTS, OWNERS, _("Password changed"), _("%(who)s changed their password"))
    PASSWORD_RESET = ("password_reset", ACCOUNTS, OWNERS, _("New password set"),
        _("A new password was set for %(name)s through a link sent by email"))
    FACTOR_ADDED = ("factor_added", ACCOUNTS, OWNERS, _("Second factor added"),
        _("%(who)s added a second factor to their account"))
    FACTOR_REMOVED = ("factor_removed", ACCOUNTS, OWNERS, _("Second factor removed"),
        _("%(who)s removed a second factor from their account"))
    RECOVERY_CODES_MADE = ("recovery_codes_made", ACCOUNTS, OWNERS, _("Recovery codes created"),
        _("%(who)s created new recovery codes"))
    RECOVERY_CODE_USED = ("recovery_code_used", ACCOUNTS, OWNERS, _("Recovery code used"),
        _("%(who)s used a recovery code"))
    SECOND_FACTOR_ASKED = ("second_factor_asked", ACCOUNTS, OWNERS, _("Second factor required for every member"),
        _("%(who)s made a second factor mandatory for every member of %(thing)s"))
    SECOND_FACTOR_NOT_ASKED = ("second_factor_not_asked", ACCOUNTS, OWNERS,
        _("Second factor no longer required for every member"),
        _("%(who)s ended the requirement for every member of %(thing)s to have a second factor"))
    FACTORS_RESET = ("factors_reset", ACCOUNTS, OWNERS, _("Second factor reset"),
        _("%(who)s reset the second factor of %(name)s"))
    FACTORS_RESET_BY_COMMAND = ("factors_reset_by_command", ACCOUNTS, OWNERS, _("Second factor reset by an administrator"),
        _("%(who)s reset the second factor of %(name)s at the request of an administrator"))
    SESSIONS_ENDED = ("sessions_ended", ACCOUNTS, OWNERS, _("Sessions ended"),
        _("%(who)s ended sessions of their own account. Number of sessions: %(count)s"))
    SESSIONS_ENDED_BY_STAFF = ("sessions_ended_by_staff", ACCOUNTS, OWNERS, _("Staff ended all sessions"),
        _("%(who)s ended all sessions of %(name)s. Number of sessions: %(count)s"))
    SESSIONS_ENDED_BY_COMMAND = ("sessions_ended_by_command", ACCOUNTS, OWNERS, _("All sessions ended by an administrator"),
        _("%(who)s ended all sessions of %(name)s at the request of an administrator. Number of sessions: %(count)s"))
    DATA_EXPORTED = ("data_exported", ACCOUNTS, OWNERS, _("Own data downloaded"),
        _("%(who)s downloaded all the data in their own account"))
    ACCOUNT_DELETED = ("account_deleted", ACCOUNTS, OWNERS, _("Account deleted"),
        _("A person deleted their account"))
    STAFF_PAGE = ("staff_page", ACCOUNTS, OWNERS, _("Administration page opened"),
        _("%(who)s opened the administration page %(page)s"))

    # --- register
    SYSTEM_REGISTERED = ("system_registered", REGISTER, MEMBERS, _("System registered"),
        _("%(who)s registered %(thing)s"))
    SYSTEM_CHANGED = ("system_changed", REGISTER, MEMBERS, _("System changed"), _("%(who)s changed %(thing)s"))
    SYSTEM_RETIRED = ("system_retired", REGISTER, MEMBERS, _("System retired"), _("%(who)s retired %(thing)s"))
    SYSTEM_RESTORED = ("system_restored", REGISTER, MEMBERS, _("System put back into service"),
        _("%(who)s put %(thing)s back into service"))
    USE_DECLARED = ("use_declared", REGISTER, MEMBERS, _("Use declared"), _("%(who)s declared the use %(thing)s"))
    USE_CHANGED = ("use_changed", REGISTER, MEMBERS, _("Use changed"), _("%(who)s changed the use %(thing)s"))
    USE_RETIRED = ("use_retired", REGISTER, MEMBERS, _("Use retired"), _("%(who)s retired the use %(thing)s"))
    USE_RESTORED = ("use_restored", REGISTER, MEMBERS, _("Use put back into service"),
        _("%(who)s put the use %(thing)s back into service"))
    INVENTORY_IMPORTED = ("inventory_imported", REGISTER, OWNERS, _("Inventory imported"),
        _("%(who)s imported an inventory from the file %(file)s"))
    FACTS_DECLARED = ("facts_declared", REGISTER, MEMBERS, _("Facts declared"),
        _("%(who)s declared %(facts)s for %(thing)s"))
    TIER_FOLLOWED = ("tier_followed", REGISTER, MEMBERS, _("Tier changed because the system changed"),
        _("%(who)s changed the system. This changed the tier or the holds of %(thing)s"))
    PROCEDURAL_AGREEMENT_WITHDRAWN = ("procedural_agreement_withdrawn", REGISTER, MEMBERS, _("Agreement withdrawn"),
        _("%(who)s withdrew the agreement that %(thing)s is a minor procedural task"))
    WORST_ANSWERS_SIGNED = ("worst_answers_signed", REGISTER, MEMBERS,
        _("Worst possible answer declared for unknown facts"),
        _("%(who)s signed that the worst possible answer is assumed for unknown facts about %(thing)s: %(facts)s"))
    CONFORMITY_CHANGED = ("conformity_changed", REGISTER, MEMBERS, _("Conformity file changed"),
        _("%(who)s changed the conformity file of %(thing)s"))
    PROCEDURAL_AGREED = ("procedural_agreed", REGISTER, MEMBERS, _("Agreed that a use is a minor procedural task"),
        _("%(who)s agreed that %(thing)s is a minor procedural task"))

    # --- assessment
    ASSESSMENT_STARTED = ("assessment_started", ASSESSMENT, MEMBERS, _("Assessment started"),
        _("%(who)s started the assessment of %(thing)s"))
    SECTION_ASSIGNED = ("section_assigned", ASSESSMENT, MEMBERS, _("Section assigned"),
        _("%(who)s assigned a section of %(thing)s to %(member)s"))
    QUESTION_ASSIGNED = ("question_assigned", ASSESSMENT, MEMBERS, _("Question assigned"),
        _("%(who)s asked %(member)s to answer a question in %(thing)s"))
    ASSIGNMENT_CHANGED = ("assignment_changed", ASSESSMENT, MEMBERS, _("Assignment changed"),
        _("%(who)s changed an assignment of %(member)s in %(thing)s"))
    ASSIGNMENT_REMOVED = ("assignment_removed", ASSESSMENT, MEMBERS, _("Assignment withdrawn"),
        _("%(who)s withdrew an assignment from %(member)s in %(thing)s"))
    ASSIGNMENT_DONE = ("assignment_done", ASSESSMENT, MEMBERS, _("Assignment completed"),
        _("%(who)s completed an assignment in %(thing)s"))
    APPROVAL_STALE = ("approval_stale", ASSESSMENT, REVIEWERS, _("Approval out of date"),
        _("The approval of %(thing)s was marked as out of date (triggered by %(who)s)"))
    CHANGE_STATED = ("change_stated", ASSESSMENT, MEMBERS, _("Change reported"),
        _("%(who)s reported a change to %(thing)s"))
    SUBMITTED = ("submitted", ASSESSMENT, REVIEWERS, _("Submitted"),
        _("%(who)s signed and submitted %(thing)s"), Timeline(_("Signed and submitted")))
    RECALLED = ("recalled", ASSESSMENT, REVIEWERS, _("Recalled"),
        _("%(who)s recalled the submission of %(thing)s"), Timeline(_("Recalled by an owner")))
    WITHDRAWN = ("withdrawn", ASSESSMENT, REVIEWERS, _("Withdrawn"),
        _("%(who)s withdrew the submission of %(thing)s"), Timeline(_("Withdrawn")))
    SELF_CERTIFIED = ("self_certified", ASSESSMENT, REVIEWERS, _("Self-certified"),
        _("%(who)s self-certified %(thing)s"), Timeline(_("Self-certified")))
    DECLARED_PROHIBITED = ("declared_prohibited", ASSESSMENT, REVIEWERS, _("Declared as a prohibited use"),
        _("%(who)s signed the declaration that %(thing)s is a prohibited use"), Timeline(_("Declared as a prohibited use")))
    ACTION_REPORTED = ("action_reported", ASSESSMENT, REVIEWERS, _("Action reported as done"),
        _("%(who)s reported action %(number)s of %(thing)s as done"))
    ACTION_PLANNED = ("action_planned", ASSESSMENT, MEMBERS, _("Action planned"),
        _("%(who)s changed the plan for action %(number)s of %(thing)s"))
    ACTION_ADDED = ("action_added", ASSESSMENT, MEMBERS, _("Action added"),
        _("%(who)s added action %(number)s to the plan of %(thing)s"))
    ACTION_EDITED = ("action_edited", ASSESSMENT, MEMBERS, _("Action edited"),
        _("%(who)s edited the title or the steps of action %(number)s of %(thing)s"))
    ACTION_STARTED = ("action_started", ASSESSMENT, MEMBERS, _("First step done"),
        _("%(who)s completed the first step of action %(number)s of %(thing)s"))
    ACTION_SPLIT = ("action_split", ASSESSMENT, MEMBERS, _("Action split"),
        _("%(who)s split action %(number)s of %(thing)s"))
    ACTION_MERGED = ("action_merged", ASSESSMENT, MEMBERS, _("Actions merged"),
        _("%(who)s merged other actions of %(thing)s into action %(number)s"))
    ACTION_UNDONE = ("action_undone", ASSESSMENT, MEMBERS, _("A change to an action was undone"),
        _("%(who)s undid a change to action %(number)s of %(thing)s"))
    ACTION_NOT_RELEVANT = ("action_not_relevant", ASSESSMENT, REVIEWERS, _("Action marked as not relevant"),
        _("%(who)s marked action %(number)s of %(thing)s as not relevant"))
    ACTION_RELEVANT = ("action_relevant", ASSESSMENT, REVIEWERS, _("Action marked as relevant again"),
        _("%(who)s reopened action %(number)s of %(thing)s"))
    ACTION_NOTED = ("action_noted", ASSESSMENT, MEMBERS, _("Note added to an action"),
        _("%(who)s added a note to action %(number)s of %(thing)s"))
    ACTION_EVIDENCE_ATTACHED = ("action_evidence_attached", ASSESSMENT, MEMBERS, _("Evidence attached to an action"),
        _("%(who)s attached evidence to action %(number)s of %(thing)s"))
    ACTION_EVIDENCE_DETACHED = ("action_evidence_detached", ASSESSMENT, MEMBERS, _("Evidence removed from an action"),
        _("%(who)s removed evidence from action %(number)s of %(thing)s"))
    ACTION_DECLINED = ("action_declined", ASSESSMENT, REVIEWERS, _("Action not accepted"),
        _("%(who)s did not accept action %(number)s of %(thing)s, and explained what is missing"))
    RISK_ACCEPTED = ("risk_accepted", ASSESSMENT, MEMBERS, _("Risk accepted"),
        _("%(who)s accepted the risk of not doing action %(number)s of %(thing)s"))
    RISK_ENDED = ("risk_ended", ASSESSMENT, MEMBERS, _("Risk no longer accepted"),
        _("The risk of not doing action %(number)s of %(thing)s is no longer accepted (triggered by %(who)s)"))
    PLAN_ASKED = ("plan_asked", ASSESSMENT, MEMBERS, _("New plan requested"),
        _("%(who)s requested a new plan for %(thing)s"))
    ACTION_ACCEPTED = ("action_accepted", ASSESSMENT, MEMBERS, _("Action accepted by one of two reviewers"),
        _("%(who)s accepted action %(number)s of %(thing)s. A second reviewer still has to confirm this"))
    ACTION_CLOSED = ("action_closed", ASSESSMENT, REVIEWERS, _("Action accepted"),
        _("%(who)s accepted action %(number)s of %(thing)s"))

    # --- review
    SEATS_KEPT = ("seats_kept", REVIEW, REVIEWERS, _("New round with the same reviewers"),
        _("A new review round of %(thing)s began with the same reviewers"),
        Timeline(_("In review again, by the same reviewers")))
    DECLARATION_ASKED = ("declaration_asked", REVIEW, REVIEWERS, _("New declaration of interests needed"),
        _("A reviewer of %(thing)s has to declare their interests again"))
    TAKEN = ("taken", REVIEW, REVIEWERS, _("Case taken"),
        _("%(who)s took the case of %(thing)s"), Timeline(_("Case taken by a reviewer")))
    RETURNED = ("returned", REVIEW, REVIEWERS, _("Returned"),
        _("%(who)s returned %(thing)s for changes"), Timeline(_("Returned for changes")))
    APPROVED = ("approved", REVIEW, REVIEWERS, _("Approved"), _("%(who)s approved %(thing)s"), Timeline(_("Approved")))
    REFUSED = ("refused", REVIEW, REVIEWERS, _("Refused"), _("%(who)s refused %(thing)s"), Timeline(_("Refused")))
    NO_INTEREST_DECLARED = ("no_interest_declared", REVIEW, REVIEWERS, _("No conflict of interest declared"),
        _("%(who)s declared that they have no conflict of interest in the case of %(thing)s"))
    CONFLICT_DECLARED = ("conflict_declared", REVIEW, REVIEWERS, _("Conflict of interest declared"),
        _("%(who)s declined the case of %(thing)s because of a conflict of interest"),
        Timeline(_("Declared a conflict of interest"), reviewers_only=True))
    ASSIGNED = ("assigned", REVIEW, REVIEWERS, _("Case offered"),
        _("%(who)s asked %(to)s to take the case of %(thing)s"),
        Timeline(_("Asked %(to)s to take the case"), reviewers_only=True))
    HAND_OVER_ASKED = ("hand_over_asked", REVIEW, REVIEWERS, _("Reassignment requested"),
        _("%(who)s asked %(to)s to take over the review of %(thing)s from %(holder)s"),
        Timeline(_("Asked %(to)s to take over the case from %(holder)s"), reviewers_only=True))
    REQUEST_TAKEN_BACK = ("request_taken_back", REVIEW, REVIEWERS, _("Request withdrawn"),
        _("%(who)s withdrew the request that %(to)s take the case of %(thing)s"),
        Timeline(_("The request to %(to)s was withdrawn"), reviewers_only=True))
    HANDED_OVER = ("handed_over", REVIEW, REVIEWERS, _("Case reassigned"),
        _("%(to)s took over the review of %(thing)s from %(holder)s"), Timeline(_("Case taken over from %(holder)s")))
    APPEAL_LODGED = ("appeal_lodged", REVIEW, REVIEWERS, _("Appeal"),
        _("%(who)s appealed against a decision on %(thing)s"), Timeline(_("Appeal lodged")))
    COMPLAINT_LODGED = ("complaint_lodged", REVIEW, REVIEWERS, _("Complaint"),
        _("%(who)s made a complaint about the handling of %(thing)s"), Timeline(_("Complaint lodged")))
    APPEAL_ANSWERED = ("appeal_answered", REVIEW, REVIEWERS, _("Appeal answered"),
        _("%(who)s answered the appeal about %(thing)s"), Timeline(_("Appeal answered: %(outcome)s")))
    COMPLAINT_ANSWERED = ("complaint_answered", REVIEW, REVIEWERS, _("Complaint answered"),
        _("%(who)s answered the complaint about %(thing)s"), Timeline(_("Complaint answered: %(outcome)s")))
    TIER_RAISED = ("tier_raised", REVIEW, REVIEWERS, _("Tier raised"), _("%(who)s raised the tier of %(thing)s"))
    TIER_RAISE_WITHDRAWN = ("tier_raise_withdrawn", REVIEW, REVIEWERS, _("Tier no longer raised"),
        _("%(who)s withdrew the decision to raise the tier of %(thing)s"))
    HOLD_ASSIGNED = ("hold_assigned", REVIEW, MEMBERS, _("Hold assigned"),
        _("%(who)s assigned a hold on %(thing)s to a person and set its due date"))
    HOLD_EVIDENCE_ATTACHED = ("hold_evidence_attached", REVIEW, MEMBERS, _("Evidence attached to a hold"),
        _("%(who)s attached evidence to a hold on %(thing)s"))
    HOLD_EVIDENCE_DETACHED = ("hold_evidence_detached", REVIEW, MEMBERS, _("Evidence removed from a hold"),
        _("%(who)s removed evidence from a hold on %(thing)s"))
    HOLD_ANSWERED = ("hold_answered", REVIEW, MEMBERS, _("Hold answered"),
        _("%(who)s answered a hold on %(thing)s with evidence"))
    HOLD_UNANSWERED = ("hold_unanswered", REVIEW, MEMBERS, _("Answer to a hold without evidence"),
        _("The answer to a hold on %(thing)s no longer has evidence (triggered by %(who)s)"))
    HOLD_CORRECTION_ASKED = ("hold_correction_asked", REVIEW, MEMBERS, _("Correction requested for a hold"),
        _("%(who)s asked for a correction of the fact behind a hold on %(thing)s"))
    SEAT_SUCCEEDED = ("seat_succeeded", REVIEW, MEMBERS, _("Case taken over after the decision"),
        _("%(who)s took over the review of %(thing)s from %(holder)s"))
    MARKS_ACCEPTED_TOGETHER = ("marks_accepted_together", REVIEW, REVIEWERS, _("Answers or facts accepted together"),
        _("%(who)s accepted several answers or facts of %(thing)s together"))
    REVIEW_TEXT_KEPT = ("review_text_kept", REVIEW, OWNERS, _("Shared text saved"),
        _("%(who)s saved or changed a text shared by the reviewers of %(thing)s"))
    REVIEW_TEXT_DELETED = ("review_text_deleted", REVIEW, OWNERS, _("Shared text deleted"),
        _("%(who)s deleted a text shared by the reviewers of %(thing)s"))
    REVIEW_TEXT_BROUGHT_BACK = ("review_text_brought_back", REVIEW, OWNERS, _("Shared text restored"),
        _("%(who)s restored a text shared by the reviewers of %(thing)s"))
    MARKS_TAKEN_OVER = ("marks_taken_over", REVIEW, REVIEWERS, _("Marks adopted from a colleague"),
        _("%(who)s adopted a colleague’s marks for %(thing)s"))
    APPROVAL_TAKEN_BACK = ("approval_taken_back", REVIEW, REVIEWERS, _("Approval withdrawn"),
        _("%(who)s withdrew an approval of %(thing)s"), Timeline(_("Approval withdrawn")))
    HOLD_CLOSED = ("hold_closed", REVIEW, REVIEWERS, _("Hold lifted"),
        _("%(who)s lifted a hold on %(thing)s"), Timeline(_("A hold was lifted")))
    SECOND_LOOK_DRAWN = ("second_look_drawn", REVIEW, REVIEWERS, _("Case picked for a second look"),
        _("The server picked the case of %(thing)s at random for a second look"))
    SECOND_LOOK_ASKED = ("second_look_asked", REVIEW, REVIEWERS, _("Second look requested"),
        _("%(who)s requested a second look at %(thing)s"))
    SECOND_LOOK_TAKEN = ("second_look_taken", REVIEW, REVIEWERS, _("Second look started"),
        _("%(who)s started the second look at %(thing)s"))
    SECOND_LOOK_LEFT = ("second_look_left", REVIEW, REVIEWERS, _("Second look handed back"),
        _("%(who)s handed back the second look at %(thing)s"))
    SECOND_LOOK_GIVEN = ("second_look_given", REVIEW, REVIEWERS, _("Second look completed"),
        _("%(who)s completed the second look at %(thing)s"))
    SECOND_LOOK_WRITTEN = ("second_look_written", REVIEW, REVIEWERS, _("Message about a second look"),
        _("%(who)s wrote a message about the second look at %(thing)s"))
    SECOND_LOOK_REPORTED = ("second_look_reported", REVIEW, REVIEWERS, _("Serious difference in a second look"),
        _("%(who)s reported a serious difference between the review of %(thing)s and the second look at it"))

    # --- certificates
    CERTIFICATE_ISSUED = ("certificate_issued", CERTIFICATES, REVIEWERS, _("Certificate issued"),
        _("Certificate %(certificate)s was issued for %(thing)s (triggered by %(who)s)"),
        Timeline(_("Certificate %(certificate)s issued")))
    CERTIFICATE_SUSPENDED = ("certificate_suspended", CERTIFICATES, REVIEWERS, _("Certificate suspended"),
        _("Certificate %(certificate)s of %(thing)s was suspended (triggered by %(who)s)"))
    CERTIFICATE_REVOKED = ("certificate_revoked", CERTIFICATES, REVIEWERS, _("Certificate revoked"),
        _("%(who)s revoked certificate %(certificate)s of %(thing)s"))
    CONDITION_MISSED = ("condition_missed", CERTIFICATES, REVIEWERS, _("Condition not met in time"),
        _("A condition of certificate %(certificate)s of %(thing)s was not met by its due date"))
    CERTIFICATE_REINSTATED = ("certificate_reinstated", CERTIFICATES, REVIEWERS, _("Certificate reinstated"),
        _("Certificate %(certificate)s of %(thing)s is valid again (triggered by %(who)s)"))
    SUPERSEDED = ("superseded", CERTIFICATES, REVIEWERS, _("Certificate replaced"),
        _("Certificate %(certificate)s of %(thing)s was replaced by a newer certificate"))

    # --- evidence
    EVIDENCE_ADDED = ("evidence_added", EVIDENCE, MEMBERS, _("Evidence added"),
        _("%(who)s added the evidence “%(thing)s”"))
    EVIDENCE_REPLACED = ("evidence_replaced", EVIDENCE, MEMBERS, _("Evidence replaced"),
        _("%(who)s replaced the evidence “%(thing)s” with version %(version)s"))
    EVIDENCE_CHANGED = ("evidence_changed", EVIDENCE, MEMBERS, _("Evidence description changed"),
        _("%(who)s changed the description of the evidence “%(thing)s”"))
    EVIDENCE_WITHDRAWN = ("evidence_withdrawn", EVIDENCE, MEMBERS, _("Evidence withdrawn"),
        _("%(who)s withdrew the evidence “%(thing)s”"))
    EVIDENCE_ATTACHED = ("evidence_attached", EVIDENCE, MEMBERS, _("Evidence attached"),
        _("%(who)s attached the evidence “%(thing)s” to an answer"))
    SUPPLEMENT_ATTACHED = ("supplement_attached", EVIDENCE, MEMBERS, _("Evidence added after signing"),
        _("%(who)s added evidence to the signed submission of %(thing)s"))
    EVIDENCE_DETACHED = ("evidence_detached", EVIDENCE, MEMBERS, _("Evidence detached"),
        _("%(who)s detached the evidence “%(thing)s” from an answer"))
    EVIDENCE_CONFIRMED = ("evidence_confirmed", EVIDENCE, MEMBERS, _("Evidence confirmed"),
        _("%(who)s confirmed that the evidence “%(thing)s” still supports an answer"))
    EVIDENCE_READ = ("evidence_read", EVIDENCE, MEMBERS, _("Confidential evidence opened"),
        _("%(who)s opened version %(version)s of the confidential evidence “%(thing)s”"))

    # --- the log itself
    DETAILS_ERASED = (ERASURE, LOG, OWNERS, _("Personal details erased"),
        _("%(who)s erased a person’s details from the log"))
    ROWS_TAKEN_IN = ("rows_taken_in", LOG, OWNERS, _("Earlier records added to the log"),
        _("Earlier submissions, decisions, certificates and roles were added to the log"))
    LOG_KEY_MADE = ("log_key_made", LOG, OWNERS, _("Log key created"),
        _("A key was created to sign the last entry of the log"))
    LOG_KEY_CHANGED = ("log_key_changed", LOG, OWNERS, _("Log key changed"),
        _("The last entry of each log is now signed with a new key"))
    # fmt: on


_BY_VALUE = {kind.value: kind for kind in AuditKind}
READ_BY_MEMBERS = tuple(kind.value for kind in AuditKind if kind.readers >= Readers.MEMBERS)
READ_BY_REVIEWERS = tuple(kind.value for kind in AuditKind if kind.readers >= Readers.REVIEWERS)


def find(kind: str) -> AuditKind | None:
    """Return the kind of an entry by the value that its row holds; None where the table has none."""
    return _BY_VALUE.get(kind)


def require(kind: str) -> AuditKind:
    """Return a kind by its value. Raises UnknownKind."""
    known = _BY_VALUE.get(kind)
    if known is None:
        raise UnknownKind(kind)
    return known
