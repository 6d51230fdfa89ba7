from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.urls import reverse

from billing import services, tasks
from billing.forms import PaymentForm
from billing.models import Payment, Receipt
from clinic.models import AuditEvent, Guardian
from prescriptions.models import Prescription
from tests import factories
from tests.billing.factories import plain_visit, plain_visits
from tests.treatment.factories import finished_visit, ready_appointment

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, User
    from treatment.models import Visit

HTMX = {"HX-Request": "true"}


@pytest.fixture
def visit(client_record: Client) -> Visit:
    return plain_visit(client_record)


@pytest.fixture
def receipt(desk_user: User, visit: Visit) -> Receipt:
    services.take_payment(
        actor=desk_user, visit=visit, method="hsa", amount_cents=10000, form_token=uuid4()
    )
    issued = services.issue_receipt(actor=desk_user, visit=visit)
    tasks.render_receipt.run(str(issued.pk))
    issued.refresh_from_db()
    return issued


def typed(amount: str, **fields: object) -> dict[str, object]:
    return {"method": "hsa", "amount": amount, "reference": "", "form_token": uuid4(), **fields}


# ---- the desk ----


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
    assert Receipt.objects.get().balance_cents == 0
    assert Receipt.objects.get().number in as_desk.get(address).content.decode()


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
    assert "Only the last four digits" in str(form.errors["reference"])


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
    assert not Receipt.objects.exists()


def test_before_the_visit_the_panel_names_the_price(
    as_desk: Browser, client_record: Client
) -> None:
    appointment = ready_appointment(client_record, ready=False)
    page = as_desk.get(reverse("billing:panel", args=[appointment.pk])).content.decode()
    assert "$100.00, once the visit is finished." in page
    assert "Take payment" not in page


def test_a_later_payment_offers_an_updated_receipt(as_desk: Browser, visit: Visit) -> None:
    as_desk.post(reverse("billing:pay", args=[visit.pk]), typed("40"))
    as_desk.post(reverse("billing:issue", args=[visit.pk]))
    as_desk.post(reverse("billing:pay", args=[visit.pk]), typed("60"))
    address = reverse("billing:panel", args=[visit.appointment_id])
    assert "Issue an updated receipt" in as_desk.get(address).content.decode()
    as_desk.post(reverse("billing:issue", args=[visit.pk]))
    old, new = Receipt.objects.order_by("serial")
    assert (old.status, new.balance_cents, new.replaces) == ("cancelled", 0, old)
    assert "Issue an updated receipt" not in as_desk.get(address).content.decode()


def test_a_receipt_is_voided_with_a_reason_only(as_desk: Browser, receipt: Receipt) -> None:
    address = reverse("billing:desk-receipt", args=[receipt.pk])
    assert "Void this receipt" in as_desk.get(address).content.decode()
    assert as_desk.post(address, {"reason": ""}).status_code == 422
    answer = as_desk.post(address, {"reason": "Wrong name", "reissue": "on"})
    receipt.refresh_from_db()
    assert receipt.status == Receipt.Status.CANCELLED
    assert answer["Location"] == reverse("billing:desk-receipt", args=[receipt.replaced_by.pk])
    again = as_desk.post(address, {"reason": "Again"})
    assert again.status_code == 422
    assert "void already" in again.content.decode()


def test_the_days_money_is_read_in_a_constant_number_of_queries(
    as_desk: Browser, desk_user: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for visit in plain_visits(4)[:3]:
        services.take_payment(
            actor=desk_user, visit=visit, method="cash", amount_cents=2500, form_token=uuid4()
        )
        services.issue_receipt(actor=desk_user, visit=visit)
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
    as_desk: Browser, client_record: Client, receipt: Receipt
) -> None:
    plain_visit(client_record, hours_ago=5)
    address = reverse("billing:client-panel", args=[client_record.pk])
    part = as_desk.get(address, headers=HTMX).content.decode()
    assert receipt.number in part
    assert "$100.00 to pay" in part
    assert "<html" in as_desk.get(address).content.decode()


# ---- the client ----


def test_clients_find_and_download_their_receipt(as_client: Browser, receipt: Receipt) -> None:
    assert "Therapeutic massage, 53 min" in " ".join(
        as_client.get(reverse("billing:receipt-list")).content.decode().split()
    )
    page = as_client.get(reverse("billing:receipt", args=[receipt.pk])).content.decode()
    assert "Download the PDF" in page
    answer = as_client.get(reverse("billing:download", args=[receipt.pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "no-store"
    assert answer.content.startswith(b"%PDF-")
    said = AuditEvent.objects.filter(object_id=str(receipt.pk)).values_list("action", flat=True)
    assert {"receipt.viewed", "receipt.downloaded"} <= set(said)


def test_while_the_pdf_is_made_the_page_says_so(
    as_client: Browser, desk_user: User, visit: Visit
) -> None:
    issued = services.issue_receipt(actor=desk_user, visit=visit)
    address = reverse("billing:receipt", args=[issued.pk])
    assert "The PDF is being made" in as_client.get(address).content.decode()
    assert "<html" not in as_client.get(address, headers=HTMX).content.decode()
    assert as_client.get(reverse("billing:download", args=[issued.pk])).status_code == 404


@pytest.mark.parametrize("name", ["billing:receipt", "billing:download"])
def test_a_strangers_receipt_does_not_exist(as_other: Browser, receipt: Receipt, name: str) -> None:
    assert as_other.get(reverse(name, args=[receipt.pk])).status_code == 404
    assert not AuditEvent.objects.filter(action="receipt.viewed").exists()


def test_a_stranger_sees_an_empty_list(as_other: Browser, receipt: Receipt) -> None:
    assert "No receipts yet" in as_other.get(reverse("billing:receipt-list")).content.decode()


def test_a_void_receipt_says_so_and_names_its_successor(
    as_client: Browser, desk_user: User, receipt: Receipt
) -> None:
    fresh = services.void_receipt(actor=desk_user, receipt=receipt, reason="x", reissue=True)
    assert fresh is not None
    page = as_client.get(reverse("billing:receipt", args=[receipt.pk])).content.decode()
    assert "This receipt is void" in page
    assert f"Receipt {fresh.number} takes its place" in page


def test_the_portal_panel_shows_the_newest_three_in_few_queries(
    as_client: Browser,
    desk_user: User,
    client_record: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for hours in (2, 4, 6, 8):
        visit = plain_visit(client_record, hours_ago=hours)
        services.issue_receipt(actor=desk_user, visit=visit)
    address = reverse("billing:portal-panel")
    with django_assert_max_num_queries(11):
        part = as_client.get(address, headers=HTMX).content.decode()
    assert part.count("<tr>") == 4
    assert "$400.00 to pay" in part
    assert "<html" in as_client.get(address).content.decode()


# ---- anybody ----


def test_anybody_may_check_a_receipt_and_learns_nothing_of_the_patient(
    anonymous: Browser, receipt: Receipt
) -> None:
    address = reverse("billing:verify")
    assert anonymous.get(address).status_code == 200
    spoken = {"number": receipt.number, "code": receipt.verify_code.replace("-", " ").lower()}
    page = anonymous.get(address, spoken).content.decode()
    assert "Valid" in page
    assert "Lima" not in page
    assert "massage, 53" not in page
    wrong = anonymous.get(address, {**spoken, "code": "AAAA-AAAA-AAAA"})
    assert wrong.status_code == 404
    assert "Not ours" in wrong.content.decode()


def test_a_void_receipt_is_told_apart(
    anonymous: Browser, desk_user: User, receipt: Receipt
) -> None:
    services.void_receipt(actor=desk_user, receipt=receipt, reason="x", reissue=True)
    data = {"number": receipt.number, "code": receipt.verify_code}
    page = anonymous.get(reverse("billing:verify"), data).content.decode()
    assert "Void" in page
    assert "Replaced by" in page


@pytest.mark.parametrize("number", ["", "2026", "x-1", "9" * 12, "99999-1", "2026-99999999"])
def test_any_number_is_answered(anonymous: Browser, receipt: Receipt, number: str) -> None:
    data = {"number": number, "code": "AAAA"}
    assert anonymous.get(reverse("billing:verify"), data).status_code in {200, 404}


def test_guessing_codes_is_slowed_down(anonymous: Browser, receipt: Receipt) -> None:
    data = {"number": receipt.number, "code": "AAAA"}
    answers = [anonymous.get(reverse("billing:verify"), data).status_code for _n in range(21)]
    assert answers[-1] == 429
    assert set(answers[:-1]) == {404}


def test_a_guardian_sees_the_receipts_of_the_child_they_act_for(
    as_client: Browser, client_user: User, desk_user: User
) -> None:
    child = factories.make_client("Leo", "Lima", email="leo@example.test")
    Guardian.objects.create(user=client_user, client=child, relationship="parent")
    issued = services.issue_receipt(actor=desk_user, visit=plain_visit(child))
    assert as_client.get(reverse("billing:receipt", args=[issued.pk])).status_code == 200
