"""The rules of the issuing body for a review, as they stand today. Our judgement: the Guideline gives no numbers here.

They do not belong to an edition, so a draft on an older release does not escape them. Each approval stores the version that
applied to it, with its numbers. A change makes a new version.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """What each seat looks at by itself. `drawn_percent`: the share of what is neither decisive nor a must."""

    version: str
    drawn_percent: int
    short_look_seconds: int  # a median below this is told to the other seat


RULES = ReviewRules(version="2026-12", drawn_percent=10, short_look_seconds=5)
