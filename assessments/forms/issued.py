"""What narrows the register of certificates that the reviewing body issued."""

from __future__ import annotations

from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy

from assessments.forms.fields import OneLine
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


class IssuedForm(forms.Form):
    """A search and two choices. A value that is no choice is left out, as if nothing was asked."""

    q = OneLine(label=gettext_lazy("Number, organisation, system or use"), max_length=100, required=False)
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[("", gettext_lazy("All")), *((one.value, one.label) for one in SHOWN)],
        required=False,
    )
    tier = forms.ChoiceField(
        label=gettext_lazy("Tier"), choices=[("", gettext_lazy("All")), *TierChoices.choices], required=False
    )

    def chosen(self) -> dict[str, str]:
        self.is_valid()
        return {name: self.cleaned_data[name] for name in self.fields if self.cleaned_data.get(name)}

    def query(self) -> str:
        """The choice as an address has it."""
        return urlencode(self.chosen())
