"""Headers that every response has, and which responses a browser or proxy may keep.

`keep_private` follows what a response could know: only a page that is open to anybody, drawn for somebody without a
session and without a cookie of its own, may be kept. All else (pages of people who are signed in, redirects, refusals,
errors, downloads) is for one reader and one time.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_cache_control
from whitenoise.middleware import WhiteNoiseFileResponse  # type: ignore[import-untyped]

type Answering = Callable[[HttpRequest], HttpResponseBase]

# What no page of ours uses: a script that got in could not use it either, nor a page in a frame.
UNUSED = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection", "local-fonts", "magnetometer",
    "microphone", "midi", "otp-credentials", "payment", "picture-in-picture", "screen-wake-lock", "serial",
    "storage-access", "sync-xhr", "usb", "web-share", "xr-spatial-tracking",
)  # fmt: skip
# Passkeys are this site's own: no frame may ask for them.
PERMISSIONS = ", ".join(
    [*(f"{name}=()" for name in UNUSED), "publickey-credentials-create=(self)", "publickey-credentials-get=(self)"]
)


def add_policies(get_response: Answering) -> Answering:
    """Middleware, the outermost: what a page may use of a browser, and that no other site may load anything of ours."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return answer


def keep_private(get_response: Answering) -> Answering:
    """Middleware, around all that may answer: `no-store` on whatever is not the same for everybody."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not is_for_everybody(request, response):
            patch_cache_control(response, no_store=True, private=True)
        return response

    return answer


def is_for_everybody(request: HttpRequest, response: HttpResponseBase) -> bool:
    if isinstance(response, WhiteNoiseFileResponse):
        return True
    view = request.resolver_match.func if request.resolver_match else None
    is_open = not getattr(view, "login_required", True)
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    return is_open and response.status_code == 200 and not has_session and not response.cookies
