"""PDF/UA-1 and PDF/A-3a in one file: what WeasyPrint, which makes one or the other, leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pydyf

if TYPE_CHECKING:
    from weasyprint import Document

# What the metadata must say about accessibility, and the words for it that PDF/A does not know.
# Inside the one rdf:RDF: of a second one, readers see nothing.
ACCESSIBLE = b"""
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about=""
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file follows</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""
END = b"</rdf:RDF>"


def say_both(document: Document) -> None:
    """Let the metadata name both standards."""
    write = document.metadata.generate_rdf_metadata

    def both(*args: Any) -> bytes:
        said: bytes = write(*args)
        return said.replace(END, ACCESSIBLE + END)

    document.metadata.generate_rdf_metadata = both


def finish(_document: Document, pdf: Any) -> None:
    """Mend what WeasyPrint writes."""
    if "AF" in pdf.catalog:  # each attached file twice
        pdf.catalog["AF"][:] = dict.fromkeys(pdf.catalog["AF"])
    _list_identifiers(pdf)


def _list_identifiers(pdf: Any) -> None:
    """Column and row heads have identifiers; the root of the structure must list them."""
    named: dict[bytes, Any] = {
        one["ID"].data: one
        for one in pdf.objects
        if isinstance(one, dict) and one.get("Type") == "/StructElem" and "ID" in one
    }
    if not named:
        return
    names = pydyf.Array()
    for name in sorted(named):
        names.extend([named[name]["ID"], named[name].reference])
    root = next(
        one for one in pdf.objects if isinstance(one, dict) and one.get("Type") == "/StructTreeRoot"
    )
    root["IDTree"] = pydyf.Dictionary({"Names": names})
