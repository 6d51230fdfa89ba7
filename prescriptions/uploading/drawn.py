"""What somebody drew, stamped or filled in *on* a PDF: on the paper, or the file is refused.

Annotations and form fields lie above a page and are left behind when its pages are copied. Here
they become part of the page first, the way they look on a screen. `Seen` keeps a small picture of
every page that has any (or has layers, which can be switched off): the clean copy must look the
same, or the desk would read an unsigned paper where a signed one was sent.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import ImageChops, ImageFilter

from prescriptions.reading import page_images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

    Box = tuple[float, float, float, float]

HIDDEN = 0b100010  # the flags Hidden and NoView (ISO 32000-1, 12.5.3)
PASSWORD = 1 << 13  # a flag of a field (12.7.4.3)
# Drawn by each program in its own way when they bring no picture of their own.
DRAWN = frozenset(
    f"/{kind}"
    for kind in (
        *("Caret", "Circle", "FreeText", "Highlight", "Ink", "Line", "Polygon", "PolyLine"),
        *("Redact", "Square", "Squiggly", "Stamp", "StrikeOut", "Text", "Underline", "Watermark"),
    )
)
NOTICED = 24  # of 255: by so much a pixel is darker
SPECKS = 30  # so many pixels may be: a line with a marker over it has two, a thin stroke hundreds
NEAR = 5  # pixels


class Lost(Exception):
    """The copy would not show everything that the file shows."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was to be seen on the pages of one file, by the index of the page."""

    pictures: dict[int, Image.Image] = field(default_factory=dict)


def burn_in(source: pikepdf.Pdf) -> Seen:
    """Make what lies above the pages a part of them.

    Raises:
        Lost: something on it cannot be shown as it was.
    """
    filled = _fill_in(source)
    above = [_above(page, source) for page in source.pages]
    has_layers = "/OCProperties" in source.Root
    drawn_on = [
        index
        for index, found in enumerate(above)
        if has_layers or any(not _is_field(one) for one in found)
    ]
    _flatten(source, [[one for one in found if _is_field(one)] for found in above])
    seen = Seen()
    if drawn_on or filled:
        for page, found in zip(source.pages, above, strict=True):
            page.obj.Annots = Array([one for one in found if not _is_field(one)])
        seen = _look(source, drawn_on, filled)
        _flatten(source, [[one for one in found if not _is_field(one)] for found in above])
    return seen


def compare(pdf: bytes, expected: dict[int, Image.Image]) -> Iterator[int]:
    """The indexes of the pages that do not look as they did."""
    if not expected:
        return
    for index, picture in page_images.sketches(pdf, sorted(expected)):
        before = expected[index]
        if picture.size != before.size or _differ(picture, before):
            yield index


def _differ(one: Image.Image, other: Image.Image) -> bool:
    one, other = (page.filter(ImageFilter.GaussianBlur(1)) for page in (one, other))
    return _has_more(one, other) or _has_more(other, one)


def _has_more(one: Image.Image, other: Image.Image) -> bool:
    """Whether there is ink on one where there is none close by on the other.

    Close by, since the edges of letters move by a pixel when something above is transparent.
    """
    missing = ImageChops.subtract(other.filter(ImageFilter.MinFilter(NEAR)), one)
    return sum(missing.histogram()[NOTICED:]) > SPECKS


def _above(page: pikepdf.Page, source: pikepdf.Pdf) -> list[pikepdf.Object]:
    """The annotations of a page that are seen on a screen, each with its appearance."""
    found: list[pikepdf.Object] = []
    for one in page.obj.get("/Annots", []):
        if not isinstance(one, Dictionary) or int(one.get("/F", 0)) & HIDDEN:
            continue
        kind = str(one.get("/Subtype", ""))
        if kind == "/Popup":
            continue
        if _has_appearance(one):
            if "/OC" in one and _has_hidden_layers(source):
                raise Lost
            found.append(one)
        elif kind in DRAWN or (kind == "/Widget" and _says_something(one)):
            raise Lost
    return found


def _has_appearance(one: pikepdf.Object) -> bool:
    normal = one.get("/AP", Dictionary()).get("/N")
    if isinstance(normal, pikepdf.Stream):
        return True
    if not isinstance(normal, Dictionary):
        return False
    state = one.get("/AS")  # of a check box, one picture for each state; none for "off"
    return state is not None and isinstance(normal.get(str(state)), pikepdf.Stream)


def _has_hidden_layers(source: pikepdf.Pdf) -> bool:
    default = source.Root.get("/OCProperties", Dictionary()).get("/D", Dictionary())
    return bool(default.get("/OFF")) or default.get("/BaseState", Name.ON) != Name.ON


# ---- Form fields ----


def _is_field(one: pikepdf.Object) -> bool:
    return str(one.get("/Subtype")) == "/Widget"


def _of_field(one: pikepdf.Object, key: str) -> pikepdf.Object | None:
    """An entry of a field, or of one above it (12.7.3.1)."""
    for _depth in range(20):
        if key in one:
            return one[key]
        if not isinstance(one.get("/Parent"), Dictionary):
            return None
        one = one.Parent
    return None


def _says_something(widget: pikepdf.Object) -> bool:
    """Whether a field without a picture has been filled in."""
    kind = str(_of_field(widget, "/FT"))
    if kind == "/Btn":
        state = widget.get("/AS", _of_field(widget, "/V"))
        return isinstance(state, Name) and state != Name.Off
    value = _of_field(widget, "/V")
    return kind in ("/Tx", "/Ch") and value is not None and str(value).strip() != ""


@dataclass(frozen=True, slots=True)
class _Filled:
    page: int
    box: Box
    text: str


def _fill_in(source: pikepdf.Pdf) -> list[_Filled]:
    """Draw the text of form fields that ask for it; which ones, and what they have to say."""
    form = source.Root.get("/AcroForm")
    if not isinstance(form, Dictionary):
        return []
    widgets = [
        (index, one)
        for index, page in enumerate(source.pages)
        for one in page.obj.get("/Annots", [])
        if isinstance(one, Dictionary) and _is_field(one) and not int(one.get("/F", 0)) & HIDDEN
    ]
    texts = [
        (index, one)
        for index, one in widgets
        if str(_of_field(one, "/FT")) in ("/Tx", "/Ch") and _says_something(one)
    ]
    if not form.get("/NeedAppearances", False):
        if all(_has_appearance(one) for _index, one in texts):
            return []
        form.NeedAppearances = True
    for font in form.get("/DR", Dictionary()).get("/Font", Dictionary()).values():
        if font.get("/Subtype") == Name.Type1 and "/Encoding" not in font:
            font.Encoding = Name.WinAnsiEncoding  # or every accent becomes a question mark
    source.generate_appearance_streams()
    return [_Filled(index, _box(one), _words(one)) for index, one in texts if not _is_secret(one)]


def _is_secret(widget: pikepdf.Object) -> bool:
    return bool(int(_of_field(widget, "/Ff") or 0) & PASSWORD)


def _box(widget: pikepdf.Object) -> Box:
    left, bottom, right, top = (float(side) for side in widget.Rect)
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def _words(widget: pikepdf.Object) -> str:
    value = _of_field(widget, "/V")
    if not isinstance(value, pikepdf.String) or _is_shown_otherwise(widget, str(value)):
        raise Lost  # several choices at once, or one with another name on the page
    if len(str(value).strip().splitlines()) > 1:
        raise Lost  # it would run together on one line
    return "".join(str(value).split())


def _is_shown_otherwise(widget: pikepdf.Object, value: str) -> bool:
    options = _of_field(widget, "/Opt")
    pairs = [one for one in options or [] if isinstance(one, Array)]
    return any(str(one[0]) == value != str(one[1]) for one in pairs)


# ---- Pictures ----


def _flatten(source: pikepdf.Pdf, chosen: list[list[pikepdf.Object]]) -> None:
    """Make these a part of their pages; nothing else stays above them.

    Raises:
        Lost: one was left out.
    """
    for page, found in zip(source.pages, chosen, strict=True):
        page.obj.Annots = Array(found)
    source.flatten_annotations("screen")
    for page in source.pages:
        if len(page.obj.get("/Annots", [])):
            raise Lost
        if "/Annots" in page.obj:
            del page.obj["/Annots"]


def _look(source: pikepdf.Pdf, drawn_on: list[int], filled: list[_Filled]) -> Seen:
    """Pictures as a screen shows them, drawings still above; the filled-in words are legible.

    Raises:
        Lost: a field's text does not fit, or has letters that its font lacks.
    """
    out = io.BytesIO()
    source.save(out)
    content = out.getvalue()
    for one in filled:
        if one.text not in page_images.text_inside(content, one.page, one.box):
            raise Lost
    return Seen(dict(page_images.sketches(content, drawn_on)))
