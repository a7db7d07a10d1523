"""A submission as its reviewers see it: its facts and answers in rows, each with its mark and the round before.

Everything comes from the frozen submission, reached by `finders.submissions_for`; the living draft is never read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.access import finders
from assessments.core.errors import NotPermitted
from assessments.core.text_diff import Budget
from assessments.domain.evidence.previews import can_show
from assessments.domain.review import approvals, cases, own_marks, queries, reasons, rounds, supplements
from assessments.domain.review.opened import opened_contents
from assessments.domain.review.sampling import OwnSet, content_of, own_set
from assessments.guideline.edition import Edition, Question
from assessments.guideline.terms import UNKNOWN, Choice
from assessments.guideline.wording import fact_answer
from assessments.models import (
    EvidenceMark,
    Interest,
    MarkKind,
    ReviewMark,
    ReviewSeat,
    SeatRequest,
    State,
    Submission,
    User,
    edition_for,
)
from assessments.models.figures import figure_words
from assessments.models.marks import combine
from assessments.models.snapshots import evidence_of, value_of
from assessments.views.review.guides import Guide, guide_to
from assessments.views.review.rows import EvidenceRow, JudgedRow
from assessments.views.review.snapshot import changed_between, changed_since_decision, taken_apart
from assessments.views.wording import (
    answer_lines,
    as_day,
    as_moment,
    choice_word,
    submitted_pieces,
)

FACTS = "facts"
CHANGES = "changes"
NOT_APPLICABLE = "not-applicable"
OWN = "own"


class PageOfCase:
    """A page of rows: the facts, or one section. It is counted without its rows, which are made where they are shown."""

    def __init__(self, case: ReviewCase, key: str, title: str, targets: Iterable[str]) -> None:
        self.case, self.key, self.title, self.targets = case, key, title, tuple(targets)

    @property
    def is_of_changes(self) -> bool:
        return self.key == CHANGES

    @cached_property
    def rows(self) -> list[JudgedRow]:
        return [self.case.rows[target] for target in self.targets]

    @property
    def marked(self) -> int:
        return sum(target in self.case.marks for target in self.targets)

    @property
    def changed(self) -> int:
        return sum(target in self.case.changed for target in self.targets)

    @property
    def replied(self) -> int:
        """How many were replied to and not changed."""
        return len(self.targets) - self.changed

    @property
    def waiting(self) -> list[str]:
        return [target for target in self.targets if self.case.waits(target)]

    @property
    def left(self) -> int:
        return len(self.targets) - self.marked


class Rows(dict[str, JudgedRow]):
    """The rows of a case by target, each made when it is asked for."""

    def __init__(self, case: ReviewCase) -> None:
        super().__init__()
        self.case = case

    def __missing__(self, target: str) -> JudgedRow:
        sent = self.case.sent
        if target in sent.facts:
            row = self.case.fact_row(target, sent.facts[target])
        else:
            row = self.case.answer_row(target, sent.questions[target])
        self[target] = row
        return row


class ReviewCase:
    """A submission with its seats, its marks and the round before it, arranged for the pages of a review."""

    def __init__(self, user: User, reference: str, since: int = 0) -> None:
        """`since`: the round to hold it against, 0 for the one before it."""
        found = queries.find_case(user, reference)
        if found is None:
            raise Http404
        self.submission: Submission = found
        self.may_review: bool = found.may_review  # else it is read only, to answer an appeal
        self.has_set_aside: bool = found.has_set_aside  # an action that the organisation marked as not relevant
        self.may_open: bool = found.may_open  # by `finders.gate_of_case`
        self.added: int = found.added  # pieces of evidence that were added after the signing
        self.added_left: int = found.added_left  # those that this reviewer has not judged
        self.user = user
        self.budget = Budget()
        self.assessment = self.submission.assessment
        self.use = self.assessment.use
        self.edition: Edition = edition_for(self.submission.edition_checksum)
        self.sent = taken_apart(self.submission.snapshot, self.edition)
        self.content = self.sent.content
        self.seats: list[ReviewSeat] = queries.seats_of(self.submission)
        self.seat = next((seat for seat in self.seats if seat.reviewer_id == user.pk), None)
        self.replies = self.sent.replies
        self.before: dict[str, Any] | None = None
        self.round_before = 0
        self.since = ""  # what `changed` is held against, in words
        self.changed: Collection[str] = frozenset()
        self.former: Submission | None = None  # what was decided last on the use, in a case before this one
        earlier = None
        if self.submission.round > 1:
            rounds = finders.submissions_to_read(user).defer(None)
            rounds = rounds.filter(assessment=self.assessment, round__lt=self.submission.round)
            earlier = (rounds.filter(round=since) if since else rounds).order_by("-round").first()
            if earlier is None and since:
                raise Http404
            if earlier:
                before = taken_apart(earlier.snapshot, edition_for(earlier.edition_checksum))
                self.before, self.round_before = before.content, earlier.round
                self.since = _("round %(n)s") % {"n": earlier.round}
                self.changed = changed_between(before, self.sent)
        elif self.assessment.follows_id:
            self._hold_against_last_decision()
        rows = queries.marks_kept(self.submission, earlier)
        self.all_marks = [row for row in rows if row.submission_id == self.submission.pk]
        for row in self.all_marks:
            row.submission = self.submission  # it is asked where a mark was carried from
        self.asked = combine(row for row in rows if row.submission_id != self.submission.pk)
        self.combined = combine(self.all_marks)
        # Held against an older round it can be read, not marked: the marks are about the round before.
        self.is_comparison = bool(since) and since != self.submission.round - 1

    def _hold_against_last_decision(self) -> None:
        """Compare a first round with what was decided last on the use; its own words only where this person may read it."""
        self.former = found = queries.former_of(self.user, self.submission)
        if found is None:
            return
        before = taken_apart(found.snapshot, edition_for(found.edition_checksum))
        self.changed = changed_since_decision(before, self.sent)
        day = date_format(timezone.localtime(found.decided_at), "j F Y")  # type: ignore[attr-defined]  # annotated
        self.since = _("the decision of %(day)s") % {"day": day}
        if found.may_read:  # type: ignore[attr-defined]
            self.before = before.content

    def require_seat(self) -> ReviewSeat:
        """Return the person's seat; raises NotPermitted for who has none, and for who has declared a conflict since."""
        if self.seat is None:
            raise NotPermitted(_("Take the case before you mark its answers or decide on it."))
        if not self.may_open and self.seat.to_declare and self.conflict is None:
            raise NotPermitted(_("Something has changed since you declared your interests: declare them again first."))
        if not self.may_open:
            raise NotPermitted(_("You have declared a conflict of interest: hand your seat over to a colleague."))
        return self.seat

    @property
    def reader(self) -> int:
        """Who marks here: the holder of a seat while marks may be set; 0 where the case is only read."""
        return self.user.pk if self.is_open else 0

    @cached_property
    def own(self) -> OwnSet | None:
        """What the reader's seat judges by itself; None without a seat."""
        if self.seat is None:
            return None
        return own_set(self.submission, self.seat.seat, content=self.content, decisive=self.sent.decisive)

    @cached_property
    def kept(self) -> dict[str, ReviewMark]:
        """What is kept in the reader's seat; where the case is only read, the marks of all seats as one."""
        if not self.reader or self.seat is None:
            return dict(self.combined)
        return {row.target: row for row in self.all_marks if row.seat == self.seat.seat}

    @cached_property
    def others(self) -> dict[str, list[ReviewMark]]:
        """The marks of other seats, by target; where the case is only read, of every seat."""
        seat = self.seat.seat if self.reader and self.seat else ""
        found: dict[str, list[ReviewMark]] = {}
        for row in self.all_marks:
            if row.mark and row.seat != seat:
                found.setdefault(row.target, []).append(row)
        return found

    @cached_property
    def marks(self) -> dict[str, ReviewMark]:
        """The marks that count for the reader's approval; where the case is only read, those of all seats as one."""
        return {target: mark for target, mark in self.kept.items() if mark.mark and self.counts(mark)}

    def counts(self, mark: ReviewMark) -> bool:
        if not self.reader or self.own is None:
            return True
        if mark.target not in self.own.targets:
            return mark.by_id == self.reader
        return mark.shown_at is not None and own_marks.is_own(mark, self.reader)

    @cached_property
    def to_take_over(self) -> dict[str, ReviewMark]:
        """The marks of colleagues that the reader may take over by name."""
        if not self.reader or self.seat is None or self.own is None:
            return {}
        standing = [row for row in self.all_marks if row.mark]
        return own_marks.may_take_over(self.seat, self.own.targets, standing)

    def look(self) -> approvals.Look | None:
        """What the reader's seat has looked at: two queries."""
        if self.seat is None:
            return None
        return approvals.look_of(
            self.submission,
            self.seat,
            content=self.content,
            own=self.own,
            marks=self.all_marks,
            evidence_marks=queries.evidence_marks_on(self.submission),
        )

    @cached_property
    def has_approved(self) -> bool:
        return self.seat is not None and cases.has_approved(self.submission, self.user)

    @cached_property
    def interests(self) -> list[Interest]:
        """What reviewers have declared about the case, oldest first."""
        return queries.interests_in(self.assessment)

    @property
    def conflict(self) -> Interest | None:
        """The conflict of interest that this reviewer has declared."""
        return next((one for one in self.interests if one.reviewer_id == self.user.pk and one.words), None)

    @cached_property
    def asks_again(self) -> list[str]:
        """What has changed since the holder of a seat declared their interests; empty where the declaration holds."""
        if self.seat is None or not self.seat.to_declare or self.conflict is not None:
            return []
        return rounds.words_of(self.seat.since_declared)

    @property
    def conflicts(self) -> list[Interest]:
        return [one for one in self.interests if one.words]

    @cached_property
    def requests(self) -> list[SeatRequest]:
        """Who is asked to take which seat; of a closed case nobody."""
        under_review = self.assessment.state in (State.SUBMITTED, State.IN_REVIEW)
        return queries.open_requests(self.submission) if self.is_current and under_review else []

    @property
    def is_current(self) -> bool:
        return self.assessment.current_submission_id == self.submission.pk

    @property
    def is_open(self) -> bool:
        """Tell whether marks may be set: with a seat, while the submission is under review and not approved by it."""
        return self.is_decidable and not self.has_approved

    @property
    def is_decidable(self) -> bool:
        """Tell whether the reader holds a seat while the submission is under review.

        A declared conflict of interest, and a declaration to be given again, close the gate (`may_open`).
        """
        if self.seat is None or self.is_comparison or not self.may_open:
            return False
        return self.is_current and self.assessment.state == State.IN_REVIEW

    @property
    def targets(self) -> tuple[str, ...]:
        return self.sent.targets

    def waits(self, target: str) -> bool:
        """As `JudgedRow.waits`, without its row."""
        if target in self.changed or self._is_replied(target):
            return True
        kept = self.kept.get(target)
        return kept is None or kept.carried_from is None

    def _is_replied(self, target: str) -> bool:
        """Tell whether something was replied to the return of it; a comparison with an older round leaves that out."""
        return target in self.replies and not self.is_comparison

    @property
    def left(self) -> int:
        return sum(target not in self.marks for target in self.targets)

    @property
    def unmarked(self) -> int:
        """How many facts and answers the reader has not marked in any way."""
        return sum(not ((kept := self.kept.get(t)) and kept.mark and kept.by_id == self.user.pk) for t in self.targets)

    def took(self, row: JudgedRow, mark: ReviewMark) -> None:
        """Show a mark that was just saved."""
        row.mark = self.kept[row.target] = mark
        self.marks.pop(row.target, None)
        if mark.mark and self.counts(mark):
            self.marks[row.target] = mark
        self.all_marks = [one for one in self.all_marks if one.pk != mark.pk] + [mark]
        self.combined = combine(self.all_marks)

    @property
    def plain(self) -> tuple[str, ...]:
        """What may be accepted in one action."""
        if not self.is_open:
            return ()
        own = self.own.targets if self.own else frozenset()
        return tuple(t for t in self.sent.plain if not self._is_set(t) and t not in self.changed and t not in own)

    def _is_set(self, target: str) -> bool:
        """Tell whether a mark stands in the reader's seat, whoever set it, or a colleague asks for a change."""
        kept, all_seats = self.kept.get(target), self.combined.get(target)
        return bool(kept and kept.mark) or bool(all_seats and all_seats.mark == MarkKind.CHANGE_NEEDED)

    @property
    def changes(self) -> list[ReviewMark]:
        """The marks that ask for a change, in the order of the questionnaire."""
        return [
            self.combined[target]
            for target in self.targets
            if target in self.combined and self.combined[target].mark == MarkKind.CHANGE_NEEDED
        ]

    @cached_property
    def groups(self) -> list[PageOfCase]:
        sections = self.sent.sections.items()
        titles = self.edition.section_of
        return [
            PageOfCase(self, FACTS, _("Facts"), self.sent.facts),
            *(PageOfCase(self, key, titles[key].title, targets) for key, targets in sections),
        ]

    @cached_property
    def rows(self) -> Rows:
        return Rows(self)

    def title_of(self, target: str) -> str:
        """As `JudgedRow.title`, without its row."""
        if target in self.sent.facts:
            known = self.edition.facts.get(target.removeprefix("f:"))
            return known.label if known else target.removeprefix("f:")
        return self.edition.questions[target.removeprefix("q:")].title

    @cached_property
    def not_applicable(self) -> PageOfCase:
        """The answers by which a must, whole or as a line of a checklist, is not applicable: one page of their own."""
        targets = [target for target in self.targets if target in self.sent.not_applicable]
        return PageOfCase(self, NOT_APPLICABLE, _("Musts that are not applicable"), targets)

    def group(self, key: str) -> PageOfCase:
        if key == CHANGES:
            shown = [t for t in self.targets if t in self.changed or self._is_replied(t)]
            return PageOfCase(self, CHANGES, _("What changed"), shown)
        if key == NOT_APPLICABLE:
            return self.not_applicable
        if key == OWN:
            return PageOfCase(self, OWN, _("Your own set"), self._own_targets())
        found = next((group for group in self.groups if group.key == key), None)
        if found is None:
            raise Http404
        return found

    def _own_targets(self) -> list[str]:
        """The own set of the reader's seat, with one answer for each piece of it that none of these names."""
        if self.own is None:
            return []
        shown = set(self.own.targets)
        for places in self.own.pieces.values():
            named = sorted(f"q:{question}" for question, _piece in places)
            if shown.isdisjoint(named):
                shown.add(named[0])
        return [target for target in self.targets if target in shown]

    def marking_pages(self) -> list[PageOfCase]:
        """Every page on which marks are set."""
        of_changes = [self.group(CHANGES)] if self.before is not None else []
        return [*self.groups, self.not_applicable, self.group(OWN), *of_changes]

    def url(self, group: str, target: str = "") -> str:
        """The page of a group; with a target the place on it, shown whether or not it changed."""
        page = self._pages.get(group)
        if page is None:
            reference = self.submission.reference
            own = {FACTS: "review_facts", CHANGES: "review_changes", NOT_APPLICABLE: "review_not_applicable"}
            own[OWN] = "mark_own_set"
            page = reverse(own[group], args=[reference]) if group in own else ""
            page = self._pages[group] = page or reverse("review_section", args=[reference, group])
        if not target:
            return page
        shown = "?show=all" if self.before and not self.waits(target) else ""
        return f"{page}{shown}#{target.replace(':', '-')}"

    @cached_property
    def _pages(self) -> dict[str, str]:
        return {}

    def url_of(self, target: str) -> str:
        key = target.removeprefix("q:")
        return self.url(FACTS if target.startswith("f:") else self.edition.questions[key].section, target)

    def url_of_target(self, target: str) -> str:
        """As `url_of`, also for a part of the conformity file."""
        if target.startswith("part:"):
            part = target.removeprefix("part:")
            return f"{reverse('review_parts', args=[self.submission.reference])}#part-{part}"
        return self.url_of(target)

    def evidence_url(self, piece: Mapping[str, Any]) -> str:
        return reverse("review_evidence", args=[self.submission.reference, piece["reference"], piece["version"]])

    @property
    def next_group(self) -> PageOfCase | None:
        """The first page with something that has no mark yet."""
        return next((group for group in self.groups if group.left), None)

    @property
    def next_url(self) -> str:
        """Where to go on: all that changed is on one page, then page by page what has no mark."""
        following = self.next_group
        if self.before is not None and any(t not in self.marks for t in self.group(CHANGES).targets):
            return self.url(CHANGES)
        return self.url(following.key) if following else self.submission.get_absolute_url()

    def hang_evidence(self, rows: Iterable[JudgedRow]) -> None:
        """Put the evidence of these rows on them, with what became of it and what was found of it: three queries.

        Two more for what was added after the signing, where anything was.
        """
        rows = list(rows)
        self._hang_later(rows)
        rows = [row for row in rows if row.is_answer and not row.pieces and row.now.get("evidence")]
        if not rows:
            return
        named = {(p["reference"], p["version"]) for row in rows for p in row.now["evidence"]}
        versions = queries.versions_submitted(self.submission, named)
        found: dict[tuple[str, str], list[EvidenceMark]] = {}
        for mark in queries.evidence_marks_on(self.submission):
            mark.submission = self.submission
            found.setdefault((mark.question, mark.piece), []).append(mark)
        opened = opened_contents(self.submission, self.reader) if self.reader else set()
        signed = timezone.localdate(self.submission.at)
        for row in rows:
            key = row.target.removeprefix("q:")
            row.pieces = [
                look_at(self._piece(given, key, found.get((key, given["reference"]), ()), opened), versions, signed)
                for given in row.now["evidence"]
            ]

    def _hang_later(self, rows: Iterable[JudgedRow]) -> None:
        """Put what was added after the signing on the rows of its answers."""
        answers = {row.target: row for row in rows if row.is_answer}
        if not answers or not self.added:
            return
        for row in answers.values():
            row.later = []
        for supplement in supplements.of_assessment(self.assessment, within=answers):
            answers[supplement.target].later.append(supplement)

    def _piece(
        self, given: dict[str, Any], question: str, marks: Iterable[EvidenceMark], opened: Collection[str]
    ) -> EvidenceRow:
        seat = self.seat.seat if self.reader and self.seat else ""
        content = content_of(given)
        return EvidenceRow(
            given,
            question,
            mark=next((mark for mark in marks if mark.seat == seat), None),
            others=[mark for mark in marks if mark.seat != seat and mark.verdict],
            reader=self.reader,
            is_own=self.own is not None and content in self.own.pieces,
            is_opened=content in opened,
        )

    def _marked(self, target: str) -> dict[str, Any]:
        """What a row says of its marks."""
        own = self.own
        return {
            "mark": self.kept.get(target),
            "others": self.others.get(target, []),
            "reader": self.reader,
            "is_own": own is not None and target in own.targets,
            "is_drawn": own is not None and target in own.drawn,
        }

    def fact_row(self, target: str, fact: Mapping[str, Any]) -> JudgedRow:
        known = self.edition.facts.get(fact["key"])
        old = self._facts_before.get(fact["key"])
        return JudgedRow(
            target=target,
            title=known.label if known else fact["key"],
            text=known.question if known else "",
            words=partial(self._fact_words, fact),
            words_before=partial(self._fact_words, old) if old and target in self.changed else None,
            changed=target in self.changed,
            **self._marked(target),
            blocks=bool(known and known.prohibited_use),
            decisive=target in self.sent.decisive,
            asked=self.asked.get(target),
            reply=self._reply(target),
            budget=self.budget,
            reasons=partial(reasons.fitting, self.content, target),
        )

    @cached_property
    def _facts_before(self) -> dict[str, Mapping[str, Any]]:
        return {fact["key"]: fact for fact in (self.before or {}).get("facts", ())}

    def _reply(self, target: str) -> dict[str, Any] | None:
        """What was said to the return of the round before; a comparison with an older round leaves it out."""
        reply = None if self.is_comparison else self.replies.get(target)
        return {**reply, "at": as_moment(reply["at"])} if reply else None

    def _fact_words(self, fact: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "word": fact_answer(self.edition.facts.get(fact["key"]), fact["value"]),
            "credit": "",
            "unknown": fact["value"] == UNKNOWN,
            "note": fact["reason"],
            "reason": "",
            "lines": [],
            "planned_for": None,
            "by": fact["by"],
            "at": as_moment(fact["at"]),
            "agreed_by": fact["agreed_by"],
            "agreed_reason": fact["agreed_reason"],
            "signed_worst": fact.get("signed_worst"),
        }

    def answer_row(self, target: str, shown: Mapping[str, Any]) -> JudgedRow:
        question = self.edition.questions[shown["question"]]
        old = (self.before or {"answers": {}})["answers"].get(question.key)
        return JudgedRow(
            target=target,
            title=question.title,
            text=question.text,
            words=partial(self._answer_words, question.key, shown["items"], self.content["answers"].get(question.key)),
            words_before=partial(self._answer_words, question.key, shown["items"], old)
            if old and target in self.changed
            else None,
            changed=target in self.changed,
            **self._marked(target),
            decisive=target in self.sent.decisive,
            asked=self.asked.get(target),
            reply=self._reply(target),
            budget=self.budget,
            reasons=partial(reasons.fitting, self.content, target),
            cited=partial(self.sent.cited, question),
            guided=partial(self._guide, question, shown["items"]),
            blocks=self.sent.blocks(question),
            standard_days=self.sent.standard_days(question),
        )

    def _answer_words(self, key: str, items: list[str], given: Mapping[str, Any] | None) -> dict[str, Any]:
        if given is None:
            return {"word": choice_word(""), "credit": "", "unknown": False, "note": "", "reason": "", "lines": []}
        lines = answer_lines(self.edition, key, items, given)
        word = choice_word(given["choice"])
        if given["choice"] == Choice.TICKED:
            word = ngettext("%(n)s of %(all)s line ticked", "%(n)s of %(all)s lines ticked", len(lines)) % {
                "n": sum(line["ticked"] for line in lines),
                "all": len(lines),
            }
        practice = (Choice.IN_PLACE, Choice.PARTLY, Choice.PLANNED, Choice.NOT_IN_PLACE)
        return {
            "word": word,
            "credit": given["choice"] if given["choice"] in practice else "",
            "unknown": given["choice"] == Choice.UNKNOWN,
            "not_applicable": given["choice"] == Choice.NOT_APPLICABLE,
            "note": given["text"],
            "reason": given["reason"],
            "lines": lines,
            "planned_for": as_day(given["planned_for"]),
            "figure": figure_words(self.edition.questions[key], value_of(given)),
            "by": given["by"],
            "at": as_moment(given["at"]),
            "evidence": submitted_pieces(given, self.before_pieces(key)),
        }

    def _guide(self, question: Question, items: list[str]) -> Guide:
        return guide_to(question, items, self.content["answers"].get(question.key), self.sent.duties(question))

    def before_pieces(self, key: str) -> list[tuple[str, int]] | None:
        """What the answer leant on in the round before; None where there was none."""
        return evidence_of(self.before["answers"].get(key)) if self.before else None


LONG_AGO = 365  # days between the end of a piece's period and the signing that are worth a word


def look_at(piece: EvidenceRow, versions: Mapping[tuple[str, int], Any], signed: date) -> EvidenceRow:
    """Say how the period of a piece stands to the answer, and what became of the piece since it was signed."""
    given = piece.given
    start, end = given["period_from"], given["period_to"]
    if start and end:
        days = (end - start).days + 1
        piece.claim.append(ngettext("It covers %(n)s day.", "It covers %(n)s days.", days) % {"n": days})
    elif not start and not end:
        piece.claim.append(_("No period stated."))
    if end and (signed - end).days > LONG_AGO:
        piece.claim.append(_("Its period ended %(n)s days before the signing.") % {"n": (signed - end).days})
    if start and start > signed:
        piece.claim.append(_("Its period begins after the signing."))
    version = versions.get((given["reference"], given["version"]))
    if version is None:
        piece.no_preview = "" if given["on_request"] else _("This version is not in the library any more.")
        return piece
    now = version.evidence
    if now.withdrawn_at:
        piece.since.append(
            _("withdrawn on %(day)s") % {"day": date_format(timezone.localdate(now.withdrawn_at), "j M Y")}
        )
    if now.version > version.number:
        piece.since.append(_("replaced by version %(n)s") % {"n": now.version})
    if now.is_expired():
        piece.since.append(_("expired on %(day)s") % {"day": date_format(now.expires_on, "j M Y")})
    if not version.link:
        piece.scan = str(version.get_scan_display())
        piece.is_shown = can_show(version.media_type)
        if not piece.is_shown:
            piece.no_preview = _("A file of this kind could run what is in it, so it is downloaded and not shown here.")
    return piece
