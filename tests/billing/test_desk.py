from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.urls import reverse

from billing import desk, services
from billing.forms import PaymentForm
from billing.issuing import services as issuing
from billing.models import BillingDocument, Payment
from prescriptions.models import Prescription
from tests.billing.factories import plain_visit, plain_visits
from tests.treatment.factories import finished_visit, ready_appointment

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, User
    from treatment.models import Visit

HTMX = {"HX-Request": "true"}


def typed(amount: str, **fields: object) -> dict[str, object]:
    return {"method": "hsa", "amount": amount, "reference": "", "form_token": uuid4(), **fields}


def test_the_desk_sees_53_minutes_as_four_units_and_takes_the_money(
    as_desk: Browser, client_record: Client
) -> None:
    visit = finished_visit(client_record)
    address = reverse("billing:panel", args=[visit.appointment_id])
    part = as_desk.get(address, headers=HTMX).content.decode()
    assert "<html" not in part
    assert "$75.00" in part
    assert 'value="100.00"' in part
    answer = as_desk.post(reverse("billing:pay", args=[visit.pk]), typed("100.00"))
    assert answer.status_code == 302
    assert "Paid" in as_desk.get(address).content.decode()
    as_desk.post(reverse("billing:issue", args=[visit.pk]))
    assert BillingDocument.objects.get().balance_cents == 0
    assert BillingDocument.objects.get().number in as_desk.get(address).content.decode()


@pytest.mark.parametrize(
    ("amount", "cents"),
    [("25", 2500), ("25.5", 2550), ("$0.01", 1), ("100.00", 10000), (" 99.99 ", 9999)],
)
def test_dollars_are_read_to_the_cent(
    as_desk: Browser, visit: Visit, amount: str, cents: int
) -> None:
    as_desk.post(reverse("billing:pay", args=[visit.pk]), typed(amount))
    assert Payment.objects.get().amount_cents == cents


@pytest.mark.parametrize(
    "amount",
    ["", "12.345", "1e2", "-5", "0", "100.01", "10,00", "abc", "१००", "NaN", "9" * 30],
)
def test_an_amount_that_cannot_be_is_refused_and_kept_in_the_form(
    as_desk: Browser, visit: Visit, amount: str
) -> None:
    data = typed(amount, reference="1234")
    answer = as_desk.post(reverse("billing:pay", args=[visit.pk]), data)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'value="{amount}"' in page or not amount
    assert 'value="1234"' in page
    assert str(data["form_token"]) in page
    assert not Payment.objects.exists()


def test_a_whole_card_number_is_refused() -> None:
    form = PaymentForm(typed("10", reference="4111 1111 1111 1111"))
    assert "only the last four digits" in str(form.errors["reference"])


def test_a_payment_sent_twice_is_taken_once(as_desk: Browser, visit: Visit) -> None:
    data = typed("40.00")
    for _time in range(2):
        assert as_desk.post(reverse("billing:pay", args=[visit.pk]), data).status_code == 302
    assert Payment.objects.count() == 1


def test_a_receipt_without_prescription_is_refused_in_words(
    as_desk: Browser, client_record: Client
) -> None:
    visit = finished_visit(client_record)
    Prescription.objects.update(status="rejected")
    address = reverse("billing:issue", args=[visit.pk])
    page = as_desk.post(address, follow=True).content.decode()
    assert "no approved prescription covers the visit" in page
    assert not BillingDocument.objects.exists()


def test_before_the_visit_the_panel_names_the_price(
    as_desk: Browser, client_record: Client
) -> None:
    appointment = ready_appointment(client_record, ready=False)
    page = as_desk.get(reverse("billing:panel", args=[appointment.pk])).content.decode()
    assert "$100.00, due after the visit." in page
    assert "Take payment" not in page


def test_a_later_payment_offers_an_updated_receipt(as_desk: Browser, visit: Visit) -> None:
    as_desk.post(reverse("billing:pay", args=[visit.pk]), typed("40"))
    as_desk.post(reverse("billing:issue", args=[visit.pk]))
    as_desk.post(reverse("billing:pay", args=[visit.pk]), typed("60"))
    address = reverse("billing:panel", args=[visit.appointment_id])
    assert "Issue an updated receipt" in as_desk.get(address).content.decode()
    as_desk.post(reverse("billing:issue", args=[visit.pk]))
    old, new = BillingDocument.objects.order_by("serial")
    assert (old.status, new.balance_cents, new.replaces) == ("cancelled", 0, old)
    assert "Issue an updated receipt" not in as_desk.get(address).content.decode()


def test_a_receipt_is_voided_with_a_reason_only(as_desk: Browser, receipt: BillingDocument) -> None:
    address = reverse("billing:desk-receipt", args=[receipt.pk])
    page = as_desk.get(address).content.decode()
    assert "Void it" in page
    assert f'data-confirm="Void Receipt {receipt.number}?' in page
    assert as_desk.post(address, {"reason": ""}).status_code == 422
    answer = as_desk.post(address, {"reason": "Wrong name", "reissue": "on"})
    receipt.refresh_from_db()
    said = f"Receipt {receipt.number} is void. This one replaces it."
    assert said in as_desk.get(answer["Location"]).text
    assert receipt.status == BillingDocument.Status.CANCELLED
    assert answer["Location"] == reverse("billing:desk-receipt", args=[receipt.replaced_by.pk])
    again = as_desk.post(address, {"reason": "Again"})
    assert again.status_code == 422
    assert "already void" in again.content.decode()


def test_the_days_money_is_read_in_a_constant_number_of_queries(
    as_desk: Browser, desk_user: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for visit in plain_visits(4)[:3]:
        services.take_payment(
            actor=desk_user, visit=visit, method="cash", amount_cents=2500, form_token=uuid4()
        )
        issuing.issue_receipt(actor=desk_user, visit=visit)
    with django_assert_max_num_queries(10):
        page = as_desk.get(reverse("billing:desk")).content.decode()
    assert "$75.00" in page
    assert "Without a receipt" in page
    other = as_desk.get(reverse("billing:desk"), {"day": "2020-02-30"})
    assert other.status_code == 200


def test_therapists_see_the_bill_and_take_no_money(as_therapist: Browser, visit: Visit) -> None:
    page = as_therapist.get(reverse("billing:panel", args=[visit.appointment_id]))
    assert "$100.00" in page.content.decode()
    assert "Take payment" not in page.content.decode()
    pay = as_therapist.post(reverse("billing:pay", args=[visit.pk]), typed("100"))
    assert pay.status_code == 403
    assert as_therapist.post(reverse("billing:issue", args=[visit.pk])).status_code == 403
    assert as_therapist.get(reverse("billing:desk")).status_code == 403
    assert not Payment.objects.exists()


def test_a_clients_record_shows_receipts_and_what_is_owed(
    as_desk: Browser, client_record: Client, receipt: BillingDocument
) -> None:
    plain_visit(client_record, hours_ago=5)
    address = reverse("billing:client-panel", args=[client_record.pk])
    part = as_desk.get(address, headers=HTMX).content.decode()
    assert receipt.number in part
    assert "$100.00 due" in part
    assert "<html" in as_desk.get(address).content.decode()


def test_all_receipts_of_a_client_are_a_click_away(
    as_desk: Browser, desk_user: User, client_record: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hours in range(2, 14, 2):
        issuing.issue_receipt(actor=desk_user, visit=plain_visit(client_record, hours))
    address = reverse("billing:client-panel", args=[client_record.pk])
    part = as_desk.get(address, headers=HTMX).text
    assert "All 6 documents" in part
    assert part.count("/desk/receipts/") == 5
    whole = as_desk.get(address).text
    assert whole.count("/desk/receipts/") == 6
    monkeypatch.setattr(desk, "PAGE", 4)
    assert as_desk.get(address, {"page": "2"}).text.count("/desk/receipts/") == 2
