"""One payment may settle several things; nothing is chosen for anybody."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from billing.errors import DuesChanged
from billing.models import BillingDocument, Payment
from billing.owed.settling import settle, spread
from clinic.people.owed import VISIT, Due
from tests.billing.factories import missed_visit, paid, plain_visit
from tests.billing.reading import owes

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from booking.models import Appointment
    from clinic.models import Client, User
    from treatment.models import Visit

HTMX = {"HX-Request": "true"}


def due(cents: int) -> Due:
    return Due("Visit", date(2026, 1, 1), cents, uuid4(), VISIT)


@given(amounts=st.lists(st.integers(1, 500), max_size=6), cents=st.integers(0, 4000))
def test_an_amount_is_spread_from_the_oldest_on_to_the_cent(amounts: list[int], cents: int) -> None:
    dues = [due(amount) for amount in amounts]
    shares = spread(dues, cents)
    assert sum(share for _due, share in shares) == min(cents, sum(amounts))
    assert [one for one, _share in shares] == dues[: len(shares)]
    assert all(share == one.cents for one, share in shares[:-1])


@pytest.fixture
def older(client_record: Client) -> Visit:
    return plain_visit(client_record, 5)


@pytest.fixture
def missed(client_record: Client) -> Appointment:
    return missed_visit(client_record)


def pay(browser: Browser, visit: Visit, follow: bool = False, **fields: Any) -> Any:
    form = {"method": "card", "amount": "", "reference": "", "form_token": uuid4(), **fields}
    return browser.post(reverse("billing:pay", args=[visit.pk]), form, follow=follow)


def test_what_was_paid_since_is_not_taken_again(
    desk_user: User, client_record: Client, visit: Visit, older: Visit
) -> None:
    """Nor is the rest taken as if that had been all."""
    keys = [f"visit:{one.appointment_id}" for one in (visit, older)]
    paid(desk_user, older)
    with pytest.raises(DuesChanged):
        settle(
            actor=desk_user,
            client=client_record,
            keys=keys,
            method="card",
            amount_cents=None,
            form_token=uuid4(),
        )
    assert Payment.objects.count() == 1


def test_nothing_is_chosen_among_the_methods(as_desk: Browser, visit: Visit) -> None:
    panel = as_desk.get(reverse("billing:panel", args=[visit.appointment_id]), headers=HTMX).text
    assert 'type="radio"' in panel
    assert "checked" not in panel
    answer = pay(as_desk, visit, amount="100", method="")
    assert answer.status_code == 422
    assert "Choose what it was paid with." in answer.text
    assert 'value="100"' in answer.text


def test_payment_and_receipt_are_one_press(as_desk: Browser, visit: Visit) -> None:
    form = {"amount": "100.00", "then": "receipt", "form_token": uuid4()}
    for _time in range(2):
        answer = pay(as_desk, visit, follow=True, **form)
    assert answer.status_code == 200
    assert BillingDocument.objects.get().balance_cents == 0
    assert Payment.objects.count() == 1


def test_check_out_says_what_is_owed_for_what_and_takes_it_all(
    as_desk: Browser, visit: Visit, older: Visit, missed: Appointment, client_record: Client
) -> None:
    panel = as_desk.get(reverse("billing:panel", args=[visit.appointment_id]), headers=HTMX).text
    for words in ("This visit,", "Visit,", "No-show fee,", "$40.00"):
        assert words in panel
    ticked = [
        f"visit:{visit.appointment_id}",
        f"visit:{older.appointment_id}",
        f"fee:{missed.pk}",
    ]
    token = uuid4()
    answer = pay(as_desk, visit, dues=ticked, then="receipt", form_token=token, follow=True)
    assert "Payment taken." in answer.text
    assert owes(client_record) == []
    assert {one.batch for one in Payment.objects.all()} == {token}
    assert BillingDocument.objects.count() == 2
    pay(as_desk, visit, dues=ticked, form_token=token)  # Back, and again
    assert Payment.objects.count() == 3


def test_a_part_goes_to_what_is_oldest(
    as_desk: Browser, visit: Visit, older: Visit, client_record: Client
) -> None:
    ticked = [f"visit:{visit.appointment_id}", f"visit:{older.appointment_id}"]
    assert pay(as_desk, visit, dues=ticked, amount="130").status_code == 302
    assert [cents for _kind, cents in owes(client_record)] == [7000]
    assert owes(client_record) == [("visit", 7000)]
    assert sorted(one.amount_cents for one in Payment.objects.all()) == [3000, 10000]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount": "140.01"}, "no more than the balance due"),
        ({"amount": "30"}, "A fee is paid whole."),
        ({"method": "hsa"}, "HSA and FSA cards cannot pay it"),
        ({"dues": []}, "Choose what is paid."),
    ],
)
def test_what_cannot_be_is_refused_and_kept(
    as_desk: Browser, visit: Visit, missed: Appointment, fields: dict[str, Any], words: str
) -> None:
    ticked = [f"visit:{visit.appointment_id}", f"fee:{missed.pk}"]
    answer = pay(as_desk, visit, **{"dues": ticked, "reference": "7788", **fields})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="7788"' in answer.text
    assert not Payment.objects.exists()


def test_what_was_settled_meanwhile_is_told(
    as_desk: Browser, desk_user: User, visit: Visit, older: Visit, missed: Appointment
) -> None:
    paid(desk_user, older)
    ticked = [f"visit:{visit.appointment_id}", f"visit:{older.appointment_id}"]
    answer = pay(as_desk, visit, dues=ticked)
    assert answer.status_code == 422
    assert Payment.objects.count() == 1


def test_the_panel_takes_the_same_queries_for_many_dues(
    as_desk: Browser,
    desk_user: User,
    visit: Visit,
    client_record: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for hours in (4, 6, 8, 10):
        plain_visit(client_record, hours)
    for cents in (100, 200, 300):
        paid(desk_user, visit, cents)
    address = reverse("billing:panel", args=[visit.appointment_id])
    with django_assert_max_num_queries(40):
        as_desk.get(address, headers=HTMX)
