"""Names for the saves of one page."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator


def operations() -> Iterator[str]:
    """Yield a new name for each save that a page may send, without end.

    The names of one page differ in their last digits alone. So many of them add little to a compressed page.
    """
    first = uuid.uuid4().int
    for number in itertools.count():
        yield str(uuid.UUID(int=first ^ number))
