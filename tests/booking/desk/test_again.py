"""The next visit like this one, in two clicks: the times when it is due."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from booking.desk import again
from booking.models import Appointment
from tests.booking.factories import booked_appointment

if TYPE_CHECKING:
    from datetime import datetime

    from django.test import Client as Browser

    from clinic.models import Client, ServiceOption, Therapist

MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("per_week", "days"), [("2", 4), ("1", 7), ("3", 3), ("0.50", 14), ("0.46", 16), (None, 7)]
)
def test_the_next_one_is_due_as_the_order_says(per_week: str | None, days: int) -> None:
    rate = Decimal(per_week) if per_week else None
    assert again.due_on(MONDAY, MONDAY, rate) == MONDAY + timedelta(days=days)


def test_it_is_never_due_before_tomorrow() -> None:
    today = MONDAY + timedelta(days=60)
    assert again.due_on(MONDAY, today, Decimal(2)) == today + timedelta(days=1)


@pytest.mark.django_db
def test_same_again_keeps_session_and_therapist_and_is_booked_with_the_next_click(
    as_desk: Browser,
    client_record: Client,
    diary: list[Therapist],
    relaxing: ServiceOption,
    ten: datetime,
) -> None:
    visit = booked_appointment(client_record, starts_at=ten, therapist=diary[2], option=relaxing)
    address = reverse("booking:appointment-again", args=[visit.pk])
    assert address in as_desk.get(reverse("booking:appointment", args=[visit.pk])).text
    answer = as_desk.get(address)
    asked = parse_qs(urlsplit(answer["Location"]).query)
    assert asked["option"] == [str(relaxing.pk)]
    assert asked["therapist"] == [str(diary[2].pk)]
    day = date.fromisoformat(asked["day"][0])
    assert day >= visit.local_date + timedelta(days=7)
    page = as_desk.get(answer["Location"])
    screen = page.context["screen"]
    assert screen.chosen == day
    assert screen.therapist == diary[2]
    start = screen.groups[0][1][0].value
    done = as_desk.post(answer["Location"], {"start": start, "therapist": str(diary[2].pk)})
    assert done.status_code == 302
    made = Appointment.objects.exclude(pk=visit.pk).get()
    assert (made.client, made.option, made.therapist) == (client_record, relaxing, diary[2])
