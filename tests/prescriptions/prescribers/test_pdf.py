"""The form to sign on paper: names, dates and addresses, and never a reason or a diagnosis."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from pypdf import PdfReader

from clinic.documents import store as documents
from prescriptions.prescribers import pdf, tasks
from tests import factories as clinic_factories
from tests.prescriptions.factories import approved_prescription
from tests.prescriptions.prescribers.factories import make_prescriber, make_request

if TYPE_CHECKING:
    from clinic.models import Client, Location
    from prescriptions.models import DoctorRequest, Prescriber


def read(request: DoctorRequest) -> PdfReader:
    return PdfReader(BytesIO(pdf.form_to_sign(request).content))


def words(request: DoctorRequest) -> str:
    return " ".join(read(request).pages[0].extract_text().split())


def test_it_asks_for_the_four_elements_on_one_page(asked: DoctorRequest) -> None:
    text = words(asked)
    assert len(read(asked).pages) == 1
    for said in (
        "Stillwater Medical Massage",
        "12 Mill Street, Rhinebeck, NY 12572",
        "(845) 555-0100",
        "Ana Lima",
        "Apr 12, 1981",
        "Kofi Osei, MD",
        "1234567893",
        "1. Reason for medical necessity",
        "2. Number, frequency, and duration",
        "3. Modality",
        "Massage therapy",
        "Manual therapy",
        "4. Diagnosis: complete ICD-10-CM code(s)",
        "Treatment area",
        "Signature",
        "Date",
    ):
        assert said in text


def test_nothing_a_prescriber_must_write_is_filled_in(
    client_record: Client, location: Location
) -> None:
    """Not even for a renewal, whose reason, order and codes we know."""
    old = approved_prescription(client_record)
    assert old.prescriber is not None
    text = words(make_request(client_record, old.prescriber, renews=old))
    assert "It would renew an order valid" in text
    for theirs in ("M54", "Cervicalgia", "Neck", "desk work", "2 sessions", "12 visits", "weeks"):
        assert theirs not in text


def test_it_is_tagged_titled_and_the_same_bytes_each_time(asked: DoctorRequest) -> None:
    document = read(asked)
    root: Any = document.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert document.metadata is not None
    assert (
        document.metadata.title == "Request for a massage therapy order, Stillwater Medical Massage"
    )
    assert pdf.form_to_sign(asked).content == pdf.form_to_sign(asked).content


def test_names_are_printed_and_not_read_as_markup(location: Location) -> None:
    client = clinic_factories.make_client("<b>Zoë</b>", "O'Brien & Søn", email="zoe@example.test")
    doctor = make_prescriber("<i>Kofi</i>", npi="")
    text = words(make_request(client, doctor, note="<script>"))
    assert "<b>Zoë</b> O'Brien & Søn" in text
    assert "<i>Kofi</i>" in text
    assert "<script>" in text


def test_the_worker_draws_it_once(asked: DoctorRequest, prescriber: Prescriber) -> None:
    tasks.draw_request.run(str(asked.pk))
    asked.refresh_from_db()
    first = asked.document
    tasks.draw_request.run(str(asked.pk))
    asked.refresh_from_db()
    assert first is not None
    assert asked.document == first
    assert documents.read(first).startswith(b"%PDF-")
    assert first.name == "request-to-your-doctor.pdf"
