"""How much work a request makes: processor time, so that a busy machine fails no test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

# Two versions of a text that cost much to compare.
REPEATED = ("a " * 900, "a b " * 450)
LONGEST = ("a " * 10_000, "a b " * 5_000)


@contextmanager
def in_a_second(most: float = 1.0) -> Iterator[None]:
    """Fail where what is done inside takes more processor time than this, child processes that ended included."""
    before = os.times()
    yield
    after = os.times()
    spent = sum(after[:4]) - sum(before[:4])
    assert spent < most, f"{spent:.2f} s of processor time"
