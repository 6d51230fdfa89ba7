"""A signature in a PDF (PAdES), by the clinic's certificate, that keeps it PDF/UA-1 and PDF/A-3a.

pyHanko would make a field that no structure names, so the field is made here first: a widget with
words, in the tree of the page's structure. Import it in workers only: pyHanko is large.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
from django.conf import settings
from django.utils.translation import gettext as _text
from pikepdf import Array, Dictionary, Name, String
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

FIELD = "Signature"
HIDDEN_SIZE = (0, 0, 0, 0)
PRINTED_AND_LOCKED = 4 | 128
SIGNATURES_EXIST_APPEND_ONLY = 3


class CannotSign(Exception):
    """The certificate or its passphrase is wrong: for the person who runs the server."""


def sign(content: bytes) -> bytes:
    """The PDF with a signature that allows no change.

    Raises:
        CannotSign: the certificate cannot be opened.
    """
    writer = IncrementalPdfFileWriter(BytesIO(_with_field(content)))
    terms = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    pen = signers.PdfSigner(terms, signer=_signer(*_certificate()))
    # It begins an event loop, which a thread that has one refuses.
    with ThreadPoolExecutor(1) as apart:
        signed = apart.submit(pen.sign_pdf, writer, existing_fields_only=True).result()
    return bytes(signed.getbuffer())


def _certificate() -> tuple[str, str]:
    return settings.DOCUMENT_CERTIFICATE, settings.DOCUMENT_CERTIFICATE_PASSPHRASE


@lru_cache(maxsize=1)
def _signer(path: str, passphrase: str) -> signers.SimpleSigner:
    if not Path(path).is_file():
        raise CannotSign(path)
    load: Any = signers.SimpleSigner.load_pkcs12
    signer: signers.SimpleSigner | None = load(path, passphrase=passphrase.encode() or None)
    if signer is None:
        raise CannotSign(path)
    return signer


def _with_field(content: bytes) -> bytes:
    """The PDF with an empty field for the signature, named in its structure."""
    with pikepdf.open(BytesIO(content)) as pdf:
        page, root = pdf.pages[0].obj, pdf.Root.StructTreeRoot
        numbers = root.ParentTree.Nums
        key = max(int(number) for number in list(numbers)[::2]) + 1
        widget = pdf.make_indirect(_widget(page, key))
        document = root.K[0]
        form = pdf.make_indirect(
            Dictionary(Type=Name.StructElem, S=Name.Form, P=document, Pg=page, Alt=widget.TU)
        )
        form.K = Array([Dictionary(Type=Name.OBJR, Obj=widget, Pg=page)])
        document.K.append(form)
        numbers.append(key)
        numbers.append(form)
        root.ParentTreeNextKey = key + 1
        if "/Annots" not in page:
            page.Annots = Array()
        page.Annots.append(widget)
        pdf.Root.AcroForm = Dictionary(
            Fields=Array([widget]), SigFlags=SIGNATURES_EXIST_APPEND_ONLY
        )
        out = BytesIO()
        pdf.save(out, deterministic_id=True)
        return out.getvalue()


def _widget(page: Any, key: int) -> Dictionary:
    return Dictionary(
        Type=Name.Annot,
        Subtype=Name.Widget,
        FT=Name.Sig,
        T=String(FIELD),
        TU=String(_text("Signature of the clinic")),
        F=PRINTED_AND_LOCKED,
        Rect=Array(HIDDEN_SIZE),
        P=page,
        StructParent=key,
    )
