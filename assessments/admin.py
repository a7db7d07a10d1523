"""The admin is read-only: only the domain changes an assessment, also for staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import allauth.account.admin  # registered before it is taken out
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from assessments import models
from assessments.access import finders
from assessments.models.audit import INSTALLATION
from assessments.views.audit.wording import line_of

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:  # generic for the type checker only
    Base = admin.ModelAdmin


# Groups are not used, and whoever changes an address takes over the account that decides: each person sees to their own.
admin.site.unregister([Group, EmailAddress, UserSession, Authenticator])


class ReadOnly(Base):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(models.Edition)
class EditionAdmin(ReadOnly):
    list_display = ("key", "release", "checksum", "published_at")
    exclude = ("content",)


@admin.register(models.Organisation)
class OrganisationAdmin(ReadOnly):
    list_display = ("name_en", "name_zh", "is_reviewing_body", "created_at")


@admin.register(models.AuditEntry)
class AuditEntryAdmin(ReadOnly):
    """Kind, object and actor's id only: no answer text is in the chain. Of the installation's own entries, the words too."""

    list_display = ("chain", "seq", "at", "kind", "object", "actor", "words")
    list_filter = ("kind",)
    list_select_related = ("detail__erased_by",)

    @admin.display(description=_("words"))
    def words(self, entry: models.AuditEntry) -> str:
        if entry.chain != INSTALLATION:
            return ""
        line = line_of(entry, {}, {}, finders.current_edition(), origin=True)
        return f"{line.sentence} {line.where}".strip()


@admin.register(models.Document)
class DocumentAdmin(ReadOnly):
    list_display = ("reference", "kind", "state", "attempts", "created_at")
    list_filter = ("state", "kind")
    exclude = ("file",)
