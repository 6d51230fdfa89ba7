"""A therapist's calendar elsewhere: its busy times cannot be booked. Titles are never kept.

The row is the duty to read it; Celery rings. A reading that fails leaves the last good one.
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

from booking import placing, selectors
from booking.availability import moment, seconds
from booking.calendars import busy_times, fetching
from booking.calendars.busy_times import CannotRead, Unreadable
from booking.calendars.fetching import FetchFailed, Rules, Why
from booking.models import LONGEST, Appointment, CalendarFeed, ExternalBusy, ExternalCalendar
from clinic import audit
from clinic import selectors as ground
from clinic.celery import enqueue
from clinic.errors import DomainError

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from booking.availability import Span
    from clinic.models import Therapist, User

EVERY = timedelta(minutes=9)  # the beat comes every ten
CLAIM = timedelta(minutes=2)  # longer than one reading can take
STALE = timedelta(days=1)
SHOWN = 20  # collisions on the page
LONGEST_ADDRESS = 2000
DAY = timedelta(days=1)

TROUBLE: dict[str, StrOrPromise] = {
    Why.ADDRESS: _("This is not an address of a calendar. It starts with https:// or webcal://."),
    Why.SCHEME: _(
        "The address has to start with https:// or webcal://, so that nobody reads along."
    ),
    Why.PORT: _("An address with a port of its own cannot be read. Use the usual https address."),
    Why.PASSWORD: _("Take the user name and password out of the address."),
    Why.PRIVATE: _(
        "That address leads into a private network. Use one that the internet can read."
    ),
    Why.UNKNOWN_HOST: _("There is no such site. Please check the address."),
    Why.UNREACHABLE: _("The other calendar did not answer properly."),
    Why.CERTIFICATE: _("The site could not prove that it is who it says (its certificate is bad)."),
    Why.TIMEOUT: _("The other calendar took too long to answer."),
    Why.REDIRECTS: _("The address sends us from one place to the next. Use the final one."),
    Why.FORBIDDEN: _("The other calendar does not let us in. Use its secret or public address."),
    Why.MISSING: _("There is no calendar at that address any more. Please copy it again."),
    Why.STATUS: _("The other calendar answered with an error."),
    Why.TOO_BIG: _("That calendar is larger than 5 MB. Use one with fewer old entries."),
    Unreadable.WEB_PAGE: _(
        "That is a web page, not the calendar itself. See below where its ICS address is."
    ),
    Unreadable.NOT_A_CALENDAR: _(
        "What is there is no calendar in ICS format. Its address is here:"
    ),
    Unreadable.TOO_MANY: _(
        "That calendar holds too many entries, or one that never stops repeating."
    ),
}
WRONG_PLACE = {Unreadable.WEB_PAGE, Unreadable.NOT_A_CALENDAR}


class BadAddress(DomainError):
    code = "bad_address"


class OwnFeed(DomainError):
    code = "own_feed"
    message = _("That is the calendar of this clinic itself; its visits take up time already.")


@dataclass(frozen=True, slots=True)
class State:
    """How the reading of a calendar stands, for the page."""

    calendar: ExternalCalendar
    spans: int
    now: datetime

    @property
    def is_reading(self) -> bool:
        tried, read = self.calendar.tried_at, self.calendar.fetched_at
        return not self.calendar.error and (tried is None or read is None or read < tried)

    @property
    def trouble(self) -> str:
        return explain(self.calendar.error) if self.calendar.error else ""

    @property
    def is_wrong_place(self) -> bool:
        """The address leads to something else: say where the right one is found."""
        return self.calendar.error in WRONG_PLACE

    @property
    def is_stale(self) -> bool:
        """Nothing new for more than a day: what the diary knows may be wrong."""
        since = self.calendar.fetched_at or self.calendar.created_at
        return since < self.now - STALE

    @property
    def host(self) -> str:
        """What may be shown of the address: the rest of it is a key."""
        return urlsplit(self.calendar.url).hostname or ""


def explain(why: str) -> str:
    return str(TROUBLE.get(why, TROUBLE[Why.UNREACHABLE]))


@dataclass(frozen=True, slots=True)
class Row:
    """One therapist on the manager's list."""

    therapist: Therapist
    feed: CalendarFeed | None
    state: State | None


def overview() -> list[Row]:
    """All therapists with their calendars; three queries."""
    now = timezone.now()
    spans = Count("busy", filter=Q(busy__ends_at__gt=now))
    calendars = {one.therapist_id: one for one in ExternalCalendar.objects.annotate(spans=spans)}
    live = CalendarFeed.objects.filter(revoked_at=None, therapist__isnull=False)
    links = {one.therapist_id: one for one in live}
    rows = []
    for therapist in selectors.therapists():
        calendar = calendars.get(therapist.pk)
        state = State(calendar, calendar.spans, now) if calendar else None
        rows.append(Row(therapist, links.get(therapist.pk), state))
    return rows


def state_of(therapist: Therapist) -> State | None:
    calendar = ExternalCalendar.objects.filter(therapist=therapist).first()
    if calendar is None:
        return None
    now = timezone.now()
    return State(calendar, calendar.busy.filter(ends_at__gt=now).count(), now)


def collisions(therapist: Therapist) -> QuerySet[Appointment]:
    """Visits ahead, booked while the other calendar now says busy. Nobody cancels them for that."""
    busy = ExternalBusy.objects.filter(
        calendar__therapist=therapist,
        starts_at__lt=OuterRef("ends_at"),
        ends_at__gt=OuterRef("starts_at"),
    )
    now = timezone.now()
    ahead = Appointment.objects.agreed().taking_time(now).with_names()
    ahead = ahead.filter(therapist=therapist, starts_at__gt=now - LONGEST, ends_at__gt=now)
    return ahead.filter(Exists(busy)).order_by("starts_at")


def rules() -> Rules:
    """Public addresses over https; a test may widen that to its own servers."""
    return Rules(**settings.CALENDAR_FETCH)


def cleaned(text: str) -> str:
    """An address as it can be read.

    Raises:
        BadAddress: it cannot.
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
    """Read this calendar from now on; another one's busy times go at once.

    Raises:
        BadAddress: it is no address that can be read.
        OwnFeed: it is ours.
    """
    url = cleaned(url)
    placing.lock_therapist(therapist.pk)
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
    ExternalCalendar.objects.filter(pk=calendar.pk).update(tried_at=None, error="")
    enqueue("booking.fetch_calendar", str(calendar.pk))
    return True


@transaction.atomic
def disconnect(*, actor: User, therapist: Therapist) -> bool:
    """Its busy times are free again; False when there was none."""
    placing.lock_therapist(therapist.pk)
    calendar = ExternalCalendar.objects.filter(therapist=therapist).first()
    if calendar is None:
        return False
    audit.record(actor, "external_calendar.disconnected", calendar)
    calendar.delete()
    return True


def ring_for_due() -> None:
    """Ask for a reading of every calendar that is due, each by a task of its own."""
    due = ExternalCalendar.objects.filter(_due(EVERY), therapist__is_active=True)
    for pk in due.values_list("pk", flat=True):
        enqueue("booking.fetch_calendar", str(pk))


def refresh(pk: UUID | str) -> None:
    """Read one calendar now, unless somebody else is at it."""
    now = timezone.now()
    if not ExternalCalendar.objects.filter(_due(CLAIM), pk=pk).update(tried_at=now):
        return
    calendar = ExternalCalendar.objects.select_related("therapist").get(pk=pk)
    try:
        etag, spans = _read(calendar, now)
    except (FetchFailed, CannotRead) as error:
        still = ExternalCalendar.objects.filter(pk=pk)
        still.update(error=error.why)
        return
    _store(calendar, etag, spans)


def _due(after: timedelta) -> Q:
    return Q(tried_at=None) | Q(tried_at__lte=timezone.now() - after)


def _read(calendar: ExternalCalendar, now: datetime) -> tuple[str, list[Span] | None]:
    """The ETag and the busy spans; None: they are as they were."""
    location = ground.location()
    zone = location.zone
    today = now.astimezone(zone).date()
    # Repeating events reach one day further every day, so a calendar that has not changed is
    # read through all the same on the first reading of a day.
    read = calendar.fetched_at
    same_day = read is not None and read.astimezone(zone).date() == today
    fetched = fetching.fetch(calendar.url, etag=calendar.etag if same_day else "", rules=rules())
    if fetched.content is None:
        if not same_day:  # an answer to a question we did not ask
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
    """Appointments of ours in there: who subscribes to our feed may well publish it again.

    All that ever were, also the cancelled and moved ones: such a copy is a day old at times.
    """
    known = Appointment.objects.filter(ical_uid__in=busy_times.possibly_ours(content))
    return [str(uid) for uid in known.values_list("ical_uid", flat=True)]


@transaction.atomic
def _store(calendar: ExternalCalendar, etag: str, spans: list[Span] | None) -> None:
    """Write only what differs: any write here makes everybody look the diary up afresh."""
    placing.lock_therapist(calendar.therapist_id)
    still = ExternalCalendar.objects.filter(pk=calendar.pk)  # it may be gone by now
    if not still.update(fetched_at=timezone.now(), etag=etag, error="") or spans is None:
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
