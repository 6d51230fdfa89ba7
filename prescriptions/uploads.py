"""What people send -> one clean PDF that is safe to show.

The type is read from the content, never from the name or what the browser says. Photos are drawn
anew without their metadata, upright; PDFs are rebuilt page by page, so scripts, launch actions,
embedded files, forms and links that act stay behind. Nothing large is decoded before its size is
known.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pikepdf
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from clinic.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django_stubs_ext import StrOrPromise

MIB = 1024 * 1024
MAX_FILE = 15 * MIB
MAX_TOTAL = 45 * MIB
MAX_PAGES = 20
MAX_PIXELS = 50_000_000  # a 50-megapixel phone camera
MAX_UNPACKED = 64 * MIB  # of a PDF's drawing instructions
END_MARK = 2048  # bytes at the end that hold the mark of a whole PDF
LONG_EDGE = 2400  # about 200 dots an inch on a letter page
LETTER_INCHES = 8.5
JPEG_QUALITY = 85

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
_PHOTOS = {JPEG: "JPEG", PNG: "PNG"}
# Never copied into the clean PDF, wherever they hang.
ACTIVE_KEYS = frozenset(
    f"/{name}"
    for name in (
        *("AA", "A", "AF", "Annots", "EF", "EmbeddedFiles", "JS", "JavaScript", "Launch"),
        *("Metadata", "Names", "OpenAction", "OPI", "PieceInfo", "Ref", "RichMedia"),
        *("StructParents", "Trans", "URI"),
    )
)


class UnusableFile(DomainError):
    """A file that cannot be taken; the message says what to send instead."""

    code = "unusable_file"


def _refusal(code: str, message: StrOrPromise) -> type[UnusableFile]:
    return type("UnusableFile", (UnusableFile,), {"code": code, "message": message})


NothingSent = _refusal("nothing", _("Choose a PDF or a photo of your prescription."))
Empty = _refusal("empty", _("This file is empty. Please choose it again or take a new photo."))
TooLarge = _refusal(
    "too_large",
    _("This file is larger than 15 MB. Take the photo again at a smaller size, or send a PDF."),
)
TooMuch = _refusal(
    "too_much",
    _("Together these files are larger than 45 MB. Please send only the prescription itself."),
)
TooManyPages = _refusal(
    "too_many_pages", _("That is more than 20 pages. Please send only the prescription itself.")
)
WrongType = _refusal(
    "wrong_type", _("This is not a PDF, JPEG or PNG file. Please send one of these, or a photo.")
)
IsHeic = _refusal(
    "heic",
    _(
        "This photo is in Apple's HEIC format. Send a screenshot of it, or choose "
        "“Most Compatible” under Settings, Camera, Formats and take it again."
    ),
)
Encrypted = _refusal(
    "encrypted",
    _("This PDF is locked with a password. Print it to a new PDF, or send a photo of each page."),
)
Broken = _refusal(
    "broken", _("This file is damaged and cannot be opened. Please send it again or take a photo.")
)
TooBig = _refusal(
    "too_many_pixels",
    _("This picture is too large to open safely. Take the photo again at a smaller size."),
)


@dataclass(frozen=True)
class Cleaned:
    pdf: bytes
    pages: int


def sniff(content: bytes) -> str:
    """The type by the first bytes.

    Raises:
        UnusableFile: empty, or nothing we take.
    """
    if not content:
        raise Empty
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[4:8] == b"ftyp" and content[8:12] in {b"heic", b"heix", b"hevc", b"mif1", b"msf1"}:
        raise IsHeic
    raise WrongType


def clean(files: Sequence[bytes]) -> Cleaned:
    """All files as one clean PDF, in their order.

    Raises:
        UnusableFile: with advice; nothing was kept.
    """
    if not files:
        raise NothingSent
    if any(len(content) > MAX_FILE for content in files):
        raise TooLarge
    if sum(map(len, files)) > MAX_TOTAL:
        raise TooMuch
    if len(files) > MAX_PAGES:
        raise TooManyPages
    with pikepdf.new() as whole:
        for content in files:
            kind = sniff(content)
            _append(whole, content if kind == PDF else _redraw(content, _PHOTOS[kind]))
            if len(whole.pages) > MAX_PAGES:
                raise TooManyPages
        out = io.BytesIO()
        # The same upload gives the same bytes, so that a repeat is recognised.
        whole.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        return Cleaned(out.getvalue(), len(whole.pages))


def _redraw(content: bytes, form: str) -> bytes:
    """A photo as a one-page PDF: upright, on white, without metadata."""
    try:
        with Image.open(io.BytesIO(content), formats=[form]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise TooBig
            image.draft("RGB", (LONG_EDGE, LONG_EDGE))  # JPEG: decode no more than we keep
            upright = ImageOps.exif_transpose(image)
            page = _on_white(upright)
    except Image.DecompressionBombError as error:
        raise TooBig from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, zlib.error) as error:
        raise Broken from error
    out = io.BytesIO()
    width = min(page.width, page.height)
    page.save(out, "PDF", resolution=width / LETTER_INCHES, quality=JPEG_QUALITY)
    return out.getvalue()


def _on_white(image: Image.Image) -> Image.Image:
    image.thumbnail((LONG_EDGE, LONG_EDGE))
    layers = image.convert("RGBA")
    paper = Image.new("RGB", layers.size, "white")
    paper.paste(layers, mask=layers.getchannel("A"))
    return paper


def _append(whole: pikepdf.Pdf, content: bytes) -> None:
    """Copy the pages of a PDF, and only them."""
    if b"%%EOF" not in content[-END_MARK:]:
        raise Broken  # cut short: what qpdf can mend of it may lack the signature
    try:
        with pikepdf.open(io.BytesIO(content)) as source:
            if source.is_encrypted:
                raise Encrypted
            if not 0 < len(source.pages) <= MAX_PAGES:
                raise TooManyPages if len(source.pages) else Broken
            _flatten(source)
            for page in source.pages:
                _strip(page.obj)
            for page in source.pages:
                whole.pages.append(page)
            _check_sizes(source.objects)
            for thing in whole.objects:
                _strip(thing)
    except pikepdf.PasswordError as error:
        raise Encrypted from error
    except (pikepdf.PdfError, pikepdf.DataDecodingError) as error:
        raise Broken from error
    except (ValueError, TypeError, AttributeError, KeyError, RuntimeError, OverflowError) as error:
        # Structures that lie about themselves: a page tree that is a number, a loop, a bad box.
        raise Broken from error


def _flatten(source: pikepdf.Pdf) -> None:
    """Draw filled-in form fields onto the page before the fields themselves go."""
    if "/AcroForm" not in source.Root:
        return
    source.generate_appearance_streams()
    source.flatten_annotations("print")


def _strip(thing: pikepdf.Object) -> None:
    if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        return
    for key in ACTIVE_KEYS.intersection(thing.keys()):
        del thing[key]


def _check_sizes(objects: Iterable[pikepdf.Object]) -> None:
    """Refuse what would fill the memory when drawn, without unpacking it."""
    budget = MAX_UNPACKED
    for thing in objects:
        if not isinstance(thing, pikepdf.Stream):
            continue
        if thing.get("/Subtype") == "/Image":
            if int(thing.get("/Width", 0)) * int(thing.get("/Height", 0)) > MAX_PIXELS:
                raise TooBig
            continue
        budget -= _unpacked(thing, budget)
        if budget < 0:
            raise TooBig


def _unpacked(stream: pikepdf.Stream, budget: int) -> int:
    """How many bytes a deflated stream holds, counted only until the budget is spent."""
    filters = stream.get("/Filter")
    names = [str(f) for f in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
    raw = stream.read_raw_bytes()
    if names.count("/FlateDecode") > 1:
        raise TooBig  # packed twice: nothing honest is
    if names[0] != "/FlateDecode":
        return len(raw)
    unpacker, total = zlib.decompressobj(), 0
    try:
        while raw and total <= budget:
            total += len(unpacker.decompress(raw, MIB))
            raw = unpacker.unconsumed_tail
    except zlib.error:
        pass  # qpdf mends what it can; what is left is counted
    return total
