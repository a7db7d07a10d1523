"""What waits for a member: each thing with its words, its link and its place in the order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from assessments.access import finders
from assessments.access import roles as access_roles
from assessments.access.roles import Action
from assessments.domain.certificates import staleness
from assessments.domain.certificates.before_signing import prospect_in_brief
from assessments.forms.remediation import NOBODY
from assessments.models import (
    Assessment,
    Comment,
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
from assessments.notifications import links
from assessments.notifications.inbox import messages_for
from assessments.notifications.kinds import MessageKind
from assessments.views.assessment.next_step import STEPS, step_of
from assessments.views.home import review_needs
from assessments.views.home.days import ago, day_of, due_words

SOON_DAYS = 30
NEWS_DAYS = 30  # older news is in the inbox only
HOLDS = 20  # that home reads; those of one use are one need
NEWS = 10  # shown on the dashboard
MESSAGES = 50  # of the inbox that are searched for them


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
        """Return the key to sort by: late needs, then what others wait for, then what is due, then news and drafts."""
        if self.due is None:
            return self.rank, date.max
        days = (self.due - timezone.localdate()).days
        return (0 if self.late else 2 if days <= 7 else 5), self.due


def needs_of(
    user: User, memberships: Iterable[Membership], open_ones: Iterable[Assessment], soon: Iterable[RemediationAction]
) -> list[Need]:
    """Return the user's needs in order: returned assessments, assigned sections, signatures, drafts, actions, news."""
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
    held = list(finders.holds_of(user)[:HOLDS])
    needs += hold_needs(held)
    needs += [evidence_need(piece) for piece in finders.evidence_to_renew(user, SOON_DAYS)[:5]]
    needs += told_needs(user, {need.url for need in needs} | {links.hold(hold) for hold in held})
    return sorted(needs, key=lambda need: need.order)


def may_work_on(action: RemediationAction, roles: dict[int, Membership]) -> bool:
    member = roles.get(action.organisation_id)
    return member is not None and member.role in access_roles.MAY[Action.ANSWER]


def need_of(assessment: Assessment, member: Membership, *, assigned: bool) -> Need | None:
    """Return what an open assessment asks of a member; None where only their assigned sections count."""
    title, system = assessment.use.title, assessment.use.system.name
    if assessment.use.prohibited_by_facts:
        return prohibited_need(assessment, member)
    step = step_of(assessment, may_work=True)
    if assessment.state == State.RETURNED:
        return Need(
            title=_("Changes needed: %(use)s") % {"use": title},
            text=_("%(system)s. Beside each answer, you see what the reviewer wants you to change.")
            % {"system": system},
            url=step.url,
            label=step.label,
            when=_("Returned"),
            more=day_of(assessment.state_at),
            rank=1,
        )
    if assessment.shown_state == "ready_to_sign":
        return complete_need(assessment) if member.role == Role.OWNER else None
    if assigned or member.sees != "all":
        return None
    return Need(
        title=title,
        text=_("%(system)s. %(n)s of %(m)s questions answered.")
        % {"system": system, "n": assessment.answered, "m": assessment.applicable},
        url=step.url,
        label=step.label,
        when=_("Draft"),
        more=ago(assessment.state_at),
    )


def complete_need(assessment: Assessment) -> Need:
    """Return the need of a draft without open questions: to sign it, or first to see what blocks its certificate."""
    step, use = step_of(assessment, may_work=True), assessment.use
    found = prospect_in_brief(assessment)
    if found and found.keeps_back:
        said = _("%(system)s. Every question has an answer, but no certificate is possible with these answers.")
        return Need(
            title=use.title,
            text=said % {"system": use.system.name},
            url=f"{step.url}#prospect",
            label=str(STEPS["approved"].link),
            when=_("No certificate is possible yet"),
            rank=3,
        )
    return Need(
        title=use.title,
        text=_("%(system)s. Every question has an answer.") % {"system": use.system.name},
        url=step.url,
        label=step.label,
        when=_("Ready to sign"),
        rank=3,
    )


def prohibited_need(assessment: Assessment, member: Membership) -> Need | None:
    if member.role != Role.OWNER:
        return None
    return Need(
        title=_("Prohibited use: %(use)s") % {"use": assessment.use.title},
        text=_("%(system)s. Correct the facts, or confirm them with your signature.")
        % {"system": assessment.use.system.name},
        url=reverse("declare_prohibited", args=[assessment.reference]),
        label=_("Read the reason"),
        when=_("Prohibited"),
        rank=1,
    )


def assigned_need(assignment: Any) -> Need | None:
    """Return the need of an assigned section or question; None once it is complete or cannot be answered."""
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
        label=_("Answer the questions"),
        when=when or _("Assigned to you"),
        more=more,
        late=late,
        due=assignment.due,
    )


def asked_need(assignment: Any) -> Need | None:
    """Return the need of a single question that a colleague asks this person to answer."""
    question = assignment.assessment.compiled().questions.get(assignment.question)
    if question is None:
        return None
    when, more, late = due_words(assignment.due)
    said, url, label = assignment.note or question.text, links.asked(assignment), _("Answer the question")
    if assignment.answered:
        said = _("The question already has an answer. Confirm that it is complete, or change it.")
        url = reverse("asked", args=[assignment.assessment.reference, assignment.pk])
        label = _("Confirm the answer")
    words = {"use": assignment.assessment.use.title, "name": assignment.by, "said": said}
    return Need(
        title=_("Answer “%(section)s”") % {"section": question.title},
        text=(_("%(use)s. %(name)s asks: %(said)s") if assignment.by else "%(use)s. %(said)s") % words,
        url=url,
        label=label,
        when=when or _("Assigned to you"),
        more=more,
        late=late,
        due=assignment.due,
    )


def action_need(action: RemediationAction, user: User) -> Need:
    """Return the need of an action that is due soon: its owner reports it; any colleague may take one without an owner."""
    when, more, late = due_words(action.next_due)
    owner = _("owner: %(name)s") % {"name": action.owner} if action.owner else _("no owner yet")
    text = _("%(use)s, action %(n)s, %(owner)s.") % {"use": action.use.title, "n": action.number, "owner": owner}
    if action.next_due != action.last_due:
        text += " " + _("First step: %(step)s") % {"step": (action.own_steps or [action.stopgap])[0]}
    at = [action.use.reference, action.number]
    label = _("Report as done") if action.owner_id == user.pk else _("Open the action")
    return Need(
        title=action.title,
        text=text,
        url=reverse("action", args=at),
        label=_("Assign to me") if action.owner is None else label,
        give=reverse("action_plan", args=at) if action.owner is None else "",
        when=when,
        more=more,
        late=late,
        due=action.next_due,
    )


def unowned_need(n: int) -> Need:
    """Ask an owner of the organisation to say who does the actions that nobody has taken on."""
    words = ngettext("%(n)s open action has no owner", "%(n)s open actions have no owner", n)
    return Need(
        title=words % {"n": n},
        text=_("Choose a person for each action. We remind that person before the action is due."),
        url=f"{reverse('actions')}?owner={NOBODY}",
        label=_("Choose owners"),
        when=_("Actions"),
        rank=4,
    )


def hold_need(hold: Hold) -> Need:
    """Return the need of a hold for which this person is responsible."""
    when, more, late = due_words(hold.due)
    said = {"use": hold.use.title, "system": hold.use.system.name}
    return Need(
        title=_("On hold, %(kind)s: %(use)s") % {"kind": hold.get_kind_display(), **said},
        text=_("%(system)s. You are responsible for this hold. It blocks the approval and the certificate.") % said,
        url=reverse("hold", args=[hold.use.reference, hold.pk]),
        label=_("See the hold"),
        when=when or _("On hold"),
        more=more,
        late=late,
        due=hold.due,
        rank=1,
    )


def hold_needs(holds: Iterable[Hold]) -> list[Need]:
    """Return one need for each use whose holds this person looks after; `holds`: the most urgent first."""
    of_use: dict[int, list[Hold]] = {}
    for hold in holds:
        of_use.setdefault(hold.use_id, []).append(hold)
    return [hold_need(mine[0]) if len(mine) == 1 else several_holds_need(mine) for mine in of_use.values()]


def several_holds_need(holds: list[Hold]) -> Need:
    """Return the need of a use that is on hold for several reasons, with the first due date of them."""
    use, kinds = holds[0].use, dict.fromkeys(str(hold.get_kind_display()) for hold in holds)
    when, more, late = due_words(holds[0].due)
    said = _(
        "%(system)s. You are responsible for %(n)s holds (%(kinds)s). These holds block the approval and the "
        "certificate."
    )
    return Need(
        title=_("%(n)s holds: %(use)s") % {"n": len(holds), "use": use.title},
        text=said % {"system": use.system.name, "n": len(holds), "kinds": ", ".join(kinds)},
        url=f"{use.get_absolute_url()}#hold-{holds[0].pk}",
        label=_("See the holds"),
        when=when or _("On hold"),
        more=more,
        late=late,
        due=holds[0].due,
        rank=1,
    )


def evidence_need(piece: Evidence) -> Need:
    """Return the need of an evidence item of this person that expires soon or has expired."""
    when, _due, late = due_words(piece.expires_on)
    assert piece.expires_on is not None
    day = date_format(piece.expires_on, "j F")
    return Need(
        title=_("Renew the evidence “%(title)s”") % {"title": piece.title},
        text=_(
            "Replace the evidence, change its expiry date, or withdraw it. The answers that use this evidence "
            "show a warning."
        )
        if late
        else _("Before the evidence expires, replace it or change its expiry date."),
        url=piece.get_absolute_url(),
        label=_("Open the evidence"),
        when=when,
        more=_("expired on %(day)s") % {"day": day} if late else _("expires %(day)s") % {"day": day},
        late=late,
        due=piece.expires_on,
    )


def stale_need(approval: Assessment) -> Need:
    """Return the need of a stale approval: its owner states what changed."""
    newest = staleness.reasons(approval)[-1:]
    return Need(
        title=_("Describe what has changed: %(use)s") % {"use": approval.use.title},
        text=newest[0].words if newest else _("The use has changed since its approval."),
        url=reverse("what_changed", args=[approval.reference]),
        label=_("Describe the change"),
        when=_("Changed"),
        more=day_of(approval.stale_since) if approval.stale_since else "",
        rank=3,
    )


def told_needs(user: User, links: set[str]) -> list[Need]:
    """Return the comments that this person should answer, read or not, and the unread news of the last weeks."""
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
        label=pgettext("verb", "Open"),
        when=_("News"),
        more=day_of(message.at),
        message=message.pk,
        rank=4,
    )
