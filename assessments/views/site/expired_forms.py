"""A session that ends: told of in time, and what was typed after its end comes back into the form of its own page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessments.access import finders
from assessments.accounts import expired_forms
from assessments.accounts.sessions import first_key
from assessments.core import throttling
from assessments.models import HeldPost, User, edition_for
from assessments.views.site.requests import SignedIn

type Answering = Callable[[HttpRequest], HttpResponse]

MOST_SESSIONS = 4  # that a browser is known by: pages of an earlier one may still stand open


def keep_forms(get_response: Answering) -> Answering:
    """Middleware: where a view leads somebody signed out to the sign-in page, keep the form that was posted.

    A form that is not kept comes back as the words that it held, to be copied. Script gets a 401 instead, since a sign-in
    page does not belong into the middle of another page.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if getattr(request, "signs_forms", False):
            _know_browser(request, response)
        if not leads_to_sign_in(response) or request.user.is_authenticated:
            return response
        if getattr(request, "htmx", False):
            return signed_out(response)
        return keep_form(request) or _give_back(request) or response

    return answer


def sign_page(request: HttpRequest) -> str:
    """Name the reader of this page in the field `whose` of its form; the response makes its browser known."""
    user: Any = request.user
    key = first_key(request.session)
    if not user.is_authenticated or not key:
        return ""
    request.signs_forms = True  # type: ignore[attr-defined]
    return expired_forms.sign_for(user, request.path, key)


def _browsers(request: HttpRequest) -> list[str]:
    return request.COOKIES.get(settings.PAGES_COOKIE, "").split(".")[:MOST_SESSIONS]


def _know_browser(request: HttpRequest, response: HttpResponse) -> None:
    key = first_key(request.session)
    if not key:
        return
    this, before = expired_forms.browser_of(key), _browsers(request)
    response.set_cookie(
        settings.PAGES_COOKIE,
        ".".join([this, *(one for one in before if one and one != this)][:MOST_SESSIONS]),
        max_age=int(expired_forms.SIGNED_FOR.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )


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
    if not whose or request.FILES or _name_of(request.path) not in expired_forms.NAMED:
        return None
    person = expired_forms.signed_for(whose, request.path, _browsers(request))
    if person is None or (request.user.is_authenticated and person != request.user.pk):
        return None
    try:
        throttling.spend("held_form", request)
        token = expired_forms.hold(person, request.get_full_path(), request.POST)
    except expired_forms.NotHeld as error:
        return _refused(request, error, 413)
    except throttling.TooOften as error:
        response = _refused(
            request, _("We could not save the text. Too many forms from your network address are already saved."), 429
        )
        response["Retry-After"] = str(error.wait)
        return response
    if token is None:
        return None
    here = reverse("held", args=[token])
    if request.user.is_authenticated:
        return redirect(here)
    messages.warning(request, _("You were signed out. Sign in again to save your text. We keep the text for one hour."))
    return redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': here})}")


def _give_back(request: HttpRequest) -> HttpResponse | None:
    """Show what was written in a form that is not kept, to its sender alone; None where it holds no words."""
    if request.method != "POST" or any("password" in name for name in request.POST) or not texts_of(request.POST):
        return None
    return _refused(request, _("We could not keep the text of this form."), 403)


def _refused(request: HttpRequest, why: Any, status: int) -> HttpResponse:
    context = {"why": why, "texts": texts_of(request.POST)}
    response = render(request, "assessments/site/refused.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def texts_of(fields: QueryDict, *, addresses: bool = False) -> list[str]:
    """Return what was written: of the posted values those that hold words, not codes, in the order of the page.

    `addresses`: mail addresses too.
    """
    values = [value for _name, given in fields.lists() for value in given]
    return [v for v in values if len(v.split()) > 1 or not v.isascii() or (addresses and "@" in v)]


def _name_of(path: str) -> str:
    try:
        return resolve(path).url_name or ""
    except Resolver404:
        return ""


# --- given back ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def kept(request: SignedIn, token: str) -> HttpResponse:
    """Show what was typed after the session had ended, what it is and where it belongs; the only act here throws it away."""
    post = expired_forms.held_for(request.user, token)
    if post is None:
        raise Http404
    if "drop" in request.POST:
        expired_forms.drop(post)
        messages.success(request, _("Your text was deleted."))
        return redirect(post.path)
    place = place_of(post, request.user)
    context = {
        "post": post,
        "texts": texts_of(expired_forms.fields_of(post)),
        "what": expired_forms.NAMED.get(_name_of(urlsplit(post.path).path), ""),
        "place": place,
        "back": f"{post.path}{'&' if '?' in post.path else '?'}{urlencode({'held': token})}" if place else "",
        "until": post.at + expired_forms.KEPT_FOR,
    }
    return render(request, "assessments/site/kept.html", context)


def place_of(post: HeldPost, user: User) -> str:
    """Say what the page is called on which it was typed, found by its own finder; empty where it is not there for them now."""
    match = resolve(urlsplit(post.path).path)
    name, given = match.url_name or "", match.kwargs
    if name not in expired_forms.NAMED:
        return ""
    if name == "facts":
        use = finders.uses_for(user).filter(reference=given["reference"]).first()
        return str(use.title) if use else ""
    if name in ("section", "returned"):
        assessment = finders.find_assessment(user, given["reference"])
        if assessment is None:
            return ""
        section = assessment.compiled().section_of.get(given.get("key", ""))
        return f"{assessment.use.title}: {section.title}" if section else assessment.use.title
    submission = finders.submissions_to_read(user).filter(reference=given["reference"]).first()
    if submission is None:
        return ""
    title = _("%(use)s, round %(n)s") % {"use": submission.assessment.use.title, "n": submission.round}
    section = edition_for(submission.edition_checksum).section_of.get(given.get("key", ""))
    return f"{title}: {section.title}" if section else title


def typed_before(request: HttpRequest) -> QueryDict | None:
    """Return what was kept of this very page for its reader, to fill its form again: the page shows it and saves nothing."""
    token = request.GET.get("held", "") if request.method in ("GET", "HEAD") else ""
    user: Any = request.user
    post = expired_forms.held_for(user, token) if token else None
    if post is None or urlsplit(post.path).path != request.path:
        return None
    messages.warning(request, _("Your text is not saved yet. Check your text in the form, then save it."))
    return expired_forms.fields_of(post)


def forget_typed(request: HttpRequest) -> None:
    """Forget the kept form once the form that it filled has been saved."""
    user: Any = request.user
    token = request.POST.get("held", "")
    post = expired_forms.held_for(user, token) if token else None
    if post is not None:
        expired_forms.drop(post)


def said_of_typed() -> str:
    return _("Not saved yet")


@require_POST
def stay(request: SignedIn) -> HttpResponse:
    """Begin the session's time anew; the answer says when it ends now."""
    request.session.modified = True
    return HttpResponse(status=204, headers={"Session-Ends": request.session.get_expiry_date().isoformat()})
