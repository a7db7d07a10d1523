"""The mail of an invitation: sent, counted, and shown where it could not be sent."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
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

log = logging.getLogger(__name__)


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
    """Show the links of invitations whose mails could not be sent. Only their digests are kept, so they are shown once.

    They stand on that page alone: no message carries them, since messages wait in a cookie or a session.
    """
    context = {"organisation": organisation, "unsent": unsent}
    return render(request, "assessments/register/invitation_link.html", context)


def send_invitation(request: HttpRequest, invitation: Invitation, token: str) -> str:
    """Mail the link of an invitation; returns the link where the mail could not be sent, else nothing."""
    link = settings.PUBLIC_URL + reverse("invitation", args=[token])
    context = {"invitation": invitation, "link": link, "sentence": sentence(invitation, invitation.organisation)}
    context["asked"] = finders.asked_along(invitation)
    context |= {"by": one_line(invitation.by), "organisation": one_line(invitation.organisation)}
    subject = _("hkguide: %(name)s invites you to join %(organisation)s") % {
        "name": one_line(invitation.by, 60),
        "organisation": one_line(invitation.organisation, 80),
    }
    try:
        send_mail(
            one_line(subject),
            render_to_string("assessments/register/invitation_mail.txt", context),
            None,
            [invitation.email],
        )
    except (SMTPException, OSError):
        log.warning("An invitation could not be mailed", exc_info=True)
        return link
    messages.success(
        request, _("An email with an invitation link was sent to %(email)s.") % {"email": invitation.email}
    )
    return ""
