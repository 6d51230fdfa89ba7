"""Health for the process manager and the load balancer. Public; says only ok or not."""

from __future__ import annotations

from django.core.cache import cache
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from clinic import access

HEARTBEAT = "worker-heartbeat"
HEARTBEAT_SECONDS = 75  # five beats
PROBE = "ready-probe"


@access.public
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@access.public
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database, Redis and a worker all respond; 503 names what does not."""
    checks = {"database": _database(), "redis": _redis(), "worker": bool(cache.get(HEARTBEAT))}
    status = 200 if all(checks.values()) else 503
    words = {name: "ok" if good else "down" for name, good in checks.items()}
    return JsonResponse({"status": "ok" if status == 200 else "down", **words}, status=status)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
            return cursor.fetchone() is not None
    except Error:
        return False


def _redis() -> bool:
    cache.set(PROBE, 1, timeout=10)
    return bool(cache.get(PROBE) == 1)
