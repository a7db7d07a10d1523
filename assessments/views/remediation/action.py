"""Remediation: the workspace of one use, one action, several dates, a file of changes, an accepted risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.accounts import proofs
from assessments.core import query_values
from assessments.domain.remediation import actions, closing, conditions, dates, relevance, risks
from assessments.domain.review import opened
from assessments.forms.action_checks import JudgeForm, ReportForm
from assessments.forms.base import refusals
from assessments.forms.remediation import NoteForm, PlanForm, RefuseForm
from assessments.guideline.edition import Edition, Question
from assessments.models import ActionEvent, ActionStatus, RemediationAction, Role, User, edition_for
from assessments.models.agreed import CLOSED_BY
from assessments.models.closing import EvidenceVerdict
from assessments.views.assessment.evidence_strip import EvidenceLine as PieceLine
from assessments.views.evidence import item, library
from assessments.views.remediation import judging, workspace
from assessments.views.remediation import lines as remediation_lines
from assessments.views.remediation.gaps import edition_steps, remedies_at
from assessments.views.remediation.lines import EVENTS
from assessments.views.remediation.presses import press
from assessments.views.remediation.rows import flag_those_left_alone, row_of
from assessments.views.remediation.workspace import PLACE
from assessments.views.site.gate import Undeclared, declare_first
from assessments.views.site.requests import SignedIn, posted, refusals_as_messages
from assessments.views.site.seen import seen
from assessments.views.wording import choice_word, said_lines

PIECES = 20  # of the library, to be attached


# --- one action --------------------------------------------------------------------------------------------------------------


def find_action(request: SignedIn, reference: str, number: int) -> RemediationAction:
    """The action, for a member who sees it or a reviewer who checks it; 404 for everybody else."""
    key = {"use__reference": reference, "number": number}
    for find in (finders.actions_for, finders.actions_to_check_for):
        found = find(request.user).filter(**key).select_related("organisation", "verified_by", "risk_by").first()
        if found:
            return found
    raise Undeclared(finders.to_declare_for_action(request.user, reference, number))


def find_own(request: SignedIn, reference: str, number: int, act: Action) -> RemediationAction:
    """The action, for a member who may do that with the actions of its organisation."""
    found = find_action(request, reference, number)
    roles.require(request.user, act, found.organisation)
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
    mine = (m for m in roles.memberships_on_page(user) if m.organisation_id == found.organisation_id)
    role = next((Role(m.role) for m in mine), None)
    assessment, submission = workspace.newest_submitted(found.use)
    edition = edition_for(submission.edition_checksum) if submission else finders.current_edition()
    works, stands = role in roles.MAY[Action.ANSWER], found.status == ActionStatus.OPEN and not found.merged_into_id
    plans = works and finders.plans_whole(user, found.organisation_id)
    uses = list(closing.uses_of(found, user))
    judged = closing.judged(found, uses, user if found.status == ActionStatus.DONE else None)
    forms = _forms(user, found, judged, edition, posted(request), reports=works and stands, whole=plans)
    if request.method == "POST" and act_on(request, found, forms):
        return redirect("action", reference, number)
    question = edition.questions.get(found.question)
    is_member = role in roles.MAY[Action.VIEW]
    opened = getattr(found, "opened", None)  # the submission in whose case a reviewer judges it
    seen_of = submission
    if not is_member and opened and (submission is None or opened != submission.pk):
        seen_of = finders.opened_submission(user, opened)
    family = finders.family_of(found)
    merged = [one for one in family.merged if one.status != ActionStatus.CLOSED]
    condition = conditions.conditions_on([found], merged=merged).get(found.pk)
    blocking = found.priority in closing.BLOCKING or condition is not None
    awaits = found.status in (ActionStatus.DONE, ActionStatus.NOT_RELEVANT)
    signs = role in roles.MAY[Action.SIGN]
    case = judging.case_known(assessment, submission, condition) if awaits else None
    judge = judging.judging_of(user, found, case, judged, blocking=blocking, signs=signs) if awaits else judging.NOBODY
    events = finders.events_of_actions().filter(action=found).order_by("-pk")
    if not is_member:
        events = events.exclude(kind=ActionEvent.Kind.NOTE)
    pieces = [judging.ShownEvidence(use, edition) for use in uses]
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
        "sees_all": is_member and finders.uses_for(user).filter(pk=found.use_id).exists(),
        "may_refuse": judge.may and found.status == ActionStatus.NOT_RELEVANT,
        "may_reopen": works and found.status == ActionStatus.NOT_RELEVANT,
        "family": family,
        "package": next((one.title for one in edition.packages if one.key == found.package), ""),
        "clause": (found.clause, edition.cited(found.clause)) if found.clause in edition.clauses else None,
        "may_accept": judge.may and not judge.waits and found.status == ActionStatus.DONE,
        "may_decline": judge.may and found.status == ActionStatus.DONE,
        "judging": judge,
        "lacks": closing.missing_evidence(found, judged, blocking=blocking) if works and stands else "",
        "may_accept_risk": (signs and found.owner_id != user.pk and not risks.risk_obstacle(found)),
        "may_end_risk": works and found.status == ActionStatus.ACCEPTED,
        "may_note": works,
        "answer_url": remediation_lines.answer_url(assessment if is_member else None, question),
        "submission": seen_of,
        "is_member": is_member,
        "pieces": pieces,
        "events": [remediation_lines.event_of(event, edition) for event in events[:EVENTS]],
    }
    return render(request, "assessments/remediation/action.html", context)


def _forms(
    user: User,
    found: RemediationAction,
    judged: list[EvidenceVerdict],
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
            allowed=lambda: actions.require_checker(found, by=user),
        )
    if "missing" in request.POST:
        return judging.decline(request, found, forms.judge)
    roles.require(user, Action.ANSWER, found.organisation)
    if "end_risk" in request.POST:
        return _do(request, lambda: risks.end_risk(found, by=user), _("The action is open again."))
    if "comment" in request.POST:
        return _typed(forms.note, "comment", lambda words: actions.comment(found, words, by=user), request, _("Noted."))
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
    condition = conditions.conditions_on([found]).get(found.pk)
    people = finders.writers_of(found.organisation)
    form = PlanForm(posted(request), action=found, people=people, last=condition.due_on if condition else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with refusals(form):
            dates.plan(
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
    return render(request, "assessments/remediation/plan.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def evidence_of(request: SignedIn, reference: str, number: int) -> HttpResponse:
    """What shows that an action is done: attach pieces of the library, take them away again."""
    found = find_own(request, reference, number, Action.ANSWER)
    mine = finders.evidence_for(request.user).filter(organisation=found.organisation_id)
    if request.method == "POST":
        acts: dict[str, tuple[Any, str]] = {
            "attach": (actions.attach, _("Attached: %(title)s.")),
            "detach": (actions.detach, _("Detached: %(title)s. It stays in the library.")),
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
    edition = finders.current_edition()
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
    return render(request, "assessments/remediation/evidence.html", context)


@require_safe
@declare_first
def file(request: SignedIn, reference: str, number: int, piece: str, version: int) -> HttpResponseBase:
    """Send the version of a piece that an action leans on, to its members and to whoever checks it."""
    action = find_action(request, reference, number)
    found = finders.version_on_action(action, piece, version)
    if found is None:
        raise Http404
    sent = item.send(request, found)
    if request.method == "GET" and sent.status_code in (200, 302):
        opened.note_opening_on_action(found, action, by=request.user)
    return sent
