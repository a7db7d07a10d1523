"""What needs a member now, and the list of actions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.humanize.templatetags.humanize import apnumber
from django.db.models import Case, Count, F, Prefetch, Q, Value, When, Window
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments.access import finders, separation
from assessments.access import roles as access_roles
from assessments.access.roles import Action
from assessments.domain.answering import asking as answering_asking
from assessments.domain.certificates import staleness
from assessments.guideline.terms import Tier
from assessments.models import (
    NEXT_DUE,
    ActionStatus,
    Assessment,
    Comment,
    DeclaredUse,
    Evidence,
    Hold,
    Membership,
    Message,
    RemediationAction,
    Role,
    State,
    User,
    edition_for,
)
from assessments.notifications.inbox import messages_for, unread_for
from assessments.notifications.kinds import MessageKind
from assessments.views.assessment.next_step import step_of
from assessments.views.home import review_needs
from assessments.views.home.inbox import open_message
from assessments.views.review.queue import cases_of

ROWS = 50  # on a page of a list
USES = 20  # on the dashboard; the others are found through the list of AI systems
SOON_DAYS = 30
NEWS_DAYS = 30  # older news stands in the inbox only
NEWS, MESSAGES = 10, 50  # shown on the dashboard, and looked through for it


@dataclass
class Need:
    """One thing that waits for this person."""

    title: str
    text: str
    url: str
    label: str
    when: str = ""
    more: str = ""
    late: bool = False
    give: str = ""  # of an action that nobody has taken: where to give it to somebody; its button takes it
    message: int | None = None  # the inbox line that opening it marks as read
    due: date | None = None
    rank: int = 6
    things: int = 1  # how many the heading counts for it

    @property
    def order(self) -> tuple[int, date]:
        """Late things first, then what somebody waits for, then what is due, news, drafts."""
        if self.due is None:
            return self.rank, date.max
        days = (self.due - timezone.localdate()).days
        return (0 if self.late else 2 if days <= 7 else 5), self.due


@dataclass
class UseRow:
    use: DeclaredUse
    assessment: Assessment | None
    parts: str
    steps: list[tuple[str, str]]
    said: str  # in bold
    more: str


@require_http_methods(["GET", "HEAD", "POST"])
def dashboard(request: HttpRequest) -> HttpResponse:
    """What do I do next? Late things first; the same number of queries however much there is."""
    user: Any = request.user
    if request.method == "POST":
        return open_message(request, user)
    memberships = sorted(access_roles.memberships_on_page(user), key=lambda one: one.pk)
    newest = finders.assessments_for(user).annotate(sent_to=F("current_submission__route")).order_by("-pk")
    uses = finders.uses_for(user).filter(retired_at=None, system__retired_at=None).order_by("-pk")
    shown = list(uses.prefetch_related(Prefetch("assessments", newest, to_attr="newest_first"))[: USES + 1])
    # Those to be worked on and the approvals that something has changed under, in one query.
    waiting = Q(state__in=[State.DRAFT, State.RETURNED], use__retired_at=None, use__system__retired_at=None)
    stale = Q(state__in=staleness.APPROVALS, stale_since__isnull=False)
    found = list(finders.assessments_for(user).filter(waiting | stale).order_by("-updated_at")[:ROWS])
    open_ones = [one for one in found if one.is_editable]
    owned = {m.organisation_id for m in memberships if m.role in access_roles.MAY[Action.SIGN]}
    changed = [one for one in found if not one.is_editable and one.organisation_id in owned][:5]
    today = timezone.localdate()
    only_reviews = bool(memberships) and all(m.role in access_roles.REVIEWING_ROLES for m in memberships)
    actions = finders.actions_for(user).none() if only_reviews else finders.actions_for(user)
    first: list[Any] = list(  # the next ones, each with how many there are: one query
        actions.listed()  # type: ignore[attr-defined]
        .filter(status=ActionStatus.OPEN)
        .annotate(next=NEXT_DUE)
        .annotate(all_open=Window(Count("pk")), all_late=Window(Count("pk", filter=Q(next__lt=today))))
        .order_by("next", "pk")[:5]
    )
    counts = {"open": first[0].all_open, "late": first[0].all_late} if first else {"open": 0, "late": 0}
    soon = [action for action in first if action.next_due <= today + timedelta(days=SOON_DAYS)]
    roles = {membership.organisation_id: membership for membership in memberships}
    worked_on = [action for action in soon if may_work_on(action, roles)]
    more = bool(worked_on) and counts["open"] > len(worked_on)
    needs = needs_of(user, memberships, open_ones, worked_on)
    cases = cases_of(user, today) if separation.reviewing_organisations(user) else None
    needs = sorted(
        [
            *needs,
            *(stale_need(approval) for approval in changed),
            *(Need(**line) for line in review_needs.lines_of(cases)),
        ],
        key=lambda need: need.order,
    )
    certificates = list(
        finders.certificates_for(user).filter(ended_at=None).prefetch_related("events").order_by("expires_on")[:5]
        if not only_reviews
        else ()
    )
    rows = [use_row(use) for use in shown[:USES]]
    context = {
        "organisations": [membership.organisation for membership in memberships],
        "needs": needs,
        "heading": heading_of(sum(need.things for need in needs), user, more=more),
        "more_actions": next_of(len(worked_on), counts["open"]) if more else "",
        "today": date_format(timezone.localtime(), "l j F Y"),
        "begun": [row for row in rows if row.assessment],
        "not_begun": [row for row in rows if not row.assessment],
        "more_uses": len(shown) > USES,
        "certificates": [(c, c.status(today), (c.expires_on - today).days) for c in certificates],
        "actions": counts,
        "next_action": first[0] if first and not worked_on else None,
        "cases": cases,
        "only_reviews": only_reviews,
        "unread": unread_for(user).count(),
        "first_step": first_step(user, memberships) if not rows and not needs else None,
        "may_register": any(m.role == Role.OWNER for m in memberships),
    }
    return render(request, "assessments/home/dashboard.html", context)


def next_of(shown: int, every: int) -> str:
    """Say that the page names the next few actions of all that are open."""
    if shown == 1:
        return _("The action that is due next, of %(all)s open actions.") % {"all": every}
    return _("The next %(n)s of %(all)s open actions.") % {"n": shown, "all": every}


def heading_of(n: int, user: User, *, more: bool = False) -> str:
    """Count what needs this person; with `more` the page shows the next actions only, and a count would say too little."""
    if not n:
        return _("Nothing needs you now, %(name)s") % {"name": user}
    if more:
        return _("What comes next, %(name)s") % {"name": user}
    words = ngettext("%(n)s thing needs you, %(name)s", "%(n)s things need you, %(name)s", n)
    said = words % {"n": apnumber(n), "name": user}
    return said[:1].upper() + said[1:]


def needs_of(
    user: User, memberships: Iterable[Membership], open_ones: Iterable[Assessment], soon: Iterable[RemediationAction]
) -> list[Need]:
    """What waits for this person: changes asked for, assigned sections, signatures, drafts, actions, unread news."""
    roles = {membership.organisation_id: membership for membership in memberships}
    needs: list[Need] = []
    assigned = list(finders.assignments_for(user))
    with_sections = {assignment.assessment_id for assignment in assigned}
    for assessment in open_ones:
        member = roles.get(assessment.organisation_id)
        if member is None or member.role not in access_roles.MAY[Action.ANSWER]:
            continue
        need = need_of(assessment, member, assigned=assessment.pk in with_sections)
        if need:
            needs.append(need)
    for assignment in assigned:
        need = assigned_need(assignment)
        if need:
            needs.append(need)
    needs += [action_need(action, user) for action in soon if may_work_on(action, roles)]
    needs += [hold_need(hold) for hold in finders.holds_of(user)[:5]]
    needs += [evidence_need(piece) for piece in finders.evidence_to_renew(user, SOON_DAYS)[:5]]
    needs += told_needs(user, {need.url for need in needs})
    return sorted(needs, key=lambda need: need.order)


def told_needs(user: User, links: set[str]) -> list[Need]:
    """Comments that wait for this person's word, read or not, and unread news of the last weeks."""
    since = timezone.now() - timedelta(days=NEWS_DAYS)
    shown = Q(read_at=None) | Q(kind=MessageKind.MENTION)
    asks_first = Case(When(kind=MessageKind.MENTION, then=Value(0)), default=Value(1))
    told = list(messages_for(user).filter(shown, at__gt=since).order_by(asks_first, "-at", "-pk")[:MESSAGES])
    asking = {int(m.object.removeprefix("comment:")): m for m in told if m.kind == MessageKind.MENTION}
    needs = [comment_need(said, asking[said.pk]) for said in finders.threads_waiting_for(user, asking)]
    # What the lines of the reviews count is not news beside them.
    news = [m for m in told if m.kind not in (MessageKind.MENTION, *review_needs.COUNTED) and m.link not in links]
    return needs + [news_need(message) for message in news[:NEWS]]


def comment_need(said: Comment, message: Message) -> Need:
    return Need(
        title=message.subject,
        text=said.text if len(said.text) <= 280 else f"{said.text[:280]}…",
        url=message.link,
        label=_("Answer the comment"),
        when=_("Comment"),
        more=day_of(said.at),
        rank=3,
    )


def news_need(message: Message) -> Need:
    return Need(
        title=message.subject,
        text=message.text,
        url=message.link,
        label=_("Open"),
        when=_("News"),
        more=day_of(message.at),
        message=message.pk,
        rank=4,
    )


def may_work_on(action: RemediationAction, roles: dict[int, Membership]) -> bool:
    member = roles.get(action.organisation_id)
    return member is not None and member.role in access_roles.MAY[Action.ANSWER]


def need_of(assessment: Assessment, member: Membership, *, assigned: bool) -> Need | None:
    """What an open assessment asks of a member; those with sections of their own are told of these instead."""
    title, system = assessment.use.title, assessment.use.system.name
    if assessment.use.prohibited_by_facts:
        return prohibited_need(assessment, member)
    step = step_of(assessment, may_work=True)
    if assessment.state == State.RETURNED:
        return Need(
            title=_("Changes needed: %(use)s") % {"use": title},
            text=_("%(system)s. The reviewer says for each answer what would satisfy.") % {"system": system},
            url=step.url,
            label=step.label,
            when=_("Returned"),
            more=day_of(assessment.state_at),
            rank=1,
        )
    if assessment.shown_state == "ready_to_sign":
        if member.role != Role.OWNER:
            return None
        return Need(
            title=_("%(step)s: %(use)s") % {"step": step.label, "use": title},
            text=_("%(system)s. Every question has an answer.") % {"system": system},
            url=step.url,
            label=step.label,
            when=_("Ready"),
            more=_("to sign"),
            rank=3,
        )
    if assigned or member.sees != "all":
        return None
    return Need(
        title=_("%(step)s: %(use)s") % {"step": step.label, "use": title},
        text=_("%(system)s. %(n)s of %(m)s questions answered.")
        % {"system": system, "n": assessment.answered, "m": assessment.applicable},
        url=step.url,
        label=_("Go on"),
        when=_("Draft"),
        more=ago(assessment.state_at),
    )


def prohibited_need(assessment: Assessment, member: Membership) -> Need | None:
    if member.role != Role.OWNER:
        return None
    return Need(
        title=_("A prohibited use: %(use)s") % {"use": assessment.use.title},
        text=_("%(system)s. Correct the facts, or sign that they are right.") % {"system": assessment.use.system.name},
        url=reverse("declare_prohibited", args=[assessment.reference]),
        label=_("See why"),
        when=_("Stop"),
        rank=1,
    )


def assigned_need(assignment: Any) -> Need | None:
    """An assigned section that is not complete yet, or a question not said to be done, where answers are taken."""
    assessment = assignment.assessment
    if assignment.question:
        return asked_need(assignment) if assessment.is_editable else None
    counts = assessment.progress.get("sections", {}).get(assignment.section)
    if not assessment.is_editable or counts is None or counts["answered"] >= counts["applicable"]:
        return None
    section = edition_for(assessment.edition.checksum).section_of[assignment.section]
    when, more, late = due_words(assignment.due)
    return Need(
        title=_("Answer “%(section)s”") % {"section": section.title},
        text=_("%(use)s. %(n)s of %(m)s questions answered.")
        % {"use": assessment.use.title, "n": counts["answered"], "m": counts["applicable"]},
        url=reverse("section", args=[assessment.reference, section.key]),
        label=_("Answer it"),
        when=when or _("Asked"),
        more=more or _("of you"),
        late=late,
        due=assignment.due,
    )


def asked_need(assignment: Any) -> Need | None:
    """A single question that somebody wants this person to answer."""
    question = assignment.assessment.compiled().questions.get(assignment.question)
    if question is None:
        return None
    when, more, late = due_words(assignment.due)
    said, url, label = assignment.note or question.text, answering_asking.place_of(assignment), _("Answer it")
    if assignment.answered:
        said = _("It has an answer. Tell the person who asked, or go on.")
        url = reverse("asked", args=[assignment.assessment.reference, assignment.pk])
        label = _("Say that it is answered")
    words = {"use": assignment.assessment.use.title, "name": assignment.by, "said": said}
    return Need(
        title=_("Answer “%(section)s”") % {"section": question.title},
        text=(_("%(use)s. %(name)s asks: %(said)s") if assignment.by else "%(use)s. %(said)s") % words,
        url=url,
        label=label,
        when=when or _("Asked"),
        more=more or _("of you"),
        late=late,
        due=assignment.due,
    )


def action_need(action: RemediationAction, user: User) -> Need:
    """An action that is due soon: its owner reports it, and anybody who works there may take what nobody has taken."""
    when, more, late = due_words(action.next_due)
    owner = _("owned by %(name)s") % {"name": action.owner} if action.owner else _("nobody has taken it yet")
    text = _("%(use)s, action %(n)s, %(owner)s.") % {"use": action.use.title, "n": action.number, "owner": owner}
    if action.next_due != action.last_due:
        text += " " + _("First step: %(step)s") % {"step": (action.own_steps or [action.stopgap])[0]}
    at = [action.use.reference, action.number]
    label = _("Report as done") if action.owner_id == user.pk else _("Open the action")
    return Need(
        title=action.title,
        text=text,
        url=reverse("action", args=at),
        label=_("Take it") if action.owner is None else label,
        give=reverse("action_plan", args=at) if action.owner is None else "",
        when=when,
        more=more,
        late=late,
        due=action.next_due,
    )


def hold_need(hold: Hold) -> Need:
    """A hold that this person looks after."""
    when, more, late = due_words(hold.due)
    said = {"use": hold.use.title, "system": hold.use.system.name}
    return Need(
        title=_("On hold, %(kind)s: %(use)s") % {"kind": hold.get_kind_display(), **said},
        text=_("%(system)s. It blocks approval and every certificate; you look after it.") % said,
        url=reverse("hold", args=[hold.use.reference, hold.pk]),
        label=_("See to the hold"),
        when=when or _("Hold"),
        more=more,
        late=late,
        due=hold.due,
        rank=1,
    )


def stale_need(approval: Assessment) -> Need:
    """An approval that something has changed under; its owner says what."""
    newest = staleness.reasons(approval)[-1:]
    return Need(
        title=_("What changed? %(use)s") % {"use": approval.use.title},
        text=newest[0].words if newest else _("What was approved has changed."),
        url=reverse("what_changed", args=[approval.reference]),
        label=_("Say what changed"),
        when=_("Changed"),
        more=day_of(approval.stale_since) if approval.stale_since else "",
        rank=3,
    )


def evidence_need(piece: Evidence) -> Need:
    """A piece of one's own that expires soon, or has expired."""
    when, _due, late = due_words(piece.expires_on)
    assert piece.expires_on is not None
    day = date_format(piece.expires_on, "j F")
    return Need(
        title=_("Renew the evidence “%(title)s”") % {"title": piece.title},
        text=_("Replace it, change its expiry, or withdraw it. Answers that lean on it say that it has expired.")
        if late
        else _("Replace it or change its expiry before then."),
        url=piece.get_absolute_url(),
        label=_("Look at it"),
        when=when,
        more=_("expired %(day)s") % {"day": day} if late else _("expires %(day)s") % {"day": day},
        late=late,
        due=piece.expires_on,
    )


def due_words(due: date | None) -> tuple[str, str, bool]:
    """The margin's words for a due date: *2 days late, due 22 November*; whether it is late."""
    if due is None:
        return "", "", False
    days = (due - timezone.localdate()).days
    day = _("due %(day)s") % {"day": date_format(due, "j F")}
    if days < 0:
        return ngettext("%(n)s day late", "%(n)s days late", -days) % {"n": -days}, day, True
    if days == 0:
        return _("Today"), day, False
    return ngettext("In %(n)s day", "In %(n)s days", days) % {"n": days}, day, False


def day_of(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j F")


def ago(at: datetime) -> str:
    days = (timezone.localdate() - timezone.localdate(at)).days
    return ngettext("for %(n)s day", "for %(n)s days", days) % {"n": days} if days else _("since today")


def use_row(use: DeclaredUse) -> UseRow:
    assessment = next(iter(getattr(use, "newest_first", [])), None)
    names = (
        (use.system.is_developer, _("Technology Developer")),
        (use.system.is_provider, _("Service Provider")),
        (use.system.is_user, _("Service User")),
    )
    parts = ", ".join(name for has, name in names if has)
    said, more = stand_of(assessment) if assessment else ("", "")
    return UseRow(use, assessment, parts, steps_of(assessment) if assessment else [], said, more)


def steps_of(assessment: Assessment) -> list[tuple[str, str]]:
    """The way of an assessment, each step with whether it is reached, present or to come.

    A Low one is signed by its owner alone, unless it was sent to a reviewer (`sent_to`, the route of its submission).
    """
    tier, state = assessment.use.assigned_tier, State(assessment.state)
    if state in (State.REFUSED, State.WITHDRAWN) or tier == Tier.UNACCEPTABLE:
        return []
    sent_to = getattr(assessment, "sent_to", "")
    alone = tier == Tier.LOW and (state == State.DRAFT or (state == State.CERTIFIED and not sent_to))
    words = (
        [_("Answer"), _("Sign"), _("Certificate")] if alone else [_("Answer"), _("Sign"), _("Review"), _("Certificate")]
    )
    at = {
        State.DRAFT: 1 if assessment.shown_state == "ready_to_sign" else 0,
        State.RETURNED: 0,
        State.SUBMITTED: 2,
        State.IN_REVIEW: 2,
    }.get(state, len(words) - 1)
    return [(word, "present" if n == at else "reached" if n < at else "") for n, word in enumerate(words)]


def stand_of(assessment: Assessment) -> tuple[str, str]:
    """Where an assessment stands, in a sentence of which the first half is bold."""
    state = State(assessment.state)
    if assessment.is_editable and assessment.use.prohibited_by_facts:
        return _("Prohibited:"), _("correct the facts, or an owner signs that they are right.")
    if state == State.DRAFT:
        said = _("%(n)s of %(m)s questions answered,") % {"n": assessment.answered, "m": assessment.applicable}
        return said, _("in draft %(ago)s.") % {"ago": ago(assessment.state_at)}
    if state == State.SUBMITTED:
        return _("Submitted,"), _("waiting for a reviewer %(ago)s.") % {"ago": ago(assessment.state_at)}
    if state == State.IN_REVIEW:
        return _("In review"), f"{ago(assessment.state_at)}."
    if state == State.RETURNED:
        return _("Changes needed,"), _("with you %(ago)s.") % {"ago": ago(assessment.state_at)}
    if state == State.APPROVED:
        return _("Approved;"), _("the certificate waits for the last action that blocks it.")
    on = _("on %(day)s.") % {"day": date_format(timezone.localtime(assessment.state_at), "DATE_FORMAT")}
    return assessment.get_state_display(), on


def first_step(user: User, memberships: list[Membership]) -> str:
    """Which of the three steps of a beginning comes next: found, register or use; empty for those who only wait."""
    if not memberships:
        return "found"
    owned = [m for m in memberships if m.role == Role.OWNER]
    if not owned:
        return "review" if any(m.role == Role.REVIEWER for m in memberships) else "wait"
    return "use" if finders.systems_for(user).exists() else "register"
