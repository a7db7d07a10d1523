"""The status of a certificate, for its members and for the reviewers who suspend, reinstate and revoke it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from assessments.access import finders, roles
from assessments.accounts import proofs
from assessments.core.errors import WorkflowError
from assessments.domain.certificates import standing as certificates_standing
from assessments.domain.certificates import status as certificates_status
from assessments.domain.certificates.obstacles import Code
from assessments.forms.base import refusals, with_reasons
from assessments.forms.certificates import StandingForm
from assessments.models import Certificate, CertificateEvent, User
from assessments.views.site.requests import SignedIn, posted
from assessments.views.site.seen import seen

VERBS: dict[
    str, tuple[Any, Any, Callable[..., CertificateEvent], Any]
] = {  # the choice, the button, the act, the answer
    certificates_status.SUSPEND: (
        gettext_lazy("Suspend"),
        gettext_lazy("Suspend the certificate"),
        certificates_standing.suspend,
        gettext_lazy("The certificate is suspended."),
    ),
    certificates_status.REINSTATE: (
        gettext_lazy("Reinstate"),
        gettext_lazy("Reinstate the certificate"),
        certificates_standing.reinstate,
        gettext_lazy("The certificate is valid again."),
    ),
    certificates_status.REVOKE: (
        gettext_lazy("Revoke"),
        gettext_lazy("Revoke the certificate"),
        certificates_standing.revoke,
        gettext_lazy("The certificate is revoked."),
    ),
}
EVENT_STATES = {"issued": "valid", "reinstated": "valid"}


@require_http_methods(["GET", "HEAD", "POST"])
def standing(request: SignedIn, number: str) -> HttpResponse:
    """Show how a certificate stands and what has happened to it; a POST changes it, with a reason for everybody."""
    if request.method == "POST":
        return _change(request, number)
    seen(request)
    return _page(request, _find(request, number), None)


def _find(request: SignedIn, number: str) -> Certificate:
    return get_object_or_404(finders.certificates_in_reach(request.user), number=number)


@proofs.factor_needed
def _change(request: SignedIn, number: str) -> HttpResponse:
    certificate = _find(request, number)
    move = request.POST.get("move", "")
    if move not in VERBS:
        move = next(iter(certificates_standing.possible(certificate, request.user)), certificates_status.SUSPEND)
    refused = certificates_standing.refusals(certificate, request.user)[move]
    if refused is not None:
        if isinstance(refused, WorkflowError):
            messages.error(request, str(refused))
            return redirect("certificate_status", number)
        raise refused
    form = StandingForm(posted(request), reasons=certificates_standing.REASONS[move].items())
    if proofs.confirmed(request, form):
        _choice, _button, act, said = VERBS[move]
        with refusals(form, say=with_reasons):
            act(certificate, by=request.user, **form.cleaned_data)
            messages.success(request, said)
            return redirect("certificate_status", number)
    return _page(request, certificate, (move, form))


def _obstacle_links(certificate: Certificate, user: User) -> list[tuple[str, str]]:
    """Return what keeps a suspended certificate from standing again, with the page for it, of those who may open it."""
    left = certificates_standing.obstacles_to_reinstate(certificate)
    if not left or not finders.uses_for(user).filter(pk=certificate.use_id).exists():
        return [(one.words, "") for one in left]
    reference = certificate.use.reference
    plan, use = reverse("remediation_plan", args=[reference]), reverse("use", args=[reference])
    return [(one.words, plan if one.code == Code.CONDITION else use) for one in left]


def _page(request: SignedIn, certificate: Certificate, typed: tuple[str, StandingForm] | None) -> HttpResponse:
    user = request.user
    possible = certificates_standing.possible(certificate, user)
    asked = request.GET.get("move", "")
    move = typed[0] if typed else asked if asked in possible else next(iter(possible), "")
    form = typed[1] if typed else StandingForm(reasons=certificates_standing.REASONS[move].items()) if move else None
    is_member = any(
        m.organisation_id == certificate.organisation_id and m.role in roles.MAY[roles.Action.VIEW]
        for m in roles.memberships_on_page(user)
    )
    newest_first = sorted(certificate.events.all(), key=lambda event: event.pk, reverse=True)
    events = [(event, EVENT_STATES.get(event.kind, event.kind)) for event in newest_first]
    status = certificate.status()
    context = {
        "place": "certificates" if is_member else "reviews",
        "certificate": certificate,
        "submission": certificate.submission,
        "status": str(status),
        "events": events,
        "is_member": is_member,
        "moves": [(one, VERBS[one][0], one == move) for one in possible],
        "move": move,
        "button": VERBS[move][1] if move else "",
        "form": form,
        "obstacles": _obstacle_links(certificate, user) if status == "suspended" else [],
        "conditions": list(finders.conditions_of(certificate)),
        "see": _("See the public page"),
    }
    return render(request, "assessments/certificates/status.html", context)
