"""The clinic's signature: valid, over the whole file, and the file is still accessible."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from asn1crypto import x509 as asn1  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.exceptions import ImproperlyConfigured
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from clinic.documents import certificate, signing
from tests.clinic.documents import certificates
from tests.clinic.documents.test_printing import everything
from tests.printed import check

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def trust(tmp_path: Path, settings: Any) -> Any:
    path, made = certificates.certificate(tmp_path)
    settings.DOCUMENT_CERTIFICATE = str(path)
    settings.DOCUMENT_CERTIFICATE_PASSPHRASE = certificates.PASSPHRASE
    root = asn1.Certificate.load(made.public_bytes(Encoding.DER))
    return ValidationContext(trust_roots=[root], allow_fetching=False)


def judged(content: bytes, trust: Any) -> Any:
    (signature,) = PdfFileReader(BytesIO(content)).embedded_signatures
    with ThreadPoolExecutor(1) as apart:  # it begins an event loop, and a browser may have one
        return apart.submit(validate_pdf_signature, signature, trust).result()


def test_a_signed_page_is_valid_whole_accessible_and_can_be_kept(
    trust: Any, tmp_path: Path
) -> None:
    signed = signing.sign(everything())
    check(signed, tmp_path)
    found = judged(signed, trust)
    assert found.bottom_line
    assert found.coverage.name == "ENTIRE_FILE"
    assert found.docmdp_ok
    assert b"/ETSI.CAdES.detached" in signed


def test_a_changed_byte_is_found(trust: Any) -> None:
    signed = bytearray(signing.sign(everything()))
    place = signed.index(b"stream") + 20
    signed[place] ^= 1
    assert not judged(bytes(signed), trust).intact


@pytest.mark.parametrize("wrong", ["passphrase", "path"])
def test_a_wrong_certificate_says_so(wrong: str, trust: Any, settings: Any) -> None:
    name = {"passphrase": "DOCUMENT_CERTIFICATE_PASSPHRASE", "path": "DOCUMENT_CERTIFICATE"}[wrong]
    setattr(settings, name, "nothing")
    with pytest.raises(signing.CannotSign):
        signing.sign(everything())
    with pytest.raises(ImproperlyConfigured, match="DOCUMENT_CERTIFICATE cannot be opened"):
        certificate.check()


def test_a_right_certificate_and_none_let_the_program_start(trust: Any, settings: Any) -> None:
    certificate.check()
    assert certificate.is_configured()
    settings.DOCUMENT_CERTIFICATE = ""
    certificate.check()
    assert not certificate.is_configured()
