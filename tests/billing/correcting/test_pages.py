"""The front desk puts payments right, a few clicks from the board."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.urls import reverse

from billing import fees, services
from billing.issuing import services as issuing
from billing.models import BillingDocument, Payment, Refund
from booking.links import on_board
from clinic.web.form_page import version_of
from tests import factories
from tests.billing.factories import missed_visit, paid, plain_visit
from tests.billing.reading import fresh, owes
from treatment import corrections

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, User
    from treatment.models import Visit

HTMX = {"HX-Request": "true"}


def address(name: str, payment: Payment) -> str:
    return reverse(f"billing:payment-{name}", args=[payment.pk])


def typed(payment: Payment, **fields: object) -> dict[str, object]:
    now = Payment.everything.get(pk=payment.pk)
    return {"form_token": uuid4(), "version": version_of(now), **fields}


@pytest.fixture
def payment(desk_user: User, visit: Visit) -> Payment:
    return paid(desk_user, visit, method="hsa")


@pytest.fixture
def receipt(desk_user: User, visit: Visit, payment: Payment) -> BillingDocument:
    return issuing.issue_receipt(actor=desk_user, visit=visit)


def test_a_wrong_method_is_put_right_from_the_panel_and_the_receipt_with_it(
    as_desk: Browser, visit: Visit, payment: Payment, receipt: BillingDocument
) -> None:
    panel = reverse("billing:panel", args=[visit.appointment_id])
    part = as_desk.get(panel, headers=HTMX).text
    assert f"Void receipt {receipt.number} and issue it again" in part
    assert address("method", payment) in part
    assert "checked" not in part.split("It was really paid with")[1].split("</fieldset>")[0]
    answer = as_desk.post(
        address("method", payment), typed(payment, method="cash", reissue="on"), follow=True
    )
    assert answer.redirect_chain[-1][0] == on_board(visit.appointment)
    assert f"Receipt {receipt.number} is void" in answer.text
    assert "It was recorded with the wrong method." in as_desk.get(panel).text
    new = BillingDocument.objects.get(status="issued")
    assert (new.replaces, new.snapshot["payments"][0]["method"]) == (receipt, "Cash")


def test_a_wrong_number_is_put_right_and_the_receipt_with_it(
    as_desk: Browser, visit: Visit, payment: Payment, receipt: BillingDocument
) -> None:
    panel = reverse("billing:panel", args=[visit.appointment_id])
    assert address("reference", payment) in as_desk.get(panel, headers=HTMX).text
    page = as_desk.get(address("reference", payment)).text
    assert f"Void receipt {receipt.number} and issue it again" in page
    answer = as_desk.post(
        address("reference", payment), typed(payment, reference="4242", reissue="on"), follow=True
    )
    assert f"Receipt {receipt.number} is void" in answer.text
    assert "Recorded again as HSA card 4242." in as_desk.get(panel).text
    new = BillingDocument.objects.get(status="issued")
    assert new.snapshot["payments"][0]["reference"] == "4242"


def test_cash_has_no_number_to_correct(as_desk: Browser, desk_user: User, visit: Visit) -> None:
    cash = paid(desk_user, visit, method="cash")
    panel = as_desk.get(reverse("billing:panel", args=[visit.appointment_id])).text
    assert address("reference", cash) not in panel
    refused = as_desk.post(address("reference", cash), typed(cash, reference="4242"))
    assert refused.status_code == 422
    assert "Cash has no number" in refused.text


def test_without_the_tick_the_documents_page_offers_it(
    as_desk: Browser, visit: Visit, payment: Payment, receipt: BillingDocument
) -> None:
    documents = reverse("billing:visit-documents", args=[visit.pk])
    answer = as_desk.post(address("method", payment), typed(payment, method="card"))
    assert answer["Location"] == documents
    page = as_desk.get(documents).text
    assert "It shows HSA card for $100.00; it was Card." in page
    assert "Void and reissue" in page
    done = as_desk.post(documents, follow=True)
    assert done.redirect_chain[-1][0] == on_board(visit.appointment)
    assert f"Receipt {receipt.number} is void" in done.text
    # Nothing is left to do there: it leads back to the visit.
    assert as_desk.get(documents)["Location"] == on_board(visit.appointment)
    assert BillingDocument.objects.get(status="issued").replaces == receipt
    as_desk.post(documents)  # a second click finds nothing to do
    assert BillingDocument.objects.count() == 2


def test_a_form_sent_twice_is_one_correction_and_the_second_desk_is_told(
    as_desk: Browser, payment: Payment
) -> None:
    form, other = typed(payment, method="cash"), typed(payment, method="check", reference="12")
    for _time in range(2):
        assert as_desk.post(address("method", payment), form).status_code == 302
    assert Payment.everything.count() == 2
    told = as_desk.post(address("method", payment), other)
    assert told.status_code == 422
    assert "already corrected this payment" in told.text
    assert 'value="12"' in told.text


@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("method", {}, "Choose what it was paid with."),
        ("method", {"method": "hsa"}, "That is how it is recorded already."),
        ("method", {"method": "gold"}, "Choose what it was paid with."),
        ("method", {"method": "card", "reference": "4111 1111 1111 1111"}, "last four digits"),
        ("reference", {"reference": ""}, "Enter the right number."),
        ("reference", {"reference": "4111 1111 1111 1111"}, "last four digits"),
        ("void", {"reason": " "}, "Say why in a few words."),
        ("refund", {"amount": "1", "reason": "x", "owed_again": "no"}, "Choose how it is given"),
        ("refund", {"amount": "100.01", "method": "hsa", "reason": "x"}, "left of this payment"),
        ("refund", {"amount": "x", "method": "hsa", "reason": "x"}, "an amount such as"),
        ("refund", {"amount": "5", "method": "hsa", "reason": "x"}, "whether the client still"),
        (
            "refund",
            {"amount": "5", "method": "cash", "reason": "Kept", "owed_again": "no"},
            "taxable",
        ),
        ("move", {"reason": "x"}, "Choose what the payment was for."),
        ("move", {"reason": "x", "to": "visit:0"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_what_was_typed_is_kept(
    as_desk: Browser,
    payment: Payment,
    client_record: Client,
    name: str,
    fields: dict[str, object],
    words: str,
) -> None:
    plain_visit(client_record, 5)
    answer = as_desk.post(address(name, payment), typed(payment, **fields))
    assert answer.status_code == 422
    assert words in answer.text
    assert "Kept" not in str(fields) or 'value="Kept"' in answer.text
    assert Payment.objects.get() == payment
    assert not Refund.objects.exists()


def test_a_refund_to_an_hsa_card_tells_what_to_tell_the_client(
    as_desk: Browser, visit: Visit, payment: Payment, receipt: BillingDocument
) -> None:
    page = as_desk.get(address("refund", payment)).text
    assert "Only to the same HSA card, or not at all." in page
    assert "taxable payout" in page
    assert 'value="cash"' not in page
    form = typed(
        payment, amount="40", method="hsa", reason="Cut short", owed_again="no", reissue="on"
    )
    for _time in range(2):
        assert as_desk.post(address("refund", payment), form).status_code == 302
    assert Refund.objects.get().amount_cents == 4000
    new = BillingDocument.objects.get(status="issued")
    assert (new.net_cents, new.paid_cents, new.balance_cents) == (6000, 6000, 0)
    panel = as_desk.get(reverse("billing:panel", args=[visit.appointment_id])).text
    assert "Cut short" in panel
    assert "$40.00" in panel


def test_a_whole_refund_leaves_no_receipt_to_issue(
    as_desk: Browser, payment: Payment, receipt: BillingDocument
) -> None:
    form = typed(payment, amount="100", method="hsa", reason="Ill", owed_again="no", reissue="on")
    page = as_desk.post(address("refund", payment), form, follow=True).text
    assert f"Receipt {receipt.number} is void." in page
    assert not BillingDocument.objects.filter(status="issued").exists()


def test_a_payment_moves_to_another_visit_or_to_the_right_person(
    as_desk: Browser, payment: Payment, client_record: Client
) -> None:
    other = plain_visit(factories.make_client("Ben", "Adler"), 6)
    assert "for no other visit" in as_desk.get(address("move", payment)).text
    mine = plain_visit(client_record, 4)
    assert "Ana Lima: Visit of" in as_desk.get(address("move", payment)).text
    found = as_desk.post(address("move", payment), {"q": "Adler", "find": "1"})
    assert found.status_code == 200
    assert "Ben Adler: Visit of" in found.text
    key = f"visit:{other.appointment_id}"
    strange = as_desk.post(address("move", payment), typed(payment, to=key, reason="x"))
    assert strange.status_code == 422  # not among what was offered
    form = typed(payment, to=key, reason="Wrong person", q="Adler")
    for _time in range(2):
        assert as_desk.post(address("move", payment), form).status_code in (302, 422)
    moved = Payment.objects.get()
    assert (moved.visit, moved.client) == (other, other.appointment.client)
    assert services.balance(fresh(mine)) == 10000


def test_a_fees_payment_is_voided_from_its_panel(
    as_desk: Browser, desk_user: User, client_record: Client
) -> None:
    missed = missed_visit(client_record)
    fee = fees.take(actor=desk_user, appointment=missed, method="card", form_token=uuid4())
    assert "Void the payment" in as_desk.get(reverse("billing:panel", args=[missed.pk])).text
    page = as_desk.get(address("method", fee)).text
    assert 'value="hsa"' not in page
    as_desk.post(address("void", fee), typed(fee, reason="Keyed twice"))
    assert owes(client_record) == [("fee", 4000)]


def test_therapists_and_clients_correct_nothing(
    as_therapist: Browser, as_client: Browser, payment: Payment
) -> None:
    for name in ("method", "move", "refund", "void"):
        for browser, status in ((as_therapist, 403), (as_client, 404)):
            assert browser.post(address(name, payment), typed(payment)).status_code == status
    documents = reverse("billing:visit-documents", args=[payment.visit_id])
    assert as_therapist.get(documents).status_code == 403


def test_a_corrected_visit_is_charged_anew_and_its_receipt_is_offered(
    as_desk: Browser, desk_user: User, visit: Visit, payment: Payment, receipt: BillingDocument
) -> None:
    visit.minutes.update(minutes=40)
    corrections.tell(desk_user, fresh(visit))
    documents = reverse("billing:visit-documents", args=[visit.pk])
    assert "It shows 53 minutes; it is 40 minutes now." in as_desk.get(documents).text
    as_desk.post(documents)
    assert BillingDocument.objects.get(status="issued").minutes == 40
