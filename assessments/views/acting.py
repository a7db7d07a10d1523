"""Remediation: the workspace of one use, one action, several dates, a file of changes, an accepted risk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.db.models import Count, Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import access, acting
from assessments.access import Action
from assessments.accounts import proofs
from assessments.core import query_values, throttling
from assessments.core.throttling import limited
from assessments.domain.remediation import closing, relevance
from assessments.domain.review import opened
from assessments.errors import NotPermitted
from assessments.exchange import actions as exchange
from assessments.exchange.tables import MAX_BYTES
from assessments.forms.acting import (
    DatesForm,
    NoteForm,
    PlanForm,
    RiskForm,
    TakeFileForm,
)
from assessments.forms.base import refusals, status_of
from assessments.forms.closing import JudgeForm, ReportForm
from assessments.forms.remediation import RefuseForm
from assessments.guideline.edition import Edition, Question
from assessments.models import (
    ActionEvent,
    ActionStatus,
    Assessment,
    DeclaredUse,
    RemediationAction,
    Role,
    Submission,
    User,
    edition_for,
)
from assessments.models.action_notes import words_of
from assessments.models.agreed import CLOSED_BY
from assessments.models.closing import Judged
from assessments.models.register import PLACES, is_condition
from assessments.scoring.order import INCIDENT
from assessments.views import evidence as library
from assessments.views.gate import Undeclared, declare_first
from assessments.views.inbox import seen
from assessments.views.remediation import judging
from assessments.views.remediation.gaps import edition_steps, remedies_at
from assessments.views.remediation.groups import dimensions_of, grouped
from assessments.views.remediation.presses import press
from assessments.views.remediation.rows import Row, flag_those_left_alone, row_of
from assessments.views.requests import SignedIn, posted, refusals_as_messages
from assessments.views.strips import Line as PieceLine
from assessments.views.uploads import file_refusals
from assessments.views.wording import Incident, choice_word, open_incident, said_lines

PLACE = "actions"
MOST_AT_ONCE = 200  # dates set in one go
PIECES = 20  # of the library, to be attached
EVENTS = 100  # of an action's history, on its page


# --- the register coming in again ----------------------------------------------------------------------------------------

SALT = "assessments.acting.take_file"


@require_http_methods(["GET", "HEAD", "POST"])
@limited("upload", files=True)
def take_file(request: SignedIn) -> HttpResponse:
    """Take owners, dates and what was done from a file: each row is shown first, the second press takes the good ones."""
    user = request.user
    if not access.organisations_where(user, Action.ANSWER).exists():
        raise NotPermitted(_("Actions are planned by owners and contributors of an organisation."))
    if "rows" in request.POST:
        return _take_rows(request)
    form = TakeFileForm(posted(request), request.FILES or None)
    lines: list[exchange.Change] | None = None
    if request.method == "POST" and form.is_valid():
        with file_refusals(form):
            lines = _check_rows(user, exchange.read(form.cleaned_data["file"].read(MAX_BYTES + 1)))
    good = [line for line in lines or () if line.changes and line.action]
    chosen = {line.changes["owner"] for line in good if "owner" in line.changes}
    names = access.names_of(int(pk) for pk in chosen)
    context = {
        "place": PLACE,
        "form": form,
        "lines": lines,
        "good": [(line, _change_words(line, names)) for line in good],
        "faulty": [line for line in lines or () if line.faults],
        "rows": signing.dumps([[_name(line.action), dict(line.changes)] for line in good], salt=SALT, compress=True),
    }
    return render(request, "assessments/acting/take_file.html", context, status=status_of(form))


def _name(action: RemediationAction | None) -> str:
    return f"{action.use.reference}/{action.number}" if action else ""


def _check_rows(user: User, rows: list[exchange.Given]) -> list[exchange.Change]:
    works = access.organisations_where(user, Action.ANSWER)
    found = access.actions_for(user).filter(organisation__in=works.values("pk"))
    found = found.filter(use__reference__in={row.reference for row in rows}).select_related("organisation")
    actions = {(action.use.reference, action.number): action for action in found}
    people = {one.pk: {person.email.casefold(): person.pk for person in access.writers_of(one)} for one in works}
    conditions = acting.conditions_on(actions.values())

    def problem(action: RemediationAction, due: date) -> str:
        return acting.date_problem(action, due, conditions.get(action.pk))

    return [_with_evidence(line) for line in exchange.check(rows, actions, people, problem)]


def _with_evidence(line: exchange.Change) -> exchange.Change:
    """Refuse a row that reports an action as done which blocks the certificate and has no evidence."""
    if line.action is None or "note" not in line.changes:
        return line
    reason = closing.missing_evidence(line.action, closing.shown_for(line.action, None))
    return replace(line, changes={}, faults=((_("What was done"), reason),)) if reason else line


def _change_words(line: exchange.Change, names: dict[int, str]) -> list[str]:
    words = []
    if "owner" in line.changes:
        words.append(_("owner: %(name)s") % {"name": names[int(line.changes["owner"])]})
    if "due" in line.changes:
        said = _("first step due: %(day)s") if "full_due" in line.changes else _("due: %(day)s")
        words.append(said % {"day": date_format(date.fromisoformat(line.changes["due"]), "DATE_FORMAT")})
    if "full_due" in line.changes:
        day = date_format(date.fromisoformat(line.changes["full_due"]), "DATE_FORMAT")
        words.append(_("all done due: %(day)s") % {"day": day})
    if "note" in line.changes:
        words.append(_("reported as done: %(note)s") % {"note": line.changes["note"]})
    return words


def _take_rows(request: SignedIn) -> HttpResponse:
    """Take the rows that the report showed, as they were shown; all of them or none."""
    try:
        rows = signing.loads(request.POST["rows"], salt=SALT, max_age=3600)
    except signing.BadSignature:
        messages.error(request, _("The report is too old. Choose the file again."))
        return redirect("actions_import")
    found = {_name(action): action for action in picked(request, [name for name, _changes in rows], most=len(rows))}
    people: dict[int, dict[str, User]] = {}
    taken = []
    for name, changes in rows:
        action = found.get(name)
        if action is None:
            continue
        if action.organisation_id not in people:
            people[action.organisation_id] = {str(one.pk): one for one in access.writers_of(action.organisation)}
        due, full_due = (date.fromisoformat(changes[key]) if key in changes else None for key in ("due", "full_due"))
        owner = people[action.organisation_id].get(changes.get("owner", ""))
        taken.append((action, owner, due, full_due, changes.get("note", "")))
    with refusals_as_messages(request, lambda error: _("Nothing was changed: %(reason)s") % {"reason": error}):
        done = acting.take_rows(taken, by=request.user)
        words = ngettext("One action was changed.", "%(n)s actions were changed.", done)
        messages.success(request, words % {"n": done})
        return redirect("actions")
    return redirect("actions_import")


# --- several dates in one go ---------------------------------------------------------------------------------------------


def picked(request: SignedIn, names: Iterable[str], *, most: int = MOST_AT_ONCE) -> list[RemediationAction]:
    """The actions that a form names, of those that this person sees; what is no name is left out."""
    wanted: dict[str, set[int]] = {}
    for name in list(names)[:most]:
        reference, _slash, number = name.partition("/")
        if place := query_values.count(number):
            wanted.setdefault(query_values.reference(reference), set()).add(place)
    asked = Q(pk=0)
    for reference, numbers in wanted.items():
        asked |= Q(use__reference=reference, number__in=numbers)
    found = access.actions_for(request.user).filter(asked).select_related("organisation")
    return list(found.order_by("use__system__name", "use", "number"))


@require_http_methods(["GET", "HEAD", "POST"])
def dates(request: SignedIn) -> HttpResponse:
    """Give several actions one date: what it changes is shown first, and can be taken back afterwards."""
    given = request.POST if request.method == "POST" else request.GET
    actions = picked(request, given.getlist("pick"))
    if actions:
        for organisation in {action.organisation for action in actions}:
            access.require(request.user, Action.ANSWER, organisation)
    form = DatesForm(given if "due" in given else None)
    due = form.cleaned_data["due"] if form.is_bound and form.is_valid() else None
    if request.method == "POST" and actions and due:
        done = acting.move_dates(actions, due, by=request.user)
        if done.changed:
            return redirect("actions_moved", done.batch)
        messages.warning(request, _("No date was changed."))
        return redirect("actions")
    conditions = acting.conditions_on(actions) if actions else {}
    lines = [(action, acting.date_problem(action, due, conditions.get(action.pk)) if due else "") for action in actions]
    context = {
        "place": PLACE,
        "form": form,
        "lines": lines,
        "due": due,
        "movable": sum(not problem and action.last_due != due for action, problem in lines),
        "picks": [f"{action.use.reference}/{action.number}" for action in actions],
    }
    return render(request, "assessments/acting/dates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def moved(request: SignedIn, batch: UUID) -> HttpResponse:
    """What one press changed, and the press that takes it back."""
    # Where both dates were moved, the one for all of it says how it stands.
    events = list({event.action_id: event for event in access.dates_moved_by(request.user, batch)}.values())
    if not events:
        raise Http404
    for organisation in {event.action.organisation for event in events}:
        access.require(request.user, Action.ANSWER, organisation)
    if request.method == "POST":
        back = acting.take_back_dates(batch, by=request.user)
        if back.changed:
            said = ngettext("One date was taken back.", "%(n)s dates were taken back.", back.changed)
            messages.success(request, said % {"n": back.changed})
        if back.left:
            said = ngettext(
                "One date stays: it was changed since.", "%(n)s dates stay: they were changed since.", back.left
            )
            messages.warning(request, said % {"n": back.left})
        return redirect("actions")
    lines = [
        (event.action, date.fromisoformat(event.old), getattr(event.action, event.kind).isoformat() == event.new)
        for event in events
    ]
    context = {
        "place": PLACE,
        "lines": lines,
        "due": date.fromisoformat(events[0].new),
        "still": sum(stands for _action, _old, stands in lines),
        "batch": batch,
    }
    return render(request, "assessments/acting/moved.html", context)


# --- the workspace of one use ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One action with what a person needs to know to do it."""

    row: Row
    gap: dict[str, Any]
    why: str
    events: list[Event]
    pieces: int
    answer_url: str
    dimensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an action's history, in words."""

    what: str
    who: str
    at: Any
    words: str


@require_safe
def workspace(request: SignedIn, reference: str) -> HttpResponse:
    """The actions of one use, by dimension or by priority: the gap, what closes it, who, when, and what was said."""
    user, today = request.user, timezone.localdate()
    use = get_object_or_404(access.uses_for(user), reference=reference)
    seen(request)
    assessment, submission = newest_submitted(use)
    edition = edition_for(submission.edition_checksum) if submission else access.current_edition()
    content = submission.content() if submission else None
    history = Prefetch("events", access.events_of_actions().order_by("-pk"), to_attr="history")
    found = list(
        access.actions_for(user)
        .filter(use=use)
        .select_related("organisation", "verified_by", "risk_by")
        .prefetch_related(history)
        .annotate(pieces=Count("evidence_uses"), is_condition=is_condition())
    )
    found = sorted(found, key=lambda one: (one.next_due, one.rank or PLACES, one.number))
    flag_those_left_alone(user, found)
    standing = [one for one in found if one.status != ActionStatus.CLOSED and not one.merged_into_id]
    by = request.GET.get("by", "")
    by = by if by in ("priority", "dimension") else "date"
    lines = [line_of(action, edition, content, assessment, today) for action in standing]
    closed = [
        line_of(action, edition, content, assessment, today) for action in found if action.status == ActionStatus.CLOSED
    ]
    context = {
        "place": PLACE,
        "use": use,
        "assessment": assessment,
        "submission": submission,
        "by": by,
        "groups": grouped(lines, edition, by, today),
        "incident": _incident_before_signing(use, edition) if submission is None else None,
        "closed": closed,
        "counts": {
            "standing": len(standing),
            "late": sum(action.is_late(today) for action in standing),
            "done": sum(action.status == ActionStatus.DONE for action in standing),
            "accepted": sum(action.status == ActionStatus.ACCEPTED for action in standing),
        },
        "blocking": sum(line.row.blocks for line in lines),
        "conditions": sum(line.row.condition for line in lines),
        "may_plan": access.role_in(user, use.organisation_id) in access.MAY[Action.ANSWER],
        "dates_form": DatesForm(),
    }
    return render(request, "assessments/acting/workspace.html", context)


@require_POST
def plan_now(request: SignedIn, reference: str) -> HttpResponse:
    """Have the remediation plan made as it stands today, as a new version."""
    use = get_object_or_404(access.uses_for(request.user), reference=reference)
    access.require(request.user, Action.ANSWER, use)
    throttling.spend("document", request, organisation=use.organisation_id)
    with refusals_as_messages(request):
        return redirect(acting.ask_plan(use, by=request.user))
    return redirect("workspace", reference)


def newest_submitted(use: DeclaredUse) -> tuple[Assessment | None, Submission | None]:
    """The newest assessment of a use that was submitted, with what was sent; one query."""
    found = use.assessments.exclude(current_submission=None).select_related("current_submission", "edition")
    assessment = found.defer("edition__content").order_by("-pk").first()
    return assessment, assessment.current_submission if assessment else None


def line_of(
    action: Any, edition: Edition, content: dict[str, Any] | None, assessment: Assessment | None, today: date
) -> Line:
    question = edition.questions.get(action.question)
    return Line(
        row=row_of(action, edition, today),
        gap=gap_of(action, question, content, edition),
        why=question.why if question else "",
        events=[event_of(event, edition) for event in action.history],
        pieces=action.pieces,
        answer_url=answer_url(assessment, question),
        dimensions=tuple(edition.terms[f"dimensions.{one}"] for one in dimensions_of(action, edition)),
    )


def answer_url(assessment: Assessment | None, question: Question | None) -> str:
    if assessment is None or question is None:
        return ""
    return f"{reverse('section', args=[assessment.reference, question.section])}#q-{question.key}"


def _incident_before_signing(use: DeclaredUse, edition: Edition) -> Incident | None:
    """The declared open incident of a use of which nothing was signed yet; one query."""
    rows = use.fact_rows().filter(key=INCIDENT)
    return open_incident(edition, ((row.key, row.value, row.reason) for row in rows))


def event_of(event: ActionEvent, edition: Edition) -> Event:
    """Say what happened in words: *Due date changed, 3 March to 4 April 2027*."""
    old, new = event.old, event.new
    kind = ActionEvent.Kind(event.kind)
    if kind in (kind.DUE, kind.FULL_DUE, kind.RISK_ACCEPTED, kind.RISK_ENDED):
        old, new = (date_format(date.fromisoformat(day), "DATE_FORMAT") if day else "" for day in (old, new))
    elif kind == kind.EFFORT:
        old, new = (edition.policy.words.get(f"efforts.{size}", size) for size in (old, new))
    elif kind == kind.OWNER:
        old, new = old or _("nobody"), new or _("nobody")
    what = str(kind.label)
    if old and new:
        what += ": " + _("%(old)s → %(new)s") % {"old": old, "new": new}
    elif kind == kind.RISK_ACCEPTED:
        what += " " + _("until %(day)s") % {"day": new}
    elif (old or new) and kind != kind.RISK_ENDED:
        what += f": {old or new}"
    return Event(what, str(event.by) if event.by else _("by itself"), event.at, words_of(event.words))


# --- one action --------------------------------------------------------------------------------------------------------------


def find_action(request: SignedIn, reference: str, number: int) -> RemediationAction:
    """The action, for a member who sees it or a reviewer who checks it; 404 for everybody else."""
    key = {"use__reference": reference, "number": number}
    for door in (access.actions_for, access.actions_to_check_for):
        found = door(request.user).filter(**key).select_related("organisation", "verified_by", "risk_by").first()
        if found:
            return found
    raise Undeclared(access.to_declare_for_action(request.user, reference, number))


def find_own(request: SignedIn, reference: str, number: int, act: Action) -> RemediationAction:
    """The action, for a member who may do that with the actions of its organisation."""
    found = find_action(request, reference, number)
    access.require(request.user, act, found.organisation)
    return found


@dataclass
class Forms:
    """The forms of an action's page; the one that was posted is bound."""

    report: ReportForm
    judge: JudgeForm
    note: NoteForm
    refuse: RefuseForm

    @property
    def wrong(self) -> Any:
        forms = (self.report, self.judge, self.note, self.refuse)
        return next((form for form in forms if form.is_bound and form.errors), None)


@require_http_methods(["GET", "HEAD", "POST"])
@declare_first
def action(request: SignedIn, reference: str, number: int) -> HttpResponse:
    """One action: the gap, what closes it, who and when; report it as done, or accept that it is."""
    user, today = request.user, timezone.localdate()
    found = find_action(request, reference, number)
    seen(request)
    mine = (m for m in access.memberships_on_page(user) if m.organisation_id == found.organisation_id)
    role = next((Role(m.role) for m in mine), None)
    assessment, submission = newest_submitted(found.use)
    edition = edition_for(submission.edition_checksum) if submission else access.current_edition()
    works, stands = role in access.MAY[Action.ANSWER], found.status == ActionStatus.OPEN and not found.merged_into_id
    plans = works and access.plans_whole(user, found.organisation_id)
    uses = list(closing.uses_of(found, user))
    judged = closing.judged(found, uses, user if found.status == ActionStatus.DONE else None)
    forms = _forms(user, found, judged, edition, posted(request), reports=works and stands, whole=plans)
    if request.method == "POST" and act_on(request, found, forms):
        return redirect("action", reference, number)
    question = edition.questions.get(found.question)
    is_member = role in access.MAY[Action.VIEW]
    opened = getattr(found, "opened", None)  # the submission in whose case a reviewer judges it
    seen_of = submission
    if not is_member and opened and (submission is None or opened != submission.pk):
        seen_of = access.opened_submission(user, opened)
    family = access.family_of(found)
    merged = [one for one in family.merged if one.status != ActionStatus.CLOSED]
    condition = acting.conditions_on([found], merged=merged).get(found.pk)
    blocking = found.priority in closing.BLOCKING or condition is not None
    awaits = found.status in (ActionStatus.DONE, ActionStatus.NOT_RELEVANT)
    signs = role in access.MAY[Action.SIGN]
    case = judging.case_known(assessment, submission, condition) if awaits else None
    judge = judging.judging_of(user, found, case, judged, blocking=blocking, signs=signs) if awaits else judging.NOBODY
    events = access.events_of_actions().filter(action=found).order_by("-pk")
    if not is_member:
        events = events.exclude(kind=ActionEvent.Kind.NOTE)
    pieces = [judging.Shown(use, edition) for use in uses]
    if is_member:
        flag_those_left_alone(user, [found])
    shown: Any = found
    shown.is_condition = condition is not None
    context = {
        "place": PLACE if is_member else "reviews",
        "row": row_of(found, edition, today),
        "action": found,
        "forms": forms,
        "edition": edition,
        "question": question,
        "gap": gap_of(found, question, seen_of.content() if seen_of else None, edition),
        "condition": condition,
        "may_plan": works and found.status != ActionStatus.CLOSED,
        "may_report": works and stands,
        "may_change": works and stands,
        "plans": plans and stands,
        "sees_all": is_member and access.uses_for(user).filter(pk=found.use_id).exists(),
        "may_refuse": judge.may and found.status == ActionStatus.NOT_RELEVANT,
        "may_reopen": works and found.status == ActionStatus.NOT_RELEVANT,
        "family": family,
        "package": next((one.title for one in edition.packages if one.key == found.package), ""),
        "clause": (found.clause, edition.cited(found.clause)) if found.clause in edition.clauses else None,
        "may_accept": judge.may and not judge.waits and found.status == ActionStatus.DONE,
        "may_decline": judge.may and found.status == ActionStatus.DONE,
        "judging": judge,
        "lacks": closing.missing_evidence(found, judged, blocking=blocking) if works and stands else "",
        "may_accept_risk": (signs and found.owner_id != user.pk and not acting.risk_obstacle(found)),
        "may_end_risk": works and found.status == ActionStatus.ACCEPTED,
        "may_note": works,
        "answer_url": answer_url(assessment if is_member else None, question),
        "submission": seen_of,
        "is_member": is_member,
        "pieces": pieces,
        "events": [event_of(event, edition) for event in events[:EVENTS]],
    }
    return render(request, "assessments/remediation/action.html", context)


def _forms(
    user: User,
    found: RemediationAction,
    judged: list[Judged],
    edition: Edition,
    given: Any,
    *,
    reports: bool,
    whole: bool,
) -> Forms:
    names = set(given) if given is not None else set()
    sent = given if "note" in names else None
    return Forms(
        judging.report_form(user, found, judged, edition, sent, whole=whole) if reports else ReportForm(sent),
        JudgeForm(given if names & {"accept", "missing"} else None, pieces=judged, declines="accept" not in names),
        NoteForm(given if "comment" in names else None),
        RefuseForm(given if "because" in names else None),
    )


def act_on(request: SignedIn, found: RemediationAction, forms: Forms) -> bool:
    """Do what was posted; False where the form has to be shown again."""
    user = request.user
    if "accept" in request.POST:
        proofs.ask(request)
        return judging.accept(request, found, forms.judge)
    if press(request, found):
        return True
    if "because" in request.POST:
        return _typed(
            forms.refuse,
            "because",
            lambda words: relevance.refuse(found, by=user, words=words),
            request,
            _("The action is open again. The organisation was told."),
            allowed=lambda: acting.require_checker(found, by=user),
        )
    if "missing" in request.POST:
        return judging.decline(request, found, forms.judge)
    access.require(user, Action.ANSWER, found.organisation)
    if "end_risk" in request.POST:
        return _do(request, lambda: acting.end_risk(found, by=user), _("The action is open again."))
    if "comment" in request.POST:
        return _typed(forms.note, "comment", lambda words: acting.comment(found, words, by=user), request, _("Noted."))
    return judging.report(request, found, forms.report)


def _do(request: HttpRequest, act: Any, said: str) -> bool:
    with refusals_as_messages(request):
        act()
        messages.success(request, said)
    return True


def _typed(form: Any, name: str, act: Any, request: HttpRequest, said: str, *, allowed: Any = None) -> bool:
    """Do what a form of one text asks; what was typed stays where it is refused."""
    with refusals(form, at=name):
        if allowed:
            allowed()
        if not form.is_valid():
            return False
        act(form.cleaned_data[name])
        messages.success(request, said)
        return True
    return False


def gap_of(
    found: RemediationAction, question: Question | None, content: dict[str, Any] | None, edition: Edition
) -> dict[str, Any]:
    """What was answered, what falls short of which clause, and what to do about it."""
    given = content["answers"].get(found.question) if content else None
    proposed: dict[str, Any] = (
        next((a for a in content["actions"] if a["question"] == found.question), {}) if content else {}
    )
    _steps, closes = remedies_at(question, found.question, content)
    originals = edition_steps(found, question, content)
    duties = [edition.requirements[id] for id in found.requirements if id in edition.requirements]
    words = question.action.gap if question else ""
    if found.asked and given and not proposed:  # nothing falls short: a reviewer asked for more on accepting the answer
        words, originals = _("The answer was accepted. A reviewer asks for more, as it says below."), []
        closes = (str(CLOSED_BY),)
    return {
        "question": question.text if question else "",
        "word": choice_word(given["choice"]) if given else "",
        "lines": said_lines(question, given["items"]) if question and given else [],
        "text": given["text"] if given else "",
        "duties": [(duty.statement, duty.clause, edition.cited(duty.clause), str(duty.strength)) for duty in duties],
        "words": words,
        "steps": found.own_steps or originals,
        "originals": originals if found.own_steps and not found.is_own else [],
        "closes": list(proposed.get("closes") or closes),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: SignedIn, reference: str, number: int) -> HttpResponse:
    """Who does an action, by when, and how much work it is."""
    found = find_own(request, reference, number, Action.ANSWER)
    condition = acting.conditions_on([found]).get(found.pk)
    people = access.writers_of(found.organisation)
    form = PlanForm(posted(request), action=found, people=people, last=condition.due_on if condition else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with refusals(form):
            acting.plan(
                found,
                by=request.user,
                owner=form.owner_chosen(),
                due=given["due"],
                full_due=given.get("full_due"),
                effort=given["effort"],
            )
            messages.success(request, _("The plan of the action is saved."))
            return redirect("action", reference, number)
    context = {"place": PLACE, "action": found, "form": form, "condition": condition}
    return render(request, "assessments/acting/plan.html", context)


@proofs.needed
@require_http_methods(["GET", "HEAD", "POST"])
def risk(request: SignedIn, reference: str, number: int) -> HttpResponse:
    """Accept the risk of an open action instead of closing it, for a time."""
    found = find_own(request, reference, number, Action.SIGN)
    last = acting.longest_risk()
    problem = acting.risk_obstacle(found)
    if not problem and found.owner_id == request.user.pk:
        problem = _("You own this action, so another owner has to accept its risk.")
    form = RiskForm(posted(request), last=last)
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            acting.accept_risk(found, by=request.user, **form.cleaned_data)
            messages.success(request, _("The risk is accepted until then. The action comes back by itself."))
            return redirect("action", reference, number)
    context = {"place": PLACE, "action": found, "form": form, "problem": problem, "last": last}
    return render(request, "assessments/acting/risk.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def evidence_of(request: SignedIn, reference: str, number: int) -> HttpResponse:
    """What shows that an action is done: attach pieces of the library, take them away again."""
    found = find_own(request, reference, number, Action.ANSWER)
    mine = access.evidence_for(request.user).filter(organisation=found.organisation_id)
    if request.method == "POST":
        acts: dict[str, tuple[Any, str]] = {
            "attach": (acting.attach, _("Attached: %(title)s.")),
            "detach": (acting.detach, _("Detached: %(title)s. It stays in the library.")),
        }
        name = next((name for name in acts if name in request.POST), "")
        if name:
            piece = get_object_or_404(mine, reference=query_values.reference(request.POST[name]))
            do, said = acts[name]
            _do(request, lambda: do(found, piece, by=request.user), said % {"title": piece})
        return redirect("action_evidence", reference, number)
    lines = [PieceLine(use) for use in found.evidence_uses.select_related("evidence").order_by("pk")]
    query = request.GET.get("q", "")[:100]
    others = library.narrowed(mine, request.user, query, "").exclude(pk__in=[line.piece.pk for line in lines])
    edition = access.current_edition()
    question = edition.questions.get(found.question)
    context = {
        "place": PLACE,
        "action": found,
        "lines": lines,
        "pieces": list(others.for_list().order_by("-pk")[:PIECES]),
        "query": query,
        "editable": found.status != ActionStatus.CLOSED,
        "good": question.good_evidence if question else (),
    }
    return render(request, "assessments/acting/evidence.html", context)


@require_safe
@declare_first
def file(request: SignedIn, reference: str, number: int, piece: str, version: int) -> HttpResponseBase:
    """Send the version of a piece that an action leans on, to its members and to whoever checks it."""
    action = find_action(request, reference, number)
    found = access.version_on_action(action, piece, version)
    if found is None:
        raise Http404
    sent = library.send(request, found)
    if request.method == "GET" and sent.status_code in (200, 302):
        opened.note_opening_on_action(found, action, by=request.user)
    return sent
