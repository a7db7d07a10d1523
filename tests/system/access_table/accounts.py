"""What comes back from the pages of accounts and of the administration."""

from __future__ import annotations

from tests.system.access_table.words import FORBIDDEN, HIDDEN, REDIRECTED, SHOWN, SIGN_IN, Access, Outcome


def account(*, anonymous: Outcome, member: Outcome, staff: Outcome) -> Access:
    """Return a row: what comes back to an anonymous visitor, to a member of an organisation and to staff."""
    return {"anonymous": anonymous, "member": member, "staff": staff}


ACCOUNTS = {
    "account_login": account(anonymous=SHOWN, member=REDIRECTED, staff=REDIRECTED),
    "account_logout": account(anonymous=REDIRECTED, member=SHOWN, staff=SHOWN),
    "account_signup": account(anonymous=SHOWN, member=REDIRECTED, staff=REDIRECTED),
    "account_reset_password": account(anonymous=SHOWN, member=SHOWN, staff=SHOWN),
    "account_reset_password_done": account(anonymous=SHOWN, member=SHOWN, staff=SHOWN),
    "account_reset_password_from_key_done": account(anonymous=SHOWN, member=SHOWN, staff=SHOWN),
    "account_inactive": account(anonymous=SHOWN, member=SHOWN, staff=SHOWN),
    "account_email_verification_sent": account(anonymous=SIGN_IN, member=REDIRECTED, staff=REDIRECTED),
    # The cast has no passwords: allauth leads to setting one.
    "account_change_password": account(anonymous=SIGN_IN, member=REDIRECTED, staff=REDIRECTED),
    "account_set_password": account(anonymous=SIGN_IN, member=REDIRECTED, staff=REDIRECTED),
    "account_email": account(anonymous=SIGN_IN, member=SHOWN, staff=SHOWN),
    "account_reauthenticate": account(anonymous=SIGN_IN, member=FORBIDDEN, staff=FORBIDDEN),
    "account_confirm_login_code": account(anonymous=SIGN_IN, member=REDIRECTED, staff=REDIRECTED),
    "usersessions_list": account(anonymous=SIGN_IN, member=SHOWN, staff=SHOWN),
    "mfa_index": account(anonymous=SIGN_IN, member=SHOWN, staff=SHOWN),
    "mfa_authenticate": account(anonymous=SIGN_IN, member=REDIRECTED, staff=REDIRECTED),
    "mfa_reauthenticate": account(anonymous=SIGN_IN, member=FORBIDDEN, staff=FORBIDDEN),
    "mfa_activate_totp": account(anonymous=SIGN_IN, member=REDIRECTED, staff=REDIRECTED),
    "mfa_deactivate_totp": account(anonymous=SIGN_IN, member=HIDDEN, staff=HIDDEN),
    "mfa_view_recovery_codes": account(anonymous=SIGN_IN, member=REDIRECTED, staff=REDIRECTED),
    "mfa_download_recovery_codes": account(anonymous=SIGN_IN, member=HIDDEN, staff=HIDDEN),
    "mfa_generate_recovery_codes": account(anonymous=SIGN_IN, member=SHOWN, staff=SHOWN),
    "mfa_list_webauthn": account(anonymous=SIGN_IN, member=SHOWN, staff=SHOWN),
    "mfa_add_webauthn": account(anonymous=SIGN_IN, member=REDIRECTED, staff=REDIRECTED),
    "mfa_reauthenticate_webauthn": account(anonymous=SIGN_IN, member=FORBIDDEN, staff=FORBIDDEN),
    "mfa_login_webauthn": account(anonymous=SIGN_IN, member=REDIRECTED, staff=REDIRECTED),
    "admin:index": account(anonymous=REDIRECTED, member=REDIRECTED, staff=SHOWN),
    "admin:login": account(anonymous=SIGN_IN, member=FORBIDDEN, staff=REDIRECTED),
    "admin_end_sessions": account(anonymous=SIGN_IN, member=REDIRECTED, staff=SHOWN),
}
