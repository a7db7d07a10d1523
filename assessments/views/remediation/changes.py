"""Forms that change the plan: add an action, edit its words, split it, merge several, mark one as not relevant."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core.errors import NotPermitted
from assessments.domain.remediation import changes, own_actions, relevance, split_merge
from assessments.domain.remediation.split_merge import Part
from assessments.forms.base import refusals
from assessments.forms.remediation import AddForm, EditForm, MergeForm, NotRelevantForm, SplitForm
from assessments.models import RemediationAction, edition_for
from assessments.views.remediation.action import find_own
from assessments.views.remediation.dates import picked
from assessments.views.remediation.gaps import edition_steps
from assessments.views.remediation.workspace import PLACE, newest_submitted
from assessments.views.site.requests import SignedIn, posted


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: SignedIn) -> HttpResponse:
    """Add an action that no question brought."""
    uses = list(finders.uses_with_a_plan(request.user))
    if not any(finders.plans_whole(request.user, m.organisation_id) for m in roles.memberships_on_page(request.user)):
        raise NotPermitted(
            _(
                "To add actions, you need to be an owner or contributor who can see the complete plan of the "
                "organisation."
            )
        )
    people = {
        user
        for organisation in {one.system.organisation_id: one.system.organisation for one in uses}.values()
        for user in finders.writers_of(organisation)
    }
    form = AddForm(
        posted(request),
        uses=uses,
        people=sorted(people, key=lambda user: (str(user), user.pk)),
        edition=finders.current_edition(),
        use=request.GET.get("use", ""),
    )
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            made = own_actions.add(form.uses[form.cleaned_data["use"]], form.given(), by=request.user)
            messages.success(request, _("Action %(n)s was added to the plan.") % {"n": made.number})
            return redirect(made)
    return render(request, "assessments/remediation/add.html", {"place": PLACE, "form": form, "uses": uses})


def original_steps(action: RemediationAction) -> list[str]:
    """Return the edition's steps of an action: its first step, then the remedies at its question."""
    _assessment, submission = newest_submitted(action.use)
    edition = edition_for(submission.edition_checksum) if submission else finders.current_edition()
    content = submission.content() if submission else None
    return edition_steps(action, edition.questions.get(action.question), content)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedIn, reference: str, number: int) -> HttpResponse:
    """Put title and steps of an action into one's own words."""
    found = find_own(request, reference, number, Action.ANSWER)
    originals = original_steps(found)
    form = EditForm(posted(request), action=found, steps=originals)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        same = [line.strip() for line in given["steps"].splitlines() if line.strip()] == originals
        with refusals(form):
            own_actions.edit(found, by=request.user, title=given["title"], steps="" if same else given["steps"])
            messages.success(request, _("The wording of the action was saved."))
            return redirect(found)
    context = {"place": PLACE, "action": found, "form": form, "originals": originals}
    return render(request, "assessments/remediation/edit.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def split(request: SignedIn, reference: str, number: int) -> HttpResponse:
    """Split an action into parts, each with an owner and a date."""
    found = find_own(request, reference, number, Action.ANSWER)
    changes.require_planner(found.organisation, by=request.user)
    form = SplitForm(posted(request), action=found, people=finders.writers_of(found.organisation))
    if request.method == "POST" and form.is_valid():
        parts = [Part(title, owner, due) for title, owner, due in form.given()]
        with refusals(form):
            made = split_merge.split(found, parts, by=request.user)
            said = _("The action now has %(n)s parts. The gap is closed when all parts are closed.")
            messages.success(request, said % {"n": len(made)})
            return redirect(found)
    return render(request, "assessments/remediation/split.html", {"place": PLACE, "action": found, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: SignedIn) -> HttpResponse:
    """Merge the actions that were ticked in the register into one of them."""
    given = request.POST if request.method == "POST" else request.GET
    actions = picked(request, given.getlist("pick"))
    for organisation in {action.organisation for action in actions}:
        changes.require_planner(organisation, by=request.user)
    uses = {action.use_id for action in actions}
    form = MergeForm(posted(request), actions=actions)
    if request.method == "POST" and len(actions) > 1 and form.is_valid():
        into = next(action for action in actions if str(action.number) == form.cleaned_data["into"])
        with refusals(form):
            lead = split_merge.merge(actions, by=request.user, into=into, title=form.cleaned_data["title"])
            others = len(actions) - 1
            said = ngettext(
                "%(n)s action was merged into this one.", "%(n)s actions were merged into this one.", others
            )
            messages.success(request, said % {"n": others})
            return redirect(lead)
    context = {
        "place": PLACE,
        "form": form,
        "actions": actions,
        "possible": len(actions) > 1 and len(uses) == 1,
        "picks": [f"{action.use.reference}/{action.number}" for action in actions],
    }
    return render(request, "assessments/remediation/merge.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def not_relevant(request: SignedIn, reference: str, number: int) -> HttpResponse:
    """Mark an action as not relevant, with a reason that a reviewer reads."""
    found = find_own(request, reference, number, Action.ANSWER)
    problem = relevance.obstacle(found)
    form = NotRelevantForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            relevance.mark_not_relevant(found, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(
                request, _("The action was marked as not relevant. The reviewers of this case were notified.")
            )
            return redirect(found)
    context = {"place": PLACE, "action": found, "form": form, "problem": problem}
    return render(request, "assessments/remediation/not_relevant.html", context)
