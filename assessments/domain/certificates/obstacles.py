"""What keeps a suspended certificate from standing again: the code of each kind of obstacle, by which a page links."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """Names a kind of obstacle to reinstating a certificate."""

    CONDITION = "condition"  # missed, and not met yet
    HELD = "held"
    PROVISIONAL = "provisional"
    TIER = "tier"  # higher than the certificate says
