"""A plan and the pace of its prescription: what counts toward it, and who goes past it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from booking.series import services as series_booking
from booking.series.errors import NeedsPaceReason
from booking.series.services import Wanted
from clinic.models import AuditEvent
from clinic.selectors import clinic_today
from tests.booking.factories import at, booked_appointment, weekday_ahead
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from django.test import Client as Browser

    from booking.models import Appointment
    from clinic.models import Client, Location, ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db

URL = "/portal/visits/series/"


@pytest.mark.usefixtures("diary")
def test_a_self_pay_visit_takes_its_day_but_no_part_of_the_prescribed_pace(
    as_client: Browser, client_record: Client, relaxing: ServiceOption, location: Location
) -> None:
    today = clinic_today()
    order = approved_prescription(
        client_record, visits=2, starts_on=today, through_on=today + timedelta(days=13)
    )
    order.visits_per_week = Decimal(1)
    order.save(update_fields=["visits_per_week"])
    day = weekday_ahead()
    booked_appointment(client_record, option=relaxing, starts_at=at(location, "09:00", day))
    said = as_client.get(URL, {"prescription": str(order.pk)}).text
    assert "Your plan: 2 visits" in said
    assert "did not fit" not in said
    assert said.count(f"{day:%b} {day.day}, ") == 0


def test_staff_say_why_a_week_holds_more_than_prescribed_and_a_client_is_only_warned(
    diary: list[Therapist],
    client_record: Client,
    client_user: User,
    desk_user: User,
    option60: ServiceOption,
    location: Location,
) -> None:
    order = approved_prescription(client_record, starts_on=weekday_ahead())
    order.visits_per_week = Decimal(1)
    order.save(update_fields=["visits_per_week"])
    first = weekday_ahead()
    second = first + timedelta(days=1 if first.weekday() < 4 else 3)
    wanted = [Wanted(at(location, "10:00", day), diary[0].pk) for day in (first, second)]

    def book(actor: User, past_reason: str = "") -> list[Appointment]:
        return list(
            series_booking.book(
                actor=actor,
                client=client_record,
                option=option60,
                wanted=wanted,
                token=uuid4(),
                prescription=order,
                past_reason=past_reason,
            )
        )

    with pytest.raises(NeedsPaceReason) as refused:
        book(desk_user)
    assert refused.value.days == [second]
    made = book(desk_user, past_reason="flies on Friday")
    assert [one.override_reason for one in made] == ["", "flies on Friday"]
    events = AuditEvent.objects.filter(action="appointment.booked").order_by("at")
    assert [event.detail.get("past_order") for event in events] == [None, "pace"]
