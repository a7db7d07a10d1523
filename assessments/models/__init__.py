"""What is stored. Living rows change and keep their versions, frozen rows are INSERT only, derived ones can be rebuilt."""

from assessments.models.assessments import Answer, AnswerRevision, Assessment, Assignment, Route, State
from assessments.models.audit import AuditDetail, AuditEntry, AuditHead
from assessments.models.certificates import (
    Assurance,
    Certificate,
    CertificateEvent,
    CertificateStatus,
    Document,
    DocumentKind,
    DocumentState,
    Message,
    StepRun,
)
from assessments.models.evidence import Confidentiality, Evidence, EvidenceUse, EvidenceVersion, Scan
from assessments.models.people import Invitation, MailWhen, Membership, Organisation, Role, Sees, User
from assessments.models.questionnaires import (
    Edition,
    EditionText,
    Item,
    PublishedDiffers,
    Question,
    Questionnaire,
    Section,
    edition_for,
)
from assessments.models.reviews import (
    ActionEvent,
    ActionStatus,
    Condition,
    DecisionKind,
    EffortChoices,
    MarkKind,
    MarkReason,
    RemediationAction,
    ReviewDecision,
    ReviewMark,
    ReviewMarkRevision,
    ReviewSeat,
    Seat,
    Submission,
)
from assessments.models.systems import AISystem, DeclaredFact, DeclaredUse, FactRevision, Hold, RevisionOutcome
from assessments.models.teamwork import Comment, FactSuggestion, Flag, HeldPost, ImportDraft, SavedFilter

__all__ = [
    "AISystem", "ActionEvent", "ActionStatus", "Answer", "AnswerRevision", "Assessment", "Assignment", "Assurance",
    "AuditDetail", "AuditEntry", "AuditHead", "Certificate", "CertificateEvent", "CertificateStatus", "Comment",
    "Condition", "Confidentiality", "DecisionKind", "DeclaredFact", "DeclaredUse", "Document", "DocumentKind",
    "DocumentState", "Edition", "EditionText", "EffortChoices", "Evidence", "EvidenceUse", "EvidenceVersion",
    "FactRevision", "FactSuggestion", "Flag", "HeldPost", "Hold", "ImportDraft", "Invitation", "Item", "MailWhen",
    "MarkKind", "MarkReason", "Membership", "Message", "Organisation", "PublishedDiffers", "Question", "Questionnaire",
    "RemediationAction", "ReviewDecision", "ReviewMark", "ReviewMarkRevision", "ReviewSeat", "RevisionOutcome", "Role",
    "Route", "SavedFilter", "Scan", "Seat", "Section", "Sees", "State", "StepRun", "Submission", "User", "edition_for",
]  # fmt: skip
