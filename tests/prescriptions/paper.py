"""Files for tests: a small real prescription, and files that nobody should open."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from typing import TYPE_CHECKING

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image
from pypdf import PdfReader

if TYPE_CHECKING:
    from collections.abc import Sequence

MIB = 1024 * 1024
ORDER = (
    "Riverside Family Medicine   NPI 1234567893",
    "Patient: Ana Lima   DOB 04/12/1981",
    "Date: 11/18/2026",
    "Rx: Massage therapy for neck pain after long desk work, M54.2.",
    "2 sessions per week for 6 weeks.",
    "K. Osei, MD",
)


def pdf(lines: Sequence[str] = ORDER, pages: int = 1) -> bytes:
    """A letter-size PDF with real text."""
    with pikepdf.new() as document:
        font = document.make_indirect(
            Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        )
        for _ in range(pages):
            page = document.add_blank_page(page_size=(612, 792))
            page.Resources = Dictionary(Font=Dictionary(F1=font))
            drawn = " ".join(
                f"({line.replace('(', '').replace(')', '')}) Tj 0 -28 Td" for line in lines
            )
            page.Contents = document.make_stream(f"BT /F1 14 Tf 72 700 Td {drawn} ET".encode())
        out = io.BytesIO()
        document.save(out, deterministic_id=True)
        return out.getvalue()


def text(content: bytes) -> list[str]:
    """The text of each page; blank where a page is only a picture."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def photo(
    form: str = "JPEG", size: tuple[int, int] = (300, 400), orientation: int | None = None
) -> bytes:
    image = Image.new("RGB", size, "white")
    image.paste("black", (0, 0, size[0] // 2, size[1] // 4))  # a mark in the top left corner
    exif = Image.Exif()
    exif[0x010F] = "SecretCameraMaker"
    if orientation:
        exif[0x0112] = orientation
    out = io.BytesIO()
    image.save(out, form, exif=exif)
    return out.getvalue()


def heic(width: int = 96, height: int = 128) -> bytes:
    """As a phone held sideways makes it: white, 96 by 128, with a mark in the top left corner that
    belongs in the top right one; its EXIF data says the same and must not turn it once more.

    Other sizes are a lie of the header.
    """
    size = b"ispe" + bytes(4)
    honest, lie = (size + struct.pack(">II", *pair) for pair in ((96, 128), (width, height)))
    return base64.b64decode(HEIC).replace(honest, lie)


HEIC = """
AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAaFtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAA
AAAAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAABxQABAAAAAAAAAEUAAgAAAAACCgABAAAAAAAAAEIAAAA4aWluZgAA
AAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA4Glwcn
AAAADAaXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroC
QGEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoDCAgWW6kkprm4CGgwIAAAMAMgAAAwACEGIAAQAHRAHBcrAiQAAAABNjb2
xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABgAAAAgAAAABBwaXhpAAAAAAMICAgAAAAJaXJvdAMAAAAYaXBtYQAA
AAAAAAABAAEFgQIDBIUAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAAI9tZGF0AAAAQSgBr1iK14GSX//66JZflU
PwkkpH9cABpAqYSU/ox9DnMeAQm+ACVK8CYSyzTy50F+Ig0hPG7s/8p8vVachkEigwAAAABkV4aWYAAE1NACoAAAAI
AAIBDwACAAAAEgAAACYBEgADAAAAAQAGAAAAAAAAU2VjcmV0Q2FtZXJhTWFrZXIA
"""


def phone_pair() -> bytes:
    """Two JPEGs in one file (MPO), as some phones store a photo and its depth."""
    out = io.BytesIO()
    first, second = (Image.new("RGB", (300, 400), colour) for colour in ("white", "black"))
    first.save(out, "MPO", save_all=True, append_images=[second])
    return out.getvalue()


def booby_trapped_pdf() -> bytes:
    """Scripts, launch actions, an embedded file, a link and metadata."""
    with pikepdf.open(io.BytesIO(pdf())) as document:
        script = Dictionary(S=Name.JavaScript, JS="app.alert('hidden-script')")
        launch = Dictionary(S=Name.Launch, F="cmd.exe")
        document.Root.OpenAction = document.make_indirect(script)
        document.Root.AA = Dictionary(WC=script)
        document.Root.Names = Dictionary(
            JavaScript=Dictionary(Names=Array(["run", script])),
        )
        document.attachments["evil.exe"] = b"hidden-attachment"
        page = document.pages[0]
        page.AA = Dictionary(O=script)
        link = Dictionary(
            Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 600, 700]), A=launch
        )
        uri = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Link,
            Rect=Array([0, 0, 600, 700]),
            A=Dictionary(S=Name.URI, URI="https://evil.example/"),
        )
        page.Annots = Array([document.make_indirect(link), document.make_indirect(uri)])
        with document.open_metadata() as metadata:
            metadata["dc:title"] = "hidden-title"
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


def encrypted_pdf(user: str = "open sesame") -> bytes:
    with pikepdf.open(io.BytesIO(pdf())) as document:
        out = io.BytesIO()
        document.save(out, encryption=pikepdf.Encryption(owner="owner", user=user))
        return out.getvalue()


def bomb_pdf(size: int = 400 * 1024 * 1024) -> bytes:
    """Drawing instructions that unpack to hundreds of megabytes."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * 2**20) for _ in range(size // 2**20)) + packer.flush()
    with pikepdf.open(io.BytesIO(pdf())) as document:
        stream = document.make_stream(b"")
        stream.write(packed, filter=Name.FlateDecode)
        document.pages[0].Contents = stream
        out = io.BytesIO()
        document.save(
            out, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none
        )
        return out.getvalue()


def bomb_png(width: int = 20_000, height: int = 20_000) -> bytes:
    """A few bytes that claim to be 400 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def huge_image_in_pdf() -> bytes:
    with pikepdf.open(io.BytesIO(pdf())) as document:
        image = document.make_stream(b"\x00" * 100)
        image.Type, image.Subtype = Name.XObject, Name.Image
        image.Width, image.Height = 30_000, 30_000
        image.ColorSpace, image.BitsPerComponent = Name.DeviceGray, 8
        page = document.pages[0]
        page.Resources.XObject = Dictionary(Im1=image)
        page.Contents = document.make_stream(b"q 600 0 0 700 0 0 cm /Im1 Do Q")
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


def lying_jpeg_in_pdf() -> bytes:
    """A picture of 400 million pixels that the PDF calls ten by ten."""
    with pikepdf.open(io.BytesIO(huge_image_in_pdf())) as document:
        jpeg = bytearray(photo(size=(16, 16)))
        frame = jpeg.index(b"\xff\xc0") + 5  # ITU-T T.81 B.2.2: height, then width
        jpeg[frame : frame + 4] = struct.pack(">HH", 20_000, 20_000)
        image = document.pages[0].Resources.XObject.Im1
        image.write(bytes(jpeg), filter=Name.DCTDecode)
        image.Width = image.Height = 10
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()
