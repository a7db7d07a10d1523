"""The public reasons for a change of a certificate's status: a row keeps the code, and each page, letter or email the words."""

from __future__ import annotations

import re

from django.db import models
from django.utils.translation import gettext_lazy as _


class PublicReason(models.TextChoices):
    """What the public page may say, by the change: `suspended`, `reinstated` or `revoked`. Our judgement."""

    CONDITION_MISSED = "suspended.condition", _("A condition was not met in time.")
    FACTS_CHANGED = "suspended.facts", _("Declared facts of the use changed.")
    TIER_RAISED = "suspended.tier", _("A reviewer raised the tier of the use.")
    MONITORING_OUT_OF_DATE = "suspended.monitoring", _("Evidence of monitoring is out of date.")
    MONITORING_TOO_OLD = "suspended.monitoring_days", _("The monitoring evidence is older than %(days)s days.")
    INCIDENT = "suspended.incident", _("An incident is being investigated.")
    COMPLAINT = "suspended.complaint", _("A complaint is being investigated.")
    SUSPENSION_ASKED = "suspended.asked", _("The holder requested the suspension.")
    CORRECTED = "reinstated.mended", _("The cause of the suspension was corrected.")
    UNFOUNDED = "reinstated.unfounded", _("An investigation found no ground for the suspension.")
    IN_ERROR = "reinstated.error", _("The suspension was an error.")
    MONITORING_FRESH = "reinstated.monitoring", _("Monitoring evidence is up to date again.")
    UNTRUE = "revoked.untrue", _("The declaration was untrue.")
    NO_LONGER = "revoked.no_longer", _("The use has changed since it was assessed.")
    CONDITION_NOT_MET = "revoked.condition", _("A condition was not met.")
    NO_CERTIFICATE = "revoked.no_certificate", _("A certificate is not possible for this use.")
    REVOCATION_ASKED = "revoked.asked", _("The holder requested the revocation.")


_PARAMETER = re.compile(r"([a-z_]+)=(\d+)")


def coded(reason: PublicReason, **parameters: int) -> str:
    """Return a reason as a row keeps it: its code, then each parameter as `name=number`."""
    return " ".join([reason.value, *(f"{name}={number}" for name, number in parameters.items())])


def words_of(kept: str) -> str:
    """Put what a row keeps into words of the reader's language. Rows older than the codes keep words: these stay as they are."""
    code, *rest = kept.split(" ")
    if code not in PublicReason.values:
        return kept
    found = (_PARAMETER.fullmatch(part) for part in rest)
    parameters = {match[1]: match[2] for match in found if match}
    return str(PublicReason(code).label) % parameters
