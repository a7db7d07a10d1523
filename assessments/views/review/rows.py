"""One fact or answer to judge, and the evidence items under it, as a page of a review shows them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from django.forms import Form
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assessments.core import query_values
from assessments.core.text_diff import Budget, Comparison, compare
from assessments.domain.review import own_marks
from assessments.domain.review.evidence_of_case import ACCEPTING, unsupported
from assessments.forms.review import EvidenceMarkForm, MarkForm
from assessments.models import EvidenceMark, ReviewMark, Supplement
from assessments.views.review.guides import Guide

OPERATION = token_hex(16)
"""Stands in a kept row where each page puts operations of its own, so that no two pages' saves are taken for one."""
SEEN = token_hex(16)
"""Stands in a kept row where each page puts the token that it showed this answer to its reader."""


def carried_words(mark: ReviewMark | EvidenceMark | None) -> str:
    """Say where a mark was carried from: a round of this case, or the last decision on the use; empty for a new one."""
    source = mark.carried_from if mark else None
    if mark is None or source is None:
        return ""
    if source.submission.assessment_id != mark.submission.assessment_id:
        return _("the last decision")
    return _("round %(n)s") % {"n": source.submission.round}


def posted_base(form: Form) -> int:
    """Return the revision that a page had shown, as it gave it back."""
    return query_values.count(str(form["base"].value())) or 0


@dataclass
class JudgedRow:
    """One fact or answer to judge, as it was submitted, beside the mark on it."""

    target: str
    title: str
    text: str
    words: Callable[[], dict[str, Any]]  # what was answered; asked for only where a page shows it
    words_before: Callable[[], dict[str, Any]] | None = None  # in the last round, where it differed
    changed: bool = False
    mark: ReviewMark | None = None  # what is kept of it in the reader's seat; one that was taken back has no `mark`
    others: list[ReviewMark] = field(default_factory=list)  # the marks of other seats
    reader: int = 0  # who holds the seat and may mark; nobody: 0
    is_own: bool = False  # in the own set of the reader's seat
    is_drawn: bool = False  # there by the draw
    flags: Sequence[str] = ()  # what the checks before signing say of it
    token: str = ""  # says that this page shows it to its reader
    cited: Callable[[], list[tuple[str, str, str]]] = list
    guided: Callable[[], Guide | None] = lambda: None
    blocks: bool = False
    standard_days: int = 0  # days after the approval on which an action without a date is due
    reasons: Callable[[], Sequence[str]] = lambda: ()  # for a change, that fit what was answered
    form: MarkForm | None = None
    decisive: bool = False
    asked: ReviewMark | None = None  # what was asked for in the round before
    reply: dict[str, Any] | None = None  # and what the organisation said to it
    pieces: list[EvidenceRow] = field(default_factory=list)
    later: list[Supplement] = field(default_factory=list)  # evidence that was added after the signing
    theirs: ReviewMark | None = None  # the mark that stands, where another one was to be saved over it
    html: SafeString | str = ""
    is_kept: bool = False  # drawn for more pages than one
    budget: Budget = field(default_factory=Budget)  # of the comparisons of its page

    @cached_property
    def now(self) -> dict[str, Any]:
        return self.words()

    @cached_property
    def before(self) -> dict[str, Any] | None:
        return self.words_before() if self.words_before else None

    @cached_property
    def clauses(self) -> list[tuple[str, str, str]]:
        return self.cited()

    @cached_property
    def guide(self) -> Guide | None:
        return self.guided()

    @property
    def to_edit(self) -> ReviewMark | None:
        """The reader's own mark as far as it counts; a predecessor's, or one that was not opened, is given anew."""
        mark = self.mark
        if mark is None or mark.by_id != self.reader:
            return None
        counts = not self.is_own or (mark.shown_at is not None and own_marks.is_own(mark, self.reader))
        return mark if counts or not mark.mark else None

    @property
    def by_others(self) -> list[ReviewMark]:
        """The marks of colleagues, each shown by its name: of the other seat, and a predecessor's in this one."""
        mine = self.mark
        before = [mine] if mine is not None and mine.mark and self.to_edit is None else []
        return [*before, *self.others]

    @property
    def differs(self) -> bool:
        """Tell whether the reader's mark is of another kind than that of a colleague."""
        mine = self.to_edit
        return bool(mine and mine.mark) and any(one.mark != mine.mark for one in self.others if mine)

    @property
    def seen(self) -> str:
        return SEEN if self.is_kept else self.token

    @property
    def is_marked(self) -> bool:
        """Tell whether the reader's own mark stands, or for a reader without a seat any."""
        mark = self.to_edit if self.reader else self.mark
        return bool(mark and mark.mark)

    @property
    def unsupported(self) -> dict[str, list[str]]:
        """Where the answer is accepted: the titles of the evidence items that do not support it, and of those not judged."""
        mark = self.to_edit if self.reader else self.mark
        if mark is None or mark.mark not in ACCEPTING:
            return {}
        found: dict[str, list[str]] = {}
        for piece in self.pieces:
            if why := unsupported(piece.verdicts):
                found.setdefault(why, []).append(piece.given["title"])
        return found

    @property
    def every_mark(self) -> list[ReviewMark]:
        """Each mark once: where the case is only read, `others` has those of every seat, and `mark` is one of them."""
        mine = [self.mark] if self.reader and self.mark is not None and self.mark.mark else []
        return [*mine, *self.others]

    def form_for(self, data: QueryDict | None = None) -> MarkForm:
        """Return the form of the reader's mark, with the reasons that fit the answer."""
        return MarkForm(data, prefix=self.anchor, row=self.to_edit, reasons=self.reasons())

    @property
    def operation(self) -> str:
        """The name of the next save of it; in a row that is kept, what stands in its place."""
        return OPERATION if self.is_kept else str(uuid.uuid4())

    @property
    def base(self) -> int:
        """The revision on which the next save builds: after a failed one still that which the page had shown."""
        if self.form is not None and self.form.is_bound and self.form.errors:
            return posted_base(self.form)
        return self.mark.revision if self.mark else 0

    @property
    def is_answer(self) -> bool:
        return self.target.startswith("q:")

    @property
    def is_fact(self) -> bool:
        return not self.is_answer

    @property
    def anchor(self) -> str:
        return self.target.replace(":", "-")

    @property
    def state(self) -> str:
        return str(self.mark.mark) if self.mark and self.is_marked else "not_looked_at"

    @property
    def carried(self) -> str:
        return carried_words(self.mark) if self.is_marked else ""

    @property
    def waits(self) -> bool:
        """Tell whether the reviewer has something to look at: it changed, was replied to, or has no carried mark."""
        return self.changed or self.reply is not None or not self.carried

    @cached_property
    def difference(self) -> Comparison | None:
        return compare(self.before["note"], self.now["note"], self.budget) if self.before else None


@dataclass
class EvidenceRow:
    """An evidence item under an answer: as it was submitted, as it stands now, and what the reviewer finds of it."""

    given: dict[str, Any]
    question: str
    since: list[str] = field(default_factory=list)  # what became of it after it was signed
    claim: list[str] = field(default_factory=list)  # how its period stands to the answer
    scan: str = ""
    is_unscanned: bool = False
    is_shown: bool = False  # in the page
    no_preview: str = ""
    mark: EvidenceMark | None = None
    others: list[EvidenceMark] = field(default_factory=list)
    reader: int = 0
    is_own: bool = False  # in the own set of the reader's seat
    is_opened: bool = False  # by the reader
    form: EvidenceMarkForm | None = None
    problem: str = ""
    is_kept: bool = False

    @property
    def carried(self) -> str:
        return carried_words(self.mark)

    @property
    def anchor(self) -> str:
        return f"e-{self.question}-{self.given['reference']}"

    @property
    def target(self) -> str:
        return f"e:{self.question}/{self.given['reference']}"

    @property
    def to_edit(self) -> EvidenceMark | None:
        """The reader's own verdict; a predecessor's is given anew."""
        return self.mark if self.mark and self.mark.by_id == self.reader else None

    @property
    def verdicts(self) -> list[str]:
        """What an accepting mark rests on: the reader's own verdict; where the case is only read, that of every seat."""
        if not self.reader:
            return [str(mark.verdict) for mark in self.by_others]
        return [str(self.to_edit.verdict)] if self.to_edit else []

    @property
    def by_others(self) -> list[EvidenceMark]:
        before = [self.mark] if self.mark and self.mark.verdict and self.to_edit is None else []
        return [*before, *self.others]

    @property
    def verdict(self) -> str:
        if self.form is not None and self.form.is_bound:
            return str(self.form["verdict"].value() or "")
        return str(self.to_edit.verdict) if self.to_edit else ""

    @property
    def note(self) -> str:
        if self.form is not None and self.form.is_bound:
            return str(self.form["note"].value() or "")
        return self.to_edit.note if self.to_edit else ""

    @property
    def base(self) -> int:
        if self.problem and self.form is not None:
            return posted_base(self.form)
        return self.mark.revision if self.mark else 0

    @property
    def operation(self) -> str:
        return OPERATION if self.is_kept else str(uuid.uuid4())
