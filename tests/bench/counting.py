"""Say in headers what a response took.

How many queries, BEGIN, COMMIT and SAVEPOINT left out, how many of them wrote, and which process answered.
"""

import os
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

WRITES = ("INSERT", "UPDATE", "DELETE")


def count_queries(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def respond(request: HttpRequest) -> HttpResponse:
        counts = [0, 0]

        def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            if not sql.startswith(("SAVEPOINT", "RELEASE", "BEGIN", "ROLLBACK")):
                counts[0] += 1
                counts[1] += sql.startswith(WRITES)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(count):
            response = get_response(request)
            if hasattr(response, "render") and callable(response.render):
                response.render()
        response["X-Queries"], response["X-Writes"] = str(counts[0]), str(counts[1])
        response["X-Worker"] = str(os.getpid())
        return response

    return respond
