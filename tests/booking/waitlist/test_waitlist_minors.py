"""Somebody under 18 does not get a visit by waiting for it alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from booking.errors import NeedsGuardian
from booking.models import Appointment, WaitlistEntry
from booking.waitlist import services as waitlist
from clinic.models import Client, Guardian
from tests.booking.factories import booked_appointment
from tests.booking.waiting import in_line, the_offer
from tests.factories import make_client
from tests.treatment.factories import mid_afternoon

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.test import Client as Browser

    from booking.models import WaitlistOffer
    from clinic.models import ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db

BORN = date(2015, 5, 1)


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with mid_afternoon():
        yield


@pytest.fixture
def full(slot: Therapist, relaxing: ServiceOption, other_client: Client, ten: datetime) -> None:
    booked_appointment(other_client, option=relaxing, starts_at=ten)


@pytest.fixture
def minor(client_record: Client) -> Client:
    """Under 18, with a login of their own."""
    client_record.birth_date = BORN
    client_record.save()
    return client_record


@pytest.fixture
def offered(slot: Therapist, relaxing: ServiceOption, minor: Client, day: date) -> WaitlistOffer:
    in_line(minor, relaxing, day)
    waitlist.sweep()
    return the_offer()


def wish(option: ServiceOption, day: date) -> dict[str, str]:
    dates = {"first_day": day.isoformat(), "last_day": day.isoformat()}
    return {"option": str(option.pk), "therapist": "", "part_of_day": "morning", **dates}


def test_a_minors_own_login_does_not_join_and_is_told_what_to_do(
    as_client: Browser, minor: Client, relaxing: ServiceOption, full: None, day: date
) -> None:
    told = as_client.post(reverse("booking:waitlist"), wish(relaxing, day))
    assert told.status_code == 422
    assert "a parent or legal guardian joins the waitlist" in told.text
    assert 'value="morning" selected' in told.text
    assert not WaitlistEntry.objects.exists()


def test_a_parent_and_the_desk_wait_for_a_child(
    minor: Client, other_user: User, desk_user: User, relaxing: ServiceOption, full: None, day: date
) -> None:
    for actor in (other_user, desk_user):
        entry = waitlist.join(
            actor=actor, client=minor, option=relaxing, first_day=day, last_day=day
        )
        waitlist.leave(actor=actor, entry=entry)


def test_who_is_of_age_on_the_first_day_joins(
    minor: Client, client_user: User, relaxing: ServiceOption, full: None, day: date
) -> None:
    minor.birth_date = day.replace(year=day.year - 18) + timedelta(days=1)
    with pytest.raises(NeedsGuardian):
        waitlist.join(actor=client_user, client=minor, option=relaxing, first_day=day, last_day=day)
    minor.birth_date -= timedelta(days=1)
    waitlist.join(actor=client_user, client=minor, option=relaxing, first_day=day, last_day=day)


@pytest.mark.parametrize("signed_in", [True, False])
def test_neither_their_login_nor_their_mailbox_takes_an_offer(
    as_client: Browser, anonymous: Browser, offered: WaitlistOffer, signed_in: bool
) -> None:
    browser = as_client if signed_in else anonymous
    told = browser.post(reverse("booking:offer", args=[offered.token]), {"answer": "yes"})
    assert told.status_code == 422
    assert "a parent or legal guardian joins the waitlist" in told.text
    assert "Held for you until" in told.text
    assert Appointment.objects.get().status == "held"


def test_the_link_of_a_child_whom_nobody_has_confirmed_takes_nothing(
    anonymous: Browser, slot: Therapist, relaxing: ServiceOption, other_user: User, day: date
) -> None:
    child = make_client("Leo", "Lima", birth_date=BORN)
    child.user = None
    child.save()
    guardian = Guardian.objects.create(
        user=other_user, client=child, relationship="parent", confirmed_at=None
    )
    in_line(child, relaxing, day)
    waitlist.sweep()
    page = reverse("booking:offer", args=[the_offer().token])
    assert anonymous.post(page, {"answer": "yes"}).status_code == 422
    guardian.confirmed_at = child.created_at
    guardian.save()
    assert anonymous.post(page, {"answer": "yes"}).status_code == 302
    assert Appointment.objects.get().status == "booked"


def test_a_parent_or_the_desk_takes_it_instead(
    as_other: Browser, offered: WaitlistOffer, minor: Client, other_user: User
) -> None:
    Guardian.objects.create(user=other_user, client=minor, relationship="parent")
    page = reverse("booking:offer", args=[offered.token])
    assert as_other.post(page, {"answer": "yes"}).status_code == 302
    assert Appointment.objects.get().booked_by == other_user


def test_a_new_visitor_under_age_is_asked_who_stands_behind_them(
    anonymous: Browser, relaxing: ServiceOption, full: None, day: date
) -> None:
    before = set(Client.objects.values_list("pk"))
    where = reverse("booking:waitlist-who") + f"?option={relaxing.pk}&from={day.isoformat()}"
    typed = {
        "first_name": "Leo",
        "last_name": "Rossi",
        "birth_date": "05/01/2015",
        "phone": "(212) 555-0142",
        "email": "leo@example.test",
        "relationship": "",
    }
    told = anonymous.post(where, typed)
    assert told.status_code == 422
    assert "A parent or legal guardian books" in told.text
    assert 'value="Rossi"' in told.text
    assert 'value="leo@example.test"' in told.text
    assert set(Client.objects.values_list("pk")) == before
    assert anonymous.post(where, {**typed, "relationship": "parent"}).status_code == 302
    assert Client.objects.get(last_name="Rossi").guardians.get().relationship == "parent"
