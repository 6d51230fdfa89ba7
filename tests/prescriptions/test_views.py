from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from clinic.models import AuditEvent
from prescriptions import ledger
from prescriptions.reviewing import services
from prescriptions.uploading import receiving
from tests.prescriptions import paper
from tests.prescriptions.factories import approved_prescription, submitted_prescription

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser

    from clinic.models import Client, Location, User
    from prescriptions.models import Prescription

UPLOAD = reverse("prescriptions:upload")
LIST = reverse("prescriptions:list")
HTMX = {"HX-Request": "true"}


def file(content: bytes, name: str = "scan.pdf") -> SimpleUploadedFile:
    # What the browser says about the type is not believed, so it may as well be wrong.
    return SimpleUploadedFile(name, content, content_type="text/html")


def at(name: str, prescription: Prescription, *args: object) -> str:
    return reverse(f"prescriptions:{name}", args=[prescription.pk, *args])


def test_an_empty_list_offers_the_first_step(as_client: Browser, location: Location) -> None:
    page = as_client.get(LIST)
    assert "No prescription yet" in page.text
    assert UPLOAD in page.text


def test_a_rejection_says_why_and_offers_another(
    as_client: Browser, submitted: Prescription, desk_user: User
) -> None:
    services.reject(actor=desk_user, prescription=submitted, reason="expired")
    page = as_client.get(at("detail", submitted))
    assert "out of date" in page.text
    assert UPLOAD in page.text


def test_an_approved_one_shows_its_visits(as_client: Browser, approved: Prescription) -> None:
    used = ledger.reserve_visit(actor=None, prescription=approved, on=approved.starts_on)  # type: ignore[arg-type]
    ledger.use_visit(actor=None, reservation=used)
    page = as_client.get(at("detail", approved))
    assert "1 of 12" in page.text
    assert "<b>11</b>" in page.text
    assert "M54.2" in page.text
    assert "1 of 12" in as_client.get(LIST).text


def test_the_panel_shows_the_meter_and_is_a_page_without_htmx(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    panel = reverse("prescriptions:portal-panel")
    assert as_client.get(panel)["Location"] == LIST
    assert UPLOAD in as_client.get(panel, headers=HTMX).text
    submitted_prescription(client_record)
    assert "In review" in as_client.get(panel, headers=HTMX).text
    approved_prescription(client_record, used=2)
    assert "2 of 12" in as_client.get(panel, headers=HTMX).text


def test_a_page_is_a_picture_that_no_cache_keeps(
    as_client: Browser, submitted: Prescription
) -> None:
    answer = as_client.get(at("page", submitted, 1))
    assert answer["Content-Type"] == "image/png"
    assert answer["Cache-Control"] == "no-store"
    upright = Image.open(io.BytesIO(answer.content))
    assert upright.width < upright.height
    assert as_client.get(at("page", submitted, 2)).status_code == 404


def test_the_document_is_the_clean_copy_and_its_download_is_recorded(
    as_client: Browser, submitted: Prescription
) -> None:
    answer = as_client.get(at("document", submitted))
    assert answer.content.startswith(b"%PDF-")
    assert "attachment" in answer["Content-Disposition"]
    assert answer["Cache-Control"] == "no-store"
    assert AuditEvent.objects.filter(action="document.downloaded").count() == 1


@pytest.mark.parametrize("name", ["detail", "send-again", "document", "page"])
def test_a_stranger_finds_nothing(as_other: Browser, submitted: Prescription, name: str) -> None:
    args = (1,) if name == "page" else ()
    assert as_other.get(at(name, submitted, *args)).status_code == 404


def test_a_stranger_changes_nothing(
    as_other: Browser, submitted: Prescription, desk_user: User
) -> None:
    services.ask_for_information(actor=desk_user, prescription=submitted, reason="other")
    answer = as_other.post(at("send-again", submitted), {"document": file(paper.pdf())})
    assert answer.status_code == 404
    submitted.refresh_from_db()
    assert submitted.status == "needs_information"


def test_a_list_costs_the_same_however_long(
    as_client: Browser,
    client_record: Client,
    location: Location,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for _ in range(6):
        approved_prescription(client_record)
    with django_assert_max_num_queries(14):
        as_client.get(LIST)


def test_each_page_that_is_looked_at_leaves_a_row_in_the_record(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    sent = receiving.submit(
        actor=client_record.user, client=client_record, uploads=[paper.pdf(pages=2)]
    )
    seen = AuditEvent.objects.filter(
        action="prescription.viewed", object_id=str(sent.pk), client=client_record
    )
    as_client.get(at("page", sent, 2))
    as_client.get(at("page", sent, 1))
    assert [event.detail for event in seen.order_by("pk")] == [{"page": 2}, {"page": 1}]
