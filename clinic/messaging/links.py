"""Links in messages, and the secrets of those that open something without signing in."""

from hashlib import sha256

from django.conf import settings


def absolute(path: str) -> str:
    """A path of ours as a URL for a message. Links carry only ids, never data."""
    return f"{settings.PUBLIC_URL}{path}"


def hashed(token: str) -> str:
    """What is stored of a link's secret: reading the table opens nothing."""
    return sha256(token.encode(errors="replace")).hexdigest()
