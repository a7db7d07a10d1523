"""The folders that a process needs before it opens the database or serves a file."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def make_folders() -> None:
    """Create the folder of HKGUIDE_VAR and the one for collected static files. Idempotent.

    SQLite needs the first; WhiteNoise warns on each start where the second is missing. Uploads, emails and locks create
    their own folders below. The umask of the settings keeps all of them private to the user of this process.
    """
    for folder in (settings.VAR, Path(settings.STATIC_ROOT)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(f"HKGUIDE_VAR: the folder {folder} cannot be created: {error}") from error
