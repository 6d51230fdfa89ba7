"""The migrations that sealed columns, on rows: nothing is lost, and all can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from billing import services as billing
from billing.models import Receipt
from booking.models import Appointment
from clinic import body, rights
from clinic.models import CorrectionRequest
from intake import selectors
from intake import services as intake
from intake.models import QuestionnaireResponse
from prescriptions.models import Prescription, Upload
from tests.intake.factories import answered_intake
from tests.treatment.factories import finished_visit, mid_afternoon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clinic.models import Client, Location, User

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = [
    ("billing", "0004_receipts_follow_a_merge"),
    ("booking", "0009_rows_follow_a_merge"),
    ("prescriptions", "0007_rows_follow_a_merge"),
    ("intake", "0004_what_was_signed_follows_a_merge"),
    ("clinic", "0012_rows_follow_a_merge"),
]
MARKS = [body.Mark("front-knee-left", "sharp", 4), body.Mark("back-lower-back-middle", "numb", 9)]


@pytest.fixture(autouse=True)
def _as_it_is_now() -> Iterator[None]:
    with mid_afternoon():
        yield
    migrate()


def migrate(targets: list[tuple[str, str]] | None = None) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(targets or executor.loader.graph.leaf_nodes())


def asked(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def signed(client: Client) -> QuestionnaireResponse:
    """With two marks, and four alerts."""
    assert client.user is not None
    response = answered_intake(
        client, blood_clot="treated", allergies="yes", allergies_what="nuts", pressure="medium"
    )
    intake.save_section(actor=None, response=response, section="body", answers={}, marks=MARKS)
    return intake.sign(
        actor=client.user, response=response, name=client.name, agreed=["treatment", "privacy"]
    )


def test_rows_are_sealed_and_can_be_opened_again(
    client_record: Client, other_client: Client, location: Location, desk_user: User
) -> None:
    visit = finished_visit(client_record)
    receipt = billing.issue_current(actor=desk_user, visit=visit)
    billing.void_receipt(actor=desk_user, receipt=receipt, reason="sister")
    Appointment.objects.update(override_reason="before the scan")
    Upload.objects.create(client=client_record, token=uuid4(), note="my knee")
    assert client_record.user is not None
    rights.ask_correction(
        actor=client_record.user, client=client_record, about="other", text="a wrong word"
    )
    response = signed(other_client)
    rules = [flag.rule for flag in response.flags.all()]
    assert "clot_treated" in rules

    migrate(BEFORE)

    assert asked("SELECT void_reason FROM billing_receipt") == [("sister",)]
    assert ("before the scan",) in asked("SELECT override_reason FROM booking_appointment")
    assert asked("SELECT note FROM prescriptions_upload") == [("my knee",)]
    assert sorted(
        asked("SELECT view, region, side, pain_type, intensity FROM intake_bodymark")
    ) == [
        ("back", "lower-back", "middle", "numb", 9),
        ("front", "knee", "left", "sharp", 4),
    ]
    assert set(rules) <= {rule for (rule,) in asked("SELECT rule FROM intake_screenflag")}
    with pytest.raises(Exception, match="never changes"):
        asked("UPDATE intake_bodymark SET intensity = 1 RETURNING 1")
    with pytest.raises(Exception, match="never changes"):
        asked("UPDATE billing_receipt SET void_reason = 'aunt' RETURNING 1")

    migrate()

    assert Receipt.objects.get().void_reason == "sister"
    assert Appointment.objects.get(visit=visit).override_reason == "before the scan"
    assert Upload.objects.get().note == "my knee"
    assert CorrectionRequest.objects.get().text == "a wrong word"
    assert Prescription.objects.get().reason == "Neck pain after long desk work"
    response = QuestionnaireResponse.objects.get(pk=response.pk)
    assert set(selectors.marks_of(response)) == set(MARKS)
    assert [flag.rule for flag in response.flags.all()] == rules
    assert intake.is_intact(response)
    dumped = str(asked("SELECT u::text FROM prescriptions_upload u"))
    assert "my knee" not in dumped
    assert b"my knee".hex() not in dumped
