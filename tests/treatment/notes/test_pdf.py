"""The signed note on paper: all that was said, and always as things are now."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from clinic import duties
from clinic.documents import store as documents
from clinic.format import clock, us_date
from clinic.models import AuditEvent, Document, Location
from clinic.runtime.config import ROOT
from tests.printed import check
from tests.treatment.factories import finished_visit, hands_of
from tests.treatment.notes.test_services import add, signed, sql, write
from treatment import corrections, tasks
from treatment.models import NotePrint, TreatmentNote
from treatment.notes import content, pdf, prints, services, sheet
from treatment.notes.errors import NoteNotSigned
from treatment.sessions import Session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.test import Client as Browser
    from pytest_django.fixtures import DjangoAssertNumQueries

    from clinic.models import Client, Therapist
    from treatment.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_the_clinic(location: Location) -> Iterator[None]:
    with timezone.override(location.zone):
        yield


@pytest.fixture
def visit(client_record: Client, therapist: Therapist) -> Visit:
    return finished_visit(client_record)


def note_of(visit: Visit) -> TreatmentNote:
    return TreatmentNote.objects.get(visit=visit)


def words_of(printed: bytes) -> str:
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(printed)).pages)
    return " ".join(text.split())


def words(visit: Visit) -> str:
    return words_of(pdf.render(sheet.of(note_of(visit))).content)


def page(visit: Visit) -> str:
    return reverse("treatment:note-pdf", args=[visit.pk])


def correct(visit: Visit) -> None:
    assert visit.started_at is not None
    assert visit.stopped_at is not None
    rows = list(visit.minutes.all())
    corrections.correct(
        actor=hands_of(visit.appointment),
        visit=visit,
        session=Session(
            visit.started_at,
            visit.stopped_at - timedelta(minutes=1),
            {row.technique: row.minutes - 3 for row in rows},
        ),
        reason="Read off the wrong clock",
        form_token=uuid4(),
    )


def test_the_sheet_holds_all_that_was_said_and_who_said_it(visit: Visit) -> None:
    author = hands_of(visit.appointment)
    said = {
        field.name: f"Words of {field.name}"
        for field in content.TREATMENT
        if field.kind == content.Kind.WORDS
    }
    said |= {"pain_now": "7", "pain_best": "2", "pain_worst": "not-said", "relief": "1-3"}
    said |= {"pain_after": "3"}
    write(author, visit, said)
    note = services.sign(actor=author, visit=visit)
    add(author, visit, "The knee, too")
    text = words(visit)
    appointment = visit.appointment
    assert visit.started_at is not None
    assert appointment.reservation is not None
    order = appointment.reservation.prescription
    wanted = [
        "Treatment note",
        "Stillwater Medical Massage LLC",
        "12 Mill Street, Rhinebeck, NY 12572",
        "Ana Lima",
        f"born {us_date(appointment.client.birth_date if appointment.client else None)}",
        us_date(visit.started_at),
        f"{clock(visit.started_at)} \N{EN DASH} {clock(visit.stopped_at)}",
        "Dana Ruiz, LMT",
        f"Visit 1 of {order.authorized} on the order of Kofi Osei, MD",
        order.order_text,
        *(f"Words of {one.name}" for one in content.TREATMENT if one.kind == content.Kind.WORDS),
        "Neuromuscular 40",
        "Relaxation strokes 13",
        "Together 53",
        f"Signed electronically {us_date(note.signed_at)}, {clock(note.signed_at)}",
        "Addendum 1 The knee, too Added and signed by Dana Ruiz, LMT",
        "are as they were signed",
        note.sha256[: sheet.MARK],
    ]
    for one in wanted:
        assert one in text, one
    spoken = [one.name for one in content.TREATMENT if one.kind == content.Kind.WORDS]
    assert sorted(spoken, key=lambda name: text.index(f"Words of {name}")) == spoken
    assert "Pain before, now 7 / 10" in text


def test_a_correction_stands_with_who_when_and_why(visit: Visit) -> None:
    signed(hands_of(visit.appointment), visit)
    correct(visit)
    text = words(visit)
    assert "Neuromuscular 40 → 37 min" in text
    assert "Read off the wrong clock" in text
    assert "Together 47" in text


def test_a_note_changed_past_the_triggers_says_so(visit: Visit) -> None:
    note = signed(hands_of(visit.appointment), visit)
    sql("SELECT 1")  # up to a commit: the table may not be altered before
    sql("ALTER TABLE treatment_treatmentnote DISABLE TRIGGER treatment_note_signed_is_final")
    TreatmentNote.objects.filter(pk=note.pk).update(signed_name="Somebody Else")
    assert "does not say any more what was signed" in words(visit)


def test_a_draft_has_no_sheet(visit: Visit, as_therapist: Browser) -> None:
    note = write(hands_of(visit.appointment), visit)
    for refused in (sheet.of, prints.ask):
        with pytest.raises(NoteNotSigned):
            refused(note)
    assert as_therapist.get(page(visit)).status_code == 302


def test_the_sheet_is_accessible_and_can_be_kept(visit: Visit, tmp_path: Path) -> None:
    author = hands_of(visit.appointment)
    note = write(author, visit)
    note.said |= {"hurts": "back-loin-left", "findings": "A line\n" * 60}  # several pages
    note.save()
    services.sign(actor=author, visit=visit)
    add(author, visit)
    correct(visit)
    text = words(visit)
    assert "Where it hurts: Left side of the lower back." in text
    check(pdf.render(sheet.of(note_of(visit))).content, tmp_path)


def test_places_of_the_body_are_drawn_and_named(visit: Visit, tmp_path: Path) -> None:
    signed(hands_of(visit.appointment), visit)
    assert sheet._Told(note_of(visit), visit).hurts == []
    told = sheet._Told(note_of(visit), visit)
    told.note.said["hurts"] = "back-loin-left front-knee-right nowhere"
    assert [side.title for side in told.hurts] == ["Back", "Front"]
    assert [place.key for side in told.hurts for place, is_on in side.places if is_on] == [
        "back-loin-left",
        "front-knee-right",
    ]


def test_the_same_note_is_the_same_file(visit: Visit) -> None:
    signed(hands_of(visit.appointment), visit)
    one, again = (sheet.of(note_of(visit)) for _time in range(2))
    assert one.mark == again.mark
    assert pdf.render(one).content == pdf.render(again).content


def test_a_worker_makes_it_and_each_addendum_makes_a_new_one(
    visit: Visit, as_therapist: Browser
) -> None:
    author = hands_of(visit.appointment)
    signed(author, visit)
    row = prints.ask(note_of(visit))
    assert row.file is None
    assert "being prepared" in as_therapist.get(page(visit)).text
    tasks.print_note.run(str(row.pk))
    first = as_therapist.get(page(visit))
    assert first["Content-Type"] == "application/pdf"
    assert first["Cache-Control"] == "no-store"
    assert "The knee" not in words_of(first.content)
    told = AuditEvent.objects.filter(action="note.downloaded", client=visit.appointment.client)
    assert told.count() == 1

    old = NotePrint.objects.get().file
    assert old is not None
    add(author, visit, "The knee, too")
    assert "being prepared" in as_therapist.get(page(visit)).text
    tasks.sweep_prints.run()  # just queued: not lost yet
    duties.start_over(row)
    tasks.print_note.run(str(row.pk))
    assert "The knee, too" in words_of(as_therapist.get(page(visit)).content)
    assert list(Document.objects.filter(kind=Document.Kind.TREATMENT_NOTE)) == [
        NotePrint.objects.get().file
    ]
    assert not Document.objects.filter(pk=old.pk).exists()


def test_a_print_that_was_asked_for_twice_is_made_once(visit: Visit) -> None:
    signed(hands_of(visit.appointment), visit)
    row = prints.ask(note_of(visit))
    assert prints.ask(note_of(visit)).pk == row.pk
    tasks.print_note.run(str(row.pk))
    tasks.print_note.run(str(row.pk))
    assert Document.objects.filter(kind=Document.Kind.TREATMENT_NOTE).count() == 1


def test_what_was_added_while_it_was_printed_is_printed_next(visit: Visit) -> None:
    author = hands_of(visit.appointment)
    signed(author, visit)
    row = duties.claim(prints.unprinted(), prints.ask(note_of(visit)).pk)
    assert row is not None
    shown = prints.page_of(row)
    add(author, visit)
    prints.keep(row, shown, pdf.render(shown))
    assert prints.ask(note_of(visit)).file is None


def test_what_failed_is_found_again(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    signed(hands_of(visit.appointment), visit)
    row = prints.ask(note_of(visit))
    with monkeypatch.context() as broken:
        broken.setattr(pdf, "render", lambda _page: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tasks.print_note.run(str(row.pk))
    late = NotePrint.objects.get()
    NotePrint.objects.update(work_due_at=late.created_at - timedelta(hours=1))
    tasks.sweep_prints.run()
    assert NotePrint.objects.get().file is not None


def test_a_part_of_the_page_leads_to_the_file(visit: Visit, as_therapist: Browser) -> None:
    signed(hands_of(visit.appointment), visit)
    tasks.print_note.run(str(prints.ask(note_of(visit)).pk))
    part = as_therapist.get(page(visit), headers={"HX-Request": "true"})
    assert "Download the PDF" in part.text
    assert page(visit) in part.text


def test_clients_have_it_where_the_clinic_shows_notes(
    as_client: Browser, as_other: Browser, as_desk: Browser, visit: Visit
) -> None:
    note = signed(hands_of(visit.appointment), visit)
    own = reverse("treatment:portal-note-pdf", args=[note.pk])
    assert as_client.get(own).status_code == 404
    Location.objects.update(notes_in_portal=True)
    assert "being prepared" in as_client.get(own).text
    tasks.print_note.run(str(prints.ask(note).pk))
    assert "Dana Ruiz, LMT" in words_of(as_client.get(own).content)
    assert as_other.get(own).status_code == 404
    assert as_desk.get(page(visit)).status_code == 403


def test_asking_costs_the_same_for_many_addenda(
    visit: Visit, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    author = hands_of(visit.appointment)
    signed(author, visit)
    for number in range(4):
        add(author, visit, f"Addendum {number}")
    tasks.print_note.run(str(prints.ask(note_of(visit)).pk))
    with django_assert_max_num_queries(20):
        row = prints.ask(note_of(visit))
    assert row.file is not None
    assert documents.read(row.file).startswith(b"%PDF")


def test_no_web_process_loads_the_printer() -> None:
    code = (
        "import django, sys; django.setup(); from django.urls import get_resolver;"
        "get_resolver().url_patterns; import treatment.notes.desk, treatment.notes.portal;"
        "sys.exit('weasyprint' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == 0
