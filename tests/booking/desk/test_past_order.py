"""Nothing is booked or moved past a prescription at the desk without somebody choosing how."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment
from booking.visits import services
from booking.visits.past_order import Answer, Choice, PastOrder
from clinic import selectors
from clinic.models import AuditEvent, Payer
from prescriptions.ledger import reserve_visit
from prescriptions.models import Prescription
from prescriptions.reach import Short
from tests.booking.factories import at, weekday_ahead
from tests.factories import make_client
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from django.test import Client as Browser

    from clinic.models import Client, Location, ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(client_record: Client, diary: list[Therapist]) -> Prescription:
    """One visit of two is left, and one a week is ordered."""
    made = approved_prescription(client_record, visits=2, used=1)
    Prescription.objects.filter(pk=made.pk).update(visits_per_week=None)
    made.refresh_from_db()
    return made


def paced(order: Prescription, per_week: int = 1) -> None:
    Prescription.objects.filter(pk=order.pk).update(visits_per_week=per_week, authorized=12)


def address(client: Client, option: ServiceOption) -> str:
    return reverse("booking:desk-what", args=[client.pk]) + f"?option={option.pk}"


def code(client: Client, short: Short) -> str:
    return f"{client.pk}:{short}"


def press(
    desk: Browser, url: str, start: datetime, choice: str = "", reason: str = "", shown: str = ""
) -> Any:
    """A time that is on offer, then the answer to what the page asked."""
    if not shown:
        return desk.post(url, {"start": start.isoformat(), "therapist": ""})
    local = timezone.localtime(start, at_zone())
    typed = {"other-date": f"{local:%Y-%m-%d}", "other-time": f"{local:%H:%M}"}
    answer = {"order-choice": choice, "order-reason": reason, "order-shown": shown}
    return desk.post(url, typed | answer)


def at_zone() -> ZoneInfo:
    return selectors.location().zone


def test_the_page_says_how_far_the_prescription_reaches_before_anything_is_booked(
    as_desk: Browser,
    client_record: Client,
    order: Prescription,
    option60: ServiceOption,
    day: date,
) -> None:
    paced(order, 2)
    page = as_desk.get(address(client_record, option60) + f"&day={day}").text
    assert "Visit 2 of 12, 10 left after it. Good through" in page
    assert "of 2 visits a week with this one" in page


def test_no_prescription_at_all_is_said_and_nothing_is_asked(
    as_desk: Browser,
    client_record: Client,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
) -> None:
    url = address(client_record, option60)
    assert "booked as waiting for one" in as_desk.get(url).text
    press(as_desk, url, ten)
    assert Appointment.objects.get().reservation is None


def test_the_last_visit_is_booked_and_the_next_one_asks(
    as_desk: Browser,
    client_record: Client,
    order: Prescription,
    option60: ServiceOption,
    ten: datetime,
) -> None:
    url = address(client_record, option60)
    press(as_desk, url, ten)
    assert Appointment.objects.get().reservation is not None
    again = press(as_desk, url, ten + timedelta(hours=2))
    assert again.status_code == 422
    assert "All 2 visits on the prescription are already used or booked." in again.text
    assert "number 3 of 2" in again.text
    assert "As a self-pay session, $100.00" in again.text
    assert "As waiting for a new order" in again.text
    assert code(client_record, Short.NO_VISIT) in again.text
    assert "checked" not in again.text.partition("order-choice")[2].partition("</form>")[0]
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize("choice", ["", "nonsense", "anyway"])
def test_an_answer_that_is_none_books_nothing_and_keeps_what_was_typed(
    as_desk: Browser,
    client_record: Client,
    order: Prescription,
    option60: ServiceOption,
    ten: datetime,
    choice: str,
) -> None:
    Prescription.objects.filter(pk=order.pk).update(used=2)
    shown = code(client_record, Short.NO_VISIT)
    typed = "" if choice == "anyway" else "she asked"
    page = press(as_desk, address(client_record, option60), ten, choice, typed, shown)
    assert page.status_code == 422
    said = "Say why, in a few words." if choice == "anyway" else "hoose"
    assert said in page.text
    assert typed in page.text
    assert not Appointment.objects.exists()


def test_as_a_self_pay_session_it_costs_what_that_costs_and_counts_on_nothing(
    as_desk: Browser,
    client_record: Client,
    order: Prescription,
    option60: ServiceOption,
    relaxing: ServiceOption,
    ten: datetime,
) -> None:
    Prescription.objects.filter(pk=order.pk).update(used=2)
    shown = code(client_record, Short.NO_VISIT)
    press(as_desk, address(client_record, option60), ten, Choice.SELF_PAY, shown=shown)
    made = Appointment.objects.get()
    assert (made.option, made.price_cents) == (relaxing, relaxing.price_cents)
    assert made.reservation is None


def test_as_waiting_for_a_new_order_the_next_page_asks_the_prescriber(
    as_desk: Browser,
    client_record: Client,
    order: Prescription,
    option60: ServiceOption,
    ten: datetime,
) -> None:
    Prescription.objects.filter(pk=order.pk).update(used=2)
    shown = code(client_record, Short.NO_VISIT)
    done = press(as_desk, address(client_record, option60), ten, Choice.PENDING, shown=shown)
    assert done.url == reverse("prescriptions:desk-ask-who", args=[client_record.pk])
    made = Appointment.objects.get()
    assert (made.option, made.reservation, made.override_reason) == (option60, None, "")


def test_anyway_keeps_the_reason_with_the_visit_and_only_the_rule_in_the_log(
    as_desk: Browser,
    client_record: Client,
    order: Prescription,
    option60: ServiceOption,
    ten: datetime,
) -> None:
    paced(order)
    url = address(client_record, option60)
    press(as_desk, url, ten)
    asked = press(as_desk, url, ten + timedelta(hours=2))
    assert "1 of 1 visits a week are already booked; this would make 2." in asked.text
    assert "As waiting for a new order" not in asked.text  # visits are left: it is the week
    shown = code(client_record, Short.PACE)
    press(as_desk, url, ten + timedelta(hours=2), Choice.ANYWAY, "flies on Friday", shown)
    made = Appointment.objects.get(starts_at=ten + timedelta(hours=2))
    assert made.override_reason == "flies on Friday"
    assert made.reservation is not None
    event = AuditEvent.objects.filter(action="appointment.booked").latest("at")
    assert (event.detail["past_order"], event.detail["chosen"]) == ("pace", "anyway")
    assert "Friday" not in json.dumps(event.detail)


def test_an_answer_counts_only_for_what_was_shown(
    client_record: Client,
    order: Prescription,
    option60: ServiceOption,
    ten: datetime,
    desk_user: User,
) -> None:
    """Two desks book the last visit: the second is told, whatever it answered to another page."""
    reserve_visit(actor=desk_user, prescription=order, on=ten.date())
    pace = Answer(Choice.ANYWAY, "a reason", frozenset({code(client_record, Short.PACE)}))
    with pytest.raises(PastOrder) as refused:
        services.book_for_desk(
            actor=desk_user, clients=[client_record], option=option60, start=ten, past=pace
        )
    assert [one.short for one in refused.value.told] == [(Short.NO_VISIT,)]
    assert not Appointment.objects.exists()


def test_the_payers_week_decides(
    client_record: Client,
    order: Prescription,
    option60: ServiceOption,
    location: Location,
    desk_user: User,
) -> None:
    monday = weekday_ahead()
    while monday.weekday() != 0:
        monday += timedelta(days=1)
    paced(order)
    Prescription.objects.filter(pk=order.pk).update(starts_on=monday - timedelta(days=4))

    def book(on: date) -> None:
        services.book_for_desk(
            actor=desk_user,
            clients=[client_record],
            option=option60,
            start=at(location, "10:00", on),
        )

    book(monday)  # the order's week runs from Thursday to Wednesday
    with pytest.raises(PastOrder):
        book(monday + timedelta(days=1))
    book(monday + timedelta(days=3))
    client_record.payer = Payer.objects.create(
        name="Island Network", week_rule=Payer.WeekRule.CALENDAR
    )
    client_record.save()
    with pytest.raises(PastOrder):  # Monday to Sunday: both count
        book(monday + timedelta(days=4))


def test_a_move_past_the_last_day_asks_and_within_the_week_does_not(
    as_desk: Browser,
    client_record: Client,
    order: Prescription,
    option60: ServiceOption,
    ten: datetime,
    desk_user: User,
) -> None:
    (visit,) = services.book_for_desk(
        actor=desk_user, clients=[client_record], option=option60, start=ten
    )
    url = reverse("booking:appointment-move", args=[visit.pk])
    assert "Visit 2 of 2, 0 left after it." in as_desk.get(url).text
    assert press(as_desk, url, ten + timedelta(hours=2)).status_code == 302
    Prescription.objects.filter(pk=order.pk).update(through_on=ten.date())
    far = ten + timedelta(days=7)
    asked = press(as_desk, url, far)
    assert asked.status_code == 422
    assert "The prescription ends on" in asked.text
    visit.refresh_from_db()
    assert visit.starts_at == ten + timedelta(hours=2)
    press(as_desk, url, far, Choice.SELF_PAY, shown=code(client_record, Short.ENDED))
    visit.refresh_from_db()
    assert (visit.starts_at, visit.reservation) == (far, None)
    assert visit.option.service.kind == "therapeutic"


def test_of_two_only_the_one_whose_order_is_used_up_pays_for_herself(
    as_desk: Browser,
    client_record: Client,
    order: Prescription,
    option60: ServiceOption,
    relaxing: ServiceOption,
    ten: datetime,
) -> None:
    other = make_client("Bo", "Two")
    approved_prescription(other)
    Prescription.objects.filter(pk=order.pk).update(used=2)
    url = reverse("booking:desk-two", args=[client_record.pk, other.pk]) + f"?option={option60.pk}"
    asked = as_desk.post(url, {"start": ten.isoformat(), "therapist": ""})
    assert asked.status_code == 422
    assert "Bo:" in asked.text
    answer = {"order-choice": "self_pay", "order-shown": code(client_record, Short.NO_VISIT)}
    done = as_desk.post(url, {"start": ten.isoformat(), "therapist": "", **answer})
    assert done.status_code == 302, done.text
    assert Appointment.objects.get(client=client_record).option == relaxing
    hers = Appointment.objects.get(client=other)
    assert (hers.option, hers.reservation is not None) == (option60, True)


def test_a_walk_in_past_the_order_leads_to_the_choices(
    as_desk: Browser,
    client_record: Client,
    order: Prescription,
    option60: ServiceOption,
    ten: datetime,
) -> None:
    Prescription.objects.filter(pk=order.pk).update(used=2)
    form = {"client": str(client_record.pk), "q": "Lima", "option": str(option60.pk)}
    answer = as_desk.post(reverse("booking:walk-in"), form | {"slot": f" {ten.isoformat()}"})
    assert answer.status_code == 302
    page = as_desk.get(answer["Location"]).text
    assert "As a self-pay session" in page
    assert code(client_record, Short.NO_VISIT) in page
    assert not Appointment.objects.exists()
