"""The Guideline's vocabulary as enums: tiers, stakeholders, dimensions, principles, lifecycle stages."""

from enum import IntEnum, StrEnum


class Tier(StrEnum):
    """The four tiers of 2.1.2 Table 1, in lower case as files and the database write them."""

    LOW = "low"
    LIMITED = "limited"
    HIGH = "high"
    UNACCEPTABLE = "unacceptable"

    @property
    def rank(self) -> int:
        """0 for Low up to 3 for Unacceptable: the highest rank wins."""
        return TIERS.index(self)


TIERS = tuple(Tier)


class Stakeholder(StrEnum):
    """Whom a duty addresses. The Guideline's Service Users are two: a body and a person (register, roles)."""

    DEVELOPER = "developer"
    PROVIDER = "provider"
    ORGANISATION = "organisation"
    USER = "user"


class Dimension(StrEnum):
    """The five dimensions of governance, 2.2."""

    PRIVACY = "privacy"
    INTELLECTUAL_PROPERTY = "intellectual_property"
    CRIME_PREVENTION = "crime_prevention"
    RELIABILITY = "reliability"
    SECURITY = "security"


class Principle(StrEnum):
    """The five principles, 2.3."""

    COMPLIANCE = "compliance"
    SECURITY_TRANSPARENCY = "security_transparency"
    ACCURACY_RELIABILITY = "accuracy_reliability"
    FAIRNESS_OBJECTIVITY = "fairness_objectivity"
    PRACTICALITY_EFFICIENCY = "practicality_efficiency"


class LifecycleStage(StrEnum):
    """The stages of 2.1.3."""

    PLANNING_DATA = "planning_data"
    MODEL_DEVELOPMENT = "model_development"
    DEPLOYMENT_INTEGRATION = "deployment_integration"
    USAGE_MAINTENANCE = "usage_maintenance"


class Kind(StrEnum):
    """What the product does with a requirement."""

    DUTY = "duty"
    AWARENESS = "awareness"
    NOTICE = "notice"


class Strength(StrEnum):
    """How strongly the Guideline words a requirement; its word, not a finding that a law applies."""

    MUST = "must"
    SHOULD = "should"
    CONSIDER = "consider"


class Basis(StrEnum):
    """Who says so: the Guideline's own text, or our judgement."""

    EXPLICIT = "explicit"
    JUDGEMENT = "judgement"


class QuestionKind(StrEnum):
    PRACTICE = "practice"
    CHECKLIST = "checklist"


class Effort(StrEnum):
    """Effort of a remedy: days, weeks or months."""

    DAYS = "S"
    WEEKS = "M"
    MONTHS = "L"


class HoldKind(StrEnum):
    OPEN_QUESTION = "open_question"
    LEGAL_REVIEW = "legal_review"
    EXCEPTION_EVIDENCE = "exception_evidence"


class CheckKind(StrEnum):
    """What a check of a submission looks for; see ``scoring.checks``."""

    CONTRADICTION = "contradiction"
    WORDS = "words"
    NO_EVIDENCE = "no_evidence"
    NO_NOTE = "no_note"
    MANY_NOT_APPLICABLE = "many_not_applicable"
    SAME_WORDS = "same_words"
    PAST_DATE = "past_date"
    UNKNOWN_MUST = "unknown_must"
    OLD_EVIDENCE = "old_evidence"


class Severity(StrEnum):
    """What a check asks for: to mend what cannot be right, or to look at what may be."""

    MEND = "mend"
    LOOK = "look"


class PartKind(StrEnum):
    """How a part of the conformity file is kept: evidence items, or rows of a small table (`ROWS`)."""

    EVIDENCE = "evidence"
    MONITORING = "monitoring"
    OVERSEERS = "overseers"
    MEASURES = "measures"


ROWS: dict[PartKind, tuple[str, ...]] = {
    PartKind.OVERSEERS: ("name", "qualification", "power"),
    PartKind.MEASURES: ("measure", "limit", "alert_owner"),
}
"""The cells of one row, all of them needed."""


class Credit(IntEnum):
    """Half credits of a duty: in place 2, partly 1, anything less 0."""

    NONE = 0
    HALF = 1
    FULL = 2


UNKNOWN = "unknown"


class Choice(StrEnum):
    """The answer to a question as a whole. A checklist has TICKED (items say which), NONE, or one of the last two."""

    IN_PLACE = "in_place"
    PARTLY = "partly"
    PLANNED = "planned"
    NOT_IN_PLACE = "not_in_place"
    TICKED = "ticked"
    NONE = "none"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
