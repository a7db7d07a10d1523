"""An incident suspends a certificate; its end is a reviewer's decision, or the next assessment, never its owner's word.

Our judgement: an organisation that reports an incident of its own cannot declare it closed on the same day.
"""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.models import Certificate, CertificateEvent, DeclaredUse, StatedChange
from assessments.models.public_reasons import PublicReason

REASONS = (PublicReason.INCIDENT, "An incident is being looked into.")
"""The public reason of such a suspension, by which it is recognised: its code, and the words of rows older than the codes."""
ENDED_BY = ("issued", "reinstated")


def suspends(certificate: Certificate) -> bool:
    """Tell whether an incident was reported since a certificate was issued, or last reinstated: by its events or a change.

    An incident that is stated while the certificate is suspended for another reason counts as well.
    """
    events = CertificateEvent.objects.filter(certificate=certificate)
    start = events.filter(kind__in=ENDED_BY).order_by("-pk").first()
    since = Q(pk__gt=start.pk) if start else Q()
    if events.filter(since, kind="suspended", public_reason__in=REASONS).exists():
        return True
    stated = StatedChange.objects.filter(use=certificate.use_id, suspends=True)
    return stated.filter(at__gt=start.at).exists() if start else stated.exists()


def obstacle_to_sign(use: DeclaredUse) -> str:
    """Say why an owner cannot sign a use on their own word today: an incident was stated today; empty where they can."""
    newest = StatedChange.objects.filter(use=use, suspends=True).order_by("-pk").first()
    if newest is None or timezone.localdate(newest.at) < timezone.localdate():
        return ""
    return _(
        "An incident with this use was reported today. You can self-certify the use from tomorrow, or send the "
        "assessment to a reviewer."
    )
