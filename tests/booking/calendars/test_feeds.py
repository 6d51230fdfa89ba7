"""Calendar feeds: what they show, to whom, and until when."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from booking.calendars import feeds
from booking.calendars import views as calendar_pages
from booking.models import Appointment, CalendarFeed, TimeOff
from booking.visits import ics
from clinic.models import AuditEvent, Guardian
from tests import factories
from tests.booking import single
from tests.booking.factories import at, booked_appointment, held_time, weekday_ahead

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser

    from clinic.models import Client, Location, Therapist, User

pytestmark = pytest.mark.django_db
MINE = reverse("booking:calendar-mine")
DESK = reverse("booking:desk-calendar")


@pytest.fixture
def visit(location: Location, therapist: Therapist, client_record: Client) -> Appointment:
    return booked_appointment(client_record, therapist=therapist)


@pytest.fixture
def therapist_feed(therapist: Therapist, therapist_user: User) -> str:
    return url_of(feeds.make(actor=therapist_user, owner=therapist))


@pytest.fixture
def client_feed(client_record: Client, client_user: User, location: Location) -> str:
    return url_of(feeds.make(actor=client_user, owner=client_record))


def url_of(token: str) -> str:
    return reverse("booking:feed", args=[token])


def events(answer: Any) -> list[Any]:
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_a_therapist_sees_initials_length_and_room_and_nothing_else_of_a_client(
    anonymous: Browser, therapist_feed: str, visit: Appointment, client_record: Client
) -> None:
    client_record.email, client_record.phone = "ana@example.test", "+12125550142"
    client_record.save()
    answer = anonymous.get(therapist_feed)
    (event,) = events(answer)
    assert event["SUMMARY"] == "A. L., 60 min"
    assert event["LOCATION"] == visit.room.name
    assert event["DTSTART"].dt == visit.starts_at
    assert event["DTEND"].dt == visit.ends_at
    assert event["SEQUENCE"] == visit.sequence
    text = answer.content.decode().replace("\r\n ", "").lower()
    text = re.sub(r"\d{8}t\d{6}z?", "", text)  # a moment may have the digits of a telephone
    service = visit.option.service.name.lower()
    for secret in ("ana", "lima", "212", "555", "example.test", service, "medical", "massage"):
        assert secret not in text.replace(str(visit.pk), "").replace(
            str(visit.ical_uid), ""
        ).replace(visit.location.name.lower(), ""), secret


def test_a_client_sees_the_same_entry_as_in_the_mail_without_the_service(
    anonymous: Browser, client_feed: str, visit: Appointment
) -> None:
    answer = anonymous.get(client_feed)
    (event,) = events(answer)
    (mailed,) = Calendar.from_ical(ics.entry(visit, method=ics.REQUEST, url="x")).walk("VEVENT")
    for name in ("UID", "SEQUENCE", "SUMMARY", "DTSTART", "DTEND", "DTSTAMP", "LOCATION"):
        assert event[name] == mailed[name]
    assert visit.option.service.name not in answer.content.decode()


def test_a_move_raises_the_sequence_and_a_cancellation_takes_the_entry_out(
    anonymous: Browser, client_feed: str, visit: Appointment, desk_user: User
) -> None:
    (before,) = events(anonymous.get(client_feed))
    Appointment.objects.filter(pk=visit.pk).update(sequence=1)
    (moved,) = events(anonymous.get(client_feed))
    assert (moved["UID"], moved["SEQUENCE"]) == (before["UID"], before["SEQUENCE"] + 1)
    visit.refresh_from_db()
    single.cancel(actor=desk_user, appointment=visit, reason="")
    assert events(anonymous.get(client_feed)) == []


def test_holds_missed_visits_and_old_ones_are_left_out(
    anonymous: Browser,
    therapist_feed: str,
    client_record: Client,
    therapist: Therapist,
    location: Location,
) -> None:
    held_time(at(location, "08:00"), therapist=therapist)
    now = timezone.now().replace(microsecond=0)
    recent = booked_appointment(client_record, starts_at=now - timedelta(days=20))
    booked_appointment(client_record, starts_at=now - timedelta(days=40))
    booked_appointment(client_record, starts_at=now - timedelta(days=2), status="noshow")
    assert [event["DTSTART"].dt for event in events(anonymous.get(therapist_feed))] == [
        recent.starts_at
    ]


def test_time_off_is_away_and_never_says_why(
    anonymous: Browser, therapist_feed: str, therapist: Therapist, location: Location
) -> None:
    start = at(location, "09:00")
    off = TimeOff.objects.create(
        therapist=therapist,
        location=location,
        starts_at=start,
        ends_at=start + timedelta(hours=4),
        reason="Surgery",
    )
    TimeOff.objects.create(location=location, starts_at=start, ends_at=off.ends_at)
    answer = anonymous.get(therapist_feed)
    (event,) = events(answer)
    assert (event["SUMMARY"], event["TRANSP"]) == ("Away", "OPAQUE")
    assert event["UID"].startswith(f"away-{off.pk}@")
    assert b"Surgery" not in answer.content


def test_somebody_elses_visits_are_in_nobody_elses_feed(
    anonymous: Browser,
    therapist_feed: str,
    client_feed: str,
    therapist: Therapist,
    other_client: Client,
) -> None:
    other = factories.make_therapist("Theo Park", position=1)
    booked_appointment(other_client, therapist=other)
    assert events(anonymous.get(therapist_feed)) == []
    assert events(anonymous.get(client_feed)) == []


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_the_days_on_which_clocks_change_come_back_as_they_went(
    anonymous: Browser,
    client_feed: str,
    client_record: Client,
    location: Location,
    day: str,
) -> None:
    with time_machine.travel(f"{day}T00:00:00Z", tick=False):
        visit = booked_appointment(
            client_record, starts_at=at(location, "09:30", date.fromisoformat(day))
        )
        (event,) = events(anonymous.get(client_feed))
    assert event["DTSTART"].dt.astimezone(location.zone).strftime("%H:%M") == "09:30"
    assert event["DTSTART"].dt == visit.starts_at


def test_the_calendar_says_how_it_is_to_be_used(
    anonymous: Browser, client_feed: str, visit: Appointment
) -> None:
    answer = anonymous.get(client_feed)
    calendar = Calendar.from_ical(answer.content)
    assert calendar["METHOD"] == "PUBLISH"
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in answer.content
    assert b"X-PUBLISHED-TTL:PT1H\r\n" in answer.content
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    assert answer["X-Robots-Tag"] == "noindex"
    assert "private" in answer["Cache-Control"]


def test_an_unchanged_feed_is_the_same_bytes_and_is_not_sent_twice(
    anonymous: Browser, client_feed: str, visit: Appointment
) -> None:
    first = anonymous.get(client_feed)
    assert anonymous.get(client_feed).content == first.content
    same = anonymous.get(client_feed, headers={"If-None-Match": first["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    Appointment.objects.filter(pk=visit.pk).update(sequence=1)
    assert anonymous.get(client_feed, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_head_answers_like_get_without_the_calendar(
    anonymous: Browser, client_feed: str, visit: Appointment
) -> None:
    whole, head = anonymous.get(client_feed), anonymous.head(client_feed)
    assert head.status_code == 200
    assert head.content == b""
    assert (head["ETag"], head["Content-Length"]) == (whole["ETag"], whole["Content-Length"])
    assert anonymous.post(client_feed).status_code == 405


def test_an_unknown_a_revoked_and_a_replaced_link_are_all_not_found(
    anonymous: Browser, client_feed: str, client_user: User, client_record: Client
) -> None:
    assert anonymous.get(url_of("x" * 43)).status_code == 404
    assert anonymous.get(url_of("é")).status_code == 404
    newer = url_of(feeds.make(actor=client_user, owner=client_record))
    assert anonymous.get(client_feed).status_code == 404
    assert anonymous.get(newer).status_code == 200
    assert feeds.revoke(actor=client_user, owner=client_record)
    assert not feeds.revoke(actor=client_user, owner=client_record)
    assert anonymous.get(newer).status_code == 404


def test_a_link_ends_with_the_right_of_who_made_it(
    anonymous: Browser,
    client_user: User,
    client_record: Client,
    location: Location,
    therapist_feed: str,
    therapist: Therapist,
) -> None:
    child = factories.make_client("Leo", "Lima")
    guardian = Guardian.objects.create(
        user=client_user, client=child, relationship="parent", confirmed_at=timezone.now()
    )
    link = url_of(feeds.make(actor=client_user, owner=child))
    assert anonymous.get(link).status_code == 200
    guardian.delete()
    assert anonymous.get(link).status_code == 404
    own = url_of(feeds.make(actor=client_user, owner=client_record))
    client_user.is_active = False
    client_user.save()
    assert anonymous.get(own).status_code == 404
    assert anonymous.get(therapist_feed).status_code == 200
    therapist.is_active = False
    therapist.save()
    assert anonymous.get(therapist_feed).status_code == 404


def test_the_database_keeps_only_a_hash_of_the_token(
    client_user: User, client_record: Client
) -> None:
    token = feeds.make(actor=client_user, owner=client_record)
    feed = CalendarFeed.objects.get()
    assert feed.token_hash == sha256(token.encode()).hexdigest()
    assert token not in str(CalendarFeed.objects.values().get())
    assert len(token) >= 43


def test_making_and_revoking_is_on_record_without_the_token(
    client_user: User, client_record: Client
) -> None:
    token = feeds.make(actor=client_user, owner=client_record)
    feeds.make(actor=client_user, owner=client_record)
    actions = AuditEvent.objects.filter(object_type="booking.calendarfeed").order_by("pk")
    assert [event.action for event in actions] == [
        "calendar_feed.made",
        "calendar_feed.revoked",
        "calendar_feed.made",
    ]
    assert {event.client_id for event in actions} == {client_record.pk}
    assert token not in str(list(actions.values()))
    assert CalendarFeed.objects.filter(revoked_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_links_made_at_the_same_moment_one_works(
    client_user: User, client_record: Client, location: Location
) -> None:
    def attempt(_number: int) -> str:
        try:
            return feeds.make(actor=client_user, owner=client_record)
        finally:
            connection.close()  # each thread owns its connection

    with ThreadPoolExecutor(max_workers=4) as pool:
        tokens = list(pool.map(attempt, range(8)))
    assert len(tokens) == 8
    assert sum(feeds.find(token) is not None for token in tokens) == 1


def test_a_live_link_is_never_written_to_the_log(
    anonymous: Browser,
    client_feed: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(calendar_pages, "READS", 0)
    assert anonymous.get(client_feed).status_code == 429
    assert client_feed not in caplog.text


def test_reading_is_remembered_at_most_once_an_hour(anonymous: Browser, client_feed: str) -> None:
    anonymous.get(client_feed)
    first = CalendarFeed.objects.get().read_at
    assert first is not None
    anonymous.get(client_feed)
    assert CalendarFeed.objects.get().read_at == first
    CalendarFeed.objects.update(read_at=first - timedelta(hours=2))
    anonymous.get(client_feed)
    assert CalendarFeed.objects.get().read_at > first - timedelta(minutes=1)  # type: ignore[operator]


def test_a_feed_takes_as_many_queries_for_many_visits_as_for_one(
    anonymous: Browser,
    therapist_feed: str,
    client_feed: str,
    visit: Appointment,
    client_record: Client,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for week, feed in enumerate((therapist_feed, client_feed), start=1):
        anonymous.get(feed)  # remembers that it was read
        with django_assert_max_num_queries(5) as few:
            anonymous.get(feed)
        for clock in ("12:00", "14:00", "16:00"):
            day = weekday_ahead(7 * week)
            booked_appointment(client_record, starts_at=at(visit.location, clock, day))
        with django_assert_max_num_queries(len(few.captured_queries)):
            assert len(events(anonymous.get(feed))) > 3


def test_guessing_and_hammering_are_slowed_down(
    anonymous: Browser, client_feed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar_pages, "MISSES", 2)
    monkeypatch.setattr(calendar_pages, "READS", 2)
    assert [anonymous.get(url_of(f"{n}")).status_code for n in range(3)] == [404, 404, 429]
    statuses = [anonymous.get(client_feed) for _ in range(3)]
    assert [answer.status_code for answer in statuses] == [200, 200, 429]
    assert int(statuses[-1]["Retry-After"]) > 0


def test_a_client_makes_a_link_sees_it_once_and_switches_it_off(
    as_client: Browser, anonymous: Browser, visit: Appointment
) -> None:
    assert "Make a link" in as_client.get(MINE).content.decode()
    answer = as_client.post(reverse("booking:calendar-make"), follow=True)
    web = answer.context["link"]["web"]
    page = answer.content.decode()
    assert web in page
    assert f"webcal://{web.partition('://')[2]}" in page
    assert len(events(anonymous.get(web.removeprefix("http://127.0.0.1:8000")))) == 1
    again = as_client.get(MINE)
    assert again.context["link"] is None
    assert web not in again.content.decode()
    as_client.post(reverse("booking:calendar-revoke"))
    assert anonymous.get(web.removeprefix("http://127.0.0.1:8000")).status_code == 404


def test_the_visits_lead_to_the_calendar_page(as_client: Browser, visit: Appointment) -> None:
    assert MINE in as_client.get(reverse("booking:visit-list")).content.decode()


def test_a_therapist_makes_a_link_and_a_manager_may_only_switch_it_off(
    as_therapist: Browser,
    as_manager: Browser,
    anonymous: Browser,
    therapist: Therapist,
    location: Location,
) -> None:
    answer = as_therapist.post(reverse("booking:desk-calendar-make"), follow=True)
    link = answer.context["link"]["web"].removeprefix("http://127.0.0.1:8000")
    assert anonymous.get(link).status_code == 200
    theirs = {"therapist": str(therapist.pk)}
    assert "Active" in as_manager.get(DESK).content.decode()
    assert "Turn it off" in as_manager.get(DESK, theirs).content.decode()
    refused = as_manager.post(reverse("booking:desk-calendar-make"), theirs, follow=True)
    assert "Only therapists can make" in refused.content.decode()
    assert anonymous.get(link).status_code == 200
    as_manager.post(reverse("booking:desk-calendar-revoke"), theirs)
    assert anonymous.get(link).status_code == 404


def test_a_therapist_reaches_no_colleagues_calendar(
    as_therapist: Browser, therapist: Therapist, location: Location
) -> None:
    colleague = factories.make_therapist("Theo Park", position=1)
    theirs = {"therapist": str(colleague.pk)}
    assert as_therapist.get(DESK, theirs).context["therapist"] == therapist
    as_therapist.post(reverse("booking:desk-calendar-make"), theirs)
    assert CalendarFeed.objects.get().therapist == therapist


def test_a_manager_who_names_nobody_known_gets_nowhere(
    as_manager: Browser, location: Location
) -> None:
    for wanted in ("x", "00000000-0000-0000-0000-000000000001"):
        assert as_manager.get(DESK, {"therapist": wanted}).status_code == 404
        address = reverse("booking:desk-calendar-revoke")
        assert as_manager.post(address, {"therapist": wanted}).status_code == 404
