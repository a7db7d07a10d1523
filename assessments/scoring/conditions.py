"""Which practices may get a date, as a condition of the certificate, instead of being closed before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assessments.guideline.terms import Tier

SELF_CERTIFICATION = "T1-LOW-01"
"""The duty of a Low use that its signed statement itself meets (DESIGN section 4)."""
FIRST_AUDIT = "T1-LIM-03"
"""The one duty of Table 1 whose first fulfilment may be a dated condition (DESIGN section 5)."""


def met_by_signature(findings: Sequence[Mapping[str, Any]], tier: str) -> frozenset[str]:
    """Return the questions of a draft of which the signature itself meets all that blocks; `findings`: all of the draft."""
    if tier != Tier.LOW:
        return frozenset()
    blocking = [one for one in findings if one["blocking"]]
    others = {one["question"] for one in blocking if one["requirement"] != SELF_CERTIFICATION}
    return frozenset(one["question"] for one in blocking) - others


def may_have_date(findings: Sequence[Mapping[str, Any]], tier: str) -> bool:
    """Tell whether a certificate may follow with a date for a practice, as a condition; `findings`: those of it that block.

    Only a must may become a condition, and of Table 1 only the first annual audit, at Limited.
    """
    musts = all(one["class"] == "must" or one["requirement"] == FIRST_AUDIT for one in findings)
    audit = any(one["requirement"] == FIRST_AUDIT for one in findings)
    return musts and all(one["kind"] != "not_applicable" for one in findings) and (not audit or tier == Tier.LIMITED)
