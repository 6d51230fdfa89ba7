"""Rooms, therapists, trainings, services, prices and rules, in the units people think in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from booking.models import Appointment, BookingPolicy
from booking.setup.fields import DollarsField, HoursField, NpiField
from clinic.models import AuditEvent, Room, Service, ServiceOption, Therapist, Training
from tests.booking.factories import booked_appointment
from tests.booking.managing import hidden, previewed, save

if TYPE_CHECKING:
    from datetime import datetime

    from django import forms
    from django.test import Client as Browser

    from clinic.models import Client

pytestmark = pytest.mark.django_db

LENGTH = {
    "minutes": 60,
    "price_cents": "120.50",
    "buffer_before": 5,
    "buffer_after": 20,
    "first_visit_extra": 0,
    "is_active": "on",
}


def test_a_price_is_typed_in_dollars_and_leaves_agreed_visits_as_they_were(
    as_manager: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    client_record: Client,
    ten: datetime,
) -> None:
    visit = booked_appointment(client_record, therapist=diary[0], starts_at=ten, option=option60)
    was = (visit.price_cents, visit.starts_at, visit.ends_at)
    url = reverse("diary:option", args=[option60.pk])
    page = as_manager.get(url).content.decode()
    assert 'value="100.00"' in page
    assert "keep their price" in page
    save(as_manager, url, LENGTH)
    option60.refresh_from_db()
    assert (option60.price_cents, option60.buffer_before, option60.buffer_after) == (12050, 5, 20)
    agreed = Appointment.objects.get()
    assert (agreed.price_cents, agreed.starts_at, agreed.ends_at) == was
    event = AuditEvent.objects.get(action="diary.serviceoption_changed")
    assert event.detail["before"]["price_cents"] == 10000
    assert event.detail["after"]["price_cents"] == 12050


@pytest.mark.usefixtures("diary")
def test_a_length_that_is_there_already_is_refused(
    as_manager: Browser, option60: ServiceOption
) -> None:
    url = reverse("diary:option-new", args=[option60.service_id])
    answer = as_manager.post(url, {**LENGTH, "do": "preview"})
    assert answer.status_code == 422
    assert "already has that length" in answer.content.decode()
    save(as_manager, url, {**LENGTH, "minutes": 75})
    assert ServiceOption.objects.filter(minutes=75, price_cents=12050).exists()


@pytest.mark.usefixtures("diary")
@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": 10},
        {"minutes": 300},
        {"price_cents": "-1"},
        {"price_cents": "1.005"},
        {"price_cents": "lots"},
        {"buffer_after": 470},
    ],
)
def test_a_length_that_cannot_be_is_refused_with_what_was_typed(
    as_manager: Browser, option60: ServiceOption, wrong: dict[str, Any]
) -> None:
    url = reverse("diary:option", args=[option60.pk])
    answer = as_manager.post(url, {**LENGTH, **wrong, "do": "preview"})
    assert answer.status_code == 422
    assert f'value="{next(iter(wrong.values()))}"' in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        (DollarsField(), "$100", 10000),
        (DollarsField(), "0.07", 7),
        (HoursField(), "2", 120),
        (HoursField(), "0.25", 15),
        (HoursField(), "0.83", 50),
        (NpiField(), "146 756 0003", "1467560003"),
        (NpiField(), "", ""),
    ],
)
def test_units_people_think_in_become_units_that_are_kept(
    field: forms.Field, typed: str, kept: object
) -> None:
    assert field.clean(typed) == kept
    if typed:
        assert field.clean(str(field.prepare_value(kept))) == kept


def test_the_rules_are_typed_in_hours_and_days(
    as_manager: Browser, diary: list[Therapist], policy: BookingPolicy
) -> None:
    typed = {
        "slot_step": 30,
        "packing": "on",
        "min_notice": "1.5",
        "horizon_days": 60,
        "daily_cap": "",
        "reschedule_cutoff": 12,
        "cancel_cutoff": 48,
        "late_cancel_percent": 50,
        "no_show_percent": 100,
        "hold_minutes": 10,
        "offer_minutes": 15,
        "reminder_lead": 36,
        "prescription_lead": 24,
    }
    url = reverse("diary:rules")
    save(as_manager, url, typed)
    policy.refresh_from_db()
    assert (policy.min_notice, policy.cancel_cutoff, policy.reschedule_cutoff) == (90, 2880, 720)
    assert (policy.slot_step, policy.daily_cap, policy.reminder_lead) == (30, None, 2160)
    assert 'value="1.5"' in as_manager.get(url).content.decode()
    for wrong in ({"no_show_percent": 101}, {"daily_cap": 0}, {"slot_step": 1}, {"min_notice": -1}):
        answer = as_manager.post(url, {**typed, **wrong, "do": "preview"})
        assert answer.status_code == 422


@pytest.mark.usefixtures("diary")
def test_saving_what_it_says_already_is_said(as_manager: Browser, rooms: list[Room]) -> None:
    room = {"name": "Room 1", "capacity": 1, "is_active": "on"}
    answer = as_manager.post(
        reverse("diary:room", args=[rooms[0].pk]),
        {
            **room,
            "do": "preview",
            "version": hidden(as_manager.get(reverse("diary:room", args=[rooms[0].pk])), "version"),
        },
    )
    assert answer.status_code == 422
    assert "nothing to save" in answer.content.decode()


@pytest.mark.usefixtures("diary")
def test_a_room_is_added_and_suited_to_services(
    as_manager: Browser, services: dict[str, Service]
) -> None:
    suits = [services["medical"].pk]
    url = reverse("diary:room-new")
    save(as_manager, url, {"name": "Room 9", "capacity": 2, "services": suits, "is_active": "on"})
    room = Room.objects.get(name="Room 9")
    assert (room.capacity, list(room.services.values_list("pk", flat=True))) == (2, suits)
    event = AuditEvent.objects.get(action="diary.room_added")
    assert event.detail["after"]["services"] == ["Medical massage"]


def test_a_therapist_is_changed_without_losing_what_others_wrote(
    as_manager: Browser, diary: list[Therapist]
) -> None:
    training = Training.objects.create(name="Prenatal massage")
    person = diary[0]
    typed = {
        "name": "Dana Ruiz",
        "credential": "LMT",
        "license_number": "027-014455",
        "license_state": "ny",
        "npi": "1987654328",
        "is_active": "on",
        "trainings": [training.pk],
        "position": 0,
        "user": str(person.user_id),
    }
    url = reverse("diary:therapist", args=[person.pk])
    page, carried = previewed(as_manager, url, typed)
    assert page.status_code == 200
    assert as_manager.post(url, {**carried, "do": "save"}).status_code == 302
    person.refresh_from_db()
    assert (person.license_state, list(person.trainings.all())) == ("NY", [training])
    assert person.user_id == diary[0].user_id
    answer = as_manager.post(url, {**typed, "npi": "1987654321", "do": "preview"})
    assert answer.status_code == 422
    assert "check digit" in answer.content.decode()


@pytest.mark.usefixtures("diary")
def test_trainings_and_services_are_added(
    as_manager: Browser, services: dict[str, Service]
) -> None:
    save(as_manager, reverse("diary:training-new"), {"name": "Lymphatic drainage", "position": 0})
    training = Training.objects.get()
    url = reverse("diary:service", args=[services["therapeutic"].pk])
    typed = {"name": "Therapeutic massage", "position": 1, "is_active": "on"}
    # What kind it is stays: visits were agreed, and covered, as what it is.
    page, carried = previewed(
        as_manager, url, {**typed, "kind": "medical", "training": str(training.pk)}
    )
    assert page.status_code == 200
    assert as_manager.post(url, {**carried, "do": "save"}).status_code == 302
    changed = Service.objects.get(pk=services["therapeutic"].pk)
    assert (changed.kind, changed.training) == ("therapeutic", training)
    again = as_manager.post(
        reverse("diary:training-new"),
        {"name": "Lymphatic drainage", "position": 0, "do": "preview"},
    )
    assert again.status_code == 422


def told(page: Any) -> str:
    return " ".join(page.content.decode().split("What this changes")[1].split()).replace(
        "&#x27;", "'"
    )


@pytest.mark.usefixtures("diary")
def test_the_preview_says_the_old_price_and_the_new(
    as_manager: Browser, option60: ServiceOption
) -> None:
    url = reverse("diary:option", args=[option60.pk])
    typed = {**LENGTH, "buffer_before": 0, "buffer_after": option60.buffer_after}
    typed["first_visit_extra"] = option60.first_visit_extra
    for dollars, words in (("110", "$110.00"), ("0", "$0.00")):
        page, _ = previewed(as_manager, url, {**typed, "price_cents": dollars})
        text = told(page)
        assert f"Price: $100.00, then {words}. Booked visits keep $100.00." in text
        assert "Length:" not in text
    page, _ = previewed(as_manager, url, {**typed, "price_cents": "100", "buffer_after": 90})
    assert f"Turnover after: {option60.buffer_after} minutes, then 90 minutes." in told(page)


def test_the_preview_of_every_kind_of_record_names_what_changes(
    as_manager: Browser, diary: list[Therapist], rooms: list[Room], services: dict[str, Service]
) -> None:
    oncology = Training.objects.create(name="Oncology massage")
    medical = services["medical"]
    room = reverse("diary:room", args=[rooms[0].pk])
    page, _ = previewed(as_manager, room, {"name": "Elm", "capacity": 1, "services": [medical.pk]})
    text = told(page)
    assert f"Name: {rooms[0].name}, then Elm." in text
    assert f"Suitable services: every service, then {medical.name}." in text
    assert "In use: yes, then no." in text
    person = reverse("diary:therapist", args=[diary[0].pk])
    form = as_manager.get(person).context["form"]
    typed = {name: form[name].value() for name in form.fields if form[name].value()}
    typed |= {"position": 0, "is_active": "on"}
    page, _ = previewed(as_manager, person, {**typed, "trainings": [oncology.pk]})
    assert "none, then Oncology massage." in told(page)
    service = reverse("diary:service", args=[medical.pk])
    typed = {"name": medical.name, "position": medical.position, "training": oncology.pk}
    typed |= {"summary": medical.summary, "is_active": "on"}
    page, _ = previewed(as_manager, service, typed)
    assert "none, then Oncology massage." in told(page)


@pytest.mark.usefixtures("diary")
def test_the_preview_says_for_whom_a_new_fee_holds(as_manager: Browser) -> None:
    url = reverse("diary:rules")
    form = as_manager.get(url).context["form"]
    typed = {name: form[name].value() for name in form.fields}
    typed |= {"daily_cap": 6, "late_cancel_percent": 80, "min_notice": "1.5"}
    typed |= {name: "on" for name in ("adjoining_starts", "packing") if form[name].value() is True}
    page, _ = previewed(as_manager, url, {k: v for k, v in typed.items() if v not in (None, False)})
    text = told(page)
    policy = BookingPolicy.objects.get()
    old = f"{policy.late_cancel_percent}% of the price"
    assert f"Late cancellation fee: {old}, then 80% of the price." in text
    assert "Visits booked from now on carry the new fee; visits already booked keep" in text
    assert "therapist: no limit, then 6." in text
    assert "then 1.5 hours." in text
    assert "Missed visit fee" not in text


@pytest.mark.usefixtures("diary")
def test_the_preview_says_when_no_couple_can_be_booked_any_more(
    as_manager: Browser, rooms: list[Room]
) -> None:
    wide = [room for room in rooms if room.capacity == 2]
    Room.objects.exclude(pk=wide[0].pk).update(capacity=1)
    url = reverse("diary:room", args=[wide[0].pk])
    page, _ = previewed(as_manager, url, {"name": wide[0].name, "capacity": 1, "is_active": "on"})
    text = told(page)
    assert "Rooms for two: 1, then 0." in text
    assert "Booking for two stops" in text
    assert "Tables: Two: couples can be treated together, then One." in text
    page, _ = previewed(as_manager, url, {"name": "Elm", "capacity": 2, "is_active": "on"})
    assert "Rooms for two" not in told(page)


@pytest.mark.usefixtures("diary")
def test_a_number_out_of_bounds_is_refused_in_plain_words(
    as_manager: Browser, option60: ServiceOption
) -> None:
    url = reverse("diary:option", args=[option60.pk])
    answer = as_manager.post(url, {**LENGTH, "price_cents": "-1", "do": "preview"})
    assert "Enter 0 or more." in answer.content.decode()
