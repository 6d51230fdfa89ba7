"""A therapist's outside calendar: its busy times cannot be booked. Titles are never kept.

The row says it has to be read; Celery triggers it. A failed reading keeps the last good one.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking import selectors
from booking.calendars import busy_times, fetching
from booking.calendars.busy_times import CannotRead, Unreadable
from booking.calendars.fetching import FetchFailed, FetchRules, Why
from booking.models import LONGEST, Appointment, CalendarFeed, ExternalBusy, ExternalCalendar
from booking.times.availability import moment, seconds
from booking.visits import placement
from clinic import duties
from clinic import selectors as clinic_selectors
from clinic.audit import services as audit
from clinic.celery import enqueue
from clinic.errors import DomainError

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from booking.times.availability import Span
    from clinic.models import Therapist, User

EVERY = timedelta(minutes=9)  # the beat runs every ten
STALE = timedelta(days=1)
SHOWN = 20  # collisions on the page
LONGEST_ADDRESS = 2000
DAY = timedelta(days=1)

TROUBLE: dict[str, StrOrPromise] = {
    Why.ADDRESS: _("That is not a calendar address. It should start with https:// or webcal://."),
    Why.SCHEME: _(
        "The address has to start with https:// or webcal://, so that no one else can read it."
    ),
    Why.PORT: _("We cannot read an address with a port number. Use the usual https address."),
    Why.PASSWORD: _("Remove the user name and password from the address."),
    Why.PRIVATE: _("That address is on a private network. Use one the internet can reach."),
    Why.UNKNOWN_HOST: _("We cannot find that site. Please check the address."),
    Why.UNREACHABLE: _("The other calendar did not answer properly."),
    Why.CERTIFICATE: _("The site could not prove its identity (its certificate is bad)."),
    Why.TIMEOUT: _("The other calendar took too long to answer."),
    Why.REDIRECTS: _("The address redirects too many times. Use the final one."),
    Why.FORBIDDEN: _("The other calendar does not let us in. Use its secret or public address."),
    Why.MISSING: _("There is no calendar at that address now. Please copy it again."),
    Why.STATUS: _("The other calendar answered with an error."),
    Why.TOO_BIG: _("That calendar is larger than 5 MB. Use one with fewer old entries."),
    Unreadable.WEB_PAGE: _(
        "That is a web page, not the calendar itself. See below where to find its ICS address."
    ),
    Unreadable.NOT_A_CALENDAR: _("That is not a calendar in ICS format. Find its address here:"),
    Unreadable.TOO_MANY: _("That calendar has too many entries, or one that repeats forever."),
}
WRONG_PLACE = {Unreadable.WEB_PAGE, Unreadable.NOT_A_CALENDAR}


class BadAddress(DomainError):
    """The address cannot be read, and why."""


class OwnFeed(DomainError):
    message = _("That is this clinic's own calendar; its visits already block time.")


@dataclass(frozen=True, slots=True)
class ReadingState:
    """The state of reading a calendar, for the page."""

    calendar: ExternalCalendar
    spans: int
    now: datetime

    @property
    def is_reading(self) -> bool:
        """For the first time, right now, or because someone does not want to wait."""
        one = self.calendar
        read, claimed = one.fetched_at, one.work_claimed_at
        asked = read is None or claimed is not None or one.work_due_at < read + EVERY
        return asked and not one.error

    @property
    def trouble(self) -> str:
        return explain(self.calendar.error) if self.calendar.error else ""

    @property
    def is_wrong_place(self) -> bool:
        """The address leads to something else: say where to find the right one."""
        return self.calendar.error in WRONG_PLACE

    @property
    def is_stale(self) -> bool:
        """Nothing new for more than a day: what the diary knows may be wrong."""
        since = self.calendar.fetched_at or self.calendar.created_at
        return since < self.now - STALE

    @property
    def host(self) -> str:
        """The part of the address that may be shown: the rest is a secret."""
        return urlsplit(self.calendar.url).hostname or ""


def explain(why: str) -> str:
    return str(TROUBLE.get(why, TROUBLE[Why.UNREACHABLE]))


@dataclass(frozen=True, slots=True)
class TherapistCalendars:
    """One therapist on the manager's list."""

    therapist: Therapist
    feed: CalendarFeed | None
    state: ReadingState | None


def overview() -> list[TherapistCalendars]:
    """All therapists with their calendars; three queries."""
    states = _states(ExternalCalendar.objects.all())
    live = CalendarFeed.objects.filter(revoked_at=None, therapist__isnull=False)
    links = {one.therapist_id: one for one in live}
    return [
        TherapistCalendars(one, links.get(one.pk), states.get(one.pk))
        for one in selectors.therapists()
    ]


def state_of(therapist: Therapist) -> ReadingState | None:
    return _states(ExternalCalendar.objects.filter(therapist=therapist)).get(therapist.pk)


def _states(calendars: QuerySet[ExternalCalendar]) -> dict[UUID, ReadingState]:
    now = timezone.now()
    counted = calendars.annotate(spans=Count("busy", filter=Q(busy__ends_at__gt=now)))
    return {one.therapist_id: ReadingState(one, one.spans, now) for one in counted}


def collisions(therapist: Therapist) -> QuerySet[Appointment]:
    """Upcoming visits at times the other calendar now calls busy. They are not canceled."""
    busy = ExternalBusy.objects.filter(
        calendar__therapist=therapist,
        starts_at__lt=OuterRef("ends_at"),
        ends_at__gt=OuterRef("starts_at"),
    )
    now = timezone.now()
    ahead = Appointment.objects.agreed().taking_time(now).with_names()
    ahead = ahead.filter(therapist=therapist, starts_at__gt=now - LONGEST, ends_at__gt=now)
    return ahead.filter(Exists(busy)).order_by("starts_at")


def rules() -> FetchRules:
    """Public addresses over https; a test may widen that to its own servers."""
    return FetchRules(**settings.CALENDAR_FETCH)


def cleaned(text: str) -> str:
    """An address in the form we can read.

    Raises:
        BadAddress: we cannot read it.
        OwnFeed: it is ours.
    """
    url = text.strip()
    scheme, separator, rest = url.partition("://")
    if separator and scheme.lower() in {"webcal", "webcals"}:
        url = f"https://{rest}"
    if len(url) > LONGEST_ADDRESS:
        raise BadAddress(TROUBLE[Why.ADDRESS])
    try:
        host = fetching.expect_address(url, rules()).hostname or ""
    except FetchFailed as error:
        raise BadAddress(TROUBLE[error.why]) from error
    ours = urlsplit(settings.PUBLIC_URL)
    if (host, urlsplit(url).path[:10]) == (ours.hostname, "/calendar/"):
        raise OwnFeed
    if _is_number(host) and not fetching.is_public(host) and not rules().allowed:
        raise BadAddress(TROUBLE[Why.PRIVATE])
    return url


@transaction.atomic
def connect(*, actor: User, therapist: Therapist, url: str) -> ExternalCalendar:
    """Read this calendar from now on; the busy times of the previous one are dropped at once.

    Raises:
        BadAddress: it is not an address we can read.
        OwnFeed: it is ours.
    """
    url = cleaned(url)
    placement.lock_therapist(therapist.pk)
    calendar = ExternalCalendar.objects.filter(therapist=therapist).first()
    if calendar is not None and calendar.url == url:
        read_again(therapist=therapist)
        return calendar
    if calendar is not None:
        calendar.delete()
    calendar = ExternalCalendar.objects.create(therapist=therapist, url=url)
    audit.record(actor, "external_calendar.connected", calendar)
    enqueue("booking.fetch_calendar", str(calendar.pk))
    return calendar


@transaction.atomic
def read_again(*, therapist: Therapist) -> bool:
    """Do not wait for the beat; False when there is no calendar."""
    calendar = ExternalCalendar.objects.filter(therapist=therapist).first()
    if calendar is None:
        return False
    now = timezone.now()
    ExternalCalendar.objects.filter(pk=calendar.pk).update(work_due_at=now, error="")
    enqueue("booking.fetch_calendar", str(calendar.pk))
    return True


@transaction.atomic
def disconnect(*, actor: User, therapist: Therapist) -> bool:
    """Free its busy times again; False if there was no calendar."""
    placement.lock_therapist(therapist.pk)
    calendar = ExternalCalendar.objects.filter(therapist=therapist).first()
    if calendar is None:
        return False
    audit.record(actor, "external_calendar.disconnected", calendar)
    calendar.delete()
    return True


def followed() -> QuerySet[ExternalCalendar]:
    return ExternalCalendar.objects.filter(therapist__is_active=True)


def refresh(pk: UUID | str) -> None:
    """Read one calendar if it is due, unless another worker is reading it."""
    calendar = duties.claim(ExternalCalendar.objects.all(), pk)
    if calendar is None:
        return
    now = timezone.now()
    try:
        etag, spans = _read(calendar, now)
    except (FetchFailed, CannotRead) as error:
        duties.put_back(calendar, work_due_at=now + EVERY, error=error.why)
        return
    _store(calendar, etag, spans)


def _read(calendar: ExternalCalendar, now: datetime) -> tuple[str, list[Span] | None]:
    """The ETag and the busy spans; None if nothing has changed."""
    location = clinic_selectors.location()
    zone = location.zone
    today = now.astimezone(zone).date()
    # Repeating events reach one day further every day, so a calendar that has not changed is
    # still read in full on the first reading of a day.
    read = calendar.fetched_at
    same_day = read is not None and read.astimezone(zone).date() == today
    fetched = fetching.fetch(calendar.url, etag=calendar.etag if same_day else "", rules=rules())
    if fetched.content is None:
        if not same_day:  # an answer that does not fit our request
            raise FetchFailed(Why.STATUS)
        return calendar.etag, None
    last = today + (selectors.policy_of(location).horizon_days + 2) * DAY
    spans = busy_times.read(
        fetched.content,
        zone=zone,
        start=datetime.combine(today, time(), zone),
        end=datetime.combine(last, time(), zone),
        skip=_ours(fetched.content),
    )
    return fetched.etag, spans


def _ours(content: bytes) -> list[str]:
    """Our own appointments in it: someone who subscribes to our feed may publish it again.

    All of them, including canceled and moved ones: such a copy can be a day old.
    """
    known = Appointment.objects.filter(ical_uid__in=busy_times.possibly_ours(content))
    return [str(uid) for uid in known.values_list("ical_uid", flat=True)]


@transaction.atomic
def _store(calendar: ExternalCalendar, etag: str, spans: list[Span] | None) -> None:
    """Write only what differs: any write here invalidates every cached answer."""
    placement.lock_therapist(calendar.therapist_id)
    now = timezone.now()
    good = {"fetched_at": now, "work_due_at": now + EVERY, "etag": etag, "error": ""}
    if not duties.done(calendar, **good) or spans is None:  # it may be gone by now
        return
    rows = ExternalBusy.objects.filter(calendar=calendar)
    known = {
        (seconds(starts_at), seconds(ends_at)): pk
        for pk, starts_at, ends_at in rows.values_list("pk", "starts_at", "ends_at")
    }
    gone = [known[span] for span in known.keys() - set(spans)]
    fresh = [span for span in spans if span not in known]
    if gone:
        rows.filter(pk__in=gone).delete()
    ExternalBusy.objects.bulk_create(
        ExternalBusy(calendar=calendar, starts_at=moment(begins), ends_at=moment(ends))
        for begins, ends in fresh
    )


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
