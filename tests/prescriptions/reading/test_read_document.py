"""From the stored words, or the document itself, to what stands below the reviewer's fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from clinic.documents import store as documents
from prescriptions.models import Prescription
from prescriptions.reviewing import selectors
from prescriptions.reviewing.forms import ReviewForm
from prescriptions.selectors import detailed
from prescriptions.uploading import receiving
from tests.prescriptions import paper
from tests.prescriptions.typed import typed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from django.test import Client as Browser

    from clinic.models import Client

pytestmark = pytest.mark.usefixtures("location", "codes")


def sent(client: Client, *lines: str) -> Prescription:
    upload = paper.pdf(lines)
    return receiving.submit(actor=None, client=client, uploads=[upload])


def page_of(browser: Browser, prescription: Prescription) -> str:
    return browser.get(reverse("prescriptions:review", args=[prescription.pk])).text


def test_stored_words_are_read_without_opening_the_document(
    client_record: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    prescription = sent(client_record, "nothing of use")
    prescription.words = typed("Massage 2x/week for 6 weeks for neck pain, M54.2 and M99.99")
    prescription.text_source = Prescription.TextSource.OCR
    prescription.save()
    prescription = detailed().get(pk=prescription.pk)
    monkeypatch.setattr(documents, "read", None)
    with django_assert_num_queries(1):  # which of the codes are known
        found = selectors.read_document(prescription)
    assert found["codes"].value == "M54.2"
    assert found["order_text"].boxes


def test_an_older_one_is_read_from_its_text_layer(client_record: Client) -> None:
    prescription = sent(client_record, *paper.ORDER)
    assert prescription.text_source == Prescription.TextSource.UNREAD
    assert selectors.read_document(prescription)["codes"].value == "M54.2"


def test_a_lost_document_proposes_nothing(client_record: Client) -> None:
    prescription = sent(client_record, *paper.ORDER)
    documents.path_of(prescription.document.sha256).unlink()
    assert selectors.read_document(prescription) == {}


def test_the_client_is_not_proposed_as_their_own_prescriber(client_record: Client) -> None:
    prescription = sent(client_record, f"{client_record.name}, MD", f"Phone {client_record.phone}")
    found = selectors.read_document(prescription)
    assert "prescriber_name" not in found
    assert "prescriber_phone" not in found


def test_an_earlier_end_that_the_prescriber_wrote_wins(client_record: Client) -> None:
    order = ("Date: 03/02/2026", "2x/week for 6 weeks")
    for written, through, quoted in (
        ("Valid through 03/31/2026", "2026-03-31", "read on page 1: \u201cValid through"),
        ("Valid through 12/31/2026", "2026-04-12", "worked out from page 1: \u201c2x/week"),
    ):
        found = selectors.read_document(sent(client_record, *order, written))
        form = ReviewForm.proposing(found)
        assert (form.initial["visits"], form.initial["through_on"]) == ("12", through)
        assert quoted in " ".join(form.fields["through_on"].help_text.split())


def test_each_field_quotes_its_words_and_says_where_to_look_twice(
    as_desk: Browser, client_record: Client
) -> None:
    page = page_of(as_desk, sent(client_record, *paper.ORDER, "Date: 11/19/2026"))
    assert 'aria-describedby="id_order_text_helptext"' in page
    assert "read on page 1: \u201c2 sessions per week for 6 weeks\u201d" in page
    assert 'href="#page-1"' in page
    assert page.count("Check this:") == 1  # two dates


def test_a_quote_is_text_and_never_markup(as_desk: Browser, client_record: Client) -> None:
    page = page_of(as_desk, sent(client_record, "Reason: <b>neck</b> <script>alert&</script>"))
    assert "&lt;b&gt;neck&lt;/b&gt; &lt;script&gt;alert&amp;" in page
    assert "<b>neck" not in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("installed", [True, False])
def test_a_picture_without_text_says_so_to_staff_only(
    as_desk: Browser,
    as_client: Browser,
    client_record: Client,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    installed: bool,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if installed:
        program = tmp_path / "tesseract"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    photo = receiving.submit(actor=None, client=client_record, uploads=[paper.photo()])
    page = page_of(as_desk, photo)
    assert "No text could be read from this picture." in page
    assert ("tesseract-ocr is installed, photos are read too." in page) is not installed
    detail = as_client.get(reverse("prescriptions:detail", args=[photo.pk])).text
    assert "No text could be read" not in detail


def test_a_page_that_is_not_there_costs_no_deciphering(
    as_desk: Browser, client_record: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    prescription = sent(client_record, *paper.ORDER)
    monkeypatch.setattr(documents, "read", None)
    for number in (0, 2, 10**6):
        address = reverse("prescriptions:page", args=[prescription.pk, number])
        assert as_desk.get(address).status_code == 404
