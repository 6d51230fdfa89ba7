from typing import Any

from django.conf import settings
from django.http import HttpRequest

from clinic import context, idle
from clinic.models import User


def clinic(request: HttpRequest) -> dict[str, Any]:
    """What every page may say about the clinic; no query, so that error pages stand alone."""
    # Read only where a session was loaded already: error pages stand alone.
    user = getattr(request, "_cached_user", None)
    return {
        "session_left": idle.left(request, user) if isinstance(user, User) else 0,
        "session_warning": int(idle.WARNING.total_seconds()),
        "clinic": getattr(request, "clinic", None),
        "demo": settings.DEMO,
        "request_id": context.current.get().request_id,
    }
