"""A folder of files that nobody should open: each must be refused or come out harmless."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pikepdf
from pikepdf import Array, Dictionary, Name

from tests.prescriptions import paper

if TYPE_CHECKING:
    from collections.abc import Callable

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
SCRIPT = b"<html><body><script>alert('hidden-script')</script></body></html>"
# What must not be found in a clean copy, packed or unpacked.
TRACES = (
    b"hidden-",
    b"<script",
    b"evil",
    b"cmd.exe",
    b"/JavaScript",
    b"/Launch",
    b"/URI",
    b"PK\x03",
)


@dataclass(frozen=True)
class Trap:
    """A file as it comes, with a name as it comes; the code of its refusal, or none: harmless."""

    name: str
    make: Callable[[], bytes]
    refusal: str = ""


def saved(document: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.exe", b"hidden-program")
    return out.getvalue()


def page_loop() -> bytes:
    """A page tree that contains itself."""
    with pikepdf.open(io.BytesIO(paper.pdf())) as document:
        tree = document.Root.Pages
        tree.Kids = Array([document.make_indirect(tree), *tree.Kids])
        return saved(document)


def page_count_lie() -> bytes:
    with pikepdf.open(io.BytesIO(paper.pdf())) as document:
        document.Root.Pages.Count = 2**31 - 1
        return saved(document)


def pages_shared_a_thousand_times() -> bytes:
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(612, 792)).obj
        document.Root.Pages.Kids = Array([page] * 1000)
        document.Root.Pages.Count = 1000
        return saved(document)


def embedded_file_spec() -> bytes:
    """A file attached to an annotation, not to the document."""
    with pikepdf.open(io.BytesIO(paper.pdf())) as document:
        stream = document.make_stream(b"hidden-program")
        spec = Dictionary(Type=Name.Filespec, F="evil.exe", EF=Dictionary(F=stream))
        annotation = Dictionary(
            Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]), FS=spec
        )
        document.pages[0].Annots = Array([document.make_indirect(annotation)])
        return saved(document)


def hidden_below_a_page() -> bytes:
    """What may not hang on a page hangs on a drawing in it, and on a drawing in that one."""
    with pikepdf.open(io.BytesIO(paper.pdf())) as document:

        def drawing(**more: object) -> pikepdf.Object:
            form = document.make_stream(b"0 0 9 9 re f")
            form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 9, 9])
            form.Metadata = document.make_stream(b"<x:xmpmeta>hidden-words</x:xmpmeta>")
            form.PieceInfo = Dictionary(Editor=Dictionary(Private=b"hidden-draft"))
            spec = Dictionary(Type=Name.Filespec, F="evil.exe")
            spec.EF = Dictionary(F=document.make_stream(b"hidden-program"))
            form.AF = Array([document.make_indirect(spec)])
            for key, value in more.items():
                form[f"/{key}"] = value
            return form

        inner = drawing()
        outer = drawing(Resources=Dictionary(XObject=Dictionary(In=inner)))
        document.pages[0].Resources.XObject = Dictionary(Out=outer)
        return saved(document)


def object_stream_bomb() -> bytes:
    """Unpacked by anyone who only opens it: an object stream of half a gigabyte."""
    # The head of the stream, "9 0 ", is padded to a mebibyte like the rest of it.
    whole = packed(b"9 0 ".ljust(paper.MIB), 600)
    parts = [
        b"%PDF-1.5\n",
        b"1 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n"
        % len(whole),
        whole,
        b"\nendstream\nendobj\n",
    ]
    start = sum(map(len, parts))
    rows = [(0, 0, 65535), (1, 9, 0), (1, start, 0)] + [(0, 0, 0)] * 6 + [(2, 1, 0)]
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    parts += [
        b"2 0 obj\n<</Type/XRef/Size 10/W[1 4 2]/Root 9 0 R/Length %d>>\nstream\n" % len(table),
        table,
        b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start,
    ]
    return b"".join(parts)


def form_loop() -> bytes:
    """A drawing that draws itself."""
    with pikepdf.open(io.BytesIO(paper.pdf())) as document:
        form = document.make_stream(b"/Fm Do /Fm Do /Fm Do")
        form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 600, 700])
        form.Resources = Dictionary(XObject=Dictionary(Fm=form))
        page = document.pages[0]
        page.Resources.XObject = Dictionary(Fm=form)
        page.Contents = document.make_stream(b"/Fm Do")
        return saved(document)


def heavy_drawing() -> bytes:
    """Forms within forms: ten to the ninth pictures of one page."""
    with pikepdf.open(io.BytesIO(paper.pdf())) as document:
        inner = None
        for _ in range(9):
            work = b"/In Do " * 10 if inner is not None else b"0 0 600 700 re f " * 10
            form = document.make_stream(work)
            form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 600, 700])
            if inner is not None:
                form.Resources = Dictionary(XObject=Dictionary(In=inner))
            inner = form
        page = document.pages[0]
        page.Resources.XObject = Dictionary(In=inner)
        page.Contents = document.make_stream(b"/In Do")
        return saved(document)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check


def packed(piece: bytes, times: int) -> bytes:
    packer = zlib.compressobj(1)
    return b"".join(packer.compress(piece) for _ in range(times)) + packer.flush()


def small_png_of_many_pixels() -> bytes:
    """A whole picture, 20,000 by 20,000, small on the disk."""
    side = 20_000
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    pixels = png_chunk(b"IDAT", packed(bytes(1 + side // 8), side))
    return PNG_HEAD + png_chunk(b"IHDR", header) + pixels + png_chunk(b"IEND", b"")


def png_text_bomb() -> bytes:
    """A text chunk that unpacks to hundreds of megabytes, before a picture of one pixel."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    text = png_chunk(b"zTXt", b"note\x00\x00" + packed(b"a" * paper.MIB, 600))
    pixels = png_chunk(b"IDAT", zlib.compress(b"\x00\x00"))
    return PNG_HEAD + png_chunk(b"IHDR", header) + text + pixels + png_chunk(b"IEND", b"")


FOLDER = (
    Trap("truncated.pdf", lambda: paper.pdf()[:300], "broken"),
    Trap("half.pdf", lambda: paper.pdf(pages=3)[:-200], "broken"),
    Trap("truncated.jpg", lambda: paper.photo()[:400], "broken"),
    Trap("truncated.heic", lambda: paper.heic()[:-40], "broken"),
    Trap("trapped.pdf", paper.booby_trapped_pdf),
    Trap("attachment.pdf", embedded_file_spec),
    Trap("below.pdf", hidden_below_a_page),
    Trap("stream-bomb.pdf", paper.bomb_pdf, "too_many_pixels"),
    Trap("object-bomb.pdf", object_stream_bomb, "broken"),
    Trap("loop.pdf", page_loop, "broken"),
    Trap("count.pdf", page_count_lie),
    Trap("thousand.pdf", pages_shared_a_thousand_times, "too_many_pages"),
    Trap("many.pdf", lambda: paper.pdf(pages=400), "too_many_pages"),
    Trap("draws-itself.pdf", form_loop, "too_hard"),
    Trap("heavy.pdf", heavy_drawing, "too_hard"),
    Trap("huge-picture.pdf", paper.huge_image_in_pdf, "too_many_pixels"),
    Trap("lying-picture.pdf", paper.lying_jpeg_in_pdf, "too_many_pixels"),
    Trap("locked.pdf", paper.encrypted_pdf, "encrypted"),
    Trap("and-html.pdf", lambda: paper.pdf() + SCRIPT + b"\n%%EOF\n"),
    Trap("html-first.pdf", lambda: SCRIPT + paper.pdf(), "wrong_type"),
    Trap("page.pdf", lambda: SCRIPT, "wrong_type"),
    Trap("empty.pdf", lambda: b"", "empty"),
    Trap("and-zip.jpg", lambda: paper.photo() + zipped()),
    Trap("and-zip.png", lambda: paper.photo("PNG") + zipped()),
    Trap("claims-much.png", paper.bomb_png, "too_many_pixels"),
    Trap("small-on-disk.png", small_png_of_many_pixels, "too_many_pixels"),
    Trap("text-bomb.png", png_text_bomb, "broken"),
    Trap("../../etc/passwd.pdf", paper.pdf),
    Trap("..\\..\\boot.ini\x00.jpg", paper.photo),
    Trap("really-a-photo.pdf", paper.photo),
    Trap("drawing.svg", lambda: b"<svg><script/></svg>", "wrong_type"),
    Trap("claims-much.heic", lambda: paper.heic(20_000, 20_000), "too_many_pixels"),
    Trap("claims-more.heic", lambda: paper.heic(5_000, 5_000), "broken"),
    Trap("claims-less.heic", lambda: paper.heic(1, 1), "broken"),
    Trap("film.heic", lambda: b"\x00\x00\x00\x18ftypmp42" + bytes(60), "other_media"),
    Trap("program.pdf", lambda: b"MZ\x90\x00" + bytes(60), "wrong_type"),
)  # fmt: skip
