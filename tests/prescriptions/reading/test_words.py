from __future__ import annotations

import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image

from prescriptions.reading import page_images, words
from prescriptions.reading import proposals as reading
from prescriptions.reading.words import UNREAD, Word
from prescriptions.uploading import uploads
from tests.prescriptions import paper

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    FakeTesseract = Callable[..., None]

NO_TESSERACT = "Debian's tesseract-ocr is not installed; it is optional."
HEADER = "level page_num block_num par_num line_num word_num left top width height conf text"


def of(document: dict[str, Any], page: int = 0) -> list[Word]:
    return [Word(*row) for row in document["pages"][page]["words"]]


def texts(document: dict[str, Any], page: int = 0) -> list[str]:
    return [word.text for word in of(document, page)]


def scan(pdf: bytes, turns: int = 0) -> bytes:
    """The first page as nothing but a picture, turned clockwise by quarters."""
    picture = Image.open(io.BytesIO(page_images.render(pdf, 1))).convert("L")
    out = io.BytesIO()
    turned = picture.rotate(-90 * turns, expand=True)
    turned.save(out, "PDF", resolution=min(turned.size) / 8.5)
    return out.getvalue()


def changed(pdf: bytes, **entries: Any) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for name, value in entries.items():
            document.pages[0].obj[f"/{name}"] = value
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


def ink(pdf: bytes, word: Word) -> float:
    """How much of a word's box is dark on the page that people see."""
    picture = Image.open(io.BytesIO(page_images.render(pdf, 1))).convert("L")
    left, right = (int(edge * picture.width) for edge in (word.left, word.right))
    top, bottom = (int(edge * picture.height) for edge in (word.top, word.bottom))
    cut = picture.crop((left, top, right, bottom))
    return sum(cut.histogram()[:128]) / (cut.width * cut.height)


@pytest.fixture
def without_tesseract(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def fake_tesseract(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeTesseract:
    """A program of that name which prints rows, or does as it is told."""

    def made(*rows: str, then: str = "") -> None:
        lines = [HEADER, *rows]
        printed = "\n".join("\t".join(line.split(" ")) for line in lines)
        (tmp_path / "said.tsv").write_text(printed + "\n")
        program = tmp_path / "tesseract"
        program.write_text(
            f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n/usr/bin/head -c 2 > {tmp_path}/given\n'
            f"/bin/cat > /dev/null\n{then}\n/bin/cat {tmp_path}/said.tsv\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return made


@pytest.mark.usefixtures("without_tesseract")
def test_the_text_layer_is_read_line_by_line_with_boxes_of_the_page() -> None:
    read = words.extract(paper.pdf())
    assert read["source"] == "pdf"
    assert (read["pages"][0]["width"], read["pages"][0]["height"]) == (612, 792)
    assert texts(read)[:5] == ["Riverside", "Family", "Medicine", "NPI", "1234567893"]
    assert [word.line for word in of(read)][:6] == [0, 0, 0, 0, 0, 1]
    for word in of(read):
        assert 0 <= word.left < word.right <= 1
        assert 0 <= word.top < word.bottom <= 1
        assert word.sure
    assert json.loads(json.dumps(read)) == read


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.usefixtures("without_tesseract")
def test_boxes_follow_a_turned_and_cropped_page(turn: int) -> None:
    turned = changed(paper.pdf(), Rotate=turn, CropBox=Array([50, 100, 612, 792]))
    read = words.extract(turned)
    assert " ".join(texts(read)).startswith("Riverside Family Medicine NPI 1234567893 Patient:")
    sideways = turn in {90, 270}
    assert (read["pages"][0]["width"] > read["pages"][0]["height"]) is sideways
    assert all(ink(turned, word) > 0.05 for word in of(read))


@pytest.mark.usefixtures("without_tesseract")
def test_what_is_cropped_away_is_not_read() -> None:
    read = words.extract(changed(paper.pdf(), CropBox=Array([0, 0, 612, 650])))
    assert "Riverside" not in texts(read)
    assert "sessions" in texts(read)


@pytest.mark.usefixtures("without_tesseract")
def test_an_answer_drawn_late_stands_beside_its_label() -> None:
    pdf = paper.pdf(["NPI:", "Date:"])
    with pikepdf.open(io.BytesIO(pdf)) as document:
        late = b"BT /F1 14 Tf 300 700 Td (1234567893) Tj ET"
        page = document.pages[0]
        page.contents_add(document.make_stream(late), prepend=False)
        out = io.BytesIO()
        document.save(out)
    read = words.extract(out.getvalue())
    assert texts(read) == ["NPI:", "1234567893", "Date:"]
    assert reading.read(read)["prescriber_npi"].value == "1234567893"


@pytest.mark.usefixtures("without_tesseract")
def test_at_most_five_pages_and_so_many_letters_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(words.extract(paper.pdf(pages=7))["pages"]) == 5
    monkeypatch.setattr(words, "MAX_LETTERS", 20)
    assert "".join(texts(words.extract(paper.pdf()))) == "RiversideFamilyMed"


@pytest.mark.usefixtures("without_tesseract")
def test_without_tesseract_a_picture_has_no_words() -> None:
    read = words.extract(uploads.clean([paper.photo()]).pdf)
    assert read["source"] == "none"
    assert read["pages"][0]["words"] == []
    assert words.tesseract() is None


def test_a_broken_document_is_unreadable() -> None:
    with pytest.raises(page_images.Unreadable):
        words.extract(b"junk")


def test_what_tesseract_prints_becomes_words_of_the_page(fake_tesseract: FakeTesseract) -> None:
    fake_tesseract(
        "1 1 0 0 0 0 0 0 1700 2200 -1 ",
        "5 1 1 1 1 1 170 220 340 44 96.5 Rx:",
        "5 1 1 1 1 2 595 220 170 44 60 2x/wk",
        "5 1 1 1 1 3 850 220 170 44 12 s1x",
        "5 1 1 1 2 1 170 330 340 44 95 weeks",
        "5 1 1 1 3 1 5 5 9 9 90 |",
        "not a row at all",
    )
    read = words.extract(scan(paper.pdf()))
    assert read["source"] == "ocr"
    first, unsure, unread, below = of(read)
    assert (first.text, first.line, first.sure) == ("Rx:", 0, True)
    assert first[1:3] == pytest.approx((0.1, 0.1), abs=0.01)
    assert (unsure.text, unsure.sure) == ("2x/wk", False)
    assert (unread.text, unread.sure) == (UNREAD, False)
    assert (below.text, below.line) == ("weeks", 1)


def test_tesseract_is_given_the_picture_and_nothing_else(
    fake_tesseract: FakeTesseract, tmp_path: Path
) -> None:
    fake_tesseract("5 1 1 1 1 1 170 220 340 44 96.5 Rx:")
    words.extract(scan(paper.pdf()))
    assert (tmp_path / "asked").read_text().split()[:4] == ["-", "-", "-l", "eng"]
    assert (tmp_path / "given").read_bytes() == b"P5"


def test_a_page_with_text_is_not_given_to_tesseract(
    fake_tesseract: FakeTesseract, tmp_path: Path
) -> None:
    fake_tesseract()
    assert words.extract(paper.pdf())["source"] == "pdf"
    assert not (tmp_path / "asked").exists()
    assert words.extract(scan(paper.pdf()), ocr=False)["source"] == "none"
    assert not (tmp_path / "asked").exists()


def test_a_few_stamped_words_do_not_hide_the_picture(fake_tesseract: FakeTesseract) -> None:
    """A fax machine prints a line of text on top of the scan."""
    fake_tesseract(*(f"5 1 1 1 {n} 1 170 {n}0 340 9 96 word{n}" for n in range(1, 9)))
    read = words.extract(paper.pdf(["FAX 11/18/2026 PAGE 1"]))
    assert (read["source"], len(of(read))) == ("ocr", 8)


@pytest.mark.parametrize("then", ["exit 1", "/bin/kill -9 $$", "exec /bin/sleep 5"])
def test_a_tesseract_that_fails_or_hangs_reads_nothing(
    fake_tesseract: FakeTesseract, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    monkeypatch.setattr(words, "PAGE_SECONDS", 0.2)
    fake_tesseract("5 1 1 1 1 1 170 220 340 44 96.5 Rx:", then=then)
    assert words.extract(scan(paper.pdf()))["source"] == "none"


def test_no_time_left_is_no_error(
    fake_tesseract: FakeTesseract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "OCR_SECONDS", 0.0)
    fake_tesseract("5 1 1 1 1 1 170 220 340 44 96.5 Rx:")
    assert words.extract(scan(paper.pdf()))["source"] == "none"


@pytest.mark.skipif(shutil.which("tesseract") is None, reason=NO_TESSERACT)
@pytest.mark.parametrize("turns", [0, 3])
def test_a_scan_is_read_whichever_way_it_lies(turns: int) -> None:
    picture = scan(paper.pdf(), turns)
    read = words.extract(picture)
    assert read["source"] == "ocr"
    found = reading.read(read)
    assert found["order_text"].value == "2 sessions per week for 6 weeks"
    assert found["codes"].value == "M54.2"
    assert found["prescriber_npi"].value == "1234567893"
    assert found["issued_on"].value == "2026-11-18"
    assert all(ink(picture, word) > 0.05 for word in of(read))


def test_a_drawing_made_to_last_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with pikepdf.open(io.BytesIO(paper.pdf())) as document:
        page = document.pages[0]
        lines = b"0 0 m 600 780 l S 600 0 m 0 780 l S\n" * 200_000
        page.Contents = document.make_stream(b"0.1 w\n" + lines)
        page.Resources = Dictionary(ProcSet=Array([Name.PDF]))
        out = io.BytesIO()
        document.save(out)
    monkeypatch.setattr(page_images, "PATIENCE", 0.05)
    with pytest.raises(page_images.Unreadable):
        page_images.render(out.getvalue(), 1)


def test_a_second_reader_waits_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_images, "PATIENCE", 0.05)
    with page_images.opened(paper.pdf()), pytest.raises(page_images.Unreadable):
        page_images.count(paper.pdf())
    assert page_images.count(paper.pdf()) == 1
