"""The pages of a note: written with and without scripts, refused in words, closed to others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from clinic.models import AuditEvent
from tests.treatment.factories import earlier_today, finished_visit, started_visit
from tests.treatment.notes.test_content import whole
from tests.treatment.notes.test_services import signed, write
from treatment.models import NoteAddendum, TreatmentNote
from treatment.notes import content
from treatment.notes import selectors as notes
from treatment.notes.services import mark_of

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, Therapist, User
    from treatment.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(client_record: Client, therapist: Therapist) -> Visit:
    return finished_visit(client_record)


def page(visit: Visit, name: str = "note") -> str:
    return reverse(f"treatment:{name}", args=[visit.pk])


def typed(said: dict[str, str], seen: dict[str, str] | None = None) -> dict[str, Any]:
    """A form as a page that was opened on `seen` sends it."""
    marks = {
        f"seen-{field.name}": mark_of((seen or {}).get(field.name, ""))
        for field in content.TREATMENT
    }
    return {**dict.fromkeys((field.name for field in content.TREATMENT), ""), **said, **marks}


def test_a_note_is_written_and_signed_without_scripts(as_therapist: Browser, visit: Visit) -> None:
    assert "What I find" in as_therapist.get(page(visit)).text
    answer = as_therapist.post(page(visit), {**typed({"plan": "Less sitting"}), "save": "1"})
    assert answer.status_code == 302
    assert not TreatmentNote.objects.get().is_signed
    answer = as_therapist.post(
        page(visit), {**typed(whole(), {"plan": "Less sitting"}), "sign": "1"}
    )
    assert answer.status_code == 302
    shown = as_therapist.get(page(visit)).text
    assert "Signed by Dana Ruiz" in shown
    assert "4 / 10" in shown
    assert "What you want to add" not in shown


def test_what_is_missing_is_said_at_its_field_and_all_else_is_kept(
    as_therapist: Browser, visit: Visit
) -> None:
    answer = as_therapist.post(
        page(visit), {**typed({**whole(), "response": "", "pain_after": ""}), "sign": "1"}
    )
    assert answer.status_code == 422
    assert answer.text.count("Needed before the note can be signed.") == 4  # above, and in place
    note = TreatmentNote.objects.get()
    assert note.said["findings"] == whole()["findings"]
    assert not note.is_signed


def test_a_second_window_is_told_what_stands_there_now(as_therapist: Browser, visit: Visit) -> None:
    as_therapist.post(page(visit), typed({"plan": "From the tablet", "findings": "Tight"}))
    answer = as_therapist.post(page(visit), typed({"plan": "From the phone", "reason": "Stiff"}))
    assert answer.status_code == 422
    assert "It says now: “From the tablet”" in answer.text
    assert "From the phone</textarea>" in answer.text
    said = TreatmentNote.objects.get().said
    assert said["reason"] == "Stiff"
    assert said["findings"] == "Tight"  # the phone had not touched it


def test_nobody_signs_what_they_have_not_read(as_therapist: Browser, visit: Visit) -> None:
    """Another window changed a field that this one did not touch."""
    as_therapist.post(page(visit), typed(whole()))
    changed = {**whole(), "pain_after": "7"}
    as_therapist.post(page(visit), typed(changed, whole()))
    answer = as_therapist.post(page(visit), {**typed(whole(), whole()), "sign": "1"})
    assert answer.status_code == 422
    assert "Changed in another window. Read it, then sign." in answer.text
    assert not TreatmentNote.objects.get().is_signed
    (shown,) = re.findall(r'name="pain_after"\s+value="(\d+)"[^>]*checked', answer.text)
    assert shown == "7"  # what stands there now
    assert (
        as_therapist.post(page(visit), {**typed(changed, changed), "sign": "1"}).status_code == 302
    )
    assert TreatmentNote.objects.get().is_signed


def test_a_page_shown_again_reverts_nothing_of_another_window(
    as_therapist: Browser, visit: Visit
) -> None:
    as_therapist.post(page(visit), typed({"tests": "From the other window"}))
    first = as_therapist.post(page(visit), {**typed({**whole(), "response": ""}), "sign": "1"})
    assert first.status_code == 422
    assert "From the other window</textarea>" in first.text
    sent = re.findall(r'name="(seen-\w+)" value="(\w+)"', first.text)
    again = {**typed({**whole(), "tests": "From the other window"}), **dict(sent), "sign": "1"}
    assert as_therapist.post(page(visit), again).status_code == 302
    assert TreatmentNote.objects.get().said["tests"] == "From the other window"


def test_what_is_typed_while_another_signs_can_be_added(
    as_therapist: Browser, therapist: Therapist, visit: Visit
) -> None:
    assert therapist.user is not None
    signed(therapist.user, visit)
    answer = as_therapist.post(page(visit), typed({**whole(), "plan": "A long paragraph"}, whole()))
    assert answer.status_code == 422
    assert "signed in the meantime" in answer.text
    assert "Plan: A long paragraph</textarea>" in answer.text
    same = as_therapist.post(page(visit), {**typed(whole(), whole()), "sign": "1"})
    assert same.status_code == 302  # pressed twice


def test_nobody_writes_the_note_of_their_own_treatment(
    as_therapist: Browser, therapist: Therapist, other_client: Client, therapists: list[Therapist]
) -> None:
    own = finished_visit(other_client, therapist=therapists[1])
    other_client.user = therapist.user
    other_client.save()
    assert as_therapist.get(page(own)).status_code == 404
    assert therapist.user is not None
    with pytest.raises(PermissionDenied):
        write(therapist.user, own)


def test_a_manager_who_treats_stays_on_the_note_after_signing(
    as_manager: Browser, manager_user: User, therapist: Therapist, visit: Visit
) -> None:
    therapist.user = manager_user
    therapist.save()
    answer = as_manager.post(page(visit), {**typed(whole()), "sign": "1"}, follow=True)
    assert answer.status_code == 200
    assert "Signed by Dana Ruiz" in answer.text


def test_fields_are_kept_while_one_types(as_therapist: Browser, visit: Visit) -> None:
    def keep(value: str, seen: str, field: str = "plan") -> Any:
        data = {"field": field, "value": value, "seen": seen}
        return as_therapist.post(page(visit, "note-keep"), data)

    first = keep("Less", mark_of(""))
    assert first.status_code == 200
    assert first.json()["message"].startswith("Kept at ")
    second = keep("Less sitting", first.json()["seen"])
    assert second.status_code == 200
    late = keep("Something else", mark_of(""))
    assert late.status_code == 409
    assert "Less sitting" in late.json()["message"]
    assert keep("Something else", late.json()["seen"]).status_code == 200
    assert keep("11", mark_of(""), "pain_now").status_code == 422
    assert keep("x", mark_of(""), "nonsense").status_code == 422


def test_a_text_that_is_too_long_is_shown_again_with_how_long_it_is(
    as_therapist: Browser, visit: Visit
) -> None:
    long = "x" * (content.LONGEST + 1)
    answer = as_therapist.post(page(visit), typed({"findings": long}))
    assert answer.status_code == 422
    assert "Write at most 4000 characters; this is 4001." in answer.text
    assert f"{long}</textarea>" in answer.text


def test_a_signed_note_is_added_to(
    as_therapist: Browser, therapist: Therapist, visit: Visit
) -> None:
    assert therapist.user is not None
    signed(therapist.user, visit)
    token = str(uuid4())
    empty = as_therapist.post(page(visit), {"form_token": token, "text": " "})
    assert empty.status_code == 422
    assert "Write what you want to add." in empty.text
    for _ in range(2):
        as_therapist.post(page(visit), {"form_token": token, "text": "The knee, too"})
    assert NoteAddendum.objects.count() == 1
    assert "The knee, too" in as_therapist.get(page(visit)).text
    kept = as_therapist.post(
        page(visit, "note-keep"), {"field": "plan", "value": "x", "seen": mark_of("")}
    )
    assert kept.status_code == 409
    assert "addendum" in kept.json()["message"]


def test_the_last_note_is_offered_and_copied(
    as_therapist: Browser, therapist: Therapist, client_record: Client, visit: Visit
) -> None:
    assert therapist.user is not None
    assert "Copy what is empty" not in as_therapist.get(page(visit)).text
    signed(therapist.user, finished_visit(client_record, starts_at=earlier_today(5), ready=False))
    assert "Copy what is empty" in as_therapist.get(page(visit)).text
    as_therapist.post(page(visit, "note-copy"))
    assert TreatmentNote.objects.get(visit=visit).said["plan"] == whole()["plan"]


def test_the_desk_reads_no_word_and_sees_whether_it_is_signed(
    as_desk: Browser, therapist: Therapist, visit: Visit
) -> None:
    assert therapist.user is not None
    panel = reverse("treatment:panel", args=[visit.appointment_id])
    assert "Note not signed yet" in as_desk.get(panel).text
    signed(therapist.user, visit)
    shown = as_desk.get(panel).text
    assert "Note signed" in shown
    assert whole()["findings"] not in shown
    for name in ("note", "note-keep", "note-copy"):
        assert as_desk.get(page(visit, name)).status_code == 403
        assert as_desk.post(page(visit, name)).status_code == 403


def test_a_client_of_somebody_else_is_a_404(
    as_therapist: Browser, other_client: Client, therapists: list[Therapist]
) -> None:
    theirs = finished_visit(other_client, therapist=therapists[1])
    assert as_therapist.get(page(theirs)).status_code == 404
    assert as_therapist.post(page(theirs, "note-keep")).status_code == 404


def test_looking_is_recorded_and_no_word_of_it_is(as_therapist: Browser, visit: Visit) -> None:
    as_therapist.post(page(visit), typed({"plan": "Quokka"}))
    as_therapist.get(page(visit))
    assert AuditEvent.objects.filter(action="note.viewed").exists()
    assert not any("Quokka" in str(vars(event)) for event in AuditEvent.objects.all())


def test_notes_to_sign_are_on_the_therapists_day(
    as_therapist: Browser, therapist: Therapist, client_record: Client, visit: Visit
) -> None:
    today = reverse("treatment:today")
    assert "1 note to sign" in as_therapist.get(today).text
    assert therapist.user is not None
    signed(therapist.user, visit)
    assert "note to sign" not in as_therapist.get(today).text
    started_visit(client_record, ready=False, starts_at=earlier_today(6))
    assert list(notes.unsigned(therapist)) == []


def test_a_note_takes_the_same_queries_however_long_it_is(
    as_therapist: Browser,
    therapist: Therapist,
    visit: Visit,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    assert therapist.user is not None
    signed(therapist.user, visit)
    for number in range(5):
        as_therapist.post(page(visit), {"form_token": str(uuid4()), "text": f"Word {number}"})
    with django_assert_max_num_queries(13):
        as_therapist.get(page(visit))
