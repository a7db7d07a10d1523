"""What the page of a response says, with its white space on one line."""

from __future__ import annotations

import re
from typing import Any


def text_of(response: Any) -> str:
    """Return the words of a page without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def markup_of(response: Any) -> str:
    """Return a page with its tags."""
    return " ".join(response.content.decode().split())
