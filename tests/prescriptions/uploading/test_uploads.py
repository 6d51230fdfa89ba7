import io
from collections.abc import Callable

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from prescriptions.reading import page_images
from prescriptions.uploading import uploads
from tests.prescriptions import paper


def test_a_pdf_keeps_its_pages_and_its_text() -> None:
    cleaned = uploads.clean([paper.pdf(pages=3)])
    assert cleaned.pages == 3
    assert "2 sessions per week for 6 weeks" in paper.text(cleaned.pdf)[2]


def test_photos_and_pdfs_become_one_document_in_their_order() -> None:
    cleaned = uploads.clean([paper.photo(), paper.pdf(pages=2), paper.photo("PNG")])
    assert cleaned.pages == 4
    texts = paper.text(cleaned.pdf)
    assert [bool(text.strip()) for text in texts] == [False, True, True, False]


def test_the_same_upload_gives_the_same_bytes() -> None:
    files = [paper.photo(), paper.pdf()]
    assert uploads.clean(files) == uploads.clean(files)


def test_a_photo_is_turned_upright_and_loses_its_metadata() -> None:
    # Orientation 6: the camera was held sideways; the mark belongs in the top right corner.
    cleaned = uploads.clean([paper.photo(size=(300, 400), orientation=6)])
    assert b"SecretCameraMaker" not in cleaned.pdf
    page = Image.open(io.BytesIO(page_images.render(cleaned.pdf, 1))).convert("L")
    assert page.width > page.height
    assert page.getpixel((page.width - 20, 20)) < 50  # type: ignore[operator]
    assert page.getpixel((20, 20)) > 200  # type: ignore[operator]


def test_a_heic_photo_is_turned_upright_once_and_loses_its_metadata() -> None:
    cleaned = uploads.clean([paper.heic()])
    assert b"SecretCameraMaker" in paper.heic()
    assert b"SecretCameraMaker" not in cleaned.pdf
    page = Image.open(io.BytesIO(page_images.render(cleaned.pdf, 1))).convert("L")
    assert page.width > page.height
    assert page.getpixel((page.width - 100, 100)) < 50  # type: ignore[operator]
    assert page.getpixel((100, 100)) > 200  # type: ignore[operator]


def test_of_a_phones_pair_of_pictures_the_first_is_taken() -> None:
    assert b"MPF" in paper.phone_pair()
    cleaned = uploads.clean([paper.phone_pair()])
    assert cleaned.pages == 1
    page = Image.open(io.BytesIO(page_images.render(cleaned.pdf, 1))).convert("L")
    assert page.getpixel((100, 100)) > 200  # type: ignore[operator]


def test_a_large_photo_is_scaled_to_what_a_page_needs() -> None:
    cleaned = uploads.clean([paper.photo(size=(4000, 6000))])
    image = next(iter(pypdfium2.PdfDocument(cleaned.pdf)[0].get_objects()))
    assert max(image.get_px_size()) <= uploads.LONG_EDGE


def test_a_transparent_png_lies_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (200, 200), (0, 0, 0, 0)).save(out, "PNG")
    cleaned = uploads.clean([out.getvalue()])
    page = Image.open(io.BytesIO(page_images.render(cleaned.pdf, 1))).convert("L")
    assert page.getpixel((100, 100)) > 250  # type: ignore[operator]


def test_nothing_that_acts_survives_in_a_pdf() -> None:
    trapped = paper.booby_trapped_pdf()
    cleaned = uploads.clean([trapped])
    with pikepdf.open(io.BytesIO(cleaned.pdf)) as document:
        assert set(document.Root.keys()) == {"/Type", "/Pages"}
        for thing in document.objects:
            if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
                assert not set(thing.keys()) & uploads.ACTIVE_KEYS
        plain = io.BytesIO()
        document.save(plain, qdf=True)
    for trace in (b"hidden-", b"evil", b"cmd.exe", b"JavaScript", b"Launch"):
        assert trace not in plain.getvalue()
    assert "Massage therapy" in paper.text(cleaned.pdf)[0]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "empty"),
        (lambda: b"<html><script>alert(1)</script>", "wrong_type"),
        (lambda: b"<html>" + paper.pdf(), "wrong_type"),  # two types in one file
        (lambda: b"MZ\x90\x00", "wrong_type"),
        (lambda: b"GIF89a" + b"\x00" * 50, "wrong_type"),
        (lambda: b"\x00\x00\x00\x18ftypheic" + b"\x00" * 50, "broken"),
        (lambda: b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00avifmif1", "other_media"),
        (lambda: b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif", "other_media"),
        (lambda: b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42", "other_media"),
        (lambda: paper.heic()[:300], "broken"),
        (lambda: paper.heic(20_000, 20_000), "too_many_pixels"),
        (lambda: paper.lying_jpeg_in_pdf(), "too_many_pixels"),
        (lambda: b"%PDF-1.7 and nothing else", "broken"),
        (lambda: paper.pdf()[:300], "broken"),
        (lambda: paper.photo()[:400], "broken"),
        (lambda: paper.photo("PNG")[:60], "broken"),
        (lambda: b"\xff\xd8\xff" + b"not a photo" * 9, "broken"),
        (lambda: b"\x89PNG\r\n\x1a\n" + b"junk" * 20, "broken"),
        (lambda: paper.encrypted_pdf(), "encrypted"),
        (lambda: paper.encrypted_pdf(user=""), "encrypted"),
        (lambda: paper.pdf(pages=21), "too_many_pages"),
        (lambda: b"%PDF-" + b"0" * uploads.MAX_FILE, "too_large"),
        (paper.bomb_png, "too_many_pixels"),
        (paper.bomb_pdf, "too_many_pixels"),
        (paper.huge_image_in_pdf, "too_many_pixels"),
    ],
)
def test_a_file_nobody_should_open_is_refused_with_advice(
    make: Callable[[], bytes], code: str
) -> None:
    with pytest.raises(uploads.UnusableFile) as refused:
        uploads.clean([make()])
    assert refused.value.code == code
    assert str(refused.value.message)


def test_many_files_may_be_as_large_together_as_the_limit_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = [paper.pdf(), paper.photo()]
    monkeypatch.setattr(uploads, "MAX_TOTAL", sum(map(len, files)))
    assert uploads.check(files) == ["application/pdf", "image/jpeg"]
    monkeypatch.setattr(uploads, "MAX_TOTAL", sum(map(len, files)) - 1)
    with pytest.raises(uploads.TooMuch):
        uploads.check(files)


def test_nothing_sent_and_too_many_files_are_refused() -> None:
    with pytest.raises(uploads.NothingSent):
        uploads.clean([])
    with pytest.raises(uploads.TooManyPages):
        uploads.clean([paper.photo(size=(20, 20))] * 21)


def test_one_bad_file_among_good_ones_refuses_them_all() -> None:
    with pytest.raises(uploads.UnusableFile):
        uploads.clean([paper.pdf(), b"<html>"])


def test_a_page_that_is_not_there_is_an_index_error() -> None:
    document = uploads.clean([paper.pdf()]).pdf
    for number in (0, 2):
        with pytest.raises(IndexError):
            page_images.render(document, number)


def test_bytes_that_are_no_pdf_are_unreadable_to_the_viewer() -> None:
    with pytest.raises(page_images.Unreadable):
        page_images.count(b"junk")
