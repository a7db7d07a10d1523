"""What the workers of a run share: one makes it, and the others read it from a file."""

from __future__ import annotations

import os
import pickle
from hashlib import sha256
from pathlib import Path
from typing import Any

VARIABLE = "HKGUIDE_TEST_KEPT"  # the folder; pytest_configure makes it for a run with several workers


class Numbers:
    """Counts what is made, so that no two names are the same; data that are written again bring their last number."""

    last = 0

    def __next__(self) -> int:
        self.last += 1
        return self.last


NUMBERS = Numbers()


def find_shared(name: str) -> Any:
    """Return what a worker has shared under this name, or None."""
    path = _path(name)
    if path is None or not path.exists():
        return None
    return pickle.loads(path.read_bytes())


def share(name: str, thing: Any) -> None:
    """Let the other workers find a thing; they never see half a file."""
    path = _path(name)
    if path is not None:
        half = path.with_suffix(f".{os.getpid()}")
        half.write_bytes(pickle.dumps(thing))
        half.replace(path)


def _path(name: str) -> Path | None:
    folder = os.environ.get(VARIABLE)
    return Path(folder) / sha256(name.encode()).hexdigest() if folder else None
