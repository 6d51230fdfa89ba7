"""What people send -> one clean PDF that is safe to show.

The type is read from the content, never from the name or what the browser says. Photos are
redrawn upright without their metadata; PDFs are rebuilt page by page, so scripts, launch actions,
embedded files, forms and links that act stay behind. What was drawn on them does not: `drawn.py`.
Nothing large is decoded before its size is known. Untrusted files go through here in a separate
process: `sandbox.py`.
"""

from __future__ import annotations

import io
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pi_heif
import pikepdf
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from clinic.errors import DomainError
from prescriptions.reading import page_images
from prescriptions.uploading import drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from django_stubs_ext import StrOrPromise

MIB = 1024 * 1024
MAX_FILE = 15 * MIB
MAX_TOTAL = 45 * MIB
MAX_PAGES = 20
MAX_PIXELS = 50_000_000  # a 50-megapixel phone camera
MAX_UNPACKED = 64 * MIB  # of a PDF's drawing instructions
END_MARK = 2048  # bytes at the end that hold a complete PDF's end marker
LONG_EDGE = 2400  # about 200 dots per inch on a letter page
LETTER_INCHES = 8.5
JPEG_QUALITY = 85
LOGO = (720, 240)  # pixels: 300 to the inch on a letterhead

REDRAWN = 60  # percent of the work; the rest is rendering the pages of the copy

PDF, JPEG, PNG, HEIC = "application/pdf", "image/jpeg", "image/png", "image/heic"
# HEVC still images, by the brands of ISO/IEC 23008-12; "mif1" alone may hold anything.
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis"}
_ANY_STILL = b"mif1"
# Never copied into the clean PDF, wherever they are attached.
ACTIVE_KEYS = frozenset(
    f"/{name}"
    for name in (
        *("AA", "A", "AF", "Annots", "EF", "EmbeddedFiles", "JS", "JavaScript", "Launch"),
        *("Metadata", "Names", "OpenAction", "OPI", "PieceInfo", "Ref", "RichMedia"),
        *("StructParents", "Trans", "URI"),
    )
)


class UnusableFile(DomainError):
    """A file we cannot accept; the message says what to send instead."""

    file = 0  # which one, counted from 1; 0 if only one was sent, or it is about all of them

    @property
    def stored(self) -> str:
        """How a row keeps it: `explained` reads it."""
        return f"{self.code}:{self.file}" if self.file else self.code


_REFUSALS: dict[str, type[UnusableFile]] = {}


def _refusal(code: str, message: StrOrPromise) -> type[UnusableFile]:
    made = type("UnusableFile", (UnusableFile,), {"code": code, "message": message})
    _REFUSALS[code] = made
    return made


def refusal(code: str) -> type[UnusableFile]:
    """The refusal for the code stored in a row."""
    return _REFUSALS.get(code, Broken)


def explained(stored: str) -> str:
    """What a row says about a refusal, in a sentence that names the file."""
    code, _separator, file = stored.partition(":")
    message = refusal(code).message
    return (
        _("File %(number)s: %(message)s") % {"number": file, "message": message}
        if file
        else str(message)
    )


NothingSent = _refusal("nothing", _("Choose a PDF or a photo of the paper."))
Empty = _refusal("empty", _("This file is empty. Please choose it again or take a new photo."))
TooLarge = _refusal(
    "too_large",
    _("This file is larger than 15 MB. Take the photo again at a smaller size, or send a PDF."),
)
TooMuch = _refusal(
    "too_much",
    _("Together these files are larger than 45 MB. Please send only the paper itself."),
)
TooManyPages = _refusal(
    "too_many_pages", _("That is more than 20 pages. Please send only the paper itself.")
)
WrongType = _refusal(
    "wrong_type",
    _("This is not a PDF, JPEG, PNG, or HEIC file. Please send one of these, or a photo."),
)
OtherMedia = _refusal(
    "other_media",
    _(
        "This is a video, or a type of picture we cannot open. "
        "Please take a photo of the paper, or send a screenshot."
    ),
)
Encrypted = _refusal(
    "encrypted",
    _("This PDF is locked with a password. Print it to a new PDF, or send a photo of each page."),
)
DrawnOn = _refusal(
    "drawn_on",
    _(
        "This PDF has something drawn, stamped, or filled in on it, or a hidden layer, and our "
        "copy would not show it as you see it. Print it to a new PDF and send that one, or take "
        "a photo of the paper."
    ),
)
Broken = _refusal(
    "broken", _("This file is damaged and cannot be opened. Please send it again or take a photo.")
)
TooBig = _refusal(
    "too_many_pixels",
    _("This picture is too large to open safely. Take the photo again at a smaller size."),
)
TooHard = _refusal(
    "too_hard",
    _("This file is too complicated to open safely. Please send a photo of each page instead."),
)
Infected = _refusal(
    "infected",
    _(
        "Our virus scanner found something harmful in this file, so no one will open it. "
        "Please take a photo of the paper instead, and have your device checked."
    ),
)
GaveUp = _refusal(
    "gave_up",
    _(
        "Something went wrong on our end, not with your file. Please send it again, "
        "or bring the paper to your visit."
    ),
)


@dataclass(frozen=True)
class Cleaned:
    pdf: bytes
    pages: int


def sniff(content: bytes) -> str:
    """The type by the first bytes.

    Raises:
        UnusableFile: empty, or not a type we accept.
    """
    if not content:
        raise Empty
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[4:8] == b"ftyp":
        return _sniff_media(content)
    raise WrongType


def _sniff_media(content: bytes) -> str:
    """ISO/IEC 14496-12 boxes: HEIC photos, and the videos and AVIF that we do not accept."""
    size = int.from_bytes(content[:4], "big")
    major, compatible = content[8:12], content[16 : min(size, 256)]
    brands = {compatible[at : at + 4] for at in range(0, len(compatible), 4)}
    if major in _HEIC_BRANDS or (major == _ANY_STILL and brands & _HEIC_BRANDS):
        return HEIC
    raise OtherMedia


def check(files: Sequence[bytes]) -> list[str]:
    """The types of the files; checks their number and size before anything is opened.

    Raises:
        UnusableFile: with advice.
    """
    if not files:
        raise NothingSent
    if any(len(content) > MAX_FILE for content in files):
        raise TooLarge
    if sum(map(len, files)) > MAX_TOTAL:
        raise TooMuch
    if len(files) > MAX_PAGES:
        raise TooManyPages
    return [sniff(content) for content in files]


def clean(files: Sequence[bytes]) -> Cleaned:
    """All files as one clean PDF, in their order.

    Raises:
        UnusableFile: with advice; nothing is stored.
    """
    check(files)
    return assemble(files, count=len(files))


def assemble(
    files: Iterable[bytes], *, count: int, progress: Callable[[int], None] | None = None
) -> Cleaned:
    """Clean the files that passed `check`, one by one; `progress` is called with the percentage.

    Raises:
        UnusableFile: as for `clean`.
    """
    tell = progress or _no_progress
    expected: dict[int, Image.Image] = {}
    owners: list[int] = []  # of each page, the number of its file
    with pikepdf.new() as whole:
        for number, content in enumerate(files, start=1):
            with _naming(number if count > 1 else 0):
                kind = sniff(content)
                seen = _append(whole, content if kind == PDF else _redraw(content, kind))
            expected |= {len(owners) + index: one for index, one in seen.pictures.items()}
            owners += [number] * (len(whole.pages) - len(owners))
            if len(whole.pages) > MAX_PAGES:
                raise TooManyPages
            tell(number * REDRAWN // count)
        out = io.BytesIO()
        # The same upload gives the same bytes, so that a repeat is recognized.
        whole.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        cleaned = Cleaned(out.getvalue(), len(whole.pages))
    _prove(cleaned, tell)
    for index in drawn.compare(cleaned.pdf, expected):
        with _naming(owners[index] if count > 1 else 0):
            raise DrawnOn
    return cleaned


@contextmanager
def _naming(number: int) -> Iterator[None]:
    """A refusal says which of several files it is about."""
    try:
        yield
    except UnusableFile as error:
        error.file = number
        raise


def _no_progress(percent: int) -> None:
    """Called with the progress."""


def _prove(cleaned: Cleaned, tell: Callable[[int], None]) -> None:
    """Check that every page renders: better to find out here than in the viewer."""
    drawn = 0
    try:
        for drawn in page_images.draw_all(cleaned.pdf):
            tell(REDRAWN + drawn * (100 - REDRAWN) // cleaned.pages)
    except page_images.Unreadable as error:
        raise Broken from error
    if drawn != cleaned.pages:
        raise Broken


def logo(content: bytes) -> bytes:
    """A picture as a small PNG: upright, on white, without metadata.

    Raises:
        UnusableFile: no picture of a kind that we open.
    """
    if (kind := sniff(content)) == PDF:
        raise WrongType
    drawn_again = _upright(content, kind)
    drawn_again.thumbnail(LOGO)
    out = io.BytesIO()
    drawn_again.save(out, "PNG", optimize=True)
    return out.getvalue()


def _redraw(content: bytes, kind: str) -> bytes:
    """A photo as a one-page PDF: upright, on white, without metadata."""
    page = _upright(content, kind)
    out = io.BytesIO()
    width = min(page.width, page.height)
    page.save(out, "PDF", resolution=width / LETTER_INCHES, quality=JPEG_QUALITY)
    return out.getvalue()


def _upright(content: bytes, kind: str) -> Image.Image:
    try:
        return _on_white(_heic(content) if kind == HEIC else _photo(content, kind))
    except Image.DecompressionBombError as error:
        raise TooBig from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, zlib.error) as error:
        raise Broken from error
    except (EOFError, RuntimeError, IndexError) as error:  # what libheif makes of a bad file
        raise Broken from error


def _photo(content: bytes, kind: str) -> Image.Image:
    """A JPEG (a phone's pair of pictures as well: the first counts) or PNG."""
    form = "JPEG" if kind == JPEG else "PNG"
    with Image.open(io.BytesIO(content), formats=[form]) as image:
        _check_pixels(image.width, image.height)
        image.draft("RGB", (LONG_EDGE, LONG_EDGE))  # JPEG: do not decode more than we keep
        # Shrink first, then rotate: a large picture is in memory once, twice at most.
        return ImageOps.exif_transpose(_smaller(image))


def _heic(content: bytes) -> Image.Image:
    """The main picture of a HEIC file; libheif rotates it as the file says."""
    file = pi_heif.open_heif(io.BytesIO(content))
    _check_pixels(*file.size)
    image = file.to_pillow()
    _check_pixels(*image.size)  # the first number was the header's
    del file
    return _smaller(image)


def _smaller(image: Image.Image) -> Image.Image:
    if image.mode == "RGBA":  # Pillow would hold it three times over
        whole, image = image, image.convert("RGBa")
        whole.close()
    image.thumbnail((LONG_EDGE, LONG_EDGE))
    return image.convert("RGBA") if image.mode == "RGBa" else image


def _check_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise TooBig


def _on_white(image: Image.Image) -> Image.Image:
    layers = image.convert("RGBA")
    paper = Image.new("RGB", layers.size, "white")
    paper.paste(layers, mask=layers.getchannel("A"))
    return paper


def _append(whole: pikepdf.Pdf, content: bytes) -> drawn.Seen:
    """Copy the pages of a PDF, and only them; returns how those looked that were drawn on."""
    if b"%%EOF" not in content[-END_MARK:]:
        raise Broken  # truncated: what qpdf can repair may lack the signature
    try:
        with pikepdf.open(io.BytesIO(content)) as source:
            if source.is_encrypted:
                raise Encrypted
            if not 0 < len(source.pages) <= MAX_PAGES:
                raise TooManyPages if len(source.pages) else Broken
            _check_sizes(source.objects)  # before anything is drawn
            seen = drawn.burn_in(source)
            for page in source.pages:
                _strip(page.obj)
            for page in source.pages:
                whole.pages.append(page)
            for thing in whole.objects:
                _strip(thing)
            return seen
    except drawn.Lost as error:
        raise DrawnOn from error
    except page_images.Unreadable as error:
        raise Broken from error
    except pikepdf.PasswordError as error:
        raise Encrypted from error
    except (pikepdf.PdfError, pikepdf.DataDecodingError) as error:
        raise Broken from error
    except (ValueError, TypeError, AttributeError, KeyError, RuntimeError, OverflowError) as error:
        # Malformed structures: a page tree that is a number, a loop, a bad box.
        raise Broken from error


def _strip(thing: pikepdf.Object) -> None:
    if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        return
    for key in ACTIVE_KEYS.intersection(thing.keys()):
        del thing[key]


def _check_sizes(objects: Iterable[pikepdf.Object]) -> None:
    """Refuse what would fill memory when rendered, without decompressing it."""
    budget = MAX_UNPACKED
    for thing in objects:
        if not isinstance(thing, pikepdf.Stream):
            continue
        if thing.get("/Subtype") == "/Image":
            _check_pixels(int(thing.get("/Width", 0)), int(thing.get("/Height", 0)))
            _check_picture(thing)
            continue
        budget -= _unpacked(thing, budget)
        if budget < 0:
            raise TooBig


def _check_picture(stream: pikepdf.Stream) -> None:
    """The size in the JPEG itself, whatever the PDF says about it."""
    if stream.get("/Filter") not in ("/DCTDecode", "/JPXDecode"):
        return
    try:
        with Image.open(io.BytesIO(stream.read_raw_bytes()), formats=["JPEG", "JPEG2000"]) as seen:
            _check_pixels(*seen.size)
    except Image.DecompressionBombError as error:
        raise TooBig from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return  # PDFium may manage; rendering the page will show


def _unpacked(stream: pikepdf.Stream, budget: int) -> int:
    """How many bytes a deflated stream holds, counted only up to the budget."""
    filters = stream.get("/Filter")
    names = [str(f) for f in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
    raw = stream.read_raw_bytes()
    if names.count("/FlateDecode") > 1:
        raise TooBig  # compressed twice: no legitimate file is
    if names[0] != "/FlateDecode":
        return len(raw)
    unpacker, total = zlib.decompressobj(), 0
    try:
        while raw and total <= budget:
            total += len(unpacker.decompress(raw, MIB))
            raw = unpacker.unconsumed_tail
    except zlib.error:
        pass  # qpdf repairs what it can; the rest is counted
    return total
