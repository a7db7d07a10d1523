"""The filter of the register of issued certificates."""

from __future__ import annotations

from assessments.forms.issued import IssuedForm
from assessments.guideline.terms import Tier


def test_the_register_of_certificates_offers_the_tiers_that_can_have_one():
    """No use in the tier Unacceptable gets a certificate, so a search for one would always find nothing."""
    offered = {value for value, _label in IssuedForm({}).fields["tier"].choices if value}
    assert offered == set(Tier) - {Tier.UNACCEPTABLE}
