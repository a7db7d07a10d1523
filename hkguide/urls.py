from allauth.account.decorators import reauthentication_required
from allauth.account.views import email
from django.contrib import admin
from django.urls import include, path

from assessments.views import account

urlpatterns = [
    path("", include("assessments.urls")),
    # Before allauth's own: it asks for the password once something is sent, we ask before anything is typed.
    path("accounts/email/", reauthentication_required(email, app="allauth.account"), name="account_email"),
    path("accounts/sessions/", account.sessions, name="usersessions_list"),  # allauth's own ends no single session
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
handler403 = "assessments.views.errors.forbidden"
handler404 = "assessments.views.errors.not_found"
handler500 = "assessments.views.errors.server_error"
handler400 = "assessments.views.errors.bad_request"
