"""A visit that was finished by mistake is taken back, with what it used."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from billing import services as billing
from billing.issuing import services as issuing
from booking.models import AppointmentStatus
from booking.visits import services as booking
from clinic.errors import InvalidTransition
from tests.editing import open_and_save
from tests.prescriptions.factories import reviewer
from tests.treatment import factories
from treatment import corrections, late, sessions, takebacks
from treatment.errors import NeedsReason, StandsBehind
from treatment.models import Visit, VisitCorrection
from treatment.sessions import Session

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Therapist, User

WHY = "The client never came"


def take_back(visit: Visit, reason: str = WHY) -> None:
    takebacks.take_back(actor=factories.hands_of(visit.appointment), visit=visit, reason=reason)


def test_what_was_taken_back_is_booked_again_and_gives_its_visit_back(
    client_record: Client,
) -> None:
    visit = factories.finished_visit(client_record)
    before = sessions.figures(visit)
    ends_at = visit.appointment.booked_until
    take_back(visit)
    visit = Visit.objects.get(pk=visit.pk)
    appointment = visit.appointment
    assert (appointment.status, appointment.ends_at) == (AppointmentStatus.BOOKED, ends_at)
    assert (visit.status, visit.started_at, visit.minutes.count()) == ("arrived", None, 0)
    order = appointment.reservation.prescription  # type: ignore[union-attr]
    assert (order.used, order.reserved) == (0, 1)
    entry = VisitCorrection.objects.get()
    assert (entry.kind, entry.before, entry.after) == ("taken_back", before, {})
    # Now it is said what happened.
    appointment.refresh_from_db()
    booking.mark(actor=reviewer(), appointment=appointment, status=AppointmentStatus.NO_SHOW)
    order.refresh_from_db()
    assert (order.used, order.reserved) == (0, 0)


def test_it_needs_a_reason_a_therapist_and_a_finished_visit(
    client_record: Client, desk_user: User
) -> None:
    visit = factories.finished_visit(client_record)
    with pytest.raises(NeedsReason):
        take_back(visit, reason="")
    with pytest.raises(PermissionDenied):
        takebacks.take_back(actor=desk_user, visit=visit, reason=WHY)
    take_back(visit)
    with pytest.raises(InvalidTransition):
        take_back(visit)


def test_what_was_paid_or_issued_must_be_voided_first(
    client_record: Client, desk_user: User
) -> None:
    visit = factories.finished_visit(client_record)
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    with pytest.raises(StandsBehind, match=f"Void receipt {receipt.number} first"):
        take_back(visit)
    issuing.void(actor=desk_user, document=receipt, reason="Wrong visit")
    take_back(visit)
    assert Visit.objects.get(pk=visit.pk).status == "arrived"


def test_money_that_was_taken_stands_behind_it(client_record: Client, desk_user: User) -> None:
    visit = factories.finished_visit(client_record)
    billing.take_payment(
        actor=desk_user, visit=visit, method="card", amount_cents=2000, form_token=uuid4()
    )
    with pytest.raises(StandsBehind, match=r"Refund, move or void the \$20.00 that was paid first"):
        take_back(visit)


def test_recorded_again_the_chain_of_entries_goes_on(
    client_record: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(corrections, "_after", [lambda *, actor, visit: told.append(visit.status)])
    visit = factories.finished_visit(client_record)
    take_back(visit)
    appointment = Visit.objects.get(pk=visit.pk).appointment
    start = appointment.starts_at
    session = Session(
        start, start + timedelta(minutes=50), factories.techniques_named({"Neuromuscular": 44})
    )
    hands = factories.hands_of(appointment)
    again = late.record(actor=hands, appointment=appointment, session=session, reason="She did")
    assert again.pk == visit.pk
    assert told == ["arrived", "finished"]  # anyone who charges hears of both
    first, second = VisitCorrection.objects.order_by("number")
    assert (second.kind, second.before) == ("recorded", first.after)
    assert second.after == sessions.figures(again)
    assert appointment.reservation.prescription.reservations.filter(status="used").count() == 1  # type: ignore[union-attr]


def test_the_page_takes_it_back(
    as_therapist: Browser, therapist: Therapist, client_record: Client
) -> None:
    visit = factories.finished_visit(client_record)
    address = reverse("treatment:take-back", args=[visit.pk])
    assert address in as_therapist.get(reverse("treatment:record", args=[visit.pk])).text
    assert open_and_save(as_therapist, address, {"reason": ""}).status_code == 422
    answer = open_and_save(as_therapist, address, {"reason": WHY})
    assert answer.status_code == 302
    assert Visit.objects.get(pk=visit.pk).status == "arrived"
    panel = as_therapist.get(reverse("treatment:panel", args=[visit.appointment_id])).text
    assert WHY in panel
    assert "Check in" in panel
    assert as_therapist.post(address, {"reason": WHY}).status_code == 422


def test_the_page_says_what_to_void_first(
    as_manager: Browser, client_record: Client, desk_user: User
) -> None:
    visit = factories.finished_visit(client_record)
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    page = as_manager.get(reverse("treatment:take-back", args=[visit.pk])).text
    assert f"Void receipt {receipt.number} first" in page
    assert 'name="reason"' not in page
