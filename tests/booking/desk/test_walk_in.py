"""Somebody stands at the counter."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import expect

from booking.models import Appointment
from clinic.models import Client
from tests.booking.factories import at, booked_appointment, make_hours, make_policy
from tests.conftest import browser_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from django.test import Client as Browser
    from playwright.sync_api import Page

    from clinic.models import Location, Room, ServiceOption, Therapist, User

PAGE = "/desk/walk-in/"


@pytest.fixture
def ten_to_ten(location: Location, day: date) -> Iterator[datetime]:
    """A weekday, ten minutes before ten."""
    with time_machine.travel(at(location, "09:50", day)):
        yield at(location, "10:00", day)


@pytest.fixture
def counter(ten_to_ten: datetime, desk_user: User, diary: list[Therapist]) -> Browser:
    return browser_for(desk_user)


@pytest.mark.django_db
def test_a_client_and_a_time_make_a_walk_in(
    counter: Browser,
    ten_to_ten: datetime,
    diary: list[Therapist],
    client_record: Client,
    option60: ServiceOption,
) -> None:
    page = counter.get(PAGE)
    assert "9:45 am" in page.text  # a quarter that has just gone by is still given
    for therapist in diary:
        assert therapist.title in page.text
    part = {"HX-Request": "true", "HX-Target": "found"}
    found = counter.post(PAGE, {"q": "lima"}, headers=part)
    assert "<html" not in found.text
    assert str(client_record.pk) in found.text
    slot = f"{diary[1].pk} {ten_to_ten.isoformat()}"
    form = {"q": "lima", "client": str(client_record.pk), "option": str(option60.pk)}
    answer = counter.post(PAGE, {**form, "slot": slot})
    made = Appointment.objects.get()
    assert answer.headers["Location"] == f"/desk/?day={made.local_date}&open={made.pk}"
    assert (made.source, made.client, made.therapist) == ("walk_in", client_record, diary[1])
    assert made.override_reason == ""


@pytest.mark.django_db
def test_somebody_new_is_written_down_with_the_same_press(
    counter: Browser, ten_to_ten: datetime, diary: list[Therapist], option60: ServiceOption
) -> None:
    new = {
        "client": "new",
        "option": str(option60.pk),
        "slot": f"{diary[0].pk} {ten_to_ten.isoformat()}",
        "first_name": "Ruth",
        "last_name": "Adeyemi",
        "birth_date": "01/02/1970",
        "phone": "212 555 0147",
        "email": "ruth@example.test",
    }
    answer = counter.post(PAGE, {**new, "birth_date": "", "phone": ""})
    assert answer.status_code == 422
    assert 'value="Adeyemi"' in answer.text
    assert not Client.objects.exists()
    assert counter.post(PAGE, new).status_code == 302
    client = Appointment.objects.get().client
    assert client is not None
    assert client.last_name == "Adeyemi"


TWIN = {
    "client": "new",
    "first_name": "Ana",
    "last_name": "Lima",
    "birth_date": "04/12/1981",
    "phone": "845 555 0147",
}


@pytest.mark.django_db
@pytest.mark.parametrize("pressed", ["slot", "other"])
def test_a_known_person_is_asked_about_and_what_was_typed_and_pressed_stays(
    counter: Browser,
    ten_to_ten: datetime,
    diary: list[Therapist],
    client_record: Client,
    option60: ServiceOption,
    pressed: str,
) -> None:
    slot = f"{diary[0].pk} {ten_to_ten.isoformat()}"
    form = {**TWIN, "option": str(option60.pk), pressed: slot if pressed == "slot" else "1"}
    asked = counter.post(PAGE, form)
    assert asked.status_code == 422
    text = " ".join(asked.text.split())
    assert "There is already a record: <b>Ana Lima</b>, born Apr 12, 1981." in text
    for kept in ('value="Ana"', "555", 'name="wanted"', "Use it", "It is somebody else"):
        assert kept in text
    assert (Appointment.objects.count(), Client.objects.count()) == (0, 1)
    wanted = slot if pressed == "slot" else "other"
    again = {**TWIN, "option": str(option60.pk), "wanted": wanted, "seen": str(client_record.pk)}
    used = counter.post(PAGE, {**again, "use": str(client_record.pk)})
    assert used.status_code == 302
    assert Client.objects.count() == 1
    if pressed == "slot":
        visit = Appointment.objects.get()
        assert visit.client == client_record
        visit.delete()
    else:
        assert str(client_record.pk) in used.headers["Location"]
    assert counter.post(PAGE, {**again, "anew": "1"}).status_code == 302
    assert Client.objects.count() == 2


@pytest.mark.django_db
def test_whom_nobody_looked_at_is_not_added_beside(
    counter: Browser,
    ten_to_ten: datetime,
    diary: list[Therapist],
    client_record: Client,
    option60: ServiceOption,
) -> None:
    """The record appeared after the page was shown, or the name was changed since."""
    slot = f"{diary[0].pk} {ten_to_ten.isoformat()}"
    form = {**TWIN, "option": str(option60.pk), "wanted": slot, "anew": "1", "seen": ""}
    assert counter.post(PAGE, form).status_code == 422
    stale = {**TWIN, "option": str(option60.pk), "slot": slot, "seen": str(client_record.pk)}
    assert counter.post(PAGE, stale).status_code == 422
    assert Client.objects.count() == 1


@pytest.mark.django_db
def test_after_a_walk_in_the_next_step_is_the_tablet(
    counter: Browser,
    ten_to_ten: datetime,
    diary: list[Therapist],
    client_record: Client,
    option60: ServiceOption,
) -> None:
    slot = f"{diary[0].pk} {ten_to_ten.isoformat()}"
    form = {"client": str(client_record.pk), "q": "lima", "option": str(option60.pk), "slot": slot}
    board = counter.get(counter.post(PAGE, form).headers["Location"])
    assert reverse("intake:desk-tablet", args=[client_record.pk]) in board.text
    assert f'name="visit" value="{Appointment.objects.get().pk}"' in board.text


@pytest.mark.django_db
def test_without_a_client_or_a_free_time_the_page_says_so_and_keeps_what_was_typed(
    counter: Browser,
    ten_to_ten: datetime,
    diary: list[Therapist],
    client_record: Client,
    other_client: Client,
    option60: ServiceOption,
) -> None:
    slot = f"{diary[0].pk} {ten_to_ten.isoformat()}"
    form = {"q": "lima", "option": str(option60.pk), "slot": slot}
    answer = counter.post(PAGE, form)
    assert answer.status_code == 422
    assert "First say who it is" in answer.text
    assert 'value="lima"' in answer.text
    booked_appointment(other_client, starts_at=ten_to_ten, therapist=diary[0])
    answer = counter.post(PAGE, {**form, "client": str(client_record.pk)})
    assert answer.status_code == 422
    assert "no longer free" in answer.text
    assert "checked" in answer.text
    for wrong in ("x", f"{diary[0].pk} x", ""):
        answer = counter.post(PAGE, {**form, "client": str(client_record.pk), "slot": wrong})
        assert answer.status_code == 422
    assert Appointment.objects.count() == 1


@pytest.mark.django_db
def test_past_the_last_time_the_next_page_asks_about_the_present_and_why(
    diary: list[Therapist],
    desk_user: User,
    client_record: Client,
    location: Location,
    day: date,
    option60: ServiceOption,
) -> None:
    form = {"client": str(client_record.pk), "option": str(option60.pk), "other": "1"}
    what = reverse("booking:desk-what", args=[client_record.pk])
    asked = f"{what}?option={option60.pk}&walk_in=1&day={day}&at=18%3A35#other-time"
    with time_machine.travel(at(location, "18:30", day) + timedelta(seconds=1), tick=False):
        desk = browser_for(desk_user)
        answer = desk.post(PAGE, form)
        assert answer.headers["Location"] == asked
        page = desk.get(asked.partition("#")[0])
    assert 'value="18:35"' in page.text
    assert "outside" in page.text
    assert "Book it anyway" in page.text


@pytest.mark.django_db
def test_the_usual_session_is_the_one_booked_most_of_late(
    counter: Browser,
    options: dict[tuple[str, int], ServiceOption],
    client_record: Client,
    ten_to_ten: datetime,
) -> None:
    other = options["therapeutic", 90]
    booked_appointment(client_record, starts_at=ten_to_ten - timedelta(days=7), option=other)
    assert counter.get(PAGE).context["page"].option == other
    shown = counter.post(PAGE, {"show": str(options["therapeutic", 60].pk)})
    assert shown.context["page"].option == options["therapeutic", 60]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_walk_in_takes_two_clicks(
    open_page: Callable[..., Page],
    as_desk: Browser,
    location: Location,
    rooms: list[Room],
    therapists: list[Therapist],
    option60: ServiceOption,
    client_record: Client,
) -> None:
    make_policy(location)
    make_hours(therapists, location, opens="00:00", closes="23:59", weekdays=range(7))
    page = open_page("/desk/", as_=as_desk)
    page.keyboard.press("w")
    page.wait_for_url("**/desk/walk-in/")
    expect(page.locator("#find")).to_be_focused()  # anyone who types looks at the page first
    page.keyboard.type("lima")
    steps = [page.get_by_text("Ana Lima"), page.locator(".soon .time").first]
    for step in steps:
        step.click()
    page.wait_for_url("**/desk/?day=*")
    assert len(steps) == 2
    assert Appointment.objects.get().source == "walk_in"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_visit_is_dragged_to_another_lane_and_escape_leaves_it(
    open_page: Callable[..., Page],
    as_desk: Browser,
    location: Location,
    rooms: list[Room],
    therapists: list[Therapist],
    client_record: Client,
    day: date,
) -> None:
    make_policy(location)
    make_hours(therapists, location)
    visit = booked_appointment(
        client_record, starts_at=at(location, "10:00", day), therapist=therapists[0]
    )
    page = open_page(f"/desk/?day={day}", as_=as_desk)
    tile = page.locator(f"#tile-{visit.pk}")
    start = tile.bounding_box()
    lane = page.locator(".lane").nth(1).bounding_box()
    assert start
    assert lane
    quarter = lane["height"] / (9 * 4)
    there = (lane["x"] + 40, start["y"] + 10 + 13 * quarter)  # 1:15 pm

    def drag() -> None:
        page.mouse.move(start["x"] + 40, start["y"] + 10)
        page.mouse.down()
        page.mouse.move(*there, steps=5)

    drag()
    assert "1:15 pm" in page.locator(".ghost").inner_text()
    page.keyboard.press("Escape")
    page.mouse.up()
    assert page.locator(".ghost").count() == 0
    assert "/move/" not in page.url
    page.goto(page.url)
    drag()
    page.mouse.up()
    page.wait_for_url("**/move/?*")
    page.get_by_role("button", name="Move the visit").click()
    page.wait_for_url("**/desk/?day=*")
    visit.refresh_from_db()
    assert (visit.starts_at, visit.therapist) == (at(location, "13:15", day), therapists[1])
