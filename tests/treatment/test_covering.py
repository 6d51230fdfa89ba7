"""A prescription that came in after the session: one press counts the visit against it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from billing.errors import NoPrescription
from billing.issuing import services as issuing
from booking.models import Appointment
from clinic.errors import InvalidTransition
from prescriptions.models import Prescription
from prescriptions.selectors import clinic_today
from tests.billing.factories import plain_visit
from tests.prescriptions.factories import approved_prescription
from tests.treatment.factories import finished_visit, hands_of, started_visit
from treatment import covering, takebacks
from treatment.errors import NoOrderYet

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, User
    from treatment.models import Visit


def uncovered(client: Client) -> Visit:
    """Finished, as a late entry may be, without an order."""
    visit = finished_visit(client)
    Appointment.objects.filter(pk=visit.appointment_id).update(reservation=None)
    Prescription.objects.update(status=Prescription.Status.REJECTED)
    visit.refresh_from_db()
    return visit


def left(order: Prescription) -> tuple[int, int]:
    order.refresh_from_db()
    return order.reserved, order.used


def test_it_uses_a_visit_and_the_documents_can_be_issued(
    desk_user: User, client_record: Client
) -> None:
    visit = uncovered(client_record)
    with pytest.raises(NoPrescription):
        issuing.issue_receipt(actor=desk_user, visit=visit)
    order = approved_prescription(client_record)

    covering.count(actor=desk_user, visit=visit)
    covering.count(actor=desk_user, visit=visit)  # sent twice

    assert left(order) == (0, 1)
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    assert receipt.reservation is not None
    assert receipt.reservation.prescription == order


def test_an_order_that_begins_after_the_session_does_not_cover_it(
    desk_user: User, client_record: Client
) -> None:
    visit = uncovered(client_record)
    order = approved_prescription(client_record, starts_on=clinic_today() + timedelta(days=1))
    assert covering.order_for(visit) is None
    with pytest.raises(NoOrderYet):
        covering.count(actor=desk_user, visit=visit)
    assert left(order) == (0, 0)


def test_a_session_that_needs_no_order_takes_none(desk_user: User, client_record: Client) -> None:
    order = approved_prescription(client_record)
    visit = plain_visit(client_record)
    covering.count(actor=desk_user, visit=visit)
    assert left(order) == (0, 0)


def test_one_in_the_room_and_a_biller_are_refused(
    desk_user: User, biller_user: User, client_record: Client
) -> None:
    visit = started_visit(client_record)
    with pytest.raises(InvalidTransition):
        covering.count(actor=desk_user, visit=visit)
    with pytest.raises(PermissionDenied):
        covering.count(actor=biller_user, visit=visit)


def test_the_panel_offers_it_and_a_press_does_it(
    as_desk: Browser, client_record: Client, desk_user: User
) -> None:
    visit = uncovered(client_record)
    panel = reverse("billing:panel", args=[visit.appointment_id])
    assert "Count it against" not in as_desk.get(panel).text

    order = approved_prescription(client_record)
    shown = as_desk.get(panel).text
    assert "Count it against the prescription by Kofi Osei (12 left)" in shown
    press = reverse("treatment:cover", args=[visit.pk])
    assert f'action="{press}"' in shown
    assert "Counted against the prescription." in as_desk.post(press, follow=True).text
    assert left(order) == (0, 1)
    assert "Count it against" not in as_desk.get(panel).text


def test_taken_back_the_visit_is_reserved_again(desk_user: User, client_record: Client) -> None:
    visit = uncovered(client_record)
    order = approved_prescription(client_record)
    covering.count(actor=desk_user, visit=visit)
    takebacks.take_back(actor=hands_of(visit.appointment), visit=visit, reason="Not them")
    assert left(order) == (1, 0)
