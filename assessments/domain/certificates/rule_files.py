"""Releases of rules in a folder: one YAML file each, named by its number, from a day on. What the files hold is its reader's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import yaml


class FaultyRules(Exception):
    """A file of rules cannot be read; the message names the file and what is wrong."""


class Release(Protocol):
    """What every release has. `first_day` None: it holds from the beginning."""

    @property
    def release(self) -> int: ...

    @property
    def first_day(self) -> date | None: ...


def read_releases[R: Release](folder: Path, read: Callable[[Any, bytes], R]) -> tuple[R, ...]:
    """Return all releases of a folder, the oldest first. Raises FaultyRules, whose message names the file."""
    found = [_one(path, read) for path in sorted(folder.glob("*.yaml"), key=lambda path: (len(path.stem), path.stem))]
    if not found:
        raise FaultyRules(f"{folder}: there are no rules")
    days = [rules.first_day or date.min for rules in found]
    if [rules.release for rules in found] != list(range(1, len(found) + 1)) or days != sorted(set(days)):
        raise FaultyRules(
            f"{folder}: number the releases from 1. Each release must start on a later day than the release before it"
        )
    return tuple(found)


def _one[R: Release](path: Path, read: Callable[[Any, bytes], R]) -> R:
    text = path.read_bytes()
    try:
        raw = yaml.safe_load(text)
        rules = read(raw, text)
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise FaultyRules(f"{path}: {error}") from error
    if path.stem != str(rules.release) or raw.get("basis") != "judgement":
        raise FaultyRules(
            f"{path}: the file name must be the release number, and “basis” in the file must be “judgement”"
        )
    return rules


def release_on[R: Release](day: date, releases: Sequence[R], folder: Path) -> R:
    """Return the release that holds on that day. Raises FaultyRules where none does."""
    found = [rules for rules in releases if rules.first_day is None or rules.first_day <= day]
    if not found:
        raise FaultyRules(f"{folder}: no rules apply on {day.isoformat()}")
    return found[-1]


def percent(given: Any) -> int:
    """Read a share in per cent. Raises ValueError outside 0 to 100."""
    if not 0 <= int(given) <= 100:
        raise ValueError(f"{given} is not a percentage from 0 to 100")
    return int(given)
