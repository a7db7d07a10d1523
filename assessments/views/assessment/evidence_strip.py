"""The strip under each question: the evidence that its answer leans on, and what has to be looked at again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.models import Confidentiality, Evidence, EvidenceUse
from assessments.views.assessment.member_case import MemberCase


@dataclass
class EvidenceLine:
    """One evidence item under one answer."""

    use: EvidenceUse

    @property
    def piece(self) -> Evidence:
        return self.use.evidence

    @property
    def meta(self) -> str:
        """What it is and the time it speaks for, in a few words."""
        words = [_("shown on request")] if self.piece.confidentiality == Confidentiality.ON_REQUEST else []
        if self.piece.confidentiality == Confidentiality.CONFIDENTIAL:
            words.append(_("confidential"))
        words += filter(None, [period_words(self.piece)])
        if self.piece.is_expired() and not self.use.has_expired:  # somebody knew when they attached or confirmed it
            words.append(expiry_words(self.piece))
        return ", ".join(words)

    @property
    def warning(self) -> str:
        """Why somebody has to look at it again; "" where nobody has."""
        if self.piece.withdrawn_at:
            return _("withdrawn from the library, so it no longer counts as evidence here")
        if self.use.is_replaced:
            return _("replaced since it was attached, so check it again")
        return expiry_words(self.piece) if self.use.has_expired else ""

    @property
    def may_be_confirmed(self) -> bool:
        return self.piece.withdrawn_at is None and self.use.needs_a_look


@dataclass
class EvidenceStrip:
    """The evidence of one answer. `is_open`: with the library and a place for a file, as a script asks for it."""

    key: str
    title: str
    url: str
    lines: list[EvidenceLine]
    editable: bool
    answered: bool = True  # evidence hangs on an answer, so a question without one takes none
    is_open: bool = False
    pieces: Sequence[Evidence] = field(default_factory=list)  # of the library, to choose from
    query: str = ""
    problem: str = ""
    said: str = ""
    form: Any = None

    @property
    def id(self) -> str:
        return f"q-{self.key}--evidence"

    @property
    def leans_on(self) -> list[tuple[str, int]]:
        """Evidence items with their newest versions, as `snapshots.evidence_of` says it of a submission."""
        pieces = [line.piece for line in self.lines if line.piece.withdrawn_at is None]
        return sorted((piece.reference, piece.version) for piece in pieces)


def expiry_words(piece: Evidence) -> str:
    """Say when an expired evidence item ran out."""
    assert piece.expires_on is not None
    return _("expired on %(day)s") % {"day": date_format(piece.expires_on, "DATE_FORMAT")}


def period_words(piece: Evidence) -> str:
    """Return the time that an evidence item speaks for; "" where it names none."""
    begins = date_format(piece.period_from, "DATE_FORMAT") if piece.period_from else ""
    ends = date_format(piece.period_to, "DATE_FORMAT") if piece.period_to else ""
    if begins and ends:
        return _("%(begins)s to %(ends)s") % {"begins": begins, "ends": ends}
    if begins:
        return _("from %(begins)s") % {"begins": begins}
    return _("until %(ends)s") % {"ends": ends} if ends else ""


def make_strip(case: MemberCase, key: str, uses: Iterable[EvidenceUse], *, editable: bool) -> EvidenceStrip:
    return EvidenceStrip(
        key=key,
        title=case.edition.questions[key].title,
        url=reverse("answer_evidence", args=[case.assessment.reference, key]),
        lines=[EvidenceLine(use) for use in uses],
        editable=editable,
    )
