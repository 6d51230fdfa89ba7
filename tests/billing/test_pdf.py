"""The printed receipt: what it says, that it says it the same way each time, and who is told."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone
from pypdf import PdfReader

from billing import pdf, selectors, services, tasks
from billing.models import Charge, Receipt
from clinic import documents, printing
from clinic.models import Message
from clinic.runtime.config import ROOT
from tests import factories
from tests.billing.factories import plain_visit
from tests.treatment.factories import finished_visit

if TYPE_CHECKING:
    from clinic.models import Client, User
    from treatment.models import Visit


def issue(actor: User, visit: Visit, cents: int = 10000) -> Receipt:
    services.take_payment(
        actor=actor,
        visit=visit,
        method="hsa",
        amount_cents=cents,
        reference="4242",
        form_token=uuid4(),
    )
    return services.issue_receipt(actor=actor, visit=visit)


def printed(receipt: Receipt) -> PdfReader:
    return PdfReader(BytesIO(pdf.render(receipt).content))


def words(receipt: Receipt) -> str:
    text = " ".join(page.extract_text() for page in printed(receipt).pages)
    return " ".join(text.split())


def us(moment: object) -> str:
    return f"{moment:%b} {moment:%d}, {moment:%Y}".replace(" 0", " ")


def test_the_receipt_says_all_that_a_plan_looks_for(desk_user: User, client_record: Client) -> None:
    receipt = issue(desk_user, finished_visit(client_record))
    text = words(receipt)
    for wanted in [
        f"Receipt {receipt.number}",
        "Stillwater Medical Massage LLC",
        "12 Mill Street, Rhinebeck, NY 12572",
        "(845) 555-0100",
        "Ana Lima",
        "Dana Ruiz, LMT",
        "License NY 027-014455",
        "Kofi Osei, MD",
        "Prescription of",
        us(receipt.service_on),
        "Hands-on manual therapy 40 $75.00 $0.00 $75.00",
        "Massage, hands-on strokes 13 $25.00 $0.00 $25.00",
        "HSA card 4242 $100.00",
        "Patient responsibility $100.00",
        "Paid $100.00",
        "Balance $0.00",
        receipt.verify_code,
        "/verify/",
    ]:
        assert wanted in text, wanted


def test_the_receipt_says_nothing_of_the_diagnosis(desk_user: User, client_record: Client) -> None:
    text = words(issue(desk_user, finished_visit(client_record)))
    for secret in ["M54", "Neck", "Cervicalgia", "97140", "97124", "sessions per week"]:
        assert secret not in text


def test_the_receipt_is_one_tagged_page_with_a_title(
    desk_user: User, client_record: Client
) -> None:
    receipt = issue(desk_user, finished_visit(client_record))
    reader = printed(receipt)
    assert len(reader.pages) == 1
    assert reader.metadata is not None
    assert receipt.number in str(reader.metadata.title)
    assert reader.xmp_metadata is not None
    assert "pdfuaid" in reader.xmp_metadata.rdf_root.toxml()
    root: Any = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"


def test_a_partial_payment_leaves_a_balance_in_print(
    desk_user: User, client_record: Client
) -> None:
    text = words(issue(desk_user, plain_visit(client_record), 2501))
    assert "Paid $25.01" in text
    assert "Balance $74.99" in text
    assert "This visit was not under a prescription." in text


def test_reserved_time_is_marked_as_no_treatment(desk_user: User, client_record: Client) -> None:
    visit = plain_visit(client_record)
    services.charge_visit(visit=visit)
    fee = {"list_cents": 2500, "net_cents": 2500, "is_eligible": False, "position": 9}
    Charge.objects.create(visit=visit, description="Reserved time", **fee)
    text = words(services.issue_receipt(actor=desk_user, visit=visit))
    assert "Reserved time not treatment; plans do not reimburse it" in text
    assert "of which treatment $100.00" in text
    assert "Patient responsibility $125.00" in text


def test_a_new_receipt_names_the_void_one(desk_user: User, client_record: Client) -> None:
    first = issue(desk_user, plain_visit(client_record))
    second = services.void_receipt(actor=desk_user, receipt=first, reason="x", reissue=True)
    assert second is not None
    assert f"Replaces {first.number}, which is void" in words(second)


def test_names_are_printed_and_not_read_as_markup(desk_user: User) -> None:
    client = factories.make_client("<b>Zoë</b>", "O'Brien & Søn", email="zoe@example.test")
    text = words(issue(desk_user, plain_visit(client)))
    assert "<b>Zoë</b> O'Brien & Søn" in text


def test_the_same_receipt_is_the_same_bytes(desk_user: User, client_record: Client) -> None:
    receipt = issue(desk_user, plain_visit(client_record))
    once = pdf.render(receipt).content
    fresh = selectors.receipts().get(pk=receipt.pk)
    printing._rules.cache_clear()
    printing._fonts.cache_clear()
    assert pdf.render(fresh).content == once


def test_the_page_fetches_nothing(desk_user: User, client_record: Client) -> None:
    """Not even a file of ours, should a name ever carry an address."""
    loader = printing.PAGE_LOADER
    for address in ["file:///etc/passwd", "http://127.0.0.1/", "data:text/plain,x"]:
        with pytest.raises(ValueError, match="disallowed protocol"):
            loader.fetch(address)


def test_the_worker_makes_the_document_once_and_tells_the_client(
    desk_user: User, client_record: Client
) -> None:
    receipt = issue(desk_user, plain_visit(client_record))
    tasks.render_receipt.run(str(receipt.pk))
    tasks.render_receipt.run(str(receipt.pk))
    receipt.refresh_from_db()
    assert receipt.document is not None
    assert documents.read(receipt.document).startswith(b"%PDF-")
    assert receipt.document.pages == 1
    assert receipt.document.name == f"receipt-{receipt.number}.pdf"
    message = Message.objects.get(kind="receipt")
    assert message.recipient == client_record.email
    assert str(receipt.pk) in message.body
    said = (message.subject + message.body).replace("Stillwater Medical Massage", "").lower()
    for secret in ["massage", "$", "100.00", "lima", "prescription", receipt.number]:
        assert secret not in said


def test_the_sweep_finds_what_the_bell_missed(desk_user: User, client_record: Client) -> None:
    receipt = issue(desk_user, plain_visit(client_record))
    tasks.sweep_documents.run()
    receipt.refresh_from_db()
    assert receipt.document is None  # too early: the first try may still be under way

    with time_machine.travel(timezone.now() + tasks.LATE * 2):
        tasks.sweep_documents.run()
    receipt.refresh_from_db()
    assert receipt.document is not None


def test_nobody_is_told_of_an_old_or_a_void_receipt(desk_user: User, client_record: Client) -> None:
    receipt = issue(desk_user, plain_visit(client_record))
    services.void_receipt(actor=desk_user, receipt=receipt, reason="Wrong")
    tasks.render_receipt.run(str(receipt.pk))
    receipt.refresh_from_db()
    assert receipt.document is not None
    assert not Message.objects.filter(kind="receipt").exists()


def test_no_web_process_loads_the_printer_before_it_prints() -> None:
    """WeasyPrint takes most of a second to import; the web never needs it."""
    code = (
        "import django, sys; django.setup(); from django.urls import get_resolver;"
        "get_resolver().url_patterns; import billing.views, billing.desk;"
        "sys.exit('weasyprint' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == 0
