"""Packages: the dozen subjects under which the actions of a plan are shown (ADVICE section 3). Named data of the edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

type Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Package:
    """One subject: its title, and the paper that its steps share (empty where each action has its own)."""

    key: str
    title: str
    paper: str = ""
    risk: str = ""
    """What may happen to people while it is open, as the board paper says it."""


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
        )
        for raw in room["packages"]
    )
