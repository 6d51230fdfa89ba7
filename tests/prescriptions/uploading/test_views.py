from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from prescriptions.models import Prescription, Upload
from prescriptions.reviewing import services
from prescriptions.uploading import forms
from tests.prescriptions import paper

if TYPE_CHECKING:
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
        (b"<html><script>alert(1)</script></html>", "not a PDF, JPEG, PNG, or HEIC"),
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
    assert "signature or date is missing" in page.text
    assert "Page two." in page.text
    again = at("send-again", submitted)
    assert "signature or date is missing" in as_client.get(again).text
    assert as_client.post(again, {"document": file(b"junk")}).status_code == 422
    answer = send(as_client, again, {"document": file(paper.photo(), "better.jpg")})
    arrived = as_client.get(answer["Location"])
    assert arrived["Location"] == at("detail", submitted)
    submitted.refresh_from_db()
    assert submitted.status == "submitted"
    late = as_client.post(again, {"document": file(paper.pdf())}, follow=True)
    assert "Nothing is missing" in late.text


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
