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
from assessments.models.changes import StatedChange
from assessments.models.closing import ActionVerdict, ClosedPractice
from assessments.models.conformity import ConformityEvidence, ConformityPart, ConformityRevision, monitored_until
from assessments.models.desk import Appeal, AppealAnswer, AppealKind, CaseMessage, Interest, RequestOutcome, SeatRequest
from assessments.models.evidence import Confidentiality, Evidence, EvidenceUse, EvidenceVersion, Scan
from assessments.models.marks import EvidenceOpening
from assessments.models.parts import (
    PartMark,
    PartMarkRevision,
    PartVerdict,
    ReturnTask,
    Supplement,
    SupplementMark,
    SupplementMarkRevision,
)
from assessments.models.people import Invitation, MailWhen, Membership, Organisation, RefusedSignIn, Role, Sees, User
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
from assessments.models.review_words import ASKING, CaseNote, KeptText, OwnText, SharedText
from assessments.models.reviews import (
    NEXT_DUE,
    OWN,
    ActionEvent,
    ActionStatus,
    Condition,
    DecisionKind,
    EffortChoices,
    EvidenceMark,
    EvidenceMarkRevision,
    MarkKind,
    MarkReason,
    MarkReply,
    MarkReplyRevision,
    RemediationAction,
    ReviewDecision,
    ReviewMark,
    ReviewMarkRevision,
    ReviewSeat,
    Seat,
    Submission,
    Verdict,
)
from assessments.models.second_looks import SecondLook, SecondLookMark, SecondLookWords
from assessments.models.systems import (
    AISystem,
    DeclaredFact,
    DeclaredUse,
    FactDraft,
    FactRevision,
    Hold,
    HoldOutcome,
    Involvement,
    RevisionOutcome,
    SignedWorst,
)
from assessments.models.teamwork import Comment, FactSuggestion, Flag, HeldPost, ImportDraft, SavedFilter

__all__ = [
    "ASKING", "NEXT_DUE", "OWN", "AISystem", "ActionEvent", "ActionStatus", "ActionVerdict", "Answer", "AnswerRevision", "Appeal",
    "AppealAnswer", "AppealKind", "Assessment", "Assignment", "Assurance", "AuditDetail", "AuditEntry", "AuditHead",
    "CaseMessage", "CaseNote", "Certificate", "CertificateEvent", "CertificateStatus", "ClosedPractice", "Comment", "Condition",
    "Confidentiality", "ConformityEvidence", "ConformityPart", "ConformityRevision", "DecisionKind", "DeclaredFact",
    "DeclaredUse", "Document", "DocumentKind", "DocumentState", "Edition", "EditionText", "EffortChoices", "Evidence",
    "EvidenceMark", "EvidenceMarkRevision", "EvidenceOpening", "EvidenceUse", "EvidenceVersion", "FactDraft", "FactRevision",
    "FactSuggestion", "Flag", "HeldPost", "Hold", "HoldOutcome", "ImportDraft", "Interest", "Invitation", "Involvement",
    "Item", "KeptText", "MailWhen", "MarkKind", "MarkReason", "MarkReply", "MarkReplyRevision", "Membership", "Message",
    "Organisation", "OwnText", "PartMark", "PartMarkRevision", "PartVerdict", "PublishedDiffers", "Question", "Questionnaire",
    "RefusedSignIn", "RemediationAction", "RequestOutcome", "ReturnTask", "ReviewDecision", "ReviewMark", "ReviewMarkRevision",
    "ReviewSeat", "RevisionOutcome", "Role", "Route", "SavedFilter", "Scan", "Seat", "SeatRequest", "SecondLook",
    "SecondLookMark", "SecondLookWords", "Section", "Sees", "SharedText", "SignedWorst", "State", "StatedChange", "StepRun",
    "Submission", "Supplement", "SupplementMark", "SupplementMarkRevision", "User", "Verdict", "edition_for", "monitored_until",
]  # fmt: skip
