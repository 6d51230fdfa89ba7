"""Calendar feeds: an address that shows one person's visits to anyone who knows it.

The address is the key, so we keep only its SHA-256: a copy of our database opens no calendar.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.models import TAKES_TIME, Appointment, CalendarFeed, TimeOff
from booking.visits import ics
from clinic import access
from clinic import selectors as clinic_selectors
from clinic.audit import services as audit
from clinic.messaging.links import absolute, hashed
from clinic.models import Client, Therapist
from clinic.people import services as people

if TYPE_CHECKING:
    from icalendar import Event

    from booking.models import AppointmentQuerySet
    from clinic.models import User

BACK = timedelta(days=30)
READ_EVERY = timedelta(hours=1)
TOKEN_BYTES = 32


def of(owner: Therapist | Client) -> CalendarFeed | None:
    """The feed that works now, if there is one."""
    return CalendarFeed.objects.filter(**_whose(owner), revoked_at=None).first()


@transaction.atomic
def make(*, actor: User, owner: Therapist | Client) -> str:
    """A new address, shown only once; the previous one stops working."""
    _lock(owner)
    _revoke(actor, owner)
    token = token_urlsafe(TOKEN_BYTES)
    feed = CalendarFeed.objects.create(**_whose(owner), token_hash=hashed(token), created_by=actor)
    audit.record(actor, "calendar_feed.made", feed)
    return token


@transaction.atomic
def revoke(*, actor: User, owner: Therapist | Client) -> bool:
    """The address stops working; False when there was none."""
    _lock(owner)
    return _revoke(actor, owner)


def address(token: str) -> str:
    return absolute(reverse("booking:feed", args=[token]))


def find(token: str) -> CalendarFeed | None:
    """The feed behind an address, as long as its maker may still see what it shows.

    We compare hashes, so the timing reveals nothing about any token.
    """
    feed = (
        CalendarFeed.objects.filter(token_hash=hashed(token), revoked_at=None)
        .select_related("therapist", "client", "created_by")
        .first()
    )
    if feed is None or not feed.created_by.is_active:
        return None
    if feed.therapist is not None:
        theirs = feed.therapist.is_active and feed.therapist.user_id == feed.created_by_id
        return feed if theirs else None
    assert feed.client is not None  # noqa: S101  (a CHECK says so)
    return feed if access.may_act_for(feed.created_by, feed.client) else None


def content(feed: CalendarFeed) -> bytes:
    """The current calendar. Canceled visits are left out, not marked.

    Subscribers replace their copy with ours, so a missing visit disappears everywhere. Marked
    STATUS:CANCELLED it would vanish from Google, stay struck through at Apple, and look unchanged
    in Outlook.
    """
    location = clinic_selectors.location()
    today = timezone.now().astimezone(location.zone).date()
    since = datetime.combine(today - BACK, time(), location.zone)
    visits = Appointment.objects.agreed().filter(TAKES_TIME, starts_at__gte=since)
    if feed.therapist is not None:
        name = _("Sessions at %(clinic)s") % {"clinic": location.name}
        return ics.feed(_of_therapist(feed.therapist, visits, since), name=name)
    name = _("Visits at %(clinic)s") % {"clinic": location.name}
    mine = visits.filter(client=feed.client).select_related("location").order_by("starts_at", "pk")
    return ics.feed((ics.visit(one, url=_link("visit-detail", one)) for one in mine), name=name)


def fingerprint(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]


def was_read(feed: CalendarFeed) -> None:
    """Record that a calendar has read it, at most once an hour."""
    now = timezone.now()
    due = now - READ_EVERY
    if feed.read_at is None or feed.read_at <= due:
        stale = CalendarFeed.objects.filter(Q(read_at=None) | Q(read_at__lte=due), pk=feed.pk)
        stale.update(read_at=now)


def _of_therapist(
    therapist: Therapist, visits: AppointmentQuerySet, since: datetime
) -> list[Event]:
    mine = visits.filter(therapist=therapist).select_related("client", "room", "location")
    sessions = [
        ics.session(one, url=_link("appointment", one)) for one in mine.order_by("starts_at", "pk")
    ]
    off = TimeOff.objects.filter(therapist=therapist, ends_at__gt=since)
    off = off.select_related("location").order_by("starts_at", "pk")
    return [*sessions, *(ics.away(one) for one in off)]


def _link(name: str, appointment: Appointment) -> str:
    return absolute(reverse(f"booking:{name}", args=[appointment.pk]))


def _revoke(actor: User, owner: Therapist | Client) -> bool:
    feed = of(owner)
    if feed is None:
        return False
    CalendarFeed.objects.filter(pk=feed.pk).update(revoked_at=timezone.now())
    audit.record(actor, "calendar_feed.revoked", feed)
    return True


def _lock(owner: Therapist | Client) -> None:
    """Two clicks wait for each other: only one address works at a time."""
    if isinstance(owner, Client):
        people.lock(owner)
    else:
        Therapist.objects.select_for_update(no_key=True).get(pk=owner.pk)


def _whose(owner: Therapist | Client) -> dict[str, Any]:
    return {"therapist": owner} if isinstance(owner, Therapist) else {"client": owner}
