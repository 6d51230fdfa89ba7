from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, transaction

from clinic import audit
from clinic.models import AuditEvent

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, User


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
