"""Given in the note, seen in the portal, printed, changed in the library, exported, merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import AuditEvent, Location
from clinic.selectors import clinic_today
from tests.clinic.merging import join
from tests.factories import make_client
from tests.treatment.factories import finished_visit
from tests.treatment.notes.test_content import whole
from tests.treatment.notes.test_desk import typed
from tests.treatment.notes.test_services import write
from tests.treatment.selfcare.factories import given, library, said
from treatment import own_data
from treatment.models import Exercise, ExerciseTick, TreatmentNote
from treatment.notes import content
from treatment.notes.errors import NotForThisField
from treatment.selfcare import services

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Therapist, User
    from treatment.models import Visit

pytestmark = pytest.mark.django_db
HERE = "treatment:portal-selfcare"
FORM: dict[str, Any] = {
    "title": "Foam roller",
    "purpose": "For the upper back.",
    "steps": "  Lie on it. \n\n Roll   slowly.",
    "amount": "1 minute a day.",
    "stop": "Stop and call us if it hurts.",
    "regions": ["upper-back"],
    "drawing": "",
}


@pytest.fixture
def ours() -> dict[str, Exercise]:
    return library()


@pytest.fixture
def visit(client_record: Client, therapist: Therapist) -> Visit:
    return finished_visit(client_record)


def page(visit: Visit, name: str = "note") -> str:
    return reverse(f"treatment:{name}", args=[visit.pk])


# ---- The note ----


def test_a_note_offers_those_for_the_order_first_and_marks_last_times(
    as_therapist: Browser, client_record: Client, visit: Visit, ours: dict[str, Exercise]
) -> None:
    given(client_record, ours["heat"], hours=50)
    assert visit.appointment.reservation is not None
    order = visit.appointment.reservation.prescription
    order.regions.all().delete()
    order.regions.create(place="back-calf-left", position=0)
    shown = as_therapist.get(page(visit)).text
    at = [shown.index(f"<span>{ours[key].title}") for key in ("calf-wall", "chin-tuck")]
    assert at == sorted(at)
    assert shown.count("last time</small>") == 1
    assert shown.index(f"<span>{ours['heat'].title}") < shown.index("last time</small>")


def test_words_or_something_given_are_needed(ours: dict[str, Exercise]) -> None:
    bare = {**whole(), "advice": " "}
    assert [one.name for one in content.missing(content.TREATMENT, bare)] == ["advice"]
    assert content.missing(content.TREATMENT, {**bare, "given": said(ours["heat"])}) == []


def test_a_note_is_signed_with_what_is_given_and_no_words(
    as_therapist: Browser, visit: Visit, ours: dict[str, Exercise]
) -> None:
    picked = [ours["heat"].pk.hex, ours["breaks"].pk.hex]
    data = {**typed({**whole(), "advice": ""}), "given": picked, "sign": "1"}
    assert as_therapist.post(page(visit), data).status_code == 302
    note = TreatmentNote.objects.get()
    assert note.is_signed
    assert sorted(note.said["given"].split()) == sorted(picked)
    shown = as_therapist.get(page(visit)).text
    assert "Heat for 15 minutes" in shown
    assert page(visit, "selfcare-sheet") in shown


def test_a_note_takes_nothing_that_is_not_in_the_library(
    therapist_user: User, visit: Visit, ours: dict[str, Exercise]
) -> None:
    for value in (uuid4().hex, "heat", said(ours["heat"], ours["heat"])):
        with pytest.raises(NotForThisField):
            write(therapist_user, visit, {"given": value})


def test_what_is_retired_while_a_note_is_open_stays_picked(
    as_therapist: Browser, visit: Visit, ours: dict[str, Exercise]
) -> None:
    Exercise.objects.filter(key="heat").update(retired_at=visit.arrived_at)
    data = {**typed({"plan": "Less"}), "given": ours["heat"].pk.hex, "save": "1"}
    assert as_therapist.post(page(visit), data).status_code == 302
    assert "Heat for 15 minutes (no longer offered)" in as_therapist.get(page(visit)).text


def test_what_was_given_last_time_is_copied_as_it_is_worded_now(
    as_therapist: Browser,
    client_record: Client,
    therapist_user: User,
    visit: Visit,
    ours: dict[str, Exercise],
) -> None:
    given(client_record, ours["heat"], ours["breaks"], hours=50)
    made = services.change(actor=therapist_user, exercise=ours["heat"], values={"title": "Warmth"})
    as_therapist.post(page(visit, "note-copy"))
    said_now = TreatmentNote.objects.get(visit=visit).said["given"]
    assert said_now == said(made, ours["breaks"])


def test_without_a_library_a_note_asks_for_words_only(as_therapist: Browser, visit: Visit) -> None:
    assert "Stretches and habits" not in as_therapist.get(page(visit)).text


# ---- The portal ----


def test_the_client_sees_what_was_given_whatever_the_setting_on_notes(
    as_client: Browser, as_other: Browser, client_record: Client, ours: dict[str, Exercise]
) -> None:
    assert "Nothing to do at home yet" in as_client.get(reverse(HERE)).text
    given(client_record, ours["calf-wall"])
    assert not Location.objects.filter(notes_in_portal=True).exists()
    shown = as_client.get(reverse(HERE)).text
    assert ours["calf-wall"].steps_list[1] in shown
    assert 'role="img"' in shown
    assert "swollen, hot, or red" in shown
    assert "Calf stretch" not in as_other.get(reverse(HERE)).text
    assert AuditEvent.objects.filter(action="selfcare.viewed", client=client_record).exists()


def test_a_tick_is_taken_back_with_the_same_button(
    as_client: Browser, client_record: Client, ours: dict[str, Exercise]
) -> None:
    given(client_record, ours["heat"])
    here = reverse("treatment:portal-selfcare-tick", args=[ours["heat"].pk])
    assert as_client.post(here, {"done": "1"}).status_code == 302
    assert ExerciseTick.objects.get().day == clinic_today()
    answer = as_client.post(here, {"done": "1"}, headers={"HX-Request": "true"}).text
    assert 'aria-pressed="true"' in answer
    assert "Done on 1 of the last 7 days." in answer
    as_client.post(here, {"done": "0"})
    assert not ExerciseTick.objects.exists()


def test_nobody_ticks_what_they_were_not_given(
    as_client: Browser, as_other: Browser, client_record: Client, ours: dict[str, Exercise]
) -> None:
    given(client_record, ours["heat"])
    for browser, key in ((as_other, "heat"), (as_client, "breaks")):
        here = reverse("treatment:portal-selfcare-tick", args=[ours[key].pk])
        assert browser.post(here, {"done": "1"}).status_code == 404
    assert not ExerciseTick.objects.exists()


def test_the_home_page_names_what_was_given(
    as_client: Browser, client_record: Client, ours: dict[str, Exercise]
) -> None:
    given(client_record, ours["heat"])
    here = reverse("treatment:portal-selfcare-panel")
    assert here in as_client.get(reverse("portal")).text
    assert "Heat for 15" in as_client.get(here, headers={"HX-Request": "true"}).text
    assert as_client.get(here).headers["Location"] == reverse(HERE)


# ---- Staff ----


def test_who_treats_sees_how_often_it_was_ticked(
    as_therapist: Browser, client_record: Client, therapist: Therapist, ours: dict[str, Exercise]
) -> None:
    given(client_record, ours["heat"])
    here = reverse("treatment:progress", args=[client_record.pk])
    assert "Nothing was ticked" in as_therapist.get(here).text
    ExerciseTick.objects.create(client=client_record, exercise=ours["heat"], day=clinic_today())
    assert "Ticked as done once in the last 14 days:" in as_therapist.get(here).text


def test_a_sheet_is_printed_from_a_draft_too(
    as_therapist: Browser,
    as_desk: Browser,
    visit: Visit,
    ours: dict[str, Exercise],
    therapist_user: User,
) -> None:
    assert "Nothing given yet" in as_therapist.get(page(visit, "selfcare-sheet")).text
    write(therapist_user, visit, {"given": said(ours["heat"])})
    shown = as_therapist.get(page(visit, "selfcare-sheet")).text
    assert ours["heat"].steps_list[0] in shown
    assert as_desk.get(page(visit, "selfcare-sheet")).status_code == 403


def test_a_clinic_adds_changes_and_retires(as_therapist: Browser) -> None:
    new = reverse("treatment:selfcare-new")
    token = uuid4()
    for _ in range(2):
        assert as_therapist.post(new, {**FORM, "form_token": token}).status_code == 302
    made = Exercise.objects.get()
    assert made.steps_list == ["Lie on it.", "Roll slowly."]
    here = reverse("treatment:selfcare-change", args=[made.pk])
    version = made.updated_at.isoformat()
    data = {**FORM, "amount": "2 minutes.", "version": version}
    assert as_therapist.post(here, data).status_code == 302
    late = as_therapist.post(here, {**data, "amount": "3 minutes."})  # opened before that
    assert late.status_code == 422
    assert "3 minutes." in late.text
    now = Exercise.objects.get(retired_at=None)
    assert (now.amount, now.line) == ("2 minutes.", made.line)
    as_therapist.post(reverse("treatment:selfcare-retire", args=[now.pk]))
    shown = as_therapist.get(reverse("treatment:selfcare")).text
    assert "Bring back" in shown
    as_therapist.post(reverse("treatment:selfcare-bring-back", args=[now.pk]))
    assert "Bring back" not in as_therapist.get(reverse("treatment:selfcare")).text


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(as_therapist: Browser) -> None:
    steps = "\n".join(f"Step {number}" for number in range(13))
    data = {**FORM, "steps": steps, "title": "", "form_token": uuid4()}
    answer = as_therapist.post(reverse("treatment:selfcare-new"), data)
    assert answer.status_code == 422
    assert "Write at most 12 steps; these are 13." in answer.text
    assert "Step 12</textarea>" in answer.text
    assert not Exercise.objects.exists()


def test_the_library_takes_the_same_queries_for_any_number(as_therapist: Browser) -> None:
    def counted() -> int:
        with CaptureQueriesContext(connection) as asked:
            as_therapist.get(reverse("treatment:selfcare"))
        return len(asked)

    before = counted()
    library()
    assert counted() <= before


# ---- The client's data ----


def test_it_is_in_what_a_client_downloads(client_record: Client, ours: dict[str, Exercise]) -> None:
    given(client_record, ours["heat"])
    ExerciseTick.objects.create(client=client_record, exercise=ours["heat"], day=clinic_today())
    [session] = own_data.sessions(client_record).data
    [text] = session["note"]["to_do_at_home"]
    assert text["title"] == "Heat for 15 minutes"
    assert text["steps_list"] == ours["heat"].steps_list
    [tick] = own_data.ticks(client_record).data
    assert tick == {"day": clinic_today(), "exercise__title": "Heat for 15 minutes"}


def test_ticks_move_along_when_records_are_merged(
    desk_user: User, ours: dict[str, Exercise]
) -> None:
    kept, merged = make_client("Eve", "Low"), make_client("Eva", "Low")
    given(merged, ours["heat"])
    ExerciseTick.objects.create(client=merged, exercise=ours["heat"], day=clinic_today())
    join(desk_user, kept, merged)
    assert ExerciseTick.objects.get().client == kept
