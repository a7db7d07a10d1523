"""Changes to actions from a file: each row is shown first, and taken with the second press."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments.access import finders
from assessments.access.roles import Action
from assessments.core.errors import NotPermitted
from assessments.core.throttling import limited
from assessments.domain.remediation import closing, dates
from assessments.domain.remediation import conditions as remediation_conditions
from assessments.exchange import actions as exchange
from assessments.exchange.tables import MAX_BYTES
from assessments.forms.base import status_of
from assessments.forms.remediation import TakeFileForm
from assessments.models import RemediationAction, User
from assessments.views.remediation import dates as remediation_dates
from assessments.views.remediation.workspace import PLACE
from assessments.views.site.requests import SignedIn, posted, refusals_as_messages
from assessments.views.site.uploads import file_refusals

# --- the register coming in again ----------------------------------------------------------------------------------------

SALT = "assessments.acting.take_file"


@require_http_methods(["GET", "HEAD", "POST"])
@limited("upload", files=True)
def take_file(request: SignedIn) -> HttpResponse:
    """Take owners, dates and what was done from a file: each row is shown first, the second press takes the good ones."""
    user = request.user
    if not finders.organisations_where(user, Action.ANSWER).exists():
        raise NotPermitted(_("Only owners and contributors of an organisation can plan actions."))
    if "rows" in request.POST:
        return _take_rows(request)
    form = TakeFileForm(posted(request), request.FILES or None)
    lines: list[exchange.Change] | None = None
    if request.method == "POST" and form.is_valid():
        with file_refusals(form):
            lines = _check_rows(user, exchange.read(form.cleaned_data["file"].read(MAX_BYTES + 1)))
    good = [line for line in lines or () if line.changes and line.action]
    chosen = {line.changes["owner"] for line in good if "owner" in line.changes}
    names = finders.names_of(int(pk) for pk in chosen)
    context = {
        "place": PLACE,
        "form": form,
        "lines": lines,
        "good": [(line, _change_words(line, names)) for line in good],
        "faulty": [line for line in lines or () if line.faults],
        "rows": signing.dumps([[_name(line.action), dict(line.changes)] for line in good], salt=SALT, compress=True),
    }
    return render(request, "assessments/remediation/take_file.html", context, status=status_of(form))


def _name(action: RemediationAction | None) -> str:
    return f"{action.use.reference}/{action.number}" if action else ""


def _check_rows(user: User, rows: list[exchange.ActionCells]) -> list[exchange.Change]:
    works = finders.organisations_where(user, Action.ANSWER)
    found = finders.actions_for(user).filter(organisation__in=works.values("pk"))
    found = found.filter(use__reference__in={row.reference for row in rows}).select_related("organisation")
    actions = {(action.use.reference, action.number): action for action in found}
    people = {one.pk: {person.email.casefold(): person.pk for person in finders.writers_of(one)} for one in works}
    conditions = remediation_conditions.conditions_on(actions.values())

    def problem(action: RemediationAction, due: date) -> str:
        return dates.date_problem(action, due, conditions.get(action.pk))

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
        said = _("first step due by: %(day)s") if "full_due" in line.changes else _("due: %(day)s")
        words.append(said % {"day": date_format(date.fromisoformat(line.changes["due"]), "DATE_FORMAT")})
    if "full_due" in line.changes:
        day = date_format(date.fromisoformat(line.changes["full_due"]), "DATE_FORMAT")
        words.append(_("all steps due by: %(day)s") % {"day": day})
    if "note" in line.changes:
        words.append(_("reported as done: %(note)s") % {"note": line.changes["note"]})
    return words


def _take_rows(request: SignedIn) -> HttpResponse:
    """Take the rows that the report showed, as they were shown; all of them or none."""
    try:
        rows = signing.loads(request.POST["rows"], salt=SALT, max_age=3600)
    except signing.BadSignature:
        messages.error(request, _("This preview has expired. Choose the file again."))
        return redirect("actions_import")
    found = {
        _name(action): action
        for action in remediation_dates.picked(request, [name for name, _changes in rows], most=len(rows))
    }
    people: dict[int, dict[str, User]] = {}
    taken = []
    for name, changes in rows:
        action = found.get(name)
        if action is None:
            continue
        if action.organisation_id not in people:
            people[action.organisation_id] = {str(one.pk): one for one in finders.writers_of(action.organisation)}
        due, full_due = (date.fromisoformat(changes[key]) if key in changes else None for key in ("due", "full_due"))
        owner = people[action.organisation_id].get(changes.get("owner", ""))
        taken.append((action, owner, due, full_due, changes.get("note", "")))
    with refusals_as_messages(request, lambda error: _("Nothing was changed: %(reason)s") % {"reason": error}):
        done = dates.take_rows(taken, by=request.user)
        words = ngettext("%(n)s action was changed.", "%(n)s actions were changed.", done)
        messages.success(request, words % {"n": done})
        return redirect("actions")
    return redirect("actions_import")
