"""The words of every message: one function for each kind, which returns the subject and the text.

Functions, and no templates: a message often joins several sentences, some of them in the plural or only where something
is so. `ngettext` keeps each sentence whole for the translator, a value that is missing raises TypeError and leaves no gap
in a mail, and nothing is escaped by mistake. `makemessages` finds the sentences here as in a template.

`inbox.notify` writes in the language of each reader, so a context holds values (a name, a date, a row). What a person
wrote, and sentences that pages show as well, are passed on as they are.
"""

from assessments.notifications.texts import (
    actions,
    appeals,
    cases,
    certificates,
    collaboration,
    register,
    reminders,
    submissions,
)
from assessments.notifications.texts.table import TEXTS, Text, write

__all__ = [
    "TEXTS",
    "Text",
    "actions",
    "appeals",
    "cases",
    "certificates",
    "collaboration",
    "register",
    "reminders",
    "submissions",
    "write",
]
