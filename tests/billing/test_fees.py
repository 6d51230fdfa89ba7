"""Fees for late cancellations and missed visits: paid once, or waived; never by a health plan."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from billing import fees, selectors
from billing.errors import NotFromAPlan
from billing.models import Payment
from booking.errors import FeeSettled
from booking.models import Appointment
from booking.visits import services as booking
from clinic.people import owed
from tests.booking.factories import booked_appointment
from tests.treatment.factories import finished_visit

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def missed(client_record: Client, desk_user: User) -> Appointment:
    """A visit at $100 to which nobody came, yesterday."""
    start = timezone.now() - timedelta(days=1)
    visit = booked_appointment(client_record, starts_at=start, price_cents=10000)
    visit = Appointment.objects.with_names().get(pk=visit.pk)
    with time_machine.travel(start + timedelta(minutes=20)):
        return booking.mark(actor=desk_user, appointment=visit, status="noshow")


def take(actor: User, appointment: Appointment, **more: object) -> Payment:
    given: dict[str, object] = {"method": "card", "form_token": uuid4(), **more}
    return fees.take(actor=actor, appointment=appointment, **given)  # type: ignore[arg-type]


def test_a_fee_is_owed_until_it_is_paid_and_paid_once(
    missed: Appointment, client_record: Client, desk_user: User
) -> None:
    assert owed.of(client_record.pk).cents == 10000
    token = uuid4()
    paid = take(desk_user, missed, form_token=token, reference="4242")
    assert take(desk_user, missed, form_token=token) == paid
    with pytest.raises(FeeSettled):
        take(desk_user, missed)
    assert (paid.amount_cents, paid.visit, paid.of_appointment) == (10000, None, missed.pk)
    assert owed.of(client_record.pk).cents == 0
    assert selectors.open_fees() == []


def test_no_health_plan_pays_a_fee(missed: Appointment, desk_user: User) -> None:
    for method in ("hsa", "fsa"):
        with pytest.raises(NotFromAPlan):
            take(desk_user, missed, method=method)
    paid = take(desk_user, missed)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=paid.pk).update(method="hsa")


def test_a_payment_is_for_a_visit_or_for_a_fee(
    missed: Appointment, desk_user: User, client_record: Client
) -> None:
    paid = take(desk_user, missed)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=paid.pk).update(appointment=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=paid.pk).update(visit=finished_visit(client_record))


def test_the_desk_takes_a_fee_from_the_panel_and_the_money_page_counts_it(
    as_desk: Browser, missed: Appointment
) -> None:
    panel = reverse("billing:panel", args=[missed.pk])
    assert "No-show fee: $100.00" in as_desk.get(panel).text
    assert "$100.00" in as_desk.get(reverse("billing:desk")).text
    assert "HSA card" not in as_desk.get(panel).text
    pay = reverse("billing:pay-fee", args=[missed.pk])
    answer = as_desk.post(pay, {"method": "hsa", "form_token": str(uuid4())})
    assert answer.status_code == 422
    form = {"method": "cash", "reference": "", "form_token": str(uuid4())}
    assert as_desk.post(pay, form).status_code == 302
    assert as_desk.post(pay, form).status_code == 302
    assert Payment.objects.get().amount_cents == 10000
    assert as_desk.post(pay, {**form, "form_token": str(uuid4())}).status_code == 422
    assert "Paid on" in as_desk.get(panel, headers={"HX-Request": "true"}).text
    money = as_desk.get(reverse("billing:desk")).text
    assert "Fees to collect" not in money
    assert money.count("$100.00") >= 2  # the payment, and the sum


def test_the_desk_waives_a_fee_with_a_reason(as_desk: Browser, missed: Appointment) -> None:
    waive = reverse("billing:waive-fee", args=[missed.pk])
    answer = as_desk.post(waive, {"reason": " "})
    assert answer.status_code == 422
    assert "Give the reason in a few words." in answer.text
    assert as_desk.post(waive, {"reason": "train strike"}).status_code == 302
    missed.refresh_from_db()
    assert missed.open_fee_cents == 0
    assert "train strike" in as_desk.get(reverse("billing:panel", args=[missed.pk])).text
    again = as_desk.post(waive, {"reason": "again"})
    assert again.status_code == 422
    assert Payment.objects.count() == 0


def test_a_cancelled_visit_without_a_fee_says_that_nothing_is_to_pay(
    as_desk: Browser, client_record: Client
) -> None:
    visit = booked_appointment(client_record, status="cancelled", price_cents=10000)
    page = as_desk.get(reverse("billing:panel", args=[visit.pk])).text
    assert "Nothing is due." in page
    assert "due after the visit" not in page


def test_a_client_sees_an_open_fee_with_the_visit_the_receipts_and_the_balance(
    as_client: Browser, as_other: Browser, missed: Appointment, desk_user: User
) -> None:
    visit = reverse("booking:visit-detail", args=[missed.pk])
    balance = reverse("billing:portal-balance")
    assert "missed-visit fee of $100.00 is due" in as_client.get(visit).text
    assert "Missed visit" in as_client.get(reverse("billing:receipt-list")).text
    assert "$100.00 due" in as_client.get(balance, headers={"HX-Request": "true"}).text
    assert "Nothing due" in as_other.get(balance, headers={"HX-Request": "true"}).text
    assert as_client.get(balance).headers["Location"] == reverse("billing:receipt-list")
    take(desk_user, missed)
    assert "was paid on" in as_client.get(visit).text
    assert "Nothing due" in as_client.get(balance, headers={"HX-Request": "true"}).text


def test_the_money_page_takes_the_same_queries_for_many_fees(
    as_desk: Browser,
    missed: Appointment,
    client_record: Client,
    desk_user: User,
    django_assert_max_num_queries: object,
) -> None:
    for hours in (30, 40, 50):
        start = timezone.now() - timedelta(hours=hours)
        visit = booked_appointment(client_record, starts_at=start, price_cents=10000)
        Appointment.objects.filter(pk=visit.pk).update(status="noshow", fee_cents=100)
        if hours > 30:
            take(desk_user, visit)
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        as_desk.get(reverse("billing:desk"))
