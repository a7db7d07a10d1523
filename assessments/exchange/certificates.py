"""The register of certificates that the reviewing body issued, as a table: out as CSV or XLSX."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext_lazy

from assessments.exchange.inventory import Column, write
from assessments.models import CertificateStatus

TOLD = "told"
COLUMNS = (
    Column("number", gettext_lazy("Certificate number"), TOLD),
    Column("status", gettext_lazy("Status"), TOLD),
    Column("tier", gettext_lazy("Tier"), TOLD),
    Column("organisation", gettext_lazy("Organisation"), TOLD),
    Column("system", gettext_lazy("AI system"), TOLD),
    Column("use", gettext_lazy("Use"), TOLD),
    Column("issued", gettext_lazy("Issued on"), TOLD),
    Column("expires", gettext_lazy("Valid until"), TOLD),
    Column("first_issued", gettext_lazy("First issued on"), TOLD),
    Column("still_open", gettext_lazy("Conditions not met"), TOLD),
    Column("replaces", gettext_lazy("Replaces certificate"), TOLD),
)


def rows_of(certificates: Iterable[Any]) -> Iterator[dict[str, str]]:
    """Yield one row a certificate, with the columns of `models.issued`."""
    for one in certificates:
        yield {
            "number": one.number,
            "status": str(CertificateStatus(one.stands).label),
            "tier": str(one.get_tier_display()),
            "organisation": one.organisation.name_en,
            "system": one.use.system.name,
            "use": one.use.title,
            "issued": one.issued_on.isoformat(),
            "expires": one.expires_on.isoformat(),
            "first_issued": one.first_issued_on.isoformat(),
            "still_open": str(one.still_open or 0),
            "replaces": one.supersedes.number if one.supersedes else "",
        }


def as_file(rows: Iterable[dict[str, str]], kind: str) -> bytes:
    """Write the rows as `csv` or `xlsx`."""
    return write(rows, COLUMNS, kind, title=str(gettext_lazy("Certificates")))
