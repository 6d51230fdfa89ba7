"""The packet: a plan year in one file, whose totals are those of the receipts in it."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from billing import tasks
from billing.errors import NoReceipts
from billing.issuing import packing
from billing.issuing import services as issuing
from billing.issuing.statements import Span
from billing.models import BillingDocument, Kind
from clinic.documents import store
from clinic.models import Message
from prescriptions.models import Prescription
from tests.billing.factories import missed_visit, paid, plain_visit
from tests.billing.test_pdf import words
from tests.factories import make_client
from tests.treatment.factories import finished_visit

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, User


LIVE = {"HX-Request": "true"}


def today_of(client: Client) -> Span:
    today = timezone.localdate()
    return Span(client, today.replace(month=1, day=1), today)


def make(actor: User, client: Client) -> BillingDocument:
    return issuing.issue_range(Kind.PACKET, actor=actor, span=today_of(client))


def receipts() -> list[BillingDocument]:
    return list(BillingDocument.objects.filter(kind=Kind.RECEIPT).order_by("serial"))


def printed(packet: BillingDocument) -> PdfReader:
    tasks.render_document.run(str(packet.pk))
    packet.refresh_from_db()
    assert packet.file is not None
    return PdfReader(BytesIO(store.read(packet.file)))


def text_of(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_it_holds_the_receipts_the_log_and_the_order(
    desk_user: User, client_record: Client
) -> None:
    covered = finished_visit(client_record)
    paid(desk_user, covered, method="hsa")
    plain = plain_visit(client_record, hours_ago=5)
    paid(desk_user, plain, 4000)
    missed_visit(client_record, cents=4000)

    packet = make(desk_user, client_record)
    reader = printed(packet)

    inside = receipts()
    assert packet.number.startswith("P-")
    assert (packet.net_cents, packet.paid_cents, packet.balance_cents) == (20000, 14000, 6000)
    text = text_of(reader)
    for wanted in [
        "Patient Ana Lima",
        "Date of service",
        "Amount charged",
        *(f"receipt {one.number}" for one in inside),
        *(f"Receipt {one.number}" for one in inside),
        *(one.verify_code for one in inside),
        "Provider: Dana Ruiz, LMT, license NY 027-014455",
        "Prescribed by Kofi Osei, MD",
        "Hands-on manual therapy 40 3 $75.00 $0.00 $75.00",
        "Charged $100.00, paid $40.00, balance $60.00",
        "All services $200.00 $0.00 $200.00 $140.00 $60.00",
        "fee of $40.00, due (not in the total)",
        "Prescription A",
    ]:
        assert wanted in text, (wanted, text)


def test_the_receipts_own_files_are_attached_byte_for_byte(
    desk_user: User, client_record: Client
) -> None:
    plain_visit(client_record)
    plain_visit(client_record, hours_ago=5)
    packet = make(desk_user, client_record)
    attached = printed(packet).attachments
    for one in receipts():
        assert one.file is not None
        content = attached[one.file.name][0]
        assert hashlib.sha256(content).hexdigest() == one.file.sha256


def test_the_pages_of_the_order_have_words(desk_user: User, client_record: Client) -> None:
    finished_visit(client_record)
    order = Prescription.objects.get()
    pages, pictures = packing._pages(make(desk_user, client_record))
    assert [page.picture for page in pages] == list(pictures) == ["A-1"]
    assert pictures["A-1"].startswith(b"\xff\xd8")
    assert f"by Kofi Osei, MD, page 1 of 1. {order.reason}. {order.order_text}" in pages[0].words


def test_what_the_order_says_stands_encrypted(desk_user: User, client_record: Client) -> None:
    finished_visit(client_record)
    packet = make(desk_user, client_record)
    assert Prescription.objects.get().order_text in str(packet.private)
    assert Prescription.objects.get().order_text not in str(packet.snapshot)


def test_a_visit_that_no_order_covers_stands_outside_the_totals(
    desk_user: User, client_record: Client
) -> None:
    finished_visit(client_record)
    plain_visit(client_record, hours_ago=5)
    Prescription.objects.update(status=Prescription.Status.REJECTED)

    packet = make(desk_user, client_record)

    assert packet.net_cents == sum(one.net_cents for one in receipts()) == 10000
    assert [one["why"] for one in packet.snapshot["left_out"]] == ["uncovered"]
    said = words(packet)
    assert "Medical massage, $100.00. No prescription covered this visit" in said


def test_without_any_receipt_there_is_none(desk_user: User, client_record: Client) -> None:
    finished_visit(client_record)
    Prescription.objects.update(status=Prescription.Status.REJECTED)
    with pytest.raises(NoReceipts):
        make(desk_user, client_record)
    assert not BillingDocument.objects.exists()


def test_asked_for_again_it_is_the_same_until_a_receipt_changes(
    desk_user: User, client_record: Client
) -> None:
    visit = plain_visit(client_record)
    first = make(desk_user, client_record)
    assert make(desk_user, client_record) == first
    old = receipts()[0]

    paid(desk_user, visit)
    second = make(desk_user, client_record)

    old.refresh_from_db()
    first.refresh_from_db()
    assert (old.status, first.status) == ("cancelled", "cancelled")
    assert (second.replaces, second.paid_cents) == (first, 10000)
    assert second.snapshot["receipts"] == [str(receipts()[1].pk)]
    # The old one is still what it was, with the receipt that was valid then.
    assert f"Receipt {old.number}" in words(first)


def test_another_clients_visits_are_not_in_it(desk_user: User, client_record: Client) -> None:
    plain_visit(client_record)
    plain_visit(make_client("Omar", "Haddad"), hours_ago=5)
    assert make(desk_user, client_record).net_cents == 10000


def test_its_client_is_told_once(desk_user: User, client_record: Client) -> None:
    plain_visit(client_record)
    plain_visit(client_record, hours_ago=5)
    packet = make(desk_user, client_record)
    printed(packet)
    told = Message.objects.filter(kind="receipt")
    assert [one.about for one in told] == [packet.pk]


def test_its_page_tells_how_far_it_is(as_client: Browser, client_record: Client) -> None:
    plain_visit(client_record)
    plain_visit(client_record, hours_ago=5)
    first, last = today_of(client_record).begins_on, timezone.localdate()
    page = reverse("billing:packet")
    shown = as_client.post(page, {"begins_on": first, "ends_on": last}, follow=True)
    assert "0 of 2 receipts are printed." in shown.text

    packet = BillingDocument.objects.get(kind=Kind.PACKET)
    here = reverse("billing:receipt", args=[packet.pk])
    tasks.render_document.run(str(receipts()[0].pk))
    assert "1 of 2 receipts are printed." in as_client.get(here, headers=LIVE).text
    tasks.render_document.run(str(receipts()[1].pk))
    assert "All 2 receipts are printed" in as_client.get(here, headers=LIVE).text
    tasks.render_document.run(str(packet.pk))
    assert "Download the PDF" in as_client.get(here, headers=LIVE).text


def test_the_desk_makes_one_of_a_year(
    as_desk: Browser, as_therapist: Browser, client_record: Client
) -> None:
    plain_visit(client_record)
    page = reverse("billing:desk-packet", args=[client_record.pk])
    assert as_therapist.get(page).status_code in (403, 404)
    assert 'value="2024-12-31"' in as_desk.get(f"{page}?year=2024").text
    assert as_desk.get(f"{page}?year=٢٠٢٤").status_code == 200
    days = {"begins_on": timezone.localdate(), "ends_on": timezone.localdate()}
    as_desk.post(page, days)
    assert BillingDocument.objects.filter(kind=Kind.PACKET, client=client_record).exists()


def test_a_strangers_packet_is_not_found(
    as_other: Browser, desk_user: User, client_record: Client
) -> None:
    plain_visit(client_record)
    packet = make(desk_user, client_record)
    for name in ("receipt", "download"):
        assert as_other.get(reverse(f"billing:{name}", args=[packet.pk])).status_code == 404


def test_more_visits_with_receipts_cost_no_more_queries(
    desk_user: User, client_record: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for hours in (2, 4, 6, 8, 10):
        issuing.issue_receipt(actor=desk_user, visit=plain_visit(client_record, hours_ago=hours))
    with django_assert_max_num_queries(50):
        make(desk_user, client_record)
