"""What a person or an organisation takes along: a page that says what is in it, and a button that sends it."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.accounts import account_log
from assessments.audit.kinds import AuditKind
from assessments.core.zip_stream import Part, zipped
from assessments.domain.register import organisation_data, personal_data
from assessments.views.site.requests import SignedIn


@login_required
@reauthentication_required(allow_get=True)  # asked on the press of the button
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: SignedIn) -> HttpResponseBase:
    """Show all data of the person who asks."""
    if request.method != "POST":
        return render(request, "assessments/register/my_data.html")
    account_log.write_for_installation(AuditKind.DATA_EXPORTED, request.user, by=request.user)
    return _sent("my-data", personal_data.parts(request.user))


@login_required
@reauthentication_required(allow_get=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def of_organisation(request: SignedIn, reference: str) -> HttpResponseBase:
    """Show everything of an organisation, for one of its owners; in its log, and so is each confidential file."""
    found = get_object_or_404(finders.organisations_for(request.user), reference=reference)
    roles.require(request.user, Action.PEOPLE, found)
    if request.method != "POST":
        return render(request, "assessments/register/organisation_data.html", {"organisation": found})
    organisation_data.note(found, by=request.user)
    return _sent(f"organisation-{found.reference}", organisation_data.parts(found))


def _sent(name: str, parts: Iterable[Part]) -> HttpResponseBase:
    response = StreamingHttpResponse(zipped(parts), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.zip"'
    return response
