"""Whether a PDF keeps what PDF/UA-1 and PDF/A-3a ask, as far as programs can tell.

Two checkers of accessibility, qpdf (in pikepdf), and what PDF/A asks that can be counted.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import outloud
import pdfua
import pikepdf

if TYPE_CHECKING:
    from pathlib import Path

# The cells of our tables name their heads, which this checker overlooks.
KNOWN = {"UA-15-003"}
EMBEDDED = ("/FontFile", "/FontFile2", "/FontFile3")


def check(content: bytes, folder: Path) -> None:
    fault = fault_of(content, folder)
    assert fault == "", fault


def fault_of(content: bytes, folder: Path) -> str:
    """What is wrong with it, or nothing."""
    path = folder / "checked.pdf"
    path.write_bytes(content)
    return " ".join([*_accessible(path), *_kept(content)])


def _accessible(path: Path) -> list[str]:
    heard = outloud.check(str(path))
    seen = pdfua.validate(str(path))
    found = [f"{one.rule}: {one.message}" for one in heard.findings if one.severity != "info"]
    found += [f"{one.rule_id}: {one.message}" for one in seen.findings if one.rule_id not in KNOWN]
    return [*found, heard.error] if heard.error else found


def _kept(content: bytes) -> list[str]:
    with pikepdf.open(BytesIO(content)) as pdf:
        found = [str(one) for one in pdf.check_pdf_syntax()]
        with pdf.open_metadata() as said:
            if said.pdfa_status != "3A":
                found.append(f"PDF/A {said.pdfa_status}")
        (intent,) = pdf.Root.OutputIntents
        if intent.S != "/GTS_PDFA1" or not intent.DestOutputProfile.read_bytes():
            found.append("no colors are meant")
        if pdf.is_encrypted or "/Encrypt" in pdf.trailer or "/ID" not in pdf.trailer:
            found.append("locked, or without an identifier")
        dictionaries = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary)]
        for one in dictionaries:
            if one.get("/Type") == "/FontDescriptor" and not any(key in one for key in EMBEDDED):
                found.append(f"{one.FontName} is not embedded")
            if one.get("/Type") == "/Filespec" and one not in list(pdf.Root.AF):
                found.append(f"{one.F} is not an associated file")
            if "/JS" in one or one.get("/S") in ("/JavaScript", "/Launch"):
                found.append("it acts")
        return found
