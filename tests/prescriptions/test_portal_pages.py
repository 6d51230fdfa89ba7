from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from PIL import Image

from clinic.models import AuditEvent
from prescriptions import forms, services
from prescriptions.models import Prescription, Upload
from tests.prescriptions import paper
from tests.prescriptions.factories import approved_prescription, submitted_prescription

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser

    from clinic.models import Client, Location, User
    from tests.prescriptions.conftest import Send

UPLOAD = reverse("prescriptions:upload")
LIST = reverse("prescriptions:list")
HTMX = {"HX-Request": "true"}


def file(content: bytes, name: str = "scan.pdf") -> SimpleUploadedFile:
    # What the browser says about the type is not believed, so it may as well be wrong.
    return SimpleUploadedFile(name, content, content_type="text/html")


def progress_of(upload: Upload) -> str:
    return reverse("prescriptions:upload-progress", args=[upload.pk])


def at(name: str, prescription: Prescription, *args: object) -> str:
    return reverse(f"prescriptions:{name}", args=[prescription.pk, *args])


def test_an_empty_list_offers_the_first_step(as_client: Browser, location: Location) -> None:
    page = as_client.get(LIST)
    assert "No prescription yet" in page.text
    assert UPLOAD in page.text


def test_a_client_sends_a_pdf_and_sees_it_in_review(
    as_client: Browser, client_record: Client, location: Location, send: Send
) -> None:
    answer = send(as_client, UPLOAD, {"document": file(paper.pdf()), "note": "From Dr. Osei"})
    prescription = Prescription.objects.get(client=client_record)
    assert answer.status_code == 302
    assert answer["Location"] == progress_of(Upload.objects.get())
    assert prescription.client_note == "From Dr. Osei"
    page = as_client.get(answer["Location"], follow=True)
    assert page.redirect_chain == [(at("detail", prescription), 302)]
    assert "In review" in page.text
    assert at("page", prescription, 1) in page.text


def test_several_photos_become_one_document(
    as_client: Browser, client_record: Client, location: Location, send: Send
) -> None:
    photos = [file(paper.photo(), "1.jpg"), file(paper.photo("PNG"), "2.png")]
    send(as_client, UPLOAD, {"document": photos})
    assert Prescription.objects.get().document.pages == 2


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"<html><script>alert(1)</script></html>", "not a PDF, JPEG, PNG or HEIC"),
        (b"", "empty"),
        (b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 50, "a video"),
        (b"%PDF-" + b"0" * 16 * 1024 * 1024, "larger than 15 MB"),
    ],
)
def test_a_wrong_file_is_refused_at_once_with_advice_and_keeps_what_was_typed(
    as_client: Browser, location: Location, content: bytes, advice: str
) -> None:
    answer = as_client.post(UPLOAD, {"document": file(content), "note": "kept words"})
    assert answer.status_code == 422
    assert advice in answer.text
    assert "kept words" in answer.text
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (paper.pdf()[:300], "damaged"),
        (paper.encrypted_pdf(), "locked with a password"),
        (paper.bomb_png(), "too large to open safely"),
        (paper.pdf(pages=21), "more than 20 pages"),
    ],
)
def test_a_bad_file_is_refused_by_the_worker_and_the_note_is_kept(
    as_client: Browser, location: Location, send: Send, content: bytes, advice: str
) -> None:
    answer = send(as_client, UPLOAD, {"document": file(content), "note": "kept words"})
    page = as_client.get(answer["Location"])
    assert advice in page.text
    again = f"{UPLOAD}?again={Upload.objects.get().pk}"
    assert again in page.text
    assert "kept words" in as_client.get(again).text
    assert "Choose other files" in as_client.get(LIST).text
    assert not Prescription.objects.exists()


def test_sending_no_file_at_all_asks_for_one(as_client: Browser, location: Location) -> None:
    answer = as_client.post(UPLOAD, {"note": "kept words"})
    assert answer.status_code == 422
    assert "Choose a PDF or a photo" in answer.text
    assert "kept words" in answer.text


def test_through_htmx_only_the_errors_come_back_and_success_moves_on(
    as_client: Browser, location: Location, send: Send
) -> None:
    refused = as_client.post(UPLOAD, {"document": file(b"junk")}, headers=HTMX)
    assert refused.status_code == 422
    assert "<form" not in refused.text
    assert "not a PDF" in refused.text
    taken = send(as_client, UPLOAD, {"document": file(paper.pdf())}, headers=HTMX)
    assert taken["HX-Redirect"] == progress_of(Upload.objects.get())


def test_sending_the_same_twice_makes_one_and_says_so(
    as_client: Browser, location: Location, send: Send
) -> None:
    send(as_client, UPLOAD, {"document": file(paper.pdf())})
    again = as_client.post(UPLOAD, {"document": file(paper.pdf())})
    assert again.status_code == 422
    assert "already sent" in again.text
    assert Prescription.objects.count() == 1


def test_a_path_in_a_file_name_goes_nowhere(
    as_client: Browser, location: Location, send: Send
) -> None:
    send(as_client, UPLOAD, {"document": file(paper.pdf(), "../../etc/passwd.pdf")})
    prescription = Prescription.objects.get()
    names = {prescription.document.name, *prescription.originals.values_list("name", flat=True)}
    assert names == {"prescription.pdf", "original-1.pdf"}


def test_a_request_for_information_names_what_is_missing_and_takes_a_better_copy(
    as_client: Browser, submitted: Prescription, desk_user: User, send: Send
) -> None:
    services.ask_for_information(
        actor=desk_user, prescription=submitted, reason="not_signed", note="Page two."
    )
    page = as_client.get(at("detail", submitted))
    assert "not signed or not dated" in page.text
    assert "Page two." in page.text
    again = at("send-again", submitted)
    assert "not signed" in as_client.get(again).text
    assert as_client.post(again, {"document": file(b"junk")}).status_code == 422
    answer = send(as_client, again, {"document": file(paper.photo(), "better.jpg")})
    arrived = as_client.get(answer["Location"])
    assert arrived["Location"] == at("detail", submitted)
    submitted.refresh_from_db()
    assert submitted.status == "submitted"
    late = as_client.post(again, {"document": file(paper.pdf())}, follow=True)
    assert "Nothing is missing" in late.text


def test_a_rejection_says_why_and_offers_another(
    as_client: Browser, submitted: Prescription, desk_user: User
) -> None:
    services.reject(actor=desk_user, prescription=submitted, reason="expired")
    page = as_client.get(at("detail", submitted))
    assert "out of date" in page.text
    assert UPLOAD in page.text


def test_an_approved_one_shows_its_visits(as_client: Browser, approved: Prescription) -> None:
    used = services.reserve_visit(actor=None, prescription=approved, on=approved.starts_on)  # type: ignore[arg-type]
    services.use_visit(actor=None, reservation=used)
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


def test_files_that_are_too_much_together_are_refused_unread() -> None:
    class Unread(SimpleUploadedFile):
        def read(self, *_args: Any) -> bytes:
            raise AssertionError

    files = [Unread(f"{number}.jpg", b"x") for number in range(4)]
    for one in files:
        one.size = 12 * 1024 * 1024
    form = forms.UploadForm({}, MultiValueDict[str, Any]({"document": files}))
    assert not form.is_valid()
    assert "larger than 45 MB" in str(form.errors)


@pytest.mark.parametrize("who", ["as_desk", "as_therapist", "as_manager"])
def test_staff_do_not_send_in_the_clients_name(
    request: pytest.FixtureRequest, who: str, submitted: Prescription, desk_user: User
) -> None:
    services.ask_for_information(actor=desk_user, prescription=submitted, reason="other")
    browser: Browser = request.getfixturevalue(who)
    for name in ("detail", "send-again"):
        assert browser.get(at(name, submitted)).status_code == 404
    answer = browser.post(at("send-again", submitted), {"document": file(paper.pdf())})
    assert answer.status_code == 404
    submitted.refresh_from_db()
    assert submitted.status == "needs_information"


def test_each_page_that_is_looked_at_leaves_a_row_in_the_record(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    sent = services.submit(
        actor=client_record.user, client=client_record, uploads=[paper.pdf(pages=2)]
    )
    seen = AuditEvent.objects.filter(
        action="prescription.viewed", object_id=str(sent.pk), client=client_record
    )
    as_client.get(at("page", sent, 2))
    as_client.get(at("page", sent, 1))
    assert [event.detail for event in seen.order_by("pk")] == [{"page": 2}, {"page": 1}]
