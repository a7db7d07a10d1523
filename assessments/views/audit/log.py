"""The log: of an organisation, of one assessment, of one review; narrowed, page by page, taken along, verified."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import batched
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from assessments.access import finders, roles
from assessments.audit import log, verify
from assessments.audit.kinds import AuditKind, Group
from assessments.core import query_values, throttling
from assessments.core.errors import NotPermitted
from assessments.exchange.inventory import escaped
from assessments.forms.audit import NOBODY, LogForm
from assessments.models import Organisation
from assessments.models.audit import AuditEntry, AuditHead
from assessments.views.audit.wording import ABOUT, EntryLine, line_of
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn

ROWS = 50
FAULTS_SHOWN = 5
COLUMNS = ("seq", "at", "kind", "who", "what", "object", "where", "old", "new", "details", "previous", "hash")


@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: SignedIn, reference: str) -> HttpResponseBase:
    """Show the log of an organisation, for its owners (of the reviewing body: its reviewers); a POST verifies the chain."""
    found = get_object_or_404(finders.organisations_for(request.user), reference=reference)
    roles.require_people(request.user, found)
    if request.method == "POST":
        _verify(request, found)
        return redirect("organisation_log", reference)
    head = log.head_of(found)
    context = {"organisation": found, "owns": True, "standing": _standing(head), "head": head}
    return _answer(request, "organisation.html", log.log_of(found), context, name=found.reference)


@require_safe
def assessment(request: SignedIn, reference: str) -> HttpResponseBase:
    """Show the log of one assessment, for members who see all of it."""
    found = get_object_or_404(finders.assessments_for(request.user), reference=reference)
    if roles.assigned_targets(request.user, found) is not None:
        raise NotPermitted(
            _(
                "You cannot open the log, because it shows what all members did. You can see only the work "
                "assigned to you."
            )
        )
    member = roles.membership_in(request.user, found.organisation_id)
    owns = bool(member and member.role in roles.MAY[roles.Action.PEOPLE])
    context = {"assessment": found, "use": found.use, "organisation": found.organisation, "owns": owns}
    entries = log.log_of_assessment(found)
    return _answer(request, "assessment.html", entries, context, name=found.reference)


@require_safe
def review(request: SignedIn, reference: str) -> HttpResponseBase:
    """Show what was done in the review of a submission, for those who may review it and have passed the gate of its case."""
    found = get_object_or_404(finders.submissions_for(request.user), reference=reference)
    if not finders.is_open_to(request.user, found.assessment_id):
        return to_declare(request, found)
    context = {"submission": found, "use": found.assessment.use, "organisation": found.organisation, "owns": False}
    return _answer(request, "review.html", log.log_of_review(found), context, name=found.reference)


# --- pages and files -----------------------------------------------------------------------------------------------------


def _answer(
    request: SignedIn, template: str, entries: QuerySet[AuditEntry], context: dict[str, Any], *, name: str
) -> HttpResponseBase:
    people, occurring = log.found_in(entries)
    one = _asked_for(entries, request.GET.get("about", ""))
    form = LogForm(request.GET, kinds=kinds_to_choose(occurring), people=people, about=ABOUT, one=one)
    entries = narrowed(entries, form.chosen()).select_related("detail__erased_by")
    if request.GET.get("as") in ("csv", "json"):
        throttling.spend("export", request, step=10)
        return _file(entries, people, as_json=request.GET["as"] == "json", origin=context["owns"], name=name)
    rows, newer, older = page_of(entries, request.GET.get("before", ""), request.GET.get("after", ""))
    query = form.query()
    context |= {
        "form": form,
        "query": query,
        "filtered": bool(query),
        "lines": _lines(rows, people, origin=context["owns"]),
        "newer": _address(query, after=rows[0].seq) if newer else "",
        "older": _address(query, before=rows[-1].seq) if older else "",
        "csv": _address(query, **{"as": "csv"}),
        "json": _address(query, **{"as": "json"}),
    }
    return render(request, f"assessments/audit/{template}", context)


def kinds_to_choose(occurring: Collection[str]) -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Return the kinds that a log holds, in their groups."""
    found: dict[Group, list[tuple[str, Any]]] = {group: [] for group in Group}
    for kind in AuditKind:
        if kind in occurring:
            found[kind.group].append((kind.value, kind.label))
    return [(group.label, kinds) for group, kinds in found.items() if kinds]


def _asked_for(entries: QuerySet[AuditEntry], asked: str) -> tuple[str, str] | None:
    """Return one object that a page is asked for alone, with its title; None where none is.

    Only what this very log tells of has a title. Of everything else, whether it exists or not, the page says the same.
    """
    if ":" not in asked or len(asked) > 80:
        return None
    if not entries.filter(object=asked).exists():
        return asked, _("This log has no entries")
    return asked, log.titles_of([asked]).get(asked, asked)


def _address(query: str, **more: Any) -> str:
    return "?" + "&".join([*([query] if query else []), *(f"{name}={value}" for name, value in more.items())])


def narrowed(entries: QuerySet[AuditEntry], chosen: dict[str, Any]) -> QuerySet[AuditEntry]:
    """Return the entries that a choice asks for; days are Hong Kong's, both included."""
    if kind := chosen.get("kind"):
        entries = entries.filter(kind=kind)
    if who := chosen.get("who"):
        entries = entries.filter(actor=None if who == NOBODY else query_values.key(who))
    if about := chosen.get("about"):
        entries = entries.filter(object=about) if ":" in about else entries.filter(object__startswith=f"{about}:")
    if since := chosen.get("since"):
        entries = entries.filter(at__gte=_midnight(since))
    if until := chosen.get("until"):
        entries = entries.filter(at__lt=_midnight(until, days=1))
    return entries


def _midnight(day: date, *, days: int = 0) -> datetime:
    """Return the beginning of a day, or of one so many days later."""
    return timezone.make_aware(datetime.combine(query_values.within(day) + timedelta(days=days), time()))


def page_of(entries: QuerySet[AuditEntry], before: str, after: str) -> tuple[list[AuditEntry], bool, bool]:
    """Return one page, the newest first, and whether there are newer and older ones; `before` and `after` are places."""
    if (place := query_values.whole_number(after)) is not None:
        rows = list(entries.filter(seq__gt=place).order_by("seq")[: ROWS + 1])
        return rows[:ROWS][::-1], len(rows) > ROWS, bool(rows)
    place = query_values.whole_number(before)
    if place is not None:
        entries = entries.filter(seq__lt=place)
    rows = list(entries.order_by("-seq")[: ROWS + 1])
    return rows[:ROWS], place is not None and bool(rows), len(rows) > ROWS


def _lines(rows: Iterable[AuditEntry], people: dict[int, str], *, origin: bool) -> list[EntryLine]:
    rows = list(rows)
    titles = log.titles_of(row.object for row in rows)
    edition = finders.current_edition()
    return [line_of(row, people, titles, edition, origin=origin) for row in rows]


class _Echo:
    """What a csv writer writes to: it hands the line back."""

    def write(self, line: str) -> str:
        return line


def _file(
    entries: QuerySet[AuditEntry], people: dict[int, str], *, as_json: bool, origin: bool, name: str
) -> StreamingHttpResponse:
    """Return the entries as a file, oldest first, row by row: memory stays flat. No cell begins as a formula does.

    JSON for an owner holds salt and details too, with which every digest and hash can be worked out again.
    """
    lines = (
        line
        for part in batched(entries.order_by("seq").iterator(chunk_size=500), 500)
        for line in _lines(part, people, origin=origin)
    )
    if as_json:
        content, kind, ending = _json(lines, origin=origin), "application/json", "json"
    else:
        content, kind, ending = _csv(lines), "text/csv; charset=utf-8", "csv"
    response = StreamingHttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="log-{name}.{ending}"'
    return response


def _csv(lines: Iterable[EntryLine]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"  # a spreadsheet then reads the names as UTF-8
    yield writer.writerow(COLUMNS)
    for line in lines:
        entry = line.entry
        cells = (
            entry.seq,
            entry.at.isoformat(),
            entry.kind,
            entry.actor or "",
            line.sentence,
            entry.object,
            line.where,
            "; ".join(f"{what}: {old}" for what, old, _new in line.changes),
            "; ".join(f"{what}: {new}" for what, _old, new in line.changes),
            line.erased or "; ".join(f"{what}: {value}" for what, value in line.told),
            entry.previous,
            entry.hash,
        )
        yield writer.writerow([escaped(str(cell)) for cell in cells])


def _json(lines: Iterable[EntryLine], *, origin: bool) -> Iterator[str]:
    yield "["
    for n, line in enumerate(lines):
        entry = line.entry
        detail = getattr(entry, "detail", None)
        told = dict(detail.content()) if detail else {}
        if not origin:
            told.pop("from", None)
        record: dict[str, Any] = {
            "chain": entry.chain,
            "seq": entry.seq,
            "at": entry.at.isoformat(),
            "actor": entry.actor,
            "kind": entry.kind,
            "object": entry.object,
            "detail_digest": entry.detail_digest,
            "previous": entry.previous,
            "hash": entry.hash,
            "rows": entry.rows,
            "words": line.sentence,
            "details": told,
            "erased": line.erased,
        }
        if origin:
            record["salt"] = detail.salt if detail else ""
        yield ("," if n else "") + "\n" + json.dumps(record, ensure_ascii=False, sort_keys=True)
    yield "\n]\n"


# --- verifying -----------------------------------------------------------------------------------------------------------


def _standing(head: AuditHead | None) -> dict[str, Any]:
    """Return when the chain was last verified, by whom, what was found, and whether a page can do it."""
    entries = head.seq if head else 0
    return {
        "entries": entries,
        "since": entries - head.verified_seq if head else 0,
        "is_short": entries <= log.WALKED_ON_A_PAGE,
    }


def _verify(request: SignedIn, found: Organisation) -> None:
    head = log.head_of(found)
    if head and head.seq > log.WALKED_ON_A_PAGE:
        messages.error(
            request, _("The log is too long to verify here. Ask the people who run this service to verify it.")
        )
        return
    walked = verify.verify(found.reference, by=request.user)
    if not walked.faults:
        words = ngettext(
            "Log verified, no faults found: %(n)s entry.",
            "Log verified, no faults found: %(n)s entries.",
            walked.entries,
        )
        messages.success(request, words % {"n": walked.entries})
        return
    for fault in walked.faults[:FAULTS_SHOWN]:
        messages.error(request, _("Fault in the log: %(words)s.") % {"words": fault.words})
    if len(walked.faults) > FAULTS_SHOWN:
        more = len(walked.faults) - FAULTS_SHOWN
        messages.error(request, ngettext("And %(n)s more fault.", "And %(n)s more faults.", more) % {"n": more})
