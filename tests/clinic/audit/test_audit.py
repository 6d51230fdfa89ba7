from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, transaction

from clinic.audit import services as audit
from clinic.models import AuditEvent
from prescriptions.prescribers import directory
from tests.prescriptions.factories import approved_prescription, reviewer
from tests.treatment.factories import finished_visit

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Location, User


def test_opening_a_client_record_is_written_down(
    as_desk: Browser, desk_user: User, client_record: Client
) -> None:
    answer = as_desk.get(f"/desk/clients/{client_record.pk}/")
    event = AuditEvent.objects.get(action="client.viewed")
    assert (event.actor, event.client) == (desk_user, client_record)
    assert event.ip == "127.0.0.1"
    assert event.request_id == answer["X-Request-ID"]


@pytest.mark.parametrize("change", ["save", "delete"])
def test_an_event_can_be_neither_changed_nor_removed(
    client_record: Client, client_user: User, change: str
) -> None:
    audit.record(client_user, "client.tested", client_record)
    event = AuditEvent.objects.get(action="client.tested")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        getattr(event, change)()
    assert AuditEvent.objects.get(action="client.tested").actor == client_user


def sides(action: str) -> dict[str, tuple[object, object]]:
    changes = AuditEvent.objects.get(action=action).detail["changes"]
    return {field: (change["before"], change["after"]) for field, change in changes.items()}


def test_a_step_is_told_with_what_was_before_and_after(
    client_record: Client, location: Location
) -> None:
    prescription = approved_prescription(client_record)
    assert prescription.prescriber is not None
    directory.change(actor=reviewer(), prescriber=prescription.prescriber, name="K. Osei")
    assert sides("prescription.approved")["status"] == ("submitted", "approved")
    assert sides("prescription.approved")["authorized"] == (0, 12)
    assert sides("prescriber.changed")["name"] == ("Kofi Osei", "K. Osei")


@pytest.mark.usefixtures("afternoon")
def test_nothing_about_health_stands_in_it(client_record: Client, location: Location) -> None:
    finished_visit(client_record)
    told = "\n".join(str(event.detail) for event in AuditEvent.objects.all())
    assert "fulfilled" in told
    assert [word for word in ("M54", "Neck", "Lima", "less_pain", "Rui") if word in told] == []
