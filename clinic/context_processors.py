from typing import Any

from django.conf import settings
from django.http import HttpRequest

from clinic import context


def clinic(request: HttpRequest) -> dict[str, Any]:
    """What every page may say about the clinic; no query, so that error pages stand alone."""
    return {
        "clinic": getattr(request, "clinic", None),
        "demo": settings.DEMO,
        "request_id": context.current.get().request_id,
    }
