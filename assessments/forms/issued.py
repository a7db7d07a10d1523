"""What narrows the register of certificates that the reviewing body issued."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from assessments.forms.base import FilterForm
from assessments.forms.fields import OneLine
from assessments.guideline.terms import Tier
from assessments.models import CertificateStatus
from assessments.models.systems import TierChoices

SHOWN = (
    CertificateStatus.VALID,
    CertificateStatus.EXPIRING,
    CertificateStatus.EXPIRED,
    CertificateStatus.SUSPENDED,
    CertificateStatus.REVOKED,
    CertificateStatus.SUPERSEDED,
)


class IssuedForm(FilterForm):
    """A search and two choices."""

    q = OneLine(label=gettext_lazy("Number, organisation, system or use"), max_length=100, required=False)
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[("", pgettext_lazy("filter", "All")), *((one.value, one.label) for one in SHOWN)],
        required=False,
    )
    tier = forms.ChoiceField(
        label=gettext_lazy("Tier"),
        # No use in the tier Unacceptable has ever had a certificate.
        choices=[("", pgettext_lazy("filter", "All")), *(c for c in TierChoices.choices if c[0] != Tier.UNACCEPTABLE)],
        required=False,
    )
