"""The roles of the access tables, what comes back to each role, and rows that many addresses share."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """What comes back when a page is opened or a form is posted. Any other status is a failure."""

    SHOWN = "200"
    ACCEPTED = "yes"  # the page takes the form, with whatever it then says of an empty one
    REDIRECTED = "302"  # to another page of the site
    SIGN_IN = "login"  # redirected to the sign-in page
    FORBIDDEN = "403"  # for colleagues without the role
    HIDDEN = "404"  # for whoever may not know that the object exists
    ONLY_POSTED = "405"  # nothing is shown here; forms are posted here


SHOWN, ACCEPTED, REDIRECTED, SIGN_IN, FORBIDDEN, HIDDEN, ONLY_POSTED = Outcome

ROLES = ["anonymous", "outsider", "viewer", "contributor", "assigned", "owner", "in-house", "independent", "staff"]
ANONYMOUS, OUTSIDER, VIEWER, CONTRIBUTOR, ASSIGNED, OWNER, IN_HOUSE, INDEPENDENT, STAFF = ROLES
SIGNED_IN = ROLES[1:]

Access = dict[str, Outcome]
"""One row of a table: what comes back to each role."""


def access(
    *,
    shown: Iterable[str] = (),
    accepted: Iterable[str] = (),
    redirected: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    hidden: Iterable[str] = (),
    others: Outcome = HIDDEN,
) -> Access:
    """Return a row from the roles that get each outcome.

    Anonymous visitors that no group names are asked to sign in. Every other role that no group names gets `others`.
    Raises ValueError if a role is unknown or named twice.
    """
    groups = {SHOWN: shown, ACCEPTED: accepted, REDIRECTED: redirected, FORBIDDEN: forbidden, HIDDEN: hidden}
    return by_outcome(dict.fromkeys(ROLES, others) | {ANONYMOUS: SIGN_IN}, groups)


def by_outcome(row: Access, groups: dict[Outcome, Iterable[str]]) -> Access:
    """Return the row with the outcome of each group in the columns that the group names."""
    named = [(column, outcome) for outcome, columns in groups.items() for column in columns]
    found = dict(named)
    if len(found) != len(named) or found.keys() - row.keys():
        raise ValueError(f"A column is unknown or named twice: {named}")
    return row | found


OPEN_TO_THE_PUBLIC = access(shown=ROLES)
OPEN_TO_SIGNED_IN = access(shown=SIGNED_IN)
ACCEPTED_FROM_SIGNED_IN = access(accepted=SIGNED_IN)
FORBIDDEN_TO_ALL = access(others=FORBIDDEN)
HIDDEN_FROM_ALL = access()
HIDDEN_FROM_THE_PUBLIC_TOO = access(hidden=ROLES)
ONLY_FOR_POSTS = access(others=ONLY_POSTED)
