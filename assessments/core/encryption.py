"""Keys for texts that the database keeps encrypted: its rows or a backup alone are not enough to read them."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def keys(salt: bytes) -> MultiFernet:
    """Return the key of the installation for one purpose, and those before it: what they encrypted can still be read.

    `salt` names the purpose, so that what is encrypted for one is not read for another.
    """
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(salt + s.encode()).digest())) for s in secrets])
