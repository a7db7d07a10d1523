"""The mail of an invitation: counted, handed to the worker, and shown where it cannot leave."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.access import finders
from assessments.core import throttling
from assessments.core.compression import shows_secret
from assessments.core.query_values import one_line
from assessments.forms.organisations import role_sentence
from assessments.models import Invitation, Membership, Organisation
from assessments.notifications import sealed_mail


def sentence(about: Membership | Invitation, organisation: Organisation) -> str:
    return role_sentence(about.role, about.sees, reviewing_body=organisation.is_reviewing_body)


def count_invitation(request: HttpRequest, organisation: Organisation, email: str) -> None:
    """Count an invitation against the limits: of an organisation none of whose owners is confirmed there are few a day."""
    confirmed = finders.is_confirmed(organisation)
    name = "invitation" if confirmed else "invitation_unconfirmed"
    throttling.spend(name, request, organisation=organisation.pk)
    throttling.spend("invitation_to_address", request, thing=f"{organisation.pk}/{email.casefold()}")


@shows_secret
def show_unsent(request: HttpRequest, organisation: Organisation, unsent: list[tuple[Invitation, str]]) -> HttpResponse:
    """Show the links of invitations whose mails cannot leave. Only their digests are kept, so they are shown once.

    They stand on that page alone: no message carries them, since messages wait in a cookie or a session.
    """
    context = {"organisation": organisation, "unsent": unsent}
    return render(request, "assessments/register/invitation_link.html", context)


def send_invitation(request: HttpRequest, invitation: Invitation, token: str) -> str:
    """Mail the link of an invitation, as `sealed_mail` does; returns the link where the mail cannot leave, else nothing."""
    link = settings.PUBLIC_URL + reverse("invitation", args=[token])
    context = {"invitation": invitation, "link": link, "sentence": sentence(invitation, invitation.organisation)}
    context["asked"] = finders.asked_along(invitation)
    context |= {"by": one_line(invitation.by), "organisation": one_line(invitation.organisation)}
    subject = _("hkguide: %(name)s invites you to join %(organisation)s") % {
        "name": one_line(invitation.by, 60),
        "organisation": one_line(invitation.organisation, 80),
    }
    text = render_to_string("assessments/register/invitation_mail.txt", context)
    email = EmailMessage(one_line(subject), text, None, [invitation.email])
    if not sealed_mail.leaves(sealed_mail.keep(email, invitation.expires_at, invitation)):
        return link
    said = _("An email with an invitation link is on its way to %(email)s.")
    messages.success(request, said % {"email": invitation.email})
    return ""
