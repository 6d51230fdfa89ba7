"""Our PDFs: accessible, to be kept, the same bytes each time, and in letters that are there."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pikepdf
import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from PIL import Image
from pypdf import PdfReader
from weasyprint import HTML

from clinic.documents import fonts, printing
from clinic.documents.printing import Attached
from tests.printed import check, fault_of

if TYPE_CHECKING:
    from pathlib import Path

STYLESHEET = "css/billing-pdf.css"
JSON = Attached("receipt.json", b'{"number": "2026-00001"}', "The same for programs")
NOTES = Attached("a-notes.txt", b"Notes", "Notes", "Supplement")

# Names people bear, in the script in which they write them.
NAMES = [
    *(
        "Ana Lima",
        "O\u2019Brien & S\u00f8n",
        "Zo\u00eb",
        "Nguy\u1ec5n Th\u1ecb \u00c1nh",
        "\u015eahin \u0130nci",
    ),
    *(
        "\u5c0f\u660e",
        "\u7530\u4e2d \u592a\u90ce",
        "\u3055\u304f\u3089",
        "\u9673\u5927\u6587",
        "\uae40\ubbfc\uc900",
    ),
    *(
        "\u0905\u0928\u0940\u0924\u093e \u0936\u0930\u094d\u092e\u093e",
        "\u0b95\u0ba3\u0bcd\u0ba3\u0ba9\u0bcd",
    ),
    *(
        "\u0c30\u0c3e\u0c2e\u0c41\u0c21\u0c41",
        "\u0cb0\u0cbe\u0c9c\u0cc1",
        "\u0d30\u0d3e\u0d1c\u0d41",
    ),
    *("\u09b0\u09be\u099c\u09c1", "\u0a97\u0abe\u0a82\u0aa7\u0ac0", "\u0a38\u0a3f\u0a70\u0a18"),
    *("\u0b30\u0b3e\u0b1c\u0b41", "\u0d9a\u0db8\u0dbd\u0dca"),
    *(
        "\u0e2a\u0e21\u0e0a\u0e32\u0e22 \u0e43\u0e08\u0e14\u0e35",
        "\u0eaa\u0ebb\u0ea1",
        "\u179f\u17bb\u1781",
    ),
    *("\u1019\u1004\u103a\u1038", "\u12ee\u1210\u1295\u1235", "\u0546\u0561\u0580\u0565\u056f"),
    *(
        "\u10d2\u10d8\u10dd\u10e0\u10d2\u10d8",
        "\u0623\u062d\u0645\u062f",
        "\u05de\u05e9\u05d4 \u05db\u05d4\u05df",
    ),
    *("\u03a9\u03bc\u03ad\u03b3\u03b1", "\u042e\u043b\u0438\u044f \u0429\u0435\u0440\u0431\u0430"),
]


def page(body: str, head: str = "") -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><title>A page</title>'
        '<meta name="dcterms.created" content="2026-11-24">'
        f'<meta name="dcterms.modified" content="2026-11-24">{head}</head>'
        f"<body><h1>A page</h1>{body}</body></html>"
    )


TABLE = (
    '<table class="lines">'
    '<thead><tr><th scope="col">Day</th><th scope="col">Amount</th></tr></thead>'
    "<tbody><tr><td>Nov 24</td><td>$100.00</td></tr></tbody></table>"
)
WITH_EVERYTHING = page(
    f'{TABLE}<p>Ana <b>Lima</b> <a href="https://clinic.example/verify/">Check it</a></p>'
    '<p><img src="picture:logo" alt="Our logo" width="40"></p>'
)


def picture(color: str = "#0e655d") -> bytes:
    out = BytesIO()
    Image.new("RGB", (120, 40), color).save(out, "PNG")
    return out.getvalue()


def printed(html: str, **named: Any) -> bytes:
    return printing.render(html, stylesheet=STYLESHEET, seed=b"seed", **named).content


def everything() -> bytes:
    return printed(WITH_EVERYTHING, attached=[JSON, NOTES], pictures={"logo": picture()})


def missing(html: str) -> set[str]:
    """The letters that the printer found no drawing for."""
    document = HTML(string=html).render(
        font_config=printing.our_fonts(), stylesheets=[printing._rules(STYLESHEET, "normal")]
    )
    document.write_pdf()
    return {letter for font in document.fonts.values() for letter in font.missing}


# ---- Both standards ----


def test_a_page_is_accessible_and_can_be_kept(tmp_path: Path) -> None:
    check(everything(), tmp_path)


def test_the_checks_find_what_is_wrong(tmp_path: Path) -> None:
    """A picture without words: the control of the test before."""
    wrong = printed(WITH_EVERYTHING.replace("Our logo", ""), pictures={"logo": picture()})
    assert "FIG-001" in fault_of(wrong, tmp_path)


def test_the_metadata_name_both_standards_in_one_block() -> None:
    with pikepdf.open(BytesIO(everything())) as pdf:
        xmp = pdf.Root.Metadata.read_bytes()
        assert xmp.count(b"<rdf:RDF") == 1
        with pdf.open_metadata() as said:
            assert said.pdfa_status == "3A"
            assert said["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"
        assert b"pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/<" in xmp


def test_attached_files_are_listed_once_in_their_order() -> None:
    with pikepdf.open(BytesIO(everything())) as pdf:
        names = [str(name) for name in pdf.Root.Names.EmbeddedFiles.Names[::2]]
        assert names == ["a-notes.txt", "receipt.json"]
        assert [str(one.AFRelationship) for one in pdf.Root.AF] == ["/Supplement", "/Data"]
        stream = pdf.attachments["receipt.json"].get_file()
        assert stream.read_bytes() == JSON.content
        assert stream.mime_type == "application/json"
        assert str(stream.obj.Params.ModDate) == "D:20261124000000Z"


def test_attachments_need_a_date() -> None:
    with pytest.raises(ValueError, match="when it was created"):
        printed(WITH_EVERYTHING.replace("dcterms.created", "x"), attached=[JSON])


def test_the_heads_of_a_table_can_be_found_by_their_names() -> None:
    with pikepdf.open(BytesIO(printed(page(TABLE)))) as pdf:
        heads = list(pdf.Root.StructTreeRoot.IDTree.Names)
        cells = [
            one
            for one in pdf.objects
            if isinstance(one, pikepdf.Dictionary) and one.get("/S") == "/TD"
        ]
        assert [str(one.A.Headers[0]) for one in cells] == [str(name) for name in heads[::2]]
        assert [str(one.S) for one in heads[1::2]] == ["/TH", "/TH"]


# ---- The same bytes ----


def test_the_same_page_is_the_same_bytes_in_another_process() -> None:
    """With a name in a script whose font is cut from a variable one: those carried the time."""
    html = page(f"<p>{NAMES[10]} {NAMES[5]}</p>")
    once = printed(html, attached=[JSON])
    printing._rules.cache_clear()
    printing.our_fonts.cache_clear()
    assert printed(html, attached=[JSON]) == once
    code = (
        "import sys, django; django.setup()\n"
        "from tests.clinic.documents.test_printing import *\n"
        f"sys.stdout.buffer.write(printed({html!r}, attached=[JSON]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert run.stdout == once


def test_other_pages_have_other_identifiers() -> None:
    one, other = (
        printing.render(page(""), stylesheet=STYLESHEET, seed=seed).content for seed in (b"1", b"2")
    )
    assert PdfReader(BytesIO(one)).trailer["/ID"] != PdfReader(BytesIO(other)).trailer["/ID"]


# ---- What it may fetch ----


def test_a_page_gets_its_own_pictures_and_nothing_else() -> None:
    loader = printing.PageLoader({"logo": picture()})
    assert loader.fetch("picture:logo").read() == picture()
    for address in [
        "picture:other",
        "file:///etc/passwd",
        "http://127.0.0.1/",
        "data:text/plain,x",
    ]:
        with pytest.raises(ValueError, match="disallowed protocol"):
            loader.fetch(address)


# ---- Letters ----


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_printed_in_its_own_letters(name: str) -> None:
    assert fonts.unprintable(name) == ""
    assert missing(page(f"<p>{name} <b>{name}</b></p>")) == set()


def test_no_font_of_the_machine_is_used() -> None:
    text = "".join(NAMES) + "\u2713 \u00bd \u20ac \U0001f600"
    with pikepdf.open(BytesIO(printed(page(f"<p>{text}</p>")))) as pdf:
        used = {
            str(one.FontFamily)
            for one in pdf.objects
            if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/FontDescriptor"
        }
    assert used <= set(fonts.FAMILIES)
    assert len(used) > 20


def test_each_font_has_its_place_in_the_order() -> None:
    found = set()
    for path in fonts.files():
        with TTFont(path, lazy=True) as font:
            names = font["name"]
            found.add(names.getBestFamilyName())
    assert found == set(fonts.FAMILIES)


def test_letters_that_nobody_drew_are_named() -> None:
    assert fonts.unprintable("Ana \U00012000 Lima \U00012000\U00013000") == "\U00012000\U00013000"
    assert fonts.unprintable("A\x00\ue000") == "\x00\ue000"
    assert fonts.spelled("\U00012000\x00") == "\U00012000 (U+12000), \x00 (U+0000)"


def test_what_is_not_seen_is_not_missing() -> None:
    """Joiners, marks of direction, selectors, spaces, and letters made of two parts."""
    text = (
        "a\u200d\u200c\u200e\u2067\ufe0f\u00a0\u2009\u00ad\u034fb\n\tc e\u0301 x\u0323\u0302 \u0958"
    )
    assert fonts.unprintable(text) == ""
    assert missing(page(f"<p>{text}</p>")) == set()


def test_what_is_called_printable_is_printed() -> None:
    """Every letter up to the emoji, compared with what the printer finds: 40,000 of them."""
    letters = [chr(one) for one in sorted(fonts._covered() - {0x3C, 0x26})]
    text = " ".join(one for one in letters[::3] if not fonts.unprintable(one))
    assert missing(page(f"<p>{text}</p>")) == set()


def test_the_printer_finds_no_letter_that_is_called_unprintable() -> None:
    gone = "\U00012000\U00013000\u0e5c\u1e00"[:2]
    assert fonts.unprintable(gone) == gone
    assert missing(page(f"<p>{gone}</p>")) != set()


def test_a_word_without_end_keeps_to_its_column() -> None:
    long = "W" * 300
    html = page(
        f'<section class="facts"><div><p class="strong">{long}</p></div><div>x</div></section>'
        f'<table class="lines"><tr><td>{long}</td><td>{long}</td><td class="num">$9.00</td></tr>'
        f"</table><p>{long}@example.test</p>"
    )
    content = printed(html)
    with pypdfium2.PdfDocument(content) as pdf:
        for one in pdf:
            drawn = one.render(scale=1).to_pil().convert("L")
            margin = drawn.crop((drawn.width - 50, 0, drawn.width, drawn.height))
            assert margin.getextrema() == (255, 255)
    said = "".join(one.extract_text() for one in PdfReader(BytesIO(content)).pages)
    assert said.count("W") == 1200
    assert "$9.00" in said
