"""System checks with one line each that says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from assessments.core import notices

HOW_TO_SET = (
    "Set HKGUIDE_SECRET_KEY to a long random text, for example: "
    "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
)
PANGO_HINT = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0   (macOS: brew install pango)"


def missing_secret() -> str:
    """Say what to do when no secret is set, or nothing. Reads the module: settings.SECRET_KEY raises when empty."""
    from hkguide import settings as module

    return "" if module.SECRET_KEY else f"HKGUIDE_SECRET_KEY is not set. {HOW_TO_SET}"


@register()
def secret_is_set(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    return [Error("HKGUIDE_SECRET_KEY is not set.", hint=HOW_TO_SET, id="hkguide.E001")] if missing_secret() else []


@register("pdf")
def pango_is_there(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Documents need Pango, which no wheel carries; the rest of the site runs without it."""
    try:
        import weasyprint  # noqa: F401  (0.9 s, hence not at the top of a module)
    except OSError as error:
        return [Warning(f"PDF documents cannot be made: {error}", hint=PANGO_HINT, id="hkguide.W001")]
    return []


@register()
def pages_can_be_read(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """The pages that an operator edits: a file that cannot be read names itself, and what is wrong with it."""
    hint = "docs/settings.md, HKGUIDE_PAGES_DIR; the product's own texts are in fixtures/pages."
    return [Error(fault, hint=hint, id="hkguide.E003") for fault in notices.faults()]


@register()
def edition_folder_is_there(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    if (settings.EDITION_DIR / "edition.yaml").is_file():
        return []
    return [Error(f"HKGUIDE_EDITION_DIR has no edition.yaml: {settings.EDITION_DIR}", id="hkguide.E002")]
