"""Anybody can type a name, an address and a date of birth. That alone opens nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone

from booking import tasks, throttle
from booking.models import Appointment
from booking.visits import services
from clinic.models import AuditEvent, Client
from tests.booking.factories import booked_appointment
from tests.booking.visitor.test_visitor_flow import ANA, press
from tests.factories import make_client
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from datetime import datetime

    from django.test import Client as Browser

    from clinic.models import ServiceOption, Therapist, User
    from prescriptions.models import Prescription

pytestmark = pytest.mark.django_db


@pytest.fixture
def prescription(client_record: Client) -> Prescription:
    return approved_prescription(client_record)


@pytest.fixture
def visit(
    anonymous: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    prescription: Prescription,
) -> Appointment:
    """Booked under Ana's name by somebody who is not signed in."""
    press(anonymous, option60, ten)
    assert anonymous.post("/book/details/", ANA).status_code == 302
    made = Appointment.objects.get()
    assert made.client == client_record
    return made


def reserved(prescription: Prescription) -> int:
    prescription.refresh_from_db()
    return prescription.reserved


def test_a_visitor_takes_no_visit_of_a_prescription_and_is_not_told_of_one(
    anonymous: Browser, visit: Appointment, prescription: Prescription
) -> None:
    tasks.tie_prescriptions()
    assert reserved(prescription) == 0
    done = anonymous.get("/book/done/").text
    assert "approved prescription" not in done
    assert "We need it by" in done
    Appointment.objects.update(booked_by=visit.client.user if visit.client else None)
    tasks.tie_prescriptions()  # its owner has signed in by now
    assert reserved(prescription) == 1
    assert "approved prescription" not in anonymous.get("/book/done/").text


def test_a_visitor_sees_the_address_they_typed_and_no_other(
    anonymous: Browser, visit: Appointment, client_record: Client
) -> None:
    Client.objects.filter(pk=client_record.pk).update(email="private@example.test")
    done = anonymous.get("/book/done/").text
    assert "ana@example.test" in done
    assert "private@example.test" not in done


@pytest.mark.parametrize("page", ["visit-list", "portal-panel", "visit-detail"])
def test_the_owner_signs_in_and_the_visit_is_theirs_and_covered(
    as_client: Browser, visit: Appointment, prescription: Prescription, client_user: User, page: str
) -> None:
    args = [visit.pk] if page == "visit-detail" else []
    for _ in range(2):
        shown = as_client.get(reverse(f"booking:{page}", args=args), headers={"HX-Request": "true"})
        assert shown.status_code == 200
    visit.refresh_from_db()
    assert (visit.booked_by, reserved(prescription)) == (client_user, 1)
    event = AuditEvent.objects.get(action="appointment.claimed")
    assert (event.actor, event.object_id) == (client_user, str(visit.pk))


def test_a_visit_that_was_claimed_is_covered_by_a_later_prescription(
    anonymous: Browser,
    as_client: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
) -> None:
    press(anonymous, option60, ten)
    anonymous.post("/book/details/", ANA)
    as_client.get(reverse("booking:visit-list"))
    later = approved_prescription(client_record)
    tasks.tie_prescriptions()
    assert reserved(later) == 1


def test_a_stranger_or_a_colleague_in_the_portal_claims_nothing(
    as_other: Browser,
    as_desk: Browser,
    visit: Appointment,
    prescription: Prescription,
    other_user: User,
    client_record: Client,
) -> None:
    for browser in (as_other, as_desk):
        assert browser.get(reverse("booking:visit-detail", args=[visit.pk])).status_code == 404
    services.claim(actor=other_user, client=client_record)
    assert not services.tie_prescription(appointment=visit, actor=other_user)
    visit.refresh_from_db()
    assert (visit.booked_by, reserved(prescription)) == (None, 0)


def test_the_desk_vouches_for_who_stands_before_it(
    visit: Appointment, prescription: Prescription, desk_user: User
) -> None:
    assert services.tie_prescription(appointment=visit, actor=desk_user)
    assert reserved(prescription) == 1


@pytest.mark.parametrize("name", ["detail", "move", "cancel", "calendar", "self-pay"])
def test_staff_do_not_act_through_the_portal_unless_it_is_their_own_visit(
    as_manager: Browser, manager_user: User, visit: Appointment, name: str
) -> None:
    url = reverse(f"booking:visit-{name}", args=[visit.pk])
    later = (visit.starts_at + timedelta(days=7)).isoformat()
    assert as_manager.get(url).status_code in {404, 405}
    assert as_manager.post(url, {"start": later, "reason": "x"}).status_code in {404, 405}
    kept = Appointment.objects.get(pk=visit.pk)
    assert (kept.status, kept.starts_at) == ("booked", visit.starts_at)
    own = booked_appointment(
        make_client("Max", "Stone", user=manager_user),
        starts_at=visit.starts_at + timedelta(days=1),
    )
    assert as_manager.get(reverse("booking:visit-detail", args=[own.pk])).status_code == 200


def test_a_visitor_is_not_told_that_somebody_has_a_visit_then(
    anonymous: Browser,
    as_client: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
) -> None:
    booked_appointment(client_record, starts_at=ten, therapist=diary[0])
    press(anonymous, option60, ten)
    for _ in range(2):
        refused = anonymous.post("/book/details/", ANA)
        assert refused.status_code == 422
        assert "no longer free" in refused.text
        assert "already a visit" not in refused.text
        assert "data-hold-until" not in refused.text
    assert Appointment.objects.count() == 1
    press(as_client, option60, ten)
    told = as_client.post("/book/details/", {"client": str(client_record.pk)})
    assert "already a visit" in told.text


def test_one_address_cannot_hoard_the_diary(
    anonymous: Browser,
    as_client: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(throttle, "HOLDS", 2)
    assert [press(anonymous, option60, ten).status_code for _ in range(3)] == [302, 302, 429]
    assert Appointment.objects.count() == 1
    assert press(as_client, option60, ten + timedelta(hours=2)).status_code == 302


def test_one_address_cannot_book_without_end(
    anonymous: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(throttle, "BOOKINGS", 0)
    press(anonymous, option60, ten)
    assert anonymous.post("/book/details/", {**ANA, "email": "x"}).status_code == 422
    assert anonymous.post("/book/details/", ANA).status_code == 429
    assert not Appointment.objects.filter(status="booked").exists()
    assert 'value="Lima"' in anonymous.get("/book/details/").text


@pytest.mark.parametrize(
    "start",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        (timezone.now() + timedelta(days=800)).isoformat(),
        (timezone.now() - timedelta(days=800)).isoformat(),
    ],
    ids=["first", "last", "years ahead", "years ago"],
)
def test_a_start_that_no_diary_reaches_is_refused(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, start: str
) -> None:
    url = reverse("booking:time", args=[option60.pk])
    assert anonymous.post(url, {"start": start}).status_code == 422
    for day in ("0001-01-01", "9999-12-31"):
        assert anonymous.get(url, {"day": day, "from": day}).status_code == 200


def test_slots_of_a_far_future_are_refused(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption
) -> None:
    span = {"option": str(option60.pk), "from": "9999-12-01", "to": "9999-12-31"}
    assert 400 <= anonymous.get(reverse("booking:slots"), span).status_code < 500
