"""What comes back from the pages of accounts and of the administration."""

from __future__ import annotations

# Anonymous, a signed-in person, staff.
ACCOUNTS = {
    "account_login": "200 302 302",
    "account_logout": "302 200 200",
    "account_signup": "200 302 302",
    "account_reset_password": "200 200 200",
    "account_reset_password_done": "200 200 200",
    "account_reset_password_from_key_done": "200 200 200",
    "account_inactive": "200 200 200",
    "account_email_verification_sent": "login 302 302",
    "account_change_password": "login 302 302",  # the cast has no passwords: allauth leads to setting one
    "account_set_password": "login 302 302",
    "account_email": "login 200 200",
    "account_reauthenticate": "login 403 403",
    "account_confirm_login_code": "login 302 302",
    "usersessions_list": "login 200 200",
    "mfa_index": "login 200 200",
    "mfa_authenticate": "login 302 302",
    "mfa_reauthenticate": "login 403 403",
    "mfa_activate_totp": "login 302 302",
    "mfa_deactivate_totp": "login 404 404",
    "mfa_view_recovery_codes": "login 302 302",
    "mfa_download_recovery_codes": "login 404 404",
    "mfa_generate_recovery_codes": "login 200 200",
    "mfa_list_webauthn": "login 200 200",
    "mfa_add_webauthn": "login 302 302",
    "mfa_reauthenticate_webauthn": "login 403 403",
    "mfa_login_webauthn": "login 302 302",
    "admin:index": "302 302 200",
    "admin:login": "login 403 302",
    "admin_end_sessions": "login 302 200",
}
