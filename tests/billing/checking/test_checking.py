"""Anyone may ask whether a document is ours, valid, and unchanged, and learns nothing more."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client as AnyBrowser
from django.urls import reverse

from billing.checking import forms, views
from billing.issuing import services as issuing
from clinic.documents import store as documents

if TYPE_CHECKING:
    from django.test import Client as Browser

    from billing.models import BillingDocument
    from clinic.models import User
    from treatment.models import Visit

VERIFY = reverse("billing:verify")
SAME, OTHER = "This is the document as we issued it", "This file differs from what we issued"


def about(document: BillingDocument) -> dict[str, str]:
    return {"number": document.number, "code": document.verify_code}


def content_of(document: BillingDocument) -> bytes:
    assert document.file is not None
    return documents.read(document.file)


def sent(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("receipt.pdf", content, content_type="application/pdf")


def test_anybody_may_check_a_receipt_and_learns_nothing_of_the_patient(
    anonymous: Browser, receipt: BillingDocument
) -> None:
    address = reverse("billing:verify")
    assert anonymous.get(address).status_code == 200
    spoken = {"number": receipt.number, "code": receipt.verify_code.replace("-", " ").lower()}
    page = anonymous.post(address, spoken).content.decode()
    assert "Valid" in page
    assert "Lima" not in page
    assert "massage, 53" not in page
    wrong = anonymous.post(address, {**spoken, "code": "AAAA-AAAA-AAAA"})
    assert wrong.status_code == 404
    assert "Not one of ours" in wrong.content.decode()


def test_the_code_is_never_asked_for_in_an_address(
    anonymous: Browser, receipt: BillingDocument
) -> None:
    address = reverse("billing:verify")
    assert 'method="post"' in anonymous.get(address).text
    data = {"number": receipt.number, "code": receipt.verify_code}
    assert "Valid" not in anonymous.get(address, data).text


def test_a_receipt_that_was_replaced_says_so_and_not_by_which(
    anonymous: Browser, desk_user: User, receipt: BillingDocument
) -> None:
    fresh = issuing.void(actor=desk_user, document=receipt, reason="x", reissue=True)
    assert fresh is not None
    data = {"number": receipt.number, "code": receipt.verify_code}
    page = anonymous.post(reverse("billing:verify"), data).text
    assert "Superseded" in page
    assert "replaced by another document" in page
    assert "Void" not in page
    assert fresh.number not in page


def test_a_void_receipt_without_another_is_void(
    anonymous: Browser, desk_user: User, receipt: BillingDocument
) -> None:
    issuing.void(actor=desk_user, document=receipt, reason="x", reissue=False)
    page = anonymous.post(VERIFY, about(receipt)).text
    assert "Void" in page
    assert "nothing was issued in its place" in page
    assert "Superseded" not in page


@pytest.mark.parametrize("number", ["", "2026", "x-1", "9" * 12, "99999-1", "2026-99999999"])
def test_any_number_is_answered(anonymous: Browser, receipt: BillingDocument, number: str) -> None:
    data = {"number": number, "code": "AAAA"}
    assert anonymous.post(reverse("billing:verify"), data).status_code in {200, 404}


def test_guessing_codes_is_slowed_down(anonymous: Browser, receipt: BillingDocument) -> None:
    data = {"number": receipt.number, "code": "AAAA"}
    answers = [anonymous.post(reverse("billing:verify"), data).status_code for _n in range(21)]
    assert answers[-1] == 429
    assert set(answers[:-1]) == {404}


def test_the_file_as_it_was_issued_is_told_from_any_other(
    anonymous: Browser, receipt: BillingDocument
) -> None:
    content = content_of(receipt)
    page = anonymous.post(VERIFY, about(receipt) | {"file": sent(content)}).text
    assert SAME in page
    assert OTHER not in page
    changed = content[:-1] + bytes([content[-1] ^ 1])
    for other in (changed, content[:-1], content + b" ", b""):
        page = anonymous.post(VERIFY, about(receipt) | {"file": sent(other)}).text
        assert OTHER in page
        assert SAME not in page


def test_a_fingerprint_does_instead_of_the_file(
    anonymous: Browser, receipt: BillingDocument
) -> None:
    right = hashlib.sha256(content_of(receipt)).hexdigest()
    assert SAME in anonymous.post(VERIFY, about(receipt) | {"sha256": right}).text
    wrong = hashlib.sha256(b"").hexdigest()
    assert OTHER in anonymous.post(VERIFY, about(receipt) | {"sha256": wrong}).text
    page = anonymous.post(VERIFY, about(receipt) | {"sha256": ""}).text
    assert SAME not in page
    assert OTHER not in page


def test_a_void_document_may_still_be_the_file_as_issued(
    anonymous: Browser, desk_user: User, receipt: BillingDocument
) -> None:
    issuing.void(actor=desk_user, document=receipt, reason="x", reissue=True)
    page = anonymous.post(VERIFY, about(receipt) | {"file": sent(content_of(receipt))}).text
    assert SAME in page
    assert "Superseded" in page


def test_without_number_and_code_a_file_says_nothing(
    anonymous: Browser, receipt: BillingDocument
) -> None:
    right = {"file": sent(content_of(receipt)), "number": receipt.number, "code": "AAAA"}
    answer = anonymous.post(VERIFY, right)
    assert answer.status_code == 404
    assert SAME not in answer.text
    assert OTHER not in answer.text


def test_while_the_pdf_is_made_no_file_is_judged(
    anonymous: Browser, desk_user: User, visit: Visit
) -> None:
    issued = issuing.issue_receipt(actor=desk_user, visit=visit)
    page = anonymous.post(VERIFY, about(issued) | {"file": sent(b"x")}).text
    assert "still being made" in page
    assert OTHER not in page


def test_a_file_that_is_too_large_is_refused_with_a_sentence(
    anonymous: Browser, receipt: BillingDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "MAX_SIZE", 10)
    page = anonymous.post(VERIFY, about(receipt) | {"file": sent(b"x" * 11)}).text
    assert "larger than 25 MB" in page
    assert OTHER not in page
    assert f'value="{receipt.number}"' in page


def test_a_large_file_is_never_written_to_the_disk(
    anonymous: Browser, receipt: BillingDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_args: object, **_named: object) -> None:
        pytest.fail("It was written to the disk.")

    monkeypatch.setattr(TemporaryFileUploadHandler, "new_file", never)
    page = anonymous.post(VERIFY, about(receipt) | {"file": sent(b"x" * 3_000_000)}).text
    assert OTHER in page


def test_it_is_posted_from_our_page_only(receipt: BillingDocument) -> None:
    strict = AnyBrowser(enforce_csrf_checks=True)
    assert strict.post(VERIFY, about(receipt)).status_code == 403


def test_comparing_files_is_slowed_down_too(
    anonymous: Browser, receipt: BillingDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "TRIES", 1)
    typed = about(receipt) | {"sha256": "0" * 64}
    assert anonymous.post(VERIFY, typed).status_code == 200
    assert anonymous.post(VERIFY, typed).status_code == 429
