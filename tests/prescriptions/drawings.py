"""Small PDFs with something above the page: annotations, form fields, layers."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

BOX = (100, 100, 300, 160)
LINE = [72, 698, 302, 714]  # over the words
QUADS = Array([72, 714, 302, 714, 72, 698, 302, 698])
SCRAWL = b"0 0 1 RG 2 w 5 5 m 60 50 l 120 10 l 195 55 l S"
ORDER = b"BT /F1 12 Tf 72 700 Td (Massage therapy 2x/week for 6 weeks) Tj ET"
# What each kind has when a program leaves the drawing of it to the reader.
KINDS: dict[str, dict[str, Any]] = {
    "Ink": {"InkList": Array([Array([105, 105, 160, 150, 220, 110, 295, 155])])},
    "Stamp": {"Name": Name.Approved},
    "FreeText": {"Contents": String("C. Reyes, MD"), "DA": String("/Helv 12 Tf 0 g")},
    "Line": {"L": Array([105, 105, 295, 155])},
    "Square": {"C": Array([1, 0, 0])},
    "Circle": {"C": Array([1, 0, 0])},
    "Polygon": {"Vertices": Array([105, 105, 160, 150, 220, 110])},
    "PolyLine": {"Vertices": Array([105, 105, 160, 150, 220, 110])},
    "Highlight": {"QuadPoints": QUADS, "C": Array([1, 1, 0])},
    "Underline": {"QuadPoints": QUADS},
    "StrikeOut": {"QuadPoints": QUADS},
    "Squiggly": {"QuadPoints": QUADS},
    "Caret": {},
    "Text": {"Contents": String("6 more visits")},
    "Redact": {"QuadPoints": QUADS},
    "Watermark": {},
}


def order() -> pikepdf.Pdf:
    """One page with an order, not signed."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(612, 792))
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    page.obj.Resources = Dictionary(Font=Dictionary(F1=pdf.make_indirect(font)))
    page.obj.Contents = pdf.make_stream(ORDER)
    return pdf


def written(pdf: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def picture(pdf: pikepdf.Pdf, drawing: bytes = SCRAWL, **more: Any) -> pikepdf.Stream:
    """An appearance."""
    made = pdf.make_stream(drawing)
    made.Type, made.Subtype, made.BBox = Name.XObject, Name.Form, Array([0, 0, 200, 60])
    for key, value in more.items():
        made[f"/{key}"] = value
    return made


def put(pdf: pikepdf.Pdf, kind: str, *, look: pikepdf.Stream | None, **more: Any) -> None:
    """Put an annotation on the first page."""
    facts = {"F": 4, "Rect": Array(LINE if "QuadPoints" in more else BOX), **more}
    made = Dictionary(Type=Name.Annot, Subtype=Name(f"/{kind}"), **facts)
    if look is not None:
        made.AP = Dictionary(N=look)
    page = pdf.pages[0].obj
    page.Annots = Array([*page.get("/Annots", []), pdf.make_indirect(made)])


def drawn_on(kind: str, *, has_look: bool = True, form: bool = False, **more: Any) -> bytes:
    pdf = order()
    put(pdf, kind, look=picture(pdf) if has_look else None, **{**KINDS.get(kind, {}), **more})
    if form:
        pdf.Root.AcroForm = Dictionary(Fields=Array([]))
    return written(pdf)


def form(*fields: dict[str, Any], need: bool = False) -> pikepdf.Pdf:
    """An order with form fields; each with a `look`, or None."""
    pdf = order()
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    for field in fields:
        facts = {"FT": Name.Tx, "T": String("a"), "DA": String("/Helv 12 Tf 0 g"), **field}
        put(pdf, "Widget", **facts)
    pdf.Root.AcroForm = Dictionary(
        Fields=Array(list(pdf.pages[0].Annots)),
        DR=Dictionary(Font=Dictionary(Helv=pdf.make_indirect(font))),
        NeedAppearances=need,
    )
    return pdf


def layered(*, off: bool) -> bytes:
    """ "HIDDEN: 60 visits" on a layer of its own."""
    pdf = order()
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Draft")))
    hidden = Array([layer]) if off else Array([])
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=hidden))
    page = pdf.pages[0].obj
    page.Resources.Properties = Dictionary(MC0=layer)
    more = b" /OC /MC0 BDC BT /F1 20 Tf 72 500 Td (HIDDEN: 60 visits) Tj ET EMC"
    page.Contents = pdf.make_stream(ORDER + more)
    return written(pdf)
