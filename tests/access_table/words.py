"""The roles of the tables of access, in the order of their columns, and rows that many addresses share."""

from __future__ import annotations

ROLES = ["anonymous", "outsider", "viewer", "contributor", "assigned", "owner", "in-house", "independent", "staff"]
EVERYBODY = "200 200 200 200 200 200 200 200 200"
SIGNED_IN = "login 200 200 200 200 200 200 200 200"
NOBODY = "404 404 404 404 404 404 404 404 404"
HIDDEN = "login 404 404 404 404 404 404 404 404"
ONLY_POST = "login 405 405 405 405 405 405 405 405"
