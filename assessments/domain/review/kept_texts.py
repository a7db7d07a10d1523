"""Texts for marks that reviewers use again: one's own, and those of an organisation for which one reviews.

A text is a whole mark with its words, so that using it types nothing twice. Deleting one is taken back for KEPT_DAYS.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import Conflict, InvalidAnswer, NotPermitted
from assessments.models import (
    ASKING,
    KeptText,
    MarkKind,
    MarkReason,
    Membership,
    Organisation,
    OwnText,
    Role,
    SharedText,
    User,
)

KEPT_DAYS = 30
"""How long a deleted text or note can be brought back. Our judgement."""
FIELDS = ("title", "mark", "reason", "words", "would_satisfy", "action_title")


def organisations_of(user: User) -> list[Organisation]:
    """Return the organisations whose texts `user` keeps: those for which they review now."""
    reviews = Membership.objects.current().filter(user=user, role=Role.REVIEWER).values("organisation")
    return list(Organisation.objects.filter(pk__in=reviews, deleted_at=None).order_by("name_en", "pk"))


def own_texts(user: User, *, deleted: bool = False) -> list[OwnText]:
    rows = OwnText.objects.filter(user=user, deleted_at__isnull=not deleted)
    return list(rows.order_by("-deleted_at" if deleted else "title", "pk"))


def shared_texts(user: User, *, deleted: bool = False) -> list[SharedText]:
    """Return the texts of every organisation for which `user` reviews now."""
    reviews = Membership.objects.current().filter(user=user, role=Role.REVIEWER, organisation__deleted_at=None)
    rows = SharedText.objects.filter(organisation__in=reviews.values("organisation"), deleted_at__isnull=not deleted)
    order = ("-deleted_at",) if deleted else ("organisation__name_en", "title")
    return list(rows.select_related("organisation", "by").order_by(*order, "pk"))


def find(user: User, key: str) -> KeptText | None:
    """Return the text that `own-<n>` or `shared-<n>` names, deleted or not, where it is one that `user` keeps."""
    kind, _dash, number = key.partition("-")
    if not number.isascii() or not number.isdigit():
        return None
    if kind == "own":
        return OwnText.objects.filter(user=user, pk=number).first()
    if kind == "shared":
        rows = SharedText.objects.filter(pk=number).select_related("organisation", "by")
        found = rows.first()
        return found if found and _reviews_for(user, found.organisation) else None
    return None


def key_of(text: KeptText) -> str:
    return f"{'own' if isinstance(text, OwnText) else 'shared'}-{text.pk}"


@transaction.atomic
def keep(fields: Mapping[str, str], *, by: User, organisation: Organisation | None = None) -> KeptText:
    """Keep a new text: of an organisation for which `by` reviews, or, without one, of `by` alone.

    Raises NotPermitted for another organisation's and for somebody who reviews nowhere; InvalidAnswer where something is
    missing or the title is taken.
    """
    if organisation is None:
        if not Membership.objects.current().filter(user=by, role=Role.REVIEWER).exists():
            raise NotPermitted(_("Only reviewers can save texts for later reviews."))
        text: KeptText = OwnText(user=by)
    else:
        _require_reviewer(by, organisation)
        text = SharedText(organisation=organisation, by=by)
    _fill(text, fields)
    text.save()
    _log(AuditKind.REVIEW_TEXT_KEPT, text, by)
    return text


def change(text: KeptText, fields: Mapping[str, str], *, by: User, base: int) -> KeptText:
    """Change a text. `base`: the revision that the page had shown. Raises as `keep`; Conflict where a newer one stands."""
    with transaction.atomic():
        text = _locked(text, by)
        if text.revision != base:
            who = str(text.by) if isinstance(text, SharedText) else str(by)
            words = _("%(name)s changed this text while you were writing. Nothing was overwritten.")
            raise Conflict(words % {"name": who}, text)
        _fill(text, fields)
        text.revision += 1
        if isinstance(text, SharedText):
            text.by = by
        text.save()
        _log(AuditKind.REVIEW_TEXT_KEPT, text, by)
    return text


@transaction.atomic
def remove(text: KeptText, *, by: User) -> None:
    """Delete a text; it can be brought back. Idempotent. Raises NotPermitted for a text of others."""
    text = _locked(text, by)
    if text.deleted_at is None:
        text.deleted_at = timezone.now()
        text.save()
        _log(AuditKind.REVIEW_TEXT_DELETED, text, by)


@transaction.atomic
def bring_back(text: KeptText, *, by: User) -> None:
    """Take a deletion back. Idempotent. Raises as `remove`; InvalidAnswer where another text has its title by now."""
    text = _locked(text, by)
    if text.deleted_at is not None:
        text.deleted_at = None
        _require_free_title(text)
        text.save()
        _log(AuditKind.REVIEW_TEXT_BROUGHT_BACK, text, by)


def forget_deleted() -> int:
    """Delete for good what was deleted KEPT_DAYS ago; returns how many texts."""
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    own, _own = OwnText.objects.filter(deleted_at__lt=before).delete()
    shared, _shared = SharedText.objects.filter(deleted_at__lt=before).delete()
    return own + shared


def _fill(text: KeptText, fields: Mapping[str, str]) -> None:
    for name in FIELDS:
        setattr(text, name, str(fields.get(name, "")).strip())
    if not text.title:
        raise InvalidAnswer("title", _("Give the text a name, so that you can find it again."))
    if text.mark not in ASKING:
        raise InvalidAnswer("mark", _("Choose the mark for which you want to use this text."))
    if text.mark == MarkKind.CHANGE_NEEDED:
        text.action_title = ""
        if text.reason not in MarkReason.values:
            raise InvalidAnswer("reason", _("Choose why a change is needed."))
        if not text.would_satisfy:
            raise InvalidAnswer("would_satisfy", _("Say what you would accept."))
    else:
        text.reason = text.would_satisfy = ""
        if not text.action_title and not text.words:
            raise InvalidAnswer("action_title", _("Say what is still to be done."))
    _require_free_title(text)


def _require_free_title(text: KeptText) -> None:
    model: Any = type(text)
    same = model.objects.filter(title=text.title, deleted_at=None).exclude(pk=text.pk)
    of = {"user": text.user} if isinstance(text, OwnText) else {"organisation": getattr(text, "organisation")}  # noqa: B009
    if same.filter(**of).exists():
        raise InvalidAnswer("title", _("Choose another name. Another text already has this name."))


def _locked(text: KeptText, by: User) -> Any:
    """Lock the row, for somebody who may change it."""
    model: Any = type(text)
    found = model.objects.select_for_update().get(pk=text.pk)
    if isinstance(found, OwnText):
        if found.user_id != by.pk:
            raise NotPermitted(_("You can change only your own texts."))
    else:
        _require_reviewer(by, found.organisation)
    return found


def _reviews_for(user: User, organisation: Organisation) -> bool:
    seats = Membership.objects.current().filter(user=user, role=Role.REVIEWER, organisation=organisation)
    return organisation.deleted_at is None and seats.exists()


def _require_reviewer(by: User, organisation: Organisation) -> None:
    if not _reviews_for(by, organisation):
        raise NotPermitted(_("Only an organisation’s own reviewers can change its shared texts."))


def _log(kind: AuditKind, text: KeptText, by: User) -> None:
    """Log what changes an organisation's text; a text of one's own is nobody else's business."""
    if isinstance(text, SharedText):
        of = text.organisation
        log.record(kind, of, by=by, organisation=of, details={"title": text.title})
