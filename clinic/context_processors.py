from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from clinic import access
from clinic.accounts import idle
from clinic.models import User
from clinic.web import context


def clinic(request: HttpRequest) -> dict[str, Any]:
    """What any page may say about the clinic; no query, so that error pages work alone."""
    # Read only if a session is already loaded: error pages work alone.
    user = getattr(request, "_cached_user", None)
    return {
        "session_left": idle.left(request, user) if isinstance(user, User) else 0,
        "session_warning": int(idle.WARNING.total_seconds()),
        "clinic": getattr(request, "clinic", None),
        "demo": settings.DEMO,
        # Asked only by pages for someone who is signed in.
        "viewer": SimpleLazyObject(lambda: access.viewer(request.user)),
        "request_id": context.current.get().request_id,
    }
