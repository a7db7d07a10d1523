from __future__ import annotations

import time

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

FIRST_PAUSE, LONGEST_PAUSE = 0.0003, 0.005  # seconds


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks for the write transaction every third of a millisecond at first, for as long as `timeout` says.

    SQLite itself asks after 1, 3, 8, 18 milliseconds and so on: a save holds the database for one or two, so that two
    processes that save would stand still for a third of their time. Who has the lock, and for how long, is as ever.
    """

    def _start_transaction_under_autocommit(self) -> None:
        patience = float(self.settings_dict["OPTIONS"].get("timeout", 5))
        until = time.monotonic() + patience
        pause = FIRST_PAUSE
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    super()._start_transaction_under_autocommit()  # type: ignore[misc]  # not in the stubs
                    return
                except OperationalError as error:
                    if "locked" not in str(error) or time.monotonic() > until:
                        raise
                time.sleep(pause)
                pause = min(pause * 1.2, LONGEST_PAUSE)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
