"""The page of one remediation action: its gap, its plan, its evidence, and whether it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
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
from assessments.guideline.edition import Edition
from assessments.models import (
    ActionEvent,
    ActionStatus,
    Assessment,
    RemediationAction,
    Role,
    Submission,
    User,
    edition_for,
)
from assessments.models.closing import EvidenceVerdict
from assessments.views.assessment.evidence_strip import EvidenceLine as PieceLine
from assessments.views.evidence import item, library
from assessments.views.remediation import judging, workspace
from assessments.views.remediation import lines as remediation_lines
from assessments.views.remediation.fact_asked import way_to_fact
from assessments.views.remediation.gaps import gap_of
from assessments.views.remediation.lines import EVENTS
from assessments.views.remediation.presses import press
from assessments.views.remediation.rows import flag_those_left_alone, row_of
from assessments.views.remediation.workspace import PLACE
from assessments.views.site.gate import Undeclared, declare_first
from assessments.views.site.requests import SignedIn, posted, refusals_as_messages
from assessments.views.site.seen import seen

PIECES = 20  # of the library, to be attached


def find_action(request: SignedIn, reference: str, number: int) -> RemediationAction:
    """Return the action for a member who sees it or a reviewer who checks it; raises Undeclared for everybody else."""
    key = {"use__reference": reference, "number": number}
    for find in (finders.actions_for, finders.actions_to_check_for):
        found = find(request.user).filter(**key).select_related("organisation", "verified_by", "risk_by").first()
        if found:
            return found
    raise Undeclared(finders.to_declare_for_action(request.user, reference, number))


def find_own(request: SignedIn, reference: str, number: int, act: Action) -> RemediationAction:
    """Return the action for a member who may do this with the actions of its organisation."""
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


@dataclass
class ActionPage:
    """An action with what its page has read about it, for one reader."""

    user: User
    action: RemediationAction
    role: Role | None  # of the reader in the organisation; None for a reviewer from outside
    assessment: Assessment | None  # the newest one that was submitted
    submission: Submission | None
    edition: Edition
    uses: list[Any]  # the evidence that is attached
    judged: list[EvidenceVerdict]
    is_open: bool

    @property
    def is_member(self) -> bool:
        return self.role in roles.MAY[Action.VIEW]

    @property
    def works(self) -> bool:
        return self.role in roles.MAY[Action.ANSWER]

    @property
    def signs(self) -> bool:
        return self.role in roles.MAY[Action.SIGN]

    @cached_property
    def plans(self) -> bool:
        """Tell whether the reader may plan every action of the organisation."""
        return self.works and finders.plans_whole(self.user, self.action.organisation_id)


def page_of(user: User, found: RemediationAction) -> ActionPage:
    """Read what the page of an action shows beside the action."""
    mine = (m for m in roles.memberships_on_page(user) if m.organisation_id == found.organisation_id)
    role = next((Role(m.role) for m in mine), None)
    assessment, submission = workspace.newest_submitted(found.use)
    uses = list(closing.uses_of(found, user))
    return ActionPage(
        user=user,
        action=found,
        role=role,
        assessment=assessment,
        submission=submission,
        edition=edition_for(submission.edition_checksum) if submission else finders.current_edition(),
        uses=uses,
        judged=closing.judged(found, uses, user if found.status == ActionStatus.DONE else None),
        is_open=found.status == ActionStatus.OPEN and not found.merged_into_id,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@declare_first
def action(request: SignedIn, reference: str, number: int) -> HttpResponse:
    """Show one action: the gap, what closes it, who and when; report it as done, or accept that it is."""
    found = find_action(request, reference, number)
    seen(request)
    page = page_of(request.user, found)
    forms = _forms(page, posted(request))
    if request.method == "POST" and act_on(request, found, forms):
        return redirect("action", reference, number)
    edition, question = page.edition, page.edition.questions.get(found.question)
    seen_of = submission_shown(page)
    events = finders.events_of_actions().filter(action=found).order_by("-pk")
    if not page.is_member:
        events = events.exclude(kind=ActionEvent.Kind.NOTE)
    context = {
        "place": PLACE if page.is_member else "reviews",
        "action": found,
        "forms": forms,
        "edition": edition,
        "question": question,
        "gap": gap_of(found, question, seen_of.content() if seen_of else None, edition),
        "to_fact": way_to_fact(found, page.assessment, edition, signs=page.signs)
        if page.works and page.is_open
        else None,
        **_of_judging(page),
        "may_plan": page.works and found.status != ActionStatus.CLOSED,
        "may_report": page.works and page.is_open,
        "may_change": page.works and page.is_open,
        "plans": page.plans and page.is_open,
        "sees_all": page.is_member and finders.uses_for(page.user).filter(pk=found.use_id).exists(),
        "may_reopen": page.works and found.status == ActionStatus.NOT_RELEVANT,
        "package": next((one.title for one in edition.packages if one.key == found.package), ""),
        "clause": (found.clause, edition.cited(found.clause)) if found.clause in edition.clauses else None,
        "may_accept_risk": page.signs and found.owner_id != page.user.pk and not risks.risk_obstacle(found),
        "may_end_risk": page.works and found.status == ActionStatus.ACCEPTED,
        "may_note": page.works,
        "answer_url": remediation_lines.answer_url(page.assessment if page.is_member else None, question),
        "submission": seen_of,
        "is_member": page.is_member,
        "pieces": [judging.ShownEvidence(use, edition) for use in page.uses],
        "events": [remediation_lines.event_of(event, edition) for event in events[:EVENTS]],
    }
    return render(request, "assessments/remediation/action.html", context)


def submission_shown(page: ActionPage) -> Submission | None:
    """Return the submission of which the page shows the answer: for a reviewer that of the case in which they judge."""
    opened_in = getattr(page.action, "opened", None)
    if page.is_member or not opened_in or (page.submission is not None and opened_in == page.submission.pk):
        return page.submission
    return finders.opened_submission(page.user, opened_in)


def _of_judging(page: ActionPage) -> dict[str, Any]:
    """Return the context of the judgement: the condition that the action meets, its family, who may accept it."""
    found: Any = page.action
    family = finders.family_of(found)
    merged = [one for one in family.merged if one.status != ActionStatus.CLOSED]
    condition = conditions.conditions_on([found], merged=merged).get(found.pk)
    blocking = found.priority in closing.BLOCKING or condition is not None
    judge = judging.NOBODY
    if found.status in (ActionStatus.DONE, ActionStatus.NOT_RELEVANT):
        case = judging.case_known(page.assessment, page.submission, condition)
        judge = judging.judging_of(page.user, found, case, page.judged, blocking=blocking, signs=page.signs)
    if page.is_member:
        flag_those_left_alone(page.user, [found])
    found.is_condition = condition is not None
    reports = page.works and page.is_open
    return {
        "row": row_of(found, page.edition, timezone.localdate()),
        "condition": condition,
        "family": family,
        "judging": judge,
        "may_accept": judge.may and not judge.waits and found.status == ActionStatus.DONE,
        "may_decline": judge.may and found.status == ActionStatus.DONE,
        "may_refuse": judge.may and found.status == ActionStatus.NOT_RELEVANT,
        "lacks": closing.missing_evidence(found, page.judged, blocking=blocking) if reports else "",
    }


def _forms(page: ActionPage, given: Any) -> Forms:
    """Return the forms of the page, of which the one that was posted is bound."""
    names = set(given) if given is not None else set()
    sent = given if "note" in names else None
    report = ReportForm(sent)
    if page.works and page.is_open:
        report = judging.report_form(page.user, page.action, page.judged, page.edition, sent, whole=page.plans)
    return Forms(
        report,
        JudgeForm(given if names & {"accept", "missing"} else None, pieces=page.judged, declines="accept" not in names),
        NoteForm(given if "comment" in names else None),
        RefuseForm(given if "because" in names else None),
    )


def act_on(request: SignedIn, found: RemediationAction, forms: Forms) -> bool:
    """Do what was posted. Return False where the form has to be shown again."""
    user = request.user
    if "accept" in request.POST:
        if forms.judge.is_valid():
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
            _("The action was reopened. The organisation was notified."),
            allowed=lambda: actions.require_checker(found, by=user),
        )
    if "missing" in request.POST:
        return judging.decline(request, found, forms.judge)
    roles.require(user, Action.ANSWER, found.organisation)
    if "end_risk" in request.POST:
        return _do(request, lambda: risks.end_risk(found, by=user), _("The action was reopened."))
    if "comment" in request.POST:
        return _typed(
            forms.note,
            "comment",
            lambda words: actions.comment(found, words, by=user),
            request,
            _("Your note was added."),
        )
    return judging.report(request, found, forms.report)


def _do(request: HttpRequest, act: Any, said: str) -> bool:
    with refusals_as_messages(request):
        act()
        messages.success(request, said)
    return True


def _typed(form: Any, name: str, act: Any, request: HttpRequest, said: str, *, allowed: Any = None) -> bool:
    """Do what a form of one text asks. Return False where it was refused: the text stays in its form."""
    with refusals(form, at=name):
        if allowed:
            allowed()
        if not form.is_valid():
            return False
        act(form.cleaned_data[name])
        messages.success(request, said)
        return True
    return False


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: SignedIn, reference: str, number: int) -> HttpResponse:
    """Plan an action: who does it, by when, and how much work it is."""
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
            messages.success(request, _("The owner, dates and effort were saved."))
            return redirect("action", reference, number)
    context = {"place": PLACE, "action": found, "form": form, "condition": condition}
    return render(request, "assessments/remediation/plan.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def evidence_of(request: SignedIn, reference: str, number: int) -> HttpResponse:
    """Attach evidence of the library that shows that an action is done, or detach it."""
    found = find_own(request, reference, number, Action.ANSWER)
    mine = finders.evidence_for(request.user).filter(organisation=found.organisation_id)
    if request.method == "POST":
        acts: dict[str, tuple[Any, str]] = {
            "attach": (actions.attach, _("Attached: %(title)s.")),
            "detach": (
                actions.detach,
                _("“%(title)s” was detached from the action. The evidence is still in the library."),
            ),
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
    """Send the attached version of an evidence item to members who see the action and reviewers who check it."""
    action = find_action(request, reference, number)
    found = finders.version_on_action(action, piece, version)
    if found is None:
        raise Http404
    sent = item.send(request, found)
    if request.method == "GET" and sent.status_code in (200, 302):
        opened.note_opening_on_action(found, action, by=request.user)
    return sent
