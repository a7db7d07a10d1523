"""What is stored. Living rows change and keep their versions, frozen rows are INSERT only, derived ones can be rebuilt."""

from assessments.models.assessments import Answer, AnswerRevision, Assessment, Assignment, Route, State
from assessments.models.audit import AuditDetail, AuditEntry, AuditHead
from assessments.models.certificates import Assurance, Certificate, CertificateEvent, CertificateStatus
from assessments.models.changes import StatedChange
from assessments.models.closing import ActionVerdict, ClosedPractice
from assessments.models.collaboration import Comment, Flag
from assessments.models.conformity import ConformityEvidence, ConformityPart, ConformityRevision, monitored_until
from assessments.models.documents import Document, DocumentKind, DocumentState
from assessments.models.editions import (
    Edition,
    EditionText,
    Item,
    PublishedDiffers,
    Question,
    Questionnaire,
    Section,
    edition_for,
)
from assessments.models.evidence import Confidentiality, Evidence, EvidenceUse, EvidenceVersion, Scan
from assessments.models.expired_forms import HeldPost
from assessments.models.holds import Hold, HoldOutcome
from assessments.models.imports import FactSuggestion, ImportDraft
from assessments.models.marks import EvidenceOpening
from assessments.models.notifications import Message, SealedEmail
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
from assessments.models.remediation import (
    NEXT_DUE,
    OWN,
    ActionEvent,
    ActionStatus,
    Condition,
    EffortChoices,
    RemediationAction,
)
from assessments.models.review_case import (
    Appeal,
    AppealAnswer,
    AppealKind,
    CaseMessage,
    Interest,
    RequestOutcome,
    SeatRequest,
)
from assessments.models.review_words import ASKING, CaseNote, KeptText, OwnText, SharedText
from assessments.models.reviews import (
    DecisionKind,
    EvidenceMark,
    EvidenceMarkRevision,
    MarkKind,
    MarkReason,
    MarkReply,
    MarkReplyRevision,
    ReviewDecision,
    ReviewMark,
    ReviewMarkRevision,
    ReviewSeat,
    Seat,
    Verdict,
)
from assessments.models.revisions import RevisionOutcome
from assessments.models.saved_filters import SavedFilter
from assessments.models.scheduled import StepRun
from assessments.models.search_words import SearchWord
from assessments.models.second_looks import SecondLook, SecondLookMark, SecondLookWords
from assessments.models.submissions import Submission
from assessments.models.systems import (
    AISystem,
    DeclaredFact,
    DeclaredUse,
    FactDraft,
    FactRevision,
    Involvement,
    SignedWorst,
)

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
    "ReviewSeat", "RevisionOutcome", "Role", "Route", "SavedFilter", "Scan", "SealedEmail", "SearchWord", "Seat",
    "SeatRequest", "SecondLook", "SecondLookMark", "SecondLookWords", "Section", "Sees", "SharedText", "SignedWorst",
    "State", "StatedChange", "StepRun", "Submission", "Supplement", "SupplementMark", "SupplementMarkRevision", "User",
    "Verdict", "edition_for", "monitored_until",
]  # fmt: skip
