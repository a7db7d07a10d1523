"""Pages are sent compressed; files, PDFs, answers that are sent in pieces and pages with a secret are not.

From the length of a compressed page somebody who sees its traffic, and who can put words of their own into it, can guess
other words of it (BREACH). So each compressed page gets a random number of bytes by Django's middleware, tokens of forms
are masked anew for each page, and pages that show a secret are sent as they are: their views say `no-transform`, which
keeps a proxy from compressing them too.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.views.decorators.cache import cache_control

shows_secret = cache_control(no_transform=True)
"""For a view whose page shows a secret: it is never compressed."""


class CompressPages(GZipMiddleware):
    """Compress text/html that no header forbids to change."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not isinstance(response, HttpResponse) or not _may_be_compressed(response):
            return response
        return super().process_response(request, response)


def _may_be_compressed(response: HttpResponse) -> bool:
    kind = response.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind == "text/html" and "no-transform" not in response.get("Cache-Control", "")
