"""Organisations and the people in them: found, show, change, invite, remove, join."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.accounts import factors
from assessments.accounts.adapter import INVITATION_KEY
from assessments.core import throttling
from assessments.core.errors import NotPermitted
from assessments.domain.register import invitations as register_invitations
from assessments.domain.register import organisations
from assessments.forms.base import Refused, refusals, sentence_of
from assessments.forms.organisations import InviteForm, OrganisationForm, RoleForm
from assessments.models import Invitation, Membership, Organisation, Role, Sees
from assessments.views.register.systems import listed, row
from assessments.views.site import invitations as site_invitations
from assessments.views.site.requests import SignedIn, refusals_as_messages

SHOWN_SYSTEMS = 10


@require_http_methods(["GET", "HEAD", "POST"])
def found(request: SignedIn) -> HttpResponse:
    if not settings.OPEN_FOUNDING:
        raise NotPermitted(
            _(
                "Only the people who run this service can register organisations. Ask an existing organisation to "
                "invite you."
            )
        )
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        throttling.spend("founding", request)
        with refusals(form):
            organisation = organisations.register_organisation(by=request.user, **form.cleaned_data)
            messages.success(request, _("%(name)s is registered, and you are its owner.") % {"name": organisation})
            return redirect(organisation)
    return render(request, "assessments/register/form.html", {"form": form, "organisation": None})


@require_safe
def organisation(request: SignedIn, reference: str) -> HttpResponse:
    found = get_object_or_404(finders.organisations_for(request.user), reference=reference)
    membership = roles.membership_in(request.user, found)
    systems = finders.systems_for(request.user).filter(organisation=found)
    shown = listed(systems)[:SHOWN_SYSTEMS]
    people = found.memberships.current()
    labels = dict(Role.choices)
    context = {
        "organisation": found,
        "membership": membership,
        "owns": bool(membership and membership.role in roles.MAY[Action.REGISTER]),
        "may_invite": bool(membership and _may_invite(found, membership)),
        "sees_systems": bool(membership and membership.role in roles.WORKING_ROLES and membership.sees == Sees.ALL),
        "systems": [row(system) for system in shown],
        "role_counts": [
            (labels.get(found["role"], found["role"]), found["count"])
            for found in people.values("role").annotate(count=Count("pk")).order_by("role")
        ],
        "owners": people.filter(role=Role.OWNER).select_related("user").order_by("user__name", "pk")[:5],
        "certificates": finders.certificates_for(request.user).filter(organisation=found, ended_at=None).count(),
    }
    return render(request, "assessments/register/organisation.html", context)


def _may_invite(organisation: Organisation, membership: Membership) -> bool:
    return membership.role == (Role.REVIEWER if organisation.is_reviewing_body else Role.OWNER)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedIn, reference: str) -> HttpResponse:
    found = get_object_or_404(finders.organisations_for(request.user), reference=reference)
    roles.require(request.user, Action.REGISTER, found)
    # The form writes into its instance; `update_organisation` has to see the names as they stand in the database.
    form = OrganisationForm(request.POST or None, instance=copy.copy(found))
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            organisations.update_organisation(found, by=request.user, **form.cleaned_data)
            messages.success(request, _("Saved. Certificates that were already issued keep the old details."))
            return redirect(found)
    return render(request, "assessments/register/form.html", {"form": form, "organisation": found})


def _why_not_invited(form: InviteForm, error: Refused) -> str | list[str]:
    """Put into words why nobody was invited: of several addresses, each with its line."""
    if not isinstance(error, register_invitations.CannotInvite):
        return sentence_of(error)
    if len(form.cleaned_data["email"]) == 1:
        return list(error.why.values())
    return [form.at(form.line_of(email), words) for email, words in error.why.items()]


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: SignedIn, reference: str) -> HttpResponse:
    found = get_object_or_404(finders.organisations_for(request.user), reference=reference)
    roles.require_people(request.user, found)
    form = InviteForm(request.POST or None, reviewing_body=found.is_reviewing_body)
    if request.method == "POST" and form.is_valid():
        role, sees = form.role_and_sight()
        emails, note = form.cleaned_data["email"], form.cleaned_data["note"]
        for email in emails:
            site_invitations.count_invitation(request, found, email)
        with refusals(form, at="email", say=partial(_why_not_invited, form)):
            made = register_invitations.invite_all(
                found, by=request.user, emails=emails, role=role, sees=sees, note=note
            )
            return send_invitations(request, found, made)
    asked = Count("assignments", filter=Q(assignments__done_at=None))
    members = (
        found.memberships.current()
        .select_related("user")
        .annotate(asked=asked, has_factor=factors.held_by("user"))
        .order_by("user__name", "pk")
    )
    invitations = found.invitations.filter(accepted_at=None).order_by("-created_at")
    context = {
        "organisation": found,
        "form": form,
        "members": [(member, site_invitations.sentence(member, found)) for member in members],
        "invitations": [(invitation, site_invitations.sentence(invitation, found)) for invitation in invitations],
        "now": timezone.now(),
    }
    return render(request, "assessments/register/people.html", context)


def send_invitations(
    request: HttpRequest, organisation: Organisation, made: Iterable[tuple[Invitation, str]]
) -> HttpResponse:
    """Mail the links; where a mail does not leave, a page gives the owner its link to pass on."""
    unsent = [
        (invitation, link)
        for invitation, token in made
        if (link := site_invitations.send_invitation(request, invitation, token))
    ]
    return (
        site_invitations.show_unsent(request, organisation, unsent)
        if unsent
        else redirect("people", organisation.reference)
    )


@require_POST
def invited(request: SignedIn, reference: str, pk: int) -> HttpResponse:
    """Send an open invitation again, with a new link and a new term, or make its link worthless."""
    found = get_object_or_404(finders.organisations_for(request.user), reference=reference)
    roles.require_people(request.user, found)
    invitation = get_object_or_404(
        found.invitations.filter(accepted_at=None).select_related("organisation", "by"), pk=pk
    )
    with refusals_as_messages(request):
        if "cancel" in request.POST:
            register_invitations.cancel_invitation(invitation, by=request.user)
            said = _("The invitation to %(email)s has been cancelled. The link in the invitation no longer works.")
            messages.success(request, said % {"email": invitation.email})
        else:
            throttling.spend("invitation_again", request, thing=invitation.pk)
            site_invitations.count_invitation(request, found, invitation.email)
            token = register_invitations.renew_invitation(invitation, by=request.user)
            return send_invitations(request, found, [(invitation, token)])
    return redirect("people", reference)


@require_http_methods(["GET", "HEAD", "POST"])
def role(request: SignedIn, reference: str, pk: int) -> HttpResponse:
    """Give a member another role."""
    found = get_object_or_404(finders.organisations_for(request.user), reference=reference)
    roles.require(request.user, Action.PEOPLE, found)
    member = get_object_or_404(found.memberships.current().select_related("user"), pk=pk)
    form = RoleForm(request.POST if request.method == "POST" else None, member=member)
    if request.method == "POST" and form.is_valid():
        new_role, sees = form.role_and_sight()
        with refusals(form, at="access"):
            register_invitations.change_role(member, new_role, sees, by=request.user)
            messages.success(
                request,
                _("The role of %(name)s is now: %(role)s.") % {"name": member.user, "role": member.get_role_display()},
            )
            still_owner = member.user_id != request.user.pk or new_role == Role.OWNER
            return redirect("people", reference) if still_owner else redirect(found)
    context = {"organisation": found, "member": member, "form": form, "is_self": member.user_id == request.user.pk}
    return render(request, "assessments/register/role.html", context)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Show who invites to what; joining takes a signed-in person and a press of the button.

    For somebody signed out the token is kept in the session: with it sign-up is open.
    """
    invitation = finders.invitation_with(token)
    if invitation is None:
        return render(request, "assessments/register/invitation_closed.html", status=404)
    here = reverse("invitation", args=[token])
    context: dict[str, Any] = {
        "invitation": invitation,
        "sentence": site_invitations.sentence(invitation, invitation.organisation),
        "next": urlencode({"next": here}),
        "asked": finders.asked_along(invitation),
    }
    if not request.user.is_authenticated:
        request.session[INVITATION_KEY] = token
        return render(request, "assessments/register/invitation.html", context)
    mine = roles.memberships_on_page(request.user)
    context["member"] = next((one for one in mine if one.organisation_id == invitation.organisation_id), None)
    context["is_same"] = invitation.email.lower() == request.user.email.lower()
    if not context["member"] and not request.user.has_confirmed(invitation.email):
        return render(request, "assessments/register/invitation_other.html", context, status=403)
    if request.method == "POST":
        with refusals_as_messages(request):
            register_invitations.accept(invitation, by=request.user)
            request.session.pop(INVITATION_KEY, None)
            messages.success(request, _("You have joined %(name)s.") % {"name": invitation.organisation})
            return redirect(invitation.organisation)
    return render(request, "assessments/register/invitation.html", context)
