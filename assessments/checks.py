"""System checks with one line each that says what to do."""

from __future__ import annotations

import ctypes
import ipaddress
import stat
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.utils import timezone

from assessments.core import holidays, notices

HOW_TO_SET = (
    "Set HKGUIDE_SECRET_KEY to a long random string. This command prints one: "
    "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
)
SHORTEST_SECRET = 50
PROXY_HINT = (
    "Run a buffering proxy in front of hkguide, as in deploy/nginx.conf. Without a proxy, a few slow requests block"
    " the site."
)
VAR_HINT = "Run chmod 700 on the folder. Its owner must be the user that runs hkguide."
# What WeasyPrint loads when it is imported, as it is called on Linux and on macOS.
PDF_LIBRARIES = (
    ("libgobject-2.0.so.0", "libgobject-2.0.0.dylib"),
    ("libpango-1.0.so.0", "libpango-1.0.dylib"),
    ("libharfbuzz.so.0", "libharfbuzz.0.dylib"),
    ("libfontconfig.so.1", "libfontconfig.1.dylib"),
    ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib"),
)
PANGO_HINT = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0   (macOS: brew install pango)"


def unfit_secret() -> str:
    """Say what to do when no secret is set or it is short, or nothing.

    Reads the module: settings.SECRET_KEY raises when empty.
    """
    from hkguide import settings as module

    if not module.SECRET_KEY:
        return f"HKGUIDE_SECRET_KEY is not set. {HOW_TO_SET}"
    if len(module.SECRET_KEY) < SHORTEST_SECRET and not module.DEBUG:
        return f"HKGUIDE_SECRET_KEY has fewer than {SHORTEST_SECRET} characters and can be guessed. {HOW_TO_SET}"
    return ""


@register()
def secret_is_fit(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    return [Error(unfit_secret(), id="hkguide.E001")] if unfit_secret() else []


def without_proxy() -> str:
    """Warn of an installation that others reach over https and that names no proxy, or say nothing."""
    if settings.SECURE and not settings.BEHIND_PROXY:
        return "HKGUIDE_PUBLIC_URL begins with https, but HKGUIDE_BEHIND_PROXY is not set. " + PROXY_HINT
    return ""


@register()
def proxy_is_in_front(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    return [Warning(without_proxy(), id="hkguide.W002")] if without_proxy() else []


@register(Tags.security, deploy=True)
def files_are_private(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check that nobody else reads the folder. Older files keep their mode, so the folder has to keep others out."""
    if stat.S_IMODE(settings.VAR.stat().st_mode) & 0o077:
        return [Warning(f"Other users of this machine can read {settings.VAR}.", hint=VAR_HINT, id="hkguide.W003")]
    return []


def exempt_in_public() -> str:
    """Say what is wrong where somebody is let off the second factor on an installation that others reach; else nothing."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    if not settings.SECOND_FACTOR_EXEMPT or host == "localhost" or host.endswith(".localhost") or _is_loopback(host):
        return ""
    return (
        "Remove HKGUIDE_SECOND_FACTOR_EXEMPT. "
        f"It is allowed only if HKGUIDE_PUBLIC_URL points to this machine, not to {host}."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@register()
def nobody_is_exempt_in_public(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    said = exempt_in_public()
    return [Error(said, id="hkguide.E003")] if said else []


@register("pdf")
def pango_is_there(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn when documents cannot be made: they need Pango, which no wheel carries. The rest of the site runs without it.

    Loads the libraries by their names. To import WeasyPrint would take longer than all other checks together.
    """
    missing = [] if find_spec("weasyprint") else ["weasyprint"]
    missing += [names[0] for names in PDF_LIBRARIES if not any(map(_loads, names))]
    if not missing:
        return []
    said = f"PDF documents cannot be created, because this machine has no {', '.join(missing)}"
    return [Warning(said, hint=PANGO_HINT, id="hkguide.W001")]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


@register()
def pages_can_be_read(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check the pages that an operator edits: name each file that cannot be read, and what is wrong with it."""
    hint = "See HKGUIDE_PAGES_DIR in docs/settings.md. The folder fixtures/pages contains the product's own texts."
    return [Error(fault, hint=hint, id="hkguide.E004") for fault in notices.faults()]


@register()
def holidays_are_listed(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn when the general holidays of this year or the next are missing: deadlines would count them as working days."""
    try:
        listed = holidays.listed_years()
    except holidays.FaultyHolidays as fault:
        return [Error(str(fault), id="hkguide.E005")]
    this_year = timezone.localdate().year
    said = "The general holidays of {year} are missing, so they count as working days."
    hint = f"Add the general holidays of that year to {holidays.FILE}."
    missing = [year for year in (this_year, this_year + 1) if year not in listed]
    return [Warning(said.format(year=year), hint=hint, id="hkguide.W004") for year in missing]


@register()
def edition_folder_is_there(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    if (settings.EDITION_DIR / "edition.yaml").is_file():
        return []
    return [
        Error(f"The folder in HKGUIDE_EDITION_DIR has no file edition.yaml: {settings.EDITION_DIR}", id="hkguide.E002")
    ]
