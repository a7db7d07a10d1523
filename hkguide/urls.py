from allauth.account.decorators import reauthentication_required
from allauth.account.views import email
from django.contrib import admin
from django.urls import include, path

from assessments.views.site import account, second_factor, staff

urlpatterns = [
    path("", include("assessments.urls")),
    # Before allauth's own: it asks for the password once something is sent, we ask before anything is typed.
    path("accounts/email/", reauthentication_required(email, app="allauth.account"), name="account_email"),
    path("accounts/sessions/", account.sessions, name="usersessions_list"),  # allauth's own ends no single session
    path("accounts/password/set/", second_factor.set_password, name="account_set_password"),
    path("accounts/2fa/totp/activate/", second_factor.add_app, name="mfa_activate_totp"),
    path("accounts/2fa/webauthn/add/", second_factor.add_passkey, name="mfa_add_webauthn"),
    path("accounts/2fa/", second_factor.index, name="mfa_index"),
    path("accounts/2fa/recovery-codes/", second_factor.codes, name="mfa_view_recovery_codes"),
    path("accounts/2fa/recovery-codes/download/", second_factor.download, name="mfa_download_recovery_codes"),
    path("accounts/2fa/recovery-codes/kept/", second_factor.kept, name="recovery_codes_kept"),
    path("accounts/2fa/webauthn/reauthenticate/", second_factor.passkey_again, name="mfa_reauthenticate_webauthn"),
    path("accounts/", include("allauth.urls")),
    path("admin/end-sessions/", admin.site.admin_view(staff.end_sessions), name="admin_end_sessions"),
    path("admin/", admin.site.urls),
]
handler403 = "assessments.views.site.errors.forbidden"
handler404 = "assessments.views.site.errors.not_found"
handler500 = "assessments.views.site.errors.server_error"
handler400 = "assessments.views.site.errors.bad_request"
