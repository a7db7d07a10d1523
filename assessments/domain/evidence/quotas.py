"""How many bytes of evidence an organisation may keep: all versions count, those of withdrawn evidence included."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from assessments.core.errors import InvalidAnswer
from assessments.models import EvidenceVersion, Organisation

SHOWN_FROM = 80  # per cent: from then on the library shows how much is used
MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Quota:
    """What an organisation uses of its quota, in bytes."""

    organisation: Organisation
    used: int
    limit: int

    @property
    def percent(self) -> int:
        return min(self.used * 100 // self.limit, 100)

    @property
    def is_full(self) -> bool:
        return self.used >= self.limit

    @property
    def used_mb(self) -> int:
        return -(-self.used // MB)

    @property
    def limit_mb(self) -> int:
        return self.limit // MB


def used_by(organisation: Organisation) -> int:
    """Return the bytes of all files that an organisation keeps as evidence."""
    versions = EvidenceVersion.objects.filter(evidence__organisation=organisation)
    return versions.aggregate(total=Sum("size"))["total"] or 0


def nearly_used(organisations: QuerySet[Organisation]) -> list[Quota]:
    """Return the quotas of which SHOWN_FROM per cent or more are used. One query."""
    limit = settings.EVIDENCE_QUOTA_BYTES
    if not limit:
        return []
    least = -(-limit * SHOWN_FROM // 100)
    found = (
        organisations.annotate(used=Sum("evidence__versions__size")).filter(used__gte=least).order_by("name_en", "pk")
    )
    return [Quota(organisation, organisation.used, limit) for organisation in found]


def require_room(organisation: Organisation, size: int) -> None:
    """Raise InvalidAnswer on `file` where a file of so many bytes would go beyond the quota; 0: where it is beyond it."""
    limit = settings.EVIDENCE_QUOTA_BYTES
    if not limit:
        return
    left = limit - used_by(organisation) - size
    if left < 0:
        words = _(
            "Make the file smaller, enter a link instead, or ask the operator of this site for more "
            "space. Your organisation can store at most %(limit)s MB of evidence. Space left: "
            "%(left)s MB."
        )
        raise InvalidAnswer("file", words % {"limit": limit // MB, "left": max(left + size, 0) // MB})
