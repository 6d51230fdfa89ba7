"""A time that the desk offers: one they asked for, and how far the prescription reaches with it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from booking.models import WaitlistOffer
from booking.waitlist import free
from booking.waitlist import services as waitlist
from booking.waitlist.errors import NotWhatTheyAskedFor, OfferPastOrder
from clinic.models import AuditEvent
from tests.booking.factories import make_hours
from tests.booking.waiting import in_line, the_offer
from tests.prescriptions.factories import approved_prescription
from tests.treatment.factories import mid_afternoon

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from booking.models import BookingPolicy, WaitlistEntry
    from clinic.models import Client, Location, Room, ServiceOption, Therapist, User

    Options = dict[tuple[str, int], ServiceOption]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with mid_afternoon():
        yield


@pytest.fixture
def all_day(
    therapists: list[Therapist], rooms: list[Room], location: Location, policy: BookingPolicy
) -> list[Therapist]:
    make_hours(therapists, location, "09:00", "19:00")
    return therapists


def url(entry: WaitlistEntry) -> str:
    return reverse("booking:desk-waitlist-offer", args=[entry.pk])


def starts(entry: WaitlistEntry, *, others: bool = False) -> set[int]:
    """The hours at which something begins."""
    found = free.times(entry, others=others)
    return {start.hour for day in found for start, _who in day.times}


def test_somebody_who_waits_for_an_evening_is_offered_evenings(
    all_day: list[Therapist], relaxing: ServiceOption, client_record: Client, day: date
) -> None:
    entry = in_line(client_record, relaxing, day, part_of_day="evening")
    asked, others = starts(entry), starts(entry, others=True)
    assert asked
    assert min(asked) >= 16
    assert 9 in others
    assert not asked & others


def test_somebody_who_waits_for_one_therapist_is_offered_that_one(
    all_day: list[Therapist], relaxing: ServiceOption, client_record: Client, day: date
) -> None:
    entry = in_line(client_record, relaxing, day, therapist=all_day[1])
    who = {pk for one in free.times(entry, others=False) for _start, pk in one.times}
    assert who == {all_day[1].pk}
    who = {pk for one in free.times(entry, others=True) for _start, pk in one.times}
    assert all_day[0].pk in who
    assert all_day[1].pk not in who


def test_another_time_than_they_asked_for_needs_their_word(
    all_day: list[Therapist],
    relaxing: ServiceOption,
    client_record: Client,
    desk_user: User,
    day: date,
    ten: datetime,
) -> None:
    entry = in_line(client_record, relaxing, day, part_of_day="evening")
    given: dict[str, Any] = {"actor": desk_user, "entry": entry, "start": ten, "reason": "In pain"}
    with pytest.raises(NotWhatTheyAskedFor):
        waitlist.offer_by_hand(**given, therapist=None)
    assert not WaitlistOffer.objects.exists()
    assert waitlist.offer_by_hand(**given, therapist=None, agreed=True).starts_at == ten


def test_another_therapist_than_they_asked_for_needs_their_word(
    all_day: list[Therapist],
    relaxing: ServiceOption,
    client_record: Client,
    desk_user: User,
    day: date,
    ten: datetime,
) -> None:
    entry = in_line(client_record, relaxing, day, therapist=all_day[1])
    given: dict[str, Any] = {"actor": desk_user, "entry": entry, "start": ten, "reason": "In pain"}
    with pytest.raises(NotWhatTheyAskedFor):
        waitlist.offer_by_hand(**given, therapist=all_day[0])
    made = waitlist.offer_by_hand(**given, therapist=None)
    assert made.therapist == all_day[1]


def test_the_desk_offers_another_time_with_their_word(
    as_desk: Browser,
    all_day: list[Therapist],
    relaxing: ServiceOption,
    client_record: Client,
    day: date,
    ten: datetime,
) -> None:
    entry = in_line(client_record, relaxing, day, part_of_day="evening")
    page = as_desk.get(url(entry))
    assert "?others=1" in page.text
    assert "agreed" not in page.context["form"].fields
    address = f"{url(entry)}?others=1"
    [(_day, times)] = as_desk.get(address).context["form"].fields["time"].choices[1:]
    key = next(key for key, label in times if "10:00" in label and all_day[0].title in label)
    typed = {"time": key, "reason": "In pain"}
    refused = as_desk.post(address, typed)
    assert refused.status_code == 422
    assert "Ask them first" in refused.text
    assert 'value="In pain"' in refused.text
    assert as_desk.post(address, typed | {"agreed": "on"}).status_code == 302
    assert the_offer().starts_at == ten


def test_the_offer_says_how_far_the_prescription_reaches_day_by_day(
    as_desk: Browser,
    slot: Therapist,
    options: Options,
    client_record: Client,
    day: date,
    ten: datetime,
) -> None:
    order = approved_prescription(client_record, through_on=day)
    entry = in_line(client_record, options["medical", 60], day, days=7)
    page = as_desk.get(url(entry))
    days = page.context["days"]
    assert [bool(one.told.short) for one in days] == [one.on > day for one in days]
    assert f"Visit 1 of {order.authorized}" in page.text
    assert "past the prescription" in page.text
    late = next(one for one in days if one.on > day)
    start, who = late.times[0]
    typed = {"time": f"{start.isoformat()}|{who}", "reason": "In pain"}
    refused = as_desk.post(url(entry), typed)
    assert refused.status_code == 422
    assert "does not reach that day" in refused.text
    assert not WaitlistOffer.objects.exists()
    assert as_desk.post(url(entry), typed | {"past": "on"}).status_code == 302
    assert the_offer().starts_at == start
    detail = AuditEvent.objects.get(action="waitlist.offered").detail
    assert detail == {"past_order": "ended"}


def test_within_the_prescription_nothing_more_is_asked(
    as_desk: Browser, slot: Therapist, options: Options, client_record: Client, day: date
) -> None:
    approved_prescription(client_record)
    entry = in_line(client_record, options["medical", 60], day)
    page = as_desk.get(url(entry))
    assert not {"past", "agreed"} & set(page.context["form"].fields)
    [one] = page.context["days"]
    start, who = one.times[0]
    typed = {"time": f"{start.isoformat()}|{who}", "reason": "In pain"}
    assert as_desk.post(url(entry), typed).status_code == 302
    assert AuditEvent.objects.get(action="waitlist.offered").detail == {}


def test_a_full_week_is_past_the_prescription_too(
    slot: Therapist,
    options: Options,
    client_record: Client,
    desk_user: User,
    day: date,
    ten: datetime,
) -> None:
    order = approved_prescription(
        client_record, used=1, order_text="1 session per week for 6 weeks"
    )
    order.reservations.update(visit_on=day)
    entry = in_line(client_record, options["medical", 60], day)
    given: dict[str, Any] = {"actor": desk_user, "entry": entry, "start": ten, "reason": "In pain"}
    with pytest.raises(OfferPastOrder):
        waitlist.offer_by_hand(**given, therapist=None)
    waitlist.offer_by_hand(**given, therapist=None, past=True)
    assert AuditEvent.objects.get(action="waitlist.offered").detail == {"past_order": "pace"}


def test_a_session_that_needs_no_prescription_says_nothing_of_one(
    as_desk: Browser, slot: Therapist, relaxing: ServiceOption, client_record: Client, day: date
) -> None:
    entry = in_line(client_record, relaxing, day)
    assert "How far the prescription reaches" not in as_desk.get(url(entry)).text


def test_many_days_take_no_more_queries(
    as_desk: Browser,
    slot: Therapist,
    options: Options,
    client_record: Client,
    day: date,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    approved_prescription(client_record)
    entry = in_line(client_record, options["medical", 60], day, days=6)
    as_desk.get(url(entry))
    with django_assert_max_num_queries(100) as few:
        as_desk.get(url(entry))
    a_week = len(few.captured_queries)
    entry.last_day = day + timedelta(days=20)
    entry.save()
    assert len(as_desk.get(url(entry)).context["days"]) > 10
    with django_assert_max_num_queries(a_week):
        as_desk.get(url(entry))


def test_the_client_who_is_offered_a_time_past_the_prescription_is_told(
    as_client: Browser,
    anonymous: Browser,
    slot: Therapist,
    options: Options,
    client_record: Client,
    desk_user: User,
    day: date,
    ten: datetime,
) -> None:
    approved_prescription(client_record, through_on=day - timedelta(days=1))
    entry = in_line(client_record, options["medical", 60], day)
    made = waitlist.offer_by_hand(
        actor=desk_user, entry=entry, start=ten, therapist=None, reason="In pain", past=True
    )
    page = reverse("booking:offer", args=[made.token])
    assert "before this visit" in as_client.get(page).text
    assert "before this visit" not in anonymous.get(page).text
