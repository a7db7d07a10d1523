"""Second factors as allauth keeps them: encrypted in the database, bound to the host of the public address, dropped when
the account turns out to be somebody else's."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from assessments.core import encryption

SALT = b"assessments.accounts.factors:"
NAME = "hkguide"  # as apps and browsers show it


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _(
            "Enter the code that your authenticator app shows now. The code you entered is wrong or has already been"
            " used."
        ),
        "unverified_email": _("Confirm your email address first. Then add a second factor."),
        "cannot_generate_recovery_codes": _("Add a second factor first. You can then create recovery codes."),
    }

    def encrypt(self, text: str) -> str:
        return encryption.keys(SALT).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Read what was encrypted with the secret key or one before it; what none of them opens fits no code."""
        try:
            return encryption.keys(SALT).decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(Fernet.generate_key()[:20]).decode()

    def get_totp_issuer(self) -> str:
        host = urlsplit(settings.PUBLIC_URL).hostname
        return f"{NAME} ({host})"

    def build_totp_svg(self, url: str) -> SafeString:
        # Here, since it imports Pillow, and one page draws such a code.
        import qrcode  # type: ignore[import-untyped]
        from qrcode.image.svg import SvgPathFillImage  # type: ignore[import-untyped]

        drawn: Any = qrcode.make(url, image_factory=SvgPathFillImage)
        return mark_safe(drawn.to_string(encoding="unicode"))  # noqa: S308  (drawn here, of squares alone)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """Propose nothing: what a passkey is on, its person knows."""
        return str(_("Passkey"))

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Passkeys belong to the host of the public address, whatever host a request names."""
        return {"id": urlsplit(settings.PUBLIC_URL).hostname or "", "name": NAME}


def held_by(column: str) -> Exists:
    """For a query: whether the person that a column names has a second factor."""
    from allauth.mfa.models import Authenticator

    rows = Authenticator.objects.filter(user=OuterRef(column))
    return Exists(rows.exclude(type=Authenticator.Type.RECOVERY_CODES))


def drop(user: Any) -> int:
    """Take all second factors of an account away; returns how many there were, recovery codes not counted."""
    from allauth.mfa.models import Authenticator

    rows = Authenticator.objects.filter(user_id=user.pk)
    count = rows.exclude(type=Authenticator.Type.RECOVERY_CODES).count()
    rows.delete()
    return count
