"""A reviewer's pages: the queue, one case, its answers with a mark for each, and the three decisions.

Everything shown comes from the frozen submission, reached by `access.submissions_for`; the living draft is never read.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F, Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import access, declaring, workflow
from assessments.errors import InvalidAnswer, NotPermitted, WorkflowError
from assessments.forms.reviews import ApproveForm, HoldForm, MarkForm, RefuseForm, ReturnForm, TakeForm
from assessments.guideline.edition import Edition
from assessments.guideline.terms import UNKNOWN, Choice, HoldKind, Strength, Tier
from assessments.models import (
    MarkKind,
    ReviewMark,
    ReviewSeat,
    Seat,
    State,
    Submission,
    User,
    edition_for,
)
from assessments.models.certificates import Assurance
from assessments.models.snapshots import evidence_of
from assessments.views.inbox import seen
from assessments.views.requests import SignedIn
from assessments.views.wording import (
    answer_lines,
    as_day,
    as_moment,
    choice_word,
    declared_in,
    fact_answer,
    rule_cards,
    submitted_pieces,
)

FACTS = "facts"
DONE_ROWS = 30
SAME_WORDS = 3  # so many answers with the same note are worth a look
SHORT_NOTE = 20  # characters; shorter notes repeat by nature
UNDER_REVIEW = (State.SUBMITTED, State.IN_REVIEW)


# --- the queue -----------------------------------------------------------------------------------------------------------


@login_required
@require_safe
def queue(request: SignedIn) -> HttpResponse:
    """What waits, what I hold, what others hold, and what is done."""
    user = request.user
    if not access.is_reviewer(user):
        raise NotPermitted(_("This page is for reviewers."))
    rows = access.submissions_for(user).for_queue()
    open_now = Q(assessment__current_submission=F("pk"), assessment__state__in=UNDER_REVIEW)
    memberships = list(access.organisations_for(user))
    of_body = any(organisation.is_reviewing_body for organisation in memberships)
    own = {organisation.pk for organisation in memberships}
    waiting: list[dict[str, Any]] = []
    held: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for submission in rows.filter(open_now).order_by("at", "pk"):
        line = _queue_line(submission)
        independent = of_body and submission.organisation_id not in own
        if any(seat.reviewer_id == user.pk for seat in line["seats"]):
            held.append(line)
        elif submission.assessment.state == State.SUBMITTED or (_wants_second(submission) and independent):
            waiting.append(line)
        else:
            others.append(line)
    done = [_queue_line(submission) for submission in rows.exclude(open_now).order_by("-at", "-pk")[:DONE_ROWS]]
    return render(
        request,
        "assessments/reviews/queue.html",
        {"waiting": waiting, "held": held, "others": others, "done": done},
    )


def _queue_line(submission: Submission) -> dict[str, Any]:
    assessment = submission.assessment
    current = assessment.current_submission_id == submission.pk
    state = "recalled" if assessment.state == State.DRAFT else str(assessment.state)
    before = "returned" if submission.was_returned else "recalled"  # what ended an earlier round
    return {
        "submission": submission,
        "use": assessment.use,
        "seats": list(submission.seats.all()),
        "days": (timezone.localdate() - timezone.localdate(submission.at)).days,
        "state": state if current else before,
        "second": current and assessment.state == State.IN_REVIEW and _wants_second(submission),
    }


def _wants_second(submission: Submission) -> bool:
    seats = list(submission.seats.all())
    return submission.assigned_tier == Tier.HIGH and len(seats) == 1 and seats[0].seat == Seat.FIRST


# --- a case --------------------------------------------------------------------------------------------------------------


@dataclass
class Row:
    """One fact or answer to judge, as it was submitted, beside the mark on it."""

    target: str
    title: str
    text: str
    now: dict[str, Any]
    before: dict[str, Any] | None = None  # of the last round, where it differed
    changed: bool = False
    mark: ReviewMark | None = None
    clauses: list[tuple[str, str, str]] = field(default_factory=list)
    blocks: bool = False
    form: MarkForm | None = None

    @property
    def anchor(self) -> str:
        return self.target.replace(":", "-")

    @property
    def state(self) -> str:
        return str(self.mark.mark) if self.mark else "not_looked_at"

    @property
    def carried_round(self) -> int | None:
        carried = self.mark.carried_from if self.mark else None
        return carried.submission.round if carried else None

    @property
    def waits(self) -> bool:
        """Tell whether the reviewer has something to look at: it changed, or has no mark of this round's."""
        return self.changed or self.carried_round is None

    @cached_property
    def difference(self) -> tuple[list[tuple[bool, str]], list[tuple[bool, str]]] | None:
        return word_difference(self.before["note"], self.now["note"]) if self.before else None


@dataclass
class Group:
    """A page of rows: the facts, or one section."""

    key: str
    title: str
    rows: list[Row]

    @property
    def marked(self) -> int:
        return sum(row.mark is not None for row in self.rows)

    @property
    def changed(self) -> int:
        return sum(row.changed for row in self.rows)

    @property
    def waiting(self) -> list[Row]:
        return [row for row in self.rows if row.waits]

    @property
    def left(self) -> int:
        return len(self.rows) - self.marked


class Case:
    """A submission with its seats, its marks and the round before it, arranged for the pages of a review."""

    def __init__(self, user: User, reference: str) -> None:
        self.door = door = access.submissions_for(user)
        # The snapshots are what a case is about, so they come along; lists leave them out.
        self.submission: Submission = get_object_or_404(
            door.defer(None).select_related("assessment__use__system__organisation"), reference=reference
        )
        self.user = user
        self.assessment = self.submission.assessment
        self.use = self.assessment.use
        self.edition: Edition = edition_for(self.submission.edition_checksum)
        self.content = self.submission.content()
        self.seats: list[ReviewSeat] = list(self.submission.seats.select_related("reviewer").order_by("pk"))
        self.seat = next((seat for seat in self.seats if seat.reviewer_id == user.pk), None)
        self.marks: dict[str, ReviewMark] = {
            mark.target: mark
            for mark in self.submission.marks.select_related("by", "carried_from__submission").defer(
                "carried_from__submission__snapshot"
            )
        }
        self.before: dict[str, Any] | None = None
        self.round_before = 0
        if self.submission.round > 1:
            earlier = (
                door.defer(None)
                .filter(assessment=self.assessment, round__lt=self.submission.round)
                .order_by("-round")
                .first()
            )
            if earlier:
                self.before, self.round_before = earlier.content(), earlier.round
        self.changed = workflow.changed_targets(self.before, self.content) if self.before else set()

    def require_seat(self) -> None:
        """Raise NotPermitted for somebody who may read the case and has not taken it."""
        if self.seat is None:
            raise NotPermitted(_("Take the case before you mark its answers or decide on it."))

    @property
    def is_current(self) -> bool:
        return self.assessment.current_submission_id == self.submission.pk

    @property
    def is_open(self) -> bool:
        """Tell whether marks may be set: with a seat, while the submission is under review."""
        return self.seat is not None and self.is_current and self.assessment.state == State.IN_REVIEW

    @cached_property
    def targets(self) -> tuple[str, ...]:
        return declaring.review_targets(self.content)

    @property
    def left(self) -> int:
        return sum(target not in self.marks for target in self.targets)

    @property
    def changes(self) -> list[ReviewMark]:
        """The marks that ask for a change, in the order of the questionnaire."""
        return [
            self.marks[target]
            for target in self.targets
            if target in self.marks and self.marks[target].mark == MarkKind.CHANGE_NEEDED
        ]

    @cached_property
    def groups(self) -> list[Group]:
        groups = [Group(FACTS, _("Facts"), [self._fact_row(fact) for fact in self.content["facts"]])]
        sections: dict[str, Group] = {}
        for shown in self.content["questions"]:
            question = self.edition.questions[shown["question"]]
            title = self.edition.section_of[question.section].title
            group = sections.setdefault(question.section, Group(question.section, title, []))
            group.rows.append(self._answer_row(shown))
        return groups + list(sections.values())

    @cached_property
    def rows(self) -> dict[str, Row]:
        return {row.target: row for group in self.groups for row in group.rows}

    def group(self, key: str) -> Group:
        found = next((group for group in self.groups if group.key == key), None)
        if found is None:
            raise Http404
        return found

    def url(self, group: str, target: str = "") -> str:
        """The page of a group; with a target the place on it, shown whether or not it changed."""
        reference = self.submission.reference
        page = reverse("review_facts", args=[reference]) if group == FACTS else ""
        page = page or reverse("review_section", args=[reference, group])
        if not target:
            return page
        shown = "?show=all" if self.before and not self.rows[target].waits else ""
        return f"{page}{shown}#{target.replace(':', '-')}"

    def url_of(self, target: str) -> str:
        key = target.removeprefix("q:")
        return self.url(FACTS if target.startswith("f:") else self.edition.questions[key].section, target)

    @property
    def next_group(self) -> Group | None:
        """The first page with something that has no mark yet."""
        return next((group for group in self.groups if group.left), None)

    def _fact_row(self, fact: Mapping[str, Any]) -> Row:
        known = self.edition.facts.get(fact["key"])
        target = f"f:{fact['key']}"
        old = next((f for f in (self.before or {}).get("facts", []) if f["key"] == fact["key"]), None)
        return Row(
            target=target,
            title=known.label if known else fact["key"],
            text=known.question if known else "",
            now=self._fact_words(fact),
            before=self._fact_words(old) if old and target in self.changed else None,
            changed=target in self.changed,
            mark=self.marks.get(target),
            blocks=bool(known and known.prohibited_use),
        )

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
        }

    def _answer_row(self, shown: Mapping[str, Any]) -> Row:
        question = self.edition.questions[shown["question"]]
        target = f"q:{question.key}"
        old = (self.before or {"answers": {}})["answers"].get(question.key)
        clauses: dict[str, Strength] = {}
        for id in question.requirements:
            requirement = self.edition.requirements[id]
            if requirement.in_scope(self._declared.context, self._declared.parts):
                stands = clauses.get(requirement.clause, Strength.CONSIDER)
                clauses[requirement.clause] = min(stands, requirement.strength, key=list(Strength).index)
        return Row(
            target=target,
            title=question.title,
            text=question.text,
            now=self._answer_words(question.key, shown["items"], self.content["answers"].get(question.key)),
            before=self._answer_words(question.key, shown["items"], old) if old and target in self.changed else None,
            changed=target in self.changed,
            mark=self.marks.get(target),
            clauses=[(id, self.edition.cited(id), str(strength)) for id, strength in clauses.items()],
            blocks=not self._blocking.isdisjoint(question.requirements),
        )

    @cached_property
    def _declared(self) -> Any:
        return declared_in(self.content)

    @cached_property
    def _blocking(self) -> frozenset[str]:
        return self.edition.blocking_requirements(self._declared.context, self._declared.tier)

    def _answer_words(self, key: str, items: list[str], given: Mapping[str, Any] | None) -> dict[str, Any]:
        if given is None:
            return {"word": _("No answer"), "credit": "", "unknown": False, "note": "", "reason": "", "lines": []}
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
            "by": given["by"],
            "at": as_moment(given["at"]),
            "evidence": submitted_pieces(given, self.before_pieces(key)),
        }

    def before_pieces(self, key: str) -> list[tuple[str, int]] | None:
        """What the answer leant on in the round before; None where there was none."""
        return evidence_of(self.before["answers"].get(key)) if self.before else None


def word_difference(old: str, new: str) -> tuple[list[tuple[bool, str]], list[tuple[bool, str]]]:
    """Compare two texts word by word; each side comes as (differs, text) in order."""
    before, after = re.findall(r"\s+|[^\s\w]|\w+", old), re.findall(r"\s+|[^\s\w]|\w+", new)
    left: list[tuple[bool, str]] = []
    right: list[tuple[bool, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if a < b:
            left.append((kind != "equal", "".join(before[a:b])))
        if c < d:
            right.append((kind != "equal", "".join(after[c:d])))
    return left, right


@login_required
@require_safe
def overview(request: SignedIn, reference: str) -> HttpResponse:
    case = Case(request.user, reference)
    seen(request)
    return _overview(request, case)


def _overview(request: SignedIn, case: Case, hold_form: HoldForm | None = None, hold_pk: int = 0) -> HttpResponse:
    submission, content, edition = case.submission, case.content, case.edition
    deciding, others = rule_cards(edition, content)
    in_team = case.user.pk in declaring.delivery_team(case.assessment)
    independent = access.is_independent(case.user, submission.organisation_id)
    rounds = case.door.filter(assessment=case.assessment).prefetch_related("decisions__by").order_by("round")
    holds = [
        {
            "hold": hold,
            "closes": edition.holds[HoldKind(hold.kind)],
            "fact": edition.facts[hold.fact].label if hold.fact in edition.facts else hold.fact,
            "form": (hold_form if hold.pk == hold_pk else None) or HoldForm(prefix=f"hold-{hold.pk}"),
            "may_close": case.is_open
            and hold.closed_at is None
            and hold.kind != "open_question"
            and (hold.kind != "legal_review" or (case.seat is not None and case.seat.independent)),
        }
        for hold in case.use.holds.all()
    ]
    approved = {d.by_id for r in rounds if r.pk == submission.pk for d in r.decisions.all() if d.kind == "approve"}
    return render(
        request,
        "assessments/reviews/overview.html",
        {
            "case": case,
            "submission": submission,
            "use": content["use"],
            "system": content["system"],
            "organisation": content["organisation"],
            "parts": [edition.terms[f"stakeholders.{part}"] for part in content["system"]["parts"]],
            "tier": content["tier"],
            "deciding": deciding,
            "other_rules": others,
            "holds": holds,
            "unusual": _unusual(case),
            "rounds": rounds,
            "in_team": in_team,
            "independent": independent,
            "may_take": not in_team and case.seat is None and case.is_current and _free(case, independent),
            "high": submission.assigned_tier == Tier.HIGH,
            "has_approved": case.user.pk in approved,
            "total": len(case.targets),
            "marked": len(case.targets) - case.left,
            "open_next": case.next_group,
        },
    )


def _free(case: Case, independent: bool) -> bool:
    if case.assessment.state == State.SUBMITTED:
        return True
    return case.assessment.state == State.IN_REVIEW and _wants_second(case.submission) and independent


def _unusual(case: Case) -> list[dict[str, Any]]:
    """What a reviewer would want to look at first, each as a sentence with the answers it is about."""
    rows = list(case.rows.values())
    notes = Counter(row.now["note"].strip() for row in rows if len(row.now["note"].strip()) >= SHORT_NOTE)
    repeated = {note for note, times in notes.items() if times >= SAME_WORDS}
    musts = case.content["musts"]
    found: list[tuple[str, list[Row]]] = [
        (
            _("Not applicable (%(n)s of %(all)s musts in scope)")
            % {"n": musts["not_applicable"], "all": musts["in_scope"]},
            [row for row in rows if row.now.get("not_applicable") or any(line["reason"] for line in row.now["lines"])],
        ),
        (_("Do not know"), [row for row in rows if row.now["unknown"]]),
        (_("Planned for later"), [row for row in rows if row.now["credit"] == Choice.PLANNED]),
        (_("The same words under several answers"), [row for row in rows if row.now["note"].strip() in repeated]),
    ]
    if case.before is not None:
        found.insert(
            0, (_("Changed since round %(n)s") % {"n": case.round_before}, [row for row in rows if row.changed])
        )
    return [
        {"title": title, "lines": [(row.title, case.url_of(row.target)) for row in about]}
        for title, about in found
        if about
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take(request: SignedIn, reference: str) -> HttpResponse:
    """Take a case, with what the reviewer declares about it."""
    case = Case(request.user, reference)
    if case.seat is not None:
        return redirect(case.submission)
    form = TakeForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            workflow.take(case.submission, by=case.user, conflict_of_interest=form.declaration)
        except WorkflowError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("You have the case now."))
            return redirect(case.submission)
    return render(
        request,
        "assessments/reviews/take.html",
        {"case": case, "submission": case.submission, "form": form, "high": case.submission.assigned_tier == Tier.HIGH},
    )


# --- marking -------------------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def facts(request: SignedIn, reference: str) -> HttpResponse:
    return _marking(request, reference, FACTS)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def section(request: SignedIn, reference: str, key: str) -> HttpResponse:
    return _marking(request, reference, key)


def _marking(request: SignedIn, reference: str, key: str) -> HttpResponse:
    """One page of facts or answers; a POST saves every mark of it that changed, and keeps what could not be saved."""
    case = Case(request.user, reference)
    group = case.group(key)
    if request.method != "POST":
        return _marking_page(request, case, group)
    case.require_seat()
    saved = _save_marks(request, case, group.rows, request.POST)
    if saved is None:
        return _marking_page(request, case, group)
    if saved:  # with script they were saved one by one before
        messages.success(request, ngettext("%(n)s mark saved.", "%(n)s marks saved.", saved) % {"n": saved})
    following = case.next_group
    if group.left or following is None:
        return redirect(case.submission if not group.left else case.url(group.key))
    return redirect(case.url(following.key))


def _save_marks(request: SignedIn, case: Case, rows: Iterable[Row], data: QueryDict) -> int | None:
    """Save the marks that changed; None where one of them could not be, the others are saved all the same."""
    saved, failed = 0, False
    for row in rows:
        if f"{row.anchor}-mark" not in data:
            continue  # not on the page: the filter left it out
        form = row.form = MarkForm(data, prefix=row.anchor, row=row.mark)
        if form.is_valid() and form.changes_something:
            try:
                row.mark = declaring.save_mark(case.submission, row.target, by=case.user, **form.fields_to_save)
            except InvalidAnswer as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
            except WorkflowError as error:
                form.add_error(None, str(error))
            else:
                saved += 1
                case.marks[row.target] = row.mark
        failed = failed or not form.is_valid()
    return None if failed else saved


def _marking_page(request: SignedIn, case: Case, group: Group) -> HttpResponse:
    everything = case.before is None or request.GET.get("show") == "all" or not case.is_open
    rows = [row for row in group.rows if everything or row.waits or row.form is not None]
    for row in rows:
        if row.form is None and case.is_open:
            row.form = MarkForm(prefix=row.anchor, row=row.mark)
    errors = [
        (row.anchor, f"{row.title}: {message}")
        for row in rows
        if row.form is not None and row.form.is_bound
        for messages_of_field in row.form.errors.values()
        for message in messages_of_field
    ]
    outline = case.groups
    return render(
        request,
        "assessments/reviews/marking.html",
        {
            "case": case,
            "submission": case.submission,
            "group": group,
            "rows": rows,
            "has_form": case.is_open or bool(errors),
            "left_out": len(group.rows) - len(rows),
            "errors": errors,
            "outline": [(g, case.url(g.key)) for g in outline if everything or g.waiting or g is group],
            "everything": everything,
            "total": len(case.targets),
            "marked": len(case.targets) - case.left,
            "of_facts": group.key == FACTS,
            "page_url": case.url(group.key),
        },
    )


@login_required
@require_POST
def mark(request: SignedIn, reference: str) -> HttpResponse:
    """Save one mark while the reviewer works: fields `target`, mark, reason, words, would_satisfy, private_note.

    The fields may carry the target's prefix, as they do on the page. htmx gets the saved state; a plain form is led
    back to the page, where whatever could not be saved stands as it was typed.
    """
    case = Case(request.user, reference)
    target = request.POST.get("target", "")
    row = case.rows.get(target)
    if row is None:
        raise Http404
    case.require_seat()
    data = request.POST.copy()
    if f"{row.anchor}-mark" not in data:
        for name in MarkForm.base_fields:
            data[f"{row.anchor}-{name}"] = request.POST.get(name, "")
        # Whoever names no revision speaks of the mark that stands.
        data.setdefault(f"{row.anchor}-base", str(row.mark.revision if row.mark else 0))
        if not data[f"{row.anchor}-base"]:
            data[f"{row.anchor}-base"] = str(row.mark.revision if row.mark else 0)
    saved = _save_marks(request, case, [row], data)
    if getattr(request, "htmx", False):
        form = row.form
        problems = [str(message) for found in form.errors.values() for message in found] if form else []
        return render(
            request,
            "assessments/reviews/saved.html",
            {
                "row": row,
                "problems": problems,
                "at": timezone.localtime(),
                "total": len(case.targets),
                "marked": len(case.targets) - case.left,
                "swap": True,
            },
        )
    group = next(group for group in case.groups if row in group.rows)
    if saved is None:
        return _marking_page(request, case, group)
    messages.success(request, _("Mark saved."))
    return redirect(case.url(group.key, target))


@login_required
@require_POST
def close_hold(request: SignedIn, reference: str, pk: int) -> HttpResponse:
    case = Case(request.user, reference)
    hold = get_object_or_404(case.use.holds.all(), pk=pk)
    case.require_seat()
    form = HoldForm(request.POST, prefix=f"hold-{hold.pk}")
    if form.is_valid():
        try:
            workflow.close_hold(hold, case.submission, by=case.user, decision=form.cleaned_data["decision"])
        except WorkflowError as error:
            form.add_error("decision", str(error))
        else:
            messages.success(request, _("The hold is closed."))
            return redirect(case.submission)
    return _overview(request, case, form, hold.pk)


def _posted(request: SignedIn) -> QueryDict | None:
    """What a form is bound to; a POST binds it even when it is empty."""
    return request.POST if request.method == "POST" else None


# --- decisions -----------------------------------------------------------------------------------------------------------


def _decisive(user: User, reference: str) -> Case:
    """The case, for somebody with a seat in it; raises NotPermitted for everybody else who may read it."""
    case = Case(user, reference)
    case.require_seat()
    return case


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def send_back(request: SignedIn, reference: str) -> HttpResponse:
    """Return the submission: what will be unlocked, and a message."""
    case = _decisive(request.user, reference)
    form = ReturnForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            workflow.send_back(case.submission, by=case.user, words=form.cleaned_data["words"])
        except WorkflowError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Returned. The owner has been told."))
            return redirect(case.submission)
    marked = {mark.target.removeprefix("f:") for mark in case.changes if mark.target.startswith("f:")}
    depending = [
        question.title
        for shown in case.content["questions"]
        if (question := case.edition.questions[shown["question"]])
        and any(test.fact in marked for test in question.when.tests())
        and f"q:{question.key}" not in {mark.target for mark in case.changes}
    ]
    return render(
        request,
        "assessments/reviews/send_back.html",
        {
            "case": case,
            "submission": case.submission,
            "form": form,
            "unlocked": [(case.rows[mark.target], case.url_of(mark.target)) for mark in case.changes],
            "depending": depending,
            "left": case.left,
        },
    )


def _obstacle_links(case: Case, reasons: Iterable[str]) -> list[tuple[str, str]]:
    """Each obstacle with the page on which it is cleared; the overview where there is none of its own."""
    reference = case.submission.reference
    own = {}
    if case.next_group is not None:
        own[_("%(n)s answers and facts are not marked yet.") % {"n": case.left}] = case.url(case.next_group.key)
    if case.changes:
        words = _("%(n)s are marked “change needed”: return the submission instead.") % {"n": len(case.changes)}
        own[words] = reverse("send_back", args=[reference])
    return [(reason, own.get(reason, reverse("review", args=[reference]))) for reason in reasons]


@login_required
@reauthentication_required(allow_get=True)  # asked on the press of the button; what was typed comes back
@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: SignedIn, reference: str) -> HttpResponse:
    """Approve: what stands in the way, what may be met later, and the certificate as it would print."""
    case = _decisive(request.user, reference)
    submission, edition = case.submission, case.edition
    found = workflow.blockers(submission, case.content)
    blockers = [blocker for blocker in found if blocker.question]
    conditions = [(b.question, b.words, b.longest_days) for b in blockers if b.conditionable]
    form = ApproveForm(_posted(request), conditions=conditions)
    if request.method == "POST" and form.is_valid():
        try:
            workflow.approve(
                submission, by=case.user, statement=form.cleaned_data["statement"], conditions=form.conditions
            )
        except InvalidAnswer as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        except WorkflowError as error:  # what is missing stands in the list of obstacles
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Your approval is recorded."))
            return redirect(submission)
    reasons = workflow.obstacles_to_approve(submission, case.user, content=case.content, found=found)
    approvals = [decision for decision in submission.decisions.select_related("by") if decision.kind == "approve"]
    independent = access.is_independent(case.user, submission.organisation_id)
    tier = Tier(submission.assigned_tier)
    # A High use is never certified without an independent approval, whoever holds the first seat.
    reviewed = tier == Tier.HIGH or independent or any(decision.independent for decision in approvals)
    return render(
        request,
        "assessments/reviews/approve.html",
        {
            "case": case,
            "submission": submission,
            "form": form,
            "obstacles": _obstacle_links(case, reasons),
            "blocking": [(b.words, case.url_of(f"q:{b.question}")) for b in blockers if not b.conditionable],
            "conditions": len(conditions),
            "high": tier == Tier.HIGH,
            "approvals": approvals,
            "is_last": tier != Tier.HIGH or bool(approvals),
            "organisation": case.content["organisation"],
            "system": case.content["system"],
            "use": case.content["use"],
            "parts": [edition.terms[f"stakeholders.{part}"] for part in case.content["system"]["parts"]],
            "assurance": (Assurance.REVIEWED_INDEPENDENTLY if reviewed else Assurance.REVIEWED_INSIDE).label,
            "months": edition.obligations[tier].valid_months,
            "public_statement": case.content["signed"]["public_statement"],
        },
    )


@login_required
@reauthentication_required(allow_get=True)  # asked on the press of the button; what was typed comes back
@require_http_methods(["GET", "HEAD", "POST"])
def refuse(request: SignedIn, reference: str) -> HttpResponse:
    case = _decisive(request.user, reference)
    form = RefuseForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            workflow.refuse(case.submission, by=case.user, statement=form.cleaned_data["statement"])
        except InvalidAnswer as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        except WorkflowError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Refused. The decision letter is being made, and the owner has been told."))
            return redirect(case.submission)
    return render(
        request, "assessments/reviews/refuse.html", {"case": case, "submission": case.submission, "form": form}
    )
