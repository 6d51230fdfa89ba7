from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


class _Counter:
    def __init__(self) -> None:
        self.queries = 0

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        self.queries += 1
        return execute(sql, params, many, context)


class BenchMiddleware:
    """Names the worker that answered, gives a visitor an address of their own, counts queries.

    The count is made for requests that ask for it; those are never the timed ones.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.worker = ""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if visitor := request.META.get("HTTP_X_BENCH_VISITOR"):
            request.META["REMOTE_ADDR"] = visitor
        if "HTTP_X_BENCH_COUNT" in request.META:
            counter = _Counter()
            with connection.execute_wrapper(counter):
                response = self.get_response(request)
            response["X-Bench-Queries"] = str(counter.queries)
        else:
            response = self.get_response(request)
        response["X-Bench-Worker"] = self.worker = self.worker or str(os.getpid())
        return response
