"""Packages: the dozen subjects under which the actions of a plan are shown (ADVICE section 3). Named data of the edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assessments.guideline.conditions import Condition, parse

type Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Package:
    """One subject: its title, and the paper that its steps share (empty where each action has its own)."""

    key: str
    title: str
    paper: str = ""
    risk: str = ""
    """What may happen to people while it is open, as the board paper says it."""
    until: str = ""
    """What is reached when it has stopped or limited what can harm people: until then the board may pause the use."""
    never_waits: Condition | None = None
    """Where it is never said that the package can wait, even if the certificate needs nothing in it."""


def read_packages(structure: Raw, words: Raw) -> tuple[Package, ...]:
    """Read the packages in the order of the spine; none in an edition before release 3."""
    room = structure.get("packages")
    if not room:
        return ()
    said = (words.get("packages") or {}).get("packages") or {}
    return tuple(
        Package(
            key=raw["key"],
            title=str(said.get(raw["key"], {}).get("title", raw["key"])),
            paper=str(said.get(raw["key"], {}).get("paper", "")),
            risk=str(said.get(raw["key"], {}).get("risk", "")),
            until=str(said.get(raw["key"], {}).get("until", "")),
            never_waits=parse(raw["never_waits"]) if "never_waits" in raw else None,
        )
        for raw in room["packages"]
    )
