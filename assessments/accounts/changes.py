"""What somebody changes of their own account by its settings: saved, logged and mailed in one go."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.db import transaction
from django.http import HttpRequest

from assessments.accounts import account_log
from assessments.audit.kinds import AuditKind
from assessments.models import User


@transaction.atomic
def save_settings(request: HttpRequest, form: Any) -> None:
    """Save a form of settings; another name is told to the log and to the person, since it stands in the record."""
    user: User = form.instance
    old = User.objects.get(pk=user.pk).name
    user.save(update_fields=form.Meta.fields)
    if user.name == old:
        return
    account_log.write(AuditKind.NAME_CHANGED, user, by=user, details={"old": {"name": old}, "new": {"name": user.name}})
    told = {"old_name": old, "new_name": user.name}
    get_adapter(request).send_notification_mail("account/email/name_changed", user, told)
