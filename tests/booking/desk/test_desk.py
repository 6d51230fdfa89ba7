from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment
from clinic.format import us_date
from clinic.models import AuditEvent, Client
from clinic.selectors import clinic_today
from tests.booking.factories import booked_appointment, held_time
from tests.factories import make_client

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.test import Client as Browser

    from clinic.models import Location, Room, ServiceOption, Therapist

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(diary: list[Therapist], client_record: Client, ten: datetime) -> Appointment:
    return booked_appointment(client_record, starts_at=ten, therapist=diary[0])


def url(name: str, visit: Appointment) -> str:
    return reverse(f"booking:{name}", args=[visit.pk])


def test_the_board_shows_each_therapist_and_what_is_due(
    as_desk: Browser, visit: Appointment, day: date, diary: list[Therapist]
) -> None:
    held_time(visit.starts_at, therapist=diary[1], room=visit.location.rooms.last())
    page = as_desk.get("/desk/", {"day": str(day)})
    for therapist in diary:
        assert therapist.title in page.text
    assert "Ana Lima" in page.text
    assert "being booked online" in page.text
    assert "visit is-booked warn at-12" in page.text
    assert "at-12 for-12" in page.text  # ten o'clock on a board from nine, an hour long


def test_the_board_takes_the_same_queries_however_many_come(
    as_desk: Browser,
    visit: Appointment,
    day: date,
    rooms: list[Room],
    diary: list[Therapist],
    django_assert_max_num_queries: object,
) -> None:
    for hour in range(3):
        for therapist, room in zip(diary[1:3], rooms[1:], strict=True):
            client = make_client("Client", f"{hour} {therapist.pk}")
            booked_appointment(
                client,
                starts_at=visit.starts_at + timedelta(hours=2 * hour),
                therapist=therapist,
                room=room,
            )
    as_desk.get("/desk/", {"day": str(day)})  # the rules of the diary are read once
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        as_desk.get("/desk/", {"day": str(day)})


def test_a_day_that_is_no_day_is_today(as_desk: Browser, diary: list[Therapist]) -> None:
    assert as_desk.get("/desk/", {"day": "2026-02-31"}).status_code == 200
    assert as_desk.get("/desk/", {"open": "x"}).status_code == 200


def test_the_panel_opens_beside_the_board_and_as_a_page(
    as_desk: Browser, visit: Appointment
) -> None:
    part = as_desk.get(
        url("appointment", visit), headers={"HX-Request": "true", "HX-Target": "panel"}
    )
    assert "<html" not in part.text
    assert "The health questionnaire is not complete." in part.text
    assert "<html" in as_desk.get(url("appointment", visit)).text
    beside = as_desk.get("/desk/", {"day": str(visit.local_date), "open": str(visit.pk)})
    assert "The health questionnaire is not complete." in beside.text


def test_each_look_at_the_panel_is_recorded(as_desk: Browser, visit: Appointment) -> None:
    looks = AuditEvent.objects.filter(action="appointment.viewed", client=visit.client)
    as_desk.get("/desk/", {"day": str(visit.local_date)})
    assert looks.count() == 0
    as_desk.get("/desk/", {"day": str(visit.local_date), "open": str(visit.pk)})
    assert looks.count() == 1
    as_desk.get(url("appointment", visit))
    assert looks.count() == 2


def test_the_desk_marks_a_missed_visit_and_takes_it_back(
    as_desk: Browser, client_record: Client, location: Location
) -> None:
    start = timezone.now() - timedelta(hours=1)
    visit = booked_appointment(client_record, starts_at=start, location=location)
    for status in ("noshow", "booked"):
        as_desk.post(url("appointment-mark", visit), {"status": status})
        visit.refresh_from_db()
        assert visit.status == status


@pytest.mark.parametrize("status", ["arrived", "checked-in", "fulfilled"])
def test_arrival_and_treatment_are_not_the_diarys_to_mark(
    as_desk: Browser, visit: Appointment, status: str
) -> None:
    as_desk.post(url("appointment-mark", visit), {"status": status})
    visit.refresh_from_db()
    assert visit.status == "booked"


def test_the_desk_moves_and_cancels(
    as_desk: Browser, visit: Appointment, diary: list[Therapist]
) -> None:
    later = visit.starts_at + timedelta(hours=2)
    assert "Move Ana Lima's visit" in as_desk.get(url("appointment-move", visit)).text
    as_desk.post(
        url("appointment-move", visit),
        {"start": later.isoformat(), "therapist": str(diary[2].pk)},
    )
    visit.refresh_from_db()
    assert (visit.starts_at, visit.therapist) == (later, diary[2])
    assert as_desk.post(url("appointment-cancel", visit), {"cause": "whim"}).status_code == 422
    as_desk.post(url("appointment-cancel", visit), {"reason": "rang", "cause": "client"})
    visit.refresh_from_db()
    assert (visit.status, visit.cancel_reason) == ("cancelled", "rang")


def test_the_desk_books_for_a_known_client(
    as_desk: Browser,
    client_record: Client,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
) -> None:
    found = as_desk.post(reverse("booking:desk-who"), {"q": "lima", "find": "1"})
    what = reverse("booking:desk-what", args=[client_record.pk])
    assert what in found.text
    page = as_desk.get(what, {"option": str(option60.pk), "day": str(ten.date())})
    assert "10:00 am" in page.text
    answer = as_desk.post(f"{what}?option={option60.pk}&walk_in=1", {"start": ten.isoformat()})
    made = Appointment.objects.get()
    assert answer.headers["Location"] == f"/desk/?day={made.local_date}&open={made.pk}"
    assert (made.status, made.source, made.client) == ("booked", "walk_in", client_record)


def test_the_desk_writes_down_a_new_client(as_desk: Browser, location: object) -> None:
    new = {
        "first_name": "Ruth",
        "last_name": "Adeyemi",
        "birth_date": "01/02/1970",
        "phone": "212 555 0147",
        "email": "ruth@example.test",
    }
    answer = as_desk.post(reverse("booking:desk-who"), {**new, "birth_date": "", "phone": ""})
    assert answer.status_code == 422
    assert 'value="Adeyemi"' in answer.text
    answer = as_desk.post(reverse("booking:desk-who"), new)
    made = Client.objects.get(last_name="Adeyemi")
    assert answer.headers["Location"] == reverse("booking:desk-what", args=[made.pk])


def test_self_pay_from_the_panel(
    as_desk: Browser, visit: Appointment, options: dict[tuple[str, int], ServiceOption]
) -> None:
    visit = Appointment.objects.with_names().get(pk=visit.pk)
    as_desk.post(url("appointment-self-pay", visit))
    visit.refresh_from_db()
    assert visit.option.service.kind == "therapeutic"


def test_a_therapist_sees_the_day_but_does_not_book(
    as_therapist: Browser, visit: Appointment, day: date
) -> None:
    page = as_therapist.get("/desk/", {"day": str(day)})
    assert page.status_code == 200
    assert reverse("booking:desk-who") not in page.text
    assert "data-move" not in page.text
    assert as_therapist.get(reverse("booking:desk-who")).status_code == 403
    assert as_therapist.post(url("appointment-cancel", visit), {}).status_code == 403
    visit.refresh_from_db()
    assert visit.status == "booked"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1999-12-31", "2026-02-30", "x"])
def test_a_day_that_no_board_can_show_is_today(
    as_desk: Browser, diary: list[Therapist], day: str
) -> None:
    for page in ("/desk/", "/desk/money/"):
        answer = as_desk.get(page, {"day": day})
        assert answer.status_code == 200
        assert answer.context["day"] == clinic_today()


def test_a_therapist_may_mistype_the_day_too(as_therapist: Browser, diary: list[Therapist]) -> None:
    for day in ("0001-01-01", "9999-12-31"):
        assert as_therapist.get("/desk/today/", {"day": day}).status_code == 200


def test_a_search_for_what_no_name_holds_finds_nobody(
    as_desk: Browser, client_record: Client
) -> None:
    for page in ("/desk/book/", "/desk/walk-in/"):
        for words in ("a\0", "x" * 300):
            assert as_desk.post(page, {"q": words, "find": "1"}).status_code == 200
        assert "Ana Lima" in as_desk.post(page, {"q": " lima ", "find": "1"}).text
        assert "Ana Lima" not in as_desk.get(page, {"q": "lima"}).text


def test_the_board_says_what_is_owed_and_noted_and_never_all_ready_to_who_owes(
    as_desk: Browser, visit: Appointment, day: date
) -> None:
    assert visit.client is not None
    missed = booked_appointment(
        visit.client,
        starts_at=visit.starts_at - timedelta(days=21),
        status="noshow",
        fee_cents=5000,
    )
    Client.objects.filter(pk=visit.client.pk).update(pronouns="she/her")
    visit.client.note = "Hard of hearing, left ear"
    visit.client.save(update_fields=["note"])
    board = as_desk.get("/desk/", {"day": str(day)}).text
    assert "Owes $50.00" in board
    assert "Hard of hearing" in board
    panel = as_desk.get(url("appointment", visit)).text
    assert "Owes $50.00" in panel
    assert us_date(missed.local_date) in panel
    assert "she/her" in panel
    assert "All ready" not in panel


def test_the_legend_counts_and_filters(
    as_desk: Browser, visit: Appointment, day: date, diary: list[Therapist]
) -> None:
    booked_appointment(
        make_client("Bo", "Two"),
        starts_at=visit.starts_at,
        therapist=diary[1],
        status="noshow",
    )
    page = as_desk.get("/desk/", {"day": str(day), "show": "is-missed"})
    assert [(state.name, count) for state, count in page.context["board"].legend] == [
        ("BOOKED", 1),
        ("MISSED", 1),
    ]
    assert page.text.count(" aside") == 1
    assert page.context["visits"] == 1
    assert as_desk.get("/desk/", {"day": str(day), "show": "x"}).text.count(" aside") == 0


def test_a_click_on_an_empty_time_is_carried_to_the_time_it_books(
    as_desk: Browser,
    client_record: Client,
    diary: list[Therapist],
    relaxing: ServiceOption,
    day: date,
) -> None:
    board = as_desk.get("/desk/", {"day": str(day)}).text
    assert f"?day={day}&amp;therapist={diary[0].pk}" in board
    place = f"day={day}&at=13%3A00&therapist={diary[0].pk}"
    found = as_desk.post(f"/desk/book/?{place}", {"find": "1", "q": "Lima"}).text
    what = reverse("booking:desk-what", args=[client_record.pk])
    assert f"{what}?{place}".replace("&", "&amp;") in found
    asked = as_desk.get(f"{what}?{place}&option={relaxing.pk}")
    assert "1:00 pm" in asked.text
    assert "Nothing conflicts with it." in asked.text


def test_the_board_is_sent_again_only_when_it_has_changed(
    as_desk: Browser, visit: Appointment, day: date
) -> None:
    headers = {"HX-Request": "true", "HX-Target": "live"}

    def live(seen: str = "") -> Any:
        return as_desk.get("/desk/", {"day": str(day), "seen": seen}, headers=headers)

    mark = re.findall(r'name="seen" value="(\w+)"', as_desk.get("/desk/", {"day": str(day)}).text)
    assert live(*mark).status_code == 204
    assert live("anything else").status_code == 200
    Client.objects.update(note="Parks behind the house")
    changed = live(*mark)
    assert changed.status_code == 200
    assert "<html" not in changed.text
    assert "seen=" not in changed.text  # no link of the board keeps it
    assert "Parks behind the house" in changed.text
    assert not AuditEvent.objects.filter(action="appointment.viewed").exists()
