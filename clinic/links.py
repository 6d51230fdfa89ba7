from django.conf import settings


def absolute(path: str) -> str:
    """A path of ours as an address for a message. Links carry ids only, never data."""
    return f"{settings.PUBLIC_URL}{path}"
