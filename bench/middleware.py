from __future__ import annotations

import os
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.db import connection

from clinic.audit import services as audit
from clinic.web import location as current_location

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


_unaudited: ContextVar[bool] = ContextVar("unaudited", default=False)


def _unless_told(record: Callable[..., None]) -> Callable[..., None]:
    """Audit rows are written unless a request asks to be measured without them."""

    def maybe(*args: Any, **kwargs: Any) -> None:
        if not _unaudited.get():
            record(*args, **kwargs)

    return maybe


class _Counter:
    def __init__(self) -> None:
        self.queries = 0

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        self.queries += 1
        return execute(sql, params, many, context)


class BenchMiddleware:
    """Names the worker that answered, gives each visitor their own IP address, counts queries,
    and leaves out the audit row if asked to.

    Queries are counted only for requests that ask for it; those are never timed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.worker = ""
        audit.record = _unless_told(audit.record)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if visitor := request.META.get("HTTP_X_BENCH_VISITOR"):
            request.META["REMOTE_ADDR"] = visitor
        _unaudited.set("HTTP_X_BENCH_UNAUDITED" in request.META)
        if "HTTP_X_BENCH_COUNT" in request.META:
            current_location.forget()  # requests that count fill in-process caches
            counter = _Counter()
            with connection.execute_wrapper(counter):
                response = self.get_response(request)
            response["X-Bench-Queries"] = str(counter.queries)
        else:
            response = self.get_response(request)
        response["X-Bench-Worker"] = self.worker = self.worker or str(os.getpid())
        return response
