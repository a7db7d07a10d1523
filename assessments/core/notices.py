"""The pages that an operator edits: privacy notice, terms, accessibility statement, contact, how to complain.

Each is a file in the folder of `HKGUIDE_PAGES_DIR`, or else the text that ships with the product (`fixtures/pages`). A
file for a language (`privacy.zh-hant.md`) goes before the one for all (`privacy.md`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from assessments.core import plain_text
from assessments.core.plain_text import CannotRead, Page

NAMES = ("privacy", "terms", "accessibility", "contact", "complain")
SHIPPED = settings.BASE_DIR / "fixtures" / "pages"


def values() -> dict[str, str]:
    """Return what the names in curly brackets stand for; empty where the operator has not set it."""
    return {
        "operator": settings.OPERATOR_NAME,
        "address": settings.OPERATOR_ADDRESS,
        "contact": settings.HELP_CONTACT,
        "site": settings.PUBLIC_URL,
        "deletion days": str(settings.DELETION_DAYS),
        "session hours": str(round(settings.SESSION_LONGEST / 3600)),
    }


SETTINGS = {"operator": "HKGUIDE_OPERATOR_NAME", "address": "HKGUIDE_OPERATOR_ADDRESS"}


def to_set(found: Page) -> list[str]:
    """Return what an operator has to set or write before a page is complete, each once."""
    lacking = [SETTINGS.get(name, _("text missing on the page: %s") % name) for name in found.missing]
    if settings.HELP_CONTACT.endswith("@localhost"):
        lacking.append("HKGUIDE_HELP_CONTACT")
    return list(dict.fromkeys(lacking))


def page(name: str, language: str = "", *, marked: bool = True) -> Page:
    """Read the page for a language (the present one, if left out). Raises CannotRead, whose message names the file.

    `marked`: show what the operator has not filled in; else leave out the sentences that need it.
    """
    path = _path(name, language or get_language() or "en")
    try:
        return plain_text.read(path.read_text(encoding="utf-8-sig"), values(), marked=marked)
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRead(_("%(file)s cannot be read: %(error)s") % {"file": path, "error": error}) from error
    except CannotRead as error:
        raise CannotRead(f"{path}: {error}") from error


def _path(name: str, language: str) -> Path:
    folders = [Path(settings.PAGES_DIR)] if settings.PAGES_DIR else []
    for folder in [*folders, SHIPPED]:
        for file in (f"{name}.{language.lower()}.md", f"{name}.md"):
            if (folder / file).exists():
                return folder / file
    return SHIPPED / f"{name}.md"


def faults() -> Iterator[str]:
    """Yield what is wrong with the operator's files, each with its name."""
    if settings.PAGES_DIR and not Path(settings.PAGES_DIR).is_dir():
        yield _("HKGUIDE_PAGES_DIR is not a folder: %s") % settings.PAGES_DIR
        return
    for name in NAMES:
        for language, _label in settings.LANGUAGES:
            try:
                page(name, language)
            except CannotRead as error:
                yield str(error)
    if settings.PAGES_DIR:
        known = {
            f"{name}{end}.md" for name in NAMES for end in ("", *(f".{code}" for code, _label in settings.LANGUAGES))
        }
        for file in sorted(Path(settings.PAGES_DIR).glob("*.md")):
            if file.name.lower() not in known:
                yield _("%(file)s is not the name of a page. Use one of these names: %(names)s") % {
                    "file": file,
                    "names": ", ".join(NAMES),
                }
