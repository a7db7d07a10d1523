"""Several people who press at the same moment."""

from __future__ import annotations

import threading

from django.db import connections

from assessments.core.errors import NotPermitted, WorkflowError


def at_once(*acts):
    """Do these at the same moment, each in a thread and a connection of its own; what each came to, in their order."""
    gate, results = threading.Barrier(len(acts)), [""] * len(acts)

    def run_one(n, act):
        try:
            gate.wait(timeout=10)
            act()
            results[n] = "done"
        except (WorkflowError, NotPermitted) as error:
            results[n] = type(error).__name__
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run_one, args=one) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results
