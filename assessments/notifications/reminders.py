"""What people are told of before a date and after it: conditions, actions, accepted risks, evidence that expires, monitoring.

Each function is a step of the sweeper: it may run twice, and says the same thing once for each of the days before
(named data of the edition). What is late is said again every week. Each line leads to the very thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from assessments.access import roles
from assessments.guideline.terms import PartKind, Tier
from assessments.models import (
    NEXT_DUE,
    ActionStatus,
    Certificate,
    CertificateStatus,
    Condition,
    ConformityPart,
    Edition,
    Evidence,
    Membership,
    RemediationAction,
    Sees,
    edition_for,
    monitored_until,
)
from assessments.notifications import inbox, links
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import owners_by_organisation, working_members

AGAIN_DAYS = 7
"""After so many days what is late is said again. Our judgement."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """What is to be said of one thing, and to whom."""

    about: str  # the object, as a message names it
    due: date
    people: frozenset[int]
    link: str
    context: Mapping[str, Any]


def _days(what: str) -> tuple[int, ...]:
    row = Edition.objects.current()
    return row.compiled().policy.reminder_days[what]


@transaction.atomic
def _remind(kind: MessageKind, reminders: Sequence[Reminder], since: Mapping[str, date]) -> int:
    """Say what was not said since the day given for each thing. Returns how many lines. The mails leave after the commit."""
    known = inbox.said_since(kind, since)
    said = 0
    for one in reminders:
        people = {pk for pk in one.people if (pk, one.about) not in known}
        inbox.notify(kind, people, about=one.about, link=one.link, context=one.context)
        said += len(people)
    return said


def _before(kind: MessageKind, reminders: Sequence[Reminder], days: Iterable[int], today: date) -> int:
    """Say each thing once for every one of the days before its date that has come."""
    since = {}
    for one in reminders:
        passed = [n for n in days if (one.due - today).days <= n]
        since[one.about] = one.due - timedelta(days=min(passed))
    return _remind(kind, reminders, since)


def _responsible(actions: Sequence[RemediationAction]) -> dict[int, frozenset[int]]:
    """Return who is told of each action: its owner; where it has none, or that one left, the owners of the organisation."""
    owners = owners_by_organisation(action.organisation_id for action in actions)
    alone = set(
        RemediationAction.objects.left_alone().filter(pk__in=[a.pk for a in actions]).values_list("pk", flat=True)
    )
    return {
        action.pk: frozenset(
            {action.owner_id}
            if action.owner_id and action.pk not in alone
            else owners.get(action.organisation_id, set())
        )
        for action in actions
    }


def _about(action: RemediationAction) -> str:
    return f"action:{action.use.reference}/{action.number}"


def _actions(status: str, **when: date) -> list[RemediationAction]:
    rows = RemediationAction.objects.listed().filter(status=status, use__retired_at=None, use__system__retired_at=None)
    rows = rows.annotate(next=NEXT_DUE).filter(**when)
    return list(rows.select_related("use__system", "owner").order_by("pk"))


def remind_of_conditions(today: date | None = None) -> int:
    """Tell owners, and whoever owns its action, of each condition that is not met and whose day comes near."""
    today = today or timezone.localdate()
    days = _days("condition")
    rows = Condition.objects.standing().filter(due_on__range=(today, today + timedelta(days=max(days))))
    found = list(
        rows.select_related("decision__submission__assessment__use")
        .defer("decision__submission__snapshot")
        .order_by("pk")
    )
    of = {(c.decision.submission.assessment.use_id, c.question) for c in found}
    standing = RemediationAction.objects.standing().filter(use__in={use for use, _question in of})
    rows_of = standing.select_related("use", "merged_into__use").order_by("-number")  # of a split action the first part
    actions = {(action.use_id, action.question): action.merged_into or action for action in rows_of}
    owners = owners_by_organisation(condition.decision.submission.organisation_id for condition in found)
    alone = set(standing.left_alone().values_list("pk", flat=True))
    lines = []
    for condition in found:
        assessment = condition.decision.submission.assessment
        action = actions.get((assessment.use_id, condition.question))
        people = set(owners.get(assessment.organisation_id, set()))
        if action and action.owner_id and action.pk not in alone:
            people.add(action.owner_id)
        lines.append(
            Reminder(
                about=f"condition:{condition.pk}",
                due=condition.due_on,
                people=frozenset(people),
                link=action.get_absolute_url() if action else assessment.get_absolute_url(),
                context={
                    "words": condition.words,
                    "use": assessment.use.title,
                    "due": condition.due_on,
                    "today": today,
                },
            )
        )
    return _before(MessageKind.CONDITION_DUE, lines, days, today)


def remind_of_actions(today: date | None = None) -> int:
    """Tell whoever is responsible of each open action that is due soon, and every week of each that is late."""
    today = today or timezone.localdate()
    days = _days("action")
    found = _actions(ActionStatus.OPEN, next__lte=today + timedelta(days=max(days)))
    people = _responsible(found)
    soon: list[Reminder] = []
    late: list[Reminder] = []
    for action in found:
        overdue = action.next_due < today
        context: dict[str, Any] = {"action": action} if overdue else {"action": action, "today": today}
        one = Reminder(_about(action), action.next_due, people[action.pk], action.get_absolute_url(), context)
        (late if overdue else soon).append(one)
    again = today - timedelta(days=AGAIN_DAYS - 1)
    told = _before(MessageKind.ACTION_DUE, soon, days, today)
    return told + _remind(MessageKind.ACTION_LATE, late, {one.about: again for one in late})


def remind_of_risks(today: date | None = None) -> int:
    """Tell of each accepted risk on the day on which it is to be looked at again, and before it comes back."""
    today = today or timezone.localdate()
    days = _days("risk")
    ending, review = [], []
    found = _actions(ActionStatus.ACCEPTED)
    members = working_members(action.organisation_id for action in found)
    owners = owners_by_organisation(action.organisation_id for action in found)
    for action in found:
        assert action.risk_until is not None
        assert action.risk_review is not None
        stay = {pk for pk in (action.owner_id, action.risk_by_id) if pk and (action.organisation_id, pk) in members}
        people = frozenset(stay or owners.get(action.organisation_id, set()))
        link, context = action.get_absolute_url(), {"action": action, "until": action.risk_until}
        if today <= action.risk_until <= today + timedelta(days=max(days)):
            ending.append(Reminder(_about(action), action.risk_until, people, link, {**context, "today": today}))
        if action.risk_review <= today <= action.risk_until:
            review.append(Reminder(_about(action), action.risk_review, people, link, context))
    told = _remind(MessageKind.RISK_REVIEW, review, {one.about: one.due for one in review})
    return told + _before(MessageKind.RISK_ENDING, ending, days, today)


def remind_of_evidence(today: date | None = None) -> int:
    """Tell the owner of each evidence item that expires soon; where that one left, the owners of the organisation."""
    today = today or timezone.localdate()
    days = _days("evidence")
    found = list(
        Evidence.objects.in_use().filter(expires_on__range=(today, today + timedelta(days=max(days)))).order_by("pk")
    )
    members = working_members(piece.organisation_id for piece in found)
    owners = owners_by_organisation(piece.organisation_id for piece in found)
    lines = []
    for piece in found:
        assert piece.expires_on is not None
        stays = (piece.organisation_id, piece.owner_id) in members
        people = {piece.owner_id} if stays else owners.get(piece.organisation_id, set())
        lines.append(
            Reminder(
                about=f"evidence:{piece.reference}",
                due=piece.expires_on,
                people=frozenset(people),
                link=links.evidence(piece),
                context={"title": piece.title, "due": piece.expires_on, "today": today},
            )
        )
    return _before(MessageKind.EVIDENCE_EXPIRING, lines, days, today)


def remind_of_monitoring(today: date | None = None) -> int:
    """Tell owners, and whoever gets the alerts, that a certificate is suspended unless a newer monitoring record comes.

    Of each High certificate that stands. Three queries for each: the sweeper asks it once a day.
    """
    today = today or timezone.localdate()
    days = _days("monitoring")
    running = Certificate.objects.filter(tier=Tier.HIGH, ended_at=None, expires_on__gte=today).order_by("pk")
    running = running.filter(use__retired_at=None, use__system__retired_at=None)
    found = [
        (certificate, last)
        for certificate in running.select_related("submission__assessment__use").defer("submission__snapshot")
        if (last := _monitored_to(certificate)) and today <= last <= today + timedelta(days=max(days))
        # Suspended it has lapsed already, or waits for something else; past its end it needs no record any more.
        if certificate.status(today) != CertificateStatus.SUSPENDED and last < certificate.expires_on
    ]
    owners = owners_by_organisation(certificate.organisation_id for certificate, _last in found)
    lines = []
    for certificate, last in found:
        assessment = certificate.submission.assessment
        lines.append(
            Reminder(
                about=f"monitoring:{certificate.number}",
                due=last,
                people=frozenset(owners.get(certificate.organisation_id, set()) | _alerted(certificate)),
                link=links.conformity(assessment),
                context={"use": assessment.use.title, "number": certificate.number, "due": last, "today": today},
            )
        )
    return _before(MessageKind.MONITORING_ENDING, lines, days, today)


def _monitored_to(certificate: Certificate) -> date | None:
    """Return the last day on which the living monitoring evidence is fresh enough; None where the tier needs none or has none."""
    edition = edition_for(certificate.submission.edition_checksum)
    keys = [part.key for part in edition.gates.parts_for(certificate.tier) if part.kind == PartKind.MONITORING]
    until = monitored_until(certificate.use_id, keys) if keys else None
    return until + timedelta(days=edition.policy.monitoring_days) if until else None


def _alerted(certificate: Certificate) -> set[int]:
    """Return ids of the members whom the measures of the file name, by name or mail address, as those who get the alerts.

    That column is free text: a rota or an office names nobody here.
    """
    edition = edition_for(certificate.submission.edition_checksum)
    keys = [part.key for part in edition.gates.parts_for(certificate.tier) if part.kind == PartKind.MEASURES]
    parts = ConformityPart.objects.filter(use=certificate.use_id, key__in=keys)
    named = " \n ".join(row.get("alert_owner", "") for part in parts for row in part.rows).casefold()
    members = Membership.objects.current().filter(organisation=certificate.organisation_id).select_related("user")
    return {
        member.user_id
        for member in members.filter(sees=Sees.ALL, role__in=roles.WORKING_ROLES)  # they open the page of the file
        if any(
            word and re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", named)
            for word in (member.user.name, member.user.email)
        )
    }
