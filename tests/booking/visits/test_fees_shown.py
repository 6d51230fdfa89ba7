"""Nobody comes to owe a fee that the page did not show when it was opened a little earlier."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from booking.errors import FeeNotAgreed, FeeNotShown
from booking.models import Appointment
from booking.series import services as series_booking
from tests.booking import single
from tests.booking.factories import booked_appointment
from tests.booking.visits.test_couples import book_two
from tests.conftest import browser_for
from tests.factories import make_client

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

    from booking.visits.parties import Party
    from clinic.models import Client, ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
CUTOFF = timedelta(hours=24)


@pytest.fixture
def visit(diary: list[Therapist], client_record: Client, ten: datetime) -> Appointment:
    """An hour at $100."""
    return booked_appointment(client_record, starts_at=ten, therapist=diary[0], price_cents=10000)


@pytest.fixture
def pair(
    diary: list[Therapist], client_record: Client, relaxing: ServiceOption, ten: datetime
) -> Party:
    return book_two(relaxing, ten, client_record, make_client("Leo", "Rossi"))


@pytest.fixture
def series(diary: list[Therapist], client_record: Client, ten: datetime) -> list[Appointment]:
    """Two visits at $100, a week apart."""
    of = uuid4()
    return [
        booked_appointment(
            client_record,
            starts_at=ten + timedelta(weeks=week),
            therapist=diary[0],
            price_cents=10000,
            series=of,
        )
        for week in range(2)
    ]


def before(start: datetime, time_left: timedelta) -> AbstractContextManager[object]:
    return time_machine.travel(start - time_left, tick=False)


def shown(text: str) -> list[str]:
    return re.findall(r'name="fee"[^>]*value="([^"]+)"', text)


def statuses() -> set[tuple[str, int]]:
    return set(Appointment.objects.values_list("status", "fee_cents"))


def test_the_desk_is_asked_again_when_the_fee_has_come_since(
    visit: Appointment, desk_user: User
) -> None:
    page = reverse("booking:appointment-cancel", args=[visit.pk])
    with before(visit.starts_at, CUTOFF + MINUTE):
        opened = browser_for(desk_user).get(page).text
    assert shown(opened) == ["0"]
    assert "waive" not in opened
    typed = {"cause": "client", "reason": "rang", "fee": "0"}
    with before(visit.starts_at, CUTOFF - MINUTE):
        desk = browser_for(desk_user)
        asked = desk.post(page, typed)
        assert asked.status_code == 422
        assert "$50.00 is now due" in asked.text
        assert shown(asked.text) == ["5000"]
        assert 'name="waived_because"' in asked.text
        assert 'value="rang"' in asked.text
        assert statuses() == {("booked", 0)}
        waived = {"fee": "5000", "waive": "on", "waived_because": "first time"}
        assert desk.post(page, {**typed, **waived}).status_code == 302
    visit.refresh_from_db()
    assert (visit.status, visit.fee_cents, visit.fee_waived_reason) == (
        "cancelled",
        5000,
        "first time",
    )


def test_what_the_clinic_causes_is_cancelled_without_asking(
    visit: Appointment, desk_user: User
) -> None:
    page = reverse("booking:appointment-cancel", args=[visit.pk])
    with before(visit.starts_at, CUTOFF - MINUTE):
        answer = browser_for(desk_user).post(page, {"cause": "clinic", "fee": "0"})
    assert answer.status_code == 302
    assert statuses() == {("cancelled", 0)}


@pytest.mark.parametrize("fee", ["x", "9" * 5000, "-1", ""])
def test_a_fee_that_makes_no_sense_was_not_shown(
    visit: Appointment, desk_user: User, fee: str
) -> None:
    page = reverse("booking:appointment-cancel", args=[visit.pk])
    with before(visit.starts_at, CUTOFF - MINUTE):
        answer = browser_for(desk_user).post(page, {"cause": "client", "fee": fee})
    assert answer.status_code == 422
    assert shown(answer.text) == ["5000"]
    assert statuses() == {("booked", 0)}


def test_the_desk_is_asked_again_for_a_couple_too(pair: Party, desk_user: User) -> None:
    page = reverse("booking:appointment-cancel-both", args=[pair[0].pk])
    start = pair[0].starts_at
    with before(start, CUTOFF + MINUTE):
        assert shown(browser_for(desk_user).get(page).text) == ["0"]
    with before(start, CUTOFF - MINUTE):
        desk = browser_for(desk_user)
        asked = desk.post(page, {"cause": "client", "reason": "", "fee": "0"})
        assert asked.status_code == 422
        (fee,) = shown(asked.text)
        assert int(fee) > 0
        assert 'name="waive"' in asked.text
        assert statuses() == {("booked", 0)}
        assert desk.post(page, {"cause": "client", "reason": "", "fee": fee}).status_code == 302
    owed = Appointment.objects.values_list("fee_cents", flat=True)
    assert sum(owed) == int(fee)


def test_each_visit_of_a_series_is_asked_for_by_itself(
    series: list[Appointment], client_record: Client, desk_user: User
) -> None:
    first, second = series
    of = [client_record.pk, first.series]
    page = reverse("booking:desk-series-cancel", args=of)
    with before(first.starts_at, CUTOFF + MINUTE):
        assert shown(browser_for(desk_user).get(page).text) == []
    every = {"visit": [str(first.pk), str(second.pk)], "reason": "away"}
    with before(first.starts_at, CUTOFF - MINUTE):
        desk = browser_for(desk_user)
        assert desk.post(page, every).status_code == 422  # whose doing is it?
        # what another one was said to cost counts for nothing
        asked = desk.post(page, {**every, "cause": "client", "fee": f"{second.pk}:5000"})
        assert asked.status_code == 422
        assert "$50.00 is now due" in asked.text
        assert 'value="away"' in asked.text
        assert 'name="waive"' in asked.text
        assert shown(asked.text) == [f"{first.pk}:5000"]
        assert statuses() == {("booked", 0)}
        agreed = {**every, "cause": "client", "fee": shown(asked.text)}
        assert desk.post(page, {**agreed, "waive": "on"}).status_code == 422  # why?
        waived = {**agreed, "waive": "on", "waived_because": "ill mother"}
        assert desk.post(page, waived).status_code == 302
    assert statuses() == {("cancelled", 5000), ("cancelled", 0)}
    first.refresh_from_db()
    assert first.fee_waived_reason == "ill mother"
    assert first.open_fee_cents == 0


def test_a_series_that_the_clinic_cannot_give_costs_nothing(
    series: list[Appointment], client_record: Client, desk_user: User
) -> None:
    page = reverse("booking:desk-series-cancel", args=[client_record.pk, series[0].series])
    posted = {"visit": [str(one.pk) for one in series], "cause": "clinic"}
    with before(series[0].starts_at, CUTOFF - MINUTE):
        assert browser_for(desk_user).post(page, posted).status_code == 302
    assert statuses() == {("cancelled", 0)}
    assert {one.cancel_cause for one in Appointment.objects.all()} == {"clinic"}


def test_a_client_does_not_choose_whose_doing_it_is(
    series: list[Appointment], client_record: Client, client_user: User
) -> None:
    page = reverse("booking:series-cancel", args=[series[0].series])
    posted = {"visit": [str(series[0].pk)], "cause": "clinic", "waived_because": "please"}
    with before(series[0].starts_at, CUTOFF - MINUTE):
        assert browser_for(client_user).post(page, posted).status_code == 422
        with pytest.raises(FeeNotAgreed):
            series_booking.cancel(
                actor=client_user, client=client_record, chosen=series, cause="clinic"
            )
    assert statuses() == {("booked", 0)}


def test_the_service_refuses_staff_a_fee_that_their_page_did_not_show(
    visit: Appointment, desk_user: User
) -> None:
    with before(visit.starts_at, CUTOFF - MINUTE):
        with pytest.raises(FeeNotShown):
            single.cancel(actor=desk_user, appointment=visit, agreed_cents=0)
        single.cancel(actor=desk_user, appointment=visit, agreed_cents=5000)
    assert statuses() == {("cancelled", 5000)}
