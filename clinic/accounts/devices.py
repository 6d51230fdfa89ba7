"""Whether a browser has signed in to an account before. If not, its owner gets an e-mail.

A device is a persistent cookie plus the kind of browser that sends it. It holds only keyed
hashes, signed: it names no one, and the clinic keeps no list of anyone's devices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from clinic.audit import services as audit
from clinic.messaging import outbox

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from clinic.models import User

COOKIE = "__Host-device" if settings.HTTPS else "device"
SALT = "clinic.devices"
AGE = 400 * 24 * 3600  # seconds; browsers keep no cookie longer
KEPT = 20  # accounts remembered per browser

# The first match in the user agent. Most browsers also name their predecessors.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def agent(request: HttpRequest) -> str:
    return str(request.headers.get("User-Agent", ""))


def describe(text: str) -> str:
    """ "Firefox on Windows": no version, so that an update is not a new device."""
    browser = next((name for mark, name in BROWSERS if mark in text), "")
    system = next((name for mark, name in SYSTEMS if mark in text), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("An unknown browser")


def remember_device(
    request: HttpRequest, response: HttpResponse, *, user: User, first_time: bool
) -> None:
    """Remember this browser; notify the account's owner if it is new."""
    seen = _seen(request)
    mark = _mark(request, user)
    if mark not in seen and not first_time:
        _notify_owner(request, user)
    kept = [mark, *(other for other in seen if other != mark)][:KEPT]
    response.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=SALT),
        max_age=AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _mark(request: HttpRequest, user: User) -> str:
    return salted_hmac(SALT, f"{user.pk}:{describe(agent(request))}").hexdigest()[:20]


def _seen(request: HttpRequest) -> list[str]:
    try:
        return list(signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=AGE))
    except signing.BadSignature:
        return []


def _notify_owner(request: HttpRequest, user: User) -> None:
    audit.record(user, "signin.new_device", user)
    outbox.queue(
        kind="sign-in",
        key=f"new-device:{uuid4()}",
        recipient=user.email,
        subject=_("A new sign-in to your account"),
        template="messages/new_device.txt",
        context={
            "browser": describe(agent(request)),
            "at": timezone.localtime(),
            "url": settings.PUBLIC_URL + reverse("sessions"),
        },
    )
