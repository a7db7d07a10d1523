"""The gate of a case on pages (`finders.gate_of_case`): whoever has declared nothing is led to do so, and back again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from assessments.models import Submission


class Undeclared(Http404):
    """Nothing is shown here; `submission`: that of the case about which its reader has to declare first, if any."""

    def __init__(self, submission: Submission | None) -> None:
        super().__init__()
        self.submission = submission


def declare_first[**P](view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """Lead whoever has to declare first to where that is done; everybody else and every POST gets the 404."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(*args, **kwargs)
        except Undeclared as error:
            request: Any = args[0]
            if error.submission is None or request.method == "POST":
                raise
            return to_declare(request, error.submission)

    return guarded


def to_declare(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Lead to the declaration of interest, which leads back to this page."""
    return redirect(f"{reverse('declare', args=[submission.reference])}?{urlencode({'then': request.get_full_path()})}")


def where_to(request: HttpRequest, submission: Submission) -> str:
    """Say where a declaration leads: to the page that asked for it, else to the case."""
    then = request.GET.get("then", "")
    if then.startswith("/") and url_has_allowed_host_and_scheme(then, allowed_hosts=None):
        return then
    return submission.get_absolute_url()
