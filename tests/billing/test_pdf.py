"""The printed receipt: what it says, that it says it the same way each time, and who is told."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import urlsplit
from uuid import uuid4

import pikepdf
import pytest
import time_machine
from django.conf import settings as configured
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from billing import selectors, services, tasks
from billing.issuing import pdf
from billing.issuing import services as issuing
from billing.models import BillingDocument, Charge
from clinic import duties
from clinic.documents import letterhead, printing
from clinic.documents import store as documents
from clinic.models import Document, Message
from clinic.runtime.config import ROOT
from clinic.templatetags.pdf import qr_code
from tests import factories
from tests.billing.factories import plain_visit
from tests.clinic.documents import certificates
from tests.clinic.documents.test_printing import picture
from tests.locks import expect_nothing_held
from tests.printed import check
from tests.treatment.factories import finished_visit

if TYPE_CHECKING:
    from pathlib import Path

    from clinic.models import Client, User
    from treatment.models import Visit


def issue(actor: User, visit: Visit, cents: int = 10000) -> BillingDocument:
    services.take_payment(
        actor=actor,
        visit=visit,
        method="hsa",
        amount_cents=cents,
        reference="4242",
        form_token=uuid4(),
    )
    return issuing.issue_receipt(actor=actor, visit=visit)


def printed(receipt: BillingDocument) -> PdfReader:
    return PdfReader(BytesIO(pdf.render(receipt).content))


def words(receipt: BillingDocument) -> str:
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
        "Prescription dated",
        us(receipt.service_on),
        "Hands-on manual therapy 40 3 $75.00 $0.00 $75.00",
        "Massage, hands-on strokes 13 1 $25.00 $0.00 $25.00",
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


def test_the_receipt_is_accessible_and_can_be_kept(
    desk_user: User, client_record: Client, tmp_path: Path
) -> None:
    check(pdf.render(issue(desk_user, finished_visit(client_record))).content, tmp_path)


def test_the_receipt_holds_itself_for_programs(desk_user: User, client_record: Client) -> None:
    receipt = issue(desk_user, finished_visit(client_record))
    with pikepdf.open(BytesIO(pdf.render(receipt).content)) as file:
        assert file.attachments["receipt.json"].relationship == "/Data"
        said = json.loads(file.attachments["receipt.json"].get_file().read_bytes())
    assert said["number"] == receipt.number
    assert said["patient"]["name"] == "Ana Lima"
    assert said["totals"]["net_cents"] == sum(line["net_cents"] for line in said["lines"])
    assert [line["service_on"] for line in said["lines"]] == [receipt.service_on.isoformat()] * 2
    for secret in ["M54", "Cervicalgia", "97140"]:
        assert secret not in json.dumps(said)


def test_the_square_leads_to_the_check_and_tells_the_server_nothing(
    desk_user: User, client_record: Client
) -> None:
    receipt = issue(desk_user, plain_visit(client_record))
    address = pdf.check_url(receipt.number, receipt.verify_code)
    assert address == f"{configured.PUBLIC_URL}/verify/#{receipt.number}/{receipt.verify_code}"
    path = urlsplit(address)
    assert (path.path, path.query) == (reverse("billing:verify"), "")
    html: list[str] = []
    with patch.object(printing, "render", side_effect=lambda page, **_: html.append(page)):
        pdf.render(receipt)
    assert qr_code(address, "QR code: check this document") in html[0]


def test_the_clinics_logo_is_printed_with_its_words(
    desk_user: User, client_record: Client, manager_user: User, tmp_path: Path
) -> None:
    receipt = issue(desk_user, plain_visit(client_record))
    assert receipt.visit is not None
    place = receipt.visit.appointment.location
    before = pdf.render(receipt).content
    letterhead.set_logo(actor=manager_user, place=place, png=picture("#c81e5b"))
    content = pdf.render(receipt).content
    check(content, tmp_path)
    assert pictures_of(before) == []
    assert pictures_of(content) == [(120, 40)]
    with pikepdf.open(BytesIO(content)) as file:
        figures = [
            str(one.Alt)
            for one in file.objects
            if isinstance(one, pikepdf.Dictionary) and one.get("/S") == "/Figure"
        ]
    assert figures == ["Logo of Stillwater Medical Massage", "QR code: check this document"]

    assert place.logo is not None
    documents.path_of(place.logo.sha256).unlink()
    assert pdf.render(receipt).content == before


def pictures_of(content: bytes) -> list[tuple[int, int]]:
    with pikepdf.open(BytesIO(content)) as file:
        return [
            (int(one.Width), int(one.Height))
            for one in file.objects
            if isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Image"
        ]


def test_a_partial_payment_leaves_a_balance_in_print(
    desk_user: User, client_record: Client
) -> None:
    text = words(issue(desk_user, plain_visit(client_record), 2501))
    assert "Paid $25.01" in text
    assert "Balance $74.99" in text
    assert "This visit was not covered by a prescription." in text


def test_reserved_time_is_marked_as_no_treatment(desk_user: User, client_record: Client) -> None:
    visit = plain_visit(client_record)
    services.charge_visit(visit=visit)
    fee = {"list_cents": 2500, "net_cents": 2500, "is_eligible": False, "position": 9}
    Charge.objects.create(visit=visit, description="Reserved time", **fee)
    text = words(issuing.issue_receipt(actor=desk_user, visit=visit))
    assert "Reserved time not treatment; plans do not reimburse it" in text
    assert "Treatment only $100.00" in text
    assert "Patient responsibility $125.00" in text


def test_a_new_receipt_names_the_void_one(desk_user: User, client_record: Client) -> None:
    first = issue(desk_user, plain_visit(client_record))
    second = issuing.void(actor=desk_user, document=first, reason="x", reissue=True)
    assert second is not None
    assert f"Replaces {first.number}, which is void" in words(second)


def test_names_are_printed_and_not_read_as_markup(desk_user: User) -> None:
    client = factories.make_client("<b>Zoë</b>", "O'Brien & Søn", email="zoe@example.test")
    text = words(issue(desk_user, plain_visit(client)))
    assert "<b>Zoë</b> O'Brien & Søn" in text


def test_the_same_receipt_is_the_same_bytes(desk_user: User, client_record: Client) -> None:
    receipt = issue(desk_user, plain_visit(client_record))
    once = pdf.render(receipt).content
    fresh = selectors.documents().get(pk=receipt.pk)
    printing._rules.cache_clear()
    printing.our_fonts.cache_clear()
    assert pdf.render(fresh).content == once


def test_the_page_fetches_nothing(desk_user: User, client_record: Client) -> None:
    """Not even a file of ours, should a name ever carry an address."""
    loader = printing.PageLoader({})
    for address in ["file:///etc/passwd", "http://127.0.0.1/", "data:text/plain,x"]:
        with pytest.raises(ValueError, match="disallowed protocol"):
            loader.fetch(address)


def test_the_worker_makes_the_document_once_and_tells_the_client(
    desk_user: User, client_record: Client
) -> None:
    receipt = issue(desk_user, plain_visit(client_record))
    tasks.render_document.run(str(receipt.pk))
    tasks.render_document.run(str(receipt.pk))
    receipt.refresh_from_db()
    assert receipt.file is not None
    assert documents.read(receipt.file).startswith(b"%PDF-")
    assert receipt.file.pages == 1
    assert receipt.file.name == f"receipt-{receipt.number}.pdf"
    message = Message.objects.get(kind="receipt")
    assert message.recipient == client_record.email
    assert str(receipt.pk) in message.body
    said = (message.subject + message.body).replace("Stillwater Medical Massage", "").lower()
    for secret in ["massage", "$", "100.00", "lima", "prescription", receipt.number]:
        assert secret not in said


def test_where_there_is_a_certificate_the_client_gets_the_signed_file(
    desk_user: User, client_record: Client, tmp_path: Path, settings: Any
) -> None:
    path, _made = certificates.certificate(tmp_path)
    settings.DOCUMENT_CERTIFICATE = str(path)
    settings.DOCUMENT_CERTIFICATE_PASSPHRASE = certificates.PASSPHRASE
    receipt = issue(desk_user, plain_visit(client_record))

    with patch.object(tasks, "enqueue") as bell:
        tasks.render_document.run(str(receipt.pk))
    bell.assert_called_once_with(tasks.SIGN, str(receipt.pk))
    assert (
        BillingDocument.objects.get(pk=receipt.pk).file is None
    )  # nobody is given, or told of, what is not signed yet
    assert not Message.objects.filter(kind="receipt").exists()

    with patch.object(tasks, "enqueue"):
        tasks.render_document.run(str(receipt.pk))  # the bell was lost: printed again, one draft
    assert Document.objects.filter(kind=Document.Kind.DRAFT).count() == 1
    tasks.sign_document.run(str(receipt.pk))
    tasks.sign_document.run(str(receipt.pk))
    receipt = BillingDocument.objects.get(pk=receipt.pk)
    assert receipt.file is not None
    content = documents.read(receipt.file)
    assert b"/ETSI.CAdES.detached" in content
    assert receipt.file.sha256 == hashlib.sha256(content).hexdigest()
    assert receipt.file.pages == 1
    check(content, tmp_path)
    assert not Document.objects.filter(kind=Document.Kind.DRAFT).exists()
    assert Message.objects.filter(kind="receipt").count() == 1


def test_without_a_draft_it_is_printed_again(desk_user: User, client_record: Client) -> None:
    receipt = issue(desk_user, plain_visit(client_record))
    tasks.sign_document.run(str(receipt.pk))
    receipt.refresh_from_db()
    assert (receipt.file, receipt.work_claimed_at) == (None, None)
    assert receipt.work_due_at > timezone.now()


def test_the_sweep_finds_what_the_bell_missed(desk_user: User, client_record: Client) -> None:
    receipt = issue(desk_user, plain_visit(client_record))
    tasks.sweep_documents.run()
    receipt.refresh_from_db()
    assert receipt.file is None  # too early: the first try may still be under way

    with time_machine.travel(timezone.now() + duties.LOST * 2):
        tasks.sweep_documents.run()
    receipt.refresh_from_db()
    assert receipt.file is not None


@pytest.mark.django_db(transaction=True)
def test_nothing_is_locked_while_the_document_is_laid_out(
    desk_user: User, client_record: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = plain_visit(client_record)
    rendered: list[BillingDocument] = []
    render = printing.render

    def look(*args: Any, **named: Any) -> printing.Printed:
        (receipt,) = BillingDocument.objects.all()
        assert receipt.work_claimed_at is not None
        expect_nothing_held(receipt)
        rendered.append(receipt)
        return render(*args, **named)

    monkeypatch.setattr(printing, "render", look)
    receipt = issue(desk_user, visit)  # the worker draws it after the commit
    receipt.refresh_from_db()
    assert receipt.file is not None
    assert rendered == [receipt]


def test_a_receipt_voided_while_it_is_drawn_keeps_its_document_and_tells_nobody(
    desk_user: User, client_record: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = issue(desk_user, plain_visit(client_record))
    render = printing.render

    def void(*args: Any, **named: Any) -> printing.Printed:
        issuing.void(actor=desk_user, document=receipt, reason="Wrong")
        return render(*args, **named)

    monkeypatch.setattr(printing, "render", void)
    tasks.render_document.run(str(receipt.pk))
    receipt.refresh_from_db()
    assert (receipt.status, receipt.file is None) == ("cancelled", False)
    assert not Message.objects.filter(kind="receipt").exists()


def test_nobody_is_told_of_an_old_or_a_void_receipt(desk_user: User, client_record: Client) -> None:
    receipt = issue(desk_user, plain_visit(client_record))
    issuing.void(actor=desk_user, document=receipt, reason="Wrong")
    tasks.render_document.run(str(receipt.pk))
    receipt.refresh_from_db()
    assert receipt.file is not None
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
