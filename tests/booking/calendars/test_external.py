"""A therapist's other calendar, from the pasted address to busy times and back."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from booking import tasks
from booking.calendars import external, feeds
from booking.calendars.busy_times import Unreadable
from booking.calendars.fetching import Why
from booking.models import BookingPolicy, ExternalBusy, ExternalCalendar
from booking.times import search
from clinic.models import AuditEvent
from tests import factories
from tests.booking.factories import at, booked_appointment, make_hours, weekday_ahead
from tests.booking.servers import HOME, Handler, Site, site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from django.test import Client as Browser

    from clinic.models import Client, Location, ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db
DESK = reverse("booking:desk-calendar")
CONNECT = reverse("booking:external-connect")


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")


def vevent(start: datetime, end: datetime, uid: str = "1@elsewhere", *lines: str) -> str:
    times = [f"DTSTART:{stamp(start)}", f"DTEND:{stamp(end)}"]
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", *times, *lines, "END:VEVENT", ""])


def calendar(*events: str) -> bytes:
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:elsewhere\r\n"
    return (head + "".join(events) + "END:VCALENDAR\r\n").encode()


@pytest.fixture
def ten(location: Location) -> datetime:
    return at(location, "10:00")


@pytest.fixture
def elsewhere(settings: Any) -> Iterator[Site]:
    """A server that plays the other calendar; it answers with `page`."""
    with site(lambda ask: ask.reply(calendar())) as server:
        settings.CALENDAR_FETCH = {
            "schemes": frozenset({"http", "https"}),
            "ports": frozenset({80, 443, server.port}),
            "allowed": (f"{HOME}/32",),
            "seconds": 10.0,
        }
        yield server


@pytest.fixture
def connected(elsewhere: Site, therapist: Therapist, location: Location) -> ExternalCalendar:
    return ExternalCalendar.objects.create(therapist=therapist, url=address(elsewhere))


def address(server: Site, path: str = "/basic.ics") -> str:
    return server.url(path, host=HOME)


def show(server: Site, content: bytes, **headers: str) -> None:
    server.answer = lambda ask: ask.reply(content, headers=headers)


def read(calendar: ExternalCalendar) -> ExternalCalendar:
    """One reading, whatever was tried a moment ago."""
    ExternalCalendar.objects.filter(pk=calendar.pk).update(work_due_at=timezone.now())
    tasks.fetch_calendar.run(str(calendar.pk))
    calendar.refresh_from_db()
    return calendar


def spans() -> list[tuple[datetime, datetime]]:
    return list(ExternalBusy.objects.values_list("starts_at", "ends_at"))


def test_busy_times_are_kept_and_what_they_are_for_is_not(
    connected: ExternalCalendar, elsewhere: Site, ten: datetime
) -> None:
    hour = timedelta(hours=1)
    show(
        elsewhere,
        calendar(
            vevent(ten, ten + hour, "1@x", "SUMMARY:Dentist with Bo"),
            vevent(ten + hour / 2, ten + 2 * hour, "2@x"),
            vevent(ten + 3 * hour, ten + 4 * hour, "3@x", "TRANSP:TRANSPARENT"),
        ),
    )
    read(connected)
    assert connected.error == ""
    assert connected.fetched_at is not None
    assert spans() == [(ten, ten + 2 * hour)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_to_json(c)::text || row_to_json(b)::text FROM"
            " booking_externalcalendar c, booking_externalbusy b"
        )
        (row,) = cursor.fetchone()
    assert "Dentist" not in row
    assert HOME not in row  # the address is sealed


def test_what_is_busy_elsewhere_cannot_be_booked_here(
    connected: ExternalCalendar,
    elsewhere: Site,
    therapist: Therapist,
    rooms: object,
    option60: ServiceOption,
    location: Location,
    ten: datetime,
) -> None:
    make_hours([therapist], location)
    day = ten.astimezone(location.zone).date()

    def starts() -> set[int]:
        free = search.free_times(option=option60, start=day, end=day)
        return {opening.start for opening in free.openings}

    before = starts()
    show(elsewhere, calendar(vevent(ten, ten + timedelta(hours=1))))
    read(connected)
    late, soon = int(ten.timestamp()) + 3600, int(ten.timestamp()) - 3600
    # A session may end when the other begins, and begin when it ends; what lies between is gone.
    assert starts() == {start for start in before if not soon < start < late}
    assert {soon, late} <= starts()
    show(elsewhere, calendar())
    read(connected)
    assert starts() == before


def test_nothing_is_written_while_nothing_changes(
    connected: ExternalCalendar, elsewhere: Site, ten: datetime
) -> None:
    hour = timedelta(hours=1)
    show(elsewhere, calendar(vevent(ten, ten + hour)))
    read(connected)
    (before,) = ExternalBusy.objects.values()
    read(connected)
    assert ExternalBusy.objects.values().get() == before
    show(elsewhere, calendar(vevent(ten, ten + hour), vevent(ten + 2 * hour, ten + 3 * hour, "2")))
    read(connected)
    assert ExternalBusy.objects.count() == 2
    assert ExternalBusy.objects.filter(pk=before["id"]).exists()
    show(elsewhere, calendar())
    read(connected)
    assert spans() == []


def test_an_etag_saves_the_reading_within_a_day_but_not_on_the_next(
    connected: ExternalCalendar, elsewhere: Site, ten: datetime, location: Location
) -> None:
    content = calendar(vevent(ten, ten + timedelta(hours=1)))

    def answer(ask: Handler) -> None:
        same = ask.headers["If-None-Match"] == '"one"'
        body, status = (b"", 304) if same else (content, 200)
        ask.reply(body, status=status, headers={"ETag": '"one"'})

    elsewhere.answer = answer
    noon = at(location, "12:00", timezone.now().astimezone(location.zone).date())
    with time_machine.travel(noon, tick=False):
        read(connected)
        read(connected)
    with time_machine.travel(noon + timedelta(days=1), tick=False):
        read(connected)
    sent = [headers.get("If-None-Match") for _path, headers in elsewhere.asked]
    assert sent == [None, '"one"', None]
    assert connected.error == ""
    assert len(spans()) == 1


def test_repeating_events_reach_to_the_horizon_and_a_day_further(
    connected: ExternalCalendar, elsewhere: Site, location: Location, ten: datetime
) -> None:
    BookingPolicy.objects.create(location=location, horizon_days=10)
    daily = vevent(
        ten - timedelta(days=30), ten - timedelta(days=30, hours=-1), "1", "RRULE:FREQ=DAILY"
    )
    show(elsewhere, calendar(daily))
    read(connected)
    today = timezone.now().astimezone(location.zone).date()
    days = [begins.astimezone(location.zone).date() for begins, _ends in spans()]
    assert days == [today + timedelta(days=n) for n in range(12)]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda ask: ask.reply(b"<!doctype html><h1>Calendar</h1>"), Unreadable.WEB_PAGE),
        (
            lambda ask: ask.reply(b"\x89PNG", headers={"Content-Type": "image/png"}),
            Unreadable.NOT_A_CALENDAR,
        ),
        (lambda ask: ask.reply(status=404), Why.MISSING),
        (
            lambda ask: ask.reply(status=302, headers={"Location": "http://169.254.169.254/"}),
            Why.PRIVATE,
        ),
        (lambda ask: ask.reply(headers={"Content-Length": "9999999"}), Why.TOO_BIG),
        (lambda ask: time.sleep(2), Why.TIMEOUT),
    ],
    ids=["web page", "picture", "gone", "inward", "huge", "hangs"],
)
def test_a_reading_that_fails_says_why_and_leaves_the_last_good_one(
    connected: ExternalCalendar,
    elsewhere: Site,
    as_therapist: Browser,
    ten: datetime,
    answer: Callable[[Handler], None],
    reason: str,
    settings: Any,
) -> None:
    show(elsewhere, calendar(vevent(ten, ten + timedelta(hours=1))))
    good = read(connected).fetched_at
    elsewhere.answer = answer
    if reason == Why.TIMEOUT:
        settings.CALENDAR_FETCH = {**settings.CALENDAR_FETCH, "seconds": 0.3}
    read(connected)
    assert connected.error == reason
    assert connected.fetched_at == good
    assert spans() == [(ten, ten + timedelta(hours=1))]
    page = as_therapist.get(DESK).content.decode()
    assert "We have not been able to read it since" in page
    assert "more than a day" not in page
    ExternalCalendar.objects.update(fetched_at=timezone.now() - timedelta(days=2))
    assert "more than a day" in as_therapist.get(DESK).content.decode()
    show(elsewhere, calendar())
    settings.CALENDAR_FETCH = {**settings.CALENDAR_FETCH, "seconds": 10.0}
    assert read(connected).error == ""
    assert spans() == []


def test_the_usual_mistake_is_told_where_the_right_address_is(
    connected: ExternalCalendar, as_therapist: Browser
) -> None:
    ExternalCalendar.objects.update(error=Unreadable.WEB_PAGE)
    page = as_therapist.get(DESK).content.decode()
    assert "That is a web page" in page
    assert '<details class="more" open>' in page
    assert all(name in page for name in ("Google Calendar", "Apple iCloud", "Outlook"))


def test_two_workers_do_not_read_the_same_calendar(
    connected: ExternalCalendar, elsewhere: Site
) -> None:
    tasks.fetch_calendar.run(str(connected.pk))
    tasks.fetch_calendar.run(str(connected.pk))
    assert len(elsewhere.asked) == 1


@pytest.mark.django_db(transaction=True)
def test_a_calendar_that_is_removed_while_it_is_read_leaves_nothing_behind(
    connected: ExternalCalendar, elsewhere: Site, ten: datetime
) -> None:
    def answer(ask: Handler) -> None:
        ExternalCalendar.objects.all().delete()
        connection.close()  # this thread's own
        ask.reply(calendar(vevent(ten, ten + timedelta(hours=1))))

    elsewhere.answer = answer
    tasks.fetch_calendar.run(str(connected.pk))
    assert len(elsewhere.asked) == 1
    assert not ExternalCalendar.objects.exists()
    assert spans() == []


def test_the_beat_reads_what_is_due_and_nobody_who_has_left(
    connected: ExternalCalendar,
    elsewhere: Site,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    left = factories.make_therapist("Theo Park", position=1)
    left.is_active = False
    left.save()
    ExternalCalendar.objects.create(therapist=left, url=address(elsewhere, "/left.ics"))
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            tasks.fetch_calendars.run()
    assert [path for path, _headers in elsewhere.asked] == ["/basic.ics"]
    ExternalCalendar.objects.update(work_due_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        tasks.fetch_calendars.run()
    assert len(elsewhere.asked) == 2


def test_our_own_feed_coming_back_blocks_nothing(
    connected: ExternalCalendar,
    elsewhere: Site,
    client_record: Client,
    therapist: Therapist,
    therapist_user: User,
    ten: datetime,
) -> None:
    cancelled = booked_appointment(client_record, starts_at=ten + timedelta(hours=3))
    visit = booked_appointment(client_record, starts_at=ten)
    feed = feeds.find(feeds.make(actor=therapist_user, owner=therapist))
    assert feed is not None
    content = feeds.content(feed).replace(
        b"END:VCALENDAR",
        vevent(ten + timedelta(hours=6), ten + timedelta(hours=7)).encode() + b"END:VCALENDAR",
    )
    type(visit).objects.filter(pk=cancelled.pk).update(status="cancelled")  # theirs is a day old
    show(elsewhere, content)
    read(connected)
    assert spans() == [(ten + timedelta(hours=6), ten + timedelta(hours=7))]


def test_visits_that_collide_are_listed_and_never_cancelled(
    connected: ExternalCalendar,
    elsewhere: Site,
    client_record: Client,
    as_therapist: Browser,
    ten: datetime,
    therapist: Therapist,
) -> None:
    hour = timedelta(hours=1)
    hit = booked_appointment(client_record, starts_at=ten)
    booked_appointment(client_record, starts_at=ten + 2 * hour)  # back to back is no collision
    show(elsewhere, calendar(vevent(ten + hour / 2, ten + 2 * hour)))
    read(connected)
    assert list(external.collisions(therapist)) == [hit]
    page = as_therapist.get(DESK).content.decode()
    assert "Booked when the other calendar says busy" in page
    hit.refresh_from_db()
    assert hit.status == "booked"


def test_a_therapist_pastes_an_address_and_sees_it_read(
    elsewhere: Site,
    as_therapist: Browser,
    therapist: Therapist,
    location: Location,
    ten: datetime,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    show(elsewhere, calendar(vevent(ten, ten + timedelta(hours=1))))
    with django_capture_on_commit_callbacks():
        answer = as_therapist.post(CONNECT, {"url": f"  {address(elsewhere)} "}, follow=True)
    waiting = answer.content.decode()
    assert "Checking now" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    part = {"HX-Request": "true", "HX-Target": "external-state"}
    assert "<h1" not in as_therapist.get(DESK, headers=part).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        as_therapist.post(reverse("booking:external-again"))
    done = as_therapist.get(DESK).content.decode()
    assert "Checking now" not in done
    assert HOME in done
    assert address(elsewhere) not in done  # the address is a key
    assert spans() == [(ten, ten + timedelta(hours=1))]
    as_therapist.post(reverse("booking:external-disconnect"))
    assert spans() == []
    assert not ExternalCalendar.objects.exists()
    actions = AuditEvent.objects.filter(object_type="booking.externalcalendar").order_by("pk")
    assert [event.action for event in actions] == [
        "external_calendar.connected",
        "external_calendar.disconnected",
    ]
    assert HOME not in str(list(actions.values()))


def test_another_address_drops_the_busy_times_of_the_first(
    connected: ExternalCalendar,
    elsewhere: Site,
    manager_user: User,
    therapist: Therapist,
    ten: datetime,
) -> None:
    show(elsewhere, calendar(vevent(ten, ten + timedelta(hours=1))))
    read(connected)
    external.connect(actor=manager_user, therapist=therapist, url=address(elsewhere))
    assert len(spans()) == 1  # the same one: only read again
    external.connect(actor=manager_user, therapist=therapist, url=address(elsewhere, "/other.ics"))
    assert spans() == []
    assert ExternalCalendar.objects.count() == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "Paste the address"),
        ("calendar.google.com/calendar/ical/x/basic.ics", "start with https://"),
        ("http://calendar.example/basic.ics", "start with https://"),
        ("ftp://calendar.example/basic.ics", "start with https://"),
        ("https://me:secret@calendar.example/basic.ics", "user name and password"),
        ("https://calendar.example:8443/basic.ics", "port"),
        ("https://127.0.0.1/basic.ics", "private network"),
        ("webcal://[::1]/basic.ics", "private network"),
        ("https://169.254.169.254/latest/", "private network"),
        ("https://", "not a calendar address"),
        ("https://calendar.example/a b.ics", "not a calendar address"),
        ("https://" + "x" * 3000, "2000"),
    ],
)
def test_an_address_that_cannot_be_read_is_refused_with_what_was_typed_kept(
    as_therapist: Browser, location: Location, url: str, words: str
) -> None:
    answer = as_therapist.post(CONNECT, {"url": url})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert url in page
    assert not ExternalCalendar.objects.exists()


def test_webcal_is_read_over_https() -> None:
    assert external.cleaned("webcal://p1.example/x") == "https://p1.example/x"
    assert external.cleaned("WEBCAL://p1.example/x") == "https://p1.example/x"


def test_our_own_link_is_refused(settings: Any) -> None:
    settings.PUBLIC_URL = "https://clinic.example"
    with pytest.raises(external.OwnFeed):
        external.cleaned("webcal://clinic.example/calendar/abc.ics")


def test_a_manager_sets_any_therapists_calendar_and_sees_all_states(
    as_manager: Browser, elsewhere: Site, therapist: Therapist, location: Location
) -> None:
    theirs = {"therapist": str(therapist.pk)}
    as_manager.post(CONNECT, {**theirs, "url": address(elsewhere)})
    assert ExternalCalendar.objects.get().therapist == therapist
    assert "Checking now" in as_manager.get(DESK).content.decode()
    ExternalCalendar.objects.update(error=Why.TIMEOUT)
    assert "Cannot be read" in as_manager.get(DESK).content.decode()
    as_manager.post(reverse("booking:external-disconnect"), theirs)
    assert not ExternalCalendar.objects.exists()


def test_the_list_of_calendars_takes_the_same_queries_for_few_and_many(
    as_manager: Browser,
    connected: ExternalCalendar,
    location: Location,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    with django_assert_max_num_queries(8) as few:
        as_manager.get(DESK)
    for place in range(1, 6):
        other = factories.make_therapist(f"Number {place}", position=place)
        made = ExternalCalendar.objects.create(therapist=other, url="https://cal.test/x")
        start = at(location, "10:00", weekday_ahead(5))
        ExternalBusy.objects.create(
            calendar=made, starts_at=start, ends_at=start + timedelta(hours=1)
        )
    with django_assert_max_num_queries(len(few.captured_queries)):
        as_manager.get(DESK)


def test_a_login_without_a_therapist_learns_why_there_is_nothing(
    as_therapist: Browser, therapist: Therapist, location: Location
) -> None:
    therapist.user = None
    therapist.save()
    assert "not linked to a therapist" in as_therapist.get(DESK).content.decode()
    assert as_therapist.post(CONNECT, {"url": "https://x.example/"}).status_code == 302
