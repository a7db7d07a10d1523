"""Fields as the log keeps them: what was given, and what really changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

# --- systems and uses ------------------------------------------------------------------------------------------------


def as_text(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as the log keeps them: what is given and is no plain value is written as people read it."""
    plain = (str, bool, int, date, type(None), list)
    return {name: value if isinstance(value, plain) else str(value) for name, value in fields.items()}


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return what really changed, for the log."""
    changed = [name for name in new if old[name] != new[name]]
    return {
        "old": as_text({name: old[name] for name in changed}),
        "new": as_text({name: new[name] for name in changed}),
    }
