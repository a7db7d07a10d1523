"""A session that ends: told of in time, and what was typed after its end is kept for the person who typed it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.urls import resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from assessments.accounts import expired_forms
from assessments.models import HeldPost
from assessments.views.requests import SignedIn

type Answering = Callable[[HttpRequest], HttpResponse]


def keep_forms(get_response: Answering) -> Answering:
    """Middleware: where a view leads somebody signed out to the sign-in page, keep the form that was posted.

    Script gets a 401 instead, since a sign-in page does not belong into the middle of another page.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not leads_to_sign_in(response) or request.user.is_authenticated:
            return response
        if getattr(request, "htmx", False):
            return signed_out(response)
        return keep_form(request) or response

    return answer


def leads_to_sign_in(response: HttpResponse) -> bool:
    return response.status_code == 302 and urlsplit(response["Location"]).path == resolve_url(settings.LOGIN_URL)


def signed_out(response: HttpResponse) -> HttpResponse:
    headers = {
        "WWW-Authenticate": 'Session realm="hkguide"',  # a 401 has to name a scheme; browsers ask nothing for this one
        "HX-Reswap": "none",
        "HX-Trigger": "hk-signed-out",
    }
    return HttpResponse(_("You are signed out."), status=401, headers=headers)


def keep_form(request: HttpRequest) -> HttpResponse | None:
    """Keep a posted form for the person whose page it was and lead on to it; None where the form is not one to keep."""
    whose = request.POST.get("whose", "") if request.method == "POST" else ""
    if not whose or request.FILES:
        return None
    if request.user.is_authenticated and expired_forms.signed_for(whose) != request.user.pk:
        return None
    try:
        token = expired_forms.hold(whose, request.get_full_path(), request.POST)
    except expired_forms.NotHeld as error:
        context = {"why": error, "texts": texts_of(request.POST)}
        return render(request, "assessments/held/refused.html", context, status=413)
    if token is None:
        return None
    here = reverse("held", args=[token])
    if request.user.is_authenticated:
        return redirect(here)
    messages.warning(
        request, _("You had been signed out. What you typed is kept for one hour: sign in again to save it.")
    )
    return redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': here})}")


def texts_of(fields: QueryDict, *, addresses: bool = False) -> list[str]:
    """What was written: of the posted values those that hold words, not codes, in the order of the page.

    `addresses`: mail addresses too.
    """
    values = [value for _name, given in fields.lists() for value in given]
    return [v for v in values if len(v.split()) > 1 or not v.isascii() or (addresses and "@" in v)]


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def kept(request: SignedIn, token: str) -> HttpResponse:
    """What was typed after the session had ended; one button sends it once more, as the person who typed it."""
    post = expired_forms.held_for(request.user, token)
    if post is None:
        raise Http404
    if request.method != "POST":
        return show_kept(request, post)
    if "drop" in request.POST:
        expired_forms.drop(post)
        messages.success(request, _("What was kept has been thrown away."))
        return redirect(post.path)
    try:
        response = send_again(request, post)
    except Http404:
        return show_kept(request, post, _("The page it was typed on is not there for you any more."), 404)
    except PermissionDenied as error:
        return show_kept(request, post, str(error) or _("Your role does not allow this."), 403)
    if response.status_code == 302:  # a page that comes back has something to put right first
        expired_forms.drop(post)
    return response


def show_kept(request: HttpRequest, post: HeldPost, problem: str = "", status: int = 200) -> HttpResponse:
    context = {
        "post": post,
        "texts": texts_of(expired_forms.fields_of(post)),
        "problem": problem,
        "about": about(post),
        "until": post.at + expired_forms.KEPT_FOR,
    }
    return render(request, "assessments/held/kept.html", context, status=status)


def about(post: HeldPost) -> str:
    """What kind of form it was."""
    name = resolve(urlsplit(post.path).path).url_name or ""
    if name.startswith(("review", "mark")):
        return _("Marks of a review")
    return _("Facts of a use") if name == "facts" else _("Answers to questions")


def send_again(request: HttpRequest, post: HeldPost) -> HttpResponse:
    """Hand the kept form to the view it was posted to, in the request of the button that was pressed."""
    address = urlsplit(post.path)
    again: Any = copy.copy(request)
    again.path = again.path_info = address.path
    again.resolver_match = match = resolve(address.path)
    again.method, again.GET, again.POST = "POST", QueryDict(address.query), expired_forms.fields_of(post)
    response: HttpResponse = match.func(again, *match.args, **match.kwargs)
    return response


@login_required
@require_POST
def stay(request: SignedIn) -> HttpResponse:
    """Begin the session's time anew; the answer says when it ends now."""
    request.session.modified = True
    return HttpResponse(status=204, headers={"Session-Ends": request.session.get_expiry_date().isoformat()})
