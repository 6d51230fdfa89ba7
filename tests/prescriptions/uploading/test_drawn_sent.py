"""A PDF with a signature drawn on it, from the sender to the desk (D1)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from uuid import uuid4

from PIL import Image

from clinic.documents import store as documents
from prescriptions.models import Prescription
from prescriptions.reading import page_images
from prescriptions.uploading import labels, receiving
from tests.prescriptions import paper
from tests.prescriptions.drawings import drawn_on
from tests.prescriptions.uploading.test_drawn import UNSIGNED, differ

if TYPE_CHECKING:
    from clinic.models import Client


def test_one_of_several_files_is_named_and_all_of_it_is_said(client_record: Client) -> None:
    files = [paper.pdf(), drawn_on("Ink", has_look=False), paper.photo()]
    upload = receiving.receive(actor=None, client=client_record, files=files, token=uuid4())
    receiving.process(str(upload.pk))
    upload.refresh_from_db()
    assert (upload.status, upload.refusal) == ("refused", "drawn_on:2")
    said = str(labels.upload(upload))
    assert said.startswith("File 2: This PDF has something drawn")
    assert "Print it to a new PDF" in said
    assert not Prescription.objects.exists()


def test_the_desk_sees_the_signature_of_a_signed_paper(client_record: Client) -> None:
    signed = drawn_on("Ink")
    upload = receiving.receive(actor=None, client=client_record, files=[signed], token=uuid4())
    receiving.process(str(upload.pk))
    clean = documents.read(Prescription.objects.get().document)
    assert differ(clean, signed) == 0
    assert differ(clean, UNSIGNED) > 100
    shown = Image.open(io.BytesIO(page_images.render(clean, 1)))
    assert shown.convert("RGB").getchannel("R").getextrema()[0] < 50  # type: ignore[operator]
