"""Who may open what, and who may do what: every address of the site, read aloud as a table.

A row names an address, an object of tests/support/world.py and the roles that get each outcome when they open it (OPENED) or post
a form to it (POSTED). words.py says what each outcome means. A role that a row does not name gets 404: for it the object
does not exist. An anonymous visitor is asked to sign in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver

from assessments import urls
from tests.system.access_table.accounts import ACCOUNTS
from tests.system.access_table.members import OF_MEMBERS
from tests.system.access_table.posts import FORMS, POSTED, READ_ONLY
from tests.system.access_table.reviews import OF_REVIEWS
from tests.system.access_table.words import ROLES

__all__ = ["ACCOUNTS", "FORMS", "OPENED", "OURS", "POSTED", "READ_ONLY", "ROLES", "names_of"]

OPENED = OF_MEMBERS | OF_REVIEWS


def names_of(patterns: Any, prefix: str = "") -> Iterator[str]:
    """The name of every address under these patterns."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            space = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from names_of(pattern.url_patterns, space)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{prefix}{pattern.name}"


OURS = sorted(set(names_of(urls.urlpatterns)))
