"""The key that signs the ends of the log's chains: an Ed25519 key in a file beside the database, never in it.

Who can write to the database alone cannot sign what they wrote. `manage.py log_key` makes, shows and changes the key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True)
class LogKey:
    """A key and its name: the first 16 hex digits of the SHA-256 of its public half."""

    private: Ed25519PrivateKey
    name: str

    def sign(self, text: str) -> str:
        return base64.b64encode(self.private.sign(text.encode())).decode()

    def fits(self, text: str, signature: str) -> bool:
        try:
            self.private.public_key().verify(base64.b64decode(signature, validate=True), text.encode())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True

    def public_pem(self) -> str:
        """Return the public half, for an auditor who checks signatures elsewhere."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def load() -> LogKey | None:
    """Return the installation's key; None where there is no file. Raises ImproperlyConfigured for a file that holds no key."""
    path = Path(settings.LOG_KEY_FILE)
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    return _read(path, changed)


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> LogKey:
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"HKGUIDE_LOG_KEY_FILE cannot be read: {path}: {error}") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise ImproperlyConfigured(f"HKGUIDE_LOG_KEY_FILE contains no Ed25519 key: {path}")
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return LogKey(private, hashlib.sha256(raw).hexdigest()[:16])


def make(path: Path) -> None:
    """Write a new key, readable by its owner alone. Raises FileExistsError where a file is there."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
