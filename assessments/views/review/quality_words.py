"""The words of the log for second looks and for who leads the reviewing body."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

LEADS: dict[str, tuple[Any, Any]] = {
    "lead_named": (
        gettext_lazy("Lead of the body named"),
        gettext_lazy("%(who)s made %(member)s a lead of the reviewing body"),
    ),
    "lead_ended": (
        gettext_lazy("Lead of the body ended"),
        gettext_lazy("%(who)s removed %(member)s as a lead of the reviewing body"),
    ),
}
SECOND_LOOKS: dict[str, tuple[Any, Any]] = {
    "second_look_drawn": (
        gettext_lazy("Second look drawn"),
        gettext_lazy("The server drew %(thing)s for a second look"),
    ),
    "second_look_asked": (
        gettext_lazy("Second look asked for"),
        gettext_lazy("%(who)s asked for a second look at %(thing)s"),
    ),
    "second_look_taken": (
        gettext_lazy("Second look taken"),
        gettext_lazy("%(who)s took the second look at %(thing)s"),
    ),
    "second_look_left": (
        gettext_lazy("Second look given up"),
        gettext_lazy("%(who)s gave up the second look at %(thing)s"),
    ),
    "second_look_given": (
        gettext_lazy("Second look given"),
        gettext_lazy("%(who)s gave the second look at %(thing)s"),
    ),
    "second_look_written": (
        gettext_lazy("Second look: message"),
        gettext_lazy("%(who)s wrote about the second look at %(thing)s"),
    ),
    "second_look_reported": (
        gettext_lazy("Second look: grave difference"),
        gettext_lazy("%(who)s reported a grave difference in the second look at %(thing)s"),
    ),
}
