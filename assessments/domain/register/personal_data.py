"""All data of a person as an archive: as JSON to be read by programs, and as pages to be read by people.

Own data alone. Of organisations that somebody has left it says what they did there and when; the words belong to the
organisation, and stay with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.db.models import F, Q
from django.template.loader import render_to_string
from django.utils import timezone

from assessments.audit import log
from assessments.core.zip_stream import Part, json_lines
from assessments.domain.register.tables import OF_ORGANISATION, all_rows, names_of, people_columns, plain_rows
from assessments.models import AuditDetail, HeldPost, Membership, Organisation, OwnText, SavedFilter, User
from assessments.models.audit import INSTALLATION
from assessments.notifications.inbox import messages_for

PIECES = 500
ALWAYS = frozenset(
    {"id", "at", "created_at", "taken_at", "opened_at", "closed_at", "kind", "question", "target", "role"}
)
"""Columns that say what was done and when, and nothing of what was written."""
NOT_WORK = frozenset({"Organisation", "Membership", "Document", "AuditEntry"})


def parts(user: User) -> Iterator[Part]:
    """Yield the files of a person's archive, each made while it is read."""
    yield "read-me.txt", [render_to_string("assessments/register/personal_data.txt", {"now": timezone.now()}).encode()]
    for name, make in _files(user):
        yield f"{name}.json", json_lines(make())
        yield f"{name}.html", _pages(name, make())


def _files(user: User) -> Iterator[tuple[str, Any]]:
    yield "account", lambda: _account(user)
    yield "memberships", lambda: _memberships(user)
    yield "notices", lambda: plain_rows(messages_for(user))
    yield "kept-forms", lambda: plain_rows(HeldPost.objects.filter(user=user))
    yield "saved-filters", lambda: plain_rows(SavedFilter.objects.filter(user=user))
    yield "review-texts", lambda: plain_rows(OwnText.objects.filter(user=user))
    yield "work", lambda: _work(user)
    yield "log", lambda: _log(user)


def _account(user: User) -> Iterator[dict[str, Any]]:
    for row in plain_rows(User.objects.filter(pk=user.pk)):
        addresses = user.emailaddress_set.values("email", "verified", "primary")  # type: ignore[attr-defined]
        sessions = user.usersession_set.values("created_at", "last_seen_at", "ip", "user_agent")  # type: ignore[attr-defined]
        yield {**row, "addresses": list(addresses), "sessions": list(sessions)}


def _memberships(user: User) -> Iterator[dict[str, Any]]:
    for one in Membership.objects.filter(user=user).select_related("organisation").order_by("pk"):
        yield {
            "organisation": str(one.organisation),
            "role": one.role,
            "sees": one.sees,
            "joined_at": one.joined_at,
            "left_at": one.left_at,
        }


def _work(user: User) -> Iterator[dict[str, Any]]:
    """Yield each row that a person wrote, owns or was given: its words only where they still belong to the organisation."""
    mine = set(Membership.objects.current().filter(user=user).values_list("organisation", flat=True))
    called = dict(Organisation.objects.filter(memberships__user=user).values_list("pk", "name_en"))
    for name, way in OF_ORGANISATION.items():
        columns = people_columns(name)
        if name in NOT_WORK or not (columns or name == "Assignment"):
            continue
        where = Q(member__user=user) if name == "Assignment" else Q()
        for column in columns:
            where |= Q(**{column: user})
        rows = all_rows(name).filter(where).annotate(_of=F(f"{way}__pk"))
        owners = dict(rows.values_list("pk", "_of"))
        for row in plain_rows(rows):
            of = owners[row["id"]]
            told = row if of in mine else {key: value for key, value in row.items() if key in ALWAYS}
            others = {column for column in columns if column in told and told[column] != str(user)}
            yield {
                "what": name,
                "organisation": called.get(of, ""),
                **{key: value for key, value in told.items() if key not in others},
            }


def _log(user: User) -> Iterator[dict[str, Any]]:
    """Yield the entries that a person made, and those that name them; whose other details are not theirs."""
    current = Membership.objects.current().filter(user=user).values_list("organisation__reference", flat=True)
    open_chains = {INSTALLATION, *current}
    rows = AuditDetail.objects.filter(log.about(user)).select_related("entry")
    last = 0
    while found := list(rows.filter(pk__gt=last).order_by("pk")[:PIECES]):
        people = names_of({row.entry.actor for row in found})
        for row in found:
            entry = row.entry
            made = entry.actor == user.pk
            if not made and not log.names(row.content(), user):
                continue
            told = row.content() if made and entry.chain in open_chains else {}
            yield {
                "at": entry.at,
                "kind": entry.kind,
                "about": entry.object,
                "by": people.get(entry.actor, ""),
                "details": told,
            }
        last = found[-1].pk


def _pages(name: str, rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """Yield one page that shows each row as a list of terms; everything is escaped by its template."""
    first = next(rows, None)
    yield render_to_string("assessments/register/data_head.html", {"name": name, "empty": first is None}).encode()
    for row in chain([] if first is None else [first], rows):
        shown = [(key, value) for key, value in row.items() if value not in (None, "", [], {})]
        yield render_to_string("assessments/register/data_row.html", {"row": shown}).encode()
    yield b"</body></html>\n"
