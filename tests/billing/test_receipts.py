from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from billing import selectors, services
from billing.errors import (
    AlreadyVoid,
    NoPrescription,
    NotFinished,
    NothingToCharge,
    ReceiptIncomplete,
)
from billing.issuing import services as issuing
from billing.models import BillingDocument, Charge, DocumentCounter, DocumentLine, Procedure
from clinic.models import AuditEvent, ServiceOption
from clinic.rotation import services as rotation
from prescriptions import ledger
from prescriptions.models import Prescription, VisitReservation
from tests.treatment.factories import finished_visit, started_visit

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from clinic.models import Client, User
    from treatment.models import Visit

Options = dict[tuple[str, int], ServiceOption]


@pytest.fixture
def visit(client_record: Client) -> Visit:
    return finished_visit(client_record)


def paid(actor: User, visit: Visit, cents: int = 10000) -> Visit:
    services.take_payment(
        actor=actor, visit=visit, method="fsa", amount_cents=cents, form_token=uuid4()
    )
    return visit


def reservation_of(visit: Visit) -> VisitReservation:
    assert visit.appointment.reservation is not None
    return visit.appointment.reservation


def test_a_receipt_holds_all_that_a_plan_asks_for(desk_user: User, visit: Visit) -> None:
    receipt = issuing.issue_receipt(actor=desk_user, visit=paid(desk_user, visit))
    year = timezone.localdate(timezone=visit.appointment.location.zone).year
    assert receipt.number == f"{year}-00001"
    assert receipt.snapshot["patient"] == {"name": "Ana Lima"}
    assert receipt.snapshot["clinic"]["legal_name"] == "Stillwater Medical Massage LLC"
    assert receipt.snapshot["clinic"]["phone"] == "(845) 555-0100"
    assert receipt.snapshot["therapist"]["license"] == "NY 027-014455"
    assert receipt.snapshot["prescriber"]["name"] == "Kofi Osei"
    assert receipt.snapshot["prescriber"]["written_on"]
    assert receipt.snapshot["payments"][0]["method"] == "FSA card"
    assert "M54.2" not in str(receipt.snapshot)
    assert "Neck pain" not in str(receipt.snapshot)
    assert receipt.service_on == visit.appointment.local_date
    money = (receipt.list_cents, receipt.discount_cents, receipt.net_cents)
    assert (*money, receipt.paid_cents, receipt.balance_cents) == (10000, 0, 10000, 10000, 0)
    assert [(line.minutes, line.net_cents) for line in receipt.lines.all()] == [
        (40, 7500),
        (13, 2500),
    ]
    assert {line.service_on for line in receipt.lines.all()} == {receipt.service_on}
    assert AuditEvent.objects.filter(action="receipt.issued").count() == 1


def test_issuing_twice_is_one_receipt(desk_user: User, visit: Visit) -> None:
    first = issuing.issue_receipt(actor=desk_user, visit=visit)
    assert issuing.issue_receipt(actor=desk_user, visit=visit) == first
    assert DocumentCounter.objects.get().last == 1


def test_a_receipt_may_show_a_balance(desk_user: User, visit: Visit) -> None:
    receipt = issuing.issue_receipt(actor=desk_user, visit=paid(desk_user, visit, 2500))
    assert (receipt.paid_cents, receipt.balance_cents) == (2500, 7500)


def test_a_receipt_keeps_what_it_said_when_the_world_changes(desk_user: User, visit: Visit) -> None:
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    client = receipt.client
    client.last_name = "Married"
    client.save()
    receipt.refresh_from_db()
    assert receipt.snapshot["patient"]["name"] == "Ana Lima"


def test_there_is_no_receipt_before_the_visit_is_over(
    client_record: Client, desk_user: User
) -> None:
    with pytest.raises(NotFinished):
        issuing.issue_receipt(actor=desk_user, visit=started_visit(client_record))


def test_no_receipt_without_a_used_visit(desk_user: User, visit: Visit) -> None:
    ledger.unuse_visit(actor=desk_user, reservation=reservation_of(visit))
    with pytest.raises(NoPrescription):
        issuing.issue_receipt(actor=desk_user, visit=visit)
    visit.appointment.reservation = None
    visit.appointment.save()
    with pytest.raises(NoPrescription):
        issuing.issue_receipt(actor=desk_user, visit=visit)
    assert not BillingDocument.objects.exists()


def test_no_receipt_outside_the_dates_of_the_prescription(desk_user: User, visit: Visit) -> None:
    Prescription.objects.update(through_on=visit.appointment.local_date - timedelta(days=1))
    with pytest.raises(NoPrescription):
        issuing.issue_receipt(actor=desk_user, visit=visit)
    Prescription.objects.update(through_on=visit.appointment.local_date)
    assert issuing.issue_receipt(actor=desk_user, visit=visit).serial == 1


def test_a_prescription_replaced_since_still_covers_the_visit(
    desk_user: User, visit: Visit
) -> None:
    Prescription.objects.update(status=Prescription.Status.SUPERSEDED)
    assert issuing.issue_receipt(actor=desk_user, visit=visit).serial == 1


@pytest.mark.parametrize("status", ["submitted", "rejected", "needs_information"])
def test_no_receipt_on_a_prescription_that_is_not_approved(
    desk_user: User, visit: Visit, status: str
) -> None:
    Prescription.objects.update(status=status)
    with pytest.raises(NoPrescription):
        issuing.issue_receipt(actor=desk_user, visit=visit)


def test_the_database_too_refuses_a_medical_receipt_without_prescription(
    desk_user: User, visit: Visit
) -> None:
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    receipt.pk = uuid4()
    receipt.serial, receipt.verify_code, receipt.status = 99, "OTHER", "cancelled"
    receipt.voided_at, receipt.reservation = timezone.now(), None
    with (
        pytest.raises(IntegrityError, match="document_medical_has_prescription"),
        transaction.atomic(),
    ):
        receipt.save(force_insert=True)


def test_a_self_pay_receipt_names_no_prescriber(
    client_record: Client, desk_user: User, options: Options
) -> None:
    visit = finished_visit(client_record, option=options["therapeutic", 60])
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    assert receipt.snapshot["prescriber"] is None
    assert receipt.reservation is None
    assert not receipt.needs_prescription


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("patient", "the patient's name"),
        ("provider", "the therapist's name"),
        ("licence", "the therapist's license"),
        ("clinic", "the clinic's legal name"),
        ("description", "a description of the service"),
    ],
)
def test_a_receipt_that_lacks_what_a_plan_asks_for_is_refused(
    desk_user: User, visit: Visit, missing: str, words: str
) -> None:
    blank = {
        "patient": (visit.appointment.client, {"first_name": " ", "last_name": ""}),
        "provider": (visit.therapist, {"name": ""}),
        "licence": (visit.therapist, {"license_number": ""}),
        "clinic": (visit.appointment.location, {"legal_name": ""}),
        "description": (Procedure.objects.first(), {"label": ""}),
    }
    row, fields = blank[missing]
    type(row).objects.filter(pk=row.pk).update(**fields)  # type: ignore[union-attr]
    with pytest.raises(ReceiptIncomplete) as refused:
        issuing.issue_receipt(actor=desk_user, visit=visit)
    assert words in str(refused.value)
    assert not BillingDocument.objects.exists()


def test_a_receipt_of_nothing_is_refused(desk_user: User, visit: Visit) -> None:
    visit.appointment.price_cents = 0
    visit.appointment.save()
    with pytest.raises(NothingToCharge):
        issuing.issue_receipt(actor=desk_user, visit=visit)


def test_a_tip_stays_outside_what_a_plan_supports(desk_user: User, visit: Visit) -> None:
    services.charge_visit(visit=visit)
    tip = {"list_cents": 1500, "net_cents": 1500, "is_eligible": False, "position": 9}
    Charge.objects.create(visit=visit, description="Tip", **tip)
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    assert (receipt.net_cents, receipt.supported_cents) == (11500, 10000)


def test_voiding_keeps_the_receipt_and_another_takes_its_place(
    desk_user: User, visit: Visit
) -> None:
    first = issuing.issue_receipt(actor=desk_user, visit=paid(desk_user, visit, 4000))
    paid(desk_user, visit, 6000)
    second = issuing.void(actor=desk_user, document=first, reason="Paid in full", reissue=True)
    assert second is not None
    first.refresh_from_db()
    assert (first.status, first.paid_cents, first.void_reason) == (
        BillingDocument.Status.CANCELLED,
        4000,
        "Paid in full",
    )
    assert (second.paid_cents, second.balance_cents) == (10000, 0)
    assert second.replaces == first
    assert second.snapshot["replaces"] == first.number
    assert second.serial == first.serial + 1


def test_a_receipt_issued_before_the_last_payment_is_brought_up_to_date(
    desk_user: User, visit: Visit
) -> None:
    first = issuing.issue_current(actor=desk_user, visit=paid(desk_user, visit, 4000))
    assert issuing.issue_current(actor=desk_user, visit=visit) == first
    second = issuing.issue_current(actor=desk_user, visit=paid(desk_user, visit, 6000))
    assert (second.replaces, second.paid_cents) == (first, 10000)


def test_a_receipt_is_voided_once(desk_user: User, visit: Visit) -> None:
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    assert issuing.void(actor=desk_user, document=receipt, reason="Wrong") is None
    with pytest.raises(AlreadyVoid):
        issuing.void(actor=desk_user, document=receipt, reason="Again", reissue=True)
    assert BillingDocument.objects.count() == 1


def test_why_it_was_voided_is_sealed_and_only_a_new_key_may_seal_it_anew(
    desk_user: User, visit: Visit, settings: Settings
) -> None:
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    issuing.void(actor=desk_user, document=receipt, reason="Wrong sister")
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        BillingDocument.objects.update(void_reason="Right sister")
    new = "new:" + base64.b64encode(b"n" * 32).decode()
    settings.DOCUMENT_KEYS = f"{new},{settings.DOCUMENT_KEYS}"
    [column] = [
        one
        for one in rotation.columns()
        if (one.table, one.name) == ("billing_billingdocument", "void_reason")
    ]
    assert sum(step.done for step in column.reencrypt()) == 1
    settings.DOCUMENT_KEYS = new
    assert BillingDocument.objects.get().void_reason == "Wrong sister"


def test_when_the_new_one_cannot_be_issued_the_old_one_stands(
    desk_user: User, visit: Visit
) -> None:
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    Prescription.objects.update(status="rejected")
    with pytest.raises(NoPrescription):
        issuing.void(actor=desk_user, document=receipt, reason="Wrong", reissue=True)
    receipt.refresh_from_db()
    assert receipt.status == BillingDocument.Status.ISSUED


@pytest.mark.parametrize(
    "change",
    [
        {"paid_cents": 1, "balance_cents": 9999},
        {"service_on": "2020-01-01"},
        {"snapshot": {"patient": {"name": "Somebody Else"}}},
        {"serial": 77},
        {"verify_code": "AAAA"},
    ],
)
def test_the_database_refuses_to_change_an_issued_receipt(
    desk_user: User, visit: Visit, change: dict[str, object]
) -> None:
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        BillingDocument.objects.filter(pk=receipt.pk).update(**change)


def test_the_database_refuses_to_delete_a_receipt_or_touch_its_lines(
    desk_user: User, visit: Visit
) -> None:
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    lines = DocumentLine.objects.filter(document=receipt)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        lines.update(description="Something else")
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        lines.delete()
    with (
        pytest.raises(IntegrityError, match="never deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM billing_billingdocument WHERE id = %s", [receipt.pk])


def test_a_void_receipt_cannot_be_made_valid_again(desk_user: User, visit: Visit) -> None:
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    issuing.void(actor=desk_user, document=receipt, reason="Wrong")
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        BillingDocument.objects.filter(pk=receipt.pk).update(status="issued")


def test_a_line_slipped_in_later_does_not_add_up(desk_user: User, visit: Visit) -> None:
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    late = {"list_cents": 500, "discount_cents": 0, "net_cents": 500, "position": 9}
    DocumentLine.objects.create(
        document=receipt,
        service_on=receipt.service_on,
        description="More",
        minutes=0,
        units=0,
        is_eligible=True,
        **late,
    )
    with pytest.raises(IntegrityError, match="do not add up"), transaction.atomic():
        connection.check_constraints()
    transaction.set_rollback(True)


def test_codes_are_matched_however_they_are_typed(desk_user: User, visit: Visit) -> None:
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    assert selectors.document_by_code(receipt.number, receipt.verify_code) == receipt
    assert selectors.document_by_code(receipt.number, "WRONG") is None
    assert selectors.document_by_code("2026", receipt.verify_code) is None
    assert selectors.document_by_code("x-y", receipt.verify_code) is None
