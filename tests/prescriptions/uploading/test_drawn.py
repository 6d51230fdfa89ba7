"""What was drawn, stamped or filled in on a PDF is on our copy, or the file is refused (D1)."""

from __future__ import annotations

from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageChops

from prescriptions.reading import page_images
from prescriptions.uploading import drawn, uploads
from tests.prescriptions import drawings, paper
from tests.prescriptions.drawings import (
    KINDS,
    drawn_on,
    form,
    layered,
    order,
    picture,
    put,
    written,
)


def seen(pdf: bytes) -> Image.Image:
    """As a screen shows it."""
    return dict(page_images.sketches(pdf, [0]))[0]


def differ(one: bytes, other: bytes) -> int:
    return sum(ImageChops.difference(seen(one), seen(other)).histogram()[16:])


UNSIGNED = written(order())
WORDS = (75, 78, 260, 92)  # where the marker is, on the small picture


def refused(content: bytes) -> bool:
    try:
        uploads.clean([content])
    except uploads.UnusableFile as error:
        assert error.code == "drawn_on"  # noqa: PT017 - any other refusal is a mistake here
        return True
    return False


@pytest.mark.parametrize("flags", [0, 4])  # with and without Print
@pytest.mark.parametrize("has_form", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_drawn_on_a_page_is_on_the_copy(kind: str, has_form: bool, flags: int) -> None:
    signed = drawn_on(kind, form=has_form, F=flags)
    assert differ(signed, UNSIGNED) > 100
    assert differ(uploads.clean([signed]).pdf, signed) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_what_each_program_draws_in_its_own_way_is_refused(kind: str) -> None:
    assert refused(drawn_on(kind, has_look=False))


@pytest.mark.parametrize("has_look", [True, False])
@pytest.mark.parametrize("flags", [2, 32, 34])
def test_what_no_screen_shows_stays_away(flags: int, has_look: bool) -> None:
    hidden = drawn_on("Ink", has_look=has_look, F=flags)
    assert differ(uploads.clean([hidden]).pdf, UNSIGNED) == 0


@pytest.mark.parametrize("kind", ["Link", "Popup", "FileAttachment", "Sound"])
def test_what_shows_nothing_of_its_own_is_dropped_in_silence(kind: str) -> None:
    assert differ(uploads.clean([drawn_on(kind, has_look=False)]).pdf, UNSIGNED) == 0
    assert differ(uploads.clean([drawn_on("Popup")]).pdf, UNSIGNED) == 0


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
@pytest.mark.parametrize("flags", [4, 4 | 16])
def test_a_turned_page_and_a_bent_picture_look_the_same(turned: int, flags: int) -> None:
    pdf = order()
    pdf.pages[0].obj.Rotate = turned
    look = picture(pdf, Matrix=Array([0.7, 0.2, -0.2, 0.7, 3, 4]))
    put(pdf, "Ink", look=look, F=flags, Rect=Array([100, 100, 330, 190]))
    assert differ(uploads.clean([written(pdf)]).pdf, written(pdf)) == 0


def test_a_marker_lets_the_words_shine_through() -> None:
    pdf = order()
    multiply = Dictionary(ExtGState=Dictionary(G=Dictionary(BM=Name.Multiply)))
    group = Dictionary(S=Name.Transparency)
    look = picture(pdf, b"/G gs 1 1 0 rg 0 0 200 60 re f", Resources=multiply, Group=group)
    put(pdf, "Highlight", look=look, QuadPoints=drawings.QUADS)
    clean = uploads.clean([written(pdf)]).pdf
    marked, words = seen(clean).crop(WORDS), seen(UNSIGNED).crop(WORDS)
    assert words.getextrema() == (0, 255)
    darkest, lightest = marked.getextrema()
    assert darkest < 80 and lightest < 230  # type: ignore[operator]  # noqa: PT018


def test_a_copy_that_looks_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last proof: whatever is overlooked before, the two pictures differ."""
    monkeypatch.setattr(drawn, "_flatten", lambda source, _chosen: drop(source))
    assert refused(drawn_on("Ink"))


def drop(source: pikepdf.Pdf) -> None:
    """A faulty flattening: the second one, when the picture has been taken, loses everything."""
    for page in source.pages:
        if "/Annots" in page.obj:
            del page.obj["/Annots"]


@pytest.mark.parametrize("colour", [b"0 0 0", b"0 0 1", b"1 0 0", b"0.6 0.6 0.6"])
def test_a_thin_stroke_is_enough_to_tell_two_pages_apart(colour: bytes) -> None:
    pdf = order()
    put(pdf, "Ink", look=picture(pdf, colour + b" RG 0.6 w 5 5 m 60 50 l 120 10 l S"))
    assert list(drawn.compare(UNSIGNED, {0: seen(written(pdf))})) == [0]
    assert list(drawn.compare(written(pdf), {0: seen(UNSIGNED)})) == [0]
    assert list(drawn.compare(written(pdf), {0: seen(written(pdf))})) == []


# ---- Layers ----


def test_a_layer_that_is_off_would_become_visible_and_is_refused() -> None:
    assert differ(layered(off=True), UNSIGNED) == 0
    assert refused(layered(off=True))


def test_a_layer_that_is_on_is_kept() -> None:
    assert differ(uploads.clean([layered(off=False)]).pdf, layered(off=False)) == 0


def test_a_drawing_on_a_layer_that_is_off_is_refused() -> None:
    pdf = order()
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Draft")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
    put(pdf, "Ink", look=picture(pdf), OC=layer)
    assert refused(written(pdf))


# ---- Form fields ----


@pytest.mark.parametrize("flags", [0, 4])
def test_a_field_with_its_picture_is_kept_also_without_the_print_flag(flags: int) -> None:
    pdf = order()
    put(pdf, "Widget", look=picture(pdf), FT=Name.Sig, T=String("s"), F=flags)
    pdf.Root.AcroForm = Dictionary(Fields=Array(list(pdf.pages[0].Annots)))
    ink = drawn_on("Ink")  # the same picture at the same place
    assert differ(uploads.clean([written(pdf)]).pdf, ink) == 0


@pytest.mark.parametrize("need", [True, False])
@pytest.mark.parametrize("text", ["Kofi Osei, MD", "José Núñez \u2013 6 visits"])
def test_text_of_a_field_is_drawn_if_it_has_no_picture(text: str, need: bool) -> None:
    cleaned = uploads.clean([written(form({"look": None, "V": String(text)}, need=need))])
    assert "".join(text.split()) in page_images.text_inside(cleaned.pdf, 0, drawings.BOX)


@pytest.mark.parametrize(
    "field",
    [
        {"V": String("小明")},
        {"V": String("2 visits per week for 6 weeks, then once per week for 12 more weeks")},
        {"V": String("one\ntwo\nthree\nfour\nfive\nsix"), "Ff": 1 << 12},
        {"V": Array([String("a"), String("b")]), "FT": Name.Ch},
        {
            "V": String("1"),
            "FT": Name.Ch,
            "Opt": Array([Array([String("1"), String("Twelve visits")])]),
        },
        {"FT": Name.Btn, "V": Name.Yes, "AS": Name.Yes},
    ],
)
def test_a_field_that_would_not_be_legible_is_refused(field: dict[str, object]) -> None:
    assert refused(written(form({"look": None, **field}, need=True)))


def test_empty_fields_and_a_box_that_is_not_checked_are_no_loss() -> None:
    fields: list[dict[str, Any]] = [
        {"look": None},
        {"look": None, "FT": Name.Btn, "AS": Name.Off},
        {"look": None, "FT": Name.Sig},
    ]
    assert differ(uploads.clean([written(form(*fields))]).pdf, UNSIGNED) == 0


def test_a_signature_drawn_over_a_filled_in_field_is_kept_with_it() -> None:
    pdf = form({"look": None, "V": String("Kofi Osei")}, need=True)
    put(pdf, "Ink", look=picture(pdf))
    cleaned = uploads.clean([written(pdf)]).pdf
    assert "KofiOsei" in page_images.text_inside(cleaned, 0, drawings.BOX)
    assert differ(cleaned, UNSIGNED) > differ(drawn_on("Ink"), UNSIGNED)


def test_pages_of_several_files_are_each_compared_with_their_own() -> None:
    files = [paper.pdf(pages=2), drawn_on("Ink"), paper.photo(), drawn_on("Stamp")]
    cleaned = uploads.clean(files)
    assert cleaned.pages == 5
    pictures = dict(page_images.sketches(cleaned.pdf, [2, 4]))
    for index, one in ((2, files[1]), (4, files[3])):
        assert ImageChops.difference(pictures[index], seen(one)).getbbox() is None
